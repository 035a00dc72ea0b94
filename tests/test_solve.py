"""Solved problems: each solution in words, and held against its own function at random data.

The functions are compiled from the text alone: the gradient of a difference quotient vanishes at the
solution, and random feasible points near it and far from it do not beat it.
"""

import warnings
from dataclasses import dataclass, field

import numpy as np
import pytest
import scipy.linalg

from matcalc import MatcalcError, NoClosedForm, ParseError, parse, solve
from matcalc.algebra.expr import symbols_of
from matcalc.check import difference_quotients
from matcalc.codegen.compiled import compile_numpy
from matcalc.codegen.sampling import sample, sizes_for
from matcalc.convexity import read_function
from matcalc.errors import DataError, DerivativeError, OptionError


@dataclass
class Problem:
    """What is asked, and what the answer is: solution in words, nature; reach: how far perturbations go."""

    f: str
    unknown: str
    solution: str
    nature: str = "minimum"
    where: dict = field(default_factory=dict)
    such_that: str | None = None
    onto: str = ""
    reach: tuple = (1e-3, 1e-1, 1.0)

    def __str__(self):
        return f"{self.f} {self.such_that or ''}"


LOCAL = (1e-4, 1e-3)
OBJECTIVES = [
    # least squares
    Problem("‖Xβ − Y‖²", "β", "(XᵀX)⁻¹XᵀY", where={"Y": "n"}),
    Problem("½ ‖A x − b‖²", "x", "(AᵀA)⁻¹Aᵀb"),
    Problem("1/n ‖y − X w‖²", "w", "(XᵀX)⁻¹Xᵀy", where={"X": "n d"}),
    Problem("‖y − X w‖² + λ ‖w‖²", "w", "(XᵀX + λ I)⁻¹Xᵀy", where={"λ": "scalar positive"}),
    Problem("‖y − X w‖² + ‖Γ w‖²", "w", "(XᵀX + ΓᵀΓ)⁻¹Xᵀy", where={"Γ": "k d", "X": "n d"}),
    Problem("‖y − X w‖² + λ ‖w − v‖²", "w", "(XᵀX + λ I)⁻¹(Xᵀy + λ v)", where={"λ": "scalar positive"}),
    Problem("(y − X w)ᵀ W (y − X w)", "w", "(Xᵀ W X)⁻¹Xᵀ W y", where={"W": "n n spd"}),
    Problem("(y − X β)ᵀ Σ⁻¹ (y − X β)", "β", "(XᵀΣ⁻¹X)⁻¹XᵀΣ⁻¹y", where={"Σ": "n n spd", "X": "n d", "y": "n"}),
    Problem("‖v ⊙ (y − X w)‖²", "w", "", where={"v": "n positive", "X": "n d"}),
    Problem("‖y − Φ θ‖²", "θ", "(ΦᵀΦ)⁻¹Φᵀy", where={"Φ": "n p", "θ": "p", "y": "n"}),
    Problem("‖A X − B‖²", "X", "(AᵀA)⁻¹AᵀB", where={"X": "n k"}),
    Problem("‖X A − B‖²", "X", "B Aᵀ(A Aᵀ)⁻¹", where={"X": "k n"}),
    Problem("‖A X − B‖² + λ ‖X‖²", "X", "(AᵀA + λ I)⁻¹AᵀB", where={"X": "n k", "λ": "scalar positive"}),
    Problem("‖A X B − C‖²", "X", "", where={"A": "m n", "B": "p q"}),
    Problem("‖Y − A X B‖² + λ ‖X‖²", "X", "", where={"λ": "scalar positive"}),
    Problem("‖A X − B‖²", "X", "sylvester(AᵀA, AᵀA, AᵀB + BᵀA)", where={"X": "n n symmetric"}),
    Problem("‖A − X‖²", "X", "½ (A + Aᵀ)", where={"X": "n n symmetric"}),
    Problem("‖A − X‖²", "X", "½ (A − Aᵀ)", where={"X": "n n skew"}),
    Problem("‖diag(x) A − B‖²", "x", "", where={"A": "n m"}),
    # quadratic forms
    Problem("½ xᵀP x + qᵀx", "x", "−P⁻¹q", where={"P": "n n spd"}),
    Problem("½ xᵀ(AᵀA + λ I) x − bᵀA x", "x", "(AᵀA + λ I)⁻¹Aᵀb", where={"λ": "scalar positive"}),
    Problem("(x − a)ᵀP(x − a) + (x − b)ᵀQ(x − b)", "x", "(P + Q)⁻¹(P a + Q b)", where={"P": "n n spd", "Q": "n n spd"}),
    Problem("a x² + b x + c", "x", "−b/(2 a)",
            where={"x": "scalar", "a": "scalar positive", "b": "scalar", "c": "scalar"}),
    Problem("‖y − α x‖²", "α", "xᵀy / ‖x‖²", where={"α": "scalar", "x": "n", "y": "n"}),
    Problem("‖x − μ 𝟏‖²", "μ", "sum(x)/n", where={"μ": "scalar", "x": "n"}),
    Problem("−‖A x − b‖²", "x", "(AᵀA)⁻¹Aᵀb", "maximum"),
    # likelihoods
    Problem(
        "−½ n logdet(Σ) − ½ tr(Σ⁻¹ S)", "Σ", "S/n", "maximum", reach=LOCAL,
        where={"Σ": "d d spd", "S": "d d spd", "n": "scalar positive"},
    ),
    Problem("tr(A X) − logdet(X)", "X", "A⁻¹", where={"X": "n n spd", "A": "n n spd"}, reach=LOCAL),
    Problem(
        "−n log(σ) − s/(2 σ²)", "σ", "", "maximum", reach=LOCAL,
        where={"σ": "scalar positive", "s": "scalar positive", "n": "scalar positive"},
    ),
    Problem(
        "−½ n log(v) − ‖r‖²/(2 v)", "v", "‖r‖²/n", "maximum", reach=LOCAL,
        where={"v": "scalar positive", "n": "scalar positive", "r": "k"},
    ),
    Problem("n log(θ) − s θ", "θ", "n/s", "maximum", reach=LOCAL,
            where={"θ": "scalar positive", "n": "scalar positive", "s": "scalar positive"}),
    Problem("n exp(θ) − s θ", "θ", "log(s/n)", where={"θ": "scalar", "n": "scalar positive", "s": "scalar positive"}),
    Problem("n softplus(t) − s t", "t", "log(s/n) − log(1 − s/n)",
            where={"t": "scalar", "n": "scalar positive", "s": "scalar positive"}),
    Problem("sum(exp(θ)) − sᵀθ", "θ", "log(s)", where={"θ": "k", "s": "k positive"}),
    Problem("sᵀlog(p) − c sum(p)", "p", "s/c", "maximum", reach=LOCAL,
            where={"s": "k positive", "p": "k positive", "c": "scalar positive"}),
    # linear constraints
    Problem("‖x‖²", "x", "Aᵀ(A Aᵀ)⁻¹b", such_that="A x = b", onto="affine"),
    Problem("‖x − p‖²", "x", "", such_that="aᵀx = b", where={"b": "scalar"}, onto="affine"),
    Problem("½ xᵀH x − cᵀx", "x", "", such_that="A x = b", where={"H": "n n spd"}, onto="affine"),
    Problem("‖A x − b‖²", "x", "", such_that="C x = d", onto="affine"),
    Problem("‖x‖²", "x", "", such_that="A x = b, sum(x) = 1", where={"A": "m n"}, onto="affine"),
    Problem("‖x − a‖²", "x", "", such_that="A x = b, C x = d", onto="affine"),
    Problem("‖X − A‖²", "X", "A + (1 − tr(A)) I / n", such_that="tr(X) = 1", where={"X": "n n"}, onto="affine"),
    Problem("‖X − A‖²", "X", "A + (b − A 𝟏) 𝟏ᵀ / n", such_that="X 𝟏 = b", where={"X": "m n", "b": "m"}, onto="affine"),
    Problem("wᵀΣ w", "w", "Σ⁻¹𝟏 / sum(Σ⁻¹𝟏)", such_that="sum(w) = 1", where={"Σ": "n n spd"}, onto="affine"),
    Problem("½ ‖W‖²", "W", "b aᵀ / (aᵀa)", such_that="W a = b", where={"W": "m n", "a": "n", "b": "m"}, onto="affine"),
    Problem("½ ‖W‖²", "W", "", such_that="W A = B", where={"W": "m n", "A": "n p"}, onto="affine"),
    Problem("nᵀlog(p)", "p", "n / sum(n)", "maximum", such_that="sum(p) = 1", reach=LOCAL, onto="affine",
            where={"n": "k positive", "p": "k positive"}),
    # spheres and orthonormal columns
    Problem("xᵀS x", "x", "eigvecs(S, 𝟎)", such_that="xᵀx = 1", where={"S": "n n symmetric"}, onto="sphere"),
    Problem("‖X w‖²", "w", "eigvecs(XᵀX, 𝟎)", such_that="‖w‖ = 1", onto="sphere"),
    Problem("xᵀS x / (xᵀx)", "x", "eigvecs(S, 𝟎)", where={"S": "n n symmetric"}),
    Problem("wᵀA w", "w", "eigvecsrel(A, B, 𝟎)", such_that="wᵀB w = 1", onto="ellipsoid",
            where={"A": "n n symmetric", "B": "n n spd"}),
    Problem("tr(XᵀS X)", "X", "eigvecs(S, 𝟎)", such_that="XᵀX = I", onto="frame",
            where={"S": "n n symmetric", "X": "n k"}),
    Problem("cᵀx", "x", "−c / sqrt(cᵀc)", such_that="xᵀx = 1", where={"c": "n"}, onto="sphere"),
]  # fmt: skip


