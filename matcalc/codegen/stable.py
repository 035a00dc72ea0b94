"""Forms that neither overflow nor cancel, in place of those that do.

Each rule replaces a term by an equal one: log(1 + eᵘ) by softplus, eᵘ/(1 + eᵘ) by sigmoid, 1 − σ(u)
by σ(−u), log σ(u) by −softplus(−u), log ∑eᵘ by logsumexp, eᵘ/∑eᵘ by softmax, log(1 + u) by log1p,
eᵘ − 1 by expm1, e^(−eᵘ) eᵘ by one exponential, log det X by what slogdet gives.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from matcalc.codegen.elementwise import is_number, plus, scale, split, spread, times
from matcalc.codegen.passes import rewrite
from matcalc.codegen.powers import call, power
from matcalc.codegen.terms import Term, make

__all__ = ["stabilise"]

Pairs = list[tuple[Fraction, Term]]


def stabilise(roots: Iterable[Term]) -> dict[Term, Term]:
    """Every term below the roots with its stable form."""
    return rewrite(roots, lambda term, rebuilt: _stable(rebuilt))


def _stable(t: Term) -> Term:
    if t.op == "scale":
        c, core = split(t)
        return scale(c, _stable(core))
    if t.op == "spread":
        return spread(_stable(t.args[0]), t.dims, t.axis)
    if t.op == "plus":
        return _stable_sum(t)
    if t.op == "times":
        return _stable_product(t)
    if t.op == "call" and t.data == "log":
        return _stable_log(t)
    if t.op == "call" and t.data == "log1p" and _is_call(t.args[0], "exp"):
        return call("softplus", t.args[0].args[0])
    return t


def _is_call(t: Term, name: str) -> bool:
    return t.op == "call" and t.data == name


# --- sums ----------------------------------------------------------------------------------------


def _stable_sum(t: Term) -> Term:
    """c − c σ(u) is c σ(−u), and c eᵘ − c is c expm1(u)."""
    pairs = t.summands
    at = next((i for i, (_, a) in enumerate(pairs) if is_number(a)), -1)
    if at < 0:
        return t
    c = pairs[at][0]
    for i, (k, a) in enumerate(pairs):
        if k == -c and (_is_call(a, "sigmoid") or _is_call(a, "exp")):
            u = a.args[0]
            new = scale(c, call("sigmoid", scale(-1, u))) if a.data == "sigmoid" else scale(-c, call("expm1", u))
            rest = [p for j, p in enumerate(pairs) if j not in (at, i)]
            return plus([(Fraction(1), new), *rest]) if rest else new
    return t


def _exponent_of_one_plus_exp(t: Term) -> Term | None:
    """U where t is 1 + eᵘ."""
    if t.op != "plus" or len(t.args) != 2 or t.data != (1, 1):
        return None
    one, other = t.args if is_number(t.args[0]) else (t.args[1], t.args[0])
    return other.args[0] if is_number(one) and _is_call(other, "exp") else None


def _summed_exponent(t: Term) -> Term | None:
    """U where t is the sum of the entries of eᵘ, or of its rows or columns."""
    return t.args[0].args[0] if t.op == "sum" and _is_call(t.args[0], "exp") else None


# --- products ------------------------------------------------------------------------------------


def _stable_product(t: Term) -> Term:
    """eᵘ/(1 + eᵘ) is σ(u), 1/(1 + eᵘ) is σ(−u), eᵘ/∑eᵘ is softmax(u), and eᵘ eᵛ is e^(u + v)."""
    powers: dict[Term, Fraction] = dict(t.powers)
    changed = False
    for base, exponent in list(powers.items()):
        below = base.args[0] if base.op == "spread" else base
        if exponent >= 0 or exponent.denominator != 1:
            continue
        u = _exponent_of_one_plus_exp(base)
        if u is not None:
            count = -exponent
            above = max(powers.get(call("exp", u), Fraction(0)), Fraction(0))
            both = min(count, Fraction(above // 1))
            _move(powers, base, count)
            _move(powers, call("exp", u), -both)
            _move(powers, call("sigmoid", u), both)
            _move(powers, call("sigmoid", scale(-1, u)), count - both)
            changed = True
            continue
        u = _summed_exponent(below)
        if u is not None and u.rank == t.rank and powers.get(call("exp", u), 0) >= 1:
            _move(powers, base, Fraction(1))
            _move(powers, call("exp", u), Fraction(-1))
            _move(powers, make("softmax", (u,), below.axis, u.dims), Fraction(1))
            changed = True
    exponents = [(p, b.args[0]) for b, p in powers.items() if p and _is_call(b, "exp")]
    if any(_grows(u) for _, u in exponents) and len(exponents) > 1:  # e^(−eˣ) eˣ would be 0 · ∞
        powers = {b: p for b, p in powers.items() if not _is_call(b, "exp")}
        powers[call("exp", plus(exponents))] = Fraction(1)
        changed = True
    if not changed:
        return t
    kept = [power(b, e) for b, e in powers.items() if e]
    return times(*kept)


def _grows(u: Term) -> bool:
    """Whether an exponent is itself made of an exponential, so that another one in the product overflows first."""
    stack = [u]
    while stack:
        term = stack.pop()
        if _is_call(term, "exp"):
            return True
        if term.op in ("scale", "plus", "times", "spread"):
            stack.extend(term.args)
    return False


def _move(powers: dict[Term, Fraction], base: Term, by: Fraction) -> None:
    powers[base] = powers.get(base, Fraction(0)) + by


# --- logarithms ----------------------------------------------------------------------------------


def _stable_log(t: Term) -> Term:
    """The logarithm of a product goes to those factors whose logarithm has a form of its own."""
    (inside,) = t.args
    whole = _log_of(inside)
    if whole is not None:
        return whole
    if inside.op == "plus":
        pairs = inside.summands
        rest = [(c, a) for c, a in pairs if not is_number(a)]
        if len(rest) < len(pairs) and next(c for c, a in pairs if is_number(a)) == 1:
            return call("log1p", plus([(c, a if a.rank else spread(a, t.dims)) for c, a in rest]))
        return t
    c, core = split(inside)
    if c <= 0 or (core.op not in ("times", "det") and c == 1):
        return t
    known: Pairs = []
    unknown: list[Term] = []
    for base, exponent in core.powers if core.op == "times" else [(core, Fraction(1))]:
        log = _log_of(base)
        if log is None:
            unknown.append(power(base, exponent))
        else:
            known.append((exponent, spread(log, t.dims)))
    if not known:
        return t
    if unknown or c != 1:
        rest_inside = scale(c, times(*unknown)) if unknown else scale(c, power(core, 0))
        known.append((Fraction(1), spread(call("log", rest_inside), t.dims)))
    return plus(known)


def _log_of(t: Term) -> Term | None:
    """The logarithm of a term that is positive by its form, or a determinant, without forming the term."""
    if _is_call(t, "exp"):
        return t.args[0]
    if _is_call(t, "sigmoid"):
        return scale(-1, call("softplus", scale(-1, t.args[0])))
    u = _exponent_of_one_plus_exp(t)
    if u is not None:
        return call("softplus", u)
    u = _summed_exponent(t)
    if u is not None:
        return make("logsumexp", (u,), t.data, t.dims)
    if t.op == "softmax":
        (u,), axis = t.args, t.axis
        if axis is None:
            return plus([(1, u), (-1, spread(make("logsumexp", (u,), None, ()), u.dims))])
        summed = make("logsumexp", (u,), axis, (u.dims[1 - axis],))
        return plus([(1, u), (-1, spread(summed, u.dims, 1 - axis))])
    if t.op == "det":
        return make("logdet", t.args, "positive", ())
    if t.op == "spread":
        log = _log_of(t.args[0])
        return None if log is None else spread(log, t.dims, t.axis)
    return None
