"""Bad input: a MatcalcError of the right kind with the place marked, soon; never another exception."""

import time

import pytest

from matcalc import MatcalcError, derive, errors

MARK = "^"

# (text, variable, declarations, kind, words that the message holds)
MARKED = [
    ("‖y − A x", "x", None, errors.ParseError, ["‖"]),
    ("‖y − A x‖² + ‖x", "x", None, errors.ParseError, ["‖"]),
    ("|xᵀy", "x", None, errors.ParseError, ["|"]),
    ("(A x", "x", None, errors.ParseError, ["("]),
    ("A x) + b", "x", None, errors.ParseError, [")"]),
    ("tr(A X", "X", None, errors.ParseError, ["("]),
    ("[x, y", "x", None, errors.ParseError, ["["]),
    ("(x]", "x", None, errors.ParseError, []),
    ("‖(x‖)", "x", None, errors.ParseError, []),
    ("x +", "x", None, errors.ParseError, []),
    ("x + × y", "x", None, errors.ParseError, []),
    ("xᵀ ≈ y", "x", None, errors.ParseError, ["≈"]),
    ("x $ y", "x", None, errors.ParseError, ["$"]),
    ("frobnicate(x)", "x", None, errors.ParseError, ["frobnicate"]),
    ("tahn(x)ᵀy", "x", None, errors.ParseError, ["tahn", "tanh"]),
    ("foo x", "x", None, errors.ParseError, ["foo"]),
    ("‖y − A x‖²", "x", {"A": "m n", "x": "n", "y": "p"}, errors.ShapeError, []),
    ("tr(A B X)", "X", {"A": "2 3", "B": "4 5", "X": "5 2"}, errors.ShapeError, ["3", "4"]),
    ("A + x", "x", {"A": "m n", "x": "n"}, errors.ShapeError, []),
    ("det(X)", "X", {"X": "2 3"}, errors.ShapeError, []),
    ("xᵀ", "x", {"x": "n", "q": "n"}, errors.DeclarationError, ["q"]),
]

# (text, variable, declarations, kind): errors that lie outside the text, or in its size
UNMARKED = [
    ("‖y − A x‖²", "z", None, errors.MatcalcError),
    ("‖y − A x‖²", "", None, errors.MatcalcError),
    ("‖y − A x‖²", "x + y", None, errors.MatcalcError),
    ("", "x", None, errors.ParseError),
    ("   \n\t", "x", None, errors.ParseError),
    ("xᵀx", "x", {"x": "n n n"}, errors.DeclarationError),
    ("xᵀx", "x", {"x": "n frobnicated"}, errors.DeclarationError),
    ("xᵀx", "x", {"x": "-3"}, errors.DeclarationError),
    ("xᵀx", "x", "x ∈", errors.DeclarationError),
]

LARGE = {
    "10 MB of one letter": "x" * 10_000_000,
    "10 MB of a sum": "x + " * 2_500_000 + "x",
    "10 MB of spaces": " " * 10_000_000,
    "10 MB of bars": "‖" * 3_400_000,
    "10 MB of one line of noise": "§$%&/(" * 1_700_000,
    "100,000 brackets": "(" * 100_000 + "x" + ")" * 100_000,
    "100,000 brackets, half of them": "(" * 100_000 + "x",
    "100,000 norms": "‖" * 100_000 + "x" + "‖" * 100_000,
    "100,000 calls": "sin(" * 100_000 + "x" + ")" * 100_000,
}

#: Deep or long, and yet readable: answered or refused, but soon.
DEEP = {
    "100,000 transposes": "x" + "ᵀ" * 100_000,
    "100,000 minus signs": "−" * 100_000 + "x",
    "100,000 powers": "x" + "^2" * 100_000,
    "100,000 open powers": "x^" * 100_000 + "x",
    "100,000 divisions": "x/" * 100_000 + "2",
}

