"""The differential of one statement as a teacher writes it: d in the place of each operand in turn.

Through linear and multilinear operations d moves inside, one term for each place; the other rows
are read as the rulebook writes them. What is found is checked by value wherever it is used.
"""

from __future__ import annotations

from collections.abc import Mapping

from matcalc.algebra.build import (
    ADD,
    GROUP,
    HADAMARD,
    INNER,
    POWER,
    PRODUCT,
    TRANSPOSE,
    Number,
    add,
    apply,
    hadamard,
    inner,
    multiply,
    number,
    ones,
    scale,
    symbol,
    transpose,
    zeros,
)
from matcalc.algebra.expr import Expr, postorder, rebuild, symbols_of
from matcalc.algebra.matching import Binding, instantiate
from matcalc.algebra.shapes import SCALAR
from matcalc.calculus import formulas
from matcalc.calculus.linear import action
from matcalc.calculus.sweep import pull_back
from matcalc.derivation.statements import active_nodes, is_linear
from matcalc.rulebook.table import signature_dims

__all__ = ["differential", "put"]


def differential(e: Expr, moves: Mapping[Expr, Expr]) -> Expr:
    """de, linear in the differentials that `moves` gives for the symbols that move."""
    active = active_nodes(e, [s for s in symbols_of(e) if s in moves])
    found: dict[Expr, Expr] = {}
    for node in postorder(e):
        if node in moves:
            found[node] = moves[node]
        elif node in active:
            found[node] = _of_node(node, {arg: found[arg] for arg in node.args if arg in found})
    return found.get(e, zeros(*e.shape))


def _of_node(node: Expr, moved: Mapping[Expr, Expr]) -> Expr:
    op = node.op
    if op is INNER and node.args[0] is node.args[1]:
        return scale(2, inner(node.args[0], moved[node.args[0]]))
    if op in (ADD, GROUP):
        return add(*[moved[arg] for arg in node.args if arg in moved])
    if is_linear(op):
        return add(*[_replaced(node, i, moved[arg]) for i, arg in enumerate(node.args) if arg in moved])
    if op.differential:
        return _from_row(node, moved)
    return add(*[_local(node, i, moved[arg]) for i, arg in enumerate(node.args) if arg in moved])


def _replaced(node: Expr, position: int, d: Expr) -> Expr:
    """The node with d in the place of one operand; operations are linear in each of their operands."""
    args = (*node.args[:position], d, *node.args[position + 1 :])
    if node.op is PRODUCT:
        coefficient: Number = node.data  # type: ignore[assignment]
        return multiply(number(coefficient), *args)
    if node.op is HADAMARD:
        return hadamard(*args)
    if node.op is INNER:
        return inner(*args)
    if node.op is TRANSPOSE:
        return transpose(d)
    if d.op is ADD and len(node.args) == 1:
        return add(*[apply(node.op, (term,), node.data) for term in d.args])
    return apply(node.op, args, node.data)


def _from_row(node: Expr, moved: Mapping[Expr, Expr]) -> Expr:
    """The differential that the row states, with its letters bound to the operands and their differentials."""
    bound = formulas.bind_row(node.op, node, zeros(*node.shape))
    letters = dict(bound.letters)
    for (name, shape), arg in zip(signature_dims(node.op.signature)[0], node.args, strict=True):
        letters[symbol(f"d{name}", shape)] = moved.get(arg, zeros(*arg.shape))
    return instantiate(formulas.differential_template(node.op), Binding(letters, bound.sizes))


def _local(node: Expr, position: int, d: Expr) -> Expr:
    """The action of one operation on the differential of one operand, by the sweep over that operation alone."""
    arg = node.args[position]
    if node.op.elementwise or node.op is POWER:
        return _entry_by_entry(node, position, d)
    here = symbol("#x", arg.shape)
    alone = apply(node.op, (*node.args[:position], here, *node.args[position + 1 :]), node.data)
    moved = action(alone, here, symbol("#d", arg.shape))
    return put(moved, {here: arg, symbol("#d", arg.shape): d})


def _entry_by_entry(node: Expr, position: int, d: Expr) -> Expr:
    """f′ ⊙ dX, where the sweep takes the cotangent 𝟏 to f′."""
    fresh = tuple([symbol(f"#{i}", arg.shape) for i, arg in enumerate(node.args)])
    alone = apply(node.op, fresh, node.data)
    if position and node.shape != SCALAR:
        slope = action(alone, fresh[position], d)
        return put(slope, {**dict(zip(fresh, node.args, strict=True)), alone: node})
    slope = pull_back(alone, {fresh[position]: None}, ones(*node.shape))[fresh[position]]
    slope = put(slope, dict(zip(fresh, node.args, strict=True)))
    return multiply(slope, d) if d.shape == SCALAR else hadamard(slope, d)


def put(e: Expr, values: Mapping[Expr, Expr]) -> Expr:
    """e with each of these nodes replaced by its value."""

    def replace(node: Expr, args: tuple[Expr, ...]) -> Expr:
        if node in values:
            return values[node]
        return apply(node.op, args, node.data) if args else node

    return rebuild(e, replace)
