"""The reader's own answer, compared with the derivative: proved, equal, or different and how.

Three comparisons follow each other: the difference simplifies to 0, which holds at every size; both
agree over a prime field, which proves it for the sizes drawn; both agree in numbers. Where they differ,
the usual slips are tried: a sign, a factor, a transpose, the other layout, another convention.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice

import numpy as np

from matcalc.algebra.build import (
    ADD,
    PRODUCT,
    SYMBOL,
    TRANSPOSE,
    add,
    apply,
    hadamard,
    identity,
    is_zero,
    multiply,
    negate,
    number,
    scale,
    subtract,
    symbol,
    transpose,
)
from matcalc.algebra.expr import Expr, postorder, rebuild
from matcalc.algebra.shapes import SCALAR, Shape
from matcalc.calculus.conditions import collect_conditions, weaker_than
from matcalc.calculus.forms import facts_of, recognised, shortener
from matcalc.calculus.structure import structured, subspace
from matcalc.calculus.variables import Variable
from matcalc.codegen.points import APART, Drawn, Points, is_close
from matcalc.codegen.sampling import Array
from matcalc.errors import DerivativeError, MatcalcError, ParseError
from matcalc.notation.declarations import Declaration, shape_text
from matcalc.notation.read import read_among
from matcalc.prove import prove_equal

__all__ = ["Asked", "Match", "compare"]


@dataclass(frozen=True)
class Match:
    """What a claim is worth; true unless it is different.

    verdict: "proved", "equal" (in numbers) or "different". reason: how it was found, or what is wrong.
    claim: what was read. point: where the two differ, an array for each symbol.
    """

    verdict: str
    reason: str
    claim: Expr | None = None
    point: Mapping[str, Array] | None = None

    def __bool__(self) -> bool:
        return self.verdict != "different"

    def __str__(self) -> str:
        return f"{self.verdict}: {self.reason}"


@dataclass(frozen=True)
class Asked:
    """The derivative that a claim is compared with.

    raw is the gradient by the whole array, entry by entry, before conventions for structures and layouts act;
    read are the parts of the text of the function.
    """

    expr: Expr
    symbols: Mapping[str, Declaration]
    wrt: Variable
    kind: str
    raw: Expr
    function: Expr
    structure: str = "project"
    layout: str = "gradient"
    read: tuple[Expr, ...] = ()

    @property
    def known(self) -> dict[str, Declaration]:
        """The symbols that a claim may hold: those of the function, and dX in a differential."""
        if self.kind != "differential":
            return dict(self.symbols)
        return {**self.symbols, f"d{self.wrt.whole}": Declaration(self.wrt.whole.shape)}


def compare(claim: str | Expr, asked: Asked) -> Match:
    """Whether the claim is the derivative, and what is wrong with it if it is not.

    Raises MatcalcError if the claim cannot be read in the symbols of the function.
    """
    e, read = (claim, ()) if isinstance(claim, Expr) else _read(claim, asked)
    answer = asked.expr
    if e.shape != answer.shape:
        return Match("different", _of_another_shape(e, asked), e)
    shorten = shortener(asked.symbols)
    everywhere = _exists_with(e, read, asked)
    domain = "" if everywhere else ", wherever both have a value"
    if is_zero(shorten(subtract(recognised(e), answer))) or shorten(recognised(e)) is answer:
        return Match("proved", f"the two have the same simplest form, at every size{domain}", e)
    comparison = Points([e, answer], asked.known)
    points = comparison.near()
    if not points:
        raise DerivativeError(
            "whether the claim is the derivative cannot be decided: no point was found where both have a value",
            advice="declare what the symbols satisfy, such as positive or invertible",
        )
    apart = next((p for p in points if not is_close(p.values[0], p.values[1])), None)
    if apart is not None:
        said = _diagnosis(e, asked)
        return Match("different", f"{said + '; ' if said else ''}{_shown(apart)}", e, apart.inputs)
    proof = prove_equal(e, answer, asked.known)
    if proof:
        return Match("proved", str(proof).removeprefix("proved: ") + domain, e)
    far = next((p for p in comparison.scaled() if not is_close(p.values[0], p.values[1], APART)), None)
    if far is not None:
        return Match("different", f"they agree where the symbols are about 1; {_shown(far)}", e, far.inputs)
    if proof.verdict == "refuted":
        said = f"they agree up to rounding, and differ in exact arithmetic at a random point ({proof.sizes[-1]})"
        return Match("different", said, e)
    return Match("equal", f"in numbers at {len(points)} random points; {proof}", e)


def _exists_with(e: Expr, read: Sequence[Expr], asked: Asked) -> bool:
    """Whether the claim exists wherever the function and its derivative do; read: the parts of its text."""
    facts = facts_of(asked.symbols)
    symbols = [symbol(name, d.shape) for name, d in asked.known.items()]
    given = {
        condition
        for expression in (asked.function, asked.expr)
        for condition in collect_conditions(expression, symbols, facts, asked.read)
    }
    given |= {weaker for condition in given for weaker in weaker_than(condition)}
    return given.issuperset(collect_conditions(e, symbols, facts, read))


#: What stands before the last equals sign where that gives a name to a part of the claim.
_NAMING = re.compile(r"\b(?:where|with)\b|[;\n]|, ")


def _read(claim: str, asked: Asked) -> tuple[Expr, tuple[Expr, ...]]:
    """The right-hand side of what was typed, and its parts; I and 𝟏 have the answer's size where the text is silent."""
    head, _, text = claim.rpartition("=") if isinstance(claim, str) else ("", "", claim)
    if _NAMING.search(head):
        raise ParseError("a claim is one expression, and not one with names of its own", advice="Write them out.")
    try:
        reading = read_among(text, asked.known, asked.expr.shape)
    except MatcalcError:
        reading = read_among(text, asked.known)
    return reading.expr, tuple(reading.places)


