"""Sums of products of entries, and how they become matrix products as far as they can.

A network is a product of factors with indices: a scalar has none, a vector one, a matrix two. A sum
over an index eliminates it: the vectors and matrices that share it are contracted, a matrix with one
other index into a matrix–vector product, two of them into a product through it, with the vectors on
it as a diagonal matrix between. That is a matrix formula as long as no step leaves more than two
indices; the index with the fewest neighbours goes first. What is left when every index has more
neighbours stays a sum, as small as it can be (matcalc.algebra.contractions).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count

from matcalc.algebra.build import IDENTITY, add, apply, dimension, hadamard, inner, multiply, number, ones, transpose
from matcalc.algebra.contractions import Factor, Ranges, factors_of, kept, leans, opened, shape_of, turned
from matcalc.algebra.expr import Expr, make
from matcalc.algebra.operations import REGISTRY, Operation
from matcalc.algebra.shapes import SCALAR

__all__ = ["CONTRACT", "Factor", "Network", "NoMatrixForm", "array", "contract", "free_axes", "rename"]


class NoMatrixForm(Exception):
    """More than two indices are left at once: the indices, as they are named."""

    def __init__(self, axes: Iterable[str]) -> None:
        super().__init__()
        self.axes = tuple(axes)


@dataclass(frozen=True, slots=True)
class Network:
    """A product of factors, summed over the bound indices."""

    factors: tuple[Factor, ...]
    bound: tuple[str, ...] = ()


def free_axes(terms: Iterable[Network]) -> tuple[str, ...]:
    """The indices that no sum of their network binds, in the order of first appearance."""
    found: dict[str, None] = {}
    for term in terms:
        for factor in term.factors:
            found.update(dict.fromkeys([axis for axis in factor.axes if axis not in term.bound]))
    return tuple(found)


def rename(terms: Iterable[Network], names: Mapping[str, str]) -> tuple[Network, ...]:
    """The networks with other indices; a matrix whose two indices become one is its diagonal."""
    if all(old == new for old, new in names.items()):
        return tuple(terms)
    return tuple(
        Network(
            tuple([_joined(f.value, tuple([names.get(a, a) for a in f.axes])) for f in term.factors]),
            tuple([names.get(axis, axis) for axis in term.bound]),
        )
        for term in terms
    )


def _joined(value: Expr, axes: tuple[str, ...]) -> Factor:
    if len(axes) < 2 or axes[0] != axes[1]:
        return Factor(value, axes)
    if value.op is IDENTITY:
        return Factor(ones(value.shape[0]), axes[:1])
    return Factor(apply(REGISTRY["diagonal"], (value,)), axes[:1])


def array(terms: Sequence[Network], axes: tuple[str, ...], ranges: Ranges) -> Expr:
    """The sum of the networks as a scalar, a column or a matrix with these indices; raises NoMatrixForm."""
    if len(axes) > 2:
        raise NoMatrixForm(axes)
    return add(*[_spread(_contracted(term, ranges), axes, ranges) for term in terms])


# --- what is left when nothing is bound ------------------------------------------------------------


def _spread(factors: list[Factor], axes: tuple[str, ...], ranges: Ranges) -> Expr:
    """The product of factors without bound indices as an array with these indices."""
    scalars = [f.value for f in factors if not f.axes]
    if not axes:
        return multiply(*scalars) if scalars else number(1)
    on = {axis: [f.value for f in factors if f.axes == (axis,)] for axis in axes}
    first = axes[0]
    if len(axes) == 1:
        body = hadamard(*on[first]) if on[first] else ones(ranges[first])
        return multiply(*scalars, body)
    second = axes[1]
    matrices = [f.oriented(first) for f in factors if len(f.axes) == 2]
    rows, columns = on[first], on[second]
    if not matrices:
        left = hadamard(*rows) if rows else ones(ranges[first])
        right = hadamard(*columns) if columns else ones(ranges[second])
        if not rows and not columns:
            return multiply(*scalars, ones(ranges[first], ranges[second]))
        return multiply(*scalars, left, transpose(right))
    chain = [hadamard(*matrices)]
    if rows:
        chain.insert(0, _diag(hadamard(*rows)))
    if columns:
        chain.append(_diag(hadamard(*columns)))
    return multiply(*scalars, *chain)


def _diag(x: Expr) -> Expr:
    return apply(REGISTRY["diag"], (x,)) if x.shape != SCALAR else x


# --- sums ------------------------------------------------------------------------------------------


def _contracted(term: Network, ranges: Ranges) -> list[Factor]:
    """Factors without bound indices whose product is the network."""
    factors, bound = _without_deltas(list(term.factors), list(term.bound))
    apart = False
    while bound:
        axis = min(bound, key=lambda index: (len(_neighbours(factors, index)), _leads(factors, index)))
        near = [f for f in factors if axis in f.axes]
        others = _neighbours(factors, axis)
        if len(others) > 2:
            if apart:
                factors, bound = _cores(factors, bound), []
                break
            apart = True
            ranges = dict(ranges)
            fresh = (f"~{i}" for i in count())
            factors = list(opened(factors, ranges, fresh))
            bound += [index for index in ranges if index.startswith("~")]
            factors, bound = _without_deltas(factors, bound)
            continue
        factors = [f for f in factors if axis not in f.axes]
        bound.remove(axis)
        if len(others) == 1 and others[0] in bound and not any(others[0] in f.axes for f in factors):
            both = _inner_of_matrices(near)
            if both is not None:
                factors.append(both)
                bound.remove(others[0])
                continue
        factors.append(_eliminated(near, axis, others, ranges))
    left = {axis for f in factors for axis in f.axes}
    if len(left) > 2:
        raise NoMatrixForm(free_axes((Network(tuple(factors)),)))
    return factors


def _cores(factors: list[Factor], bound: Sequence[str]) -> list[Factor]:
    """The factors with those that hang together by bound indices kept as one sum each."""
    out: list[Factor] = []
    waiting = list(factors)
    while waiting:
        first = waiting.pop(0)
        if not set(first.axes) & set(bound):
            out.append(first)
            continue
        group, inside = [first], set(first.axes) & set(bound)
        while True:
            joined = [f for f in waiting if set(f.axes) & inside]
            if not joined:
                break
            waiting = [f for f in waiting if f not in joined]
            group += joined
            inside |= {axis for f in joined for axis in f.axes if axis in bound}
        group = [f for f in factors if f in group]
        free = free_axes((Network(tuple(group), tuple(inside)),))
        if len(free) > 2:
            raise NoMatrixForm(free)
        out.append(Factor(kept(group, free), free))
    return out


def _neighbours(factors: Iterable[Factor], axis: str) -> tuple[str, ...]:
    """The other indices of the factors with this one."""
    return tuple(dict.fromkeys([a for f in factors if axis in f.axes for a in f.axes if a != axis]))


def _leads(factors: Iterable[Factor], axis: str) -> bool:
    """Whether it is the row of a matrix: columns are summed first, so that A x comes before Aᵀx."""
    return any(len(f.axes) == 2 and f.axes[0] == axis for f in factors)


def _without_deltas(factors: list[Factor], bound: list[str]) -> tuple[list[Factor], list[str]]:
    """δᵢⱼ with a bound index puts the other index in its place."""
    at = 0
    while at < len(factors):
        found = factors[at]
        summed = [a for a in found.axes if a in bound] if found.value.op is IDENTITY else []
        if not summed:
            at += 1
            continue
        (old,) = summed[:1]
        new = found.axes[1] if found.axes[0] == old else found.axes[0]
        del factors[at]
        if not any(new in f.axes for f in factors) and not any(old in f.axes for f in factors):
            factors.insert(at, Factor(ones(found.value.shape[0]), (old,)))
        (renamed,) = rename((Network(tuple(factors)),), {old: new})
        factors = list(renamed.factors)
        bound.remove(old)
        at = 0
    return factors, bound


def _inner_of_matrices(near: list[Factor]) -> Factor | None:
    """∑ᵢⱼ of matrices alone: their inner product, or the trace of a cycle; and of one the sum of its entries."""
    if any(len(f.axes) == 1 for f in near):
        return None
    matrices = [f.oriented(near[0].axes[0]) for f in near]
    if len(matrices) == 1:
        return Factor(apply(REGISTRY["sum"], (matrices[0],)), ())
    first, rest = matrices[0], hadamard(*matrices[1:])
    if leans(rest):
        return Factor(apply(REGISTRY["tr"], (multiply(first, transpose(rest)),)), ())
    return Factor(inner(first, rest), ())


def _eliminated(near: list[Factor], axis: str, others: tuple[str, ...], ranges: Ranges) -> Factor:
    """The sum over one index of the factors that have it."""
    vectors = [f.value for f in near if len(f.axes) == 1]
    if not near:
        size = ranges[axis]
        return Factor(number(size) if isinstance(size, int) else dimension(size), ())
    if not others:
        if len(vectors) == 1 and vectors[0].op.name == "diagonal":
            return Factor(apply(REGISTRY["tr"], vectors[0].args), ())
        if len(vectors) == 1:
            return Factor(apply(REGISTRY["sum"], (vectors[0],)), ())
        return Factor(inner(vectors[0], hadamard(*vectors[1:])), ())
    left = hadamard(*[f.oriented(others[0]) for f in near if others[0] in f.axes])
    if len(others) == 1:
        return Factor(multiply(left, hadamard(*vectors) if vectors else ones(ranges[axis])), others)
    right = hadamard(*[f.oriented(axis) for f in near if others[1] in f.axes])
    middle = [_diag(hadamard(*vectors))] if vectors else []
    return Factor(multiply(left, *middle, right), others)


# --- the sum as an operation ---------------------------------------------------------------------------


def contract(factors: Sequence[Factor], out: tuple[str, ...], ranges: Ranges) -> Expr:
    """The product of the factors summed over all indices but `out`: by matrix products, or as a sum.

    >>> from matcalc.algebra.build import symbol
    >>> A, x = symbol("A", ("m", "n")), symbol("x", ("n", 1))
    >>> print(contract([Factor(A, ("i", "j")), Factor(x, ("j",))], ("i",), {"i": "m", "j": "n"}))
    A x
    """
    bound = dict.fromkeys([axis for f in factors for axis in f.axes if axis not in out])
    return array([Network(tuple(factors), tuple(bound))], out, ranges)


def _built(args: tuple[Expr, ...], data: Hashable) -> Expr:
    shape = shape_of(tuple([arg.shape for arg in args]), data)
    factors, out, ranges = factors_of(make(CONTRACT, args, data, shape))
    return contract(factors, out, ranges)


CONTRACT = REGISTRY.add(
    Operation(
        name="contract", shape=shape_of, arity=None, build=_built, transposed=turned, callable_from_text=False,
        title="an index sum is linear in each factor", source="a sum of products, by the product rule in each factor",
    )
)  # fmt: skip
