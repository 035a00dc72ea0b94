"""Functions by name: rows of the rulebook, shorthands of the notation, and functions of the caller."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from matcalc.algebra.build import (
    DIMENSION,
    ZERO,
    apply,
    hadamard,
    identity,
    inner,
    inverse,
    is_number,
    multiply,
    negate,
    number_value,
    ones,
    transpose,
    zeros,
)
from matcalc.algebra.expr import Expr
from matcalc.algebra.operations import REGISTRY
from matcalc.algebra.shapes import SCALAR, Dim, Shape, is_column, is_row
from matcalc.errors import MatcalcError, NotYetError, OptionError, ParseError, ShapeError
from matcalc.notation.declarations import shape_text
from matcalc.notation.tree import Node
from matcalc.notation.words import Unknown

__all__ = ["Call", "call_function"]


@dataclass(frozen=True, slots=True)
class Call:
    """A call: of what, on which values, where it stands, and its shape where the context gives it."""

    name: str | Unknown
    values: tuple[Expr, ...]
    node: Node
    shape: Shape | None = None

    def expect(self, *counts: int) -> None:
        """An error unless the number of operands is one of these."""
        if len(self.values) not in counts:
            wanted = " or ".join(map(str, counts)) or "no"
            given = len(self.values)
            arguments = "argument" if counts == (1,) else "arguments"
            raise ParseError(
                f"{self.name} takes {wanted} {arguments}, and {given} {'is' if given == 1 else 'are'} given",
                spans=(self.node.span,), advice=self.form(counts),
            )  # fmt: skip

    def form(self, counts: tuple[int, ...]) -> str:
        """How a call is written, where the row says what its operands are."""
        row = REGISTRY.names.get(str(self.name))
        operands = [operand.partition(":")[0].strip() for operand in (row.signature if row else "").split(",")]
        return f"Write {self.name}({', '.join(operands)})." if len(operands) in counts and len(operands) > 1 else ""

    def size(self, position: int) -> Dim:
        """An operand that is a dimension or a whole number."""
        value = self.values[position]
        if value.op is DIMENSION:
            assert isinstance(value.data, str)
            return value.data
        if is_number(value):
            found = number_value(value)
            if isinstance(found, int) and found > 0:
                return found
        raise ShapeError(
            f"{self.name} takes the name of a dimension or a whole number", spans=(self.node.args[position].span,)
        )


def call_function(call: Call, functions: Mapping[str, object]) -> Expr:
    """The value of a call."""
    name = call.name
    if isinstance(name, Unknown):
        return _unknown(call, name)
    if name in functions:
        return _supplied(call, functions[name])
    special = _SPECIAL.get(name)
    if special is not None:
        return special(call)
    row = REGISTRY.names[name]
    if row.arity is not None:
        call.expect(row.arity)
    return apply(row, call.values)


def _unknown(call: Call, function: Unknown) -> Expr:
    call.expect(1)
    return apply(REGISTRY["unknown"], call.values, (function.name, function.order, function.shape, function.symmetric))


def _supplied(call: Call, function: object) -> Expr:
    if not callable(function):
        raise OptionError(f"the function {call.name} that was supplied cannot be called", spans=(call.node.span,))
    try:
        value = function(*call.values)
    except MatcalcError:
        raise
    except TypeError as error:
        raise ParseError(f"{call.name} cannot be called so: {error}", spans=(call.node.span,)) from error
    if not isinstance(value, Expr):
        raise OptionError(f"the function {call.name} that was supplied gives no expression", spans=(call.node.span,))
    return value


# --- shorthands --------------------------------------------------------------------------------------


def _inverse(call: Call) -> Expr:
    call.expect(1)
    shape = call.values[0].shape
    if shape[0] != shape[1]:
        raise ShapeError(f"inv takes a square matrix, and this is {shape_text(shape)}", spans=(call.node.args[0].span,))
    return inverse(call.values[0])


def _transpose(call: Call) -> Expr:
    call.expect(1)
    return transpose(call.values[0])


def _eye(call: Call) -> Expr:
    call.expect(1)
    return identity(call.size(0))


def _ones(call: Call) -> Expr:
    call.expect(1, 2)
    return ones(*(call.size(i) for i in range(len(call.values))))


def _zeros(call: Call) -> Expr:
    call.expect(1, 2)
    return zeros(*(call.size(i) for i in range(len(call.values))))


def _filled(call: Call) -> Expr:
    """vector(c) = c 𝟏 and matrix(c) = c 𝟏𝟏ᵀ."""
    call.expect(1)
    if call.values[0].shape != SCALAR:
        raise ShapeError(
            f"{call.name} takes a scalar, and this is {shape_text(call.values[0].shape)}",
            spans=(call.node.args[0].span,),
        )
    assert call.shape is not None
    return multiply(call.values[0], ones(*call.shape))


def _pair(build: Callable[[Expr, Expr], Expr]) -> Callable[[Call], Expr]:
    def value(call: Call) -> Expr:
        call.expect(2)
        a, b = call.values
        if a.shape != b.shape:
            raise ShapeError(
                f"{call.name} takes two of one shape, and these are {shape_text(a.shape)} and {shape_text(b.shape)}",
                spans=tuple(arg.span for arg in call.node.args),
            )
        return build(a, b)

    return value


def _diag(call: Call) -> Expr:
    """The diagonal matrix of a vector, or the diagonal of a matrix."""
    call.expect(1)
    (value,) = call.values
    if value.is_scalar:
        return value
    if is_row(value.shape):
        value = transpose(value)
    return apply(REGISTRY["diag" if is_column(value.shape) else "diagonal"], (value,))


def _extreme(call: Call) -> Expr:
    """max(x) is the largest entry; max(x, 0) is relu(x), and min(x, 0) is −relu(−x)."""
    call.expect(1, 2)
    assert isinstance(call.name, str)
    if len(call.values) == 1:
        return apply(REGISTRY[call.name], call.values)
    rest = [value for value in call.values if value is not ZERO]
    if len(rest) != 1:
        raise NotYetError(
            f"{call.name} of two expressions is read only where one of them is 0", spans=(call.node.span,),
            advice=f"{call.name}(x) is the {'largest' if call.name == 'max' else 'smallest'} entry.",
        )  # fmt: skip
    if call.name == "max":
        return apply(REGISTRY["relu"], (rest[0],))
    return negate(apply(REGISTRY["relu"], (negate(rest[0]),)))


_SPECIAL: dict[str, Callable[[Call], Expr]] = {
    "inv": _inverse,
    "transpose": _transpose,
    "eye": _eye,
    "ones": _ones,
    "zeros": _zeros,
    "vector": _filled,
    "matrix": _filled,
    "hadamard": _pair(lambda a, b: hadamard(a, b)),
    "inner": _pair(inner),
    "dot": _pair(inner),
    "diag": _diag,
    "Diag": _diag,
    "max": _extreme,
    "min": _extreme,
}
