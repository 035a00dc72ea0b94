"""Which bars open and which close, which slashes are tight, and whether the brackets match.

A bar opens where an operand is due and closes where one has just ended. The same walk attaches an
index to the norm or the 𝟏 before it and holds the nesting to a limit.
"""

from __future__ import annotations

from collections.abc import Collection

from matcalc.errors import AmbiguityError, LimitError, MatcalcError, NotYetError, ParseError
from matcalc.notation.bounds import index_letters, places
from matcalc.notation.lexer import Token
from matcalc.notation.names import SUBSCRIPTS

__all__ = ["MAX_DEPTH", "fence"]

#: Deeper nesting is refused.
MAX_DEPTH = 3_000

#: After these an operand has just ended.
_ENDS = frozenset(
    {
        "NUMBER", "SYMBOL", "CONSTANT", "EULER", "DIMENSION", "ONES", "ZEROS", "IDENTITY", "RPAR", "RBRACE",
        "RSQUARE", "RANGLE", "NORM_CLOSE", "BAR_CLOSE", "SUPERSCRIPT", "ENTRY", "DELTA", "INDEX",
    }
)  # fmt: skip
#: With these an operand begins.
_BEGINS = frozenset(
    {
        "NUMBER", "SYMBOL", "CONSTANT", "EULER", "DIMENSION", "ONES", "ZEROS", "IDENTITY", "LPAR", "LBRACE",
        "LSQUARE", "LANGLE", "INDICATOR", "CALL", "BARE", "NORM_OPEN", "BAR_OPEN", "SUM", "DELTA", "INDEX",
    }
)  # fmt: skip
_OPENS = {"LPAR": "RPAR", "LBRACE": "RBRACE", "LSQUARE": "RSQUARE", "LANGLE": "RANGLE"}
_CLOSES = frozenset(_OPENS.values())
_BARS = {"NORM": ("NORM_OPEN", "NORM_CLOSE"), "BAR": ("BAR_OPEN", "BAR_CLOSE")}
#: Beside one of these a space between operands is hard to read.
_OPERATORS = frozenset({"PLUS", "MINUS", "TIMES", "DOT", "SLASH", "HADAMARD", "QUOTIENT", "KRONECKER", "COLON", "BARE"})
_WATCHED = frozenset({*_OPENS, *_CLOSES, *_BARS, "SLASH", "SUBSCRIPT", "NUMBER", "COMMA", "SEMICOLON", "WORD_MARK"})

_NORMS = {
    "": "2",
    "2": "2",
    "1": "1",
    "F": "F",
    "f": "F",
    "fro": "F",
    "*": "*",
    **dict.fromkeys(("∞", "inf", "infty", "max"), "∞"),
}


def fence(tokens: list[Token], text: str, entries: bool = False, indices: Collection[str] = ()) -> list[Token]:
    """The tokens with every bar and slash decided.

    Brackets have entries where the text has sums, or where told, and at indices that are fixed.
    """
    walk = _Walk(text, entries or any(token.type == "SUM" for token in tokens), indices)
    for token in tokens:
        if token.type in _WATCHED:
            walk.watched(token)
        else:
            walk.push(token)
    walk.finish()
    return walk.out