def retract(problem, data, at, step):
    """at + step moved onto what the constraint allows."""
    x = at + step
    if problem.onto == "sphere":
        return x / np.linalg.norm(x)
    if problem.onto == "ellipsoid":
        return x / np.sqrt(x @ data["B"] @ x)
    if problem.onto == "frame":
        return np.linalg.qr(x)[0]
    if problem.onto == "affine":
        constraints = [c.split("=")[0] for c in problem.such_that.split(",")]
        everything = {**problem.where, **{n: v for n, v in data["#shapes"].items() if n not in problem.where}}
        rows = []
        for text in constraints:
            said = {n: s for n, s in everything.items() if n in text}
            g = read_function(text, said, (problem.unknown,))
            run = compile_numpy({"g": g.expr}, g.symbols)

            def moved(y, run=run, g=g):
                return run(**{n: v for n, v in {**data, problem.unknown: y}.items() if n in g.symbols})

            j, _ = difference_quotients(moved, at)
            rows.append(j.reshape(-1, at.size))
        j = np.vstack(rows)
        flat = step.reshape(-1)
        return at + (flat - np.linalg.pinv(j) @ (j @ flat)).reshape(at.shape)
    return x


def structured(step, facts):
    if "skew" in facts:
        return (step - step.T) / 2
    return (step + step.T) / 2 if facts & {"symmetric", "spd"} else step


