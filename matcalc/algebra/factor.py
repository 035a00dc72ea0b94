"""Factoring sums: common matrix factors at either end, common factors of ⊙, common scalars.

A candidate is a sum in which some terms are replaced by common · (rest + rest + …). The caller
simplifies candidates and keeps one that is cheaper.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm

from matcalc.algebra.build import (
    ADD,
    HADAMARD,
    IDENTITY,
    ONE,
    Number,
    add,
    hadamard,
    identity,
    is_number,
    multiply,
    number,
    number_value,
    ones,
    parts,
    power,
    subtract,
    transpose,
)
from matcalc.algebra.collect import base_exponent, collect_sum
from matcalc.algebra.expr import Expr
from matcalc.algebra.keys import Keys
from matcalc.algebra.shapes import SCALAR

__all__ = ["Common", "Split", "candidates", "common_denominator"]

#: At most this many groups of terms are tried for a sum.
_TRIES = 6


@dataclass(frozen=True, slots=True)
class Common:
    """Terms that share something: outside(rest₁ + rest₂ + …), which terms they were, and whether all."""

    positions: tuple[int, ...]
    prefix: tuple[Expr, ...]
    suffix: tuple[Expr, ...]
    rests: tuple[Expr, ...]
    entrywise: bool = False
    whole: bool = False

    @property
    def penalty(self) -> int:
        """I left behind in a bracket counts, X⁻¹A + X⁻¹ stays as it is; (1 − α) x is preferred to x − α x."""
        if self.rests[0].shape == SCALAR and (self.suffix or self._leaves_one()):
            return -1
        ends = (self.prefix or self.suffix) and not self.entrywise
        return int(bool(ends) and any(_core(rest).op is IDENTITY for rest in self.rests))

    def _leaves_one(self) -> bool:
        """Whether scalars come out of a scalar sum such that 1 is left of a term: k (1 − l/r)."""
        named = any(not is_number(factor) for factor in self.prefix)
        return (
            self.whole
            and named
            and all(f.shape == SCALAR for f in self.prefix)
            and any(rest is ONE for rest in self.rests)
        )

    def one_sided(self, keys: Keys) -> bool:
        """Whether matrix factors come out at one end only, or different ones at the two ends."""
        if self.rests[0].shape == SCALAR:
            return False
        left = [f for f in self.prefix if f.shape != SCALAR]
        if self.entrywise or not (left or self.suffix):
            return False
        if len(left) != len(self.suffix):
            return True
        return not all(keys.same(a, transpose(b)) for a, b in zip(left, reversed(self.suffix), strict=True))

    def build(self, inside: Expr) -> Expr:
        """The common part around the simplified sum of the rests."""
        if self.entrywise:
            return hadamard(*self.prefix, inside)
        return multiply(*self.prefix, inside, *self.suffix)


def _core(e: Expr) -> Expr:
    _, _, m = parts(e)
    return m[0] if len(m) == 1 else e


#: The parts of a term: number, scalars, matrix factors.
Split = tuple[Number, tuple[Expr, ...], tuple[Expr, ...]]


def candidates(split: list[Split], keys: Keys) -> Iterator[Common]:
    """Groups of terms, each given by its parts, with something in common, the most promising first."""
    if not _share_anything(split, keys):
        return
    yield from _scalars(split, keys)
    if split[0][2]:
        yield from _wholes(split, keys)
        yield from _ends(split, keys, left=True)
        yield from _ends(split, keys, left=False)
        yield from _entrywise(split, keys)


def _share_anything(split: list[Split], keys: Keys) -> bool:
    """Whether two terms hold a scalar, a factor at an end or a factor of ⊙ with one key, or all a number."""
    seen: set[int] = set()
    for _, scalars, m in split:
        held = {keys(m[0]), keys(m[-1])} if m else set()
        entries = (m[0].args if m[0].op is HADAMARD else m) if len(m) == 1 else ()
        held.update([keys(base_exponent(factor)[0]) for factor in (*scalars, *entries)])
        if not seen.isdisjoint(held):
            return True
        seen |= held
    return _content([c for c, _, _ in split]) != 1


# --- matrix factors at the ends ------------------------------------------------------------------


def _wholes(split: list[Split], keys: Keys) -> Iterator[Common]:
    """Terms that differ by scalars alone."""
    for group in _sharing([(tuple(map(keys, m)),) for _, _, m in split])[:_TRIES]:
        yield _peel(split, tuple(group), keys)


def _ends(split: list[Split], keys: Keys, *, left: bool) -> Iterator[Common]:
    place = 0 if left else -1
    shared = _sharing([(keys(m[place]),) if m else () for _, _, m in split])
    for group in shared[:_TRIES]:
        found = _peel(split, tuple(group), keys)
        yield found
        more = [i for i, rest in zip(group, found.rests, strict=True) if _core(rest).op is not IDENTITY]
        if 1 < len(more) < len(group):  # A x + Aᵀx beside α x
            yield _peel(split, tuple(more), keys)


def _sharing(holdings: Iterable[Iterable[Hashable]]) -> list[list[int]]:
    """The groups of terms that hold one key, the largest first; holdings are the keys of each term."""
    groups: dict[Hashable, list[int]] = {}
    for i, held in enumerate(holdings):
        for key in held:
            groups.setdefault(key, []).append(i)
    return sorted([g for g in groups.values() if len(g) > 1], key=len, reverse=True)


def _peel(split: list[Split], group: tuple[int, ...], keys: Keys) -> Common:
    """The longest common prefix and suffix of the matrix factors of the group."""
    chains = [split[i][2] for i in group]
    head = _agree(chains, keys)
    shortest = min(len(c) for c in chains)
    if head == max(len(c) for c in chains):  # all of it: (1 − 2 α) x xᵀ
        coefficients = tuple([multiply(number(split[i][0]), *split[i][1]) for i in group])
        return Common(group, (), chains[0], coefficients)
    tail = min(_agree([c[::-1] for c in chains], keys), shortest - head)
    prefix, suffix = chains[0][:head], chains[0][len(chains[0]) - tail :] if tail else ()
    inner_rows = prefix[-1].shape[1] if prefix else chains[0][0].shape[0]
    rests = []
    for i, chain in zip(group, chains, strict=True):
        c, s, _ = split[i]
        middle = chain[head : len(chain) - tail]
        body = multiply(*middle) if middle else identity(inner_rows)
        rests.append(multiply(number(c), *s, body))
    return Common(group, prefix, suffix, tuple(rests))


def _agree(chains: list[tuple[Expr, ...]], keys: Keys) -> int:
    """How many leading factors all chains share."""
    first = chains[0]
    count = min(len(c) for c in chains)
    for k in range(count):
        if not all(keys.same(first[k], c[k]) for c in chains[1:]):
            return k
    return count


# --- factors of ⊙ and of scalar products ---------------------------------------------------------

Powers = dict[int, tuple[Expr, Expr]]


def _powers(factors: tuple[Expr, ...], keys: Keys) -> Powers:
    """key of the base → (base, exponent)."""
    out: Powers = {}
    for factor in factors:
        base, exponent = base_exponent(factor)
        key = keys(base)
        if key in out:
            exponent = add(out[key][1], exponent)
        out[key] = (base, exponent)
    return out


def _meet(tables: list[Powers], keys: Keys) -> list[tuple[int, Expr, Expr]]:
    """Bases in every table with the least exponent; exponents that do not compare must be equal."""
    out = []
    for key, (base, _) in tables[0].items():
        if all(key in t for t in tables[1:]):
            least = _least([t[key][1] for t in tables], keys)
            if least is not None:
                out.append((key, base, least))
    return out


def _difference(a: Expr, b: Expr, keys: Keys) -> Expr:
    """a − b with like terms collected."""
    difference = subtract(a, b)
    return collect_sum(difference, keys) if difference.op is ADD else difference


def _least(exponents: list[Expr], keys: Keys) -> Expr | None:
    least = exponents[0]
    for other in exponents[1:]:
        difference = _difference(other, least, keys)
        if not is_number(difference):
            return None
        if number_value(difference) < 0:
            least = other
    return least


def _without(table: Powers, common: list[tuple[int, Expr, Expr]], keys: Keys) -> list[Expr]:
    taken = {key: exponent for key, _, exponent in common}
    out = []
    for key, (base, exponent) in table.items():
        rest = _difference(exponent, taken[key], keys) if key in taken else exponent
        out.append(power(base, rest))
    return out


def common_denominator(terms: tuple[Expr, ...]) -> Expr:
    """The least product of powers that clears every fraction of scalars in the terms; 1 if there is none."""
    below: dict[Expr, Number] = {}
    for term in terms:
        for s in parts(term)[1]:
            base, exponent = base_exponent(s)
            if is_number(exponent) and number_value(exponent) < 0:
                below[base] = max(below.get(base, 0), -number_value(exponent))
    return multiply(*[power(base, number(k)) for base, k in below.items()]) if below else number(1)


def _scalars(split: list[Split], keys: Keys) -> Iterator[Common]:
    """Scalars and numbers that terms share."""
    if all(not m and all(_is_name(f) for f in s) for _, s, m in split):
        return  # a polynomial in named scalars is published multiplied out
    tables = [_powers(s, keys) for _, s, _ in split]
    everything = tuple(range(len(split)))
    groups = [everything] if len(split) > 1 else []
    ranked = [g for g in _sharing(tables) if len(g) < len(split)]
    groups += [tuple(g) for g in ranked[:_TRIES]]
    for group in dict.fromkeys(groups):
        common = _meet([tables[i] for i in group], keys)
        factor = _content([split[i][0] for i in group])
        if not common and factor == 1:
            continue
        rests = []
        for i in group:
            c, _, m = split[i]
            rests.append(multiply(number(Fraction(c) / factor), *_without(tables[i], common, keys), *m))
        prefix = (number(factor), *[power(base, exponent) for _, base, exponent in common])
        yield Common(group, prefix, (), tuple(rests), whole=group == everything)


def _is_name(scalar: Expr) -> bool:
    base, exponent = base_exponent(scalar)
    return not base.args and is_number(exponent) and number_value(exponent) > 0


def _content(coefficients: list[Number]) -> Number:
    """The greatest common divisor of rational numbers."""
    top = gcd(*[c.numerator for c in coefficients])
    return Fraction(top, lcm(*[c.denominator for c in coefficients])) if top else 1


def _entrywise(split: list[Split], keys: Keys) -> Iterator[Common]:
    """Factors of ⊙ that terms share."""
    factors = [(m[0].args if m[0].op is HADAMARD else m) if len(m) == 1 else () for _, _, m in split]
    tables = [_powers(f, keys) for f in factors]
    ranked = _sharing(tables)
    for group in list(dict.fromkeys(map(tuple, ranked)))[:_TRIES]:
        common = _meet([tables[i] for i in group], keys)
        if not common:
            continue
        shape = split[group[0]][2][0].shape
        rests = []
        for i in group:
            c, s, _ = split[i]
            kept = _without(tables[i], common, keys)
            body = hadamard(*kept) if kept else ones(*shape)
            rests.append(multiply(number(c), *s, body))
        prefix = tuple(power(base, exponent) for _, base, exponent in common)
        yield Common(group, prefix, (), tuple(rests), entrywise=True)
