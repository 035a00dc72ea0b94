"""Numbers a + b ε + c η + d εη modulo a prime, with ε² = η² = 0, and matrices of them.

f(x + ε v + η w) has f itself, its two directional derivatives and the mixed second one as coefficients.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["PRIME", "Dual", "Matrix", "NoPoint", "constant", "determinant", "inverse", "matmul", "root"]

#: 2⁶¹ − 1, a prime that is 3 modulo 4, so that half of all numbers have a root that one power gives.
PRIME = 2**61 - 1


class NoPoint(Exception):
    """The function has no value at the point that was drawn."""


@dataclass(frozen=True, slots=True)
class Dual:
    """a + b ε + c η + d εη.

    >>> x = Dual(3, 1)
    >>> x * x
    Dual(a=9, b=6, c=0, d=0)
    """

    a: int
    b: int = 0
    c: int = 0
    d: int = 0

    def __add__(self, o: Dual) -> Dual:
        return Dual((self.a + o.a) % PRIME, (self.b + o.b) % PRIME, (self.c + o.c) % PRIME, (self.d + o.d) % PRIME)

    def __neg__(self) -> Dual:
        return Dual(-self.a % PRIME, -self.b % PRIME, -self.c % PRIME, -self.d % PRIME)

    def __sub__(self, o: Dual) -> Dual:
        return self + (-o)

    def __mul__(self, o: Dual) -> Dual:
        return Dual(
            self.a * o.a % PRIME,
            (self.a * o.b + self.b * o.a) % PRIME,
            (self.a * o.c + self.c * o.a) % PRIME,
            (self.a * o.d + self.d * o.a + self.b * o.c + self.c * o.b) % PRIME,
        )

    def power(self, exponent: int, halves: int = 1) -> Dual:
        """The power by exponent/halves, with halves 1 or 2: a^q (1 + q N/a + q (q − 1)/2 N²/a²)."""
        if halves == 1 and exponent >= 0:
            out = Dual(1)
            for _ in range(exponent if exponent < 4 else 0):
                out = out * self
            if exponent < 4:
                return out
        if self.a == 0:
            raise NoPoint
        base = self.a if halves == 1 else root(self.a)
        q = Dual(exponent * pow(halves, -1, PRIME) % PRIME)
        n = Dual(0, self.b, self.c, self.d) * Dual(pow(self.a, -1, PRIME))
        half = Dual(pow(2, -1, PRIME))
        return Dual(pow(base, exponent, PRIME)) * (Dual(1) + q * n + q * (q - Dual(1)) * half * n * n)

    @property
    def parts(self) -> tuple[int, int, int, int]:
        """The four coefficients."""
        return self.a, self.b, self.c, self.d


def root(a: int) -> int:
    """The square root that is a square itself; it is multiplicative. Half of all numbers have none."""
    r = pow(a, (PRIME + 1) // 4, PRIME)
    if r * r % PRIME != a % PRIME:
        raise NoPoint
    return r


Matrix = list[list[Dual]]


def constant(rows: Sequence[Sequence[int]]) -> Matrix:
    """A matrix without nilpotents."""
    return [[Dual(x % PRIME) for x in row] for row in rows]


def matmul(a: Matrix, b: Matrix) -> Matrix:
    """The product of two matrices."""
    columns = list(zip(*b, strict=True))
    return [[_dot(row, column) for column in columns] for row in a]


def _dot(row: Sequence[Dual], column: Sequence[Dual]) -> Dual:
    total = Dual(0)
    for x, y in zip(row, column, strict=True):
        total = total + x * y
    return total


def determinant(m: Matrix) -> Dual:
    """The determinant, by elimination with units as pivots."""
    return _eliminate([list(row) for row in m])


def inverse(m: Matrix) -> Matrix:
    """The inverse, by elimination beside the identity."""
    n = len(m)
    rows = [[*row, *[Dual(int(i == j)) for j in range(n)]] for i, row in enumerate(m)]
    _eliminate(rows)
    return [row[n:] for row in rows]


def _eliminate(rows: Matrix) -> Dual:
    """The rows reduced in place to the identity, as far as they are square; the product of the pivots."""
    total = Dual(1)
    for i in range(len(rows)):
        pivot = next((k for k in range(i, len(rows)) if rows[k][i].a), None)
        if pivot is None:
            raise NoPoint
        if pivot != i:
            rows[i], rows[pivot] = rows[pivot], rows[i]
            total = -total
        total = total * rows[i][i]
        scale = rows[i][i].power(-1)
        rows[i] = [x * scale for x in rows[i]]
        for k in range(len(rows)):
            if k != i and rows[k][i] != Dual(0):
                factor = rows[k][i]
                rows[k] = [x - factor * y for x, y in zip(rows[k], rows[i], strict=True)]
    return total
