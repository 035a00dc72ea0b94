"""Named parts: what a row gives a letter stands under it on the page, v for eigvec(S), with its meaning beside.

An expression is not changed by it: str(e) is the formula with nothing abbreviated. Letters are chosen so
that they meet no symbol and no dimension.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from matcalc.algebra.build import ADD, SYMBOL, apply, symbol
from matcalc.algebra.expr import Expr, postorder, rebuild
from matcalc.algebra.shapes import dim_names
from matcalc.notation.latex import to_latex
from matcalc.notation.naming import fresh_names
from matcalc.notation.text import to_text

__all__ = ["NamedPart", "meaning_of", "meanings", "named_parts", "parts_latex"]

#: Letters for a sum that a named part is a function of.
_SUMS = "MNPQ"


@dataclass(frozen=True, slots=True)
class NamedPart:
    """name = value, where the value may use earlier names; meaning is what it is in words, if there is any."""

    name: str
    value: Expr
    meaning: str = ""

    def __str__(self) -> str:
        said = f"          {self.meaning}" if self.meaning else ""
        return f"{self.name} = {to_text(self.value)}{said}"


def named_parts(roots: Sequence[Expr], taken: Iterable[str]) -> tuple[tuple[Expr, ...], list[NamedPart]]:
    """The expressions with letters for what has one, and what the letters stand for, each after those that it uses.

    taken: names that are in use on the page besides those in the expressions.

    >>> from matcalc import parse
    >>> (g,), (v,) = named_parts([parse("2 eigvec(S) eigvec(S)ᵀ")], ())
    >>> print(g, "|", v)
    2 v vᵀ | v = eigvec(S)          the unit eigenvector of S for its largest eigenvalue
    """
    nodes = postorder(*roots)
    lettered = {node for node in nodes if node.op.letter}
    if not lettered:
        return tuple(roots), []
    sums = {arg for node in lettered for arg in node.args if arg.op is ADD}
    used = {*taken, *[str(node.data) for node in nodes if node.op is SYMBOL]}
    used.update([name for node in nodes for dim in node.shape for name in dim_names(dim)])
    supply: dict[str, Iterator[str]] = {}
    found: list[NamedPart] = []

    def replace(node: Expr, args: tuple[Expr, ...]) -> Expr:
        fresh = apply(node.op, args, node.data) if args and args != node.args else node
        if node not in lettered and node not in sums:
            return fresh
        letters = node.op.letter if node in lettered else _SUMS
        name = next(supply.setdefault(letters, fresh_names(letters, used)))
        found.append(NamedPart(name, fresh, meaning_of(fresh)))
        return symbol(name, node.shape)

    memo: dict[Expr, Expr] = {}
    return tuple([rebuild(root, replace, memo) for root in roots]), found


def meaning_of(e: Expr) -> str:
    """What a value with a letter is, in words; "" for others."""
    return e.op.meaning.format(*map(to_text, e.args)) if e.op.letter else ""


def meanings(parts: Sequence[NamedPart]) -> list[str]:
    """What the names are in words, one sentence each."""
    return [f"{part.name} is {part.meaning}" for part in parts if part.meaning]


def parts_latex(parts: Sequence[NamedPart], style: Mapping[str, object]) -> str:
    """The where-list behind a formula; style: the options of to_latex."""
    if not parts:
        return ""
    listed = [
        f"{to_latex(symbol(p.name, p.value.shape), **style)} = {to_latex(p.value, **style)}"  # type: ignore[arg-type]
        for p in parts
    ]
    return r" \quad\text{where } " + r",\; ".join(listed)
