"""The same plan on every library: values agree, blocks of rows agree with the whole."""

import importlib
import importlib.util
import re

import numpy as np
import pytest

from matcalc import derive
from matcalc.codegen.sampling import sample
from matcalc.errors import MatcalcError
from tests.benchmarks.candidates import WORKLOADS, Workload

SIZES = {"n": 12, "d": 4, "c": 3, "h": 5, "o": 2, "m": 9, "k": 3, "p": 6}
BOTH = ("value", "derivative")
MORE = {
    "triangular": Workload("logdet(L) + bᵀL⁻¹a", ("L",), "L: n n lower, a: n, b: n"),
    "sigmoid": Workload("sum(sigmoid(X w)²)", ("w",), "X: n d, w: d"),
    "erf": Workload("sum(relu(X w)) + ‖w‖₁", ("w",), "X: n d, w: d"),
    "kron": Workload("tr(A X B X)", ("X",), "A: n n, X: n n, B: n n", 2),
    "jacobian": Workload("A X B", ("X",), "A: m n, X: n p, B: p k"),
    "mean": Workload("1/(2n) ‖X w − y‖² + log(2π) ‖w‖²", ("w",), "X: n d, w: d, y: n"),
    "weights": Workload("½ (X w − y)ᵀ diag(v) (X w − y)", ("w",), "X: n d, w: d, y: n, v: n positive"),
    "layers": Workload("½‖tanh(tanh(X P) Q) − Y‖²", ("P", "Q"), "X: n d, P: d h, Q: h o, Y: n o"),
    "covariance": Workload("logdet(1/n XᵀX + λ I)", ("X",), "X: n d, λ: scalar positive"),
}
ALL = {**WORKLOADS, **MORE}


