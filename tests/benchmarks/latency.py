"""How long a derivation takes, and how long the answer is, as the function grows; against SymPy where it can.

    python -m tests.benchmarks.latency [--plot growth.png]

Columns: the size of the function, milliseconds to derive, characters of the answer, statements of
the code of value and derivatives, milliseconds to plan and print that code, milliseconds of SymPy.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from matcalc import derive
from matcalc.codegen.program import Program

SIZES = (1, 2, 4, 8, 16, 32, 64)
#: SymPy is asked as long as it took less than this for the size before.
_PATIENCE = 1.0


class Function(NamedTuple):
    """A family of functions: text, variables and declarations by size, and SymPy's derivation."""

    text: Callable[[int], str]
    wrt: Callable[[int], list[str]]
    where: Callable[[int], str]
    sympy: Callable[[int], Any] | None = None


def _network(layers: int) -> str:
    inside = "x"
    for i in range(1, layers + 1):
        inside = f"tanh(W{i} {inside})"
    return f"½‖{inside} − y‖²"


def _trace(k: int) -> Any:
    import sympy

    n = sympy.Symbol("n", positive=True, integer=True)
    X = sympy.MatrixSymbol("X", n, n)
    product = sympy.MatMul(*[f for i in range(1, k + 1) for f in (X, sympy.MatrixSymbol(f"B{i}", n, n))])
    return sympy.Trace(product).diff(X)


def _power(k: int) -> Any:
    import sympy

    n = sympy.Symbol("n", positive=True, integer=True)
    X = sympy.MatrixSymbol("X", n, n)
    return sympy.Trace(sympy.MatMul(*[X] * k)).diff(X)


def _names(letter: str, k: int) -> list[str]:
    return [f"{letter}{i}" for i in range(1, k + 1)]


FUNCTIONS = {
    "network of L layers, all weights": Function(
        _network, lambda k: _names("W", k), lambda k: ", ".join(f"{w}: n n" for w in _names("W", k)) + ", x: n, y: n"
    ),
    "tr(X B₁ X B₂ … X B_k)": Function(
        lambda k: f"tr({' '.join('X ' + b for b in _names('B', k))})",
        lambda k: ["X"],
        lambda k: ", ".join(f"{b}: n n" for b in _names("B", k)) + ", X: n n",
        _trace,
    ),
    "tr(Xᴺ)": Function(lambda k: f"tr(X^{k})", lambda k: ["X"], lambda k: "X: n n", _power),
    "sum of k squared residuals": Function(
        lambda k: " + ".join(f"‖A{i} x − y{i}‖²" for i in range(1, k + 1)),
        lambda k: ["x"],
        lambda k: ", ".join(f"A{i}: m n, y{i}: m" for i in range(1, k + 1)) + ", x: n",
    ),
    "inverses nested k times": Function(
        lambda k: "tr(" + "inv(X + " * k + "A" + ")" * k + ")", lambda k: ["X"], lambda k: "X: n n, A: n n"
    ),
}


class Row(NamedTuple):
    """What was measured at one size."""

    size: int
    derive_ms: float
    characters: int
    statements: int
    code_ms: float
    sympy_ms: float | None


def rows(function: Function) -> Iterator[Row]:
    """A row for each size; the first derivation of a process is not timed."""
    patience = function.sympy is not None
    for size in SIZES:
        text, wrt, where = function.text(size), function.wrt(size), function.where(size)
        derive(text, wrt, where=where)
        start = time.perf_counter()
        d = derive(text, wrt, where=where)
        derived = time.perf_counter() - start
        shown = len(str(d))
        start = time.perf_counter()
        program: Program = d.program
        source = d.code()
        coded = time.perf_counter() - start
        sympy_ms = None
        if patience and function.sympy is not None:
            start = time.perf_counter()
            str(function.sympy(size))
            sympy_ms = 1e3 * (time.perf_counter() - start)
            patience = sympy_ms < 1e3 * _PATIENCE
        assert source
        yield Row(size, 1e3 * derived, shown, len(program.assignments) + 1, 1e3 * coded, sympy_ms)


def main() -> None:
    """The tables, in Markdown, and a picture if one is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plot", metavar="FILE")
    options = parser.parse_args()
    found = {}
    for name, function in FUNCTIONS.items():
        print(f"\n{name}\n\n| size | derive, ms | characters | statements | code, ms | SymPy, ms |")
        print("|---|---|---|---|---|---|")
        found[name] = []
        for row in rows(function):
            found[name].append(row)
            other = "–" if row.sympy_ms is None else f"{row.sympy_ms:.0f}"
            cells = (row.size, f"{row.derive_ms:.1f}", row.characters, row.statements, f"{row.code_ms:.1f}", other)
            print("|", " | ".join(map(str, cells)), "|", flush=True)
    if options.plot:
        _plot(found, options.plot)


def _plot(found: dict[str, list[Row]], path: str) -> None:
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4.5))
    for name, table in found.items():
        (line,) = axes.loglog([r.size for r in table], [r.derive_ms for r in table], marker="o", label=name)
        timed = [(r.size, r.sympy_ms) for r in table if r.sympy_ms is not None]
        if timed:
            axes.loglog(*zip(*timed, strict=True), marker="x", linestyle="--", color=line.get_color(),
                        label=f"{name}, SymPy")  # fmt: skip
    axes.set(xlabel="size", ylabel="milliseconds to derive")
    axes.legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(path, dpi=150)


if __name__ == "__main__":
    main()
