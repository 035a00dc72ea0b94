"""Index notation: sums over entries are read as matrix formulas with the same value as the sums written out."""

import itertools
import random
import re

import numpy as np
import pytest

from matcalc import derive
from matcalc.errors import MatcalcError
from matcalc.notation.read import parse, read
from tests.evaluate import evaluate

WHERE = {
    "A": "m n", "B": "n p", "C": "m n", "S": "n n", "X": "d m", "x": "n", "z": "n", "y": "m", "w": "p", "α": "",
    "v": "m",
}  # fmt: skip

#: Text, the shapes of what it holds or None for all by itself, and the formula.
READS = [
    ("∑ᵢ xᵢ zᵢ", "xᵀz"),
    ("∑ᵢⱼ yᵢ Aᵢⱼ xⱼ", "yᵀA x"),
    ("∑ⱼ Aᵢⱼ xⱼ", "A x"),
    ("∑ᵢ Aᵢⱼ yᵢ", "Aᵀ y"),
    ("∑ⱼ Aᵢⱼ Bⱼₖ", "A B"),
    ("∑ⱼ Bⱼₖ Aᵢⱼ", "A B"),
    ("∑ᵢ (yᵢ − ∑ⱼ Aᵢⱼ xⱼ)²", "‖y − A x‖²"),
    (r"\sum_{i=1}^{m} \left(y_i - \sum_{j=1}^n A_{ij} x_j\right)^2", "‖y − A x‖²"),
    ("sum_i y_i sum_j A_ij x_j", "yᵀA x"),
    ("∑ᵢⱼ Aᵢⱼ Cᵢⱼ", "A : C"),
    ("∑ⱼ δⱼₖ Aᵢⱼ", "A"),
    ("∑ᵢⱼ δᵢⱼ xᵢ zⱼ", "xᵀz"),
    ("∑ₖ (A x)ₖ yₖ", "xᵀAᵀ y"),
    ("∑ₘ yₘ vₘ", "yᵀv"),
    ("1/n ∑_{i=1}^n xᵢ²", "‖x‖² / n"),
    ("∑ᵢ ‖xᵢ − v‖²", "‖X − 𝟏 vᵀ‖²"),
    ("∑ᵢ xᵢ xᵢᵀ", "XᵀX"),
    ("log det(∑ᵢ xᵢ xᵢᵀ + α I)", "log(det(XᵀX + α I))"),
    ("∑ᵢ log(1 + exp(−vᵀxᵢ))", "sum(log(𝟏 + exp(−X v)))"),
    ("∑ᵢ ∑ⱼ Sᵢⱼ", "sum(S)"),
    ("s = ∑ⱼ Aᵢⱼ xⱼ; ‖s‖²", "‖A x‖²"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "formula"), READS)
def test_reads_as(text, formula):
    rows = "ᵢ − v" in text or "ᵢ xᵢᵀ" in text or "vᵀxᵢ" in text
    used = {name: said for name, said in WHERE.items() if not (rows and name == "x")}
    reading = None
    names = set(used)
    while reading is None:  # without the declarations that the text does not need
        try:
            reading = read(text, {name: said for name, said in used.items() if name in names})
        except MatcalcError as error:
            found = re.match(r"(\w+) is declared and does not occur", error.message)
            if found is None:
                raise
            names.discard(found.group(1))
    assert str(reading.expr) == formula


def test_rows_of_a_matrix_that_is_not_declared():
    reading = read("∑ᵢ (yᵢ − xᵢᵀβ)²")
    assert str(reading.expr) == "‖y − x β‖²"
    assert reading.symbols["x"].shape == ("m", "n")


@pytest.mark.parametrize(
    ("text", "shapes"),
    [
        ("∑ᵢ (xᵢ − μ)ᵀΣ⁻¹(xᵢ − μ)", {"x": ("m", "n"), "μ": ("n", 1), "Σ": ("n", "n")}),
        ("∑ᵢ ‖xᵢ − μ‖²", {"x": ("m", "n"), "μ": ("n", 1)}),
        ("∑ᵢ ‖yᵢ − W xᵢ‖²", {"y": ("m", "n"), "W": ("n", "p"), "x": ("m", "p")}),
        ("∑ᵢ (xᵢ − μ)²", {"x": ("n", 1), "μ": (1, 1)}),
        ("∑_{i=1}^n (yᵢ − wᵀxᵢ)²", {"y": ("n", 1), "w": ("m", 1), "x": ("n", "m")}),
        ("∑ᵢ ‖yᵢ − Wxᵢ − b‖²", {"y": ("m", "n"), "W": ("n", "p"), "x": ("m", "p"), "b": ("n", 1)}),
        ("uᵀv + ∑ₖ exp(uᵀwₖ)", {"u": ("m", 1), "v": ("m", 1), "w": ("n", "m")}),
        ("∑ᵢ (wᵀxᵢ + b − yᵢ)²", {"w": ("m", 1), "x": ("n", "m"), "b": (1, 1), "y": ("n", 1)}),
        ("∑ᵢⱼ (Rᵢⱼ − uᵢᵀvⱼ)²", {"R": ("m", "n"), "u": ("m", "p"), "v": ("n", "p")}),
    ],
)
def test_what_is_transposed_or_normed_is_a_row(text, shapes):
    assert {name: said.shape for name, said in read(text).symbols.items()} == shapes


