"""What expressions look like as LaTeX: exact wording, and laws that a strict reader of LaTeX relies on."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings

from matcalc.algebra.build import (
    ONE,
    add,
    divide,
    hadamard,
    identity,
    inner,
    inverse,
    matrix_power,
    multiply,
    negate,
    norm,
    number,
    ones,
    power,
    scale,
    sqrt,
    subtract,
    symbol,
)
from matcalc.algebra.expr import Expr
from matcalc.notation.latex import latex_with_where, to_latex
from tests.expressions import ANY, HALF, A, B, S, T, X, a, alpha, d, eta, f, n, nu, r, sigma, t, u, x, y, z
from tests.test_text import TABLE

ROWS: list[tuple[Expr, str]] = [
    (scale(2, multiply(T(A), r)), r"2 A^{\top} (A x - z)"),
    (multiply(add(B, T(B)), x), r"(B + B^{\top}) x"),
    (negate(multiply(T(inverse(X)), a, T(x), T(inverse(X)))), r"-X^{-\top} a x^{\top} X^{-\top}"),
    (scale(HALF, inner(x, x)), r"\tfrac{1}{2} \lVert x \rVert^{2}"),
    (divide(d, norm(d)), r"\frac{x - a}{\lVert x - a \rVert}"),
    (divide(multiply(eta, inverse(S), d), add(nu, n)), r"\frac{\eta \Sigma^{-1} (x - a)}{\nu + n}"),
    (multiply(n, power(t, subtract(n, ONE))), r"n t^{n - 1}"),
    (multiply(number(2), power(number(3), t)), r"2 \cdot 3^{t}"),
    (power(t, number(HALF / 2)), r"t^{1/4}"),
    (sqrt(t), r"\sqrt{t}"),
    (power(sqrt(t), number(3)), r"t^{3/2}"),
    (
        f("exp", negate(divide(inner(x, x), scale(2, power(sigma, number(2)))))),
        r"\exp\left(-\frac{\lVert x \rVert^{2}}{2 \sigma^{2}}\right)",
    ),
    (norm(divide(x, t)), r"\frac{\lVert x \rVert}{\lvert t \rvert}"),
    (sqrt(divide(inner(x, x), power(t, number(2)))), r"\sqrt{\frac{\lVert x \rVert^{2}}{t^{2}}}"),
    (hadamard(x, subtract(ones("n"), x)), r"x \odot (\mathbf{1} - x)"),
    (divide(x, y), r"x \oslash y"),
    (power(A, number(2)), r"A \odot A"),
    (power(A, number(3)), r"A^{\circ 3}"),
    (matrix_power(X, number(-2)), r"X^{-2}"),
    (f("kron", A, multiply(B, X)), r"A \otimes (B X)"),
    (f("step", d), r"\mathbb{1}[x - a > 0]"),
    (f("tr", multiply(B, X)), r"\operatorname{tr}(B X)"),
    (f("tr", matrix_power(X, number(3))), r"\operatorname{tr}(X^{3})"),
    (f("log", f("abs", t)), r"\log(\lvert t \rvert)"),
    (f("abs", A), r"\operatorname{abs}(A)"),
    (f("norm1", x), r"\lVert x \rVert_1"),
    (f("sigmoid", divide(t, u)), r"\sigma\left(\frac{t}{u}\right)"),
    (f("frechet_expm", X, B), r"\operatorname{frechet\_expm}(X, B)"),
    (multiply(T(symbol("W₁", ("n", "m"))), x), r"W_{1}^{\top} x"),
    (multiply(symbol("θ̂"), symbol("x_max", ("n", 1))), r"\hat{\theta} x_{\mathrm{max}}"),
    (multiply(symbol("lam"), symbol("dX", ("n", "n"))), r"\mathrm{lam} \,\mathrm{d}X"),
    (multiply(T(symbol("x′", ("n", 1))), x), r"{x^{\prime}}^{\top} x"),
]


@pytest.mark.parametrize(("e", "latex"), [pytest.param(e, latex, id=latex) for e, latex in ROWS])
def test_rows(e: Expr, latex: str) -> None:
    assert to_latex(e) == latex
    assert e._repr_latex_() == f"${latex}$"


def test_bold_type_is_for_vectors_and_matrices() -> None:
    e = add(multiply(alpha, identity("n")), multiply(T(X), inverse(S)))
    assert to_latex(e, bold=True) == r"\alpha I + \mathbf{X}^{\top} \boldsymbol{\Sigma}^{-1}"
    assert to_latex(T(inverse(X)), transpose="T") == "X^{-T}"


def test_named_parts() -> None:
    e = add(divide(multiply(T(A), r), norm(r)), multiply(f("exp", negate(inner(r, r))), T(A), r))
    assert latex_with_where(e, limit=40) == (
        r"\frac{A^{\top} r}{\lVert r \rVert} + \exp(-\lVert r \rVert^{2}) A^{\top} r",
        [("r", "A x - z")],
    )


def well_formed(latex: str) -> bool:
    """ASCII outside of \\text, balanced braces, as many \\left as \\right."""
    depth = 0
    for token in re.findall(r"\\[A-Za-z]+|\\.|[{}]", latex):
        depth += {"{": 1, "}": -1}.get(token, 0)
        if depth < 0:
            return False
    paired = len(re.findall(r"\\left(?![a-zA-Z])", latex)) == len(re.findall(r"\\right(?![a-zA-Z])", latex))
    outside = re.sub(r"\\text\{[^{}]*\}", "", latex)
    return depth == 0 and paired and outside.isascii()


@pytest.mark.parametrize("e", [pytest.param(e, id=text) for rows in TABLE.values() for e, text in rows])
def test_the_table_of_texts_is_well_formed_in_latex(e: Expr) -> None:
    assert well_formed(to_latex(e))
    assert well_formed(to_latex(e, bold=True, transpose="T"))


@given(ANY)
@settings(max_examples=100, deadline=None)
def test_random_expressions_are_well_formed(e: Expr) -> None:
    assert well_formed(to_latex(e))


def test_depth() -> None:
    value = x
    for layer in range(1000):
        value = f("tanh", multiply(symbol(f"W{layer}", ("n", "n")), value))
    assert to_latex(value).count(r"\tanh") == 1000
    assert to_latex(multiply(T(A), z)) == r"A^{\top} z"
