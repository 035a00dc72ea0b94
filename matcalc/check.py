"""Numeric certificates: a derivative in closed form against difference quotients of the function.

The quotients are central and extrapolated to step 0 (Ridders 1982), so they bring an error estimate
with them, and a certificate says how far they can be trusted. Points are drawn so that what is
declared of the symbols holds, with a size of its own for each dimension, and drawn again where the
function or its derivative does not exist, or only because rounding hides that a matrix is singular.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from matcalc.algebra.entries import largest_place
from matcalc.algebra.expr import Expr
from matcalc.calculus.stand_in import StandIn
from matcalc.calculus.variables import Variable
from matcalc.codegen.compiled import Compiled, compile_numpy
from matcalc.codegen.sampling import MODES, Array, Declared, is_steady, nudged, sample, sizes_for, whole_exponents
from matcalc.errors import DataError, OptionError

__all__ = ["Certificate", "check", "difference_quotients", "sample"]

#: The largest error, relative to the largest entry of the derivative, that passes for rounding.
TOLERANCE = 1e-6
#: Difference quotients with a larger relative error estimate decide nothing, and the point is drawn again.
_UNSETTLED = 1e-4
_ATTEMPTS = 60
_STEPS = 8


@dataclass(frozen=True)
class Certificate:
    """What a comparison found; true if the derivative agrees at every point.

    error: the largest difference, relative to the largest entry. trust: the same for the estimated
    error of the quotients. points: sizes of the points compared. reason: why nothing was found.
    """

    ok: bool
    error: float
    trust: float
    entries: int
    points: tuple[str, ...]
    wrt: str
    reason: str = ""

    def __bool__(self) -> bool:
        return self.ok

    def __str__(self) -> str:
        if self.reason:
            return f"not confirmed: {self.reason}"
        compared = f"{self.entries} entries of ∂f/∂{self.wrt} against difference quotients"
        where = f"at {len(self.points)} random points ({'; '.join(self.points)})"
        verdict = "agrees" if self.ok else "WRONG"
        found = f"largest relative difference {self.error:.1e} (quotients good to {self.trust:.0e})"
        return f"{verdict}: {compared} {where}, {found}"


def check(
    f: Expr,
    derivative: Expr,
    wrt: Expr | Variable,
    symbols: Mapping[str, Declared],
    *,
    structure: str = "project",
    layout: str = "gradient",
    direction: Expr | None = None,
    conditions: Sequence[str] = (),
    points: int = 3,
    seed: int = 0,
) -> Certificate:
    """A certificate for ∂f/∂wrt = derivative; wrt is a symbol, or a part of one.

    derivative is the gradient, the Jacobian, the vec-matrix (columns stacked), or, if `direction`
    is the symbol dX, the differential in that direction. For a variable with facts, `structure`
    says what the gradient of a scalar is: entry by entry ("ignore"), its projection ("project"),
    or G + Gᵀ − I ⊙ G ("cookbook"). conditions: what the derivative asks for, said where no point is found.
    """
    if structure not in ("project", "ignore", "cookbook"):
        raise OptionError(f"structure={structure!r} does not exist", advice="one of project, ignore, cookbook")
    if not isinstance(points, int) or points < 1:
        raise OptionError(f"points={points!r} does not exist", advice="points is 1, 2, …")
    if not isinstance(seed, int | np.integer) or seed < 0:
        raise OptionError(f"seed={seed!r} does not exist", advice="seed is 0, 1, 2, …")
    known = StandIn((f, derivative), symbols)
    by = wrt if isinstance(wrt, Variable) else Variable(str(wrt.data), wrt)
    comparison = _Comparison(
        known(f), known(derivative), by, known.symbols, structure, layout, direction, tuple(conditions)
    )
    return comparison.certificate(points, seed)


@dataclass
class _Comparison:
    """One function, its derivative, and how they are compared."""

    f: Expr
    derivative: Expr
    wrt: Variable
    symbols: Mapping[str, Declared]
    structure: str
    layout: str
    direction: Expr | None
    conditions: tuple[str, ...]

    @property
    def whole(self) -> str:
        """The name of the array that varies, or of which a part varies."""
        return str(self.wrt.whole.data)

    def certificate(self, points: int, seed: int) -> Certificate:
        """The comparison at as many points as are asked for."""
        name = self.wrt.name
        shapes = {s: d.shape for s, d in self.symbols.items()}
        value = compile_numpy({"value": self.f}, shapes)
        extra = {str(self.direction.data): self.direction.shape} if self.direction is not None else {}
        closed_form = compile_numpy({"derivative": self.derivative}, {**shapes, **extra})
        rng = np.random.default_rng(seed)
        error = trust = 0.0
        entries, seen = 0, list[str]()
        for _ in range(points):
            found = self._point(value, closed_form, rng)
            if found is None:
                asked = f", which asks for {', '.join(self.conditions)}" if self.conditions else ""
                reason = f"no point was found where f and its derivative by {name} are finite and smooth{asked}"
                return Certificate(False, float("inf"), trust, entries, tuple(seen), name, reason)
            sizes, got, wanted, estimate = found
            scale = max(float(np.max(np.abs(wanted), initial=0.0)), 1e-3)
            if got.shape != wanted.shape:
                reason = f"the derivative has axes {got.shape} where {wanted.shape} are due"
                return Certificate(False, float("inf"), trust, entries, tuple(seen), name, reason)
            error = max(error, float(np.max(np.abs(got - wanted), initial=0.0)) / scale)
            trust = max(trust, estimate / scale)
            entries += wanted.size
            seen.append(", ".join(f"{d} = {n}" for d, n in sizes.items()) or "scalars")
        return Certificate(error <= TOLERANCE + 10 * trust, error, trust, entries, tuple(seen), name)

    def _point(
        self, value: Compiled, closed_form: Compiled, rng: np.random.Generator
    ) -> tuple[dict[str, int], Array, Array, float] | None:
        """Sizes, closed form, difference quotients and their error estimate at a point where all are finite."""
        integers = whole_exponents(self.f)
        numbers = [int(place) for place in self.wrt.places if place.isdecimal()]
        least = max([largest_place(self.f, self.derivative), *numbers])
        for attempt in range(_ATTEMPTS):
            sizes = sizes_for(self.symbols, rng, least)
            modes = {} if attempt < 4 else {s: str(rng.choice(MODES)) for s in self.symbols}
            with np.errstate(all="ignore"):
                try:
                    inputs = sample(self.symbols, sizes, rng, modes, integers)
                    found = self._compared(value, closed_form, inputs, rng)
                except (DataError, IndexError):  # a singular matrix, or an entry that there is not
                    continue
            if found is not None:
                return sizes, *found
        return None

    def _compared(
        self, value: Compiled, closed_form: Compiled, inputs: dict[str, Array], rng: np.random.Generator
    ) -> tuple[Array, Array, float] | None:
        name = self.whole
        at = inputs[name]
        place = index_into(at, self.wrt.places, inputs)

        def moved(x: Array) -> Array:
            result = value(**{**inputs, name: x})
            assert isinstance(result, np.ndarray)
            return result

        f = moved(at)
        if not np.all(np.isfinite(f)):
            return None
        if self.direction is not None:
            v = np.zeros(at.shape)
            v[place] = sample({"v": self.symbols[name]}, _sizes_of(self.symbols[name], at), rng)["v"][place]
            along = {str(self.direction.data): v if self.direction.shape == self.wrt.whole.shape else v[place]}
            wanted, error = _along(moved, at, v)
        else:
            along = {}
            wanted, error = difference_quotients(moved, at)
        near = nudged(inputs)
        got, beside = closed_form(**inputs, **along), closed_form(**near, **along)
        assert isinstance(got, np.ndarray) and isinstance(beside, np.ndarray)
        if not is_steady(f, np.asarray(value(**near))) or not is_steady(got, beside):
            return None
        scale = max(float(np.max(np.abs(wanted), initial=0.0)), 1e-3)
        if not np.all(np.isfinite(got)) or not np.all(np.isfinite(wanted)) or error > _UNSETTLED * scale:
            return None
        if self.direction is None:
            got, wanted = self._laid_out(got, wanted, f.ndim, place)
        return got, wanted, error

    def _laid_out(self, got: Array, wanted: Array, axes_of_f: int, place: Index) -> tuple[Array, Array]:
        """Both with the same axes, under the conventions for structured variables and layouts.

        wanted: the derivative by the whole array, of which the part is taken here.
        """
        if axes_of_f == 0 and wanted.ndim == 2:
            wanted = _structured(wanted, self.symbols[self.whole].facts, self.structure)
        if self.wrt.is_part:
            wanted = wanted[(*[slice(None)] * axes_of_f, *place)]
        if axes_of_f == 0 and wanted.ndim == 2:
            if self.layout == "numerator":
                got = got.T
        if got.shape != wanted.shape and got.size == wanted.size:
            n = int(np.prod(wanted.shape[:axes_of_f]))
            wanted = wanted.reshape(n, -1, order="F") if got.ndim == 2 else wanted.reshape(-1, order="F")
        return got, wanted


Index = tuple[int | slice, ...]


def index_into(at: Array, places: tuple[str, ...], inputs: Mapping[str, Array]) -> Index:
    """The index of a part of an array: the places on its axes, counted from 0."""
    if not places:
        return (slice(None),) * at.ndim
    return tuple([slice(None) if p == ":" else (int(p) if p.isdecimal() else int(inputs[p])) - 1 for p in places])


def _sizes_of(declared: Declared, at: Array) -> dict[str, int]:
    dims = [d for d in declared.shape if d != 1]
    return {d: n for d, n in zip(dims, at.shape, strict=True) if isinstance(d, str)}


def _structured(g: Array, facts: frozenset[str], structure: str) -> Array:
    """The entry-by-entry gradient g under the convention for a variable with these facts."""
    symmetric = bool(facts & {"symmetric", "spd", "psd"}) and "diagonal" not in facts
    if structure == "cookbook" and symmetric:
        return np.asarray(g + g.T - np.diag(np.diagonal(g)))
    if structure == "ignore":
        return g
    if "diagonal" in facts:
        return np.diag(np.diagonal(g))
    if symmetric:
        return np.asarray((g + g.T) / 2)
    if "skew" in facts:
        return np.asarray((g - g.T) / 2)
    return np.tril(g) if "lower" in facts else np.triu(g) if "upper" in facts else g


# --- difference quotients --------------------------------------------------------------------------


def difference_quotients(f: Callable[[Array], Array], x: Array) -> tuple[Array, float]:
    """∂f/∂x, axes of f then axes of x, and an estimate of its largest error.

    >>> values, error = difference_quotients(lambda x: np.sin(x), np.array(1.0))
    >>> bool(abs(values - np.cos(1.0)) < 1e-11), error < 1e-9
    (True, True)
    """
    columns = []
    error = 0.0
    for index in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[index] = max(1.0, abs(float(x[index])))
        quotient, estimate = _along(f, x, step)
        columns.append(quotient / step[index])
        error = max(error, estimate)
    shape = columns[0].shape
    return np.stack(columns, axis=-1).reshape((*shape, *x.shape)), error


def _along(f: Callable[[Array], Array], x: Array, v: Array) -> tuple[Array, float]:
    """The derivative of f(x + t v) at t = 0: central quotients at steps that halve, extrapolated."""
    table: list[Array] = []
    best = best_error = None
    h = 0.05
    for _ in range(_STEPS):
        row = [(f(x + h * v) - f(x - h * v)) / (2 * h)]
        for j, before in enumerate(table):
            factor = 4.0 ** (j + 1)
            row.append((factor * row[j] - before) / (factor - 1))
        for j in range(1, len(row)):
            raw = np.maximum(np.abs(row[j] - row[j - 1]), np.abs(row[j] - table[j - 1]))
            error = np.where(np.isfinite(raw), raw, np.inf)
            if best is None or best_error is None:
                best, best_error = row[j], error
            else:
                best = np.where(error < best_error, row[j], best)
                best_error = np.minimum(error, best_error)
        table, h = row, h / 2
    assert best is not None and best_error is not None
    return np.asarray(best), float(np.max(best_error, initial=0.0))
