"""The simplifier: a bottom-up walk that brings each node to its shortest known form.

At a node, in this order: collect (like terms, equal bases, inverses), move signs, apply the
rewrite rules, and for sums and products weigh a few candidates — factored, expanded and
collected, with inverses of products spelled out — of which the cheapest wins. Results are
remembered by node, so a shared part is simplified once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from matcalc.algebra.blocks import merged
from matcalc.algebra.build import (
    ADD,
    HADAMARD,
    IDENTITY,
    INNER,
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
from matcalc.algebra.expand import expand_inverses, expand_term, multiplied_out
from matcalc.algebra.expr import Expr
from matcalc.algebra.factor import Split, candidates, common_denominator
from matcalc.algebra.facts import Facts
from matcalc.algebra.mirrored import halves, partners, side_by_side
from matcalc.algebra.operations import Operation
from matcalc.algebra.rules import RuleSet
from matcalc.algebra.shapes import SCALAR

__all__ = ["Simplifier"]

#: How often the forms of one node may change, and how deep rewriting may nest.
_ROUNDS = 12
_DEPTH = 40
#: A product is multiplied out only into this many terms.
_FEW = 4
#: What may take a sign into itself.
_SIGNED = (ADD, HADAMARD, PRODUCT, TRANSPOSE)
#: Sums longer than this are collected but not factored or expanded.
_LONG_SUM = 40


class Simplifier:
    """simplify(e) under facts and rules; remembers results by node.

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

    def __call__(self, e: Expr) -> Expr:
        """The expression in its shortest known form, equal in value.

        A node whose form changes waits on the stack, below its new form; until that is done it
        counts as its own result, so that a rewriting that comes back to it ends.
        """
        done = self._done
        becomes: dict[Expr, Expr] = {}
        stack = [e]
        while stack:
            node = stack[-1]
            if node in becomes:
                result = done[becomes.pop(node)]
            elif node in done:
                stack.pop()
                continue
            else:
                todo = [arg for arg in node.args if arg not in done]
                if todo:
                    stack.extend(reversed(todo))
                    continue
                form = self._step(node)
                if form is not node:
                    done[node] = node
                    becomes[node] = form
                    if form not in done:
                        stack.append(form)
                    continue
                result = self._weighed(node)
            stack.pop()
            done[node] = done[result] = result
        return done[e]

    def _again(self, e: Expr) -> Expr:
        """A candidate simplified in its turn; its operands mostly are already."""
        if self._depth >= _DEPTH:
            return e
        self._depth += 1
        try:
            return self(e)
        finally:
            self._depth -= 1

    def _step(self, e: Expr) -> Expr:
        """The next form of a node whose operands are done, or the node itself."""
        args = tuple([self._done[arg] for arg in e.args])
        if args != e.args:
            return apply(e.op, args, e.data)
        if not args:
            return e
        collected = self._collected(e)
        return collected if collected is not e else self._rewritten(e)

    def _weighed(self, e: Expr) -> Expr:
        """The cheapest of a few candidates for a node that no rule changes any more."""
        if not self.weighing:
            return e
        self._done[e] = e
        if e.op is ADD:
            return self._sum(e)
        if e.op is PRODUCT:
            return self._product(e)
        if e.op is INNER or (e.op.adjoint and (e.shape == SCALAR or len(e.args) > 1)):
            return self._split(e)
        return e

    # --- one step ------------------------------------------------------------------------------

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
            if s.op is POWER and s.args[0].op is PRODUCT and not is_chain(s.args[0]) and _integer(s.args[1]):
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

    def _rewritten(self, e: Expr) -> Expr:
        for rule in self.rules.at(e):
            for result in rule.apply(e, self.facts):
                if result is not e and (
                    rule.slack is None or self.cost(self._again(result)) < self.cost(e) + rule.slack
                ):
                    return result
        return e

    # --- candidates ----------------------------------------------------------------------------

    def _sum(self, e: Expr) -> Expr:
        """The cheapest of: as it is, factored step by step, expanded and collected."""
        if len(e.args) > _LONG_SUM or not self.factoring:
            return e
        best = self._factored(e)
        for spelling in (e, self._respelled(e)):
            expanded = None if spelling is None else self._expanded(spelling)
            if expanded is not None and self.cost(expanded) < self.cost(best):
                best = expanded
        return self._upright(side_by_side(order_terms(best), self.keys))

    def _upright(self, e: Expr) -> Expr:
        """2 xᵀA + bᵀ as (2 Aᵀx + b)ᵀ where that is shorter."""
        if e.op is not ADD or e.shape[0] != 1 or e.shape[1] == 1:
            return e
        turned = transpose(self._again(add(*[transpose(t) for t in e.args])))
        return turned if self.cost(turned) < self.cost(e) else e

    def _respelled(self, e: Expr) -> Expr | None:
        """The sum with factors spelled in another way, such as sigmoid(−x) as 1 − sigmoid(x)."""
        changed = False
        terms = []
        for term in e.args:
            c, s, m = parts(term)
            factors = (*s, *m)
            spelled = tuple(map(self._spelling, factors))
            changed = changed or spelled != factors
            terms.append((term, c, factors, spelled))
        if not changed:
            return None
        return add(*[t if f == other else multiply(number(c), *other) for t, c, f, other in terms])

    def _spelling(self, factor: Expr) -> Expr:
        """A factor in its other spelling, if there is one."""
        found = self._spelled.get(factor)
        if found is None:
            found = self._spelled[factor] = self._spelled_anew(factor)
        return found

    def _spelled_anew(self, factor: Expr) -> Expr:
        if factor.op is HADAMARD:
            spelled = tuple(map(self._spelling, factor.args))
            return factor if spelled == factor.args else hadamard(*spelled)
        for rule in self.alternate.at(factor):
            for result in rule.apply(factor, self.facts):
                if self.cost(result) < self.cost(factor) + (rule.slack or 0):
                    return result
        return factor

    def _factored(self, e: Expr) -> Expr:
        found = self._factorings.get(e)
        if found is None:
            self._factorings[e] = e
            found = self._factorings[e] = self._factored_anew(e)
        return found

    def _factored_anew(self, e: Expr) -> Expr:
        for _ in range(_ROUNDS):
            if e.op is not ADD:
                return e
            symmetric = e.shape != SCALAR and self.keys.is_symmetric(e)
            split = [parts(term) for term in e.args]
            best = self._cheapest(e, chain(self._common(e, split, symmetric), self._merged(e, split)))
            if best is e and symmetric:
                best = self._cheapest(e, self._mirrored(e))
            if best is e:
                return e
            e = self._done.get(best, best)
        return e

    def _cheapest(self, e: Expr, forms: Iterable[tuple[Expr, int]]) -> Expr:
        """The cheapest of some forms, each with what is added to its cost, or e if none is cheaper than that."""
        best, least = e, -1
        for form, penalty in forms:
            least = self.cost(e) if least < 0 else least
            cost = self.cost(form) + penalty
            if cost < least:
                best, least = form, cost
        return best

    def _common(self, e: Expr, split: list[Split], symmetric: bool) -> Iterator[tuple[Expr, int]]:
        """The sum with what terms share taken out, and what that costs besides; symmetric sums stay so."""
        for common in candidates(split, self.keys):
            if symmetric and common.one_sided(self.keys):
                continue
            inside = self._again(add(*common.rests))
            whole = self._again(common.build(inside))
            taken = set(common.positions)
            mirrored = partners(common.positions, e.args, self.keys) if symmetric else ()
            if mirrored and not self.keys.is_symmetric(whole):  # α u wᵀ + β u wᵀ is joined where w uᵀ is
                taken.update(mirrored)
                whole = add(whole, self._again(transpose(whole)))
            rest = [t for i, t in enumerate(e.args) if i not in taken]
            yield add(*_insert(rest, whole, common.positions[0])) if rest else whole, common.penalty

    def _merged(self, e: Expr, split: list[Split]) -> Iterator[tuple[Expr, int]]:
        """2 diag(x) + diag(y) as diag(2 x + y): terms under one linear function, taken together."""
        groups: dict[Operation, list[tuple[int, Expr]]] = {}
        for i, (c, s, m) in enumerate(split):
            core = m[0] if len(m) == 1 else s[0] if len(s) == 1 and not m else None
            if core is not None and core.op.adjoint and core.op.arity == 1:
                outside = reassemble(c, s, ()) if m else number(c)
                groups.setdefault(core.op, []).append((i, multiply(outside, core.args[0])))
        for op, members in groups.items():
            inside = [x for _, x in members]
            if len(members) > 1 and all(x.shape == inside[0].shape for x in inside):
                taken = {i for i, _ in members}
                rest = [t for i, t in enumerate(e.args) if i not in taken]
                whole = self._again(apply(op, (add(*inside),)))
                yield add(*_insert(rest, whole, members[0][0])) if rest else whole, 0

    def _mirrored(self, e: Expr) -> Iterator[tuple[Expr, int]]:
        """2 u wᵀ + v wᵀ + 2 w uᵀ + w vᵀ as (2 u + v) wᵀ + w (2 u + v)ᵀ."""
        for rest, half in halves(e, self.keys):
            whole = self._again(add(*half))
            if whole.op is not ADD:
                yield add(*rest, whole, self._again(transpose(whole))), 0

    def _expanded(self, e: Expr) -> Expr | None:
        """The sum multiplied out, if terms then meet."""
        if e.op is not ADD:
            return None
        terms: list[Expr] = []
        grown = False
        for term in e.args:
            pieces = expand_term(term)
            grown = grown or pieces is not None
            terms.extend(pieces or [term])
        if not grown or len(terms) > _LONG_SUM:
            return None
        collected = self._collect_all(add(*terms))
        count = len(collected.args) if collected.op is ADD else 1
        if count >= len(terms):
            return None
        return self._factored(collected) if collected.op is ADD else collected

    def symmetric_form(self, e: Expr) -> Expr:
        """e multiplied out and collected, if that shows it symmetric: diag(p) − p pᵀ; else e."""
        if e.shape[0] != e.shape[1] or self.keys.is_symmetric(e):
            return e
        terms = multiplied_out(e, _LONG_SUM)
        out = e if terms is None else self._collect_all(add(*terms))
        if self.keys.is_symmetric(out):
            return side_by_side(order_terms(self._factored(out)), self.keys)
        if e.op is ADD:  # a long sum of terms that are symmetric each
            out = add(*[self.symmetric_form(term) for term in e.args])
        return side_by_side(out, self.keys) if self.keys.is_symmetric(out) else e

    def _collect_all(self, e: Expr) -> Expr:
        if e.op is not ADD:
            return self._again(e)
        simple = add(*[self._again(t) for t in e.args])
        return order_terms(collect_sum(simple, self.keys)) if simple.op is ADD else simple

    def _product(self, e: Expr) -> Expr:
        spelled = expand_inverses(e)
        if spelled is not e:
            spelled = self._again(spelled)
            if self.cost(spelled) < self.cost(e):
                return spelled
        pieces = expand_term(e) if e.shape != SCALAR else None
        if pieces is not None and len(pieces) <= _FEW:
            expanded = self._collect_all(add(*pieces))
            if expanded.op is ADD and len(expanded.args) < _FEW:
                expanded = self._factored(expanded)
            if self.cost(expanded) < self.cost(e) - is_negative(e):  # a leading minus is no reason
                return self._again(expanded)
        folded = self._folded(e)
        return folded if folded is not e else self._cleared(e)

    def _folded(self, e: Expr) -> Expr:
        """A sum and the factor beside it as one, where that is cheaper: S (X − μ 𝟏ᵀ) 𝟏 as S (X 𝟏 − n μ)."""
        c, s, m = (1, (), e.args) if is_chain(e) else parts(e)
        if len(m) < 3:
            return e
        for i in range(len(m) - 1):
            if any(f.op is ADD or (f.op is TRANSPOSE and f.args[0].op is ADD) for f in m[i : i + 2]):
                pair = multiply(m[i], m[i + 1])
                form = self._again(pair)
                if self.cost(form) < self.cost(pair):
                    return self._again(multiply(number(c), *s, *m[:i], form, *m[i + 2 :]))
        return e

    def _split(self, e: Expr) -> Expr:
        """A linear function of a sum, term by term, if that is cheaper: tr(a I − B) is n a − tr(B)."""
        for i, arg in enumerate(e.args):
            if e.op is not INNER and e.op.adjoint[i] in ("", "𝟎"):
                continue
            terms = arg.args if arg.op is ADD else expand_term(arg)
            if terms is not None and len(terms) <= _FEW:
                pieces = [apply(e.op, (*e.args[:i], t, *e.args[i + 1 :]), e.data) for t in terms]
                form = self._collect_all(add(*pieces))
                if self.cost(form) <= self.cost(e):
                    return self._again(form)
        return e

    def _cleared(self, e: Expr) -> Expr:
        """Fractions cleared inside a power of a sum: 1/(ν (1 + q/ν)) is 1/(ν + q)."""
        c, scalars, m = (1, (), e.args) if is_chain(e) else parts(e)
        for i, s in enumerate(scalars):
            if not (s.op is POWER and s.args[0].op is ADD and _integer(s.args[1])):
                continue
            denominator = common_denominator(s.args[0].args)
            if is_number(denominator):
                continue
            inside = self._again(add(*[multiply(denominator, term) for term in s.args[0].args]))
            outside = power(denominator, negate(s.args[1]))
            form = self._again(
                multiply(number(c), *scalars[:i], power(inside, s.args[1]), outside, *scalars[i + 1 :], *m)
            )
            if self.cost(form) < self.cost(e):
                return form
        return e


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


def _integer(e: Expr) -> bool:
    return is_number(e) and isinstance(number_value(e), int)


def _insert(rest: list[Expr], whole: Expr, position: int) -> list[Expr]:
    return [*rest[:position], whole, *rest[position:]]


def _spread_powers(e: Expr) -> Expr:
    """(A ⊙ B)ᵖ with an integer p becomes Aᵖ ⊙ Bᵖ next to other factors of ⊙."""
    out: list[Expr] = []
    for factor in e.args:
        if factor.op is POWER and factor.args[0].op is HADAMARD and _integer(factor.args[1]):
            out += [power(f, factor.args[1]) for f in factor.args[0].args]
        else:
            out.append(factor)
    return e if len(out) == len(e.args) else hadamard(*out)


def _common_transpose(e: Expr) -> Expr:
    """Aᵀ ⊙ Bᵀ is (A ⊙ B)ᵀ."""
    if all(arg.op is TRANSPOSE for arg in e.args):
        return transpose(hadamard(*[arg.args[0] for arg in e.args]))
    return e
