"""A program that goes through its data row by row as NumPy source: a block of rows after another.

Value and derivatives of a block are computed while it is in the cache, so that the data are read
once from memory, and the arrays in between never leave the cache.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

from matcalc.algebra.shapes import dim_substitute
from matcalc.codegen.elementwise import size_of, times
from matcalc.codegen.numpy_printer import function_text, with_imports
from matcalc.codegen.numpy_text import Writer
from matcalc.codegen.program import Program
from matcalc.codegen.rows import Rows, split_rows
from matcalc.codegen.terms import Dims

__all__ = ["AFTER", "BEFORE", "BLOCK", "SUMS", "fast_source", "row_functions", "rows_at_once"]

#: The names of the functions for the three programs, of the loop over blocks, and of all together.
BEFORE, BLOCK, SUMS, AFTER, WHOLE = "before_rows", "block_of_rows", "sums_of_rows", "after_rows", "by_rows"
FEW = "few_entries"
#: Entries below which exp, log1p and a quotient cost more than one call of a function that is four times as slow.
_FEW = 200
#: Entries of the largest array that is cut, above which blocks pay: 16 MB, half of a third-level cache.
_LARGE = 1 << 21
#: Entries of a block: 0.5 MB, half of a second-level cache; but not fewer rows than products need.
_BLOCK, _LEAST = 1 << 16, 32


def fast_source(
    program: Program, name: str = "value_and_derivative", docstring: str = "", few: Program | None = None
) -> str:
    """The source that runs: products as method calls, which cost less, and large data in blocks of rows.

    few: the program for few entries, where the number of calls decides and not what each does.
    """
    rows = split_rows(program)
    first: list[str] = []
    below: list[str] = []
    if few is not None:
        arguments = ", ".join(program.identifiers[n] for n, _ in program.inputs)
        sizes = _largest(program, sorted({m.dims for m in program.margins}, key=str))
        first = [f"if {sizes} < {_FEW}:", f"    return {FEW}({arguments})"]
        below = ["\n".join(function_text(few, FEW, "The same in fewer calls, each of which does more.", fast=True))]
    if rows is not None and rows.sums:
        arguments = ", ".join(program.identifiers[n] for n, _ in program.inputs)
        sizes = " + ".join(f"{program.identifiers[n]}.size" for n in _matrices(program, rows))
        first += [f"if {sizes} > {_LARGE}:", f"    return {WHOLE}({arguments})"]
        below += [*row_functions(rows), "\n".join(_whole(program, rows, arguments))]
    function = function_text(program, name, docstring, fast=True, first=first)
    return with_imports(["\n".join(function), *below])


def _matrices(program: Program, rows: Rows) -> list[str]:
    """The inputs that are cut and large: matrices, if there are any."""
    shapes = dict(program.inputs)
    return [n for n in rows.cut if shapes[n][1] != 1] or list(rows.cut[:1])


def row_functions(rows: Rows) -> list[str]:
    """The functions for what is done before, for a block, for all blocks, and after."""
    parts = [_named(rows.before, BEFORE, "What no row enters.")] if rows.fixed else []
    parts.append(_named(rows.block, BLOCK, f"The sums over a block of rows{', and its rows' if rows.parts else ''}."))
    return [*parts, "\n".join(_loop(rows)), _named(rows.after, AFTER, "The results from the sums.")]


def rows_at_once(rows: Rows, sizes: Mapping[str, int]) -> int:
    """The number of rows of a block, as `by_rows` computes it."""

    def largest(found: Sequence[Dims]) -> int:
        lengths = [[dim_substitute(d, sizes) for d in dims] for dims in found]
        return max([prod([n for n in dims if isinstance(n, int)]) for dims in lengths], default=0)

    width = largest(rows.widths) or 1
    return max(_LEAST, _BLOCK // width, 2 * largest(rows.largest) // width)


def _named(program: Program, name: str, docstring: str) -> str:
    return "\n".join(function_text(program, name, docstring, fast=True))


def _arguments(program: Program, cut: Sequence[str] = (), piece: str = "") -> str:
    return ", ".join(f"{program.identifiers[n]}{piece if n in cut else ''}" for n, _ in program.inputs)


def _loop(rows: Rows) -> list[str]:
    """The loop over blocks: the arguments of the function for a block, and how many rows a block has."""
    block = rows.block
    count = f"len({block.identifiers[next(n for n, _ in block.inputs if n in rows.cut)]})"
    body = [f'"""The sums over all rows{", and all rows" if rows.parts else ""}, `step` rows at once."""']
    if rows.sums:
        body.append(f"{' = '.join(rows.sums)} = 0.0")
    body.append(f"for start in range(0, {count}, step):")
    found = [f"{name}_" for name in (*rows.sums, *rows.parts)]
    piece = "[start : start + step]"
    body.append(f"    {', '.join(found)} = {BLOCK}({_arguments(block, rows.cut, piece)})")
    body += [f"    {name} += {name}_" for name in rows.sums]
    if rows.parts:
        body.append("    if start == 0:")
        body += [f"        {n} = np.empty(({count}, *{n}_.shape[1:]), {n}_.dtype)" for n in rows.parts]
    body += [f"    {name}{piece} = {name}_" for name in rows.parts]
    body.append(f"return {', '.join([*rows.sums, *rows.parts])}")
    return [f"def {SUMS}(step, {_arguments(block)}):", *["    " + line for line in body]]


def _whole(program: Program, rows: Rows, arguments: str) -> list[str]:
    width = _largest(program, rows.widths) or "1"
    least = _largest(program, rows.largest)
    steps = [str(_LEAST), f"{_BLOCK} // {_bracketed(width)}"]
    if least:
        steps.append(f"2 * {_bracketed(least)} // {_bracketed(width)}")
    body = ['"""The same, one block of rows after another."""']
    if rows.fixed:
        body.append(f"{', '.join(rows.fixed)} = {BEFORE}({_arguments(rows.before)})")
    body.append(f"step = max({', '.join(steps)})")
    body.append(f"{', '.join([*rows.sums, *rows.parts])} = {SUMS}(step, {_arguments(rows.block)})")
    body.append(f"return {AFTER}({_arguments(rows.after)})")
    return [f"def {WHOLE}({arguments}):", *["    " + line for line in body]]


def _bracketed(text: str) -> str:
    return text if " " not in text or text.startswith("max(") else f"({text})"


def _largest(program: Program, dims: Sequence[Dims]) -> str:
    """The largest number of entries of arrays of these dims, as a Python expression."""
    table = next(t for _, t in program.outputs).table
    writer = Writer(program)
    writer.names = {}  # sizes are read from the arguments
    one = size_of(table, 1)
    texts = dict.fromkeys(writer.text(times(one, *[size_of(table, d) for d in found])) for found in dims if found)
    return f"max({', '.join(texts)})" if len(texts) > 1 else "".join(texts)
