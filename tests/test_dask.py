"""Data in blocks of rows on dask: what NumPy gives, in one pass, in less memory than the data; or a refusal."""

import os
import uuid

import numpy as np
import pytest

from matcalc import derive
from matcalc.codegen.sampling import sample
from matcalc.errors import DataError, MatcalcError
from tests.test_printers import BOTH, SEPARABLE, agree, answer, arguments

da = pytest.importorskip("dask.array")

LOGISTIC = "sum(log(1 + exp(X w))) − yᵀX w"
ROWS = {"X": "n d", "w": "d", "y": "n"}


def in_blocks(given, cut, rows=7, columns=None):
    """The arguments with those that are cut as dask arrays."""
    return {
        n: da.from_array(a, chunks=(rows, *[columns or k for k in a.shape[1:]])) if n in cut else a
        for n, a in given.items()
    }


@pytest.mark.parametrize("name", SEPARABLE)
def test_dask_arrays_give_what_numpy_gives(name):
    d, given = answer(name), arguments(name, n=50, m=40)
    run, want = d.compile("dask", BOTH), answer(name).compile(what=BOTH)(**given)
    agree(run(**in_blocks(given, run.rows.cut)), want)
    agree(run(**given), want)


@pytest.mark.parametrize("name", ["logreg", "softmax", "gauss", "nmf_kl", "jac_tanh"])
def test_however_the_data_are_cut_the_result_is_the_same(name):
    d, given = answer(name), arguments(name, n=50, m=40)
    run, want = d.compile("dask", BOTH), d.compile(what=BOTH)(**given)
    agree(run(**in_blocks(given, run.rows.cut, rows=50, columns=1)), want)  # columns apart
    first, *rest = run.rows.cut
    uneven = in_blocks(given, run.rows.cut) | in_blocks(given, [first], rows=11)
    agree(run(**uneven), want)  # each differently
    agree(run(**{**uneven, **{n: given[n] for n in rest}}), want)  # one of them on dask only
    count = len(given[first])
    agree(run(**in_blocks(given, run.rows.cut, rows=(3, 0, count - 4, 1, 0))), want)  # blocks of no rows
    small = [n for n in given if n not in run.rows.cut and given[n].ndim]
    agree(run(**in_blocks(given, [*run.rows.cut, *small], rows=2)), want)  # what is no data on dask too


def test_blocks_larger_than_a_cache_are_gone_through_in_pieces():
    d = derive("‖tanh(X P) q − y‖²", ["P", "q"], where="X: n d, P: d h, q: h, y: n")
    given = sample(d._symbols, {"n": 9000, "d": 3, "h": 40}, np.random.default_rng(0))
    run = d.compile("dask", BOTH)
    agree(run(**in_blocks(given, ("X", "y"), rows=7000)), d.compile(what=BOTH)(**given))


def test_whole_numbers_do_not_overflow_and_single_precision_stays_single():
    d, X = derive("‖X w‖² + yᵀX w", "w", where=ROWS), np.full((6, 2), 10_000)
    given = {"X": X.astype(np.int16), "w": np.ones(2), "y": np.ones(6, np.int8)}
    run = d.compile("dask", BOTH)
    agree(run(**in_blocks(given, ("X", "y"), 2)), d.compile(what=BOTH)(**given))
    single = {n: np.asarray(a, np.float32) for n, a in given.items()}
    assert {a.dtype for a in run(**in_blocks(single, ("X", "y"), 2))} == {np.dtype(np.float32)}


def test_columns_are_vectors():
    d, rng = derive(LOGISTIC, "w", where=ROWS), np.random.default_rng(0)
    X, w, y = rng.standard_normal((9, 2)), np.ones(2), rng.standard_normal(9)
    found = d.compile("dask", BOTH)(X=da.from_array(X, chunks=(4, 2)), w=w, y=da.from_array(y[:, None], chunks=(3, 1)))
    agree(found, d.compile(what=BOTH)(X=X, w=w, y=y))


def test_what_labels_and_data_have_in_common_is_made_once():
    import dask

    counted = []

    def block(block_info=None):
        counted.append(block_info)
        return np.ones((4, 2))

    X = da.map_blocks(block, chunks=((4, 4, 4), (2,)), dtype=float, meta=np.empty((0, 0)))
    y = X.map_blocks(lambda b: b[:, 0], drop_axis=1, dtype=float, meta=np.empty(0))
    with dask.config.set(scheduler="synchronous"):
        derive(LOGISTIC, "w", where=ROWS).compile("dask", BOTH)(X=X, w=np.ones(2), y=y)
    assert len(counted) == 3


# --- what is refused -------------------------------------------------------------------------------


def never(*_):
    raise AssertionError("computed")


