"""What the reader accepts: every row of the notation, each written form with the one that it means."""

import copy
import pickle
import re

import pytest

from matcalc import derive, simplify
from matcalc.algebra.build import scale, symbol
from matcalc.algebra.operations import REGISTRY
from matcalc.algebra.shapes import dim_text
from matcalc.errors import AmbiguityError, MatcalcError
from matcalc.notation.lalr import grammar_text
from matcalc.notation.latex import to_latex
from matcalc.notation.names import normalise_name
from matcalc.notation.read import Declaration, parse, read, read_formula
from matcalc.rulebook.table import signature_dims

WHERE = {
    "A": "m n",
    "B": "m n",
    "C": "n p",
    "X": "n n",
    "Y": "n n",
    "D": "k d",
    "x": "n",
    "z": "n",
    "y": "m",
    "w": "d",
    "α": "scalar",
    "λ": "scalar",
    "c": "scalar",
    "u": "1 n",
}


def declared(*texts: str) -> dict[str, str]:
    """The declarations that some of the texts use."""
    return {name: said for name, said in WHERE.items() if any(_occurs(name, text) for text in texts)}


def _occurs(name: str, text: str) -> bool:
    greek = {"α": ("α", "alpha"), "λ": ("λ", "lambda")}
    try:
        read(text, {name: WHERE[name]})
    except MatcalcError as error:
        return "does not occur" not in str(error) and any(word in text for word in greek.get(name, (name,)))
    return True


