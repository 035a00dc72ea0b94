"""minimize: optima known in closed form or from SciPy, real data against scikit-learn, and what is refused."""

import numpy as np
import pytest
import scipy.optimize

from matcalc import DataError, DerivativeError, OptionError, minimize, solve

RNG = np.random.default_rng(0)
X, Y = RNG.standard_normal((30, 4)), RNG.standard_normal(30)
SIGNS = np.where(X @ np.ones(4) + RNG.standard_normal(30) > 0, 1.0, -1.0)
RIDGE = "‖y − X w‖² + λ ‖w‖²"
LOGISTIC = "sum(softplus(−y ⊙ (X w))) + ½ λ ‖w‖²"
METHODS = ("L-BFGS-B", "BFGS", "CG", "TNC", "SLSQP", "Newton-CG", "trust-krylov", "trust-ncg", "trust-constr")


@pytest.mark.parametrize("method", METHODS)
def test_every_method_reaches_the_closed_form(method):
    found = minimize(RIDGE, "w", {"X": X, "y": Y, "λ": 2.0}, method=method)
    want = solve(RIDGE, "w", where={"λ": "scalar positive"}).compile()(X=X, y=Y, λ=2.0)
    np.testing.assert_allclose(found["w"], want, atol=1e-5)
    assert found.method == method
    assert found.gradient < 1e-4


@pytest.mark.parametrize("method", ["L-BFGS-B", "Newton-CG", "trust-constr"])
def test_logistic_regression(method):
    found = minimize(LOGISTIC, "w", {"X": X, "y": SIGNS, "λ": 1.0}, method=method)

    def f(w):
        return np.logaddexp(0, -SIGNS * (X @ w)).sum() + 0.5 * w @ w

    want = scipy.optimize.minimize(f, np.zeros(4), options={"gtol": 1e-8}, method="BFGS")
    assert found.success
    assert found.fun <= want.fun + 1e-9
    assert found.history[0] == pytest.approx(30 * np.log(2))
    assert min(found.history) == pytest.approx(found.fun)


def test_several_variables_are_packed():
    found = minimize("‖X w + b 𝟏 − y‖²", ["w", "b"], {"X": X, "y": Y}, where={"b": "scalar"})
    want = np.linalg.lstsq(np.column_stack([X, np.ones(30)]), Y, rcond=None)[0]
    np.testing.assert_allclose(np.append(found["w"], found["b"]), want, atol=1e-6)
    assert found["b"].shape == ()


def test_matrix_variables_and_starts():
    a = RNG.standard_normal((6, 5))
    found = minimize(
        "‖A − U Vᵀ‖²", ["U", "V"], {"A": a}, where={"U": "m 2", "V": "n 2"},
        start={"U": RNG.standard_normal((6, 2)), "V": RNG.standard_normal((5, 2))},
    )  # fmt: skip
    assert found.fun == pytest.approx((np.linalg.svd(a)[1][2:] ** 2).sum(), rel=1e-6)


def test_a_symmetric_variable_stays_symmetric():
    a, b = RNG.standard_normal((6, 3)), RNG.standard_normal((6, 3))
    found = minimize("‖A X − B‖²", "X", {"A": a, "B": b}, where={"X": "n n symmetric"})
    want = solve("‖A X − B‖²", "X", where={"X": "n n symmetric"}).compile()(A=a, B=b)
    np.testing.assert_allclose(found["X"], want, atol=1e-6)


def test_bounds():
    found = minimize("‖X w − y‖²", "w", {"X": X, "y": Y}, bounds={"w": (0, 0.1)})
    want = scipy.optimize.lsq_linear(X, Y, (0, 0.1))
    np.testing.assert_allclose(found["w"], want.x, atol=1e-5)
    declared = minimize("‖X w − y‖²", "w", {"X": X, "y": Y}, where={"w": "n nonnegative"})
    np.testing.assert_allclose(declared["w"], scipy.optimize.nnls(X, Y)[0], atol=1e-5)


