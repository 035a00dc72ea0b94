"""Hessians are shown symmetric: the form equals its own transpose, is short, and right by value."""

import numpy as np
import pytest

from matcalc import derive, parse, simplify
from matcalc.algebra.build import number, transpose
from matcalc.algebra.cost import Cost
from matcalc.algebra.polynomials import in_factors
from matcalc.calculus import linear
from matcalc.calculus.forms import facts_of
from tests.evaluate import evaluate
from tests.figures import per_doubling
from tests.growth import nested
from tests.work import calls

QUADRATIC = {"A": "n n symmetric", "x": "n"}

#: (function, variable, declarations, the most signs that the Hessian may have)
SHORT = [
    ("cᵀsoftmax(x)", "x", None, 36), ("cᵀsoftmax(A x)", "x", None, 48), ("logsumexp(x)²", "x", None, 16),
    ("logsumexp(A x + b)", "x", None, 21), ("sum(softmax(x)²)", "x", None, 36), ("log(cᵀsoftmax(x))", "x", None, 34),
    ("(yᵀsoftmax(X w))²", "w", None, 68), ("−yᵀlog(softmax(X w))", "w", None, 17),
    ("softmax(x)ᵀA softmax(x)", "x", QUADRATIC, 55), ("‖softmax(x) − y‖²", "x", None, 64),
    ("‖A x − b‖", "x", None, 26), ("‖x‖", "x", None, 12), ("‖x‖³", "x", None, 12), ("1/‖x‖", "x", None, 12),
    ("sqrt(1 + ‖x‖²)", "x", None, 16), ("exp(−½‖x‖²)", "x", None, 10), ("sum(log(b − A x))", "x", None, 12),
    ("(xᵀA x)/(bᵀx)", "x", {**QUADRATIC, "b": "n"}, 31), ("‖x‖²/(cᵀx + δ)", "x", None, 34),
    ("(xᵀA x)/(xᵀx)", "x", QUADRATIC, 40), ("(xᵀA x)/(xᵀx)", "x", {"A": "n n", "x": "n"}, 50),
    ("(xᵀA x)/(xᵀB x)", "x", {**QUADRATIC, "B": "n n spd"}, 47), ("‖A x‖²/‖B x‖²", "x", None, 58),
    ("(aᵀx)(bᵀx)", "x", None, 7), ("(aᵀx)(bᵀx)(cᵀx)", "x", None, 32), ("aᵀx / (bᵀx)", "x", None, 23),
    ("xᵀA x bᵀx", "x", {"A": "n n", "x": "n", "b": "n"}, 23), ("(xᵀA x)²", "x", {"A": "n n", "x": "n"}, 21),
    ("(xᵀA x)(xᵀB x)", "x", {"A": "n n", "x": "n", "B": "n n"}, 41),
    ("log(xᵀA x)", "x", {"A": "n n spd", "x": "n"}, 19),
    ("log(xᵀA x + bᵀx + γ)", "x", {**QUADRATIC, "b": "n", "γ": "scalar"}, 36),
    ("sum(log(1 + exp(−y ⊙ (X w))))", "w", None, 22), ("sum(softplus(X w)) − yᵀX w", "w", None, 13),
    ("sum(sigmoid(A x))", "x", None, 20),
    ("½‖y − sigmoid(X w)‖²", "w", None, 30), ("vᵀtanh(W x + b)", "x", None, 22), ("½‖tanh(W x) − y‖²", "x", None, 24),
    ("‖W₂ tanh(W₁ x) − y‖²", "x", None, 43), ("(xᵀx)²", "x", None, 10), ("log(1 + ‖x‖²)", "x", None, 18),
    ("log(1 + ‖A x − b‖²)", "x", None, 32), ("xᵀlog(x)", "x", {"x": "n positive"}, 3),
    ("sum(x ⊙ log(x ⊘ y))", "x", {"x": "n positive", "y": "n positive"}, 3), ("sum(softplus(A x))", "x", None, 13),
    ("‖x − a‖ + ‖x − b‖", "x", None, 41), ("aᵀx ‖x‖", "x", None, 25), ("aᵀx/‖x‖", "x", None, 26),
    ("(cᵀx)/(1 + ‖x‖²)", "x", None, 38), ("tanh(xᵀA x)", "x", QUADRATIC, 22), ("cos(aᵀx) sin(bᵀx)", "x", None, 32),
    ("logdet(A + x xᵀ)", "x", {"A": "n n spd", "x": "n"}, 34), ("sum(exp(x)) sum(exp(−x))", "x", None, 28),
    ("bᵀ(A + diag(x))⁻¹ b", "x", {"A": "n n spd", "x": "n positive", "b": "n"}, 20),
    ("sqrt(xᵀA x)", "x", {"A": "n n spd", "x": "n"}, 18),
]  # fmt: skip


