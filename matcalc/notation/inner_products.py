"""The inner product as one writes it: ‖x‖² of one operand, A : B of two."""

from __future__ import annotations

from matcalc.algebra.expr import Expr
from matcalc.algebra.shapes import SCALAR
from matcalc.notation.display import Display, infix, node, superscript

__all__ = ["Memo", "lower_inner"]

Memo = dict[Expr, Display]


def lower_inner(e: Expr, at: Memo) -> Display:
    """The display of an inner product, where `at` holds those of its operands."""
    left, right = e.args
    if left is right:
        return superscript(node("norm", "", (at[left],), SCALAR), "2", SCALAR)
    return infix("colon", (at[left], at[right]), SCALAR)
