"""A program as source for a library of arrays other than NumPy: what all of them share.

A printer is a Dialect: the text of the operations of terms, and of the entrywise functions, where
they differ from those below. `xp` in a text stands for the module of the library.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from matcalc.codegen.numpy_printer import docstring_lines, result_text
from matcalc.codegen.numpy_text import Writer, is_python
from matcalc.codegen.program import Program
from matcalc.codegen.sums import portable_template, sum_template
from matcalc.codegen.terms import Term
from matcalc.errors import NotYetError

__all__ = ["Dialect", "portable_source"]


@dataclass(frozen=True)
class Dialect:
    """A library of arrays.

    name: what it is called. module: what stands for `xp`. imports: the lines above the function.
    like: keywords for a new array that is like {x}. first: what stands at the head of the function.
    renamed: functions of the standard that have another name here.
    operations: texts of terms by operation; with "name:data" those of one kind of it, with "name/1"
    those where the last operand is a vector. functions: texts of functions by their row's name.
    kernels: functions that the library computes in one pass over the data.
    einsum: the text of an index sum, if the library has it. embedding: that of zeros with a block on a diagonal.
    """

    name: str
    module: str
    imports: tuple[str, ...]
    like: str = "dtype={x}.dtype"
    keywords: str = ""
    first: tuple[str, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)
    operations: Mapping[str, str] = field(default_factory=dict)
    functions: Mapping[str, str] = field(default_factory=dict)
    kernels: tuple[str, ...] = ()
    einsum: str = ""
    embedding: str = ""


#: {like} stands for the keywords of a new array.
_OPERATIONS = {
    "transpose": "{0}.T",
    "dot": "{0} @ {1}",
    "vdot": "xp.sum({0} * {1})",
    "outer": "{0}[:, None] * {1}[None, :]",
    "rowdot": "xp.sum({0} * {1}, axis=1)",
    "diagonal": "xp.diagonal({0})",
    "factor_diagonal": "xp.diagonal({0})",
    "diag": "{0}[:, None] * xp.eye({0}.shape[0], {like})",
    "eye": "xp.eye({0}, {like})",
    "trace": "xp.trace({0})",
    "inv": "xp.linalg.inv({0})",
    "solve": "xp.linalg.solve({0}, {1})",
    "solve:True": "xp.linalg.solve({0}.T, {1})",
    "det": "xp.linalg.det({0})",
    "logdet": "xp.linalg.slogdet({0})[1]",
    "slogdet": "xp.linalg.slogdet({0})",
    "logdet_of": "xp.where({0}[0] < 0, math.nan * {0}[1], {0}[1])",
    "cholesky": "xp.linalg.cholesky({0})",
    "matpow": "xp.linalg.matrix_power({0}, int({1}))",
    "sum": "xp.sum({0})",
    "sum:0": "xp.sum({0}, axis=0)",
    "sum:1": "xp.sum({0}, axis=1)",
    "max": "xp.max({0})",
    "max:0": "xp.max({0}, axis=0)",
    "max:1": "xp.max({0}, axis=1)",
    "commuted": "xp.reshape(xp.permute_dims(xp.reshape({0}, ({1}, {2}, -1)), (1, 0, 2)), ({1} * {2}, -1))",
    "on_diagonal": "xp.reshape(xp.eye({1}, {like})[:, :, None] * {0}, ({1} * {1}, -1))",
    "every": "{0}[::{1} + 1, ...]",
    "khatri_rao": "xp.reshape({0}[:, None, :] * {1}[None, :, :], (-1, {0}.shape[1]))",
    "row_kron": "xp.reshape({0}[:, :, None] * {1}[:, None, :], ({0}.shape[0], -1))",
    "kron_times": "xp.reshape({1} @ xp.reshape({0} @ xp.reshape({2}, ({5}, -1)), ({3}, {6}, -1)), ({3} * {4}, -1))",
    "outer4": "{0}[:, None, :, None] * {1}[None, :, None, :]",
    "swapped": "xp.permute_dims({0}, (1, 0, 2, 3))",
    "blocks4:0": "xp.eye({1}, {like})[:, None, :, None] * {0}[None, :, None, :]",
    "blocks4:1": "{0}[:, None, :, None] * xp.eye({2}, {like})[None, :, None, :]",
    "kron": "xp.reshape({0}[:, None, :, None] * {1}[None, :, None, :], ({0}.shape[0] * {1}.shape[0], -1))",
    "kron/1": "xp.reshape({0}[:, None] * {1}[None, :], (-1,))",
    "ravel": "xp.reshape({0}, (-1,))",
    "column": "{0}[:, None]",
    "row": "{0}[None, :]",
    "item": "{0}[0, 0]",
    "first": "{0}[0]",
    "unit": "xp.eye({1}, {like})[{0} - 1, ...]",
    "copy": "xp.asarray({0}, copy=True)",
}
#: Operations that Python writes alike for every library; nothing else of NumPy's printer is used.
_SHARED = ("input", "number", "plus", "scale", "times", "matmul", "spread", "entry", "cut", "stacked_product")
_ALIKE = ("exp", "log", "log1p", "expm1", "abs", "sign", "sin", "cos", "tan", "sinh", "cosh", "tanh", "sqrt")
_FUNCTIONS = {
    "delta": "1.0 * ({0} == {1})",
    **{name: f"xp.{name}({{0}})" for name in (*_ALIKE, "tril", "triu")},
    **{f"arc{name}": f"xp.a{name}({{0}})" for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")},
    "cot": "1 / xp.tan({0})",
    "sec": "1 / xp.cos({0})",
    "csc": "1 / xp.sin({0})",
    "sigmoid": "1 / (1 + xp.exp(-{0}))",
    "softplus": "xp.log1p(xp.exp(-xp.abs({0}))) + xp.clip({0}, min=0.0)",
    "relu": "xp.clip({0}, min=0.0)",
    "step": "xp.astype({0} > 0, {0}.dtype)",
    "silu": "{0} / (1 + xp.exp(-{0}))",
    "maximum": "xp.clip({0}, min={1})",
    "minimum": "xp.clip({0}, max={1})",
    "clip": "xp.clip({0}, -{1}, {1})",
    "norm1": "xp.sum(xp.abs({0}))",
    "norminf": "xp.max(xp.abs({0}))",
    "max": "xp.max({0})",
    "min": "xp.min({0})",
    "argmax": "xp.astype({0} == xp.max({0}), {0}.dtype)",
    "argmin": "xp.astype({0} == xp.min({0}), {0}.dtype)",
    "signmax": "xp.sign({0}) * xp.astype(xp.abs({0}) == xp.max(xp.abs({0})), {0}.dtype)",
    "pinv": "xp.linalg.pinv({0})",
    "trpow": "xp.linalg.trace(xp.linalg.matrix_power({0}, int({1})))",
    "eigmax": "xp.linalg.eigvalsh(({0} + {0}.T) / 2)[-1]",
    "eigvec": "xp.linalg.eigh(({0} + {0}.T) / 2)[1][:, -1]",
    "resolvent": "(lambda w, v: (v[:, :-1] / (w[-1] - w[:-1])) @ v[:, :-1].T)(*xp.linalg.eigh(({0} + {0}.T) / 2))",
    "spectral": "xp.linalg.matrix_norm({0}, ord=2)",
    "leftsingular": "xp.linalg.svd({0}, full_matrices=False)[0][:, 0]",
    "rightsingular": "xp.linalg.svd({0}, full_matrices=False)[2][0, :]",
    "polar": "(lambda u, s, vt: u @ vt)(*xp.linalg.svd({0}, full_matrices=False))",
    "frechet_polar": "(lambda e, u, s, vt: u @ ((u.T @ e @ vt.T - vt @ e.T @ u) / (s[:, None] + s[None, :])) @ vt"
    " + ((e @ vt.T - u @ (u.T @ e @ vt.T)) / s) @ vt + (u / s) @ (u.T @ e - (u.T @ e @ vt.T) @ vt))"
    "({1}, *xp.linalg.svd({0}, full_matrices=False))",
    "nuclear": "xp.linalg.matrix_norm({0}, ord='nuc')",
}


class _Writer(Writer):
    """Terms as text in a dialect."""

    whole_index = True

    def __init__(self, program: Program, dialect: Dialect) -> None:
        super().__init__(program)
        self.dialect = dialect
        arrays = [n for n, shape in program.inputs if shape != (1, 1)] or [n for n, _ in program.inputs][:1]
        self.like = dialect.like.format(x=program.identifiers[arrays[0]]) if arrays else ""

    def _written(self, term: Term) -> tuple[str, int]:
        if term.op in ("call", "function"):
            return self._function(term)
        if term.op == "size":
            assert isinstance(term.data, tuple)
            return self.filled(f"{{0}}.shape[{term.data[1]}]", term.args)
        if term.op == "matmul" and term.args[1].rank == 1 and term.args[0].op == "transpose":
            return self.filled("{0} @ {1}", [term.args[1], term.args[0].args[0]])  # no transposed copy in XLA
        template = self._template(term)
        if template is not None:
            return self._filled(template, term)
        if term.op not in _SHARED:
            raise NotYetError(f"{term.op} has no code for {self.dialect.name} yet", advice='target="numpy" has it')
        return super()._written(term)

    def _template(self, term: Term) -> str | None:
        last = term.args[-1].rank if term.args else 0
        keys = (f"{term.op}:{term.data}/{last}", f"{term.op}/{last}", f"{term.op}:{term.data}", term.op)
        for table in (self.dialect.operations, _OPERATIONS):
            found = next((table[key] for key in keys if key in table), None)
            if found is not None:
                return found
        return self._shaped(term)

    def _shaped(self, term: Term) -> str | None:
        """The operations whose text depends on how many operands there are."""
        places = [f"{{{i}}}" for i in range(1, len(term.args))]
        if term.op == "reshape":
            if not term.args[0].rank:  # it may be a plain number
                return _repeated(term.args[0], "{0}", places)
            return f"xp.reshape({{0}}, ({', '.join(places)}))"
        if term.op in ("entries", "joined", "blocks"):
            return _concatenated(term)
        if term.op == "unfold":  # the first axis runs fastest, as vec has it
            turned = "{0}.T" if term.args[0].rank == 2 else "{0}"
            back = ".T" if len(places) == 2 else ""
            text = f"xp.reshape({turned}, ({', '.join(reversed(places))}))"
            axes = ", ".join(map(str, reversed(range(len(places)))))
            return f"{text}{back}" if back else f"xp.permute_dims({text}, ({axes}))"
        if term.op == "assembled":
            return self._assembled(term)
        if term.op == "index_sum":
            einsum = self.dialect.einsum
            return sum_template(str(term.data), einsum) if einsum else portable_template(str(term.data))
        if term.op == "full":
            value = "{0}[:, None]" if term.data == 0 and term.args[0].rank else "{0}"
            return _repeated(term.args[0], value, places)
        if term.op == "solve_triangular":
            return "xp.linalg.solve({0}.T, {1})" if isinstance(term.data, tuple) and term.data[1] else (
                "xp.linalg.solve({0}, {1})")  # fmt: skip
        if term.op == "constant":
            return "math.pi" if term.data in ("π", "pi") else "math.e"
        return None

    def _embedded(self, view: str, own: str, block: str) -> str:
        """A block on one diagonal by the library's own function, where it has one and the block all other indices."""
        repeated = [i for i in dict.fromkeys(view) if view.count(i) == 2]
        others = "".join([i for i in view if view.count(i) == 1])
        if not self.dialect.embedding or len(repeated) != 1 or len(view) != len(others) + 2 or set(own) < set(others):
            return ""
        (i,) = repeated
        order = [own.index(k) for k in others + i if k in own]
        moved = block if order == sorted(order) else f"xp.permute_dims({block}, ({', '.join(map(str, order))}))"
        if i not in own:
            moved += f"{_expanded([True] * len(others) + [False])}.expand({'-1, ' * len(others)}{{{view.index(i)}}})"
        return self.dialect.embedding.format(block=moved, first=view.index(i), second=view.rindex(i))

    def _assembled(self, term: Term) -> str:
        """A sum of blocks, each with all axes; an identity matrix is 0 where two of its indices differ."""
        assert isinstance(term.data, tuple)
        texts = []
        for at, text in enumerate(term.data, term.rank):
            view, _, given = str(text).partition("->")
            rank = term.args[at].rank
            own = given[len(given) - rank :]
            embedded = self._embedded(view, own, f"{{{at}}}")
            if embedded:
                texts.append(embedded)
                continue
            letters = sorted(own, key=view.index)
            block = f"{{{at}}}"
            if letters != list(own):
                block = f"xp.permute_dims({block}, ({', '.join(str(own.index(i)) for i in letters)}))"
            first = [i in own and k == view.index(i) for k, i in enumerate(view)]
            pairs = [(view.index(i), k) for k, i in enumerate(view) if view.index(i) != k]
            eyes = [
                f"xp.eye({{{pair[0]}}}, {{like}}){_expanded([n in pair for n in range(len(view))])}" for pair in pairs
            ]
            covered = {n for pair in pairs for n in pair} | {k for k, kept in enumerate(first) if kept}
            if len(covered) < len(view):  # axes along which nothing changes
                lengths = ", ".join(f"{{{k}}}" if k not in covered else "1" for k in range(len(view)))
                eyes.append(f"xp.ones(({lengths},), {{like}})")
            texts.append(" * ".join([block + (_expanded(first) if rank else ""), *eyes]))
        return " + ".join(texts)

    def _function(self, term: Term) -> tuple[str, int]:
        name = str(term.data)
        if name == "power":
            return super()._written(term)
        template = self.dialect.functions.get(name) or _FUNCTIONS.get(name)
        if template is None:
            raise NotYetError(f"{name} has no code for {self.dialect.name} yet", advice='target="numpy" has it')
        if is_python(term):
            template = template.replace("xp.", "math.")
        return self._filled(template, term)

    def _filled(self, template: str, term: Term) -> tuple[str, int]:
        return self.filled(template.replace("{like}", self.like), term.args)


