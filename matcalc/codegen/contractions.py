"""Sums of products of entries: which operand meets which, so that matrix products do most of the work.

A factor is a term and a letter for each of its axes; letters that no result has are summed over.
∑ᵤ Xᵤᵢ Dᵤⱼ Xᵤₖ Dᵤₗ is JᵀJ with the rows of J the Kronecker products of the rows of X and D.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

from matcalc.algebra.shapes import Dim, dim_mul
from matcalc.codegen.chains import estimate
from matcalc.codegen.elementwise import dense, diagonal, size_of, spread, times, transpose
from matcalc.codegen.linear import matmul, matvec, outer, total
from matcalc.codegen.powers import power
from matcalc.codegen.terms import Term, make, number

__all__ = ["Factor", "contracted", "laid_out", "normalised"]


class Factor(NamedTuple):
    """A term and a letter for each of its axes."""

    term: Term
    letters: str


def normalised(factors: Sequence[Factor]) -> list[Factor]:
    """The factors with each row that another is divided by the sum of divided by it itself, so that none is large."""
    found = list(factors)
    for at, (v, letter) in enumerate(found):
        if len(letter) != 1 or v.op != "times":
            continue
        rest = dict(v.powers)
        for k, (t, letters) in enumerate(found):
            if len(letters) == 2 and letter in letters:
                axis = letters.index(letter)
                base = total(t, 1 - axis)
                if rest.get(base, 0) < 0 and rest[base].denominator == 1:
                    rest[base] += 1
                    found[k] = Factor(times(t, spread(power(base, -1), t.dims, axis)), letters)
        kept = [power(base, exponent) for base, exponent in rest.items() if exponent]
        found[at] = Factor(times(*kept), letter) if kept else Factor(number(v.table, 1), "")
    return [f for f in found if f.letters]


def contracted(factors: Sequence[Factor], free: str, last: str, lengths: Mapping[str, Dim]) -> list[Factor]:
    """Factors with free letters only, whose product is the sum over all other letters of the product of those given.

    last: free letters that are taken as columns where rows and columns can be chosen.
    """
    found = _merged(factors)
    while True:
        alone = next(_alone(found, free), None)
        if alone is None:
            break
        at, letter = alone
        t, letters = found[at]
        summed = total(t, None if t.rank == 1 else letters.index(letter))
        found[at] = Factor(summed, letters.replace(letter, ""))
        found = _merged(found)
    out: list[Factor] = []
    for group in _connected(_absorbed(found, free), free):
        out += _summed(group, free, last, lengths)
    return _merged(out)


def _alone(factors: Sequence[Factor], free: str) -> Iterator[tuple[int, str]]:
    """The letters that are summed over and occur in one factor only, which has at most two axes."""
    count = Counter(i for _, letters in factors for i in letters)
    return ((at, i) for at, (t, letters) in enumerate(factors) for i in letters
            if t.rank < 3 and i not in free and count[i] == 1)  # fmt: skip


def _merged(factors: Iterable[Factor]) -> list[Factor]:
    """The factors with those that have the same letters multiplied, and diagonals where a letter stands twice."""
    out: dict[str, Term] = {}
    large: list[Factor] = []
    for t, letters in factors:
        if t.rank > 2:
            large.append(Factor(t, letters))
            continue
        if len(letters) == 2 and letters[0] == letters[1]:
            t, letters = diagonal(t), letters[0]
        if letters not in out and len(letters) == 2 and letters[::-1] in out:
            t, letters = transpose(t), letters[::-1]
        out[letters] = times(out[letters], t) if letters in out else t
    return [*[Factor(t, letters) for letters, t in out.items()], *large]


def _absorbed(factors: Sequence[Factor], free: str) -> list[Factor]:
    """The factors with each vector on a free letter multiplied into a matrix that is summed over, which is smaller."""
    found = list(factors)
    for v in [f for f in factors if len(f.letters) == 1 and f.letters in free]:
        at = next((k for k, (_, letters) in enumerate(found)
                   if len(letters) == 2 and v.letters in letters and not set(letters) <= set(free)), None)  # fmt: skip
        if at is not None:
            t, letters = found[at]
            found[at] = Factor(times(spread(v.term, t.dims, letters.index(v.letters)), t), letters)
            found.remove(v)
    return found


def _connected(factors: Sequence[Factor], free: str) -> list[list[Factor]]:
    """The factors in groups that share letters that are summed over."""
    groups: list[list[Factor]] = []
    for factor in factors:
        summed = set(factor.letters) - set(free)
        joined = [g for g in groups if summed & {i for f in g for i in f.letters}]
        groups = [g for g in groups if g not in joined] + [[f for g in joined for f in g] + [factor]]
    return groups


def _summed(group: list[Factor], free: str, last: str, lengths: Mapping[str, Dim]) -> list[Factor]:
    summed = {i for _, letters in group for i in letters} - set(free)
    if not summed:
        return group
    if len(summed) == 1 and all(len(letters) < 3 for _, letters in group):
        return [_gram(group, summed.pop(), free, last, lengths)]
    while summed:
        growth = [(_gain(a, b, group, free), n) for n, (a, b) in enumerate(_pairs(group, summed))]
        a, b = list(_pairs(group, summed))[min(growth)[1]]
        rest = [f for f in group if f is not a and f is not b]
        group = _merged([*rest, _pair(a, b, _kept(a, b, rest, free))])
        alone = next(_alone(group, free), None)
        if alone is not None:
            return contracted(group, free, last, lengths)
        summed = {i for _, letters in group for i in letters} - set(free)
        if len(summed) == 1 and all(len(letters) < 3 for _, letters in group):
            return _summed(group, free, last, lengths)
    return group


# --- one sum ---------------------------------------------------------------------------------------


def _gram(group: Sequence[Factor], s: str, free: str, last: str, lengths: Mapping[str, Dim]) -> Factor:
    """The sum over s as one product of matrices, whose rows and columns are free letters."""
    letters = "".join(sorted({i for _, found in group for i in found} - {s}, key=free.index))
    weights = times(*[t for t, found in group if found == s]) if any(found == s for _, found in group) else None
    tall = {(found.replace(s, "")): (transpose(t) if found[1] == s else t) for t, found in group if len(found) == 2}
    if len(letters) == 1:
        assert weights is not None
        return Factor(matvec(transpose(tall[letters]), weights), letters)
    right = next((i for i in letters if i in last), letters[-1]) if len(letters) < 4 else letters[2:]
    left = "".join([i for i in letters if i not in right])
    sides = [_rows_of([tall[i] for i in side]) for side in (left, right)]
    if weights is not None:
        narrow = 1 if len(right) <= len(left) else 0
        sides[narrow] = times(spread(weights, sides[narrow].dims, 0), sides[narrow])
    product = matmul(transpose(sides[0]), sides[1])
    if len(letters) == 2:
        return Factor(product, left + right)
    dims = tuple([lengths[i] for i in left + right])
    sizes = [size_of(product.table, d) for d in dims]
    return Factor(make("reshape", (dense(product), *sizes), None, dims), left + right)


def _rows_of(tall: Sequence[Term]) -> Term:
    """The matrix whose rows are the Kronecker products of the rows of some matrices."""
    rows = tall[0] if len(tall) == 1 else dense(tall[0])
    for t in tall[1:]:
        rows = make("row_kron", (rows, dense(t)), None, (rows.dims[0], dim_mul(rows.dims[1], t.dims[1])))
    return rows


# --- pairs -----------------------------------------------------------------------------------------


def _pairs(group: Sequence[Factor], summed: set[str]) -> Iterator[tuple[Factor, Factor]]:
    return (pair for pair in combinations(group, 2) if set(pair[0].letters) & set(pair[1].letters) & summed)


def _kept(a: Factor, b: Factor, rest: Sequence[Factor], free: str) -> str:
    """The letters of the product of two factors, after the sums that concern no other."""
    needed = set(free) | {i for _, letters in rest for i in letters}
    kept = [i for i in dict.fromkeys(a.letters + b.letters) if i in needed]
    return "".join(sorted(kept, key=free.index) if set(kept) <= set(free) else kept)


def _gain(a: Factor, b: Factor, group: Sequence[Factor], free: str) -> int:
    """How much larger the arrays become."""
    rest = [f for f in group if f is not a and f is not b]
    dims = dict(zip(a.letters + b.letters, a.term.dims + b.term.dims, strict=True))
    return _count(dims[i] for i in _kept(a, b, rest, free)) - _count(a.term.dims) - _count(b.term.dims)


def _count(dims: Iterable[Dim]) -> int:
    out = 1
    for d in dims:
        out *= estimate(d)
    return out


def _pair(a: Factor, b: Factor, kept: str) -> Factor:
    """The product of two factors, summed over the letters that are not kept."""
    summed = [i for i in a.letters if i not in kept]
    if len(a.letters) < 3 and len(b.letters) < 3 and len(summed) == 1 and summed[0] in b.letters:
        (s,) = summed
        if not set(a.letters) & set(b.letters) - {s}:
            left = a.term if a.letters.endswith(s) else transpose(a.term)
            right = b.term if b.letters.startswith(s) else transpose(b.term)
            rest = a.letters.replace(s, "") + b.letters.replace(s, "")
            if left.rank == 1:
                left, right = transpose(right), left
            return Factor(matmul(left, right) if right.rank == 2 else matvec(left, right), rest)
    return _einsum((a, b), kept)


def _einsum(factors: Sequence[Factor], kept: str) -> Factor:
    dims = {i: d for t, letters in factors for i, d in zip(letters, t.dims, strict=True)}
    text = ",".join([letters for _, letters in factors]) + "->" + kept
    term = make("index_sum", tuple([dense(t) for t, _ in factors]), text, tuple([dims[i] for i in kept]))
    return Factor(term, kept)


# --- products of what is left ------------------------------------------------------------------------


def laid_out(factors: Sequence[Factor], order: str) -> Factor:
    """The product of factors without sums, its axes in this order if it has two of them, or if it is computed here."""
    order = "".join([i for i in order if any(i in letters for _, letters in factors)])
    found = sorted(factors, key=lambda f: -len(f.letters))
    whole: list[Factor] = []
    for f in found:  # a vector is multiplied into a matrix that has its letter
        into = next((i for i, g in enumerate(whole) if len(f.letters) == 1 and f.letters in g.letters and
                     len(g.letters) < 3), None)  # fmt: skip
        if into is None:
            whole.append(f)
        else:
            t, letters = whole[into]
            axis = letters.index(f.letters)
            whole[into] = Factor(times(spread(f.term, t.dims, axis) if t.rank > 1 else f.term, t), letters)
    if len(whole) == 1:
        t, letters = whole[0]
        return Factor(transpose(t), order) if len(letters) == 2 and letters != order else whole[0]
    whole.sort(key=lambda f: order.index(f.letters[0]))
    while len(whole) > 2 or (len(whole) == 2 and len(order) == 2):  # two vectors are a matrix: one product less
        vectors = [k for k, f in enumerate(whole) if len(f.letters) == 1]
        if len(vectors) < 2:  # matrices that share letters, which no product of two of them gives
            break
        *_, by, at = vectors
        (u, i), (v, j) = whole[by], whole.pop(at)
        whole[by] = Factor(outer(u, v), i + j)
    return whole[0] if len(whole) == 1 else _einsum(whole, order)
