"""Which executed notebooks of an earlier run still hold, so that they need not run again.

A notebook gives the same again while everything that decides what it gives is the same: its code, the files that it
depends on, the notebooks that it builds on, Python with all installed packages, and the machine. Its key is a digest of
all this, and of nothing that only the report shows: prose, captions, alternative texts. The file `reuse.json` in the
work folder holds, for each notebook that has finished, its key and the digest of its executed copy.

Notebooks leave more than outputs, and several may write into one file. So `reuse.json` also holds the digests of the
files that the settings say are left, as they were when the last notebook stopped: if one of them has changed since or
is gone, somebody else has been there, and every notebook runs again.
"""

import contextlib
import copy
import functools
import glob
import hashlib
import json
import os
import platform
import re
from collections.abc import Callable, Iterator, Mapping
from importlib import metadata
from pathlib import Path

import msgspec
from nbformat import NotebookNode

from notebook_report import notebooks
from notebook_report.cells import cell_options
from notebook_report.errors import ReportError
from notebook_report.running import kernel, provenance
from notebook_report.settings import Notebook, Settings
from notebook_report.system import files

FILE = "reuse.json"
VARIABLE = re.compile(r"\$(\w+)/")
OF_THE_KERNEL = ("language_info", "widgets")  # what a run adds to a notebook's metadata

Digests = dict[str, str]  # name of a file → digest of its content
Finished = dict[str, list[str]]  # name of a notebook → its key and the digest of its executed copy


class Kept(msgspec.Struct):
    """What a run leaves for the next one: the digests of the files that notebooks have left, and the finished runs."""

    left: Digests
    finished: Finished


class Runs:
    """The finished runs of a report's notebooks, whose executed copies the folder `work` keeps."""

    def __init__(self, settings: Settings, work: Path) -> None:
        """Find those that still hold; all others are forgotten once one runs. Raises ReportError for missing files."""
        self.settings, self.work = settings, work
        digests = functools.cache(_digests)  # several notebooks depend on the same files
        keys = {notebook.name: key(notebook, settings, digests) for notebook in settings.notebooks}
        kept = files.load(self.work / FILE, Kept) or Kept({}, {})
        whole = kept.left.items() <= self._left().items()
        self.finished = self._holding(kept.finished, keys) if whole else {}

    def __contains__(self, notebook: Notebook) -> bool:
        """Tell whether what a notebook has given still holds."""
        return notebook.name in self.finished

    def renew(self, notebook: Notebook) -> None:
        """Let the executed copy of a notebook that holds have the prose that the notebook has now."""
        path = self._copy(notebook)
        notebooks.write(fill(notebooks.read_source(notebook.path), notebooks.read(path)), path)
        self._finish(notebook, self.finished[notebook.name][0])
        self._save()

    @contextlib.contextmanager
    def running(self, notebook: Notebook) -> Iterator[None]:
        """Note that a notebook has run, as soon as it has, and what it has left even if it fails or is stopped."""
        before = key(notebook, self.settings)
        self._save()
        try:
            yield
            # Of what is edited while a notebook runs, nobody knows whether the run has seen it.
            if before and before == key(notebook, self.settings):
                self._finish(notebook, before)
        finally:
            self._save()

    def _holding(self, finished: Finished, keys: Mapping[str, str | None]) -> Finished:
        """Return the part of `finished` that holds: with the same key and copy, built on nothing that runs again."""
        holding: Finished = {}
        for notebook in self.settings.notebooks:
            now, path = keys[notebook.name], self._copy(notebook)
            same = now and path.is_file() and finished.get(notebook.name) == [now, files.digest(path)]
            if same and holding.keys() >= set(notebook.after):
                holding[notebook.name] = finished[notebook.name]
        return holding

    def _copy(self, notebook: Notebook) -> Path:
        return self.work / notebook.path.name

    def _left(self) -> Digests:
        """Return name → digest of the files that are left now."""
        return {
            name: digest
            for pattern in self.settings.leaves
            for name, digest in _digests(pattern, self.settings.folder).items()
        }

    def _finish(self, notebook: Notebook, now: str) -> None:
        self.finished[notebook.name] = [now, files.digest(self._copy(notebook))]

    def _save(self) -> None:
        files.save(self.work / FILE, Kept(self._left(), self.finished))


def forget(work: Path) -> None:
    """Let no run in the folder `work` hold any more."""
    (work / FILE).unlink(missing_ok=True)


def key(notebook: Notebook, settings: Settings, digests: Callable[[str, Path], Digests] | None = None) -> str | None:
    """Return the key of a notebook, or None if nobody knows on what it depends.

    That is so if its settings do not say, or name a folder by an environment variable that is not set. digests: a
    function like `_digests`. Raises ReportError for a pattern that no file matches.
    """
    if notebook.depends is None:
        return None
    found = {}
    for pattern in notebook.depends:
        folder, rest = _located(pattern, settings.folder, notebook.path.parent)
        if folder is None:
            return None
        found[pattern] = (digests or _digests)(rest, folder)
        if not found[pattern]:
            raise ReportError(f"`depends` names `{pattern}` for {notebook.name}, but {folder} has no such file.")
    told = [_code(notebook.path), found, list(notebook.after), list(settings.leaves), _surroundings()]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def fill(new: NotebookNode, kept: NotebookNode) -> NotebookNode:
    """Return the notebook `new` with the outputs of `kept`, an executed one of the same code."""
    filled = copy.deepcopy(new)
    for cell, ran in zip(_code_cells(filled), _code_cells(kept), strict=True):
        cell.outputs, cell.execution_count = ran.outputs, ran.execution_count
    filled.metadata.update({name: kept.metadata[name] for name in OF_THE_KERNEL if name in kept.metadata})
    return filled


def _located(pattern: str, folder: Path, here: Path) -> tuple[Path | None, str]:
    """Return the folder from which a pattern is to be seen, or None if its variable is unset, and the pattern there.

    folder: that of the settings; here: the notebook's own, from which it sees a relative path in a variable.
    """
    variable = VARIABLE.match(pattern)
    if not variable:
        return folder, pattern
    value = os.environ.get(variable[1])
    return (here / value if value else None), pattern[variable.end() :]


def _digests(pattern: str, folder: Path) -> Digests:
    """Return name → digest of the files in `folder` that match `pattern`."""
    names = sorted(glob.glob(pattern, root_dir=folder, recursive=True))
    return {name: files.digest(folder / name) for name in names if (folder / name).is_file()}


def _code_cells(nb: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in nb.cells if cell.cell_type == "code"]


def _code(path: Path) -> list[tuple[str, list[str] | None]]:
    """Return what of a notebook decides how it runs: the code of each cell without `#|` lines, and the cell's tags."""
    cells = _code_cells(notebooks.read_source(path))
    return [(cell_options.split(cell.source)[1], cell.metadata.get("tags")) for cell in cells]


@functools.cache
def _surroundings() -> list[object]:
    """Return what else decides it: the module that runs notebooks, Python, every installed package, the machine."""
    packages = sorted({(found.name, found.version) for found in metadata.distributions()})
    return [files.digest(kernel.__file__), platform.python_version(), packages, provenance.machine()]
