"""Curvature: the verdicts of a table, and every verdict held against random chords of the function."""

import numpy as np
import pytest

from matcalc import DerivativeError
from matcalc.codegen.compiled import compile_numpy
from matcalc.codegen.sampling import sample, sizes_for
from matcalc.convexity import curvature, read_function

#: function, variable, declarations, verdict
TABLE = [
    # least squares and its penalties
    ("‖Xβ − Y‖²", "β", {"Y": "n"}, "convex"),
    ("‖y − X w‖² + λ ‖w‖²", "w", {"λ": "scalar positive"}, "convex"),
    ("‖y − X w‖² + λ ‖w‖²", "w", None, "unknown"),
    ("(y − X w)ᵀ W (y − X w)", "w", {"W": "n n psd"}, "convex"),
    ("−‖A x − b‖²", "x", None, "concave"),
    ("‖A x − b‖⁴", "x", None, "convex"),
    ("‖A X − B‖²", "X", {"X": "n k"}, "convex"),
    ("‖A X − B‖² + λ ‖X‖²", "X", {"X": "n n symmetric", "λ": "scalar positive"}, "convex"),
    ("sum(C ⊙ X ⊙ X)", "X", {"C": "n k nonnegative"}, "convex"),
    # likelihoods
    ("sum(softplus(−y ⊙ (X w))) + ½ λ ‖w‖²", "w", {"λ": "scalar nonnegative"}, "convex"),
    ("sum(exp(A x)) − bᵀA x", "x", None, "convex"),
    ("logsumexp(A x + b)", "x", None, "convex"),
    ("−logdet(X) + tr(A X)", "X", {"X": "n n spd"}, "convex"),
    ("logdet(X)", "X", {"X": "n n spd"}, "concave"),
    ("tr(A X⁻¹)", "X", {"X": "n n spd", "A": "n n psd"}, "convex"),
    ("sum(x ⊙ log(x))", "x", {"x": "n"}, "convex"),
    # quadratic forms
    ("xᵀS x", "x", {"S": "n n psd"}, "convex"),
    ("−xᵀS x", "x", {"S": "n n psd"}, "concave"),
    ("xᵀA x", "x", {"A": "n n"}, "unknown"),
    ("tr(Xᵀ S X)", "X", {"S": "n n psd", "X": "n k"}, "convex"),
    # kinks
    ("‖x‖₁", "x", {"x": "n"}, "convex"),
    ("‖A x − b‖ + ‖x‖²", "x", None, "convex"),
    ("sum(relu(A x + b))", "x", None, "convex"),
    ("max(A x)", "x", {"A": "m n"}, "convex"),
    # monotone functions of what is convex or concave
    ("‖x‖³", "x", {"x": "n"}, "convex"),
    ("‖A x − b‖³", "x", None, "convex"),
    ("exp(‖x‖)", "x", {"x": "n"}, "convex"),
    ("relu(aᵀx − b)²", "x", {"a": "n", "b": "scalar", "x": "n"}, "convex"),
    ("‖x‖₁²", "x", {"x": "n"}, "convex"),
    ("−λ ‖x‖³", "x", {"x": "n", "λ": "scalar positive"}, "concave"),
    ("max(x)²", "x", {"x": "n"}, "unknown"),
    ("1/‖x‖", "x", {"x": "n"}, "unknown"),
    ("log(‖x‖)", "x", {"x": "n"}, "unknown"),
    ("exp(−‖x‖)", "x", {"x": "n"}, "unknown"),
    ("sqrt(‖x‖)", "x", {"x": "n"}, "unknown"),
    ("−max(A x)", "x", {"A": "m n"}, "concave"),
    ("min(A x)", "x", {"A": "m n"}, "concave"),
    ("relu(x) − x", "x", None, "convex"),
    ("‖x‖² − ‖x‖", "x", {"x": "n"}, "unknown"),
    ("relu(x) relu(−x)", "x", {"x": "scalar"}, "unknown"),
    # scalars, and domains that are not convex
    ("x⁴", "x", None, "convex"),
    ("x³", "x", None, "unknown"),
    ("sin(x)", "x", None, "unknown"),
    ("sqrt(x)", "x", {"x": "scalar"}, "concave"),
    ("x log(x)", "x", {"x": "scalar"}, "convex"),
    ("1/x", "x", {"x": "scalar positive"}, "convex"),
    ("1/x²", "x", None, "unknown"),
    ("log(x²)", "x", None, "unknown"),
    ("−sum(log(b − A x))", "x", None, "convex"),
    ("cᵀx + 3", "x", {"c": "n"}, "affine"),
    ("3", "x", None, "absent"),
]


@pytest.mark.parametrize(("f", "wrt", "where", "verdict"), TABLE, ids=[row[0] for row in TABLE])
def test_verdict(f, wrt, where, verdict):
    if verdict == "absent":
        with pytest.raises(DerivativeError, match="x does not occur"):
            curvature(f, wrt, where=where)
        return
    found = curvature(f, wrt, where=where)
    assert found.verdict == verdict
    assert found.certificate


@pytest.mark.parametrize(
    ("f", "wrt", "where", "verdict"),
    [r for r in TABLE if r[3] in ("convex", "concave", "affine")],
    ids=lambda v: str(v)[:20],
)
def test_chords_lie_on_the_right_side(f, wrt, where, verdict):
    reading = read_function(f, where, (wrt,))
    value = compile_numpy({"value": reading.expr}, reading.symbols)
    rng = np.random.default_rng(0)
    seen = 0
    for _ in range(40):
        sizes = sizes_for(reading.symbols, rng)
        data = sample(reading.symbols, sizes, rng)
        other = sample({wrt: reading.symbols[wrt]}, sizes, rng)[wrt]
        t = rng.uniform()
        with np.errstate(all="ignore"):
            a, b, between = (
                float(value(**{**data, wrt: x})) for x in (data[wrt], other, t * data[wrt] + (1 - t) * other)
            )
        gap = t * a + (1 - t) * b - between
        if not np.isfinite(gap):
            continue
        seen += 1
        tolerance = 1e-9 * (1 + abs(a) + abs(b))
        assert verdict != "convex" or gap >= -tolerance
        assert verdict != "concave" or gap <= tolerance
        assert verdict != "affine" or abs(gap) <= tolerance
    assert seen


def test_the_certificate_names_the_term():
    found = curvature("‖y − X w‖² + λ ‖w‖²", "w")
    assert found.certificate == ("Hessian 2 (XᵀX + λ I): the sign of 2 λ I is not known",)


def test_a_vector_has_no_curvature():
    with pytest.raises(DerivativeError, match="scalar function"):
        curvature("A x", "x")


def test_terms_of_two_signs_are_called_so():
    found = curvature("sum(exp(x)) − ‖x‖²", "x")
    assert found.verdict == "unknown"
    assert found.certificate == (
        "Hessian diag(exp(x)) − 2 I: diag(exp(x)) is positive semidefinite, and the others are not",
        "Hessian diag(exp(x)) − 2 I: −2 I is negative semidefinite, and the others are not",
    )
    assert curvature("sum(log(x))", "x", where={"x": "n"}).certificate == (
        "Hessian −diag(𝟏 ⊘ x²): for minus it, diag(𝟏 ⊘ x²) is positive semidefinite",
    )
