"""Programs: the names that a text gives to its parts, and answers written with them.

For differentiating, names are replaced by what they stand for; for showing, parts of an answer
that are equal to a named part, up to the order of terms and a sign, are replaced by the name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from matcalc.algebra.build import Number, apply, scale, symbol
from matcalc.algebra.expr import Expr, rebuild, symbols_of
from matcalc.algebra.keys import Keys
from matcalc.notation.programs import inlined

__all__ = ["needed", "values_of", "with_names"]


def with_names(e: Expr, values: Mapping[str, Expr], keys: Keys, memo: dict[Expr, Expr]) -> Expr:
    """e with the parts that equal a value, or its negative, replaced by the name; the memo is for several expressions."""
    known: dict[int, tuple[Number, Expr]] = {}
    for name, value in values.items():
        if value.args:
            sign, key = keys.term(value)
            known.setdefault(key, (sign, symbol(name, value.shape)))
    if not known:
        return e

    def replace(node: Expr, args: tuple[Expr, ...]) -> Expr:
        if not args:
            return node
        sign, key = keys.term(node)
        found = known.get(key)
        if found is not None and found[1].shape == node.shape and abs(sign) == abs(found[0]):
            return found[1] if sign == found[0] else scale(-1, found[1])
        return apply(node.op, args, node.data)

    return rebuild(e, replace, memo)


def values_of(definitions: Mapping[str, Expr]) -> dict[str, Expr]:
    """What every name stands for, with no name left in it."""
    values: dict[str, Expr] = {}
    for name, e in definitions.items():
        values[name] = inlined(e, values)
    return values


def needed(roots: Iterable[Expr], definitions: Mapping[str, Expr]) -> dict[str, Expr]:
    """The definitions that the roots use, directly or through others, in the order of the program."""
    used: set[str] = set()
    todo = list(roots)
    while todo:
        for leaf in symbols_of(todo.pop()):
            name = str(leaf.data)
            if name in definitions and name not in used:
                used.add(name)
                todo.append(definitions[name])
    return {name: e for name, e in definitions.items() if name in used}
