"""The targets of code: a program as source, and as a callable, for each library of arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from matcalc.codegen.arguments import library, module
from matcalc.codegen.array_api_printer import ARRAY_API
from matcalc.codegen.compiled import Compiled, by_symbol, exponents, laid_out, run_source, unfit, whole_exponents
from matcalc.codegen.distributed import Distributed
from matcalc.codegen.jax_printer import JAX
from matcalc.codegen.numpy_printer import numpy_source
from matcalc.codegen.places import Indices
from matcalc.codegen.portable import Dialect, portable_source
from matcalc.codegen.program import Program
from matcalc.codegen.rows_printer import fast_source
from matcalc.codegen.torch_printer import TORCH
from matcalc.errors import OptionError

__all__ = ["OnLibrary", "compile_program", "kernels_of", "program_source"]

_DIALECTS: Mapping[str, Dialect] = {"xp": ARRAY_API, "jax": JAX, "torch": TORCH}
_SOURCES = ("numpy", *_DIALECTS)
_CALLABLES = ("numpy", "jax", "torch", "dask")


class OnLibrary:
    """A function of named arrays of a library, whose results are arrays of that library.

    Arguments are converted to one floating type: see matcalc.codegen.arguments.
    source: the code that runs; for JAX it is compiled by jax.jit.
    """

    def __init__(self, program: Program, source: str, name: str, target: str) -> None:
        self.program, self.source = program, source
        self.shapes = dict(program.inputs)
        self.library = library(target)
        self.whole = exponents(program)
        self.indices = Indices.of(program)
        powers = [place for place, _ in self.whole]
        self.counts = {*self.indices.symbols, *powers}
        self.function = self.library.compiled(run_source(source, name)[name], powers)

    def __call__(self, /, *unnamed: object, **arguments: object) -> Any:
        """The outputs for one keyword argument per symbol; raises DataError for what does not fit."""
        given = by_symbol(arguments, self.shapes, unnamed)
        arrays, _ = laid_out(self.library.arrays(given), self.shapes)
        places = list(arrays.values())
        known = [
            given[name] if at in self.counts and isinstance(given[name], int | float | np.generic) else array
            for at, (name, array) in enumerate(arrays.items())
        ]  # inside jax.jit an array of JAX has no value that could be looked at
        whole_exponents(self.whole, known)
        ready = self.indices.checked(known, self.shapes)
        try:
            found = self.function(*ready)
        except self.library.failures as error:
            raise unfit(error) from error
        return self.library.results(found, places)


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
        module("dask")
        return Distributed(program, name)
    if not isinstance(target, str) or target not in _CALLABLES:
        raise OptionError(f"nothing is compiled for {target!r}", advice="one of " + ", ".join(_CALLABLES))
    return OnLibrary(program, portable_source(program, _DIALECTS[target], name, title), name, target)
