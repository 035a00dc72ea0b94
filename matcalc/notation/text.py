"""Expr → Unicode text on one line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache

from matcalc.algebra.expr import Expr
from matcalc.algebra.operations import REGISTRY
from matcalc.algebra.shapes import SCALAR, is_column
from matcalc.notation.display import (
    Display,
    Piece,
    bare_level,
    first_factor,
    infix_pieces,
    last_factor,
    node,
    subscripted_level,
    sum_pieces,
    write,
)
from matcalc.notation.index_sums import text_pieces
from matcalc.notation.lowering import lower, lower_all
from matcalc.notation.naming import name_parts
from matcalc.notation.parts import place_text
from matcalc.notation.precedence import ATOM, FORMS, OUTER, POSTFIX
from matcalc.notation.symbols import SUPERSCRIPTS, VULGAR

__all__ = ["FULL", "abbreviated", "template_pieces", "text_with_where", "texts_with_where", "to_text"]

#: Up to this many characters nothing is abbreviated.
FULL = 100_000


def to_text(e: Expr, *, alone: bool = True) -> str:
    """The expression on one line, in full up to 100 kB, beyond that with its shared parts named.

    alone: whether it is a text by itself; as a part of one, an index sum is put in brackets: (∑ₖₗ Bᵢₖ …)ᵢⱼ.

    >>> from matcalc.algebra.build import multiply, symbol, transpose
    >>> A = symbol("A", ("m", "n"))
    >>> print(to_text(multiply(transpose(A), A)))
    AᵀA
    """
    main, where = text_with_where(e, limit=FULL, alone=alone)
    return f"{main} where {', '.join(f'{name} = {part}' for name, part in where)}" if where else main


def text_with_where(e: Expr, *, limit: int, alone: bool = True) -> tuple[str, list[tuple[str, str]]]:
    """The expression and the parts that were named in it, so that it keeps to the limit if naming can do that.

    >>> from matcalc.algebra.build import add, norm, symbol
    >>> x, y = symbol("x", ("n", 1)), symbol("y", ("n", 1))
    >>> text_with_where(norm(add(x, y)), limit=60)
    ('‖x + y‖', [])
    """
    main, where = abbreviated(e, limit, alone)
    return _text(main), [(name, _text(part)) for name, part in where]


def texts_with_where(
    roots: Sequence[Expr], *, limit: int, taken: Iterable[str] = ()
) -> tuple[list[str], list[tuple[str, str]]]:
    """Several expressions, and the parts that were named in all of them together if they are longer than the limit.

    taken: names that are in use elsewhere on the page.

    >>> from matcalc.algebra.build import norm, symbol
    >>> x, y = symbol("x", ("n", 1)), symbol("y", ("n", 1))
    >>> texts_with_where([norm(x), norm(y)], limit=60)
    (['‖x‖', '‖y‖'], [])
    """
    whole = node("call", "", tuple(lower_all(roots)), SCALAR)
    if whole.size <= 2 * limit:
        texts = [_text(tree) for tree in whole.parts]
        if sum(map(len, texts)) <= limit:
            return texts, []
    whole, where = name_parts(whole, taken)
    return [_text(tree) for tree in whole.parts], [(name, _text(part)) for name, part in where]


def abbreviated(e: Expr, limit: int, alone: bool = True) -> tuple[Display, list[tuple[str, Display]]]:
    """The display tree and its named parts; nothing is named if the text keeps to the limit without."""
    tree = lower(e, alone)
    if tree.size <= 8 * limit and len(_text(tree)) <= limit:
        return tree, []
    return name_parts(tree)


_OPERATORS = {"colon": " : ", "hadamard": " ⊙ ", "quotient": " ⊘ "}


def _text(tree: Display) -> str:
    return write(tree, _pieces, _bracket)


def _bracket(part: Display) -> tuple[str, str]:
    return "(", ")"


def _pieces(part: Display, bars: str) -> list[Piece]:
    kind = part.kind
    if kind == "symbol":
        return [part.text]
    if kind == "number":
        return [VULGAR.get(part.text, part.text)]
    if kind == "sum":
        return sum_pieces(part, "−", bars)
    if kind in _OPERATORS:
        return infix_pieces(part, _OPERATORS[kind], bars)
    return _WRITE[kind](part, bars)


# --- one function a kind ---------------------------------------------------------------------------


def _fraction(part: Display, bars: str) -> list[Piece]:
    above, below = part.parts
    form = FORMS["fraction"]
    tight = _is_scalar_atom(above) and _is_scalar_atom(below)
    return [(above, form.first, bars), "/" if tight else " / ", (below, form.rest, bars)]


def _is_scalar_atom(part: Display) -> bool:
    return part.kind in ("symbol", "number") and part.level == ATOM and part.shape == SCALAR


def _juxtapose(part: Display, bars: str) -> list[Piece]:
    out: list[Piece] = []
    scalars_only = True
    for i, factor in enumerate(part.parts):
        level = bare_level(part, i)
        if i:
            before = part.parts[i - 1]
            before_level = bare_level(part, i - 1)
            out.append(_between(before, before_level, factor, level, bars, scalars_only))
            scalars_only = scalars_only and before.shape == SCALAR
        out.append((factor, level, bars))
    return out


def _between(left: Display, left_level: int, right: Display, right_level: int, bars: str, leading: bool) -> str:
    """What separates two factors: a dot, a space or nothing.

    Two numbers, and a bar after an operand inside bars, need the dot. A bracket follows an upper-case letter, a
    transpose, an inverse or another bracket at once; after anything else it would read as a call, or badly.
    """
    first = first_factor(right, right_level)
    while first.kind in ("superscript", "power", "dotpower", "entry") and first.level >= right_level:
        if first.parts[0].level < (_entry_level(first) if first.kind == "entry" else ATOM):
            return "" if _ends_tight(left, left_level) else " "
        first = first.parts[0]
    if first.level < right_level:
        return "" if _ends_tight(left, left_level) else " "
    if first.kind == "number" or (bars and _is_bars(first)):
        return " · "
    last = last_factor(left, left_level)
    if last.kind == "superscript" and last.text == "T" and last.parts[0].level == ATOM:
        base = last.parts[0]
        if base is first or (leading and is_column(base.shape) and base.kind == "symbol" and last is left):
            return ""
    elif last.kind == "symbol" and last.text == first.text == "𝟏":
        return ""
    return " "


def _ends_tight(left: Display, level: int) -> bool:
    last = last_factor(left, level)
    if last.kind == "symbol" and last.shape == SCALAR:
        return False
    if last.level < min(level, POSTFIX):
        return True
    if last.kind == "superscript":
        return last.text in ("T", "-1", "-T")
    return last.kind == "symbol" and last.text[0].isupper() and not any(c.isalpha() for c in last.text[1:])


def _is_bars(part: Display) -> bool:
    return part.kind == "norm" or (part.kind == "row" and REGISTRY[part.text].text[:1] in ("|", "‖"))


def _superscript(part: Display, bars: str) -> list[Piece]:
    return [(part.parts[0], ATOM, bars), part.text.translate(SUPERSCRIPTS)]


def _power(part: Display, bars: str) -> list[Piece]:
    base, exponent = part.parts
    if _stands_alone(exponent):
        return [(base, ATOM, bars), "^", (exponent, OUTER, "")]
    return [(base, ATOM, bars), "^(", (exponent, OUTER, ""), ")"]


def _stands_alone(exponent: Display) -> bool:
    """Whether an exponent needs no brackets: a name or a number of one sign. T above anything is the transpose."""
    if exponent.kind == "number":
        return exponent.text.isdecimal() or exponent.text in VULGAR
    return exponent.kind == "symbol" and exponent.text != "T" and exponent.level == ATOM


def _dotpower(part: Display, bars: str) -> list[Piece]:
    return [(part.parts[0], ATOM, bars), ".^(", (part.parts[1], OUTER, ""), ")"]


def _norm(part: Display, bars: str) -> list[Piece]:
    return ["‖", (part.parts[0], OUTER, "‖"), "‖"]


def _root(part: Display, bars: str) -> list[Piece]:
    return ["sqrt(", (part.parts[0], OUTER, ""), ")"]


def _call(part: Display, bars: str) -> list[Piece]:
    out: list[Piece] = [part.text, "("]
    for i, operand in enumerate(part.parts):
        if i:
            out.append(", ")
        out.append((operand, OUTER, ""))
    return [*out, ")"]


def _row(part: Display, bars: str) -> list[Piece]:
    """As the row of the operation says, or as a call; |x| inside |…| would read as a norm."""
    template = _template(part.text)
    if not template or (bars == "|" and template[0] == "|"):
        return _call(part, bars)
    level = OUTER if part.level == ATOM else POSTFIX
    inside = str(template[0])[:1] if _is_bars(part) else ""
    return [(part.parts[piece], level, inside) if isinstance(piece, int) else piece for piece in template]


@cache
def _template(name: str) -> tuple[str | int, ...]:
    return template_pieces(REGISTRY[name].text, REGISTRY[name].arity or 0)


_FIELD = re.compile(r"\{(\d)\}")


def template_pieces(template: str, arity: int) -> tuple[str | int, ...]:
    r"""The template of a row taken apart into literals and the numbers of operands.

    >>> template_pieces(r"\mathbb{1}[{0} > 0]", 1)
    ('\\mathbb{1}[', 0, ' > 0]')
    """
    out: list[str | int] = []
    start = 0
    for field in _FIELD.finditer(template):
        if int(field[1]) < arity:
            out += [template[start : field.start()], int(field[1])]
            start = field.end()
    return (*out, template[start:]) if template else ()


def _stack(part: Display, bars: str) -> list[Piece]:
    """[a; b], [A, B; C, D]."""
    columns = int(part.text)
    out: list[Piece] = ["["]
    for i, operand in enumerate(part.parts):
        if i:
            out.append(", " if i % columns else "; ")
        out.append((operand, ATOM if _has_spaces(operand) else OUTER, ""))
    return [*out, "]"]


def _has_spaces(part: Display) -> bool:
    """Whether two factors stand side by side in it outside brackets: in a matrix they would read as two entries."""
    stack = [part]
    while stack:
        item = stack.pop()
        if item.kind == "juxtapose":
            return True
        if item.kind in ("sum", "hadamard", "quotient", "fraction", "colon"):
            stack.extend(item.parts)
    return False


def _cut(part: Display, bars: str) -> list[Piece]:
    return [(part.parts[0], ATOM, bars), f"[{part.text}]"]


def _entry(part: Display, bars: str) -> list[Piece]:
    return [(part.parts[0], _entry_level(part), bars), place_text(part.text.split(","))]


def _entry_level(part: Display) -> int:
    """x₂ and A₁₂ are names, so that x has a bracket there: (x)₂."""
    base = part.parts[0]
    if base.kind == "row":
        return ATOM if REGISTRY[base.text].text[-1:] in ("", ")") else ATOM + 1
    indexed = base.kind == "symbol" and (any(c in base.text for c in "_₀₁₂₃₄₅₆₇₈₉") or part.text.isdecimal())
    return subscripted_level(base, indexed)


_WRITE = {
    "indexsum": text_pieces,
    "gathered": text_pieces,
    "entry": _entry,
    "stack": _stack,
    "cut": _cut,
    "fraction": _fraction,
    "juxtapose": _juxtapose,
    "superscript": _superscript,
    "power": _power,
    "dotpower": _dotpower,
    "norm": _norm,
    "root": _root,
    "call": _call,
    "row": _row,
}


# --- shapes and declarations -----------------------------------------------------------------------


Expr.to_text = staticmethod(to_text)
