"""Rewrite rules and sets of them, indexed so that few are tried at a node."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from operator import itemgetter

from matcalc.algebra.build import ADD, HADAMARD, IDENTITY, INNER, NUMBER, ONES, PRODUCT, SYMBOL, TRANSPOSE
from matcalc.algebra.expr import Expr
from matcalc.algebra.facts import Facts
from matcalc.algebra.matching import rewrite_top
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


#: For a head: an operation, how many operands must have it, and what each of those must have in turn.
Needs = tuple[tuple[Operation, int, tuple["Needs", ...]], ...]

#: Heads with no operand 1×1 where the pattern has an array; elsewhere the number 1 stands for 𝟏 and I of length 1.
_OF_ARRAYS = (PRODUCT, HADAMARD, INNER)


def _needs(pattern: Expr) -> Needs:
    """What must stand among the operands of a node, and among theirs, for the pattern to match there."""
    free = (SYMBOL, NUMBER, TRANSPOSE, *(() if pattern.op in _OF_ARRAYS else (ONES, IDENTITY)))
    below: dict[Operation, list[Needs]] = {}
    for arg in _operands(pattern):
        if arg.op not in free and not (arg.op is PRODUCT and len(arg.args) == 1):
            below.setdefault(arg.op, []).append(_needs(arg))
    return tuple([(op, len(inner), tuple(filter(None, inner))) for op, inner in below.items()])


def _operands(e: Expr) -> tuple[Expr, ...]:
    """The operands; those of a sum without their numbers, since a rule matches multiples of a sum."""
    if e.op is ADD:
        return tuple([t.args[0] if t.op is PRODUCT and len(t.args) == 1 else t for t in e.args])
    return e.args


def _present(needs: Needs, e: Expr) -> bool:
    operands = _operands(e)
    for op, count, inner in needs:
        found = [arg for arg in operands if arg.op is op]
        if len(found) < count:
            return False
        for further in inner:
            if not any(_present(further, arg) for arg in found):
                return False
    return True


@dataclass
class RuleSet:
    """Rules by the operation at their head, and by one that they need among its operands, if they need any."""

    by_head: dict[Operation, dict[Operation | None, list[tuple[int, Needs, Rule]]]] = field(default_factory=dict)
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
            needs = _needs(rule.left)
            at_head = out.by_head.setdefault(rule.left.op, {})
            at_head.setdefault(needs[0][0] if needs else None, []).append((i, needs, rule))
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
        found = [*at_head.get(None, ())]
        for op in {arg.op for arg in _operands(e)}:
            if op in at_head:
                found += at_head[op]
        if len(found) > 1:
            found.sort(key=itemgetter(0))
        return [rule for _, needs, rule in found if not needs or _present(needs, e)]
