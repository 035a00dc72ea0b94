"""Known answers: input, variable, declarations and the exact text of the answer, grouped by source."""

import pytest

import matcalc
from matcalc.algebra.expr import Expr, postorder, symbols_of

# fmt: off
ANSWERS = {
    "first examples": [
        ("‖y − A x‖²", "x", "", "2 Aᵀ(A x − y)"),
        ("‖y − A x‖²", "A", "", "2 (A x − y) xᵀ"),
        ("½ ‖y − A x‖²", "x", "", "Aᵀ(A x − y)"),
        ("xᵀA x", "x", "", "(A + Aᵀ) x"),
        ("yᵀA x", "A", "", "y xᵀ"),
        ("aᵀx", "x", "", "a"),
        ("‖x‖", "x", "", "x / ‖x‖"),
        ("‖x‖²", "x", "", "2 x"),
        ("‖2 x‖", "x", "", "2 x / ‖x‖"),
        ("‖α A x‖", "x", "", "|α| AᵀA x / ‖A x‖"),
        ("‖α A x‖", "α", "", "‖A x‖ sign(α)"),
        ("‖(x − μ)/σ‖²", "σ", "x: n, μ: n", "−2 ‖x − μ‖² / σ³"),
        ("tr(diag(x))", "x", "x: n", "𝟏"),
        ("‖x − a‖⁴", "x", "", "4 ‖x − a‖² (x − a)"),
        ("1/(2n) ‖X w − y‖²", "w", "X: n d", "Xᵀ(X w − y) / n"),
    ],
    "scalar calculus": [
        ("x^n", "x", "", "n x^(n − 1)"),
        ("sin(x)/x", "x", "", "(x cos(x) − sin(x)) / x²"),
        ("exp(sin(x))", "x", "", "exp(sin(x)) cos(x)"),
        ("tanh(x) exp(x)", "x", "", "exp(x) (1 − tanh(x)² + tanh(x))"),
        ("x² y + x y³", "x", "", "2 x y + y³"),
        ("2^x", "x", "", "2^x log(2)"),
        ("a^b", "b", "", "a^b log(a)"),
        ("log(x² + 1)", "x", "", "2 x / (x² + 1)"),
        ("1/(1 + exp(−x))", "x", "", "sigmoid(x) (1 − sigmoid(x))"),
        ("sqrt(x² + 1)", "x", "", "x / sqrt(x² + 1)"),
        ("arctan(x)", "x", "", "1 / (1 + x²)"),
        ("x^x", "x", "", "x^x (1 + log(x))"),
    ],
    "traces (Matrix Cookbook §2.5)": [
        ("tr(X)", "X", "", "I"),
        ("tr(A X)", "X", "", "Aᵀ"),
        ("tr(A X B)", "X", "", "Aᵀ Bᵀ"),
        ("tr(A Xᵀ B)", "X", "", "B A"),
        ("tr(X²)", "X", "", "2 Xᵀ"),
        ("tr(X^N)", "X", "", "N (X^(N − 1))ᵀ"),
        ("tr(Xᵀ B X)", "X", "", "(B + Bᵀ) X"),
        ("tr(A X B X)", "X", "", "Aᵀ Xᵀ Bᵀ + Bᵀ Xᵀ Aᵀ"),
        ("tr(Xᵀ B X C)", "X", "", "B X C + Bᵀ X Cᵀ"),
        ("tr(X⁻¹)", "X", "", "−(X⁻²)ᵀ"),
        ("tr(A X⁻¹ B)", "X", "", "−X⁻ᵀ Aᵀ Bᵀ X⁻ᵀ"),
        ("tr((X + A)⁻¹)", "X", "", "−((X + A)⁻²)ᵀ"),
        ("tr(A ⊗ X)", "X", "A: m m, X: n n", "tr(A) I"),
        ("‖A X B + C‖²", "X", "", "2 Aᵀ(A X B + C) Bᵀ"),
    ],
    "determinants (Matrix Cookbook §2.1)": [
        ("det(X)", "X", "", "det(X) X⁻ᵀ"),
        ("det(A X B)", "X", "A: n n, X: n n, B: n n", "det(A X B) X⁻ᵀ"),
        ("det(XᵀA X)", "X", "X: m n, A: m m symmetric", "2 det(Xᵀ A X) A X(Xᵀ A X)⁻¹"),
        ("det(X)²", "X", "", "2 det(X)² X⁻ᵀ"),
        ("log det X", "X", "", "X⁻ᵀ"),
        ("log|X|", "X", "", "X⁻ᵀ"),
        ("logdet(XᵀX)", "X", "", "2 X(XᵀX)⁻¹"),
        ("log(det(X⁻¹))", "X", "", "−X⁻ᵀ"),
    ],
    "quadratic forms (Matrix Cookbook §2.4)": [
        ("aᵀX b", "X", "", "a bᵀ"),
        ("aᵀXᵀb", "X", "", "b aᵀ"),
        ("bᵀXᵀX c", "X", "", "X(c bᵀ + b cᵀ)"),
        ("bᵀXᵀD X c", "X", "", "D X c bᵀ + Dᵀ X b cᵀ"),
        ("(B x + b)ᵀC(D x + d)", "x", "", "Bᵀ C(D x + d) + Dᵀ Cᵀ(B x + b)"),
        ("(x − A s)ᵀW(x − A s)", "s", "W: m m symmetric", "2 Aᵀ W(A s − x)"),
        ("aᵀX⁻¹b", "X", "", "−X⁻ᵀ a bᵀ X⁻ᵀ"),
        ("aᵀX³b", "X", "", "a bᵀ(X²)ᵀ + Xᵀ a bᵀ Xᵀ + (X²)ᵀ a bᵀ"),
    ],
    "statistics": [
        ("½ logdet Σ + ½(x−μ)ᵀΣ⁻¹(x−μ)", "Σ", "Σ: d d spd, x: d, μ: d", "½ (Σ⁻¹ − Σ⁻¹(x − μ)(x − μ)ᵀ Σ⁻¹)"),
        ("½ logdet Σ + ½(x−μ)ᵀΣ⁻¹(x−μ)", "μ", "Σ: d d spd, x: d, μ: d", "Σ⁻¹(μ − x)"),
        ("½ yᵀK⁻¹y + ½ logdet(K)", "K", "K: n n spd", "½ (K⁻¹ − K⁻¹ y yᵀ K⁻¹)"),
        ("‖y − X w‖² + λ ‖w‖²", "w", "", "2 (Xᵀ(X w − y) + λ w)"),
        ("xᵀS x/(xᵀx)", "x", "S: n n symmetric", "2 ((xᵀx) S x − (xᵀS x) x) / (xᵀx)²"),
        ("tr(S Θ) − logdet(Θ) + λ ‖Θ‖₁", "Θ", "S: n n symmetric, Θ: n n spd", "S − Θ⁻¹ + λ sign(Θ)"),
    ],
    "losses and networks": [
        ("sum(log(1 + exp(−y ⊙ (X w))))", "w", "", "−Xᵀ(y ⊙ sigmoid(−y ⊙ (X w)))"),
        ("−yᵀlog(sigmoid(X θ)) − (𝟏 − y)ᵀlog(𝟏 − sigmoid(X θ))", "θ", "X: n d, θ: d, y: n", "Xᵀ(sigmoid(X θ) − y)"),
        ("log(sum(exp(A x + b)))", "x", "", "Aᵀ softmax(A x + b)"),
        ("logsumexp(W x) − yᵀW x", "W", "", "(softmax(W x) − y) xᵀ"),
        ("‖relu(W x + b) − y‖²", "W", "", "2 ((relu(W x + b) − y) ⊙ 𝟙[W x + b > 0]) xᵀ"),
        ("½ ‖y − tanh(A x + b)‖²", "A", "", "((tanh(A x + b) − y) ⊙ (𝟏 − tanh(A x + b)²)) xᵀ"),
        ("sum(huber(A x − b, δ))", "x", "", "Aᵀ clip(A x − b, δ)"),
        ("λ ‖w‖₁ + ½ ‖X w − y‖²", "w", "", "λ sign(w) + Xᵀ(X w − y)"),
        ("‖T − U Vᵀ‖²", "U", "", "2 (U Vᵀ − T) V"),
        ("softmax(W x)ᵀy", "x", "", "Wᵀ(softmax(W x) ⊙ (y − (yᵀsoftmax(W x)) 𝟏))"),
        ("½ (a⊙y)ᵀK(a⊙y) − sum(a)", "a", "K: n n symmetric, a: n, y: n", "y ⊙ (K(a ⊙ y)) − 𝟏"),
    ],
    "elementwise": [
        ("sum(exp(x))", "x", "", "exp(x)"),
        ("sum(sin(A x))", "x", "", "Aᵀ cos(A x)"),
        ("sum(x³)", "x", "", "3 x²"),
        ("sum(X ⊙ X)", "X", "", "2 X"),
        ("sum(x ⊘ y)", "y", "", "−x ⊘ y²"),
        ("sum(|x|)", "x", "", "sign(x)"),
        ("‖A x − b‖₁", "x", "", "Aᵀ sign(A x − b)"),
        ("‖A x − b‖_∞", "x", "", "Aᵀ signmax(A x − b)"),
        ("mean(x²)", "x", "", "2 x / n"),
        ("var(x)", "x", "", "2 (x − sum(x) 𝟏 / n) / n"),
        ("‖Ω ⊙ (T − U Vᵀ)‖²", "U", "", "2 (Ω ⊙ Ω ⊙ (U Vᵀ − T)) V"),
    ],
    "unknown functions": [
        ("f(W x)", "x", "", "Wᵀ ∇f(W x)"),
        ("f(x²)", "x", "", "2 x f′(x²)"),
        ("f(W x)", "W", "", "∇f(W x) xᵀ"),
        ("f(x)³", "x", "x: scalar", "3 f(x)² f′(x)"),
    ],
    "functions of a scalar with a declared shape": [
        ("A(t)⁻¹", "t", "A(t): n n", "−A(t)⁻¹ A′(t) A(t)⁻¹"),
        ("logdet(A(t))", "t", "A(t): n n", "tr(A(t)⁻¹ A′(t))"),
        ("x(t)ᵀP x(t)", "t", "x(t): n, P: n n symmetric", "2 x(t)ᵀ P x′(t)"),
        ("x(t)ᵀP(t) x(t)", "t", "x(t): n, P(t): n n symmetric", "2 x(t)ᵀ P(t) x′(t) + x(t)ᵀ P′(t) x(t)"),
        ("B(2 t) A(t)", "t", "A(t): n n, B(t): m n", "2 B′(2 t) A(t) + B(2 t) A′(t)"),
        ("A(‖x‖²) b", "x", "A(s): m n", "2 A′(‖x‖²) b xᵀ"),
        ("A(t) b", "b", "A(t): m n", "A(t)"),
        ("expm(A(t))", "t", "A(t): n n", "frechet_expm(A(t), A′(t))"),
    ],
    "Kronecker and vec": [
        ("vec(X)ᵀvec(A X)", "X", "A: n n, X: n m", "(A + Aᵀ) X"),
        ("log(α + vec(Y)ᵀ(A ⊗ B)⁻¹vec(Y))", "A", "A: m m spd, B: n n spd, Y: n m, α: scalar",
         "−A⁻¹ Yᵀ B⁻¹ Y A⁻¹ / (α + Y : (B⁻¹ Y A⁻¹))"),
        ("‖A ⊗ X − B ⊗ C‖²", "X", "A: m n, B: m n, X: p q, C: p q", "2 (‖A‖² X − (B : A) C)"),
    ],
    "other shapes": [
        ("tanh(A x + b)", "x", "", "diag(𝟏 − tanh(A x + b)²) A"),
        ("A exp(x)", "x", "", "A diag(exp(x))"),
        ("softmax(x)", "x", "x: n", "diag(softmax(x)) − softmax(x) softmax(x)ᵀ"),
        ("x/‖x‖", "x", "", "I / ‖x‖ − x xᵀ / ‖x‖³"),
        ("X⁻¹", "X", "", "−X⁻¹ dX X⁻¹"),
        ("A X B", "X", "", "A dX B"),
        ("(A + t B)⁻¹", "t", "", "−(A + t B)⁻¹ B(A + t B)⁻¹"),
        ("x ⊗ x", "x", "", "I ⊗ x + x ⊗ I"),
    ],
}
# fmt: on
ROWS = [pytest.param(*row, id=f"{source}: {row[0]} by {row[1]}") for source, rows in ANSWERS.items() for row in rows]


