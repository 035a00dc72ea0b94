"""Python identifiers for the symbols of an expression: no other text of the user reaches a source."""

from __future__ import annotations

import builtins
import keyword
import unicodedata
from collections.abc import Iterable

__all__ = ["MODULES", "RESERVED", "Names", "identifier"]

#: Functions that generated code calls by their bare name, by module.
MODULES = {
    "scipy.linalg": ("eigh", "expm", "expm_frechet", "logm", "solve_sylvester", "solve_triangular", "sqrtm"),
    "scipy.linalg.lapack": (
        "dgetrf", "dgetrs", "dpotrf", "dpotri", "dpotrs", "sgetrf", "sgetrs", "spotrf", "spotri", "spotrs",
    ),
    "scipy.special": ("erf", "expit", "huber", "ndtr"),
}  # fmt: skip

#: Functions that generated code defines for itself where it needs them.
DEFINED = ("cholesky", "cholesky_solve", "cholesky_inverse", "lu_factors", "lu_solve", "before_rows", "block_of_rows",
           "sums_of_rows", "after_rows", "by_rows", "few_entries", "euclidean_norm")  # fmt: skip

#: Names that mean something else in generated code.
RESERVED = frozenset({
    "np", "xp", "jax", "jnp", "torch", "math", *[name for names in MODULES.values() for name in names], *DEFINED,
    *keyword.kwlist, *keyword.softkwlist, *dir(builtins),
})  # fmt: skip

_MARKS = {"′": "_prime", "*": "_star", "⁺": "_plus", "⁻": "_minus", "†": "_dagger"}


def identifier(name: str) -> str:
    """A Python identifier that reads like the name, and is none of Python's or of the generated code.

    >>> [identifier(name) for name in ("β", "x₁", "lambda", "np", "__import__", "w′", "2a", "x y", "")]
    ['β', 'x1', 'lambda_', 'np_', 'import_', 'w_prime', 'v2a', 'x_y', 'v']
    """
    spelled = "".join(_MARKS.get(c, c) for c in name)
    plain = unicodedata.normalize("NFKC", spelled)
    kept = "".join(c if ("_" + c).isidentifier() else "_" for c in plain)
    text = kept.strip("_") or "v"
    if kept.startswith("__") or text in RESERVED:
        text += "_"
    return text if text.isidentifier() else "v" + text


class Names:
    """Names that are given out once each."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self.taken = {*RESERVED, *taken}
        self._next: dict[str, int] = {}

    def new(self, wanted: str) -> str:
        """The name wanted, or with the first number that is free.

        >>> names = Names()
        >>> names.new("r"), names.new("r"), names.new("for")
        ('r', 'r2', 'for2')
        """
        name, count = wanted, self._next.get(wanted, 2)
        while name in self.taken:
            name, count = f"{wanted}{count}", count + 1
        self._next[wanted] = count
        self.taken.add(name)
        return name
