"""Collecting: like terms of a sum, equal bases of a product, inverses that cancel."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

from matcalc.algebra.build import (
    ADD,
    INNER,
    INVERSE,
    MATPOW,
    NUMBER,
    ONE,
    POWER,
    PRODUCT,
    TRANSPOSE,
    Number,
    add,
    hadamard,
    identity,
    is_chain,
    is_number,
    matrix_power,
    multiply,
    number,
    number_value,
    parts,
    power,
    scale,
    sqrt,
    transpose,
)
from matcalc.algebra.expr import Expr
from matcalc.algebra.keys import Keys

__all__ = [
    "base_exponent",
    "collect_factors",
    "collect_hadamard",
    "collect_product",
    "collect_sum",
    "is_negative",
    "order_terms",
]


def collect_sum(e: Expr, keys: Keys) -> Expr:
    """The sum with like terms added: a x + 2 a x is 3 a x."""
    totals: dict[int, Number] = {}
    first: dict[int, tuple[Number, Expr]] = {}
    for term in e.args:
        n, key = keys.term(term)
        if key in totals:
            totals[key] = totals[key] + n
        else:
            totals[key], first[key] = n, (n, term)
    if len(totals) == len(e.args):
        return e
    return add(*[scale(Fraction(totals[k]) / n, term) for k, (n, term) in first.items()])


def is_negative(e: Expr) -> bool:
    """Whether e is printed with a leading minus."""
    if e.op is NUMBER:
        return number_value(e) < 0
    return e.op is PRODUCT and not is_chain(e) and e.data < 0  # type: ignore[operator]


def order_terms(e: Expr) -> Expr:
    """The sum with a positive term first, if there is one, and A before Aᵀ; the order is kept otherwise."""
    if e.op is not ADD:
        return e
    terms = list(e.args)
    transposed = [i for i, term in enumerate(terms) if _is_transposed(term)]
    if transposed:
        where = {term: i for i, term in enumerate(e.args)}
        for i in transposed:
            j = where.get(transpose(e.args[i]), -1)
            if j > i:
                terms[i], terms[j] = terms[j], terms[i]
    if is_negative(terms[0]):
        first = next((i for i, term in enumerate(terms) if not is_negative(term)), 0)
        terms.insert(0, terms.pop(first))
    return add(*terms) if tuple(terms) != e.args else e


def _is_transposed(term: Expr) -> bool:
    core = term.args[-1] if term.op is PRODUCT else term
    return core.op is TRANSPOSE and (core is term or len(parts(term)[2]) == 1)


def base_exponent(e: Expr) -> tuple[Expr, Expr]:
    """(b, p) with e = b^p entry by entry; powers of x : x are powers of ‖x‖."""
    base, exponent = (e.args[0], e.args[1]) if e.op is POWER else (e, ONE)
    if base.op is INNER and base.args[0] is base.args[1] and is_number(exponent):
        return sqrt(base), scale(2, exponent)
    return base, exponent


def collect_factors(factors: tuple[Expr, ...], keys: Keys) -> tuple[Number, list[Expr]] | None:
    """(number, factors) with equal bases joined, for scalars and for ⊙; None if nothing joins.

    Bases that differ in sign join when their exponents are integers.
    """
    slots: dict[int, tuple[Expr, Expr, Number]] = {}
    coefficient: Number = 1
    joined = False
    for factor in factors:
        base, exponent = base_exponent(factor)
        n, key = keys.term(base)
        if n == 0:
            return None
        if key not in slots:
            slots[key] = (base, exponent, n)
            continue
        first, total, m = slots[key]
        ratio = Fraction(n) / m
        if ratio != 1:
            if not (is_number(exponent) and isinstance(exponent.data, int)):
                return None
            coefficient = coefficient * ratio**exponent.data
        joined = True
        slots[key] = (first, add(total, exponent), m)
    if not joined:
        return None
    return coefficient, [power(base, exponent) for base, exponent, _ in slots.values()]


def collect_product(e: Expr, keys: Keys) -> Expr:
    """A product with equal scalars joined and inverse factors cancelled."""
    coefficient, scalars, matrices = (1, (), e.args) if is_chain(e) else parts(e)
    found = collect_factors(scalars, keys) if len(scalars) > 1 else None
    if found is not None:
        coefficient = coefficient * found[0]
        scalars = tuple(found[1])
    kept = _cancel(matrices, keys) if len(matrices) > 1 else None
    if found is None and kept is None:
        return e
    return multiply(number(coefficient), *scalars, *_or_unit(matrices, kept))


def _or_unit(matrices: tuple[Expr, ...], kept: list[Expr] | None) -> tuple[Expr, ...]:
    if kept is None:
        return matrices
    return tuple(kept) or (identity(matrices[0].shape[0]),)


def _matrix_base(e: Expr) -> tuple[Expr, Expr]:
    """(B, k) with e = B^k as a matrix power."""
    if e.op is TRANSPOSE:
        base, exponent = _matrix_base(e.args[0])
        return transpose(base), exponent
    if e.op is INVERSE:
        base, exponent = _matrix_base(e.args[0])
        return base, scale(-1, exponent)
    if e.op is MATPOW:
        base, exponent = _matrix_base(e.args[0])
        return base, multiply(exponent, e.args[1])
    return e, ONE


def _raise(base: Expr, exponent: Expr) -> Expr:
    if base.op is TRANSPOSE:
        return transpose(_raise(base.args[0], exponent))
    if base.shape[0] != base.shape[1]:
        return base
    return matrix_power(base, exponent)


#: What a factor that undoes others can be.
_INVERTED = (INVERSE, TRANSPOSE)


def _cancel(factors: tuple[Expr, ...], keys: Keys) -> list[Expr] | None:
    """The factors with B^j B^k joined, and windows that spell out the inverse next to them removed."""
    out: list[Expr] = []
    changed = False
    windows = any(_inverted_product(factor) is not None for factor in factors if factor.op in _INVERTED)
    if not windows and not any(a.shape == b.shape for a, b in pairwise(factors)):
        return None
    for factor in factors:
        out.append(factor)
        while len(out) > 1:
            joined = _join(out, keys)
            if joined is None and windows:
                joined = _cancel_window(out, keys)
            if joined is None:
                break
            out = joined
            changed = True
    return out if changed else None


def _join(out: list[Expr], keys: Keys) -> list[Expr] | None:
    """The last two factors joined if they are powers of one base."""
    left, right = out[-2], out[-1]
    if left.shape[0] == left.shape[1] and left.shape == right.shape:
        a, j = _matrix_base(left)
        b, k = _matrix_base(right)
        if keys.same(a, b):
            total = add(j, k)
            cancelled = is_number(total) and number_value(total) == 0
            return out[:-2] if cancelled else [*out[:-2], _raise(a, total)]
    return None


def _cancel_window(out: list[Expr], keys: Keys) -> list[Expr] | None:
    """A product next to the inverse of the same product: A X (A X)⁻¹ is I."""
    spelled = _inverted_product(out[-1])
    if spelled is not None:
        k = len(spelled)
        if k < len(out) and keys.same(multiply(*out[-1 - k : -1]), multiply(*spelled)):
            return out[: -1 - k]
    for k in range(2, len(out)):
        spelled = _inverted_product(out[-1 - k])
        if spelled is not None and len(spelled) == k and keys.same(multiply(*out[-k:]), multiply(*spelled)):
            return out[: -1 - k]
    return None


def _inverted_product(e: Expr) -> tuple[Expr, ...] | None:
    """The factors of P if e is P⁻¹ for a product P of several factors."""
    base = e.args[0] if e.op is TRANSPOSE else e
    if base.op is not INVERSE or base.args[0].op is not PRODUCT:
        return None
    inside = transpose(base.args[0]) if e.op is TRANSPOSE else base.args[0]
    c, s, m = parts(inside)
    return m if c == 1 and not s and len(m) > 1 else None


def collect_hadamard(e: Expr, keys: Keys) -> Expr:
    """A product entry by entry with equal factors joined into powers."""
    found = collect_factors(e.args, keys)
    return e if found is None else scale(found[0], hadamard(*found[1]))
