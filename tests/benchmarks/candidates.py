"""Workloads of benchmarks as text: each is derived and compiled, and nothing else is known of it.

A workload is a function of arrays in a fixed order that returns the value and a tuple of derivatives.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from matcalc import derive

__all__ = ["WORKLOADS", "Workload", "candidate", "compiled", "jax_candidate", "torch_candidate"]

Arrays = tuple[Any, ...]


class Workload(NamedTuple):
    """A function as text, its variables, its declarations in the order of the arguments, and what is wanted."""

    text: str
    wrt: tuple[str, ...]
    where: str
    order: int = 1
    direction: str = ""


_ROWS = "X: n d, w: d, y: n"
_LOGISTIC = "sum(log(1 + exp(X w))) − yᵀX w"

WORKLOADS = {
    "lstsq": Workload("½‖X w − y‖²", ("w",), _ROWS),
    "ridge": Workload("½‖X w − y‖² + ½λ‖w‖²", ("w",), f"{_ROWS}, λ: scalar"),
    "logreg": Workload(_LOGISTIC, ("w",), _ROWS),
    "softmax": Workload("𝟏ᵀlog(exp(X W) 𝟏) − tr(YᵀX W)", ("W",), "X: n d, W: d c, Y: n c"),
    "mlp2": Workload(
        "½‖tanh(X P + 𝟏 bᵀ) Q + 𝟏 cᵀ − Y‖²", ("P", "b", "Q", "c"), "X: n d, P: d h, b: h, Q: h o, c: o, Y: n o"
    ),
    "matfac": Workload("‖R − U Vᵀ‖²", ("U", "V"), "R: m n, U: m k, V: n k"),
    "gauss": Workload(
        "−½ n logdet(Σ) − ½ tr((X − 𝟏 μᵀ) Σ⁻¹ (X − 𝟏 μᵀ)ᵀ)", ("μ", "Σ"), "X: n d, μ: d, Σ: d d spd"
    ),
    "gp": Workload("½yᵀK⁻¹y + ½ logdet(K)", ("K",), "K: n n spd, y: n"),
    "logdet_axb": Workload("logdet(A X B)", ("X",), "A: m n, X: n p, B: p m"),
    "trinv": Workload("tr(A X⁻¹ B)", ("X",), "A: k n, X: n n, B: n k"),
    "poisson": Workload("𝟏ᵀexp(X w) − yᵀX w", ("w",), _ROWS),
    "sqhinge": Workload("½‖relu(𝟏 − y ⊙ (X w))‖² + ½λ‖w‖²", ("w",), f"{_ROWS}, λ: scalar"),
    "nmf_kl": Workload(
        "sum(W H − V ⊙ log(W H))", ("W", "H"), "V: m n nonnegative, W: m k positive, H: k n positive"
    ),
    "hess_quad": Workload("xᵀA x", ("x",), "A: n n, x: n", 2),
    "hess_logreg": Workload(_LOGISTIC, ("w",), _ROWS, 2),
    "hvp_logreg": Workload(_LOGISTIC, ("w",), _ROWS, 2, "p"),
    "hess_matfac": Workload("‖R − U Vᵀ‖²", ("U",), "R: m n, U: m k, V: n k", 2),
    "hess_mlp": Workload("½‖tanh(X P) q − y‖²", ("P",), "X: n d, P: d h, q: h, y: n", 2),
    "jac_tanh": Workload("tanh(A x + b)", ("x",), "A: m n, x: n, b: m"),
}  # fmt: skip


def compiled(workload: Workload, target: str = "numpy") -> Any:
    """The compiled value and derivatives of a workload."""
    what = ("value", "derivative")
    if len(workload.wrt) > 1:
        return derive(workload.text, list(workload.wrt), where=workload.where, order=workload.order).compile(
            target, what
        )
    d = derive(workload.text, workload.wrt[0], where=workload.where, order=workload.order)
    if workload.direction:
        d = d.jvp(workload.direction)
    return d.compile(target, what)


def candidate(spec: Mapping[str, Any], target: str = "numpy") -> Callable[..., tuple[Any, Arrays]] | None:
    """The function of a workload's arguments in their order; None for a workload that is not here."""
    workload = WORKLOADS.get(spec["name"])
    if workload is None:
        return None
    whole = compiled(workload, target)
    if "SHOW" in os.environ:
        print(whole.source)
    names = list(whole.shapes)
    given = list(spec["args"])
    function, places = whole.function, [given.index(name) for name in names]

    def run(*arguments: Any) -> tuple[Any, Arrays]:
        results = function(*[arguments[i] for i in places])
        return results[0], results[1:]

    def run_in_order(*arguments: Any) -> tuple[Any, Arrays]:
        results = function(*arguments)
        return results[0], results[1:]

    return run_in_order if places == list(range(len(given))) else run


class _OnDevice:
    """A function whose arguments are moved to the arrays of a library before it is timed."""

    def __init__(self, function: Callable[..., Any], move: Callable[[Any], Any], wait: Callable[[Any], Any]) -> None:
        self.function, self.move, self.wait = function, move, wait

    def bind(self, *arguments: Any) -> Callable[[], tuple[Any, Arrays]]:
        moved = [self.move(a) for a in arguments]
        return lambda: self.wait(self.function(*moved))


def jax_candidate(spec: Mapping[str, Any]) -> Any:
    """The workload by the JAX printer, under jit, with its inputs on the device."""
    import jax

    jax.config.update("jax_enable_x64", True)
    jax.config.update("jax_cpu_enable_async_dispatch", False)
    function = candidate(spec, "jax")
    return function and _OnDevice(jax.jit(function), jax.numpy.asarray, jax.block_until_ready)


def torch_candidate(spec: Mapping[str, Any]) -> Any:
    """The workload by the PyTorch printer, eager."""
    import torch

    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    function = candidate(spec, "torch")
    return function and _OnDevice(function, lambda a: torch.tensor(a) if isinstance(a, np.ndarray) else a, lambda r: r)
