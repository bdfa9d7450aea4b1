"""Several executed notebooks as one, in order."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from notebook_report import notebooks


def merge(paths: Iterable[Path], front: Mapping[str, Any] | None = None) -> NotebookNode:
    """Return one notebook node that holds the cells of the notebooks at `paths`; every cell remembers its origin.

    front: what stands before the first section, kept in the metadata as `report_front`: a dict with title, subtitle,
    authors (list), language, date (ISO), abstract (Markdown), facts (pairs of name and value); all may be missing.
    """
    merged: NotebookNode = nbformat.v4.new_notebook()
    for k, path in enumerate(paths, start=1):
        nb = notebooks.read(path)
        notebooks.note_origins(nb, path)
        for i, cell in enumerate(nb.cells, start=1):
            cell["id"] = f"{k}-{i}"  # ids are unique within a notebook only
            merged.cells.append(cell)
        if "language_info" in nb.metadata:
            merged.metadata.setdefault("language_info", nb.metadata.language_info)
    merged.metadata["report_front"] = front or {}
    return merged
