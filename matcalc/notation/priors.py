"""Priors: what kind of thing a letter is before shapes are looked at, by the letter and by where it stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from matcalc.algebra.operations import REGISTRY
from matcalc.algebra.shapes import SCALAR
from matcalc.notation.declarations import Partial
from matcalc.notation.names import is_greek, is_upper
from matcalc.notation.tree import Node
from matcalc.notation.words import Unknown

__all__ = ["KINDS", "Costs", "Kind", "is_linear_algebra", "priors"]

Kind = str  # "scalar", "vector", "matrix"; declared kinds are also "square" and "row"
KINDS: tuple[Kind, ...] = ("scalar", "vector", "matrix")
Costs = dict[Kind, float]

_SIGNS = frozenset({"norm", "entrywise", "kronecker", "frobenius", "identity", "ones", "zeros", "summed", "entry"})


def is_linear_algebra(names: Iterable[str], declared: Mapping[str, Partial], nodes: list[Node]) -> bool:
    """Whether anything in the text speaks of vectors or matrices."""
    for name in names:
        said = declared.get(name)
        if said is not None and (said.kind not in ("", "scalar") or (said.shape is not None and said.shape != SCALAR)):
            return True
        if said is None and is_upper(name):
            return True
    return any(_is_sign(node) for node in nodes)


def _is_sign(node: Node) -> bool:
    if node.kind in ("call", "bare"):
        name = node.data
        if isinstance(name, Unknown):
            return name.shape != SCALAR
        row = REGISTRY.names.get(name)
        of_entries = row is not None and row.name in ("max", "min") and len(node.args) > 1
        return not (row is not None and (row.elementwise or of_entries or row.name == "sqrt"))
    if node.kind == "stacked":  # a matrix of numbers multiplies vectors; [sin t; cos t] is a curve
        entries = [arg.args[0] if arg.kind == "negated" else arg for arg in node.args]
        return all(entry.kind == "number" for entry in entries)
    return node.kind in _SIGNS or (node.kind == "raised" and node.data in ("T", "-T"))


def _prior(name: str) -> Costs:
    if is_upper(name):
        return {"matrix": 0.0, "vector": 1.0, "scalar": 2.0}
    if is_greek(name):
        return {"scalar": 0.0, "vector": 1.0, "matrix": 2.0}
    return {"vector": 0.0, "scalar": 1.0, "matrix": 2.0}


def priors(free: list[str], nodes: list[Node]) -> dict[str, Costs]:
    """What each kind of each free symbol costs: by its letter, and by where it stands."""
    costs = {name: _prior(name) for name in free}
    for node in nodes:
        weigh = _EVIDENCE.get(node.kind)
        if weigh is not None:
            weigh(node, costs)
    return costs


def _symbol_of(node: Node, costs: Mapping[str, Costs]) -> str | None:
    return node.data if node.kind == "symbol" and node.data in costs else None


def _array(cost: Costs) -> None:
    """A place where an array stands rather than a scalar: a lower-case Greek letter is a vector there."""
    if cost["scalar"] == 0:
        cost.update(scalar=1.2, vector=0.0, matrix=min(cost["matrix"], 2.0))


def _number(cost: Costs) -> None:
    """A place where a scalar stands rather than an array."""
    cost.update(scalar=0.0, vector=max(cost["vector"], 1.0))


def _weigh_transpose(node: Node, costs: dict[str, Costs]) -> None:
    if node.data not in ("T", "-T"):
        return
    _weigh_rows(node.args[0], costs)
    name = _symbol_of(node.args[0], costs)
    if name:
        costs[name]["scalar"] = 2.5
        if is_greek(name) and not is_upper(name):
            costs[name]["vector"] = 0.0


def _weigh_fence(node: Node, costs: dict[str, Costs]) -> None:
    _weigh_rows(node.args[0], costs)
    name = _symbol_of(node.args[0], costs)
    if name:
        _array(costs[name])


def _weigh_rows(inside: Node, costs: dict[str, Costs]) -> None:
    """In (xᵢ − μ)ᵀ and ‖xᵢ − μ‖ what bears one index is a row of a matrix, and what stands beside it a vector."""
    terms = [term.args[0] if term.kind == "negated" else term for term in inside.args] if inside.kind == "sum" else []
    rows = [
        name
        for term in (inside, *terms)
        if term.kind == "entry" and len(term.data) == 1 and (name := _symbol_of(term.args[0], costs))
    ]
    for name in rows:
        costs[name].update(matrix=0.0, vector=2.5, scalar=4.0)
    for name in filter(None, [_symbol_of(term, costs) for term in terms if rows]):
        costs[name].update(vector=0.0, scalar=2.5)


def _weigh_exponent(node: Node, costs: dict[str, Costs]) -> None:
    name = _symbol_of(node.args[1], costs)
    if name and node.args[0].kind != "euler":
        _number(costs[name])


def _weigh_ratio(node: Node, costs: dict[str, Costs]) -> None:
    if node.args[0].kind == "number":
        for below in node.args[1:]:
            if below.kind in ("call", "bare") and below.data == "sqrt":
                (below,) = below.args
            name = _symbol_of(below, costs)
            if name:
                _number(costs[name])


def _weigh_entrywise(node: Node, costs: dict[str, Costs]) -> None:
    for arg in node.args:
        name = _symbol_of(arg, costs)
        if name:
            _array(costs[name])


def _weigh_product(node: Node, costs: dict[str, Costs]) -> None:
    """A scalar stands at the left of a product; a Greek letter at its right end is a vector before it is a scalar.

    The capital letter in xᵀA x is a matrix, since that is a quadratic form; in A xᵢ and wᵀxᵢ what bears the index
    is a row.
    """
    for left, middle, right in zip(node.args, node.args[1:], node.args[2:], strict=False):
        name = _symbol_of(middle, costs)
        if name and costs[name]["matrix"] == 0 and _is_transpose(left, right):
            costs[name]["vector"] += 0.5
    last, before = node.args[-1], node.args[:-1]
    arrays = [
        arg
        for arg in before
        if (arg.kind == "raised" and arg.data == "T")
        or ((name := _symbol_of(arg, costs)) and costs[name]["matrix"] == 0)
    ]
    if last.kind == "entry" and len(last.data) == 1 and arrays:
        below = _symbol_of(last.args[0], costs)
        if below:
            costs[below].update(matrix=0.0, vector=1.5)
    for left, right in zip(node.args, node.args[1:], strict=False):  # a·b is no product of matrices
        names = [_symbol_of(left, costs), _symbol_of(right, costs)]
        if all(name and not is_upper(name) and not is_greek(name) for name in names):
            for name in filter(None, names):
                costs[name]["matrix"] = max(costs[name]["matrix"], 4.0)
    first = _symbol_of(node.args[0], costs)
    if first and is_greek(first) and not is_upper(first):
        costs[first]["vector"] += 0.3
    name = _symbol_of(node.args[-1], costs)
    if name is None:
        return
    if all(_is_scalar_letter(arg) for arg in node.args[:-1]):
        return
    if is_greek(name) and not is_upper(name):
        _array(costs[name])
    else:
        costs[name]["scalar"] += 0.3


def _is_transpose(left: Node, right: Node) -> bool:
    """Whether the left is the transpose of the right one, a letter."""
    if left.kind != "raised" or left.data != "T" or right.kind != "symbol":
        return False
    return left.args[0].kind == "symbol" and bool(left.args[0].data == right.data)


def _is_scalar_letter(node: Node) -> bool:
    if node.kind in ("number", "constant", "dimension"):
        return True
    return node.kind == "symbol" and is_greek(node.data) and not is_upper(node.data)


_EVIDENCE = {
    "raised": _weigh_transpose, "norm": _weigh_fence, "power": _weigh_exponent, "ratio": _weigh_ratio,
    "over": _weigh_ratio, "entrywise": _weigh_entrywise, "juxtaposed": _weigh_product, "times": _weigh_product,
}  # fmt: skip
