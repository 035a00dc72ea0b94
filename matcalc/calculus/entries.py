"""The entries of a linear expression: sums of products of entries and δ.

There is one rule for each linear primitive; dX itself is δᵢₖ δⱼₗ, and a δ with an index that is
summed over renames it, so that most sums are gone. Nothing is differentiated in this form: it is shown, and arrays
of three axes and more are computed from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import count
from typing import cast

from matcalc.algebra.blocks import Partition, selector
from matcalc.algebra.build import (
    GROUP,
    HADAMARD,
    IDENTITY,
    ONES,
    PRODUCT,
    TRANSPOSE,
    apply,
    hadamard,
    is_chain,
    multiply,
    ones,
    parts,
)
from matcalc.algebra.contractions import factors_of
from matcalc.algebra.expr import Expr, postorder
from matcalc.algebra.networks import CONTRACT
from matcalc.algebra.shapes import Dim
from matcalc.calculus.index_terms import PARTS, Pair, Term, contracted, is_zero_delta, with_places, without_ones
from matcalc.errors import DerivativeError

__all__ = ["linear_entries"]


def linear_entries(
    e: Expr, dx: Expr, row: str, column: str, at: Pair, most: int = 0, *, shown: bool = False
) -> list[Term]:
    """The entry of e in this row and column, where dx is 1 at the indices `at` and 0 elsewhere.

    most: the number of terms above which this is refused; 0 for any. shown: whether the terms are for the eye:
    then the places of unit vectors are indices, so that eᵢ is δᵢₖ, an index may stand for two, as those of ⊗ and
    vec do, and blocks are placed by matrices of 0 and I.
    """
    reader = _Reader(dx, at, shown)
    if most and _count(e, dx) > most:
        raise DerivativeError(f"the entries are a sum of more than {most} terms")
    terms = [reader.opened(term) for term in reader.linear(e, row, column)]
    found = [contracted(with_places(term) if shown else term, reader.dummies) for term in terms]
    return [without_ones(term) for term in found if not any(map(is_zero_delta, term.deltas))]


def _count(e: Expr, dx: Expr) -> int:
    """How many ways lead from e down to dx: each is a term, since e is linear in it."""
    ways: dict[Expr, int] = {}
    for node in postorder(e):
        ways[node] = 1 if node is dx else sum(ways[a] for a in node.args)
    return ways[e]


class _Reader:
    """Entries of expressions that are linear in dX, whose entries are numbered by (k, l)."""

    def __init__(self, dx: Expr, at: Pair, shown: bool = False) -> None:
        self.dx, self.at, self.shown = dx, at, shown
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
                    rest = Term(term.number, term.deltas, term.entries[:at] + term.entries[at + 1 :], term.splits)
                    term = rest.times(_all(constant(*factor) for factor in self.apart(e, i, j)))
                    break
            else:
                return term

    def triangle(self, e: Expr, i: str, j: str) -> list[Term]:
        inside = Term(1, (), ((apply(e.op, (ones(*e.shape),)), i, j),))
        return [inside.times(term) for term in self.linear(e.args[0], i, j)]

    def split(self, index: str, first: Dim, second: Dim) -> tuple[str, str, Term]:
        """The indices of the two parts of an axis of length first · second, and the 1 that says so."""
        if first == 1 or second == 1:
            return (index if first != 1 else ""), (index if second != 1 else ""), Term()
        if not self.shown:
            raise DerivativeError("an index stands for two", advice="the differential, jvp and vjp do without them")
        one, two = (index + part for part in PARTS)
        if index in self.dummies:
            self.dummies.update((one, two))
        return one, two, Term(splits=((index, second),))

    def kron(self, e: Expr, i: str, j: str) -> list[Term]:
        """(A ⊗ B)ᵢⱼ is the entry i₁, j₁ of A times the entry i₂, j₂ of B."""
        a, b = e.args
        i1, i2, rows = self.split(i, a.shape[0], b.shape[0])
        j1, j2, columns = self.split(j, a.shape[1], b.shape[1])
        said = rows.times(columns)
        left = [term.times(constant(b, i2, j2)) for term in self.linear(a, i1, j1)]
        right = [constant(a, i1, j1).times(term) for term in self.linear(b, i2, j2)]
        return [term.times(said) for term in (*left, *right)]

    def vec(self, e: Expr, i: str, j: str) -> list[Term]:
        """vec stacks columns: the first part of the index is the column."""
        inside = e.args[0]
        column, row, said = self.split(i, inside.shape[1], inside.shape[0])
        return [term.times(said) for term in self.linear(inside, row, column)]

    def stack(self, e: Expr, i: str, j: str) -> list[Term]:
        """P F Qᵀ for each block F, where P and Q are columns of blocks with I in one place."""
        self.only_shown(e)
        heights, widths = cast(Partition, e.data)
        out = []
        for k, block in enumerate(e.args):
            if self.depends(block):
                row, column = divmod(k, len(widths))
                a, rows = self.placed(heights, row, i)
                b, columns = self.placed(widths, column, j)
                out += [rows.times(columns).times(term) for term in self.linear(block, a, b)]
        return out

    def block(self, e: Expr, i: str, j: str) -> list[Term]:
        """Pᵀ F Q, the block of F."""
        self.only_shown(e)
        heights, widths, row, column = cast(tuple[tuple[Dim, ...], tuple[Dim, ...], int, int], e.data)
        a, rows = self.placed(heights, row, i, inside=True)
        b, columns = self.placed(widths, column, j, inside=True)
        return [rows.times(columns).times(term) for term in self.linear(e.args[0], a, b)]

    def placed(self, sizes: tuple[Dim, ...], at: int, index: str, inside: bool = False) -> tuple[str, Term]:
        """The index within a block for one of the whole, or (inside) the reverse, and the entry that joins them."""
        if len(sizes) == 1:
            return index, Term()
        short = "" if sizes[at] == 1 else self.fresh() if not inside else index
        long = index if not inside else self.fresh()
        return (long if inside else short), Term(1, (), ((selector(sizes, at), long, short),))

    def only_shown(self, e: Expr) -> None:
        """Arrays are computed from blocks, and not from the entries of them."""
        if not self.shown:
            raise DerivativeError(f"{e.op.name} has no entries in closed form")

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
    "tril": _Reader.triangle,
    "triu": _Reader.triangle,
    "kron": _Reader.kron,
    "vec": _Reader.vec,
    "stack": _Reader.stack,
    "block": _Reader.block,
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
