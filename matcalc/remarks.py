"""Remarks on an answer: what must be said of its layout, of a structured variable and of unit vectors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from matcalc.algebra.entries import index_symbols
from matcalc.algebra.expr import symbols_of
from matcalc.calculus.structure import subspace
from matcalc.calculus.variables import variable_of
from matcalc.notation.parts import place_text

if TYPE_CHECKING:
    pass

from matcalc.linear_map import LinearMap

__all__ = ["remarks_on"]


def remarks_on(d: LinearMap) -> Iterator[str]:
    """What must be said of the layout and of a structured variable."""
    if d.layout == "numerator" and d.kind == "gradient" and not d.before:
        yield "numerator layout: the transpose of the gradient"
    if "e" in d.where and variable_of(d.wrt, d.where).is_part:
        written = symbols_of(d.expr)
        for s in written:
            if s in index_symbols(d.expr) and not any(t.data == "e" for t in written):
                yield f"e{place_text(str(s.data))} is the unit vector {s}, and no entry of e"
    variable = variable_of(d.wrt, d.where)
    x = str(variable.whole.data)
    facts = d.where[x].facts
    if "orthogonal" in facts:
        yield f"entry by entry, as if {x} were not orthogonal: orthogonal matrices form no linear subspace"
    space = subspace(facts)
    if space is None:
        return
    if d.kind != "gradient" or d.before:
        yield f"{x} stays {space}: d{x} is {space} as well, and the array is entry by entry"
    elif d.structure == "ignore":
        yield f"entry by entry, as if {x} were not {space}"
    elif d.structure == "cookbook" and space == "symmetric":
        yield f"{x} {space}, each free entry once: G + Gᵀ − I ⊙ G{' and of that the part' if variable.is_part else ''}"
    else:
        part = ", and of that the part is taken" if variable.is_part else ""
        yield f"{x} stays {space}: the gradient is projected onto that subspace{part}"
