"""What the words of a text are: symbols, functions, constants, dimensions, or letters written together.

A word is, in this order: a declared name, a Greek letter by its name, a function, and else it is
split into its letters, which the answer says.
"""

from __future__ import annotations

import re
from functools import lru_cache

from matcalc.algebra.operations import REGISTRY
from matcalc.errors import NotYetError, ParseError
from matcalc.notation.bounds import index_letters, parted, places
from matcalc.notation.lexer import Token
from matcalc.notation.names import (
    SUBSCRIPT_LETTERS,
    normalise_name,
    pieces_of,
)
from matcalc.notation.spelling import READER_FUNCTIONS, Spelling
from matcalc.notation.surroundings import LONGEST, ORDERS, SINGLE, Unknown, Vocabulary

__all__ = ["READER_FUNCTIONS", "Unknown", "Vocabulary", "resolve"]

_SIZED = re.compile(r"I(?:_([A-Za-z]\w*)|([₀-₉]+))")
#: What stands below and is no index: capitals, and words with other letters than indices have, test or new.
_NO_INDEX = re.compile(r"_[^\W\d_]*[A-Z]|_(?=[^\W\d_]{3})[^\W\d_]*[^\W\d_i-t]")


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


class _Words(Spelling):
    """One pass over the words of a text, with what the rest of the text says about them."""

    # --- one word ---

    def put(self, at: int, token: Token, out: list[Token]) -> None:
        """Append what the word is."""
        word = str(token.value)
        if len(word) > LONGEST:
            raise ParseError(f"{word[:20]}… is longer than any name", spans=((token.start, token.start + 20),))
        name, plain = _names(word)
        vocabulary = self.vocabulary
        if at in self.orders:
            out.append(Token("CALL", Unknown(name, self.orders[at]), token.start, token.end))
        elif name.rstrip("′") in vocabulary.paths and name[len(name.rstrip("′")) :] in ORDERS:
            self.path(at, token, name, out)
        elif name in vocabulary.declared:
            out.append(Token("SYMBOL", name, token.start, token.end))
        elif name in vocabulary.functions or plain in vocabulary.functions:
            self.function(at, token, plain if plain in vocabulary.functions else name, out)
        elif ("_" in word or vocabulary.indices) and self.part(token, name, out):
            return
        elif SINGLE.fullmatch(name):
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
        if not (base in declared or SINGLE.fullmatch(base)):
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
        if not letters or not (base in declared or SINGLE.fullmatch(base)):
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
        elif name == "e" and self.is_base(at):
            kind = "EULER"
        elif name == "σ" and self.before_bracket(at) and not self.used_as_symbol("σ"):
            kind, value = "CALL", "sigmoid"
        elif self.is_unknown_function(at, name):
            kind, value = "CALL", self.unknown(name)
        elif self.is_called_factor(at, name):
            note = f"{name} is read as a factor; functions={{…}} makes it a function"
            if note not in self.vocabulary.notes:
                self.vocabulary.notes.append(note)
        out.append(Token(kind, value, token.start, token.end))

    def unknown(self, name: str) -> Unknown:
        """The unknown function, noted."""
        base = name.rstrip("′")
        note = f"{base} is read as an unknown function"
        if note not in self.vocabulary.notes:
            self.vocabulary.notes.append(note)
        return Unknown(base, ORDERS[name[len(base) :]])

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
        elif "_" in name and SINGLE.fullmatch(name.partition("_")[0]) and _NO_INDEX.search(name):
            out.append(Token("SYMBOL", name, start, end))
        elif "_" in name and SINGLE.fullmatch(name.partition("_")[0]) and len(name) < 60:
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
            elif not ("_" in name and self.has_entries(name) and self.entry(letter, name, out)):
                self.letter(at if piece is pieces[-1] else len(self.tokens), letter, name, out)
            place = end
        note = f"{word} is read as {' '.join(pieces)}"
        if note not in self.vocabulary.notes:
            self.vocabulary.notes.append(note)
