"""The simplifier keeps values, and simplifying twice changes nothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matcalc import parse, simplify
from matcalc.algebra.expr import Expr
from matcalc.algebra.facts import Facts
from matcalc.algebra.simplify import Simplifier
from matcalc.rulebook.rules import rule_set
from tests.expressions import SCALAR, expressions
from tests.test_round_trip import value_of

SHAPES = st.sampled_from([SCALAR, ("n", 1), ("n", "n"), ("m", "n")])


def simplifier() -> Simplifier:
    return Simplifier(Facts(), rule_set("simplify"), rule_set("alternate"))


def value(e: Expr) -> np.ndarray | None:
    """The value, or None where the expression has none."""
    try:
        found = np.asarray(value_of(e), dtype=float)
    except (TypeError, ZeroDivisionError, np.linalg.LinAlgError):
        return None
    return found if np.isfinite(found).all() else None


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(SHAPES.flatmap(lambda shape: expressions(shape, 3)))
def test_the_value_is_kept(e: Expr) -> None:
    before = value(e)
    if before is not None:
        after = value(simplifier()(e))
        assert after is not None
        np.testing.assert_allclose(after, before, rtol=1e-6, atol=1e-8 * max(1.0, np.abs(before).max()))


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(SHAPES.flatmap(lambda shape: expressions(shape, 3)))
def test_simplifying_twice_changes_nothing(e: Expr) -> None:
    once = simplifier()(e)
    assert simplifier()(once) is once


W = {
    "A": "n n", "B": "n n", "S": "n n symmetric", "P": "n n spd", "Q": "n n orthogonal", "D": "n n diagonal",
    "x": "n", "y": "n", "α": "scalar", "X": "m n",
}  # fmt: skip

FORMS = [
    # like terms, numbers, signs
    ("A x + A x", "2 A x"),
    ("x − 3 x + y", "y − 2 x"),
    ("−(y − x)", "x − y"),
    ("−2 Aᵀ(y − A x)", "2 Aᵀ(A x − y)"),
    # common factors
    ("A x + Aᵀx", "(A + Aᵀ) x"),
    ("S x + Sᵀx", "2 S x"),
    ("A x + α x", "A x + α x"),
    ("x yᵀA − x yᵀB", "x yᵀ(A − B)"),
    # inverses
    ("A A⁻¹ x", "x"),
    ("A B (A B)⁻¹", "I"),
    ("(A B)⁻¹ A x", "B⁻¹ x"),
    ("(Aᵀ)⁻¹", "A⁻ᵀ"),
    # facts
    ("Sᵀ", "S"),
    ("P⁻ᵀ x", "P⁻¹ x"),
    ("QᵀQ x", "x"),
    ("Q⁻¹", "Qᵀ"),
    # traces and inner products
    ("tr(x yᵀ)", "yᵀx"),
    ("tr(Aᵀ)", "tr(A)"),
    ("I : A", "tr(A)"),
    ("tr(A B C) + tr(B C A)", "2 tr(A B C)"),
    ("tr(A B C) − tr(Cᵀ Bᵀ Aᵀ)", "0"),
    ("tr((A B + B A) B)", "2 tr(A B²)"),
    ("(A B) : C − B : (Aᵀ C)", "0"),
    ("tr(A (B + C)) − tr(C A)", "tr(A B)"),
    ("xᵀA (x + y) − xᵀA x", "xᵀA y"),
    ("xᵀ(S x + S y) + yᵀS x", "xᵀS x + 2 xᵀS y"),
    ("x xᵀ − 2 α x xᵀ", "(1 − 2 α) x xᵀ"),
    ("x − α x", "(1 − α) x"),
    # entries
    ("diag(x) y", "x ⊙ y"),
    ("diag(x yᵀ)", "x ⊙ y"),
    ("𝟏ᵀx", "sum(x)"),
    ("(x yᵀ) ⊙ A", "diag(x) A diag(y)"),
    ("diag(A diag(x) B)", "(A ⊙ Bᵀ) x"),
    ("(B ⊙ Aᵀ)ᵀ", "A ⊙ Bᵀ"),
    ("exp(log(x))", "x"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "form"), FORMS)
def test_forms(text: str, form: str) -> None:
    used = {name: said for name, said in W.items() if name in text}
    assert str(simplify(text, where=used)) == form


def test_an_inverse_needs_no_fact_to_be_a_factor_but_a_transpose_does() -> None:
    assert simplify("Aᵀx", where={"A": "n n", "x": "n"}) is parse("Aᵀx", {"A": "n n", "x": "n"})


@pytest.mark.parametrize(
    ("text", "where", "short"),
    [
        ("|−2 x|", "x scalar", "2 |x|"),
        ("sin(−x) + cos(−3 x)", "x scalar", "cos(3 x) − sin(x)"),
        ("relu(2 x) + sign(−4 x)", "x: n", "2 relu(x) − sign(x)"),
        ("‖α x‖₁", "x: n, α scalar positive", "α ‖x‖₁"),
        ("‖α x‖₁", "x: n, α scalar", "‖α x‖₁"),
        ("tanh(−x − y)", "x: n, y: n", "−tanh(x + y)"),
        ("max(3 x)", "x: n", "3 max(x)"),
        ("max(−x)", "x: n", "max(−x)"),
        ("tril(AᵀBᵀ)ᵀ", "A: m n, B: n m", "triu(B A)"),
        ("x^x + x^x log(x)", "x scalar", "x^x (1 + log(x))"),
        ("1/(y (1 + x²/y²))", "x scalar, y scalar", "y / (y² + x²)"),
        ("sum(softmax(x))", "x: n", "1"),
        ("sinh(x)/cosh(x)", "x scalar", "tanh(x)"),
        ("k − k l/‖x‖", "x: n, k scalar, l scalar", "k (1 − l / ‖x‖)"),
        ("A x − α x + Aᵀx", "A: n n, x: n, α scalar", "(A + Aᵀ) x − α x"),
        ("(A x − b)/(1 + ‖x‖²)^(3/2)", "A: n n, x: n, b: n", "(A x − b) / (1 + ‖x‖²)^(3/2)"),
        ("−2 (Vᵀ(y − V h)) ⊙ h", "V: m n, h: n, y: m", "2 (h ⊙ (Vᵀ(V h − y)))"),
    ],
)
def test_shorter_forms(text, where, short):
    """Each was printed as it stands on the left, or in a longer form."""
    assert str(simplify(text, where=where)) == short


def test_ones_inside_a_bilinear_form_leave_a_scalar() -> None:
    where = {"x": "m", "A": "m n", "y": "n", "B": "m n"}
    e = parse("(xᵀ A 𝟏_{n×n} 𝟏_{n×n} y) B", where)
    assert str(e) == "n (xᵀA 𝟏𝟏ᵀ y) B"
    assert parse("xᵀ A 𝟏_{n×n} 𝟏_{n×n} y", {k: v for k, v in where.items() if k != "B"}).shape == (1, 1)
