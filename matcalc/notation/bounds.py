"""What stands below and above a ∑: its indices, where they begin and end, and i < j or i ≠ j between two of them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from matcalc.algebra.shapes import Dim, dim_add, dim_names
from matcalc.errors import NotYetError, ParseError
from matcalc.notation.names import SUBSCRIPT_LETTERS, SUBSCRIPTS, SUPERSCRIPTS

__all__ = ["SUMMATION", "Bounds", "index_letters", "parted", "places", "read_bounds"]

_LOWERED = "".join(SUBSCRIPT_LETTERS)
_BELOW = rf"_\{{[^{{}}\n]{{1,60}}\}}|_[A-Za-z](?![A-Za-z])|[{_LOWERED}][{_LOWERED}₌₀₁,]*"
_ABOVE = rf"\^\{{[^{{}}\n]{{1,40}}\}}|\^[A-Za-z0-9]|[{''.join(SUPERSCRIPTS)}]+"
#: A ∑ with what stands below and above it, in this order or the other.
SUMMATION = (
    r"(?:∑|\\sum(?![A-Za-z])(?:\s*\\(?:no)?limits(?![A-Za-z]))?|sum(?=_))"
    rf"(?:\s*(?:{_BELOW})(?:\s*(?:{_ABOVE}))?|\s*(?:\^\{{[^{{}}\n]{{1,40}}\}}|\^[A-Za-z0-9])\s*(?:{_BELOW}))?"
)
_BOUNDS = re.compile(rf"(?P<first>\s*(?:{_ABOVE}))??\s*(?P<below>{_BELOW})\s*(?P<above>{_ABOVE})?$")
_PLAIN = str.maketrans({**SUBSCRIPTS, "₌": "=", "−": "-"})
_PAIR = re.compile(r"(?:1≤)?([a-z])([<>≤≥≠])([a-z])(?:≤(\w+))?")
_RELATIONS = {"\\neq": "≠", "\\ne": "≠", "!=": "≠", "\\le": "≤", "\\leq": "≤", "<=": "≤", "\\ge": "≥", ">=": "≥",
              "\\lt": "<", "\\gt": ">"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bounds:
    """The indices of a sum, the number of their first value, the last one or None, and the relation of a pair.

    One index of the pair may belong to a sum around this one; then the other is summed alone.

    >>> read_bounds("∑_{1≤i<j≤n}", 0)
    Bounds(letters=('i', 'j'), low=1, above='n', relation='<', pair=('i', 'j'))
    """

    letters: tuple[str, ...]
    low: int = 1
    above: Dim | None = None
    relation: str = ""
    pair: tuple[str, ...] = ()

    @property
    def length(self) -> Dim | None:
        """How many values an index has, where the last one is said."""
        return None if self.above is None else dim_add(self.above, 1 - self.low)

    @property
    def names(self) -> tuple[str, ...]:
        """The dimensions that occur in the upper limit."""
        return () if self.above is None else tuple(dim_names(self.above))


def parted(index: str) -> tuple[str, int]:
    """The letter or name of an index and what is added to it.

    >>> parted("i+1"), parted("j")
    (('i', 1), ('j', 0))
    """
    match = re.fullmatch(r"(.+?)([+-]\d+)", index)
    return (match[1], int(match[2])) if match else (index, 0)


def index_letters(written: str) -> tuple[str, ...]:
    """The indices in a subscript; none if it is not made of lower-case Latin letters, which a number may be added to.

    >>> index_letters("ᵢⱼ"), index_letters("_{i, j}"), index_letters("_{i+1,j}"), index_letters("max₁")
    (('i', 'j'), ('i', 'j'), ('i+1', 'j'), ())
    """
    plain = re.sub(r"[_{}\s]|\\[,;]", "", written.translate(_PLAIN))
    if re.fullmatch("[a-z,]*[a-z]", plain):
        return tuple(plain.replace(",", ""))
    if re.fullmatch(r"[a-z](?:[+-]\d{1,3})?(?:,[a-z](?:[+-]\d{1,3})?)?", plain):
        return tuple(plain.split(","))
    return ()


_WHOLE = re.compile(r"\\cdot(?![A-Za-z])|[·⋅∙•∗*]")


def places(written: str) -> tuple[str, ...]:
    """The places in a subscript: letters, numbers, and ":" for all of an axis; none if it is anything else.

    >>> places("_{i,:}"), places("ᵢⱼ"), places("_{:, 2}"), places("₁₂"), places("_{i+1}")
    (('i', ':'), ('i', 'j'), (':', '2'), ('12',), ())
    """
    plain = _WHOLE.sub(":", re.sub(r"[_{}\s]|\\[,;]", "", written.translate(_PLAIN)))
    if "," not in plain:
        return tuple(re.findall(r"[0-9]+|.", plain)) if re.fullmatch("[a-z:]+|[0-9]{1,9}", plain) else ()
    found = tuple(plain.split(","))
    return found if all(re.fullmatch("[a-z:]|[0-9]{1,9}", place) for place in found) else ()


def read_bounds(written: str, start: int) -> Bounds:
    """What a ∑ says, as it is written.

    >>> read_bounds("∑_{i=1}^{n}", 0)
    Bounds(letters=('i',), low=1, above='n', relation='', pair=())
    """
    here = ((start, start + len(written)),)
    match = _BOUNDS.search(written)
    if match is None:
        raise ParseError(
            "this sum has no index",
            spans=here,
            advice="Write ∑ᵢ, sum_i or \\sum_{i}; the sum of all entries is sum(x).",
        )
    below = match["below"].translate(_PLAIN).strip("_{} ")
    above = "".join(SUPERSCRIPTS.get(c, c) for c in (match["first"] or match["above"] or "")).strip("^{} ")
    pair = _PAIR.fullmatch(_with_signs(below))
    if pair is not None:
        one, relation, other, last = pair.groups()
        if one == other:
            raise ParseError(f"{one} is compared with itself", spans=here, advice="Write two indices: ∑_{i<j}.")
        return Bounds((one, other), 1, _limit(last or above, here), relation, (one, other))
    name, equals, low = below.partition("=")
    letters = index_letters(name)
    if not letters or any(parted(letter)[1] for letter in letters):
        raise NotYetError(
            f"the index {below} of a sum is not read", spans=here,
            advice="An index is a lower-case letter that runs over a range: ∑ᵢ, ∑ᵢⱼ, ∑_{i=1}^{n}, ∑_{i<j}; "
            "a subset is written by weights that are 0 outside it.",
        )  # fmt: skip
    begins = re.fullmatch(r"([a-z])(\+1)?", "".join(low.split()))
    if equals and begins is not None and len(letters) == 1 and begins[1] != letters[0]:
        return Bounds(letters, 1, _limit(above, here), ">" if begins[2] else "≥", (letters[0], begins[1]))
    if equals and not re.fullmatch(r"\d{1,6}", low.strip()):
        raise NotYetError(
            f"the sum over {letters[0]} starts at {low.strip()}",
            spans=here,
            advice="It starts at a number, or at an index: ∑_{j=i+1}^n.",
        )
    first, last = int(low) if equals else 1, _limit(above, here)
    if isinstance(last, int) and last < first:
        raise ParseError(
            f"the sum runs from {first} to {last}, and nothing is summed", spans=here, advice="An empty sum is 0."
        )
    return Bounds(letters, first, last)


def _with_signs(below: str) -> str:
    for command in sorted(_RELATIONS, key=len, reverse=True):
        below = below.replace(command, _RELATIONS[command])
    return "".join(below.split())


def _limit(above: str, here: tuple[tuple[int, int], ...]) -> Dim | None:
    """The last value of an index: a dimension or a number, or a dimension with a number added."""
    plain = "".join(above.replace("−", "-").split())
    if not plain:
        return None
    match = re.fullmatch(r"([A-Za-z])([+-]\d{1,3})?|(\d{1,9})", plain)
    if match is None:
        raise NotYetError(
            f"the upper limit {above} is not read", spans=here,
            advice="It is a dimension or a number, or a dimension with a number added, such as n − 1.",
        )  # fmt: skip
    return int(match[3]) if match[3] else dim_add(match[1], int(match[2] or 0))
