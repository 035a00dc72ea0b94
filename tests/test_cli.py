"""The command: what it prints where, and its exit codes."""

import io
import json
import os
import shlex
import subprocess
import sys

import pytest

import matcalc
from matcalc.cli import EPILOG, main

TEXT = "‖y − A x‖²"
ANSWER = str(matcalc.derive(TEXT, "x"))


@pytest.fixture
def command(capsys):
    """Runs the command in this process: (exit code, standard output, standard error)."""

    def run(*arguments):
        code = main(list(arguments))
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


@pytest.fixture
def typed(monkeypatch):
    """Puts bytes on standard input."""

    def put(data):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))

    return put


def spawn(*arguments, **options):
    """Runs the command in a process of its own."""
    return subprocess.run([sys.executable, "-m", "matcalc", *arguments], capture_output=True, timeout=60, **options)


def test_it_prints_the_answer(command):
    assert command(TEXT, "x") == (0, ANSWER + "\n", "")


def test_ascii_does_as_well(command):
    code, out, _ = command("norm2(y - A*x)^2", "x")
    assert (code, out) == (0, ANSWER + "\n")


def test_latex(command):
    assert command(TEXT, "x", "--latex") == (0, matcalc.derive(TEXT, "x").latex() + "\n", "")


def test_code_is_a_module_that_runs(command):
    code, out, _ = command(TEXT, "x", "--code")
    assert code == 0
    compile(out, "<printed>", "exec")
    assert "def value_and_derivative(" in out


def test_check_prints_the_answer_and_its_certificate(command):
    code, out, _ = command(TEXT, "x", "--check")
    assert code == 0
    assert out.startswith(ANSWER + "\n")
    assert len(out) > len(ANSWER) + 10


def test_an_unconfirmed_answer_has_its_own_exit_code(command, monkeypatch):
    class Failed:
        def __bool__(self):
            return False

        def __str__(self):
            return "off by 0.5"

    monkeypatch.setattr("matcalc.cli.Derivative.check", lambda self: Failed())
    code, out, _ = command(TEXT, "x", "--check")
    assert code == 3
    assert "off by 0.5" in out
    code, out, _ = command(TEXT, "x", "--check", "--json")
    assert code == 3
    assert json.loads(out)["check"] == {"passed": False, "text": "off by 0.5"}


def test_where_may_be_repeated(command):
    code, out, _ = command("xᵀA x", "x", "--where", "A: n n symmetric", "--where", "x: n")
    assert code == 0
    assert "= 2 A x" in out


def test_where_may_stand_in_the_text(command):
    code, out, _ = command("xᵀA x where A ∈ ℝ^{n×n} symmetric", "x")
    assert code == 0
    assert "= 2 A x" in out


def test_json(command):
    code, out, err = command(TEXT, "x", "--json", "--code", "--check")
    entry = json.loads(out)
    assert (code, err) == (0, "")
    d = matcalc.derive(TEXT, "x")
    assert entry["derivative"] == str(d.expr)
    assert entry["latex"] == d.latex()
    assert entry["code"] == d.code()
    assert entry["shape"] == ["n", 1]
    assert entry["wrt"] == "x"
    assert entry["where"]["A"] == {"shape": ["m", "n"], "facts": []}
    assert entry["text"] == ANSWER
    assert entry["check"]["passed"] is True


def test_layout(command):
    code, out, _ = command(TEXT, "x", "--layout", "numerator", "--json")
    assert code == 0
    assert json.loads(out)["shape"] == [1, "n"]


def test_order_target_and_readings(command):
    assert command(TEXT, "x", "--order", "2")[1].startswith("∂²f/∂x² = 2 AᵀA")
    code, out, _ = command("sum(exp(A x))", "x", "--code", "--target", "jax")
    assert code == 0
    assert "import jax.numpy as jnp" in out
    assert command("A X B", "X", "--reading", "kronecker") == (0, "Bᵀ ⊗ A\n", "")
    assert command("A X B", "X", "--reading", "index") == (0, "∂Fᵢⱼ/∂Xₖₗ = Aᵢₖ Bₗⱼ\n", "")
    for wrong in (["--reading", "vec"], ["--order", "0"], ["--code", "--target", "fortran"]):
        assert command(TEXT, "x", *wrong)[0] == 1


def test_prove_prints_what_it_covers(command):
    code, out, _ = command(TEXT, "x", "--prove")
    assert code == 0
    assert "\nproved: the answer is the derivative for" in out
    assert json.loads(command(TEXT, "x", "--prove", "--json")[1])["proof"]["passed"]