@pytest.mark.parametrize("method", ["SLSQP", "trust-constr"])
def test_linear_constraints(method):
    found = minimize("‖X w − y‖²", "w", {"X": X, "y": Y}, such_that="sum(w) = 1", method=method)
    want = solve("‖X w − y‖²", "w", such_that="sum(w) = 1").compile()(X=X, y=Y)
    np.testing.assert_allclose(found["w"], want, atol=1e-5)


def test_lasso_by_its_reformulation():
    found = minimize("½ ‖X w − y‖² + λ ‖w‖₁", "w", {"X": X, "y": Y, "λ": 3.0})
    w = found["w"]
    slope = X.T @ (X @ w - Y)  # the optimality conditions: |slope| ≤ λ, and = −λ sign(w) where w is not 0
    assert np.all(np.abs(slope) <= 3.0 + 1e-5)
    away = np.abs(w) > 1e-6
    np.testing.assert_allclose(slope[away], -3.0 * np.sign(w[away]), atol=1e-5)
    assert found.notes[-1] == "‖w‖₁ by w = u − v with u, v ≥ 0"


# --- errors ------------------------------------------------------------------------------------------

WRONG = [
    ({"X": X}, "no data for y, which is a vector of length m"),
    ({"X": X, "y": Y[:5], "λ": 1}, "m is 5 in y and 30 in X, which is m×n and was given with shape (30, 4)"),
    ({"X": X[0], "y": Y, "λ": 1}, "X is m×n, and the array given has shape (4,)"),
    ({"X": X, "y": Y, "λ": [1, 2]}, "λ is a scalar, and the array given has shape (2,)"),
    ({"X": X, "y": Y, "λ": 1, "z": 2}, "z in data is none of y, X, λ"),
    ({"X": X, "y": Y * np.nan, "λ": 1}, "y has entries that are not finite"),
    ({"X": X, "y": "abc", "λ": 1}, "y is not an array of numbers"),
]


@pytest.mark.parametrize(("data", "message"), WRONG, ids=[m for _, m in WRONG])
def test_wrong_data_names_the_symbol_and_the_shapes(data, message):
    with pytest.raises(DataError) as caught:
        minimize(RIDGE, "w", data)
    assert message in str(caught.value)


def test_refusals():
    data = {"X": X, "y": Y}
    with pytest.raises(DerivativeError, match="has kinks"):
        minimize("‖X w − y‖₁", "w", data)
    with pytest.raises(DerivativeError, match="scalar function"):
        minimize("X w − y", "w", data)
    with pytest.raises(DerivativeError, match="z does not occur"):
        minimize("‖X w − y‖²", "z", data)
    with pytest.raises(OptionError, match="does not exist"):
        minimize("‖X w − y‖²", "w", data, method="Adam")
    with pytest.raises(OptionError, match="takes no bounds"):
        minimize("‖X w − y‖²", "w", data, method="BFGS", bounds={"w": (0, 1)})
    with pytest.raises(DataError, match="no data say what k is"):
        minimize("‖W‖²", "W", {}, where={"W": "k k"})
    with pytest.raises(DataError, match="weight of"):
        minimize("‖X w − y‖² + λ ‖w‖₁", "w", {**data, "λ": -1.0})
    with pytest.raises(DataError, match="not finite at the start"):
        minimize("x − log(x)", "x", {})
    with pytest.raises(DataError, match="no entries"):
        minimize("‖x − a‖²", "x", {"a": []})
    with pytest.raises(DerivativeError, match="not linear"):
        minimize("‖X w − y‖²", "w", data, such_that="wᵀw = 1")


def test_progress_and_plot():
    found = minimize(RIDGE, "w", {"X": X, "y": Y, "λ": 2.0}, progress=True)
    assert str(found).startswith("converged: f = ")
    pytest.importorskip("matplotlib").use("Agg")
    assert found.plot().get_xlabel() == "iteration"


# --- real data ---------------------------------------------------------------------------------------


def test_ridge_on_diabetes():
    datasets = pytest.importorskip("sklearn.datasets")
    from sklearn.linear_model import Ridge

    x, y = datasets.load_diabetes(return_X_y=True)
    y = y - y.mean()
    theirs = Ridge(alpha=0.1, fit_intercept=False, solver="cholesky").fit(x, y).coef_
    ours = minimize(RIDGE, "w", {"X": x, "y": y, "λ": 0.1}, method="Newton-CG")["w"]
    np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-6)


