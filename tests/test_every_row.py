"""Every row of the rulebook and every composed map: JVP, VJP, matrix, index form and array are one derivative.

The oracle is the naive evaluator with difference quotients; nothing of the engine takes part in it.
A new row is covered without a new test: what its `sample` says is how its operands are drawn.
"""

import itertools

import numpy as np
import pytest

from matcalc import derive
from matcalc.algebra.build import apply, inner, symbol
from matcalc.algebra.expr import postorder
from matcalc.algebra.operations import REGISTRY
from matcalc.algebra.shapes import SCALAR, dim_names, dim_substitute
from matcalc.calculus.entries import linear_entries
from matcalc.calculus.index_terms import summed
from matcalc.calculus.linear import action, adjoints
from matcalc.calculus.readings import axes_of
from matcalc.calculus.sweep import expand_definitions
from matcalc.calculus.vectorised import vec_matrix
from matcalc.check import difference_quotients
from matcalc.errors import DerivativeError
from matcalc.notation.read import parse
from matcalc.rulebook.table import signature_dims
from tests.evaluate import evaluate

#: Rows that want more rows than columns.
TALL = {"lstsq"}
#: Sizes that tell rows from columns; the last makes every matrix a row or a column.
SIZES = ({"m": 3, "n": 2, "p": 2, "q": 3, "k": 2}, {"m": 2, "n": 3, "p": 3, "q": 1, "k": 1})

#: Rows without a derivative of their own: leaves, and constants of a derivative or of a solution.
WITHOUT = {"eigvecs", "eigvecsrel", "commutation", "diagonalizer"}


def draw(how, shape, rng):
    rows, _ = shape
    if how in ("spd", "invertible"):
        root = rng.normal(size=shape)
        return root @ root.T + rows * np.eye(rows)
    if how == "symmetric":
        root = rng.normal(size=shape)
        return root + root.T
    if how in ("three", "index"):
        return np.full(shape, 3.0 if how == "three" else 1.0)
    low, high = {"positive": (0.5, 1.5), "unit": (-0.8, 0.8), "above one": (1.2, 2.0)}.get(how, (-1.5, 1.5))
    return rng.uniform(low, high, shape)


def rows_with_operands():
    for op in REGISTRY:
        if op.signature and op.name not in WITHOUT and signature_dims(op.signature)[0]:
            operands, _ = signature_dims(op.signature)
            for position in range(len(operands)):
                if op.elementwise and position >= len(op.derivative):
                    continue
                yield pytest.param(op, position, id=f"{op.name}-{operands[position][0]}")


def node_of(op):
    operands, _ = signature_dims(op.signature)
    return apply(op, tuple([symbol(f"{name}₀", shape) for name, shape in operands]))


def arrays_for(op, sizes, rng):
    operands, _ = signature_dims(op.signature)
    how = [*op.sample, *["normal"] * len(operands)]
    return {
        f"{name}₀": draw(way, tuple(dim_substitute(d, sizes) for d in shape), rng)
        for (name, shape), way in zip(operands, how, strict=False)
    }


def numeric(f, name, arrays, sizes):
    """The derivative of every entry of f by every entry of a symbol, with four axes."""
    values, error = difference_quotients(lambda x: evaluate(f, {**arrays, name: x}, sizes), arrays[name])
    assert error < 1e-5
    return values


def close(got, wanted):
    scale = max(1.0, float(np.max(np.abs(wanted), initial=0.0)))
    np.testing.assert_allclose(np.asarray(got, float), wanted, rtol=0, atol=2e-6 * scale)


def index_array(differential, dx, shape, sizes, arrays):
    """The array that the index form states, with four axes."""
    marks = [(f"{a}" if shape[i] != 1 else "") for i, a in enumerate("ij")]
    own = [(f"{a}" if dx.shape[i] != 1 else "") for i, a in enumerate("kl")]
    terms = linear_entries(differential, dx, *marks, tuple(own), shown=True)
    rows, columns = (dim_substitute(d, sizes) for d in shape)
    rows_of_x, columns_of_x = (dim_substitute(d, sizes) for d in dx.shape)
    out = np.zeros((rows, columns, rows_of_x, columns_of_x))
    values = {e: evaluate(e, arrays, sizes) for term in terms for e, _, _ in term.entries}
    for at in itertools.product(*map(range, out.shape)):
        place = {"": 0, **dict(zip("ijkl", at, strict=True))}
        for term in terms:
            lengths = [index_length(term, values, i) for i in summed(term)]
            for inner_at in itertools.product(*map(range, lengths)):
                there = {**place, **dict(zip(summed(term), inner_at, strict=True))}
                for index, size in sorted(term.splits, key=lambda split: len(split[0])):
                    if index in there:
                        there[f"{index}₁"], there[f"{index}₂"] = divmod(there[index], dim_substitute(size, sizes))
                if all(there[a] == there[b] for a, b in term.deltas):
                    factors = [values[e][there[a], there[b]] for e, a, b in term.entries]
                    out[at] += float(term.number) * np.prod(factors)
    return out


