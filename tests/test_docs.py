"""The pages of docs/: the notation is read as it says, examples print what they show, links lead somewhere."""

import doctest
import re
from dataclasses import fields
from pathlib import Path

import pytest

import matcalc
from matcalc import derive, parse
from matcalc.derivative import Derivative
from matcalc.errors import MatcalcError
from matcalc.notation.read import read

DOCS = Path(__file__).parent.parent / "docs"
PAGES = sorted(DOCS.glob("*.md"))
NOTATION = (DOCS / "notation.md").read_text(encoding="utf-8")
NAMES = [page.name for page in PAGES]


def declarations() -> dict[str, str]:
    """What the page says that the symbols of its rows are."""
    (line,) = re.findall(r"^    (A: m n.*)$", NOTATION, re.MULTILINE)
    return dict(part.split(": ") for part in line.split(", "))


def rows() -> list[tuple[str, str]]:
    """(text, what is printed for it), for all rows of tables with the head "written | read as"."""
    tables = re.findall(r"^\| written \| read as \|\n\|---\|---\|\n((?:\|.*\n)+)", NOTATION, re.MULTILINE)
    lines = [line for table in tables for line in table.splitlines()]
    found = [re.fullmatch(r"\| `(.*)` \| `(.*)` \|", line) for line in lines]
    assert lines
    assert all(found)
    return [(match[1].replace(r"\|", "|"), match[2].replace(r"\|", "|")) for match in found if match]


def used(text: str) -> dict[str, str]:
    """The declarations of the symbols that the text has, whatever it writes for them."""
    known = declarations()
    while True:
        try:
            read(text, known)
        except MatcalcError as error:
            unused = re.match(r"(\w+) is declared and does not occur", str(error))
            if unused:
                del known[unused[1]]
                continue
        return known


@pytest.mark.parametrize(("written", "meant"), rows())
def test_a_row_of_the_notation_is_read_as_it_says(written, meant):
    assert str(parse(written, used(written))) == meant


@pytest.mark.parametrize("name", NAMES)
def test_the_examples_print_what_they_show(name):
    if name == "errors.md":
        pytest.skip("its examples are messages, held by a test of their own")
    flags = doctest.NORMALIZE_WHITESPACE
    assert doctest.testfile(str(DOCS / name), module_relative=False, optionflags=flags, encoding="utf-8").failed == 0


@pytest.mark.parametrize("name", NAMES)
def test_the_links_lead_somewhere(name):
    for link in re.findall(r"\]\(([^)#]+)\)", (DOCS / name).read_text(encoding="utf-8")):
        assert "://" in link or (DOCS / link).exists(), link


def test_the_index_names_all_that_is_public():
    index = (DOCS / "index.md").read_text(encoding="utf-8")
    members = {name for name in (*dir(Derivative), *(f.name for f in fields(Derivative))) if not name.startswith("_")}
    assert not [name for name in sorted(members) if not re.search(rf"`d\.{name}\b", index)]
    assert not [name for name in matcalc.__all__ if not re.search(rf"`{name}[`(]", index)]


def test_the_index_names_what_exists():
    index = (DOCS / "index.md").read_text(encoding="utf-8")
    result = derive("z = A x; ‖z‖²", "x")
    for name in re.findall(r"`d\.(\w+)", index):
        assert hasattr(Derivative, name) or hasattr(result, name), name
    for name in re.findall(r"^\| `(\w+)\(", index, re.MULTILINE):
        assert name in matcalc.__all__, name
    for folder in re.findall(r"^\| `(\w+(?:/\w+)*/)`", index, re.MULTILINE):
        assert (DOCS.parent / folder).is_dir(), folder
    for page in (*PAGES, *(DOCS.parent / "notebooks").glob("*.ipynb")):
        assert page.name in index or page.name == "index.md", page.name
