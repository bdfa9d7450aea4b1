"""The two packages as other people install them: built as wheels, each tried in a bare environment of its own."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tasks.environment import PINS, ROOT, program

# What pip installs, where it is built from, and what tries it.
ALONE = {
    "twolayer": (ROOT, "network.py"),
    "notebook_report[report]": (ROOT / "lib" / "notebook_report", "exporters.py"),
}
TRIALS = Path(__file__).with_name("trials")


def try_all() -> list[str]:
    """Try both packages; return for each a line that says what it takes, in megabytes and seconds.

    Raises subprocess.CalledProcessError if one is not built or installed, or does not do its work.
    """
    with tempfile.TemporaryDirectory() as folder:
        return [_try(name, source, TRIALS / trial, Path(folder)) for name, (source, trial) in ALONE.items()]


def _try(name: str, source: Path, trial: Path, folder: Path) -> str:
    """Install one package into an environment in `folder`, try it there, and return its line."""
    package, _, _ = name.partition("[")
    environment, wheels = folder / package, folder / "wheels"
    subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
    python = program("python", environment)
    pip = [python, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "wheel", "--no-deps", "--wheel-dir", str(wheels), str(source)], check=True)
    (wheel,) = wheels.glob(f"{package}-*.whl")
    start = time.monotonic()
    wanted = f"{name} @ {wheel.as_uri()}"
    subprocess.run([*pip, "install", "--constraint", str(PINS), wanted], check=True)
    seconds = time.monotonic() - start
    subprocess.run([python, str(trial)], cwd=folder, check=True)
    megabytes = sum(path.stat().st_size for path in environment.rglob("*") if path.is_file()) / 1e6
    return f"{name}: {megabytes:.0f} MB, {seconds:.0f} s"
