"""The inner product as one writes it: ‖x‖² of one operand, xᵀy of vectors, tr(…) or A : B of matrices."""

from __future__ import annotations

from matcalc.algebra.build import ADD, IDENTITY, INVERSE, ONES, PRODUCT, TRANSPOSE
from matcalc.algebra.expr import Expr
from matcalc.algebra.shapes import SCALAR, is_column, is_row, is_vector
from matcalc.notation.display import Display, call, infix, juxtapose, node, superscript

__all__ = ["Memo", "lower_inner"]

Memo = dict[Expr, Display]


def lower_inner(e: Expr, at: Memo) -> Display:
    """The display of an inner product, where `at` holds those of its operands and of what is below them."""
    left, right = e.args
    if left is right:
        return superscript(node("norm", "", (at[left],), SCALAR), "2", SCALAR)
    if is_vector(left.shape):
        return _scalar_product(left, right, at)
    cost, other = _transposing(left), _transposing(right)
    if min(cost, other) > 0:
        return infix("colon", (at[left], at[right]), SCALAR)
    if other < cost:
        left, right = right, left
    factors = [*_flipped(left, at), *_factors(right, at)] or [at[right]]
    return call("tr", (juxtapose(factors, (right.shape[1], right.shape[1])),), SCALAR)


def _scalar_product(left: Expr, right: Expr, at: Memo) -> Display:
    """xᵀy of columns, and x yᵀ of rows, with the transpose on the factor where it is shorter."""
    if _transposing(right) < _transposing(left):
        left, right = right, left
    if is_row(left.shape):
        return juxtapose([*_factors(right, at), *_flipped(left, at)], SCALAR, "chain")
    return juxtapose([*_flipped(left, at), *_factors(right, at)], SCALAR, "chain")


def _matrix_factors(e: Expr) -> tuple[Expr, ...]:
    if e.op is PRODUCT and e.data == 1:
        return e.args
    return () if e.op is IDENTITY else (e,)


def _factors(e: Expr, at: Memo) -> list[Display]:
    return [at[factor] for factor in _matrix_factors(e)]


def _transposing(e: Expr) -> float:
    """By how many symbols the transpose of e is longer than e."""
    cost = 0.0
    for factor in _matrix_factors(e):
        if factor.op is TRANSPOSE:
            cost -= 0.5 if factor.args[0].op is INVERSE else 1
        elif factor.op is INVERSE:
            cost += -0.5 if factor.args[0].op is TRANSPOSE else 0.5
        elif factor.op is ONES:
            cost += 1 if is_column(factor.shape) else -1 if is_row(factor.shape) else 0
        elif factor.op.transpose != "invariant":
            cost += 1.25 if factor.op is ADD else 1  # rather xᵀ(y + z) than (y + z)ᵀ x
    return cost


def _flipped(e: Expr, at: Memo) -> list[Display]:
    """The factors of eᵀ."""
    return [_flipped_factor(factor, at) for factor in reversed(_matrix_factors(e))]


def _flipped_factor(e: Expr, at: Memo) -> Display:
    shape = (e.shape[1], e.shape[0])
    if e.op is TRANSPOSE:
        return at[e.args[0]]
    if e.op.transpose == "invariant":
        return at[e]
    if e.op is INVERSE and e.args[0].op is TRANSPOSE:
        return superscript(at[e.args[0].args[0]], "-1", shape)
    if e.op is INVERSE:
        return superscript(at[e.args[0]], "-T", shape)
    if e.op is ONES and is_row(e.shape):
        return at[e].parts[0]
    return superscript(at[e], "T", shape)
