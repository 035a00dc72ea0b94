"""The command: `matcalc FUNCTION VARIABLE…` prints the derivative, its LaTeX, its code, its certificate."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from matcalc.algebra.shapes import Dim, dim_text
from matcalc.derivative import Derivative
from matcalc.derive import derive
from matcalc.errors import LimitError, MatcalcError, OptionError, ParseError

if TYPE_CHECKING:
    from matcalc.check import Certificate
    from matcalc.claims import Match
    from matcalc.derivatives import Derivatives
    from matcalc.prove import Proof

__all__ = ["main"]

_OK, _REFUSED, _UNCONFIRMED = 0, 1, 3  # 2 is argparse's, for usage
_READER_GONE = 141  # what a shell reports of a program that SIGPIPE ended

#: Standard input is read up to here; far more than the notation takes.
_MAX_BYTES = 1 << 24

#: What --reading may name.
_READINGS = ("differential", "kronecker", "index")

_DESCRIPTION = "The derivative of FUNCTION by each VARIABLE, in closed form."

EPILOG = """\
examples:
  matcalc '‖y − A x‖²' x
  matcalc 'norm2(y - A*x)^2' x --code
  matcalc 'logdet(X) + tr(S X⁻¹)' X --where 'S: n n spd' --where 'X: n n spd'
  matcalc 'xᵀA x where A ∈ ℝ^{n×n} symmetric' x --latex
  matcalc '‖y − A x‖²' x --explain --matches '2 AᵀA x − 2 Aᵀy'
  matcalc 'logsumexp(A x)' x --order 2 --code --target jax
  matcalc 'A X B' X --reading kronecker
  matcalc '‖A x − b‖²' 'A_{i,:}' --prove
  echo 'sum(log(1 + exp(-y .* (X w))))' | matcalc - w --check

exit codes:
  0  done
  1  the input is refused; the message marks the place
  2  the command line is not understood
  3  --check found the answer unconfirmed, --prove did not prove it, or --matches found the claim different
"""


def main(argv: Sequence[str] | None = None) -> int:
    """The exit code of one run of the command; the answer goes to standard output, messages to standard error.

    >>> main(["tr(A X)", "X"])
    ∂f/∂X = Aᵀ          A ∈ ℝᵐˣⁿ, X ∈ ℝⁿˣᵐ
    0
    """
    for stream in (sys.stdout, sys.stderr):  # a terminal that lacks a sign shows its code, and nothing breaks
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = _run(_parser().parse_args(_minus_signs(sys.argv[1:] if argv is None else argv)))
        print(end="", flush=True)
    except MatcalcError as error:
        print(f"matcalc: {error}", file=sys.stderr)
        return _REFUSED
    except OSError as error:  # standard output cannot be written
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # so that the flush at exit is silent
        if isinstance(error, BrokenPipeError):
            return _READER_GONE
        print(f"matcalc: {error}", file=sys.stderr)
        return _REFUSED
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="matcalc",
        description=_DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("function", metavar="FUNCTION", help="the function as text; - reads it from standard input")
    add("wrt", metavar="VARIABLE", nargs="+", help="differentiate by this; several share one where-list")
    add("--where", metavar="TEXT", action="append", default=[], help="declare symbols: 'A: n n symmetric, x ∈ ℝⁿ'")
    add("--latex", action="store_true", help="print LaTeX")
    add("--order", metavar="N", type=int, default=1, help="the order of the derivative: 1 (the default), 2, …")
    add("--reading", metavar="WORD", help="another reading of the linear map: differential, kronecker, index")
    add("--code", action="store_true", help="print a function for value and derivative")
    add("--target", metavar="WORD", default="numpy", help="of which library: numpy (the default), jax, torch, …")
    add("--standalone", action="store_true", help="print the code as a file with checks of shapes and a test")
    add("--check", action="store_true", help="print a certificate: the answer against difference quotients")
    add("--prove", action="store_true", help="print whether exact arithmetic proves the answer")
    add("--explain", action="store_true", help="print the derivation, line by line")
    add("--matches", metavar="TEXT", help="compare an answer of your own: proved, equal, or different and how")
    add("--json", action="store_true", help="print one JSON object; the other options add to it")
    add("--structure", metavar="WORD", default="project", help="for a variable with a structure, such as a symmetric "
        "one: project the gradient onto it (project, the default), differentiate entry by entry (ignore), or print "
        "the textbook form G + Gᵀ − I ⊙ G (cookbook)")  # fmt: skip
    add("--notation", metavar="WORD", default="auto", help="how FUNCTION is read: text, latex, einstein for the "
        "summation convention (A_ij x_i x_j), or auto (the default)")  # fmt: skip
    add("--layout", metavar="WORD", default="gradient", help="gradient (the default) or numerator")
    add("--version", action=_Version, help="print the version")
    return parser


class _Version(argparse.Action):
    """Prints the version of the installed distribution and ends the run."""

    def __init__(self, option_strings: Sequence[str], dest: str, help: str | None = None) -> None:
        super().__init__(option_strings, argparse.SUPPRESS, nargs=0, help=help)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import PackageNotFoundError, version  # as slow to import as the rest of this module

        try:
            found = version("matcalc-engine")
        except PackageNotFoundError:
            found = "(not installed)"
        print(f"matcalc {found}")
        parser.exit()


def _minus_signs(argv: Sequence[str]) -> list[str]:
    """The arguments, with a leading hyphen-minus that belongs to a formula written as a minus sign.

    >>> _minus_signs(["-x", "x", "--latex", "-", "-h"])
    ['−x', 'x', '--latex', '-', '-h']
    """
    return [f"−{a[1:]}" if a[:1] == "-" and a[:2] != "--" and a not in ("-", "-h") else a for a in argv]


def _run(options: argparse.Namespace) -> int:
    function = _standard_input() if options.function == "-" else _decoded(options.function, "the function")
    variables = [_decoded(name, "the variable") for name in options.wrt]
    answer = derive(
        function,
        variables[0] if len(variables) == 1 else variables,
        where=_decoded(", ".join(options.where), "--where") or None,
        order=options.order,
        structure=options.structure,
        layout=options.layout,
        notation=options.notation,
    )
    derivatives = [answer] if isinstance(answer, Derivative) else list(answer.values())
    if options.reading not in (None, *_READINGS):
        raise OptionError(f"--reading {options.reading} does not exist", advice=f"one of {', '.join(_READINGS)}")
    certificates = [d.check() for d in derivatives] if options.check else []
    proofs = [d.prove() for d in derivatives] if options.prove else []
    match = _match(derivatives, options.matches)
    if options.json:
        objects = [_object(d, options) for d in derivatives]
        for name, found in (("check", certificates), ("proof", proofs)):
            for entry, verdict in zip(objects, found, strict=False):
                entry[name] = {"passed": bool(verdict), "text": str(verdict)}
        if match is not None:
            objects[0]["matches"] = {"verdict": match.verdict, "reason": match.reason}
        print(json.dumps(objects[0] if len(objects) == 1 else objects, ensure_ascii=False, indent=2))
    else:
        print("\n\n".join(_texts(answer, derivatives, [*certificates, *proofs], options)))
        if match is not None:
            print(f"\n{match}")
    return _OK if all(certificates) and all(proofs) and (match is None or match) else _UNCONFIRMED


def _match(derivatives: list[Derivative], claim: str | None) -> Match | None:
    """What an answer of the reader's own is worth."""
    if claim is None:
        return None
    if len(derivatives) > 1:
        raise OptionError("--matches compares with one derivative", advice="Name one variable.")
    return derivatives[0].matches(_decoded(claim, "--matches"))


