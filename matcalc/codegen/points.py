"""Random points where several expressions have a value, near 1 and at other scales, and when two values agree."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from matcalc.algebra.entries import largest_place
from matcalc.algebra.expr import Expr
from matcalc.calculus.stand_in import StandIn
from matcalc.codegen.compiled import compile_numpy
from matcalc.codegen.sampling import MODES, Array, Declared, is_steady, nudged, sample, sizes_for, whole_exponents
from matcalc.errors import DataError

__all__ = ["APART", "Drawn", "Points", "is_close"]

_TOLERANCE = 1e-9
_POINTS, _ATTEMPTS = 4, 60
#: Entries are drawn at these scales as well, since what differs only far from 0, or only close to it, is different.
#: There rounding may cost many digits, and no less than a relative difference of APART is one.
_SCALES, _DRAWS, APART = (30.0, 100.0, 1000.0, 0.01), 4, 1e-3
#: Facts that an array keeps when it is scaled.
_SCALABLE = frozenset(
    {"symmetric", "skew", "spd", "psd", "diagonal", "lower", "upper", "invertible", "positive", "nonnegative"}
)


@dataclass(frozen=True)
class Drawn:
    """A point, and the values there."""

    sizes: Mapping[str, int]
    inputs: dict[str, Array]
    values: tuple[Array, ...]


class Points:
    """Several expressions at the same random points."""

    def __init__(self, expressions: list[Expr], symbols: Mapping[str, Declared]) -> None:
        known = StandIn(expressions, symbols)
        self.symbols = known.symbols
        shapes = {name: d.shape for name, d in self.symbols.items()}
        self.least = largest_place(*expressions)
        self.functions = [compile_numpy({"value": known(e)}, shapes) for e in expressions]
        self.integers = whole_exponents(*expressions)

    def near(self, wanted: int = _POINTS) -> list[Drawn]:
        """Points where all expressions have a value; several kinds of entries are tried."""
        rng = np.random.default_rng(0)
        found: list[Drawn] = []
        for attempt in range(_ATTEMPTS):
            modes = {} if attempt % 2 == 0 else {s: str(rng.choice(MODES)) for s in self.symbols}
            drawn = self._drawn(rng, modes)
            if drawn is not None:
                found.append(drawn)
            if len(found) == wanted:
                break
        return found

    def scaled(self) -> Iterator[Drawn]:
        """Points with larger and smaller entries, of all symbols together or of each for itself."""
        rng = np.random.default_rng(1)
        free = [s for s, d in self.symbols.items() if d.facts <= _SCALABLE and s not in self.integers]
        for scale_of_all in _SCALES:
            for draw in range(_DRAWS):
                own = rng.choice((1.0, *_SCALES), len(free)) if draw % 2 else np.full(len(free), scale_of_all)
                drawn = self._drawn(rng, {}, dict(zip(free, own.tolist(), strict=True)))
                if drawn is not None:
                    yield drawn

    def _drawn(
        self, rng: np.random.Generator, modes: Mapping[str, str], scales: Mapping[str, float] | None = None
    ) -> Drawn | None:
        """A point with the values there; None where one does not exist or rounding decides it."""
        sizes = sizes_for(self.symbols, rng, self.least)
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                inputs = sample(self.symbols, sizes, rng, modes, self.integers)
                inputs.update({name: np.asarray(inputs[name] * k) for name, k in (scales or {}).items()})
                values, beside = (
                    tuple([np.asarray(f(**at)) for f in self.functions]) for at in (inputs, nudged(inputs))
                )
            except (DataError, ValueError):
                return None
        usable = all(np.all(np.isfinite(v)) and np.max(np.abs(v), initial=0.0) < 1e8 for v in values)
        return Drawn(sizes, inputs, values) if usable and all(map(is_steady, values, beside)) else None


def is_close(a: Array, b: Array, tolerance: float = _TOLERANCE) -> bool:
    """Whether two arrays agree within the tolerance, relative to their largest entry."""
    size = max(float(np.max(np.abs(a), initial=0.0)), float(np.max(np.abs(b), initial=0.0)), 1e-6)
    return a.shape == b.shape and float(np.max(np.abs(a - b), initial=0.0)) <= tolerance * size
