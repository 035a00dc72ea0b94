"""Several variables as one vector, and compiled functions of that vector at given data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from matcalc.algebra.build import add, symbol
from matcalc.algebra.expr import Expr
from matcalc.algebra.shapes import Dim, Shape, dim_substitute, dim_text, is_scalar
from matcalc.calculus.forms import recognised, shortener
from matcalc.calculus.linear import action
from matcalc.calculus.readings import axes_of, gradients
from matcalc.calculus.structure import structured
from matcalc.convexity import is_affine
from matcalc.errors import DataError, DerivativeError, OptionError
from matcalc.notation.declarations import Declaration
from matcalc.notation.names import normalise_name
from matcalc.notation.text import to_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

__all__ = ["Packed", "Split"]

#: A variable declared positive stays above this.
_ABOVE_ZERO = 1e-12


@dataclass(frozen=True)
class Split:
    """One variable w = plus − minus with both ≥ 0, so that ‖w‖₁ becomes the sum of both."""

    plus: Expr
    minus: Expr


class Task(Protocol):
    """What is minimised: a smooth function of variables, the other symbols being data."""

    function: Expr
    symbols: dict[str, Declaration]
    equations: tuple[Expr, ...]
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
        _only(given, [*self.names, *task.splits], "start")
        self.given = bool(given)
        known = {normalise_name(n): v for n, v in data.items()}
        inputs = {n: d.shape for n, d in self.symbols.items() if n not in self.names}
        _only(known, list(inputs), "data")
        sizes: dict[str, tuple[int, str]] = {}
        self.data = {n: _array(n, known, shape, sizes) for n, shape in inputs.items()}
        for name, value in given.items():
            _array(name, {name: value}, task.symbols[name].shape, sizes)
        self.sizes = {d: n for d, (n, _) in sizes.items()}
        self.shapes = {n: self._lengths(n, self.symbols[n].shape) for n in self.names}
        self.start = np.concatenate([self._first(n, given) for n in self.names])
        self.bounds = self._bounds(bounds)
        self.bounded = any(b != (None, None) for b in self.bounds)
        shorten = shortener(self.symbols)
        found = gradients(task.function, self.variables)
        self.gradients = [recognised(self._projected(shorten(found[v]), v)) for v in self.variables]
        outputs = {"value": task.function, **{f"g{i}": g for i, g in enumerate(self.gradients)}}
        self.compiled = compile_numpy(outputs, self.symbols, name="value_and_gradients")
        self._product: Callable[..., Any] | None = None
        for weight in task.weights:
            self._check_weight(weight)

    def _lengths(self, name: str, shape: Shape) -> tuple[int, ...]:
        out = []
        for dim in axes_of(shape):
            length = dim_substitute(dim, dict(self.sizes))
            if not isinstance(length, int):
                raise DataError(
                    f"{name} is {_said(shape)}, and no data say what {dim_text(dim)} is", advice="give it in start"
                )
            out.append(length)
        return tuple(out)

    def _first(self, name: str, given: Mapping[str, object]) -> Array:
        """Where a variable starts: as given, or 0; a positive one at 1, a positive definite one at I."""
        import numpy as np

        shape, facts = self.shapes[name], self.symbols[name].facts
        for whole, split in self.task.splits.items():
            part = 1 if str(split.plus.data) == name else -1 if str(split.minus.data) == name else 0
            if part and whole in given:
                return np.asarray(np.maximum(part * np.asarray(given[whole], float).reshape(-1), 0.0))
        if name in given:
            return np.asarray(given[name], float).reshape(-1)
        if facts & {"spd", "psd", "orthogonal", "invertible"} and len(shape) == 2:
            return np.eye(*shape).reshape(-1)
        return np.full(int(np.prod(shape, dtype=int)), 1.0 if "positive" in facts else 0.0)

    def _bounds(self, bounds: Mapping[str, tuple[object, object]]) -> list[tuple[float | None, float | None]]:
        import numpy as np

        given = {normalise_name(n): pair for n, pair in bounds.items()}
        _only(given, self.names, "bounds")
        out: list[tuple[float | None, float | None]] = []
        parts = {str(part.data) for split in self.task.splits.values() for part in (split.plus, split.minus)}
        for name in self.names:
            facts, shape = self.symbols[name].facts, self.shapes[name]
            entries = len(shape) < 2 or "diagonal" not in facts
            lowest = 0.0 if name in parts or ("nonnegative" in facts and entries) else None
            lowest = _ABOVE_ZERO if "positive" in facts else lowest
            pair = given.get(name, (lowest, None))
            if not isinstance(pair, tuple | list) or len(pair) != 2:
                raise OptionError(f"the bounds of {name} are a pair (lower, upper)")
            try:
                sides = [
                    [None] * int(np.prod(shape, dtype=int))
                    if side is None
                    else np.broadcast_to(np.asarray(side, float), shape).reshape(-1).tolist()
                    for side in pair
                ]
            except (ValueError, TypeError) as error:
                raise DataError(f"the bounds of {name} do not fit its shape {shape}: {error}") from error
            pairs = list(zip(*sides, strict=True))
            if any(low is not None and high is not None and low > high for low, high in pairs):
                raise DataError(f"a lower bound of {name} is above the upper one")
            out += pairs
        return out

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

    def unpack(self, x: Array) -> dict[str, Array]:
        """The variables by name."""
        import numpy as np

        out, at = {}, 0
        for name in self.names:
            size = int(np.prod(self.shapes[name], dtype=int))
            out[name] = np.asarray(x[at : at + size]).reshape(self.shapes[name])
            at += size
        return out

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        """The value and the gradient, packed like x."""
        import numpy as np

        with np.errstate(all="ignore"):  # a step may leave the domain; the solver then sees that f is not finite
            value, *found = self.compiled(**self.data, **self.unpack(x))
        return float(value), _packed(found)

    def check_start(self) -> None:
        """Refuse a start where the function or its gradient is not finite."""
        import numpy as np

        value, gradient = self.value_and_gradient(self.start)
        if not (np.isfinite(value) and np.all(np.isfinite(gradient))):
            where = ", ".join(f"{n} = {np.array2string(v, threshold=4)}" for n, v in self.unpack(self.start).items())
            raise DataError(f"the function is not finite at the start, {where[:200]}", advice="give another start")

    def beside_start(self) -> Array | None:
        """A point near a start of zeros that nobody gave, if the gradient vanishes there: it may be a saddle."""
        import numpy as np

        if self.given or self.bounded or np.any(self.start) or np.any(self.value_and_gradient(self.start)[1]):
            return None
        if any(self.symbols[name].facts for name in self.names):
            return None
        return np.random.default_rng(0).normal(scale=0.1, size=self.start.shape)

    def hessian_product(self, x: Array, p: Array) -> Array:
        """The Hessian at x times p."""
        if self._product is None:
            self._product = self._compiled_product()
        directions = {f"V_{n}": v for n, v in self.unpack(p).items()}
        found = self._product(**self.data, **self.unpack(x), **directions)
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
        for e in self.task.equations:
            if not is_affine(e, self.variables, self.symbols):
                raise DerivativeError(f"{to_text(e)} = 0 is not linear in the variables")
            run = compile_numpy({"value": e}, self.symbols, name="constraint")
            zero = np.zeros_like(self.start)
            offset = np.reshape(run(**self.data, **self.unpack(zero)), -1)
            columns = []
            for i in range(zero.size):
                unit = zero.copy()
                unit[i] = 1.0
                columns.append(np.reshape(run(**self.data, **self.unpack(unit)), -1) - offset)
            out.append(linear(np.stack(columns, axis=1), -offset, -offset))
        return out

    def stationarity(self, x: Array, gradient: Array) -> float:
        """The largest entry of the gradient that does not point out of the bounds."""
        import numpy as np

        lower = np.array([-np.inf if low is None else low for low, _ in self.bounds])
        upper = np.array([np.inf if high is None else high for _, high in self.bounds])
        return float(np.max(np.abs(np.clip(x - gradient, lower, upper) - x), initial=0.0))


def _packed(arrays: Sequence[Array]) -> Array:
    import numpy as np

    return np.concatenate([np.asarray(a, float).reshape(-1) for a in arrays])


def _only(given: Mapping[str, object], names: Sequence[str], what: str) -> None:
    extra = [n for n in given if n not in names]
    if extra:
        raise DataError(f"{extra[0]} in {what} is none of {', '.join(names) or 'nothing'}")


def _said(shape: Shape) -> str:
    if is_scalar(shape):
        return "a scalar"
    if shape[1] == 1:
        return f"a vector of length {dim_text(shape[0])}"
    return "×".join(map(dim_text, shape))


def _array(name: str, given: Mapping[str, object], shape: Shape, sizes: dict[str, tuple[int, str]]) -> Array:
    """The array given for a symbol, its sizes compared with those seen so far."""
    import numpy as np

    if name not in given:
        raise DataError(f"no data for {name}, which is {_said(shape)}")
    try:
        array = np.asarray(given[name])
        real = not np.iscomplexobj(array)  # float would drop the imaginary parts
        array = array.astype(float, copy=False) if real else array
    except (ValueError, TypeError) as error:
        raise DataError(f"{name} is not an array of numbers: {error}") from error
    if not real:
        raise DataError(f"{name} has complex entries, and data are real")
    axes: tuple[Dim, ...] = axes_of(shape)
    if array.ndim == 2 and len(axes) < 2 and 1 in array.shape:
        array = array.reshape(-1)
    array = array.reshape(()) if not axes and array.size == 1 else array
    if array.ndim != len(axes):
        raise DataError(f"{name} is {_said(shape)}, and the array given has shape {array.shape}")
    if not array.size:
        raise DataError(f"{name} is {_said(shape)}, and the array given has shape {array.shape}: it has no entries")
    if not np.all(np.isfinite(array)):
        raise DataError(f"{name} has entries that are not finite")
    for dim, length in zip(axes, array.shape, strict=True):
        if isinstance(dim, int) and dim != length:
            raise DataError(f"{name} is {_said(shape)}, and the array given has shape {array.shape}")
        if isinstance(dim, str):
            known, where = sizes.setdefault(dim, (length, name))
            if known != length:
                raise DataError(
                    f"{dim} is {known} in {where} and {length} in {name}, which is {_said(shape)} "
                    f"and was given with shape {array.shape}"
                )
    return array
