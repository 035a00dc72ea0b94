"""Problems whose stationary points are eigenvectors: quadratic forms on spheres, and Rayleigh quotients.

With quadratic f and g the stationary points of f on g = c solve S x = λ B x (Golub & Van Loan,
§8.1, §8.7). The least and the largest eigenvalues give the minimum and the maximum.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from matcalc.algebra.build import (
    ADD,
    IDENTITY,
    POWER,
    add,
    apply,
    identity,
    inner,
    is_number,
    is_zero,
    multiply,
    negate,
    number,
    number_value,
    parts,
    power,
    scale,
    sqrt,
    transpose,
    zeros,
)
from matcalc.algebra.expr import Expr
from matcalc.algebra.operations import REGISTRY
from matcalc.algebra.shapes import SCALAR, is_column
from matcalc.algebra.simplify import Simplifier
from matcalc.calculus.linear import action, matrix_of
from matcalc.calculus.readings import gradients
from matcalc.convexity import depends
from matcalc.notation.text import to_text
from matcalc.solving.affine import direction_of, substitute
from matcalc.solving.isolate import rooted

__all__ = ["Eigenproblem", "eigenproblem"]

_HALF = number(Fraction(1, 2))


@dataclass(frozen=True)
class Eigenproblem:
    """left = right with the multiplier in it; `extremes` are (nature, X, the multiplier's value) at both ends.

    constraint is the constraint in its polynomial form, None for a quotient. why: the reason for the nature,
    where it is not that the least and the largest eigenvalues give the extremes.
    """

    left: Expr
    right: Expr
    statement: str
    extremes: tuple[tuple[str, Expr, Expr], ...]
    constraint: Expr | None
    why: str = ""


def eigenproblem(
    f: Expr, constraints: tuple[Expr, ...], x: Expr, multiplier: Expr, shorten: Simplifier
) -> Eigenproblem | None:
    """The eigenproblem that the stationary points of f on the constraint solve, if it is one.

    multiplier: the symbol in which the equation is written.
    """
    if x.shape == SCALAR or len(constraints) > 1:
        return None
    if not constraints:
        return _quotient(f, x, multiplier, shorten) if is_column(x.shape) else None
    linear = _linear(f, constraints[0], x, multiplier, shorten)
    if linear is not None:
        return linear
    s = _quadratic(f, x, shorten)
    if s is None or not shorten.facts.holds("symmetric", s):
        return None
    g = constraints[0]
    if g.shape == SCALAR:
        return _on_sphere(s, g, x, multiplier, shorten) if is_column(x.shape) else None
    return _orthonormal(s, g, x, multiplier, shorten) if _is_orthonormal(g, x, shorten) else None


def _is_orthonormal(g: Expr, x: Expr, shorten: Simplifier) -> bool:
    """Whether g = 0 says XᵀX = I."""
    if g.shape != (x.shape[1], x.shape[1]) or g.shape == SCALAR:
        return False
    gram = shorten(add(g, identity(x.shape[1])))
    return shorten.keys.same(gram, shorten(multiply(transpose(x), x)))


def _quadratic(f: Expr, x: Expr, shorten: Simplifier) -> Expr | None:
    """S with gradient 2 S X, for a quadratic form f and nothing else; None otherwise."""
    gradient = shorten(gradients(f, (x,))[x])
    v = direction_of(x)
    moved = shorten(action(gradient, x, v, shorten))
    at_zero = {x: zeros(*x.shape)}
    if is_zero(moved) or depends(moved, (x,)) or not is_zero(shorten(substitute(gradient, at_zero))):
        return None
    if not is_zero(shorten(substitute(f, at_zero))):
        return None
    if is_column(x.shape):
        return shorten(multiply(_HALF, matrix_of(moved, v)))
    c, scalars, m = parts(moved)
    if not m or m[-1] is not v or any(depends(k, (v,)) for k in (*scalars, *m[:-1])):
        return None
    left = m[:-1] or (identity(x.shape[0]),)
    return shorten(scale(Fraction(c) / 2, multiply(*scalars, *left)))


def _vectors(s: Expr, b: Expr, x: Expr) -> Expr:
    """Eigenvectors of least eigenvalue, with XᵀB X = I."""
    witness = zeros(*x.shape)
    if _is_identity(b):
        return apply(REGISTRY["eigvecs"], (s, witness))
    return apply(REGISTRY["eigvecsrel"], (s, b, witness))


def _is_identity(e: Expr) -> bool:
    return e.op is IDENTITY


def _multiple_of_identity(e: Expr) -> Expr | None:
    """The scalar c if e is c I."""
    c, scalars, m = parts(e)
    return multiply(number(c), *scalars) if len(m) == 1 and _is_identity(m[0]) else None


def _equation(s: Expr, b: Expr, x: Expr, multiplier: Expr, shorten: Simplifier) -> tuple[Expr, Expr, str]:
    right = multiply(multiplier, b, x) if x.shape[1] == 1 else multiply(b, x, multiplier)
    kind = f"{x.data} is an eigenvector of {to_text(s)}"
    if x.shape[1] != 1:
        kind = f"the columns of {x.data} span the same space as eigenvectors of {to_text(s)}"
    elif not _is_identity(b):
        kind = f"{x.data} is a generalised eigenvector of {to_text(s)} and {to_text(b)}"
    return multiply(s, x), right, kind


# --- the three kinds -------------------------------------------------------------------------------


def _on_sphere(s: Expr, g: Expr, x: Expr, multiplier: Expr, shorten: Simplifier) -> Eigenproblem | None:
    """f = xᵀS x on xᵀB x = c."""
    g = _squared(g, x)
    level = shorten(negate(substitute(g, {x: zeros(*x.shape)})))
    b = _quadratic(shorten(add(g, level)), x, shorten)
    if b is None or not shorten.facts.holds("positive", level) or not shorten.facts.holds("spd", b):
        return None
    factor = _multiple_of_identity(b)
    if factor is not None:
        level, b = shorten(multiply(level, power(factor, number(-1)))), identity(x.shape[0])
        g = add(multiply(transpose(x), x), negate(level))
    extremes = []
    for nature, matrix in (("minimum", s), ("maximum", shorten(negate(s)))):
        found = rooted(multiply(sqrt(level), _vectors(matrix, b, x)), shorten)
        value = multiply(transpose(found), s, found, power(level, number(-1)))
        extremes.append((nature, found, value))
    left, right, statement = _equation(s, b, x, multiplier, shorten)
    return Eigenproblem(left, right, statement, tuple(extremes), g)


def _squared(g: Expr, x: Expr) -> Expr:
    """sqrt(q) − c with a positive number c as q − c²."""
    if g.op is ADD and len(g.args) == 2:
        for root, rest in (g.args, g.args[::-1]):
            if root.op is POWER and root.args[1] is _HALF and is_number(rest) and number_value(rest) < 0:
                return add(root.args[0], negate(number(number_value(rest) ** 2)))
    return g


def _orthonormal(s: Expr, g: Expr, x: Expr, multiplier: Expr, shorten: Simplifier) -> Eigenproblem:
    """f = tr(XᵀS X) on XᵀX = I."""
    unit = identity(x.shape[0])
    left, right, statement = _equation(s, unit, x, multiplier, shorten)
    extremes = []
    for nature, matrix in (("minimum", s), ("maximum", shorten(negate(s)))):
        found = _vectors(matrix, unit, x)
        extremes.append((nature, found, multiply(transpose(found), s, found)))
    return Eigenproblem(left, right, statement, tuple(extremes), g)


def _linear(f: Expr, g: Expr, x: Expr, multiplier: Expr, shorten: Simplifier) -> Eigenproblem | None:
    """f that is c + tr(MᵀX) on XᵀX = I, least and largest at the polar factors ∓Q of M (Golub & Van Loan, §6.4.1).

    The quadratic part of f must be constant there: tr(XᵀX S), or tr(XᵀS X) with a square X.
    """
    if not _is_orthonormal(g, x, shorten):
        return None
    gradient, v = shorten(gradients(f, (x,))[x]), direction_of(x)
    m = shorten(substitute(gradient, {x: zeros(*x.shape)}))
    moved = shorten(action(gradient, x, v, shorten))
    if is_zero(m) or depends(moved, (x,)):
        return None
    _, scalars, factors = parts(moved)
    if not is_zero(moved):
        at_ends = factors and (factors[0] is v or (factors[-1] is v and x.shape[0] == x.shape[1]))
        if not at_ends or sum(depends(k, (v,)) for k in (*scalars, *factors)) != 1:
            return None
    c, outside, core = parts(m)
    known = all(shorten.facts.holds("positive", k) for k in outside)  # the polar factor of −2 M is minus that of M
    q = apply(REGISTRY["polar"], (multiply(*core) if known else m,))
    least = q if known and c < 0 else negate(q)
    extremes = tuple(
        (nature, at, shorten(multiply(transpose(at), m)))
        for nature, at in (("minimum", least), ("maximum", shorten(negate(least))))
    )
    said = f"on {x.data}ᵀ{x.data} = I the objective is a constant plus {to_text(inner(m, x))}"
    why = "is at the polar factor, since |tr(MᵀX)| ≤ ‖M‖_*"
    return Eigenproblem(m, multiply(x, multiplier), said, extremes, g, why)


def _quotient(f: Expr, x: Expr, multiplier: Expr, shorten: Simplifier) -> Eigenproblem | None:
    """f = xᵀS x / xᵀB x."""
    c, scalars, m = parts(f)
    active = [k for k in scalars if depends(k, (x,))]
    below = [k for k in active if k.op is POWER and k.args[1] is number(-1)]
    if m or len(active) != 2 or len(below) != 1:
        return None
    above = active[1] if active[0] is below[0] else active[0]
    rest = multiply(number(c), *[k for k in scalars if k not in active])
    s, b = _quadratic(above, x, shorten), _quadratic(below[0].args[0], x, shorten)
    if s is None or b is None:
        return None
    factor = _multiple_of_identity(b)
    s = shorten(multiply(rest, s) if factor is None else multiply(rest, power(factor, number(-1)), s))
    b = b if factor is None else identity(x.shape[0])
    if not shorten.facts.holds("symmetric", s) or not shorten.facts.holds("spd", b):
        return None
    left, right, statement = _equation(s, b, x, multiplier, shorten)
    extremes = []
    for nature, matrix in (("minimum", s), ("maximum", shorten(negate(s)))):
        found = _vectors(matrix, b, x)
        extremes.append((nature, found, multiply(transpose(found), s, found)))
    return Eigenproblem(left, right, statement, tuple(extremes), None)
