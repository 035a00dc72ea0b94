"""Sums of a tree: a scalar spreads over an array, except over a square matrix, where I could be meant."""

from __future__ import annotations

from matcalc.algebra.build import add, multiply, negate, ones
from matcalc.algebra.expr import Expr
from matcalc.algebra.operations import REGISTRY
from matcalc.algebra.shapes import SCALAR, Shape
from matcalc.errors import AmbiguityError
from matcalc.notation.elaboration import Elaboration, unequal
from matcalc.notation.tree import Node

__all__ = ["total"]


def total(node: Node, context: Elaboration) -> Expr:
    """The sum, with a scalar spread over arrays."""
    values = context.operands(node)
    for i, sign in enumerate(node.data):
        if sign == "-":
            values[i] = negate(values[i])
    shape = SCALAR
    scalars = False
    first = 0
    for i, value in enumerate(values):
        if value.shape == SCALAR:
            scalars = True
        elif shape == SCALAR:
            shape, first = value.shape, i
        elif value.shape != shape:
            raise unequal(node.args[first], shape, node.args[i], value.shape, context)
    if scalars and shape != SCALAR:
        _check_broadcast(node, values, shape, context)
        unit = ones(*shape)
        values = [multiply(value, unit) if value.shape == SCALAR else value for value in values]
    return add(*values)


def _check_broadcast(node: Node, values: list[Expr], shape: Shape, context: Elaboration) -> None:
    """Refuse a scalar added to a square matrix that is no entrywise result."""
    if shape[0] != shape[1]:
        return
    for arg, value in zip(node.args, values, strict=True):
        if value.shape != SCALAR and not _is_entrywise(arg, context):
            scalar = next(a for a, v in zip(node.args, values, strict=True) if v.shape == SCALAR)
            s = context.source(scalar)
            s = "" if s == "1" else f"({s}) " if scalar.kind in ("sum", "over") and not scalar.bracketed else f"{s} "
            raise AmbiguityError(
                f"a scalar is added to the square matrix {context.source(arg)}",
                spans=(scalar.span, arg.span),
                advice=f"Write {s}I for the diagonal or {s}𝟏𝟏ᵀ for every entry.",
            )


def _is_entrywise(root: Node, context: Elaboration) -> bool:
    """Whether the matrix is a result of functions and operators that act entry by entry."""
    stack = [root]
    while stack:
        node = stack.pop()
        kind = node.kind
        if kind in ("negated", "sum", "juxtaposed", "times", "ratio", "over") or (
            kind == "raised" and node.data == "T"
        ):
            arrays = [arg for arg in node.args if context.at[arg].shape != SCALAR]
            if kind in ("juxtaposed", "times") and len(arrays) > 1 and not _is_ones(arrays):
                return False
            stack.extend(arrays)
        elif kind in ("call", "bare"):
            if node.data == "matrix":
                continue
            row = REGISTRY.names.get(node.data) if isinstance(node.data, str) else None
            if row is None or not (row.elementwise or row.name == "sqrt"):
                return False
        elif kind == "reference":
            stack.append(node.data[1])
        elif kind not in ("entrywise", "entrywise_power", "bars", "indicator", "ones"):
            return False
    return True


def _is_ones(nodes: list[Node]) -> bool:
    return all(node.kind == "ones" or (node.kind == "raised" and node.args[0].kind == "ones") for node in nodes)
