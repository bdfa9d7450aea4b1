"""From settings to the two files: run the notebooks, merge, export, and replace the old files when all is done.

The work folder keeps what a run leaves: the executed notebooks, `seconds.json` (how long each took, for the next
run's time left) and `run.json` (what the title page says of the run). `settings` documents the TOML file.
"""

import json
import os
import sys
from pathlib import Path

import nbformat
from traitlets.config import Config

from notebook_report import facts, notebooks, options, run
from notebook_report.errors import ReportError
from notebook_report.html import ReportHTMLExporter
from notebook_report.merge import merge
from notebook_report.pdf import ReportPDFExporter
from notebook_report.progress import Progress

SECONDS, RUN = "seconds.json", "run.json"


def build(settings, work, html, pdf, stream=None):
    """Run the notebooks of `settings` into the folder `work`, then write the files `html` and `pdf`."""
    execute(settings, work, stream)
    export(settings, work, html, pdf)


def execute(settings, work, stream=None):
    """Run the notebooks of `settings` into the folder `work`, and note there what the run was."""
    told = _check(settings)
    names = [path.stem for path in settings.notebooks]
    known = _load(Path(work) / SECONDS) or {}
    expected = [known.get(name, guess) for name, guess in zip(names, settings.seconds, strict=True)]
    with Progress(names, expected, stream or sys.stderr) as progress:
        for path in settings.notebooks:
            progress.start()
            run.execute(path, work, watch=progress, epoch=told["epoch"])
            progress.finish()
    _save(Path(work) / SECONDS, known | dict(zip(names, progress.seconds, strict=True)))
    _save(Path(work) / RUN, told)


def export(settings, work, html, pdf):
    """Write `html` and `pdf` from the executed notebooks in `work`; both are replaced, or neither."""
    nb, epoch = merged(settings, work)
    resources = {"metadata": {"name": Path(html).stem}}
    page, _ = ReportHTMLExporter().from_notebook_node(nb, resources)
    timed = Config({"ReportPDFExporter": {"timestamp": epoch}})
    paper, _ = ReportPDFExporter(config=timed).from_notebook_node(nb, resources)
    _replace({Path(html): page.encode(), Path(pdf): paper})


def merged(settings, work):
    """Return the executed notebooks in `work` as one with its front matter, and the second that dates it."""
    done = _load(Path(work) / RUN)
    if done is None:
        raise ReportError(f"{work} holds no finished run: build the report first.")
    front = {key: getattr(settings, key) for key in ("title", "subtitle", "authors", "language", "abstract")}
    front |= {"date": facts.day(done["epoch"]), "facts": done["facts"]}
    return merge([Path(work) / path.name for path in settings.notebooks], nbformat.from_dict(front)), done["epoch"]


def _check(settings):
    """Raise, before anything runs, what would be raised when all has been run; return what the run is."""
    told = facts.collect(settings.packages, settings.folder)
    for path in settings.notebooks:
        nb = notebooks.read(path)
        notebooks.note_origins(nb, path)
        for cell in nb.cells:
            if cell.cell_type == "code":
                options.read(cell.source, notebooks.place_of(cell))
    return told


def _replace(contents):
    """Put each content (bytes) at its path, once all are safely on disk."""
    parts = {path.with_name(f".{path.name}.part"): path for path in contents}
    try:
        for part, path in parts.items():
            part.parent.mkdir(parents=True, exist_ok=True)
            part.write_bytes(contents[path])
        for part, path in parts.items():
            os.replace(part, path)
    except OSError as error:
        raise ReportError(f"{error.filename} cannot be written: {error.strerror}.") from error
    finally:
        for part in parts:
            part.unlink(missing_ok=True)


def _load(path):
    """Return the JSON at `path`, or None if there is none."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _save(path, value):
    """Write `value` as JSON."""
    _replace({path: json.dumps(value, indent=1).encode()})
