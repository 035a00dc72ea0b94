"""Functions of whole arrays that are not linear: determinants, norms and extremes, softmax, matrix powers.

Each row gives its differential, in the metavariables of the signature, the value Y and dX for an operand X.
"""

from __future__ import annotations

from matcalc.algebra.build import (
    apply,
    dimension,
    divide,
    inner,
    multiply,
    norm,
    ones,
    sqrt,
    subtract,
)
from matcalc.algebra.expr import Expr
from matcalc.algebra.operations import Operation
from matcalc.algebra.shapes import dim_mul
from matcalc.rulebook.reductions import DIAG, DIAGONAL, KRON, SUM, TRACE, VEC
from matcalc.rulebook.table import row

__all__ = ["DIAG", "DIAGONAL", "KRON", "LOGSUMEXP", "SOFTMAX", "SUM", "TRACE", "VEC"]

_MN = "Magnus & Neudecker, 3rd ed."
_CB = "Petersen & Pedersen, The Matrix Cookbook (2012)"
Args = tuple[Expr, ...]

# --- determinants --------------------------------------------------------------------------------

row(
    "det",
    "X: n n -> 1 1",
    transpose="blind",
    differential="Y tr(X⁻¹ dX)",
    numpy="np.linalg.det({0})",
    domain=("{0} invertible",),
    latex=r"\det\left({0}\right)",
    sample=("invertible",),
    facts=("spd -> positive", "psd -> nonnegative", "invertible <-> nonzero"),
    source=f"{_MN}, §8.3, theorem 8.1 (Jacobi's formula)",
    title="Jacobi's formula",
)
row(
    "logdet",
    "X: n n -> 1 1",
    transpose="blind",
    differential="tr(X⁻¹ dX)",
    numpy="np.linalg.slogdet({0})[1]",
    sample=("invertible",),
    domain=("{0} invertible",),
    source=f"{_MN}, §8.3, theorem 8.2",
    title="differential of log det",
)

# --- norms, extremes, vectors --------------------------------------------------------------------

row(
    "norm1",
    "X: m n -> 1 1",
    transpose="blind",
    differential="sign(X) : dX",
    numpy="np.abs({0}).sum()",
    text="‖{0}‖₁",
    latex=r"\left\|{0}\right\|_1",
    domain=("no entry of {0} is 0",),
    facts=("nonnegative",),
    curvature="convex",
    parity="even",
    degree=1,
    source="Boyd & Vandenberghe, §A.1",
    title="differential of the 1-norm",
)
row(
    "norminf",
    "X: m n -> 1 1",
    transpose="blind",
    differential="signmax(X) : dX",
    numpy="np.abs({0}).max()",
    text="‖{0}‖_∞",
    latex=r"\left\|{0}\right\|_\infty",
    domain=("one entry of {0} alone is largest in modulus",),
    facts=("nonnegative",),
    curvature="convex",
    parity="even",
    degree=1,
    source="Boyd & Vandenberghe, §A.1",
    title="differential of the ∞-norm",
)
row(
    "max",
    "X: m n -> 1 1",
    transpose="blind",
    differential="argmax(X) : dX",
    numpy="{0}.max()",
    latex=r"\max\left({0}\right)",
    domain=("one entry of {0} alone is largest",),
    curvature="convex",
    degree=1,
    source="Danskin's theorem",
)
row(
    "min",
    "X: m n -> 1 1",
    transpose="blind",
    differential="argmin(X) : dX",
    numpy="{0}.min()",
    latex=r"\min\left({0}\right)",
    domain=("one entry of {0} alone is smallest",),
    curvature="concave",
    degree=1,
    source="Danskin's theorem",
)
# Indicators of the extreme entry (1, or the sign of the entry, there; 0 elsewhere): constant almost everywhere.
for _name, _numpy in (
    ("signmax", "np.where(np.abs({0}) == np.abs({0}).max(), np.sign({0}), 0.0)"),
    ("argmax", "({0} == {0}.max()).astype(float)"),
    ("argmin", "({0} == {0}.min()).astype(float)"),
):
    row(
        _name,
        "X: m n -> m n",
        differential="𝟎",
        numpy=_numpy,
        domain=("the extreme entry of {0} is unique",),
        transpose="commutes",
        source="constant almost everywhere",
    )
