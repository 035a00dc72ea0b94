"""Keys: when two expressions are the same up to commutativity, transposition and sign.

A key is a small integer from a table that the context owns. Each node has two, its own and that
of its transpose, so xᵀA y and yᵀAᵀ x meet, and an expression is symmetric exactly when its two
keys agree. Keys only compare; what is shown keeps the order that was typed.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import cast

from matcalc.algebra.build import (
    ADD,
    CONSTANT,
    HADAMARD,
    INNER,
    MATPOW,
    NUMBER,
    ONES,
    POWER,
    PRODUCT,
    SYMBOL,
    TRANSPOSE,
    ZEROS,
    Number,
    is_chain,
    parts,
)
from matcalc.algebra.contractions import Spec, canonical
from matcalc.algebra.expr import Expr, postorder
from matcalc.algebra.networks import CONTRACT
from matcalc.algebra.shapes import SCALAR

__all__ = ["Keys"]

Pair = tuple[int, int]
#: (number, keys of scalars), the keys of the matrix factors, and those of their transposes.
Cycle = tuple[tuple[Number, tuple[int, ...]], list[int], list[int]]
#: Of more factors not all rotations are tried.
_LONGEST_CYCLE = 12


class Keys:
    """The keys of expressions under facts.

    symmetric(symbol) says whether a symbol equals its transpose.
    """

    def __init__(self, symmetric: Callable[[Expr], bool] = lambda _: False) -> None:
        self._symmetric = symmetric
        self._table: dict[Hashable, int] = {}
        self._pairs: dict[Expr, Pair] = {}
        self._signed: dict[Expr, tuple[Number, Pair]] = {}

    def __call__(self, e: Expr) -> int:
        """The key of e."""
        return self.pair(e)[0]

    def same(self, a: Expr, b: Expr) -> bool:
        """Whether a and b are the same expression up to order, transposition and sign rules."""
        return a is b or (a.shape == b.shape and self(a) == self(b))

    def is_symmetric(self, e: Expr) -> bool:
        """Whether e equals its transpose by its form and the facts on its symbols."""
        if e.shape[0] != e.shape[1]:
            return False
        own, flipped = self.pair(e)
        return own == flipped

    def pair(self, e: Expr) -> Pair:
        """The keys of e and of eᵀ."""
        pairs = self._pairs
        known = pairs.get(e)
        if known is not None:
            return known
        if any(arg not in pairs for arg in e.args):
            for node in postorder(*e.args, known=pairs):
                pairs[node] = self._compute(node)
        found = pairs[e] = self._compute(e)
        return found

    def term(self, e: Expr) -> tuple[Number, int]:
        """(number, key) of e read as a term: a number times the rest, signs of sums pulled out."""
        number, pair = self._split(e)
        return number, pair[0]

    # --- how the table is filled -------------------------------------------------------------

    def _id(self, *description: Hashable) -> int:
        return self._table.setdefault(description, len(self._table))

    def _invariant(self, *description: Hashable) -> Pair:
        key = self._id(*description)
        return key, key

    def _compute(self, e: Expr) -> Pair:
        number, pair = self._split(e)
        if number == 1:
            return pair
        return self._id("times", number, pair[0]), self._id("times", number, pair[1])

    def _split(self, e: Expr) -> tuple[Number, Pair]:
        known = self._signed.get(e)
        if known is None:
            known = self._signed[e] = self._split_new(e)
        return known

    def _split_new(self, e: Expr) -> tuple[Number, Pair]:
        op = e.op
        if op is ADD:
            return self._sum(e)
        if op is NUMBER:
            return e.data, self._invariant("one")  # type: ignore[return-value]
        if op is PRODUCT:
            return self._product(e)
        if op is HADAMARD:
            number, upright, across = self._factors(e.args)
            return number, (self._id("⊙", *sorted(upright)), self._id("⊙", *sorted(across)))
        if op is TRANSPOSE:
            number, (own, flipped) = self._split(e.args[0])
            return number, (flipped, own)
        if op is CONTRACT:
            return self._contraction(e)
        if op is POWER and e.args[1].op is NUMBER and isinstance(e.args[1].data, int):
            sign, pair = self._split(e.args[0])
            if abs(sign) == 1:  # (b − a)² is (a − b)²
                exponent = e.args[1].data
                own, flipped = pair if exponent % 2 else self._unsigned(e.args[0])
                return sign if exponent % 2 else 1, (self._id("^", exponent, own), self._id("^", exponent, flipped))
        if op is INNER:
            (p, a), (q, b) = (self._split(arg) for arg in e.args)
            if 1 in e.args[0].shape:  # an inner product of vectors is a chain
                return p * q, self._chain_key([min(a), min(b)])
            left, right = (self._cycle(arg) for arg in e.args)
            mirrored = left[0], left[2][::-1], left[1][::-1]
            return self._trace(mirrored, right)
        if op.cyclic:
            return self._trace(self._cycle(e.args[0]))
        return 1, self._other(e)

    def _sum(self, e: Expr) -> tuple[Number, Pair]:
        """A sum, with the sign that makes the coefficient of its least term positive."""
        split = [self._split(arg) for arg in e.args]
        own = sorted((pair[0], number) for number, pair in split)
        flipped = sorted((pair[1], number) for number, pair in split)
        sign = -1 if own[0][1] < 0 else 1
        signs = self._id("+", *[(k, sign * n) for k, n in own]), self._id("+", *[(k, sign * n) for k, n in flipped])
        return sign, signs

    def _unsigned(self, e: Expr) -> Pair:
        """The keys of e and of eᵀ where the sign of a sum does not matter, of each of them by itself."""
        if e.op is TRANSPOSE:
            return self._unsigned(e.args[0])[::-1]
        if e.op is not ADD:
            return self._split(e)[1]
        split = [self._split(arg) for arg in e.args]
        own, flipped = (sorted((pair[side], number) for number, pair in split) for side in (0, 1))
        return self._either_sign(own), self._either_sign(flipped)

    def _either_sign(self, terms: list[tuple[int, Number]]) -> int:
        return min(self._id("+", *terms), self._id("+", *[(k, -n) for k, n in terms]))

    def _factors(self, args: tuple[Expr, ...]) -> tuple[Number, list[int], list[int]]:
        number: Number = 1
        own, flipped = [], []
        for arg in args:
            n, pair = self._split(arg)
            number = number * n
            own.append(pair[0])
            flipped.append(pair[1])
        return number, own, flipped

    def _product(self, e: Expr) -> tuple[Number, Pair]:
        if is_chain(e):
            number, own, flipped = self._factors(e.args)
            if len(own) == 2:
                return number, self._chain_key([min(own[0], flipped[0]), min(own[1], flipped[1])])
            return number, self._invariant("·", *min(own, flipped[::-1]))
        coefficient, scalars, matrices = parts(e)
        number, outside, _ = self._factors(scalars)
        sign, own, flipped = self._factors(matrices)
        total = coefficient * number * sign
        if not matrices and len(outside) == 1:
            return total, (outside[0], outside[0])
        if not outside and len(own) == 1:
            return total, (own[0], flipped[0])
        outside.sort()
        head = ("×", *outside)
        return total, (self._id(head, *own), self._id(head, *flipped[::-1]))

    def _cycle(self, e: Expr) -> Cycle:
        """The factors of a matrix product under a trace; whole powers are spelled out."""
        coefficient, scalars, matrices = parts(e)
        number, outside, _ = self._factors(scalars)
        spelled: list[Expr] = []
        for factor in matrices:
            base, times = (factor.args[0], factor.args[1]) if factor.op is MATPOW else (factor, None)
            count = times.data if times is not None and times.op is NUMBER else 0
            spelled += [base] * count if isinstance(count, int) and 0 < count <= _LONGEST_CYCLE else [factor]
        sign, own, flipped = self._factors(tuple(spelled))
        return (coefficient * number * sign, tuple(sorted(outside))), own, flipped

    def _trace(self, *cycles: Cycle) -> tuple[Number, Pair]:
        """tr(A B C) = tr(B C A) = tr(Cᵀ Bᵀ Aᵀ): the least of all ways to write the factors in a circle."""
        number: Number = 1
        outside: list[int] = []
        own: list[int] = []
        flipped: list[int] = []
        for (n, scalars), ahead, across in cycles:
            number = number * n
            outside += scalars
            own += ahead
            flipped += across
        flipped.reverse()
        turns = range(len(own)) if len(own) <= _LONGEST_CYCLE else (0,)
        least = min([way[i:] + way[:i] for way in (own, flipped) for i in turns])
        return number, self._invariant("tr", *sorted(outside), "of", *least)

    def _contraction(self, e: Expr) -> tuple[Number, Pair]:
        """An index sum up to the order of its factors and the names of its indices."""
        operands, out = cast(Spec, e.data)
        number: Number = 1
        entries: list[tuple[int, int, tuple[int, ...]]] = []
        for arg, axes in zip(e.args, operands, strict=True):
            n, pair = self._split(arg)
            number = number * n
            entries.append((*pair, axes))
        bound = sorted({i for axes in operands for i in axes if i not in out})
        own = self._id("∑", e.shape, *canonical(entries, out, bound))
        if len(out) < 2:
            return number, (own, own if not out else self._id("transpose", own))
        return number, (own, self._id("∑", e.shape[::-1], *canonical(entries, out[::-1], bound)))

    def _chain_key(self, vectors: list[int]) -> Pair:
        return self._invariant("·", *sorted(vectors))

    def _other(self, e: Expr) -> Pair:
        op = e.op
        if op is SYMBOL:
            own = self._id("symbol", e.data, e.shape)
            if e.shape == SCALAR or self._symmetric(e):
                return own, own
            return own, self._id("transpose", own)
        if op is ONES or op is ZEROS:
            return self._id(op.name, e.shape), self._id(op.name, e.shape[::-1])
        if op is CONSTANT or not e.args:
            return self._invariant(op.name, e.data, e.shape)
        pairs = [self.pair(arg) for arg in e.args]
        own = self._id(op.name, e.data, *[p[0] for p in pairs])
        if op.transpose == "blind":
            flipped = self._id(op.name, e.data, *[p[1] for p in pairs])
            return min(own, flipped), min(own, flipped)
        if e.shape == SCALAR or op.transpose == "invariant":
            return own, own
        if op.transpose == "commutes":
            return own, self._id(op.name, e.data, *[p[1] for p in pairs])
        return own, self._id("transpose", own)
