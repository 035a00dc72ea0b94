"""Random expressions: the generated code equals the naive evaluator, whatever meets whatever."""

import random

import numpy as np
import pytest

from matcalc.algebra.build import (
    add,
    apply,
    group,
    hadamard,
    identity,
    inner,
    inverse,
    matrix_power,
    multiply,
    negate,
    number,
    ones,
    power,
    scale,
    symbol,
    transpose,
)  # fmt: skip
from matcalc.algebra.expr import Expr
from matcalc.algebra.operations import REGISTRY
from matcalc.algebra.shapes import Shape, dim_mul
from tests.test_codegen_operations import Declared, agree

DIMS = ("m", "n", 1)


class Generator:
    """Expressions of a wanted shape, grown from the root; all values stay moderate."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.symbols: dict[str, Declared] = {}

    def leaf(self, shape: Shape) -> Expr:
        choice = self.random.random()
        if choice < 0.15:
            return ones(*shape)
        if choice < 0.3 and shape[0] == shape[1] and shape[0] != 1:
            return identity(shape[0])
        name = f"{'sxA'[sum(d != 1 for d in shape)]}{''.join(str(d) for d in shape)}{self.random.choice('ab')}"
        self.symbols[name] = Declared(shape)
        return symbol(name, shape)

    def grow(self, shape: Shape, depth: int) -> Expr:
        if depth == 0:
            return self.leaf(shape)
        makers = [self.sum, self.product, self.product, self.scaled, self.entrywise, self.transposed, self.hadamard]
        if shape == (1, 1):
            makers += [self.contraction, self.contraction, self.contraction]
        elif shape[1] == 1:
            makers.append(self.diagonal)
        elif shape[0] == shape[1]:
            makers += [self.diag, self.inverse, self.power]
        return self.random.choice(makers)(shape, depth - 1)

    def sum(self, shape, depth):
        return add(self.grow(shape, depth), negate(self.grow(shape, depth)), self.grow(shape, 0))

    def product(self, shape, depth):
        inside = [self.random.choice(DIMS) for _ in range(self.random.randint(1, 2))]
        edges = [shape[0], *inside, shape[1]]
        pairs = list(zip(edges, edges[1:], strict=False))
        return multiply(*[self.grow(pair, self.random.randint(0, depth)) for pair in pairs])

    def scaled(self, shape, depth):
        return multiply(number(self.random.choice([2, -1, 3])), self.grow((1, 1), depth), self.grow(shape, depth))

    def entrywise(self, shape, depth):
        row = REGISTRY[self.random.choice(["tanh", "sigmoid", "relu", "sin", "softplus"])]
        inside = apply(row, (self.grow(shape, depth),))
        return power(inside, number(2)) if self.random.random() < 0.3 else inside

    def transposed(self, shape, depth):
        return group(transpose(self.grow((shape[1], shape[0]), depth)))

    def hadamard(self, shape, depth):
        return hadamard(self.grow(shape, depth), self.grow(shape, depth))

    def contraction(self, shape, depth):
        rows, columns = self.random.choice(DIMS), self.random.choice(DIMS)
        if self.random.random() < 0.4:
            return inner(self.grow((rows, columns), depth), self.grow((rows, columns), depth))
        if self.random.random() < 0.5:
            return apply(REGISTRY["sum"], (self.grow((rows, columns), depth),))
        return apply(REGISTRY["tr"], (self.grow((rows, rows), depth),))

    def diagonal(self, shape, depth):
        if self.random.random() < 0.3:
            return apply(REGISTRY["vec"], (self.grow(shape, depth),))
        return apply(REGISTRY["diagonal"], (self.grow((shape[0], shape[0]), depth),))

    def diag(self, shape, depth):
        return apply(REGISTRY["diag"], (self.grow((shape[0], 1), depth),))

    def inverse(self, shape, depth):
        inside = self.grow(shape, depth)
        gram = multiply(inside, transpose(inside))
        return inverse(add(scale(3, identity(shape[0])), gram))

    def power(self, shape, depth):
        return matrix_power(self.grow(shape, depth), number(self.random.choice([2, 3, 4])))


SHAPES = [(1, 1), (1, 1), ("n", 1), ("n", "n"), ("m", "n"), (1, "m")]


@pytest.mark.parametrize("seed", range(400))
def test_random_expression(seed):
    generator = Generator(seed)
    shape = generator.random.choice(SHAPES)
    e = generator.grow(shape, generator.random.randint(1, 6))
    generator.symbols |= {"M0": Declared(("m", "n"))}  # so that every size can be read
    m, n = generator.random.choice([(4, 3), (2, 3), (3, 3), (1, 2), (3, 1)])
    modes = dict.fromkeys(generator.symbols, "small")
    with np.errstate(all="ignore"):
        agree(e, generator.symbols, {"m": m, "n": n}, modes, seed)


@pytest.mark.parametrize("seed", range(60))
def test_random_vec_matrices(seed):
    """Products of ⊗, K and E."""
    generator = Generator(seed)
    pick, kron = generator.random, REGISTRY["kron"]

    def square(n, name):
        generator.symbols[name] = Declared((n, n))
        return symbol(name, (n, n))

    factors = [
        apply(kron, (square("m", "A"), square("n", "B"))),
        apply(kron, (square("n", "C"), square("m", "D"))),
        apply(REGISTRY["commutation"], (), ("m", "n")),
        apply(REGISTRY["commutation"], (), ("n", "m")),
        apply(REGISTRY["diag"], (apply(REGISTRY["vec"], (_matrix(generator, "m", "n"),)),)),
    ]
    chain = [pick.choice(factors) for _ in range(pick.randint(1, 3))]
    mn = dim_mul("m", "n")
    ends = [identity(mn), apply(REGISTRY["vec"], (_matrix(generator, "m", "n"),))]
    e = multiply(*chain, pick.choice(ends))
    if pick.random() < 0.3:
        e = apply(REGISTRY["sum"], (e,))
    symbols = {**generator.symbols, "M0": Declared(("m", "n"))}
    agree(transpose(e), symbols, {"m": pick.choice([2, 4]), "n": 3}, None, seed)


def _matrix(generator, rows, columns):
    generator.symbols["M"] = Declared((rows, columns))
    return symbol("M", (rows, columns))
