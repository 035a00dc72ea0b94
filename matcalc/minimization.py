"""Minimisation on generated code: value and gradient from one compiled program, handed to scipy.optimize.

Several variables are packed into one vector. λ ‖w‖₁ with λ ≥ 0 is made smooth by w = u − v with
u, v ≥ 0 (Boyd & Vandenberghe, §6.1.1); every other term that has kinks is refused by name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from matcalc.algebra.build import ADD, add, apply, multiply, number, parts, subtract, symbol
from matcalc.algebra.expr import Expr
from matcalc.algebra.operations import REGISTRY
from matcalc.algebra.shapes import SCALAR, dim_text
from matcalc.calculus.forms import recognised
from matcalc.convexity import depends, kinks_of, read_function
from matcalc.errors import DataError, DerivativeError, OptionError
from matcalc.notation.declarations import Declaration
from matcalc.notation.names import normalise_name
from matcalc.notation.text import to_text
from matcalc.packing import Packed, Split
from matcalc.solvers import METHODS, Record, solver_options
from matcalc.solving.affine import substitute
from matcalc.solving.problem import Where, listed, read_problem

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

__all__ = ["Minimum", "minimize"]

#: A gradient smaller than this, relative to the value, is rounding: line searches fail there.
_ROUNDING = 1e-8
Bounds = Mapping[str, tuple[object, object]]


@dataclass(frozen=True)
class Minimum:
    """What a solver found.

    values    the variables by name. fun: the value of the function there.
    gradient  the largest entry of the gradient there (of the reformulated problem, if there is one).
    success   whether the solver says so, or stopped where the gradient is nothing but rounding.
    status, message, iterations: what the solver says.
    history   the value after each iteration, the start first.
    notes     reformulations that were made.
    """

    values: Mapping[str, Array]
    fun: float
    gradient: float
    success: bool
    status: int
    message: str
    iterations: int
    method: str
    history: tuple[float, ...] = ()
    notes: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> Array:
        return self.values[normalise_name(name)]

    def __str__(self) -> str:
        end = "converged" if self.success else "did not converge"
        lines = [f"{end}: f = {self.fun:.10g} after {self.iterations} iterations of {self.method}"]
        lines.append(f"  largest entry of the gradient {self.gradient:.1e}; {self.message}")
        lines += [f"  {note}" for note in self.notes]
        return "\n".join(lines)

    def plot(self, ax: object = None) -> object:
        """The distance of the value to its last, iteration by iteration, on a Matplotlib axis."""
        from matplotlib import pyplot

        axis: Any = pyplot.subplots()[1] if ax is None else ax
        least = min(self.history)
        axis.semilogy([max(v - least, 1e-300) or None for v in self.history[:-1]])
        axis.set(xlabel="iteration", ylabel="f − f*", title=self.method)
        return axis


def minimize(
    f: str | Expr,
    over: str | Sequence[str],
    data: Mapping[str, object] | None = None,
    *,
    start: Mapping[str, object] | None = None,
    method: str | None = None,
    bounds: Bounds | None = None,
    such_that: str | Sequence[str] | None = None,
    where: Where = None,
    progress: bool = False,
    tolerance: float = 1e-10,
    iterations: int = 10_000,
) -> Minimum:
    """A local minimum of the scalar f over the named variables, at the given data.

    data has an array for every other symbol; shapes are inferred and declared as in derive. start:
    values to start from (zeros otherwise; ones for a variable declared positive; beside zero where the
    gradient vanishes there, as it does for ‖A − U Vᵀ‖², unless that leads to nothing lower). bounds: name →
    (lower, upper), each a number, an array or None. such_that: linear equations. A variable declared
    nonnegative is bounded below by 0. method: one of scipy.optimize's, L-BFGS-B unless there are
    constraints, for which it is SLSQP; the Newton methods get Hessian–vector products. progress shows
    tqdm's bar where tqdm is installed.

    Raises DataError that names the symbol and the shapes where data do not fit, DerivativeError for
    terms with kinks other than λ ‖w‖₁ with λ ≥ 0.

    >>> import numpy as np
    >>> A, b = np.eye(2), np.array([1.0, 2.0])
    >>> minimize("‖A x − b‖²", "x", {"A": A, "b": b})["x"].round(6).tolist()
    [1.0, 2.0]
    """
    if method is None:
        method = "SLSQP" if such_that is not None else "L-BFGS-B"
    if method not in METHODS:
        raise OptionError(f"method={method!r} does not exist", advice=f"one of {', '.join(METHODS)}")
    names = tuple(normalise_name(n) for n in listed(over, "over"))
    task = _Task.read(f, names, such_that, where)
    for what, given in (("data", data), ("start", start), ("bounds", bounds)):
        if given is not None and not isinstance(given, Mapping):
            raise DataError(f"{what} is a mapping from names, and not of type {type(given).__name__}")
    return task.run(data or {}, start or {}, method, bounds or {}, progress, tolerance, iterations)


# --- the function, made smooth ---------------------------------------------------------------------


@dataclass
class _Task:
    """A smooth function, its variables, and linear constraints that are 0."""

    function: Expr
    original: Expr
    names: tuple[str, ...]
    symbols: dict[str, Declaration]
    equations: tuple[Expr, ...]
    splits: dict[str, Split] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    weights: tuple[Expr, ...] = ()

    @classmethod
    def read(cls, f: str | Expr, names: tuple[str, ...], such_that: object, where: Where) -> _Task:
        equations: tuple[Expr, ...] = ()
        if such_that is None:
            reading = read_function(f, where, names)
            expr, symbols, notes = reading.expr, dict(reading.symbols), reading.notes
            for name in names:
                if name not in symbols:
                    raise DerivativeError(
                        f"{name} does not occur in the function", advice=f"it has {', '.join(symbols)}"
                    )
        else:
            problem = read_problem(f, names, such_that, where)
            if problem.objective is None:
                raise OptionError("minimize needs an objective, not equations", advice="solve(…) solves equations")
            expr, symbols = problem.objective, dict(problem.symbols)
            equations, notes = problem.equations, problem.notes
        if not names:
            raise OptionError("minimize needs the names of one or more variables")
        if expr.shape != SCALAR:
            shape = "×".join(map(dim_text, expr.shape))
            raise DerivativeError(f"minimize needs a scalar function, and this one is {shape}")
        task = cls(recognised(expr), recognised(expr), names, symbols, equations, notes=notes)
        task.smooth()
        return task

    def smooth(self) -> None:
        """Split the variables under ‖·‖₁; refuse what has kinks otherwise."""
        variables = [symbol(n, self.symbols[n].shape) for n in self.names]
        kept, penalties = [], []
        for term in self.function.args if self.function.op is ADD else (self.function,):
            weight, inside = _penalty(term, variables)
            if inside is None or depends(weight, variables):
                kept.append(term)
            else:
                penalties.append((weight, inside))
        for weight, x in penalties:
            name = str(x.data)
            split = self.splits.get(name) or self._split(name)
            total = apply(REGISTRY["sum"], (add(split.plus, split.minus),))
            kept.append(multiply(weight, total))
            self.weights = (*self.weights, weight)
        smooth = add(*kept)
        for x in variables:
            name = str(x.data)
            if name in self.splits:
                smooth = substitute(smooth, {x: subtract(self.splits[name].plus, self.splits[name].minus)})
                self.notes = (*self.notes, f"‖{name}‖₁ by {name} = u − v with u, v ≥ 0")
        self.function = smooth
        self._refuse_kinks()

    def _split(self, name: str) -> Split:
        shape = self.symbols[name].shape
        plus, minus = (symbol(f"{name}{mark}", shape) for mark in ("⁺", "⁻"))
        for part in (plus, minus):
            self.symbols[str(part.data)] = Declaration(shape)
        self.splits[name] = Split(plus, minus)
        return self.splits[name]

    def _refuse_kinks(self) -> None:
        active = self.variables()
        for node in kinks_of(self.function):
            if depends(node, active):
                raise DerivativeError(
                    f"{to_text(node)} has kinks, and a smooth solver stops at them",
                    advice="‖w‖₁ of a variable is reformulated; huber, softplus and logsumexp are smooth substitutes",
                )

    def variables(self) -> list[Expr]:
        """The variables that the solver sees."""
        out = []
        for n in self.names:
            split = self.splits.get(n)
            out += [split.plus, split.minus] if split else [symbol(n, self.symbols[n].shape)]
        return out

    # --- the run -----------------------------------------------------------------------------------

    def run(
        self,
        data: Mapping[str, object],
        start: Mapping[str, object],
        method: str,
        bounds: Bounds,
        progress: bool,
        tolerance: float,
        iterations: int,
    ) -> Minimum:
        """Hand the compiled function to the solver."""
        from scipy import optimize

        packed = Packed(self, data, start, bounds)
        products, takes_bounds, takes_constraints = METHODS[method]
        if packed.bounded and not takes_bounds:
            raise OptionError(f"{method} takes no bounds", advice="L-BFGS-B, TNC, SLSQP and trust-constr do")
        if self.equations and not takes_constraints:
            raise OptionError(f"{method} takes no constraints", advice="SLSQP and trust-constr do")
        packed.check_start()
        record = Record(packed.value_and_gradient, progress)

        def solved(begin: Array) -> Any:
            return optimize.minimize(
                record.evaluate,
                begin,
                jac=True,
                hessp=packed.hessian_product if products else None,
                method=method,
                bounds=packed.bounds if packed.bounded else None,
                constraints=packed.constraints(optimize.LinearConstraint) if self.equations else (),
                callback=record.after_iteration,
                options=solver_options(method, tolerance, iterations),
            )

        begin = packed.beside_start() if not self.equations else None
        found = solved(packed.start if begin is None else begin)
        if begin is not None and not found.fun < packed.value_and_gradient(packed.start)[0]:
            record.history.clear()
            found = solved(packed.start)
        record.close()
        values = packed.unpack(found.x)
        for name, split in self.splits.items():
            values[name] = values.pop(str(split.plus.data)) - values.pop(str(split.minus.data))
        _, gradient = packed.value_and_gradient(found.x)
        stationary = packed.stationarity(found.x, gradient)
        free = not self.equations  # with constraints the gradient does not vanish
        rounding = _ROUNDING * max(1.0, abs(float(found.fun))) / max(1.0, float(abs(found.x).max()))
        return Minimum(
            {n: values[n] for n in self.names},
            float(found.fun),
            stationary,
            bool(found.success) or (free and stationary <= rounding),
            int(found.status),
            str(found.message),
            int(found.nit),
            method,
            tuple(record.history),
            self.notes,
        )


def _penalty(term: Expr, variables: Sequence[Expr]) -> tuple[Expr, Expr | None]:
    """(weight, x) if the term is weight ‖x‖₁ with a variable x, or |x| of a scalar one."""
    c, scalars, m = parts(term)
    for i, s in enumerate(scalars):
        absolute = s.op is REGISTRY["norm1"] or s.op is REGISTRY["abs"]
        if not m and absolute and s.args[0] in variables:
            return multiply(number(c), *scalars[:i], *scalars[i + 1 :]), s.args[0]
    return term, None
