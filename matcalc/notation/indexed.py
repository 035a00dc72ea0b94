"""The tree of a text with index sums as an expression: everything with an index is a network of entries.

What has no free index is built as everywhere else. The rest is a tensor: a sum of networks, with an
index of its own for the rows and for the columns where what is indexed is a vector or a matrix, so
that wᵀxₙ with xₙ the n-th row of X is ∑ⱼ wⱼ Xₙⱼ and becomes X w.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from matcalc.algebra import entries
from matcalc.algebra.build import add, apply, identity, is_number, multiply, number, ones, power, sqrt, transpose
from matcalc.algebra.expr import Expr
from matcalc.algebra.networks import Factor, Network, NoMatrixForm, rename
from matcalc.algebra.operations import REGISTRY
from matcalc.algebra.shapes import Dim, is_column
from matcalc.errors import AmbiguityError, MatcalcError, ParseError, ShapeError
from matcalc.notation.calls import Call, call_function
from matcalc.notation.elaborate import elaborate_node
from matcalc.notation.elaboration import Elaboration
from matcalc.notation.indices import fixed, letter_of
from matcalc.notation.pairs import cut_out, pairs
from matcalc.notation.tensors import MINUS_ONE, Tensor, Walk, single, summed_over
from matcalc.notation.tree import Node

__all__ = ["elaborate_indexed"]


def elaborate_indexed(nodes: list[Node], context: Elaboration, ranges: Mapping[str, Dim]) -> Expr:
    """The expression of a tree with index sums, given in postorder; free indices are axes in alphabetical order."""
    walk = Walk(context, dict(ranges))
    for node in nodes:
        if node.kind == "summed":
            walk.lows.update(dict.fromkeys(node.data.letters, node.data.low))
    used = {arg for node in nodes for arg in node.args}
    for node in nodes:
        try:
            _visit(walk, node)
            if node not in used and node not in context.at:
                context.at[node] = walk.result(node)
        except NoMatrixForm as error:
            raise walk.no_matrix_form(node, error) from None
        except MatcalcError as error:
            if error.spans:
                raise
            raise type(error)(error.message, spans=(node.span,), advice=error.advice) from None
    return context.at[nodes[-1]]


def _visit(walk: Walk, node: Node) -> None:
    """The value of one node whose operands have theirs."""
    at = walk.context.at
    rule = _RULES.get(node.kind)
    if node.kind in _ALWAYS or any(arg not in at for arg in node.args):
        if rule is None:
            raise walk.refuse(f"{walk.context.source(node)} of entries is not read", node)
        found = rule(walk, node)
        if found.named:
            walk.tensors[node] = found
        else:
            at[node] = walk.matrix(found)
    else:
        elaborate_node(node, walk.context)


# --- index notation itself -------------------------------------------------------------------------


def _summed(walk: Walk, node: Node) -> Tensor:
    body, bounds = walk.tensor(node.args[0]), node.data
    if bounds.relation:
        return pairs(walk, node, body)
    return Tensor(summed_over(body.terms, *bounds.letters), body.row, body.column)


def _stretch(walk: Walk, node: Node) -> Tensor:
    """The entries of an array over which a shifted index runs."""
    if node.args[0] not in walk.context.at:
        raise walk.refuse("a shifted index stands on an array with free indices", node)
    return walk.lifted(cut_out(walk.context.at[node.args[0]], node.data))


def _entry(walk: Walk, node: Node) -> Tensor:
    value, indices = walk.context.at.get(node.args[0]), node.data
    if value is not None and any(map(fixed, indices)):
        return _part(walk, value, *indices)
    base = walk.tensor(node.args[0])
    taken = set(base.named) & set(indices)
    if taken:
        raise ParseError(
            f"the index {letter_of(min(taken))} stands inside this entry already", spans=(node.span,),
            advice="Use another letter.",
        )  # fmt: skip
    terms, kept = base.terms, [*base.hidden[len(indices) :]]
    for axis, place in zip(base.hidden, indices, strict=False):
        if place == entries.ALL:
            kept.append(axis)
        elif fixed(place):
            chosen = Factor(entries.unit(fixed(place), walk.ranges[axis]), (axis,))
            terms = tuple([Network((*term.factors, chosen), (*term.bound, axis)) for term in terms])
        else:
            terms = rename(terms, {axis: place})
    if len(indices) < len(base.hidden):  # the row of a matrix, as a column
        return Tensor(terms, *kept)
    return Tensor(terms, *[axis if axis in kept else None for axis in (base.row, base.column)])


def _part(walk: Walk, value: Expr, *indices: str) -> Tensor:
    """The part of an expression at places of which one at least is fixed, or all of an axis."""
    vector = 1 in value.shape
    both = (*indices, entries.ALL)[:2] if not vector or is_column(value.shape) else (entries.ALL, *indices)
    part = entries.cut(value, *[fixed(place) or entries.ALL for place in both])
    if not vector and len(indices) == 1:
        part, both = transpose(part), both[::-1]
    whole = walk.lifted(part)
    names = {axis: p for axis, p in zip((whole.row, whole.column), both, strict=True) if axis and not fixed(p)}
    row, column = [None if axis in names else axis for axis in (whole.row, whole.column)]
    return Tensor(rename(whole.terms, names), row, column)


def _gathered(walk: Walk, node: Node) -> Tensor:
    """(aᵢⱼ)ᵢⱼ: the indices become those of rows and columns."""
    base = walk.tensor(node.args[0])
    return Tensor(base.terms, *node.data)


def _delta(walk: Walk, node: Node) -> Tensor:
    one, other = node.data
    if fixed(one) and fixed(other):
        return walk.lifted(apply(REGISTRY["delta"], (entries.index(fixed(one)), entries.index(fixed(other)))))
    if fixed(one) or fixed(other):
        named, place = (other, fixed(one)) if fixed(one) else (one, fixed(other))
        return single(entries.unit(place, walk.ranges[named]), named)
    size = walk.ranges[one]
    if one == other:
        return single(ones(size), one)
    return single(identity(size), one, other)


def _index(walk: Walk, node: Node) -> Tensor:
    """The number of an index: 1, 2, … in a vector, or from where the sum begins."""
    size, low = walk.ranges[node.data], walk.lows.get(node.data, 1)
    first = apply(REGISTRY["positions"], (ones(size),)) if size != 1 else number(1)
    return single(add(first, multiply(number(low - 1), ones(size))) if low != 1 else first, node.data)


# --- sums and products -------------------------------------------------------------------------------


def _total(walk: Walk, node: Node) -> Tensor:
    parts = [walk.tensor(arg) for arg in node.args]
    first = parts[0]
    terms: list[Network] = []
    for part, sign in zip(parts, node.data, strict=True):
        for term in walk.aligned(part, first.row, first.column).terms:
            terms.append(Network((MINUS_ONE, *term.factors), term.bound) if sign == "-" else term)
    return Tensor(tuple(terms), first.row, first.column)


def _negated(walk: Walk, node: Node) -> Tensor:
    base = walk.tensor(node.args[0])
    return Tensor(tuple(Network((MINUS_ONE, *term.factors), term.bound) for term in base.terms), base.row, base.column)


def _product(walk: Walk, node: Node) -> Tensor:
    total = walk.tensor(node.args[0])
    for arg in node.args[:-1]:
        if arg.kind == "ratio" and not arg.bracketed and not all(walk.tensor(a).is_scalar for a in arg.args):
            raise AmbiguityError(
                "a product after a slash has two readings", spans=(node.span,), advice="Write brackets."
            )
    for arg in node.args[1:]:
        total = walk.product(total, walk.tensor(arg))
    return total


def _reciprocal(walk: Walk, node: Node) -> Tensor:
    below = walk.tensor(node)
    if below.row and below.column:
        raise walk.refuse(f"{walk.context.source(node)} is a matrix, and division by a matrix is not read", node)
    return walk.applied(below, lambda value: power(value, number(-1)))


def _ratio(walk: Walk, node: Node) -> Tensor:
    total = walk.tensor(node.args[0])
    for arg in node.args[1:]:
        total = walk.entrywise(total, _reciprocal(walk, arg))
    return total


def _hadamard(walk: Walk, node: Node) -> Tensor:
    total = walk.tensor(node.args[0])
    for arg, mark in zip(node.args[1:], node.data[1:], strict=True):
        total = walk.entrywise(total, _reciprocal(walk, arg) if mark == "⊘" else walk.tensor(arg))
    return total


def _frobenius(walk: Walk, node: Node) -> Tensor:
    return walk.inner(*[walk.tensor(arg) for arg in node.args])


# --- powers and functions ----------------------------------------------------------------------------


def _raised(walk: Walk, node: Node) -> Tensor:
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


def _power(walk: Walk, node: Node) -> Tensor:
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
    return walk.powers(base, exponent)


def _norm(walk: Walk, node: Node) -> Tensor:
    inside = walk.tensor(node.args[0])
    if inside.is_scalar:
        return walk.applied(inside, lambda value: apply(REGISTRY["abs"], (value,)))
    if node.data == "1":
        sizes = walk.applied(inside, lambda value: apply(REGISTRY["abs"], (value,)))
        return Tensor(summed_over(sizes.terms, *inside.hidden))
    if node.data == "∞" or (node.data == "2" and len(inside.hidden) == 2):
        raise walk.refuse("this norm for each index is not read", node)
    squared = walk.raised_to(inside, number(2)) if len(inside.hidden) == 1 else _squared(walk, inside)
    walk.squares[node] = Tensor(summed_over(squared.terms, *inside.hidden))
    return walk.applied(walk.squares[node], sqrt)


def _squared(walk: Walk, tensor: Tensor) -> Tensor:
    return Tensor(walk.times(tensor, walk.copied(tensor)), tensor.row, tensor.column)


def _bars(walk: Walk, node: Node) -> Tensor:
    inside = walk.tensor(node.args[0])
    if len(inside.hidden) == 2:
        raise walk.refuse("the determinant for each index is not read", node)
    return walk.applied(inside, lambda value: apply(REGISTRY["abs"], (value,)))


def _indicator(walk: Walk, node: Node) -> Tensor:
    u, v = (walk.tensor(arg) for arg in node.args)
    v = walk.aligned(v, u.row, u.column)
    minus = tuple(Network((MINUS_ONE, *term.factors), term.bound) for term in v.terms)
    return walk.applied(Tensor(u.terms + minus, u.row, u.column), lambda value: apply(REGISTRY["step"], (value,)))


def _call(walk: Walk, node: Node) -> Tensor:
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


def _call_of_several(walk: Walk, node: Node, values: list[Tensor]) -> Tensor:
    axes = tuple(dict.fromkeys([axis for value in values for axis in value.named]))
    if not all(value.is_scalar for value in values):
        raise walk.refuse(f"{node.data} of arrays for each index is not read", node)
    arrays = [
        e if (e := walk.context.at.get(arg)) is not None and is_number(e) else walk.array(value, axes)
        for arg, value in zip(node.args, values, strict=True)
    ]
    return single(call_function(Call(node.data, tuple(arrays), node), {}), *axes)


def _trace(walk: Walk, values: list[Tensor]) -> Tensor:
    (a,) = values
    if not (a.row and a.column):
        raise ShapeError("tr takes a square matrix")
    return Tensor(summed_over(rename(a.terms, {a.column: a.row}), a.row))


def _sum_of_entries(walk: Walk, values: list[Tensor]) -> Tensor:
    return Tensor(summed_over(values[0].terms, *values[0].hidden))


_Reduction = tuple[int, Callable[[Walk, list[Tensor]], Tensor]]
_REDUCTIONS: dict[object, _Reduction] = {
    "sum": (1, _sum_of_entries), "tr": (1, _trace), "trace": (1, _trace), "Tr": (1, _trace),
    "inner": (2, lambda walk, values: walk.inner(*values)), "dot": (2, lambda walk, values: walk.inner(*values)),
}  # fmt: skip

#: Nodes that are tensors whatever their operands are.
_ALWAYS = frozenset({"summed", "entry", "delta", "index", "gathered", "part"})
_RULES: dict[str, Callable[[Walk, Node], Tensor]] = {
    "summed": _summed, "entry": _entry, "delta": _delta, "index": _index, "gathered": _gathered, "part": _stretch,
    "sum": _total, "negated": _negated, "juxtaposed": _product, "times": _product, "ratio": _ratio, "over": _ratio,
    "entrywise": _hadamard, "frobenius": _frobenius, "raised": _raised, "power": _power, "entrywise_power": _power,
    "norm": _norm, "bars": _bars, "indicator": _indicator, "call": _call, "bare": _call,
}  # fmt: skip
