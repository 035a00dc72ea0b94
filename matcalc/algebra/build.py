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
from matcalc.algebra.operations import REGISTRY, Operation
from matcalc.algebra.shapes import SCALAR, Dim, Polynomial, Shape, dim_text
from matcalc.errors import ShapeError

__all__ = [
    "ADD", "CONSTANT", "DIMENSION", "GROUP", "HADAMARD", "IDENTITY", "INNER", "INVERSE", "MATPOW", "NUMBER",
    "ONE", "ONES", "POWER", "PRODUCT", "SYMBOL", "TRANSPOSE", "ZERO", "ZEROS", "Number", "add", "apply",
    "constant", "dimension", "divide", "group", "hadamard", "identity", "inner", "inverse", "is_below",
    "is_chain", "is_number", "is_zero", "magnitude", "matrix_power", "multiply", "negate", "norm", "number",
    "number_value", "ones", "parts", "power", "reassemble", "scale", "sqrt", "subtract", "symbol", "transpose",
    "zeros",
]  # fmt: skip

Number = int | Fraction


# --- shape rules -------------------------------------------------------------------------------


def _same(shapes: tuple[Shape, ...], data: Hashable) -> Shape:
    for shape in shapes[1:]:
        if shape != shapes[0]:
            raise ShapeError(f"{_show(shapes[0])} and {_show(shape)} differ")
    return shapes[0]


def _show(shape: Shape) -> str:
    return f"{dim_text(shape[0])}×{dim_text(shape[1])}"


def _inner_shape(shapes: tuple[Shape, ...], data: Hashable) -> Shape:
    _same(shapes, data)
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
            raise ShapeError(f"{_show(left)} times {_show(right)}: {dim_text(left[1])} and {dim_text(right[0])} differ")
    return (matrices[0][0], matrices[-1][1]) if matrices else SCALAR


def _square(shapes: tuple[Shape, ...], data: Hashable) -> Shape:
    if shapes[0][0] != shapes[0][1]:
        raise ShapeError(f"a matrix power needs a square matrix, and this one is {_show(shapes[0])}")
    return shapes[0]


# --- the rows ----------------------------------------------------------------------------------


def _row(name: str, shape: object, **rest: object) -> Operation:
    return REGISTRY.add(Operation(name=name, shape=shape, callable_from_text=False, **rest))  # type: ignore[arg-type]


NUMBER = _row("number", _leaf, arity=0)
CONSTANT = _row("constant", _leaf, arity=0)
SYMBOL = _row("symbol", _leaf, arity=0)
DIMENSION = _row("dimension", _leaf, arity=0)
IDENTITY = _row("identity", _leaf, arity=0, transpose="invariant")
ONES = _row("ones", _leaf, arity=0)
ZEROS = _row("zeros", _leaf, arity=0)
ADD = _row("add", _same, arity=None, transpose="commutes", build=lambda args, data: add(*args))
PRODUCT = _row("product", _chain_shape, arity=None, build=lambda args, data: multiply(number(data), *args))
HADAMARD = _row("hadamard", _same, arity=None, transpose="commutes", build=lambda args, data: hadamard(*args))
POWER = _row(
    "power", _first, arity=2, transpose="commutes", build=lambda args, data: power(*args), title="power rule",
    source="NIST Digital Library of Mathematical Functions §4.7(ii)",
)  # fmt: skip
TRANSPOSE = _row("transpose", _flip, arity=1, build=lambda args, data: transpose(*args))
INNER = _row("inner", _inner_shape, arity=2, build=lambda args, data: inner(*args))
INVERSE = _row(
    "inv", _square, transpose="commutes", build=lambda args, data: inverse(*args),
    signature="X: n n -> n n", differential="−Y dX Y", domain=("{0} invertible",), sample=("invertible",),
    source="Magnus & Neudecker, 3rd ed., ch. 8, theorem 8.3", title="differential of the inverse",
)  # fmt: skip
MATPOW = _row(
    "matpow",
    _square,
    arity=2,
    transpose="commutes",
    signature="X: n n, N: 1 1 -> n n",
    definition=lambda args, data: _repeated(*args),
    differential="frechet_power(X, N, dX)",
    sample=("normal", "three"),
    source="Magnus & Neudecker, 3rd ed., §8.4",
    build=lambda args, data: matrix_power(*args),
)
GROUP = _row("group", _first, arity=1, build=lambda args, data: group(*args))


