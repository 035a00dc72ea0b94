"""Code for index sums that are no matrix product: one stacked product where that takes an index away, then einsum.

Eliminating an index k multiplies what stands on it, which needs memory for all its neighbours. Where a
matrix F joins k to one neighbour l, that is a product with F along k of the others: (B[:, None, :] * D) @ F
is ∑ₖ Bᵢₖ Dⱼₖ Fₖₗ, done by BLAS. Up to three axes are formed so; the rest is left to einsum.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from matcalc.algebra.contractions import Spec, sizes_of
from matcalc.algebra.expr import Expr
from matcalc.codegen.elementwise import dense
from matcalc.codegen.terms import Term, dims_of, make

__all__ = ["portable_template", "stacked_template", "sum_template", "summation"]

_LETTERS = "ijklmnopqrstuvwxyzabcdefghABCDEFGHIJKLMNOPQRSTUVWXYZ"
#: Arrays of more axes than this are not formed.
_AXES = 3


def summation(node: Expr, args: Sequence[Term]) -> Term:
    """The term of an index sum; axes of length 1 are no axes."""
    operands, out = cast(Spec, node.data)
    sizes = sizes_of([arg.shape for arg in node.args], node.data)
    letters = dict(zip([*out, *[i for i in sizes if i not in out]], _LETTERS, strict=False))
    names = ["".join([letters[i] for i in axes if sizes[i] != 1]) for axes in operands]
    value = "".join([letters[i] for i in out if sizes[i] != 1])
    parts = [(indices, dense(term)) for indices, term in zip(names, args, strict=True)]
    parts = _stacked(parts, value) or parts
    spec = f"{','.join([indices for indices, _ in parts])}->{value}"
    return make("index_sum", tuple([term for _, term in parts]), spec, dims_of(node.shape))


Part = tuple[str, Term]


def _stacked(parts: list[Part], value: str) -> list[Part] | None:
    """The parts with one summed index taken away by a product with a matrix; None where no index can be."""
    found: list[tuple[int, list[Part]]] = []
    for k in dict.fromkeys([i for indices, _ in parts for i in indices if i not in value]):
        near = [part for part in parts if k in part[0]]
        for last in near:
            others = [part for part in near if part is not last]
            axes = "".join([i for i in dict.fromkeys("".join([indices for indices, _ in others])) if i != k])
            left = last[0].replace(k, "")
            if len(last[0]) != 2 or left in axes or len(axes) + 1 > _AXES or len(others) < 2:
                continue
            spec = f"{','.join([indices for indices, _ in [*others, last]])}->{axes}{left}"
            dims = {i: d for indices, term in near for i, d in zip(indices, term.dims, strict=True)}
            product = make(
                "stacked_product", tuple([t for _, t in [*others, last]]), spec, tuple([dims[i] for i in axes + left])
            )
            rest = [(axes + left, product), *[part for part in parts if part not in near]]
            found.append((stacked_template(spec).count(".T"), rest))
    return min(found, key=lambda item: item[0])[1] if found else None


# --- as text -------------------------------------------------------------------------------------------


def stacked_template(spec: str) -> str:
    """The text of a product of operands along axes of their own, multiplied by the last one.

    >>> stacked_template("ik,jk,kl->ijl")
    '({0}[:, None, :] * {1}) @ {2}'
    """
    below, _, value = spec.partition("->")
    *others, last = below.split(",")
    k = next(i for i in last if i not in value)
    axes = [*value[:-1], k]
    product = " * ".join([_spread(indices, f"{{{n}}}", axes) for n, indices in enumerate(others)])
    return f"({product}) @ {{{len(others)}}}{'' if last[0] == k else '.T'}"


def sum_template(spec: str, einsum: str) -> str:
    """The text of a sum in its operands {0}, {1} …; `einsum` is a template of a spec and of operands.

    >>> sum_template("ijl,jl->i", "einsum({spec}, {operands})")
    "einsum('ijl,jl->i', {0}, {1})"
    """
    operands = ", ".join([f"{{{n}}}" for n in range(spec.count(",") + 1)])
    return einsum.format(spec=repr(spec), operands=operands)


def portable_template(spec: str) -> str:
    """The same in the functions of the array API standard, which has no einsum.

    >>> portable_template("ijl,jl->i")
    'xp.tensordot({0}, {1}, axes=((1, 2), (0, 1)))'
    >>> portable_template("ik,jk,kl->il")
    'xp.sum({0}[:, None, :, None] * {1}.T * {2}.T[:, :, None], axis=(2, 3))'
    """
    below, _, value = spec.partition("->")
    names = below.split(",")
    summed_by_both = [i for i in names[0] if i not in value]
    free = "".join([i for i in below if i in value])
    if (
        len(names) == 2
        and summed_by_both
        and set(summed_by_both) == set(names[1]) - set(value) == (set(names[0]) & set(names[1]))
    ):
        places = [tuple([indices.index(i) for i in summed_by_both]) for indices in names]
        text = f"xp.tensordot({{0}}, {{1}}, axes=({places[0]}, {places[1]}))"
        order = ", ".join([str(free.index(i)) for i in value])
        return text if free == value else f"xp.permute_dims({text}, ({order}))"
    axes = [*value, *dict.fromkeys([i for indices in names for i in indices if i not in value])]
    product = " * ".join([_spread(indices, f"{{{n}}}", axes) for n, indices in enumerate(names)])
    summed = tuple(range(len(value), len(axes)))
    return f"xp.sum({product}, axis={summed})" if summed else product


def _spread(indices: str, text: str, axes: Sequence[str]) -> str:
    """An operand with an axis for each of these indices, in their order."""
    own = [i for i in axes if i in indices]
    if own != list(indices):
        order = ", ".join([str(indices.index(i)) for i in own])
        text = f"{text}.T" if len(own) == 2 else f"xp.permute_dims({text}, ({order}))"
    places = [":" if i in indices else "None" for i in axes]
    while places and places[0] == "None":  # broadcasting adds axes at the front
        places.pop(0)
    return text if all(place == ":" for place in places) else f"{text}[{', '.join(places)}]"
