"""The functions of the notation for expressions in Python: `functions.exp(x)`, `functions.tr(A @ B)`.

Every row of the rulebook that a text can call is here under its names, and so are the shorthands of
the notation: inv, diag, hadamard, inner, eye …

>>> from matcalc import functions, symbols
>>> A, x = symbols("A: n n, x: n")
>>> print(functions.exp(A @ x), functions.tr(functions.inv(A)), functions.hadamard(x, x))
exp(A x) tr(A⁻¹) x²
"""

from __future__ import annotations

from collections.abc import Callable

from matcalc.algebra.expr import Expr
from matcalc.algebra.operations import REGISTRY
from matcalc.errors import DataError, MatcalcError, NotYetError
from matcalc.notation.calls import Call, call_function
from matcalc.notation.operators import as_expr
from matcalc.notation.tree import Node
from matcalc.notation.words import READER_FUNCTIONS

__all__: list[str] = []

#: Their size comes from a text.
_SIZED = frozenset({"vector", "matrix"})


def __getattr__(name: str) -> Callable[..., Expr]:
    if name.startswith("_") or (name not in REGISTRY.names and name not in READER_FUNCTIONS):
        raise AttributeError(f"there is no function {name}")

    def function(*operands: object) -> Expr:
        return _called(name, operands)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"{name} of expressions or numbers."
    return function


def __dir__() -> list[str]:
    return sorted({name for name in REGISTRY.names if name.isidentifier()} | (READER_FUNCTIONS - _SIZED))


def _called(name: str, operands: tuple[object, ...]) -> Expr:
    if name in _SIZED:
        raise NotYetError(f"{name} takes its size from a text", advice="Write α * ones(m, n).")
    values: list[Expr] = []
    for operand in operands:
        value = as_expr(operand)
        if value is None:
            raise DataError(f"{name} takes expressions and numbers, and not a {type(operand).__name__}")
        values.append(value)
    nodes = [Node("operand", [], None, 0, 0) for _ in values]
    try:
        return call_function(Call(name, tuple(values), Node("call", nodes, name, 0, 0)), {})
    except MatcalcError as error:
        raise type(error)(error.message, advice=error.advice) from None
