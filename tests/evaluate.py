"""A naive evaluator: every expression as a 2-d array, every operation by its definition.

It is the oracle for generated code, so it shares nothing with it: no planning, no templates, no 1-d arrays.
"""

from collections.abc import Callable, Mapping
from fractions import Fraction

import numpy as np
import scipy.linalg
import scipy.special

from matcalc.algebra.expr import Expr, postorder
from matcalc.algebra.shapes import Dim, dim_substitute


def evaluate(root: Expr, arrays: Mapping[str, np.ndarray], sizes: Mapping[str, int]) -> np.ndarray:
    """The value as an array with two axes; `arrays` holds 2-d arrays by symbol."""
    values: dict[Expr, np.ndarray] = {}
    for node in postorder(root):
        args = [values[a] for a in node.args]
        shape = tuple(_size(d, sizes) for d in node.shape)
        value = np.asarray(_value(node, args, arrays, sizes, shape), dtype=float)
        assert value.shape == shape, f"{node.op.name} gave {value.shape}, not {shape}"
        values[node] = value
    return values[root]


def _size(dim: Dim, sizes: Mapping[str, int]) -> int:
    size = dim_substitute(dim, sizes)
    assert isinstance(size, int)
    return size


def _value(node, args, arrays, sizes, shape):
    name = node.op.name
    if name in LEAVES:
        return LEAVES[name](node, arrays, sizes, shape)
    if name in SIZED:
        return SIZED[name](node, arrays, sizes, shape, *args)
    if name in SCALAR_FUNCTIONS:
        return np.vectorize(SCALAR_FUNCTIONS[name], otypes=[float])(*np.broadcast_arrays(*args))
    return OPERATIONS[name](node, shape, *args)


def _commutation(node, arrays, sizes, shape):
    m, n = (_size(d, sizes) for d in node.data)
    k = np.zeros(shape)
    for i in range(m):
        for j in range(n):
            k[j + n * i, i + m * j] = 1
    return k


def _diagonalizer(node, arrays, sizes, shape):
    n = _size(node.data, sizes)
    e = np.zeros(shape)
    for i in range(n):
        e[i + n * i, i] = 1
    return e


LEAVES: dict[str, Callable] = {
    "number": lambda node, arrays, sizes, shape: [[float(node.data)]],
    "constant": lambda node, arrays, sizes, shape: [[{"π": np.pi, "e": np.e}[node.data]]],
    "symbol": lambda node, arrays, sizes, shape: arrays[node.data],
    "dimension": lambda node, arrays, sizes, shape: [[sizes[node.data]]],
    "identity": lambda node, arrays, sizes, shape: np.eye(shape[0]),
    "ones": lambda node, arrays, sizes, shape: np.ones(shape),
    "zeros": lambda node, arrays, sizes, shape: np.zeros(shape),
    "commutation": _commutation,
    "diagonalizer": _diagonalizer,
}

#: Functions of one entry, and of parameters.
SCALAR_FUNCTIONS: dict[str, Callable] = {
    "exp": np.exp, "log": np.log, "log1p": lambda t: np.log(1 + t), "expm1": lambda t: np.exp(t) - 1, "abs": abs,
    "sign": lambda t: (t > 0) - (t < 0), "sin": np.sin, "cos": np.cos, "tan": lambda t: np.sin(t) / np.cos(t),
    "cot": lambda t: np.cos(t) / np.sin(t), "sec": lambda t: 1 / np.cos(t), "csc": lambda t: 1 / np.sin(t),
    "arcsin": np.arcsin, "arccos": np.arccos, "arctan": np.arctan, "sinh": np.sinh, "cosh": np.cosh,
    "tanh": lambda t: np.sinh(t) / np.cosh(t), "arcsinh": np.arcsinh, "arccosh": np.arccosh, "arctanh": np.arctanh,
    "sigmoid": lambda t: 1 / (1 + np.exp(-t)), "softplus": lambda t: np.log(1 + np.exp(t)),
    "relu": lambda t: t if t > 0 else 0, "step": lambda t: t > 0, "erf": scipy.special.erf,
    "gelu": lambda t: t * (1 + scipy.special.erf(t / np.sqrt(2))) / 2, "silu": lambda t: t / (1 + np.exp(-t)),
    "huber": lambda t, d: t**2 / 2 if abs(t) <= d else d * (abs(t) - d / 2),
    "clip": lambda t, d: max(-d, min(t, d)), "power": lambda t, p: t**p,
}  # fmt: skip


