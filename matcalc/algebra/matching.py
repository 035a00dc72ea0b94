"""Matching: a pattern in metavariables against an expression, and the instance of a template.

A metavariable is a symbol whose shape names the sizes it may bind. In a product a metavariable may
take several adjacent factors; a transposed metavariable matches anything, bound to its transpose.
Sums and ⊙ match up to order; that is tried by brute force, since patterns are small.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import NamedTuple

from matcalc.algebra.build import (
    ADD,
    DIMENSION,
    HADAMARD,
    IDENTITY,
    NUMBER,
    ONE,
    ONES,
    PRODUCT,
    SYMBOL,
    TRANSPOSE,
    ZEROS,
    Number,
    add,
    apply,
    dimension,
    hadamard,
    identity,
    is_chain,
    magnitude,
    multiply,
    number,
    ones,
    parts,
    reassemble,
    scale,
    transpose,
    zeros,
)
from matcalc.algebra.expr import Expr, rebuild
from matcalc.algebra.facts import Facts
from matcalc.algebra.shapes import Dim, Shape, dim_substitute

__all__ = ["Binding", "instantiate", "match", "rewrite_top"]


class Binding(NamedTuple):
    """What the metavariables and the size names of a pattern stand for."""

    letters: Mapping[Expr, Expr]
    sizes: Mapping[str, Dim]

    def letter(self, pattern: Expr, e: Expr, facts: Facts) -> Binding | None:
        """This binding with one more letter, or None if it contradicts."""
        bound = self.letters.get(pattern)
        if bound is not None:
            return self if facts.keys.same(bound, e) else None
        sized = self.shape(pattern.shape, e.shape)
        return None if sized is None else Binding({**self.letters, pattern: e}, sized.sizes)

    def shape(self, pattern: Shape, shape: Shape) -> Binding | None:
        """This binding with the sizes that make the shapes agree, or None."""
        sizes = self.sizes
        for want, have in zip(pattern, shape, strict=True):
            known = sizes.get(want) if isinstance(want, str) else dim_substitute(want, sizes)
            if known is None:
                sizes = {**sizes, str(want): have}
            elif known != have:
                return None
        return self if sizes is self.sizes else Binding(self.letters, sizes)


EMPTY = Binding({}, {})


def instantiate(template: Expr, binding: Binding) -> Expr:
    """The template with letters and sizes replaced, rebuilt by the constructors."""

    def replace(node: Expr, args: tuple[Expr, ...]) -> Expr:
        if args:
            return apply(node.op, args, node.data)
        if node.op is SYMBOL:
            return binding.letters[node]
        rows, columns = (dim_substitute(d, binding.sizes) for d in node.shape)
        if node.op is ONES:
            return ones(rows, columns)
        if node.op is ZEROS:
            return zeros(rows, columns)
        if node.op is IDENTITY:
            return identity(rows)
        if node.op is DIMENSION:
            return dimension(dim_substitute(str(node.data), binding.sizes))
        return node

    return rebuild(template, replace)


def match(pattern: Expr, e: Expr, binding: Binding, facts: Facts) -> Iterator[Binding]:
    """Every way to bind the letters such that the pattern is e."""
    op = pattern.op
    if op is SYMBOL:
        bound = binding.letter(pattern, e, facts)
        if bound is not None:
            yield bound
    elif op is TRANSPOSE and pattern.args[0].op is SYMBOL:
        bound = binding.letter(pattern.args[0], transpose(e), facts)
        if bound is not None:
            yield bound
    elif op is ONES or op is IDENTITY or op is ZEROS:
        if e.op is op or (e is ONE and op is not ZEROS):
            bound = binding.shape(pattern.shape, e.shape)
            if bound is not None:
                yield bound
    elif op is NUMBER:
        if e is pattern:
            yield binding
    elif op is PRODUCT:
        yield from _match_product(pattern, e, binding, facts)
    elif op is ADD or op is HADAMARD:
        if e.op is op and len(e.args) == len(pattern.args):
            for rest, bound in _match_some(pattern.args, e.args, binding, facts):
                assert not rest
                yield bound
    elif e.op is op and e.data == pattern.data and len(e.args) == len(pattern.args):
        yield from _match_all(pattern.args, e.args, binding, facts)


def _match_all(patterns: tuple[Expr, ...], args: tuple[Expr, ...], binding: Binding, facts: Facts) -> Iterator[Binding]:
    if not patterns:
        yield binding
        return
    for bound in match(patterns[0], args[0], binding, facts):
        yield from _match_all(patterns[1:], args[1:], bound, facts)


def _match_some(
    patterns: tuple[Expr, ...], args: tuple[Expr, ...], binding: Binding, facts: Facts
) -> Iterator[tuple[tuple[Expr, ...], Binding]]:
    """Ways to match the patterns to some of the args in any order, with the args that are left."""
    if not patterns:
        yield args, binding
        return
    for i, arg in enumerate(args):
        for bound in match(patterns[0], arg, binding, facts):
            yield from _match_some(patterns[1:], args[:i] + args[i + 1 :], bound, facts)


def _match_product(pattern: Expr, e: Expr, binding: Binding, facts: Facts) -> Iterator[Binding]:
    """A product as a whole: a number times one letter binds the rest of the number to the letter."""
    c, scalars, matrices = _factors(pattern)
    if len(scalars) + len(matrices) == 1:
        rest = scale(c if magnitude(c) == 1 else 1 / Fraction(c), e)
        yield from match(pattern.args[0], rest, binding, facts)
        return
    if e.op is not PRODUCT or is_chain(e) != is_chain(pattern):
        return
    d, s, m = _factors(e)
    if c != d or len(s) != len(scalars):
        return
    for _, bound in _match_some(scalars, s, binding, facts):
        yield from _match_windows(matrices, m, bound, facts)


def _factors(e: Expr) -> tuple[Number, tuple[Expr, ...], tuple[Expr, ...]]:
    return (1, (), e.args) if is_chain(e) else parts(e)


def _match_windows(
    patterns: tuple[Expr, ...], factors: tuple[Expr, ...], binding: Binding, facts: Facts
) -> Iterator[Binding]:
    """Ways to cut the factors into as many adjacent windows as there are patterns, each a match."""
    if not patterns:
        if not factors:
            yield binding
        return
    head, rest = patterns[0], patterns[1:]
    wide = head.op is SYMBOL or (head.op is TRANSPOSE and head.args[0].op is SYMBOL)
    longest = len(factors) - len(rest) if wide else 1
    for k in range(1, longest + 1):
        window = factors[0] if k == 1 else reassemble(1, (), factors[:k])
        if not rest and k < len(factors):
            continue
        for bound in match(head, window, binding, facts):
            yield from _match_windows(rest, factors[k:], bound, facts)


def rewrite_top(left: Expr, right: Expr, e: Expr, facts: Facts) -> Iterator[tuple[Binding, Expr]]:
    """Every way to apply left → right at the top of e, inside a longer sum, product or ⊙ as well."""
    if left.op is PRODUCT and e.op is PRODUCT:
        yield from _rewrite_product(left, right, e, facts)
    elif left.op is HADAMARD and e.op is HADAMARD:
        for rest, bound in _match_some(left.args, e.args, EMPTY, facts):
            yield bound, hadamard(instantiate(right, bound), *rest)
    elif left.op is ADD and e.op is ADD:
        yield from _rewrite_sum(left, right, e, facts)
    else:
        for bound in match(left, e, EMPTY, facts):
            yield bound, instantiate(right, bound)


#: What a factor of any operation may match: a letter, its transpose, and a number times either.
_ANY_FACTOR = (SYMBOL, TRANSPOSE, PRODUCT)


def _may_be(pattern: Expr, factor: Expr) -> bool:
    """Whether the operations agree, and rows and columns stand where the pattern has them."""
    if pattern.op not in _ANY_FACTOR and pattern.op is not factor.op:
        return False
    (rows, columns), (height, width) = pattern.shape, factor.shape
    return (rows != 1 or height == 1) and (columns != 1 or width == 1)


def _rewrite_product(left: Expr, right: Expr, e: Expr, facts: Facts) -> Iterator[tuple[Binding, Expr]]:
    c, scalars, matrices = _factors(left)
    d, s, m = _factors(e)
    if len(m) < len(matrices):
        return
    for rest, bound in _match_some(scalars, s, EMPTY, facts):
        if not matrices:
            yield bound, multiply(number(Fraction(d) / c), instantiate(right, bound), *rest, *m)
            continue
        for i in range(len(m) - len(matrices) + 1):
            window = m[i : i + len(matrices)]
            if not all(map(_may_be, matrices, window)):
                continue
            for b in _match_all(matrices, window, bound, facts):
                middle = instantiate(right, b)
                tail = m[i + len(matrices) :]
                yield b, multiply(number(Fraction(d) / c), *rest, *m[:i], middle, *tail)


def _rewrite_sum(left: Expr, right: Expr, e: Expr, facts: Facts) -> Iterator[tuple[Binding, Expr]]:
    """Some terms of a sum, up to a common number: 3 − 3 sigmoid(x) is 3 times the pattern."""
    c, s, m = parts(left.args[0])
    first = reassemble(1, s, m)
    for i, term in enumerate(e.args):
        d, t, n = parts(term)
        ratio = Fraction(d) / c
        for bound in match(first, reassemble(1, t, n), EMPTY, facts):
            others = e.args[:i] + e.args[i + 1 :]
            scaled = tuple(scale(1 / ratio, other) for other in others)
            for rest, b in _match_some(left.args[1:], scaled, bound, facts):
                yield b, add(scale(ratio, instantiate(right, b)), *[scale(ratio, r) for r in rest])
