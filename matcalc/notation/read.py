"""Text → expression: the front door of reading.

text → tokens (lexer) → words said (words) → bars decided (fences) → tree (grammar, tree)
     → sizes (constraints, infer), where something is not declared → expression (elaborate)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from matcalc.algebra.build import number, power
from matcalc.algebra.expr import Expr
from matcalc.algebra.expr import postorder as postorder_of
from matcalc.algebra.networks import CONTRACT
from matcalc.algebra.shapes import SCALAR, Shape, dim_names
from matcalc.errors import DeclarationError, MatcalcError, ParseError, ShapeError, check_choice
from matcalc.notation.declarations import Declaration, Partial, shape_text
from matcalc.notation.elaborate import elaborate
from matcalc.notation.elaboration import Elaboration
from matcalc.notation.forms import mark_determinants
from matcalc.notation.indexed import elaborate_indexed
from matcalc.notation.indices import INDEXED, fixed_letters, summed_pair
from matcalc.notation.infer import Inference, Problem, infer
from matcalc.notation.latex_reader import from_latex, relocated
from matcalc.notation.latex_tokens import is_latex
from matcalc.notation.names import normalise_name
from matcalc.notation.parts import Part, wanted
from matcalc.notation.programs import (
    check_program,
    inlined,
    scan_program,
    split_program,
)
from matcalc.notation.tree import Node
from matcalc.notation.trees import program_nodes, text_nodes
from matcalc.notation.where_list import add_declaration, paths_of, read_where, split_where
from matcalc.notation.words import Unknown, Vocabulary

__all__ = ["NOTATIONS", "Declaration", "Reading", "normalise_name", "parse", "read", "read_among", "read_formula"]

#: How a text is read.
NOTATIONS = ("auto", "text", "latex", "einstein")


Places = dict[Expr, tuple[int, int]]


@dataclass(frozen=True)
class Reading:
    """What a text says.

    symbols  every symbol of the text, in the order of first appearance, with its shape and facts.
    notes    what was assumed, and must be said with the answer.
    definitions  what a program gives names to, in its order, in terms of symbols and earlier names.
    last     the last statement of a program in those terms; `expr` is the same with nothing named.
    name     what the last statement is called, if anything.
    wrt      the names of the variables that were asked for, by what was written, and parts: those that are
             entries, rows or columns.
    places   the value of every part of the text, with the place where it was read.
    """

    expr: Expr
    symbols: dict[str, Declaration]
    notes: tuple[str, ...]
    text: str
    definitions: dict[str, Expr] = field(default_factory=dict)
    last: Expr | None = None
    name: str = ""
    wrt: dict[str, str] = field(default_factory=dict)
    parts: dict[str, Part] = field(default_factory=dict)
    places: Places = field(default_factory=dict)


def parse(
    text: str,
    where: Mapping[str, object] | str | None = None,
    *,
    functions: Mapping[str, object] | None = None,
    notation: str = "auto",
) -> Expr:
    """The expression that a text says, of the shape that its symbols give it.

    `where` declares shapes and facts, `functions` the reader's own, and notation is "auto", "text", "latex" or
    "einstein", as in derive. parse(str(e)) is e again, with the same declarations. Raises ParseError,
    AmbiguityError, ShapeError or DeclarationError, with the place marked.

    >>> from matcalc import parse
    >>> print(parse("norm2(y - A*x)^2", {"A": "m n", "x": "n", "y": "m"}))
    ‖y − A x‖²
    """
    return read(text, where, functions=functions, notation=notation).expr


def read(
    text: str,
    where: Mapping[str, object] | str | None = None,
    *,
    functions: Mapping[str, object] | None = None,
    wrt: Iterable[str] = (),
    notation: str = "auto",
) -> Reading:
    """The expression that a text says, its symbols, and what was assumed.

    notation: "text", "latex", or "auto" for LaTeX where there is a command or a dollar in the text;
    "einstein" is "auto" with the summation convention: A_ij x_j is ∑ⱼ Aᵢⱼ xⱼ.

    >>> reading = read("‖y − Ax‖²")
    >>> {name: said.shape for name, said in reading.symbols.items()}
    {'y': ('m', 1), 'A': ('m', 'n'), 'x': ('n', 1)}
    >>> reading.notes
    ('Ax is read as A x',)
    """
    if not isinstance(text, str):
        raise ParseError(f"an expression is text, and not of type {type(text).__name__}")
    check_choice("notation", notation, NOTATIONS)
    einstein = notation == "einstein"
    if notation == "latex" or (notation in ("auto", "einstein") and is_latex(text)):
        return _read_latex(text, where, functions or {}, wrt, einstein)
    try:
        return _read(text, where, functions or {}, wrt, einstein)
    except MatcalcError as error:
        if error.source is None and error.spans:
            raise type(error)(error.message, source=text, spans=error.spans, advice=error.advice) from None
        raise


def _read_latex(
    source: str,
    where: Mapping[str, object] | str | None,
    functions: Mapping[str, object],
    wrt: Iterable[str],
    einstein: bool,
) -> Reading:
    """What a LaTeX source says: the text that it is in matcalc's notation, errors with their places in the source."""
    try:
        translation = from_latex(source)
    except MatcalcError as error:
        raise type(error)(error.message, source=source, spans=error.spans, advice=error.advice) from None
    try:
        reading = _read(translation.text, where, functions, wrt, einstein)
        places = {e: translation.place(span) for e, span in reading.places.items()}
        return replace(reading, text=source, places=places)
    except MatcalcError as error:
        if error.source is None and error.spans:
            raise relocated(error, translation, source) from None
        raise


