"""Expr: the one node class. Immutable and interned, so equality is identity and sharing is free.

No node is ever built by calling the class: `make` interns, and the constructors of
matcalc.algebra.build normalise. A memo over expressions is a dict keyed by node. The walks in
this module are loops, so that depth is bounded by memory and not by the recursion limit.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Container, Hashable, Iterable, Iterator
from typing import ClassVar

from matcalc.algebra.operations import REGISTRY, Operation
from matcalc.algebra.shapes import SCALAR, Shape
from matcalc.algebra.walk import computed

__all__ = ["Expr", "edge_order", "make", "postorder", "preorder", "rebuild", "symbols_of"]


class Expr:
    """A matrix expression: an operation, its operands, a payload and a shape.

    Two expressions that are written the same way are the same object.
    """

    __slots__ = ("__weakref__", "args", "data", "op", "shape")

    op: Operation
    args: tuple[Expr, ...]
    data: Hashable
    shape: Shape

    #: How str() and LaTeX are made; the notation package sets them.
    to_text: ClassVar[Callable[[Expr], str]]
    to_latex: ClassVar[Callable[[Expr], str]]
    #: How the operators of Python are read; None where an operand is neither an expression nor a number.
    combine: ClassVar[Callable[[str, object, object], Expr | None]]
    #: The expression in SymPy.
    sympy_form: ClassVar[Callable[[Expr], object]]
    #: The expression that a SymPy expression says.
    from_sympy_form: ClassVar[Callable[[object], Expr]]
    #: NumPy leaves operators with arrays to the expression, which refuses them.
    __array_ufunc__: ClassVar[None] = None

    @property
    def is_scalar(self) -> bool:
        """Whether the value is a single number."""
        return self.shape == SCALAR

    @property
    def T(self) -> Expr:
        """The transpose."""
        return _or_not(type(self).combine("T", self, self))

    def __add__(self, other: object) -> Expr:
        return _or_not(type(self).combine("+", self, other))

    def __radd__(self, other: object) -> Expr:
        return _or_not(type(self).combine("+", other, self))

    def __sub__(self, other: object) -> Expr:
        return _or_not(type(self).combine("-", self, other))

    def __rsub__(self, other: object) -> Expr:
        return _or_not(type(self).combine("-", other, self))

    def __mul__(self, other: object) -> Expr:
        return _or_not(type(self).combine("*", self, other))

    def __rmul__(self, other: object) -> Expr:
        return _or_not(type(self).combine("*", other, self))

    def __matmul__(self, other: object) -> Expr:
        return _or_not(type(self).combine("@", self, other))

    def __rmatmul__(self, other: object) -> Expr:
        return _or_not(type(self).combine("@", other, self))

    def __truediv__(self, other: object) -> Expr:
        return _or_not(type(self).combine("/", self, other))

    def __rtruediv__(self, other: object) -> Expr:
        return _or_not(type(self).combine("/", other, self))

    def __pow__(self, other: object) -> Expr:
        return _or_not(type(self).combine("**", self, other))

    def __rpow__(self, other: object) -> Expr:
        return _or_not(type(self).combine("**", other, self))

    def __neg__(self) -> Expr:
        return _or_not(type(self).combine("*", -1, self))

    def __pos__(self) -> Expr:
        return self

    def __abs__(self) -> Expr:
        return _or_not(type(self).combine("abs", self, self))

    def to_sympy(self) -> object:
        """The expression in SymPy; raises NotYetError for what SymPy has no counterpart of."""
        return type(self).sympy_form(self)

    def __str__(self) -> str:
        return type(self).to_text(self)

    def __repr__(self) -> str:
        return f"parse({type(self).to_text(self)!r})"

    def _repr_latex_(self) -> str:
        return f"${type(self).to_latex(self)}$"

    def __reduce__(self) -> tuple[object, ...]:
        return _thaw, (_freeze(self),)

    def __copy__(self) -> Expr:
        return self

    def __deepcopy__(self, memo: object) -> Expr:
        return self


def _or_not(value: Expr | None) -> Expr:
    """The value, or what tells Python that the operator does not know the other operand."""
    return NotImplemented if value is None else value


Key = tuple[object, ...]


class _Reference(weakref.ref[Expr]):
    """A weak reference that knows under which key its node is interned."""

    __slots__ = ("key",)
    key: Key


_TABLE: dict[Key, _Reference] = {}


def _forget(reference: weakref.ref[Expr]) -> None:
    assert isinstance(reference, _Reference)
    if _TABLE.get(reference.key) is reference:
        del _TABLE[reference.key]


def make(op: Operation, args: tuple[Expr, ...], data: Hashable, shape: Shape) -> Expr:
    """The node with these parts: the one that exists, or a new one.

    The key holds the identities of the operands, which the node keeps alive; a key that held
    the operands themselves would free a deep expression by a recursion as deep.
    """
    key: Key = (op, data, shape, *map(id, args))
    found = _TABLE.get(key)
    if found is not None:
        node = found()
        if node is not None:
            return node
    node = object.__new__(Expr)
    node.op, node.args, node.data, node.shape = op, args, data, shape
    reference = _Reference(node, _forget)
    reference.key = key
    while True:  # another thread may have interned the same node in the meantime
        winner = _TABLE.setdefault(key, reference)
        if winner is reference:
            return node
        existing = winner()
        if existing is not None:
            return existing
        _forget(winner)


def postorder(*roots: Expr, known: Container[Expr] = ()) -> list[Expr]:
    """Every node below the roots once, operands before the nodes that use them.

    The order is that of a left-to-right walk, so it follows the text. The walk stops at nodes that
    are `known`, so that a memo grows by what is new.
    """
    seen: set[Expr] = set()
    out: list[Expr] = []
    for root in roots:
        stack: list[tuple[Expr, bool]] = [(root, False)]
        while stack:
            node, expanded = stack.pop()
            if expanded:
                out.append(node)
                continue
            if node in seen or node in known:
                continue
            seen.add(node)
            stack.append((node, True))
            for arg in reversed(node.args):
                if arg not in seen and arg not in known:
                    stack.append((arg, False))
    return out


def preorder(root: Expr) -> Iterator[Expr]:
    """Every node below the root once, in the order of first appearance in the text."""
    seen: set[Expr] = set()
    stack = [root]
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            yield node
            stack.extend(reversed(node.args))


def edge_order(root: Expr) -> dict[tuple[Expr, int], int]:
    """When a left-to-right walk first passes from each node to each of its operands.

    Sorting by it follows the text: in xᵀA x the edge to the first x comes before the one to the last.
    """
    out: dict[tuple[Expr, int], int] = {}
    seen = {root}
    stack = [(root, 0)]
    while stack:
        node, i = stack.pop()
        if i < len(node.args):
            out[node, i] = len(out)
            stack.append((node, i + 1))
            arg = node.args[i]
            if arg not in seen:
                seen.add(arg)
                stack.append((arg, 0))
    return out


def symbols_of(*roots: Expr) -> list[Expr]:
    """The symbols below the roots, in the order of first appearance."""
    seen: dict[Expr, None] = {}
    for root in roots:
        for node in preorder(root):
            if node.op.name == "symbol":
                seen.setdefault(node)
    return list(seen)


def rebuild(
    root: Expr, replace: Callable[[Expr, tuple[Expr, ...]], Expr], memo: dict[Expr, Expr] | None = None
) -> Expr:
    """The expression with every node replaced, bottom up, by replace(node, new operands)."""
    done: dict[Expr, Expr] = {} if memo is None else memo
    return computed(root, done, lambda node: node.args, lambda n: replace(n, tuple([done[arg] for arg in n.args])))


def _freeze(root: Expr) -> tuple[tuple[str, tuple[int, ...], Hashable, Shape], ...]:
    nodes = postorder(root)
    position = {node: i for i, node in enumerate(nodes)}
    return tuple((n.op.name, tuple(position[a] for a in n.args), n.data, n.shape) for n in nodes)


def _thaw(frozen: Iterable[tuple[str, tuple[int, ...], Hashable, Shape]]) -> Expr:
    nodes: list[Expr] = []
    for name, positions, data, shape in frozen:
        nodes.append(make(REGISTRY[name], tuple(nodes[i] for i in positions), data, shape))
    return nodes[-1]
