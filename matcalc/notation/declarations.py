"""Declarations: what is said about a symbol before the text is read, its shape and its facts.

A: m n symmetric          A ∈ ℝ^{m×n} symmetric          A ∈ ℝᵐˣⁿ          α scalar
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache

from matcalc.algebra.shapes import SCALAR, Dim, Shape, dim_add, dim_mul, dim_names, side_text
from matcalc.errors import DeclarationError, MatcalcError
from matcalc.notation.names import SUPERSCRIPTS, normalise_name

__all__ = ["FACTS", "Declaration", "Partial", "Path", "declare", "paths_of", "read_where", "shape_text", "split_where"]

#: What can be said of a symbol, and whether it needs a square matrix.
FACTS: dict[str, bool] = {
    "symmetric": True, "skew": True, "spd": True, "psd": True, "diagonal": True, "invertible": True,
    "lower": False, "upper": False, "orthogonal": False, "positive": False, "nonnegative": False, "integer": False,
    "index": False,
}  # fmt: skip
_SYNONYMS = {
    "sym": "symmetric", "skew-symmetric": "skew", "antisymmetric": "skew", "pd": "spd", "positive-definite": "spd",
    "positive-semidefinite": "psd", "nonsingular": "invertible", "regular": "invertible", "orthonormal": "orthogonal",
    "triangular": "", "lower-triangular": "lower", "upper-triangular": "upper", "nonneg": "nonnegative",
    "non-negative": "nonnegative", "int": "integer",
}  # fmt: skip
#: Facts that leave only the zero matrix, or nothing.
_CONTRADICTIONS = [{"symmetric", "skew"}, {"spd", "skew"}, {"psd", "skew"}, {"diagonal", "skew"}, {"positive", "skew"}]


@dataclass(frozen=True)
class Declaration:
    """A symbol's shape, and the facts that were declared of it."""

    shape: Shape
    facts: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Partial:
    """What a declaration says: its shape, or only its kind (scalar, vector, matrix, square), or nothing of either."""

    shape: Shape | None
    facts: frozenset[str]
    kind: str = ""


@dataclass(frozen=True)
class Path:
    """A function of a scalar that is only a name, as it is declared, A(t): the shape and the facts of its value."""

    written: str
    shape: Shape
    facts: frozenset[str]


def shape_text(shape: Shape) -> str:
    """A shape as one says it.

    >>> shape_text(("m", "n")), shape_text(("n", 1)), shape_text((1, 1))
    ('m×n', 'n×1', 'a scalar')
    """
    return "a scalar" if shape == SCALAR else "×".join(map(side_text, shape))


# --- one declaration -------------------------------------------------------------------------------

_FACTOR = re.compile(r"[0-9]+|[^\W\d][\w′]*")
_DIMENSION = re.compile(r"-?[\w′]+(?:[*+·]?[\w′]+)*")
_KINDS = ("scalar", "vector", "matrix", "square", "row")


def _dimension(word: str, name: str) -> Dim:
    """A dimension: n, 3, 2n, n*p, n+1."""
    if not _DIMENSION.fullmatch(word) or re.search(r"[^\W\d_]{2}", word):
        raise DeclarationError(f"{word} in the declaration of {name} is not a dimension")
    total: Dim = 0
    for summand in word.replace("·", "*").split("+"):
        product: Dim = 1
        for part in _FACTOR.findall(summand):
            if part.isdecimal():
                if len(part) > 12:
                    raise DeclarationError(f"a dimension of {name} has {len(part)} digits")
                product = dim_mul(product, int(part))
            else:
                product = dim_mul(product, normalise_name(part))
        total = dim_add(total, product)
    if word.startswith("-") or (isinstance(total, int) and total < 1):
        raise DeclarationError(
            f"{word} in the declaration of {name} is not a dimension", advice="Dimensions are at least 1."
        )
    return total


@lru_cache(maxsize=4096)
def declare(name: str, text: str) -> Partial:
    """What one declaration says.

    >>> declare("A", "n n symmetric").shape, sorted(declare("A", "n n symmetric").facts)
    (('n', 'n'), ['symmetric'])
    >>> declare("α", "scalar").shape
    (1, 1)
    """
    if len(text) > 500:
        raise DeclarationError(f"the declaration of {name} is too long")
    dims: list[Dim] = []
    facts: list[str] = []
    kind = ""
    words = text.replace("×", " ").split()
    for word in words:
        fact = _SYNONYMS.get(word.lower(), word.lower())
        if fact in FACTS:
            facts.append(fact)
        elif fact in _KINDS:
            kind = fact
        elif word.lower() not in _SYNONYMS:
            if facts or kind or len(dims) == 2:
                raise _not_a_fact(name, word)
            dims.append(_dimension(word, name))
    return _partial(name, dims, kind, facts, bool(words))


def _partial(name: str, dims: list[Dim], kind: str, facts: list[str], said: bool) -> Partial:
    square = any(FACTS[fact] for fact in facts)
    if "index" in facts:
        if dims or kind not in ("", "scalar") or len(set(facts)) > 1:
            raise DeclarationError(f"{name} is an index and can be nothing else", advice=f'Write "{name}: index".')
        kind = "scalar"
    shape: Shape | None = None
    if len(dims) == 2:
        shape = (dims[0], dims[1])
    elif len(dims) == 1:
        shape = (
            (1, dims[0])
            if kind == "row"
            else (dims[0], dims[0])
            if kind in ("matrix", "square") or square
            else (dims[0], 1)
        )
    elif kind == "scalar" or not said:
        shape = SCALAR
    elif not kind and square:
        kind = "square"
    if shape is not None:
        _check_kind(name, shape, kind)
        if square and shape[0] != shape[1]:
            fact = next(fact for fact in facts if FACTS[fact])
            raise DeclarationError(f"{name} is {shape_text(shape)} and cannot be {fact}: only a square matrix can")
    for pair in _CONTRADICTIONS:
        if pair <= set(facts):
            one, other = sorted(pair)
            raise DeclarationError(f"{name} cannot be {one} and {other}")
    return Partial(shape, frozenset(facts), kind)


def _check_kind(name: str, shape: Shape, kind: str) -> None:
    fits = {
        "": True, "scalar": shape == SCALAR, "vector": shape[1] == 1, "row": shape[0] == 1, "matrix": True,
        "square": shape[0] == shape[1],
    }[kind]  # fmt: skip
    if not fits:
        raise DeclarationError(f"{name} is declared {shape_text(shape)} and {kind}")


def _not_a_fact(name: str, word: str) -> DeclarationError:
    close = difflib.get_close_matches(word.lower(), [*FACTS, *_SYNONYMS, *_KINDS], n=1)
    shown = word if len(word) <= 40 else word[:40] + "…"
    return DeclarationError(
        f"{shown} in the declaration of {name} is no fact",
        advice=f"Did you mean {close[0]}?"
        if close
        else f"Facts are {', '.join(FACTS)}; a shape has one or two dimensions.",
    )


# --- many declarations -----------------------------------------------------------------------------


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
        said = _partial(name, list(said.shape), "", sorted(said.facts), True) if said.shape else said
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


_ITEM = re.compile(r"^(?P<names>[^:∈=≻⪰>]*?)\s*(?P<sign>:|∈|\\in(?![A-Za-z])|=|≻|⪰|>|≥)\s*(?P<said>.*)$", re.DOTALL)
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


def names_in(shape: Shape) -> Iterator[str]:
    """The dimension names of a shape."""
    for dim in shape:
        yield from dim_names(dim)
