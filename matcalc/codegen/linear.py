"""Products, sums and contractions of terms, by what their operands are.

A product with a diagonal matrix scales rows, one with 𝟏 sums, one with an inverse solves, one with
an outer product is an outer product, a trace of a product never forms it.
"""

from __future__ import annotations

from matcalc.codegen.elementwise import (
    dense,
    diagmatrix,
    diagonal,
    formed,
    is_number,
    scale,
    sizes,
    split,
    spread,
    times,
    transpose,
)
from matcalc.codegen.places import entry, line
from matcalc.codegen.powers import power
from matcalc.codegen.tensors import kron_times, leaf_times, leaf_times_vector, ravel, reshape
from matcalc.codegen.terms import Term, make, number
from matcalc.errors import MatcalcError

__all__ = ["dot", "inner", "inverse", "matmul", "matvec", "outer", "solve", "total", "trace"]


def _scaled(t: Term) -> tuple[list[Term], Term]:
    """(scalars, core) with t the product of all: a number, and scalars that stand at one matrix."""
    c, core = split(t)
    scalars = [number(t.table, c)] if c != 1 else []
    if core.op == "times" and core.rank:
        arrays = [(b, e) for b, e in core.powers if b.rank]
        if len(arrays) == 1 and arrays[0][1] == 1 and arrays[0][0].op != "spread":
            scalars += [power(b, e) for b, e in core.powers if not b.rank]
            core = arrays[0][0]
    return scalars, core


# --- sums ----------------------------------------------------------------------------------------


def total(t: Term, axis: int | None = None) -> Term:
    """The sum of all entries, or along one axis of a matrix."""
    if t.rank == 0:
        return t
    if axis is not None and t.rank == 1:
        axis = None
    dims = () if axis is None else (t.dims[1 - axis],)
    c, core = split(formed(t))
    if c != 1:
        return scale(c, total(core, axis))
    if core.op == "spread":
        return _total_of_spread(core, axis)
    if core.op == "diagmatrix":
        return total(core.args[0]) if axis is None else core.args[0]
    if core.op == "transpose":
        return total(core.args[0], None if axis is None else 1 - axis)
    if core.op == "outer":
        u, v = core.args
        return times(total(u), total(v)) if axis is None else times((u, v)[1 - axis], total((u, v)[axis]))
    if core.op == "sum":
        return total(core.args[0])
    if core.op == "times" and axis is None:
        found = _total_of_times(core)
        if found is not None:
            return found
    return make("sum", (core,), axis, dims)


def _total_of_spread(t: Term, axis: int | None) -> Term:
    inner_value, lengths = t.args[0], sizes(t)
    if axis is None:
        left_out = [n for i, n in enumerate(lengths) if i != t.data]
        return times(*left_out, total(inner_value)) if inner_value.rank else times(*lengths, inner_value)
    if inner_value.rank == 0:
        return spread(times(lengths[axis], inner_value), (t.dims[1 - axis],))
    if t.data == axis:
        return spread(total(inner_value), (t.dims[1 - axis],))
    return times(lengths[axis], inner_value)


def _total_of_times(t: Term) -> Term | None:
    """The sum of the entries of a product as an inner product, if it is one."""
    scalars = [power(b, e) for b, e in t.powers if not b.rank]
    arrays = [(b, e) for b, e in t.powers if b.rank]
    if any(b.op == "spread" for b, _ in arrays):
        return None
    if len(arrays) == 1 and arrays[0][1] == 2:
        return times(*scalars, inner(arrays[0][0], arrays[0][0]))
    if len(arrays) == 2 and arrays[0][1] == 1:
        return times(*scalars, inner(arrays[0][0], power(*arrays[1])))
    return times(*scalars, total(times(*[power(b, e) for b, e in arrays]))) if scalars else None


# --- inner products ------------------------------------------------------------------------------


