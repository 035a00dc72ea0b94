"""Linear functions of arrays: traces, sums, diagonals, vec, triangles and ⊗.

Each row gives for each operand the cotangent that G pulls back to.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import cast

from matcalc.algebra.build import IDENTITY, ONES, dimension, identity, multiply, transpose
from matcalc.algebra.expr import Expr, make
from matcalc.algebra.operations import REGISTRY, Builder, Operation
from matcalc.algebra.shapes import SCALAR, Dim, Shape, dim_mul
from matcalc.rulebook.table import row

__all__ = ["DIAG", "DIAGONAL", "KRON", "SUM", "TRACE", "VEC"]

_MN = "Magnus & Neudecker, 3rd ed."
Args = tuple[Expr, ...]


def _trace(args: Args, data: Hashable) -> Expr:
    """tr X; the traces of powers and exponentials are rows of their own, since only they have a closed form."""
    if args[0].shape == SCALAR:
        return args[0]
    if args[0].op is IDENTITY:
        return dimension(args[0].shape[0])
    special = _TRACED.get(args[0].op.name)
    op = REGISTRY[special] if special else TRACE
    operands = args[0].args if special else args
    return make(op, operands, None, op.shape(tuple([a.shape for a in operands]), data))


def _diagonal_of(op: str) -> Builder:
    """Of a scalar it is the scalar."""

    def build(args: Args, data: Hashable) -> Expr:
        (x,) = args
        return x if x.shape == SCALAR else make(REGISTRY[op], args, data, REGISTRY[op].shape((x.shape,), data))

    return build


#: Operations whose trace is a row of its own.
_TRACED = {"matpow": "trpow", "expm": "trexpm", "logm": "trlogm", "sqrtm": "trsqrtm"}


TRACE = row(
    "tr",
    "X: n n -> 1 1",
    transpose="blind",
    cyclic=True,
    aliases=("trace", "Tr"),
    build=_trace,
    adjoint=("G I",),
    numpy="np.trace({0})",
    latex=r"\operatorname{tr}\left({0}\right)",
    facts=("spd -> positive", "psd -> nonnegative"),
    source=f"{_MN}, §9.9",
)


def _sum(args: Args, data: Hashable) -> Expr:
    """sum(X); the number of entries for an array of ones."""
    (x,) = args
    return dimension(dim_mul(*x.shape)) if x.op is ONES else make(SUM, args, None, SCALAR)


SUM = row(
    "sum",
    "X: m n -> 1 1",
    build=_sum,
    transpose="blind",
    adjoint=("G 𝟏𝟏ᵀ",),
    numpy="{0}.sum()",
    facts=("nonnegative -> nonnegative", "positive -> positive"),
    source=f"{_MN}, §9.9",
)
DIAG = row(
    "diag",
    "x: n 1 -> n n",
    adjoint=("diagonal(G)",),
    build=_diagonal_of("diag"),
    transpose="invariant",
    numpy="np.diag({0})",
    aliases=("Diag",),
    facts=("nonnegative -> psd", "positive -> spd", "nonzero -> invertible", "diagonal"),
    source=f"{_MN}, §9.4",
)
DIAGONAL = row(
    "diagonal",
    "X: n n -> n 1",
    adjoint=("diag(G)",),
    build=_diagonal_of("diagonal"),
    numpy="np.diagonal({0})",
    text="diag({0})",
    latex=r"\operatorname{diag}\left({0}\right)",
    facts=("nonnegative -> nonnegative", "positive -> positive", "psd -> nonnegative", "spd -> positive"),
    source=f"{_MN}, §9.4",
)


def _vec(args: Args, data: Hashable) -> Expr:
    """vec(X); of a column it is the column, of a row its transpose."""
    (x,) = args
    if 1 in x.shape:
        return x if x.shape[1] == 1 else transpose(x)
    return make(REGISTRY["vec"], args, None, (dim_mul(*x.shape), 1))


VEC = row(
    "vec", "X: m n -> m*n 1", build=_vec, adjoint=("unvec(G, X)",), numpy="{0}.ravel(order='F')", source=f"{_MN}, §2.4"
)
UNVEC = row(
    "unvec",
    "v: m*n 1, X: m n -> m n",
    adjoint=("vec(G)", "𝟎"),
    numpy="{0}.reshape({1}.shape, order='F')",
    source=f"{_MN}, §2.4: the inverse of vec",
)
TRIL = row("tril", "X: m n -> m n", adjoint=("tril(G)",), numpy="np.tril({0})", source="projection onto a subspace")
TRIU = row("triu", "X: m n -> m n", adjoint=("triu(G)",), numpy="np.triu({0})", source="projection onto a subspace")


def _kron(args: Args, data: Hashable) -> Expr:
    """A ⊗ B; a product where one of them is a number, and I where both are identities."""
    a, b = args
    if SCALAR in (a.shape, b.shape):
        return multiply(a, b)
    shape = dim_mul(a.shape[0], b.shape[0]), dim_mul(a.shape[1], b.shape[1])
    return identity(shape[0]) if a.op is IDENTITY and b.op is IDENTITY else make(REGISTRY["kron"], args, None, shape)


KRON = row(
    "kron",
    "A: m n, B: p q -> m*p n*q",
    build=_kron,
    adjoint=("kronleft(G, B, A)", "kronright(G, A, B)"),
    transpose="commutes",
    numpy="np.kron({0}, {1})",
    text="{0} ⊗ {1}",
    latex=r"{0} \otimes {1}",
    precedence=50,
    facts=("invertible -> invertible", "psd -> psd", "spd -> spd"),
    source=f"{_MN}, §2.2",
)
# The adjoints of ⊗: the inner product of every block of G with B, and the blocks of G weighted by A.
KRON_LEFT = row(
    "kronleft",
    "G: m*p n*q, B: p q, A: m n -> m n",
    adjoint=("G₁ ⊗ B", "kronright(G, G₁, B)", "𝟎"),
    source=f"{_MN}, §2.2, adjoint of A ↦ A ⊗ B",
    numpy="np.einsum('ipjq,pq->ij', {0}.reshape({2}.shape[0], -1, {2}.shape[1], {1}.size // {1}.shape[0]), {1})",
)
KRON_RIGHT = row(
    "kronright",
    "G: m*p n*q, A: m n, B: p q -> p q",
    adjoint=("A ⊗ G₁", "kronleft(G, G₁, A)", "𝟎"),
    source=f"{_MN}, §2.2, adjoint of B ↦ A ⊗ B",
    numpy="np.einsum('ipjq,ij->pq', {0}.reshape({1}.shape[0], -1, {1}.shape[1], {2}.shape[1]), {1})",
)


def _leaf(name: str, rows: Dim, columns: Dim, data: Hashable) -> Expr:
    return make(REGISTRY[name], (), data, (rows, columns))


def _commutation(args: Args, data: Hashable) -> Expr:
    """K with K vec(X) = vec(Xᵀ) for X of the shape in the payload."""
    rows, columns = cast(Shape, data)
    size = dim_mul(rows, columns)
    return _leaf("commutation", size, size, data)


def _diagonalizer(args: Args, data: Hashable) -> Expr:
    """E with E x = vec(diag(x)) for x of the length in the payload; Eᵀ vec(X) = diag(X)."""
    n = cast(Dim, data)
    return _leaf("diagonalizer", dim_mul(n, n), n, data)


REGISTRY.add(
    Operation(
        name="commutation",
        arity=0,
        shape=lambda shapes, data: (1, 1),
        build=_commutation,
        callable_from_text=False,
        source=f"{_MN}, §3.7",
    )
)
REGISTRY.add(
    Operation(
        name="diagonalizer",
        arity=0,
        shape=lambda shapes, data: (1, 1),
        build=_diagonalizer,
        callable_from_text=False,
        source=f"{_MN}, §3.7, problem",
    )
)