def _product(node, shape, *args):
    value = np.full((1, 1), float(Fraction(node.data)))
    for arg in args:
        value = value * arg if value.shape == (1, 1) or arg.shape == (1, 1) else value @ arg
    return value


def _kron_left(node, shape, g, b, a):
    (p, q), (m, n) = b.shape, a.shape
    return [[np.sum(g[i * p : (i + 1) * p, j * q : (j + 1) * q] * b) for j in range(n)] for i in range(m)]


def _kron_right(node, shape, g, a, b):
    (p, q), (m, n) = b.shape, a.shape
    return sum(a[i, j] * g[i * p : (i + 1) * p, j * q : (j + 1) * q] for i in range(m) for j in range(n))


def _extreme(x, key):
    return np.asarray(key(x) == np.max(key(x)), dtype=float)


#: The others: (node, shape of the value, *operands) → value.
OPERATIONS: dict[str, Callable] = {
    "product": _product,
    "add": lambda node, shape, *args: sum(args),
    "hadamard": lambda node, shape, *args: np.prod(args, axis=0),
    "transpose": lambda node, shape, a: a.T,
    "inner": lambda node, shape, a, b: [[np.sum(a * b)]],
    "inv": lambda node, shape, a: np.linalg.inv(a),
    "matpow": lambda node, shape, a, p: np.linalg.matrix_power(a, int(p[0, 0])),
    "group": lambda node, shape, a: a,
    "tr": lambda node, shape, a: [[np.trace(a)]],
    "sum": lambda node, shape, a: [[np.sum(a)]],
    "diag": lambda node, shape, a: np.diag(a[:, 0]),
    "diagonal": lambda node, shape, a: np.diag(a)[:, None],
    "vec": lambda node, shape, a: a.T.reshape(-1, 1),
    "unvec": lambda node, shape, v, x: v.reshape(x.shape[1], x.shape[0]).T,
    "tril": lambda node, shape, a: np.tril(a),
    "triu": lambda node, shape, a: np.triu(a),
    "kron": lambda node, shape, a, b: np.kron(a, b),
    "kronleft": _kron_left,
    "kronright": _kron_right,
    "det": lambda node, shape, a: [[np.linalg.det(a)]],
    "logdet": lambda node, shape, a: [[np.log(abs(np.linalg.det(a)))]],
    "norm1": lambda node, shape, a: [[np.sum(abs(a))]],
    "norminf": lambda node, shape, a: [[np.max(abs(a))]],
    "max": lambda node, shape, a: [[np.max(a)]],
    "min": lambda node, shape, a: [[np.min(a)]],
    "signmax": lambda node, shape, a: _extreme(a, abs) * np.sign(a),
    "argmax": lambda node, shape, a: _extreme(a, lambda x: x),
    "argmin": lambda node, shape, a: _extreme(a, lambda x: -x),
    "positions": lambda node, shape, x: np.arange(1, len(x) + 1)[:, None],
    "unit": lambda node, shape, k, x: np.eye(len(x))[:, [round(float(k[0, 0])) - 1]],
    "delta": lambda node, shape, j, k: [[float(round(float(j[0, 0])) == round(float(k[0, 0])))]],
    "powers": lambda node, shape, x, p: [[t**q for q in p[:, 0]] for t in x[:, 0]],
    "softmax": lambda node, shape, a: np.exp(a) / np.sum(np.exp(a)),
    "logsumexp": lambda node, shape, a: [[np.log(np.sum(np.exp(a)))]],
    "trpow": lambda node, shape, a, p: [[np.trace(np.linalg.matrix_power(a, int(p[0, 0])))]],
    "sylvester": lambda node, shape, a, b, c: scipy.linalg.solve_sylvester(a, b, c),
    "lstsq": lambda node, shape, a, b: scipy.linalg.lstsq(a, b)[0],
    "eigvecs": lambda node, shape, s, x: np.linalg.eigh(s)[1] @ np.eye(*x.shape),
    "eigvecsrel": lambda node, shape, s, b, x: scipy.linalg.eigh(s, b)[1] @ np.eye(*x.shape),
    "expm": lambda node, shape, a: scipy.linalg.expm(a),
    "frechet_expm": lambda node, shape, a, e: scipy.linalg.expm_frechet(a, e, compute_expm=False),
    "trexpm": lambda node, shape, a: [[np.trace(scipy.linalg.expm(a))]],
}


def _in_direction(function, a, e):
    """The Fréchet derivative by the block triangular matrix."""
    n = len(a)
    return function(np.block([[a, e], [np.zeros_like(a), a]]))[:n, n:]