def index_length(term, values, index):
    """How far a summed index runs: the length of an axis where it stands."""
    for e, a, b in term.entries:
        if index in (a, b):
            return values[e].shape[(a, b).index(index)]
    raise AssertionError(f"{index} stands nowhere")


def check_all_readings(f, x, arrays, sizes, rng):
    """JVP = VJP = matrix = index form = numeric derivative, and ⟨L H, G⟩ = ⟨H, L*G⟩."""
    name = x.data
    wanted = numeric(f, name, arrays, sizes)
    dx, u = symbol("H₀", x.shape), symbol("U₀", f.shape)
    h, g = rng.normal(size=arrays[name].shape), rng.normal(size=wanted.shape[:2])
    known = {**arrays, "H₀": h, "U₀": g}
    moved = action(f, x, dx)
    pulled = adjoints(f, (x,), u)[x]
    forward, back = evaluate(moved, known, sizes), evaluate(pulled, known, sizes)
    close(forward, np.einsum("ijkl,kl->ij", wanted, h))
    close(back, np.einsum("ijkl,ij->kl", wanted, g))
    assert np.sum(forward * g) == pytest.approx(np.sum(h * back), rel=1e-9, abs=1e-9)
    try:
        matrix = vec_matrix(moved, dx)
    except DerivativeError:
        matrix = None
    if matrix is not None:
        n = wanted.shape[0] * wanted.shape[1]
        close(evaluate(matrix, arrays, sizes), wanted.transpose(1, 0, 3, 2).reshape(n, -1))
    try:
        stated = index_array(moved, dx, f.shape, sizes, arrays)
    except DerivativeError:
        return matrix is not None
    close(stated, wanted)
    return True


@pytest.mark.parametrize(("op", "position"), list(rows_with_operands()))
def test_row(op, position):
    rng = np.random.default_rng(7)
    f = node_of(op)
    name, shape = signature_dims(op.signature)[0][position]
    x = symbol(f"{name}₀", shape)
    for sizes in SIZES[: 1 if op.name in TALL else 2]:
        names = {d for s in f.args for dim in s.shape for d in dim_names(dim)}
        if not names <= sizes.keys():
            pytest.fail(f"the test has no size for {names}")
        arrays = arrays_for(op, sizes, rng)
        try:
            adjoints(f, (x,))
        except DerivativeError:
            assert not op.differential or f"d{name}" not in op.differential, "a row with a rule must be differentiated"
            return
        check_all_readings(f, x, arrays, sizes, rng)


@pytest.mark.parametrize(("op", "position"), list(rows_with_operands()))
def test_array_of_row(op, position):
    """The compiled array of the derivative against difference quotients, axes of the function first."""
    rng = np.random.default_rng(11)
    f = node_of(op)
    name, shape = signature_dims(op.signature)[0][position]
    if symbol(f"{name}₀", shape) not in postorder(f):
        return
    try:
        d = derive(f, f"{name}₀")
    except DerivativeError:
        return
    sizes = SIZES[0]
    arrays = arrays_for(op, sizes, rng)
    wanted = numeric(f, f"{name}₀", arrays, sizes)
    axes = [dim_substitute(a, sizes) for a in axes_of(f.shape) + axes_of(shape)]
    shapes = {arg.data: arg.shape for arg in f.args if arg.op.name == "symbol"}
    if len(shapes) < len(f.args):
        return
    given = {n: arrays[n].reshape([dim_substitute(d, sizes) for d in axes_of(shapes[n])]) for n in d.where}
    close(d.compile()(**given), wanted.reshape(axes))


