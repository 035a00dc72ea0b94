"""Passes: every term replaced, operands first, and what stands above it put in normal form again."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from matcalc.codegen.elementwise import plus, scale, spread, times, transpose
from matcalc.codegen.powers import call, power
from matcalc.codegen.terms import Term, make, postorder

__all__ = ["rebuilt", "rewrite"]


def rewrite(roots: Iterable[Term], step: Callable[[Term, Term], Term]) -> dict[Term, Term]:
    """Every term below the roots with its image step(term, term on the images of its operands)."""
    images: dict[Term, Term] = {}
    for term in postorder(roots):
        images[term] = step(term, rebuilt(term, tuple([images[a] for a in term.args])))
    return images


def rebuilt(t: Term, args: tuple[Term, ...]) -> Term:
    """The term on other operands of the same dims."""
    if args == t.args:
        return t
    if t.op == "scale":
        return scale(t.value, args[0])
    if t.op == "plus":
        return plus([(c, spread(a, t.dims)) for (c, _), a in zip(t.summands, args, strict=True)])
    if t.op == "times":
        return times(*[power(a, e) for (_, e), a in zip(t.powers, args, strict=True)])
    if t.op == "call":
        return call(str(t.data), *args)
    if t.op == "spread":
        return spread(args[0], t.dims, t.axis)
    if t.op == "transpose":
        return transpose(args[0])
    return make(t.op, args, t.data, t.dims)
