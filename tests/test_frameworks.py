"""as_torch and as_jax: values and gradients by every argument against the frameworks' own."""

import numpy as np
import pytest

from matcalc import DataError, derive

RNG = np.random.default_rng(0)
A, B, W = RNG.standard_normal((6, 4)), RNG.standard_normal((4, 4)), RNG.standard_normal(4)
S = B @ B.T + np.eye(4)
Y, C = RNG.standard_normal(6), RNG.standard_normal(4)

#: function, variable, declarations, arguments, the same in the framework (np-like module, its linalg)
CASES = [
    ("‖y − A x‖²", "x", None, {"y": Y, "A": A, "x": W}, lambda m, y, A, x: ((y - A @ x) ** 2).sum()),
    ("logsumexp(A x)", "x", {"A": "m n"}, {"A": A, "x": W}, lambda m, A, x: m.log(m.exp(A @ x).sum())),
    ("cᵀS⁻¹c", "S", {"S": "n n spd"}, {"c": C, "S": S}, lambda m, c, S: c @ m.linalg.solve(S, c)),
    ("logdet(S)", "S", {"S": "n n symmetric"}, {"S": S}, lambda m, S: m.linalg.slogdet(S)[1]),
    ("sum(tanh(A B) ⊙ A)", "B", {"A": "m n", "B": "n n"}, {"A": A, "B": B}, lambda m, A, B: (m.tanh(A @ B) * A).sum()),
    ("A x + y", "x", None, {"A": A, "x": W, "y": Y}, lambda m, A, x, y: A @ x + y),
    ("tanh(A B)", "B", {"B": "n n"}, {"A": A, "B": B}, lambda m, A, B: m.tanh(A @ B)),
]  # fmt: skip
IDS = [case[0] for case in CASES]


@pytest.mark.parametrize(("f", "wrt", "where", "arguments", "theirs"), CASES, ids=IDS)
def test_torch(f, wrt, where, arguments, theirs):
    torch = pytest.importorskip("torch")
    ours = derive(f, wrt, where=where).as_torch()

    def run(function):
        tensors = {n: torch.tensor(a, requires_grad=True) for n, a in arguments.items()}
        value = function(**tensors)
        weights = torch.linspace(1, 2, value.numel(), dtype=torch.float64).reshape(value.shape)
        (value * weights).sum().backward()
        return [value.detach().numpy(), *[t.grad.numpy() for t in tensors.values()]]

    for got, want in zip(run(ours), run(lambda **t: theirs(torch, **t)), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize(("f", "wrt", "where", "arguments", "theirs"), CASES, ids=IDS)
def test_jax(f, wrt, where, arguments, theirs):
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    jnp = jax.numpy
    ours = derive(f, wrt, where=where).as_jax()
    names = list(arguments)

    def weighted(function):
        def total(*arrays):
            value = function(**dict(zip(names, arrays, strict=True)))
            return (value * jnp.linspace(1, 2, value.size).reshape(value.shape)).sum()

        return jax.jit(jax.value_and_grad(total, argnums=tuple(range(len(names)))))

    arrays = [jnp.asarray(a) for a in arguments.values()]
    got, want = (weighted(fn)(*arrays) for fn in (ours, lambda **t: theirs(jnp, **t)))
    np.testing.assert_allclose(got[0], want[0], rtol=1e-9)
    for g, w in zip(got[1], want[1], strict=True):
        np.testing.assert_allclose(g, w, rtol=1e-9, atol=1e-10)


def test_torch_names_what_is_wrong_and_refuses_second_derivatives():
    torch = pytest.importorskip("torch")
    f = derive("‖y − A x‖²", "x").as_torch()
    with pytest.raises(DataError, match="missing: A"):
        f(y=torch.zeros(6), x=torch.zeros(4))
    x = torch.tensor(W, requires_grad=True)
    (gradient,) = torch.autograd.grad(f(y=torch.tensor(Y), A=torch.tensor(A), x=x), x, create_graph=True)
    with pytest.raises(RuntimeError):
        gradient.sum().backward()


def test_single_precision_stays():
    torch = pytest.importorskip("torch")
    tensors = {n: torch.tensor(a, dtype=torch.float32) for n, a in {"y": Y, "A": A, "x": W}.items()}
    assert derive("‖y − A x‖²", "x").as_torch()(**tensors).dtype is torch.float32


# --- compile("torch") and compile("jax"): types, shapes and names of arguments -------------------------


def library(name):
    module = pytest.importorskip(name)
    if name == "jax":
        module.config.update("jax_enable_x64", True)
        return module.numpy
    return module


BOTH = pytest.mark.parametrize("name", ["torch", "jax"])


@BOTH
@pytest.mark.parametrize("scalar", [float, np.float64, np.array, lambda v: np.float32(1.7)], ids=str)
@pytest.mark.parametrize(
    ("f", "wrt", "where", "given"),
    [
        ("‖x − μ𝟏‖²/ν", "x", "x: n, μ: scalar, ν: scalar", {"x": W, "μ": 0.1, "ν": 0.7}),
        ("exp(α) sum(x)", "α", "x: n, α: scalar", {"x": W, "α": 0.1}),
    ],
)
def test_numbers_beside_arrays_keep_all_digits(name, scalar, f, wrt, where, given):
    xp = library(name)
    d = derive(f, wrt, where=where)
    given = {n: v if np.ndim(v) else scalar(v) for n, v in given.items()}
    want = d.compile()(**{n: np.asarray(v, np.float64) for n, v in given.items()})
    got = d.compile(name)(**{n: xp.asarray(v) if np.ndim(v) else v for n, v in given.items()})
    assert got.dtype == xp.float64
    np.testing.assert_allclose(np.asarray(got), want, rtol=1e-14)


@BOTH
def test_whole_numbers_are_computed_with_as_floats(name):
    xp = library(name)
    d = derive("‖A x‖ / 2", "x", where="A: m n, x: n")
    given = {"A": np.array([[1, 2], [3, 4]]), "x": np.array([1, 2])}
    got = d.compile(name)(**{n: xp.asarray(a) for n, a in given.items()})
    assert got.dtype == xp.asarray(1.0).dtype
    np.testing.assert_allclose(np.asarray(got), d.compile()(**given), rtol=1e-6)


@BOTH
def test_single_precision_stays_in_compiled_code(name):
    xp = library(name)
    run = derive("α ‖x‖²", "x", where="x: n, α: scalar").compile(name)
    assert run(x=xp.asarray(np.float32(W)), α=0.5).dtype == xp.float32


@BOTH
def test_constant_derivatives_are_arrays_of_the_library(name):
    xp = library(name)
    value, slope = derive("3 x", "x", where="x: scalar").compile(name, ("value", "derivative"))(x=xp.asarray(2.0))
    assert type(slope) is type(value) and slope.dtype == value.dtype and float(slope) == 3


def test_torch_differentiates_compiled_code():
    torch = library("torch")
    x = torch.tensor(W, requires_grad=True)
    derive("exp(α) ‖x‖⁴", "x", where="x: n, α: scalar").compile("torch", "value")(x=x, α=0.3).backward()
    np.testing.assert_allclose(x.grad.numpy(), 4 * np.exp(0.3) * (W @ W) * W, rtol=1e-13)


@BOTH
@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"A": A, "x": Y, "y": Y}, "n is 4 in A and 6 in x"),
        ({"A": W, "x": W, "y": Y}, r"A is m×n, and the array given has shape \(4,\)"),
        ({"A": A, "x": W, "y": B}, "y is a vector of length m"),
        ({"A": A, "x": W}, "missing: y"),
        ({"A": A, "x": W, "y": "text"}, "y is not an array of numbers"),
        ({"A": A * 1j, "x": W, "y": Y}, "A is complex"),
    ],
    ids=lambda v: v if isinstance(v, str) else "",
)
def test_what_does_not_fit_is_named(name, given, said):
    xp = library(name)
    run = derive("‖A x − y‖²", "x").compile(name)
    for read in (lambda v: v, lambda v: v if isinstance(v, str) else xp.asarray(v)):
        with pytest.raises(DataError, match=said):
            run(**{n: read(v) for n, v in given.items()})


