"""Sums and products entry by entry that hold another one: a + b − c from t = a + b, A² ⊙ R from A ⊙ R."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction

from matcalc.codegen.elementwise import plus, spread, times
from matcalc.codegen.passes import rebuilt
from matcalc.codegen.powers import power
from matcalc.codegen.terms import Term, postorder

__all__ = ["share"]

_Parts = dict[Term, Fraction]


def share(roots: Iterable[Term]) -> dict[Term, Term]:
    """Every term below the roots with what computes it, where the largest part that is computed anyway is used."""
    terms = sorted(postorder(roots), key=lambda term: term.order)  # operands, and parts, before what holds them
    holders: dict[Term, list[Term]] = {}
    images: dict[Term, Term] = {}
    for term in terms:
        images[term] = rebuilt(term, tuple([images[arg] for arg in term.args]))
        if term.rank and term.op in _PARTS and len(term.args) > 1:
            found = _largest_part(term, holders)
            if found is not None:
                images[term] = _around(term, *found, images)
            _keep(term, holders)
    return images


def _keep(term: Term, holders: dict[Term, list[Term]]) -> None:
    """The term under the operand that holds fewest so far: what has all its operands has that one.

    The 𝟏 of 𝟏 − h² is in every layer of a network, and would lead each to all the others.
    """
    rarest = min(term.args, key=lambda arg: len(holders.get(arg, ())))
    holders.setdefault(rarest, []).append(term)


def _summands(t: Term) -> _Parts:
    return {arg: c for c, arg in t.summands}


def _powers(t: Term) -> _Parts:
    return dict(t.powers)


_PARTS = {"plus": _summands, "times": _powers}


def _largest_part(term: Term, holders: Mapping[Term, list[Term]]) -> tuple[Term, Fraction] | None:
    """Another term of the same kind with some of the operands of this one, and how often it is held."""
    whole = _PARTS[term.op](term)
    best: tuple[Term, Fraction] | None = None
    for other in {t for arg in term.args for t in holders.get(arg, ())}:
        if other.op != term.op or other.dims != term.dims:
            continue
        if best is not None and (len(other.args), -other.order) <= (len(best[0].args), -best[0].order):
            continue
        part = _PARTS[term.op](other)
        if part.keys() <= whole.keys():
            held = _how_often(term.op, part, whole)
            if held:
                best = other, held
    return best


def _how_often(op: str, part: _Parts, whole: _Parts) -> Fraction:
    """k such that the whole is k times the part, and more; 0 if there is none."""
    ratios = {whole[arg] / part[arg] for arg in part}
    if op == "plus":
        return ratios.pop() if len(ratios) == 1 and len(part) < len(whole) else Fraction(0)
    once = all(ratio >= 1 for ratio in ratios) and all(e > 0 for e in part.values())
    return Fraction(int(once and part != whole))


def _around(term: Term, part: Term, held: Fraction, images: Mapping[Term, Term]) -> Term:
    """The term, with the part as one operand."""
    whole, inside = _PARTS[term.op](term), _PARTS[term.op](part)
    rest = {arg: n - held * inside.get(arg, Fraction(0)) for arg, n in whole.items()}
    if term.op == "plus":
        others = [(n, spread(images[arg], term.dims)) for arg, n in rest.items() if n]
        return plus([(held, images[part]), *others])
    return times(images[part], *[power(images[arg], n) for arg, n in rest.items() if n])
