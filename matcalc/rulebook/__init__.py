"""What is known: functions, linear primitives, rewrite rules and facts, as tables."""

from matcalc.rulebook import elementwise, entries, functions, matrixfunctions, solutions, unknown  # noqa: F401
