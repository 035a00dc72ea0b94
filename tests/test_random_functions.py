"""A few hundred random functions over the whole rulebook: none is differentiated wrongly."""

import warnings

from tests.random_functions import run


def test_no_random_function_is_differentiated_wrongly():
    wrong: list[str] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of draws outside the domain, which are skipped
        counts = run(300, seed=1, show=wrong.append)
    assert not wrong, "\n".join(wrong)
    assert counts["right"] > 200
