"""Sums, products, powers and transposes: the constructors that know each other."""

from __future__ import annotations

from fractions import Fraction

from matcalc.algebra.expr import Expr, make
from matcalc.algebra.nodes import (
    ADD,
    DIMENSION,
    HADAMARD,
    IDENTITY,
    NUMBER,
    ONE,
    ONES,
    POWER,
    PRODUCT,
    TRANSPOSE,
    ZERO,
    ZEROS,
    Number,
    identity,
    is_below,
    number,
    number_value,
    ones,
    parts,
    reassemble,
    shown_shape,
    zeros,
)  # fmt: skip
from matcalc.algebra.shapes import SCALAR, Dim, Polynomial, dim_text
from matcalc.errors import ShapeError

__all__ = [
    "add", "dimension", "divide", "hadamard", "multiply", "negate", "power", "scale", "sqrt", "subtract", "transpose",
]  # fmt: skip

_HALF = number(Fraction(1, 2))


# --- products ----------------------------------------------------------------------------------


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
                if rows == 1:  # 𝟏𝟏ᵀ is one array, and no row
                    start = -1
                else:  # 𝟏𝟏ᵀ 𝟏𝟏ᵀ is n 𝟏𝟏ᵀ
                    scalars.append(dimension(rows))
                kept[-1] = ones(kept[-1].shape[0], columns)
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
            raise ShapeError(f"{shown_shape(shape)} plus {shown_shape(term.shape)}")
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


def dimension(dim: Dim) -> Expr:
    """A dimension as a scalar that code reads from the shapes."""
    if isinstance(dim, int):
        return number(dim)
    if isinstance(dim, Polynomial):
        terms = [multiply(number(c), *[dimension(name) for name in monomial]) for monomial, c in dim.terms]
        return add(*terms)
    return make(DIMENSION, (), dim, SCALAR)


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
            raise ShapeError(f"{shown_shape(shape)} ⊙ {shown_shape(core.shape)}")
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
