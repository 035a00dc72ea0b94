"""Facts: what is known of an expression besides its shape, declared on symbols and derived on nodes.

The implications among facts, and how operations pass facts on, stand in the rulebook; here they
are only followed. A fact is True, False or None (not known).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import InitVar, dataclass, field

from matcalc.algebra.build import (
    ADD,
    CONSTANT,
    DIMENSION,
    GROUP,
    HADAMARD,
    IDENTITY,
    INNER,
    INVERSE,
    MATPOW,
    NUMBER,
    ONES,
    POWER,
    PRODUCT,
    SYMBOL,
    TRANSPOSE,
    is_chain,
    number_value,
    parts,
    reassemble,
    scale,
)
from matcalc.algebra.entries import uncut
from matcalc.algebra.expr import Expr
from matcalc.algebra.keys import Keys
from matcalc.algebra.operations import REGISTRY

__all__ = ["Facts", "FACT_NAMES", "IMPLIES", "JOINTLY", "closure"]

#: fact → the facts that it implies. `positive` and `nonnegative` are meant entry by entry, and so
#: is `unit`: no entry exceeds 1, and `below one`: none reaches it. `injective`: the columns are independent.
IMPLIES: dict[str, tuple[str, ...]] = {
    "spd": ("psd", "invertible"),
    "psd": ("symmetric",),
    "diagonal": ("symmetric", "lower", "upper"),
    "orthogonal": ("invertible",),
    "positive": ("nonnegative", "nonzero"),
    "symmetric": (),
    "skew": (),
    "lower": (),
    "upper": (),
    "invertible": (),
    "nonnegative": (),
    "integer": (),
    "nonzero": (),
    "unit": (),
    "below one": ("unit",),
    "injective": (),
}

#: Facts that together imply another one.
JOINTLY: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset({"lower", "upper"}), "diagonal"),
    (frozenset({"symmetric", "lower"}), "diagonal"),
    (frozenset({"symmetric", "upper"}), "diagonal"),
    (frozenset({"orthogonal", "lower"}), "diagonal"),
    (frozenset({"orthogonal", "upper"}), "diagonal"),
    (frozenset({"psd", "invertible"}), "spd"),
    (frozenset({"diagonal", "positive"}), "spd"),
    (frozenset({"diagonal", "nonnegative"}), "psd"),
)
#: What a diagonal matrix that is declared positive has on its diagonal alone: the other entries are 0.
_ON_THE_DIAGONAL = frozenset({"positive", "nonzero"})

FACT_NAMES = frozenset(IMPLIES) - {"nonzero", "unit", "below one", "injective"}


def closure(facts: Iterable[str]) -> frozenset[str]:
    """The facts and all that they imply, one by one and jointly.

    >>> sorted(closure({"symmetric", "lower"}))
    ['diagonal', 'lower', 'symmetric', 'upper']
    >>> sorted(closure({"diagonal", "positive"}) - closure({"diagonal"}))
    ['invertible', 'nonnegative', 'psd', 'spd']
    """
    out: set[str] = set()
    todo = list(facts)
    while todo:
        fact = todo.pop()
        if fact not in out:
            out.add(fact)
            todo.extend(IMPLIES.get(fact, ()))
            todo.extend(implied for joint, implied in JOINTLY if fact in joint and joint <= out)
    return frozenset(out - _ON_THE_DIAGONAL if "diagonal" in out else out)


#: How deep questions may lead to others.
_DEPTH = 50


class _Deeper(Exception):
    """A question that is to be answered before the one that led to it."""

    def __init__(self, fact: str, e: Expr) -> None:
        self.question = fact, e


@dataclass
class Facts:
    """The facts on symbols, and what follows from them.

    declared maps the name of a symbol to its facts. The keys are those of `like`, where the same symbols
    are symmetric, so that what two walks over one expression compare has its keys once.
    """

    declared: Mapping[str, frozenset[str]] = field(default_factory=dict)
    like: InitVar[Facts | None] = None
    keys: Keys = field(init=False)
    _closed: dict[str, frozenset[str]] = field(init=False)
    _symmetric: frozenset[str] = field(init=False)
    _known: dict[tuple[str, Expr], bool] = field(init=False, default_factory=dict)
    _depth: int = field(init=False, default=0)

    def __post_init__(self, like: Facts | None) -> None:
        self._closed = {name: closure(facts) for name, facts in self.declared.items() if facts}
        self._symmetric = frozenset(name for name, facts in self._closed.items() if "symmetric" in facts)
        same = like is not None and like._symmetric == self._symmetric
        self.keys = like.keys if like is not None and same else Keys(lambda s: str(s.data) in self._symmetric)

    def holds(self, fact: str, e: Expr) -> bool:
        """Whether the fact is known to hold of e."""
        if fact == "symmetric":
            return self.keys.is_symmetric(e)
        known = self._known.get((fact, e))
        if known is not None:
            return known
        if self._depth:
            return self._answer(fact, e)
        waiting = [(fact, e)]  # expressions may be deep: what lies far below is asked first, and then known
        while waiting:
            try:
                self._answer(*waiting[-1])
                waiting.pop()
            except _Deeper as deeper:
                waiting.append(deeper.question)
        return self._known[fact, e]

    def _answer(self, fact: str, e: Expr) -> bool:
        """Whether a fact that was not asked before holds of e; raises _Deeper where that leads too far below."""
        if self._depth == _DEPTH:
            raise _Deeper(fact, e)
        self._known[fact, e] = False  # a fact never follows from itself
        self._depth += 1
        known: bool | None = None
        try:
            known = self._known[fact, e] = self._derive(fact, e)
            return known
        finally:
            self._depth -= 1
            if known is None:
                del self._known[fact, e]

    def can_hold(self, fact: str) -> bool:
        """Whether the fact can hold of any expression at all: some rule or row gives it, or a symbol has it."""
        if fact == "symmetric" or fact in _RULES or fact in _STRONGER or fact in REGISTRY.given:
            return True
        return any(fact in declared for declared in self._closed.values())

    def _derive(self, fact: str, e: Expr) -> bool:
        if e.op is SYMBOL:
            return fact in self._closed.get(str(e.data), ())
        if e.op is GROUP or (e.op is TRANSPOSE and fact in _TRANSPOSABLE):
            return self.holds(fact, e.args[0])
        if e.op is PRODUCT and fact in _ENTRYWISE:
            whole = uncut(e)
            if whole is not e and self.holds(fact, whole):
                return True
        rule = _RULES.get(fact)
        if (rule is not None and rule(self, e)) or self._from_row(fact, e):
            return True
        return any(fact in closure((stronger,)) and self.holds(stronger, e) for stronger in _STRONGER.get(fact, ()))

    def _from_row(self, fact: str, e: Expr) -> bool:
        """What the row of the operation says: always, or if all operands have some fact."""
        for entry in e.op.facts:
            needed, arrow, given = entry.replace("<->", "->").rpartition(" -> ")
            if given == fact and (not arrow or all(self.holds(needed, a) for a in e.args)):
                return True
        return False


_TRANSPOSABLE = frozenset({"psd", "spd", "invertible", "orthogonal", "positive", "nonnegative", "nonzero", "diagonal"})
#: What holds of every entry of an array holds of a part of it.
_ENTRYWISE = frozenset({"positive", "nonnegative", "nonzero", "unit"})
_STRONGER: dict[str, tuple[str, ...]] = {
    "psd": ("spd",),
    "invertible": ("spd", "orthogonal"),
    "nonnegative": ("positive",),
    "nonzero": ("positive",),
    "unit": ("below one",),
}


def _all(facts: Facts, fact: str, operands: Iterable[Expr]) -> bool:
    return all(facts.holds(fact, e) for e in operands)


def _positive(facts: Facts, e: Expr) -> bool:
    """Every entry > 0."""
    if e.op is NUMBER:
        return number_value(e) > 0
    if e.op is POWER:  # with an exponent that is no number it exists for positive bases only
        whole = e.args[1].op is NUMBER or facts.holds("integer", e.args[1])
        return not whole or facts.holds("positive", e.args[0])
    if e.op is ADD:
        positive = _all(facts, "nonnegative", e.args) and any(facts.holds("positive", a) for a in e.args)
        return positive or _is_complement(facts, e.args, "below one")
    if e.op is HADAMARD:
        return _all(facts, "positive", e.args)
    if e.op is PRODUCT:
        return not is_chain(e) and e.data > 0 and _all(facts, "positive", e.args)  # type: ignore[operator]
    return e.op in (CONSTANT, DIMENSION, ONES)


def _nonnegative(facts: Facts, e: Expr) -> bool:
    """Every entry ≥ 0."""
    if e.op is NUMBER:
        return number_value(e) >= 0
    if e.op is INNER:
        return facts.keys.same(*e.args) or _all(facts, "nonnegative", e.args) or _is_quadratic(facts, *e.args)
    if e.op is POWER:
        exponent = e.args[1]
        even_or_root = exponent.op is NUMBER and (
            not isinstance(number_value(exponent), int) or number_value(exponent) % 2 == 0
        )
        return even_or_root or facts.holds("nonnegative", e.args[0])
    if e.op in (ADD, HADAMARD):
        return _all(facts, "nonnegative", e.args) or (e.op is ADD and _is_complement(facts, e.args, "unit"))
    if e.op is PRODUCT:
        if is_chain(e) and _is_gram(facts, e.args):
            return True
        return e.data >= 0 and _all(facts, "nonnegative", e.args)  # type: ignore[operator]
    return False


def _is_gram(facts: Facts, factors: tuple[Expr, ...]) -> bool:
    """Whether the matrix factors read B S Bᵀ with S psd or absent."""
    half, middle = divmod(len(factors), 2)
    if not half:
        return bool(middle) and facts.holds("psd", factors[0])
    left, right = (reassemble(1, (), part) for part in (factors[:half], factors[len(factors) - half :]))
    mirrored = facts.keys.pair(left) == facts.keys.pair(right)[::-1]
    return mirrored and (not middle or facts.holds("psd", factors[half]))


def _is_complement(facts: Facts, terms: tuple[Expr, ...], fact: str) -> bool:
    """Whether the terms are 1, or 𝟏, minus something that does not exceed 1, or is below it."""
    ones = [t for t in terms if t.op is ONES or (t.op is NUMBER and number_value(t) == 1)]
    rest = [t for t in terms if t not in ones]
    return len(ones) == len(rest) == 1 and facts.holds(fact, scale(-1, rest[0]))


def _is_quadratic(facts: Facts, a: Expr, b: Expr) -> bool:
    """Whether a : b reads V : (L V R) with L and R psd, or V : (C ⊙ V) with C nonnegative."""
    for v, image in ((a, b), (b, a)):
        if image.op is HADAMARD:
            rest = [f for f in image.args if not facts.keys.same(f, v)]
            if len(rest) == len(image.args) - 1 and _all(facts, "nonnegative", rest):
                return True
        c, scalars, m = parts(image)
        if scalars or c < 0 or v.op is PRODUCT:
            continue
        for i, factor in enumerate(m):
            if facts.keys.same(factor, v):
                sides = [reassemble(1, (), side) for side in (m[:i], m[i + 1 :]) if side]
                if _all(facts, "psd", sides):
                    return True
    return False


def _psd(facts: Facts, e: Expr) -> bool:
    if e.op is ADD:
        return _all(facts, "psd", e.args)
    if e.op is INVERSE:
        return facts.holds("spd", e.args[0])
    if e.op is MATPOW:
        return facts.holds("psd", e.args[0])
    if e.op is PRODUCT:
        coefficient, scalars, m = parts(e)
        return bool(m) and coefficient >= 0 and _all(facts, "nonnegative", scalars) and _is_gram(facts, m)
    return e.op is IDENTITY


def _spd(facts: Facts, e: Expr) -> bool:
    if e.op is ADD:
        return _all(facts, "psd", e.args) and any(facts.holds("spd", a) for a in e.args)
    if e.op in (INVERSE, MATPOW):
        return facts.holds("spd", e.args[0])
    if e.op is PRODUCT:
        coefficient, scalars, m = parts(e)
        if not m or coefficient <= 0 or not _all(facts, "positive", scalars):
            return False
        if len(m) == 1:
            return facts.holds("spd", m[0])
        half, middle = divmod(len(m), 2)
        full = _all(facts, "injective", m[len(m) - half :]) and (not middle or facts.holds("spd", m[half]))
        return _is_gram(facts, m) and (full or _all(facts, "invertible", m))
    return e.op is IDENTITY


def _invertible(facts: Facts, e: Expr) -> bool:
    if e.op is MATPOW:
        return facts.holds("invertible", e.args[0])
    if e.op is PRODUCT:
        coefficient, scalars, m = parts(e)
        return bool(m) and coefficient != 0 and _all(facts, "nonzero", scalars) and _all(facts, "invertible", m)
    return e.op in (IDENTITY, INVERSE)


def _nonzero(facts: Facts, e: Expr) -> bool:
    return e.op is NUMBER and number_value(e) != 0


def _diagonal(facts: Facts, e: Expr) -> bool:
    if e.op is ADD:
        return _all(facts, "diagonal", e.args)
    if e.op in (INVERSE, MATPOW):
        return facts.holds("diagonal", e.args[0])
    if e.op is PRODUCT:
        _, _, m = parts(e)
        return bool(m) and _all(facts, "diagonal", m)
    return e.op is IDENTITY


_RULES = {
    "positive": _positive,
    "nonnegative": _nonnegative,
    "psd": _psd,
    "spd": _spd,
    "invertible": _invertible,
    "nonzero": _nonzero,
    "diagonal": _diagonal,
}
