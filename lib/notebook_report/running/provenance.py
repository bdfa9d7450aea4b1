"""What the title page says of a run: of when the code is, with what it ran and on which machine.

Two runs of the same code on one machine say the same: nothing here is measured.
"""

import os
import platform
import subprocess
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated, Any

import msgspec

from notebook_report.errors import ReportError
from notebook_report.system import operating_system

LAST = 253_402_300_799  # the last second of the year 9999, beyond which there is no date
GIT_WITHIN = 60.0  # seconds in which git must answer


class Told(msgspec.Struct):
    """What is told of a run: the second that dates the report, pairs of name and value, and the report's folder."""

    epoch: Annotated[int, msgspec.Meta(ge=0, le=LAST)]
    facts: list[tuple[str, str]]
    of: str


def collect(packages: Iterable[str], folder: Path, optional: Iterable[str] = ()) -> Told:
    """Return what the title page says of a run that happens here and now.

    packages: names of distributions, which must be installed, as `optional` ones need not be; folder: where the
    report's settings lie, in a git repository or not.
    """
    packages = [*packages, *filter(_is_installed, optional)]
    software = ", ".join([f"Python {platform.python_version()}", *map(_versioned, packages)])
    return Told(epoch(folder), [("Software", software), ("Machine", machine())], str(folder.resolve()))


def epoch(folder: Path | None = None) -> int:
    """Return SOURCE_DATE_EPOCH, if set, or else the second of the last git commit of `folder`, if any, or else of now.

    Raises ReportError if SOURCE_DATE_EPOCH is no second of the years that there are.
    """
    asked = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not asked:
        return int((folder and _committed(folder)) or datetime.now(UTC).timestamp())
    try:
        day(int(asked))
        return int(asked)
    except (ValueError, OverflowError, OSError) as error:
        advice = "set it to whole seconds since 1970, or unset it"
        raise ReportError(f"SOURCE_DATE_EPOCH is {asked!r}: {advice}.") from error


def machine() -> str:
    """Return what this machine is: processor, cores, operating system."""
    n = operating_system.n_cores()
    return f"{operating_system.processor()}, {n} core{'s' * (n > 1)}, {platform.system()} {platform.release()}"


def day(epoch: int) -> str:
    """Return the date, in Greenwich, of a second of the Unix epoch, as ISO text."""
    return datetime.fromtimestamp(epoch, UTC).date().isoformat()


def _committed(folder: Path) -> str:
    """Return, as text, the second of the last git commit of `folder`; empty without git or without a commit.

    Empty as well if git does not answer, as on a file system that has gone away.
    """
    command = ["git", "-C", str(folder), "log", "-1", "--no-show-signature", "--format=%ct"]
    how: dict[str, Any] = {"capture_output": True, "encoding": "utf-8", "timeout": GIT_WITHIN}
    try:
        return str(subprocess.run(command, **how, check=True).stdout).strip()
    except (OSError, subprocess.SubprocessError):
        return ""


def _is_installed(package: str) -> bool:
    """Tell whether there is a package of this name."""
    try:
        return bool(version(package))
    except (PackageNotFoundError, ValueError):
        return False


def _versioned(package: str) -> str:
    """Return a package's name with its version."""
    try:
        return f"{package} {version(package)}"
    except (PackageNotFoundError, ValueError) as error:  # that of an empty name
        raise ReportError(f"the package `{package}` is named for the title page, but is not installed.") from error
