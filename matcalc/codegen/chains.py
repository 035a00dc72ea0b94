"""The order of a product: dynamic programming on the shapes, for chains and for traces of chains.

Literal dimensions count as they are; named ones are taken as large and equal. A part that the plan
computes anyway costs nothing. In a chain of inverses, diagonal matrices and 𝟏 the cost of a step is
that of a solve, a scaling or a sum.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

from matcalc.algebra.shapes import Dim, Polynomial
from matcalc.codegen.elementwise import VEC_LEAVES, scale, split, times, transpose
from matcalc.codegen.linear import dot, inner, matmul, matvec, outer, trace
from matcalc.codegen.terms import Term

__all__ = ["Chains", "Factor", "estimate"]

#: What a named dimension counts: m and n are the long sides of a problem, and among equals it shows.
_LARGE, _LONG = 500, frozenset("mnMN")
#: Longer chains are cut before they are ordered, which is cubic in the length.
_LONGEST, _CIRCLE = 16, 12


class Factor(NamedTuple):
    """A term with the orientation that a vector's axes do not show."""

    term: Term
    rows: Dim
    columns: Dim


def _flipped(part: tuple[Factor, ...]) -> tuple[Factor, ...]:
    """The factors of the transpose of a product; x xᵀ and xᵀx have the same terms and differ in orientation."""
    return tuple([Factor(transpose(f.term), f.columns, f.rows) for f in reversed(part)])


def estimate(dim: Dim) -> int:
    """What a dimension counts in a cost."""
    if isinstance(dim, int):
        return max(dim, 1)
    if isinstance(dim, Polynomial):
        return max(1, sum(c * int(_LARGE ** len(monomial)) for monomial, c in dim.terms))
    return 2 * _LARGE if dim in _LONG else _LARGE


def joined(left: Factor, right: Factor) -> Factor:
    """The product of two factors, by orientation."""
    a, b = left.term, right.term
    if a.rank == 0 or b.rank == 0:
        term = times(a, b)
    elif left.columns == 1:
        term = outer(a, b)
    elif left.rows == 1:
        term = dot(a, b) if right.columns == 1 else matvec(transpose(b), a)
    else:
        term = matvec(a, b) if right.columns == 1 else matmul(a, b)
    return Factor(term, left.rows, right.columns)


def _kind(t: Term) -> str:
    core = split(t)[1]
    core = core.args[0] if core.op == "transpose" else core
    core_op = "diagmatrix" if core.op in VEC_LEAVES else core.op
    return core_op if core_op in ("inv", "diagmatrix", "spread", "unit") else ""


def _step(left: str, right: str, r: int, k: int, c: int) -> int:
    """The operations that a product of r×k by k×c takes, given the kinds of its factors."""
    if "unit" in (left, right):  # a row or a column is taken
        return r * c
    if left == "diagmatrix" or right == "diagmatrix":
        return r if left == right else r * c
    if "spread" in (left, right):
        return r * k + k * c
    if "inv" in (left, right):  # two substitutions, each slower than a product
        return 3 * r * k * c
    if k == 1:
        return r * c
    return 2 * r * k * c


#: cost and cut of the parts of a chain: [i][j] for the factors from i to j.
Costs = dict[tuple[int, int], tuple[int, int]]


