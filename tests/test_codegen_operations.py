"""Every operation of the registry has code, equal to the naive evaluator on every kind of shape."""

import ast
import builtins
import itertools

import numpy as np
import pytest

import matcalc  # noqa: F401  fills the registry
from matcalc.algebra.blocks import block, stack
from matcalc.algebra.build import (
    add,
    apply,
    constant,
    dimension,
    group,
    hadamard,
    identity,
    inner,
    inverse,
    matrix_power,
    multiply,
    number,
    ones,
    power,
    symbol,
    transpose,
    zeros,
)  # fmt: skip
from matcalc.algebra.expr import Expr
from matcalc.algebra.networks import Factor, contract
from matcalc.algebra.operations import REGISTRY, Operation
from matcalc.algebra.shapes import dim_names, dim_substitute
from matcalc.codegen.compiled import compile_numpy, planned
from matcalc.codegen.sampling import sample
from matcalc.codegen.targets import program_source
from matcalc.errors import NotYetError, ShapeError
from matcalc.rulebook.table import signature_dims
from tests.evaluate import LEAVES, OPERATIONS, SCALAR_FUNCTIONS, SIZED, evaluate


class Declared:
    def __init__(self, shape, *facts):
        self.shape, self.facts = shape, frozenset(facts)


def two_axes(array: np.ndarray, shape, sizes) -> np.ndarray:
    return np.asarray(array).reshape([dim_substitute(d, sizes) for d in shape])


def agree(e: Expr, symbols: dict[str, Declared], sizes: dict[str, int], modes=None, seed=0, facts=True) -> None:
    """The compiled value of e is the naive one, to rounding."""
    inputs = sample(symbols, sizes, np.random.default_rng(seed), modes)
    run = compile_numpy({"value": e}, {n: d.shape for n, d in symbols.items()},
                        {n: d.facts for n, d in symbols.items()} if facts else {})  # fmt: skip
    got = run(**inputs)
    naive = {name: two_axes(a, symbols[name].shape, sizes) for name, a in inputs.items()}
    want = evaluate(e, naive, sizes)
    expected_axes = sum(d != 1 for d in e.shape)
    assert got.ndim == expected_axes, f"{e.shape} came as {got.shape}"
    np.testing.assert_allclose(two_axes(got, e.shape, sizes), want, rtol=1e-8, atol=1e-9, err_msg=run.source)


X, A, B = symbol("X", ("n", "n")), symbol("A", ("m", "n")), symbol("B", ("n", "p"))
x, y, row, c = symbol("x", ("n", 1)), symbol("y", ("m", 1)), symbol("r", (1, "n")), symbol("c")
STRUCTURAL = {
    "number": multiply(number(3), c),
    "constant": multiply(constant("π"), x),
    "symbol": A,
    "dimension": multiply(dimension("m"), power(dimension("n"), number(-1)), x),
    "identity": add(X, identity("n")),
    "ones": multiply(c, ones("m", "n")),
    "zeros": zeros("m", "n"),
    "add": add(A, multiply(y, row)),
    "product": multiply(c, A, B),
    "hadamard": hadamard(A, A, A),
    "power": power(A, number(2)),
    "transpose": transpose(A),
    "inner": inner(A, multiply(A, X)),
    "inv": inverse(X),
    "matpow": matrix_power(X, number(5)),
    "group": group(multiply(A, B)),
    "commutation": apply(REGISTRY["commutation"], (), ("m", "n")),
    "diagonalizer": apply(REGISTRY["diagonalizer"], (), "n"),
    "stack": stack([[c, row], [x, X]]),
    "contract": multiply(
        c,
        contract(
            [
                Factor(e, tuple(axes))
                for e, axes in (
                    (A, "ij"),
                    (A, "ik"),
                    (multiply(y, row), "il"),
                    (X, "jk"),
                    (x, "j"),
                    (X, "jl"),
                    (X, "kl"),
                )
            ],
            ("i", "j"),
            {"i": "m", "j": "n", "k": "n", "l": "n"},
        ),
    ),
    "block": block(inverse(stack([[c, row], [x, X]])), ((1, "n"), (1, "n")), 1, 1),
}
SYMBOLS = {str(s.data): Declared(s.shape) for s in (X, A, B, x, y, row, c)}
SIZES = [dict(zip("mnp", s, strict=True)) for s in [(3, 3, 3), (5, 3, 2), (2, 4, 3), (1, 1, 1), (4, 1, 2), (1, 3, 1)]]
#: Rows that constructors replace by others.
COMPOSED = {
    "mean",
    "var",
    "std",
    "norm",
    "sqrt",
    "adjugate",
    "eigmin",
    "singularpair",
    *[op.name for op in REGISTRY if op.name.startswith("unknown")],
}
MODES = {"positive": "positive", "unit": "unit", "spd": "spd", "above one": "above one"}
ROWS = [op for op in REGISTRY if op.signature and op.name not in {*STRUCTURAL, *COMPOSED}]


