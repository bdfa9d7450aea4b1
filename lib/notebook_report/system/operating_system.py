"""What differs between operating systems. No other module of this package asks which one it runs on."""

import asyncio
import contextlib
import os
import platform
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from traitlets.config import Config


def is_intel_mac() -> bool:
    """Tell whether this is a Mac with an Intel processor."""
    return (sys.platform, platform.machine()) == ("darwin", "x86_64")


def bounded(command: Sequence[str], seconds: int, memory: int | None = None) -> list[str]:
    """Return a command that the system ends after so many seconds of computing, even if nobody waits for it any more.

    memory: how many bytes it may take at most, where the system can limit that, which a Mac cannot

    Windows has no such limits: there the command is returned as it is.
    """
    if sys.platform == "win32":
        return [*command]
    limit = f"ulimit -v {memory >> 10} 2>/dev/null; " if memory else ""
    return ["sh", "-c", f'ulimit -t {seconds}; {limit}exec "$0" "$@"', *command]


@contextlib.contextmanager
def kernel_sockets() -> Iterator[Config]:
    """Lend the configuration of the sockets through which a kernel talks to this process.

    They lie in a folder of their own, which no other user can open. Windows has only sockets of the local network.
    """
    if sys.platform == "win32":
        yield Config()
        return
    with tempfile.TemporaryDirectory(prefix="kernel-") as folder:
        yield Config({"KernelManager": {"transport": "ipc", "ip": str(Path(folder, "socket"))}})


def on_interrupt(stop: Callable[[], None]) -> None:
    """Let the running event loop call stop() on Ctrl-C, and when the process is asked to end.

    Windows, and threads other than the main one, cannot: there Ctrl-C stays a KeyboardInterrupt.
    """
    with contextlib.suppress(RuntimeError, ValueError):  # on Windows NotImplementedError, which is a RuntimeError
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop)


def processor() -> str:
    """Return the name of the processor's model."""
    cpuinfo = Path("/proc/cpuinfo")  # Linux
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def n_cores() -> int:
    """Return the number of cores that this process may use; where the system does not limit it, that of all cores."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
