"""Program: a straight line of assignments that computes some expressions, with shapes."""

from __future__ import annotations

from dataclasses import dataclass, field

from matcalc.algebra.shapes import Shape, dim_text
from matcalc.codegen.costs import Count, add, cost_text, costs
from matcalc.codegen.terms import Dims, Term, postorder

__all__ = ["Assignment", "Program"]


@dataclass(frozen=True)
class Assignment:
    """A named term; what it reads is named above it, or written inside it."""

    name: str
    term: Term


@dataclass(frozen=True)
class Program:
    """What a printer prints.

    inputs: the symbols with their shapes, in the order of the arguments.
    identifiers: the Python identifier of each symbol.
    assignments: what is named, in an order in which it can be computed.
    outputs: the results, by name.
    """

    inputs: tuple[tuple[str, Shape], ...]
    identifiers: dict[str, str]
    assignments: tuple[Assignment, ...]
    outputs: tuple[tuple[str, Term], ...]
    names: dict[Term, str] = field(repr=False)

    @property
    def margins(self) -> list[Term]:
        """The arrays of which exponentials are shared by functions that are also one call each."""
        return [m for m in next(t for _, t in self.outputs).table.margins if m.rank]

    def users(self, term: Term) -> int:
        """How many terms have this one as an operand, and outputs that it is."""
        terms = postorder(t for _, t in self.outputs)
        return sum(a is term for t in terms for a in t.args) + sum(t is term for _, t in self.outputs)

    def __str__(self) -> str:
        lines = ["inputs  " + ", ".join(f"{self.identifiers[n]}: {_axes(s)}" for n, s in self.inputs)]
        rows = [(f"{a.name}: {_axes(a.term.dims)} = {self._text(a.term, a.name)}", a.term) for a in self.assignments]
        rows += [(f"output  {name}: {_axes(t.dims)} = {self._text(t)}", t) for name, t in self.outputs]
        width = min(max(len(text) for text, _ in rows), 80)
        total: tuple[Count, Count] = ({}, {})
        named = {a.term for a in self.assignments}
        for i, (text, term) in enumerate(rows):
            found = ({}, {}) if i >= len(named) and term in named else costs(term, named)
            for sums, count in zip(total, found, strict=True):
                add(sums, count)
            lines.append(f"{text:{width}}   {_cost(*found)}".rstrip())
        return "\n".join([*lines, f"{'all':{width}}   {_cost(*total)}"])

    def _text(self, term: Term, defining: str = "") -> str:
        name = self.names.get(term)
        if name is not None and name != defining:
            return name
        if term.op == "input":
            return self.identifiers[str(term.data)]
        if term.op in ("number", "constant"):
            return str(term.data)
        inside = [self._text(a) for a in term.args]
        if term.op in ("call", "function"):
            return f"{term.data}({', '.join(inside)})"
        if term.op in ("plus", "times", "scale"):
            data = term.data if isinstance(term.data, tuple) else (term.data,)
            return f"{term.op}({', '.join(f'{c} {a}' if c != 1 else a for c, a in zip(data, inside, strict=True))})"
        if term.data is not None and term.op != "size":
            inside.append(str(term.data))
        return f"{term.op}({', '.join(inside)})"


def _cost(flops: Count, moved: Count) -> str:
    return f"{cost_text(flops)} flops, {cost_text(moved)} bytes" if any(moved.values()) else ""


def _axes(dims: Shape | Dims) -> str:
    return "×".join(dim_text(d) for d in dims if d != 1) or "scalar"
