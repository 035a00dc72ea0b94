"""Arguments and results of code for PyTorch and JAX: arrays of the library, all of one floating type.

The type is the one that the library promotes the arrays of floats to; where there is none, that of
the numbers given as arrays without axes; and its own default type where there is neither, so that
whole numbers are computed with as floats. Numbers of Python have no type and take this one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from importlib import import_module
from typing import Any, Protocol

from matcalc.codegen.compiled import read_array
from matcalc.errors import DataError, NotYetError

__all__ = ["Library", "library", "module"]


class Library(Protocol):
    """A library of arrays, as far as calls need it."""

    #: What linear algebra raises where a matrix has not the property that it needs.
    failures: tuple[type[Exception], ...]

    def arrays(self, given: Mapping[str, object]) -> dict[str, Any]:
        """The arguments as arrays of one floating type; DataError for what is no array of real numbers."""

    def results(self, found: Any, like: Sequence[Any]) -> Any:
        """What a function returned as arrays of the library, of the type and in the place of its arguments."""

    def compiled(self, function: Callable[..., Any], static: Sequence[int]) -> Callable[..., Any]:
        """The function as it is called; static: the places of arguments that are whole numbers of Python."""


class OfTorch:
    """PyTorch: tensors keep their device and their place in a graph of derivatives."""

    def __init__(self) -> None:
        self.torch = module("torch")
        self.failures: tuple[type[Exception], ...] = (self.torch.linalg.LinAlgError,)

    def arrays(self, given: Mapping[str, object]) -> dict[str, Any]:
        """See Library."""
        torch = self.torch
        read = {n: v if isinstance(v, torch.Tensor) else torch.as_tensor(_real(n, v)) for n, v in given.items()}
        for name, tensor in read.items():
            if tensor.is_complex():
                raise _complex(name)
        typed = [t for n, t in read.items() if t.is_floating_point() and hasattr(given[n], "dtype")]
        kinds = [t.dtype for t in typed if t.ndim] or [t.dtype for t in typed]
        kind = reduce(torch.promote_types, kinds) if kinds else torch.get_default_dtype()
        given_there = [v for v in given.values() if isinstance(v, torch.Tensor)]
        place = max(given_there, key=lambda t: t.ndim > 0).device if given_there else None
        return {
            n: t.to(kind) if isinstance(given[n], torch.Tensor) else t.to(device=place, dtype=kind)
            for n, t in read.items()
        }

    def results(self, found: Any, like: Sequence[Any]) -> Any:
        """See Library."""
        if isinstance(found, tuple):
            return tuple([self.results(f, like) for f in found])
        if isinstance(found, self.torch.Tensor):
            return found
        return self.torch.as_tensor(found, dtype=like[0].dtype, device=like[0].device)

    def compiled(self, function: Callable[..., Any], static: Sequence[int]) -> Callable[..., Any]:
        """See Library."""
        double = self.torch.float64

        def call(*arrays: Any) -> Any:
            return function(*[
                self.torch.as_tensor(float(a), dtype=double) if at in static else a for at, a in enumerate(arrays)
            ])  # fmt: skip

        return call if static else function


class OfJax:
    """JAX: functions are compiled by jax.jit, and may be called where it traces."""

    def __init__(self) -> None:
        self.jax, self.jnp = module("jax"), module("jax.numpy")
        self.failures: tuple[type[Exception], ...] = ()

    def arrays(self, given: Mapping[str, object]) -> dict[str, Any]:
        """See Library."""
        jnp, jax = self.jnp, self.jax
        read = {n: v if isinstance(v, jax.Array) else jnp.asarray(_real(n, v)) for n, v in given.items()}
        for name, array in read.items():
            if jnp.issubdtype(array.dtype, jnp.complexfloating):
                raise _complex(name)
        typed = [a for n, a in read.items() if jnp.issubdtype(a.dtype, jnp.floating) and hasattr(given[n], "dtype")]
        kinds = [a.dtype for a in typed if a.ndim] or [a.dtype for a in typed]
        kind = jnp.result_type(*kinds) if kinds else jnp.result_type(float)
        return {n: a.astype(kind) for n, a in read.items()}

    def results(self, found: Any, like: Sequence[Any]) -> Any:
        """See Library."""
        if isinstance(found, tuple):
            return tuple([self.results(f, like) for f in found])
        return found.astype(like[0].dtype)

    def compiled(self, function: Callable[..., Any], static: Sequence[int]) -> Callable[..., Any]:
        """See Library."""
        jitted = self.jax.jit(function, static_argnums=tuple(static))
        return lambda *arrays: jitted(*[int(a) if at in static else a for at, a in enumerate(arrays)])


def library(name: str) -> Library:
    """The library of this name; NotYetError where it is not installed."""
    return OfJax() if name == "jax" else OfTorch()


def module(name: str) -> Any:
    """An optional package; NotYetError where it is not installed."""
    try:
        return import_module(name)
    except ImportError as error:
        package = name.partition(".")[0]
        raise NotYetError(f"{package} is not installed", advice=f"pip install matcalc-engine[{package}]") from error


def _real(name: str, value: object) -> Any:
    """An argument that is no array of the library, by way of NumPy."""
    array = read_array(name, value)
    return array if array.flags.writeable and all(s >= 0 for s in array.strides) else array.copy()


def _complex(name: str) -> DataError:
    return DataError(f"{name} is complex, and matcalc differentiates real functions")
