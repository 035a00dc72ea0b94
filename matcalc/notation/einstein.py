"""The summation convention: an index that occurs twice in a product is summed over it.

    A_ij x_j        is    ∑ⱼ Aᵢⱼ xⱼ        (j is summed, i is free: an axis of the result)

The tree gets the sums that the convention leaves out, and is then read as if they had been written.
What the convention does not settle is refused: an index three times in a product, terms with
different free indices, the square of something with a free index, a repeated index across a slash.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from matcalc.errors import AmbiguityError, MatcalcError, ParseError
from matcalc.notation.bounds import Bounds
from matcalc.notation.tree import Node, postorder

__all__ = ["with_sums"]

_PRODUCTS = frozenset({"juxtaposed", "times", "entrywise", "frobenius"})
_QUOTIENTS = frozenset({"ratio", "over"})


@dataclass(frozen=True, slots=True)
class _Indices:
    """The free indices of a node, those that are summed inside it, and whether it has entries at all."""

    free: frozenset[str] = frozenset()
    summed: frozenset[str] = field(default=frozenset())

    @property
    def named(self) -> frozenset[str]:
        return self.free | self.summed


def with_sums(root: Node, text: str) -> Node:
    """The tree with a sum around every product, and every entry such as A_ii, in which an index is repeated."""
    found: dict[Node, _Indices] = {}
    wrapped: dict[Node, Node] = {}
    for node in postorder(root):
        rule = _RULES.get(node.kind, _others)
        parts = [found[arg] for arg in node.args]
        here, repeated = rule(node, parts, text)
        node.args = [wrapped.get(arg, arg) for arg in node.args]
        found[node] = _Indices(here.free - set(repeated), here.summed | set(repeated))
        if repeated:
            wrapped[node] = _sum_over(node, repeated)
    return wrapped.get(root, root)


def _sum_over(node: Node, letters: tuple[str, ...]) -> Node:
    around = Node("summed", [node], Bounds(letters), node.start, node.end)
    around.bracketed = True
    return around


Found = tuple[_Indices, tuple[str, ...]]


def _entry(node: Node, parts: list[_Indices], text: str) -> Found:
    """Aᵢⱼ, δᵢⱼ: the diagonal is summed; (aᵢⱼ)ᵢⱼ binds its indices."""
    inside = parts[0] if parts else _Indices()
    letters: tuple[str, ...] = node.data
    if inside.free >= set(letters):
        return _Indices(inside.free - set(letters), inside.summed | set(letters)), ()
    clash = inside.named & set(letters)
    if clash:
        raise _too_often(min(clash), node)
    repeated = tuple(dict.fromkeys([letter for letter in letters if letters.count(letter) == 2]))
    return _Indices(inside.free | set(letters), inside.summed), repeated


def _product(node: Node, parts: list[_Indices], text: str) -> Found:
    """An index of two factors is summed; one that a factor has summed already is in none of the others."""
    counted = _counted(node, parts)
    return _joined(parts), tuple([letter for letter, times in counted.items() if times == 2])


def _quotient(node: Node, parts: list[_Indices], text: str) -> Found:
    for letter, times in _counted(node, parts).items():
        if times > 1:
            above, below = (text[arg.start : arg.end] for arg in (node.args[0], node.args[-1]))
            raise AmbiguityError(
                f"{letter} above and below a slash has two readings", spans=(node.span,),
                advice=f"Write the sum as ∑_{letter} ({above})/({below}) without notation=\"einstein\", "
                "or the quotients for themselves with ⊘.",
            )  # fmt: skip
    return _joined(parts), ()


def _counted(node: Node, parts: list[_Indices]) -> dict[str, int]:
    """How often each index occurs in the factors."""
    counted: dict[str, int] = {}
    for part in parts:
        for letter in sorted(part.summed, key=str) + sorted(part.free):
            seen = counted.get(letter, 0)
            counted[letter] = seen + 1
            if seen > 1 or (seen and any(letter in p.summed for p in parts)):
                raise _too_often(letter, node)
    return counted


def _too_often(letter: str, node: Node) -> MatcalcError:
    return AmbiguityError(
        f"the index {letter} stands more than twice in one product", spans=(node.span,),
        advice=f"The summation convention has no meaning for it. Write the sum, ∑_{letter} …, without "
        'notation="einstein"; or give each sum an index of its own.',
    )  # fmt: skip


def _joined(parts: Iterable[_Indices]) -> _Indices:
    free: frozenset[str] = frozenset()
    summed: frozenset[str] = frozenset()
    for part in parts:
        free, summed = free | part.free, summed | part.summed
    return _Indices(free, summed)


def _sum(node: Node, parts: list[_Indices], text: str) -> Found:
    """All terms with indices have the same free ones; a number or scalar is added to every entry."""
    terms = [(arg, part) for arg, part in zip(node.args, parts, strict=True) if part.named]
    for arg, part in terms[1:]:
        if part.free != terms[0][1].free:
            one, other = (_listed(p.free) for p in (terms[0][1], part))
            raise AmbiguityError(
                f"the terms of this sum have different free indices: {one} and {other}",
                spans=(terms[0][0].span, arg.span),
                advice="Every term of a sum has the same free indices.",
            )
    return _joined(parts), ()


def _listed(letters: frozenset[str]) -> str:
    return ", ".join(sorted(letters)) or "none"


def _power(node: Node, parts: list[_Indices], text: str) -> Found:
    """xᵢ² could be ∑ᵢ xᵢ xᵢ, and could be the square for each i."""
    if parts[0].free and node.data not in ("T", "-T"):
        base, letter = node.args[0], min(parts[0].free)
        source = text[base.start : base.end]
        raise AmbiguityError(
            f"a power of {source} has two readings", spans=(node.span,),
            advice=f"Write {source} {source} for the sum over {letter}; for each {letter} by itself write the sums "
            'with ∑, without notation="einstein".',
        )  # fmt: skip
    return _joined(parts), ()


def _number(node: Node, parts: list[_Indices], text: str) -> Found:
    raise ParseError(
        f"{node.data} is an index and stands alone", spans=(node.span,),
        advice=f'Declare {node.data} if it is a symbol; for powers such as x^j write ∑ⱼ without notation="einstein".',
    )  # fmt: skip


def _written(node: Node, parts: list[_Indices], text: str) -> Found:
    raise AmbiguityError(
        "a ∑ stands beside the summation convention", spans=((node.start, node.start + 1),),
        advice='Leave the ∑ away, or write every sum and leave notation="einstein" away.',
    )  # fmt: skip


def _others(node: Node, parts: list[_Indices], text: str) -> Found:
    return _joined(parts), ()


_RULES: dict[str, Callable[[Node, list[_Indices], str], Found]] = {
    "entry": _entry, "delta": _entry, "sum": _sum, "raised": _power, "power": _power, "entrywise_power": _power,
    "index": _number, "summed": _written, **dict.fromkeys(_PRODUCTS, _product), **dict.fromkeys(_QUOTIENTS, _quotient),
}  # fmt: skip
