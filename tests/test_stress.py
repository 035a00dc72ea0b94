"""Compiled code at the edges: extreme inputs, other types and layouts of memory, and inputs left as they are."""

import warnings
from functools import cache

import mpmath as mp
import numpy as np
import pytest

from matcalc import derive
from matcalc.codegen.sampling import sample
from matcalc.errors import DataError, MatcalcError
from tests import scoring
from tests.benchmarks.candidates import WORKLOADS
from tests.precisely import DIGITS, precisely

BOTH = ("value", "derivative")
LOGISTIC = "sum(log(1 + exp(X w))) − yᵀX w"


def compiled(text, wrt, where, order=1):
    return derive(text, wrt, where=where, order=order).compile(what=BOTH)


# --- margins ---------------------------------------------------------------------------------------

MARGINS = [
    (LOGISTIC, "X: n d, w: d, y: n"),
    ("sum(log(1 + exp(−y ⊙ (X w))))", "X: n d, w: d, y: n"),
    ("−sum(log(sigmoid(y ⊙ (X w))))", "X: n d, w: d, y: n"),
    ("−yᵀlog(sigmoid(X w)) − (𝟏 − y)ᵀlog(𝟏 − sigmoid(X w))", "X: n d, w: d, y: n"),
    ("sum(softplus(X w)) + 0 yᵀy", "X: n d, w: d, y: n"),
    ("log(sum(exp(X w))) + yᵀy", "X: n d, w: d, y: n"),
    ("sum(tanh(X w)) + yᵀy", "X: n d, w: d, y: n"),
    ("‖relu(𝟏 − y ⊙ (X w))‖²", "X: n d, w: d, y: n"),
]


#: Copies of the rows: few entries are computed in another way than many.
COPIES = [1, 100]


@pytest.mark.parametrize("copies", COPIES)
@pytest.mark.parametrize("margin", [30.0, 800.0])
@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize(("text", "where"), MARGINS)
def test_margins_neither_overflow_nor_give_nan(text, where, order, margin, copies):
    X = np.array([[margin, 0.0], [-margin, 0.0], [margin, 1.0], [0.0, 1.0], [0.0, -margin]] * copies)
    y = np.array([0.0, 1, 1, 0, 1] * copies)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        value, derivative = compiled(text, "w", where, order)(X=X, w=np.ones(2), y=y)
    assert np.isfinite(value) and np.isfinite(derivative).all()


@pytest.mark.parametrize("copies", [1, 256])
@pytest.mark.parametrize("margin", [1e-12, 3.0, 40.0, 800.0])
@pytest.mark.parametrize("sign", [1, -1])
def test_the_logistic_loss_is_right_to_rounding_at_every_margin(margin, sign, copies):
    value, gradient = compiled(LOGISTIC, "w", "X: n d, w: d, y: n")(
        X=np.array([[sign * margin]] * copies), w=np.ones(1), y=np.zeros(copies)
    )
    with mp.workdps(50):
        z = mp.mpf(sign * margin)
        for got, want in ((value / copies, mp.log1p(mp.e**z)), (gradient[0] / copies, z / (1 + mp.e**-z))):
            assert abs(mp.mpf(float(got)) - want) <= 1e-14 * abs(want) + mp.mpf("1e-300")  # less is no double


