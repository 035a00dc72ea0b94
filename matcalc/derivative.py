"""Derivative: the answer, and everything that can be said of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from matcalc.algebra.build import inner, symbol
from matcalc.algebra.entries import axes_of_indices
from matcalc.algebra.expr import Expr
from matcalc.algebra.shapes import SCALAR, Dim
from matcalc.calculus.definitions import needed, values_of
from matcalc.calculus.forms import recognised
from matcalc.calculus.readings import direction, gradients
from matcalc.calculus.variables import variable_of
from matcalc.codegen.coded import Coded
from matcalc.errors import DerivativeError, MatcalcError, check_choice
from matcalc.linear_map import LinearMap
from matcalc.notation.declarations import Declaration
from matcalc.notation.heads import head_latex
from matcalc.notation.latex import to_latex
from matcalc.notation.named_parts import NamedPart, meanings, named_parts, parts_latex
from matcalc.notation.page import Formulas, page
from matcalc.remarks import remarks_on

if TYPE_CHECKING:
    from matcalc.check import Certificate
    from matcalc.claims import Match
    from matcalc.codegen.assembly import Entries
    from matcalc.codegen.columns import Closed, Columns, Moving
    from matcalc.derivation import Steps
    from matcalc.prove import Proof
    from matcalc.training import UpdateRule

__all__ = ["Derivative"]


@dataclass(frozen=True)
class Derivative(LinearMap, Coded):
    """The derivative of `function` by `wrt`, with everything that can be said of it.

    function  the function that was differentiated, as an Expr.
    wrt       the name of the variable; `before` has those of the earlier orders.
    expr      the answer; str(expr) is the formula in one line.
    where     every symbol of the function with its shape and facts.
    kind      "gradient", "derivative" by a scalar, "jacobian", "differential" where there are more than
              two axes, or "jvp" and "vjp": the linear map or its adjoint in the direction `along`.
    order     how often it was differentiated; notes: what was assumed in reading, and is said with the answer.
    layout, structure  as they were asked for (see derive).
    of        what the last differentiation was of: the function, or its derivative by `before`.
    definitions  the names that a program gives, in terms of symbols and earlier names; `named` is the
              answer written with them, `last` the last statement and `letter` its name.
    read      the values of all parts of the text, whose conditions count where they are not left in `function`.

    Vectors are n×1, vec stacks columns, and df = ⟨G, dX⟩ for the gradient G (Magnus & Neudecker, 3rd ed., §9.2).
    Two derivatives are equal if all that was asked and answered is.

    >>> from matcalc import derive
    >>> d = derive("‖y − A x‖²", "x")
    >>> print(d.kind, "of", d.function, "by", d.wrt, "=", d.expr)
    gradient of ‖y − A x‖² by x = 2 Aᵀ(A x − y)
    """

    # --- how it is shown -------------------------------------------------------------------------

    def __str__(self) -> str:
        head = self._head()
        candidates: list[Formulas] = [([(head, self.expr)], {})]
        if self.named is not None and self.named is not self.expr:
            candidates.append(([(head, self.named)], needed((self.named,), self.definitions)))
        second = self.kind == "differential" and self.function.shape == SCALAR and self.order == 2 and not self._mixed
        below = [("d²f", self.bilinear)] if second else []
        return page(candidates, self._symbols, self._conditions(), self._remarks(), below)

    def __repr__(self) -> str:
        return f"<{self._head()} = {self.expr}>"

    @property
    def _symbols(self) -> dict[str, Declaration]:
        """The symbols of the function and of the direction."""
        return {**self.where, **self._directions}

    @property
    def _directions(self) -> dict[str, Declaration]:
        if not self.along:
            return {}
        return {self.along: Declaration((self._by if self.kind == "jvp" else self._source).shape)}

    def _remarks(self) -> tuple[str, ...]:
        return (*self.notes, *remarks_on(self))

    def latex(
        self, kind: str = "answer", *, bold: bool = False, transpose: str = r"\top", style: str = "fraction"
    ) -> str:
        r"""The answer, or the derivation as an aligned environment, in LaTeX.

        bold sets vectors and matrices in bold type, transpose is the sign above (\top or T), and style
        is how the derivative is written: "fraction", or "nabla".

        >>> from matcalc import derive
        >>> print(derive("‖y − A x‖²", "x").latex(bold=True, transpose="T", style="nabla"))
        \nabla_{\mathbf{x}} f = 2 \mathbf{A}^{T} (\mathbf{A} \mathbf{x} - \mathbf{y})
        """
        check_choice("kind", kind, ("answer", "derivation"))
        check_choice("style", style, ("fraction", "nabla"))
        check_choice("transpose", transpose, (r"\top", "T"))
        if kind == "derivation":
            from matcalc.derivation.forms import Style

            return self.steps.latex(Style(latex=True, bold=bold, transpose=transpose), style == "fraction")
        (shown,), parts = self._lettered
        where = parts_latex(parts, {"bold": bold, "transpose": transpose})
        return f"{self._latex_head(bold, style)} = {to_latex(shown, bold=bold, transpose=transpose)}{where}"

    def _latex_head(self, bold: bool, style: str) -> str:
        names = (*self.before, self.wrt)
        heavy = [name for name in names if bold and variable_of(name, self.where).whole.shape != SCALAR]
        return head_latex(self.kind, names, self.along, self.letter, heavy, style == "nabla")

    @property
    def _lettered(self) -> tuple[tuple[Expr, ...], list[NamedPart]]:
        """The answer with letters for its named parts, and these."""
        return named_parts([self.expr], {*self._symbols, *self.definitions})

    @cached_property
    def steps(self) -> Steps:
        """The derivation, line by line, from the function to the answer; `steps.check()` verifies each line.

        Raises DerivativeError for a derivative in a direction, whose derivation is that of the derivative.

        >>> from matcalc import derive
        >>> print(derive("xᵀA x", "x").steps)
        f = xᵀA x
        df = dxᵀA x + xᵀA dx = ((A + Aᵀ) x) : dx    product rule; Frobenius product
        ∂f/∂x = (A + Aᵀ) x                          what stands before dx
        """
        from matcalc.derivation import Task, derivation

        self._refuse_direction("steps")
        return derivation(
            Task(
                self.function, {self.wrt: self.expr}, self.where, self.kind, self.before, self.of,
                self.layout, self.structure, self.letter, values_of(self.definitions),
            )
        )  # fmt: skip

    def explain(self, format: str = "text", detail: str = "brief") -> str:
        """The derivation as "text" or "markdown"; with detail="full" every operation has lines of its own.

        Raises OptionError for another format or detail, DerivativeError where there is no derivation (see steps).

        >>> from matcalc import derive
        >>> print(derive("½ ‖x‖²", "x").explain())
        f = ½ ‖x‖²
        df = x : dx    product rule
        ∂f/∂x = x      what stands before dx
        """
        return self.steps.explain(format, detail)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        from matcalc.derivation.html import html_page

        try:
            steps = None if self.along else self.steps
            code = self.code()
        except MatcalcError:  # the answer is shown without what cannot be had
            steps, code = None, ""
        remarks = (*meanings(self._lettered[1]), *self._remarks())
        return {
            "text/plain": str(self),
            "text/latex": f"$\\displaystyle {self.latex()}$",
            "text/html": html_page(self.latex(), self._symbols, self.conditions, remarks, steps, code),
        }

    # --- code --------------------------------------------------------------------------------------

    @property
    def _variables(self) -> tuple[str, ...]:
        return (self.wrt,) if self.order == 1 and not self.along else ()

    @property
    def _ranges(self) -> tuple[tuple[str, Dim], ...]:
        if not any("index" in said.facts for said in self.where.values()):
            return ()
        return tuple(axes_of_indices(self.function, *[v.expr for v in (*self._earlier, self._by)]))

    def _outputs(self, what: Sequence[str]) -> tuple[dict[str, Expr | Entries], dict[str, tuple[Dim, ...]]] | None:
        if "derivative" in what and not self._has_matrix():
            return None
        outputs: dict[str, Expr | Entries] = {
            name: recognised(self.function) if name == "value" else self._entries() or self.kronecker for name in what
        }
        return outputs, {name: self.axes for name in what if name == "derivative" and self.kind == "differential"}

    def _has_matrix(self) -> bool:
        """Whether the linear map has a matrix in closed form; the array of a Fréchet form is made column by column."""
        if self.kind != "differential":
            return True
        try:
            return self.kronecker is not None
        except DerivativeError:
            return False

    def _columns(self, what: Sequence[str]) -> Columns:
        from matcalc.codegen.columns import Closed, compile_columns

        outputs = {n: Closed(recognised(self.function)) if n == "value" else self._column() for n in what}
        return compile_columns(outputs, self.where, str(self))

    def _column(self) -> Closed | Moving:
        """The array: in closed form, or column by column."""
        from matcalc.codegen.columns import Closed, Moving

        if not self._has_matrix():
            moved, dx = self._moved
            return Moving(moved, self._by, dx)
        return Closed(self._entries() or self.kronecker, self.axes if self.kind == "differential" else None)

    def update_rule(self, step: str = "η") -> UpdateRule:
        """Gradient descent by this gradient: X ← X − η ∂f/∂X, as text, LaTeX and a NumPy training loop.

        >>> from matcalc import derive
        >>> print(derive("½ ‖y − A x‖²", "x").update_rule())
        x ← x − η Aᵀ(A x − y)
        """
        from matcalc.training import update_rule

        if self.kind not in ("gradient", "derivative") or self.order != 1 or self.layout != "gradient":
            raise DerivativeError("gradient descent needs the gradient of a scalar function, of the variable's shape")
        return update_rule(
            recognised(self.function), {self.wrt: self.expr}, self.where, step, {self.wrt: self.named}, self.definitions
        )

    def as_torch(self) -> Callable[..., object]:
        """The function for PyTorch, of named tensors; its backward pass is the closed form for every argument.

        f(A=…, x=…) takes one tensor for every symbol and returns the value; `f(…).backward()` fills `.grad`.
        Raises MatcalcError where a gradient has no closed form; needs PyTorch, which is not installed with matcalc.
        """
        from matcalc.frameworks import as_torch

        return as_torch(self.function, self.where)

    def as_jax(self) -> Callable[..., object]:
        """The function for JAX, of named arrays; its backward pass is the closed form for every argument.

        f(A=…, x=…) takes one array for every symbol and works under jax.jit.
        Raises MatcalcError where a gradient has no closed form; needs JAX, which is not installed with matcalc.
        """
        from matcalc.frameworks import as_jax

        return as_jax(self.function, self.where)

    def check(self, points: int = 3, seed: int = 0) -> Certificate:
        """A numeric certificate: the answer against difference quotients of what it is the derivative of.

        Sizes and data are drawn at random, with all facts that are declared, `points` times; the certificate is
        true if all entries agree, and str() of it says how well. Raises OptionError for
        points other than 1, 2, … and for seeds other than 0, 1, …

        >>> from matcalc import derive
        >>> bool(derive("logdet(A Aᵀ)", "A").check())
        True
        """
        from matcalc.check import check

        of, dx = self._source if self.before else self.function, None
        if self.kind == "differential":
            dx = direction(self._by.whole)
        elif self.kind == "jvp":
            dx = symbol(self.along, self._by.shape)
        elif self.kind == "vjp":
            of = inner(of, symbol(self.along, of.shape))
        first = not self.before and not self.along
        return check(
            of, self.expr, self._by, self._symbols if self.kind == "vjp" else self.where,
            structure=self.structure if first else "ignore", layout=self.layout if first else "gradient",
            direction=dx, conditions=self.conditions, points=points, seed=seed,
        )  # fmt: skip

    def prove(self, seed: int = 0) -> Proof:
        """Whether the answer is the derivative, decided by exact arithmetic at random points of a prime field.

        It uses nothing of the sweep, bounds its error (Schwartz 1980, Zippel 1979), and says what it proved
        and what it rests on; the sizes drawn are those that are covered.

        >>> from matcalc import derive
        >>> bool(derive("tr(A X⁻¹ B)", "X").prove())
        True
        """
        from matcalc.prove import Claim, prove_derivative

        return prove_derivative(
            Claim(
                self.function, self.expr, self._symbols, self._by, self.kind,
                self._earlier, self.structure, self.layout, self.along,
            ),
            seed,
        )  # fmt: skip

    def matches(self, claim: str | Expr) -> Match:
        """Whether an answer of the reader's own, read in the symbols of the function, is the derivative.

        The verdict is "proved", "equal" (in numbers) or "different", with the reason.

        >>> from matcalc import derive
        >>> d = derive("‖y − A x‖²", "x")
        >>> print(d.matches("−2 Aᵀ(y − A x)"))
        proved: the two have the same simplest form, at every size
        >>> print(d.matches("2 (A x − y)ᵀA"))
        different: the claim is 1×n and the derivative n×1: it is the transpose, the answer in numerator layout
        """
        from matcalc.claims import Asked, compare

        raw = self.expr
        if self.kind == "gradient" and not self.before:
            raw = self._question.shorten(gradients(self._source, (self._by.whole,))[self._by.whole], self.wrt)
        asked = Asked(
            self.expr, self._symbols, self._by, self.kind, raw, self.function, self.structure, self.layout, self.read
        )
        return compare(claim, asked)
