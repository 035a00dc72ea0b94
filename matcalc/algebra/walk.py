"""Values of nodes from the values of what they need: a loop, since expressions may be deep."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

__all__ = ["computed"]

Node = TypeVar("Node", bound=Hashable)
Value = TypeVar("Value")


def computed(
    root: Node, known: dict[Node, Value], needs: Callable[[Node], Iterable[Node]], value: Callable[[Node], Value]
) -> Value:
    """known[root]; `value` is asked of a node once, when all that it needs is known.

    >>> known = {0: 1}
    >>> computed(5, known, lambda n: [n - 1], lambda n: n * known[n - 1])
    120
    """
    stack = [root]
    while stack:
        node = stack[-1]
        if node in known:
            stack.pop()
            continue
        todo = [other for other in needs(node) if other not in known]
        if todo:
            stack.extend(reversed(todo))
        else:
            known[node] = value(node)
            stack.pop()
    return known[root]
