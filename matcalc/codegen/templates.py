"""Operations whose code is the `numpy` template of their row, with arrays of the rank it takes."""

from __future__ import annotations

from collections.abc import Sequence

from matcalc.algebra.expr import Expr
from matcalc.algebra.shapes import Shape
from matcalc.codegen.elementwise import dense
from matcalc.codegen.powers import call
from matcalc.codegen.terms import Term, dims_of, make, number

__all__ = ["TRACES", "as_matrix", "from_template"]

#: Rows whose code is the same for one axis and for two, with what they are of a scalar.
_ANY_RANK = {
    "norm1": "abs", "norminf": "abs", "max": "", "min": "", "signmax": "sign", "argmax": "one", "argmin": "one",
    "softmax": "one", "logsumexp": "",
}  # fmt: skip

#: Traces of functions of a matrix, with the function.
TRACES = {"trexpm": "expm", "trlogm": "logm", "trsqrtm": "sqrtm"}


def from_template(node: Expr, args: Sequence[Term]) -> Term:
    """The value of a row that has code of its own."""
    dims = dims_of(node.shape)
    if node.op.name in _ANY_RANK:
        if args[0].rank and node.op.name in ("softmax", "logsumexp"):
            return make(node.op.name, (dense(args[0]),), None, dims)
        if args[0].rank:
            return make("function", (dense(args[0]),), node.op.name, dims)
        simple = _ANY_RANK[node.op.name]
        return number(args[0].table, 1) if simple == "one" else call(simple, args[0]) if simple else args[0]
    operands, _, value = node.op.signature.partition("->")
    takes = [_is_matrix(operand.partition(":")[2]) for operand in operands.split(",")]
    given = [
        as_matrix(dense(term), arg.shape) if matrix else dense(term)
        for matrix, term, arg in zip(takes, args, node.args, strict=True)
    ]
    if not _is_matrix(value):
        if not dims and value.split() != ["1", "1"]:  # a vector of literal length 1
            return make("first", (make("function", tuple(given), node.op.name, (1,)),), None, ())
        return make("function", tuple(given), node.op.name, dims)
    matrix = make("function", tuple(given), node.op.name, node.shape)
    if len(dims) == 2:
        return matrix
    return make("ravel", (matrix,), None, dims) if dims else make("item", (matrix,), None, ())


def _is_matrix(shape: str) -> bool:
    words = shape.split()
    return bool(words) and words[1] != "1"


def as_matrix(t: Term, shape: Shape) -> Term:
    """T with two axes, whatever its shape."""
    if t.rank == 2:
        return t
    if t.rank == 0:
        one = number(t.table, 1)
        return make("reshape", (t, one, one), None, shape)
    return make("column" if shape[1] == 1 else "row", (t,), None, shape)
