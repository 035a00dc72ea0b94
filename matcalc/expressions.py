"""Expressions without text: `symbols` declares them, and the operators of Python combine them."""

from __future__ import annotations

from matcalc.algebra.build import symbol
from matcalc.algebra.expr import Expr
from matcalc.errors import DeclarationError
from matcalc.notation import operators
from matcalc.notation.where_list import read_where

__all__ = ["symbols"]

assert operators.combine is Expr.combine  # the operators are there as soon as symbols are


def _in_sympy(e: Expr) -> object:
    from matcalc.symbolic import to_sympy

    return to_sympy(e)


def _from_sympy(expression: object) -> Expr:
    from matcalc.symbolic import from_sympy

    return from_sympy(expression)


Expr.sympy_form = staticmethod(_in_sympy)
Expr.from_sympy_form = staticmethod(_from_sympy)


def symbols(declarations: str) -> tuple[Expr, ...]:
    """The symbols of a declaration list, in its order; their shapes are as declared.

    Facts belong to the question and not to a symbol: they are given to `derive` in `where`. Raises
    DeclarationError for a fact, for a symbol without a shape and for an empty list.

    >>> from matcalc import derive, symbols
    >>> A, x, y = symbols("A: m n, x: n, y: m")
    >>> r = y - A @ x
    >>> print(derive(r.T @ r / 2, "x").expr)
    Aᵀ(A x − y)
    """
    if not isinstance(declarations, str):
        raise DeclarationError(f"declarations are text, and not of type {type(declarations).__name__}")
    found: list[Expr] = []
    for name, said in read_where(declarations).items():
        if said.facts:
            facts = sorted(said.facts)
            raise DeclarationError(
                f"a symbol has a shape and no facts, and {name} is declared {', '.join(facts)}",
                advice=f'Give them with the question: derive(f, …, where={{"{name}": "{" ".join(facts)}"}}).',
            )
        if said.shape is None:
            raise DeclarationError(f"the declaration of {name} says no shape", advice='Write "A: m n" or "x: n".')
        found.append(symbol(name, said.shape))
    if not found:
        raise DeclarationError("nothing is declared", advice='Write symbols("A: m n, x: n").')
    return tuple(found)
