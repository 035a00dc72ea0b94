"""What an operation is, and the registry of all operations.

An operation is one row of the rulebook: everything that is known about one function in one
place. The engine reads rows and names no function; the rulebook fills the registry and walks
no tree.

Formulas in a row are written in matcalc's own notation. Their letters are the metavariables
of `signature`, and besides them Y (the value), dX for an operand X, and G (the cotangent).
An elementwise row gives its derivative as a scalar formula in t (the entry) and y (the value).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from matcalc.algebra.shapes import Shape

if TYPE_CHECKING:
    from matcalc.algebra.expr import Expr

__all__ = ["Operation", "Registry", "REGISTRY"]

Data = Hashable
ShapeRule = Callable[[tuple[Shape, ...], Data], Shape]
Builder = Callable[[tuple["Expr", ...], Data], "Expr"]


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Operation:
    """One row: a function or an operator, with its calculus, its notation and its code.

    name         the registry's key, and the printed name of a call: "tanh".
    shape        shape of the value from the shapes of the operands and the payload; raises
                 ShapeError when the operands do not fit.
    arity        number of operands; None for n-ary ones.
    aliases      other names that the reader accepts.
    signature    metavariables with their shapes, in the order of the operands, and the shape of
                 the value: "A: m n, x: n 1 -> m 1".
    elementwise  acts on each entry by itself; the operands have the shape of the value.
    derivative   elementwise rows: f′ as a formula in t and y; for several operands, one each.
    differential other rows: dY as a formula linear in the differentials of the operands.
    adjoint      linear rows: for each operand, the cotangent that G pulls back to ("" for an
                 operand in which the row is not linear; then `differential` serves).
    transpose    "commutes": f(X)ᵀ = f(Xᵀ); "invariant": Yᵀ = Y;
                 "blind": f(Xᵀ) = f(X), for scalar values; "" none of these.
    cyclic       linear in one square operand with f(A B) = f(B A): the trace.
    parity       "even": f(−X) = f(X); "odd": f(−X) = −f(X); "" neither.
    degree       f(c X) = cᵈ f(X) for numbers c > 0.
    sums         "products": f(x + y) = f(x) ⊙ f(y).
    squares      f(x)² = x² entry by entry.
    facts        what holds of the value: "positive" always, "psd -> nonnegative" if all operands
                 have the first fact, "invertible <-> nonzero" if and only if they have.
    text         how a call prints, with {0} … for the operands; "" means name(…).
    latex        the same for LaTeX; "" means \\operatorname{name}(…).
    numpy        the same for NumPy code.
    precedence   of the printed text: see notation.precedence; calls and fences bind tightest.
    domain       conditions under which the value exists and is differentiable, each with {0} … .
    sample       how the test that walks the rows draws operands, by name: "normal", "positive" …
    source       where the differential stands: book and equation.
    title        what the rule is called; "" means "differential of" and the name.
    letter       the name under which a value stands on the page; meaning is what it is in words, with {0} … .
    inverse      elementwise rows that are injective: the entry as a formula in y.
    curvature    "convex" or "concave", each entry of the value in the operand, where no Hessian says it.
    slope        the gradient of a scalar value, the derivative by a scalar operand, or the symmetric
                 Jacobian of a vector value, as an expression in the operand; for rows whose
                 derivative is a row of the same kind.
    definition   the value in simpler operations, where differentiating that is the rule.
    transposed   the transpose as one node of the operation, or None for a node that has none.
    build        the constructor, where one is needed beyond interning.
    """

    name: str
    shape: ShapeRule
    arity: int | None = 1
    aliases: tuple[str, ...] = ()
    signature: str = ""
    elementwise: bool = False
    derivative: tuple[str, ...] = ()
    differential: str = ""
    adjoint: tuple[str, ...] = ()
    transpose: str = ""
    cyclic: bool = False
    parity: str = ""
    degree: int | None = None
    sums: str = ""
    squares: bool = False
    facts: tuple[str, ...] = ()
    text: str = ""
    latex: str = ""
    numpy: str = ""
    precedence: int = 100
    domain: tuple[str, ...] = ()
    sample: tuple[str, ...] = ()
    source: str = ""
    title: str = ""
    letter: str = ""
    meaning: str = ""
    inverse: str = ""
    curvature: str = ""
    slope: Builder | None = None
    definition: Builder | None = None
    transposed: Callable[[tuple[Expr, ...], Data], Expr | None] | None = None
    build: Builder | None = None
    callable_from_text: bool = True

    def __repr__(self) -> str:
        return f"<{self.name}>"


@dataclass(slots=True)
class Registry:
    """All operations by name and alias."""

    rows: dict[str, Operation] = field(default_factory=dict)
    names: dict[str, Operation] = field(default_factory=dict)
    #: The facts that some row gives of its value.
    given: set[str] = field(default_factory=set)

    def add(self, row: Operation) -> Operation:
        """Register a row; a name or alias that is taken is an error of the rulebook."""
        if row.name in self.rows:
            raise ValueError(f"two operations are called {row.name}")
        self.rows[row.name] = row
        self.given.update(entry.rpartition(" -> ")[2] for entry in row.facts)
        if row.callable_from_text:
            for name in (row.name, *row.aliases):
                if name in self.names:
                    raise ValueError(f"two operations are written {name}")
                self.names[name] = row
        return row

    def __getitem__(self, name: str) -> Operation:
        return self.rows[name]

    def __iter__(self) -> Iterator[Operation]:
        return iter(self.rows.values())


REGISTRY = Registry()
