"""The front door: `derive`, `differential` and `simplify`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import overload

from matcalc.algebra.build import INVERSE, POWER, add, is_below, is_zero, zeros
from matcalc.algebra.entries import index_symbols
from matcalc.algebra.expr import Expr, postorder, preorder, symbols_of
from matcalc.algebra.shapes import SCALAR
from matcalc.calculus.answers import Answer, Question
from matcalc.calculus.conditions import Condition, impossible
from matcalc.calculus.definitions import values_of
from matcalc.calculus.forms import recognised, shortener
from matcalc.calculus.linear import adjoint_action, adjoints
from matcalc.calculus.own import is_sympy, own_functions
from matcalc.calculus.readings import direction
from matcalc.calculus.structure import STRUCTURES
from matcalc.calculus.traces import as_traces
from matcalc.calculus.variables import variable_of
from matcalc.derivative import Derivative
from matcalc.derivatives import Derivatives, make_derivative
from matcalc.errors import DeclarationError, DerivativeError, NotYetError, OptionError, check_choice
from matcalc.notation.declarations import Declaration, shape_text
from matcalc.notation.parts import part_of, variable_name
from matcalc.notation.read import NOTATIONS, Reading, read
from matcalc.notation.text import to_text
from matcalc.notation.where_list import read_where

__all__ = ["Derivative", "Derivatives", "derive", "differential", "simplify"]

LAYOUTS = ("gradient", "numerator")
#: Derivatives of higher order are not given.
_HIGHEST = 6

Where = Mapping[str, str] | str | None


def simplify(f: str | Expr, *, where: Where = None) -> Expr:
    """f in its shortest known form, of the same value and shape; declared facts shorten it further.

    f is text, an Expr or an expression of SymPy; `where` declares shapes and facts as in derive. Raises
    MatcalcError where f cannot be read.

    >>> str(simplify("A x + Aᵀx", where={"A": "n n symmetric", "x": "n"}))
    '2 A x'
    """
    reading = _reading(f, where, None, ())
    shorten = shortener(reading.symbols)
    _check_domain(reading, impossible(reading.expr, (), shorten.facts, tuple(reading.places), shorten))
    return shorten(recognised(reading.expr))


def _reading(
    f: str | Expr,
    where: Where,
    functions: Mapping[str, object] | None,
    wrt: Sequence[str],
    notation: str = "auto",
) -> Reading:
    functions = own_functions(functions)
    if is_sympy(f):
        f = Expr.from_sympy_form(f)
    if isinstance(f, Expr):
        return _of_expression(f, where, wrt)
    if not isinstance(f, str):
        raise OptionError(f"f is a text or an Expr, not {type(f).__name__}")
    return read(f, where, functions=functions, wrt=wrt, notation=notation)


def _of_expression(f: Expr, where: Where, wrt: Sequence[str]) -> Reading:
    """The reading of an expression; the indices of parts that are variables are declared on the way."""
    symbols = _declared(f, where)
    names = {written: variable_name(written, symbols) for written in wrt}
    parts = {name: part for name in names.values() if name not in symbols and (part := part_of(name)) is not None}
    for letter in [letter for part in parts.values() for letter in part.letters]:
        if symbols.setdefault(letter, Declaration(SCALAR, frozenset({"index"}))).shape != SCALAR:
            raise DerivativeError(f"{letter} is an index in the variable, and a symbol of the function")
    return Reading(f, symbols, (), to_text(f), wrt=names, parts=parts)


def _declared(f: Expr, where: Where) -> dict[str, Declaration]:
    """The symbols of an expression with the facts that are declared; shapes must be those they have."""
    indices = index_symbols(f)
    symbols = {str(s.data): Declaration(s.shape, frozenset({"index"} if s in indices else ())) for s in symbols_of(f)}
    for name, said in read_where(where).items():
        if name not in symbols:
            raise DeclarationError(f"{name} is declared and does not occur in the function")
        if said.shape is not None and said.shape != symbols[name].shape:
            has = shape_text(symbols[name].shape)
            raise DeclarationError(f"{name} is declared {shape_text(said.shape)}, and in the function it is {has}")
        symbols[name] = Declaration(symbols[name].shape, said.facts | (symbols[name].facts & {"index"}))
    return symbols


def _check_options(order: object, layout: str, structure: str, notation: str) -> int:
    check_choice("layout", layout, LAYOUTS)
    check_choice("structure", structure, STRUCTURES)
    check_choice("notation", notation, NOTATIONS)
    if not isinstance(order, int) or isinstance(order, bool) or order < 1:
        raise OptionError(f"order={order!r} does not exist", advice="order is 1, 2, …")
    if order > _HIGHEST:
        raise NotYetError(f"derivatives of order {order} are not given", advice=f"order is at most {_HIGHEST}")
    return order


def _check_question(reading: Reading, question: Question, names: Sequence[str]) -> None:
    variables = {question.variable(name).whole for name in names}
    _check_domain(reading, question.impossible(variables, tuple(reading.places)))


def _check_domain(reading: Reading, found: tuple[Expr, Condition] | None) -> None:
    """Refuse a function that exists nowhere, with the place where it divides by what is always 0."""
    if found is None:
        return
    node, condition = found
    subject = condition.subjects[0]
    span = next((reading.places[e] for e in (subject, node) if e in reading.places), None)
    if span is None:  # the smallest part of the text that holds it
        span = next((span for e, span in reading.places.items() if node in preorder(e)), None)
    said = f"{condition.said(to_text)} can never hold"
    if node.op is INVERSE or (node.op is POWER and is_below(node.args[1])):
        said = f"{to_text(subject)} is always 0, and " + ("divides" if node.op is POWER else "has no inverse")
    raise DerivativeError(said, source=reading.text if span else None, spans=(span,) if span else ())


def _check_answers(answers: Iterable[Answer]) -> None:
    """Refuse an answer in which something is divided by 0, or 0 inverted."""
    for node in postorder(*[answer.expr for answer in answers]):
        inverted = node.op is INVERSE or (node.op is POWER and is_below(node.args[1]))
        if inverted and is_zero(node.args[0]):
            raise DerivativeError("the derivative divides by what is always 0, so it exists nowhere")


@overload
def derive(
    f: str | Expr, wrt: str, *, where: Where = None, order: int = 1, layout: str = "gradient",
    structure: str = "project", notation: str = "auto", functions: Mapping[str, object] | None = None,
) -> Derivative: ...  # fmt: skip


@overload
def derive(
    f: str | Expr, wrt: list[str] | tuple[str, ...], *, where: Where = None, order: int = 1, layout: str = "gradient",
    structure: str = "project", notation: str = "auto", functions: Mapping[str, object] | None = None,
) -> Derivatives: ...  # fmt: skip


def derive(
    f: str | Expr,
    wrt: str | list[str] | tuple[str, ...],
    *,
    where: Where = None,
    order: int = 1,
    layout: str = "gradient",
    structure: str = "project",
    notation: str = "auto",
    functions: Mapping[str, object] | None = None,
) -> Derivative | Derivatives:
    """The derivative of f by wrt, in closed form.

    f is text in matcalc's notation, an Expr or an expression of SymPy; wrt the name of a variable in it,
    or an entry, a row or a column of one ("A_{ij}", "A_{i,:}", "A_{:,2}", "x_i"), or a list of them:
    then the answer is a mapping by name (for order 2 by pairs of names). `where` declares shapes and
    facts: {"A": "m n", "S": "n n spd", "α": "scalar"}. The gradient has the shape of the variable:
    df = ⟨G, dX⟩ (Magnus & Neudecker, 3rd ed., §9.2).

    order      1, 2, …: the derivative of the derivative; 2 is the Hessian.
    layout     "gradient": the shape of wrt for a scalar f, m×n for f ∈ ℝᵐ by x ∈ ℝⁿ; "numerator": the
               transpose of that for a scalar f.
    structure  for a variable in a subspace (symmetric, skew, diagonal, lower, upper): "project" the gradient
               onto it, "ignore" it, or "cookbook", G + Gᵀ − I ⊙ G for symmetric (Petersen & Pedersen, §2.8).
    notation   how text is read: "auto", "text", "latex" or "einstein".
    functions  name → formula in t of an elementwise function of your own, or an expression of SymPy.

    Raises MatcalcError, of a kind that says what is wrong: ParseError, AmbiguityError, ShapeError and
    DeclarationError of the text, DerivativeError of the question, OptionError of an option.

    >>> print(derive("‖y − A x‖²", "x").expr)
    2 Aᵀ(A x − y)
    >>> print(derive("r = y − A x; ‖r‖²", ["x", "y"])["x"].expr)
    2 Aᵀ(A x − y)
    >>> print(derive("‖A x − b‖²", "A_{i,:}").expr)
    2 (A x − b)ᵢ xᵀ
    """
    order = _check_options(order, layout, structure, notation)
    wrt = _name_of(wrt) if is_sympy(wrt) else wrt  # type: ignore[arg-type]
    reading = _reading(f, where, functions, _given(wrt), notation)
    names = _names(wrt, reading)
    _check_variables(names, reading)
    question = Question(reading.expr, reading.symbols, layout, structure, values_of(reading.definitions))
    _check_question(reading, question, names)
    answers = question.answers(names, order)
    _check_answers(answers.values())
    if not isinstance(wrt, str):
        return Derivatives(reading, question, names, answers)
    ((path, answer),) = answers.items()
    return make_derivative(reading, question, path, answer)


def _name_of(variable: str) -> str:
    """The name of a variable, which may be a symbol of SymPy."""
    name = getattr(variable, "name", variable) if is_sympy(variable) else variable
    return str(name) if isinstance(name, str) else variable


def _given(wrt: str | Sequence[str]) -> tuple[str, ...]:
    given = (wrt,) if isinstance(wrt, str) else tuple(wrt) if isinstance(wrt, Iterable) else ()
    given = tuple([_name_of(name) for name in given])
    if not given or not all(isinstance(name, str) for name in given):
        raise OptionError(f"wrt={wrt!r} names no variable", advice="one name, or a list of names")
    return given


def _names(wrt: str | Sequence[str], reading: Reading) -> tuple[str, ...]:
    """The names of the variables, each in its one spelling."""
    names = tuple([reading.wrt[written] for written in _given(wrt)])
    for i, name in enumerate(names):
        if name in names[:i]:
            raise OptionError(f"{name} is named twice")
    return names


def _check_variables(names: Sequence[str], reading: Reading) -> None:
    known = ", ".join(reading.symbols) or "no symbol"
    for name in names:
        base = reading.parts[name].base if name in reading.parts else name
        if base in reading.definitions or base == reading.name:
            raise DerivativeError(
                f"{base} is assigned in the text and no variable",
                advice=f"The variables are {known}; the derivatives between steps are in `factors`.",
            )
        if base not in reading.symbols:
            raise DerivativeError(f"{name} does not occur in the function", advice=f"it has {known}")
        if "index" in reading.symbols[base].facts:
            raise DerivativeError(f"{base} is an index and no variable", advice=f"it has {known}")
    for name, part in reading.parts.items():
        variable_of(name, reading.symbols)
        if part.base in names:
            raise DerivativeError(f"{name} is a part of {part.base}, and both are variables")


def differential(
    f: str | Expr,
    *,
    constant: Sequence[str] = (),
    where: Where = None,
    functions: Mapping[str, object] | None = None,
) -> Expr:
    """df in all variables of f at once, linear in dX for each of them; the names in `constant` are held.

    It has the shape of f (Magnus & Neudecker, 3rd ed., §5.4). Raises DerivativeError for a name in
    `constant` that does not occur, and the errors of the reader.

    >>> print(differential("tr(A X⁻¹)", constant=["A"]))
    −tr(A X⁻¹ dX X⁻¹)
    >>> print(differential("½ ‖W x‖²", constant=["x"]))
    xᵀWᵀ dW x
    """
    reading = _reading(f, where, functions, _given(constant) if constant else ())
    held = _names(constant, reading) if constant else ()
    _check_variables(held, reading)
    if reading.parts:
        raise DerivativeError(f"{next(iter(reading.parts))} is a part of a variable, and symbols are held")
    names = [name for name, said in reading.symbols.items() if name not in held and "index" not in said.facts]
    question = Question(reading.expr, reading.symbols)
    source = recognised(reading.expr)
    total: list[Expr] = []
    variables = [question.variable(name).whole for name in names]
    _check_question(reading, question, names)
    pulled = adjoints(source, variables)
    for name, variable in zip(names, variables, strict=True):
        dx = direction(variable)
        acted = adjoint_action(pulled[variable], source.shape, dx, question.before_facts(name))
        total.append(as_traces(question.shorten(acted, name), source, (dx,)))
    return add(*total) if total else zeros(*source.shape)
