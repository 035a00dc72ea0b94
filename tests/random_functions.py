"""Random scalar functions over the whole rulebook, differentiated and compared with difference quotients.

    python -m tests.random_functions COUNT [SEED]

prints how many were compared, refused and skipped, and every wrong one with what repeats it.
"""

from __future__ import annotations

import random
import sys
import warnings
from collections import Counter
from collections.abc import Callable

import numpy as np

import matcalc
from matcalc.algebra.build import (
    add,
    apply,
    divide,
    hadamard,
    identity,
    inner,
    inverse,
    multiply,
    norm,
    number,
    ones,
    power,
    scale,
    subtract,
    symbol,
    transpose,
)
from matcalc.algebra.expr import Expr, postorder, symbols_of
from matcalc.algebra.networks import Factor, contract
from matcalc.algebra.operations import REGISTRY
from matcalc.algebra.shapes import SCALAR, Dim, Shape, dim_names
from matcalc.codegen.compiled import compile_numpy
from matcalc.errors import MatcalcError
from tests.evaluate import evaluate

DIMS = ("m", "n")
FACTS = ("", "", "", "symmetric", "spd", "diagonal", "lower", "positive")


class Generator:
    """Well-typed expressions with a seed of their own."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.elementwise = [
            op for op in REGISTRY if op.elementwise and op.arity == 1 and op.name not in ("step", "sign")
        ]

    def leaf(self, shape: Shape) -> Expr:
        """A symbol, mostly; sometimes a constant array."""
        kind = self.random.random()
        if shape == SCALAR:
            return number(self.random.choice((1, 2, 3))) if kind < 0.3 else symbol(self.random.choice("αβ"))
        if kind < 0.06:
            return ones(*shape)
        if kind < 0.12 and shape[0] == shape[1]:
            return identity(shape[0])
        if shape[0] == 1:
            return transpose(self.leaf((shape[1], 1)))
        names = {("m", 1): "yb", ("n", 1): "xc", ("m", "n"): "AP", ("n", "m"): "Q", ("n", "n"): "XS", ("m", "m"): "KM"}
        return symbol(self.random.choice(names[shape]), shape)

    def expression(self, shape: Shape, depth: int) -> Expr:
        """An expression of the shape, at most so deep."""
        if depth == 0:
            return self.leaf(shape)
        makers = self.scalar_makers() if shape == SCALAR else self.array_makers(shape)
        return self.random.choice(makers)(depth - 1)

    def scalar_makers(self) -> list[Callable[[int], Expr]]:
        make, pick = self.expression, self.random.choice
        shape: Shape = pick((("m", 1), ("n", 1), ("m", "n"), ("n", "n")))
        square: Shape = pick((("m", "m"), ("n", "n")))
        vector: Shape = (pick(DIMS), 1)

        def function(name: str, operand: Shape) -> Callable[[int], Expr]:
            return lambda d: apply(REGISTRY[name], (make(operand, d),))

        return [
            lambda d: add(make(SCALAR, d), make(SCALAR, d)),
            lambda d: multiply(make(SCALAR, d), make(SCALAR, d)),
            lambda d: divide(make(SCALAR, d), add(number(1), power(make(SCALAR, d), number(2)))),
            lambda d: inner(make(shape, d), make(shape, d)),
            lambda d: multiply(transpose(make(vector, d)), make((vector[0], vector[0]), d), make(vector, d)),
            lambda d: (lambda e: inner(e, e))(make(shape, d)),
            lambda d: norm(make(shape, d)),
            function("tr", square),
            function("sum", shape),
            function("norm1", shape),
            function("logdet", square),
            function("det", square),
            function("logsumexp", vector),
            lambda d: apply(pick(self.elementwise), (make(SCALAR, d),)),
            lambda d: self.contraction((), d),
        ]

    def array_makers(self, shape: Shape) -> list[Callable[[int], Expr]]:
        make, pick = self.expression, self.random.choice
        makers: list[Callable[[int], Expr]] = [
            lambda d: add(make(shape, d), make(shape, d)),
            lambda d: subtract(make(shape, d), make(shape, d)),
            lambda d: hadamard(make(shape, d), make(shape, d)),
            lambda d: multiply(make(SCALAR, d), make(shape, d)),
            lambda d: scale(pick((-1, 2, -3)), make(shape, d)),
            lambda d: (lambda k: multiply(make((shape[0], k), d), make((k, shape[1]), d)))(pick(DIMS)),
            lambda d: transpose(make((shape[1], shape[0]), d)),
            lambda d: apply(pick(self.elementwise), (make(shape, d),)),
            lambda d: power(make(shape, d), number(pick((2, 3)))),
        ]
        if shape[0] != 1:
            makers.append(lambda d: self.contraction(shape[:1] if shape[1] == 1 else shape, d))
        if shape[0] == shape[1]:
            makers += [
                lambda d: inverse(make(shape, d)),
                lambda d: apply(REGISTRY["diag"], (make((shape[0], 1), d),)),
            ]
        if shape[1] == 1:
            makers += [
                lambda d: apply(REGISTRY["diagonal"], (make((shape[0], shape[0]), d),)),
                lambda d: apply(REGISTRY["softmax"], (make(shape, d),)),
            ]
        return makers

    def contraction(self, out: tuple[Dim, ...], depth: int) -> Expr:
        """A sum over the indices of six matrices that join four indices, each with every other."""
        sizes = [*out, *[self.random.choice(DIMS) for _ in range(4 - len(out))]]
        ranges = dict(zip("ijkl", sizes, strict=True))
        pairs = ["ij", "ik", "il", "jk", "jl", "kl"]
        edges = [pair if self.random.random() < 0.5 else pair[::-1] for pair in pairs]
        deep = self.random.randrange(6)
        factors = [
            Factor(self.expression((ranges[a], ranges[b]), depth if n == deep else 0), (a, b))
            for n, (a, b) in enumerate(edges)
        ]
        return contract(factors, tuple("ijkl"[: len(out)]), ranges)

    def function(self) -> tuple[Expr, str, dict[str, str]]:
        """A scalar function, a variable in it and declarations with facts."""
        while True:
            f = self.expression(SCALAR, self.random.choice((2, 3, 3, 4)))
            symbols = symbols_of(f)
            if symbols:
                break
        wrt = self.random.choice(symbols)
        where = {}
        for s in symbols:
            words = ["scalar"] if s.shape == SCALAR else [str(d) for d in s.shape]
            # zeros of a diagonal or triangular variable lie on the kinks of relu and |·|
            fact = self.random.choice([fact for fact in FACTS if s is not wrt or fact not in ("diagonal", "lower")])
            square = s.shape[0] == s.shape[1] != 1
            where[str(s.data)] = " ".join([*words, fact if square or fact == "positive" else ""]).strip()
        return f, str(wrt.data), where


def compare(f: Expr, wrt: str, where: dict[str, str], seed: int) -> str:
    """Whether the derivative is "right", "refused", "skipped" (no finite point was found) or what is wrong."""
    try:
        d = matcalc.derive(f, wrt, where=where, structure="ignore")
    except matcalc.DerivativeError:
        return "refused"
    sizes = {
        name: k + 2 for k, name in enumerate(sorted({n for s in d.shapes.values() for x in s for n in dim_names(x)}))
    }
    try:
        # code that knows of a structure reads one triangle only, and the quotients leave the subspace
        value, slope = compile_numpy({"value": f}, d.shapes), d.compile()
    except MatcalcError:  # a size that no symbol has, or a function that has no value
        return "refused"
    rng = np.random.default_rng(seed)
    for _ in range(8):
        inputs = {name: _draw(declaration, sizes, rng) for name, declaration in d.where.items()}
        if not _regular(f, inputs, d.shapes, sizes):
            continue
        try:
            verdict = _at_a_point(value, slope, inputs, wrt, rng)
        except MatcalcError:
            continue
        if verdict != "skipped":
            return verdict
    return "skipped"


def _draw(declaration: object, sizes: dict[str, int], rng: np.random.Generator) -> np.ndarray:
    shape, facts = declaration.shape, declaration.facts  # type: ignore[attr-defined]
    lengths = tuple(sizes.get(d, d) for d in shape)
    a = rng.uniform(0.3, 1.0, lengths)
    if not facts and rng.random() < 0.5:
        a = rng.normal(size=lengths)
    if "symmetric" in facts:
        a = a + a.T
    if "spd" in facts:
        a = a @ a.T + np.eye(len(a))
    if "diagonal" in facts:
        a = np.diag(np.diag(a))
    if "lower" in facts:
        a = np.tril(a) + np.eye(*lengths)
    return a.reshape([n for n, d in zip(lengths, shape, strict=True) if d != 1])


def _regular(f: Expr, inputs: dict, shapes: dict, sizes: dict[str, int]) -> bool:  # type: ignore[type-arg]
    """Whether what is inverted or has its determinant taken is far from singular."""
    arrays = {name: np.reshape(a, [sizes.get(d, d) for d in shapes[name]]) for name, a in inputs.items()}
    with np.errstate(all="ignore"):
        for node in postorder(f):
            if node.op.name in ("inv", "det", "logdet"):
                try:
                    matrix = evaluate(node.args[0], arrays, sizes)
                    if not np.linalg.cond(matrix) < 1e8:
                        return False
                except (np.linalg.LinAlgError, AssertionError):
                    return False
    return True


def _at_a_point(value: object, slope: object, inputs: dict, wrt: str, rng: np.random.Generator) -> str:  # type: ignore[type-arg]
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        x = inputs[wrt]
        v = rng.normal(size=x.shape)
        got = float(np.sum(np.asarray(slope(**inputs)) * v))  # type: ignore[operator]
        quotients = []
        for h in (2e-3, 1e-3, 5e-4):
            ends = [float(value(**{**inputs, wrt: x + s * h * v})) for s in (-1, 1)]  # type: ignore[operator]
            quotients.append((ends[1] - ends[0]) / (2 * h))
        rough, fine, finest = quotients
        want = (4 * finest - fine) / 3
        error = abs((4 * fine - rough) / 3 - want)
        here = float(value(**inputs))  # type: ignore[operator]
    size = max(abs(want), abs(here), 1e-3)
    if not np.isfinite([got, want, error, size]).all() or error > 1e-5 * size:
        return "skipped"
    return "right" if abs(got - want) <= 1e-4 * size + 20 * error else f"WRONG: {got} is not {want}"


def run(count: int, seed: int, show: Callable[[str], None] = print) -> Counter[str]:
    """The counts of `count` comparisons."""
    counts: Counter[str] = Counter()
    for i in range(seed, seed + count):
        f, wrt, where = Generator(i).function()
        verdict = compare(f, wrt, where, i)
        counts[verdict.partition(":")[0]] += 1
        if verdict.startswith("WRONG"):
            show(f"seed {i}: {f} by {wrt} where {where}: {verdict}")
    return counts


if __name__ == "__main__":
    total = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    print(dict(run(total, int(sys.argv[2]) if len(sys.argv) > 2 else 0)))
