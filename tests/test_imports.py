"""Imports go one way, inside a folder too, and importing the package loads nothing heavy."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

import matcalc

PACKAGE = Path(matcalc.__file__).parent
#: Each room imports from itself and from those before it.
ROOMS = [
    "errors", "algebra", "notation", "rulebook", "calculus", "codegen", "check", "exact", "prove", "derivation",
    "claims", "training", "frameworks", "linear_map", "remarks", "derivative", "derivatives", "derive", "convexity",
    "solving", "regions", "given", "packing", "solvers", "minimization", "symbolic", "functions", "expressions", "cli",
    "__main__",
]  # fmt: skip
HEAVY = ["lark", "sympy", "scipy", "jax", "torch", "dask", "matplotlib", "tqdm", "IPython"]
#: Loaded inside a function, when they are needed.
LATE = [*HEAVY, "numpy", "importlib.metadata"]
#: Rooms and modules that a derivative alone does without: whoever is asked for more imports them inside a function.
LATE_OURS = [
    "codegen", "check", "exact", "prove", "derivation", "claims", "training", "frameworks", "convexity", "solving",
    "regions", "given", "packing", "solvers", "minimization", "symbolic", "functions", "calculus.entries",
    "calculus.factors", "calculus.index_terms", "calculus.indices",
]  # fmt: skip
#: The part of them that stands in every answer.
EARLY = ["matcalc.codegen", "matcalc.codegen.coded"]


class Import(NamedTuple):
    """One import: of what, in which line, whether inside a function, and whether for annotations alone."""

    target: str
    line: int
    late: bool = False
    annotates: bool = False


def modules() -> dict[str, Path]:
    """Every module of the package by its dotted name."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()


@cache
def imports(path: Path) -> tuple[Import, ...]:
    """Every import of a module."""
    return tuple(_imports(path))


def _imports(path: Path) -> Iterator[Import]:
    stack = [(ast.parse(path.read_text(encoding="utf-8")), False, False)]
    while stack:
        node, late, annotates = stack.pop()
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, node.lineno, late, annotates) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: a relative import"
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                yield Import(name if name in MODULES else str(node.module), node.lineno, late, annotates)
        late = late or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        annotates = annotates or (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test))
        stack.extend((child, late, annotates) for child in ast.iter_child_nodes(node))


def room(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def is_late(module: str) -> bool:
    names = [f"matcalc.{name}" for name in LATE_OURS]
    return module not in EARLY and any(module == name or module.startswith(f"{name}.") for name in names)


def test_every_module_has_a_room():
    assert {room(m) for m in MODULES} - {""} <= set(ROOMS)


def test_imports_go_down_the_list_of_rooms():
    wrong = [
        f"{name}, line {found.line}: {found.target}"
        for name, path in MODULES.items()
        for found in imports(path)
        if room(name) and found.target.split(".")[0] == "matcalc"
        if room(found.target) not in ROOMS[: ROOMS.index(room(name)) + 1]
    ]
    assert not wrong, "\n".join(wrong)


def test_no_module_imports_itself_through_others():
    graph = {
        name: {i.target for i in imports(path) if i.target in MODULES and i.target != name and not i.annotates}
        for name, path in MODULES.items()
    }
    TopologicalSorter(graph).prepare()  # raises CycleError, which shows the cycle


@cache
def loads_late(target: str) -> bool:
    """Whether a module is loaded when it is needed: a heavy library, or a module that imports one at its head."""
    if target in MODULES:
        return is_late(target) or any(
            not i.late and not i.annotates and loads_late(i.target) for i in imports(MODULES[target])
        )
    return any(target == library or target.startswith(f"{library}.") for library in LATE)


def test_imports_inside_functions_are_of_what_is_heavy():
    wrong = [
        f"{name}, line {found.line}: {found.target}"
        for name, path in MODULES.items()
        for found in imports(path)
        if found.late and not loads_late(found.target)
    ]
    assert not wrong, "\n".join(wrong)


def test_importing_and_deriving_loads_no_heavy_library():
    code = (
        "import sys, matcalc; str(matcalc.derive('‖y − A x‖²', 'x'));"
        f"print(*[name for name in {HEAVY!r} if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", check=True)
    assert run.stdout.split() == []


def test_a_derivative_loads_no_room_that_it_does_without():
    code = "import sys, matcalc; str(matcalc.derive('‖y − A x‖²', 'x')); print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", check=True)
    assert not [name for name in run.stdout.split() if is_late(name)]


def test_public_names_stay_what_they_are_when_every_module_is_imported():
    """The import of a module binds its name in the package, over whatever stood there."""
    code = f"""
from importlib import import_module
for name in {sorted(set(MODULES) - {"matcalc.__main__"})!r}:
    try:
        import_module(name)
    except ImportError as error:
        assert "matcalc" not in str(error)
import matcalc
print(*[name for name in matcalc.__all__ if name != "functions" and not callable(getattr(matcalc, name))])
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", check=True)
    assert run.stdout.split() == []


def test_names_that_come_late_are_listed_and_found():
    assert set(matcalc.__all__) <= set(dir(matcalc))
    with pytest.raises(AttributeError, match="no attribute 'derivate'"):
        matcalc.derivate  # noqa: B018
