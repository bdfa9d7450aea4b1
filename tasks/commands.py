"""What each command runs. Every one of them first sees that the environment has what it needs."""

import os
import shutil
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

from tasks import play
from tasks.environment import PINS, ROOT, program, require
from tasks.wheels import try_all

BUILD = ROOT / "build"
PLAY = ROOT / "play"
LEFT_OVERS = shutil.ignore_patterns(".*", "__pycache__")
# Tests of a file share what is costly, so they stay with one worker.
IN_PARALLEL = ("-n", "auto", "--dist", "loadfile", "--no-loadscope-reorder")


class Stopped(Exception):
    """A command did not succeed, and has said why; `status` is its exit status."""

    def __init__(self, status: int) -> None:
        """Keep the exit status."""
        super().__init__(status)
        self.status = status


def report(*, data: str, afresh: bool) -> None:
    """Build the report: report/report.html and report/report.pdf."""
    require("report", "torch")
    name = _use_data(data)
    _run("python", "-m", *CHANGES)
    _run("python", "-m", "notebook_report", "build", "report/report.toml", "--name", name, *["--afresh"] * afresh)
    first_screen = ["--readme", "README.md", "--picture", "report/final-network.svg"] * (name == "report")
    used = "cifar10" if name == "report" else name
    _run("python", "-m", "twolayer.ledger.publish", f"report/{name}.json", "--data", used, *first_screen)


CHANGES = ("twolayer.ledger.settings", "notebooks", "report/settings.toml")


def far() -> None:
    """Train the networks of notebooks/far.ipynb, an hour or two, and keep their numbers in report/far.json."""
    require("report")
    _use_data("cifar10")
    _run("python", "-m", *CHANGES)
    _run("python", "-m", "notebook_report", "run", "report/far.toml", "--work", str(BUILD / "far" / "run"))
    _run("python", "-m", "twolayer.ledger.publish", "report/far.json", "--build", "build/far", "--unpublished")


def verify(*, data: str, only: list[str], far: bool) -> None:
    """Run the experiments in a copy, all, only some or those of `make far`, and compare with the committed ledger."""
    chosen = _notebooks(only)
    if far and chosen:
        sys.exit("FAR and ONLY do not go together: choose one of the two.")
    require("report", "torch")
    name = _use_data("cifar10" if far else data)
    _run("python", "-m", *CHANGES)
    settings, name, build = ("far", "far", "build/far") if far else ("report", name, "build")
    if not (ROOT / "report" / f"{name}.json").exists():
        sys.exit(f"report/{name}.json, to compare with, is missing: build the report first (with FAR: make far).")
    copy = BUILD / "verify"
    shutil.rmtree(copy, ignore_errors=True)
    for folder in ("notebooks", "lib"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=LEFT_OVERS)
    shutil.copytree(ROOT / "report", copy / "report", ignore=lambda _, names: {n for n in names if not _is_source(n)})
    shutil.copy(ROOT / "report" / f"{name}.json", copy / "report" / f"{settings}.json")
    some = ["--only", *chosen] * bool(chosen)
    if chosen:
        print(f"{', '.join(chosen)} run alone; what they take from other notebooks is that of report/{name}.json.")
    # A run that stops, at a claim that a changed setting breaks, has left its numbers: they are compared all the same.
    run = ("-m", "notebook_report", "run", str(copy / "report" / f"{settings}.toml"), "--work", str(copy / "run"))
    _status("python", *run, *some)
    _run("python", "-m", "twolayer.ledger.verify", f"report/{name}.json", str(copy / build), *some)


def _notebooks(beginnings: list[str]) -> list[str]:
    """Return the report's notebooks whose names begin like this: "03" is 03-one-cycle."""
    settings = tomllib.loads((ROOT / "report" / "report.toml").read_text(encoding="utf-8"))
    names = [Path(notebook["file"]).stem for notebook in settings["notebooks"]]
    for beginning in beginnings:
        if not any(name.startswith(beginning) for name in names):
            sys.exit(f"No notebook's name begins with {beginning}: choose from {', '.join(names)}.")
    return [name for name in names if name.startswith(tuple(beginnings))]


def test(*, coverage: bool) -> None:
    """Check style and types, and run all tests."""
    _require_all()
    _run("ruff", "check", ".")
    _run("ruff", "format", "--check", ".")
    _run("pytest", *IN_PARALLEL, *["--cov"] * coverage)


def faults() -> None:
    """Kill thirty builds at random moments: ten minutes."""
    _require_all()
    _run("pytest", "-n", "auto", "tests/faults/test_kills.py", FAULTS="30")


def fuzz(*, cases: int) -> None:
    """Try hostile notebooks, files and settings."""
    _require_all()
    _run("pytest", "-n", "auto", "tests/fuzz", FUZZ_CASES=str(cases))


