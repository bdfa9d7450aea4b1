"""The elements of cleaned HTML in the forms that both targets have: headings, lists, figures and tables."""

import re
from itertools import takewhile

from lxml import etree
from lxml.html import HtmlElement

from notebook_report.errors import Place
from notebook_report.problems import Outcome, Problem, excerpt
from notebook_report.reading.html import cell_colours
from notebook_report.reading.html.clean import BLOCKS, HEADINGS
from notebook_report.reading.words import marks

MOST_CELLS = 10_000  # of a table; each is measured on its own, which takes a quarter of a minute in all
MOST_TABLES = 7  # in one another
LARGEST_SPAN = 1000  # as browsers limit it
ROOM = "data-room"  # for a picture
KEPT = {ROOM, "href", "src", "alt", "title", "width", "height", "start", "colspan", "rowspan", "dir", "lang", "id"}
REMOTE = re.compile(r"(?:https?:)?//", re.IGNORECASE)
TASK = re.compile(r"\s*\[([ xX])\](?=\s)")
BOXES = {" ": "☐", "x": "☒"}
LANGUAGE = re.compile(r"(?:^|\s)(?:language|highlight|source)-(\S+)")
SIDE = re.compile(r"(?:^|;)\s*text-align:\s*(left|center|right)")
SIZE = re.compile(r"(?:^|;)\s*(width|height)\s*:\s*(\d{1,5}(?:\.\d{1,5})?)(px|%|em|rem|pt|cm|mm|in)\s*(?![^;])")
LARGE = re.compile(
    r"text-align:\s*center|font-size:\s*(?:(?:x+-)?large|(?:1[89]|[2-9]\d)p[xt]|(?:1[2-9]|[2-9]\d)\d%|(?:1\.[2-9]|[2-9])\d*r?em)"
)
ALERTS = {"alert", *(f"alert-{kind}" for kind in ("info", "success", "warning", "danger", "error", "block", "primary"))}
NAMED = {"a", "b", "i", "em", "strong", "u", "small", "sup", "sub", "mark", "li", "dt", "dd"}  # with an id of its own
LENGTHS = {"rem": "em"}  # for pandoc


def reshape(root: HtmlElement, place: Place | str) -> list[Problem]:
    """Change the tree in place; return what has been replaced."""
    problems = [*_flatten_tables(root, place), *_cut_tables(root, place)]
    for picture in list(root.iterchildren("img")):
        _stand_alone(picture)
    for picture in root.iter("img"):
        _note_room(picture)
    for figure in list(root.iter("figure", "details")):
        figure.tag = "div"
    for table in list(root.iter("table")):
        _open_banner(table)
    for box in list(root.iter("div")):
        _quote_alert(box)
    for listed in list(root.iter("ol", "ul")):
        _reshape_list(listed)
    for named in list(root.iter("dl")):
        _line_up_names(named)
    for summary in list(root.iter("summary")):
        summary.tag = "p"
        _make_bold(summary)
    for caption in list(root.iter("caption")):
        _move_caption(caption)
    for table in list(root.iter("table")):
        _name_head(table)
    for table in list(root.iter("table")):
        _name_groups(table)
    for block in list(root.iter("pre")):
        _reshape_listing(block)
    for table in list(root.iter("table")):
        _line_up_badges(table)
    for link in list(root.iter("a")):
        _drop_icons(link)
    for heading in list(root.iter(*HEADINGS)):
        _reshape_heading(heading)
    return problems


def _stand_alone(picture: HtmlElement) -> None:
    """Part a picture that is in no paragraph from the words after it, as Jupyter does."""
    if (picture.tail or "").strip():
        paragraph = etree.Element("p")
        picture.addprevious(paragraph)
        paragraph.tail, picture.tail = picture.tail, None
        paragraph.append(picture)


