"""What the words of a text are: symbols, functions, constants, dimensions, or letters written together.

A word is, in this order: a declared name, a Greek letter by its name, a function, and else it is
split into its letters, which the answer says.
"""

from __future__ import annotations

import difflib
import keyword
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import cast

from matcalc.algebra.operations import REGISTRY
from matcalc.algebra.shapes import SCALAR, Shape
from matcalc.errors import MatcalcError, NotYetError, ParseError
from matcalc.notation.bounds import Bounds, index_letters, parted, places
from matcalc.notation.declarations import Path
from matcalc.notation.lexer import Token
from matcalc.notation.names import (
    DIGITS,
    GREEK,
    LETTERS,
    MARKS,
    PRIMES,
    SUBSCRIPT_LETTERS,
    is_greek,
    is_lower,
    is_upper,
    normalise_name,
    pieces_of,
)

__all__ = ["READER_FUNCTIONS", "Unknown", "Vocabulary", "resolve"]

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
#: Greek letters that name functions; any other Greek letter before a bracket is a factor.
_GREEK_FUNCTIONS = "φψ"
#: Longer words are refused.
_LONGEST = 100
_SIZED = re.compile(r"I(?:_([A-Za-z]\w*)|([₀-₉]+))")
#: One letter with accents, an index and primes.
_SINGLE = re.compile(rf"[{LETTERS}][{MARKS}]*[{DIGITS}]*[{PRIMES}]*")
#: What stands below and is no index: capitals, and words with other letters than indices have, test or new.
_NO_INDEX = re.compile(r"_[^\W\d_]*[A-Z]|_(?=[^\W\d_]{3})[^\W\d_]*[^\W\d_i-t]")
_ORDERS = {"′" * order: order for order in range(5)}


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


def resolve(tokens: list[Token], text: str, vocabulary: Vocabulary) -> list[Token]:
    """The tokens with every word said: SYMBOL, CALL, BARE, CONSTANT, EULER, IDENTITY or DIMENSION."""
    words = _Words(tokens, text, vocabulary)
    out: list[Token] = []
    for at, token in enumerate(tokens):
        if token.type == "WORD":
            words.put(at, token, out)
        elif token.type == "NABLA":
            words.gradient(at, token)
        elif token.type == "INDICATOR" and not (at + 1 < len(tokens) and tokens[at + 1].type == "LSQUARE"):
            out.append(Token("ONES", None, token.start, token.end))
        else:
            out.append(token)
    return out


@lru_cache(maxsize=4096)
def _names(word: str) -> tuple[str, str]:
    """(name, the word as a possible function)."""
    return normalise_name(word), word.lstrip("\\")


def below_at(written: str) -> int:
    """Where the indices of a word begin.

    >>> below_at("A_{i,:}"), below_at("xᵢ"), below_at("W_1_{ij}")
    (1, 1, 3)
    """
    return written.rfind("_") if "_" in written else len(written.rstrip("".join(SUBSCRIPT_LETTERS)))


def _is_power(token: Token) -> bool:
    """Whether the token raises what stands before it to a power."""
    return token.type == "CARET" or (token.type == "SUPERSCRIPT" and token.value not in ("T", "-T"))


