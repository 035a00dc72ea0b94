"""Sums of products of entries that no matrix product says: ∑ₖₗ Bᵢₖ Cᵢₗ Dⱼₖ Eⱼₗ Fₖₗ, one multilinear operation.

The payload says which indices the operands have and which the value has, as numbers in the order of
first appearance: (((0, 1), (0, 2), (3, 1), (3, 2), (1, 2)), (0, 3)). The value has at most two axes.
Its adjoint by one operand is again such a sum, with the cotangent in that operand's place, so that
gradients are closed under it. Nothing stays a sum that matcalc.algebra.networks folds into matrix
products; this module has the operation, its factors, and how an operand is taken apart.
"""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from matcalc.algebra.build import (
    HADAMARD,
    IDENTITY,
    ONES,
    PRODUCT,
    TRANSPOSE,
    ZERO,
    ZEROS,
    hadamard,
    identity,
    multiply,
    parts,
    reassemble,
    transpose,
)
from matcalc.algebra.expr import Expr, make
from matcalc.algebra.operations import REGISTRY
from matcalc.algebra.shapes import SCALAR, Dim, Shape, is_row

__all__ = [
    "Factor", "Ranges", "Spec", "canonical", "factors_of", "kept", "leans", "opened", "shape_of", "sizes_of", "turned",
]  # fmt: skip

#: (the indices of each operand, the indices of the value)
Spec = tuple[tuple[tuple[int, ...], ...], tuple[int, ...]]
Ranges = Mapping[str, Dim]
#: The names of so many indices are permuted in search of the least form; sums over more compare as they are written.
_PERMUTED = 6


@dataclass(frozen=True, slots=True)
class Factor:
    """A scalar, a column or a matrix with the indices of its axes."""

    value: Expr
    axes: tuple[str, ...]

    def oriented(self, rows: str) -> Expr:
        """The matrix with the index `rows` as its first."""
        return self.value if self.axes[0] == rows else _flipped(self.value)


def _flipped(e: Expr) -> Expr:
    """The transpose of a matrix, in which a factor such as diag(x) that is its own transpose stays."""
    coefficient, scalars, matrices = parts(e)
    turned_factors = [m if m.op.transpose == "invariant" else transpose(m) for m in reversed(matrices)]
    return reassemble(coefficient, scalars, tuple(turned_factors))


# --- the operation -----------------------------------------------------------------------------------


def sizes_of(shapes: Sequence[Shape], data: Hashable) -> dict[int, Dim]:
    """How far each index of a sum runs, by the shapes of the operands."""
    operands, _ = cast(Spec, data)
    found: dict[int, Dim] = {}
    for axes, shape in zip(operands, shapes, strict=True):
        found.update(zip(axes, shape, strict=False))
    return found


def shape_of(shapes: tuple[Shape, ...], data: Hashable) -> Shape:
    """The shape of the value: a scalar, a column or a matrix."""
    _, out = cast(Spec, data)
    sizes = sizes_of(shapes, data)
    rows, columns = (*[sizes[i] for i in out], 1, 1)[:2]
    return rows, columns


def factors_of(node: Expr) -> tuple[list[Factor], tuple[str, ...], dict[str, Dim]]:
    """The factors of a sum with names for its indices, the indices of the value, and their ranges."""
    operands, out = cast(Spec, node.data)
    factors = [Factor(arg, tuple(map(str, axes))) for arg, axes in zip(node.args, operands, strict=True)]
    sizes = sizes_of([arg.shape for arg in node.args], node.data)
    return factors, tuple(map(str, out)), {str(i): size for i, size in sizes.items()}


def turned(args: tuple[Expr, ...], data: Hashable) -> Expr | None:
    """The transpose of a sum with two axes: the same sum with the axes exchanged."""
    operands, out = cast(Spec, data)
    if len(out) < 2:
        return None
    spec = operands, out[::-1]
    return make(REGISTRY["contract"], args, spec, shape_of(tuple([arg.shape for arg in args]), spec))


def kept(factors: Iterable[Factor], out: tuple[str, ...]) -> Expr:
    """The sum of the products over all indices but those of the value; factors on the same indices are one."""
    together: dict[frozenset[str], list[Factor]] = {}
    for factor in factors:
        together.setdefault(frozenset(factor.axes), []).append(factor)
    outside: list[Expr] = []
    names: dict[str, int] = {}
    args: list[Expr] = []
    spec: list[tuple[int, ...]] = []
    for group in together.values():
        axes = group[0].axes
        value = hadamard(*[f.oriented(axes[0]) if len(axes) == 2 else f.value for f in group])
        coefficient, scalars, matrices = parts(value)
        outside += [reassemble(coefficient, (), ()), *scalars]
        core = reassemble(1, (), matrices)
        if core.op is ZEROS:
            return _zero(out, group, together.values())
        if leans(core):
            core, axes = transpose(core), axes[::-1]
        args.append(core)
        spec.append(tuple([names.setdefault(axis, len(names)) for axis in axes]))
    data = tuple(spec), tuple([names[axis] for axis in out])
    shape = shape_of(tuple([arg.shape for arg in args]), data)
    return multiply(*outside, make(REGISTRY["contract"], tuple(args), data, shape))


