"""The exact text of generated code, and what compiled functions accept and refuse."""

import ast
import builtins
import re
import warnings

import numpy as np
import pytest

import matcalc
from matcalc import derive
from matcalc.algebra.build import (
    add,
    apply,
    divide,
    hadamard,
    identity,
    inner,
    inverse,
    matrix_power,
    multiply,
    negate,
    norm,
    number,
    ones,
    power,
    sqrt,
    subtract,
    symbol,
    transpose,
)  # fmt: skip
from matcalc.algebra.operations import REGISTRY
from matcalc.codegen.compiled import by_symbol, compile_numpy, numpy_code
from matcalc.codegen.identifiers import MODULES, identifier
from matcalc.codegen.plan import plan
from matcalc.errors import DataError, LimitError, MatcalcError, OptionError

A, B, X, S = symbol("A", ("m", "n")), symbol("B", ("n", "m")), symbol("X", ("n", "n")), symbol("S", ("n", "n"))
x, w, y, row = symbol("x", ("n", 1)), symbol("w", ("n", 1)), symbol("y", ("m", 1)), symbol("r", (1, "n"))
α, β = symbol("α"), symbol("β")
r = subtract(multiply(A, x), y)
SYMBOLS = (A, B, X, S, x, w, y, row, α, β)


def f(name, *args):
    return apply(REGISTRY[name], args)


def shapes(*symbols):
    return {str(s.data): s.shape for s in symbols}


def body(outputs, *symbols, facts=None):
    """The statements of the generated function."""
    named = outputs if isinstance(outputs, dict) else {"value": outputs}
    source = numpy_code(named, shapes(*symbols), facts or {}, title="doc")
    return [line.strip() for line in source.split('"""doc"""')[1].strip().splitlines()]


# --- plans ---------------------------------------------------------------------------------------

z = multiply(A, x)
gram = add(multiply(transpose(A), A), multiply(α, identity("n")))
PLANS = [
    ("residual", {"value": inner(r, r), "derivative": multiply(number(2), transpose(A), r)}, (A, x, y),
     ["r = A @ x - y", "return r @ r, 2 * (A.T @ r)"]),
    ("both signs", {"value": inner(r, r), "derivative": multiply(transpose(A), subtract(y, multiply(A, x)))}, (A, x, y),
     ["r = A @ x - y", "return r @ r, -(A.T @ r)"]),
    ("two solves and an outer product", multiply(inverse(X), w, transpose(w), inverse(X)), (X, w),
     ["lu = lu_factors(X)", "return np.outer(lu_solve(lu, w), lu_solve(lu, w, transposed=True))"]),
    ("vector first", multiply(X, X, X, x), (X, x), ["return X @ (X @ (X @ x))"]),
    ("row first", multiply(transpose(x), X, X), (X, x), ["return X.T @ (X.T @ x)"]),
    ("trace without the product", f("tr", multiply(A, B)), (A, B), ["return np.vdot(A.T, B)"]),
    ("trace of three", f("tr", multiply(A, X, B)), (A, X, B), ["return np.vdot(A.T, X @ B)"]),
    ("trace with an outer product", f("tr", multiply(X, x, transpose(w))), (X, x, w), ["return w @ (X @ x)"]),
    ("inner product with an outer product", inner(multiply(y, transpose(x)), A), (A, x, y), ["return y @ (A @ x)"]),
    ("sum of a product", f("sum", multiply(A, B)), (A, B), ["return A.sum(axis=0) @ B.sum(axis=1)"]),
    ("sum of a square", f("sum", power(A, number(2))), (A,), ["return np.vdot(A, A)"]),
    ("diagonal of a product", f("diagonal", multiply(A, B)), (A, B), ["return np.einsum('ij,ij->i', A, B.T)"]),
    ("diag is not formed", multiply(f("diag", y), A), (A, y), ["return y[:, None] * A"]),
    ("diag at the right", multiply(A, f("diag", x)), (A, x), ["return A * x"]),
    ("diag between", multiply(transpose(A), f("diag", y), z), (A, x, y), ["return A.T @ (y * (A @ x))"]),
    ("ones broadcast", add(A, multiply(ones("m"), transpose(x))), (A, x), ["return A + x"]),
    ("ones sum", multiply(A, ones("n")), (A,), ["return A.sum(axis=1)"]),
    ("ones scale", divide(z, f("sum", ones("m"))), (A, x), ["return (A @ x) / A.shape[0]"]),
    ("identity stays a number", multiply(add(X, multiply(α, identity("n"))), x), (X, x, α), ["return X @ x + α * x"]),
    ("gram is not formed", multiply(gram, x), (A, x, α), ["return A.T @ (A @ x) + α * x"]),
    ("gram is formed to solve", multiply(inverse(gram), x), (A, x, α),
     ["return np.linalg.solve(A.T @ A + α * np.eye(A.shape[1]), x)"]),
    ("outer last", multiply(α, A, x, transpose(w), B), (A, B, x, w, α), ["return np.outer(α * (A @ x), B.T @ w)"]),
    ("transposed sharing", {"a": multiply(A, B), "b": multiply(transpose(B), transpose(A))}, (A, B),
     ["a = A @ B", "return a, a.T"]),
    ("square root shared", {"value": norm(r), "d": divide(multiply(transpose(A), r), norm(r))}, (A, x, y),
     ["r = A @ x - y", "value = euclidean_norm(r)", "return value, (A.T @ r) / value"]),
    ("cube by products", power(x, number(3)), (x,), ["return (x * x * x)"]),
    ("powers in a row", multiply(matrix_power(X, number(2)), x), (X, x), ["return X @ (X @ x)"]),
    ("scalars before arrays", multiply(α, power(β, number(-1)), A), (A, α, β), ["return α / β * A"]),
    ("one division", divide(A, multiply(number(2), β)), (A, β), ["return A / (2 * β)"]),
    ("kron applied", multiply(f("kron", A, B), f("vec", A)), (A, B), ["return (A @ A.T @ B.T).ravel()"]),
]  # fmt: skip


