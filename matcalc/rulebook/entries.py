"""Entries: unit vectors and Kronecker's δ, of which rows, columns and entries of arrays are made.

eᵢ is the i-th column of the identity; eᵢᵀA is the row i of A, A eⱼ the column j, eᵢᵀA eⱼ the entry. The
index is a symbol that is declared so, or a number, and counts from 1.
"""

from __future__ import annotations

from collections.abc import Hashable

from matcalc.algebra.build import ONE, ZERO, is_number, number_value, ones
from matcalc.algebra.expr import Expr, make
from matcalc.algebra.operations import REGISTRY
from matcalc.algebra.shapes import SCALAR
from matcalc.errors import ShapeError
from matcalc.rulebook.table import row

__all__ = ["DELTA", "UNIT"]

_MN = "Magnus & Neudecker, 3rd ed."


def _unit(args: tuple[Expr, ...], data: Hashable) -> Expr:
    """eₖ; a number must be a place that there is."""
    k, x = args
    size = x.shape[0]
    if is_number(k):
        place = number_value(k)
        if not isinstance(place, int) or place < 1 or (isinstance(size, int) and place > size):
            raise ShapeError(f"there is no entry {place}: entries are numbered from 1 to {size}")
    return ONE if size == 1 else make(UNIT, (k, ones(size)), None, (size, 1))


def _delta(args: tuple[Expr, ...], data: Hashable) -> Expr:
    """δⱼₖ, which is known for equal indices and for numbers, and is the same for δₖⱼ."""
    j, k = args
    if j is k:
        return ONE
    if is_number(j) and is_number(k):
        return ZERO
    return make(REGISTRY["delta"], tuple(sorted(args, key=lambda e: (is_number(e), str(e.data)))), None, SCALAR)


UNIT = row(
    "unit",
    "k: 1 1, x: n 1 -> n 1",
    build=_unit,
    differential="𝟎",
    numpy="(np.arange({1}.size) == {0} - 1).astype(float)",
    facts=("nonnegative", "unit"),
    sample=("index",),
    callable_from_text=False,
    source=f"{_MN}, §1.2: the k-th column of the identity, as long as x is",
)
DELTA = row(
    "delta",
    "j: 1 1, k: 1 1 -> 1 1",
    build=_delta,
    differential="0",
    numpy="1.0 * ({0} == {1})",
    facts=("nonnegative", "unit"),
    sample=("index", "index"),
    callable_from_text=False,
    source=f"{_MN}, §1.2: Kronecker's δ, the entry j, k of the identity",
)
