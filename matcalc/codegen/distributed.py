"""Sums over data rows beyond one machine: the kernel of a block of rows on every block of a dask array.

The sums of the blocks are added as a tree, rows stay where they are. What no row enters is computed
once, here; so is the small linear algebra behind the sums.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from matcalc.codegen.compiled import Array, Compiled, run_source
from matcalc.codegen.numpy_printer import numpy_source, with_imports
from matcalc.codegen.program import Program
from matcalc.codegen.rows import split_rows
from matcalc.codegen.rows_printer import AFTER, BEFORE, BLOCK, row_functions
from matcalc.errors import DataError, NotYetError

__all__ = ["Distributed"]

#: Blocks whose results are added at once.
_FAN_IN = 8


class Distributed:
    """A function of named arrays, of which those with rows may be dask arrays; its results are NumPy arrays.

    Value and derivatives come from one pass over the data. Results with a row for each row of the
    data are put together here, so that they must fit into memory.
    """

    def __init__(self, program: Program, name: str) -> None:
        rows = split_rows(program)
        if rows is None:
            raise NotYetError(
                f"{name} is no sum over the rows of its data, so it cannot be computed block by block",
                advice='compile("numpy") runs on one machine',
            )
        self.program, self.rows = program, rows
        self.shapes = dict(program.inputs)
        self.source = with_imports(row_functions(rows))
        self._functions = run_source(self.source, "rows")
        self._whole = Compiled(program, numpy_source(program, name), name)

    def __call__(self, /, **arguments: object) -> Array | tuple[Array, ...]:
        """The outputs for one keyword argument per symbol, in one computation of dask."""
        import dask

        given = self._whole._by_symbol(arguments)
        cut = {name: given[name] for name in self.rows.cut}
        blocks = _blocks(cut)
        small = {n: np.asarray(v) for n, v in given.items() if n not in cut}
        fixed = self._fixed(given, small)
        kernel = dask.delayed(_kernel, pure=True)
        shared = dask.delayed({**small, **fixed})
        names = [n for n, _ in self.rows.block.inputs]
        results = [kernel(self.source, names, block, shared) for block in blocks]
        sums = _tree([dask.delayed(_sums)(r, len(self.rows.sums)) for r in results])
        parts = [dask.delayed(_parts)(r, len(self.rows.sums)) for r in results] if self.rows.parts else []
        total, pieces = dask.compute(sums, parts)
        known = dict(zip(self.rows.sums, total, strict=True))
        for i, name in enumerate(self.rows.parts):
            known[name] = np.concatenate([piece[i] for piece in pieces])
        sizes = {n: _Sized(given[n]) for n in cut}
        values: dict[str, Any] = {**sizes, **small, **fixed, **known}
        found = self._functions[AFTER](*[values[n] for n, _ in self.rows.after.inputs])
        results_ = found if isinstance(found, tuple) else (found,)
        arrays = tuple([np.asarray(r) for r in results_])
        return arrays[0] if len(arrays) == 1 else arrays

    def _fixed(self, given: dict[str, object], small: dict[str, Any]) -> dict[str, Any]:
        """What no row enters; of the data only the shapes are read."""
        if not self.rows.fixed:
            return {}
        values = {n: small[n] if n in small else _Sized(given[n]) for n, _ in self.rows.before.inputs}
        found = self._functions[BEFORE](*values.values())
        return dict(zip(self.rows.fixed, found if len(self.rows.fixed) > 1 else (found,), strict=True))


class _Sized:
    """The shape of an array that is not here."""

    def __init__(self, array: Any) -> None:
        self.shape = array.shape

    def __len__(self) -> int:
        return int(self.shape[0])


def _blocks(cut: dict[str, Any]) -> list[dict[str, Any]]:
    """The blocks of rows, as lists of delayed arrays by name, cut as the first dask array is."""
    import dask.array

    arrays = {n: a if isinstance(a, dask.array.Array) else np.asarray(a) for n, a in cut.items()}
    lengths = {n: a.shape[0] if a.ndim else 0 for n, a in arrays.items()}
    if len(set(lengths.values())) > 1:
        raise DataError("the numbers of rows differ: " + ", ".join(f"{k} in {n}" for n, k in lengths.items()))
    chunked = [a for a in arrays.values() if isinstance(a, dask.array.Array)]
    rows = chunked[0].chunks[0] if chunked else (next(iter(lengths.values())),)
    columns: dict[str, Sequence[Any]] = {}
    for name, a in arrays.items():
        whole = a if isinstance(a, dask.array.Array) else dask.array.from_array(a, chunks=(rows, *a.shape[1:]))
        if any(np.isnan(n) for n in whole.shape):
            raise DataError(f"the number of rows of {name} is unknown", advice="call compute_chunk_sizes() first")
        whole = whole.rechunk((rows, *[(n,) for n in whole.shape[1:]]))
        columns[name] = list(whole.to_delayed().reshape(-1))
    return [{n: c[i] for n, c in columns.items()} for i in range(len(rows))]


def _kernel(source: str, names: list[str], block: dict[str, Any], shared: dict[str, Any]) -> tuple[Any, ...]:
    """The sums and rows of one block; a worker makes the function from its source once."""
    values = {**shared, **block}
    found = run_source(source, "rows")[BLOCK](*[values[n] for n in names])
    return found if isinstance(found, tuple) else (found,)


def _sums(results: tuple[Any, ...], count: int) -> tuple[Any, ...]:
    return results[:count]


def _parts(results: tuple[Any, ...], count: int) -> tuple[Any, ...]:
    return results[count:]


def _add(results: list[tuple[Any, ...]]) -> tuple[Any, ...]:
    return tuple([sum(column[1:], column[0]) for column in zip(*results, strict=True)])


def _tree(results: list[Any]) -> Any:
    """The sum of delayed results, a few at a time."""
    import dask

    add = dask.delayed(_add, pure=True)
    while len(results) > 1:
        results = [add(results[i : i + _FAN_IN]) for i in range(0, len(results), _FAN_IN)]
    return results[0]
