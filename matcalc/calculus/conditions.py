"""Conditions: what must hold for an answer to exist, collected from the rows that were used.

A condition is a relation and what it is about. It is brought to its simplest form (2 x > 0 is x > 0, and
‖x‖ > 0 is x ≠ 0), and said only if neither the facts nor another condition imply it.

What asks for something is what was read, and not only what is left of it: 1/(1/x) is x, and asks for x ≠ 0.
That a function is differentiable is asked of what depends on the variable alone: x‖y‖ has a derivative by x
at y = 0 as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

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
    is_zero,
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

__all__ = [
    "NEGATIVE", "POSITIVE", "Condition", "collect_conditions", "conditions_of", "impossible", "simplest", "weaker_than",
]  # fmt: skip

#: Relations that imply one another, and those about each entry, which of a scalar are said in its own way.
POSITIVE, NEGATIVE = "{0} > 0", "{0} < 0"
_NONNEGATIVE, _NONPOSITIVE = "{0} ≥ 0", "{0} ≤ 0"
_NO_ZERO, _NOT_ZERO, _INVERTIBLE = "no entry of {0} is 0", "{0} ≠ 0", "{0} invertible"
_OF_ONE = {_NO_ZERO: _NOT_ZERO, "no entry of |{0}| is {1}": "|{0}| ≠ {1}"}
_SIGNS = {POSITIVE: ">", NEGATIVE: "<", _NONNEGATIVE: "≥", _NONPOSITIVE: "≤", _NOT_ZERO: "≠"}
_TURNED = {">": "<", "<": ">", "≥": "≤", "≤": "≥", "≠": "≠"}
#: What a relation says of −x where it says something of x.
_FLIPPED = {POSITIVE: NEGATIVE, NEGATIVE: POSITIVE, _NONNEGATIVE: _NONPOSITIVE, _NONPOSITIVE: _NONNEGATIVE}
_WEAKER = {
    "{0} > 1": (POSITIVE, _NONNEGATIVE, _NO_ZERO, _NOT_ZERO),
    POSITIVE: (_NONNEGATIVE, _NO_ZERO, _NOT_ZERO),
    NEGATIVE: (_NONPOSITIVE, _NO_ZERO, _NOT_ZERO),
    _NO_ZERO: (_NOT_ZERO,),
}
#: How the row of the determinant says that it is 0 where its operand has no inverse.
_EQUIVALENT = "invertible <-> nonzero"
#: Facts that settle a relation.
_SETTLES = {
    POSITIVE: ("positive",),
    _NONNEGATIVE: ("positive", "nonnegative"),
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


def conditions_of(
    e: Expr, variables: Iterable[Expr], facts: Facts, show: Callable[[Expr], str], read: Sequence[Expr] = ()
) -> Iterator[str]:
    """The conditions under which e exists and is differentiable, as text; read: the parts of its text."""
    said: set[str] = set()
    for condition in collect_conditions(e, variables, facts, read):
        text = condition.said(show)
        if text not in said:
            said.add(text)
            yield text


def collect_conditions(e: Expr, variables: Iterable[Expr], facts: Facts, read: Sequence[Expr] = ()) -> list[Condition]:
    """The conditions under which e exists and is differentiable, without those that facts or others imply."""
    found: dict[Condition, None] = {}
    for _, raw in _asked(e, variables, facts, read):
        found.update(dict.fromkeys(simplest(raw, facts)))
    implied = {weaker for condition in found for weaker in weaker_than(condition)}
    return [condition for condition in found if condition not in implied]


def impossible(
    e: Expr, variables: Iterable[Expr], facts: Facts, read: Sequence[Expr], simplify: Callable[[Expr], Expr]
) -> tuple[Expr, Condition] | None:
    """A condition that can never hold, as its subject is 0 in disguise or of the other sign, and what asks for it."""
    logarithms = ((n, Condition(POSITIVE, n.args)) for n in postorder(e) if POSITIVE in n.op.domain)
    for node, condition in chain(_asked(e, variables, facts, read), logarithms):
        (subject, *_) = condition.subjects
        if condition.relation not in (POSITIVE, _NO_ZERO, _INVERTIBLE) or subject.op is SYMBOL:
            continue
        short = simplify(subject)
        if is_zero(short) or (condition.relation == POSITIVE and facts.holds("nonnegative", negate(short))):
            return node, condition
    return None


def _asked(e: Expr, variables: Iterable[Expr], facts: Facts, read: Sequence[Expr]) -> Iterator[tuple[Expr, Condition]]:
    """What each node asks for: of e, and of what was read and is not left in e."""
    chosen = set(variables)
    active: dict[Expr, bool] = {}
    for node in postorder(e, *read):
        active[node] = node in chosen or any(active[a] for a in node.args)
    left = set()
    for node in preorder(e):
        left.add(node)
        for condition in _of_node(node, active[node], facts):
            yield node, condition
    for node in read:
        if node in left:
            continue
        if node.op is POWER:
            # where the root that was read is gone, it must exist around the point, and be smooth no more
            smooth = active[node] and not facts.holds("nonnegative", node.args[0])
            yield from ((node, condition) for condition in _of_power(node, smooth, facts))
        elif node.op is INVERSE:
            yield from ((node, Condition(relation, node.args)) for relation in node.op.domain)


def _of_node(node: Expr, active: bool, facts: Facts) -> Iterable[Condition]:
    if node.op is POWER:
        yield from _of_power(node, active, facts)
    elif node.op is INVERSE or active:
        for relation in node.op.domain:
            yield Condition(relation, node.args)


def _of_power(node: Expr, smooth: bool, facts: Facts) -> Iterable[Condition]:
    """That a power exists, and, if it must be smooth, is differentiable."""
    base, exponent = node.args
    p = number_value(exponent) if is_number(exponent) else None
    if isinstance(p, int):
        if p < 0:
            yield Condition(_NO_ZERO, (base,))
    elif is_number(base) and number_value(base) < 0:
        if not facts.holds("integer", exponent):
            yield Condition("{0} whole", (exponent,))
    elif p is not None and p > 0 and not smooth:
        yield Condition(_NONNEGATIVE, (base,))
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
        elif relation in _FLIPPED:
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
    return Condition(_FLIPPED[condition.relation] if c < 0 else condition.relation, (rest,))


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
    if e.op is POWER and is_number(e.args[1]):  # where 1/u exists, it is not 0
        return []
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
