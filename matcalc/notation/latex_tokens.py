r"""LaTeX source → the tokens of grammar/latex.lark, each with what it stands for in matcalc's own notation.

Whether a text is LaTeX at all is decided here too: it has a command, or dollars around it.
"""

from __future__ import annotations

import re

from matcalc.errors import LimitError, NotYetError, ParseError
from matcalc.notation.lexer import MAX_LENGTH, Token
from matcalc.notation.names import ACCENTS, DECORATIONS, GREEK

__all__ = ["ENVIRONMENTS", "FUNCTIONS", "is_latex", "latex_tokens"]

#: Deeper groups are refused.
_MAX_DEPTH = 400

_LATEX = re.compile(r"\\[A-Za-z]|\\[\[(|{,;:!\\]|\$")

#: Commands by what is written for them.
_COMMANDS: dict[str, str] = {
    "cdot": "·", "odot": "⊙", "circ": "∘", "oslash": "⊘", "otimes": "⊗", "ast": "*", "times": "×", "div": "÷",
    "colon": ":", "Vert": "‖", "lVert": "‖", "rVert": "‖", "|": "‖", "parallel": "‖", "lvert": "|", "rvert": "|",
    "vert": "|", "mid": "|", "{": "(", "}": ")", "lbrace": "(", "rbrace": ")", "lparen": "(", "rparen": ")",
    "lbrack": "[", "rbrack": "]", "langle": "⟨", "rangle": "⟩", "nabla": "∇", "partial": "∂", "infty": "∞",
    "sum": "∑", "prod": "∏", "top": "⊤", "intercal": "⊤", "prime": "′", "dagger": "†", "in": "∈", "succ": "≻",
    "succeq": "⪰", "geq": "≥", "ge": "≥", "gt": ">", "lt": "<", "leq": "≤", "le": "≤", "ell": "ℓ", "neq": "≠",
    "ne": "≠", "lnot": "¬", "pm": "±", "mp": "∓", "_": "_", "ldots": "…", "cdots": "…", "dots": "…",
}  # fmt: skip
#: Commands that are functions of the notation under their own names.
FUNCTIONS = frozenset({
    "Tr", "arccos", "arcsin", "arctan", "cos", "cosh", "cot", "csc", "det", "exp", "ln", "log", "max", "min", "sec",
    "sin", "sinh", "tan", "tanh", "tr",
})  # fmt: skip
_SPACES = frozenset(
    {",", ";", ":", "!", " ", ">", "quad", "qquad", "enspace", "thinspace", "medspace", "thickspace", "\n"}
)
_SILENT = frozenset({
    "Big", "Bigg", "Biggl", "Biggr", "Bigl", "Bigr", "big", "bigg", "biggl", "biggr", "bigl", "bigr", "displaystyle",
    "left", "limits", "middle", "nolimits", "nonumber", "notag", "right", "scriptstyle", "textstyle",
})  # fmt: skip
_ARGUED = frozenset({"label", "tag", "hspace", "vspace", "phantom", "hphantom", "vphantom", "mathstrut"})
_STYLES = frozenset(
    {
        *DECORATIONS,
        "mathtt",
        "mathfrak",
        "mathscr",
        "textrm",
        "textit",
        "textsf",
        "mbox",
        "mathop",
        "mathbin",
        "vec",
        "pmb",
    }
)
_FRACTIONS = frozenset({"frac", "tfrac", "dfrac", "cfrac", "nicefrac"})
_REFUSED = {
    "over": r"Write \frac{a}{b}.",
    "lim": "A limit is not part of the notation.",
    "int": "An integral is not part of the notation.",
    "arg": "Write the objective alone; solve() and minimize() look for its minimum.",
    "inf": "Write the objective alone; solve() and minimize() look for its minimum.",
    "sup": "Write the objective alone; solve() and minimize() look for its maximum.",
    "argmin": "Write the objective alone; solve() and minimize() look for its minimum.",
    "argmax": "Write the objective alone; solve() and minimize() look for its maximum.",
    "binom": "",
    "iint": "",
}
#: Environments, and whether they hold the entries of a matrix.
ENVIRONMENTS: dict[str, bool] = {
    "aligned": False, "align": False, "split": False, "gathered": False, "gather": False, "equation": False,
    "alignedat": False, "multline": False, "displaymath": False, "math": False, "eqnarray": False,
    "matrix": True, "pmatrix": True, "bmatrix": True, "smallmatrix": True,
}  # fmt: skip

_TOKEN = re.compile(
    r"(?P<space>\s+|%[^\n]*\n?|~)"
    r"|(?P<begin>\\begin\s*\{\s*(?P<opened>[A-Za-z]+)\*?\s*\})"
    r"|(?P<end>\\end\s*\{\s*(?P<closed>[A-Za-z]+)\*?\s*\})"
    r"|(?P<root>\\sqrt(?![A-Za-z])\s*(?:\[(?P<index>[^\[\]\n]{0,40})\])?)"
    r"|(?P<command>\\(?:[A-Za-z]+\*?|.))"
    r"|(?P<number>[0-9]*\.[0-9]+|[0-9]+\.[0-9]*(?![0-9*^/]))"
    r"|(?P<other>.)",
    re.DOTALL,
)
_SINGLE = {"{": "LBRACE", "}": "RBRACE", "_": "SUB", "^": "SUP", "'": "PRIME", "’": "PRIME"}


