"""Time and answers grow linearly with the input."""

import pytest

from tests.figures import FAMILIES, measure, per_doubling, trace_of_power

GROWING = [family for family in FAMILIES if family[2] is not trace_of_power]


@pytest.mark.parametrize(("sizes", "family"), [f[1:] for f in GROWING], ids=[f[0] for f in GROWING])
def test_time_and_answer_are_linear(sizes, family):
    small, large = sizes[-3], sizes[-1]
    (time_small, length_small), (time_large, length_large) = measure(family(small)), measure(family(large))
    assert per_doubling(length_small, length_large, small, large) < 2.2
    assert per_doubling(time_small, time_large, small, large) < 2.7, (time_small, time_large)


def test_the_trace_of_a_power_costs_the_same_for_every_exponent():
    time_small, length_small = measure(trace_of_power(10))
    time_large, length_large = measure(trace_of_power(1_000_000))
    assert length_large <= length_small + 20
    assert time_large <= 3 * time_small + 0.002
