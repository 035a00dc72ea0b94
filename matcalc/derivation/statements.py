"""A function as a straight-line program: names for the inner expressions that deserve one.

A name is given to what a nonlinear operation acts on (a residual, a pre-activation), to a value
that its own derivative uses again (an activation), to a scalar factor of a product of scalars, and
to what is used twice. Statements stand in the order in which they can be computed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from matcalc.algebra.build import (
    ADD,
    GROUP,
    HADAMARD,
    INNER,
    INVERSE,
    POWER,
    PRODUCT,
    SYMBOL,
    TRANSPOSE,
    apply,
    is_chain,
    is_number,
    parts,
    symbol,
    transpose,
)
from matcalc.algebra.expr import Expr, postorder, rebuild, symbols_of
from matcalc.algebra.networks import CONTRACT
from matcalc.algebra.operations import Operation
from matcalc.algebra.shapes import SCALAR, dim_names, is_vector
from matcalc.calculus.formulas import VALUE, derivative_template, differential_template
from matcalc.notation.names import numbered
from matcalc.notation.naming import fresh_names

__all__ = ["Naming", "Program", "Statement", "active_nodes", "is_linear", "squared", "straight_line"]

#: The operations of the algebra through which a differential passes without a rule of its own.
_STRUCTURE = {ADD, GROUP, PRODUCT, HADAMARD, TRANSPOSE, INNER, CONTRACT}

#: Letters by role, for scalars, vectors and matrices.
_LETTERS = {
    "residual": ("u", "er", "ER"),
    "sum": ("u", "er", "ER"),
    "argument": ("q", "z", "ZM"),
    "value": ("a", "a", "H"),
    "factor": ("pqst", "u", "M"),
    "step": ("t", "t", "T"),
    "shared": ("pqst", "uv", "MPQ"),
}


@dataclass(frozen=True, slots=True)
class Statement:
    """symbol = expr, in variables, constants and the symbols of earlier statements."""

    symbol: Expr
    expr: Expr
    role: str


@dataclass(frozen=True)
class Program:
    """The statements, and the result in terms of their names.

    values and differentials give for each name, and each dname, what it stands for: an expression in
    the symbols of the function, and, for a dname, in the differentials of the variables.
    """

    statements: tuple[Statement, ...]
    result: Expr
    variables: tuple[Expr, ...]
    differentials: Mapping[Expr, Expr]

    def leaves(self, e: Expr) -> list[Expr]:
        """The variables and names that occur in e."""
        return [s for s in symbols_of(e) if s in self.differentials]


def active_nodes(f: Expr, variables: Iterable[Expr]) -> set[Expr]:
    """The nodes of f that depend on a variable."""
    active = set(variables)
    for node in postorder(f):
        if any(arg in active for arg in node.args):
            active.add(node)
    return active


def is_linear(op: Operation) -> bool:
    """Whether a differential passes through the operation by putting it in the place of an operand."""
    return op in _STRUCTURE or (bool(op.adjoint) and not op.differential and all(op.adjoint))


@dataclass(frozen=True)
class Naming:
    """How names are given.

    used     the names of symbols and dimensions, which grow.
    known    names with their values that are used again, where a value is to be named.
    given    those that the text gives, and keeps.
    every    whether every operation gets a name.
    """

    used: set[str]
    known: Mapping[Expr, Expr]
    given: Mapping[Expr, Expr]
    every: bool = False


def straight_line(f: Expr, variables: tuple[Expr, ...], naming: Naming) -> Program:
    """f with names for its inner expressions."""
    used = naming.used
    nodes = postorder(f)
    active = active_nodes(f, variables)
    old = {value: name for names in (naming.known, naming.given) for name, value in names.items()}
    if naming.every:
        roles = {node: "step" for node in nodes if node in active and node.args and node is not f}
    else:
        roles = _roles(f, nodes, active)
    roles.update({node: "given" for node in naming.given.values() if node in active and node.args and node is not f})
    taken = used | {f"d{name}" for name in used}
    supply = _Supply(taken, [(n, role) for n, role in roles.items() if n not in old])
    statements: list[Statement] = []

    def replace(node: Expr, args: tuple[Expr, ...]) -> Expr:
        fresh = apply(node.op, args, node.data) if args and args != node.args else node
        if node not in roles or (fresh.op is SYMBOL and node not in old):
            return fresh
        name = old[node] if node in old else supply.name(node, roles[node])
        used.add(str(name.data))
        statements.append(Statement(name, fresh, roles[node]))
        return name

    result = rebuild(f, replace)
    leaves = [*variables, *[s.symbol for s in statements]]
    return Program(tuple(statements), result, variables, {leaf: _differential(leaf, used) for leaf in leaves})


def _differential(leaf: Expr, used: set[str]) -> Expr:
    """The symbol dX for a symbol X, under a name that nothing else has."""
    letters = [f"{d}{leaf.data}" for d in ("d", "δ", "Δ")]
    name = next((n for n in letters if n not in used), letters[-1] + "′")
    return symbol(name, leaf.shape)


# --- what deserves a name ---------------------------------------------------------------------------


def _roles(f: Expr, nodes: list[Expr], active: set[Expr]) -> dict[Expr, str]:
    """The nodes to be named, each with the role that decides its letter."""
    roles: dict[Expr, str] = {}
    uses = Counter(arg for node in nodes for arg in node.args)
    for node in nodes:
        if node not in active:
            continue
        for role, arg in _asked(node, active):
            if arg in active and arg is not f and not is_short(arg):
                roles.setdefault(arg, role)
        if node is not f and _uses_its_value(node) and not is_short(node):
            roles.setdefault(node, "value")
    for node in nodes:
        if node in active and node is not f and uses[node] > 1 and node.op is not TRANSPOSE and not is_short(node):
            roles.setdefault(node, "sum" if node.op is ADD and node.shape != SCALAR else "shared")
    return {node: roles[node] for node in nodes if node in roles and not _is_norm(node)}


def _asked(node: Expr, active: set[Expr]) -> Iterator[tuple[str, Expr]]:
    """The operands of a node that it would rather have under a name."""
    square = squared(node)
    if square is not None:
        yield "residual", square
    elif node.op is POWER:
        if squared(node.args[0]) is None:
            yield "factor" if node.shape == SCALAR else "residual", node.args[0]
    elif node.op is PRODUCT:
        _, scalars, matrices = ((), (), ()) if is_chain(node) else parts(node)
        busy = [s for s in scalars if s in active]
        for s in busy if len(busy) > 1 or matrices else ():
            base = s.args[0] if s.op is POWER else s
            if (is_chain(base) or base.op is INNER) and not _is_norm(s):
                yield "factor", base
    elif not is_linear(node.op):
        for arg in node.args:
            yield "argument", arg


def squared(e: Expr) -> Expr | None:
    """a where e is ‖a‖², written as a norm or as aᵀa."""
    if e.op is INNER and e.args[0] is e.args[1]:
        return e.args[0]
    if is_chain(e) and len(e.args) == 2 and e.args[0] is transpose(e.args[1]):
        return e.args[1]
    return None


def _is_norm(e: Expr) -> bool:
    """Whether e is ‖a‖ to some odd power."""
    exponent = e.args[1] if e.op is POWER else e
    return (
        e.op is POWER
        and squared(e.args[0]) is not None
        and not (is_number(exponent) and isinstance(exponent.data, int))
    )


def is_short(e: Expr) -> bool:
    """Whether e is a symbol or constant, but for a constant factor, transposes and inverses."""
    while True:
        if e.op in (TRANSPOSE, INVERSE, GROUP):
            e = e.args[0]
            continue
        if e.op is PRODUCT and not is_chain(e):
            compound = [a for a in e.args if a.args]
            if len(e.args) == 1:
                e = e.args[0]
                continue
            return e.shape == SCALAR and not compound
        if e.op is POWER:
            return not e.args[0].args and not e.args[1].args
        return not e.args


def _uses_its_value(node: Expr) -> bool:
    """Whether the derivative of this operation is written with the value, and not as that alone."""
    op = node.op
    if node.shape == SCALAR or op is INVERSE:
        return False
    if op.elementwise:
        slope = derivative_template(op, 0)
        return bool(slope.args) and any(s.data == "y" for s in symbols_of(slope))
    return bool(op.differential) and any(s.data == VALUE for s in symbols_of(differential_template(op)))


# --- which name ---------------------------------------------------------------------------------------


class _Supply:
    """Names by role and shape; a family that needs several is numbered from 1."""

    def __init__(self, used: set[str], wanted: list[tuple[Expr, str]]) -> None:
        families = Counter(_LETTERS[role][_kind(node)] for node, role in wanted)
        for node, _ in wanted:
            used.update(name for dim in node.shape for name in dim_names(dim))
        self._used = used
        self._source: dict[str, Iterator[str]] = {}
        for letters, count in families.items():
            numbered = count > len(letters) or (count > 1 and letters in ("z", "a", "t", "T"))
            self._source[letters] = _numbered(letters[0], used) if numbered else _plain(letters, used)

    def name(self, node: Expr, role: str) -> Expr:
        """A fresh symbol for a node: the letter of its row, or one by its role."""
        if node.op.letter:
            return symbol(next(fresh_names(node.op.letter, self._used)), node.shape)
        return symbol(next(self._source[_LETTERS[role][_kind(node)]]), node.shape)


def _kind(node: Expr) -> int:
    return 0 if node.shape == SCALAR else 1 if is_vector(node.shape) else 2


def _plain(letters: str, used: set[str]) -> Iterator[str]:
    return (name for name in fresh_names(letters, used) if _unclaimed(name, used))


def _numbered(letter: str, used: set[str]) -> Iterator[str]:
    number = 0
    while True:
        number += 1
        name = numbered(letter, number)
        if name not in used:
            used.add(name)
            yield name


def _unclaimed(name: str, used: set[str]) -> bool:
    """Whether the differential of the name is free as well."""
    return f"d{name}" not in used
