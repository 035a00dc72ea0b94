"""Several variables at once: one mapping, one where-list, one program, and blocks of the Hessian."""

import numpy as np
import pytest
import scipy.linalg

from matcalc import DerivativeError, Derivatives, OptionError, derive
from matcalc.check import difference_quotients
from matcalc.errors import DataError
from tests.figures import per_doubling
from tests.growth import nested, program
from tests.work import calls


def test_a_mapping_by_name():
    d = derive("‖y − A x‖²", ["x", "A", "y"])
    assert isinstance(d, Derivatives)
    assert list(d) == ["x", "A", "y"]
    assert str(d["A"].expr) == "2 (A x − y) xᵀ"
    assert all(v.check() for v in d.values())
    with pytest.raises(KeyError):
        d["z"]


def test_names_are_normalised():
    d = derive("‖W1 x1‖²", ["W1", "x_1"], where={"W1": "m n", "x1": "n"})
    assert d["W₁"] is d["W1"]
    assert set(d) == {"W₁", "x₁"}


def test_one_program_returns_the_arrays_in_order():
    d = derive("tanh(A x)ᵀy", ["A", "x", "y"])
    rng = np.random.default_rng(0)
    given = {"A": rng.normal(size=(3, 2)), "x": rng.normal(size=2), "y": rng.normal(size=3)}
    value, *arrays = d.compile(what=("value", "derivative"))(**given)
    assert [a.shape for a in arrays] == [(3, 2), (2,), (3,)]
    for array, one in zip(arrays, d.values(), strict=True):
        np.testing.assert_allclose(array, one.compile()(**given), atol=1e-12)
    np.testing.assert_allclose(value, np.tanh(given["A"] @ given["x"]) @ given["y"])


def test_pairs_of_names_are_blocks_of_the_hessian():
    h = derive("xᵀA y + sum(exp(x)) t where t scalar, y: n", ["x", "y", "t", "A"], order=2)
    assert len(h) == 16
    assert str(h["x", "y"].expr) == "A"
    assert str(h["y", "x"].expr) == "Aᵀ"
    assert h["x", "y"].shape == ("m", "n")
    assert h["t", "t"].shape == (1, 1)
    assert h["A", "x"].shape == ("m", "n", "m")
    assert all(v.check() for v in h.values())


def test_several_jacobians_from_one_sweep():
    d = derive("tanh(W x + b)", ["W", "x", "b"])
    assert [v.kind for v in d.values()] == ["differential", "jacobian", "jacobian"]
    assert all(v.check() for v in d.values())
    rng = np.random.default_rng(0)
    given = {"W": rng.normal(size=(3, 2)), "x": rng.normal(size=2), "b": rng.normal(size=3)}
    assert [a.shape for a in d.compile()(**given)] == [(3, 3, 2), (3, 2), (3, 3)]


def test_conditions_of_all_variables():
    assert derive("log(t) + logdet(X)", ["t", "X"]).conditions == ("t > 0", "X invertible")
    assert derive("|aᵀx| + ‖x‖₁", "x").conditions == ("aᵀx ≠ 0", "no entry of x is 0")
    assert derive("‖x/α³‖", "α", where={"x": "n"}).conditions == ("α ≠ 0",)


def test_refused():
    with pytest.raises(OptionError, match="named twice"):
        derive("A x", ["x", "x"])
    with pytest.raises(OptionError, match="names no variable"):
        derive("A x", [])
    with pytest.raises(DerivativeError, match="z does not occur"):
        derive("A x", ["x", "z"])


@pytest.mark.parametrize("network", [nested, program])
def test_all_gradients_grow_linearly_with_depth(network):
    def measured(layers):
        text, names, where = network(layers)
        found = []
        count = calls(lambda: found.append(derive(text, names, where=where)) or found.append(str(found[0])))
        return count, len(found[1]), found[0]

    measured(5)
    (work_small, length_small, _), (work_large, length_large, d) = measured(50), measured(200)
    assert len(d) == 400
    assert per_doubling(length_small, length_large, 50, 200) < 2.2
    assert per_doubling(work_small, work_large, 50, 200) < 2.3


@pytest.mark.parametrize("network", [nested, program])
@pytest.mark.parametrize("made", ["compile", "code"])
def test_code_of_all_gradients_grows_linearly_with_depth(network, made):
    def work(layers):
        text, names, where = network(layers)
        d = derive(text, names, where=where)
        str(d)
        return calls(getattr(d, made))

    work(5)
    assert per_doubling(work(60), work(240), 60, 240) < 2.15


def test_arrays_without_a_closed_form_are_compiled_together():
    """A Fréchet derivative beside a Jacobian: the arrays that each derivative has by itself, by value."""
    where = {"A": "n n", "X": "n n", "b": "n"}
    rng = np.random.default_rng(4)
    given = {"A": rng.normal(size=(3, 3)), "X": rng.normal(size=(3, 3)), "b": rng.normal(size=3)}
    d = derive("expm(A X) b", ["A", "b", "X"], where=where)
    value, *arrays = d.compile(what=("value", "derivative"))(**given)
    np.testing.assert_allclose(value, scipy.linalg.expm(given["A"] @ given["X"]) @ given["b"])
    for name, array in zip(d, arrays, strict=True):
        shape = given[name].shape

        def moved(x, name=name):
            return (scipy.linalg.expm({**given, name: x}["A"] @ {**given, name: x}["X"]) @ {**given, name: x}["b"])[
                :, None
            ]

        wanted, _ = difference_quotients(moved, given[name].reshape(3, -1))
        np.testing.assert_allclose(array, wanted.reshape(3, *shape), atol=1e-6)
        np.testing.assert_allclose(array, derive("expm(A X) b", name, where=where).compile()(**given))
    one = d.compile()(**given)
    assert len(one) == 3
    source = d.code(what="derivative")
    names: dict[str, object] = {}
    exec(source, names)
    np.testing.assert_allclose(names["derivative_X"](**given), arrays[2])


def test_a_direction_is_no_argument_of_the_arrays():
    d = derive("expm(A X)", ["A", "X"], where={"A": "n n", "X": "n n"})
    with pytest.raises(DataError, match="dA"):
        d.compile()(A=np.eye(2), X=np.eye(2), dA=np.eye(2))


def test_several_derivatives_are_shown_in_html():
    shown = derive("‖y − A x‖²", ["A", "x"])._repr_mimebundle_()["text/html"]
    assert "frac{\\partial f}{\\partial A}" in shown and "Derivation" in shown and "value_and_derivative" in shown
    shown = derive("expm(A X) b", ["A", "b"])._repr_mimebundle_()["text/html"]
    assert "Derivation" not in shown and "np.ndindex" in shown
