"""Readings of one linear map: its action on a direction, its matrix, its vec-matrix.

The sweep gives the adjoint U ↦ L*(U). Both it and its own adjoint are linear, so the action is got
by sweeping once more: L(V) is the gradient of ⟨L*(U), V⟩ by U. The matrix of a linear expression
in V is read off node by node; vec stacks columns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import cast

from matcalc.algebra.blocks import block, stack
from matcalc.algebra.build import (
    ADD,
    GROUP,
    HADAMARD,
    PRODUCT,
    add,
    apply,
    hadamard,
    identity,
    inner,
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
from matcalc.algebra.shapes import SCALAR, Dim, Shape, is_column
from matcalc.calculus.sweep import expand_definitions, pull_back
from matcalc.calculus.vectorised import Along, depends, matrix_along
from matcalc.errors import DerivativeError

__all__ = ["action", "adjoint_action", "adjoints", "matrix_of"]

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
    if not _holds(e, cotangent):
        return e
    there = ones(*cotangent.shape)

    def replace(node: Expr, args: tuple[Expr, ...]) -> Expr:
        return there if node is cotangent else apply(node.op, args, node.data) if args else node

    return rebuild(e, replace)


def _holds(e: Expr, variable: Expr) -> bool:
    return any(node is variable for node in postorder(e))


#: How deep matrices are read within matrices.
_DEPTH = 40


class _Deeper(Exception):
    """An expression whose matrix is to be read before that of what holds it."""

    def __init__(self, e: Expr) -> None:
        self.expression = e


#: Matrices are read without waists if all of them then have at most this many factors.
_FLAT = 1_000


class _Long(Exception):
    """The matrices would become too long without waists."""


class _Bypassed(Exception):
    """What a rule put together holds the direction beside the waist that the matrix was to be read by."""


def matrix_of(e: Expr, v: Expr) -> Expr:
    """M with e = M v, for a column e that is linear in the column v.

    The terms of M are products with nothing taken out, unless these become too long together. Then, where
    all that an expression holds of v passes through one column w, its waist, the matrix by v is that by w
    times that of w by v: so the layers of a network stay apart, and M is linear in their number.
    """
    try:
        return _matrix(e, Along(v))
    except _Long:
        return _matrix(e, Along(v, nested=True))


def _matrix(e: Expr, along: Along) -> Expr:
    waiting: list[Expr] = []  # expressions may be deep: what lies far below is read first, and then known
    while True:
        along.depth, along.base = 0, along.direction
        try:
            if not waiting:
                return _column(e, along)
            _local(waiting[-1], along)
            waiting.pop()
        except _Deeper as deeper:
            waiting.append(deeper.expression)


def _column(e: Expr, v: Along) -> Expr:
    """The matrix of a column by the base: from waist to waist."""
    if not depends(e, v):
        return zeros(e.shape[0], v.base.shape[0])
    steps = []
    while e is not v.base:
        if e is v.direction:
            raise _Bypassed
        steps.append(_local(e, v))
        e = _waist(e, v)
    return multiply(*steps) if steps else identity(e.shape[0])


def _local(e: Expr, v: Along) -> Expr:
    """The matrix of a column by its waist, which is read once."""
    found = v.columns.get(e)
    if found is not None:
        return found
    if v.depth == _DEPTH:
        raise _Deeper(e)
    base = v.base
    v.depth += 1
    try:
        v.base = _waist(e, v)
        found = _read(e, v)
    except _Bypassed:
        v.base = v.waists[e] = v.direction
        found = _read(e, v)
    finally:
        v.depth -= 1
        v.base = base
    v.columns[e] = found
    v.factors += len(found.args)
    if v.factors > _FLAT and not v.nested:
        raise _Long
    return found


def _read(e: Expr, v: Along) -> Expr:
    if e.shape == SCALAR:
        return transpose(v.gradient(e))
    rule = _COLUMN.get(e.op.name)
    found = rule(e, v) if rule else None
    if found is None and v.base is not v.direction:
        raise _Bypassed
    return matrix_along(e, v) if found is None else found


#: Operations that are linear in columns which are linear in turn, one by one.
_THROUGH = (ADD, GROUP, PRODUCT, HADAMARD)


def _waist(e: Expr, v: Along) -> Expr:
    """The first column below e that all it holds of the direction passes through."""
    waists, levels = v.waists, v.levels
    if e not in waists:
        for node in postorder(e, known=waists):
            active = [arg for arg in node.args if depends(arg, v)]
            found = v.direction
            if v.nested and active and node.op in _THROUGH and node.shape != SCALAR:
                found = active[0]
                for other in active[1:]:
                    while found is not other:
                        if levels[found] >= levels[other]:
                            found = waists[found]
                        else:
                            other = waists[other]
                while found is not v.direction and (found.shape == SCALAR or not is_column(found.shape)):
                    found = waists[found]
            waists[node], levels[node] = found, levels[found] + 1
    return waists[e]


def _sum_rule(e: Expr, v: Along) -> Expr | None:
    return add(*[_column(term, v) for term in e.args])


def _group_rule(e: Expr, v: Along) -> Expr | None:
    return _column(e.args[0], v)


def _product_rule(e: Expr, v: Along) -> Expr | None:
    c, scalars, matrices = parts(e)
    for i, s in enumerate(scalars):
        if depends(s, v):
            rest = multiply(number(c), *scalars[:i], *scalars[i + 1 :], *matrices)
            return multiply(rest, _column(s, v))
    for i, m in enumerate(matrices):
        if depends(m, v):
            left = multiply(number(c), *scalars, *matrices[:i]) if i else multiply(number(c), *scalars)
            right = matrices[i + 1 :]
            if is_column(m.shape):
                return multiply(left, _column(m, v))
            if right and m.op.name == "diag":
                return multiply(left, _column(hadamard(multiply(*right), m.args[0]), v))
            return _by_terms(e, v)
    return None


def _by_terms(e: Expr, v: Along) -> Expr | None:
    """A product with sums multiplied out and read term by term."""
    terms = expand_term(e)
    return None if terms is None else add(*[_column(term, v) for term in terms])


def _hadamard_rule(e: Expr, v: Along) -> Expr | None:
    for i, factor in enumerate(e.args):
        if depends(factor, v):
            rest = hadamard(*e.args[:i], *e.args[i + 1 :])
            return multiply(apply(REGISTRY["diag"], (rest,)), _column(factor, v))
    return None


def _diagonal_rule(e: Expr, v: Along) -> Expr | None:
    """diag(P diag(y) Q) = (P ⊙ Qᵀ) y, and diag(P y qᵀ) = (P y) ⊙ q."""
    inside = e.args[0]
    if inside.op is ADD:
        return add(*[_column(apply(REGISTRY["diagonal"], (t,)), v) for t in inside.args])
    c, s, m = parts(inside)
    if any(depends(x, v) for x in s):
        return None
    for i, factor in enumerate(m):
        if factor.op.name == "diag" and depends(factor, v):
            left = multiply(*m[:i]) if i else identity(factor.shape[0])
            right = multiply(*m[i + 1 :]) if i + 1 < len(m) else identity(factor.shape[0])
            return multiply(number(c), *s, hadamard(left, transpose(right)), _column(factor.args[0], v))
    terms = expand_term(inside)
    if terms is None:
        return None
    return add(*[_column(apply(REGISTRY["diagonal"], (t,)), v) for t in terms])


def _kron_rule(e: Expr, v: Along) -> Expr | None:
    """y ⊗ c = (M ⊗ c) v for columns."""
    a, b = e.args
    kron = REGISTRY["kron"]
    terms = []
    if depends(a, v):
        terms.append(apply(kron, (_column(a, v), b)))
    if depends(b, v):
        terms.append(apply(kron, (a, _column(b, v))))
    return add(*terms) if len(terms) == 1 else None


def _contraction_rule(e: Expr, v: Along) -> Expr | None:
    """A sum in which a factor is linear in v, with the matrix of that factor in its place."""
    factors, out, ranges = factors_of(e)
    for i, factor in enumerate(factors):
        if depends(factor.value, v):
            if len(factor.axes) == 2:
                break
            matrix = Factor(_column(factor.value, v), (*factor.axes, "#v"))
            return contract([*factors[:i], matrix, *factors[i + 1 :]], (*out, "#v"), {**ranges, "#v": v.base.shape[0]})
    raise DerivativeError(
        f"the Jacobian of {e} has no matrix form", advice="the differential, jvp and vjp do without it"
    )


def _stack_rule(e: Expr, v: Along) -> Expr | None:
    return stack([[_column(arg, v)] for arg in e.args])


def _block_rule(e: Expr, v: Along) -> Expr | None:
    heights, _, i, _ = cast(tuple[tuple[Dim, ...], tuple[Dim, ...], int, int], e.data)
    return block(_column(e.args[0], v), (heights, (v.base.shape[0],)), i, 0)


_COLUMN: dict[str, Callable[[Expr, Along], Expr | None]] = {
    "stack": lambda e, v: _stack_rule(e, v),
    "block": lambda e, v: _block_rule(e, v),
    "add": _sum_rule,
    "group": _group_rule,
    "product": _product_rule,
    "hadamard": _hadamard_rule,
    "diagonal": _diagonal_rule,
    "kron": _kron_rule,
    "contract": _contraction_rule,
    "vec": lambda e, v: matrix_along(e.args[0], v),
}
