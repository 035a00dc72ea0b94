"""Derivative: the answer, and everything that can be said of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from matcalc.algebra.build import inner, symbol
from matcalc.algebra.entries import axes_of_indices, index_symbols
from matcalc.algebra.expr import Expr, symbols_of
from matcalc.algebra.shapes import SCALAR, Dim, Shape
from matcalc.calculus.answers import Question
from matcalc.calculus.conditions import conditions_of
from matcalc.calculus.definitions import needed, values_of
from matcalc.calculus.forms import facts_of, recognised, shortener
from matcalc.calculus.linear import adjoints, vec_matrix
from matcalc.calculus.readings import acted, axes_of, direction, gradients
from matcalc.calculus.structure import subspace
from matcalc.calculus.traces import as_traces
from matcalc.calculus.variables import Variable, variable_of
from matcalc.codegen.coded import Coded
from matcalc.errors import DerivativeError, MatcalcError, OptionError
from matcalc.notation.declarations import Declaration
from matcalc.notation.heads import head_latex, head_text
from matcalc.notation.latex import to_latex
from matcalc.notation.named_parts import NamedPart, meanings, named_parts, parts_latex
from matcalc.notation.names import normalise_name
from matcalc.notation.page import Formulas, page
from matcalc.notation.parts import place_text
from matcalc.notation.text import to_text

if TYPE_CHECKING:
    from matcalc.calculus.factors import Factors
    from matcalc.calculus.indices import IndexForm
    from matcalc.check import Certificate
    from matcalc.claims import Match
    from matcalc.codegen.assembly import Entries
    from matcalc.codegen.columns import Closed, Columns, Moving
    from matcalc.codegen.compressed import Compressed
    from matcalc.derivation import Steps
    from matcalc.prove import Proof
    from matcalc.training import UpdateRule

__all__ = ["Derivative"]


#: An array of more terms than this is made from the matrix of the linear map, which grows with its formula only.
_MOST_ENTRIES = 24


@dataclass(frozen=True)
class Derivative(Coded):
    """The derivative of `function` by `wrt`, with everything that can be said of it.

    function  the function that was differentiated, as an Expr.
    wrt       the name of the variable; `before` has those of the earlier orders.
    expr      the answer; str(expr) is the formula in one line.
    where     every symbol of the function with its shape and facts.
    kind      "gradient", "derivative" by a scalar, "jacobian", "differential" where there are more than
              two axes, or "jvp" and "vjp": the linear map or its adjoint in the direction `along`.
    of        what the last differentiation was of: the function, or its derivative by `before`.
    definitions  the names that a program gives, in terms of symbols and earlier names; `named` is the
              answer written with them, `last` the last statement and `letter` its name.
    """

    function: Expr
    wrt: str
    expr: Expr
    where: Mapping[str, Declaration] = field(hash=False)
    kind: str = "gradient"
    order: int = 1
    layout: str = "gradient"
    structure: str = "project"
    notes: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    of: Expr | None = None
    along: str = ""
    definitions: Mapping[str, Expr] = field(default_factory=dict, hash=False)
    named: Expr | None = None
    last: Expr | None = None
    letter: str = "f"
    _cache: dict[str, object] = field(default_factory=dict, repr=False, compare=False)

    # --- what it is ------------------------------------------------------------------------------

    @property
    def variable(self) -> Expr:
        """The variable of differentiation as an Expr: a symbol, or eᵢᵀA for a row of A."""
        return self._by.expr

    @property
    def _by(self) -> Variable:
        return variable_of(self.wrt, self.where)

    @property
    def _earlier(self) -> tuple[Variable, ...]:
        return tuple([variable_of(name, self.where) for name in self.before])

    @property
    def shape(self) -> tuple[Dim, ...]:
        """(rows, columns) in dimension names or integers; one entry an axis where there are more."""
        return self.axes if len(self.axes) > 2 else self.expr.shape

    @property
    def axes(self) -> tuple[Dim, ...]:
        """The axes of the array: those of the function, then those of the variable, once for each order."""
        variable = axes_of(self._by.shape)
        source = axes_of(self.function.shape)
        for name in self.before:
            source += axes_of(variable_of(name, self.where).shape)
        return source if self.kind == "jvp" else variable if self.kind == "vjp" else source + variable

    @property
    def shapes(self) -> dict[str, Shape]:
        """The shape of every symbol of the function."""
        return {name: d.shape for name, d in self.where.items()}

    @property
    def conditions(self) -> tuple[str, ...]:
        """What must hold for the answer to exist."""
        return tuple(self._conditions())

    def _conditions(self) -> Iterator[str]:
        variables = {variable_of(name, self.where).whole for name in (*self.before, self.wrt)}
        return conditions_of(self.function, variables, facts_of(self.where), to_text)

    @property
    def _source(self) -> Expr:
        """What the linear map is the derivative of."""
        return recognised(self.function) if self.of is None else self.of

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
    def _mixed(self) -> bool:
        return any(name != self.wrt for name in self.before)

    def _head(self) -> str:
        return head_text(self.kind, (*self.before, self.wrt), self.along, self.letter)

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
        """The derivation as text or Markdown; with detail="full" every operation has lines of its own."""
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

    # --- readings of the linear map ----------------------------------------------------------------

    @property
    def _question(self) -> Question:
        return Question(self.function, self.where, self.layout, self.structure, values_of(self.definitions))

    @property
    def differential(self) -> Expr:
        """The linear map's action on dX: df for a function, d(∂f/∂X) at order 2, as an Expr linear in dX."""
        if self.kind == "differential":
            return self.expr
        dx = direction(self._by.whole)
        return as_traces(self._act(self._by.part(dx)), self._source, (dx,))

    @property
    def bilinear(self) -> Expr:
        """d²f = ⟨dX, d∇f⟩ of a scalar function, a quadratic form in dX."""
        if self.order != 2 or self.function.shape != SCALAR or self._mixed or self.along:
            raise DerivativeError("d²f is the second differential of a scalar function by one variable")
        whole = direction(self._by.whole)
        dx = self._by.part(whole)
        found = self._question.shorten(inner(dx, self._act(dx)), self.wrt)
        space = subspace(self.where[str(self._by.whole.data)].facts)
        if space is None or self._by.is_part:
            return found
        moving = Declaration(whole.shape, frozenset({space}))  # dX stays in the subspace
        return shortener({**self.where, str(whole.data): moving})(found)

    @property
    def kronecker(self) -> Expr:
        """M with vec(dF) = M vec(dX), vec stacking columns; for a gradient or a Jacobian the answer itself."""
        if self.kind != "differential":
            return self.expr
        return shortener(self.where)(vec_matrix(*self._moved))

    @property
    def _moved(self) -> tuple[Expr, Expr]:
        """The differential, and the symbol in whose direction it is: dX, or one of the shape of the part."""
        if not self._by.is_part:
            return self.expr, direction(self.variable)
        return self._act(self._by.free_direction), self._by.free_direction

    @property
    def index(self) -> IndexForm:
        """The entries of the derivative in index notation: ∂fᵢ/∂Wⱼₖ = δᵢⱼ xₖ."""
        from matcalc.calculus.indices import index_form

        self._refuse_direction("index")
        dx = direction(self._by.whole)
        moved = self._question.with_names(self._act(self._by.part(dx)))
        fixed = [name for name, said in self.where.items() if "index" in said.facts]
        return index_form(
            moved, dx, self._source.shape, self._earlier, self._by, fixed,
            letter=self.letter, function=self.function.shape,
        )  # fmt: skip

    @property
    def compressed(self) -> Compressed:
        """The array in compressed form: small factors, with δ for the axes that are equal.

        `compressed.compile()` computes the factors alone, `compressed.full(…)` the whole array from them.
        Raises DerivativeError where no δ joins two axes.

        >>> from matcalc import derive
        >>> print(derive("‖T − U Vᵀ‖²", "U", where={"T": "m n", "U": "m r", "V": "n r"}, order=2).compressed)
        ∂²f/∂Uᵢⱼ∂Uₖₗ = 2 δᵢₖ (VᵀV)ₗⱼ
          factor 1: δ_ik, axes j l: r×r
        """
        from matcalc.codegen.compressed import compressed_form

        self._refuse_direction("compressed")
        if len(self.axes) < 3:
            raise DerivativeError("an array of at most two axes has no other form", advice="It is in expr.")
        return compressed_form(self._entries(), self.where, str(self.index))

    @property
    def factors(self) -> Factors:
        """The chain rule for a program: each step's derivative in numerator layout, the last step first."""
        from matcalc.calculus.factors import chain_factors

        self._refuse_direction("factors")
        if self._by.is_part:
            raise DerivativeError(
                f"the factors of the chain rule are given by {self._by.whole}, and not by a part of it"
            )
        if self.order != 1:
            raise DerivativeError("the factors of the chain rule are those of the first order", advice="Leave order=1.")
        if not self.definitions or self.last is None:
            raise DerivativeError(
                "the factors of the chain rule are given for programs",
                advice="Write the function in steps, such as z = W x + b; f = tanh(z); ‖y − f‖².",
            )
        return chain_factors(self.definitions, self.last, self.wrt, self.where, self.letter)

    def _act(self, v: Expr) -> Expr:
        question = self._question
        moved = acted(self._source, self._by, v, question.before_facts(self.wrt))
        return question.shorten(moved, self.wrt)

    def _refuse_direction(self, what: str) -> None:
        if self.along:
            raise DerivativeError(f"{what} is a reading of the derivative, and this is one already: {self._head()}")

    def jvp(self, v: str = "V") -> Derivative:
        """The linear map in a free direction of the variable's shape, without the matrix of it.

        For order 2 this is the Hessian–vector product.
        """
        name = self._direction(v, "jvp")
        return self._along("jvp", name, self._act(symbol(name, self._by.shape)))

    def vjp(self, u: str = "U") -> Derivative:
        """The adjoint of the linear map applied to a free cotangent of the function's shape."""
        name = self._direction(u, "vjp")
        source, cotangent = self._source, symbol(name, self._source.shape)
        pulled = self._by.part(adjoints(source, (self._by.whole,), cotangent)[self._by.whole])
        return self._along("vjp", name, self._question.shorten(pulled, self.wrt))

    def _direction(self, given: str, what: str) -> str:
        self._refuse_direction(what)
        if not isinstance(given, str) or not given.strip():
            raise OptionError(f"{what} takes the name of a direction, and not {given!r}")
        name = normalise_name(given)
        if name in self.where or name in self.definitions:
            raise OptionError(f"{name} is a symbol of the function", advice="Give the direction another name.")
        return name

    def _along(self, kind: str, name: str, expr: Expr) -> Derivative:
        return Derivative(
            self.function, self.wrt, expr, self.where, kind, self.order, "gradient", self.structure, self.notes,
            self.before, self.of, name, letter=self.letter,
        )  # fmt: skip

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

    def _entries(self) -> Entries | None:
        """The array by its entries, without a matrix that acts on a vec; None where there are none, or too many."""
        from matcalc.calculus.entries import linear_entries
        from matcalc.codegen.assembly import Entries

        if self.kind != "differential":
            return None
        moved, dx = self._moved
        if axes_of(moved.shape) + axes_of(dx.shape) != self.axes:
            return None
        letters = "ijkl"[: len(self.axes)]
        named = iter(letters)
        row, column, *at = [next(named) if d != 1 else "" for d in (*moved.shape, *dx.shape)]
        try:
            terms = linear_entries(moved, dx, row, column, (at[0], at[1]), most=_MOST_ENTRIES)
        except DerivativeError:
            return None
        return Entries(tuple(terms), letters, self.axes) if terms else None

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
        """The function for PyTorch, of named tensors; its backward pass is the closed form for every argument."""
        from matcalc.frameworks import as_torch

        return as_torch(self.function, self.where)

    def as_jax(self) -> Callable[..., object]:
        """The function for JAX, of named arrays; its backward pass is the closed form for every argument."""
        from matcalc.frameworks import as_jax

        return as_jax(self.function, self.where)

    def check(self, points: int = 3, seed: int = 0) -> Certificate:
        """A numeric certificate: the answer against difference quotients of what it is the derivative of."""
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
        asked = Asked(self.expr, self._symbols, self._by, self.kind, raw, self.structure, self.layout)
        return compare(claim, asked)


