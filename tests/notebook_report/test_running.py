import asyncio
import io

import nbformat
import pytest
from jupyter_core.utils import ensure_event_loop
from nbclient.exceptions import CellTimeoutError

from notebook_report.errors import NotebookError, Place, ReportError
from notebook_report.running import kernel
from notebook_report.running.progress import Progress, duration
from tests.bounds import BOUND


class Watch:
    """A list of what a run has told."""

    def __init__(self):
        self.cells, self.heard = [], ""

    def cell(self, index, n):
        self.cells.append((index, n))

    def hears(self, text):
        self.heard += text


def test_a_notebook_runs_in_its_folder_with_its_parameters_and_is_heard(write, tmp_path):
    (tmp_path / "here.txt").write_text("found")
    source = "import sys; print('46%|', file=sys.stderr, flush=True)\nprint(open('here.txt').read(), n, name)"
    cells = ["# One", write.code("#| parameters: true\nn = 3\nname: str = 'a'"), write.code(source)]
    path = write.file(tmp_path / "one.ipynb", *cells)
    watch = Watch()
    copy = kernel.execute(path, tmp_path / "work", {"n": 7}, watch=watch)
    executed = nbformat.read(copy, as_version=4)
    assert copy == tmp_path / "work" / "one.ipynb"
    assert "found 7 a\n" in [output.text for output in executed.cells[-1].outputs]
    assert watch.cells[-1] == (3, 4), "the cell that sets the parameters is among them, without a number"
    assert "46%|" in watch.heard
    assert not nbformat.read(path, as_version=4).cells[2].outputs, "the source is left alone"


def test_where_no_cell_has_parameters_nothing_runs(write, tmp_path):
    path = write.file(tmp_path / "one.ipynb", write.code("n = 3"))
    with pytest.raises(ReportError, match=r"one: no cell says `#\| parameters: true`"):
        kernel.execute(path, tmp_path / "work", {"n": 7})
    assert not (tmp_path / "work").exists()


def test_a_failing_cell_is_named_and_its_traceback_kept(write, tmp_path):
    path = write.file(tmp_path / "one.ipynb", "# One", write.code("raise ValueError('too\\nsmall')"))
    with pytest.raises(
        NotebookError, match=r"one.ipynb, cell 2: ValueError: too small\. The traceback is in .*work/one\.ipynb"
    ):
        kernel.execute(path, tmp_path / "work")
    assert "ValueError" in (tmp_path / "work" / "one.ipynb").read_text()


def test_a_cell_whose_failure_cannot_be_told_is_named(write, tmp_path):
    path = write.file(tmp_path / "one.ipynb", "# One", write.code("raise ValueError('\\ud800')"))
    with pytest.raises(NotebookError, match=r"one.ipynb, cell 2: UnicodeEncodeError: "):
        kernel.execute(path, tmp_path / "work")


def test_a_cell_that_shows_what_no_notebook_can_hold_is_named(write, tmp_path):
    source = "display({'image/png': 5, 'text/plain': 'x'}, raw=True)"
    path = write.file(tmp_path / "one.ipynb", "# One", write.code(source))
    with pytest.raises(
        NotebookError, match=r"one.ipynb, cell 2: its output is not of Jupyter's format: 5 is not valid"
    ):
        kernel.execute(path, tmp_path / "work")


def test_a_kernel_that_is_not_there_is_reported(write, tmp_path, monkeypatch):
    monkeypatch.setattr(kernel, "KERNEL", "none")
    path = write.file(tmp_path / "one.ipynb", write.code("1"))
    with pytest.raises(ReportError, match=r"^one.ipynb: there is no kernel `none` here: install it\.$"):
        kernel.execute(path, tmp_path / "work")


def test_a_cell_that_takes_longer_than_it_may_is_named():
    error = kernel.explained(CellTimeoutError("many\nlines"), Place("one", 2), "")
    assert str(error) == "one.ipynb, cell 2: it has come to no end in the time that it was given."


@pytest.mark.parametrize(
    ("error", "cell", "said"),
    [
        (BrokenPipeError(32, "Broken pipe"), 2, "one.ipynb, cell 2: Broken pipe."),
        (BrokenPipeError(32, "Broken pipe"), 0, "one.ipynb: the kernel cannot be started: [Errno 32] Broken pipe."),
        (RuntimeError("Kernel died"), 0, "one.ipynb: the kernel stopped before it ran a cell."),
    ],
)
def test_what_the_system_refuses_is_said_of_where_it_was_wanted(error, cell, said):
    assert str(kernel.explained(error, Place("one", cell), "")) == said