@pytest.mark.parametrize(("outputs", "symbols", "wanted"), [p[1:] for p in PLANS], ids=[p[0] for p in PLANS])
def test_plan(outputs, symbols, wanted):
    assert body(outputs, *symbols) == wanted


def test_one_cholesky_factor_serves_the_determinant_and_every_solve():
    outputs = {"value": f("logdet", S), "derivative": inverse(S), "step": multiply(inverse(S), w)}
    assert body(outputs, S, w, facts={"S": frozenset({"spd"})}) == [
        "chol = cholesky(S)",
        "return 2 * np.log(np.diagonal(chol)).sum(), cholesky_inverse(chol), cholesky_solve(chol, w)",
    ]


def test_a_triangular_matrix_is_solved_by_substitution():
    assert body(multiply(inverse(transpose(S)), w), S, w, facts={"S": frozenset({"lower"})}) == [
        "return solve_triangular(S, w, lower=True, trans=1, check_finite=False)"
    ]


def test_a_program_prints():
    program = plan({"value": inner(r, r)}, shapes(A, x, y))
    assert str(program).splitlines() == [
        "inputs  A: m×n, x: n, y: m",
        "r: m = A @ x - y                2 m n + m flops, 8 m n + 32 m + 8 n bytes",
        "output  value: scalar = r @ r   2 m flops, 16 m bytes",
        "all                             2 m n + 3 m flops, 8 m n + 48 m + 8 n bytes",
    ]


