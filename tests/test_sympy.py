"""To SymPy and back: every row comes back with its value, or is refused; sums, cases and blocks are read."""

import itertools
from pathlib import Path

import numpy as np
import pytest
import sympy
from sympy import (
    BlockDiagMatrix,
    BlockMatrix,
    FunctionMatrix,
    Heaviside,
    KroneckerDelta,
    Lambda,
    MatrixSymbol,
    Max,
    Min,
    Piecewise,
    Sum,
    Symbol,
    symbols,
)  # fmt: skip

from matcalc import derive, from_sympy, parse
from matcalc.algebra.build import apply, symbol
from matcalc.algebra.expr import Expr, symbols_of
from matcalc.algebra.operations import REGISTRY
from matcalc.algebra.shapes import dim_substitute
from matcalc.errors import MatcalcError, NotYetError
from matcalc.rulebook.table import signature_dims
from tests.evaluate import evaluate
from tests.test_every_row import SIZES, draw

DOCS = Path(__file__).parents[1] / "docs" / "sympy.md"


def rows():
    """A node of every row, with symbols for operands, and how they are drawn."""
    for op in REGISTRY:
        if not op.signature or op.name.startswith("unknown"):
            continue
        operands, _ = signature_dims(op.signature)
        yield op, apply(op, tuple([symbol(f"{name}₀", shape) for name, shape in operands]))


def there(e: Expr):
    """The expression in SymPy; None where it is refused."""
    try:
        return e.to_sympy()
    except NotYetError as error:
        assert "no counterpart in SymPy" in error.message
        return None


@pytest.mark.parametrize(("op", "e"), list(rows()), ids=[op.name for op, _ in rows()])
def test_every_row_comes_back_or_is_refused(op, e):
    written = there(e)
    if written is None:
        return
    back = from_sympy(written)
    assert back.shape == e.shape
    operands, _ = signature_dims(op.signature)
    rng = np.random.default_rng(2)
    how = [*op.sample, *["normal"] * len(operands)]
    arrays = {
        f"{name}₀": draw(way, tuple(dim_substitute(d, SIZES[0]) for d in shape), rng)
        for (name, shape), way in zip(operands, how, strict=False)
    }
    np.testing.assert_allclose(evaluate(back, arrays, SIZES[0]), evaluate(e, arrays, SIZES[0]), rtol=1e-9, atol=1e-9)


def test_the_page_says_which_rows_convert():
    page = DOCS.read_text(encoding="utf-8")
    listed = page.partition("| rows that SymPy has no counterpart of |\n|---|\n")[2].partition("\n\n")[0]
    refused = {op.name for op, e in rows() if there(e) is None}
    assert {name for name in listed.strip("| ").replace("`", "").split(", ") if name} == refused


BACK = [
    "∑_{ijkl} A_ij B_ik C_il D_jk E_jl F_kl", "∑_{kl} A_ij B_ik C_il D_jk E_jl F_kl", "softmax(A x)", "logsumexp(A x)",
    "sum(relu(A x))", "sigmoid(A x)ᵀ y", "‖A x‖₁", "[A, y; xᵀ, 1]", "∑_{i=1}^{n−1} (x_{i+1} − x_i)²", "x ⊙ softplus(x)",
    "gelu(x)", "∑ⱼ θⱼ c^j",
]  # fmt: skip
SHAPES = {"A": "m n", "x": "n", "y": "m", "θ": "d", "c": ""} | dict.fromkeys("BCDEF", "n n")


@pytest.mark.parametrize("text", BACK)
def test_there_and_back_by_value(text):
    e = parse(text, {n: ("n n" if "ijkl" in text or "kl}" in text else s) for n, s in SHAPES.items() if n in text})
    back = from_sympy(e.to_sympy())
    sizes = {"m": 3, "n": 4, "d": 2}
    rng = np.random.default_rng(3)
    arrays = {str(s.data): rng.uniform(0.3, 1.2, [dim_substitute(d, sizes) for d in s.shape]) for s in symbols_of(e)}
    np.testing.assert_allclose(evaluate(back, arrays, sizes), evaluate(e, arrays, sizes), rtol=1e-10)


# --- what SymPy has of its own ---------------------------------------------------------------------

m, n = symbols("m n", integer=True, positive=True)
i, j, k = symbols("i j k", integer=True)
A, B, S = MatrixSymbol("A", m, n), MatrixSymbol("B", n, m), MatrixSymbol("S", n, n)
x, y = MatrixSymbol("x", n, 1), MatrixSymbol("y", m, 1)
a, t = symbols("a t")