def dot(x: Term, y: Term) -> Term:
    """The inner product of two vectors."""
    (c, x), (d, y) = split(x), split(y)
    for left, right in ((x, y), (y, x)):
        if left.op == "unit":
            return scale(c * d, entry(right, left.args[0]))
        if left.op == "spread":
            return scale(c * d, times(left.args[0], total(right)))
    if y.order < x.order and make_exists("dot", (y, x), ()):
        x, y = y, x
    return scale(c * d, make("dot", (x, y), None, ()))


def make_exists(op: str, args: tuple[Term, ...], dims: tuple[object, ...]) -> bool:
    """Whether the plan has this term already."""
    return (op, None, dims, *args) in args[0].table.terms


def inner(a: Term, b: Term) -> Term:
    """The sum of the products of the entries."""
    if a.rank == 0:
        return times(a, b)
    if a.rank == 1:
        return dot(a, b)
    (c, a), (d, b) = split(formed(a)), split(formed(b))
    return scale(c * d, _inner(a, b))


def _inner(a: Term, b: Term) -> Term:
    for left, right in ((a, b), (b, a)):
        if left.op == "spread":
            v = left.args[0]
            if v.rank == 0:
                return times(v, total(right))
            return dot(v, total(right, 1 - (left.axis or 0)))
        if left.op == "diagmatrix":
            return dot(left.args[0], diagonal(right))
        if left.op == "outer":
            return dot(left.args[0], matvec(right, left.args[1]))
    if (a.op == "transpose" and b.op == "transpose") or (a.op == "transpose" and a is b):
        return inner(a.args[0], b.args[0])
    if make_exists("vdot", (b, a), ()):
        a, b = b, a
    return make("vdot", (dense(a), dense(b)), None, ())


def trace(t: Term) -> Term:
    """The trace of a square matrix."""
    if t.rank == 0:
        return t
    c, core = split(formed(t))
    if c != 1:
        return scale(c, trace(core))
    if core.op == "matmul":
        return inner(transpose(core.args[0]), core.args[1])
    if core.op in ("diagmatrix", "spread", "outer"):
        return total(diagonal(core))
    if core.op == "transpose":
        return trace(core.args[0])
    return make("trace", (core,), None, ())


# --- products ------------------------------------------------------------------------------------


def outer(u: Term, v: Term) -> Term:
    """The matrix u vᵀ of two vectors."""
    dims = (u.dims[0], v.dims[0])
    if u.op == "spread":
        return spread(times(u.args[0], v), dims, 1)
    if v.op == "spread":
        return spread(times(u, v.args[0]), dims, 0)
    d, v = split(v)
    return make("outer", (scale(d, u), v), None, dims)


def matvec(a: Term, x: Term) -> Term:
    """A matrix times a vector; a row times a matrix is the transposed matrix times the vector."""
    scalars, a = _scaled(a)
    d, x = split(x)
    if d != 1:
        scalars.append(number(a.table, d))
    return times(*scalars, _matvec(a, x)) if scalars else _matvec(a, x)


def _matvec(a: Term, x: Term) -> Term:
    if formed(a) is not a:
        return leaf_times_vector(a, x)
    if a.op == "diagmatrix":
        return line(a, x.args[0], 1) if x.op == "unit" else times(a.args[0], x)
    if a.op == "spread":
        v = a.args[0]
        if x.op == "unit":
            return line(a, x.args[0], 1)
        if v.rank == 0 or a.data == 0:
            return spread(times(v, total(x)), a.dims[:1]) if v.rank == 0 else times(v, total(x))
        return spread(dot(v, x), a.dims[:1])
    if x.op == "spread":
        return times(x.args[0], total(a, 1))
    if a.op == "outer":
        return times(a.args[0], dot(a.args[1], x))
    solved = _solved(a, x)
    if solved is not None:
        return solved
    if x.op == "unit" and a.op != "kron":
        return line(a, x.args[0], 1)
    if a.op == "kron":
        left, right = a.args
        if 1 not in (*left.dims, *right.dims):  # (A ⊗ B) vec X = vec(B X Aᵀ), and rows of X are laid one after another
            block = reshape(x, (left.dims[1], right.dims[1]))
            return ravel(matmul(matmul(left, block), transpose(right)))
    if a.op == "times":  # row or column scaling
        for i, (b, exponent) in enumerate(a.powers):
            if b.op == "spread" and exponent == 1:
                rest = times(*[power(c, e) for j, (c, e) in enumerate(a.powers) if j != i])
                if rest.rank == 2 and rest.op != "spread":
                    v = b.args[0]
                    return times(v, matvec(rest, x)) if b.data == 0 else matvec(rest, times(v, x))
    return make("matmul", (a, x), None, a.dims[:1])


