"""Several unknowns: one is isolated, put into the other equations, and found again at the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matcalc.algebra.build import add, apply
from matcalc.algebra.expand import expanded_terms
from matcalc.algebra.expr import Expr, rebuild
from matcalc.calculus.forms import recognised
from matcalc.calculus.readings import axes_of
from matcalc.errors import NoClosedForm
from matcalc.solving.affine import NotSquare, substitute
from matcalc.solving.isolate import Context, Isolated, isolate

__all__ = ["Branch", "Equation", "eliminate"]

#: More unknowns than this are not eliminated one by one.
_MOST = 6


@dataclass(frozen=True)
class Equation:
    """zero = 0; owner is the unknown by which a stationary equation was differentiated, None otherwise."""

    zero: Expr
    owner: Expr | None


@dataclass(frozen=True)
class Branch:
    """One solution: the values of the unknowns, and how each was isolated, in the order of elimination."""

    values: Mapping[Expr, Expr]
    isolated: tuple[tuple[Expr, Equation, Isolated], ...]


def eliminate(equations: Sequence[Equation], unknowns: Sequence[Expr], context: Context) -> list[Branch]:
    """Every solution that is found by isolating one unknown after the other.

    Raises NoClosedForm with the reason that the first attempt met.
    """
    if len(equations) != len(unknowns):
        raise NoClosedForm(f"{len(equations)} equations do not determine {len(unknowns)} unknowns")
    if len(unknowns) > _MOST:
        raise NoClosedForm(f"{len(unknowns)} unknowns are more than are eliminated one by one ({_MOST})")
    return _eliminate(tuple(equations), tuple(unknowns), context)


def _eliminate(equations: tuple[Equation, ...], unknowns: tuple[Expr, ...], context: Context) -> list[Branch]:
    if not unknowns:
        return [Branch({}, ())]
    first: NoClosedForm | None = None
    pairs = [(x, e) for x in unknowns for e in equations]
    owned = {e.owner for e in equations}
    # Stationary equations before constraints, small unknowns before large ones, which keeps the matrices small.
    pairs.sort(key=lambda pair: (pair[1].owner is not pair[0], pair[0] not in owned, len(axes_of(pair[0].shape))))
    for x, e in pairs:
        if x.shape != e.zero.shape and len(unknowns) > 1:
            continue
        try:
            found = isolate(e.zero, x, context)
            return [branch for one in found for branch in _with(x, e, one, equations, unknowns, context)]
        except NotSquare:
            raise
        except NoClosedForm as reason:
            first = first or reason
    raise first or NoClosedForm("no equation has the shape of an unknown")


def _with(
    x: Expr, e: Equation, one: Isolated, equations: tuple[Equation, ...], unknowns: tuple[Expr, ...], context: Context
) -> list[Branch]:
    shorten = context.shorten
    others = tuple(
        Equation(shorten(_recognised(substitute(other.zero, {x: one.solution}))), other.owner)
        for other in equations
        if other is not e
    )
    rest = _eliminate(others, tuple(u for u in unknowns if u is not x), context)
    return [
        Branch({**b.values, x: shorten(_recognised(substitute(one.solution, b.values)))}, ((x, e, one), *b.isolated))
        for b in rest
    ]


def _recognised(e: Expr) -> Expr:
    """e with functions under their names, after the arguments of exponentials are multiplied out."""

    def replace(node: Expr, args: tuple[Expr, ...]) -> Expr:
        if node.op.sums == "products":
            args = (add(*expanded_terms(args[0])), *args[1:])
        return apply(node.op, args, node.data) if args != node.args else node

    return recognised(rebuild(e, replace))
