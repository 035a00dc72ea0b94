"""Expanding: products over sums, and inverses of products of square factors."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import product as choices

from matcalc.algebra.build import (
    ADD,
    HADAMARD,
    INNER,
    INVERSE,
    PRODUCT,
    TRANSPOSE,
    apply,
    hadamard,
    inverse,
    is_chain,
    multiply,
    number,
    parts,
    transpose,
)
from matcalc.algebra.expr import Expr
from matcalc.algebra.operations import Operation

__all__ = ["expand_inverses", "expand_term"]

#: A product that would expand into more terms than this is left alone.
_LIMIT = 32


def expand_term(term: Expr) -> list[Expr] | None:
    """The terms of a product with its sums multiplied out, one level deep; None if there are none."""
    c, s, m = parts(term)
    if len(m) == 1 and m[0].op is HADAMARD:
        pieces = _multiply_out([_terms(f) for f in m[0].args], hadamard)
        return None if pieces is None else [multiply(number(c), *s, piece) for piece in pieces]
    pieces = _multiply_out([_terms(f) for f in (*s, *m)], multiply)
    return None if pieces is None else [multiply(number(c), piece) for piece in pieces]


def _multiply_out(options: list[tuple[Expr, ...]], combine: Callable[..., Expr]) -> list[Expr] | None:
    """The products of one term from each factor; None if there is one, or too many."""
    count = 1
    for option in options:
        count *= len(option)
    if count == 1 or count > _LIMIT:
        return None
    return [combine(*pick) for pick in choices(*options)]


def _terms(e: Expr) -> tuple[Expr, ...]:
    """The terms of a factor: of a sum, and of a bilinear form xᵀ(A + B) y, (A + B) : C or tr((A + B) C) with sums."""
    if not e.args:
        return (e,)
    if e.op is ADD:
        return e.args
    if e.op is TRANSPOSE and e.args[0].op is ADD:
        return tuple([transpose(t) for t in e.args[0].args])
    if is_chain(e):
        return tuple(_multiply_out([_terms(f) for f in e.args], multiply) or (e,))
    if e.op is INNER or e.op.cyclic:
        options = [x.args if x.op is ADD else tuple(expand_term(x) or (x,)) for x in e.args]
        return tuple(_multiply_out(options, partial(_applied, e.op)) or (e,))
    return (e,)


def _applied(op: Operation, *args: Expr) -> Expr:
    return apply(op, args)


def expand_inverses(e: Expr) -> Expr:
    """A product with (A B)⁻¹ written B⁻¹A⁻¹ where both are square; e itself if there is none."""
    if not any(factor.op is INVERSE or factor.op is TRANSPOSE for factor in e.args):
        return e
    c, s, m = parts(e)
    out: list[Expr] = []
    for factor in m:
        out.extend(_spread(factor))
    return multiply(number(c), *s, *out) if len(out) != len(m) else e


def _spread(factor: Expr) -> list[Expr]:
    flipped = factor.op is TRANSPOSE
    core = factor.args[0] if flipped else factor
    if core.op is not INVERSE or core.args[0].op is not PRODUCT:
        return [factor]
    _, _, m = parts(core.args[0])
    if any(f.shape[0] != f.shape[1] for f in m):
        return [factor]
    pieces = [inverse(f) for f in reversed(m)]
    return [transpose(p) for p in reversed(pieces)] if flipped else pieces
