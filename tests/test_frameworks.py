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