@pytest.mark.parametrize("name", ["logreg", "hvp_logreg", "hess_logreg"])
def test_few_entries_and_many_give_the_same(name):
    w = WORKLOADS[name]
    d = derive(w.text, w.wrt[0], where=w.where, order=w.order)
    run = (d.jvp(w.direction) if w.direction else d).compile(what=BOTH)
    assert "few_entries" in run.source
    rng = np.random.default_rng(0)
    X, y = 10 * rng.standard_normal((900, 3)), rng.standard_normal(900)
    more = {"w": np.ones(3), **({w.direction: np.arange(3.0)} if w.direction else {})}
    parts = [run(X=X[i : i + 150], y=y[i : i + 150], **more) for i in range(0, 900, 150)]
    for whole, *few in zip(run(X=X, y=y, **more), *parts, strict=True):
        np.testing.assert_allclose(whole, sum(few), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("margin", [1.0, 30.0, 800.0])
@pytest.mark.parametrize(
    ("text", "wrt", "where"),
    [
        ("G : (diag(exp(Q Kᵀ) 𝟏)⁻¹ exp(Q Kᵀ) V)", "Q", "G: n m, Q: n d, K: k d, V: k m"),  # attention
        ("G : (diag(exp(Q Kᵀ) 𝟏)⁻¹ exp(Q Kᵀ) V)", "V", "G: n m, Q: n d, K: k d, V: k m"),
        ("yᵀexp(A x) / sum(exp(A x))", "x", "A: m n, x: n, y: m"),
        ("log(yᵀexp(A x) / sum(exp(A x)))", "x", "A: m n, x: n, y: m positive"),
        ("tr(B exp(X W) diag(exp(X W)ᵀ 𝟏)⁻¹)", "W", "X: n d, W: d c, B: c n"),  # by columns
        ("sum(exp(X W) ⊙ B) / sum(exp(X W))", "W", "X: n d, W: d c, B: n c"),  # by all entries
        ("yᵀexp(2 A x) / sum(exp(A x))²", "x", "A: m n, x: n, y: m"),
    ],
)
def test_quotients_of_exponentials_do_not_overflow(text, wrt, where, margin):
    d, rng = derive(text, wrt, where=where), np.random.default_rng(0)
    given = sample(d.where, {"n": 4, "m": 3, "d": 2, "k": 5, "c": 3}, rng)
    for name in {"Q", "W", "x"} & given.keys():
        given[name] = margin * given[name]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = d.compile(what=BOTH)(**given)
    with mp.workdps(DIGITS):
        for got, e in zip(found, (d.function, d.expr), strict=True):
            want = in_digits(d, e, given)
            off = abs(np.vectorize(mp.mpf, otypes=[object])(got.reshape(want.shape)) - want).max()
            assert off <= 1e-10 * max(abs(want).max(), mp.mpf("1e-12"))


def test_softmax_shares_one_exponential_that_does_not_overflow():
    run = compiled("𝟏ᵀlog(exp(X W) 𝟏) − tr(YᵀX W)", "W", "X: n d, W: d c, Y: n c")
    X = np.array([[800.0, -800.0], [-800.0, 800.0], [1e-300, 1e300 * 1e-298]])
    value, gradient = run(X=X, W=np.eye(2), Y=np.eye(3, 2))
    assert np.isfinite(value) and np.isfinite(gradient).all()


# --- conditioning ----------------------------------------------------------------------------------


def conditioned(n, condition, symmetric):
    rng = np.random.default_rng(n)
    u, v = (np.linalg.qr(rng.standard_normal((n, n)))[0] for _ in range(2))
    s = np.logspace(0, -np.log10(condition), n)
    if not symmetric:
        return (u * s) @ v.T
    whole = (u * s) @ u.T
    return (whole + whole.T) / 2


SOLVES = [
    ("½ yᵀK⁻¹y + ½ logdet(K)", "y", "K: n n spd, y: n", True),
    ("logdet(K) + yᵀK⁻¹y", "K", "K: n n spd, y: n", True),
    ("yᵀK⁻¹y", "y", "K: n n, y: n", False),
    ("logdet(K) + yᵀK⁻¹y", "K", "K: n n, y: n", False),
]


@pytest.mark.parametrize("condition", [1e2, 1e7, 1e12])
@pytest.mark.parametrize(("text", "wrt", "where", "symmetric"), SOLVES)
def test_solves_are_as_right_as_the_condition_allows(text, wrt, where, symmetric, condition):
    K, y = conditioned(5, condition, symmetric), np.linspace(-1, 1, 5)
    _, got = compiled(text, wrt, where)(K=K, y=y)
    with mp.workdps(50):
        inverse = mp.inverse(mp.matrix(K.tolist()))
        u, t = inverse * mp.matrix(y.tolist()), inverse.T * mp.matrix(y.tolist())
        scale = mp.mpf(1) if text.startswith("½") else mp.mpf(2)
        want = inverse.T - t * u.T if wrt == "K" else scale / 2 * (u + t)
        want = np.array(want.tolist(), float).reshape(got.shape)
    assert np.abs(got - want).max() <= 100 * condition * 2.3e-16 * np.abs(want).max()


def test_the_determinant_of_a_large_matrix_does_not_overflow():
    for text, where in (("logdet(X)", "X: n n"), ("log(det(X))", "X: n n"), ("logdet(X)", "X: n n spd")):
        value, gradient = compiled(text, "X", where)(X=1e10 * np.eye(400))
        assert np.isclose(value, 400 * np.log(1e10)) and np.isclose(gradient[3, 3], 1e-10)


# --- scales and sizes ------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [1e-150, 1e-20, 1e20, 1e150])
def test_a_residual_of_any_scale_has_a_finite_gradient(scale):
    value, gradient = compiled("½‖A x − y‖²", "x", "A: m n, x: n, y: m")(
        A=np.eye(3, 2), x=scale * np.ones(2), y=np.zeros(3)
    )
    assert np.isfinite(gradient).all() and np.allclose(gradient / scale, 1)
    assert np.isfinite(value)


def test_everything_of_length_one():
    for text, wrt, where, _ in SOLVES:
        value, gradient = compiled(text, wrt, where)(K=[[2.0]], y=[3.0])
        assert np.isfinite(value) and np.isfinite(gradient).all()
    for text, where in MARGINS:
        value, gradient = compiled(text, "w", where)(X=[[2.0]], w=[1.0], y=[1.0])
        assert gradient.shape == (1,) and np.isfinite(value)


# --- what is refused -------------------------------------------------------------------------------


def test_nan_goes_in_and_nan_comes_out():
    for text, wrt, where, symmetric in SOLVES:
        value, gradient = compiled(text, wrt, where)(K=np.where(np.eye(2) > 0, np.nan, 0.0), y=np.ones(2))
        assert np.isnan(value) and np.isnan(gradient).any(), (text, symmetric)


def test_singular_and_indefinite_matrices_are_refused():
    for text, wrt, where, symmetric in SOLVES:
        with pytest.raises(DataError, match="condition of the formula"):
            compiled(text, wrt, where)(K=-np.eye(2) if symmetric else np.ones((2, 2)), y=np.ones(2))


# --- all cases ---------------------------------------------------------------------------------------


@cache
def runs():
    """The compiled gradients of the cases that have one, with their first arguments."""
    found = []
    for case in scoring.gradients():
        try:
            d = derive(case.notations["expr"], case.wrt, where=case.where)
            found.append((case.id, d.compile(what=BOTH), case.draws[0][0]))
        except (KeyError, MatcalcError):
            continue
    assert len(found) > 0.9 * len(scoring.gradients())
    return found


def values(run, given):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [np.asarray(a) for a in run(**given)]


def test_no_case_changes_its_inputs_or_needs_them_contiguous():
    for name, run, given in runs():
        copies = {n: np.array(a) for n, a in given.items()}
        want = values(run, copies)
        assert all(np.array_equal(copies[n], given[n], equal_nan=True) for n in given), name
        for other in (np.asfortranarray, _strided, _locked):
            got = values(run, {n: other(a) for n, a in copies.items()})
            for a, b in zip(got, want, strict=True):
                scale = np.abs(b).max(initial=0.0) if np.isfinite(b).all() else 1.0
                np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9 * scale, err_msg=name)