def matmul(a: Term, b: Term) -> Term:
    """The product of two matrices."""
    (left, a), (right, b) = _scaled(a), _scaled(b)
    scalars = left + right
    return times(*scalars, _matmul(a, b)) if scalars else _matmul(a, b)


def _matmul(a: Term, b: Term) -> Term:
    dims = (a.dims[0], b.dims[1])
    if a.op == "diagmatrix" and b.op == "diagmatrix":
        return diagmatrix(times(a.args[0], b.args[0]))
    if a.op == "diagmatrix":
        return times(spread(a.args[0], dims, 0), b)
    if b.op == "diagmatrix":
        return times(a, spread(b.args[0], dims, 1))
    if a.op == "outer":
        return outer(a.args[0], matvec(transpose(b), a.args[1]))
    if b.op == "outer":
        return outer(matvec(a, b.args[0]), b.args[1])
    if a.op == "spread":
        v = a.args[0]
        if v.rank and a.data == 1:
            return spread(matvec(transpose(b), v), dims, 1)
        sums = total(b, 0)
        return outer(v, sums) if v.rank else spread(times(v, sums), dims, 1)
    if b.op == "spread":
        return transpose(_matmul(transpose(b), transpose(a)))
    if formed(a) is not a:
        return leaf_times(a, b)
    if a.op == "kron":
        applied = kron_times(a, b)
        if applied is not None:
            return applied
    if formed(b) is not b or b.op == "kron":
        return transpose(_matmul(transpose(b), transpose(a)))
    solved = _solved(a, b)
    if solved is not None:
        return solved
    solved = _solved(transpose(b), transpose(a))
    if solved is not None:
        return transpose(solved)
    if a.op == "transpose" and b.op == "transpose":
        return transpose(_matmul(b.args[0], a.args[0]))
    flipped = (transpose(b), transpose(a))
    if make_exists("matmul", flipped, (dims[1], dims[0])):
        return transpose(make("matmul", flipped, None, (dims[1], dims[0])))
    return make("matmul", (dense(a), dense(b)), None, dims)


# --- inverses ------------------------------------------------------------------------------------


def inverse(m: Term) -> Term:
    """M⁻¹, formed only where it is the result or a factor that no product takes up."""
    if m.rank == 0:
        return power(m, -1)
    if m.op == "diagmatrix":
        return diagmatrix(power(m.args[0], -1))
    if m.op == "inv":
        return m.args[0]
    if m.op == "spread" and is_number(m.args[0]) and m.args[0].value == 0:
        raise MatcalcError(
            "the formula inverts a matrix that is always 0", advice="No arguments satisfy its conditions."
        )
    scalars, core = _scaled(m)
    if scalars:
        return times(*[power(s, -1) for s in scalars], inverse(core))
    if core.op == "transpose":
        return transpose(inverse(core.args[0]))
    return make("inv", (dense(core),), None, core.dims)


def _solved(a: Term, b: Term) -> Term | None:
    """A b as the solution of a system, if a is an inverse."""
    if a.op == "inv":
        return solve(a.args[0], b)
    if a.op == "transpose" and a.args[0].op == "inv":
        return solve(a.args[0].args[0], b, transposed=True)
    return None


def solve(m: Term, b: Term, transposed: bool = False) -> Term:
    """M⁻¹b, or M⁻ᵀb."""
    c, b = split(b)
    if m.op == "transpose":
        m, transposed = m.args[0], not transposed
    return scale(c, make("solve", (m, dense(b)), transposed and transpose(m) is not m, b.dims))