def draws(symbols, needed=3):
    """Random data, small sizes, until enough have been of use."""
    rng = np.random.default_rng(1)
    for _ in range(60):
        sizes = sizes_for(symbols, rng)
        yield rng, sample(symbols, sizes, rng)


def text_of(shape):
    return " ".join(map(str, shape))


@pytest.mark.parametrize("problem", OBJECTIVES, ids=str)
def test_solution_in_words(problem):
    found = solve(problem.f, problem.unknown, such_that=problem.such_that, where=problem.where or None)
    assert found.nature == problem.nature
    assert found.residual < 1e-6
    if problem.solution:
        assert str(found[problem.unknown]).replace(" ", "") == problem.solution.replace(" ", "")


@pytest.mark.parametrize("problem", OBJECTIVES, ids=str)
def test_gradient_vanishes_and_no_perturbation_is_better(problem):
    found = solve(problem.f, problem.unknown, such_that=problem.such_that, where=problem.where or None)
    run = found.compile()
    objective = read_function(
        problem.f, {n: d for n, d in problem.where.items() if n in problem.f} or None, (problem.unknown,)
    )
    value = compile_numpy({"value": objective.expr}, objective.symbols)
    symbols = {n: d for n, d in found.where.items() if n not in found.multipliers}
    facts = symbols[problem.unknown].facts
    sign = -1 if problem.nature == "maximum" else 1
    useful = 0
    for rng, data in draws(symbols):
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of a singular draw
                at = run(**{n: data[n] for n in run.shapes})
        except DataError:
            continue
        if (
            not np.all(np.isfinite(at))
            or np.max(np.abs(at), initial=0) > 1e3
            or (at.ndim == 2 and problem.onto == "frame" and at.shape[1] > at.shape[0])
        ):
            continue

        def f(x, data=data):
            return value(**{n: v for n, v in {**data, problem.unknown: x}.items() if n in value.shapes})

        data["#shapes"] = {n: text_of(d.shape) for n, d in symbols.items()}
        best = float(f(at))
        if not np.isfinite(best):
            continue
        if not problem.onto:
            gradient, error = difference_quotients(f, at)
            gradient = structured(gradient, facts)
            scale = max(abs(best), float(np.max(np.abs(difference_quotients(f, at + 0.1)[0]))), 1.0)
            if not np.max(np.abs(gradient), initial=0) < 1e-6 * scale + 10 * error:
                continue
        for reach in problem.reach:
            for _ in range(4):
                step = structured(reach * rng.standard_normal(at.shape), facts)
                other = float(f(retract(problem, data, at, step)))
                assert sign * (other - best) >= -1e-8 * max(1.0, abs(best)), (problem.f, reach)
        useful += 1
        if useful == 3:
            return
    raise AssertionError(f"only {useful} draws were of use")


