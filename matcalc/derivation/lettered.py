"""Named parts in a derivation: v for eigvec(S), defined by a line of its own before the line that first needs it.

Only what is shown changes: the names get values, and each definition is a line that is checked like the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from matcalc.algebra.build import symbol
from matcalc.algebra.expr import Expr, postorder
from matcalc.derivation.differential import put
from matcalc.derivation.forms import Form, Right
from matcalc.derivation.steps import Head, Step
from matcalc.notation.named_parts import meaning_of
from matcalc.notation.naming import fresh_names

__all__ = ["lettered"]


def lettered(lines: Sequence[Step], values: dict[Expr, Expr], used: set[str], plain: Iterable[str]) -> tuple[Step, ...]:
    """The lines with letters for what has one; `values`, what names stand for, and `used` grow by them.

    plain: the names of the function and of what its text names, whose own lines stay as they are.
    """
    written = [e for line in lines for form in line.forms for e in _expressions(form)]
    if not any(node.op.letter for node in postorder(*written)):
        return tuple(lines)
    return tuple(_Letters(values, used, set(plain)).written(lines))


class _Letters:
    """Letters by value: eigvec(Z) and eigvec(A + diag(x)) have one where Z is A + diag(x)."""

    def __init__(self, values: dict[Expr, Expr], used: set[str], plain: set[str]) -> None:
        self.values, self.used, self.plain = values, used, plain
        self.known = {value: name for name, value in values.items() if value.op.letter}
        self.introduced: set[str] = set()
        self.shown: set[str] = set()  # "the names put back" may say what the line before said

    def written(self, lines: Sequence[Step]) -> Iterator[Step]:
        for line in lines:
            if line.head.kind == "value" and line.head.name in self.plain:
                yield line
                continue
            defined = next((form for form in line.forms if isinstance(form, Expr) and form.op.letter), None)
            if line.head.kind == "value" and defined is not None and line.head.name != "g":
                if line.head.name not in self.introduced:
                    self.introduced.add(line.head.name)
                    yield replace(line, rule=meaning_of(defined))
                continue
            here: dict[Expr, Expr] = {}
            for node in dict.fromkeys(node for form in line.forms for node in postorder(*_expressions(form))):
                if node.op.letter:
                    yield from self._named(node, here)
            forms = tuple([_renamed(form, here) for form in line.forms])
            before = None if line.before is None else _renamed(line.before, here)
            shown = replace(line, forms=_apart(forms), before=before)
            if str(shown) not in self.shown:
                yield shown
            self.shown.add(str(shown))

    def _named(self, node: Expr, here: dict[Expr, Expr]) -> Iterator[Step]:
        """The letter of a node among those that stand here, with the line that defines it where it is new."""
        value = put(node, self.values)
        name = self.known.get(value)
        if name is None:
            letter = next(fresh_names(node.op.letter, self.used))
            name = self.known[value] = symbol(letter, node.shape)
            self.values[name] = value
        if str(name.data) not in self.introduced:
            self.introduced.add(str(name.data))
            shown = put(node, here)
            head = Head(str(name.data), node.shape)
            yield Step(head, (shown,), meaning_of(shown), node.op.source, equal=((value, name),))
        here[node] = name


def _expressions(form: Right) -> tuple[Expr, ...]:
    return tuple([e for pair in form.pairs for e in pair]) if isinstance(form, Form) else (form,)


def _renamed(form: Right, names: Mapping[Expr, Expr]) -> Right:
    if isinstance(form, Form):
        return Form(tuple([(put(g, names), put(d, names)) for g, d in form.pairs]))
    return put(form, names)


def _apart(forms: tuple[Right, ...]) -> tuple[Right, ...]:
    """The forms without those that read like the one before."""
    kept: list[Right] = []
    for form in forms:
        if not kept or str(form) != str(kept[-1]):
            kept.append(form)
    return tuple(kept)
