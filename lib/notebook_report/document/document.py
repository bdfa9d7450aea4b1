"""The document that notebooks become: all its texts, figures and pictures, from which both writers start."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain, takewhile

from notebook_report.cells.outputs import Output
from notebook_report.cells.shown import Cell
from notebook_report.document.crossref import Numbers
from notebook_report.document.front import Front
from notebook_report.document.passage import Passage
from notebook_report.mathematics import Mathematics
from notebook_report.problems import Problem


@dataclass
class Part:
    """What a cell becomes: a text, or its caption and its outputs; HTML and Markdown among these are passages.

    numbered : the one of the outputs that the caption belongs to
    """

    cell: Cell
    prose: Passage | None = None
    caption: Passage | None = None
    outputs: Sequence[Output | Passage] = ()
    numbered: Output | Passage | None = None

    @property
    def flow(self) -> list[Output | Passage]:
        """The outputs in their order, without the notes to the one with a number."""
        return [output for output in self.outputs if output not in self.notes]

    @property
    def notes(self) -> list[Passage]:
        """The Markdown that follows the output with a number, and belongs to it."""
        if self.numbered is None:
            return []
        after = self.outputs[self.outputs.index(self.numbered) + 1 :]
        return list(takewhile(lambda one: isinstance(one, Passage) and one.kind == "output", after))  # type: ignore[arg-type]

    @property
    def passages(self) -> list[Passage]:
        """The texts of the part in reading order."""
        found = (self.prose, self.caption, *self.outputs)
        return [passage for passage in found if isinstance(passage, Passage)]


@dataclass(frozen=True)
class Entry:
    """An entry of the table of contents; its title is the heading's text without links, as it is itself a link."""

    level: int
    number: str
    id: str
    title: Passage


@dataclass(frozen=True)
class Asset:
    """A picture or a film: its media type and its content, the text of an SVG, of all others in base 64."""

    form: str
    content: str

    @property
    def is_film(self) -> bool:
        """Whether it plays, which paper cannot show."""
        return self.form.startswith("video/")


@dataclass
class Document:
    """A report, or a notebook that stands alone, ready to be written.

    works : the works cited, each with the id that citations link to
    assets : the pictures and films within texts, by the name that texts have for them
    code_language : that of the notebooks' code, as in "python"
    mathematics : the formulas of all texts
    numbers : those of sections, figures, tables and equations
    """

    front: Front
    abstract: Passage | None = None
    parts: list[Part] = field(default_factory=list)
    contents: list[Entry] = field(default_factory=list)
    works: list[tuple[str, Passage]] = field(default_factory=list)
    assets: dict[str, Asset] = field(default_factory=dict)
    code_language: str = "python"
    mathematics: Mathematics = field(default_factory=Mathematics)
    numbers: Numbers = field(default_factory=Numbers)
    problems: list[Problem] = field(default_factory=list)

    @property
    def texts(self) -> list[Passage]:
        """The abstract and the texts of the cells in reading order."""
        return [*([self.abstract] if self.abstract else []), *chain.from_iterable(part.passages for part in self.parts)]

    @property
    def passages(self) -> list[Passage]:
        """All texts, those of the table of contents and of the list of works as well."""
        return [*self.texts, *(entry.title for entry in self.contents), *(work for _, work in self.works)]

    @property
    def front_parts(self) -> list[Part]:
        """The parts that stand on the title page."""
        return [part for part in self.parts if part.cell.title_page]

    @property
    def body_parts(self) -> list[Part]:
        """All other parts."""
        return [part for part in self.parts if not part.cell.title_page]
