"""Equations that are affine in their unknown: L(X) = C with L linear, and X = L⁻¹(C).

L is read off the differential of the equation. A sum of terms A X B with one left or one right
factor in common is solved by inverses, A X + X B by Sylvester's algorithm (Golub & Van Loan,
§7.6.3), everything else as a linear system in vec(X) (Magnus & Neudecker, §2.4).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from matcalc.algebra.build import (
    ADD,
    POWER,
    PRODUCT,
    TRANSPOSE,
    add,
    apply,
    identity,
    inverse,
    is_chain,
    is_number,
    is_zero,
    multiply,
    negate,
    number,
    number_value,
    parts,
    power,
    symbol,
    transpose,
    zeros,
)
from matcalc.algebra.expand import expand_term
from matcalc.algebra.expr import Expr, rebuild
from matcalc.algebra.operations import REGISTRY
from matcalc.algebra.shapes import SCALAR, Dim, dim_text, is_column
from matcalc.algebra.simplify import Simplifier
from matcalc.calculus.linear import action, matrix_of
from matcalc.calculus.structure import subspace
from matcalc.calculus.vectorised import vec_matrix
from matcalc.convexity import depends, kinks_of
from matcalc.errors import MatcalcError, NoClosedForm
from matcalc.notation.declarations import Declaration
from matcalc.notation.text import to_text

__all__ = ["Affine", "NotSquare", "Solved", "direction_of", "read_affine", "solve_affine", "spread", "substitute"]

Symbols = Mapping[str, Declaration]


class NotSquare(NoClosedForm):
    """A linear system whose matrix is not square; `sizes` are those that would have to agree."""

    def __init__(self, matrix: Expr) -> None:
        rows, columns = matrix.shape
        super().__init__(
            f"the linear system has the matrix {to_text(matrix)}, which is {dim_text(rows)}×{dim_text(columns)}: "
            "it has one solution only if that is square and invertible",
            advice="for the least-squares solution, solve ‖left side − right side‖²",
        )
        self.sizes: tuple[Dim, Dim] = (rows, columns)


@dataclass(frozen=True)
class Affine:
    """left(X) = right after division by `factor`; image is the linear map of the equation before it."""

    left: Expr
    right: Expr
    image: Expr
    factor: Expr


@dataclass(frozen=True)
class Solved:
    """X = solution, from left = right.

    inverted: the matrices and scalars that were inverted. systems: matrices that must be invertible
    although nothing inverts them; a condition of the solution's own says so.
    """

    solution: Expr
    left: Expr
    right: Expr
    inverted: tuple[Expr, ...]
    systems: tuple[Expr, ...] = ()


def substitute(e: Expr, values: Mapping[Expr, Expr]) -> Expr:
    """The expression with nodes replaced, rebuilt by the constructors."""

    def replace(node: Expr, args: tuple[Expr, ...]) -> Expr:
        if node in values:
            return values[node]
        if args == node.args:
            return node
        if node.op.adjoint and node.op.arity == 1 and is_zero(args[0]):  # a linear row
            return zeros(*node.shape)
        return spread(apply(node.op, args, node.data))

    return rebuild(e, replace)


def spread(e: Expr) -> Expr:
    """e with an integer power of a product spread over its scalars: (λ v)^p is λ^p v^p."""
    if e.op is PRODUCT and not is_chain(e):
        c, scalars, m = parts(e)
        return multiply(number(c), *map(spread, scalars), *map(spread, m)) if len(e.args) > 1 or c != 1 else e
    if e.op is not POWER or not is_number(e.args[1]) or not isinstance(number_value(e.args[1]), int):
        return e
    c, scalars, m = parts(e.args[0])
    if not scalars or not m:
        return e
    p = e.args[1]
    return multiply(power(number(c), p), *[power(s, p) for s in scalars], power(multiply(*m), p))


def direction_of(x: Expr) -> Expr:
    """The direction in which equations in x are differentiated; its name cannot be typed."""
    return symbol(f"#d{x.data}", x.shape)


def direction_facts(x: Expr, symbols: Symbols) -> Declaration:
    """What is known of a direction: it lies in the subspace of the unknown."""
    space = subspace(symbols[str(x.data)].facts) if str(x.data) in symbols else None
    return Declaration(x.shape, frozenset({space} if space else ()))


def read_affine(equation: Expr, x: Expr, shorten: Simplifier) -> Affine | None:
    """The equation as left(X) = right, a common scalar factor divided out; None if it is not affine in x."""
    v = direction_of(x)
    if any(depends(node, (x,)) for node in kinks_of(equation)):
        return None
    try:
        image = shorten(action(equation, x, v, shorten))
    except MatcalcError:
        return None
    if "skew" in shorten.facts.declared.get(str(x.data), ()):
        image = shorten(substitute(image, {transpose(v): negate(v)}))
    if depends(image, (x,)):
        return None
    right = shorten(negate(substitute(equation, {x: zeros(*x.shape)})))
    if depends(right, (x,)):
        return None
    c, scalars, matrices = parts(image)
    factor = multiply(number(c), *[s for s in scalars if not depends(s, (v,))])
    if not matrices and not any(depends(s, (v,)) for s in scalars):
        factor = number(1)
    back = power(factor, number(-1))
    return Affine(shorten(multiply(back, image)), shorten(multiply(back, right)), image, factor)


def solve_affine(found: Affine, x: Expr, shorten: Simplifier) -> Solved:
    """The solution, the two sides of the equation that it solves, and what was inverted."""
    v = direction_of(x)
    if is_zero(found.left):
        raise NoClosedForm(f"{x.data} drops out of the equation, so that it is not determined by it")
    if x.shape == SCALAR:
        return _scalar(found, x, v, shorten)
    if found.right.shape != x.shape and not (is_column(x.shape) and is_column(found.right.shape)):
        sides = _sandwiches(found.left, v)
        if sides is None or len({(a.shape, b.shape) for a, b, _ in sides}) != 1:
            raise NoClosedForm(f"the equation has another shape than {x.data}, so that it does not determine it")
    if is_column(x.shape):
        matrix = shorten(matrix_of(found.left, v))
        _square(matrix)
        solution = shorten(multiply(inverse(matrix), found.right))
        return Solved(solution, multiply(matrix, x), found.right, (found.factor, matrix))
    raw, inverted, systems = _matrix(found, x, v, shorten)
    left = shorten(substitute(found.left, {v: x}))
    return Solved(shorten(raw), left, found.right, (found.factor, *inverted), systems)


def _scalar(found: Affine, x: Expr, v: Expr, shorten: Simplifier) -> Solved:
    if found.left.shape != SCALAR:
        raise NoClosedForm(f"{x.data} is a scalar, and one array equation for it has no solution in general")
    slope = shorten(substitute(found.left, {v: number(1)}))
    solution = shorten(multiply(found.right, power(slope, number(-1))))
    return Solved(solution, multiply(slope, x), found.right, (found.factor, slope))


def _square(matrix: Expr) -> None:
    if matrix.shape[0] != matrix.shape[1]:
        raise NotSquare(matrix)


# --- matrix unknowns -------------------------------------------------------------------------------


def _terms(e: Expr, v: Expr) -> list[Expr]:
    """The terms of e, multiplied out where a factor that holds v is a sum."""
    done: list[Expr] = []
    todo = list(e.args[::-1] if e.op is ADD else (e,))
    while todo:
        term = todo.pop()
        _, _, m = parts(term)
        busy = [f for f in m if depends(f, (v,))]
        pieces = expand_term(term) if any((f.args[0] if f.op is TRANSPOSE else f).op is ADD for f in busy) else None
        if pieces is None or len(done) + len(todo) > 64:
            done.append(term)
        else:
            todo += pieces[::-1]
    return done


def _sandwiches(e: Expr, v: Expr) -> list[tuple[Expr, Expr, bool]] | None:
    """The terms of e as (A, B, transposed), each for A V B or A Vᵀ B; None if one is of another form."""
    out = []
    for term in _terms(e, v):
        c, scalars, m = parts(term)
        places = [i for i, f in enumerate(m) if depends(f, (v,))]
        if any(depends(s, (v,)) for s in scalars) or len(places) != 1:
            return None
        i = places[0]
        flipped = m[i].op is TRANSPOSE
        if (m[i].args[0] if flipped else m[i]) is not v:
            return None
        left = multiply(number(c), *scalars, *(m[:i] or (identity(m[i].shape[0]),)))
        right = multiply(*(m[i + 1 :] or (identity(m[i].shape[1]),)))
        out.append((left, right, flipped))
    return out


#: X, what was inverted, and what must be invertible besides.
Raw = tuple[Expr, tuple[Expr, ...], tuple[Expr, ...]]


def _matrix(found: Affine, x: Expr, v: Expr, shorten: Simplifier) -> Raw:
    sides = _sandwiches(found.left, v)
    if sides is not None and len({flipped for *_, flipped in sides}) == 1:
        raw = _by_sides([(a, b) for a, b, _ in sides], found.right, shorten)
        if raw is not None:
            return (transpose(raw[0]), *raw[1:]) if sides[0][2] else raw
    if found.right.shape != x.shape:
        raise NoClosedForm(f"the equation has another shape than {x.data}, so that it does not determine it")
    matrix = shorten(vec_matrix(found.left, v))
    system = multiply(inverse(matrix), apply(REGISTRY["vec"], (found.right,)))
    return apply(REGISTRY["unvec"], (system, zeros(*x.shape))), (matrix,), ()


def _by_sides(sides: list[tuple[Expr, Expr]], right: Expr, shorten: Simplifier) -> Raw | None:
    """X from Σ Aᵢ X Bᵢ = C where all Bᵢ agree, or all Aᵢ, or where it is A X + X B."""
    same = shorten.keys.same
    first_left, first_right = sides[0]
    if all(same(b, first_right) for _, b in sides):
        return _between(shorten(add(*[a for a, _ in sides])), right, first_right)
    if all(same(a, first_left) for a, _ in sides):
        return _between(first_left, right, shorten(add(*[b for _, b in sides])))
    rights = [(a, b) for a, b in sides if not _is_multiple_of_identity(b)]
    if all(_is_multiple_of_identity(a) for a, _ in rights):
        before = shorten(add(*[_scaled(a, b) for a, b in sides if _is_multiple_of_identity(b)]))
        after = shorten(add(*[_scaled(b, a) for a, b in rights]))
        _square(before)
        _square(after)
        kron = REGISTRY["kron"]
        system = add(
            apply(kron, (identity(after.shape[0]), before)), apply(kron, (transpose(after), identity(before.shape[0])))
        )
        return apply(REGISTRY["sylvester"], (before, after, right)), (), (system,)
    return None


def _between(left: Expr, right: Expr, after: Expr) -> Raw:
    """X from A X B = C."""
    _square(left)
    _square(after)
    return multiply(inverse(left), right, inverse(after)), (left, after), ()


def _is_multiple_of_identity(e: Expr) -> bool:
    return not parts(_core(e))[2] or _core(e).op.name == "identity"


def _core(e: Expr) -> Expr:
    _, _, m = parts(e)
    return multiply(*m) if m else e


def _scaled(matrix: Expr, multiple: Expr) -> Expr:
    """The matrix times the scalar that stands before an identity."""
    c, scalars, _ = parts(multiple)
    return multiply(number(c), *scalars, matrix)
