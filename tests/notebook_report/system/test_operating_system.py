import asyncio
import os
import signal
import stat
from pathlib import Path
from types import SimpleNamespace

import pytest

from notebook_report.system import operating_system
from tests.bounds import BOUND

COMMAND = ["pandoc", "--version"]
posix_only = pytest.mark.skipif(os.name != "posix", reason="Windows has neither such sockets nor such signals")


@pytest.fixture
def windows(monkeypatch):
    monkeypatch.setattr(operating_system, "sys", SimpleNamespace(platform="win32"))


@posix_only
def test_a_kernel_s_sockets_lie_in_a_folder_that_no_other_user_can_open():
    with operating_system.kernel_sockets() as config:
        folder = Path(config.KernelManager.ip).parent
        assert config.KernelManager.transport == "ipc"
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert not folder.exists()


def test_on_windows_a_kernel_has_the_sockets_that_jupyter_gives_it(windows):
    with operating_system.kernel_sockets() as config:
        assert "KernelManager" not in config


def test_on_windows_a_command_is_run_as_it_is(windows):
    assert operating_system.bounded(COMMAND, 1) == COMMAND


@posix_only
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_calls_the_function_in_the_event_loop(number):
    async def signalled():
        called = asyncio.Event()
        operating_system.on_interrupt(called.set)
        signal.raise_signal(number)
        await asyncio.wait_for(called.wait(), BOUND)

    asyncio.run(signalled())


def test_an_event_loop_without_signals_is_left_as_it_is():
    class LikeThatOfWindows(asyncio.SelectorEventLoop):
        add_signal_handler = asyncio.AbstractEventLoop.add_signal_handler  # raises NotImplementedError

    async def running():
        operating_system.on_interrupt(asyncio.current_task().cancel)
        return "done"

    loop = LikeThatOfWindows()
    assert loop.run_until_complete(running()) == "done"
    loop.close()
