"""Numbers, sums, products and powers as NumPy expressions, with brackets only where they are needed."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from matcalc.codegen.terms import Term
from matcalc.errors import LimitError

if TYPE_CHECKING:
    from matcalc.codegen.numpy_text import Writer

__all__ = [
    "ATOM",
    "COMPARE",
    "MINUS",
    "POWER",
    "PRODUCT",
    "SUM",
    "number_text",
    "power_text",
    "scaled_text",
    "write_number",
    "write_product",
    "write_scale",
    "write_sum",
]

#: How tightly the text of a term binds.
COMPARE, SUM, PRODUCT, MINUS, POWER, ATOM = range(-1, 5)


def number_text(value: Fraction) -> str:
    """A number that is not negative, as an integer, a short decimal or a quotient."""
    p, q = value.numerator, value.denominator
    try:
        if p < 10**15 and q == 1:
            return str(p)
        if p < 10**15 and q < 10**15:
            digits = f"{p / q!r}"
            return digits if len(digits) <= 6 and Fraction(digits) == value else f"{p} / {q}"
        return repr(p / q)
    except OverflowError:
        raise LimitError("a number is too large for floating-point code") from None


def write_number(self: Writer, term: Term) -> tuple[str, int]:
    """A number, with its sign."""
    value = term.value
    text = number_text(abs(value))
    if self.fast and value == 0:
        text = "0.0"
    level = PRODUCT if " / " in text else ATOM
    return ("-" + text, min(level, MINUS)) if value < 0 else (text, level)


def write_sum(self: Writer, term: Term, sign: int = 1) -> tuple[str, int]:
    """A sum, times a sign: what is computed and positive stands first, so that NumPy adds in its place."""
    pairs = [(sign * c, operand) for c, operand in term.summands]
    positive = [i for i, (c, _) in enumerate(pairs) if c > 0]
    computed = [i for i in positive if pairs[i][1].op == "matmul" and pairs[i][1] not in self.names]
    first = (computed or positive or [0])[0]
    text = ""
    for c, operand in [pairs[first], *pairs[:first], *pairs[first + 1 :]]:
        body = self.text(operand, PRODUCT) if abs(c) == 1 else scaled_text(self, abs(c), operand)[0]
        if not text:
            minus_level = POWER if c < 0 else PRODUCT
            text = "-" + (self.text(operand, minus_level) if c == -1 else body) if c < 0 else body
        else:
            text += (" - " if c < 0 else " + ") + body
    return text, SUM


def write_scale(self: Writer, term: Term) -> tuple[str, int]:
    """A number times a term."""
    c = term.value
    if self.fast and c == -1 and term.args[0].op == "call" and term.args[0].data == "abs" and term.rank:
        return f"np.copysign({self.text(term.args[0].args[0])}, -1.0)", ATOM  # −|u| in one call
    if c == -1 and term.args[0].op == "plus" and term.args[0] not in self.names:
        return write_sum(self, term.args[0], -1)
    if c == -1:
        return "-" + self.text(term.args[0], POWER), MINUS
    text, level = scaled_text(self, abs(c), term.args[0])
    return ("-" + text, min(level, MINUS)) if c < 0 else (text, level)


def scaled_text(self: Writer, c: Fraction, core: Term) -> tuple[str, int]:
    """C times a core, for a positive c."""
    if core.op == "number":
        text = number_text(c)
        return text, PRODUCT if " / " in text else ATOM
    if core.op == "times" and core not in self.names:
        return _product(self, c, core)
    text = self.text(core, POWER)
    if c.numerator == 1 and " / " in number_text(c):
        return f"{text} / {c.denominator}", PRODUCT
    number = number_text(c)
    return (f"({number}) * {text}" if " / " in number else f"{number} * {text}"), PRODUCT


def _product(self: Writer, c: Fraction, term: Term) -> tuple[str, int]:
    """A product of powers: scalars first, so that they are multiplied before an array is."""
    above: list[tuple[Term, Fraction]] = []
    below: list[tuple[Term, Fraction]] = []
    for base, exponent in term.powers:
        (above if exponent > 0 else below).append((base, abs(exponent)))
    scalars_above = [p for p in above if not p[0].rank]
    scalars_below = [p for p in below if not p[0].rank]
    arrays_above, arrays_below = [p for p in above if p[0].rank], [p for p in below if p[0].rank]
    numerator, denominator = Fraction(c.numerator), Fraction(c.denominator)
    if " / " not in number_text(c) and not (numerator == 1 and (scalars_below or (not term.rank and arrays_below))):
        numerator, denominator = c, Fraction(1)
    up = [number_text(numerator)] if numerator != 1 else []
    down = [number_text(denominator)] if denominator != 1 else []
    up += [power_text(self, *p) for p in scalars_above]
    down += [power_text(self, *p) for p in scalars_below]
    if up and (arrays_above or arrays_below):
        front = _quotient(up, down)
        up, down = [front], []
    up += [power_text(self, *p) for p in arrays_above]
    down += [power_text(self, *p) for p in arrays_below]
    if len(up) == 1 and not down:
        return up[0], POWER
    return _quotient(up, down), PRODUCT


def _quotient(up: Sequence[str], down: Sequence[str]) -> str:
    above = " * ".join(up) or "1"
    if not down:
        return above
    return f"{above} / {down[0] if len(down) == 1 else '(' + ' * '.join(down) + ')'}"


def power_text(self: Writer, base: Term, exponent: Fraction) -> str:
    """A positive power as a factor."""
    if exponent == 1:
        return self.text(base, POWER)
    if exponent == 3 and base.rank:
        factor = self.text(base, POWER)
        return f"({factor} * {factor} * {factor})"
    if exponent == 4 and base.rank:
        return f"({self.text(base, ATOM)}**2)**2"
    shown = number_text(exponent)
    return f"{self.text(base, ATOM)}**{shown if ' ' not in shown else f'({shown})'}"


def write_product(self: Writer, term: Term) -> tuple[str, int]:
    """A product of powers."""
    return _product(self, Fraction(1), term)
