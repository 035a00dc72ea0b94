"""Where variables may lie: the subspaces, domains, bounds and starts that declarations say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from matcalc.algebra.facts import closure
from matcalc.calculus.structure import subspace
from matcalc.errors import DataError, OptionError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Array = NDArray[Any]

__all__ = ["first", "holds", "limits", "projected", "split_limits"]

#: A variable declared positive stays above this.
_ABOVE_ZERO = 1e-12
#: An eigenvalue above minus this, relative to the largest entry, counts as not negative.
_SEMIDEFINITE = 1e-9


def projected(a: Array, facts: frozenset[str]) -> Array:
    """The array on the subspace that the facts name."""
    import numpy as np

    onto: dict[str, Callable[[Array], Array]] = {
        "diagonal": lambda x: np.diag(np.diagonal(x)),
        "symmetric": lambda x: np.asarray((x + x.T) / 2),
        "skew": lambda x: np.asarray((x - x.T) / 2),
        "lower": lambda x: np.asarray(np.tril(x)),
        "upper": lambda x: np.asarray(np.triu(x)),
    }
    space = subspace(facts) if a.ndim == 2 else None
    return a if space is None else onto[space](a)


def holds(a: Array, facts: frozenset[str]) -> bool:
    """Whether a matrix declared positive definite or semidefinite is so."""
    import numpy as np

    facts = closure(facts)
    if "psd" not in facts or a.ndim != 2:
        return True
    if not np.all(np.isfinite(a)):
        return False
    least = float(np.linalg.eigvalsh((a + a.T) / 2)[0])
    return least > 0 if "spd" in facts else least >= -_SEMIDEFINITE * max(1.0, float(np.abs(a).max()))


def first(shape: tuple[int, ...], facts: frozenset[str]) -> Array:
    """Where a variable starts that is given no start.

    0; the identity where it must be invertible or definite; 1 where it is positive, and a little more in the
    entries of a matrix, since columns that start equal would stay equal in f(U Vᵀ).
    """
    import numpy as np

    if closure(facts) & {"psd", "orthogonal", "invertible"} and len(shape) == 2:
        return np.eye(*shape)
    if "positive" not in facts:
        return np.zeros(shape)
    more = np.random.default_rng(0).uniform(0.0, 0.1, shape) if len(shape) == 2 else 0.0
    return projected(np.ones(shape) + more, facts)


def limits(name: str, shape: tuple[int, ...], facts: frozenset[str], pair: object) -> tuple[Array, Array]:
    """The lower and upper bounds of all entries: those that are given and those that are declared, both.

    Entries that are 0 because the matrix is diagonal or triangular have none.
    """
    import numpy as np

    if not isinstance(pair, tuple | list) or len(pair) != 2:
        raise OptionError(f"the bounds of {name} are a pair (lower, upper)")
    try:
        low, high = (
            np.broadcast_to(np.asarray(free if side is None else side, float), shape).copy()
            for side, free in zip(pair, (-np.inf, np.inf), strict=True)
        )
    except (ValueError, TypeError) as error:
        raise DataError(f"the bounds of {name} do not fit its shape {shape}: {error}") from error
    if np.any(np.isnan(low) | np.isnan(high)):
        raise DataError(f"the bounds of {name} are not all numbers")
    if np.any(low > high):
        raise DataError(f"a lower bound of {name} is above the upper one")
    declared = _ABOVE_ZERO if "positive" in facts else 0.0 if "nonnegative" in facts else None
    if declared is not None:
        low = np.maximum(low, declared)
    space = subspace(facts) if len(shape) == 2 else None
    if space == "symmetric":
        low, high = np.maximum(low, low.T), np.minimum(high, high.T)
    elif space == "skew":
        low, high = np.maximum(low, -high.T), np.minimum(high, -low.T)
    elif space is not None:
        free_entries = projected(np.ones(shape), facts) == 0
        low[free_entries], high[free_entries] = -np.inf, np.inf
    if np.any(low > high):
        said = " and ".join(sorted(facts))
        raise DataError(f"the bounds of {name}, which is declared {said}, leave no value for some entry")
    return low, high


def split_limits(low: Array, high: Array) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """The bounds of u and of v, both ≥ 0, with which x = u − v takes the values from low to high and no others.

    u = max(x, 0) and v = max(−x, 0) lie within them, where ‖x‖₁ is the sum of both.
    """
    import numpy as np

    return (
        (np.maximum(low, 0.0), np.maximum(high, 0.0)),
        (np.maximum(-high, 0.0), np.maximum(-low, 0.0)),
    )
