"""The grammar as a parser: an LALR table without conflicts, built once, when text is first read."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from importlib import resources
from pathlib import Path

from lark import Lark
from lark.exceptions import UnexpectedToken
from lark.lexer import Lexer

from matcalc.errors import ParseError
from matcalc.notation.lexer import Token
from matcalc.notation.tree import Node, TreeBuilder

__all__ = ["Tokens", "grammar_text", "parse_tokens"]


def grammar_text(name: str) -> str:
    """The text of a grammar by its file name, from the installed package or from the source tree.

    >>> "start: sum" in grammar_text("matcalc.lark")
    True
    """
    installed = resources.files("matcalc") / "grammar" / name
    if installed.is_file():
        return installed.read_text(encoding="utf-8")
    return (Path(__file__).parents[2] / "grammar" / name).read_text(encoding="utf-8")


class Tokens(Lexer):
    """The tokens were made before: they pass through."""

    def __init__(self, lexer_conf: object) -> None:
        pass

    def lex(self, data: list[Token]) -> Iterator[Token]:  # type: ignore[override]
        """The tokens as they are."""
        return iter(data)


@lru_cache(maxsize=1)
def _parser() -> Lark:
    return Lark(
        grammar_text("matcalc.lark"),
        parser="lalr",
        lexer=Tokens,
        strict=True,
        transformer=TreeBuilder(),
    )


def parse_tokens(tokens: list[Token], text: str) -> Node:
    """The root of the tree; an error says what is missing where."""
    try:
        root = _parser().parse(tokens)
    except UnexpectedToken as error:
        raise _complaint(tokens, error.token, text) from None
    assert isinstance(root, Node)
    return root


_OPENING = {"LPAR", "LBRACE", "LSQUARE", "NORM_OPEN", "BAR_OPEN", "LANGLE", "INDICATOR"}
_CLOSING = {"RPAR", "RBRACE", "RSQUARE", "NORM_CLOSE", "BAR_CLOSE", "RANGLE"}
_BINARY = {"PLUS", "MINUS", "COLON", "TIMES", "DOT", "SLASH", "TIGHT_SLASH", "HADAMARD", "QUOTIENT", "KRONECKER", "CARET", "DOT_CARET"}  # fmt: skip  # noqa: E501


def _complaint(tokens: list[Token], unexpected: Token, text: str) -> ParseError:
    """What is wrong where the parser cannot go on."""
    if unexpected.type == "$END":
        last = tokens[-1]
        word = text[last.start : last.end]
        if last.type == "BARE":
            return ParseError(f"{word} needs an argument", spans=((last.start, last.end),), advice=f"Write {word}(…).")
        return ParseError(f"something is missing after {word}", spans=((last.end, last.end + 1),))
    at = tokens.index(unexpected)
    here = ((unexpected.start, unexpected.end),)
    word = text[unexpected.start : unexpected.end]
    before = tokens[at - 1] if at else None
    previous = text[before.start : before.end] if before else ""
    if before is not None and before.type in ("BARE", "CALL"):
        return _after_function(previous, word, unexpected, before)
    if before is not None and before.type in _OPENING and unexpected.type in _CLOSING:
        return ParseError(f"nothing stands between {previous} and {word}", spans=((before.start, unexpected.end),))
    if unexpected.type == "SEMICOLON":
        return ParseError("; stands between statements, or between the rows of [a; b]", spans=here)
    if unexpected.type == "COMMA":
        return ParseError("one expression is read, and a comma begins another", spans=here)
    if unexpected.type in ("GREATER", "LESS"):
        advice = "An inner product is ⟨A, X⟩ or inner(A, X)." if word == "<" else ""
        return ParseError(f"{word} is read only in 𝟙[u > 0]", spans=here, advice=advice)
    if before is not None and (
        before.type in _BINARY or before.type in _OPENING or before.type in ("COMMA", "SEMICOLON")
    ):
        return ParseError(
            f"something is missing between {previous} and {word}", spans=((before.start, unexpected.end),)
        )
    if before is None:
        return ParseError(f"something is missing before {word}", spans=here)
    return ParseError(f"{word} cannot stand after {previous}", spans=((before.start, unexpected.end),))


def _after_function(name: str, word: str, unexpected: Token, before: Token) -> ParseError:
    spans = ((before.start, unexpected.end),)
    if unexpected.type in ("SUPERSCRIPT", "CARET"):
        return ParseError(
            f"an exponent cannot stand on the function {name}",
            spans=spans,
            advice=f"Write {name}(x){word if word != '^' else '^k'} for the power of the value.",
        )
    return ParseError(f"{name} needs an argument", spans=spans, advice=f"Write {name}(…).")
