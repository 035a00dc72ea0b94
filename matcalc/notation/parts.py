"""Entries, rows and columns as variables: A_{i,:}, A_{:,j}, A_{ij}, A_{1,2}, xᵢ, x₂, and their one spelling."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from matcalc.algebra.shapes import SCALAR
from matcalc.errors import AmbiguityError, MatcalcError, ParseError
from matcalc.notation.bounds import places
from matcalc.notation.declarations import Partial
from matcalc.notation.lexer import Token
from matcalc.notation.names import DIGITS, SUBSCRIPT_LETTERS, SUBSCRIPTS, normalise_name, pieces_of

__all__ = ["Part", "Wanted", "part_of", "place_text", "variable_name", "wanted"]

_BELOW = re.compile(
    rf"(?P<base>.*?)(?P<below>_\{{[^{{}}\n]{{1,40}}\}}|_[a-z:]{{2}}|_.|[{''.join(SUBSCRIPT_LETTERS)},]+|[{DIGITS}]+|[0-9]+)"
)
_LOWERED = {plain: char for char, plain in SUBSCRIPTS.items()}


@dataclass(frozen=True, slots=True)
class Part:
    """The name of an array, and places in it: one for a vector, two for a matrix."""

    base: str
    places: tuple[str, ...]

    @property
    def name(self) -> str:
        """Its one spelling, as it is printed."""
        bare = normalise_name(self.base)
        return (f"({bare})" if re.search(r"[_₀-₉]", bare) else bare) + place_text(self.places)

    @property
    def letters(self) -> tuple[str, ...]:
        """The indices that are symbols."""
        return tuple([place for place in self.places if place.isalpha()])


def place_text(found: Iterable[str]) -> str:
    """Places as a subscript.

    >>> place_text(("i",)), place_text(("i", "j")), place_text(("i", "q")), place_text(("i", ":")), place_text(("12",))
    ('ᵢ', 'ᵢⱼ', '_{iq}', '_{i,:}', '₁₂')
    """
    found = tuple(found)
    if len(found) == 1 and found[0].isdecimal():
        return "".join([_LOWERED[digit] for digit in found[0]])
    if all(place.isalpha() for place in found):
        if all(place in _LOWERED for place in found):
            return "".join([_LOWERED[place] for place in found])
        return f"_{found[0]}" if len(found) == 1 else f"_{{{''.join(found)}}}"
    return f"_{{{','.join(found)}}}"


@lru_cache(maxsize=1024)
def part_of(written: str) -> Part | None:
    """What is written as a part of an array; None of what is a name and nothing else.

    >>> part_of("A_{i,:}"), part_of("x2").places, part_of("Aᵢⱼ").name, part_of("(W₁)_{:,j}").name, part_of("x")
    (Part(base='A', places=('i', ':')), ('2',), 'Aᵢⱼ', '(W₁)_{:,j}', None)
    """
    match = _BELOW.fullmatch(written.strip())
    if match is None:
        return None
    base, found = match["base"].strip(), places(match["below"])
    if base[:1] == "(" and base[-1:] == ")":
        base = base[1:-1]
    if not found or not base:
        return None
    try:
        return Part(normalise_name(base), found)
    except MatcalcError:
        return None


def _is_plain(part: Part, written: str) -> bool:
    """Whether what is written could as well be the name of a symbol."""
    return ":" not in part.places and "," not in written and "(" not in written


def variable_name(written: str, symbols: Collection[str]) -> str:
    """The name of a variable in its one spelling: that of a symbol, or of a part of one of the symbols.

    >>> variable_name("x_{1}", ["x₁", "x"]), variable_name("x_{1}", ["x"]), variable_name("A_{i, :}", ["A"])
    ('x₁', 'x₁', 'A_{i,:}')
    >>> variable_name("A_{i q}", ["A", "x"])
    'A_{iq}'
    """
    part = part_of(written)
    if part is None:
        if any(c in written for c in ":,["):
            raise ParseError(
                f"{written} is no variable",
                advice="A row is A_{i,:}, a column A_{:,j}, an entry A_{ij} or A_{1,2}; indices count from 1.",
            )
        return normalise_name(written)
    known = part.base in symbols and not _is_plain(part, written)
    if ":" not in part.places and not known and normalise_name(written) in symbols:
        return normalise_name(written)
    return part.name if part.base in symbols or not _is_plain(part, written) else normalise_name(written)


@dataclass(frozen=True, slots=True)
class Wanted:
    """The variables that a reader is asked for: each one's name as it is written, and those that are parts, by name."""

    names: dict[str, str]
    parts: dict[str, Part]

    @property
    def letters(self) -> tuple[str, ...]:
        """The indices of the parts."""
        return tuple(dict.fromkeys([letter for part in self.parts.values() for letter in part.letters]))

    @property
    def symbols(self) -> set[str]:
        """The names of the symbols that are asked for, whole or in part."""
        return {self.parts[name].base if name in self.parts else name for name in self.names.values()}


def wanted(
    wrt: Iterable[str], tokens: Callable[[], list[Token]], declared: dict[str, Partial], assigned: Collection[str]
) -> Wanted:
    """The variables as the text has them, and the indices of parts added to the declarations.

    A name of the text is that name, and no part, unless it is read as an entry there.
    tokens: those of the text, which are looked at only where a variable may be a part.
    """
    given = list(wrt)
    if all(part_of(written) is None and not any(c in written for c in ":,[") for written in given):
        return Wanted({written: normalise_name(written) for written in given}, {})
    words = tokens()
    alone = {*declared, *assigned, *_names(words, [name for name, said in declared.items() if "index" in said.facts])}
    split = [pieces_of(str(token.value)) for token in words if token.type == "WORD"]
    symbols = alone | {normalise_name(piece) for pieces in split if len(pieces) > 1 for piece in pieces}
    names = {written: variable_name(written, symbols) for written in given}
    parts = {name: part for name in names.values() if name not in symbols and (part := part_of(name)) is not None}
    found = Wanted(names, {name: part for name, part in parts.items() if part.base in symbols or ":" in part.places})
    for letter in found.letters:
        if letter in alone and not (letter in declared and "index" in declared[letter].facts):
            raise AmbiguityError(
                f"{letter} is an index in the variable, and a symbol of the function",
                advice=f"Use another letter for the index, or declare it: {letter} index.",
            )
        declared.setdefault(letter, Partial(SCALAR, frozenset({"index"})))
    return found


def _names(tokens: list[Token], letters: Collection[str]) -> Iterator[str]:
    """The names in a text; of an entry the name of the array. In a text with sums all indices are those of entries."""
    sums = any(token.type == "SUM" for token in tokens)
    letters = {*letters, *_of_entries(tokens)}
    for token in tokens:
        if token.type == "WORD" and len(str(token.value)) <= 100:
            part = part_of(str(token.value))
            if part is not None and (":" in part.places or (part.letters and (sums or {*part.letters} <= letters))):
                yield part.base
            else:
                yield normalise_name(str(token.value))


def _of_entries(tokens: list[Token]) -> Iterator[str]:
    """The letters behind brackets, and those that stand with a ":", which can be nothing but indices."""
    for before, token in zip([None, *tokens], tokens, strict=False):
        if token.type == "SUBSCRIPT" and before is not None and before.type in ("RPAR", "RSQUARE"):
            yield from [place for place in places(str(token.value)) if place.isalpha()]
        elif token.type == "WORD" and ":" in str(token.value):
            part = part_of(str(token.value))
            yield from part.letters if part is not None else ()
