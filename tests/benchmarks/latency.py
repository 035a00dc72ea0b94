"""How long a derivation takes, and how long the answer is, as the function grows; against SymPy where it can.

    python -m tests.benchmarks.latency [--plot docs/growth.svg]

Columns: the size of the function, milliseconds to derive, characters of the answer, statements of
the code of value and derivatives, milliseconds to plan and print that code, milliseconds of SymPy
for the same derivative. Milliseconds of CPU time, the least of several runs.
"""

from __future__ import annotations

import argparse
import platform
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
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


def _nested(k: int) -> Any:
    import sympy

    n = sympy.Symbol("n", positive=True, integer=True)
    X, inside = sympy.MatrixSymbol("X", n, n), sympy.MatrixSymbol("A", n, n)
    for _ in range(k):
        inside = sympy.Inverse(X + inside)
    return sympy.Trace(inside).diff(X)


def _squares(k: int) -> Any:
    import sympy

    m, n = sympy.symbols("m n", positive=True, integer=True)
    x = sympy.MatrixSymbol("x", n, 1)
    residuals = [sympy.MatrixSymbol(f"A{i}", m, n) * x - sympy.MatrixSymbol(f"y{i}", m, 1) for i in range(1, k + 1)]
    return sympy.MatAdd(*[r.T * r for r in residuals]).diff(x)


def _layers(k: int) -> Any:
    import sympy

    n = sympy.Symbol("n", positive=True, integer=True)
    x, y, t = sympy.MatrixSymbol("x", n, 1), sympy.MatrixSymbol("y", n, 1), sympy.Symbol("t")
    weights = [sympy.MatrixSymbol(f"W{i}", n, n) for i in range(1, k + 1)]
    inside: Any = x
    for w in weights:
        inside = (w * inside).applyfunc(sympy.Lambda(t, sympy.tanh(t)))
    residual = inside - y
    return [(residual.T * residual).diff(w) for w in weights]


def _names(letter: str, k: int) -> list[str]:
    return [f"{letter}{i}" for i in range(1, k + 1)]


FUNCTIONS = {
    "network of L layers, all weights": Function(
        _network,
        lambda k: _names("W", k),
        lambda k: ", ".join(f"{w}: n n" for w in _names("W", k)) + ", x: n, y: n",
        _layers,
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
        _squares,
    ),
    "inverses nested k times": Function(
        lambda k: "tr(" + "inv(X + " * k + "A" + ")" * k + ")",
        lambda k: ["X"],
        lambda k: "X: n n, A: n n",
        _nested,
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


def best(call: Callable[[], Any], runs: int = 3) -> tuple[float, Any]:
    """Milliseconds of CPU time, the least of some runs, and the result of the last; one run where it takes a second."""
    least = float("inf")
    for _ in range(runs):
        start = time.process_time()
        found = call()
        least = min(least, 1e3 * (time.process_time() - start))
        if least > 1e3 * _PATIENCE:
            break
    return least, found


def rows(function: Function) -> Iterator[Row]:
    """A row for each size; the first derivation of a process is not timed."""
    patience = function.sympy is not None and _warm(function.sympy)
    for size in SIZES:
        text, wrt, where = function.text(size), function.wrt(size), function.where(size)
        derive(text, wrt, where=where)
        derived, d = best(lambda: derive(text, wrt, where=where))  # noqa: B023 - called at once
        coded, program = best(lambda: _coded(derive(text, wrt, where=where)))  # noqa: B023
        other = None
        if patience and function.sympy is not None:
            try:
                other, _ = best(lambda: str(function.sympy(size)), 1)  # type: ignore[misc]  # noqa: B023
            except Exception as error:  # SymPy says in many ways that it cannot
                print(f"SymPy: {type(error).__name__}: {error}"[:100])
            patience = other is not None and other < 1e3 * _PATIENCE
        yield Row(size, derived, len(str(d)), len(program.assignments) + 1, max(0.0, coded - derived), other)


def _warm(sympy: Callable[[int], Any]) -> bool:
    """SymPy imported, and its caches filled as far as they are for any function."""
    sympy(1)
    return True


def _coded(d: Any) -> Program:
    assert d.code()
    return d.program  # type: ignore[no-any-return]


def machine(*libraries: str) -> str:
    """The processor, Python and some libraries, in a line."""
    name = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo") as info:
            name = next(line.partition(":")[2].strip() for line in info if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    return ", ".join([name, f"Python {platform.python_version()}", *[f"{n} {version(n)}" for n in libraries]])


def main() -> None:
    """The tables, in Markdown, and a picture if one is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plot", metavar="FILE")
    options = parser.parse_args()
    print(machine("sympy"))
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
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "matcalc"})
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4.2))
    for name, table in found.items():
        (line,) = axes.loglog([r.size for r in table], [r.derive_ms for r in table], marker="o", label=name)
        timed = [(r.size, r.sympy_ms) for r in table if r.sympy_ms is not None]
        if timed:
            axes.loglog(*zip(*timed, strict=True), marker="x", linestyle="--", color=line.get_color())
    axes.plot([], [], marker="x", linestyle="--", color="gray", label="the same by SymPy")
    axes.set(xlabel="size of the function", ylabel="milliseconds to derive", xticks=SIZES, xticklabels=SIZES)
    axes.set_title(machine("sympy"), fontsize=8)
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8, loc="center left", bbox_to_anchor=(1.0, 0.5))
    figure.tight_layout()
    figure.savefig(path, dpi=110, metadata={"Date": None} if path.endswith("svg") else None, bbox_inches="tight")


if __name__ == "__main__":
    main()
