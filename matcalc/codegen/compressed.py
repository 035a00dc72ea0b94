"""The compressed form of an array of three axes and more: small factors, each on a diagonal that δ states.

The Hessian of ‖T − U Vᵀ‖² by U has four axes and is 2 δᵢₖ (VᵀV)ⱼₗ: all that has to be computed and kept is
the r×r factor 2 VᵀV (Laue, Mitterreiter & Giesen 2020, AAAI, call such forms compressed).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np

from matcalc.algebra.shapes import Dim, dim_substitute, dim_text
from matcalc.calculus.index_terms import Term, summed
from matcalc.codegen.assembly import Entries
from matcalc.codegen.compiled import Array, Compiled, by_symbol, compile_numpy, fitted, numpy_code, read_array
from matcalc.codegen.sampling import Declared
from matcalc.errors import DerivativeError

__all__ = ["Compressed", "Factor", "compressed_form"]

Pair = tuple[str, str]


@dataclass(frozen=True)
class Factor:
    """One array with the axes `indices`, of lengths `axes`; the entries of the whole are its entries times the δ."""

    deltas: tuple[Pair, ...]
    indices: str
    axes: tuple[Dim, ...]
    entries: Entries

    def __str__(self) -> str:
        """δ and axes: "δ_ik, axes j l: r×r"."""
        deltas = " ".join([f"δ_{a}{b}" for a, b in self.deltas]) or "no δ"
        size = "×".join(map(dim_text, self.axes)) or "a scalar"
        return f"{deltas}, axes {' '.join(self.indices)}: {size}" if self.indices else f"{deltas}: {size}"


class Compressed(Sequence[Factor]):
    """The factors whose blocks, each on the diagonal where its δ are 1, add up to the array.

    indices: a letter for each axis of the array, in the order of d.axes; axes: their lengths.
    """

    def __init__(
        self, factors: Sequence[Factor], indices: str, axes: tuple[Dim, ...], symbols: Mapping[str, Declared], said: str
    ) -> None:
        self._factors = tuple(factors)
        self.indices, self.axes = indices, axes
        self._symbols, self._said = symbols, said

    def __getitem__(self, i: int | slice) -> Factor | tuple[Factor, ...]:  # type: ignore[override]
        return self._factors[i]

    def __len__(self) -> int:
        return len(self._factors)

    def __iter__(self) -> Iterator[Factor]:
        return iter(self._factors)

    def __str__(self) -> str:
        return "\n".join([self._said, *[f"  factor {k}: {factor}" for k, factor in enumerate(self, 1)]])

    @property
    def _outputs(self) -> dict[str, Entries]:
        return {f"factor_{k}": factor.entries for k, factor in enumerate(self, 1)}

    def code(self) -> str:
        """The source of a NumPy function that returns the factors, in their order."""
        return numpy_code(self._outputs, self._shapes, self._facts, name="factors", title=str(self))

    def compile(self) -> Callable[..., Array | tuple[Array, ...]]:
        """A function of named arrays that returns the factors: a tuple, or the array where there is one."""
        return self._compiled()

    def full(self, *unnamed: object, **arguments: object) -> Array:
        """The whole array, put together from the factors; for looking at and for checking."""
        function = self._compiled()
        found = function(*unnamed, **arguments)
        lengths = self._lengths(function, arguments)
        out = np.zeros([lengths[i] for i in self.indices])
        for factor, array in zip(self, found if isinstance(found, tuple) else (found,), strict=True):
            units = [np.eye(lengths[a]) for a, _ in factor.deltas]
            letters = ",".join([factor.indices, *[a + b for a, b in factor.deltas]])
            free = "".join([i for i in self.indices if i in letters])
            block = np.einsum(f"{letters}->{free}", np.asarray(array), *units)
            out = out + block.reshape([lengths[i] if i in free else 1 for i in self.indices])
        return out

    def _compiled(self) -> Compiled:
        return compile_numpy(self._outputs, self._shapes, self._facts, name="factors", title=str(self))

    @property
    def _shapes(self) -> dict[str, tuple[Dim, Dim]]:
        return {name: declared.shape for name, declared in self._symbols.items()}

    @property
    def _facts(self) -> dict[str, frozenset[str]]:
        return {name: frozenset(declared.facts) for name, declared in self._symbols.items()}

    def _lengths(self, function: Compiled, arguments: Mapping[str, object]) -> dict[str, int]:
        """How long each axis is, from the arrays that were given."""
        _, _, sizes = fitted(by_symbol(arguments, function.shapes), function.shapes, read_array)
        return {i: cast(int, dim_substitute(d, sizes)) for i, d in zip(self.indices, self.axes, strict=True)}


def compressed_form(found: Entries | None, symbols: Mapping[str, Declared], said: str) -> Compressed:
    """The compressed form of an array by its entries; said: its entries in words.

    Raises DerivativeError where no term has a δ between axes of the array, so that nothing is smaller.
    """
    if found is None:
        raise DerivativeError(
            "there is no compressed form: the entries have no closed form, or too many terms",
            advice="compile() gives the array, jvp and vjp the linear map without it",
        )
    groups: dict[tuple[Pair, ...], list[Term]] = {}
    for term in found.terms:
        deltas = tuple([pair for pair in term.deltas if set(pair) <= set(found.indices)])
        rest = tuple([pair for pair in term.deltas if pair not in deltas])
        groups.setdefault(deltas, []).append(replace(term, deltas=rest))
    if not any(groups):
        raise DerivativeError(
            "there is no compressed form: no δ joins two axes of the array",
            advice="compile() gives the array, jvp and vjp the linear map without it",
        )
    lengths = dict(zip(found.indices, found.axes, strict=True))
    factors = []
    for deltas, terms in groups.items():
        kept = _axes_of(terms, found.indices)
        axes = tuple([lengths[i] for i in kept])
        factors.append(Factor(deltas, kept, axes, Entries(tuple(terms), kept, axes)))
    return Compressed(factors, found.indices, found.axes, symbols, said)


def _axes_of(terms: Sequence[Term], indices: str) -> str:
    """The indices of the array on which the terms depend."""
    used = {i for term in terms for i in term.indices if i not in summed(term)}
    return "".join([i for i in indices if i in used])
