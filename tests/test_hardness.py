"""Nothing that is typed breaks anything: no code is run, no memory is kept, threads and copies agree."""

import copy
import gc
import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from matcalc import MatcalcError, derive, symbols
from matcalc.algebra import expr
from tests.fuzz_reader import fuzz

NAMES = [
    "__import__", "lambda", "np", "x; import os", "eval", "def", "self", "None", "numpy", "x\nimport os",
    "os.system", "x'", '"""', "{x}", "x#", "f(x)", "__class__", "ℝ", "ﬁ", "compile", "result", "return",
    "arguments", "float", "name",
]  # fmt: skip


def test_random_input_of_all_notations():
    outcomes, failures = fuzz(3000, seed=20, budget=20)
    assert not failures, "\n".join(failures)
    assert outcomes["read"] > 50


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_never_code(name):
    """A name is refused, or it is printed as an identifier that shadows nothing."""
    for read in (
        lambda: derive(f"({name})ᵀ({name})", name, where={name: "n"}),
        lambda: derive("‖y − A x‖²", "x", where={name: "n"}),
        lambda: derive(f"{name} x", "x", where=f"{name}: n n"),
        lambda: derive(symbols(f"{name}: n")[0].T @ symbols(f"{name}: n")[0], name),
        lambda: derive("xᵀx", name),
        lambda: derive("g(x)", "x", functions={name: lambda x: x}),
        lambda: derive(rf"\mathrm{{{name}}}^\top \mathrm{{{name}}}", name, where={name: "n"}),
    ):
        try:
            d = read()
            source = d.code(what=("value", "derivative"))
        except MatcalcError:  # of an unknown function there is no code either
            continue
        compile(source, "code", "exec")
        assert "import os" not in source and "system" not in source
        if len(d.where) == 1:
            ((symbol, _),) = d.where.items()
            value = d.compile()(**{symbol: np.arange(3.0)})
            assert np.allclose(value, 2 * np.arange(3.0))


TEXTS = [
    ("‖y − A x‖²", "x"), ("log(sum(exp(A x + b)))", "x"), ("tr((XᵀX + λ I)⁻¹)", "X"), ("∑ᵢ log(1 + exp(−yᵢ zᵢ))", "z"),
    (r"\tfrac12 x^\top A x + b^\top x", "x"), ("z = tanh(W x + b); ½ ‖y − z‖²", "W"),
]  # fmt: skip


def _settled() -> int:
    gc.collect()
    gc.collect()
    return len(expr._TABLE)


def derive_many(count: int, start: int = 0) -> None:
    """Derivations of expressions that did not exist before."""
    for i in range(start, start + count):
        text, wrt = TEXTS[i % len(TEXTS)]
        str(derive(text.replace("½", f"{i + 3}").replace("²", f"² + {i + 5}/7"), wrt))


def test_what_was_derived_is_forgotten():
    derive_many(4 * len(TEXTS))
    derive_many(4 * len(TEXTS), 10_000)
    base = _settled()
    derive_many(50 * len(TEXTS), 100)
    assert _settled() <= base + 200


def test_threads_may_derive_at_once():
    jobs = [TEXTS[i % len(TEXTS)] for i in range(50)]
    expected = [str(derive(text, wrt)) for text, wrt in jobs]

    def work(_: int) -> list[str]:
        return [str(derive(text, wrt)) for text, wrt in jobs]

    with ThreadPoolExecutor(8) as pool:
        for answers in pool.map(work, range(8)):
            assert answers == expected


@pytest.mark.parametrize(("text", "wrt"), TEXTS)
def test_expressions_and_results_are_pickled_copied_and_compared(text, wrt):
    d = derive(text, wrt)
    for e in (d.expr, d.function):
        assert pickle.loads(pickle.dumps(e)) is e
        assert copy.copy(e) is e and copy.deepcopy(e) is e
    for other in (pickle.loads(pickle.dumps(d)), copy.copy(d), copy.deepcopy(d), derive(text, wrt)):
        assert str(other) == str(d)
        assert other.expr is d.expr
        assert other == d and hash(other) == hash(d)
    assert derive(text, wrt, layout="numerator") != d
    assert d != 3
