"""Characters to tokens: numbers, words, raised and lowered characters, operators.

What a word means and which bar opens is decided later, in `words` and `fences`; a token of this
module depends on its own characters alone.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator
from fractions import Fraction
from functools import lru_cache

from matcalc.algebra.build import Number
from matcalc.errors import LimitError, NotYetError, ParseError
from matcalc.notation.bounds import SUMMATION, read_bounds
from matcalc.notation.names import ACCENTS, DECORATIONS, GREEK, PRIMES, SUBSCRIPTS, SUPERSCRIPTS, WORD
from matcalc.notation.signs import COMMANDS, FRACTIONS, OPERATORS, REFUSED, SILENT

__all__ = ["MAX_DIGITS", "MAX_LENGTH", "Token", "scan"]

#: Longer text is refused, and so is a number with more digits.
MAX_LENGTH = 100_000
MAX_DIGITS = 400

TokenValue = Hashable


class Token:
    """A word of the notation: its type, what it stands for, and where it is in the text."""

    __slots__ = ("end", "start", "type", "value")
    type: str
    value: TokenValue
    start: int
    end: int

    def __init__(self, type: str, value: TokenValue, start: int, end: int) -> None:
        self.type, self.value, self.start, self.end = type, value, start, end

    def __repr__(self) -> str:
        return f"{self.type}({self.value!r})"


_TYPED = "|".join((*DECORATIONS, *ACCENTS))
_INDEX = r"(?:_(?:\{[^{}\n]{1,40}\}|[A-Za-z0-9]))?"
_TOP = r"(?:T|⊤|⟙|\\top(?![A-Za-z])|\\intercal|\\math(?:sf|rm)\s*\{?\s*T\s*\}?)"
_TOKEN = re.compile(
    "|".join(
        (
            r"(?P<SPACE>\s+|~|&)",
            rf"(?P<SUM>{SUMMATION})",
            r"(?P<NUMBER>[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|\.[0-9]+(?:[eE][+-]?[0-9]+)?)",
            rf"(?P<WORD>{WORD})",
            rf"(?P<TOP>(?:\^|\*\*)\s*(?:[-−]?\s*{_TOP}|\{{\s*[-−]?\s*{_TOP}\s*\}}|\(\s*[-−]?\s*{_TOP}\s*\)|\{{\s*\+\s*\}}))",
            r"(?P<DOTTED>\^\s*(?:\{\s*)?(?:∘|\\circ(?![A-Za-z])))",
            rf"(?P<SUPERSCRIPT>[{''.join(c for c in SUPERSCRIPTS if c != '½')}]+)",
            r"(?P<FRACTION>[½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅐⅛⅜⅝⅞⅑⅒])",
            rf"(?P<TYPED>\\(?:{_TYPED})(?![A-Za-z])\s*(?:\{{[^{{}}\n]{{0,80}}\}}|\\[A-Za-z]+|\S){_INDEX}[{PRIMES}]*)",
            rf"(?P<COMMAND>\\(?:[A-Za-z]+{_INDEX}|.))",
            rf"(?P<SUBSCRIPT>_(?:\{{[^{{}}\n]{{0,40}}\}}|\\[A-Za-z]+|inf|max|(?<=[)\]]_)[a-z]{{2,4}}(?![A-Za-z0-9])|[A-Za-z0-9∞*])|[{''.join(SUBSCRIPTS)}∞]+)",
            r"(?P<OPERATOR>\.T(?![A-Za-z0-9_])|\.\*\*?|\./|\.\^|\.'|\*\*|\|\||[^\s])",
        )
    ),
    re.DOTALL,
)
_RAISED = re.compile(r"-?T|-?[0-9]+|\+$|.+", re.DOTALL)
_LETTER_EXPONENT = re.compile(r"\(?([A-Za-z0-9]+)(?:([+-])([A-Za-z0-9]+))?\)?")


def scan(text: str) -> list[Token]:
    """The tokens of a text, without spaces.

    >>> scan("½ Aᵀx")
    [NUMBER(Fraction(1, 2)), WORD('A'), SUPERSCRIPT('T'), WORD('x')]
    """
    if len(text) > MAX_LENGTH:
        raise LimitError(
            f"the text has {len(text)} characters, and {MAX_LENGTH} are read at most",
            spans=((MAX_LENGTH, MAX_LENGTH + 1),),
        )
    tokens: list[Token] = []
    append = tokens.append
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup
        if kind == "SPACE":
            continue
        start, end = match.span()
        if kind == "WORD":
            append(Token("WORD", match.group(), start, end))
        elif kind == "OPERATOR":
            append(_operator(match.group(), start, end))
        elif kind == "NUMBER":
            append(Token("NUMBER", _number(match.group(), start, end), start, end))
        else:
            assert kind is not None
            tokens.extend(_rare(kind, match.group(), start, end))
    if "[" in text:
        _refuse_places(tokens)
    if "{(" in text:
        _refuse_examples(tokens)
    return _roots(tokens, text) if "√" in text else tokens


#: What raises or numbers the atom before it.
_BEHIND = frozenset({"SUPERSCRIPT", "CARET", "DOT_CARET", "SUBSCRIPT"})


def _roots(tokens: list[Token], text: str) -> list[Token]:
    """√2 x as √(2) x: the sign takes the number or letter that it touches, unless that is raised to a power."""
    out: list[Token] = []
    for at, token in enumerate(tokens):
        before = tokens[at - 1] if at else None
        raised = at + 1 < len(tokens) and tokens[at + 1].type in _BEHIND
        single = token.type == "NUMBER" or (token.type == "WORD" and len(str(token.value)) == 1)
        if before is not None and text[before.start] == "√" and before.end == token.start and single and not raised:
            opened, closed = Token("LPAR", "(", token.start, token.start), Token("RPAR", ")", token.end, token.end)
            out += [opened, token, closed]
        else:
            out.append(token)
    return out


#: What may stand in brackets that look like the place of an entry, of which one is a number.
_PLACE = frozenset({"NUMBER", "WORD", "SUBSCRIPT", "PLUS", "MINUS", "COLON", "COMMA"})
_OPERAND_ENDS = frozenset({"WORD", "SUBSCRIPT", "SUPERSCRIPT", "RPAR"})


def _refuse_places(tokens: list[Token]) -> None:
    """Refuse y[2] and y[p + 1], entries for one reader and products for another."""
    for at, (before, token) in enumerate(zip(tokens, tokens[1:], strict=False), 1):
        if token.type != "LSQUARE" or before.type not in _OPERAND_ENDS or before.end != token.start:
            continue
        close = next((i for i in range(at, len(tokens)) if tokens[i].type not in _PLACE | {"LSQUARE"}), at)
        kinds = {inside.type for inside in tokens[at + 1 : close]}
        letters = [t for t in tokens[at + 1 : close] if t.type != "COMMA"]
        indices = len(letters) > 1 and all(
            t.type == "WORD" and len(str(t.value)) == 1 and str(t.value).islower() for t in letters
        )
        if tokens[close].type == "RSQUARE" and kinds <= _PLACE and ("NUMBER" in kinds or indices):
            raise ParseError(
                "brackets directly behind a symbol may be an entry or a product",
                spans=((before.start, tokens[close].end),),
                advice="For the product write round brackets, or a space before these; an entry is A_{ij}.",
            )


_EXAMPLE = ("CARET", "LBRACE", "LPAR", "", "RPAR", "RBRACE")


def _refuse_examples(tokens: list[Token]) -> None:
    """Refuse W^{(2)}, a layer for one reader and a power for another; in LaTeX it is an index."""
    for at in range(len(tokens) - len(_EXAMPLE) + 1):
        here = tokens[at : at + len(_EXAMPLE)]
        if all(kind in ("", token.type) for kind, token in zip(_EXAMPLE, here, strict=True)):
            inside = here[3].value
            if here[3].type == "NUMBER" or (here[3].type == "WORD" and len(str(inside)) == 1):
                raise ParseError(
                    "a number in brackets above a letter may be a power or count layers and examples",
                    spans=((here[0].start, here[-1].end),),
                    advice=f"Write _{inside} for the index, or ^{inside} for the power.",
                )


def _operator(written: str, start: int, end: int) -> Token:
    if written == "√":
        return Token("WORD", "sqrt", start, end)
    found = OPERATORS.get(written)
    if found is not None:
        return Token(found, "T" if found == "SUPERSCRIPT" else written, start, end)
    kind, message, advice = REFUSED.get(written, (ParseError, f"{written!r} is not part of the notation", ""))
    raise kind(message, spans=((start, end),), advice=advice)


@lru_cache(maxsize=1024)
def _exact(written: str) -> Number:
    if written.isdecimal():
        return int(written)
    value = Fraction(written)
    return value.numerator if value.denominator == 1 else value


def _number(written: str, start: int, end: int) -> Number:
    mantissa, _, exponent = written.lower().partition("e")
    if len(mantissa) > MAX_DIGITS or (exponent and (len(exponent) > 4 or abs(int(exponent)) > MAX_DIGITS)):
        raise LimitError(
            f"a number with more than {MAX_DIGITS} digits is not read", spans=((start, min(end, start + 20)),)
        )
    return _exact(written)


def _rare(kind: str, written: str, start: int, end: int) -> Iterator[Token]:
    """The tokens of what is not a plain word, number or operator."""
    if kind == "FRACTION":
        yield Token("NUMBER", FRACTIONS[written], start, end)
    elif kind == "TOP":
        raised = "+" if "+" in written else "-T" if "-" in written or "−" in written else "T"
        yield Token("SUPERSCRIPT", raised, start, end)
    elif kind == "SUPERSCRIPT":
        yield from _superscript(written, start, end)
    elif kind == "DOTTED":
        yield Token("DOT_CARET", ".^", start, end)
        if "{" in written:
            yield Token("LBRACE", "{", start, end)
    elif kind == "SUBSCRIPT":
        yield Token("SUBSCRIPT", written, start, end)
    elif kind == "SUM":
        yield Token("SUM", read_bounds(written, start), start, end)
    elif kind == "TYPED":
        yield _typed(written, start, end)
    else:
        yield from _command(written, start, end)


def _superscript(written: str, start: int, end: int) -> Iterator[Token]:
    """Raised characters: transposes and integers one by one, anything else as an exponent."""
    plain = "".join(SUPERSCRIPTS[c] for c in written)
    at = 0
    while at < len(plain):
        found = _RAISED.match(plain, at)
        assert found is not None
        part, here = found.group(), start + at
        at = found.end()
        if part in ("T", "-T", "+"):
            yield Token("SUPERSCRIPT", part, here, start + at)
        elif part.lstrip("-").isdecimal():
            yield Token(
                "SUPERSCRIPT",
                _number(part.lstrip("-"), here, start + at) * (-1 if part[0] == "-" else 1),
                here,
                start + at,
            )
        else:
            yield from _letter_exponent(part, here, end)


def _letter_exponent(part: str, start: int, end: int) -> Iterator[Token]:
    found = _LETTER_EXPONENT.fullmatch(part)
    if found is None:
        raise ParseError(
            "this exponent is not read", spans=((start, end),), advice="Write the exponent after ^, in brackets."
        )
    yield Token("CARET", "^", start, start)
    yield Token("LPAR", "(", start, start)
    for i, piece in enumerate(found.groups()):
        if piece is None:
            break
        if i == 1:
            yield Token("PLUS" if piece == "+" else "MINUS", piece, start, end)
        elif piece.isdecimal():
            yield Token("NUMBER", _number(piece, start, end), start, end)
        else:
            yield Token("WORD", piece, start, end)
    yield Token("RPAR", ")", end, end)


def _typed(written: str, start: int, end: int) -> Token:
    r"""A letter or word in a type of its own: \mathbf{X}, \operatorname{tr}, \hat\theta."""
    command, _, rest = written[1:].partition("{")
    if command in DECORATIONS:
        inside, _, index = rest.partition("}")
        inside = inside.strip()
        if inside in ("1", "0"):
            return Token("INDICATOR" if command == "mathbb" else "ONES" if inside == "1" else "ZEROS", None, start, end)
        return Token("WORD", inside + index, start, end)
    return Token("WORD", written, start, end)


def _command(written: str, start: int, end: int) -> Iterator[Token]:
    r"""A LaTeX command: \beta, \cdot, \log, \|."""
    name, index = written[1:], ""
    if "_" in name:
        at = name.index("_")
        name, index = name[:at], name[at:]
    if name == " ":
        yield _operator("\\", start, start + 1)
    elif name in COMMANDS:
        yield _operator(COMMANDS[name], start, end - len(index))
        if index:
            yield Token("SUBSCRIPT", index, end - len(index), end)
    elif name in GREEK:
        yield Token("WORD", GREEK[name] + index, start, end)
    elif name == "partial":
        yield _operator("∂", start, end)
    elif name == "infty":
        yield Token("SUBSCRIPT", "∞", start, end)
    elif name in (
        "exp",
        "log",
        "ln",
        "det",
        "sin",
        "cos",
        "tan",
        "tanh",
        "sinh",
        "cosh",
        "arcsin",
        "arccos",
        "arctan",
        "max",
        "min",
        "tr",
        "Tr",
    ):
        yield Token("WORD", name + index, start, end)
    elif name not in SILENT:
        raise NotYetError(f"the LaTeX command {written} is not read yet", spans=((start, end),))