# (what is written, the same in the printed form)
SAME = {
    "products": [
        ("A x", "A x"),
        ("A·x", "A x"),
        ("A @ x", "A x"),
        ("A * x", "A x"),
        ("Ax", "A x"),
        ("x'X z", "xᵀX z"),
        ("2 α A x", "2 α A x"),
        ("3x", "3 x"),
        ("A(x + z)", "A(x + z)"),
        ("α(x + z)", "α (x + z)"),
        ("A (2 x)", "2 A x"),
        ("x zᵀ", "x zᵀ"),
        ("xᵀz x", "(xᵀz) x"),
        ("A C", "A C"),
        ("2 * A * x", "2 A x"),
        ("−x", "−x"),
        ("-2 A x", "−2 A x"),
        ("+x", "x"),
        ("x + −z", "x − z"),
        ("A · −x", "−A x"),
        ("(A) (x)", "A x"),
        ("[x + z]", "x + z"),
    ],
    "slash": [
        ("1/2 x", "½ x"),
        ("½ x", "½ x"),
        ("1/n ‖x‖²", "‖x‖² / n"),
        ("1/(2n) ‖x‖²", "‖x‖² / (2 n)"),
        ("c/α x", "(c/α) x"),
        ("λ/(2n) ‖x‖²", "λ ‖x‖² / (2 n)"),
        ("A x/α", "A x / α"),
        ("A x / α", "(A x) / α"),
        ("A * x / α", "A x / α"),
        ("xᵀz/‖x‖", "xᵀz / ‖x‖"),
        ("α / c * x", "(α / c) x"),
        ("1/2*x", "½ x"),
        ("c/α/2", "c / (2 α)"),
    ],
    "calls": [
        ("sin(x)²", "(sin(x))²"),
        ("sin (x)", "sin(x)"),
        ("tr X", "tr(X)"),
        ("log det X", "log(det(X))"),
        ("sin x", "sin(x)"),
        ("2 log det X", "2 log(det(X))"),
        ("diag x", "diag(x)"),
        ("sin x²", "sin(x²)"),
        ("α tr X'", "α tr(X')"),
        ("ln(x)", "log(x)"),
        ("Tr(X)", "tr(X)"),
        ("trace(X)", "tr(X)"),
        ("Diag(x)", "diag(x)"),
        ("ReLU(x)", "relu(x)"),
        (r"\operatorname{tr}(X)", "tr(X)"),
        (r"\mathrm{tr}(X)", "tr(X)"),
        (r"\log(x)", "log(x)"),
        (r"\det X", "det(X)"),
        ("max(0, x)", "relu(x)"),
        ("max(x, 0)", "relu(x)"),
        ("min(x, 0)", "−relu(−x)"),
        ("transpose(A)", "Aᵀ"),
        ("hadamard(x, z)", "x ⊙ z"),
        ("inner(X, Y)", "X : Y"),
        ("kron(A, C)", "A ⊗ C"),
        ("inv(X) x", "X⁻¹ x"),
        ("mean(x)", "sum(x) / n"),
        ("sigma(x)", "sigmoid(x)"),
        ("σ(x)", "sigmoid(x)"),
        ("expit(x)", "sigmoid(x)"),
    ],
    "transposes": [
        (text, "xᵀ")
        for text in ("x'", "xᵀ", "x^T", r"x^\top", "x^{T}", r"x^{\top}", "x.T", "x.'", "x^⊤", "x^{⊤}", "x’")
    ]
    + [("x^Tz", "xᵀ z"), ("X'Y'", "Xᵀ Yᵀ")],
    "powers": [
        ("X^-1", "X⁻¹"),
        ("X^{-1}", "X⁻¹"),
        ("X^(-1)", "X⁻¹"),
        ("X^-T", "X⁻ᵀ"),
        ("X^{-T}", "X⁻ᵀ"),
        ("X^{-⊤}", "X⁻ᵀ"),
        ("X'^-1", "X⁻ᵀ"),
        ("X^2", "X²"),
        ("x^2", "x²"),
        ("x²", "x ⊙ x"),
        ("X.^2", "X ⊙ X"),
        ("X^∘2", "X ⊙ X"),
        ("X^{∘2}", "X ⊙ X"),
        ("X∘Y", "X ⊙ Y"),
        ("A.^2", "A ⊙ A"),
        ("x^½", "sqrt(x)"),
        ("√(x'x)", "sqrt(xᵀx)"),
        ("√x", "sqrt(x)"),
        ("2 √α", "2 sqrt(α)"),
        ("√2 x", "sqrt(2) x"),
        ("1/√2 x", "x / sqrt(2)"),
        ("x**2", "x²"),
        ("x.^α", "x^α"),
        ("xⁿ", "x^n"),
        ("xⁿ⁻¹", "x^(n − 1)"),
        ("e^α", "exp(α)"),
        ("e^(x)", "exp(x)"),
        ("e^{-α}", "exp(−α)"),
        ("α⁻²", "1/α²"),
        ("X^-2", "X⁻²"),
    ],
    "entry by entry": [
        ("x .* z", "x ⊙ z"),
        ("x ./ z", "x ⊘ z"),
        ("x / z", "x ⊘ z"),
        ("1 / x", "𝟏 ⊘ x"),
        ("α / x", "α (𝟏 ⊘ x)"),
        ("1 ./ X", "1 ⊘ X"),
        ("A x ⊙ y", "(A x) ⊙ y"),
        ("y ⊙ A x", "y ⊙ (A x)"),
        ("x ⊙ z ⊘ x ⊙ z", "(x ⊙ z ⊘ x) ⊙ z"),
        ("x ⊙ −z", "−(x ⊙ z)"),
    ],
    "sums with scalars": [
        ("x + 1", "x + 𝟏"),
        ("1 − x", "𝟏 − x"),
        ("A + α", "A + α 𝟏𝟏ᵀ"),
        ("log(1 + exp(A x))", "log(𝟏 + exp(A x))"),
        ("1 + exp(X Y)", "𝟏𝟏ᵀ + exp(X Y)"),
        ("1 + X ⊙ Y", "𝟏𝟏ᵀ + X ⊙ Y"),
        ("u + 1", "u + 𝟏ᵀ"),
        ("1 − 2 exp(X)ᵀ", "𝟏𝟏ᵀ − 2 exp(X)ᵀ"),
    ],
    "fences": [
        ("‖x‖₂", "‖x‖"),
        ("||x||", "‖x‖"),
        ("‖X‖_F", "‖X‖"),
        ("‖X‖_F²", "‖X‖²"),
        ("‖x‖_2^2", "‖x‖²"),
        ("norm2(X)^2", "‖X‖²"),
        ("norm(X)", "‖X‖"),
        ("norm1(X)", "‖X‖₁"),
        ("‖X‖_1", "‖X‖₁"),
        (r"‖x‖_\infty", "‖x‖_∞"),
        (r"\|x\|", "‖x‖"),
        ("|x|", "abs(x)"),
        ("log|X|", "logdet(X)"),
        ("log |X|", "logdet(X)"),
        ("log(|X|)", "logdet(X)"),
        ("log(|X| / |Y|)", "log(det(X) / det(Y))"),
        ("‖x‖ ‖z‖", "(‖x‖) (‖z‖)"),
        ("|α| |c|", "abs(α) abs(c)"),
        ("‖x + ‖z‖ z‖", "‖x + (‖z‖) z‖"),
        ("‖α · ‖z‖ z‖", "‖α (‖z‖) z‖"),
        ("|α − |c||", "abs(α − abs(c))"),
        ("⟨X, Y⟩", "X : Y"),
        ("x : z", "xᵀz"),
        ("X Y : X", "(X Y) : X"),
        ("𝟙[x > 0]", "step(x)"),
        ("𝟙[|x| > α]", "step(abs(x) − α)"),
        ("𝟙[x < 0]", "step(−x)"),
    ],
    "sizes from the context": [
        ("X + I", "X + I_n"),
        ("X + λI", "X + λ I_n"),
        ("X + 2 eye", "X + 2 eye(n)"),
        ("x + 𝟏", "x + 𝟏_n"),
        ("A 𝟏", "A 𝟏ₙ"),
        ("vector(2) + x", "2 𝟏 + x"),
        ("matrix(α) + A", "α 𝟏𝟏ᵀ + A"),
        ("A + 𝟎", "A"),
        ("ones(n)", "𝟏_n"),
        ("A + ones(m, n)", "A + 𝟏𝟏ᵀ"),
        ("(I − X) Y", "(I_n − X) Y"),
        ("X ⊗ I + X ⊗ Y", "X ⊗ I_n + X ⊗ Y"),
        ("X + 𝟎_{n×n}", "X"),
        ("eye(n) x", "x"),
    ],
    "names": [
        (r"\alpha x", "α x"),
        ("alpha*x", "α x"),
        (r"\mathbf{A} \mathbf{x}", "A x"),
        ("𝐀 𝐱", "A x"),
        (r"\boldsymbol{\alpha} x", "α x"),
        ("π x", "pi x"),
    ],
    "matrixcalculus.org": [
        ("norm2(A*x-y)^2", "‖A x − y‖²"),
        ("tr(A'*B*X*Y)", "tr(Aᵀ B X Y)"),
        ("(x.*z)'*x", "(x ⊙ z)ᵀ x"),
        ("A*exp(x)", "A exp(x)"),
        ("0.5*x'*X*x", "½ xᵀX x"),
        ("sum(log(exp(-x.*(X*z)) + vector(1)))", "sum(log(exp(−x ⊙ (X z)) + 𝟏))"),
        ("log(det(inv(X)))", "log(det(X⁻¹))"),
        ("inv(X + alpha*eye)", "(X + α I)⁻¹"),
    ],
}


