"""Entries, rows and columns of expressions, by products with unit vectors: eᵢᵀA is the row i of A, A eⱼ its column j.

A place is the name of an index or a number in digits, which count from 1; ":" is all of an axis.
"""

from __future__ import annotations

from collections import Counter

from matcalc.algebra.build import (
    ADD,
    GROUP,
    HADAMARD,
    ONES,
    POWER,
    PRODUCT,
    TRANSPOSE,
    add,
    apply,
    hadamard,
    is_number,
    multiply,
    number,
    number_value,
    ones,
    parts,
    power,
    symbol,
    transpose,
)
from matcalc.algebra.expr import Expr, postorder, rebuild, symbols_of
from matcalc.algebra.operations import REGISTRY
from matcalc.algebra.shapes import SCALAR, Dim

__all__ = [
    "ALL",
    "axes_of_indices",
    "cut",
    "index",
    "index_symbols",
    "index_text",
    "is_unit",
    "largest_place",
    "narrow",
    "placed",
    "unit",
]

#: All of an axis.
ALL = ":"


def index(place: str) -> Expr:
    """An index as a scalar: a symbol, or a number where it is written in digits."""
    return number(int(place)) if place.isdecimal() else symbol(place)


def index_text(e: Expr) -> str:
    """The place that an index is; "" of what is no index."""
    return str(e.data) if is_number(e) or e.op.name == "symbol" else ""


def unit(place: str, size: Dim) -> Expr:
    """The unit vector of this size that is 1 at the place.

    >>> print(unit("i", "m"))
    eᵢ
    """
    return apply(REGISTRY["unit"], (index(place), ones(size)))


def is_unit(e: Expr) -> bool:
    """Whether e is a unit vector."""
    return e.op is REGISTRY["unit"]


def cut(e: Expr, row: str, column: str) -> Expr:
    """The entry, the row or the column of e at these places.

    >>> from matcalc.algebra.build import symbol
    >>> A = symbol("A", ("m", "n"))
    >>> print(cut(A, "i", ":"), cut(A, ":", "2"), cut(A, "i", "j"))
    A_{i,:} A_{:,2} Aᵢⱼ
    """
    left = [] if row == ALL else [transpose(unit(row, e.shape[0]))]
    right = [] if column == ALL else [unit(column, e.shape[1])]
    return multiply(*left, e, *right)


def uncut(e: Expr) -> Expr:
    """The array of which e is an entry, a row or a column, or e itself.

    >>> from matcalc.algebra.build import symbol
    >>> print(uncut(cut(symbol("A", ("m", "n")), "i", "j")))
    A
    """
    if e.op is not PRODUCT or e.data != 1:
        return e
    factors = e.args
    if factors[0].op is TRANSPOSE and is_unit(factors[0].args[0]):
        factors = factors[1:]
    if factors and is_unit(factors[-1]):
        factors = factors[:-1]
    return multiply(*factors) if factors else e


def placed(e: Expr, row: str, column: str, shape: tuple[Dim, Dim]) -> Expr:
    """The array of this shape that is e at these places and 0 elsewhere: the adjoint of `cut`.

    >>> from matcalc.algebra.build import symbol
    >>> print(placed(symbol("x", (1, "n")), "i", ":", ("m", "n")))
    eᵢ x
    """
    left = [] if row == ALL else [unit(row, shape[0])]
    right = [] if column == ALL else [transpose(unit(column, shape[1]))]
    return multiply(*left, e, *right)


def index_symbols(*roots: Expr) -> set[Expr]:
    """The symbols that are indices: of unit vectors and of δ."""
    rows = (REGISTRY["unit"], REGISTRY["delta"])
    return {s for e in postorder(*roots) if e.op in rows for s in symbols_of(*e.args)}


def axes_of_indices(*roots: Expr) -> dict[tuple[str, Dim], None]:
    """The symbols that are indices, each with the length of an axis on which it stands."""
    row = REGISTRY["unit"]
    units = [e for e in postorder(*roots) if e.op is row and not is_number(e.args[0])]
    return dict.fromkeys([(index_text(e.args[0]), e.shape[0]) for e in units])


def largest_place(*roots: Expr) -> int:
    """The largest number among the places in some expressions; 0 where there is none."""
    unit_row = REGISTRY["unit"]
    places = [number_value(e.args[0]) for e in postorder(*roots) if e.op is unit_row and is_number(e.args[0])]
    return int(max(places, default=0))


#: So deep a unit vector is moved inside functions of functions.
_DEPTH = 24


def narrow(*roots: Expr) -> list[Expr]:
    """The expressions with rows taken first of what nothing else uses: eᵢᵀ(u + sin(A x)) = uᵢ + sin(A_{i,:} x)."""
    unit_row = REGISTRY["unit"]
    nodes = postorder(*roots)
    if not any(node.op is unit_row for node in nodes):
        return list(roots)
    users: Counter[Expr] = Counter(arg for node in nodes for arg in node.args)
    users.update(roots)

    def replace(node: Expr, args: tuple[Expr, ...]) -> Expr:
        if node.op is not PRODUCT:
            return apply(node.op, args, node.data) if args else node
        factors = list(args)
        for i, (left, right) in enumerate(zip(node.args, node.args[1:], strict=False)):
            if SCALAR in (left.shape, right.shape):
                continue
            if left.op is TRANSPOSE and left.args[0].op is unit_row and users[right] < 2:
                factors[i], factors[i + 1] = ones(1), _row(left, factors[i + 1], users, 0)
            elif right.op is unit_row and users[left] < 2 and right.shape != left.shape:
                column = transpose(_row(transpose(right), transpose(factors[i]), users, 0))
                factors[i], factors[i + 1] = column, ones(1)
        return multiply(number(node.data), *factors)  # type: ignore[arg-type]

    memo: dict[Expr, Expr] = {}
    return [rebuild(root, replace, memo) for root in roots]


def _row(left: Expr, e: Expr, users: Counter[Expr], depth: int) -> Expr:
    """eᵢᵀe with eᵢᵀ moved inside operations that act entry by entry."""
    if depth > _DEPTH or users[e] > 1:
        return multiply(left, e)
    if e.op is ONES:
        return ones(1, e.shape[1])
    if e.op is GROUP:
        return _row(left, e.args[0], users, depth + 1)
    if e.op is ADD:
        return add(*[_row(left, arg, users, depth + 1) for arg in e.args])
    if e.op is HADAMARD:
        return hadamard(*[_row(left, arg, users, depth + 1) for arg in e.args])
    if e.op is POWER:
        return power(_row(left, e.args[0], users, depth + 1), e.args[1])
    if e.op.elementwise:
        return apply(e.op, (_row(left, e.args[0], users, depth + 1), *e.args[1:]), e.data)
    if e.op is PRODUCT:
        c, scalars, matrices = parts(e)
        if matrices:
            return multiply(number(c), *scalars, _row(left, matrices[0], users, depth + 1), *matrices[1:])
    return multiply(left, e)
