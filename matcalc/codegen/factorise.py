"""Factorisations."""
from __future__ import annotations
from collections.abc import Iterable
from matcalc.codegen.terms import Table, Term, postorder

def factorise(roots: Iterable[Term], table: Table) -> dict[Term, Term]:
    return {t: t for t in postorder(roots)}
