"""SymPy expressions as expressions: every kind of node by the constructors, sums over entries as networks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from matcalc.algebra.blocks import block, stack
from matcalc.algebra.build import (
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
    ones,
    power,
    symbol,
    transpose,
    zeros,
)  # fmt: skip
from matcalc.algebra.expr import Expr
from matcalc.algebra.operations import REGISTRY
from matcalc.algebra.shapes import SCALAR, Dim, Shape, dim_add, dim_mul
from matcalc.algebra.walk import computed
from matcalc.calculus.formulas import lift
from matcalc.errors import DataError, NotYetError
from matcalc.notation.names import normalise_name
from matcalc.symbolic.scalars import READ, piecewise
from matcalc.symbolic.sums import element, read_sums

__all__ = ["from_sympy"]

# --- from SymPy ------------------------------------------------------------------------------------


def from_sympy(expression: object) -> Expr:
    """The expression that a SymPy expression says; its symbols keep their names and shapes, not their assumptions.

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

    if isinstance(expression, sympy.MatrixBase):
        expression = expression.as_immutable()
    if not isinstance(expression, sympy.Basic):
        raise DataError(f"a SymPy expression is wanted, and not a {type(expression).__name__}")
    dims = {s for m in expression.atoms(sympy.MatrixSymbol) for d in m.shape for s in sympy.sympify(d).free_symbols}
    return _Reader({str(s.name) for s in dims}).read(expression)


class _Reader:
    """What each kind of SymPy node is; `letters` are symbols that stand for something else."""

    def __init__(self, dimensions: set[str], letters: Mapping[Any, Expr] | None = None) -> None:
        self.dimensions = dimensions
        self.letters: dict[Any, Expr] = dict(letters or {})
        self.done: dict[Any, Expr] = {}

    def read(self, root: Any) -> Expr:
        """The expression of a SymPy node."""
        done = self.done
        return computed(root, done, self.operands, lambda n: self.value(n, [done[arg] for arg in self.operands(n)]))

    def operands(self, node: Any) -> tuple[Any, ...]:
        """The operands that are expressions themselves."""
        kind = type(node).__name__
        if kind in _LEAVES or kind in _WHOLE or node.is_Number or node.is_Symbol:
            return ()
        if kind == "ElementwiseApplyFunction":
            return (node.expr,)
        if kind in ("MatrixElement", "MatrixSlice"):
            return (node.args[0],)
        if kind in ("ImmutableDenseMatrix", "BlockMatrix"):
            return tuple(node if kind == "ImmutableDenseMatrix" else node.blocks)
        return tuple(node.args)

    def value(self, node: Any, args: list[Expr]) -> Expr:
        """The expression, with those of its operands."""
        kind = type(node).__name__
        leaf = _LEAVES.get(kind)
        if leaf is not None:
            return leaf(node)
        if node.is_Number:
            return _number(node)
        if node in self.letters:
            return self.letters[node]
        whole = _WHOLE.get(kind)
        if whole is not None:
            return whole(self, node)
        if node.is_Symbol:
            name = normalise_name(node.name)
            return dimension(name) if node.name in self.dimensions else symbol(name)
        if kind == "ElementwiseApplyFunction":
            return _applied(self, node, args)
        rule = _NODES.get(kind)
        if rule is not None:
            return rule(node, args)
        if kind in READ and all(arg.is_scalar for arg in args):
            return READ[kind](args)
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


def _part(node: Any, args: list[Expr]) -> Expr:
    """A stretch of rows and columns, which SymPy counts from 0."""
    cuts: list[tuple[tuple[Dim, ...], int]] = []
    for (start, stop, step), length in zip(node.args[1:], args[0].shape, strict=True):
        if step != 1:
            raise NotYetError(f"{node} has no counterpart here", advice="Slices whose step is 1 have.")
        before, size = _dim(start), dim_add(_dim(stop), dim_mul(-1, _dim(start)))
        after = dim_add(length, dim_mul(-1, _dim(stop)))
        cuts.append((tuple([part for part in (before, size, after) if part != 0]), 0 if before == 0 else 1))
    (heights, i), (widths, j) = cuts
    return block(args[0], (heights, widths), i, j)


def _blocks(counts: tuple[int, int], args: list[Expr]) -> Expr:
    rows, columns = map(int, counts)
    return stack([[args[i * columns + j] for j in range(columns)] for i in range(rows)])


def _block_diagonal(node: Any, args: list[Expr]) -> Expr:
    return stack(
        [[a if i == j else zeros(a.shape[0], b.shape[1]) for j, b in enumerate(args)] for i, a in enumerate(args)]
    )


def _power(node: Any, args: list[Expr]) -> Expr:
    base, exponent = args
    if base is _E:
        return apply(REGISTRY["exp"], (exponent,))
    return power(base, exponent)


def _applied(reader: _Reader, node: Any, args: list[Expr]) -> Expr:
    """A function of every entry: its body once, as a formula in one letter."""
    import sympy

    letter = sympy.Dummy("t")
    entry = symbol("#t")
    body = _Reader(reader.dimensions, {**reader.letters, letter: entry}).read(node.function(letter))
    return lift(body, {entry: args[0]}, args[0].shape)


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

#: What is read as a whole, with its bound symbols.
_WHOLE: dict[str, Callable[[_Reader, Any], Expr]] = {
    "Sum": lambda reader, node: read_sums(node, reader.read, _dim),
    "FunctionMatrix": lambda reader, node: read_sums(node, reader.read, _dim),
    "Piecewise": lambda reader, node: piecewise(node, reader.read),
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
    "MatrixElement": lambda node, args: element(args[0], *node.args[1:]),
    "MatrixSlice": _part,
    "BlockMatrix": lambda node, args: _blocks(node.blockshape, args),
    "BlockDiagMatrix": _block_diagonal,
    "ImmutableDenseMatrix": lambda node, args: _blocks(node.shape, args),
    "Adjoint": lambda node, args: transpose(args[0]),
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
