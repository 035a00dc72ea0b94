"""The display tree: an expression as it is written on the page, and the walk that both printers share.

Kinds of node, with what `text` and `parts` hold:

    symbol       the name; `ones`, `identity`, `zeros` and `constant` are symbols as well
    number       "3", "0.05", or "3/4" in lowest terms; never negative
    sum          one sign a term, "+" or "-"; a sum of one term is that term with a minus
    colon        A : B
    hadamard     a ⊙ b ⊙ c
    quotient     a ⊘ b
    fraction     a / b, with a scalar below
    juxtapose    a b c; text is "chain" for a 1×1 product of matrix factors such as xᵀA x
    superscript  "T", "-1", "-T" or an integer, over the one part
    power        base, exponent; `dotpower` is the same, entry by entry, of a matrix
    norm         ‖a‖
    root         sqrt(a)
    call         the function's name, and its operands
    row          the name of an operation whose row says how it is printed
    stack        a block matrix, row after row; text is the number of blocks in a row
    cut          a block of a matrix; text says which rows and columns
    indexsum     ∑ₖₗ Bᵢₖ Cᵢₗ …; `gathered` is the same in brackets with its free indices behind (index_sums.py)
    entry        an entry, a row or a column; text says at which places, with commas between

Nodes are shared as expressions are; no walk over them recurses.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from matcalc.algebra.shapes import SCALAR, Shape
from matcalc.notation.precedence import ATOM, COLON, FORMS, JUXTAPOSE, OUTER, POSTFIX, SUM

__all__ = [
    "LARGE", "Display", "Piece", "bare_level", "call", "display_postorder", "first_factor", "fraction", "infix",
    "infix_pieces", "juxtapose", "last_factor", "negative", "node", "signed_sum", "subscripted_level", "sum_pieces",
    "superscript",    "unsigned", "write",
]  # fmt: skip

#: Sizes grow like the tree, which may be exponential in the DAG; above this they only count as large.
LARGE = 10**12


class Display(NamedTuple):
    """A form with its parts. `size` estimates the length of the text, `tall` is whether it holds a fraction."""

    kind: str
    text: str
    parts: tuple[Display, ...]
    level: int
    size: int
    tall: bool
    shape: Shape


Piece = str | tuple[Display, int, str]


def node(kind: str, text: str, parts: tuple[Display, ...], shape: Shape, level: int = -1) -> Display:
    """The node, with level, size and tallness worked out from its parts."""
    size, tall = len(text) + 1, kind == "fraction"
    for part in parts:
        size += part.size + 1
        tall = tall or part.tall
    return Display(kind, text, parts, FORMS[kind].level if level < 0 else level, min(size, LARGE), tall, shape)


def signed_sum(terms: Sequence[tuple[bool, Display]], shape: Shape) -> Display:
    """The sum of (is negative, term)."""
    return node("sum", "".join(["-" if minus else "+" for minus, _ in terms]), tuple([t for _, t in terms]), shape)


def negative(part: Display) -> Display:
    """The part with a minus, or without the one it has."""
    minus, body = unsigned(part)
    return body if minus else signed_sum([(True, part)], part.shape)


def unsigned(part: Display) -> tuple[bool, Display]:
    """Whether the part is a single term with a minus, and the part without it."""
    return (True, part.parts[0]) if part.kind == "sum" and part.text == "-" else (False, part)


def juxtapose(parts: Sequence[Display], shape: Shape, text: str = "") -> Display:
    """The parts side by side; one part is itself."""
    level = COLON if parts[-1].kind == "indexsum" else -1  # it reaches to the next + or −
    return parts[0] if len(parts) == 1 else node("juxtapose", text, tuple(parts), shape, level)


def infix(kind: str, parts: Sequence[Display], shape: Shape) -> Display:
    """The parts with the operator of this kind between them; one part is itself."""
    return parts[0] if len(parts) == 1 else node(kind, "", tuple(parts), shape)


def fraction(above: Display, below: Display, shape: Shape) -> Display:
    """The fraction of two displays."""
    return node("fraction", "", (above, below), shape)


def superscript(base: Display, text: str, shape: Shape) -> Display:
    """The base with a transpose, an inverse or an integer above it."""
    return node("superscript", text, (base,), shape)


def call(name: str, parts: tuple[Display, ...], shape: Shape) -> Display:
    """The call of a function by name."""
    return node("call", name, parts, shape)


def display_postorder(root: Display) -> list[Display]:
    """Every node once, parts before the nodes that hold them."""
    seen: set[int] = set()
    out: list[Display] = []
    stack = [(root, False)]
    while stack:
        item, expanded = stack.pop()
        if expanded:
            out.append(item)
        elif id(item) not in seen:
            seen.add(id(item))
            stack.append((item, True))
            stack.extend([(part, False) for part in reversed(item.parts) if id(part) not in seen])
    return out


def bare_level(product: Display, i: int) -> int:
    """What the i-th factor of a juxtaposition must reach to stand without a bracket.

    A leading number never needs one, nor does the one chain that ends a scalar product, nor a product of
    matrices that was built as a block.
    """
    part = product.parts[i]
    if part.kind == "number" and i == 0:
        return OUTER
    if part.kind == "indexsum" and i == len(product.parts) - 1:
        return OUTER
    if part.kind != "juxtapose":
        return POSTFIX
    if part.text == "chain":
        alone = i == len(product.parts) - 1 and not any(other.text == "chain" for other in product.parts[:i])
        return JUXTAPOSE if alone else POSTFIX
    return POSTFIX if part.parts[0].shape == SCALAR else JUXTAPOSE


def last_factor(part: Display, level: int) -> Display:
    """What stands at the right end of a factor of a juxtaposition."""
    while part.kind == "juxtapose" and part.level >= level:
        level = bare_level(part, len(part.parts) - 1)
        part = part.parts[-1]
    return part


def first_factor(part: Display, level: int) -> Display:
    """What stands at the left end of a factor of a juxtaposition."""
    while part.kind == "juxtapose" and part.level >= level:
        level = bare_level(part, 0)
        part = part.parts[0]
    return part


def sum_pieces(part: Display, minus: str, bars: str) -> list[Piece]:
    """The terms of a sum with their signs; a sum inside needs a bracket after a minus only."""
    out: list[Piece] = []
    for i, (sign, term) in enumerate(zip(part.text, part.parts, strict=True)):
        level = FORMS["sum"].rest
        if sign == "-":
            out.append(f" {minus} " if i else minus)
        elif i:
            out.append(" + ")
        if sign == "+" and term.kind == "sum" and term.text[0] == "+":
            level = SUM
        out.append((term, level, bars))
    return out


def infix_pieces(part: Display, operator: str, bars: str) -> list[Piece]:
    """The operands with the operator between them."""
    form = FORMS[part.kind]
    out: list[Piece] = []
    for i, operand in enumerate(part.parts):
        if i:
            out.append(operator)
        same = form.associative and operand.kind == part.kind
        out.append((operand, form.level if same else form.rest if i else form.first, bars))
    return out


def subscripted_level(base: Display, indexed: bool) -> int:
    """What a base must reach to have an index below it without a bracket; `indexed`: it has one already."""
    plain = (base.kind == "symbol" and not indexed) or base.kind in ("call", "root")
    return ATOM if plain else ATOM + 1


def write(
    root: Display, pieces: Callable[[Display, str], list[Piece]], bracket: Callable[[Display], tuple[str, str]]
) -> str:
    """The text of a tree, where `pieces` says how one node is written.

    A piece is text, or a part with the level that its place asks for and the bar that is open around it,
    with no bracket between.
    """
    out: list[str] = []
    stack: list[Piece] = [(root, OUTER, "")]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            out.append(item)
            continue
        part, level, bars = item
        if part.level < level:
            opening, closing = bracket(part)
            out.append(opening)
            stack.append(closing)
            bars = ""
        inside = pieces(part, bars)
        inside.reverse()
        stack.extend(inside)
    return "".join(out)
