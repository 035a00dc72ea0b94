"""Indices: what stands below a ∑ and on an entry, and which sum an index belongs to.

An index is one lower-case Latin letter. Every ∑ gets indices of its own: the i of ∑ᵢ that begins at
character 7 is called "i@7" from here on, and an index that no sum binds keeps its letter.
(bᵢ)ᵢ and (aᵢⱼ)ᵢⱼ are the vector and the matrix with these entries: there the subscript behind the
bracket binds.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from matcalc.algebra.shapes import dim_add, dim_mul
from matcalc.errors import AmbiguityError, NotYetError, ParseError
from matcalc.notation.bounds import Bounds, parted
from matcalc.notation.shifts import cut_parts
from matcalc.notation.tree import Node, postorder

__all__ = ["INDEXED", "bind", "fixed", "fixed_letters", "free_letters", "letter_of", "summed_pair"]

#: The kinds of nodes that only index notation has.
INDEXED = frozenset({"summed", "entry", "delta", "index", "gathered", "part"})


def fixed(place: str) -> str:
    """The place that a fixed index, a number or ":" is; "" of an index that a sum binds or that is free.

    In a tree whose indices are bound they are written "=i", "=2" and ":".
    """
    return place if place == ":" else place[1:] if place[0] == "=" else ""


def summed_pair(node: Node) -> str:
    """The pair i≠j that a sum runs over with both its indices, or nothing."""
    if node.kind != "summed" or len(node.data.pair) != 2 or len(node.data.letters) != 2:
        return ""
    one, other = map(letter_of, node.data.pair)
    return f"{one} {node.data.relation} {other}"


def letter_of(index: str) -> str:
    """The letter of an index, as it was written."""
    return index.partition("@")[0]


def bind(root: Node, declared: Collection[str], dimensions: Collection[str], constant: Collection[str] = ()) -> None:
    """Give every index of the tree the name of the sum that binds it, and mark those that are fixed.

    An index letter that stands alone is the number of the index in its sum, and outside a dimension.
    constant: the letters that are declared to be indices.
    """
    _mark(root, constant)
    declared = set(declared) - set(constant)
    _gather(root)
    summed: dict[str, Node] = {}
    alone: dict[str, Node] = {}
    found: list[Node] = []
    indexed: list[Node] = []
    stack: list[tuple[Node, dict[str, str]]] = [(root, {})]
    while stack:
        node, scope = stack.pop()
        if node.kind == "summed":
            bounds: Bounds = _below_index(node, scope, summed)
            letters = _summed(node, bounds, scope)
            summed.update(dict.fromkeys(letters, node))
            scope = {**scope, **_bound(node, letters, scope, declared)}
            node.data = replace(
                bounds,
                letters=tuple([scope[letter] for letter in letters]),
                pair=tuple([scope.get(letter, letter) for letter in bounds.pair]),
            )
            found.append(node)
        elif node.kind == "gathered":
            scope = {**scope, **_bound(node, node.data, scope, declared)}
            node.data = tuple([scope[letter] for letter in node.data])
        elif node.kind in ("entry", "delta"):
            split = [parted(index) for index in node.data]
            _undeclared(node.span, [letter for letter, _ in split], declared)
            alone.update({letter: node for letter, _ in split if letter not in scope})
            node.data = tuple([f"{scope.get(letter, letter)}{f'{by:+d}' if by else ''}" for letter, by in split])
            indexed.append(node)
        elif node.kind == "index":
            _number(node, scope, dimensions)
        stack.extend((arg, scope) for arg in reversed(node.args))
    for letter in sorted(summed.keys() & alone.keys()):
        raise AmbiguityError(
            f"the index {letter} is summed over, and stands outside that sum as well",
            spans=((summed[letter].start, summed[letter].start + 1), alone[letter].span),
            advice="A sum covers the product that follows it: write brackets around all that is summed, "
            "or another letter outside.",
        )
    cut_parts(indexed, {index: node.data for node in found for index in node.data.letters})


def _below_index(node: Node, scope: Mapping[str, str], summed: Mapping[str, Node]) -> Bounds:
    """The bounds of a sum; a limit that is the index of a sum around it, ∑_{j=1}^{i}, ∑_{j=i+1}^{n}, is a relation."""
    bounds: Bounds = node.data
    inner = [letter for letter in bounds.letters if letter not in scope]
    if len(inner) == 1 and len(bounds.letters) == 2 and bounds.pair:  # ∑_{i<j} inside a sum over i is over j > i
        one, other = bounds.pair
        turned = bounds.relation if inner[0] == one else _TURNED[bounds.relation]
        pair = (one, other) if inner[0] == one else (other, one)
        bounds = replace(bounds, letters=pair[:1], relation=turned, pair=pair)
    below = free_letters(node.args[0])[node.args[0]]
    here = ((node.start, node.start + 1),)
    limits = [name for name in bounds.names if name not in bounds.letters and (name in scope or name in below)]
    partner = limits[0] if limits else bounds.pair[1] if len(bounds.letters) < len(bounds.pair) else ""
    if not partner:
        return bounds
    if partner not in scope:
        raise AmbiguityError(
            f"{partner} is the limit of this sum, and no index of a sum around it", spans=here,
            advice="Use another letter for the index, or write the triangle of a matrix: tril(A) 𝟏.",
        )  # fmt: skip
    if limits:
        assert bounds.above is not None
        less = dim_add(bounds.above, dim_mul(-1, partner))
        if less not in (0, -1) or len(bounds.letters) > 1 or bounds.low != 1 or bounds.pair:
            raise NotYetError(
                f"the limit of this sum, with the index {partner} in it, is not read", spans=here,
                advice=f"∑_{{j=1}}^{{{partner}}} and ∑_{{j=1}}^{{{partner}−1}} are.",
            )  # fmt: skip
        bounds = replace(bounds, above=None, relation="<" if less else "≤", pair=(bounds.letters[0], partner))
    _complete(node, bounds, summed[partner], here)
    return bounds


def _complete(inner: Node, bounds: Bounds, outer: Node, here: tuple[tuple[int, int], ...]) -> None:
    """Let the index around run over its whole range, where the sum inside is empty for its first or last value."""
    around: Bounds = outer.data
    body = outer.args[0]
    is_factor = inner is body or (body.kind in ("juxtaposed", "times") and inner in body.args)
    if is_factor and bounds.relation == "<" and around.low == 2:
        around = replace(around, low=1)
    if is_factor and bounds.relation == ">" and bounds.above is not None and around.above is not None:
        if dim_add(around.above, 1) == bounds.above:
            around = replace(around, above=bounds.above)
    if around.low != 1:
        raise NotYetError(
            "a sum whose limit is an index that does not begin at 1 is not read", spans=here,
            advice="Let both indices begin at 1.",
        )  # fmt: skip
    outer.data = around


def _summed(node: Node, bounds: Bounds, scope: Mapping[str, str]) -> tuple[str, ...]:
    """What ∑_{i≠j} sums over: both indices, or the one that no sum around it has."""
    inner = tuple([letter for letter in bounds.letters if letter not in scope])
    if not bounds.pair or not inner or len(bounds.letters) == 1:
        return bounds.letters
    one, other = bounds.pair
    here = ((node.start, node.start + 1),)
    below = free_letters(node.args[0])[node.args[0]]
    for letter in bounds.pair:
        if letter not in below:
            raise AmbiguityError(
                f"{letter} does not occur in this sum over pairs", spans=here,
                advice="In a sum over pairs both indices stand on entries.",
            )  # fmt: skip
    if inner == bounds.pair and one > other:
        raise AmbiguityError(
            f"{one}{bounds.relation}{other} below a ∑ has two readings: both indices are summed, or {one} alone",
            spans=here,
            advice=f"Write ∑_{{{other}{_TURNED[bounds.relation]}{one}}} for both; for {one} alone take the term with "
            f"{one} = {other} off the whole sum.",
        )
    return inner


_TURNED = {"<": ">", ">": "<", "≤": "≥", "≥": "≤", "≠": "≠"}


def fixed_letters(nodes: Iterable[Node]) -> dict[str, None]:
    """The letters of the fixed indices in a tree that is bound."""
    places = [place for node in nodes if node.kind in ("entry", "delta") for place in node.data]
    return dict.fromkeys([place[1:] for place in places if place[0] == "=" and place[1:].isalpha()])


def _mark(root: Node, constant: Collection[str]) -> None:
    """Mark the indices that are fixed, numbers among them, where no sum binds their letter."""
    stack: list[tuple[Node, frozenset[str]]] = [(root, frozenset())]
    while stack:
        node, bound = stack.pop()
        if node.kind == "summed":
            bound |= set(node.data.letters)
        elif node.kind in ("entry", "delta"):
            node.data = tuple(
                [f"={p}" if p.isdecimal() or (p in constant and p not in bound) else p for p in node.data]
            )
        stack.extend((arg, bound) for arg in node.args)


def free_letters(root: Node) -> dict[Node, frozenset[str]]:
    """For every node the indices of its entries that neither a sum nor a subscript of a bracket below it binds."""
    free: dict[Node, frozenset[str]] = {}
    for node in postorder(root):
        here = frozenset().union(*[free[arg] for arg in node.args])
        if node.kind == "summed":
            here = (here | set(node.data.pair)) - set(node.data.letters)
        elif node.kind == "gathered" or (node.kind == "entry" and set(node.data) <= here):
            here -= set(node.data)
        elif node.kind in ("entry", "delta"):
            here |= {parted(place)[0] for place in node.data if not fixed(place)}
        elif node.kind == "index":
            here |= {node.data}
        free[node] = here
    return free


def _gather(root: Node) -> None:
    """Say of a subscript behind a bracket that has these indices free already that it gathers the entries."""
    entries = [node for node in postorder(root) if node.kind == "entry" and node.args[0].args]
    if entries:
        free = free_letters(root)
        for node in entries:
            if set(node.data) <= free[node.args[0]]:
                node.kind = "gathered"


def _undeclared(span: tuple[int, int], letters: Iterable[str], declared: Collection[str]) -> None:
    for letter in letters:
        if letter in declared:
            raise AmbiguityError(
                f"{letter} is a symbol, and an index here", spans=(span,), advice="Use another letter for the index."
            )


def _bound(node: Node, letters: tuple[str, ...], scope: dict[str, str], declared: Collection[str]) -> dict[str, str]:
    here = (node.start, node.start + 1)
    _undeclared(here, letters, declared)
    for i, letter in enumerate(letters):
        if letter in letters[:i] or letter in scope:
            raise ParseError(
                f"the index {letter} is bound twice", spans=(here,), advice="Use another letter for the inner sum."
            )
    return {letter: f"{letter}@{node.start}" for letter in letters}


def _number(node: Node, scope: dict[str, str], dimensions: Collection[str]) -> None:
    letter = node.data
    if letter in scope and letter in dimensions:
        raise AmbiguityError(
            f"{letter} is the index of this sum and a dimension", spans=(node.span,),
            advice="Use another letter for the index.",
        )  # fmt: skip
    if letter in scope:
        node.data = scope[letter]
    elif letter in dimensions:
        node.kind = "dimension"
    else:
        raise ParseError(
            f"the index {letter} stands outside its sum", spans=(node.span,),
            advice=f"A sum covers the product that follows it; write brackets, or declare {letter}.",
        )  # fmt: skip
