"""Conditions: each is needed, none is said twice in other words, and what can never hold is refused."""

import pytest

from matcalc import MatcalcError, derive, differential, parse, simplify
from matcalc.errors import DerivativeError

SAID = [
    ("sum(log(x)) + sum(1/x)", "x", "x: n", ("x > 0",)),
    ("sum(log(x)) + sum(abs(x)) + ‖x‖", "x", "x: n", ("x > 0",)),
    ("‖x‖₁ + ‖x‖", "x", "x: n", ("no entry of x is 0",)),
    ("‖x‖^p", "x", "x: n, p scalar", ("x ≠ 0",)),
    ("abs(2 x)", "x", "x scalar", ("x ≠ 0",)),
    ("‖2 x‖₁", "x", "x: n", ("no entry of x is 0",)),
    ("log(2 x)", "x", "x scalar", ("x > 0",)),
    ("log(−3 x)", "x", "x scalar", ("x < 0",)),
    ("log(α x)", "x", "x scalar, α scalar positive", ("x > 0",)),
    ("log(α x)", "x", "x scalar, α scalar", ("α x > 0",)),
    ("1/(α x)", "x", "x scalar, α scalar", ("α ≠ 0", "x ≠ 0")),
    ("log(x) + 1/x + x^y", "x", "x scalar, y scalar", ("x > 0",)),
    ("‖x‖₁", "x", "x: n positive", ()),
    ("log(det(X)) + tr(X⁻¹)", "X", "X: n n", ("det(X) > 0",)),
    ("logdet(X) + 1/det(X)", "X", "X: n n", ("X invertible",)),
    ("logdet(X) + tr(X⁻¹)", "X", "X: n n", ("X invertible",)),
    ("sqrt(2) xᵀx + log(2 π) sum(x)", "x", "x: n", ()),
    ("(−1)^k xᵀx", "x", "x: n, k scalar", ("k whole",)),
    ("(−1)^k xᵀx", "x", "x: n, k scalar integer", ()),
    ("k log(p) + (n − k) log(1 − p)", "p", "p scalar, k scalar, n scalar", ("p > 0", "p < 1")),
    ("‖x − y‖ + 1/(a − b)", "x", "x: n, y: n, a scalar, b scalar", ("x ≠ y", "a ≠ b")),
    ("log(1 − σ(x))", "x", "x scalar", ()),
    ("1/(1 + sqrt(x)) + 1/(b^p + x^p)", "x", "x scalar, b scalar, p scalar", ("x > 0", "b > 0")),
    ("sqrt(wᵀS w)", "w", "w: n, S: n n spd", ("w ≠ 0",)),
    ("sum(p ⊙ log(p ⊘ q))", "p", "p: n, q: n", ("p ⊘ q > 0",)),
    ("sqrt(1 + xᵀx) + log(1 + exp(x)ᵀ exp(x))", "x", "x: n", ()),
    # what was read counts, and not only what is left of it
    ("sqrt(x)²", "x", "x scalar", ("x > 0",)),
    ("sqrt(x)² + x", "x", "x scalar nonnegative", ()),
    ("x^0.5 x^0.5", "x", "x scalar", ("x > 0",)),
    ("sum(sqrt(x)²)", "x", "x: n", ("x > 0",)),
    ("∑ᵢ sqrt(xᵢ)²", "x", "x: n", ("x > 0",)),
    ("u = sqrt(x); u² + x", "x", "x scalar", ("x > 0",)),
    ("1/(1/x)", "x", "x scalar", ("x ≠ 0",)),
    ("(x⁻¹)⁻¹", "x", "x scalar", ("x ≠ 0",)),
    (r"\frac{1}{\frac{1}{x}}", "x", "x scalar", ("x ≠ 0",)),
    ("x² + 0/x", "x", "x scalar", ("x ≠ 0",)),
    ("tr((X⁻¹)⁻¹)", "X", "X: n n", ("X invertible",)),
    ("tr((X⁻²)⁻¹)", "X", "X: n n", ("X invertible",)),
    ("(x²)^a", "x", "x scalar, a scalar", ("x ≠ 0",)),
    ("‖x‖² + ‖x‖⁴ + abs(sum(x))²", "x", "x: n", ()),
    # a function exists with its constants, and is differentiable in its variable alone
    ("‖x‖ ‖y‖ xᵀy", "x", "x: n, y: n", ("x ≠ 0",)),
    ("sqrt(y − z) x", "x", "x scalar, y scalar, z scalar", ("y ≥ z",)),
    ("sqrt(y)² x", "x", "x scalar, y scalar", ("y ≥ 0",)),
    ("sqrt(−y) x", "x", "x scalar, y scalar", ("y ≤ 0",)),
    ("x/sqrt(y)", "x", "x scalar, y scalar", ("y > 0",)),
    ("‖x‖²/‖y‖", "x", "x: n, y: n", ("y ≠ 0",)),
]


