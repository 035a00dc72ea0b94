"""Programs: several statements in one text, `z = W x + b; e = y − z; ½ ‖e‖²`, separated by ; or by lines.

Every statement but the last gives a name to a value; the last one is the function. A name is
assigned once, and before it is used. The statements are read one by one and sized together: a
name in a later statement is a node that refers to the root of the statement that it names.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass

from matcalc.algebra.build import apply
from matcalc.algebra.expr import Expr, rebuild
from matcalc.errors import DeclarationError, ParseError
from matcalc.notation.lexer import Token, scan
from matcalc.notation.names import WORD, normalise_name
from matcalc.notation.tree import Node

__all__ = ["Statement", "check_program", "inlined", "refer", "scan_program", "split_program", "statement_tokens"]


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement: the name that it assigns, if any, and where its value stands in the text."""

    name: str
    start: int
    end: int


_LEFT = re.compile(rf"\s*(?P<name>\\?(?:{WORD})(?:_\{{[^{{}}\n]*\}})?)\s*=(?!=)")
_FUNCTION = re.compile(_LEFT.pattern.replace(r")\s*=(?!=)", r")\s*\([^()=]*\)\s*=(?!=)"))
_EQUALS = re.compile(r"(?<![<>=!:])=(?![^{}\n]{0,40}\})")  # but not that of \sum_{i=1}
_BRACKETS = {"(": 1, "[": 1, "{": 1, "⟨": 1, ")": -1, "]": -1, "}": -1, "⟩": -1}
#: A line that ends or begins so goes on; a minus at the beginning of a line may be a sign.
_GOES_ON = re.compile(r"(?:[+\-−–*@·⋅∙/÷⊙∘⊘⊗:^,=]|\\(?:cdot|odot|oslash|otimes|circ))\s*$")
_CONTINUES = re.compile(r"\s*(?:[+*@·⋅∙/÷⊙∘⊘⊗:^,]|\\(?:cdot|odot|oslash|otimes|circ)\b)")
_SIGN = re.compile(r"\s*[-−–]")


def split_program(text: str) -> list[Statement]:
    """The statements of a text; one without a name if the text is a single expression.

    >>> [(s.name, "e = y − x; ‖e‖²"[s.start : s.end]) for s in split_program("e = y − x; ‖e‖²")]
    [('e', ' y − x'), ('', ' ‖e‖²')]
    """
    if ";" not in text and "=" not in text:
        return [Statement("", 0, len(text))]
    pieces = list(_pieces(text))
    filled = [(start, end) for start, end in pieces if text[start:end].strip()]
    statements = [_statement(text, start, end, last=(start, end) == filled[-1]) for start, end in filled]
    return statements or [Statement("", 0, len(text))]


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    """Where the text is cut: at ; and at the ends of lines, outside brackets."""
    depth = start = 0
    several = _EQUALS.search(text) is not None
    for at, character in enumerate(text):
        depth = max(0, depth + _BRACKETS.get(character, 0))
        if depth:
            continue
        semicolon = character == ";" and text[at - 1 : at] != "\\"
        if semicolon or (character == "\n" and several and _line_ends(text, start, at)):
            yield start, at
            start = at + 1
    yield start, len(text)


def _line_ends(text: str, start: int, at: int) -> bool:
    """Whether the statement ends with this line."""
    if not text[start:at].strip() or _GOES_ON.search(text, start, at):
        return not text[start:at].strip()
    if _CONTINUES.match(text, at + 1):
        return False
    sign = _SIGN.match(text, at + 1)
    if sign is not None and not _uses_itself(text, start, at):
        where = sign.end()
        raise ParseError(
            "a line that begins with a minus could go on with the line before or be a new statement",
            spans=((where - 1, where),),
            advice="Put the minus at the end of the line before, or ; between the statements.",
        )
    return True


