"""From a function and its answers to the whole page: gradients, Jacobians, differentials, second orders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matcalc.algebra.build import symbol, transpose
from matcalc.algebra.expr import Expr
from matcalc.algebra.shapes import SCALAR
from matcalc.calculus.forms import recognised, shortener
from matcalc.calculus.readings import gradients
from matcalc.calculus.structure import structured, subspace
from matcalc.calculus.sweep import expand_definitions
from matcalc.derivation.gradient import gradient_lines
from matcalc.derivation.maps import map_lines
from matcalc.derivation.page import Page, taken_names
from matcalc.derivation.steps import Head, Steps
from matcalc.notation.declarations import Declaration

__all__ = ["derivation"]


def derivation(
    function: Expr,
    wrt: Sequence[str],
    symbols: Mapping[str, Declaration],
    answers: Mapping[str, Expr],
    *,
    kind: str = "gradient",
    order: int = 1,
    layout: str = "gradient",
    structure: str = "project",
) -> Steps:
    """The derivation of the answers, all variables at once.

    answers maps each variable to the answer that the last lines arrive at. kind is the reading:
    "gradient", "jacobian", "derivative" (by a scalar) or "differential". For order 2 wrt is the
    variable, or the pair of variables in the order of differentiation.
    """
    variables = tuple([symbol(name, symbols[name].shape) for name in wrt])
    if order == 2:
        return _second(function, variables, symbols, next(iter(answers.values())), kind)
    page = _page(function, variables, symbols, "f", taken_names(symbols, ("f",)))
    if kind == "gradient":
        _gradient(page, {v: answers[str(v.data)] for v in variables}, layout, structure)
    else:
        head = Head(page.name, page.function.shape, "derivative", variables)
        map_lines(page, variables[0], kind, answers[wrt[0]], head)
    return Steps(tuple(page.lines), page.values, _of_variables(page), symbols)


def _page(
    function: Expr,
    variables: tuple[Expr, ...],
    symbols: Mapping[str, Declaration],
    name: str,
    used: set[str],
    known: Mapping[Expr, Expr] | None = None,
) -> Page:
    f = expand_definitions(recognised(function), variables)
    page = Page(f, variables, symbols, name, used, known or {})
    page.open(function)
    return page


def _gradient(page: Page, answers: Mapping[Expr, Expr], layout: str, structure: str) -> None:
    def finish(v: Expr, g: Expr) -> Expr:
        facts = page.symbols[str(v.data)].facts
        g = structured(g, facts, structure, lambda _: False)
        return transpose(g) if layout == "numerator" else g

    said = "numerator layout: the transpose" if layout == "numerator" else ""
    spaces = {subspace(page.symbols[str(v.data)].facts) for v in page.variables} - {None}
    if spaces and structure == "project":
        said = f"projected onto the {', '.join(sorted(map(str, spaces)))} matrices"
    elif spaces and structure == "cookbook":
        said = "each free entry once: G + Gᵀ − I ⊙ G"
    gradient_lines(page, answers, finish, said)


def _second(
    function: Expr, variables: tuple[Expr, ...], symbols: Mapping[str, Declaration], answer: Expr, kind: str
) -> Steps:
    """The gradient by the first variable, then the differential of the gradient by the second."""
    first, second = variables[0], variables[-1]
    used = taken_names(symbols, ("f", "g"))
    page = _page(function, (first,), symbols, "f", used)
    plain = shortener(symbols, without=str(first.data))
    middle = plain(gradients(recognised(function), (first,))[first]) if function.shape == SCALAR else function
    gradient_lines(page, {first: middle})
    names = {s.symbol: page.values[s.symbol] for s in page.program.statements} if first is second else {}
    following = _page(middle, (second,), symbols, "g", used, names)
    head = Head("f", function.shape, "derivative", (first, second))
    if kind == "gradient":
        gradient_lines(following, {second: answer}, head=head)
    else:
        map_lines(following, second, kind, answer, head)
    both = {**_of_variables(page), **_of_variables(following)}
    return Steps((*page.lines, *following.lines), {**page.values, **following.values}, both, symbols)


def _of_variables(page: Page) -> dict[Expr, Expr]:
    return {v: page.d(v) for v in page.variables}
