"""The notebooks, run by a kernel: `python -m tests.notebooks [NAME…]` writes their outputs anew.

A notebook is kept with its outputs and nothing else that a run leaves behind. Two runs say the same if
the texts that their cells print are equal; pictures, HTML and cells tagged "varies" are not compared.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))

Notebook = dict[str, Any]


def load(path: Path) -> Notebook:
    """The notebook as it is kept."""
    return json.loads(path.read_text(encoding="utf-8"))


def run(path: Path) -> Notebook:
    """The notebook after a kernel has run all its cells; raises CellExecutionError where one fails."""
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "0", "MPLBACKEND": _INLINE}
    client = NotebookClient(notebook, timeout=120, record_timing=False, resources={"metadata": {"path": path.parent}})
    client.execute(env=environment)
    return json.loads(nbformat.writes(notebook))


_INLINE = "module://matplotlib_inline.backend_inline"


def cleaned(notebook: Notebook) -> Notebook:
    """The notebook without what differs from machine to machine: versions, and counts other than 1, 2, ….

    Raises ValueError if a cell printed to standard error.
    """
    count = 0
    for cell in notebook["cells"]:
        cell["metadata"] = {key: value for key, value in cell["metadata"].items() if key == "tags"}
        if cell["cell_type"] != "code":
            continue
        count += 1
        cell["execution_count"] = count
        cell["outputs"] = _joined(cell["outputs"])
        for output in cell["outputs"]:
            if output.get("name") == "stderr":
                raise ValueError("".join(output["text"]))
            if "execution_count" in output:
                output["execution_count"] = count
    language = {"name": "python"}
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {**notebook, "metadata": {"kernelspec": kernel, "language_info": language}}


def _joined(outputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The outputs with neighbouring pieces of one stream in one: where a kernel cuts them is chance."""
    joined: list[dict[str, Any]] = []
    for output in outputs:
        last = joined[-1] if joined else {}
        if output["output_type"] == "stream" and output["name"] == last.get("name"):
            text = "".join([*last["text"], *output["text"]])
            joined[-1] = {**last, "text": text.splitlines(keepends=True)}
        else:
            joined.append(output)
    return joined


def texts(notebook: Notebook) -> list[str]:
    """What each code cell says as text; "" for one that is tagged "varies"."""
    said = []
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            varies = "varies" in cell["metadata"].get("tags", ())
            said.append("" if varies else "".join("".join(_text(output)) for output in cell["outputs"]))
    return said


def _text(output: dict[str, Any]) -> list[str]:
    return output.get("text") or output.get("data", {}).get("text/plain") or []


def main(names: list[str]) -> None:
    """Run the notebooks whose names contain one of the names, or all, and write them with their outputs."""
    for path in NOTEBOOKS:
        if not names or any(name in path.name for name in names):
            notebook = cleaned(run(path))
            path.write_text(json.dumps(notebook, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
            print(path.name)


if __name__ == "__main__":
    main(sys.argv[1:])
