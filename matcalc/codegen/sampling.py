"""Random inputs that satisfy what is declared of the symbols."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from matcalc.algebra.build import MATPOW, POWER, is_number, number_value
from matcalc.algebra.expr import Expr, postorder, symbols_of
from matcalc.algebra.facts import closure
from matcalc.algebra.shapes import Dim, Shape, dim_names, dim_substitute, is_scalar
from matcalc.errors import DataError

__all__ = ["MODES", "Array", "Declared", "is_steady", "nudged", "sample", "sizes_for", "whole_exponents"]

Array = NDArray[Any]

#: Sizes are not made larger than this for the sake of an entry with a large number.
_LARGEST = 40

#: How entries are drawn where no fact decides: a function that is finite in few places needs several tries.
MODES = ("normal", "positive", "unit", "small", "above one", "spd")


class Declared(Protocol):
    """What is known of a symbol."""

    @property
    def shape(self) -> Shape:
        """(rows, columns)."""

    @property
    def facts(self) -> frozenset[str]:
        """Declared facts."""


def sizes_for(symbols: Mapping[str, Declared], rng: np.random.Generator, least: int = 0) -> dict[str, int]:
    """Sizes from 2 up, or from `least`, all different, for the dimension names in a random order."""
    names = list(dict.fromkeys(n for d in symbols.values() for dim in d.shape for n in dim_names(dim)))
    start = max(int(rng.integers(2, 4)), min(least, _LARGEST))
    return {name: int(k) + start for name, k in zip(names, rng.permutation(len(names)), strict=True)}


def whole_exponents(*roots: Expr) -> tuple[str, ...]:
    """The symbols that stand in the exponent of a matrix or of a negative number, and so are whole."""
    found: dict[str, None] = {}
    for node in postorder(*roots):
        negative = node.op is POWER and is_number(node.args[0]) and number_value(node.args[0]) < 0
        if node.op is MATPOW or node.op.name == "trpow" or negative:
            found.update(dict.fromkeys(str(s.data) for s in symbols_of(node.args[1])))
    return tuple(found)


def sample(
    symbols: Mapping[str, Declared],
    sizes: Mapping[str, int],
    rng: np.random.Generator,
    modes: Mapping[str, str] | None = None,
    integers: Iterable[str] = (),
) -> dict[str, Array]:
    """An array for every symbol: of its shape, with its facts, entries drawn as its mode says.

    Raises DataError where no matrix with the facts was found at these sizes, such as a skew invertible 3×3 one.
    """
    whole = dict.fromkeys(integers, frozenset({"integer"}))
    drawn = modes or {}
    arrays = {
        name: _draw(d.shape, d.facts | whole.get(name, frozenset()), sizes, rng, drawn.get(name, ""))
        for name, d in symbols.items()
    }
    indices = [name for name, d in symbols.items() if "index" in d.facts]
    return {**arrays, **_places(indices, symbols, sizes, rng)} if indices else arrays


def _places(
    indices: Iterable[str], symbols: Mapping[str, Declared], sizes: Mapping[str, int], rng: np.random.Generator
) -> dict[str, Array]:
    """An index from 1 up to the shortest axis that there is; every other time one equals the one before."""
    lengths = [_size(dim, sizes) for d in symbols.values() for dim in d.shape if dim != 1]
    found: dict[str, Array] = {}
    before = 0
    for name in indices:
        if not before or rng.integers(2):
            before = int(rng.integers(1, min(lengths, default=1) + 1))
        found[name] = np.array(float(before))
    return found


#: Inputs are scaled by 1 + this to see whether a value is steady.
_NUDGE = 1e-9


def nudged(inputs: Mapping[str, Array]) -> dict[str, Array]:
    """The inputs moved by as much as rounding may hide; whole numbers stay, since they may be exponents."""
    return {name: np.where(a == np.round(a), a, a * (1 + _NUDGE)) for name, a in inputs.items()}


def is_steady(a: Array, b: Array) -> bool:
    """Whether a nudge of the inputs, from a to b, left the value where it was.

    What depends on a matrix that is singular but for rounding jumps, whatever the size of its value.
    """
    return _largest(a - b) <= 1e-4 * max(_largest(a), 1e-2)


def _largest(a: Array) -> float:
    return float(np.max(np.abs(a), initial=0.0))


def _draw(shape: Shape, said: frozenset[str], sizes: Mapping[str, int], rng: np.random.Generator, mode: str) -> Array:
    rows, columns = (_size(dim, sizes) for dim in shape)
    facts = closure(said) if len(said) > 1 else said
    if "orthogonal" in facts:
        matrix = _orthogonal(rows, columns, facts, rng)
    elif facts & {"spd", "psd"} or (mode == "spd" and rows == columns > 1 and not facts):
        root = _entries(rows, rows, facts - {"integer"}, "normal", rng)
        matrix = root @ root.T / rows + 0.5 * np.eye(rows)
    else:
        matrix = _within(_entries(rows, columns, facts, mode, rng), facts)
    if "diagonal" in facts:
        matrix = np.diag(np.diagonal(matrix))
    if len(said) > 1 and not all(_HOLDS[fact](_where_said(fact, matrix, facts)) for fact in said if fact in _HOLDS):
        raise DataError(f"no {rows}×{columns} matrix that is {' and '.join(sorted(said))} was found")
    if is_scalar(shape):
        return matrix.reshape(())
    return matrix if 1 not in shape else matrix.reshape(-1)


def _orthogonal(rows: int, columns: int, facts: frozenset[str], rng: np.random.Generator) -> Array:
    """Orthonormal columns; with other facts signs, a reflection, the identity or quarter turns in planes."""
    if "psd" in facts:
        return np.eye(rows)
    if "diagonal" in facts:
        return np.diag(rng.choice([-1.0, 1.0], rows))
    basis: Array = np.linalg.qr(rng.standard_normal((rows, columns)))[0]
    if "symmetric" in facts:
        return np.asarray(np.eye(rows) - 2 * np.outer(basis[:, 0], basis[:, 0]))
    if "skew" in facts:
        turns: Array = np.kron(np.eye(rows // 2 + 1), np.array([[0.0, 1.0], [-1.0, 0.0]]))[:rows, :rows]
        return basis @ turns @ basis.T
    return basis


#: Whether a matrix that was drawn has a fact, which others that it has may have undone.
_HOLDS: dict[str, Callable[[Array], bool]] = {
    "symmetric": lambda a: np.allclose(a, a.T),
    "spd": lambda a: np.allclose(a, a.T) and bool(np.all(np.linalg.eigvalsh(a) > 0)),
    "psd": lambda a: np.allclose(a, a.T) and bool(np.all(np.linalg.eigvalsh(a) > -1e-9)),
    "skew": lambda a: np.allclose(a, -a.T),
    "diagonal": lambda a: np.allclose(a, np.diag(np.diagonal(a))),
    "lower": lambda a: np.allclose(a, np.tril(a)),
    "upper": lambda a: np.allclose(a, np.triu(a)),
    "orthogonal": lambda a: np.allclose(a.T @ a, np.eye(a.shape[1])),
    "invertible": lambda a: bool(np.linalg.cond(a) < 1e8),
    "positive": lambda a: bool(np.all(a > 0)),
    "nonnegative": lambda a: bool(np.all(a >= 0)),
}


def _where_said(fact: str, matrix: Array, facts: frozenset[str]) -> Array:
    """The entries of which the fact speaks: a diagonal matrix is positive on its diagonal."""
    return np.diagonal(matrix) if fact in ("positive", "nonnegative") and "diagonal" in facts else matrix


def _size(dim: Dim, sizes: Mapping[str, int]) -> int:
    size = dim_substitute(dim, sizes)
    assert isinstance(size, int), f"no size for {dim}"
    return size


def _entries(rows: int, columns: int, facts: frozenset[str], mode: str, rng: np.random.Generator) -> Array:
    shape = (rows, columns)
    if "integer" in facts:
        return rng.integers(2, 5, shape).astype(float)
    if facts & {"positive", "nonnegative"} and mode not in ("unit", "above one"):
        return rng.uniform(0.4, 1.6, shape)
    if mode in ("positive", "spd"):
        return rng.uniform(0.4, 1.6, shape)
    if mode == "unit":
        return rng.uniform(0.1, 0.9, shape)
    if mode == "above one":
        return rng.uniform(1.2, 2.5, shape)
    return rng.standard_normal(shape) * (0.3 if mode == "small" else 1.0)


def _within(matrix: Array, facts: frozenset[str]) -> Array:
    """The matrix moved into the subspaces that the facts name, away from singular ones where they say so."""
    if "symmetric" in facts:
        matrix = (matrix + matrix.T) / 2
    if "skew" in facts:
        matrix = (matrix - matrix.T) / 2
    if "lower" in facts:
        matrix = np.tril(matrix)
    if "upper" in facts:
        matrix = np.triu(matrix)
    if "skew" in facts:
        return matrix
    if facts & {"invertible", "lower", "upper", "diagonal"} and matrix.shape[0] == matrix.shape[1]:
        matrix = matrix + np.diag(np.sign(np.diagonal(matrix)) + (np.diagonal(matrix) == 0))
    return matrix
