"""The vec-matrix of a linear map, read off node by node: M with vec(e) = M vec(v); vec stacks columns."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from matcalc.algebra.blocks import Partition, selector
from matcalc.algebra.build import (
    add,
    apply,
    hadamard,
    identity,
    inverse,
    multiply,
    number,
    ones,
    parts,
    transpose,
    zeros,
)
from matcalc.algebra.expr import Expr, postorder
from matcalc.algebra.operations import REGISTRY
from matcalc.algebra.shapes import SCALAR, Dim, dim_mul, is_column
from matcalc.calculus.sweep import pull_back
from matcalc.errors import DerivativeError

__all__ = ["Along", "depends", "matrix_along", "vec_matrix"]


class Along:
    """The direction v in which matrices are read: which expressions hold it, and the matrices read so far.

    nested: whether they are read from waist to waist.
    """

    def __init__(self, v: Expr, *, nested: bool = False) -> None:
        self.nested = nested
        self.factors = 0
        self.direction = v
        self.shape = v.shape
        self.columns: dict[Expr, Expr] = {}
        self.held: dict[Expr, bool] = {v: True}
        self.depth = 0
        #: For each expression its waist, how many waists lie below, and the one that matrices are read by.
        self.waists: dict[Expr, Expr] = {v: v}
        self.levels: dict[Expr, int] = {v: 0}
        self.base = v

    def gradient(self, e: Expr) -> Expr:
        """The gradient by v of a scalar that is linear in v."""
        return pull_back(e, {self.direction: None})[self.direction]


def depends(e: Expr, v: Along) -> bool:
    """Whether e holds the direction."""
    held = v.held
    if e not in held:
        for node in postorder(e, known=held):
            held[node] = any(held[arg] for arg in node.args)
    return held[e]


def vec_matrix(e: Expr, v: Expr) -> Expr:
    """M with vec(e) = M vec(v), for e linear in v (Magnus & Neudecker, 3rd ed., §2.4, §3.7)."""
    return matrix_along(e, Along(v))


def matrix_along(e: Expr, v: Along) -> Expr:
    """M with vec(e) = M vec(v), where v knows what holds it."""
    rows, columns = dim_mul(*e.shape), dim_mul(*v.shape)
    if not depends(e, v):
        return zeros(rows, columns)
    if e is v.direction:
        return identity(rows)
    if e.shape == SCALAR:
        return transpose(apply(REGISTRY["vec"], (v.gradient(e),)))
    rule = _MATRIX.get(e.op.name)
    if rule is None:
        raise DerivativeError(
            f"{'an index sum' if e.op.name == 'contract' else e.op.name} has no matrix that matcalc can write down",
            advice="the differential, jvp and vjp do without it",
        )
    return rule(e, v)


def _kron(a: Expr, b: Expr) -> Expr:
    return apply(REGISTRY["kron"], (a, b))


def _vec(e: Expr) -> Expr:
    return e if is_column(e.shape) else apply(REGISTRY["vec"], (e,))


def _diag(e: Expr) -> Expr:
    return apply(REGISTRY["diag"], (e,))


def _vec_sum(e: Expr, v: Along) -> Expr:
    return add(*[matrix_along(term, v) for term in e.args])


def _vec_group(e: Expr, v: Along) -> Expr:
    return matrix_along(e.args[0], v)


def _vec_product(e: Expr, v: Along) -> Expr:
    """vec(L Y R) = (Rᵀ ⊗ L) vec Y."""
    c, scalars, matrices = parts(e)
    for i, s in enumerate(scalars):
        if depends(s, v):
            rest = multiply(number(c), *scalars[:i], *scalars[i + 1 :], *matrices)
            return multiply(_vec(rest), matrix_along(s, v))
    i = next(i for i, m in enumerate(matrices) if depends(m, v))
    y = matrices[i]
    left = multiply(*matrices[:i]) if i else identity(y.shape[0])
    right = multiply(*matrices[i + 1 :]) if i + 1 < len(matrices) else identity(y.shape[1])
    body = _kron(transpose(right), left)
    return multiply(number(c), *scalars, body, matrix_along(y, v))


def _vec_transpose(e: Expr, v: Along) -> Expr:
    inside = e.args[0]
    if 1 in inside.shape:
        return matrix_along(inside, v)
    return multiply(apply(REGISTRY["commutation"], (), inside.shape), matrix_along(inside, v))


def _vec_hadamard(e: Expr, v: Along) -> Expr:
    i = next(i for i, m in enumerate(e.args) if depends(m, v))
    rest = hadamard(*e.args[:i], *e.args[i + 1 :])
    return multiply(_diag(_vec(rest)), matrix_along(e.args[i], v))


def _vec_diag(e: Expr, v: Along) -> Expr:
    n = e.shape[0]
    return multiply(apply(REGISTRY["diagonalizer"], (), n), matrix_along(e.args[0], v))


def _vec_diagonal(e: Expr, v: Along) -> Expr:
    n = e.args[0].shape[0]
    return multiply(transpose(apply(REGISTRY["diagonalizer"], (), n)), matrix_along(e.args[0], v))


def _vec_kron(e: Expr, v: Along) -> Expr:
    """vec(A ⊗ B) = (I ⊗ K ⊗ I)(vec A ⊗ vec B)."""
    a, b = e.args
    (m, n), (p, q) = a.shape, b.shape
    turned = _kron(identity(n), _kron(apply(REGISTRY["commutation"], (), (q, m)), identity(p)))
    varying = _kron(matrix_along(a, v), _vec(b)) if depends(a, v) else _kron(_vec(a), matrix_along(b, v))
    return multiply(turned, varying)


def _vec_stack(e: Expr, v: Along) -> Expr:
    """vec of a matrix with B in block (i, j) and zero elsewhere is (Q ⊗ P) vec B."""
    heights, widths = cast(Partition, e.data)
    terms = []
    for k, arg in enumerate(e.args):
        if depends(arg, v):
            i, j = divmod(k, len(widths))
            terms.append(multiply(_kron(selector(widths, j), selector(heights, i)), matrix_along(arg, v)))
    return add(*terms)


def _vec_block(e: Expr, v: Along) -> Expr:
    heights, widths, i, j = cast(tuple[tuple[Dim, ...], tuple[Dim, ...], int, int], e.data)
    cut = _kron(transpose(selector(widths, j)), transpose(selector(heights, i)))
    return multiply(cut, matrix_along(e.args[0], v))


def _vec_sylvester(e: Expr, v: Along) -> Expr:
    """(I ⊗ A + Bᵀ ⊗ I) vec Y = vec C."""
    a, b, c = e.args
    if depends(a, v) or depends(b, v):
        raise DerivativeError("the solution of a Sylvester equation is linear in its right-hand side only")
    left = add(_kron(identity(b.shape[0]), a), _kron(transpose(b), identity(a.shape[0])))
    return multiply(inverse(left), matrix_along(c, v))


def _vec_triangle(e: Expr, v: Along) -> Expr:
    """A triangle is ⊙ with the triangle of ones."""
    mask = apply(e.op, (ones(*e.shape),))
    return multiply(_diag(_vec(mask)), matrix_along(e.args[0], v))


_MATRIX: dict[str, Callable[[Expr, Along], Expr]] = {
    "add": _vec_sum,
    "group": _vec_group,
    "product": _vec_product,
    "transpose": _vec_transpose,
    "hadamard": _vec_hadamard,
    "diag": _vec_diag,
    "diagonal": _vec_diagonal,
    "vec": lambda e, v: matrix_along(e.args[0], v),
    "unvec": lambda e, v: matrix_along(e.args[0], v),
    "stack": _vec_stack,
    "block": _vec_block,
    "kron": _vec_kron,
    "sylvester": _vec_sylvester,
    "tril": _vec_triangle,
    "triu": _vec_triangle,
}
