r"""LaTeX → matcalc's own notation, with the place in the source of every character that is written.

The reductions of grammar/latex.lark write pieces of text; what LaTeX leaves open (spaces, which letters
make a word, that an exponent may stand on a function) is settled when the pieces are joined.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from functools import cache
from typing import cast

from matcalc.errors import AmbiguityError, LimitError, MatcalcError, NotYetError, ParseError
from matcalc.notation.lalr import Parser, Stuck, table_of
from matcalc.notation.latex_pieces import Piece, Pieces, Translation, is_function, joined
from matcalc.notation.latex_tokens import ENVIRONMENTS, FUNCTIONS, latex_tokens
from matcalc.notation.lexer import Token
from matcalc.notation.names import SUPERSCRIPTS

__all__ = ["from_latex", "relocated"]


@cache
def _parser() -> Parser:
    return Parser(table_of("latex.lark"), _Writer())


def from_latex(source: str) -> Translation:
    r"""The text in matcalc's own notation.

    >>> from_latex(r"\tfrac12 \left\|\mathbf{y} - \mathbf{A}\mathbf{x}\right\|_2^2").text
    '(1/2) ‖y - A x‖_{2}²'
    >>> from_latex(r"$\log\det(X^\top X) + \sin^2(t)$").text
    'log det(Xᵀ X) + (sin(t))²'
    """
    tokens = latex_tokens(source)
    if not tokens:
        raise ParseError("the text is empty")
    _check_indices(tokens, source)
    try:
        pieces = cast(Pieces, _parser()(tokens))
    except Stuck as stuck:
        raise _complaint(tokens, stuck.token, source) from None
    return joined(pieces, source)


def _complaint(tokens: list[Token], unexpected: Token | None, source: str) -> ParseError:
    if unexpected is None:
        opened = [t for t in tokens if t.type in ("LBRACE", "BEGIN")]
        closed = sum(t.type in ("RBRACE", "END") for t in tokens)
        if len(opened) > closed:
            return ParseError("this group is never closed", spans=((opened[-1].start, opened[-1].end),))
        last = tokens[-1]
        return ParseError(
            f"something is missing after {source[last.start : last.end]}", spans=((last.end, last.end + 1),)
        )
    written = source[unexpected.start : unexpected.end]
    here = ((unexpected.start, unexpected.end),)
    at = tokens.index(unexpected)
    if unexpected.type in ("RBRACE", "END"):
        before = source[tokens[at - 1].start : tokens[at - 1].end] if at else ""
        if at and tokens[at - 1].type in ("SUB", "SUP", "FRACTION", "ROOT", "STYLE", "ACCENT"):
            return ParseError(f"something is missing after {before}", spans=here)
        return ParseError(f"{written} closes nothing", spans=here)
    return ParseError(f"{written} cannot stand here", spans=here, advice="Write braces around what belongs together.")


_BRACED_INDEX = re.compile(r"\\sum(?:\s*\\limits)?\s*_\s*(?:\{([a-z,\s]+)(?:=[^{}]*)?\}|([a-z]))")


def _check_indices(tokens: list[Token], source: str) -> None:
    """Refuse A_ij and x^10, which in LaTeX are A_i j and x^1 0."""
    indices = {c for found in _BRACED_INDEX.finditer(source) for c in found.group(1) or found.group(2) if c.isalpha()}
    for mark, one, other in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if mark.type not in ("SUB", "SUP") or one.type != other.type or one.end != other.start or one.type != "SYMBOL":
            continue
        a, b = source[one.start : one.end], source[other.start : other.end]
        if (a.isdigit() and b.isdigit()) or (mark.type == "SUB" and a in indices and b in indices):
            where = source[mark.start]
            raise AmbiguityError(
                f"{where}{a}{b} without braces is {where}{{{a}}} and then {b}", spans=((mark.start, other.end),),
                advice=f"Write {where}{{{a}{b}}}.",
            )  # fmt: skip


# --- the reductions --------------------------------------------------------------------------------

_RAISED = {plain: char for char, plain in SUPERSCRIPTS.items() if plain.isdigit() or plain == "-"}
_MOST_SCRIPTS = 20
_CONVERSE = str.maketrans("-−", "--")


class _Writer:
    """What each reduction of the grammar writes; its methods bear the names of the grammar."""

    def start(self, children: list[Pieces]) -> Pieces:
        """The whole source."""
        return children[0]

    def nothing(self, children: list[Pieces]) -> Pieces:
        """An empty group."""
        return []

    def followed(self, children: list[Pieces]) -> Pieces:
        """One thing after another."""
        before, after = children
        if not before:
            return after
        before.extend(after)
        return before

    def symbol(self, children: list[Token]) -> Pieces:
        """A letter, a digit, a sign or a command."""
        (token,) = children
        text = str(token.value)
        if text == "\\\\":
            return [Piece("\n", token.start, token.end, "row")]
        if text == "&":
            return [Piece("", token.start, token.end, "amp")]
        if text in FUNCTIONS or (len(text) > 1 and text.isalpha()):
            return [Piece(text, token.start, token.end, "word")]
        kind = "space" if text == " " else "digit" if text[0].isdigit() or text[0] == "." else "sign"
        if text.isalpha():
            kind = "letter" if token.end - token.start == 1 else "word"
        return [Piece(text, token.start, token.end, kind)]

    def group(self, children: tuple[Token, Pieces, Token]) -> Pieces:
        """{a}: invisible, but it is one thing for what stands on it."""
        return children[1]

    def fraction(self, children: tuple[Token, Pieces, Pieces]) -> Pieces:
        """(a/b), in brackets of its own."""
        mark, above, below = children
        if _is_operator(above, below):
            raise NotYetError(
                "a derivative is not part of the notation", spans=((mark.start, below[-1].end),),
                advice="Write the function, and say by what to derive.",
            )  # fmt: skip
        return [
            Piece("(", mark.start, mark.end),
            *_closed(above, mark),
            Piece("/", mark.start, mark.end),
            *_closed(below, mark),
            _end(below, mark),
        ]

    def root(self, children: tuple[Token, Pieces]) -> Pieces:
        """sqrt(a), or (a)^(1/k)."""
        mark, inside = children
        if mark.value:
            end = Piece(f"^(1/({mark.value}))", mark.start, mark.end, "raised")
            return [*_bracketed(inside, mark), end]
        return [Piece("sqrt", mark.start, mark.end, "word"), *_bracketed(inside, mark)]

    def styled(self, children: tuple[Token, Pieces]) -> Pieces:
        """A letter or a word in another type: the type says nothing, but for 𝟏, 𝟎 and ℝ."""
        mark, inside = children
        text = "".join(piece.text for piece in inside)
        end = inside[-1].end if inside else mark.end
        name = str(mark.value)
        if text.strip() in ("1", "0"):
            one = "𝟙" if name == "mathbb" else "𝟏"
            return [Piece(one if text.strip() == "1" else "𝟎", mark.start, end, "word")]
        if name == "mathbb":
            if text.strip() == "R":
                return [Piece("ℝ", mark.start, end, "word")]
            advice = "An expectation is not part of the notation: write the mean of a sample." if text == "E" else ""
            raise NotYetError(f"\\mathbb{{{text}}} is not read", spans=((mark.start, end),), advice=advice)
        if name == "mathrm" and text == "d":
            return [Piece("d", mark.start, end, "prefix")]  # of a differential: dX is one name
        if re.fullmatch(r"[\w ]+", text):
            inner = re.sub(r"\s+", " ", text)
            return [Piece(inner, mark.start, end, "word")]
        return inside

    def accented(self, children: tuple[Token, Pieces]) -> Pieces:
        r"""\hat x: the letter with a combining accent."""
        mark, inside = children
        text = "".join(piece.text for piece in inside if piece.kind != "space")
        end = inside[-1].end if inside else mark.end
        base, _, index = text.partition("_")
        if not (base.isalpha() and len(unicodedata.normalize("NFC", base)) == 1):
            raise ParseError("an accent stands on one letter", spans=((mark.start, end),))
        return [Piece(base + str(mark.value) + (f"_{index}" if index else ""), mark.start, end, "word")]

    def primed(self, children: tuple[Pieces, Token]) -> Pieces:
        """X': the transpose, as everywhere."""
        base, mark = children
        base = _grouped(base)
        base.append(Piece("ᵀ", mark.start, mark.end, "raised"))
        return base

    def subscript(self, children: tuple[Pieces, Token, Pieces]) -> Pieces:
        """x_i: before what is raised already."""
        base, mark, below = children
        text = "".join(piece.text for piece in below).replace("_{", "").replace("}", "").replace(" ", "")
        if not text:
            raise ParseError("an index is missing here", spans=((mark.start, mark.end),))
        if base and base[-1].kind == "word" and base[-1].text in FUNCTIONS:
            name, span = base[-1].text, (base[-1].start, below[-1].end)
            advice = _BELOW.get(name, "Write the function alone, and say what it depends on in the declarations.")
            raise NotYetError(f"an index below {name} is not read", spans=(span,), advice=advice)
        base = _grouped(base)
        at = len(base)
        while at and base[at - 1].kind == "raised" and base[at - 1].text != "ᵀ":
            at -= 1
        if len(base) - at > _MOST_SCRIPTS:
            raise LimitError(
                f"more than {_MOST_SCRIPTS} scripts on one letter are not read", spans=((mark.start, mark.end),)
            )
        base.insert(at, Piece(f"_{{{text}}}", mark.start, below[-1].end, "lowered"))
        return base

    def superscript(self, children: tuple[Pieces, Token, Pieces]) -> Pieces:
        """x^2, A^{-1}, X^\\top, \\sum^n."""
        base, mark, above = children
        end = above[-1].end if above else mark.end
        text = _spaced(above)
        if not text:
            raise ParseError("an exponent is missing here", spans=((mark.start, mark.end),))
        if text in ("H", "∗", "*") and (text != "H" or above[-1].kind == "word"):
            raise ParseError(
                "the conjugate transpose is not read: matrices here are real", spans=((mark.start, end),),
                advice=r"Write ^{\top}.",
            )  # fmt: skip
        example = _EXAMPLE.fullmatch(text)
        if example is not None and base and base[-1].kind in ("letter", "word", "lowered"):
            return _numbered(base, example.group(1), mark, end)
        letter = base[-1] if base else None
        if (letter is not None and letter.text == "ℝ") or any(p.text in ("∑", "∏") for p in base[-2:]):
            return [*base, Piece(f"^{{{text}}}", mark.start, end, "raised")]
        if letter is not None and letter.kind == "word" and is_function(letter.text) and letter.text != "e":
            if text.replace("−", "-") == "-1":
                raise AmbiguityError(
                    f"{letter.text}^{{-1}} is the inverse for one reader and a reciprocal for another",
                    spans=((letter.start, end),),
                    advice=rf"Write \arcsin, \arctan …, or \frac{{1}}{{\{letter.text}(x)}}.",
                )  # fmt: skip
            return [*base[:-1], replace(letter, above=_exponent(text), end=max(letter.end, end))]
        base = _grouped(base)
        base.append(Piece(_exponent(text), mark.start, end, "raised"))
        return base

    def environment(self, children: tuple[Token, Pieces, Token]) -> Pieces:
        r"""Lines of a program, or the entries of a matrix."""
        begin, inside, end = children
        name = str(begin.value)
        if end.value != name:
            raise ParseError(
                f"\\begin{{{name}}} is closed by \\end{{{end.value}}}",
                spans=((begin.start, begin.end), (end.start, end.end)),
            )
        if not ENVIRONMENTS[name]:
            return inside
        while inside and (inside[-1].kind == "row" or inside[-1].text == " "):
            inside.pop()
        marks = {"amp": ", ", "row": "; "}
        body = [Piece(marks[p.kind], p.start, p.end) if p.kind in marks else p for p in inside]
        return [Piece("[", begin.start, begin.end), *body, Piece("]", end.start, end.end, "close")]