ODD = [
    "\x00", "x\x00", "\ud800", "x\ud800", "\u202ex", "𝟏", "I", "ᵀ", "⁻¹", "∑", "where", "x where", "‖", "‖‖", "()", "^",
    "''", "A ∈ ℝ", "x.", "1e999999 x", "1.2.3 x", "x_", "_x", "\\", "{x}", "x; y", "x\ny", "lambda", "0/0 x", "x/0",
]  # fmt: skip


def refusal(text, wrt="x", where=None, limit=1.5):
    """The error that deriving raises within the limit."""
    start = time.perf_counter()
    with pytest.raises(MatcalcError) as caught:
        derive(text, wrt, where=where)
    assert time.perf_counter() - start < limit
    assert str(caught.value).strip()
    return caught.value


@pytest.mark.parametrize(("text", "wrt", "where", "kind", "words"), MARKED, ids=[row[0] for row in MARKED])
def test_the_place_is_marked(text, wrt, where, kind, words):
    error = refusal(text, wrt, where)
    assert isinstance(error, kind), repr(error)
    if not isinstance(error, errors.DeclarationError):
        assert MARK in str(error), str(error)
    for word in words:
        assert word in str(error), str(error)


@pytest.mark.parametrize(
    ("text", "wrt", "where", "kind"), UNMARKED, ids=[f"{row[0]!r} by {row[1]!r}" for row in UNMARKED]
)
def test_other_mistakes_are_refused(text, wrt, where, kind):
    assert isinstance(refusal(text, wrt, where), kind)


@pytest.mark.parametrize("text", LARGE.values(), ids=LARGE.keys())
def test_text_without_end_is_refused_soon(text):
    error = refusal(text)
    assert len(str(error)) < 2000
    assert error.spans and MARK in str(error), str(error)


def answer_or_refusal(text, limit=1.5):
    """What deriving by x gives, printed, or the error: one of the two within the limit."""
    start = time.perf_counter()
    try:
        said = str(derive(text, "x"))
    except MatcalcError as error:
        said = str(error)
        assert len(said) < 2000
    assert time.perf_counter() - start < limit
    assert said.strip()


@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP.keys())
def test_deep_text_is_answered_or_refused_soon(text):
    answer_or_refusal(text)


@pytest.mark.parametrize("form", ["{} xᵀx", "x^{}", "xᵀx + 0.{}", "x_{}"])
def test_a_number_of_5000_digits_is_answered_or_refused_soon(form):
    answer_or_refusal(form.format("9" * 5000))


@pytest.mark.parametrize("text", ODD)
def test_odd_text_raises_nothing_else(text):
    answer_or_refusal(text)


def test_differentiation_by_something_absent_is_an_error_and_not_zero():
    assert "z" in str(refusal("‖y − A x‖²", "z"))


@pytest.mark.parametrize("options", [{"layout": "sideways"}, {"structure": "none"}, {"order": 0}, {"order": "two"}])
def test_an_unknown_option_value_is_refused(options):
    with pytest.raises(MatcalcError):
        derive("xᵀx", "x", **options)


@pytest.mark.parametrize("text", [None, 3, b"x", ["x"], object()])
def test_what_is_no_text_is_refused(text):
    with pytest.raises(MatcalcError):
        derive(text, "x")


@pytest.mark.parametrize("wrt", [None, 3, [], [3], 1.5])
def test_variables_that_are_no_names(wrt):
    with pytest.raises(MatcalcError, match="names no variable"):
        derive("‖x‖²", wrt)


def test_a_dimension_is_no_variable():
    """1/(2n) was differentiated by n, as if the number of rows stayed where it was."""
    with pytest.raises(MatcalcError, match="n is a dimension in the declarations"):
        derive("1/(2n) ‖X w − y‖²", "n", where={"X": "n d"})
    assert str(derive("n² ‖w‖²", "n", where={"w": "n", "n": "scalar"}).expr) == "2 n ‖w‖²"


def test_a_certificate_has_points():
    with pytest.raises(MatcalcError, match="points=0"):
        derive("‖x‖²", "x", where={"x": "n"}).check(points=0)