@pytest.mark.parametrize(
    ("text", "wrt", "where", "order", "flops"),
    [
        ("‖R − U Vᵀ‖²", "U", "R: m n, U: m k, V: n k", 1, "4 k m n + k m + 3 m n"),
        ("½yᵀK⁻¹y + ½ logdet(K)", "K", "K: n n spd, y: n", 1, "n³ + 5 n² + 4 n + 2"),
        ("tr(X⁴)", "X", "X: n n", 1, "4 n³ + 3 n²"),  # X³ once
        ("tr(expm(A X))", "X", "A: n n, X: n n", 1, "19 n³ + n"),  # expm once
        ("A X B", "X", "A: m n, X: n p, B: p q", 1, "m n p q + 2 m n q + 2 n p q"),
        ("‖A X − C‖²", "X", "X: n m, A: p n, C: p m", 2, "2 m n p + n² p + 3 m p + n²"),
        ("Xᵀ", "X", "X: m n", 1, "0"),
    ],
)
def test_what_a_program_costs(text, wrt, where, order, flops):
    last = str(derive(text, wrt, where=where, order=order).program).splitlines()[-1]
    assert last.partition("all")[2].strip().partition(" flops")[0] == flops


def test_the_whole_source():
    source = numpy_code({"value": inner(r, r)}, shapes(A, x, y), title="f = ‖A x − y‖²\nA: m×n", checks=True)
    assert (
        source
        == '''\
def value_and_derivative(A, x, y):
    """f = ‖A x − y‖²
    A: m×n
    """
    if np.ndim(A) != 2:
        raise ValueError(f"A has {np.ndim(A)} axes, not 2")
    if np.ndim(x) != 1:
        raise ValueError(f"x has {np.ndim(x)} axes, not 1")
    if x.shape[0] != A.shape[1]:
        raise ValueError(f"axis 0 of x is {x.shape[0]} long, not {A.shape[1]}")
    if np.ndim(y) != 1:
        raise ValueError(f"y has {np.ndim(y)} axes, not 1")
    if y.shape[0] != A.shape[0]:
        raise ValueError(f"axis 0 of y is {y.shape[0]} long, not {A.shape[0]}")
    r = A @ x - y
    return r @ r
'''.replace("def value", "import numpy as np\n\n\ndef value", 1)
    )


# --- stable forms --------------------------------------------------------------------------------

u = multiply(α, x)
STABLE = [
    ("log(1 + eᵘ)", f("log", add(ones("n"), f("exp", x))), "np.logaddexp(0, x)"),
    ("log σ(u)", f("log", f("sigmoid", x)), "-np.logaddexp(0, -x)"),
    ("1 − σ(u)", subtract(ones("n"), f("sigmoid", x)), "expit(-x)"),
    ("eᵘ/(1 + eᵘ)", hadamard(f("exp", x), power(add(ones("n"), f("exp", x)), number(-1))), "expit(x)"),
    ("1/(1 + e⁻ᵘ)", power(add(ones("n"), f("exp", negate(x))), number(-1)), "expit(x)"),
    ("1/(1 + eᵘ)", power(add(ones("n"), f("exp", x)), number(-1)), "expit(-x)"),
    ("log(1 + u)", f("log", add(number(1), α)), "np.log1p(α)"),
    ("eᵘ − 1", subtract(f("exp", α), number(1)), "np.expm1(α)"),
    ("log eᵘ", f("log", f("exp", x)), "x.copy()"),
]


@pytest.mark.parametrize(("e", "wanted"), [s[1:] for s in STABLE], ids=[s[0] for s in STABLE])
def test_stable_form(e, wanted):
    assert body(e, x, α) == [f"return {wanted}"]


EXTREME = [
    f("log", f("sum", f("exp", x))),
    f("softmax", x),
    divide(f("exp", x), f("sum", f("exp", x))),
    f("log", f("softmax", x)),
    f("log", divide(f("exp", x), f("sum", f("exp", x)))),
    f("log", hadamard(f("sigmoid", x), f("sigmoid", negate(x)))),
    f("log", multiply(f("exp", multiply(X, x)), power(f("sum", f("exp", multiply(X, x))), number(-1)))),
]


@pytest.mark.parametrize("e", EXTREME, ids=str)
def test_large_arguments_give_finite_values_without_warnings(e):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = compile_numpy({"value": e}, shapes(X, x))(X=np.eye(3), x=np.array([-800.0, 0.0, 800.0]))
    assert np.all(np.isfinite(result))


