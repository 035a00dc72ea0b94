"""One declaration: what is said about a symbol before the text is read, its shape and its facts.

m n symmetric          n          scalar          n n spd
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from functools import lru_cache

from matcalc.algebra.shapes import SCALAR, Dim, Shape, dim_add, dim_mul, side_text
from matcalc.errors import DeclarationError
from matcalc.notation.names import normalise_name

__all__ = ["FACTS", "Declaration", "Partial", "Path", "declare", "shape_text"]

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


_FACTOR = re.compile(r"[0-9]+|[^\W\d][\w′]*")
_DIMENSION = re.compile(r"-?[\w′]+(?:[*+·]?[\w′]+)*")
#: m×n, and m x n between dimensions.
_TIMES = re.compile(r"×|(?<=[\w)])\s+x\s+(?=[\w(])")
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
    words = _TIMES.sub(" ", text).split()
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
    return partial_of(name, dims, kind, facts, bool(words))


def partial_of(name: str, dims: list[Dim], kind: str, facts: list[str], said: bool) -> Partial:
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
