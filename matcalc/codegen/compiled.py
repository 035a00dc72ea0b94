"""Callables made from the printed source, with arguments checked and results in the type of the arguments."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matcalc.algebra.expr import Expr
from matcalc.algebra.shapes import Dim, Shape, dim_names, dim_substitute, dim_text
from matcalc.codegen.assembly import Entries
from matcalc.codegen.numpy_printer import numpy_source
from matcalc.codegen.places import Indices, known
from matcalc.codegen.plan import NO_FACTS, plan
from matcalc.codegen.program import Program
from matcalc.codegen.rows_printer import fast_source
from matcalc.codegen.sampling import Declared
from matcalc.codegen.terms import dims_of, postorder
from matcalc.errors import DataError
from matcalc.notation.names import normalise_name

__all__ = [
    "Compiled", "by_name", "by_symbol", "check_real", "compile_numpy", "exponents", "fitted", "laid_out", "numpy_code",
    "planned", "read_array", "results_of", "run_source", "unfit", "whole_exponents",
]  # fmt: skip

Array = NDArray[Any]
_DOUBLE = np.dtype(np.float64)


class Compiled:
    """A function of named arrays: an array, or a tuple of arrays for several outputs.

    source: the NumPy code that runs. program: what it was printed from.
    """

    def __init__(self, program: Program, source: str, name: str) -> None:
        self.program = program
        self.source = source
        self.shapes = dict(program.inputs)
        self.axes = {name: dims_of(shape) for name, shape in program.inputs}
        self.__name__ = name
        self.__doc__ = source
        self.function = _function(source, name)
        self.whole = exponents(program)
        self.indices = Indices.of(program)

    def __call__(self, /, *unnamed: object, **arguments: object) -> Array | tuple[Array, ...]:
        """The outputs for one keyword argument per symbol; raises DataError for what does not fit."""
        if unnamed:
            raise by_name(self.shapes)
        given, dtype = self._arrays(arguments)
        arrays = self.indices.checked(given, self.shapes)
        if self.whole:
            whole_exponents(self.whole, arrays)
        try:
            result = self.function(*arrays)
        except (np.linalg.LinAlgError, ValueError) as error:
            raise unfit(error) from error
        return results_of(result, len(self.program.outputs), dtype)

    def _ready(self, arguments: Mapping[str, object]) -> list[Array] | None:
        """The arguments in order if they are arrays of doubles that fit as they stand, which is quick to see."""
        if len(arguments) != len(self.axes):
            return None
        sizes: dict[Dim, int] = {}
        arrays: list[Array] = []
        for name, dims in self.axes.items():
            array = arguments.get(name)
            if not dims and type(array) is float:
                array = np.array(array)
            if type(array) is not np.ndarray or array.dtype is not _DOUBLE or array.ndim != len(dims):
                return None
            for dim, length in zip(dims, array.shape, strict=True):
                if type(dim) is not str or sizes.setdefault(dim, length) != length:
                    return None
            arrays.append(array)
        return arrays

    def _arrays(self, arguments: Mapping[str, object]) -> tuple[list[Array], np.dtype[Any]]:
        ready = self._ready(arguments)
        if ready is not None:
            return ready, _DOUBLE
        arrays, dtype, _ = fitted(by_symbol(arguments, self.shapes), self.shapes, read_array)
        return list(arrays.values()), dtype


def by_name(shapes: Iterable[str]) -> DataError:
    """What is said to arguments without names."""
    return DataError(f"arguments are given by name: {', '.join(f'{name}=…' for name in shapes)}")


def by_symbol(
    arguments: Mapping[str, object], shapes: Mapping[str, Shape], unnamed: Sequence[object] = ()
) -> dict[str, object]:
    """The arguments by the symbols that their names are read as; raises DataError unless there is one for each."""
    if unnamed:
        raise by_name(shapes)
    given: dict[str, object] = {}
    for key, value in arguments.items():
        name = key if key in shapes else normalise_name(key)
        if name not in shapes:
            raise DataError(f"{key} is no symbol of the function; its symbols are {', '.join(shapes)}")
        if name in given:
            raise DataError(f"{name} is given twice")
        given[name] = value
    missing = [name for name in shapes if name not in given]
    if missing:
        raise DataError(f"missing: {', '.join(f'{n} ({_shape_text(shapes[n])})' for n in missing)}")
    return given


def fitted(
    given: Mapping[str, object], shapes: Mapping[str, Shape], read: Callable[[str, object], Any]
) -> tuple[dict[str, Any], np.dtype[Any], dict[str, int]]:
    """The arguments as `read` makes arrays of them, with the axes and the type that code expects; the type; sizes.

    All are single where all arrays of floats are. Raises DataError where sizes disagree.
    """
    arrays = {name: read(name, given[name]) for name in shapes}
    floats = [a for a in arrays.values() if a.dtype.kind == "f" and a.ndim]
    single = bool(floats) and all(a.dtype == np.float32 for a in floats)
    integers = any(a.dtype.kind != "f" and a.ndim for a in arrays.values())
    if not any(a.ndim for a in arrays.values()):
        single = bool(arrays) and all(a.dtype == np.float32 for a in arrays.values())
    dtype = np.dtype(np.float32 if single and not integers else np.float64)
    ready, lengths = laid_out(arrays, shapes)
    return {n: a.astype(dtype, copy=False) for n, a in ready.items()}, dtype, lengths


def laid_out(arrays: Mapping[str, Any], shapes: Mapping[str, Shape]) -> tuple[dict[str, Any], dict[str, int]]:
    """Arrays of any library with the axes that code expects; sizes. Raises DataError where sizes disagree."""
    sizes: dict[str, tuple[int, str]] = {}
    ready = {name: _fitted(name, arrays[name], shape, sizes) for name, shape in shapes.items()}
    lengths = {name: n for name, (n, _) in sizes.items()}
    _check_polynomials(shapes, arrays, lengths)
    return ready, lengths


#: Imaginary parts of this relative size are rounding errors of a function that computes with complex numbers.
_ROUNDING = 1e-10


def unfit(error: Exception) -> DataError:
    """What linear algebra raises where a matrix has not the property that a formula needs, as an error of the data."""
    return DataError(f"{error}: the arguments do not satisfy a condition of the formula")


def results_of(found: Any, count: int, dtype: np.dtype[Any]) -> Array | tuple[Array, ...]:
    """What a function with this many outputs returned, as real arrays."""
    return _result(found, dtype) if count == 1 else tuple([_result(r, dtype) for r in found])


def _result(value: object, dtype: np.dtype[Any]) -> Array:
    """The value as a real array."""
    array = np.asarray(value)
    if array.dtype.kind == "c":
        if np.abs(array.imag).max(initial=0.0) > _ROUNDING * np.abs(array).max(initial=0.0):
            raise DataError("the value is complex: the arguments do not satisfy a condition of the formula")
        array = array.real
    return np.asarray(array, dtype)


@lru_cache(maxsize=256)
def run_source(source: str, name: str) -> dict[str, Any]:
    """The names that a source defines."""
    namespace: dict[str, Any] = {"__name__": "matcalc.generated"}
    exec(compile(source, f"<matcalc {name}>", "exec"), namespace)
    return namespace


def exponents(program: Program) -> list[tuple[int, str]]:
    """The arguments that powers of matrices depend on, by place and name."""
    terms = [a.term for a in program.assignments] + [t for _, t in program.outputs]
    exponents = [t.args[1] for t in postorder(terms) if t.op in ("matpow", "trpow", "frechet_power")]
    found = {t.data for t in postorder(exponents) if t.op == "input" and not t.rank}
    return [(i, name) for i, (name, _) in enumerate(program.inputs) if name in found]


def whole_exponents(places: Sequence[tuple[int, str]], arrays: Sequence[Any]) -> None:
    """Raise DataError unless the arguments that are exponents of matrices are whole."""
    for place, symbol in places:
        value = known(symbol, arrays[place], "the exponent of a matrix")
        if value % 1:
            raise DataError(f"{symbol} is the exponent of a matrix and must be whole, and it is {value:g}")


def _function(source: str, name: str) -> Callable[..., Any]:
    function = run_source(source, name)[name]
    assert callable(function)
    return function  # type: ignore[no-any-return]


def read_array(name: str, value: object) -> Array:
    """The argument as a real array."""
    if hasattr(value, "__dask_graph__"):  # NumPy would compute it, all of it, here
        raise DataError(f"{name} is a collection of dask", advice='compile("dask") computes block by block')
    try:
        array = np.asarray(value)
    except (ValueError, TypeError) as error:
        raise DataError(f"{name} is not an array of numbers: {error}") from error
    check_real(name, array)
    return array


def check_real(name: str, array: Any) -> None:
    """Raise DataError if the entries of an array are no real numbers."""
    if array.dtype.kind == "c":
        raise DataError(f"{name} is complex, and matcalc differentiates real functions")
    if array.dtype.kind not in "fiub":
        raise DataError(f"{name} is not an array of numbers: its type is {array.dtype}")


def _fitted(name: str, array: Any, shape: Shape, sizes: dict[str, tuple[int, str]]) -> Any:
    """The array with the axes that generated code expects, its sizes compared with those seen so far."""
    dims = dims_of(shape)
    if len(dims) < 2 and array.ndim <= 2:
        kept = array.reshape(-1) if array.ndim == 2 and 1 in _unit_axes(array, shape) else array
        if not dims and math.prod(array.shape) == 1:
            kept = array.reshape(())
        array = kept
    if array.ndim != len(dims):
        raise DataError(f"{name} is {_shape_text(shape)}, and the array given has shape {tuple(array.shape)}")
    for dim, length in zip(dims, array.shape, strict=True):
        if isinstance(dim, int) and dim != length:
            raise DataError(f"{name} is {_shape_text(shape)}, and the array given has shape {tuple(array.shape)}")
        if isinstance(dim, str):
            known, where = sizes.setdefault(dim, (length, name))
            if known != length:
                raise DataError(f"{dim} is {known} in {where} and {length} in {name}, which is {_shape_text(shape)}")
    return array


def _unit_axes(array: Any, shape: Shape) -> list[int]:
    """The lengths of a 2-d array along the axes that are 1 in a vector's or row's shape."""
    return [n for n, dim in zip(array.shape, shape, strict=True) if dim == 1]


def _check_polynomials(shapes: Mapping[str, Shape], arrays: Mapping[str, Array], sizes: Mapping[str, Dim]) -> None:
    for name, shape in shapes.items():
        for dim, length in zip(dims_of(shape), arrays[name].shape, strict=False):
            if isinstance(dim, int | str) or not all(n in sizes for n in dim_names(dim)):
                continue
            wanted = dim_substitute(dim, sizes)
            if wanted != length:
                raise DataError(f"{name} is {_shape_text(shape)}: {dim_text(dim)} is {dim_text(wanted)}, not {length}")


def _shape_text(shape: Shape) -> str:
    if not dims_of(shape):
        return "scalar"
    return "×".join(dim_text(d) for d in shape) if shape[1] != 1 else f"a vector of length {dim_text(shape[0])}"


Symbols = Mapping[str, Shape] | Mapping[str, Declared]


def compile_numpy(
    outputs: Mapping[str, Expr | Entries],
    symbols: Symbols,
    facts: Mapping[str, frozenset[str]] = NO_FACTS,
    *,
    name: str = "value_and_derivative",
    title: str = "",
    axes: Mapping[str, tuple[Dim, ...]] | None = None,
) -> Compiled:
    """A callable with one keyword argument for every symbol, that returns the outputs.

    symbols: shapes, or declarations with shapes and facts. title: the docstring of the source.
    axes: for an output that is a vec-matrix or a vec, the axes that it is cut into.

    >>> from matcalc.algebra.build import inner, multiply, subtract, symbol, transpose
    >>> A, x, y = symbol("A", ("m", "n")), symbol("x", ("n", 1)), symbol("y", ("m", 1))
    >>> r = subtract(multiply(A, x), y)
    >>> f = compile_numpy({"value": inner(r, r)}, {"A": A.shape, "x": x.shape, "y": y.shape})
    >>> float(f(A=[[1, 2], [3, 4]], x=[1, 1], y=[2, 4]))
    10.0
    """
    program = planned(outputs, symbols, facts, axes)
    return Compiled(program, fast_source(program, name, title), name)


def numpy_code(
    outputs: Mapping[str, Expr | Entries],
    symbols: Symbols,
    facts: Mapping[str, frozenset[str]] = NO_FACTS,
    *,
    name: str = "value_and_derivative",
    title: str = "",
    axes: Mapping[str, tuple[Dim, ...]] | None = None,
    checks: bool = False,
) -> str:
    """The source of the function that `compile_numpy` runs; with `checks`, one that compares shapes first."""
    return numpy_source(planned(outputs, symbols, facts, axes), name, title, checks)


def planned(
    outputs: Mapping[str, Expr | Entries],
    symbols: Symbols,
    facts: Mapping[str, frozenset[str]] = NO_FACTS,
    axes: Mapping[str, tuple[Dim, ...]] | None = None,
    kernels: Collection[str] = (),
) -> Program:
    """The program that computes the outputs from the symbols: see `compile_numpy`, and `plan` for kernels."""
    shapes: dict[str, Shape] = {}
    known = dict(facts)
    for symbol, declared in symbols.items():
        if isinstance(declared, tuple):
            shapes[symbol] = declared
        else:
            shapes[symbol] = declared.shape
            known.setdefault(symbol, declared.facts)
    return plan(outputs, shapes, known, axes, kernels)