#: An integer power up to this is differentiated as a product.
_POWER_LIMIT = 64


def _repeated(base: Expr, exponent: Expr) -> Expr:
    """X … X for a small integer; else the power itself, whose derivative is a Fréchet form."""
    if is_number(exponent) and 2 <= number_value(exponent) <= _POWER_LIMIT:
        return multiply(*[base] * int(number_value(exponent)))
    return make(MATPOW, (base, exponent), None, base.shape)


# --- leaves ------------------------------------------------------------------------------------


def _exact(value: Number) -> Number:
    return value if type(value) is int or value.denominator != 1 else value.numerator


def number(value: Number) -> Expr:
    """The number as an expression."""
    return make(NUMBER, (), _exact(value), SCALAR)


ZERO = number(0)
ONE = number(1)
_HALF = number(Fraction(1, 2))


def constant(name: str) -> Expr:
    """A named number such as π."""
    return make(CONSTANT, (), name, SCALAR)


def symbol(name: str, shape: Shape = SCALAR) -> Expr:
    """A symbol with a shape."""
    return make(SYMBOL, (), name, shape)


def dimension(dim: Dim) -> Expr:
    """A dimension as a scalar that code reads from the shapes."""
    if isinstance(dim, int):
        return number(dim)
    if isinstance(dim, Polynomial):
        terms = [multiply(number(c), *[dimension(name) for name in monomial]) for monomial, c in dim.terms]
        return add(*terms)
    return make(DIMENSION, (), dim, SCALAR)


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


# --- products ----------------------------------------------------------------------------------


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


def multiply(*factors: Expr) -> Expr:
    """The product by shapes: scalars scale, matrix factors keep their order."""
    coefficient: Number = 1
    scalars: list[Expr] = []
    matrices: list[Expr] = []
    for factor in factors:
        if factor.op is not PRODUCT and factor.shape != SCALAR:
            matrices.append(factor)
            continue
        c, s, m = parts(factor)
        if c != 1:
            coefficient = coefficient * c
        scalars.extend(s)
        matrices.extend(m)
    if not matrices:
        return reassemble(coefficient, _arranged(scalars), ())
    rows, columns = matrices[0].shape[0], matrices[-1].shape[1]
    kept = _chain(matrices, scalars)
    if coefficient == 0 or kept is None:
        return zeros(rows, columns)
    if not kept and (rows, columns) != SCALAR:
        kept = [identity(rows)]
    return reassemble(coefficient, _arranged(scalars) if scalars else (), tuple(kept))


def _arranged(scalars: list[Expr]) -> tuple[Expr, ...]:
    """Scalars as they are written: names and their powers, calls and brackets, then what is below the bar."""
    if len(scalars) < 2:
        return tuple(scalars)
    joined = _joined(scalars)
    return tuple(sorted(joined, key=_rank)) if len(joined) > 1 else tuple(joined)


def _rank(scalar: Expr) -> int:
    base, exponent = scalar.args if scalar.op is POWER else (scalar, ONE)
    if is_below(exponent):
        return 2
    return 0 if not base.args and exponent.op is NUMBER else 1


def is_below(exponent: Expr) -> bool:
    """Whether a power with this exponent is written below a fraction bar."""
    if exponent.op is NUMBER:
        return number_value(exponent) < 0
    return exponent.op is PRODUCT and not is_chain(exponent) and exponent.data < 0  # type: ignore[operator]


def _joined(factors: list[Expr]) -> list[Expr]:
    """Equal factors as a power; powers of one base join if both stand above or both below the bar."""
    seen: dict[tuple[Expr, bool], int] = {}
    out: list[Expr] = []
    for factor in factors:
        base, exponent = factor.args if factor.op is POWER else (factor, ONE)
        if exponent.op is not NUMBER:
            out.append(factor)
            continue
        slot = (base, number_value(exponent) < 0)
        if slot in seen:
            i = seen[slot]
            other = out[i].args[1] if out[i].op is POWER else ONE
            out[i] = power(base, number(number_value(exponent) + number_value(other)))
        else:
            seen[slot] = len(out)
            out.append(factor)
    return out


