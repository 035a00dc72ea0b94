"""Programs: several statements in one text, with their names kept, and the chain rule on the page."""

import numpy as np
import pytest

from matcalc import DerivativeError, MatcalcError, ParseError, derive
from matcalc.notation.read import read

NETWORK = "z = W x + b; f = tanh(z); e = y − f; ½‖e‖²"


def test_the_names_are_kept_in_the_answer():
    lines = str(derive(NETWORK, ["W", "b"])).splitlines()
    assert lines[0].startswith("∂L/∂W = ")
    assert "e ⊙ " in lines[0]
    assert lines[0].endswith("W ∈ ℝᵐˣⁿ, b ∈ ℝᵐ, x ∈ ℝⁿ, y ∈ ℝᵐ")
    assert lines[1].startswith("∂L/∂b = ")
    assert lines[2:] == ["  where z = W x + b", "        f = tanh(z)", "        e = y − f"]


def test_the_formula_itself_has_no_names():
    d = derive("r = A x − y; ‖r‖²", "x")
    assert str(d.expr) == "2 Aᵀ(A x − y)"
    assert {name: str(e) for name, e in d.definitions.items()} == {"r": "A x − y"}


@pytest.mark.parametrize(
    "text", [NETWORK, NETWORK.replace("; ", "\n"), NETWORK + ";", NETWORK.replace("½‖e‖²", "loss = ½‖e‖²"),
             "z = W x +\n  b\nf = tanh(z)\n\ne = y − f\n½‖e‖²"]
)  # fmt: skip
def test_ways_of_writing_a_program(text):
    assert derive(text, "W").expr is derive("½‖y − tanh(W x + b)‖²", "W").expr


def test_the_last_statement_names_the_function():
    assert str(derive("loss = ‖A x‖²", "x")).startswith("∂loss/∂x = 2 AᵀA x")


def test_shapes_are_inferred_over_all_statements():
    reading = read("S = X + λ I; u = S v; ‖u − A w‖²")
    assert reading.symbols["X"].shape == ("m", "m")
    assert reading.symbols["A"].shape[0] == "m"


def test_a_line_with_a_minus_that_uses_the_name_before_it_is_a_statement():
    written = derive("p = softmax(V h)\n−yᵀlog(p)", "V")
    assert written.expr is derive("p = softmax(V h); −yᵀlog(p)", "V").expr


def test_declarations_follow_the_program():
    d = derive("S = X + λ I; log det S where X: n n spd, λ scalar positive", "λ")
    assert str(d.expr) == "tr((X + λ I)⁻¹)"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("e = y − z; z = A x; ‖e‖²", "z is used before it is given a value"),
        ("e = y − A e; ‖e‖²", "e is used before it is given a value"),
        ("e = A x; e = 2 y; ‖e‖²", "e is assigned twice"),
        ("e = A x; ‖x‖²; ‖e‖²", "this statement gives no name to its value"),
        ("f(x) = A x; ‖f(x)‖²", "f(x) stands left of ="),
        ("e = ; ‖x‖²", "nothing stands right of ="),
        ("e = y\n − x; ‖e‖²", "a line that begins with a minus"),
        ("e = A x; ‖e‖² = 1", "only a name can be given a value"),
    ],
)
def test_refused(text, message):
    with pytest.raises(ParseError) as error:
        read(text)
    assert message in str(error.value)


def test_errors_point_into_the_whole_text():
    text = "z = A x; u = z + B; ‖u‖² where A: m n, x: n, B: m n"
    with pytest.raises(MatcalcError) as error:
        read(text)
    assert any(text[a:b] == "B" for a, b in error.value.spans)


def test_a_statement_that_is_never_used_is_noted():
    assert "u is assigned and never used" in str(derive("u = A x; ‖x‖²", "x"))


def test_an_assigned_name_is_no_variable():
    with pytest.raises(DerivativeError, match="assigned in the text and no variable"):
        derive(NETWORK, "e")


def test_a_name_that_is_declared_is_not_assigned():
    with pytest.raises(MatcalcError, match="declared, and assigned"):
        derive("e = y − x; ‖e‖²", "x", where={"e": "n"})


def test_factors_in_numerator_layout():
    factors = derive(NETWORK, "W").factors
    assert [(f.above, f.below, f.shape) for f in factors] == [
        ("L", "e", (1, "m")), ("e", "f", ("m", "m")), ("f", "z", ("m", "m")), ("z", "W", ("m", factors[3].shape[1])),
    ]  # fmt: skip
    assert str(factors).splitlines()[0] == "∂L/∂e = eᵀ          1×m"
    assert [str(f.expr) for f in factors] == ["eᵀ", "−I", "diag(𝟏 − tanh(z)²)", "xᵀ ⊗ I"]


@pytest.mark.parametrize("wrt", ["W", "x", "b", "y"])
def test_the_product_of_the_factors_is_the_gradient(wrt):
    from matcalc.calculus.definitions import values_of
    from matcalc.notation.programs import inlined
    from tests.evaluate import evaluate

    text = "z = W x + b; h = tanh(z); e = y − h − α z; ½‖e‖² + xᵀx"
    d = derive(text, wrt)
    rng = np.random.default_rng(0)
    sizes = {"m": 3, "n": 2}
    arrays = {n: rng.normal(size=[sizes.get(k, k) for k in s.shape]) for n, s in d.where.items()}
    product = evaluate(inlined(d.factors.product, values_of(d.definitions)), arrays, sizes)
    gradient = evaluate(d.expr, arrays, sizes)
    np.testing.assert_allclose(product.ravel(), gradient.ravel(order="F"), atol=1e-12)


def test_several_paths_are_listed():
    d = derive("z = A x; u = tanh(z); v = z ⊙ z; uᵀv", "x")
    assert len(d.factors.paths) == 2


def test_factors_need_steps():
    with pytest.raises(DerivativeError, match="given for programs"):
        _ = derive("‖A x‖²", "x").factors