def test_structure(command):
    facts = ("--where", "S: n n symmetric")
    projected, entries = command("tr(A S)", "S", *facts), command("tr(A S)", "S", *facts, "--structure", "ignore")
    assert projected[0] == entries[0] == 0
    assert "= Aᵀ" in entries[1]
    assert projected[1] != entries[1]


def test_a_dash_reads_standard_input(command, typed):
    typed(f"{TEXT}\n".encode())
    assert command("-", "x") == (0, ANSWER + "\n", "")


def test_standard_input_may_begin_with_a_byte_order_mark(command, typed):
    typed(b"\xef\xbb\xbf" + TEXT.encode() + b"\r\n")
    assert command("-", "x") == (0, ANSWER + "\n", "")


def test_a_leading_hyphen_is_a_minus_sign(command):
    code, out, _ = command("-xᵀx", "x")
    assert code == 0
    assert "−2 x" in out


def test_a_refusal_marks_the_place(command):
    code, out, err = command("‖y − A x", "x")
    assert (code, out) == (1, "")
    assert "^" in err
    assert "Traceback" not in err


REFUSED = [
    (TEXT, "z"),
    ("", "x"),
    (TEXT, "x", "--layout", "sideways"),
    (TEXT, "x", "--structure", "none"),
    (TEXT, "x", "--where", "q: n"),
]


@pytest.mark.parametrize("arguments", REFUSED)
def test_refusals(command, arguments):
    code, out, err = command(*arguments)
    assert (code, out) == (1, "")
    assert err.startswith("matcalc: ")


def test_standard_input_that_is_no_text_is_refused(command, typed):
    typed(b"x\xff\xfe")
    code, out, err = command("-", "x")
    assert (code, out) == (1, "")
    assert "0xff at position 1" in err


def test_standard_input_without_end_is_refused(command, typed):
    typed(b"x + " * 5_000_000)
    code, out, err = command("-", "x")
    assert (code, out) == (1, "")
    assert len(err) < 2000


@pytest.mark.parametrize("arguments", [(), (TEXT,), (TEXT, "x", "--frobnicate"), (TEXT, "x", "--where")])
def test_usage(capsys, arguments):
    with pytest.raises(SystemExit) as caught:
        main(list(arguments))
    assert caught.value.code == 2
    assert "usage: matcalc" in capsys.readouterr().err


def test_help_has_examples_and_exit_codes(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    out = capsys.readouterr().out
    assert "examples:" in out
    assert "exit codes:" in out


def test_version(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out.startswith("matcalc ")


def test_the_examples_of_the_help_run(command, typed):
    lines = [line.strip() for line in EPILOG.splitlines() if " matcalc " in f" {line.strip()} " and "'" in line]
    assert len(lines) >= 5
    for line in lines:
        before, _, after = line.rpartition("matcalc ")
        if before:
            typed(shlex.split(before)[1].encode())
        code, out, err = command(*shlex.split(after))
        assert (code, err) == (0, ""), line
        assert out


def test_in_a_process_of_its_own():
    run = spawn(TEXT, "x")
    assert run.returncode == 0
    assert run.stdout.decode() == ANSWER + "\n"
    assert run.stderr == b""


def test_a_refusal_in_a_process_of_its_own():
    run = spawn("‖y − A x", "x")
    assert run.returncode == 1
    assert b"Traceback" not in run.stderr


@pytest.mark.skipif(os.name == "nt", reason="arguments are text on Windows")
def test_an_argument_that_is_no_text_is_refused():
    run = spawn(b"x\xff", "x")
    assert run.returncode == 1
    assert b"Traceback" not in run.stderr


def test_a_terminal_without_the_signs_still_gets_an_answer():
    run = spawn(TEXT, "x", env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert run.returncode == 0
    assert run.stdout.isascii()


@pytest.mark.skipif(os.name == "nt", reason="pipes break differently on Windows")
def test_a_reader_that_leaves_is_no_error():
    reading, writing = os.pipe()
    os.close(reading)
    process = subprocess.Popen([sys.executable, "-m", "matcalc", TEXT, "x"], stdout=writing, stderr=subprocess.PIPE)
    os.close(writing)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 141
    assert err == b""


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
def test_a_full_disk_is_reported():
    with open("/dev/full", "wb") as full:
        run = subprocess.run(
            [sys.executable, "-m", "matcalc", TEXT, "x"], stdout=full, stderr=subprocess.PIPE, timeout=60
        )
    assert run.returncode == 1
    assert run.stderr.startswith(b"matcalc: ")
    assert b"Traceback" not in run.stderr
