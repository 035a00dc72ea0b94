"""The index form of a linear map: ∂Fᵢⱼ/∂Xₖₗ = Aᵢₖ Bₗⱼ, read off its differential.

The entry (i, j) of an expression linear in dX is a sum of products of entries and δ. There is one
rule for each linear primitive; dX itself is δᵢₖ δⱼₗ, and a δ with an index that is summed over
renames it, so no sum is left. Index notation is an output only: nothing is computed in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count

from matcalc.algebra.build import (
    ADD,
    GROUP,
    HADAMARD,
    IDENTITY,
    ONE,
    ONES,
    POWER,
    PRODUCT,
    SYMBOL,
    TRANSPOSE,
    Number,
    add,
    apply,
    hadamard,
    is_chain,
    multiply,
    number,
    parts,
    power,
    symbol,
)
from matcalc.algebra.expr import Expr, postorder
from matcalc.algebra.shapes import SCALAR, Shape, is_column, is_row, is_vector
from matcalc.errors import DerivativeError
from matcalc.notation.declarations import Declaration
from matcalc.notation.latex import to_latex
from matcalc.notation.text import to_text

__all__ = ["IndexForm", "index_form"]

#: Indices in the order in which they are given out: axes of the function, then those of the variables.
_LETTERS = "ijklmnprst"
_LOWERED = dict(zip(_LETTERS, "ᵢⱼₖₗₘₙₚᵣₛₜ", strict=True))
#: Placeholders for entries in the scalar formula; they cannot be typed.
_PLACE = 0xE000


@dataclass(frozen=True, slots=True)
class IndexForm:
    """One entry of a derivative: `left = right`, in text and LaTeX."""

    left: str
    right: str
    left_latex: str
    right_latex: str

    def __str__(self) -> str:
        return f"{self.left} = {self.right}"

    def latex(self) -> str:
        """The equation in LaTeX."""
        return f"{self.left_latex} = {self.right_latex}"

    def _repr_latex_(self) -> str:
        return f"${self.latex()}$"


Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Term:
    """A product: a number, δ of pairs of indices, and entries of expressions."""

    number: Number = 1
    deltas: tuple[Pair, ...] = ()
    entries: tuple[tuple[Expr, str, str], ...] = ()

    def times(self, other: Term) -> Term:
        """The product of two terms."""
        return Term(self.number * other.number, self.deltas + other.deltas, self.entries + other.entries)

    def renamed(self, old: str, new: str) -> Term:
        """The term with an index renamed."""

        def name(i: str) -> str:
            return new if i == old else i

        deltas = tuple([(name(a), name(b)) for a, b in self.deltas])
        return Term(self.number, deltas, tuple([(e, name(i), name(j)) for e, i, j in self.entries]))


def index_form(
    differential: Expr,
    dx: Expr,
    shape: Shape,
    before: Sequence[str],
    wrt: str,
    where: Mapping[str, Declaration],
    *,
    letter: str = "f",
    function: Shape = SCALAR,
) -> IndexForm:
    """The entry of the derivative whose differential is linear in dx.

    shape is that of the differential, `function` that of the function, whose derivative by `before`
    the linear map belongs to.
    """
    letters = iter(_LETTERS)
    left = _Left(letters)
    i, j = left.add_function(letter, function, before, where, shape)
    k, m = left.add_variable(wrt, dx.shape)
    reader = _Reader(dx, (k, m))
    terms = [_contracted(term, reader.dummies) for term in reader.linear(differential, i, j)]
    text, latex = _Shown().formula(terms)
    return IndexForm(left.text(), text, left.latex(), latex)


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

    def add_function(
        self, letter: str, function: Shape, before: Sequence[str], where: Mapping[str, Declaration], shape: Shape
    ) -> tuple[str, str]:
        """Give indices to the function and to the variables before; those of the linear map's values."""
        own = self._take(function)
        name = letter.upper() if function != SCALAR and not is_vector(function) and letter == "f" else letter
        self.head, self.head_latex = _entry_names(symbol(name, function), *own)
        if not before:
            return own
        taken = own
        for variable in before:
            taken = self.add_variable(variable, where[variable].shape)
            if where[variable].shape != SCALAR and own != ("", ""):
                raise DerivativeError("the index form of a mixed derivative is given for scalar functions")
        if len(before) > 1 and where[before[0]].shape != SCALAR:
            raise DerivativeError("the index form is given up to order 2")
        return taken if own == ("", "") else own

    def add_variable(self, name: str, shape: Shape) -> tuple[str, str]:
        """Give indices to a variable."""
        own = self._take(shape)
        self.below.append(_entry_names(symbol(name, shape), *own))
        return own

    def text(self) -> str:
        order = {1: "", 2: "²", 3: "³"}[len(self.below)]
        return f"∂{order}{self.head}/{''.join(['∂' + text for text, _ in self.below])}"

    def latex(self) -> str:
        order = f"^{{{len(self.below)}}}" if len(self.below) > 1 else ""
        below = " ".join([rf"\partial {latex}" for _, latex in self.below])
        return rf"\frac{{\partial{order} {self.head_latex}}}{{{below}}}"


