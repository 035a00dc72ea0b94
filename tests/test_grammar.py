"""The grammars have no conflict, and their tables are those that are kept."""

import subprocess
import sys

import pytest
from lark.exceptions import GrammarError

from matcalc import parse
from matcalc.notation import lalr
from matcalc.notation.lalr import Parser, Stuck, grammar_text, made, table_of
from matcalc.notation.lexer import Token
from tests import tables


def test_the_kept_tables_are_those_of_the_grammars():
    assert tables.FILE.read_text(encoding="utf-8") == tables.written(), "python -m tests.tables"


@pytest.mark.parametrize("name", tables.GRAMMARS)
def test_a_grammar_has_one_table(name: str):
    assert table_of(name) == made(grammar_text(name))


def test_a_changed_grammar_is_read_by_a_table_of_its_own(monkeypatch: pytest.MonkeyPatch):
    texts = {"matcalc.lark": "start: SYMBOL -> one\n%declare SYMBOL", "tables.json": grammar_text("tables.json")}
    monkeypatch.setattr(lalr, "grammar_text", texts.__getitem__)
    assert table_of("matcalc.lark").rules == [("start", 1, "one")]
    texts["tables.json"] = "no table"
    assert table_of("matcalc.lark").rules == [("start", 1, "one")]


def test_a_conflict_is_refused():
    with pytest.raises(GrammarError, match="conflict"):
        made("start: a\na: a PLUS a | SYMBOL\n%declare PLUS SYMBOL")


class _Written:
    """Values as text, to see the tree."""

    def start(self, children: list[str]) -> str:
        return children[0]

    def nothing(self, children: list[str]) -> str:
        assert children == []
        return ""

    def followed(self, children: list[object]) -> str:
        before, token = children
        assert isinstance(token, Token)
        return f"({before} {token.value})"


def test_the_parser_follows_the_table():
    table = made("start: body\nbody: -> nothing\n | body item -> followed\n?item: SYMBOL\n%declare SYMBOL COMMA")
    parser = Parser(table, _Written())
    tokens = [Token("SYMBOL", value, 0, 1) for value in "ab"]
    assert parser(tokens) == "(( a) b)"
    assert parser([]) == ""
    comma = Token("COMMA", ",", 1, 2)
    with pytest.raises(Stuck) as stuck:
        parser([tokens[0], comma, tokens[1]])
    assert stuck.value.token is comma
    with pytest.raises(Stuck) as stuck:
        Parser(made("start: SYMBOL\n%declare SYMBOL"), _Written())([])
    assert stuck.value.token is None


def test_reading_does_without_lark():
    code = "import sys; from matcalc import parse; parse('x'); parse(r'\\frac{a}{b}'); print('lark' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", check=True)
    assert run.stdout == "False\n"
    assert parse("x") is parse("x")
