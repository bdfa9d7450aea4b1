"""Write the numbers of the last run into the words of links, in the notebooks themselves: values, and references.

Nothing else in their files changes.
"""

import itertools
import json
import re
from collections.abc import Callable
from pathlib import Path

from notebook_report.document.address import split
from notebook_report.document.crossref import Numbers, find_number
from notebook_report.document.values import Values, find
from notebook_report.errors import Place, ReportError
from notebook_report.system import files

# Code, in which a link is none, or a link.
LINK = re.compile(
    r"(?P<ticks>(?<!`)`+(?!`)).*?(?<!`)(?P=ticks)(?!`)|(?<!!)\[(?P<words>[^\[\]]+)\]\((?P<address>[^()\s]+)\)",
    re.DOTALL,
)


def notebook(path: Path, numbers: Numbers, values: Values) -> bool:
    """Renew the words of links in the notebook at `path`; tell whether the file has changed. Raises ReportError."""
    text = path.read_text(encoding="utf-8")
    content = json.loads(text)
    write = _form(content, text, path)
    for cell in content["cells"]:
        lines = cell["source"]
        new = renewed("".join(lines), path.stem, numbers, values)
        cell["source"] = new.splitlines(keepends=True) if isinstance(lines, list) else new
    if write(content) == text:
        return False
    files.replace({path: write(content).encode()})
    return True


def renewed(source: str, name: str, numbers: Numbers, values: Values) -> str:
    """Return the source of a cell of the notebook `name`, with the words of its links as they are to be."""

    def link(found: re.Match[str]) -> str:
        words, address = found["words"], found["address"]
        new = words and _words(words, address, name, numbers, values)
        return f"[{new}]({address})" if new else found[0]

    return LINK.sub(link, source)


def _words(words: str, address: str, name: str, numbers: Numbers, values: Values) -> str:
    """Return the words that a link to `address` is to have."""
    place = Place(name, 0)
    inside = split(address, place)
    if inside is None:
        return words
    if text := find(*inside, values):
        return words if words.split() == text.split() else text
    target, named = numbers.find(address, place), find_number(words)
    if not target or not named or not target.number:
        return words
    return words[: named.start("number")] + target.number + words[named.end("number") :]


def _form(content: object, text: str, path: Path) -> Callable[[object], str]:
    """Return what writes a notebook's content as its file has it. Raises ReportError for a file that nothing wrote."""
    for indent, ascii_only, end in itertools.product((1, 2, 4, None), (False, True), ("\n", "")):

        def write(content: object, indent: int | None = indent, ascii_only: bool = ascii_only, end: str = end) -> str:
            return json.dumps(content, indent=indent, ensure_ascii=ascii_only) + end

        if write(content) == text:
            return write
    raise ReportError(f"{path} is not written as Jupyter writes notebooks: save it in Jupyter once.")
