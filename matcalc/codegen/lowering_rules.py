"""What each operation is as an array program: one rule for each that is more than its NumPy form."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING

from matcalc.algebra.build import is_number, number_value
from matcalc.algebra.expr import Expr
from matcalc.algebra.shapes import Shape, dim_text
from matcalc.codegen.blocks import cut, stacked
from matcalc.codegen.chains import Factor
from matcalc.codegen.elementwise import (
    dense,
    diagmatrix,
    diagonal,
    plus,
    scale,
    size_of,
    split,
    spread,
    times,
    transpose,
)
from matcalc.codegen.linear import inner, inverse, outer, total, trace
from matcalc.codegen.places import unit
from matcalc.codegen.powers import call, power
from matcalc.codegen.sums import summation
from matcalc.codegen.templates import TRACES, as_matrix, from_template
from matcalc.codegen.tensors import kron, ravel, reshape
from matcalc.codegen.terms import Term, dims_of, make, number
from matcalc.errors import MatcalcError

if TYPE_CHECKING:
    from matcalc.codegen.lower import Lowering

__all__ = ["RULES"]


def _power(self: Lowering, node: Expr) -> Term:
    base, exponent = (self.images[a] for a in node.args)
    if is_number(node.args[1]):
        return power(base, Fraction(number_value(node.args[1])))
    return call("power", base, exponent)


def _matrix_power(self: Lowering, node: Expr) -> Term:
    base, exponent = (self.images[a] for a in node.args)
    if base.rank == 0:
        return call("power", base, exponent)
    if base.op == "diagmatrix":
        return diagmatrix(call("power", base.args[0], exponent))
    if is_number(node.args[1]) and 2 <= number_value(node.args[1]) <= 3:
        return self.matrix_power(base, node.shape, int(number_value(node.args[1])))
    return make("matpow", (dense(base), exponent), None, base.dims)


def _trace_of_power(self: Lowering, node: Expr) -> Term:
    """tr(Xᴺ) is Xᵀ : Xᴺ⁻¹, and the gradient has Xᴺ⁻¹ as well."""
    base, exponent = (self.images[a] for a in node.args)
    if base.rank < 2 or exponent.op != "number" or exponent.value < 2 or exponent.value.denominator != 1:
        return from_template(node, [base, exponent])
    return inner(transpose(base), self.matrix_power(base, node.args[0].shape, int(exponent.value) - 1))


def _trace_of_function(self: Lowering, node: Expr) -> Term:
    """tr(expm(X)) with the function itself, which the gradient has as well."""
    (base,) = (self.images[a] for a in node.args)
    if base.rank < 2:
        return from_template(node, [base])
    return trace(make("function", (dense(base),), TRACES[node.op.name], base.dims))


def _inner(self: Lowering, node: Expr) -> Term:
    if not self.is_contraction(node):
        a, b = (self.images[e] for e in node.args)
        return inner(a, b)
    left, right = (self.flat(side) for side in node.args)
    mirrored = [Factor(transpose(f.term), f.columns, f.rows) for f in reversed(self.factors(left.matrices))]
    trace = self.chains.trace([*mirrored, *self.factors(right.matrices)])
    return scale(left.coefficient * right.coefficient, times(*self.front(left), *self.front(right), trace))


def _trace(self: Lowering, node: Expr) -> Term:
    out = []
    for e in self.summands(node):
        product = self.flat(e)
        trace = self.chains.trace(self.factors(product.matrices)) if product.matrices else number(self.table, 1)
        out.append((product.coefficient, times(*self.front(product), trace)))
    return plus(out)


def _sum(self: Lowering, node: Expr) -> Term:
    one = number(self.table, 1)
    out = []
    for e in self.summands(node):
        product = self.flat(e)
        if len(product.matrices) < 2:
            sums = [total(self.images[m]) for m in product.matrices]
        else:
            first, last = e.shape
            left = [Factor(spread(one, (first,)), 1, first)] if first != 1 else []
            right = [Factor(spread(one, (last,)), last, 1)] if last != 1 else []
            sums = [self.chains.product([*left, *self.factors(product.matrices), *right])]
        out.append((product.coefficient, times(*self.front(product), *sums, one)))
    return plus(out)


def _kron(self: Lowering, node: Expr) -> Term:
    left, right = node.args
    a, b = self.images[left], self.images[right]
    if a.rank == 0 or b.rank == 0:
        return times(a, b)
    if a.rank == 1 and b.rank == 1:
        if (left.shape[0] == 1) == (right.shape[0] == 1):
            return make("kron", (dense(a), dense(b)), None, dims_of(node.shape))
        return outer(a, b) if left.shape[1] == 1 else outer(b, a)
    return kron(as_matrix(dense(a), left.shape), as_matrix(dense(b), right.shape), dims_of(node.shape))


def _commutation(self: Lowering, node: Expr) -> Term:
    """K, which is the identity where a dimension is 1."""
    dims = dims_of(node.shape)
    assert isinstance(node.data, tuple)
    if not dims or 1 in node.data:
        return diagmatrix(spread(number(self.table, 1), dims[:1]))
    return self.table.make("commutation", (), node.data, dims)


def _diagonalizer(self: Lowering, node: Expr) -> Term:
    dims = dims_of(node.shape)
    return self.table.make("diagonalizer", (), None, dims) if dims else number(self.table, 1)


def _unvec(self: Lowering, node: Expr) -> Term:
    v = self.images[node.args[0]]
    rows, columns = node.shape
    return transpose(reshape(v, (columns, rows))) if len(dims_of(node.shape)) == 2 else v


def _constant(self: Lowering, node: Expr, value: int) -> Term:
    return spread(number(self.table, value), dims_of(node.shape))


def _symbol(self: Lowering, node: Expr) -> Term:
    name = str(node.data)
    shape = self.table.shapes.get(name)
    if shape is None:
        raise MatcalcError(f"{name} is not among the symbols given: {', '.join(self.table.shapes) or 'none'}")
    if shape != node.shape:
        raise MatcalcError(f"{name} is declared {_show(shape)} and used as {_show(node.shape)}")
    term = self.table.input(name, shape)
    if self.facts.holds("symmetric", node):
        self.table.symmetric.add(term)
    return term


def _show(shape: Shape) -> str:
    return f"{dim_text(shape[0])}×{dim_text(shape[1])}"


def _with_facts(self: Lowering, e: Expr) -> Term:
    """The term of a matrix that is inverted or has its determinant taken, with what is known of it."""
    term = self.images[e]
    if term.rank < 2 or term.op == "diagmatrix":
        return term
    m = split(dense(term))[1]
    if self.facts.holds("symmetric", e):
        self.table.symmetric |= {m, dense(term)}
    positive = split(dense(term))[0] > 0
    if positive and self.facts.holds("spd", e):
        self.table.definite.add(m)
    for side in ("lower", "upper"):
        if self.facts.holds(side, e):
            self.table.triangular[m] = side
    return term


def _inverse(self: Lowering, node: Expr) -> Term:
    term = inverse(_with_facts(self, node.args[0]))
    core = split(term)[1]
    if core.op == "inv" and core.args[0] in self.table.symmetric:
        self.table.symmetric.add(core)
    return term


def _determinant(self: Lowering, node: Expr) -> Term:
    m = _with_facts(self, node.args[0])
    if m.rank == 0:
        return m if node.op.name == "det" else call("log", call("abs", m))
    return make(node.op.name, (dense(m),), None, ())


#: The rule of each operation by its name, when the terms of what it reads are known.
RULES: dict[str, Callable[[Lowering, Expr], Term]] = {
    "number": lambda self, node: number(self.table, number_value(node)),
    "constant": lambda self, node: self.table.make("constant", (), node.data, ()),
    "symbol": _symbol,
    "dimension": lambda self, node: size_of(self.table, str(node.data)),
    "identity": lambda self, node: diagmatrix(spread(number(self.table, 1), dims_of(node.shape)[:1])),
    "ones": lambda self, node: _constant(self, node, 1),
    "zeros": lambda self, node: _constant(self, node, 0),
    "add": lambda self, node: plus([(1, self.images[a]) for a in node.args]),
    "product": lambda self, node: self.product(node),
    "hadamard": lambda self, node: times(*[self.images[a] for a in node.args]),
    "power": _power,
    "transpose": lambda self, node: transpose(self.images[node.args[0]]),
    "inner": _inner,
    "inv": _inverse,
    "matpow": _matrix_power,
    "trpow": _trace_of_power,
    **dict.fromkeys(TRACES, _trace_of_function),
    "group": lambda self, node: self.images[node.args[0]],
    "tr": _trace,
    "sum": _sum,
    "diag": lambda self, node: diagmatrix(self.images[node.args[0]]),
    "diagonal": lambda self, node: diagonal(self.images[node.args[0]]),
    "vec": lambda self, node: ravel(transpose(self.images[node.args[0]])),
    "unvec": _unvec,
    "kron": _kron,
    "commutation": _commutation,
    "diagonalizer": _diagonalizer,
    "det": _determinant,
    "logdet": _determinant,
    "stack": lambda self, node: stacked(node, [self.images[a] for a in node.args]),
    "contract": lambda self, node: summation(node, [self.images[a] for a in node.args]),
    "unit": lambda self, node: unit(self.images[node.args[0]], node.shape[0]),
    "block": lambda self, node: cut(node, self.images[node.args[0]]),
}
