"""A program as NumPy source: the function that a NumPy user would write and keep."""

from __future__ import annotations

import re
from collections.abc import Sequence

from matcalc.algebra.shapes import Dim, dim_text
from matcalc.codegen.identifiers import MODULES
from matcalc.codegen.inplace import Statements
from matcalc.codegen.lapack import helpers
from matcalc.codegen.numpy_arithmetic import ATOM
from matcalc.codegen.numpy_text import Writer
from matcalc.codegen.program import Assignment, Program
from matcalc.codegen.terms import Term, dims_of

__all__ = ["docstring_lines", "function_text", "numpy_source", "result_text", "with_imports"]


def numpy_source(
    program: Program, name: str = "value_and_derivative", docstring: str = "", checks: bool = False
) -> str:
    """The source of a function of the program's inputs that returns its outputs.

    checks: whether the function begins by comparing the shapes of its arguments.
    """
    first = _checks(program) if checks else []
    return with_imports(["\n".join(function_text(program, name, docstring, first=first))])


def function_text(
    program: Program, name: str, docstring: str, *, fast: bool = False, first: Sequence[str] = ()
) -> list[str]:
    """The lines of one function, without imports; `first` stands before its own statements."""
    writer = Writer(program, fast)
    body = [*first, *(_tuned(writer, program) if fast else _plain(writer, program))]
    body.append(f"return {', '.join([result_text(writer, term) for _, term in program.outputs])}")
    lines = [f"def {name}({', '.join(program.identifiers[n] for n, _ in program.inputs)}):"]
    return [*lines, *docstring_lines(docstring or _shapes_text(program)), *["    " + line for line in body]]


def _plain(writer: Writer, program: Program) -> list[str]:
    return [line for a in program.assignments for line in _assignment(writer, a)]


def _tuned(writer: Writer, program: Program) -> list[str]:
    """The assignments, each in as little memory as it needs."""

    def several(name: str, term: Term) -> list[str] | None:
        return _assignment(writer, Assignment(name, term)) if term.op in ("blocks4", "assembled") else None

    return Statements(program, writer).lines(several)


def with_imports(functions: Sequence[str]) -> str:
    """The functions below the functions of linear algebra that they call, and below the imports of all."""
    text = "\n".join(functions)
    parts = [*helpers(_called(text)), *functions]
    return "\n\n\n".join(["\n".join(_imports("\n".join(parts))), *parts]).lstrip("\n") + "\n"


def _assignment(writer: Writer, assignment: Assignment) -> list[str]:
    """The statements that compute a named value."""
    term, name = assignment.term, assignment.name
    if term.op == "blocks4":  # zeros, and a block at each pair of equal indices
        block, *lengths = (writer.text(a) for a in term.args)
        i = f"np.arange({lengths[term.axis or 0]})"
        place = f"{i}, :, {i}" if term.axis == 0 else f":, {i}, :, {i}"
        return [f"{name} = np.zeros(({', '.join(lengths)}))", f"{name}[{place}] = {block}"]
    if term.op == "assembled":
        return _assembled(writer, name, term)
    return [f"{name} = {writer.text(term, top=True)}"]


def _assembled(writer: Writer, name: str, term: Term) -> list[str]:
    """Zeros, or the first block if it has all axes; then the others, each on the diagonals where its indices agree."""
    views, sizes, blocks = _parted(term)
    first, given = views[0]
    if len({*first}) == len(first) == blocks[0].rank:
        text = writer.text(blocks[0], ATOM)
        if given != first:
            text += f".transpose({', '.join(str(given.index(i)) for i in first)})"
        kept = blocks[0] in writer.names and writer.program.users(blocks[0]) > 1
        new = blocks[0].op == "index_sum" or (blocks[0].op == "reshape" and blocks[0].args[0].op in ("matmul", "plus"))
        lines, done = [f"{name} = {text}{'' if (new and not kept) or len(blocks) == 1 else '.copy()'}"], 1
    else:
        lines, done = [f"{name} = np.zeros(({', '.join(writer.text(n) for n in sizes)}))"], 0
    for at, ((view, given), block) in enumerate(zip(views[done:], blocks[done:], strict=True)):
        place = f"np.einsum({view + '->' + given!r}, {name})[...]"
        if view == given:
            place = name if at or done else f"{name}[...]"
        lines.append(f"{place} {'=' if at == 0 and not done else '+='} {writer.text(block)}")
    return lines


def _parted(term: Term) -> tuple[list[tuple[str, str]], tuple[Term, ...], tuple[Term, ...]]:
    """Of an assembled array: the letters of its axes and of those of each block, its sizes, and the blocks."""
    assert isinstance(term.data, tuple)
    views = [(view, given) for view, _, given in [str(text).partition("->") for text in term.data]]
    return views, term.args[: term.rank], term.args[term.rank :]


def result_text(writer: Writer, term: Term) -> str:
    """The text of a result, which is a float where it is a number."""
    text = writer.text(term)
    return text + ".0" if re.fullmatch(r"-?\d+", text) else text


def _called(text: str) -> set[str]:
    return set(re.findall(r"(?<![\w.])\w+(?=\()", text))


def _imports(text: str) -> list[str]:
    words = set(re.findall(r"(?<![\w.])\w+", text))
    lines = ["import numpy as np"] if "np." in text else []
    for module, functions in MODULES.items():
        wanted = [name for name in functions if name in words]
        if wanted:
            lines.append(f"from {module} import {', '.join(wanted)}")
    return lines


def docstring_lines(text: str) -> list[str]:
    """The lines of a docstring, inside a function."""
    safe = text.replace("\\", "\\\\").replace('"""', "'''").rstrip()
    if safe.endswith('"'):
        safe += " "
    lines = safe.split("\n")
    if len(lines) == 1:
        return [f'    """{safe}"""']
    return [f'    """{lines[0]}', *[f"    {line}".rstrip() for line in lines[1:]], '    """']


def _shapes_text(program: Program) -> str:
    """The shapes of arguments and results: "A: m×n, x: n → value: scalar"."""
    given = ", ".join(f"{program.identifiers[n]}: {_axes(dims_of(s))}" for n, s in program.inputs)
    returned = ", ".join(f"{name}: {_axes(t.dims)}" for name, t in program.outputs)
    return f"{given} → {returned}." if given else f"{returned}."


def _axes(dims: Sequence[Dim]) -> str:
    return "×".join(dim_text(d) for d in dims) or "scalar"


def _checks(program: Program) -> list[str]:
    """Statements that compare shapes, each dimension with the first argument that has it."""
    seen: dict[str, str] = {}
    lines = []
    for symbol, shape in program.inputs:
        argument, dims = program.identifiers[symbol], dims_of(shape)
        lines.append(f"if np.ndim({argument}) != {len(dims)}:")
        lines.append(f'    raise ValueError(f"{argument} has {{np.ndim({argument})}} axes, not {len(dims)}")')
        for axis, dim in enumerate(dims):
            here = f"{argument}.shape[{axis}]"
            if isinstance(dim, str) and dim not in seen:
                seen[dim] = here
            elif isinstance(dim, int | str):
                wanted = str(dim) if isinstance(dim, int) else seen[dim]
                lines.append(f"if {here} != {wanted}:")
                lines.append(f'    raise ValueError(f"axis {axis} of {argument} is {{{here}}} long, not {{{wanted}}}")')
    return lines