@pytest.mark.parametrize(("written", "meant"), [pair for pairs in SAME.values() for pair in pairs])
def test_is_read_as(written, meant):
    where = declared(written, meant)
    both = parse(written, where), parse(meant, where)
    assert both[0] is both[1], f"{both[0]} and {both[1]}"


def test_the_grammar_is_found():
    assert "start: sum" in grammar_text("matcalc.lark")


# (names that are one name)
NAMES = [
    ("β", "beta", r"\beta", "𝛃", r"\boldsymbol{\beta}"),
    ("x₁", "x1", "x_1", "x_{1}", r"\mathbf{x}_1"),
    ("θ̂", r"\hat\theta", r"\hat{\theta}"),
    ("X", r"\mathbf{X}", r"\mathbf X", "𝐗"),
    ("W_hh", "W_{hh}", "Wₕₕ"),
    ("ε", "ϵ", "epsilon", r"\varepsilon"),
    ("μ", "µ", "mu"),
    ("x′", "x′"),
    ("ŷ", "y\u0302", r"\hat{y}"),
    ("φ", "ϕ", r"\varphi"),
    ("θ₁₂", "theta_12", r"\theta_{12}"),
]


@pytest.mark.parametrize("names", NAMES)
def test_names_that_are_one_name(names):
    assert {normalise_name(name) for name in names} == {names[0]}