def _read(
    text: str,
    where: Mapping[str, object] | str | None,
    functions: Mapping[str, object],
    wrt: Iterable[str],
    einstein: bool = False,
) -> Reading:
    declared = read_where(where)
    body, said = split_where(text)
    if said:
        _add_said(declared, text, len(body), said)
    elif len(body) < len(text.rstrip()):
        raise ParseError("nothing is declared after where", spans=((len(body), len(text)),))
    dimensions = {name for partial in declared.values() for dim in partial.shape or () for name in dim_names(dim)}
    paths = paths_of(declared)
    program = split_program(body)
    check_program(body, program, declared)
    assigned = {statement.name for statement in program if statement.name}
    asked = wanted(wrt, lambda: scan_program(body, program), declared, assigned)
    variables = asked.symbols
    for name in sorted(variables & dimensions - declared.keys() - assigned):
        raise DeclarationError(
            f"{name} is a dimension in the declarations, and no variable",
            advice=f"Declare {name} if it is a symbol of its own.",
        )
    vocabulary = Vocabulary(
        declared.keys() | variables | assigned, dimensions, functions, paths,
        einstein=einstein, entries=bool(asked.parts),
        indices=[name for name, said in declared.items() if "index" in said.facts],
    )  # fmt: skip
    nodes, names, roots, used = program_nodes(body, program, vocabulary)
    names = tuple(dict.fromkeys([*names, *asked.letters, *fixed_letters(nodes)]))
    called = {node.data.name for node in nodes if isinstance(node.data, Unknown)} if paths else set()
    for name in declared:
        if name not in names:
            raise _unused(name, names, text, len(body))
    for name, path in paths.items():
        if name not in called:
            raise _unused(path.written, names, text, len(body))
    found = _sizes(body, nodes, names, declared, functions)
    context = Elaboration(body, found.symbols, found.leaves, functions, mark_determinants(nodes), found.guessed)
    last = _built(nodes, context, found)
    for pair in filter(None, map(summed_pair, nodes)):
        vocabulary.notes.append(f"the sum over {pair} is over both indices")
    if any(node.kind in INDEXED for node in nodes):
        if any(node.op is CONTRACT for node in postorder_of(*context.at.values())):
            vocabulary.notes.append("a sum over indices that no product of matrices gives is kept as a sum")
    symbols = {name: _declaration(name, found.symbols[name], declared.get(name)) for name in names}
    symbols.update({path.written: Declaration(path.shape, path.facts) for path in paths.values()})
    if not roots:
        return Reading(
            last, symbols, tuple(vocabulary.notes), text, name=program[-1].name, wrt=asked.names, parts=asked.parts,
            places=_places(context),
        )  # fmt: skip
    definitions = {name: context.at[root] for name, root in roots.items()}
    values: dict[str, Expr] = {}
    memo: dict[Expr, Expr] = {}
    for name, e in definitions.items():
        values[name] = inlined(e, values, memo)
    notes = (*vocabulary.notes, *[f"{name} is assigned and never used" for name in roots if name not in used])
    return Reading(
        inlined(last, values, memo), symbols, notes, text, definitions, last, program[-1].name, asked.names,
        asked.parts, {inlined(e, values, memo): span for e, span in _places(context).items()},
    )  # fmt: skip


def _places(context: Elaboration) -> Places:
    """The value of every part of the text that is an operation, with the place where it first stands."""
    found: Places = {}
    for node, value in context.at.items():
        if node.kind in ("ratio", "over"):  # 0/x asks for x ≠ 0, though nothing of 1/x is left
            for below in node.args[1:]:
                found.setdefault(power(context.at[below], number(-1)), below.span)
        if value.args:
            found.setdefault(value, node.span)
    return found


def _built(nodes: list[Node], context: Elaboration, found: Inference) -> Expr:
    """The expression of the last of the nodes."""
    if any(node.kind in INDEXED for node in nodes):
        return elaborate_indexed(nodes, context, found.ranges)
    return elaborate(nodes, context)