@BOTH
def test_columns_are_vectors(name):
    xp = library(name)
    d = derive("‖A x − y‖²", "x")
    got = d.compile(name)(A=xp.asarray(A), x=xp.asarray(W[:, None]), y=xp.asarray(Y))
    np.testing.assert_allclose(np.asarray(got), d.compile()(A=A, x=W, y=Y), rtol=1e-12)


@BOTH
def test_exponents_of_matrices(name):
    xp = library(name)
    d = derive("tr(Xᴺ)", "X", where="X: n n, N: scalar")
    for n in (2, 3):
        np.testing.assert_allclose(np.asarray(d.compile(name)(X=xp.asarray(B), N=n)), d.compile()(X=B, N=n), rtol=1e-12)
    with pytest.raises(DataError, match="must be whole"):
        d.compile(name)(X=xp.asarray(B), N=2.5)


@BOTH
def test_indices_among_the_arguments(name):
    xp = library(name)
    d = derive("(A x)ᵢ²", "x", where="A: m n, x: n, i: index")
    for i in (1, 6):
        np.testing.assert_allclose(
            np.asarray(d.compile(name)(A=xp.asarray(A), x=xp.asarray(W), i=i)), d.compile()(A=A, x=W, i=i), rtol=1e-12
        )
    with pytest.raises(DataError, match="i is 7"):
        d.compile(name)(A=A, x=W, i=7)


def test_an_index_that_jit_traces_is_refused():
    jnp = library("jax")
    jax = pytest.importorskip("jax")
    for f, given, unknown in (("(A x)ᵢ²", {"A": B, "x": W, "i": 2}, "i"), ("xᵀAᴺx", {"A": B, "x": W, "N": 2}, "N")):
        d = derive(f, "x", where="A: n n, x: n" + ", i: index" * (unknown == "i"))
        arrays = {n: jnp.asarray(v) for n, v in given.items()}
        with pytest.raises(DataError, match=rf"{unknown} is .*, and its value is not known while the call is traced"):
            jax.jit(lambda d=d, **a: d.compile("jax")(**a))(**arrays)
        held = {n: v for n, v in arrays.items() if n != unknown}
        got = jax.jit(lambda d=d, k=unknown, g=given, **a: d.compile("jax")(**a, **{k: g[k]}))(**held)
        np.testing.assert_allclose(got, d.compile()(**given), rtol=1e-12)


@pytest.mark.parametrize("name", ["numpy", "torch", "jax"])
def test_arguments_are_given_by_name(name):
    if name != "numpy":
        library(name)
    for run in (
        derive("‖A x − y‖²", "x").compile(name),
        derive("‖A x − y‖²", "x").compile(name, ("value", "derivative")),
    ):
        with pytest.raises(DataError, match="arguments are given by name: A=…, x=…, y=…"):
            run(A, W, Y)


@pytest.mark.parametrize("name", ["torch", "jax"])
def test_closed_forms_for_frameworks_take_arguments_by_name(name):
    library(name)
    f = derive("‖A x − y‖²", "x")
    with pytest.raises(DataError, match="arguments are given by name"):
        (f.as_torch() if name == "torch" else f.as_jax())(A, W, Y)
