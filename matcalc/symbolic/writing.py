"""Expressions in SymPy: every operation that has a counterpart there, nothing evaluated."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING, Any, cast

from matcalc.algebra.blocks import Partition, offset
from matcalc.algebra.build import Number, is_number, number_value
from matcalc.algebra.contractions import Spec, sizes_of
from matcalc.algebra.expr import Expr, postorder
from matcalc.algebra.shapes import SCALAR, Dim, Polynomial
from matcalc.errors import NotYetError
from matcalc.symbolic.scalars import WRITE

if TYPE_CHECKING:
    import sympy

__all__ = ["to_sympy"]


def to_sympy(e: Expr) -> sympy.Basic:
    """The expression in SymPy, nothing evaluated.

    >>> from matcalc import parse
    >>> parse("xᵀA x + tr(S)", {"A": "n n", "x": "n", "S": "k k"}).to_sympy()
    (x.T*A*x)[0, 0] + Trace(S)

    Raises NotYetError for what SymPy has no counterpart of.
    """
    at: dict[Expr, Any] = {}
    for node in postorder(e):
        rule = _WRITE.get(node.op.name)
        if rule is not None:
            at[node] = rule(node, [at[arg] for arg in node.args])
        elif node.op.elementwise:
            at[node] = _write_elementwise(node, [at[arg] for arg in node.args])
        elif node.op.definition is not None:
            at[node] = to_sympy(node.op.definition(node.args, node.data))
        else:
            raise NotYetError(f"{node.op.name} has no counterpart in SymPy")
    result: sympy.Basic = at[e]
    return result


def _sympy_dim(dim: Dim) -> Any:
    import sympy

    if isinstance(dim, int):
        return sympy.Integer(dim)
    if isinstance(dim, Polynomial):
        return sympy.Add(*[c * sympy.Mul(*[_sympy_dim(name) for name in names]) for names, c in dim.terms])
    return sympy.Symbol(dim, integer=True, positive=True)


def _dims(node: Expr) -> tuple[Any, Any]:
    return _sympy_dim(node.shape[0]), _sympy_dim(node.shape[1])


def _write_number(node: Expr, args: list[Any]) -> Any:
    import sympy

    value = Fraction(number_value(node))
    return sympy.Rational(value.numerator, value.denominator)


def _write_symbol(node: Expr, args: list[Any]) -> Any:
    import sympy

    name = str(node.data)
    return sympy.Symbol(name) if node.shape == SCALAR else sympy.MatrixSymbol(name, *_dims(node))


def _write_constant(node: Expr, args: list[Any]) -> Any:
    import sympy

    return sympy.pi if node.data == "π" else sympy.E


def _write_sum(node: Expr, args: list[Any]) -> Any:
    import sympy

    return sympy.Add(*args) if node.shape == SCALAR else sympy.MatAdd(*args)


def _write_product(node: Expr, args: list[Any]) -> Any:
    import sympy

    scalars = [value for arg, value in zip(node.args, args, strict=True) if arg.shape == SCALAR]
    matrices = [value for arg, value in zip(node.args, args, strict=True) if arg.shape != SCALAR]
    value = Fraction(cast(Number, node.data))
    coefficient = sympy.Mul(sympy.Rational(value.numerator, value.denominator), *scalars)
    if not matrices:
        return coefficient
    if node.shape == SCALAR:
        return coefficient * _entry(matrices)
    return sympy.MatMul(coefficient, *matrices) if coefficient != 1 else _chain(matrices)


def _chain(matrices: list[Any]) -> Any:
    import sympy

    return matrices[0] if len(matrices) == 1 else sympy.MatMul(*matrices)


def _entry(matrices: list[Any]) -> Any:
    """The one entry of a 1×1 product."""
    from sympy.matrices.expressions.matexpr import MatrixElement

    return MatrixElement(_chain(matrices), 0, 0)


def _write_hadamard(node: Expr, args: list[Any]) -> Any:
    import sympy

    return sympy.HadamardProduct(*args)


def _write_power(node: Expr, args: list[Any]) -> Any:
    import sympy

    base, exponent = args
    return base**exponent if node.shape == SCALAR else sympy.HadamardPower(base, exponent)


def _write_inner(node: Expr, args: list[Any]) -> Any:
    import sympy

    left, right = args
    if node.args[0].shape[1] == 1:
        return _entry([sympy.Transpose(left), right])
    return sympy.Trace(sympy.MatMul(sympy.Transpose(left), right))


def _write_elementwise(node: Expr, args: list[Any]) -> Any:
    import sympy

    write = WRITE.get(node.op.name)
    if write is None:
        raise NotYetError(f"{node.op.name} has no counterpart in SymPy")
    if node.shape == SCALAR:
        return write(sympy, *args)
    letter = sympy.Dummy("t")
    return args[0].applyfunc(sympy.Lambda(letter, write(sympy, letter, *args[1:])))


def _total(matrix: Any) -> Any:
    """The sum of all entries."""
    import sympy

    return _entry([sympy.OneMatrix(1, matrix.shape[0]), matrix, sympy.OneMatrix(matrix.shape[1], 1)])


def _write_softmax(node: Expr, args: list[Any]) -> Any:
    import sympy

    raised = args[0].applyfunc(sympy.exp)
    return sympy.MatMul(1 / _total(raised), raised)


def _by_entries(node: Expr, entry: Callable[[Any, Any, Any], Any]) -> Any:
    """The matrix with these entries, as functions of the indices."""
    import sympy

    i, j = sympy.symbols("i j", integer=True, cls=sympy.Dummy)
    return sympy.FunctionMatrix(*_dims(node), sympy.Lambda((i, j), entry(sympy, i, j)))


def _write_contraction(node: Expr, args: list[Any]) -> Any:
    operands, out = cast(Spec, node.data)
    lengths = sizes_of([arg.shape for arg in node.args], node.data)

    def entry(sympy: Any, row: Any, column: Any) -> Any:
        names = dict(zip(out, (row, column), strict=False))
        bound = [i for i in lengths if i not in names]
        names.update({i: sympy.Dummy(f"k{i}", integer=True) for i in bound})
        places = [tuple([*[names[axis] for axis in axes], 0][:2]) for axes in operands]
        product = sympy.Mul(*[arg[place] for arg, place in zip(args, places, strict=True)])
        return sympy.Sum(product, *[(names[i], 0, _sympy_dim(lengths[i]) - 1) for i in bound])

    if not out:
        import sympy

        return entry(sympy, None, None)
    return _by_entries(node, entry)


def _write_unit(node: Expr, args: list[Any]) -> Any:
    if not is_number(node.args[0]):
        raise NotYetError("a unit vector at an index has no counterpart in SymPy", advice="One at a number has.")
    place = int(number_value(node.args[0])) - 1
    return _by_entries(node, lambda sympy, i, j: sympy.KroneckerDelta(i, place))


def _as_matrix(e: Expr, value: Any) -> Any:
    import sympy

    return sympy.ImmutableMatrix([[value]]) if e.shape == SCALAR else value


def _write_stack(node: Expr, args: list[Any]) -> Any:
    import sympy

    columns = len(cast(Partition, node.data)[1])
    blocks = [_as_matrix(e, value) for e, value in zip(node.args, args, strict=True)]
    if all(e.shape == SCALAR for e in node.args):
        return sympy.ImmutableMatrix(len(args) // columns, columns, args)
    return sympy.BlockMatrix([blocks[k : k + columns] for k in range(0, len(blocks), columns)])


def _write_block(node: Expr, args: list[Any]) -> Any:
    from sympy.matrices.expressions.slice import MatrixSlice

    heights, widths, i, j = cast(tuple[tuple[Dim, ...], tuple[Dim, ...], int, int], node.data)
    rows, columns = (
        (_sympy_dim(offset(sizes, k)), _sympy_dim(offset(sizes, k + 1)), 1) for sizes, k in ((heights, i), (widths, j))
    )
    if node.shape == SCALAR:
        return args[0][rows[0], columns[0]]
    return MatrixSlice(args[0], rows, columns)


def _of_one(write: Callable[[Any, Any], Any]) -> Callable[[Expr, list[Any]], Any]:
    def value(node: Expr, args: list[Any]) -> Any:
        import sympy

        return write(sympy, args[0])

    return value


def _at(value: Any, i: Any) -> Any:
    """The entry of a column, or the number."""
    return value[i, 0] if value.is_Matrix else value


_WRITE: dict[str, Callable[[Expr, list[Any]], Any]] = {
    "number": _write_number, "symbol": _write_symbol, "constant": _write_constant,
    "dimension": lambda node, args: _sympy_dim(node.data),  # type: ignore[arg-type]
    "add": _write_sum, "product": _write_product, "hadamard": _write_hadamard, "power": _write_power,
    "inner": _write_inner, "sum": lambda node, args: _total(args[0]), "contract": _write_contraction,
    "unit": _write_unit, "stack": _write_stack, "block": _write_block, "softmax": _write_softmax,
    "identity": lambda node, args: _of_one(lambda s, n: s.Identity(n))(node, [_dims(node)[0]]),
    "ones": lambda node, args: _of_one(lambda s, dims: s.OneMatrix(*dims))(node, [_dims(node)]),
    "zeros": lambda node, args: _of_one(lambda s, dims: s.ZeroMatrix(*dims))(node, [_dims(node)]),
    "matpow": lambda node, args: _of_one(lambda s, both: s.MatPow(*both))(node, [args]),
    "kron": lambda node, args: _of_one(lambda s, both: s.KroneckerProduct(*both))(node, [args]),
    "transpose": _of_one(lambda s, a: s.Transpose(a)),
    "inv": _of_one(lambda s, a: s.Inverse(a)),
    "group": lambda node, args: args[0],
    "tr": _of_one(lambda s, a: s.Trace(a)),
    "det": _of_one(lambda s, a: s.Determinant(a)),
    "logdet": _of_one(lambda s, a: s.log(s.Abs(s.Determinant(a)))),
    "diag": _of_one(lambda s, a: s.DiagMatrix(a)),
    "diagonal": _of_one(lambda s, a: s.DiagonalOf(a)),
    "logsumexp": lambda node, args: _of_one(lambda s, a: s.log(_total(a.applyfunc(s.exp))))(node, args),
    "norm1": lambda node, args: _of_one(lambda s, a: _total(a.applyfunc(s.Abs)))(node, args),
    "positions": lambda node, args: _by_entries(node, lambda s, i, j: i + 1),
    "powers": lambda node, args: _by_entries(node, lambda s, i, j: _at(args[0], i) ** _at(args[1], j)),
    "trpow": lambda node, args: _of_one(lambda s, both: s.Trace(s.MatPow(*both)))(node, [args]),
}  # fmt: skip
