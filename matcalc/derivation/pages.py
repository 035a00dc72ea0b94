"""From a function and its answers to the whole page: gradients, Jacobians, differentials, second orders."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from matcalc.algebra.build import symbol, transpose
from matcalc.algebra.expr import Expr
from matcalc.algebra.shapes import SCALAR
from matcalc.calculus.forms import recognised
from matcalc.calculus.structure import structured, subspace
from matcalc.calculus.sweep import expand_definitions
from matcalc.calculus.variables import Variable, variable_of
from matcalc.derivation.differential import put
from matcalc.derivation.gradient import gradient_lines
from matcalc.derivation.lettered import lettered
from matcalc.derivation.maps import map_lines
from matcalc.derivation.page import Page, taken_names
from matcalc.derivation.steps import Head, Step, Steps
from matcalc.notation.declarations import Declaration

__all__ = ["Task", "derivation"]


@dataclass(frozen=True)
class Task:
    """What a page derives.

    answers  for each variable the answer that the last lines arrive at; all variables at once.
    kind     the reading: "gradient", "jacobian", "derivative" by a scalar, or "differential".
    before   the variables of earlier orders, and `of` the derivative by them, which the last order is of.
    letter   the name of the function; names are those that its text gives to parts, with their values.
    every    whether every operation has a statement of its own, so that each line applies one rule.
    """

    function: Expr
    answers: Mapping[str, Expr]
    symbols: Mapping[str, Declaration]
    kind: str = "gradient"
    before: tuple[str, ...] = ()
    of: Expr | None = None
    layout: str = "gradient"
    structure: str = "project"
    letter: str = "f"
    names: Mapping[str, Expr] | None = None
    every: bool = False

    def variable(self, name: str) -> Variable:
        """The symbol of this name, or the part of one."""
        return variable_of(name, self.symbols)


def derivation(task: Task) -> Steps:
    """The derivation, from the function to its answers.

    Of order 2 it derives the gradient, then the differential of the gradient; of a higher order it starts
    from the derivative before the last.
    """
    used = taken_names(task.symbols, (task.letter, "f", "g", *(task.names or {})))
    if any(task.variable(name).is_part for name in (*task.before, *task.answers)):
        used.add("e")  # of a unit vector
    given = {symbol(name, value.shape): recognised(value) for name, value in (task.names or {}).items()}
    wrt = tuple([task.variable(name) for name in task.answers])
    if not task.before:
        page = _page(task, task.function, wrt, task.letter, used, given)
        _lines(task, page, wrt, dict(zip(wrt, task.answers.values(), strict=True)), first=True)
        return _steps(task, [page])
    earlier = tuple([task.variable(name) for name in task.before])
    middle = task.of if task.of is not None else task.function
    pages = []
    known: Mapping[Expr, Expr] = {}
    if len(earlier) == 1:
        page = _page(task, task.function, earlier, task.letter, used, given)
        _lines(task, page, earlier, {earlier[0]: middle}, first=False)
        same = [v.whole for v in earlier] == [v.whole for v in wrt]
        known = {s.symbol: page.values[s.symbol] for s in page.program.statements} if same else {}
        pages.append(page)
    following = _page(task, middle, wrt, "g", used, given, known)
    ((v, answer),) = zip(wrt, task.answers.values(), strict=True)
    head = Head(task.letter, task.function.shape, "derivative", (*earlier, v))
    if task.kind == "gradient":
        gradient_lines(following, {v: answer}, head=head)
    else:
        map_lines(following, v, task.kind, answer, head)
    return _steps(task, [*pages, following])


def _steps(task: Task, pages: Sequence[Page]) -> Steps:
    values: dict[Expr, Expr] = {}
    differentials: dict[Expr, Expr] = {}
    for page in pages:
        values.update(page.values)
        differentials.update({v: page.d(v) for v in page.variables})
    lines = [line for page in pages for line in (page.lines if len(pages) == 1 else _spelled_out(page))]
    plain = {task.letter, "f", *(task.names or {})}
    used = {name for page in pages for name in page.used}
    shown = lettered(lines, values, used, plain)
    varying = [task.variable(name) for name in (*task.before, *task.answers)]
    parts = {v.whole: v for v in varying if v.is_part}
    return Steps(shown, values, differentials, task.symbols, parts, lambda: derivation(replace(task, every=True)))


def _spelled_out(page: Page) -> Iterator[Step]:
    """The lines with what is compared in the symbols of the function; the next page may give dz another meaning."""
    for line in page.lines:
        equal = tuple([tuple([put(e, page.values) for e in group]) for group in line.equal])
        quotient = line.quotient and (put(line.quotient[0], page.values), line.quotient[1])
        yield replace(line, equal=equal, quotient=quotient)


def _page(
    task: Task,
    function: Expr,
    variables: tuple[Variable, ...],
    letter: str,
    used: set[str],
    given: Mapping[Expr, Expr],
    known: Mapping[Expr, Expr] | None = None,
) -> Page:
    wholes = tuple(dict.fromkeys([v.whole for v in variables]))
    f = expand_definitions(recognised(function), wholes)
    page = Page(f, wholes, task.symbols, letter, used, known or {}, given, task.every)
    page.open(function)
    for v in variables:
        if v.is_part and not known:
            page.restrict(v)
    return page


def _lines(
    task: Task, page: Page, variables: tuple[Variable, ...], answers: Mapping[Variable, Expr], *, first: bool
) -> None:
    """The lines of a first order; `first` is whether it is also the last, so that conventions act on it."""
    if task.function.shape != SCALAR:
        head = Head(page.name, page.function.shape, "derivative", variables)
        kind = task.kind if first else "derivative"
        map_lines(page, variables[0], kind, answers[variables[0]], head)
    elif first:
        _gradient(page, answers, task.layout, task.structure)
    else:
        gradient_lines(page, answers)


def _gradient(page: Page, answers: Mapping[Variable, Expr], layout: str, structure: str) -> None:
    def finish(v: Variable, g: Expr) -> Expr:
        g = v.part(structured(g, page.symbols[str(v.whole.data)].facts, structure, lambda _: False))
        return transpose(g) if layout == "numerator" else g

    said = "numerator layout: the transpose" if layout == "numerator" else ""
    spaces = {subspace(page.symbols[str(v.data)].facts) for v in page.variables} - {None}
    if spaces and structure == "project":
        said = f"projected onto the {', '.join(sorted(map(str, spaces)))} matrices"
    elif spaces and structure == "cookbook":
        said = "each free entry once: G + Gᵀ − I ⊙ G"
    if any(v.is_part for v in answers) and said and layout == "gradient":
        said += ", and of that the part"
    gradient_lines(page, answers, finish, said)
