"""Terms as NumPy expressions, with brackets only where they are needed."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING

from matcalc.algebra.operations import REGISTRY
from matcalc.codegen.sums import stacked_template, sum_template
from matcalc.codegen.terms import Term
from matcalc.errors import LimitError, NotYetError

if TYPE_CHECKING:
    from matcalc.codegen.program import Program

__all__ = ["ATOM", "CALLS", "Writer"]

#: How tightly the text of a term binds.
COMPARE, _SUM, _PRODUCT, _MINUS, _POWER, ATOM = range(-1, 5)


class Writer:
    """Terms as text, where what is named is its name."""

    #: Whether an index says what becomes of every axis.
    whole_index = False

    def __init__(self, program: Program, fast: bool = False) -> None:
        self.program = program
        self.names = program.names
        self.fast = fast
        self.identifiers = program.identifiers

    def text(self, term: Term, level: int = COMPARE, top: bool = False) -> str:
        """The text of a term inside an operator that binds as tightly as `level`."""
        if not top and term in self.names:
            return self.names[term]
        text, own = self._written(term)
        return f"({text})" if own < level else text

    def number(self, value: Fraction) -> str:
        """A number as an operand."""
        text = _number(abs(value))
        return "-" + text if value < 0 else text

    def scaled(self, c: Fraction, core: Term) -> str:
        """A positive number times a term."""
        return _scaled(self, c, core)[0]

    def power(self, base: Term, exponent: Fraction) -> str:
        """A positive power of a term, as a factor."""
        return _power(self, base, exponent)

    def _written(self, term: Term) -> tuple[str, int]:
        special = _WRITERS.get(term.op)
        if special is not None:
            return special(self, term)
        template = (_FAST.get(term.op) if self.fast else None) or _TEMPLATES.get(term.op)
        if template is None:
            raise NotYetError(f"no NumPy code is known for {term.op}")
        return self.filled(template, term.args)

    def filled(self, template: str, args: Sequence[Term]) -> tuple[str, int]:
        """A template with its operands, in brackets where the template does not bracket them."""
        text = "".join([
            piece if position < 0 else self.text(args[position], COMPARE if bracketed else ATOM)
            for piece, position, bracketed in _pieces(template)
        ])  # fmt: skip
        return text, _level(template)


@cache
def _pieces(template: str) -> list[tuple[str, int, bool]]:
    """Literal text (position −1) and places for operands, with whether brackets or commas enclose the place."""
    out: list[tuple[str, int, bool]] = []
    end = 0
    for match in re.finditer(r"\{(\d+)\}", template):
        before, after = template[: match.start()].rstrip(), template[match.end() :].lstrip()
        out.append((template[end : match.start()], -1, False))
        out.append(("", int(match[1]), before[-1:] in ("(", ",") and after[:1] in (")", ",")))
        end = match.end()
    out.append((template[end:], -1, False))
    return out


@cache
def _level(template: str) -> int:
    """How tightly the text of a template binds: what stands outside all brackets decides."""
    outside = re.sub(r"\{\d+\}", "x", template)
    while True:
        shorter = re.sub(r"\([^()]*\)|\[[^\[\]]*\]", "", outside)
        if shorter == outside:
            break
        outside = shorter
    if re.search(r"[<>]|==", outside):
        return COMPARE
    if re.search(r" [+-] ", outside):
        return _SUM
    return _PRODUCT if re.search(r"[*/@]", outside) else _MINUS if outside.startswith("-") else ATOM


# --- numbers, sums, products ---------------------------------------------------------------------


def _number(value: Fraction) -> str:
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


def _write_number(self: Writer, term: Term) -> tuple[str, int]:
    value = term.value
    text = _number(abs(value))
    if self.fast and value == 0:
        text = "0.0"
    level = _PRODUCT if " / " in text else ATOM
    return ("-" + text, min(level, _MINUS)) if value < 0 else (text, level)


def _write_sum(self: Writer, term: Term, sign: int = 1) -> tuple[str, int]:
    pairs = [(sign * c, operand) for c, operand in term.summands]
    positive = [i for i, (c, _) in enumerate(pairs) if c > 0]
    computed = [i for i in positive if pairs[i][1].op == "matmul" and pairs[i][1] not in self.names]
    first = (computed or positive or [0])[0]
    text = ""
    for c, operand in [pairs[first], *pairs[:first], *pairs[first + 1 :]]:
        body = self.text(operand, _PRODUCT) if abs(c) == 1 else _scaled(self, abs(c), operand)[0]
        if not text:
            minus_level = _POWER if c < 0 else _PRODUCT
            text = "-" + (self.text(operand, minus_level) if c == -1 else body) if c < 0 else body
        else:
            text += (" - " if c < 0 else " + ") + body
    return text, _SUM


def _write_scale(self: Writer, term: Term) -> tuple[str, int]:
    c = term.value
    if self.fast and c == -1 and term.args[0].op == "call" and term.args[0].data == "abs" and term.rank:
        return f"np.copysign({self.text(term.args[0].args[0])}, -1.0)", ATOM  # −|u| in one call
    if c == -1 and term.args[0].op == "plus" and term.args[0] not in self.names:
        return _write_sum(self, term.args[0], -1)
    if c == -1:
        return "-" + self.text(term.args[0], _POWER), _MINUS
    text, level = _scaled(self, abs(c), term.args[0])
    return ("-" + text, min(level, _MINUS)) if c < 0 else (text, level)


def _scaled(self: Writer, c: Fraction, core: Term) -> tuple[str, int]:
    """C times a core, for a positive c."""
    if core.op == "number":
        text = _number(c)
        return text, _PRODUCT if " / " in text else ATOM
    if core.op == "times" and core not in self.names:
        return _product(self, c, core)
    text = self.text(core, _POWER)
    if c.numerator == 1 and " / " in _number(c):
        return f"{text} / {c.denominator}", _PRODUCT
    number = _number(c)
    return (f"({number}) * {text}" if " / " in number else f"{number} * {text}"), _PRODUCT


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
    if " / " not in _number(c) and not (numerator == 1 and (scalars_below or (not term.rank and arrays_below))):
        numerator, denominator = c, Fraction(1)
    up = [_number(numerator)] if numerator != 1 else []
    down = [_number(denominator)] if denominator != 1 else []
    up += [_power(self, *p) for p in scalars_above]
    down += [_power(self, *p) for p in scalars_below]
    if up and (arrays_above or arrays_below):
        front = _quotient(up, down)
        up, down = [front], []
    up += [_power(self, *p) for p in arrays_above]
    down += [_power(self, *p) for p in arrays_below]
    if len(up) == 1 and not down:
        return up[0], _POWER
    return _quotient(up, down), _PRODUCT


def _quotient(up: Sequence[str], down: Sequence[str]) -> str:
    above = " * ".join(up) or "1"
    if not down:
        return above
    return f"{above} / {down[0] if len(down) == 1 else '(' + ' * '.join(down) + ')'}"


def _power(self: Writer, base: Term, exponent: Fraction) -> str:
    """A positive power as a factor."""
    if exponent == 1:
        return self.text(base, _POWER)
    if exponent == 3 and base.rank:
        factor = self.text(base, _POWER)
        return f"({factor} * {factor} * {factor})"
    if exponent == 4 and base.rank:
        return f"({self.text(base, ATOM)}**2)**2"
    shown = _number(exponent)
    return f"{self.text(base, ATOM)}**{shown if ' ' not in shown else f'({shown})'}"


def _write_product(self: Writer, term: Term) -> tuple[str, int]:
    return _product(self, Fraction(1), term)


# --- calls, contractions, arrays -----------------------------------------------------------------


def is_python(term: Term) -> bool:
    """Whether the value is a plain Python number, made of literals and sizes."""
    return term.op in ("number", "constant", "size") or (
        term.rank == 0 and term.op in ("plus", "times", "scale", "call") and all(map(is_python, term.args))
    )


def _write_call(self: Writer, term: Term) -> tuple[str, int]:
    if term.data == "power":
        return f"{self.text(term.args[0], ATOM)}**{self.text(term.args[1], ATOM)}", _POWER
    squared = term.args[0]
    if term.data == "sqrt" and squared.op in _SQUARES and squared not in self.names and len(set(squared.args)) == 1:
        return f"euclidean_norm({self.text(squared.args[0])})", ATOM
    template = CALLS.get(str(term.data)) or REGISTRY[str(term.data)].numpy
    text, level = self.filled(template, term.args)
    return (f"float({text})", ATOM) if is_python(term) else (text, level)


#: Products of an array with itself, whose root is its norm.
_SQUARES = ("dot", "vdot")
CALLS = {"sqrt": "np.sqrt({0})", "maximum": "np.maximum({0}, {1})", "minimum": "np.minimum({0}, {1})"}


def _write_matmul(self: Writer, term: Term) -> tuple[str, int]:
    left, right = term.args
    if self.fast:
        if left.op == "transpose" and left not in self.names and right.rank == 1:
            left, right = right, left.args[0]
        return f"{self.text(left, ATOM)}.dot({self.text(right)})", ATOM
    return f"{self.text(left, _PRODUCT if left.op == 'matmul' else _POWER)} @ {self.text(right, _POWER)}", _PRODUCT


def _write_size(self: Writer, term: Term) -> tuple[str, int]:
    (symbol,) = term.args
    assert isinstance(term.data, tuple)
    name = self.identifiers[str(symbol.data)]
    return (f"len({name})" if symbol.rank == 1 else f"{name}.shape[{term.data[1]}]"), ATOM


def _write_full(self: Writer, term: Term) -> tuple[str, int]:
    value, *lengths = term.args
    sizes = [self.text(n) for n in lengths]
    shape = sizes[0] if len(sizes) == 1 else f"({', '.join(sizes)})"
    if value.op == "number" and value.data in (0, 1):
        return f"np.{'ones' if value.data else 'zeros'}({shape})", ATOM
    text = f"{self.text(value, ATOM)}[:, None]" if term.data == 0 and value.rank else self.text(value)
    if is_python(value):
        text = f"float({text})"
    return f"np.full({shape}, {text})", ATOM


def _write_reshape(self: Writer, term: Term) -> tuple[str, int]:
    lengths = ", ".join(self.text(n) for n in term.args[1:])
    if term.args[0].rank == 0:
        return f"np.reshape({self.text(term.args[0])}, ({lengths}))", ATOM
    order = ', order="F"' if term.op == "unfold" else ""
    return f"{self.text(term.args[0], ATOM)}.reshape({lengths}{order})", ATOM


def _write_reduction(self: Writer, term: Term) -> tuple[str, int]:
    axis = "" if term.data is None else f"axis={term.data}"
    return f"{self.text(term.args[0], ATOM)}.{term.op}({axis})", ATOM


def _write_substitution(self: Writer, term: Term) -> tuple[str, int]:
    assert isinstance(term.data, tuple)
    side, transposed = term.data
    options = (", lower=True" if side == "lower" else "") + (", trans=1" if transposed else "") + ", check_finite=False"
    return self.filled(f"solve_triangular({{0}}, {{1}}{options})", term.args)


def _write_spread(self: Writer, term: Term) -> tuple[str, int]:
    """A repeated value inside an entrywise operation, where broadcasting repeats it."""
    (inner,) = term.args
    if term.data == 0 and term.rank == 2 and inner.rank:
        return f"{self.text(inner, ATOM)}[:, None]", ATOM
    return self._written(inner) if inner not in self.names else (self.names[inner], ATOM)


def _write_nested(self: Writer, term: Term, function: str) -> tuple[str, int]:
    """np.array([a, b]), np.block([[A, B], [C, D]]): a list, or one list a row of as many as the data says."""
    marks = [f"{{{i}}}" for i in range(len(term.args))]
    columns = term.data if isinstance(term.data, int) else 0
    if columns:
        marks = ["[" + ", ".join(marks[i : i + columns]) + "]" for i in range(0, len(marks), columns)]
    return self.filled(f"{function}([{', '.join(marks)}])", term.args)


def _write_cut(self: Writer, term: Term) -> tuple[str, int]:
    """A slice; an axis that does not stay is indexed by one number."""
    assert isinstance(term.data, tuple)
    operands = iter(range(1, len(term.args)))

    def bound(given: tuple[int, bool] | None) -> str:
        if given is None:
            return ""
        number, sized = given
        return (f"{{{next(operands)}}}" + (f" + {number}" if number else "")) if sized else str(number)

    spans = []
    for kept, start, end in term.data:
        first, last = bound(start), bound(end)
        spans.append(f"{first}:{last}" if kept else first or "0")
    return self.filled(f"{{0}}[{', '.join(spans)}]", term.args)


def _write_index_sum(self: Writer, term: Term) -> tuple[str, int]:
    """Sums of products by their indices; where something is summed over, by products of matrices."""
    given, _, kept = str(term.data).partition("->")
    optimize = ", optimize=True" if set(given) - {",", *kept} and "," in given else ""
    return self.filled(sum_template(str(term.data), f"np.einsum({{spec}}, {{operands}}{optimize})"), term.args)


def _write_entry(self: Writer, term: Term) -> tuple[str, int]:
    """A row, a column or an entry; indices count from 1, and Python from 0."""
    array, k = term.args
    at = str(int(k.value) - 1) if k.op == "number" else f"{self.text(k, _SUM)} - 1"
    rest = ", ..." if self.whole_index and array.rank == 2 else ""
    return f"{self.text(array, ATOM)}[{f':, {at}' if term.data == 1 else at + rest}]", ATOM


def _write_unit(self: Writer, term: Term) -> tuple[str, int]:
    k, size = term.args
    at = str(int(k.value) - 1) if k.op == "number" else f"{self.text(k, _SUM)} - 1"
    return f"np.eye(1, {self.text(size)}, {at})[0]", ATOM


_WRITERS: dict[str, Callable[[Writer, Term], tuple[str, int]]] = {
    "input": lambda self, t: (self.identifiers[str(t.data)], ATOM),
    "constant": lambda self, t: ({"π": "np.pi", "pi": "np.pi", "e": "np.e"}[str(t.data)], ATOM),
    "number": _write_number,
    "plus": _write_sum,
    "scale": _write_scale,
    "times": _write_product,
    "call": _write_call,
    "function": _write_call,
    "matmul": _write_matmul,
    "dot": _write_matmul,
    "size": _write_size,
    "full": _write_full,
    "reshape": _write_reshape,
    "unfold": _write_reshape,
    "sum": _write_reduction,
    "max": _write_reduction,
    "spread": _write_spread,
    "solve": lambda self, t: self.filled(f"np.linalg.solve({{0}}{'.T' if t.data else ''}, {{1}})", t.args),
    "lu_solve": lambda self, t: self.filled(f"lu_solve({{0}}, {{1}}{', transposed=True' if t.data else ''})", t.args),
    "solve_triangular": _write_substitution,
    "entries": lambda self, t: _write_nested(self, t, "np.array"),
    "blocks": lambda self, t: _write_nested(self, t, "np.block"),
    "joined": lambda self, t: _write_nested(self, t, "np.hstack"),
    "cut": _write_cut,
    "stacked_product": lambda self, t: self.filled(stacked_template(str(t.data)), t.args),
    "index_sum": _write_index_sum,
    "entry": _write_entry,
    "unit": _write_unit,
    "matpow": lambda self, t: self.filled(
        f"np.linalg.matrix_power({{0}}, {'{1}' if t.args[1].op == 'number' else 'int({1})'})", t.args
    ),
}

_TEMPLATES = {
    "transpose": "{0}.T",
    "vdot": "np.vdot({0}, {1})",
    "outer": "np.outer({0}, {1})",
    "rowdot": "np.einsum('ij,ij->i', {0}, {1})",
    "diagonal": "np.diagonal({0})",
    "diag": "np.diag({0})",
    "eye": "np.eye({0})",
    "trace": "np.trace({0})",
    "inv": "np.linalg.inv({0})",
    "det": "np.linalg.det({0})",
    "logdet": "np.linalg.slogdet({0})[1]",
    "slogdet": "np.linalg.slogdet({0})",
    "logdet_of": "np.where({0}[0] < 0, np.nan, {0}[1])",
    "cholesky": "cholesky({0})",
    "cho_solve": "cholesky_solve({0}, {1})",
    "cho_inverse": "cholesky_inverse({0})",
    "lu": "lu_factors({0})",
    "factor_diagonal": "np.diagonal({0})",
    "lu_logdet": "np.log(np.abs(np.diagonal({0}[0]))).sum()",
    "commuted": "{0}.reshape({1}, {2}, -1).swapaxes(0, 1).reshape({1} * {2}, -1)",
    "on_diagonal": "(np.eye({1})[:, :, None] * {0}).reshape({1} * {1}, -1)",
    "every": "{0}[::{1} + 1]",
    "khatri_rao": "({0}[:, None] * {1}).reshape(-1, {0}.shape[1])",
    "row_kron": "({0}[:, :, None] * {1}[:, None, :]).reshape(len({0}), -1)",
    "kron_times": "({1} @ ({0} @ {2}.reshape({5}, -1)).reshape({3}, {6}, -1)).reshape({3} * {4}, -1)",
    "outer4": "np.einsum('ik,jl->ijkl', {0}, {1})",
    "swapped": "{0}.swapaxes(0, 1)",
    "kron": "np.kron({0}, {1})",
    "ravel": "{0}.ravel()",
    "column": "{0}[:, None]",
    "row": "{0}[None, :]",
    "item": "{0}[0, 0]",
    "first": "{0}[0]",
    "copy": "{0}.copy()",
}

#: What costs less where arrays are small.
_FAST = {
    "outer": "{0}[:, None] * {1}",
    "diagonal": "{0}.diagonal()",
    "trace": "{0}.trace()",
    "factor_diagonal": "{0}.diagonal()",
    "lu_logdet": "np.log(np.abs({0}[0].diagonal())).sum()",
}
