"""What is known while a tree becomes an expression, and the errors about two places that disagree."""

from __future__ import annotations

from collections.abc import Mapping

from matcalc.algebra.expr import Expr
from matcalc.algebra.shapes import Shape
from matcalc.errors import ShapeError
from matcalc.notation.declarations import shape_text
from matcalc.notation.tree import Node

__all__ = ["Elaboration", "transposed", "unequal"]


class Elaboration:
    """What the walk knows: the text, the symbols, the sizes of I, 𝟏 and 𝟎, and the values so far."""

    __slots__ = ("at", "determinants", "functions", "guessed", "shapes", "symbols", "text")

    def __init__(
        self,
        text: str,
        symbols: Mapping[str, Shape],
        shapes: Mapping[Node, Shape],
        functions: Mapping[str, object],
        determinants: Mapping[Node, bool],
        guessed: frozenset[str] = frozenset(),
    ) -> None:
        self.text = text
        self.symbols = symbols
        self.shapes = shapes
        self.functions = functions
        self.guessed = guessed
        self.determinants = determinants
        self.at: dict[Node, Expr] = {}

    def source(self, node: Node) -> str:
        """What was written."""
        written = self.text[node.start : node.end]
        return written if len(written) <= 60 else written[:59] + "…"

    def operands(self, node: Node) -> list[Expr]:
        """The values of the operands."""
        at = self.at
        return [at[arg] for arg in node.args]

    def mismatch(self, message: str, *nodes: Node, advice: str = "") -> ShapeError:
        """A shape error that marks the nodes."""
        return ShapeError(message, spans=tuple(node.span for node in nodes), advice=advice)


def unequal(one: Node, shape: Shape, other: Node, its: Shape, context: Elaboration) -> ShapeError:
    """The error that two nodes have different shapes."""
    advice = ""
    if (its[1], its[0]) == shape:
        advice = f"A transpose makes them fit: {transposed(other, context)}."
    return context.mismatch(
        f"{context.source(one)} is {shape_text(shape)} here, but {context.source(other)} is {shape_text(its)}",
        one,
        other,
        advice=advice,
    )


def transposed(node: Node, context: Elaboration) -> str:
    """What one writes for the transpose of a node."""
    if node.kind == "raised" and node.data == "T":
        return context.source(node.args[0])
    source = context.source(node)
    return f"{source}ᵀ" if node.bracketed or not node.args or node.kind == "call" else f"({source})ᵀ"