#: x^{(i)}, the i-th example, and W^{(2)}, the second layer.
_EXAMPLE = re.compile(r"\(\s*([a-z]|[0-9]{1,3})\s*\)")
_SOLVE = "Write the objective alone; solve() and minimize() look for where it is least."
#: The way out where something stands below the name of a function.
_BELOW = {"log": "A logarithm to the base b is log(x)/log(b).", "min": _SOLVE, "max": _SOLVE}


def _numbered(base: Pieces, number: str, mark: Token, end: int) -> Pieces:
    """The letter with the number in brackets as its first index: x^{(i)}_j is x_{ij}."""
    last = base[-1]
    if last.kind == "lowered":
        text = f"_{{{number}{last.text[2:-1]}}}"
        return [*base[:-1], Piece(text, last.start, end, "lowered")]
    return [*base, Piece(f"_{{{number}}}", mark.start, end, "lowered")]


def _spaced(pieces: Pieces) -> str:
    """What the pieces say, apart where they stand apart in the source: two letters are not one word."""
    text = ""
    for before, piece in zip([None, *pieces], pieces, strict=False):
        apart = before is not None and piece.start > before.end and piece.kind not in ("raised", "lowered")
        text += (" " if apart else "") + piece.text
    return text.strip()


def _exponent(text: str) -> str:
    """What is written for an exponent."""
    plain = text.translate(_CONVERSE).replace(" ", "")
    if plain in ("T", "⊤", "t") and plain != "t":
        return "ᵀ"
    if plain in ("-T", "-⊤"):
        return "⁻ᵀ"
    if re.fullmatch("′+", plain):
        return plain
    if re.fullmatch(r"-?[0-9]{1,3}", plain):
        return "".join(_RAISED[c] for c in plain)
    if plain[0] in "∘⊙" and len(plain) > 1:
        return f".^({plain[1:]})"
    if plain == "+":
        return "⁺"
    return f"^({text})"