@pytest.mark.parametrize(("f", "x", "where", "conditions"), SAID, ids=[s[0] for s in SAID])
def test_conditions(f, x, where, conditions):
    d = derive(f, x, where=where)
    assert d.conditions == conditions
    assert d.check()


@pytest.mark.parametrize(
    "number",
    ["log(−1)", "log(0)", "sqrt(−2)", "arccos(2)", "(−8)^(1/3)", "sqrt(log(1/2))", "log(sqrt(2) − 3)", "arctanh(1)"],
)
def test_a_number_without_a_value_is_refused_where_it_stands(number):
    with pytest.raises(MatcalcError, match="has no real value") as refused:
        parse(f"xᵀx + {number}")
    assert refused.value.spans == ((6, 6 + len(number)),)


@pytest.mark.parametrize("number", ["log(2)", "sqrt(0)", "arccos(1)", "relu(0)", "log(sqrt(2) − 1)", "log(2 π)"])
def test_a_number_with_a_value_is_read(number):
    assert str(parse(number))


def test_a_power_of_a_negative_number_has_no_derivative_by_its_exponent():
    with pytest.raises(MatcalcError, match="negative base"):
        derive("(−2)^x", "x", where={"x": "scalar"})


@pytest.mark.parametrize(
    ("f", "said", "marked"),
    [
        ("x/(y−y)", "y − y is always 0, and divides", "(y−y)"),
        ("x/(x−x)", "x − x is always 0, and divides", "(x−x)"),
        ("x + 1/(y z − z y)", "y z − z y is always 0, and divides", "(y z − z y)"),
        ("u = y − y; x/u", "y − y is always 0, and divides", "y − y"),
        (r"x + \frac{x}{y-y}", "y − y is always 0, and divides", r"\frac{x}{y-y"),
        ("x + 1/‖A − A‖", "‖A − A‖² is always 0, and divides", "‖A − A‖"),
        ("x + tr((A − A)⁻¹)", "A − A is always 0, and has no inverse", "(A − A)"),
        ("x + sum(v ⊘ (v − v))", "v − v is always 0, and divides", "(v − v)"),
        ("x log(y−y)", "y > y can never hold", "y−y"),
        ("x + log(−x²)", "−x² > 0 can never hold", "−x²"),
        ("sqrt(x − x)", "x > x can never hold", "x − x"),
    ],
)
@pytest.mark.parametrize("of", ["derive", "differential", "simplify"])
def test_what_exists_nowhere_is_refused_where_it_stands(f, said, marked, of):
    where = {"x": "", "y": "", "z": "", "A": "n n", "v": "n"}
    where = {name: shape for name, shape in where.items() if name in f}
    if of == "simplify" and f == "sqrt(x − x)":
        return  # the value exists, and is 0
    with pytest.raises(DerivativeError) as refused:
        {"derive": lambda: derive(f, "x", where=where), "differential": lambda: differential(f, where=where),
         "simplify": lambda: simplify(f, where=where)}[of]()  # fmt: skip
    assert refused.value.message == said
    ((start, end),) = refused.value.spans
    assert refused.value.source == f and f[start:end] == marked
