"""Powers and transposes of a tree: of a square matrix the matrix power, of a vector entry by entry."""

from __future__ import annotations

from matcalc.algebra.build import apply as apply_row
from matcalc.algebra.build import inverse, is_number, matrix_power, number, number_value, power, transpose
from matcalc.algebra.expr import Expr
from matcalc.algebra.operations import REGISTRY
from matcalc.algebra.shapes import SCALAR, is_vector
from matcalc.errors import AmbiguityError
from matcalc.notation.declarations import shape_text
from matcalc.notation.elaboration import Elaboration
from matcalc.notation.products import divisor
from matcalc.notation.tree import Node

__all__ = ["entrywise_power", "raised", "to_the_power"]

_MINUS_ONE = number(-1)


def raised(node: Node, context: Elaboration) -> Expr:
    """Aᵀ, X⁻ᵀ, or a power with a raised number."""
    base = context.at[node.args[0]]
    if node.data == "T":
        return transpose(base)
    if node.data == "-T":
        return transpose(_to_the(node, node.args[0], base, _MINUS_ONE, context))
    return _to_the(node, node.args[0], base, number(node.data), context)


def to_the_power(node: Node, context: Elaboration) -> Expr:
    """X^k."""
    below, above = node.args
    return _to_the(node, below, context.at[below], context.at[above], context)


def _to_the(node: Node, below: Node, base: Expr, exponent: Expr, context: Elaboration) -> Expr:
    """The power that ^ and raised numbers mean: of a square matrix the matrix power, of a vector entry by entry."""
    s = context.source(below)
    if below.kind == "euler":
        return _exponential(node, exponent, context)
    if exponent.shape != SCALAR:
        raise context.mismatch(
            f"the exponent of {s} is {shape_text(exponent.shape)}", node,
            advice="An exponent is a scalar; entry by entry c^X is exp(log(c) X).",
        )  # fmt: skip
    if is_number(exponent) and number_value(exponent) < 0:
        divisor(below, base)
    if base.shape == SCALAR:
        return power(base, exponent)
    if is_vector(base.shape):
        if exponent is _MINUS_ONE:
            raise context.mismatch(
                f"{s} is a vector and has no inverse", node, advice=f"Write 𝟏 ⊘ {s} for the reciprocals of the entries."
            )
        return power(base, exponent)
    if is_number(exponent) and not isinstance(number_value(exponent), int):
        raise context.mismatch(
            f"{s} is a matrix, and its power by a fraction has two readings", node,
            advice=f"Write {s}.^({exponent}) for the power entry by entry; sqrtm is the root of a matrix.",
        )  # fmt: skip
    if base.shape[0] != base.shape[1]:
        what = "no inverse" if exponent is _MINUS_ONE else "no matrix power"
        advice = (
            ""
            if exponent is _MINUS_ONE
            else f"Write {s} ⊙ {s} or {s}.^({_exponent_text(node, context)}) for the power entry by entry."
        )
        raise context.mismatch(f"{s} is {shape_text(base.shape)}, not square, and has {what}", node, advice=advice)
    return inverse(base) if exponent is _MINUS_ONE else matrix_power(base, exponent)


def _exponent_text(node: Node, context: Elaboration) -> str:
    return str(node.data) if node.kind == "raised" else context.source(node.args[1]).strip("(){}")


def _exponential(node: Node, exponent: Expr, context: Elaboration) -> Expr:
    if exponent.shape != SCALAR and not is_vector(exponent.shape):
        s = context.source(node.args[1]).strip("(){}") if len(node.args) > 1 else ""
        raise AmbiguityError(
            "e to the power of a matrix has two readings", spans=(node.span,),
            advice=f"Write exp({s}) for the function entry by entry or expm({s}) for the matrix exponential.",
        )  # fmt: skip
    return apply_row(REGISTRY["exp"], (exponent,))


def entrywise_power(node: Node, context: Elaboration) -> Expr:
    """X.^k."""
    base, exponent = context.operands(node)
    if node.args[0].kind == "euler":
        return apply_row(REGISTRY["exp"], (exponent,))
    if exponent.shape != SCALAR:
        raise context.mismatch("an exponent is a scalar", node.args[1])
    if is_number(exponent) and number_value(exponent) < 0:
        divisor(node.args[0], base)
    return power(base, exponent)
