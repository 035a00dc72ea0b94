"""The reader's own answer: proved, equal or different, and what is wrong with it."""

from __future__ import annotations

import numpy as np
import pytest

from matcalc import MatcalcError, derive
from tests import scoring

SQUARE = {"A": "n n", "X": "n n"}

#: function, variable, where, claim, verdict, and how the reason begins.
TABLE = [
    ("‖y − A x‖²", "x", None, "2 Aᵀ(A x − y)", "proved", "the two have the same simplest form"),
    ("‖y − A x‖²", "x", None, "−2 Aᵀ(y − A x)", "proved", "the two have the same simplest form"),
    ("‖y − A x‖²", "x", None, "2AᵀAx − 2Aᵀy", "proved", "the two have the same simplest form"),
    ("‖y − A x‖²", "x", None, "∂f/∂x = 2 Aᵀ(A x − y)", "proved", "the two have the same simplest form"),
    ("‖y − A x‖²", "x", None, "Aᵀ(A x − y)", "different", "a factor 2 is missing; "),
    ("‖y − A x‖²", "x", None, "4 Aᵀ(A x − y)", "different", "a factor 2 too many; "),
    ("‖y − A x‖²", "x", None, "6 Aᵀ(A x − y)", "different", "the claim is 3 times the derivative; "),
    ("‖y − A x‖²", "x", None, "2 Aᵀ(y − A x)", "different", "the sign is wrong; "),
    ("‖y − A x‖²", "x", None, "Aᵀ(y − A x)", "different", "the sign is wrong, and a factor 2 is missing; "),
    ("‖y − A x‖²", "x", None, "2 Aᵀ(A x + y)", "different", "the sign of y is wrong; "),
    ("‖y − A x‖²", "x", None, "2 AᵀA x − Aᵀy", "different", "a factor 2 is missing at −Aᵀ y; "),
    (
        "‖y − A x‖²", "x", None, "2 (A x − y)ᵀA", "different",
        "the claim is 1×n and the derivative n×1: it is the transpose, the answer in numerator layout",
    ),
    ("‖y − A x‖²", "x", None, "2 (A x − y)", "different", "the claim is m×1 and the derivative n×1"),
    ("tr(A X)", "X", SQUARE, "A", "different", "it is the transpose of the derivative; "),
    ("tr(A X)", "X", SQUARE, "A + Aᵀ − A ⊙ I", "different", "it is G + Gᵀ − I ⊙ G, as if X were symmetric; "),
    ("tr(A X)", "X", SQUARE, "½ (A + Aᵀ)", "different", "it is the symmetric part of the derivative, as if X were"),
    ("xᵀA x", "x", None, "2 A x", "different", "it would be right if A were symmetric; "),
    ("xᵀA x", "x", {"A": "n n symmetric", "x": "n"}, "(A + Aᵀ) x", "proved", "the two have the same simplest form"),
    ("xᵀA x", "x", None, "(A + A) x", "different", "A in A + A should be Aᵀ; "),
    (
        "logdet(X)", "X", {"X": "n n symmetric invertible"}, "2 X⁻¹ − X⁻¹ ⊙ I", "different",
        "it counts each free entry of the symmetric X once: G + Gᵀ − I ⊙ G; ",
    ),
    ("logdet(X)", "X", {"X": "n n symmetric invertible"}, "X⁻ᵀ", "proved", "the two have the same simplest form"),
    ("tanh(A x + b)", "x", None, "diag(1/cosh(A x + b)²) A", "proved", "the two are equal for m = "),
    ("log(sum(exp(x)))", "x", None, "exp(x) / sum(exp(x))", "proved", "the two have the same simplest form"),
    ("A x + b", "b", None, "I", "proved", "the two have the same simplest form"),
    ("x xᵀ", "x", None, "dx xᵀ + x dxᵀ", "proved", "the two have the same simplest form"),
    ("sum(relu(x))", "x", None, "½ (𝟏 + sign(x))", "proved", "the two are equal for n = "),
    ("α² x", "α", {"α": "scalar", "x": "scalar"}, "2 α x", "proved", "the two have the same simplest form"),
]  # fmt: skip


COLUMNS = ("f", "wrt", "where", "claim", "verdict", "reason")


@pytest.mark.parametrize(COLUMNS, TABLE, ids=[f"{row[0]}: {row[3]}" for row in TABLE])
def test_verdicts(f, wrt, where, claim, verdict, reason):
    match = derive(f, wrt, where=where).matches(claim)
    assert match.verdict == verdict, match.reason
    assert match.reason.startswith(reason), match.reason
    assert bool(match) is (verdict != "different")


def test_a_point_shows_the_difference():
    match = derive("‖y − A x‖²", "x").matches("2 Aᵀ(A x + y)")
    point = match.point
    assert point is not None
    assert "at a random point (m = " in match.reason
    claimed = 2 * point["A"].T @ (point["A"] @ point["x"] + point["y"])
    due = 2 * point["A"].T @ (point["A"] @ point["x"] - point["y"])
    assert not np.allclose(claimed, due)


