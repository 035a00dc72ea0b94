"""The tree of a text: nodes with their places, built while the grammar reduces.

A chain of one operator is one node with many operands, so that long sums and products stay
shallow; brackets leave no node, only a mark that the chain ends there. Forms that have two
readings are refused here, because only the tree shows them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from matcalc.errors import AmbiguityError, LimitError, MatcalcError
from matcalc.notation.lexer import Token

__all__ = ["Node", "TreeBuilder", "check_forms", "mark_determinants", "postorder", "settle_slashes"]

#: A chain of more Kronecker factors than this is refused: its dimensions grow with every factor.
_MAX_KRONECKER = 32


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
    over = _pair("over")
    over_negated = _pair("over", negated=True)
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

    def raised(self, children: Children) -> Node:
        """Aᵀ, X⁻¹, x²."""
        base, mark = children
        return Node("raised", [base], mark.value, base.start, mark.end)

    def bracket(self, children: Children) -> Node:
        """(a): the same node, closed to operators outside."""
        node: Node = children[1]
        node.bracketed = True
        node.start, node.end = children[0].start, children[2].end
        return node

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


def settle_slashes(root: Node) -> Node:
    """The tree with a tight slash at the end of a product below the whole product: A x/n is (A x)/n."""
    stack = [root]
    while stack:
        node = stack.pop()
        stack.extend(node.args)
        if node.kind == "juxtaposed" and _open(node.args[-1], "ratio"):
            ratio = node.args[-1]
            above = ratio.args[0]
            product = Node("juxtaposed", [*node.args[:-1], above], node.data, node.start, above.end)
            node.kind, node.args, node.data = "ratio", [product, *ratio.args[1:]], ratio.data
    return root


#: Through these a bar is still next to the log that it stands in.
_TRANSPARENT = frozenset({"juxtaposed", "times", "ratio", "over", "raised", "power"})


def mark_determinants(nodes: list[Node]) -> dict[Node, bool]:
    """The bars next to a log, which of a matrix mean its determinant; True where they are all that the log takes."""
    found: dict[Node, bool] = {}
    for log in nodes:
        if log.kind in ("call", "bare") and log.data in ("log", "ln"):
            stack = list(log.args)
            while stack:
                node = stack.pop()
                if node.kind == "bars":
                    found[node] = node is log.args[0]
                elif node.kind in _TRANSPARENT:
                    stack.extend(node.args)
    return found


# --- forms with two readings ---------------------------------------------------------------------


def check_forms(nodes: list[Node], text: str) -> None:
    """An error if a node has a form that is refused: a / b c, tr A B, A ⊗ B ⊙ C, x^y^z."""
    for node in nodes:
        check = _CHECKS.get(node.kind)
        if check is not None:
            error = check(node, text)
            if error is not None:
                raise error


def _open(node: Node, *kinds: str) -> bool:
    return node.kind in kinds and not node.bracketed


def _two_readings(message: str, node: Node, first: str, second: str) -> MatcalcError:
    return AmbiguityError(message, spans=(node.span,), advice=f"Write {first} or {second}.")


def _check_over(node: Node, text: str) -> MatcalcError | None:
    above, below = node.args
    if _open(below, "juxtaposed"):
        first, rest = below.args[0], text[below.args[1].start : below.end]
        a, b = text[above.start : above.end], text[first.start : first.end]
        return _two_readings("a product after a slash has two readings", node, f"({a} / {b}) {rest}", f"{a} / ({b} {rest})")
    return None


def _check_times(node: Node, text: str) -> MatcalcError | None:
    first = node.args[0]
    if _open(first, "over") and text[first.end : node.args[1].start].strip() not in ("*", "@"):
        above, below = (text[arg.start : arg.end] for arg in first.args)
        rest = text[node.args[1].start : node.end]
        return _two_readings("a product after a slash has two readings", node, f"({above} / {below}) {rest}", f"{above} / ({below} {rest})")
    return None


def _check_juxtaposed(node: Node, text: str) -> MatcalcError | None:
    for bare, after in zip(node.args, node.args[1:]):
        if _open(bare, "bare"):
            name, inside = text[bare.start : bare.args[0].start].strip(), text[bare.args[0].start : bare.end]
            rest = text[after.start : node.end]
            return _two_readings(
                f"{name} without brackets takes one factor at the end of a product", node, f"{name}({inside}) {rest}", f"{name}({inside} {rest})"
            )
    return None


def _check_ratio(node: Node, text: str) -> MatcalcError | None:
    first = node.args[0]
    if _open(first, "bare"):
        name, inside = text[first.start : first.args[0].start].strip(), text[first.args[0].start : first.end]
        rest = text[first.end : node.end].strip()
        return _two_readings(f"{name} without brackets takes one factor", node, f"{name}({inside}){rest}", f"{name}({inside}{rest})")
    return None


def _check_kronecker(node: Node, text: str) -> MatcalcError | None:
    if len(node.args) > _MAX_KRONECKER:
        return LimitError(f"more than {_MAX_KRONECKER} Kronecker factors are not read", spans=(node.span,))
    return _check_mixture(node, text, "entrywise")


def _check_entrywise(node: Node, text: str) -> MatcalcError | None:
    return _check_mixture(node, text, "kronecker")


def _check_mixture(node: Node, text: str, other: str) -> MatcalcError | None:
    first = node.args[0]
    if _open(first, other):
        last, after = first.args[-1], node.args[1]
        left, middle = text[first.start : first.end], text[last.end : after.start].strip()
        head, tail = text[first.start : last.start], text[last.start : after.end]
        return _two_readings("⊗ beside ⊙ or ⊘ has two readings", node, f"({left}) {middle} {text[after.start : after.end]}", f"{head}({tail})")
    return None


def _check_power(node: Node, text: str) -> MatcalcError | None:
    base, exponent = node.args
    if _open(base, "power", "entrywise_power"):
        x, p, q = (text[n.start : n.end] for n in (*base.args, exponent))
        return _two_readings("a power of a power needs brackets", node, f"({x}^{p})^{q}", f"{x}^({p}^{q})")
    return None


def _check_raised(node: Node, text: str) -> MatcalcError | None:
    base = node.args[0]
    if _open(base, "power", "entrywise_power") and node.data not in ("T", "-T") and base.args[1].kind != "number":
        x, p = (text[n.start : n.end] for n in base.args)
        mark = text[base.end : node.end]
        return _two_readings("a power of a power needs brackets", node, f"({x}^{p}){mark}", f"{x}^({p}{mark})")
    return None


_CHECKS: dict[str, Callable[[Node, str], MatcalcError | None]] = {
    "over": _check_over,
    "times": _check_times,
    "juxtaposed": _check_juxtaposed,
    "ratio": _check_ratio,
    "kronecker": _check_kronecker,
    "entrywise": _check_entrywise,
    "power": _check_power,
    "entrywise_power": _check_power,
    "raised": _check_raised,
}
