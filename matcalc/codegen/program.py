"""Program: a straight line of assignments that computes some expressions, with shapes."""

from __future__ import annotations

from dataclasses import dataclass, field

from matcalc.algebra.shapes import Shape, dim_text
from matcalc.codegen.terms import Dims, Term

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

    def __str__(self) -> str:
        lines = ["inputs  " + ", ".join(f"{self.identifiers[n]}: {_axes(s)}" for n, s in self.inputs)]
        lines += [f"{a.name}: {_axes(a.term.dims)} = {self._text(a.term, a.name)}" for a in self.assignments]
        lines += [f"output  {name}: {_axes(t.dims)} = {self._text(t)}" for name, t in self.outputs]
        return "\n".join(lines)

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


def _axes(dims: Shape | Dims) -> str:
    return "×".join(dim_text(d) for d in dims if d != 1) or "scalar"
