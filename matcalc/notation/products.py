"""Products and quotients of a tree: by shapes, entry by entry, Kronecker and Frobenius."""

from __future__ import annotations

from matcalc.algebra.build import (
    ONES,
    POWER,
    ZERO,
    ZEROS,
    apply,
    divide,
    hadamard,
    inner,
    is_number,
    multiply,
    number,
    number_value,
    ones,
    power,
    transpose,
)  # fmt: skip
from matcalc.algebra.expr import Expr
from matcalc.algebra.operations import REGISTRY
from matcalc.algebra.shapes import SCALAR, dim_text, is_column, is_scalar, is_vector
from matcalc.errors import AmbiguityError, ParseError, ShapeError
from matcalc.notation.declarations import shape_text
from matcalc.notation.elaboration import Elaboration, transposed, unequal
from matcalc.notation.tree import Node

__all__ = ["divisor", "entrywise", "frobenius", "kronecker", "product", "ratio"]

_MINUS_ONE = number(-1)


def product(node: Node, context: Elaboration) -> Expr:
    """The product by shapes, from left to right; what is 1×1 on the way is a scalar."""
    at = context.at
    groups: list[list[Expr]] = [[]]
    shape = SCALAR
    last = node
    for arg in node.args:
        value = at[arg]
        if arg.kind == "ratio" and not arg.bracketed and arg is not node.args[-1]:
            _check_coefficient(arg, node, context)
        its = value.shape
        if its != SCALAR:
            if shape == SCALAR:
                if its[0] != 1 and groups[-1]:
                    groups.append([])
                shape = its
            elif shape[1] == its[0]:
                shape = (shape[0], its[1])
            else:
                raise _no_product(last, arg, context)
            last = arg
        if its[0] == 1 and value.op is ONES and groups[-1] and groups[-1][-1].op is ONES:
            value = ones(groups[-1].pop().shape[0], its[1])  # 𝟏𝟏ᵀ is one array
        groups[-1].append(value)
    if len(groups) == 1:
        return multiply(*groups[0])
    return multiply(*[multiply(*group) for group in groups])


def _no_product(left: Node, right: Node, context: Elaboration) -> ShapeError:
    a, b = context.at[left].shape, context.at[right].shape
    advice = ""
    if a[1] == b[1] and a[1] != 1:
        advice = f"{transposed(right, context)} would fit on the right."
    elif a[0] == b[0] and a[0] != 1:
        advice = f"{transposed(left, context)} would fit on the left."
        if a == b:
            advice += " For the product entry by entry write ⊙."
    elif a[1] == 1 and b[1] == 1:
        advice = "For the outer product write a transpose on the right one."
    return context.mismatch(
        f"{context.source(left)} is {shape_text(a)} here, but {context.source(right)} is {shape_text(b)}: "
        f"{dim_text(a[1])} and {dim_text(b[0])} differ",
        left,
        right,
        advice=advice,
    )


def _check_coefficient(ratio: Node, product: Node, context: Elaboration) -> None:
    """A slash inside a product is a coefficient, and stands between scalars."""
    above, below = ratio.args[0], ratio.args[-1]
    scalar = all(context.at[arg].shape == SCALAR for arg in ratio.args)
    guessed = any(arg.kind == "symbol" and arg.data in context.guessed for arg in ratio.args[1:])
    if scalar and not (guessed and (above.kind not in ("number", "constant"))):
        return
    rest = context.text[ratio.end : product.end].strip()
    a, b = context.source(above), context.source(below)
    raise AmbiguityError(
        "a product after a slash has two readings", spans=((ratio.start, product.end),),
        advice=f"Write ({a} / {b}) {rest} or {a} / ({b} {rest}).",
    )  # fmt: skip


def divisor(node: Node, value: Expr) -> Expr:
    """The value of a node to divide by, which must not be 0 whatever the symbols are."""
    if value is ZERO or value.op is ZEROS:
        raise ParseError("division by 0", spans=(node.span,))
    return value


def _divide(above: Node, below: Node, a: Expr, b: Expr, context: Elaboration) -> Expr:
    """a / b: by a scalar, or entry by entry by a vector."""
    divisor(below, b)
    if b.shape == SCALAR:
        return multiply(a, power(b, _MINUS_ONE))
    if not is_vector(b.shape):
        s = context.source(below)
        raise context.mismatch(
            f"{s} is a matrix, and division by a matrix is not read", below,
            advice=f"Write {s}⁻¹ for the inverse or ⊘ {s} for the division entry by entry.",
        )  # fmt: skip
    if a.shape == SCALAR:
        return multiply(a, power(b, _MINUS_ONE))
    if a.shape != b.shape:
        raise unequal(above, a.shape, below, b.shape, context)
    return divide(a, b)


def ratio(node: Node, context: Elaboration) -> Expr:
    """a / b / c."""
    value = context.at[node.args[0]]
    if len(node.args) > 2 and all(context.at[arg].shape == SCALAR for arg in node.args[1:]):
        return multiply(value, *[power(divisor(arg, context.at[arg]), _MINUS_ONE) for arg in node.args[1:]])
    for below in node.args[1:]:
        value = _divide(node.args[0], below, value, context.at[below], context)
    return value


def entrywise(node: Node, context: Elaboration) -> Expr:
    """a ⊙ b ⊘ c; what is multiplied by itself becomes a power."""
    values = context.operands(node)
    shape = SCALAR
    first = node.args[0]
    factors: list[tuple[Expr, int]] = []
    for arg, value, mark in zip(node.args, values, node.data, strict=True):
        if value.shape != SCALAR:
            if shape == SCALAR:
                shape, first = value.shape, arg
            elif shape != value.shape:
                raise unequal(first, shape, arg, value.shape, context)
        step = -1 if mark == "⊘" else 1
        if step < 0:
            divisor(arg, value)
        if factors and factors[-1][0] is value and factors[-1][1] * step > 0:  # Z ⊙ Z is the power 2
            factors[-1] = (value, factors[-1][1] + step)
        else:
            factors.append((value, step))
    if shape == SCALAR and all(mark != "⊘" for mark in node.data):
        return multiply(*values)
    powers = [value if k == 1 else power(value, number(k)) for value, k in factors]
    return hadamard(*sorted(powers, key=_is_reciprocal))


def _is_reciprocal(e: Expr) -> bool:
    """Whether the factor is written below: it then comes after the others."""
    return e.op is POWER and is_number(e.args[1]) and number_value(e.args[1]) < 0


def kronecker(node: Node, context: Elaboration) -> Expr:
    """A ⊗ B; a scalar factor scales."""
    values = context.operands(node)
    total = values[0]
    for value in values[1:]:
        total = (
            apply(REGISTRY["kron"], (total, value))
            if not (is_scalar(total.shape) or is_scalar(value.shape))
            else multiply(total, value)
        )
    return total


def frobenius(node: Node, context: Elaboration) -> Expr:
    """A : B; of two vectors it is xᵀy."""
    left, right = node.args
    a, b = context.operands(node)
    if a.shape != b.shape:
        raise unequal(left, a.shape, right, b.shape, context)
    if is_column(a.shape) and a is not b:
        return multiply(transpose(a), b)
    return inner(a, b)
