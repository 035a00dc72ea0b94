"""Shifted indices, x_{i+1}, and sums that begin behind the first entry: the parts of arrays that they run over.

In ∑_{i=1}^{n−1} (x_{i+1} − x_i)² the vector x has n entries; x_{i+1} is its last n − 1 and x_i its first.
An entry of that kind becomes an entry of a "part" of the array, with the plain index.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matcalc.algebra.shapes import Dim
from matcalc.errors import NotYetError, ParseError
from matcalc.notation.bounds import Bounds, parted
from matcalc.notation.tree import Node

__all__ = ["Cut", "cut_parts"]


@dataclass(frozen=True, slots=True)
class Cut:
    """The part of an axis that an index runs over: so many entries are before it, in it, and needed after it."""

    before: int
    length: Dim
    after: int


def cut_parts(entries: Sequence[Node], sums: Mapping[str, Bounds]) -> None:
    """Give entries with shifted indices the part of their array; `sums` has the bounds of every bound index."""
    partial = {index for index, bounds in sums.items() if bounds.low > 1}
    for node in entries:
        for index in node.data:
            name, by = parted(index)
            if by:
                partial.add(_bounded(name, node, sums))
    furthest: dict[tuple[object, int, str], int] = {}
    for node in entries:
        for axis, index in enumerate(node.data):
            name, by = parted(index)
            if name in partial and node.args:
                slot = (_array_of(node), axis, name)
                furthest[slot] = max(furthest.get(slot, by), by)
    for node in entries:
        if any(parted(index)[0] in partial for index in node.data):
            _cut(node, partial, sums, furthest)


def _bounded(name: str, node: Node, sums: Mapping[str, Bounds]) -> str:
    """The name of a shifted index, if its sum says how far it runs."""
    if name not in sums or sums[name].length is None or sums[name].low == 0:
        letter = name.partition("@")[0]
        raise NotYetError(
            f"nothing says how far the index {letter} runs, which is shifted here", spans=(node.span,),
            advice=f"Write both limits, counted from 1: ∑_{{{letter}=1}}^{{n−1}}.",
        )  # fmt: skip
    return name


def _array_of(node: Node) -> object:
    """What the array of an entry is known by: the name of a symbol."""
    base = node.args[0]
    return base.data if base.kind == "symbol" else base


def _cut(
    node: Node, partial: set[str], sums: Mapping[str, Bounds], furthest: Mapping[tuple[object, int, str], int]
) -> None:
    cuts: list[Cut | None] = []
    for axis, index in enumerate(node.data):
        name, by = parted(index)
        if name not in partial:
            cuts.append(None)
            continue
        letter, bounds = name.partition("@")[0], sums[name]
        if not node.args or bounds.length is None:
            raise NotYetError(
                f"the index {letter} does not run over a whole range here", spans=(node.span,),
                advice="An index that is shifted or begins behind 1 has both limits, and stands on entries.",
            )  # fmt: skip
        before = bounds.low - 1 + by
        if before < 0:
            raise ParseError(
                f"{letter} − {-by} is less than 1 where the sum begins", spans=(node.span,),
                advice=f"Entries are numbered from 1; begin the sum at {1 - by}.",
            )  # fmt: skip
        cuts.append(Cut(before, bounds.length, furthest[_array_of(node), axis, name] - by))
    base = node.args[0]
    node.args = [Node("part", [base], tuple(cuts), base.start, base.end)]
    node.data = tuple([parted(index)[0] for index in node.data])
