"""Which reading of the linear map answers a question: gradient, Jacobian, or the differential.

A scalar f has a gradient, of the shape of the variable. A vector (or row) by a vector (or row)
has a Jacobian, m×n. Anything by a scalar has the derivative of its own shape. What has three or
four axes is given as the differential, an expression linear in dX; its vec-matrix holds the
entries of the tensor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from matcalc.algebra.build import ONE, symbol, transpose
from matcalc.algebra.expr import Expr
from matcalc.algebra.shapes import SCALAR, Dim, Shape, is_row, is_vector
from matcalc.calculus.linear import adjoint_action, adjoints, matrix_of
from matcalc.calculus.sweep import expand_definitions, pull_back, ungroup
from matcalc.calculus.variables import Variable

__all__ = ["Reading", "acted", "axes_of", "direction", "gradients", "read_maps"]

Simplify = Callable[[Expr], Expr]
#: The direction in which a Jacobian is read; it cannot be typed, so it meets no symbol.
_DIRECTION = "#v"


@dataclass(frozen=True, slots=True)
class Reading:
    """expr, and how it is to be read: "gradient", "derivative", "jacobian" or "differential".

    whole: the gradient by the whole array that the variable is a part of.
    """

    expr: Expr
    kind: str
    whole: Expr | None = None


def axes_of(shape: Shape) -> tuple[Dim, ...]:
    """The axes that a value of this shape has as an array: scalars none, vectors and rows one."""
    if shape == SCALAR:
        return ()
    if is_vector(shape):
        return (shape[1] if is_row(shape) else shape[0],)
    return shape


def gradients(f: Expr, variables: Iterable[Expr]) -> dict[Expr, Expr]:
    """For each variable the G with df = Σ ⟨G, dX⟩ for a scalar f, from one sweep, as it leaves them."""
    chosen = dict.fromkeys(variables)
    found = pull_back(expand_definitions(f, chosen), chosen)
    return dict(zip(found, ungroup(*found.values()), strict=True))


def direction(variable: Expr) -> Expr:
    """The symbol dX for a variable X."""
    return symbol(f"d{variable.data}", variable.shape)


def read_maps(f: Expr, variables: Mapping[Variable, Simplify]) -> dict[Variable, Reading]:
    """The derivatives of f by several variables, each with its simplifier, from one sweep."""
    wholes = [v.whole for v in variables]
    if f.shape == SCALAR:
        found = gradients(f, wholes)
        return {v: Reading(v.part(found[v.whole]), "gradient", found[v.whole]) for v in variables}
    pulled = adjoints(f, wholes)
    return {v: _reading(f.shape, v, v.part(pulled[v.whole]), simplify) for v, simplify in variables.items()}


def acted(f: Expr, variable: Variable, v: Expr, simplify: Simplify) -> Expr:
    """The differential of f in the direction v of the variable."""
    return adjoint_action(variable.part(adjoints(f, (variable.whole,))[variable.whole]), f.shape, v, simplify)


def _reading(shape: Shape, variable: Variable, adjoint: Expr, simplify: Simplify) -> Reading:
    if variable.shape == SCALAR:
        return Reading(adjoint_action(adjoint, shape, ONE, simplify), "derivative")
    if is_vector(shape) and is_vector(variable.shape):
        return Reading(_jacobian(shape, variable, adjoint, simplify), "jacobian")
    return Reading(adjoint_action(adjoint, shape, variable.direction, simplify), "differential")


def _jacobian(shape: Shape, variable: Variable, adjoint: Expr, simplify: Simplify) -> Expr:
    """The m×n matrix of a vector by a vector; rows count as columns."""
    v = symbol(_DIRECTION, (axes_of(variable.shape)[0], 1))
    moved = adjoint_action(adjoint, shape, transpose(v) if is_row(variable.shape) else v, simplify)
    return matrix_of(transpose(moved) if is_row(shape) else moved, v)