def _uses_itself(text: str, start: int, at: int) -> bool:
    """Whether a statement that went on with the next line would use the name that it assigns."""
    assigned = _LEFT.match(text, start, at)
    if assigned is None:
        return False
    end = min([i for i in (text.find(c, at + 1) for c in ";\n") if i >= 0], default=len(text))
    name = normalise_name(assigned["name"])
    return any(_is_name(word.group(), name) for word in _WORDS.finditer(text, at, end))


_WORDS = re.compile(rf"\\?{WORD}")


def _is_name(word: str, name: str) -> bool:
    try:
        return normalise_name(word) == name
    except DeclarationError:
        return False


def _statement(text: str, start: int, end: int, last: bool = False) -> Statement:
    """A statement with its name; of the last one it may be L(w), whatever it is said to depend on."""
    found = _LEFT.match(text, start, end) or (last and _FUNCTION.match(text, start, end)) or None
    if found is not None:
        return Statement(normalise_name(found["name"]), found.end(), end)
    equals = _EQUALS.search(text, start, end)
    if equals is not None:
        left = text[start : equals.start()].strip()
        raise ParseError(
            f"{left[:40]} stands left of =, and only a name can be given a value",
            spans=((start + len(text[start:end]) - len(text[start:end].lstrip()), equals.end()),),
            advice="Write name = expression, or one side of the equation alone; the last statement may be L(w) = ….",
        )
    return Statement("", start, end)


def check_program(text: str, statements: list[Statement], declared: Mapping[str, object]) -> None:
    """An error if a name is assigned twice or declared as well, or a statement before the last has no name."""
    seen: set[str] = set()
    for statement in statements[:-1]:
        span = ((statement.start, statement.end),)
        if not statement.name:
            raise ParseError(
                "this statement gives no name to its value, and it is not the last one", spans=span,
                advice="Write name = … before it; the last statement is the function.",
            )  # fmt: skip
    for statement in statements:
        name = statement.name
        if not name:
            continue
        if name in seen:
            span = ((statement.start, statement.end),)
            raise ParseError(f"{name} is assigned twice", spans=span, advice="Use another name.")
        if name in declared and len(statements) > 1:
            raise DeclarationError(f"{name} is declared, and assigned in the text as well", advice="Its shape follows.")
        seen.add(name)


def scan_program(text: str, statements: list[Statement]) -> list[Token]:
    """The tokens of all statements, an END between two."""
    tokens: list[Token] = []
    for i, statement in enumerate(statements):
        if i:
            tokens.append(Token("END", None, statement.start, statement.start))
        for token in scan(text[statement.start : statement.end]):
            token.start += statement.start
            token.end += statement.start
            tokens.append(token)
    return tokens


def statement_tokens(tokens: list[Token]) -> list[list[Token]]:
    """The tokens of each statement."""
    out: list[list[Token]] = [[]]
    for token in tokens:
        if token.type == "END":
            out.append([])
        else:
            out[-1].append(token)
    return out


def refer(nodes: list[Node], roots: Mapping[str, Node], assigned: Container[str]) -> set[str]:
    """Turn symbols that are names of earlier statements into references; the names that were used."""
    used: set[str] = set()
    for node in nodes:
        if node.kind == "symbol":
            if node.data in roots:
                used.add(node.data)
                node.kind, node.data = "reference", (node.data, roots[node.data])
            elif node.data in assigned:
                raise ParseError(
                    f"{node.data} is used before it is given a value", spans=(node.span,),
                    advice="A statement uses only names that stand before it.",
                )  # fmt: skip
    return used


def inlined(e: Expr, values: Mapping[str, Expr], memo: dict[Expr, Expr] | None = None) -> Expr:
    """e with every name replaced by its value; a memo serves several expressions, read in the order of the program."""

    def replace(node: Expr, args: tuple[Expr, ...]) -> Expr:
        if args:
            return apply(node.op, args, node.data)
        return values.get(str(node.data), node) if node.op.name == "symbol" else node

    return rebuild(e, replace, memo)
