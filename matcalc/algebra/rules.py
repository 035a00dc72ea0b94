"""Rewrite rules and sets of them, indexed so that few are tried at a node."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from matcalc.algebra.build import NUMBER, ONES, PRODUCT, SYMBOL, TRANSPOSE, is_chain, parts
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

    def apply(self, e: Expr, facts: Facts) -> Iterable[Expr]:
        """Every result of the rule at the top of e."""
        for binding, result in rewrite_top(self.left, self.right, e, facts):
            if all(facts.holds(fact, binding.letters[letter]) for letter, fact in self.when):
                yield result


def _needs(left: Expr) -> frozenset[Operation]:
    """Operations that must be among the operands of a node for the rule to match there.

    Elsewhere the number 1 stands for 𝟏 of length 1; it is no factor of a product.
    """
    args = left.args
    if left.op is PRODUCT and not is_chain(left):
        _, s, m = parts(left)
        args = (*s, *m)
    anything = (SYMBOL, NUMBER, TRANSPOSE) if left.op is PRODUCT else (SYMBOL, NUMBER, ONES, TRANSPOSE)
    return frozenset(
        arg.op for arg in args if arg.op not in anything and not (arg.op is PRODUCT and len(arg.args) == 1)
    )


@dataclass
class RuleSet:
    """Rules by the operation at their head."""

    by_head: dict[Operation, list[tuple[frozenset[Operation], Rule]]] = field(default_factory=dict)

    @classmethod
    def of(cls, rules: Iterable[Rule]) -> RuleSet:
        """The rules in their order."""
        out = cls()
        for rule in rules:
            out.by_head.setdefault(rule.left.op, []).append((_needs(rule.left), rule))
        return out

    def at(self, e: Expr) -> Iterable[Rule]:
        """The rules that may match at the top of e."""
        rules = self.by_head.get(e.op)
        if rules:
            present = {arg.op for arg in e.args}
            for needs, rule in rules:
                if needs <= present:
                    yield rule
