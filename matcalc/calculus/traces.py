"""The differential of a scalar as one writes it: tr(A X⁻¹ dX X⁻¹), with the factors in the order of the function."""

from __future__ import annotations

from collections.abc import Sequence

from matcalc.algebra.build import ADD, HADAMARD, INNER, TRANSPOSE, add, apply, multiply, number, parts, transpose
from matcalc.algebra.expr import Expr, preorder, symbols_of
from matcalc.algebra.operations import REGISTRY
from matcalc.algebra.shapes import SCALAR, is_vector

__all__ = ["as_traces"]


def as_traces(e: Expr, source: Expr, directions: Sequence[Expr]) -> Expr:
    """e with every G : dX whose G is a product of matrices as a trace, turned so that it begins as `source` does.

    source: the function. directions: the symbols dX.
    """
    if e.shape != SCALAR:
        return e
    order: dict[str, int] = {}
    for leaf in symbols_of(source):
        order.setdefault(str(leaf.data), len(order))
    for leaf in directions:
        order[str(leaf.data)] = order.get(str(leaf.data)[1:], len(order))
    terms = e.args if e.op is ADD else (e,)
    return add(*[_term(term, order, set(directions)) for term in terms])


def _term(term: Expr, order: dict[str, int], directions: set[Expr]) -> Expr:
    c, scalars, matrices = parts(term)
    if matrices:
        return term
    turned = [_trace(s, order, directions) if s.op is INNER or s.op.name == "tr" else s for s in scalars]
    return multiply(number(c), *turned)


def _trace(e: Expr, order: dict[str, int], directions: set[Expr]) -> Expr:
    upright = list(parts(e.args[0])[2]) if len(e.args) == 1 else _around(*e.args)
    moved = [f for f in upright if f in directions or transpose(f) in directions]
    if len(moved) != 1 or any(node.op in (ADD, HADAMARD) for factor in upright for node in preorder(factor)):
        return e
    at = upright.index(moved[0])
    upright = [*upright[at + 1 :], *upright[: at + 1]]
    across = [transpose(f) for f in reversed(upright)]
    across = [*across[1:], across[0]]
    chain = min((upright, across), key=lambda factors: sum(f.op is TRANSPOSE for f in factors))
    ranks = [min([order.get(str(s.data), len(order)) for s in symbols_of(f)], default=len(order)) for f in chain]
    first = ranks.index(min(ranks))
    return apply(REGISTRY["tr"], (multiply(*chain[first:], *chain[:first]),))


def _around(a: Expr, b: Expr) -> list[Expr]:
    """The factors of aᵀb; none for vectors."""
    return [] if is_vector(a.shape) else [*parts(transpose(a))[2], *parts(b)[2]]
