"""SymPy expressions as expressions, and back, on everything that both know.

SymPy is imported when a function of this package is called. A dimension is a positive integer symbol
there; a 1×1 product such as xᵀA x is its entry [0, 0], since SymPy keeps matrices and scalars apart.
"""

from matcalc.symbolic.reading import from_sympy
from matcalc.symbolic.writing import to_sympy

__all__ = ["from_sympy", "to_sympy"]
