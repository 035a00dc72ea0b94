"""The public errors: every mistake that text or data can cause is one of these kinds."""

from __future__ import annotations

from collections.abc import Collection

__all__ = [
    "AmbiguityError",
    "DataError",
    "DeclarationError",
    "DerivativeError",
    "LimitError",
    "MatcalcError",
    "NoClosedForm",
    "NotYetError",
    "OptionError",
    "ParseError",
    "ShapeError",
    "check_choice",
]


class MatcalcError(Exception):
    """Something matcalc refuses: what is wrong, where, and what to do about it.

    message: one sentence. source and spans: the text and the places in it that a caret marks.
    advice: the way out, if one is known. str() of it is all of these on lines of their own.

    >>> from matcalc import MatcalcError, derive
    >>> try:
    ...     derive("‖y − A x", "x")
    ... except MatcalcError as error:
    ...     print(error)
    ‖ is never closed
      ‖y − A x
      ^
    """

    def __init__(
        self,
        message: str,
        *,
        source: str | None = None,
        spans: tuple[tuple[int, int], ...] = (),
        advice: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.source = source
        self.spans = spans
        self.advice = advice

    def __str__(self) -> str:
        parts = [self.message]
        if self.source is not None and self.spans:
            parts.append(_marked(self.source, self.spans))
        if self.advice:
            parts.append(self.advice)
        return "\n".join(parts)


def _marked(source: str, spans: tuple[tuple[int, int], ...]) -> str:
    """The line of the first span, at most 100 characters of it, with carets below every span on it."""
    first = min(start for start, _ in spans)
    line_start = source.rfind("\n", 0, first) + 1
    line_end = source.find("\n", first)
    line_end = len(source) if line_end < 0 else line_end
    left = max(line_start, first - 50)
    right = min(line_end, left + 100)
    lead = "…" if left > line_start else ""
    tail = "…" if right < line_end else ""
    marks = [" "] * (right - left + 1)
    for start, end in spans:
        for i in range(max(start, left), min(max(end, start + 1), right + 1)):
            marks[i - left] = "^"
    return f"  {lead}{source[left:right]}{tail}\n  {' ' * len(lead)}{''.join(marks).rstrip()}"


class ParseError(MatcalcError):
    """The text is not in the notation."""


class AmbiguityError(ParseError):
    """The text has several readings; both are offered."""


class ShapeError(MatcalcError):
    """Shapes that cannot match."""


class DeclarationError(MatcalcError):
    """A declaration that is malformed, unused or contradictory."""


class DerivativeError(MatcalcError):
    """The derivative asked for does not exist or has no rule."""


class NoClosedForm(MatcalcError):
    """A problem whose solution has no closed form that matcalc finds; the message says why."""


class NotYetError(MatcalcError):
    """A part of the interface that is not there yet."""


class OptionError(MatcalcError):
    """An option with a value that does not exist."""


class LimitError(MatcalcError):
    """The input is larger than matcalc reads."""


class DataError(MatcalcError):
    """Arrays given to compiled code that do not fit."""


def check_choice(name: str, value: object, allowed: Collection[object]) -> None:
    """Raise OptionError unless the value of an option is one of those allowed."""
    if value not in allowed:
        raise OptionError(f"{name}={value!r} does not exist", advice="one of " + ", ".join(map(repr, allowed)))
