"""Quotients of exponentials that cannot overflow: what the scales of the rows of eᵘ do not change has exp(u − max u).

A term has degree k in the rows of eᵘ if it is multiplied by cᵢᵏ in its row i when row i of eᵘ is multiplied by
cᵢ, for all c. Of degree 0 are eᵘ/∑eᵘ and all that is made of it, such as the gradients of attention; there cᵢ may
be exp(−maxⱼ uᵢⱼ) (Blanchard, Higham & Higham 2021, on softmax).
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import NamedTuple

from matcalc.codegen.elementwise import plus, scale, split, spread
from matcalc.codegen.passes import rewrite
from matcalc.codegen.powers import call
from matcalc.codegen.terms import Term, make, postorder

__all__ = ["shifted"]


class Degree(NamedTuple):
    """The power of the scales of the rows that a term has, and the axis along which these lie."""

    power: Fraction
    axis: int | None


FREE = Degree(Fraction(0), None)


def shifted(roots: Iterable[Term]) -> dict[Term, Term]:
    """Every term below the roots, where terms of degree 0 in the rows of exponentials do without their scale."""
    terms = postorder(list(roots))
    images = {t: t for t in terms}
    for e, axis in _summed_exponentials(terms):
        images = _without_scale(images, e, axis)
    return images


def _summed_exponentials(terms: Iterable[Term]) -> list[tuple[Term, int | None]]:
    """The exponentials that are summed along an axis, or whole."""
    found = [(t.args[0], t.axis) for t in terms if t.op == "sum" and _is_exp(t.args[0])]
    return list(dict.fromkeys(found))


def _is_exp(t: Term) -> bool:
    return t.op == "call" and t.data == "exp" and t.rank > 0


def _without_scale(images: dict[Term, Term], e: Term, axis: int | None) -> dict[Term, Term]:
    along = None if axis is None else 1 - axis
    degrees: dict[Term, Degree | None] = {}
    closed = []
    for t in postorder(images.values()):
        given = [degrees[a] for a in t.args]
        multiple = _multiple(t, e)
        degrees[t] = Degree(multiple, along) if multiple else _degree(t, given)
        if degrees[t] == FREE and any(d != FREE for d in given):
            closed.append(t)
    if not closed:
        return images
    (u,) = e.args
    top = spread(make("max", (u,), axis, () if axis is None else (u.dims[1 - axis],)), u.dims, along)

    def moved(term: Term, rebuilt: Term) -> Term:
        multiple = _multiple(term, e)
        return call("exp", scale(multiple, plus([(1, u), (-1, top)]))) if multiple else rebuilt

    inside = rewrite(closed, moved)
    whole = {t: inside[t] for t in closed}
    above = rewrite(images.values(), lambda term, rebuilt: whole.get(term, rebuilt))
    return {t: above[image] for t, image in images.items()}


def _multiple(t: Term, e: Term) -> Fraction:
    """K where t is eᵏᵘ and e is eᵘ, or 0."""
    if not _is_exp(t) or t.dims != e.dims:
        return Fraction(0)
    (c, inside), (d, u) = split(t.args[0]), split(e.args[0])
    return c / d if inside is u else Fraction(0)


def _degree(t: Term, given: list[Degree | None]) -> Degree | None:
    """The degree of a term from those of its operands; None where it has none."""
    if all(d == FREE for d in given):
        return FREE
    if any(d is None for d in given):
        return None
    degrees = [d for d in given if d is not None]
    whole = all(d.axis is None for d in degrees if d != FREE)
    if t.op in ("plus", "times"):  # a vector lies along the last axis of a matrix
        degrees = [
            d if d.axis is None or a.rank == t.rank else Degree(d.power, t.rank - 1)
            for a, d in zip(t.args, degrees, strict=True)
        ]
    if t.op == "plus":
        return degrees[0] if len(set(degrees)) == 1 else None
    if t.op == "times":
        exponents = [exponent for _, exponent in t.powers]
        return _product([Degree(d.power * k, d.axis) for d, k in zip(degrees, exponents, strict=True)])
    if t.op == "scale":
        return degrees[0]
    if t.op == "transpose":
        return degrees[0] if whole else Degree(degrees[0].power, 1 - (degrees[0].axis or 0))
    if t.op == "spread":
        return degrees[0] if whole else Degree(degrees[0].power, t.axis)
    if t.op == "rowdot":
        return _product(degrees)
    if t.op == "sum":
        return degrees[0] if whole else _summed(t, degrees[0])
    if t.op == "matmul":
        return _product(degrees) if whole else _matmul(t, *degrees)
    if t.op in ("dot", "vdot", "outer"):
        found = _product(degrees)
        return found if whole or (found == FREE and t.op != "outer") else None
    return None


def _product(degrees: list[Degree]) -> Degree | None:
    axes = {d.axis for d in degrees if d != FREE}
    power = sum((d.power for d in degrees), Fraction(0))
    if len(axes) > 1:
        return None
    return Degree(power, axes.pop()) if power else FREE


def _summed(t: Term, d: Degree) -> Degree | None:
    """A sum along the other axis keeps the rows; one over them has no degree."""
    return Degree(d.power, 0) if t.args[0].rank == 2 and t.axis is not None and t.axis != d.axis else None


def _matmul(t: Term, left: Degree, right: Degree) -> Degree | None:
    """The rows of the left factor stay, and the columns of the right one; what is summed over must have no scale."""
    inner = [left] if left.axis == t.args[0].rank - 1 else []
    inner += [right] if right.axis == 0 else []
    if inner:
        return FREE if len(inner) == 2 and left.power + right.power == 0 else None
    if left == FREE or right == FREE:
        return Degree(left.power, 0) if right == FREE else Degree(right.power, t.rank - 1)
    return None