# (text, declarations, shapes of the symbols)
SHAPES = [
    ("‖y − A x‖²", None, "y: m 1, A: m n, x: n 1"),
    ("xᵀA x", None, "x: n 1, A: n n"),
    ("X β − Y", None, "X: m n, β: n 1, Y: m 1"),
    ("x² sin(x) + y", None, "x: 1 1, y: 1 1"),
    ("tr(A X B)", None, "A: m n, X: n p, B: p m"),
    ("(x − μ)ᵀΣ⁻¹(x − μ)", None, "x: n 1, μ: n 1, Σ: n n"),
    ("½ λ ‖w‖² + sum(log(1 + exp(−y ⊙ (X w))))", None, "λ: 1 1, w: m 1, y: n 1, X: n m"),
    ("1/n ‖X w − y‖²", None, "n: 1 1, X: m p, w: p 1, y: m 1"),
    ("1/n ‖X w − y‖²", {"X": "n d"}, "X: n d, w: d 1, y: n 1"),
    ("θᵀx", None, "θ: n 1, x: n 1"),
    ("A x + b", {"A": "3 2"}, "A: 3 2, x: 2 1, b: 3 1"),
    ("A B", {"A": "m n"}, "A: m n, B: n p"),
    ("‖S x‖", {"S": "symmetric"}, "S: n n, x: n 1"),
    ("t B + A", None, "t: 1 1, B: m n, A: m n"),
    ("(A ⊗ B) vec(X)", {"A": "p q", "B": "m n", "X": "n q"}, "A: p q, B: m n, X: n q"),
    ("xᵀA x where A: n n symmetric, x: n", None, "x: n 1, A: n n"),
    ("A β + α y where A ∈ ℝ^{m×d}, β ∈ ℝ^d, α scalar, y ∈ ℝᵐ", None, "A: m d, β: d 1, α: 1 1, y: m 1"),
    ("X w where X ∈ R^(n x d); w ∈ R^d", None, "X: n d, w: d 1"),
    ("A B where A, B ∈ ℝ^{n×n}", None, "A: n n, B: n n"),
    ("X Y where X ≻ 0", None, "X: n n, Y: n m"),
    ("A x where A: m x n, x in R^n", None, "A: m n, x: n 1"),
]


@pytest.mark.parametrize(("text", "where", "shapes"), SHAPES)
def test_shapes(text, where, shapes):
    found = read(text, where).symbols
    said = {name: " ".join(map(dim_text, its.shape)) for name, its in found.items()}
    assert said.keys() == {item.split(":")[0] for item in shapes.split(", ")}
    wanted = {name.strip(): shape.strip() for name, shape in (item.split(":") for item in shapes.split(", "))}
    assert _renamed(said) == _renamed(wanted)


def _renamed(shapes: dict[str, str]) -> dict[str, str]:
    """The shapes up to the names of the dimensions that nothing declares."""
    names: dict[str, str] = {}
    return {
        name: " ".join(d if d.isdigit() else names.setdefault(d, f"d{len(names)}") for d in shape.split())
        for name, shape in sorted(shapes.items())
    }


def test_dimensions_are_named_from_m_on():
    symbols = read("‖y − A x‖²").symbols
    assert symbols == {"y": Declaration(("m", 1)), "A": Declaration(("m", "n")), "x": Declaration(("n", 1))}
    assert read("xᵀA x").symbols["A"].shape == ("n", "n")
    assert read("A B m").symbols["A"].shape == ("n", "p"), "a symbol's name is no dimension's"


def test_facts_are_kept_as_declared():
    assert read("Σ", {"Sigma": "n n spd"}).symbols["Σ"].facts == {"spd"}
    assert read("A x", "A: m n, x: n positive").symbols["x"].facts == {"positive"}


def test_what_was_assumed_is_said():
    assert read("‖Ax‖²").notes == ("Ax is read as A x",)
    assert read("f(x) + x").notes == ("f is read as an unknown function",)
    assert read("A x").notes == ()


def test_symbols_come_in_the_order_of_the_text():
    assert list(read("z + A x − b").symbols) == ["z", "A", "x", "b"]