def test_polynomials():
    d = derive("∑ⱼ θⱼ x^j", "x", where={"θ": "d", "x": ""})
    value = d.compile()(θ=np.array([1.0, 2.0, 3.0]), x=-0.5)
    assert np.isclose(value, 1 + 2 * 2 * -0.5 + 3 * 3 * 0.25)
    fit = derive("∑ᵢ (yᵢ − ∑ⱼ θⱼ xᵢ^j)²", "θ", where={"θ": "d", "x": "n", "y": "n"})
    assert fit.check()


# --- against the sums written out ------------------------------------------------------------------

_SIZES = {"m": 3, "n": 4, "p": 2, "d": 5}
#: Factors by what they stand on: a name and the dimensions of its indices.
_ENTRIES = {"A": "mn", "C": "mn", "B": "np", "S": "nn", "x": "n", "z": "n", "y": "m", "v": "m", "w": "p"}


def _entry(rng, free):
    """An entry with indices from the free ones: text, and its value at an assignment."""
    name = rng.choice([n for n, dims in _ENTRIES.items() if all(d in {dim for _, dim in free} for d in dims)])
    letters = [rng.choice([letter for letter, dim in free if dim == d]) for d in _ENTRIES[name]]
    text = f"{name}_{{{''.join(letters)}}}"
    return text, lambda at, arrays: arrays[name][tuple(at[letter] for letter in letters)]


def _body(rng, free, depth):
    """A random expression of entries: text and value."""
    kind = rng.choice(["entry", "product", "product", "sum", "function", "square", "total"] if depth else ["entry"])
    if kind == "entry":
        return _entry(rng, free)
    if kind in ("product", "sum"):
        a, b = _body(rng, free, depth - 1), _body(rng, free, depth - 1)
        if kind == "product":
            return f"({a[0]}) ({b[0]})", lambda at, arrays: a[1](at, arrays) * b[1](at, arrays)
        return f"({a[0]} − {b[0]})", lambda at, arrays: a[1](at, arrays) - b[1](at, arrays)
    if kind == "total":
        letter = next(c for c in "ijkloqrstu" if c not in {name for name, _ in free})
        inside = [*free, (letter, rng.choice("mnp"))]
        a = _body(rng, inside, depth - 1)
        if letter not in a[0]:
            return a
        dim = inside[-1][1]

        def total(at, arrays):
            return sum(a[1]({**at, letter: i}, arrays) for i in range(_SIZES[dim]))

        return f"(∑_{letter} {a[0]})", total
    a = _body(rng, free, depth - 1)
    if kind == "square":
        return f"({a[0]})²", lambda at, arrays: a[1](at, arrays) ** 2
    return f"sin({a[0]})", lambda at, arrays: np.sin(a[1](at, arrays))


def random_sum(seed):
    """A random text with index sums, and its value."""
    rng = random.Random(seed)
    free = [("i", "m"), ("j", "n")] if rng.random() < 0.7 else [("i", "n"), ("j", "n"), ("k", "p")]
    text, value = _body(rng, free, 4)
    bound = [(letter, dim) for letter, dim in free if re.search(rf"_\{{\w*{letter}", text)]
    left = [pair for pair in bound if rng.random() < 0.3][:2]
    summed = [pair for pair in bound if pair not in left]
    if summed:
        text = f"∑_{{{''.join(letter for letter, _ in summed)}}} {text}"

    def entries(arrays):
        out = np.zeros([_SIZES[dim] for _, dim in left])
        for place in itertools.product(*[range(_SIZES[dim]) for _, dim in left]):
            at = dict(zip([letter for letter, _ in left], place, strict=True))
            for inner in itertools.product(*[range(_SIZES[dim]) for _, dim in summed]):
                out[place] += value({**at, **dict(zip([letter for letter, _ in summed], inner, strict=True))}, arrays)
        return out

    return text, entries


def compare(seed):
    """Whether a random sum was read; an assertion fails where its value is not that of the sums."""
    text, entries = random_sum(seed)
    if "∑" not in text:
        return False
    where = {name: " ".join(dims) for name, dims in _ENTRIES.items() if re.search(rf"{name}_\{{", text)}
    rng = np.random.default_rng(seed)
    try:
        e = parse(text, where)
    except MatcalcError:
        return False
    arrays = {name: rng.standard_normal([_SIZES[d] for d in _ENTRIES[name]]) for name in where}
    columns = {name: a if a.ndim == 2 else a[:, None] for name, a in arrays.items()}
    got, want = evaluate(e, columns, _SIZES), entries(arrays)
    assert np.allclose(np.ravel(got), np.ravel(want), rtol=1e-8, atol=1e-8), (seed, text, str(e))
    return True


def test_random_sums_have_the_value_of_the_sums_written_out():
    read_of = sum(compare(seed) for seed in range(400))
    assert read_of > 200


@pytest.mark.parametrize("text", ["∑ₙ δᵢⱼ", "δₖₗ ∑_{i=1}^n x^i", "δₖₗ ∑ᵢⱼ A_{ij}", "∑ᵢ δᵢᵢ"])
def test_an_index_without_a_range_is_refused(text):
    with pytest.raises(MatcalcError, match=r"nothing says how far the index . runs"):
        read(text)
