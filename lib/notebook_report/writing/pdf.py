"""The document as PDF: typeset by Typst, tagged for accessibility (PDF/UA-1) and for keeping (PDF/A-2a)."""

import base64
import re
from collections.abc import Iterable, Mapping
from itertools import pairwise

from notebook_report.cells import image_checks
from notebook_report.cells.outputs import FIGURES, PNG, SVG, Output
from notebook_report.document.document import Asset, Document, Part
from notebook_report.document.markdown_images import REMOTE_PICTURE, SUFFIXES
from notebook_report.document.passage import Passage
from notebook_report.mathematics.paper import BYTE_ORDER, string
from notebook_report.problems import Problem
from notebook_report.reading.trees import pandoc
from notebook_report.reading.trees.pandoc_ast import Document as Tree
from notebook_report.reading.trees.pandoc_ast import Element, elements, is_a, is_bold, plain, rewrite, words
from notebook_report.writing import direction
from notebook_report.writing.dates import long_date
from notebook_report.writing.pictures import opaque, svg
from notebook_report.writing.tables import cell_colours, wide_prints, wide_tables
from notebook_report.writing.templates import fill
from notebook_report.writing.typst.compiling import Compiler
from notebook_report.writing.typst.typesetting import typeset
from notebook_report.writing.typst.units import LISTS, Units, called, picture

LEAD = 200  # letters
LINE = 100  # letters
LABEL = 40  # letters
LONG = 26  # letters of a word, as addresses are
FEW_LINES = 400  # letters
ITEM = re.compile(r"[-–—•·*+◦▪]\s")  # how a paragraph begins that its author has written as one of a list
PART = 250  # letters of a text; `style.typ` and `convert.lua` keep to such a bound as well
# Where no two signs mean something together: before a letter of Chinese or Thai, or between two of English.
CUT = re.compile(r"[^\W\d_A-Za-z]|(?<=[0-9A-Za-z])[0-9A-Za-z]")
BYTE_ORDERS = re.compile(f"{BYTE_ORDER}|&#(?:x0*feff|0*65279);", re.IGNORECASE)
# Of a language that is written as in HTML: "en-GB", "zh-Hant-TW".
REGION = re.compile(r"[^-]+(?:-[a-z]{4})?-([a-z]{2})(?:-|$)", re.IGNORECASE)


def write(
    document: Document, timestamp: int, compiler: Compiler, faces_of_system: bool = False
) -> tuple[bytes, list[Problem]]:
    """Return the document as PDF, and what to warn of. It says that it was made at `timestamp`, in seconds since 1970.

    compiler : the process that sets it
    faces_of_system : whether signs that neither our typefaces nor those of the extra `letters` have may be set in
    typefaces of this computer

    What cannot be set is left out, with a line in its place and a problem. Raises ReportError if all is lost, or the
    PDF takes too long.
    """
    text, images, units = source(document)
    return typeset(text, images, units, timestamp, compiler, faces_of_system), units.problems


def source(document: Document) -> tuple[str, dict[str, bytes], Units]:
    """Return the document as Typst, its pictures by file name, and what the units of the source are."""
    shown = [output for part in document.parts for output in part.outputs]
    drawn = [output for output in shown if isinstance(output, Output) and output.form in FIGURES]
    figures = {output: f"figure-{i}{SUFFIXES[output.form]}" for i, output in enumerate(drawn, 1)}
    images = {name: _bytes(output.content, output.form) for output, name in figures.items()}
    pictures = {name: asset for name, asset in document.assets.items() if asset.form in FIGURES}
    images |= {name: _bytes(asset.content, asset.form) for name, asset in pictures.items()}
    units = Units()
    passages = document.passages
    may_turn = {text for part in document.body_parts if not part.caption for text in part.passages}
    before = _texts_before(document.body_parts)
    asked = [_for_paper(document, passage, units, passage in may_turn, before.get(passage)) for passage in passages]
    written, _ = pandoc.write(asked, [passage.place for passage in passages], "typst")
    texts = {passage: text.strip() for passage, text in zip(passages, written, strict=True)}
    functions = {"long_date": long_date, "region": region, "string": string, "unit": units.marked, "called": picture}
    functions |= {"from_right": direction.from_right, "printed": wide_prints.for_paper}
    return fill("paper.typ.j2", document=document, texts=texts, figures=figures, **functions), images, units


