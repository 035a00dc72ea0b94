"""Derivatives by an entry, a row or a column: the arrays against the slices of difference quotients, and the forms."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace

import numpy as np
import pytest

from matcalc import derive, parse
from matcalc.algebra.build import add, apply, multiply, number, symbol
from matcalc.algebra.entries import cut, narrow, placed, unit
from matcalc.algebra.expr import symbols_of
from matcalc.algebra.operations import REGISTRY
from matcalc.algebra.shapes import SCALAR, dim_names, dim_substitute
from matcalc.calculus.readings import axes_of
from matcalc.check import difference_quotients
from matcalc.cli import main
from matcalc.codegen.compiled import compile_numpy
from matcalc.errors import (
    AmbiguityError,
    DataError,
    DeclarationError,
    DerivativeError,
    MatcalcError,
    NotYetError,
    ParseError,
)
from matcalc.notation.parts import part_of
from tests.evaluate import evaluate
from tests.random_functions import Generator, _regular

SYMMETRIC = {"X": "n n symmetric"}
IJ = "i index, j index"

#: (function, variable, declarations, the answer as it is printed)
ANSWERS = [
    ("‖A x − b‖²", "A_{i,:}", "", "2 (A x − b)ᵢ xᵀ"),
    ("‖A x − b‖²", "A_{:,j}", "", "2 xⱼ (A x − b)"),
    ("‖A x − b‖²", "A_{iq}", "", "2 (A x − b)ᵢ x_q"),
    ("‖A x − b‖²", "A_{1,2}", "", "2 (A x − b)₁ (x)₂"),
    ("‖A x − b‖²", "x_3", "", "2 (A x − b)ᵀ A_{:,3}"),
    ("A x", "A_{i,:}", "", "eᵢ xᵀ"),
    ("A x", "A_{iq}", "", "x_q eᵢ"),
    ("A x", "A_{:,2}", "", "(x)₂ I"),
    ("A x", "x_j", "", "A_{:,j}"),
    ("(A x)_i", "A_{i,:}", "", "xᵀ"),
    ("(A x)_i", "A_{iq}", "", "x_q"),
    ("(A x)_i", "A_{j,:}", "", "eⱼ xᵀ"),
    ("(A x)_i", "A_{j,:}", "i index", "δᵢⱼ xᵀ"),
    ("(A x)_i", "x_j", "i index", "Aᵢⱼ"),
    ("(A x)_2", "A_{1,:}", "", "𝟎"),
    ("(A x)_2", "A_{2,:}", "", "xᵀ"),
    ("∑ⱼ Aᵢⱼ xⱼ", "A_{i,:}", "", "xᵀ"),
    ("∑ⱼ Aᵢⱼ xⱼ", "A_{iq}", "", "x_q"),
    ("∑ᵢ xᵢ²", "x_i", "", "2 xᵢ"),
    ("∑ᵢ (yᵢ − (A x)ᵢ)²", "A_{i,:}", "", "2 (A x − y)ᵢ xᵀ"),
    ("x_i x_j", "x_k", IJ, "xⱼ δᵢₖ + xᵢ δⱼₖ"),
    ("A X B", "X_{i,:}", "", "A_{:,i} dX_{i,:} B"),
    ("A X B", "X_{ij}", "", "A_{:,i} B_{j,:}"),
    ("A X B", "X_{:,2}", "", "A dX_{:,2} B_{2,:}"),
    ("logdet(X)", "X_{ij}", "", "(X⁻¹)ⱼᵢ"),
    ("det(X)", "X_{i,:}", "", "det(X) (X⁻ᵀ)_{i,:}"),
    ("X⁻¹", "X_{ij}", "", "−(X⁻¹)_{:,i} (X⁻¹)_{j,:}"),
    ("X⁻¹", "X_{i,:}", "", "−(X⁻¹)_{:,i} dX_{i,:} X⁻¹"),
    ("X Xᵀ", "X_{i,:}", "", "eᵢ dX_{i,:} Xᵀ + X dX_{i,:}ᵀ eᵢᵀ"),
    ("‖X‖", "X_{ij}", "", "Xᵢⱼ / ‖X‖"),
    ("softmax(x)", "x_j", "", "softmax(x)ⱼ (eⱼ − softmax(x))"),
    ("logsumexp(x)", "x_j", "", "softmax(x)ⱼ"),
    ("sigmoid(A x)_i", "x_j", "i index", "sigmoid(A x)ᵢ (𝟏 − sigmoid(A x))ᵢ Aᵢⱼ"),
    ("tanh(W x + b)", "W_{i,:}", "", "(𝟏 − tanh(W x + b)²)ᵢ eᵢ xᵀ"),
    ("sum(exp(X))", "X_{i,:}", "", "exp(X)_{i,:}"),
    ("x yᵀ", "x_i", "", "eᵢ yᵀ"),
    ("diag(x) A", "x_i", "", "eᵢ A_{i,:}"),
    ("xᵀ A", "A_{i,:}", "x: m", "xᵢ I"),
    ("a x", "a_i", "a: 1 n, x: n", "xᵢ"),
    ("A ⊗ X", "X_{i,:}", "", "A ⊗ (eᵢ dX_{i,:})"),
    ("tr(X⁻¹ A)", "X_{:,j}", "", "−X⁻ᵀ Aᵀ(X⁻ᵀ)_{:,j}"),
    ("(A x)_i (B y)_j", "A_{i,:}", IJ, "(B y)ⱼ xᵀ"),
    ("‖X w − y‖² / n", "X_{i,:}", "X: n d", "2 (X w − y)ᵢ wᵀ / n"),
    ("W_1ᵀ x", "(W_1)_{i,:}", "", "xᵢ I"),
    (r"\lVert \mathbf{A} \mathbf{x} \rVert^2", r"A_{i,\cdot}", "", "2 (A x)ᵢ xᵀ"),
]  # fmt: skip


@pytest.mark.parametrize(("f", "wrt", "where", "wanted"), ANSWERS, ids=[f"{f} by {x}" for f, x, _, _ in ANSWERS])
def test_answers(f, wrt, where, wanted):
    assert str(derive(f, wrt, where=where or None).expr) == wanted


# --- values ------------------------------------------------------------------------------------------

SIZES = [3, 4, 2, 5, 3]


def drawn(d, seed=0):
    """Sizes, arrays with two axes, and every choice of the indices; entries keep matrices invertible."""
    rng = np.random.default_rng(seed)
    names = list(dict.fromkeys(n for s in d.where.values() for dim in s.shape for n in dim_names(dim)))
    sizes = dict(zip(names, SIZES, strict=False))
    arrays, indices = {}, []
    for name, said in d.where.items():
        if "index" in said.facts:
            indices.append(name)
            continue
        shape = [dim_substitute(dim, sizes) for dim in said.shape]
        arrays[name] = rng.uniform(0.2, 0.8, shape) + (2 * np.eye(*shape) if shape[0] == shape[1] > 1 else 0)
    least = min(n for a in arrays.values() for n in a.shape if n > 1)
    for values in itertools.product(range(1, least + 1), repeat=len(indices)):
        yield sizes, {**arrays, **{n: np.array([[float(v)]]) for n, v in zip(indices, values, strict=True)}}


def by_quotients(d, arrays, sizes):
    """The derivative by the whole array, by difference quotients, of which the part is taken."""
    part = part_of(d.wrt)
    whole = arrays[part.base]
    values, error = difference_quotients(
        lambda x: np.asarray(evaluate(d.function, {**arrays, part.base: x}, sizes)), whole
    )
    assert error < 1e-6
    places = (
        part.places if len(part.places) == 2 else (*part.places, ":") if whole.shape[1] == 1 else (":", *part.places)
    )
    at = [slice(None) if p == ":" else (int(p) if p.isdecimal() else int(arrays[p][0, 0])) - 1 for p in places]
    lengths = [dim_substitute(a, sizes) for a in d.axes]
    return values[(slice(None), slice(None), *at)].reshape(lengths)


def given(d, arrays, sizes):
    """The arguments of compiled code: arrays with the axes that they have there."""
    return {n: arrays[n].reshape([dim_substitute(a, sizes) for a in axes_of(s.shape)]) for n, s in d.where.items()}


@pytest.mark.parametrize(("f", "wrt", "where", "wanted"), ANSWERS, ids=[f"{f} by {x}" for f, x, _, _ in ANSWERS])
def test_the_array_is_a_slice_of_the_derivative_by_the_whole(f, wrt, where, wanted):
    d = derive(f, wrt, where=where or None)
    compiled = d.compile()
    for sizes, arrays in drawn(d):
        got = compiled(**given(d, arrays, sizes))
        np.testing.assert_allclose(got, by_quotients(d, arrays, sizes), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize(("f", "wrt", "where", "wanted"), ANSWERS, ids=[f"{f} by {x}" for f, x, _, _ in ANSWERS])
def test_certificates_proofs_derivations_and_claims(f, wrt, where, wanted):
    d = derive(f, wrt, where=where or None)
    assert d.check()
    assert d.prove() or d.prove().verdict == "open"
    assert d.steps.check()
    assert d.jvp("V₁").check() and d.vjp("U₁").check()
    if "e: " not in wanted:
        assert d.matches(wanted).verdict == "proved"
        assert d.matches(f"2 ({wanted})").verdict == ("proved" if wanted == "𝟎" else "different")


RANDOM_SIZES = {"m": 3, "n": 4}


def random_part(seed):
    """A function over the whole rulebook, an array in it, and a part of that; None where there is none."""
    generator, choice = Generator(seed), random.Random(seed).choice
    f = generator.expression(choice([SCALAR, SCALAR, ("m", 1), ("n", 1), ("m", "n")]), 3)
    arrays = [s for s in symbols_of(f) if s.shape != SCALAR]
    if not arrays:
        return None
    whole = choice(arrays)
    places = ("_i", "_2") if 1 in whole.shape else ("_{i,:}", "_{:,j}", "_{ij}", "_{1,2}", "_{2,:}")
    return f, str(whole.data), f"({whole.data})" + choice(places)


@pytest.mark.parametrize("what", [("derivative",), ("value", "derivative")], ids="+".join)
def test_arrays_of_random_functions_are_slices(what):
    """With the value, what both need is computed once; alone, only the part."""
    compared = 0
    for seed in range(70):
        found = random_part(seed)
        if found is None:
            continue
        f, name, wrt = found
        try:
            whole, part = derive(f, name), derive(f, wrt)
            run, code = whole.compile(), part.compile(what=what)
        except MatcalcError:
            continue
        rng = np.random.default_rng(seed)
        shapes = {n: [RANDOM_SIZES.get(d, d) for d in s.shape if d != 1] for n, s in whole.where.items()}
        data = {
            n: rng.uniform(0.3, 0.9, s) + (np.eye(s[0]) if len(s) == 2 and s[0] == s[1] else 0)
            for n, s in shapes.items()
        }
        indices = {n: 2 for n, s in part.where.items() if "index" in s.facts}
        with np.errstate(all="ignore"):
            if not _regular(f, data, {n: s.shape for n, s in whole.where.items()}, RANDOM_SIZES):
                continue
            try:
                array = run(**data)
            except DataError:
                continue
            got = code(**data, **indices)
        places = part_of(part.wrt).places
        at = [slice(None) if p == ":" else (int(p) if p.isdecimal() else 2) - 1 for p in places]
        wanted = array[(..., *at)]
        if np.all(np.isfinite(wanted)):
            np.testing.assert_allclose(
                got[-1] if len(what) > 1 else got, wanted, rtol=1e-7, atol=1e-8 * max(1, np.abs(wanted).max()),
                err_msg=f"{seed}: {f} by {wrt}",
            )  # fmt: skip
            compared += 1
    assert compared > 40


SECOND = [
    ("xᵀA x", "x_i", "2 Aᵢᵢ"),
    ("‖A x − b‖²", "A_{i,:}", "2 x xᵀ"),
    ("‖A x − b‖²", "A_{:,j}", "2 xⱼ² I"),
    ("‖A x − b‖²", "A_{ij}", "2 xⱼ²"),
    ("sum(exp(x))", "x_i", "exp(x)ᵢ"),
]


@pytest.mark.parametrize(("f", "wrt", "wanted"), SECOND)
def test_second_derivatives(f, wrt, wanted):
    d = derive(f, wrt, order=2)
    assert str(d.expr) == wanted
    assert d.check() and d.prove() and d.steps.check()
    first = derive(f, wrt)
    for sizes, arrays in drawn(d):
        part = part_of(wrt)
        rows, columns = arrays[part.base].shape
        i, j = (*[int(arrays[p][0, 0]) - 1 if p.isalpha() else slice(None) for p in part.places], 0)[:2]
        code = first.compile()

        def gradient(x, arrays=arrays, sizes=sizes, code=code, name=part.base):
            return code(**given(first, {**arrays, name: x}, sizes))

        values, error = difference_quotients(gradient, arrays[part.base])
        assert error < 1e-6 and (rows, columns) == arrays[part.base].shape
        wanted_array = values[..., i, j]
        np.testing.assert_allclose(d.compile()(**given(d, arrays, sizes)), wanted_array, rtol=1e-6, atol=1e-7)


def test_mixed_second_derivatives_by_parts():
    h = derive("‖A x − b‖²", ["A_{i,:}", "x_j"], order=2)
    assert str(h["A_{i,:}", "x_j"].expr) == "2 (Aᵢⱼ x + (A x − b)ᵢ eⱼ)ᵀ"
    for d in h.values():
        assert d.check() and d.prove()


# --- functions at a fixed index, by whole variables ---------------------------------------------------------

WHOLE = [
    ("(A x)_i", "x", "i index", "A_{i,:}ᵀ", ()),
    ("(A x)_i", "A", "i index", "eᵢ xᵀ", ()),
    ("½ (A x)_i² + λ ‖x‖²", "x", "i index", "(A x)ᵢ A_{i,:}ᵀ + 2 λ x", ()),
    ("log(softmax(W x)_c)", "W", "c index", "(e_c − softmax(W x)) xᵀ", ()),
    ("log(softmax(W x)_c)", "x", "c index", "Wᵀ(e_c − softmax(W x))", ()),
    ("logsumexp(z) − z_c", "z", "c index", "softmax(z) − e_c", ()),
    ("log(x_i)", "x", "x: n, i index", "eᵢ / xᵢ", ("xᵢ > 0",)),
    ("log(x_i)", "x", "x: n positive, i index", "eᵢ / xᵢ", ()),
    ("X_{ij}", "X", "X: m n, i index, j index", "eᵢ eⱼᵀ", ()),
    ("(X⁻¹)_{ij}", "X", "i index, j index", "−(X⁻ᵀ)_{:,i} (X⁻ᵀ)_{j,:}", ("X invertible",)),
]  # fmt: skip


@pytest.mark.parametrize(("f", "wrt", "where", "wanted", "conditions"), WHOLE)
def test_functions_at_a_fixed_index(f, wrt, where, wanted, conditions):
    d = derive(f, wrt, where=where)
    assert (str(d.expr), d.conditions) == (wanted, conditions)
    assert d.check() and d.steps.check() and d.matches(wanted).verdict == "proved"
    assert d.prove() or d.prove().verdict == "open"


def test_the_distance_of_two_rows():
    d = derive("‖A_{i,:} − A_{j,:}‖²", "A", where="A: m n, i index, j index")
    assert d.check() and d.steps.check() and d.prove()
    assert d.matches("2 (e_i − e_j)(A_{i,:} − A_{j,:})").verdict == "proved"


def test_the_log_of_an_entry_of_softmax_is_stable():
    d = derive("log(softmax(z)_c)", "z", where="c index")
    value, slope = d.compile(what=("value", "derivative"))(z=np.array([0.0, 2000.0]), c=1)
    assert value == -2000.0 and slope.tolist() == [1.0, -1.0]


# --- structure -----------------------------------------------------------------------------------------

STRUCTURES = [
    ("tr(A X)", "X_{ij}", SYMMETRIC, "project", "½ (A + Aᵀ)ᵢⱼ"),
    ("tr(A X)", "X_{i,:}", SYMMETRIC, "project", "½ (A + Aᵀ)_{i,:}"),
    ("tr(A X)", "X_{ij}", SYMMETRIC, "ignore", "Aⱼᵢ"),
    ("tr(A X)", "X_{ij}", SYMMETRIC, "cookbook", "(A + Aᵀ − diag(diag(A)))ᵢⱼ"),
    ("tr(A X)", "X_{ij}", {"X": "n n skew"}, "project", "½ (Aᵀ − A)ᵢⱼ"),
    ("tr(A X)", "X_{ij}", {"X": "n n lower"}, "project", "triu(A)ⱼᵢ"),
    ("tr(A X)", "X_{i,:}", {"X": "n n diagonal"}, "project", "diag(A)ᵢ eᵢᵀ"),
]


@pytest.mark.parametrize(("f", "wrt", "where", "structure", "wanted"), STRUCTURES)
def test_the_part_of_the_gradient_of_a_structured_variable(f, wrt, where, structure, wanted):
    """What holds for the whole gradient holds for its part: the part is taken last."""
    d = derive(f, wrt, where=where, structure=structure)
    assert str(d.expr) == wanted
    assert d.check() and d.prove() and d.steps.check()
    whole = derive(f, "X", where=where, structure=structure)
    rng = np.random.default_rng(1)
    a, x = rng.normal(size=(3, 3)), np.eye(3)
    for i, j in itertools.product((1, 2, 3), repeat=2):
        full = whole.compile()(A=a, X=x)
        index = {"i": i, "j": j} if "j" in wrt else {"i": i}
        part = full[i - 1, j - 1] if "j" in wrt else full[i - 1]
        np.testing.assert_allclose(d.compile()(A=a, X=x, **index), part, atol=1e-12)
    assert "of that the part" in str(d) or structure == "ignore"


# --- how they are named, read and shown ------------------------------------------------------------------


def test_what_an_answer_says():
    d = derive("‖A x − b‖²", "A_{i, :}")
    assert d.wrt == "A_{i,:}" and d.shape == (1, "n") and d.axes == ("n",)
    assert d.shapes == {"A": ("m", "n"), "x": ("n", 1), "b": ("m", 1), "i": (1, 1)}
    assert str(d) == "∂f/∂A_{i,:} = 2 (A x − b)ᵢ xᵀ          A ∈ ℝᵐˣⁿ, b ∈ ℝᵐ, x ∈ ℝⁿ, i index"
    assert d.latex() == r"\frac{\partial f}{\partial A_{i,:}} = 2 (A x - b)_{i} x^{\top}"
    assert d.latex(bold=True, style="nabla") == (
        r"\nabla_{\mathbf{A}_{i,:}} f = 2 (\mathbf{A} \mathbf{x} - \mathbf{b})_{i} \mathbf{x}^{\top}"
    )
    assert str(d.index) == "∂f/∂Aᵢⱼ = 2 xⱼ (A x − b)ᵢ"
    assert str(d.differential) == "2 (A x − b)ᵢ (dA x)ᵢ"
    assert str(d.jvp("v")).startswith("∂f/∂A_{i,:} [v] = 2 (A x − b)ᵢ v x")
    assert derive("‖A x − b‖²", "A_{i,:}", layout="numerator").shape == ("n", 1)
    assert derive("A X", "X_{i,:}").shape == ("m", "p", "p")


def test_the_indices_of_the_index_form_are_none_that_are_fixed():
    assert str(derive("A x", "A_{i,:}").index) == "∂fⱼ/∂Aᵢₖ = δⱼᵢ xₖ"
    assert str(derive("A X B", "X_{ij}").index) == "∂Fₖₗ/∂Xᵢⱼ = Aₖᵢ Bⱼₗ"
    assert str(derive("A x", "A_{j,2}").index) == "∂fᵢ/∂A_{j,2} = δᵢⱼ (x)₂"


def test_the_derivation_says_that_only_the_part_varies():
    assert derive("‖A x − b‖²", "A_{i,:}").explain().splitlines() == [
        "r = A x − b                          name the residual",
        "f = ‖r‖² = r : r",
        "dA = eᵢ dA_{i,:}                     only row i of A varies",
        "df = 2 r : dr                        product rule",
        "dr = dA x                            the differential is linear",
        "df = 2 r : (dA x) = 2 (r xᵀ) : dA    Frobenius product: move x across",
        "df = 2 rᵢ xᵀ : dA_{i,:}              put in dA",
        "∂f/∂A_{i,:} = 2 (A x − b)ᵢ xᵀ        what stands before dA_{i,:}",
    ]
    assert "only entry j of x varies" in derive("softmax(x)", "x_j").explain()
    assert "only column 2 of A varies" in derive("A x", "A_{:,2}").explain()


def test_a_line_that_is_wrong_for_the_part_is_found():
    steps = derive("‖A x − b‖²", "A_{i,:}").steps
    last = steps.lines[-1]
    paired, *others = last.equal
    wrong = replace(last, equal=((*paired, multiply(number(2), paired[0])), *others))
    assert not replace(steps, lines=(*steps.lines[:-1], wrong)).check()


def test_wrong_answers_are_found():
    d = derive("(A x)_i (A x)_j", "A_{i,:}", where="j index")
    assert str(d.matches("(A x)_j xᵀ").verdict) == "different"  # right for i ≠ j only
    assert d.matches("(A x)_j xᵀ + δ_{ij} (A x)_i xᵀ").verdict == "proved"
    assert not derive("x_i x_j", "x_i", where="j index").matches("x_j")


def test_several_parts_share_one_program():
    d = derive("‖A x − b‖²", ["A_{1,:}", "A_{2, :}", "b"])
    assert list(d) == ["A_{1,:}", "A_{2,:}", "b"]
    assert str(d["A_{2,:}"].expr) == "2 (A x − b)₂ xᵀ"
    assert d.code().count("A @ x") == 1
    with pytest.raises(DerivativeError, match="several parts of one array"):
        d.steps  # noqa: B018
    one = derive("‖A x − b‖²", ["A_{1,:}", "b"])
    assert one.steps.check()
    value, first, _, last = d.compile(what=("value", "derivative"))(A=np.eye(2), x=np.ones(2), b=np.zeros(2))
    assert (value, first.tolist(), last.tolist()) == (2.0, [2.0, 2.0], [-2.0, -2.0])


def test_programs_and_own_functions():
    d = derive("z = W x + b; a = tanh(z); e = y − a; ½‖e‖²", "W_{i,:}")
    assert "−(e ⊙ (𝟏 − a²))ᵢ xᵀ" in str(derive("z = W x + b; a = tanh(z); e = y − a; ½‖e‖²", ["W_{1,:}", "b"])).replace(
        "₁", "ᵢ"
    )
    assert d.check() and d.steps.check()
    with pytest.raises(DerivativeError, match="z is assigned in the text"):
        derive("z = W x; ‖z‖²", "z_i")
    with pytest.raises(DerivativeError, match="given by W, and not by a part"):
        derive("z = W x; ‖z‖²", "W_{i,:}").factors  # noqa: B018
    own = derive("sum(g(A x))", "A_{i,:}", functions={"g": "t**3"})
    assert own.check()


NAMES = [
    ("x_1ᵀA x_2", "x_2", "x₂"),  # a name of the text is that name
    ("x_iᵀA x_i", "x_i", "x_i"),
    ("W h + W_h x", "W_h", "W_h"),
    ("A_{1,2} x", "A_{1,2}", "A₁₂"),
    ("‖A x‖²", "A_{iq}", "A_{iq}"),
    ("‖A x‖²", "A_ij", "Aᵢⱼ"),
    ("‖A x‖²", "Aᵢⱼ", "Aᵢⱼ"),
    ("‖A x‖²", "A_{i :}", "A_{i,:}"),
    ("‖A x‖²", "A_{i·}", "A_{i,:}"),
    ("‖A x‖²", "x2", "x₂"),
    ("∑ᵢ xᵢ²", "xᵢ", "xᵢ"),
]


@pytest.mark.parametrize(("f", "wrt", "name"), NAMES)
def test_names_of_variables(f, wrt, name):
    assert derive(f, wrt).wrt == name


TEXTS = [
    "(A x)ᵢ", "A_{i,:}", "A_{:,i}", "xᵢ", "2 (A x − b)ᵢ xᵀ", "A_{1,2}", "(x)₂", "Aᵢⱼ", "A_{i,2} xᵢ²", "(A B)ᵢⱼ",
    "A_{i,:} B", "xᵢ A_{i,:}ᵀ", "sigmoid(A x)ᵢ", "(X⁻¹)ⱼᵢ", "δᵢⱼ xᵢ", "(x)₂ A_{:,3}", "‖A_{i,:}‖²", "b_q A_{q,:}",
    "exp(xᵢ)", "λ (x + z)ᵢ", "−(x ⊙ z)ᵢ / 2 + i", "diag(X)ᵢ", "A_{:,j} A_{i,:}", "bᵀA_{:,j}", "(W₁)ᵢⱼ", "(W₁)_{:,2}",
]  # fmt: skip
KINDS = {"A": "m n", "B": "n p", "x": "n", "z": "n", "b": "m", "X": "n n", "W₁": "m n", "λ": "scalar",
         **dict.fromkeys("ijq", "index")}  # fmt: skip


@pytest.mark.parametrize("text", TEXTS)
def test_entries_print_as_they_are_typed_and_are_read_back(text):
    where = {n: k for n, k in KINDS.items() if occurs(n, text)}
    e = parse(text, where)
    assert parse(str(e), where) is e
    assert parse(e._repr_latex_(), where) is e
    if "+ i" not in text:
        assert str(e) == text


def occurs(name, text):
    """Whether a name stands in a text, be it as an index."""
    plain = text.replace("sigmoid", "").replace("diag", "").replace("exp", "")
    lowered = {"i": "ᵢ", "j": "ⱼ"}.get(name, name)
    if name in "ijq":
        return lowered in plain or f"_{name}" in plain or f",{name}" in plain or f"{{{name}" in plain or plain == name
    return name in plain


#: Texts, and their values as NumPy writes them; the indices i and j are fixed, k is bound.
VALUES = [
    ("∑ₖ ‖A_{k,:}‖²", lambda A, x, y, i, j: (A**2).sum()),
    ("∑ₖ A_{1,k} xₖ", lambda A, x, y, i, j: A[0] @ x),
    ("∑ₖ A_{ik} A_{jk}", lambda A, x, y, i, j: A[i] @ A[j]),
    ("∑ₖ A_{k,:} A_{k,:}ᵀ", lambda A, x, y, i, j: (A**2).sum()),
    ("∑ₖ A_{k,:}ᵀ A_{k,:}", lambda A, x, y, i, j: A.T @ A),
    ("∑ₖ yₖ A_{k,:}", lambda A, x, y, i, j: (y @ A)[None, :]),
    ("∑ₖ xₖ A_{:,k}", lambda A, x, y, i, j: (A @ x)[:, None]),
    ("∑ₖ A_{:,k} A_{:,k}ᵀ", lambda A, x, y, i, j: A @ A.T),
    ("∑ₖ yₖ (A x)ₖ Aₖⱼ", lambda A, x, y, i, j: y * (A @ x) @ A[:, j]),
    ("∑ₖ Aᵢₖ xₖ − yᵢ", lambda A, x, y, i, j: A[i] @ x - y[i]),
    ("∑ₖ exp(A_{k,:} x)", lambda A, x, y, i, j: np.exp(A @ x).sum()),
    ("∑ₖ (A_{k,:} − A_{i,:}) x", lambda A, x, y, i, j: (A @ x).sum() - 3 * A[i] @ x),
    ("∑ₖ δᵢₖ yₖ", lambda A, x, y, i, j: y[i]),
    ("∑ᵢ Aᵢⱼ yᵢ", lambda A, x, y, i, j: A[:, j] @ y),
    ("A_i", lambda A, x, y, i, j: A[i][:, None]),
    ("A_iᵀ x", lambda A, x, y, i, j: A[i] @ x),
    ("xᵢ yⱼ", lambda A, x, y, i, j: x[i] * y[j]),
    ("(x xᵀ)ᵢⱼ", lambda A, x, y, i, j: x[i] * x[j]),
    ("(x + yᵢ)ⱼ", lambda A, x, y, i, j: x[j] + y[i]),
    ("A_{i,:} ⊙ A_{j,:}", lambda A, x, y, i, j: (A[i] * A[j])[None, :]),
    ("[A_{i,:}; xᵀ]", lambda A, x, y, i, j: np.stack([A[i], x])),
    ("softmax(A_{i,:}ᵀ)ⱼ", lambda A, x, y, i, j: np.exp(A[i, j]) / np.exp(A[i]).sum()),
    ("Aᵢⱼ² + i", lambda A, x, y, i, j: A[i, j] ** 2 + i + 1),
    ("(AᵀA)_{i,:}", lambda A, x, y, i, j: (A.T @ A)[i][None, :]),
    ("diag(x)_i", lambda A, x, y, i, j: np.diag(x)[i][:, None]),
    ("x ⊙ e_i", lambda A, x, y, i, j: (x * np.eye(3)[i])[:, None]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "value"), VALUES, ids=[text for text, _ in VALUES])
def test_values_of_texts_with_fixed_indices(text, value):
    rng = np.random.default_rng(4)
    a, x, y = rng.normal(size=(3, 3)), rng.normal(size=3), rng.normal(size=3)
    where = {"A": "m n", "x": "n", "y": "m", "i": "index", "j": "index"}
    e = None
    while e is None:
        try:
            e = parse(text, where)
        except DeclarationError as error:
            where.pop(str(error).split(" ", 1)[0])
    sizes = {"m": 3, "n": 3}
    for i, j in itertools.product(range(3), repeat=2):
        arrays = {"A": a, "x": x[:, None], "y": y[:, None], "i": np.array([[i + 1.0]]), "j": np.array([[j + 1.0]])}
        got = np.asarray(evaluate(e, arrays, sizes))
        np.testing.assert_allclose(got, np.asarray(value(a, x, y, i, j)).reshape(got.shape), atol=1e-12)
        compiled = compile_numpy({"value": e}, {n: parse_shape(w) for n, w in where.items()})
        known = {"A": a, "x": x, "y": y, "i": i + 1, "j": j + 1}
        np.testing.assert_allclose(
            np.ravel(compiled(**{n: known[n] for n in where})), np.ravel(got), atol=1e-12, err_msg=compiled.source
        )


def parse_shape(declared):
    """The shape that a declaration of this test says."""
    return {"m n": ("m", "n"), "n": ("n", 1), "m": ("m", 1), "index": (1, 1)}[declared]


def test_an_answer_is_read_back_by_its_declarations():
    for f, wrt, where, _ in ANSWERS:
        d = derive(f, wrt, where=where or None)
        names = {str(s.data) for s in symbols_of(d.expr)}
        known = {n: said for n, said in d.where.items() if n in names}
        if d.kind != "differential" and not any(s in str(d.expr) for s in ("e", "I", "𝟎", "𝟏")):
            assert parse(str(d.expr), known) is d.expr, str(d.expr)


def test_a_unit_vector_is_a_column_of_the_identity():
    where = {"A": "m n", "x": "n", "i": "index"}
    assert parse("A x + e_i", where) is parse("A x + I_{:,i}", where)
    e = parse("A x + e_i", where)
    assert str(e) == "A x + eᵢ"
    with_e = parse("A x + e + I_{:,i}", {**where, "e": "m"})
    assert str(with_e) == "A x + e + I_{:,i}"
    assert parse(str(with_e), {**where, "e": "m"}) is with_e
    assert str(parse("e_i", {"e": "m", "i": "index"})) == "eᵢ"
    assert "eᵢ is the unit vector i, and no entry of e" in str(derive("A x + e", "A_{i,:}"))


REFUSED = [
    ("A x", "A_{i}", "", DerivativeError, "A is a matrix, and Aᵢ is no part of it"),
    ("A x", "x_{i,j}", "", DerivativeError, "x is a vector, and an entry of it has one index"),
    ("A x", "x_4", "A: 2 3", DerivativeError, "x₄ does not exist: entries are numbered from 1 to 3"),
    ("A x", "A_{0,:}", "", DerivativeError, "A_{0,:} does not exist"),
    ("A x", "B_{i,:}", "", DerivativeError, "B_{i,:} does not occur in the function"),
    ("α x", "α_i", "", DerivativeError, "α is a scalar and has no entries"),
    ("A x", "A_{x,:}", "", AmbiguityError, "x is an index in the variable, and a symbol"),
    ("i A x", "A_{i,:}", "", AmbiguityError, "i is an index in the variable, and a symbol"),
    ("A x", "A_{i,:}", "i: n index", DeclarationError, "i is an index and can be nothing else"),
    ("(A x)_i", "i", "i index", DerivativeError, "i is an index and no variable"),
    ("A x", "A[i,:]", "", ParseError, "A[i,:] is no variable"),
    ("A x", "A_{i+1,:}", "", ParseError, "A_{i+1,:} is no variable"),
    ("A x", "A_{k}x", "", MatcalcError, ""),
]


@pytest.mark.parametrize(("f", "wrt", "where", "kind", "message"), REFUSED)
def test_refusals(f, wrt, where, kind, message):
    with pytest.raises(kind) as caught:
        derive(f, wrt, where=where or None)
    assert message in str(caught.value)


def test_more_refusals():
    with pytest.raises(DerivativeError, match="is a part of A, and both are variables"):
        derive("A x", ["A", "A_{i,:}"])
    with pytest.raises(DerivativeError, match="moves whole variables"):
        derive("‖A x‖²", "A_{i,:}").update_rule()
    with pytest.raises(NotYetError, match="by whole variables"):
        derive("‖A x‖²", "A_{i,:}").code(standalone=True)
    with pytest.raises(MatcalcError, match="no entry 4"):
        parse("(x)₄", {"x": "3"})
    with pytest.raises(NotYetError, match="k is no index here"):
        parse("A_{k,:} x", {"A": "m n", "x": "n"})


# --- code ------------------------------------------------------------------------------------------------


def test_code_takes_the_row_and_no_more():
    assert derive("‖A x − b‖²", "A_{i,:}").code(what=("derivative",)).splitlines()[-1].strip() == (
        "return 2 * (A[i - 1] @ x - b[i - 1]) * x"
    )
    both = derive("‖A x − b‖²", "A_{i,:}").code()
    assert "r = A @ x - b" in both and "2 * r[i - 1] * x" in both
    assert "B.T @ A[i - 1] @ x" in derive("‖A B x − b‖²", "A_{i,:}").code(what=("derivative",))
    assert (
        derive("tr(A X B)", "X_{i,:}").code(what=("derivative",)).splitlines()[-1].strip() == "return B @ A[:, i - 1]"
    )
    assert "A[0] @ x - b[0]" in derive("‖A x − b‖²", "A_{1,:}").code(what=("derivative",))
    assert "np.outer(np.eye(1, A.shape[0], i - 1)[0], x)" in derive("A x", "A_{i,:}").code()


@pytest.mark.parametrize("target", ["jax", "torch", "xp"])
def test_code_of_other_libraries(target):
    assert "2 * r[i - 1] * x" in derive("‖A x − b‖²", "A_{i,:}").code(target)
    assert "i - 1" in derive("A x", "A_{i,:}").code(target)


@pytest.mark.parametrize("index", [0, 4, 1.5, -1, float("nan"), 10**12])
def test_an_index_out_of_range_is_refused(index):
    arguments = {"A": np.ones((3, 2)), "x": np.ones(2), "b": np.ones(3)}
    for compiled in (derive("‖A x − b‖²", "A_{i,:}").compile(), derive("A x + b", "A_{i,:}").compile()):
        with pytest.raises(DataError, match=r"index|axis"):
            compiled(**arguments, i=index)
        compiled(**arguments, i=3)


def test_an_index_that_serves_two_axes_keeps_to_both():
    d = derive("(A x)_i x_i", "x_i")
    arguments = {"A": np.ones((3, 2)), "x": np.ones(2)}
    d.compile()(**arguments, i=2)
    with pytest.raises(DataError, match=r"i is 3, and the axis on which it stands has 2 entries"):
        d.compile()(**arguments, i=3)
    other = derive("(A x)_i", "A_{j,:}", where="i index")  # δᵢⱼ xᵀ has neither of the axes
    other.compile()(**arguments, i=3, j=1)
    for i, j in ((4, 1), (1, 4)):
        with pytest.raises(DataError, match="is 4, and the axis on which it stands has 3 entries"):
            other.compile()(**arguments, i=i, j=j)


def test_a_number_out_of_range_is_refused():
    for text, wrt in (("‖A x − b‖²", "A_{3,:}"), ("A x", "A_{3,:}")):
        d = derive(text, wrt)
        arguments = {"A": np.ones((2, 2)), "x": np.ones(2), **({"b": np.ones(2)} if "b" in text else {})}
        with pytest.raises(DataError):
            d.compile()(**arguments)


def test_results_do_not_share_memory_with_arguments():
    a = np.arange(6.0).reshape(2, 3)
    row = derive("A x", "x_j").compile()(A=a, x=np.ones(3), j=1)
    row[:] = 99
    assert a[0, 0] == 0.0


def test_narrowing_keeps_the_value():
    A, x, b = symbol("A", ("m", "n")), symbol("x", ("n", 1)), symbol("b", ("m", 1))
    inner = apply(REGISTRY["tanh"], (add(multiply(A, x), b),))
    e = cut(inner, "i", ":")
    (narrowed,) = narrow(e)
    assert str(narrowed) == "tanh((A x)ᵢ + bᵢ)"
    arrays = {"A": np.arange(6.0).reshape(3, 2), "x": np.ones((2, 1)), "b": np.ones((3, 1)), "i": np.array([[2.0]])}
    sizes = {"m": 3, "n": 2}
    np.testing.assert_allclose(evaluate(narrowed, arrays, sizes), evaluate(e, arrays, sizes))
    scaled = multiply(cut(inner, "i", ":"), unit("i", "m"))  # a scalar before a unit vector stays whole
    assert narrow(scaled)[0] is multiply(narrowed, unit("i", "m"))
    shared = narrow(e, inner)
    assert shared[0] is e  # what is needed whole is not computed twice


def test_cut_and_placed_are_adjoint():
    rng = np.random.default_rng(0)
    sizes, shape = {"m": 3, "n": 4}, ("m", "n")
    G = symbol("G", shape)
    for row, column in (("i", ":"), (":", "j"), ("i", "j"), ("2", ":"), ("1", "3")):
        d = symbol("d", tuple(s if p == ":" else 1 for p, s in zip((row, column), shape, strict=True)))
        arrays = {"G": rng.normal(size=(3, 4)), "i": np.array([[2.0]]), "j": np.array([[4.0]])}
        arrays["d"] = rng.normal(size=tuple(dim_substitute(s, sizes) for s in d.shape))
        taken, put = (
            evaluate(cut(G, row, column), arrays, sizes),
            evaluate(placed(d, row, column, shape), arrays, sizes),
        )
        assert np.sum(taken * arrays["d"]) == pytest.approx(np.sum(arrays["G"] * put))
    assert str(unit("i", "m")) == "eᵢ"


def test_the_command(capsys):
    assert main(["‖A x − b‖²", "A_{i,:}"]) == 0
    assert "∂f/∂A_{i,:} = 2 (A x − b)ᵢ xᵀ" in capsys.readouterr().out