#: equation, unknowns, declarations, solution in words, the residual in NumPy
EQUATIONS = [
    ("A X = B", "X", {}, "A⁻¹B", lambda A, B, X: A @ X - B),
    ("X A = B", "X", {}, "B A⁻¹", lambda A, B, X: X @ A - B),
    ("A X B = C", "X", {}, "A⁻¹C B⁻¹", lambda A, B, C, X: A @ X @ B - C),
    ("A x = b", "x", {}, "A⁻¹b", lambda A, b, x: A @ x - b),
    ("Aᵀx = b", "x", {"A": "n n"}, "A⁻ᵀb", lambda A, b, x: A.T @ x - b),
    ("A X + X B = C", "X", {}, "sylvester(A, B, C)", lambda A, B, C, X: A @ X + X @ B - C),
    ("A X + X Aᵀ = Q", "X", {}, "sylvester(A, Aᵀ, Q)", lambda A, Q, X: A @ X + X @ A.T - Q),
    ("X = A X Aᵀ + Q", "X", {}, "", lambda A, Q, X: X - A @ X @ A.T - Q),
    ("A X B + C X D = E", "X", {"A": "m m", "B": "n n", "C": "m m", "D": "n n"}, "",
     lambda A, B, C, D, E, X: A @ X @ B + C @ X @ D - E),
    ("A Xᵀ = B", "X", {"A": "n n"}, "Bᵀ A⁻ᵀ", lambda A, B, X: A @ X.T - B),
    ("(A + λ I) x = b", "x", {"λ": "scalar"}, "(A + λ I)⁻¹b", lambda A, λ, b, x: A @ x + λ * x - b),
    ("A X⁻¹ = B", "X", {"A": "n n"}, "", lambda A, B, X: A - B @ X),
    ("diag(a) x = b", "x", {}, "", lambda a, b, x: a * x - b),
]  # fmt: skip


