"""What is printed is read back: to the same value, and what was read prints and reads as itself."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from scipy.linalg import expm
from scipy.special import expit

from matcalc.algebra import build
from matcalc.algebra.expr import Expr, postorder, symbols_of
from matcalc.algebra.shapes import SCALAR, dim_text
from matcalc.notation.read import parse
from matcalc.notation.text import to_text
from tests.expressions import ANY
from tests.test_text import TABLE

SIZES = {"m": 3, "n": 2, "nobs": 4}


def declared(e: Expr) -> dict[str, str]:
    """The declarations of the symbols in e."""
    return {s.data: "scalar" if s.shape == SCALAR else " ".join(map(dim_text, s.shape)) for s in symbols_of(e)}


def size(dim: object) -> int:
    return dim if isinstance(dim, int) else SIZES[str(dim)]


def value_of(e: Expr) -> np.ndarray:
    """The value where every symbol has entries that depend on its name alone; always two axes."""
    rows = {"expit": expit, "expm": expm, "np": np}
    at: dict[Expr, np.ndarray] = {}
    with np.errstate(all="ignore"):
        for node in postorder(e):
            operands = [at[arg] for arg in node.args]
            at[node] = _value(node, operands, rows)
    return at[e]


def _value(e: Expr, operands: list[np.ndarray], names: dict[str, object]) -> np.ndarray:
    shape = (size(e.shape[0]), size(e.shape[1]))
    if e.op is build.SYMBOL:
        return np.random.default_rng([*str(e.data).encode()]).uniform(0.5, 2, shape)
    if e.op is build.NUMBER:
        return np.full((1, 1), float(e.data))
    if e.op is build.DIMENSION:
        return np.full((1, 1), float(size(e.data)))
    if e.op is build.CONSTANT:
        return np.full((1, 1), np.pi)
    if not operands:
        return {"identity": np.eye(*shape), "ones": np.ones(shape), "zeros": np.zeros(shape)}[e.op.name]
    if e.op is build.ADD:
        return sum(operands)
    if e.op is build.PRODUCT:
        value = np.full((1, 1), float(e.data))
        for operand in operands:
            value = value * operand if 1 == operand.size or value.size == 1 else value @ operand
        return value
    if e.op is build.HADAMARD:
        return np.multiply.reduce(operands)
    if e.op is build.POWER:
        return operands[0] ** operands[1]
    if e.op is build.INNER:
        return np.full((1, 1), np.sum(operands[0] * operands[1]))
    if e.op is build.MATPOW:
        return np.linalg.matrix_power(operands[0], int(operands[1].item()))
    simple = {"transpose": np.transpose, "inv": np.linalg.inv, "group": np.asarray, "diag": lambda v: np.diag(v[:, 0])}
    if e.op.name in simple:
        return simple[e.op.name](operands[0])
    code = e.op.numpy.format(*[f"operands[{i}]" for i in range(len(operands))])
    return np.asarray(eval(code, {**names, "operands": operands})).reshape(shape)


def comparable(e: Expr) -> np.ndarray | None:
    try:
        return value_of(e)
    except np.linalg.LinAlgError:
        return None


def check(e: Expr) -> None:
    text = to_text(e)
    where = declared(e)
    if any(node.op in (build.IDENTITY, build.ONES, build.ZEROS) for node in postorder(e)):
        return  # their sizes come from the context, which a random expression may not give
    again = parse(text, where)
    assert again.shape == e.shape, text
    before, after = comparable(e), comparable(again)
    if before is not None and after is not None:
        np.testing.assert_allclose(after, before, rtol=1e-6, err_msg=text)
    assert parse(to_text(again), where) is again, text


@given(ANY)
@settings(max_examples=300, deadline=None)
def test_random_expressions(e: Expr) -> None:
    check(e)


@pytest.mark.parametrize("e", [pytest.param(e, id=text) for rows in TABLE.values() for e, text in rows])
def test_the_table_of_texts(e: Expr) -> None:
    check(e)
