"""Kinds and dimensions of what is not declared.

Every symbol has a prior by its letter: upper case a matrix, a lower-case Latin letter a vector, a
lower-case Greek letter a scalar. Priors give way to what shapes force. The reading with the fewest
departures wins; two readings that depart equally far are an error that names both.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from matcalc.algebra.shapes import SCALAR, Dim, Shape, dim_names
from matcalc.errors import AmbiguityError, ShapeError
from matcalc.notation.constraints import Conflict, Constraints
from matcalc.notation.declarations import Partial
from matcalc.notation.dimensions import Size, Sizes, Variable, find
from matcalc.notation.indices import fixed, letter_of
from matcalc.notation.names import is_greek, numbered
from matcalc.notation.priors import KINDS, Costs, Kind, is_linear_algebra, priors
from matcalc.notation.sizing import size_nodes
from matcalc.notation.tree import Node

__all__ = ["Inference", "Problem", "infer"]

#: More readings than this are not tried.
_MAX_READINGS = 600
_TIE = 1e-9
#: A reading that departs further from what the letters say is not what was meant: two capital letters as scalars.
_FARTHEST = 3.5


@dataclass(slots=True)
class Inference:
    """What was found: the shapes of the symbols and of I, 𝟏 and 𝟎, and the letters that are scalars by guess.

    ranges: how far every index runs.
    """

    symbols: dict[str, Shape]
    leaves: dict[Node, Shape]
    guessed: frozenset[str]
    ranges: dict[str, Dim] = field(default_factory=dict)


@dataclass(frozen=True)
class Problem:
    """What is known before kinds are chosen."""

    text: str
    nodes: list[Node]
    declared: Mapping[str, Partial]
    names: tuple[str, ...]  # every symbol of the text, in order of first appearance
    functions: Mapping[str, object]
    determinants: Mapping[Node, bool]
    expected: Shape | None

    def read(self, kinds: Mapping[str, Kind]) -> Constraints:
        """The constraints of the tree under a choice of kinds; raises Conflict."""
        symbols = {name: self.sizes(name, kinds) for name in self.names}
        constraints = Constraints(self.text, symbols, self.functions, self.determinants, self.lone)
        size_nodes(constraints, self.nodes, self.expected)
        return constraints

    @cached_property
    def lone(self) -> frozenset[str]:
        """The symbols that occur once."""
        count = Counter(str(node.data) for node in self.nodes if node.kind == "symbol")
        return frozenset(name for name, times in count.items() if times == 1)

    def sizes(self, name: str, kinds: Mapping[str, Kind]) -> Sizes:
        """The sizes of a symbol: as declared, or variables for its kind."""
        said = self.declared.get(name)
        if said is not None and said.shape is not None:
            return said.shape
        kind = kinds[name]
        if kind == "scalar":
            return SCALAR
        if kind == "vector":
            return Variable(), 1
        if kind == "row":
            return 1, Variable()
        rows = Variable()
        return rows, rows if kind == "square" else Variable()


def infer(problem: Problem) -> Inference:
    """The shapes of everything in the text."""
    fixed: dict[str, Kind] = {}
    free: list[str] = []
    for name in problem.names:
        said = problem.declared.get(name)
        if said is None or (said.shape is None and not said.kind):
            free.append(name)
        elif said.shape is None:
            fixed[name] = said.kind
    guessed: frozenset[str] = frozenset()
    if free and not is_linear_algebra(problem.names, problem.declared, problem.nodes):
        guessed = frozenset(name for name in free if not is_greek(name))
        fixed.update(dict.fromkeys(free, "scalar"))
        free = []
    found = _search(problem, fixed, priors(free, problem.nodes)) if free else _read_fixed(problem, fixed)
    try:
        symbols, leaves = _named(problem, found)
    except Conflict as conflict:
        raise _shape_error(conflict, problem) from None
    return Inference(symbols, leaves, guessed, _ranges(problem, found))


def _read_fixed(problem: Problem, kinds: Mapping[str, Kind]) -> Constraints:
    try:
        return problem.read(kinds)
    except Conflict as conflict:
        raise _shape_error(conflict, problem) from None


def _shape_error(conflict: Conflict, problem: Problem) -> ShapeError:
    undeclared = [
        name
        for name in problem.names
        if name not in problem.declared and (conflict.names is None or name in conflict.names)
    ]
    advice = f"Declare {', '.join(undeclared[:6])} to say what is meant." if undeclared else ""
    return ShapeError(conflict.message, spans=tuple(node.span for node in conflict.nodes), advice=advice)


# --- the search ------------------------------------------------------------------------------------

Changes = tuple[tuple[str, Kind], ...]


def _search(problem: Problem, fixed: dict[str, Kind], costs: dict[str, Costs]) -> Constraints:
    """The reading with the fewest departures.

    Readings are tried in the order of their cost. One that fails says which symbols could save it, and
    only those are changed.
    """
    cheapest = {name: min(KINDS, key=cost.__getitem__) for name, cost in costs.items()}
    base = sum(costs[name][kind] for name, kind in cheapest.items())
    queue: list[tuple[float, int, Changes, Constraints | None]] = [(base, 0, (), None)]
    seen: set[Changes] = {()}
    counter = 0
    first: Conflict | None = None
    best: tuple[float, Changes, Constraints] | None = None
    for _ in range(_MAX_READINGS):
        if not queue or (best is not None and queue[0][0] > best[0] + _TIE):
            break
        cost, _, changes, done = heapq.heappop(queue)
        kinds = {**fixed, **cheapest, **dict(changes)}
        names: Iterable[str] | None
        if done is None:
            try:
                done = problem.read(kinds)
                extra = sum(amount for amount, _ in done.unlikely)
                names = {name for _, about in done.unlikely for name in about}
            except Conflict as conflict:
                first = first or conflict
                extra, names = 0.0, conflict.names
            for change in _changes(changes, names, costs, cheapest):
                if change[1] not in seen:
                    seen.add(change[1])
                    counter += 1
                    heapq.heappush(queue, (cost + change[0], counter, change[1], None))
            if done is None:
                continue
            if extra:
                counter += 1
                heapq.heappush(queue, (cost + extra, counter, changes, done))
                continue
        if cost > base + _FARTHEST and first is not None:
            break
        if best is not None:
            raise _tie(problem, best[1], changes, cheapest)
        best = (cost, changes, done)
    if best is None:
        assert first is not None
        raise _shape_error(first, problem)
    return best[2]


def _changes(
    changes: Changes, names: Iterable[str] | None, costs: dict[str, Costs], cheapest: dict[str, Kind]
) -> Iterable[tuple[float, Changes]]:
    """The readings that change one more symbol, with what each adds to the cost."""
    changed = dict(changes)
    for name in costs if names is None else names:
        if name in costs and name not in changed:
            for kind in KINDS:
                if kind != cheapest[name]:
                    yield costs[name][kind] - costs[name][cheapest[name]], tuple(sorted([*changes, (name, kind)]))


def _tie(problem: Problem, one: Changes, other: Changes, cheapest: dict[str, Kind]) -> AmbiguityError:
    a, b = {**cheapest, **dict(one)}, {**cheapest, **dict(other)}
    differ = [name for name in problem.names if name in a and a[name] != b[name]]
    spans = []
    for name in differ:
        node = next(node for node in problem.nodes if node.kind == "symbol" and node.data == name)
        spans.append(node.span)

    def said(kinds: Mapping[str, Kind]) -> str:
        return ", ".join(f"{name} a {kinds[name]}" for name in differ)

    return AmbiguityError(
        f"two readings are equally good: {said(a)}; or {said(b)}",
        spans=tuple(spans),
        advice=f"Declare {' or '.join(differ)}.",
    )


# --- names for the dimensions -------------------------------------------------------------------------

_NAMES = ("m", "n", "p", "q", "k", "r", "d", "l", "s", "t", "h", "j")


def _named(problem: Problem, found: Constraints) -> tuple[dict[str, Shape], dict[Node, Shape]]:
    """The shapes, with names for the dimensions that are not known."""
    taken = set(problem.names)
    for partial in problem.declared.values():
        for dim in partial.shape or ():
            taken.update(dim_names(dim))
    taken.update(str(node.data) for node in problem.nodes if node.kind in ("dimension", "identity", "ones"))
    roots: dict[Variable, None] = {}
    for name in problem.names:
        for size in found.symbols[name]:
            root = find(size)
            if isinstance(root, Variable):
                roots.setdefault(root)
            else:  # the upper limit of a sum
                taken.update(dim_names(root))
    if len(roots) == 1 and "n" not in taken:
        pool = iter(["n"])
    else:
        pool = iter(
            [name for name in (*_NAMES, *(numbered("n", i) for i in range(1, len(roots) + 1))) if name not in taken]
        )
    for root in roots:
        root.link = next(pool)
    found.settle()
    symbols = {name: (_known(sizes[0]), _known(sizes[1])) for name, sizes in found.symbols.items()}
    leaves: dict[Node, Shape] = {}
    for node in found.leaves:
        rows, columns = map(find, found.at[node])
        if isinstance(rows, Variable) or isinstance(columns, Variable):
            raise _no_size(node, found)
        leaves[node] = (rows, columns)
    return symbols, leaves


_WITH_INDICES = frozenset({"entry", "delta", "gathered"})


def _ranges(problem: Problem, found: Constraints) -> dict[str, Dim]:
    """How far the indices run; an index that stands on nothing has no range."""
    for node in problem.nodes:
        indices = node.data.letters if node.kind == "summed" else node.data if node.kind in _WITH_INDICES else ()
        for index in indices:
            if not fixed(index) and isinstance(find(found.range_of(index)), Variable):
                raise ShapeError(
                    f"nothing says how far the index {letter_of(index)} runs", spans=((node.start, node.start + 1),),
                    advice=f"It runs over the entries that it stands on, or to a limit: ∑_{{{letter_of(index)}=1}}^n.",
                )  # fmt: skip
    return {index: _known(size) for index, size in found.ranges.items()}


def _known(size: Size) -> Dim:
    found = find(size)
    assert not isinstance(found, Variable)
    return found


def _no_size(node: Node, found: Constraints) -> ShapeError:
    letter = found.source(node)
    ways = f"{letter}_n" if node.kind in ("identity", "ones") and letter != "e" else ""
    return ShapeError(
        f"nothing says what size {letter} has", spans=(node.span,),
        advice=f"Write {ways} with the name of a dimension." if ways else "Add it to something whose size is known.",
    )  # fmt: skip
