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


# --- what is declared and bounded holds for what is split as well -------------------------------------

LASSO = "‖A x − b‖² + λ‖x‖₁"


def split_by_scipy(a, b, weight, lower=-np.inf, upper=np.inf, total=None):
    """The same problem by hand, with an epigraph t ≥ |x| instead of two parts."""
    n = a.shape[1]
    above = np.block([[-np.eye(n), np.eye(n)], [np.eye(n), np.eye(n)]])
    rules = [scipy.optimize.LinearConstraint(above, 0)]
    if total is not None:
        rules.append(scipy.optimize.LinearConstraint(np.append(np.ones(n), np.zeros(n)), total, total))
    bounds = [(lower, upper)] * n + [(0, None)] * n
    found = scipy.optimize.minimize(
        lambda z: ((a @ z[:n] - b) ** 2).sum() + weight * z[n:].sum(), np.full(2 * n, 0.1),
        jac=lambda z: np.append(2 * a.T @ (a @ z[:n] - b), np.full(n, weight)),
        constraints=rules, bounds=bounds, method="SLSQP", options={"ftol": 1e-15, "maxiter": 1000},
    )  # fmt: skip
    return found.x[:n]


@pytest.mark.parametrize("fact", ["nonnegative", "positive"])
def test_a_lasso_of_nonnegative_weights(fact):
    data = {"A": np.eye(2), "b": [-5.0, 3.0], "λ": 1.0}
    found = minimize(LASSO, "x", data, where={"x": f"n {fact}"})
    np.testing.assert_allclose(found["x"], [0, 2.5], atol=1e-6)
    assert found.success and "⁺" not in str(found)
    data = {"A": X, "b": Y, "λ": 3.0}
    found = minimize(LASSO, "x", data, where={"x": f"n {fact}"})
    np.testing.assert_allclose(found["x"], split_by_scipy(X, Y, 3.0, lower=0.0), atol=1e-5)


@pytest.mark.parametrize("box", [(-0.1, 0.05), (0.05, 0.2), (-0.3, -0.1), (None, 0.1), (0, None)])
@pytest.mark.parametrize("method", ["L-BFGS-B", "SLSQP", "TNC", "trust-constr"])
def test_a_lasso_within_bounds(box, method):
    low, high = (-np.inf if box[0] is None else box[0]), (np.inf if box[1] is None else box[1])
    found = minimize(LASSO, "x", {"A": X, "b": Y, "λ": 1.0}, bounds={"x": box}, method=method)
    np.testing.assert_allclose(found["x"], split_by_scipy(X, Y, 1.0, low, high), atol=2e-4)


@pytest.mark.parametrize("method", ["SLSQP", "trust-constr"])
@pytest.mark.parametrize("fact", ["", "nonnegative"])
def test_a_lasso_with_a_constraint(method, fact):
    where = {"x": f"n {fact}"} if fact else None
    found = minimize(LASSO, "x", {"A": X, "b": Y, "λ": 2.0}, such_that="sum(x) = 1", method=method, where=where)
    want = split_by_scipy(X, Y, 2.0, lower=0.0 if fact else -np.inf, total=1.0)
    np.testing.assert_allclose(found["x"], want, atol=1e-4)
    assert found["x"].sum() == pytest.approx(1)


def test_bounds_and_declarations_hold_both():
    data = {"A": np.eye(2), "b": [-5.0, 3.0]}
    found = minimize("‖A x − b‖²", "x", data, where={"x": "n nonnegative"}, bounds={"x": (-1, 2)})
    np.testing.assert_allclose(found["x"], [0, 2], atol=1e-8)
    with pytest.raises(DataError, match="x, which is declared nonnegative, leave no value"):
        minimize("‖A x − b‖²", "x", data, where={"x": "n nonnegative"}, bounds={"x": (-2, -1)})


def test_a_penalty_keeps_the_structure_of_a_matrix():
    a, b = RNG.standard_normal((6, 3)), RNG.standard_normal((6, 3))
    found = minimize("‖A X − B‖² + λ‖X‖₁", "X", {"A": a, "B": b, "λ": 0.3}, where={"X": "n n symmetric"})
    i, j = np.triu_indices(3)

    def value(z):
        x = np.zeros((3, 3))
        x[i, j] = x[j, i] = z
        return ((a @ x - b) ** 2).sum() + 0.3 * np.abs(x).sum()

    np.testing.assert_allclose(found["X"], found["X"].T, atol=1e-12)
    assert found.fun == pytest.approx(value(found["X"][i, j]))
    other = scipy.optimize.minimize(value, np.zeros(6), method="Powell", options={"xtol": 1e-9, "ftol": 1e-13})
    assert found.fun <= other.fun + 1e-8
    diagonal = minimize("‖X − B‖²", "X", {"B": b[:3]}, where={"X": "n n diagonal nonnegative"})
    np.testing.assert_allclose(diagonal["X"], np.diag(np.maximum(np.diagonal(b[:3]), 0)), atol=1e-7)
    with pytest.raises(DerivativeError, match="not skew"):
        minimize("‖A X − B‖² + λ‖X‖₁", "X", {"A": a, "B": b, "λ": 0.3}, where={"X": "n n skew"})


LEAKS = [
    {"start": {"z": 1}}, {"bounds": {"z": (0, 1)}}, {"start": {"x⁺": 1}}, {"bounds": {"x": (1, 2, 3)}},
    {"bounds": {"x": (1, 0)}}, {"such_that": "xᵀx = 1"}, {"data": {}}, {"data": {"A": X, "b": Y, "λ": -1}},
    {"f": "‖A x − b‖₁ + λ‖x‖₁"}, {"f": "‖x‖² + λ‖x‖₁", "data": {"λ": 1}}, {"start": {"x": np.ones(9)}},
    {"f": "‖A x − b‖² − sum(log(x)) + λ‖x‖₁"},
]  # fmt: skip


