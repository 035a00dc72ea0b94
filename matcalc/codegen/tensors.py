"""Vec-matrices: commutation matrices and Kronecker products that are applied and not formed.

K and E are leaves of the program: K vec(X) = vec(Xᵀ) for X of r×c, and E x = vec(diag(x)). vec
stacks columns, so the rows of the array that a vec is cut into are the columns of the matrix.
"""

from __future__ import annotations

from matcalc.algebra.shapes import dim_mul
from matcalc.codegen.elementwise import dense, scale, size_of, split, spread, times, transpose
from matcalc.codegen.terms import Dims, Term, make

__all__ = ["kron", "kron_times", "leaf_times", "leaf_times_vector", "ravel", "reshape", "unfold"]


def ravel(t: Term) -> Term:
    """The entries row after row, so that vec X is this of Xᵀ."""
    if t.rank < 2:
        return t
    if t.op == "reshape":
        return t.args[0]
    dims = (dim_mul(*t.dims),)
    c, core = split(t)
    if core.op == "spread" and core.args[0].rank == 0:
        return scale(c, spread(core.args[0], dims))
    return scale(c, make("ravel", (dense(core),), None, dims))


def reshape(t: Term, dims: Dims) -> Term:
    """The vector cut into rows: the inverse of ravel."""
    if t.op == "ravel" and t.args[0].dims == dims:
        return t.args[0]
    c, core = split(t)
    if core.op == "spread":
        return scale(c, spread(core.args[0], dims))
    return scale(c, make("reshape", (dense(core), *_lengths(t, dims)), None, dims))


def _lengths(t: Term, dims: Dims) -> tuple[Term, ...]:
    return tuple([size_of(t.table, d) for d in dims])


# --- K and E ---------------------------------------------------------------------------------------


def leaf_times_vector(leaf: Term, v: Term) -> Term:
    """K v, E v or Eᵀv."""
    if leaf.op == "commutation":
        r, c = leaf.block
        return ravel(transpose(reshape(v, (c, r))))
    if leaf.op == "transpose":
        (n, _) = leaf.dims
        return make("diagonal", (dense(reshape(v, (n, n))),), None, (n,))
    n = leaf.dims[1]
    return ravel(make("diag", (dense(v),), None, (n, n)))


def leaf_times(leaf: Term, m: Term) -> Term:
    """K M, E M or EᵀM for a matrix M."""
    dims = (leaf.dims[0], m.dims[1])
    if leaf.op == "commutation":
        r, c = leaf.block
        return make("commuted", (dense(m), *_lengths(m, (c, r))), None, dims)
    if leaf.op == "diagonalizer":
        return make("on_diagonal", (dense(m), size_of(m.table, leaf.dims[1])), None, dims)
    if m.op == "khatri_rao":
        return times(*m.args)
    return make("every", (dense(m), size_of(m.table, leaf.dims[0])), None, dims)


# --- Kronecker products ----------------------------------------------------------------------------


def kron(a: Term, b: Term, dims: Dims) -> Term:
    """A ⊗ B of two matrices."""
    (c, a), (d, b) = split(a), split(b)
    return scale(c * d, make("kron", (dense(a), dense(b)), None, dims))


def kron_times(product: Term, m: Term) -> Term | None:
    """(A ⊗ B) M without forming the Kronecker product, where the factors are matrices."""
    a, b = product.args
    if a.rank < 2 or b.rank < 2 or 1 in (*a.dims, *b.dims):
        return None
    dims = (product.dims[0], m.dims[1])
    if m.op == "diagonalizer" and a.dims[1] == b.dims[1] == m.dims[1]:
        return make("khatri_rao", (a, b), None, dims)
    lengths = _lengths(m, (a.dims[0], b.dims[0], a.dims[1], b.dims[1]))
    return make("kron_times", (a, b, dense(m), *lengths), None, dims)


def unfold(t: Term, axes: Dims) -> Term:
    """The vec or vec-matrix t cut into axes, columns first; a Kronecker product of two is an outer product of four."""
    if t.rank == len(axes):
        return t
    c, core = split(t)
    if c != 1:
        unfolded = unfold(core, axes)
        if unfolded.op == "blocks4":
            return make("blocks4", (scale(c, unfolded.args[0]), *unfolded.args[1:]), unfolded.data, axes)
        return make("scale", (unfolded,), c, axes)
    if len(axes) == 4 and t.op == "kron" and all(a.rank == 2 and 1 not in a.dims for a in t.args):
        left, right = t.args
        if (right.dims[0], left.dims[0], right.dims[1], left.dims[1]) == axes and "eye" in (left.op, right.op):
            at = 0 if right.op == "eye" else 1
            return make("blocks4", (left if at == 0 else right, *_lengths(t, axes)), at, axes)
        if (right.dims[0], left.dims[0], right.dims[1], left.dims[1]) == axes:
            return make("outer4", (right, left), None, axes)
    if len(axes) == 4 and t.op == "plus" and all(a.rank == 2 and a.op != "spread" for a in t.args):
        return make("plus", tuple([unfold(a, axes) for a in t.args]), t.data, axes)
    if len(axes) == 4 and t.op == "commuted":
        m, n, p, q = axes
        return make("swapped", (unfold(t.args[0], (n, m, p, q)),), None, axes)
    return make("unfold", (t, *_lengths(t, axes)), None, axes)
