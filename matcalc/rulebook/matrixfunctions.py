"""Functions of a matrix as a whole: logarithm, root, pseudoinverse, adjugate; eigenvalues and singular values.

A formula of one variable such as 1/t is never used where matrices need not commute: the
differential of f(X) is its Fréchet derivative, an operation of its own that is linear in the
direction, or the solution of a linear equation. Only under a trace is d tr f(X) = tr(f′(X) dX).
"""

from __future__ import annotations

from collections.abc import Hashable

from matcalc.algebra.build import apply, inverse, multiply, negate, transpose
from matcalc.algebra.expr import Expr
from matcalc.algebra.operations import REGISTRY
from matcalc.rulebook.table import row

__all__: list[str] = []

_HIGHAM = "Higham, Functions of Matrices (2008)"
_MN = "Magnus & Neudecker, 3rd ed."
Args = tuple[Expr, ...]

# --- the logarithm and the root --------------------------------------------------------------------

_PRINCIPAL = "{0} has no eigenvalue on the closed negative real axis"

row(
    "logm",
    "X: n n -> n n",
    differential="frechet_logm(X, dX)",
    transpose="commutes",
    numpy="logm({0})",
    domain=(_PRINCIPAL,),
    sample=("spd",),
    source=f"{_HIGHAM}, §3.2 and §11.8",
    title="Fréchet derivative of the logarithm",
)
row(
    "frechet_logm",
    "X: n n, E: n n -> n n",
    adjoint=("", "frechet_logm(Xᵀ, G)"),
    transpose="commutes",
    numpy="logm(np.block([[{0}, {1}], [np.zeros_like({0}), {0}]]))[:len({0}), len({0}):]",
    domain=(_PRINCIPAL,),
    sample=("spd", "normal"),
    source=f"{_HIGHAM}, theorem 3.6: f of the block triangular matrix",
)
row(
    "trlogm",
    "X: n n -> 1 1",
    transpose="blind",
    differential="tr(X⁻¹ dX)",
    numpy="np.trace(logm({0}))",
    text="tr(logm({0}))",
    latex=r"\operatorname{tr}\left(\operatorname{logm}\left({0}\right)\right)",
    callable_from_text=False,
    domain=(_PRINCIPAL,),
    sample=("spd",),
    source=f"{_HIGHAM}, §3.2: d tr f(X) = tr(f′(X) dX)",
)
row(
    "sqrtm",
    "X: n n -> n n",
    differential="sylvester(Y, Y, dX)",
    transpose="commutes",
    numpy="sqrtm({0})",
    domain=(_PRINCIPAL,),
    facts=("spd -> spd", "spd -> invertible"),
    sample=("spd",),
    source=f"{_HIGHAM}, §6.1: Y dY + dY Y = dX",
    title="differential of the matrix root",
)
row(
    "trsqrtm",
    "X: n n -> 1 1",
    transpose="blind",
    differential="½ tr(sqrtm(X)⁻¹ dX)",
    numpy="np.trace(sqrtm({0}))",
    text="tr(sqrtm({0}))",
    latex=r"\operatorname{tr}\left(\operatorname{sqrtm}\left({0}\right)\right)",
    callable_from_text=False,
    domain=(_PRINCIPAL,),
    sample=("spd",),
    source=f"{_HIGHAM}, §3.2: d tr f(X) = tr(f′(X) dX)",
)
# --- generalised inverses --------------------------------------------------------------------------

row(
    "pinv",
    "X: m n -> n m",
    differential="−Y dX Y + Y Yᵀ dXᵀ (I − X Y) + (I − Y X) dXᵀ Yᵀ Y",
    transpose="commutes",
    numpy="np.linalg.pinv({0})",
    domain=("the rank of {0} is constant nearby",),
    source="Golub & Pereyra 1973, eq. 4.12",
    title="differential of the pseudo-inverse",
)


def _adjugate(args: Args, data: Hashable) -> Expr:
    """det(X) X⁻¹: the closed form at an invertible X."""
    return multiply(apply(REGISTRY["det"], args), inverse(args[0]))


