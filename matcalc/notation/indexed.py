"""The tree of a text with index sums as an expression: everything with an index is a network of entries.

What has no free index is built as everywhere else. The rest is a tensor: a sum of networks, with an
index of its own for the rows and for the columns where what is indexed is a vector or a matrix, so
that wᵀxₙ with xₙ the n-th row of X is ∑ⱼ wⱼ Xₙⱼ and becomes X w.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import count

from matcalc.algebra.build import apply, identity, is_number, number, number_value, ones, power, sqrt, transpose
from matcalc.algebra.expr import Expr
from matcalc.algebra.operations import REGISTRY
from matcalc.algebra.shapes import SCALAR, Dim, is_column, is_row
from matcalc.errors import AmbiguityError, MatcalcError, NotYetError, ParseError, ShapeError
from matcalc.notation.calls import Call, call_function
from matcalc.notation.elaborate import elaborate_node
from matcalc.notation.elaboration import Elaboration
from matcalc.notation.indices import letter_of
from matcalc.notation.networks import Factor, Network, NoMatrixForm, array, free_axes, rename
from matcalc.notation.tree import Node

__all__ = ["elaborate_indexed"]

#: A product of sums is multiplied out to so many terms at most.
_MOST_TERMS = 64
_MINUS_ONE = Factor(number(-1), ())


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


def elaborate_indexed(nodes: list[Node], context: Elaboration, ranges: Mapping[str, Dim]) -> Expr:
    """The expression of a tree with index sums, given in postorder; free indices are axes in alphabetical order."""
    walk = _Walk(context, dict(ranges))
    used = {arg for node in nodes for arg in node.args}
    for node in nodes:
        try:
            walk.visit(node)
            if node not in used and node not in context.at:
                context.at[node] = walk.result(node)
        except NoMatrixForm as error:
            raise walk.no_matrix_form(node, error) from None
        except MatcalcError as error:
            if error.spans:
                raise
            raise type(error)(error.message, spans=(node.span,), advice=error.advice) from None
    return context.at[nodes[-1]]


class _Walk:
    """The walk: expressions are in context.at, and what has free indices in `tensors`."""

    def __init__(self, context: Elaboration, ranges: dict[str, Dim]) -> None:
        self.context = context
        self.ranges = ranges
        self.tensors: dict[Node, Tensor] = {}
        self.squares: dict[Node, Tensor] = {}  # of norms: what they are the root of
        self.fresh = (f"#{i}" for i in count())

    def visit(self, node: Node) -> None:
        """The value of one node whose operands have theirs."""
        at = self.context.at
        rule = _RULES.get(node.kind)
        if node.kind in _ALWAYS or any(arg not in at for arg in node.args):
            if rule is None:
                raise self.refuse(f"{self.context.source(node)} of entries is not read", node)
            found = rule(self, node)
            if found.named:
                self.tensors[node] = found
            else:
                at[node] = self.matrix(found)
        else:
            elaborate_node(node, self.context)

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
            return _single(e)
        if is_column(e.shape):
            row = self.new(e.shape[0])
            return _single(e, row, row=row)
        if is_row(e.shape):
            column = self.new(e.shape[1])
            return _single(transpose(e), column, column=column)
        row, column = self.new(e.shape[0]), self.new(e.shape[1])
        return _single(e, row, column, row=row, column=column)

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
        return _single(self.array(tensor, axes), *axes, row=tensor.row, column=tensor.column)

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
        return Tensor(_summed_over(self.times(a, joined), a.column), a.row, b.column)

    def entrywise(self, a: Tensor, b: Tensor) -> Tensor:
        """The product entry by entry."""
        if a.is_scalar or b.is_scalar:
            return self.product(a, b)
        return Tensor(self.times(a, self.aligned(b, a.row, a.column)), a.row, a.column)

    def inner(self, a: Tensor, b: Tensor) -> Tensor:
        """The sum of the products of the entries."""
        both = self.entrywise(a, b)
        return Tensor(_summed_over(both.terms, *both.hidden))

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
        return _single(function(factor.value), *factor.axes, row=tensor.row, column=tensor.column)

    # --- errors ---

    def refuse(self, message: str, node: Node, advice: str = "") -> MatcalcError:
        return NotYetError(message, spans=(node.span,), advice=advice)

    def no_matrix_form(self, node: Node, error: NoMatrixForm) -> MatcalcError:
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


def _single(value: Expr, *axes: str, row: str | None = None, column: str | None = None) -> Tensor:
    return Tensor((Network((Factor(value, axes),)),), row, column)


def _summed_over(terms: tuple[Network, ...], *axes: str) -> tuple[Network, ...]:
    return tuple(Network(term.factors, term.bound + axes) for term in terms)


# --- index notation itself -------------------------------------------------------------------------


def _summed(walk: _Walk, node: Node) -> Tensor:
    body = walk.tensor(node.args[0])
    return Tensor(_summed_over(body.terms, *node.data[0]), body.row, body.column)


def _entry(walk: _Walk, node: Node) -> Tensor:
    base, indices = walk.tensor(node.args[0]), node.data
    taken = set(base.named) & set(indices)
    if taken:
        raise ParseError(
            f"the index {letter_of(min(taken))} stands inside this entry already", spans=(node.span,),
            advice="Use another letter.",
        )  # fmt: skip
    if len(indices) < len(base.hidden):  # the row of a matrix, as a column
        assert base.row is not None
        return Tensor(rename(base.terms, {base.row: indices[0]}), base.column)
    return Tensor(rename(base.terms, dict(zip(base.hidden, indices, strict=True))))


def _delta(walk: _Walk, node: Node) -> Tensor:
    one, other = node.data
    size = walk.ranges[one]
    if one == other:
        return _single(ones(size), one)
    return _single(identity(size), one, other)


def _index(walk: _Walk, node: Node) -> Tensor:
    """The number of an index: 1, 2, … in a vector."""
    size = walk.ranges[node.data]
    return _single(apply(REGISTRY["positions"], (ones(size),)) if size != 1 else number(1), node.data)


# --- sums and products -------------------------------------------------------------------------------


def _total(walk: _Walk, node: Node) -> Tensor:
    parts = [walk.tensor(arg) for arg in node.args]
    first = parts[0]
    terms: list[Network] = []
    for part, sign in zip(parts, node.data, strict=True):
        for term in walk.aligned(part, first.row, first.column).terms:
            terms.append(Network((_MINUS_ONE, *term.factors), term.bound) if sign == "-" else term)
    return Tensor(tuple(terms), first.row, first.column)


def _negated(walk: _Walk, node: Node) -> Tensor:
    base = walk.tensor(node.args[0])
    return Tensor(tuple(Network((_MINUS_ONE, *term.factors), term.bound) for term in base.terms), base.row, base.column)


def _product(walk: _Walk, node: Node) -> Tensor:
    total = walk.tensor(node.args[0])
    for arg in node.args[:-1]:
        if arg.kind == "ratio" and not arg.bracketed and not all(walk.tensor(a).is_scalar for a in arg.args):
            raise AmbiguityError(
                "a product after a slash has two readings", spans=(node.span,), advice="Write brackets."
            )
    for arg in node.args[1:]:
        total = walk.product(total, walk.tensor(arg))
    return total


def _reciprocal(walk: _Walk, node: Node) -> Tensor:
    below = walk.tensor(node)
    if below.row and below.column:
        raise walk.refuse(f"{walk.context.source(node)} is a matrix, and division by a matrix is not read", node)
    return walk.applied(below, lambda value: power(value, number(-1)))


def _ratio(walk: _Walk, node: Node) -> Tensor:
    total = walk.tensor(node.args[0])
    for arg in node.args[1:]:
        total = walk.entrywise(total, _reciprocal(walk, arg))
    return total


def _hadamard(walk: _Walk, node: Node) -> Tensor:
    total = walk.tensor(node.args[0])
    for arg, mark in zip(node.args[1:], node.data[1:], strict=True):
        total = walk.entrywise(total, _reciprocal(walk, arg) if mark == "⊘" else walk.tensor(arg))
    return total


def _frobenius(walk: _Walk, node: Node) -> Tensor:
    return walk.inner(*[walk.tensor(arg) for arg in node.args])


# --- powers and functions ----------------------------------------------------------------------------


def _raised(walk: _Walk, node: Node) -> Tensor:
    base = walk.tensor(node.args[0])
    if node.data == "T":
        return Tensor(base.terms, base.column, base.row)
    if node.data == "-T":
        raise walk.refuse("an inverse for each index is not read", node)
    if node.data == 2 and node.args[0] in walk.squares:
        return walk.squares[node.args[0]]
    if node.data == -1 and not base.is_scalar:
        raise walk.refuse("an inverse for each index is not read", node)
    return walk.raised_to(base, number(node.data))


def _power(walk: _Walk, node: Node) -> Tensor:
    below, above = node.args
    exponent = walk.tensor(above)
    if not exponent.is_scalar:
        raise walk.refuse("the exponent is an array", above)
    if below.kind == "euler":
        return walk.applied(exponent, lambda value: apply(REGISTRY["exp"], (value,)))
    base = walk.tensor(below)
    if not exponent.named:
        if below in walk.squares and walk.context.at[above] is number(2):
            return walk.squares[below]
        return walk.raised_to(base, walk.context.at[above])
    if not base.is_scalar or set(base.named) & set(exponent.named):
        raise walk.refuse("a power whose base and exponent share an index is not read", node, "Write exp(p log(x)).")
    bases, exponents = walk.collapsed(base), walk.collapsed(exponent)
    ((one,),), ((other,),) = ([t.factors for t in e.terms] for e in (bases, exponents))
    if len(one.axes) + len(other.axes) > 2:
        raise NoMatrixForm(one.axes + other.axes)
    value = apply(REGISTRY["powers"], (one.value, other.value))
    axes = one.axes + other.axes
    return _single(transpose(value) if is_row(value.shape) else value, *axes)


def _norm(walk: _Walk, node: Node) -> Tensor:
    inside = walk.tensor(node.args[0])
    if inside.is_scalar:
        return walk.applied(inside, lambda value: apply(REGISTRY["abs"], (value,)))
    if node.data == "1":
        sizes = walk.applied(inside, lambda value: apply(REGISTRY["abs"], (value,)))
        return Tensor(_summed_over(sizes.terms, *inside.hidden))
    if node.data == "∞" or (node.data == "2" and len(inside.hidden) == 2):
        raise walk.refuse("this norm for each index is not read", node)
    squared = walk.raised_to(inside, number(2)) if len(inside.hidden) == 1 else _squared(walk, inside)
    walk.squares[node] = Tensor(_summed_over(squared.terms, *inside.hidden))
    return walk.applied(walk.squares[node], sqrt)


def _squared(walk: _Walk, tensor: Tensor) -> Tensor:
    return Tensor(walk.times(tensor, walk.copied(tensor)), tensor.row, tensor.column)


def _bars(walk: _Walk, node: Node) -> Tensor:
    inside = walk.tensor(node.args[0])
    if len(inside.hidden) == 2:
        raise walk.refuse("the determinant for each index is not read", node)
    return walk.applied(inside, lambda value: apply(REGISTRY["abs"], (value,)))


def _indicator(walk: _Walk, node: Node) -> Tensor:
    u, v = (walk.tensor(arg) for arg in node.args)
    v = walk.aligned(v, u.row, u.column)
    minus = tuple(Network((_MINUS_ONE, *term.factors), term.bound) for term in v.terms)
    return walk.applied(Tensor(u.terms + minus, u.row, u.column), lambda value: apply(REGISTRY["step"], (value,)))


def _call(walk: _Walk, node: Node) -> Tensor:
    name = node.data
    values = [walk.tensor(arg) for arg in node.args]
    if name in _REDUCTIONS and name not in walk.context.functions:
        if len(values) != _REDUCTIONS[name][0]:
            raise walk.refuse(f"{name} takes {_REDUCTIONS[name][0]}", node)
        return _REDUCTIONS[name][1](walk, values)
    row = REGISTRY.names.get(name) if isinstance(name, str) else None
    entrywise = row is not None and (
        row.elementwise or row.name == "sqrt" or (row.name in ("max", "min") and len(values) > 1)
    )
    if not entrywise or name in walk.context.functions:
        raise walk.refuse(
            f"{name} for each index is not read", node, "Functions of every entry are, and sum, tr and norms."
        )
    if node.kind == "bare" and len(values[0].hidden) == 2:
        raise walk.refuse(f"{name} of a matrix without brackets has two readings", node)
    if len(values) == 1:
        return walk.applied(values[0], lambda value: call_function(Call(name, (value,), node), {}))
    return _call_of_several(walk, node, values)


def _call_of_several(walk: _Walk, node: Node, values: list[Tensor]) -> Tensor:
    axes = tuple(dict.fromkeys([axis for value in values for axis in value.named]))
    if not all(value.is_scalar for value in values):
        raise walk.refuse(f"{node.data} of arrays for each index is not read", node)
    arrays = [
        e if (e := walk.context.at.get(arg)) is not None and is_number(e) else walk.array(value, axes)
        for arg, value in zip(node.args, values, strict=True)
    ]
    return _single(call_function(Call(node.data, tuple(arrays), node), {}), *axes)


def _trace(walk: _Walk, values: list[Tensor]) -> Tensor:
    (a,) = values
    if not (a.row and a.column):
        raise ShapeError("tr takes a square matrix")
    return Tensor(_summed_over(rename(a.terms, {a.column: a.row}), a.row))


def _sum_of_entries(walk: _Walk, values: list[Tensor]) -> Tensor:
    return Tensor(_summed_over(values[0].terms, *values[0].hidden))


_Reduction = tuple[int, Callable[[_Walk, list[Tensor]], Tensor]]
_REDUCTIONS: dict[object, _Reduction] = {
    "sum": (1, _sum_of_entries), "tr": (1, _trace), "trace": (1, _trace), "Tr": (1, _trace),
    "inner": (2, lambda walk, values: walk.inner(*values)), "dot": (2, lambda walk, values: walk.inner(*values)),
}  # fmt: skip

#: Nodes that are tensors whatever their operands are.
_ALWAYS = frozenset({"summed", "entry", "delta", "index"})
_RULES: dict[str, Callable[[_Walk, Node], Tensor]] = {
    "summed": _summed, "entry": _entry, "delta": _delta, "index": _index, "sum": _total, "negated": _negated,
    "juxtaposed": _product, "times": _product, "ratio": _ratio, "over": _ratio, "entrywise": _hadamard,
    "frobenius": _frobenius, "raised": _raised, "power": _power, "entrywise_power": _power, "norm": _norm,
    "bars": _bars, "indicator": _indicator, "call": _call, "bare": _call,
}  # fmt: skip