def test_logistic_loss_with_large_margins():
    margins = hadamard(y, multiply(A, x))
    value = f("sum", f("log", add(ones("m"), f("exp", negate(margins)))))
    gradient = negate(multiply(transpose(A), hadamard(y, f("sigmoid", negate(margins)))))
    run = compile_numpy({"value": value, "gradient": gradient}, shapes(A, x, y))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = run(A=[[800.0], [-800.0]], x=[1.0], y=[1.0, 1.0])
    assert float(found[0]) == 800.0
    np.testing.assert_allclose(found[1], [800.0])


def test_logarithm_of_a_determinant():
    run = compile_numpy({"value": f("log", f("det", X))}, shapes(X))
    assert float(run(X=1e-30 * np.eye(20))) == pytest.approx(20 * np.log(1e-30))
    assert np.isnan(run(X=np.diag([1.0, -1.0])))
    scaled = compile_numpy({"value": f("log", multiply(α, f("det", X)))}, shapes(X, α))
    assert float(scaled(X=np.eye(3), α=2)) == pytest.approx(np.log(2))


# --- arguments -----------------------------------------------------------------------------------

LINEAR = compile_numpy({"value": add(multiply(A, x), multiply(α, y))}, shapes(A, x, y, α, row))
GOOD = {"A": np.arange(6.0).reshape(2, 3), "x": np.ones(3), "y": np.zeros(2), "α": 2.0, "r": np.zeros(3)}
REFUSED = [
    ({"x": None}, "missing: x (a vector of length n)"),
    ({"z": 1}, "z is no symbol of the function; its symbols are A, x, y, α, r"),
    ({"x": np.ones(2)}, "n is 3 in A and 2 in x, which is a vector of length n"),
    ({"x": np.ones((3, 3))}, "x is a vector of length n, and the array given has shape (3, 3)"),
    ({"A": np.ones(3)}, "A is m×n, and the array given has shape (3,)"),
    ({"α": [1.0, 2.0]}, "α is scalar, and the array given has shape (2,)"),
    ({"x": np.ones(3) * 1j}, "x is complex, and matcalc differentiates real functions"),
    ({"x": ["a", "b", "c"]}, "x is not an array of numbers: its type is <U1"),
    ({"x": [[1], [2, 3]]}, "x is not an array of numbers"),
    ({"x": object()}, "x is not an array of numbers: its type is object"),
    ({"alpha": 1.0}, "α is given twice"),
]


@pytest.mark.parametrize(("change", "message"), REFUSED, ids=[m for _, m in REFUSED])
def test_refused_arguments(change, message):
    arguments = {name: value for name, value in {**GOOD, **change}.items() if value is not None}
    with pytest.raises(DataError) as caught:
        LINEAR(**arguments)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("change", [
    {"x": [1, 1, 1]}, {"x": np.ones((3, 1))}, {"r": np.zeros((1, 3))}, {"α": np.array(2)}, {"α": [2.0]}, {"α": [[2]]},
    {"x": np.ones(6)[::2]}, {"A": np.asfortranarray(GOOD["A"])}, {"α": np.float64(2)}, {"x": np.ones(3, bool)},
], ids=str)  # fmt: skip
def test_accepted_arguments(change):
    np.testing.assert_array_equal(LINEAR(**{**GOOD, **change}), [3, 12])


def test_other_spellings_of_a_name():
    names = dict(GOOD)
    np.testing.assert_array_equal(LINEAR(**{("alpha" if n == "α" else n): v for n, v in names.items()}), [3, 12])


def test_inputs_are_never_changed_and_never_returned():
    for e in (A, transpose(A), f("vec", A), f("diagonal", X), f("vec", transpose(A)), x):
        run = compile_numpy({"value": e}, shapes(A, X, x))
        inputs = {"A": np.ones((2, 3)), "X": np.ones((3, 3)), "x": np.ones(3)}
        for array in inputs.values():
            array.setflags(write=False)
        result = run(**inputs)
        result[...] = 7
        assert all(np.all(array == 1) for array in inputs.values())


