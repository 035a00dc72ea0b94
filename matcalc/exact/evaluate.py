"""Expressions over the prime field: each operation by its definition, on matrices of dual numbers."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import cast

from matcalc.algebra.blocks import Partition
from matcalc.algebra.build import MATPOW, NUMBER, POWER, number_value
from matcalc.algebra.contractions import Spec, sizes_of
from matcalc.algebra.expr import Expr, postorder
from matcalc.algebra.shapes import SCALAR, Dim, Shape, dim_substitute
from matcalc.exact.field import PRIME, Dual, Matrix, NoPoint, determinant, inverse, matmul
from matcalc.exact.functions import Functions

__all__ = ["NoPoint", "NotExact", "Point", "evaluate"]


class NotExact(Exception):
    """The expression holds an operation that has no meaning over a prime field."""


class Point:
    """Sizes, the values of the symbols, and the functions drawn for them."""

    def __init__(self, sizes: Mapping[str, int], values: Mapping[str, Matrix], rng: random.Random) -> None:
        self.sizes = sizes
        self.values = dict(values)
        self.functions = Functions(rng, self._formula)

    def _formula(self, formula: Expr, letters: Mapping[Expr, Dual]) -> Dual:
        return evaluate(formula, self, {letter: [[value]] for letter, value in letters.items()})[0][0]

    def size(self, dim: Dim) -> int:
        """The number that a dimension stands for."""
        found = dim_substitute(dim, self.sizes)
        if not isinstance(found, int):
            raise NotExact(f"the size {dim}")
        return found


def evaluate(root: Expr, point: Point, known: Mapping[Expr, Matrix] | None = None) -> Matrix:
    """The value of an expression at a point, as a matrix of dual numbers."""
    found: dict[Expr, Matrix] = dict(known or {})
    for node in postorder(root):
        if node not in found:
            found[node] = _value(node, [found[arg] for arg in node.args], point)
    return found[root]


def _value(node: Expr, args: list[Matrix], point: Point) -> Matrix:
    op = node.op
    if not node.args:
        return _leaf(node, point)
    if op is POWER:
        return _power(node, args[0])
    if op is MATPOW or op.name == "trpow":
        return _matrix_power(node, args[0])
    if op.elementwise:
        if len(args) > 1:
            raise NotExact(op.name)
        return [[point.functions(op.name, x) for x in row] for row in args[0]]
    rule = _OPERATIONS.get(op.name)
    if rule is None:
        raise NotExact(op.name)
    return rule(node, point, *args)


def _number(value: Fraction | int) -> Dual:
    value = Fraction(value)
    return Dual(value.numerator * pow(value.denominator, -1, PRIME) % PRIME)


def _leaf(node: Expr, point: Point) -> Matrix:
    name = node.op.name
    rows, columns = point.size(node.shape[0]), point.size(node.shape[1])
    if name == "symbol":
        if str(node.data) not in point.values:
            raise NotExact(str(node.data))
        return point.values[str(node.data)]
    if name == "number":
        return [[_number(number_value(node))]]
    if name == "dimension":
        return [[Dual(point.sizes[str(node.data)])]]
    if name == "identity":
        return [[Dual(int(i == j)) for j in range(columns)] for i in range(rows)]
    if name == "ones" or name == "zeros":
        return [[Dual(int(name == "ones"))] * columns for _ in range(rows)]
    if name == "constant":  # a transcendental number: one value for each name, the same wherever it stands
        return [[Dual(random.Random(str(node.data)).randrange(2, PRIME))]]
    if name == "commutation":
        m, n = (point.size(d) for d in _pair(node.data))
        return _placed(rows, columns, [(j + n * i, i + m * j) for i in range(m) for j in range(n)])
    if name == "diagonalizer":
        return _placed(rows, columns, [(i + columns * i, i) for i in range(columns)])
    raise NotExact(name)


def _pair(data: object) -> Shape:
    assert isinstance(data, tuple)
    return data[0], data[1]


def _placed(rows: int, columns: int, ones: list[tuple[int, int]]) -> Matrix:
    at = set(ones)
    return [[Dual(int((i, j) in at)) for j in range(columns)] for i in range(rows)]


def _power(node: Expr, base: Matrix) -> Matrix:
    exponent = node.args[1]
    if exponent.op is not NUMBER:
        raise NotExact(f"the exponent {exponent}")
    q = Fraction(number_value(exponent))
    if q.denominator > 2:
        raise NotExact(f"the exponent {exponent}")
    return [[x.power(q.numerator, q.denominator) for x in row] for row in base]


def _matrix_power(node: Expr, base: Matrix) -> Matrix:
    exponent = node.args[1]
    if exponent.op is not NUMBER or not isinstance(number_value(exponent), int) or not 0 <= number_value(exponent) < 99:
        raise NotExact(f"the exponent {exponent}")
    out = [[Dual(int(i == j)) for j in range(len(base))] for i in range(len(base))]
    for _ in range(int(number_value(exponent))):
        out = matmul(out, base)
    return out if node.op is MATPOW else _trace(node, None, out)


def _product(node: Expr, point: Point, *args: Matrix) -> Matrix:
    scale = _number(node.data)  # type: ignore[arg-type]
    total: Matrix | None = None
    for arg, e in zip(args, node.args, strict=True):
        if e.shape == SCALAR:
            scale = scale * arg[0][0]
        else:
            total = arg if total is None else matmul(total, arg)
    return [[scale]] if total is None else [[scale * x for x in row] for row in total]


def _entrywise(combine: Callable[[Dual, Dual], Dual]) -> Callable[..., Matrix]:
    def rule(node: Expr, point: Point, *args: Matrix) -> Matrix:
        total = args[0]
        for arg in args[1:]:
            total = [[combine(x, y) for x, y in zip(r, s, strict=True)] for r, s in zip(total, arg, strict=True)]
        return total

    return rule


def _total(entries: list[Dual]) -> Matrix:
    total = Dual(0)
    for x in entries:
        total = total + x
    return [[total]]


def _trace(node: Expr, point: Point | None, a: Matrix) -> Matrix:
    return _total([row[i] for i, row in enumerate(a)])


def _inner(node: Expr, point: Point, a: Matrix, b: Matrix) -> Matrix:
    return _total([x * y for r, s in zip(a, b, strict=True) for x, y in zip(r, s, strict=True)])


def _kron(node: Expr, point: Point, a: Matrix, b: Matrix) -> Matrix:
    return [[x * y for x in r for y in s] for r in a for s in b]


def _unvec(node: Expr, point: Point, v: Matrix, x: Matrix) -> Matrix:
    rows = len(x)
    return [[v[i + rows * j][0] for j in range(len(x[0]))] for i in range(rows)]


def _kron_left(node: Expr, point: Point, g: Matrix, b: Matrix, a: Matrix) -> Matrix:
    p, q = len(b), len(b[0])

    def entry(i: int, j: int) -> Dual:
        return _total([g[i * p + k][j * q + m] * b[k][m] for k in range(p) for m in range(q)])[0][0]

    return [[entry(i, j) for j in range(len(a[0]))] for i in range(len(a))]


def _kron_right(node: Expr, point: Point, g: Matrix, a: Matrix, b: Matrix) -> Matrix:
    p, q = len(b), len(b[0])

    def entry(k: int, m: int) -> Dual:
        return _total([g[i * p + k][j * q + m] * a[i][j] for i in range(len(a)) for j in range(len(a[0]))])[0][0]

    return [[entry(k, m) for m in range(q)] for k in range(p)]


def _softmax(node: Expr, point: Point, x: Matrix) -> Matrix:
    raised = [[point.functions("exp", t) for t in row] for row in x]
    below = _total([t for row in raised for t in row])[0][0].power(-1)
    return [[t * below for t in row] for row in raised]


def _logsumexp(node: Expr, point: Point, x: Matrix) -> Matrix:
    total = _total([point.functions("exp", t) for row in x for t in row])[0][0]
    return [[point.functions("log", total)]]


def _triangle(keep: Callable[[int, int], bool]) -> Callable[..., Matrix]:
    return lambda node, point, a: [[x if keep(i, j) else Dual(0) for j, x in enumerate(r)] for i, r in enumerate(a)]


def _diag(node: Expr, point: Point, x: Matrix) -> Matrix:
    return [[x[i][0] if i == j else Dual(0) for j in range(len(x))] for i in range(len(x))]


def _contraction(node: Expr, point: Point, *args: Matrix) -> Matrix:
    operands, out = cast(Spec, node.data)
    lengths = {i: point.size(d) for i, d in sizes_of([arg.shape for arg in node.args], node.data).items()}
    rows, columns = (point.size(d) for d in node.shape)
    found = [[Dual(0)] * columns for _ in range(rows)]
    for place in itertools.product(*map(range, lengths.values())):
        at = dict(zip(lengths, place, strict=True))
        term = Dual(1)
        for axes, arg in zip(operands, args, strict=True):
            i, j = (*[at[axis] for axis in axes], 0)[:2]
            term = term * arg[i][j]
        i, j = (*[at[axis] for axis in out], 0, 0)[:2]
        found[i][j] = found[i][j] + term
    return found


def _is(a: Matrix, b: Matrix) -> Dual:
    """1 where two indices are equal, 0 where not."""
    return Dual(int(a[0][0].a == b[0][0].a))


def _unit(node: Expr, point: Point, k: Matrix, x: Matrix) -> Matrix:
    return [[_is(k, [[Dual(i + 1)]])] for i in range(len(x))]


def _stack(node: Expr, point: Point, *args: Matrix) -> Matrix:
    _, widths = cast(Partition, node.data)
    rows = [args[at : at + len(widths)] for at in range(0, len(args), len(widths))]
    return [[x for block in row for x in block[i]] for row in rows for i in range(len(row[0]))]


def _block(node: Expr, point: Point, a: Matrix) -> Matrix:
    heights, widths, i, j = cast(tuple[tuple[Dim, ...], tuple[Dim, ...], int, int], node.data)
    top, left = (sum([point.size(d) for d in sizes[:k]]) for sizes, k in ((heights, i), (widths, j)))
    rows, columns = (point.size(d) for d in node.shape)
    return [row[left : left + columns] for row in a[top : top + rows]]


#: (node, point, *operands) → value.
_OPERATIONS: dict[str, Callable[..., Matrix]] = {
    "product": _product,
    "add": _entrywise(Dual.__add__),
    "hadamard": _entrywise(Dual.__mul__),
    "transpose": lambda node, point, a: [list(column) for column in zip(*a, strict=True)],
    "inner": _inner,
    "stack": _stack,
    "block": _block,
    "inv": lambda node, point, a: inverse(a),
    "group": lambda node, point, a: a,
    "tr": _trace,
    "sum": lambda node, point, a: _total([x for row in a for x in row]),
    "diag": _diag,
    "diagonal": lambda node, point, a: [[row[i]] for i, row in enumerate(a)],
    "vec": lambda node, point, a: [[x] for column in zip(*a, strict=True) for x in column],
    "unvec": _unvec,
    "tril": _triangle(lambda i, j: i >= j),
    "triu": _triangle(lambda i, j: i <= j),
    "kron": _kron,
    "contract": _contraction,
    "kronleft": _kron_left,
    "kronright": _kron_right,
    "det": lambda node, point, a: [[determinant(a)]],
    "logdet": lambda node, point, a: [[point.functions("log", determinant(a))]],
    "norm1": lambda node, point, a: _total([point.functions("abs", x) for row in a for x in row]),
    "softmax": _softmax,
    "logsumexp": _logsumexp,
    "unit": _unit,
    "delta": lambda node, point, j, k: [[_is(j, k)]],
}