class _Words:
    """One pass over the words of a text, with what the rest of the text says about them."""

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
                self.indices.update(self.subscript(normalise_name(str(token.value)[:_LONGEST])))

    def subscript(self, name: str) -> tuple[str, ...]:
        """The indices that a name which is not declared ends with."""
        base, _, below = name.partition("_")
        return () if name in self.vocabulary.declared or not _SINGLE.fullmatch(base) else index_letters(below)

    # --- what the text says elsewhere ---

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

    # --- one word ---

    def put(self, at: int, token: Token, out: list[Token]) -> None:
        """Append what the word is."""
        word = str(token.value)
        if len(word) > _LONGEST:
            raise ParseError(f"{word[:20]}… is longer than any name", spans=((token.start, token.start + 20),))
        name, plain = _names(word)
        vocabulary = self.vocabulary
        if at in self.orders:
            out.append(Token("CALL", Unknown(name, self.orders[at]), token.start, token.end))
        elif name.rstrip("′") in vocabulary.paths and name[len(name.rstrip("′")) :] in _ORDERS:
            self.path(at, token, name, out)
        elif name in vocabulary.declared:
            out.append(Token("SYMBOL", name, token.start, token.end))
        elif name in vocabulary.functions or plain in vocabulary.functions:
            self.function(at, token, plain if plain in vocabulary.functions else name, out)
        elif ("_" in word or vocabulary.indices) and self.part(token, name, out):
            return
        elif _SINGLE.fullmatch(name):
            self.letter(at, token, name, out)
        elif "_" in name and self.has_entries(name) and self.entry(token, name, out):
            return
        else:
            self.long_word(at, token, name, plain, out)

    def path(self, at: int, token: Token, name: str, out: list[Token]) -> None:
        """A function of a scalar with a declared shape: A(t), A′(t)."""
        base = name.rstrip("′")
        if not self.before_bracket(at):
            raise ParseError(
                f"{base} is declared as a function, and no bracket follows", spans=((token.start, token.end),),
                advice=f"Write {base}(t), or declare {base} as a symbol.",
            )  # fmt: skip
        path = self.vocabulary.paths[base]
        value = Unknown(base, len(name) - len(base), path.shape, "symmetric" in path.facts)
        out.append(Token("CALL", value, token.start, token.end))

    def has_entries(self, name: str) -> bool:
        """Whether a name with indices is an entry: in a text with sums, or where told and the array itself occurs."""
        base = name.partition("_")[0]
        return bool(self.indices) or (
            self.vocabulary.entries and (base in self.vocabulary.declared or base in self.alone())
        )

    def part(self, token: Token, name: str, out: list[Token]) -> bool:
        """A letter or declared name with fixed indices, as that entry, row or column: xᵢ, A_{i,:}, A_{1,2}."""
        written = self.text[token.start : token.end]
        cut = below_at(written)
        found = places(written[cut:])
        declared, indices = self.vocabulary.declared, self.vocabulary.indices
        letters = [place for place in found if place.isalpha()]
        if not found or not cut:
            return False
        base = normalise_name(written[:cut])
        if not (base in declared or _SINGLE.fullmatch(base)):
            return False
        if ":" in found:
            for letter in letters:
                if letter not in indices and letter not in self.indices:
                    raise NotYetError(
                        f"{letter} is no index here", spans=((token.start + cut, token.end),),
                        advice=f"Declare it, where {letter}: index, or sum over it.",
                    )  # fmt: skip
        elif len(letters) < len(found):  # numbers: A_{1,2} is an entry of a declared A, x₂ is a name
            if "," not in written or base not in declared:
                return False
        elif not set(letters) & set(indices) or not set(letters) <= {*indices, *self.indices}:
            return False
        place = token.start + cut
        if base in ("δ", "e") and base not in declared and base not in self.alone():
            if len(found) == (2 if base == "δ" else 1):
                if base == "e":  # a unit vector is a column of the identity
                    out.append(Token("IDENTITY", None, token.start, place))
                    out.append(Token("ENTRY", (":", *found), place, token.end))
                else:
                    out.append(Token("DELTA", found, token.start, token.end))
                return True
        if base not in declared and base.upper() in declared and len(found) == 1 and base not in self.alone():
            base = base.upper()
        kind = "IDENTITY" if base == "I" and base not in declared else "SYMBOL"
        out.append(Token(kind, None if kind == "IDENTITY" else base, token.start, place))
        out.append(Token("ENTRY", found, place, token.end))
        return True

    def entry(self, token: Token, name: str, out: list[Token]) -> bool:
        """A letter or declared name with indices, as its entry; x with a declared matrix X as its row."""
        base, _, below = name.partition("_")
        letters = index_letters(below) or self.spelt(token)
        declared = self.vocabulary.declared
        if not letters or not (base in declared or _SINGLE.fullmatch(base)):
            return False
        if base == "δ" and base not in declared and len(letters) == 2:
            out.append(Token("DELTA", letters, token.start, token.end))
            return True
        if base not in declared and base.upper() in declared and len(letters) == 1 and base not in self.alone():
            base = base.upper()
        written = self.text[token.start : token.end]
        cut = below_at(written)
        out.append(Token("SYMBOL", base, token.start, token.start + cut))
        out.append(Token("ENTRY", letters, token.start + cut, token.end))
        return True

    def spelt(self, token: Token) -> tuple[str, ...]:
        """The indices of x_{i+1}, and those of M_{pi} in a sum over p or i, where they are not the letter π."""
        written = self.text[token.start : token.end]
        cut = written.rfind("_") if "_" in written else len(written.rstrip("".join(SUBSCRIPT_LETTERS)))
        letters = index_letters(written[cut:])
        return letters if self.indices.intersection([parted(index)[0] for index in letters]) else ()

    def letter(self, at: int, token: Token, name: str, out: list[Token]) -> None:
        """A single letter that is not declared."""
        kind: str = "SYMBOL"
        value: object = name
        if name == "H" and at and self.tokens[at - 1].type == "CARET":
            raise ParseError(
                "ᴴ is the conjugate transpose, and matrices here are real", spans=((token.start, token.end),),
                advice="Write ᵀ; or declare H if it is an exponent.",
            )  # fmt: skip
        if name == "I":
            kind, value = "IDENTITY", None
        elif name in self.indices:
            kind = "INDEX"
        elif name in self.limits:
            kind = "DIMENSION"
        elif name == "π":
            kind = "CONSTANT"
        elif name in self.vocabulary.dimensions or self.is_size(at):
            kind = "DIMENSION"
        elif self.vocabulary.formula:
            raise ParseError(f"{name} is no letter of this rule", spans=((token.start, token.end),))
        elif _SIZED.fullmatch(name):
            kind, value = "IDENTITY", name[1:].lstrip("_")
        elif name == "e" and self.is_base():
            kind = "EULER"
        elif name == "σ" and self.before_bracket(at) and not self.used_as_symbol("σ"):
            kind, value = "CALL", "sigmoid"
        elif self.is_unknown_function(at, name):
            kind, value = "CALL", self.unknown(name)
        out.append(Token(kind, value, token.start, token.end))

    def is_size(self, at: int) -> bool:
        """Whether the letter is an operand of eye, ones or zeros."""
        if not 1 < at < len(self.tokens):
            return False
        opening = at - 1 if self.tokens[at - 1].type == "LPAR" else at - 3 if self.tokens[at - 1].type == "COMMA" else 0
        return opening > 0 and self.tokens[opening - 1].value in ("eye", "ones", "zeros")

    def is_base(self) -> bool:
        """Whether e is Euler's number: everywhere in the text it is the base of a power."""
        if self._euler is None:
            self._euler = all(
                i + 1 < len(self.tokens) and _is_power(self.tokens[i + 1])
                for i, token in enumerate(self.tokens)
                if token.type == "WORD" and token.value == "e"
            )
        return self._euler

    def used_as_symbol(self, name: str) -> bool:
        """Whether a letter occurs that no bracket follows, at any distance."""
        if name not in self._symbols:
            self._symbols[name] = any(
                token.type == "WORD" and normalise_name(str(token.value)) == name and not self.before_bracket(i)
                for i, token in enumerate(self.tokens)
                if len(str(token.value)) <= _LONGEST
            )
        return self._symbols[name]

    def is_unknown_function(self, at: int, name: str) -> bool:
        """Whether an undeclared letter is an unknown function: lower-case and always right before a bracket."""
        base = name.rstrip("′")
        return (
            self.before_bracket(at, tight=True)
            and is_lower(base)
            and (not is_greek(base) or base in _GREEK_FUNCTIONS)
            and base not in self.vocabulary.declared
            and not self.alone().get(base, False)
            and name[len(base) :] in _ORDERS
        )

    def unknown(self, name: str) -> Unknown:
        """The unknown function, noted."""
        base = name.rstrip("′")
        note = f"{base} is read as an unknown function"
        if note not in self.vocabulary.notes:
            self.vocabulary.notes.append(note)
        return Unknown(base, _ORDERS[name[len(base) :]])

    def gradient(self, at: int, token: Token) -> None:
        """∇f(x), ∇²f(x): says so of the word that follows."""
        order = 1
        at += 1
        if at < len(self.tokens) and self.tokens[at].type == "SUPERSCRIPT" and self.tokens[at].value == 2:
            self.tokens[at].type = "WORD_MARK"
            order, at = 2, at + 1
        if at < len(self.tokens) and self.tokens[at].type == "WORD" and self.before_bracket(at):
            self.orders[at] = order
            return
        raise NotYetError(
            "a derivative is not part of the notation", spans=((token.start, token.end),),
            advice="Write the function alone, and say by what to derive; ∇f(x) is read where f is an unknown function.",
        )  # fmt: skip

    # --- words of several letters ---

    def long_word(self, at: int, token: Token, name: str, plain: str, out: list[Token]) -> None:
        """A word of several letters that is not declared."""
        start, end = token.start, token.end
        sized = _SIZED.fullmatch(name)
        function = self.known_function(plain, at) or self.known_function(name, at)
        if name in self.vocabulary.dimensions:
            out.append(Token("DIMENSION", name, start, end))
        elif function is not None:
            self.function(at, token, function, out)
        elif sized:
            out.append(Token("IDENTITY", sized.group(1), start, end))
        elif self.vocabulary.formula:
            raise ParseError(f"{plain} is no letter of this rule and no function", spans=((start, end),))
        elif name.partition("_")[0] in ("prod", "max", "min") and "_" in name:
            raise NotYetError(
                f"{name.partition('_')[0]} over an index is not read", spans=((start, end),),
                advice="Over all entries there are max(x) and min(x).",
            )  # fmt: skip
        elif "_" in name and _SINGLE.fullmatch(name.partition("_")[0]) and _NO_INDEX.search(name):
            out.append(Token("SYMBOL", name, start, end))
        elif "_" in name and _SINGLE.fullmatch(name.partition("_")[0]) and len(name) < 60:
            raise NotYetError(
                f"{plain} is not declared, and no sum is over its index",
                spans=((start, end),),
                advice=f"Declare {name} if it is a name of its own; entries are read below sums such as ∑ᵢ, "
                'and with notation="einstein", where a repeated index is summed.',
            )
        else:
            self.split(at, token, plain, out)

    def known_function(self, word: str, at: int) -> str | None:
        """The function that the word names, in capitals too if a bracket follows: ReLU(x)."""
        if word in REGISTRY.names or word in READER_FUNCTIONS:
            return word
        small = word.lower()
        return small if small != word and small in REGISTRY.names and self.before_bracket(at) else None

    def function(self, at: int, token: Token, name: str, out: list[Token]) -> None:
        """A function: a CALL before a bracket, BARE otherwise; eye is the identity."""
        if name == "eye" and not self.before_bracket(at):
            out.append(Token("IDENTITY", None, token.start, token.end))
        else:
            out.append(Token("CALL" if self.before_bracket(at) else "BARE", name, token.start, token.end))

    def split(self, at: int, token: Token, word: str, out: list[Token]) -> None:
        """A word as the product of its letters, or an error that says what it could be."""
        pieces = pieces_of(word)
        problem = self.why_not(at, token, word, pieces)
        if problem is not None:
            raise problem
        place = token.start + self.text[token.start : token.end].find(word)
        for piece in pieces:
            end = place + len(piece)
            name = normalise_name(piece)
            letter = Token("WORD", piece, place, end)
            if name in self.vocabulary.declared:
                out.append(Token("SYMBOL", name, place, end))
            else:
                self.letter(at if piece is pieces[-1] else len(self.tokens), letter, name, out)
            place = end
        note = f"{word} is read as {' '.join(pieces)}"
        if note not in self.vocabulary.notes:
            self.vocabulary.notes.append(note)

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