READS = [
    (Sum(A[i, j] * x[j, 0] * y[i, 0], (i, 0, m - 1), (j, 0, n - 1)), "yᵀA x"),
    (Sum(A[i, j] ** 2, (i, 0, m - 1), (j, 0, n - 1)), "‖A‖²"),
    (Sum(S[i, i], (i, 0, n - 1)), "tr(S)"),
    (Sum(x[i, 0] * Sum(S[i, j], (j, 0, n - 1)) * Sum(x[j, 0] ** 2, (j, 0, n - 1)), (i, 0, n - 1)), "‖x‖² xᵀS 𝟏"),
    (Sum(sympy.log(1 + sympy.exp(x[i, 0])), (i, 0, n - 1)), "sum(log(𝟏 + exp(x)))"),
    (Sum((y[i, 0] - Sum(A[i, j] * x[j, 0], (j, 0, n - 1))) ** 2, (i, 0, m - 1)), "‖−A x + y‖²"),
    (Sum(KroneckerDelta(i, j) * S[i, j], (i, 0, n - 1), (j, 0, n - 1)), "tr(S)"),
    (Sum(i * x[i, 0], (i, 0, n - 1)), "(positions(𝟏) − 𝟏)ᵀ x"),
    (FunctionMatrix(m, m, Lambda((i, j), Sum(A[i, k] * B[k, j], (k, 0, n - 1)))), "A B"),
    (A[1, 2], "A_{2,3}"),
    (Max(t, 0), "relu(t)"),
    (x.applyfunc(Lambda(t, Max(t, 0) ** 2)), "relu(x)²"),
    (x.applyfunc(Lambda(t, a / (1 + sympy.exp(-t)))), "a (𝟏 ⊘ (𝟏 + exp(−x)))"),
    (Heaviside(t, 0), "𝟙[t > 0]"),
    (sympy.HadamardPower(x, 3), "x³"),
    (BlockMatrix([[S, x], [x.T, sympy.Matrix([[1]])]]), "[S, x; xᵀ, 1]"),
    (sympy.Matrix([[a, t], [t, 1]]), "[a, t; t, 1]"),
    (BlockDiagMatrix(S, S), "[S, 𝟎; 𝟎, S]"),
    (x[1:n, :], "x[2:n]"),
    (sympy.Adjoint(A), "Aᵀ"),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "text"), READS, ids=[text for _, text in READS])
def test_reads_as(expression, text):
    assert str(from_sympy(expression)) == text


SCALARS = [
    Max(t, a), Min(t, a, 1), Heaviside(t), Heaviside(t, 1), sympy.erfc(t), abs(t) + sympy.sign(t),
    Piecewise((t**2, t > 0), (a * t, True)), Piecewise((1, t >= a), (t, t < 0), (0, True)),
]  # fmt: skip


@pytest.mark.parametrize("expression", SCALARS, ids=str)
def test_functions_of_numbers_by_value(expression):
    e = from_sympy(expression)
    for at_t, at_a in itertools.product((-1.5, 0.0, 0.7, 2.0), (-0.5, 0.7)):
        value = evaluate(e, {"t": np.array([[at_t]]), "a": np.array([[at_a]])}, {})
        assert np.isclose(value.item(), float(expression.subs({t: at_t, a: at_a})))


REFUSED = [
    Sum(x[i, 0], (i, 1, n - 1)),
    Sum(x[i + 1, 0], (i, 0, n - 1)),
    Sum(x[i, 0], (i, 0, m - 1)),
    S[i, j],
    Piecewise((sympy.log(t), t > 0), (0, True)),
    Piecewise((t, t > 0)),
    sympy.Product(x[i, 0], (i, 0, n - 1)),
    sympy.gamma(t),
    sympy.Derivative(sympy.Function("f")(t), t),
    Sum(sympy.gamma(x[i, 0]), (i, 0, n - 1)),
]


@pytest.mark.parametrize("expression", REFUSED, ids=str)
def test_the_rest_is_refused(expression):
    with pytest.raises(MatcalcError):
        from_sympy(expression)


# --- where SymPy may stand -------------------------------------------------------------------------


def test_sympy_in_the_questions():
    assert str(derive((A * x - y).T * (A * x - y), x).expr) == "2 Aᵀ(A x − y)"
    assert str(derive("tr(A X)", Symbol("X")).expr) == "Aᵀ"
    assert list(derive("xᵀA x", [Symbol("x"), "A"])) == ["x", "A"]
    for letter in (Symbol("X"), Symbol("t"), Symbol("Alpha")):
        d = derive("sum(f(x))", "x", functions={"f": letter**2 * sympy.exp(-letter)})
        assert d.check() and "exp(−x)" in str(d.expr)
    assert str(derive("sum(g(x))", "x", functions={"g": Max(t, 0)}).expr) == "𝟙[x > 0]"
    with pytest.raises(MatcalcError, match="needs one letter"):
        derive("sum(f(x))", "x", functions={"f": a * t})
