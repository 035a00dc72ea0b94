"""What each kind of node demands of the sizes of its operands, and the size that it has: one walk of the tree."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from matcalc.algebra.operations import REGISTRY, Operation
from matcalc.algebra.shapes import SCALAR, Dim, Polynomial, Shape, is_column
from matcalc.errors import AmbiguityError
from matcalc.notation.constraints import Constraints, symbols_below
from matcalc.notation.declarations import declare
from matcalc.notation.dimensions import Size, Sizes, Variable, find, unify
from matcalc.notation.index_sizes import delta, entry, gathered, part, reference, summed
from matcalc.notation.names import is_upper
from matcalc.notation.operator_sizes import OPERATORS, sum_size
from matcalc.notation.stacks import size_stacked
from matcalc.notation.tree import Node
from matcalc.notation.words import Unknown

__all__ = ["size_nodes"]


def size_nodes(c: Constraints, nodes: list[Node], expected: Shape | None = None) -> None:
    """Visit every node, operands first; raises Conflict. The root has the expected shape, if there is one."""
    at = c.at
    for node in nodes:
        at[node] = _VISIT[node.kind](c, node)
    root = nodes[-1]
    if expected is not None and (expected == SCALAR or not c.is_scalar(root)):
        c.equal(at[root][0], expected[0], root)
        c.equal(at[root][1], expected[1], root)
    c.settle()


# --- the rules, one for each kind of node ----------------------------------------------------------


def _scalar(c: Constraints, node: Node) -> Sizes:
    return SCALAR


def _symbol(c: Constraints, node: Node) -> Sizes:
    return c.symbols[node.data]


_OWN_SIZE = (None, "", "𝟏", "𝟭", "𝟎", "𝟬", "𝟙")


_LOWERED = "₀₁₂₃₄₅₆₇₈₉"


def _given(data: str) -> list[Dim]:
    """The dimensions in an index: 𝟏_n, 𝟎_{m×n}, I₃."""
    if all(c in _LOWERED for c in data):
        data = data.translate(str.maketrans(_LOWERED, "0123456789"))
    words = data.replace("×", " ").replace(",", " ").split()
    return [int(word) if word.isdecimal() else word for word in words]


def _ones(c: Constraints, node: Node) -> Sizes:
    c.leaves.append(node)
    dims = [] if node.data in _OWN_SIZE else _given(node.data)
    if len(dims) == 2:
        return dims[0], dims[1]
    if len(dims) == 1:
        return dims[0], 1
    return (Variable(), 1) if node.kind == "ones" else (Variable(wide=False), Variable(wide=False))


def _identity(c: Constraints, node: Node) -> Sizes:
    c.leaves.append(node)
    n: Size = Variable() if node.data is None else _given(node.data)[0]
    return n, n


def _same_as(c: Constraints, node: Node) -> Sizes:
    return c.at[node.args[0]]


def _norm(c: Constraints, node: Node) -> Sizes:
    inside = node.args[0]
    if node.data == "2" and not (c.is_scalar(inside) or c.is_vector(inside) or c.stands_alone(inside)):
        raise c.refuse("the spectral norm of a matrix is not read", inside)
    if c.is_scalar(inside) and node.data != "1":
        c.doubt(inside, by=4.0)  # nobody writes ‖a‖ for |a|
    return SCALAR


def _bars(c: Constraints, node: Node) -> Sizes:
    inside = node.args[0]
    if c.is_scalar(inside) or c.is_vector(inside):
        return c.at[inside]
    if node not in c.determinants and not c.stands_alone(inside):
        s = c.source(inside)
        if inside.kind == "symbol" and is_upper(inside.data):  # no scalar, to save a form with two readings
            raise AmbiguityError(
                f"|{s}| of a matrix has two readings", spans=(node.span,),
                advice=f"Write abs({s}) for the absolute values or det({s}) for the determinant.",
            )  # fmt: skip
        raise c.refuse(f"|{s}| of a matrix has two readings", inside)
    c.square(inside)
    return SCALAR


def _call(c: Constraints, node: Node) -> Sizes:
    name, args = node.data, node.args
    if isinstance(name, Unknown):
        rows, columns = c.at[args[0]]
        if name.shape != SCALAR:
            if not c.is_scalar(args[0]):
                raise c.refuse(f"{name.name} is declared as a function of a scalar", args[0])
            return name.shape
        return SCALAR if name.order == 0 else (rows, columns) if name.order == 1 else (rows, rows)
    if name in c.functions:
        return c.at[args[0]] if args else SCALAR
    special = _SPECIAL.get(name)
    if special is not None and args:
        return special(c, node)
    row = REGISTRY.names.get(name)
    if row is None or not row.signature:
        return c.at[args[0]] if args else SCALAR
    return _by_signature(c, node, row)


@lru_cache(maxsize=512)
def _signature(text: str) -> tuple[tuple[Shape, ...], Shape]:
    operands, _, value = text.partition("->")
    shapes = [declare(*operand.split(":", 1)).shape or SCALAR for operand in operands.split(",")]
    return tuple(shapes), declare("value", value).shape or SCALAR


def _by_signature(c: Constraints, node: Node, row: Operation) -> Sizes:
    operands, value = _signature(row.signature)
    sizes: dict[str, Size] = {}
    for arg, shape in zip(node.args, operands, strict=False):
        if is_column(shape) and not row.elementwise and c.is_scalar(arg) and symbols_below(arg):
            raise c.refuse(f"{node.data} takes a vector, and {c.source(arg)} is a scalar", arg)
        if is_column(shape) and not unify(c.at[arg][1], 1):
            raise c.refuse(f"{node.data} takes a vector, and {c.source(arg)} is {c.shape_text(arg)}", arg)
        if shape != SCALAR and c.is_scalar(arg) and shape != value:
            c.doubt(arg)
        for dim, size in zip(shape, c.at[arg], strict=True):
            c.equal(_instance(c, dim, sizes, node), size, arg)
    return _instance(c, value[0], sizes, node), _instance(c, value[1], sizes, node)


def _instance(c: Constraints, dim: Dim, sizes: dict[str, Size], node: Node) -> Size:
    """A dimension of a signature in this call."""
    if isinstance(dim, int):
        return dim
    if isinstance(dim, str):
        return sizes.setdefault(dim, Variable(wide=False))
    assert isinstance(dim, Polynomial)
    product = Variable(wide=False)
    ((names, _),) = dim.terms
    c.products.append((product, [sizes.setdefault(name, Variable(wide=False)) for name in names], node))
    c.settle()
    return product


# --- functions that are no rows ----------------------------------------------------------------------


def _inverse(c: Constraints, node: Node) -> Sizes:
    c.square(node.args[0])
    return c.at[node.args[0]]


def _transpose(c: Constraints, node: Node) -> Sizes:
    rows, columns = c.at[node.args[0]]
    return columns, rows


def _filled(c: Constraints, node: Node) -> Sizes:
    c.leaves.append(node)
    if not c.is_scalar(node.args[0]):
        raise c.refuse(f"{node.data} takes a scalar", node.args[0])
    return Variable(), (1 if node.data == "vector" else Variable())


def _sized(c: Constraints, node: Node) -> Sizes:
    """eye(n), ones(m, n): the operands are dimensions, which are read as such when the value is built."""
    dims = [
        arg.data if arg.kind in ("dimension", "number") and isinstance(arg.data, str | int) else Variable()
        for arg in node.args
    ]
    if node.data == "eye" or len(dims) > 1:
        return dims[0], dims[-1]
    return dims[0], 1


def _pair(c: Constraints, node: Node) -> Sizes:
    if len(node.args) == 2:
        c.same(*node.args)
    return c.at[node.args[0]] if node.data == "hadamard" else SCALAR


def _diag(c: Constraints, node: Node) -> Sizes:
    inside = node.args[0]
    rows, columns = c.at[inside]
    if c.is_scalar(inside):
        c.doubt(inside)
        return SCALAR
    if c.is_vector(inside):
        n = columns if find(rows) == 1 else rows
        return n, n
    c.square(inside)
    return rows, 1


def _extreme(c: Constraints, node: Node) -> Sizes:
    if len(node.args) == 1:
        if c.is_scalar(node.args[0]):
            c.doubt(node.args[0])
        return SCALAR
    return sum_size(c, node)


def _log(c: Constraints, node: Node) -> Sizes:
    return SCALAR if c.determinants.get(node.args[0]) and not c.is_vector(node.args[0]) else c.at[node.args[0]]


_Rule = Callable[[Constraints, Node], Sizes]

_SPECIAL: dict[str, _Rule] = {
    "inv": _inverse, "transpose": _transpose, "vector": _filled, "matrix": _filled, "eye": _sized, "ones": _sized,
    "zeros": _sized, "hadamard": _pair, "inner": _pair, "dot": _pair, "diag": _diag, "Diag": _diag, "max": _extreme,
    "min": _extreme, "log": _log, "ln": _log,
}  # fmt: skip

_VISIT: dict[str, _Rule] = {
    "number": _scalar, "constant": _scalar, "euler": _scalar, "dimension": _scalar, "symbol": _symbol,
    "reference": reference, "ones": _ones, "zeros": _ones, "identity": _identity, "negated": _same_as, "norm": _norm,
    "bars": _bars, "call": _call, "bare": _call, "stacked": size_stacked, "entry": entry,
    "summed": summed, "delta": delta, "gathered": gathered, "part": part, "index": _scalar, **OPERATORS,
}  # fmt: skip
