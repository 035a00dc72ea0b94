"""Gradient descent: the rule as printed, and loops that reach what is known."""

import numpy as np
import pytest

from matcalc import DerivativeError, OptionError, derive, solve

RNG = np.random.default_rng(0)
X, Y = RNG.standard_normal((40, 3)), RNG.standard_normal(40)


def test_rule_in_text_and_latex():
    rule = derive("½ ‖W x − y‖²", "W").update_rule()
    assert str(rule).replace(" ", "") == "W←W−η(Wx−y)xᵀ"
    assert rule.latex().startswith(r"W \leftarrow W - \eta")
    assert "text/latex" in rule._repr_mimebundle_()


def test_least_squares_by_descent_meets_the_closed_form():
    rule = derive("1/(2n) ‖X w − y‖²", "w", where={"X": "n d"}).update_rule()
    w, values = rule.compile()(X=X, y=Y, w=np.zeros(3), η=0.3, steps=400)
    want = solve("‖X w − y‖²", "w").compile()(X=X, y=Y)
    np.testing.assert_allclose(w, want, atol=1e-8)
    assert np.all(np.diff(values) <= 1e-12)


def test_the_code_stands_alone():
    code = derive("sum(softplus(−y ⊙ (X w)))", "w").update_rule("α").code()
    namespace = {}
    exec(code, namespace)
    _, values = namespace["train"](X=X, y=np.sign(Y), w=np.zeros(3), α=0.05, steps=50)
    assert values[-1] < values[0]
    assert "# " in code and "w ← w" in code


def test_the_loop_calls_the_function_that_is_shown():
    code = derive("1/(2n) ‖X w − y‖²", "w", where={"X": "n d"}).update_rule().code()
    assert code.count("def ") == 2
    assert "value, gradient_w = value_and_derivative(" in code


def test_two_layers_learn():
    f = "1/(2n) ‖tanh(X V) w − y‖²"
    d = derive(f, ["V", "w"], where={"X": "n d", "V": "d h", "w": "h", "y": "n"})
    rule = d.update_rule()
    assert len(str(rule).splitlines()) == 2
    y = np.sin(X[:, 0])
    v, w, values = rule.compile()(
        X=X, y=y, V=RNG.standard_normal((3, 8)), w=0.1 * RNG.standard_normal(8), η=0.2, steps=2000
    )
    assert v.shape == (3, 8) and w.shape == (8,)
    assert values[-1] < 0.05 * values[0]


def test_refusals():
    with pytest.raises(OptionError, match="is a symbol of the function"):
        derive("η ‖x‖²", "x").update_rule("η")
    with pytest.raises(DerivativeError, match="scalar function"):
        derive("A x", "x").update_rule()
    with pytest.raises(OptionError, match="name of the step size"):
        derive("‖x‖²", "x").update_rule("")
