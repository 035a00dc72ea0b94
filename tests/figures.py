"""Prints the figures by which the engine is judged: `python -m tests.figures`.

Right answers by notation and level, the length of answers beside the published ones, time warm and
from a cold start, and growth on inputs of doubling size, where a ratio of 2 is linear.
"""

from __future__ import annotations

import argparse
import math
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import matcalc
from tests import scoring
from tests.scoring import RIGHT, VERDICTS, Outcome

#: A family of inputs: its name, the sizes, and (text, variable, where) of a size.
Problem = tuple[str, str, dict[str, str] | None]
Family = tuple[str, Sequence[int], Callable[[int], Problem]]


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.figures", description=__doc__)
    parser.add_argument("part", nargs="*", metavar="PART", help="cases, cold, growth; all of them if none is named")
    parser.add_argument("-v", "--verbose", action="store_true", help="list what is not right, and what is too long")
    options = parser.parse_args(argv)
    parts = options.part or ["cases", "cold", "growth"]
    if "cases" in parts:
        print_cases(options.verbose)
    if "cold" in parts:
        print_cold_start()
    if "growth" in parts:
        print_growth()


# --- the cases ---------------------------------------------------------------------------------


def run_cases() -> dict[str, list[Outcome]]:
    """Outcomes on the gradients: from Unicode, from ASCII, and from Unicode with nothing declared."""
    gradients = scoring.gradients()
    return {
        "expr": [scoring.put(case, "expr") for case in gradients],
        "mc": [scoring.put(case, "mc") for case in gradients if "mc" in case.notations],
        "bare": [scoring.put(case, "expr", declared=False) for case in gradients],
    }


def share_no_longer(outcomes: Iterable[Outcome], factor: float = 1.0) -> float:
    """The share of the right answers that have at most `factor` times the tokens of the published ones."""
    sized = [o for o in outcomes if o.excess is not None]
    fit = sum(scoring.tokens(o.text) <= factor * scoring.tokens(o.case.answer or "") for o in sized)
    return fit / max(1, len(sized))


def print_cases(verbose: bool = False) -> None:
    runs = run_cases()
    print("Gradients (no index notation): derive() and str() of every problem, compared at two draws of inputs\n")
    print(f"{'input':6}{'level':>6}{'right':>18}{'wrong':>7}{'refused':>9}{'crash':>7}{'late':>6}")
    for name, outcomes in runs.items():
        for level in (1, 2, 3, None):
            chosen = [o for o in outcomes if level in (o.case.level, None)]
            count = Counter(o.verdict for o in chosen)
            right = f"{count[RIGHT]}/{len(chosen)} {100 * count[RIGHT] / max(1, len(chosen)):5.1f} %"
            rest = "".join(f"{count[v]:>{w}}" for v, w in zip(VERDICTS[1:], (7, 9, 7, 6), strict=True))
            print(f"{name:6}{level or 'all':>6}{right:>18}{rest}")
    print()
    for name, outcomes in runs.items():
        sized = sum(o.excess is not None for o in outcomes)
        seconds = sorted(o.seconds for o in outcomes if o.seconds is not None) or [float("nan")]
        print(
            f"{name:6} no longer than published: {100 * share_no_longer(outcomes):.0f} % of {sized}, "
            f"at most a quarter longer: {100 * share_no_longer(outcomes, 1.25):.0f} %; "
            f"time: median {1e3 * statistics.median(seconds):.2f} ms, "
            f"p99 {1e3 * seconds[int(0.99 * (len(seconds) - 1))]:.1f} ms"
        )
    print()
    if verbose:
        for outcomes in runs.values():
            for outcome in outcomes:
                if outcome.verdict != RIGHT or (outcome.excess or 0) > 0:
                    longer = f"  [{outcome.excess} tokens longer]" if outcome.excess else ""
                    print(f"{outcome}{longer}\n")


# --- cold start --------------------------------------------------------------------------------


def seconds_of(code: str, runs: int = 7) -> float:
    """The median time of a fresh interpreter that runs this code."""
    taken = []
    for _ in range(runs):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


COLD = "import matcalc; print(matcalc.derive('‖y − A x‖²', 'x'))"


def print_cold_start() -> None:
    seconds_of("import sympy, matcalc", 1)  # the files are in the cache of the system from here on
    ours, sympy = seconds_of(COLD), seconds_of("import sympy")
    print("Cold start, median of 7 runs")
    print(f"  import and first answer {ours:.3f} s; twice `import sympy` {2 * sympy:.3f} s\n")


# --- growth ------------------------------------------------------------------------------------


