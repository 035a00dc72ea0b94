"""What is known of the sizes in a tree while it is walked, and what it means that two of them disagree."""

from __future__ import annotations

from collections.abc import Mapping

from matcalc.notation.dimensions import Size, Sizes, Variable, find, multiply_sizes, size_text, unify
from matcalc.notation.tree import Node

__all__ = ["UNLIKELY", "Conflict", "Constraints", "symbols_below"]

#: What a reading costs that needs a scalar symbol spread over an array, or the sum of a scalar.
UNLIKELY = 1.5


class Conflict(Exception):
    """Sizes that cannot be equal: the nodes that disagree, and the symbols that could be read otherwise."""

    def __init__(self, message: str, nodes: tuple[Node, ...], names: set[str] | None) -> None:
        super().__init__(message)
        self.message = message
        self.nodes = nodes
        self.names = names


def symbols_below(*nodes: Node) -> set[str]:
    """The names of the symbols under the nodes."""
    found: set[str] = set()
    followed: set[Node] = set()
    stack = list(nodes)
    while stack:
        node = stack.pop()
        if node.kind == "symbol":
            found.add(node.data)
        elif node.kind == "reference" and node.data[1] not in followed:
            followed.add(node.data[1])
            stack.append(node.data[1])
        stack.extend(node.args)
    return found


class Constraints:
    """One walk over a tree with the sizes of its symbols given, some of them variables.

    at         the sizes of every node.
    leaves     the nodes that take their size from the context.
    lone       the symbols that occur once.
    unlikely   what speaks against the reading: a cost, and the symbols that it is about.
    ranges     how far every index runs.
    """

    def __init__(
        self,
        text: str,
        symbols: Mapping[str, Sizes],
        functions: Mapping[str, object],
        determinants: Mapping[Node, bool],
        lone: frozenset[str] = frozenset(),
    ) -> None:
        self._symbols: dict[Node, frozenset[str]] = {}
        self.text = text
        self.symbols = symbols
        self.functions = functions
        self.determinants = determinants
        self.lone = lone
        self.at: dict[Node, Sizes] = {}
        self.leaves: list[Node] = []
        self.ranges: dict[str, Size] = {}
        self.unlikely: list[tuple[float, set[str]]] = []
        self.products: list[tuple[Size, list[Size], Node]] = []

    def settle(self) -> None:
        """Use the products of dimensions as far as they are known."""
        waiting = self.products
        while waiting:
            left = []
            for product, factors, node in waiting:
                settled = multiply_sizes(product, factors)
                if settled is None:
                    left.append((product, factors, node))
                elif not settled:
                    raise Conflict("the dimensions of this product do not fit", (node,), None)
            if len(left) == len(waiting):
                return
            waiting = self.products = left

    # --- the vocabulary of the rules below ---

    def range_of(self, index: str) -> Size:
        """How far an index runs."""
        return self.ranges.setdefault(index, Variable())

    def is_scalar(self, node: Node) -> bool:
        """Whether the node is 1×1 as far as is known."""
        rows, columns = self.at[node]
        return find(rows) == 1 and find(columns) == 1

    def is_vector(self, node: Node) -> bool:
        """Whether the node is a row or a column."""
        rows, columns = self.at[node]
        return (find(rows) == 1) != (find(columns) == 1)

    def equal(self, a: Size, b: Size, *nodes: Node) -> None:
        """Make two sizes equal."""
        if not unify(a, b):
            a, b = find(a), find(b)
            local = a == 1 or b == 1
            raise Conflict(self.disagreement(nodes), nodes, symbols_below(*nodes) if local else None)

    def disagreement(self, nodes: tuple[Node, ...]) -> str:
        """Who disagrees, in words."""
        said = [f"{self.source(node)} is {self.shape_text(node)}" for node in nodes if node in self.at]
        return (
            " here, but ".join(said)
            if len(said) > 1
            else f"{said[0]} here, which does not fit"
            if said
            else "the shapes do not fit"
        )

    def source(self, node: Node) -> str:
        """What was written."""
        written = self.text[node.start : node.end]
        return written if len(written) <= 60 else written[:59] + "…"

    def shape_text(self, node: Node) -> str:
        """The shape of a node as far as is known."""
        rows, columns = map(find, self.at[node])
        if rows == 1 and columns == 1:
            return "a scalar"
        if isinstance(rows, Variable) and isinstance(columns, Variable):
            return "a matrix"
        if isinstance(rows, Variable) and columns == 1:
            return "a vector"
        if isinstance(columns, Variable) and rows == 1:
            return "a row"
        return f"{size_text(rows)}×{size_text(columns)}"

    def same(self, one: Node, other: Node) -> None:
        """Make two shapes equal."""
        for a, b in zip(self.at[one], self.at[other], strict=True):
            self.equal(a, b, one, other)

    def square(self, node: Node) -> None:
        """Make a matrix square."""
        rows, columns = self.at[node]
        if not unify(rows, columns):
            raise Conflict(
                f"{self.source(node)} is {self.shape_text(node)} here, and must be square", (node,), symbols_below(node)
            )

    def refuse(self, message: str, *nodes: Node) -> Conflict:
        """A reading that no shape can save."""
        return Conflict(message, nodes, symbols_below(*nodes))

    def stands_alone(self, node: Node) -> bool:
        """Whether the node is a symbol that occurs nowhere else, so that nothing but its letter says what it is."""
        return node.kind == "symbol" and node.data in self.lone

    def _below(self, node: Node) -> frozenset[str]:
        """The symbols under a node, from those under what was asked about before."""
        found: set[str] = set()
        stack = [node]
        while stack:
            part = stack.pop()
            if part in self._symbols:
                found |= self._symbols[part]
            elif part.kind in ("symbol", "reference"):
                found |= symbols_below(part)
            else:
                stack.extend(part.args)
        names = self._symbols[node] = frozenset(found)
        return names

    def doubt(self, *nodes: Node, by: float = UNLIKELY) -> None:
        """The reading is unlikely because of the symbols below."""
        names = set().union(*map(self._below, nodes))
        if names:
            self.unlikely.append((by, names))
