"""Index sums on the page: ∑ₖₗ Bᵢₖ Cᵢₗ Dⱼₖ Eⱼₗ Fₖₗ, and (…)ᵢⱼ around it where it stands inside a matrix formula.

A display node of kind "indexsum" is the bare sum, whose free indices are the axes of the whole text;
"gathered" is the array with these entries. Their text says which indices there are: those of the
value, those summed over, and those of each operand, such as "ij|kl|ik,il,jk,jl,kl".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from matcalc.algebra.contractions import factors_of
from matcalc.algebra.expr import Expr, postorder
from matcalc.algebra.networks import CONTRACT
from matcalc.algebra.shapes import SCALAR, dim_names
from matcalc.errors import LimitError
from matcalc.notation.display import Display, Piece, display_postorder, node, signed_sum
from matcalc.notation.names import SUBSCRIPT_LETTERS
from matcalc.notation.precedence import ATOM, COLON, OUTER

__all__ = ["bare", "index_sum", "latex_pieces", "letters_for", "text_pieces"]

_LETTERS = "ijklpqrstuvwxyzabcdefghmno"
_LOWERED = {plain: lowered for lowered, plain in SUBSCRIPT_LETTERS.items()}
#: A symbol whose entries are written without a bracket.
_SHORT = re.compile(r"[^\W\d_]")


def letters_for(roots: Sequence[Expr]) -> dict[Expr, str]:
    """For every index sum its letters, those of the value first: none that is a name, or that a sum inside uses."""
    nodes = postorder(*roots)
    if not any(e.op is CONTRACT for e in nodes):
        return {}
    taken = {str(e.data) for e in nodes if e.op.name in ("symbol", "dimension")}
    taken |= {name for e in nodes for dim in e.shape for name in dim_names(dim)}
    inside: dict[Expr, frozenset[str]] = {}
    found: dict[Expr, str] = {}
    for e in nodes:
        used = frozenset().union(*[inside[arg] for arg in e.args])
        if e.op is CONTRACT:
            count = len(factors_of(e)[2])
            free = [letter for letter in _LETTERS if letter not in taken and letter not in used]
            if len(free) < count:
                raise LimitError(f"an index sum over {count} indices has more of them than there are letters")
            found[e] = "".join(sorted(free[:count]))
            used |= frozenset(found[e])
        inside[e] = used
    return found


def index_sum(e: Expr, letters: str, at: Mapping[Expr, Display]) -> Display:
    """The display of an index sum with these letters for its indices."""
    factors, out, ranges = factors_of(e)
    names = dict(zip([*out, *[index for index in ranges if index not in out]], letters, strict=True))
    below = ",".join(["".join([names[axis] for axis in f.axes]) for f in factors])
    text = f"{letters[: len(out)]}|{letters[len(out) :]}|{below}"
    shown = node("gathered" if out else "indexsum", text, tuple([at[arg] for arg in e.args]), e.shape)
    return shown


def bare(root: Display) -> Display:
    """A text that is an index sum with free indices, a multiple of one, or a sum of such: without the brackets."""
    found = _bare(root)
    if found is not None:
        return found
    if root.kind == "sum":
        terms = [_bare(part) for part in root.parts]
        if all(terms) and len({_free(part) for part in root.parts}) == 1:
            signs = [sign == "-" for sign in root.text]
            return signed_sum([(s, t) for s, t in zip(signs, terms, strict=True) if t is not None], root.shape)
    return root


def _bare(part: Display) -> Display | None:
    if part.kind == "gathered":
        return part._replace(kind="indexsum", level=COLON)
    if part.kind == "juxtapose" and part.parts[-1].kind == "gathered":
        if all(factor.shape == SCALAR and not _has_sums(factor) for factor in part.parts[:-1]):
            last = part.parts[-1]._replace(kind="indexsum", level=COLON)
            return part._replace(parts=(*part.parts[:-1], last), level=COLON)
    return None


def _has_sums(part: Display) -> bool:
    return any(inside.kind in ("indexsum", "gathered") for inside in display_postorder(part))


def _free(part: Display) -> str:
    last = part.parts[-1] if part.kind == "juxtapose" else part
    return last.text.partition("|")[0]


def _lowered(indices: str) -> str:
    if all(c in _LOWERED for c in indices):
        return "".join([_LOWERED[c] for c in indices])
    return f"_{{{indices}}}"


def text_pieces(part: Display, bars: str) -> list[Piece]:
    """The sum as text: ∑ₖₗ Bᵢₖ Cᵢₗ."""
    free, bound, below = part.text.split("|")
    out: list[Piece] = [f"∑{_lowered(bound)}"]
    for operand, indices in zip(part.parts, below.split(","), strict=True):
        out.append(" ")
        out += _entry(operand, _lowered(indices), ("(", ")"))
    return out if part.kind == "indexsum" else ["(", *out, f"){_lowered(free)}"]


def latex_pieces(part: Display) -> list[Piece]:
    r"""The sum in LaTeX: \sum_{kl} B_{ik} C_{il}."""
    free, bound, below = part.text.split("|")
    out: list[Piece] = [rf"\sum_{{{bound}}}"]
    for operand, indices in zip(part.parts, below.split(","), strict=True):
        out.append(" ")
        out += _entry(operand, f"_{{{indices}}}", (r"\left(", r"\right)"))
    return out if part.kind == "indexsum" else [r"\left(", *out, rf"\right)_{{{free}}}"]


def _entry(operand: Display, indices: str, brackets: tuple[str, str]) -> Iterable[Piece]:
    """An entry of an operand: Bᵢₖ, (A x)ᵢ."""
    short = operand.kind == "symbol" and _SHORT.fullmatch(operand.text)
    if short or operand.kind == "call":
        return [(operand, ATOM if short else OUTER, ""), indices]
    return [brackets[0], (operand, OUTER, ""), brackets[1] + indices]
