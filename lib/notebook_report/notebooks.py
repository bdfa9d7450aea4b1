"""Notebook files: read, written whole, and cells that know where they come from."""

import os
import warnings
from pathlib import Path

import nbformat

from notebook_report.errors import Place, ReportError

ORIGIN = "report_origin"


def read(path):
    """Return the notebook at `path` in the current format. Raises ReportError if there is none."""
    try:
        with warnings.catch_warnings():
            # Older notebooks lack cell ids; reading gives them some.
            warnings.simplefilter("ignore")
            return nbformat.read(path, as_version=4)
    except FileNotFoundError as error:
        raise ReportError(f"the notebook {path} does not exist.") from error
    except (OSError, UnicodeDecodeError, nbformat.reader.NotJSONError, nbformat.ValidationError) as error:
        raise ReportError(f"{path} cannot be read as a notebook: {str(error).splitlines()[0]}") from error


def read_source(path):
    """Return the notebook at `path`, of which every cell knows where it stands. Raises ReportError."""
    nb = read(path)
    note_origins(nb, path)
    return nb


def write(nb, path):
    """Write the notebook to `path`, which never holds half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    nbformat.write(nb, part)
    os.replace(part, path)


def note_origins(nb, name):
    """Note in each cell's metadata which cell of which notebook it is, unless that is known."""
    for i, cell in enumerate(nb.cells, start=1):
        cell.metadata.setdefault(ORIGIN, {"notebook": Path(name).stem, "cell": i})


def place_of(cell):
    """Return the Place that `note_origins` has noted."""
    return Place(**cell.metadata[ORIGIN])
