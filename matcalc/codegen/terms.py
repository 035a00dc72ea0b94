"""Terms: an array program as a graph, where vectors and rows are 1-d and nothing large is formed early.

An Expr says what is meant, a term says what a machine does. A term's `dims` are its axes: a
scalar has none, a vector or row one, a matrix two. Two terms are virtual, formed only where an
array is needed: `spread`, a value repeated along the missing axes (𝟏, 𝟏bᵀ), and `diagmatrix`, a
diagonal matrix given by its diagonal (I is the diagonal matrix of a spread 1).

Terms are interned in the table of one plan, so equal terms are one object.
"""

from __future__ import annotations

from collections.abc import Container, Hashable, Iterable, Mapping
from fractions import Fraction

from matcalc.algebra.shapes import Dim, Polynomial, Shape, dim_add, dim_mul, dim_names, dim_text
from matcalc.errors import DataError

__all__ = ["Dims", "Table", "Term", "dims_of", "make", "number", "postorder"]

Dims = tuple[Dim, ...]


class Term:
    """One operation of an array program; built by `make` only."""

    __slots__ = ("args", "data", "dims", "op", "order", "table")

    op: str
    args: tuple[Term, ...]
    data: Hashable
    dims: Dims
    table: Table
    order: int

    @property
    def rank(self) -> int:
        """The number of axes."""
        return len(self.dims)

    @property
    def value(self) -> Fraction:
        """The number of a `number` or `scale`."""
        assert isinstance(self.data, Fraction)
        return self.data

    @property
    def summands(self) -> list[tuple[Fraction, Term]]:
        """Coefficients and operands of a `plus`."""
        assert isinstance(self.data, tuple)
        return list(zip(self.data, self.args, strict=True))

    @property
    def powers(self) -> list[tuple[Term, Fraction]]:
        """Bases and exponents of a `times`."""
        assert isinstance(self.data, tuple)
        return list(zip(self.args, self.data, strict=True))

    @property
    def axis(self) -> int | None:
        """The axis along which a `spread` vector lies or a reduction runs; None for all."""
        assert self.data is None or isinstance(self.data, int)
        return self.data

    @property
    def block(self) -> tuple[Dim, Dim]:
        """The dimensions of the matrix that a `commutation` transposes."""
        assert isinstance(self.data, tuple)
        return self.data

    def __repr__(self) -> str:
        inside = ", ".join([repr(a) for a in self.args] + ([repr(self.data)] if self.data is not None else []))
        return f"{self.op}({inside})"


class Table:
    """The terms of one plan, in the order in which they were made, and what is known of its symbols.

    shapes: the shapes of the symbols, which carry the sizes.
    """

    def __init__(self, shapes: Mapping[str, Shape]) -> None:
        self.terms: dict[tuple[object, ...], Term] = {}
        self.shapes = shapes
        #: What the expressions say of matrices that are inverted.
        self.symmetric: set[Term] = set()
        self.definite: set[Term] = set()
        self.triangular: dict[Term, str] = {}
        self.nonnegative: set[Term] = set()
        #: What a softplus and a sigmoid share their exponential of.
        self.margins: set[Term] = set()
        #: Inverses that are results, or factors that no product takes up.
        self.formed: set[Term] = set()
        #: What a term would be called if it needs a name.
        self.hints: dict[Term, str] = {}
        self._axes: dict[str, tuple[str, int]] = {}
        self._longer: dict[str, tuple[str, int, Dim]] = {}
        for name, shape in shapes.items():
            for axis, dim in enumerate(dims_of(shape)):
                if isinstance(dim, str):
                    self._axes.setdefault(dim, (name, axis))
                elif isinstance(dim, Polynomial):
                    for base in dim_names(dim):
                        more = dim_add(dim, dim_mul(-1, base))
                        if isinstance(more, int):
                            self._longer.setdefault(base, (name, axis, dim))

    def make(self, op: str, args: tuple[Term, ...], data: Hashable, dims: Dims) -> Term:
        """The one term with these parts."""
        key = (op, data, dims, *args)
        found = self.terms.get(key)
        if found is None:
            found = object.__new__(Term)
            found.op, found.args, found.data, found.dims = op, args, data, dims
            found.table, found.order = self, len(self.terms)
            self.terms[key] = found
        return found

    def input(self, name: str, shape: Shape) -> Term:
        """A symbol as an operand."""
        return self.make("input", (), name, dims_of(shape))

    def size_beyond(self, name: str) -> tuple[Term, int] | None:
        """The length of an axis that is a number more than a dimension which no axis has, and the number."""
        if name in self._axes or name not in self._longer:
            return None
        symbol, axis, dim = self._longer[name]
        more = dim_add(dim, dim_mul(-1, name))
        assert isinstance(more, int)
        return self.make("size", (self.input(symbol, self.shapes[symbol]),), (dim_text(dim), axis), ()), more

    def size(self, name: str) -> Term:
        """A named dimension, read from the first symbol that has it as an axis."""
        if name not in self._axes:
            raise DataError(f"no symbol has an axis of length {name}, so its size cannot be read from the arguments")
        symbol, axis = self._axes[name]
        return self.make("size", (self.input(symbol, self.shapes[symbol]),), (name, axis), ())


def make(op: str, args: tuple[Term, ...], data: Hashable, dims: Dims) -> Term:
    """The term with these operands, at least one, in their table."""
    return args[0].table.make(op, args, data, dims)


def number(table: Table, value: int | Fraction) -> Term:
    """A literal number."""
    return table.make("number", (), Fraction(value), ())


def dims_of(shape: Shape) -> Dims:
    """The axes of an expression of this shape: a literal 1 is no axis.

    >>> dims_of((1, "n")), dims_of(("m", "n")), dims_of((1, 1))
    (('n',), ('m', 'n'), ())
    """
    return tuple([d for d in shape if d != 1])


def postorder(roots: Iterable[Term], known: Container[Term] = ()) -> list[Term]:
    """Every term below the roots once, operands first; not those that are known, nor what only they hold."""
    seen: set[Term] = set()
    out: list[Term] = []
    for root in roots:
        stack = [(root, False)]
        while stack:
            term, expanded = stack.pop()
            if expanded:
                out.append(term)
            elif term not in seen and term not in known:
                seen.add(term)
                stack.append((term, True))
                stack.extend([(a, False) for a in reversed(term.args) if a not in seen])
    return out
