"""Sums over a part of a range: over i < j and i ≠ j by triangles, over x_{i+1} by parts of the array."""

from __future__ import annotations

from fractions import Fraction

from matcalc.algebra.blocks import block
from matcalc.algebra.build import (
    ADD,
    HADAMARD,
    IDENTITY,
    NUMBER,
    ONES,
    POWER,
    PRODUCT,
    TRANSPOSE,
    add,
    apply,
    hadamard,
    identity,
    is_zero,
    multiply,
    number,
    number_value,
    ones,
    parts,
    reassemble,
    scale,
    transpose,
)
from matcalc.algebra.collect import collect_sum
from matcalc.algebra.expr import Expr, postorder, rebuild
from matcalc.algebra.keys import Keys
from matcalc.algebra.networks import Factor, Network, rename
from matcalc.algebra.operations import REGISTRY
from matcalc.algebra.shapes import Dim, dim_add, dim_mul
from matcalc.errors import NotYetError
from matcalc.notation.shifts import Cut
from matcalc.notation.tensors import Tensor, Walk, summed_over
from matcalc.notation.tree import Node

__all__ = ["cut_out", "pairs"]


def pairs(walk: Walk, node: Node, body: Tensor) -> Tensor:
    """∑_{i≠j} is the whole sum without i = j, ∑_{i<j} that of the upper triangle: half of it, if it is symmetric."""
    (one, other), letters, relation = node.data.pair, node.data.letters, node.data.relation
    if body.hidden or set(body.named) - {one, other}:
        raise walk.refuse(
            "a sum over pairs of what is no number for each pair is not read", node, "Write it entry by entry."
        )
    keys = Keys()
    strict = relation not in "≤≥"
    if strict:
        body = _without_singular_diagonal(walk, body, (one, other), keys)
    matrix = walk.array(body, (one, other))
    diagonal = _on_diagonal(matrix, keys)
    terms = summed_over(body.terms, *letters)
    on_diagonal: tuple[Network, ...] = ()
    if not is_zero(diagonal[matrix]):
        kept = other if letters == (one,) else one
        on_diagonal = rename(body.terms, {one: kept, other: kept})
        on_diagonal = summed_over(on_diagonal, one) if len(letters) == 2 else on_diagonal
    if relation == "≠":
        return Tensor((*terms, *_times(-1, on_diagonal)))
    if len(letters) == 2 and keys.same(matrix, walk.array(body, (other, one))):
        return Tensor(_times(Fraction(1, 2), (*terms, *_times(-1 if strict else 1, on_diagonal))))
    name = "triu" if relation in "<≤" else "tril"
    triangles = [_of_triangle(walk, term, (one, other), name, strict) for term in body.terms]
    return Tensor(summed_over(tuple(triangles), *letters))


def _times(value: Fraction | int, terms: tuple[Network, ...]) -> tuple[Network, ...]:
    return tuple([Network((Factor(number(value), ()), *term.factors), term.bound) for term in terms])


def _of_triangle(walk: Walk, term: Network, axes: tuple[str, str], name: str, strict: bool) -> Network:
    """A product of entries with its matrix, or one of ones, replaced by a triangle of it."""
    factors = list(term.factors)
    at = next((n for n, f in enumerate(factors) if set(f.axes) == set(axes)), -1)
    if at < 0:
        at, factors = len(factors), [*factors, Factor(ones(*[walk.ranges[axis] for axis in axes]), axes)]
    matrix, own = factors[at].value, factors[at].axes
    upper = (name == "triu") == (own == axes)
    triangle = apply(REGISTRY["triu" if upper else "tril"], (matrix,))
    if strict:
        diagonal = _on_diagonal(matrix, Keys())[matrix]
        if not is_zero(diagonal):
            triangle = add(triangle, scale(-1, apply(REGISTRY["diag"], (diagonal,))))
    factors[at] = Factor(triangle, own)
    return Network(tuple(factors), term.bound)


def _collected(e: Expr, keys: Keys) -> Expr:
    """A sum without the terms that cancel."""
    return collect_sum(e, keys) if e.op is ADD else e


