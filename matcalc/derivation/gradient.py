"""The derivation of a gradient: a linear form Σ G : dX, carried back from name to name.

The form starts as df in the differentials of the names. Each name's differential is put in its place,
last name first, and Frobenius moves bring the form back to pairs of a cotangent and a bare
differential; what stands before the differential of a variable in the end is the gradient.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from matcalc.algebra.build import (
    ADD,
    INNER,
    ONE,
    add,
    inner,
    is_chain,
    multiply,
    number,
    parts,
    reassemble,
    transpose,
    zeros,
)
from matcalc.algebra.expr import Expr, symbols_of
from matcalc.algebra.shapes import SCALAR
from matcalc.calculus.sweep import pull_back, ungroup
from matcalc.calculus.variables import Variable
from matcalc.derivation.differential import put
from matcalc.derivation.forms import Form, Right
from matcalc.derivation.page import LONG, Page, frobenius, length
from matcalc.derivation.statements import Statement, squared
from matcalc.derivation.steps import Head

__all__ = ["gradient_lines"]

#: Names whose differentials are put in together; beyond so many they go one by one.
_TOGETHER = 12

#: Two forms together up to this many characters stand on one line.
_SHORT = 40

#: A gradient up to this many characters is shown with the values of the names put back.
_BACK = 60
#: A cotangent longer than this gets a name of its own, where there are several layers.
_COTANGENT, _LAYERS = 14, 4

Frontier = dict[Expr, Expr]


def gradient_lines(
    page: Page,
    answers: Mapping[Variable, Expr],
    finish: Callable[[Variable, Expr], Expr] = lambda v, g: v.part(g),
    said: str = "",
    head: Head | None = None,
) -> None:
    """The lines from df to the gradients.

    answers: for each variable the answer that is shown. finish gives the answer's value from the
    gradient entry by entry, and `said` is the convention by which it does, if it changes anything.
    """
    program = page.program
    frontier = _pulled(page, program.result, ONE)
    forward = page.differential(program.result)
    rule, source = page.explained(program.result)
    form = _form(page, frontier)
    if _is_form(forward, page) or length(forward) > LONG or _sum_of_squares(program.result, page):
        _form_line(page, [form], rule, source)
    elif length(forward) + length(form) <= _SHORT:
        _form_line(page, [forward, form], f"{rule}; Frobenius product", source)
    else:
        _form_line(page, [forward], rule, source)
        moved, where = frobenius(Form(()), set())
        _form_line(page, [form], moved, where)
    todo = list(program.statements)
    while todo:
        batch = _batch(page, todo, frontier)
        for s in batch:
            todo.remove(s)
        reached = [s for s in batch if s.symbol in frontier]
        if reached:
            _substitute(page, reached, frontier)
    if any(v.is_part for v in answers):
        wholes = {v.whole: v for v in answers}
        parts = [(page.simplify(v.part(frontier[w])), v.part(page.d(w))) for w, v in wholes.items() if w in frontier]
        put_in = ", ".join([str(page.d(v.whole)) for v in answers if v.is_part])
        _form_line(page, [Form.of(parts)], f"put in {put_in}", "")
    for v in answers:
        whole = frontier.get(v.whole, zeros(*v.whole.shape))
        at = head or Head(page.name, page.function.shape, "derivative", (v,))
        g = page.simplify(v.part(whole)) if v.is_part else whole
        _read_off(page, v, at, g, answers[v], finish(v, put(whole, page.values)), said)


def _batch(page: Page, todo: list[Statement], frontier: Frontier) -> list[Statement]:
    """The last statements that no later one in the frontier depends on."""
    if len(todo) > _TOGETHER:
        return [todo[-1]]
    blocked: set[Expr] = set()
    out = []
    for s in reversed(todo):
        if s.symbol not in blocked:
            out.append(s)
        blocked.update(symbols_of(s.expr))
    return out[::-1]


def _pulled(page: Page, e: Expr, cotangent: Expr) -> Frontier:
    """The cotangents that arrive at the leaves of e, in the order in which the leaves appear."""
    leaves = page.program.leaves(e)
    found = pull_back(e, dict.fromkeys(leaves), cotangent)
    return {leaf: page.simplify(ungroup(found[leaf])[0]) for leaf in leaves}


def _form(page: Page, frontier: Frontier) -> Form:
    return Form.of([(g, page.d(leaf)) for leaf, g in frontier.items()])


def _form_line(page: Page, forms: list[Right], rule: str, source: str) -> None:
    values = tuple([form if isinstance(form, Expr) else form.value for form in forms])
    page.write(page.dhead, forms, rule, source, equal=(values,), quotient=(page.function, page.moving()))


def _is_form(e: Expr, page: Page) -> bool:
    """Whether every term of e is a product G : dX already."""
    ds = set(page.program.differentials.values())
    return all(
        any(
            s in ds or (_pairs(s) and any(side in ds or transpose(side) in ds for side in s.args))
            for s in parts(term)[1]
        )
        for term in (e.args if e.op is ADD else (e,))
    )


def _sum_of_squares(e: Expr, page: Page) -> bool:
    """Whether every term is c ‖a‖² for a name or variable a, or constant."""
    leaves = set(page.program.differentials)
    return all(
        not leaves & set(symbols_of(term)) or any(squared(s) in leaves for s in parts(term)[1])
        for term in (e.args if e.op is ADD else (e,))
    )


def _pairs(e: Expr) -> bool:
    """Whether e is an inner product of two things."""
    return e.op is INNER or (is_chain(e) and len(e.args) == 2)


def _substitute(page: Page, batch: list[Statement], frontier: Frontier) -> None:
    """The differentials of these names put into the form, and moved across to those of earlier ones."""
    remarks = []
    for s in batch:
        moved = page.differential(s.expr, s.symbol)
        if page.trivial(s):
            remarks.append(f"d{s.symbol.data} = {moved}")
        else:
            _differential_line(page, s, moved)
    given = _with_differentials(page, batch, frontier)
    for s in batch:
        g = frontier.pop(s.symbol)
        for leaf, pulled in _pulled(page, s.expr, g).items():
            pulled = page.simplify(put(pulled, {s.expr: s.symbol}) if s.expr.args else pulled)
            total = page.simplify(add(frontier[leaf], pulled)) if leaf in frontier else pulled
            frontier[leaf] = total
    after = _form(page, frontier)
    if given is not None and length(given) <= LONG and str(given) != str(after):
        rule, source = frobenius(given, set(page.program.differentials.values()))
        _form_line(page, [given, after], rule, source)
    else:
        rule = ", ".join(remarks) or "put in " + ", ".join(f"d{s.symbol.data}" for s in batch)
        _form_line(page, [after], rule, "")
    if len(page.program.statements) >= (_LAYERS if len(page.variables) == 1 else 2):
        _name_cotangents(page, frontier)


def _name_cotangents(page: Page, frontier: Frontier) -> None:
    """Backpropagation: the cotangent of an argument gets the name δ, with the number of the argument."""
    for s in page.program.statements:
        g = frontier.get(s.symbol)
        if g is None or s.role != "argument" or s.symbol.shape == SCALAR or length(g) <= _COTANGENT:
            continue
        frontier[s.symbol] = name = page.named("δ" + str(s.symbol.data)[1:], g)
        head = Head(str(name.data), name.shape)
        page.write(head, [g], f"what stands before d{s.symbol.data}", equal=((name, g),))


def _differential_line(page: Page, s: Statement, moved: Expr) -> None:
    """dn = … for a name n."""
    rule, source = page.explained(s.expr)
    forms: list[Right] = [moved]
    if s.symbol.shape == SCALAR:
        pulled = {leaf: put(g, {s.expr: s.symbol}) for leaf, g in _pulled(page, s.expr, ONE).items()}
        form = _form(page, pulled)
        forms = [form] if _is_form(moved, page) else [moved, form]
    head = Head(str(s.symbol.data), s.symbol.shape, "differential")
    values = (page.d(s.symbol), *[form if isinstance(form, Expr) else form.value for form in forms])
    page.write(head, forms, rule, source, equal=(values,), quotient=(s.symbol, page.moving()))


def _with_differentials(page: Page, batch: list[Statement], frontier: Frontier) -> Form | None:
    """The form with the differentials of these names in the places of their symbols; None if all are scalars."""
    taken = {s.symbol: s for s in batch if s.symbol.shape != SCALAR and not page.trivial(s)}
    if not taken:
        return None
    pairs = []
    for leaf, g in frontier.items():
        s = taken.get(leaf)
        if s is None:
            pairs.append((g, page.d(leaf)))
            continue
        moved = page.differential(s.expr, s.symbol)
        if moved.op is not ADD:
            c, scalars, matrices = parts(moved)
            g, moved = multiply(number(c), *scalars, g), reassemble(1, (), matrices)
        pairs.append((g, moved))
    return Form.of(pairs)


def _read_off(page: Page, v: Variable, head: Head, g: Expr, answer: Expr, finished: Expr, said: str) -> None:
    """∂f/∂X = G, with the values of the names put back, in the shortest form."""
    back = put(g, page.values)
    forms: list[Right] = [form for form in (g, back) if length(form) <= LONG]
    if len(forms) > 1 and g is not back:
        named = any(symbol in page.values and symbol not in page.program.differentials for symbol in symbols_of(g))
        forms = [g] if named or length(back) > _BACK else [back]
    d = v.part(page.d(v.whole))
    rule = f"what stands before {d}"
    quotient = (page.function, frozenset({v.whole}))
    paired = tuple([inner(form, d) for form in (g, back)])
    if not said:
        page.write(head, [*forms, answer], rule, "", equal=(paired, (finished, answer)), quotient=quotient)
        return
    page.write(head, forms[-1:] or [back], rule, "", equal=(paired,), quotient=quotient)
    page.write(head, [answer], said, "", equal=((finished, answer),))
