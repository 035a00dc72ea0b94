"""An LALR parser: the table of a grammar, and the loop that drives it.

Lark makes the table, and finds no conflict in the grammar or refuses it. Making it takes longer than
all else before a first answer, so the tables stand beside the grammars in grammar/tables.json, each
with the text of its grammar; where that is another one now, the table is made anew.
"""

from __future__ import annotations

import json
import pkgutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, Protocol

__all__ = ["Parser", "Stuck", "Table", "grammar_text", "made", "table_of"]

TABLES = "tables.json"


class Token(Protocol):
    """What the parser asks of a token."""

    @property
    def type(self) -> str:
        """The name of the token in the grammar."""


class Stuck(Exception):
    """No rule goes on with this token; None at the end of the text."""

    def __init__(self, token: Any) -> None:
        super().__init__(token)
        self.token = token


class Table(NamedTuple):
    """The states of the parser, and the rules by which it reduces.

    states  for each state what each token or nonterminal leads to: another state, or −1 − i for rule i.
    rules   for each rule the nonterminal, how many symbols it is made of, and the method that makes its
            value; "" where the value of the only symbol is passed on.
    end     the state in which the whole text is read; the first is 0.
    """

    states: list[dict[str, int]]
    rules: list[tuple[str, int, str]]
    end: int


class Parser:
    """The parser of a grammar: what its rules make are the methods of the builder, on lists of tokens and values."""

    def __init__(self, table: Table, builder: object) -> None:
        self._states = table.states
        self._end = table.end
        self._rules: list[tuple[str, int, Callable[[list[Any]], Any] | None]] = [
            (name, size, getattr(builder, method) if method else None) for name, size, method in table.rules
        ]

    def __call__(self, tokens: Iterable[Token]) -> Any:
        """The value of the whole text; raises Stuck where no rule goes on."""
        states, rules = self._states, self._rules
        path, values = [0], []
        for token, kind in _ended(tokens):
            while True:
                target = states[path[-1]].get(kind)
                if target is None:
                    raise Stuck(token)
                if target >= 0:
                    path.append(target)
                    values.append(token)
                    break
                name, size, build = rules[-1 - target]
                if build is not None:
                    first = len(values) - size
                    values[first:] = [build(values[first:])]
                del path[len(path) - size :]
                path.append(states[path[-1]][name])
                if token is None and path[-1] == self._end:
                    return values[-1]
        raise AssertionError("the end of the text ends the parsing")


def _ended(tokens: Iterable[Token]) -> Iterator[tuple[Token | None, str]]:
    for token in tokens:
        yield token, token.type
    yield None, "$END"


# --- tables --------------------------------------------------------------------------------------


def grammar_text(name: str) -> str:
    """The text of a file in grammar/, from the installed package or from the source tree.

    >>> "start: sum" in grammar_text("matcalc.lark")
    True
    """
    try:
        found = pkgutil.get_data("matcalc", f"grammar/{name}")
    except OSError:
        found = None
    if found is None:
        found = (Path(__file__).parents[2] / "grammar" / name).read_bytes()
    return found.decode("utf-8")


def table_of(name: str) -> Table:
    """The table of a grammar by its file name: the one that is kept, if it was made of this very text."""
    text = grammar_text(name)
    try:
        kept = json.loads(grammar_text(TABLES)).get(name, {})
    except (OSError, ValueError):
        kept = {}
    if kept.get("grammar") != text:
        return made(text)
    return Table(kept["states"], [tuple(rule) for rule in kept["rules"]], kept["end"])


def made(grammar: str) -> Table:
    """The table of a grammar, made by Lark; the same on every run."""
    from lark import Lark
    from lark.grammar import Rule
    from lark.lexer import Lexer

    class Given(Lexer):
        """The tokens are made elsewhere."""

        def __init__(self, lexer_conf: object) -> None: ...

        def lex(self, data: object) -> Iterator[Any]:  # type: ignore[override]
            yield from ()

    data, rules = Lark(grammar, parser="lalr", lexer=Given, strict=True).memo_serialize([Rule])
    return _numbered(data["parser"]["parser"], rules)


def _numbered(saved: dict[str, Any], memo: dict[int, dict[str, Any]]) -> Table:
    """The table in our terms. Lark numbers states, rules and tokens as it meets them, which differs from run to run."""
    rules: dict[int, int] = {}
    (start,) = saved["start_states"].values()
    (end,) = saved["end_states"].values()
    order = {start: 0}
    found: list[dict[str, int]] = []
    for state in (walk := [start]):
        row: dict[str, int] = {}
        for token, (reduces, target) in sorted((saved["tokens"][k], to) for k, to in saved["states"][state].items()):
            if reduces:
                row[token] = -1 - rules.setdefault(target["@"], len(rules))
            else:
                if target not in order:
                    order[target] = len(order)
                    walk.append(target)
                row[token] = order[target]
        found.append(row)
    return Table(found, [_rule(memo[key]) for key in rules], order[end])


def _rule(saved: dict[str, Any]) -> tuple[str, int, str]:
    """What a rule says: the value of a ?rule with one symbol and no name of its own is passed on."""
    name, size = saved["origin"]["name"], len(saved["expansion"])
    passes = saved["options"]["expand1"] and size == 1 and not saved["alias"]
    return name, size, "" if passes else saved["alias"] or name