def _entry_names(e: Expr, i: str, j: str) -> Pair:
    """An entry in text and LaTeX: Wⱼₖ, (W₁)ⱼₖ, (X⁻¹)ⱼₖ."""
    text, latex = to_text(e), to_latex(e)
    if not i and not j:
        return text, latex
    if e.op is not SYMBOL or "_" in latex or "_" in text:
        text, latex = f"({text})", rf"\left({latex}\right)"
    return f"{text}{''.join([_LOWERED[c] for c in i + j])}", f"{latex}_{{{i + j}}}"


# --- the entry of a linear expression ------------------------------------------------------------------


def _contracted(term: Term, dummies: set[str]) -> Term:
    """The term with every δ that has a summed index used up, and δᵢᵢ dropped."""
    while True:
        for at, (a, b) in enumerate(term.deltas):
            if a == b or a in dummies or b in dummies:
                rest = Term(term.number, term.deltas[:at] + term.deltas[at + 1 :], term.entries)
                term = rest if a == b else rest.renamed(a, b) if a in dummies else rest.renamed(b, a)
                break
        else:
            return term


class _Reader:
    """Entries of expressions that are linear in dX, whose entries are numbered by (k, l)."""

    def __init__(self, dx: Expr, at: Pair) -> None:
        self.dx, self.at = dx, at
        self.dummies: set[str] = set()
        self._fresh = count()

    def fresh(self) -> str:
        """An index that is summed over."""
        name = f"#{next(self._fresh)}"
        self.dummies.add(name)
        return name

    def depends(self, e: Expr) -> bool:
        return any(node is self.dx for node in postorder(e))

    def linear(self, e: Expr, i: str, j: str) -> list[Term]:
        """The entry (i, j) of e as a sum of terms."""
        if not self.depends(e):
            return []
        if e is self.dx:
            return [Term(1, tuple([(a, b) for a, b in zip((i, j), self.at, strict=True) if b]))]
        rule = _LINEAR.get(e.op.name)
        if rule is None:
            raise DerivativeError(
                f"{e.op.name} has no entries in closed form", advice="the differential, jvp and vjp do without them"
            )
        return rule(self, e, i, j)

    def product(self, e: Expr, i: str, j: str) -> list[Term]:
        c, scalars, matrices = (1, (), e.args) if is_chain(e) else parts(e)
        varying = [s for s in scalars if self.depends(s)]
        outside = Term(c).times(_all(constant(s, "", "") for s in scalars if s not in varying))
        if varying:
            rest = constant(multiply(*matrices), i, j) if matrices else Term()
            return [outside.times(term).times(rest) for term in self.linear(varying[0], "", "")]
        at = next(n for n, m in enumerate(matrices) if self.depends(m))
        y = matrices[at]
        a = self.fresh() if at and y.shape[0] != 1 else i
        b = self.fresh() if at + 1 < len(matrices) and y.shape[1] != 1 else j
        left = constant(multiply(*matrices[:at]), i, a if y.shape[0] != 1 else "") if at else Term()
        right = (
            constant(multiply(*matrices[at + 1 :]), b if y.shape[1] != 1 else "", j)
            if at + 1 < len(matrices)
            else Term()
        )
        inside = self.linear(y, a if y.shape[0] != 1 else "", b if y.shape[1] != 1 else "")
        return [outside.times(left).times(term).times(right) for term in inside]

    def hadamard(self, e: Expr, i: str, j: str) -> list[Term]:
        at = next(n for n, m in enumerate(e.args) if self.depends(m))
        rest = constant(hadamard(*e.args[:at], *e.args[at + 1 :]), i, j)
        return [rest.times(term) for term in self.linear(e.args[at], i, j)]

    def inner(self, e: Expr, i: str, j: str) -> list[Term]:
        g, y = e.args if self.depends(e.args[1]) else e.args[::-1]
        a = "" if y.shape[0] == 1 else self.fresh()
        b = "" if y.shape[1] == 1 else self.fresh()
        return [constant(g, a, b).times(term) for term in self.linear(y, a, b)]

    def trace(self, e: Expr, i: str, j: str) -> list[Term]:
        a = self.fresh()
        return self.linear(e.args[0], a, a)

    def sum(self, e: Expr, i: str, j: str) -> list[Term]:
        y = e.args[0]
        return self.linear(y, "" if y.shape[0] == 1 else self.fresh(), "" if y.shape[1] == 1 else self.fresh())


