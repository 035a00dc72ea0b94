"""The tree as an expression: every node by the constructors, with the shapes known.

The walk is bottom up. What is refused for its shape is refused here, with the places that disagree.
"""

from __future__ import annotations

from collections.abc import Callable

from matcalc.algebra.build import (
    add,
    apply,
    constant,
    dimension,
    identity,
    is_number,
    multiply,
    negate,
    number,
    number_value,
    ones,
    symbol,
    zeros,
)  # fmt: skip
from matcalc.algebra.closed import has_value
from matcalc.algebra.expr import Expr
from matcalc.algebra.operations import REGISTRY
from matcalc.algebra.shapes import SCALAR, Shape, is_scalar, is_vector
from matcalc.errors import AmbiguityError, MatcalcError, ParseError
from matcalc.notation.calls import Call, call_function
from matcalc.notation.elaboration import Elaboration, unequal
from matcalc.notation.powers import entrywise_power, raised, to_the_power
from matcalc.notation.products import entrywise, frobenius, kronecker, product, ratio
from matcalc.notation.stacks import build_stacked
from matcalc.notation.sums import total
from matcalc.notation.tree import Node

__all__ = ["elaborate", "elaborate_node"]


def elaborate(nodes: list[Node], context: Elaboration) -> Expr:
    """The expression of a tree, given in postorder."""
    for node in nodes:
        elaborate_node(node, context)
    return context.at[nodes[-1]]


def elaborate_node(node: Node, context: Elaboration) -> None:
    """The expression of a node whose operands have theirs."""
    try:
        value = context.at[node] = _BUILD[node.kind](node, context)
        if not has_value(value):
            raise ParseError(f"{context.source(node)} has no real value")
    except MatcalcError as error:
        if error.spans:
            raise
        raise type(error)(error.message, spans=(node.span,), advice=error.advice) from None


# --- leaves ----------------------------------------------------------------------------------------


def _symbol(node: Node, context: Elaboration) -> Expr:
    return symbol(node.data, context.symbols[node.data])


def _reference(node: Node, context: Elaboration) -> Expr:
    """A name of the program, with the shape of what it stands for."""
    name, root = node.data
    return symbol(name, context.at[root].shape)


def _sized(node: Node, context: Elaboration) -> Shape:
    return context.shapes[node]


def _euler(node: Node, context: Elaboration) -> Expr:
    return number(1)  # only the base of a power, and that power is exp


# --- fences ----------------------------------------------------------------------------------------


def _norm(node: Node, context: Elaboration) -> Expr:
    value = context.at[node.args[0]]
    index = node.data
    if is_scalar(value.shape):
        return apply(REGISTRY["abs"], (value,))
    if index == "1":
        return apply(REGISTRY["norm1"], (value,))
    if index == "∞":
        return apply(REGISTRY["norminf"], (value,))
    if index == "2" and not is_vector(value.shape):
        s = context.source(node.args[0])
        raise context.mismatch(
            f"the spectral norm of the matrix {s} is not read", node,
            advice=f"Write ‖{s}‖_F for the Frobenius norm, spectral({s}) for the largest singular value.",
        )  # fmt: skip
    if index == "*":
        if is_vector(value.shape):
            s = context.source(node.args[0])
            raise context.mismatch(f"‖·‖_* is the nuclear norm of a matrix, and {s} is a vector", node)
        return apply(REGISTRY["nuclear"], (value,))
    return apply(REGISTRY["norm"], (value,))


def _bars(node: Node, context: Elaboration) -> Expr:
    value = context.at[node.args[0]]
    if is_scalar(value.shape) or is_vector(value.shape):
        return apply(REGISTRY["abs"], (value,))
    if node in context.determinants:
        return value if context.determinants[node] else apply(REGISTRY["det"], (value,))
    s = context.source(node.args[0])
    raise AmbiguityError(
        f"|{s}| of a matrix has two readings", spans=(node.span,),
        advice=f"Write abs({s}) for the absolute values or det({s}) for the determinant.",
    )  # fmt: skip


def _indicator(node: Node, context: Elaboration) -> Expr:
    u, v = context.operands(node)
    if not (is_number(v) and number_value(v) == 0):
        if u.shape == SCALAR and v.shape != SCALAR:
            u = multiply(u, ones(*v.shape))
        elif v.shape == SCALAR and u.shape != SCALAR:
            v = multiply(v, ones(*u.shape))
        elif u.shape != v.shape:
            raise unequal(node.args[0], u.shape, node.args[1], v.shape, context)
        u = add(u, negate(v))
    return apply(REGISTRY["step"], (u,))


# --- calls -----------------------------------------------------------------------------------------


def _call(node: Node, context: Elaboration) -> Expr:
    values = tuple(context.operands(node))
    if node.data in ("log", "ln") and len(values) == 1 and context.determinants.get(node.args[0]):
        if not (is_scalar(values[0].shape) or is_vector(values[0].shape)):
            return apply(REGISTRY["logdet"], values)
    call = Call(node.data, values, node, context.shapes.get(node))
    return call_function(call, context.functions)


_MATRIX_FUNCTIONS = {"exp": "expm", "log": "logm", "ln": "logm", "sqrt": "sqrtm"}


def _bare(node: Node, context: Elaboration) -> Expr:
    value = context.at[node.args[0]]
    if node.data in _MATRIX_FUNCTIONS and not is_scalar(value.shape) and not is_vector(value.shape):
        if not context.determinants.get(node.args[0]):
            name, s = node.data, context.source(node.args[0])
            raise AmbiguityError(
                f"{name} of a matrix without brackets has two readings", spans=(node.span,),
                advice=f"Write {name}({s}) for every entry or {_MATRIX_FUNCTIONS[name]}({s}) for the matrix function.",
            )  # fmt: skip
    return _call(node, context)


_BUILD: dict[str, Callable[[Node, Elaboration], Expr]] = {
    "number": lambda node, context: number(node.data),
    "symbol": _symbol,
    "reference": _reference,
    "constant": lambda node, context: constant(node.data),
    "euler": _euler,
    "dimension": lambda node, context: dimension(node.data),
    "ones": lambda node, context: ones(*_sized(node, context)),
    "zeros": lambda node, context: zeros(*_sized(node, context)),
    "identity": lambda node, context: identity(_sized(node, context)[0]),
    "sum": total,
    "negated": lambda node, context: negate(context.at[node.args[0]]),
    "juxtaposed": product,
    "times": product,
    "ratio": ratio,
    "over": ratio,
    "entrywise": entrywise,
    "kronecker": kronecker,
    "frobenius": frobenius,
    "raised": raised,
    "power": to_the_power,
    "entrywise_power": entrywise_power,
    "norm": _norm,
    "bars": _bars,
    "indicator": _indicator,
    "call": _call,
    "bare": _bare,
    "stacked": build_stacked,
}
