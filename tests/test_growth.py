"""Work and answers grow linearly with the input; `python -m tests.figures growth` shows the times."""

import pytest

import matcalc
from tests.figures import FAMILIES, per_doubling, trace_of_power
from tests.work import calls

GROWING = [family for family in FAMILIES if family[2] is not trace_of_power]


def work(problem):
    """The calls that derive() and str() make together, and the length of the text."""
    text, wrt, where = problem
    lengths = []
    matcalc.derive(text, wrt, where=where)  # formulas that are read once are read now
    count = calls(lambda: lengths.append(len(str(matcalc.derive(text, wrt, where=where)))))
    return count, lengths[0]


@pytest.mark.parametrize(("sizes", "family"), [f[1:] for f in GROWING], ids=[f[0] for f in GROWING])
def test_work_and_answer_are_linear(sizes, family):
    small, large = sizes[-3], sizes[-1]
    (work_small, length_small), (work_large, length_large) = work(family(small)), work(family(large))
    assert per_doubling(length_small, length_large, small, large) < 2.2
    assert per_doubling(work_small, work_large, small, large) < 2.3, (work_small, work_large)


def test_the_trace_of_a_power_costs_the_same_for_every_exponent():
    work_small, length_small = work(trace_of_power(10))
    work_large, length_large = work(trace_of_power(1_000_000))
    assert length_large <= length_small + 20
    assert work_large <= 1.2 * work_small
