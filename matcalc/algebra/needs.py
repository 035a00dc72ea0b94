"""What an expression must have for a pattern to match there: cheap to see, so that few rules are tried.

A need is necessary and not sufficient: where it is met, matching decides.
"""

from __future__ import annotations

from typing import NamedTuple

from matcalc.algebra.build import ADD, HADAMARD, IDENTITY, INNER, NUMBER, ONES, PRODUCT, SYMBOL, TRANSPOSE
from matcalc.algebra.collect import is_negative
from matcalc.algebra.expr import Expr
from matcalc.algebra.operations import Operation

__all__ = ["Kind", "Need", "has_transpose", "is_met", "kinds", "needs_of", "wants_minus", "wants_transpose"]


class Need(NamedTuple):
    """Operands that must be there: their operation, how many, whether outer products, and what each of them needs."""

    op: Operation
    number: int
    outer: bool
    below: tuple[tuple[Need, ...], ...]


#: The operation of an operand, and whether it is an outer product.
Kind = tuple[Operation, bool]

#: Heads with no operand 1×1 where the pattern has an array; elsewhere the number 1 stands for 𝟏 and I of length 1.
_OF_ARRAYS = (PRODUCT, HADAMARD, INNER)


def needs_of(pattern: Expr) -> tuple[Need, ...]:
    """What must stand among the operands of a node, and among theirs, for the pattern to match there."""
    free = (SYMBOL, NUMBER, TRANSPOSE, *(() if pattern.op in _OF_ARRAYS else (ONES, IDENTITY)))
    kinds: dict[Operation, list[Expr]] = {}
    for arg in _operands(pattern):
        if arg.op not in free and not (arg.op is PRODUCT and len(arg.args) == 1):
            kinds.setdefault(arg.op, []).append(arg)
    return tuple([_need(op, args) for op, args in kinds.items()])


def _need(op: Operation, args: list[Expr]) -> Need:
    return Need(op, len(args), all(map(_is_outer, args)), tuple(filter(None, map(needs_of, args))))


def is_met(needs: tuple[Need, ...], e: Expr) -> bool:
    """Whether the operands of e meet the needs."""
    found = _operands(e)
    for op, number, outer, below in needs:
        kind = [arg for arg in found if arg.op is op and (not outer or _is_outer(arg))]
        if len(kind) < number or not all(any(is_met(further, arg) for arg in kind) for further in below):
            return False
    return True


def _operands(e: Expr) -> tuple[Expr, ...]:
    """The operands; those of a sum without their numbers, since a rule matches multiples of a sum."""
    if e.op is ADD:
        return tuple([t.args[0] if t.op is PRODUCT and len(t.args) == 1 else t for t in e.args])
    return e.args


def kinds(e: Expr) -> set[Kind]:
    """The operations of the operands; that of outer products also as such."""
    found: set[Kind] = set()
    for arg in _operands(e):
        found.add((arg.op, False))
        if arg.op is PRODUCT and _is_outer(arg):
            found.add((PRODUCT, True))
    return found


def _is_outer(e: Expr) -> bool:
    """Whether somewhere inside a product a row follows on a column."""
    return e.op is PRODUCT and any(factor.shape[0] == 1 for factor in e.args[1:])


# --- rules that must not lengthen ----------------------------------------------------------------


def wants_minus(left: Expr) -> bool:
    """Whether a pattern is f(−x): what is to become f(x) and no longer must have a minus to lose."""
    return len(left.args) == 1 and is_negative(left.args[0])


def wants_transpose(left: Expr) -> bool:
    """Whether a pattern is f(Xᵀ): what is to become f(X) and no longer must have a transpose to lose."""
    return len(left.args) == 1 and left.args[0].op is TRANSPOSE and left.args[0].args[0].op is SYMBOL


def has_transpose(e: Expr) -> bool:
    """Whether e, its terms or their factors are transposed, or rows of ones."""
    stack = [e]
    while stack:
        node = stack.pop()
        if node.op is TRANSPOSE or node.op is ONES:
            return True
        if node.op is ADD or node.op is PRODUCT:
            stack.extend(node.args)
    return False
