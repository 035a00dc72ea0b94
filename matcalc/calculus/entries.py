"""The entries of a linear expression: sums of products of entries and δ.

There is one rule for each linear primitive; dX itself is δᵢₖ δⱼₗ, and a δ with an index that is
summed over renames it, so that most sums are gone. Nothing is differentiated in this form: it is shown, and arrays
of three axes and more are computed from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import count

from matcalc.algebra.build import (
    GROUP,
    HADAMARD,
    IDENTITY,
    ONES,
    PRODUCT,
    TRANSPOSE,
    Number,
    hadamard,
    is_chain,
    multiply,
    parts,
    reassemble,
)
from matcalc.algebra.contractions import factors_of
from matcalc.algebra.entries import index_text, is_unit
from matcalc.algebra.expr import Expr, postorder
from matcalc.algebra.networks import CONTRACT
from matcalc.errors import DerivativeError

__all__ = ["Pair", "Term", "linear_entries", "summed"]

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Term:
    """A product: a number, δ of pairs of indices, and entries of expressions."""

    number: Number = 1
    deltas: tuple[Pair, ...] = ()
    entries: tuple[tuple[Expr, str, str], ...] = ()

    def times(self, other: Term) -> Term:
        """The product of two terms."""
        return Term(self.number * other.number, self.deltas + other.deltas, self.entries + other.entries)

    def renamed(self, old: str, new: str) -> Term:
        """The term with an index renamed."""

        def name(i: str) -> str:
            return new if i == old else i

        deltas = tuple([(name(a), name(b)) for a, b in self.deltas])
        return Term(self.number, deltas, tuple([(e, name(i), name(j)) for e, i, j in self.entries]))


def summed(term: Term) -> list[str]:
    """The indices of a term that are summed over."""
    used = [i for pair in term.deltas for i in pair] + [i for _, a, b in term.entries for i in (a, b)]
    return list(dict.fromkeys([i for i in used if i.startswith("#")]))


def linear_entries(
    e: Expr, dx: Expr, row: str, column: str, at: Pair, most: int = 0, *, named: bool = False
) -> list[Term]:
    """The entry of e in this row and column, where dx is 1 at the indices `at` and 0 elsewhere.

    most: the number of terms above which this is refused; 0 for any. named: whether the places of unit
    vectors are indices in the terms, so that eᵢ is δᵢₖ.
    """
    reader = _Reader(dx, at)
    if most and _count(e, dx) > most:
        raise DerivativeError(f"the entries are a sum of more than {most} terms")
    terms = [reader.opened(term) for term in reader.linear(e, row, column)]
    found = [_contracted(_with_places(term) if named else term, reader.dummies) for term in terms]
    return [_without_ones(term) for term in found if not any(map(_is_zero, term.deltas))]


def _is_zero(delta: Pair) -> bool:
    """Whether it is the δ of two different numbers."""
    return delta[0].isdecimal() and delta[1].isdecimal() and delta[0] != delta[1]


def _with_places(term: Term) -> Term:
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
    return Term(term.number, tuple(deltas), tuple(kept))


def _count(e: Expr, dx: Expr) -> int:
    """How many ways lead from e down to dx: each is a term, since e is linear in it."""
    ways: dict[Expr, int] = {}
    for node in postorder(e):
        ways[node] = 1 if node is dx else sum(ways[a] for a in node.args)
    return ways[e]


def _without_ones(term: Term) -> Term:
    """The term without entries of 𝟏, but for those that an index is summed over in nothing else."""
    seen = {i for e, a, b in term.entries if e.op is not ONES for i in (a, b)}
    kept = [(e, a, b) for e, a, b in term.entries if e.op is not ONES or {a, b} - seen - {""} & set(summed(term))]
    return Term(term.number, term.deltas, tuple(kept))


def _contracted(term: Term, dummies: set[str]) -> Term:
    """The term with every δ that has a summed index used up, and δᵢᵢ dropped."""
    while True:
        for at, (a, b) in enumerate(term.deltas):
            if a == b or a in dummies or b in dummies:
                rest = Term(term.number, term.deltas[:at] + term.deltas[at + 1 :], term.entries)
                term = rest if a == b else rest.renamed(a, b) if a in dummies else rest.renamed(b, a)
                break
        else:
            return term


class _Reader:
    """Entries of expressions that are linear in dX, whose entries are numbered by (k, l)."""

    def __init__(self, dx: Expr, at: Pair) -> None:
        self.dx, self.at = dx, at
        self.dummies: set[str] = set()
        self._fresh = count()
        self._varying: dict[Expr, bool] = {}

    def fresh(self) -> str:
        """An index that is summed over."""
        name = f"#{next(self._fresh)}"
        self.dummies.add(name)
        return name

    def depends(self, e: Expr) -> bool:
        if e not in self._varying:
            for node in postorder(e):
                self._varying[node] = node is self.dx or any(self._varying[a] for a in node.args)
        return self._varying[e]

    def linear(self, e: Expr, i: str, j: str) -> list[Term]:
        """The entry (i, j) of e as a sum of terms."""
        if not self.depends(e):
            return []
        if e is self.dx:
            return [Term(1, tuple([(a, b) for a, b in zip((i, j), self.at, strict=True) if b]))]
        rule = _LINEAR.get(e.op.name)
        if rule is None:
            raise DerivativeError(
                f"{e.op.name} has no entries in closed form", advice="the differential, jvp and vjp do without them"
            )
        return rule(self, e, i, j)

    def product(self, e: Expr, i: str, j: str) -> list[Term]:
        c, scalars, matrices = (1, (), e.args) if is_chain(e) else parts(e)
        varying = [s for s in scalars if self.depends(s)]
        outside = Term(c).times(_all(constant(s, "", "") for s in scalars if s not in varying))
        if varying:
            rest = constant(multiply(*matrices), i, j) if matrices else Term()
            return [outside.times(term).times(rest) for term in self.linear(varying[0], "", "")]
        at = next(n for n, m in enumerate(matrices) if self.depends(m))
        y = matrices[at]
        a = self.fresh() if at and y.shape[0] != 1 else i
        b = self.fresh() if at + 1 < len(matrices) and y.shape[1] != 1 else j
        left = constant(multiply(*matrices[:at]), i, a if y.shape[0] != 1 else "") if at else Term()
        right = (
            constant(multiply(*matrices[at + 1 :]), b if y.shape[1] != 1 else "", j)
            if at + 1 < len(matrices)
            else Term()
        )
        inside = self.linear(y, a if y.shape[0] != 1 else "", b if y.shape[1] != 1 else "")
        return [outside.times(left).times(term).times(right) for term in inside]

    def hadamard(self, e: Expr, i: str, j: str) -> list[Term]:
        at = next(n for n, m in enumerate(e.args) if self.depends(m))
        rest = constant(hadamard(*e.args[:at], *e.args[at + 1 :]), i, j)
        return [rest.times(term) for term in self.linear(e.args[at], i, j)]

    def inner(self, e: Expr, i: str, j: str) -> list[Term]:
        g, y = e.args if self.depends(e.args[1]) else e.args[::-1]
        a = "" if y.shape[0] == 1 else self.fresh()
        b = "" if y.shape[1] == 1 else self.fresh()
        return [constant(g, a, b).times(term) for term in self.linear(y, a, b)]

    def contraction(self, e: Expr, i: str, j: str) -> list[Term]:
        varying = next(f for f in factors_of(e)[0] if self.depends(f.value))
        factors = self.apart(e, i, j)
        at = next(n for n, (value, _, _) in enumerate(factors) if value is varying.value)
        rest = _all(constant(*factor) for n, factor in enumerate(factors) if n != at)
        return [rest.times(term) for term in self.linear(*factors[at])]

    def apart(self, e: Expr, i: str, j: str) -> list[tuple[Expr, str, str]]:
        """The entries of the factors of an index sum whose entry (i, j) is read."""
        factors, out, ranges = factors_of(e)
        names = dict(zip(out, (i, j), strict=False))
        names.update({index: self.fresh() for index in ranges if index not in names})
        return [(f.value, names[f.axes[0]], names[f.axes[1]] if len(f.axes) > 1 else "") for f in factors]

    def opened(self, term: Term) -> Term:
        """The term with the entries of index sums as products of the entries of their factors."""
        while True:
            for at, (e, i, j) in enumerate(term.entries):
                if e.op is CONTRACT:
                    rest = Term(term.number, term.deltas, term.entries[:at] + term.entries[at + 1 :])
                    term = rest.times(_all(constant(*factor) for factor in self.apart(e, i, j)))
                    break
            else:
                return term

    def trace(self, e: Expr, i: str, j: str) -> list[Term]:
        a = self.fresh()
        return self.linear(e.args[0], a, a)

    def sum(self, e: Expr, i: str, j: str) -> list[Term]:
        y = e.args[0]
        return self.linear(y, "" if y.shape[0] == 1 else self.fresh(), "" if y.shape[1] == 1 else self.fresh())


_LINEAR: dict[str, Callable[[_Reader, Expr, str, str], list[Term]]] = {
    "add": lambda r, e, i, j: [term for arg in e.args for term in r.linear(arg, i, j)],
    "group": lambda r, e, i, j: r.linear(e.args[0], i, j),
    "transpose": lambda r, e, i, j: r.linear(e.args[0], j, i),
    "product": _Reader.product,
    "hadamard": _Reader.hadamard,
    "inner": _Reader.inner,
    "contract": _Reader.contraction,
    "tr": _Reader.trace,
    "sum": _Reader.sum,
    "diag": lambda r, e, i, j: [Term(1, ((i, j),)).times(term) for term in r.linear(e.args[0], i, "")],
    "diagonal": lambda r, e, i, j: r.linear(e.args[0], i, i),
}


def constant(e: Expr, i: str, j: str) -> Term:
    """The entry (i, j) of an expression without dX, taken apart where its form says what it is."""
    if e.op is IDENTITY:
        return Term(1, ((i, j),))
    if e.op is ONES:
        return Term(1, (), ((e, i, j),))  # a sum over it is a size, where nothing else has the index
    if e.op is TRANSPOSE:
        return constant(e.args[0], j, i)
    if e.op is GROUP:
        return constant(e.args[0], i, j)
    if e.op.name == "diag":
        return Term(1, ((i, j),)).times(constant(e.args[0], i, ""))
    if e.op is HADAMARD:
        return _all(constant(arg, i, j) for arg in e.args)
    if e.op is PRODUCT and not is_chain(e):
        c, scalars, m = parts(e)
        outside = Term(c).times(_all(constant(s, "", "") for s in scalars))
        return outside.times(_chain(m, i, j)) if m else outside
    return Term(1, (), ((e, i, j),))


def _all(terms: Iterable[Term]) -> Term:
    total = Term()
    for term in terms:
        total = total.times(term)
    return total


def _chain(m: tuple[Expr, ...], i: str, j: str) -> Term:
    """The entry of a product: of an outer product, of a product with a diagonal matrix at an end, or as it is."""
    if len(m) == 1:
        return constant(m[0], i, j)
    for at in range(1, len(m)):
        if m[at].shape[0] == 1:
            return _chain(m[:at], i, "").times(_chain(m[at:], "", j))
    if m[0].op.name == "diag":
        return constant(m[0].args[0], i, "").times(_chain(m[1:], i, j))
    if m[-1].op.name == "diag":
        return _chain(m[:-1], i, j).times(constant(m[-1].args[0], j, ""))
    return Term(1, (), ((multiply(*m), i, j),))
