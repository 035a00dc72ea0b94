"""SymPy's Sum, FunctionMatrix and MatrixElement: networks of entries, as in the index notation of text.

SymPy counts from 0. A sum runs over the whole range of what its index stands on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from matcalc.algebra import entries
from matcalc.algebra.build import apply, identity, ones, subtract
from matcalc.algebra.expr import Expr
from matcalc.algebra.networks import Factor, Network, NoMatrixForm, rename
from matcalc.algebra.operations import REGISTRY
from matcalc.algebra.shapes import SCALAR, Dim, is_column, is_row
from matcalc.algebra.walk import computed
from matcalc.errors import DataError, NotYetError
from matcalc.notation.elaboration import Elaboration
from matcalc.notation.tensors import Tensor, Walk, single, summed_over

__all__ = ["element", "read_sums"]


def element(value: Expr, row: Any, column: Any) -> Expr:
    """The entry of an expression at two places that are numbers, counted from 0."""
    places = []
    for index, size in zip((row, column), value.shape, strict=True):
        if not index.is_Integer or index < 0 or (isinstance(size, int) and index >= size):
            raise NotYetError(
                f"the entry at {index} of a matrix has no counterpart here",
                advice="Entries at numbers have, and at the indices of a Sum.",
            )
        places.append(entries.ALL if size == 1 else str(int(index) + 1))
    return value if places == [entries.ALL, entries.ALL] else entries.cut(value, *places)


def read_sums(node: Any, read: Callable[[Any], Expr], dim: Callable[[Any], Dim]) -> Expr:
    """The value of a Sum or a FunctionMatrix; `read` gives what has no index, `dim` a dimension."""
    return _Sums(node, read, dim).value()


class _Sums:
    """One walk: the tensors of all nodes that hold an index."""

    def __init__(self, node: Any, read: Callable[[Any], Expr], dim: Callable[[Any], Dim]) -> None:
        self.node, self.read, self.dim = node, read, dim
        self.walk = Walk(Elaboration("", {}, {}, {}, {}), {})
        self.free: tuple[Any, ...] = ()
        self.indices: dict[Any, str] = {}
        self.root = node
        if type(node).__name__ == "FunctionMatrix":
            self.free = tuple(node.lamda.variables)
            self.root = node.lamda.expr
            for variable, size in zip(self.free, node.shape, strict=True):
                self.bind(variable, self.dim(size))
        for inner in self.root.atoms(*_sum_classes()):
            for variable, low, high in inner.limits:
                if low != 0:
                    raise NotYetError(f"the sum over {variable} from {low} has no counterpart here")
                self.bind(variable, self.dim(high + 1))

    def bind(self, variable: Any, size: Dim) -> None:
        """Note how far an index runs."""
        name = f"{variable.name}@"
        if self.walk.ranges.setdefault(name, size) != size:
            raise NotYetError(f"{variable} runs over two ranges here", advice="Use another symbol for one of them.")
        self.indices[variable] = name

    def value(self) -> Expr:
        """The whole as an expression."""
        done: dict[Any, Tensor] = {}
        try:
            total = computed(
                self.root, done, self.operands, lambda n: self.tensor(n, [done[arg] for arg in self.operands(n)])
            )
            if self.free:
                rows, columns = (self.indices[variable] for variable in self.free)
                return self.walk.array(total, (rows, columns))
            return self.walk.matrix(total)
        except NoMatrixForm:
            raise NotYetError(f"{self.node} has entries with more than two indices, which no matrix has") from None

    def holds_index(self, node: Any) -> bool:
        """Whether an index of the walk occurs freely in the node, or a sum."""
        return bool(node.free_symbols & set(self.indices)) or bool(node.atoms(*_sum_classes()))

    def operands(self, node: Any) -> tuple[Any, ...]:
        """The operands that are tensors."""
        kind = type(node).__name__
        if not self.holds_index(node) or kind in ("MatrixElement", "KroneckerDelta") or node.is_Symbol:
            return ()
        return (node.function,) if kind == "Sum" else tuple(node.args)

    def tensor(self, node: Any, args: list[Tensor]) -> Tensor:
        """The value of one node."""
        kind = type(node).__name__
        if not self.holds_index(node):
            return self.walk.lifted(self.read(node))
        rule = _RULES.get(kind)
        if rule is not None:
            return rule(self, node, args)
        if node.is_Symbol:
            name = self.indices[node]
            counted = apply(REGISTRY["positions"], (ones(self.walk.ranges[name]),))
            return single(subtract(counted, ones(self.walk.ranges[name])), name)
        return self.function(node, args)

    def function(self, node: Any, args: list[Tensor]) -> Tensor:
        """A function of numbers, of one operand with indices."""
        from matcalc.symbolic.scalars import READ

        rule = READ.get(type(node).__name__)
        if rule is None or len(args) != 1:
            raise NotYetError(f"{type(node).__name__} of entries has no counterpart here")
        return self.walk.applied(args[0], lambda value: rule([value]))

    # --- the rules ---

    def entry(self, node: Any, args: list[Tensor]) -> Tensor:
        base, *places = node.args
        value = self.read(base)
        tensor = self.walk.lifted(value)
        terms = tensor.terms
        for place, size, axis in zip(places, value.shape, self.axes(tensor, value), strict=True):
            if axis is None:
                if place != 0:
                    raise DataError(f"{node} is outside of its matrix")
                continue
            if place in self.indices:
                name = self.indices[place]
                if self.walk.ranges[name] != size:
                    raise NotYetError(
                        f"{place} runs over {self.walk.ranges[name]} values, and {base} has {size} there",
                        advice="A sum runs over the whole range of what its index stands on.",
                    )
                terms = rename(terms, {axis: name})
            elif place.is_Integer:
                chosen = Factor(entries.unit(str(int(place) + 1), size), (axis,))
                terms = tuple([Network((*term.factors, chosen), (*term.bound, axis)) for term in terms])
            else:
                raise NotYetError(f"the index {place} has no counterpart here", advice="Those of sums have.")
        return Tensor(terms)

    @staticmethod
    def axes(tensor: Tensor, value: Expr) -> tuple[str | None, str | None]:
        """The indices of rows and columns of a lifted expression."""
        if value.shape == SCALAR:
            return None, None
        if is_column(value.shape):
            return tensor.row, None
        return (None, tensor.column) if is_row(value.shape) else (tensor.row, tensor.column)

    def delta(self, node: Any, args: list[Tensor]) -> Tensor:
        one, other = node.args[:2]
        if one in self.indices and other in self.indices:
            name, its = self.indices[one], self.indices[other]
            return single(identity(self.walk.ranges[name]), name, its)
        index, place = (one, other) if one in self.indices else (other, one)
        if not place.is_Integer:
            raise NotYetError(f"{node} has no counterpart here")
        name = self.indices[index]
        return single(entries.unit(str(int(place) + 1), self.walk.ranges[name]), name)

    def total(self, node: Any, args: list[Tensor]) -> Tensor:
        terms = args[0].terms
        for variable, _, _ in node.limits:
            name = self.indices[variable]
            fresh = self.walk.new(self.walk.ranges[name])
            terms = summed_over(rename(terms, {name: fresh}), fresh)
        return Tensor(terms)

    def product(self, node: Any, args: list[Tensor]) -> Tensor:
        total = args[0]
        for arg in args[1:]:
            total = self.walk.product(total, arg)
        return total

    def power(self, node: Any, args: list[Tensor]) -> Tensor:
        base, exponent = args
        if not exponent.named:
            return self.walk.raised_to(base, self.walk.matrix(exponent))
        if not base.named and node.base == _euler():
            return self.walk.applied(exponent, lambda value: apply(REGISTRY["exp"], (value,)))
        return self.walk.powers(base, exponent)


_RULES: dict[str, Callable[[_Sums, Any, list[Tensor]], Tensor]] = {
    "MatrixElement": _Sums.entry,
    "KroneckerDelta": _Sums.delta,
    "Sum": _Sums.total,
    "Add": lambda walk, node, args: Tensor(tuple([term for arg in args for term in arg.terms])),
    "Mul": _Sums.product,
    "Pow": _Sums.power,
    "exp": lambda walk, node, args: walk.walk.applied(args[0], lambda value: apply(REGISTRY["exp"], (value,))),
}


def _sum_classes() -> tuple[type, ...]:
    import sympy

    return (sympy.Sum,)


def _euler() -> Any:
    import sympy

    return sympy.E
