"""`python -m tasks`, and make as its thin face."""

import io
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import tasks.__main__ as command_line
from tasks import commands, environment
from tests.bounds import BOUND

ROOT = Path(__file__).parent.parent


@pytest.fixture
def calls(monkeypatch, tmp_path):
    """An environment that is not there yet; return the list of what pip is asked for."""
    calls = []
    monkeypatch.setattr(environment, "NOTE", tmp_path / "parts.json")
    monkeypatch.setattr(environment, "_runs", lambda: True)
    monkeypatch.setattr(environment, "_pip", lambda *arguments: calls.append(arguments))
    monkeypatch.setattr(environment, "_answers", lambda address: False)
    return calls


def sources(call):
    return [argument for argument in call if argument != "--editable"]


def test_every_command_has_a_target_of_make():
    makefile = (ROOT / "Makefile").read_text()
    targets = re.search(r"^TARGETS := (.*)$", makefile, re.MULTILINE)[1].split()
    assert sorted(targets) == sorted(do.__name__ for do in command_line.COMMANDS)
    assert targets[0] == "report"  # which `make` alone builds


@pytest.mark.skipif(not shutil.which("make"), reason="there is no make")
@pytest.mark.parametrize(
    ("variables", "command"),
    [
        (["report", "AFRESH=1"], "report --afresh"),
        (["report", "DATA=stand-in"], "report --data stand-in"),
        (["verify", "ONLY=03 05", "DATA=cifar10"], "verify --data cifar10 --only 03 05"),
        (["verify", "FAR=1"], "verify --far"),
        (["test", "COVERAGE=1"], "test --coverage"),
        (["fuzz", "CASES=9"], "fuzz --cases 9"),
        (["lab", "ARGS=--no-browser --port=9"], "lab --no-browser --port=9"),
        (["lab", "AFRESH=1", "ARGS=--no-browser"], "lab --afresh --no-browser"),
    ],
)
def test_variables_of_make_become_options(variables, command):
    make = ["make", "--no-print-directory", "--dry-run"]
    done = subprocess.run([*make, *variables], cwd=ROOT, capture_output=True, text=True, timeout=BOUND)
    assert done.stdout.split()[-len(command.split()) :] == command.split()


def test_a_part_brings_the_notebooks_and_itself_and_nothing_twice(calls):
    environment.require("report")
    environment.require("report")
    environment.require()
    assert [sources(call) for call in calls] == [[".[lab]", "lib/notebook_report", "lib/notebook_report[report]"]]


def test_another_part_joins_those_that_are_there(calls):
    environment.require()
    environment.require("cluster")
    assert sources(calls[-1]) == [".[lab]", "lib/notebook_report", ".[cluster]"]


def test_other_pins_set_everything_up_again(calls, monkeypatch, tmp_path):
    environment.require("cluster")
    (tmp_path / "pins").write_text("numpy==9\n")
    monkeypatch.setattr(environment, "SOURCES", (tmp_path / "pins",))
    environment.require("cluster")
    assert len(calls) == 2
    assert calls[0] == calls[1]


def test_what_has_failed_is_tried_again(calls, monkeypatch):
    def no_network(*_):
        raise environment.SetupError("no network")

    with monkeypatch.context() as patch:
        patch.setattr(environment, "_pip", no_network)
        with pytest.raises(environment.SetupError):
            environment.require("report")
    environment.require("report")
    assert len(calls) == 1


@pytest.mark.parametrize("answers", [True, False])
def test_torch_is_installed_alone_and_its_index_asked_only_where_it_answers(calls, monkeypatch, answers):
    monkeypatch.setattr(environment, "_answers", lambda address: answers)
    monkeypatch.setattr(sys, "platform", "linux")
    environment.require("torch")
    alone, rest = calls
    assert alone[0] == "--no-deps"
    assert re.fullmatch(r"torch==[\d.]+", alone[-1])
    assert (environment.TORCH_INDEX in alone) == answers
    assert ".[torch]" in rest
    assert environment.TORCH_INDEX not in rest


