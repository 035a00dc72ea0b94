"""Programs: the names that a text gives to its parts, and answers written with them.

For differentiating, names are replaced by what they stand for; for showing, parts of an answer
that are equal to a named part, up to the order of terms and a sign, are replaced by the name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from matcalc.algebra.build import SYMBOL, Number, apply, scale, symbol
from matcalc.algebra.expr import Expr, postorder, rebuild
from matcalc.algebra.keys import Keys
from matcalc.notation.programs import inlined

__all__ = ["Names", "needed", "values_of"]


class Names:
    """names(e) is e with the parts that equal the value of a name, or its negative, replaced by the name."""

    def __init__(self, values: Mapping[str, Expr], keys: Keys) -> None:
        self._keys = keys
        self._memo: dict[Expr, Expr] = {}
        self._known: dict[int, tuple[Number, Expr]] = {}
        self.add(values)

    def add(self, values: Mapping[str, Expr]) -> None:
        """Values in another form; a form that is known keeps its name."""
        for name, value in values.items():
            if value.args:
                sign, key = self._keys.term(value)
                self._known.setdefault(key, (sign, symbol(name, value.shape)))

    def __bool__(self) -> bool:
        return bool(self._known)

    def __call__(self, e: Expr) -> Expr:
        """The expression with the names in it."""
        return rebuild(e, self._replace, self._memo) if self._known else e

    def _replace(self, node: Expr, args: tuple[Expr, ...]) -> Expr:
        if not args:
            return node
        sign, key = self._keys.term(node)
        found = self._known.get(key)
        if found is not None and found[1].shape == node.shape and abs(sign) == abs(found[0]):
            return found[1] if sign == found[0] else scale(-1, found[1])
        return node if args == node.args else apply(node.op, args, node.data)


def values_of(definitions: Mapping[str, Expr]) -> dict[str, Expr]:
    """What every name stands for, with no name left in it."""
    values: dict[str, Expr] = {}
    memo: dict[Expr, Expr] = {}
    for name, e in definitions.items():
        values[name] = inlined(e, values, memo)
    return values


def needed(roots: Iterable[Expr], definitions: Mapping[str, Expr]) -> dict[str, Expr]:
    """The definitions that the roots use, directly or through others, in the order of the program."""
    used = _names_in(roots)
    for name in reversed(list(definitions)):
        if name in used:
            used |= _names_in((definitions[name],))
    return {name: e for name, e in definitions.items() if name in used}


def _names_in(roots: Iterable[Expr]) -> set[str]:
    return {str(node.data) for node in postorder(*roots) if node.op is SYMBOL}
