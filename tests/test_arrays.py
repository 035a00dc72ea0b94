"""Arrays of three axes and more: by value against difference quotients, in every printer, and what is never formed."""

import re

import numpy as np
import pytest

from matcalc import derive
from matcalc.codegen.sampling import sample
from tests.test_printers import BOTH, agree, needs

#: Text, variable, declarations, order.
ARRAYS = [
    ("‖X‖⁴", "X", "X: n m", 2),
    ("‖X‖", "X", "X: n m", 2),
    ("tr(X A Xᵀ B)", "X", "X: n m, A: m m, B: n n", 2),
    ("tr(XᵀX XᵀX)", "X", "X: n m", 2),
    ("logdet(X)", "X", "X: n n invertible", 2),
    ("logdet(XᵀX)", "X", "X: n m", 2),
    ("tr(X⁻¹)", "X", "X: n n invertible", 2),
    ("tr(A X⁻¹ B)", "X", "X: n n invertible, A: k n, B: n k", 2),
    ("‖A X B − C‖²", "X", "X: n m, A: p n, B: m q, C: p q", 2),
    ("‖A X − C‖²", "X", "X: n m, A: p n, C: p m", 2),
    ("‖C − X Xᵀ‖²", "X", "X: n k, C: n n", 2),
    ("sum(exp(A X))", "X", "X: n m, A: p n", 2),
    ("sum(exp(A X B))", "X", "X: n m, A: p n, B: m q", 2),
    ("sum(log(1 + exp(A X B)))", "X", "X: n m, A: p n, B: m q", 2),
    ("½‖tanh(X P) Q − Y‖²", "P", "X: n d, P: d h, Q: h o, Y: n o", 2),
    ("½‖tanh(X P) Q − Y‖²", "Q", "X: n d, P: d h, Q: h o, Y: n o", 2),
    ("½‖tanh(tanh(X P) Q) − Y‖²", "P", "X: n d, P: d h, Q: h o, Y: n o", 2),
    ("𝟏ᵀlog(exp(X W) 𝟏) − tr(YᵀX W)", "W", "X: n d, W: d c, Y: n c", 2),
    ("‖M ⊙ (R − U Vᵀ)‖²", "U", "R: m n, M: m n, U: m k, V: n k", 2),
    ("sum(X ⊙ X ⊙ X)", "X", "X: n m", 2),
    ("xᵀX Xᵀx", "X", "X: n m, x: n", 2),
    ("(xᵀX y)²", "X", "X: n m, x: n, y: m", 2),
    ("tr(X)²", "X", "X: n n", 2),
    ("‖X‖² tr(X)", "X", "X: n n", 2),
    ("sum(X)³", "X", "X: n m", 2),
    ("tr(X A X B)", "X", "X: n n, A: n n, B: n n", 2),
    ("tr(X³)", "X", "X: n n", 2),
    ("logsumexp(A X b)", "X", "X: n m, A: p n, b: m", 2),
    ("½‖Y − tanh(W x) qᵀ‖²", "W", "W: m n, x: n, q: k, Y: m k", 2),
    ("‖diag(v) X‖² + tr(X diag(w) Xᵀ)", "X", "X: n m, v: n, w: m", 2),
    ("z = X W; h = tanh(z); ½‖h Q − Y‖²", "W", "X: n d, W: d h, Q: h o, Y: n o", 2),
    ("A X B", "X", "X: n m, A: p n, B: m q", 1),
    ("X⁻¹", "X", "X: n n invertible", 1),
    ("A X⁻¹ B", "X", "X: n n invertible, A: k n, B: n k", 1),
    ("XᵀX", "X", "X: n m", 1),
    ("X A Xᵀ", "X", "X: n m, A: m m", 1),
    ("A ⊙ X", "X", "X: n m, A: n m", 1),
    ("exp(A X)", "X", "X: n m, A: p n", 1),
    ("X³", "X", "X: n n", 1),
    ("X diag(v) Xᵀ", "X", "X: n m, v: m", 1),
    ("tr(X) A", "X", "X: n n, A: m k", 1),
    ("sum(X) 𝟏 vᵀ + 0 wᵀw vᵀ v w vᵀ", "X", "X: n m, v: m, w: n", 1),
    ("X x xᵀ", "X", "X: m n, x: n", 1),
    ("X x", "X", "X: m n, x: n", 1),
    ("xᵀX", "X", "X: m n, x: m", 1),
    ("tanh(W x + b)", "W", "W: m n, x: n, b: m", 1),
    ("softmax(X w)", "X", "X: n d, w: d", 1),
    ("diag(X Xᵀ)", "X", "X: n m", 1),
    ("X/‖X‖", "X", "X: n m", 1),
    ("x xᵀ", "x", "x: n", 1),
    ("diag(x) A", "x", "A: n m, x: n", 1),
    ("x yᵀ + y xᵀ", "x", "x: n, y: n", 1),
    ("vec(X Xᵀ)", "X", "X: n m", 1),
    ("X ⊗ A", "X", "X: n m, A: p q", 1),
]
IDS = [f"{text} by {wrt}" for text, wrt, _, _ in ARRAYS]