def test_elsewhere_than_on_linux_the_index_of_torch_is_not_asked(calls, monkeypatch):
    monkeypatch.setattr(environment, "_answers", lambda address: pytest.fail("asked"))
    monkeypatch.setattr(sys, "platform", "darwin")
    environment.require("torch")
    assert environment.TORCH_INDEX not in calls[0]


@pytest.mark.parametrize(("part", "title"), [("torch", "PyTorch"), ("bench", "JAX")])
def test_where_a_library_is_not_built_for_this_machine_all_else_is_installed(calls, monkeypatch, capsys, part, title):
    def not_built(*arguments):
        calls.append(arguments)
        if arguments[0] == "--no-deps":
            raise environment.SetupError("No matching distribution")

    monkeypatch.setattr(environment, "_pip", not_built)
    environment.require("report", part)
    environment.require("report", part)  # which does not look again
    assert [sources(call) for call in calls[1:]] == [[".[lab]", "lib/notebook_report", "lib/notebook_report[report]"]]
    assert f"{title} is left out" in capsys.readouterr().err


def test_the_index_of_torch_is_asked_for_nothing_else(calls, monkeypatch):
    monkeypatch.setattr(environment, "_answers", lambda address: True)
    monkeypatch.setattr(sys, "platform", "linux")
    environment.require("bench")
    alone, rest = calls
    assert re.fullmatch(r"jaxlib==[\d.]+", alone[-1])
    assert ".[bench]" in rest
    assert environment.TORCH_INDEX not in alone + rest


@pytest.mark.parametrize("command", ["report", "verify", "test", "lab", "bench"])
def test_only_the_bench_brings_jax(monkeypatch, command):
    asked = []

    def stop(*parts):
        asked.extend(parts)
        raise environment.SetupError("asked")

    monkeypatch.setattr(commands, "require", stop)
    assert command_line.main([command]) == 1
    assert ("bench" in asked) == (command == "bench")


def test_an_address_that_does_not_answer_in_time_is_given_up(monkeypatch):
    def too_slow(command, timeout, **_):
        assert timeout == environment.PATIENCE
        raise subprocess.TimeoutExpired(command, timeout)

    monkeypatch.setattr(subprocess, "run", too_slow)
    assert not environment._answers("https://example.org")


def test_a_server_that_refuses_is_no_answer():
    assert not environment._answers("http://127.0.0.1:9/")


def test_what_fails_is_shown_and_said_in_one_sentence(capfd):
    with pytest.raises(environment.SetupError, match="as said above"):
        environment._follow([sys.executable, "-c", "import sys; print('no room'); sys.exit(3)"])
    assert "no room" in capfd.readouterr().err


