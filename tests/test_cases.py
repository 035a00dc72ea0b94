"""The problems of tests/cases/: answered rightly, never wrongly, and as shortly as one would publish."""

from collections.abc import Callable

import pytest

from tests import scoring
from tests.figures import share_no_longer
from tests.scoring import CRASH, LATE, REFUSED, RIGHT, WRONG, Outcome

NOTATIONS = ("expr", "mc")


def listing(outcomes: list[Outcome]) -> str:
    return "\n" + "\n".join(map(str, outcomes))


@pytest.fixture(scope="module")
def run() -> Callable[..., list[Outcome]]:
    """The outcomes on the gradients, each notation put once."""
    known: dict[tuple[str, bool], list[Outcome]] = {}

    def outcomes(notation: str, declared: bool = True) -> list[Outcome]:
        if (notation, declared) not in known:
            known[notation, declared] = [
                scoring.put(case, notation, declared=declared)
                for case in scoring.gradients()
                if notation in case.notations
            ]
        return known[notation, declared]

    return outcomes


@pytest.mark.parametrize("declared", [True, False], ids=["declared", "bare"])
@pytest.mark.parametrize("notation", NOTATIONS)
def test_no_answer_is_wrong_and_nothing_breaks(run, notation, declared):
    bad = [o for o in run(notation, declared) if o.verdict in (WRONG, CRASH, LATE)]
    assert not bad, listing(bad)


@pytest.mark.parametrize("level", [1, 2])
@pytest.mark.parametrize("notation", NOTATIONS)
def test_every_case_of_a_course_or_a_paper_is_right(run, notation, level):
    bad = [o for o in run(notation) if o.case.level == level and o.verdict != RIGHT]
    assert not bad, listing(bad)


@pytest.mark.parametrize("notation", NOTATIONS)
def test_hard_cases_are_right(run, notation):
    hard = [o for o in run(notation) if o.case.level == 3]
    bad = [o for o in hard if o.verdict != RIGHT]
    assert len(bad) <= 0.05 * len(hard), listing(bad)


def test_most_cases_need_no_declarations(run):
    outcomes = run("expr", False)
    refused = [o for o in outcomes if o.verdict == REFUSED]
    assert len(refused) <= 0.15 * len(outcomes), listing(refused)


@pytest.mark.parametrize("notation", NOTATIONS)
def test_answers_are_no_longer_than_published(run, notation):
    longer = [o for o in run(notation) if (o.excess or 0) > 0]
    assert share_no_longer(run(notation)) >= 0.9, listing(longer)


def test_other_kinds_are_right_or_refused():
    gradients = set(scoring.gradients())
    outcomes = [scoring.put(case) for case in scoring.cases() if case not in gradients]
    bad = [o for o in outcomes if o.verdict not in (RIGHT, REFUSED)]
    assert not bad, listing(bad)


def test_every_case_has_its_fixtures():
    assert all(len(case.draws) == scoring.DRAWS for case in scoring.cases())
