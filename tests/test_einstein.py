"""The summation convention: every accepted product has the value that numpy.einsum gives it; the rest is refused."""

import random

import numpy as np
import pytest

from matcalc import derive, parse
from matcalc.cli import main
from matcalc.errors import AmbiguityError, MatcalcError, OptionError, ParseError
from tests.evaluate import evaluate

#: Text and the formula that it is.
READS = [
    ("A_ij x_i x_j", "xᵀA x"),
    ("A_ij x_j", "A x"),
    ("A_ji", "Aᵀ"),
    ("A_ij B_jk", "A B"),
    ("A_ii", "tr(A)"),
    ("A_ij A_ij", "‖A‖²"),
    ("δ_ij A_ij", "tr(A)"),
    ("δᵢⱼ xᵢ yⱼ", "xᵀy"),
    ("x_i y_j", "x yᵀ"),
    ("log(1 + exp(x_i)) y_i", "log(𝟏 + exp(x))ᵀ y"),
    (r"\frac{1}{2} A_{ij} x_i x_j - b_i x_i", "½ xᵀA x − bᵀx"),
    ("(A_ij x_j + b_i)(A_ik x_k + b_i)", "‖A x + b‖²"),
    ("√(x_i x_i)", "‖x‖"),
    ("x_i x_i / (y_j y_j)", "‖x‖² / ‖y‖²"),
    ("(A x)_i (A x)_i", "‖A x‖²"),
    ("r = A_ij x_j − b_i; ½ r_i r_i", "½ ‖A x − b‖²"),
    ("(A_ik x_k)_i + y", "A x + y"),
    ("X_ij X_kj S_ik", "S : (X Xᵀ)"),
]


@pytest.mark.parametrize(("text", "formula"), READS)
def test_reads_as(text, formula):
    assert str(parse(text, notation="einstein")) == formula


REFUSED = [
    ("x_i x_i x_i", AmbiguityError, "the index i stands more than twice in one product"),
    ("(x_i y_i)(x_i z_i)", AmbiguityError, "the index i stands more than twice in one product"),
    ("(A_ij x_i) y_i", AmbiguityError, "the index i stands more than twice in one product"),
    ("x_i + y_j", AmbiguityError, "the terms of this sum have different free indices: i and j"),
    ("x_i y_i + z_j", AmbiguityError, "the terms of this sum have different free indices: none and j"),
    ("x_i^2", AmbiguityError, "a power of x_i has two readings"),
    ("x_i / y_i", AmbiguityError, "i above and below a slash has two readings"),
    ("∑_i x_i y_i", AmbiguityError, "a ∑ stands beside the summation convention"),
    ("θ_j x^j", ParseError, "j is an index and stands alone"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "kind", "message"), REFUSED)
def test_what_has_no_meaning_is_refused(text, kind, message):
    with pytest.raises(kind) as caught:
        parse(text, notation="einstein")
    assert caught.value.message == message
    assert caught.value.spans and caught.value.advice


def test_derivatives_and_the_command(capsys):
    d = derive("A_ij x_i x_j", "x", notation="einstein")
    assert str(d.expr) == "(A + Aᵀ) x" and d.check()
    assert main(["A_ij x_i x_j", "x", "--notation", "einstein"]) == 0
    assert capsys.readouterr().out.startswith("∂f/∂x = (A + Aᵀ) x")
    with pytest.raises(OptionError, match="'auto', 'text', 'latex', 'einstein'"):
        parse("x", notation="index")


_SIZES = {"m": 3, "n": 4}
_FACTORS = {"A": "mn", "B": "nm", "S": "nn", "T": "mm", "x": "n", "z": "n", "y": "m", "δ": "nn"}


def random_product(seed):
    """A product of entries in which every index occurs once or twice: text, einsum's spec, and the names."""
    rng = random.Random(seed)
    names = [rng.choice(list(_FACTORS)) for _ in range(rng.choice((1, 2, 3, 4, 5)))]
    letters = {"m": list("abcdef"), "n": list("ijklpqr")}
    open_ones: dict[str, list[str]] = {"m": [], "n": []}
    spec = []
    for name in names:
        own = ""
        for dim in _FACTORS[name]:
            if open_ones[dim] and rng.random() < 0.6:
                own += open_ones[dim].pop(rng.randrange(len(open_ones[dim])))
            else:
                own += letters[dim].pop(0)
                open_ones[dim].append(own[-1])
        spec.append(own)
    free = "".join(sorted(open_ones["m"] + open_ones["n"]))
    text = " ".join(f"{name}_{{{own}}}" for name, own in zip(names, spec, strict=True))
    return text, f"{','.join(spec)}->{free}", names


def test_random_products_have_the_value_of_einsum():
    read_of = 0
    for seed in range(300):
        text, spec, names = random_product(seed)
        where = {name: " ".join(_FACTORS[name]) for name in names if name != "δ"}
        rng = np.random.default_rng(seed)
        arrays = {name: rng.standard_normal([_SIZES[d] for d in _FACTORS[name]]) for name in where} | {"δ": np.eye(4)}
        if len(spec.partition("->")[2]) > 2:
            with pytest.raises(MatcalcError):
                parse(text, where, notation="einstein")
            continue
        try:
            e = parse(text, where, notation="einstein")
        except MatcalcError as error:
            assert "runs" in error.message or "no matrix form" in error.message, (seed, text, error)
            continue
        columns = {name: a if a.ndim == 2 else a[:, None] for name, a in arrays.items()}
        want = np.einsum(spec, *[arrays[name] for name in names])
        assert np.allclose(np.ravel(evaluate(e, columns, _SIZES)), np.ravel(want)), (seed, text, str(e))
        read_of += 1
    assert read_of > 150
