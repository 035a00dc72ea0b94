"""Every LaTeX that the problems produce is read by KaTeX in its strict mode, where Node and KaTeX are at hand."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from matcalc import MatcalcError, derive
from tests import scoring

NODE, NPM = shutil.which("node"), shutil.which("npm")

#: Parses each formula of a JSON list; prints the messages of those that fail, as a JSON list of pairs.
SCRIPT = """
const katex = require("katex");
const formulas = JSON.parse(require("fs").readFileSync(0, "utf8"));
const wrong = [];
for (const [i, formula] of formulas.entries()) {
  try { katex.renderToString(formula, {strict: "error", throwOnError: true, displayMode: true}); }
  catch (error) { wrong.push([i, error.message]); }
}
process.stdout.write(JSON.stringify(wrong));
"""


@pytest.fixture(scope="session")
def katex(tmp_path_factory) -> Path:
    """A folder in which Node finds KaTeX: the one named by KATEX, or one that npm fills."""
    given = os.environ.get("KATEX")
    folder = Path(given) if given else tmp_path_factory.mktemp("katex")
    if NODE is None or (given is None and NPM is None):
        pytest.skip("Node is not installed")
    if not given:
        assert NPM is not None
        install = [NPM, "install", "--no-audit", "--no-fund", "--silent", "katex@0.16"]
        run = subprocess.run(install, cwd=folder, capture_output=True, timeout=120)
        if run.returncode:
            pytest.skip("KaTeX cannot be installed")
    return folder


def rejected(formulas: list[str], folder: Path) -> list[tuple[str, str]]:
    """The formulas that KaTeX does not read, with what it says; one process for all."""
    assert NODE is not None
    run = subprocess.run(
        [NODE, "-e", SCRIPT], input=json.dumps(formulas), cwd=folder, capture_output=True, text=True, encoding="utf-8",
        check=True, timeout=300,
    )  # fmt: skip
    return [(formulas[i], message) for i, message in json.loads(run.stdout)]


@pytest.fixture(scope="module")
def formulas() -> list[str]:
    """Answers, derivations brief and full, and the lines of the rich output, in the styles that there are."""
    found: list[str] = []
    for number, case in enumerate(scoring.cases()):
        try:
            d = derive(case.notations["expr"], case.wrt, where=case.where, order=case.order, structure="ignore")
        except MatcalcError:
            continue
        found += [d.latex(), d.latex("derivation")]
        found.append(d.latex("derivation", bold=True, transpose="T", style="nabla"))
        found.append(d.latex(bold=True, style="nabla"))
        if number % 5 == 0:
            found += [part for line in d.explain("markdown", "full").splitlines() for part in line.split("$")[1:2]]
    return found


def test_a_reader_that_rejects_is_heard(katex):
    assert len(rejected([r"\frac{1}{2}", r"\frac{1}{", r"\nosuch", "é"], katex)) == 3


def test_katex_reads_everything(formulas, katex):
    wrong = rejected(formulas, katex)
    assert not wrong, f"{len(wrong)} of {len(formulas)}:\n" + "\n".join(f"{m}\n    {f}" for f, m in wrong[:10])
