"""Indices: what stands below a ∑ and on an entry, and which sum an index belongs to.

An index is one lower-case Latin letter. Every ∑ gets indices of its own: the i of ∑ᵢ that begins at
character 7 is called "i@7" from here on, and an index that no sum binds keeps its letter.
(bᵢ)ᵢ and (aᵢⱼ)ᵢⱼ are the vector and the matrix with these entries: there the subscript behind the
bracket binds.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from matcalc.errors import AmbiguityError, NotYetError, ParseError
from matcalc.notation.names import SUBSCRIPT_LETTERS, SUBSCRIPTS, SUPERSCRIPTS
from matcalc.notation.tree import Node, postorder

__all__ = [
    "INDEXED", "SUMMATION", "bind", "fixed", "fixed_letters", "free_letters", "index_letters", "letter_of", "places",
    "read_bounds",
]  # fmt: skip

#: The kinds of nodes that only index notation has.
INDEXED = frozenset({"summed", "entry", "delta", "index", "gathered"})

_LOWERED = "".join(SUBSCRIPT_LETTERS)
_BELOW = rf"_\{{[^{{}}\n]{{1,60}}\}}|_[A-Za-z](?![A-Za-z])|[{_LOWERED}][{_LOWERED}₌₀₁,]*"
_ABOVE = rf"\^\{{[^{{}}\n]{{1,40}}\}}|\^[A-Za-z0-9]|[{''.join(SUPERSCRIPTS)}]+"
#: A ∑ with what stands below and above it, in this order or the other.
SUMMATION = (
    r"(?:∑|\\sum(?![A-Za-z])(?:\s*\\(?:no)?limits(?![A-Za-z]))?|sum(?=_))"
    rf"(?:\s*(?:{_BELOW})(?:\s*(?:{_ABOVE}))?|\s*(?:\^\{{[^{{}}\n]{{1,40}}\}}|\^[A-Za-z0-9])\s*(?:{_BELOW}))?"
)
_BOUNDS = re.compile(rf"(?P<first>\s*(?:{_ABOVE}))??\s*(?P<below>{_BELOW})\s*(?P<above>{_ABOVE})?$")
_PLAIN = str.maketrans({**SUBSCRIPTS, "₌": "="})


def index_letters(written: str) -> tuple[str, ...]:
    """The indices in a subscript; none if it is not made of lower-case Latin letters.

    >>> index_letters("ᵢⱼ"), index_letters("_{i, j}"), index_letters("max₁")
    (('i', 'j'), ('i', 'j'), ())
    """
    plain = re.sub(r"[_{}\s,]|\\[,;]", "", written.translate(_PLAIN))
    return tuple(plain) if re.fullmatch("[a-z]+", plain) else ()


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


def fixed(place: str) -> str:
    """The place that a fixed index, a number or ":" is; "" of an index that a sum binds or that is free.

    In a tree whose indices are bound they are written "=i", "=2" and ":".
    """
    return place if place == ":" else place[1:] if place[0] == "=" else ""


def read_bounds(written: str, start: int) -> tuple[tuple[str, ...], str]:
    """The indices of a sum as it is written, and its upper limit or "".

    >>> read_bounds("∑_{i=1}^{n}", 0), read_bounds("∑ᵢⱼ", 0)
    ((('i',), 'n'), (('i', 'j'), ''))
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
    name, equals, low = below.partition("=")
    letters = index_letters(name)
    if not letters:
        raise NotYetError(
            f"the index {below} of a sum is not read", spans=here,
            advice="An index is a lower-case letter that runs over a whole range: ∑ᵢ, ∑ᵢⱼ, ∑_{i=1}^{n}.",
        )  # fmt: skip
    if equals and low.strip() != "1":
        raise NotYetError(
            f"the sum over {letters[0]} starts at {low.strip()}", spans=here, advice="Indices start at 1."
        )
    above = "".join(SUPERSCRIPTS.get(c, c) for c in (match["first"] or match["above"] or "")).strip("^{} ")
    if above and len(letters) > 1:
        raise ParseError(
            "an upper limit stands on a sum over several indices", spans=here, advice="Write one ∑ for each."
        )
    if above and not re.fullmatch(r"[A-Za-z]|[0-9]{1,9}", above):
        raise NotYetError(f"the upper limit {above} is not read", spans=here, advice="It is a dimension or a number.")
    return letters, above


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
    stack: list[tuple[Node, dict[str, str]]] = [(root, {})]
    while stack:
        node, scope = stack.pop()
        if node.kind == "summed":
            letters, above = node.data
            summed.update(dict.fromkeys(letters, node))
            scope = {**scope, **_bound(node, letters, scope, declared)}
            node.data = (tuple([scope[letter] for letter in letters]), above)
        elif node.kind == "gathered":
            scope = {**scope, **_bound(node, node.data, scope, declared)}
            node.data = tuple([scope[letter] for letter in node.data])
        elif node.kind in ("entry", "delta"):
            _undeclared(node.span, node.data, declared)
            alone.update({letter: node for letter in node.data if letter not in scope})
            node.data = tuple([scope.get(letter, letter) for letter in node.data])
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
            bound |= set(node.data[0])
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
            here -= set(node.data[0])
        elif node.kind == "gathered" or (node.kind == "entry" and set(node.data) <= here):
            here -= set(node.data)
        elif node.kind in ("entry", "delta"):
            here |= {place for place in node.data if not fixed(place)}
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
