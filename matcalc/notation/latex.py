r"""Expr → LaTeX that KaTeX and MathJax read in their strict modes."""

from __future__ import annotations

from functools import cache

from matcalc.algebra.expr import Expr, symbols_of
from matcalc.algebra.operations import REGISTRY
from matcalc.algebra.shapes import is_scalar
from matcalc.notation.display import (
    Display,
    Piece,
    bare_level,
    first_factor,
    infix_pieces,
    last_factor,
    subscripted_level,
    sum_pieces,
    write,
)
from matcalc.notation.index_sums import latex_pieces
from matcalc.notation.precedence import ATOM, OUTER, POSTFIX
from matcalc.notation.symbols import latex_name
from matcalc.notation.text import FULL, abbreviated, template_pieces

__all__ = ["latex_with_where", "to_latex"]


def to_latex(e: Expr, *, bold: bool = False, transpose: str = r"\top", alone: bool = True) -> str:
    r"""The expression in LaTeX; `bold` sets vectors and matrices in bold type.

    >>> from matcalc.algebra.build import multiply, symbol, transpose
    >>> A, x = symbol("A", ("m", "n")), symbol("x", ("m", 1))
    >>> print(to_latex(multiply(transpose(A), x)))
    A^{\top} x
    >>> print(to_latex(multiply(transpose(A), x), bold=True, transpose="T"))
    \mathbf{A}^{T} \mathbf{x}
    """
    main, where = latex_with_where(e, limit=FULL, bold=bold, transpose=transpose, alone=alone)
    if not where:
        return main
    return rf"{main} \quad\text{{where}}\quad " + r",\; ".join([f"{name} = {part}" for name, part in where])


def latex_with_where(
    e: Expr, *, limit: int, bold: bool = False, transpose: str = r"\top", alone: bool = True
) -> tuple[str, list[tuple[str, str]]]:
    """The expression and the parts that were named in it; the limit counts the characters of the text."""
    style = _Style(bold, transpose, frozenset([latex_name(str(s.data)) for s in symbols_of(e)]))
    main, where = abbreviated(e, limit, alone)
    return style.latex(main), [(latex_name(name), style.latex(part)) for name, part in where]


_OPERATORS = {"colon": " : ", "hadamard": r" \odot ", "quotient": r" \oslash "}


class _Style:
    """One way of setting: the options, and how each kind of node is written."""

    def __init__(self, bold: bool, transpose: str, symbols: frozenset[str]) -> None:
        self.bold = bold
        self.symbols = symbols
        self.raised = {"T": transpose, "-T": f"-{transpose}"}

    def latex(self, tree: Display) -> str:
        return write(tree, self.pieces, _bracket)

    def pieces(self, part: Display, bars: str) -> list[Piece]:
        kind = part.kind
        if kind == "symbol":
            return [latex_name(part.text, self.bold and not is_scalar(part.shape) and part.text not in "𝟏𝟎I")]
        if kind == "number":
            return [_number(part.text)]
        if kind == "superscript":
            return [(part.parts[0], ATOM, ""), f"^{{{self.raised.get(part.text, part.text)}}}"]
        if kind == "sum":
            return sum_pieces(part, "-", bars)
        if kind in _OPERATORS:
            return infix_pieces(part, _OPERATORS[kind], bars)
        if kind == "row" or kind == "call":
            name = part.text if part.text in REGISTRY.rows else ""
            if name and REGISTRY[name].latex.partition(r"\left")[0] in self.symbols:
                return _plain_call(part)  # \sigma(x) is a product where σ is a symbol
        return _WRITE[kind](part)


def _bracket(part: Display) -> tuple[str, str]:
    return (r"\left(", r"\right)") if part.tall else ("(", ")")


def _number(text: str) -> str:
    above, slash, below = text.partition("/")
    return rf"\tfrac{{{above}}}{{{below}}}" if slash else above


# --- one function a kind -----------------------------------------------------------------------------


def _fraction(part: Display) -> list[Piece]:
    above, below = part.parts
    return [r"\frac{", (above, OUTER, ""), "}{", (below, OUTER, ""), "}"]


def _juxtapose(part: Display) -> list[Piece]:
    out: list[Piece] = []
    for i, factor in enumerate(part.parts):
        level = bare_level(part, i)
        if i:
            first = first_factor(factor, level)
            while first.kind in ("superscript", "power", "dotpower", "entry"):
                first = first.parts[0]
            dot = first.kind == "number" and first.level == ATOM
            apart = _is_differential(first) or _is_differential(last_factor(part.parts[i - 1], level))
            out.append(r" \cdot " if dot else r" \," if apart else " ")
        out.append((factor, level, ""))
    return out


