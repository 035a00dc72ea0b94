r"""Pieces of text, each with its place in the LaTeX source, and how they become one text.

What LaTeX leaves open is settled here: where spaces stand, which brackets a function has, and that the
exponent on the name of a function belongs on its value.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace

from matcalc.algebra.operations import REGISTRY
from matcalc.errors import AmbiguityError, ParseError
from matcalc.notation.latex_tokens import FUNCTIONS

__all__ = ["Piece", "Pieces", "Translation", "is_function", "joined"]


@dataclass(frozen=True, slots=True)
class Piece:
    """Some characters of the text: what they are for the pieces beside them, and where they come from.

    kind    letter, digit, word, prefix, sign, close, space, raised, lowered, amp, row.
    above   of a function: the exponent that stands on its name and belongs on its value.
    """

    text: str
    start: int
    end: int
    kind: str = "sign"
    above: str = ""


Pieces = list[Piece]


@dataclass(frozen=True)
class Translation:
    """The text in matcalc's notation, and for each piece of it where it begins and its place in the source."""

    text: str
    starts: list[int]
    places: list[tuple[int, int]]

    def place(self, span: tuple[int, int]) -> tuple[int, int]:
        """The place in the source of a place in the text."""
        if not self.places:
            return 0, 1
        first = max(bisect_right(self.starts, span[0]) - 1, 0)
        last = max(bisect_right(self.starts, max(span[1] - 1, span[0])) - 1, first)
        if span[0] >= len(self.text):
            return self.places[-1][1], self.places[-1][1] + 1
        return self.places[first][0], max(self.places[last][1], self.places[first][0] + 1)


def is_function(word: str) -> bool:
    """Whether the word names a function of the notation."""
    return word in FUNCTIONS or word in REGISTRY.names or word.lower() in REGISTRY.names


# --- joining ---------------------------------------------------------------------------------------

_OPENS = {"(": ")", "[": "]"}


def joined(pieces: Pieces, source: str) -> Translation:
    """One text: functions take their exponents back, words stand apart."""
    text: list[str] = []
    starts: list[int] = []
    places: list[tuple[int, int]] = []
    length = 0
    before: Piece | None = None
    for piece in _settled(pieces, source):
        for part in ([replace(piece, text=" ")] if before and _apart(before, piece, source) else []) + [piece]:
            text.append(part.text)
            starts.append(length)
            places.append((part.start, max(part.end, part.start + 1)))
            length += len(part.text)
        before = piece
    return Translation("".join(text), starts, places)


def _apart(one: Piece, other: Piece, source: str) -> bool:
    """Whether a space stands between two pieces."""
    if not one.text or not other.text or one.text[-1].isspace() or other.text[0].isspace():
        return False
    if other.kind in ("raised", "lowered") or one.kind == "prefix":
        return False
    between = source[one.end : other.start]
    if between.strip("{}") != between.strip("{} \t\n") or (between.isspace() and between):
        return True
    if one.kind == "lowered":
        return _wordy(other.text[0])
    if not (_wordy(one.text[-1]) and _wordy(other.text[0])):
        return False
    return "word" in (one.kind, other.kind)


def _wordy(character: str) -> bool:
    return character.isalnum() or character == "_" or unicodedata.combining(character) != 0


def _settled(pieces: Pieces, source: str) -> Iterator[Piece]:
    """The pieces with function brackets round, and each exponent of a function behind its argument."""
    close: list[tuple[str, str]] = []  # for every open bracket: what to write at its end, and what to add
    waiting = ""
    opener: Piece | None = None
    at = 0
    while at < len(pieces):
        piece = pieces[at]
        at += 1
        if piece.kind == "word" and piece.text.strip() == "𝟙":
            follows = next((p.text for p in pieces[at:] if p.kind != "space"), "")
            yield piece if follows in ("[", "(") else replace(piece, text="𝟏")
            opener = piece
            continue
        if piece.above:
            yield replace(piece, text="(" + piece.text, above="")
            waiting = f"){piece.above}"
            if not any(p.text in _OPENS for p in pieces[at : at + 2] if p.kind != "space"):
                taken = _atom(pieces, at)
                if taken == at:
                    raise ParseError(f"{piece.text} needs an argument", spans=((piece.start, piece.end),))
                yield Piece(" ", piece.start, piece.end, "space")
                yield from pieces[at:taken]
                yield Piece(waiting, piece.start, piece.end, "close")
                waiting, at = "", taken
            opener = piece
            continue
        if piece.text in _OPENS:
            round_one = piece.text == "[" and opener is not None and is_function(opener.text)
            indicator = opener is not None and opener.text == "𝟙"
            opening = "[" if indicator else "(" if round_one else piece.text
            close.append((_OPENS[opening], waiting))
            waiting = ""
            yield replace(piece, text=opening)
        elif piece.text in (")", "]") and close:
            ending, rest = close.pop()
            if ending == "]" and piece.text == ")":  # a mistake, which is said where brackets are matched
                ending = ")"
            yield replace(piece, text=ending + rest)
        else:
            yield piece
        if piece.kind != "space":
            opener = piece


def _atom(pieces: Pieces, at: int) -> int:
    r"""Where the one thing ends that a function without brackets takes: \sin^2 \theta."""
    while at < len(pieces) and pieces[at].kind == "space":
        at += 1
    if at >= len(pieces) or pieces[at].kind not in ("letter", "word"):
        if at < len(pieces) and pieces[at].kind == "digit":
            raise AmbiguityError(
                "what this function takes has two readings", spans=((pieces[at].start, pieces[at].end),),
                advice="Write brackets around its argument.",
            )  # fmt: skip
        return at
    at += 1
    while at < len(pieces) and pieces[at].kind in ("raised", "lowered"):
        at += 1
    return at