def _strided(a):
    wide = np.zeros((*a.shape, 2))
    wide[..., 0] = a
    return wide[..., 0]


def _locked(a):
    out = np.array(a)
    out.flags.writeable = False
    return out


def test_single_precision_stays_single_in_every_case():
    for name, run, given in runs():
        got = values(run, {n: np.asarray(a, np.float32) for n, a in given.items()})
        assert {a.dtype for a in got} == {np.dtype(np.float32)}, name


def test_complex_inputs_are_refused_in_every_case():
    for _, run, given in runs():
        with pytest.raises(DataError, match="is complex"):
            run(**{n: np.asarray(a) + 0j for n, a in given.items()})


# --- all cases in many digits ------------------------------------------------------------------------


def scaled(case, d, by):
    """The first arguments of a case times a number, where what is declared of them allows it."""
    fixed = {"orthogonal", "idempotent", "integer", "simplex"}
    given = case.draws[0][0]
    return {n: a if d.where[n].facts & fixed else a * by for n, a in given.items()}


def in_digits(d, e, given):
    """The value of an expression in many digits, with the axes of code; None where it is not real or no double."""
    arrays, sizes = {}, {}
    for name, declared in d.where.items():
        a = np.asarray(given[name], float)
        arrays[name] = a.reshape(1, 1) if a.ndim == 0 else a.reshape(1, -1) if declared.shape[0] == 1 else (
            a.reshape(-1, 1) if a.ndim == 1 else a)  # fmt: skip
        sizes.update({k: n for k, n in zip(declared.shape, arrays[name].shape, strict=True) if isinstance(k, str)})
    try:
        found = precisely(e, arrays, sizes)
    except (ZeroDivisionError, ValueError, TypeError):
        return None  # singular, or complex
    if any(not isinstance(t, mp.mpf) or not mp.isfinite(t) or abs(t) > mp.mpf("1e290") for t in found.ravel()):
        return None
    return found