@pytest.mark.parametrize(
    ("equation", "unknown", "where", "solution", "residual"), EQUATIONS, ids=[e[0] for e in EQUATIONS]
)
def test_equation(equation, unknown, where, solution, residual):
    found = solve(equation, unknown, where=where or None)
    if solution:
        assert str(found[unknown]).replace(" ", "") == solution.replace(" ", "")
    run = found.compile()
    useful = 0
    for _, data in draws(found.where):
        try:
            at = run(**{n: data[n] for n in run.shapes})
        except DataError:
            continue
        if np.max(np.abs(at)) > 1e4:
            continue
        given = {**data, unknown: at}
        assert np.max(np.abs(residual(**given))) < 1e-8 * max(1.0, np.max(np.abs(at)) ** 2)
        useful += 1
    assert useful >= 3


# --- several unknowns ------------------------------------------------------------------------------


def test_intercept():
    found = solve("‖X w + b 𝟏 − y‖²", ["w", "b"], where={"b": "scalar", "X": "m n"})
    assert found.nature == "minimum"
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((9, 3)), rng.standard_normal(9)
    w, b = found.compile()(X=x, y=y)
    want = np.linalg.lstsq(np.column_stack([x, np.ones(9)]), y, rcond=None)[0]
    np.testing.assert_allclose(np.append(w, b), want, rtol=1e-9)


def test_gaussian_mean_and_covariance():
    f = "−½ n logdet(Σ) − ½ tr((X − 𝟏 μᵀ) Σ⁻¹ (X − 𝟏 μᵀ)ᵀ)"
    found = solve(f, ["μ", "Σ"], where={"Σ": "d d spd", "X": "n d", "μ": "d"})
    assert found.nature == "maximum"
    x = np.random.default_rng(0).standard_normal((20, 4))
    μ, Σ = found.compile()(X=x)
    np.testing.assert_allclose(μ, x.mean(0), rtol=1e-12)
    np.testing.assert_allclose(Σ, np.cov(x.T, bias=True), rtol=1e-9, atol=1e-12)


def test_block_elimination():
    found = solve(["A x + B y = c", "C x + D y = e"], ["x", "y"], where={"A": "n n", "D": "m m", "x": "n", "y": "m"})
    rng = np.random.default_rng(0)
    a, b, c, d = (rng.standard_normal(s) for s in [(3, 3), (3, 2), (2, 3), (2, 2)])
    u, v = rng.standard_normal(3), rng.standard_normal(2)
    x, y = found.compile()(A=a, B=b, C=c, D=d, c=u, e=v)
    np.testing.assert_allclose(np.append(x, y), np.linalg.solve(np.block([[a, b], [c, d]]), np.append(u, v)), rtol=1e-9)


def test_kkt_system_is_shown():
    found = solve("½ xᵀH x − cᵀx", "x", such_that="A x = b", where={"H": "n n spd"})
    assert [str(e).replace(" ", "") for e in found.equations] == ["Hx+Aᵀλ=c", "Ax=b"]
    assert "A of full row rank" in found.conditions


# --- what is said ----------------------------------------------------------------------------------


def test_steps_conditions_and_nature_of_least_squares():
    found = solve("‖Xβ − Y‖²", "β", where={"Y": "n"})
    assert [str(e).replace(" ", "") for e in found.equations] == ["XᵀXβ=XᵀY"]
    assert found.conditions == ("X of full column rank",)
    assert found.certificate == ("the Hessian by β, 2 XᵀX, is positive semidefinite",)
    assert found.steps[0].startswith("∂f/∂β = 2")
    assert r"^\star" in found.latex()


