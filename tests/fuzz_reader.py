"""Random input for the reader in all its notations: nothing but a MatcalcError escapes, and nothing is slow.

    python -m tests.fuzz_reader COUNT SEED

Text is made of scraps of the notation, of LaTeX, of index sums and of programs, of problems from
tests/cases/ with characters dropped, doubled and exchanged, of any characters, and of long repetitions.
What is read is derived by its first symbol now and then, printed, and printed as LaTeX.
"""

from __future__ import annotations

import collections
import json
import random
import sys
import time
import traceback
from pathlib import Path

from matcalc import MatcalcError, derive, parse, symbols
from matcalc.notation.latex import to_latex
from matcalc.notation.names import normalise_name
from matcalc.notation.read import read
from matcalc.notation.text import to_text


def _pieces(text: str) -> list[str]:
    return text.split(" ")


TEXT = _pieces(
    "x y z A B X S α β e I 𝟏 𝟎 2 ½ 0.5 3 ᵀ ⁻¹ ² ⁻ᵀ ' ^2 ^T ^ ( ) [ ] ‖ | ‖₁ ₁ _F · * / ⊙ ⊘ ⊗ : + − - , ; = "
    "tr log det sin( exp( diag( sum( max( f( ∇ 𝟙[ >0] .* ./ .^ Ax foo where x:n A∈ℝ^{m×n} { } _ σ( π inv( "
    "vec( vector(1) eye n ′ @ ** .T logdet softmax( tril( 1e9 1e-400 e^ :: ⟨ ⟩ √ ∂ ∏ † × \u0302 ﬁ ٣ \u202e "
    "\x00 __import__ lambda np os.system"
)
LATEX = _pieces(
    r"x y A X \alpha \beta \mathbf{x} \boldsymbol\theta \bm{W} \hat\beta \hat{AB} \frac \frac{1}{2} \tfrac12 "
    r"{ } ^ _ ^\top ^{-1} ^{-\top} ^T _1 _{ij} _2^2 \| \left\| \right\| \left( \right) \lVert \rVert \left. "
    r"\right| \sqrt \sqrt[3] \log \det \operatorname{tr} \mathrm{Tr} \exp\{ \} \sum_{i=1}^n \sum_i \sum \cdot "
    r"\odot \circ \otimes \langle \rangle , \, \quad \begin{aligned} \end{aligned} \begin{bmatrix} "
    r"\end{bmatrix} & \\ $ \[ \] \mathbb{1} \mathbb{R} \sin^2 \label{a} % ' + - = \text{where} \in \ \foo "
    r"\nabla \partial \infty 1 2 ( ) [ ] | \lambda \sigma( \over \prime \tag"
)
INDEX = _pieces(
    "∑_{i<j} ∑_{i≠j} ∑_{i=1}^{n-1} ∑_{j=0}^d x_{i+1} x_{i-1} ∑_{1≤i<j≤n} ∑_{i,j=1}^n A_{i,j+1} ∑_{i=2}^n "
    ")ᵢⱼ ∑ᵢ ∑ⱼ ∑ᵢⱼ ∑_{i=1}^n ∑_{i,j} ∑ ∑_k sum_i xᵢ yᵢ xⱼ Aᵢⱼ Bⱼₖ A_{ij} x_i x_{j} wₖ δᵢⱼ δ_{ij} xᵢᵀ ² ( ) )ᵢ "
    ")_j ‖ log exp( - + / θⱼ x^j i j |xᵢ| tr max(0, ½ ⊙ ᵀ ∑ₙ yₙ wᵀxₙ X_{ii} Cᵢⱼₖ : ; = 𝟙[ > 0] sin("
)
PROGRAM = _pieces("z = W x + b ; \n e y − z ½ ‖e‖² tanh(z) z₁ , where W: m n x: n z = z = ( ) ᵀ")
WHERE: tuple[object, ...] = (
    None, {}, {"x": "n"}, {"A": "m n", "x": "n"}, {"X": "n n symmetric", "α": "scalar"}, "A: m n", {"x": "3"},
    {"np": "n"}, {"x": "n", "y": "n", "A": "n n", "B": "n n"}, {"lambda": ""}, {"x": "n n n"}, {"x": 3}, "x: ",
    {"": "n"}, {"x": "0"},
)  # fmt: skip


def _cases() -> list[str]:
    folder = Path(__file__).parent / "cases"
    found = [case for path in sorted(folder.glob("*.json")) for case in json.loads(path.read_text(encoding="utf-8"))]
    return [case[notation] for case in found for notation in ("expr", "mc", "latex") if case.get(notation)]


