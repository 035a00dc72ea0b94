"""Value and derivative against hand-written NumPy, and automatic differentiation by JAX and PyTorch.

    python -m tests.benchmarks.gradients [--seconds 0.5] [NAME …]

One line for each function: the CPU time of the hand-written code, and how many times as long the
others take, by the median over interleaved rounds. What is not installed is left out. One thread,
unless OMP_NUM_THREADS says otherwise.

Where code asks for new arrays of some megabytes in every call, as hand-written code does, it depends on
the allocator what they cost: glibc takes such memory from the system and gives it back until a process
has freed a larger piece once. Importing JAX or PyTorch is enough for that.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from importlib.util import find_spec
from statistics import median
from typing import Any, NamedTuple

os.environ.setdefault("OMP_NUM_THREADS", "1")  # read when NumPy is imported

import numpy as np
from scipy.linalg.lapack import dpotrf, dpotri, dpotrs

from tests.benchmarks.candidates import WORKLOADS, candidate
from tests.benchmarks.latency import machine

Call = Callable[[], Any]


class Case(NamedTuple):
    """A function: sizes, code by hand, and the function itself for automatic differentiation (xp, *arguments)."""

    sizes: dict[str, int]
    hand: Callable[..., Any]
    function: Callable[..., Any]
    draw: Callable[..., dict[str, Any]]


def _rows(rng: np.random.Generator, n: int, d: int) -> dict[str, Any]:
    y = (rng.standard_normal(n) > 0).astype(float)
    return {"X": rng.standard_normal((n, d)), "w": rng.standard_normal(d) / d**0.5, "y": y}


def _lstsq(X: Any, w: Any, y: Any) -> Any:
    r = X.dot(w)
    r -= y
    return 0.5 * r.dot(r), r.dot(X)


def _sigmoid(z: Any) -> tuple[Any, Any]:
    e = np.exp(-np.abs(z))
    return np.log1p(e).sum() + np.maximum(z, 0.0).sum(), np.exp(np.minimum(z, 0.0)) / (1.0 + e)


def _logreg(X: Any, w: Any, y: Any) -> Any:
    z = X.dot(w)
    value, p = _sigmoid(z)
    return value - y.dot(z), (p - y).dot(X)


def _hess_logreg(X: Any, w: Any, y: Any) -> Any:
    z = X.dot(w)
    value, p = _sigmoid(z)
    Z = X * np.sqrt(p * (1.0 - p))[:, None]
    return value - y.dot(z), Z.T.dot(Z)


def _matfac(R: Any, U: Any, V: Any) -> Any:
    E = U.dot(V.T)
    E -= R
    return np.vdot(E, E), 2.0 * E.dot(V), 2.0 * E.T.dot(U)


def _hess_matfac(R: Any, U: Any, V: Any) -> Any:
    E = U.dot(V.T) - R
    (m, k), B = U.shape, 2.0 * V.T.dot(V)
    H = np.zeros((m, k, m, k))
    np.einsum("iaib->iab", H)[...] = B
    return np.vdot(E, E), H


def _gp(K: Any, y: Any) -> Any:
    factor, info = dpotrf(K.T)
    assert info == 0
    u = dpotrs(factor, y)[0]
    value = 0.5 * (y.dot(u) + 2.0 * np.log(factor.diagonal()).sum())
    inverse = dpotri(factor)[0]
    inverse += np.triu(inverse, 1).T
    inverse -= u[:, None] * u
    inverse *= 0.5
    return value, inverse


def _jac_tanh(A: Any, x: Any, b: Any) -> Any:
    t = np.tanh(A.dot(x) + b)
    return t, (1.0 - t * t)[:, None] * A


def _factors(rng: np.random.Generator, m: int, n: int, k: int) -> dict[str, Any]:
    return {"R": rng.standard_normal((m, n)), "U": rng.standard_normal((m, k)), "V": rng.standard_normal((n, k))}


def _kernel(rng: np.random.Generator, n: int) -> dict[str, Any]:
    x = rng.uniform(0, 10, n)
    return {"K": np.exp(-0.5 * (x[:, None] - x) ** 2) + 0.1 * np.eye(n), "y": np.sin(x)}


def _layer(rng: np.random.Generator, m: int, n: int) -> dict[str, Any]:
    return {"A": rng.standard_normal((m, n)) / n**0.5, "x": rng.standard_normal(n), "b": rng.standard_normal(m)}


def _squares(xp: Any, X: Any, w: Any, y: Any) -> Any:
    r = X @ w - y
    return 0.5 * (r * r).sum()


def _logistic(xp: Any, X: Any, w: Any, y: Any) -> Any:
    z = X @ w
    return xp.logaddexp(0.0 * z, z).sum() - y @ z


def _fit(xp: Any, R: Any, U: Any, V: Any) -> Any:
    E = R - U @ V.T
    return (E * E).sum()


def _process(xp: Any, K: Any, y: Any) -> Any:
    return 0.5 * (y * xp.linalg.solve(K, y)).sum() + 0.5 * xp.linalg.slogdet(K)[1]


CASES = {
    "lstsq": Case({"n": 20_000, "d": 200}, _lstsq, _squares, _rows),
    "logreg": Case({"n": 100_000, "d": 50}, _logreg, _logistic, _rows),
    "matfac": Case({"m": 1_000, "n": 800, "k": 20}, _matfac, _fit, _factors),
    "gp": Case({"n": 500}, _gp, _process, _kernel),
    "hess_logreg": Case({"n": 5_000, "d": 100}, _hess_logreg, _logistic, _rows),
    "hess_matfac": Case({"m": 100, "n": 60, "k": 6}, _hess_matfac, _fit, _factors),
    "jac_tanh": Case({"m": 600, "n": 600}, _jac_tanh, lambda xp, A, x, b: xp.tanh(A @ x + b), _layer),
}  # fmt: skip


def calls(name: str) -> dict[str, Call]:
    """What is timed: by label, functions without arguments."""
    case, workload = CASES[name], WORKLOADS[name]
    data = case.draw(np.random.default_rng(0), **case.sizes)
    names, values = list(data), list(data.values())
    made = candidate({"name": name, "args": names})
    assert made is not None
    found: dict[str, Call] = {"hand": lambda: case.hand(*values), "matcalc": lambda: made(*values)}
    at = tuple(names.index(v) for v in workload.wrt)
    kind = "hessian" if workload.order == 2 else "jacobian" if name.startswith("jac") else "gradient"
    if find_spec("jax"):
        found["jax"] = _by_jax(case, values, at, kind)
    if find_spec("torch"):
        found["torch"] = _by_torch(case, values, at, kind)
    return found


def _by_jax(case: Case, values: list[Any], at: tuple[int, ...], kind: str) -> Call:
    import jax

    jax.config.update("jax_enable_x64", True)
    xp = jax.numpy

    def f(*a: Any) -> Any:
        return case.function(xp, *a)

    if kind == "gradient":
        both = jax.value_and_grad(f, argnums=at)
    else:
        derivative = (jax.hessian if kind == "hessian" else jax.jacrev)(f, argnums=at[0])

        def both(*a: Any) -> Any:
            return f(*a), derivative(*a)

    run, moved = jax.jit(both), [xp.asarray(v) for v in values]
    return lambda: jax.block_until_ready(run(*moved))


def _by_torch(case: Case, values: list[Any], at: tuple[int, ...], kind: str) -> Call:
    import torch

    moved = [torch.tensor(v) for v in values]

    def f(*a: Any) -> Any:
        return case.function(torch, *a)

    if kind != "gradient":
        derivative = (torch.func.hessian if kind == "hessian" else torch.func.jacrev)(f, argnums=at[0])
        return lambda: (f(*moved), derivative(*moved))
    leaves = [moved[i].requires_grad_() for i in at]

    def both() -> Any:
        value = f(*moved)
        return value, torch.autograd.grad(value, leaves)

    return both


def compare(found: dict[str, Call], seconds: float) -> dict[str, float]:
    """CPU seconds of "hand", and the ratios of the others to it."""
    for call in found.values():
        call()
    times: dict[str, list[float]] = {label: [] for label in found}
    end = time.perf_counter() + seconds * len(found)
    while time.perf_counter() < end or len(times["hand"]) < 5:
        for label, call in found.items():
            call()  # what the one before has left in the caches is gone
            start = time.process_time()
            call()
            times[label].append(time.process_time() - start)
    base = times["hand"]
    return {
        label: median(t) if label == "hand" else median([a / b for a, b in zip(t, base, strict=True)])
        for label, t in times.items()
    }


def main() -> None:
    """The table, in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", default=list(CASES))
    parser.add_argument("--seconds", type=float, default=0.5)
    options = parser.parse_args()
    libraries = machine(*filter(find_spec, ("numpy", "scipy", "jax", "torch")))
    print(f"{libraries}, {os.environ['OMP_NUM_THREADS']} thread(s)\n")
    print("| function | sizes | by hand | matcalc | JAX | PyTorch |\n|---|---|---|---|---|---|")
    for name in options.names:
        found = compare(calls(name), options.seconds)
        sizes = " ".join(f"{n}={k}" for n, k in CASES[name].sizes.items())
        ratios = " | ".join(f"{found[label]:.2f}" if label in found else "–" for label in ("matcalc", "jax", "torch"))
        print(f"| {name} | {sizes} | {found['hand'] * 1e3:.2f} ms | {ratios} |", flush=True)


if __name__ == "__main__":
    main()
