"""What is asked: an objective or equations, constraints, unknowns, all read with shapes in common."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from matcalc.algebra.build import ADD, ZERO, add, symbol
from matcalc.algebra.expr import Expr, symbols_of
from matcalc.algebra.matching import Binding, instantiate
from matcalc.algebra.operations import REGISTRY
from matcalc.algebra.shapes import SCALAR, Dim, dim_names, dim_substitute, dim_text
from matcalc.errors import DerivativeError, MatcalcError, OptionError, ParseError, ShapeError
from matcalc.notation.declarations import Declaration
from matcalc.notation.names import normalise_name
from matcalc.notation.read import read
from matcalc.notation.text import to_text
from matcalc.notation.where_list import read_where, split_where

__all__ = ["Problem", "Where", "listed", "read_problem", "sides_of"]

Where = Mapping[str, str] | str | None
_OPEN, _CLOSE = "([{", ")]}"


@dataclass(frozen=True)
class Problem:
    """An objective whose stationary points are asked for, or None, and equations that are 0.

    declared: the dimension names that were typed in declarations, which are taken at their word.
    """

    objective: Expr | None
    equations: tuple[Expr, ...]
    unknowns: tuple[str, ...]
    symbols: Mapping[str, Declaration]
    notes: tuple[str, ...]
    declared: frozenset[str]

    @property
    def variables(self) -> tuple[Expr, ...]:
        """The unknowns as expressions."""
        return tuple(symbol(n, self.symbols[n].shape) for n in self.unknowns)

    def with_equal(self, one: Dim, other: Dim) -> Problem | None:
        """The problem with two sizes equal that no declaration names apart; None if one does."""
        names = [d for d in (one, other) if isinstance(d, str) and d not in self.declared]
        if not names or not (isinstance(one, int | str) and isinstance(other, int | str)):
            return None
        gone = names[0]
        sizes: dict[str, Dim] = {gone: other if gone == one else one}
        every = {n for d in self.symbols.values() for dim in d.shape for n in dim_names(dim)}
        binding_sizes = {**{n: n for n in every}, **sizes}
        symbols = {
            n: Declaration((dim_substitute(d.shape[0], sizes), dim_substitute(d.shape[1], sizes)), d.facts)
            for n, d in self.symbols.items()
        }
        letters = {symbol(n, d.shape): symbol(n, symbols[n].shape) for n, d in self.symbols.items()}
        binding = Binding(letters, binding_sizes)
        note = f"{gone} = {dim_text(sizes[gone])}: the system has one solution only if its matrix is square"
        return replace(
            self,
            equations=tuple(instantiate(e, binding) for e in self.equations),
            objective=instantiate(self.objective, binding) if self.objective is not None else None,
            symbols=symbols,
            notes=(*self.notes, note),
        )


def listed(value: object, what: str) -> tuple[str, ...]:
    """One text or several, as several."""
    if value is None:
        return ()
    if isinstance(value, str):
        return (value,)
    if isinstance(value, Sequence) and all(isinstance(v, str) for v in value):
        return tuple(value)
    raise OptionError(f"{what} is a text or a list of texts, not {type(value).__name__}")


def _split(text: str, marks: str) -> list[str]:
    """The text cut at marks that stand outside all brackets."""
    depth, start, out = 0, 0, []
    for i, c in enumerate(text):
        depth += (c in _OPEN) - (c in _CLOSE)
        if c in marks and depth == 0:
            out.append(text[start:i])
            start = i + 1
    return [*out, text[start:]]


def sides_of(text: str) -> tuple[str, str] | None:
    """The two sides of an equation; None if the text has no = outside brackets.

    >>> sides_of("A X = B")
    ('A X ', ' B')
    """
    for sign in ("≤", "≥", "<", ">"):
        if len(_split(text, sign)) > 1:
            raise ParseError(
                f"{sign} is no equation: solve takes equations alone",
                advice="minimize(…) takes bounds",
            )
    pieces = _split(text, "=")
    if len(pieces) == 1:
        return None
    if len(pieces) > 2 or not all(p.strip() for p in pieces):
        raise ParseError("an equation has one = and something on either side", source=text, spans=((0, len(text)),))
    return pieces[0], pieces[1]


def _equations(texts: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for text in texts:
        for piece in _split(text, ",;"):
            if not piece.strip():
                continue
            sides = sides_of(piece)
            if sides is None:
                raise ParseError(f"{piece.strip()[:60]} is no equation", advice="a constraint is written A x = b")
            yield sides


def read_problem(f: object, unknowns: object, such_that: object, where: Where) -> Problem:
    """The problem that solve is given; f is text, an Expr, or a list of equations."""
    names = tuple(normalise_name(n) for n in listed(unknowns, "unknowns"))
    if not names or len(set(names)) < len(names):
        raise OptionError("solve needs the names of one or more different unknowns")
    said = ""
    if isinstance(f, Expr):
        texts: tuple[str, ...] = (to_text(f),)
        where = where or {str(n.data): " ".join(map(dim_text, n.shape)) for n in symbols_of(f)}
    else:
        cut = [split_where(t) for t in listed(f, "f")]
        texts = tuple(body for body, _ in cut)
        said = ", ".join(w for _, w in cut if w)
    if len(texts) == 1 and sides_of(texts[0]) is None:
        objective, sides = texts[0], list(_equations(listed(such_that, "such_that")))
    else:
        objective, sides = "", list(_equations((*texts, *listed(such_that, "such_that"))))
    return _read(objective, sides, names, where, said)


def _scalars(texts: list[str]) -> Where:
    """Every symbol declared scalar, if each text by itself has no sign of linear algebra in it."""
    found: dict[str, str] = {}
    for text in texts:
        try:
            symbols = read(text, None).symbols
        except MatcalcError:
            return None
        if any(d.shape != SCALAR for d in symbols.values()):
            return None
        found.update(dict.fromkeys(symbols, "scalar"))
    return found


def _read(objective: str, sides: list[tuple[str, str]], names: tuple[str, ...], where: Where, said: str) -> Problem:
    """All texts in one sum of scalars, so that sizes are found together; its first terms hold the equations."""
    terms = [f"‖({left.strip()}) − ({right.strip()})‖₁" for left, right in sides]
    if where is None and not said:
        where = _scalars([*[f"({left}) − ({right})" for left, right in sides], *([objective] if objective else [])])
    joined = " + ".join([*terms, *([f"({objective})"] if objective else [])])
    reading = read(f"{joined} where {said}" if said else joined, where, wrt=names)
    for name in names:
        if name not in reading.symbols:
            raise DerivativeError(
                f"{name} does not occur in the problem", advice=f"it has {', '.join(reading.symbols)}"
            )
    parts = reading.expr.args if reading.expr.op is ADD else (reading.expr,)
    count = len(terms)
    if any(p.op not in (REGISTRY["norm1"], REGISTRY["abs"]) for p in parts[:count]) or len(parts) < count:
        raise ParseError("an equation says nothing about any symbol")
    rest = parts[count:]
    if not objective and rest:
        raise ParseError("the equations are not read")
    target = None
    if objective:
        target = add(*rest) if rest else ZERO
        if target.shape != SCALAR:
            raise ShapeError(f"the objective is a scalar, and {to_text(target)} is not", advice="an equation has an =")
    partial = {**read_where(where), **read_where(said or None)}
    declared = frozenset(n for p in partial.values() for dim in p.shape or () for n in dim_names(dim))
    equations = tuple(p.args[0] for p in parts[:count])
    return Problem(target, equations, names, reading.symbols, reading.notes, declared)