# --- numbers ---------------------------------------------------------------------------------------------


def _shown(drawn: Drawn) -> str:
    """The entry where the two are furthest apart, with the sizes and, where they are few, the values."""
    claimed, due = drawn.values
    at = np.unravel_index(int(np.argmax(np.abs(claimed - due))), claimed.shape)
    entry = f"entry ({', '.join(str(int(i) + 1) for i in at)})" if at else "the value"
    sizes = ", ".join(f"{d} = {n}" for d, n in drawn.sizes.items())
    few = {name: a for name, a in drawn.inputs.items() if a.size == 1}
    here = ", ".join(f"{name} = {float(a.reshape(-1)[0]):.4g}" for name, a in few.items())
    place = ", ".join(filter(None, [sizes, here])) or "a random point"
    return f"at a random point ({place}) {entry} is {claimed[at]:.6g} and should be {due[at]:.6g}"


# --- what is wrong ---------------------------------------------------------------------------------------


def _of_another_shape(e: Expr, asked: Asked) -> str:
    said = f"the claim is {_shape(e.shape)} and the derivative {_shape(asked.expr.shape)}"
    if e.shape == asked.expr.shape[::-1]:
        points = Points([transpose(e), asked.expr], asked.known).near()
        if points and all(is_close(p.values[0], p.values[1]) for p in points):
            layout = "numerator" if asked.layout == "gradient" else "gradient"
            return f"{said}: it is the transpose, the answer in {layout} layout"
        return f"{said}, its transpose, and its entries differ as well"
    return said


def _shape(shape: Shape) -> str:
    return shape_text(shape)


def _diagnosis(e: Expr, asked: Asked) -> str:
    """The slip that turns the derivative into the claim, if it is a usual one."""
    slips = list(_slips(asked))
    points = Points([e, asked.expr, *[slip for slip, _ in slips]], asked.known).near()
    for i, (_, said) in enumerate(slips):
        if points and all(is_close(p.values[0], p.values[2 + i]) for p in points):
            return said
    return _ratio([p.values[:2] for p in points]) or _repaired(e, asked) or _if_symmetric(e, asked)


def _if_symmetric(e: Expr, asked: Asked) -> str:
    """The matrix that would have to be symmetric for the claim to be right."""
    for name, d in asked.symbols.items():
        if d.shape[0] == d.shape[1] != 1 and not d.facts:
            assumed = {**asked.known, name: Declaration(d.shape, frozenset({"symmetric"}))}
            points = Points([e, asked.expr], assumed).near(2)
            if points and all(is_close(p.values[0], p.values[1]) for p in points):
                return f"it would be right if {name} were symmetric"
    return ""


#: So many changes to a claim are tried.
_REPAIRS = 40


def _repaired(e: Expr, asked: Asked) -> str:
    """The one place of the claim whose change makes it right: a sign, a factor 2 or a transpose."""
    repairs = list(islice(_repairs(e), _REPAIRS))
    changed = [(r, said) for r, said in repairs if r.shape == asked.expr.shape]
    points = Points([asked.expr, *[r for r, _ in changed]], asked.known).near(2)
    for i, (_, said) in enumerate(changed):
        if points and all(is_close(p.values[0], p.values[1 + i]) for p in points):
            return said
    return ""


