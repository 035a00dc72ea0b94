"""Block matrices: [a; b], [A B; C D], and a block of a matrix that is cut at given places.

The payload of both operations is the partition: the heights of the rows of blocks and the widths
of the columns; a block adds its place. A block is cut out of what stands inside as far in as it
can be, so that a block of blocks is the block itself.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import cast

from matcalc.algebra.build import (
    ADD,
    HADAMARD,
    IDENTITY,
    ONES,
    POWER,
    PRODUCT,
    TRANSPOSE,
    add,
    apply,
    hadamard,
    identity,
    is_zero,
    multiply,
    number,
    ones,
    parts,
    power,
    reassemble,
    transpose,
    zeros,
)
from matcalc.algebra.expr import Expr, make
from matcalc.algebra.operations import REGISTRY, Operation
from matcalc.algebra.shapes import Dim, Shape, dim_add, dim_text
from matcalc.errors import ShapeError

__all__ = ["BLOCK", "STACK", "Partition", "block", "merged", "offset", "placed", "selector", "stack"]

#: (heights of the rows of blocks, widths of the columns of blocks)
Partition = tuple[tuple[Dim, ...], tuple[Dim, ...]]


def offset(sizes: Sequence[Dim], i: int) -> Dim:
    """The sum of the first i sizes: where the next block begins."""
    start: Dim = 0
    for size in sizes[:i]:
        start = dim_add(start, size)
    return start


def _total(dims: Sequence[Dim]) -> Dim:
    return offset(dims, len(dims))


def _shape_of_stack(shapes: tuple[Shape, ...], data: Hashable) -> Shape:
    heights, widths = cast(Partition, data)
    return _total(heights), _total(widths)


def _shape_of_block(shapes: tuple[Shape, ...], data: Hashable) -> Shape:
    heights, widths, i, j = cast(tuple[tuple[Dim, ...], tuple[Dim, ...], int, int], data)
    return heights[i], widths[j]


def stack(rows: Sequence[Sequence[Expr]]) -> Expr:
    """The matrix of blocks; blocks in a row have one height, blocks in a column one width.

    >>> from matcalc.algebra.build import symbol
    >>> stack([[symbol("A", ("m", "n"))], [symbol("B", ("k", "n"))]]).shape[1]
    'n'
    """
    heights = tuple([row[0].shape[0] for row in rows])
    widths = tuple([e.shape[1] for e in rows[0]])
    for i, row in enumerate(rows):
        if len(row) != len(widths):
            raise ShapeError(f"row {i + 1} has {len(row)} entries, and the first row has {len(widths)}")
        for e, width in zip(row, widths, strict=True):
            if e.shape != (heights[i], width):
                wanted, given = [" by ".join(map(dim_text, s)) for s in ((heights[i], width), e.shape)]
                raise ShapeError(f"a block of row {i + 1} is {given}, and {wanted} fits there")
    return _stacked(tuple([e for row in rows for e in row]), (heights, widths))


def _stacked(args: tuple[Expr, ...], data: Hashable) -> Expr:
    shape = _shape_of_stack((), data)
    if len(args) == 1:
        return args[0]
    if all(map(is_zero, args)):
        return zeros(*shape)
    return make(STACK, args, data, shape)


def block(e: Expr, partition: Partition, i: int, j: int) -> Expr:
    """The block of e in row i and column j of the partition."""
    heights, widths = partition
    shape = heights[i], widths[j]
    if e.shape == shape:
        return e
    if e.op is STACK and e.data == partition:
        return e.args[i * len(widths) + j]
    if e.op is STACK:
        whole = _of_stack(e, partition, i, j)
        if whole is not None:
            return whole
    if is_zero(e):
        return zeros(*shape)
    if e.op is ONES:
        return ones(*shape)
    if e.op is IDENTITY and heights == widths:
        return identity(heights[i]) if i == j else zeros(*shape)
    if e.op is TRANSPOSE:
        return transpose(block(e.args[0], (widths, heights), j, i))
    if e.op is ADD:
        return add(*[block(term, partition, i, j) for term in e.args])
    if e.op is HADAMARD:
        return hadamard(*[block(factor, partition, i, j) for factor in e.args])
    if e.op is POWER:
        return power(block(e.args[0], partition, i, j), e.args[1])
    if e.op.elementwise:
        return apply(e.op, (block(e.args[0], partition, i, j), *e.args[1:]), e.data)
    c, scalars, m = parts(e)
    if c != 1 or scalars:
        return multiply(number(c), *scalars, block(reassemble(1, (), m), partition, i, j))
    if len(m) > 1:
        return _of_product(m, partition, i, j)
    return make(BLOCK, (e,), (heights, widths, i, j), shape)


def _of_stack(e: Expr, partition: Partition, i: int, j: int) -> Expr | None:
    """A whole row or column of blocks."""
    heights, widths = cast(Partition, e.data)
    n = len(widths)
    if partition == (heights, (e.shape[1],)):
        return _stacked(e.args[i * n : (i + 1) * n], ((heights[i],), widths))
    if partition == ((e.shape[0],), widths):
        return _stacked(e.args[j::n], (heights, (widths[j],)))
    return None


def _of_product(m: tuple[Expr, ...], partition: Partition, i: int, j: int) -> Expr:
    """A block of A … B is the rows of A times the columns of B."""
    heights, widths = partition
    first = block(m[0], (heights, (m[0].shape[1],)), i, 0)
    last = block(m[-1], ((m[-1].shape[0],), widths), 0, j)
    return multiply(first, *m[1:-1], last)


def _block_of(args: tuple[Expr, ...], data: Hashable) -> Expr:
    heights, widths, i, j = cast(tuple[tuple[Dim, ...], tuple[Dim, ...], int, int], data)
    return block(args[0], (heights, widths), i, j)


def placed(e: Expr, partition: Partition, i: int, j: int) -> Expr:
    """The matrix that is e in its block (i, j) and zero elsewhere: the adjoint of `block`; scalars stand outside."""
    heights, widths = partition
    number_of, scalars, m = parts(e)
    core = reassemble(1, (), m) if m else e
    filled = _stacked(
        tuple([core if (r, c) == (i, j) else zeros(h, w) for r, h in enumerate(heights) for c, w in enumerate(widths)]),
        partition,
    )
    return multiply(number(number_of), *scalars, filled) if m else filled


def selector(sizes: tuple[Dim, ...], i: int) -> Expr:
    """P with P B = the column of blocks that is B in row i and zero elsewhere."""
    return placed(identity(sizes[i]), (sizes, (sizes[i],)), i, 0)


def merged(e: Expr) -> Expr:
    """A sum whose terms with one partition are added block by block."""
    if not any(term.op is STACK or (term.op is PRODUCT and term.args[-1].op is STACK) for term in e.args):
        return e
    groups: dict[Hashable, list[Expr]] = {}
    for term in e.args:
        base = _as_stack(term)
        if base is not None:
            groups.setdefault(base.data, []).append(base)
    if not any(len(terms) > 1 for terms in groups.values()):
        return e
    out: list[Expr] = []
    done: set[Hashable] = set()
    for term in e.args:
        base = _as_stack(term)
        if base is None:
            out.append(term)
        elif base.data not in done:
            done.add(base.data)
            columns = zip(*[b.args for b in groups[base.data]], strict=True)
            out.append(_stacked(tuple([add(*column) for column in columns]), base.data))
    return add(*out)


def _as_stack(term: Expr) -> Expr | None:
    """A stack, or a number times one with the number inside."""
    if term.op is STACK:
        return term
    c, scalars, m = parts(term)
    if len(m) == 1 and m[0].op is STACK:
        inside = tuple([multiply(number(c), *scalars, arg) for arg in m[0].args])
        stacked = _stacked(inside, m[0].data)
        return stacked if stacked.op is STACK else None
    return None


STACK = REGISTRY.add(
    Operation(name="stack", shape=_shape_of_stack, arity=None, build=_stacked, callable_from_text=False,
              source="Magnus & Neudecker, 3rd ed., §1.11")
)  # fmt: skip
BLOCK = REGISTRY.add(
    Operation(name="block", shape=_shape_of_block, arity=1, build=_block_of, callable_from_text=False,
              source="Magnus & Neudecker, 3rd ed., §1.11: the adjoint of placing a block")
)  # fmt: skip
