"""The derivation on the page: the sweep over a straight-line program with names, line by line."""

from matcalc.derivation.pages import Task, derivation
from matcalc.derivation.steps import Head, Step, Steps

__all__ = ["Head", "Step", "Steps", "Task", "derivation"]