def test_a_dimension_is_a_scalar_read_from_the_shapes():
    e = parse("‖x‖²/n", {"x": "n"})
    assert str(e) == "‖x‖² / n"
    assert "n" not in read("‖x‖²/n", {"x": "n"}).symbols


def test_unknown_functions_are_printed_and_read_back():
    for text in ("f(x)", "∇f(x)", "∇²f(x)"):
        e = parse(text, {"x": "n"})
        assert str(e) == text
        assert parse(str(e), {"x": "n"}) is e
    assert parse("f(A x)").shape == (1, 1)
    assert str(parse("f′(t)", {"t": "scalar"})) == "f′(t)"
    assert parse("∇²f(x)", {"x": "n"}).shape == ("n", "n")


def test_functions_of_a_scalar_with_a_declared_shape():
    where = {"A(t)": "m n", "x": "n"}
    for text in ("A(t) x", "A′(t) x", "A⁗(t) x", "A(2 t) x"):
        e = parse(text, where)
        assert e.shape == ("m", 1)
        assert str(e) == text
        assert parse(to_latex(e), where) is e
    assert read("A(t) x", where).symbols["A(t)"] == Declaration(("m", "n"))
    assert str(simplify("B(t)ᵀ + B(t)", where="B(t): n n symmetric")) == "2 B(t)"
    assert derive("f(x)", "x", where={"x": "scalar"}, order=4).latex().endswith(r"{f^{\prime\prime\prime\prime}}(x)")


@pytest.mark.parametrize(
    ("text", "where", "message"),
    [
        ("A b", "A(t): n n", "A is declared as a function, and no bracket follows"),
        ("A(x)", "A(t): n n, x: n", "A is declared as a function of a scalar"),
        ("A(t) b", "A(t): n n spd", "A(t) cannot be declared spd"),
        ("A(t) b", "A(t) symmetric", "the declaration of A(t) says no shape"),
        ("A(t) b", "A(t): n n, A: n n", "A is declared twice"),
        ("A b", "A: m n, B(t): n n", "B(t) is declared and does not occur"),
        ("A(t) b", "A(t, s): n n", "is not a name"),
    ],
)
def test_what_is_wrong_with_a_function_of_a_scalar(text, where, message):
    with pytest.raises(MatcalcError, match=re.escape(message)):
        read(text, where)


@pytest.mark.parametrize(
    ("text", "shapes"),
    [
        ("(y − X w)ᵀ(y − X w) / n", {"y": ("m", 1), "X": ("m", "p"), "w": ("p", 1), "n": (1, 1)}),
        ("tanh(α xᵀz + c)", {"α": (1, 1), "x": ("n", 1), "z": ("n", 1), "c": (1, 1)}),
        ("max(x)", {"x": ("n", 1)}),
        ("max(0, x)", {"x": (1, 1)}),
        ("exp(−‖x − μ‖²)", {"x": ("n", 1), "μ": ("n", 1)}),
    ],
)
def test_the_reading_with_the_fewest_departures(text, shapes):
    assert {name: said.shape for name, said in read(text).symbols.items()} == shapes


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("‖Ae − b‖²", "‖A e − b‖²"), ("sum(Xe)", "sum(X e)"), ("Ae^x", "A e^x"), ("x**T A x", "xᵀA x"),
        ("1/2x'A x", "½ xᵀA x"), ("λ/2‖w‖²", "(λ/2) ‖w‖²"), ("2/sqrt(π) x", "(2/sqrt(π)) x"),
    ],
)  # fmt: skip
def test_letters_beside_one_another(text, meant):
    assert parse(text) is parse(meant)


@pytest.mark.parametrize(
    "text",
    [
        "x'y/‖x‖‖y‖", "xᵀy/‖x‖ ‖y‖", "⟨x, y⟩/‖x‖‖y‖", "exp(−t/RC)", "x/AB", "‖x‖²/‖A‖B", "‖A x − y‖²/2σ²",
        "exp(−(x − μ)²/2σ²)", "1/2n ‖A x − y‖²", r"e^{-\|x\|^2/2\sigma^2}", "sin(x)/2x", "m v²/2r", "tr(A)/2n",
        "1/2N ∑ᵢ (yᵢ − Xᵢᵀw)²",
    ],
)  # fmt: skip
def test_a_product_after_a_slash_is_refused_whatever_the_letters_are(text):
    with pytest.raises(AmbiguityError, match="a product after a slash has two readings"):
        parse(text)


