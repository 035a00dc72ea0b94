"""The structural operations, the leaves, and an expression read as a product.

What the constructors keep true of every expression is said in matcalc.algebra.build, which makes them.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from fractions import Fraction

from matcalc.algebra.expr import Expr, make
from matcalc.algebra.operations import REGISTRY, Builder, Operation
from matcalc.algebra.shapes import SCALAR, Dim, Shape, dim_text
from matcalc.errors import ShapeError

__all__ = [
    "ADD", "CONSTANT", "CONSTRUCTORS", "DIMENSION", "GROUP", "HADAMARD", "IDENTITY", "INNER", "INVERSE", "MATPOW",
    "NUMBER", "ONE", "ONES", "POWER", "PRODUCT", "SYMBOL", "TRANSPOSE", "ZERO", "ZEROS", "Number", "constant",
    "identity", "is_below", "is_chain", "is_number", "is_zero", "magnitude", "number", "number_value", "ones", "parts",
    "reassemble", "same_shape", "shown_shape", "square_shape", "symbol", "zeros",
]  # fmt: skip

Number = int | Fraction


# --- shape rules -------------------------------------------------------------------------------


def same_shape(shapes: tuple[Shape, ...], data: Hashable) -> Shape:
    """The one shape of all operands; raises ShapeError where they differ."""
    for shape in shapes[1:]:
        if shape != shapes[0]:
            raise ShapeError(f"{shown_shape(shapes[0])} and {shown_shape(shape)} differ")
    return shapes[0]


def shown_shape(shape: Shape) -> str:
    """A shape in an error."""
    return f"{dim_text(shape[0])}×{dim_text(shape[1])}"


def _inner_shape(shapes: tuple[Shape, ...], data: Hashable) -> Shape:
    same_shape(shapes, data)
    return SCALAR


def _first(shapes: tuple[Shape, ...], data: Hashable) -> Shape:
    return shapes[0]


def _flip(shapes: tuple[Shape, ...], data: Hashable) -> Shape:
    return shapes[0][1], shapes[0][0]


def _leaf(shapes: tuple[Shape, ...], data: Hashable) -> Shape:
    raise TypeError("a leaf gets its shape when it is built")


def _chain_shape(shapes: tuple[Shape, ...], data: Hashable) -> Shape:
    matrices = [s for s in shapes if s != SCALAR]
    for left, right in zip(matrices, matrices[1:], strict=False):
        if left[1] != right[0]:
            raise ShapeError(
                f"{shown_shape(left)} times {shown_shape(right)}: {dim_text(left[1])} and {dim_text(right[0])} differ"
            )
    return (matrices[0][0], matrices[-1][1]) if matrices else SCALAR


def square_shape(shapes: tuple[Shape, ...], data: Hashable) -> Shape:
    """The shape of the operand; raises ShapeError where it is not square."""
    if shapes[0][0] != shapes[0][1]:
        raise ShapeError(f"a matrix power needs a square matrix, and this one is {shown_shape(shapes[0])}")
    return shapes[0]


# --- the rows ----------------------------------------------------------------------------------

#: The constructors by name; the modules of products and of the other constructors fill it.
CONSTRUCTORS: dict[str, Callable[..., Expr]] = {}


def _built(name: str) -> Builder:
    return lambda args, data: CONSTRUCTORS[name](*args)


def _row(name: str, shape: object, **rest: object) -> Operation:
    return REGISTRY.add(Operation(name=name, shape=shape, callable_from_text=False, **rest))  # type: ignore[arg-type]


#: An integer power up to this is differentiated as a product.
_POWER_LIMIT = 64


def _repeated(base: Expr, exponent: Expr) -> Expr:
    """X … X for a small integer; else the power itself, whose derivative is a Fréchet form."""
    if is_number(exponent) and 2 <= number_value(exponent) <= _POWER_LIMIT:
        return CONSTRUCTORS["multiply"](*[base] * int(number_value(exponent)))
    return make(MATPOW, (base, exponent), None, base.shape)


NUMBER = _row("number", _leaf, arity=0)
CONSTANT = _row("constant", _leaf, arity=0)
SYMBOL = _row("symbol", _leaf, arity=0)
DIMENSION = _row("dimension", _leaf, arity=0)
IDENTITY = _row("identity", _leaf, arity=0, transpose="invariant")
ONES = _row("ones", _leaf, arity=0)
ZEROS = _row("zeros", _leaf, arity=0)
ADD = _row("add", same_shape, arity=None, transpose="commutes", build=_built("add"))
PRODUCT = _row(
    "product", _chain_shape, arity=None, build=lambda args, data: CONSTRUCTORS["multiply"](number(data), *args)
)
HADAMARD = _row("hadamard", same_shape, arity=None, transpose="commutes", build=_built("hadamard"))
POWER = _row(
    "power", _first, arity=2, transpose="commutes", build=_built("power"), title="power rule",
    source="NIST Digital Library of Mathematical Functions §4.7(ii)",
)  # fmt: skip
TRANSPOSE = _row("transpose", _flip, arity=1, build=_built("transpose"))
INNER = _row("inner", _inner_shape, arity=2, build=_built("inner"))
INVERSE = _row(
    "inv", square_shape, transpose="commutes", build=_built("inverse"),
    signature="X: n n -> n n", differential="−Y dX Y", domain=("{0} invertible",), sample=("invertible",),
    source="Magnus & Neudecker, 3rd ed., ch. 8, theorem 8.3", title="differential of the inverse",
)  # fmt: skip
MATPOW = _row(
    "matpow",
    square_shape,
    arity=2,
    transpose="commutes",
    signature="X: n n, N: 1 1 -> n n",
    definition=lambda args, data: _repeated(*args),
    differential="frechet_power(X, N, dX)",
    sample=("normal", "three"),
    source="Magnus & Neudecker, 3rd ed., §8.4",
    build=_built("matrix_power"),
)
GROUP = _row("group", _first, arity=1, build=_built("group"))


# --- leaves ------------------------------------------------------------------------------------


def _exact(value: Number) -> Number:
    return value if type(value) is int or value.denominator != 1 else value.numerator


def number(value: Number) -> Expr:
    """The number as an expression."""
    return make(NUMBER, (), _exact(value), SCALAR)


ZERO = number(0)
ONE = number(1)


def constant(name: str) -> Expr:
    """A named number such as π."""
    return make(CONSTANT, (), name, SCALAR)


def symbol(name: str, shape: Shape = SCALAR) -> Expr:
    """A symbol with a shape."""
    return make(SYMBOL, (), name, shape)


def identity(n: Dim) -> Expr:
    """The identity of size n."""
    return ONE if n == 1 else make(IDENTITY, (), None, (n, n))


def ones(rows: Dim, columns: Dim = 1) -> Expr:
    """The array of ones: 𝟏, its row, or 𝟏𝟏ᵀ."""
    return ONE if (rows, columns) == SCALAR else make(ONES, (), None, (rows, columns))


def zeros(rows: Dim, columns: Dim = 1) -> Expr:
    """The array of zeros."""
    return ZERO if (rows, columns) == SCALAR else make(ZEROS, (), None, (rows, columns))


def is_number(e: Expr) -> bool:
    """Whether the expression is a literal number."""
    return e.op is NUMBER


def number_value(e: Expr) -> Number:
    """The value of a literal number."""
    assert isinstance(e.data, int | Fraction)
    return e.data


def magnitude(value: Number) -> Number:
    """|value|."""
    return -value if value < 0 else value


def is_zero(e: Expr) -> bool:
    """Whether the expression is the number 0 or an array of zeros."""
    return e is ZERO or e.op is ZEROS


# --- an expression read as a product -----------------------------------------------------------


def is_chain(e: Expr) -> bool:
    """Whether the expression is a 1×1 product of matrix factors, such as xᵀA x."""
    return e.op is PRODUCT and e.shape == SCALAR and e.args[0].shape != SCALAR


def parts(e: Expr) -> tuple[Number, tuple[Expr, ...], tuple[Expr, ...]]:
    """(number, scalars, matrix factors) of an expression read as a product.

    A chain counts as one scalar: parts(2 α xᵀA x) is (2, (α, xᵀA x), ()).
    """
    if e.op is PRODUCT:
        args = e.args
        if args[0].shape != SCALAR:
            return (1, (e,), ()) if e.shape == SCALAR else (e.data, (), args)  # type: ignore[return-value]
        for i, arg in enumerate(args):
            if arg.shape != SCALAR:
                return e.data, args[:i], args[i:]  # type: ignore[return-value]
        return e.data, args, ()  # type: ignore[return-value]
    if e.op is NUMBER:
        return number_value(e), (), ()
    if e.shape == SCALAR:
        return 1, (e,), ()
    return 1, (), (e,)


def reassemble(coefficient: Number, scalars: tuple[Expr, ...], matrices: tuple[Expr, ...]) -> Expr:
    """The product of parts that are in normal form already; the inverse of `parts`."""
    coefficient = _exact(coefficient)
    args = scalars + matrices
    if coefficient == 0:
        return zeros(matrices[0].shape[0], matrices[-1].shape[1]) if matrices else ZERO
    if not args:
        return number(coefficient)
    if len(args) == 1 and coefficient == 1:
        return args[0]
    shape = (matrices[0].shape[0], matrices[-1].shape[1]) if matrices else SCALAR
    return make(PRODUCT, args, coefficient, shape)


def is_below(exponent: Expr) -> bool:
    """Whether a power with this exponent is written below a fraction bar."""
    if exponent.op is NUMBER:
        return number_value(exponent) < 0
    return exponent.op is PRODUCT and not is_chain(exponent) and exponent.data < 0  # type: ignore[operator]
