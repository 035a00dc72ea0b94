"""Value and gradient on dask arrays against the same formulas written for dask arrays, on two worker processes.

    python -m tests.benchmarks.cluster [--megabytes 800] [--limit 400MB] [--rounds 5]

One line for each way in which the data are there: made as they are read, in more than the memory of
one worker; and held by the workers, if they have room. Seconds, and seconds of CPU time of all
processes, by the median of interleaved rounds; then how far the results are apart.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping
from statistics import median
from typing import Any

import numpy as np

from tests.benchmarks.candidates import WORKLOADS, compiled

Call = Callable[[], Any]
WIDTH = 100


def by_hand(X: Any, y: Any, w: Any) -> Any:
    """The logistic loss and its gradient as one writes them for dask arrays; the data are shared between the two."""
    import dask
    import dask.array as da

    z = X @ w
    return dask.compute(da.logaddexp(0, z).sum() - y @ z, X.T @ (1 / (1 + da.exp(-z)) - y))


def measured(calls: Mapping[str, Call], client: Any, rounds: int) -> dict[str, tuple[float, float]]:
    """Seconds and seconds of CPU time by label."""

    def spent() -> float:
        return time.process_time() + sum(client.run(time.process_time).values())

    times: dict[str, list[tuple[float, float]]] = {label: [] for label in calls}
    for call in calls.values():
        call()
    for _ in range(rounds):
        for label, call in calls.items():
            cpu, start = spent(), time.perf_counter()
            call()
            wall = time.perf_counter() - start
            times[label].append((wall, spent() - cpu))
    return {label: (median([t for t, _ in found]), median([c for _, c in found])) for label, found in times.items()}


def compared(client: Any, rows: int, block: int, held: bool, rounds: int) -> str:
    """A line of the table."""
    import dask.array as da

    rng = da.random.default_rng(0)
    X, y = rng.random((rows, WIDTH), chunks=(block, WIDTH)), rng.integers(0, 2, rows, chunks=block).astype(float)
    if held:
        X, y = client.persist([X, y])
    w, run = np.linspace(-1, 1, WIDTH), compiled(WORKLOADS["logreg"], "dask")
    calls = {"matcalc": lambda: run(X=X, y=y, w=w), "by hand": lambda: by_hand(X, y, w)}
    (value, gradient), (want, slope) = calls["matcalc"](), calls["by hand"]()
    apart = max(abs(value / want - 1), float(np.abs(gradient - slope).max() / np.abs(slope).max()))
    found = measured(calls, client, rounds)
    cells = [f"{s:.2f} s ({c:.2f} s)" for s, c in (found["matcalc"], found["by hand"])]
    return f"| {'held by the workers' if held else 'made as read'} | {' | '.join(cells)} | {apart:.0e} |"


def main() -> None:
    """The table, in Markdown."""
    from distributed import Client, LocalCluster

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=800)
    parser.add_argument("--limit", default="400MB", help="the memory of a worker, for data made as they are read")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    rows = options.megabytes * 10**6 // (8 * WIDTH)
    print("| data | matcalc (CPU) | by hand (CPU) | apart |\n|---|---|---|---|")
    for held, limit in ((False, options.limit), (True, f"{3 * options.megabytes}MB")):
        with (
            LocalCluster(2, threads_per_worker=1, memory_limit=limit, dashboard_address=None) as cluster,
            Client(cluster) as client,
        ):
            print(compared(client, rows, max(1, rows // 50), held, options.rounds), flush=True)


if __name__ == "__main__":
    main()
