"""The adjoint sweep: the one way in which matcalc differentiates.

The differential of an expression is a linear map in the differentials of its symbols. The sweep
pulls a cotangent back through that map, node by node in reverse order, by Frobenius moves such as
G : (A dX) = (AᵀG) : dX. For a scalar f and the cotangent 1 the result is the gradient:
df = ⟨G, dX⟩. Each node is visited once, so the work is linear in the shared graph.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import cast

from matcalc.algebra.blocks import BLOCK, STACK, Partition, block, placed
from matcalc.algebra.build import (
    ADD,
    GROUP,
    HADAMARD,
    INNER,
    ONE,
    POWER,
    PRODUCT,
    TRANSPOSE,
    Number,
    add,
    apply,
    group,
    hadamard,
    inner,
    is_number,
    is_zero,
    multiply,
    number,
    number_value,
    parts,
    power,
    subtract,
    symbol,
    transpose,
    zeros,
)
from matcalc.algebra.contractions import factors_of
from matcalc.algebra.expr import Expr, edge_order, postorder, rebuild
from matcalc.algebra.matching import instantiate
from matcalc.algebra.networks import CONTRACT, Factor, contract
from matcalc.algebra.operations import REGISTRY, Operation
from matcalc.algebra.shapes import SCALAR, Dim
from matcalc.calculus import formulas
from matcalc.errors import DerivativeError

__all__ = ["Visit", "expand_definitions", "pull_back", "ungroup"]

#: A cotangent with more factors than this becomes a group, so that deep compositions stay linear.
_LONG = 24


@dataclass(frozen=True, slots=True)
class Visit:
    """One stop of the sweep: a node, and the cotangent that has arrived there."""

    node: Expr
    cotangent: Expr


def expand_definitions(f: Expr, variables: Iterable[Expr]) -> Expr:
    """f with every row that is differentiated through its definition replaced by it, where active."""
    active = _active(postorder(f), variables)

    def replace(node: Expr, args: tuple[Expr, ...]) -> Expr:
        if node.op.definition is not None and node in active:
            return node.op.definition(args, node.data)
        return apply(node.op, args, node.data) if args != node.args else node

    return rebuild(f, replace)


#: A result is written without groups if it then has at most this many factors in all.
_FLAT = 2_000


def ungroup(*roots: Expr) -> tuple[Expr, ...]:
    """The expressions without groups, unless the products that they keep apart would become too long together."""
    factors: dict[Expr, int] = {}
    total = 0
    grouped = False
    for node in postorder(*roots):
        grouped = grouped or node.op is GROUP
        count = sum(factors[a] for a in node.args) if node.op in (PRODUCT, GROUP) else 1
        factors[node] = min(count, _FLAT + 1)
        total += count if node.op is PRODUCT else 0
        if total > _FLAT:
            return roots
    if not grouped:
        return roots
    memo: dict[Expr, Expr] = {}
    return tuple([rebuild(root, _without_group, memo) for root in roots])


def _without_group(node: Expr, args: tuple[Expr, ...]) -> Expr:
    if node.op is GROUP:
        return args[0]
    return apply(node.op, args, node.data) if args else node


def _active(nodes: list[Expr], variables: Iterable[Expr]) -> set[Expr]:
    active = set(variables)
    for node in nodes:
        if any(arg in active for arg in node.args):
            active.add(node)
    return active


def pull_back(
    f: Expr,
    variables: Mapping[Expr, object],
    cotangent: Expr = ONE,
    record: Callable[[Visit], None] | None = None,
) -> dict[Expr, Expr]:
    """For each variable X the G with ⟨cotangent, df⟩ = Σ ⟨G, dX⟩.

    A variable that does not occur gets zeros. Contributions are added in the order in which their
    places appear in the text.
    """
    nodes = postorder(f)
    active = _active(nodes, variables)
    time = edge_order(f)
    arrived: dict[Expr, list[tuple[int, Expr]]] = {f: [(0, cotangent)]}
    result: dict[Expr, Expr] = {}
    for node in reversed(nodes):
        if node not in active or node not in arrived:
            continue
        contributions = sorted(arrived.pop(node), key=lambda item: item[0])
        total = _shorten(add(*[c for _, c in contributions]))
        if record is not None:
            record(Visit(node, total))
        if node in variables:
            result[node] = total
            continue
        if is_zero(total):
            continue
        for position, pulled in _pull(node, total, active):
            arrived.setdefault(node.args[position], []).append((time[node, position], pulled))
    return {v: result.get(v, zeros(*v.shape)) for v in variables}


def _shorten(g: Expr) -> Expr:
    if g.op is PRODUCT and len(g.args) > _LONG:
        c, s, m = parts(g)
        if m:
            return multiply(number(c), *s, group(multiply(*m)))
        return multiply(number(c), group(multiply(*s)))
    return g


# --- one node ----------------------------------------------------------------------------------


def _pull(node: Expr, g: Expr, active: set[Expr]) -> Iterable[tuple[int, Expr]]:
    """(position, cotangent of that operand) for the active operands of a node."""
    special = _STRUCTURAL.get(node.op)
    if special is not None:
        return special(node, g, active)
    return [(i, _row(node, i, g)) for i, arg in enumerate(node.args) if arg in active]


def _row(node: Expr, position: int, g: Expr) -> Expr:
    op = node.op
    if op.elementwise:
        return _elementwise(node, position, g)
    if op.slope is not None:
        slope = op.slope(node.args, node.data)
        if node.args[0].shape == SCALAR:
            return inner(g, slope)
        return multiply(g, slope) if g.shape == SCALAR else multiply(slope, g)
    if not op.differential and not (op.adjoint and op.adjoint[position]):
        raise DerivativeError(
            f"{op.name} has no rule for its derivative by operand {position + 1} ({node.args[position]})",
            advice="write the function in operations that matcalc knows, or hold that operand constant",
        )
    return instantiate(adjoint_template(op, position), formulas.bind_row(op, node, g))


@cache
def adjoint_template(op: Operation, position: int) -> Expr:
    """The cotangent of an operand as an expression in the letters of the row and G.

    What a row does not state is derived from its differential by this very sweep.
    """
    stated = formulas.stated_adjoint(op, position)
    if stated is not None:
        return stated
    linear, dx, cotangent = formulas.linear_part(op, position)
    return pull_back(linear, {dx: None}, cotangent)[dx]


def _elementwise(node: Expr, position: int, g: Expr) -> Expr:
    """G ⊙ f′, and for a scalar parameter G : ∂f."""
    op, x = node.op, node.args[0]
    template = formulas.derivative_template(op, position)
    values = {symbol("t", SCALAR): x, symbol("y", SCALAR): node}
    for name, arg in zip(formulas.parameters(op), node.args[1:], strict=True):
        values[symbol(name, SCALAR)] = arg
    slope = formulas.lift(template, values, x.shape)
    if position == 0:
        return hadamard(g, slope)
    return inner(g, slope) if slope.shape == g.shape else multiply(slope, apply(REGISTRY["sum"], (g,)))


def _add(node: Expr, g: Expr, active: set[Expr]) -> Iterable[tuple[int, Expr]]:
    return [(i, g) for i, arg in enumerate(node.args) if arg in active]


def _product(node: Expr, g: Expr, active: set[Expr]) -> Iterable[tuple[int, Expr]]:
    """G : (α L dX R) = (α LᵀG Rᵀ) : dX, and ⟨G, dα M⟩ = ⟨G, M⟩ dα."""
    c, scalars, matrices = _view(node)
    coefficient = number(c)
    out: list[tuple[int, Expr]] = []
    body = multiply(*matrices) if matrices else ONE
    for i, (before, after) in _around(scalars, active):
        pulled = inner(g, body) if body.shape != SCALAR else multiply(g, body)
        out.append((i, multiply(coefficient, before, after, pulled)))
    factor = multiply(coefficient, *scalars)
    for i, (left, right) in _around(matrices, active):
        out.append((len(scalars) + i, multiply(factor, transpose(left), g, transpose(right))))
    return out


def _view(node: Expr) -> tuple[Number, tuple[Expr, ...], tuple[Expr, ...]]:
    if node.shape == SCALAR and node.args[0].shape != SCALAR:
        return 1, (), node.args
    return parts(node)


#: From this many active factors on, prefixes and suffixes are shared groups.
_MANY = 12


def _around(factors: tuple[Expr, ...], active: set[Expr]) -> Iterable[tuple[int, tuple[Expr, Expr]]]:
    """For each active factor its position, the product before it and the product after it."""
    places = [i for i, factor in enumerate(factors) if factor in active]
    if len(places) < _MANY:
        return [(i, (_times(factors[:i]), _times(factors[i + 1 :]))) for i in places]
    before, after = [ONE], [ONE]
    for factor, mirrored in zip(factors, reversed(factors), strict=True):
        before.append(group(multiply(before[-1], factor)))
        after.append(group(multiply(mirrored, after[-1])))
    return [(i, (before[i], after[len(factors) - 1 - i])) for i in places]


def _times(factors: tuple[Expr, ...]) -> Expr:
    return multiply(*factors) if factors else ONE


def _hadamard(node: Expr, g: Expr, active: set[Expr]) -> Iterable[tuple[int, Expr]]:
    args = node.args
    return [(i, hadamard(g, *args[:i], *args[i + 1 :])) for i, arg in enumerate(args) if arg in active]


def _power(node: Expr, g: Expr, active: set[Expr]) -> Iterable[tuple[int, Expr]]:
    """d(b^p) = p b^(p−1) ⊙ db + b^p ⊙ log b dp."""
    base, exponent = node.args
    out = []
    if base in active:
        out.append((0, hadamard(g, multiply(exponent, power(base, subtract(exponent, ONE))))))
    if exponent in active:
        if is_number(base) and number_value(base) < 0:
            raise DerivativeError(
                f"the power {node} has a negative base, and is real only where its exponent is whole",
                advice="its derivative by the exponent does not exist",
            )
        out.append((1, inner(g, hadamard(node, apply(REGISTRY["log"], (base,))))))
    return out


def _transpose(node: Expr, g: Expr, active: set[Expr]) -> Iterable[tuple[int, Expr]]:
    return [(0, transpose(g))]


def _inner(node: Expr, g: Expr, active: set[Expr]) -> Iterable[tuple[int, Expr]]:
    a, b = node.args
    if a is b:
        return [(0, multiply(number(2), g, a))]
    out = []
    if a in active:
        out.append((0, multiply(g, b)))
    if b in active:
        out.append((1, multiply(g, a)))
    return out


def _stack(node: Expr, g: Expr, active: set[Expr]) -> Iterable[tuple[int, Expr]]:
    partition = cast(Partition, node.data)
    columns = len(partition[1])
    return [(k, block(g, partition, *divmod(k, columns))) for k, arg in enumerate(node.args) if arg in active]


def _block(node: Expr, g: Expr, active: set[Expr]) -> Iterable[tuple[int, Expr]]:
    heights, widths, i, j = cast(tuple[tuple[Dim, ...], tuple[Dim, ...], int, int], node.data)
    return [(0, placed(g, (heights, widths), i, j))]


def _contraction(node: Expr, g: Expr, active: set[Expr]) -> Iterable[tuple[int, Expr]]:
    """The sum with G in the place of an operand, and with the indices of the operand left."""
    factors, out, ranges = factors_of(node)
    cotangent = Factor(g, out)
    return [
        (i, contract([*factors[:i], cotangent, *factors[i + 1 :]], factor.axes, ranges))
        for i, factor in enumerate(factors)
        if factor.value in active
    ]


_STRUCTURAL: dict[Operation, Callable[[Expr, Expr, set[Expr]], Iterable[tuple[int, Expr]]]] = {
    ADD: _add,
    GROUP: _add,
    PRODUCT: _product,
    HADAMARD: _hadamard,
    POWER: _power,
    TRANSPOSE: _transpose,
    INNER: _inner,
    STACK: _stack,
    BLOCK: _block,
    CONTRACT: _contraction,
}
