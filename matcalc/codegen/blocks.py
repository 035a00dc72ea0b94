"""Code for block matrices: arrays of entries, concatenations, np.block, and slices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from matcalc.algebra.blocks import Partition, offset
from matcalc.algebra.expr import Expr
from matcalc.algebra.shapes import Dim, Polynomial, dim_add
from matcalc.codegen.elementwise import dense, size_of
from matcalc.codegen.templates import as_matrix
from matcalc.codegen.terms import Term, dims_of, make

__all__ = ["cut", "stacked"]


def stacked(node: Expr, args: Sequence[Term]) -> Term:
    """The array of a block matrix."""
    _, widths = cast(Partition, node.data)
    dims = dims_of(node.shape)
    terms = [dense(term) for term in args]
    if all(term.rank == 0 for term in terms):
        return make("entries", tuple(terms), 0 if len(dims) < 2 else len(widths), dims)
    if len(dims) == 1:
        return make("joined", tuple(terms), None, dims)
    blocks = tuple([as_matrix(term, arg.shape) for term, arg in zip(terms, node.args, strict=True)])
    return make("blocks", blocks, len(widths), dims)


def cut(node: Expr, term: Term) -> Term:
    """A slice of an array; the data has for each axis whether it stays, and its bounds.

    A bound is a whole number, and whether a size that is an operand is added to it; None is an end.
    """
    heights, widths, i, j = cast(tuple[tuple[Dim, ...], tuple[Dim, ...], int, int], node.data)
    whole = dense(term)
    sizes: list[Term] = []
    axes = []
    for parts, k, length, kept in zip((heights, widths), (i, j), node.args[0].shape, node.shape, strict=True):
        if length != 1:
            start = _bound(offset(parts, k), sizes, whole) if k else None
            last = kept == 1 or k + 1 == len(parts)
            axes.append((kept != 1, start, None if last else _bound(offset(parts, k + 1), sizes, whole)))
    return make("cut", (whole, *sizes), tuple(axes), dims_of(node.shape))


Bound = tuple[int, bool]


def _bound(dim: Dim, sizes: list[Term], whole: Term) -> Bound:
    number, rest = _parted(dim)
    if rest != 0:
        sizes.append(size_of(whole.table, rest))
    return number, rest != 0


def _parted(dim: Dim) -> tuple[int, Dim]:
    """The whole number in a dimension, and the rest."""
    if isinstance(dim, int):
        return dim, 0
    number = next((c for monomial, c in dim.terms if not monomial), 0) if isinstance(dim, Polynomial) else 0
    return number, dim_add(dim, -number) if number else dim
