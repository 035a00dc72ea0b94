"""Vectors and matrices of expressions: read, printed, differentiated, and compared with difference quotients."""

import numpy as np
import pytest

from matcalc import AmbiguityError, MatcalcError, ParseError, derive, parse

ROUND_TRIP = [
    "[sin(t); cos(t)]", "[x; y]", "[A, B; C, D]", "[a, b, c]", "[(A x); y]", "[(2 t), 1; 0, t²]", "[x − y; z]",
]  # fmt: skip


@pytest.mark.parametrize("text", ROUND_TRIP)
def test_what_is_printed_is_read_back(text):
    e = parse(text)
    assert str(e) == text
    assert parse(str(e)) is e


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("[sin t; cos t]", (2, 1)),
        ("[sin t, cos t]", (1, 2)),
        ("[t² t; 1 0]", (2, 2)),
        ("[t]", (1, 1)),
        ("[t 1]", (1, 2)),
    ],
)
def test_shapes_of_literals(text, shape):
    assert parse(text, {"t": ""}).shape == shape


DERIVATIVES = [
    ("[sin t; cos t]", "t", {"t": ""}, 1),
    ("[sin t; cos t]", "t", {"t": ""}, 2),
    ("[t², t; 1, sin t]", "t", {"t": ""}, 1),
    ("[(A x); tanh(B x)]", "x", {"A": "m n", "B": "k n", "x": "n"}, 1),
    ("‖[(A x − y); (λ x)]‖²", "x", {"A": "m n", "x": "n", "y": "m", "λ": ""}, 1),
    ("[A, B; C, D] [x; y]", "x", {"A": "m n", "B": "m k", "C": "p n", "D": "p k", "x": "n", "y": "k"}, 1),
    ("[A, B; C, D] [x; y]", "B", {"A": "m n", "B": "m k", "C": "p n", "D": "p k", "x": "n", "y": "k"}, 1),
    ("[A, B]ᵀ [A, B]", "A", {"A": "m n", "B": "m k"}, 1),
    ("logdet([a, b; b, c])", "b", {"a": "", "b": "", "c": ""}, 1),
    ("[x₁ x₂] A [x₁; x₂]", "x₁", {"A": "2 2", "x₁": "", "x₂": ""}, 2),
    ("[x; y]ᵀ K [x; y]", "x", {"x": "n", "y": "m", "K": "n+m n+m"}, 2),
    ("sum(exp([X; Y]))", "X", {"X": "m n", "Y": "k n"}, 1),
]


@pytest.mark.parametrize(("text", "wrt", "where", "order"), DERIVATIVES)
def test_derivatives(text, wrt, where, order):
    d = derive(text, wrt, where=where, order=order)
    certificate = d.check()
    assert certificate, str(certificate)


def test_answers_are_written_with_blocks():
    assert str(derive("[sin t; cos t]", "t", where={"t": ""}).expr) == "[cos(t); −sin(t)]"
    assert str(derive("‖[A, B]‖²", "A").expr) == "2 A"
    assert r"\begin{bmatrix} \cos" in derive("[sin t; cos t]", "t", where={"t": ""}).latex()


def test_compiled_values():
    value = derive("[t, 2; 3, t²]", "t", where={"t": ""}).compile(what=("value",))
    np.testing.assert_allclose(value(t=2.0), [[2, 2], [3, 4]])
    d = derive("[A, B]", "A", where={"A": "2 2", "B": "2 1"})
    assert d.compile()(A=np.eye(2), B=np.ones(2)).shape == (2, 3, 2, 2)


@pytest.mark.parametrize(
    ("text", "kind"),
    [("[A x − y]", AmbiguityError), ("[a, b; c]", MatcalcError), ("[a; ]", ParseError), ("(a; b)", ParseError)],
)
def test_refused(text, kind):
    with pytest.raises(kind):
        parse(text)


@pytest.mark.parametrize("text", ["y[2]", "y[p + 1]", "U[1, 1] t", "(A x)[2]", "yᵀ[n + 1:m]", "x₁[3]", "2 A[2]"])
def test_places_of_entries_are_not_taken_for_factors(text):
    with pytest.raises(ParseError, match="may be an entry or a product"):
        parse(text)


@pytest.mark.parametrize(
    ("text", "same"), [("y [2]", "2 y"), ("A[x + y]", "A(x + y)"), ("2[x + 1]", "2 (x + 1)"), ("E[x]", "E x")]
)
def test_square_brackets_around_one_item_are_brackets(text, same):
    assert str(parse(text)) == same


def test_a_block_is_not_read_back_as_a_product():
    shown = str(derive("[x; y]ᵀ z", "x", where={"x": "p", "y": "q"}).expr)
    with pytest.raises(MatcalcError):
        parse(shown, where={"z": "n"})


@pytest.mark.parametrize("text", ["[x, A x]", "[A x, x]", "[A x, B; C, D y]", "[W₁ x, y]ᵀ z"])
def test_a_space_beside_commas_is_refused(text):
    """[x, A x] was read as three entries."""
    with pytest.raises(AmbiguityError, match="a space is a product or parts two entries"):
        parse(text)
