"""Run a notebook in a kernel of its own, heard while it runs."""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from jupyter_client.kernelspec import NoSuchKernel
from jupyter_core.utils import run_sync
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError
from nbformat import NotebookNode, ValidationError
from nbformat.v4 import new_code_cell

from notebook_report import notebooks
from notebook_report.cells import cell_options
from notebook_report.errors import NotebookError, Place, ReportError
from notebook_report.system import operating_system

KERNEL = "python3"
# What Python and matplotlib would otherwise draw anew for each kernel: the order of sets, the ids within an SVG.
# Nobody looks at the notebook: progress bars are text, which a watch can hear, and no value of the prose is printed.
SETTLED = {"PYTHONHASHSEED": "0", "UNATTENDED": "1"}
ARGUMENTS = ["--InlineBackend.rc={'svg.hashsalt': 'notebook_report'}"]
# What nbclient raises where a notebook does not run to its end; RuntimeError, if its kernel dies.
FAILURES = (CellExecutionError, ValidationError, NoSuchKernel, OSError, RuntimeError, asyncio.CancelledError)


class Watch(Protocol):
    """What is told how far a run is."""

    def cell(self, index: int, n: int) -> None:
        """Hear that cell `index` of `n` has started, counted from 1."""

    def hears(self, text: str) -> None:
        """Hear what a cell has written to standard error."""


def execute(path: Path, work: Path, parameters: Mapping[str, object] | None = None, watch: Watch | None = None) -> Path:
    """Run the notebook at `path`, in its own folder, and leave the executed copy in the folder `work`.

    parameters: name → value; set after the cell that says `#| parameters: true`.
    Returns the path of the executed copy. Raises NotebookError if a cell fails (the copy then holds the traceback),
    and KeyboardInterrupt, with the kernel gone, on Ctrl-C.
    """
    require_elsewhere(path, work)
    copy = work / path.name
    nb = notebooks.read_source(path)
    if parameters:
        _set_parameters(nb, parameters, path.stem)
    where = {"metadata": {"path": str(path.parent)}}
    client = Client(nb, watch, SETTLED, kernel_name=KERNEL, extra_arguments=[*ARGUMENTS], resources=where)
    client.running = Place(path.stem, 0)
    try:
        with operating_system.kernel_sockets() as client.config:
            client.execute()
    except FAILURES as error:
        if client.interrupted:
            raise KeyboardInterrupt from error
        raise explained(error, client.running, f"The traceback is in {copy}.") from error
    finally:
        notebooks.write(nb, copy)
    return copy


def require_elsewhere(path: Path, work: Path) -> None:
    """Raise ReportError if the executed copy of a notebook, in the folder `work`, would take the notebook's place."""
    copy = work / path.name
    if path.exists() and copy.exists() and copy.samefile(path):
        raise ReportError(f"the executed {path.name} would take the place of the notebook: name another work folder.")


def explained(error: BaseException, place: Place, traceback: str) -> ReportError:
    """Return what to raise for one of FAILURES at the cell `place`; `traceback` may say where to find it."""
    if isinstance(error, CellExecutionError):
        words = " ".join(f"{error.ename}: {error.evalue}".split()).rstrip(".")
        return NotebookError(place, f"{words}. {traceback}".rstrip())
    if isinstance(error, ValidationError):
        return NotebookError(place, f"its output is not of Jupyter's format: {str(error).splitlines()[0]}.")
    if isinstance(error, NoSuchKernel):
        return ReportError(f"{place.notebook}.ipynb: there is no kernel `{error.name}` here: install it.")
    if isinstance(error, CellTimeoutError):
        return NotebookError(place, "it has come to no end in the time that it was given.")
    if isinstance(error, OSError) and place.cell:
        return NotebookError(place, f"{error.strerror or error}.")
    if isinstance(error, OSError):
        return ReportError(f"{place.notebook}.ipynb: the kernel cannot be started: {error}.")
    when = f"while it ran cell {place.cell}" if place.cell else "before it ran a cell"
    return ReportError(f"{place.notebook}.ipynb: the kernel stopped {when}.")


class Tidy(NotebookClient):
    """A client that ends, when a cell ends in any way, what nbclient has begun for it.

    It leaves tasks behind when a cell is interrupted or its output is refused; the one that sees whether the kernel
    lives would fail later, as there is none any more.
    """

    async def async_execute_cell(self, *arguments: Any, **how: Any) -> NotebookNode:
        """Run a cell."""
        before = asyncio.all_tasks()
        try:
            return await super().async_execute_cell(*arguments, **how)
        finally:
            left = asyncio.all_tasks() - before
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    execute_cell = run_sync(async_execute_cell)


class Client(Tidy):
    """A client that tells `watch` what happens, and shuts its kernel down at once on Ctrl-C, or when it is to end."""

    def __init__(self, nb: NotebookNode, watch: Watch | None, environment: Mapping[str, str], **how: Any) -> None:
        """Prepare to run `nb`, with `environment` added to the kernel's; no cell is too slow."""
        super().__init__(nb, timeout=None, record_timing=False, shutdown_kernel="immediate", **how)
        self.watch, self.environment, self.interrupted = watch, environment, False
        self.running = Place("", 0)  # the cell that runs
        self.on_cell_start = self._start_cell

    async def async_start_new_kernel(self, **how: Any) -> None:
        """Start the kernel, with Ctrl-C and the wish that the process end under this class's care."""
        task = asyncio.current_task()
        assert task, "whatever awaits is in a task"

        def stop() -> None:
            self.interrupted = True
            task.cancel()

        operating_system.on_interrupt(stop)
        await super().async_start_new_kernel(env={**os.environ, **self.environment}, **how)

    def process_message(self, msg: dict[str, Any], cell: NotebookNode, cell_index: int) -> NotebookNode | None:
        """Pass standard error on to `watch`, before it becomes an output."""
        if self.watch and msg["msg_type"] == "stream" and msg["content"]["name"] == "stderr":
            self.watch.hears(msg["content"]["text"])
        return super().process_message(msg, cell, cell_index)

    def _start_cell(self, cell: NotebookNode, cell_index: int) -> None:
        self.running = notebooks.place_of(cell)
        if self.watch:
            self.watch.cell(self.running.cell, len(self.nb.cells))


def _set_parameters(nb: NotebookNode, parameters: Mapping[str, object], name: str) -> None:
    """Put a cell with the parameters' values after the cell that assigns them."""
    for i, cell in enumerate(nb.cells):
        place = notebooks.place_of(cell)
        if cell.cell_type == "code" and "parameters" in cell_options.read(cell.source, place, []):
            lines = ["#| hide: true", *(f"{key} = {value!r}" for key, value in parameters.items())]
            metadata = {notebooks.ORIGIN: place._asdict()}
            nb.cells.insert(i + 1, new_code_cell("\n".join(lines), id="parameters", metadata=metadata))
            return
    raise ReportError(f"{name}: no cell says `#| parameters: true`, so nothing in it can be set.")
