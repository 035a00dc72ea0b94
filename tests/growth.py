"""Prints how all gradients of a network grow with its depth: `python -m tests.growth [LAYERS]`.

For L = 1 … 1,000 layers, written as one expression and as a program: the CPU time of derive(), str(), code()
and compile(), and the length of str(), with the factor per doubling of L, where 2 is linear.
`python -m tests.growth leaks [DERIVATIONS]` prints what a long session keeps.
"""

from __future__ import annotations

import gc
import resource
import sys
import time
from collections.abc import Callable, Sequence

import matcalc
from matcalc.algebra import expr
from tests.figures import per_doubling

LAYERS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)

Network = tuple[str, list[str], dict[str, str]]


def _symbols(layers: int) -> tuple[list[str], dict[str, str]]:
    weights = [f"W{i}" for i in range(1, layers + 1)]
    biases = [f"b{i}" for i in range(1, layers + 1)]
    return weights + biases, {"x": "n", "y": "n", **dict.fromkeys(weights, "n n"), **dict.fromkeys(biases, "n")}


def nested(layers: int) -> Network:
    """½ ‖y − tanh(W_L … tanh(W₁ x + b₁) … + b_L)‖² as one expression."""
    text = "x"
    for i in range(1, layers + 1):
        text = f"tanh(W{i} {text} + b{i})"
    names, where = _symbols(layers)
    return f"½ ‖y − {text}‖²", names, where


def program(layers: int) -> Network:
    """The same network, one statement for each step of each layer."""
    steps = ["h0 = x"]
    for i in range(1, layers + 1):
        steps += [f"z{i} = W{i} h{i - 1} + b{i}", f"h{i} = tanh(z{i})"]
    names, where = _symbols(layers)
    return "\n".join([*steps, f"e = y − h{layers}", "½ ‖e‖²"]), names, where


def measure(network: Network, compiled: bool = True) -> dict[str, float]:
    """Seconds of derive(), str(), code() and compile() for all gradients, and the length of str()."""
    text, names, where = network
    start = time.process_time()
    d = matcalc.derive(text, names, where=where)
    derived = time.process_time()
    shown = str(d)
    written = time.process_time()
    if compiled:
        d.code()
    printed = time.process_time()
    if compiled:
        d.compile()
    done = time.process_time()
    return {
        "derive": derived - start,
        "str": written - derived,
        "code": printed - written,
        "compile": done - printed,
        "length": len(shown),
    }


#: Functions with a number in their names, shapes and constants, and a variable of each.
VARIED = (
    ("‖y{0} − {0} A{0} x‖²", "x"),
    ("logdet(X) + tr(S{0} X⁻¹)", "X"),
    ("sum(log(1 + exp(−y{0} ⊙ (A x{0})))) + {0} λ ‖x{0}‖²", "x{0}"),
    ("z{0} = W{0} x + b; h = tanh(z{0}); ½ ‖h − y‖²", "W{0}"),
    ("(xᵀA{0} x) / (xᵀx + {0})", "x"),
    ("logsumexp(B{0} x + {0} c)", "x"),
    ("∑_{{i=1}}^m exp(−{0} (M x{0})ᵢ²) where M ∈ ℝ^{{m×k{0}}}", "x{0}"),
    ("‖x{0}‖ + {0} ‖C x{0} − d{0}‖₁", "x{0}"),
)


def held() -> tuple[int, float]:
    """The number of interned expressions, and the memory of the process in MB, at its highest."""
    gc.collect()
    return len(expr._TABLE), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def print_leaks(derivations: int) -> None:
    """What is kept after every tenth of so many derivations, no two of the same function."""
    print(f"{'derivations':>12}{'interned':>10}{'MB':>8}")
    step = max(1, derivations // 10)
    for i in range(derivations + 1):
        if i % step == 0:
            size, memory = held()
            print(f"{i:>12}{size:>10}{memory:>8.0f}", flush=True)
        text, wrt = VARIED[i % len(VARIED)]
        str(matcalc.derive(text.format(i + 2), wrt.format(i + 2)))


def main(argv: Sequence[str] | None = None) -> None:
    arguments = argv or sys.argv[1:] or ["1000"]
    if arguments[0] == "leaks":
        print_leaks(int((*arguments, "200000")[1]))
        return
    largest = int(arguments[0])
    families: list[tuple[str, Callable[[int], Network]]] = [("one expression", nested), ("a program", program)]
    for name, family in families:
        print(f"All 2 L gradients of a tanh network of L layers, written as {name}")
        columns = ("derive ms", "str ms", "code ms", "compile ms", "length")
        print(f"{'L':>6}" + "".join([f"{what:>12}{'factor':>8}" for what in columns]))
        before: tuple[int, dict[str, float]] | None = None
        for layers in [n for n in LAYERS if n <= largest]:
            try:
                found = measure(family(layers))
            except matcalc.MatcalcError as error:
                print(f"{layers:>6}  refused: {str(error).splitlines()[0][:100]}")
                continue
            line = f"{layers:>6}"
            for what, value in found.items():
                factor = f"{per_doubling(before[1][what], value, before[0], layers):.2f}" if before else ""
                line += (f"{value:>12.0f}" if what == "length" else f"{1e3 * value:>12.1f}") + f"{factor:>8}"
            print(line)
            before = layers, found
        print()


if __name__ == "__main__":
    main()
