"""SymPy expressions as expressions, and back, on everything that both know.

SymPy is imported when a function of this module is called. A dimension is a positive integer symbol
there; a 1×1 product such as xᵀA x is its entry [0, 0], since SymPy keeps matrices and scalars apart.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING, Any, cast

from matcalc.algebra.build import (
    Number,
    add,
    apply,
    constant,
    dimension,
    hadamard,
    identity,
    inner,
    inverse,
    matrix_power,
    multiply,
    number,
    number_value,
    ones,
    power,
    symbol,
    transpose,
    zeros,
)  # fmt: skip
from matcalc.algebra.expr import Expr, postorder
from matcalc.algebra.operations import REGISTRY
from matcalc.algebra.shapes import SCALAR, Dim, Polynomial, Shape, dim_add, dim_mul
from matcalc.errors import DataError, NotYetError
from matcalc.notation.names import normalise_name

if TYPE_CHECKING:
    import sympy

__all__ = ["from_sympy", "to_sympy"]

#: Functions of a number by their names here and in SymPy.
_ELEMENTWISE = {
    "exp": "exp", "log": "log", "abs": "Abs", "sign": "sign", "sin": "sin", "cos": "cos", "tan": "tan", "cot": "cot",
    "sec": "sec", "csc": "csc", "arcsin": "asin", "arccos": "acos", "arctan": "atan", "sinh": "sinh", "cosh": "cosh",
    "tanh": "tanh", "arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh", "erf": "erf",
}  # fmt: skip


# --- from SymPy ------------------------------------------------------------------------------------


def from_sympy(expression: object) -> Expr:
    """The expression that a SymPy expression says.

    >>> import sympy
    >>> from matcalc import derive, from_sympy
    >>> m, n = sympy.symbols("m n")
    >>> A, x = sympy.MatrixSymbol("A", m, n), sympy.MatrixSymbol("x", n, 1)
    >>> f = from_sympy(x.T * A.T * A * x)
    >>> print(f, "→", derive(f, "x").expr)
    xᵀAᵀA x → 2 AᵀA x

    Raises DataError for what is no SymPy expression, NotYetError for what has no counterpart.
    """
    import sympy

    if not isinstance(expression, sympy.Basic):
        raise DataError(f"a SymPy expression is wanted, and not a {type(expression).__name__}")
    dims = {s for m in expression.atoms(sympy.MatrixSymbol) for d in m.shape for s in sympy.sympify(d).free_symbols}
    reader = _Reader({str(s.name) for s in dims})
    done: dict[sympy.Basic, Expr] = {}
    stack: list[sympy.Basic] = [expression]
    while stack:
        node = stack[-1]
        if node in done:
            stack.pop()
            continue
        todo = [arg for arg in reader.operands(node) if arg not in done]
        if todo:
            stack.extend(reversed(todo))
            continue
        stack.pop()
        done[node] = reader.value(node, [done[arg] for arg in reader.operands(node)])
    return done[expression]


class _Reader:
    """What each kind of SymPy node is."""

    def __init__(self, dimensions: set[str]) -> None:
        self.dimensions = dimensions

    def operands(self, node: Any) -> tuple[Any, ...]:
        """The operands that are expressions themselves."""
        kind = type(node).__name__
        if kind in _LEAVES or node.is_Number or node.is_Symbol:
            return ()
        if kind == "MatrixElement":
            return (node.args[0],)
        if kind == "ElementwiseApplyFunction":
            return (node.expr,)
        return tuple(node.args)

    def value(self, node: Any, args: list[Expr]) -> Expr:
        """The expression, with those of its operands."""
        kind = type(node).__name__
        leaf = _LEAVES.get(kind)
        if leaf is not None:
            return leaf(node)
        if node.is_Number:
            return _number(node)
        if node.is_Symbol:
            name = normalise_name(node.name)
            return dimension(name) if node.name in self.dimensions else symbol(name)
        rule = _NODES.get(kind)
        if rule is not None:
            return rule(node, args)
        for name, its in _ELEMENTWISE.items():
            if kind == its and len(args) == 1:
                return apply(REGISTRY[name], tuple(args))
        raise NotYetError(f"{kind} of SymPy has no counterpart here")


def _number(node: Any) -> Expr:
    if node.is_Rational:
        return number(Fraction(int(node.p), int(node.q)))
    if node.is_Float and node.is_finite:
        return number(Fraction(str(node)))
    raise NotYetError(f"{node} of SymPy has no counterpart here")


def _dim(node: Any) -> Dim:
    """A dimension: an integer, a symbol, or sums and products of them."""
    total: Dim = 0
    for term in node.as_ordered_terms() if node.is_Add else [node]:
        product: Dim = 1
        for factor in term.as_ordered_factors() if term.is_Mul else [term]:
            if factor.is_Integer:
                product = dim_mul(product, int(factor))
            elif factor.is_Symbol:
                product = dim_mul(product, normalise_name(factor.name))
            else:
                raise NotYetError(f"the dimension {node} has no counterpart here")
        total = dim_add(total, product)
    return total


def _shape(node: Any) -> Shape:
    return _dim(node.shape[0]), _dim(node.shape[1])


def _element(node: Any, args: list[Expr]) -> Expr:
    if args[0].shape != SCALAR or (node.args[1], node.args[2]) != (0, 0):
        raise NotYetError("an entry of a matrix has no counterpart here", advice="Entry [0, 0] of a 1×1 product has.")
    return args[0]


def _power(node: Any, args: list[Expr]) -> Expr:
    base, exponent = args
    if base is _E:
        return apply(REGISTRY["exp"], (exponent,))
    return power(base, exponent)


def _applied(node: Any, args: list[Expr]) -> Expr:
    name = getattr(node.function, "__name__", "") or type(getattr(node.function, "expr", None)).__name__
    for own, its in _ELEMENTWISE.items():
        if name == its:
            return apply(REGISTRY[own], tuple(args))
    raise NotYetError(f"{node.function} of every entry has no counterpart here")


def _row(name: str) -> Callable[[Any, list[Expr]], Expr]:
    return lambda node, args: apply(REGISTRY[name], tuple(args))


_E = constant("e")

_LEAVES: dict[str, Callable[[Any], Expr]] = {
    "MatrixSymbol": lambda node: symbol(normalise_name(node.name), _shape(node)),
    "Identity": lambda node: identity(_dim(node.shape[0])),
    "ZeroMatrix": lambda node: zeros(*_shape(node)),
    "OneMatrix": lambda node: ones(*_shape(node)),
    "Pi": lambda node: constant("π"),
    "Exp1": lambda node: _E,
}

_NODES: dict[str, Callable[[Any, list[Expr]], Expr]] = {
    "Add": lambda node, args: add(*args),
    "MatAdd": lambda node, args: add(*args),
    "Mul": lambda node, args: multiply(*args),
    "MatMul": lambda node, args: _matmul(args),
    "Pow": _power,
    "MatPow": lambda node, args: matrix_power(*args),
    "Transpose": lambda node, args: transpose(args[0]),
    "Inverse": lambda node, args: inverse(args[0]),
    "HadamardProduct": lambda node, args: hadamard(*args),
    "HadamardPower": lambda node, args: power(*args),
    "KroneckerProduct": lambda node, args: _kronecker(args),
    "Trace": lambda node, args: args[0] if args[0].is_scalar else apply(REGISTRY["tr"], tuple(args)),
    "Determinant": _row("det"),
    "DiagMatrix": _row("diag"),
    "DiagonalMatrix": lambda node, args: hadamard(identity(args[0].shape[0]), args[0]),
    "DiagonalOf": _row("diagonal"),
    "DotProduct": lambda node, args: multiply(transpose(args[0]), args[1]),
    "MatrixElement": _element,
    "ElementwiseApplyFunction": _applied,
}


def _matmul(args: list[Expr]) -> Expr:
    """The product by shapes; of a vector with itself it is the squared norm."""
    value = multiply(*args)
    matrices = [arg for arg in args if arg.shape != SCALAR]
    if value.shape == SCALAR and len(matrices) == 2 and matrices[0] is transpose(matrices[1]):
        scalars = [arg for arg in args if arg.shape == SCALAR]
        return multiply(*scalars, inner(matrices[1], matrices[1]))
    return value


def _kronecker(args: list[Expr]) -> Expr:
    total = args[0]
    for arg in args[1:]:
        total = apply(REGISTRY["kron"], (total, arg))
    return total


# --- to SymPy ----------------------------------------------------------------------------------------


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
            at[node] = _write_elementwise(node, at[node.args[0]])
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


def _write_total(node: Expr, args: list[Any]) -> Any:
    import sympy

    rows, columns = _dims(node.args[0])
    return _entry([sympy.OneMatrix(1, rows), args[0], sympy.OneMatrix(columns, 1)])


def _write_elementwise(node: Expr, arg: Any) -> Any:
    import sympy

    name = _ELEMENTWISE.get(node.op.name)
    if name is None:
        raise NotYetError(f"{node.op.name} has no counterpart in SymPy")
    function = getattr(sympy, name)
    return function(arg) if node.shape == SCALAR else arg.applyfunc(function)


def _of_one(write: Callable[[Any, Any], Any]) -> Callable[[Expr, list[Any]], Any]:
    def value(node: Expr, args: list[Any]) -> Any:
        import sympy

        return write(sympy, args[0])

    return value


_WRITE: dict[str, Callable[[Expr, list[Any]], Any]] = {
    "number": _write_number, "symbol": _write_symbol, "constant": _write_constant,
    "dimension": lambda node, args: _sympy_dim(node.data),  # type: ignore[arg-type]
    "add": _write_sum, "product": _write_product, "hadamard": _write_hadamard, "power": _write_power,
    "inner": _write_inner, "sum": _write_total,
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
    "trpow": lambda node, args: _of_one(lambda s, both: s.Trace(s.MatPow(*both)))(node, [args]),
}  # fmt: skip
