"""Rows, columns and entries of arrays in code: `A[i - 1]`, and the indices among the arguments, which count from 1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from matcalc.algebra.shapes import Dim, Shape, dim_substitute
from matcalc.codegen.elementwise import dense, formed, scale, size_of, split, spread, times
from matcalc.codegen.powers import power
from matcalc.codegen.program import Program
from matcalc.codegen.terms import Dims, Term, dims_of, make, postorder
from matcalc.errors import DataError

__all__ = ["Indices", "entry", "known", "line", "unit"]


def unit(k: Term, dim: Dim) -> Term:
    """The unit vector that is 1 at the index k."""
    return make("unit", (k, size_of(k.table, dim)), None, (dim,))


def entry(x: Term, k: Term) -> Term:
    """The entry k of a vector."""
    c, core = split(x)
    if c != 1:
        return scale(c, entry(core, k))
    if core.op == "spread":
        return core.args[0]
    if core.op == "unit":
        return make("function", (core.args[0], k), "delta", ())
    return make("entry", (dense(core), k), 0, ())


def line(a: Term, k: Term, axis: int) -> Term:
    """The row k of a matrix, or for axis 1 the column."""
    c, core = split(a)
    if c != 1:
        return scale(c, line(core, k, axis))
    other: Dims = (core.dims[1 - axis],)
    if core.op == "transpose":
        return line(core.args[0], k, 1 - axis)
    if core.op == "diagmatrix":
        return times(entry(core.args[0], k), unit(k, other[0]))
    if core.op == "outer":
        u, v = core.args
        return times(entry(u, k), v) if axis == 0 else times(u, entry(v, k))
    if core.op == "spread":
        v = core.args[0]
        return spread(entry(v, k), other) if v.rank and core.data == axis else spread(v, other) if not v.rank else v
    if core.op == "times" and any(base.op == "spread" for base, _ in core.powers):
        return times(*[power(line(b, k, axis) if b.rank else b, e) for b, e in core.powers])
    return make("entry", (dense(formed(core)), k), axis, other)


@dataclass(frozen=True)
class Indices:
    """The indices of a program: for each the axes that it must be within.

    symbols: of arguments, by their place. numbers: of literal places.
    """

    symbols: Mapping[int, tuple[str, frozenset[Dim]]]
    numbers: frozenset[tuple[int, Dim]]

    @classmethod
    def of(cls, program: Program) -> Indices:
        """The indices of the arguments, and those that stand in the program as numbers."""
        places = {name: at for at, (name, _) in enumerate(program.inputs)}
        found: dict[int, tuple[str, set[Dim]]] = {}
        numbers: set[tuple[int, Dim]] = set()
        for term in postorder([a.term for a in program.assignments] + [t for _, t in program.outputs]):
            for k, dim in _uses(term):
                if k.op == "number" and dim is not None:
                    numbers.add((int(k.value), dim))
                elif k.op == "input":
                    name = str(k.data)
                    dims = found.setdefault(places[name], (name, set()))[1]
                    dims.update([dim] if dim is not None else [])
        for name, dim in program.ranges:
            found.setdefault(places[name], (name, set()))[1].add(dim)
        return cls({at: (name, frozenset(dims)) for at, (name, dims) in found.items()}, frozenset(numbers))

    def checked(self, arrays: Sequence[Any], shapes: Mapping[str, Shape]) -> list[Any]:
        """The arguments with whole numbers for indices; DataError for an index that is none, or out of its range."""
        if not self.symbols and not self.numbers:
            return list(arrays)
        sizes: dict[str, Dim] = {}
        for array, shape in zip(arrays, shapes.values(), strict=True):
            lengths = np.shape(array)
            for dim, length in zip(dims_of(shape), lengths, strict=False):
                if isinstance(dim, str):
                    sizes[dim] = int(length)
        out = list(arrays)
        for place, dim in self.numbers:
            _within(str(place), place, dim, sizes)
        for at, (name, dims) in self.symbols.items():
            value = known(name, out[at], "an index")
            if value % 1 or value < 1:
                raise DataError(f"{name} is an index and must be a whole number from 1 on, and it is {value:g}")
            for dim in dims:
                _within(name, int(value), dim, sizes)
            out[at] = int(value)
        return out


def known(name: str, value: Any, what: str) -> float:
    """The number that an argument is; DataError for one that jax.jit traces, of which nothing is known yet."""
    try:
        return float(value)
    except TypeError as error:
        raise DataError(
            f"{name} is {what}, and its value is not known while the call is traced",
            advice=f"Make {name} a static argument of jax.jit, or give it as a number.",
        ) from error


def _within(name: str, value: int, dim: Dim, sizes: Mapping[str, Dim]) -> None:
    last = dim_substitute(dim, sizes)
    if isinstance(last, int) and value > last:
        shown = f"{name} is {value}" if not name.isdecimal() else f"the index {value} is there"
        raise DataError(f"{shown}, and the axis on which it stands has {last} entries")


def _uses(term: Term) -> list[tuple[Term, Dim | None]]:
    """The indices that a term reads, with the axis that each must be within."""
    if term.op == "entry":
        array, k = term.args
        return [(k, array.dims[term.data if isinstance(term.data, int) else 0])]
    if term.op == "unit":
        return [(term.args[0], term.dims[0])]
    if term.op == "function" and term.data == "delta":
        return [(k, None) for k in term.args]
    return []
