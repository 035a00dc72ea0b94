"""Whatever is typed: an expression or a MatcalcError, soon, and what was read once reads the same again."""

import contextlib
import time

from hypothesis import given, settings
from hypothesis import strategies as st

from matcalc.algebra.expr import symbols_of
from matcalc.errors import MatcalcError
from matcalc.notation.names import normalise_name
from matcalc.notation.read import parse, read
from matcalc.notation.text import to_text

PIECES = [
    "x",
    "y",
    "A",
    "B",
    "X",
    "α",
    "β",
    "e",
    "I",
    "𝟏",
    "𝟎",
    "2",
    "½",
    "0.5",
    "ᵀ",
    "⁻¹",
    "²",
    "'",
    "^2",
    "^T",
    "^",
    "(",
    ")",
    "[",
    "]",
    "‖",
    "|",
    "₁",
    "_F",
    " ",
    " ",
    " + ",
    " − ",
    "·",
    "*",
    "/",
    " / ",
    "⊙",
    "⊘",
    "⊗",
    " : ",
    "tr",
    "log",
    "det",
    "sin(",
    "exp(",
    "diag(",
    "sum(",
    "max(",
    ", ",
    "f(",
    "∇",
    "𝟙[",
    " > 0]",
    ".*",
    "./",
    ".^",
    "Ax",
    "foo",
    "where",
    "\n",
    "x: n",
    r"\beta",
    r"\mathbf{X}",
    "{",
    "}",
    "_",
    "∑",
    "=",
    "σ(",
    "π",
    "inv(",
    "vec(",
    "vector(1)",
    "eye",
    "n",
    "′",
]

SCRAPS = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)
WHERE = st.sampled_from([None, {"x": "n"}, {"A": "m n", "x": "n"}, {"X": "n n symmetric", "α": "scalar"}, "A: m n"])


def outcome(text, where=None):
    """The reading, or None where the text is refused; anything else escapes and fails the test."""
    start = time.perf_counter()
    try:
        return read(text, where)
    except MatcalcError as error:
        assert str(error).strip()
        for begin, end in error.spans:
            assert 0 <= begin <= end <= len(text) + 1, error.spans
        return None
    finally:
        assert time.perf_counter() - start < 2


@given(st.text(max_size=60), WHERE)
@settings(max_examples=300, deadline=None)
def test_any_characters(text, where):
    outcome(text, where)


@given(SCRAPS, WHERE)
@settings(max_examples=1500, deadline=None)
def test_scraps_of_the_notation(text, where):
    outcome(text, where)


@given(SCRAPS)
@settings(max_examples=1500, deadline=None)
def test_what_is_printed_is_read_back(text):
    reading = outcome(text)
    if reading is None:
        return
    where = {name: " ".join(map(str, said.shape)) for name, said in reading.symbols.items()}
    once = outcome(to_text(reading.expr), {name: said for name, said in where.items() if name in symbols(reading.expr)})
    if once is not None:
        assert once.expr.shape == reading.expr.shape


def symbols(expr):
    """The names of the symbols of an expression."""
    return {symbol.data for symbol in symbols_of(expr)}


@given(st.text(max_size=30))
@settings(max_examples=300, deadline=None)
def test_names(text):
    try:
        name = normalise_name(text)
    except MatcalcError:
        return
    assert normalise_name(name) == name


@given(st.text(max_size=30), st.text(max_size=30))
@settings(max_examples=300, deadline=None)
def test_declarations(name, said):
    for where in ({name: said}, f"{name}{said}"):
        with contextlib.suppress(MatcalcError):
            parse("x", where)
