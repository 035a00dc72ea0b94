"""Eigenvalues and singular values: their names, their second derivatives by value, and the named parts of answers."""

import numpy as np
import pytest

from matcalc import derive, parse
from matcalc.check import difference_quotients
from matcalc.errors import ShapeError

WRITTEN = [
    ("λ_max(S)", "eigmax(S)"), ("lambda_max(S)", "eigmax(S)"), ("λmax(S)", "eigmax(S)"), ("lambdamax(S)", "eigmax(S)"),
    (r"\lambda_{\max}(S)", "eigmax(S)"), ("λ_min(S)", "−eigmax(−S)"), (r"\lambda_{\min}(S)", "−eigmax(−S)"),
    ("σ_max(A)", "spectral(A)"), ("sigma_max(A B)", "spectral(A B)"), (r"\sigma_{\max}(A)", "spectral(A)"),
    ("‖A‖_*", "‖A‖_*"), (r"\|A\|_*", "‖A‖_*"), (r"\left\|A B\right\|_{*}", "‖A B‖_*"), ("nuclear(A)", "‖A‖_*"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "printed"), WRITTEN, ids=[text for text, _ in WRITTEN])
def test_the_names_in_use_are_read(text, printed):
    e = parse(text)
    assert str(e) == printed
    assert parse(str(e)) is e


def test_a_declared_name_is_a_symbol_before_it_is_a_function():
    assert derive("λ_max x", "x", where={"λ_max": "scalar", "x": "scalar"}).shape == (1, 1)


def test_the_nuclear_norm_of_a_vector_is_refused():
    with pytest.raises(ShapeError, match="nuclear norm"):
        parse("‖x‖_*", where={"x": "n"})


def symmetric(n, rng):
    root = rng.normal(size=(n, n))
    return root + root.T


def singular_values(x):
    """By the eigenvalues of XᵀX: another way than the code takes."""
    return np.sqrt(np.maximum(np.linalg.eigvalsh(x.T @ x if x.shape[0] >= x.shape[1] else x @ x.T), 0.0))


#: (text, the variable, declarations, the value in NumPy, what the other arguments are)
SECOND = [
    ("λ_max(S)", "S", {"S": "n n"}, lambda S: np.linalg.eigvalsh((S + S.T) / 2)[-1], (4, 4)),
    ("λ_max(S)²", "S", {"S": "n n"}, lambda S: np.linalg.eigvalsh((S + S.T) / 2)[-1] ** 2, (3, 3)),
    ("λ_min(S)", "S", {"S": "n n"}, lambda S: np.linalg.eigvalsh((S + S.T) / 2)[0], (3, 3)),
    ("λ_max(A + diag(x))", "x", {"A": "n n symmetric", "x": "n"},
     lambda A, x: np.linalg.eigvalsh(A + np.diag(x))[-1], (4,)),
    ("λ_max(X Xᵀ)", "X", {"X": "m n"}, lambda X: np.linalg.eigvalsh(X @ X.T)[-1], (3, 2)),
    ("spectral(X)", "X", {"X": "m n"}, lambda X: singular_values(X)[-1], (4, 3)),
    ("spectral(X)", "X", {"X": "m n"}, lambda X: singular_values(X)[-1], (2, 4)),
    ("spectral(X)", "X", {"X": "m n"}, lambda X: singular_values(X)[-1], (3, 1)),
    ("½ σ_max(A X)²", "X", {"A": "k m", "X": "m n"}, lambda A, X: singular_values(A @ X)[-1] ** 2 / 2, (3, 2)),
    ("‖X‖_*", "X", {"X": "m n"}, lambda X: singular_values(X).sum(), (4, 2)),
    ("‖X‖_*", "X", {"X": "m n"}, lambda X: singular_values(X).sum(), (2, 4)),
    ("‖X‖_*", "X", {"X": "m n"}, lambda X: singular_values(X).sum(), (3, 3)),
    ("‖A X‖_* + ‖X‖²", "X", {"A": "m m", "X": "m n"},
     lambda A, X: singular_values(A @ X).sum() + np.sum(X**2), (3, 2)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "wrt", "where", "value", "shape"), SECOND, ids=[f"{row[0]} {'×'.join(map(str, row[4]))}" for row in SECOND]
)
def test_second_derivative_by_value(text, wrt, where, value, shape):
    """The array, and the map in a direction with its adjoint, against difference quotients of difference quotients."""
    rng = np.random.default_rng(8)
    known = {"A": symmetric(4, rng) if where.get("A", "").endswith("symmetric") else rng.normal(size=(3, 3))}
    known = {name: array for name, array in known.items() if name in where}
    at = rng.normal(size=shape)

    def gradient(x):
        return difference_quotients(lambda y: np.array([[value(**known, **{wrt: y})]]), x)[0].reshape(x.shape)

    first = derive(text, wrt, where=where)
    np.testing.assert_allclose(first.compile()(**known, **{wrt: at}), gradient(at), atol=1e-7)
    d = derive(text, wrt, where=where, order=2)
    ours = first.compile()
    wanted, _ = difference_quotients(lambda x: np.atleast_2d(ours(**known, **{wrt: x}).reshape(1, -1)), at)
    wanted = wanted.reshape(*shape, *shape)
    np.testing.assert_allclose(d.compile()(**known, **{wrt: at}), wanted, atol=2e-6)
    v = rng.normal(size=shape)
    product = np.tensordot(wanted, v, axes=len(shape))
    np.testing.assert_allclose(d.jvp("V").compile()(**known, **{wrt: at, "V": v}), product, atol=2e-6)
    np.testing.assert_allclose(d.vjp("U").compile()(**known, **{wrt: at, "U": v}), product, atol=2e-6)
    assert d.check()
    assert d.conditions