def _texts(
    answer: Derivative | Derivatives,
    derivatives: list[Derivative],
    certificates: list[Certificate | Proof],
    options: argparse.Namespace,
) -> Iterator[str]:
    """What is printed: the answers, unless LaTeX, code or the derivation is asked for; then the certificates."""
    if options.explain:
        yield answer.latex("derivation") if options.latex else answer.explain()
    for derivative in derivatives:
        if options.latex and not options.explain:
            yield derivative.latex()
        if options.code or options.standalone:
            yield derivative.code(options.target, standalone=options.standalone).rstrip()
        if options.reading:
            yield str(getattr(derivative, options.reading))
        elif not options.latex and not options.code and not options.standalone and not options.explain:
            yield str(derivative)
    yield from map(str, certificates)


def _object(derivative: Derivative, options: argparse.Namespace) -> dict[str, object]:
    """The derivative as JSON holds it: formulas as text, dimensions as numbers or names."""
    entry: dict[str, object] = {
        "function": str(derivative.function),
        "wrt": derivative.wrt,
        "derivative": str(derivative.expr),
        "latex": derivative.latex(),
        "shape": _sizes(derivative.shape),
        "where": {
            name: {"shape": _sizes(declared.shape), "facts": sorted(declared.facts)}
            for name, declared in derivative.where.items()
        },
        "conditions": list(derivative.conditions),
        "text": str(derivative),
    }
    if options.explain:
        entry["derivation"] = [
            {"line": str(step), "rule": step.rule, "source": step.source} for step in derivative.steps
        ]
    if options.code or options.standalone:
        entry["code"] = derivative.code(options.target, standalone=options.standalone)
    if options.reading:
        entry[options.reading] = str(getattr(derivative, options.reading))
    return entry


def _sizes(shape: Sequence[Dim]) -> list[int | str]:
    return [size if isinstance(size, int) else dim_text(size) for size in shape]


def _standard_input() -> str:
    """Standard input as text, without the newline at its end."""
    data = sys.stdin.buffer.read(_MAX_BYTES + 1)
    if len(data) > _MAX_BYTES:
        raise LimitError(f"standard input is longer than {_MAX_BYTES} bytes")
    try:
        return data.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise ParseError(
            f"standard input is not UTF-8: byte {data[error.start]:#04x} at position {error.start}"
        ) from None


def _decoded(argument: str, what: str) -> str:
    """The argument, refused if the shell passed bytes that are no text."""
    if any("\ud800" <= c <= "\udfff" for c in argument):
        raise ParseError(f"{what} is not text in the encoding of this terminal")
    return argument
