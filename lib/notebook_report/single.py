"""A notebook that stands alone, to a page and a paper beside it."""

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from notebook_report import notebooks, problems
from notebook_report.document import prepare
from notebook_report.errors import ReportError
from notebook_report.running import provenance
from notebook_report.system import files
from notebook_report.writing import html, pdf
from notebook_report.writing.typst.compiling import Compiler


def export(path: Path, allowed: Collection[str] | None = None) -> tuple[list[Path], list[str]]:
    """Write the notebook at `path` as HTML and PDF beside it; return the files' paths and what to warn of.

    allowed : the kinds of problems (`problems.CODES`) that only these warn of, all others stop; None for all

    Raises ReportError if neither file can be written; if only the PDF cannot be, that is a warning.
    """
    # The paper is written beside the page: most of the time it waits for pandoc and for the compiler.
    with Compiler() as compiler, ThreadPoolExecutor(1) as beside:
        nb = notebooks.read(path)
        notebooks.require_sound(nb)
        document = prepare.notebook(nb, path.stem, path.parent)
        if allowed is not None:
            problems.stop(document.problems, allowed)
        lenient = allowed is None
        paper = beside.submit(lambda: pdf.write(document, provenance.epoch(), compiler, faces_of_system=lenient))
        written, found, faults = {path.with_suffix(".html"): html.write(document).encode()}, document.problems, []
        try:
            content, more = paper.result()
            if allowed is not None:
                problems.stop(more, allowed)
            written[path.with_suffix(".pdf")] = content
            found = [*found, *more]
        except ReportError as error:
            if allowed is not None:
                raise
            faults = [str(error)]
    files.replace(written)
    return list(written), [*problems.warnings(found), *faults]
