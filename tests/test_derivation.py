"""Derivations: exact pages, and laws that hold of every page."""

from __future__ import annotations

import re
from dataclasses import replace
from statistics import median

import pytest

from matcalc import DerivativeError, MatcalcError, OptionError, derive
from matcalc.algebra.build import scale
from matcalc.derivation.forms import Form
from matcalc.derivation.steps import Steps
from tests import scoring
from tests.pages import PAGES


def lines(steps: Steps) -> list[str]:
    """The lines as they are printed, without padding."""
    return [re.sub(r" {3,}", "   ", line) for line in steps.explain().splitlines()]


@pytest.mark.parametrize(("question", "page"), PAGES, ids=[str(question[0]) for question, _ in PAGES])
def test_pages_word_by_word(question, page):
    f, wrt, options = question
    assert lines(derive(f, wrt, **options).steps) == page.strip().splitlines()


@pytest.fixture(scope="module")
def derivations():
    """The derivations of the gradients, Jacobians and Hessians among the problems that are answered."""
    found = []
    for case in scoring.cases():
        if case.kind not in ("gradient", "jacobian", "hessian"):
            continue
        try:
            d = derive(case.notations["expr"], case.wrt, where=case.where, order=case.order, structure="ignore")
        except MatcalcError:
            continue
        found.append((case.id, d))
    return found


def test_every_line_checks(derivations):
    wrong = [(name, str(report)) for name, d in derivations if not (report := d.steps.check())]
    assert not wrong, wrong


def test_the_last_line_is_the_answer(derivations):
    assert [name for name, d in derivations if str(d.steps[-1].after) != str(d.expr)] == []


def test_no_line_repeats_the_one_before_it(derivations):
    for name, d in derivations:
        texts = [str(step) for step in d.steps]
        assert not [b for a, b in zip(texts, texts[1:], strict=False) if a == b], name
    twice = [
        (name, str(step))
        for name, d in derivations
        for step in d.steps
        for x, y in zip(step.forms, step.forms[1:], strict=False)
        if str(x) == str(y)
    ]
    assert not twice, twice


def test_pages_are_short(derivations):
    assert median([len(d.steps) for _, d in derivations]) <= 10
    assert max(len(d.steps) for _, d in derivations) <= 25


def test_full_pages_check(derivations):
    wrong = []
    for name, d in derivations[::6]:
        steps = d.steps.full()
        if not steps.check() or str(steps[-1].after) != str(d.expr):
            wrong.append((name, str(steps.check())))
    assert not wrong, wrong


def test_names_clash_with_nothing(derivations):
    for name, d in derivations:
        heads = {step.head.name for step in d.steps if step.head.kind == "value"} - {"f", "L", "J", "g"}
        dimensions = {str(dim) for declared in d.where.values() for dim in declared.shape}
        assert not heads & (set(d.where) | dimensions), name
        assert not {f"d{head}" for head in heads} & set(d.where), name


def test_names_give_way_to_symbols():
    where = {"E": "m n", "x": "n", "y": "m", "e": "scalar", "dx": "scalar"}
    steps = derive("‖y − E x‖² + e dx", "x", where=where).steps
    assert str(steps[0]) == "r = y − E x"
    assert str(steps[2]) == "df = 2 r : dr"
    assert str(steps[4]) == "df = −2 r : (E δx) = −2 (Eᵀ r) : δx"
    assert steps.check()


def test_a_wrong_line_is_found(derivations):
    """Any line that is doubled is named by the report."""
    for name, d in derivations[::5]:
        steps = d.steps
        for i, step in enumerate(steps):
            after = step.equal[-1][-1] if step.equal else None
            if step.quotient is None or after is None or str(after) in ("0", "𝟎"):
                continue
            equal = (*step.equal[:-1], (*step.equal[-1][:-1], scale(2, after)))
            broken = replace(steps, lines=(*steps[:i], replace(step, equal=equal), *steps[i + 1 :]))
            report = broken.check()
            assert not report, (name, str(step))
            assert report.wrong == (str(step),)


def test_steps_are_data():
    steps = derive("logdet(A X B)", "X").steps
    step = steps[2]
    assert str(step) == "df = tr(Z⁻¹ dZ) = Z⁻ᵀ : dZ"
    assert step.rule == "differential of log det; Frobenius product"
    assert step.source == "Magnus & Neudecker, 3rd ed., §8.3, theorem 8.2"
    assert isinstance(step.after, Form)
    assert str(steps[4].before) == "Z⁻ᵀ : dZ"
    assert str(steps.check()).startswith("all 6 lines agree with the ones before them and with difference quotients (")


