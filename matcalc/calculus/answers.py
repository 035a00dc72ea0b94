"""From a function and the names of variables to answers: orders, structure, layout and facts in one place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from matcalc.algebra.build import transpose
from matcalc.algebra.expr import Expr
from matcalc.algebra.shapes import SCALAR
from matcalc.algebra.simplify import Simplifier
from matcalc.calculus.conditions import Condition, impossible
from matcalc.calculus.definitions import Names
from matcalc.calculus.forms import in_order, recognised, recogniser, shortener
from matcalc.calculus.readings import Reading, read_maps
from matcalc.calculus.structure import check_structure, structured
from matcalc.calculus.variables import Variable, variable_of
from matcalc.errors import DerivativeError
from matcalc.notation.declarations import Declaration

__all__ = ["Answer", "Question"]

Simplify = Callable[[Expr], Expr]


@dataclass(frozen=True, slots=True)
class Answer:
    """expr is the derivative of `of`, in the reading that `kind` names.

    raw is expr before facts and layout act, and named is expr with the names of a program in it.
    """

    expr: Expr
    kind: str
    of: Expr
    raw: Expr
    named: Expr


@dataclass
class Question:
    """One function, and what is asked of all its derivatives.

    Facts about a variable act on the results alone, so each variable that has some gets a
    simplifier of its own for what happens before; all results share one.
    """

    function: Expr
    symbols: Mapping[str, Declaration]
    layout: str = "gradient"
    structure: str = "project"
    values: Mapping[str, Expr] = field(default_factory=dict)
    _finish: Simplifier = field(init=False)
    _source: Expr = field(init=False)
    _plain: dict[tuple[str, ...], Simplify] = field(init=False, default_factory=dict)
    _position: dict[str, int] = field(init=False)
    _ordered: dict[Expr, Expr] = field(init=False, default_factory=dict)
    with_names: Names = field(init=False)

    def __post_init__(self) -> None:
        self._finish = shortener(self.symbols)
        self._position = {name: i for i, name in enumerate(self.symbols)}
        recognise = recogniser(self._finish.facts)
        self._source = recognise(self.function)
        values = {name: recognise(value) for name, value in self.values.items()}
        self.with_names = Names(values, self._finish.facts.keys)
        self.with_names.add({name: self._finish(value) for name, value in values.items()})

    def variable(self, name: str) -> Variable:
        """The symbol of this name, or the part of one."""
        return variable_of(name, self.symbols)

    def impossible(self, variables: Iterable[Expr], read: Sequence[Expr]) -> tuple[Expr, Condition] | None:
        """A condition of the function that can never hold, and what asks for it; read: the parts of its text."""
        return impossible(self.function, variables, self._finish.facts, read, self._finish)

    def facts(self, name: str) -> frozenset[str]:
        """What is declared of the symbol that the variable is, or is a part of."""
        return self.symbols[str(self.variable(name).whole.data)].facts

    def before_facts(self, *names: str) -> Simplify:
        """A simplifier under all facts but those about these variables."""
        wholes = {str(self.variable(name).whole.data) for name in names}
        key = tuple(sorted([name for name in wholes if self.symbols[name].facts]))
        if key not in self._plain:
            self._plain[key] = shortener(self.symbols, key, factoring=False, like=self._finish.facts)
        return self._plain[key]

    def answers(self, names: Sequence[str], order: int = 1) -> dict[tuple[str, ...], Answer]:
        """The derivatives by every choice of `order` of the names, in the order of differentiation.

        What is differentiated once more must not know the facts about any of the names: as Sᵀ = S, the
        derivative of (S + Sᵀ) x by S would not be that of 2 S x entry by entry.
        """
        for name in names:
            check_structure(self.facts(name), self.structure)
        together = tuple(names) if order > 1 else ()
        found = self._next(self._source, (), names, together)
        for _ in range(order - 1):
            above = found
            found = {}
            for path, answer in above.items():
                self._check_higher(path, answer)
                plain = self.before_facts(*together)
                found.update(self._next(recognised(plain(answer.raw)), path, names, together))
        return found

    def _next(
        self, f: Expr, path: tuple[str, ...], names: Sequence[str], together: tuple[str, ...]
    ) -> dict[tuple[str, ...], Answer]:
        simplifiers = {self.variable(name): self.before_facts(*(together or (name,))) for name in names}
        readings = read_maps(f, simplifiers)
        found = {}
        for name, reading in zip(names, readings.values(), strict=True):
            answer = self._finished(reading.expr, reading, name, path)
            found[(*path, name)] = Answer(
                answer, reading.kind, f, reading.expr, self._with_names(answer, reading, name, path)
            )
        return found

    def _check_higher(self, path: tuple[str, ...], answer: Answer) -> None:
        """A further derivative is a matrix, or a linear map with an array of its own; nothing else is given."""
        if self.function.shape != SCALAR and any(self.variable(name).shape != SCALAR for name in path):
            raise DerivativeError(
                "derivatives of order 2 are given for scalar functions",
                advice="for a vector or a matrix, differentiate one entry or a product with a fixed direction",
            )
        if answer.kind == "differential":
            raise DerivativeError(
                f"the derivative by {', '.join(path)} has four axes and is given as a differential",
                advice='for a further derivative differentiate it in a fixed direction: derive(d.jvp("V").expr, …)',
            )

    def _finished(self, raw: Expr, reading: Reading, name: str, path: tuple[str, ...]) -> Expr:
        """The answer under all facts, with the structure of the variable and the layout that were asked for.

        raw: what was read, or that with names of the program in it.
        """
        answer = self._finish(raw)
        if reading.kind == "jacobian":
            answer = self._finish.symmetric_form(answer)
        elif reading.kind == "gradient" and not path:
            variable, facts = self.variable(name), self.facts(name)
            whole = self._finish(reading.whole) if variable.is_part and reading.whole is not None else answer
            projected = structured(whole, facts, self.structure, self._finish.facts.keys.is_symmetric)
            answer = answer if projected is whole else self._finish(variable.part(projected))
            if self.layout == "numerator":
                answer = self._finish(transpose(answer))
        return in_order(answer, self._position, self._ordered)

    def _with_names(self, answer: Expr, reading: Reading, name: str, path: tuple[str, ...]) -> Expr:
        """The answer with the names of the program: put in before it is brought to its form, or after."""
        if not self.with_names:
            return answer
        whole = reading.whole and self.with_names(reading.whole)
        named = Reading(self.with_names(reading.expr), reading.kind, whole)
        early = self._finished(named.expr, named, name, path)
        late = self.with_names(answer)
        return min((late, early), key=lambda e: (e is answer, self._finish.cost(e)))

    def shorten(self, e: Expr, name: str) -> Expr:
        """An expression in its shortest form: first without the facts about the variable, then with them."""
        return in_order(self._finish(self.before_facts(name)(e)), self._position, self._ordered)
