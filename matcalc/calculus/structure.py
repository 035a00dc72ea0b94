"""Structured variables: what a gradient becomes when the variable lies in a linear subspace.

For a symmetric (skew, diagonal, triangular) X only directions inside the subspace exist, and the
gradient is the orthogonal projection of the entry-by-entry one onto it.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from matcalc.algebra.build import add, apply, hadamard, identity, negate, scale, subtract, transpose
from matcalc.algebra.expr import Expr
from matcalc.algebra.operations import REGISTRY
from matcalc.errors import DerivativeError, OptionError

__all__ = ["STRUCTURES", "check_structure", "structured", "subspace"]

STRUCTURES = ("project", "ignore", "cookbook")
_HALF = Fraction(1, 2)


def _diagonal_part(g: Expr) -> Expr:
    return apply(REGISTRY["diag"], (apply(REGISTRY["diagonal"], (g,)),))


#: subspace → the orthogonal projection onto it. The first that applies is used.
_PROJECTIONS: dict[str, Callable[[Expr], Expr]] = {
    "diagonal": _diagonal_part,
    "symmetric": lambda g: scale(_HALF, add(g, transpose(g))),
    "skew": lambda g: scale(_HALF, subtract(g, transpose(g))),
    "lower": lambda g: apply(REGISTRY["tril"], (g,)),
    "upper": lambda g: apply(REGISTRY["triu"], (g,)),
}
_SUBSPACE_OF = {"spd": "symmetric", "psd": "symmetric"}


def subspace(facts: frozenset[str]) -> str | None:
    """The linear subspace that the facts about a variable name, if any."""
    named = {_SUBSPACE_OF.get(fact, fact) for fact in facts}
    return next((space for space in _PROJECTIONS if space in named), None)


def check_structure(facts: frozenset[str], structure: str) -> None:
    """An error if the convention does not exist, or does not exist for a variable with these facts."""
    if structure not in STRUCTURES:
        raise OptionError(f"structure={structure!r} does not exist", advice=f"one of {', '.join(STRUCTURES)}")
    if "orthogonal" in facts and structure == "project":
        raise DerivativeError(
            "orthogonal matrices form no linear subspace, so there is no projected gradient",
            advice='structure="ignore" gives the derivative entry by entry',
        )


def structured(g: Expr, facts: frozenset[str], structure: str, is_symmetric: Callable[[Expr], bool]) -> Expr:
    """The gradient g for a variable with these facts, under the convention that `structure` names."""
    check_structure(facts, structure)
    if structure == "ignore":
        return g
    space = subspace(facts)
    if space is None:
        return g
    if structure == "cookbook" and space == "symmetric":
        both = scale(2, g) if is_symmetric(g) else add(g, transpose(g))
        return add(both, negate(hadamard(identity(g.shape[0]), g)))
    if space == "symmetric" and is_symmetric(g):
        return g
    return _PROJECTIONS[space](g)
