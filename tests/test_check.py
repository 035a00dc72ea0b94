"""Certificates: right derivatives pass, wrong ones do not, and what cannot be decided is not confirmed."""

import numpy as np
import pytest

from matcalc import derive
from matcalc.algebra.build import (
    add,
    apply,
    divide,
    hadamard,
    identity,
    inner,
    inverse,
    matrix_power,
    multiply,
    norm,
    number,
    ones,
    power,
    scale,
    subtract,
    symbol,
    transpose,
)  # fmt: skip
from matcalc.algebra.operations import REGISTRY
from matcalc.check import check, difference_quotients
from matcalc.codegen.sampling import sample, sizes_for
from matcalc.errors import OptionError


class Declared:
    def __init__(self, shape, *facts):
        self.shape, self.facts = shape, frozenset(facts)


A, B, X = symbol("A", ("m", "n")), symbol("B", ("n", "m")), symbol("X", ("n", "n"))
x, y, w, α, N = symbol("x", ("n", 1)), symbol("y", ("m", 1)), symbol("w", ("n", 1)), symbol("α"), symbol("N")
dX = symbol("dX", ("n", "n"))
r = subtract(multiply(A, x), y)


def f(name, *args):
    return apply(REGISTRY[name], args)


def declared(*symbols, **facts):
    return {str(s.data): Declared(s.shape, *facts.get(str(s.data), "").split()) for s in symbols}


RIGHT = [
    ("gradient by a vector", inner(r, r), scale(2, multiply(transpose(A), r)), x, (A, x, y)),
    ("gradient by a matrix", inner(r, r), scale(2, multiply(r, transpose(x))), A, (A, x, y)),
    ("gradient by a scalar", multiply(α, inner(x, x)), inner(x, x), α, (α, x)),
    ("Jacobian", multiply(A, x), A, x, (A, x)),
    ("vector by a scalar", multiply(α, x), x, α, (α, x)),
    ("matrix by a scalar", multiply(power(α, number(2)), A), multiply(number(2), α, A), α, (α, A)),
    ("vec-matrix", multiply(A, X, B), f("kron", transpose(B), A), X, (A, X, B)),
    ("only where det X > 0", f("log", f("det", X)), transpose(inverse(X)), X, (X,)),
    ("only where all entries are positive", f("sum", f("log", x)), power(x, number(-1)), x, (x,)),
    ("only inside the unit interval", f("sum", f("arctanh", x)),
     power(subtract(ones("n"), power(x, number(2))), number(-1)), x, (x,)),
    ("kinks", f("norm1", x), f("sign", x), x, (x,)),
    ("norm", norm(x), divide(x, norm(x)), x, (x,)),
    ("symbolic exponent", f("tr", matrix_power(X, N)),
     multiply(N, transpose(matrix_power(X, subtract(N, number(1))))), X, (X, N)),
]  # fmt: skip


@pytest.mark.parametrize(("fx", "d", "wrt", "symbols"), [c[1:] for c in RIGHT], ids=[c[0] for c in RIGHT])
def test_right_derivatives_pass_and_multiples_of_them_do_not(fx, d, wrt, symbols):
    right = check(fx, d, wrt, declared(*symbols))
    assert right and right.ok and right.error < 1e-6, str(right)
    wrong = check(fx, scale(2, d), wrt, declared(*symbols))
    assert not wrong, str(wrong)
    assert wrong.error > 0.1


def test_text_of_a_certificate():
    text = str(check(inner(r, r), scale(2, multiply(transpose(A), r)), x, declared(A, x, y), points=2))
    assert text.startswith("agrees: 7 entries of ∂f/∂x against difference quotients at 2 random points (m = ")
    assert "largest relative difference" in text
    assert str(check(inner(r, r), multiply(transpose(A), r), x, declared(A, x, y))).startswith("WRONG: ")


def test_a_differential_is_compared_in_random_directions():
    fx = multiply(A, X, X, B)
    right = add(multiply(A, dX, X, B), multiply(A, X, dX, B))
    assert check(fx, right, X, declared(A, X, B), direction=dX)
    assert not check(fx, multiply(A, dX, X, B), X, declared(A, X, B), direction=dX)


def test_a_transposition_error_is_found_because_sizes_differ():
    found = check(multiply(A, x), transpose(A), x, declared(A, x))
    assert not found
    assert "the derivative has axes" in found.reason


STRUCTURES = [
    ("symmetric", add(multiply(w, transpose(x)), multiply(x, transpose(w))), 2),
    ("skew", subtract(multiply(w, transpose(x)), multiply(x, transpose(w))), 2),
    ("diagonal", f("diag", hadamard(w, x)), 1),
    ("lower", f("tril", multiply(w, transpose(x))), 1),
    ("upper", f("triu", multiply(w, transpose(x))), 1),
]


@pytest.mark.parametrize(("fact", "projected", "twice"), STRUCTURES, ids=[s[0] for s in STRUCTURES])
def test_structure(fact, projected, twice):
    fx, entries = multiply(transpose(w), X, x), multiply(w, transpose(x))
    symbols = declared(X, w, x, X=fact)
    projected = multiply(power(number(twice), number(-1)), projected)
    assert check(fx, projected, X, symbols)
    assert check(fx, entries, X, symbols, structure="ignore")
    assert not check(fx, entries, X, symbols)
    assert not check(fx, projected, X, symbols, structure="ignore")


