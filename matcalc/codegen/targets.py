"""The targets of code: a program as source, and as a callable, for each library of arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from matcalc.codegen.array_api_printer import ARRAY_API
from matcalc.codegen.compiled import Compiled, by_symbol
from matcalc.codegen.distributed import Distributed
from matcalc.codegen.jax_printer import JAX
from matcalc.codegen.numpy_printer import numpy_source
from matcalc.codegen.places import Indices
from matcalc.codegen.portable import Dialect, portable_source
from matcalc.codegen.program import Program
from matcalc.codegen.rows_printer import fast_source
from matcalc.codegen.torch_printer import TORCH
from matcalc.errors import NotYetError, OptionError

__all__ = ["OnLibrary", "compile_program", "kernels_of", "program_source"]

_DIALECTS: Mapping[str, Dialect] = {"xp": ARRAY_API, "jax": JAX, "torch": TORCH}
_SOURCES = ("numpy", *_DIALECTS)
_CALLABLES = ("numpy", "jax", "torch", "dask")


class OnLibrary:
    """A function of named arrays of a library, whose results are arrays of that library.

    source: the code that runs; for JAX it is compiled by jax.jit.
    """

    def __init__(self, program: Program, source: str, name: str, library: str) -> None:
        self.program, self.source = program, source
        self.shapes = dict(program.inputs)
        module = _library("jax.numpy" if library == "jax" else library)
        namespace: dict[str, Any] = {"__name__": "matcalc.generated"}
        exec(compile(source, f"<matcalc {name}>", "exec"), namespace)
        function = namespace[name]
        self.function: Callable[..., Any] = import_module("jax").jit(function) if library == "jax" else function
        self._array = module.asarray
        self.indices = Indices.of(program)

    def __call__(self, /, **arguments: object) -> Any:
        """The outputs for one keyword argument per symbol."""
        given = by_symbol(arguments, self.shapes)
        arrays = [given[name] for name in self.shapes]
        self.indices.checked(arrays, self.shapes)
        return self.function(
            *[int(a) if at in self.indices.symbols else self._array(a)  # type: ignore[call-overload]
              for at, a in enumerate(arrays)]
        )  # fmt: skip


def _library(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        package = name.partition(".")[0]
        raise NotYetError(f"{package} is not installed", advice=f"pip install matcalc-engine[{package}]") from error


def kernels_of(target: str) -> tuple[str, ...]:
    """The functions that the library of a target computes in one pass over the data."""
    return _DIALECTS[target].kernels if isinstance(target, str) and target in _DIALECTS else ()


def program_source(program: Program, target: str, name: str, title: str) -> str:
    """The source of the program for a target, as one would write it by hand."""
    if target == "numpy":
        return numpy_source(program, name, title)
    if not isinstance(target, str) or target not in _DIALECTS:
        raise OptionError(f"there is no code for {target!r}", advice="one of " + ", ".join(_SOURCES))
    return portable_source(program, _DIALECTS[target], name, title)


def compile_program(
    program: Program, target: str, name: str, title: str, few: Program | None = None
) -> Compiled | OnLibrary | Distributed:
    """A callable for a target; few: the program for few entries, if there is another."""
    if target == "numpy":
        return Compiled(program, fast_source(program, name, title, few), name)
    if target == "dask":
        _library("dask")
        return Distributed(program, name)
    if not isinstance(target, str) or target not in _CALLABLES:
        raise OptionError(f"nothing is compiled for {target!r}", advice="one of " + ", ".join(_CALLABLES))
    return OnLibrary(program, portable_source(program, _DIALECTS[target], name, title), name, target)
