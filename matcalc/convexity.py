"""Curvature: whether a function is convex, concave or affine, with the reason term by term.

A function is a sum of terms. A term that has kinks is judged by composition (a norm of something
affine is convex); the others by the facts on the Hessian of their sum, which is positive
semidefinite by its form or not known to be: BᵀB, Bᵀ diag(w) B with w ≥ 0, sums of these. For a
matrix variable the same is read off the quadratic form ⟨V, d²f V⟩.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from matcalc.algebra.build import (
    ADD,
    INNER,
    POWER,
    add,
    apply,
    inner,
    is_zero,
    multiply,
    negate,
    number,
    parts,
    scale,
    sqrt,
    symbol,
)
from matcalc.algebra.expand import expand_term, expanded_terms
from matcalc.algebra.expr import Expr, postorder, symbols_of
from matcalc.algebra.facts import Facts
from matcalc.algebra.shapes import SCALAR, is_column
from matcalc.calculus.conditions import NEGATIVE, POSITIVE, collect_conditions, conditions_of
from matcalc.calculus.forms import recognised, shortener
from matcalc.calculus.linear import action, matrix_of
from matcalc.calculus.readings import gradients
from matcalc.calculus.structure import subspace
from matcalc.errors import DerivativeError, MatcalcError, OptionError
from matcalc.notation.declarations import Declaration
from matcalc.notation.names import normalise_name
from matcalc.notation.parts import part_of
from matcalc.notation.read import Reading, read
from matcalc.notation.text import to_text

__all__ = [
    "Curvature",
    "curvature",
    "curvature_of",
    "definite",
    "depends",
    "is_affine",
    "read_function",
]

Symbols = Mapping[str, Declaration]
Where = Mapping[str, str] | str | None
_DIRECTION = "V"
_HALF = number(Fraction(1, 2))
_OPPOSITE = {"convex": "concave", "concave": "convex", "affine": "affine", "unknown": "unknown"}


@dataclass(frozen=True)
class Curvature:
    """What is known of the curvature of a function, and why.

    verdict      "convex", "concave", "affine" or "unknown".
    certificate  the reasons, one for each term; for "unknown" what could not be decided.
    hessian      the Hessian by a vector or scalar, ⟨V, d²f V⟩ for a matrix; None if it was not needed.
    """

    verdict: str
    certificate: tuple[str, ...]
    hessian: Expr | None = None

    def __str__(self) -> str:
        return "\n  ".join([self.verdict, *self.certificate])


def curvature(f: str | Expr, wrt: str, *, where: Where = None) -> Curvature:
    """Whether the scalar f is convex, concave or affine in wrt: proved, or "unknown".

    The Hessian is positive semidefinite by its form and the declared facts (Boyd & Vandenberghe,
    §3.1.4); kinks are judged by composition with affine maps (ibid., §3.2). A domain that is not
    known to be convex makes the answer "unknown". f is text or an Expr, wrt the name of one whole variable,
    and `where` declares shapes and facts as in derive; `.verdict` is the answer, `.certificate` the reasons.

    Raises DerivativeError if f is not scalar, or wrt does not occur in it or is a part of a variable.

    >>> print(curvature("‖A x − b‖²", "x"))
    convex
      Hessian 2 AᵀA: AᵀA is BᵀB, positive semidefinite
    """
    part = part_of(wrt) if isinstance(wrt, str) else None
    if part is not None and (":" in part.places or "," in wrt):
        raise DerivativeError(f"curvature is that in a whole variable, and {wrt} is a part of one")
    name = normalise_name(wrt)
    reading = read_function(f, where, wrt=(name,))
    if name not in reading.symbols:
        raise DerivativeError(f"{name} does not occur in the function", advice=f"it has {', '.join(reading.symbols)}")
    if reading.expr.shape != SCALAR:
        raise DerivativeError("curvature is that of a scalar function", advice="for a vector, ask for one entry")
    return curvature_of(reading.expr, (name,), reading.symbols)


def read_function(f: str | Expr, where: Where, wrt: Sequence[str]) -> Reading:
    """A function with its symbols, from text or from an expression."""
    if isinstance(f, str):
        return read(f, where, wrt=wrt)
    if not isinstance(f, Expr):
        raise OptionError(f"f is a text or an Expr, not {type(f).__name__}")
    known = read(to_text(f), where, wrt=wrt).symbols if where else {}
    symbols = {str(s.data): Declaration(s.shape) for s in symbols_of(f)}
    symbols.update({n: Declaration(d.shape, known[n].facts) for n, d in symbols.items() if n in known})
    return Reading(f, symbols, (), to_text(f))


def curvature_of(f: Expr, names: Sequence[str], symbols: Symbols) -> Curvature:
    """The curvature of f in the named variables jointly."""
    variables = [symbol(n, symbols[n].shape) for n in names]
    known = {**symbols, **_positive_by_domain(f, names, symbols)}
    try:
        return _Judge(variables, known).total(recognised(f))
    except MatcalcError as error:  # an operation without a second derivative
        return Curvature("unknown", (error.message,))


def _positive_by_domain(f: Expr, names: Sequence[str], symbols: Symbols) -> dict[str, Declaration]:
    """The variables that f is defined for only where they are positive, such as x in log x."""
    variables = [symbol(n, symbols[n].shape) for n in names]
    said = set(conditions_of(f, variables, shortener(symbols).facts, to_text))
    found = [n for n in names if f"{n} > 0" in said]
    return {n: Declaration(symbols[n].shape, symbols[n].facts | {"positive"}) for n in found}


def depends(e: Expr, variables: Iterable[Expr]) -> bool:
    """Whether a variable occurs in e."""
    chosen = set(variables)
    return any(node in chosen for node in postorder(e))


def kinks_of(e: Expr) -> list[Expr]:
    """The nodes of e that have kinks or jumps: |x|, relu, max … ."""
    return [
        n for n in postorder(e) if any("is 0" in said or " alone" in said or "unique" in said for said in n.op.domain)
    ]


def is_affine(e: Expr, variables: Sequence[Expr], symbols: Symbols) -> bool:
    """Whether e is affine in the variables jointly: its differential does not depend on them."""
    plain = shortener(symbols)
    for i, v in enumerate(variables):
        if depends(e, (v,)) and depends(action(e, v, symbol(f"#{i}", v.shape), plain), variables):
            return False
    return not _kinks(e, variables, symbols, plain.facts)


def _kinks(e: Expr, variables: Sequence[Expr], symbols: Symbols, facts: Facts) -> list[str]:
    """Conditions on e that do not leave a convex domain, as text."""
    kept = [
        condition
        for condition in collect_conditions(e, variables, facts)
        if any(depends(subject, variables) for subject in condition.subjects)
    ]
    return [
        condition.said(to_text)
        for condition in kept
        if condition.relation not in (POSITIVE, NEGATIVE, "1 + {0} > 0")
        or not is_affine(condition.subjects[0], variables, symbols)
    ]


# --- signs of matrices and of quadratic forms ------------------------------------------------------


def definite(e: Expr, facts: Facts) -> int:
    """1 if e is a psd matrix (a number ≥ 0), −1 if −e is, 0 if neither is known."""
    fact = "nonnegative" if e.shape == SCALAR else "psd"
    return 1 if facts.holds(fact, e) else -1 if facts.holds(fact, negate(e)) else 0


def _why(term: Expr, facts: Facts) -> str:
    _, s, m = parts(term)
    core = multiply(*m) if m else multiply(*s)
    shown = to_text(core)
    if term.shape == SCALAR:
        return f"{to_text(term)} ≥ 0" if facts.holds("nonnegative", term) else f"{to_text(term)} ≤ 0"
    scalars = "".join(f", {to_text(x)} ≥ 0" for x in s)
    if len(m) > 1:
        half, odd = divmod(len(m), 2)
        middle = f" with {to_text(m[half])} positive semidefinite" if odd else ""
        return f"{shown} is {'Bᵀ M B' if odd else 'BᵀB'}{middle or ', positive semidefinite'}{scalars}"
    return f"{shown} is positive semidefinite{scalars}"


class _Judge:
    """One question: variables, facts, and a simplifier that remembers."""

    def __init__(self, variables: Sequence[Expr], symbols: Symbols) -> None:
        self.variables = variables
        spaces = {_DIRECTION + str(v.data): subspace(symbols[str(v.data)].facts) for v in variables}
        directions = {
            n: Declaration(v.shape, frozenset({s} if s else ()))
            for (n, s), v in zip(spaces.items(), variables, strict=True)
        }
        self.directions = [symbol(n, d.shape) for n, d in directions.items()]
        self.symbols = {**symbols, **directions}
        self.shorten = shortener(self.symbols)
        self.facts = self.shorten.facts

    def total(self, f: Expr) -> Curvature:
        """The terms that are judged by composition, and the Hessian of the sum of the others."""
        smooth: list[Expr] = []
        verdicts: list[str] = []
        reasons: list[str] = []
        for term in f.args if f.op is ADD else (f,):
            if not depends(term, self.variables):
                continue
            found = self._composed(term)
            if found is None:
                smooth.append(term)
            else:
                verdicts.append(found[0])
                reasons.append(found[1])
        hessian = None
        if smooth:
            whole = self._smooth(add(*smooth))
            verdicts.append(whole.verdict)
            reasons.extend(whole.certificate)
            hessian = whole.hessian
        kinds = set(verdicts) - {"affine"}
        verdict = "affine" if not kinds else kinds.pop() if len(kinds) == 1 else "unknown"
        return Curvature(verdict, tuple(reasons), hessian)

    # --- by composition ---------------------------------------------------------------------------

    def _composed(self, term: Expr) -> tuple[str, str] | None:
        """A known factor times a convex or concave function of something affine."""
        c, scalars, m = parts(term)
        active = [s for s in scalars if depends(s, self.variables)]
        if m or len(active) != 1:
            return None
        rest = multiply(number(c), *[s for s in scalars if s is not active[0]])
        sign = definite(rest, self.facts)
        found = self._atom(active[0])
        if not sign or found is None:
            return None
        kind, reason = found
        return (kind if sign > 0 else _OPPOSITE[kind]), f"{to_text(term)}: {reason}"

    def _atom(self, e: Expr) -> tuple[str, str] | None:
        inside = e
        rooted = e.op is POWER and e.args[1] is _HALF
        square = e.args[0] if rooted else e
        if square.op is INNER and self.facts.keys.same(*square.args) and self._affine(square.args[0]):
            if rooted:
                return "convex", "a norm of something affine is convex"
            if len(self.variables) > 1:
                return "convex", "the square of a norm of something affine is convex"
            return None
        if e.op.facts and e.op.arity == 1 and "nonnegative -> nonnegative" in e.op.facts and e.op.adjoint:
            inside = e.args[0]  # a sum or trace of entries, with weights that are nonnegative
        if inside.op.curvature and (inside is not e or not inside.op.elementwise or inside.shape == SCALAR):
            if self._affine(inside.args[0]):
                return inside.op.curvature, f"{inside.op.name} of something affine is {inside.op.curvature}"
        return self._monotone(e)

    def _monotone(self, e: Expr) -> tuple[str, str] | None:
        """A monotone function of a number that is convex or concave (Boyd & Vandenberghe, §3.2.4)."""
        if e.shape != SCALAR or not (e.op.elementwise or e.op is POWER) or not e.args:
            return None
        rest = e.args[1:]
        base = sqrt(e.args[0]) if e.op is POWER and e.args[0].op is INNER else e.args[0]  # ‖x‖³ is (‖x‖)³
        if base is not e.args[0]:
            rest = (scale(2, e.args[1]),)
        if not depends(base, self.variables) or any(depends(a, self.variables) for a in rest):
            return None
        found = self._atom(base)
        if found is None:
            return None
        t = symbol("#t", SCALAR)
        at_least_0 = self.facts.holds("nonnegative", base)
        known = {**self.symbols, "#t": Declaration(SCALAR, frozenset({"positive"} if at_least_0 else ()))}
        outer, scalar = apply(e.op, (t, *rest)), _Judge([t], known)
        slope = definite(scalar.shorten(gradients(outer, (t,))[t]), scalar.facts)
        kind = scalar._smooth(outer).verdict
        if kind not in ("convex", "concave") or not slope or found[0] != (kind if slope > 0 else _OPPOSITE[kind]):
            return None
        return kind, f"{found[1]}, and a {kind} {'increasing' if slope > 0 else 'decreasing'} function of it is {kind}"

    def _affine(self, e: Expr) -> bool:
        return is_affine(e, self.variables, self.symbols)

    # --- by the Hessian ----------------------------------------------------------------------------

    def _smooth(self, f: Expr) -> Curvature:
        kinks = _kinks(f, self.variables, self.symbols, self.facts)
        if kinks:
            return Curvature("unknown", (f"twice differentiable only if {', '.join(kinks)}",))
        form, shown = self._second(f)
        if is_zero(form):
            return Curvature("affine", ("the Hessian is 0",), form)
        sign, terms = self._decided(form)
        if not sign:
            why = tuple([f"{shown} {to_text(form)}: {self._undecided(t)}" for t in terms])
            return Curvature("unknown", why, form)
        reasons = "; ".join(dict.fromkeys(_why(t if sign > 0 else negate(t), self.facts) for t in terms))
        minus = "" if sign > 0 else "for minus it, "
        return Curvature("convex" if sign > 0 else "concave", (f"{shown} {to_text(form)}: {minus}{reasons}",), form)

    def _undecided(self, term: Expr) -> str:
        """Why a term leaves the sum without a sign: its own is not known, or is that of some terms alone."""
        sign = definite(term, self.facts)
        if not sign:
            return f"the sign of {to_text(term)} is not known"
        return f"{to_text(term)} is {'positive' if sign > 0 else 'negative'} semidefinite, and the others are not"

    def _decided(self, form: Expr) -> tuple[int, list[Expr]]:
        """The sign that all terms of the form share, and these terms; 0 with those that are not decided."""
        terms = list(form.args if form.op is ADD else (form,))
        once = [piece for t in terms for piece in (expand_term(t) or [t])]
        undecided = [form]
        for pieces in (terms, once, expanded_terms(form)) if form.shape != SCALAR or form.op is ADD else (terms,):
            signs = {t: definite(t, self.facts) for t in pieces}
            if set(signs.values()) in ({1}, {-1}):
                return signs[pieces[0]], pieces
            undecided = [t for t in pieces if not signs[t]] or pieces
        return 0, undecided

    def _second(self, f: Expr) -> tuple[Expr, str]:
        """The Hessian, or for matrices and several variables the quadratic form, and what it is called."""
        if len(self.variables) == 1:
            x = self.variables[0]
            if x.shape == SCALAR or is_column(x.shape):
                g = self.shorten(gradients(f, (x,))[x])
                v = symbol("#v", x.shape)
                moved = action(recognised(g), x, v if x.shape != SCALAR else number(1), self.shorten)
                h = moved if x.shape == SCALAR else matrix_of(moved, v)
                return self.shorten(h), "Hessian"
        terms = []
        for x, v in zip(self.variables, self.directions, strict=True):
            g = recognised(self.shorten(gradients(f, (x,))[x]))
            for z, w in zip(self.variables, self.directions, strict=True):
                moved = self.shorten(action(g, z, w, self.shorten))
                terms += [inner(v, piece) for piece in expanded_terms(moved)]
        return add(*terms), "second differential"
