"""The linear map of a derivative: of what and by what it is, and the forms that it is read in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from matcalc.algebra.build import inner, symbol
from matcalc.algebra.expr import Expr
from matcalc.algebra.shapes import SCALAR, Dim, Shape
from matcalc.calculus.answers import Question
from matcalc.calculus.conditions import conditions_of
from matcalc.calculus.definitions import values_of
from matcalc.calculus.forms import facts_of, recognised, shortener
from matcalc.calculus.linear import adjoints
from matcalc.calculus.readings import acted, axes_of, direction
from matcalc.calculus.structure import subspace
from matcalc.calculus.traces import as_traces
from matcalc.calculus.variables import Variable, variable_of
from matcalc.calculus.vectorised import vec_matrix
from matcalc.errors import DerivativeError, OptionError
from matcalc.notation.declarations import Declaration
from matcalc.notation.heads import head_text
from matcalc.notation.names import normalise_name
from matcalc.notation.text import to_text

if TYPE_CHECKING:
    from typing_extensions import Self

    from matcalc.calculus.factors import Factors
    from matcalc.calculus.indices import IndexForm
    from matcalc.codegen.assembly import Entries
    from matcalc.codegen.compressed import Compressed

__all__ = ["LinearMap"]


#: An array of more terms than this is made from the matrix of the linear map, which grows with its formula only.
_MOST_ENTRIES = 24


@dataclass(frozen=True)
class LinearMap:
    """The derivative of `function` by `wrt` as a linear map; the fields are those of Derivative."""

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
    read: tuple[Expr, ...] = field(default=(), hash=False, repr=False)

    # --- what it is ------------------------------------------------------------------------------

    @property
    def variable(self) -> Expr:
        """The variable of differentiation as an Expr: a symbol, or eᵢᵀA for a row of A.

        >>> from matcalc import derive
        >>> print(derive("‖A x − b‖²", "A").variable)
        A
        """
        return self._by.expr

    @property
    def _by(self) -> Variable:
        return variable_of(self.wrt, self.where)

    @property
    def _earlier(self) -> tuple[Variable, ...]:
        return tuple([variable_of(name, self.where) for name in self.before])

    @property
    def shape(self) -> tuple[Dim, ...]:
        """(rows, columns) in dimension names or integers; one entry an axis where there are more.

        >>> from matcalc import derive
        >>> derive("‖y − A x‖²", "x", layout="numerator").shape, derive("A X", "X").shape
        ((1, 'n'), ('m', 'p', 'n', 'p'))
        """
        return self.axes if len(self.axes) > 2 else self.expr.shape

    @property
    def axes(self) -> tuple[Dim, ...]:
        """The axes of the array that compile() returns: those of f, then those of wrt once for each order.

        A scalar has none, a vector or a row one, a matrix two.

        >>> from matcalc import derive
        >>> derive("‖y − A x‖²", "x").axes, derive("logdet X", "X", order=2).axes
        (('n',), ('n', 'n', 'n', 'n'))
        """
        variable = axes_of(self._by.shape)
        source = axes_of(self.function.shape)
        for name in self.before:
            source += axes_of(variable_of(name, self.where).shape)
        return source if self.kind == "jvp" else variable if self.kind == "vjp" else source + variable

    @property
    def shapes(self) -> dict[str, Shape]:
        """The shape of every symbol of the function, as (rows, columns).

        >>> from matcalc import derive
        >>> derive("‖y − A x‖²", "x").shapes
        {'y': ('m', 1), 'A': ('m', 'n'), 'x': ('n', 1)}
        """
        return {name: d.shape for name, d in self.where.items()}

    @property
    def conditions(self) -> tuple[str, ...]:
        """What must hold for the answer to exist, collected from the functions that f is made of.

        >>> from matcalc import derive
        >>> derive("xᵀX⁻¹x + ‖x − y‖", "x").conditions
        ('X invertible', 'x ≠ y')
        """
        return tuple(self._conditions())

    def _conditions(self) -> Iterator[str]:
        variables = {variable_of(name, self.where).whole for name in (*self.before, self.wrt)}
        return conditions_of(self.function, variables, facts_of(self.where), to_text, self.read)

    @property
    def _source(self) -> Expr:
        """What the linear map is the derivative of."""
        return recognised(self.function) if self.of is None else self.of

    @property
    def _mixed(self) -> bool:
        return any(name != self.wrt for name in self.before)

    def _head(self) -> str:
        return head_text(self.kind, (*self.before, self.wrt), self.along, self.letter)

    # --- readings of the linear map ----------------------------------------------------------------

    @property
    def _question(self) -> Question:
        return Question(self.function, self.where, self.layout, self.structure, values_of(self.definitions))

    @property
    def differential(self) -> Expr:
        """The linear map's action on dX: df for a function, d(∂f/∂X) at order 2, as an Expr linear in dX.

        It has the shape of what is differentiated (Magnus & Neudecker, 3rd ed., §5.4).

        >>> from matcalc import derive
        >>> print(derive("logdet X", "X").differential)
        tr(X⁻¹ dX)
        """
        if self.kind == "differential":
            return self.expr
        dx = direction(self._by.whole)
        return as_traces(self._act(self._by.part(dx)), self._source, (dx,))

    @property
    def bilinear(self) -> Expr:
        """d²f = ⟨dX, d∇f⟩ of a scalar function at order 2, a quadratic form in dX.

        Raises DerivativeError at another order, for what is no scalar, and by two variables.

        >>> from matcalc import derive
        >>> print(derive("logdet X", "X", order=2).bilinear)
        −tr(X⁻¹ dX X⁻¹ dX)
        """
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
        """M with vec(dF) = M vec(dX), vec stacking columns, where the derivative has more than two axes.

        Elsewhere it is the answer itself: the gradient of a scalar, which has the shape of the variable, the
        derivative of a matrix by a scalar, which has that of the matrix, and the Jacobian of vectors.
        (Magnus & Neudecker, 3rd ed., §5.15.) Raises DerivativeError where the map has no matrix in closed form.

        >>> from matcalc import derive
        >>> print(derive("A X B", "X").kronecker, "and", derive("t A", "t").kronecker)
        Bᵀ ⊗ A and A
        """
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
        """The entries of the derivative in index notation, with δ where two indices must be equal.

        Raises DerivativeError for a derivative in a direction, and where an entry has no closed form.

        >>> from matcalc import derive
        >>> print(derive("W x", "W").index)
        ∂fᵢ/∂Wⱼₖ = δᵢⱼ xₖ
        """
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

    @property
    def factors(self) -> Factors:
        """The chain rule for a program: each step's derivative in numerator layout, the last step first.

        Raises DerivativeError for what is no program, for order 2 and for a part of a variable.

        >>> from matcalc import derive
        >>> print(derive("z = W x + b; a = tanh(z); ½‖a‖²", "x").factors)
        ∂f/∂a = aᵀ          1×m
        ∂a/∂z = diag(𝟏 − tanh(z)²)          m×m
        ∂z/∂x = W          m×n
        """
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

    def jvp(self, v: str = "V") -> Self:
        """The linear map in a free direction of the variable's shape, without the matrix of it: a Derivative itself.

        It has the shape of the function; for order 2 it is the Hessian–vector product (Pearlmutter 1994).
        Raises OptionError where v names a symbol of the function.

        >>> from matcalc import derive
        >>> print(derive("logdet X", "X", order=2).jvp("V").expr)
        −X⁻ᵀ Vᵀ X⁻ᵀ
        """
        name = self._direction(v, "jvp")
        return self._along("jvp", name, self._act(symbol(name, self._by.shape)))

    def vjp(self, u: str = "U") -> Self:
        """The adjoint of the linear map applied to a free cotangent of the function's shape: a Derivative itself.

        It has the shape of the variable: ⟨U, dF⟩ = ⟨vjp, dX⟩. Raises OptionError where u names a symbol of
        the function.

        >>> from matcalc import derive
        >>> print(derive("A X B", "X").vjp("U").expr)
        Aᵀ U Bᵀ
        """
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

    def _along(self, kind: str, name: str, expr: Expr) -> Self:
        return replace(self, expr=expr, kind=kind, layout="gradient", along=name, definitions={}, named=None, last=None)
