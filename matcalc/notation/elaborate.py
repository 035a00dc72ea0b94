"""The tree as an expression: every node by the constructors, with the shapes known.

The walk is bottom up. What is refused for its shape is refused here, with the places that disagree.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from matcalc.algebra.build import (
    add,
    apply,
    constant,
    dimension,
    divide,
    hadamard,
    identity,
    inner,
    inverse,
    is_number,
    matrix_power,
    multiply,
    negate,
    number,
    number_value,
    ones,
    power,
    symbol,
    transpose,
    zeros,
)
from matcalc.algebra.expr import Expr
from matcalc.algebra.operations import REGISTRY
from matcalc.algebra.shapes import SCALAR, Shape, dim_text, is_scalar, is_vector
from matcalc.errors import AmbiguityError, MatcalcError, ShapeError
from matcalc.notation.calls import Call, call_function
from matcalc.notation.declarations import shape_text
from matcalc.notation.tree import Node

__all__ = ["Elaboration", "elaborate"]

_MINUS_ONE = number(-1)


class Elaboration:
    """What the walk knows: the text, the symbols, the sizes of I, 𝟏 and 𝟎, and the values so far."""

    __slots__ = ("at", "determinants", "functions", "guessed", "shapes", "symbols", "text")

    def __init__(
        self,
        text: str,
        symbols: Mapping[str, Shape],
        shapes: Mapping[Node, Shape],
        functions: Mapping[str, object],
        determinants: Mapping[Node, bool],
        guessed: frozenset[str] = frozenset(),
    ) -> None:
        self.text = text
        self.symbols = symbols
        self.shapes = shapes
        self.functions = functions
        self.guessed = guessed
        self.determinants = determinants
        self.at: dict[Node, Expr] = {}

    def source(self, node: Node) -> str:
        """What was written."""
        written = self.text[node.start : node.end]
        return written if len(written) <= 60 else written[:59] + "…"

    def operands(self, node: Node) -> list[Expr]:
        """The values of the operands."""
        at = self.at
        return [at[arg] for arg in node.args]

    def mismatch(self, message: str, *nodes: Node, advice: str = "") -> ShapeError:
        """A shape error that marks the nodes."""
        return ShapeError(message, spans=tuple(node.span for node in nodes), advice=advice)


def elaborate(nodes: list[Node], context: Elaboration) -> Expr:
    """The expression of a tree, given in postorder."""
    at = context.at
    for node in nodes:
        try:
            at[node] = _BUILD[node.kind](node, context)
        except MatcalcError as error:
            if error.spans:
                raise
            raise type(error)(error.message, spans=(node.span,), advice=error.advice) from None
    return at[nodes[-1]]


# --- leaves ----------------------------------------------------------------------------------------


def _symbol(node: Node, context: Elaboration) -> Expr:
    return symbol(node.data, context.symbols[node.data])


def _sized(node: Node, context: Elaboration) -> Shape:
    return context.shapes[node]


def _euler(node: Node, context: Elaboration) -> Expr:
    return number(1)  # only the base of a power, and that power is exp


# --- sums ------------------------------------------------------------------------------------------


def _sum(node: Node, context: Elaboration) -> Expr:
    values = context.operands(node)
    for i, sign in enumerate(node.data):
        if sign == "-":
            values[i] = negate(values[i])
    shape = SCALAR
    scalars = False
    first = 0
    for i, value in enumerate(values):
        if value.shape == SCALAR:
            scalars = True
        elif shape == SCALAR:
            shape, first = value.shape, i
        elif value.shape != shape:
            raise _unequal(node.args[first], shape, node.args[i], value.shape, context)
    if scalars and shape != SCALAR:
        _check_broadcast(node, values, shape, context)
        unit = ones(*shape)
        values = [multiply(value, unit) if value.shape == SCALAR else value for value in values]
    return add(*values)


def _unequal(one: Node, shape: Shape, other: Node, its: Shape, context: Elaboration) -> ShapeError:
    advice = ""
    if (its[1], its[0]) == shape:
        advice = f"A transpose makes them fit: {_transposed(other, context)}."
    return context.mismatch(
        f"{context.source(one)} is {shape_text(shape)} here, but {context.source(other)} is {shape_text(its)}", one, other, advice=advice
    )


def _transposed(node: Node, context: Elaboration) -> str:
    source = context.source(node)
    return f"{source}ᵀ" if node.bracketed or not node.args or node.kind == "call" else f"({source})ᵀ"


def _check_broadcast(node: Node, values: list[Expr], shape: Shape, context: Elaboration) -> None:
    """Refuse a scalar added to a square matrix that is no entrywise result."""
    if shape[0] != shape[1]:
        return
    for arg, value in zip(node.args, values, strict=True):
        if value.shape != SCALAR and not _is_entrywise(arg, context):
            scalar = next(a for a, v in zip(node.args, values, strict=True) if v.shape == SCALAR)
            s = context.source(scalar)
            s = "" if s == "1" else f"({s}) " if scalar.kind in ("sum", "over") and not scalar.bracketed else f"{s} "
            raise AmbiguityError(
                f"a scalar is added to the square matrix {context.source(arg)}",
                spans=(scalar.span, arg.span),
                advice=f"Write {s}I for the diagonal or {s}𝟏𝟏ᵀ for every entry.",
            )


def _is_entrywise(root: Node, context: Elaboration) -> bool:
    """Whether the matrix is a result of functions and operators that act entry by entry."""
    stack = [root]
    while stack:
        node = stack.pop()
        kind = node.kind
        if kind in ("negated", "sum", "juxtaposed", "times", "ratio", "over") or (kind == "raised" and node.data == "T"):
            arrays = [arg for arg in node.args if context.at[arg].shape != SCALAR]
            if kind in ("juxtaposed", "times") and len(arrays) > 1 and not _is_ones(arrays):
                return False
            stack.extend(arrays)
        elif kind in ("call", "bare"):
            if node.data == "matrix":
                continue
            row = REGISTRY.names.get(node.data) if isinstance(node.data, str) else None
            if row is None or not (row.elementwise or row.name == "sqrt"):
                return False
        elif kind not in ("entrywise", "entrywise_power", "bars", "indicator", "ones"):
            return False
    return True


def _is_ones(nodes: list[Node]) -> bool:
    return all(node.kind == "ones" or (node.kind == "raised" and node.args[0].kind == "ones") for node in nodes)


# --- products --------------------------------------------------------------------------------------


def _product(node: Node, context: Elaboration) -> Expr:
    """The product by shapes, from left to right; what is 1×1 on the way is a scalar."""
    at = context.at
    groups: list[list[Expr]] = [[]]
    shape = SCALAR
    last = node
    for arg in node.args:
        value = at[arg]
        if arg.kind == "ratio" and not arg.bracketed and arg is not node.args[-1]:
            _check_coefficient(arg, node, context)
        its = value.shape
        if its != SCALAR:
            if shape == SCALAR:
                if its[0] != 1 and groups[-1]:
                    groups.append([])
                shape = its
            elif shape[1] == its[0]:
                shape = (shape[0], its[1])
            else:
                raise _no_product(last, arg, context)
            last = arg
        groups[-1].append(value)
    if len(groups) == 1:
        return multiply(*groups[0])
    return multiply(*[multiply(*group) for group in groups])


def _no_product(left: Node, right: Node, context: Elaboration) -> ShapeError:
    a, b = context.at[left].shape, context.at[right].shape
    advice = ""
    if a[1] == b[1] and a[1] != 1:
        advice = f"{_transposed(right, context)} would fit on the right."
    elif a[0] == b[0] and a[0] != 1:
        advice = f"{_transposed(left, context)} would fit on the left."
        if a == b:
            advice += " For the product entry by entry write ⊙."
    elif a[1] == 1 and b[1] == 1:
        advice = "For the outer product write a transpose on the right one."
    return context.mismatch(
        f"{context.source(left)} is {shape_text(a)} here, but {context.source(right)} is {shape_text(b)}: "
        f"{dim_text(a[1])} and {dim_text(b[0])} differ",
        left,
        right,
        advice=advice,
    )


def _check_coefficient(ratio: Node, product: Node, context: Elaboration) -> None:
    """A slash inside a product is a coefficient, and stands between scalars."""
    above, below = ratio.args[0], ratio.args[-1]
    scalar = all(context.at[arg].shape == SCALAR for arg in ratio.args)
    guessed = any(arg.kind == "symbol" and arg.data in context.guessed for arg in ratio.args[1:])
    if scalar and not (guessed and (above.kind not in ("number", "constant"))):
        return
    rest = context.text[ratio.end : product.end].strip()
    a, b = context.source(above), context.source(below)
    raise AmbiguityError(
        "a product after a slash has two readings", spans=((ratio.start, product.end),),
        advice=f"Write ({a} / {b}) {rest} or {a} / ({b} {rest}).",
    )  # fmt: skip


def _divide(above: Node, below: Node, a: Expr, b: Expr, context: Elaboration, entrywise: bool = False) -> Expr:
    """a / b: by a scalar, or entry by entry by a vector; ⊘ also by a matrix."""
    if b.shape == SCALAR:
        return multiply(a, power(b, _MINUS_ONE))
    if not entrywise and not is_vector(b.shape):
        s = context.source(below)
        raise context.mismatch(
            f"{s} is a matrix, and division by a matrix is not read", below,
            advice=f"Write {s}⁻¹ for the inverse or ⊘ {s} for the division entry by entry.",
        )  # fmt: skip
    if a.shape == SCALAR:
        return multiply(a, power(b, _MINUS_ONE))
    if a.shape != b.shape:
        raise _unequal(above, a.shape, below, b.shape, context)
    return divide(a, b)


def _ratio(node: Node, context: Elaboration) -> Expr:
    value = context.at[node.args[0]]
    if len(node.args) > 2 and all(context.at[arg].shape == SCALAR for arg in node.args[1:]):
        return multiply(value, *[power(context.at[arg], _MINUS_ONE) for arg in node.args[1:]])
    for below in node.args[1:]:
        value = _divide(node.args[0], below, value, context.at[below], context)
    return value


def _over(node: Node, context: Elaboration) -> Expr:
    above, below = node.args
    return _divide(above, below, context.at[above], context.at[below], context)


def _entrywise(node: Node, context: Elaboration) -> Expr:
    values = context.operands(node)
    shape = SCALAR
    first = node.args[0]
    factors: list[tuple[Expr, int]] = []
    for arg, value, mark in zip(node.args, values, node.data, strict=True):
        if value.shape != SCALAR:
            if shape == SCALAR:
                shape, first = value.shape, arg
            elif shape != value.shape:
                raise _unequal(first, shape, arg, value.shape, context)
        step = -1 if mark == "⊘" else 1
        if factors and factors[-1][0] is value:  # Z ⊙ Z is the power 2
            factors[-1] = (value, factors[-1][1] + step)
        else:
            factors.append((value, step))
    if shape == SCALAR and all(mark != "⊘" for mark in node.data):
        return multiply(*values)
    return hadamard(*[value if k == 1 else power(value, number(k)) for value, k in factors])


def _kronecker(node: Node, context: Elaboration) -> Expr:
    values = context.operands(node)
    total = values[0]
    for value in values[1:]:
        total = apply(REGISTRY["kron"], (total, value)) if not (is_scalar(total.shape) or is_scalar(value.shape)) else multiply(total, value)
    return total


def _frobenius(node: Node, context: Elaboration) -> Expr:
    left, right = node.args
    a, b = context.operands(node)
    if a.shape != b.shape:
        raise _unequal(left, a.shape, right, b.shape, context)
    return inner(a, b)


# --- powers ----------------------------------------------------------------------------------------


def _raised(node: Node, context: Elaboration) -> Expr:
    base = context.at[node.args[0]]
    if node.data == "T":
        return transpose(base)
    if node.data == "-T":
        return transpose(_to_the(node, node.args[0], base, _MINUS_ONE, context))
    return _to_the(node, node.args[0], base, number(node.data), context)


def _power(node: Node, context: Elaboration) -> Expr:
    below, above = node.args
    return _to_the(node, below, context.at[below], context.at[above], context)


def _to_the(node: Node, below: Node, base: Expr, exponent: Expr, context: Elaboration) -> Expr:
    """The power that ^ and raised numbers mean: of a square matrix the matrix power, of a vector entry by entry."""
    s = context.source(below)
    if below.kind == "euler":
        return _exponential(node, exponent, context)
    if exponent.shape != SCALAR:
        raise context.mismatch(
            f"the exponent of {s} is {shape_text(exponent.shape)}", node,
            advice="An exponent is a scalar; entry by entry c^X is exp(log(c) X).",
        )  # fmt: skip
    if base.shape == SCALAR:
        return power(base, exponent)
    if is_vector(base.shape):
        if exponent is _MINUS_ONE:
            raise context.mismatch(f"{s} is a vector and has no inverse", node, advice=f"Write 𝟏 ⊘ {s} for the reciprocals of the entries.")
        return power(base, exponent)
    if is_number(exponent) and not isinstance(number_value(exponent), int):
        raise context.mismatch(
            f"{s} is a matrix, and its power by a fraction has two readings", node,
            advice=f"Write {s}.^({exponent}) for the power entry by entry; sqrtm is the root of a matrix.",
        )  # fmt: skip
    if base.shape[0] != base.shape[1]:
        what = "no inverse" if exponent is _MINUS_ONE else "no matrix power"
        advice = "" if exponent is _MINUS_ONE else f"Write {s} ⊙ {s} or {s}.^({_exponent_text(node, context)}) for the power entry by entry."
        raise context.mismatch(f"{s} is {shape_text(base.shape)}, not square, and has {what}", node, advice=advice)
    return inverse(base) if exponent is _MINUS_ONE else matrix_power(base, exponent)


def _exponent_text(node: Node, context: Elaboration) -> str:
    return str(node.data) if node.kind == "raised" else context.source(node.args[1]).strip("(){}")


def _exponential(node: Node, exponent: Expr, context: Elaboration) -> Expr:
    if exponent.shape != SCALAR and not is_vector(exponent.shape):
        s = context.source(node.args[1]).strip("(){}") if len(node.args) > 1 else ""
        raise AmbiguityError(
            "e to the power of a matrix has two readings", spans=(node.span,),
            advice=f"Write exp({s}) for the function entry by entry or expm({s}) for the matrix exponential.",
        )  # fmt: skip
    return apply(REGISTRY["exp"], (exponent,))


def _entrywise_power(node: Node, context: Elaboration) -> Expr:
    base, exponent = context.operands(node)
    if node.args[0].kind == "euler":
        return apply(REGISTRY["exp"], (exponent,))
    if exponent.shape != SCALAR:
        raise context.mismatch("an exponent is a scalar", node.args[1])
    return power(base, exponent)


# --- fences ----------------------------------------------------------------------------------------


def _norm(node: Node, context: Elaboration) -> Expr:
    value = context.at[node.args[0]]
    index = node.data
    if is_scalar(value.shape):
        return apply(REGISTRY["abs"], (value,))
    if index == "1":
        return apply(REGISTRY["norm1"], (value,))
    if index == "∞":
        return apply(REGISTRY["norminf"], (value,))
    if index == "2" and not is_vector(value.shape):
        s = context.source(node.args[0])
        raise context.mismatch(
            f"the spectral norm of the matrix {s} is not read", node, advice=f"Write ‖{s}‖_F for the Frobenius norm."
        )
    return apply(REGISTRY["norm"], (value,))


def _bars(node: Node, context: Elaboration) -> Expr:
    value = context.at[node.args[0]]
    if is_scalar(value.shape) or is_vector(value.shape):
        return apply(REGISTRY["abs"], (value,))
    if node in context.determinants:
        return value if context.determinants[node] else apply(REGISTRY["det"], (value,))
    s = context.source(node.args[0])
    raise AmbiguityError(
        f"|{s}| of a matrix has two readings", spans=(node.span,),
        advice=f"Write abs({s}) for the absolute values or det({s}) for the determinant.",
    )  # fmt: skip


def _indicator(node: Node, context: Elaboration) -> Expr:
    u, v = context.operands(node)
    if not (is_number(v) and number_value(v) == 0):
        if u.shape == SCALAR and v.shape != SCALAR:
            u = multiply(u, ones(*v.shape))
        elif v.shape == SCALAR and u.shape != SCALAR:
            v = multiply(v, ones(*u.shape))
        elif u.shape != v.shape:
            raise _unequal(node.args[0], u.shape, node.args[1], v.shape, context)
        u = add(u, negate(v))
    return apply(REGISTRY["step"], (u,))


# --- calls -----------------------------------------------------------------------------------------


def _call(node: Node, context: Elaboration) -> Expr:
    values = tuple(context.operands(node))
    if node.data in ("log", "ln") and len(values) == 1 and context.determinants.get(node.args[0]):
        if not (is_scalar(values[0].shape) or is_vector(values[0].shape)):
            return apply(REGISTRY["logdet"], values)
    call = Call(node.data, values, node, context.shapes.get(node))
    return call_function(call, context.functions)


_MATRIX_FUNCTIONS = {"exp": "expm", "log": "logm", "ln": "logm", "sqrt": "sqrtm"}


def _bare(node: Node, context: Elaboration) -> Expr:
    value = context.at[node.args[0]]
    if node.data in _MATRIX_FUNCTIONS and not is_scalar(value.shape) and not is_vector(value.shape):
        if not context.determinants.get(node.args[0]):
            name, s = node.data, context.source(node.args[0])
            raise AmbiguityError(
                f"{name} of a matrix without brackets has two readings", spans=(node.span,),
                advice=f"Write {name}({s}) for the function entry by entry or {_MATRIX_FUNCTIONS[name]}({s}) for the matrix function.",
            )  # fmt: skip
    return _call(node, context)


_BUILD: dict[str, Callable[[Node, Elaboration], Expr]] = {
    "number": lambda node, context: number(node.data),
    "symbol": _symbol,
    "constant": lambda node, context: constant(node.data),
    "euler": _euler,
    "dimension": lambda node, context: dimension(node.data),
    "ones": lambda node, context: ones(*_sized(node, context)),
    "zeros": lambda node, context: zeros(*_sized(node, context)),
    "identity": lambda node, context: identity(_sized(node, context)[0]),
    "sum": _sum,
    "negated": lambda node, context: negate(context.at[node.args[0]]),
    "juxtaposed": _product,
    "times": _product,
    "ratio": _ratio,
    "over": _over,
    "entrywise": _entrywise,
    "kronecker": _kronecker,
    "frobenius": _frobenius,
    "raised": _raised,
    "power": _power,
    "entrywise_power": _entrywise_power,
    "norm": _norm,
    "bars": _bars,
    "indicator": _indicator,
    "call": _call,
    "bare": _bare,
}
