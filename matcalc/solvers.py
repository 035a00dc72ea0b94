"""The solvers of scipy.optimize: what each takes, the tolerances in its own words, and the record of a run."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

__all__ = ["METHODS", "Record", "solver_options"]

#: method → whether it takes Hessian–vector products, bounds, linear constraints.
METHODS: dict[str, tuple[bool, bool, bool]] = {
    "L-BFGS-B": (False, True, False),
    "BFGS": (False, False, False),
    "CG": (False, False, False),
    "TNC": (False, True, False),
    "SLSQP": (False, True, True),
    "Newton-CG": (True, False, False),
    "trust-krylov": (True, False, False),
    "trust-ncg": (True, False, False),
    "trust-constr": (True, True, True),
}

#: What a function that is not finite is taken to exceed the others by, where steps are measured by a merit function.
_FAR = 1e10


def solver_options(method: str, tolerance: float, iterations: int) -> dict[str, object]:
    """Tolerances in each solver's own words."""
    options: dict[str, object] = {"maxiter": iterations}
    if method == "L-BFGS-B":
        options.update(gtol=tolerance, ftol=1e-15, maxfun=10 * iterations, maxcor=20)
    elif method == "TNC":
        options.update(gtol=tolerance, ftol=1e-15, maxfun=options.pop("maxiter"))
    elif method == "SLSQP":
        options["ftol"] = tolerance**1.5
    elif method == "Newton-CG":
        options["xtol"] = tolerance
    elif method == "trust-constr":
        options.update(gtol=tolerance, xtol=tolerance)
    else:
        options["gtol"] = tolerance
    return options


class Record:
    """The value after each iteration, and a progress bar where tqdm is installed.

    Where the function is not finite the solver is told a value above those it has seen, so that it steps back.
    free: no constraints but bounds, so that the solver goes down from the lowest point that it has seen.
    outside: how often the function was not finite. lowest: the point, value and gradient to step back to.
    """

    def __init__(self, function: Callable[[Array], tuple[float, Array]], progress: bool, free: bool) -> None:
        self.function = function
        self.free = free
        self.outside = 0
        self.lowest: tuple[Array, float, Array] | None = None
        self.history: list[float] = []
        self.last: tuple[Array, float] | None = None
        self.bar = _progress_bar() if progress else None

    def evaluate(self, x: Array) -> tuple[float, Array]:
        """The function, with its last value remembered."""
        value, gradient = self.function(x)
        if not isfinite(value):
            self.outside += 1
            value, gradient = self._beyond(x)
        elif self.lowest is None or value <= self.lowest[1] or not self.free:
            self.lowest = (x.copy(), value, gradient.copy())
        if not self.history:
            self.history.append(value)
        self.last = (x.copy(), value)
        return value, gradient

    def _beyond(self, x: Array) -> tuple[float, Array]:
        """A value and gradient for a point outside the domain, such that line searches come back.

        It lies above the lowest value by as much as the tangent there falls: cubic interpolation
        (Nocedal & Wright, eq. 3.59) then takes a quarter of the step. A merit function of constraints needs a
        large one.
        """
        if self.lowest is None:
            return _FAR, 0 * x
        centre, value, gradient = self.lowest
        step = x - centre
        rise = abs(float(gradient @ step)) + 1e-12 * max(1.0, abs(value))
        if not self.free:
            rise += _FAR * max(1.0, abs(value))
        return value + rise, 3 * rise * step / max(float(step @ step), 1e-300)

    def after_iteration(self, x: Array, *state: object) -> None:
        """Called by the solver."""
        known = self.last is not None and bool((self.last[0] == x).all())
        self.history.append(self.last[1] if known and self.last is not None else self.function(x)[0])
        if self.bar is not None:
            self.bar.set_postfix(f=self.history[-1])
            self.bar.update(1)

    def close(self) -> None:
        """End the bar."""
        if self.bar is not None:
            self.bar.close()


def _progress_bar() -> Any:
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return None
    return tqdm(unit=" iterations")
