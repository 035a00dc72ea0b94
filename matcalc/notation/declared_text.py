"""Shapes and declarations as one reads them: A ∈ ℝᵐˣⁿ symmetric, x ∈ ℝⁿ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from matcalc.algebra.shapes import Dim, Shape, dim_text, is_column, is_scalar, side_text
from matcalc.notation.symbols import SUPERSCRIPTS

__all__ = ["Declared", "declaration_line", "space_text"]


class Declared(Protocol):
    """What a declaration line needs to know of a symbol."""

    @property
    def shape(self) -> Shape:
        """Rows and columns."""

    @property
    def facts(self) -> Iterable[str]:
        """The facts declared."""


def space_text(shape: Shape) -> str:
    """The space that a value of this shape lives in.

    >>> print(*map(space_text, [("m", "n"), ("n", 1), (1, "n"), (1, 1), ("k", "q")]))
    ℝᵐˣⁿ ℝⁿ ℝ¹ˣⁿ ℝ ℝ^{k×q}
    """
    if is_scalar(shape):
        return "ℝ"
    dims = shape[:1] if is_column(shape) else shape
    if all(_has_superscript(dim) for dim in dims):
        return "ℝ" + "ˣ".join([str(dim).translate(SUPERSCRIPTS) for dim in dims])
    return "ℝ^{" + "×".join(map(side_text if len(dims) > 1 else dim_text, dims)) + "}"


def _has_superscript(dim: Dim) -> bool:
    return isinstance(dim, int) or (isinstance(dim, str) and len(dim) == 1 and dim != "T" and ord(dim) in SUPERSCRIPTS)


def declaration_line(symbols: Mapping[str, Declared]) -> str:
    """The declarations as one reads them: A ∈ ℝᵐˣⁿ symmetric, x ∈ ℝⁿ."""
    return ", ".join([_declaration(name, d) for name, d in symbols.items()])


def _declaration(name: str, d: Declared) -> str:
    if "index" in d.facts:
        return f"{name} index"
    return " ".join([f"{name} ∈ {space_text(d.shape)}", *sorted(d.facts)])
