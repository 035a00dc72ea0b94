"""The front door: from the gradient to the stationary points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from matcalc.algebra.build import add, inner, inverse, multiply, negate, number, parts, power, symbol, zeros
from matcalc.algebra.expr import Expr
from matcalc.algebra.shapes import SCALAR, dim_text
from matcalc.calculus.conditions import (
    NEGATIVE,
    POSITIVE,
    Condition,
    collect_conditions,
    simplest,
    weaker_than,
)
from matcalc.calculus.forms import recognised
from matcalc.calculus.readings import gradients
from matcalc.calculus.structure import structured
from matcalc.convexity import curvature_of, depends, is_affine
from matcalc.errors import NoClosedForm
from matcalc.notation.declarations import Declaration
from matcalc.notation.text import to_text
from matcalc.solving.affine import NotSquare, substitute
from matcalc.solving.eigen import Eigenproblem, eigenproblem
from matcalc.solving.elimination import Branch, Equation, eliminate
from matcalc.solving.isolate import Context
from matcalc.solving.nature import nature_of
from matcalc.solving.problem import Problem, Where, read_problem
from matcalc.solving.solution import Identity, Point, Solution, conditions_for
from matcalc.solving.verify import largest_residual

__all__ = ["solve"]

#: A solution whose residual is larger than this, relative to the terms of its equation, is not given.
_TOLERANCE = 1e-6
_EXTREME = {"convex": "minimum", "concave": "maximum"}
_NAMES = ("λ", "ν", "μ", "κ", "η", "ξ")
_CAPITALS = ("Λ", "Ν", "Μ", "Κ", "Η", "Ξ")


def solve(
    f: str | Expr | Sequence[str],
    unknowns: str | Sequence[str],
    *,
    such_that: str | Sequence[str] | None = None,
    where: Where = None,
) -> Solution:
    """The stationary points of a scalar f, or the solution of equations, in closed form.

    f is an objective (text or Expr), an equation `A X = B`, or a list of equations; unknowns one name
    or several. such_that: equality constraints, met by Lagrange multipliers; on a sphere, or with
    orthonormal columns, a quadratic form leads to eigenvectors. Every solution has been put back into
    its equations at random data. The nature of a point is proved from the Hessian's facts, or unknown.

    Raises NoClosedForm with the reason where no closed form is found, and the errors of the reader.

    >>> print(solve("‖Xβ − Y‖²", "β", where={"Y": "n"}))
    β* = (XᵀX)⁻¹ Xᵀ Y          minimum
      ∂f/∂β = 2 Xᵀ(X β − Y)
      XᵀX β = Xᵀ Y
      if X of full column rank
      the Hessian by β, 2 XᵀX, is positive semidefinite
      Xβ is read as X β
    """
    problem = read_problem(f, unknowns, such_that, where)
    while True:
        try:
            return _solve(problem)
        except NotSquare as refusal:
            squared = problem.with_equal(*refusal.sizes) if problem.objective is None else None
            if squared is None:
                raise
            problem = squared


def _solve(problem: Problem) -> Solution:
    if problem.objective is None:
        equations = [Equation(e, None) for e in problem.equations]
        return _finish(problem, equations, dict(problem.symbols), ())
    f = recognised(problem.objective)
    multipliers = _multipliers(problem)
    symbols = {**problem.symbols, **{str(m.data): Declaration(m.shape) for m in multipliers}}
    context = Context(symbols, (*problem.variables, *multipliers))
    if len(problem.variables) == 1:
        multiplier = multipliers[0] if multipliers else symbol(_fresh(problem.symbols, _NAMES), SCALAR)
        constraints = tuple(recognised(e) for e in problem.equations)
        found = eigenproblem(f, constraints, problem.variables[0], multiplier, context.shorten)
        if found is not None:
            return _eigen_solution(problem, found, multiplier, context)
    lagrangian = add(f, *[inner(m, g) for m, g in zip(multipliers, problem.equations, strict=True)])
    found_gradients = gradients(lagrangian, problem.variables)
    own = [Equation(_projected(found_gradients[x], x, problem, context), x) for x in problem.variables]
    steps = [
        f"∂{'f' if not multipliers else 'L'}/∂{e.owner.data} = {to_text(e.zero)}" for e in own if e.owner is not None
    ]
    constraints_left = [Equation(context.shorten(g), None) for g in problem.equations]
    return _finish(problem, [*own, *constraints_left], symbols, multipliers, steps)


def _fresh(symbols: Mapping[str, Declaration], names: Sequence[str]) -> str:
    return next(n for n in [*names, *[f"{names[0]}{i}" for i in "₁₂₃₄₅₆₇₈₉"]] if n not in symbols)


def _multipliers(problem: Problem) -> tuple[Expr, ...]:
    taken = dict(problem.symbols)
    out = []
    for g in problem.equations:
        name = _fresh(taken, _NAMES if 1 in g.shape else _CAPITALS)
        taken[name] = Declaration(g.shape)
        out.append(symbol(name, g.shape))
    return tuple(out)


def _projected(gradient: Expr, x: Expr, problem: Problem, context: Context) -> Expr:
    """The gradient under all facts, on the subspace that the unknown lies in."""
    facts = problem.symbols[str(x.data)].facts
    g = context.shorten(gradient)
    return context.shorten(structured(g, facts, "project", context.shorten.facts.keys.is_symmetric))


def _finish(
    problem: Problem,
    equations: Sequence[Equation],
    symbols: Mapping[str, Declaration],
    multipliers: Sequence[Expr],
    steps: Sequence[str] = (),
) -> Solution:
    context = Context(symbols, (*problem.variables, *multipliers))
    branches = eliminate(equations, (*problem.variables, *multipliers), context)
    shown = _shown(equations, branches, (*problem.variables, *multipliers), context)
    points, residual = [], 0.0
    conditions: dict[str, None] = {}
    for branch in branches:
        residual = max(residual, _checked(branch, [e.zero for e in equations], context))
        values = {m: branch.values[m] for m in multipliers}
        nature, why = _nature(branch, problem, context, values)
        solution = {n: branch.values[x] for n, x in zip(problem.unknowns, problem.variables, strict=True)}
        points.append(Point(solution, {str(m.data): e for m, e in values.items()}, nature, why))
        conditions.update(dict.fromkeys(_conditions(branch, problem, context)))
    statements = [*steps, *map(str, shown)]
    return Solution(tuple(points), tuple(shown), tuple(conditions), tuple(statements), symbols, problem.notes, residual)


def _nature(
    branch: Branch, problem: Problem, context: Context, multipliers: Mapping[Expr, Expr]
) -> tuple[str, tuple[str, ...]]:
    """The nature of the point by the Hessian there, or by the curvature of the objective in all unknowns."""
    if problem.objective is None:
        return "unknown", ()
    nature, why = nature_of(branch, problem.variables, context, multipliers)
    if nature == "unknown" and all(is_affine(g, problem.variables, problem.symbols) for g in problem.equations):
        found = curvature_of(problem.objective, problem.unknowns, problem.symbols)
        if found.verdict in _EXTREME:
            return _EXTREME[found.verdict], (f"the objective is {found.verdict}", *found.certificate)
    return nature, why


def _checked(branch: Branch, equations: Sequence[Expr], context: Context, tall: bool = False) -> float:
    values = branch.values
    known = [e for *_, one in branch.isolated for e in (*one.inverted, *one.systems)]
    matrices = [substitute(e, values) for e in known if e.shape != SCALAR]
    residual = largest_residual(values, equations, context.symbols, matrices, tall)
    if residual is None:
        raise NoClosedForm("the matrices that the solution would invert are singular wherever it was tried")
    if not residual < _TOLERANCE:
        raise NoClosedForm(
            f"the solution that was found does not satisfy its equations (residual {residual:.0e}) and is not given"
        )
    return residual


def _conditions(branch: Branch, problem: Problem, context: Context) -> list[str]:
    facts = context.shorten.facts
    there = _domain(branch, problem, context)
    out = [condition.said(to_text) for condition in there]
    out += [c for e in branch.values.values() for c in conditions_for(e, facts)]
    for *_, isolated in branch.isolated:
        for e in isolated.inverted:
            if conditions_for(context.shorten(_reciprocal(e)), facts):
                at_solution = context.shorten(substitute(e, branch.values))
                out += conditions_for(context.shorten(_reciprocal(at_solution)), facts)
        out += isolated.conditions
    for name, x in zip(problem.unknowns, problem.variables, strict=True):
        for fact, said in (("spd", "positive definite"), ("psd", "positive semidefinite"), ("positive", "positive")):
            if fact in problem.symbols[name].facts and not facts.holds(fact, branch.values[x]):
                out.append(
                    f"{to_text(branch.values[x])} {said}" if fact != "positive" else f"{to_text(branch.values[x])} > 0"
                )
    implied = {weaker.said(to_text) for condition in there for weaker in weaker_than(condition)}
    return [condition for condition in out if condition not in implied]


def _domain(branch: Branch, problem: Problem, context: Context) -> list[Condition]:
    """What the domain of the objective demands of the point: 1/λ > 0, that is λ > 0, where log(x) stands in it."""
    if problem.objective is None:
        return []
    facts, values = context.shorten.facts, {x: branch.values[x] for x in problem.variables}
    found: dict[Condition, None] = {}
    for condition in collect_conditions(problem.objective, problem.variables, facts):
        if condition.relation in (POSITIVE, NEGATIVE) and depends(condition.subjects[0], problem.variables):
            there = context.shorten(substitute(condition.subjects[0], values))
            found.update(dict.fromkeys(simplest(Condition(condition.relation, (there,)), facts)))
    return list(found)


def _reciprocal(e: Expr) -> Expr:
    return power(e, number(-1)) if e.shape == SCALAR else inverse(e)


def _shown(
    equations: Sequence[Equation], branches: Sequence[Branch], unknowns: Sequence[Expr], context: Context
) -> list[Identity]:
    """The equations with the unknowns on the left where they are affine in all of them."""
    if len(unknowns) == 1:
        alone = [branch.isolated[0][2] for branch in branches]
        return list(dict.fromkeys(Identity(isolated.left, isolated.right) for isolated in alone))
    out = []
    nothing = {x: zeros(*x.shape) for x in unknowns}
    for e in equations:
        if is_affine(e.zero, unknowns, context.symbols):
            right = context.shorten(substitute(e.zero, nothing))
            left = context.shorten(add(e.zero, negate(right)))
            back = number(1 / Fraction(parts(left)[0] or 1))  # 2 Xᵀ X β = 2 Xᵀ y is XᵀX β = Xᵀ y
            out.append(Identity(multiply(back, left), context.shorten(multiply(negate(back), right))))
        else:
            out.append(Identity(e.zero, zeros(*e.zero.shape)))
    return out


# --- eigenvectors ----------------------------------------------------------------------------------


def _eigen_solution(problem: Problem, found: Eigenproblem, multiplier: Expr, context: Context) -> Solution:
    x = problem.variables[0]
    constraint = [found.constraint] if found.constraint is not None else []
    symbols = {**problem.symbols, str(multiplier.data): Declaration(multiplier.shape)}
    points, residual = [], 0.0
    for nature, vectors, value in found.extremes:
        values = {x: vectors, multiplier: value}
        checked = [add(found.left, negate(found.right)), *constraint]
        branch = Branch(values, ())
        residual = max(residual, _checked(branch, checked, Context(symbols, context.unknowns), tall=True))
        which = "least" if nature == "minimum" else "largest"
        belongs = f"belongs to the {which} eigenvalue{'' if x.shape[1] == 1 else 's'}"
        why = f"the {nature} {found.why or belongs}"
        points.append(Point({str(x.data): vectors}, {str(multiplier.data): value}, nature, (why,)))
    equation = Identity(found.left, found.right)
    steps = (str(equation), found.statement)
    rows, columns = x.shape
    at_most = () if columns in (1, rows) else (f"{dim_text(columns)} ≤ {dim_text(rows)}",)
    needed = conditions_for(found.extremes[0][1], context.shorten.facts)
    return Solution(tuple(points), (equation,), (*at_most, *needed), steps, symbols, problem.notes, residual)
