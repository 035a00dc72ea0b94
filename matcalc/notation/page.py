"""The answer on the page: formulas with their names, one where-list, what must hold, and what is remarked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

from matcalc.algebra.expr import Expr
from matcalc.algebra.shapes import SCALAR, is_vector
from matcalc.notation.declarations import Declaration
from matcalc.notation.declared_text import declaration_line
from matcalc.notation.named_parts import named_parts
from matcalc.notation.text import texts_with_where

__all__ = ["Formulas", "listed", "page"]

#: Shared parts are named when the formulas are longer than this.
_LINE = 400
#: At most this many conditions are shown.
_CONDITIONS = 6

#: Formulas under their heads, and what the names in them stand for.
Formulas = tuple[Sequence[tuple[str, Expr]], Mapping[str, Expr]]


def page(
    candidates: Sequence[Formulas],
    symbols: Mapping[str, Declaration],
    conditions: Iterable[str] = (),
    remarks: Sequence[str] = (),
    below: Sequence[tuple[str, Expr]] = (),
) -> str:
    """The shortest of the candidates with its where-list, the symbols, the conditions and the remarks.

    below: further formulas for the end of the page, in the same names.
    """
    written = [_written(formulas, names, symbols, below) for formulas, names in candidates]
    lines, where, last = min(written, key=_length)
    lines[0] += f"          {declaration_line(listed(symbols))}"
    lines += [f"  where {text}" if i == 0 else f"        {text}" for i, text in enumerate(where)]
    shown = list(islice(conditions, _CONDITIONS + 1))
    if shown:
        lines.append("  if " + ", ".join(shown[:_CONDITIONS]) + (", …" if len(shown) > _CONDITIONS else ""))
    return "\n".join([*lines, *[f"  {remark}" for remark in (*remarks, *last)]])


Written = tuple[list[str], list[str], list[str]]


def _written(
    formulas: Sequence[tuple[str, Expr]],
    names: Mapping[str, Expr],
    symbols: Iterable[str],
    below: Sequence[tuple[str, Expr]],
) -> Written:
    """The lines of the formulas, those of the where-list, and those of the formulas below."""
    limit = _LINE * max(1, len(formulas))
    roots, lettered = named_parts([e for _, e in (*formulas, *below)], {*symbols, *names})
    texts, parts = texts_with_where(roots[: len(formulas)], limit=limit, taken=[*names, *[p.name for p in lettered]])
    stands = [(name, str(e)) for name, e in names.items()]
    return (
        [f"{head} = {text}" for (head, _), text in zip(formulas, texts, strict=True)],
        [
            *[f"{name} = {text}" for name, text in stands],
            *map(str, lettered),
            *[f"{name} = {text}" for name, text in parts],
        ],
        [f"{head} = {root}" for (head, _), root in zip(below, roots[len(formulas) :], strict=True)],
    )


def _length(written: Written) -> int:
    lines, where, _ = written
    return sum(map(len, lines)) + sum([len(text) + len("where ") for text in where])


def listed(symbols: Mapping[str, Declaration]) -> dict[str, Declaration]:
    """Matrices, then vectors, then scalars, each by name."""

    def rank(item: tuple[str, Declaration]) -> tuple[int, str]:
        shape = item[1].shape
        return 2 if shape == SCALAR else 1 if is_vector(shape) else 0, item[0]

    return dict(sorted(symbols.items(), key=rank))
