"""From settings to the two files: run the notebooks, merge, export, and replace the old files when all is done.

The work folder keeps what a run leaves: the executed notebooks, `reuse.json` (what each has run on, see `reuse`),
`seconds.json` (how long each took, for the next run's time left), `values.json` (the values that each has given) and
`run.json` (what the title page says of the run).
`settings` documents the TOML file.
"""

import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TextIO

from nbformat import NotebookNode

from notebook_report import notebooks, problems
from notebook_report.document import dry_run, prepare, values
from notebook_report.document import update as update_links
from notebook_report.document.document import Document
from notebook_report.document.front import Front, read_bibliography
from notebook_report.document.values import Values
from notebook_report.errors import ReportError
from notebook_report.running import kernel, provenance, run_cache
from notebook_report.running.progress import Progress
from notebook_report.running.provenance import Told
from notebook_report.settings import Notebook, Seconds, Settings
from notebook_report.system import files
from notebook_report.writing import html, pdf
from notebook_report.writing.typst.compiling import Compiler

SECONDS, RUN, VALUES = "seconds.json", "run.json", "values.json"


def build(settings: Settings, work: Path, html_path: Path, pdf_path: Path, stream: TextIO | None = None) -> None:
    """Run the notebooks of `settings` into the folder `work`, then write the files at `html_path` and `pdf_path`."""
    for path in (html_path, pdf_path):
        files.require_writable(path)
    with _alone(work):
        _execute(settings, work, stream, [notebook.name for notebook in settings.notebooks])
        _export(settings, work, html_path, pdf_path, stream)


def execute(settings: Settings, work: Path, stream: TextIO | None = None, only: Sequence[str] = ()) -> list[str]:
    """Run the notebooks of `settings` into the folder `work`, and note there what the run was; `only` names some.

    A notebook of which `work` holds a run on the same code, files and settings is not run again. Returns the names of
    those that ran.
    """
    names = [notebook.name for notebook in settings.notebooks]
    if unknown := [name for name in only if name not in names]:
        raise ReportError(f"there is no notebook `{unknown[0]}`: choose from {', '.join(names)}.")
    with _alone(work):
        return _execute(settings, work, stream, only or names)


def export(settings: Settings, work: Path, html_path: Path, pdf_path: Path) -> None:
    """Write both files from the executed notebooks in `work`; both are replaced, or neither."""
    with files.alone(work):
        _export(settings, work, html_path, pdf_path)


def _alone(work: Path) -> AbstractContextManager[None]:
    """Let this be the only build in the folder `work`, which is made if need be. Raises ReportError."""
    try:
        work.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ReportError(f"{error.filename} cannot be written: {error.strerror}.") from error
    return files.alone(work)


def _execute(settings: Settings, work: Path, stream: TextIO | None, names: Sequence[str]) -> list[str]:
    """Run what must run of the notebooks with these names, with no other build in `work`."""
    for notebook in settings.notebooks:
        kernel.require_elsewhere(notebook.path, work)
    told = provenance.collect(settings.packages, settings.folder, settings.optional_packages)
    runs = run_cache.Runs(settings, work)
    if not all(notebook in runs for notebook in settings.notebooks):
        rehearse(settings, told)
    known = files.load(work / SECONDS, dict[str, Seconds]) or {}
    chosen = [notebook for notebook in settings.notebooks if notebook.name in names]
    expected = [0 if nb in runs else known.get(nb.name, nb.seconds) for nb in chosen]
    ran: dict[str, float] = {}
    with Progress([notebook.name for notebook in chosen], expected, stream or sys.stderr) as progress:
        for notebook in chosen:
            if notebook in runs:
                runs.renew(notebook)
                progress.keep()
                continue
            with runs.running(notebook):
                progress.start()
                kernel.execute(notebook.path, work, watch=progress)
                _keep_values(settings, work, notebook)
            ran[notebook.name] = progress.finish()
            files.save(work / SECONDS, known | ran)
    if len(chosen) == len(settings.notebooks):
        files.save(work / RUN, told)
    return list(ran)


def _keep_values(settings: Settings, work: Path, notebook: Notebook) -> None:
    """Keep the values that a notebook has just written: another report's run may write others into the same file."""
    if settings.values:
        given = values.read(settings.folder / settings.values).get(notebook.name, {})
        files.save(work / VALUES, {**_kept_values(work), notebook.name: given})


def _kept_values(work: Path) -> Values:
    """Return the values of the notebooks that have run in the folder `work`."""
    return files.load(work / VALUES, dict[str, dict[str, str]]) or {}


def rehearse(settings: Settings, told: Told) -> None:
    """Raise NotebookError for what is wrong with the report's texts, before its notebooks run."""
    sources = _notebooks(settings, settings.notebooks[0].path.parent)
    document = dry_run.rehearsed(sources, _front(settings, told))
    problems.stop(document.problems)


def _export(settings: Settings, work: Path, html_path: Path, pdf_path: Path, stream: TextIO | None = None) -> None:
    """Write both files, with no other build in `work`; warnings go to `stream`."""
    document, epoch = prepared(settings, work)
    problems.stop(document.problems)
    with Compiler() as compiler:
        page, (paper, more) = html.write(document), pdf.write(document, epoch, compiler)
    problems.stop(more)
    files.replace({html_path: page.encode(), pdf_path: paper})
    found = [*document.problems, *more]
    lines = [f"warning: {line}" for line in problems.warnings(found)]
    if any(problem.code == "value-words" for problem in found):
        lines.append("The report has the values of this run; `update` writes them into the notebooks.")
    print(*lines, sep="\n", end="\n" * bool(lines), file=stream or sys.stderr)


def update(settings: Settings, work: Path) -> list[Path]:
    """Write the values of the last run, and the numbers of references, into the words of links in the notebooks.

    Returns the paths of those that have changed.
    """
    paths = [notebook.path for notebook in settings.notebooks]
    front = Front(title=settings.title, abstract=settings.abstract, folder=paths[0].parent)
    document = dry_run.rehearsed(_notebooks(settings, paths[0].parent), front)
    return [path for path in paths if update_links.notebook(path, document.numbers, _kept_values(work))]


def prepared(settings: Settings, work: Path) -> tuple[Document, int]:
    """Return the document of the executed notebooks in `work`, and the second that dates it. Raises ReportError."""
    told = files.load(work / RUN, Told)
    if told is None:
        raise ReportError(f"{work} holds no finished run: build the report first.")
    if told.of != str(settings.folder.resolve()):
        raise ReportError(f"{work} holds the run of another report: build this one first, or name its `--work`.")
    given = _kept_values(work) if settings.values else None
    return prepare.report(_notebooks(settings, work), _front(settings, told), given), told.epoch


def _notebooks(settings: Settings, folder: Path) -> list[tuple[str, NotebookNode]]:
    """Return the report's notebooks as they lie in `folder`, with their names."""
    return [(notebook.name, notebooks.read(folder / notebook.path.name)) for notebook in settings.notebooks]


def _front(settings: Settings, told: Told) -> Front:
    """Return what stands before the first section of a run of which `provenance.collect` has told."""
    works = settings.bibliography and read_bibliography(settings.folder / settings.bibliography)
    return Front(
        title=settings.title,
        subtitle=settings.subtitle,
        authors=settings.authors,
        language=settings.language,
        date=provenance.day(told.epoch),
        abstract=settings.abstract,
        facts=told.facts,
        bibliography=works,
        folder=settings.notebooks[0].path.parent,
    )
