"""Linear forms Σ G : D, and how they are written on the page.

G is a cotangent and D is linear in differentials: a differential dX, or what one stands for. The
value of a form is the sum of the Frobenius products; what is scalar is multiplied.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from matcalc.algebra.build import (
    ADD,
    GROUP,
    HADAMARD,
    INNER,
    INVERSE,
    ONE,
    ONES,
    POWER,
    PRODUCT,
    TRANSPOSE,
    ZERO,
    add,
    inner,
    is_number,
    is_zero,
    multiply,
    negate,
    number_value,
    parts,
    reassemble,
)
from matcalc.algebra.expr import Expr
from matcalc.algebra.shapes import SCALAR
from matcalc.notation.latex import to_latex
from matcalc.notation.lowering import lower
from matcalc.notation.text import to_text

__all__ = ["Form", "Right", "Style", "TEXT", "write_right"]


@dataclass(frozen=True, slots=True)
class Form:
    """Σ G : D for the pairs (G, D)."""

    pairs: tuple[tuple[Expr, Expr], ...]

    @staticmethod
    def of(pairs: Iterable[tuple[Expr, Expr]]) -> Form:
        """The form of these pairs; those that are 0 are left out."""
        return Form(tuple([(g, d) for g, d in pairs if not is_zero(g) and not is_zero(d)]))

    @property
    def value(self) -> Expr:
        """The form as an expression."""
        return add(*[inner(g, d) for g, d in self.pairs]) if self.pairs else ZERO

    def __str__(self) -> str:
        return write_right(self, TEXT)


Right = Expr | Form


@dataclass(frozen=True)
class Style:
    """How expressions and signs are set: as text, or as LaTeX with its options."""

    latex: bool = False
    bold: bool = False
    transpose: str = r"\top"

    def expr(self, e: Expr) -> str:
        """An expression by itself."""
        return to_latex(e, bold=self.bold, transpose=self.transpose) if self.latex else to_text(e)

    def part(self, e: Expr) -> str:
        """An expression as a factor."""
        if self.latex:
            return to_latex(e, bold=self.bold, transpose=self.transpose, alone=False)
        return to_text(e, alone=False)

    def bracket(self, e: Expr) -> str:
        """An expression in brackets."""
        return f"({self.part(e)})" if not self.latex else rf"\left({self.part(e)}\right)"

    @property
    def minus(self) -> str:
        """The sign of a difference."""
        return "-" if self.latex else "−"


TEXT = Style()


def write_right(right: Right, style: Style) -> str:
    """An expression or a form as it stands on the page."""
    if isinstance(right, Expr):
        return style.expr(right)
    out = ""
    for g, d in right.pairs:
        negative, body = _pair(g, d, style)
        if out:
            out += f" {style.minus} {body}" if negative else f" + {body}"
        else:
            out = f"{style.minus}{body}" if negative else body
    return out or "0"


def _pair(g: Expr, d: Expr, style: Style) -> tuple[bool, str]:
    """(whether it is negative, the rest) of one product G : D."""
    c, _scalars, _matrices = parts(g)
    negative = c < 0
    if negative:
        g, c = negate(g), -c
    if d.shape == SCALAR:
        return _scalar_pair(g, d, negative, style)
    moved = style.part(d) if is_atomic(d) else style.bracket(d)
    return negative, f"{_cotangent(g, style)} : {moved}"


def _scalar_pair(g: Expr, d: Expr, negative: bool, style: Style) -> tuple[bool, str]:
    """The product g d of scalars, with a bare differential at its end."""
    if not d.args and not _divides(g):
        shown = "" if g is ONE else style.bracket(g) + " " if g.op is ADD else style.part(g) + " "
        return negative, shown + style.part(d)
    whole = multiply(g, d)
    if parts(whole)[0] < 0:
        negative, whole = not negative, negate(whole)
    return negative, style.part(whole)


def _divides(g: Expr) -> bool:
    """Whether a scalar factor of g stands below a bar."""
    return any(s.op is POWER and is_number(s.args[1]) and number_value(s.args[1]) < 0 for s in parts(g)[1])


def _cotangent(g: Expr, style: Style) -> str:
    """G with a bracket around its matrix factors: 2 (Aᵀe)."""
    c, scalars, matrices = parts(g)
    if is_atomic(g):
        return style.part(g)
    if not matrices or (c == 1 and not scalars) or _divides(g):
        return style.bracket(g)
    outside = reassemble(c, scalars, ())
    shown = style.bracket(outside) if outside.op is ADD else style.part(outside)
    core = reassemble(1, (), matrices)
    return f"{shown} {style.part(core) if is_atomic(core) else style.bracket(core)}"


_LOOSE = {ADD, PRODUCT, HADAMARD, INNER, POWER}


def is_atomic(e: Expr) -> bool:
    """Whether e is written without an operator outside brackets."""
    if e.op is PRODUCT and lower(e).kind == "entry":
        return True
    while e.op in (TRANSPOSE, INVERSE, GROUP):
        e = e.args[0]
        if e.op in _LOOSE:
            return e.op in (ADD, PRODUCT, HADAMARD)  # written with a bracket of its own
    return not (e.op in _LOOSE or (e.op is ONES and e.shape[1] != 1) or (e.op.text and e.op.precedence < 100))