@cache
def precise_runs():
    """The gradients of the cases whose operations all have a definition in many digits."""
    found = []
    for case in scoring.gradients():
        try:
            d = derive(case.notations["expr"], case.wrt, where=case.where)
            with mp.workdps(30):
                if in_digits(d, d.expr, case.draws[0][0]) is not None:
                    found.append((case, d, d.compile(what=BOTH)))
        except (KeyError, MatcalcError):
            continue
    return found


#: Near 0 no code in doubles is right: exp(−αD) is nearly 𝟏𝟏ᵀ, which is singular; 2 sin t cos t − 2 sin t is −t³.
CANCELLING = ("cookbook-084", "ml-058", "seeds-028")
#: Far from 0 some intermediate values are no doubles (exp(−αD), xⁿ), and 1 − tanh² is 0 up to rounding.
OVERFLOWING = ("cookbook-084", "ml-058", "seeds-023")


@pytest.mark.parametrize("by", [1e-6, 1.0, 25.0, 400.0])
def test_code_is_as_right_as_its_arguments_allow(by):
    """Against the formula in hundreds of digits; the measure is the error that rounding the arguments makes."""
    rng, compared, wrong = np.random.default_rng(0), 0, []
    for case, d, run in precise_runs():
        given = scaled(case, d, by)
        near = {n: a * (1 + 1e-10 * rng.choice([-1, 1], a.shape)) for n, a in given.items()}
        if any(d.where[n].facts & {"symmetric", "spd", "psd", "skew"} for n in given):
            near = {n: (a + a.T * np.sign((given[n] * given[n].T).sum())) / 2 if a.ndim == 2 and
                    d.where[n].facts & {"symmetric", "spd", "psd", "skew"} else a for n, a in near.items()}  # fmt: skip
        with mp.workdps(DIGITS):
            pairs = [(in_digits(d, e, given), in_digits(d, e, near)) for e in (d.function, d.expr)]
            if any(w is None or m is None for w, m in pairs):
                continue
            try:
                got = values(run, given)
            except DataError:
                assert by != 1.0, case.id  # singular in doubles
                continue
            for (want, moved), result in zip(pairs, got, strict=True):
                if by > 1 and (case.id in OVERFLOWING or "tanh" in case.notations["expr"]):
                    continue
                if not np.isfinite(result).all():
                    wrong.append(f"{case.id} {case.notations['expr']}: not finite")
                    continue
                scale = abs(want).max()
                off = abs(np.vectorize(mp.mpf, otypes=[object])(result.reshape(want.shape)) - want).max()
                rounding = abs(moved - want).max() * mp.mpf("2.3e-16") / mp.mpf("1e-10")
                allowed = 500 * (rounding + scale * mp.mpf("2.3e-16")) + mp.mpf("1e-300")
                compared += 1
                if not off <= allowed and (by >= 1 or case.id not in CANCELLING):
                    wrong.append(f"{case.id} {case.notations['expr']}: {float(off / allowed):.1e} of what is allowed")
    assert not wrong, "\n".join(wrong)
    assert compared > 150
