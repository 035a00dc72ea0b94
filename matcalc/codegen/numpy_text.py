"""The writer of terms, and all but arithmetic, as NumPy expressions, with brackets only where they are needed."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING

from matcalc.algebra.operations import REGISTRY
from matcalc.codegen.numpy_arithmetic import (
    ATOM,
    COMPARE,
    MINUS,
    POWER,
    PRODUCT,
    SUM,
    number_text,
    power_text,
    scaled_text,
    write_number,
    write_product,
    write_scale,
    write_sum,
)
from matcalc.codegen.sums import stacked_template, sum_template
from matcalc.codegen.terms import Term
from matcalc.errors import NotYetError

if TYPE_CHECKING:
    from matcalc.codegen.program import Program

__all__ = ["CALLS", "Writer"]


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
        text = number_text(abs(value))
        return "-" + text if value < 0 else text

    def scaled(self, c: Fraction, core: Term) -> str:
        """A positive number times a term."""
        return scaled_text(self, c, core)[0]

    def power(self, base: Term, exponent: Fraction) -> str:
        """A positive power of a term, as a factor."""
        return power_text(self, base, exponent)

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
        return SUM
    return PRODUCT if re.search(r"[*/@]", outside) else MINUS if outside.startswith("-") else ATOM


# --- calls, contractions, arrays -----------------------------------------------------------------


def is_python(term: Term) -> bool:
    """Whether the value is a plain Python number, made of literals and sizes."""
    return term.op in ("number", "constant", "size") or (
        term.rank == 0 and term.op in ("plus", "times", "scale", "call") and all(map(is_python, term.args))
    )


def _write_call(self: Writer, term: Term) -> tuple[str, int]:
    if term.data == "power":
        return f"{self.text(term.args[0], ATOM)}**{self.text(term.args[1], ATOM)}", POWER
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
    return f"{self.text(left, PRODUCT if left.op == 'matmul' else POWER)} @ {self.text(right, POWER)}", PRODUCT


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
    at = str(int(k.value) - 1) if k.op == "number" else f"{self.text(k, SUM)} - 1"
    rest = ", ..." if self.whole_index and array.rank == 2 else ""
    return f"{self.text(array, ATOM)}[{f':, {at}' if term.data == 1 else at + rest}]", ATOM


def _write_unit(self: Writer, term: Term) -> tuple[str, int]:
    k, size = term.args
    at = str(int(k.value) - 1) if k.op == "number" else f"{self.text(k, SUM)} - 1"
    return f"np.eye(1, {self.text(size)}, {at})[0]", ATOM


_WRITERS: dict[str, Callable[[Writer, Term], tuple[str, int]]] = {
    "input": lambda self, t: (self.identifiers[str(t.data)], ATOM),
    "constant": lambda self, t: ({"π": "np.pi", "pi": "np.pi", "e": "np.e"}[str(t.data)], ATOM),
    "number": write_number,
    "plus": write_sum,
    "scale": write_scale,
    "times": write_product,
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
