"""Functions that act entry by entry, over a prime field: a value drawn once for each argument.

What agrees for free values agrees for the true ones. Some functions are written in others, so that the
relations that simplification uses hold: sigmoid and tanh in exp, tan in sin and cos, |t| in the sign.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from functools import cache

from matcalc.algebra.build import symbol
from matcalc.algebra.expr import Expr, postorder
from matcalc.algebra.operations import REGISTRY
from matcalc.algebra.shapes import SCALAR
from matcalc.calculus.formulas import derivative_template
from matcalc.exact.field import PRIME, Dual
from matcalc.notation.read import read_formula

__all__ = ["SIGNS", "Functions", "drawn_functions"]

#: In terms of others.
_WRITTEN = {
    "sigmoid": "1/(1 + exp(-t))", "softplus": "log(1 + exp(t))", "log1p": "log(1 + t)", "expm1": "exp(t) - 1",
    "tanh": "(exp(t) - exp(-t))/(exp(t) + exp(-t))", "sinh": "½ (exp(t) - exp(-t))", "cosh": "½ (exp(t) + exp(-t))",
    "tan": "sin(t)/cos(t)", "cot": "cos(t)/sin(t)", "sec": "1/cos(t)", "csc": "1/sin(t)", "abs": "t sign(t)",
    "relu": "½ (t + t sign(t))", "step": "½ (1 + sign(t))", "silu": "t sigmoid(t)", "gelu": "½ t (1 + erf(t/sqrt(2)))",
}  # fmt: skip
_ODD = frozenset({"sin", "sign", "erf", "arctan", "arcsin", "arcsinh", "arctanh"})
_EVEN = frozenset({"cos"})
#: Functions whose values are signs: a statement holds for the signs that were drawn.
SIGNS = frozenset({"sign", "abs", "relu", "step"})


@cache
def _written(name: str) -> Expr:
    return read_formula(_WRITTEN[name], {"t": SCALAR}, SCALAR)


class Functions:
    """The values drawn at one point, and how a dual number goes through a function.

    evaluate(formula, values) is how formulas in t and y are computed.
    """

    def __init__(self, rng: random.Random, evaluate: Callable[[Expr, dict[Expr, Dual]], Dual]) -> None:
        self._seed = rng.randrange(PRIME)
        self._evaluate = evaluate

    def __call__(self, name: str, x: Dual) -> Dual:
        """f(x), where f is drawn at x.a and its derivative is that of the row."""
        t, y = symbol("t", SCALAR), symbol("y", SCALAR)
        if name in _WRITTEN:
            return self._evaluate(_written(name), {t: x})
        slope = derivative_template(REGISTRY[name], 0)
        value = self._value(name, x.a)
        flat = Dual(value)
        if (x.b, x.c, x.d) == (0, 0, 0):
            return flat
        at = self._evaluate(slope, {t: Dual(x.a), y: flat})
        first = flat + at * Dual(0, x.b)
        if not x.c and not x.d:
            return first
        rising = self._evaluate(slope, {t: Dual(x.a, x.b), y: first})
        return first + rising * Dual(0, 0, x.c, x.d)

    def _value(self, name: str, a: int) -> int:
        small = min(a, PRIME - a) if a else 0
        sign = 1 if a == small else -1
        if name == "exp":
            return self._draw("exp", small) if sign == 1 else pow(self._draw("exp", small), -1, PRIME)
        if name in ("sin", "cos"):
            tau = self._draw("tan half", small)
            below = pow(1 + tau * tau, -1, PRIME)
            return sign * 2 * tau * below % PRIME if name == "sin" else (1 - tau * tau) * below % PRIME
        if name == "sign":
            return sign * self._sign(small) % PRIME
        if name in _ODD:
            return sign * self._draw(name, small) % PRIME
        return self._draw(name, small if name in _EVEN else a)

    def _sign(self, small: int) -> int:
        return 2 * (self._draw("sign", small) % 2) - 1

    def _draw(self, name: str, at: int) -> int:
        """A value that depends on nothing but the point, the function and the argument."""
        return random.Random(f"{self._seed} {name} {at}").randrange(2, PRIME)


def drawn_functions(roots: Iterable[Expr]) -> set[str]:
    """The functions in these expressions whose values are drawn, seen through those that are written in others."""
    out: set[str] = set()
    todo = [name for root in roots for node in postorder(root) for name in _underlying(node)]
    while todo:
        name = todo.pop()
        if name in _WRITTEN and name not in SIGNS:
            todo += [node.op.name for node in postorder(_written(name)) if node.op.elementwise]
        else:
            out.add("sign" if name in SIGNS else name)
    return out


def _underlying(node: Expr) -> Iterable[str]:
    if node.op.elementwise:
        return (node.op.name,)
    return _THROUGH.get(node.op.name, ())


_THROUGH = {"softmax": ("exp",), "logsumexp": ("exp", "log"), "logdet": ("log",), "norm1": ("sign",)}
