"""A text of the report on its way from a notebook to a page."""

from collections.abc import Collection, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from notebook_report.errors import Place
from notebook_report.reading.pandoc_ast import Document


@dataclass
class Passage:
    """A text of the report: where it stands, what it is, the mapping and key that hold it, and its cell's tags."""

    place: Place | str
    kind: str  # prose, output, caption, title, table or work
    holder: MutableMapping[str, Any]
    key: str
    label: str | None = None
    tags: Collection[str] = ()
    document: Document = field(default_factory=dict)