def test_a_reading_far_from_what_the_letters_say_is_refused():
    with pytest.raises(MatcalcError, match="softmax takes a vector"):
        read("tr(Y log(softmax(W X)))")


def test_supplied_functions_build_their_value():
    e = parse("g(x) + x", {"x": "n"}, functions={"g": lambda x: scale(2, x)})
    assert e is parse("2 x + x", {"x": "n"})


def test_names_known_from_elsewhere_split_words():
    assert str(read("ax", wrt=("a", "x")).expr) == "a x"


@pytest.mark.parametrize("row", [row for row in REGISTRY if row.signature], ids=lambda row: row.name)
def test_every_formula_of_the_rulebook_is_read(row):
    operands, value = signature_dims(row.signature)
    letters = dict(operands) | {f"d{name}": shape for name, shape in operands} | {"Y": value}
    letters["G₁" if "G" in letters else "G"] = value
    if row.differential:
        assert read_formula(row.differential, letters, value).shape == value
    for (_, shape), formula in zip(operands, row.adjoint, strict=False):
        if formula:
            assert read_formula(formula, letters, shape).shape == shape
    scalars = {"t": (1, 1), "y": (1, 1)} | {name: (1, 1) for name, _ in operands[1:]}
    for formula in row.derivative:
        assert read_formula(formula, scalars, (1, 1)).shape == (1, 1)


FORMULAS = [
    ("−Y dX Y", "Y: n n, dX: n n", "n n"),
    ("Y tr(X⁻¹ dX)", "Y: 1 1, X: n n, dX: n n", "1 1"),
    ("sign(X) : dX", "X: m n, dX: m n", "1 1"),
    ("G I", "G: 1 1", "n n"),
    ("G 𝟏𝟏ᵀ", "G: 1 1", "m n"),
    ("2/sqrt(π) exp(-t²)", "t: 1 1", "1 1"),
    ("½ (1 + erf(t/sqrt(2)))", "t: 1 1", "1 1"),
    ("|t| - δ", "t: 1 1, δ: 1 1", "1 1"),
    ("step(δ - |t|)", "t: 1 1, δ: 1 1", "1 1"),
    ("Y ⊙ dx − Y (Yᵀ dx)", "Y: n 1, dx: n 1", "n 1"),
    ("N tr(X^(N − 1) dX)", "N: 1 1, X: n n, dX: n n", "1 1"),
    ("𝟎", "X: m n", "m n"),
    ("I", "X: m n", "n n"),
    ("𝟏", "X: m n", "m 1"),
]


@pytest.mark.parametrize(("text", "letters", "shape"), FORMULAS)
def test_formulas(text, letters, shape):
    shapes, value = signature_dims(f"{letters} -> {shape}")
    assert read_formula(text, dict(shapes), value).shape == value


def test_equal_texts_give_one_object():
    x = symbol("x", ("n", 1))
    e = parse("xᵀx", {"x": "n"})
    assert parse("x' * x", {"x": "n"}) is e
    assert copy.deepcopy(e) is e and pickle.loads(pickle.dumps(e)) is e
    assert x in e.args


@pytest.mark.parametrize(
    "text",
    [
        "inv(" * 500 + "X" + ")" * 500, "(" * 500 + "X" + " + I)⁻¹" * 500, " + ".join(f"a{i} x" for i in range(1000)),
        " ".join(f"A{i}" for i in range(200)), "".join(f"tanh(W{i} " for i in range(64)) + "x" + ")" * 64,
        "‖" * 1000 + "x" + "‖" * 1000,
    ],
    ids=["inverses", "sums in inverses", "terms", "factors", "layers", "norms"],
)  # fmt: skip
def test_long_and_deep_text_is_read(text):
    assert read(text).expr is not None


@pytest.mark.parametrize("text", ["I_3 + A", "I₃ + A", "I_{3} + A", "tr(I_3 A)"])
def test_an_identity_of_a_size_in_digits(text):
    """The size of I_3 was read as a name."""
    assert parse(text, {"A": "3 3"}).shape in ((3, 3), (1, 1))
    assert parse(text).shape in ((3, 3), (1, 1))
