"""The functions of linear algebra that generated NumPy code defines for itself: norms, and LAPACK without wrappers.

A wrapper of SciPy costs ten times the factorisation of a small matrix. A matrix in NumPy's order is
the transposed one in LAPACK's, which is factorised as it stands and never copied to be turned.
"""

from __future__ import annotations

from collections.abc import Collection

__all__ = ["helpers"]

_CHOLESKY = '''\
def cholesky(S):
    """R upper triangular with S = RᵀR; nan where S has one, LinAlgError where S is not positive definite."""
    potrf = spotrf if S.dtype == np.float32 else dpotrf
    R, info = potrf(S.T)
    if info:
        if np.isfinite(S).all():
            raise np.linalg.LinAlgError("a matrix that must be positive definite is not")
        R = np.full_like(R, np.nan)
    return R'''

_CHOLESKY_SOLVE = '''\
def cholesky_solve(R, B):
    """The solution X of RᵀR X = B."""
    potrs = spotrs if R.dtype == np.float32 else dpotrs
    return potrs(R, B)[0]'''

_CHOLESKY_INVERSE = '''\
def cholesky_inverse(R):
    """The inverse of RᵀR."""
    potri = spotri if R.dtype == np.float32 else dpotri
    half = potri(R)[0]  # the upper triangle, above zeros
    whole = half + half.T
    whole.ravel(order="K")[:: len(R) + 1] *= 0.5
    return whole'''

_LU = '''\
def lu_factors(M):
    """The factors of Mᵀ and their row exchanges; LinAlgError where M is singular."""
    getrf = sgetrf if M.dtype == np.float32 else dgetrf
    factors, pivots, info = getrf(M.T)
    if info and np.isfinite(M).all():
        raise np.linalg.LinAlgError("a matrix that must be invertible is singular")
    return factors, pivots'''

_LU_SOLVE = '''\
def lu_solve(lu_of_M, B, transposed=False):
    """The solution X of M X = B, or of MᵀX = B."""
    factors, pivots = lu_of_M
    getrs = sgetrs if factors.dtype == np.float32 else dgetrs
    return getrs(factors, pivots, B, trans=not transposed)[0]'''

_NORM = '''\
def euclidean_norm(x):
    """The root of the sum of squares; scaled where squares overflow or vanish."""
    x = x.ravel(order="K")
    with np.errstate(over="ignore"):
        norm = np.sqrt(np.dot(x, x))
    limits = np.finfo(norm.dtype)
    if limits.tiny**0.5 / limits.eps < norm < np.inf:
        return norm
    largest = np.abs(x).max()
    return largest * np.sqrt(np.sum((x / largest) ** 2)) if 0 < largest < np.inf else largest'''

_HELPERS = {
    "euclidean_norm": _NORM,
    "cholesky": _CHOLESKY,
    "cholesky_solve": _CHOLESKY_SOLVE,
    "cholesky_inverse": _CHOLESKY_INVERSE,
    "lu_factors": _LU,
    "lu_solve": _LU_SOLVE,
}


def helpers(called: Collection[str]) -> list[str]:
    """The texts of those functions that are called."""
    return [text for name, text in _HELPERS.items() if name in called]
