"""What a term costs: floating-point operations and bytes moved, in the names of the dimensions.

A function of an entry counts as one operation. Bytes are those of arrays of doubles that are read
or written, each once for the operation that does it; views move none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container
from fractions import Fraction

from matcalc.algebra.shapes import Dim, Polynomial
from matcalc.codegen.terms import Dims, Term

__all__ = ["Count", "add", "cost_text", "costs"]

#: A polynomial in dimension names: monomials, as sorted names, with their coefficients.
Count = dict[tuple[str, ...], Fraction]

_VIEWS = frozenset({"input", "number", "constant", "size", "transpose", "column", "row", "spread", "ravel", "reshape",
                    "diagonal", "factor_diagonal", "swapped", "first", "item"})  # fmt: skip


def costs(term: Term, names: Container[Term]) -> tuple[Count, Count]:
    """(operations, bytes) of computing a term from what is named."""
    flops: Count = {}
    moved: Count = {}
    seen: set[Term] = set()
    stack = [term]
    while stack:
        t = stack.pop()
        if t in seen or (t is not term and t in names):
            continue
        seen.add(t)
        stack.extend(t.args)
        if t.op in _VIEWS:
            continue
        add(flops, _operations(t))
        for dims in [t.dims, *[a.dims for a in t.args if a.dims]]:
            add(moved, _product(8, *dims)) if dims else None
    return flops, moved


def cost_text(count: Count) -> str:
    """A count as a sum of products, the largest first: 2 m n + m."""
    items = sorted(((m, c) for m, c in count.items() if c), key=lambda item: (-len(item[0]), item[0]))
    texts = []
    for monomial, c in items:
        number = f"{c.numerator}/{c.denominator}" if c.denominator != 1 else str(c)
        powers = [f"{d}{_raised(k)}" for d, k in Counter(monomial).items()]
        texts.append(" ".join([*([number] if c != 1 or not powers else []), *powers]))
    return " + ".join(texts) or "0"


def _raised(k: int) -> str:
    return "" if k == 1 else "".join("⁰¹²³⁴⁵⁶⁷⁸⁹"[int(digit)] for digit in str(k))


def add(total: Count, more: Count) -> None:
    """More added to the total."""
    for monomial, c in more.items():
        total[monomial] = total.get(monomial, Fraction(0)) + c


def _product(factor: Fraction | int, *dims: Dim) -> Count:
    out: Count = {(): Fraction(factor)}
    for dim in dims:
        terms = _terms(dim)
        product: Count = {}
        for left, c in out.items():
            for right, d in terms:
                add(product, {tuple(sorted([*left, *right])): c * d})
        out = product
    return out


def _terms(dim: Dim) -> list[tuple[tuple[str, ...], Fraction]]:
    if isinstance(dim, Polynomial):
        return [(tuple(monomial), Fraction(c)) for monomial, c in dim.terms]
    return [((), Fraction(dim))] if isinstance(dim, int) else [((dim,), Fraction(1))]


def _operations(t: Term) -> Count:
    rule = _RULES.get(t.op)
    return _product(1, *t.dims) if rule is None else rule(t)


def _matmul(t: Term) -> Count:
    left, right = t.args
    mirrored = left.op == "transpose" and left.args[0] is right
    return _product(1 if mirrored and right.rank == 2 else 2, *left.dims, *right.dims[1:])


def _entrywise(t: Term) -> Count:
    count = max(1, len(t.args) - 1)
    return _product(count, *t.dims)


def _reads(factor: int) -> Callable[[Term], Count]:
    return lambda t: _product(factor, *t.args[0].dims)


def _cubic(factor: Fraction | int) -> Callable[[Term], Count]:
    return lambda t: _product(factor, *_square(t), t.args[0].dims[0])


def _square(t: Term) -> Dims:
    return t.args[0].dims


def _substitution(t: Term) -> Count:
    return _product(2, *_square(t), *t.args[1].dims[1:])


def _solve(t: Term) -> Count:
    out = _cubic(Fraction(2, 3))(t)
    add(out, _substitution(t))
    return out


def _index_sum(t: Term) -> Count:
    """As many products as there are places, of all operands but the last, and a sum where indices go."""
    given, _, kept = str(t.data).partition("->")
    sizes: dict[str, Dim] = {}
    for names, arg in zip(given.split(","), t.args, strict=True):
        sizes.update(zip(names, arg.dims, strict=True))
    return _product(len(t.args) - (len(sizes) == len(kept)), *sizes.values())


def _assembled(t: Term) -> Count:
    out: Count = {}
    for block in t.args[t.rank + 1 :]:
        add(out, _product(1, *block.dims))
    return out


#: Operations of functions of a matrix: times n³ for a square one, m n² for m×n. Golub & Van Loan, Matrix
#: Computations, 4th ed., 8.3 and 8.6 (eigenvalues, singular values); Higham, Functions of Matrices (expm, logm, sqrtm).
_FUNCTIONS: dict[str, Fraction | int] = {
    "expm": 15, "trexpm": 15, "frechet_expm": 45, "logm": 50, "trlogm": 50, "frechet_logm": 400, "sqrtm": 28,
    "trsqrtm": 28, "eigmax": Fraction(4, 3), "eigvec": 9, "eigvecs": 9, "eigvecsrel": 14, "resolvent": 11,
    "spectral": Fraction(8, 3), "nuclear": Fraction(8, 3), "leftsingular": 22, "rightsingular": 22, "polar": 24,
    "frechet_polar": 34, "pinv": 24, "lstsq": 4, "sylvester": 50,
}  # fmt: skip
_POWERS = {"matpow": 1, "trpow": 1, "frechet_power": 8}


def _function(t: Term) -> Count:
    """Known functions of a matrix by their cubic term; all others as one pass over what they read or write."""
    name = str(t.data) if t.op == "function" else t.op
    dims = t.args[0].dims
    if len(dims) == 2 and name in _POWERS:
        return _product(2 * _products(t.args[1]) * _POWERS[name], *dims, dims[0])
    if len(dims) == 2 and name in _FUNCTIONS:
        return _product(_FUNCTIONS[name], *dims, dims[1])
    return _product(1, *max((t.dims, *[a.dims for a in t.args]), key=len))


def _products(exponent: Term) -> int:
    """The products of a power by squaring; two where the exponent is no literal."""
    if exponent.op != "number" or exponent.value < 1:
        return 2
    n = int(exponent.value)
    return max(1, n.bit_length() + n.bit_count() - 2)


_RULES: dict[str, Callable[[Term], Count]] = {
    "matmul": _matmul,
    "dot": _reads(2),
    "vdot": _reads(2),
    "rowdot": _reads(2),
    "sum": _reads(1),
    "max": _reads(1),
    "trace": lambda t: _product(1, t.args[0].dims[0]),
    "plus": _entrywise,
    "times": _entrywise,
    "cholesky": _cubic(Fraction(1, 3)),
    "cho_inverse": _cubic(Fraction(2, 3)),
    "cho_solve": _substitution,
    "lu": _cubic(Fraction(2, 3)),
    "lu_solve": _substitution,
    "lu_logdet": lambda t: _product(2, t.args[0].dims[0]),
    "solve": _solve,
    "solve_triangular": lambda t: _product(1, *_square(t), *t.args[1].dims[1:]),
    "inv": _cubic(2),
    "det": _cubic(Fraction(2, 3)),
    "logdet": _cubic(Fraction(2, 3)),
    "slogdet": _cubic(Fraction(2, 3)),
    "index_sum": _index_sum,
    "stacked_product": _index_sum,
    "function": _function,
    "matpow": _function,
    "blocks4": lambda t: {},
    "assembled": _assembled,
    "full": lambda t: {},
    "eye": lambda t: {},
    "copy": lambda t: {},
}