def test_code_by_solve_cholesky_and_least_squares():
    found = solve("‖Xβ − Y‖²", "β", where={"Y": "n"})
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((8, 3)), rng.standard_normal(8)
    want = np.linalg.lstsq(x, y, rcond=None)[0]
    for method, word in (("solve", "np.linalg.solve"), ("cholesky", "cholesky"), ("lstsq", "lstsq")):
        assert word in found.code(method)
        np.testing.assert_allclose(found.compile(method)(X=x, Y=y), want, rtol=1e-9)
    with pytest.raises(OptionError, match="does not exist"):
        found.code("qr")
    ridge = solve("‖y − X w‖² + λ ‖w‖²", "w", where={"λ": "scalar positive"})
    with pytest.raises(OptionError, match="no plain least-squares"):
        ridge.code("lstsq")
    assert "cholesky" in ridge.code()


def test_the_largest_eigenvalue_is_the_second_point():
    found = solve("wᵀS w", "w", such_that="wᵀw = 1", where={"S": "n n symmetric"})
    assert [p.nature for p in found.points] == ["minimum", "maximum"]
    assert "w is an eigenvector of S" in found.steps


def test_sylvester_agrees_with_scipy():
    rng = np.random.default_rng(0)
    a, b, c = rng.standard_normal((3, 3)), rng.standard_normal((2, 2)), rng.standard_normal((3, 2))
    np.testing.assert_allclose(
        solve("A X + X B = C", "X").compile()(A=a, B=b, C=c), scipy.linalg.solve_sylvester(a, b, c), rtol=1e-10
    )


def test_what_is_inverted_is_a_condition():
    assert solve("‖A X‖²", "X", where={"X": "n k"}).conditions == ("A of full column rank",)
    assert solve("A X = 0", "X", where={"A": "n n"}).conditions == ("A invertible",)
    assert solve("xᵀA x", "x").conditions == ("A + Aᵀ invertible",)
    assert solve("a x = b", "x").conditions == ("a ≠ 0",)


def test_a_point_where_the_hessian_vanishes_has_no_nature():
    found = solve("x³", "x")
    assert (str(found["x"]), found.nature) == ("0", "unknown")


def test_both_roots_have_their_natures():
    found = solve("1/x + a x", "x", where={"x": "scalar", "a": "scalar positive"})
    assert [(str(p.solution["x"]), p.nature) for p in found.points] == [
        ("1 / sqrt(a)", "minimum"),
        ("−1 / sqrt(a)", "maximum"),
    ]


def test_saddle():
    found = solve("x² − y² + x y", ["x", "y"])
    assert found.nature == "saddle"


def test_scalars_are_scalars_without_declarations():
    assert str(solve("2 x + 3 = 7", "x")["x"]) == "2"
    found = solve("x² + y²", ["x", "y"], such_that="x + 2 y = 5")
    assert [str(found[n]) for n in "xy"] == ["1", "2"]


# --- refusals --------------------------------------------------------------------------------------

REFUSED = [
    ("X A = A X", "X", None, {"A": "n n"}, "singular"),
    ("‖X − A‖²", "X", None, {"X": "n n diagonal"}, "singular"),
    ("sum(relu(x)) + ‖x − a‖²", "x", None, {"x": "n"}, "not affine in x, which stands inside step"),
    ("xᵀS x + cᵀx", "x", "xᵀx = 1", {"S": "n n symmetric", "c": "n"}, "not affine in λ"),
    ("sum(softplus(−y ⊙ (X w)))", "w", None, {}, "not affine in w, which stands inside sigmoid"),
    ("‖X − U Vᵀ‖²", ["U", "V"], None, {"U": "m k", "V": "n k"}, "not affine in V"),
    ("A x = b", "x", None, {"A": "m n"}, "it has one solution only if that is square and invertible"),
    ("cᵀx", "x", None, {"c": "n"}, "x drops out of the equation"),
    ("x⁴ − x", "x", None, {"x": "scalar"}, ""),
    ("‖x‖", "x", None, {"x": "n"}, ""),
    ("sin(x) + x", "x", None, {"x": "scalar"}, "not affine in x, which stands inside cos"),
    ("x xᵀ = A", "x", None, {"x": "n"}, ""),
]


