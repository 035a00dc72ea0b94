"""Tensors: sums of networks with an index of their own for rows and columns, and what is done with them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

from matcalc.algebra.build import apply, is_number, number, number_value, power, transpose
from matcalc.algebra.expr import Expr
from matcalc.algebra.networks import Factor, Network, NoMatrixForm, array, free_axes, rename
from matcalc.algebra.operations import REGISTRY
from matcalc.algebra.shapes import SCALAR, Dim, is_column, is_row
from matcalc.errors import MatcalcError, NotYetError, ShapeError
from matcalc.notation.elaboration import Elaboration
from matcalc.notation.indices import letter_of
from matcalc.notation.tree import Node

__all__ = ["MINUS_ONE", "Tensor", "Walk", "single", "summed_over"]

#: A product of sums is multiplied out to so many terms at most.
_MOST_TERMS = 64
MINUS_ONE = Factor(number(-1), ())


@dataclass(frozen=True, slots=True)
class Tensor:
    """A sum of networks; row and column are the indices of what is a vector or matrix for each value of the others."""

    terms: tuple[Network, ...]
    row: str | None = None
    column: str | None = None

    @property
    def hidden(self) -> tuple[str, ...]:
        """The indices of rows and columns."""
        return tuple([axis for axis in (self.row, self.column) if axis])

    @property
    def named(self) -> tuple[str, ...]:
        """The free indices that were written."""
        return tuple([axis for axis in free_axes(self.terms) if axis not in self.hidden])

    @property
    def is_scalar(self) -> bool:
        """Whether it is one number for each value of the indices."""
        return not self.hidden


class Walk:
    """The walk: expressions are in context.at, and what has free indices in `tensors`."""

    def __init__(self, context: Elaboration, ranges: dict[str, Dim]) -> None:
        self.context = context
        self.ranges = ranges
        self.lows: dict[str, int] = {}  # where an index begins
        self.tensors: dict[Node, Tensor] = {}
        self.squares: dict[Node, Tensor] = {}  # of norms: what they are the root of
        self.fresh = (f"#{i}" for i in count())

    def result(self, node: Node) -> Expr:
        """A statement with free indices as a vector or matrix."""
        tensor = self.tensors[node]
        if tensor.hidden:
            raise self.refuse("a vector stands under a free index", node)
        return self.array(tensor, tuple(sorted(tensor.named)))

    # --- between expressions and tensors ---

    def tensor(self, node: Node) -> Tensor:
        """The value of a node as a tensor."""
        found = self.tensors.get(node)
        return found if found is not None else self.lifted(self.context.at[node])

    def lifted(self, e: Expr) -> Tensor:
        """An expression without free indices as a tensor."""
        if e.shape == SCALAR:
            return single(e)
        if is_column(e.shape):
            row = self.new(e.shape[0])
            return single(e, row, row=row)
        if is_row(e.shape):
            column = self.new(e.shape[1])
            return single(transpose(e), column, column=column)
        row, column = self.new(e.shape[0]), self.new(e.shape[1])
        return single(e, row, column, row=row, column=column)

    def new(self, size: Dim) -> str:
        """An index of the walk's own."""
        index = next(self.fresh)
        self.ranges[index] = size
        return index

    def array(self, tensor: Tensor, axes: tuple[str, ...]) -> Expr:
        """The tensor as a scalar, a column or a matrix with these indices."""
        return array(tensor.terms, axes, self.ranges)

    def matrix(self, tensor: Tensor) -> Expr:
        """A tensor without free indices as an expression."""
        value = self.array(tensor, tensor.hidden)
        return transpose(value) if tensor.column and not tensor.row else value

    def collapsed(self, tensor: Tensor, *more: str) -> Tensor:
        """The tensor as one factor over its indices."""
        axes = tuple(dict.fromkeys([*tensor.named, *tensor.hidden, *more]))
        return single(self.array(tensor, axes), *axes, row=tensor.row, column=tensor.column)

    def aligned(self, tensor: Tensor, row: str | None, column: str | None) -> Tensor:
        """The tensor with these indices for its rows and columns."""
        if (tensor.row is None) != (row is None) or (tensor.column is None) != (column is None):
            raise ShapeError("a scalar and an array, or a row and a column, stand together inside a sum over an index")
        names = {a: b for a, b in ((tensor.row, row), (tensor.column, column)) if a and b}
        return Tensor(rename(tensor.terms, names), row, column)

    # --- products ---

    def times(self, a: Tensor, b: Tensor) -> tuple[Network, ...]:
        """The networks of the product; a sum inside stays whole where it is a matrix."""
        left, right = (self.terms_for_product(t) for t in (a, b))
        if len(left) * len(right) > _MOST_TERMS:
            raise NotYetError("this product of sums has too many terms without a matrix form")
        return tuple(Network(p.factors + q.factors, p.bound + q.bound) for p in left for q in right)

    def terms_for_product(self, tensor: Tensor) -> tuple[Network, ...]:
        """The networks of a factor: one, if the factor is a matrix."""
        if len(tensor.terms) == 1:
            return tensor.terms
        try:
            return self.collapsed(tensor).terms
        except NoMatrixForm:
            return tensor.terms

    def product(self, a: Tensor, b: Tensor) -> Tensor:
        """The product by shapes."""
        if a.is_scalar or b.is_scalar:
            shaped = b if a.is_scalar else a
            return Tensor(self.times(a, b), shaped.row, shaped.column)
        if (a.column is None) != (b.row is None):
            raise ShapeError("the shapes of this product inside a sum over an index do not fit")
        if a.column is None:
            return Tensor(self.times(a, b), a.row, b.column)
        joined = Tensor(rename(b.terms, {b.row: a.column}) if b.row else b.terms, a.column, b.column)
        return Tensor(summed_over(self.times(a, joined), a.column), a.row, b.column)

    def entrywise(self, a: Tensor, b: Tensor) -> Tensor:
        """The product entry by entry."""
        if a.is_scalar or b.is_scalar:
            return self.product(a, b)
        return Tensor(self.times(a, self.aligned(b, a.row, a.column)), a.row, a.column)

    def inner(self, a: Tensor, b: Tensor) -> Tensor:
        """The sum of the products of the entries."""
        both = self.entrywise(a, b)
        return Tensor(summed_over(both.terms, *both.hidden))

    def raised_to(self, base: Tensor, exponent: Expr) -> Tensor:
        """The power entry by entry."""
        if base.row and base.column:
            raise NotYetError("a power of a matrix for each index is not read")
        if is_number(exponent) and number_value(exponent) == 2:
            try:
                base = self.collapsed(base) if len(base.terms) > 1 or base.terms[0].bound else base
                return Tensor(self.times(base, base), base.row, base.column)
            except NoMatrixForm:
                return Tensor(self.times(base, self.copied(base)), base.row, base.column)
        return self.applied(base, lambda value: power(value, exponent))

    def powers(self, base: Tensor, exponent: Tensor) -> Tensor:
        """The powers of numbers with one index by exponents with another."""
        one, other = (self.collapsed(tensor).terms[0].factors[0] for tensor in (base, exponent))
        axes = one.axes + other.axes
        if len(axes) > 2:
            raise NoMatrixForm(axes)
        if set(one.axes) & set(other.axes):
            raise NotYetError("a power whose base and exponent share an index is not read")
        value = apply(REGISTRY["powers"], (one.value, other.value))
        return single(transpose(value) if is_row(value.shape) else value, *axes)

    def copied(self, tensor: Tensor) -> Tensor:
        """The tensor with bound indices of its own."""
        terms: list[Network] = []
        for term in tensor.terms:
            names = {axis: self.new(self.ranges[axis]) for axis in term.bound}
            terms.extend(rename((term,), names))
        return Tensor(tuple(terms), tensor.row, tensor.column)

    def applied(self, tensor: Tensor, function: Callable[[Expr], Expr]) -> Tensor:
        """A function of every entry."""
        whole = self.collapsed(tensor)
        (factor,) = whole.terms[0].factors
        return single(function(factor.value), *factor.axes, row=tensor.row, column=tensor.column)

    # --- errors ---

    def refuse(self, message: str, node: Node, advice: str = "") -> MatcalcError:
        """The error for what is not read with free indices."""
        return NotYetError(message, spans=(node.span,), advice=advice)

    def no_matrix_form(self, node: Node, error: NoMatrixForm) -> MatcalcError:
        """The error for what has more than two indices at once."""
        letters = [letter_of(axis) for axis in error.axes if not axis.startswith("#")]
        return NotYetError(
            f"{self.context.source(node)} has no matrix form: "
            + (
                f"the indices {', '.join(letters)} are there at once"
                if len(letters) > 2
                else "it has more than two indices"
            ),
            spans=(node.span,),
            advice="A matrix has two indices; sum over one of them first, or write the part apart.",
        )


def single(value: Expr, *axes: str, row: str | None = None, column: str | None = None) -> Tensor:
    """One array with these indices."""
    return Tensor((Network((Factor(value, axes),)),), row, column)


def summed_over(terms: tuple[Network, ...], *axes: str) -> tuple[Network, ...]:
    """The networks with more indices bound."""
    return tuple(Network(term.factors, term.bound + axes) for term in terms)
