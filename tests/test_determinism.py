"""The same answer at every PYTHONHASHSEED, in every run and for every order of declaration."""

import json
import os
import subprocess
import sys

import pytest

import matcalc
from tests import scoring

SCRIPT = """
import json, sys, matcalc
answers = []
for text, wrt, where in json.load(sys.stdin):
    try:
        d = matcalc.derive(text, wrt, where=where, structure="ignore")
        answers.append([str(d), d.latex(), d.code()])
    except matcalc.MatcalcError as error:
        answers.append([str(error)])
json.dump(answers, sys.stdout)
"""


def problems() -> list[tuple[str, str, dict[str, str] | None]]:
    """Every third gradient, declared and not."""
    chosen = scoring.gradients()[::3]
    declared = [(case.notations["expr"], case.wrt, case.where) for case in chosen]
    return declared + [(text, wrt, None) for text, wrt, _ in declared]


def answers(seed: str) -> list[list[str]]:
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        input=json.dumps(problems()).encode(),
        env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        check=True,
    )
    return json.loads(run.stdout)


def test_answers_do_not_depend_on_the_hash_seed():
    first = answers("0")
    assert any(len(answer) == 3 for answer in first)
    for seed in ("1", "2", "12345"):
        for problem, here, there in zip(problems(), first, answers(seed), strict=True):
            assert here == there, problem


@pytest.mark.parametrize("case", scoring.gradients()[::7], ids=lambda case: case.id)
def test_answers_do_not_depend_on_the_order_of_declaration(case):
    def texts(where):
        try:
            return str(matcalc.derive(case.notations["expr"], case.wrt, where=where, structure="ignore").expr)
        except matcalc.MatcalcError as error:
            return str(error)

    assert texts(case.where) == texts(dict(reversed(case.where.items())))


def test_answers_do_not_depend_on_what_was_derived_before():
    texts = [("‖y − A x‖²", "x"), ("xᵀA x + bᵀx", "x"), ("log det(A X)", "X"), ("tr(A X Aᵀ X)", "X")]
    forward = {t: str(matcalc.derive(*t)) for t in texts}
    backward = {t: str(matcalc.derive(*t)) for t in reversed(texts)}
    assert forward == backward