@pytest.mark.parametrize(("f", "unknown", "such_that", "where", "reason"), REFUSED, ids=[str(r[0]) for r in REFUSED])
def test_no_closed_form(f, unknown, such_that, where, reason):
    with pytest.raises(NoClosedForm) as caught:
        solve(f, unknown, such_that=such_that, where=where or None)
    assert reason in str(caught.value)


@pytest.mark.parametrize(
    ("f", "unknown", "such_that", "kind"),
    [
        ("‖A x − b‖²", "z", None, DerivativeError),
        ("‖A x − b‖²", [], None, OptionError),
        ("‖A x − b‖²", "x", "x ≥ 0", ParseError),
        ("‖A x − b‖²", "x", "sum(x)", ParseError),
        ("A x", "x", None, MatcalcError),
        ("A X = = B", "X", None, ParseError),
        (3, "X", None, OptionError),
    ],
)
def test_what_is_no_problem_is_refused(f, unknown, such_that, kind):
    with pytest.raises(kind):
        solve(f, unknown, such_that=such_that)


def test_the_domain_of_the_objective_is_a_condition_of_the_point():
    """1/λ maximises log(x) − λ x for positive λ alone."""
    found = solve("log(x) − λ x", "x", where="x scalar, λ scalar")
    assert str(found["x"]) == "1/λ" and found.conditions == ("λ > 0",) and found.nature == "maximum"


POLYNOMIALS = [
    ("x⁴ − 2 a x²", "x scalar, a scalar positive", ["0", "sqrt(a)", "−sqrt(a)"], ["maximum", "minimum", "minimum"]),
    ("(x − a)⁴", "x scalar, a scalar", ["a"], ["minimum"]),
    ("x exp(−a x)", "x scalar, a scalar positive", ["1/a"], ["maximum"]),
    ("x² exp(−x)", "x scalar", ["0", "2"], ["minimum", "maximum"]),
    ("k log(x) + (n − k) log(1 − x)", "x scalar, k scalar, n scalar", ["k/n"], ["unknown"]),
]


@pytest.mark.parametrize(("f", "where", "points", "natures"), POLYNOMIALS)
def test_factors_that_vanish_give_a_point_each(f, where, points, natures):
    found = solve(f, "x", where=where)
    assert [str(p.solution["x"]) for p in found.points] == points
    assert [p.nature for p in found.points] == natures


def test_maximum_likelihood_of_a_gaussian_centres_the_data():
    where = {"Σ": "p p spd", "X": "n p", "μ": "p"}
    found = solve("n logdet(Σ) + tr(Σ⁻¹ (X − 𝟏 μᵀ)ᵀ(X − 𝟏 μᵀ))", ["μ", "Σ"], where=where)
    assert str(found["Σ"]) == "Xᵀ(I − 𝟏𝟏ᵀ / n) X / n"
    assert any("by Σ with μ at its best" in reason for reason in found.certificate)


def test_normal_equations_are_shown_without_a_common_number():
    found = solve("‖y − X β − b 𝟏‖²", ["β", "b"], where="X: n p, β: p, b scalar, y: n")
    assert [str(e) for e in found.equations] == ["Xᵀ(X β + b 𝟏) = Xᵀ y", "sum(X β) + b n = sum(y)"]


ENTROPIES = [
    ("−pᵀlog(p)", "p: n positive", "𝟏 / n", "maximum"),
    ("pᵀlog(p) + pᵀE/τ", "p: n, E: n, τ scalar positive", "softmax(−E / τ)", "minimum"),
    ("pᵀc + τ pᵀlog(p)", "p: n, c: n, τ scalar positive", "softmax(−c / τ)", "minimum"),
]


