"""Symmetric sums: a term stands beside its transpose, and what pairs have in common comes out of both halves."""

from __future__ import annotations

from collections.abc import Iterator

from matcalc.algebra.build import ADD, add, parts
from matcalc.algebra.expr import Expr
from matcalc.algebra.keys import Keys

__all__ = ["halves", "partners", "side_by_side"]

Pairs = list[tuple[int, int]]


def _pairs(terms: tuple[Expr, ...], keys: Keys) -> Pairs:
    """The places (i, j), i < j, of terms that are transposes of each other."""
    waiting: dict[tuple[int, int], list[int]] = {}
    out: Pairs = []
    for j, term in enumerate(terms):
        own, across = keys.pair(term)
        if own == across:
            continue
        partners = waiting.get((across, own))
        if partners:
            out.append((partners.pop(0), j))
        else:
            waiting.setdefault((own, across), []).append(j)
    return out


def partners(places: tuple[int, ...], terms: tuple[Expr, ...], keys: Keys) -> tuple[int, ...]:
    """The places of the transposes of the terms at some places; none for terms that are symmetric themselves."""
    mirror = {i: j for pair in _pairs(terms, keys) for i, j in (pair, pair[::-1])}
    return tuple([mirror[i] for i in places if i in mirror and mirror[i] not in places])


def side_by_side(e: Expr, keys: Keys) -> Expr:
    """The symmetric sum with each term beside its transpose, where the first of them stands."""
    if e.op is not ADD or len(e.args) < 3 or 1 in e.shape or not keys.is_symmetric(e):
        return e
    partner = dict(_pairs(e.args, keys))
    moved = set(partner.values())
    if all(j == i + 1 for i, j in partner.items()):
        return e
    terms: list[Expr] = []
    for i, term in enumerate(e.args):
        if i not in moved:
            terms.append(term)
            if i in partner:
                terms.append(e.args[partner[i]])
    return add(*terms)


def halves(e: Expr, keys: Keys) -> Iterator[tuple[list[Expr], list[Expr]]]:
    """(rest, half) with e = rest + half + halfᵀ, where the terms of the half end in the same factor."""
    pairs = _pairs(e.args, keys)
    ends: dict[int, list[tuple[int, int]]] = {}
    for pair in pairs:
        for one, other in (pair, pair[::-1]):
            _, _, m = parts(e.args[one])
            if len(m) > 1:
                ends.setdefault(keys(m[-1]), []).append((one, other))
    for members in sorted(ends.values(), key=len, reverse=True):
        chosen = [(one, other) for one, other in members if (other, one) not in members or one < other]
        if len(chosen) < 2:
            continue
        taken = {i for pair in chosen for i in pair}
        rest = [term for i, term in enumerate(e.args) if i not in taken]
        yield rest, [e.args[one] for one, _ in chosen]