def test_a_kernel_that_dies_is_reported(write, tmp_path):
    path = write.file(tmp_path / "one.ipynb", write.code("import os; os._exit(1)"))
    with pytest.raises(ReportError, match=r"one.ipynb: the kernel stopped while it ran cell 1"):
        kernel.execute(path, tmp_path / "work")


@pytest.mark.parametrize(
    "source",
    [
        "raise ValueError",
        "import os; os._exit(1)",
        "display({'image/png': 5, 'text/plain': 'x'}, raw=True)",
        f"import os, time; os.kill(os.getppid(), 2); time.sleep({2 * BOUND})",
    ],
    ids=["fails", "dies", "shows what cannot be shown", "is interrupted"],
)
def test_a_run_that_fails_leaves_nothing_that_still_looks_for_its_kernel(write, tmp_path, source):
    path = write.file(tmp_path / "one.ipynb", write.code(source))
    with pytest.raises((ReportError, KeyboardInterrupt)):
        kernel.execute(path, tmp_path / "work")
    assert asyncio.all_tasks(ensure_event_loop()) == set()


@pytest.mark.parametrize("content", [None, "not json", "{}"])
def test_what_is_no_notebook_is_refused(tmp_path, content):
    if content is not None:
        (tmp_path / "one.ipynb").write_text(content)
    with pytest.raises(ReportError, match=r"one\.ipynb (does not exist|cannot be read as a notebook)"):
        kernel.execute(tmp_path / "one.ipynb", tmp_path / "work")


def test_a_notebook_that_is_gone_is_refused_even_if_its_copy_is_there(write, tmp_path):
    path = write.file(tmp_path / "one.ipynb", "# One")
    kernel.execute(path, tmp_path / "work")
    path.unlink()
    with pytest.raises(ReportError, match=r"one\.ipynb does not exist"):
        kernel.execute(path, tmp_path / "work")


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_the_time_left_follows_the_pace():
    clock = Clock()
    progress = Progress(["one", "two", "three"], [10, 20, 30], io.StringIO(), clock)
    progress.start()
    assert progress.left() == 60
    clock.now = 20
    progress.finish()
    progress.start()
    assert progress.left() == 2 * (20 + 30), "half as fast as expected"
    clock.now = 30
    assert progress.left() == 90
    clock.now = 300
    assert progress.left() == 60, "a notebook that is late takes nothing from the next"


def test_a_log_gets_plain_lines_and_not_too_many():
    clock, stream = Clock(), io.StringIO()
    progress = Progress(["01-one"], [10], stream, clock)
    with progress:
        progress.start()
        for second in range(20):
            clock.now = second
            progress.hears(f"\rone cycle: {second}%")
        progress.cell(3, 5)
        progress.finish()
    lines = stream.getvalue().splitlines()
    assert lines[0].startswith("[1/1] 01-one")
    assert lines[-1] == "[1/1] 01-one took 19 s"
    assert "one cycle: 5%" in lines[1]
    assert 4 <= len(lines) <= 6
    assert "\r" not in stream.getvalue()


def test_a_terminal_gets_one_line_that_fits():
    stream = Terminal()
    with Progress(["01-one", "02-two"], [10, 10], stream, Clock()) as progress:
        progress.start()
        progress.cell(2, 5)
        progress.hears("\x1b[32mone cycle: 46%|████▌     | 460/1000 [00:01<00:02]\x1b[0m\n")
        line = progress.line(70)
        assert "\n" not in stream.getvalue()
    assert line.startswith("[1/2] 01-one · cell 2/5 · one cy")
    assert line.endswith("about 20 s left")
    assert len(line) <= 70
    assert "460/1000" in progress.line(200)


def test_on_a_terminal_time_goes_on_while_a_cell_is_silent():
    clock, stream, ends = Clock(), Terminal(), iter([False, True])
    progress = Progress(["01-one"], [10], stream, clock)
    progress.start()
    clock.now = 7
    progress._stop.wait = lambda seconds: next(ends)  # instead of a second that goes by, and the end of the run
    progress._tick()
    assert stream.getvalue().endswith("7 s so far · about 3 s left")


def test_after_the_last_notebook_nothing_is_shown_any_more():
    stream = Terminal()
    progress = Progress(["01-one"], [10], stream, Clock())
    progress.start()
    progress.finish()
    before = stream.getvalue()
    progress.hears("late words")
    assert stream.getvalue() == before


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.4, "0 s"), (59.6, "1 min 00 s"), (125, "2 min 05 s"), (3720, "1 h 02 min")]
)
def test_durations_in_words(seconds, words):
    assert duration(seconds) == words