def test_full_detail_gives_every_operation_a_line_and_its_source():
    text = derive("‖y − A x‖²", "x").explain(detail="full")
    assert "t₁ = −A x" in text
    assert "t₂ = y + t₁" in text
    assert "[Magnus & Neudecker, 3rd ed., §1.10 and §2.4]" in text


def test_markdown():
    page = derive("xᵀA x", "x").explain("markdown").splitlines()
    assert page[0] == r"1. $f = x^{\top} A x$"
    assert page[1].startswith("2. product rule; Frobenius product (Magnus & Neudecker, 3rd ed., §8.2): $")


def test_all_variables_at_once():
    d = derive("½ ‖W x + b − y‖²", ["W", "b"])
    assert lines(d.steps) == [
        "e = W x + b − y   name the residual",
        "f = ½ ‖e‖² = ½ e : e",
        "df = e : de   product rule",
        "de = dW x + db   the differential is linear",
        "df = e : (dW x + db) = (e xᵀ) : dW + e : db   Frobenius product: move x across",
        "∂f/∂W = (W x + b − y) xᵀ   what stands before dW",
        "∂f/∂b = W x + b − y   what stands before db",
    ]
    assert d.steps.check()


def test_a_program_keeps_its_names():
    d = derive("z = W x + b; a = tanh(z); ‖y − a‖²", "b")
    assert [str(step) for step in d.steps][:2] == ["z = W x + b", "a = tanh(z)"]
    assert d.steps.check()


def test_conventions_have_lines_of_their_own():
    d = derive("logdet(X)", "X", where={"X": "n n symmetric invertible"})
    assert lines(d.steps)[-2:] == [
        "∂f/∂X = X⁻ᵀ   what stands before dX",
        "∂f/∂X = X⁻¹   projected onto the symmetric matrices",
    ]
    assert d.steps.check()
    d = derive("xᵀA y", "x", layout="numerator")
    assert lines(d.steps)[-1] == "∂f/∂x = yᵀAᵀ   numerator layout: the transpose"
    assert d.steps.check()


def test_mixed_second_orders():
    d = derive("xᵀA y + ‖x‖² (yᵀy)", ["x", "y"], order=2)["x", "y"]
    assert d.steps.check()
    assert d.steps[-1].after is d.expr


def test_mixed_second_orders_of_a_program():
    """A name moves with one variable on the first page, and with the other on the second."""
    h = derive("z = W x + b; ½ ‖y − tanh(z)‖²", ["W", "b", "x"], order=2)
    assert all(d.steps.check() for d in h.values())


def test_a_deep_network_has_a_page():
    text = "x"
    where = {"x": "n", "y": "n"}
    for i in range(30):
        text = f"tanh(W{i} ({text}))"
        where[f"W{i}"] = "n n"
    d = derive(f"‖y − {text}‖²", "W0", where=where)
    assert d.steps.check()
    assert max(len(str(step)) for step in d.steps[:-1]) < 200


def test_options_that_do_not_exist():
    d = derive("xᵀA x", "x")
    for call in (
        lambda: d.explain("html"), lambda: d.explain(detail="long"), lambda: d.latex("page"),
        lambda: d.latex(style="bar"), lambda: d.latex(transpose="'"),
    ):  # fmt: skip
        with pytest.raises(OptionError, match="does not exist"):
            call()
    with pytest.raises(DerivativeError, match="is a reading of the derivative"):
        _ = d.jvp("V").steps


def test_latex_options():
    d = derive("‖y − A x‖²", "x")
    assert d.latex() == r"\frac{\partial f}{\partial x} = 2 A^{\top} (A x - y)"
    assert d.latex(bold=True, transpose="T", style="nabla") == (
        r"\nabla_{\mathbf{x}} f = 2 \mathbf{A}^{T} (\mathbf{A} \mathbf{x} - \mathbf{y})"
    )
    page = d.latex("derivation", bold=True)
    assert page.startswith("\\begin{aligned}\n\\mathbf{e} &= \\mathbf{y} - \\mathbf{A} \\mathbf{x}")
    assert r"\mathrm{d}f &= 2 \mathbf{e} : \mathrm{d}\mathbf{e}" in page


def test_rich_output():
    bundle = derive("‖y − A x‖²", "x")._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/latex", "text/html"}
    html = bundle["text/html"]
    assert html.count("<details>") == html.count("</details>") == 2
    for part in ("<summary>Derivation</summary>", "<summary>NumPy</summary>", "ℝᵐˣⁿ", r"\frac{\partial f}{\partial x}"):
        assert part in html
    tricky = derive("sum(relu(x))", "x")._repr_mimebundle_()["text/html"]
    assert "> 0" not in re.sub(r"<[^<>]*>", "", tricky)
