"""Dimensions and shapes: what is known about the size of an expression.

A shape is always a pair (rows, columns): a scalar is 1×1, a vector n×1, a row 1×n.
A dimension is an integer, a name, or a polynomial in names with integer coefficients
(vec, Kronecker products and stacking need products and sums).
Two dimensions with different names count as different sizes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

__all__ = [
    "SCALAR",
    "Dim",
    "Polynomial",
    "Shape",
    "dim_add",
    "dim_mul",
    "dim_names",
    "dim_text",
    "is_column",
    "is_row",
    "is_scalar",
    "is_vector",
    "side_text",
    "dim_substitute",
]


@dataclass(frozen=True, slots=True)
class Polynomial:
    """A dimension such as m n + 1: pairs (monomial, coefficient), sorted, none of them zero."""

    terms: tuple[tuple[tuple[str, ...], int], ...]


Dim = int | str | Polynomial
Shape = tuple[Dim, Dim]
SCALAR: Shape = (1, 1)


def _terms(dim: Dim) -> dict[tuple[str, ...], int]:
    if isinstance(dim, int):
        return {(): dim} if dim else {}
    if isinstance(dim, str):
        return {(dim,): 1}
    return dict(dim.terms)


def _dim(terms: Mapping[tuple[str, ...], int]) -> Dim:
    kept = {monomial: c for monomial, c in terms.items() if c}
    if not kept:
        return 0
    if len(kept) == 1:
        ((monomial, coefficient),) = kept.items()
        if not monomial:
            return coefficient
        if coefficient == 1 and len(monomial) == 1:
            return monomial[0]
    return Polynomial(tuple(sorted(kept.items(), key=lambda item: (-len(item[0]), item[0]))))


def dim_add(a: Dim, b: Dim) -> Dim:
    """The dimension a + b."""
    terms = _terms(a)
    for monomial, coefficient in _terms(b).items():
        terms[monomial] = terms.get(monomial, 0) + coefficient
    return _dim(terms)


def dim_mul(a: Dim, b: Dim) -> Dim:
    """The dimension a · b."""
    if a == 1:
        return b
    if b == 1:
        return a
    terms: dict[tuple[str, ...], int] = {}
    for left, p in _terms(a).items():
        for right, q in _terms(b).items():
            monomial = tuple(sorted(left + right))
            terms[monomial] = terms.get(monomial, 0) + p * q
    return _dim(terms)


def dim_substitute(dim: Dim, sizes: Mapping[str, Dim]) -> Dim:
    """The dimension with names replaced; names that are not in `sizes` stay."""
    if isinstance(dim, int):
        return dim
    if isinstance(dim, str):
        return sizes.get(dim, dim)
    total: Dim = 0
    for monomial, coefficient in dim.terms:
        term: Dim = coefficient
        for name in monomial:
            term = dim_mul(term, sizes.get(name, name))
        total = dim_add(total, term)
    return total


def dim_names(dim: Dim) -> Iterator[str]:
    """The names that occur in a dimension."""
    if isinstance(dim, str):
        yield dim
    elif isinstance(dim, Polynomial):
        for monomial, _ in dim.terms:
            yield from monomial


def dim_text(dim: Dim) -> str:
    """A dimension as one writes it: `m n + 1`."""
    if not isinstance(dim, Polynomial):
        return str(dim)
    out = ""
    for monomial, coefficient in dim.terms:
        size = abs(coefficient)
        body = " ".join(([str(size)] if size != 1 or not monomial else []) + list(monomial))
        out += (" − " if coefficient < 0 else " + ") + body if out else ("−" if coefficient < 0 else "") + body
    return out


def side_text(dim: Dim) -> str:
    """A dimension beside ×: products and sums stand in brackets, m×(m n)."""
    text = dim_text(dim)
    return f"({text})" if " " in text else text


def is_scalar(shape: Shape) -> bool:
    """Whether the shape is 1×1."""
    return shape[0] == 1 and shape[1] == 1


def is_column(shape: Shape) -> bool:
    """Whether the shape is n×1 and not a scalar."""
    return shape[1] == 1 and shape[0] != 1


def is_row(shape: Shape) -> bool:
    """Whether the shape is 1×n and not a scalar."""
    return shape[0] == 1 and shape[1] != 1


def is_vector(shape: Shape) -> bool:
    """Whether the shape is a column or a row."""
    return is_column(shape) or is_row(shape)
