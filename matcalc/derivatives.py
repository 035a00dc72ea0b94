"""Derivatives: the derivatives of one function by several variables, from one sweep, as one answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from matcalc.algebra.expr import Expr, postorder
from matcalc.algebra.shapes import Dim
from matcalc.calculus.answers import Answer, Question
from matcalc.calculus.conditions import conditions_of
from matcalc.calculus.definitions import needed, values_of
from matcalc.calculus.forms import facts_of, recognised
from matcalc.calculus.variables import variable_of
from matcalc.codegen.coded import Coded
from matcalc.derivative import Derivative
from matcalc.errors import DerivativeError, MatcalcError, check_choice
from matcalc.notation.declarations import Declaration
from matcalc.notation.heads import head_text, variable_latex
from matcalc.notation.latex import to_latex
from matcalc.notation.named_parts import NamedPart, meanings, named_parts, parts_latex
from matcalc.notation.page import Formulas, page
from matcalc.notation.parts import variable_name
from matcalc.notation.read import Reading
from matcalc.notation.text import to_text
from matcalc.remarks import remarks_on
from matcalc.rulebook.unknown import UNKNOWN

if TYPE_CHECKING:
    from matcalc.codegen.assembly import Entries
    from matcalc.codegen.columns import Closed, Columns, Moving
    from matcalc.derivation import Steps
    from matcalc.training import UpdateRule

__all__ = ["Derivatives", "letter_of", "make_derivative"]

Key = str | tuple[str, ...]


def letter_of(reading: Reading) -> str:
    """What the function is called: its name in a program, else the first usual letter that is not in use."""
    nodes = [node for node in postorder(reading.expr) if node.op is UNKNOWN and isinstance(node.data, tuple)]
    unknown = {str(node.data[0]) for node in nodes if isinstance(node.data, tuple)}
    taken = {*reading.symbols, *reading.definitions, *unknown}
    return reading.name or next((letter for letter in ("f", "L", "J", "ℓ", "F") if letter not in taken), "f")


def make_derivative(
    reading: Reading, question: Question, path: tuple[str, ...], answer: Answer, letter: str = ""
) -> Derivative:
    """The Derivative for one answer to a question; letter: what the function is called, where that is known."""
    return Derivative(
        reading.expr, path[-1], answer.expr, reading.symbols, answer.kind, len(path), question.layout,
        question.structure, reading.notes, path[:-1], answer.of, "", reading.definitions, answer.named,
        reading.last, letter or letter_of(reading), tuple(reading.places),
    )  # fmt: skip


class Derivatives(Coded, Mapping[Key, Derivative]):
    """The derivatives of `function` by the names in `wrt`: a mapping by name, for order 2 by pairs of names.

    They share one where-list in str(), one program in code() and compile(), and one sweep.

    >>> from matcalc import derive
    >>> d = derive("‖y − A x‖²", ["x", "y"])
    >>> print(d["x"].expr, "and", d["y"].expr)
    2 Aᵀ(A x − y) and 2 (y − A x)
    """

    def __init__(
        self, reading: Reading, question: Question, wrt: Sequence[str], answers: Mapping[tuple[str, ...], Answer]
    ) -> None:
        self.function: Expr = reading.expr
        self.where: Mapping[str, Declaration] = reading.symbols
        self.definitions: Mapping[str, Expr] = reading.definitions
        self.wrt = tuple(wrt)
        self.order = len(next(iter(answers)))
        self._notes = reading.notes
        self._read = tuple(reading.places)
        self._letter = letter_of(reading)
        self._items = {
            path: make_derivative(reading, question, path, answer, self._letter) for path, answer in answers.items()
        }

    # --- the mapping -------------------------------------------------------------------------------

    def __getitem__(self, key: Key) -> Derivative:
        names = (key,) if isinstance(key, str) else tuple(key)
        path = tuple([variable_name(name, self.where) for name in names])
        if path in self._items:
            return self._items[path]
        raise KeyError(key)

    def __iter__(self) -> Iterator[Key]:
        return iter([path[0] if self.order == 1 else path for path in self._items])

    def __len__(self) -> int:
        return len(self._items)

    @property
    def conditions(self) -> tuple[str, ...]:
        """What must hold for the answers to exist.

        >>> from matcalc import derive
        >>> derive("xᵀX⁻¹x", ["x", "X"]).conditions
        ('X invertible',)
        """
        return tuple(self._conditions())

    def _conditions(self) -> Iterator[str]:
        variables = {variable_of(name, self.where).whole for name in self.wrt}
        return conditions_of(self.function, variables, facts_of(self.where), to_text, self._read)

    @cached_property
    def steps(self) -> Steps:
        """The derivation of all answers at once: df = G : dW + g : dx.

        Raises DerivativeError where there is none: of order 2, and of what is no scalar.

        >>> from matcalc import derive
        >>> print(derive("xᵀA y", ["x", "y"]).steps)
        f = xᵀA y
        df = dxᵀA y + xᵀA dy = (A y) : dx + (Aᵀ x) : dy    product rule; Frobenius product
        ∂f/∂x = A y                                        what stands before dx
        ∂f/∂y = Aᵀ x                                       what stands before dy
        """
        from matcalc.derivation import Task, derivation

        first = next(iter(self._items.values()))
        wholes = [d._by.whole for d in self._items.values()]
        if len(set(wholes)) < len(wholes):
            raise DerivativeError(
                "the derivation by several parts of one array at once is not written",
                advice="each derivative has its own: d[name].steps",
            )
        if self.order != 1 or first.kind != "gradient":
            raise DerivativeError(
                "the derivation by several variables at once is that of the gradients of a scalar function",
                advice="each derivative has its own: d[name].steps",
            )
        answers = {path[0]: d.expr for path, d in self._items.items()}
        return derivation(
            Task(
                self.function, answers, self.where, layout=first.layout, structure=first.structure,
                letter=self._letter, names=values_of(self.definitions),
            )
        )  # fmt: skip

    def explain(self, format: str = "text", detail: str = "brief") -> str:
        """The derivation as text or Markdown; with detail="full" every operation has lines of its own."""
        return self.steps.explain(format, detail)

    # --- how they are shown ------------------------------------------------------------------------

    def __str__(self) -> str:
        full: list[tuple[str, Expr]] = []
        named: list[tuple[str, Expr]] = []
        for path, d in self._items.items():
            head = head_text(d.kind, path, letter=self._letter)
            if d.kind == "differential" and len(self._items) > 1:
                head = f"{head} by {path[-1]}"
            full.append((head, d.expr))
            named.append((head, d.expr if d.named is None else d.named))
        candidates: list[Formulas] = [(full, {})]
        if self.definitions:
            candidates.append((named, needed([e for _, e in named], self.definitions)))
        return page(candidates, self.where, self._conditions(), self._remarks())

    def __repr__(self) -> str:
        return f"<derivatives by {', '.join(self.wrt)}>"

    def latex(
        self, kind: str = "answer", *, bold: bool = False, transpose: str = r"\top", style: str = "fraction"
    ) -> str:
        """The answers in LaTeX, one a line, or the derivation of all of them; options as for a Derivative.

        >>> from matcalc import derive
        >>> print(derive("xᵀy", ["x", "y"]).latex())
        \\begin{aligned}
        \\frac{\\partial f}{\\partial x} &= y \\\\
        \\frac{\\partial f}{\\partial y} &= x
        \\end{aligned}
        """
        check_choice("kind", kind, ("answer", "derivation"))
        if kind == "derivation":
            from matcalc.derivation.forms import Style

            return self.steps.latex(Style(latex=True, bold=bold, transpose=transpose), style == "fraction")
        roots, parts = self._lettered
        heads = [self._latex_head(path, d, bold, style) for path, d in self._items.items()]
        lines = [f"{h} &= {to_latex(e, bold=bold, transpose=transpose)}" for h, e in zip(heads, roots, strict=True)]
        lines[-1] += parts_latex(parts, {"bold": bold, "transpose": transpose})
        return "\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}"

    def _latex_head(self, path: tuple[str, ...], d: Derivative, bold: bool, style: str) -> str:
        """The head of one answer; of several differentials each says in which variable: d_X f."""
        head = d._latex_head(bold, style)
        if d.kind != "differential" or len(self._items) == 1:
            return head
        return head.replace(r"\mathrm{d}", rf"\mathrm{{d}}_{{{variable_latex(path[-1])}}} ", 1)

    @property
    def _lettered(self) -> tuple[tuple[Expr, ...], list[NamedPart]]:
        """The answers with letters for their named parts, and these."""
        return named_parts([d.expr for d in self._items.values()], {*self.where, *self.definitions})

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        from matcalc.derivation.html import html_page

        try:
            code = self.code()
        except MatcalcError:  # the answers are shown without what cannot be had
            code = ""
        try:
            steps = self.steps
        except MatcalcError:
            steps = None
        remarks = (*meanings(self._lettered[1]), *self._remarks())
        return {
            "text/plain": str(self),
            "text/latex": f"$\\displaystyle {self.latex()}$",
            "text/html": html_page(self.latex(), self.where, self.conditions, remarks, steps, code),
        }

    def _remarks(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys([*self._notes, *[r for d in self._items.values() for r in remarks_on(d)]]))

    # --- code --------------------------------------------------------------------------------------

    def update_rule(self, step: str = "η") -> UpdateRule:
        """Gradient descent in all variables at once, each gradient taken before any of them moves.

        Raises DerivativeError for what are no gradients of a scalar function.

        >>> from matcalc import derive
        >>> print(derive("½ ‖y − A x‖²", ["x", "y"]).update_rule())
        x ← x − η Aᵀ(A x − y)
        y ← y − η (y − A x)
        """
        from matcalc.training import update_rule

        found = {str(key): d for key, d in self.items()}
        if any(d.kind not in ("gradient", "derivative") or d.order != 1 for d in found.values()):
            raise DerivativeError("gradient descent needs the gradients of a scalar function")
        first = next(iter(found.values()))
        gradients, named = {n: d.expr for n, d in found.items()}, {n: d.named for n, d in found.items()}
        return update_rule(recognised(first.function), gradients, first.where, step, named, first.definitions)

    @property
    def _symbols(self) -> Mapping[str, Declaration]:
        return self.where

    @property
    def _variables(self) -> tuple[str, ...]:
        return tuple(self.wrt) if self.order == 1 else ()

    def _columns(self, what: Sequence[str]) -> Columns:
        from matcalc.codegen.columns import Closed, compile_columns

        outputs: dict[str, Closed | Moving] = {}
        for name in what:
            if name == "value":
                outputs[name] = Closed(recognised(self.function))
            else:
                outputs.update({"_".join(("derivative", *path)): d._column() for path, d in self._items.items()})
        return compile_columns(outputs, self.where, str(self))

    @property
    def _ranges(self) -> tuple[tuple[str, Dim], ...]:
        if not any("index" in said.facts for said in self.where.values()):
            return ()
        return tuple(dict.fromkeys([pair for d in self._items.values() for pair in d._ranges]))

    def _outputs(self, what: Sequence[str]) -> tuple[dict[str, Expr | Entries], dict[str, tuple[Dim, ...]]] | None:
        if "derivative" in what and not all(d._has_matrix() for d in self._items.values()):
            return None
        outputs: dict[str, Expr | Entries] = {}
        axes: dict[str, tuple[Dim, ...]] = {}
        for name in what:
            if name == "value":
                outputs["value"] = recognised(self.function)
            else:
                for path, d in self._items.items():
                    key = "_".join(("derivative", *path))
                    outputs[key] = d._entries() or d.kronecker
                    if d.kind == "differential":
                        axes[key] = d.axes
        return outputs, axes