def _repairs(e: Expr) -> Iterator[tuple[Expr, str]]:
    """The claim with one term or factor changed, and what was wrong with it if that makes it right."""
    for node in postorder(e):
        if node.op is ADD:
            for i, term in enumerate(node.args):
                for factor, said in ((-1, "the sign of {0} is wrong"), (2, "a factor 2 is missing at {0}"),
                                     (Fraction(1, 2), "a factor 2 too many at {0}")):  # fmt: skip
                    yield _with(e, node, i, scale(factor, term)), said.format(term)
        for i, arg in enumerate(node.args):
            bare = arg.args[0] if arg.op is TRANSPOSE else arg
            if bare.op is SYMBOL and bare.shape[0] == bare.shape[1] != 1:
                yield _with(e, node, i, transpose(arg)), f"{arg} in {node} should be {transpose(arg)}"


def _with(e: Expr, node: Expr, position: int, new: Expr) -> Expr:
    """e with one operand of one node replaced."""

    def replace(at: Expr, args: tuple[Expr, ...]) -> Expr:
        if at is node:
            args = (*args[:position], new, *args[position + 1 :])
        if at.op is PRODUCT:
            return multiply(number(at.data), *args)  # type: ignore[arg-type]
        return apply(at.op, args, at.data) if args else at

    return rebuild(e, replace)


def _slips(asked: Asked) -> Iterator[tuple[Expr, str]]:
    """The derivative with a usual slip, and what to say of it."""
    answer = asked.expr
    yield negate(answer), "the sign is wrong"
    for factor, said in ((2, "a factor 2 too many"), (Fraction(1, 2), "a factor 2 is missing")):
        yield scale(factor, answer), said
        yield scale(-factor, answer), f"the sign is wrong, and {said}"
    square = answer.shape[0] == answer.shape[1] and answer.shape != SCALAR
    if square:
        yield transpose(answer), "it is the transpose of the derivative"
        yield negate(transpose(answer)), "it is the transpose of the derivative with the wrong sign"
    yield from _conventions(asked)


_SAYS: dict[str, str] = {
    "ignore": "it is the derivative entry by entry, which does not use that {x} is {space}",
    "project": "it is the gradient projected onto the {space} matrices",
    "cookbook": "it counts each free entry of the {space} {x} once: G + Gᵀ − I ⊙ G",
}


def _conventions(asked: Asked) -> Iterator[tuple[Expr, str]]:
    """The other conventions for a structured variable, and their transposes."""
    name = str(asked.wrt.whole.data)
    facts = asked.symbols[name].facts
    space = subspace(facts)
    if asked.kind != "gradient" or asked.raw.shape == SCALAR:
        return
    g = asked.raw
    if space is None:
        if g.shape[0] == g.shape[1] and not asked.wrt.is_part:
            as_if = f"as if {name} were symmetric"
            both, diagonal = add(g, transpose(g)), hadamard(identity(g.shape[0]), g)
            yield add(both, negate(diagonal)), f"it is G + Gᵀ − I ⊙ G, {as_if}"
            yield scale(Fraction(1, 2), both), f"it is the symmetric part of the derivative, {as_if}"
            yield diagonal, "it is the diagonal of the derivative alone"
        return
    is_symmetric: Callable[[Expr], bool] = facts_of(asked.symbols).keys.is_symmetric
    for structure, said in _SAYS.items():
        if structure != asked.structure:
            yield asked.wrt.part(structured(g, facts, structure, is_symmetric)), said.format(x=name, space=space)


def _ratio(pairs: list[tuple[Array, ...]]) -> str:
    """A constant factor between claim and derivative, or one entry's sign."""
    ratios = []
    for claimed, due in pairs:
        with np.errstate(all="ignore"):
            quotient = claimed / due
        if not np.all(np.isfinite(quotient)) or np.ptp(quotient) > 1e-7 * max(abs(float(quotient.flat[0])), 1e-6):
            return ""
        ratios.append(float(quotient.flat[0]))
    if ratios and max(ratios) - min(ratios) <= 1e-7 * max(abs(ratios[0]), 1e-6):
        exact = Fraction(ratios[0]).limit_denominator(64)
        shown = str(exact) if abs(float(exact) - ratios[0]) < 1e-7 else f"{ratios[0]:.6g}"
        return f"the claim is {shown} times the derivative"
    return "the claim is a multiple of the derivative, with a factor that depends on the symbols" if ratios else ""