@pytest.mark.parametrize(("text", "wrt", "where", "signs"), SHORT, ids=[row[0] for row in SHORT])
def test_the_form_is_its_own_transpose_and_short(text, wrt, where, signs):
    d = derive(text, wrt, where=where, order=2)
    keys = facts_of(d.where).keys
    assert keys.same(transpose(d.expr), d.expr), d.expr
    assert Cost()(d.expr) <= signs, d.expr
    assert d.check()


WRITTEN = [
    ("cᵀsoftmax(x)", "x", None,
     ("diag(c ⊙ softmax(x)) − (c ⊙ softmax(x)) softmax(x)ᵀ − softmax(x) (c ⊙ softmax(x))ᵀ"
      " + (softmax(x)ᵀ c)(2 softmax(x) softmax(x)ᵀ − diag(softmax(x)))")),
    ("‖x‖²/(cᵀx + δ)", "x", None, "2 (‖x‖² c cᵀ + (cᵀx + δ)((cᵀx + δ) I − c xᵀ − x cᵀ)) / (cᵀx + δ)³"),
    ("(xᵀA x)/(xᵀx)", "x", {"A": "n n", "x": "n"},
     "(8 (xᵀA x) x xᵀ + (xᵀx)((xᵀx)(A + Aᵀ) − 2 (xᵀA x) I − 2 (A + Aᵀ) x xᵀ − 2 x xᵀ(A + Aᵀ))) / (xᵀx)³"),
    ("sum(sigmoid(A x))", "x", None, "Aᵀ diag(sigmoid(A x) ⊙ (𝟏 − sigmoid(A x)) ⊙ (𝟏 − 2 sigmoid(A x))) A"),
    ("(aᵀx)(bᵀx)(cᵀx)", "x", None, "(cᵀx)(a bᵀ + b aᵀ) + (bᵀx)(a cᵀ + c aᵀ) + (aᵀx)(c bᵀ + b cᵀ)"),
    ("log(xᵀA x + bᵀx + γ)", "x", {**QUADRATIC, "b": "n", "γ": "scalar"},
     "(2 (xᵀA x + bᵀx + γ) A − (2 A x + b)(2 A x + b)ᵀ) / (xᵀA x + bᵀx + γ)²"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "wrt", "where", "written"), WRITTEN, ids=[row[0] for row in WRITTEN])
def test_hessian_as_published(text, wrt, where, written):
    assert str(derive(text, wrt, where=where, order=2).expr) == written


def products(count):
    """Σ (aᵢᵀx)(bᵢᵀx), whose Hessian has a pair of terms for each i."""
    text = " + ".join(f"(a{i}ᵀx)(b{i}ᵀx)" for i in range(1, count + 1))
    return text, {"x": "n", **{f"{name}{i}": "n" for name in "ab" for i in range(1, count + 1)}}


def losses(count):
    """Σ log(cᵢᵀsoftmax(x)), where each Hessian has to be multiplied out to show that it is symmetric."""
    text = " + ".join(f"log(c{i}ᵀsoftmax(A{i} x))" for i in range(1, count + 1))
    return text, {
        "x": "n",
        **{f"c{i}": "n" for i in range(1, count + 1)},
        **{f"A{i}": "n n" for i in range(1, count + 1)},
    }


