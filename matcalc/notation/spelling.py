"""Words of several letters that are nothing known: whether their letters are a product, and what else was meant."""

from __future__ import annotations

import difflib
import keyword

from matcalc.algebra.operations import REGISTRY
from matcalc.errors import MatcalcError, NotYetError, ParseError
from matcalc.notation.lexer import Token
from matcalc.notation.names import GREEK, is_upper, normalise_name, pieces_of
from matcalc.notation.surroundings import Surroundings

__all__ = ["READER_FUNCTIONS", "Spelling"]

#: Functions that are no rows of the rulebook: shorthands for what the constructors build.
READER_FUNCTIONS = frozenset(
    {"inv", "transpose", "eye", "ones", "zeros", "vector", "matrix", "hadamard", "inner", "dot"}
)
_REFUSED_FUNCTIONS = {
    "cross": "",
    "outer": "Write x yᵀ.",
    "pow": "Write x^k.",
}
_LATER_FUNCTIONS = ("hess", "grad", "rank", "cond", "eig", "svd", "chol", "prod")


class Spelling(Surroundings):
    """Why a word is no product of its letters, and what to say of it."""

    def why_not(self, at: int, token: Token, word: str, pieces: list[str]) -> MatcalcError | None:
        """The error if a word cannot be split."""
        spans = ((token.start, token.end),)
        if word in _REFUSED_FUNCTIONS:
            return ParseError(f"the function {word} is not read", spans=spans, advice=_REFUSED_FUNCTIONS[word])
        if word in _LATER_FUNCTIONS:
            return NotYetError(f"the function {word} is not read yet", spans=spans)
        if "".join(pieces) != word:
            return ParseError(f"{word} is not a name", spans=spans)
        names = [normalise_name(piece) for piece in pieces]
        calls = self.before_bracket(at)
        if keyword.iskeyword(word) or (calls and self.close_to(word)):
            return self.unread(word, calls, spans)
        known = self.alone()
        if all(n in self.vocabulary.declared or n in known or n == "I" for n in names):
            return None
        if calls or len(pieces) > 4 or not any(is_upper(n) for n in names):
            return self.unread(word, calls, spans)
        return None

    def close_to(self, word: str) -> list[str]:
        """Known names that the word may have been meant for."""
        candidates = [*REGISTRY.names, *READER_FUNCTIONS, *self.vocabulary.functions, *GREEK]
        return difflib.get_close_matches(word, candidates, n=2, cutoff=0.7) if 2 < len(word) < 30 else []

    def unread(self, word: str, calls: bool, spans: tuple[tuple[int, int], ...]) -> MatcalcError:
        """The error for a word that is nothing."""
        shown = word if len(word) <= 40 else word[:40] + "…"
        if keyword.iskeyword(word):
            message = f"{shown} is a word of Python and cannot be read as a product"
        elif calls:
            message = f"there is no function {shown}"
        else:
            message = f"{shown} is neither declared nor known"
        close = self.close_to(word)
        if close:
            advice = f"Did you mean {' or '.join(close)}?"
        elif calls:
            advice = (
                f"If it is a product of {' · '.join(pieces_of(word)[:4])}…, write spaces between the letters."
                if len(word) > 4
                else (f"If it is a product, write {' '.join(pieces_of(word))} (…).")
            )
        else:
            advice = (
                f"Declare it, or write a product with spaces: {' '.join(pieces_of(word))}."
                if len(word) <= 12
                else "Declare it."
            )
        return ParseError(message, spans=spans, advice=advice)