def test_number_types():
    single = {name: np.asarray(value, np.float32) for name, value in GOOD.items()}
    assert LINEAR(**single).dtype == np.float32
    assert LINEAR(**{**single, "α": 2.0}).dtype == np.float32
    assert LINEAR(**{**single, "A": GOOD["A"].astype(int)}).dtype == np.float64
    assert LINEAR(**{**single, "A": GOOD["A"]}).dtype == np.float64
    loss = compile_numpy({"value": f("logdet", add(X, identity("n"))), "d": inverse(X)}, shapes(X))
    assert [a.dtype for a in loss(X=np.eye(3, dtype=np.float32))] == [np.float32, np.float32]


def test_axes_of_results():
    run = compile_numpy({"a": α, "b": x, "c": row, "d": A, "e": number(2)}, shapes(A, x, row, α))
    results = run(A=np.ones((2, 3)), x=np.ones(3), r=np.ones(3), α=1)
    assert [a.shape for a in results] == [(), (3,), (3,), (2, 3), ()]
    assert all(isinstance(a, np.ndarray) for a in results)


def test_a_singular_matrix_is_an_error_of_the_data():
    with pytest.raises(DataError, match="Singular matrix"):
        compile_numpy({"value": multiply(inverse(X), x)}, shapes(X, x))(X=np.zeros((2, 2)), x=[1.0, 1.0])


def test_a_size_that_no_argument_carries():
    with pytest.raises(DataError, match="no symbol has an axis of length k"):
        compile_numpy({"value": ones("k")}, shapes(x))


def test_a_literal_size_is_checked():
    v = symbol("v", (3, 1))
    with pytest.raises(DataError, match=r"v is a vector of length 3, and the array given has shape \(2,\)"):
        compile_numpy({"value": v}, shapes(v))(v=[1.0, 2.0])


def test_a_number_too_large_for_floating_point():
    with pytest.raises(LimitError):
        compile_numpy({"value": multiply(number(10**400), x)}, shapes(x))


def test_an_unknown_symbol_or_function():
    with pytest.raises(MatcalcError, match="w is not among the symbols given: x"):
        compile_numpy({"value": w}, shapes(x))
    for call in (derive("sum(g(A x))", "x").compile, derive("sum(g(A x))", "x").code):
        with pytest.raises(MatcalcError, match=r"^g is an unknown function, and has no code\nSay what it is"):
            call()


@pytest.mark.parametrize(
    "what", [(), [], 5, None, "gradient", ("value", 3), ("value", "value"), {"value": 1}, [[]], b""]
)
def test_what_to_compute_is_said_by_known_names(what):
    d = derive("‖y − A x‖²", "x")
    for call in (d.compile, d.code):
        with pytest.raises(OptionError, match='does not exist\n"value", "derivative", or a list of both'):
            call(what=what)


def test_one_name_is_one_result():
    d, given = derive("‖y − A x‖²", "x"), {"A": np.eye(2), "x": np.ones(2), "y": np.zeros(2)}
    assert d.compile(what="value")(**given) == 2 and (d.compile(what="derivative")(**given) == 2).all()
    assert d.code(what="value").startswith("def value(")


def test_targets_that_are_no_names_are_refused():
    d = derive("‖y − A x‖²", "x")
    for target in (["numpy"], None, 5, {}):
        for call in (d.compile, d.code):
            with pytest.raises(OptionError, match="one of numpy"):
                call(target)


@pytest.mark.parametrize(
    "text", ["x / (y − y)", "(y − y)^(−1) x", "x (y − y)^(−3)", "y tr((X − X)⁻¹) x", "x y/sqrt(x − x)"]
)
def test_a_division_by_what_is_always_0_is_refused(text):
    where = {"x": "", "y": "", **({"X": "n n"} if "X" in text else {})}
    with pytest.raises(MatcalcError, match=r"always 0|can never hold"):
        derive(text, "x", where=where)
    shapes = {name: (tuple(shape.split()) or (1, 1)) for name, shape in where.items()}
    with pytest.raises(MatcalcError, match=r"always 0\nNo arguments satisfy its conditions"):
        compile_numpy({"value": matcalc.parse(text, where)}, shapes)


