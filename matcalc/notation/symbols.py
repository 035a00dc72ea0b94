"""How numbers and names are written: fractions, superscripts, and the LaTeX of a name."""

from __future__ import annotations

import re
import unicodedata
from fractions import Fraction

from matcalc.notation.names import ACCENTS, GREEK, SUBSCRIPTS

__all__ = ["SUPERSCRIPTS", "VULGAR", "latex_name", "number_text"]

#: The fractions that have a character of their own.
VULGAR = {
    "1/2": "½", "1/3": "⅓", "2/3": "⅔", "1/4": "¼", "3/4": "¾", "1/5": "⅕", "2/5": "⅖", "3/5": "⅗", "4/5": "⅘",
    "1/6": "⅙", "5/6": "⅚", "1/8": "⅛", "3/8": "⅜", "5/8": "⅝", "7/8": "⅞",
}  # fmt: skip

#: Integers, the transpose, and the dimensions that have a raised letter; ᵗ is read as a transpose.
SUPERSCRIPTS = str.maketrans("0123456789-TabcdefghijklmnoprsuvwxyzDKMN", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻ᵀᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵘᵛʷˣʸᶻᴰᴷᴹᴺ")

#: The LaTeX command of every Greek letter: ε and φ are drawn in the shapes that LaTeX calls variants.
_COMMANDS = {letter: word for word, letter in GREEK.items() if not word.startswith("var")}
_COMMANDS |= {"ε": "varepsilon", "φ": "varphi", "ℓ": "ell"}

#: Capital Greek letters that look like Latin ones, and the Latin ones.
_LATIN_LOOK = str.maketrans("ΑΒΕΖΗΙΚΜΝΟΡΤΧο", "ABEZHIKMNOPTXo")

_ACCENT_COMMANDS = {mark: command for command, mark in reversed(ACCENTS.items())}

_SPECIAL = {"𝟏": r"\mathbf{1}", "𝟎": r"\mathbf{0}"}


def number_text(value: int | Fraction) -> str:
    """A number that is not negative: an integer, a decimal or p/q.

    >>> number_text(Fraction(1, 20)), number_text(Fraction(3, 4)), number_text(Fraction(1, 16)), number_text(7)
    ('0.05', '3/4', '1/16', '7')
    """
    value = Fraction(value)
    below = value.denominator
    if below == 1:
        return _digits(value.numerator)
    twos = (below & -below).bit_length() - 1
    fives, rest = 0, below >> twos
    while rest % 5 == 0:
        fives, rest = fives + 1, rest // 5
    places = max(twos, fives)
    if rest != 1 or below < 10 or places > 20 or (fives == 0 and below <= 1024):
        return f"{_digits(value.numerator)}/{_digits(below)}"
    digits = _digits(value.numerator * 10**places // below).rjust(places + 1, "0")
    return f"{digits[:-places]}.{digits[-places:]}"


_CHUNK = 10**4000


def _digits(value: int) -> str:
    """The decimal digits; Python refuses to write more than some thousands of them at once."""
    if value < _CHUNK:
        return str(value)
    chunks = []
    while value:
        value, low = divmod(value, _CHUNK)
        chunks.append(str(low).rjust(4000, "0"))
    return "".join(reversed(chunks)).lstrip("0")


#: The differential of a symbol: d before an upper-case or Greek letter, or before a single letter.
_DIFFERENTIAL = re.compile(r"d(?:[A-Z]|[^\x00-\x7f]|[a-z](?![A-Za-z]))")


def latex_name(name: str, bold: bool = False) -> str:
    r"""A symbol's name as LaTeX.

    >>> print(*map(latex_name, ["A", "β", "W₁", "θ̂", "lam", "x_max", "dX", "dx₁", "X′"]))
    A \beta W_{1} \hat{\theta} \mathrm{lam} x_{\mathrm{max}} \mathrm{d}X \mathrm{d}x_{1} {X^{\prime}}
    >>> print(latex_name("X", bold=True), latex_name("β₁", bold=True))
    \mathbf{X} \boldsymbol{\beta}_{1}
    """
    if _DIFFERENTIAL.match(name) and name[1] not in SUBSCRIPTS:
        return rf"\mathrm{{d}}{latex_name(name[1:], bold)}"  # the differential of a symbol
    stem, marks, primes, below = _taken_apart(name)
    text = _letters(stem)
    if bold:
        text = rf"\boldsymbol{{{text}}}" if text.startswith("\\") else rf"\mathbf{{{text}}}"
    for mark in marks:
        text = rf"\{mark}{{{text}}}"
    if primes:  # X' would be read as the transpose
        marks_above = r"\prime" * primes
        text = f"{{{text}^{{{marks_above}}}}}"
    return f"{text}_{{{below}}}" if below else text


def _taken_apart(name: str) -> tuple[str, list[str], int, str]:
    """(letters, accents as commands, number of primes, subscript as LaTeX)."""
    head, _, tail = name.partition("_")
    primes = name.count("′")
    stem, marks, below = "", [], ""
    for character in unicodedata.normalize("NFD", head):
        if character in _ACCENT_COMMANDS:
            marks.append(_ACCENT_COMMANDS[character])
        elif character in SUBSCRIPTS:
            below += SUBSCRIPTS[character]
        elif character != "′":
            stem += character
    if tail:
        below += ("," if below else "") + _letters(tail.replace("′", ""))
    return unicodedata.normalize("NFC", stem), marks, primes, below


def _letters(stem: str) -> str:
    stem = stem.translate(_LATIN_LOOK)
    if stem in _COMMANDS:
        return rf"\{_COMMANDS[stem]}"
    if stem in _SPECIAL:
        return _SPECIAL[stem]
    if stem.isascii():
        return stem if len(stem) == 1 or stem.isdigit() else rf"\mathrm{{{stem}}}".replace("_", r"\_")
    if all(letter in _COMMANDS or letter.isascii() for letter in stem):
        return " ".join([rf"\{_COMMANDS[c]}" if c in _COMMANDS else c for c in stem])
    return rf"\text{{{stem}}}"
