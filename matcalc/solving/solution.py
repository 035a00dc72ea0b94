"""Solution: the stationary points that were found, the equations they solve, and code for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from matcalc.algebra.build import (
    INVERSE,
    PRODUCT,
    TRANSPOSE,
    apply,
    multiply,
    number,
    parts,
    reassemble,
    symbol,
    transpose,
)
from matcalc.algebra.expr import Expr, postorder, rebuild, symbols_of
from matcalc.algebra.facts import Facts
from matcalc.algebra.keys import Keys
from matcalc.algebra.operations import REGISTRY
from matcalc.algebra.shapes import dim_names
from matcalc.calculus.conditions import conditions_of
from matcalc.errors import OptionError
from matcalc.notation.declarations import Declaration
from matcalc.notation.latex import to_latex
from matcalc.notation.text import to_text

if TYPE_CHECKING:
    from matcalc.codegen.compiled import Compiled

__all__ = ["Identity", "Point", "Solution", "conditions_for", "full_rank"]

METHODS = ("solve", "lstsq", "cholesky")


@dataclass(frozen=True)
class Identity:
    """An equation: left = right."""

    left: Expr
    right: Expr

    def __str__(self) -> str:
        return f"{to_text(self.left)} = {to_text(self.right)}"

    def latex(self) -> str:
        """The equation as LaTeX."""
        return f"{to_latex(self.left)} = {to_latex(self.right)}"


@dataclass(frozen=True)
class Point:
    """One stationary point: the values of the unknowns and of the multipliers, and what kind of point it is.

    nature: "minimum", "maximum", "saddle" or "unknown". certificate: why.
    """

    solution: Mapping[str, Expr]
    multipliers: Mapping[str, Expr]
    nature: str
    certificate: tuple[str, ...]


@dataclass(frozen=True)
class Solution:
    """What solve found.

    points      every stationary point, or solution of the equations, in closed form.
    equations   the equations that they solve, unknowns on the left.
    conditions  what must hold for the solution to exist.
    steps       the way there: gradient, equations, statements.
    where       every symbol with its shape and facts, multipliers among them.
    residual    the largest relative residual of the equations when the solution was put back at random data.
    """

    points: tuple[Point, ...]
    equations: tuple[Identity, ...]
    conditions: tuple[str, ...]
    steps: tuple[str, ...]
    where: Mapping[str, Declaration]
    notes: tuple[str, ...]
    residual: float

    @property
    def solution(self) -> Mapping[str, Expr]:
        """The unknowns by name, at the first point."""
        return self.points[0].solution

    @property
    def multipliers(self) -> Mapping[str, Expr]:
        """The Lagrange multipliers by name, at the first point."""
        return self.points[0].multipliers

    @property
    def nature(self) -> str:
        """Minimum, maximum, saddle or unknown, of the first point."""
        return self.points[0].nature

    @property
    def certificate(self) -> tuple[str, ...]:
        """Why the first point is of its nature."""
        return self.points[0].certificate

    def __getitem__(self, name: str) -> Expr:
        return self.solution[name]

    def __str__(self) -> str:
        lines = []
        for point in self.points:
            kind = f"          {point.nature}" if point.nature != "unknown" else ""
            lines.append(", ".join(f"{n}* = {to_text(e)}" for n, e in point.solution.items()) + kind)
            if point.multipliers:
                lines.append("  with " + ", ".join(f"{n} = {to_text(e)}" for n, e in point.multipliers.items()))
        lines += [f"  {step}" for step in self.steps]
        if self.conditions:
            lines.append("  if " + ", ".join(self.conditions))
        lines += [f"  {reason}" for reason in self.certificate]
        lines += [f"  {note}" for note in self.notes]
        return "\n".join(lines)

    def __repr__(self) -> str:
        points = [", ".join(f"{n}* = {to_text(e)}" for n, e in p.solution.items()) for p in self.points]
        return f"<{' or '.join(points)}>"

    def latex(self) -> str:
        """The first point as LaTeX."""
        named = [(to_latex(symbol(n, self.where[n].shape)), to_latex(e)) for n, e in self.solution.items()]
        return r",\quad ".join(rf"{{{name}}}^\star = {value}" for name, value in named)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/plain": str(self), "text/latex": f"$\\displaystyle {self.latex()}$"}

    # --- code --------------------------------------------------------------------------------------

    def code(self, method: str = "solve") -> str:
        """The source of a function of the data that returns the unknowns.

        method: "solve" by linear systems, "cholesky" by Cholesky factors of BᵀB where the conditions
        say that B has full column rank, "lstsq" for (BᵀB)⁻¹Bᵀy by least squares on B itself. Raises
        OptionError for another method, and for "lstsq" where the solution is no least-squares solution.

        >>> from matcalc import solve
        >>> print(solve("‖X β − y‖²", "β").code("lstsq"))
        import numpy as np
        <BLANKLINE>
        <BLANKLINE>
        def solution(X, y):
            \"\"\"β* = (XᵀX)⁻¹ Xᵀ y          minimum\"\"\"
            return np.linalg.lstsq(X, y[:, None], rcond=None)[0].ravel()
        <BLANKLINE>
        """
        from matcalc.codegen.compiled import numpy_code

        outputs, inputs = self._coded(method)
        return numpy_code(outputs, inputs, name="solution", title=str(self).splitlines()[0])

    def compile(self, method: str = "solve") -> Compiled:
        """A callable of the data that returns the unknown, or a tuple of the unknowns; method as for code.

        >>> from matcalc import solve
        >>> solve("‖X β − y‖²", "β").compile()(X=[[1, 0], [0, 2]], y=[1, 4]).tolist()
        [1.0, 2.0]
        """
        from matcalc.codegen.compiled import compile_numpy

        outputs, inputs = self._coded(method)
        return compile_numpy(outputs, inputs, name="solution", title=str(self).splitlines()[0])

    def _coded(self, method: str) -> tuple[dict[str, Expr], dict[str, Declaration]]:
        """What is computed from what, in the way that the method says."""
        if method not in METHODS:
            raise OptionError(f"method={method!r} does not exist", advice=f"one of {', '.join(METHODS)}")
        outputs = dict(self.solution)
        where = dict(self.where)
        if method == "lstsq":
            outputs = {n: _by_least_squares(e) for n, e in outputs.items()}
            if all(outputs[n] is e for n, e in self.solution.items()):
                raise OptionError("the solution is no plain least-squares solution", advice='method="solve" is')
        if method == "cholesky":
            thin = {str(b.data) for e in outputs.values() for b in full_rank(e) if b.op.name == "symbol"}
            where = {n: Declaration(d.shape, d.facts | {"injective"}) if n in thin else d for n, d in where.items()}
        needed = self._inputs(outputs.values())
        return outputs, {n: d for n, d in where.items() if n in needed}

    def _inputs(self, outputs: object) -> set[str]:
        """The symbols of the outputs, and an unknown where it alone says a size."""
        assert not isinstance(outputs, str)
        exprs = list(outputs)  # type: ignore[call-overload]
        needed = {str(s.data) for s in symbols_of(*exprs)}
        sizes = {d for n in needed for dim in self.where[n].shape for d in dim_names(dim)}
        for node in postorder(*exprs):
            wanted = {d for dim in node.shape for d in dim_names(dim)}
            wanted |= {str(node.data)} if node.op.name == "dimension" else set()
            for name, declared in self.where.items():
                own = {d for dim in declared.shape for d in dim_names(dim)}
                if wanted - sizes and own & (wanted - sizes):
                    needed.add(name)
                    sizes |= own
        return needed


# --- least squares ---------------------------------------------------------------------------------


def _gram(e: Expr) -> Expr | None:
    """B if e is BᵀB, or BᵀM B."""
    _, _, m = parts(e)
    half = len(m) // 2
    if not half:
        return None
    keys = Keys()
    left, right = reassemble(1, (), m[:half]), reassemble(1, (), m[len(m) - half :])
    return right if keys.same(transpose(left), right) else None


def full_rank(*roots: Expr) -> list[Expr]:
    """The B whose BᵀB, or BᵀM B, is inverted below the roots."""
    found = [_gram(n.args[0]) for n in postorder(*roots) if n.op is INVERSE]
    return list(dict.fromkeys(b for b in found if b is not None))


def conditions_for(e: Expr, facts: Facts) -> tuple[str, ...]:
    """What must hold for the solution to exist, in terms of ranks where it inverts BᵀB."""
    inverses = {f"{to_text(n.args[0])} invertible": n.args[0] for n in postorder(e) if n.op is INVERSE}
    said = conditions_of(e, symbols_of(e), facts, to_text)
    return tuple(_rank(inverses[c], facts) if c in inverses else c for c in said)


def _rank(e: Expr, facts: Facts) -> str:
    """The condition that e is invertible: for BᵀB that B has full column rank."""
    b = _gram(e)
    _, _, m = parts(e)
    if b is None or (len(m) % 2 and not facts.holds("spd", m[len(m) // 2])):
        return f"{to_text(e)} invertible"
    return f"{to_text(b.args[0])} of full row rank" if b.op is TRANSPOSE else f"{to_text(b)} of full column rank"


def _by_least_squares(e: Expr) -> Expr:
    """e with (BᵀB)⁻¹Bᵀ Y as lstsq(B, Y)."""

    def replace(node: Expr, args: tuple[Expr, ...]) -> Expr:
        node = node if args == node.args else apply(node.op, args, node.data)
        if node.op is not PRODUCT:
            return node
        c, scalars, m = parts(node)
        for i, factor in enumerate(m[:-2]):
            if factor.op is INVERSE and (b := _gram(factor.args[0])) is not None:
                _, _, gram = parts(factor.args[0])
                width = len(gram) // 2
                adjoint = reassemble(1, (), m[i + 1 : i + 1 + width])
                if len(gram) == 2 * width and adjoint is transpose(b) and m[i + 1 + width :]:
                    solved = apply(REGISTRY["lstsq"], (b, multiply(*m[i + 1 + width :])))
                    return multiply(number(c), *scalars, *m[:i], solved)
        return node

    return rebuild(e, replace)
