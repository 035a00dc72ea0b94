"""A bound on the degree of an expression as a rational function of the entries drawn, for the error bound."""

from __future__ import annotations

from fractions import Fraction

from matcalc.algebra.blocks import STACK
from matcalc.algebra.build import ADD, HADAMARD, INNER, INVERSE, MATPOW, NUMBER, POWER, PRODUCT, number_value
from matcalc.algebra.contractions import sizes_of
from matcalc.algebra.expr import Expr, postorder
from matcalc.algebra.networks import CONTRACT
from matcalc.exact.evaluate import Point

__all__ = ["degree_bound"]

Degrees = tuple[int, int]
#: A function's value is at most so rational in what is drawn for it, beside its argument.
_FUNCTION = 8


def degree_bound(root: Expr, point: Point) -> int:
    """Degree of the numerator plus that of the denominator, and of whatever must not vanish or coincide.

    >>> from matcalc import parse
    >>> import random
    >>> degree_bound(parse("xᵀA x"), Point({"n": 2}, {}, random.Random(0)))
    3
    """
    found: dict[Expr, Degrees] = {}
    apart = 0
    for node in postorder(root):
        found[node] = _of(node, [found[arg] for arg in node.args], point)
        if node.op is INVERSE or node.op.elementwise or node.op is POWER:
            apart += sum(found[node.args[0]])
    return sum(found[root]) + apart


def _of(node: Expr, args: list[Degrees], point: Point) -> Degrees:
    op = node.op
    if not args:
        return (1, 0) if op.name == "symbol" else (0, 0)
    if op is ADD:
        return _sum(args)
    if op in (PRODUCT, HADAMARD, INNER, CONTRACT):
        above, below = sum(n for n, _ in args), sum(d for _, d in args)
        return _sum([(above, below)] * _contracted(node, point)) if below else (above, 0)
    if op is POWER or op is MATPOW:
        exponent = node.args[1]
        q = Fraction(number_value(exponent)) if exponent.op is NUMBER else Fraction(1)
        above, below = args[0] if q >= 0 else args[0][::-1]
        size = point.size(node.args[0].shape[0]) if op is MATPOW else 1
        return _scaled((above, below), abs(q) * 2 * size)
    if op.elementwise:
        return _FUNCTION + 2 * args[0][0], _FUNCTION + 2 * args[0][1]
    return _of_array(node, args, point)


def _of_array(node: Expr, args: list[Degrees], point: Point) -> Degrees:
    """Inverses and determinants by the degrees of minors; reductions as sums over all entries."""
    if node.op is STACK:
        return max(n for n, _ in args), max(d for _, d in args)
    rows, columns = (point.size(d) for d in node.args[0].shape)
    above, below = sum(n for n, _ in args), sum(d for _, d in args)  # A ⊗ B is linear in each
    if node.op.differential or node.op is INVERSE:
        cleared = above + rows * columns * below
        return rows * columns * (below + cleared) + _FUNCTION, rows * columns * (below + cleared) + _FUNCTION
    return _sum([(above, below)] * (rows * columns)) if below else (above, 0)


def _contracted(node: Expr, point: Point) -> int:
    """How many products an entry of this node sums."""
    count = 1
    if node.op is CONTRACT:
        for size in sizes_of([arg.shape for arg in node.args], node.data).values():
            count *= point.size(size)
        return count
    for arg in node.args:
        count *= max(point.size(arg.shape[1]), 1)
    return count


def _sum(terms: list[Degrees]) -> Degrees:
    below = sum(d for _, d in terms)
    return max(n + below - d for n, d in terms), below


def _scaled(degrees: Degrees, by: Fraction) -> Degrees:
    return int(degrees[0] * by) + 1, int(degrees[1] * by) + 1