def test_the_pseudoinverse_of_the_resolvent_leaves_the_eigenvector_out_at_every_size():
    """λ I − S is singular to rounding, which no threshold decides for every size."""
    rng = np.random.default_rng(2)
    for n in (2, 20, 120):
        s, v = symmetric(n, rng), rng.normal(size=n)
        h = derive("λ_max(A + diag(x))", "x", where={"A": "n n symmetric", "x": "n"}, order=2)
        x = rng.normal(size=n)
        w, vectors = np.linalg.eigh(s + np.diag(x))
        top = vectors[:, -1]
        moved = vectors[:, :-1].T @ (v * top)
        wanted = 2 * top * (vectors[:, :-1] @ (moved / (w[-1] - w[:-1])))
        np.testing.assert_allclose(h.compile()(A=s, x=x) @ v, wanted, rtol=1e-8, atol=1e-10)


SHOWN = [
    ("λ_max(S)", "S", {"S": "n n symmetric"}, "v vᵀ", ["v = eigvec(S)"]),
    ("λ_max(S)²", "S", {"S": "n n symmetric"}, "2 λ v vᵀ", ["λ = eigmax(S)", "v = eigvec(S)"]),
    ("λ λ_max(S)²", "S", {"S": "n n symmetric"}, "2 λ λ₁ v vᵀ", ["λ₁ = eigmax(S)", "v = eigvec(S)"]),
    ("vᵀx λ_max(S)", "S", {"S": "v v symmetric", "v": "v", "x": "v"}, "(vᵀx) v₁ v₁ᵀ", ["v₁ = eigvec(S)"]),
    ("λ_max(A + diag(x))", "x", {"A": "n n symmetric", "x": "n"}, "v²", ["M = A + diag(x)", "v = eigvec(M)"]),
    ("σ_max(A X)", "X", {"A": "k m", "X": "m n"}, "Aᵀ u vᵀ", ["u = leftsingular(A X)", "v = rightsingular(A X)"]),
    ("‖A X‖_*", "X", {"A": "m m", "X": "m n"}, "Aᵀ Q", ["Q = polar(A X)"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "wrt", "where", "shown", "names"), SHOWN, ids=[row[0] for row in SHOWN])
def test_named_parts_on_the_page(text, wrt, where, shown, names):
    """Letters that meet no symbol and no dimension, each with its value, in text, LaTeX, HTML and derivation."""
    d = derive(text, wrt, where=where)
    lines = str(d).splitlines()
    assert lines[0].split("          ")[0] == f"∂f/∂{wrt} = {shown}"
    stands = [line.removeprefix("  where ").strip() for line in lines[1 : 1 + len(names)]]
    assert [line.split("          ")[0] for line in stands] == names
    assert parse(str(d.expr), where={n: s for n, s in where.items() if n in str(d.expr)}) is d.expr
    assert "where" in d.latex() and "eigvec" not in d.latex().split("where")[0]
    html = d._repr_mimebundle_()["text/html"]
    assert all(f"{name.split()[0]} is " in html for name in names if " + " not in name)
    page = d.explain()
    assert f"∂f/∂{wrt} = {shown} " in page
    assert all(name.split(" = ")[0] in [step.head.name for step in d.steps] for name in names if " + " not in name)
    assert d.steps.check()


def test_the_parts_of_several_answers_have_one_list():
    d = derive("λ_max(S)² + σ_max(X)", ["S", "X"], where={"S": "n n symmetric", "X": "m n"})
    assert str(d).splitlines()[:6] == [
        "∂f/∂S = 2 λ v vᵀ          S ∈ ℝⁿˣⁿ symmetric, X ∈ ℝᵐˣⁿ",
        "∂f/∂X = u v₁ᵀ",
        "  where λ = eigmax(S)          the largest eigenvalue of S",
        "        v = eigvec(S)          the unit eigenvector of S for its largest eigenvalue",
        "        u = leftsingular(X)          the unit left singular vector of X for its largest singular value",
        "        v₁ = rightsingular(X)          the unit right singular vector of X for its largest singular value",
    ]
    assert d.latex().count("where") == 1


def test_the_second_differential_of_an_eigenvalue_as_published():
    d = derive("λ_max(S)", "S", where={"S": "n n symmetric"}, order=2)
    assert str(d).splitlines()[-1] == "  d²f = 2 vᵀdS R dS v"
    assert [str(step) for step in d.steps][-3:] == [
        "R = resolvent(S)",
        "dv = ½ R(dS + dSᵀ) v",
        "dg = ½ (R(dS + dSᵀ) v vᵀ + v vᵀ(dS + dSᵀ) R)",
    ]
    assert d.steps.check()
    for text, where in (("σ_max(X)", {"X": "m n"}), ("‖X‖_*", {"X": "m n"}), ("λ_max(X)", {"X": "n n symmetric"})):
        assert derive(text, "X", where=where, order=2).steps.check()
