"""Several variables as one vector, and compiled functions of that vector at given data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from matcalc.algebra.build import add, symbol
from matcalc.algebra.expr import Expr
from matcalc.algebra.facts import closure
from matcalc.algebra.shapes import Shape, dim_substitute, dim_text
from matcalc.calculus.forms import recognised, shortener
from matcalc.calculus.linear import action
from matcalc.calculus.readings import axes_of, gradients
from matcalc.calculus.structure import structured
from matcalc.convexity import is_affine
from matcalc.errors import DataError, DerivativeError
from matcalc.given import check_names, read_array, said_shape
from matcalc.notation.declarations import Declaration
from matcalc.notation.names import normalise_name
from matcalc.notation.text import to_text
from matcalc.regions import first, holds, limits, projected, split_limits

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

__all__ = ["Packed", "Split"]


@dataclass(frozen=True)
class Split:
    """One variable w = plus − minus with both ≥ 0, so that ‖w‖₁ becomes the sum of both."""

    plus: Expr
    minus: Expr


class Task(Protocol):
    """What is minimised: a smooth function of variables, the other symbols being data.

    names: the variables as they were typed. splits: those that the solver sees as two. equations and stated
    are the same constraints, in the variables that the solver sees and as they were typed.
    """

    function: Expr
    names: tuple[str, ...]
    symbols: dict[str, Declaration]
    equations: tuple[Expr, ...]
    stated: tuple[Expr, ...]
    weights: tuple[Expr, ...]
    splits: dict[str, Split]

    def variables(self) -> list[Expr]:
        """The variables that the solver sees."""


class Packed:
    """The function of one vector that holds all variables, row by row; and its start and bounds."""

    def __init__(
        self,
        task: Task,
        data: Mapping[str, object],
        start: Mapping[str, object],
        bounds: Mapping[str, tuple[object, object]],
    ) -> None:
        import numpy as np

        from matcalc.codegen.compiled import compile_numpy

        self.task = task
        self.variables = task.variables()
        self.names = [str(v.data) for v in self.variables]
        self.symbols = {n: d for n, d in task.symbols.items() if n not in task.splits}
        given = {normalise_name(n): v for n, v in start.items()}
        check_names(given, task.names, "start")
        self.given = bool(given)
        known = {normalise_name(n): v for n, v in data.items()}
        inputs = {n: d.shape for n, d in self.symbols.items() if n not in self.names}
        check_names(known, list(inputs), "data")
        sizes: dict[str, tuple[int, str]] = {}
        self.data = {n: read_array(n, known, shape, sizes) for n, shape in inputs.items()}
        begin = {n: read_array(n, given, task.symbols[n].shape, sizes) for n in given}
        self.sizes = {d: n for d, (n, _) in sizes.items()}
        self.facts = {n: task.symbols[n].facts for n in task.names}
        self.lengths = {n: self._lengths(n, task.symbols[n].shape) for n in task.names}
        self.parts = {n: _parts(n, task.splits) for n in task.names}
        self.shapes = {part: self.lengths[n] for n in task.names for part in self.parts[n]}
        self.lower, self.upper = self._limits(bounds)
        self.bounded = bool(np.any(np.isfinite(self.lower)) or np.any(np.isfinite(self.upper)))
        self.start = self.packed({n: self._first(n, begin) for n in task.names})
        shorten = shortener(self.symbols)
        found = gradients(task.function, self.variables)
        self.gradients = [recognised(self._projected(shorten(found[v]), v)) for v in self.variables]
        outputs = {"value": task.function, **{f"g{i}": g for i, g in enumerate(self.gradients)}}
        self.compiled = compile_numpy(outputs, self.symbols, name="value_and_gradients")
        self._product: Callable[..., Any] | None = None
        self.normals: Array = np.zeros((0, self.start.size))
        self.levels: Array = np.zeros(0)
        for weight in task.weights:
            self._check_weight(weight)
        if not self.given and any("spd" in closure(facts) for facts in self.facts.values()):
            self.start = self._scaled_start()

    def _lengths(self, name: str, shape: Shape) -> tuple[int, ...]:
        out = []
        for dim in axes_of(shape):
            length = dim_substitute(dim, dict(self.sizes))
            if not isinstance(length, int):
                raise DataError(
                    f"{name} is {said_shape(shape)}, and no data say what {dim_text(dim)} is", advice="give it in start"
                )
            out.append(length)
        return tuple(out)

    def _first(self, name: str, given: Mapping[str, Array]) -> Array:
        """Where a variable starts: as given, if that is what was declared, or as its declaration says."""
        import numpy as np

        facts = self.facts[name]
        if name not in given:
            return first(self.lengths[name], facts)
        value = given[name]
        if not np.allclose(projected(value, facts), value) or not holds(value, facts):
            said = " and ".join(sorted(facts))
            raise DataError(f"the start of {name} is not {said}, which {name} is declared to be")
        return projected(value, facts)

    def _scaled_start(self) -> Array:
        """The start with the definite matrices as those multiples c I, c a power of 10, where f is least."""
        import numpy as np

        whole = self.unpack(self.start)
        definite = [n for n in whole if "spd" in closure(self.facts[n])]
        starts = [
            self.packed({n: 10.0**k * a if n in definite else a for n, a in whole.items()})
            for k in sorted(range(-6, 7), key=abs)
        ]
        values = [self.value_and_gradient(x)[0] for x in starts]
        return starts[int(np.argmin(np.where(np.isfinite(values), values, np.inf)))]

    def _limits(self, bounds: Mapping[str, tuple[object, object]]) -> tuple[Array, Array]:
        """The bounds of the packed variables."""
        given = {normalise_name(n): pair for n, pair in bounds.items()}
        check_names(given, self.task.names, "bounds")
        lower, upper = [], []
        for name in self.task.names:
            low, high = limits(name, self.lengths[name], self.facts[name], given.get(name, (None, None)))
            for least, most in split_limits(low, high) if name in self.task.splits else ((low, high),):
                lower.append(least)
                upper.append(most)
        return _packed(lower), _packed(upper)

    @property
    def bounds(self) -> list[tuple[float, float]]:
        """The bounds as the solver takes them."""
        return list(zip(self.lower.tolist(), self.upper.tolist(), strict=True))

    def _projected(self, g: Expr, v: Expr) -> Expr:
        """The gradient on the subspace that the variable is declared to lie in."""
        facts = self.symbols[str(v.data)].facts
        return structured(g, facts, "project", shortener(self.symbols).facts.keys.is_symmetric)

    def _check_weight(self, weight: Expr) -> None:
        from matcalc.codegen.compiled import compile_numpy

        value = compile_numpy({"value": weight}, {n: d for n, d in self.symbols.items() if n not in self.names})
        if not float(value(**self.data)) >= 0:  # type: ignore[arg-type]
            raise DataError(
                f"{to_text(weight)}, the weight of ‖·‖₁, is negative: the function has no lower bound there"
            )

    # --- what the solver calls -----------------------------------------------------------------------

    def packed(self, values: Mapping[str, Array]) -> Array:
        """The vector of the variables, within the bounds."""
        import numpy as np

        found = []
        for name in self.task.names:
            value = np.asarray(values[name], float)
            split = name in self.task.splits
            found += [np.maximum(value, 0.0), np.maximum(-value, 0.0)] if split else [value]
        return np.clip(_packed(found), self.lower, self.upper)

    def seen(self, x: Array) -> dict[str, Array]:
        """What the solver sees, by name."""
        import numpy as np

        out, at = {}, 0
        for name in self.names:
            size = int(np.prod(self.shapes[name], dtype=int))
            out[name] = np.asarray(x[at : at + size]).reshape(self.shapes[name])
            at += size
        return out

    def unpack(self, x: Array) -> dict[str, Array]:
        """The variables by the names that were typed."""
        import numpy as np

        seen = self.seen(x)
        parts = {n: [seen[part] for part in self.parts[n]] for n in self.task.names}
        return {n: np.asarray(p[0] - p[1]) if len(p) == 2 else p[0] for n, p in parts.items()}

    def _evaluated(self, x: Array) -> tuple[float, Array]:
        """The value and the gradient, packed like x; the errors of the compiled function."""
        import numpy as np

        with np.errstate(all="ignore"):  # a step may leave the domain; the solver then sees that f is not finite
            value, *found = self.compiled(**self.data, **self.seen(x))
        return float(value), _packed(found)

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        """The value and the gradient, packed like x; ∞ where the function or its gradient does not exist.

        So it is where a variable is not definite that is declared to be.
        """
        import numpy as np

        if all(holds(a, self.facts[n]) for n, a in self.unpack(x).items()):
            try:
                value, gradient = self._evaluated(x)
            except DataError:  # such as a Cholesky factor that does not exist
                return np.inf, np.zeros_like(x)
            if np.isfinite(value) and np.all(np.isfinite(gradient)):
                return value, gradient
        return np.inf, np.zeros_like(x)

    def check_start(self) -> None:
        """Refuse a start where the function or its gradient is not finite."""
        import numpy as np

        value, gradient = self._evaluated(self.start)
        if not (np.isfinite(value) and np.all(np.isfinite(gradient))):
            where = ", ".join(f"{n} = {np.array2string(v, threshold=4)}" for n, v in self.unpack(self.start).items())
            raise DataError(f"the function is not finite at the start, {where[:200]}", advice="give another start")

    def beside_start(self) -> Array | None:
        """A point near a start of zeros that nobody gave, if no step from there goes down: it may be a saddle."""
        import numpy as np

        if self.given or any(a.any() for a in self.unpack(self.start).values()):
            return None
        if self.stationarity(self.start, self.value_and_gradient(self.start)[1]):
            return None
        rng = np.random.default_rng(0)
        steps = {n: projected(rng.normal(scale=0.1, size=self.lengths[n]), self.facts[n]) for n in self.task.names}
        step = _packed([a for n in self.task.names for a in [steps[n], -steps[n]][: len(self.parts[n])]])
        inward = np.where(self.start <= self.lower, abs(step), np.where(self.start >= self.upper, -abs(step), step))
        return np.asarray(np.clip(self.start + inward, self.lower, self.upper))

    def hessian_product(self, x: Array, p: Array) -> Array:
        """The Hessian at x times p."""
        if self._product is None:
            self._product = self._compiled_product()
        directions = {f"V_{n}": v for n, v in self.seen(p).items()}
        found = self._product(**self.data, **self.seen(x), **directions)
        return _packed(found if isinstance(found, tuple) else [found])

    def _compiled_product(self) -> Callable[..., Any]:
        from matcalc.codegen.compiled import compile_numpy

        symbols = dict(self.symbols)
        directions = []
        for v in self.variables:
            direction = symbol(f"V_{v.data}", v.shape)
            symbols[str(direction.data)] = Declaration(v.shape)
            directions.append(direction)
        shorten = shortener(symbols)
        outputs = {
            f"h{i}": shorten(add(*[action(g, v, d, shorten) for v, d in zip(self.variables, directions, strict=True)]))
            for i, g in enumerate(self.gradients)
        }
        return compile_numpy(outputs, symbols, name="hessian_product")

    def constraints(self, linear: Callable[..., object]) -> list[object]:
        """The equations as linear constraints J x = c."""
        import numpy as np

        from matcalc.codegen.compiled import compile_numpy

        out = []
        for e, stated in zip(self.task.equations, self.task.stated, strict=True):
            if not is_affine(e, self.variables, self.symbols):
                raise DerivativeError(f"{to_text(stated)} = 0 is not linear in the variables")
            run = compile_numpy({"value": e}, self.symbols, name="constraint")
            zero = np.zeros_like(self.start)
            offset = np.reshape(run(**self.data, **self.seen(zero)), -1)
            columns = []
            for i in range(zero.size):
                unit = zero.copy()
                unit[i] = 1.0
                inside = {n: projected(a, self.symbols[n].facts) for n, a in self.seen(unit).items()}
                columns.append(np.reshape(run(**self.data, **inside), -1) - offset)
            normal = np.stack(columns, axis=1)
            self.normals = np.concatenate([self.normals, normal])
            self.levels = np.concatenate([self.levels, -offset])
            out.append(linear(normal, -offset, -offset))
        return out

    def stationarity(self, x: Array, gradient: Array) -> float:
        """The largest entry of the gradient that does not point out of the bounds."""
        import numpy as np

        return float(np.max(np.abs(np.clip(x - gradient, self.lower, self.upper) - x), initial=0.0))

    def residual(self, x: Array, gradient: Array) -> float:
        """How far x is from the conditions of Karush, Kuhn and Tucker (Nocedal & Wright, eq. 12.34).

        The gradient is a combination of the normals of the equations, with any sign, and of the bounds that x
        meets, pointing inwards; relative to its size where there are equations, which x must satisfy too.
        """
        import numpy as np
        from scipy.optimize import nnls

        if not len(self.normals):
            return self.stationarity(x, gradient)
        near = 1e-9 * max(1.0, float(np.abs(x).max()))
        unit = np.eye(x.size)
        low, high = unit[x <= self.lower + near], unit[x >= self.upper - near]
        try:
            rest = nnls(np.concatenate([self.normals, -self.normals, low, -high]).T, gradient)[1]
        except RuntimeError:  # too many iterations
            return np.inf
        missed = np.abs(self.normals @ x - self.levels)
        return float(max(rest / max(1.0, np.linalg.norm(gradient)), missed.max() / max(1.0, np.abs(self.levels).max())))


def _parts(name: str, splits: Mapping[str, Split]) -> tuple[str, ...]:
    """The names under which the solver sees a variable."""
    split = splits.get(name)
    return (str(split.plus.data), str(split.minus.data)) if split else (name,)


def _packed(arrays: Sequence[Array]) -> Array:
    import numpy as np

    return np.concatenate([np.asarray(a, float).reshape(-1) for a in arrays])
