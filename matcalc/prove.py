"""Proofs: two expressions, or a function and its derivative, compared exactly over a large prime field.

Entries are drawn at random from the integers modulo p = 2⁶¹ − 1 and everything is computed exactly.
Directional derivatives come from arithmetic with nilpotents (ε² = 0), so nothing of the sweep is
used. If two rational functions of degree at most d differ, they agree at a random point with
probability at most d/p (Schwartz 1980, Zippel 1979).

A function such as tanh that acts entry by entry takes, at each argument, a value drawn at random but
once; its derivative is the row's formula, confirmed by SymPy. What agrees for free values agrees for
the true ones. What does not agree so proves nothing, since true values satisfy relations.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matcalc.algebra.build import POWER, is_number, symbol
from matcalc.algebra.entries import largest_place
from matcalc.algebra.expr import Expr, postorder
from matcalc.algebra.shapes import SCALAR, dim_names
from matcalc.calculus.readings import direction
from matcalc.calculus.structure import subspace
from matcalc.calculus.variables import Variable
from matcalc.exact.degrees import degree_bound
from matcalc.exact.draws import Draw, small_sizes
from matcalc.exact.evaluate import NoPoint, NotExact, Point, evaluate
from matcalc.exact.field import PRIME, constant
from matcalc.exact.functions import drawn_functions
from matcalc.exact.symbolic import slope_is_right, to_sympy
from matcalc.notation.declarations import Declaration

_RELATIONS = "values of {} satisfy relations that values drawn freely do not"

__all__ = ["Claim", "Proof", "prove_derivative", "prove_equal"]

#: Points compared, those where signs are drawn, draws tried, and operations that SymPy may be given.
_POINTS, _SIGNED, _ATTEMPTS, _SYMPY = 2, 16, 200, 400
#: Entries with larger numbers are not compared.
_LARGEST = 24


@dataclass(frozen=True)
class Proof:
    """What was proved, and what was not; true if the statement was.

    verdict: "proved", "refuted" or "open". statement: what it is about. sizes: those it holds for.
    error: a bound on the probability that the verdict is wrong. assumed: what it rests on. reason: why it is open.
    """

    verdict: str
    statement: str
    sizes: tuple[str, ...] = ()
    error: float = 0.0
    assumed: tuple[str, ...] = ()
    reason: str = ""

    def __bool__(self) -> bool:
        return self.verdict == "proved"

    def __str__(self) -> str:
        if self.verdict == "open":
            return f"not proved: {self.reason}"
        if self.verdict == "refuted":
            return f"refuted: {self.statement} fails at a random point ({self.sizes[-1]})"
        rests = f"; {'; '.join(self.assumed)}" if self.assumed else ""
        return (
            f"proved: {self.statement} for {' and for '.join(self.sizes)}, as an identity in the entries, up to a "
            f"probability of {self.error:.0e}{rests}; other sizes are not covered"
        )


# --- what is compared --------------------------------------------------------------------------------


@dataclass
class Claim:
    """The statement that `answer` is the derivative of `function` by `wrt` in a reading.

    before: variables of earlier orders. along: the direction of a jvp or vjp. structure and layout as in derive.
    """

    function: Expr
    answer: Expr
    symbols: Mapping[str, Declaration]
    wrt: Variable
    kind: str = "gradient"
    before: tuple[Variable, ...] = ()
    structure: str = "project"
    layout: str = "gradient"
    along: str = ""

    @property
    def head(self) -> str:
        """The statement in words."""
        return "the answer is the derivative"


def prove_derivative(claim: Claim, seed: int = 0) -> Proof:
    """Whether the answer is the derivative of the function, decided exactly at random points of a prime field.

    Where a function has no exact meaning there, SymPy compares entry by entry at sizes of 2 and 3.
    """
    if len(claim.before) > 1:
        return Proof("open", claim.head, reason="derivatives of an order above 2 are not proved")
    found = _at_points([claim.function, claim.answer], claim, seed, lambda draw: _derivative_holds(claim, draw))
    return found if found.verdict != "open" else _by_sympy(claim, found)


def prove_equal(a: Expr, b: Expr, symbols: Mapping[str, Declaration], seed: int = 0) -> Proof:
    """Whether two expressions are equal, decided exactly at random points of a prime field."""
    name = next(iter(symbols), "")
    claim = Claim(a, b, symbols, Variable(name, symbol(name)))

    def holds(draw: Draw) -> bool:
        point = draw.point()
        return evaluate(a, point) == evaluate(b, point)

    return _at_points([a, b], claim, seed, holds, statement="the two are equal")


def _at_points(
    roots: Sequence[Expr], claim: Claim, seed: int, holds: Callable[[Draw], bool], statement: str = ""
) -> Proof:
    """The verdict of a comparison at random points, two of different sizes, or more where signs are drawn."""
    said = statement or claim.head
    rng = random.Random(seed)
    drawn = drawn_functions(roots)
    rational = not drawn and not _has_root(roots)
    least = max([largest_place(*roots), *[int(place) for place in claim.wrt.places if place.isdecimal()]])
    if least > _LARGEST:
        return Proof("open", said, reason=f"an entry {least} asks for sizes that are not compared")
    wanted = _POINTS if "sign" not in drawn else _SIGNED
    sizes_seen: list[str] = []
    error = 1.0
    try:
        for _ in range(_ATTEMPTS):
            sizes = small_sizes(claim.symbols, rng, max(least, 2) + len(sizes_seen) % 2)
            try:
                draw = Draw(sizes, claim.symbols, rng)
                right = all(holds(at) for at in draw.at_all_indices())
            except NoPoint:
                continue
            shown = ", ".join(f"{d} = {n}" for d, n in sizes.items()) or "scalars"
            if not right:
                if rational:
                    return Proof("refuted", said, (shown,))
                return Proof(
                    "open",
                    said,
                    reason=f"{', '.join(sorted(drawn)) or 'roots'} satisfy relations that free values do not",
                )
            sizes_seen.append(shown)
            point = Point(sizes, {}, rng)
            error *= min(1.0, 4 * sum(degree_bound(e, point) + 1 for e in roots) / PRIME)
            if len(sizes_seen) == wanted:
                break
    except NotExact as found:
        return Proof("open", said, reason=f"{found} has no exact meaning over a prime field")
    if not sizes_seen:
        return Proof("open", said, reason="no point was found where both have a value")
    if error > 1e-6:
        return Proof("open", said, reason="the degrees are too high for a useful bound")
    return Proof("proved", said, tuple(dict.fromkeys(sizes_seen)), max(error, 1e-99), _assumed(drawn, len(sizes_seen)))


def _assumed(drawn: set[str], points: int) -> tuple[str, ...]:
    out = []
    checked = sorted(name for name in drawn - {"sign"} if slope_is_right(name))
    others = sorted(drawn - {"sign"} - set(checked))
    if checked:
        out.append(f"the derivative of {', '.join(checked)} confirmed by SymPy")
    if others:
        out.append(f"the derivative of {', '.join(others)} as the rulebook has it")
    if "sign" in drawn:
        out.append(f"where no argument of a sign is 0, and for the {points} patterns of signs drawn")
    return tuple(out)


def _has_root(roots: Sequence[Expr]) -> bool:
    return any(
        node.op is POWER and not (is_number(node.args[1]) and isinstance(node.args[1].data, int))
        for root in roots
        for node in postorder(root)
    )


# --- derivatives ---------------------------------------------------------------------------------------


def _derivative_holds(claim: Claim, draw: Draw) -> bool:
    """Whether f(X + εV) changes as the answer says, for random V (and W for an earlier variable)."""
    if claim.kind in ("jvp", "vjp"):
        return _along_holds(claim, draw)
    name = str(claim.wrt.whole.data)
    inside = claim.symbols[name].facts if _restricted(claim) and not claim.wrt.is_part else frozenset()
    v = draw.array(claim.wrt.shape, inside & _SUBSPACES)
    whole = draw.placed(v, claim.wrt)
    if claim.before:
        earlier = claim.before[0]
        w = draw.array(earlier.shape)
        moves = {name: whole}, {str(earlier.whole.data): draw.placed(w, earlier)}
        moved = evaluate(claim.function, draw.point(*moves))
        return [x.d for row in moved for x in row] == _second(claim, draw, v, w)
    if _restricted(claim) and claim.wrt.is_part:
        whole = _within(whole, claim.symbols[name].facts, claim.structure)
    moved = evaluate(claim.function, draw.point({name: whole}))
    return [x.b for row in moved for x in row] == _applied(claim, draw, v)


_SUBSPACES = frozenset({"symmetric", "spd", "psd", "skew", "diagonal", "lower", "upper"})


def _restricted(claim: Claim) -> bool:
    return claim.kind == "gradient" and not claim.before and claim.structure != "ignore"


def _within(v: list[list[int]], facts: frozenset[str], structure: str) -> list[list[int]]:
    """How the whole array moves where a part of it moves and it keeps its structure.

    The gradient P G pairs with V as G does with P V, where P is the projection, or V + Vᵀ − I ⊙ V.
    """
    space, n = subspace(facts), len(v)
    half = pow(2, -1, PRIME)
    if space is None:
        return v
    at = [(i, j) for i in range(n) for j in range(len(v[0]))]
    if space == "symmetric" and structure == "cookbook":
        moved = {(i, j): v[i][j] if i == j else v[i][j] + v[j][i] for i, j in at}
    elif space in ("symmetric", "skew"):
        sign = 1 if space == "symmetric" else -1
        moved = {(i, j): half * (v[i][j] + sign * v[j][i]) for i, j in at}
    else:
        inside = {"diagonal": int.__eq__, "lower": int.__ge__, "upper": int.__le__}[space]
        moved = {(i, j): v[i][j] if inside(i, j) else 0 for i, j in at}
    return [[moved[i, j] % PRIME for j in range(len(v[0]))] for i in range(n)]


def _applied(claim: Claim, draw: Draw, v: list[list[int]]) -> list[int]:
    point = draw.point()
    if claim.kind == "differential":
        point.values[str(direction(claim.wrt.whole).data)] = constant(draw.placed(v, claim.wrt))
        return [x.a for row in evaluate(claim.answer, point) for x in row]
    g = [[x.a for x in row] for row in evaluate(claim.answer, point)]
    if claim.kind == "derivative":
        return [x * v[0][0] % PRIME for row in g for x in row]
    if claim.kind == "jacobian":
        flat = [x for row in v for x in row]
        return [sum(x * y for x, y in zip(row, flat, strict=True)) % PRIME for row in g]
    if claim.layout == "numerator" and not claim.before:
        g = [list(column) for column in zip(*g, strict=True)]
    facts = claim.symbols[str(claim.wrt.whole.data)].facts
    once = (
        not claim.wrt.is_part
        and claim.structure == "cookbook"
        and _restricted(claim)
        and subspace(facts) == "symmetric"
    )
    total = sum(x * v[i][j] for i, row in enumerate(g) for j, x in enumerate(row) if i <= j or not once)
    return [total % PRIME]


def _second(claim: Claim, draw: Draw, v: list[list[int]], w: list[list[int]]) -> list[int]:
    applied = _applied(claim, draw, v)
    flat = [x for row in w for x in row]
    if claim.function.shape != SCALAR:
        return [x * flat[0] % PRIME for x in applied]
    return [sum(x * y for x, y in zip(applied, flat, strict=True)) % PRIME]


def _along_holds(claim: Claim, draw: Draw) -> bool:
    if claim.kind == "jvp":
        v = draw.array(claim.wrt.shape)
        if claim.before:
            raise NotExact("a derivative in a direction of order 2")
        moved = evaluate(claim.function, draw.point({str(claim.wrt.whole.data): draw.placed(v, claim.wrt)}))
        point = draw.point()
        point.values[claim.along] = constant(v)
        return [x.b for row in moved for x in row] == [x.a for row in evaluate(claim.answer, point) for x in row]
    raise NotExact("an adjoint in a direction")


def _entries(sympy: Any, name: str, declared: Declaration, point: Point) -> Any:
    """The symbol as a SymPy matrix of symbols."""
    assumed = {"positive": True} if "positive" in declared.facts else {"real": True}
    rows, columns = (point.size(dim) for dim in declared.shape)
    return sympy.Matrix([[sympy.Symbol(f"{name}_{i}{j}", **assumed) for j in range(columns)] for i in range(rows)])


def _vanish(gaps: Sequence[Any]) -> bool:
    """Whether all are 0 in numbers at a random point, up to rounding, so that it pays to simplify them."""
    rng = random.Random(0)
    point = {s: rng.uniform(0.4, 0.9) for s in set().union(*[gap.free_symbols for gap in gaps])}
    return all(abs(complex(gap.evalf(subs=point))) < 1e-8 for gap in gaps)


# --- entry by entry --------------------------------------------------------------------------------------


def _by_sympy(claim: Claim, found: Proof) -> Proof:
    """The entries of a gradient of a scalar function at sizes of 2 and 3, simplified by SymPy."""
    free = all(not d.facts & (_SUBSPACES | {"orthogonal"}) for d in claim.symbols.values())
    if claim.kind != "gradient" or claim.before or claim.layout != "gradient" or not free or claim.wrt.is_part:
        return found
    import sympy

    names = list(dict.fromkeys(n for d in claim.symbols.values() for dim in d.shape for n in dim_names(dim)))
    sizes = {name: 2 + k % 2 for k, name in enumerate(names)}
    point = Point(sizes, {}, random.Random(0))
    values = {name: _entries(sympy, name, d, point) for name, d in claim.symbols.items()}
    try:
        f, g = (to_sympy(e, values, point) for e in (claim.function, claim.answer))
        x = values[claim.wrt.name]
        gaps = [sympy.diff(f[0, 0], x[i, j]) - g[i, j] for i in range(x.rows) for j in range(x.cols)]
        if sum(gap.count_ops() for gap in gaps) > _SYMPY or not _vanish(gaps):
            return found
        if all(sympy.simplify(gap.rewrite(sympy.exp)) == 0 or sympy.simplify(gap) == 0 for gap in gaps):
            shown = ", ".join(f"{d} = {n}" for d, n in sizes.items()) or "scalars"
            return Proof("proved", claim.head, (shown,), 0.0, ("entry by entry, by SymPy",))
    except (NotExact, NotImplementedError, ValueError, TypeError):
        return found
    return found