class _Walk:
    """The walk from left to right: the tokens so far and the fences that are open."""

    def __init__(self, text: str, sums: bool, indices: Collection[str]) -> None:
        self.text = text
        self.indices = indices
        self.sums = sums  # whether the text sums over indices, so that it has entries
        self.later: MatcalcError | None = None
        self.spaced: set[Token] = set()  # square brackets with entries that a space parts
        self.parted: set[Token] = set()  # square brackets with entries that a comma parts
        self.lines = "\n" in text.strip()
        self.out: list[Token] = []
        self.open: list[Token] = []  # with the type of what closes them as value of `due`
        self.due: list[str] = []
        self.matrix: list[bool] = []  # whether the bracket is one that could hold the entries of a matrix

    def push(self, token: Token) -> None:
        """Take the token, unless it stands beside another as an entry of a matrix would."""
        if self.due and self.matrix[-1] and self.out:
            before = self.out[-1]
            if before.type in _ENDS and token.type in _BEGINS and token.start > before.end:
                self.entry(before, token)
            elif token.type in _OPERATORS and self.open[-1] in self.spaced:
                self.mixed(token)
        if self.lines and not self.due and self.out:
            before = self.out[-1]
            if before.type in _ENDS and token.type in _BEGINS and "\n" in self.text[before.end : token.start]:
                raise NotYetError("several lines are read only as one expression", spans=((token.start, token.end),))
        self.out.append(token)

    def watched(self, token: Token) -> None:
        """One token on which something depends."""
        kind = token.type
        if kind in _OPENS:
            indicator = bool(self.out) and self.out[-1].type == "INDICATOR"
            self.push(token)
            self.begin(token, _OPENS[kind], kind == "LSQUARE" and not indicator)
        elif kind in _CLOSES:
            self.close(token)
        elif kind in _BARS:
            self.bar(token)
        elif kind == "SLASH":
            self.slash(token)
        elif kind == "NUMBER":
            if self.out and self.out[-1].type == "NUMBER" and not (self.due and self.matrix[-1]):
                raise ParseError(
                    "two numbers side by side",
                    spans=((self.out[-1].start, token.end),),
                    advice="Write · between them for their product.",
                )
            self.push(token)
        elif kind == "SUBSCRIPT":
            self.index(token)
        elif kind in ("COMMA", "SEMICOLON"):
            self.out.append(token)
            if kind == "COMMA" and self.due and self.matrix[-1]:
                self.parted.add(self.open[-1])
                if self.open[-1] in self.spaced:
                    self.mixed(token)

    def entry(self, before: Token, token: Token) -> None:
        """Two operands with a space between them in square brackets: two entries, if no operator is near."""
        self.out.append(Token("COMMA", None, before.end, before.end))
        if self.later is None:
            place = next(i for i in range(len(self.out) - 1, -1, -1) if self.out[i] is self.open[-1])
            if self.open[-1] in self.parted or any(other.type in _OPERATORS for other in self.out[place:]):
                self.mixed(token)
            self.spaced.add(self.open[-1])

    def mixed(self, token: Token) -> None:
        """A row with spaces between operands and with operators or commas, which is said if the brackets match."""
        self.later = AmbiguityError(
            "between square brackets a space is a product or parts two entries",
            spans=((self.open[-1].start, token.end),),
            advice="Write , between entries, and round brackets around a product.",
        )

    def begin(self, token: Token, due: str, matrix: bool = False) -> None:
        """A fence opens."""
        if len(self.due) >= MAX_DEPTH:
            raise LimitError(f"brackets are read {MAX_DEPTH} deep at most", spans=((token.start, token.end),))
        self.open.append(token)
        self.due.append(due)
        self.matrix.append(matrix)

    def end(self) -> None:
        """The innermost fence closes."""
        self.open.pop()
        self.due.pop()
        self.matrix.pop()

    def close(self, token: Token) -> None:
        """A closing bracket."""
        if not self.due:
            raise ParseError(f"{self.written(token)} closes nothing", spans=((token.start, token.end),))
        if self.due[-1] != token.type:
            raise ParseError(
                f"{self.written(token)} does not close {self.written(self.open[-1])}",
                spans=((self.open[-1].start, self.open[-1].end), (token.start, token.end)),
            )
        self.end()
        self.out.append(token)

    def bar(self, token: Token) -> None:
        """A bar: it closes if an operand has just ended and the innermost fence is such a bar."""
        opening, closing = _BARS[token.type]
        ended = bool(self.out) and self.out[-1].type in _ENDS
        if ended and token.value == "||" and self.due[-2:] == ["BAR_CLOSE", "BAR_CLOSE"]:
            middle = token.start + 1
            for start in (token.start, middle):
                self.end()
                self.out.append(Token("BAR_CLOSE", None, start, start + 1))
        elif ended and self.due and self.due[-1] == closing:
            self.end()
            self.out.append(Token(closing, "", token.start, token.end))
        else:
            opened = Token(opening, token.value, token.start, token.end)
            self.push(opened)
            self.begin(opened, closing)

    def slash(self, token: Token) -> None:
        """A slash is tight if no space stands beside it."""
        before = self.text[token.start - 1 : token.start]
        after = self.text[token.end : token.end + 1]
        tight = token.value == "/" and not before.isspace() and not after.isspace() and after not in "∑\\"
        self.out.append(Token("TIGHT_SLASH" if tight else "SLASH", "/", token.start, token.end))

    def index(self, token: Token) -> None:
        """An index belongs to the norm, the 𝟏 or the 𝟎 before it."""
        before = self.out[-1] if self.out else None
        written = str(token.value).strip("_{}\\ ")
        plain = "".join(SUBSCRIPTS.get(c, c) for c in written).lstrip("\\")
        if before is not None and before.end == token.start:
            if before.type == "NORM_CLOSE":
                norm = _NORMS.get(plain)
                if norm is None:
                    raise self.no_norm(before, token, written)
                before.value, before.end = norm, token.end
                return
            if before.type in ("ONES", "ZEROS"):
                if any(sign in plain for sign in "<>=≤≥≠"):
                    raise ParseError(
                        "a condition stands below the 𝟙", spans=((before.start, token.end),),
                        advice=f"Write 𝟙[{plain}].",
                    )  # fmt: skip
                before.value, before.end = plain, token.end
                return
            if before.type in ("RPAR", "RSQUARE", "SUPERSCRIPT"):
                found = places(str(token.value)) or index_letters(str(token.value))
                if self.is_entry(found, before):
                    self.out.append(Token("ENTRY", found, token.start, token.end))
                    return
                raise NotYetError(
                    "an entry stands here, and no sum is over an index", spans=((token.start, token.end),),
                    advice="Entries are read in texts with sums such as ∑ᵢ, and at indices that are declared: i index.",
                )  # fmt: skip
        if plain == "∞":
            raise ParseError("∞ is read only as the index of a norm", spans=((token.start, token.end),))
        raise ParseError("an index stands here without a name", spans=((token.start, token.end),))

    def is_entry(self, found: tuple[str, ...], before: Token) -> bool:
        """Whether these places are those of an entry, a row or a column of what stands before them."""
        letters = [place for place in found if place.isalpha()]
        if len(letters) < len(found) and before.type == "SUPERSCRIPT" and ":" not in found:
            return False  # σ²₁
        return bool(found) and (self.sums or all(letter in self.indices for letter in letters))

    def no_norm(self, before: Token, token: Token, written: str) -> MatcalcError:
        """The error for a norm that is not read."""
        return ParseError(
            f"the norm ‖·‖ with the index {written} is not read", spans=((before.start, token.end),),
            advice="‖x‖, ‖x‖₁, ‖x‖_∞, ‖X‖_F and the nuclear norm ‖X‖_* are; spectral(X) is the largest singular value.",
        )  # fmt: skip

    def finish(self) -> None:
        """The end of the text: everything must be closed."""
        if self.due:
            token = self.open[-1]
            bars = token.type in ("NORM_OPEN", "BAR_OPEN") and sum(t.type == token.type for t in self.out) > 1
            advice = "A bar after an operand closes; write · or a bracket before a norm inside a norm." if bars else ""
            raise ParseError(f"{self.written(token)} is never closed", spans=((token.start, token.end),), advice=advice)
        if self.later is not None:
            raise self.later

    def written(self, token: Token) -> str:
        """The characters of a token."""
        return self.text[token.start : token.end]
