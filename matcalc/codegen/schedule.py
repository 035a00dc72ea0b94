"""Which terms get a name, and in which order they are computed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from matcalc.algebra.operations import REGISTRY
from matcalc.algebra.shapes import Shape
from matcalc.codegen.identifiers import Names, identifier
from matcalc.codegen.program import Assignment, Program
from matcalc.codegen.terms import Term, postorder

__all__ = ["schedule", "uses"]

#: A term that would be written with more operations than this inside one line gets a name: one of several
#: results, a value with a name of its own such as p = softmax(x), any other, the only result.
_RESULT, _HINTED, _LINE, _ONLY = 4, 2, 6, 10

_FREE = frozenset({"input", "number", "constant"})
#: Operations that are written as several statements, or whose value is worth a name.
_STATEMENTS = frozenset({"assembled", "blocks4", "cholesky", "lu"})
#: Which operands the text of some operations shows, and how often.
_SHOWN = {"commuted": (0, 1, 1, 2, 2), "on_diagonal": (0, 1, 1, 1), "every": (0, 1), "row_kron": (0, 1, 0),
          "kron_times": (0, 1, 2, 3, 3, 4, 5, 6)}  # fmt: skip
_VIEW = frozenset({"transpose", "column", "row", "spread"})


def uses(term: Term) -> list[Term]:
    """The operands as often as the printed term shows them."""
    if term.op == "times":
        out = []
        for base, exponent in term.powers:
            out += [base] * (3 if abs(exponent) == 3 and base.rank else 1)
        return out
    if term.op == "logdet_of":
        return list(term.args) * 2
    if term.op in _SHOWN:
        return [term.args[i] for i in _SHOWN[term.op]]
    if term.op in ("call", "function") and term.data in REGISTRY.rows:
        template = REGISTRY[str(term.data)].numpy
        return [a for i, a in enumerate(term.args) for _ in range(max(1, template.count(f"{{{i}}}")))]
    return list(term.args)


def _inlined(term: Term, count: int) -> bool:
    """Whether the term needs no name however often it is used."""
    return count < 2 or term.op in _FREE or (term.op in _VIEW and term.args[0].op in _FREE)


def schedule(
    outputs: Sequence[tuple[str, Term]], inputs: Mapping[str, Shape], identifiers: Mapping[str, str]
) -> Program:
    """The program that computes the outputs."""
    terms = postorder(t for _, t in outputs)
    count = Counter(u for t in terms for u in uses(t))
    count.update(t for _, t in outputs)
    results = {t: identifier(name) for name, t in reversed(outputs)}
    names: dict[Term, str] = {}
    weights: dict[Term, int] = {}
    assignments = []
    given = Names(identifiers.values())
    for term in terms:
        weight = (term.op not in _FREE) + sum(weights.get(a, 0) for a in term.args)
        weights[term] = weight
        if term.op in _FREE or term.op == "spread":
            continue
        limit = _HINTED if term in term.table.hints else _LINE
        if term in results:
            limit = _RESULT if len(results) > 1 else _ONLY
        if _inlined(term, count[term]) and weight <= limit and term.op not in _STATEMENTS:
            continue
        names[term] = given.new(results[term] if term in results else _hint(term, names, identifiers))
        weights[term] = 0
        assignments.append(Assignment(names[term], term))
    return Program(tuple(inputs.items()), dict(identifiers), tuple(assignments), tuple(outputs), names)


# --- names that say what a term is ----------------------------------------------------------------

_WORDS = {
    "exp": "e", "sigmoid": "p", "tanh": "h", "relu": "h", "solve": "u", "cho_solve": "u", "lu_solve": "u",
    "abs": "size", "inv": "inverse", "cholesky": "chol", "dot": "s", "vdot": "s", "sum": "s", "trace": "s",
    "max": "top", "cho_inverse": "inverse", "matmul": "z", "outer": "M", "diagonal": "d",
}  # fmt: skip
#: Operations whose name says what the value is.
_NAMED = frozenset({"lu", "det", "logdet", "slogdet"})


def _hint(term: Term, names: Mapping[Term, str], identifiers: Mapping[str, str]) -> str:
    """A name that says what the term is; one letter is a capital for a matrix."""
    word = _word(term, names, identifiers)
    return word.upper() if len(word) == 1 and term.rank == 2 else word


def _word(term: Term, names: Mapping[Term, str], identifiers: Mapping[str, str]) -> str:
    if term in term.table.hints:
        return term.table.hints[term]
    if term.op in _NAMED:
        return term.op
    if term.op == "size":
        assert isinstance(term.data, tuple)
        return identifier(str(term.data[0]))
    if term.op == "matmul":
        letters = [_letters(a, names, identifiers) for a in term.args]
        joined = "".join(letters)
        if all(letters) and len(joined) <= 5:
            return joined
    if term.op == "plus" and any(c < 0 for c, _ in term.summands):
        return "r"
    if term.op in ("call", "function"):
        if term.data == "sqrt" and term.args[0].op in ("dot", "vdot"):
            return "norm"
        return _WORDS.get(str(term.data), str(term.data))
    return _WORDS.get(term.op, "t")


def _letters(term: Term, names: Mapping[Term, str], identifiers: Mapping[str, str]) -> str:
    if term.op == "input":
        return identifiers[str(term.data)]
    if term.op == "transpose" and term.args[0].op == "input":
        return identifiers[str(term.args[0].data)] + "t"
    return names.get(term, "")
