"""Functions that are only names: f of a scalar or an array is a scalar, f′, ∇f and ∇²f its derivatives."""

from __future__ import annotations

from collections.abc import Hashable

from matcalc.algebra.build import apply
from matcalc.algebra.expr import Expr
from matcalc.algebra.operations import REGISTRY, Operation
from matcalc.algebra.shapes import SCALAR, Shape, is_column
from matcalc.errors import DerivativeError, ShapeError

__all__ = ["UNKNOWN"]


def _shape(shapes: tuple[Shape, ...], data: Hashable) -> Shape:
    """Order 0: a scalar; order 1: the shape of the argument; order 2: n×n for a vector."""
    assert isinstance(data, tuple)
    name, order = data
    (argument,) = shapes
    if order == 0 or argument == SCALAR:
        return SCALAR
    if order == 1:
        return argument
    if order == 2 and is_column(argument):
        return argument[0], argument[0]
    if order == 2:
        raise ShapeError(f"∇²{name} takes a vector")
    raise DerivativeError(f"derivatives of the unknown function {name} are known up to the second")


def _slope(args: tuple[Expr, ...], data: Hashable) -> Expr:
    """f′ or ∇f of f, ∇²f of ∇f."""
    assert isinstance(data, tuple)
    name, order = data
    return apply(UNKNOWN, args, (name, order + 1))


UNKNOWN = REGISTRY.add(
    Operation(
        name="unknown",
        shape=_shape,
        arity=1,
        slope=_slope,
        callable_from_text=False,
        source="definition of the gradient",
    )
)
