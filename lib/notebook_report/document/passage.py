"""A text of the report on its way from a notebook to a page."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from notebook_report.errors import Place
from notebook_report.reading.trees.pandoc_ast import Document


@dataclass(eq=False)
class Passage:
    """A text of the report: where it stands, what it is, its source, and the document that is read from it.

    `label` is that of the figure or table to which a caption belongs; `number` and `name` are what the caption then
    begins with, as in Figure 3. `attachments` are the pictures that a cell carries, and `tags` its tags.
    """

    place: Place | str
    kind: str  # prose, output, caption, title, html or work
    text: str = ""
    label: str = ""
    attachments: Mapping[str, Any] = field(default_factory=dict)
    tags: Collection[str] = ()
    number: str = ""
    name: str = ""
    document: Document = field(default_factory=dict)

    @property
    def is_flow(self) -> bool:
        """Whether it is made of blocks, and not words within a line of something else."""
        return self.kind not in ("caption", "title", "work")
