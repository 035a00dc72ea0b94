"""Arrays of derivatives whose matrix has no closed form: the linear map in every unit direction.

The printed code is that of the map in one direction, and a loop over the entries of the variable; what
has a closed form beside it is computed by one program of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from matcalc.algebra.entries import ALL
from matcalc.algebra.expr import Expr
from matcalc.algebra.shapes import Dim
from matcalc.calculus.variables import Variable
from matcalc.codegen.assembly import Entries
from matcalc.codegen.compiled import Array, Compiled, by_name, by_symbol, compile_numpy
from matcalc.codegen.identifiers import identifier
from matcalc.codegen.sampling import Declared
from matcalc.errors import DataError

__all__ = ["Closed", "Columns", "Moving", "compile_columns"]

_LOOP = """

def {name}({arguments}):
    columns = []
    for entry in np.ndindex({shape}):
        {direction} = np.zeros({shape})
        {direction}[entry] = 1.0
        columns.append({action}({inside}))
    array = np.stack(columns, axis=-1)
    return array.reshape(*columns[0].shape, *{shape})
"""


@dataclass(frozen=True)
class Closed:
    """An output with a closed form, and the axes of the array where it is a vec-matrix."""

    expr: Expr | Entries
    axes: tuple[Dim, ...] | None = None


@dataclass(frozen=True)
class Moving:
    """An output that is the array of a differential, linear in `direction`, which moves `variable`."""

    differential: Expr
    variable: Variable
    direction: Expr


@dataclass(frozen=True)
class _Action:
    """The compiled differential, with the variable and the name of its direction."""

    name: str
    run: Compiled
    variable: Variable
    direction: str

    @property
    def whole(self) -> str:
        """The name of the array that moves, or of which a part moves."""
        return str(self.variable.whole.data)

    @property
    def axes(self) -> list[int] | None:
        """The axes of that array along which a part of it extends; None where the whole moves."""
        return [k for k, place in enumerate(self.variable.places) if place == ALL] if self.variable.is_part else None

    def source(self) -> str:
        """The function in one direction, and the loop over the entries."""
        symbols = [name for name in self.run.shapes if name != self.direction]
        array = identifier(self.whole)
        shape = f"{array}.shape"
        if self.axes is not None:
            shape = f"({''.join([f'{array}.shape[{k}],' for k in self.axes])})"
        return self.run.source + _LOOP.format(
            name=self.name, action=self.run.__name__, arguments=", ".join(map(identifier, symbols)),
            shape=shape, direction=identifier(self.direction),
            inside=", ".join(map(identifier, self.run.shapes)),
        )  # fmt: skip

    def array(self, arguments: Mapping[str, object]) -> Array:
        """The array, axes of the function first."""
        given = by_symbol({**arguments, self.direction: 0.0}, self.run.shapes)
        shape = np.asarray(given[self.whole]).shape
        shape = shape if self.axes is None else tuple([shape[k] for k in self.axes])
        columns = []
        for entry in np.ndindex(shape):
            unit = np.zeros(shape)
            unit[entry] = 1.0
            columns.append(np.asarray(self.run(**{**given, self.direction: unit})))
        return np.stack(columns, axis=-1).reshape(*columns[0].shape, *shape)


class Columns:
    """A function of named arrays: the true arrays of some outputs, in their order; an array for a single one."""

    def __init__(self, names: Sequence[str], closed: Compiled | None, actions: Mapping[str, _Action]) -> None:
        self.names, self.closed, self.actions = tuple(names), closed, dict(actions)
        first = next(iter(self.actions.values()))
        self.shapes = {name: shape for name, shape in first.run.shapes.items() if name != first.direction}
        sources = [*([closed.source] if closed else []), *[action.source() for action in self.actions.values()]]
        self.source = _joined(sources)

    def __call__(self, /, *unnamed: object, **arguments: object) -> Array | tuple[Array, ...]:
        """The arrays in the order in which they were asked for."""
        if unnamed:
            raise by_name(self.shapes)
        for action in self.actions.values():
            if action.direction in arguments:
                raise DataError(f"{action.direction} is no symbol of the function")
        found = {name: action.array(arguments) for name, action in self.actions.items()}
        if self.closed is not None:
            values = self.closed(**arguments)
            names = [name for name in self.names if name not in self.actions]
            found.update(zip(names, values if isinstance(values, tuple) else (values,), strict=True))
        arrays = tuple([np.asarray(found[name]) for name in self.names])
        return arrays if len(arrays) > 1 else arrays[0]


def _joined(sources: list[str]) -> str:
    """The functions of several sources below the imports of all."""
    lines = [line for source in sources for line in source.strip().splitlines()]
    imports = ["import numpy as np", *[line for line in lines if line.startswith(("import ", "from "))]]
    bodies = ["\n".join([line for line in source.splitlines() if line not in imports]).strip() for source in sources]
    return "\n".join(dict.fromkeys(imports)) + "\n\n\n" + "\n\n\n".join(bodies) + "\n"


def compile_columns(
    outputs: Mapping[str, Closed | Moving], symbols: Mapping[str, Declared], title: str = ""
) -> Columns:
    """A callable for outputs of which at least one is Moving, in the order of the mapping.

    symbols: declarations of the function's symbols. title: the docstring of what is printed.
    """
    shapes = {name: declared.shape for name, declared in symbols.items()}
    facts = {name: declared.facts for name, declared in symbols.items()}
    actions = {}
    for name, output in outputs.items():
        if isinstance(output, Moving):
            direction = str(output.direction.data)
            run = compile_numpy(
                {name: output.differential}, {**shapes, direction: output.direction.shape}, facts,
                name=name.replace("derivative", "differential"), title=title,
            )  # fmt: skip
            actions[name] = _Action(name, run, output.variable, direction)
    closed = {name: output for name, output in outputs.items() if isinstance(output, Closed)}
    direct = None
    if closed:
        axes = {name: output.axes for name, output in closed.items() if output.axes is not None}
        direct = compile_numpy(
            {name: output.expr for name, output in closed.items()}, shapes, facts, axes=axes, name="_and_".join(closed)
        )
    return Columns(list(outputs), direct, actions)
