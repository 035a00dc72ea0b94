"""Minimisation on generated code: value and gradient from one compiled program, handed to scipy.optimize.

Several variables are packed into one vector. λ ‖w‖₁ with λ ≥ 0 is made smooth by w = u − v with
u, v ≥ 0 (Boyd & Vandenberghe, §6.1.1); every other term that has kinks is refused by name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import TYPE_CHECKING, Any

from matcalc.algebra.build import ADD, add, apply, multiply, number, parts, subtract, symbol
from matcalc.algebra.expr import Expr
from matcalc.algebra.facts import closure
from matcalc.algebra.operations import REGISTRY
from matcalc.algebra.shapes import SCALAR, dim_text
from matcalc.calculus.forms import recognised
from matcalc.calculus.structure import subspace
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
#: Where the function is not finite nearby, a gradient above this, relative to the value, is no stationary point.
_EDGE = 1e-5
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
    values to start from (zeros otherwise; ones for a variable declared positive, with a little more in the
    entries of a matrix; a multiple of I for a definite one; beside zero where no step from zero goes down, as in
    ‖A − U Vᵀ‖², unless that leads to nothing lower). bounds: name → (lower, upper), each a number, an array or
    None. such_that: linear equations. A variable declared nonnegative is bounded below by 0; steps that leave
    the domain of f, or the definite matrices, are taken back, and a run that ends at that edge has not
    converged. method: one of scipy.optimize's, L-BFGS-B unless there are
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
    stated: tuple[Expr, ...]
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
        task = cls(recognised(expr), recognised(expr), names, symbols, equations, equations, notes=notes)
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
        self._refuse_kinks(add(*kept), variables)
        for weight, x in penalties:
            name = str(x.data)
            total = REGISTRY["sum"]
            if "nonnegative" in closure(self.symbols[name].facts):
                kept.append(multiply(weight, apply(total, (x,))))
                self.notes = (*self.notes, f"‖{name}‖₁ is sum({name}), since {name} ≥ 0")
                continue
            split = self.splits.get(name) or self._split(name)
            kept.append(multiply(weight, apply(total, (add(split.plus, split.minus),))))
            self.weights = (*self.weights, weight)
        self.function = add(*kept)
        for x in variables:
            name = str(x.data)
            if name in self.splits:
                parts_of_x = {x: subtract(self.splits[name].plus, self.splits[name].minus)}
                self.function = substitute(self.function, parts_of_x)
                self.equations = tuple(substitute(e, parts_of_x) for e in self.equations)
                self.notes = (*self.notes, f"‖{name}‖₁ by {name} = u − v with u, v ≥ 0")

    def _split(self, name: str) -> Split:
        """The two parts of a variable, in the subspace in which it lies: entry by entry, so do the parts."""
        shape, space = self.symbols[name].shape, subspace(self.symbols[name].facts)
        if space == "skew":
            raise DerivativeError(
                f"‖{name}‖₁ has kinks, and the parts u, v ≥ 0 of a skew {name} = u − v are not skew",
                advice=f"write {name} as W − Wᵀ with a free W ≥ 0, whose penalty is 2 sum(W)",
            )
        plus, minus = (symbol(f"{name}{mark}", shape) for mark in ("⁺", "⁻"))
        for part in (plus, minus):
            self.symbols[str(part.data)] = Declaration(shape, frozenset({space} if space else ()))
        self.splits[name] = Split(plus, minus)
        return self.splits[name]

    def _refuse_kinks(self, function: Expr, variables: Sequence[Expr]) -> None:
        for node in kinks_of(function):
            if depends(node, variables):
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
        import numpy as np
        from scipy import optimize

        packed = Packed(self, data, start, bounds)
        products, takes_bounds, takes_constraints = METHODS[method]
        if packed.bounded and not takes_bounds:
            raise OptionError(f"{method} takes no bounds", advice="L-BFGS-B, TNC, SLSQP and trust-constr do")
        if self.equations and not takes_constraints:
            raise OptionError(f"{method} takes no constraints", advice="SLSQP and trust-constr do")
        packed.check_start()
        free = not self.equations  # with constraints the gradient does not vanish

        def solved(begin: Array) -> tuple[Any, Record]:
            record = Record(packed.value_and_gradient, progress, free)
            with np.errstate(all="ignore"):  # trust-krylov divides by a radius that rounding has made 0
                found = optimize.minimize(
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
            record.close()
            return found, record

        begin = packed.beside_start() if free else None
        found, record = solved(packed.start if begin is None else begin)
        if begin is not None and not found.fun < packed.value_and_gradient(packed.start)[0]:
            found, record = solved(packed.start)
        return self._minimum(packed, found, record, method)

    def _minimum(self, packed: Packed, found: Any, record: Record, method: str) -> Minimum:
        """What the solver found, and whether that is a minimum."""
        x = found.x
        value, gradient = packed.value_and_gradient(x)
        inside = isfinite(value)
        if not inside and record.lowest is not None:
            x, value, gradient = record.lowest
        stationary = packed.stationarity(x, gradient)
        size = max(1.0, abs(value))
        success, message = bool(found.success), str(found.message)
        if not success or record.outside:
            residual = packed.residual(x, gradient)
            success = success or residual <= _ROUNDING * size / max(1.0, float(abs(x).max()))
            if not inside or (record.outside and residual > _EDGE * size):
                success, message = False, "stopped at the edge of the domain of the function or of the variables"
        return Minimum(
            packed.unpack(x),
            value,
            stationary,
            success,
            int(found.status),
            message,
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
