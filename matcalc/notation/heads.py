"""What stands left of an answer: ∂f/∂x, ∂²f/∂x∂y, dF, and the linear map in a direction."""

from __future__ import annotations

from collections.abc import Container, Sequence

from matcalc.notation.names import SUBSCRIPT_LETTERS
from matcalc.notation.parts import part_of
from matcalc.notation.symbols import SUPERSCRIPTS, latex_name

__all__ = ["head_latex", "head_text", "variable_latex"]


def variable_latex(name: str, bold: bool = False) -> str:
    """A symbol, or an entry, a row or a column of one, whose spelling no symbol has."""
    part = part_of(name) if any(c in "{,:" or c in SUBSCRIPT_LETTERS for c in name) else None
    if part is None:
        return latex_name(name, bold)
    base, separator = latex_name(part.base, bold), "" if all(place.isalpha() for place in part.places) else ","
    return f"{f'({base})' if '_' in base else base}_{{{separator.join(part.places)}}}"


def _powers(names: Sequence[str]) -> list[tuple[str, int]]:
    """The names with how often each follows itself."""
    out: list[tuple[str, int]] = []
    for name in names:
        if out and out[-1][0] == name:
            out[-1] = (name, out[-1][1] + 1)
        else:
            out.append((name, 1))
    return out


def head_text(kind: str, names: Sequence[str], along: str = "", letter: str = "f") -> str:
    """The head in Unicode; the letter is that of the function.

    >>> head_text("gradient", ("x",)), head_text("jacobian", ("x", "x")), head_text("jacobian", ("x", "y"))
    ('∂f/∂x', '∂²f/∂x²', '∂²f/∂x∂y')
    >>> head_text("differential", ("X",)), head_text("differential", ("X", "X")), head_text("jvp", ("x",), "V")
    ('df', 'd(∂f/∂X)', '∂f/∂x [V]')
    """
    if kind == "differential":
        return f"d({head_text('', names[:-1], '', letter)})" if len(names) > 1 else f"d{letter}"
    order = str(len(names)).translate(SUPERSCRIPTS) if len(names) > 1 else ""
    below = "".join([f"∂{name}{str(n).translate(SUPERSCRIPTS) if n > 1 else ''}" for name, n in _powers(names)])
    fraction = f"∂{order}{letter}/{below}"
    return f"{fraction} [{along}]" if kind == "jvp" else f"({fraction})* [{along}]" if kind == "vjp" else fraction


def head_latex(
    kind: str, names: Sequence[str], along: str = "", letter: str = "f", bold: Container[str] = (), nabla: bool = False
) -> str:
    r"""The head in LaTeX; the names in `bold` are set so, and with `nabla` a gradient is ∇f.

    >>> print(head_latex("jacobian", ("x", "x")))
    \frac{\partial^{2} f}{\partial x^{2}}
    >>> print(head_latex("gradient", ("x",), bold=("x",), nabla=True))
    \nabla_{\mathbf{x}} f
    """
    if nabla and not along and kind in ("gradient", "jacobian", "derivative") and len(set(names)) == 1:
        power = f"^{{{len(names)}}}" if len(names) > 1 else ""
        return rf"\nabla_{{{variable_latex(names[0], names[0] in bold)}}}{power} {latex_name(letter)}"
    if kind == "differential":
        inside = head_latex("", names[:-1], "", letter, bold) if len(names) > 1 else ""
        return rf"\mathrm{{d}}\left({inside}\right)" if inside else rf"\mathrm{{d}}{latex_name(letter)}"
    order = f"^{{{len(names)}}}" if len(names) > 1 else ""
    below = " ".join(
        [rf"\partial {variable_latex(name, name in bold)}{f'^{{{n}}}' if n > 1 else ''}" for name, n in _powers(names)]
    )
    fraction = rf"\frac{{\partial{order} {latex_name(letter)}}}{{{below}}}"
    if kind == "vjp":
        fraction = rf"\left({fraction}\right)^{{*}}"
    return rf"{fraction}\left[{latex_name(along)}\right]" if along else fraction
