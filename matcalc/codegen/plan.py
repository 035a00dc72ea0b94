"""From expressions to a program: lowered together, made stable, factorised, scheduled."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from matcalc.algebra.entries import narrow
from matcalc.algebra.expr import Expr
from matcalc.algebra.facts import Facts
from matcalc.algebra.shapes import Dim, Shape
from matcalc.codegen.assembly import Entries, assembled
from matcalc.codegen.elementwise import dense
from matcalc.codegen.factorise import factorise
from matcalc.codegen.identifiers import Names, identifier
from matcalc.codegen.lower import Lowering
from matcalc.codegen.multiplied import multiplied_out
from matcalc.codegen.program import Program
from matcalc.codegen.schedule import schedule
from matcalc.codegen.shared import share
from matcalc.codegen.shifts import shifted
from matcalc.codegen.stable import stabilise
from matcalc.codegen.tensors import unfold
from matcalc.codegen.terms import Table, Term, make

__all__ = ["plan"]

NO_FACTS: Mapping[str, frozenset[str]] = {}


def plan(
    outputs: Mapping[str, Expr | Entries],
    symbols: Mapping[str, Shape],
    facts: Mapping[str, frozenset[str]] = NO_FACTS,
    axes: Mapping[str, tuple[Dim, ...]] | None = None,
    kernels: Collection[str] = (),
) -> Program:
    """The program that computes the outputs together from the symbols.

    axes: for an output that is a vec-matrix or a vec, the axes that it is cut into, column-major.
    kernels: functions that the library of arrays computes in one pass, so that nothing is taken out of them.
    """
    outputs = dict(zip(outputs, narrowed(outputs.values()), strict=True))
    table = Table(symbols)
    roots = [e for found in outputs.values() for e in (found.parts() if isinstance(found, Entries) else (found,))]
    lowering = Lowering(table, Facts(facts), roots)
    terms = {name: _lowered(lowering, found) for name, found in outputs.items()}
    stable = stabilise(terms.values())
    in_range = shifted([stable[t] for t in terms.values()])
    terms = {name: dense(in_range[stable[t]]) for name, t in terms.items()}
    shared = share(terms.values())
    terms = {name: shared[t] for name, t in terms.items()}
    factorised = factorise(terms.values(), kernels)
    results: dict[str, Term] = {}
    returned: set[Term] = set()
    for name, t in terms.items():
        result = factorised[t]
        if axes and name in axes:
            result = result if result.op == "assembled" else unfold(result, axes[name])
        if result.dims and (_aliases(result) or result in returned):
            result = make("copy", (result,), None, result.dims)
        results[name] = result
        returned.add(result)
    given = Names()
    return schedule(list(results.items()), symbols, {name: given.new(identifier(name)) for name in symbols})


def narrowed(outputs: Iterable[Expr | Entries]) -> list[Expr | Entries]:
    """The outputs, where only what is used of them is computed, and sums of thin matrices are multiplied out."""
    given = list(outputs)
    plain = [e for e in given if isinstance(e, Expr)]
    done = iter(multiplied_out(narrow(*plain)))
    return [next(done) if isinstance(e, Expr) else e for e in given]


def _lowered(lowering: Lowering, found: Expr | Entries) -> Term:
    if not isinstance(found, Entries):
        return dense(lowering(found))
    for e in found.parts():
        lowering(e)
    return assembled(found, lowering.images, lowering.table)


def _aliases(t: Term) -> bool:
    """Whether the value may share memory with an argument, or be read-only."""
    while t.op in ("transpose", "ravel", "reshape", "diagonal", "unfold", "swapped", "column", "row", "cut", "entry"):
        if t.op == "diagonal":
            return True
        t = t.args[0]
    return t.op == "input" and t.rank > 0
