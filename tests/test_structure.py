"""Layouts and structured variables by value: numerator, project, ignore, cookbook, and Hessians."""

import numpy as np
import pytest

from matcalc import DerivativeError, OptionError, derive

RNG = np.random.default_rng(4)
A = RNG.normal(size=(3, 3))
PROJECTIONS = {
    "symmetric": lambda g: (g + g.T) / 2,
    "spd": lambda g: (g + g.T) / 2,
    "skew": lambda g: (g - g.T) / 2,
    "diagonal": lambda g: np.diag(np.diag(g)),
    "lower": np.tril,
    "upper": np.triu,
}
POINTS = {
    "symmetric": A + A.T, "spd": A @ A.T + np.eye(3), "skew": A - A.T, "diagonal": np.diag(np.diag(A)) + 3 * np.eye(3),
    "lower": np.tril(A) + 3 * np.eye(3), "upper": np.triu(A) + 3 * np.eye(3),
}  # fmt: skip


def entry_by_entry(x):
    """∂ tr(A X⁻¹)/∂X."""
    inverse = np.linalg.inv(x + 5 * np.eye(3))
    return -(inverse @ A @ inverse).T


@pytest.mark.parametrize("fact", sorted(PROJECTIONS))
@pytest.mark.parametrize("structure", ["project", "ignore", "cookbook"])
def test_structures_by_value(fact, structure):
    where = {"X": f"n n {fact}", "A": "n n"}
    d = derive("tr(A (X + 5 I)⁻¹)", "X", where=where, structure=structure)
    x = POINTS[fact]
    g = entry_by_entry(x)
    if structure == "cookbook" and fact in ("symmetric", "spd"):
        wanted = g + g.T - np.diag(np.diag(g))
    else:
        wanted = g if structure == "ignore" else PROJECTIONS[fact](g)
    np.testing.assert_allclose(d.compile()(X=x, A=A), wanted, atol=1e-10)
    assert d.check()


def test_numerator_layout_by_value():
    given = {"A": RNG.normal(size=(2, 3)), "X": RNG.normal(size=(3, 2))}
    gradient = derive("tr(A X A X)", "X")
    numerator = derive("tr(A X A X)", "X", layout="numerator")
    assert (gradient.shape, numerator.shape) == (("n", "m"), ("m", "n"))
    np.testing.assert_allclose(numerator.compile()(**given), gradient.compile()(**given).T)
    assert derive("aᵀx", "x", layout="numerator").shape == (1, "n")


def test_numerator_layout_changes_no_jacobian_and_no_hessian():
    for text, order in (("tanh(A x)", 1), ("xᵀA x", 2)):
        d = derive(text, "x", order=order, layout="numerator")
        assert d.expr is derive(text, "x", order=order).expr
        assert "numerator" not in str(d)


@pytest.mark.parametrize(("text", "order"), [("logdet(X)", 2), ("X⁻¹", 1)])
def test_a_structured_variable_changes_no_array(text, order):
    plain = derive(text, "X", where={"X": "n n"}, order=order)
    d = derive(text, "X", where={"X": "n n spd"}, order=order)
    x = POINTS["spd"]
    np.testing.assert_allclose(d.compile()(X=x), plain.compile()(X=x), atol=1e-10)
    assert "X stays symmetric: dX is symmetric as well" in str(d)
    assert d.check()


def test_remarks_say_what_was_done():
    where = {"X": "n n symmetric"}
    assert "the gradient is projected" in str(derive("tr(A X)", "X", where=where))
    assert "as if X were not symmetric" in str(derive("tr(A X)", "X", where=where, structure="ignore"))
    assert "each free entry once" in str(derive("tr(A X)", "X", where=where, structure="cookbook"))


@pytest.mark.parametrize("order", [1, 2])
def test_orthogonal_matrices_have_no_projected_gradient(order):
    with pytest.raises(DerivativeError, match="no linear subspace"):
        derive("tr(A Q)", "Q", where={"Q": "n n orthogonal"}, order=order)
    assert derive("tr(A Q)", "Q", where={"Q": "n n orthogonal"}, structure="ignore").expr is not None


@pytest.mark.parametrize("option", [{"layout": "rows"}, {"structure": "free"}, {"notation": "ascii"}])
def test_options_that_do_not_exist(option):
    with pytest.raises(OptionError, match="does not exist"):
        derive("‖x‖²", "x", **option)


@pytest.mark.parametrize(
    ("f", "names", "where"),
    [
        ("xᵀ S x", ["x", "S"], {"S": "n n symmetric"}),
        ("xᵀ S⁻¹ x", ["S", "x"], {"S": "n n spd"}),
        ("tr(S A S)", ["A", "S"], {"S": "n n symmetric"}),
        ("xᵀ D D x", ["x", "D"], {"D": "n n diagonal"}),
    ],
)
def test_mixed_second_orders_are_entry_by_entry(f, names, where):
    """What the facts about S make of the derivative by x is not differentiated by S: it lost Sᵀ."""
    h = derive(f, names, where=where, order=2)
    plain = derive(f, names, where=dict.fromkeys(where, "n n"), order=2)
    rng = np.random.default_rng(5)
    for key, d in h.items():
        assert d.check() and d.prove(), key
        data = {name: rng.normal(size=[4 for dim in decl.shape if dim != 1]) for name, decl in d.where.items()}
        for name in where:
            spread = data[name] + data[name].T + 8 * np.eye(4)
            data[name] = np.diag(np.diag(spread)) if "diagonal" in d.where[name].facts else spread
        np.testing.assert_allclose(d.compile()(**data), plain[key].compile()(**data), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("structure", ["ignore", "cookbook"])
def test_the_gradient_by_an_orthogonal_matrix_says_that_it_is_entry_by_entry(structure):
    d = derive("tr(A Q)", "Q", where={"Q": "n n orthogonal"}, structure=structure)
    assert "entry by entry, as if Q were not orthogonal" in str(d)


def test_the_declarations_of_an_answer_declare():
    d = derive("tr(A X)", "X", where={"X": "n n symmetric"})
    assert str(derive("tr(A X)", "X", where=d.where)) == str(d)
