"""What is printed is read back with the same value, and what was read prints and reads as itself."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, reject, settings

from matcalc import derive
from matcalc.algebra import build
from matcalc.algebra.closed import has_value
from matcalc.algebra.expr import Expr, postorder, symbols_of
from matcalc.algebra.shapes import SCALAR, dim_names, dim_text
from matcalc.errors import DeclarationError
from matcalc.notation.read import parse
from matcalc.notation.text import to_text
from tests.evaluate import evaluate
from tests.expressions import ANY
from tests.test_text import TABLE

SIZES = {"m": 3, "n": 2}


def declared(e: Expr) -> dict[str, str]:
    """The declarations of the symbols in e."""
    return {str(s.data): "" if s.shape == SCALAR else " ".join(map(dim_text, s.shape)) for s in symbols_of(e)}


def value_of(e: Expr) -> np.ndarray | None:
    """The value where every symbol has entries that depend on its name alone; None where there is none."""
    arrays = {}
    for s in symbols_of(e):
        shape = [d if isinstance(d, int) else SIZES[str(d)] for d in s.shape]
        arrays[s.data] = np.random.default_rng([*str(s.data).encode()]).uniform(0.5, 1.5, shape)
    try:
        with np.errstate(all="ignore"):
            return evaluate(e, arrays, SIZES)
    except (np.linalg.LinAlgError, ZeroDivisionError, TypeError):  # singular, 1/0, the root of a negative number
        return None


def is_complete(e: Expr) -> bool:
    """Whether the text says all: no I, 𝟏 or 𝟎, whose size the context may not give, no invisible bracket, no √−1."""
    silent = (build.IDENTITY, build.ONES, build.ZEROS, build.GROUP)
    nodes = postorder(e)
    sizes = {name for symbol in symbols_of(e) for dim in symbol.shape for name in dim_names(dim)}
    sizes -= {str(symbol.data) for symbol in symbols_of(e)}  # a name that is both reads as a symbol
    unknown = any(node.op is build.DIMENSION and node.data not in sizes for node in nodes)
    return not unknown and all(node.op not in silent and has_value(node) for node in nodes)


@given(ANY.filter(is_complete))
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
def test_random_expressions(e: Expr) -> None:
    text, where = to_text(e), declared(e)
    try:
        once = parse(text, where)
    except DeclarationError:
        reject()  # x ⊘ x is read as 𝟏, and then x does not occur
    assert once.shape == e.shape, text
    before, after = value_of(e), value_of(once)
    if before is not None and after is not None:
        np.testing.assert_allclose(after, before, rtol=1e-6, atol=1e-300, err_msg=text)
    twice = parse(to_text(once), where)
    assert parse(to_text(twice), where) is twice, text


COMPLETE = [pytest.param(e, id=text) for rows in TABLE.values() for e, text in rows if is_complete(e)]


@pytest.mark.parametrize("e", COMPLETE)
def test_the_table_of_texts(e: Expr) -> None:
    text, where = to_text(e), declared(e)
    read = parse(text, where)
    assert to_text(read) == text
    assert parse(to_text(read), where) is read


@pytest.mark.parametrize(
    "text",
    [
        "2 Aᵀ(A x − y)",
        "½ λ ‖w‖² + ‖X w − y‖² / (2 σ²)",
        "(X + α I)⁻¹ X",
        "x ⊙ (𝟏 − x)",
        "(𝟏𝟏ᵀ − tanh(W X)) Xᵀ",
        "−(x − μ)ᵀ Σ⁻¹(x − μ) / (2 σ²)",
        "diag(sigmoid(X w) ⊙ (𝟏 − sigmoid(X w))) X",
        "λ w − Xᵀ(y ⊙ sigmoid(−y ⊙ (X w)))",
        "n x^(n − 1)",
        "1/x + cos(x) / x^n",
    ],
)
def test_texts_that_print_as_they_are_typed(text: str) -> None:
    read = parse(text)
    assert to_text(read) == text
    assert parse(to_text(read)) is read


@pytest.mark.parametrize("text", ["sum(log(x) / x)", "sum(sin(x) / x)", "sum(z ⊘ x)", "‖2 x‖", "sum(x ⊙ exp(x) ⊘ z)"])
def test_answers_are_read_back_as_themselves(text: str) -> None:
    e = derive(text, "x", where={name: "n" for name in "xz" if name in text.replace("exp", "")}).expr
    assert parse(str(e), declared(e)) is e