@pytest.mark.parametrize(("f", "wrt", "where", "answer"), ROWS)
def test_answer(f: str, wrt: str, where: str, answer: str) -> None:
    assert str(matcalc.derive(f, wrt, where=where or None).expr) == answer


@pytest.mark.parametrize(("f", "wrt", "where", "answer"), ROWS)
def test_the_answer_reads_back(f: str, wrt: str, where: str, answer: str) -> None:
    d = matcalc.derive(f, wrt, where=where or None)
    declared = {name: _said(declaration.shape) for name, declaration in d.where.items() if name in _names(d.expr)}
    functions = {f"{node.data[0]}(" for node in postorder(d.expr) if node.op.name.startswith("unknown")}
    declared |= {name: _said(said.shape, said.facts) for name, said in d.where.items() if name[:2] in functions}
    if d.kind == "differential":
        declared[f"d{d.wrt}"] = _said(d.where[d.wrt].shape)
    try:
        again = matcalc.parse(str(d.expr), declared)
    except matcalc.ShapeError as error:
        assert "nothing says what size" in str(error)  # I and 𝟏 take their size from a context
    else:
        assert again is d.expr


def _said(shape: tuple[object, object], facts: frozenset[str] = frozenset()) -> str:
    return " ".join(["scalar"] if shape == (1, 1) else [*map(str, shape), *sorted(facts)])


def _names(e: Expr) -> set[str]:
    return {str(s.data) for s in symbols_of(e)}


@pytest.mark.parametrize(("f", "wrt", "where", "answer"), ROWS)
def test_the_answer_is_right(f: str, wrt: str, where: str, answer: str) -> None:
    d = matcalc.derive(f, wrt, where=where or None)
    assert d.check()
    assert d.steps.check()