def is_latex(text: str) -> bool:
    r"""Whether the text is LaTeX.

    >>> is_latex(r"\frac{1}{2} x"), is_latex("$x^2$"), is_latex("½ x_{1}")
    (True, True, False)
    """
    return ("\\" in text or "$" in text) and _LATEX.search(text) is not None


def latex_tokens(text: str) -> list[Token]:
    """The tokens of a LaTeX source.

    A SYMBOL has as its value what it stands for; a command whose name is read as a word has a space before it.
    """
    if len(text) > MAX_LENGTH:
        raise LimitError(
            f"the text has {len(text)} characters, and {MAX_LENGTH} are read at most",
            spans=((MAX_LENGTH, MAX_LENGTH + 1),),
        )
    start, end = _inside(text)
    tokens: list[Token] = []
    skip = start
    delimiter = False  # after \left and the like a dot is no delimiter
    depth = 0
    for match in _TOKEN.finditer(text, start, end):
        kind = match.lastgroup if match.lastgroup not in ("opened", "closed", "index") else None
        at, to = match.span()
        if at < skip or match["space"]:
            continue
        written = match.group()
        if match["begin"] or match["end"]:
            tokens.append(_environment(match))
        elif match["root"]:
            tokens.append(Token("ROOT", match["index"] or "", at, to))
        elif kind == "command":
            name = written[1:]
            if name in _ARGUED:
                skip = _after_argument(text, to)
            elif name in _SILENT:
                delimiter = name in ("left", "right", "middle")
                continue
            else:
                tokens.append(_command(name, at, to))
        elif not (delimiter and written == "."):
            token = Token(_SINGLE.get(written, "SYMBOL"), written, at, to)
            depth += (token.type == "LBRACE") - (token.type == "RBRACE")
            if depth > _MAX_DEPTH:
                raise LimitError(f"groups are read {_MAX_DEPTH} deep at most", spans=((at, to),))
            tokens.append(token)
        delimiter = False
    return tokens


_DOLLARS = (("$$", "$$"), ("$", "$"), (r"\[", r"\]"), (r"\(", r"\)"))


def _inside(text: str) -> tuple[int, int]:
    """The part between dollars, or the whole; without a full stop or comma at the end."""
    start, end = len(text) - len(text.lstrip()), len(text.rstrip())

    def trimmed(end: int) -> int:
        while end > start and text[end - 1] in ".,; \t\n" and text[end - 2 : end - 1] != "\\":
            end -= 1
        return end

    end = trimmed(end)
    for opening, closing in _DOLLARS:
        if text.startswith(opening, start) and text.endswith(closing, start + len(opening), end):
            start, end = start + len(opening), end - len(closing)
            break
    end = trimmed(end)
    dollar = text.find("$", start, end)
    if dollar >= 0:
        raise ParseError(
            "a dollar stands inside the formula", spans=((dollar, dollar + 1),), advice="Give one formula."
        )
    return start, end


def _environment(match: re.Match[str]) -> Token:
    name = match["opened"] or match["closed"]
    if name not in ENVIRONMENTS:
        raise NotYetError(f"the environment {name} is not read", spans=(match.span(),))
    return Token("BEGIN" if match["begin"] else "END", name, *match.span())


def _after_argument(text: str, at: int) -> int:
    """Where the argument in braces ends that begins here."""
    while at < len(text) and text[at].isspace():
        at += 1
    close = text.find("}", at)
    return close + 1 if text[at : at + 1] == "{" and close >= 0 else at


def _command(written: str, start: int, end: int) -> Token:
    name = written.rstrip("*") or written
    if name in _SPACES:
        return Token("SYMBOL", " ", start, end)
    if name == "\\":
        return Token("SYMBOL", "\\\\", start, end)
    if name in _STYLES:
        return Token("STYLE", name, start, end)
    if name in ACCENTS:
        return Token("ACCENT", ACCENTS[name], start, end)
    if name in _FRACTIONS:
        return Token("FRACTION", name, start, end)
    if name in _COMMANDS:
        return Token("SYMBOL", _COMMANDS[name], start, end)
    if name in GREEK:
        return Token("SYMBOL", GREEK[name], start, end)
    if name in FUNCTIONS:
        return Token("SYMBOL", name, start, end)
    if name in _REFUSED:
        raise ParseError(f"\\{name} is not read", spans=((start, end),), advice=_REFUSED[name])
    raise NotYetError(f"the LaTeX command \\{name} is not read", spans=((start, end),))
