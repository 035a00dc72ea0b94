"""Symbols, shorthands and random expressions for the tests of what is printed and read."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import strategies as st

import matcalc.rulebook  # noqa: F401
from matcalc.algebra.build import (
    ONE,
    add,
    apply,
    divide,
    hadamard,
    identity,
    inner,
    inverse,
    is_zero,
    matrix_power,
    multiply,
    norm,
    number,
    ones,
    power,
    subtract,
    symbol,
    transpose,
)
from matcalc.algebra.expr import Expr
from matcalc.algebra.operations import REGISTRY
from matcalc.algebra.shapes import SCALAR, Shape

HALF = Fraction(1, 2)

A = symbol("A", ("m", "n"))
P = symbol("P", ("m", "n"))
B, C, X, S = (symbol(name, ("n", "n")) for name in ("B", "C", "X", "Σ"))
a, b, c, x, y = (symbol(name, ("n", 1)) for name in "abcxy")
z = symbol("z", ("m", 1))
t, u, n, eta, nu, alpha, beta, gamma, sigma = (symbol(name) for name in ("t", "u", "n", "η", "ν", "α", "β", "γ", "σ"))
I = identity("n")  # noqa: E741
one = ones("n")


def f(name: str, *operands: Expr) -> Expr:
    return apply(REGISTRY[name], operands)


def T(e: Expr) -> Expr:
    return transpose(e)


def quadratic(M: Expr, v: Expr) -> Expr:
    return multiply(T(v), M, v)


r = subtract(multiply(A, x), z)
d = subtract(x, a)

SHAPES: tuple[Shape, ...] = (SCALAR, ("n", 1), (1, "n"), ("n", "n"), ("m", "n"), ("n", "m"), ("m", 1), (1, "m"))
LEAVES: dict[Shape, list[Expr]] = {
    SCALAR: [t, alpha, number(2), number(Fraction(-3, 4)), ONE],
    ("n", 1): [x, y, one],
    (1, "n"): [T(x)],
    ("n", "n"): [X, B, I],
    ("m", "n"): [A, P],
    ("n", "m"): [T(A)],
    ("m", 1): [z],
    (1, "m"): [T(z)],
}
ELEMENTWISE = ["exp", "tanh", "sin", "sigmoid", "abs", "relu", "step"]
EXPONENTS = [number(k) for k in (2, 3, -1, -2, HALF, -HALF, Fraction(3, 2))] + [n]


@st.composite
def expressions(draw: st.DrawFn, shape: Shape = SCALAR, depth: int = 3) -> Expr:
    """An expression of this shape that the constructors build."""
    if depth == 0:
        return draw(st.sampled_from(LEAVES[shape]))

    def smaller(of: Shape) -> Expr:
        return draw(expressions(of, depth - 1))

    makers = [
        lambda: add(smaller(shape), smaller(shape)),
        lambda: subtract(smaller(shape), smaller(shape)),
        lambda: multiply(smaller(SCALAR), smaller(shape)),
        lambda: divide(smaller(shape), nonzero(smaller(SCALAR))),
        lambda: hadamard(smaller(shape), smaller(shape)),
        lambda: f(draw(st.sampled_from(ELEMENTWISE)), smaller(shape)),
        lambda: power(nonzero(smaller(shape)), draw(st.sampled_from(EXPONENTS))),
        lambda: transpose(smaller((shape[1], shape[0]))),
        lambda: smaller(shape),
        lambda: multiply(smaller((shape[0], "n")), smaller(("n", shape[1]))),
    ]
    if shape == SCALAR:
        other = draw(st.sampled_from(SHAPES[1:6]))
        makers += [
            lambda: inner(smaller(other), smaller(other)),
            lambda: norm(smaller(other)),
            lambda: f("tr", smaller(("n", "n"))),
            lambda: f("sum", smaller(other)),
        ]
    if shape == ("n", "n"):
        makers += [
            lambda: inverse(nonzero(smaller(shape))),
            lambda: matrix_power(nonzero(smaller(shape)), draw(st.sampled_from(EXPONENTS[:4]))),
            lambda: f("diag", smaller(("n", 1))),
        ]
    return draw(st.sampled_from(makers))()


def nonzero(e: Expr) -> Expr:
    return add(e, symbol("E", e.shape)) if is_zero(e) else e


ANY = st.sampled_from(SHAPES).flatmap(lambda shape: expressions(shape))
