"""The grammar as a parser, and what is said where it cannot go on."""

from __future__ import annotations

from functools import cache

from matcalc.errors import ParseError
from matcalc.notation.lalr import Parser, Stuck, table_of
from matcalc.notation.lexer import Token
from matcalc.notation.tree import Node, TreeBuilder

__all__ = ["parse_tokens"]


@cache
def _parser() -> Parser:
    return Parser(table_of("matcalc.lark"), TreeBuilder())


def parse_tokens(tokens: list[Token], text: str) -> Node:
    """The root of the tree; an error says what is missing where."""
    try:
        root = _parser()(tokens)
    except Stuck as stuck:
        raise _complaint(tokens, stuck.token, text) from None
    assert isinstance(root, Node)
    return root


_OPENING = {"LPAR", "LBRACE", "LSQUARE", "NORM_OPEN", "BAR_OPEN", "LANGLE", "INDICATOR"}
_CLOSING = {"RPAR", "RBRACE", "RSQUARE", "NORM_CLOSE", "BAR_CLOSE", "RANGLE"}
_BINARY = {"PLUS", "MINUS", "COLON", "TIMES", "DOT", "SLASH", "TIGHT_SLASH", "HADAMARD", "QUOTIENT", "KRONECKER", "CARET", "DOT_CARET"}  # fmt: skip  # noqa: E501


def _complaint(tokens: list[Token], unexpected: Token | None, text: str) -> ParseError:
    """What is wrong where the parser cannot go on."""
    if unexpected is None:
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
