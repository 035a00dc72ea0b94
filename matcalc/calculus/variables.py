"""What a function is differentiated by: a symbol, or an entry, a row or a column of one.

Where only the row i of A varies, dA = eᵢ dA_{i,:}: the linear map of A is restricted to such directions, and its
adjoint is followed by the adjoint of that placing, which takes the row i of an array.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from matcalc.algebra.build import ADD, add, parts, symbol, transpose
from matcalc.algebra.entries import ALL, cut, is_unit, placed
from matcalc.algebra.expr import Expr
from matcalc.algebra.shapes import SCALAR, Shape, is_row, is_vector
from matcalc.errors import DerivativeError
from matcalc.notation.declarations import Declaration
from matcalc.notation.parts import Part, part_of, place_text

__all__ = ["Variable", "variable_of"]


@dataclass(frozen=True, slots=True)
class Variable:
    """The symbol `whole`, or the part of it at these places; ":" is all of an axis."""

    name: str
    whole: Expr
    row: str = ALL
    column: str = ALL

    @property
    def is_part(self) -> bool:
        """Whether it is an entry, a row or a column."""
        return (self.row, self.column) != (ALL, ALL)

    @property
    def shape(self) -> Shape:
        """The shape of the part."""
        rows, columns = self.whole.shape
        return rows if self.row == ALL else 1, columns if self.column == ALL else 1

    @property
    def expr(self) -> Expr:
        """The variable as an expression: eᵢᵀA for a row of A."""
        return self.part(self.whole)

    @property
    def direction(self) -> Expr:
        """dX, or the part of it."""
        return self.part(symbol(f"d{self.whole.data}", self.whole.shape))

    @property
    def free_direction(self) -> Expr:
        """A symbol of the shape of the variable, in whose direction a map is read."""
        return symbol(f"d{self.whole.data}", self.shape)

    def part(self, e: Expr) -> Expr:
        """The part of an array of the shape of the whole."""
        if not self.is_part:
            return e
        if e.op is ADD and any(is_unit(f) or is_unit(transpose(f)) for term in e.args for f in parts(term)[2]):
            return add(*[cut(term, self.row, self.column) for term in e.args])  # δᵢₖ xⱼ + δⱼₖ xᵢ
        return cut(e, self.row, self.column)

    def placed(self, e: Expr) -> Expr:
        """The array of the shape of the whole that is e at the places of the part and 0 elsewhere."""
        return placed(e, self.row, self.column, self.whole.shape) if self.is_part else e

    @property
    def places(self) -> tuple[str, ...]:
        """The places on the axes of the whole array, of which a vector has one; none of what is no part."""
        if not self.is_part:
            return ()
        pairs = zip((self.row, self.column), self.whole.shape, strict=True)
        return tuple([place for place, size in pairs if size != 1])

    @property
    def what(self) -> str:
        """The part in words: "row i"."""
        if is_vector(self.whole.shape):
            return f"entry {self.column if self.row == ALL else self.row}"
        if ALL not in (self.row, self.column):
            return f"entry {self.row}, {self.column}"
        return f"row {self.row}" if self.column == ALL else f"column {self.column}"


def variable_of(name: str, symbols: Mapping[str, Declaration]) -> Variable:
    """The variable of this name, a symbol or a part of one; DerivativeError for a part that there is not.

    >>> symbols = {"A": Declaration(("m", "n"))}
    >>> print(variable_of("A", symbols).expr, variable_of("A_{i,:}", symbols).shape)
    A (1, 'n')
    """
    if name in symbols:
        return Variable(name, symbol(name, symbols[name].shape))
    part = part_of(name)
    if part is None or part.base not in symbols:
        raise DerivativeError(f"{name} does not occur in the function", advice=f"it has {', '.join(symbols)}")
    return _part(name, part, symbols[part.base].shape)


def _part(name: str, part: Part, shape: Shape) -> Variable:
    whole = symbol(part.base, shape)
    if shape == SCALAR:
        raise DerivativeError(f"{part.base} is a scalar and has no entries")
    wanted = 1 if is_vector(shape) else 2
    if len(part.places) != wanted or set(part.places) == {ALL}:
        raise _no_part(name, part, shape)
    both = part.places if wanted == 2 else (ALL, *part.places) if is_row(shape) else (*part.places, ALL)
    variable = Variable(name, whole, *both)
    for place, size in zip((variable.row, variable.column), shape, strict=True):
        if place.isdecimal() and (int(place) < 1 or (isinstance(size, int) and int(place) > size)):
            raise DerivativeError(f"{name} does not exist: entries are numbered from 1 to {size}")
    return variable


def _no_part(name: str, part: Part, shape: Shape) -> DerivativeError:
    x = part.base
    if is_vector(shape):
        return DerivativeError(
            f"{x} is a vector, and an entry of it has one index",
            advice=f"Write {x}{place_text(('i',))} or {x}{place_text(('2',))}.",
        )
    i = part.places[0] if part.places[0] != ALL else "i"
    row, column, entry, other = [x + place_text(places) for places in ((i, ALL), (ALL, i), ("i", "j"), ("1", "2"))]
    return DerivativeError(
        f"{x} is a matrix, and {name} is no part of it",
        advice=f"Write {row} for a row, {column} for a column, {entry} or {other} for an entry.",
    )
