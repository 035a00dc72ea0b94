"""Forms that only the whole tree shows: what a tight slash divides, which bars are determinants, what is refused.

A form with two readings is refused, and both are offered.
"""

from __future__ import annotations

from collections.abc import Callable

from matcalc.errors import AmbiguityError, LimitError, MatcalcError
from matcalc.notation.tree import Node

__all__ = ["check_forms", "mark_determinants", "settle_slashes"]

#: A chain of more Kronecker factors than this is refused: its dimensions grow with every factor.
_MAX_KRONECKER = 32


def settle_slashes(root: Node) -> Node:
    """The tree with a tight slash at the end of a product below the whole product: A x/n is (A x)/n."""
    stack = [root]
    while stack:
        node = stack.pop()
        stack.extend(node.args)
        if node.kind == "juxtaposed" and _open(node.args[-1], "ratio"):
            ratio = node.args[-1]
            above = ratio.args[0]
            product = Node("juxtaposed", [*node.args[:-1], above], node.data, node.start, above.end)
            node.kind, node.args, node.data = "ratio", [product, *ratio.args[1:]], ratio.data
    return root


#: Through these a bar is still next to the log that it stands in.
_TRANSPARENT = frozenset({"juxtaposed", "times", "ratio", "over", "raised", "power"})


def mark_determinants(nodes: list[Node]) -> dict[Node, bool]:
    """The bars next to a log, which of a matrix mean its determinant; True where they are all that the log takes."""
    found: dict[Node, bool] = {}
    for log in nodes:
        if log.kind in ("call", "bare") and log.data in ("log", "ln"):
            stack = list(log.args)
            while stack:
                node = stack.pop()
                if node.kind == "bars":
                    found[node] = node is log.args[0]
                elif node.kind in _TRANSPARENT:
                    stack.extend(node.args)
    return found


# --- forms with two readings ---------------------------------------------------------------------


def check_forms(nodes: list[Node], text: str) -> None:
    """An error if a node has a form that is refused: a / b c, tr A B, A ⊗ B ⊙ C, x^y^z."""
    for node in nodes:
        check = _CHECKS.get(node.kind)
        if check is not None:
            error = check(node, text)
            if error is not None:
                raise error


def _open(node: Node, *kinds: str) -> bool:
    return node.kind in kinds and not node.bracketed


def _two_readings(message: str, node: Node, first: str, second: str) -> MatcalcError:
    return AmbiguityError(message, spans=(node.span,), advice=f"Write {first} or {second}.")


def _check_over(node: Node, text: str) -> MatcalcError | None:
    for below in node.args[1:]:
        if not _open(below, "juxtaposed"):
            continue
        first, rest = below.args[0], text[below.args[1].start : below.end]
        a, b = text[node.start : below.start].rstrip(" /÷"), text[first.start : first.end]
        return _two_readings(
            "a product after a slash has two readings", node, f"({a} / {b}) {rest}", f"{a} / ({b} {rest})"
        )
    return None


def _check_times(node: Node, text: str) -> MatcalcError | None:
    first = node.args[0]
    if _open(first, "over") and text[first.end : node.args[1].start].strip() not in ("*", "@"):
        above, below = text[first.start : first.args[-2].end], text[first.args[-1].start : first.end]
        rest = text[node.args[1].start : node.end]
        return _two_readings(
            "a product after a slash has two readings",
            node,
            f"({above} / {below}) {rest}",
            f"{above} / ({below} {rest})",
        )
    return None


#: What a tight slash may stand between to be a coefficient, as may anything in brackets: numbers, names, sqrt(π).
_ATOMS = frozenset({"call", "number", "symbol", "constant", "dimension", "index", "entry", "reference"})


def _is_coefficient(ratio: Node, before: Node | None, after: Node, text: str) -> bool:
    """Whether a tight slash inside a product is one: λ/2 ‖w‖², and not x/2n, xᵀy/2 z or ‖x‖²/2 y."""
    if not all(arg.bracketed or arg.kind in _ATOMS for arg in ratio.args):
        return False
    if before is not None and before.kind == "raised" and before.data == "T":
        return False
    touching = ratio.end == after.start and not after.bracketed
    base = after.args[0] if after.kind in ("power", "raised") and after.data not in ("T", "-T") else after
    return not (touching and base.kind in _ATOMS and not base.bracketed)


def _two_slashes(node: Node, ratio: Node, after: Node, text: str) -> MatcalcError:
    """Both brackets: around what touches the number below, or around all that follows."""
    above, below = text[node.start : ratio.args[-2].end], text[ratio.args[-1].start : ratio.end]
    end = after.end if ratio.end == after.start else node.end
    taken, rest = text[after.start : end], text[end : node.end]
    return _two_readings(
        "a product after a slash has two readings",
        node,
        f"({above} / {below}) {taken}{rest}",
        f"{above} / ({below} {taken}){rest}",
    )


