"""The chain rule on the page: the derivative of each step of a program, in numerator layout, where they compose.

A matrix among the steps is read as its vec, so that every factor is a matrix and the product of
the factors along a path is a matrix product.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from matcalc.algebra.build import add, apply, multiply, symbol, transpose
from matcalc.algebra.expr import Expr, symbols_of
from matcalc.algebra.operations import REGISTRY
from matcalc.algebra.shapes import SCALAR, Shape, is_row, is_vector, side_text
from matcalc.calculus.forms import recognised, shortener
from matcalc.calculus.readings import direction, read_maps
from matcalc.calculus.variables import Variable
from matcalc.calculus.vectorised import vec_matrix
from matcalc.notation.declarations import Declaration
from matcalc.notation.latex import to_latex
from matcalc.notation.symbols import latex_name
from matcalc.notation.text import to_text

__all__ = ["Factor", "Factors", "chain_factors"]


@dataclass(frozen=True, slots=True)
class Factor:
    """∂above/∂below: rows belong to `above`, columns to `below`, matrices stacked column by column."""

    above: str
    below: str
    expr: Expr
    stacked: bool = False

    @property
    def shape(self) -> Shape:
        """(rows, columns)."""
        return self.expr.shape

    def __str__(self) -> str:
        rows, columns = map(side_text, self.shape)
        name = f"vec({self.below})" if self.stacked else self.below
        return f"∂{self.above}/∂{name} = {to_text(self.expr)}          {rows}×{columns}"

    def latex(self) -> str:
        """The factor in LaTeX."""
        below = latex_name(self.below)
        below = rf"\operatorname{{vec}}({below})" if self.stacked else below
        return rf"\frac{{\partial {latex_name(self.above)}}}{{\partial {below}}} = {to_latex(self.expr)}"


class Factors(Sequence[Factor]):
    """The factors of the chain rule, the last step of the program first.

    `paths` are the ways from the function down to the variable, each a list of factors; the
    derivative is the sum over the paths of the products along them, and `product` is that sum.
    """

    def __init__(self, factors: Sequence[Factor], function: str, variable: str) -> None:
        self._factors = tuple(factors)
        self.function, self.variable = function, variable

    def __getitem__(self, i: int | slice) -> Factor | tuple[Factor, ...]:  # type: ignore[override]
        return self._factors[i]

    def __len__(self) -> int:
        return len(self._factors)

    def __str__(self) -> str:
        return "\n".join(map(str, self._factors))

    def latex(self) -> str:
        """The factors in LaTeX, one a line."""
        return " \\\\\n".join([factor.latex() for factor in self._factors])

    @property
    def paths(self) -> list[list[Factor]]:
        """Every way from the function to the variable."""
        found: list[list[Factor]] = []
        stack: list[tuple[str, list[Factor]]] = [(self.function, [])]
        while stack:
            name, way = stack.pop()
            if name == self.variable:
                found.append(way)
                continue
            stack.extend([(f.below, [*way, f]) for f in reversed(self._factors) if f.above == name])
        return found

    @property
    def product(self) -> Expr:
        """∂function/∂variable in numerator layout, of the factors multiplied and added up as they stand."""
        sums: dict[str, list[Expr]] = {}
        for factor in self._factors:  # every factor above a name comes before those below it
            above = [add(*sums[factor.above])] if factor.above in sums else []
            sums.setdefault(factor.below, []).append(multiply(*above, factor.expr))
        return add(*sums[self.variable])


def chain_factors(
    definitions: Mapping[str, Expr], last: Expr, wrt: str, where: Mapping[str, Declaration], function: str = "f"
) -> Factors:
    """The factors of ∂function/∂wrt for a program with these steps."""
    active = {wrt}
    for name, e in definitions.items():
        if any(str(s.data) in active for s in symbols_of(e)):
            active.add(name)
    reached = {function}
    factors: list[Factor] = []
    for above, e in _steps(definitions, last, function):
        if above in reached:
            for factor in _of_step(above, e, active, where):
                reached.add(factor.below)
                factors.append(factor)
    return Factors(factors, function, wrt)


def _steps(definitions: Mapping[str, Expr], last: Expr, function: str) -> Iterator[tuple[str, Expr]]:
    yield function, last
    yield from reversed(list(definitions.items()))


def _of_step(above: str, e: Expr, active: set[str], where: Mapping[str, Declaration]) -> Iterator[Factor]:
    symbols = {str(s.data): where.get(str(s.data), Declaration(s.shape)) for s in symbols_of(e)}
    for name in symbols:
        if name in active:
            variable = symbol(name, symbols[name].shape)
            simplify = shortener(symbols, without=(name,))
            yield Factor(above, name, simplify(_matrix(recognised(e), variable, simplify)), not _flat(variable.shape))


def _flat(shape: Shape) -> bool:
    return shape == SCALAR or is_vector(shape)


def _matrix(e: Expr, variable: Expr, simplify: object) -> Expr:
    """The derivative with one row for each entry of e and one column for each entry of the variable."""
    by = Variable(str(variable.data), variable)
    reading = read_maps(e, {by: simplify})[by]  # type: ignore[dict-item]
    if reading.kind == "gradient":
        g = reading.expr
        return g if is_row(g.shape) else transpose(g if _flat(g.shape) else apply(REGISTRY["vec"], (g,)))
    if reading.kind == "derivative":
        d = reading.expr
        return transpose(d) if is_row(d.shape) else d if _flat(d.shape) else apply(REGISTRY["vec"], (d,))
    return vec_matrix(reading.expr, direction(variable)) if reading.kind == "differential" else reading.expr
