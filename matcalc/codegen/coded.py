"""Code of an answer: what a derivative, or several, say of the programs that compute them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from matcalc.algebra.expr import Expr
from matcalc.algebra.shapes import Dim
from matcalc.errors import NotYetError, OptionError

if TYPE_CHECKING:
    from matcalc.codegen.assembly import Entries
    from matcalc.codegen.columns import Columns
    from matcalc.codegen.compiled import Compiled
    from matcalc.codegen.distributed import Distributed
    from matcalc.codegen.program import Program
    from matcalc.codegen.sampling import Declared
    from matcalc.codegen.targets import OnLibrary

__all__ = ["BOTH", "Coded"]

#: What is computed together where nothing else is asked for.
BOTH = ("value", "derivative")
#: What is one call in NumPy and SciPy, but slower than the exponentials that it could share.
_CALLS = ("softplus", "sigmoid")


class Coded:
    """An answer with a value and derivatives that are computed by one program."""

    @abstractmethod
    def _outputs(self, what: Sequence[str]) -> tuple[dict[str, Expr | Entries], dict[str, tuple[Dim, ...]]] | None:
        """Expressions by name, and the axes of those that are vec-matrices; None where there is no closed form."""

    @abstractmethod
    def _columns(self, what: Sequence[str]) -> Columns:
        """The array column by column, where it has no closed form."""

    @property
    @abstractmethod
    def _variables(self) -> tuple[str, ...]:
        """The names of the variables, in the order of the derivatives; of the first order only."""

    @property
    @abstractmethod
    def _symbols(self) -> Mapping[str, Declared]:
        """The symbols with their shapes and facts."""

    def code(self, target: str = "numpy", what: str | Sequence[str] = BOTH, *, standalone: bool = False) -> str:
        """The source of a function that computes `what`, as one would write it by hand.

        what: "value", "derivative", or several of them in the order of the results.
        target: "numpy"; "jax" or "torch"; "xp", functions of the array API standard only.
        standalone: a file that compares the shapes of its arguments, and has example data, a numeric
        test and a main.

        Raises OptionError for a target or a `what` that does not exist, NotYetError where a target has no
        form for an operation.

        >>> from matcalc import derive
        >>> print(derive("‖y − A x‖²", "x").code(what="derivative"))
        def derivative(y, A, x):
            \"\"\"∂f/∂x = 2 Aᵀ(A x − y)          A ∈ ℝᵐˣⁿ, x ∈ ℝⁿ, y ∈ ℝᵐ\"\"\"
            return 2 * (A.T @ (A @ x - y))
        <BLANKLINE>
        """
        from matcalc.codegen.targets import kernels_of

        what = _wanted(what)
        program = self._planned(what, kernels_of(target))
        name = "_and_".join(what)
        if standalone:
            from matcalc.codegen.standalone import standalone_source

            if program is None or target != "numpy":
                raise NotYetError(
                    "a file of its own is written for NumPy, and for an array with a closed form",
                    advice="Without standalone=True there is the function.",
                )
            return standalone_source(program, name, str(self), self._symbols, self._variables)
        if program is None:
            self._only_numpy(target)
            return self._columns(what).source
        from matcalc.codegen.targets import program_source

        return program_source(program, target, name, str(self))

    def compile(
        self, target: str = "numpy", what: str | Sequence[str] = "derivative"
    ) -> Compiled | Columns | OnLibrary | Distributed:
        """A callable with one keyword argument for every symbol of the function, and for a direction.

        It returns an array whose axes are those of the function, then those of the variable; a
        tuple of arrays for several `what`. target: "numpy"; "jax" or "torch", on arrays of that
        library; "dask" for data in blocks of rows, on dask arrays. A call raises DataError, which names
        the symbol and the shapes, where arrays do not fit.

        >>> from matcalc import derive
        >>> gradient = derive("‖y − A x‖²", "x").compile()
        >>> gradient(A=[[1, 0], [0, 1]], x=[1, 1], y=[0, 0]).tolist()
        [2.0, 2.0]
        """
        from matcalc.codegen.targets import kernels_of

        what = _wanted(what)
        program = self._planned(what, kernels_of(target))
        if program is None:
            self._only_numpy(target)
            return self._columns(what)
        from matcalc.codegen.targets import compile_program

        few = self._planned(what, _CALLS) if target == "numpy" and program.margins else None
        return compile_program(program, target, "_and_".join(what), str(self), few)

    @property
    def program(self) -> Program:
        """The plan of value and derivative together; printed with the cost of each line.

        Raises NotYetError where the array has no closed form.

        >>> from matcalc import derive
        >>> print(derive("½ ‖x‖²", "x").program)
        inputs  x: n
        output  value: scalar = 0.5 * (x @ x)   2 n + 1 flops, 16 n bytes
        output  derivative: n = x.copy()        0 flops, 16 n bytes
        all                                     2 n + 1 flops, 32 n bytes
        """
        found = self._planned(BOTH)
        if found is None:
            raise NotYetError("the array has no closed form, and is computed column by column")
        return found

    @property
    def is_row_separable(self) -> bool:
        """Whether value and derivative are sums over the rows of the data, or have a row for each, in one pass.

        >>> from matcalc import derive
        >>> derive("‖y − A x‖²", "x").is_row_separable, derive("logdet X", "X").is_row_separable
        (True, False)
        """
        from matcalc.codegen.rows import split_rows

        program = self._planned(BOTH)
        return program is not None and split_rows(program) is not None

    def _planned(self, what: Sequence[str], kernels: Collection[str] = ()) -> Program | None:
        from matcalc.codegen.compiled import planned

        found = self._outputs(what)
        if found is None:
            return None
        program = planned(found[0], self._symbols, axes=found[1], kernels=kernels)
        return replace(program, ranges=self._ranges) if self._ranges else program

    @property
    def _ranges(self) -> tuple[tuple[str, Dim], ...]:
        """The indices among the symbols, with the axes on which they stand in the function and in the variables."""
        return ()

    @staticmethod
    def _only_numpy(target: str) -> None:
        if target != "numpy":
            raise NotYetError(f"an array without a closed form has no code for {target!r} yet")


def _wanted(what: str | Sequence[str]) -> tuple[str, ...]:
    """What is asked for, by name, each once."""
    names = (what,) if isinstance(what, str) else tuple(what) if isinstance(what, list | tuple) else ()
    if not names or any(not isinstance(name, str) or name not in BOTH for name in names) or len({*names}) < len(names):
        raise OptionError(f"what={what!r} does not exist", advice='"value", "derivative", or a list of both')
    return names