def _leading(a):
    """The leading singular vectors, as an eigenvector of the symmetric matrix of a; the sign is NumPy's choice."""
    m, n = a.shape
    both = np.linalg.eigh(np.block([[np.zeros((m, m)), a], [a.T, np.zeros((n, n))]]))[1][:, -1:] * np.sqrt(2)
    both = both * np.sign(np.linalg.svd(a, full_matrices=False)[2][0] @ both[m:])
    return both[:m], both[m:]


def _polar(a):
    """X (XᵀX)^(−½), or (X Xᵀ)^(−½) X of a wide matrix."""
    if a.shape[0] < a.shape[1]:
        return _polar(a.T).T
    return a @ np.linalg.inv(scipy.linalg.sqrtm(a.T @ a))


def _polar_moved(a, e):
    """The derivative of the polar factor by a complex step."""
    h = 1e-100
    moved = a + 1j * h * e
    if a.shape[0] < a.shape[1]:
        return _polar_moved(a.T, e.T).T
    return (moved @ np.linalg.inv(scipy.linalg.sqrtm(moved.T @ moved))).imag / h


def _resolvent(a):
    s = (a + a.T) / 2
    return np.linalg.pinv(np.linalg.eigvalsh(s)[-1] * np.eye(len(s)) - s, rcond=1e-10)


OPERATIONS.update({
    "logm": lambda node, shape, a: scipy.linalg.logm(a),
    "frechet_logm": lambda node, shape, a, e: _in_direction(scipy.linalg.logm, a, e),
    "trlogm": lambda node, shape, a: [[np.trace(scipy.linalg.logm(a))]],
    "sqrtm": lambda node, shape, a: scipy.linalg.sqrtm(a),
    "trsqrtm": lambda node, shape, a: [[np.trace(scipy.linalg.sqrtm(a))]],
    "frechet_power": lambda node, shape, a, p, e: _in_direction(
        lambda x: np.linalg.matrix_power(x, int(p[0, 0])), a, e
    ),
    "pinv": lambda node, shape, a: np.linalg.pinv(a),
    "eigmax": lambda node, shape, a: [[np.linalg.eigvalsh((a + a.T) / 2)[-1]]],
    "eigvec": lambda node, shape, a: np.linalg.eigh((a + a.T) / 2)[1][:, -1:],
    "resolvent": lambda node, shape, a: _resolvent(a),
    "spectral": lambda node, shape, a: [[np.linalg.norm(a, 2)]],
    "leftsingular": lambda node, shape, a: _leading(a)[0],
    "rightsingular": lambda node, shape, a: _leading(a)[1],
    "nuclear": lambda node, shape, a: [[np.linalg.norm(a, "nuc")]],
    "polar": lambda node, shape, a: _polar(a),
    "frechet_polar": lambda node, shape, a, e: _polar_moved(a, e),
})  # fmt: skip


def _grid(node, sizes):
    heights, widths = ([_size(d, sizes) for d in axis] for axis in node.data[:2])
    return np.cumsum([0, *heights]), np.cumsum([0, *widths])


def _stack(node, arrays, sizes, shape, *args):
    rows, columns = _grid(node, sizes)
    out = np.zeros(shape)
    for k, arg in enumerate(args):
        i, j = divmod(k, len(columns) - 1)
        out[rows[i] : rows[i + 1], columns[j] : columns[j + 1]] = arg
    return out


def _block(node, arrays, sizes, shape, whole):
    rows, columns = _grid(node, sizes)
    i, j = node.data[2:]
    return whole[rows[i] : rows[i + 1], columns[j] : columns[j + 1]]


def _contract(node, arrays, sizes, shape, *args):
    """The sum written out: every operand spread over all indices, and added."""
    operands, out = node.data
    axes = sorted({i for own in operands for i in own})
    total = 1.0
    for own, arg in zip(operands, args, strict=True):
        vector = arg[:, 0] if len(own) == 1 else arg
        order = np.argsort(own)
        total = total * np.transpose(vector, order).reshape(
            [vector.shape[own.index(i)] if i in own else 1 for i in axes]
        )
    total = np.moveaxis(total, [axes.index(i) for i in out], range(len(out)))
    return total.reshape(*total.shape[: len(out)], -1).sum(axis=-1).reshape(shape)


#: Operations whose payload has dimensions in it.
SIZED: dict[str, Callable] = {"stack": _stack, "block": _block, "contract": _contract}
