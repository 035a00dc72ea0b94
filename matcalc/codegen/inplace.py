"""Assignments that compute in the memory of a part: r = X w − y as r = X.dot(w), r −= y.

A new array of more than some pages costs as much as the arithmetic on it. A part that nothing else
sees gives its memory to the entrywise operations above it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction

from matcalc.algebra.operations import REGISTRY
from matcalc.codegen.identifiers import Names, identifier
from matcalc.codegen.numpy_text import CALLS, Writer
from matcalc.codegen.program import Program
from matcalc.codegen.schedule import uses
from matcalc.codegen.terms import Term, postorder

__all__ = ["Statements"]

#: Operations whose value is a new array of the term's dims.
_NEW = frozenset({"matmul", "outer", "cho_solve", "cho_inverse", "lu_solve", "plus", "times", "scale", "call"})
_ENTRYWISE = frozenset({"plus", "times", "scale", "call"})
_UFUNC = re.compile(r"np\.\w+\((\{0\}|\{0\}, \{1\})\)")


#: Operations that read an array and keep nothing of its memory.
_READ = frozenset({"matmul", "dot", "vdot", "plus", "times", "scale", "call", "sum", "max", "rowdot", "outer"})


class Statements:
    """The statements of a program: assignments, and results as soon as what they read is there."""

    def __init__(self, program: Program, writer: Writer) -> None:
        self.writer = writer
        self.given = Names([*program.identifiers.values(), *writer.names.values()])
        self.items = self._ordered(program)
        self.last: dict[Term, int] = {}
        self.here: Counter[Term] = Counter()
        self.at = 0
        #: Whether no matrix function stands in a term: remembered, since the layers of a network share what is below.
        self.real: dict[Term, bool] = {}
        for i, (_, term) in enumerate(self.items):
            for read in self._named(term):
                self.last[read] = i
        kept = {term for _, term in program.outputs}
        shown = _users(self.items)
        held = kept | set(writer.names)
        self.own = {t for t in writer.names if t.op in _NEW and t.rank and t not in kept and _only_read(t, shown, held)}

    def _ordered(self, program: Program) -> list[tuple[str, Term]]:
        """Assignments in their order, each followed by the results that can be computed then."""
        place = {a.term: i for i, a in enumerate(program.assignments)}
        waiting: dict[int, list[tuple[str, Term]]] = {}
        names = dict(self.writer.names)
        for name, term in program.outputs:
            if term not in names and term.op not in ("input", "number", "constant", "size"):
                ready = max([place[t] for t in self._named(term)], default=-1)
                names[term] = self.given.new(identifier(name))
                waiting.setdefault(ready, []).append((names[term], term))
        self.writer.names = names
        items = list(waiting.get(-1, []))
        for i, a in enumerate(program.assignments):
            items += [(a.name, a.term), *waiting.get(i, [])]
        return items

    def _named(self, term: Term) -> Counter[Term]:
        """The named terms that the text of a term shows, as often as it shows them."""
        out: Counter[Term] = Counter()
        stack = uses(term)
        while stack:
            t = stack.pop()
            if t in self.writer.names:
                out[t] += 1
            else:
                stack.extend(uses(t))
        return out

    def lines(self, plain: Callable[[str, Term], list[str] | None]) -> list[str]:
        """All statements; `plain` writes those that take several of their own."""
        out: list[str] = []
        for at, (name, term) in enumerate(self.items):
            self.at = at
            self.here = self._named(term)
            out += plain(name, term) or self.assign(name, term)
        return out

    def new(self, wanted: str) -> str:
        """A name that is free."""
        return self.given.new(wanted)

    def assign(self, name: str, term: Term) -> list[str]:
        """Statements after which the name has the value of the term."""
        step = self._in_place(name, term) if self._may(term) else None
        return step or [f"{name} = {self.writer.text(term, top=True)}"]

    def _taken(self, name: str, memory: Term) -> list[str]:
        """Statements after which the name has the memory of an operand that is not needed any more."""
        known = self.writer.names.get(memory)
        return self.assign(name, memory) if known is None else [f"{name} = {known}"]

    def _may(self, term: Term) -> bool:
        """Whether the value is real for certain: a matrix function may compute with complex numbers."""
        if term.rank == 0 or term.op not in _ENTRYWISE:
            return False
        real = self.real
        for t in postorder([term], known=real):
            real[t] = t.op != "function" and all(real[a] for a in t.args)
        return real[term]

    def _gives(self, operand: Term, term: Term) -> bool:
        """Whether the memory of an operand can hold the term: nobody else sees it, and it is of the size."""
        if operand.op not in _NEW or operand.dims != term.dims:
            return False
        if operand not in self.writer.names:
            return True
        return operand in self.own and self.here[operand] == 1 and self.last.get(operand) == self.at

    def _in_place(self, name: str, term: Term) -> list[str] | None:
        if term.op == "scale":
            return self._scaled(name, term)
        if term.op == "plus":
            return self._sum(name, term)
        if term.op == "times":
            return self._product(name, term)
        return self._call(name, term)

    def _scaled(self, name: str, term: Term) -> list[str] | None:
        (core,) = term.args
        if not self._gives(core, term) or core.op in ("times", "call"):
            return None
        if term.value == -1:
            if core.op == "plus":
                return None
            return [*self._taken(name, core), f"np.negative({name}, out={name})"]
        return [*self._taken(name, core), f"{name} *= {self.writer.number(term.value)}"]

    def _sum(self, name: str, term: Term) -> list[str] | None:
        pairs = term.summands
        at = next((i for i, (c, a) in enumerate(pairs) if c == 1 and self._gives(a, term)), None)
        if at is None:
            at = next((i for i, (c, a) in enumerate(pairs) if c == -1 and self._gives(a, term)), None)
        if at is None:
            return None
        coefficient, memory = pairs.pop(at)
        lines = self._taken(name, memory)
        if coefficient < 0:
            first = next((i for i, (c, _) in enumerate(pairs) if c == 1), None)
            if first is None:
                return None
            _, other = pairs.pop(first)
            lines.append(f"np.subtract({self.writer.text(other)}, {name}, out={name})")
        for c, a in pairs:
            lines += self._update(name, "+" if c > 0 else "-", abs(c), a)
        return lines

    def _update(self, name: str, sign: str, c: Fraction, operand: Term) -> list[str]:
        """The operand added or subtracted, or multiplied or divided by; in memory of its own if that saves some."""
        if c == 1 and self._may(operand) and operand not in self.writer.names:
            own = self.new("t" if operand.rank == 1 else "T")
            lines = self._in_place(own, operand)
            if lines is not None:
                return [*lines, f"{name} {sign}= {own}"]
        text = self.writer.text(operand) if c == 1 else self.writer.scaled(c, operand)
        return [f"{name} {sign}= {text}"]

    def _product(self, name: str, term: Term) -> list[str] | None:
        powers = term.powers
        at = next((i for k in (1, 2, -1) for i, (a, e) in enumerate(powers) if e == k and self._gives(a, term)), None)
        if at is None or any(e.denominator != 1 for _, e in powers):
            return None
        memory, exponent = powers.pop(at)
        lines = self._taken(name, memory)
        if exponent == 2:
            lines.append(f"{name} *= {name}")
        elif exponent == -1:
            above = next((i for i, (a, e) in enumerate(powers) if e == 1), None)
            text = "1" if above is None else self.writer.text(powers.pop(above)[0])
            lines.append(f"np.divide({text}, {name}, out={name})")
        for base, exponent in powers:
            if abs(exponent) == 1:
                lines += self._update(name, "*" if exponent > 0 else "/", Fraction(1), base)
            else:
                power = self.writer.power(base, abs(exponent))
                lines.append(f"{name} {'*' if exponent > 0 else '/'}= {power}")
        return lines

    def _call(self, name: str, term: Term) -> list[str] | None:
        if term.data not in REGISTRY.rows and term.data not in CALLS:
            return None
        template = CALLS.get(str(term.data)) or REGISTRY[str(term.data)].numpy
        if not _UFUNC.fullmatch(template) or not self._gives(term.args[0], term):
            return None
        given = ", ".join([name, *[self.writer.text(a) for a in term.args[1:]]])
        return [*self._taken(name, term.args[0]), f"{template.partition('(')[0]}({given}, out={name})"]


def _users(items: Iterable[tuple[str, Term]]) -> dict[Term, list[Term]]:
    """The terms that have each term as an operand."""
    out: dict[Term, list[Term]] = {}
    for t in postorder(term for _, term in items):
        for a in t.args:
            out.setdefault(a, []).append(t)
    return out


def _only_read(t: Term, users: Mapping[Term, list[Term]], kept: set[Term]) -> bool:
    """Whether no array that is kept shares the memory of t: views are made for a product and gone.

    A view that has a name is kept: it may be read after the memory has been given away.
    """
    for user in users.get(t, []):
        if user.op in ("transpose", "spread"):
            if user in kept or not _only_read(user, users, kept):
                return False
        elif user.op not in _READ:
            return False
    return True
