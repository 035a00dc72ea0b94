"""The page of errors: every slip of the table in tests/test_reader_refuses.py with the answer it gets.

python -m tests.gallery        writes docs/errors.md
"""

from __future__ import annotations

from pathlib import Path

from tests.test_reader_refuses import MESSAGES, WHERE

__all__ = ["PAGE", "gallery"]

PAGE = Path(__file__).parents[1] / "docs" / "errors.md"

_HEAD = """\
# What matcalc answers to a slip

What has two meanings, or none, is refused: the message says what is wrong, the caret where, and the last line
what to write instead. Every error is a `MatcalcError` of one of the kinds below. The symbols are

    {where}

This page is made by `python -m tests.gallery` from the table that the tests hold word by word.
"""

_KINDS = {
    "ShapeError": "Shapes that do not fit",
    "AmbiguityError": "Two readings",
    "ParseError": "Not in the notation",
    "NotYetError": "Not read",
    "DeclarationError": "Declarations",
}


def gallery() -> str:
    """The text of the page."""
    shapes = ", ".join(f"{name}: {said}" for name, said in WHERE.items())
    lines = [_HEAD.format(where=shapes)]
    for kind, title in _KINDS.items():
        lines.append(f"## {title}: `{kind}`\n")
        for its, text, names, message in MESSAGES:
            if its.__name__ != kind:
                continue
            missing = [name for name in names if name not in WHERE]
            declared = f"   (with {', '.join(missing)} declared, which does not occur)" if missing else ""
            lines.append("```text")
            lines.append(f">>> {text}{declared}")
            lines.append(message)
            lines.append("```\n")
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(gallery(), encoding="utf-8")
    print(f"{PAGE}: {len(MESSAGES)} slips")
