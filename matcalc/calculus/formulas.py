"""The rulebook's formulas as expressions: read when first used, then kept.

An adjoint that a row does not state is derived from its differential by the same sweep that
differentiates everything else: dY is linear in dX, so pulling G back through it is a walk over
linear operations.
"""

from __future__ import annotations

from functools import cache

from matcalc.algebra.build import (
    ADD,
    HADAMARD,
    POWER,
    PRODUCT,
    add,
    apply,
    hadamard,
    is_zero,
    multiply,
    number,
    ones,
    power,
    symbol,
    zeros,
)
from matcalc.algebra.expr import Expr, rebuild, symbols_of
from matcalc.algebra.matching import Binding
from matcalc.algebra.operations import Operation
from matcalc.algebra.shapes import SCALAR, Dim, Shape
from matcalc.errors import DerivativeError
from matcalc.notation.read import read_formula
from matcalc.rulebook.table import signature_dims

__all__ = [
    "bind_row",
    "derivative_template",
    "differential_template",
    "inverse_template",
    "lift",
    "linear_part",
    "parameters",
    "stated_adjoint",
]

COTANGENT = "G"
VALUE = "Y"


@cache
def letters_of(op: Operation) -> dict[str, Shape]:
    """The letters that the formulas of a row may use: operands, their differentials, Y and G."""
    operands, value = signature_dims(op.signature)
    letters = dict(operands)
    letters.update({f"d{name}": shape for name, shape in operands})
    letters[VALUE] = value
    letters[_cotangent(op)] = value
    return letters


@cache
def differential_template(op: Operation) -> Expr:
    """dY as an expression in the letters of the row."""
    if not op.differential:
        raise DerivativeError(f"{op.name} has no rule for its derivative in this argument")
    return read_formula(op.differential, letters_of(op), signature_dims(op.signature)[1])


@cache
def stated_adjoint(op: Operation, position: int) -> Expr | None:
    """The cotangent of an operand where the row states it."""
    if not (op.adjoint and op.adjoint[position]):
        return None
    operands, _ = signature_dims(op.signature)
    return read_formula(op.adjoint[position], letters_of(op), operands[position][1])


@cache
def linear_part(op: Operation, position: int) -> tuple[Expr, Expr, Expr]:
    """(dY with only dX of one operand left in it, that dX, the letter of the cotangent)."""
    operands, value = signature_dims(op.signature)
    name, shape = operands[position]
    from_others = {symbol(f"d{n}", s): zeros(*s) for n, s in operands if n != name}

    def drop(node: Expr, args: tuple[Expr, ...]) -> Expr:
        return apply(node.op, args, node.data) if args else from_others.get(node, node)

    whole = differential_template(op)
    if not is_zero(whole) and not any(str(s.data) == f"d{name}" for s in symbols_of(whole)):
        raise DerivativeError(
            f"{op.name} has no rule for its derivative by operand {position + 1}, {name}",
            advice="hold that operand constant",
        )
    linear = rebuild(whole, drop)
    return linear, symbol(f"d{name}", shape), symbol(_cotangent(op), value)


def _cotangent(op: Operation) -> str:
    """G, or G₁ where an operand of the row is called G."""
    return "G₁" if COTANGENT in dict(signature_dims(op.signature)[0]) else COTANGENT


def bind_row(op: Operation, node: Expr, cotangent: Expr) -> Binding:
    """The letters of the row bound to the operands, the value and the cotangent of a node."""
    operands, value = signature_dims(op.signature)
    letters: dict[Expr, Expr] = {}
    sizes: dict[str, Dim] = {}
    for (name, shape), arg in zip(operands, node.args, strict=True):
        letters[symbol(name, shape)] = arg
        for want, have in zip(shape, arg.shape, strict=True):
            if isinstance(want, str):
                sizes.setdefault(want, have)
    letters[symbol(VALUE, value)] = node
    letters[symbol(_cotangent(op), value)] = cotangent
    return Binding(letters, sizes)


@cache
def derivative_template(op: Operation, position: int) -> Expr:
    """f′ of an elementwise row as a scalar expression in t and y and its parameters."""
    operands, _ = signature_dims(op.signature)
    letters = {"t": SCALAR, "y": SCALAR, **{name: SCALAR for name, _ in operands[1:]}}
    return read_formula(op.derivative[position], letters, SCALAR)


def lift(template: Expr, values: dict[Expr, Expr], shape: Shape) -> Expr:
    """A scalar formula applied entry by entry to arrays of one shape.

    Scalar letters that stand for scalars stay scalars: 1 − y² becomes 𝟏 − Y ⊙ Y.
    """

    def replace(node: Expr, args: tuple[Expr, ...]) -> Expr:
        if not args:
            return values.get(node, node)
        if shape == SCALAR or all(arg.shape == SCALAR for arg in args):
            return apply(node.op, args, node.data)
        if node.op is ADD:
            wide = [multiply(arg, ones(*shape)) if arg.shape == SCALAR else arg for arg in args]
            return add(*wide)
        if node.op is PRODUCT:
            return hadamard(number(node.data), *args)  # type: ignore[arg-type]
        if node.op is HADAMARD:
            return hadamard(*args)
        if node.op is POWER:
            return power(*args)
        return apply(node.op, args, node.data)

    return rebuild(template, replace)


@cache
def inverse_template(op: Operation) -> Expr:
    """The entry of an injective elementwise row as a scalar expression in its value y."""
    return read_formula(op.inverse, {"y": SCALAR}, SCALAR)


@cache
def parameters(op: Operation) -> tuple[str, ...]:
    """The names of the scalar parameters of an elementwise row."""
    return tuple(name for name, _ in signature_dims(op.signature)[0][1:])
