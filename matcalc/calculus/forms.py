"""The two forms in which the engine wants expressions: recognised before the sweep, short after it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from matcalc.algebra.expr import Expr
from matcalc.algebra.facts import Facts
from matcalc.algebra.simplify import Simplifier
from matcalc.notation.declarations import Declaration
from matcalc.rulebook.rules import rule_set

__all__ = ["facts_of", "recognised", "shortener"]


def recognised(f: Expr) -> Expr:
    """f with functions that were typed out (softplus, softmax, …) under their names; no facts are used."""
    return Simplifier(Facts(), rule_set("recognise"))(f)


def facts_of(symbols: Mapping[str, Declaration], without: str = "") -> Facts:
    """The declared facts, without those of one symbol."""
    return Facts({name: d.facts for name, d in symbols.items() if d.facts and name != without})


def shortener(symbols: Mapping[str, Declaration], without: str = "") -> Callable[[Expr], Expr]:
    """A simplifier under the declared facts; one remembers what it has done, so use one for a question."""
    return Simplifier(facts_of(symbols, without), rule_set("simplify"), rule_set("alternate"))
