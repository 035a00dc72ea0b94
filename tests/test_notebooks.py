"""The notebooks run without an error, and what they are kept with is what they print."""

import pytest

from tests.notebooks import NOTEBOOKS, cleaned, load, run, texts

IDS = [path.stem for path in NOTEBOOKS]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=IDS)
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning", "ignore::UserWarning")
def test_runs_and_prints_what_it_is_kept_with(path):
    for package in ("nbclient", "nbformat", "ipykernel", "matplotlib", "sklearn"):
        pytest.importorskip(package)
    notebook = cleaned(run(path))
    sources = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    for source, kept, printed in zip(sources, texts(load(path)), texts(notebook), strict=True):
        assert printed == kept, f"python -m tests.notebooks {path.stem} writes the outputs anew; the cell:\n{source}"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=IDS)
def test_is_kept_clean_and_with_its_outputs(path):
    notebook = load(path)
    assert cleaned(load(path)) == notebook
    assert any(cell.get("outputs") for cell in notebook["cells"])
    assert path.stat().st_size < 400_000
    for cell in notebook["cells"]:
        assert len("".join(cell["source"]).splitlines()) <= 40
        assert not any(output["output_type"] == "error" for output in cell.get("outputs", ()))


def test_the_notebooks_are_numbered():
    assert [path.name[:2] for path in NOTEBOOKS] == ["1_", "2_", "3_", "4_"]
