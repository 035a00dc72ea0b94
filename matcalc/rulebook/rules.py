"""The rewrite rules: named identities, both sides in matcalc's own notation.

`RECOGNISE` runs on the function before it is differentiated, so that named functions stay whole;
it uses no facts. `SIMPLIFY` runs on results, and
`ALTERNATE` offers other spellings to sums. A rule that shortens is kept only where the text
gets shorter; the others orient. Rules about entries hold for scalars too and are compiled twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from matcalc.algebra.build import symbol
from matcalc.algebra.rules import Rule, RuleSet
from matcalc.algebra.shapes import SCALAR
from matcalc.notation.read import read_formula
from matcalc.rulebook.table import signature_dims

__all__ = ["FAMILIES", "RECOGNISE", "SIMPLIFY", "Identity", "compile_identity", "rule_set"]


#: A rule with this slack is kept where the text gets shorter; with KEEPS where it does not get longer.
#: LENGTHENS allows one sign more: −x may become x, and not the other way round.
SHORTENS, KEEPS, LENGTHENS = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Identity:
    """left → right; letters with their shapes, then the shape of both sides.

    slack is None for a rule that orients.
    """

    name: str
    left: str
    right: str
    signature: str
    when: tuple[tuple[str, str], ...] = ()
    slack: int | None = None
    entrywise: bool = False


def _entries(name: str, left: str, right: str, signature: str = "X: m n -> m n", **rest: object) -> Identity:
    return Identity(name, left, right, signature, entrywise=True, **rest)  # type: ignore[arg-type]


RECOGNISE: tuple[Identity, ...] = (
    _entries("softplus", "log(1 + exp(X))", "softplus(X)"),
    _entries("softplus by log1p", "log1p(exp(X))", "softplus(X)"),
    _entries("sigmoid", "(1 + exp(−X)).^(−1)", "sigmoid(X)"),
    _entries("sigmoid by exp", "exp(X) ⊙ sigmoid(−X)", "sigmoid(X)"),
    _entries("log of sigmoid", "log(sigmoid(X))", "−softplus(−X)"),
    _entries("log of 1 − sigmoid", "log(1 − sigmoid(X))", "−softplus(X)"),
    _entries("sine over cosine", "sin(X) ⊘ cos(X)", "tan(X)"),
    _entries("hyperbolic sine over cosine", "sinh(X) ⊘ cosh(X)", "tanh(X)"),
    Identity("softmax", "exp(x) / sum(exp(x))", "softmax(x)", "x: n 1 -> n 1"),
    Identity("softmax by logsumexp", "exp(x − logsumexp(x) 𝟏)", "softmax(x)", "x: n 1 -> n 1"),
    Identity("logsumexp", "log(sum(exp(x)))", "logsumexp(x)", "x: n 1 -> 1 1"),
    Identity("log of softmax", "log(softmax(x))", "x − logsumexp(x) 𝟏", "x: n 1 -> n 1"),
    Identity(
        "log of softmax of columns", "log(exp(X) diag(𝟏 ⊘ (exp(X)ᵀ 𝟏)))", "X − 𝟏 log(exp(X)ᵀ 𝟏)ᵀ", "X: m n -> m n"
    ),
    Identity("log softmax of rows", "log(diag(𝟏 ⊘ (exp(X) 𝟏)) exp(X))", "X − log(exp(X) 𝟏) 𝟏ᵀ", "X: m n -> m n"),
    Identity("sum by ones", "𝟏ᵀx", "sum(x)", "x: n 1 -> 1 1"),
    Identity("log of an entry of softmax", "log(e_kᵀ softmax(x))", "e_kᵀ x − logsumexp(x)", "x: n 1, k: 1 1 -> 1 1"),
    Identity("log |det|", "log(|det(X)|)", "logdet(X)", "X: n n -> 1 1"),
    Identity("inverse of ⊗", "(A ⊗ B)⁻¹", "A⁻¹ ⊗ B⁻¹", "A: m m, B: n n -> m*n m*n"),
    Identity("⊗ times vec", "(A ⊗ B) vec(X)", "vec(B X Aᵀ)", "A: m n, B: p q, X: q n -> m*p 1"),
    Identity("vec times vec", "vec(X)ᵀ vec(Z)", "X : Z", "X: m n, Z: m n -> 1 1"),
    Identity("vec times ⊗", "vec(X)ᵀ (A ⊗ B)", "vec(Bᵀ X A)ᵀ", "A: m n, B: p q, X: p m -> 1 n*q"),
    Identity("trace of ⊗", "tr(A ⊗ B)", "tr(A) tr(B)", "A: m m, B: n n -> 1 1"),
    Identity("product of ⊗", "(A ⊗ B) (C ⊗ D)", "(A C) ⊗ (B D)", "A: m n, B: p q, C: n k, D: q r -> m*p k*r"),
    Identity("inner product of ⊗", "(A ⊗ B) : (C ⊗ D)", "(A : C) (B : D)", "A: m n, B: p q, C: m n, D: p q -> 1 1"),
)

SIMPLIFY: tuple[Identity, ...] = (
    # diagonals
    Identity("diag times vector", "diag(x) y", "x ⊙ y", "x: n 1, y: n 1 -> n 1"),
    Identity("row times diag", "yᵀ diag(x)", "(x ⊙ y)ᵀ", "x: n 1, y: n 1 -> 1 n"),
    Identity("diag times a product", "diag(x) A y", "x ⊙ (A y)", "x: n 1, A: n m, y: m 1 -> n 1", slack=KEEPS),
    Identity("product times diag", "yᵀ A diag(x)", "(x ⊙ (Aᵀ y))ᵀ", "x: n 1, A: m n, y: m 1 -> 1 n", slack=LENGTHENS),
    Identity("diag times diag", "diag(x) diag(y)", "diag(x ⊙ y)", "x: n 1, y: n 1 -> n n"),
    Identity("square of diag", "diag(x)²", "diag(x²)", "x: n 1 -> n n"),
    Identity("diag of reciprocals", "diag(𝟏 ⊘ x)", "diag(x)⁻¹", "x: n 1 -> n n", slack=SHORTENS),
    Identity("inverse of diag times vector", "diag(x)⁻¹ y", "y ⊘ x", "x: n 1, y: n 1 -> n 1"),
    Identity("row times inverse of diag", "yᵀ diag(x)⁻¹", "(y ⊘ x)ᵀ", "x: n 1, y: n 1 -> 1 n"),
    Identity("diagonal of diag⁻¹ times X", "diagonal(diag(x)⁻¹ X)", "diagonal(X) ⊘ x", "x: n 1, X: n n -> n 1"),
    Identity("diagonal of X times diag⁻¹", "diagonal(X diag(x)⁻¹)", "diagonal(X) ⊘ x", "x: n 1, X: n n -> n 1"),
    Identity("diagonal of diag", "diagonal(diag(x))", "x", "x: n 1 -> n 1"),
    Identity("diagonal of an outer product", "diagonal(x yᵀ)", "x ⊙ y", "x: n 1, y: n 1 -> n 1"),
    Identity("diagonal of diag times X", "diagonal(diag(x) X)", "x ⊙ diagonal(X)", "x: n 1, X: n n -> n 1"),
    Identity("diagonal of X times diag", "diagonal(X diag(x))", "x ⊙ diagonal(X)", "x: n 1, X: n n -> n 1"),
    Identity("diagonal of a transpose", "diagonal(Xᵀ)", "diagonal(X)", "X: n n -> n 1", slack=SHORTENS),
    Identity(
        "diagonal of a product around diag",
        "diagonal(A diag(x) B)",
        "(A ⊙ Bᵀ) x",
        "A: n m, x: m 1, B: m n -> n 1",
        slack=KEEPS,
    ),
    Identity("vec of a row", "vec(xᵀ)", "x", "x: n 1 -> n 1"),
    Identity("⊙ with the identity", "I ⊙ X", "diag(diagonal(X))", "X: n n -> n n"),
    Identity("diagonal of the identity", "diagonal(I)", "𝟏", " -> n 1"),
    Identity("diagonal of ones", "diagonal(𝟏𝟏ᵀ)", "𝟏", " -> n 1"),
    Identity("diag of ones", "diag(𝟏)", "I", " -> n n"),
    # unit vectors
    Identity("product of unit vectors", "e_jᵀ I_n e_k", "δ_jk", "j: 1 1, k: 1 1 -> 1 1"),
    Identity("entry, right", "xᵀ e_k", "e_kᵀ x", "x: n 1, k: 1 1 -> 1 1"),
    Identity("entry of a transpose", "e_jᵀ Xᵀ e_k", "e_kᵀ X e_j", "X: n m, j: 1 1, k: 1 1 -> 1 1", slack=SHORTENS),
    Identity("⊙ with a unit vector", "x ⊙ e_k", "(e_kᵀ x) e_k", "x: n 1, k: 1 1 -> n 1"),
    Identity("diag of a unit vector", "diag(e_k)", "e_k e_kᵀ", "k: 1 1 -> n n"),
    Identity("entry of an inverse transpose", "e_jᵀ X⁻ᵀ e_k", "e_kᵀ X⁻¹ e_j", "X: n n, j: 1 1, k: 1 1 -> 1 1"),
    Identity("square of a unit vector", "e_k.^2", "e_k", "k: 1 1 -> n 1"),
    Identity("norm of a unit vector", "‖I_n e_k‖²", "1", "k: 1 1 -> 1 1"),
    Identity("sum of a unit vector", "sum(I_n e_k)", "1", "k: 1 1 -> 1 1"),
    # outer products inside ⊙
    Identity("⊙ of outer products", "(x yᵀ) ⊙ (u vᵀ)", "(x ⊙ u) (y ⊙ v)ᵀ", "x: m 1, y: n 1, u: m 1, v: n 1 -> m n"),
    Identity("⊙ with constant columns", "(x 𝟏ᵀ) ⊙ X", "diag(x) X", "x: m 1, X: m n -> m n"),
    Identity("⊙ with columns of row sums", "(A 𝟏𝟏ᵀ) ⊙ X", "diag(A 𝟏) X", "A: m k, X: m n -> m n"),
    Identity("⊙ with rows of column sums", "(𝟏𝟏ᵀ A) ⊙ X", "X diag(Aᵀ𝟏)", "A: k n, X: m n -> m n"),
    Identity("⊙ with constant rows", "(𝟏 yᵀ) ⊙ X", "X diag(y)", "y: n 1, X: m n -> m n"),
    Identity("⊙ with an outer product", "(x yᵀ) ⊙ X", "diag(x) X diag(y)", "x: m 1, y: n 1, X: m n -> m n"),
    # traces, sums and inner products
    Identity("trace of an outer product", "tr(x yᵀ)", "yᵀ x", "x: n 1, y: n 1 -> 1 1"),
    Identity("inner product with an outer product", "(x yᵀ) : X", "xᵀ X y", "x: m 1, y: n 1, X: m n -> 1 1"),
    Identity("outer product in an inner product", "X : (x yᵀ)", "xᵀ X y", "x: m 1, y: n 1, X: m n -> 1 1"),
    Identity("inner product with I", "I : X", "tr(X)", "X: n n -> 1 1"),
    Identity("inner product with I, right", "X : I", "tr(X)", "X: n n -> 1 1"),
    Identity("inner product with ones", "𝟏𝟏ᵀ : X", "sum(X)", "X: m n -> 1 1"),
    Identity("inner product with ones, right", "X : 𝟏𝟏ᵀ", "sum(X)", "X: m n -> 1 1"),
    Identity("inner product with diag", "diag(x) : X", "xᵀ diagonal(X)", "x: n 1, X: n n -> 1 1"),
    Identity("inner product with diag, right", "X : diag(x)", "xᵀ diagonal(X)", "x: n 1, X: n n -> 1 1"),
    Identity("sum by ones", "𝟏ᵀx", "sum(x)", "x: n 1 -> 1 1"),
    Identity("sum by ones, right", "xᵀ𝟏", "sum(x)", "x: n 1 -> 1 1"),
    Identity("sum of softmax", "sum(softmax(x))", "1", "x: n 1 -> 1 1"),
    Identity("sum of a transpose", "sum(Xᵀ)", "sum(X)", "X: m n -> 1 1", slack=SHORTENS),
    Identity("trace of a transpose", "tr(Xᵀ)", "tr(X)", "X: n n -> 1 1", slack=SHORTENS),
    Identity("trace of diag", "tr(diag(x))", "sum(x)", "x: n 1 -> 1 1"),
    Identity("inner product as a trace", "(Xᵀ) : Z", "tr(X Z)", "X: n m, Z: m n -> 1 1", slack=KEEPS),
    Identity("inner product as a trace, right", "Z : (Xᵀ)", "tr(X Z)", "X: n m, Z: m n -> 1 1", slack=KEEPS),
    # transposes and determinants
    Identity("determinant of a transpose", "det(Xᵀ)", "det(X)", "X: n n -> 1 1", slack=SHORTENS),
    Identity("log determinant of a transpose", "logdet(Xᵀ)", "logdet(X)", "X: n n -> 1 1", slack=SHORTENS),
    Identity("transpose of a skew matrix", "Aᵀ", "−A", "A: n n -> n n", when=(("A", "skew"),)),
    Identity("orthogonal, left", "Qᵀ Q", "I", "Q: n n -> n n", when=(("Q", "orthogonal"),)),
    Identity("orthogonal, right", "Q Qᵀ", "I", "Q: n n -> n n", when=(("Q", "orthogonal"),)),
    Identity("orthogonal inverse", "Q⁻¹", "Qᵀ", "Q: n n -> n n", when=(("Q", "orthogonal"),)),
    Identity("transpose of a lower triangle", "tril(Xᵀ)ᵀ", "triu(X)", "X: m n -> m n", slack=SHORTENS),
    Identity("transpose of an upper triangle", "triu(Xᵀ)ᵀ", "tril(X)", "X: m n -> m n", slack=SHORTENS),
    Identity("lower triangle twice", "tril(tril(X))", "tril(X)", "X: m n -> m n"),
    Identity("upper triangle twice", "triu(triu(X))", "triu(X)", "X: m n -> m n"),
    # ⊗
    Identity("block inner product of ⊗", "kronleft(A ⊗ B, C, X)", "(B : C) A", "A: m n, B: p q, C: p q, X: m n -> m n"),
    Identity("block sum of ⊗", "kronright(A ⊗ B, C, X)", "(A : C) B", "A: m n, B: p q, C: m n, X: p q -> p q"),
    Identity("inverse of ⊗", "(A ⊗ B)⁻¹", "A⁻¹ ⊗ B⁻¹", "A: m m, B: n n -> m*n m*n"),
    Identity("product of ⊗", "(A ⊗ B) (C ⊗ D)", "(A C) ⊗ (B D)", "A: m n, B: p q, C: n k, D: q r -> m*p k*r"),
    Identity("⊗ times vec", "(A ⊗ B) vec(X)", "vec(B X Aᵀ)", "A: m n, B: p q, X: q n -> m*p 1"),
    Identity("unvec of vec", "unvec(vec(X), Z)", "X", "X: m n, Z: m n -> m n"),
    # entries
    _entries("exp of log", "exp(log(X))", "X"),
    _entries("exp of −log", "exp(−log(X))", "X.^(−1)"),
    _entries("log of exp", "log(exp(X))", "X"),
    _entries("log of a reciprocal", "log(X.^(−1))", "−log(X)", slack=SHORTENS),
    Identity("log of 1", "log(1)", "0", " -> 1 1"),
    Identity("log of ones", "log(𝟏𝟏ᵀ)", "𝟎", " -> m n"),
    Identity("exp of 0", "exp(0)", "1", " -> 1 1"),
    Identity("exp of zeros", "exp(𝟎)", "𝟏𝟏ᵀ", " -> m n"),
    _entries("relu times its step", "relu(X) ⊙ step(X)", "relu(X)"),
    _entries("step twice", "step(X) ⊙ step(X)", "step(X)"),
    _entries("|x| sign x", "abs(X) ⊙ sign(X)", "X"),
    _entries("x sign x", "X ⊙ sign(X)", "abs(X)"),
    _entries("exp times sigmoid", "exp(X) ⊙ sigmoid(−X)", "sigmoid(X)"),
    _entries("Pythagoras", "sin(X).^2 + cos(X).^2", "X.^0", slack=SHORTENS),
    _entries("sine over cosine", "sin(X) ⊘ cos(X)", "tan(X)"),
    _entries("hyperbolic sine over cosine", "sinh(X) ⊘ cosh(X)", "tanh(X)"),
    Identity("derivative of expm along itself", "frechet_expm(α A, A)", "A expm(α A)", "α: 1 1, A: n n -> n n"),
    _entries("relu minus its mirror", "relu(X) − relu(−X)", "X", slack=SHORTENS),
    Identity("sum of an outer product", "sum(x yᵀ)", "sum(x) sum(y)", "x: m 1, y: n 1 -> 1 1"),
)

#: Other spellings of a factor, tried where a sum might then collect; kept only if the sum gets shorter.
ALTERNATE: tuple[Identity, ...] = (_entries("sigmoid of −x", "sigmoid(−X)", "1 − sigmoid(X)", slack=LENGTHENS),)

FAMILIES = {"recognise": RECOGNISE, "simplify": SIMPLIFY, "alternate": ALTERNATE}


def _letters(signature: str) -> str:
    return signature.partition("->")[0].strip()


def compile_identity(identity: Identity, *, scalar: bool = False) -> Rule:
    """The rule that an identity states; `scalar` for its form on single entries."""
    if _letters(identity.signature):
        named = signature_dims(identity.signature)
    else:  # a rule without letters
        named = [], signature_dims(f"X: 1 1 {identity.signature}")[1]
    letters = {name: SCALAR if scalar else shape for name, shape in named[0]}
    shape = SCALAR if scalar else named[1]
    left = read_formula(identity.left, letters, shape)
    right = read_formula(identity.right, letters, shape)
    when = tuple((symbol(letter, letters[letter]), fact) for letter, fact in identity.when)
    return Rule(identity.name, left, right, when, identity.slack)


@cache
def rule_set(family: str) -> RuleSet:
    """The rules of a family, compiled when first used."""
    rules = []
    for identity in FAMILIES[family]:
        rules.append(compile_identity(identity))
        if identity.entrywise:
            rules.append(compile_identity(identity, scalar=True))
    return RuleSet.of(rules)
