"""Unknown dimensions: variables that are made equal to one another or to a known dimension."""

from __future__ import annotations

from collections import Counter

from matcalc.algebra.shapes import Dim, Polynomial, dim_mul, dim_text

__all__ = ["Size", "Sizes", "Variable", "find", "multiply_sizes", "unify"]


class Variable:
    """A dimension that is not known yet; `wide` says that it is not 1."""

    __slots__ = ("link", "wide")
    link: Size | None
    wide: bool

    def __init__(self, wide: bool = True) -> None:
        self.link = None
        self.wide = wide


Size = Dim | Variable
Sizes = tuple[Size, Size]


def find(size: Size) -> Size:
    """What the size stands for: a known dimension, or the variable that stands for its class."""
    while isinstance(size, Variable):
        above = size.link
        if above is None:
            return size
        if isinstance(above, Variable) and above.link is not None:
            size.link = above.link  # paths are halved on the way, so that long ones stay cheap
        size = above
    return size


def unify(a: Size, b: Size) -> bool:
    """Make two sizes equal; False if they cannot be."""
    a, b = find(a), find(b)
    if a is b or a == b:
        return True
    if isinstance(a, Variable):
        if isinstance(b, Variable):
            b.wide = b.wide or a.wide
        elif b == 1 and a.wide:
            return False
        a.link = b
        return True
    if isinstance(b, Variable):
        return unify(b, a)
    return False


def size_text(size: Size) -> str:
    """A size as one writes it; a question mark if it is not known."""
    size = find(size)
    return "?" if isinstance(size, Variable) else dim_text(size)


def _monomial(dim: Dim) -> tuple[int, Counter[str]] | None:
    if isinstance(dim, int):
        return dim, Counter()
    if isinstance(dim, str):
        return 1, Counter([dim])
    if isinstance(dim, Polynomial) and len(dim.terms) == 1:
        ((names, coefficient),) = dim.terms
        return coefficient, Counter(names)
    return None


def _divide(whole: Dim, part: Dim) -> Dim | None:
    """whole / part for products of names and numbers; None if it does not come out even."""
    a, b = _monomial(whole), _monomial(part)
    if a is None or b is None or b[0] == 0 or a[0] % b[0] or b[1] - a[1]:
        return None
    result: Dim = a[0] // b[0]
    for name in (a[1] - b[1]).elements():
        result = dim_mul(result, name)
    return result


def multiply_sizes(product: Size, factors: list[Size]) -> bool | None:
    """Use product = Π factors: True if settled, None if too little is known, False if it cannot hold."""
    known: Dim = 1
    unknown: list[Variable] = []
    for factor in map(find, factors):
        if isinstance(factor, Variable):
            unknown.append(factor)
        else:
            known = dim_mul(known, factor)
    if not unknown:
        return unify(product, known)
    whole = find(product)
    if len(unknown) > 1 or isinstance(whole, Variable):
        return None
    quotient = _divide(whole, known)
    return quotient is not None and unify(unknown[0], quotient)