def _texts_before(parts: Iterable[Part]) -> dict[Passage, Element]:
    """Return the block with which the text before ends, for each text that follows one immediately."""
    shown = [part for part in parts if part.passages or part.outputs or part.cell.show_code]
    texts = [(before.prose, after.prose) for before, after in pairwise(shown)]
    return {
        after: before.document["blocks"][-1]
        for before, after in texts
        if before and after and before.document["blocks"]
    }


def _for_paper(document: Document, passage: Passage, units: Units, may_turn: bool, preceding: Element | None) -> Tree:
    """Return what pandoc is to write of a passage, a table of which may stand on a page that lies on its side.

    preceding : the block with which the text before ends
    """
    whole = document.mathematics.written(passage.document, "typst")
    blocks = rewrite(whole["blocks"], lambda element: _changed(element, document.assets))
    if not passage.is_flow:
        return {**whole, "blocks": units.inlines(blocks, passage.place)}
    shown = []
    for before, block, after in zip([preceding, *blocks], blocks, [*blocks[1:], None], strict=False):
        arranged, problem = wide_tables.arranged(block, passage.place, may_turn)
        units.problems += [problem] if problem else []
        has_pictures = is_a(block, "Table") and any(elements(block, "Image"))
        arranged = direction.within("beside-pictures", arranged) if has_pictures else arranged
        arranged = direction.within("from-right", arranged) if direction.runs_from_right(block) else arranged
        arranged = direction.within(look, arranged) if (look := _lines(block)) else arranged
        has_text = is_a(before, "Para") and not _ends_in_formula(before) and not _is_bold_line(before)
        continues = "true" if has_text else "false"
        if _is_bold_line(block) and not is_a(after, "Table"):  # above which it is a caption
            arranged = direction.within("bold-line", arranged)
        elif _leads(block) and is_a(after, "Table"):
            arranged = direction.within(f"lead(continues: {continues})", arranged)
        elif (after is None and passage.kind == "prose" and _is_label(block)) or (
            _announces(block) and (not is_a(after, "Para") or _is_formula(after) or _is_picture(after))
        ):
            arranged = direction.within(f"lead(continues: {continues}, below: between)", arranged)
        elif block["t"] == "Para" and (
            ITEM.match(plain(block)) or (passage.kind == "prose" and _stands_for_picture(block))
        ):
            arranged = direction.within("flush", arranged)
        elif passage.kind == "html" and block["t"] in ("Para", "Plain"):
            arranged = direction.within("apart", arranged)
        shown += units.block(arranged, passage.place, called(block))
    return {**whole, "blocks": shown}


def _lines(block: Element) -> str | None:
    """Return the function that sets a text whose lines end elsewhere than at the margin; None for any other."""
    has_wide = any(is_a(one, "Image") or len(one["c"]) > LONG for one in elements(block, "Image", "Str"))
    if block["t"] not in ("Para", "Plain"):
        return "ragged" if has_wide and block["t"] in (*LISTS, "BlockQuote") else None
    has_ends = any(elements(block["c"], "LineBreak"))
    if has_ends and max(map(len, _author_lines(block))) <= LINE:
        return "author-lines"
    if _is_picture(block):
        return "picture-first"
    if has_ends:
        return "author-lines" if has_wide else "long-author-lines"
    return "ragged" if has_wide else None


def _author_lines(block: Element) -> list[str]:
    """Return the words of the lines whose ends an author has set."""
    ended = rewrite([block], lambda element: [{"t": "Str", "c": "\n"}] if element["t"] == "LineBreak" else None)
    return plain(ended).split("\n")


def _leads(block: Element) -> bool:
    """Tell whether a block is a line or two, as a caption is, and what leads over to a table."""
    return block["t"] in ("Para", "Plain") and len(plain(block)) <= LEAD


def _announces(block: Element) -> bool:
    """Tell whether a block is a few lines that end in a colon, not in a formula, and so belong to what follows."""
    said = plain(block) if block["t"] == "Para" and not is_a(block["c"][-1], "RawInline") else ""
    return len(said) <= FEW_LINES and said.rstrip().endswith(":")


def _is_label(block: Element) -> bool:
    """Tell whether a block is a line that is no sentence, such as "Closed stations"."""
    said = plain(block).strip() if block["t"] == "Para" and not any(elements(block, "Image", "RawInline")) else ""
    return 0 < len(said) <= LABEL and said[-1].isalnum()


