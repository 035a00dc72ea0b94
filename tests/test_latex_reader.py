"""LaTeX as people write it is read as what it means, and every LaTeX that is printed is read back."""

import json
import time
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings

from matcalc import derive
from matcalc.algebra.expr import symbols_of
from matcalc.errors import MatcalcError
from matcalc.notation.latex import to_latex
from matcalc.notation.latex_reader import from_latex
from matcalc.notation.latex_tokens import is_latex
from matcalc.notation.read import parse, read
from tests.expressions import ANY

#: LaTeX, and the same in matcalc's own notation.
ROWS = [
    (r"\|y - Ax\|_2^2", "‖y − A x‖²"),
    (r"\left\lVert Y - A X \right\rVert_F^2", "‖Y − A X‖_F²"),
    (r"\frac{1}{2} \|x\|^2", "½ ‖x‖²"),
    (r"\tfrac12 x^\top A x", "½ xᵀA x"),
    (r"\frac12 x^{\mathsf T} A x", "½ xᵀA x"),
    (r"x^{\mathsf{T}}Ax", "xᵀA x"),
    (r"x^\intercal A x", "xᵀA x"),
    (r"A^{-1} B", "A⁻¹ B"),
    (r"A^{-\top} B", "A⁻ᵀ B"),
    (r"A^{-T} B", "A⁻ᵀ B"),
    (r"\operatorname{tr}(AX)", "tr(A X)"),
    (r"\mathrm{Tr}\left[A X\right]", "tr(A X)"),
    (r"\text{tr}\bigl( A X \bigr)", "tr(A X)"),
    (r"\log\det X", "log det X"),
    (r"\log|X|", "log|X|"),
    (r"\ln\left|\Sigma\right|", "log|Σ|"),
    (r"\mathbf{x}^\top \boldsymbol\theta", "xᵀθ"),
    (r"\bm{W}_1 \mathbf x", "W₁ x"),
    (r"\boldsymbol{W}_{1} \mathbf x", "W₁ x"),
    (r"\|X \hat\beta - y\|^2", "‖X β̂ − y‖²"),
    (r"A \odot B + B \circ A", "A ⊙ B + B ⊙ A"),
    (r"A \otimes B", "A ⊗ B"),
    (r"\langle x, y\rangle", "⟨x, y⟩"),
    (r"\left\langle x, y \right\rangle", "⟨x, y⟩"),
    (r"\sum_{i=1}^n (y_i - x_i)^2", "∑ᵢ (yᵢ − xᵢ)²"),
    (r"\sum\limits_{i} x_i^2", "∑ᵢ xᵢ²"),
    (r"\sum_i x_iy_i", "∑ᵢ xᵢ yᵢ"),
    (r"\sum^n_{i=1} x_i^2", "∑ᵢ xᵢ²"),
    (r"\sum_{i=1}^m (\theta^T x^{(i)} - y^{(i)})^2", "∑_{i=1}^m (θᵀxᵢ − yᵢ)²"),
    (r"\|W^{(2)} \tanh(W^{(1)} x + b^{(1)})\|^2", "‖W₂ tanh(W₁ x + b₁)‖²"),
    (r"\ell_1 = \ln(1+e^{-\alpha w^T x})", "ln(1 + exp(−α wᵀx))"),
    (r"2^{\alpha \beta}", "2^(α β)"),
    (r"X^{+} y", "pinv(X) y"),
    (r"\frac{w^T S_B w}{w^T S_W w}", "(wᵀ S_B w)/(wᵀ S_W w)"),
    (r"x_{\text{new}}^\top w", "x_{new}ᵀ w"),
    (r"\mathcal{L}(\mathbf{w}; X) = \|X w\|^2", "‖X w‖²"),
    (r"\sigma(Wx+b)", "sigmoid(W x + b)"),
    (r"\exp\{-\|x\|^2\}", "exp(−‖x‖²)"),
    (r"\exp\left\{ -\tfrac{1}{2} x^\top x \right\}", "exp(−½ xᵀx)"),
    (r"a \cdot b^\top x", "a · bᵀx"),
    (r"\lambda\|w\|_1", "λ ‖w‖₁"),
    (r"\lambda \lVert w \rVert_\infty", "λ ‖w‖_∞"),
    (r"\mathbb{1}^\top x", "𝟏ᵀx"),
    (r"\mathbf{1}_n^\top x", "𝟏ᵀx"),
    (r"\mathbb{1}[x > 0]", "𝟙[x > 0]"),
    (r"$\|x\|^2$", "‖x‖²"),
    (r"\[ \|x\|^2. \]", "‖x‖²"),
    (r"$$x^\top x$$", "xᵀx"),
    (r"\( x^\top x \),", "xᵀx"),
    (r"x^\top\, A\; x\quad", "xᵀA x"),
    (r"\begin{aligned} z &= W x + b \\ e &= y - z \\ \|e\|^2 \end{aligned}", "z = W x + b; e = y − z; ‖e‖²"),
    (r"\begin{align*} z = W x; \|z\|^2 \end{align*}", "z = W x; ‖z‖²"),
    (r"\sin^2(t) + \cos^{2} t", "sin(t)² + cos(t)²"),
    (r"\tanh^2\left(A x\right)", "tanh(A x)²"),
    (r"\sqrt{x^\top x}", "sqrt(xᵀx)"),
    (r"\sqrt[3]{\alpha}", "α^(1/3)"),
    (r"e^{-\|x\|^2}", "exp(−‖x‖²)"),
    (r"\frac{x^\top A x}{x^\top x}", "(xᵀA x)/(xᵀx)"),
    (r"\frac1n \|X w\|^2 + \frac\lambda2 \|w\|^2", "1/n ‖X w‖² + λ/2 ‖w‖²"),
    (r"\dfrac{\lambda}{2} w^\top w", "λ/2 wᵀw"),
    (r"\log\frac{\alpha}{\beta}", "log(α/β)"),
    (r"x^2_1 + x_1^2", "x₁² + x₁²"),
    (r"{\left(A B\right)}^\top x", "(A B)ᵀx"),
    (r"{(A+B)}^{2}", "(A + B)²"),
    (r"\operatorname{diag}(w)\,x", "diag(w) x"),
    (r"\mathrm{softmax}(x)", "softmax(x)"),
    (r"A^{\circ 2} \oslash B", "A.^2 ⊘ B"),
    (r"x^\top A x % a comment", "xᵀA x"),
    (r"\displaystyle x^{\top}\!x \label{eq:f}", "xᵀx"),
    (r"\vec{x}^\top \vec{x}", "xᵀx"),
    (r"\overline{x}^\top x", "x̄ᵀx"),
    (r"(X'X)^{-1} X'\boldsymbol{y}", "(XᵀX)⁻¹Xᵀy"),
    (
        r"x^\top A x \quad\text{where}\quad A \in \mathbb{R}^{n \times n} \text{ symmetric}",
        "xᵀA x where A: n n symmetric",
    ),
]
#: LaTeX that is refused, what the message says, and what the caret marks.
REFUSED = [
    (r"\foo x", "the LaTeX command \\foo is not read", r"\foo"),
    (r"\frac{1}{", "this group is never closed", "{"),
    (r"\frac{1}", "something is missing after }", ""),
    (r"\alpha x}", "} closes nothing", "}"),
    (r"\|x\|^", "something is missing after ^", ""),
    (r"\alpha^10", "^10 without braces is ^{1} and then 0", "^10"),
    (r"\sum_{i,j} A_ij x_i", "_ij without braces is _{i} and then j", "_ij"),
    (r"\log_2 \alpha", "an index below log is not read", r"\log_2"),
    (r"\mathbb{E} x", r"\mathbb{E} is not read", r"\mathbb{E"),
    (r"\begin{cases} x \end{cases}", "the environment cases is not read", r"\begin{cases}"),
    (r"\begin{aligned} x \end{align}", r"\begin{aligned} is closed by \end{align}", r"\begin{aligned}"),
    (r"\hat{AB} x", "an accent stands on one letter", r"\hat{AB"),
    (r"\int x", r"\int is not read", r"\int"),
    (r"\alpha $ \beta", "a dollar stands inside the formula", "$"),
    (r"\sin^2 2t", "what this function takes has two readings", "2"),
    (r"\mathbf{A} \mathbf{y}", "A is m×n here, but y is m×1: n and m differ", r"\mathbf{A"),
    ("\\frac{a}{b}\\, (x", "( is never closed", "("),
]  # fmt: skip