def _is_differential(part: Display) -> bool:
    """Whether the part is dX, which stands apart from the factor before it."""
    return part.kind == "symbol" and latex_name(part.text).startswith(r"\mathrm{d}")


def _power(part: Display) -> list[Piece]:
    base, exponent = part.parts
    raised: Piece = exponent.text if exponent.kind == "number" else (exponent, OUTER, "")
    return [(base, ATOM, ""), r"^{\circ " if part.kind == "dotpower" else "^{", raised, "}"]


def _norm(part: Display) -> list[Piece]:
    if part.tall:
        return [r"\left\lVert ", (part.parts[0], OUTER, ""), r" \right\rVert"]
    return [r"\lVert ", (part.parts[0], OUTER, ""), r" \rVert"]


def _root(part: Display) -> list[Piece]:
    return [r"\sqrt{", (part.parts[0], OUTER, ""), "}"]


def _call(part: Display) -> list[Piece]:
    row = REGISTRY.rows.get(part.text)
    if row and row.latex and not row.text:
        return _row(part)
    return _plain_call(part)


def _plain_call(part: Display) -> list[Piece]:
    """A function by its name."""
    opening, closing = _bracket(part)
    out: list[Piece] = [_function_name(part.text), opening]
    for i, operand in enumerate(part.parts):
        if i:
            out.append(", ")
        out.append((operand, OUTER, ""))
    return [*out, closing]


def _function_name(name: str) -> str:
    if name in REGISTRY.rows:
        return rf"\operatorname{{{name}}}".replace("_", r"\_")
    for mark, command in (("∇²", r"\nabla^{2} "), ("∇", r"\nabla ")):
        if name.startswith(mark):
            return command + latex_name(name[len(mark) :])
    return latex_name(name.replace("″", "′′").replace("‴", "′′′").replace("⁗", "′′′′"))


def _row(part: Display) -> list[Piece]:
    """As the row of the operation says, or as a call."""
    template = _template(part.text, part.tall)
    if not template:
        return _call(part)
    level = OUTER if part.level == ATOM else POSTFIX
    return [(part.parts[piece], level, "") if isinstance(piece, int) else piece for piece in template]


_LOW = {
    r"\left\|": r"\lVert ", r"\right\|": r" \rVert", r"\left|": r"\lvert ", r"\right|": r" \rvert",
    r"\left": "", r"\right": "",
}  # fmt: skip
_TALL = {
    r"\left\|": r"\left\lVert ", r"\right\|": r" \right\rVert",
    r"\left|": r"\left\lvert ", r"\right|": r" \right\rvert",
}  # fmt: skip


@cache
def _template(name: str, tall: bool) -> tuple[str | int, ...]:
    """The LaTeX of a row as literals and the numbers of operands, with delimiters of the size that is needed."""
    op = REGISTRY[name]
    latex = op.latex
    for wide, fitting in (_TALL if tall else _LOW).items():
        latex = latex.replace(wide, fitting)
    return template_pieces(latex, op.arity or 0)


def _stack(part: Display) -> list[Piece]:
    columns = int(part.text)
    out: list[Piece] = [r"\begin{bmatrix} "]
    for i, operand in enumerate(part.parts):
        if i:
            out.append(" & " if i % columns else r" \\ ")
        out.append((operand, OUTER, ""))
    return [*out, r" \end{bmatrix}"]


def _cut(part: Display) -> list[Piece]:
    return [(part.parts[0], ATOM, ""), f"_{{{part.text}}}"]


def _entry(part: Display) -> list[Piece]:
    base, places = part.parts[0], part.text.split(",")
    if base.kind == "row" and (REGISTRY[base.text].latex or ")")[-1] in ")}":
        base = base._replace(level=ATOM + 1)
    indexed = base.kind == "symbol" and ("_" in latex_name(base.text) or part.text.isdecimal())
    joined = "".join(places) if all(place.isalpha() for place in places) else ",".join(places)
    return [(base, subscripted_level(base, indexed), ""), f"_{{{joined}}}"]


_WRITE = {
    "indexsum": latex_pieces,
    "gathered": latex_pieces,
    "entry": _entry,
    "stack": _stack,
    "cut": _cut,
    "fraction": _fraction,
    "juxtapose": _juxtapose,
    "power": _power,
    "dotpower": _power,
    "norm": _norm,
    "root": _root,
    "call": _call,
    "row": _row,
}

Expr.to_latex = staticmethod(to_latex)