@dataclass
class Chains:
    """Products that one plan has ordered: what they have computed is free for the next ones."""

    known: dict[tuple[Factor, ...], Factor] = field(default_factory=dict)

    def product(self, factors: Sequence[Factor]) -> Term:
        """The product of the factors in the cheapest order."""
        done = list(factors)
        while len(done) > _LONGEST:
            done = [self._ordered(done[i : i + _LONGEST]) for i in range(0, len(done), _LONGEST)]
        return self._ordered(done).term

    def trace(self, factors: Sequence[Factor]) -> Term:
        """The trace of the product, as a scalar chain or an inner product of two parts if that is cheaper."""
        n = len(factors)
        for i, factor in enumerate(factors):
            if factor.rows == 1:
                return self.product([*factors[i:], *factors[:i]])
        if n == 1 or n > _CIRCLE:
            return trace(self.product(factors))
        circle = [*factors, *factors]
        costs = self._costs(circle, n)
        whole = min((costs[i, i + n - 1][0], i) for i in range(n))
        halves = min(
            (self._both(circle, costs, i, j, i + n - 1) + self._size(circle[i], circle[j]), i, j)
            for i in range(n)
            for j in range(i, i + n - 1)
        )
        if whole[0] < halves[0]:
            return trace(self._build(circle, costs, whole[1], whole[1] + n - 1).term)
        _, i, j = halves
        left, right = self._build(circle, costs, i, j), self._build(circle, costs, j + 1, i + n - 1)
        return inner(transpose(left.term), right.term)

    @staticmethod
    def _both(circle: Sequence[Factor], costs: Costs, i: int, j: int, k: int) -> int:
        """The cost of two parts; of one only if they are each other's transpose."""
        mirrored = 2 * (j - i + 1) == k - i + 1 and _flipped(tuple(circle[i : j + 1])) == tuple(circle[j + 1 : k + 1])
        return costs[i, j][0] + (0 if mirrored else costs[j + 1, k][0])

    @staticmethod
    def _size(left: Factor, right: Factor) -> int:
        return estimate(left.rows) * estimate(right.columns)

    def _ordered(self, factors: Sequence[Factor]) -> Factor:
        if len(factors) == 1:
            return factors[0]
        return self._build(factors, self._costs(factors, len(factors)), 0, len(factors) - 1)

    def _costs(self, factors: Sequence[Factor], longest: int) -> Costs:
        n = len(factors)
        kinds = [_kind(f.term) for f in factors]
        sizes = [estimate(f.rows) for f in factors] + [estimate(factors[-1].columns)]
        ends = [estimate(f.columns) for f in factors]
        costs: Costs = {}
        all_diagonal: dict[tuple[int, int], bool] = {}

        def kind(i: int, j: int) -> str:
            return kinds[i] if i == j else "diagmatrix" if all_diagonal[i, j] else ""

        for i in range(n):
            costs[i, i] = (2 * sizes[i] ** 3 if kinds[i] == "inv" and not self._free(factors, i, i) else 0, i)
            all_diagonal[i, i] = kinds[i] == "diagmatrix"
        for length in range(2, longest + 1):
            for i in range(n - length + 1):
                j = i + length - 1
                all_diagonal[i, j] = all_diagonal[i, j - 1] and kinds[j] == "diagmatrix"
                if self._free(factors, i, j):
                    costs[i, j] = (0, i)
                    continue
                best = None
                for cut in range(i, j):
                    step = _step(kind(i, cut), kind(cut + 1, j), sizes[i], ends[cut], ends[j])
                    left_part, right_part = tuple(factors[i : cut + 1]), tuple(factors[cut + 1 : j + 1])
                    if len(left_part) == len(right_part) and _flipped(left_part) == right_part:
                        step //= 2  # a product with its own transpose is symmetric
                    # an inverse that meets its neighbour is a solve: it need not be formed first
                    left_solves = cut == i and kinds[i] == "inv"
                    right_solves = cut + 1 == j and kinds[j] == "inv" and not left_solves
                    left = 0 if left_solves else costs[i, cut][0]
                    cost = step + left + (0 if right_solves else costs[cut + 1, j][0])
                    if best is None or cost < best[0]:
                        best = (cost, cut)
                assert best is not None
                costs[i, j] = best
        return costs

    def _free(self, factors: Sequence[Factor], i: int, j: int) -> bool:
        if i == j or not self.known:
            return False
        part = tuple(factors[i : j + 1])
        return part in self.known or _flipped(part) in self.known

    def _build(self, factors: Sequence[Factor], costs: Costs, i: int, j: int) -> Factor:
        """The part from i to j as its cuts say; a loop would be longer, and the depth is the length of a chain."""
        if i == j:
            return factors[i]
        part = tuple(factors[i : j + 1])
        found = self.known.get(part)
        if found is not None:
            return found
        other = self.known.get(_flipped(part))
        if other is not None:
            return Factor(transpose(other.term), factors[i].rows, factors[j].columns)
        cut = costs[i, j][1]
        built = joined(self._build(factors, costs, i, cut), self._build(factors, costs, cut + 1, j))
        self.known[part] = built
        return built


def scaled_product(coefficient: Fraction, scalars: Sequence[Term], product: Term) -> Term:
    """Number and scalars times a product: at the smaller side of an outer product, else at its front."""
    c, core = split(product)
    if core.op == "outer" and scalars:
        u, v = core.args
        return scale(c * coefficient, outer(times(*scalars, u), v))
    return scale(coefficient, times(*scalars, product)) if scalars else scale(coefficient, product)