CASES = _cases()


def random_input(rng: random.Random) -> tuple[str, object, str]:
    """A text, declarations and a notation."""
    kind = rng.choice(
        ("text", "latex", "index", "program", "mixed", "mutant", "mutant", "mutant", "characters", "long")
    )
    pieces = {"text": TEXT, "latex": LATEX, "index": INDEX, "program": PROGRAM, "mixed": TEXT + LATEX + INDEX + PROGRAM}
    if kind in pieces:
        gap = rng.choice(("", " ", " "))
        text = gap.join(rng.choice(pieces[kind]) for _ in range(rng.choice((1, 2, 3, 4, 5, 7, 10, 18))))
    elif kind == "mutant":
        text = _mutated(rng, rng.choice(CASES))
    elif kind == "characters":
        top = rng.choice((0x7F, 0x2FF, 0x22FF, 0x1D7FF, 0x10FFFF))
        text = "".join(
            chr(c) for c in (rng.randint(0, top) for _ in range(rng.randint(0, 40))) if not 0xD800 <= c < 0xE000
        )
    else:
        piece = rng.choice((rng.choice(TEXT), rng.choice(LATEX), rng.choice(INDEX), rng.choice(CASES) + " + "))
        text = rng.choice(("", "x", "(")) + piece * rng.randint(2, 20_000 // (len(piece) + 1) + 2)
    where = rng.choice(WHERE) if rng.random() < 0.25 else None
    return text, where, rng.choice(("auto", "auto", "auto", "auto", "text", "latex", "einstein", "einstein"))


def _mutated(rng: random.Random, text: str) -> str:
    characters = list(text)
    for _ in range(rng.choice((0, 1, 1, 1, 2, 4))):
        at = rng.randrange(len(characters) + 1)
        change = rng.randrange(4)
        if change == 0:
            del characters[at : at + rng.randint(1, 3)]
        elif change == 1:
            characters[at:at] = rng.choice(TEXT + LATEX + INDEX)
        elif change == 2:
            characters[at:at] = characters[at : at + rng.randint(1, 5)]
        elif at + 1 < len(characters):
            characters[at], characters[at + 1] = characters[at + 1], characters[at]
    return "".join(characters)


def attempt(text: str, where: object, notation: str, more: int) -> str:
    """read, or the kind of the error; anything but a MatcalcError escapes."""
    try:
        reading = read(text, where, notation=notation)  # type: ignore[arg-type]
    except MatcalcError as error:
        assert str(error).strip()
        for begin, end in error.spans:
            assert 0 <= begin <= end <= len(error.source or text) + 1, (error.spans, len(text))
        return type(error).__name__
    if len(text) > 2_000:
        return "read"
    to_latex(reading.expr)
    shown = to_text(reading.expr)
    try:
        if more == 0 and reading.symbols:
            str(derive(text, next(iter(reading.symbols)), where=where, notation=notation))  # type: ignore[arg-type]
        elif more == 1:
            parse(shown)
        elif more == 2:
            normalise_name(text)
        elif more == 3:
            symbols(text)
    except MatcalcError as error:
        assert str(error).strip()
    return "read"


def fuzz(count: int, seed: int, budget: float = float("inf")) -> tuple[collections.Counter[str], list[str]]:
    """The outcomes of so many inputs, and the failures as text that repeats them."""
    rng = random.Random(seed)
    outcomes: collections.Counter[str] = collections.Counter()
    failures: list[str] = []
    end = time.perf_counter() + budget
    for _ in range(count):
        text, where, notation = random_input(rng)
        start = time.perf_counter()
        if start > end:
            break
        try:
            outcomes[attempt(text, where, notation, rng.randrange(8))] += 1
        except Exception:
            outcomes["ESCAPED"] += 1
            failures.append(f"{text[:300]!r} {where!r} {notation}\n{traceback.format_exc(limit=-4)}")
        taken = time.perf_counter() - start
        if taken > 1 + len(text) / 10_000:
            outcomes["SLOW"] += 1
            failures.append(f"{taken:.1f} s for {len(text)} characters: {text[:200]!r} {where!r} {notation}")
    return outcomes, failures


def main() -> int:
    """Run as a command."""
    count, seed = (int(word) for word in (*sys.argv[1:], "10000", "0")[:2])
    outcomes, failures = fuzz(count, seed)
    print(f"{sum(outcomes.values())} inputs, seed {seed}: " + ", ".join(f"{k} {n}" for k, n in outcomes.most_common()))
    print("\n".join(failures[:20]))
    return bool(failures)


if __name__ == "__main__":
    sys.exit(main())
