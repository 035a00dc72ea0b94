"""The nature of a stationary point: minimum, maximum, saddle, or unknown.

The differential of each gradient equation at the point, in the order of elimination, is the Hessian
by that unknown with those before it at their best (a Schur complement of the whole Hessian). The
signs of these together are those of the whole; what is invertible and semidefinite is definite.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matcalc.algebra.build import add, inner, is_zero, number
from matcalc.algebra.expand import expanded_terms
from matcalc.algebra.expr import Expr
from matcalc.algebra.shapes import SCALAR, is_column
from matcalc.calculus.linear import matrix_of
from matcalc.convexity import definite
from matcalc.errors import MatcalcError
from matcalc.notation.text import to_text
from matcalc.solving.affine import direction_of, substitute
from matcalc.solving.elimination import Branch
from matcalc.solving.isolate import Context, rooted

__all__ = ["nature_of"]


def nature_of(
    branch: Branch, variables: Sequence[Expr], context: Context, values: Mapping[Expr, Expr]
) -> tuple[str, tuple[str, ...]]:
    """The nature of the point and the reasons, from the equations that were isolated for `variables`.

    values: multipliers with their values at the point.
    """
    signs: list[int] = []
    reasons: list[str] = []
    constrained = False
    before: list[str] = []
    for x, equation, isolated in branch.isolated:
        if x not in variables:
            constrained = True
            continue
        if constrained:
            return "unknown", ("a multiplier was found before the unknowns, so that no Hessian by these is at hand",)
        if equation.owner is not x:
            return "unknown", (f"{x.data} was found from another equation than its own",)
        sign, shown = _sign(isolated.slope, x, context, values)
        if x.shape == SCALAR:
            there = _sign(isolated.slope, x, context, {**values, x: isolated.solution})
            sign, shown = there if not sign or not there[0] else (sign, shown)
        reasons.append(_with_others(shown, x, before))
        before.append(str(x.data))
        signs.append(sign)
    if not signs or 0 in signs:
        return "unknown", tuple(reasons)
    if len(set(signs)) > 1:
        return "saddle", tuple(reasons)
    return ("minimum" if signs[0] > 0 else "maximum"), tuple(reasons)


def _with_others(shown: str, x: Expr, before: Sequence[str]) -> str:
    """What is shown of the Hessian by x, and that the unknowns found before it are at their best."""
    return (
        shown.replace(f" by {x.data}, ", f" by {x.data} with {', '.join(before)} at its best, ", 1) if before else shown
    )


def _sign(slope: Expr, x: Expr, context: Context, values: Mapping[Expr, Expr]) -> tuple[int, str]:
    shorten, v = context.shorten, direction_of(x)
    slope = rooted(substitute(slope, values), shorten)
    try:
        form = _form(slope, x, v, context)
    except MatcalcError as error:
        return 0, error.message
    sign = 0 if is_zero(form) else definite(form, shorten.facts)
    if not sign and not is_zero(form):
        pieces = expanded_terms(form)
        found = {definite(p, shorten.facts) for p in pieces}
        sign = found.pop() if len(found) == 1 else 0
    name = f"the Hessian by {x.data}, " if x.shape[1] == 1 else f"the second differential by {x.data}, "
    said = {1: "is positive", -1: "is negative", 0: "has no sign that the declared facts decide"}[sign]
    semi = " semidefinite" if sign and x.shape != SCALAR else ""
    shown = to_text(form).replace(to_text(v), f"d{x.data}")
    return sign, f"{name}{shown}, {said}{semi}"


def _form(slope: Expr, x: Expr, v: Expr, context: Context) -> Expr:
    if x.shape == SCALAR:
        return context.shorten(substitute(slope, {v: number(1)}))
    if is_column(x.shape):
        return context.shorten(matrix_of(slope, v))
    return add(*[inner(v, piece) for piece in expanded_terms(slope)])
