"""The where-list: many declarations, from a mapping or from text, each with its place.

A: m n symmetric, x: n          A ∈ ℝ^{m×n} symmetric; A, B ∈ ℝᵐˣⁿ and α scalar
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from matcalc.errors import DeclarationError, MatcalcError
from matcalc.notation.declarations import Declaration, Partial, Path, declare, partial_of, shape_text
from matcalc.notation.names import SUPERSCRIPTS, normalise_name

__all__ = ["add_declaration", "paths_of", "read_where", "split_where"]


def read_where(where: Mapping[str, object] | str | None) -> dict[str, Partial]:
    """The declarations of a where-list, by normalised name.

    >>> read_where("A ∈ ℝ^{m×n}, β ∈ ℝⁿ, α scalar")["A"].shape
    ('m', 'n')
    """
    if where is None:
        return {}
    if isinstance(where, str):
        return _read_text(where)
    if not isinstance(where, Mapping):
        raise DeclarationError(
            f"declarations are a mapping or text, and not of type {type(where).__name__}",
            advice='Write where={"A": "m n", "x": "n"}.',
        )
    found: dict[str, Partial] = {}
    for written, said in where.items():
        name = _declared_name(_text_of(written))
        add_declaration(found, name, _one(name, said))
    return found


def _one(name: str, said: object) -> Partial:
    """What a mapping says of one symbol: text, dimensions, or a declaration as an answer gives it out."""
    if isinstance(said, Declaration):
        return Partial(said.shape, said.facts)
    if isinstance(said, bool) or not isinstance(said, str | int | tuple | list):
        raise DeclarationError(
            f"the declaration of {name} is text, and not of type {type(said).__name__}",
            advice='Write "m n", "n" or "scalar".',
        )
    return declare(name, " ".join(map(str, said)) if isinstance(said, tuple | list) else str(said))


def _text_of(name: object) -> str:
    if not isinstance(name, str):
        raise DeclarationError(f"a declared name is text, and not of type {type(name).__name__}")
    return name


_FUNCTION = re.compile(r"\s*([^\s()]+)\s*\(\s*([^\s()]+)\s*\)\s*")


def _declared_name(written: str) -> str:
    """A, or for a function of a scalar A(t), each name in its one spelling."""
    function = _FUNCTION.fullmatch(written)
    if function is None:
        return normalise_name(written)
    return f"{normalise_name(function.group(1))}({normalise_name(function.group(2))})"


def paths_of(declared: dict[str, Partial]) -> dict[str, Path]:
    """Take the functions of a scalar, declared as A(t), from the declarations, by the function's name.

    >>> declared = read_where("A(t): n n symmetric, x: n")
    >>> paths_of(declared)["A"].shape, sorted(declared)
    (('n', 'n'), ['x'])
    """
    found: dict[str, Path] = {}
    for key in [key for key in declared if "(" in key]:
        said, name = declared.pop(key), key.partition("(")[0]
        if name in declared or name in found:
            raise DeclarationError(f"{name} is declared twice, as {key} and otherwise")
        if said.shape is None:
            raise DeclarationError(f"the declaration of {key} says no shape", advice=f"Write {key}: n n.")
        other = sorted(said.facts - {"symmetric"})
        if other:
            raise DeclarationError(
                f"{key} cannot be declared {other[0]}: of functions only symmetric is known to hold of the derivative"
            )
        found[name] = Path(key, said.shape, said.facts)
    return found


def add_declaration(found: dict[str, Partial], name: str, said: Partial) -> None:
    """Add a declaration to others; a contradiction is an error."""
    known = found.get(name)
    if known is not None and known != said:
        if known.shape is not None and said.shape is not None and known.shape != said.shape:
            raise DeclarationError(
                f"{name} is declared twice: as {shape_text(known.shape)} and as {shape_text(said.shape)}"
            )
        said = Partial(known.shape or said.shape, known.facts | said.facts, known.kind or said.kind)
        said = partial_of(name, list(said.shape), "", sorted(said.facts), True) if said.shape else said
    found[name] = said


def split_where(text: str) -> tuple[str, str]:
    """The expression and the declarations that follow the word where.

    >>> split_where("xᵀA x where A: n n symmetric, x: n")
    ('xᵀA x', 'A: n n symmetric, x: n')
    """
    at = text.find("where")
    while at >= 0:
        before, after = text[at - 1 : at], text[at + 5 : at + 6]
        if not (before.isalnum() or before in ("_", "\\")) and not (after.isalnum() or after in ("_", "(")):
            return text[:at].rstrip().rstrip(",;").rstrip(), text[at + 5 :].strip()
        at = text.find("where", at + 1)
    return text, ""


_ITEM = re.compile(
    r"^(?P<names>[^:∈=≻⪰>]*?)\s*(?P<sign>:|∈|\\in(?![A-Za-z])|(?<=\s)in(?=\s)|=|≻|⪰|>|≥)\s*(?P<said>.*)$", re.DOTALL
)


_SIZE = re.compile(r"^(?:\{(?P<braces>[^{}]*)\}|\((?P<brackets>[^()]*)\)|(?P<plain>\S+))\s*(?P<facts>.*)$", re.DOTALL)


_RAISED = "".join(c for c in SUPERSCRIPTS if c not in "⁽⁾½")


_SPACE = re.compile(rf"^\\?(?:ℝ|R|mathbb\s*\{{?\s*R\s*\}}?|IR)(?=$|[\s^_{_RAISED}])\s*\^?\s*(?P<rest>.*)$", re.DOTALL)


def _read_text(text: str) -> dict[str, Partial]:
    """Every item of a list in text, an error with its place: `A ∈ ℝ^{n×n} symmetric`, `A, B: n n`, `α scalar`."""
    if len(text) > 50_000:
        raise DeclarationError("the declarations are too long")
    found: dict[str, Partial] = {}
    waiting: list[str] = []
    span = (0, 0)
    for item, span in _pieces(text):
        with _marked(text, span):
            names, said = _item(item)
            waiting.extend(names)
            if said is not None:
                for written in waiting:
                    name = _declared_name(written)
                    add_declaration(found, name, declare(name, said))
                waiting = []
    if waiting:
        with _marked(text, span):
            raise _nothing_said(waiting)
    return found


def _pieces(text: str) -> Iterator[tuple[str, tuple[int, int]]]:
    """The items of a list, each with its place."""
    start = 0
    for separator in [*re.finditer(r"[,;\n](?![^{(]*[})])|\band\b", text), None]:
        end = separator.start() if separator else len(text)
        item = text[start:end].strip().rstrip(".")
        if item:
            at = text.index(item, start)
            yield item, (at, at + len(item))
        start = separator.end() if separator else end


@contextmanager
def _marked(text: str, span: tuple[int, int]) -> Iterator[None]:
    """Errors get the place of the item."""
    try:
        yield
    except MatcalcError as error:
        raise type(error)(error.message, source=text, spans=(span,), advice=error.advice) from None


def _nothing_said(names: list[str]) -> DeclarationError:
    return DeclarationError(
        f"nothing is said of {', '.join(names)[:60]} in the declarations", advice='Write "A: m n" or "α scalar".'
    )


def _item(item: str) -> tuple[list[str], str | None]:
    match = _ITEM.match(item)
    if match is None:
        first, _, said = item.partition(" ")
        return [first], said.strip() or None
    names = match.group("names").split()
    sign, said = match.group("sign"), match.group("said").strip()
    if not names:
        raise DeclarationError(f"{item[:60]} does not say what it declares")
    if sign == "=":
        raise DeclarationError(
            f"{item[:60]} is a definition, and only declarations are read",
            advice=f"Write {item[:60]}; before the function, or {' '.join(names)[:20]}: m n to say its shape.",
        )
    if sign in "≻⪰>≥":
        return _signed(names, sign, said)
    if not said:
        raise _nothing_said(names)
    return names, _space(said, " ".join(names))


def _signed(names: list[str], sign: str, said: str) -> tuple[list[str], str]:
    """X ≻ 0, x > 0."""
    if said != "0":
        raise DeclarationError(
            f"{names[0]} {sign} {said[:40]} is not read", advice="Write a fact: spd, psd, positive or nonnegative."
        )
    return names, {"≻": "spd", "⪰": "psd", ">": "positive", "≥": "nonnegative"}[sign]


def _space(said: str, name: str) -> str:
    """ℝ^{m×n} as the dimensions m n; anything else as it is."""
    match = _SPACE.match(said)
    if match is None:
        return said
    rest = match.group("rest")
    if not rest:
        return "scalar"
    raised = re.match(rf"^([{re.escape(_RAISED)}]+)\s*(.*)$", rest, re.DOTALL)
    if raised:
        plain = "".join(SUPERSCRIPTS[c] for c in raised.group(1)).replace("×", " ")
        dims = plain.replace("x", " ") if " " not in plain else plain
        return f"{dims} {raised.group(2)}"
    size = _SIZE.match(rest)
    if size is None:
        raise DeclarationError(f"the space of {name} is not read", advice="Write ℝ^{m×n} or ℝ^n.")
    if (
        size.group("plain")
        and size.group("plain")[0].isalpha()
        and "^" not in said
        and not said.startswith(("ℝ^", "R^"))
    ):
        return f"scalar {rest}"  # ℝ positive
    inside = size.group("braces") or size.group("brackets") or size.group("plain") or ""
    dims = re.sub(r"\\times|×|\*|(?<=[\w)])\s*x\s*(?=[\w(])|,", " ", inside)
    return f"{dims} {size.group('facts')}"
