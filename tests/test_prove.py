"""Proofs: every answer to the problems is proved or left open for a reason, and wrong answers never are."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matcalc import MatcalcError, derive, parse
from matcalc.algebra.build import add, scale, transpose
from matcalc.algebra.shapes import SCALAR
from matcalc.exact.evaluate import Point, evaluate
from matcalc.exact.field import PRIME, Dual, constant, determinant, inverse, matmul, root
from matcalc.prove import Claim, prove_derivative, prove_equal
from tests import scoring

NUMBERS = st.builds(Dual, *[st.integers(0, PRIME - 1)] * 4)


@given(NUMBERS, NUMBERS, NUMBERS)
def test_dual_numbers_are_a_ring(x, y, z):
    assert x * (y + z) == x * y + x * z
    assert (x * y) * z == x * (y * z)
    assert x * y == y * x
    assert x - x == Dual(0)


@given(NUMBERS.filter(lambda x: x.a))
def test_powers_of_dual_numbers(x):
    assert x.power(-1) * x == Dual(1)
    assert x.power(5) == x * x * x * x * x
    square = x * x
    half = square.power(1, 2)
    assert half * half == square


def test_roots_are_multiplicative():
    rng = random.Random(1)
    squares = [pow(rng.randrange(1, PRIME), 2, PRIME) for _ in range(20)]
    for a, b in zip(squares, squares[1:], strict=False):
        assert root(a) * root(b) % PRIME == root(a * b % PRIME)


def test_inverse_and_determinant():
    rng = random.Random(2)
    m = [[Dual(*[rng.randrange(PRIME) for _ in range(4)]) for _ in range(3)] for _ in range(3)]
    assert matmul(m, inverse(m)) == constant([[int(i == j) for j in range(3)] for i in range(3)])
    assert determinant(matmul(m, m)) == determinant(m) * determinant(m)


def test_nilpotents_differentiate():
    x = Dual(3, 1, 1, 0)
    assert (x * x * x).parts == (27, 27, 27, 18)  # x³, 3x², 3x², 6x
    point = Point({}, {"x": [[x]]}, random.Random(0))
    value = evaluate(parse("x/(1 + x²)", {"x": "scalar"}), point)[0][0]
    assert value.b == (1 - 9) * pow(100, -1, PRIME) % PRIME


CASES = scoring.cases()


@pytest.fixture(scope="module")
def derivatives():
    """The derivatives of all problems that are answered."""
    found = []
    for case in CASES:
        try:
            d = derive(case.notations["expr"], case.wrt, where=case.where, order=case.order, structure="ignore")
        except MatcalcError:
            continue
        found.append((case.id, d))
    return found


def test_answers_to_the_problems_are_proved(derivatives):
    proofs = [(name, d.prove()) for name, d in derivatives]
    assert not [(name, str(p)) for name, p in proofs if p.verdict == "refuted"]
    left = [(name, p.reason) for name, p in proofs if not p]
    assert len(left) <= 0.03 * len(proofs), left
    assert all(reason for _, reason in left)


def test_wrong_answers_are_never_proved(derivatives):
    for name, d in derivatives:
        wrong = [scale(2, d.expr)]
        if d.expr.shape[0] == d.expr.shape[1] and d.expr.shape != SCALAR:
            wrong.append(add(d.expr, transpose(d.expr)))
        for answer in wrong:
            if answer is d.expr:
                continue
            claim = Claim(d.function, answer, d.where, d._by, d.kind, d._earlier, d.structure, d.layout)
            assert not prove_derivative(claim) or str(d.expr) in ("0", "𝟎"), name


@pytest.mark.parametrize(
    ("f", "wrt", "where", "options"),
    [
        ("logdet(X) + tr(S X⁻¹)", "X", {"X": "n n spd", "S": "n n symmetric"}, {}),
        ("logdet(X) + tr(S X⁻¹)", "X", {"X": "n n symmetric invertible"}, {"structure": "cookbook"}),
        ("tr(A X B)", "X", {"A": "n n", "X": "n n skew", "B": "n n"}, {}),
        ("‖A L‖²", "L", {"A": "m n", "L": "n n lower"}, {}),
        ("‖A L‖²", "L", {"A": "m n", "L": "n n diagonal"}, {}),
        ("tr(QᵀA Q)", "Q", {"A": "n n", "Q": "n n orthogonal"}, {"structure": "ignore"}),
        ("xᵀA y", "x", None, {"layout": "numerator"}),
        ("‖[A; B] x − c‖²", "B", {"A": "m n", "B": "p n", "x": "n", "c": "m+p"}, {}),
        ("[A, B] C", "A", {"A": "m n", "B": "m p", "C": "n+p q"}, {}),
        ("logdet([A, x; xᵀ, α])", "x", {"A": "n n", "x": "n", "α": "scalar"}, {}),
        ("[A, x; xᵀ, 1]⁻¹", "A", {"A": "n n", "x": "n"}, {}),
        ("tr(B (X ⊗ X))", "X", {"B": "m*m m*m", "X": "m m"}, {}),
        ("sum(sqrt(x ⊙ x + 𝟏))", "x", None, {}),
        ("‖A x − b‖₁", "x", None, {}),
        ("xᵀA x", "x", None, {"order": 2}),
        ("tr(X³)", "X", None, {"order": 2}),
    ],
)
def test_conventions_are_proved_as_they_are_meant(f, wrt, where, options):
    d = derive(f, wrt, where=where, **options)
    proof = d.prove()
    assert proof, str(proof)
    doubled = Claim(d.function, scale(3, d.expr), d.where, d._by, d.kind, d._earlier, d.structure, d.layout)
    assert not prove_derivative(doubled)


def test_what_is_said():
    d = derive("‖y − A x‖²", "x")
    assert str(d.prove()).startswith("proved: the answer is the derivative for m = ")
    assert "other sizes are not covered" in str(d.prove())
    refuted = prove_derivative(Claim(d.function, scale(2, d.expr), d.where, d._by))
    assert str(refuted).startswith("refuted: the answer is the derivative fails at a random point (m = ")
    still = derive("tr(expm(A X))", "X").prove()
    assert str(still) == "not proved: trexpm has no exact meaning over a prime field"
    assert "the derivative of exp confirmed by SymPy" in str(derive("sum(exp(A x))", "x").prove())


def test_equal_expressions_are_proved_equal():
    d = derive("tr(A B)", "A", where={"A": "m n", "B": "n m"})
    assert prove_equal(parse("tr(A B)", {"A": "m n", "B": "n m"}), parse("tr(B A)", {"A": "m n", "B": "n m"}), d.where)
    where = {"x": "n"}
    x = derive("sum(x)", "x", where=where).where
    assert prove_equal(parse("tanh(x)", where), parse("2 sigmoid(2 x) − 𝟏", where), x).verdict != "refuted"
    assert not prove_equal(parse("tanh(x)", where), parse("sigmoid(x)", where), x)


@settings(max_examples=5)
@given(st.integers(0, 10**6))
def test_a_proof_does_not_depend_on_the_seed(seed):
    d = derive("det(A X B)", "X", where={"A": "n n", "X": "n n", "B": "n n"})
    assert d.prove(seed)
