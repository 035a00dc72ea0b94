"""matcalc: closed-form matrix derivatives, from text to formula, LaTeX and NumPy code.

>>> from matcalc import derive
>>> print(derive("‖y − A x‖²", "x"))
∂f/∂x = 2 Aᵀ(A x − y)          A ∈ ℝᵐˣⁿ, x ∈ ℝⁿ, y ∈ ℝᵐ
"""

from importlib import import_module
from typing import TYPE_CHECKING

from matcalc.derive import Derivative, Derivatives, derive, differential, simplify
from matcalc.errors import (
    AmbiguityError,
    DataError,
    DeclarationError,
    DerivativeError,
    LimitError,
    MatcalcError,
    NoClosedForm,
    NotYetError,
    OptionError,
    ParseError,
    ShapeError,
)
from matcalc.expressions import symbols
from matcalc.notation.read import parse

if TYPE_CHECKING:
    from matcalc import functions
    from matcalc.convexity import curvature
    from matcalc.minimization import minimize
    from matcalc.solving import solve
    from matcalc.symbolic import from_sympy

__all__ = [
    "AmbiguityError",
    "DataError",
    "DeclarationError",
    "Derivative",
    "DerivativeError",
    "Derivatives",
    "LimitError",
    "MatcalcError",
    "NoClosedForm",
    "NotYetError",
    "OptionError",
    "ParseError",
    "ShapeError",
    "curvature",
    "derive",
    "differential",
    "from_sympy",
    "functions",
    "minimize",
    "parse",
    "simplify",
    "solve",
    "symbols",
]

#: What not every program needs is imported when it is first asked for (PEP 562). None of these names
#: is that of the module behind it, which would take its place; `functions` is a module.
_LATE = {
    "curvature": "matcalc.convexity",
    "from_sympy": "matcalc.symbolic",
    "functions": "matcalc.functions",
    "minimize": "matcalc.minimization",
    "solve": "matcalc.solving",
}


def __getattr__(name: str) -> object:
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(_LATE[name])
    value = globals()[name] = module if module.__name__ == f"{__name__}.{name}" else getattr(module, name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
