"""The two forms in which the engine wants expressions: recognised before the sweep, short after it."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from matcalc.algebra.build import HADAMARD, POWER, PRODUCT, SYMBOL, apply, hadamard, is_number, multiply, number
from matcalc.algebra.expr import Expr, rebuild
from matcalc.algebra.facts import Facts
from matcalc.algebra.shapes import SCALAR
from matcalc.algebra.simplify import Simplifier
from matcalc.notation.declarations import Declaration
from matcalc.rulebook.rules import rule_set

__all__ = ["facts_of", "in_order", "recognised", "recogniser", "shortener"]


def recognised(f: Expr) -> Expr:
    """f with functions that were typed out (softplus, softmax, …) under their names; no facts are used."""
    return recogniser()(f)


def recogniser(like: Facts | None = None) -> Simplifier:
    """What recognises functions; one remembers what it has seen, for expressions that share parts."""
    return Simplifier(Facts(like=like), rule_set("recognise"), weighing=False)


def facts_of(symbols: Mapping[str, Declaration], without: Collection[str] = (), like: Facts | None = None) -> Facts:
    """The declared facts, without those of some symbols."""
    return Facts({name: d.facts for name, d in symbols.items() if d.facts and name not in without}, like)


def shortener(
    symbols: Mapping[str, Declaration],
    without: Collection[str] = (),
    *,
    factoring: bool = True,
    like: Facts | None = None,
) -> Simplifier:
    """A simplifier under the declared facts; one remembers what it has done, so use one for a question."""
    rules, spellings = rule_set("simplify"), rule_set("alternate")
    return Simplifier(facts_of(symbols, without, like), rules, spellings, factoring=factoring)


def in_order(e: Expr, position: Mapping[str, int], memo: dict[Expr, Expr] | None = None) -> Expr:
    """e with commuting factors in the order in which their names first appear in the input.

    Names come before calls and brackets, and what is below the bar comes last, as the constructors
    arrange them. `position` is that of each name; a memo is for several expressions that share parts.
    """

    def rank(factor: Expr) -> int:
        base = factor.args[0] if factor.op is POWER and is_number(factor.args[1]) else factor
        return position.get(str(base.data), len(position)) if base.op is SYMBOL else len(position)

    def replace(node: Expr, args: tuple[Expr, ...]) -> Expr:
        if node.op is HADAMARD:
            factors = tuple(sorted(args, key=rank))
            return node if factors == node.args else hadamard(*factors)
        if node.op is PRODUCT:
            scalars: list[Expr] = []
            matrices: list[Expr] = []
            for arg in args:
                (scalars if arg.shape == SCALAR else matrices).append(arg)
            if len(scalars) > 1:
                scalars.sort(key=rank)
            if (*scalars, *matrices) == node.args:
                return node
            return multiply(number(node.data), *scalars, *matrices)  # type: ignore[arg-type]
        return node if args == node.args else apply(node.op, args, node.data)

    return rebuild(e, replace, memo)
