"""The derivation of a Jacobian, a derivative by a scalar, or a differential: substitution, forwards.

dF is written in the differentials of the names, and each is replaced by what it stands for, last name
first, until only differentials of variables are left.
"""

from __future__ import annotations

from matcalc.algebra.build import multiply, number, symbol, transpose
from matcalc.algebra.expr import Expr, symbols_of
from matcalc.algebra.shapes import SCALAR, is_row
from matcalc.calculus.linear import matrix_of
from matcalc.calculus.readings import direction
from matcalc.calculus.variables import Variable
from matcalc.derivation.differential import put
from matcalc.derivation.forms import Right
from matcalc.derivation.page import LONG, Page, length
from matcalc.derivation.steps import Head

__all__ = ["map_lines"]

#: A matrix up to this many characters is shown with the values of the names put back.
_BACK = 60


def map_lines(page: Page, variable: Variable, kind: str, answer: Expr, head: Head) -> None:
    """The lines from dF to the answer, in the reading that `kind` names."""
    total = page.differential(page.program.result)
    rule, source = page.explained(page.program.result)
    _total_line(page, [total], rule, source)
    for s in reversed(page.program.statements):
        d = page.d(s.symbol)
        if d not in symbols_of(total):
            continue
        moved = page.differential(s.expr, s.symbol)
        remark = f"d{s.symbol.data} = {moved}"
        if not page.trivial(s):
            rule, source = page.explained(s.expr)
            left = Head(str(s.symbol.data), s.symbol.shape, "differential")
            page.write(left, [moved], rule, source, equal=((d, moved),), quotient=(s.symbol, page.moving()))
            remark = f"put in d{s.symbol.data}"
        total = page.simplify(put(total, {d: moved}))
        _total_line(page, [total], remark, "")
    dx = page.d(variable.whole)
    if variable.is_part:
        total = page.simplify(put(total, {dx: variable.placed(variable.part(dx))}))
        _total_line(page, [total], f"put in {dx}", "")
    if kind == "differential":
        shown = put(answer, {direction(variable.whole): dx})
        back = put(total, page.values)
        _total_line(page, [*[f for f in (back,) if length(f) <= LONG], shown], "the names put back", "")
        return
    _answer_line(page, variable, total, kind, answer, head)


def _total_line(page: Page, forms: list[Right], rule: str, source: str) -> None:
    values = tuple([form for form in forms if isinstance(form, Expr)])
    page.write(page.dhead, forms, rule, source, equal=(values,), quotient=(page.function, page.moving()))


def _answer_line(page: Page, variable: Variable, total: Expr, kind: str, answer: Expr, head: Head) -> None:
    """∂F/∂x = M where dF = M dx."""
    dx = variable.part(page.d(variable.whole))
    quotient = (page.function, page.moving())
    free = symbol("#d", variable.shape) if variable.is_part else dx
    total = put(total, {page.d(variable.whole): variable.placed(free)}) if variable.is_part else total
    if kind == "derivative":
        matrix = page.simplify(put(total, {free: number(1)}))
        products = tuple([multiply(dx, form) for form in (matrix, answer)])
    else:
        column = symbol("#v", (variable.shape[1], 1)) if is_row(variable.shape) else free
        moved = put(total, {free: transpose(column)}) if is_row(variable.shape) else total
        moved = transpose(moved) if is_row(page.function.shape) else moved
        matrix = page.simplify(matrix_of(moved, column))
        products = tuple([_along(form, page, dx) for form in (matrix, answer)])
        product = products[0]
        if length(product) <= LONG and page.function.shape != SCALAR and not variable.is_part:
            _total_line(page, [product], f"a matrix times {dx}", "")
    rule = f"what stands before {dx}"
    back = put(matrix, page.values)
    forms: list[Right] = [form for form in (matrix, back) if length(form) <= LONG]
    if len(forms) > 1:
        forms = [back] if length(back) <= _BACK else [matrix]
    page.write(head, [*forms, answer], rule, "", equal=(products,), quotient=quotient)


def _along(matrix: Expr, page: Page, dx: Expr) -> Expr:
    moved = multiply(matrix, transpose(dx) if is_row(dx.shape) else dx)
    return transpose(moved) if is_row(page.function.shape) else moved