def mutants() -> None:
    """Put one small mistake after another into what trains, and see whether a test notices."""
    _require_all()
    copy = BUILD / "mutants"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(ROOT / "lib" / "twolayer", copy / "twolayer", ignore=LEFT_OVERS)
    shutil.copy(ROOT / "pyproject.toml", copy)
    (copy / "tests" / "twolayer").mkdir(parents=True)
    for path in ("conftest", "twolayer/conftest", *(f"twolayer/test_{name}" for name in MUTANTS_MEET)):
        shutil.copy(ROOT / "tests" / f"{path}.py", copy / "tests" / f"{path}.py")
    _run("mutmut", "run", folder=copy)
    _run("mutmut", "results", folder=copy)


MUTANTS_MEET = ("network", "schedule", "training", "sgd", "wide", "gradient_check", "classifier")


def lab(*, afresh: bool, options: list[str]) -> None:
    """Open JupyterLab on copies of the notebooks to play in: play/."""
    require()
    if folder := os.environ.get("CIFAR10_DIR"):
        if not Path(folder).is_dir():
            sys.exit(f"CIFAR10_DIR names {folder}, which is not a folder: correct it or unset it.")
        os.environ["CIFAR10_DIR"] = os.path.abspath(folder)  # kernels run in the folder of their notebook
    try:
        sentences = play.bring(ROOT / "notebooks", PLAY, afresh=afresh)
    except OSError as error:
        fault = f"{error.filename or PLAY}: {error.strerror or error}"
        sys.exit(f"The notebooks cannot be copied to play/ ({fault}): free some space, or move what is in the way.")
    for sentence in sentences:
        print(sentence, file=sys.stderr)
    # The server sees the whole project, notebooks/ and lib/ as well, and opens on the copies.
    _run("jupyter", "lab", f"--LabApp.default_url=/lab/tree/{PLAY.name}", *options)


def install(*, parts: list[str]) -> None:
    """Install parts of the environment, for whoever wants them before the command that needs them."""
    require(*parts)


def bench() -> None:
    """Measure training and evaluation beside PyTorch, JAX and scikit-learn."""
    require("report", "torch", "bench")
    _run("python", "-m", "benchmarks")


def pins() -> None:
    """Renew constraints.txt: the newest versions that go together, one for Python 3.11 to 3.14 and every system."""
    require("dev")
    sources = ("pyproject.toml", "lib/notebook_report/pyproject.toml")
    options = ("--upgrade", "--universal", "--fork-strategy", "fewest", "--all-extras", "--no-annotate", "--no-header")
    resolved = BUILD / "pins.txt"
    BUILD.mkdir(exist_ok=True)
    _run("uv", "pip", "compile", "--quiet", *options, "--output-file", str(resolved), *sources)
    # PyTorch itself says which libraries of CUDA it needs, and only its builds for GPUs do.
    of_cuda = ("nvidia-", "cuda-", "triton")
    lines = [line for line in resolved.read_text(encoding="utf-8").splitlines() if not line.startswith(of_cuda)]
    PINS.write_text("\n".join([PINS_HEADER, *lines, ""]), encoding="utf-8")


PINS_HEADER = "# The version of every package that the report is made and tested with. `make pins` renews this file."


def wheels() -> None:
    """Build both packages as wheels, and try each in a bare environment of its own."""
    try:
        print("\n".join(try_all()))
    except subprocess.CalledProcessError as error:
        raise Stopped(error.returncode) from None


def clean() -> None:
    """Remove what builds leave behind."""
    for path in (BUILD, *(ROOT / name for name in CACHES), *ROOT.glob(".coverage*")):
        shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
    print("Removed what the builds left, the finished networks of the searches too; data/, play/ and .venv/ are kept.")


CACHES = (".pytest_cache", ".mypy_cache", ".ruff_cache", "notebooks/.ruff_cache")


def _require_all() -> None:
    require("report", "torch", "cluster", "dev")


def _use_data(choice: str) -> str:
    """Let all that runs use one data set, and return the name of the report that is made from it."""
    found = subprocess.run(
        [program("python"), "-m", "twolayer.cifar10", choice],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    if found.returncode:
        raise Stopped(found.returncode)
    name, _, os.environ["CIFAR10_DIR"] = found.stdout.strip().partition(":")
    return name


def _is_source(name: str) -> bool:
    """Return whether a file of the folder `report` is read by a build, not written by one."""
    return name.endswith((".toml", ".csv", ".bib")) or name == FAR


FAR = "far.json"  # what `make far` has measured, which the report shows


def _run(name: str, *arguments: str, folder: Path = ROOT, **environment: str) -> None:
    """Run a program of the environment. Raises Stopped if it does not succeed."""
    if status := _status(name, *arguments, folder=folder, **environment):
        raise Stopped(status)


def _status(name: str, *arguments: str, folder: Path = ROOT, **environment: str) -> int:
    """Run a program of the environment to its end, and return its exit status.

    It gets Ctrl-C as this process does, and ends in its own time; a request to end this process is passed on.
    """
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    signal.signal(signal.SIGINT, lambda *_: None)
    try:
        with subprocess.Popen([program(name), *arguments], cwd=folder, env={**os.environ, **environment}) as process:
            signal.signal(signal.SIGTERM, lambda *_: process.terminate())
            return process.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