SOFTMAX = row(
    "softmax",
    "x: n 1 -> n 1",
    differential="Y ⊙ dx − Y (Yᵀ dx)",
    numpy="softmax({0})",
    facts=("positive", "unit"),
    source="Bishop, PRML, eq. 4.106",
)
LOGSUMEXP = row(
    "logsumexp",
    "x: n 1 -> 1 1",
    differential="softmax(x) : dx",
    numpy="logsumexp({0})",
    curvature="convex",
    source="Boyd & Vandenberghe, §3.1.5",
)

# --- matrix powers and functions -----------------------------------------------------------------

row(
    "trpow",
    "X: n n, N: 1 1 -> 1 1",
    transpose="blind",
    differential="N tr(X^(N − 1) dX)",
    text="tr({0}^({1}))",
    numpy="np.trace(np.linalg.matrix_power({0}, int({1})))",
    latex=r"\operatorname{tr}\left({0}^{{{1}}}\right)",
    callable_from_text=False,
    sample=("normal", "three"),
    source=f"{_CB}, eq. 121",
    title="differential of tr Xᴺ",
)
row(
    "expm",
    "X: n n -> n n",
    differential="frechet_expm(X, dX)",
    transpose="commutes",
    numpy="expm({0})",
    facts=("invertible",),
    source="Higham, Functions of Matrices, §3.2 and §10.2",
    title="Fréchet derivative of the exponential",
)
row(
    "frechet_expm",
    "X: n n, E: n n -> n n",
    adjoint=("", "frechet_expm(Xᵀ, G)"),
    transpose="commutes",
    numpy="expm_frechet({0}, {1}, compute_expm=False)",
    source="Higham, Functions of Matrices, §3.2",
)
row(
    "trexpm",
    "X: n n -> 1 1",
    transpose="blind",
    differential="expm(X)ᵀ : dX",
    numpy="np.trace(expm({0}))",
    text="tr(expm({0}))",
    latex=r"\operatorname{tr}\left(\operatorname{expm}\left({0}\right)\right)",
    callable_from_text=False,
    source="Higham, Functions of Matrices, §3.2",
    title="differential of tr expm",
)


# --- names that stand for a composition: they are read, and never appear in an expression ----------


def _count(x: Expr) -> Expr:
    return dimension(dim_mul(*x.shape))


def _composition(name: str, signature: str, build: object, **rest: object) -> Operation:
    return row(name, signature, build=build, **rest)


def _variance(x: Expr) -> Expr:
    """The mean of the squared distances from the mean."""
    mean = divide(apply(SUM, (x,)), _count(x))
    centred = subtract(x, multiply(mean, ones(*x.shape)))
    return divide(inner(centred, centred), _count(x))


_composition("mean", "X: m n -> 1 1", lambda args, data: divide(apply(SUM, args), _count(args[0])))
_composition("var", "X: m n -> 1 1", lambda args, data: _variance(args[0]))
_composition("std", "X: m n -> 1 1", lambda args, data: sqrt(_variance(args[0])))
_composition("norm", "X: m n -> 1 1", lambda args, data: norm(args[0]), aliases=("norm2", "normF"))
_composition("sqrt", "X: m n -> m n", lambda args, data: sqrt(args[0]), sample=("positive",))

# --- positions and their powers: what polynomials in index notation become --------------------------

row(
    "positions",
    "x: n 1 -> n 1",
    differential="𝟎",
    numpy="np.arange(1.0, {0}.size + 1)",
    facts=("positive",),
    source="the entries 1, …, n, as many as x has",
)
row(
    "powers",
    "x: m 1, p: n 1 -> m n",
    differential="diag(dx) powers(x, p − 𝟏) diag(p) + diag(log(x)) powers(x, p) diag(dp)",
    numpy="np.power.outer({0}, {1})",
    sample=("positive", "normal"),
    domain=("{0} > 0, or {1} whole",),
    source="Golub & Van Loan, 4th ed., §4.6 (Vandermonde matrices): the entry i, j is xᵢ to the power pⱼ",
)
