"""Sums over indices that no product of matrices gives: kept as sums, closed under derivatives, read back as printed."""

import numpy as np
import pytest

from matcalc import derive, parse, simplify
from matcalc.algebra.expr import postorder, symbols_of
from matcalc.algebra.keys import Keys
from matcalc.errors import MatcalcError
from matcalc.notation.latex import to_latex
from matcalc.notation.read import read
from tests.random_functions import Generator

K4 = "∑_{ijkl} A_ij B_ik C_il D_jk E_jl F_kl"
SQUARE = dict.fromkeys("ABCDEF", "n n")
SHAPES = {"A": "m n", "B": "m p", "C": "m q", "D": "n p", "E": "n q", "F": "p q"}
SIZES = {"m": 2, "n": 3, "p": 4, "q": 5}


def kept(e):
    """The operands of the sums that are left in an expression."""
    return [len(node.args) for node in postorder(e) if node.op.name == "contract"]


def arrays(seed=0, where=SHAPES, sizes=SIZES):
    rng = np.random.default_rng(seed)
    return {name: rng.standard_normal([sizes[d] for d in said.split()]) for name, said in where.items()}


# --- what is printed -------------------------------------------------------------------------------

ANSWERS = [
    (K4, "A", "∑ₖₗ Bᵢₖ Cᵢₗ Dⱼₖ Eⱼₗ Fₖₗ"),
    (K4, "F", "∑ₖₗ Aₖₗ Bₖᵢ Cₖⱼ Dₗᵢ Eₗⱼ"),
    (f"½ ({K4})²", "A", "(∑ᵢⱼₖₗ Aᵢⱼ Bᵢₖ Cᵢₗ Dⱼₖ Eⱼₗ Fₖₗ) (∑ₖₗ Bᵢₖ Cᵢₗ Dⱼₖ Eⱼₗ Fₖₗ)ᵢⱼ"),
    ("∑_{ijkl} u_i A_ij B_ik C_il D_jk E_jl F_kl", "u", "∑ⱼₖₗ Aᵢⱼ Bᵢₖ Cᵢₗ Dⱼₖ Eⱼₗ Fₖₗ"),
    # no more is kept than must be: G between k and l, a pendant H and the doubled A are folded
    ("∑_{ijklop} A_ij A_ij B_ik C_il D_jk E_jl F_ko G_ol H_ip v_p", "v",
     "Hᵀ (∑ⱼₗₛ (A ⊙ A)ᵢⱼ Bᵢₗ Cᵢₛ Dⱼₗ Eⱼₛ (F G)ₗₛ)ᵢ"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "wrt", "answer"), ANSWERS)
def test_answers(text, wrt, answer):
    d = derive(text, wrt)
    assert str(d.expr) == answer
    assert d.check() and d.prove()
    assert "is kept as a sum" in str(d)


def test_symmetry_collects_the_terms():
    d = derive("∑_{ijkl} S_ij S_ik S_il S_jk S_jl S_kl", "S", where={"S": "n n symmetric"})
    assert str(d.expr) == "6 ∑ₖₗ Sᵢₖ Sᵢₗ Sⱼₖ Sⱼₗ Sₖₗ"


def test_the_order_of_factors_and_the_names_of_indices_do_not_matter():
    one, other = parse(K4, SHAPES), parse("∑_{abcd} F_cd A_ab E_bd D_bc C_ad B_ac", SHAPES)
    assert Keys().same(one, other)
    assert not Keys().same(one, parse("∑_{abcd} F_cd A_ab E_bd D_bc C_ad B_ac", SQUARE))
    assert str(simplify(f"{K4} − ∑_{{abcd}} F_cd A_ab E_bd D_bc C_ad B_ac", where=SHAPES)) == "0"


#: Sums over four indices that are matrix formulas all the same.
FOLDED = [
    ("∑_{ijkl} A_ij B_jk C_kl D_li", "tr(B C D A)"),
    ("∑_{ijkl} A_ij δ_jk B_ik C_il D_jk E_jl F_kl", "sum((A ⊙ B ⊙ (C(Eᵀ ⊙ Fᵀ))) diag(D))"),
    ("∑_{ijkl} A_ij B_ik x_i y_l D_jk E_jl F_kl", "xᵀ(A ⊙ (B(Dᵀ ⊙ (F diag(y) Eᵀ)))) 𝟏"),
    ("∑_{ijkl} (x yᵀ)_ij B_ik C_il D_jk E_jl F_kl", "yᵀ(D ⊙ (E(Fᵀ ⊙ (Cᵀ diag(x) B)))) 𝟏"),
    ("∑_{ijkl} diag(x)_ij B_ik C_il D_jk E_jl F_kl", "xᵀ(B ⊙ D ⊙ ((C ⊙ E) Fᵀ)) 𝟏"),
    ("∑_{ijkl} (2 A)_ij B_ik C_il D_jk E_jl (α F)_kl", "2 α ∑ᵢⱼₖₗ Aᵢⱼ Bᵢₖ Cᵢₗ Dⱼₖ Eⱼₗ Fₖₗ"),
]


