"""Arrays of three axes and more from the entries of a linear map, without the matrix that acts on a vec.

A term with δᵢₖ is an array with one axis less, which is added to a diagonal of zeros.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from matcalc.algebra.expr import Expr
from matcalc.algebra.shapes import Dim
from matcalc.calculus.index_terms import Term as Entry
from matcalc.codegen.contractions import Factor, contracted, laid_out, normalised
from matcalc.codegen.elementwise import VEC_LEAVES, dense, plus, scale, size_of, split, times
from matcalc.codegen.terms import Dims, Table, Term, number

__all__ = ["Entries", "assembled"]


@dataclass(frozen=True)
class Entries:
    """An array by its entries: terms whose free indices are `indices`, of lengths `axes`."""

    terms: tuple[Entry, ...]
    indices: str
    axes: Dims

    def parts(self) -> Iterator[Expr]:
        """The expressions whose entries are read."""
        return (e for term in self.terms for e, _, _ in term.entries)


def assembled(found: Entries, images: Mapping[Expr, Term], table: Table) -> Term:
    """The array: a sum of blocks, each on a diagonal where its indices are equal.

    The term `assembled` has the lengths of its axes and the blocks as operands, and for each block
    "ijil->ilj" as data: the indices of the array, and those of the block, the last for its last axis.
    """
    blocks: dict[tuple[str, str], list[Term]] = {}
    for entry in found.terms:
        one = _OneTerm(table, dict(zip(found.indices, found.axes, strict=True)))
        view, block = one.block(entry, images, found.indices)
        same = blocks.setdefault((view, block.letters), [])
        if same and block.term.rank < 3:
            same[0] = plus([(1, same[0]), (1, block.term)])
        else:
            same.append(block.term)
    placed = [(view, letters, dense(t)) for (view, letters), terms in blocks.items() for t in terms]
    placed.sort(key=lambda item: (item[0] != item[1], len(item[1]) < len(found.indices)))
    sizes = tuple([size_of(table, d) for d in found.axes])
    if len(placed) == 1 and placed[0][:2] == (found.indices, found.indices):
        return placed[0][2]
    data = tuple([f"{view}->{_missing(view, letters)}{letters}" for view, letters, _ in placed])
    return table.make("assembled", (*sizes, *[t for _, _, t in placed]), data, found.axes)


def _missing(view: str, letters: str) -> str:
    """The indices that a block does not depend on: as its first axes they are there by broadcasting."""
    return "".join([i for i in dict.fromkeys(view) if i not in letters])


@dataclass
class _OneTerm:
    """One product of a number, scalars, δ and entries, taken apart into factors with letters."""

    table: Table
    lengths: dict[str, Dim]
    number: Fraction = Fraction(1)
    scalars: list[Term] = field(default_factory=list)
    factors: list[Factor] = field(default_factory=list)
    same: dict[str, str] = field(default_factory=dict)

    def block(self, entry: Entry, images: Mapping[Expr, Term], indices: str) -> tuple[str, Factor]:
        """The letters of the axes of the array, equal ones where the block is on a diagonal; and the block."""
        names = _letters(entry)
        self.number *= Fraction(entry.number)
        for a, b in entry.deltas:
            self.equate(names[a], names[b], indices)
        for e, i, j in entry.entries:
            self.add(images[e], names[i] + names[j], indices)
        view = "".join([self.name(i) for i in indices])
        free = "".join(dict.fromkeys(view))
        factors = normalised([Factor(t, "".join(map(self.name, letters))) for t, letters in self.factors])
        for i in {self.name(i) for i in names.values() if i} - set(free):  # a sum of what does not depend on it
            if not any(i in letters for _, letters in factors):
                self.scalars.append(size_of(self.table, self.lengths[i]))
        last = "".join([i for i in free if view.count(i) > 1])
        lengths = {self.name(i): d for i, d in self.lengths.items()}
        kept = contracted(factors, free, last, lengths)
        self.scalars += [t for t, letters in kept if not letters]
        kept = [f for f in kept if f.letters]
        c = scale(self.number, times(*self.scalars)) if self.scalars else number(self.table, self.number)
        if len(kept) > 1:  # at the smallest factor, not at the product
            kept.sort(key=lambda f: len(f.letters))
            kept[0] = Factor(times(c, kept[0].term), kept[0].letters)
            return view, laid_out(kept, free)
        block = laid_out(kept, free) if kept else Factor(number(self.table, 1), "")
        return view, Factor(times(c, block.term), block.letters)

    def name(self, i: str) -> str:
        """The first of the letters that are equal to one."""
        while i in self.same:
            i = self.same[i]
        return i

    def equate(self, a: str, b: str, indices: str) -> None:
        """Take two letters as equal."""
        first, second = sorted((self.name(a), self.name(b)), key=lambda i: (indices + i).index(i))
        if first != second:
            self.same[second] = first

    def add(self, t: Term, letters: str, indices: str) -> None:
        """A factor, without what makes it a repeated value, a diagonal matrix, an outer product or a multiple."""
        stack = [(t, letters)]
        while stack:
            t, letters = stack.pop()
            c, t = split(t)
            self.number *= c
            self.lengths.update(zip(letters, t.dims, strict=True))
            if t.op == "spread":
                (inner,) = t.args
                kept = letters if inner.rank == len(letters) else letters[t.axis or 0] if inner.rank else ""
                stack.append((inner, kept))
            elif t.rank == 0:
                self.scalars += [] if t.op == "number" else [t]
            elif t.op == "diagmatrix":
                self.equate(letters[0], letters[1], indices)
                stack.append((t.args[0], letters[0]))
            elif t.op == "transpose" and t.args[0].op not in VEC_LEAVES:
                stack.append((t.args[0], letters[::-1]))
            elif t.op == "outer":
                stack += zip(t.args, letters, strict=True)
            else:
                self.factors.append(Factor(dense(t), letters))


def _letters(entry: Entry) -> dict[str, str]:
    """The indices of a term with a letter for each that is summed over."""
    used = dict.fromkeys(i for pair in (*entry.deltas, *[(a, b) for _, a, b in entry.entries]) for i in pair)
    summed = [i for i in used if i.startswith("#")]
    names = [c for c in "uvwzabcdefghmnopqrst" if c not in used]
    return {**{i: i for i in used}, **dict(zip(summed, names, strict=False)), "": ""}
