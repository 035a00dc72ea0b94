"""Every solution is put back into the equations, at random data, before it is given."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence

from matcalc.algebra.build import INVERSE
from matcalc.algebra.expr import Expr, postorder
from matcalc.errors import DataError
from matcalc.notation.declarations import Declaration

__all__ = ["largest_residual"]

_ATTEMPTS = 150
_POINTS = 3
_DRAWN = 12
#: A residual that is nothing but rounding; as many points as are counted with it are enough.
_SETTLED = 1e-9
#: Points where a matrix that the solution inverts is worse conditioned than this decide nothing.
_CONDITION = 1e6


def largest_residual(
    values: Mapping[Expr, Expr],
    equations: Sequence[Expr],
    symbols: Mapping[str, Declaration],
    matrices: Sequence[Expr] = (),
    tall: bool = False,
) -> float | None:
    """The largest |left side − right side| relative to that elsewhere, over random points; None if no point was found.

    More points are drawn than are counted: where a difference that is inverted is 0 but for rounding, its
    condition does not show it, and the residual says nothing.
    matrices: what must be invertible, besides the matrices that the solution shows inverted.
    tall: whether the unknowns have at most as many columns as rows.
    """
    import numpy as np

    from matcalc.codegen.compiled import compile_numpy
    from matcalc.codegen.sampling import sample, sizes_for

    shown = [n.args[0] for e in values.values() for n in postorder(e) if n.op is INVERSE]
    inverted = list(dict.fromkeys([*shown, *matrices]))
    outputs = {f"x{i}": e for i, e in enumerate(values.values())} | {f"m{i}": e for i, e in enumerate(inverted)}
    at = compile_numpy(outputs, symbols, name="solution")
    left = compile_numpy({f"e{i}": e for i, e in enumerate(equations)}, symbols, name="equations")
    rng = np.random.default_rng(0)
    worst: list[float] = []
    for attempt in range(_ATTEMPTS):
        sizes = sizes_for(symbols, rng)
        if attempt % 2:  # constraints may need more columns than rows by far
            sizes = {name: int(rng.integers(2, 9)) for name in sizes}
        try:
            data = sample(symbols, sizes, rng)
        except DataError:  # sizes at which no matrix has the facts
            continue
        if tall and any(a.ndim == 2 and a.shape[1] > a.shape[0] for a in (data[str(x.data)] for x in values)):
            continue
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an ill-conditioned draw is passed over below
            try:
                found = _several(at(**data))
                regular = found[len(values) :]
                if any(m.ndim == 2 and m.size and not np.linalg.cond(m) < _CONDITION for m in regular):
                    continue
                at_solution = {str(x.data): a for x, a in zip(values, found[: len(values)], strict=True)}
                elsewhere = {n: 1.5 * a + 0.1 for n, a in at_solution.items()}
                residuals = _several(left(**{**data, **at_solution}))
                scales = _several(left(**{**data, **elsewhere}))
            except (DataError, np.linalg.LinAlgError, ValueError):
                continue
        if not all(np.all(np.isfinite(a)) for a in (*residuals, *scales)):
            continue
        largest = 0.0
        for residual, scale in zip(residuals, scales, strict=True):
            largest = max(largest, float(np.max(np.abs(residual))) / max(float(np.max(np.abs(scale))), 1e-9))
        worst.append(largest)
        if len(worst) == _DRAWN or sum(r < _SETTLED for r in worst) == _POINTS:
            break
    return sorted(worst)[:_POINTS][-1] if len(worst) >= _POINTS else None


def _several(found: object) -> tuple:  # type: ignore[type-arg]
    return found if isinstance(found, tuple) else (found,)