@pytest.mark.parametrize(
    ("claim", "message"),
    [
        ("2 Bᵀ(A x − y)", "B is no symbol of the function"),
        ("2 A(A x − y)", "A is m×n here"),
        ("2 Aᵀ(A x − y", r"\("),
        ("", "the text is empty"),
    ],
)
def test_what_cannot_be_read_is_refused(claim, message):
    with pytest.raises(MatcalcError, match=message):
        derive("‖y − A x‖²", "x").matches(claim)


def test_published_answers_match():
    """The answers that the problems come with, in the words of their sources."""
    wrong = []
    for case in scoring.cases():
        if case.answer is None or "∑" in case.answer or case.kind not in ("gradient", "jacobian", "hessian"):
            continue
        try:
            d = derive(case.notations["expr"], case.wrt, where=case.where, order=case.order, structure="ignore")
            match = d.matches(case.answer)
        except MatcalcError:  # a reading that is refused
            continue
        if not match:
            wrong.append((case.id, case.answer, str(d.expr), str(match)))
    assert not wrong, wrong


@pytest.mark.parametrize(
    "claim",
    ["diag(p) − p pᵀ where p = softmax(x)", "p = softmax(x); f = diag(p) − p pᵀ", "diag(p) − p pᵀ, p = softmax(x)"],
)
def test_a_claim_with_names_of_its_own_is_refused(claim):
    """The last right-hand side alone was compared, and a right claim was called different."""
    with pytest.raises(MatcalcError, match="a claim is one expression"):
        derive("logsumexp(x)", "x", order=2).matches(claim)


@pytest.mark.parametrize("claim", ["2.00000000001 x", "2 x + 10^(-12) x"])
def test_what_only_rounding_makes_equal_is_different(claim):
    """The verdict was "equal", and its reason that exact arithmetic refutes it."""
    match = derive("xᵀx", "x").matches(claim)
    assert match.verdict == "different"
    assert match.reason.startswith("they agree up to rounding, and differ in exact arithmetic at a random point (n = ")


@pytest.mark.parametrize(
    ("f", "x", "where", "claim", "everywhere"),
    [
        ("½ x²", "x", "x scalar", "sqrt(x)²", False),
        ("½ x²", "x", "x scalar", "1/(1/x)", False),
        ("½ x²", "x", "x scalar nonnegative", "sqrt(x)²", True),
        ("½ ‖x‖²", "x", "x: n", "exp(log(x))", False),
        ("½ ‖x‖²", "x", "x: n", "x", True),
        ("det(X)", "X", "X: n n", "exp(log(det(X))) X⁻ᵀ", False),
        ("det(X)", "X", "X: n n", "det(X) X⁻ᵀ", True),
        ("log(x)", "x", "x scalar", "1/x", True),
        ("logdet(X)", "X", "X: n n", "(X⁻¹)ᵀ", True),
    ],
)
def test_a_claim_with_a_domain_of_its_own_is_right_where_both_have_a_value(f, x, where, claim, everywhere):
    match = derive(f, x, where=where).matches(claim)
    assert match.verdict == "proved"
    assert match.reason.endswith("wherever both have a value") is not everywhere


@pytest.mark.parametrize(
    ("f", "x", "where", "claim"),
    [
        ("½ x²", "x", "x scalar", "x + relu(x − 10)"),
        ("½ x²", "x", "x scalar", "x + 𝟙[x > 50]"),
        ("max(x)", "x", "x: n", "softmax(1000 x)"),
        ("½ ‖x − y‖²", "x", "x: n, y: n", "x − y − relu(y − 20)"),
    ],
)
def test_a_claim_that_differs_only_far_from_one_is_different(f, x, where, claim):
    match = derive(f, x, where=where).matches(claim)
    assert match.verdict == "different" and match.reason.startswith("they agree where the symbols are about 1; ")
    assert match.point


@pytest.mark.parametrize(
    ("f", "claim"),
    [
        ("log(1 + exp(x))", "exp(x)/(1 + exp(x))"),
        ("log(1 + exp(x))", "½ (1 + tanh(½ x))"),
        ("tanh(x)", "4/(exp(x) + exp(−x))²"),
        ("tanh(x)", "1/cosh(x)²"),
        ("x − sin(x)", "2 sin(½ x)²"),
        ("σ(x)", "exp(−x)/(1 + exp(−x))²"),
        ("log(cosh(x))", "(exp(2 x) − 1)/(exp(2 x) + 1)"),
        ("arctan(x)", "cos(arctan(x))²"),
        ("sqrt(1 + x²)", "sin(arctan(x))"),
    ],
)
def test_rounding_far_from_one_makes_no_right_claim_different(f, claim):
    assert derive(f, "x", where="x scalar").matches(claim)