@pytest.mark.parametrize("options", LEAKS, ids=str)
def test_no_message_speaks_of_the_parts(options):
    from matcalc.errors import MatcalcError

    asked = {"f": LASSO, "over": "x", "data": {"A": X, "b": Y, "λ": 1.0}, **options}
    with pytest.raises(MatcalcError) as caught:
        minimize(**asked)
    typed = str(options)
    assert all(mark in typed or mark not in str(caught.value) for mark in ("⁺", "⁻"))


# --- saddles with bounds -----------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["nonnegative", "positive", "bounds"])
def test_a_saddle_at_the_start_is_left_within_bounds(how):
    rng = np.random.default_rng(0)
    a = rng.uniform(size=(6, 2)) @ rng.uniform(size=(2, 5))
    fact = "" if how == "bounds" else how
    bounds = {"U": (0, None), "V": (0, None)} if how == "bounds" else None
    where = {"U": f"m 2 {fact}", "V": f"n 2 {fact}"}
    found = minimize("‖A − U Vᵀ‖²", ["U", "V"], {"A": a}, where=where, bounds=bounds)
    assert found.success
    assert found.fun < 1e-8
    assert found["U"].min() >= 0 and found["V"].min() >= 0


def test_a_minimum_on_the_bounds_stays():
    found = minimize("‖x − a‖²", "x", {"a": [-1.0, -2.0]}, where={"x": "n nonnegative"})
    assert found.success and not found["x"].any()


# --- domains -----------------------------------------------------------------------------------------


def spd(n, seed):
    root = np.random.default_rng(seed).normal(size=(n, n))
    return root @ root.T / n + 0.2 * np.eye(n)


@pytest.mark.parametrize("scale", [1e-4, 1.0, 1e3])
@pytest.mark.parametrize("start", [None, np.eye(4)])
def test_the_covariance_of_largest_likelihood(scale, start):
    s = scale * spd(4, 0)
    begin = None if start is None else {"X": start}
    found = minimize("−logdet(X) + tr(S X)", "X", {"S": s}, where={"X": "n n spd"}, start=begin)
    np.testing.assert_allclose(found["X"] * scale, np.linalg.inv(s) * scale, rtol=1e-4, atol=1e-4)
    assert found.success


@pytest.mark.parametrize("method", METHODS)
def test_every_method_steps_back_into_the_domain(method):
    s = spd(3, 1)
    found = minimize(
        "−logdet(X) + tr(S X)", "X", {"S": s}, where={"X": "n n spd"}, start={"X": 3 * np.eye(3)}, method=method
    )
    np.testing.assert_allclose(found["X"], np.linalg.inv(s), rtol=1e-3, atol=1e-3)
    scalar = minimize("5 x − log(x)", "x", start={"x": 30.0}, method=method)
    assert scalar.success or method == "CG"  # whose line search gives up at the edge, and says so
    assert scalar.success == (abs(float(scalar["x"]) - 0.2) < 1e-3)


def test_the_graphical_lasso():
    s = spd(4, 2)
    found = minimize("−logdet(X) + tr(S X) + λ‖X‖₁", "X", {"S": s, "λ": 0.1}, where={"X": "n n spd"})
    x = found["X"]
    slope = s - np.linalg.inv(x)  # the optimality conditions, as those of the lasso; the problem is convex
    assert found.success and np.linalg.eigvalsh(x)[0] > 0
    assert np.all(np.abs(slope) <= 0.1 + 1e-5)
    away = np.abs(x) > 1e-6
    np.testing.assert_allclose(slope[away], -0.1 * np.sign(x[away]), atol=1e-5)
    assert not away.all()


def test_a_minimum_outside_the_definite_matrices_is_none():
    found = minimize("‖X − A‖²", "X", {"A": np.diag([1.0, -1.0])}, where={"X": "n n spd"})
    assert not found.success
    assert np.linalg.eigvalsh(found["X"])[0] > 0
    with pytest.raises(DataError, match="the start of X is not spd"):
        minimize("‖X − A‖²", "X", {"A": np.eye(2)}, where={"X": "n n spd"}, start={"X": -np.eye(2)})


@pytest.mark.parametrize("method", ["SLSQP", "trust-constr"])
def test_a_domain_and_a_constraint(method):
    s = spd(3, 3)
    found = minimize(
        "−logdet(X) + tr(S X)", "X", {"S": s}, where={"X": "n n spd"}, such_that="tr(X) = 1", method=method
    )
    low, high = -np.linalg.eigvalsh(s)[0] + 1e-9, 1e6  # X = (S + ν I)⁻¹ with the ν that makes its trace 1
    nu = scipy.optimize.brentq(lambda v: (1 / (np.linalg.eigvalsh(s) + v)).sum() - 1, low, high, xtol=1e-14)
    np.testing.assert_allclose(found["X"], np.linalg.inv(s + nu * np.eye(3)), atol=1e-4)
    assert found.success


def test_a_vertex_of_the_constraints_is_a_minimum():
    data = {"A": np.eye(2), "b": [-5.0, 3.0], "λ": 1.0}
    found = minimize(LASSO, "x", data, where={"x": "n nonnegative"}, such_that="sum(x) = 1")
    np.testing.assert_allclose(found["x"], [0, 1], atol=1e-8)
    assert found.success
    cut = minimize(LASSO, "x", {"A": X, "b": Y, "λ": 1.0}, such_that="sum(x) = 1", iterations=1)
    assert not cut.success
