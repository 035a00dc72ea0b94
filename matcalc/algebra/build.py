"""The structural operations and the constructors that keep expressions in normal form.

Constructors know associativity, units, numbers and zeros, and nothing else: no facts, and no
cancellation that a fact must justify. What they keep true of every expression:

* A sum is flat: no term is a sum, and at most one term is a number.
* A product is a number (its payload), then commuting scalars, then matrix factors in order; no
  factor is a product, and nothing 1×1 hides between matrix factors. A chain of matrix factors
  that is 1×1, such as xᵀA x, is a product of its own and counts as one scalar.
* Division is multiplication by a power: `power` acts entry by entry, on scalars and arrays alike,
  and ⊘ exists only in print. Numbers and scalars stand outside ⊙, ᵀ and inner products.
* A transpose stands on a single factor, never on a product.
* ‖X‖² is the inner product of X with itself, and ‖X‖ is its square root.
"""

from __future__ import annotations

from collections.abc import Hashable
from fractions import Fraction

from matcalc.algebra.expr import Expr, make
from matcalc.algebra.nodes import (
    ADD,
    CONSTANT,
    CONSTRUCTORS,
    DIMENSION,
    GROUP,
    HADAMARD,
    IDENTITY,
    INNER,
    INVERSE,
    MATPOW,
    NUMBER,
    ONE,
    ONES,
    POWER,
    PRODUCT,
    SYMBOL,
    TRANSPOSE,
    ZERO,
    ZEROS,
    Number,
    constant,
    identity,
    is_below,
    is_chain,
    is_number,
    is_zero,
    magnitude,
    number,
    number_value,
    ones,
    parts,
    reassemble,
    same_shape,
    square_shape,
    symbol,
    zeros,
)  # fmt: skip
from matcalc.algebra.operations import REGISTRY, Operation
from matcalc.algebra.products import (
    add,
    dimension,
    divide,
    hadamard,
    multiply,
    negate,
    power,
    scale,
    sqrt,
    subtract,
    transpose,
)  # fmt: skip
from matcalc.algebra.shapes import SCALAR

__all__ = [
    "ADD", "CONSTANT", "DIMENSION", "GROUP", "HADAMARD", "IDENTITY", "INNER", "INVERSE", "MATPOW", "NUMBER",
    "ONE", "ONES", "POWER", "PRODUCT", "SYMBOL", "TRANSPOSE", "ZERO", "ZEROS", "Number", "add", "apply",
    "constant", "dimension", "divide", "group", "hadamard", "identity", "inner", "inverse", "is_below",
    "is_chain", "is_number", "is_zero", "magnitude", "matrix_power", "multiply", "negate", "norm", "number",
    "number_value", "ones", "parts", "power", "reassemble", "scale", "sqrt", "subtract", "symbol", "transpose",
    "zeros",
]  # fmt: skip


# --- inverses and powers of matrices -----------------------------------------------------------


def inverse(e: Expr) -> Expr:
    """e⁻¹ of a square matrix."""
    if e.shape == SCALAR:
        return power(e, number(-1))
    if e.op is IDENTITY:
        return e
    if e.op is INVERSE:
        return e.args[0]
    if e.op is TRANSPOSE:
        return transpose(inverse(e.args[0]))
    c, s, m = parts(e)
    if c != 0 and (c != 1 or s):
        return multiply(power(reassemble(c, s, ()), number(-1)), inverse(reassemble(1, (), m)))
    return make(INVERSE, (e,), None, square_shape((e.shape,), None))


def matrix_power(base: Expr, exponent: Expr) -> Expr:
    """The power of a square matrix by an integer, or by a symbol that stands for one.

    X⁻² is the power 2 of X⁻¹, so that an inverse is one operation only.
    """
    shape = square_shape((base.shape,), None)
    if base.shape == SCALAR:
        return power(base, exponent)
    if exponent is ONE or base.op is IDENTITY:
        return base
    if exponent is ZERO:
        return identity(shape[0])
    if exponent.op is NUMBER and isinstance(exponent.data, int):
        if exponent.data < 0:
            return matrix_power(inverse(base), negate(exponent))
        if base.op is MATPOW:
            return matrix_power(base.args[0], multiply(base.args[1], exponent))
        c, s, m = parts(base)
        if c != 1 or s:
            return multiply(power(reassemble(c, s, ()), exponent), matrix_power(reassemble(1, (), m), exponent))
    return make(MATPOW, (base, exponent), None, shape)


# --- inner products, norms, groups -------------------------------------------------------------


def inner(a: Expr, b: Expr) -> Expr:
    """The Frobenius product a : b, the sum of the products of the entries."""
    shape = same_shape((a.shape, b.shape), None)
    if shape == SCALAR:
        return multiply(a, b)
    c, s, m = parts(a)
    d, t, n = parts(b)
    left, right = reassemble(1, (), m), reassemble(1, (), n)
    if left.op is ZEROS or right.op is ZEROS:
        return ZERO
    if left is not right and 1 in shape:  # an inner product of vectors is a chain
        chain = multiply(transpose(left), right) if shape[1] == 1 else multiply(left, transpose(right))
        return multiply(number(c * d), *s, *t, chain)
    return multiply(number(c * d), *s, *t, make(INNER, (left, right), None, SCALAR))


def norm(e: Expr) -> Expr:
    """The Euclidean or Frobenius norm, as the square root of e : e; scalars stand outside by their modulus."""
    if e.is_scalar:
        return _modulus(e)
    c, s, m = parts(e)
    rest = reassemble(1, (), m)
    return multiply(number(abs(Fraction(c))), *map(_modulus, s), sqrt(inner(rest, rest)))


def _modulus(e: Expr) -> Expr:
    """|e| of a scalar, without the bars where its operation is nonnegative of itself."""
    if e.op is NUMBER:
        return number(abs(Fraction(number_value(e))))
    if "positive" in e.op.facts or "nonnegative" in e.op.facts:
        return e
    if e.op is POWER and e.args[1].op is NUMBER:
        exponent = number_value(e.args[1])
        whole = isinstance(exponent, int)
        return power(_modulus(e.args[0]), e.args[1]) if whole and exponent % 2 else e
    return apply(REGISTRY["abs"], (e,))


def group(e: Expr) -> Expr:
    """e as one factor that no constructor takes apart; equal to e in value."""
    if not e.args or e.op is GROUP or e.op is TRANSPOSE:
        return e
    return make(GROUP, (e,), None, e.shape)


def apply(op: Operation, args: tuple[Expr, ...], data: Hashable = None) -> Expr:
    """The operation on these operands, through its constructor if it has one."""
    for i, adjoint in enumerate(op.adjoint):  # where a row is linear, numbers and scalars stand outside
        c, s, m = parts(args[i]) if adjoint and adjoint != "𝟎" else (1, (), ())
        if m and (c != 1 or s):
            rest = (*args[:i], reassemble(1, (), m), *args[i + 1 :])
            return multiply(number(c), *s, apply(op, rest, data))
    if op.build is not None:
        return op.build(args, data)
    return make(op, args, data, op.shape(tuple([a.shape for a in args]), data))


CONSTRUCTORS.update(
    add=add, multiply=multiply, hadamard=hadamard, power=power, transpose=transpose, inner=inner, inverse=inverse,
    matrix_power=matrix_power, group=group,
)  # fmt: skip
