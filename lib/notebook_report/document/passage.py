"""A text of the report on its way from a notebook to a page."""

from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Any

from notebook_report.errors import Place
from notebook_report.reading.pandoc_ast import Document


@dataclass
class Passage:
    """A text of the report: where it stands, what it is, and the mapping and key that hold it."""

    place: Place | str
    kind: str  # prose, output, caption, title, table or work
    holder: MutableMapping[str, Any]
    key: str
    label: str | None = None
    document: Document = field(default_factory=dict)