def _chain(matrices: list[Expr], scalars: list[Expr]) -> list[Expr] | None:
    """The factors without identities, 1×1 windows moved to `scalars`; None if the product is 0."""
    kept: list[Expr] = []
    start = -1  # where the window opens that would be 1×1 if a column closed it
    previous: Dim = matrices[0].shape[0]
    for factor in matrices:
        rows, columns = factor.shape
        if rows != previous:
            raise ShapeError(
                f"the left factor has {dim_text(previous)} columns and the right one {dim_text(rows)} rows"
            )
        previous = columns
        if factor.op is ZEROS:
            return None
        if factor.op is not IDENTITY:
            if rows == 1:
                start = len(kept)
            if (
                factor.op is ONES
                and kept
                and kept[-1].op is ONES
                and (rows == 1 or 1 not in (kept[-1].shape[0], columns))
            ):
                if rows != 1:  # 𝟏𝟏ᵀ 𝟏𝟏ᵀ is n 𝟏𝟏ᵀ
                    scalars.append(dimension(rows))
                kept[-1] = ones(kept[-1].shape[0], columns)  # 𝟏𝟏ᵀ is one array
                start = -1 if kept[-1].shape[0] != 1 else start - 1
            else:
                kept.append(factor)
        if columns == 1 and start >= 0:
            window = tuple(kept[start:])
            del kept[start:]
            scalars.append(make(PRODUCT, window, 1, SCALAR))
            start = -1
    return kept


def scale(value: Number, e: Expr) -> Expr:
    """A number times an expression."""
    return multiply(number(value), e)


def negate(e: Expr) -> Expr:
    """−e."""
    return scale(-1, e)


def divide(a: Expr, b: Expr) -> Expr:
    """a divided by the scalar b, or entry by entry if the shapes agree."""
    inverse = power(b, number(-1))
    return multiply(a, inverse) if b.is_scalar else hadamard(a, inverse)


# --- sums --------------------------------------------------------------------------------------

#: A sum of more terms than this is not taken apart inside another sum, so that a sum of sums of
#: sums stays linear to build.
_FLATTEN = 64


def add(*terms: Expr) -> Expr:
    """The sum; a sum inside is flattened through sign, number and transpose."""
    if len(terms) == 1:
        return terms[0]
    constant_at, total = -1, 0  # type: tuple[int, Number]
    kept: list[Expr] = []
    shape = terms[0].shape
    for term in terms:
        if term.shape != shape:
            raise ShapeError(f"{_show(shape)} plus {_show(term.shape)}")
        for part in _summands(term):
            if part.op is NUMBER:
                if constant_at < 0:
                    constant_at = len(kept)
                    kept.append(ZERO)
                total += number_value(part)
            elif part.op is not ZEROS:
                kept.append(part)
    if constant_at >= 0:
        if total == 0:
            del kept[constant_at]
        else:
            kept[constant_at] = number(total)
    if not kept:
        return zeros(*shape)
    return kept[0] if len(kept) == 1 else make(ADD, tuple(kept), None, shape)


def _summands(term: Expr) -> tuple[Expr, ...]:
    if term.op is ADD:
        return term.args if len(term.args) <= _FLATTEN else (term,)
    if term.op is PRODUCT and len(term.args) == 1:  # number times one thing
        inner_terms = _summands(term.args[0])
        if len(inner_terms) > 1:
            return tuple([multiply(number(term.data), t) for t in inner_terms])  # type: ignore[arg-type]
    elif term.op is TRANSPOSE:
        inner_terms = _summands(term.args[0])
        if len(inner_terms) > 1:
            return tuple([transpose(t) for t in inner_terms])
    return (term,)


def subtract(a: Expr, b: Expr) -> Expr:
    """a − b."""
    return add(a, negate(b))


# --- entry by entry ----------------------------------------------------------------------------


