"""Functions of a number here and in SymPy: one table for each way.

What SymPy has no name for is written out, and recognised when it is differentiated: 1/(1 + exp(−t)) is
sigmoid(t). What has no name here is written in what has: Max(a, b) is b + relu(a − b).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import reduce
from typing import Any

from matcalc.algebra.build import NUMBER, ONE, POWER, add, apply, is_zero, multiply, number, number_value, subtract
from matcalc.algebra.expr import Expr, postorder
from matcalc.algebra.operations import REGISTRY
from matcalc.errors import NotYetError

__all__ = ["READ", "WRITE", "piecewise"]

_NAMES = {
    "exp": "exp", "log": "log", "abs": "Abs", "sign": "sign", "sin": "sin", "cos": "cos", "tan": "tan", "cot": "cot",
    "sec": "sec", "csc": "csc", "arcsin": "asin", "arccos": "acos", "arctan": "atan", "sinh": "sinh", "cosh": "cosh",
    "tanh": "tanh", "arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh", "erf": "erf",
}  # fmt: skip


def _named(name: str) -> Callable[..., Any]:
    return lambda sympy, t: getattr(sympy, name)(t)


#: (sympy, t, parameters…) → the function in SymPy, by its name here.
WRITE: dict[str, Callable[..., Any]] = {
    **{own: _named(its) for own, its in _NAMES.items()},
    "log1p": lambda s, t: s.log(1 + t),
    "expm1": lambda s, t: s.exp(t) - 1,
    "sigmoid": lambda s, t: 1 / (1 + s.exp(-t)),
    "softplus": lambda s, t: s.log(1 + s.exp(t)),
    "silu": lambda s, t: t / (1 + s.exp(-t)),
    "gelu": lambda s, t: t * (1 + s.erf(t / s.sqrt(2))) / 2,
    "relu": lambda s, t: s.Max(0, t),
    "step": lambda s, t: s.Heaviside(t, 0),
    "clip": lambda s, t, bound: s.Max(-bound, s.Min(t, bound)),
    "huber": lambda s, t, bound: s.Min(s.Abs(t), bound) ** 2 / 2 + bound * s.Max(s.Abs(t) - bound, 0),
}


def _call(name: str) -> Callable[[Sequence[Expr]], Expr]:
    return lambda args: apply(REGISTRY[name], tuple(args))


def _relu(e: Expr) -> Expr:
    return apply(REGISTRY["relu"], (e,))


def _step(e: Expr) -> Expr:
    return apply(REGISTRY["step"], (e,))


def _larger(a: Expr, b: Expr) -> Expr:
    a, b = (b, a) if is_zero(a) else (a, b)
    return _relu(a) if is_zero(b) else add(b, _relu(subtract(a, b)))


def _smaller(a: Expr, b: Expr) -> Expr:
    return subtract(b, _relu(subtract(b, a)))


def _heaviside(args: Sequence[Expr]) -> Expr:
    """H(t), which SymPy has as ½ at 0 unless a second operand says what it is there."""
    t, there = args if len(args) == 2 else (args[0], number(Fraction(1, 2)))
    if is_zero(there):
        return _step(t)
    half = multiply(number(Fraction(1, 2)), add(ONE, apply(REGISTRY["sign"], (t,))))
    at_zero = subtract(subtract(ONE, _step(t)), _step(multiply(number(-1), t)))
    if there is number(Fraction(1, 2)):
        return half
    return add(_step(t), multiply(there, at_zero))


#: The function here by its class in SymPy, on scalar operands.
READ: dict[str, Callable[[Sequence[Expr]], Expr]] = {
    **{its: _call(own) for own, its in _NAMES.items()},
    "Max": lambda args: reduce(_larger, args),
    "Min": lambda args: reduce(_smaller, args),
    "Heaviside": _heaviside,
    "erfc": lambda args: subtract(ONE, apply(REGISTRY["erf"], tuple(args))),
}


# --- cases -----------------------------------------------------------------------------------------------


def piecewise(node: Any, read: Callable[[Any], Expr]) -> Expr:
    """The value of SymPy's Piecewise: by steps, which need every case to have a value everywhere."""
    cases = list(node.args)
    if str(cases[-1].args[1]) != "True":
        raise NotYetError("a Piecewise without a case for all the rest has no counterpart here")
    value = read(cases[-1].args[0])
    _check(value)
    for case in reversed(cases[:-1]):
        here = read(case.args[0])
        _check(here)
        value = add(value, multiply(_holds(case.args[1], read), subtract(here, value)))
    return value


def _check(e: Expr) -> None:
    for node in postorder(e):
        exponent = node.args[1] if node.op is POWER else None
        whole = exponent is not None and exponent.op is NUMBER and isinstance(exponent.data, int)
        if (exponent is not None and not (whole and number_value(exponent) >= 0)) or (
            node.op.domain and node.op.name not in ("abs", "sign", "relu", "step")
        ):
            raise NotYetError(
                f"a case of a Piecewise with {node} has no counterpart here",
                advice="It would be needed where it has no value: cases are weighed by 0 and 1.",
            )


def _holds(condition: Any, read: Callable[[Any], Expr]) -> Expr:
    """1 where the condition holds and 0 elsewhere."""
    kind = type(condition).__name__
    if kind not in ("StrictGreaterThan", "GreaterThan", "StrictLessThan", "LessThan"):
        raise NotYetError(f"the condition {condition} has no counterpart here", advice="Comparisons have: t > 0.")
    left, right = (read(arg) for arg in condition.args)
    above = subtract(left, right)
    if "Less" in kind:
        above = subtract(right, left)
    if kind.startswith("Strict"):
        return _step(above)
    return subtract(ONE, _step(multiply(number(-1), above)))