def _repeated(value: Term, mark: str, lengths: Sequence[str]) -> str:
    """The text of an array of these lengths whose entries are a value, of which the mark is the place."""
    shape = f"({', '.join(lengths)}{',' if len(lengths) == 1 else ''})"
    if value.op == "number" and value.data in (0, 1):
        return f"xp.{'ones' if value.data else 'zeros'}({shape}, {{like}})"
    return f"{mark} * xp.ones({shape}, {{like}})"


def _concatenated(term: Term) -> str:
    """Numbers and arrays as one vector or matrix, rows of as many blocks as the data says."""
    marks = [f"{{{i}}}" if t.rank else _repeated(t, f"{{{i}}}", ["1"]) for i, t in enumerate(term.args)]
    columns = term.data if isinstance(term.data, int) else 0
    if term.op != "blocks":
        text = f"xp.concat([{', '.join(marks)}])"
        return f"xp.reshape({text}, (-1, {columns}))" if columns else text
    rows = [marks[i : i + columns] for i in range(0, len(marks), columns)]
    texts = [f"xp.concat([{', '.join(row)}], axis=1)" if columns > 1 else row[0] for row in rows]
    return f"xp.concat([{', '.join(texts)}])" if len(texts) > 1 else texts[0]


def _expanded(axes: Sequence[bool]) -> str:
    """The brackets that put axes of length 1 where an array has none."""
    return "" if all(axes) else f"[{', '.join(':' if kept else 'None' for kept in axes)}]"


def portable_source(program: Program, dialect: Dialect, name: str, docstring: str) -> str:
    """The source of a function of the program's inputs in a dialect."""
    writer = _Writer(program, dialect)
    body = [f"{a.name} = {writer.text(a.term, top=True)}" for a in program.assignments]
    body.append(f"return {', '.join([result_text(writer, term) for _, term in program.outputs])}")
    first = [line.format(x=writer.like.partition("=")[2].partition(".")[0]) for line in dialect.first]
    arguments = ", ".join([program.identifiers[n] for n, _ in program.inputs]) + dialect.keywords
    lines = [f"def {name}({arguments}):", *docstring_lines(docstring or f"For {dialect.name}.")]
    lines += ["    " + line for line in (*first, *body)]
    text = re.sub(r"\bxp\.", f"{dialect.module}.", "\n".join(lines))
    for usual, own in dialect.renamed.items():
        text = text.replace(f"{dialect.module}.{usual}(", f"{dialect.module}.{own}(")
    called = set(re.findall(r"(?<![\w.])\w+(?=[(.])", text))
    imports = [line for line in ("import math", *dialect.imports) if line.split()[-1].split(".")[0] in called]
    return "\n".join([*imports, "", "", text, ""]).lstrip("\n")
