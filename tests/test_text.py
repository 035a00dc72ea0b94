"""What expressions look like as text: tables of expression and exact wording, then laws and growth."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings

from matcalc.algebra.build import (
    ONE,
    add,
    constant,
    dimension,
    divide,
    group,
    hadamard,
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
    zeros,
)
from matcalc.algebra.expr import Expr
from matcalc.algebra.shapes import SCALAR, Shape
from matcalc.notation.declared_text import declaration_line, space_text
from matcalc.notation.symbols import latex_name, number_text
from matcalc.notation.text import text_with_where, to_text
from tests.expressions import (
    ANY,
    HALF,
    A,
    B,
    C,
    I,
    P,
    S,
    T,
    X,
    a,
    alpha,
    b,
    beta,
    c,
    d,
    eta,
    f,
    gamma,
    n,
    nu,
    one,
    quadratic,
    r,
    sigma,
    t,
    x,
    y,
    z,
)  # fmt: skip
from tests.work import calls

#: expression, text
TABLE: dict[str, list[tuple[Expr, str]]] = {
    "sums": [
        (add(x, y), "x + y"),
        (subtract(x, y), "x − y"),
        (add(negate(x), y), "−x + y"),
        (negate(add(x, y)), "−(x + y)"),
        (add(a, negate(add(x, y))), "a − x − y"),
        (multiply(B, negate(x)), "−B x"),
        (subtract(x, group(subtract(y, a))), "x − (y − a)"),
        (add(x, group(add(y, a))), "x + y + a"),
        (add(x, group(add(negate(y), a))), "x + (−y + a)"),
        (add(t, number(3)), "t + 3"),
        (add(t, number(-3)), "t − 3"),
        (add(multiply(alpha, one), x), "α 𝟏 + x"),
        (add(A, zeros("m", "n")), "A"),
        (zeros("m", "n"), "𝟎"),
    ],
    "numbers": [
        (number(7), "7"),
        (number(-7), "−7"),
        (scale(HALF, x), "½ x"),
        (scale(-HALF, x), "−½ x"),
        (scale(Fraction(1, 3), x), "⅓ x"),
        (scale(Fraction(7, 3), x), "7/3 x"),
        (scale(Fraction(1, 20), x), "0.05 x"),
        (scale(Fraction(-1, 100), x), "−0.01 x"),
        (scale(Fraction(1, 16), x), "1/16 x"),
        (power(t, number(Fraction(3, 4))), "t^¾"),
        (power(number(HALF), t), "(½)^t"),
        (power(number(Fraction(7, 3)), t), "(7/3)^t"),
        (power(number(-2), t), "(−2)^t"),
        (multiply(number(2), power(number(3), t), x), "2 · 3^t x"),
        (multiply(constant("π"), number(2), t), "2 π t"),
    ],
    "products": [
        (scale(2, multiply(T(A), r)), "2 Aᵀ(A x − z)"),
        (multiply(add(B, T(B)), x), "(B + Bᵀ) x"),
        (multiply(alpha, I), "α I"),
        (multiply(A, T(A)), "A Aᵀ"),
        (multiply(T(A), A), "AᵀA"),
        (multiply(T(A), P), "Aᵀ P"),
        (multiply(X, add(multiply(b, T(c)), multiply(c, T(b)))), "X(b cᵀ + c bᵀ)"),
        (multiply(d, T(d)), "(x − a)(x − a)ᵀ"),
        (multiply(alpha, add(ONE, t)), "α (1 + t)"),
        (multiply(power(t, number(2)), add(ONE, t)), "t² (1 + t)"),
        (multiply(f("exp", t), add(ONE, t)), "exp(t) (1 + t)"),
        (multiply(ones("m"), T(x)), "𝟏 xᵀ"),
        (ones("m", "n"), "𝟏𝟏ᵀ"),
        (ones(1, "n"), "𝟏ᵀ"),
        (multiply(X, group(multiply(B, C)), x), "X B C x"),
        (multiply(symbol("lam"), add(ONE, t)), "lam (1 + t)"),
        (multiply(symbol("W₁", ("n", "n")), d), "W₁(x − a)"),
    ],
    "1×1 chains": [
        (quadratic(B, x), "xᵀB x"),
        (multiply(T(x), y), "xᵀy"),
        (scale(HALF, quadratic(B, x)), "½ xᵀB x"),
        (multiply(alpha, quadratic(B, x)), "α xᵀB x"),
        (multiply(quadratic(B, x), B, x), "(xᵀB x) B x"),
        (multiply(quadratic(B, x), quadratic(C, y)), "(xᵀB x)(yᵀC y)"),
        (power(quadratic(B, x), number(2)), "(xᵀB x)²"),
        (divide(quadratic(B, x), multiply(T(x), x)), "xᵀB x / (xᵀx)"),
        (sqrt(quadratic(B, x)), "sqrt(xᵀB x)"),
        (quadratic(inverse(S), d), "(x − a)ᵀ Σ⁻¹(x − a)"),
    ],
    "fractions": [
        (divide(d, norm(d)), "(x − a) / ‖x − a‖"),
        (divide(ONE, t), "1/t"),
        (negate(divide(ONE, power(t, number(2)))), "−1 / t²"),
        (divide(alpha, beta), "α/β"),
        (divide(multiply(alpha, t), multiply(beta, gamma)), "α t / (β γ)"),
        (divide(ONE, scale(2, power(sigma, number(2)))), "1 / (2 σ²)"),
        (negate(divide(inner(x, x), scale(2, power(sigma, number(2))))), "−‖x‖² / (2 σ²)"),
        (scale(Fraction(3, 4), divide(alpha, beta)), "3 α / (4 β)"),
        (divide(multiply(eta, inverse(S), d), add(nu, n)), "η Σ⁻¹(x − a) / (ν + n)"),
        (multiply(f("cos", t), power(power(t, n), number(-1))), "cos(t) / t^n"),
        (divide(ONE, sqrt(t)), "1 / sqrt(t)"),
        (divide(inner(A, A), scale(2, dimension("n"))), "‖A‖² / (2 n)"),
        (divide(hadamard(x, y), t), "(x ⊙ y) / t"),
        (divide(subtract(I, B), t), "(I − B) / t"),
        (
            subtract(divide(I, norm(x)), divide(multiply(x, T(x)), power(norm(x), number(3)))),
            "I / ‖x‖ − x xᵀ / ‖x‖³",
        ),
    ],
    "powers": [
        (power(t, number(2)), "t²"),
        (power(t, number(12)), "t¹²"),
        (power(t, subtract(n, ONE)), "t^(n − 1)"),
        (multiply(n, power(t, subtract(n, ONE))), "n t^(n − 1)"),
        (power(t, negate(n)), "1 / t^n"),
        (power(f("sin", t), number(2)), "sin(t)²"),
        (power(add(t, ONE), number(3)), "(t + 1)³"),
        (power(x, number(2)), "x²"),
        (power(x, n), "x^n"),
        (power(x, number(-1)), "𝟏 ⊘ x"),
        (power(x, number(-2)), "𝟏 ⊘ x²"),
        (power(A, number(2)), "A ⊙ A"),
        (power(A, number(3)), "A.^(3)"),
        (power(A, n), "A.^(n)"),
        (power(A, number(-1)), "1 ⊘ A"),
        (sqrt(t), "sqrt(t)"),
        (sqrt(A), "sqrt(A)"),
        (power(sqrt(t), number(3)), "t^(3/2)"),
        (power(x, number(-HALF)), "𝟏 ⊘ sqrt(x)"),
        (T(power(x, number(2))), "(x²)ᵀ"),
        (matrix_power(X, number(2)), "X²"),
        (matrix_power(X, number(-2)), "X⁻²"),
        (matrix_power(X, n), "X^n"),
        (matrix_power(multiply(B, C), number(3)), "(B C)³"),
        (matrix_power(T(X), number(2)), "(Xᵀ)²"),
    ],
    "norms and inner products": [
        (inner(x, x), "‖x‖²"),
        (norm(x), "‖x‖"),
        (power(norm(r), number(3)), "‖A x − z‖³"),
        (power(inner(x, x), number(2)), "‖x‖⁴"),
        (power(inner(x, x), n), "(‖x‖²)^n"),
        (scale(HALF, inner(x, x)), "½ ‖x‖²"),
        (multiply(norm(x), norm(y)), "‖x‖ ‖y‖"),
        (divide(ONE, norm(x)), "1 / ‖x‖"),
        (norm(add(x, multiply(alpha, norm(a), y))), "‖x + α · ‖a‖ y‖"),
        (norm(add(x, multiply(norm(a), y))), "‖x + ‖a‖ y‖"),
        (norm(add(x, multiply(alpha, f("abs", t), y))), "‖x + α · |t| y‖"),
        (f("exp", multiply(alpha, norm(x))), "exp(α ‖x‖)"),
        (norm(f("exp", multiply(alpha, norm(x), y))), "‖exp(α ‖x‖ y)‖"),
        (inner(x, y), "xᵀy"),
        (inner(multiply(B, x), y), "xᵀBᵀ y"),
        (inner(x, multiply(B, y)), "xᵀB y"),
        (inner(T(x), T(y)), "xᵀy"),
        (inner(X, B), "X : B"),
        (inner(X, hadamard(B, C)), "X : (B ⊙ C)"),
        (inner(T(X), multiply(B, X)), "Xᵀ : (B X)"),
        (inner(inverse(S), B), "Σ⁻¹ : B"),
        (inner(T(inverse(S)), B), "Σ⁻ᵀ : B"),
        (inner(multiply(B, C), T(X)), "(B C) : Xᵀ"),
        (inner(I, multiply(B, C)), "I : (B C)"),
        (inner(f("diag", x), B), "diag(x) : B"),
        (f("norm1", r), "‖A x − z‖₁"),
        (f("norminf", x), "‖x‖_∞"),
        (f("abs", t), "|t|"),
        (f("abs", x), "|x|"),
        (f("abs", A), "abs(A)"),
    ],
    "entry by entry": [
        (hadamard(x, y), "x ⊙ y"),
        (hadamard(y, multiply(X, a)), "y ⊙ (X a)"),
        (scale(2, hadamard(x, y)), "2 (x ⊙ y)"),
        (negate(hadamard(x, y)), "−x ⊙ y"),
        (hadamard(x, subtract(one, x)), "x ⊙ (𝟏 − x)"),
        (multiply(X, hadamard(x, y)), "X(x ⊙ y)"),
        (divide(x, y), "x ⊘ y"),
        (divide(hadamard(x, y), hadamard(a, b)), "(x ⊙ y) ⊘ (a ⊙ b)"),
        (divide(A, multiply(A, X)), "A ⊘ (A X)"),
        (divide(subtract(y, x), power(y, number(2))), "(y − x) ⊘ y²"),
        (divide(A, power(P, number(2))), "A ⊘ (P ⊙ P)"),
        (hadamard(A, power(P, number(2))), "A ⊙ P ⊙ P"),
        (f("kron", A, B), "A ⊗ B"),
        (f("kron", A, multiply(B, X)), "A ⊗ (B X)"),
        (multiply(f("kron", A, B), f("vec", X)), "(A ⊗ B) vec(X)"),
        (hadamard(f("kron", x, y), f("kron", y, x)), "(x ⊗ y) ⊙ (y ⊗ x)"),
        (T(hadamard(x, y)), "(x ⊙ y)ᵀ"),
    ],
    "inverses and transposes": [
        (inverse(X), "X⁻¹"),
        (T(inverse(X)), "X⁻ᵀ"),
        (inverse(T(X)), "X⁻ᵀ"),
        (T(inverse(add(X, B))), "(X + B)⁻ᵀ"),
        (inverse(multiply(B, C)), "(B C)⁻¹"),
        (inverse(matrix_power(X, number(3))), "(X³)⁻¹"),
        (T(f("tanh", multiply(B, x))), "tanh(B x)ᵀ"),
        (negate(multiply(T(inverse(X)), a, T(b), T(inverse(X)))), "−X⁻ᵀ a bᵀ X⁻ᵀ"),
        (multiply(f("det", multiply(B, X, C)), T(inverse(X))), "det(B X C) X⁻ᵀ"),
        (
            multiply(A, inverse(add(multiply(T(A), A), multiply(alpha, I))), T(A), z),
            "A(AᵀA + α I)⁻¹ Aᵀ z",
        ),
    ],
    "functions": [
        (f("diag", x), "diag(x)"),
        (f("diagonal", X), "diag(X)"),
        (f("tr", multiply(B, C)), "tr(B C)"),
        (f("tr", matrix_power(X, number(3))), "tr(X³)"),
        (f("tr", matrix_power(X, n)), "tr(X^n)"),
        (f("tr", f("expm", X)), "tr(expm(X))"),
        (f("step", d), "𝟙[x − a > 0]"),
        (f("sigmoid", negate(multiply(X, a))), "sigmoid(−X a)"),
        (f("logsumexp", add(x, y)), "logsumexp(x + y)"),
        (f("huber", x, alpha), "huber(x, α)"),
        (f("log", f("abs", t)), "log(|t|)"),
        (f("abs", subtract(f("abs", t), ONE)), "|abs(t) − 1|"),
        (f("abs", f("exp", f("abs", t))), "|exp(|t|)|"),
        (f("abs", subtract(norm(x), ONE)), "|‖x‖ − 1|"),
        (norm(subtract(f("abs", x), y)), "‖|x| − y‖"),
        (f("logdet", add(X, multiply(alpha, I))), "logdet(X + α I)"),
        (f("frechet_expm", X, B), "frechet_expm(X, B)"),
    ],
}


@pytest.mark.parametrize(
    ("e", "text"),
    [pytest.param(e, text, id=f"{source}: {text}") for source, rows in TABLE.items() for e, text in rows],
)
def test_table(e: Expr, text: str) -> None:
    assert to_text(e) == text
    assert str(e) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Fraction(1, 10), "0.1"),
        (Fraction(12345, 100), "123.45"),
        (Fraction(1, 3), "1/3"),
        (Fraction(5, 1024), "5/1024"),
        (Fraction(1, 10**30), f"1/{10**30}"),
    ],
)
def test_numbers(value: int | Fraction, text: str) -> None:
    assert number_text(value) == text


def test_numbers_longer_than_python_prints_at_once() -> None:
    assert number_text(10**8000 + 7) == "1" + 7999 * "0" + "7"


# --- laws ------------------------------------------------------------------------------------------


@given(ANY)
@settings(max_examples=150, deadline=None)
def test_text_is_one_line_of_balanced_brackets(e: Expr) -> None:
    text = to_text(e)
    assert "\n" not in text and "  " not in text
    assert text.count("(") == text.count(")") and text.count("‖") % 2 == 0
    assert "- " not in text and "+ −" not in text


# --- depth, sharing, names ---------------------------------------------------------------------------


def test_deep_expressions_are_printed_in_full() -> None:
    value: Expr = x
    for layer in range(1000):
        value = f("tanh", multiply(symbol(f"W{layer}", ("n", "n")), value))
    assert to_text(value).count("tanh") == 1000
    nested = X
    for _ in range(500):
        nested = inverse(add(nested, B))
    assert to_text(nested).count("⁻¹") == 500


def test_shared_parts_are_named_when_the_text_would_grow_without_bound() -> None:
    def layers(depth: int) -> Expr:
        value: Expr = x
        for _ in range(depth):
            value = hadamard(f("tanh", multiply(X, value)), f("exp", multiply(B, value)))
        return value

    sizes = [len(to_text(layers(depth))) for depth in (50, 100, 200)]
    assert sizes[2] < 2.2 * sizes[1] < 5 * sizes[0]
    main, where = text_with_where(layers(3), limit=40)
    assert main == "tanh(X v) ⊙ exp(B v)"
    assert where == [("u", "tanh(X x) ⊙ exp(B x)"), ("v", "tanh(X u) ⊙ exp(B u)")]


def test_a_residual_is_called_r_unless_r_is_taken() -> None:
    def gradient(e: Expr) -> Expr:
        return add(divide(multiply(T(A), e), norm(e)), multiply(f("exp", negate(inner(e, e))), T(A), e))

    assert text_with_where(gradient(r), limit=40) == ("Aᵀ r / ‖r‖ + exp(−‖r‖²) Aᵀ r", [("r", "A x − z")])
    taken = subtract(multiply(A, x), symbol("r", ("m", 1)))
    assert text_with_where(gradient(taken), limit=40)[1] == [("r₁", "A x − r")]
    assert text_with_where(gradient(r), limit=1000)[1] == []


def test_a_dimension_gives_its_letter_to_no_part() -> None:
    shape = ("r", 1)
    e = subtract(f("exp", symbol("x", shape)), symbol("y", shape))
    e = multiply(f("exp", negate(inner(e, e))), e)
    assert text_with_where(e, limit=10) == ("exp(−‖r₁‖²) r₁", [("r₁", "exp(x) − y")])


def test_growth_is_linear_in_the_number_of_terms() -> None:
    def work(terms: int) -> int:
        e = add(*[multiply(symbol(f"c{i}"), f("sin", symbol(f"x{i}", ("n", 1)))) for i in range(terms)])
        return calls(lambda: to_text(e))

    work(10)
    assert work(4000) < 4.4 * work(1000)


def test_a_typical_answer_is_printed_with_little_work() -> None:
    e = divide(multiply(eta, inverse(S), d), add(nu, quadratic(inverse(S), d)))
    to_text(e)
    assert calls(lambda: to_text(e)) < 1500


# --- shapes and declarations -------------------------------------------------------------------------


class Declared:
    def __init__(self, shape: Shape, *facts: str) -> None:
        self.shape = shape
        self.facts = facts


def test_shapes() -> None:
    assert space_text(("n", 3)) == "ℝⁿˣ³"
    assert space_text(("n", "t")) == "ℝ^{n×t}"
    assert space_text(("nobs", 1)) == "ℝ^{nobs}"
    line = declaration_line({"A": Declared(("n", "n"), "symmetric"), "x": Declared(("n", 1)), "α": Declared(SCALAR)})
    assert line == "A ∈ ℝⁿˣⁿ symmetric, x ∈ ℝⁿ, α ∈ ℝ"


def test_names() -> None:
    assert latex_name("â") == r"\hat{a}"
    assert latex_name("W_hh") == r"W_{\mathrm{hh}}"
    assert latex_name("ж") == r"\text{ж}"