def _sizes(
    text: str,
    nodes: list[Node],
    names: tuple[str, ...],
    declared: Mapping[str, Partial],
    functions: Mapping[str, object],
    expected: Shape | None = None,
) -> Inference:
    """The shapes of the symbols and of what takes its size from the context."""
    shapes: dict[str, Shape] = {}
    for name in names:
        partial = declared.get(name)
        if partial is None or partial.shape is None:
            break
        shapes[name] = partial.shape
    else:
        if not any(node.kind in _UNSIZED or node.data in _FILLED for node in nodes):
            return Inference(shapes, {}, frozenset())
    return infer(Problem(text, nodes, declared, names, functions, mark_determinants(nodes), expected))


_UNSIZED = frozenset({"identity", "ones", "zeros"}) | INDEXED
_FILLED = ("vector", "matrix")


@lru_cache(maxsize=4096)
def _declaration_of(shape: Shape, facts: frozenset[str]) -> Declaration:
    return Declaration(shape, facts)


def _declaration(name: str, shape: Shape, partial: Partial | None) -> Declaration:
    return _declaration_of(shape, partial.facts if partial else frozenset())


def _add_said(declared: dict[str, Partial], text: str, start: int, said: str) -> None:
    """Add what the text declares after the word where; errors get their places in the text."""
    try:
        for name, partial in read_where(said).items():
            add_declaration(declared, name, partial)
    except MatcalcError as error:
        at = text.index(said, start)
        spans = tuple([(at + begin, at + end) for begin, end in error.spans]) or ((at, at + len(said)),)
        raise type(error)(error.message, spans=spans, advice=error.advice) from None


def _unused(name: str, names: tuple[str, ...], text: str, start: int) -> DeclarationError:
    advice = f"It has the symbols {', '.join(names[:12])}." if names else "It has no symbols."
    at = text.find(name, start)  # where the text declares it, and not the mapping
    spans = ((at, at + len(name)),) if at >= 0 else ()
    return DeclarationError(f"{name} is declared and does not occur in the text", spans=spans, advice=advice)


# --- formulas of the rulebook ------------------------------------------------------------------------


def read_formula(text: str, letters: Mapping[str, Shape], shape: Shape | None = None) -> Expr:
    """A formula of the rulebook: every letter is declared, and I, 𝟏 and 𝟎 take their size from the shape.

    >>> print(read_formula("−Y dX Y", {"Y": ("n", "n"), "dX": ("n", "n")}))
    −Y dX Y
    """
    try:
        declared = {name: Partial(its, frozenset()) for name, its in letters.items()}
        indices = [name for name, its in letters.items() if its == SCALAR]
        nodes, names = text_nodes(text, Vocabulary(declared, formula=True, indices=indices))
        found = _sizes(text, nodes, names, declared, {}, shape)
        value = _built(nodes, Elaboration(text, found.symbols, found.leaves, {}, {}), found)
        if shape is not None and value.shape != shape:
            raise ShapeError(
                f"this is {shape_text(value.shape)}, and {shape_text(shape)} is wanted", spans=((0, len(text)),)
            )
    except MatcalcError as error:
        raise type(error)(error.message, source=text, spans=error.spans, advice=error.advice) from None
    return value


def read_among(
    text: str,
    symbols: Mapping[str, Declaration],
    shape: Shape | None = None,
    functions: Mapping[str, object] | None = None,
) -> Reading:
    """What a text says in symbols that are known already, some of which need not occur.

    I, 𝟏 and 𝟎 may take their size from `shape`, which the expression need not have.

    >>> known = {"A": Declaration(("m", "n")), "x": Declaration(("n", 1)), "y": Declaration(("m", 1))}
    >>> print(read_among("2 Ax", known).expr)
    2 A x
    """
    if not isinstance(text, str):
        raise ParseError(f"an expression is text, and not of type {type(text).__name__}")
    try:
        declared = {name: Partial(d.shape, d.facts) for name, d in symbols.items()}
        dimensions = {name for d in symbols.values() for dim in d.shape for name in dim_names(dim)}
        paths = paths_of(declared)
        indices = [name for name, said in declared.items() if "index" in said.facts]
        nodes, names = text_nodes(text, Vocabulary(set(declared), dimensions, functions or {}, paths, indices=indices))
        for name in names:
            if name not in declared:
                known = ", ".join(declared)
                raise DeclarationError(f"{name} is no symbol of the function", advice=f"Its symbols are {known}.")
        found = _sizes(text, nodes, names, declared, functions or {}, shape)
        marked = mark_determinants(nodes)
        context = Elaboration(text, found.symbols, found.leaves, functions or {}, marked, found.guessed)
        return Reading(_built(nodes, context, found), dict(symbols), (), text, places=_places(context))
    except MatcalcError as error:
        if error.source is None and error.spans:
            raise type(error)(error.message, source=text, spans=error.spans, advice=error.advice) from None
        raise
