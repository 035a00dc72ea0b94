"""Conditions: what must hold for an answer to exist, collected from the rows that were used.

A condition is a relation and what it is about. It is brought to its simplest form (2 x > 0 is x > 0, and
‖x‖ > 0 is x ≠ 0), and said only if neither the facts nor another condition imply it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from matcalc.algebra.build import (
    ADD,
    HADAMARD,
    INNER,
    INVERSE,
    ONES,
    POWER,
    PRODUCT,
    SYMBOL,
    TRANSPOSE,
    is_chain,
    is_number,
    negate,
    number,
    number_value,
    parts,
    reassemble,
    transpose,
)
from matcalc.algebra.collect import is_negative
from matcalc.algebra.expr import Expr, postorder, preorder
from matcalc.algebra.facts import Facts
from matcalc.algebra.operations import REGISTRY

__all__ = ["NEGATIVE", "POSITIVE", "Condition", "collect_conditions", "conditions_of", "simplest", "weaker_than"]

#: Relations that imply one another, and those about each entry, which of a scalar are said in its own way.
POSITIVE, NEGATIVE = "{0} > 0", "{0} < 0"
_NO_ZERO, _NOT_ZERO, _INVERTIBLE = "no entry of {0} is 0", "{0} ≠ 0", "{0} invertible"
_OF_ONE = {_NO_ZERO: _NOT_ZERO, "no entry of |{0}| is {1}": "|{0}| ≠ {1}"}
_SIGNS, _TURNED = {POSITIVE: ">", NEGATIVE: "<", _NOT_ZERO: "≠"}, {">": "<", "<": ">", "≠": "≠"}
_WEAKER = {
    "{0} > 1": (POSITIVE, _NO_ZERO, _NOT_ZERO),
    POSITIVE: (_NO_ZERO, _NOT_ZERO),
    NEGATIVE: (_NO_ZERO, _NOT_ZERO),
    _NO_ZERO: (_NOT_ZERO,),
}
#: How the row of the determinant says that it is 0 where its operand has no inverse.
_EQUIVALENT = "invertible <-> nonzero"
#: Facts that settle a relation.
_SETTLES = {
    POSITIVE: ("positive",),
    _NO_ZERO: ("nonzero", "positive"),
    _NOT_ZERO: ("nonzero", "positive"),
    _INVERTIBLE: ("invertible",),
    "{0} symmetric": ("symmetric",),
    "{0} has no eigenvalue on the closed negative real axis": ("spd",),
}


@dataclass(frozen=True, slots=True)
class Condition:
    """relation: the text, with {0} … for the subjects."""

    relation: str
    subjects: tuple[Expr, ...]

    def said(self, show: Callable[[Expr], str]) -> str:
        """The condition as text: x ≠ y rather than x − y ≠ 0, and p < 1 rather than 1 − p > 0."""
        e = self.subjects[0]
        relation = _OF_ONE.get(self.relation, self.relation) if e.is_scalar else self.relation
        sides = _sides(e) if relation in _SIGNS else None
        if sides is not None:
            left, right, turned = sides
            sign = _SIGNS[relation]
            return f"{show(left)} {_TURNED[sign] if turned else sign} {show(right)}"
        return relation.format(*map(show, self.subjects))


def conditions_of(e: Expr, variables: Iterable[Expr], facts: Facts, show: Callable[[Expr], str]) -> Iterator[str]:
    """The conditions under which e exists and is differentiable, as text."""
    said: set[str] = set()
    for condition in collect_conditions(e, variables, facts):
        text = condition.said(show)
        if text not in said:
            said.add(text)
            yield text


def collect_conditions(e: Expr, variables: Iterable[Expr], facts: Facts) -> list[Condition]:
    """The conditions under which e exists and is differentiable, without those that facts or others imply."""
    chosen = set(variables)
    active: dict[Expr, bool] = {}
    for node in postorder(e):
        active[node] = node in chosen or any(active[a] for a in node.args)
    found: dict[Condition, None] = {}
    for node in preorder(e):
        for raw in _of_node(node, active[node], facts):
            found.update(dict.fromkeys(simplest(raw, facts)))
    implied = {weaker for condition in found for weaker in weaker_than(condition)}
    return [condition for condition in found if condition not in implied]


def _of_node(node: Expr, active: bool, facts: Facts) -> Iterable[Condition]:
    if node.op is POWER:
        yield from _of_power(node, facts)
    elif node.op is INVERSE or active:
        for relation in node.op.domain:
            yield Condition(relation, node.args)


def _of_power(node: Expr, facts: Facts) -> Iterable[Condition]:
    base, exponent = node.args
    if is_number(exponent) and isinstance(number_value(exponent), int):
        if number_value(exponent) < 0:
            yield Condition(_NO_ZERO, (base,))
    elif is_number(base) and number_value(base) < 0:
        if not facts.holds("integer", exponent):
            yield Condition("{0} whole", (exponent,))
    else:
        yield Condition(POSITIVE, (base,))


def simplest(condition: Condition, facts: Facts) -> Iterator[Condition]:
    """Conditions that say the same in the simplest terms; none if facts settle it."""
    todo = [condition]
    while todo:
        now = todo.pop(0)
        relation, e = now.relation, now.subjects[0]
        if any(facts.holds(fact, e) for fact in _SETTLES.get(relation, ())):
            continue
        if relation == POSITIVE and facts.holds("nonnegative", e):
            todo.insert(0, Condition(_NO_ZERO, (e,)))
        elif relation in (POSITIVE, NEGATIVE):
            yield _without_positive(now, facts)
        elif relation in (_NO_ZERO, _NOT_ZERO):
            simpler = _nonzero(relation, e, facts)
            if simpler is None:
                yield now
            else:
                todo[:0] = simpler
        else:
            yield now


def _without_positive(condition: Condition, facts: Facts) -> Condition:
    """2 x > 0 as x > 0, and −x > 0 as x < 0."""
    (e,) = condition.subjects
    if e.op is POWER and is_number(e.args[1]) and number_value(e.args[1]) == -1:
        return _without_positive(Condition(condition.relation, (e.args[0],)), facts)
    c, scalars, m = parts(e)
    if c == 0 or is_number(e):
        return condition
    rest = reassemble(1, tuple([s for s in scalars if not facts.holds("positive", s)]), m)
    if is_number(rest):
        return condition
    flipped = NEGATIVE if condition.relation == POSITIVE else POSITIVE
    return Condition(flipped if c < 0 else condition.relation, (rest,))


def _nonzero(relation: str, e: Expr, facts: Facts) -> list[Condition] | None:
    """What must not vanish where e must not; None if that is e itself."""
    whole = relation == _NOT_ZERO and not e.is_scalar
    if e.op is INNER and facts.keys.same(*e.args):
        return [Condition(_NOT_ZERO, (e.args[0],))]
    if is_chain(e) and facts.keys.same(transpose(e.args[0]), e.args[-1]):  # xᵀx, or xᵀA x
        middle = e.args[1:-1]
        if not middle or facts.holds("spd", reassemble(1, (), middle)):
            return [Condition(_NOT_ZERO, (e.args[-1],))]
    if _EQUIVALENT in e.op.facts:
        return [Condition(_INVERTIBLE, e.args)]
    if e.op in (REGISTRY["abs"], TRANSPOSE) or (e.op is POWER and _is_positive(e.args[1])):
        return [Condition(relation, (e.args[0],))]
    if e.op is HADAMARD and not whole:
        return [Condition(relation, (factor,)) for factor in e.args]
    if e.op is PRODUCT and not is_chain(e) and e.data != 0:
        _, scalars, m = parts(e)
        if scalars or e.data != 1:
            rest = [reassemble(1, (), m)] if m else []
            return [*[Condition(_NO_ZERO, (s,)) for s in scalars], *[Condition(relation, (r,)) for r in rest]]
    return None


def _sides(e: Expr) -> tuple[Expr, Expr, bool] | None:
    """(a, b, whether they are turned) where e is a − b, or b − a for a number b; None where e is no such difference."""
    if e.op is not ADD or len(e.args) != 2:
        return None
    above, below = sorted(e.args, key=is_negative)
    if is_negative(above) or not is_negative(below):
        number_first = is_number(above) and below.op is SYMBOL
        one, other = (below, above) if number_first else (above, below)
        return (one, negate(other), False) if one.op is SYMBOL and is_number(other) and not is_negative(one) else None
    constant = above.op is ONES or is_number(above)
    right = negate(below)
    return (right, number(1) if above.op is ONES else above, True) if constant else (above, right, False)


def _is_positive(exponent: Expr) -> bool:
    return is_number(exponent) and number_value(exponent) > 0


def weaker_than(condition: Condition) -> Iterator[Condition]:
    """The conditions that this one makes superfluous."""
    for relation in _WEAKER.get(condition.relation, ()):
        yield Condition(relation, condition.subjects)
    (e, *_) = condition.subjects
    if condition.relation in (POSITIVE, NEGATIVE, _NO_ZERO):
        if _EQUIVALENT in e.op.facts:
            yield Condition(_INVERTIBLE, e.args)
        factors = e.args if e.op is HADAMARD else parts(e)[1] if e.op is PRODUCT and not is_chain(e) else ()
        for factor in factors:
            yield Condition(_NO_ZERO, (factor.args[0] if factor.op is POWER else factor,))