@pytest.mark.parametrize(("text", "formula"), FOLDED)
def test_what_folds_is_folded(text, formula):
    where = {name: "n n" for name in "ABCDEF" if f"{name}_" in text or f"{name})" in text}
    where |= {name: "n" for name in "xy" if name in text} | ({"α": ""} if "α" in text else {})
    assert str(parse(text, where)) == formula


@pytest.mark.parametrize("text", ["∑_{l} A_ij B_ik C_il D_jk E_jl F_kl", "exp(∑_{l} A_ij B_ik C_il D_jk F_kl)"])
def test_more_than_two_free_indices_are_refused(text):
    with pytest.raises(MatcalcError, match="no matrix form"):
        parse(text)


# --- values ----------------------------------------------------------------------------------------


def test_value_and_gradients_against_einsum():
    given = arrays()
    order = "ABCDEF"
    spec = dict(zip(order, ("ij", "ik", "il", "jk", "jl", "kl"), strict=True))
    value = np.einsum(",".join(spec.values()), *[given[n] for n in order])
    for name in order:
        rest = [n for n in order if n != name]
        want = np.einsum(",".join(spec[n] for n in rest) + "->" + spec[name], *[given[n] for n in rest])
        got = derive(K4, name, where=SHAPES).compile(what=("value", "derivative"))(**given)
        assert np.isclose(got[0], value) and np.allclose(got[1], want)


def test_every_reading_of_a_vector_of_sums():
    where = {**SQUARE, "x": "n"}
    given = arrays(1, where, {"n": 3})
    d = derive("∑_{jkl} x_j A_ij B_ik C_il D_jk E_jl F_kl x_k", "x", where=where)
    a, b, c, dd, e, f, x = (given[n] for n in (*"ABCDEF", "x"))
    want = np.einsum("ij,ik,il,jk,jl,kl,k->ij", a, b, c, dd, e, f, x) + np.einsum(
        "ij,ik,il,jk,jl,kl,j->ik", a, b, c, dd, e, f, x
    )
    assert np.allclose(d.compile()(**given), want)
    v, u = np.arange(3.0), np.array([1.0, -1.0, 2.0])
    assert np.allclose(d.jvp("V").compile()(**given, V=v), want @ v)
    assert np.allclose(d.vjp("U").compile()(**given, U=u), want.T @ u)
    assert "∂fᵢ/∂xⱼ = ∑ₖ ∑ₗ Aᵢⱼ Bᵢₖ" in str(d.index)


def test_an_array_without_a_matrix_form_is_computed():
    given = arrays()
    d = derive("∑_{kl} A_ij B_ik C_il D_jk E_jl F_kl", "F", where=SHAPES)
    want = np.einsum("ij,ik,il,jk,jl->ijkl", *[given[n] for n in "ABCDE"])
    assert np.allclose(d.compile()(**given), want)
    assert str(d.index) == "∂Fᵢⱼ/∂Fₖₗ = Aᵢⱼ Bᵢₖ Cᵢₗ Dⱼₖ Eⱼₗ"


def test_code_multiplies_where_it_can_and_shares_it():
    code = derive(K4, "A", where=SQUARE).code()
    assert code.count("(B[:, None, :] * D) @ F") == 1 and code.count("np.einsum") == 2


@pytest.mark.parametrize("target", ["jax", "torch", "xp"])
def test_other_libraries(target):
    pytest.importorskip({"xp": "numpy"}.get(target, target))
    d = derive(K4, "A", where=SHAPES)
    given = arrays(2)
    want = d.compile()(**given)
    if target == "torch":
        import torch

        given = {name: torch.tensor(value) for name, value in given.items()}
    if target == "xp":
        scope: dict = {}
        exec(d.code("xp", what=("derivative",)), scope)
        got = scope["derivative"](**given, xp=np)
    else:
        got = d.compile(target)(**given)
    assert np.allclose(np.asarray(got), want, rtol=1e-4)


# --- printed and read back ---------------------------------------------------------------------------


def test_random_formulas_with_sums_are_read_back():
    seen = 0
    for seed in range(150):
        generator = Generator(seed)
        shape = generator.random.choice([(1, 1), ("m", 1), ("m", "n"), ("n", "n")])
        e = generator.expression(shape, generator.random.choice((1, 2, 3)))
        if not kept(e) or "(𝟏)" in str(e):
            continue
        seen += 1
        where = {str(s.data): " ".join(map(str, s.shape)) if s.shape != (1, 1) else "" for s in symbols_of(e)}
        for form, notation in ((str(e), "text"), (to_latex(e), "latex")):
            back = read(form, where, notation=notation).expr
            assert back is e or Keys().same(back, e) or str(back) == str(e), (seed, form)
    assert seen > 10
