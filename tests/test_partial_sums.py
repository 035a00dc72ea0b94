"""Sums over a part of a range: i < j and i ≠ j, shifted indices, sums that begin at 0, against loops."""

import itertools

import numpy as np
import pytest

from matcalc import derive, parse
from matcalc.errors import MatcalcError

N = 5


def pairs(keep, f):
    """∑ f(i, j) over the pairs of indices that are kept."""
    return lambda a: sum(f(a, i, j) for i, j in itertools.product(range(N), repeat=2) if keep(i, j))


def less(i, j):
    return i < j


def other(i, j):
    return i != j


#: Text, declarations, what it is read as, and its value by loops.
SUMS = [
    ("∑_{i<j} (x_i − x_j)²", {"x": "n"}, "½ ‖x 𝟏ᵀ − 𝟏 xᵀ‖²", pairs(less, lambda a, i, j: (a["x"][i] - a["x"][j]) ** 2)),
    ("∑_{i≠j} A_ij x_i x_j", {"A": "n n", "x": "n"}, "xᵀA x − diag(A)ᵀ x²",
     pairs(other, lambda a, i, j: a["A"][i, j] * a["x"][i] * a["x"][j])),
    (r"\sum_{1 \le i < j \le n} A_{ij} x_i x_j", {"A": "n n", "x": "n"}, "xᵀ(triu(A) − diag(diag(A))) x",
     pairs(less, lambda a, i, j: a["A"][i, j] * a["x"][i] * a["x"][j])),
    ("∑_{i≤j} A_ij", {"A": "n n"}, "sum(triu(A))", pairs(lambda i, j: i <= j, lambda a, i, j: a["A"][i, j])),
    ("∑_{i>j} A_ij x_i", {"A": "n n", "x": "n"}, "xᵀ(tril(A) − diag(diag(A))) 𝟏",
     pairs(lambda i, j: i > j, lambda a, i, j: a["A"][i, j] * a["x"][i])),
    (r"\sum_{i \neq j} x_i x_j", {"x": "n"}, "sum(x)² − ‖x‖²", pairs(other, lambda a, i, j: a["x"][i] * a["x"][j])),
    ("∑_{i<j} x_i y_j", {"x": "n", "y": "n"}, None, pairs(less, lambda a, i, j: a["x"][i] * a["y"][j])),
    ("∑_{i<j} log(1 + exp(x_j − x_i))", {"x": "n"}, None,
     pairs(less, lambda a, i, j: np.log1p(np.exp(a["x"][j] - a["x"][i])))),
    ("∑_{i<j} (x_iᵀx_j)²", {"x": "n d"}, None, pairs(less, lambda a, i, j: (a["x"][i] @ a["x"][j]) ** 2)),
    ("∑_{i≠j} ‖x_i − x_j‖²", {"x": "n d"}, None, pairs(other, lambda a, i, j: np.sum((a["x"][i] - a["x"][j]) ** 2))),
    # what is singular for i = j is no part of these sums
    ("∑_{i<j} log|x_i − x_j|", {"x": "n"}, None, pairs(less, lambda a, i, j: np.log(abs(a["x"][i] - a["x"][j])))),
    ("∑_{i≠j} 1/(x_i − x_j)^2", {"x": "n"}, None, pairs(other, lambda a, i, j: (a["x"][i] - a["x"][j]) ** -2)),
    ("∑_{i≠j} A_ij / ‖x_i − x_j‖", {"A": "n n", "x": "n d"}, None,
     pairs(other, lambda a, i, j: a["A"][i, j] / np.linalg.norm(a["x"][i] - a["x"][j]))),
    ("∑_{i<j} A_ij (D_ij − ‖x_i − x_j‖)²", {"A": "n n", "D": "n n", "x": "n d"}, None,
     pairs(less, lambda a, i, j: a["A"][i, j] * (a["D"][i, j] - np.linalg.norm(a["x"][i] - a["x"][j])) ** 2)),
    ("∑_{i<j} (1/(x_i − x_j)) (1/(x_i − x_j)) A_ij", {"A": "n n", "x": "n"}, None,
     pairs(less, lambda a, i, j: a["A"][i, j] / (a["x"][i] - a["x"][j]) ** 2)),
    ("∑_i z_i ∑_{j≠i} 1/(x_j − x_i)", {"z": "n", "x": "n"}, None,
     pairs(other, lambda a, i, j: a["z"][i] / (a["x"][j] - a["x"][i]))),
    # an index of the pair that a sum around it has is not summed again
    ("∑_j y_j ∑_{i≠j} x_i A_ij", {"y": "n", "x": "n", "A": "n n"}, "yᵀ(Aᵀ x − x ⊙ diag(A))",
     pairs(other, lambda a, i, j: a["y"][j] * a["x"][i] * a["A"][i, j])),
    ("∑_j y_j ∑_{i<j} x_i A_ij", {"y": "n", "x": "n", "A": "n n"}, None,
     pairs(less, lambda a, i, j: a["y"][j] * a["x"][i] * a["A"][i, j])),
    ("∑_j y_j ∑_{i≥j} tanh(x_i z_j)", {"y": "n", "x": "n", "z": "n"}, None,
     pairs(lambda i, j: i >= j, lambda a, i, j: a["y"][j] * np.tanh(a["x"][i] * a["z"][j]))),
    ("∑_i z_i ∑_{j<i} A_ij x_j", {"z": "n", "x": "n", "A": "n n"}, None,
     pairs(lambda i, j: j < i, lambda a, i, j: a["z"][i] * a["A"][i, j] * a["x"][j])),
    # limits that are indices
    ("∑_{i=1}^{n} ∑_{j=1}^{i} x_i y_j", {"x": "n", "y": "n"}, "yᵀtriu(𝟏𝟏ᵀ) x",
     pairs(lambda i, j: j <= i, lambda a, i, j: a["x"][i] * a["y"][j])),
    ("∑_{i=2}^{n} x_i ∑_{j=1}^{i-1} y_j", {"x": "n", "y": "n"}, None,
     pairs(lambda i, j: j < i, lambda a, i, j: a["x"][i] * a["y"][j])),
    ("∑_{i=1}^{n-1} ∑_{j=i+1}^{n} A_ij x_i x_j", {"x": "n", "A": "n n"}, "xᵀ(triu(A) − diag(diag(A))) x",
     pairs(less, lambda a, i, j: a["A"][i, j] * a["x"][i] * a["x"][j])),
    ("∑_{i=2}^{n} x_i ∑_{j<i} y_j", {"x": "n", "y": "n"}, None,
     pairs(lambda i, j: j < i, lambda a, i, j: a["x"][i] * a["y"][j])),
    ("∑_{i=1}^{n} ∑_{j=i}^{n} A_ij", {"A": "n n"}, "sum(triu(A))",
     pairs(lambda i, j: i <= j, lambda a, i, j: a["A"][i, j])),
    ("∑_{i=1}^{n} (∑_{j=1}^{i} x_j − y_i)²", {"x": "n", "y": "n"}, None,
     lambda a: np.sum((np.cumsum(a["x"]) - a["y"]) ** 2)),
    ("∑_j log(∑_{k≠j} exp(A_jk))", {"A": "n n"}, None,
     lambda a: sum(np.log(sum(np.exp(a["A"][j, k]) for k in range(N) if k != j)) for j in range(N))),
    ("∑_{i=1}^{n−1} (x_{i+1} − x_i)²", {"x": "n"}, "‖x[2:n] − x[1:n − 1]‖²", lambda a: np.sum(np.diff(a["x"]) ** 2)),
    ("∑_{i=2}^{n} (x_i − x_{i−1})²", {"x": "n"}, "‖x[2:n] − x[1:n − 1]‖²", lambda a: np.sum(np.diff(a["x"]) ** 2)),
    ("∑_{i=1}^{n-2} (x_{i+2} − 2 x_{i+1} + x_i)²", {"x": "n"}, None, lambda a: np.sum(np.diff(a["x"], 2) ** 2)),
    ("∑_{i=2}^{n} x_i", {"x": "n"}, "sum(x[2:n])", lambda a: a["x"][1:].sum()),
    ("∑_{i=2}^{n} i x_i", {"x": "n"}, None, lambda a: np.arange(2, N + 1) @ a["x"][1:]),
    ("∑_{t=1}^{n−1} ‖x_{t+1} − A x_t‖²", {"x": "n d", "A": "d d"}, None,
     lambda a: np.sum((a["x"][1:] - a["x"][:-1] @ a["A"].T) ** 2)),
    ("∑_{i=1}^{n-1} ∑_{j=1}^{n-1} A_{i+1,j} A_{i,j+1}", {"A": "n n"}, None,
     lambda a: np.sum(a["A"][1:, :-1] * a["A"][:-1, 1:])),
    ("∑_{i=1}^{n-1} (A x)_{i+1} x_i", {"A": "n n", "x": "n"}, None, lambda a: (a["A"] @ a["x"])[1:] @ a["x"][:-1]),
    ("∑_{i=0}^{n-1} x_i", {"x": "n"}, "sum(x)", lambda a: a["x"].sum()),
    ("∑_{i,j=1}^n A_{ij}", {"A": "n n"}, "sum(A)", lambda a: a["A"].sum()),
    ("exp(x_1)/∑ⱼ exp(zⱼ)", {"x_1": "", "z": "n"}, "exp(x₁) / sum(exp(z))",
     lambda a: np.exp(a["x₁"]) / np.exp(a["z"]).sum()),
]  # fmt: skip


