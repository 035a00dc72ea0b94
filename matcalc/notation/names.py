"""Names: what counts as the same name, and the alphabets that names are written in.

One normalisation holds for text, declarations, variables and keyword arguments alike: letters are
composed (NFC), Greek words and LaTeX commands are Greek letters, digits at the end are an index,
bold type is decoration, and accents in LaTeX are combining accents.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from matcalc.errors import DeclarationError

__all__ = [
    "ACCENTS",
    "DECORATIONS",
    "DIGITS",
    "GREEK",
    "LETTERS",
    "MARKS",
    "PRIMES",
    "SUBSCRIPTS",
    "SUBSCRIPT_LETTERS",
    "SUPERSCRIPTS",
    "WORD",
    "is_greek",
    "is_lower",
    "is_upper",
    "numbered",
    "normalise_name",
    "pieces_of",
]

_LOWER = "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma tau upsilon phi chi psi omega"  # noqa: E501
_GREEK_LOWER = "αβγδεζηθικλμνξοπρστυφχψω"
_UPPER = "Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega"
_GREEK_UPPER = "ΓΔΘΛΞΠΣΥΦΨΩ"

#: The word or LaTeX command of every Greek letter.
GREEK: dict[str, str] = {
    **dict(zip(_LOWER.split(), _GREEK_LOWER, strict=True)),
    **dict(zip(_UPPER.split(), _GREEK_UPPER, strict=True)),
    "varepsilon": "ε",
    "vartheta": "θ",
    "varphi": "φ",
    "varrho": "ρ",
    "varpi": "π",
    "varsigma": "σ",
}
#: Shapes of a letter that mean the letter.
_VARIANTS = str.maketrans(
    {
        "ϵ": "ε",
        "ϑ": "θ",
        "ϕ": "φ",
        "ϱ": "ρ",
        "ϖ": "π",
        "ς": "σ",
        "µ": "μ",
        "ϰ": "κ",
        "Ω": "Ω",
        "’": "′",
        "″": "′′",
        "‴": "′′′",
        "⁗": "′′′′",
    }
)
#: LaTeX accents as combining characters.
ACCENTS: dict[str, str] = {
    "hat": "\u0302", "widehat": "\u0302", "tilde": "\u0303", "widetilde": "\u0303", "bar": "\u0304",
    "overline": "\u0304", "dot": "\u0307", "ddot": "\u0308", "check": "\u030c",
}  # fmt: skip
#: LaTeX commands that change the type and not the name.
DECORATIONS = (
    "mathbf", "boldsymbol", "bm", "mathrm", "mathit", "mathsf", "mathcal", "mathbb", "operatorname", "text", "textbf",
)  # fmt: skip

DIGITS = "₀₁₂₃₄₅₆₇₈₉"
_TO_INDEX = str.maketrans("0123456789", DIGITS)
_FROM_INDEX = str.maketrans(DIGITS, "0123456789")
SUBSCRIPT_LETTERS: dict[str, str] = dict(zip("ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ", "aehijklmnoprstuvxβγρφχ", strict=True))
#: Every index character as the plain one.
SUBSCRIPTS: dict[str, str] = {**dict(zip(DIGITS, "0123456789", strict=True)), **SUBSCRIPT_LETTERS}
#: Every raised character as the plain one.
SUPERSCRIPTS: dict[str, str] = {
    **dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾", "0123456789+-()", strict=True)),
    "ᵀ": "T", "ᵗ": "T", "˟": "×", "½": "½",
    **dict(zip("ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵘᵛʷˣʸᶻᴺᴹᴷᴰ", "abcdefghijklmnoprsuvwxyzNMKD", strict=True)),
}  # fmt: skip

# Character classes for the patterns of this package; the last range is the mathematical alphabets.
LETTERS = "A-Za-zÀ-ÖØ-öø-ɏΑ-ΡΣ-Ωα-ωϐϑϕϖϰϱϵЀ-ӿµΩℓḀ-ỿ\U0001d400-\U0001d7cb"
MARKS = "\u0300-\u036f"
PRIMES = "′″‴⁗"
_INDEX = DIGITS + "".join(SUBSCRIPT_LETTERS)

#: A word: letters with accents, digits, indices and primes; an index in braces ends it.
WORD = (
    rf"[{LETTERS}](?:[{LETTERS}{MARKS}0-9{_INDEX}{PRIMES}]|_(?=[{LETTERS}0-9]))*"
    rf"(?:_\{{[^{{}}\n]{{1,40}}\}}[{PRIMES}]*)?"
)
#: A letter of a word, with what belongs to it alone.
_PIECE = re.compile(
    rf"[{LETTERS}][{MARKS}]*(?:[0-9]+|[{DIGITS}]+|_[0-9]+|_\{{[^{{}}]*\}}|[{''.join(SUBSCRIPT_LETTERS)}]+)*[{PRIMES}]*"
)
_DECORATED = re.compile(rf"\\(?:{'|'.join(DECORATIONS)})(?![A-Za-z])\s*(?:\{{([^{{}}]*)\}})?")
_ACCENTED = re.compile(rf"\\({'|'.join(ACCENTS)})(?![A-Za-z])\s*(?:\{{\s*(\\?[^{{}}\\\s]+)\s*\}}|(\\[A-Za-z]+|\S))")
_PARTS = re.compile(
    rf"\\?(?P<base>[{LETTERS}{MARKS}]+)(?P<more>(?:[0-9{_INDEX}]|_\{{[^{{}}]*\}}|_(?=[{LETTERS}0-9])|[{LETTERS}])*)"
    rf"(?P<primes>[{PRIMES}]*)"
)
_WHOLE_WORD = re.compile(WORD)


def numbered(letter: str, number: int) -> str:
    """A letter with an index.

    >>> numbered("w", 12)
    'w₁₂'
    """
    return letter + str(number).translate(_TO_INDEX)


def is_upper(name: str) -> bool:
    """Whether the name begins with an upper-case letter."""
    return name[:1].isupper()


def is_lower(name: str) -> bool:
    """Whether the name begins with a lower-case letter."""
    return name[:1].islower()


def is_greek(name: str) -> bool:
    """Whether the name begins with a Greek letter."""
    return "Ͱ" <= name[:1] <= "Ͽ"


def pieces_of(word: str) -> list[str]:
    """The letters of a word, each with its index and accents.

    >>> pieces_of("X1Wz")
    ['X1', 'W', 'z']
    """
    return _PIECE.findall(word)


def _accent(match: re.Match[str]) -> str:
    letter = match.group(2) or match.group(3)
    return GREEK.get(letter.lstrip("\\"), letter.lstrip("\\")) + ACCENTS[match.group(1)]


def _letter(char: str) -> str:
    return unicodedata.normalize("NFKC", char) if char >= "\U0001d400" else char


def _index(text: str) -> str:
    """The canonical index: digits lowered, letters after an underscore."""
    plain = re.sub(r"[_{}\s,]", "", "".join(SUBSCRIPTS.get(c, c) for c in text))
    if not plain:
        return ""
    plain = "".join(GREEK.get(word, word) for word in re.split(r"\\([A-Za-z]+)", plain))
    return plain.translate(_TO_INDEX) if plain.isdecimal() and plain.isascii() else "_" + plain


@lru_cache(maxsize=4096)
def normalise_name(text: str) -> str:
    r"""The one spelling of a name.

    >>> [normalise_name(name) for name in ("beta", r"\beta", "x_1", "x_{1}", "x1", r"\mathbf{X}", r"\hat\theta")]
    ['β', 'β', 'x₁', 'x₁', 'x₁', 'X', 'θ̂']

    An index of letters is written after an underscore, in whatever type it came.

    >>> normalise_name("W_{hh}"), normalise_name("Wₕₕ"), normalise_name("theta_1")
    ('W_hh', 'W_hh', 'θ₁')
    """
    name = text.strip()
    if len(name) > 200:
        raise DeclarationError(f"a name of {len(name)} characters is longer than any name that is read")
    if "\\" in name:
        name = _DECORATED.sub(lambda m: m.group(1) or "", name).strip()
        name = _ACCENTED.sub(_accent, name).strip()
    name = "".join(map(_letter, unicodedata.normalize("NFC", name.translate(_VARIANTS))))
    match = _PARTS.fullmatch(name)
    if match is None:
        raise DeclarationError(
            f"{_shown(text)} is not a name",
            advice="A name is a letter or a word, with an index if need be: x, β, x₁, W_h.",
        )
    base, more = match.group("base"), match.group("more")
    return unicodedata.normalize("NFC", GREEK.get(base, base) + _index(more) + match.group("primes"))


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:40] + "…")
