"""What operators demand of the sizes of their operands, and the size of the value: sums, products, powers."""

from __future__ import annotations

from collections.abc import Callable

from matcalc.algebra.shapes import SCALAR
from matcalc.notation.constraints import UNLIKELY, Constraints, symbols_below
from matcalc.notation.dimensions import Size, Sizes, Variable, find, unify
from matcalc.notation.index_sizes import has_entries
from matcalc.notation.tree import Node

__all__ = ["OPERATORS", "sum_size"]


def sum_size(c: Constraints, node: Node) -> Sizes:
    """The size of a sum, whose arrays have one size; a scalar is added to every entry."""
    arrays = [arg for arg in node.args if not c.is_scalar(arg)]
    if not arrays:
        return SCALAR
    first = arrays[0]
    for arg in arrays[1:]:
        c.same(first, arg)
    if len(arrays) < len(node.args):
        scalars = [arg for arg in node.args if c.is_scalar(arg)]
        names = symbols_below(*scalars)
        if c.ranges and any(has_entries(arg) for arg in node.args):
            raise c.refuse("a scalar is added to an array inside a sum over an index", *node.args)
        if names:
            c.unlikely.append((UNLIKELY, names | symbols_below(*arrays)))
    return c.at[first]


def _product(c: Constraints, node: Node) -> Sizes:
    shape: Sizes = SCALAR
    last: Node | None = None
    for arg in node.args:
        if (
            arg.kind == "ratio"
            and not arg.bracketed
            and arg is not node.args[-1]
            and not all(map(c.is_scalar, arg.args))
        ):
            raise c.refuse("a product after a slash has two readings", arg)
        if c.is_scalar(arg):
            continue
        its = c.at[arg]
        if last is None or (find(shape[0]) == 1 and find(shape[1]) == 1):
            shape = its
        else:
            c.equal(shape[1], its[0], last, arg)
            shape = (shape[0], its[1])
        last = arg
    return shape


def _quotient(c: Constraints, node: Node) -> Sizes:
    shape = c.at[node.args[0]]
    holder = node.args[0]
    for below in node.args[1:]:
        if c.is_scalar(below):
            continue
        if not c.is_vector(below):
            raise c.refuse(f"{c.source(below)} is a matrix, and division by a matrix is not read", below)
        if c.is_scalar(holder):
            if holder.kind != "number":
                c.doubt(below)
            shape, holder = c.at[below], below
        else:
            c.same(holder, below)
    return shape


def _entrywise(c: Constraints, node: Node) -> Sizes:
    arrays = [arg for arg in node.args if not c.is_scalar(arg)]
    for arg in arrays[1:]:
        c.same(arrays[0], arg)
    if arrays and len(arrays) < len(node.args):
        c.doubt(*[arg for arg in node.args if c.is_scalar(arg)])
    return c.at[arrays[0]] if arrays else SCALAR


def _kronecker(c: Constraints, node: Node) -> Sizes:
    out: list[Size] = []
    for axis in (0, 1):
        factors = [find(c.at[arg][axis]) for arg in node.args]
        factors = [factor for factor in factors if factor != 1]
        if len(factors) > 1:
            product = Variable()
            c.products.append((product, factors, node))
            out.append(product)
        else:
            out.append(factors[0] if factors else 1)
    c.settle()
    return out[0], out[1]


def _frobenius(c: Constraints, node: Node) -> Sizes:
    c.same(*node.args)
    return SCALAR


def _raised(c: Constraints, node: Node) -> Sizes:
    base = node.args[0]
    rows, columns = c.at[base]
    if node.data in ("T", "-T") and c.is_scalar(base):
        if base.kind == "entry":
            raise c.refuse(f"{c.source(base)} is a scalar, and its transpose is taken", base)
        c.doubt(base)
    if node.data == "T":
        return columns, rows
    if c.is_scalar(base):
        return SCALAR
    if c.is_vector(base):
        if node.data in ("-T", -1):
            raise c.refuse(f"{c.source(base)} is a vector and has no inverse", base)
        return rows, columns
    c.square(base)
    return rows, columns


def _power(c: Constraints, node: Node) -> Sizes:
    base, exponent = node.args
    if base.kind == "euler":
        # a reading is not changed to save a form that has two: e^X alone is refused, whatever X might be
        if not (c.is_scalar(exponent) or c.is_vector(exponent) or c.stands_alone(exponent)):
            raise c.refuse("e to the power of a matrix has two readings", exponent)
        return c.at[exponent]
    for size in c.at[exponent]:
        if not unify(size, 1):
            raise c.refuse(f"the exponent {c.source(exponent)} is {c.shape_text(exponent)}", exponent)
    if not (c.is_scalar(base) or c.is_vector(base)):
        c.square(base)
    return c.at[base]


def _entrywise_power(c: Constraints, node: Node) -> Sizes:
    return c.at[node.args[1]] if node.args[0].kind == "euler" else c.at[node.args[0]]


#: The rule of each kind of node that is an operator.
OPERATORS: dict[str, Callable[[Constraints, Node], Sizes]] = {
    "sum": sum_size, "juxtaposed": _product, "times": _product, "ratio": _quotient, "over": _quotient,
    "entrywise": _entrywise, "kronecker": _kronecker, "frobenius": _frobenius, "raised": _raised, "power": _power,
    "entrywise_power": _entrywise_power, "indicator": sum_size,
}  # fmt: skip
