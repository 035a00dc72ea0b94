"""Points of the prime field: sizes and entries drawn at random, under the facts that are declared."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product

from matcalc.algebra.facts import closure
from matcalc.algebra.shapes import Dim, dim_names
from matcalc.calculus.variables import Variable
from matcalc.exact.evaluate import NoPoint, NotExact, Point
from matcalc.exact.field import PRIME, Dual, constant, matmul
from matcalc.exact.field import inverse as field_inverse
from matcalc.notation.declarations import Declaration

__all__ = ["Draw", "small_sizes"]

#: Values that all indices together may have.
_PLACES = 81


@dataclass
class Draw:
    """Sizes and entries drawn at random, under the facts declared."""

    sizes: Mapping[str, int]
    symbols: Mapping[str, Declaration]
    rng: random.Random
    values: dict[str, list[list[int]]] = field(default_factory=dict)
    seed: int = 0

    def __post_init__(self) -> None:
        self.seed = self.rng.randrange(2**60)
        for name, d in self.symbols.items():
            self.values[name] = self.array(d.shape, d.facts)

    def at_all_indices(self) -> Iterator[Draw]:
        """This draw with every value of its indices: what holds at one place need not hold at another."""
        names = [name for name, d in self.symbols.items() if "index" in d.facts]
        last = min([self.size(dim) for d in self.symbols.values() for dim in d.shape if dim != 1], default=1)
        if last ** len(names) > _PLACES:
            raise NotExact(f"so many indices at once, {', '.join(names)}")
        for places in product(range(1, last + 1), repeat=len(names)):
            self.values.update({name: [[place]] for name, place in zip(names, places, strict=True)})
            yield self

    def size(self, dim: Dim) -> int:
        """The number that a dimension stands for."""
        return Point(self.sizes, {}, self.rng).size(dim)

    def placed(self, v: list[list[int]], variable: Variable) -> list[list[int]]:
        """The array of the shape of the whole that is v at the places of the part."""
        if not variable.is_part:
            return v
        rows, columns = (self.size(dim) for dim in variable.whole.shape)
        at = [self.place(variable.row, rows), self.place(variable.column, columns)]
        out = [[0] * columns for _ in range(rows)]
        for i, row in zip(at[0], v, strict=True):
            for j, x in zip(at[1], row, strict=True):
                out[i][j] = x
        return out

    def place(self, place: str, size: int) -> range:
        """The indices at a place of an axis, counted from 0."""
        if place == ":":
            return range(size)
        i = int(place) if place.isdecimal() else self.values[place][0][0]
        if i > size:
            raise NoPoint
        return range(i - 1, i)

    def array(self, shape: tuple[object, object], facts: frozenset[str] = frozenset()) -> list[list[int]]:
        """A random array with these facts."""
        point = Point(self.sizes, {}, self.rng)
        rows, columns = point.size(shape[0]), point.size(shape[1])  # type: ignore[arg-type]
        a = [[self.rng.randrange(PRIME) for _ in range(columns)] for _ in range(rows)]
        return _with_facts(a, facts)

    def point(
        self, moves: Mapping[str, list[list[int]]] | None = None, also: Mapping[str, list[list[int]]] | None = None
    ) -> Point:
        """The point, with symbols that move along ε and others along η; functions are drawn alike each time."""
        first, second = moves or {}, also or {}
        values = {
            name: [
                [
                    Dual(x, first[name][i][j] if name in first else 0, second[name][i][j] if name in second else 0)
                    for j, x in enumerate(row)
                ]
                for i, row in enumerate(a)
            ]
            for name, a in self.values.items()
        }
        return Point(self.sizes, values, random.Random(self.seed))


def _with_facts(a: list[list[int]], said: frozenset[str]) -> list[list[int]]:
    n = len(a)
    facts = closure(said) if len(said) > 1 else said
    if "orthogonal" in facts and facts & {"symmetric", "skew"}:
        return _orthogonal_too(a, facts)
    if facts & {"symmetric", "spd", "psd"} and "diagonal" not in facts:
        return [[a[min(i, j)][max(i, j)] for j in range(n)] for i in range(n)]
    if "skew" in facts:
        if "invertible" in facts and n % 2:
            raise NoPoint
        return [[(a[i][j] - a[j][i]) % PRIME for j in range(n)] for i in range(n)]
    if "orthogonal" in facts:  # Cayley: (I − S)(I + S)⁻¹
        s = [[(a[i][j] - a[j][i]) % PRIME for j in range(len(a[0]))] for i in range(n)]
        one = [[int(i == j) for j in range(n)] for i in range(n)]
        plus = constant([[x + y for x, y in zip(r, t, strict=True)] for r, t in zip(one, s, strict=True)])
        minus = constant([[x - y for x, y in zip(r, t, strict=True)] for r, t in zip(one, s, strict=True)])
        return [[x.a for x in row] for row in matmul(minus, field_inverse(plus))]
    if "diagonal" in facts:
        return [[x if i == j else 0 for j, x in enumerate(row)] for i, row in enumerate(a)]
    if "lower" in facts:
        return [[x if i >= j else 0 for j, x in enumerate(row)] for i, row in enumerate(a)]
    if "upper" in facts:
        return [[x if i <= j else 0 for j, x in enumerate(row)] for i, row in enumerate(a)]
    return a


def _orthogonal_too(a: list[list[int]], facts: frozenset[str]) -> list[list[int]]:
    """Orthogonal and definite is I; and diagonal, ±1; and symmetric, a reflection; and skew, quarter turns."""
    n = len(a)
    one = [[int(i == j) for j in range(n)] for i in range(n)]
    if "psd" in facts:
        return one
    if "diagonal" in facts:
        return [[x if a[i][i] % 2 else -x for x in row] for i, row in enumerate(one)]
    if "symmetric" in facts:  # I − 2 v vᵀ / (vᵀv)
        v = a[0]
        length = sum(x * x for x in v) % PRIME
        if not length:
            raise NoPoint
        scale = 2 * pow(length, -1, PRIME)
        return [[(x - scale * v[i] * v[j]) % PRIME for j, x in enumerate(row)] for i, row in enumerate(one)]
    if n % 2:
        raise NoPoint
    basis = constant(_with_facts(a, frozenset({"orthogonal"})))
    turns = constant([[(j == i + 1 and i % 2 == 0) - (i == j + 1 and j % 2 == 0) for j in range(n)] for i in range(n)])
    across = [list(row) for row in zip(*basis, strict=True)]
    return [[x.a for x in row] for row in matmul(matmul(basis, turns), across)]


def small_sizes(symbols: Mapping[str, Declaration], rng: random.Random, least: int) -> dict[str, int]:
    """Small sizes, all different, so that a transpose cannot pass unseen."""
    names = list(dict.fromkeys(n for d in symbols.values() for dim in d.shape for n in dim_names(dim)))
    order = list(range(len(names)))
    rng.shuffle(order)
    return {name: least + k for name, k in zip(names, order, strict=True)}