def _note_room(picture: HtmlElement) -> None:
    """Note how wide a picture without a size of its own may be in the boxes around it: it is no wider in Jupyter."""
    if not {"width", "height"}.isdisjoint(picture.attrib) or SIZE.search(picture.get("style") or ""):
        return
    share = 1.0
    for box in picture.iterancestors():
        if box.tag in ("td", "th"):  # whose width its words decide
            return
        sizes = SIZE.findall(box.get("style") or "") if box.tag in ("div", "p", "figure") else ()
        for number, unit in ((float(number), unit) for name, number, unit in sizes if name == "width"):
            if unit == "px" and number:
                picture.set(ROOM, f"{share * number:.5g}px")
                return
            share *= number / 100 if unit == "%" and number else 1
    if share < 1:
        picture.set(ROOM, f"{100 * share:.5g}%")


def _flatten_tables(root: HtmlElement, place: Place | str) -> list[Problem]:
    """Write tables that stand in too many others as words."""
    deep = [table for table in root.iter("table") if len(list(table.iterancestors("table"))) == MOST_TABLES]
    for table in deep:
        _say(table, " ".join(table.text_content().split()))
    message = f"more than {MOST_TABLES} tables stand in one another: the innermost are words."
    return [Problem(place, "tables-too-deep", message, excerpt(_words(deep[0])), Outcome.REPAIRED)] if deep else []


def _cut_tables(root: HtmlElement, place: Place | str) -> list[Problem]:
    """Put a sentence in the place of each table that has too many cells to be set."""
    problems = []
    for table in list(root.iter("table")):
        if (cells := _cells(table)) > MOST_CELLS:
            size = f"{cells:,} cells, {MOST_CELLS:,} at most"
            message = f"a table is too large for a report ({size}): show less of it."
            problems.append(Problem(place, "table-too-large", message, excerpt(_words(table)), Outcome.REPLACED))
            _say(table, f"(table of {cells:,} cells not shown)")
    return problems


def _cells(table: HtmlElement) -> int:
    """Return how many cells a table has, with those that fill up its rows and those of the tables in it."""
    return sum(_own_cells(inner) for inner in table.iter("table"))


def _own_cells(table: HtmlElement) -> int:
    """Return how many cells a table has when all rows are as wide as the widest, and spans as long as they say."""
    rows = [list(row.iterchildren("td", "th")) for row in table.xpath("tr | */tr")]
    area = sum(_span(cell, "rowspan") * _span(cell, "colspan") for cells in rows for cell in cells)
    widest = max((sum(_span(cell, "colspan") for cell in cells) for cells in rows), default=0)
    return max(area, len(rows) * max(1, widest))


def _span(cell: HtmlElement, name: str) -> int:
    """Return how many rows or columns a cell spans, and note it as a plain number."""
    number = re.match(r"\s*\+?0*(\d{1,6})", cell.get(name) or "1")
    span = min(max(int(number[1]) if number else 1, 1), LARGEST_SPAN)
    cell.set(name, str(span))
    return span


def _say(element: HtmlElement, words: str) -> None:
    """Turn an element into a paragraph of these words."""
    tail = element.tail
    element.clear()
    element.tag, element.text, element.tail = "p", words, tail


def _words(element: HtmlElement) -> str:
    return str(element.text_content())


def _open_banner(table: HtmlElement) -> None:
    """Set a table of one row with a heading, such as a logo beside a title, as text: its cells one below the other."""
    rows = table.xpath("./tr | ./*/tr")
    if len(rows) != 1 or not any(True for _ in table.iter(*HEADINGS)):
        return
    table.tag = "div"
    for cell in list(rows[0].iterchildren("td", "th")):
        cell.tag = "div"
    for part in table.xpath("./thead | ./tbody | ./tfoot | ./tr | ./*/tr"):
        part.drop_tag()


