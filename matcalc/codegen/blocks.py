"""Code for block matrices: arrays of entries, concatenations, np.block, and slices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from matcalc.algebra.blocks import Partition, offset
from matcalc.algebra.expr import Expr
from matcalc.algebra.shapes import Dim
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
    """A slice of an array."""
    heights, widths, i, j = cast(tuple[tuple[Dim, ...], tuple[Dim, ...], int, int], node.data)
    whole = dense(term)
    rows = _from_to(whole, heights, i)
    columns = _from_to(whole, widths, j)
    used = [span for span, dim in zip((rows, columns), node.args[0].shape, strict=True) if dim != 1]
    kept = [dim != 1 for dim, of in zip(node.shape, node.args[0].shape, strict=True) if of != 1]
    bounds = tuple([bound for span in used for bound in span])
    return make("cut", (whole, *bounds), tuple(kept), dims_of(node.shape))


def _from_to(term: Term, sizes: tuple[Dim, ...], i: int) -> tuple[Term, Term]:
    return size_of(term.table, offset(sizes, i)), size_of(term.table, offset(sizes, i + 1))
