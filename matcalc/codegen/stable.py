"""Stable forms."""
from __future__ import annotations
from collections.abc import Iterable
from matcalc.codegen.terms import Term, postorder

def stabilise(roots: Iterable[Term]) -> dict[Term, Term]:
    return {t: t for t in postorder(roots)}