def check_choice(name: str, value: object, allowed: Sequence[object]) -> None:
    """Raise OptionError unless the value of an option is one of those allowed."""
    if value not in allowed:
        raise OptionError(f"{name}={value!r} does not exist", advice="one of " + ", ".join(map(repr, allowed)))


def remarks_on(d: Derivative) -> Iterator[str]:
    """What must be said of the layout and of a structured variable."""
    if d.layout == "numerator" and d.kind == "gradient" and not d.before:
        yield "numerator layout: the transpose of the gradient"
    if "e" in d.where and variable_of(d.wrt, d.where).is_part:
        written = symbols_of(d.expr)
        for s in written:
            if s in index_symbols(d.expr) and not any(t.data == "e" for t in written):
                yield f"e{place_text(str(s.data))} is the unit vector {s}, and no entry of e"
    variable = variable_of(d.wrt, d.where)
    x = str(variable.whole.data)
    facts = d.where[x].facts
    if "orthogonal" in facts:
        yield f"entry by entry, as if {x} were not orthogonal: orthogonal matrices form no linear subspace"
    space = subspace(facts)
    if space is None:
        return
    if d.kind != "gradient" or d.before:
        yield f"{x} stays {space}: d{x} is {space} as well, and the array is entry by entry"
    elif d.structure == "ignore":
        yield f"entry by entry, as if {x} were not {space}"
    elif d.structure == "cookbook" and space == "symmetric":
        yield f"{x} {space}, each free entry once: G + Gᵀ − I ⊙ G{' and of that the part' if variable.is_part else ''}"
    else:
        part = ", and of that the part is taken" if variable.is_part else ""
        yield f"{x} stays {space}: the gradient is projected onto that subspace{part}"
