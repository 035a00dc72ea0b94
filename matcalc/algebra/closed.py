"""Numbers written with functions: whether log(−1), sqrt(−2) and their like have a real value.

SymPy is asked, and only where nothing simpler decides.
"""

from __future__ import annotations

from itertools import islice

from matcalc.algebra.build import CONSTANT, NUMBER, POWER, number_value
from matcalc.algebra.expr import Expr, preorder
from matcalc.algebra.facts import Facts
from matcalc.errors import MatcalcError

__all__ = ["has_value"]

_FACTS = Facts()
#: A number of more operations passes unasked.
_LONG = 50


def has_value(e: Expr) -> bool:
    """False for a number that does not exist although its operands do, such as log(−1); True for all else.

    >>> from matcalc.algebra.build import number, sqrt, symbol
    >>> has_value(sqrt(number(2))), has_value(sqrt(number(-2))), has_value(sqrt(symbol("x")))
    (True, False, True)
    """
    if e.op is not POWER and not e.op.domain:
        return True
    (base, *_) = e.args
    if base.op is NUMBER and e.op is POWER and number_value(base) >= 0:
        return True
    beginning = list(islice(preorder(e), _LONG))
    if any(not node.args and node.op not in (NUMBER, CONSTANT) for node in beginning) or not e.is_scalar:
        return True
    if len(beginning) == _LONG:
        return True
    if set(e.op.domain) <= {"{0} > 0"} and _FACTS.holds("positive", base):
        return True
    return _is_real(e)


def _is_real(e: Expr) -> bool:
    """Whether SymPy finds a finite real value; what it does not know passes."""
    try:
        value = e.to_sympy().evalf(20)  # type: ignore[attr-defined]
        return value.is_finite is not False and abs(complex(value).imag) < 1e-12
    except (MatcalcError, TypeError):
        return True
