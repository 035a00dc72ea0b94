"""Every identity of the rulebook: shapes kept, value kept on random matrices of every proportion."""

from __future__ import annotations

import numpy as np
import pytest

from matcalc.algebra.build import SYMBOL
from matcalc.algebra.cost import Cost
from matcalc.algebra.expr import Expr, postorder, symbols_of
from matcalc.algebra.facts import Facts
from matcalc.algebra.rules import Rule
from matcalc.algebra.shapes import SCALAR, dim_names
from matcalc.rulebook.rules import FAMILIES, LENGTHENS, Identity, compile_identity
from tests.evaluate import evaluate

PROPORTIONS = ({"m": 4, "n": 3, "p": 2, "q": 5, "k": 3, "r": 2}, dict.fromkeys("mnpqkr", 3), dict.fromkeys("mnpqkr", 1))
RULES = [
    pytest.param(identity, scalar, id=f"{family}: {identity.name}{' (entry)' if scalar else ''}")
    for family, identities in FAMILIES.items()
    for identity in identities
    for scalar in ((False, True) if identity.entrywise else (False,))
]


def drawn(rule: Rule, sizes: dict[str, int], seed: int) -> dict[str, np.ndarray]:
    """Values of the letters: positive, so that logarithms exist, and with the facts that the rule wants."""
    rng = np.random.default_rng(seed)
    values = {}
    indices = {arg for node in postorder(rule.left) if node.op.name in ("unit", "delta") for arg in node.args}
    for letter in symbols_of(rule.left):
        shape = tuple(sizes.get(d, d) for d in letter.shape)
        value = rng.uniform(0.2, 0.9, shape) + (np.eye(*shape) if shape[0] == shape[1] else 0)
        if (letter, "orthogonal") in rule.when:
            value = np.linalg.qr(rng.normal(size=shape))[0]
        if (letter, "skew") in rule.when:
            value = value - value.T
        if letter in indices:
            value = rng.integers(1, min(sizes.values()) + 1, shape)
        values[str(letter.data)] = value
    return values


def value(e: Expr, values: dict[str, np.ndarray], sizes: dict[str, int]) -> np.ndarray:
    return evaluate(e, values, sizes)


@pytest.mark.parametrize(("identity", "scalar"), RULES)
def test_both_sides_have_the_same_shape_and_value(identity: Identity, scalar: bool) -> None:
    rule = compile_identity(identity, scalar=scalar)
    assert rule.left.shape == rule.right.shape
    assert set(symbols_of(rule.right)) <= set(symbols_of(rule.left))
    for seed, sizes in enumerate(PROPORTIONS):
        values = drawn(rule, sizes, seed)
        left, right = value(rule.left, values, sizes), value(rule.right, values, sizes)
        np.testing.assert_allclose(left, right, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("identity", "scalar"), RULES)
def test_a_rule_fires_on_its_own_left_side(identity: Identity, scalar: bool) -> None:
    rule = compile_identity(identity, scalar=scalar)
    facts = Facts({str(letter.data): frozenset({fact}) for letter, fact in rule.when})
    assert rule.right in rule.apply(rule.left, facts)


@pytest.mark.parametrize(("identity", "scalar"), RULES)
def test_a_shortening_rule_shortens(identity: Identity, scalar: bool) -> None:
    rule = compile_identity(identity, scalar=scalar)
    if rule.slack is not None and (scalar or rule.slack < LENGTHENS):
        cost = Cost()
        assert cost(rule.right) < cost(rule.left) + rule.slack


def test_letters_have_shapes_that_the_sizes_cover() -> None:
    for identities in FAMILIES.values():
        for identity in identities:
            for letter in symbols_of(compile_identity(identity).left):
                assert letter.op is SYMBOL
                assert letter.shape == SCALAR or {n for d in letter.shape for n in dim_names(d)} <= set(PROPORTIONS[0])
