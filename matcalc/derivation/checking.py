"""Every line by value: the forms of a line against each other, and against difference quotients.

Points are drawn as for certificates. Names are replaced by what they stand for, so that a line is
compared in the symbols of the function and in the differentials of the variables alone.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from matcalc.algebra.entries import largest_place
from matcalc.algebra.expr import Expr
from matcalc.algebra.shapes import Shape
from matcalc.calculus.stand_in import StandIn
from matcalc.check import difference_quotients, index_into
from matcalc.codegen.compiled import compile_numpy
from matcalc.codegen.sampling import MODES, Array, Declared, is_steady, nudged, sample, sizes_for, whole_exponents
from matcalc.derivation.differential import put
from matcalc.errors import DataError

if TYPE_CHECKING:
    from matcalc.derivation.steps import Step, Steps

__all__ = ["Report", "check_steps"]

#: Values beyond this come from a matrix that is singular but for rounding, and decide nothing.
_LARGE = 1e7
#: Quotients with a larger error estimate, relative to the largest, decide nothing.
_UNSETTLED = 1e-6
#: Two forms of a line agree up to this, a form and a difference quotient up to the other, relative to the largest.
_EXACT, _QUOTIENT = 1e-8, 1e-6
_ATTEMPTS = 60


@dataclass(frozen=True)
class Report:
    """What was found; true if every line is right.

    lines: how many were compared. wrong: those that are not, as text. reason: why nothing was found.
    """

    lines: int
    wrong: tuple[str, ...]
    sizes: str = ""
    reason: str = ""

    def __bool__(self) -> bool:
        return not self.wrong and not self.reason

    def __str__(self) -> str:
        if self.reason:
            return f"not checked: {self.reason}"
        if self.wrong:
            return "WRONG: " + "; ".join(self.wrong)
        return f"all {self.lines} lines agree with the ones before them and with difference quotients ({self.sizes})"


@dataclass
class _Values:
    """The expressions of all lines, compiled together."""

    steps: Steps

    def __post_init__(self) -> None:
        steps = self.steps
        memo = steps.values
        self.forms = dict.fromkeys(put(e, memo) for step in steps for e in chain.from_iterable(step.equal))
        self.quantities = dict.fromkeys(put(step.quotient[0], memo) for step in steps if step.quotient)
        known = StandIn(chain(self.forms, self.quantities), steps.symbols)
        self.symbols = known.symbols
        self.shapes: dict[str, Shape] = {name: d.shape for name, d in self.symbols.items()}
        moving = dict.fromkeys(v for step in steps if step.quotient for v in step.quotient[1])
        self.moves = {v: steps.differentials[v] for v in moving}
        directions = {str(d.data): d.shape for d in self.moves.values()}
        self.compiled = compile_numpy(_outputs(map(known, self.forms)), {**self.shapes, **directions})
        quantities = _outputs(map(known, self.quantities))
        self.functions = compile_numpy(quantities, self.shapes) if self.quantities else None

    def at(self, inputs: dict[str, Array], directions: dict[str, Array]) -> dict[Expr, Array] | None:
        """The value of every form at a point; None where one does not exist."""
        arrays, moved = (_listed(self.compiled(**at, **directions)) for at in (inputs, nudged(inputs)))
        if not all(map(_usable, arrays)) or not all(map(is_steady, arrays, moved)):
            return None
        return dict(zip(self.forms, arrays, strict=True))

    def quotients(
        self, inputs: dict[str, Array], directions: dict[str, Array], moved: frozenset[Expr]
    ) -> dict[Expr, tuple[Array, float]] | None:
        """How every quantity changes along the directions of the variables that move."""
        function = self.functions
        assert function is not None

        def along(t: Array) -> Array:
            shifted = dict(inputs)
            for v in moved:
                shifted[str(v.data)] = inputs[str(v.data)] + t * directions[str(self.moves[v].data)]
            return np.concatenate([np.ravel(a) for a in _listed(function(**shifted))])

        slopes, error = difference_quotients(along, np.array(0.0))
        if not _usable(slopes):
            return None
        out, start = {}, 0
        for quantity, a in zip(self.quantities, _listed(function(**inputs)), strict=True):
            out[quantity] = slopes[start : start + a.size].reshape(a.shape), error
            start += a.size
        return out


def _outputs(expressions: Iterable[Expr]) -> dict[str, Expr]:
    return {f"v{i}": e for i, e in enumerate(expressions)}


def check_steps(steps: Steps, seed: int = 0) -> Report:
    """A report that is true if every line agrees with the one before it and with difference quotients."""
    values = _Values(steps)
    symbols: Mapping[str, Declared] = values.symbols
    rng = np.random.default_rng(seed)
    integers = whole_exponents(*[e for step in steps for e in chain.from_iterable(step.equal)])
    least = largest_place(*values.forms)
    for attempt in range(_ATTEMPTS):
        sizes = sizes_for(symbols, rng, least)
        modes = {} if attempt < 4 else {s: str(rng.choice(MODES)) for s in symbols}
        try:
            inputs = sample(symbols, sizes, rng, modes, integers)
        except DataError:  # sizes at which no matrix has the facts
            continue
        directions = {}
        for v, d in values.moves.items():
            moved = 0.5 * rng.standard_normal(inputs[str(v.data)].shape)
            directions[str(d.data)] = _only(moved, steps.parts[v].places, inputs) if v in steps.parts else moved
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                wrong = _wrong(values, inputs, directions)
            except (DataError, ValueError):  # a matrix that is singular, or not finite
                continue
        if wrong is not None:
            return Report(len(steps), tuple(wrong), ", ".join(f"{d} = {n}" for d, n in sizes.items()) or "scalars")
    return Report(0, (), reason="no point was found where every line has a value")


def _only(moved: Array, places: tuple[str, ...], inputs: Mapping[str, Array]) -> Array:
    """A direction in which a part of the array varies, and nothing else."""
    out = np.zeros(moved.shape)
    at = index_into(moved, places, inputs)
    out[at] = moved[at]
    return out


def _wrong(values: _Values, inputs: dict[str, Array], directions: dict[str, Array]) -> list[str] | None:
    """The lines that disagree at a point; None where the point decides nothing."""
    forms = values.at(inputs, directions)
    if forms is None:
        return None
    known: dict[frozenset[Expr], dict[Expr, tuple[Array, float]]] = {}
    for moved in dict.fromkeys(step.quotient[1] for step in values.steps if step.quotient):
        found = values.quotients(inputs, directions, moved)
        if found is None or any(error > _UNSETTLED * max(1.0, _largest(slope)) for slope, error in found.values()):
            return None
        known[moved] = found
    return [str(step) for step in values.steps if not _holds(step, forms, known, values.steps.values)]


def _holds(
    step: Step,
    forms: Mapping[Expr, Array],
    slopes: Mapping[frozenset[Expr], Mapping[Expr, tuple[Array, float]]],
    names: Mapping[Expr, Expr],
) -> bool:
    """Whether the forms of a line agree with each other and with the change of the quantity."""
    groups = [[forms[put(e, names)] for e in group] for group in step.equal]
    if not all(_agree(group[0], other, _EXACT) for group in groups for other in group[1:]):
        return False
    if step.quotient is None:
        return True
    slope, error = slopes[step.quotient[1]][put(step.quotient[0], names)]
    return _agree(slope, groups[0][-1], _QUOTIENT, error)


def _largest(a: Array) -> float:
    return float(np.max(np.abs(a), initial=0.0))


def _listed(found: Array | tuple[Array, ...]) -> tuple[Array, ...]:
    return found if isinstance(found, tuple) else (found,)


def _usable(a: Array) -> bool:
    return bool(np.all(np.isfinite(a))) and _largest(a) < _LARGE


def _agree(a: Array, b: Array, tolerance: float, error: float = 0.0) -> bool:
    if a.size != b.size:
        return False
    scale = max(_largest(a), _largest(b), 1e-2)
    return _largest(a.reshape(-1) - b.reshape(-1)) <= tolerance * scale + 20 * error
