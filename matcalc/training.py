"""Gradient descent as lecture notes write it: W ← W − η ∂f/∂W, in text, LaTeX and a NumPy training loop."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from matcalc.algebra.build import multiply, subtract, symbol
from matcalc.algebra.expr import Expr
from matcalc.algebra.shapes import SCALAR
from matcalc.calculus.definitions import needed
from matcalc.codegen.identifiers import identifier
from matcalc.errors import DerivativeError, OptionError
from matcalc.notation.declarations import Declaration
from matcalc.notation.latex import to_latex
from matcalc.notation.names import normalise_name
from matcalc.notation.text import to_text

__all__ = ["UpdateRule", "update_rule"]


@dataclass(frozen=True)
class UpdateRule:
    """One step of gradient descent for each variable, all from the values before the step.

    gradients  variable → gradient. step: the symbol of the step size. source: NumPy code of
               value_and_derivative, which returns the value and the gradients in the same order.
    named      the gradients with the names of a program in them, and what these names stand for.
    """

    gradients: Mapping[Expr, Expr]
    step: Expr
    source: str
    named: Mapping[Expr, Expr] = field(default_factory=dict)
    names: Mapping[str, Expr] = field(default_factory=dict)

    def updated(self) -> dict[Expr, Expr]:
        """The new value of each variable."""
        return {x: subtract(x, multiply(self.step, g)) for x, g in self.gradients.items()}

    def _shown(self) -> dict[Expr, Expr]:
        return {x: subtract(x, multiply(self.step, self.named.get(x, g))) for x, g in self.gradients.items()}

    def __str__(self) -> str:
        lines = [f"{to_text(x)} ← {to_text(new)}" for x, new in self._shown().items()]
        stands = [f"{name} = {to_text(e)}" for name, e in self.names.items()]
        return "\n".join([*lines, *[f"  where {s}" if i == 0 else f"        {s}" for i, s in enumerate(stands)]])

    def latex(self) -> str:
        """The rule in LaTeX, one line for each variable and each name."""
        lines = [rf"{to_latex(x)} \leftarrow {to_latex(new)}" for x, new in self._shown().items()]
        stands = [rf"{to_latex(symbol(name, e.shape))} = {to_latex(e)}" for name, e in self.names.items()]
        return r" \\ ".join([*lines, *stands])

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/plain": str(self), "text/latex": f"$\\displaystyle {self.latex()}$"}

    def code(self) -> str:
        """A training loop in NumPy: train(data and variables, step size, steps) → variables, values."""
        name, arguments = _signature(self.source)
        step = identifier(str(self.step.data))
        variables = [identifier(str(x.data)) for x in self.gradients]
        data = [a for a in arguments if a not in variables]
        taken = {*arguments, step}
        found = [_free(f"gradient_{v}", taken) for v in variables]
        value, values, count = (_free(w, taken) for w in ("value", "values", "steps"))
        listed = "".join(f"    #   {line}\n" for line in str(self).splitlines())
        moved = "".join(f"        {v} = {v} - {step} * {g}\n" for v, g in zip(variables, found, strict=True))
        return (
            f"{self.source.rstrip()}\n\n\n"
            f"def train({', '.join([*data, *variables, f'{step}=0.01', f'{count}=1000'])}):\n"
            f'    """Gradient descent from {", ".join(variables)}: where it ends, and the values on the way."""\n'
            f"{listed}"
            f"    {values} = []\n"
            f"    for _ in range({count}):\n"
            f"        {value}, {', '.join(found)} = {name}({', '.join(arguments)})\n"
            f"        {values}.append({value})\n"
            f"{moved}"
            f"    return {', '.join([*variables, values])}\n"
        )

    def compile(self) -> Callable[..., Any]:
        """The function train of `code`."""
        namespace: dict[str, Any] = {"__name__": "matcalc.generated"}
        exec(compile(self.code(), "<matcalc train>", "exec"), namespace)
        train = namespace["train"]
        assert callable(train)
        return train  # type: ignore[no-any-return]


def update_rule(
    function: Expr,
    gradients: Mapping[str, Expr],
    where: Mapping[str, Declaration],
    step: str,
    named: Mapping[str, Expr | None],
    definitions: Mapping[str, Expr],
) -> UpdateRule:
    """The rule for a scalar function and its gradients by name; named: the same with the names of a program."""
    from matcalc.codegen.compiled import numpy_code

    if function.shape != SCALAR:
        raise DerivativeError("gradient descent is for scalar functions")
    parts = [n for n in gradients if n not in where]
    if parts:
        raise DerivativeError(f"gradient descent moves whole variables, and {parts[0]} is a part of one")
    if not isinstance(step, str) or not step.strip():
        raise OptionError(f"step is the name of the step size, and not {step!r}")
    name = normalise_name(step)
    if name in where or name in definitions:
        raise OptionError(f"{name} is a symbol of the function", advice="give the step size another name")
    outputs = {"value": function, **{f"gradient_{n}": g for n, g in gradients.items()}}
    source = numpy_code(outputs, where, name="value_and_derivative")
    variables = {symbol(n, where[n].shape): g for n, g in gradients.items()}
    shown = {symbol(n, where[n].shape): e for n, e in named.items() if e is not None}
    return UpdateRule(variables, symbol(name, SCALAR), source, shown, needed(shown.values(), definitions))


def _signature(source: str) -> tuple[str, list[str]]:
    """The name and the arguments of the last function of the source."""
    function = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)][-1]
    return function.name, [a.arg for a in function.args.args]


def _free(wanted: str, taken: set[str]) -> str:
    name = wanted
    while name in taken:
        name += "_"
    taken.add(name)
    return name
