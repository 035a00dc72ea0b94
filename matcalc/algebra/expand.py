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
    inner,
    inverse,
    is_chain,
    multiply,
    number,
    parts,
    transpose,
)
from matcalc.algebra.expr import Expr
from matcalc.algebra.operations import Operation

__all__ = ["expand_inverses", "expand_term", "expanded_terms", "multiplied_out"]

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


#: A product that would multiply out into more terms than this is left as it is.
_MOST_TERMS = 64


def expanded_terms(e: Expr) -> list[Expr]:
    """The terms of e with products multiplied out over sums, as far as the limit allows."""
    done: list[Expr] = []
    todo = list(e.args[::-1] if e.op is ADD else (e,))
    while todo:
        term = todo.pop()
        pieces = expand_term(term)
        if pieces is None or len(done) + len(todo) + len(pieces) > _MOST_TERMS:
            done.append(term)
        else:
            todo += [p for piece in pieces[::-1] for p in (piece.args[::-1] if piece.op is ADD else (piece,))]
    return done


def multiplied_out(e: Expr, most: int) -> list[Expr] | None:
    """The terms of e with every sum in it multiplied out: through products, ⊙, transposes and linear functions.

    None if there would be more than `most`, or if e is a single term.
    """
    terms = _all_terms(e, most)
    return None if terms is None or len(terms) == 1 else terms


def _all_terms(e: Expr, most: int) -> list[Expr] | None:
    """The terms of e, which are found for its operands first."""
    found: dict[Expr, list[Expr]] = {}
    stack = [e]
    while stack:
        node = stack[-1]
        operands = node.args if _is_multilinear(node) else ()
        todo = [arg for arg in operands if arg not in found]
        if todo:
            stack.extend(todo)
            continue
        stack.pop()
        if node not in found:
            terms = _terms_of(node, [found[arg] for arg in operands], most)
            if terms is None:
                return None
            found[node] = terms
    return found[e]


def _is_multilinear(e: Expr) -> bool:
    """Whether a sum in an operand may be written as a sum outside."""
    op = e.op
    return op in (ADD, PRODUCT, HADAMARD, TRANSPOSE, INNER) or (op.arity == 1 and bool(op.adjoint) and bool(e.args))


def _terms_of(e: Expr, operands: list[list[Expr]], most: int) -> list[Expr] | None:
    if e.op is ADD:
        joined = [term for terms in operands for term in terms]
        return joined if len(joined) <= most else None
    count = 1
    for terms in operands:
        count *= len(terms)
    if count > most:
        return None
    if count == 1:
        return [e]
    return [_with_operands(e, pick) for pick in choices(*operands)]


def _with_operands(e: Expr, args: tuple[Expr, ...]) -> Expr:
    if e.op is PRODUCT:
        return multiply(*args) if is_chain(e) else multiply(number(e.data), *args)  # type: ignore[arg-type]
    if e.op is HADAMARD:
        return hadamard(*args)
    if e.op is INNER:
        return inner(*args)
    return transpose(args[0]) if e.op is TRANSPOSE else apply(e.op, args, e.data)


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
