"""From settings to the two files: run the notebooks, merge, export, and replace the old files when all is done.

The work folder keeps what a run leaves: the executed notebooks, `reuse.json` (what each has run on, see `reuse`),
`seconds.json` (how long each took, for the next run's time left), `values.json` (the values that each has given) and
`run.json` (what the title page says of the run).
`settings` documents the TOML file.
"""

import math
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, TextIO

from nbformat import NotebookNode
from traitlets.config import Config

from notebook_report.document import preprocess, values
from notebook_report.document import update as renew
from notebook_report.document.dry_run import numbered, rehearse
from notebook_report.document.merge import merge
from notebook_report.errors import ReportError
from notebook_report.problems import Problem
from notebook_report.running import files, kernel, provenance, run_cache
from notebook_report.running.progress import Progress
from notebook_report.settings import Notebook, Settings
from notebook_report.writing.html import ReportHTMLExporter
from notebook_report.writing.pdf import ReportPDFExporter

SECONDS, RUN, VALUES = "seconds.json", "run.json", "values.json"
MOST_TOLD = 5  # differences between words and values, one by one


def build(settings: Settings, work: Path, html: Path, pdf: Path, stream: TextIO | None = None) -> None:
    """Run the notebooks of `settings` into the folder `work`, then write the files `html` and `pdf`."""
    for path in (html, pdf):
        files.require_writable(path)
    with _alone(work):
        _execute(settings, work, stream, [notebook.name for notebook in settings.notebooks])
        _export(settings, work, html, pdf, stream)


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


def export(settings: Settings, work: Path, html: Path, pdf: Path) -> None:
    """Write `html` and `pdf` from the executed notebooks in `work`; both are replaced, or neither."""
    with files.alone(work):
        _export(settings, work, html, pdf)


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
        rehearse(merge([notebook.path for notebook in settings.notebooks], _front(settings, told)))
    known = _seconds(files.load(work / SECONDS))
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
        files.save(work / RUN, {**told, "of": str(settings.folder.resolve())})
    return list(ran)


def _keep_values(settings: Settings, work: Path, notebook: Notebook) -> None:
    """Keep the values that a notebook has just written: another report's run may write others into the same file."""
    if settings.values:
        given = values.read(settings.folder / settings.values).get(notebook.name, {})
        files.save(work / VALUES, {**kept_values(work), notebook.name: given})


def kept_values(work: Path) -> values.Values:
    """Return the values of the notebooks that have run in the folder `work`."""
    kept = files.load(work / VALUES)
    return kept if values.are_values(kept) else {}


def _seconds(noted: Any) -> dict[str, float]:
    """Return how long notebooks took, by name, from the JSON that keeps it; what is damaged is not known."""
    known = noted.items() if isinstance(noted, dict) else ()
    return {name: took for name, took in known if isinstance(took, int | float) and 0 <= took < math.inf}


def _export(settings: Settings, work: Path, html: Path, pdf: Path, stream: TextIO | None = None) -> None:
    """Write both files, with no other build in `work`."""
    nb, epoch = merged(settings, work)
    resources = {"metadata": {"name": html.stem}}
    page, made = ReportHTMLExporter().from_notebook_node(nb, resources)
    timed = Config({"ReportPDFExporter": {"timestamp": epoch}})
    paper, _ = ReportPDFExporter(config=timed).from_notebook_node(nb, resources)
    files.replace({html: page.encode(), pdf: paper})
    _tell(made["report"]["problems"], stream or sys.stderr)


def _tell(problems: Sequence[Problem], stream: TextIO) -> None:
    """Say which values in the words of the notebooks are not those of this run, which the report has."""
    lines = [str(problem) for problem in problems[:MOST_TOLD]]
    if problems[MOST_TOLD:]:
        lines.append(f"and {len(problems) - MOST_TOLD} more values of the text are others in this run.")
    if problems:
        lines.append("the report has the values of this run; `update` writes them into the notebooks.")
    for line in lines:
        print(f"note: {line}", file=stream)


def update(settings: Settings, work: Path) -> list[Path]:
    """Write the values of the last run, and the numbers of references, into the words of links in the notebooks.

    Returns the paths of those that have changed.
    """
    paths = [notebook.path for notebook in settings.notebooks]
    front = {"title": settings.title, "abstract": settings.abstract, "folder": str(paths[0].parent)}
    numbers, kept = numbered(merge(paths, front)), kept_values(work)
    return [path for path in paths if renew.notebook(path, numbers, kept)]


def merged(settings: Settings, work: Path) -> tuple[NotebookNode, int]:
    """Return the executed notebooks in `work` as one with its front matter, and the second that dates it."""
    noted = files.load(work / RUN)
    done = provenance.recalled(noted)
    if done is None:
        raise ReportError(f"{work} holds no finished run: build the report first.")
    if noted.get("of") != str(settings.folder.resolve()):
        raise ReportError(f"{work} holds the run of another report: build this one first, or name its `--work`.")
    paths = [work / notebook.path.name for notebook in settings.notebooks]
    front = _front(settings, done) | ({"values": kept_values(work)} if settings.values else {})
    return merge(paths, front), done["epoch"]


def _front(settings: Settings, told: provenance.Told) -> preprocess.Front:
    """Return the front matter, as `merge` wants it, of a run of which `facts.collect` has told."""
    front = {key: getattr(settings, key) for key in ("title", "subtitle", "authors", "language", "abstract")}
    works = settings.bibliography and preprocess.read_bibliography(settings.folder / settings.bibliography)
    front |= {"date": provenance.day(told["epoch"]), "facts": told["facts"], "bibliography": works}
    front["folder"] = str(settings.notebooks[0].path.parent)
    return front