def _quote_alert(box: HtmlElement) -> None:
    """Set a box that Jupyter colours, a note or a warning, as a quotation, but for banners and boxes in others."""
    is_alert = not ALERTS.isdisjoint((box.get("class") or "").split())
    if is_alert and not _is_banner(box) and next(box.iterancestors("blockquote"), None) is None:
        box.tag = "blockquote"


def _is_banner(box: HtmlElement) -> bool:
    """Tell whether a box has no words, or a heading, or looks as titles do: large, in the middle or all bold."""
    words = _words(box).split()
    bold = " ".join(
        map(_words, box.xpath(".//*[self::b or self::strong][not(ancestor::b or ancestor::strong)]"))
    ).split()
    is_bold = bold == words and not " ".join(words).endswith((".", "!", ":"))
    is_large = LARGE.search(box.get("style") or "") is not None
    return is_bold or is_large or any(True for _ in box.iter(*HEADINGS))


def _reshape_list(listed: HtmlElement) -> None:
    """Write boxes of tasks as characters, and the vectors that R prints as a list on one line."""
    for item in listed.findall("li"):
        words = item if len(item) == 0 or (item.text or "").strip() or item[0].tag != "p" else item[0]
        if box := TASK.match(words.text or ""):
            words.text = BOXES[box[1].lower()] + words.text[box.end() :]
    if "list-inline" in (listed.get("class") or "").split():
        items = listed.findall("li")
        for item in items:
            item.tag, item.tail = "span", "\u00a0· " if item is not items[-1] else None
        listed.tag = "p"


def _line_up_names(listed: HtmlElement) -> None:
    """Write the named vectors that R prints as a list on one line."""
    if "dl-inline" not in (listed.get("class") or "").split():
        return
    for name, value in zip(listed.findall("dt"), listed.findall("dd"), strict=False):
        name.tag, name.tail = "span", ": "
        value.tag, value.tail = "span", "\u00a0· " if value.getnext() is not None else None
    listed.tag = "p"


def _move_caption(caption: HtmlElement) -> None:
    """Put the caption of a table before it: the PDF shows none of a table in the text."""
    table = next(caption.iterancestors("table"), None)
    if table is not None:
        words = etree.Element("div")
        table.addprevious(words)
        words.append(caption)
    caption.tag = "p"


def _name_head(table: HtmlElement) -> None:
    """Make the first rows of a table its head if all their cells are headers and it has none.

    The cell above those that name the rows may be an empty one of data, as statsmodels writes it.
    """
    body = table.find("tbody")
    if body is None or table.find("thead") is not None:
        return
    rows = list(takewhile(_is_head, body))
    if rows and len(rows) < len(body):
        head = etree.Element("thead")
        head.extend(rows)
        body.addprevious(head)


def _name_groups(table: HtmlElement) -> None:
    """Set rows of headers among those of data in bold, as browsers do: they name what is below them."""
    rows = table.xpath("./tr | ./tbody/tr")
    if any(row.find("td") is not None for row in rows):
        for row in rows:
            for cell in row if row.find("td") is None else ():
                _make_bold(cell)


def _make_bold(element: HtmlElement) -> None:
    """Set the words of an element in bold, unless it holds blocks."""
    if not _words(element).strip() or any(True for _ in element.iterdescendants(*BLOCKS, *HEADINGS)):
        return
    for bold in list(element.iterdescendants("b", "strong")):
        bold.drop_tag()
    bold = etree.Element("strong")
    bold.text, element.text = element.text, None
    bold.extend(list(element))
    element.append(bold)


def _is_head(row: HtmlElement) -> bool:
    """Tell whether all cells of a row are headers, but perhaps for an empty first one."""
    cells = [cell for i, cell in enumerate(row) if i or cell.tag == "th" or len(cell) or _words(cell).strip()]
    return bool(cells) and all(cell.tag == "th" for cell in cells)


