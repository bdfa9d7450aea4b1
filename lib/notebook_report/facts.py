"""What the title page says of a run: when, with what, on which machine, how long."""

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from notebook_report.errors import ReportError
from notebook_report.progress import duration


def collect(packages, seconds):
    """Return a dict: `epoch`, the second of the run, and `facts`, pairs of name and value.

    packages: names of distributions; seconds: the run time of each notebook. SOURCE_DATE_EPOCH, if set, is the time.
    """
    epoch = os.environ.get("SOURCE_DATE_EPOCH") or str(int(datetime.now(UTC).timestamp()))
    if not epoch.isdecimal():
        raise ReportError(f"SOURCE_DATE_EPOCH is {epoch!r}: set it to whole seconds since 1970, or unset it.")
    return {
        "epoch": int(epoch),
        "facts": [
            ["Software", ", ".join([f"Python {platform.python_version()}", *map(_versioned, packages)])],
            ["Machine", machine()],
            ["Run time", f"{duration(sum(seconds))} for {len(seconds)} notebook{'s' * (len(seconds) > 1)}"],
        ],
    }


def machine():
    """Return what this machine is: processor, cores, operating system."""
    return f"{_processor()}, {_cores()}, {platform.system()} {platform.release()}"


def day(epoch):
    """Return the date, in Greenwich, of a second of the Unix epoch, as ISO text."""
    return datetime.fromtimestamp(epoch, UTC).date().isoformat()


def _versioned(package):
    """Return a package's name with its version."""
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError as error:
        raise ReportError(f"the package `{package}` is named for the title page, but is not installed.") from error


def _processor():
    """Return the name of the processor's model."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _cores():
    """Return how many cores this process may use, in words."""
    n = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{n} core{'s' * (n > 1)}"
