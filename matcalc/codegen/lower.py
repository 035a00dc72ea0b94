"""Expr to terms: the walk, and products, whose cheapest order it plans; the rules are in `lowering_rules`.

Lowering is driven by need: a product inside a trace or a sum is never lowered by itself, since the
trace wants its factors.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from matcalc.algebra.expr import Expr, postorder
from matcalc.algebra.facts import Facts
from matcalc.algebra.shapes import Shape
from matcalc.algebra.walk import computed
from matcalc.codegen.chains import Chains, Factor, scaled_product
from matcalc.codegen.elementwise import (
    dense,
    plus,
    scale,
    times,
)
from matcalc.codegen.factors import Flat, flat, is_product, repeated, spread_over, summands
from matcalc.codegen.lowering_rules import RULES
from matcalc.codegen.powers import call
from matcalc.codegen.templates import from_template
from matcalc.codegen.terms import Table, Term, make, number
from matcalc.errors import MatcalcError, NotYetError

__all__ = ["Lowering"]


class Lowering:
    """The terms of some expressions, each lowered once."""

    def __init__(self, table: Table, facts: Facts, roots: Iterable[Expr]) -> None:
        self.table: Table = table
        self.facts: Facts = facts
        self.chains: Chains = Chains()
        self.images: dict[Expr, Term] = {}
        self.users = Counter(arg for node in postorder(*roots) for arg in node.args)

    def __call__(self, root: Expr) -> Term:
        """The term of an expression."""
        return computed(root, self.images, self.needs, self.lower)

    def needs(self, node: Expr) -> Sequence[Expr]:
        """The expressions whose terms the lowering of this one reads."""
        if node.op.name == "product":
            return self.reads(node)
        if node.op.name in ("tr", "sum"):
            return [e for term in self.summands(node) for e in self.flat(term).reads()]
        if node.op.name == "inner" and self.is_contraction(node):
            return [e for side in node.args for e in self.flat(side).reads()]
        if node.op.name in RULES or node.op.elementwise or node.op.numpy or node.op.definition is None:
            return node.args
        return (self.defined(node),)

    def lower(self, node: Expr) -> Term:
        """The term of a node whose needs are lowered."""
        special = RULES.get(node.op.name)
        if special is not None:
            return special(self, node)
        args = [self.images[a] for a in node.args] if self.needs(node) == node.args else []
        if "unknown" in node.op.name:
            assert isinstance(node.data, tuple)
            raise MatcalcError(
                f"{node.data[0]} is an unknown function, and has no code",
                advice=f'Say what it is: functions={{"{node.data[0]}": "t² exp(−t)"}}, for example.',
            )
        if node.op.elementwise:
            return call(node.op.name, *args)
        if node.op.numpy:
            return from_template(node, args)
        if node.op.definition is not None:
            return self.images[self.defined(node)]
        raise NotYetError(f"{node.op.name} has no NumPy code yet")

    @staticmethod
    def defined(node: Expr) -> Expr:
        """The node in the simpler operations of its definition."""
        assert node.op.definition is not None
        return node.op.definition(node.args, node.data)

    # --- products ---

    def flat(self, e: Expr) -> Flat:
        """The expression as a product of what it is made of."""
        return flat(e, self.users)

    def reads(self, e: Expr) -> list[Expr]:
        """The expressions whose terms the product e is made of."""
        product = self.flat(e)
        applied = spread_over(product, self.users)
        if not applied:
            return product.reads()
        last = len(product.matrices) - 1
        out = [*product.scalars, *product.matrices[: last - applied], product.matrices[last]]
        for factor in product.matrices[last - applied : last]:
            for term in summands(factor, self.users):
                out += flat(term, self.users).reads()
        return out

    def product(self, e: Expr) -> Term:
        """The product in the cheapest order; sums that are not worth forming are applied term by term."""
        whole = self.flat(e)
        if not whole.matrices:
            return scale(whole.coefficient, times(*self.front(whole)))
        applied = spread_over(whole, self.users)
        if not applied:
            chain = self.chains.product(self.factors(whole.matrices))
            return scaled_product(whole.coefficient, self.front(whole), chain)
        *rest, last = whole.matrices
        vector = Factor(self.images[last], *last.shape)
        for factor in reversed(rest[len(rest) - applied :]):
            terms = []
            for term in summands(factor, self.users):
                one = self.flat(term)
                chain = self.chains.product([*self.factors(one.matrices), vector])
                terms.append((one.coefficient, times(*self.front(one), chain)))
            vector = Factor(plus(terms), factor.shape[0], 1)
        chain = self.chains.product([*self.factors(rest[: len(rest) - applied]), vector])
        return scaled_product(whole.coefficient, self.front(whole), chain)

    def factors(self, matrices: Sequence[Expr]) -> list[Factor]:
        """The factors as terms with their orientation."""
        return [Factor(self.images[e], *e.shape) for e, count in repeated(matrices) for _ in range(count)]

    def front(self, product: Flat) -> list[Term]:
        """The scalars as terms."""
        return [self.images[s] for s in product.scalars]

    def matrix_power(self, base: Term, shape: Shape, exponent: int) -> Term:
        """A positive whole power of a matrix."""
        if exponent <= 3 or base.op == "diagmatrix":
            return self.chains.product([Factor(base, *shape)] * exponent)
        return make("matpow", (dense(base), number(self.table, exponent)), None, base.dims)

    # --- traces and sums ---

    @staticmethod
    def summands(node: Expr) -> tuple[Expr, ...]:
        """The terms that a trace or sum goes through one by one, if one of them is a product."""
        (e,) = node.args
        return e.args if e.op.name == "add" and any(is_product(t) for t in e.args) else (e,)

    @staticmethod
    def is_contraction(node: Expr) -> bool:
        """Whether an inner product is the trace of a longer product."""
        left, right = node.args
        return left is not right and (is_product(left) or is_product(right))
