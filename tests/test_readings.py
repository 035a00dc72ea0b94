"""Readings of the one linear map: differentials, index forms, jvp and vjp, higher orders."""

import numpy as np
import pytest

from matcalc import DerivativeError, MatcalcError, NotYetError, OptionError, derive, differential
from matcalc.notation.read import read

INDEX = [
    ("W x", "W", "∂fᵢ/∂Wⱼₖ = δᵢⱼ xₖ"),
    ("A X B", "X", "∂Fᵢⱼ/∂Xₖₗ = Aᵢₖ Bₗⱼ"),
    ("relu(W x + b)", "W", "∂fᵢ/∂Wⱼₖ = δᵢⱼ xₖ 𝟙[(W x + b)ᵢ > 0]"),
    ("u = W x + b; relu(u)", "W", "∂fᵢ/∂Wⱼₖ = δᵢⱼ xₖ 𝟙[uᵢ > 0]"),
    ("X⁻¹", "X", "∂Fᵢⱼ/∂Xₖₗ = −(X⁻¹)ᵢₖ (X⁻¹)ₗⱼ"),
    ("X Xᵀ", "X", "∂Fᵢⱼ/∂Xₖₗ = δᵢₖ Xⱼₗ + δⱼₖ Xᵢₗ"),
    ("A x", "x", "∂fᵢ/∂xⱼ = Aᵢⱼ"),
    ("‖x‖²", "x", "∂f/∂xᵢ = 2 xᵢ"),
    ("tr(A X)", "X", "∂f/∂Xᵢⱼ = Aⱼᵢ"),
    ("(A ⊙ X) B", "X", "∂Fᵢⱼ/∂Xₖₗ = δᵢₖ Aᵢₗ Bₗⱼ"),
]


@pytest.mark.parametrize(("text", "wrt", "expected"), INDEX)
def test_index_forms(text, wrt, expected):
    assert str(derive(text, wrt).index) == expected


def test_index_form_of_a_hessian():
    assert str(derive("xᵀA x", "x", order=2).index) == "∂²f/∂xᵢ∂xⱼ = (A + Aᵀ)ᵢⱼ"


def test_index_form_in_latex():
    assert derive("W x", "W").index.latex() == r"\frac{\partial f_{i}}{\partial W_{jk}} = \delta_{ij} x_{k}"


@pytest.mark.parametrize(
    ("text", "constant", "expected"),
    [
        ("tr(A X⁻¹)", ["A"], "−tr(A X⁻¹ dX X⁻¹)"),
        ("tr(A X⁻¹)", [], "tr(dA X⁻¹) − tr(A X⁻¹ dX X⁻¹)"),
        ("logdet(X)", [], "tr(X⁻¹ dX)"),
        ("X⁻¹", [], "−X⁻¹ dX X⁻¹"),
        ("A x", [], "dA x + A dx"),
        ("tr(A X)", ["A"], "tr(A dX)"),
    ],
)
def test_differentials(text, constant, expected):
    assert str(differential(text, constant=constant)) == expected


def test_the_differential_of_what_does_not_exist():
    with pytest.raises(MatcalcError, match="z does not occur"):
        differential("A x", constant=["z"])


MAPS = [
    ("tanh(W x + b)", "W"),
    ("X⁻¹ A", "X"),
    ("‖y − A x‖²", "x"),
    ("softmax(A x)", "x"),
    ("A sin(t) where t scalar", "t"),
]


@pytest.mark.parametrize(("text", "wrt"), MAPS)
def test_jvp_and_vjp_are_derivatives_of_their_own(text, wrt):
    d = derive(text, wrt)
    v, u = d.jvp("V"), d.vjp("U")
    assert v.check()
    assert u.check()
    assert "[V]" in str(v)
    assert r"\left[V\right]" in v.latex()
    rng = np.random.default_rng(0)
    sizes = {"m": 3, "n": 3, "p": 3}
    given = {n: rng.normal(size=[sizes.get(k, k) for k in s.shape if k != 1]) for n, s in d.where.items()}
    array = d.compile()(**given)
    at, of = given[wrt].shape, array.shape[: array.ndim - given[wrt].ndim]
    h, g = rng.normal(size=at), rng.normal(size=of)
    forward, back = v.compile()(**given, V=h), u.compile()(**given, U=g)
    np.testing.assert_allclose(forward, np.tensordot(array, h, len(at)), atol=1e-10)
    np.testing.assert_allclose(back, np.tensordot(g, array, len(of)), atol=1e-10)
    assert "def " in v.code(what=("derivative",))


