"""Readings of one linear map: its action on a direction, its matrix, its vec-matrix.

The sweep gives the adjoint U ↦ L*(U). Both it and its own adjoint are linear, so the action is got
by sweeping once more: L(V) is the gradient of ⟨L*(U), V⟩ by U. The matrix of a linear expression
in V is read off node by node; vec stacks columns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import cast

from matcalc.algebra.blocks import Partition, block, selector, stack
from matcalc.algebra.build import (
    ADD,
    GROUP,
    HADAMARD,
    INNER,
    PRODUCT,
    TRANSPOSE,
    add,
    apply,
    hadamard,
    identity,
    inner,
    inverse,
    is_chain,
    is_zero,
    multiply,
    number,
    ones,
    parts,
    symbol,
    transpose,
    zeros,
)
from matcalc.algebra.contractions import factors_of
from matcalc.algebra.expand import expand_term
from matcalc.algebra.expr import Expr, postorder, rebuild
from matcalc.algebra.networks import Factor, contract
from matcalc.algebra.operations import REGISTRY
from matcalc.algebra.shapes import SCALAR, Dim, Shape, dim_mul, is_column
from matcalc.calculus.sweep import expand_definitions, pull_back
from matcalc.errors import DerivativeError

__all__ = ["action", "adjoint_action", "adjoints", "matrix_of", "vec_matrix"]

Simplify = Callable[[Expr], Expr]
#: The name of the cotangent that stands for "any"; it cannot be typed, so it meets no symbol.
_ANY = "#U"


def adjoints(f: Expr, variables: Iterable[Expr], cotangent: Expr | None = None) -> dict[Expr, Expr]:
    """For each variable the adjoint L*(U) of the differential of f, from one sweep; U is any unless it is given."""
    chosen = dict.fromkeys(variables)
    return pull_back(expand_definitions(f, chosen), chosen, symbol(_ANY, f.shape) if cotangent is None else cotangent)


def action(f: Expr, variable: Expr, direction: Expr, simplify: Simplify = lambda e: e) -> Expr:
    """The differential of f at `variable` in the given direction: L(V)."""
    return adjoint_action(adjoints(f, (variable,))[variable], f.shape, direction, simplify)


def adjoint_action(adjoint: Expr, shape: Shape, direction: Expr, simplify: Simplify = lambda e: e) -> Expr:
    """L(V) from L*(U): the gradient of ⟨L*(U), V⟩ by U; `shape` is that of U."""
    cotangent = symbol(_ANY, shape)
    adjoint = simplify(adjoint)
    if is_zero(adjoint):
        return zeros(*shape)
    paired = expand_definitions(inner(adjoint, direction), (cotangent,))
    return simplify(_without(cotangent, pull_back(paired, {cotangent: None})[cotangent]))


def _without(cotangent: Expr, e: Expr) -> Expr:
    """e, which is the same for every cotangent, at the cotangent of ones; some rows keep it for its shape."""
    if not _depends(e, cotangent):
        return e
    there = ones(*cotangent.shape)

    def replace(node: Expr, args: tuple[Expr, ...]) -> Expr:
        return there if node is cotangent else apply(node.op, args, node.data) if args else node

    return rebuild(e, replace)


def _depends(e: Expr, variable: Expr) -> bool:
    return any(node is variable for node in postorder(e))


def matrix_of(e: Expr, v: Expr) -> Expr:
    """M with e = M v, for a column e that is linear in the column v."""
    if not _depends(e, v):
        return zeros(e.shape[0], v.shape[0])
    if e is v:
        return identity(v.shape[0])
    if e.shape == SCALAR:
        return transpose(pull_back(e, {v: None})[v])
    rule = _COLUMN.get(e.op.name)
    found = rule(e, v) if rule else None
    return vec_matrix(e, v) if found is None else found


def _sum_rule(e: Expr, v: Expr) -> Expr | None:
    return add(*[matrix_of(term, v) for term in e.args])


def _group_rule(e: Expr, v: Expr) -> Expr | None:
    return matrix_of(e.args[0], v)


def _product_rule(e: Expr, v: Expr) -> Expr | None:
    c, scalars, matrices = parts(e)
    for i, s in enumerate(scalars):
        if _depends(s, v):
            rest = multiply(number(c), *scalars[:i], *scalars[i + 1 :], *matrices)
            return multiply(rest, matrix_of(s, v))
    for i, m in enumerate(matrices):
        if _depends(m, v):
            left = multiply(number(c), *scalars, *matrices[:i]) if i else multiply(number(c), *scalars)
            right = matrices[i + 1 :]
            if is_column(m.shape):
                return multiply(left, matrix_of(m, v))
            if right and m.op.name == "diag":
                return multiply(left, matrix_of(hadamard(multiply(*right), m.args[0]), v))
            return _by_terms(e, v)
    return None


def _by_terms(e: Expr, v: Expr) -> Expr | None:
    """A product with sums multiplied out and read term by term."""
    terms = expand_term(e)
    return None if terms is None else add(*[matrix_of(term, v) for term in terms])


def _hadamard_rule(e: Expr, v: Expr) -> Expr | None:
    for i, factor in enumerate(e.args):
        if _depends(factor, v):
            rest = hadamard(*e.args[:i], *e.args[i + 1 :])
            return multiply(apply(REGISTRY["diag"], (rest,)), matrix_of(factor, v))
    return None


def _diagonal_rule(e: Expr, v: Expr) -> Expr | None:
    """diag(P diag(y) Q) = (P ⊙ Qᵀ) y, and diag(P y qᵀ) = (P y) ⊙ q."""
    inside = e.args[0]
    if inside.op is ADD:
        return add(*[matrix_of(apply(REGISTRY["diagonal"], (t,)), v) for t in inside.args])
    c, s, m = parts(inside)
    if any(_depends(x, v) for x in s):
        return None
    for i, factor in enumerate(m):
        if factor.op.name == "diag" and _depends(factor, v):
            left = multiply(*m[:i]) if i else identity(factor.shape[0])
            right = multiply(*m[i + 1 :]) if i + 1 < len(m) else identity(factor.shape[0])
            return multiply(number(c), *s, hadamard(left, transpose(right)), matrix_of(factor.args[0], v))
    terms = expand_term(inside)
    if terms is None:
        return None
    return add(*[matrix_of(apply(REGISTRY["diagonal"], (t,)), v) for t in terms])


def _kron_rule(e: Expr, v: Expr) -> Expr | None:
    """y ⊗ c = (M ⊗ c) v for columns."""
    a, b = e.args
    kron = REGISTRY["kron"]
    terms = []
    if _depends(a, v):
        terms.append(apply(kron, (matrix_of(a, v), b)))
    if _depends(b, v):
        terms.append(apply(kron, (a, matrix_of(b, v))))
    return add(*terms) if len(terms) == 1 else None


def _contraction_rule(e: Expr, v: Expr) -> Expr | None:
    """A sum in which a factor is linear in v, with the matrix of that factor in its place."""
    factors, out, ranges = factors_of(e)
    for i, factor in enumerate(factors):
        if _depends(factor.value, v):
            if len(factor.axes) == 2:
                break
            matrix = Factor(matrix_of(factor.value, v), (*factor.axes, "#v"))
            return contract([*factors[:i], matrix, *factors[i + 1 :]], (*out, "#v"), {**ranges, "#v": v.shape[0]})
    raise DerivativeError(
        f"the Jacobian of {e} has no matrix form", advice="the differential, jvp and vjp do without it"
    )


_COLUMN: dict[str, Callable[[Expr, Expr], Expr | None]] = {
    "stack": lambda e, v: _stack_rule(e, v),
    "block": lambda e, v: _block_rule(e, v),
    "add": _sum_rule,
    "group": _group_rule,
    "product": _product_rule,
    "hadamard": _hadamard_rule,
    "diagonal": _diagonal_rule,
    "kron": _kron_rule,
    "contract": _contraction_rule,
    "vec": lambda e, v: vec_matrix(e.args[0], v),
}


# --- matrices -----------------------------------------------------------------------------------


def vec_matrix(e: Expr, v: Expr) -> Expr:
    """M with vec(e) = M vec(v), for e linear in v (Magnus & Neudecker, 3rd ed., §2.4, §3.7)."""
    rows, columns = dim_mul(*e.shape), dim_mul(*v.shape)
    if not _depends(e, v):
        return zeros(rows, columns)
    if e is v:
        return identity(rows)
    if e.shape == SCALAR:
        return transpose(apply(REGISTRY["vec"], (pull_back(e, {v: None})[v],)))
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


def _vec_sum(e: Expr, v: Expr) -> Expr:
    return add(*[vec_matrix(term, v) for term in e.args])


def _vec_group(e: Expr, v: Expr) -> Expr:
    return vec_matrix(e.args[0], v)


def _vec_product(e: Expr, v: Expr) -> Expr:
    """vec(L Y R) = (Rᵀ ⊗ L) vec Y."""
    c, scalars, matrices = parts(e)
    for i, s in enumerate(scalars):
        if _depends(s, v):
            rest = multiply(number(c), *scalars[:i], *scalars[i + 1 :], *matrices)
            return multiply(_vec(rest), vec_matrix(s, v))
    i = next(i for i, m in enumerate(matrices) if _depends(m, v))
    y = matrices[i]
    left = multiply(*matrices[:i]) if i else identity(y.shape[0])
    right = multiply(*matrices[i + 1 :]) if i + 1 < len(matrices) else identity(y.shape[1])
    body = _kron(transpose(right), left)
    return multiply(number(c), *scalars, body, vec_matrix(y, v))


def _vec_transpose(e: Expr, v: Expr) -> Expr:
    inside = e.args[0]
    if 1 in inside.shape:
        return vec_matrix(inside, v)
    return multiply(apply(REGISTRY["commutation"], (), inside.shape), vec_matrix(inside, v))


def _vec_hadamard(e: Expr, v: Expr) -> Expr:
    i = next(i for i, m in enumerate(e.args) if _depends(m, v))
    rest = hadamard(*e.args[:i], *e.args[i + 1 :])
    return multiply(_diag(_vec(rest)), vec_matrix(e.args[i], v))


def _vec_diag(e: Expr, v: Expr) -> Expr:
    n = e.shape[0]
    return multiply(apply(REGISTRY["diagonalizer"], (), n), vec_matrix(e.args[0], v))


def _vec_diagonal(e: Expr, v: Expr) -> Expr:
    n = e.args[0].shape[0]
    return multiply(transpose(apply(REGISTRY["diagonalizer"], (), n)), vec_matrix(e.args[0], v))


def _vec_kron(e: Expr, v: Expr) -> Expr:
    """vec(A ⊗ B) = (I ⊗ K ⊗ I)(vec A ⊗ vec B)."""
    a, b = e.args
    (m, n), (p, q) = a.shape, b.shape
    turned = _kron(identity(n), _kron(apply(REGISTRY["commutation"], (), (q, m)), identity(p)))
    varying = _kron(vec_matrix(a, v), _vec(b)) if _depends(a, v) else _kron(_vec(a), vec_matrix(b, v))
    return multiply(turned, varying)


def _vec_stack(e: Expr, v: Expr) -> Expr:
    """vec of a matrix with B in block (i, j) and zero elsewhere is (Q ⊗ P) vec B."""
    heights, widths = cast(Partition, e.data)
    terms = []
    for k, arg in enumerate(e.args):
        if _depends(arg, v):
            i, j = divmod(k, len(widths))
            terms.append(multiply(_kron(selector(widths, j), selector(heights, i)), vec_matrix(arg, v)))
    return add(*terms)


def _vec_block(e: Expr, v: Expr) -> Expr:
    heights, widths, i, j = cast(tuple[tuple[Dim, ...], tuple[Dim, ...], int, int], e.data)
    cut = _kron(transpose(selector(widths, j)), transpose(selector(heights, i)))
    return multiply(cut, vec_matrix(e.args[0], v))


def _stack_rule(e: Expr, v: Expr) -> Expr | None:
    return stack([[matrix_of(arg, v)] for arg in e.args])


def _block_rule(e: Expr, v: Expr) -> Expr | None:
    heights, _, i, _ = cast(tuple[tuple[Dim, ...], tuple[Dim, ...], int, int], e.data)
    return block(matrix_of(e.args[0], v), (heights, (v.shape[0],)), i, 0)


def _vec_sylvester(e: Expr, v: Expr) -> Expr:
    """(I ⊗ A + Bᵀ ⊗ I) vec Y = vec C."""
    a, b, c = e.args
    if _depends(a, v) or _depends(b, v):
        raise DerivativeError("the solution of a Sylvester equation is linear in its right-hand side only")
    left = add(_kron(identity(b.shape[0]), a), _kron(transpose(b), identity(a.shape[0])))
    return multiply(inverse(left), vec_matrix(c, v))


def _vec_triangle(e: Expr, v: Expr) -> Expr:
    """A triangle is ⊙ with the triangle of ones."""
    mask = apply(e.op, (ones(*e.shape),))
    return multiply(_diag(_vec(mask)), vec_matrix(e.args[0], v))


_MATRIX: dict[str, Callable[[Expr, Expr], Expr]] = {
    "add": _vec_sum,
    "group": _vec_group,
    "product": _vec_product,
    "transpose": _vec_transpose,
    "hadamard": _vec_hadamard,
    "diag": _vec_diag,
    "diagonal": _vec_diagonal,
    "vec": lambda e, v: vec_matrix(e.args[0], v),
    "unvec": lambda e, v: vec_matrix(e.args[0], v),
    "stack": _vec_stack,
    "block": _vec_block,
    "kron": _vec_kron,
    "sylvester": _vec_sylvester,
    "tril": _vec_triangle,
    "triu": _vec_triangle,
}
_ = (GROUP, INNER, PRODUCT, TRANSPOSE, HADAMARD, is_chain)
