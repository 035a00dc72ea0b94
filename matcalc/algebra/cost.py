"""The cost of an expression: how many signs a reader has to take in.

Names, numbers, operators, functions and superscripts count one each; brackets, spaces and
juxtaposition are free. The simplifier lets this number fall.
"""

from __future__ import annotations

from fractions import Fraction

from matcalc.algebra.build import (
    ADD,
    GROUP,
    HADAMARD,
    INNER,
    INVERSE,
    MATPOW,
    NUMBER,
    ONES,
    POWER,
    PRODUCT,
    TRANSPOSE,
    Number,
    is_below,
    is_chain,
    magnitude,
    number_value,
    parts,
)
from matcalc.algebra.expr import Expr, postorder

__all__ = ["Cost"]

#: Costs are exact below this; a shared graph may stand for an exponentially long text.
_CAP = 10**9


class Cost:
    """cost(e), remembered by node."""

    def __init__(self) -> None:
        self._known: dict[Expr, int] = {}

    def __call__(self, e: Expr) -> int:
        """The number of signs in e."""
        costs = self._known
        known = costs.get(e)
        if known is not None:
            return known
        if any(arg not in costs for arg in e.args):
            for node in postorder(*e.args, known=costs):
                costs[node] = min(self._compute(node), _CAP)
        found = costs[e] = min(self._compute(e), _CAP)
        return found

    def _compute(self, e: Expr) -> int:
        op = e.op
        if op is NUMBER:
            return _number(number_value(e))
        if op is ONES:
            return 1 if 1 in e.shape and e.shape[1] == 1 else (3 if 1 not in e.shape else 2)
        if not e.args:
            return 1
        known = self._known
        if op is ADD:
            return self._sum(e)
        if op is PRODUCT:
            return self._product(e)
        if op is HADAMARD:
            return sum(self._factor(a) for a in e.args) + len(e.args) - 1
        if op is POWER:
            return self._power(e.args[0], e.args[1])
        if op is TRANSPOSE:
            inner = e.args[0]
            return known[inner] + (0 if inner.op is INVERSE else 1)
        if op is INVERSE:
            return known[e.args[0]] + 1
        if op is MATPOW:
            base, exponent = e.args
            saved = 1 if base.op is INVERSE else 0
            return known[base] + (1 - saved if exponent.op is NUMBER else 1 + known[exponent])
        if op is INNER:
            a, b = e.args
            return known[a] + 1 if a is b else known[a] + known[b] + 1
        if op is GROUP:
            return known[e.args[0]]
        return sum(known[a] for a in e.args) + 1

    def _sum(self, e: Expr) -> int:
        """Terms and the signs between them; a leading minus counts, a minus in between is the operator."""
        total = len(e.args) - 1
        for i, arg in enumerate(e.args):
            total += self._known[arg]
            if i and _negative(arg):
                total -= 1
        return total

    def _product(self, e: Expr) -> int:
        known = self._known
        if is_chain(e):
            return sum(known[a] for a in e.args)
        coefficient, scalars, matrices = parts(e)
        above = [s for s in scalars if not _below(s)]
        below = [s for s in scalars if _below(s)]
        total = sum(known[s] for s in above) + sum(known[m] for m in matrices)
        if below:
            total += 1 + sum(self._power(s.args[0], s.args[1]) - 2 for s in below)
        size = magnitude(coefficient)
        if size != 1 or not (above or matrices):
            total += _number(size)
        return total + (1 if coefficient < 0 else 0)

    def _factor(self, e: Expr) -> int:
        """A factor of ⊙: a reciprocal costs its ⊘ only in place of the ⊙."""
        if _below(e):
            return self._power(e.args[0], e.args[1]) - 2
        return self._known[e]

    def _power(self, base: Expr, exponent: Expr) -> int:
        known = self._known
        if exponent.op is not NUMBER:  # a minus in front of the exponent makes it 1/…
            return known[base] + 1 + known[exponent] + (1 if is_below(exponent) else 0)
        p = number_value(exponent)
        reciprocal = 2 if p < 0 else 0
        size = magnitude(p)
        if base.op is INNER and base.args[0] is base.args[1]:  # ‖x‖ to some power
            return known[base] + (1 if size != Fraction(1, 2) else 0) + reciprocal
        if size == 1:
            return known[base] + reciprocal
        if size.denominator == 1:
            doubled = size == 2 and 1 not in base.shape  # Z ⊙ Z
            return (2 * known[base] + 1 if doubled else known[base] + 1) + reciprocal
        if size.denominator == 2:
            return known[base] + 1 + (1 if size.numerator != 1 else 0) + reciprocal
        return known[base] + 1 + _number(size) + reciprocal


def _number(value: Number) -> int:
    size = magnitude(value)
    plain = size.denominator == 1 or (size.numerator == 1 and size.denominator <= 6)
    return (1 if plain else 3) + (1 if value < 0 else 0)


def _negative(e: Expr) -> bool:
    if e.op is NUMBER:
        return number_value(e) < 0
    return e.op is PRODUCT and not is_chain(e) and e.data < 0  # type: ignore[operator]


def _below(e: Expr) -> bool:
    """Whether e is printed below a fraction bar."""
    return e.op is POWER and is_below(e.args[1])
