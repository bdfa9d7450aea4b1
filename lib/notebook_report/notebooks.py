"""Notebook files: read, written whole, and cells that know where they come from."""

import contextlib
import copy
import json
import re
import warnings
from pathlib import Path
from typing import Any, TextIO

import nbformat
from nbformat import NotebookNode

from notebook_report.errors import Place, ReportError
from notebook_report.problems import Outcome, Problem
from notebook_report.system import files

ORIGIN = "report_origin"
HALF = re.compile("[\ud800-\udfff]")


def read(path: Path) -> NotebookNode:
    """Return the notebook at `path` in the current format. Raises ReportError if there is none."""
    try:
        with open(path, encoding="utf-8") as file:
            return read_open(file)
    except FileNotFoundError as error:
        raise ReportError(f"the notebook {path} does not exist.") from error
    except (OSError, ValueError) as error:
        raise ReportError(f"{path} cannot be read as a notebook: {error}.") from error


def read_open(file: TextIO) -> NotebookNode:
    """Return the notebook that an open file holds in the current format. Raises ReportError if it holds none."""
    name = getattr(file, "name", "what was given")
    try:
        text = file.read().removeprefix("\ufeff")  # with which some editors begin a file
        with warnings.catch_warnings():
            # Older notebooks lack cell ids; reading gives them some.
            warnings.simplefilter("ignore")
            plain = nbformat.reader.parse_json(text)
            if plain.get("nbformat") == 4:
                _complete(plain)
                text = json.dumps(plain)
            nb: NotebookNode = nbformat.convert(nbformat.reader.reads(text), 4)
            with contextlib.suppress(nbformat.ValidationError):  # what `require_sound` will say
                nbformat.validate(nb)
            return nb
    except (OSError, UnicodeDecodeError, nbformat.reader.NotJSONError, nbformat.ValidationError) as error:
        raise ReportError(f"{name} cannot be read as a notebook: {str(error).splitlines()[0]}") from error
    except Exception as error:
        # At what is far from a notebook, nbformat fails in many ways that it does not name.
        raise ReportError(f"{name} cannot be read as a notebook: it is not of Jupyter's format.") from error


def _complete(nb: dict[str, Any]) -> None:
    """Add what the format demands and other programs than Jupyter leave out, in place."""
    for cell in nb.get("cells", []):
        cell.setdefault("metadata", {})
        if cell.get("cell_type") == "code":
            cell.setdefault("outputs", [])
            cell.setdefault("execution_count", None)
            for output in cell["outputs"]:
                if output.get("output_type") in ("display_data", "execute_result"):
                    output.setdefault("metadata", {})
                if output.get("output_type") == "execute_result":
                    output.setdefault("execution_count", None)


def read_source(path: Path) -> NotebookNode:
    """Return the notebook at `path`, of which every cell knows where it stands. Raises ReportError."""
    nb = read(path)
    note_origins(nb, path.stem)
    return nb


def write(nb: NotebookNode, path: Path) -> None:
    """Write the notebook to `path`, whole or not at all. Raises ReportError."""
    text = nbformat.writes(nb)
    files.replace({path: f"{text}\n".encode()})


def note_origins(nb: NotebookNode, name: str) -> None:
    """Note in each cell's metadata which cell of the notebook called `name`.ipynb it is, unless that is known."""
    name = " ".join(name.split())
    for i, cell in enumerate(nb.cells, start=1):
        if not _is_origin(cell.metadata.get(ORIGIN)):
            cell.metadata[ORIGIN] = {"notebook": name, "cell": i}


def _is_origin(noted: object) -> bool:
    """Tell whether this is what `note_origins` notes; anyone could have written the notebook."""
    if not isinstance(noted, dict) or set(noted) != {"notebook", "cell"}:
        return False
    return isinstance(noted["notebook"], str) and noted["notebook"].isprintable() and type(noted["cell"]) is int


def require_sound(nb: NotebookNode) -> None:
    """Raise ReportError if the notebook is not of the form that its format demands."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            nbformat.validate(copy.deepcopy(nb), relax_add_props=True)
    except nbformat.ValidationError as error:
        raise ReportError(f"the notebook is not of Jupyter's format: {str(error).splitlines()[0]}.") from error
    except Exception as error:
        # At what is far from a notebook, nbformat fails in many ways that it does not name.
        raise ReportError("the notebook is not of Jupyter's format: save it in Jupyter again.") from error


def without_half_characters(nb: NotebookNode) -> tuple[NotebookNode, list[Problem]]:
    """Return the notebook with whole characters only, others replaced, and the cells that had others."""
    problems, cells = [], []
    for cell in nb.cells:
        text = json.dumps(cell, ensure_ascii=False)
        if half := HALF.search(text):
            sentence = f"it holds U+{ord(half[0]):04X}, half a character that no file can hold: remove it."
            problems.append(Problem(place_of(cell), "character-invalid", sentence, "", Outcome.REPLACED))
            cell = nbformat.from_dict(json.loads(HALF.sub("\ufffd", text)))
        cells.append(cell)
    metadata = json.loads(HALF.sub("\ufffd", json.dumps(nb.metadata, ensure_ascii=False)))
    return nbformat.from_dict({**nb, "metadata": metadata, "cells": cells}), problems


def place_of(cell: NotebookNode) -> Place:
    """Return the Place that `note_origins` has noted."""
    return Place(**cell.metadata[ORIGIN])
