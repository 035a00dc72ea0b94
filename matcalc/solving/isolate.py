"""One equation for one unknown: affine, or made affine by undoing one function or multiplying out.

An unknown that occurs only inside X⁻¹, exp(x), x^p … is found from the value of that function; one that
occurs in several powers is freed of the negative ones by multiplying the equation with it. Both keep
the derivative of the equation at its solution, from which the nature of the point is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

from matcalc.algebra.build import (
    INVERSE,
    ONES,
    POWER,
    add,
    apply,
    hadamard,
    identity,
    inverse,
    is_number,
    is_zero,
    multiply,
    negate,
    number,
    number_value,
    parts,
    power,
    symbol,
)
from matcalc.algebra.expand import expanded_terms
from matcalc.algebra.expr import Expr, postorder, preorder, rebuild
from matcalc.algebra.factor import common_denominator
from matcalc.algebra.shapes import SCALAR
from matcalc.algebra.simplify import Simplifier
from matcalc.calculus.forms import shortener
from matcalc.calculus.formulas import inverse_template, lift
from matcalc.calculus.linear import action
from matcalc.convexity import depends
from matcalc.errors import NoClosedForm
from matcalc.notation.declarations import Declaration
from matcalc.notation.text import to_text
from matcalc.solving.affine import direction_facts, direction_of, read_affine, solve_affine, spread, substitute

__all__ = ["Context", "Isolated", "isolate", "rooted"]

#: How many functions are undone, and how often the equation is multiplied out, before giving up.
_DEPTH = 4
_POWERS = (1, 2, 3, 4)


@dataclass
class Context:
    """The symbols with their facts, and a simplifier under them that knows the directions of the unknowns."""

    symbols: Mapping[str, Declaration]
    unknowns: tuple[Expr, ...]
    shorten: Simplifier = field(init=False)

    def __post_init__(self) -> None:
        directions = {str(direction_of(x).data): direction_facts(x, self.symbols) for x in self.unknowns}
        found = shortener({**self.symbols, **directions})
        assert isinstance(found, Simplifier)
        self.shorten = found

    def having(self, x: Expr, facts: frozenset[str]) -> Context:
        """The context with one more unknown."""
        return Context({**self.symbols, str(x.data): Declaration(x.shape, facts)}, (*self.unknowns, x))


@dataclass(frozen=True)
class Isolated:
    """unknown = solution, from left = right; slope is the differential of the equation there, in its direction."""

    solution: Expr
    left: Expr
    right: Expr
    slope: Expr
    inverted: tuple[Expr, ...] = ()
    systems: tuple[Expr, ...] = ()
    conditions: tuple[str, ...] = ()


def isolate(equation: Expr, x: Expr, context: Context, depth: int = 0) -> list[Isolated]:
    """Every solution of equation = 0 for x; more than one where an even power is undone.

    Raises NoClosedForm with the reason.
    """
    equation = context.shorten(equation)
    found = read_affine(equation, x, context.shorten)
    if found is not None:
        known = solve_affine(found, x, context.shorten)
        return [Isolated(known.solution, known.left, known.right, found.image, known.inverted, known.systems)]
    if depth < _DEPTH:
        for attempt in (_factored, _undone, _separated, _nested, _multiplied):
            try:
                solved = attempt(equation, x, context, depth)
            except NoClosedForm:
                continue
            if solved:
                return solved
    raise NoClosedForm(
        f"{to_text(equation)} = 0 is not affine in {x.data}{_where(equation, x)}, and no way to make it so is known",
        advice="minimize(…) finds a minimum numerically",
    )


def _where(equation: Expr, x: Expr) -> str:
    """Which functions the unknown stands in."""
    names = [n.op.name for n in postorder(equation) if (n.op.differential or n.op.derivative) and depends(n, (x,))]
    if names:
        return f", which stands inside {', '.join(dict.fromkeys(names))}"
    return ", which is multiplied with itself"


# --- factors, one of which is 0 ---------------------------------------------------------------------


def _factored(equation: Expr, x: Expr, context: Context, depth: int) -> list[Isolated]:
    """x from the factors of a scalar equation that hold it: 4 x³ − 4 a x = 0 where x = 0, and where x² = a."""
    if equation.shape != SCALAR or x.shape != SCALAR:
        return []
    factors = _factors(equation, x)
    open_ones = [f for f in factors if depends(f, (x,)) and not context.shorten.facts.holds("nonzero", f)]
    if len(open_ones) == len(factors) == 1 and open_ones[0] is equation:
        return []
    slope = context.shorten(action(equation, x, direction_of(x), context.shorten))
    return [replace(found, slope=slope) for f in open_ones for found in isolate(f, x, context, depth + 1)]


def _factors(equation: Expr, x: Expr) -> list[Expr]:
    """Factors of a scalar without their exponents; a power of x that all terms of a sum share is one of them."""
    terms = expanded_terms(equation)
    shared = min([_exponent_of(term, x) for term in terms])
    if shared > 0:
        return [x, add(*[multiply(power(x, number(-shared)), term) for term in terms])]
    _, scalars, _ = parts(equation)
    return [s.args[0] if s.op is POWER and is_number(s.args[1]) and _positive_power(s) else s for s in scalars]


def _exponent_of(term: Expr, x: Expr) -> int:
    """The whole power of x among the factors of a term; 0 where there is none."""
    for s in parts(term)[1]:
        base, exponent = (s.args[0], s.args[1]) if s.op is POWER else (s, number(1))
        if base is x and is_number(exponent) and isinstance(number_value(exponent), int):
            return int(number_value(exponent))
    return 0


# --- undoing a function ----------------------------------------------------------------------------


def _undone(equation: Expr, x: Expr, context: Context, depth: int) -> list[Isolated]:
    """x from the one function that it stands in everywhere."""
    parents = [node for node in postorder(equation) if x in node.args]
    if len(parents) != 1 or parents[0] is equation:
        return []
    node = parents[0]
    y = symbol(_fresh(context), node.shape)
    backs = list(_backs(node, x, y, context))
    if not backs:
        return []
    known = context.symbols[str(x.data)].facts if str(x.data) in context.symbols else frozenset()
    inner_context = context.having(y, _image_facts(node, known))
    inside = substitute(equation, {node: y})
    if depends(inside, (x,)):
        return []
    out = []
    for found in isolate(inside, y, inner_context, depth + 1):
        moved = action(node, x, direction_of(x), context.shorten)
        slope = substitute(found.slope, {direction_of(y): moved, y: node})
        for back, condition in backs:
            if is_zero(found.solution) and not (node.op is POWER and _positive_power(node)):
                raise NoClosedForm(f"{to_text(node)} would have to be 0")
            solution = rooted(context.shorten(substitute(back, {y: found.solution})), context.shorten)
            left, right = (context.shorten(substitute(side, {y: node})) for side in (found.left, found.right))
            conditions = found.conditions
            if condition and not context.shorten.facts.holds("nonnegative", found.solution):
                conditions = (*conditions, condition.format(to_text(found.solution)))
            done = Isolated(solution, left, right, context.shorten(slope), found.inverted, found.systems, conditions)
            if done not in out:
                out.append(done)
    return out


def _positive_power(node: Expr) -> bool:
    return is_number(node.args[1]) and number_value(node.args[1]) > 0


def _fresh(context: Context) -> str:
    return next(n for n in ("Z", "Z₁", "Z₂", "Z₃", "Z₄", "Z₅") if n not in context.symbols)


def _image_facts(node: Expr, facts: frozenset[str]) -> frozenset[str]:
    kept = {"symmetric", "spd", "diagonal", "invertible"} if node.op is INVERSE else {"positive"}
    return facts & kept | ({"positive"} if "positive" in node.op.facts else set())


def _backs(node: Expr, x: Expr, y: Expr, context: Context) -> Iterator[tuple[Expr, str]]:
    """The values of x for which the node is y, each with a condition on y."""
    if node.op is INVERSE:
        yield inverse(y), ""
    elif node.op is POWER and node.args[0] is x and is_number(node.args[1]):
        yield from _roots(Fraction(number_value(node.args[1])), x, y, context)
    elif node.op.inverse and node.args[0] is x and len(node.args) == 1:
        template = inverse_template(node.op)
        yield lift(template, {symbol("y", SCALAR): y}, y.shape), ""


def _roots(p: Fraction, x: Expr, y: Expr, context: Context) -> Iterator[tuple[Expr, str]]:
    if p == -1:
        yield spread(power(y, number(-1))), ""
    elif context.shorten.facts.holds("positive", x):
        yield power(y, number(1 / p)), "{0} > 0"
    elif p.denominator == 1 and p.numerator % 2 == 0 and x.shape == SCALAR:
        yield power(y, number(1 / p)), "{0} > 0"
        yield negate(power(y, number(1 / p))), "{0} > 0"


def rooted(e: Expr, shorten: Simplifier) -> Expr:
    """e with roots taken factor by factor where all factors are known to be nonnegative: sqrt(4/q) is 2/sqrt(q)."""

    def root(node: Expr, args: tuple[Expr, ...]) -> Expr:
        node = node if args == node.args else apply(node.op, args, node.data)
        if node.op is not POWER or node.shape != SCALAR or not is_number(node.args[1]):
            return node
        c, scalars, _ = parts(node.args[0])
        if c == 0 and number_value(node.args[1]) > 0:
            return number(0)
        if c <= 0 or not all(shorten.facts.holds("nonnegative", s) for s in scalars):
            return node
        p = number_value(node.args[1])
        factors = [_root_of_number(Fraction(c), Fraction(p))]
        for s in scalars:
            base, k = (s.args[0], s.args[1]) if s.op is POWER and is_number(s.args[1]) else (s, number(1))
            nonnegative = shorten.facts.holds("nonnegative", base)
            factors.append(power(base, number(number_value(k) * Fraction(p))) if nonnegative else power(s, number(p)))
        return multiply(*factors)

    return shorten(rebuild(e, root))


def _root_of_number(c: Fraction, p: Fraction) -> Expr:
    """c^p, as a number if it is one."""
    roots = [round(part ** (1 / p.denominator)) for part in (c.numerator, c.denominator)]
    if [r**p.denominator for r in roots] == [c.numerator, c.denominator]:
        return number(Fraction(*roots) ** p.numerator)
    return power(number(c), number(p))


def _nested(equation: Expr, x: Expr, context: Context, depth: int) -> list[Isolated]:
    """x from the value of the one argument that it stands in everywhere: exp(1 + x) = c gives 1 + x first."""
    for node in preorder(equation):
        if not (node.op.inverse or node.op in (POWER, INVERSE)):
            continue
        argument = node.args[0]
        if argument is x or not depends(argument, (x,)):
            continue
        t = symbol(_fresh(context), argument.shape)
        inside = substitute(equation, {argument: t})
        if depends(inside, (x,)):
            continue
        slope = context.shorten(action(equation, x, direction_of(x), context.shorten))
        out = []
        for outer in isolate(inside, t, context.having(t, frozenset()), depth + 1):
            for found in isolate(add(argument, negate(outer.solution)), x, context, depth + 1):
                inverted, systems = (*outer.inverted, *found.inverted), (*outer.systems, *found.systems)
                conditions = (*outer.conditions, *found.conditions)
                out.append(replace(found, slope=slope, inverted=inverted, systems=systems, conditions=conditions))
        return out
    return []


def _separated(equation: Expr, x: Expr, context: Context, depth: int) -> list[Isolated]:
    """x from an equation where exp(v + x 𝟏) is written exp(x) exp(v)."""

    def replaced(node: Expr, args: tuple[Expr, ...]) -> Expr:
        node = apply(node.op, args, node.data) if args != node.args else node
        if node.op.sums != "products" or not depends(node, (x,)):
            return node
        terms = expanded_terms(node.args[0])
        busy = [t for t in terms if all(m.op is ONES for m in parts(t)[2])]
        free = [t for t in terms if t not in busy]
        if not free or not busy or depends(add(*free), (x,)):
            return node
        scalars = [multiply(number(parts(t)[0]), *parts(t)[1]) for t in busy]
        return hadamard(apply(node.op, (add(*scalars),)), apply(node.op, (add(*free),)))

    if x.shape != SCALAR:
        return []
    separated = context.shorten(rebuild(equation, replaced))
    return isolate(separated, x, context, depth + 1) if separated is not equation else []


# --- multiplying out -------------------------------------------------------------------------------


def _multiplied(equation: Expr, x: Expr, context: Context, depth: int) -> list[Isolated]:
    terms = expanded_terms(equation)
    for left, right, entrywise in _multipliers(x, equation):
        combine = hadamard if entrywise else multiply
        freed = context.shorten(add(*[context.shorten(combine(left, t, right)) for t in terms]))
        if freed.shape != equation.shape or _has_inverse(freed, x):
            continue
        try:
            solved = isolate(freed, x, context, depth + 1)
        except NoClosedForm:  # another multiplier may do
            continue
        back = [power(left, number(-1)), power(right, number(-1))] if entrywise else [inverse(left), inverse(right)]
        return [replace(s, slope=context.shorten(combine(back[0], s.slope, back[1]))) for s in solved]
    return []


def _multipliers(x: Expr, equation: Expr) -> Iterator[tuple[Expr, Expr, bool]]:
    """What the equation may be multiplied with, left and right."""
    if not _has_inverse(equation, x):
        return
    one = number(1)
    if x.shape == SCALAR:
        denominator = common_denominator(tuple(expanded_terms(equation)))
        if depends(denominator, (x,)) and denominator.op is not POWER and denominator is not x:
            yield denominator, one, False
        for p in _POWERS:
            yield power(x, number(p)), one, False
    elif x.shape == equation.shape and any(n.op is POWER and n.args[0] is x for n in postorder(equation)):
        for p in _POWERS:
            yield power(x, number(p)), one, True
    elif x.shape[0] == x.shape[1] and equation.shape == x.shape:
        unit = identity(x.shape[0])
        yield x, unit, False
        yield unit, x, False
        yield x, x, False


def _has_inverse(e: Expr, x: Expr) -> bool:
    """Whether x stands in an inverse or under a negative power."""
    for node in postorder(e):
        if node.op is INVERSE and depends(node, (x,)):
            return True
        if (
            node.op is POWER
            and depends(node.args[0], (x,))
            and is_number(node.args[1])
            and number_value(node.args[1]) < 0
        ):
            return True
    return False