def _zero(out: tuple[str, ...], group: Sequence[Factor], groups: Iterable[Sequence[Factor]]) -> Expr:
    from_factors = {axis: size for g in groups for f in g for axis, size in zip(f.axes, f.value.shape, strict=False)}
    rows, columns = (*[from_factors[axis] for axis in out], 1, 1)[:2]
    return ZERO if (rows, columns) == SCALAR else make(ZEROS, (), None, (rows, columns))


def leans(e: Expr) -> bool:
    """Whether more of the factors of a matrix are transposed than not."""
    if 1 in e.shape:
        return False
    m = parts(e)[2]
    flipped = sum(factor.op is TRANSPOSE for factor in m)
    return 2 * flipped > len(m)


# --- equal sums ------------------------------------------------------------------------------------------


def canonical(
    entries: Sequence[tuple[int, int, tuple[int, ...]]], out: Sequence[int], bound: Sequence[int]
) -> tuple[tuple[int, ...], ...]:
    """The factors with their indices under the names for the summed ones that make the sorted list least."""
    names = {index: at for at, index in enumerate(out)}
    free = range(len(out), len(out) + len(bound))
    orders = itertools.permutations(free) if len(bound) <= _PERMUTED else iter([tuple(free)])
    return min(_listed(entries, {**names, **dict(zip(bound, order, strict=True))}) for order in orders)


def _listed(
    entries: Sequence[tuple[int, int, tuple[int, ...]]], names: Mapping[int, int]
) -> tuple[tuple[int, ...], ...]:
    found = []
    for own, flipped, axes in entries:
        indices = [names[axis] for axis in axes]
        found.append(min((own, *indices), (flipped, *indices[::-1])) if len(axes) == 2 else (own, *indices))
    return tuple(sorted(found))


# --- operands taken apart ------------------------------------------------------------------------------


def opened(factors: Iterable[Factor], ranges: dict[str, Dim], fresh: Iterator[str]) -> Iterator[Factor]:
    """Factors with the same product, with what has an index of its own taken apart, so that more can be folded.

    A diagonal matrix is δ and a vector, an outer product two vectors, a sum inside this one its own
    factors, and an axis of length 1 no axis. New indices get names from `fresh` and their ranges.
    """
    stack = list(factors)[::-1]
    while stack:
        factor = _squeezed(stack.pop())
        if not factor.axes:
            yield factor
            continue
        coefficient, scalars, matrices = parts(factor.value)
        if coefficient != 1 or scalars:
            yield Factor(reassemble(coefficient, scalars, ()), ())
        core = reassemble(1, (), matrices)
        pieces = _pieces(core, factor.axes, ranges, fresh)
        if pieces is None:
            yield Factor(core, factor.axes)
        else:
            stack.extend(pieces[::-1])


def _squeezed(factor: Factor) -> Factor:
    """The factor without the axes along which it has one entry."""
    value, axes = factor.value, factor.axes
    if value.shape == SCALAR:
        return Factor(value, ())
    if len(axes) == 2 and 1 in value.shape:
        return Factor(transpose(value), axes[1:]) if is_row(value.shape) else Factor(value, axes[:1])
    return factor


def _pieces(core: Expr, axes: tuple[str, ...], ranges: dict[str, Dim], fresh: Iterator[str]) -> list[Factor] | None:
    """The factors that a factor is made of; None if it stays whole."""
    if core.op is ONES:
        return []
    if core.op is ZEROS:
        return [Factor(ZERO, ())]
    if core.op.name == "contract":
        return _inlined(core, axes, ranges, fresh)
    if len(axes) == 1:
        return None
    if core.op is TRANSPOSE:
        return [Factor(core.args[0], axes[::-1])]
    if core.op.name == "diag":
        return [Factor(identity(core.shape[0]), axes), Factor(core.args[0], axes[:1])]
    if core.op is HADAMARD and any(map(_is_loose, core.args)):
        return [Factor(arg, axes) for arg in core.args]
    if core.op is PRODUCT:
        return _of_product(core.args, axes)
    return None


def _is_loose(e: Expr) -> bool:
    """Whether a matrix is made of vectors alone, or of δ."""
    inside = e.args[0] if e.op is TRANSPOSE else e
    return inside.op.name in ("diag", "contract") or inside.op in (IDENTITY, ONES) or (
        inside.op is PRODUCT and _of_product(inside.args, ("", "")) is not None
    )  # fmt: skip


def _of_product(m: tuple[Expr, ...], axes: tuple[str, ...]) -> list[Factor] | None:
    """An outer product as two vectors, and diagonal matrices at the ends as vectors."""
    for k in range(1, len(m)):
        if m[k].shape[0] == 1:
            return [Factor(multiply(*m[:k]), axes[:1]), Factor(transpose(multiply(*m[k:])), axes[1:])]
    if m[0].op.name == "diag":
        return [Factor(m[0].args[0], axes[:1]), Factor(multiply(*m[1:]), axes)]
    if m[-1].op.name == "diag":
        return [Factor(multiply(*m[:-1]), axes), Factor(m[-1].args[0], axes[1:])]
    return None


def _inlined(node: Expr, axes: tuple[str, ...], ranges: dict[str, Dim], fresh: Iterator[str]) -> list[Factor]:
    """The factors of a sum that stands inside another."""
    factors, out, sizes = factors_of(node)
    names = dict(zip(out, axes, strict=True))
    for index, size in sizes.items():
        if index not in names:
            names[index] = next(fresh)
            ranges[names[index]] = size
    return [Factor(f.value, tuple([names[axis] for axis in f.axes])) for f in factors]
