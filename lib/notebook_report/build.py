"""From settings to the two files: run the notebooks, merge, export, and replace the old files when all is done.

The work folder keeps what a run leaves: the executed notebooks, `reuse.json` (what each has run on, see `reuse`),
`seconds.json` (how long each took, for the next run's time left) and `run.json` (what the title page says of the run).
`settings` documents the TOML file.
"""

import sys
from pathlib import Path

import nbformat
from traitlets.config import Config

from notebook_report import facts, files, notebooks, options, preprocess, reuse, run
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
    """Run the notebooks of `settings` into the folder `work`, and note there what the run was.

    A notebook of which `work` holds a run on the same code, files and settings is not run again. Returns the names of
    those that ran.
    """
    told = _check(settings)
    runs = reuse.Runs(settings, work)
    known = files.load(Path(work) / SECONDS) or {}
    names = [notebook.name for notebook in settings.notebooks]
    expected = [0 if nb in runs else known.get(nb.name, nb.seconds) for nb in settings.notebooks]
    ran = {}
    with Progress(names, expected, stream or sys.stderr) as progress:
        for notebook in settings.notebooks:
            if notebook in runs:
                runs.renew(notebook)
                progress.keep()
                continue
            progress.start()
            with runs.running(notebook):
                run.execute(notebook.path, work, watch=progress)
            ran[notebook.name] = progress.finish()
            files.save(Path(work) / SECONDS, known | ran)
    files.save(Path(work) / RUN, told)
    return list(ran)


def export(settings, work, html, pdf):
    """Write `html` and `pdf` from the executed notebooks in `work`; both are replaced, or neither."""
    nb, epoch = merged(settings, work)
    resources = {"metadata": {"name": Path(html).stem}}
    page, _ = ReportHTMLExporter().from_notebook_node(nb, resources)
    timed = Config({"ReportPDFExporter": {"timestamp": epoch}})
    paper, _ = ReportPDFExporter(config=timed).from_notebook_node(nb, resources)
    files.replace({Path(html): page.encode(), Path(pdf): paper})


def merged(settings, work):
    """Return the executed notebooks in `work` as one with its front matter, and the second that dates it."""
    done = files.load(Path(work) / RUN)
    if done is None:
        raise ReportError(f"{work} holds no finished run: build the report first.")
    front = {key: getattr(settings, key) for key in ("title", "subtitle", "authors", "language", "abstract")}
    works = settings.bibliography and preprocess.read_bibliography(settings.folder / settings.bibliography)
    front |= {"date": facts.day(done["epoch"]), "facts": done["facts"], "bibliography": works}
    return merge([Path(work) / notebook.path.name for notebook in settings.notebooks], nbformat.from_dict(front)), done[
        "epoch"
    ]


def _check(settings):
    """Raise, before anything runs, what would be raised when all has been run; return what the run is."""
    told = facts.collect(settings.packages, settings.folder)
    for notebook in settings.notebooks:
        for cell in notebooks.read_source(notebook.path).cells:
            if cell.cell_type == "code":
                options.read(cell.source, notebooks.place_of(cell))
    return told
