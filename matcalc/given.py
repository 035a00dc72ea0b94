"""Arrays that are given for symbols, compared with the shapes of the symbols and with each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from matcalc.algebra.shapes import Dim, Shape, dim_text, is_scalar
from matcalc.calculus.readings import axes_of
from matcalc.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

__all__ = ["check_names", "read_array", "said_shape"]


def check_names(given: Mapping[str, object], names: Sequence[str], what: str) -> None:
    """Refuse a name that is none of those."""
    extra = [n for n in given if n not in names]
    if extra:
        raise DataError(f"{extra[0]} in {what} is none of {', '.join(names) or 'nothing'}")


def said_shape(shape: Shape) -> str:
    """A shape in words."""
    if is_scalar(shape):
        return "a scalar"
    if shape[1] == 1:
        return f"a vector of length {dim_text(shape[0])}"
    return "×".join(map(dim_text, shape))


def read_array(name: str, given: Mapping[str, object], shape: Shape, sizes: dict[str, tuple[int, str]]) -> Array:
    """The array given for a symbol, its sizes compared with those seen so far."""
    import numpy as np

    if name not in given:
        raise DataError(f"no data for {name}, which is {said_shape(shape)}")
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
        raise DataError(f"{name} is {said_shape(shape)}, and the array given has shape {array.shape}")
    if not array.size:
        raise DataError(
            f"{name} is {said_shape(shape)}, and the array given has shape {array.shape}: it has no entries"
        )
    if not np.all(np.isfinite(array)):
        raise DataError(f"{name} has entries that are not finite")
    for dim, length in zip(axes, array.shape, strict=True):
        if isinstance(dim, int) and dim != length:
            raise DataError(f"{name} is {said_shape(shape)}, and the array given has shape {array.shape}")
        if isinstance(dim, str):
            known, where = sizes.setdefault(dim, (length, name))
            if known != length:
                raise DataError(
                    f"{dim} is {known} in {where} and {length} in {name}, which is {said_shape(shape)} "
                    f"and was given with shape {array.shape}"
                )
    return array