def _ends_in_formula(block: Element) -> bool:
    """Tell whether a text ends in a displayed formula, written for paper or not yet; its sentence may go on."""
    last = block["c"][-1]
    if last["t"] == "RawInline":
        return bool(last["c"][1].startswith("#displayed"))
    return any(formula["c"][0]["t"] == "DisplayMath" for formula in elements([last], "Math"))


def _is_formula(block: Element) -> bool:
    """Tell whether a paragraph begins with a displayed formula, written for paper or not yet."""
    return _ends_in_formula({**block, "c": block["c"][:1]})


def _is_picture(block: Element) -> bool:
    """Tell whether a paragraph begins with a picture."""
    return any(elements(block["c"][:1], "Image"))


def _stands_for_picture(block: Element) -> bool:
    """Tell whether a paragraph is nothing but a link in the place of a picture on the network."""
    return all(inline["t"] == "Link" and REMOTE_PICTURE in inline["c"][0][1] for inline in block["c"])


def _is_bold_line(block: Element) -> bool:
    """Tell whether a block is a line of bold words alone, which stands for a heading."""
    return block["t"] == "Para" and len(plain(block)) <= LINE and is_bold(block["c"])


def _changed(element: Element, assets: Mapping[str, Asset]) -> list[Element] | None:
    """Return what Typst needs for an element, None for what stays as it is."""
    if element["t"] == "Image":
        return _picture(element, assets[element["c"][2][0]])
    if element["t"] == "BlockQuote" and len(element["c"]) > 1 and _is_bold_line(element["c"][0]):
        title, *words = element["c"]
        return [{"t": "BlockQuote", "c": [*direction.within("bold-line", [title]), *words]}]
    if element["t"] == "Table":  # whose rows leave no room into which fractions may reach
        element = rewrite([element], _roomy)[0]
    element = wide_tables.without_empty_head((cell_colours.as_typst(element) or [element])[0])
    return wide_tables.apart(element) or direction.for_typst(element) or _in_parts(element)


def _picture(element: Element, asset: Asset) -> list[Element] | None:
    """Return a picture with its width if it has no size, the words that stand for a film, or None for any other."""
    if asset.is_film:
        return [{"t": "Emph", "c": words("(film: see the HTML page)")}]
    (name, classes, pairs), alt, source = element["c"]
    size = [(side, length) for side, length in pairs if length != "auto"]
    pixels = None if size or asset.form == SVG else image_checks.size(base64.b64decode(asset.content))
    if pixels is None:
        return None
    # As browsers have it, whatever the file says of dots in an inch.
    return [{"t": "Image", "c": [[name, classes, [["width", f"{pixels[0]}px"]]], alt, source]}]


def _roomy(element: Element) -> list[Element] | None:
    """Return a formula with a fraction as one that has the room that it needs; None for any other element."""
    if element["t"] != "RawInline" or not element["c"][1].startswith("#formula("):
        return None
    return [{"t": "RawInline", "c": ["typst", element["c"][1].replace("fraction: true, ", "high: true, ", 1)]}]


def _in_parts(element: Element) -> list[Element] | None:
    """Return a very long word, such as a text of Chinese, as several texts; None for what is short or no word.

    For a long word pandoc takes the square of its time, and Typst gives up if too much of it is shown in another way.
    """
    if element["t"] != "Str" or len(element["c"]) < 2 * PART:
        return None
    start, parts = 0, []
    for found in CUT.finditer(element["c"]):
        if found.start() - start >= PART:
            parts.append(element["c"][start : found.start()])
            start = found.start()
    parts.append(element["c"][start:])
    begin, end = ({"t": "RawInline", "c": ["typst", mark]} for mark in ("#own-text[", "];"))
    return [each for part in parts for each in (begin, {"t": "Str", "c": part}, end)]


def _bytes(content: str, form: str) -> bytes:
    """Return a picture's file: an SVG is text, all others are in base 64."""
    if form == SVG:
        return svg.for_typst(BYTE_ORDERS.sub("", content)).encode()
    picture = base64.b64decode(content)
    return opaque.on_white(picture) if form == PNG else picture


def region(language: str | None) -> str:
    """Return the region that the code of a language names as a string literal of Typst, or `none`."""
    found = REGION.match(language or "")
    return string(found[1]) if found else "none"
