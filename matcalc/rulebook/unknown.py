"""Functions that are only names: f of a scalar or an array is a scalar, f′, ∇f and ∇²f its derivatives."""

from __future__ import annotations

from collections.abc import Hashable

from matcalc.algebra.build import apply
from matcalc.algebra.expr import Expr, make
from matcalc.algebra.operations import REGISTRY, Operation
from matcalc.algebra.shapes import SCALAR, Shape, is_column
from matcalc.errors import DerivativeError, ShapeError

__all__ = ["UNKNOWN", "UNKNOWN_HESSIAN"]


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


def _build(args: tuple[Expr, ...], data: Hashable) -> Expr:
    """∇²f is a row of its own, since it equals its transpose."""
    assert isinstance(data, tuple)
    op = UNKNOWN_HESSIAN if data[1] == 2 and args[0].shape != SCALAR else UNKNOWN
    return make(op, args, data, _shape(tuple([a.shape for a in args]), data))


UNKNOWN_HESSIAN = REGISTRY.add(
    Operation(
        name="unknownhessian",
        shape=_shape,
        arity=1,
        transpose="invariant",
        callable_from_text=False,
        source="Schwarz's theorem: the Hessian is symmetric",
    )
)
UNKNOWN = REGISTRY.add(
    Operation(
        name="unknown",
        shape=_shape,
        arity=1,
        slope=_slope,
        build=_build,
        callable_from_text=False,
        source="definition of the gradient",
    )
)
