"""Polynomials in one function of entries, such as sigmoid(Z), written as products of linear factors."""

from __future__ import annotations

from fractions import Fraction
from functools import reduce
from math import gcd, lcm

from matcalc.algebra.build import (
    ADD,
    HADAMARD,
    NUMBER,
    ONES,
    POWER,
    add,
    hadamard,
    is_number,
    multiply,
    number,
    number_value,
    ones,
    parts,
)
from matcalc.algebra.expr import Expr
from matcalc.algebra.shapes import SCALAR

__all__ = ["in_factors"]

#: Polynomials of a higher degree, or whose operations nest deeper, are left as they are.
_DEGREE, _DEPTH = 6, 5

Coefficients = list[Fraction]


def in_factors(e: Expr) -> Expr | None:
    """The sum as a product of linear factors with rational coefficients; None if it has no such form.

    >>> from matcalc import parse
    >>> print(in_factors(parse("1 − 3 tanh(t) + 2 tanh(t)²", where={"t": "scalar"})))
    (1 − tanh(t))(1 − 2 tanh(t))
    """
    found: list[Expr] = []
    coefficients = _polynomial(e, found, _DEPTH)
    if coefficients is None or len(found) != 1 or not found[0].args or len(coefficients) < 3:
        return None
    size = lcm(*[c.denominator for c in coefficients])
    content = Fraction(reduce(gcd, [int(c * size) for c in coefficients]), size)
    rest = [c / content for c in coefficients]
    factors: list[Expr] = []
    (base,) = found
    while len(rest) > 1:
        root = _rational_root(rest)
        if root is None:
            return None
        p, q = root.numerator, root.denominator
        rest = _divided(rest, root)
        if p == 0:
            factors.append(base)
        else:  # q (x − p/q) is −sign(p) (|p| − sign(p) q x)
            sign = 1 if p > 0 else -1
            factors.append(add(_constant(abs(p), e), multiply(number(-sign * q), base)))
            content *= Fraction(-sign, q)
    content *= rest[0]
    combine = multiply if e.shape == SCALAR else hadamard
    return combine(number(content), *factors)


def _constant(value: int, e: Expr) -> Expr:
    return number(value) if e.shape == SCALAR else multiply(number(value), ones(*e.shape))


def _polynomial(e: Expr, found: list[Expr], depth: int) -> Coefficients | None:
    """The coefficients in the one thing that `found` holds in the end, the constant first."""
    if e.op is NUMBER:
        return [Fraction(number_value(e))]
    if e.op is ONES:
        return [Fraction(1)]
    if depth and e.op is ADD:
        return _combined(e.args, found, depth, _sum)
    if depth and e.op is HADAMARD:
        return _combined(e.args, found, depth, _product)
    if depth and e.op is POWER and is_number(e.args[1]) and number_value(e.args[1]) in range(2, _DEGREE + 1):
        return _combined([e.args[0]] * int(number_value(e.args[1])), found, depth, _product)
    c, scalars, matrices = parts(e)
    factors = (*scalars, *matrices)
    if depth and (c != 1 or len(factors) > 1) and not (matrices and scalars) and len(matrices) < 2:
        inside = _combined(factors, found, depth, _product)
        return None if inside is None else [c * x for x in inside]
    if e not in found:
        found.append(e)
    return [Fraction(0), Fraction(1)] if len(found) == 1 else None


def _combined(args: object, found: list[Expr], depth: int, combine: object) -> Coefficients | None:
    total: Coefficients | None = None
    for arg in args:  # type: ignore[attr-defined]
        one = _polynomial(arg, found, depth - 1)
        if one is None:
            return None
        total = one if total is None else combine(total, one)  # type: ignore[operator]
        if len(total) > _DEGREE + 1:
            return None
    while total is not None and len(total) > 1 and total[-1] == 0:
        total.pop()
    return total


def _sum(a: Coefficients, b: Coefficients) -> Coefficients:
    return [(a[i] if i < len(a) else Fraction(0)) + (b[i] if i < len(b) else 0) for i in range(max(len(a), len(b)))]


def _product(a: Coefficients, b: Coefficients) -> Coefficients:
    out = [Fraction(0)] * (len(a) + len(b) - 1)
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            out[i + j] += x * y
    return out


def _rational_root(c: Coefficients) -> Fraction | None:
    """A root p/q, where p divides the constant and q the leading coefficient, if these are small."""
    if c[0] == 0:
        return Fraction(0)
    size = lcm(*[x.denominator for x in c])
    low, high = abs(int(c[0] * size)), abs(int(c[-1] * size))
    if max(low, high) > 100:
        return None
    tried = [Fraction(s * p, q) for q in range(1, high + 1) if high % q == 0 for p in range(1, low + 1) if low % p == 0
             for s in (1, -1)]  # fmt: skip
    return next((r for r in tried if sum(x * r**i for i, x in enumerate(c)) == 0), None)


def _divided(c: Coefficients, root: Fraction) -> Coefficients:
    """The quotient by (x − root)."""
    out = [c[-1]]
    for x in reversed(c[1:-1]):
        out.append(x + root * out[-1])
    return out[::-1]