def test_logistic_regression_on_breast_cancer():
    datasets = pytest.importorskip("sklearn.datasets")
    from sklearn.linear_model import LogisticRegression

    x, y = datasets.load_breast_cancer(return_X_y=True)
    x = (x - x.mean(0)) / x.std(0)
    fit = LogisticRegression(C=1.0, fit_intercept=False, tol=1e-10, max_iter=10_000, solver="newton-cholesky")
    theirs = fit.fit(x, y).coef_[0]
    ours = minimize(LOGISTIC, "w", {"X": x, "y": 2.0 * y - 1, "λ": 1.0})
    np.testing.assert_allclose(ours["w"], theirs, atol=1e-6)
    newton = minimize(LOGISTIC, "w", {"X": x, "y": 2.0 * y - 1, "λ": 1.0}, method="Newton-CG")
    assert newton.success
    np.testing.assert_allclose(newton["w"], theirs, atol=1e-8)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"data": [1, 2]}, "data is a mapping"),
        ({"start": np.zeros(2)}, "start is a mapping"),
        ({"bounds": (0, 1)}, "bounds is a mapping"),
        ({"bounds": {"x": (1, 0)}}, "lower bound of x is above"),
        ({"data": {"A": np.eye(2) + 1j, "b": np.ones(2)}}, "A has complex entries"),
    ],
)
def test_data_that_cannot_be_used(options, message):
    with pytest.raises(DataError, match=message):
        minimize("‖A x − b‖²", "x", **{"data": {"A": np.eye(2), "b": np.ones(2)}, **options})


def test_what_falls_for_ever_has_not_converged():
    found = minimize("cᵀx", "x", {"c": np.ones(3)}, iterations=200)
    assert not found.success


def test_a_saddle_at_the_start_is_left():
    A = np.random.default_rng(0).normal(size=(6, 3))
    found = minimize("‖A − U Vᵀ‖²", ["U", "V"], {"A": A}, where={"U": "m 2", "V": "n 2"})
    assert found.success
    assert found.fun == pytest.approx(np.linalg.svd(A)[1][2] ** 2, rel=1e-6)


def test_a_minimum_at_the_start_stays():
    found = minimize("‖x‖² + ‖x‖⁴", "x", where={"x": "3"})
    assert found.success and not found["x"].any()


def test_softmax_regression_on_iris():
    datasets = pytest.importorskip("sklearn.datasets")
    from sklearn.linear_model import LogisticRegression

    x, y = datasets.load_iris(return_X_y=True)
    x = (x - x.mean(0)) / x.std(0)
    theirs = LogisticRegression(C=1.0, fit_intercept=False, tol=1e-10, max_iter=10_000).fit(x, y).coef_
    f = "sum(log(exp(X Wᵀ) 𝟏)) − tr(Yᵀ X Wᵀ) + ½ ‖W‖²"
    ours = minimize(f, "W", {"X": x, "Y": np.eye(3)[y]}, where={"X": "n d", "W": "k d"})
    np.testing.assert_allclose(ours["W"], theirs, atol=1e-6)


def test_lasso_on_diabetes():
    datasets = pytest.importorskip("sklearn.datasets")
    from sklearn.linear_model import Lasso

    x, y = datasets.load_diabetes(return_X_y=True)
    y = y - y.mean()
    theirs = Lasso(alpha=0.1, fit_intercept=False, tol=1e-14, max_iter=100_000).fit(x, y).coef_
    ours = minimize("1/(2n) ‖y − X w‖² + λ ‖w‖₁", "w", {"X": x, "y": y, "λ": 0.1}, where={"X": "n d"}, tolerance=1e-12)

    def value(w):
        return ((y - x @ w) ** 2).sum() / (2 * len(y)) + 0.1 * np.abs(w).sum()

    assert value(ours["w"]) == pytest.approx(value(theirs), rel=1e-6)
