"""Which reading of the linear map answers a question: gradient, Jacobian, or the differential.

A scalar f has a gradient, of the shape of the variable. A vector (or row) by a vector (or row)
has a Jacobian, m×n. Anything by a scalar has the derivative of its own shape. What has three or
four axes is given as the differential, an expression linear in dX; its vec-matrix holds the
entries of the tensor.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from matcalc.algebra.build import ONE, symbol, transpose
from matcalc.algebra.expr import Expr
from matcalc.algebra.shapes import SCALAR, Dim, Shape, is_row, is_vector
from matcalc.calculus.linear import action, matrix_of, vec_matrix
from matcalc.calculus.sweep import expand_definitions, pull_back, ungroup

__all__ = ["Reading", "axes_of", "gradient", "read_map"]

Simplify = Callable[[Expr], Expr]
#: The direction in which a Jacobian is read; it cannot be typed, so it meets no symbol.
_DIRECTION = "#v"


@dataclass(frozen=True, slots=True)
class Reading:
    """expr, and how it is to be read: "gradient", "derivative", "jacobian" or "differential"."""

    expr: Expr
    kind: str


def axes_of(shape: Shape) -> tuple[Dim, ...]:
    """The axes that a value of this shape has as an array: scalars none, vectors and rows one."""
    if shape == SCALAR:
        return ()
    if is_vector(shape):
        return (shape[1] if is_row(shape) else shape[0],)
    return shape


def gradient(f: Expr, variable: Expr) -> Expr:
    """G with df = ⟨G, dX⟩ for a scalar f, as the sweep leaves it."""
    return ungroup(pull_back(expand_definitions(f, (variable,)), {variable: None})[variable])


def direction(variable: Expr) -> Expr:
    """The symbol dX for a variable X."""
    return symbol(f"d{variable.data}", variable.shape)


def read_map(f: Expr, variable: Expr, simplify: Simplify) -> Reading:
    """The derivative of f by the variable in the reading that has a matrix form, if one has."""
    if f.shape == SCALAR:
        return Reading(gradient(f, variable), "gradient")
    if variable.shape == SCALAR:
        return Reading(action(f, variable, ONE, simplify), "derivative")
    if is_vector(f.shape) and is_vector(variable.shape):
        return Reading(_jacobian(f, variable, simplify), "jacobian")
    return Reading(action(f, variable, direction(variable), simplify), "differential")


def _jacobian(f: Expr, variable: Expr, simplify: Simplify) -> Expr:
    """The m×n matrix of a vector by a vector; rows count as columns."""
    column = transpose(f) if is_row(f.shape) else f
    n = axes_of(variable.shape)[0]
    v = symbol(_DIRECTION, (n, 1))
    moved = action(column, variable, transpose(v) if is_row(variable.shape) else v, simplify)
    return matrix_of(moved, v)


def tensor_matrix(differential: Expr, dx: Expr) -> Expr:
    """The vec-matrix of a differential: vec(dF) = M vec(dX)."""
    return vec_matrix(differential, dx)
