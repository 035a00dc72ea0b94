"""A file that stands alone: the function with checks of shapes, example data, a numeric test and a main."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from matcalc.algebra.shapes import Dim, Polynomial, dim_names
from matcalc.codegen.compiled import exponents
from matcalc.codegen.identifiers import Names, identifier
from matcalc.codegen.numpy_printer import numpy_source
from matcalc.codegen.program import Program
from matcalc.codegen.sampling import Declared
from matcalc.codegen.terms import dims_of
from matcalc.errors import NotYetError

__all__ = ["standalone_source"]

_FILE = '''{function}

def example(seed=0):
    """Arguments of small sizes, drawn at random."""
    rng = np.random.default_rng(seed)
    {sizes}
    return {{
{arguments}
    }}


def quotients(arguments, variable, step=1e-6):
    """The derivative by difference quotients: the axes of the value, then those of the variable."""
    at = np.asarray(arguments[variable], float)
    columns = []
    for entry in np.ndindex(at.shape):
        shift = np.zeros(at.shape)
        shift[entry] = step
        above, below = (np.asarray({name}(**{{**arguments, variable: at + s}})[0]) for s in (shift, -shift))
        columns.append((above - below) / (2 * step))
    return np.stack(columns, axis=-1).reshape((*columns[0].shape, *at.shape))


def test():
    """Each derivative against difference quotients{along}; an AssertionError says which one is wrong."""
    arguments = example()
    derivatives = {name}(**arguments)[1:]
    for variable, derivative in zip({variables}, derivatives, strict=True):
        want = quotients(arguments, variable)
        {project}error = np.abs(derivative - want).max() / max(1.0, np.abs(want).max())
        assert error < 1e-5, f"the derivative by {{variable}} is off by {{error:.1e}}"


if __name__ == "__main__":
    test()
    value, *derivatives = {name}(**example())
    print("value", value)
    for variable, derivative in zip({variables}, derivatives, strict=True):
        print("derivative by", variable, derivative, sep="\\n")
'''

#: How entries are drawn, by what is declared; the first that applies.
_DRAWN = {
    "index": "int(rng.integers(1, 4))",
    "spd": "(lambda a: a @ a.T / len(a) + np.eye(len(a)))(rng.standard_normal({shape}))",
    "psd": "(lambda a: a @ a.T / len(a) + np.eye(len(a)))(rng.standard_normal({shape}))",
    "orthogonal": "np.linalg.qr(rng.standard_normal({shape}))[0]",
    "symmetric": "(lambda a: (a + a.T) / 2)(rng.standard_normal({shape}))",
    "skew": "(lambda a: (a - a.T) / 2)(rng.standard_normal({shape}))",
    "diagonal": "np.diag(rng.uniform(0.5, 1.5, {first}))",
    "lower": "np.tril(rng.standard_normal({shape})) + 3 * np.eye({first})",
    "upper": "np.triu(rng.standard_normal({shape})) + 3 * np.eye({first})",
    "invertible": "rng.standard_normal({shape}) + 3 * np.eye({first})",
    "positive": "rng.uniform(0.5, 1.5, {shape})",
    "nonnegative": "rng.uniform(0.5, 1.5, {shape})",
}
#: How they are drawn otherwise, from a function that is finite in many places to one that is in few.
_MODES = {
    "": "rng.standard_normal({shape})",
    "positive": "rng.uniform(0.4, 1.6, {shape})",
    "unit": "rng.uniform(0.1, 0.9, {shape})",
    "above one": "rng.uniform(1.2, 2.5, {shape})",
    "small": "0.3 * rng.standard_normal({shape})",
    "large": "rng.uniform(3.0, 6.0, {shape})",
}
_WHOLE = "float(rng.integers(2, 5))"
_TRIES = 60
#: A variable with one of these is not moved entry by entry.
_SPACES = {
    "symmetric": "(want + want.T) / 2", "spd": "(want + want.T) / 2", "psd": "(want + want.T) / 2",
    "skew": "(want - want.T) / 2", "diagonal": "np.diag(np.diag(want))", "lower": "np.tril(want)",
    "upper": "np.triu(want)",
}  # fmt: skip


def standalone_source(
    program: Program, name: str, docstring: str, symbols: Mapping[str, Declared], variables: tuple[str, ...]
) -> str:
    """The file for a program of a value and its derivatives by the variables, in this order."""
    if [output for output, _ in program.outputs][:1] != ["value"] or len(program.outputs) != 1 + len(variables):
        raise NotYetError("a file of its own has the value and the first derivatives, in this order")
    if not set(variables) <= set(symbols):
        raise NotYetError("a file of its own is written for derivatives by whole variables, and not by parts of them")
    source = numpy_source(program, name, docstring, checks=True)
    if "import numpy as np" not in source:
        source = "import numpy as np\n\n\n" + source
    free = [s for s, declared in symbols.items() if not declared.facts & _DRAWN.keys()]
    rng = np.random.default_rng(0)
    tried: list[Mapping[str, str]] = [dict.fromkeys(free, mode) for mode in _MODES]
    tried += [{s: str(rng.choice(list(_MODES))) for s in free} for _ in range(_TRIES if len(free) > 1 else 0)]
    for modes in tried:
        text = _file(program, name, source, symbols, variables, modes)
        if _passes(text):
            return text
    raise NotYetError("no example data were found at which the function and its derivatives are finite and smooth")


def _passes(text: str) -> bool:
    """Whether the test of a file passes on its own example data."""
    names: dict[str, Any] = {"__name__": "matcalc.generated"}
    exec(compile(text, "<matcalc standalone>", "exec"), names)
    with np.errstate(all="ignore"):
        try:
            names["test"]()
        except (AssertionError, ArithmeticError, ValueError, IndexError, np.linalg.LinAlgError):
            return False
    return True


def _file(
    program: Program,
    name: str,
    source: str,
    symbols: Mapping[str, Declared],
    variables: tuple[str, ...],
    modes: Mapping[str, str],
) -> str:
    names = list(dict.fromkeys(n for d in symbols.values() for dim in d.shape for n in dim_names(dim)))
    given = Names()
    sizes = {n: given.new(identifier(n)) for n in names}
    whole = {symbol for _, symbol in exponents(program)}
    drawn = []
    for symbol, declared in symbols.items():
        shape = [_dim(d, sizes) for d in dims_of(declared.shape)]
        text = f"({', '.join(shape)}{',' if len(shape) == 1 else ''})"
        template = next((t for fact, t in _DRAWN.items() if fact in declared.facts), _MODES[modes.get(symbol, "")])
        value = _WHOLE if symbol in whole else template.format(shape=text, first=shape[0] if shape else "1")
        drawn.append(f'        "{program.identifiers[symbol]}": {value},')
    spaces = {
        program.identifiers[v]: text for v in variables for fact, text in _SPACES.items() if fact in symbols[v].facts
    }
    project = "".join(f'if variable == "{v}":\n            want = {t}\n        ' for v, t in spaces.items())
    assigned = "\n    ".join(f"{text} = {i + 3}" for i, text in enumerate(sizes.values())) or "pass"
    return _FILE.format(
        function=source,
        name=name,
        sizes=assigned,
        arguments="\n".join(drawn),
        along=" within what is declared of the variable" if spaces else "",
        variables=repr(tuple(program.identifiers[v] for v in variables)),
        project=project,
    )


def _dim(dim: Dim, sizes: Mapping[str, str]) -> str:
    if isinstance(dim, Polynomial):
        return " + ".join("*".join([str(c), *[sizes[n] for n in monomial]]) for monomial, c in dim.terms)
    return str(dim) if isinstance(dim, int) else sizes[dim]
