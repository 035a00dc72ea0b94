"""Steps: the lines of a derivation as data, and as text, Markdown and LaTeX."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, overload

from matcalc.algebra.build import symbol
from matcalc.algebra.expr import Expr
from matcalc.algebra.shapes import SCALAR, Shape
from matcalc.calculus.variables import Variable
from matcalc.derivation.forms import TEXT, Right, Style, write_right
from matcalc.errors import OptionError
from matcalc.notation.declarations import Declaration
from matcalc.notation.heads import head_latex, head_text
from matcalc.notation.names import SUBSCRIPTS
from matcalc.notation.symbols import latex_name

if TYPE_CHECKING:
    from matcalc.derivation.checking import Report

__all__ = ["Head", "Step", "Steps"]


@dataclass(frozen=True, slots=True)
class Head:
    """What stands to the left of the equals sign: e, de, or ∂f/∂x."""

    name: str
    shape: Shape
    kind: str = "value"
    wrt: tuple[Variable, ...] = ()

    def write(self, style: Style, fraction: bool = True) -> str:
        """The head as text or LaTeX; the derivative as a fraction, or with a nabla."""
        if self.kind == "derivative":
            names = [v.name for v in self.wrt]
            if not style.latex:
                return head_text("gradient", names, letter=self.name)
            bold = [v.name for v in self.wrt if style.bold and v.whole.shape != SCALAR]
            return head_latex("gradient", names, letter=self.name, bold=bold, nabla=not fraction)
        name = style.expr(symbol(self.name, self.shape))
        if self.kind == "value":
            return name
        return (r"\mathrm{d}" if style.latex else "d") + name


@dataclass(frozen=True, slots=True)
class Step:
    """One line: head = forms[0] = forms[1] = …, by a rule.

    rule     the rule in the field's terms; source is where it stands.
    before   what the line starts from, after what it arrives at.
    equal    groups of expressions whose values agree if the line is right.
    quotient the quantity whose change along the differentials that move is the value of the first group.
    """

    head: Head
    forms: tuple[Right, ...]
    rule: str
    source: str = ""
    before: Right | None = None
    equal: tuple[tuple[Expr, ...], ...] = ()
    quotient: tuple[Expr, frozenset[Expr]] | None = None

    @property
    def after(self) -> Right:
        """What the line arrives at."""
        return self.forms[-1]

    def __str__(self) -> str:
        return self.write(TEXT)

    def write(self, style: Style, fraction: bool = True) -> str:
        """The line without its rule."""
        return " = ".join([self.head.write(style, fraction), *[write_right(form, style) for form in self.forms]])


#: Rules are written this far to the right of the longest line, but no line is padded beyond the width.
_GAP, _WIDTH = 4, 76


@dataclass(frozen=True)
class Steps(Sequence[Step]):
    """The lines of one derivation, from the function to the derivative.

    values: for each name, and each differential of one, the expression in the symbols of the function
    that it stands for. parts: the arrays of which only a part varies. `check()` verifies every line by value.

    >>> from matcalc import derive
    >>> print(derive("‖y − A x‖²", "x").steps)
    e = y − A x                               name the residual
    f = ‖e‖² = e : e
    df = 2 e : de                             product rule
    de = −A dx                                the differential is linear
    df = −2 e : (A dx) = −2 (Aᵀ e) : dx       Frobenius product: move A across
    ∂f/∂x = −2 Aᵀ(y − A x) = 2 Aᵀ(A x − y)    what stands before dx
    """

    lines: tuple[Step, ...]
    values: Mapping[Expr, Expr]
    differentials: Mapping[Expr, Expr]
    symbols: Mapping[str, Declaration]
    parts: Mapping[Expr, Variable] = field(default_factory=dict)
    full: Callable[[], Steps] | None = field(default=None, repr=False, compare=False)

    @overload
    def __getitem__(self, index: int) -> Step: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Step, ...]: ...

    def __getitem__(self, index: int | slice) -> Step | tuple[Step, ...]:
        return self.lines[index]

    def __len__(self) -> int:
        return len(self.lines)

    def __iter__(self) -> Iterator[Step]:
        return iter(self.lines)

    def __str__(self) -> str:
        return self.explain()

    def check(self, seed: int = 0) -> Report:
        """A report that is true if every line agrees by value with the one before it and with difference quotients."""
        from matcalc.derivation.checking import check_steps

        return check_steps(self, seed)

    def explain(self, format: str = "text", detail: str = "brief") -> str:
        """The page as text or Markdown; with detail="full" every application of a rule has its line."""
        if detail not in ("brief", "full"):
            raise OptionError(f"detail={detail!r} does not exist", advice="one of brief, full")
        if format not in ("text", "markdown"):
            raise OptionError(f"format={format!r} does not exist", advice="one of text, markdown")
        page = self.full() if detail == "full" and self.full is not None else self
        return page._markdown() if format == "markdown" else page._text(detail == "full")

    def _text(self, sources: bool) -> str:
        lines = [(str(step), step.rule + (f" [{step.source}]" if sources and step.source else "")) for step in self]
        column = max([len(line) for line, rule in lines if rule and len(line) <= _WIDTH], default=0) + _GAP
        return "\n".join(
            [f"{line.ljust(column)}{'' if len(line) < column else '    '}{rule}".rstrip() for line, rule in lines]
        )

    def _markdown(self) -> str:
        style = Style(latex=True)
        out = []
        for number, step in enumerate(self, 1):
            source = f" ({step.source})" if step.source else ""
            said = f" {step.rule}{source}:" if step.rule else ""
            out.append(f"{number}.{said} ${step.write(style)}$")
        return "\n".join(out)

    def latex(self, style: Style, fraction: bool = True) -> str:
        """The lines as one aligned environment."""
        rows = []
        for step in self:
            head = step.head.write(style, fraction)
            for i, form in enumerate(step.forms):
                comment = rf" && \text{{{_plain(step.rule)}}}" if i == 0 and step.rule else ""
                rows.append(f"{'' if i else head} &= {write_right(form, style)}{comment}")
        return "\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}"


def _plain(rule: str) -> str:
    """A rule as it may stand inside \\text: signs and letters of mathematics in math mode."""
    return "".join([c if c.isascii() and c not in _TEXT_SIGNS else _sign(c) for c in rule])


def _sign(c: str) -> str:
    if c in _TEXT_SIGNS:
        return _TEXT_SIGNS[c]
    if c in SUBSCRIPTS:
        return f"$_{{{SUBSCRIPTS[c]}}}$"
    if not c.isalpha():
        return ""
    letter = latex_name(c)
    return f"${letter}$" if letter.isascii() else ""


_TEXT_SIGNS = {
    "∂": r"$\partial$", "⟨": r"$\langle$", "⟩": r"$\rangle$", "⊙": r"$\odot$", "ᵀ": r"$^{\top}$",
    "⁻": r"$^{-}$", "−": "$-$", "¹": "$^{1}$", "²": "$^{2}$", "‖": r"$\Vert$", "∇": r"$\nabla$", "′": "$'$",
    "𝟏": r"$\mathbf{1}$", "𝟙": r"$\mathbb{1}$", "∞": r"$\infty$", "ᴺ": r"$^{N}$", "³": "$^{3}$",
    "⊘": r"$\oslash$", "½": r"$\tfrac{1}{2}$", "δ": r"$\delta$", "é": r"\'e", "{": r"\{", "}": r"\}",
    "$": r"\$", "⊗": r"$\otimes$", "&": r"\&", "_": r"\_", "%": r"\%", "#": r"\#", "^": r"\^{}",
}  # fmt: skip
