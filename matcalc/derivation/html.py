"""The answer as one rich output: HTML with LaTeX, where derivation and code fold away."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape

from matcalc.algebra.build import symbol
from matcalc.derivation.forms import Style
from matcalc.derivation.steps import Steps
from matcalc.notation.declarations import Declaration
from matcalc.notation.declared_text import space_text
from matcalc.notation.latex import to_latex
from matcalc.notation.page import listed

__all__ = ["html_page"]


def html_page(
    answer: str,
    symbols: Mapping[str, Declaration],
    conditions: Iterable[str],
    remarks: Iterable[str],
    steps: Steps | None,
    code: str,
) -> str:
    """The answer, what the symbols are, what must hold, and below them the derivation and the code, folded.

    Every text is escaped; formulas stand between dollar signs, which notebooks set.
    """
    parts = [f"<div>$$\\displaystyle {escape(answer, quote=False)}$$</div>"]
    rows = "".join([_symbol(name, declared) for name, declared in listed(symbols).items()])
    if rows:
        parts.append(f"<p>where {rows}</p>")
    said = ", ".join(map(escape, conditions))
    if said:
        parts.append(f"<p>if {said}</p>")
    parts += [f"<p>{escape(remark)}</p>" for remark in remarks]
    if steps is not None:
        parts.append(_folded("Derivation", _lines(steps)))
    if code:
        parts.append(_folded("NumPy", f"<pre><code>{escape(code)}</code></pre>"))
    return "\n".join(parts)


def _symbol(name: str, declared: Declaration) -> str:
    head, bracket, of = name.rstrip(")").partition("(")
    letter = escape(
        to_latex(symbol(head, declared.shape)) + (f"({to_latex(symbol(of))})" if bracket else ""), quote=False
    )
    if "index" in declared.facts:
        return f"<span style='margin-right:1em'>${letter}$ index</span>"
    facts = "".join([f" {escape(fact)}" for fact in sorted(declared.facts)])
    return f"<span style='margin-right:1em'>${letter}$ ∈ {escape(space_text(declared.shape))}{facts}</span>"


def _folded(title: str, body: str) -> str:
    return f"<details><summary>{title}</summary>{body}</details>"


def _lines(steps: Steps) -> str:
    style = Style(latex=True)
    rows = []
    for step in steps:
        formula = escape(step.write(style), quote=False)
        source = f" title='{escape(step.source)}'" if step.source else ""
        left = "style='text-align:left'"
        rows.append(f"<tr><td {left}>${formula}$</td><td {left}{source}>{escape(step.rule)}</td></tr>")
    return f"<table>{''.join(rows)}</table>"
