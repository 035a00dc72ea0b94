"""What the README shows of the command is what the command prints; its Python is run as doctests."""

import re
import shlex
from pathlib import Path

import pytest

from matcalc.cli import main

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
CONSOLES = re.findall(r"^```console\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
RUNS = [tuple(part.split("\n", 1)) for block in CONSOLES for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]]


@pytest.mark.parametrize(("line", "shown"), RUNS, ids=[line for line, _ in RUNS])
def test_the_command_prints_what_is_shown(capsys, line, shown):
    name, *arguments = shlex.split(line)
    assert name == "matcalc"
    main(arguments)
    captured = capsys.readouterr()
    assert (captured.out + captured.err).rstrip() == shown.rstrip()


def test_there_are_two_commands_for_a_machine_that_has_only_python():
    commands = re.findall(r"^python3 -m venv .*$", README, re.MULTILINE)
    assert len(commands) == 2
    assert commands[0].endswith("matcalc '‖y − A x‖²' x")
    assert commands[1].endswith("pytest")
