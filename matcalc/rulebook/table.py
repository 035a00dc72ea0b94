"""How a row of the rulebook is written: `row` turns a signature into a shape rule and registers."""

from __future__ import annotations

from collections.abc import Hashable

from matcalc.algebra.operations import REGISTRY, Operation, ShapeRule
from matcalc.algebra.shapes import Dim, Shape, dim_mul, dim_substitute, dim_text
from matcalc.errors import ShapeError

__all__ = ["row", "signature_dims"]


def _dim(word: str) -> Dim:
    if word.isdigit():
        return int(word)
    product: Dim = 1
    for factor in word.split("*"):
        product = dim_mul(product, int(factor) if factor.isdigit() else factor)
    return product


def _shape(text: str) -> Shape:
    words = text.split()
    return (_dim(words[0]), _dim(words[1])) if words else (1, 1)


def signature_dims(signature: str) -> tuple[list[tuple[str, Shape]], Shape]:
    """The metavariables with their shapes, and the shape of the value: "X: m n -> n m"."""
    operands, _, value = signature.partition("->")
    named = [operand.split(":") for operand in operands.split(",")]
    return [(name.strip(), _shape(shape)) for name, shape in named], _shape(value)


def _shape_rule(name: str, signature: str) -> ShapeRule:
    operands, value = signature_dims(signature)

    def shape(shapes: tuple[Shape, ...], data: Hashable) -> Shape:
        sizes: dict[str, Dim] = {}
        for (_, wanted), given in zip(operands, shapes, strict=True):
            for want, have in zip(wanted, given, strict=True):
                if isinstance(want, str):
                    sizes.setdefault(want, have)
        for (letter, wanted), given in zip(operands, shapes, strict=True):
            for want, have in zip(wanted, given, strict=True):
                if dim_substitute(want, sizes) != have:
                    form = " by ".join(dim_text(d) for d in wanted)
                    have_form = f"{dim_text(given[0])}×{dim_text(given[1])}"
                    raise ShapeError(f"{name} takes {letter} of shape {form}, and this is {have_form}")
        return dim_substitute(value[0], sizes), dim_substitute(value[1], sizes)

    return shape


def row(name: str, signature: str, **rest: object) -> Operation:
    """Register one operation whose shape rule is its signature."""
    arity = len(signature_dims(signature)[0])
    shape = _shape_rule(name, signature)
    return REGISTRY.add(Operation(name=name, arity=arity, signature=signature, shape=shape, **rest))  # type: ignore[arg-type]
