"""The front door: `derive` and the Derivative that it returns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from matcalc.algebra.build import symbol, transpose
from matcalc.algebra.expr import Expr, symbols_of
from matcalc.algebra.facts import Facts
from matcalc.algebra.shapes import SCALAR, Shape
from matcalc.algebra.simplify import Simplifier
from matcalc.calculus.conditions import conditions_of
from matcalc.calculus.structure import STRUCTURES, structured, subspace
from matcalc.calculus.sweep import expand_definitions, pull_back
from matcalc.errors import DerivativeError, NotYetError, OptionError
from matcalc.notation.declarations import Declaration
from matcalc.notation.latex import to_latex
from matcalc.notation.names import normalise_name
from matcalc.notation.read import Reading, read
from matcalc.notation.text import declaration_line, text_with_where, to_text
from matcalc.rulebook.rules import rule_set

if TYPE_CHECKING:
    from matcalc.check import Certificate

__all__ = ["Derivative", "derive", "simplify"]

LAYOUTS = ("gradient", "numerator")
#: str(d) names shared parts when the formula is longer than this.
_LINE = 400

Where = Mapping[str, str] | str | None


def recognised(f: Expr) -> Expr:
    """f with functions that were typed out (softplus, softmax, …) under their names."""
    return Simplifier(Facts(), rule_set("recognise"))(f)


def simplify(f: str | Expr, *, where: Where = None) -> Expr:
    """f in its shortest known form.

    >>> str(simplify("A x + Aᵀx", where={"A": "n n symmetric", "x": "n"}))
    '2 A x'
    """
    reading = _reading(f, where, None, ())
    facts = Facts({name: d.facts for name, d in reading.symbols.items()})
    return Simplifier(facts, rule_set("simplify"))(recognised(reading.expr))


@dataclass(frozen=True)
class Derivative:
    """The derivative of `function` by `wrt`, with everything that can be said of it.

    function  the function that was differentiated, as an Expr.
    wrt       the name of the variable.
    expr      the answer; str(expr) is the formula in one line.
    where     every symbol of the function with its shape and facts.
    """

    function: Expr
    wrt: str
    expr: Expr
    where: Mapping[str, Declaration]
    order: int = 1
    layout: str = "gradient"
    structure: str = "project"
    notes: tuple[str, ...] = ()
    _cache: dict[str, object] = field(default_factory=dict, repr=False, compare=False)

    # --- what it is ------------------------------------------------------------------------------

    @property
    def variable(self) -> Expr:
        """The variable of differentiation as an Expr."""
        return symbol(self.wrt, self.where[self.wrt].shape)

    @property
    def shape(self) -> Shape:
        """(rows, columns) in dimension names or integers."""
        return self.expr.shape

    @property
    def shapes(self) -> dict[str, Shape]:
        """The shape of every symbol of the function."""
        return {name: d.shape for name, d in self.where.items()}

    @property
    def conditions(self) -> tuple[str, ...]:
        """What must hold for the answer to exist."""
        facts = Facts({name: d.facts for name, d in self.where.items()})
        return conditions_of(self.function, (self.variable,), facts, to_text)

    # --- how it is shown -------------------------------------------------------------------------

    def __str__(self) -> str:
        main, parts = text_with_where(self.expr, limit=_LINE)
        line = f"{self._head()} = {main}          {declaration_line(self.where)}"
        lines = [line]
        lines += [f"  where {name} = {text}" if i == 0 else f"        {name} = {text}" for i, (name, text) in enumerate(parts)]
        if self.conditions:
            lines.append("  if " + ", ".join(self.conditions))
        lines += [f"  {note}" for note in self._remarks()]
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"<{self._head()} = {self.expr}>"

    def _head(self) -> str:
        return f"∂f/∂{self.wrt}"

    def _remarks(self) -> tuple[str, ...]:
        remarks = list(self.notes)
        if self.layout == "numerator":
            remarks.append("numerator layout: the transpose of the gradient")
        space = subspace(self.where[self.wrt].facts)
        if space and self.structure == "project":
            remarks.append(f"{self.wrt} stays {space}: the gradient is projected onto that subspace")
        elif space and self.structure == "cookbook":
            remarks.append(f"{self.wrt} {space}, each free entry once: G + Gᵀ − I ⊙ G")
        elif space:
            remarks.append(f"entry by entry, as if {self.wrt} were not {space}")
        return tuple(remarks)

    def latex(self) -> str:
        """The answer as LaTeX."""
        variable = to_latex(self.variable)
        return rf"\frac{{\partial f}}{{\partial {variable}}} = {to_latex(self.expr)}"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/plain": str(self), "text/latex": f"$\\displaystyle {self.latex()}$"}

    # --- code --------------------------------------------------------------------------------------

    def _outputs(self, what: Sequence[str]) -> dict[str, Expr]:
        known = {"value": self.function, "derivative": self.expr}
        for name in what:
            if name not in known:
                raise OptionError(f"what={name!r} does not exist", advice="one of value, derivative")
        return {name: recognised(known[name]) if name == "value" else known[name] for name in what}

    def code(self, target: str = "numpy", what: Sequence[str] = ("value", "derivative")) -> str:
        """The source of a function that computes `what`, as one would write it by hand."""
        _target(target)
        from matcalc.codegen.compiled import numpy_code

        return numpy_code(self._outputs(what), self.where, title=str(self))

    def compile(self, target: str = "numpy", what: Sequence[str] = ("derivative",)) -> Callable[..., object]:
        """A callable with one keyword argument for every symbol of the function."""
        _target(target)
        from matcalc.codegen.compiled import compile_numpy

        return compile_numpy(self._outputs(what), self.where, title=str(self))

    def check(self, points: int = 3, seed: int = 0) -> Certificate:
        """A numeric certificate: the answer against difference quotients of the function."""
        from matcalc.check import check

        return check(self, points=points, seed=seed)


def _target(target: str) -> None:
    if target != "numpy":
        raise NotYetError(f"code for {target!r} is not there yet", advice='target="numpy" is')


def _reading(f: str | Expr, where: Where, functions: Mapping[str, object] | None, wrt: Sequence[str]) -> Reading:
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
    if order != 1:
        raise NotYetError("derivatives of order 2 and higher are not there yet")
    name = normalise_name(wrt)
    reading = _reading(f, where, functions, (name,))
    if name not in reading.symbols:
        known = ", ".join(reading.symbols) or "no symbol"
        raise DerivativeError(f"{name} does not occur in the function", advice=f"it has {known}")
    if reading.expr.shape != SCALAR:
        raise NotYetError("derivatives of vectors and matrices are not there yet; the function must be scalar")
    declaration = reading.symbols[name]
    variable = symbol(name, declaration.shape)
    typed = recognised(reading.expr)
    raw = pull_back(expand_definitions(typed, (variable,)), {variable: None})[variable]
    facts = Facts({n: d.facts for n, d in reading.symbols.items()})
    shorten = Simplifier(facts, rule_set("simplify"))
    gradient = shorten(raw)
    projected = structured(gradient, declaration.facts, structure, facts.keys.is_symmetric)
    answer = gradient if projected is gradient else shorten(projected)
    if layout == "numerator":
        answer = shorten(transpose(answer))
    return Derivative(reading.expr, name, answer, reading.symbols, order, layout, structure, reading.notes)


