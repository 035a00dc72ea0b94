"""Programs that go through their data row by row: what is done before, for each block of rows, and after.

A dimension n is one of rows if every term that has it as an axis can be computed for some rows
alone, and meets the rest only in sums over n. Such a program is split in three: `before` computes
what no row enters, `block` the sums and the rows of one block, `after` the results from the sums.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matcalc.algebra.shapes import Dim, Shape, dim_names
from matcalc.codegen.identifiers import Names
from matcalc.codegen.passes import rewrite
from matcalc.codegen.program import Program
from matcalc.codegen.schedule import schedule
from matcalc.codegen.terms import Dims, Term, postorder

__all__ = ["Rows", "split_rows"]

#: What a term is to the rows: none enter it, it has an axis of them, it is a sum over them, it needs such a sum.
_FIXED, _ROW, _SUM, _AFTER = range(4)


@dataclass(frozen=True)
class Rows:
    """A program in three.

    dim: the dimension of the rows. cut: the inputs that are cut into blocks.
    fixed: the results of `before`; sums, parts: those of `block`; both are arguments where they are needed.
    after: returns the outputs of the whole, whose rows are the parts, put together.
    widths, largest: the dims beside n of the rows, and those of the sums, which the size of a block depends on.
    """

    dim: str
    cut: tuple[str, ...]
    before: Program
    block: Program
    after: Program
    fixed: tuple[str, ...]
    sums: tuple[str, ...]
    parts: tuple[str, ...]
    widths: tuple[Dims, ...]
    largest: tuple[Dims, ...]


def split_rows(program: Program) -> Rows | None:
    """The program by rows, or None if no dimension of its inputs is one of rows."""
    for dim in _candidates(program):
        kinds = _kinds(program, dim)
        if kinds is not None:
            return _split(program, dim, kinds)
    return None


def _candidates(program: Program) -> list[str]:
    """The names that are first axes and nothing else, those of most data first."""
    first: dict[str, int] = {}
    barred: set[str] = set()
    for _, shape in program.inputs:
        rows, columns = shape
        barred.update(dim_names(columns))
        if isinstance(rows, str):
            first[rows] = max(first.get(rows, 0), 2 if columns != 1 else 1)
        else:
            barred.update(dim_names(rows))
    return sorted([d for d in first if d not in barred], key=lambda d: -first[d])


# --- what each term is to the rows ------------------------------------------------------------------

_ENTRYWISE = frozenset({"plus", "times", "call", "scale"})
#: Operations on which an axis of rows goes through, with the operands that may have one.
_THROUGH: dict[str, tuple[int, ...]] = {
    "transpose": (0,), "spread": (0,), "copy": (0,), "column": (0,), "rowdot": (0, 1), "row_kron": (0, 1),
    "outer": (0, 1), "solve": (1,), "lu_solve": (1,), "cho_solve": (1,), "solve_triangular": (1,),
}  # fmt: skip


def _kinds(program: Program, dim: str) -> dict[Term, int] | None:
    """The kind of every term, or None where the rows meet in another way."""
    kinds: dict[Term, int] = {}
    for t in postorder(term for _, term in program.outputs):
        kind = _kind(t, dim, [kinds[a] for a in t.args])
        if kind is None:
            return None
        kinds[t] = kind
    rows = [t for _, t in program.outputs if kinds[t] == _ROW]
    if any(t.dims[0] != dim for t in rows) or all(kind != _ROW for kind in kinds.values()):
        return None
    if all(kinds[t] == _FIXED for _, t in program.outputs):
        return None
    return kinds


def _kind(t: Term, dim: str, operands: Sequence[int]) -> int | None:
    has_rows = _count(t.dims, dim)
    if t.op == "input":
        return _ROW if has_rows else _FIXED
    if t.op == "size":  # of the whole, whatever the block
        return _FIXED
    if t.op == "spread" and has_rows < 2 and operands[0] == _FIXED:
        return _FIXED
    if has_rows > 1 or (has_rows and _AFTER in operands) or (has_rows and _SUM in operands):
        return None
    if has_rows:
        return _ROW if _goes_through(t, dim, operands) else None
    if _ROW in operands:
        return _SUM if _sums(t, dim) and _AFTER not in operands and _SUM not in operands else None
    return _FIXED if all(kind == _FIXED for kind in operands) else _AFTER


def _count(dims: Dims, dim: str) -> int:
    return sum(2 if d != dim and not isinstance(d, int | str) and dim in dim_names(d) else d == dim for d in dims)


def _goes_through(t: Term, dim: str, operands: Sequence[int]) -> bool:
    rows = [i for i, kind in enumerate(operands) if kind == _ROW]
    if t.op in _ENTRYWISE:
        at = t.dims.index(dim)
        return all(_axis_inside(t.args[i], t, dim) == at for i in rows) and bool(rows)
    if t.op in ("sum", "max"):
        return rows == [0] and t.args[0].dims[t.axis or 0] != dim
    if t.op == "matmul":
        return len(rows) == 1
    if t.op in ("index_sum", "stacked_product"):
        return _row_letter(t, dim) in str(t.data).partition("->")[2] and bool(_row_letter(t, dim))
    allowed = _THROUGH.get(t.op)
    if allowed is None or not rows or not set(rows) <= set(allowed):
        return False
    return t.op != "rowdot" or len(rows) == 2


def _axis_inside(operand: Term, t: Term, dim: str) -> int:
    """The axis of t along which the rows of an operand lie: a vector lies along the last."""
    return operand.dims.index(dim) + t.rank - operand.rank


def _sums(t: Term, dim: str) -> bool:
    """Whether t is a sum over the rows: that of the whole is the sum of those of the blocks."""
    dims = [a.dims for a in t.args]
    if t.op == "matmul":
        return dims[0][-1:] == (dim,) == dims[1][:1]
    if t.op in ("dot", "vdot"):
        return dim in dims[0] and dims[0] == dims[1]
    if t.op in ("index_sum", "stacked_product"):
        return bool(_row_letter(t, dim))
    return t.op == "sum" and (t.axis is None or dims[0][t.axis] == dim)


def _row_letter(t: Term, dim: str) -> str:
    """The index of the rows in a sum of products, if all operands that have rows share it."""
    operands = str(t.data).partition("->")[0].split(",")
    found = {i for a, letters in zip(t.args, operands, strict=True) for i, d in zip(letters, a.dims, strict=True)
             if d == dim}  # fmt: skip
    return found.pop() if len(found) == 1 else ""


# --- three programs -----------------------------------------------------------------------------------


def _split(program: Program, dim: str, kinds: dict[Term, int]) -> Rows:
    terms = postorder(term for _, term in program.outputs)
    outputs = [t for _, t in program.outputs]
    given = Names(program.identifiers.values())
    above: dict[Term, set[int]] = {t: set() for t in terms}
    for t in reversed(terms):  # what is repeated is used by whatever uses the repeated one
        for a in t.args:
            above[a] |= above[t] if t.op == "spread" and kinds[t] == _FIXED else {kinds[t]}
    leaf = ("input", "number", "constant")
    fixed = [t for t in terms if kinds[t] == _FIXED and t.op not in leaf and above[t] & {_ROW, _SUM}]
    fixed = [t for t in fixed if t.op != "spread" and not (t.op == "transpose" and t.args[0].op in leaf)]
    sums = [t for t in terms if kinds[t] == _SUM and (_AFTER in above[t] or t in outputs)]
    parts = [t for t in dict.fromkeys(outputs) if kinds[t] == _ROW]
    groups = (("c", fixed), ("s", sums), ("rows", parts))
    names = {
        t: given.new(program.names.get(t) or f"{word}{i}") for word, found in groups for i, t in enumerate(found, 1)
    }
    cut = tuple([name for name, shape in program.inputs if shape[0] == dim])
    block = _replaced([*sums, *parts], fixed, names)
    after = _replaced(outputs, [*fixed, *sums, *parts], names)
    return Rows(
        dim,
        cut,
        _program([(names[t], t) for t in fixed], program),
        _program([(names[t], block[t]) for t in (*sums, *parts)], program),
        _program([(name, after[t]) for name, t in program.outputs], program),
        tuple([names[t] for t in fixed]),
        tuple([names[t] for t in sums]),
        tuple([names[t] for t in parts]),
        tuple(dict.fromkeys([_beside(t.dims, dim) for t in terms if kinds[t] == _ROW and t.op != "spread"])),
        tuple(dict.fromkeys([t.dims for t in sums if t.rank])),
    )


def _beside(dims: Dims, dim: str) -> Dims:
    return tuple([d for d in dims if d != dim])


def _replaced(roots: Sequence[Term], known: Sequence[Term], names: dict[Term, str]) -> dict[Term, Term]:
    """The terms with the known ones as inputs, under the names of their values."""
    leaves = {t: t.table.make("input", (), names[t], t.dims) for t in known}
    return rewrite(roots, lambda term, rebuilt: leaves.get(term, rebuilt))


def _program(results: list[tuple[str, Term]], whole: Program) -> Program:
    """The program of some results, whose inputs are those that they read."""
    shapes: dict[str, Shape] = dict(whole.inputs)
    identifiers = dict(whole.identifiers)
    read: dict[str, Shape] = {}
    for t in postorder(term for _, term in results):
        if t.op == "input":
            name = str(t.data)
            identifiers.setdefault(name, name)
            read[name] = shapes.get(name) or _shape(t.dims)
    order = [*[n for n in shapes if n in read], *[n for n in read if n not in shapes]]
    return schedule(results, {n: read[n] for n in order}, {n: identifiers[n] for n in order})


def _shape(dims: Dims) -> Shape:
    padded: list[Dim] = [*dims, 1, 1]
    return (padded[0], padded[1])
