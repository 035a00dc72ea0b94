"""The tree of a text: nodes with their places, built while the grammar reduces.

A chain of one operator is one node with many operands, so that long sums and products stay
shallow; brackets leave no node, only a mark that the chain ends there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["Node", "TreeBuilder", "postorder"]


class Node:
    """A place in the tree: the kind of node, its operands, a payload, and where it stands.

    kind       the name that the grammar gives, such as "juxtaposed".
    data       what else the node says: a name, a number, the signs of a sum.
    bracketed  whether it was written in brackets.
    """

    __slots__ = ("args", "bracketed", "data", "end", "kind", "start")
    kind: str
    args: list[Node]
    data: Any
    start: int
    end: int
    bracketed: bool

    def __init__(self, kind: str, args: list[Node], data: object, start: int, end: int) -> None:
        self.kind, self.args, self.data, self.start, self.end = kind, args, data, start, end
        self.bracketed = False

    def __repr__(self) -> str:
        return f"{self.kind}@{self.start}:{self.end}"

    @property
    def span(self) -> tuple[int, int]:
        """Where the node stands in the text."""
        return self.start, self.end


Children = list[Any]  # nodes and tokens, in the order of a grammar rule


def _leaf(kind: str) -> Callable[[object, Children], Node]:
    def build(self: object, children: Children) -> Node:
        token = children[0]
        return Node(kind, [], token.value, token.start, token.end)

    return build


def _chain(kind: str, mark: object, negated: bool = False) -> Callable[[object, Children], Node]:
    """A reduction `chain OP operand`: the chain grows by an operand, and `mark` says with what operator."""

    def build(self: object, children: Children) -> Node:
        left: Node = children[0]
        right: Node = children[-1]
        if negated:
            right = Node("negated", [right], None, children[-2].start, right.end)
        if left.kind == kind and not left.bracketed:
            left.args.append(right)
            left.data.append(mark)
            left.end = right.end
            return left
        return Node(kind, [left, right], [None, mark], left.start, right.end)

    return build


def _pair(kind: str, negated: bool = False) -> Callable[[object, Children], Node]:
    """A reduction `a OP b` to a node of its own."""

    def build(self: object, children: Children) -> Node:
        left: Node = children[0]
        right: Node = children[-1]
        if negated:
            right = Node("negated", [right], None, children[-2].start, right.end)
        return Node(kind, [left, right], children[1].value, left.start, right.end)

    return build


def _between(kind: str) -> Callable[[object, Children], Node]:
    """A reduction `OPEN a CLOSE`, with what the closing fence says."""

    def build(self: object, children: Children) -> Node:
        return Node(kind, [children[1]], children[2].value, children[0].start, children[2].end)

    return build


class TreeBuilder:
    """What each reduction of the grammar makes; its methods bear the names of the grammar."""

    number = _leaf("number")
    symbol = _leaf("symbol")
    constant = _leaf("constant")
    euler = _leaf("euler")
    dimension = _leaf("dimension")
    ones = _leaf("ones")
    zeros = _leaf("zeros")
    identity = _leaf("identity")
    index = _leaf("index")
    delta = _leaf("delta")
    norm = _between("norm")
    bars = _between("bars")
    plus = _chain("sum", "+")
    plus_negated = _chain("sum", "+", negated=True)
    minus = _chain("sum", "-")
    times = _chain("times", "*")
    times_negated = _chain("times", "*", negated=True)
    ratio = _chain("ratio", "/")
    hadamard = _chain("entrywise", "⊙")
    hadamard_negated = _chain("entrywise", "⊙", negated=True)
    quotient = _chain("entrywise", "⊘")
    quotient_negated = _chain("entrywise", "⊘", negated=True)
    kronecker = _chain("kronecker", "⊗")
    kronecker_negated = _chain("kronecker", "⊗", negated=True)
    over = _chain("over", "/")
    over_negated = _chain("over", "/", negated=True)
    frobenius = _pair("frobenius")
    frobenius_negated = _pair("frobenius", negated=True)
    to_the_power = _pair("power")
    entrywise_power = _pair("entrywise_power")
    juxtaposed = _chain("juxtaposed", " ")

    def start(self, children: Children) -> Node:
        """The whole text."""
        root: Node = children[0]
        return root

    def negated(self, children: Children) -> Node:
        """−a."""
        return Node("negated", [children[1]], None, children[0].start, children[1].end)

    def positive(self, children: Children) -> Node:
        """+a."""
        node: Node = children[1]
        return node

    def raised(self, children: Children) -> Node:
        """Aᵀ, X⁻¹, x², A⁺."""
        base, mark = children
        if mark.value == "+":
            return Node("call", [base], "pinv", base.start, mark.end)
        return Node("raised", [base], mark.value, base.start, mark.end)

    def entry(self, children: Children) -> Node:
        """Aᵢⱼ."""
        base, mark = children
        return Node("entry", [base], mark.value, base.start, mark.end)

    def summed(self, children: Children) -> Node:
        """∑ᵢ over the product that follows."""
        sign, body = children
        return Node("summed", [body], sign.value, sign.start, body.end)

    def bracket(self, children: Children) -> Node:
        """(a): the same node, closed to operators outside."""
        node: Node = children[1]
        node.bracketed = True
        node.start, node.end = children[0].start, children[2].end
        return node

    def cells(self, children: Children) -> list[Node]:
        """The entries of one row of a matrix that is written out."""
        return [children[0]] if len(children) == 1 else [*children[0], children[2]]

    def rows(self, children: Children) -> list[list[Node]]:
        """The rows of a matrix that is written out."""
        return [children[0]] if len(children) == 1 else [*children[0], children[2]]

    def stacked(self, children: Children) -> Node:
        """[a; b], or [a], which is a bracket."""
        rows: list[list[Node]] = children[1]
        if len(rows) == len(rows[0]) == 1:
            return self.bracket([children[0], rows[0][0], children[2]])
        entries = [entry for row in rows for entry in row]
        return Node("stacked", entries, [len(row) for row in rows], children[0].start, children[2].end)

    def bare(self, children: Children) -> Node:
        """A function applied without brackets: tr A."""
        name, operand = children
        return Node("bare", [operand], name.value, name.start, operand.end)

    def arguments(self, children: Children) -> Node:
        """The operands of a call."""
        if len(children) == 1:
            return Node("arguments", [children[0]], None, 0, 0)
        found: Node = children[0]
        found.args.append(children[2])
        return found

    def call(self, children: Children) -> Node:
        """A function applied in brackets: tr(A)."""
        name, _, operands, close = children
        return Node("call", operands.args, name.value, name.start, close.end)

    def angle(self, children: Children) -> Node:
        """⟨A, B⟩."""
        return Node("frobenius", [children[1], children[3]], ":", children[0].start, children[4].end)

    def indicator(self, children: Children) -> Node:
        """𝟙[u > v]."""
        return Node("indicator", [children[2], children[4]], None, children[0].start, children[5].end)

    def indicator_below(self, children: Children) -> Node:
        """𝟙[u < v]."""
        return Node("indicator", [children[4], children[2]], None, children[0].start, children[5].end)


def postorder(root: Node) -> list[Node]:
    """The nodes, operands first, from left to right."""
    out: list[Node] = []
    stack = [root]
    while stack:
        node = stack.pop()
        out.append(node)
        if node.args:
            stack.extend(node.args)
    out.reverse()
    return out
