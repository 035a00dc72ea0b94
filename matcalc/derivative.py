"""Derivative: the answer, and everything that can be said of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from matcalc.algebra.build import symbol
from matcalc.algebra.expr import Expr
from matcalc.algebra.shapes import Dim, Shape
from matcalc.calculus.conditions import conditions_of
from matcalc.calculus.forms import facts_of, recognised, shortener
from matcalc.calculus.linear import vec_matrix
from matcalc.calculus.readings import axes_of, direction
from matcalc.calculus.structure import subspace
from matcalc.errors import NotYetError, OptionError
from matcalc.notation.declarations import Declaration
from matcalc.notation.latex import to_latex
from matcalc.notation.text import declaration_line, text_with_where, to_text

if TYPE_CHECKING:
    from matcalc.check import Certificate
    from matcalc.codegen.compiled import Compiled

__all__ = ["Derivative"]

#: str(d) names shared parts when the formula is longer than this.
_LINE = 400
#: str(d) shows at most this many conditions; `conditions` has them all.
_CONDITIONS = 6


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
        return conditions_of(self.function, (self.variable,), facts_of(self.where), to_text)

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
        return shortener(self.where)(vec_matrix(self.expr, direction(self.variable)))

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