def _matrices(letter: str, count: int, shape: str = "n n") -> dict[str, str]:
    return {f"{letter}{i}": shape for i in range(1, count + 1)}


def trace_of_power(n: int) -> Problem:
    """tr(Xᴺ); 0 stands for a symbolic N."""
    if n == 0:
        return "tr(X^N)", "X", {"X": "n n", "N": "scalar integer"}
    return f"tr(X^{n})", "X", {"X": "n n"}


def sum_of_traces(n: int) -> Problem:
    """tr(A₁X) + … + tr(AₙX)."""
    return " + ".join(f"tr(A{i} X)" for i in range(1, n + 1)), "X", {"X": "n n", **_matrices("A", n)}


def sum_of_squares(n: int) -> Problem:
    """‖A₁x − y₁‖² + … + ‖Aₙx − yₙ‖²."""
    text = " + ".join(f"‖A{i} x − y{i}‖²" for i in range(1, n + 1))
    return text, "x", {"x": "n", **_matrices("A", n, "m n"), **_matrices("y", n, "m")}


def product_around(n: int) -> Problem:
    """tr(A₁ … X … Aₙ), with X in the middle."""
    names = [f"A{i}" for i in range(1, n)]
    names.insert(n // 2, "X")
    return f"tr({' '.join(names)})", "X", {"X": "n n", **_matrices("A", n - 1)}


def product_alternating(n: int) -> Problem:
    """tr(X B₁ X B₂ …), with n factors."""
    half = n // 2
    return f"tr({' '.join(f'X B{i}' for i in range(1, half + 1))})", "X", {"X": "n n", **_matrices("B", half)}


def nested_inverses(n: int) -> Problem:
    """tr((A + (A + … X⁻¹)⁻¹)⁻¹), with n inverses."""
    text = "X⁻¹"
    for _ in range(n - 1):
        text = f"(A + {text})⁻¹"
    return f"tr({text})", "X", {"A": "n n", "X": "n n"}


def tanh_network(n: int) -> Problem:
    """‖tanh(Wₙ … tanh(W₂ tanh(W₁ x))) − y‖² by the first weights."""
    text = "x"
    for i in range(1, n + 1):
        text = f"tanh(W{i} {text})"
    return f"‖{text} − y‖²", "W1", {"x": "n", "y": "n", **_matrices("W", n)}


FAMILIES: list[Family] = [
    ("tr(Xᴺ)", [0, 10, 100, 1000, 10_000, 100_000, 1_000_000], trace_of_power),
    ("sum of traces", [125, 250, 500, 1000], sum_of_traces),
    ("sum of squared norms", [125, 250, 500, 1000], sum_of_squares),
    ("product, X in the middle", [25, 50, 100, 200], product_around),
    ("tr(X B₁ X B₂ …)", [24, 50, 100, 200], product_alternating),
    ("nested inverses", [31, 62, 125, 250, 500], nested_inverses),
    ("tanh network, by W₁", [1, 2, 4, 8, 16, 32, 64], tanh_network),
]


def measure(problem: Problem, runs: int = 3) -> tuple[float, int]:
    """Seconds of derive() and str() together, the best of three, and the length of the text."""
    text, wrt, where = problem
    best, size = float("inf"), 0
    for _ in range(runs):
        start = time.perf_counter()
        size = len(str(matcalc.derive(text, wrt, where=where)))
        best = min(best, time.perf_counter() - start)
    return best, size


def per_doubling(before: float, after: float, size_before: int, size_after: int) -> float:
    """The factor by which a quantity grows when the size doubles.

    >>> per_doubling(1.0, 8.0, 10, 80)
    2.0
    """
    return (after / before) ** (1 / math.log2(size_after / size_before))


def print_growth() -> None:
    print("Growth: time of derive() and str(), and the length of str(); factor per doubling of the size, linear is 2\n")
    for name, sizes, family in FAMILIES:
        print(f"{name}\n{'size':>10}{'ms':>10}{'factor':>8}{'characters':>12}{'factor':>8}")
        before: tuple[int, float, int] | None = None
        for size in sizes:
            try:
                seconds, length = measure(family(size))
            except matcalc.MatcalcError as error:
                print(f"{size:>10}  refused: {str(error).splitlines()[0][:90]}")
                continue
            in_time = in_length = ""
            if before and before[0]:
                in_time = f"{per_doubling(before[1], seconds, before[0], size):.2f}"
                in_length = f"{per_doubling(before[2], length, before[0], size):.2f}"
            print(f"{size or 'N':>10}{1e3 * seconds:>10.2f}{in_time:>8}{length:>12}{in_length:>8}")
            before = size, seconds, length
        print()


if __name__ == "__main__":
    main()