def arrays_of(case, **sizes):
    text, wrt, where, order = case
    d = derive(text, wrt, where=where, order=order)
    names = sorted({n for dims in (s.shape for s in d._symbols.values()) for n in dims if isinstance(n, str)})
    some = {n: 2 + i for i, n in enumerate(names)} | {"n": 7} | sizes
    return d, sample(d._symbols, some, np.random.default_rng(1))


def quotients(function, given, wrt, step=1e-5):
    at = given[wrt]
    out = None
    for entry in np.ndindex(at.shape):
        shift = np.zeros(at.shape)
        shift[entry] = step
        above, below = (np.asarray(function(**{**given, wrt: at + s})) for s in (shift, -shift))
        out = np.empty((*above.shape, *at.shape)) if out is None else out
        out[(..., *entry)] = (above - below) / (2 * step)
    return out


@pytest.mark.parametrize("case", ARRAYS, ids=IDS)
def test_an_array_is_the_difference_quotients(case):
    text, wrt, where, order = case
    for sizes in ({}, {"n": 1}, {"m": 1, "d": 1, "k": 1, "h": 1}):
        if 1 in sizes.values() and (text == "logdet(XᵀX)" or "⊗" in text):
            continue
        d, given = arrays_of(case, **sizes)
        copies = {n: a.copy() for n, a in given.items()}
        got = d.compile()(**given)
        lower = derive(text, wrt, where=where).compile() if order == 2 else d.compile(what="value")
        want = quotients(lower, given, wrt)
        assert got.shape == want.shape
        np.testing.assert_allclose(got, want, atol=1e-6 * max(1.0, np.abs(want).max()))
        assert all((copies[n] == a).all() for n, a in given.items())
        names: dict = {}
        exec(d.code(), names)
        agree(names["value_and_derivative"](*[given[n] for n, _ in d.program.inputs])[1:], [got])


@pytest.mark.parametrize("library", ["numpy", pytest.param("array_api_strict", marks=needs("array_api_strict"))])
@pytest.mark.parametrize("case", ARRAYS, ids=IDS)
def test_arrays_in_the_array_api(case, library):
    xp = __import__(library)
    if not hasattr(np.ndarray, "__array_namespace__"):
        pytest.skip("NumPy before 2 is no array API namespace")
    (d, given), names = arrays_of(case), {}
    exec(d.code("xp"), names)
    got = names["value_and_derivative"](*[xp.asarray(given[n]) for n, _ in d.program.inputs])
    agree(got, d.compile(what=BOTH)(**given))


@pytest.mark.parametrize(
    "target", [pytest.param("jax", marks=needs("jax")), pytest.param("torch", marks=needs("torch"))]
)
@pytest.mark.parametrize("case", ARRAYS, ids=IDS)
def test_arrays_by_other_libraries(case, target):
    if target == "jax":
        import jax

        jax.config.update("jax_enable_x64", True)
    d, given = arrays_of(case)
    agree(d.compile(target, BOTH)(**given), d.compile(what=BOTH)(**given))


#: Those whose entries are no sums of products of entries; all others need no matrix that acts on a vec.
BY_VEC = ("vec(X Xᵀ)", "X ⊗ A")


@pytest.mark.parametrize("case", ARRAYS, ids=IDS)
def test_no_matrix_that_acts_on_a_vec_is_formed(case):
    source = arrays_of(case)[0].compile().source
    assert bool(re.search(r'np\.kron|swapaxes|order="F"|np\.diag\(', source)) == (case[0] in BY_VEC)
    assert "np.ones" not in source  # what does not depend on an index is broadcast
