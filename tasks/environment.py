"""The environment in `.venv`: it gets what a command needs, the first time a command needs it."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
NOTE = VENV / "parts.json"  # what has been installed, and from which pins
PINS = ROOT / "constraints.txt"
SOURCES = (ROOT / "pyproject.toml", ROOT / "lib" / "notebook_report" / "pyproject.toml", PINS)

# What pip installs for each part; `lab` is what notebooks need, and every other part stands on it.
PARTS = {
    "lab": (".[lab]", "lib/notebook_report"),
    "report": ("lib/notebook_report[report]",),
    "torch": (".[torch]",),
    "bench": (".[bench]",),
    "cluster": (".[cluster]",),
    "dev": (".[dev]",),
}
# Parts that need a library which is built for few machines, and that library. All else works without it.
BUILT = {"torch": ("PyTorch", "torch"), "bench": ("JAX", "jaxlib")}
# PyTorch's builds for CPUs, which take a tenth of the room of those for GPUs. Elsewhere PyPI's are such builds.
TORCH_INDEX = "https://download.pytorch.org/whl/cpu"
PATIENCE = 2  # seconds in which that index must answer


class SetupError(Exception):
    """The environment cannot be set up: one sentence for the user."""


def program(name: str, environment: Path = VENV) -> str:
    """Return the path of a program in an environment: what differs between operating systems here."""
    return str(environment / "Scripts" / f"{name}.exe" if os.name == "nt" else environment / "bin" / name)


def require(*parts: str) -> None:
    """Install those parts of the environment that it lacks. Raises SetupError."""
    here = _installed()
    missing = [part for part in ("lab", *parts) if part not in here]
    if not missing:
        return
    print(f"Setting up .venv for {', '.join(missing)} (once; a minute or two) …", file=sys.stderr)
    if not _runs():
        _follow([sys.executable, "-m", "venv", "--clear", str(VENV)])
    wanted = [part for part in PARTS if part in here or part in missing]
    sources = [source for part in wanted for source in PARTS[part]]
    for part in BUILT:
        if part in missing and not _install_built(*BUILT[part]):
            sources = [source for source in sources if source not in PARTS[part]]
    _pip(*(option for source in sources for option in ("--editable", source)))
    NOTE.write_text(json.dumps({"parts": wanted, "digest": _digest()}), encoding="utf-8")


def _installed() -> list[str]:
    """Return the parts that the environment has: none if it was made from other pins, or does not run."""
    try:
        note = json.loads(NOTE.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return list(note["parts"]) if note["digest"] == _digest() and _runs() else []


def _digest() -> str:
    """Return a digest of the files that say what is installed."""
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in SOURCES)).hexdigest()


def _runs() -> bool:
    """Tell whether the environment has a Python with pip."""
    try:
        return subprocess.run([program("python"), "-c", "import pip"], timeout=60).returncode == 0
    except OSError:
        return False


def _install_built(title: str, name: str) -> bool:
    """Install a library without what it needs, and tell whether there is one for this machine.

    It goes alone, for PyTorch's own index answers for every package that pip asks it for, and slowly.
    """
    pin = next(line for line in PINS.read_text(encoding="utf-8").splitlines() if line.startswith(f"{name}=="))
    small = name == "torch" and sys.platform == "linux" and _answers(TORCH_INDEX)
    try:
        _pip("--no-deps", *(["--extra-index-url", TORCH_INDEX] if small else []), pin)
    except SetupError:
        print(f"{title} is left out: there is none for this machine. All else works without it.", file=sys.stderr)
        return False
    return True


def _answers(address: str) -> bool:
    """Tell whether an address answers in time; finding its name can take longer than a socket's own limit."""
    code = "import sys, urllib.request; urllib.request.urlopen(sys.argv[1], timeout=float(sys.argv[2]))"
    command = [sys.executable, "-c", code, address, str(PATIENCE)]
    try:
        return subprocess.run(command, stderr=subprocess.DEVNULL, timeout=PATIENCE).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def _pip(*arguments: str) -> None:
    """Let pip install, at the versions that are pinned. Raises SetupError."""
    pip = [program("python"), "-m", "pip", "install", "--disable-pip-version-check"]
    _follow([*pip, "--constraint", str(PINS), *arguments])


def _follow(command: Sequence[str]) -> None:
    """Run a command; show a terminal the line that it is at, and all of them if it fails. Raises SetupError."""
    lines = []
    how: dict[str, Any] = {"cwd": ROOT, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with subprocess.Popen(command, encoding="utf-8", errors="replace", **how) as process:
        for line in process.stdout or ():
            lines.append(line)
            if sys.stderr.isatty():
                print(f"\r\033[K{line.strip()[:78]}", end="", file=sys.stderr, flush=True)
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr, flush=True)
    if process.returncode:
        sys.stderr.writelines(lines)
        raise SetupError("Setting up .venv failed, as said above: mend that, and run the same command again.")
