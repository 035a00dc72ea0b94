"""Products with unit vectors as one writes them: eᵢᵀx is xᵢ, eᵢᵀA is A_{i,:}, A eⱼ is A_{:,j} and eᵢᵀA eⱼ is Aᵢⱼ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matcalc.algebra.build import SYMBOL, TRANSPOSE
from matcalc.algebra.entries import ALL, index_text, is_unit
from matcalc.algebra.expr import Expr
from matcalc.algebra.shapes import SCALAR, Shape
from matcalc.notation.display import Display, juxtapose, node, superscript

__all__ = ["entry", "lower_unit", "lower_unit_of_identity", "lower_delta", "with_cuts"]

Shown = Mapping[Expr, Display]


def entry(base: Display, places: Sequence[str], shape: Shape) -> Display:
    """The base with these places below it."""
    return node("entry", ",".join(places), (base,), shape)


def lower_unit(e: Expr, at: Shown) -> Display:
    """eᵢ; of a number the column of the identity, since e₂ is a name."""
    place = index_text(e.args[0])
    if not place.isalpha():
        return lower_unit_of_identity(e, at)
    return entry(node("symbol", "e", (), e.shape), (place,), e.shape)


def lower_unit_of_identity(e: Expr, at: Shown) -> Display:
    """I_{:,i}, which is eᵢ where e is a symbol."""
    return entry(node("symbol", "I", (), (e.shape[0], e.shape[0])), (ALL, index_text(e.args[0])), e.shape)


def lower_delta(e: Expr, at: Shown) -> Display:
    """δᵢⱼ."""
    return entry(node("symbol", "δ", (), SCALAR), [index_text(arg) for arg in e.args], SCALAR)


def _row_of(e: Expr) -> str:
    """The place i of eᵢᵀ."""
    return index_text(e.args[0].args[0]) if e.op is TRANSPOSE and is_unit(e.args[0]) else ""


def _column_of(e: Expr) -> str:
    """The place j of eⱼ."""
    return index_text(e.args[0]) if is_unit(e) else ""


def with_cuts(factors: Sequence[Expr], at: Shown) -> list[Display]:
    """The matrix factors of a product, in which unit vectors have become indices of what stands beside them."""
    if not any(_row_of(f) or _column_of(f) for f in factors):
        return [at[f] for f in factors]
    out: list[Display] = []
    start = 0
    for i, factor in enumerate(factors):
        if factor.shape[1] == 1 or i + 1 == len(factors):
            out += _run(factors[start : i + 1], at)
            start = i + 1
    return out


def _run(run: Sequence[Expr], at: Shown) -> list[Display]:
    """Factors without a scalar between them: a number, a row, a column or a matrix together."""
    i, j = _row_of(run[0]), _column_of(run[-1])
    if len(run) == 1 or not (i or j):
        return [at[f] for f in run]
    if run[0].shape[0] == run[-1].shape[1] == 1 and i:  # an entry of what stands between
        inside = run[1:-1] if j else run[1:]
        if not inside:
            return [at[f] for f in run]
        places = (i, j) if j else (i,)
        return [entry(juxtapose([at[f] for f in inside], (inside[0].shape[0], inside[-1].shape[1])), places, SCALAR)]
    if i:
        return [_cut(run[1], (i, ALL), at), *[at[f] for f in run[2:]]]
    if run[-2].shape[0] == 1:
        return [at[f] for f in run]
    return [*[at[f] for f in run[:-2]], _cut(run[-2], (ALL, j), at)]


def _cut(e: Expr, places: tuple[str, str], at: Shown) -> Display:
    """A row or a column of one factor; of a transpose the transpose of the other."""
    shape = (1, e.shape[1]) if places[1] == ALL else (e.shape[0], 1)
    if e.op is TRANSPOSE and e.args[0].op is SYMBOL:
        return superscript(entry(at[e.args[0]], places[::-1], shape[::-1]), "T", shape)
    return entry(at[e], places, shape)