def hadamard(*factors: Expr) -> Expr:
    """The product entry by entry; scalars and numbers move out."""
    shape = next((f.shape for f in factors if f.shape != SCALAR), SCALAR)
    if shape == SCALAR:
        return multiply(*factors)
    coefficient: Number = 1
    scalars: list[Expr] = []
    kept: list[Expr] = []
    for factor in factors:
        core = factor
        if factor.op is PRODUCT or factor.shape == SCALAR:
            c, s, m = parts(factor)
            if c != 1:
                coefficient = coefficient * c
            scalars.extend(s)
            if not m:
                continue
            core = reassemble(1, (), m)
        if core.shape != shape:
            raise ShapeError(f"{_show(shape)} ⊙ {_show(core.shape)}")
        if core.op is ZEROS:
            return core
        if core.op is HADAMARD:
            kept.extend(core.args)
        elif core.op is not ONES:
            kept.append(core)
    kept = sorted(_joined(kept), key=_place) if len(kept) > 1 else kept
    if not kept:
        body = ones(*shape)
    else:
        body = kept[0] if len(kept) == 1 else make(HADAMARD, tuple(kept), None, shape)
    return multiply(number(coefficient), *scalars, body) if scalars or coefficient != 1 else body


def _place(factor: Expr) -> int:
    """Where a factor stands in a product entry by entry: leaves, then what is computed, then what is below."""
    if factor.op is POWER and factor.args[1].op is NUMBER and number_value(factor.args[1]) < 0:
        return 2
    return 1 if factor.args else 0


#: Powers of numbers are worked out up to this many binary digits.
_BITS = 4_000


def _short(value: Number, exponent: int) -> bool:
    fraction = Fraction(value)
    return abs(exponent) * max(fraction.numerator.bit_length(), fraction.denominator.bit_length()) <= _BITS


def power(base: Expr, exponent: Expr) -> Expr:
    """The power entry by entry, with a scalar exponent."""
    if exponent.shape != SCALAR:
        raise ShapeError("an exponent is a scalar")
    if base.op is ONES or exponent is ONE or base is ONE:
        return base
    if exponent is ZERO:
        return ones(*base.shape)
    if exponent.op is NUMBER and isinstance(exponent.data, int):
        p = exponent.data
        if base.op is NUMBER and (base is not ZERO or p > 0) and _short(number_value(base), p):
            return number(Fraction(number_value(base)) ** p)
        if base.op is ZEROS and p > 0:
            return base
        if base.op is POWER:
            return power(base.args[0], multiply(base.args[1], exponent))
        if p % 2 == 0 and base.op.squares:
            return power(base.args[0], exponent)
        if base.op is IDENTITY:
            return base if p > 0 else make(POWER, (base, exponent), None, base.shape)
        c, s, m = parts(base)
        if base.op is not NUMBER and _short(c, p):
            if base.shape == SCALAR and len(s) > 1:
                return multiply(number(Fraction(c) ** p), *[power(f, exponent) for f in s])
            if m and s and c != 0:
                outside = [power(f, exponent) for f in s]
                return multiply(number(Fraction(c) ** p), *outside, power(reassemble(1, (), m), exponent))
            if c != 1 and c != 0:
                return multiply(number(Fraction(c) ** p), power(reassemble(1, s, m), exponent))
    return make(POWER, (base, exponent), None, base.shape)


def sqrt(e: Expr) -> Expr:
    """The square root entry by entry."""
    return power(e, _HALF)


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
    return make(INVERSE, (e,), None, _square((e.shape,), None))


def matrix_power(base: Expr, exponent: Expr) -> Expr:
    """The power of a square matrix by an integer, or by a symbol that stands for one.

    X⁻² is the power 2 of X⁻¹, so that an inverse is one operation only.
    """
    shape = _square((base.shape,), None)
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


# --- transposes, inner products, groups --------------------------------------------------------


def transpose(e: Expr) -> Expr:
    """eᵀ, moved onto the factors of a product."""
    if e.shape == SCALAR or e.op is IDENTITY:
        return e
    if e.op is TRANSPOSE:
        return e.args[0]
    if e.op is ONES or e.op is ZEROS:
        return make(e.op, (), None, (e.shape[1], e.shape[0]))
    if e.op is PRODUCT:
        c, s, m = parts(e)
        return reassemble(c, s, tuple([transpose(f) for f in reversed(m)]))
    if e.op.transposed is not None and (found := e.op.transposed(e.args, e.data)) is not None:
        return found
    return make(TRANSPOSE, (e,), None, (e.shape[1], e.shape[0]))


def inner(a: Expr, b: Expr) -> Expr:
    """The Frobenius product a : b, the sum of the products of the entries."""
    shape = _same((a.shape, b.shape), None)
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
