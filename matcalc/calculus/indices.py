"""The index form of a linear map: ∂Fᵢⱼ/∂Xₖₗ = Aᵢₖ Bₗⱼ, read off its differential.

Index notation is an output only: nothing is computed in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from matcalc.algebra.build import (
    ADD,
    HADAMARD,
    IDENTITY,
    ONE,
    ONES,
    POWER,
    PRODUCT,
    SYMBOL,
    TRANSPOSE,
    add,
    apply,
    multiply,
    number,
    parts,
    power,
    symbol,
)
from matcalc.algebra.entries import ALL, index_text, is_unit
from matcalc.algebra.expr import Expr
from matcalc.algebra.shapes import SCALAR, Dim, Shape, dim_text, is_column, is_row, is_vector
from matcalc.calculus.entries import linear_entries
from matcalc.calculus.index_terms import Pair, Term, summed
from matcalc.calculus.variables import Variable
from matcalc.errors import DerivativeError
from matcalc.notation.heads import variable_latex
from matcalc.notation.latex import to_latex
from matcalc.notation.parts import place_text
from matcalc.notation.text import to_text

__all__ = ["IndexForm", "index_form"]

#: Indices in the order in which they are given out: axes of the function, then those of the variables.
_LETTERS = "ijklmnprst"
_DIGITS = str.maketrans("₁₂", "12")
#: Placeholders for entries in the scalar formula; they cannot be typed.
_PLACE = 0xE000
#: Which entries a triangle keeps.
_TRIANGLES = {"tril": ("≥", r"\ge"), "triu": ("≤", r"\le")}


@dataclass(frozen=True, slots=True)
class IndexForm:
    """One entry of a derivative: `left = right`, in text and LaTeX."""

    left: str
    right: str
    left_latex: str
    right_latex: str
    splits: tuple[tuple[str, Dim], ...] = ()

    def __str__(self) -> str:
        said = ", ".join([f"{i} = ({i}₁ − 1) {dim_text(size)} + {i}₂" for i, size in self.splits])
        return f"{self.left} = {self.right}" + (f" where {said}" if said else "")

    def latex(self) -> str:
        """The equation in LaTeX."""
        said = ",\\; ".join([f"{i} = ({i}_1 - 1) {dim_text(size)} + {i}_2" for i, size in self.splits])
        return f"{self.left_latex} = {self.right_latex}" + (rf" \quad\text{{where }} {said}" if said else "")

    def _repr_latex_(self) -> str:
        return f"${self.latex()}$"


def index_form(
    differential: Expr,
    dx: Expr,
    shape: Shape,
    before: Sequence[Variable],
    wrt: Variable,
    fixed: Iterable[str] = (),
    *,
    letter: str = "f",
    function: Shape = SCALAR,
) -> IndexForm:
    """The entry of the derivative whose differential is linear in dx.

    shape is that of the differential, `function` that of the function, whose derivative by `before`
    the linear map belongs to. fixed: letters that are indices already.
    """
    letters = iter([letter for letter in _LETTERS if letter not in set(fixed)])
    left = _Left(letters)
    i, j = left.add_function(letter, function, before, shape)
    free = left.add_variable(wrt)
    terms = linear_entries(differential, dx, i, j, _places(wrt, free), shown=True)
    shown = _Shown("".join(letters))
    text, latex = shown.formula(terms)
    return IndexForm(left.text(), text, left.latex(), latex, shown.splits())


def _below(places: Iterable[str]) -> str:
    """Indices as a subscript; those that are a part of another have its number behind them: ᵢ₁ⱼ."""
    places = tuple(places)
    if all(place[:1].isalpha() for place in places) and not all(place.isalpha() for place in places):
        return "".join([place_text((place[0],)) + place[1:] for place in places])
    return place_text(places)


def _below_latex(places: Iterable[str]) -> str:
    places = tuple(places)
    between = "" if all(place[:1].isalpha() for place in places) else ","
    return between.join([p if p.isascii() else f"{p[0]}_{{{p[1:].translate(_DIGITS)}}}" for p in places])


# --- the left-hand side ------------------------------------------------------------------------------


@dataclass
class _Left:
    letters: Iterable[str]
    head: str = ""
    head_latex: str = ""
    below: list[Pair] = field(default_factory=list)

    def _take(self, shape: Shape) -> tuple[str, str]:
        """The indices of an array: "" where an axis has length 1."""
        letters = iter(self.letters)
        if shape == SCALAR:
            return "", ""
        if is_vector(shape):
            return ("", next(letters)) if is_row(shape) else (next(letters), "")
        return next(letters), next(letters)

    def add_function(self, letter: str, function: Shape, before: Sequence[Variable], shape: Shape) -> tuple[str, str]:
        """Give indices to the function and to the variables before; those of the linear map's values."""
        own = self._take(function)
        name = letter.upper() if function != SCALAR and not is_vector(function) and letter == "f" else letter
        self.head, self.head_latex = _entry_names(symbol(name, function), *own)
        if not before:
            return own
        taken = own
        for variable in before:
            taken = self.add_variable(variable)
            if variable.shape != SCALAR and own != ("", ""):
                raise DerivativeError("the index form of a mixed derivative is given for scalar functions")
        if len(before) > 1 and before[0].shape != SCALAR:
            raise DerivativeError("the index form is given up to order 2")
        return taken if own == ("", "") else own

    def add_variable(self, variable: Variable) -> tuple[str, str]:
        """Give indices to the axes of a variable; a part of an array is written with those that it has already."""
        own = self._take(variable.shape)
        names = variable.name, variable_latex(variable.name)
        self.below.append(names if variable.shape == SCALAR else _entry_names(variable.whole, *_places(variable, own)))
        return own

    def text(self) -> str:
        order = {1: "", 2: "²", 3: "³"}[len(self.below)]
        return f"∂{order}{self.head}/{''.join(['∂' + text for text, _ in self.below])}"

    def latex(self) -> str:
        order = f"^{{{len(self.below)}}}" if len(self.below) > 1 else ""
        below = " ".join([rf"\partial {latex}" for _, latex in self.below])
        return rf"\frac{{\partial{order} {self.head_latex}}}{{{below}}}"


