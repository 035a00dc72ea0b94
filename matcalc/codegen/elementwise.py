"""Entry by entry: sums and products of terms, with broadcasting; powers and functions are in `powers`.

What is written here keeps three things true. Numbers stand in front: a term is a `scale` of a
core, a sum has one coefficient per core, a product has none. What is repeated along an axis stays
unrepeated as long as it can (`spread`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from matcalc.algebra.shapes import Dim
from matcalc.codegen.terms import Dims, Table, Term, make, number

__all__ = [
    "VEC_LEAVES",
    "broadcast",
    "dense",
    "diagmatrix",
    "diagonal",
    "formed",
    "is_number",
    "plus",
    "scale",
    "size_of",
    "sizes",
    "split",
    "spread",
    "times",
    "transpose",
]

Exponent = Fraction
ONE = Fraction(1)
#: The matrices of vec-matrices, applied and not formed where they can be: see `tensors`.
VEC_LEAVES = frozenset({"commutation", "diagonalizer"})


def is_number(t: Term) -> bool:
    """Whether the term is a literal number."""
    return t.op == "number"


def split(t: Term) -> tuple[Fraction, Term]:
    """(c, core) with t = c · core; a number is its value times the number 1."""
    if t.op == "scale":
        return t.value, t.args[0]
    if t.op == "number":
        return t.value, number(t.table, 1)
    return ONE, t


def scale(c: Fraction | int, t: Term) -> Term:
    """C times t."""
    inner, core = split(t)
    c = Fraction(c) * inner
    if core.op == "number":
        return number(t.table, c * core.value)
    if core.op == "spread":
        return spread(scale(c, core.args[0]), core.dims, core.axis)
    if core.op == "diagmatrix":
        return diagmatrix(scale(c, core.args[0]))
    if c == 0:
        return spread(number(t.table, 0), t.dims)
    return core if c == 1 else make("scale", (core,), c, core.dims)


# --- virtual terms -------------------------------------------------------------------------------


def spread(t: Term, dims: Dims, axis: int | None = None) -> Term:
    """T repeated to these dims; a vector goes along `axis` of a matrix."""
    if (t.dims == dims and t.rank != 1) or dims == ():
        return t
    if t.rank == 1 and len(dims) == 1:
        return t
    if t.op == "spread":
        return spread(t.args[0], dims)
    return make("spread", (t,), axis if t.rank else None, dims)


def diagmatrix(v: Term) -> Term:
    """The diagonal matrix with this diagonal."""
    return v if v.rank == 0 else make("diagmatrix", (v,), None, (v.dims[0], v.dims[0]))


def size_of(table: Table, dim: Dim) -> Term:
    """A dimension as a term."""
    if isinstance(dim, int):
        return number(table, dim)
    if isinstance(dim, str):
        beyond = table.size_beyond(dim)
        return table.size(dim) if beyond is None else plus([(1, beyond[0]), (-beyond[1], number(table, 1))])
    products = [(c, [size_of(table, name) for name in monomial]) for monomial, c in dim.terms]
    return plus([(c, times(*factors) if factors else number(table, 1)) for c, factors in products])


def sizes(t: Term) -> tuple[Term, ...]:
    """The lengths of the axes as terms."""
    return tuple([size_of(t.table, dim) for dim in t.dims])


def dense(t: Term) -> Term:
    """T as an array of its own: virtual terms are formed."""
    if t.op == "spread":
        return make("full", (t.args[0], *sizes(t)), t.data, t.dims)
    if t.op == "diagmatrix":
        v = t.args[0]
        if v.op == "spread":
            return times(v.args[0], make("eye", sizes(t)[:1], None, t.dims))
        return make("diag", (v,), None, t.dims)
    if t.op == "commutation":
        r, c = (size_of(t.table, d) for d in t.block)
        return make("commuted", (make("eye", (times(r, c),), None, t.dims), c, r), None, t.dims)
    if t.op == "diagonalizer":
        n = t.dims[1]
        eye = make("eye", (size_of(t.table, n),), None, (n, n))
        return make("on_diagonal", (eye, size_of(t.table, n)), None, t.dims)
    if t.op == "transpose" and t.args[0].op == "diagonalizer":
        return transpose(dense(t.args[0]))
    return t


def formed(t: Term) -> Term:
    """T, where the leaves of vec-matrices are arrays: see `tensors`."""
    return dense(t) if t.op in VEC_LEAVES or (t.op == "transpose" and t.args[0].op in VEC_LEAVES) else t


def transpose(t: Term) -> Term:
    """The transpose; a vector is its own."""
    if t.rank < 2:
        return t
    flipped = (t.dims[1], t.dims[0])
    if t.op == "commutation":
        return t.table.make("commutation", (), t.block[::-1], flipped)
    if t.op == "kron":
        return make("kron", tuple([transpose(a) for a in t.args]), None, flipped)
    if t.op == "transpose":
        return t.args[0]
    if t.op in ("diagmatrix", "eye"):
        return t
    if t in t.table.symmetric:
        return t
    if t.op == "spread":
        return spread(t.args[0], flipped, None if t.axis is None else 1 - t.axis)
    if t.op == "outer":
        return make("outer", (t.args[1], t.args[0]), None, flipped)
    if t.op == "scale":
        return scale(t.value, transpose(t.args[0]))
    if t.op == "matmul" and t.args[0] is transpose_of(t.args[1]):
        return t
    return make("transpose", (t,), None, flipped)


def transpose_of(t: Term) -> Term | None:
    """The matrix that t is the transpose of, as it stands, without making a term."""
    if t.op == "transpose":
        return t.args[0]
    return t.table.terms.get(("transpose", None, (t.dims[1], t.dims[0]), t))


def flip(t: Term) -> Term:
    """The operand of an entrywise operation as it stands in the transposed operation."""
    return transpose(t) if t.rank == 2 else t


# --- broadcasting --------------------------------------------------------------------------------

#: Operations whose value is an array that nothing else holds yet.
_COMPUTED = frozenset({"matmul", "outer", "solve", "vdot"})
Builder = Callable[[list[Term], Dims], Term]


def _operand(t: Term) -> Term:
    """T as it stands in an entrywise operation: a repeated scalar is a scalar, virtual matrices are formed."""
    if t.op == "spread" and t.args[0].rank == 0:
        return t.args[0]
    return dense(t) if t.op == "diagmatrix" else formed(t)


def broadcast(args: Sequence[Term], build: Builder) -> Term:
    """Build on operands of common dims, unrepeated where all of them repeat, transposed where all are."""
    dims: Dims = max((a.dims for a in args), key=len)
    operands = [_operand(a) for a in args]
    if not dims:
        return build(operands, dims)
    full = [a for a in operands if a.rank and a.op != "spread"]
    axes = {a.axis for a in operands if a.op == "spread"}
    if full and all(a.op == "transpose" for a in full):
        return transpose(build([flip(a) for a in operands], (dims[1], dims[0])))
    if full or len(axes) == 2:
        return build(operands, dims)
    if not axes:
        return spread(build(operands, ()), dims)
    (axis,) = axes
    inner = broadcast([a.args[0] if a.op == "spread" else a for a in operands], build)
    return spread(inner, dims, axis)


# --- sums ----------------------------------------------------------------------------------------


def plus(terms: Sequence[tuple[Fraction | int, Term]]) -> Term:
    """The linear combination of terms of equal dims."""
    collected: dict[Term, Fraction] = {}
    for c, term in terms:
        k, core = split(term)
        collected[core] = collected.get(core, Fraction(0)) + Fraction(c) * k
    kept = [(c, t) for t, c in collected.items() if c != 0 and not _is_zero(t)]
    if not kept:
        return scale(0, terms[0][1])
    if len(kept) == 1:
        return scale(*kept[0])
    if all(t.op == "diagmatrix" for _, t in kept):
        return diagmatrix(plus([(c, t.args[0]) for c, t in kept]))
    coefficients = [c for c, _ in kept]

    def build(args: list[Term], dims: Dims) -> Term:
        return _sum(list(zip(coefficients, args, strict=True)), dims)

    return broadcast([t for _, t in kept], build)


def _split_inside(t: Term) -> tuple[Fraction, Term]:
    """(c, core) where the number of a repeated value stands in front too."""
    c, core = split(t)
    if core.op == "spread":
        k, inside = split(core.args[0])
        if not is_number(inside):
            return c * k, make("spread", (inside,), core.data, core.dims)
    return c, core


def _is_zero(t: Term) -> bool:
    return t.op == "spread" and is_number(t.args[0]) and t.args[0].value == 0


def _sum(pairs: list[tuple[Fraction, Term]], dims: Dims) -> Term:
    """The sum of operands that are ready; the repeated ones are added to each other first."""
    split_pairs = [(c * split(t)[0], split(t)[1]) for c, t in pairs]
    by_kind: dict[object, list[tuple[Fraction, Term]]] = {}
    for c, t in split_pairs:
        kind = None if t.rank and t.op != "spread" else t.data if t.op == "spread" else "scalar"
        by_kind.setdefault(kind, []).append((c, t))
    if dims:
        merged = []
        for kind, group in by_kind.items():
            if kind is not None and len(group) > 1:
                merged.append(plus(group))
            else:
                merged.extend([scale(c, t) for c, t in group])
        split_pairs = [_split_inside(t) for t in merged]
    if len(split_pairs) == 1:
        return scale(*split_pairs[0])
    content = abs(split_pairs[0][0])
    if any(abs(c) != content for c, _ in split_pairs):
        content = ONE
    split_pairs.sort(key=lambda pair: pair[1].order)
    operands = tuple([t for _, t in split_pairs])
    # r and −r are one term; what is computed stands first and is positive, so that NumPy subtracts in its place
    leading = next((c for c, t in split_pairs if t.op in _COMPUTED), ONE) if dims else ONE
    content = -content if leading < 0 else content
    return scale(content, make("plus", operands, tuple([c / content for c, _ in split_pairs]), dims))


# --- products ------------------------------------------------------------------------------------


def times(*factors: Term) -> Term:
    """The product entry by entry; scalars scale."""
    c = ONE
    cores: list[Term] = []
    for factor in factors:
        k, core = split(factor)
        c *= k
        if not is_number(core):
            cores.append(core)
    if not cores:
        return number(factors[0].table, c)
    for i, core in enumerate(cores):
        if core.op == "diagmatrix":
            rest = cores[:i] + cores[i + 1 :]
            return diagmatrix(scale(c, times(core.args[0], *[_on_diagonal(t) for t in rest])))
    dims = max((t.dims for t in cores), key=len)
    if c == 0:
        return spread(number(factors[0].table, 0), dims)
    return scale(c, broadcast(cores, _product)) if len(cores) > 1 else scale(c, cores[0])


def _on_diagonal(t: Term) -> Term:
    return t if t.rank < 2 else diagonal(t)


def diagonal(t: Term) -> Term:
    """The diagonal of a square matrix."""
    if t.rank == 0:
        return t
    t = formed(t)
    if t.op == "diagmatrix":
        return t.args[0]
    if t.op == "spread":
        return t.args[0] if t.args[0].rank else spread(t.args[0], t.dims[:1])
    if t.op == "transpose":
        return diagonal(t.args[0])
    if t.op == "scale":
        return scale(t.value, diagonal(t.args[0]))
    if t.op == "outer":
        return times(*t.args)
    if t.op == "matmul":
        return make("rowdot", (t.args[0], transpose(t.args[1])), None, t.dims[:1])
    return make("diagonal", (t,), None, t.dims[:1])


def _product(args: list[Term], dims: Dims) -> Term:
    """The product of operands that are ready: bases with exponents, scalars first, then what is repeated."""
    c = ONE
    powers: dict[Term, Exponent] = {}
    for arg in args:
        k, core = split(arg)
        c *= k
        k, core = _split_inside(core)
        c *= k
        if core.op == "times" and len(core.args) == 1:
            base, exponent = core.powers[0]
        elif core.op == "spread" and core.args[0].op == "times" and len(core.args[0].args) == 1:
            inside, exponent = core.args[0].powers[0]
            base = spread(inside, core.dims, core.axis)
        elif is_number(core):
            continue
        else:
            base, exponent = core, ONE
        powers[base] = powers.get(base, Fraction(0)) + exponent
    kept = [(b, e) for b, e in powers.items() if e]
    repeated_first = sum(b.op == "spread" for b, _ in kept) > 1
    kept.sort(key=lambda item: bool(item[0].rank) + (repeated_first and item[0].op != "spread"))
    if not kept:
        return spread(number(args[0].table, c), dims)
    if dims and not any(b.rank for b, _ in kept):  # the arrays cancelled
        inner = make("times", tuple([b for b, _ in kept]), tuple([e for _, e in kept]), ())
        return spread(scale(c, inner), dims)
    if len(kept) == 1 and kept[0][1] == 1:
        return scale(c, kept[0][0])
    return scale(c, make("times", tuple([b for b, _ in kept]), tuple([e for _, e in kept]), dims))
