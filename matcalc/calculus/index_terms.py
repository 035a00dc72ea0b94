"""A product of a number, δ and entries with indices: what a sum over indices is made of, and how it gets shorter."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from matcalc.algebra.build import (
    ONES,
    TRANSPOSE,
    Number,
    parts,
    reassemble,
)
from matcalc.algebra.entries import index_text, is_unit
from matcalc.algebra.expr import Expr
from matcalc.algebra.shapes import Dim

__all__ = ["PARTS", "Pair", "Term", "contracted", "is_zero_delta", "summed", "with_places", "without_ones"]

Pair = tuple[str, str]


#: The two parts of an index i = (i₁ − 1) p + i₂, where p is how far i₂ runs.
PARTS = "₁₂"


@dataclass(frozen=True, slots=True)
class Term:
    """A product: a number, δ of pairs of indices, and entries of expressions.

    splits: the indices that stand for two, i₁ and i₂, each with how far the second runs.
    """

    number: Number = 1
    deltas: tuple[Pair, ...] = ()
    entries: tuple[tuple[Expr, str, str], ...] = ()
    splits: tuple[tuple[str, Dim], ...] = ()

    def times(self, other: Term) -> Term:
        """The product of two terms."""
        splits = tuple(dict.fromkeys(self.splits + other.splits))
        return Term(self.number * other.number, self.deltas + other.deltas, self.entries + other.entries, splits)

    def renamed(self, old: str, new: str) -> Term:
        """The term with an index renamed, and its parts with it."""

        def name(i: str) -> str:
            return new + i[len(old) :] if i == old or (i.startswith(old) and not i[len(old) :].strip(PARTS)) else i

        deltas = tuple([(name(a), name(b)) for a, b in self.deltas])
        splits = tuple(dict.fromkeys([(name(i), size) for i, size in self.splits]))
        return Term(self.number, deltas, tuple([(e, name(i), name(j)) for e, i, j in self.entries]), splits)

    @property
    def indices(self) -> list[str]:
        """All indices, each once."""
        used = [i for pair in self.deltas for i in pair] + [i for _, a, b in self.entries for i in (a, b)]
        return list(dict.fromkeys([i for i in used if i]))


def summed(term: Term) -> list[str]:
    """The indices of a term that are summed over; the parts of one go with it."""
    used = term.indices
    return [i for i in used if i.startswith("#") and not _is_part(i, used)]


def _is_part(index: str, used: Collection[str]) -> bool:
    """Whether the index is a part of another that stands in the term as well."""
    return any(index[:at] in used for at in range(len(index.rstrip(PARTS)), len(index)))


def is_zero_delta(delta: Pair) -> bool:
    """Whether it is the δ of two different numbers."""
    return delta[0].isdecimal() and delta[1].isdecimal() and delta[0] != delta[1]


def with_places(term: Term) -> Term:
    """The term with the places of unit vectors as indices: the entry j of eᵢᵀA is Aᵢⱼ."""
    kept: list[tuple[Expr, str, str]] = []
    deltas = list(term.deltas)
    for e, i, j in term.entries:
        m = list(parts(e)[2])
        if len(m) > 1 and m[0].op is TRANSPOSE and is_unit(m[0].args[0]):
            i = index_text(m.pop(0).args[0].args[0])
        if len(m) > 1 and is_unit(m[-1]):
            j = index_text(m.pop().args[0])
        bare = m[0].args[0] if len(m) == 1 and m[0].op is TRANSPOSE else m[0] if len(m) == 1 else e
        if is_unit(bare):
            deltas.append((i or j, index_text(bare.args[0])))
        else:
            kept.append((reassemble(*parts(e)[:2], tuple(m)) if m else e, i, j))
    return Term(term.number, tuple(deltas), tuple(kept), term.splits)


def without_ones(term: Term) -> Term:
    """The term without entries of 𝟏, but for those that an index is summed over in nothing else."""
    seen = {i for e, a, b in term.entries if e.op is not ONES for i in (a, b)}
    kept = [(e, a, b) for e, a, b in term.entries if e.op is not ONES or {a, b} - seen - {""} & set(summed(term))]
    return Term(term.number, term.deltas, tuple(kept), term.splits)


def contracted(term: Term, dummies: set[str]) -> Term:
    """The term with every δ that has a summed index used up, and δᵢᵢ dropped."""
    while True:
        used = term.indices
        for at, (a, b) in enumerate(term.deltas):
            free = [i for i in (a, b) if i in dummies and not _is_part(i, used)]
            if a == b or free:
                rest = Term(term.number, term.deltas[:at] + term.deltas[at + 1 :], term.entries, term.splits)
                term = rest if a == b else rest.renamed(free[0], b if free[0] == a else a)
                break
        else:
            return term
