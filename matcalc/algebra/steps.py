"""One step of simplifying a node: like things collected, signs and positive factors moved, products turned.

Nothing is weighed here: each step has one result, and the simplifier repeats them until none changes the node.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from matcalc.algebra.blocks import merged
from matcalc.algebra.build import (
    ADD,
    HADAMARD,
    IDENTITY,
    NUMBER,
    ONES,
    POWER,
    PRODUCT,
    TRANSPOSE,
    add,
    apply,
    hadamard,
    inner,
    is_chain,
    is_number,
    magnitude,
    multiply,
    negate,
    number,
    number_value,
    parts,
    power,
    reassemble,
    transpose,
)
from matcalc.algebra.collect import collect_hadamard, collect_product, collect_sum, is_negative, order_terms
from matcalc.algebra.cost import Cost
from matcalc.algebra.expr import Expr
from matcalc.algebra.facts import Facts
from matcalc.algebra.mirrored import side_by_side
from matcalc.algebra.rules import RuleSet
from matcalc.algebra.shapes import SCALAR

__all__ = ["Stepping", "negate_sum", "whole_number"]

#: What may take a sign into itself.
_SIGNED = (ADD, HADAMARD, PRODUCT, TRANSPOSE)


class Stepping(ABC):
    """What a simplifier knows, and the steps that need nothing else.

    factoring: whether sums are factored and multiplied out; weighing: whether candidates are weighed
    at all, or only rules applied and like things collected.
    """

    def __init__(
        self,
        facts: Facts,
        rules: RuleSet,
        alternate: RuleSet | None = None,
        *,
        factoring: bool = True,
        weighing: bool = True,
    ) -> None:
        self.facts = facts
        self.rules = rules.under(facts)
        self.alternate = (alternate or RuleSet()).under(facts)
        self.factoring = factoring
        self.weighing = weighing
        self.keys = facts.keys
        self.cost = Cost()
        self._done: dict[Expr, Expr] = {}
        self._flipped: dict[tuple[Expr, bool], Expr | None] = {}
        self._spelled: dict[Expr, Expr] = {}
        self._factorings: dict[Expr, Expr] = {}
        self._depth = 0

    @abstractmethod
    def _again(self, e: Expr) -> Expr:
        """A candidate simplified in its turn."""

    def _collected(self, e: Expr) -> Expr:
        op = e.op
        if op is ADD:
            joined = merged(e)
            if joined is not e:
                return joined
            return side_by_side(order_terms(collect_sum(e, self.keys)), self.keys)
        if op is PRODUCT:
            collected = collect_product(e, self.keys)
            if collected is e and is_chain(e):
                return self._oriented(e)
            return collected if collected is not e else self._signs(self._distributed(e))
        if op is HADAMARD:
            collected = collect_hadamard(e, self.keys)
            return collected if collected is not e else _common_transpose(_spread_powers(e))
        if op is TRANSPOSE:
            return self._transpose(e)
        if op is POWER:
            exponent = _sign_out(e.args[1])
            return e if exponent is e.args[1] else power(e.args[0], exponent)
        if op.elementwise and e.shape != SCALAR and parts(e.args[0])[2] and parts(e.args[0])[2][0].op is ONES:
            return self._constant(e)
        if op.parity or op.degree is not None:
            return self._outside(e)
        return e

    def _constant(self, e: Expr) -> Expr:
        """f(c 𝟏) as f(c) 𝟏, for a function that acts entry by entry."""
        c, scalars, m = parts(e.args[0])
        return multiply(apply(e.op, (reassemble(c, scalars, ()), *e.args[1:]), e.data), *m) if len(m) == 1 else e

    def _outside(self, e: Expr) -> Expr:
        """|−2 x| as 2 |x| and sin(−x) as −sin(x): signs and positive factors outside, as the row allows."""
        op, arg = e.op, e.args[0]
        coefficient, scalars, m = parts(arg)
        if not scalars and not m:
            return e
        sign = -1 if op.parity and (coefficient < 0 or (arg.op is ADD and all(map(is_negative, arg.args)))) else 1
        outside: list[Expr] = []
        inside = arg
        if op.degree is not None:
            outside = [number(magnitude(coefficient)), *[s for s in scalars if self.facts.holds("positive", s)]]
            rest = tuple([s for s in scalars if s not in outside])
            if not rest and not m:
                rest, outside = scalars, outside[:1]
            inside = reassemble(1 if coefficient > 0 else -1, rest, m)
        if sign < 0:
            inside = negate_sum(inside) if inside.op is ADD else negate(inside)
        if inside is arg:
            return e
        factors = [power(s, number(op.degree)) for s in outside if op.degree]
        return multiply(number(sign if op.parity == "odd" else 1), *factors, apply(op, (inside, *e.args[1:]), e.data))

    def _transpose(self, e: Expr) -> Expr:
        inside = e.args[0]
        if self.keys.is_symmetric(inside):
            return inside
        if inside.op is ADD or inside.op is HADAMARD:
            pushed = (add if inside.op is ADD else hadamard)(*[transpose(t) for t in inside.args])
            if self.cost(pushed) <= self.cost(e):
                return pushed
        return e

    def _oriented(self, e: Expr) -> Expr:
        """yᵀA x rather than xᵀAᵀy, xᵀ(y + z) rather than (y + z)ᵀx, and ‖tanh(x)‖² for tanh(x)ᵀtanh(x)."""
        if len(e.args) == 2 and e.args[1].args and e.args[0] is transpose(e.args[1]):
            return inner(e.args[1], e.args[1])
        turned = multiply(*[transpose(f) for f in reversed(e.args)])
        mine, other = self.cost(e), self.cost(turned)
        first, last = e.args[0], e.args[-1]
        sum_first = first.op is TRANSPOSE and first.args[0].op is ADD and last.op is not ADD
        return turned if other < mine or (other == mine and sum_first) else e

    def _distributed(self, e: Expr) -> Expr:
        """(a b)ᵖ with an integer p becomes aᵖ bᵖ next to other scalars."""
        c, scalars, m = parts(e)
        if not scalars:
            return e
        out: list[Expr] = []
        for s in scalars:
            if s.op is POWER and s.args[0].op is PRODUCT and not is_chain(s.args[0]) and whole_number(s.args[1]):
                d, inner_scalars, _ = parts(s.args[0])
                out += [power(number(d), s.args[1]), *[power(f, s.args[1]) for f in inner_scalars]]
            else:
                out.append(s)
        return e if tuple(out) == scalars else multiply(number(c), *out, *m)

    def _signs(self, e: Expr) -> Expr:
        """−(y − x) becomes x − y inside a product; a sum with no positive term gives its sign away."""
        c, s, m = parts(e)
        factors = s + m
        for i, factor in enumerate(factors):
            flipped = self._flip(factor, must=c < 0, beside=factors) if factor.op in _SIGNED else None
            if flipped is not None and not self._has_twin(factor, factors):
                return multiply(number(-c), *factors[:i], flipped, *factors[i + 1 :])
        return e

    def _has_twin(self, factor: Expr, factors: tuple[Expr, ...]) -> bool:
        """Whether the factor stands twice, up to transposition: −(x − a)(x − a)ᵀ keeps its sign."""
        spread = [f for other in factors for f in (other.args if is_chain(other) else (other,))]
        bare = [f.args[0] if f.op is TRANSPOSE else f for f in spread]
        return bare.count(factor.args[0] if factor.op is TRANSPOSE else factor) > 1

    def _flip(self, factor: Expr, *, must: bool, beside: tuple[Expr, ...] = ()) -> Expr | None:
        """−factor if the sign is better outside (or, with `must`, at least as good inside); beside: all factors.

        The sum that takes the sign may stand below any number of products and transposes; what was found
        is remembered, since the layers of a network share what is below.
        """
        known = self._flipped
        stack = [factor]
        while stack:
            todo = [part for part in _carriers(stack[-1], must) if (part, must) not in known]
            if todo:
                stack.extend(todo)
                continue
            node = stack.pop()
            if (node, must) not in known:
                known[node, must] = self._flip_by_parts(node, must, ())
        return self._flip_by_parts(factor, must, beside) if beside else known[factor, must]

    def _flip_by_parts(self, factor: Expr, must: bool, beside: tuple[Expr, ...]) -> Expr | None:
        """The same, where it is known of the parts that may carry the sign."""
        if factor.op is ADD:
            negative = sum(map(is_negative, factor.args))
            unit_first = factor.args[0].op in (ONES, NUMBER, IDENTITY)  # 𝟏 − y² keeps its looks
            if negative == len(factor.args) or (must and negative and not unit_first):
                return order_terms(negate_sum(factor))
            return None
        carriers = set(_carriers(factor, must))
        for i, part in enumerate(factor.args):
            flipped = self._flipped[part, must] if part in carriers else None
            if flipped is None:
                continue
            args = (*factor.args[:i], flipped, *factor.args[i + 1 :])
            if factor.op is HADAMARD:
                return hadamard(*args)
            if factor.op is TRANSPOSE:
                return transpose(flipped)
            if not self._has_twin(part, beside or factor.args):
                return multiply(number(factor.data), *args)  # type: ignore[arg-type]
        return None


def _carriers(factor: Expr, must: bool) -> tuple[Expr, ...]:
    """The parts of a factor that may take its sign."""
    if factor.op is HADAMARD:
        return tuple([part for part in factor.args if part.op in _SIGNED])
    return factor.args if factor.op is TRANSPOSE or (factor.op is PRODUCT and must) else ()


def negate_sum(e: Expr) -> Expr:
    """−e with the sign taken into the terms."""
    return add(*[negate(t) for t in e.args])


def _sign_out(e: Expr) -> Expr:
    """An exponent −n − 1 as −(n + 1)."""
    if e.op is ADD and all(map(is_negative, e.args)):
        return reassemble(-1, (negate_sum(e),), ())
    return e


def whole_number(e: Expr) -> bool:
    """Whether e is a whole number written out."""
    return is_number(e) and isinstance(number_value(e), int)


def _spread_powers(e: Expr) -> Expr:
    """(A ⊙ B)ᵖ with an integer p becomes Aᵖ ⊙ Bᵖ next to other factors of ⊙."""
    out: list[Expr] = []
    for factor in e.args:
        if factor.op is POWER and factor.args[0].op is HADAMARD and whole_number(factor.args[1]):
            out += [power(f, factor.args[1]) for f in factor.args[0].args]
        else:
            out.append(factor)
    return e if len(out) == len(e.args) else hadamard(*out)


def _common_transpose(e: Expr) -> Expr:
    """Aᵀ ⊙ Bᵀ is (A ⊙ B)ᵀ."""
    if all(arg.op is TRANSPOSE for arg in e.args):
        return transpose(hadamard(*[arg.args[0] for arg in e.args]))
    return e
