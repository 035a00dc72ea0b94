"""matcalc: closed-form matrix derivatives, from text to formula, LaTeX and NumPy code.

>>> from matcalc import derive
>>> print(derive("‖y − A x‖²", "x"))
∂f/∂x = 2 Aᵀ(A x − y)          A ∈ ℝᵐˣⁿ, x ∈ ℝⁿ, y ∈ ℝᵐ
"""

from matcalc import functions
from matcalc.convexity import curvature
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
from matcalc.minimization import minimize
from matcalc.notation.read import parse
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