def _without_singular_diagonal(walk: Walk, body: Tensor, axes: tuple[str, str], keys: Keys) -> Tensor:
    """The same terms for i ≠ j, where those for i = j, which are no part of the sum, have a value and a derivative.

    What is 0 on the whole diagonal gets I added where a function of it is singular: log|xᵢ − xⱼ| is an
    entry of log|x 𝟏ᵀ − 𝟏 xᵀ + I| as long as i ≠ j.
    """
    while True:
        matrix = walk.array(body, axes)
        diagonal = _on_diagonal(matrix, keys)
        operands = [e.args[0] for e in postorder(matrix) if e.shape == matrix.shape and _is_singular(e)]
        found = next((e for e in operands if is_zero(diagonal[e])), None)
        if found is None:
            return body
        terms = tuple([_with_identity(term, {found, transpose(found)}) for term in body.terms])
        if terms == body.terms:
            raise NotYetError(
                f"{found} is 0 for equal indices, where the function of it has no value",
                advice="Write the term as one function of the difference.",
            )
        body = Tensor(terms)


def _with_identity(term: Network, operands: set[Expr]) -> Network:
    """The term with I added to these operands of functions that are singular at 0."""

    def replace(e: Expr, args: tuple[Expr, ...]) -> Expr:
        if args and _is_singular(e) and e.args[0] in operands:
            return apply(e.op, (add(args[0], identity(e.shape[0])), *args[1:]), e.data)
        return apply(e.op, args, e.data) if args else e

    return Network(tuple([Factor(rebuild(f.value, replace), f.axes) for f in term.factors]), term.bound)


def _is_singular(e: Expr) -> bool:
    if e.op is POWER:
        exponent = e.args[1]
        value = number_value(exponent) if exponent.op is NUMBER else None
        return not (isinstance(value, int) and value >= 0)
    return e.op.elementwise and bool(e.op.domain)


def _on_diagonal(root: Expr, keys: Keys) -> dict[Expr, Expr]:
    """The diagonals of the square matrices in an expression as columns, taken into sums, products and functions."""
    found: dict[Expr, Expr] = {}
    for e in postorder(root):
        if e.shape != root.shape:
            continue
        m = parts(e)[2]
        if e.op is ONES or e.op is IDENTITY:
            found[e] = ones(root.shape[0])
        elif e.op is TRANSPOSE:
            found[e] = found[e.args[0]]
        elif e.op in (ADD, HADAMARD):
            value = (add if e.op is ADD else hadamard)(*[found[arg] for arg in e.args])
            found[e] = _collected(value, keys)
        elif e.op is PRODUCT:
            c, scalars, _ = parts(e)
            core = found[m[0]] if len(m) == 1 else _of_product(m)
            found[e] = multiply(reassemble(c, scalars, ()), core)
        elif e.op is POWER or (e.op.elementwise and len(e.args) == 1):
            found[e] = apply(e.op, (found[e.args[0]], *e.args[1:]), e.data)
        else:
            found[e] = apply(REGISTRY["diagonal"], (e,))
    return found


def _of_product(m: tuple[Expr, ...]) -> Expr:
    """The diagonal of P Q is (P ⊙ Qᵀ) 𝟏."""
    left, right = m[0], multiply(*m[1:])
    return multiply(hadamard(left, transpose(right)), ones(left.shape[1]))


# --- parts of arrays -----------------------------------------------------------------------------------


def cut_out(e: Expr, cuts: tuple[Cut | None, ...]) -> Expr:
    """The entries over which shifted indices run, as a block of the array; each axis is cut where its cut says."""
    if len(cuts) == 1:
        cuts = (None, cuts[0]) if e.shape[0] == 1 else (cuts[0], None)
    sizes: list[tuple[Dim, ...]] = []
    places: list[int] = []
    for length, cut in zip(e.shape, cuts, strict=True):
        if cut is None:
            sizes.append((length,))
            places.append(0)
            continue
        rest = dim_add(length, dim_mul(-1, dim_add(cut.length, cut.before)))
        all_parts: list[Dim] = [cut.before, cut.length, rest]
        kept = [part for part in all_parts if part != 0]
        sizes.append(tuple(kept))
        places.append(1 if cut.before else 0)
    return block(e, (sizes[0], sizes[1]), places[0], places[1])