def test_the_hessian_vector_product_forms_no_matrix():
    hvp = derive("f = A x; sum(exp(f))", "x", order=2).jvp("v")
    assert str(hvp.expr) == "Aᵀ((A v) ⊙ exp(A x))"
    assert hvp.check()


@pytest.mark.parametrize("name", ["x", "", 3])
def test_directions_that_are_refused(name):
    with pytest.raises(OptionError):
        derive("A x", "x").jvp(name)


def test_a_reading_is_read_no_further():
    with pytest.raises(DerivativeError):
        derive("A x", "x").jvp("V").vjp("U")


def test_second_differential_of_a_matrix_variable():
    d = derive("‖T − U Vᵀ‖²", "U", order=2)
    assert str(d.expr) == "2 dU VᵀV"
    assert str(d.kronecker) == "2 ((VᵀV) ⊗ I)"
    assert "d²f = " in str(d)
    assert d.compile()(T=np.eye(2), U=np.ones((2, 3)), V=np.ones((2, 3))).shape == (2, 3, 2, 3)


HESSIANS = [
    ("log(sum(exp(x)))", "x", "diag(softmax(x)) − softmax(x) softmax(x)ᵀ"),
    ("‖y − A x‖²", "x", "2 AᵀA"),
    ("sum(softplus(X w)) − yᵀX w", "w", None),
]


@pytest.mark.parametrize(("text", "wrt", "expected"), HESSIANS)
def test_hessians_are_symmetric(text, wrt, expected):
    d = derive(text, wrt, order=2)
    assert expected is None or str(d.expr) == expected
    assert d.check()


def test_third_order():
    assert str(derive("t⁵", "t", order=3).expr) == "60 t²"
    d = derive("sum(exp(x))", "x", order=3)
    assert d.kind == "differential"
    assert d.shape == ("n", "n", "n")
    assert d.check()
    x = np.array([0.1, 0.2])
    np.testing.assert_allclose(d.compile()(x=x)[1, 1, 1], np.exp(0.2))


def test_a_matrix_of_a_scalar_has_derivatives_of_every_order():
    assert str(derive("A sin(t)", "t", order=2, where={"A": "m n", "t": ""}).expr) == "−sin(t) A"


@pytest.mark.parametrize("order", [0, -1, 1.5, "2", True, None])
def test_orders_that_do_not_exist(order):
    with pytest.raises(OptionError):
        derive("‖x‖²", "x", order=order)


@pytest.mark.parametrize("f", ["‖y − A x‖²", "tanh(A x)"])
@pytest.mark.parametrize(
    ("program", "shapes", "wrt", "part"),
    [
        ("[B; a; C]", {"B": "2 3", "a": "1 3", "C": "1 3"}, "a", np.s_[..., 2, :]),
        ("[B, a, C]", {"B": "4 1", "a": "4", "C": "4 1"}, "a", np.s_[..., :, 1]),
        ("[B, b; c, α]", {"B": "3 2", "b": "3", "c": "1 2", "α": "scalar"}, "α", np.s_[..., 3, 2]),
    ],
)
def test_a_part_with_a_name_has_that_part_of_the_derivative(f, program, shapes, wrt, part):
    inside = derive(f"A = {program}; {f}", wrt, where={**shapes, "x": "3"})
    whole = derive(f, "A", where={"A": "4 3"})
    assert inside.check()
    rng = np.random.default_rng(3)
    data = {name: rng.normal(size=[n for n in declared.shape if n != 1]) for name, declared in inside.where.items()}
    blocks = {name: np.reshape(data[name], inside.where[name].shape) for name in shapes}
    A = np.block([[blocks[name] for name in row.split(", ")] for row in program.strip("[]").split("; ")])
    rest = {name: data[name] for name in whole.where if name != "A"}
    np.testing.assert_allclose(inside.compile()(**data), whole.compile()(A=A, **rest)[part], rtol=1e-12, atol=1e-14)


def test_refusals():
    with pytest.raises(DerivativeError, match="order 2 are given for scalar functions"):
        derive("A x", "x", order=2)
    with pytest.raises(NotYetError):
        derive("‖x‖²", "x", order=40)
    with pytest.raises(DerivativeError, match="no rule for its derivative"):
        derive("tr(X^N)", "N")


