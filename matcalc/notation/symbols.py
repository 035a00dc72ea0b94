"""The characters of the notation: Greek letters, superscripts, fractions, and their LaTeX."""

from __future__ import annotations

from fractions import Fraction

__all__ = ["ACCENTS", "GREEK", "SUBSCRIPTS", "SUPERSCRIPTS", "VULGAR", "latex_name", "number_text"]

#: The fractions that have a character of their own.
VULGAR = {
    "1/2": "½", "1/3": "⅓", "2/3": "⅔", "1/4": "¼", "3/4": "¾", "1/5": "⅕", "2/5": "⅖", "3/5": "⅗", "4/5": "⅘",
    "1/6": "⅙", "5/6": "⅚", "1/8": "⅛", "3/8": "⅜", "5/8": "⅝", "7/8": "⅞",
}  # fmt: skip

SUPERSCRIPTS = str.maketrans("0123456789-Tabcdefghijklmnoprstuvwxyz", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻ᵀᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ")

SUBSCRIPTS = dict(zip("₀₁₂₃₄₅₆₇₈₉₊₋ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", "0123456789+-aehijklmnoprstuvx", strict=True))

GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "varepsilon", "ϵ": "epsilon", "ζ": "zeta",
    "η": "eta", "θ": "theta", "ϑ": "vartheta", "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu",
    "ξ": "xi", "π": "pi", "ϖ": "varpi", "ρ": "rho", "ϱ": "varrho", "σ": "sigma", "ς": "varsigma", "τ": "tau",
    "υ": "upsilon", "φ": "varphi", "ϕ": "phi", "χ": "chi", "ψ": "psi", "ω": "omega",
    "Γ": "Gamma", "Δ": "Delta", "Θ": "Theta", "Λ": "Lambda", "Ξ": "Xi", "Π": "Pi", "Σ": "Sigma", "Υ": "Upsilon",
    "Φ": "Phi", "Ψ": "Psi", "Ω": "Omega", "ℓ": "ell",
}  # fmt: skip

#: Capital Greek letters that look like Latin ones, and the Latin ones.
_LATIN_LOOK = str.maketrans("ΑΒΕΖΗΙΚΜΝΟΡΤΧο", "ABEZHIKMNOPTXo")

ACCENTS = {"\u0302": "hat", "\u0303": "tilde", "\u0304": "bar", "\u0307": "dot", "\u0308": "ddot", "\u20d7": "vec"}

_SPECIAL = {"𝟏": r"\mathbf{1}", "𝟎": r"\mathbf{0}", "∇": r"\nabla ", "²": "^{2}"}


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


def latex_name(name: str) -> str:
    r"""A symbol's name as LaTeX.

    >>> print(*map(latex_name, ["A", "β", "W₁", "θ̂", "lam", "x_max", "dX", "X′"]))
    A \beta W_{1} \hat{\theta} \mathrm{lam} x_{\mathrm{max}} \mathrm{d}X X'
    """
    if len(name) > 1 and name[0] == "d" and not name[1].isascii() | name[1].islower():
        return rf"\mathrm{{d}}{latex_name(name[1:])}"
    if len(name) > 1 and name[0] == "d" and name[1].isupper():
        return rf"\mathrm{{d}}{latex_name(name[1:])}"
    stem, accents, primes, below = _taken_apart(name)
    text = _letters(stem)
    for accent in accents:
        text = rf"\{ACCENTS[accent]}{{{text}}}"
    text += "'" * primes
    return f"{text}_{{{below}}}" if below else text


def _taken_apart(name: str) -> tuple[str, str, int, str]:
    """(letters, accents, number of primes, subscript as LaTeX)."""
    head, _, tail = name.partition("_")
    below = _letters(tail.strip("{}")) if tail else ""
    stem, accents, primes, small = "", "", 0, ""
    for character in head:
        if character in ACCENTS:
            accents += character
        elif character in "′'":
            primes += 1
        elif character in SUBSCRIPTS:
            small += SUBSCRIPTS[character]
        else:
            stem += character
    return stem, accents, primes, small + ("," if small and below else "") + below


def _letters(stem: str) -> str:
    stem = stem.translate(_LATIN_LOOK)
    if stem in GREEK:
        return rf"\{GREEK[stem]}"
    if stem in _SPECIAL:
        return _SPECIAL[stem]
    if stem.isascii():
        return stem if len(stem) == 1 or stem.isdigit() else rf"\mathrm{{{stem}}}".replace("_", r"\_")
    if all(letter in GREEK or letter.isascii() for letter in stem):
        return "".join([rf"\{GREEK[c]} " if c in GREEK else c for c in stem]).strip()
    return rf"\text{{{stem}}}"
