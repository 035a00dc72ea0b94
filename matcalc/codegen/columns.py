"""Arrays of derivatives whose matrix has no closed form: the linear map in every unit direction.

The printed code is that of the map in one direction, and a loop over the entries of the variable.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from matcalc.algebra.expr import Expr
from matcalc.codegen.compiled import Array, Compiled, by_symbol, compile_numpy
from matcalc.codegen.identifiers import identifier
from matcalc.codegen.sampling import Declared
from matcalc.errors import DataError

__all__ = ["Columns", "compile_columns"]

_LOOP = """
def {name}({arguments}):
    columns = []
    for entry in np.ndindex({variable}.shape):
        {direction} = np.zeros({variable}.shape)
        {direction}[entry] = 1.0
        columns.append(differential({inside}))
    array = np.stack(columns, axis=-1)
    return array.reshape(*columns[0].shape, *{variable}.shape)
"""


class Columns:
    """A function of named arrays: the true array of a derivative, axes of the function first."""

    def __init__(self, action: Compiled, variable: str, direction: str, value: Compiled | None, first: bool) -> None:
        self.action, self.variable, self.direction = action, variable, direction
        self.value, self.first = value, first
        self.shapes = {name: shape for name, shape in action.shapes.items() if name != direction}
        arguments = [identifier(name) for name in self.shapes]
        inside = [identifier(name) for name in action.shapes]
        loop = _LOOP.format(
            name="derivative", arguments=", ".join(arguments), variable=identifier(variable),
            direction=identifier(direction), inside=", ".join(inside),
        )  # fmt: skip
        self.source = _joined([*([value.source] if value else []), action.source, loop])

    def __call__(self, /, **arguments: object) -> Array | tuple[Array, ...]:
        """The array, and the value where it was asked for."""
        if self.direction in arguments:
            raise DataError(f"{self.direction} is no symbol of the function")
        given = by_symbol({**arguments, self.direction: 0.0}, self.action.shapes)
        at = np.asarray(given[self.variable], float)
        columns = []
        for entry in np.ndindex(at.shape):
            unit = np.zeros(at.shape)
            unit[entry] = 1.0
            columns.append(np.asarray(self.action(**{**given, self.direction: unit})))
        array = np.stack(columns, axis=-1).reshape(*columns[0].shape, *at.shape)
        if self.value is None:
            return array
        value = np.asarray(self.value(**arguments))
        return (value, array) if self.first else (array, value)


def _joined(sources: list[str]) -> str:
    """The functions of several sources below the imports of all."""
    lines = [line for source in sources for line in source.strip().splitlines()]
    imports = ["import numpy as np", *[line for line in lines if line.startswith(("import ", "from "))]]
    bodies = ["\n".join([line for line in source.splitlines() if line not in imports]).strip() for source in sources]
    return "\n".join(dict.fromkeys(imports)) + "\n\n\n" + "\n\n\n".join(bodies) + "\n"


def compile_columns(
    differential: Expr,
    variable: Expr,
    direction: Expr,
    symbols: Mapping[str, Declared],
    value: Expr | None,
    *,
    first: bool = True,
    title: str = "",
) -> Columns:
    """A callable for the array of a differential that is linear in `direction`; the value too if it is given.

    first: whether the value comes before the array.
    """
    shapes = {name: declared.shape for name, declared in symbols.items()}
    facts = {name: declared.facts for name, declared in symbols.items()}
    name = str(direction.data)
    action = compile_numpy(
        {"derivative": differential}, {**shapes, name: direction.shape}, facts, name="differential", title=title
    )
    wanted = None if value is None else compile_numpy({"value": value}, shapes, facts, name="value")
    return Columns(action, str(variable.data), name, wanted, first)