def _places(variable: Variable, free: Pair) -> Pair:
    """The indices of an entry of the whole array: those of the part where it has some, else the free ones."""
    row, column = [
        "" if size == 1 else own if place == ALL else place
        for place, own, size in zip((variable.row, variable.column), free, variable.whole.shape, strict=True)
    ]
    return row, column


def _entry_names(e: Expr, i: str, j: str) -> Pair:
    """An entry in text and LaTeX: Wⱼₖ, (W₁)ⱼₖ, (X⁻¹)ⱼₖ."""
    text, latex = to_text(e), to_latex(e)
    if not i and not j:
        return text, latex
    if e.op is not SYMBOL or "_" in latex or "_" in text:
        text, latex = f"({text})", rf"\left({latex}\right)"
    places = [place for place in (i, j) if place]
    if places[0].isdecimal() and len(places) == 1:
        text = f"({text})" if e.op is SYMBOL else text
    return text + _below(places), f"{latex}_{{{_below_latex(places)}}}"


# --- how it is written ---------------------------------------------------------------------------------


class _Shown:
    """A sum of terms as a scalar formula whose entries are placeholders, then written out."""

    def __init__(self, letters: str) -> None:
        self.letters = letters
        self.places: dict[Pair, Expr] = {}
        self._split: dict[str, Dim] = {}

    def place(self, text: str, latex: str) -> Expr:
        """The scalar that stands for something written so."""
        return self.places.setdefault((text, latex), symbol(chr(_PLACE + len(self.places))))

    def formula(self, terms: Sequence[Term]) -> Pair:
        """The sum of the terms in text and LaTeX."""
        total = add(*[self.cancelled(self.term(term)) for term in terms]) if terms else number(0)
        text, latex = to_text(total), to_latex(total)
        for (shown, shown_latex), mark in self.places.items():
            text = text.replace(str(mark.data), shown)
            latex = latex.replace(rf"\text{{{mark.data}}}", shown_latex)
        return text, latex

    def cancelled(self, e: Expr) -> Expr:
        """A product with one power of each scalar: δᵢⱼ ‖x‖² / ‖x‖³ is δᵢⱼ / ‖x‖."""
        if e.op is not PRODUCT:
            return e
        c, scalars, _ = parts(e)
        bases: dict[Expr, list[Expr]] = {}
        for s in scalars:
            base, exponent = s.args if s.op is POWER else (s, ONE)
            bases.setdefault(base, []).append(exponent)
        return multiply(number(c), *[power(base, add(*exponents)) for base, exponents in bases.items()])

    def term(self, term: Term) -> Expr:
        sums = []
        if len(summed(term)) > len(self.letters):
            raise DerivativeError("the index form needs more sums than there are letters for")
        for index, letter in zip(summed(term), self.letters, strict=False):
            term = term.renamed(index, letter)
            sums.append(self.place(f"∑{place_text(letter)}", rf"\sum_{{{letter}}}"))
        for index, size in term.splits:
            parts_stand = any(i != index and i.startswith(index) for i in term.indices)
            if parts_stand and self._split.setdefault(index, size) != size:
                raise DerivativeError(f"the index {index} is split in two ways")
        deltas = [self.delta(a, b) for a, b in term.deltas]
        return multiply(number(term.number), *sums, *deltas, *[self.entry(*entry) for entry in term.entries])

    def splits(self) -> tuple[tuple[str, Dim], ...]:
        """The indices that stand for two, with how far the second runs."""
        return tuple(self._split.items())

    def delta(self, i: str, j: str) -> Expr:
        """δᵢⱼ."""
        return self.place(f"δ{_below((i, j))}", rf"\delta_{{{_below_latex((i, j))}}}")

    def entry(self, e: Expr, i: str, j: str) -> Expr:
        """The entry as a scalar formula: functions of entries stay functions, other arrays are placeholders."""
        if e.shape == SCALAR:
            return e
        if e.op is TRANSPOSE:
            return self.entry(e.args[0], j, i)
        if e.op is IDENTITY:
            return self.delta(i, j) if i != j else ONE
        if e.op is ONES:
            return ONE
        if is_unit(e):
            return self.delta(i or j, index_text(e.args[0]))
        if e.op.name in _TRIANGLES and e.args[0].op is ONES and i and j:
            sign, latex = _TRIANGLES[e.op.name]
            return self.place(f"𝟙[{i} {sign} {j}]", rf"\mathbb{{1}}[{i} {latex} {j}]")
        if e.op is POWER:
            return power(self.entry(e.args[0], i, j), e.args[1])
        if e.op is HADAMARD:
            return multiply(*[self.entry(arg, i, j) for arg in e.args])
        if e.op.elementwise:
            return apply(e.op, (self.entry(e.args[0], i, j), *e.args[1:]), e.data)
        if e.op is ADD and any(map(_is_entrywise, e.args)):
            return add(*[self.entry(arg, i, j) for arg in e.args])
        if e.op is PRODUCT and len(parts(e)[2]) == 1:
            c, scalars, m = parts(e)
            return multiply(number(c), *scalars, self.entry(m[0], i, j))
        if is_column(e.shape):
            return self.place(*_entry_names(e, i, ""))
        return self.place(*_entry_names(e, "" if is_row(e.shape) else i, j))


def _is_entrywise(e: Expr) -> bool:
    """Whether the entries are best shown one by one."""
    m = parts(e)[2]
    return len(m) == 1 and (is_unit(m[0]) or m[0].op in (ONES, POWER, HADAMARD) or m[0].op.elementwise)