_LINEAR: dict[str, Callable[[_Reader, Expr, str, str], list[Term]]] = {
    "add": lambda r, e, i, j: [term for arg in e.args for term in r.linear(arg, i, j)],
    "group": lambda r, e, i, j: r.linear(e.args[0], i, j),
    "transpose": lambda r, e, i, j: r.linear(e.args[0], j, i),
    "product": _Reader.product,
    "hadamard": _Reader.hadamard,
    "inner": _Reader.inner,
    "tr": _Reader.trace,
    "sum": _Reader.sum,
    "diag": lambda r, e, i, j: [Term(1, ((i, j),)).times(term) for term in r.linear(e.args[0], i, "")],
    "diagonal": lambda r, e, i, j: r.linear(e.args[0], i, i),
}


def constant(e: Expr, i: str, j: str) -> Term:
    """The entry (i, j) of an expression without dX, taken apart where its form says what it is."""
    if e.op is IDENTITY:
        return Term(1, ((i, j),))
    if e.op is ONES:
        return Term()
    if e.op is TRANSPOSE:
        return constant(e.args[0], j, i)
    if e.op is GROUP:
        return constant(e.args[0], i, j)
    if e.op.name == "diag":
        return Term(1, ((i, j),)).times(constant(e.args[0], i, ""))
    if e.op is HADAMARD:
        return _all(constant(arg, i, j) for arg in e.args)
    if e.op is PRODUCT and not is_chain(e):
        c, scalars, m = parts(e)
        outside = Term(c).times(_all(constant(s, "", "") for s in scalars))
        return outside.times(_chain(m, i, j)) if m else outside
    return Term(1, (), ((e, i, j),))


def _all(terms: Iterable[Term]) -> Term:
    total = Term()
    for term in terms:
        total = total.times(term)
    return total


def _chain(m: tuple[Expr, ...], i: str, j: str) -> Term:
    """The entry of a product: of an outer product, of a product with a diagonal matrix at an end, or as it is."""
    if len(m) == 1:
        return constant(m[0], i, j)
    for at in range(1, len(m)):
        if m[at].shape[0] == 1:
            return _chain(m[:at], i, "").times(_chain(m[at:], "", j))
    if m[0].op.name == "diag":
        return constant(m[0].args[0], i, "").times(_chain(m[1:], i, j))
    if m[-1].op.name == "diag":
        return _chain(m[:-1], i, j).times(constant(m[-1].args[0], j, ""))
    return Term(1, (), ((multiply(*m), i, j),))


# --- how it is written ---------------------------------------------------------------------------------


class _Shown:
    """A sum of terms as a scalar formula whose entries are placeholders, then written out."""

    def __init__(self) -> None:
        self.places: dict[Pair, Expr] = {}

    def place(self, text: str, latex: str) -> Expr:
        """The scalar that stands for something written so."""
        return self.places.setdefault((text, latex), symbol(chr(_PLACE + len(self.places))))

    def formula(self, terms: Sequence[Term]) -> Pair:
        """The sum of the terms in text and LaTeX."""
        total = add(*[self.term(term) for term in terms]) if terms else number(0)
        text, latex = to_text(total), to_latex(total)
        for (shown, shown_latex), mark in self.places.items():
            text = text.replace(str(mark.data), shown)
            latex = latex.replace(rf"\text{{{mark.data}}}", shown_latex)
        return text, latex

    def term(self, term: Term) -> Expr:
        deltas = [self.place(f"δ{_LOWERED[a]}{_LOWERED[b]}", rf"\delta_{{{a}{b}}}") for a, b in term.deltas]
        return multiply(number(term.number), *deltas, *[self.entry(*entry) for entry in term.entries])

    def entry(self, e: Expr, i: str, j: str) -> Expr:
        """The entry as a scalar formula: functions of entries stay functions, other arrays are placeholders."""
        if e.shape == SCALAR:
            return e
        if e.op is TRANSPOSE:
            return self.entry(e.args[0], j, i)
        if e.op is IDENTITY:
            return self.place(f"δ{_LOWERED[i]}{_LOWERED[j]}", rf"\delta_{{{i}{j}}}") if i != j else ONE
        if e.op is ONES:
            return ONE
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
    return len(m) == 1 and (m[0].op in (ONES, POWER, HADAMARD) or m[0].op.elementwise)
