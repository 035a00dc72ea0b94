"""Arrays of four axes from the entries of a linear map: sums over data of products of entries and δ.

∑ₘ Xₘᵢ Dₘⱼ Xₘₖ Dₘₗ is JᵀJ with the rows of J the Kronecker products of the rows of X and D; with a δ
the sum is an array of three axes that is added to a diagonal of the fourth-order one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from matcalc.algebra.expr import Expr, postorder
from matcalc.algebra.shapes import Dim, dim_mul
from matcalc.calculus.entries import Term as Entry
from matcalc.codegen.elementwise import dense, plus, scale, size_of, spread, times, transpose
from matcalc.codegen.linear import matmul
from matcalc.codegen.terms import Dims, Term, make

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

    def is_one_sum(self) -> bool:
        """Whether every term is a sum over one index that joins all its entries, with at most one δ."""
        for term in self.terms:
            summed = {i for _, a, b in term.entries for i in (a, b) if i.startswith("#")}
            free = {i for _, a, b in term.entries for i in (a, b) if i and not i.startswith("#")}
            free |= {i for pair in term.deltas for i in pair}
            if len(summed) != 1 or len(term.deltas) > 1 or free != set(self.indices):
                return False
            if any(a and b and not {a, b} & summed for _, a, b in term.entries):
                return False
            kept = {i for pair in term.deltas for i in pair}
            seen = {i for _, a, b in term.entries for i in (a, b)}
            if kept and not kept & seen:
                return False
            if any(a == b for _, a, b in term.entries if a) or any(a.startswith("#") for p in term.deltas for a in p):
                return False
        return bool(self.terms)


def is_wasteful(matrix: Expr) -> bool:
    """Whether a vec-matrix has a diagonal matrix as large as itself inside, or picks from a Kronecker product."""
    return any(
        e.op.name == "diagonalizer" or (e.op.name == "diag" and e.args[0].op.name == "vec") for e in postorder(matrix)
    )


Factor = tuple[Term, str]


def assembled(found: Entries, images: Mapping[Expr, Term]) -> Term | None:
    """The array, or None if a term is of another form."""
    lengths = dict(zip(found.indices, found.axes, strict=True))
    whole: list[Term] = []
    placed: list[tuple[Term, str]] = []
    for entry in found.terms:
        indices, names = found.indices, _letters(entry)
        scalars = [images[e] for e, i, j in entry.entries if not i and not j]
        factors = [(dense(images[e]), names[i] + names[j]) for e, i, j in entry.entries if i or j]
        for a, b in entry.deltas:
            if not {a, b} <= set(indices):
                return None
            indices = indices.replace(b, "")
            factors = [(t, n.replace(b, a)) for t, n in factors]
        if len(indices) == 4:
            one = _product(factors, indices[:2], indices[2:], lengths)
        elif len(indices) == 3:
            (kept,) = [a for a, _ in entry.deltas]
            rest = indices.replace(kept, "")
            one = _product(factors, rest, kept, lengths)
            view = "".join([i if i in indices else next(a for a, b in entry.deltas if b == i) for i in found.indices])
        else:
            return None
        if one is None:
            return None
        one = scale(entry.number, times(*scalars, one)) if scalars else scale(entry.number, one)
        if len(indices) == 4:
            whole.append(one)
        else:
            placed.append((one, f"{view}->{rest}{kept}"))
    if not whole and not placed:
        return None
    return _sum(whole, placed, found, lengths)


def _letters(entry: Entry) -> dict[str, str]:
    """The indices of a term with a letter for each that is summed over."""
    used = dict.fromkeys(i for _, a, b in entry.entries for i in (a, b))
    summed = [i for i in used if i.startswith("#")]
    return {**{i: i for i in used}, **dict(zip(summed, "uvwz", strict=False)), "": ""}


def _product(factors: Sequence[Factor], left: str, right: str, lengths: Mapping[str, Dim]) -> Term | None:
    """The matrix of the sum of products, rows by the indices on the left and columns by those on the right."""
    summed = {i for _, names in factors for i in names if i not in lengths}
    if len(summed) != 1 or any(len(set(n)) != len(n) or (len(n) == 2 and not set(n) & summed) for _, n in factors):
        return None
    (s,) = summed
    turned = [(transpose(t), n[::-1]) if n.endswith(s) and len(n) == 2 else (t, n) for t, n in factors]
    sides = [_rows_of([f for f in turned if set(f[1]) & set(side)], side, s) for side in (left, right)]
    if sides[0] is None or sides[1] is None:
        return None
    weights = [t for t, n in turned if n == s]
    first = sides[0]
    if weights:
        narrow, wide = (1, 0) if len(right) < len(left) else (0, 1)
        weighted = sides[narrow]
        assert weighted is not None
        sides[narrow] = times(spread(times(*weights), weighted.dims, 0), weighted)
        first, sides[wide] = sides[0], sides[wide]
    assert first is not None and sides[1] is not None
    return matmul(transpose(first), sides[1])


def _rows_of(factors: Sequence[Factor], side: str, s: str) -> Term | None:
    """The matrix whose rows are the products of rows of the factors: one column for each value of the indices."""
    found: list[Term] = []
    for index in side:
        group = [t for t, n in factors if n == s + index]
        if not group:
            return None
        columns = [t for t, n in factors if n == index]
        if columns:
            group.append(spread(times(*columns), group[0].dims, 1))
        found.append(times(*group) if len(group) > 1 else group[0])
    rows = dense(found[0])
    for t in found[1:]:
        dims = (rows.dims[0], dim_mul(rows.dims[1], t.dims[1]))
        rows = make("row_kron", (rows, dense(t)), None, dims)
    return rows


def _sum(whole: Sequence[Term], placed: Sequence[tuple[Term, str]], found: Entries, lengths: Mapping[str, Dim]) -> Term:
    table = (whole or [t for t, _ in placed])[0].table
    sizes = tuple([size_of(table, d) for d in found.axes])
    matrix = [dense(plus([(1, t) for t in whole]))] if whole else []
    blocks = []
    for t, names in placed:
        axes = tuple([lengths[i] for i in names.partition("->")[2]])
        blocks.append(make("reshape", (dense(t), *[size_of(table, d) for d in axes]), None, axes))
    data = (len(matrix), *[names for _, names in placed])
    return make("assembled", (*sizes, *matrix, *blocks), data, found.axes)
