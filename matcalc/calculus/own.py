"""Functions of the user's own: a formula in one letter, applied entry by entry.

The formula is a SymPy expression or text in matcalc's notation. It is put in place of the call, so
that its derivative follows from the same rules as everything else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from matcalc.algebra.build import symbol
from matcalc.algebra.expr import Expr, symbols_of
from matcalc.algebra.shapes import SCALAR
from matcalc.calculus.formulas import lift
from matcalc.errors import DeclarationError, MatcalcError
from matcalc.notation.read import parse

__all__ = ["is_sympy", "own_functions"]


def own_functions(functions: Mapping[str, object] | None) -> dict[str, Callable[[Expr], Expr]]:
    """Callables on expressions from formulas: {"f": t**2 * exp(-t)} or {"f": "t² exp(−t)"}.

    >>> square = own_functions({"f": "t² + 1"})["f"]
    >>> str(square(parse("A x")))
    '(A x)² + 𝟏'
    """
    if functions is not None and not isinstance(functions, Mapping):
        raise DeclarationError(
            f"functions are a mapping, and not of type {type(functions).__name__}",
            advice='for example functions={"g": "t² exp(−t)"}',
        )
    return {name: _own(name, formula) for name, formula in (functions or {}).items()}


def _own(name: str, formula: object) -> Callable[[Expr], Expr]:
    try:
        template = parse(formula) if isinstance(formula, str) else _from_sympy(name, formula)
    except MatcalcError as error:
        raise DeclarationError(f"the formula of {name} cannot be read: {error.message}") from error
    letters = symbols_of(template)
    if len(letters) != 1 or letters[0].shape != SCALAR or template.shape != SCALAR:
        found = ", ".join(str(s.data) for s in letters) or "none"
        raise DeclarationError(
            f"the formula of {name} needs one letter that stands for an entry; it has {found}",
            advice=f'for example functions={{"{name}": "t² exp(−t)"}}',
        )
    letter = symbol(str(letters[0].data))

    def apply_entrywise(argument: Expr) -> Expr:
        return lift(template, {letter: argument}, argument.shape)

    return apply_entrywise


def is_sympy(given: object) -> bool:
    """Whether it is an expression of SymPy; its class is looked at by name, so that SymPy is not imported here."""
    return any(base.__module__.startswith("sympy.") for base in type(given).__mro__)


def _from_sympy(name: str, formula: object) -> Expr:
    if not is_sympy(formula):
        raise DeclarationError(
            f"functions[{name!r}] is a SymPy expression or text, not {type(formula).__name__}",
            advice=f'for example functions={{"{name}": "t² exp(−t)"}}',
        )
    return Expr.from_sympy_form(formula)