def _reshape_listing(block: HtmlElement) -> None:
    """Give a listing the name of its language as class, and no other; an empty one, as rich writes them, is none."""
    classes = " ".join(element.get("class") or "" for element in block.iter("pre", "code", "div"))
    language = LANGUAGE.search(classes)
    block.attrib.pop("class", None)
    if language:
        block.set("data-language", language[1])
    if not _words(block).strip() and block.find(".//img") is None:
        block.drop_tree()


def _line_up_badges(table: HtmlElement) -> None:
    """Write a table that is a row of badges, which are pictures in links, as one line."""
    cells = list(table.iter("td", "th"))
    if len(list(table.iter("tr"))) != 1 or not all(map(_is_badge, cells)):
        return
    tail = table.tail
    table.clear()
    table.tag, table.tail = "p", tail
    for cell in cells:
        cell.tag, cell.tail = "span", " · " if cell is not cells[-1] else None
        table.append(cell)


def _is_badge(cell: HtmlElement) -> bool:
    link = cell.find("a")
    return link is not None and link.find(".//img") is not None and _words(cell).strip() == _words(link).strip()


def _drop_icons(link: HtmlElement) -> None:
    """Leave out pictures on the network, without words, that only adorn the words of a link."""
    if not _words(link).strip():
        return
    for image in list(link.iter("img")):
        if not (image.get("alt") or "").strip() and REMOTE.match(image.get("src") or ""):
            image.drop_tree()


def _reshape_heading(heading: HtmlElement) -> None:
    """Leave only words, formulas and links with words in a heading; an empty one is none."""
    for block in list(heading.iterdescendants(*BLOCKS, *HEADINGS)):
        block.tail = f" {block.tail or ''}"
        block.drop_tag()
    images = list(heading.iter("img"))
    described = " ".join(image.get("alt") or "" for image in images).strip()
    for image in images:
        image.drop_tree()
    for link in list(heading.iter("a")):
        if link.get("href") is not None and not _words(link).strip():
            link.drop_tree()
    if not _words(heading).strip():
        heading.text = f"{heading.text or ''}{described}"
    if not _words(heading).strip():
        heading.drop_tag()


def settle_attributes(root: HtmlElement) -> None:
    """Leave only the attributes that pandoc is to read, in place; direction and language stand on a `div` or `span`."""
    for element in list(root.iter()):
        style = element.get("style") or ""
        attributes = {name: value for name, value in element.attrib.items() if name in KEPT | {marks.NUMBER}}
        if direction := re.search(r"direction:\s*(rtl|ltr)", style):
            attributes["dir"] = direction[1]
        if "name" in element.attrib:
            attributes.setdefault("id", element.get("name"))
        side = SIDE.search(style) or re.match("(left|center|right)$", element.get("align") or "")
        if element.tag in ("thead", "tbody", "tfoot", "tr", "td", "th"):
            attributes.pop("id", None)
        if element.tag in ("td", "th"):
            attributes |= cell_colours.read(style)
            attributes |= {"style": f"text-align: {side[1]}"} if side else {}
        if element.tag == "img":
            attributes |= {name: number + LENGTHS.get(unit, unit) for name, number, unit in SIZE.findall(style)}
        if "data-language" in element.attrib:
            attributes["class"] = element.get("data-language")
        element.attrib.clear()
        element.attrib.update(attributes)
        if element.tag in BLOCKS | HEADINGS and element.tag != "div" and element is not root:
            _wrap(element)
        elif "id" in attributes and element.tag in NAMED:
            anchor = etree.Element("span", id=element.attrib.pop("id"))
            anchor.tail, element.text = element.text, None
            element.insert(0, anchor)


def _wrap(block: HtmlElement) -> None:
    """Move the direction, language and id of a block to a `div` around it."""
    moved = {name: block.attrib.pop(name) for name in ("dir", "lang", "id") if name in block.attrib}
    if moved:
        around = etree.Element("div", moved)
        block.addprevious(around)
        around.tail, block.tail = block.tail, None
        around.append(block)
