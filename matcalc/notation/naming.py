"""Names for the parts that an expression shares, so that what is printed stays linear in the DAG.

A part is named when it occurs at least twice and the text gets shorter by it. Occurrences are those in the printed
text: walked from the top, a part inside a named part counts once for the definition and not for every use.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import count

from matcalc.algebra.shapes import dim_names, is_scalar, is_vector
from matcalc.notation.display import LARGE, Display, display_postorder, node
from matcalc.notation.names import numbered

__all__ = ["fresh_names", "name_parts"]

#: What " where r = " and the uses of the name cost.
_DEFINITION, _USE = 8, 2
_MANY = 10**6

_SUM_OF_VECTORS = "r"
_LETTERS = {"scalar": "stc", "vector": "uvwzpq", "matrix": "MPQRSN"}


def name_parts(root: Display, taken: Iterable[str] = ()) -> tuple[Display, list[tuple[str, Display]]]:
    """The tree with names for its shared parts, and the named parts, each after those that it uses.

    taken: names that are in use outside the tree.
    """
    nodes = display_postorder(root)
    chosen = _chosen(root, nodes)
    if not chosen:
        return root, []
    used = {part.text for part in nodes if part.kind == "symbol"} | set(taken)
    used.update([name for part in nodes for dim in part.shape for name in dim_names(dim)])
    supply = {kind: fresh_names(letters, used) for kind, letters in _LETTERS.items()}
    residuals = fresh_names(_SUM_OF_VECTORS, used)
    done: dict[int, Display] = {}
    where: list[tuple[str, Display]] = []
    for part in nodes:
        shown = part
        if any(done[id(p)] is not p for p in part.parts):
            shown = part._replace(parts=tuple([done[id(p)] for p in part.parts]))
        if id(part) in chosen:
            vector = is_vector(part.shape)
            source = residuals if vector and part.kind == "sum" else supply[_kind(part)]
            name = next(source)
            where.append((name, shown))
            shown = node("symbol", name, (), part.shape)
        done[id(part)] = shown
    return done[id(root)], where


def _kind(part: Display) -> str:
    return "scalar" if is_scalar(part.shape) else "vector" if is_vector(part.shape) else "matrix"


def _chosen(root: Display, nodes: list[Display]) -> set[int]:
    """The nodes to name: seen from the top, each with the number of times that it would be written.

    Then from below: what got short since a part of it has a name keeps no name of its own.
    """
    occurrences = {id(root): 1}
    candidates: dict[int, int] = {}
    for part in reversed(nodes):
        times = occurrences[id(part)]
        if part is not root and _nameable(part) and _shortens(times, part.size):
            candidates[id(part)] = times
            times = 1
        for operand in part.parts:
            occurrences[id(operand)] = min(occurrences.get(id(operand), 0) + times, _MANY)
    chosen: set[int] = set()
    sizes: dict[int, int] = {}
    for part in nodes:
        size = min(len(part.text) + 1 + sum([sizes[id(operand)] + 1 for operand in part.parts]), LARGE)
        if id(part) in candidates and _shortens(candidates[id(part)], size):
            chosen.add(id(part))
            size = _USE
        sizes[id(part)] = size
    return chosen


def _shortens(times: int, size: int) -> bool:
    return (times - 1) * size > times * _USE + _DEFINITION


def _nameable(part: Display) -> bool:
    """A transpose is not named but what it transposes; a term with a minus neither, nor a sum with free indices."""
    if part.kind == "indexsum" or (part.kind == "superscript" and part.text == "T"):
        return False
    return bool(part.parts) and part.text != "-"


def fresh_names(letters: str, used: set[str]) -> Iterator[str]:
    """The letters that are not in use, then the first of them with digits."""
    for letter in letters:
        if letter not in used:
            used.add(letter)
            yield letter
    for number in count(1):
        name = numbered(letters[0], number)
        if name not in used:
            used.add(name)
            yield name