def test_on_a_terminal_the_line_is_shown_that_pip_is_at(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    environment._follow([sys.executable, "-c", "print('Collecting numpy')"])
    assert "Collecting numpy" in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\033[K")


def test_the_line_of_an_error_has_no_traceback(monkeypatch, capsys):
    def fails():
        raise environment.SetupError("there is no pip")

    monkeypatch.setattr(commands, "require", fails)
    assert command_line.main(["lab"]) == 1
    assert capsys.readouterr().err == "error: there is no pip\n"


@pytest.fixture
def ran(monkeypatch, tmp_path):
    """Let commands run nothing, and copy to `play` elsewhere; return the list of what they would run."""
    ran = []
    monkeypatch.setattr(commands, "PLAY", tmp_path / "play")
    monkeypatch.setattr(commands, "require", lambda *parts: None)
    monkeypatch.setattr(commands, "_status", lambda *command, **_: ran.append(command) or 0)
    return ran


def test_options_reach_jupyterlab(ran, monkeypatch):
    monkeypatch.delenv("CIFAR10_DIR", raising=False)
    assert command_line.main(["lab", "--no-browser", "--port=9999"]) == 0
    assert ran == [("jupyter", "lab", "--LabApp.default_url=/lab/tree/play", "--no-browser", "--port=9999")]


def test_jupyterlab_opens_on_copies_of_all_notebooks(ran, monkeypatch, tmp_path):
    monkeypatch.delenv("CIFAR10_DIR", raising=False)
    command_line.main(["lab"])
    names = {path.name for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert {path.name for path in (tmp_path / "play").glob("*.ipynb")} == names


def test_copies_are_replaced_only_when_that_is_asked(ran, monkeypatch, tmp_path, capsys):
    monkeypatch.delenv("CIFAR10_DIR", raising=False)
    command_line.main(["lab"])
    mine = tmp_path / "play" / "00-introduction.ipynb"
    mine.write_text("mine")
    command_line.main(["lab"])
    assert mine.read_text() == "mine"
    command_line.main(["lab", "--afresh"])
    assert mine.read_bytes() == (ROOT / "notebooks" / mine.name).read_bytes()
    assert re.fullmatch(r"Moved from play/ to play-[\d-]+/: 00-introduction\.\n", capsys.readouterr().err)
    assert all("--afresh" not in command for command in ran)


def test_what_is_in_the_way_of_the_copies_is_said_in_one_sentence(ran, monkeypatch, tmp_path):
    monkeypatch.delenv("CIFAR10_DIR", raising=False)
    (tmp_path / "play").write_text("a file")
    with pytest.raises(
        SystemExit, match=r"^The notebooks cannot be copied to play/ \(.*play.*: .*\): .* in the way\.$"
    ):
        command_line.main(["lab"])
    assert ran == []


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="this is no clone")
def test_git_does_not_see_what_is_played_with():
    names = ["play/01-gradients.ipynb", "play-2026-11-29-153000/01-gradients.ipynb"]
    done = subprocess.run(["git", "check-ignore", *names, "tasks/play.py"], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.split() == names


def test_other_commands_refuse_options_that_they_do_not_know(ran, capsys):
    with pytest.raises(SystemExit):
        command_line.main(["test", "--no-browser"])
    assert "unrecognized arguments: --no-browser" in capsys.readouterr().err
    assert ran == []


def test_jupyterlab_finds_the_data_that_are_named_as_seen_from_here(ran, monkeypatch, tmp_path):
    (tmp_path / "images").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CIFAR10_DIR", "images")
    command_line.main(["lab"])
    assert commands.os.environ["CIFAR10_DIR"] == str(tmp_path / "images")


def test_jupyterlab_is_not_opened_on_data_that_are_not_there(ran, monkeypatch):
    monkeypatch.setenv("CIFAR10_DIR", "nowhere")
    with pytest.raises(SystemExit, match="CIFAR10_DIR names nowhere, which is not a folder: correct it or unset it"):
        command_line.main(["lab"])
    assert ran == []


@pytest.fixture
def copied(ran, monkeypatch, tmp_path):
    """Let `verify` make its copy elsewhere, of data that are there."""
    monkeypatch.setattr(commands, "BUILD", tmp_path)
    monkeypatch.setattr(commands, "_use_data", lambda choice: "report")
    return tmp_path / "verify"


def test_some_notebooks_are_verified_alone_beside_the_committed_ledger(copied, ran, capsys):
    assert command_line.main(["verify", "--only", "03", "05-l"]) == 0
    only = ("--only", "03-one-cycle", "05-lambda-search")
    assert [command[-3:] == only for command in ran] == [False, True, True]
    assert "03-one-cycle, 05-lambda-search run alone; what they take from other notebooks is" in capsys.readouterr().out
    assert (copied / "report" / "report.json").read_bytes() == (ROOT / "report" / "report.json").read_bytes()


def test_numbers_of_a_run_that_stops_are_compared_all_the_same(copied, ran, monkeypatch):
    stops = "notebook_report"
    monkeypatch.setattr(commands, "_status", lambda *command, **_: ran.append(command) or command[2] == stops)
    assert command_line.main(["verify"]) == 0
    assert [command[2] for command in ran[1:]] == [stops, "twolayer.ledger.verify"]


def test_what_an_earlier_verification_has_left_is_not_compared(copied, ran):
    (copied / "build").mkdir(parents=True)
    (copied / "build" / "ledger-old.json").touch()
    command_line.main(["verify"])
    assert not (copied / "build").exists()


def test_the_tests_that_meet_mutants_have_all_that_they_need(copied, ran):
    assert command_line.main(["mutants"]) == 0
    alone = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--no-cov", "--setup-plan", "tests")
    uncounted = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    copy = copied.parent / "mutants"  # whose lines are not those of the library
    planned = subprocess.run(alone, cwd=copy, env=uncounted, capture_output=True, text=True, timeout=BOUND)
    assert planned.returncode == 0, planned.stdout


def test_what_goes_far_is_verified_by_itself(copied, ran):
    assert command_line.main(["verify", "--far"]) == 0
    _, run, compared = ran
    assert run[3:5] == ("run", str(copied / "report" / "far.toml"))
    assert compared[-2:] == ("report/far.json", str(copied / "build" / "far"))


def test_what_goes_far_has_no_parts_to_verify(ran):
    with pytest.raises(SystemExit, match=r"^FAR and ONLY do not go together: choose one of the two\.$"):
        command_line.main(["verify", "--far", "--only", "03"])
    assert ran == []


def test_going_far_runs_its_notebook_and_keeps_its_numbers(ran, monkeypatch):
    chosen = []
    monkeypatch.setattr(commands, "_use_data", chosen.append)
    assert command_line.main(["far"]) == 0
    assert chosen == ["cifar10"]
    assert ran[1][3:5] == ("run", "report/far.toml")
    assert ran[2][2:] == ("twolayer.ledger.publish", "report/far.json", "--build", "build/far", "--unpublished")


def test_changed_settings_are_told_before_anything_runs(copied, ran):
    changes = ("python", "-m", "twolayer.ledger.settings", "notebooks", "report/settings.toml")
    for command in ("report", "verify"):
        ran.clear()
        command_line.main([command])
        assert ran[0] == changes


@pytest.mark.parametrize("name", ["77", "answers"])
def test_a_notebook_to_verify_that_the_report_lacks_is_named(ran, name):
    with pytest.raises(
        SystemExit, match=rf"^No notebook's name begins with {name}: choose from 00-introduction, .*\.$"
    ):
        command_line.main(["verify", "--only", name])


def test_the_status_of_what_was_run_is_that_of_the_command(monkeypatch, ran):
    monkeypatch.setattr(commands, "_status", lambda *_, **__: 7)
    assert command_line.main(["bench"]) == 7


@pytest.mark.parametrize(("number", "status"), [("SIGINT", 7), ("SIGTERM", -signal.SIGTERM)])
def test_what_runs_ends_in_its_own_time_on_ctrl_c_and_at_once_when_that_is_asked(number, status):
    wait = "threading.Event().wait(60); " if number == "SIGTERM" else ""
    child = f"import os, signal, sys, threading; os.kill(os.getppid(), signal.{number}); {wait}sys.exit(7)"
    setup = "import sys; from tasks import commands; commands.program = lambda name: sys.executable"
    code = f"{setup}; print(commands._status('', '-c', {child!r}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=BOUND)
    assert (done.stdout, done.stderr) == (f"{status}\n", "")


def test_the_handlers_of_signals_are_put_back(monkeypatch):
    monkeypatch.setattr(commands, "program", lambda name: sys.executable)
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    assert commands._status("python", "-c", "raise SystemExit(5)") == 5
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_an_old_python_says_so(tmp_path):
    code = "import sys; sys.version_info = (3, 8); import runpy; runpy.run_module('tasks', run_name='__main__')"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=BOUND)
    assert done.stderr == "Python 3.8 is too old: install Python 3.11 or later, and name it: make PYTHON=python3.12\n"
