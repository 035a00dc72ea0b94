"""The simplifier: a bottom-up walk that brings each node to its shortest known form.

At a node, in this order: collect (like terms, equal bases, inverses), move signs, apply the
rewrite rules, and for sums and products weigh a few candidates — factored, expanded and
collected, with inverses of products spelled out — of which the cheapest wins. Results are
remembered by node, so a shared part is simplified once. The steps stand in matcalc.algebra.steps, the
candidates in matcalc.algebra.weighing; here is the walk.
"""

from __future__ import annotations

from matcalc.algebra.build import (
    ADD,
    INNER,
    PRODUCT,
    apply,
)
from matcalc.algebra.expr import Expr
from matcalc.algebra.shapes import SCALAR
from matcalc.algebra.weighing import Weighing

__all__ = ["Simplifier"]

#: How deep rewriting may nest.
_DEPTH = 40


class Simplifier(Weighing):
    """simplify(e) under facts and rules; remembers results by node.

    factoring: whether sums are factored and multiplied out; weighing: whether candidates are weighed
    at all, or only rules applied and like things collected.
    """

    def __call__(self, e: Expr) -> Expr:
        """The expression in its shortest known form, equal in value.

        A node whose form changes waits on the stack, below its new form; until that is done it
        counts as its own result, so that a rewriting that comes back to it ends.
        """
        done = self._done
        becomes: dict[Expr, Expr] = {}
        stack = [e]
        while stack:
            node = stack[-1]
            if node in becomes:
                result = done[becomes.pop(node)]
            elif node in done:
                stack.pop()
                continue
            else:
                todo = [arg for arg in node.args if arg not in done]
                if todo:
                    stack.extend(reversed(todo))
                    continue
                form = self._step(node)
                if form is not node:
                    done[node] = node
                    becomes[node] = form
                    if form not in done:
                        stack.append(form)
                    continue
                result = self._weighed(node)
            stack.pop()
            done[node] = done[result] = result
        return done[e]

    def _again(self, e: Expr) -> Expr:
        """A candidate simplified in its turn; its operands mostly are already."""
        if self._depth >= _DEPTH:
            return e
        self._depth += 1
        try:
            return self(e)
        finally:
            self._depth -= 1

    def _step(self, e: Expr) -> Expr:
        """The next form of a node whose operands are done, or the node itself."""
        args = tuple([self._done[arg] for arg in e.args])
        if args != e.args:
            return apply(e.op, args, e.data)
        if not args:
            return e
        collected = self._collected(e)
        return collected if collected is not e else self._rewritten(e)

    def _weighed(self, e: Expr) -> Expr:
        """The cheapest of a few candidates for a node that no rule changes any more."""
        if not self.weighing:
            return e
        self._done[e] = e
        if e.op is ADD:
            return self._sum(e)
        if e.op is PRODUCT:
            return self._product(e)
        if e.op is INNER or (e.op.adjoint and (e.shape == SCALAR or len(e.args) > 1)):
            return self._split(e)
        return e

    def _rewritten(self, e: Expr) -> Expr:
        for rule in self.rules.at(e):
            for result in rule.apply(e, self.facts):
                if result is not e and (
                    rule.slack is None or self.cost(self._again(result)) < self.cost(e) + rule.slack
                ):
                    return result
        return e