@pytest.mark.parametrize(("f", "where", "answer", "nature"), ENTROPIES)
def test_entropy_on_the_simplex(f, where, answer, nature):
    found = solve(f, "p", such_that="sum(p) = 1", where=where)
    assert str(found["p"]) == answer and found.nature == nature


def test_an_entropy_with_a_given_mean_has_no_closed_form_and_says_which_equation_is_left():
    with pytest.raises(NoClosedForm, match=r"softmax\(ν x\)ᵀ x − c = 0 is not affine in ν"):
        solve("−pᵀlog(p)", "p", such_that=["sum(p) = 1", "pᵀx = c"], where="p: n, x: n, c scalar")


PROCRUSTES = [
    ("‖A Q − B‖²", "A: m n, Q: n n, B: m n", "polar(Aᵀ B)", "−polar(Aᵀ B)"),
    ("tr(QᵀM)", "M: n k, Q: n k", "−polar(M)", "polar(M)"),
    ("½ ‖Q − M‖²", "M: n k, Q: n k", "polar(M)", "−polar(M)"),
]


@pytest.mark.parametrize(("f", "where", "least", "largest"), PROCRUSTES)
def test_procrustes(f, where, least, largest):
    """The nearest matrix with orthonormal columns is the polar factor (Golub & Van Loan, §6.4.1)."""
    found = solve(f, "Q", such_that="QᵀQ = I", where=where)
    assert [(p.nature, str(p.solution["Q"])) for p in found.points] == [("minimum", least), ("maximum", largest)]
    value = parse(f, where)
    rng = np.random.default_rng(0)
    shapes = {"m": 5, "n": 3, "k": 2}
    data = {str(s.data): rng.standard_normal([shapes[str(d)] for d in s.shape]) for s in symbols_of(value)}
    inputs = {n: a for n, a in data.items() if n != "Q"}
    at = compile_numpy({"f": value}, {str(s.data): s.shape for s in symbols_of(value)})
    values = [at(**inputs, Q=e) for e in compile_numpy(
        {f"x{i}": p.solution["Q"] for i, p in enumerate(found.points)}, {n: found.where[n].shape for n in inputs}
    )(**inputs)]  # fmt: skip
    drawn = [at(**inputs, Q=np.linalg.qr(rng.standard_normal(data["Q"].shape))[0]) for _ in range(200)]
    assert values[0] <= min(drawn) and values[1] >= max(drawn)


@pytest.mark.parametrize("facts", ["diagonal positive", "positive diagonal"])
def test_weights_on_a_diagonal(facts):
    where = {"y": "m", "X": "m n", "W": f"m m {facts}"}
    found = solve("(y − X β)ᵀ W (y − X β)", "β", where=where)
    rng = np.random.default_rng(3)
    x, y, w = rng.normal(size=(7, 3)), rng.normal(size=7), rng.uniform(0.5, 2, 7)
    want = np.linalg.lstsq(np.sqrt(w)[:, None] * x, np.sqrt(w) * y, rcond=None)[0]
    np.testing.assert_allclose(found.compile()(X=x, y=y, W=np.diag(w)), want)
    assert "minimum" in str(found)


@pytest.mark.parametrize("facts", ["diagonal positive", "diagonal nonnegative"])
def test_what_is_said_of_a_diagonal_matrix_holds_on_its_diagonal(facts):
    from matcalc.codegen.sampling import sample
    from matcalc.notation.declarations import Declaration

    drawn = sample({"W": Declaration(("m", "m"), frozenset(facts.split()))}, {"m": 4}, np.random.default_rng(0))["W"]
    assert np.all(np.diagonal(drawn) > 0)
    assert not drawn[~np.eye(4, dtype=bool)].any()
