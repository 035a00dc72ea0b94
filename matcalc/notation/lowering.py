"""Expr → display tree: the normal form undone, once for every node of the DAG.

Negative powers become one fraction, or ⊘; powers ½ become roots; x : x becomes ‖x‖²; products with a negative
number become a minus; the inner product of vectors becomes xᵀy, that of matrices tr(…) where this is shorter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

from matcalc.algebra.blocks import offset
from matcalc.algebra.build import (
    INNER,
    INVERSE,
    NUMBER,
    POWER,
    PRODUCT,
    SYMBOL,
    TRANSPOSE,
    Number,
    is_chain,
    number_value,
)
from matcalc.algebra.expr import Expr, postorder
from matcalc.algebra.shapes import SCALAR, Dim, Shape, dim_add, dim_text, is_column, is_row, is_scalar, is_vector
from matcalc.notation.cuts import lower_delta, lower_unit, lower_unit_of_identity, with_cuts
from matcalc.notation.display import (
    Display,
    call,
    fraction,
    infix,
    juxtapose,
    negative,
    node,
    signed_sum,
    superscript,
    unsigned,
)
from matcalc.notation.index_sums import bare, index_sum, letters_for
from matcalc.notation.inner_products import Memo, lower_inner
from matcalc.notation.precedence import ATOM, POSTFIX, TIMES
from matcalc.notation.symbols import VULGAR, number_text

__all__ = ["lower", "lower_all"]


def lower(e: Expr, alone: bool = True) -> Display:
    """The display tree of an expression; what the expression shares, the tree shares."""
    return lower_all((e,), alone)[0]


def lower_all(roots: Sequence[Expr], alone: bool = True) -> list[Display]:
    """The display trees of several expressions, which share what those share.

    alone: whether each is a text by itself, so that an index sum may leave its free indices open.
    """
    at: Memo = {}
    letters = letters_for(roots)
    nodes = postorder(*roots)
    forms = _LOWER
    if any(item.op is SYMBOL and item.data == "e" for item in nodes):
        forms = {**_LOWER, "unit": lower_unit_of_identity}
    for item in nodes:
        if item in letters:
            at[item] = index_sum(item, letters[item], at)
        else:
            at[item] = forms.get(item.op.name, _function)(item, at)
    return [bare(at[root]) if letters and alone else at[root] for root in roots]


# --- leaves --------------------------------------------------------------------------------------


def _number(value: Number) -> Display:
    """The display of a number that is not negative."""
    text = number_text(value)
    return node("number", text, (), SCALAR, POSTFIX if text in VULGAR else TIMES if "/" in text else ATOM)


def _number_leaf(e: Expr, at: Memo) -> Display:
    value = number_value(e)
    return negative(_number(-value)) if value < 0 else _number(value)


def _named(e: Expr, at: Memo) -> Display:
    return node("symbol", cast(str, e.data), (), e.shape)


def _letter(letter: str) -> Callable[[Expr, Memo], Display]:
    def lower_leaf(e: Expr, at: Memo) -> Display:
        return node("symbol", letter, (), e.shape)

    return lower_leaf


def _of_size(letter: str) -> Callable[[Expr, Memo], Display]:
    """A constant matrix named by a letter and the dimensions in its payload: K_mn."""

    def lower_leaf(e: Expr, at: Memo) -> Display:
        dims = cast(Shape, e.data) if isinstance(e.data, tuple) else (cast(Dim, e.data),)
        return node("symbol", f"{letter}_{''.join([dim_text(dim) for dim in dims]).replace(' ', '')}", (), e.shape)

    return lower_leaf


def _ones(e: Expr, at: Memo) -> Display:
    rows, columns = e.shape
    if columns == 1:
        return node("symbol", "𝟏", (), e.shape)
    row = superscript(node("symbol", "𝟏", (), (columns, 1)), "T", (1, columns))
    return row if rows == 1 else juxtapose((node("symbol", "𝟏", (), (rows, 1)), row), e.shape)


# --- sums and products -----------------------------------------------------------------------------


def _add(e: Expr, at: Memo) -> Display:
    return signed_sum([unsigned(at[term]) for term in e.args], e.shape)


def _product_node(e: Expr, at: Memo) -> Display:
    if is_chain(e) and e.data == 1:
        return juxtapose(with_cuts(e.args, at), SCALAR, "chain")
    return _product(cast(Number, e.data), e.args, at, e.shape)


def _product(coefficient: Number, args: Sequence[Expr], at: Memo, shape: Shape) -> Display:
    """Number, scalars and matrix factors as one fraction, or as a juxtaposition where nothing is below."""
    above: list[Display] = []
    below: list[Display] = []
    scalars = [arg for arg in args if arg.shape == SCALAR]
    for arg in scalars:
        reciprocal = _reciprocal(arg, at) if arg.op is POWER else None
        if reciprocal is None:
            above.append(at[arg])
        else:
            below.append(reciprocal)
    above += with_cuts(args[len(scalars) :], at)
    value = -coefficient if coefficient < 0 else coefficient
    if below and value.denominator != 1:
        below.insert(0, _number(value.denominator))
        value = value.numerator
    if value != 1 or not above:
        above.insert(0, _number(value))
    body = juxtapose(above, shape)
    if below:
        body = fraction(body, juxtapose(below, SCALAR), shape)
    return negative(body) if coefficient < 0 else body


def _hadamard(e: Expr, at: Memo) -> Display:
    above: list[Display] = []
    below: list[Display] = []
    for arg in e.args:
        reciprocal = _reciprocal(arg, at) if arg.op is POWER else None
        if reciprocal is None:
            above.append(at[arg])
        else:
            below.append(reciprocal)
    return _quotient(above, below, e.shape)


def _quotient(above: list[Display], below: list[Display], shape: Shape) -> Display:
    if not below:
        return infix("hadamard", above, shape)
    top = infix("hadamard", above, shape) if above else _units(shape)
    return infix("quotient", (top, infix("hadamard", below, shape)), shape)


def _units(shape: Shape) -> Display:
    """What stands above a reciprocal taken entry by entry: 𝟏, its row, or the number 1."""
    if is_column(shape):
        return node("symbol", "𝟏", (), shape)
    if is_row(shape):
        return superscript(node("symbol", "𝟏", (), (shape[1], 1)), "T", shape)
    return _number(1)


# --- powers ----------------------------------------------------------------------------------------


def _power_node(e: Expr, at: Memo) -> Display:
    reciprocal = _reciprocal(e, at)
    if reciprocal is None:
        return _power(e.args[0], e.args[1], at[e.args[1]], at)
    if e.shape == SCALAR:
        return fraction(_number(1), reciprocal, SCALAR)
    return _quotient([], [reciprocal], e.shape)


def _reciprocal(e: Expr, at: Memo) -> Display | None:
    """1/e of a power with a negative exponent; None of any other."""
    base, exponent = e.args
    if exponent.op is NUMBER:
        value = number_value(exponent)
        return _numeric_power(base, -value, at) if value < 0 else None
    if exponent.op is PRODUCT:
        coefficient = cast(Number, exponent.data)
        if coefficient < 0:
            return _power(base, None, _product(-coefficient, exponent.args, at, SCALAR), at)
    return None


def _power(base: Expr, exponent: Expr | None, shown: Display, at: Memo) -> Display:
    """A power entry by entry, with an exponent that is not negative as far as one sees."""
    if exponent is not None and exponent.op is NUMBER:
        return _numeric_power(base, number_value(exponent), at)
    return node("power" if _is_flat(base.shape) else "dotpower", "", (at[base], shown), base.shape)


def _numeric_power(base: Expr, exponent: Number, at: Memo) -> Display:
    doubled = 2 * exponent
    if doubled.denominator == 1:
        half = int(doubled)
        if base.op is INNER and base.args[0] is base.args[1]:
            return _integer_power(at[base].parts[0], half, SCALAR)
        if half == 1:
            return node("root", "", (at[base],), base.shape)
        if half % 2:
            return node("power" if _is_flat(base.shape) else "dotpower", "", (at[base], _number(exponent)), base.shape)
        return _integer_power(at[base], half // 2, base.shape)
    return node("power" if _is_flat(base.shape) else "dotpower", "", (at[base], _number(exponent)), base.shape)


def _integer_power(base: Display, exponent: int, shape: Shape) -> Display:
    if exponent == 1:
        return base
    if _is_flat(shape):
        return superscript(base, str(exponent), shape)
    if exponent == 2:
        return infix("hadamard", (base, base), shape)
    return node("dotpower", "", (base, _number(exponent)), shape)


def _is_flat(shape: Shape) -> bool:
    """Whether a power of this shape is read entry by entry: scalars and vectors."""
    return is_scalar(shape) or is_vector(shape)


def _matrix_power(e: Expr, at: Memo) -> Display:
    return _matrix_power_of(e.args[0], e.args[1], at, e.shape)


def _matrix_power_of(base: Expr, exponent: Expr, at: Memo, shape: Shape) -> Display:
    if exponent.op is NUMBER and base.op is INVERSE:
        return superscript(at[base.args[0]], f"-{exponent.data}", shape)
    if exponent.op is NUMBER and isinstance(exponent.data, int) and exponent.data >= 0:
        return superscript(at[base], str(exponent.data), shape)
    return node("power", "", (at[base], at[exponent]), shape)


# --- transposes and inverses --------------------------------------------------------------------------


def _transpose(e: Expr, at: Memo) -> Display:
    base = e.args[0]
    return superscript(at[base.args[0]], "-T", e.shape) if base.op is INVERSE else superscript(at[base], "T", e.shape)


def _inverse(e: Expr, at: Memo) -> Display:
    base = e.args[0]
    if base.op is TRANSPOSE:
        return superscript(at[base.args[0]], "-T", e.shape)
    return superscript(at[base], "-1", e.shape)


# --- functions ---------------------------------------------------------------------------------------


def _group(e: Expr, at: Memo) -> Display:
    return at[e.args[0]]


def _trace_of_power(e: Expr, at: Memo) -> Display:
    return call("tr", (_matrix_power_of(e.args[0], e.args[1], at, e.args[0].shape),), SCALAR)


def _absolute(e: Expr, at: Memo) -> Display:
    parts = (at[e.args[0]],)
    return node("row", "abs", parts, e.shape) if _is_flat(e.shape) else call("abs", parts, e.shape)


_MARKS = {True: ("", "′", "″", "‴", "⁗"), False: ("", "∇", "∇²")}


def _unknown(e: Expr, at: Memo) -> Display:
    """f(x), ∇f(x) or f′(x), ∇²f(x) or f″(x): of a function that is only a name."""
    name, order, _, _ = cast(tuple[str, int, Shape, bool], e.data)
    scalar = e.args[0].shape == SCALAR
    mark = _MARKS[scalar][order]
    return call(f"{name}{mark}" if scalar else f"{mark}{name}", tuple([at[arg] for arg in e.args]), e.shape)


def _stack(e: Expr, at: Memo) -> Display:
    _, widths = cast(tuple[tuple[Dim, ...], tuple[Dim, ...]], e.data)
    return node("stack", str(len(widths)), tuple([at[arg] for arg in e.args]), e.shape)


def _block(e: Expr, at: Memo) -> Display:
    heights, widths, i, j = cast(tuple[tuple[Dim, ...], tuple[Dim, ...], int, int], e.data)
    cut = [(sizes, k) for sizes, k in ((heights, i), (widths, j)) if len(sizes) > 1 or 1 not in e.args[0].shape]
    return node("cut", ", ".join([_range(sizes, k) for sizes, k in cut]), (at[e.args[0]],), e.shape)


def _range(sizes: tuple[Dim, ...], i: int) -> str:
    """Which rows or columns a block has, counted from 1: `n + 1:n + m`."""
    if len(sizes) == 1:
        return ":"
    start = dim_add(offset(sizes, i), 1)
    if sizes[i] == 1:
        return dim_text(start)
    return f"{dim_text(start)}:{dim_text(offset(sizes, i + 1))}"


def _function(e: Expr, at: Memo) -> Display:
    parts = tuple([at[arg] for arg in e.args])
    if e.op.text or e.op.latex:
        return node("row", e.op.name, parts, e.shape, e.op.precedence)
    return call(e.op.name, parts, e.shape)


_LOWER: dict[str, Callable[[Expr, Memo], Display]] = {
    "number": _number_leaf,
    "symbol": _named,
    "dimension": _named,
    "constant": _named,
    "identity": _letter("I"),
    "zeros": _letter("𝟎"),
    "commutation": _of_size("K"),
    "diagonalizer": _of_size("E"),
    "ones": _ones,
    "add": _add,
    "product": _product_node,
    "hadamard": _hadamard,
    "power": _power_node,
    "matpow": _matrix_power,
    "transpose": _transpose,
    "inv": _inverse,
    "inner": lower_inner,
    "group": _group,
    "trpow": _trace_of_power,
    "abs": _absolute,
    "unknown": _unknown,
    "stack": _stack,
    "block": _block,
    "unknownsymmetric": _unknown,
    "unit": lower_unit,
    "delta": lower_delta,
}
