"""The last choices before a program is scheduled: factorisations, and functions that share their parts.

A matrix that is inverted, solved with or whose determinant is taken in several places is factorised
once, by Cholesky where it is known to be positive definite. softmax and logsumexp of one argument
share their exponentials, softplus and sigmoid theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from fractions import Fraction

from matcalc.codegen.elementwise import plus, scale, size_of, split, spread, times, transpose
from matcalc.codegen.linear import matmul, total
from matcalc.codegen.passes import rewrite
from matcalc.codegen.powers import call, power
from matcalc.codegen.terms import Dims, Term, make, number, postorder

__all__ = ["factorise"]

ONE = Fraction(1)


def factorise(roots: Iterable[Term], kernels: Collection[str] = ()) -> dict[Term, Term]:
    """Every term below the roots with what computes it; kernels: the functions that take one pass over the data."""
    roots = list(roots)
    terms = postorder(roots)
    methods = _methods(terms)
    for term in terms:
        if term.op == "inv":
            term.table.formed.add(term)
    margins = set() if {"softplus", "sigmoid"} <= set(kernels) else _shared_margins(terms)
    for margin in margins:
        margin.table.margins.add(margin)
    return rewrite(roots, lambda term, rebuilt: _expanded(term, rebuilt, methods, margins))


def _expanded(term: Term, rebuilt: Term, methods: dict[Term, str], margins: set[Term]) -> Term:
    if term.op in ("inv", "solve", "logdet"):
        method = methods.get(term.args[0], "")
        if method:
            return _WITH_FACTOR[method](term, rebuilt)
    if term.op == "logdet" and term.data == "positive" and term.args[0] not in term.table.definite:
        return _signed(rebuilt)
    if rebuilt.op == "matmul":
        return _gram(rebuilt)
    if term.op in ("softmax", "logsumexp"):
        return _exponentials(rebuilt)
    if term.op == "call" and term.data in ("softplus", "sigmoid") and _margin(term.args[0])[1] in margins:
        return _from_margin(rebuilt)
    return rebuilt


# --- factorisations --------------------------------------------------------------------------------


def _methods(terms: Iterable[Term]) -> dict[Term, str]:
    """How each matrix that is used more than once, or has structure, is factorised."""
    uses: dict[Term, list[Term]] = {}
    for term in terms:
        if term.op in ("inv", "solve") or term.op == "logdet":
            uses.setdefault(term.args[0], []).append(term)
    return {m: method for m, found in uses.items() if (method := _method(m, found))}


def _method(m: Term, uses: list[Term]) -> str:
    solves = [t for t in uses if t.op != "logdet"]
    if not solves:
        return ""
    if m in m.table.definite:
        return "cholesky"
    if m in m.table.triangular:
        return "triangular"
    shared = [t for t in uses if t.op != "logdet" or t.data != "positive"]
    return "lu" if len(shared) > 1 else ""


def _signed(t: Term) -> Term:
    """The logarithm of a determinant that must be positive: nan where it is not."""
    return make("logdet_of", (make("slogdet", t.args, None, ()),), None, ())


def _right_side(term: Term, rebuilt: Term) -> Term:
    if term.op == "solve":
        return rebuilt.args[1]
    return make("eye", (size_of(term.table, term.dims[0]),), None, term.dims)


def _by_cholesky(term: Term, rebuilt: Term) -> Term:
    factor = make("cholesky", rebuilt.args[:1], None, term.args[0].dims)
    if term.op == "logdet":
        return scale(2, total(call("log", make("factor_diagonal", (factor,), None, factor.dims[:1]))))
    if term.op == "inv":
        return make("cho_inverse", (factor,), None, term.dims)
    if term.rank == 2 and term.table.terms.get(("inv", None, term.args[0].dims, term.args[0])) in term.table.formed:
        inverse = make("cho_inverse", (factor,), None, term.args[0].dims)
        term.table.symmetric.add(inverse)
        return matmul(inverse, rebuilt.args[1])
    return make("cho_solve", (factor, rebuilt.args[1]), None, term.dims)


def _by_lu(term: Term, rebuilt: Term) -> Term:
    if term.op == "logdet" and term.data == "positive":
        return _signed(rebuilt)
    factor = make("lu", rebuilt.args[:1], None, term.args[0].dims)
    if term.op == "logdet":
        return make("lu_logdet", (factor,), None, ())
    transposed = term.op == "solve" and bool(term.data)
    return make("lu_solve", (factor, _right_side(term, rebuilt)), transposed, term.dims)


def _by_substitution(term: Term, rebuilt: Term) -> Term:
    m = rebuilt.args[0]
    if term.op == "logdet":
        entries = make("diagonal", (m,), None, m.dims[:1])
        return total(call("log", entries if term.data == "positive" else call("abs", entries)))
    transposed = term.op == "solve" and bool(term.data)
    data = (term.table.triangular[term.args[0]], transposed)
    return make("solve_triangular", (m, _right_side(term, rebuilt)), data, term.dims)


_WITH_FACTOR: dict[str, Callable[[Term, Term], Term]] = {
    "cholesky": _by_cholesky,
    "lu": _by_lu,
    "triangular": _by_substitution,
}


# --- products that are symmetric ---------------------------------------------------------------------


def _gram(t: Term) -> Term:
    """Xᵀdiag(v)X with v ≥ 0 as ZᵀZ, of which half the entries are computed."""
    left, right = t.args
    if t.rank < 2 or right.rank < 2 or right.op != "times" or len(right.args) != 2 or set(right.data) != {ONE}:  # type: ignore[call-overload]
        return t
    weights = next((b for b in right.args if b.op == "spread" and b.axis == 0), None)
    if weights is None or not _nonnegative(weights.args[0]):
        return t
    x = next(b for b in right.args if b is not weights)
    if left is not transpose(x):
        return t
    z = times(spread(call("sqrt", weights.args[0]), right.dims, 0), x)
    return make("matmul", (transpose(z), z), None, t.dims)


_NONNEGATIVE = frozenset({"sigmoid", "exp", "softplus", "relu", "step", "abs", "cosh", "sqrt"})


def _nonnegative(t: Term) -> bool:
    """Whether no entry is negative, by the form of the term."""
    if t in t.table.nonnegative:
        return True
    if t.op == "times":
        return all(e % 2 == 0 or _nonnegative(b) for b, e in t.powers)
    if t.op == "plus":
        return all(c >= 0 and _nonnegative(a) for c, a in t.summands)
    if t.op in ("scale", "number"):
        return t.value >= 0 and all(map(_nonnegative, t.args))
    return t.op == "softmax" or (t.op == "call" and t.data in _NONNEGATIVE)


# --- exponentials ----------------------------------------------------------------------------------


def _exponentials(t: Term) -> Term:
    """softmax and logsumexp, with the largest entry taken out (Blanchard, Higham & Higham 2021)."""
    (u,) = t.args
    axis = t.axis
    along = None if axis is None else 1 - axis
    reduced: Dims = () if axis is None else (u.dims[1 - axis],)
    top = make("max", (u,), axis, reduced)
    e = call("exp", plus([(ONE, u), (-ONE, spread(top, u.dims, along))]))
    s = make("sum", (e,), axis, reduced)
    if t.op == "logsumexp":
        return plus([(ONE, top), (ONE, call("log", s))])
    softmax = times(e, spread(power(s, -1), u.dims, along))
    t.table.hints[softmax] = "p"
    t.table.nonnegative.add(softmax)
    return softmax


def _margin(u: Term) -> tuple[int, Term]:
    """(sign, v) with u = sign · v, so that u and −u have the same v."""
    c, core = split(u)
    return (1, u) if c > 0 else (-1, scale(-c, core))


def _shared_margins(terms: Iterable[Term]) -> set[Term]:
    """The arguments, up to sign, that have both a softplus and a sigmoid."""
    found: dict[str, set[Term]] = {"softplus": set(), "sigmoid": set()}
    for term in terms:
        if term.op == "call" and term.data in found:
            found[str(term.data)].add(_margin(term.args[0])[1])
    return found["softplus"] & found["sigmoid"]


def _from_margin(t: Term) -> Term:
    """softplus and sigmoid of ±v from e^−|v|, without branches."""
    (u,) = t.args
    sign, v = _margin(u)
    e = call("exp", scale(-1, call("abs", v)))
    zero = number(t.table, 0)
    if t.data == "softplus":
        above = call("maximum", v, zero) if sign > 0 else scale(-1, call("minimum", v, zero))
        return plus([(ONE, call("log1p", e)), (ONE, above)])
    one = number(t.table, 1)
    below = plus([(ONE, one if not e.rank else spread(one, e.dims)), (ONE, e)])
    least = call("minimum", v, zero) if sign > 0 else scale(-1, call("maximum", v, zero))
    sigmoid = times(call("exp", least), power(below, -1))
    t.table.hints[sigmoid] = "p"
    t.table.nonnegative.add(sigmoid)
    return sigmoid
