"""Powers, quotients and functions entry by entry."""

from __future__ import annotations

from fractions import Fraction

from matcalc.codegen.elementwise import broadcast, dense, diagmatrix, scale, split, spread, times, transpose
from matcalc.codegen.terms import Dims, Term, make, number
from matcalc.errors import MatcalcError

__all__ = ["call", "divided", "power"]


def power(base: Term, exponent: Fraction | int) -> Term:
    """The power entry by entry; a square root is a function of its own, so that its powers share it."""
    p = Fraction(exponent)
    if p == 1:
        return base
    if base.op == "spread":
        return spread(power(base.args[0], p), base.dims, base.axis)
    c, core = split(base)
    if c == 0 and p < 0:
        raise MatcalcError("the formula divides by what is always 0", advice="No arguments satisfy its conditions.")
    if c != 1 and p.denominator == 1:
        if core.op == "number":
            return number(base.table, c**p.numerator)
        return scale(c**p.numerator, power(core, p))
    if base.op == "diagmatrix":
        return diagmatrix(power(base.args[0], p)) if p > 0 else power(dense(base), p)
    if base.op == "transpose":
        return transpose(power(base.args[0], p))
    if p.denominator == 2:
        return power(call("sqrt", base), p.numerator)
    if base.op == "times" and len(base.args) == 1 and p.denominator == 1:
        inside, exponent = base.powers[0]
        return power(inside, exponent * p)
    return make("times", (base,), (p,), base.dims)


def divided(a: Term, b: Term) -> Term:
    """A divided by b, entry by entry."""
    return times(a, power(b, -1))


def call(name: str, *args: Term) -> Term:
    """An entrywise function of the registry, or sqrt, or `power` with a scalar exponent."""

    def build(operands: list[Term], dims: Dims) -> Term:
        return make("call", tuple(operands), name, dims)

    return broadcast(args, build)
