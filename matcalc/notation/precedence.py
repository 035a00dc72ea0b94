"""How tightly each printed form binds, and what it asks of its operands: the one table of brackets.

A form whose level is below what its place asks for is bracketed. Juxtaposition binds tighter than
`/ ⊙ ⊘ ⊗`, these tighter than `:`, that tighter than `+ −`. The operands of ⊙ and ⊘ are asked for
more than the reader needs, since `y ⊙ (X w)` reads better than `y ⊙ X w`.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["ATOM", "COLON", "FORMS", "JUXTAPOSE", "OUTER", "POSTFIX", "SUM", "TIMES", "Form"]

OUTER = 0  # between brackets everything stands free
SUM = 10
COLON = 20
TIMES = 50
JUXTAPOSE = 60
POSTFIX = 80
ATOM = 100


class Form(NamedTuple):
    """The level of a form, what its first operand and the others must reach, and whether it is associative.

    An operand of an associative form that has the same form needs no bracket.
    """

    level: int
    first: int
    rest: int
    associative: bool = False


FORMS: dict[str, Form] = {
    "sum": Form(SUM, COLON, COLON),
    "colon": Form(COLON, POSTFIX, POSTFIX),
    "hadamard": Form(TIMES, POSTFIX, POSTFIX, associative=True),
    "quotient": Form(TIMES, POSTFIX, POSTFIX),
    "fraction": Form(TIMES, JUXTAPOSE, POSTFIX),
    "juxtapose": Form(JUXTAPOSE, POSTFIX, POSTFIX),
    "superscript": Form(POSTFIX, ATOM, OUTER),
    "power": Form(POSTFIX, ATOM, OUTER),
    "dotpower": Form(POSTFIX, ATOM, OUTER),
    "norm": Form(ATOM, OUTER, OUTER),
    "root": Form(ATOM, OUTER, OUTER),
    "call": Form(ATOM, OUTER, OUTER),
    "row": Form(ATOM, OUTER, OUTER),
    "stack": Form(ATOM, OUTER, OUTER),
    "cut": Form(POSTFIX, ATOM, OUTER),
    "gathered": Form(POSTFIX, ATOM, OUTER),
    "indexsum": Form(COLON, OUTER, OUTER),
    "entry": Form(ATOM, ATOM, OUTER),
    "symbol": Form(ATOM, OUTER, OUTER),
    "number": Form(ATOM, OUTER, OUTER),
}