def installed(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


def needs(*names: str):
    return pytest.mark.skipif(not all(map(installed, names)), reason=f"{' and '.join(names)} not installed")


def answer(name: str):
    w = ALL[name]
    wrt = w.wrt[0] if len(w.wrt) == 1 else list(w.wrt)
    d = derive(w.text, wrt, where=w.where, order=w.order)
    return d.jvp(w.direction) if w.direction else d


def arguments(name: str, seed: int = 0, **sizes: int):
    some = {**SIZES, "m": 3} if name == "logdet_axb" else SIZES
    return sample(answer(name)._symbols, {**some, **sizes}, np.random.default_rng(seed))


def agree(got, want):
    for a, b in zip(got, want, strict=True):
        np.testing.assert_allclose(np.asarray(a), b, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("name", ALL)
def test_code_to_read_and_code_that_runs_agree(name):
    d, given = answer(name), arguments(name)
    names: dict = {}
    exec(d.code(), names)
    order = [given[n] for n, _ in d.program.inputs]
    agree(names["value_and_derivative"](*order), d.compile(what=BOTH)(**given))


@pytest.mark.parametrize("name", ["hess_mlp", "hess_matfac", "hess_logreg", "hess_quad", "kron"])
def test_second_derivatives_are_difference_quotients_of_gradients(name):
    w, given, step = ALL[name], arguments(name), 1e-6
    gradient = derive(w.text, w.wrt[0], where=w.where).compile()
    at = given[w.wrt[0]]
    want = np.empty((*at.shape, *at.shape))
    for entry in np.ndindex(at.shape):
        shift = np.zeros(at.shape)
        shift[entry] = step
        above, below = (gradient(**{**given, w.wrt[0]: at + s}) for s in (shift, -shift))
        want[(..., *entry)] = (above - below) / (2 * step)
    np.testing.assert_allclose(answer(name).compile()(**given), want, atol=1e-4 * np.abs(want).max())


#: What meets the rows of its data in more than sums: in a determinant, an inverse, on both sides.
_WHOLE = ("gp", "logdet_axb", "trinv", "hess_quad", "hess_matfac", "triangular", "kron", "covariance")
SEPARABLE = [name for name in ALL if name not in _WHOLE]


@pytest.mark.parametrize("name", ALL)
def test_functions_of_data_rows_are_recognised(name):
    assert answer(name).is_row_separable == (name in SEPARABLE)


@pytest.mark.parametrize("name", SEPARABLE)
def test_blocks_of_rows_give_what_the_whole_gives(name):
    run, given = answer(name).compile(what=BOTH), arguments(name, n=100, m=90)
    if "def by_rows" not in run.source:
        return  # rows only, which blocks make no faster
    small = re.sub(r"65536 // ", "40 // ", run.source.replace("max(32,", "max(7,").replace("> 2097152", "> 0"))
    names: dict = {}
    exec(small, names)
    agree(names["value_and_derivative"](*[given[n] for n, _ in run.program.inputs]), run(**given))


@needs("jax")
@pytest.mark.parametrize("name", ALL)
def test_jax(name):
    import jax

    jax.config.update("jax_enable_x64", True)
    agree(answer(name).compile("jax", BOTH)(**arguments(name)), answer(name).compile(what=BOTH)(**arguments(name)))


@needs("torch")
@pytest.mark.parametrize("name", ALL)
def test_torch(name):
    agree(answer(name).compile("torch", BOTH)(**arguments(name)), answer(name).compile(what=BOTH)(**arguments(name)))


@pytest.mark.parametrize("library", ["numpy", pytest.param("array_api_strict", marks=needs("array_api_strict"))])
@pytest.mark.parametrize("name", ALL)
def test_array_api(name, library):
    if library == "numpy" and not hasattr(np.ndarray, "__array_namespace__"):
        pytest.skip("NumPy before 2 is no array API namespace")
    xp = __import__(library)
    d, given, names = answer(name), arguments(name), {}
    exec(d.code("xp"), names)
    got = names["value_and_derivative"](*[xp.asarray(given[n]) for n, _ in d.program.inputs])
    agree(got, d.compile(what=BOTH)(**given))


@pytest.mark.parametrize("name", [n for n, w in ALL.items() if w.order == 1])
def test_a_file_that_stands_alone_tests_itself(name, capsys):
    w = ALL[name]
    if w.text.startswith("log") and name == "logdet_axb":
        return  # its example has any sizes, and the function none but m no larger than n and p
    exec(compile(answer(name).code(standalone=True), name, "exec"), {"__name__": "__main__"})
    assert capsys.readouterr().out.startswith("value ")


@pytest.mark.parametrize(
    ("text", "wrt", "where"),
    [
        ("sum(log(x))", "x", "x: n"),  # finite at positive x only
        ("sqrt(x) + log(x − 2)", "x", "x: scalar"),
        ("x² sin(x)", "x", "x: scalar"),
        ("sum(arccos(x)) + sum(log(y))", "x", "x: n, y: n"),
        ("tr(Xᴺ)", "X", "X: n n, N: scalar"),
        ("z = W x + b; a = relu(z); ½‖V a − y‖²", "W", "W: m n, x: n, b: m, V: p m, y: p"),
        ("tr(expm(A X))", "X", "A: n n, X: n n"),
        ("tr(S A S)", "S", "S: n n symmetric, A: n n"),
        ("A X B", "X", "A: m n, X: n p, B: p q"),
    ],
)
def test_a_file_that_stands_alone_has_data_where_the_function_is_finite(text, wrt, where, capsys):
    exec(derive(text, wrt, where=where).code(standalone=True), {"__name__": "__main__"})
    shown = capsys.readouterr().out
    assert shown.startswith("value ") and "nan" not in shown


def test_a_file_that_stands_alone_is_refused_where_it_cannot_be_tested():
    for d in (
        derive("log(sin(x) − 2)", "x", where="x: scalar"),
        answer("hess_quad"),
        derive("expm(X)", "X", where="X: n n"),
    ):
        with pytest.raises(MatcalcError, match=r"no example data|first derivatives|closed form"):
            d.code(standalone=True)


def test_a_file_that_stands_alone_says_which_shape_is_wrong():
    names: dict = {}
    exec(answer("lstsq").code(standalone=True), names)
    with pytest.raises(ValueError, match=r"axis 0 of w is 3 long, not 2"):
        names["value_and_derivative"](X=np.ones((4, 2)), w=np.ones(3), y=np.ones(4))


def test_unknown_targets_are_refused():
    for call in (lambda: answer("lstsq").code("fortran"), lambda: answer("lstsq").compile("xp")):
        with pytest.raises(MatcalcError, match="one of numpy"):
            call()


#: Functions whose values or derivatives are put together from numbers, vectors and matrices.
STACKED = [
    ("[(A x); x]", "x", "A: m n, x: n"),
    ("[X, x; xᵀ, α]", "x", "X: n n, x: n, α: scalar"),
    ("‖[X, Y; Yᵀ, X]⁻¹‖²", "X", "X: n n, Y: n n"),
    ("∑_{i=1}^{n−1} (x_{i+1} − x_i)²", "x", "x: n"),
    ("[α, 2; β, exp(α)]⁻¹ A", "α", "A: 2 m, α: scalar, β: scalar"),
    ("[1; α; x]", "α", "x: n, α: scalar"),
    ("[x, A; 1, xᵀ]", "x", "A: n n, x: n"),
]


def stack(case):
    text, wrt, where = case
    d = derive(text, wrt, where=where)
    return d, sample(d._symbols, {"n": 4, "m": 3}, np.random.default_rng(0))


@pytest.mark.parametrize(
    "library", [pytest.param("jax", marks=needs("jax")), pytest.param("torch", marks=needs("torch"))]
)
@pytest.mark.parametrize("case", STACKED, ids=[case[0] for case in STACKED])
def test_stacks_on_libraries(case, library):
    if library == "jax":
        importlib.import_module("jax").config.update("jax_enable_x64", True)
    d, given = stack(case)
    agree(d.compile(library, BOTH)(**given), d.compile(what=BOTH)(**given))


@pytest.mark.skipif(not hasattr(np.ndarray, "__array_namespace__"), reason="NumPy before 2 is no array API namespace")
@pytest.mark.parametrize("case", STACKED, ids=[case[0] for case in STACKED])
def test_stacks_in_the_array_api(case):
    d, given = stack(case)
    names: dict = {}
    exec(d.code("xp"), names)
    agree(names["value_and_derivative"](*[given[n] for n, _ in d.program.inputs]), d.compile(what=BOTH)(**given))


@pytest.mark.parametrize("case", STACKED, ids=[case[0] for case in STACKED])
def test_stacks_are_the_concatenation_of_the_library(case):
    d, _ = stack(case)
    for target, function in {"jax": "jnp.concatenate(", "torch": "torch.cat(", "xp": "xp.concat("}.items():
        assert function in d.code(target)
