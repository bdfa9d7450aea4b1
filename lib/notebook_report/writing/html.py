"""The document as HTML: one file that fetches nothing."""

import base64
import hashlib
import html
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

import lxml.html

from notebook_report.cells import outputs
from notebook_report.document.document import Document, Entry
from notebook_report.document.passage import Passage
from notebook_report.reading.trees import pandoc, pandoc_ast
from notebook_report.reading.trees.pandoc_ast import Element
from notebook_report.writing import direction, highlight, webfonts
from notebook_report.writing.dates import long_date
from notebook_report.writing.highlight import coloured
from notebook_report.writing.tables import cell_colours, wide_prints
from notebook_report.writing.templates import FOLDER, fill

SVG_WIDTH = re.compile(r'<svg\b[^>]*?\swidth="([\d.]+)pt"')
PAPER_SIZE = 10.5  # of the words on paper, in points; a figure is drawn for words of this size
MOST_ROWS = 200
# A number with an exponent below zero, or a date.
HYPHENATED = re.compile(r"(?<![\d.-])-?[\d.]{1,24}+(?:[eE]?-\d{1,8}){1,4}(?!\.?\d|-)")
TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d[\d:.+-]*")
SIGNED = re.compile(r"-[^\W\d].{0,22}")  # a short name with a sign, such as "-log2(p)"
DASHES = re.compile(r"(-{2,3})")
MOST_WHOLE = 24  # letters of a word that is not broken at a hyphen
FITS = 12  # letters of a word in a title for which every page has room
NAMES = re.compile(r"(?<=[&/_-])(?=\w)|(?<=\.)(?=[^\W\d])|(?<=[a-z])(?=[A-Z])")  # where the parts of a longer one begin
WIDE = 8  # columns of a table that goes on beside the page
LONG = 30  # letters of a text that needs several lines where its column is narrow


def write(document: Document) -> str:
    """Return the document as one page of HTML with its typefaces, its figures and their numbers inside: no request."""
    style, script = ((FOLDER / name).read_text(encoding="utf-8") for name in ("style.css", "script.js"))
    texts, notes = _texts(document)
    page = fill(
        "page.html.j2",
        document=document,
        texts=texts,
        notes=notes,
        nested_contents=nest(document.contents),
        style=style,
        script=script,
        script_hash=digest(script),
        coloured=coloured,
        csv_uri=csv_uri,
        data_uri=data_uri,
        in_parts=in_parts,
        from_right=direction.from_right,
        scrolls=wide_prints.scrolls,
        long_date=long_date,
        numbers=numbers,
        pictures=outputs.FIGURES,
        printed=printed,
        width_in_rem=width_in_rem,
    )
    # The boxes of a task list are not for the reader to tick.
    return webfonts.embed(page.replace('<input type="checkbox"', '<input type="checkbox" disabled'))


def in_parts(title: str) -> str:
    """Return a title as HTML whose long words, such as names of files, may break where their parts begin."""
    kept = title.replace(" – ", "\u00a0– ").replace(" — ", "\u00a0— ")  # no line begins with a dash
    words = [NAMES.split(word) if len(word) > FITS else [word] for word in kept.split(" ")]
    shown = ["<wbr>".join(map(html.escape, parts)) for parts in words]
    shown = [f'<span class="parts">{word}</span>' if "<wbr>" in word else word for word in shown]
    return DASHES.sub(r'<span class="whole">\1</span>', " ".join(shown))


def printed(text: str) -> str:
    """Return what was printed as HTML, in which no long line breaks at a hyphen in a number or a date."""
    lines = html.escape(text).split("\n")
    is_long = [len(line) > wide_prints.COLUMN for line in text.split("\n")]
    whole = r'<span class="whole">\g<0></span>'
    return "\n".join(HYPHENATED.sub(whole, line) if long else line for line, long in zip(lines, is_long, strict=True))


def _signed(element: Element) -> list[Element] | None:
    """Return a name of a table within which no line ends, so that its sign stays with it; None for anything else."""
    if element["t"] != "Str" or not SIGNED.fullmatch(element["c"]):
        return None
    return [{"t": "Span", "c": [["", ["whole"], []], [element]]}]