@pytest.mark.parametrize("family", [products, losses])
def test_the_work_for_a_hessian_grows_linearly(family):
    def work(size):
        text, where = family(size)
        derive(text, "x", where=where, order=2)
        return calls(lambda: derive(text, "x", where=where, order=2))

    small, large = work(8), work(32)
    assert large < 1.4 * 4 * small


@pytest.mark.parametrize("wrt", ["x", ["W1", "b1"], ["b1", "b2"]], ids=str)
def test_the_hessian_of_a_network_grows_linearly(wrt):
    def measured(layers):
        text, _, where = nested(layers)
        found = []
        count = calls(lambda: found.append(str(derive(text, wrt, where=where, order=2))))
        return count, len(found[0])

    measured(3)
    (work_small, length_small), (work_large, length_large) = measured(10), measured(40)
    assert per_doubling(length_small, length_large, 10, 40) < 2.3
    assert per_doubling(work_small, work_large, 10, 40) < 2.3, (work_small, work_large)


def test_the_hessian_of_a_deep_network_by_value():
    """What is too long to be multiplied out is right all the same."""
    text, _, where = nested(12)
    assert derive(text, "x", where=where, order=2).check()


CROSSING = [
    ("½‖y − x − tanh(W tanh(V x + b) + x)‖²", "x", {"W": "n n", "V": "n n", "x": "n"}, 0),
    ("sum(tanh(W tanh(V x)) ⊙ x)", "x", {"W": "n n", "V": "n n", "x": "n"}, 0),
    ("sum(tanh(W tanh(‖x‖ V x))) + (aᵀx)³", "x", {"W": "n n", "V": "n n", "x": "n"}, 0),
    ("logsumexp(W tanh(V softmax(x))) cᵀx", "x", {"W": "n n", "V": "n n", "x": "n"}, 0),
    ("tr(tanh(diag(x) W) tanh(V diag(x)))", "x", {"W": "n n", "V": "n n", "x": "n"}, 0),
]


@pytest.mark.parametrize(("text", "wrt", "where", "_"), SHORT + CROSSING, ids=[row[0] for row in SHORT + CROSSING])
def test_matrices_read_from_waist_to_waist_by_value(text, wrt, where, _, monkeypatch):
    """As those of long products are."""
    monkeypatch.setattr(linear, "_FLAT", 0)
    assert derive(text, wrt, where=where, order=2).check()


POLYNOMIALS = [
    ("1 − 3 tanh(t) + 2 tanh(t)²", "(1 − tanh(t))(1 − 2 tanh(t))"),
    ("(1 − exp(t))² + exp(t)² − exp(t)", "(1 − exp(t))(1 − 2 exp(t))"),
    ("6 sin(t)³ + 11 sin(t)² + 6 sin(t) + 1", "(1 + sin(t))(1 + 2 sin(t))(1 + 3 sin(t))"),
    ("4 − sin(t)²", "(2 − sin(t))(2 + sin(t))"),
    ("½ exp(t) − 2 exp(t)³", "½ exp(t) (1 + 2 exp(t))(1 − 2 exp(t))"),
]


@pytest.mark.parametrize(("text", "product"), POLYNOMIALS, ids=[row[0] for row in POLYNOMIALS])
def test_polynomials_in_one_function_are_products_by_value(text, product):
    e = in_factors(parse(text, where={"t": "scalar"}))
    assert e is not None
    factors = parse(product, where={"t": "scalar"})
    for t in (-0.7, 0.3, 1.1):
        given = {"t": np.array([[t]])}
        wanted = evaluate(parse(text, where={"t": "scalar"}), given, {})
        np.testing.assert_allclose(evaluate(e, given, {}), wanted)
        np.testing.assert_allclose(evaluate(factors, given, {}), wanted)
    assert simplify(f"({e}) − ({product})", where={"t": "scalar"}) is number(0)


@pytest.mark.parametrize("text", ["1 + tanh(t)²", "t² − 3 t + 2", "tanh(t) + sin(t)²", "1 − tanh(t)", "2 − sin(t)²"])
def test_what_has_no_rational_roots_or_is_a_polynomial_in_names_is_left(text):
    assert in_factors(parse(text, where={"t": "scalar"})) is None
