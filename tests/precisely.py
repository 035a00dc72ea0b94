"""The value of an expression in hundreds of digits, for comparison with code in doubles.

Every operation is done by its definition on arrays of two axes, so that cancellation and overflow are
those of the definition, which the digits outlast.
"""

from collections.abc import Callable, Mapping
from fractions import Fraction

import mpmath as mp
import numpy as np

from matcalc.algebra.expr import Expr, postorder
from matcalc.algebra.shapes import Dim, dim_substitute

__all__ = ["DIGITS", "precisely"]

#: e⁸⁰⁰ has 348 digits before the point.
DIGITS = 800


def precisely(root: Expr, arrays: Mapping[str, np.ndarray], sizes: Mapping[str, int]) -> np.ndarray:
    """The value as an array of mpf with two axes; `arrays` holds 2-d arrays by symbol.

    KeyError: an operation is not here.
    """
    values: dict[Expr, np.ndarray] = {}
    for node in postorder(root):
        shape = tuple([_size(d, sizes) for d in node.shape])
        args = [values[a] for a in node.args]
        if node.op.name in _ENTRYWISE:
            out = np.vectorize(_ENTRYWISE[node.op.name], otypes=[object])(*np.broadcast_arrays(*args))
        elif node.op.name in _LEAVES:
            out = _LEAVES[node.op.name](node, arrays, sizes, shape)
        else:
            out = _OPERATIONS[node.op.name](node, shape, *args)
        value = np.empty(shape, object)
        value[...] = out
        values[node] = value
    return values[root]


def _size(dim: Dim, sizes: Mapping[str, int]) -> int:
    size = dim_substitute(dim, sizes)
    assert isinstance(size, int)
    return size


def _number(value: Fraction | int) -> mp.mpf:
    fraction = Fraction(value)
    return mp.mpf(fraction.numerator) / fraction.denominator


def _inverse(a: np.ndarray) -> np.ndarray:
    return np.array(mp.inverse(mp.matrix(a.tolist())).tolist(), object)


def _determinant(a: np.ndarray) -> mp.mpf:
    return mp.det(mp.matrix(a.tolist()))


def _matrix_power(a: np.ndarray, exponent: int) -> np.ndarray:
    base, out = (a if exponent > 0 else _inverse(a)), _identity(len(a))
    for _ in range(abs(exponent)):
        out = out @ base
    return out


def _identity(n: int) -> np.ndarray:
    return np.array([[mp.mpf(i == j) for j in range(n)] for i in range(n)], object)


def _product(node, shape, *args):
    value = np.array([[_number(node.data)]], object)
    for arg in args:
        value = value * arg if value.shape == (1, 1) or arg.shape == (1, 1) else value @ arg
    return value


def _diagonal_matrix(v: np.ndarray) -> np.ndarray:
    return _identity(len(v)) * v


_LEAVES: dict[str, Callable] = {
    "number": lambda node, arrays, sizes, shape: _number(node.data),
    "constant": lambda node, arrays, sizes, shape: {"π": mp.pi, "e": mp.e}[node.data] * mp.mpf(1),
    "symbol": lambda node, arrays, sizes, shape: np.vectorize(mp.mpf, otypes=[object])(arrays[node.data]),
    "dimension": lambda node, arrays, sizes, shape: mp.mpf(sizes[node.data]),
    "identity": lambda node, arrays, sizes, shape: _identity(shape[0]),
    "ones": lambda node, arrays, sizes, shape: mp.mpf(1),
    "zeros": lambda node, arrays, sizes, shape: mp.mpf(0),
}

_ENTRYWISE: dict[str, Callable] = {
    **{name: getattr(mp, name) for name in ("exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "erf")},
    "log1p": lambda t: mp.log(1 + t), "expm1": lambda t: mp.exp(t) - 1, "abs": abs, "sign": mp.sign,
    "sigmoid": lambda t: 1 / (1 + mp.exp(-t)), "softplus": lambda t: mp.log(1 + mp.exp(t)),
    "relu": lambda t: max(t, mp.mpf(0)), "step": lambda t: mp.mpf(t > 0), "power": lambda t, p: t**p,
    "silu": lambda t: t / (1 + mp.exp(-t)), "gelu": lambda t: t * (1 + mp.erf(t / mp.sqrt(2))) / 2,
    "huber": lambda t, d: t**2 / 2 if abs(t) <= d else d * (abs(t) - d / 2), "clip": lambda t, d: max(-d, min(t, d)),
}  # fmt: skip

_OPERATIONS: dict[str, Callable] = {
    "product": _product,
    "add": lambda node, shape, *args: sum(args[1:], args[0]),
    "hadamard": lambda node, shape, *args: np.prod(args, axis=0),
    "transpose": lambda node, shape, a: a.T,
    "inner": lambda node, shape, a, b: (a * b).sum(),
    "inv": lambda node, shape, a: _inverse(a),
    "matpow": lambda node, shape, a, p: _matrix_power(a, int(p[0, 0])),
    "group": lambda node, shape, a: a,
    "tr": lambda node, shape, a: np.trace(a),
    "sum": lambda node, shape, a: a.sum(),
    "diag": lambda node, shape, a: _diagonal_matrix(a),
    "diagonal": lambda node, shape, a: np.diag(a)[:, None],
    "vec": lambda node, shape, a: a.T.reshape(-1, 1),
    "tril": lambda node, shape, a: np.where(np.tri(*a.shape) > 0, a, mp.mpf(0)),
    "triu": lambda node, shape, a: np.where(np.tri(*a.shape, -1) > 0, mp.mpf(0), a),
    "kron": lambda node, shape, a, b: np.kron(a, b),
    "det": lambda node, shape, a: _determinant(a),
    "logdet": lambda node, shape, a: mp.log(abs(_determinant(a))),
    "norm1": lambda node, shape, a: abs(a).sum(),
    "norminf": lambda node, shape, a: abs(a).max(),
    "max": lambda node, shape, a: a.max(),
    "min": lambda node, shape, a: a.min(),
    "trpow": lambda node, shape, a, p: np.trace(_matrix_power(a, int(p[0, 0]))),
    "softmax": lambda node, shape, a: _softmax(a),
    "logsumexp": lambda node, shape, a: mp.log(sum(mp.exp(t) for t in a.ravel())),
}  # fmt: skip


def _softmax(a: np.ndarray) -> np.ndarray:
    e = np.vectorize(mp.exp, otypes=[object])(a)
    return e / e.sum()
