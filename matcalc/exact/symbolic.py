"""Expressions as SymPy matrices of small sizes, for functions that have no meaning over a prime field."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from matcalc.algebra.build import MATPOW, POWER
from matcalc.algebra.expr import Expr, postorder
from matcalc.algebra.operations import REGISTRY
from matcalc.calculus.formulas import derivative_template
from matcalc.exact.evaluate import NotExact, Point

__all__ = ["slope_is_right", "to_sympy"]

#: The names in SymPy of functions that act entry by entry.
_NAMES = {
    "exp": "exp", "log": "log", "sin": "sin", "cos": "cos", "tan": "tan", "cot": "cot", "sec": "sec", "csc": "csc",
    "sinh": "sinh", "cosh": "cosh", "tanh": "tanh", "erf": "erf", "abs": "Abs", "sign": "sign", "arcsin": "asin",
    "arccos": "acos", "arctan": "atan", "arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh",
}  # fmt: skip


def to_sympy(root: Expr, values: Mapping[str, Any], point: Point) -> Any:
    """The value as a SymPy matrix; `values` holds matrices of SymPy expressions by symbol."""
    import sympy

    found: dict[Expr, Any] = {}
    for node in postorder(root):
        found[node] = _value(node, [found[arg] for arg in node.args], values, point, sympy)
    return found[root]


def _value(node: Expr, args: list[Any], values: Mapping[str, Any], point: Point, sympy: Any) -> Any:
    name = node.op.name
    rows, columns = point.size(node.shape[0]), point.size(node.shape[1])
    if name == "symbol":
        return values[str(node.data)]
    if name == "number":
        return sympy.Matrix([[sympy.Rational(str(node.data))]])
    if name == "dimension":
        return sympy.Matrix([[point.sizes[str(node.data)]]])
    if name == "constant":
        return sympy.Matrix([[{"π": sympy.pi, "e": sympy.E}[str(node.data)]]])
    if name == "identity":
        return sympy.eye(rows)
    if name in ("ones", "zeros"):
        return getattr(sympy, name)(rows, columns)
    if name in _NAMES:
        function = getattr(sympy, _NAMES[name])
        return args[0].applyfunc(function)
    if node.op.elementwise and len(args) == 1 and name in _AS:
        return args[0].applyfunc(lambda t: _AS[name](sympy, t))
    if node.op is POWER:
        return args[0].applyfunc(lambda t: t ** args[1][0, 0])
    if node.op is MATPOW and node.args[1].op.name == "number":
        return args[0] ** int(node.args[1].data)  # type: ignore[call-overload]
    rule = _RULES.get(name)
    if rule is None:
        raise NotExact(name)
    return rule(sympy, node, *args)


_AS: dict[str, Any] = {
    "sigmoid": lambda sympy, t: 1 / (1 + sympy.exp(-t)),
    "softplus": lambda sympy, t: sympy.log(1 + sympy.exp(t)),
    "log1p": lambda sympy, t: sympy.log(1 + t),
    "expm1": lambda sympy, t: sympy.exp(t) - 1,
    "silu": lambda sympy, t: t / (1 + sympy.exp(-t)),
    "gelu": lambda sympy, t: t * (1 + sympy.erf(t / sympy.sqrt(2))) / 2,
}


def _product(sympy: Any, node: Expr, *args: Any) -> Any:
    scale = sympy.Rational(str(node.data))
    total = None
    for arg, e in zip(args, node.args, strict=True):
        if e.is_scalar:
            scale *= arg[0, 0]
        else:
            total = arg if total is None else total * arg
    return sympy.Matrix([[scale]]) if total is None else scale * total


def _sum(sympy: Any, node: Expr, a: Any) -> Any:
    return sympy.Matrix([[sum(a, sympy.Integer(0))]])


def _hadamard(sympy: Any, node: Expr, *args: Any) -> Any:
    total = args[0]
    for arg in args[1:]:
        total = total.multiply_elementwise(arg)
    return total


_RULES: dict[str, Any] = {
    "product": _product,
    "add": lambda sympy, node, *args: sum(args[1:], args[0]),
    "hadamard": _hadamard,
    "transpose": lambda sympy, node, a: a.T,
    "inner": lambda sympy, node, a, b: _sum(sympy, node, a.multiply_elementwise(b)),
    "inv": lambda sympy, node, a: a.inv(),
    "group": lambda sympy, node, a: a,
    "tr": lambda sympy, node, a: sympy.Matrix([[a.trace()]]),
    "sum": _sum,
    "diag": lambda sympy, node, a: sympy.diag(*a),
    "diagonal": lambda sympy, node, a: sympy.Matrix([a[i, i] for i in range(a.rows)]),
    "det": lambda sympy, node, a: sympy.Matrix([[a.det()]]),
    "logdet": lambda sympy, node, a: sympy.Matrix([[sympy.log(a.det())]]),
    "softmax": lambda sympy, node, a: a.applyfunc(sympy.exp) / sum(a.applyfunc(sympy.exp), sympy.Integer(0)),
    "logsumexp": lambda sympy, node, a: sympy.Matrix([[sympy.log(sum(a.applyfunc(sympy.exp), sympy.Integer(0)))]]),
}


def slope_is_right(name: str) -> bool:
    """Whether SymPy differentiates the function to the formula of its row."""
    import sympy

    if name not in _NAMES or name in ("abs", "sign"):
        return False
    t = sympy.Symbol("t", positive=True)
    function = getattr(sympy, _NAMES[name])(t)
    point = Point({}, {}, random.Random(0))
    formula = to_sympy(
        derivative_template(REGISTRY[name], 0), {"t": sympy.Matrix([[t]]), "y": sympy.Matrix([[function]])}, point
    )
    return bool(sympy.simplify(sympy.diff(function, t) - formula[0, 0]) == 0)