def _is_lone_one(node: Node, text: str) -> bool:
    return node.kind == "number" and not node.bracketed and text[node.start : node.end] == "1"


def _is_norm_index(norm: Node, after: Node, text: str) -> bool:
    """‖A‖F, ‖A‖²F and ‖x‖1: what touches a norm could have been below it."""
    raised = norm.kind in ("raised", "power") and norm.args[0].kind == "norm"
    touching = "F" if raised else "F0123456789∞" if norm.kind == "norm" else ""
    return not (norm.bracketed or after.bracketed) and text[after.start] in touching


def _check_juxtaposed(node: Node, text: str) -> MatcalcError | None:
    for i, ratio in enumerate(node.args[:-1]):
        before, after = node.args[i - 1] if i else None, node.args[i + 1]
        if _open(ratio, "ratio") and not _is_coefficient(ratio, before, after, text):
            return _two_slashes(node, ratio, after, text)
        if ratio.end == after.start and _is_norm_index(ratio, after, text):
            return AmbiguityError(
                f"{text[after.start]} directly behind a norm may be its index or a factor", spans=(ratio.span,),
                advice=f"Write _{text[after.start]} for the index, or a space before the factor.",
            )  # fmt: skip
    for before, after in zip(node.args, node.args[1:], strict=False):
        if _is_lone_one(after, text) and before.kind != "number":
            return AmbiguityError(
                "a factor 1 stands behind another: the number, or the vector of ones", spans=(after.span,),
                advice="Write 𝟏 for the vector.",
            )  # fmt: skip
    for bare, after in zip(node.args, node.args[1:], strict=False):
        if _open(bare, "bare"):
            name, inside = text[bare.start : bare.args[0].start].strip(), text[bare.args[0].start : bare.end]
            rest = text[after.start : node.end]
            return _two_readings(
                f"{name} without brackets takes one factor at the end of a product",
                node,
                f"{name}({inside}) {rest}",
                f"{name}({inside} {rest})",
            )
    return None


def _check_ratio(node: Node, text: str) -> MatcalcError | None:
    first = node.args[0]
    if _open(first, "bare"):
        name, inside = text[first.start : first.args[0].start].strip(), text[first.args[0].start : first.end]
        rest = text[first.end : node.end].strip()
        return _two_readings(
            f"{name} without brackets takes one factor", node, f"{name}({inside}){rest}", f"{name}({inside}{rest})"
        )
    return None


def _check_kronecker(node: Node, text: str) -> MatcalcError | None:
    if len(node.args) > _MAX_KRONECKER:
        return LimitError(f"more than {_MAX_KRONECKER} Kronecker factors are not read", spans=(node.span,))
    return _check_mixture(node, text, "entrywise")


def _check_entrywise(node: Node, text: str) -> MatcalcError | None:
    return _check_mixture(node, text, "kronecker")


def _check_mixture(node: Node, text: str, other: str) -> MatcalcError | None:
    first = node.args[0]
    if _open(first, other):
        last, after = first.args[-1], node.args[1]
        left, middle = text[first.start : first.end], text[last.end : after.start].strip()
        head, tail = text[first.start : last.start], text[last.start : after.end]
        return _two_readings(
            "⊗ beside ⊙ or ⊘ has two readings",
            node,
            f"({left}) {middle} {text[after.start : after.end]}",
            f"{head}({tail})",
        )
    return None


def _check_power(node: Node, text: str) -> MatcalcError | None:
    base, exponent = node.args
    if _open(base, "power", "entrywise_power"):
        x, p, q = (text[n.start : n.end] for n in (*base.args, exponent))
        return _two_readings("a power of a power needs brackets", node, f"({x}^{p})^{q}", f"{x}^({p}^{q})")
    return None


def _check_raised(node: Node, text: str) -> MatcalcError | None:
    if node.data == "T" and _is_lone_one(node.args[0], text):
        return AmbiguityError("a number has no transpose", spans=(node.span,), advice="Write 𝟏ᵀ for the row of ones.")
    base = node.args[0]
    if _open(base, "power", "entrywise_power") and node.data not in ("T", "-T") and base.args[1].kind != "number":
        x, p = (text[n.start : n.end] for n in base.args)
        mark = text[base.end : node.end]
        return _two_readings("a power of a power needs brackets", node, f"({x}^{p}){mark}", f"{x}^({p}{mark})")
    return None


_CHECKS: dict[str, Callable[[Node, str], MatcalcError | None]] = {
    "over": _check_over,
    "times": _check_times,
    "juxtaposed": _check_juxtaposed,
    "ratio": _check_ratio,
    "kronecker": _check_kronecker,
    "entrywise": _check_entrywise,
    "power": _check_power,
    "entrywise_power": _check_power,
    "raised": _check_raised,
}
