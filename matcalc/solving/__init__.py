"""From the gradient to the answer: stationary points and equations solved in closed form."""

from matcalc.solving.front import solve
from matcalc.solving.solution import Identity, Point, Solution

__all__ = ["Identity", "Point", "Solution", "solve"]
