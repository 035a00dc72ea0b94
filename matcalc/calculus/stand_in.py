"""Known functions in the place of those that are only names, so that answers with these are checked by value.

An answer that holds for every smooth f holds for the one that stands in, and whether it does there is decided by
numbers. What stands in has coefficients of its own, drawn like all symbols, so that nothing commutes or cancels by
chance:

    F(t) = sin(t) B + cos(t/2) C            F of a scalar, B and C of the shape of its value, and as symmetric
    f(x) = sin(⟨w, x⟩) + ½ k ‖x‖²           f of an array, w of its shape
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import cast

from matcalc.algebra.build import add, apply, identity, inner, multiply, number, scale, symbol, transpose
from matcalc.algebra.expr import Expr, postorder, rebuild
from matcalc.algebra.operations import REGISTRY
from matcalc.algebra.shapes import SCALAR, Shape
from matcalc.notation.declarations import Declaration
from matcalc.notation.declared_text import Declared
from matcalc.notation.names import numbered
from matcalc.rulebook.unknown import UNKNOWN, UNKNOWN_SYMMETRIC, Payload

__all__ = ["StandIn"]

_NAMES = (UNKNOWN, UNKNOWN_SYMMETRIC)


class StandIn:
    """What stands in for the unknown functions of some expressions.

    symbols  those that were given and occur as arrays, and the coefficients of what stands in.

    >>> from matcalc import parse
    >>> stand_in = StandIn([parse("f(x)", {"x": "scalar"})], {"x": Declaration(SCALAR)})
    >>> print(stand_in(parse("f′(x)", {"x": "scalar"})), sorted(stand_in.symbols))
    w₁ cos(x) − ½ w₂ sin(½ x) ['w₁', 'w₂', 'x']
    """

    def __init__(self, expressions: Iterable[Expr], symbols: Mapping[str, Declared]) -> None:
        self.symbols = {
            name: Declaration(said.shape, frozenset(said.facts)) for name, said in symbols.items() if "(" not in name
        }
        self._coefficients: dict[tuple[str, Shape, Shape], tuple[Expr, Expr]] = {}
        for e in expressions:
            for node in postorder(e):
                if node.op in _NAMES:
                    self._add(node)

    def __call__(self, e: Expr) -> Expr:
        """e with known functions for unknown ones."""
        return rebuild(e, self._replaced) if self._coefficients else e

    def _key(self, node: Expr) -> tuple[str, Shape, Shape]:
        name, _, value, _ = cast(Payload, node.data)
        return name, value, node.args[0].shape

    def _add(self, node: Expr) -> None:
        """Coefficients for the function of a node, if it is new."""
        _, _, value, symmetric = cast(Payload, node.data)
        key, argument = self._key(node), node.args[0].shape
        if key in self._coefficients:
            return
        facts = frozenset({"symmetric"} if symmetric else ())
        if argument == SCALAR:
            self._coefficients[key] = self._fresh(value, facts), self._fresh(value, facts)
        else:
            self._coefficients[key] = self._fresh(argument, facts), self._fresh(SCALAR, facts)

    def _fresh(self, shape: Shape, facts: frozenset[str]) -> Expr:
        i = 1
        while (name := numbered("w", i)) in self.symbols:
            i += 1
        self.symbols[name] = Declaration(shape, facts)
        return symbol(name, shape)

    def _replaced(self, node: Expr, args: tuple[Expr, ...]) -> Expr:
        if node.op not in _NAMES:
            return apply(node.op, args, node.data) if args != node.args else node
        _, order, _, _ = cast(Payload, node.data)
        of_scalar = node.args[0].shape == SCALAR
        return (_curve if of_scalar else _field)(args[0], order, *self._coefficients[self._key(node)])


def _call(name: str, x: Expr) -> Expr:
    return apply(REGISTRY[name], (x,))


def _curve(t: Expr, order: int, b: Expr, c: Expr) -> Expr:
    """The derivative of that order of sin(t) B + cos(t/2) C."""
    half = scale(Fraction(1, 2), t)
    sines = [_call("sin", t), _call("cos", t), scale(-1, _call("sin", t)), scale(-1, _call("cos", t))]
    waves = [_call("cos", half), _call("sin", half), _call("cos", half), _call("sin", half)]
    sign = (1, -1, -1, 1)[order % 4]
    slow = scale(Fraction(sign, 2**order), waves[order % 4])
    return add(multiply(sines[order % 4], b), multiply(slow, c))


def _field(x: Expr, order: int, w: Expr, k: Expr) -> Expr:
    """sin(⟨w, x⟩) + ½ k ‖x‖², its gradient cos(⟨w, x⟩) w + k x, its Hessian −sin(⟨w, x⟩) w wᵀ + k I."""
    wave = inner(w, x)
    if order == 0:
        return add(_call("sin", wave), multiply(number(Fraction(1, 2)), k, inner(x, x)))
    if order == 1:
        return add(multiply(_call("cos", wave), w), multiply(k, x))
    return add(multiply(number(-1), _call("sin", wave), w, transpose(w)), multiply(k, identity(x.shape[0])))