def _texts(document: Document) -> tuple[dict[Passage, str], list[str]]:
    """Return the HTML of each passage, and that of all footnotes."""
    uris = {name: data_uri(asset.content, asset.form) for name, asset in document.assets.items()}

    def changed(element: Element) -> list[Element] | None:
        if element["t"] == "Image":
            attributes, alt, (name, title) = element["c"]
            if document.assets[name].is_film:
                size = "".join(f' {side}="{html.escape(length)}"' for side, length in attributes[2])
                return [{"t": "RawInline", "c": ["html", f'<video controls{size} src="{uris[name]}"></video>']}]
            return [{"t": "Image", "c": [attributes, alt, [uris[name], title]]}]
        if element["t"] == "Table":
            element = pandoc_ast.rewrite([element], _signed)[0]
        return cell_colours.as_html(element) or highlight.as_html(element) or [element]

    passages = document.passages
    asked = []
    for passage in passages:
        whole = document.mathematics.written(passage.document, "html", framed=passage.kind != "title")
        blocks = pandoc_ast.rewrite(whole["blocks"], changed)
        asked.append({**whole, "blocks": [*map(direction.for_html, blocks)] if passage.is_flow else blocks})
    written, notes = pandoc.write(asked, [passage.place for passage in passages], "html")
    texts = {passage: text.strip() for passage, text in zip(passages, written, strict=True)}
    for part in document.parts:
        for passage in part.passages:
            if passage.kind == "html":
                texts[passage] = finish_tables(texts[passage], part.caption.number if part.caption else "")
    return texts, notes


def finish_tables(text: str, number: str) -> str:
    """Return HTML whose tables have no header cell without words, which would be no header, and tell their number.

    A cell of one short word, such as a date, or of a date and a time, says so: a line would end at its hyphens. So does
    a long text in a table of many columns: each would be as narrow as its longest word.
    """
    whole = lxml.html.fragment_fromstring(text, create_parent=True)
    for cell in whole.iter("th", "td"):
        words = "".join(cell.itertext()).split()
        if not words:
            cell.tag = "td"
        elif (len(words) == 1 and "-" in words[0][1:] and len(words[0]) <= MOST_WHOLE) or TIME.fullmatch(
            " ".join(words)
        ):
            cell.set("class", f"{cell.get('class', '')} whole".strip())
        elif len(" ".join(words)) > LONG and len(cell.getparent()) >= WIDE:
            cell.set("class", f"{cell.get('class', '')} long".strip())
    for frame in whole.iterfind(".//div[@aria-label='Table']"):
        frame.set("aria-label", f"Table {number}".strip())
    inside = [lxml.html.tostring(child, encoding="unicode") for child in whole]
    return (html.escape(whole.text or "", quote=False) + "".join(inside)).strip()


def digest(script: str) -> str:
    """Return what a Content-Security-Policy calls a script by."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def data_uri(content: str, mimetype: str) -> str:
    """Return an image as a URI that holds it; SVG comes as text, everything else in base 64."""
    if mimetype == "image/svg+xml":
        # Escaped character by character, which takes less room than base 64.
        return f"data:{mimetype},{quote(content, safe=' =:/;,()-.')}"
    return f"data:{mimetype};base64,{''.join(content.split())}"


def width_in_rem(svg: str) -> float | None:
    """Return how wide a drawing is, measured by the size of words around it on paper; None if it is not for paper.

    One whose width is in pixels is as wide as it says.
    """
    found = SVG_WIDTH.search(svg)
    return round(float(found[1]) / PAPER_SIZE, 2) if found else None


def numbers(text: str) -> dict[str, Any]:
    """Return a figure's numbers, CSV with a line of names, as a dict: `names`, `rows`, as many as are shown, `n`.

    `wordy` tells of each column whether it holds anything but numbers.
    """
    names, *rows = outputs.rows(text) or [[]]
    longest = max(map(len, [names, *rows]))
    wordy = [not all(_is_number(row[i]) for row in rows if len(row) > i) for i in range(longest)]
    return {"names": names, "rows": rows[:MOST_ROWS], "n": len(rows), "wordy": wordy}


def _is_number(text: str) -> bool:
    """Tell whether a cell holds a number, or nothing."""
    try:
        return not text.strip() or float(text) is not None
    except ValueError:
        return False


def csv_uri(text: str) -> str:
    """Return CSV as a URI that holds it."""
    return f"data:text/csv;charset=utf-8,{quote(text, safe=',.:')}"


def nest(entries: Iterable[Entry]) -> list[tuple[Entry, list[Any]]]:
    """Return the flat table of contents as a tree: each entry with a list of those below it."""
    roots: list[tuple[Entry, list[Any]]] = []
    path: list[tuple[Entry, list[Any]]] = []
    for entry in entries:
        branch: tuple[Entry, list[Any]] = (entry, [])
        path = path[: entry.level - 1]
        (path[-1][1] if path else roots).append(branch)
        path.append(branch)
    return roots
