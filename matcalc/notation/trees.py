"""From the text of an expression or a program to the nodes that it says, operands first."""

from __future__ import annotations

from matcalc.errors import ParseError
from matcalc.notation.einstein import with_sums
from matcalc.notation.fences import fence
from matcalc.notation.forms import check_forms, settle_slashes
from matcalc.notation.grammar import parse_tokens
from matcalc.notation.indices import INDEXED, bind
from matcalc.notation.lexer import Token, scan
from matcalc.notation.programs import (
    Statement,
    refer,
    scan_program,
    statement_tokens,
)
from matcalc.notation.tree import Node, postorder
from matcalc.notation.words import Vocabulary, resolve

__all__ = ["program_nodes", "text_nodes"]


def program_nodes(
    text: str, program: list[Statement], vocabulary: Vocabulary
) -> tuple[list[Node], tuple[str, ...], dict[str, Node], set[str]]:
    """The nodes of all statements, the symbols, the root of each named statement but the last, and the names used."""
    if program == [Statement("", 0, len(text))]:
        return *text_nodes(text, vocabulary), {}, set()
    tokens = resolve(scan_program(text, program), text, vocabulary)
    nodes: list[Node] = []
    roots: dict[str, Node] = {}
    used: set[str] = set()
    assigned = {statement.name for statement in program}
    for i, (statement, written) in enumerate(zip(program, statement_tokens(tokens), strict=True)):
        if not written:
            raise ParseError("nothing stands right of =", spans=((statement.start - 1, statement.start),))
        own = _parsed(_fenced(written, text, vocabulary), text)
        own = _bound(own, text, vocabulary)
        used |= refer(own, roots, assigned)
        nodes += own
        if i < len(program) - 1:
            roots[statement.name] = own[-1]
    return nodes, tuple([name for name in _symbols(tokens) if name not in assigned]), roots, used


def text_nodes(text: str, vocabulary: Vocabulary) -> tuple[list[Node], tuple[str, ...]]:
    """The nodes of the text, operands first, and the names of its symbols in order of first appearance."""
    tokens = _fenced(resolve(scan(text), text, vocabulary), text, vocabulary)
    if not tokens:
        raise ParseError("the text is empty")
    return _bound(_parsed(tokens, text), text, vocabulary), _symbols(tokens)


def _fenced(tokens: list[Token], text: str, vocabulary: Vocabulary) -> list[Token]:
    """The tokens with every bar decided."""
    return fence(tokens, text, vocabulary.entries or vocabulary.einstein, vocabulary.indices)


def _parsed(tokens: list[Token], text: str) -> list[Node]:
    """The nodes of one expression, its slashes settled and its forms checked."""
    nodes = postorder(settle_slashes(parse_tokens(tokens, text)))
    check_forms(nodes, text)
    return nodes


def _bound(nodes: list[Node], text: str, vocabulary: Vocabulary) -> list[Node]:
    """The nodes, with every index said to which sum it belongs, where there are any."""
    if not any(node.kind in INDEXED for node in nodes):
        return nodes
    if vocabulary.einstein:
        nodes = postorder(with_sums(nodes[-1], text))
    bind(nodes[-1], vocabulary.declared, vocabulary.dimensions, vocabulary.indices)
    return postorder(nodes[-1])


def _symbols(tokens: list[Token]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([str(token.value) for token in tokens if token.type == "SYMBOL"]))
