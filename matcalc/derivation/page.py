"""What every page needs: the program with names, their values, a simplifier, and the rules of a line."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from matcalc.algebra.build import ADD, HADAMARD, MATPOW, POWER, PRODUCT, add, hadamard, multiply, parts, scale, symbol
from matcalc.algebra.collect import collect_sum
from matcalc.algebra.expr import Expr, postorder, symbols_of
from matcalc.algebra.operations import Operation
from matcalc.algebra.shapes import SCALAR, dim_names
from matcalc.algebra.simplify import Simplifier
from matcalc.calculus.forms import facts_of, shortener
from matcalc.calculus.variables import Variable
from matcalc.derivation.differential import differential, put
from matcalc.derivation.forms import Form, Right
from matcalc.derivation.statements import Naming, Program, Statement, active_nodes, is_linear, squared, straight_line
from matcalc.derivation.steps import Head, Step
from matcalc.notation.declarations import Declaration
from matcalc.notation.text import to_text

__all__ = ["LONG", "Page", "length"]

#: A form longer than this is left out where the line can do without it.
LONG = 110

_FROBENIUS = "Magnus & Neudecker, 3rd ed., §1.10 and §2.4"
_NAMED = {
    "residual": "name the residual",
    "argument": "name the argument",
    "value": "name the value",
    "factor": "name the scalar",
    "sum": "name what occurs twice",
    "given": "by definition",
    "step": "one operation",
    "shared": "name what occurs twice",
}
_PASSED_ON = ("symmetric", "psd", "spd", "diagonal", "positive")


def length(right: Right) -> int:
    """The number of characters of a form; what is very long is not written out to be measured."""
    return len(str(right))


@dataclass
class Page:
    """The lines of one derivation as they are written.

    known: names that another page has given already, with their values; given: names of the text. every: whether every
    operation has a statement of its own.
    """

    function: Expr
    variables: tuple[Expr, ...]
    symbols: Mapping[str, Declaration]
    name: str
    used: set[str]
    known: Mapping[Expr, Expr] = field(default_factory=dict)
    given: Mapping[Expr, Expr] = field(default_factory=dict)
    every: bool = False
    program: Program = field(init=False)
    values: dict[Expr, Expr] = field(init=False, default_factory=dict)
    simplify: Simplifier = field(init=False)
    lines: list[Step] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        naming = Naming(self.used, self.known, self.given, self.every)
        self.program = straight_line(self.function, self.variables, naming)
        names = {str(v.data) for v in self.variables}
        bare = {n: Declaration(d.shape, frozenset()) if n in names else d for n, d in self.symbols.items()}
        facts = facts_of(bare)
        known = dict(bare)
        for s in self.program.statements:
            self.values[s.symbol] = value = put(s.expr, self.values)
            held = [fact for fact in _PASSED_ON if value.shape != SCALAR and facts.holds(fact, value)]
            known[str(s.symbol.data)] = Declaration(s.symbol.shape, frozenset(held))
        self.simplify = shortener(known)
        for s in self.program.statements:
            d = self.program.differentials[s.symbol]
            moves = {leaf: self.program.differentials[leaf] for leaf in self.program.leaves(s.expr)}
            self.values[d] = put(differential(s.expr, moves), self.values)

    # --- lines -----------------------------------------------------------------------------------

    def write(self, head: Head, forms: Sequence[Right], rule: str, source: str = "", **checked: object) -> None:
        """One more line; forms that read like the one before are left out, and so is a line that adds nothing."""
        kept: list[Right] = []
        before = next((line for line in reversed(self.lines) if line.head == head), None)
        for form in forms:
            if not kept or str(form) != str(kept[-1]):
                kept.append(form)
        if before is not None and len(kept) > 1 and str(kept[0]) == str(before.after):
            del kept[0]
        if before is not None and [str(f) for f in kept] == [str(before.after)]:
            return
        after = before.after if before is not None else None
        self.lines.append(Step(head, tuple(kept), rule, source, after, **checked))  # type: ignore[arg-type]

    def open(self, given: Expr) -> None:
        """The function, and the names of its inner expressions."""
        for s in self.program.statements:
            if s.symbol not in self.known:
                head = Head(str(s.symbol.data), s.symbol.shape)
                self.write(head, [s.expr], _NAMED[s.role], equal=((s.symbol, s.expr),))
        forms: list[Right] = [self.program.result]
        c, scalars, _ = parts(self.program.result)
        square = squared(scalars[0]) if len(scalars) == 1 else None
        if square is not None and square in self.values:
            forms.append(Form(((scale(c, square), square),)))
        rule = self._rewritten(given) if self.name != "g" else "the gradient, to be differentiated in its turn"
        if not self.program.statements:
            forms.insert(0, given)
        values = [form if isinstance(form, Expr) else form.value for form in forms]
        self.write(self.head, forms, rule, equal=((given, *values),))

    def _rewritten(self, given: Expr) -> str:
        """What happened to the function before it was differentiated."""
        before, after = ({node.op for node in postorder(e)} for e in (given, self.function))
        if after - before - {ADD, POWER, PRODUCT, HADAMARD}:
            return "a function that was typed out gets its name"
        return "powers written as products" if MATPOW in before - after else ""

    @property
    def head(self) -> Head:
        """f to the left of the equals sign."""
        return Head(self.name, self.function.shape)

    @property
    def dhead(self) -> Head:
        """df to the left of the equals sign."""
        return Head(self.name, self.function.shape, "differential")

    def restrict(self, v: Variable) -> None:
        """dA = eᵢ dA_{i,:}: only a part of the variable varies."""
        d = self.d(v.whole)
        only = v.placed(v.part(d))
        head = Head(str(v.whole.data), v.whole.shape, "differential")
        self.write(head, [only], f"only {v.what} of {v.whole} varies", equal=((d, only),))

    # --- differentials -----------------------------------------------------------------------------

    def d(self, leaf: Expr) -> Expr:
        """dX for a variable or a name X."""
        return self.program.differentials[leaf]

    def differential(self, e: Expr, symbol_of: Expr | None = None) -> Expr:
        """The differential of the right-hand side of a statement; its own value under its name."""
        moved = differential(e, {leaf: self.d(leaf) for leaf in self.program.leaves(e)})
        if symbol_of is not None and e.args:
            moved = put(moved, {e: symbol_of})
        return self.tidy(moved)

    def tidy(self, e: Expr) -> Expr:
        """Each term in its shortest form, terms that agree collected; the order and the places stay."""
        if e.op is not ADD:
            return self.simplify(e)
        return collect_sum(add(*[self.simplify(t) for t in e.args]), self.simplify.keys)

    def named(self, name: str, value: Expr) -> Expr:
        """A further name, for an expression in names; the name itself if it is free, else with a prime."""
        while name in self.used:
            name += "′"
        self.used.add(name)
        new = symbol(name, value.shape)
        self.values[new] = put(value, self.values)
        return new

    def moving(self) -> frozenset[Expr]:
        """The variables."""
        return frozenset(self.variables)

    def explained(self, e: Expr) -> tuple[str, str]:
        """The rules that give the differential of e, and where they stand."""
        active = active_nodes(e, self.program.leaves(e))
        rules: dict[str, str] = {}
        product = False
        for node in postorder(e):
            if node not in active or not node.args:
                continue
            busy = sum(arg in active for arg in node.args)
            if node.op is POWER and squared(node.args[0]) is not None:
                rules.setdefault("differential of the norm", POWER.source)
            elif node.op is POWER or not is_linear(node.op):
                rules.setdefault(_title(node.op), node.op.source)
            elif busy > 1 and node.op is not ADD:
                product = True
        if product and not any(rule == "differential of the norm" for rule in rules):
            rules.setdefault("product rule", "Magnus & Neudecker, 3rd ed., §8.2")
        if not rules:
            return "the differential is linear", "Magnus & Neudecker, 3rd ed., §8.2"
        return ", ".join(list(rules)[:3]), "; ".join(dict.fromkeys(filter(None, list(rules.values())[:3])))

    def trivial(self, s: Statement) -> bool:
        """Whether ds is ± the differential of one leaf, so that a line for it would say nothing."""
        if self.every:
            return False
        moved = self.differential(s.expr)
        c, scalars, matrices = parts(moved)
        only = (*scalars, *matrices)
        return len(only) == 1 and only[0].op.name == "symbol" and c in (1, -1)


def _title(op: Operation) -> str:
    return op.title or f"differential of {op.name}"


def frobenius(form: Form, leaves: set[Expr]) -> tuple[str, str]:
    """The rule by which the factors around a differential move to the other side of the product."""
    moved: dict[str, None] = {}
    for _g, d in form.pairs:
        for term in d.args if d.op is ADD else (d,):
            for side in _around(term, leaves):
                moved.setdefault(side)
    names = list(moved)
    if not names:
        return "Frobenius product", _FROBENIUS
    if len(names) > 3 or sum(map(len, names)) > 24:
        return "Frobenius product: the factors move across", _FROBENIUS
    listed = names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]
    return f"Frobenius product: move {listed} across", _FROBENIUS


def _around(term: Expr, leaves: set[Expr]) -> list[str]:
    _, _, matrices = parts(term)
    out = []
    if len(matrices) == 1 and matrices[0].op.name == "hadamard":
        place = symbol(_PLACE, term.shape)
        return [f"{_beside(hadamard(a, place))} ⊙" for a in matrices[0].args if not leaves & set(symbols_of(a))]
    for i, factor in enumerate(matrices):
        if leaves & set(symbols_of(factor)):
            for side in (matrices[:i], matrices[i + 1 :]):
                if side:
                    place = symbol(_PLACE, (side[-1].shape[1], 1))
                    out.append(_beside(multiply(*side, place)))
    return out


#: What stands for the differential; it cannot be typed.
_PLACE = "□"


def _beside(e: Expr) -> str:
    """The factors that stand beside the differential, in brackets where they need them there."""
    return re.sub(rf"\s*⊙?\s*{_PLACE}\s*⊙?\s*", "", to_text(e))


def taken_names(symbols: Mapping[str, Declaration], extra: Sequence[str]) -> set[str]:
    """Names that no new one may equal: the symbols and the dimensions."""
    used = {*symbols, *extra}
    for declared in symbols.values():
        used.update(name for dim in declared.shape for name in dim_names(dim))
    return used
