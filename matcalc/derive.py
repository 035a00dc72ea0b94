"""The front door: `derive` and the Derivative that it returns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from matcalc.algebra.build import symbol, transpose
from matcalc.algebra.expr import Expr, symbols_of
from matcalc.algebra.facts import Facts
from matcalc.algebra.shapes import SCALAR, Dim, Shape
from matcalc.algebra.simplify import Simplifier
from matcalc.calculus.conditions import conditions_of
from matcalc.calculus.linear import vec_matrix
from matcalc.calculus.readings import axes_of, direction, read_map
from matcalc.calculus.structure import STRUCTURES, structured, subspace
from matcalc.errors import DerivativeError, NotYetError, OptionError
from matcalc.notation.declarations import Declaration
from matcalc.notation.latex import to_latex
from matcalc.notation.names import normalise_name
from matcalc.notation.read import Reading, read
from matcalc.notation.text import declaration_line, text_with_where, to_text
from matcalc.rulebook.rules import rule_set

if TYPE_CHECKING:
    from matcalc.check import Certificate
    from matcalc.codegen.compiled import Compiled

__all__ = ["Derivative", "derive", "simplify"]

LAYOUTS = ("gradient", "numerator")
#: str(d) names shared parts when the formula is longer than this.
_LINE = 400
#: str(d) shows at most this many conditions; `conditions` has them all.
_CONDITIONS = 6

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
    kind: str = "gradient"
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
    def shape(self) -> tuple[Dim, ...]:
        """(rows, columns) in dimension names or integers; one entry an axis where there are more."""
        return self.axes if len(self.axes) > 2 else self.expr.shape

    @property
    def axes(self) -> tuple[Dim, ...]:
        """The axes of the array: those of the function, then those of the variable, once for each order."""
        return axes_of(self.function.shape) + self.order * axes_of(self.where[self.wrt].shape)

    @property
    def shapes(self) -> dict[str, Shape]:
        """The shape of every symbol of the function."""
        return {name: d.shape for name, d in self.where.items()}

    @property
    def conditions(self) -> tuple[str, ...]:
        """What must hold for the answer to exist."""
        return tuple(self._conditions())

    def _conditions(self) -> Iterator[str]:
        facts = Facts({name: d.facts for name, d in self.where.items()})
        return conditions_of(self.function, (self.variable,), facts, to_text)

    # --- how it is shown -------------------------------------------------------------------------

    def __str__(self) -> str:
        main, parts = text_with_where(self.expr, limit=_LINE)
        line = f"{self._head()} = {main}          {declaration_line(_listed(self.where))}"
        lines = [line]
        lines += [
            f"  where {name} = {text}" if i == 0 else f"        {name} = {text}" for i, (name, text) in enumerate(parts)
        ]
        shown = list(islice(self._conditions(), _CONDITIONS + 1))
        if shown:
            more = ", …" if len(shown) > _CONDITIONS else ""
            lines.append("  if " + ", ".join(shown[:_CONDITIONS]) + more)
        lines += [f"  {note}" for note in self._remarks()]
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"<{self._head()} = {self.expr}>"

    def _head(self) -> str:
        if self.kind == "differential":
            return "d²f" if self.order == 2 else "df"
        power = "²" if self.order == 2 else ""
        return f"∂{power}f/∂{self.wrt}{power}"

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
        if self.kind == "differential":
            known["derivative"] = self.kronecker
        return {name: recognised(known[name]) if name == "value" else known[name] for name in what}

    @property
    def kronecker(self) -> Expr:
        """M with vec(dF) = M vec(dX), vec stacking columns; for a Jacobian the Jacobian itself."""
        if self.kind != "differential":
            return self.expr
        facts = Facts({name: d.facts for name, d in self.where.items()})
        return Simplifier(facts, rule_set("simplify"))(vec_matrix(self.expr, direction(self.variable)))

    def code(self, target: str = "numpy", what: Sequence[str] = ("value", "derivative")) -> str:
        """The source of a function that computes `what`, as one would write it by hand."""
        return self._compiled(target, what).source

    def compile(self, target: str = "numpy", what: Sequence[str] = ("derivative",)) -> Compiled:
        """A callable with one keyword argument for every symbol of the function.

        It returns an array whose axes are those of the function, then those of the variable; a
        tuple of arrays for several `what`.
        """
        return self._compiled(target, what)

    def _compiled(self, target: str, what: Sequence[str]) -> Compiled:
        from matcalc.codegen.compiled import compile_numpy

        if target != "numpy":
            raise NotYetError(f"code for {target!r} is not there yet", advice='target="numpy" is')
        outputs = self._outputs(what)
        axes = {name: self.axes for name in outputs if name == "derivative" and self.kind == "differential"}
        return compile_numpy(outputs, self.where, name="_and_".join(what), title=str(self), axes=axes)

    def check(self, points: int = 3, seed: int = 0) -> Certificate:
        """A numeric certificate: the answer against difference quotients of the function."""
        from matcalc.check import check

        dx = direction(self.variable) if self.kind == "differential" else None
        return check(
            self.function,
            self.expr,
            self.variable,
            self.where,
            structure=self.structure,
            layout=self.layout,
            direction=dx,
            points=points,
            seed=seed,
        )


def _listed(symbols: Mapping[str, Declaration]) -> dict[str, Declaration]:
    """Matrices, then vectors, then scalars, each by name."""

    def rank(item: tuple[str, Declaration]) -> tuple[int, str]:
        return 2 - len(axes_of(item[1].shape)), item[0]

    return dict(sorted(symbols.items(), key=rank))


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
    others = {n: d.facts for n, d in symbols.items() if n != variable.data}
    plain = Simplifier(Facts(others), rule_set("simplify"))
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
    facts = Facts({n: d.facts for n, d in symbols.items()})
    shorten = Simplifier(facts, rule_set("simplify"))
    answer = shorten(raw)
    if kind == "gradient":
        projected = structured(answer, symbols[name].facts, structure, facts.keys.is_symmetric)
        answer = answer if projected is answer else shorten(projected)
        if layout == "numerator":
            answer = shorten(transpose(answer))
    return answer
