"""Program: a straight line of assignments that computes some expressions, with shapes."""

from __future__ import annotations

from dataclasses import dataclass, field

from matcalc.algebra.shapes import Dim, Shape, dim_text
from matcalc.codegen.costs import Count, add, cost_text, costs
from matcalc.codegen.numpy_text import Writer
from matcalc.codegen.terms import Dims, Term, postorder

__all__ = ["Assignment", "Program"]

_NOTHING: tuple[Count, Count] = ({}, {})
#: Longer lines push their costs to the right.
_WIDTH = 80


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
    ranges: the indices among the symbols, with the axes on which they stand in what was asked for.
    """

    inputs: tuple[tuple[str, Shape], ...]
    identifiers: dict[str, str]
    assignments: tuple[Assignment, ...]
    outputs: tuple[tuple[str, Term], ...]
    names: dict[Term, str] = field(repr=False)
    ranges: tuple[tuple[str, Dim], ...] = ()

    @property
    def margins(self) -> list[Term]:
        """The arrays of which exponentials are shared by functions that are also one call each."""
        return [m for m in next(t for _, t in self.outputs).table.margins if m.rank]

    def users(self, term: Term) -> int:
        """How many terms have this one as an operand, and outputs that it is."""
        terms = postorder(t for _, t in self.outputs)
        return sum(a is term for t in terms for a in t.args) + sum(t is term for _, t in self.outputs)

    def __str__(self) -> str:
        """Inputs, assignments and outputs, each with its floating-point operations and the bytes that it moves."""
        lines = ["inputs  " + ", ".join(f"{self.identifiers[n]}: {_axes(s)}" for n, s in self.inputs)]
        writer = Writer(self)
        named = {a.term: a.name for a in self.assignments}
        results = {t for _, t in self.outputs}
        rows = [(f"{'output  ' * (t in results)}{name}", t, _text(writer, t, True)) for t, name in named.items()]
        for name, t in self.outputs:
            if named.get(t) != name:
                rows.append((f"output  {name}", t, named.get(t) or _text(writer, t, True)))
        lines_of = [(f"{name}: {_axes(t.dims)} = {text}", costs(t, named) if text != named.get(t) else _NOTHING)
                    for name, t, text in rows]  # fmt: skip
        width = min(max(len(text) for text, _ in lines_of), _WIDTH)
        total: tuple[Count, Count] = ({}, {})
        for text, found in lines_of:
            for sums, count in zip(total, found, strict=True):
                add(sums, count)
            lines.append(f"{text:{width}}   {_cost(*found)}".rstrip())
        return "\n".join([*lines, f"{'all':{width}}   {_cost(*total)}".rstrip()])


def _text(writer: Writer, term: Term, top: bool = False) -> str:
    """A term as in the code, without the name of the library; an array in blocks as what stands where."""
    if term.op == "assembled":
        assert isinstance(term.data, tuple)
        views = [str(view).partition("->")[0] for view in term.data]
        blocks = [f"{v}: {_text(writer, t)}" for v, t in zip(views, term.args[term.rank :], strict=True)]
        return f"blocks({', '.join(blocks)})"
    if term.op == "blocks4":
        return f"blocks({'ijil' if term.axis == 0 else 'ijkj'}: {_text(writer, term.args[0])})"
    return writer.text(term, top=top).replace("np.", "")


def _cost(flops: Count, moved: Count) -> str:
    return f"{cost_text(flops)} flops, {cost_text(moved)} bytes" if any(moved.values()) else ""


def _axes(dims: Shape | Dims) -> str:
    return "×".join(dim_text(d) for d in dims if d != 1) or "scalar"
