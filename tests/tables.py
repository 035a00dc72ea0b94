"""Writes grammar/tables.json, the tables of the grammars: `python -m tests.tables`, after a change of a grammar.

Until then the changed grammar is read all the same, and every process makes its table anew.
"""

from __future__ import annotations

import json
from pathlib import Path

from matcalc.notation.lalr import Table, grammar_text, made

GRAMMARS = ("latex.lark", "matcalc.lark")
FILE = Path(__file__).parents[1] / "grammar" / "tables.json"


def written() -> str:
    """The tables as the file has them, one state a line."""
    return "{\n" + ",\n".join([f"{json.dumps(name)}: {_entry(grammar_text(name))}" for name in GRAMMARS]) + "\n}\n"


def _entry(grammar: str) -> str:
    table: Table = made(grammar)
    states = ",\n".join([json.dumps(state, separators=(",", ":")) for state in table.states])
    rules = ",\n".join(map(json.dumps, table.rules))
    text = json.dumps(grammar, ensure_ascii=False)
    return f'{{"grammar": {text},\n"end": {table.end},\n"rules": [\n{rules}],\n"states": [\n{states}]}}'


if __name__ == "__main__":
    FILE.write_text(written(), encoding="utf-8")
