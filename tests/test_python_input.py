"""Expressions from Python's operators and from SymPy: the same as from text, or refused in the same words."""

from fractions import Fraction

import numpy as np
import pytest
import sympy

from matcalc import DataError, DeclarationError, MatcalcError, derive, from_sympy, functions, parse, symbols
from matcalc.algebra.expr import symbols_of
from matcalc.algebra.operations import REGISTRY
from matcalc.notation.declarations import Declaration
from matcalc.notation.read import read_among

A, B, S, x, z, y, t = symbols("A: m n, B: m n, S: n n, x: n, z: n, y: m, t scalar")
WHERE = {"A": "m n", "B": "m n", "S": "n n", "x": "n", "z": "n", "y": "m", "t": "scalar"}

ROWS = [
    (A @ x, "A x"),
    (A * x, "A x"),
    (x.T @ S @ x, "xᵀS x"),
    (y - A @ x, "y − A x"),
    (2 * x + x / 3, "2 x + x / 3"),
    (0.1 * x, "0.1 x"),
    (Fraction(1, 3) * x, "(1/3) x"),
    (1 - x, "1 − x"),
    (x + t, "x + t"),
    (x / z, "x ⊘ z"),
    (1 / x, "1 / x"),
    (S**2, "S²"),
    (S**-1, "S⁻¹"),
    (x**2, "x²"),
    (x**t, "x^t"),
    (2**t, "2^t"),
    (t**0.5, "t^(1/2)"),
    (-A.T, "−Aᵀ"),
    (+x, "x"),
    (abs(x), "|x|"),
    (np.float64(2) * x, "2 x"),
    (np.int64(3) * x, "3 x"),
    (functions.exp(A @ x) + 1, "exp(A x) + 1"),
    (functions.tr(functions.inv(S)), "tr(S⁻¹)"),
    (functions.hadamard(A, B), "A ⊙ B"),
    (functions.norm(y - A @ x) ** 2, "‖y − A x‖²"),
    (functions.diag(x) @ z, "diag(x) z"),
    (functions.logsumexp(x), "logsumexp(x)"),
    (functions.exp(S) + 1, "exp(S) + 1"),
]


@pytest.mark.parametrize(("e", "text"), ROWS, ids=[row[1] for row in ROWS])
def test_operators_mean_what_the_text_means(e, text):
    assert e is parse(text, declarations(e))


def declarations(e):
    """What WHERE says of the symbols of an expression."""
    return {str(s.data): WHERE[str(s.data)] for s in symbols_of(e)}


REFUSED = [
    (lambda: A + x, "A is m×n here, but x is n×1\n  A + x\n  ^   ^"),
    (lambda: x * z, "x is n×1 here, but z is n×1: 1 and n differ\n  x * z\n  ^   ^\n"),
    (lambda: A**2, "A is m×n, not square, and has no matrix power\n"),
    (lambda: S + 1, "a scalar is added to the square matrix S\n"),
    (lambda: x / S, "S is a matrix, and division by a matrix is not read\n"),
    (lambda: functions.tr(A), "tr takes X of shape n by n, and this is m×n"),
    (lambda: functions.exp("x"), "exp takes expressions and numbers, and not a str"),
    (lambda: functions.vector(t), "vector takes its size from a text\n"),
    (lambda: x * float("nan"), "nan is no number of a formula"),
    (lambda: symbols("S: n n spd"), "a symbol has a shape and no facts, and S is declared spd\n"),
    (lambda: x / 0, "division by 0"),
    (lambda: derive("xᵀx", "x", functions=["t²"]), "functions are a mapping, and not of type list\n"),
    (lambda: symbols(""), "nothing is declared\n"),
    (lambda: symbols(3), "declarations are text, and not of type int"),
]


@pytest.mark.parametrize(("build", "message"), REFUSED, ids=[str(i) for i in range(len(REFUSED))])
def test_what_is_refused(build, message):
    with pytest.raises(MatcalcError) as caught:
        build()
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("build", [lambda: x + "a", lambda: x @ None, lambda: [1] * x, lambda: np.ones(3) * x])
def test_what_is_no_expression_is_a_type_error(build):
    with pytest.raises(TypeError):
        build()


def test_every_function_of_the_notation_is_in_the_namespace():
    for name in REGISTRY.names:
        assert callable(getattr(functions, name))
    assert "exp" in dir(functions) and "inv" in dir(functions)
    with pytest.raises(AttributeError):
        functions.no_such_function  # noqa: B018


def test_derivatives_and_facts():
    assert str(derive((y - A @ x).T @ (y - A @ x) / 2, "x").expr) == "Aᵀ(A x − y)"
    assert str(derive(x.T @ S @ x, "x", where={"S": "n n symmetric"}).expr) == "2 S x"


# --- SymPy -------------------------------------------------------------------------------------------

BOTH = [
    "y − A x", "A ⊙ B", "tr(S⁻¹)", "S³", "½ xᵀS x + zᵀx", "det(S)²", "diag(x) z", "A ⊗ B", "π t²", "A.^3",
    "sin(A x)", "exp(−t)", "‖x‖²", "‖y − A x‖²", "sqrt(t)", "A : B", "I_n − S", "A 𝟏", "log(det(S))", "S⁻ᵀx", "tr(S^t)",
    "diag(S)ᵀ x", "x zᵀ", "tan(t)", "|t|", "x / t",
]  # fmt: skip


@pytest.mark.parametrize("text", BOTH)
def test_there_and_back(text):
    e = read_among(
        text, {name: Declaration(s.shape) for name, s in zip(WHERE, (A, B, S, x, z, y, t), strict=True)}
    ).expr
    there = e.to_sympy()
    assert isinstance(there, sympy.Basic)
    wrt = str(symbols_of(e)[0].data)
    assert str(derive(from_sympy(there), wrt).expr) == str(derive(e, wrt).expr)


def test_from_sympy():
    m, n = sympy.symbols("m n", integer=True, positive=True)
    X, v, w = sympy.MatrixSymbol("X", m, n), sympy.MatrixSymbol("v", n, 1), sympy.MatrixSymbol("beta", n, 1)
    a = sympy.Symbol("alpha")
    assert str(from_sympy(X * (v + a * w))) == "X(α β + v)"
    assert str(from_sympy(v.T * v / n)) == "‖v‖² / n"
    assert str(from_sympy(sympy.exp(a) * sympy.sqrt(2) / a)) == "sqrt(2) exp(α) / α"
    assert str(from_sympy(v.applyfunc(sympy.tanh))) == "tanh(v)"
    assert derive(from_sympy(sympy.Trace(X.T * X)), "X").check()
    assert str(from_sympy(sympy.Trace(v.T * w))) == "vᵀβ"


@pytest.mark.parametrize("build", [lambda: "x", lambda: 3, lambda: None])
def test_what_is_no_sympy_expression(build):
    with pytest.raises(DataError):
        from_sympy(build())


def test_what_has_no_counterpart():
    t = sympy.Symbol("t")
    for there in (sympy.Integral(t, t), sympy.gamma(t), sympy.oo, sympy.MatrixSymbol("X", 3, 3)[1, t], sympy.I * t):
        with pytest.raises(MatcalcError, match="no counterpart"):
            from_sympy(there)
    with pytest.raises(MatcalcError, match="no counterpart"):
        parse("vec(X)", {"X": "n n"}).to_sympy()
    with pytest.raises(DeclarationError):
        from_sympy(sympy.Symbol("x; import os"))