@pytest.mark.parametrize(("text", "where", "formula", "value"), SUMS, ids=[s[0] for s in SUMS])
def test_value_and_gradient(text, where, formula, value):
    e = parse(text, where)
    assert formula is None or str(e) == formula
    rng = np.random.default_rng(0)
    for name in where:
        d = derive(text, name, where=where)
        given = {n: rng.normal(size=[{"n": N, "d": 3}[dim] for dim in s.shape if dim != 1]) for n, s in d.where.items()}
        got = d.compile(what=("value", "derivative"))(**given)
        assert np.isclose(got[0], value(given)), text
        assert d.check(), text


def test_polynomials_from_0():
    d = derive("∑_{i=1}^n (y_i − ∑_{j=0}^d θ_j x_i^j)²", "θ")
    rng = np.random.default_rng(1)
    x, y, theta = rng.normal(size=6), rng.normal(size=6), rng.normal(size=4)
    v = np.vander(x, 4, increasing=True)
    assert np.allclose(d.compile()(x=x, y=y, θ=theta), 2 * v.T @ (v @ theta - y))
    assert d.where["θ"].shape[0] != "d" and "θ ∈ ℝ^{d + 1}" in str(d)


REFUSED = [
    ("∑_i x_{i+1} y_i", {}, "nothing says how far the index i runs, which is shifted here"),
    ("∑_{i=1}^{n} x_{i+1} y_i", {"x": "n", "y": "n"}, "the sum takes n + 1 entries of x, which has n"),
    ("∑_{i=1}^{n} x_{i-1} y_i", {}, "i − 1 is less than 1 where the sum begins"),
    ("∑_{i=0}^{n-1} x_{i+1}", {}, "nothing says how far the index i runs, which is shifted here"),
    ("∑_{j=0}^{d} θ_j x^j", {"θ": "d", "x": ""}, "the sum runs from 0 to d, and what is summed has d entries"),
    ("∑_{i<j} A_ij", {"A": "3 4"}, "the indices that are compared run to 3 and to 4"),
    ("∑_{i<i} A_ii", {}, "i is compared with itself"),
    ("∑_{i=1}^{n} ∑_{j=1}^{2i} x_i y_j", {}, "the upper limit 2i is not read"),
    ("∑_{i=1}^n x_i y_n", {}, "n is the limit of this sum, and no index of a sum around it"),
    ("∑_{j=i+1}^n x_j", {}, "i is the limit of this sum, and no index of a sum around it"),
    ("∑_{i=2}^{n} (x_i + ∑_{j=1}^{i-1} y_j)", {}, "a sum whose limit is an index that does not begin at 1 is not read"),
    ("∑_{i=1}^{n-1} (x_i + ∑_{j=i+1}^{n} y_j)", {}, "the sum runs to n − 1, and what is summed has n entries"),
    ("∑_{i=3}^{n} x_i ∑_{j<i} y_j", {}, "a sum whose limit is an index that does not begin at 1 is not read"),
    ("∑_{i∈S} x_i", {}, "the index i∈S of a sum is not read"),
    ("∏ᵢ xᵢ", {}, "products over an index are not read"),
    ("∑_{i<j} x_i A_{jk}", {}, "a sum over pairs of what is no number for each pair is not read"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "where", "message"), REFUSED, ids=[r[0] for r in REFUSED])
def test_refused(text, where, message):
    with pytest.raises(MatcalcError) as caught:
        parse(text, where)
    assert caught.value.message == message
    assert caught.value.spans
