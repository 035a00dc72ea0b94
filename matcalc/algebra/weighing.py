"""Forms of a sum or a product that are weighed against each other: factored, multiplied out, respelled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from matcalc.algebra.build import (
    ADD,
    HADAMARD,
    INNER,
    POWER,
    TRANSPOSE,
    add,
    apply,
    hadamard,
    is_chain,
    is_number,
    multiply,
    negate,
    number,
    parts,
    power,
    reassemble,
    transpose,
)
from matcalc.algebra.collect import collect_sum, is_negative, order_terms
from matcalc.algebra.expand import expand_inverses, expand_term, multiplied_out
from matcalc.algebra.expr import Expr
from matcalc.algebra.factor import Split, candidates, common_denominator
from matcalc.algebra.mirrored import halves, partners, side_by_side
from matcalc.algebra.operations import Operation
from matcalc.algebra.polynomials import in_factors
from matcalc.algebra.shapes import SCALAR
from matcalc.algebra.steps import Stepping, whole_number

__all__ = ["Weighing"]

#: How often the forms of one node may change.
_ROUNDS = 12
#: A product is multiplied out only into this many terms.
_FEW = 4
#: Products of more signs than this are not multiplied out.
_LONG_PRODUCT = 200
#: Sums longer than this are collected but not factored or expanded.
_LONG_SUM = 40


class Weighing(Stepping):
    """The candidates for a node that no step changes any more; the cheapest wins."""

    def _sum(self, e: Expr) -> Expr:
        """The cheapest of: as it is, factored step by step, expanded and collected."""
        if len(e.args) > _LONG_SUM or not self.factoring:
            return e
        best = self._factored(e)
        for spelling in (e, self._respelled(e)):
            expanded = None if spelling is None else self._expanded(spelling)
            if expanded is not None and self.cost(expanded) < self.cost(best):
                best = expanded
        product = in_factors(e)
        if product is not None and self.cost(product) < self.cost(best):
            return self._again(product)
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
        pieces = expand_term(e) if e.shape != SCALAR and self.cost(e) <= _LONG_PRODUCT else None
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
            if not (s.op is POWER and s.args[0].op is ADD and whole_number(s.args[1])):
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


def _insert(rest: list[Expr], whole: Expr, position: int) -> list[Expr]:
    return [*rest[:position], whole, *rest[position:]]