def test_matrix_functions_have_frechet_forms():
    assert str(derive("tr(expm(X))", "X").expr) == "expm(X)ᵀ"
    assert str(derive("tr(A logm(X))", "X").expr) == "frechet_logm(Xᵀ, Aᵀ)"
    assert str(derive("sqrtm(X)", "X").expr) == "sylvester(sqrtm(X), sqrtm(X), dX)"
    d = derive("expm(X)", "X")
    assert d.compile()(X=np.eye(2)).shape == (2, 2, 2, 2)


def test_eigenvalues_say_what_they_need():
    d = derive("eigmax(S)", "S", where={"S": "n n symmetric"})
    assert d.conditions == ("the largest eigenvalue of S is simple",)
    assert "S symmetric" in derive("eigmax(S)", "S").conditions


@pytest.mark.parametrize(
    ("f", "wrt", "where", "expected"),
    [
        ("logdet(X) X", "X", None, "vec(X) vec(X⁻ᵀ)ᵀ + logdet(X) I"),
        ("X ⊙ X ⊙ Y", "X", None, "2 diag(vec(X ⊙ Y))"),
        ("W tanh(V x)", "V", {"W": "p q"}, "W diag(𝟏 − tanh(V x)²) (xᵀ ⊗ I)"),
    ],
)
def test_units_of_the_kronecker_product_are_not_written(f, wrt, where, expected):
    assert str(derive(f, wrt, where=where).kronecker) == expected


@pytest.mark.parametrize(
    ("f", "order", "expected"),
    [
        ("x / ‖x‖", 1, "δᵢⱼ / ‖x‖ − xⱼ xᵢ / ‖x‖³"),
        ("‖x‖³", 2, "3 xⱼ xᵢ / ‖x‖ + 3 δᵢⱼ ‖x‖"),
        ("log(1 + ‖x‖²)", 2, "2 δᵢⱼ / (1 + ‖x‖²) − 4 xⱼ xᵢ / (1 + ‖x‖²)²"),
    ],
)
def test_powers_of_a_scalar_are_one_in_index_notation(f, order, expected):
    assert derive(f, "x", where={"x": "n"}, order=order).index.right == expected


INDEXED = [
    ("A ⊗ X", "X", None, "∂Fᵢⱼ/∂Xₖₗ = δᵢ₂ₖ δⱼ₂ₗ Aᵢ₁ⱼ₁ where i = (i₁ − 1) p + i₂, j = (j₁ − 1) q + j₂"),
    ("vec(A X B)", "X", None, "∂fᵢ/∂Xⱼₖ = Aᵢ₂ⱼ Bₖᵢ₁ where i = (i₁ − 1) m + i₂"),
    ("tril(X)", "X", {"X": "n n"}, "∂Fᵢⱼ/∂Xₖₗ = δᵢₖ δⱼₗ 𝟙[i ≥ j]"),
    ("triu(X) x", "X", {"X": "n n", "x": "n"}, "∂fᵢ/∂Xⱼₖ = δᵢⱼ 𝟙[i ≤ k] xₖ"),
    ("[A; B]", "A", {"A": "m n", "B": "p n"}, "∂Fᵢⱼ/∂Aₖₗ = δⱼₗ ([I; 𝟎])ᵢₖ"),
]


@pytest.mark.parametrize(("text", "wrt", "where", "written"), INDEXED, ids=[row[0] for row in INDEXED])
def test_entries_of_products_of_indices_triangles_and_blocks(text, wrt, where, written):
    d = derive(text, wrt, where=where)
    assert str(d.index) == written
    assert d.index.latex().isascii()


@pytest.mark.parametrize(
    ("text", "notes"),
    [
        ("γ(x)", ("γ is read as a factor; functions={…} makes it a function",)),
        ("beta(x) + xᵀx", ("β is read as a factor; functions={…} makes it a function",)),
        ("γ(x) + γ", ()),
        ("λ(x + y)", ()),
        ("φ(x)", ("φ is read as an unknown function",)),
    ],
)
def test_a_greek_letter_that_stands_as_a_function_does_is_noted(text, notes):
    assert read(text).notes == notes
    assert read("γ(x)", {"γ": "scalar"}).notes == ()
