"""The front door: `derive` and the Derivative that it returns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matcalc.algebra.build import symbol, transpose
from matcalc.algebra.expr import Expr, symbols_of
from matcalc.algebra.shapes import SCALAR
from matcalc.calculus.own import own_functions
from matcalc.calculus.forms import facts_of, in_order, recognised, shortener
from matcalc.calculus.readings import read_map
from matcalc.calculus.structure import STRUCTURES, structured
from matcalc.derivative import Derivative
from matcalc.errors import DerivativeError, NotYetError, OptionError
from matcalc.notation.declarations import Declaration
from matcalc.notation.names import normalise_name
from matcalc.notation.read import Reading, read
from matcalc.notation.text import to_text

__all__ = ["Derivative", "derive", "simplify"]

LAYOUTS = ("gradient", "numerator")

Where = Mapping[str, str] | str | None


def simplify(f: str | Expr, *, where: Where = None) -> Expr:
    """f in its shortest known form.

    >>> str(simplify("A x + Aᵀx", where={"A": "n n symmetric", "x": "n"}))
    '2 A x'
    """
    reading = _reading(f, where, None, ())
    return shortener(reading.symbols)(recognised(reading.expr))


def _reading(f: str | Expr, where: Where, functions: Mapping[str, object] | None, wrt: Sequence[str]) -> Reading:
    functions = own_functions(functions)
    if isinstance(f, Expr):
        symbols = {str(s.data): Declaration(s.shape, frozenset()) for s in symbols_of(f)}
        if where:
            given = read(to_text(f), where, functions=functions, wrt=wrt).symbols
            symbols = {name: Declaration(d.shape, given[name].facts) for name, d in symbols.items()}
        return Reading(f, symbols, (), to_text(f))
    if not isinstance(f, str):
        raise OptionError(f"f is a text or an Expr, not {type(f).__name__}")
    return read(f, where, functions=functions, wrt=wrt)


def _option(name: str, value: object, allowed: Sequence[object]) -> None:
    if value not in allowed:
        raise OptionError(f"{name}={value!r} does not exist", advice="one of " + ", ".join(map(repr, allowed)))


def derive(
    f: str | Expr,
    wrt: str | Sequence[str],
    *,
    where: Where = None,
    order: int = 1,
    layout: str = "gradient",
    structure: str = "project",
    notation: str = "auto",
    functions: Mapping[str, object] | None = None,
) -> Derivative:
    """The derivative of f by wrt, in closed form.

    f is text in matcalc's notation or an Expr, wrt the name of a variable in it. `where` declares
    shapes and facts: {"A": "m n", "S": "n n spd", "α": "scalar"}. The gradient has the shape of
    the variable: df = ⟨G, dX⟩ (Magnus & Neudecker, 3rd ed., §9.2).

    Raises MatcalcError, of a kind that says what is wrong.

    >>> print(derive("‖y − A x‖²", "x").expr)
    2 Aᵀ(A x − y)
    """
    _option("layout", layout, LAYOUTS)
    _option("structure", structure, STRUCTURES)
    _option("notation", notation, ("auto", "text", "latex"))
    if not isinstance(wrt, str):
        raise NotYetError("several variables at once are not there yet", advice="derive by one name")
    if order not in (1, 2):
        raise NotYetError(f"derivatives of order {order!r} are not there yet", advice="order is 1 or 2")
    name = normalise_name(wrt)
    reading = _reading(f, where, functions, (name,))
    if name not in reading.symbols:
        known = ", ".join(reading.symbols) or "no symbol"
        raise DerivativeError(f"{name} does not occur in the function", advice=f"it has {known}")
    declaration = reading.symbols[name]
    variable = symbol(name, declaration.shape)
    found, kind = _differentiate(recognised(reading.expr), variable, reading.symbols, order)
    answer = _finish(found, kind, reading.symbols, name, layout, structure)
    return Derivative(reading.expr, name, answer, reading.symbols, kind, order, layout, structure, reading.notes)


def _differentiate(f: Expr, variable: Expr, symbols: Mapping[str, Declaration], order: int) -> tuple[Expr, str]:
    """The derivative before facts about the variable act, and the reading that it is given in."""
    plain = shortener(symbols, without=str(variable.data), factoring=False)
    reading = read_map(f, variable, plain)
    for _ in range(order - 1):
        if reading.kind not in ("gradient", "derivative") or (reading.expr.shape != SCALAR and f.shape != SCALAR):
            raise DerivativeError(
                "derivatives of order 2 are given for scalar functions",
                advice="for a vector or a matrix, differentiate one entry or a product with a fixed direction",
            )
        reading = read_map(recognised(plain(reading.expr)), variable, plain)
    return reading.expr, reading.kind


def _finish(raw: Expr, kind: str, symbols: Mapping[str, Declaration], name: str, layout: str, structure: str) -> Expr:
    """The answer under all facts, with the structure of the variable and the layout that were asked for."""
    facts = facts_of(symbols)
    shorten = shortener(symbols)
    answer = shorten(raw)
    if kind == "gradient":
        projected = structured(answer, symbols[name].facts, structure, facts.keys.is_symmetric)
        answer = answer if projected is answer else shorten(projected)
        if layout == "numerator":
            answer = shorten(transpose(answer))
    elif kind == "jacobian":
        answer = shorten.symmetric_form(answer)
    return in_order(answer, symbols)
