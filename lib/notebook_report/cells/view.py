"""What a document shows of its cells, where they say nothing of it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class View:
    """What is shown of cells.

    code : code in its place; otherwise HTML has it folded away
    inputs, outputs, texts : whether there is any code, output, Markdown
    log : standard error and progress
    lines : the most of a printed text, None for all
    """

    code: bool = False
    inputs: bool = True
    outputs: bool = True
    texts: bool = True
    log: bool = False
    lines: int | None = None


REPORT = View()
NOTEBOOK = View(code=True, log=True, lines=200)
