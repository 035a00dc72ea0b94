"""Expressions in Python: the operators @ * + − / ** and .T mean what they mean in the notation.

The rules are those of the text: @ and * are the product by shapes, / divides by a scalar or entry by
entry by a vector, ** is the matrix power of a square matrix, a scalar spreads over arrays except over
square ones. What the text refuses is refused in the same words.
"""

from __future__ import annotations

import numbers
from collections.abc import Callable, Sequence
from fractions import Fraction

from matcalc.algebra.build import apply, number, transpose
from matcalc.algebra.expr import Expr
from matcalc.algebra.operations import REGISTRY
from matcalc.errors import DataError, MatcalcError
from matcalc.notation.elaboration import Elaboration
from matcalc.notation.powers import to_the_power
from matcalc.notation.products import product, ratio
from matcalc.notation.sums import total
from matcalc.notation.text import to_text
from matcalc.notation.tree import Node

__all__ = ["as_expr", "combine"]

_RULES: dict[str, tuple[str, object, Callable[[Node, Elaboration], Expr]]] = {
    "+": ("sum", ["+", "+"], total),
    "-": ("sum", ["+", "-"], total),
    "@": ("times", ["*", "*"], product),
    "*": ("times", ["*", "*"], product),
    "/": ("over", [None, "/"], ratio),
    "**": ("power", "^", to_the_power),
}

_OF_ONE: dict[str, Callable[[Expr], Expr]] = {"T": transpose, "abs": lambda e: apply(REGISTRY["abs"], (e,))}


def as_expr(value: object) -> Expr | None:
    """An expression or a number as an expression, None of anything else.

    >>> as_expr(0.1)
    parse('0.1')
    """
    if isinstance(value, Expr):
        return value
    if isinstance(value, bool):
        return None
    if isinstance(value, numbers.Integral):
        return number(int(value))
    if isinstance(value, Fraction):
        return number(value)
    if isinstance(value, float):
        try:
            return number(Fraction(repr(float(value))))
        except ValueError:
            raise DataError(f"{value!r} is no number of a formula") from None
    return None


def combine(sign: str, left: object, right: object) -> Expr | None:
    """The value of `left sign right`; None if one of them is no expression and no number.

    >>> from matcalc.algebra.build import symbol
    >>> A, x = symbol("A", ("m", "n")), symbol("x", ("n", 1))
    >>> print(A @ x / 2, (A.T @ A) ** 2, 1 - x)
    ½ A x (AᵀA)² 𝟏 − x
    """
    a, b = as_expr(left), as_expr(right)
    if a is None or b is None:
        return None
    if sign in _OF_ONE:
        return _OF_ONE[sign](a)
    kind, data, rule = _RULES[sign]
    try:
        return _apply(kind, data, rule, (a, b), "", ((0, 0), (0, 0)))
    except MatcalcError:
        text, spans = _written(sign, a, b)
        try:
            return _apply(kind, data, rule, (a, b), text, spans)
        except MatcalcError as error:
            raise type(error)(error.message, source=text, spans=error.spans, advice=error.advice) from None


def _apply(
    kind: str,
    data: object,
    rule: Callable[[Node, Elaboration], Expr],
    operands: Sequence[Expr],
    text: str,
    spans: Sequence[tuple[int, int]],
) -> Expr:
    context = Elaboration(text, {}, {}, {}, {})
    nodes = [_node(e, span) for e, span in zip(operands, spans, strict=True)]
    context.at.update(zip(nodes, operands, strict=True))
    return rule(Node(kind, nodes, data, 0, len(text)), context)


def _node(e: Expr, span: tuple[int, int]) -> Node:
    """A place for a value; what came from a function of every entry says so."""
    kind = "call" if e.op.elementwise else "entrywise" if e.op.name == "hadamard" else "operand"
    node = Node(kind, [], e.op.name, *span)
    node.bracketed = True
    return node


def _written(sign: str, a: Expr, b: Expr) -> tuple[str, tuple[tuple[int, int], tuple[int, int]]]:
    """The operation as text, with the places of its operands."""
    left, right = (to_text(e) if not e.args else f"({to_text(e)})" for e in (a, b))
    start = len(left) + len(sign) + 2
    return f"{left} {sign} {right}", ((0, len(left)), (start, start + len(right)))


Expr.combine = staticmethod(combine)