def lazy(*shape, dtype=float):
    """An array that must not be computed."""
    return da.map_blocks(
        never, chunks=tuple([(n // 2, n - n // 2) for n in shape]), dtype=dtype, meta=np.empty(0, dtype)
    )


def test_what_is_no_sum_over_rows_is_refused():
    for name in ("gp", "covariance"):
        with pytest.raises(MatcalcError, match="no sum over the rows"):
            answer(name).compile("dask")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y": np.ones(4)}, "n is 6 in X and 4 in y"),
        ({"y": lazy(4)}, "n is 6 in X and 4 in y"),
        ({"w": np.ones(3)}, "d is 4 in X and 3 in w"),
        ({"w": lazy(3)}, "d is 4 in X and 3 in w"),
        ({"y": lazy(6, 2)}, "y is a vector of length n, and the array given has shape"),
        ({"X": lazy(6, 4, dtype=complex)}, "X is complex"),
        ({"X": lazy(6, 4, dtype=object)}, "X is not an array of numbers"),
        ({"X": da.ones((6, 4), chunks=(2, 4))[da.ones(6, chunks=2) > 0]}, "rows .* unknown"),
        ({"z": np.ones(4)}, "z is no symbol"),
    ],
)  # fmt: skip
def test_data_that_do_not_fit_are_refused_before_anything_is_computed(change, message):
    run = derive(LOGISTIC, "w", where=ROWS).compile("dask", BOTH)
    with pytest.raises(DataError, match=message):
        run(**{"X": lazy(6, 4), "w": np.ones(4), "y": lazy(6), **change})


def test_other_collections_of_dask_are_refused_and_dask_arrays_by_the_code_for_numpy():
    import dask

    run = derive(LOGISTIC, "w", where=ROWS).compile("dask", BOTH)
    with pytest.raises(DataError, match="X is no dask array"):
        run(X=dask.delayed(never)(), w=np.ones(4), y=lazy(6))
    with pytest.raises(DataError, match="X is a collection of dask"):
        derive(LOGISTIC, "w", where=ROWS).compile()(X=lazy(6, 4), w=np.ones(4), y=np.ones(6))


def test_a_condition_that_fails_on_a_block_is_an_error_of_the_data():
    run = answer("gauss").compile("dask", BOTH)
    given = arguments("gauss", n=20)
    with pytest.raises(DataError, match="condition of the formula"):
        run(**in_blocks({**given, "Σ": -given["Σ"]}, ("X",)))


# --- a cluster -------------------------------------------------------------------------------------

#: Bytes that a worker may use, of which Python with its libraries takes a third, and those of a block.
LIMIT, BLOCK = 320_000_000, 8_000_000


def made(folder, block_info=None):
    """A block of rows, made where it is used; a file says that it was."""
    (start, end), (_, width) = block_info[None]["array-location"]
    with open(os.path.join(folder, uuid.uuid4().hex), "w"):
        pass
    return rows_from(start, end - start, width)


def rows_from(start, count, width):
    return np.cos(np.arange(start * width, (start + count) * width, dtype=float) ** 1.5).reshape(count, width)


def labels(X):
    return (X[:, 0] > X[:, 1]).astype(float)


def peak():
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def test_two_processes_work_through_data_larger_than_the_memory_of_one(tmp_path):
    distributed = pytest.importorskip("distributed")
    width, blocks = 50, 50
    each = BLOCK // (8 * width)
    X = da.map_blocks(made, str(tmp_path), chunks=((each,) * blocks, (width,)), dtype=float, meta=np.empty((0, 0)))
    assert X.nbytes > LIMIT
    y = X.map_blocks(labels, drop_axis=1, dtype=float, meta=np.empty(0))
    w = np.linspace(-1, 1, width)
    d = derive(LOGISTIC, "w", where=ROWS)
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, memory_limit=LIMIT, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster, timeout=120) as client,
    ):
        processes = client.run(os.getpid)
        got = d.compile("dask", BOTH)(X=X, w=w, y=y)
        assert client.run(os.getpid) == processes and len({*processes.values(), os.getpid()}) == 3  # none was restarted
        assert max(client.run(peak).values()) < LIMIT
    assert len(list(tmp_path.iterdir())) == blocks  # every block was made once, for value and gradient

    value, gradient = 0.0, np.zeros(width)
    for i in range(blocks):
        part = rows_from(i * each, each, width)
        z, t = part @ w, labels(part)
        value += np.logaddexp(0, z).sum() - t @ z
        gradient += part.T @ (1 / (1 + np.exp(-z)) - t)
    np.testing.assert_allclose(got[0], value, rtol=1e-12)
    np.testing.assert_allclose(got[1], gradient, rtol=1e-10, atol=1e-10 * np.abs(gradient).max())
