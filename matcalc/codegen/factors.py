"""What a product is made of, before its order is planned: groups, powers and sums taken apart where that pays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from matcalc.algebra.build import is_chain, is_number, number_value, parts, transpose
from matcalc.algebra.expr import Expr
from matcalc.algebra.shapes import SCALAR

__all__ = ["Flat", "flat", "is_product", "repeated", "spread_over", "summands"]

#: A matrix power up to this meets a vector as repeated products.
_REPEATED = 16
#: Summands that cost less applied to a vector than formed.
_CHEAP_APPLIED = frozenset({"identity", "diag", "inv", "ones", "kron", "commutation", "diagonalizer"})


@dataclass(frozen=True)
class Flat:
    """A product: number · scalars · matrix factors."""

    coefficient: Fraction
    scalars: tuple[Expr, ...]
    matrices: tuple[Expr, ...]

    def reads(self) -> list[Expr]:
        """The expressions whose terms the product is made of."""
        return [*self.scalars, *[base for base, _ in repeated(self.matrices)]]


def is_product(e: Expr) -> bool:
    """Whether the expression is a matrix that is a product of several."""
    return e.op.name == "product" and e.shape != SCALAR and len(parts(e)[2]) > 1


def flat(e: Expr, users: Mapping[Expr, int]) -> Flat:
    """The expression as a product; groups that nothing else uses are taken apart."""
    c, scalars, matrices = (1, (), e.args) if is_chain(e) else parts(e)
    coefficient, front, factors = Fraction(c), list(scalars), list[Expr]()
    stack = list(reversed(matrices))
    while stack:
        factor = stack.pop()
        body = factor.args[0] if factor.op.name == "transpose" else factor
        if body.op.name == "group" and users.get(body, 0) <= 1:
            content = body.args[0] if body is factor else transpose(body.args[0])
            c, s, m = parts(content)
            if len(m) > 1 or content.op.name in ("group", "product"):
                coefficient *= c
                front += s
                stack.extend(reversed(m))
                continue
        factors.append(factor)
    return Flat(coefficient, tuple(front), tuple(factors))


def repeated(matrices: Sequence[Expr]) -> list[tuple[Expr, int]]:
    """Factors with how often they stand: powers are written out where a vector ends the chain."""
    if not matrices:
        return []
    at_vector = matrices[0].shape[0] == 1 or matrices[-1].shape[1] == 1
    out = []
    for e in matrices:
        written_out = at_vector and e.op.name == "matpow" and is_number(e.args[1])
        if written_out and 2 <= number_value(e.args[1]) <= _REPEATED:
            out.append((e.args[0], int(number_value(e.args[1]))))
        else:
            out.append((e, 1))
    return out


def spread_over(product: Flat, users: Mapping[Expr, int]) -> int:
    """How many factors at the end are applied to the column behind them one after another; 0 if a plan is better.

    (XᵀX + λ I) w is Xᵀ(X w) + λ w: a sum that nothing else needs is not formed if one of its terms
    is a product, an inverse or diagonal.
    """
    matrices = product.matrices
    if len(matrices) < 2 or matrices[-1].shape[1] != 1:
        return 0
    first = next((i for i, e in enumerate(matrices[:-1]) if _applied(e, users)), None)
    return 0 if first is None else len(matrices) - 1 - first


def _applied(e: Expr, users: Mapping[Expr, int]) -> bool:
    return e.op.name == "add" and 1 not in e.shape and users.get(e, 0) <= 1 and any(_cheap(t) for t in e.args)


def _cheap(term: Expr) -> bool:
    _, _, matrices = parts(term)
    return len(matrices) > 1 or matrices[0].op.name in _CHEAP_APPLIED


def summands(e: Expr, users: Mapping[Expr, int]) -> tuple[Expr, ...]:
    """The terms of a factor that is applied term by term, or the factor itself."""
    return e.args if _applied(e, users) else (e,)
