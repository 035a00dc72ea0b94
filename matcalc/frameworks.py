"""Functions for PyTorch and JAX whose backward pass is the closed form.

The forward and the backward pass run the generated NumPy code on the host. Gradients by every argument
are there, entry by entry as the frameworks define them: no fact about a symbol is used. The backward
pass itself is not differentiated; a second derivative raises the framework's own error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from matcalc.algebra.build import symbol
from matcalc.algebra.expr import Expr
from matcalc.calculus.forms import recognised, shortener
from matcalc.calculus.readings import axes_of
from matcalc.calculus.sweep import expand_definitions, pull_back, ungroup
from matcalc.codegen.compiled import by_name, compile_numpy
from matcalc.errors import DataError
from matcalc.notation.declarations import Declaration
from matcalc.notation.names import normalise_name

if TYPE_CHECKING:
    from matcalc.codegen.compiled import Compiled

__all__ = ["Passes", "as_jax", "as_torch"]


class Passes:
    """The forward and the backward pass of a function of named arrays."""

    def __init__(self, function: Expr, where: Mapping[str, Declaration]) -> None:
        self.names = tuple(where)
        self.where = {n: Declaration(d.shape) for n, d in where.items()}
        self.function = recognised(function)
        self.axes = axes_of(function.shape)
        self.cotangent = next(n for n in ("G", "U", "G₁", "U₁", "G₂") if n not in where)
        self.value = compile_numpy({"value": self.function}, self.where, name="value")
        self._backward: dict[tuple[str, ...], Compiled] = {}

    def arguments(self, given: Mapping[str, Any], unnamed: Sequence[object] = ()) -> list[Any]:
        """The arguments in the order of the symbols; what is missing or unknown is named."""
        if unnamed:
            raise by_name(self.where)
        named = {normalise_name(k): v for k, v in given.items()}
        extra = [n for n in named if n not in self.where]
        missing = [n for n in self.names if n not in named]
        if extra or missing:
            said = f"{extra[0]} is no symbol of the function" if extra else f"missing: {', '.join(missing)}"
            raise DataError(said, advice=f"its symbols are {', '.join(self.names)}")
        return [named[n] for n in self.names]

    def forward(self, arrays: tuple[Any, ...]) -> Any:
        """The value."""
        return self.value(**dict(zip(self.names, arrays, strict=True)))

    def backward(self, wanted: tuple[str, ...], arrays: tuple[Any, ...], cotangent: Any) -> tuple[Any, ...]:
        """The cotangents of the arguments named, each of the argument's shape."""
        if wanted not in self._backward:
            self._backward[wanted] = self._compile(wanted)
        given = {**dict(zip(self.names, arrays, strict=True)), self.cotangent: cotangent}
        found = self._backward[wanted](**given)
        return found if isinstance(found, tuple) else (found,)

    def _compile(self, wanted: tuple[str, ...]) -> Compiled:
        chosen = {symbol(n, self.where[n].shape): None for n in wanted}
        g = symbol(self.cotangent, self.function.shape)
        f = expand_definitions(self.function, chosen)
        pulled = pull_back(f, chosen, g)
        shorten = shortener(self.where)
        outputs = {f"c{i}": shorten(e) for i, e in enumerate(ungroup(*pulled.values()))}
        where = {**self.where, self.cotangent: Declaration(self.function.shape)}
        return compile_numpy(outputs, where, name="backward")


def as_torch(function: Expr, where: Mapping[str, Declaration]) -> Callable[..., Any]:
    """A function of named tensors, an autograd.Function inside, whose backward pass is the closed form."""
    import torch

    passes = Passes(function, where)

    class Closed(torch.autograd.Function):  # type: ignore[misc]
        """The passes as PyTorch calls them."""

        @staticmethod
        def forward(ctx: Any, *tensors: Any) -> Any:
            ctx.save_for_backward(*tensors)
            result = passes.forward(tuple(t.detach().cpu().numpy() for t in tensors))
            return torch.as_tensor(result, dtype=_float(tensors), device=tensors[0].device)

        @staticmethod
        @torch.autograd.function.once_differentiable  # type: ignore[untyped-decorator]
        def backward(ctx: Any, cotangent: Any) -> Any:
            tensors = ctx.saved_tensors
            wanted = tuple(n for n, need in zip(passes.names, ctx.needs_input_grad, strict=True) if need)
            arrays = tuple(t.detach().cpu().numpy() for t in tensors)
            found = iter(passes.backward(wanted, arrays, cotangent.detach().cpu().numpy()))
            return tuple(
                torch.as_tensor(next(found), dtype=t.dtype, device=t.device).reshape(t.shape) if need else None
                for t, need in zip(tensors, ctx.needs_input_grad, strict=True)
            )

    def _float(tensors: tuple[Any, ...]) -> Any:
        kinds = [t.dtype for t in tensors if t.dtype.is_floating_point]
        return kinds[0] if kinds else torch.get_default_dtype()

    def call(*unnamed: Any, **tensors: Any) -> Any:
        given = passes.arguments(tensors, unnamed)
        return Closed.apply(*[t if isinstance(t, torch.Tensor) else torch.as_tensor(t) for t in given])

    return call


def as_jax(function: Expr, where: Mapping[str, Declaration]) -> Callable[..., Any]:
    """A function of named arrays, a custom_vjp inside, whose backward pass is the closed form; works under jit."""
    import jax
    import jax.numpy as jnp
    import numpy as np

    passes = Passes(function, where)

    def result_shape(arrays: tuple[Any, ...]) -> Any:
        sizes: dict[Any, int] = {}
        for name, array in zip(passes.names, arrays, strict=True):
            axes = axes_of(passes.where[name].shape)
            if len(axes) != array.ndim:
                raise DataError(f"{name} has {len(axes)} axes, and the array given has shape {array.shape}")
            sizes.update(zip(axes, array.shape, strict=True))
        lengths = tuple(d if isinstance(d, int) else sizes[d] for d in passes.axes)
        return jax.ShapeDtypeStruct(lengths, jnp.result_type(float, *[a.dtype for a in arrays]))

    def on_host(shape: Any) -> Callable[..., Any]:
        return lambda *arrays: np.asarray(passes.forward(tuple(map(np.asarray, arrays))), shape.dtype)

    @jax.custom_vjp  # type: ignore[untyped-decorator]
    def closed(*arrays: Any) -> Any:
        shape = result_shape(arrays)
        return jax.pure_callback(on_host(shape), shape, *arrays, vmap_method="sequential")

    def forward(*arrays: Any) -> Any:
        return closed(*arrays), arrays

    def backward(arrays: tuple[Any, ...], cotangent: Any) -> Any:
        shapes = tuple(jax.ShapeDtypeStruct(a.shape, a.dtype) for a in arrays)

        def pulled(g: Any, *given: Any) -> Any:
            found = passes.backward(passes.names, tuple(map(np.asarray, given)), np.asarray(g))
            return tuple(np.asarray(f, s.dtype).reshape(s.shape) for f, s in zip(found, shapes, strict=True))

        return tuple(jax.pure_callback(pulled, shapes, cotangent, *arrays, vmap_method="sequential"))

    closed.defvjp(forward, backward)

    def call(*unnamed: Any, **arrays: Any) -> Any:
        given = [jnp.asarray(a) for a in passes.arguments(arrays, unnamed)]
        kind = jnp.result_type(float, *[a.dtype for a in given])
        return closed(*[a.astype(kind) for a in given])

    return call