def _is_operator(above: Pieces, below: Pieces) -> bool:
    """Whether a fraction is d/dx."""
    d, dx = ("".join(piece.text for piece in pieces if piece.kind != "space") for pieces in (above, below))
    return d == "d" and dx[:1] == "d" and len(dx) > 1


def _bracketed(inside: Pieces, mark: Token) -> Pieces:
    return [Piece("(", mark.start, mark.end), *inside, _end(inside, mark)]


def _end(inside: Pieces, mark: Token) -> Piece:
    """The bracket that closes, in the place of what it closes."""
    end = inside[-1].end if inside else mark.end
    return Piece(")", end - 1, end, "close")


def _closed(inside: Pieces, mark: Token) -> Pieces:
    """The part of a fraction: in brackets, unless it is one thing."""
    plain = "".join(piece.text for piece in inside)
    return inside if re.fullmatch(r"[0-9]+|[^\W\d_]", plain) else _bracketed(inside, mark)


def _grouped(base: Pieces) -> Pieces:
    """What a script stands on: a group of several things is taken in brackets."""
    if base and base[-1].kind in ("close", "raised", "lowered"):
        return base
    solid = [piece for piece in base if piece.kind not in ("raised", "lowered", "space")]
    if len(solid) <= 1:
        return base
    return [Piece("(", base[0].start, base[0].start + 1), *base, Piece(")", base[-1].end - 1, base[-1].end, "close")]


def relocated(error: MatcalcError, translation: Translation, source: str) -> MatcalcError:
    """The error with its places in the LaTeX source."""
    spans = tuple(translation.place(span) for span in error.spans)
    return type(error)(error.message, source=source, spans=spans, advice=error.advice)
