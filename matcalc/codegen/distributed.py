"""Sums over data rows beyond one machine: the kernel of a block of rows on every block of a dask array.

The sums of the blocks are added as a tree, rows stay where they are. What no row enters is computed
once, here; so is the small linear algebra behind the sums.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from matcalc.codegen.compiled import (
    Array,
    by_symbol,
    check_real,
    fitted,
    read_array,
    results_of,
    run_source,
    unfit,
)  # fmt: skip
from matcalc.codegen.numpy_printer import with_imports
from matcalc.codegen.program import Program
from matcalc.codegen.rows import split_rows
from matcalc.codegen.rows_printer import AFTER, BEFORE, BLOCK, SUMS, row_functions, rows_at_once
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

    def __call__(self, /, *unnamed: object, **arguments: object) -> Array | tuple[Array, ...]:
        """The outputs for one keyword argument per symbol, in one computation of dask."""
        import dask

        given, dtype, sizes = fitted(by_symbol(arguments, self.shapes, unnamed), self.shapes, _real)
        cut = {name: given[name] for name in self.rows.cut}
        small = [n for n in given if n not in cut]
        values: dict[str, Any] = dict(zip(small, dask.compute(*[given[n] for n in small]), strict=True))
        values.update({n: _Sized(a) for n, a in cut.items()})
        try:
            values.update(self._run(BEFORE, self.rows.before, self.rows.fixed, values) if self.rows.fixed else {})
            step = rows_at_once(self.rows, sizes)
            values.update(self._sums(cut, {n: a for n, a in values.items() if n not in cut}, step))
            found = self._functions[AFTER](*[values[n] for n, _ in self.rows.after.inputs])
        except (np.linalg.LinAlgError, ValueError) as error:
            raise unfit(error) from error
        return results_of(found, len(self.program.outputs), dtype)

    def _run(self, function: str, program: Program, names: Sequence[str], values: Mapping[str, Any]) -> dict[str, Any]:
        """What a function returns, by name; of the data only the shapes are there."""
        found = self._functions[function](*[values[n] for n, _ in program.inputs])
        return dict(zip(names, found if len(names) > 1 else (found,), strict=True))

    def _sums(self, cut: dict[str, Any], shared: dict[str, Any], step: int) -> dict[str, Any]:
        """The sums over all rows, and the rows of results, by name."""
        import dask

        count = len(self.rows.sums)
        kernel, everywhere = dask.delayed(_kernel, pure=True), dask.delayed(shared)
        names = [n for n, _ in self.rows.block.inputs]
        results = [kernel(self.source, names, block, everywhere, step) for block in _blocks(cut)]
        sums = _tree([dask.delayed(_sums)(r, count) for r in results])
        parts = [dask.delayed(_parts)(r, count) for r in results] if self.rows.parts else []
        total, pieces = dask.compute(sums, parts)
        known = dict(zip(self.rows.sums, total, strict=True))
        for i, name in enumerate(self.rows.parts):
            known[name] = np.concatenate([piece[i] for piece in pieces])
        return known


def _real(name: str, value: object) -> Any:
    """A real array of NumPy or of dask, without computing anything."""
    import dask.array

    if not isinstance(value, dask.array.Array):
        if hasattr(value, "__dask_graph__"):
            raise DataError(f"{name} is no dask array", advice="A data frame has .to_dask_array(lengths=True).")
        return read_array(name, value)
    if not isinstance(value._meta, np.ndarray):
        raise DataError(f"the blocks of {name} are no NumPy arrays")
    if any(np.isnan(n) for n in value.shape):
        raise DataError(f"the number of rows of {name} is unknown", advice="call compute_chunk_sizes() first")
    check_real(name, value)
    return value


class _Sized:
    """The shape of an array that is not here."""

    def __init__(self, array: Any) -> None:
        self.shape = array.shape

    def __len__(self) -> int:
        return int(self.shape[0])


def _blocks(cut: dict[str, Any]) -> list[dict[str, Any]]:
    """The blocks of rows, as delayed arrays by name, cut as the largest dask array is."""
    import dask.array

    chunked = [a for a in cut.values() if isinstance(a, dask.array.Array)]
    length = len(next(iter(cut.values())))
    rows = max(chunked, key=lambda a: a.nbytes).chunks[0] if chunked else (length,)
    aligned = {}
    for name, a in cut.items():
        chunks = (rows, *[(n,) for n in a.shape[1:]])
        aligned[name] = (
            a.rechunk(chunks) if isinstance(a, dask.array.Array) else dask.array.from_array(a, chunks=chunks)
        )
    with dask.config.set({"optimization.fuse.active": False}):  # what two of them are made of is made once
        together = dask.optimize(*aligned.values())
    columns = {n: list(a.to_delayed(optimize_graph=False).reshape(-1)) for n, a in zip(aligned, together, strict=True)}
    return [{n: c[i] for n, c in columns.items()} for i in range(len(rows))]


def _kernel(source: str, names: list[str], block: dict[str, Any], shared: dict[str, Any], step: int) -> tuple[Any, ...]:
    """The sums and rows of one block, which go through a cache a piece at a time; a worker makes the functions once."""
    values = [shared[n] if n in shared else block[n] for n in names]
    functions = run_source(source, "rows")
    empty = not all(map(len, block.values()))
    found = functions[BLOCK](*values) if empty else functions[SUMS](step, *values)
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
