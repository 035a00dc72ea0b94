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


def nested(layers):
    text = "x"
    for i in range(1, layers + 1):
        text = f"tanh(W{i} {text} + b{i})"
    where = {"x": "n", **{f"W{i}": "n n" for i in range(1, layers + 1)}, **{f"b{i}": "n" for i in range(1, layers + 1)}}
    return f"½ ‖{text}‖²", "W1", where


READ = [
    ("nested calls", lambda n: "sin(" * n + "x" + ")" * n),
    ("nested norms", lambda n: "‖" * n + "x" + "‖" * n),
    ("nested sums", lambda n: "(x + " * n + "x" + ")" * n),
    ("transposes", lambda n: "x" + "ᵀ" * n),
    ("a network", lambda n: nested(n)[0]),
    ("a sum", lambda n: " + ".join(f"a{i} x" for i in range(n))),
]


@pytest.mark.parametrize("form", [form for _, form in READ], ids=[name for name, _ in READ])
def test_reading_is_linear_and_length_alone_limits_it(form):
    small, large = form(250), form(1000)
    matcalc.parse(small)
    work_small, work_large = calls(lambda: matcalc.parse(small)), calls(lambda: matcalc.parse(large))
    assert work_large < 1.3 * work_small * len(large) / len(small)


@pytest.mark.parametrize("function", ["log", "sqrt", "exp"])
def test_functions_within_functions_are_linear(function):
    """Conditions too, which ask at every level what is known of all that is below."""

    def deep(levels):
        return f"{function}(1 + " * levels + "x²" + ")" * levels, "x", {"x": "scalar"}

    (work_small, length_small), (work_large, length_large) = work(deep(100)), work(deep(400))
    assert per_doubling(length_small, length_large, 100, 400) < 2.2
    assert per_doubling(work_small, work_large, 100, 400) < 2.3


def test_a_network_of_a_thousand_layers_on_one_line():
    d = matcalc.derive(*nested(1000)[:2], where=nested(1000)[2])
    assert d.conditions == ()
    assert len(str(d)) < 150_000
