"""Puts the problems of tests/cases/ to the engine: a problem goes in, an Outcome comes out."""

from __future__ import annotations

import json
import re
import signal
import time
import unicodedata
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

import matcalc

FOLDER = Path(__file__).parent / "cases"
SETS = ("cookbook", "ml", "seeds")
DRAWS = 2
#: An answer agrees with the reference when no entry is off by more than this, relative to the largest.
TOLERANCE = 1e-6
#: Seconds after which an answer is late.
LIMIT = 10.0

RIGHT, WRONG, REFUSED, CRASH, LATE = "right", "wrong", "refused", "crash", "late"
VERDICTS = (RIGHT, WRONG, REFUSED, CRASH, LATE)


@dataclass(frozen=True, eq=False)
class Case:
    """One problem, and what its derivative is worth at the drawn inputs."""

    id: str
    wrt: str
    order: int
    kind: str
    level: int
    tags: frozenset[str]
    answer: str | None
    notations: dict[str, str]
    where: dict[str, str]
    draws: tuple[tuple[dict[str, np.ndarray], np.ndarray], ...] = field(repr=False)


@dataclass(frozen=True)
class Outcome:
    """What the engine made of a case; `why` says what is amiss, and is empty for a right answer."""

    case: Case
    notation: str
    verdict: str
    why: str = ""
    text: str = ""
    seconds: float | None = None

    @property
    def excess(self) -> int | None:
        """Tokens more than the published answer has; None where there is nothing to compare."""
        if self.verdict != RIGHT or self.case.answer is None:
            return None
        return tokens(self.text) - tokens(self.case.answer)

    def __str__(self) -> str:
        case = self.case
        return (
            f"{case.id} (level {case.level}, {self.notation}): {self.verdict}\n"
            f"    d/d{case.wrt} of {case.notations[self.notation]}   where {case.where}\n"
            f"    published: {case.answer}\n"
            f"    given:     {self.text or self.why}" + (f"\n    {self.why}" if self.text and self.why else "")
        )


@cache
def cases() -> tuple[Case, ...]:
    """Every problem of every set."""
    return tuple(case for name in SETS for case in _read(name))


def gradients() -> tuple[Case, ...]:
    """The gradients of scalar functions that need no index notation."""
    return tuple(case for case in cases() if case.kind == "gradient" and "index" not in case.tags)


def _read(name: str) -> Iterator[Case]:
    rows: list[dict[str, Any]] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    with np.load(FOLDER / "fixtures" / f"{name}.npz") as archive:
        arrays = dict(archive)
    for row in rows:
        facts = row.get("assume") or {}
        yield Case(
            id=row["id"],
            wrt=row["wrt"],
            order=row["order"],
            kind=row["kind"],
            level=row["level"],
            tags=frozenset(row["tags"]),
            answer=row["answer"],
            notations={notation: row[notation] for notation in ("expr", "mc", "latex") if row[notation]},
            where={name: " ".join([shape or "scalar", *facts.get(name, ())]) for name, shape in row["shapes"].items()},
            draws=tuple(_draws(row["id"], arrays)),
        )


def _draws(case: str, arrays: dict[str, np.ndarray]) -> Iterator[tuple[dict[str, np.ndarray], np.ndarray]]:
    """The inputs and the value of each draw that the fixtures hold for a case."""
    for draw in range(DRAWS):
        lead, out = f"{case}|{draw}|in|", f"{case}|{draw}|out"
        if out in arrays:
            yield {key.removeprefix(lead): a for key, a in arrays.items() if key.startswith(lead)}, arrays[out]


# A name keeps its subscripts, accents and primes; a run of superscripts was made one @ before.
_TOKEN = re.compile(
    r"""[a-z]{2,}\d*(?=\()                                    # a function that is called
      | [0-9]+(?:\.[0-9]+)? | [½⅓⅔¼¾⅙⅛]                       # a number
      | @                                                     # superscripts
      | [^\W\d_][₀-₉ᵢⱼₖₗ_0-9\u0302\u0303\u0304′]* | [𝟏𝟎𝟙]     # a name
      | [^\s()\[\]{},]                                        # an operator
    """,
    re.VERBOSE,
)


def tokens(text: str) -> int:
    """The length of a formula: names, numbers, operators, functions and superscripts count one each.

    Brackets, spaces and juxtaposition are free.

    >>> tokens("2 Aᵀ(A x − y)")
    7
    """
    text = unicodedata.normalize("NFC", text)
    text = re.sub(r"[⁰¹²³⁴⁵⁶⁷⁸⁹⁻ᵀ⁺]+", " @ ", text).replace("·", " ").replace("−", "-")
    return len(_TOKEN.findall(text))


class _Late(BaseException):
    """The limit has passed; no `except Exception` swallows it."""


@contextmanager
def _limit(seconds: float) -> Iterator[None]:
    """Raise _Late inside the block after this many seconds, where the platform has an alarm."""
    if not hasattr(signal, "setitimer"):
        yield
        return

    def ring(*_: object) -> None:
        raise _Late

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def put(case: Case, notation: str = "expr", *, declared: bool = True, limit: float = LIMIT) -> Outcome:
    """The verdict on the engine's answer to one case; `seconds` are those of derive() and str() together."""
    text, seconds = "", None

    def outcome(verdict: str, why: str = "") -> Outcome:
        return Outcome(case, notation, verdict, why, text, seconds)

    try:
        with _limit(limit):
            start = time.perf_counter()
            d = matcalc.derive(
                case.notations[notation],
                case.wrt,
                where=case.where if declared else None,
                order=case.order,
                structure="ignore",
            )
            str(d)
            seconds = time.perf_counter() - start
            text = str(d.expr)
            why = next(filter(None, (_disagreement(d.compile(), *draw) for draw in case.draws)), "")
    except _Late:
        return outcome(LATE, f"no answer after {limit:g} s")
    except matcalc.MatcalcError as error:
        return outcome(REFUSED, f"{type(error).__name__}: {error}")
    except Exception as error:
        return outcome(CRASH, f"{type(error).__name__}: {error}")
    return outcome(WRONG if why else RIGHT, why)


def _disagreement(compiled: Callable[..., object], inputs: dict[str, np.ndarray], wanted: np.ndarray) -> str:
    """How the value differs from the reference; empty where it does not."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        value = np.asarray(compiled(**inputs), float)
    if value.shape != wanted.shape:
        return f"an array of shape {value.shape}, not {wanted.shape}"
    scale = max(float(np.max(np.abs(wanted), initial=0.0)), TOLERANCE)
    off = float(np.max(np.abs(value - wanted), initial=0.0)) / scale
    return "" if off <= TOLERANCE else f"off by {off:.1e}, relative to the largest entry"