def test_the_convention_that_counts_each_free_entry_once():
    fx, entries = multiply(transpose(w), X, x), multiply(w, transpose(x))
    once = subtract(add(entries, transpose(entries)), hadamard(identity("n"), entries))
    assert check(fx, once, X, declared(X, w, x, X="symmetric"), structure="cookbook")
    with pytest.raises(OptionError):
        check(fx, once, X, declared(X, w, x), structure="neither")


def test_numerator_layout_transposes_the_gradient_by_a_matrix():
    fx = f("tr", multiply(A, B))
    assert check(fx, B, A, declared(A, B), layout="numerator")
    assert not check(fx, B, A, declared(A, B))


def test_a_function_that_is_finite_nowhere_is_not_confirmed():
    fx = f("sum", f("log", multiply(number(-1), f("exp", x))))
    found = check(fx, x, x, declared(x))
    assert not found
    assert str(found) == "not confirmed: no point was found where f and its derivative by x are finite and smooth"


def test_the_same_seed_gives_the_same_certificate():
    one, two = (str(check(inner(r, r), x, x, declared(A, x, y), seed=5)) for _ in range(2))
    assert one == two


# --- sampling --------------------------------------------------------------------------------------


def test_sizes_are_distinct_and_at_least_two():
    for seed in range(20):
        sizes = sizes_for(declared(A, X, x, y), np.random.default_rng(seed))
        assert sorted(sizes) == ["m", "n"]
        assert min(sizes.values()) >= 2 and len(set(sizes.values())) == 2


HOLDS = {
    "symmetric": lambda a: np.allclose(a, a.T),
    "skew": lambda a: np.allclose(a, -a.T),
    "spd": lambda a: np.allclose(a, a.T) and np.linalg.eigvalsh(a).min() > 0,
    "psd": lambda a: np.allclose(a, a.T) and np.linalg.eigvalsh(a).min() >= 0,
    "diagonal": lambda a: np.allclose(a, np.diag(np.diag(a))),
    "lower": lambda a: np.allclose(a, np.tril(a)),
    "upper": lambda a: np.allclose(a, np.triu(a)),
    "orthogonal": lambda a: np.allclose(a.T @ a, np.eye(4)),
    "invertible": lambda a: abs(np.linalg.det(a)) > 1e-6,
    "positive": lambda a: np.all(a > 0),
    "nonnegative": lambda a: np.all(a >= 0),
    "integer": lambda a: np.all(a == np.round(a)),
}


@pytest.mark.parametrize("fact", HOLDS)
def test_samples_satisfy_declared_facts(fact):
    for seed in range(5):
        for mode in ("normal", "positive", "small"):
            drawn = sample(declared(X, X=fact), {"n": 4}, np.random.default_rng(seed), {"X": mode})["X"]
            assert drawn.shape == (4, 4) and HOLDS[fact](drawn)


# --- difference quotients --------------------------------------------------------------------------


def test_quotients_of_a_matrix_function_have_axes_of_value_then_argument():
    a = np.arange(6.0).reshape(2, 3)
    quotients, error = difference_quotients(lambda t: a @ t, np.ones((3, 4)))
    assert quotients.shape == (2, 4, 3, 4)
    np.testing.assert_allclose(quotients, np.einsum("ik,jl->ijkl", a, np.eye(4)), atol=1e-10)
    assert error < 1e-9


def test_the_error_estimate_grows_where_a_function_is_rough():
    _, smooth = difference_quotients(lambda t: np.exp(t), np.array(0.3))
    _, rough = difference_quotients(lambda t: np.sqrt(np.abs(t)), np.array(1e-3))
    assert smooth < 1e-9 < rough


def test_a_matrix_that_is_singular_but_for_rounding_decides_nothing():
    """AᵀA of a wide A is inverted in floating point, and the certificate said WRONG of a right derivative."""
    d = derive("(AᵀA)⁻¹ Aᵀ y", "y", where={"A": "2 3", "y": "2"})
    for seed in range(4):
        found = str(d.check(seed=seed))
        assert found.startswith("not confirmed") and found.endswith(", which asks for AᵀA invertible"), found


@pytest.mark.parametrize(
    ("f", "facts", "claim"),
    [
        ("xᵀA A x", "orthogonal symmetric", "2 x"),
        ("xᵀA x", "symmetric lower", "2 diag(diag(A)) x"),
        ("xᵀA x", "skew invertible", "0 x"),
        ("xᵀA A x", "skew orthogonal", "−2 x"),
        ("xᵀA x", "lower upper", "2 A x"),
        ("xᵀA x", "orthogonal lower", "2 A x"),
        ("xᵀA x", "orthogonal spd", "2 x"),
        ("xᵀA A x", "diagonal orthogonal", "2 x"),
        ("xᵀA x", "positive spd", "2 A x"),
    ],
)
def test_points_have_all_facts_that_are_declared(f, facts, claim):
    d = derive(f, "x", where={"A": f"n n {facts}", "x": "n"})
    assert d.check()
    assert d.prove()
    assert d.matches(claim).verdict == "proved"


@pytest.mark.parametrize("seed", ["a", -1, None, 1.5])
def test_seeds_that_do_not_exist_are_refused(seed):
    with pytest.raises(OptionError, match="seed is 0, 1, 2"):
        derive("‖x‖²", "x").check(seed=seed)
