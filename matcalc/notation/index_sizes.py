"""What index notation demands of sizes: everything has the size that it has for one value of its indices."""

from __future__ import annotations

from collections.abc import Sequence

from matcalc.algebra.shapes import SCALAR, dim_add, dim_mul, dim_text
from matcalc.notation.bounds import Bounds
from matcalc.notation.constraints import Conflict, Constraints
from matcalc.notation.dimensions import Size, Sizes, Variable, find, size_text, unify
from matcalc.notation.indices import fixed, free_letters
from matcalc.notation.tree import Node

__all__ = ["delta", "entry", "gathered", "has_entries", "part", "reference", "summed"]


def entry(c: Constraints, node: Node) -> Sizes:
    """xᵢ, Aᵢⱼ, A_{i,:}; with one index the row of a matrix, as a column."""
    base, indices = node.args[0], node.data
    rows, columns = c.at[base]
    if c.is_scalar(base):
        raise c.refuse(f"{c.source(base)} is a scalar and has no entries", node)
    if c.is_vector(base):
        if len(indices) > 1:
            raise c.refuse(f"{c.source(base)} is a vector, and has {len(indices)} indices here", node)
        _range(c, node, rows if find(columns) == 1 else columns, indices[0])
        return c.at[base] if indices[0] == ":" else SCALAR
    if len(indices) > 2:
        raise c.refuse(f"{c.source(base)} has {len(indices)} indices, and a matrix has two", node)
    _range(c, node, rows, indices[0])
    if len(indices) == 2:
        _range(c, node, columns, indices[1])
        return rows if indices[0] == ":" else 1, columns if indices[1] == ":" else 1
    c.doubt(base)
    return columns, 1


def _range(c: Constraints, node: Node, size: Size, place: str) -> None:
    """An index runs as far as the axis on which it stands; a fixed one may stand on several."""
    if not fixed(place):
        c.equal(size, c.range_of(place), node)


def summed(c: Constraints, node: Node) -> Sizes:
    """∑ᵢ has the size of what it sums, and its indices the range of the upper limit."""
    bounds: Bounds = node.data
    if bounds.relation and not unify(*map(c.range_of, bounds.pair)):
        one, other = (size_text(c.range_of(index)) for index in bounds.pair)
        raise Conflict(f"the indices that are compared run to {one} and to {other}", (node,), None)
    for index in bounds.letters:
        size = c.range_of(index)
        if bounds.length is not None and not unify(size, bounds.length):
            has = f"and what is summed has {size_text(size)} entries"
            assert bounds.above is not None
            from_where = f"from {bounds.low} " if bounds.low != 1 else ""
            raise Conflict(f"the sum runs {from_where}to {dim_text(bounds.above)}, {has}", (node,), None)
    return c.at[node.args[0]]


def part(c: Constraints, node: Node) -> Sizes:
    """The part of an array that a shifted index runs over; the array is as long as the largest shift asks for."""
    base, cuts = node.args[0], node.data
    sizes = list(c.at[base])
    if len(cuts) == 1 and c.is_vector(base) and find(sizes[0]) == 1:
        cuts = (None, *cuts)
    for axis, cut in enumerate(cuts):
        if cut is None:
            continue
        wanted = dim_add(cut.length, cut.before + cut.after)
        has = find(sizes[axis])
        if not isinstance(has, Variable):
            rest = dim_add(has, dim_mul(-1, wanted))
            if not isinstance(rest, int) or rest < 0:
                message = f"the sum takes {dim_text(wanted)} entries of {c.source(base)}, which has {dim_text(has)}"
                raise Conflict(message, (node,), None)
        elif not unify(has, wanted):
            raise c.refuse(f"{c.source(base)} has one entry, and the sum takes more", node)
        sizes[axis] = cut.length
    return sizes[0], sizes[1]


def delta(c: Constraints, node: Node) -> Sizes:
    """δᵢⱼ: both indices have one range."""
    if not any(map(fixed, node.data)):
        c.equal(c.range_of(node.data[0]), c.range_of(node.data[1]), node)
    return SCALAR


def gathered(c: Constraints, node: Node) -> Sizes:
    """(bᵢ)ᵢ, (aᵢⱼ)ᵢⱼ: the vector or the matrix of these entries."""
    if not c.is_scalar(node.args[0]):
        raise c.refuse(f"the entries of {c.source(node)} are {c.shape_text(node.args[0])}", node)
    if len(node.data) > 2:
        raise c.refuse(f"{c.source(node)} has {len(node.data)} indices, and a matrix has two", node)
    return _array(c, node.data)


def reference(c: Constraints, node: Node) -> Sizes:
    """A name of the program: what it stands for has its free indices as axes, in alphabetical order."""
    root = node.data[1]
    if not c.is_scalar(root):
        return c.at[root]
    free = sorted(free_letters(root)[root])
    return _array(c, free) if 0 < len(free) < 3 else c.at[root]


def _array(c: Constraints, indices: Sequence[str]) -> Sizes:
    return c.range_of(indices[0]), c.range_of(indices[1]) if len(indices) > 1 else 1


def has_entries(root: Node) -> bool:
    """Whether an entry or an index stands below."""
    stack = [root]
    while stack:
        node = stack.pop()
        if node.kind in ("entry", "index"):
            return True
        stack.extend(node.args)
    return False