# --- names ---------------------------------------------------------------------------------------

HOSTILE = [
    "__import__", "lambda", "np", "x.y", "os;import sys", "a\nb", '"""', "'", "\\", "print(1)", "f{1}", "é", "x₁", "θ̂",
    "w′", "expit", "value_and_derivative", "None", "self", "0", "𝐱", "ℓ", "a b", "", "__class__", "match",
    "ﬀ", "r", "lu",
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_no_text_of_a_user_reaches_the_source_but_as_an_identifier(name):
    v = symbol(name, ("n", 1))
    e = f("sigmoid", multiply(inverse(X), subtract(v, multiply(X, v))))
    run = compile_numpy({"value": e}, {"X": X.shape, name: v.shape})
    tree = ast.parse(run.source)
    (function,) = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    (argument,) = [a.arg for a in function.args.args if a.arg != "X"]
    assert argument.isidentifier() and not argument.startswith("__")
    called = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert called <= {"expit"}
    result = by_symbol({"X": 1, name: 2}, run.shapes)
    assert result == {"X": 1, name: 2}
    assert run.function(np.eye(2), np.ones(2)).tolist() == [0.5, 0.5]


def test_every_function_that_a_template_calls_is_imported():
    lowered = {"softmax", "logsumexp"}
    text = " ".join(row.numpy for row in REGISTRY if row.name not in lowered)
    called = set(re.findall(r"(?<![\w.])[a-z_]+(?=\()", text))
    assert called - set(dir(builtins)) <= {name for names in MODULES.values() for name in names}


def test_names_that_read_alike_stay_apart():
    left, right = symbol("x₁", ("n", 1)), symbol("x1", ("n", 1))
    run = compile_numpy({"value": subtract(left, right)}, shapes(left, right))
    assert run.function(np.ones(1), np.zeros(1)) == 1
    assert identifier("x₁") == identifier("x1") == "x1"


def test_a_docstring_is_only_a_docstring():
    title = 'a """ b \\ c\\""" \N{RIGHT-TO-LEFT OVERRIDE}"'
    source = numpy_code({"value": x}, shapes(x), title=title)
    (function,) = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    assert len(function.body) == 2
    assert ast.get_docstring(function) == title.replace('"""', "'''").rstrip() + " "


def test_temporaries_avoid_the_names_of_symbols():
    q, p = symbol("r", ("m", 1)), symbol("p", ("n", 1))
    e = inner(subtract(multiply(A, p), q), subtract(multiply(A, p), q))
    assert body(e, A, p, q) == ["r2 = A @ p - r", "return r2 @ r2"]


# --- depth ---------------------------------------------------------------------------------------


def test_deep_expressions_compile():
    layer = x
    for _ in range(3000):
        layer = f("tanh", multiply(X, layer))
    run = compile_numpy({"value": layer}, shapes(X, x))
    assert run(X=np.eye(2), x=np.ones(2)).shape == (2,)


def test_long_chains_and_sums_compile():
    chain = multiply(*[X] * 150, x)
    total = add(*[multiply(number(k), f("sin", multiply(number(k), x))) for k in range(1, 400)])
    run = compile_numpy({"value": add(chain, total)}, shapes(X, x))
    assert np.all(np.isfinite(run(X=np.eye(2), x=np.ones(2))))
    assert sqrt(number(4)).shape == (1, 1)


def test_the_exponent_of_a_matrix_is_whole():
    f = matcalc.derive("tr(X^N)", "X").compile(what=("value", "derivative"))
    value, slope = f(X=np.diag([2.0, 3.0]), N=3)
    assert value == 35 and slope.tolist() == [[12.0, 0.0], [0.0, 27.0]]
    with pytest.raises(matcalc.DataError, match="N is the exponent of a matrix and must be whole"):
        f(X=np.eye(2), N=2.5)


@pytest.mark.parametrize(
    ("f", "wrt", "order", "never"),
    [
        ("softmax(W x)", "x", 1, "m² n"),
        ("logsumexp(A x)", "x", 2, "m² n"),
        ("aᵀ(X Xᵀ)⁻¹ b", "X", 1, "6 m² n"),
        ("½ yᵀ(λ I + X Xᵀ)⁻¹y", "X", 1, "4 m² n"),
    ],
)
def test_sums_of_thin_matrices_are_multiplied_out(f, wrt, order, never):
    d = derive(f, wrt, order=order)
    assert never not in str(d.program)
    assert d.check()


def test_a_sum_that_is_needed_whole_is_not_multiplied_out():
    assert "A + A.T" in derive("½ xᵀA x", "x", order=2).code()
    assert "A + A.T" not in derive("½ xᵀA x", "x").code()
    both = derive("‖(A + Aᵀ) B‖² + xᵀ(A + Aᵀ) x", "x").code(what=("value", "derivative"))
    assert both.count("A + A.T") == 1


@pytest.mark.parametrize(
    ("f", "wrt"), [("(A(S ⊙ S)).^(3)", "S"), ("Q ⊙ (P(S ⊙ (B P)))", "S"), ("A ⊙ A ⊙ (Mᵀ(Q ⊙ Q))", "Q")]
)
def test_arrays_of_three_matrices_that_share_letters(f, wrt):
    """No product of two of the matrices has the letters of the third, and no vector is among them."""
    d = derive(f, wrt)
    rng = np.random.default_rng(0)
    sizes: dict[str, int] = {}
    data = {n: rng.normal(size=[sizes.setdefault(k, 2 + len(sizes)) for k in s.shape]) for n, s in d.where.items()}
    v = rng.normal(size=data[wrt].shape)
    wanted = d.jvp("V_1").compile()(**data, V_1=v)
    np.testing.assert_allclose(np.tensordot(d.compile()(**data), v, 2), wanted, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(
    ("f", "wrt", "once"),
    [
        ("logsumexp(A x + b) − yᵀ(A x + b)", "x", "A @ x + b"),
        ("z = A x + b; −yᵀlog(softmax(z))", "b", "A @ x + b"),
        ("‖A ⊙ (X − U Vᵀ)‖²", "V", "U @ V.T - X"),
    ],
)
def test_a_part_of_a_sum_is_computed_once(f, wrt, once):
    d = derive(f, wrt)
    code = d.code()
    body = code.rpartition('"""')[2]
    assert body.count(once) == 1
    assert body.count(" + b") <= 1
    assert "**2" not in body
    assert d.check()


@pytest.mark.parametrize("scale", [1e-200, 1e-150, 1.0, 1e150, 1e200])
def test_norms_of_any_scale(scale):
    d = derive("‖x‖", "x", where={"x": "n"})
    value, gradient = d.compile(what=("value", "derivative"))(x=scale * np.array([3.0, -4.0]))
    np.testing.assert_allclose(value / scale, 5.0)
    np.testing.assert_allclose(gradient, [0.6, -0.8])
    matrix = derive("‖A − B‖", "A", where="A: m n, B: m n").compile()
    np.testing.assert_allclose(matrix(A=scale * np.array([[3.0], [-4.0]]), B=np.zeros((2, 1))), [[0.6], [-0.8]])


def test_a_norm_in_single_precision():
    value, gradient = derive("‖x‖", "x", where={"x": "n"}).compile(what=("value", "derivative"))(
        x=np.array([3e-30, 4e-30], dtype=np.float32)
    )
    assert value.dtype == gradient.dtype == np.float32
    np.testing.assert_allclose(gradient, [0.6, 0.8], rtol=1e-6)


def test_an_exponential_of_an_exponential_times_another_is_one():
    d = derive("sum(exp(−exp(x)))", "x", where="x: n")
    x = np.array([1000.0, 2.0, 0.0, -1000.0])
    with np.errstate(over="ignore"):
        got = d.compile()(x=x)
    assert np.allclose(got, [0, -np.exp(2 - np.exp(2.0)), -np.exp(-1), 0], rtol=1e-14)
    assert d.check()
