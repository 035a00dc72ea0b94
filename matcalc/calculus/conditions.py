"""Conditions: what must hold for an answer to exist, collected from the rows that were used."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from matcalc.algebra.build import INNER, INVERSE, NUMBER, POWER, number_value
from matcalc.algebra.expr import Expr, postorder, preorder
from matcalc.algebra.facts import Facts
from matcalc.algebra.operations import REGISTRY

__all__ = ["conditions_of"]

#: What a condition on every entry says of a scalar.
_OF_ONE = {"no entry of {0} is 0": "{0} ≠ 0", "no entry of |{0}| is {1}": "|{0}| ≠ {1}"}


def conditions_of(e: Expr, variables: Iterable[Expr], facts: Facts, show: Callable[[Expr], str]) -> Iterator[str]:
    """The conditions under which e exists and is differentiable, without those that facts settle."""
    said: set[str] = set()
    chosen = set(variables)
    active: dict[Expr, bool] = {}
    for node in postorder(e):
        active[node] = node in chosen or any(active[a] for a in node.args)
    for node in preorder(e):
        for text in _of_node(node, active[node], facts, show):
            if text not in said:
                said.add(text)
                yield text


def _of_node(node: Expr, active: bool, facts: Facts, show: Callable[[Expr], str]) -> Iterable[str]:
    if node.op is POWER:
        yield from _of_power(node, facts, show)
    elif node.op is INVERSE:
        if not facts.holds("invertible", node.args[0]):
            yield f"{show(node.args[0])} invertible"
    elif active:
        shown = None
        for template in node.op.domain:
            if _settled(template, node, facts):
                continue
            shown = shown or [show(a) for a in node.args]
            yield (_OF_ONE.get(template, template) if node.args[0].is_scalar else template).format(*shown)


def _settled(template: str, node: Expr, facts: Facts) -> bool:
    """Whether a fact about the operand already says what the template demands."""
    if template == "{0} > 0":
        return facts.holds("positive", node.args[0])
    if template == "{0} invertible":
        return facts.holds("invertible", node.args[0])
    if template == "{0} symmetric":
        return facts.holds("symmetric", node.args[0])
    if template.endswith("negative real axis"):
        return facts.holds("spd", node.args[0])
    return False


def _of_power(node: Expr, facts: Facts, show: Callable[[Expr], str]) -> Iterable[str]:
    base, exponent = node.args
    if exponent.op is NUMBER and isinstance(number_value(exponent), int):
        if number_value(exponent) < 0 and not facts.holds("nonzero", base) and not facts.holds("positive", base):
            yield _nonzero(base, show)
    elif not facts.holds("positive", base):
        if base.op is INNER and base.args[0] is base.args[1]:
            yield f"{show(base.args[0])} ≠ 0"
        else:
            yield f"{show(base)} > 0"


def _nonzero(base: Expr, show: Callable[[Expr], str]) -> str:
    if base.op is INNER and base.args[0] is base.args[1]:
        return f"{show(base.args[0])} ≠ 0"
    if base.op is REGISTRY["abs"]:
        return _nonzero(base.args[0], show)
    return f"{show(base)} ≠ 0" if base.is_scalar else f"no entry of {show(base)} is 0"
