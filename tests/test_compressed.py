"""The compressed form: factors that together are the array, each no larger than δ leaves it."""

import numpy as np
import pytest

from matcalc import DerivativeError, derive
from matcalc.check import difference_quotients

#: (function, variable, declarations, order, what the factors are)
FORMS = [
    ("‖T − U Vᵀ‖²", "U", {"T": "m n", "U": "m r", "V": "n r"}, 2, ["δ_ik, axes j l: r×r"]),
    ("A X", "X", {"A": "m n", "X": "n p"}, 1, ["δ_jl, axes i k: m×n"]),
    ("X ⊙ A", "X", {"A": "m n", "X": "m n"}, 1, ["δ_ik δ_jl, axes i j: m×n"]),
    ("tanh(W x)", "W", {"W": "m n", "x": "n"}, 1, ["δ_ij, axes i k: m×n"]),
    ("X Xᵀ", "X", {"X": "m n"}, 1, ["δ_ik, axes j l: m×n", "δ_jk, axes i l: m×n"]),
    ("diag(x) A", "x", {"x": "m", "A": "m n"}, 1, ["δ_ik, axes i j: m×n"]),
    ("½ ‖X‖²", "X", {"X": "m n"}, 2, ["δ_ik δ_jl: a scalar"]),
    ("‖X‖⁴", "X", {"X": "m n"}, 2, ["no δ, axes i j k l: m×n×m×n", "δ_ik δ_jl: a scalar"]),
    ("sum(softplus(X W))", "W", {"X": "m n", "W": "n p"}, 2, ["δ_jl, axes i j k: n×p×n"]),
    ("softmax(W x)", "W", {"W": "m n", "x": "n"}, 1, ["δ_ij, axes i k: m×n", "no δ, axes i j k: m×m×n"]),
    ("tr(X) X", "X", {"X": "n n"}, 1, ["δ_kl, axes i j: n×n", "δ_ik δ_jl: a scalar"]),
    ("tril(X)", "X", {"X": "n n"}, 1, ["δ_ik δ_jl, axes i j: n×n"]),
]  # fmt: skip
SIZES = {"m": 3, "n": 4, "p": 5, "r": 2}


@pytest.mark.parametrize(("text", "wrt", "where", "order", "said"), FORMS, ids=[row[0] for row in FORMS])
def test_the_factors_are_the_array(text, wrt, where, order, said):
    rng = np.random.default_rng(1)
    d = derive(text, wrt, where=where, order=order)
    compressed = d.compressed
    assert [str(factor) for factor in compressed] == said
    given = {n: rng.normal(size=[SIZES[word] for word in shape.split()]) for n, shape in where.items()}
    found = compressed.compile()(**given)
    arrays = found if isinstance(found, tuple) else (found,)
    for factor, array in zip(compressed, arrays, strict=True):
        assert np.shape(array) == tuple(SIZES[axis] for axis in factor.axes)
    whole = compressed.full(**given)
    np.testing.assert_allclose(whole, d.compile()(**given), atol=1e-12)
    below = (
        derive(text, wrt, where=where).compile() if order == 2 else derive(text, wrt, where=where).compile(what="value")
    )

    def moved(x):
        return np.atleast_2d(np.ravel(below(**{**given, wrt: x})))

    wanted, _ = difference_quotients(moved, given[wrt])
    np.testing.assert_allclose(whole, wanted.reshape(whole.shape), atol=1e-5)


def test_the_whole_array_is_never_made_for_the_factors():
    d = derive("‖T − U Vᵀ‖²", "U", where={"T": "m n", "U": "m r", "V": "n r"}, order=2)
    given = {"T": np.ones((100_000, 3)), "U": np.ones((100_000, 2)), "V": np.ones((3, 2))}
    assert d.compressed.compile()(**given).tolist() == [[6.0, 6.0], [6.0, 6.0]]
    assert "return 2 * (V.T @ V)" in d.compressed.code()


@pytest.mark.parametrize(
    ("text", "wrt", "where", "reason"),
    [
        ("A X B", "X", None, "no δ joins two axes"),
        ("expm(X)", "X", {"X": "n n"}, "no entries in closed form"),
        ("xᵀA x", "x", None, "at most two axes"),
        ("A ⊗ X", "X", None, "no closed form"),
    ],
)
def test_what_has_no_compressed_form_says_why(text, wrt, where, reason):
    with pytest.raises(DerivativeError, match=reason):
        _ = derive(text, wrt, where=where).compressed
