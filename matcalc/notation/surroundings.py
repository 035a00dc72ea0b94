"""What the rest of a text says about a word in it: which letters stand alone, and what brackets follow."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import cast

from matcalc.algebra.shapes import SCALAR, Shape
from matcalc.notation.bounds import Bounds, index_letters
from matcalc.notation.declarations import Path
from matcalc.notation.lexer import Token
from matcalc.notation.names import DIGITS, GREEK, LETTERS, MARKS, PRIMES, is_greek, is_lower, normalise_name, pieces_of

__all__ = ["LONGEST", "ORDERS", "SINGLE", "Surroundings", "Unknown", "Vocabulary"]

#: Longer words are refused.
LONGEST = 100
#: One letter with accents, an index and primes.
SINGLE = re.compile(rf"[{LETTERS}][{MARKS}]*[{DIGITS}]*[{PRIMES}]*")
ORDERS = {"′" * order: order for order in range(5)}
#: Greek letters that name functions; any other Greek letter before a bracket is a factor.
_GREEK_FUNCTIONS = "φψ"


@dataclass(frozen=True, slots=True)
class Unknown:
    """A function that is only a name, how often it is derived, and the shape that its value is declared to have."""

    name: str
    order: int = 0
    shape: Shape = SCALAR
    symmetric: bool = False

    def __str__(self) -> str:
        return self.name


@dataclass(slots=True)
class Vocabulary:
    """What names mean before the text is read.

    declared    names of symbols.
    dimensions  names that occur in declared shapes: in an expression they are scalars.
    functions   functions that the caller supplies.
    paths       functions of a scalar whose values have a declared shape: A(t): n n.
    formula     whether the text is a formula of the rulebook: every letter is declared, nothing is split.
    einstein    whether indices below letters are entries that the summation convention sums.
    entries     whether an index is that of an entry without any sum: for each value of it there is one function.
    indices     the letters that are declared to be indices: they stand for one place each.
    notes       what was assumed on the way.
    """

    declared: Collection[str]
    dimensions: Collection[str] = ()
    functions: Mapping[str, object] = field(default_factory=dict)
    paths: Mapping[str, Path] = field(default_factory=dict)
    formula: bool = False
    einstein: bool = False
    entries: bool = False
    indices: Collection[str] = ()
    notes: list[str] = field(default_factory=list)


def _is_power(token: Token) -> bool:
    """Whether the token raises what stands before it to a power."""
    return token.type == "CARET" or (token.type == "SUPERSCRIPT" and token.value not in ("T", "-T"))


class Surroundings:
    """The tokens of a text, and what they say about each other."""

    def __init__(self, tokens: list[Token], text: str, vocabulary: Vocabulary) -> None:
        self.tokens = tokens
        self.text = text
        self.vocabulary = vocabulary
        self.orders: dict[int, int] = {}  # ∇ and ∇² before a word
        self._euler: bool | None = None
        self._symbols: dict[str, bool] = {}
        self._alone: dict[str, bool] | None = None  # single letters of the text: whether used as a symbol
        self.indices: set[str] = set()  # what the sums of the text are over, and their upper limits
        self.limits: set[str] = set()
        for token in tokens:
            if token.type == "SUM":
                bounds = cast(Bounds, token.value)
                self.indices.update(bounds.letters)
                self.limits.update(bounds.names)
            elif vocabulary.einstein and token.type == "WORD":
                self.indices.update(self.subscript(normalise_name(str(token.value)[:LONGEST])))

    def subscript(self, name: str) -> tuple[str, ...]:
        """The indices that a name which is not declared ends with."""
        base, _, below = name.partition("_")
        return () if name in self.vocabulary.declared or not SINGLE.fullmatch(base) else index_letters(below)

    def alone(self) -> dict[str, bool]:
        """The letters that stand alone in the text, and whether one of them is not before a tight bracket."""
        if self._alone is None:
            found: dict[str, bool] = {}
            for at, token in enumerate(self.tokens):
                if token.type == "WORD":
                    word = str(token.value)
                    if len(pieces_of(word)) == 1 or word in GREEK:
                        name = normalise_name(word)
                        found[name] = found.get(name, False) or not self.before_bracket(at, tight=True)
            self._alone = found
        return self._alone

    def before_bracket(self, at: int, tight: bool = False) -> bool:
        """Whether an opening bracket follows the token."""
        if at + 1 >= len(self.tokens):
            return False
        after = self.tokens[at + 1]
        return after.type == "LPAR" and (not tight or after.start == self.tokens[at].end)

    def is_size(self, at: int) -> bool:
        """Whether the letter is an operand of eye, ones or zeros."""
        if not 1 < at < len(self.tokens):
            return False
        opening = at - 1 if self.tokens[at - 1].type == "LPAR" else at - 3 if self.tokens[at - 1].type == "COMMA" else 0
        return opening > 0 and self.tokens[opening - 1].value in ("eye", "ones", "zeros")

    def is_base(self, at: int) -> bool:
        """Whether e is Euler's number: here and everywhere in the text it is the base of a power."""
        if self._euler is None:
            self._euler = all(
                i + 1 < len(self.tokens) and _is_power(self.tokens[i + 1])
                for i, token in enumerate(self.tokens)
                if token.type == "WORD" and token.value == "e"
            )
        return self._euler and at + 1 < len(self.tokens) and _is_power(self.tokens[at + 1])

    def used_as_symbol(self, name: str) -> bool:
        """Whether a letter occurs that no bracket follows, at any distance."""
        if name not in self._symbols:
            self._symbols[name] = any(
                token.type == "WORD" and normalise_name(str(token.value)) == name and not self.before_bracket(i)
                for i, token in enumerate(self.tokens)
                if len(str(token.value)) <= LONGEST
            )
        return self._symbols[name]

    def is_unknown_function(self, at: int, name: str) -> bool:
        """Whether an undeclared letter is an unknown function: lower-case and always right before a bracket."""
        base = name.rstrip("′")
        greek = is_greek(base) and base not in _GREEK_FUNCTIONS
        return not greek and self._is_called(at, name)

    def is_called_factor(self, at: int, name: str) -> bool:
        """Whether a Greek letter is a factor although it stands as a function does: γ(x), with one name inside."""
        inside = [token.type for token in self.tokens[at + 2 : at + 4]]
        return is_greek(name) and inside == ["WORD", "RPAR"] and self._is_called(at, name)

    def _is_called(self, at: int, name: str) -> bool:
        base = name.rstrip("′")
        return (
            self.before_bracket(at, tight=True)
            and is_lower(base)
            and base not in self.vocabulary.declared
            and not self.alone().get(base, False)
            and name[len(base) :] in ORDERS
        )