@pytest.mark.parametrize(("latex", "text"), ROWS, ids=[row[0] for row in ROWS])
def test_is_read_as(latex, text):
    found = read(latex, notation="latex")
    assert found.expr is parse(text, notation="text"), from_latex(latex).text
    if is_latex(latex):
        assert read(latex).expr is found.expr
        assert found.text == latex


@pytest.mark.parametrize(("latex", "message", "marked"), REFUSED, ids=[row[0] for row in REFUSED])
def test_is_refused(latex, message, marked):
    where = {"A": "m n", "y": "m"} if "mathbf{A} \\" in latex else None
    with pytest.raises(MatcalcError) as caught:
        read(latex, where, notation="latex")
    error = caught.value
    assert error.message == message
    start, end = error.spans[0]
    assert not marked or latex[start:end].startswith(marked), latex[start:end]
    assert error.source == latex


def test_groups_are_nested_to_a_limit():
    with pytest.raises(MatcalcError, match="groups are read 400 deep"):
        parse("{" * 5000 + "x" + "}" * 5000, notation="latex")
    assert str(parse("{" * 300 + r"\alpha" + "}" * 300)) == "α"


def test_notations_can_be_forced():
    assert str(derive("x^{2}", "x", notation="latex").expr) == "2 x"
    with pytest.raises(MatcalcError):
        derive(r"\frac{x}{2}", "x", notation="text")
    with pytest.raises(MatcalcError, match="notation='tex' does not exist"):
        derive("x", "x", notation="tex")