row("adjugate", "X: n n -> n n", aliases=("adj",), build=_adjugate, source=f"{_MN}, §1.9")

# --- integer powers --------------------------------------------------------------------------------

row(
    "frechet_power",
    "X: n n, N: 1 1, E: n n -> n n",
    adjoint=("", "", "frechet_power(Xᵀ, N, G)"),
    numpy="np.linalg.matrix_power(np.block([[{0}, {2}], [np.zeros_like({0}), {0}]]), int({1}))[:len({0}), len({0}):]",
    sample=("normal", "three", "normal"),
    source=f"{_HIGHAM}, theorem 3.6: f of the block triangular matrix",
)

# --- eigenvalues of symmetric matrices, singular values ----------------------------------------------

# What is not symmetric is read by its symmetric part, so that every entry has a derivative of its own.
row(
    "eigmax",
    "X: n n -> 1 1",
    aliases=("λ_max", "λmax", "lambdamax"),
    transpose="blind",
    differential="eigvec(X)ᵀ dX eigvec(X)",
    letter="λ",
    meaning="the largest eigenvalue of {0}",
    numpy="np.linalg.eigvalsh(({0} + {0}.T) / 2)[-1]",
    latex=r"\lambda_{\max}\left({0}\right)",
    curvature="convex",
    domain=("{0} symmetric", "the largest eigenvalue of {0} is simple"),
    sample=("symmetric",),
    facts=("spd -> positive", "psd -> nonnegative"),
    source=f"{_MN}, §8.9, theorem 8.9",
    title="differential of a simple eigenvalue",
)
row(
    "eigvec",
    "X: n n -> n 1",
    differential="½ resolvent(X) (dX + dXᵀ) Y",
    letter="v",
    meaning="the unit eigenvector of {0} for its largest eigenvalue",
    numpy="np.linalg.eigh(({0} + {0}.T) / 2)[1][:, -1]",
    domain=("{0} symmetric", "the largest eigenvalue of {0} is simple"),
    sample=("symmetric",),
    source="Magnus 1985, Econometric Theory 1, theorem 1: dv = (λ I − X)⁺ dX v",
    title="differential of an eigenvector",
)
row(
    "resolvent",
    "X: n n -> n n",
    transpose="invariant",
    differential="½ (Y (dX + dXᵀ) Y − (eigvec(X)ᵀ (dX + dXᵀ) eigvec(X)) Y Y"
    " − Y Y (dX + dXᵀ) eigvec(X) eigvec(X)ᵀ − eigvec(X) eigvec(X)ᵀ (dX + dXᵀ) Y Y)",
    letter="R",
    meaning="the pseudoinverse of λ_max({0}) I − {0}",
    numpy="(lambda w, v: (v[:, :-1] / (w[-1] - w[:-1])) @ v[:, :-1].T)(*np.linalg.eigh(({0} + {0}.T) / 2))",
    domain=("{0} symmetric", "the largest eigenvalue of {0} is simple"),
    sample=("symmetric",),
    facts=("psd",),
    source="Magnus 1985, Econometric Theory 1: (λ I − X)⁺ of the largest eigenvalue; Golub & Pereyra 1973, eq. 4.12",
    title="differential of the reduced inverse",
)
row(
    "eigmin",
    "X: n n -> 1 1",
    aliases=("λ_min", "λmin", "lambdamin"),
    build=lambda args, data: negate(apply(REGISTRY["eigmax"], (negate(args[0]),))),
    source="the largest eigenvalue of −X",
)
row(
    "spectral",
    "X: m n -> 1 1",
    aliases=("σ_max", "σmax", "sigmamax"),
    transpose="blind",
    differential="leftsingular(X)ᵀ dX rightsingular(X)",
    letter="σ",
    meaning="the largest singular value of {0}",
    numpy="np.linalg.norm({0}, 2)",
    latex=r"\sigma_{\max}\left({0}\right)",
    curvature="convex",
    domain=("the largest singular value of {0} is simple",),
    facts=("nonnegative",),
    source=f"{_MN}, §8.11: du with singular vectors u and v of the largest singular value",
    title="differential of the largest singular value",
)
# The two vectors have one sign in common: both come from one decomposition, which code computes alike for both.
row(
    "leftsingular",
    "X: m n -> m 1",
    differential="resolvent(X Xᵀ) (spectral(X) dX rightsingular(X) + X dXᵀ Y)",
    letter="u",
    meaning="the unit left singular vector of {0} for its largest singular value",
    numpy="np.linalg.svd({0}, full_matrices=False)[0][:, 0]",
    domain=("the largest singular value of {0} is simple",),
    source="Magnus 1985 on the symmetric matrix [𝟎, X; Xᵀ, 𝟎]: its eigenvector [u; v] for σ",
    title="differential of a singular vector",
)
row(
    "rightsingular",
    "X: m n -> n 1",
    differential="resolvent(XᵀX) (spectral(X) dXᵀ leftsingular(X) + Xᵀ dX Y)",
    letter="v",
    meaning="the unit right singular vector of {0} for its largest singular value",
    numpy="np.linalg.svd({0}, full_matrices=False)[2][0]",
    domain=("the largest singular value of {0} is simple",),
    source="Magnus 1985 on the symmetric matrix [𝟎, X; Xᵀ, 𝟎]: its eigenvector [u; v] for σ",
    title="differential of a singular vector",
)
row(
    "singularpair",
    "X: m n -> m n",
    build=lambda args, data: multiply(
        apply(REGISTRY["leftsingular"], args), transpose(apply(REGISTRY["rightsingular"], args))
    ),
    source="u vᵀ of the left and right singular vectors of the largest singular value",
)
row(
    "nuclear",
    "X: m n -> 1 1",
    transpose="blind",
    differential="polar(X) : dX",
    numpy="np.linalg.norm({0}, 'nuc')",
    text="‖{0}‖_*",
    latex=r"\left\|{0}\right\|_*",
    curvature="convex",
    domain=("{0} has full rank",),
    facts=("nonnegative",),
    source="Watson 1992: U Vᵀ of the singular vectors",
    title="differential of the nuclear norm",
)
row(
    "polar",
    "X: m n -> m n",
    transpose="commutes",
    differential="frechet_polar(X, dX)",
    letter="Q",
    meaning="U Vᵀ of the thin singular value decomposition {0} = U Σ Vᵀ",
    numpy="(lambda u, s, vt: u @ vt)(*np.linalg.svd({0}, full_matrices=False))",
    domain=("{0} has full rank",),
    source=f"{_HIGHAM}, §8.1: U Vᵀ of the thin singular value decomposition",
    title="differential of the polar factor",
)
# With X = U S Vᵀ and Q = U Vᵀ: dQ = U ((W − Wᵀ) ⊘ (s 𝟏ᵀ + 𝟏 sᵀ)) Vᵀ + (I − U Uᵀ) E V S⁻¹ Vᵀ + U S⁻¹ Uᵀ E (I − V Vᵀ)
# with W = Uᵀ E V: the first term solves the Lyapunov equation for the skew part of QᵀdQ, the others are what leaves
# the columns and the rows. As the second differential of the nuclear norm it is its own adjoint.
row(
    "frechet_polar",
    "X: m n, E: m n -> m n",
    adjoint=("", "frechet_polar(X, G)"),
    transpose="commutes",
    numpy="(lambda e, u, s, vt: u @ ((u.T @ e @ vt.T - vt @ e.T @ u) / np.add.outer(s, s)) @ vt"
    " + ((e @ vt.T - u @ (u.T @ e @ vt.T)) / s) @ vt + (u / s) @ (u.T @ e - (u.T @ e @ vt.T) @ vt))"
    "({1}, *np.linalg.svd({0}, full_matrices=False))",
    domain=("{0} has full rank",),
    source="Kenney & Laub 1991, SIAM J. Matrix Anal. Appl. 12, §2: the derivative of the polar factor",
)