def test_every_operation_is_here():
    assert {op.name for op in REGISTRY} - COMPOSED <= {*LEAVES, *OPERATIONS, *SCALAR_FUNCTIONS, *SIZED}
    assert {op.name for op in REGISTRY} - COMPOSED <= {*STRUCTURAL, *[op.name for op in ROWS]}


@pytest.mark.parametrize("sizes", SIZES, ids=str)
@pytest.mark.parametrize("name", STRUCTURAL)
def test_structural_operation(name, sizes):
    agree(STRUCTURAL[name], SYMBOLS, sizes)


def operands(op: Operation, columns: bool) -> tuple[list[Expr], dict[str, Declared], dict[str, str]]:
    """Symbols that fit the row: as general as its signature, or with literal 1 for some dimensions."""
    named, _ = signature_dims(op.signature)
    exprs, symbols, modes = [], {}, {}
    for i, (letter, shape) in enumerate(named):
        kind = op.sample[i] if i < len(op.sample) else "normal"
        if kind in ("three", "index"):
            exprs.append(number(3 if kind == "three" else 1))
            continue
        shape = tuple(dim_substitute(d, {"n": 1} if columns else {}) for d in shape)
        exprs.append(symbol(letter, shape))
        symbols[letter] = Declared(shape, *([kind] if kind in ("symmetric", "spd", "invertible", "index") else []))
        modes[letter] = kind if kind in ("positive", "unit", "above one") else "normal"
    return exprs, symbols, modes


@pytest.mark.parametrize("columns", [False, True], ids=["matrix", "column"])
@pytest.mark.parametrize("op", ROWS, ids=lambda op: op.name)
def test_row(op, columns):
    exprs, symbols, modes = operands(op, columns)
    try:
        e = apply(op, tuple(exprs))
    except ShapeError:
        pytest.skip("the row takes no literal 1 here")
    names = sorted({d for s in symbols.values() for dim in s.shape for d in dim_names(dim)})
    for lengths in itertools.islice(itertools.product((3, 1, 2), repeat=len(names)), 9):
        agree(e, symbols, dict(zip(names, lengths, strict=True)), modes)


def names_are_known(e: Expr, symbols: dict[str, Declared]) -> None:
    """Code for each other library calls that library alone: all its names are arguments, imports or its own."""
    program = planned({"value": e}, {n: d.shape for n, d in symbols.items()})
    for target in ("jax", "torch", "xp"):
        try:
            code = program_source(program, target, "f", "")
        except NotYetError:
            continue  # refused before anything runs
        nodes = list(ast.walk(ast.parse(code)))
        names = {node.id: node for node in nodes if isinstance(node, ast.Name)}
        known = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        known |= {node.arg for node in nodes if isinstance(node, ast.arg)}
        known |= {a.asname or a.name for node in nodes if isinstance(node, ast.Import) for a in node.names}
        assert not set(names) - known - set(dir(builtins)), code
        assert "numpy" not in known, code


@pytest.mark.parametrize("name", STRUCTURAL)
def test_code_of_structural_operations_for_other_libraries(name):
    names_are_known(STRUCTURAL[name], SYMBOLS)


@pytest.mark.parametrize("columns", [False, True], ids=["matrix", "column"])
@pytest.mark.parametrize("op", ROWS, ids=lambda op: op.name)
def test_code_of_rows_for_other_libraries(op, columns):
    exprs, symbols, _ = operands(op, columns)
    try:
        e = apply(op, tuple(exprs))
    except ShapeError:
        pytest.skip("the row takes no literal 1 here")
    names_are_known(e, symbols or SYMBOLS)
