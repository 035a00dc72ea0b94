"""Functions that are only names.

f of a scalar or an array is a scalar, and f′, ∇f and ∇²f are its derivatives; A of a scalar is a matrix or vector whose
shape was declared, and A′ and A″ are its derivatives, entry by entry. The payload is (name, order, shape, symmetric):
the shape of the value at order 0, and whether it equals its transpose.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import cast

from matcalc.algebra.build import apply
from matcalc.algebra.expr import Expr, make
from matcalc.algebra.operations import REGISTRY, Operation
from matcalc.algebra.shapes import SCALAR, Shape, is_column
from matcalc.errors import DerivativeError, ShapeError

__all__ = ["UNKNOWN", "UNKNOWN_SYMMETRIC", "Payload"]

#: Name, how often it is derived, the shape of the value, whether that is symmetric.
Payload = tuple[str, int, Shape, bool]
#: Of a function of a scalar; there is a mark up to there: f⁗.
_HIGHEST = 4


def _shape(shapes: tuple[Shape, ...], data: Hashable) -> Shape:
    """Of a scalar: what was declared. Of an array: a scalar, its gradient (order 1), its Hessian (2)."""
    name, order, value, _ = cast(Payload, data)
    (argument,) = shapes
    if argument == SCALAR:
        if order > _HIGHEST:
            raise DerivativeError(f"derivatives of the unknown function {name} are known up to order {_HIGHEST}")
        return value
    if value != SCALAR:
        raise ShapeError(f"{name} is declared as a function of a scalar")
    if order == 0:
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
    name, order, value, symmetric = cast(Payload, data)
    return apply(UNKNOWN, args, (name, order + 1, value, symmetric))


def _build(args: tuple[Expr, ...], data: Hashable) -> Expr:
    """∇²f and symmetric values have a row of their own, since they equal their transposes."""
    _, order, _, symmetric = cast(Payload, data)
    op = UNKNOWN_SYMMETRIC if symmetric or (order == 2 and args[0].shape != SCALAR) else UNKNOWN
    return make(op, args, data, _shape(tuple([a.shape for a in args]), data))


UNKNOWN_SYMMETRIC = REGISTRY.add(
    Operation(
        name="unknownsymmetric",
        shape=_shape,
        arity=1,
        slope=_slope,
        build=_build,
        transpose="invariant",
        callable_from_text=False,
        title="chain rule",
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
        title="chain rule",
        source="definition of the gradient",
    )
)
