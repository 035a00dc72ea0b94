"""Every solution is put back into the equations, at random data, before it is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matcalc.algebra.build import ADD, INVERSE
from matcalc.algebra.expr import Expr, postorder
from matcalc.curvature import multiplied_out
from matcalc.errors import DataError
from matcalc.notation.declarations import Declaration

__all__ = ["largest_residual"]

_ATTEMPTS = 80
_POINTS = 3
#: Points where a matrix that the solution inverts is worse conditioned than this decide nothing.
_CONDITION = 1e6


def largest_residual(
    values: Mapping[Expr, Expr], equations: Sequence[Expr], symbols: Mapping[str, Declaration], seed: int = 0
) -> float | None:
    """The largest |left side − right side| relative to its terms over random points; None if no point was found."""
    import numpy as np

    from matcalc.codegen.compiled import compile_numpy
    from matcalc.codegen.sampling import sample, sizes_for

    inverted = list(dict.fromkeys(n.args[0] for e in values.values() for n in postorder(e) if n.op is INVERSE))
    outputs = {f"x{i}": e for i, e in enumerate(values.values())} | {f"m{i}": e for i, e in enumerate(inverted)}
    at = compile_numpy(outputs, symbols, name="solution")
    terms = [[e, *(e.args if e.op is ADD else multiplied_out(e))] for e in equations]
    left = [compile_numpy({f"t{j}": t for j, t in enumerate(group)}, symbols, name="equation") for group in terms]
    rng = np.random.default_rng(seed)
    worst, seen = 0.0, 0
    for _ in range(_ATTEMPTS):
        sizes = sizes_for(symbols, rng)
        data = sample(symbols, sizes, rng)
        with np.errstate(all="ignore"):
            try:
                found = _several(at(**data))
                matrices = found[len(values) :]
                if any(m.ndim == 2 and not np.linalg.cond(m) < _CONDITION for m in matrices):
                    continue
                point = {**data, **{str(x.data): a for x, a in zip(values, found[: len(values)], strict=True)}}
                residuals = [_several(run(**point)) for run in left]
            except (DataError, np.linalg.LinAlgError, ValueError):
                continue
        if not all(np.all(np.isfinite(r)) for group in residuals for r in group):
            continue
        for group in residuals:
            scale = max(float(np.max(np.abs(r), initial=0.0)) for r in group[1:])
            worst = max(worst, float(np.max(np.abs(group[0]), initial=0.0)) / max(scale, 1e-9))
        seen += 1
        if seen == _POINTS:
            break
    return worst if seen else None


def _several(found: object) -> tuple:  # type: ignore[type-arg]
    return found if isinstance(found, tuple) else (found,)
