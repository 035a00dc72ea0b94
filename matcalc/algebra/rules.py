"""Rewrite rules and sets of them, indexed so that few are tried at a node."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from operator import attrgetter
from typing import NamedTuple

from matcalc.algebra.collect import is_negative
from matcalc.algebra.expr import Expr
from matcalc.algebra.facts import Facts
from matcalc.algebra.matching import rewrite_top
from matcalc.algebra.needs import Kind, Need, has_transpose, is_met, kinds, needs_of, wants_minus, wants_transpose
from matcalc.algebra.operations import Operation

__all__ = ["Rule", "RuleSet"]


@dataclass(frozen=True, eq=False, slots=True)
class Rule:
    """left → right wherever the facts in `when` hold of the letters.

    slack: None for an orienting rule, which is applied always; 0 for one that must shorten, 1 for one
    that must not lengthen.
    """

    name: str
    left: Expr
    right: Expr
    when: tuple[tuple[Expr, str], ...] = ()
    slack: int | None = None

    @property
    def facts(self) -> frozenset[str]:
        """The facts that the rule demands."""
        return frozenset(fact for _, fact in self.when)

    def apply(self, e: Expr, facts: Facts) -> Iterable[Expr]:
        """Every result of the rule at the top of e."""
        for binding, result in rewrite_top(self.left, self.right, e, facts):
            if all(facts.holds(fact, binding.letters[letter]) for letter, fact in self.when):
                yield result


class Entry(NamedTuple):
    """A rule with its place in the order, and what an expression must have for it to be tried there."""

    place: int
    rule: Rule
    needs: tuple[Need, ...]
    minus: bool
    transpose: bool

    @classmethod
    def of(cls, place: int, rule: Rule) -> Entry:
        """A rule that must not lengthen and turns f(−x) or f(Xᵀ) around waits for what it can take away."""
        left, bounded = rule.left, rule.slack is not None
        return cls(place, rule, needs_of(left), bounded and wants_minus(left), bounded and wants_transpose(left))

    def may_match(self, e: Expr) -> bool:
        """Whether the rule is worth trying at the top of e."""
        if self.minus and not is_negative(e.args[0]):
            return False
        if self.transpose and not has_transpose(e.args[0]):
            return False
        return not self.needs or is_met(self.needs, e)


@dataclass
class RuleSet:
    """Rules by the operation at their head, and by what they need among its operands, if they need anything."""

    by_head: dict[Operation, dict[Kind | None, list[Entry]]] = field(default_factory=dict)
    #: The rules in their order, and the facts that some of them demand of their letters.
    rules: tuple[Rule, ...] = ()
    demands: frozenset[str] = frozenset()
    _without: dict[frozenset[str], RuleSet] = field(default_factory=dict)

    @classmethod
    def of(cls, rules: Iterable[Rule]) -> RuleSet:
        """The rules in their order."""
        chosen = tuple(rules)
        out = cls(rules=chosen, demands=frozenset().union(*[rule.facts for rule in chosen]))
        for i, rule in enumerate(chosen):
            entry = Entry.of(i, rule)
            at_head = out.by_head.setdefault(rule.left.op, {})
            at_head.setdefault((entry.needs[0].op, entry.needs[0].outer) if entry.needs else None, []).append(entry)
        return out

    def under(self, facts: Facts) -> RuleSet:
        """The rules without those that demand what these facts give no expression."""
        missing = frozenset(fact for fact in self.demands if not facts.can_hold(fact))
        found = self._without.get(missing)
        if found is None:
            found = self._without[missing] = RuleSet.of([r for r in self.rules if missing.isdisjoint(r.facts)])
        return found

    def at(self, e: Expr) -> list[Rule]:
        """The rules that may match at the top of e, in their order."""
        at_head = self.by_head.get(e.op)
        if at_head is None:
            return []
        found = [entry for entry in at_head.get(None, ()) if entry.may_match(e)]
        if len(at_head) > (None in at_head):
            for kind in kinds(e):
                if kind in at_head:
                    found += [entry for entry in at_head[kind] if entry.may_match(e)]
        if len(found) > 1:
            found.sort(key=attrgetter("place"))
        return [entry.rule for entry in found]