# --- what is printed is read back --------------------------------------------------------------------


def reads_back(e):
    """Whether the LaTeX of an expression is read as its text is, in the shapes of its symbols."""
    where = {str(s.data): " ".join(map(str, s.shape)) for s in symbols_of(e)}
    try:
        text = parse(str(e), where, notation="text")
    except MatcalcError:
        return None  # sizes that only the context knows
    for style in ({}, {"bold": True}, {"transpose": "T"}):
        latex = to_latex(e, **style)
        assert parse(latex, where, notation="latex") is text, latex
    return True


def cases():
    """Every problem of tests/cases/."""
    folder = Path(__file__).parent / "cases"
    return [case for path in sorted(folder.glob("*.json")) for case in json.loads(path.read_text(encoding="utf-8"))]


def test_the_answers_of_all_cases_are_read_back_and_do_not_depend_on_the_notation():
    read_back = 0
    for case in cases():
        where = {
            name: " ".join([shape or "scalar", *(case.get("assume") or {}).get(name, [])])
            for name, shape in case["shapes"].items()
        }
        given = {"where": where, "order": case["order"], "structure": "ignore"}
        d = derive(case["expr"], case["wrt"], **given)
        assert derive(case["latex"], case["wrt"], **given).expr is d.expr, case["id"]
        read_back += sum(reads_back(e) or 0 for e in (d.expr, d.function))
    assert read_back >= 1.9 * len(cases())


@given(ANY)
@settings(max_examples=150, deadline=None)
def test_random_expressions_are_read_back(e):
    reads_back(e)


@pytest.mark.parametrize("script", ["'", "^2", "_1", "^2_1", "'_1"])
def test_long_rows_of_scripts_are_read_or_refused_soon(script):
    start = time.perf_counter()
    with suppress(MatcalcError):
        read("x" + script * 20_000, notation="latex")
    assert time.perf_counter() - start < 4
