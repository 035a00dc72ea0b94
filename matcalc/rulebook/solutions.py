"""Functions that are solutions: of linear matrix equations, of least squares, of eigenproblems.

Eigenvectors are those of the lower triangle's symmetric matrix, of unit length; they have no rule
for a derivative, since their sign is free.
"""

from __future__ import annotations

from collections.abc import Hashable

from matcalc.algebra.build import inverse, multiply, transpose
from matcalc.algebra.expr import Expr
from matcalc.rulebook.table import row

__all__: list[str] = []

_GVL = "Golub & Van Loan, Matrix Computations, 4th ed."

row(
    "sylvester",
    "A: m m, B: n n, C: m n -> m n",
    differential="sylvester(A, B, dC − dA Y − Y dB)",
    adjoint=("", "", "sylvester(Aᵀ, Bᵀ, G)"),
    numpy="solve_sylvester({0}, {1}, {2})",
    sample=("spd", "spd", "normal"),
    domain=("no eigenvalue of {0} is minus one of {1}",),
    source=f"{_GVL}, §7.6.3: the X with A X + X B = C",
)


def _normal_equations(args: tuple[Expr, ...], data: Hashable) -> Expr:
    a, b = args
    return multiply(inverse(multiply(transpose(a), a)), transpose(a), b)


row(
    "lstsq",
    "A: m n, B: m p -> n p",
    definition=_normal_equations,
    numpy="np.linalg.lstsq({0}, {1}, rcond=None)[0]",
    source=f"{_GVL}, §5.3: the X that makes ‖A X − B‖² least",
)
row(
    "eigvecs",
    "S: n n, X: n k -> n k",
    numpy="np.linalg.eigh({0})[1] @ np.eye(*{1}.shape)",
    sample=("symmetric",),
    source=f"{_GVL}, §8.1: orthonormal eigenvectors of the least eigenvalues, as many as X has columns",
)
row(
    "eigvecsrel",
    "S: n n, B: n n, X: n k -> n k",
    numpy="eigh({0}, {1})[1] @ np.eye(*{2}.shape)",
    sample=("symmetric", "spd"),
    source=f"{_GVL}, §8.7: the X of S X = B X Λ with the least Λ, with XᵀB X = I",
)