COMPOSED = [
    ("tanh(W x + b)", "W"), ("tanh(W x + b)", "x"), ("X⁻¹ A X", "X"), ("diag(x) A diag(x)", "x"),
    ("A X B + C Xᵀ D", "X"), ("(X ⊙ X) A", "X"), ("X Xᵀ X", "X"), ("tr(X) X", "X"), ("diag(X A) ", "X"),
    ("softmax(W x)", "W"), ("xᵀA x x", "x"), ("‖x‖ A x", "x"), ("vec(A X)", "X"), ("A ⊗ X", "X"), ("X ⊗ X", "X"),
    ("logdet(X) X⁻¹", "X"), ("expm(A X)", "X"), ("sqrtm(XᵀX + I)", "X"), ("tril(X Xᵀ) X", "X"), ("X³", "X"),
    ("𝟏ᵀX diag(x)", "X"), ("sum(X) Xᵀ", "X"), ("relu(X A) B", "X"), ("(A ⊙ (x yᵀ)) z", "x"), ("inv(A + x yᵀ) y", "x"),
    ("[A, B]ᵀ [A, B]", "A"), ("inv([A, x; xᵀ, 1])", "A"), ("[(A x); tanh(x)]", "x"), ("[A, x; xᵀ, 1] [x; 1]", "x"),
    ("A ⊗ (X B)", "X"), ("vec(A X B) xᵀ", "X"), ("x ⊗ (A x)", "x"), ("A ⊗ (B ⊗ X)", "X"),
    ("triu(A X) x", "X"), ("[A, x; xᵀ, 1] ⊗ x", "x"), ("vec(X ⊗ X)", "X"),
    ("∑_{kl} A_ij B_ik C_il D_jk E_jl F_kl", "F"), ("∑_{jkl} A_ij B_ik C_il D_jk E_jl F_kl", "B"),
    ("∑_{jkl} x_j A_ij B_ik C_il D_jk E_jl F_kl x_k", "x"), ("∑_{ijkl} A_ij B_ik C_il D_jk E_jl X_kl x_i", "X"),
    ("∑_{jkl} X_ij X_ik X_il X_jk X_jl X_kl", "X"), ("A (∑_{kl} X_ij exp(B)_ik C_il D_jk E_jl F_kl)ᵢⱼ x", "B"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "wrt"), COMPOSED, ids=[f"{f} by {x}" for f, x in COMPOSED])
def test_composed_map(text, wrt):
    rng = np.random.default_rng(3)
    f = expand_definitions(parse(text), ())
    symbols = {node.data: node for node in postorder(f) if node.op.name == "symbol"}
    dims = dict.fromkeys(d for s in symbols.values() for dim in s.shape for d in dim_names(dim))
    sizes = {d: 2 + i % 3 for i, d in enumerate(dims)}
    arrays = {
        n: draw(
            "spd" if s.shape[0] == s.shape[1] != 1 else "normal", tuple(dim_substitute(d, sizes) for d in s.shape), rng
        )
        for n, s in symbols.items()
    }
    check_all_readings(f, symbols[wrt], arrays, sizes, rng)


DECLARED = [
    ("(A ⊗ X) B", "X", {"A": "m n", "X": "p q", "B": "n*q k"}),
    ("C (X ⊗ x)", "X", {"C": "k m*n", "X": "m p", "x": "n"}),
    ("(A ⊗ X) vec(B X)", "X", {"A": "m q", "X": "k q", "B": "q k"}),
    ("[A, B] C", "A", {"A": "m n", "B": "m p", "C": "n+p q"}),
    ("tril(A X) ⊗ x", "X", {"A": "m n", "X": "n p", "x": "q"}),
]


@pytest.mark.parametrize(("text", "wrt", "where"), DECLARED, ids=[f"{f} by {x}" for f, x, _ in DECLARED])
def test_declared_map(text, wrt, where):
    """Indices that stand for two, summed over and not."""
    rng = np.random.default_rng(6)
    f = expand_definitions(parse(text, where=where), ())
    symbols = {node.data: node for node in postorder(f) if node.op.name == "symbol"}
    dims = dict.fromkeys(d for s in symbols.values() for dim in s.shape for d in dim_names(dim))
    sizes = {d: 2 + i % 2 for i, d in enumerate(dims)}
    arrays = {n: rng.normal(size=[dim_substitute(d, sizes) for d in s.shape]) for n, s in symbols.items()}
    assert check_all_readings(f, symbols[wrt], arrays, sizes, rng)


def test_inner_products_and_scalars_take_part():
    a, x = symbol("A", ("m", "n")), symbol("X", ("m", "n"))
    rng = np.random.default_rng(5)
    sizes = {"m": 2, "n": 3}
    arrays = {"A": rng.normal(size=(2, 3)), "X": rng.normal(size=(2, 3))}
    f = inner(a, x)
    assert f.shape == SCALAR
    assert check_all_readings(f, x, arrays, sizes, rng)


SCALED = [op for op in REGISTRY if op.parity or op.degree is not None or op.squares]


@pytest.mark.parametrize("op", SCALED, ids=repr)
@pytest.mark.parametrize("sizes", SIZES, ids=["rectangular", "thin"])
def test_parity_degree_and_squares_are_what_the_row_says(op, sizes):
    """f(−X), f(c X) and f(X)² by value; that the scalings are true is seen by scalings that are not."""
    assert op.signature and op.parity in ("", "even", "odd")
    arrays = arrays_for(op, sizes, np.random.default_rng(1))
    name, (node, x) = next(iter(arrays)), (node_of(op), next(iter(arrays.values())))
    value = evaluate(node, arrays, sizes)
    scale = {"even": 1, "odd": -1}.get(op.parity)
    if scale is not None:
        np.testing.assert_allclose(evaluate(node, {**arrays, name: -x}, sizes), scale * value)
    if op.degree is not None:
        np.testing.assert_allclose(evaluate(node, {**arrays, name: 0.3 * x}, sizes), 0.3**op.degree * value)
    if op.squares:
        np.testing.assert_allclose(value**2, x**2)
