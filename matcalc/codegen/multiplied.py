"""Products over sums that are cheaper term by term.

A sum of thin terms (diagonal matrices, multiples of I, products through a single column) never becomes a matrix beside
another factor: (diag(p) − p pᵀ) W costs m n operations term by term, and m² n as it stands. Before a vector
(A + Aᵀ) x becomes A x + Aᵀx, which writes no matrix, where all signs agree, so that nothing cancels that did not
before. A sum that is needed as a matrix elsewhere is left.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from matcalc.algebra.build import (
    ADD,
    IDENTITY,
    ONES,
    PRODUCT,
    TRANSPOSE,
    add,
    apply,
    is_chain,
    multiply,
    number,
    parts,
    transpose,
)
from matcalc.algebra.collect import is_negative
from matcalc.algebra.expr import Expr, postorder, rebuild
from matcalc.algebra.operations import REGISTRY

__all__ = ["multiplied_out"]

#: Sums of more terms are left as they are.
_FEW = 4


def multiplied_out(roots: Iterable[Expr]) -> list[Expr]:
    """The expressions with such products multiplied out.

    >>> from matcalc import parse
    >>> print(*multiplied_out([parse("(A + Aᵀ) x"), parse("(diag(p) − p pᵀ) W")]), sep="   ")
    A x + Aᵀ x   diag(p) W − p pᵀ W
    """
    given = list(roots)
    kept = _needed_whole(given)

    def replace(node: Expr, args: tuple[Expr, ...]) -> Expr:
        new = apply(node.op, args, node.data) if args != node.args else node
        return _spread(new, kept) if node.op is PRODUCT else new

    memo: dict[Expr, Expr] = {}
    return [rebuild(root, replace, memo) for root in given]


def _needed_whole(roots: Sequence[Expr]) -> set[Expr]:
    """The sums that are used as matrices: not only as factors that may be multiplied out."""
    kept = {inside for root in roots if (inside := _upright(root)).op is ADD}
    for node in postorder(*roots):
        if node.op is TRANSPOSE:
            continue  # what the transpose is used for counts
        factors = _factors(node)
        cheaper = {i for i in range(len(factors)) if _is_cheaper(factors, i)}
        for arg in node.args:
            inside = _upright(arg)
            if inside.op is ADD:
                places = {i for i, factor in enumerate(factors) if factor is arg}
                if not places or not places <= cheaper:
                    kept.add(inside)
    return kept


def _upright(e: Expr) -> Expr:
    return e.args[0] if e.op is TRANSPOSE else e


def _factors(e: Expr) -> tuple[Expr, ...]:
    """The matrix factors of a product, also of a chain xᵀA y; none of what is no product."""
    if e.op is not PRODUCT:
        return ()
    return e.args if is_chain(e) else parts(e)[2]


def _is_cheaper(factors: Sequence[Expr], i: int) -> bool:
    """Whether the factor is a sum that costs less term by term."""
    terms = _terms(factors[i])
    if not terms or len(factors) < 2:
        return False
    if all(map(_is_thin, terms)):
        return True
    vector = (i < len(factors) - 1 and factors[-1].shape[1] == 1) or (i > 0 and factors[0].shape[0] == 1)
    return vector and len({is_negative(t) for t in terms}) == 1


def _terms(factor: Expr) -> tuple[Expr, ...]:
    """The terms of a sum of a few matrices, or of its transpose."""
    inside = _upright(factor)
    if inside.op is not ADD or 1 in inside.shape or len(inside.args) > _FEW:
        return ()
    return inside.args if inside is factor else tuple(map(transpose, inside.args))


def _is_thin(term: Expr) -> bool:
    """Whether a product with the term takes as many operations as a matrix has entries, or fewer."""
    matrices = parts(term)[2]
    if len(matrices) == 1:
        return matrices[0].op in (IDENTITY, ONES, REGISTRY["diag"])
    return any(factor.shape[1] == 1 for factor in matrices[:-1])


def _spread(e: Expr, kept: Collection[Expr]) -> Expr:
    """The product with the first sum multiplied out that may be, and the next one in what comes of it."""
    factors = _factors(e)
    for i, factor in enumerate(factors):
        if _upright(factor) not in kept and _is_cheaper(factors, i):
            c, scalars, _ = (1, (), ()) if is_chain(e) else parts(e)
            outside, inside = (number(c), *scalars, *factors[:i]), factors[i + 1 :]
            return add(*[_spread(multiply(*outside, term, *inside), kept) for term in _terms(factor)])
    return e
