"""Vectors and matrices written out: [sin(t); cos(t)], [A, B; C, D], [x₁ x₂].

Between square brackets ; ends a row, and , or a space ends an entry. Around one item the brackets
are brackets.
"""

from __future__ import annotations

from matcalc.algebra.blocks import stack
from matcalc.algebra.expr import Expr
from matcalc.algebra.shapes import dim_add
from matcalc.errors import ShapeError
from matcalc.notation.constraints import Constraints
from matcalc.notation.dimensions import Size, Sizes, Variable, find
from matcalc.notation.elaboration import Elaboration
from matcalc.notation.tree import Node

__all__ = ["build_stacked", "size_stacked"]


def size_stacked(c: Constraints, node: Node) -> Sizes:
    """The heights of the rows and the widths of the columns added up."""
    rows = _rows(node)
    heights: list[Size] = []
    widths: list[Size] = [c.at[arg][1] for arg in rows[0]] if rows else []
    for row in rows:
        heights.append(c.at[row[0]][0])
        for first, arg in zip(rows[0], row, strict=False):
            c.equal(c.at[row[0]][0], c.at[arg][0], row[0], arg)
            c.equal(c.at[first][1], c.at[arg][1], first, arg)
    return _added(heights), _added(widths)


def _added(sizes: list[Size]) -> Size:
    """The sum if every size is known; else a size of its own, which elaboration compares."""
    total: Size = 0
    for size in map(find, sizes):
        if isinstance(size, Variable) or isinstance(total, Variable):
            return sizes[0] if len(sizes) == 1 else Variable()
        total = dim_add(total, size)
    return total


def _rows(node: Node) -> list[list[Node]]:
    """The entries of every row."""
    rows: list[list[Node]] = []
    at = 0
    for count in node.data:
        rows.append(node.args[at : at + count])
        at += count
    return rows


def build_stacked(node: Node, context: Elaboration) -> Expr:
    """The matrix of the entries."""
    try:
        return stack([[context.at[arg] for arg in row] for row in _rows(node)])
    except ShapeError as error:
        raise context.mismatch(error.message, node, advice="For a product write round brackets.") from None
