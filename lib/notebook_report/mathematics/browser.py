"""The tree of a formula, written as MathML Core: what Chromium, Firefox and Safari set alike."""

from collections.abc import Callable, Iterable
from itertools import groupby
from xml.etree.ElementTree import Element, tostring

from notebook_report.mathematics import tree
from notebook_report.mathematics.colours import on_a_page, readable
from notebook_report.mathematics.tree import Table, core, em, operator

# The elements of a page, and the attributes that each may have beside its style; all others are rows.
FIXED = ("mfrac", "mmultiscripts", "mover", "mroot", "msub", "msubsup", "msup", "munder", "munderover")
KEPT: dict[str, tuple[str, ...]] = {
    **dict.fromkeys((*FIXED, "merror", "mi", "mn", "mphantom", "mprescripts", "ms", "msqrt", "mtext"), ()),
    "mfrac": ("linethickness",),
    "mo": ("maxsize", "minsize", "movablelimits", "stretchy", "symmetric"),
    "mstyle": ("displaystyle", "scriptlevel"),
}
SCRIPTS = ("msub", "msubsup", "msup")
HIGH = {*FIXED, "menclose", "mpadded", "msqrt", "mtable"} - {*SCRIPTS}
LARGE = set("∫∬∭∮∯∰∑∏∐⋀⋁⋂⋃⨀⨁⨂⨄⨆")
RULE = "1px solid"
# MathJax's: all rows of a table are at least as high as a line.
STRUT = {"width": "0em", "height": "0.75em", "depth": "0.25em"}
THICK = {"thickmathspace": 5 / 18}
LAPS = {"-1width": "-100%", "-.5width": "-50%"}
ARROWS = set("→←↔⇒⇐⇔⟶⟵⟹⟸=⇌↼⇀↽⇁")
# For a sign above or below, what is drawn where it is narrow, and where it spans its letters.
MARKS = {"^": "ˆ\u0302", "ˆ": "ˆ\u0302", "~": "˜˜", "˜": "˜˜", "¯": "¯‾", "―": "‾‾", "‾": "‾‾", "_": "__"}
MARKS |= {sign: sign * 2 for sign in "˙¨⃛⃜ˇ˘´ˊ`ˋ˚→⃗"}
STRIKES = {"updiagonalstrike": "to top left", "downdiagonalstrike": "to top right"}
STRIKES |= {"horizontalstrike": "to top", "verticalstrike": "to right"}
STRIKE = "linear-gradient({}, transparent calc(50% - 0.6px), currentColor 0 calc(50% + 0.6px), transparent 0)"


def write(nodes: Iterable[Element], tex: str, display: bool) -> str:
    """Return a formula for a page, with its TeX."""
    row = _lines(nodes) if display else _row(nodes)
    annotation = _element("annotation", (), encoding="application/x-tex")
    annotation.text = tex
    semantics = _element("semantics", [row[0] if len(row) == 1 else _element("mrow", row), annotation])
    if "width: 100%" in semantics[0].get("style", ""):
        semantics.set("style", "display: block; width: 100%")
    math = _element("math", [semantics], display="block" if display else "inline")
    return tostring(math, encoding="unicode", short_empty_elements=False)


def _element(name: str, children: Iterable[Element], **attributes: str) -> Element:
    element = Element(name, {key: value for key, value in attributes.items() if value})
    element.extend(children)
    return element


def _space(width: float) -> Element:
    """Return a space, or for one below zero what draws its neighbours together."""
    length = f"{width:.3g}em"
    return Element("mspace", {"width": length} if width >= 0 else {"style": f"margin-left: {length}"})


def _lines(nodes: Iterable[Element]) -> list[Element]:
    r"""Return a row, or a table of its lines where `\\` breaks it outside any environment: no browser would."""
    groups = groupby(nodes, key=lambda node: node.get("linebreak") == "newline")
    lines = [_row(group) for is_break, group in groups if not is_break]
    if len(lines) < 2:
        return [element for line in lines for element in line]
    rows = (_element("mtr", [_element("mtd", line)]) for line in lines)
    return [_element("mtable", rows, displaystyle="true")]


def _row(nodes: Iterable[Element]) -> list[Element]:
    """Return what stands beside one another, with TeX's spaces between."""
    row: list[Element] = []
    for node in nodes:
        if node.tag == "mo" and node.text in (*tree.INVISIBLE,):
            continue  # Firefox has a space for it
        element, space = _written(node), int(node.get("data-space", "0")) / 18
        if space and element.tag == "mo":
            element.set("lspace", f"{space:.3g}em")
        row += [_space(space), element] if space and element.tag != "mo" else [element]
    return row


def _written(node: Element) -> Element:
    """Return one element in its colour."""
    element = WRITERS.get(node.tag, _plain)(node)
    if background := node.get("mathbackground"):
        _add_style(element, f"background: {background}; color: {readable('#000000', background)}")
    if colour := node.get("mathcolor"):
        _add_style(element, f"color: {on_a_page(colour)}")
    return element


def _add_style(element: Element, style: str) -> None:
    element.set("style", "; ".join(filter(None, (element.get("style"), style))))


def _plain(node: Element) -> Element:
    """Return an element with what it may keep and with its parts, which are arguments or stand in a row."""
    name = node.tag if node.tag in KEPT else "mrow"
    parts = map(_written, node) if name in FIXED else _row(node)
    element = _element(name, parts, **{key: node.get(key, "") for key in KEPT.get(name, ())})
    element.text = node.text
    return element


def _fenced(node: Element) -> Element:
    r"""Return a row; fences around what is hardly higher than a letter are not stretched: Chromium sets them apart.

    A bracket with a size of its own, as `\Big(` has it, stands in a row by itself, and is stretched to that size.
    """
    element, is_high = _plain(node), any(map(_is_high, node.iter()))
    for fence in element.iterfind("mo"):
        if is_high or "minsize" in fence.attrib:
            _keep_clear(fence)
        else:
            fence.attrib.setdefault("stretchy", "false")
    return element


def _keep_clear(bar: Element) -> None:
    """Keep what follows clear of a stretched bar, which Chromium draws at the right edge of its room."""
    if bar.text in tree.BARS and bar.get("stretchy") != "false" and bar.get("rspace") == "0em":
        bar.set("rspace", "0.1em")


def _is_high(node: Element) -> bool:
    """Tell whether an element is higher than a letter with a script: an integral is, and what has two scripts."""
    if node.tag in SCRIPTS:
        return node.tag == "msubsup" or sum(inner.tag in SCRIPTS for inner in node.iter()) > 1
    return node.tag in HIGH or (node.tag == "mo" and node.text in LARGE)


def _operator(node: Element) -> Element:
    element = _plain(node)
    if node.get("minsize") and node.text in tree.BARS:
        element.set("stretchy", "true")  # which a bar alone in its row is not by itself
    if "data-class" in node.attrib:  # then MathJax has said where spaces stand
        asked = {side: node.get(side, "") for side in ("lspace", "rspace")}
        element.attrib |= {side: f"{em(length, THICK.get(length, 0)):.3g}em" for side, length in asked.items()}
    if node.get("minsize"):
        _keep_clear(element)
    if not (node.get("minsize") and set(node.text or "") & ARROWS):
        return element
    # A sign that is stretched over what stands below it is as wide as that.
    del element.attrib["minsize"]
    return _element("munder", [element, _space(em(node.get("minsize")))])


def _identifier(node: Element) -> Element:
    """Return a letter, or as words what is upright, around which Firefox would have spaces of its own."""
    element = _plain(node)
    element.tag = "mtext" if node.get("mathvariant") or len(node.text or "") > 1 else "mi"
    return element


def _padded(node: Element) -> Element:
    """Return padding as spaces; what overlaps its neighbours takes no room."""
    width, left, row = node.get("width", ""), node.get("lspace", ""), _row(node)
    if width == "0":
        lap = _element("mrow", row, style=f"transform: translateX({LAPS[left]})" if left in LAPS else "")
        return _element("mpadded", [lap], width="0em")
    if width.startswith(("+", "-")) or left:
        row = [_space(em(left)), *row, _space(em(width) - em(left))]
    flat = {name: "0" for name in ("height", "depth") if node.get(name) == "0"}
    return _element("mpadded", row, voffset=f"{em(node.get('voffset')):.3g}em" if node.get("voffset") else "", **flat)


def _accent(node: Element) -> Element:
    """Return what has a sign or words above or below, accents drawn with the characters that browsers do best."""
    element, sign = _plain(node), operator(node[1])
    if element[0].tag == "munder" and core(node[0]).get("minsize"):
        # An arrow as wide as its label or more.
        arrow, space = element[0]
        return _element("munderover", [arrow, *([space, element[1]] if node.tag == "mover" else [element[1], space])])
    if sign not in MARKS:
        return element
    mark, narrow = core(element[1]), core(node[1]).get("stretchy") == "false"
    mark.text = MARKS[sign][0 if narrow else 1]
    if node.tag == "mover":  # an arrow that is no accent is smaller
        element.set("accent", "false" if narrow and sign in "→⃗" else "true")
    if mark.text == "˜" and not narrow:  # Chromium stretches none
        wide = f"transform: scaleX({1.4 * max(1, len(tree.shown(node[0]))):.3g})"
        mark.attrib |= {"stretchy": "false", "style": wide}
    return element


def _enclosure(node: Element) -> Element:
    notation, element = set(node.get("notation", "").split()), _element("mrow", _row(node))
    if strikes := ", ".join(STRIKE.format(side) for name, side in STRIKES.items() if name in notation):
        _add_style(element, f"background: {strikes}; print-color-adjust: exact; padding: 0.1em 0.15em")
    for side in ("left", "right", "top", "bottom"):
        if notation & {side, *tree.BOXES}:
            _add_style(element, f"border-{side}: {RULE}; padding-{side}: 0.2em")
    return element


def _table(node: Element) -> Element:
    found = tree.table(node)
    tagged = any(row.tag is not None for row in found.rows)
    element = _element("mtable", (_cells(found, i, tagged) for i in range(len(found.rows))))
    # Firefox has gaps of its own, besides what the cells' style says.
    element.attrib |= {"rowspacing": "0em", "columnspacing": "0em"}
    if found.display or node.get("data-mjx-smallmatrix"):
        element.attrib |= {"displaystyle": "true"} if found.display else {"scriptlevel": "1"}
    if tagged or node.get("width") == "100%":
        _add_style(element, "width: 100%")
    if found.framed:
        _add_style(element, f"border: {RULE}")
    return element


def _cells(found: Table, i: int, tagged: bool) -> Element:
    """Return a row of a table, between two cells that fill the line if rows have tags."""
    row = found.rows[i]
    cells = [
        _element("mtd", [_element("mspace", (), **STRUT), *_row(cell)], style=_style(found, cell, i, j))
        for j, cell in enumerate(row.cells)
    ]
    if tagged:
        fill = "width: 50%; padding: 0"
        tag = _element("mtd", (), style=f"{fill}; {_side('right')}")
        if row.tag is not None:
            tag.extend(_row(row.tag))
            tag.attrib |= {"id": name} if (name := row.tag.get("id")) else {}
        missing = [Element("mtd") for _ in found.sides[len(cells) :]]
        cells = [_element("mtd", (), style=fill), *cells, *missing, tag]
    return _element("mtr", cells)


def _side(side: str) -> str:
    """Return which side the words of a cell stand on; Chromium knows a word of its own alone."""
    return f"text-align: {side}; text-align: -webkit-{side}"


def _style(found: Table, cell: Element, i: int, j: int) -> str:
    """Return the style of a cell: its side, half the gaps around it, and the rules beside and below it."""
    edge, upright = 0.3 * found.framed, max(0, found.row_gap / 2)
    above, below = upright * (i > 0 or found.ruled), upright * (i < len(found.rows) - 1 or found.ruled)
    left, right = found.gaps[j - 1] / 2 if j else edge, found.gaps[j] / 2 if j < len(found.sides) - 1 else edge
    parts = [_side(cell.get("columnalign", found.sides[j]))]
    parts += [f"padding: {above:.3g}em {right:.3g}em {below:.3g}em {left:.3g}em"]
    parts += [f"border-right: {RULE}"] * found.rules[j] + [f"border-bottom: {RULE}"] * found.rules_below[i]
    return "; ".join(parts)


def _script(node: Element) -> Element:
    """Return scripts; a prime is drawn small and high already, right beside the letter."""
    *rest, last = node
    if core(last).tag not in ("mi", "mo") or core(last).text not in tree.PRIMES:
        return _plain(node) if node.tag == "msup" else _indexed(node)
    primed = _element("mrow", [_written(rest[0]), _written(last)])
    return primed if len(rest) == 1 else _element("msub", [primed, _written(rest[1])])


def _indexed(node: Element) -> Element:
    """Return indices: those of letters stand on one line, below letters with a tail as well."""
    element, letter = _plain(node), core(node[0])
    if letter.tag == "mi" and len(letter.text or "") == 1:
        element[0] = _element("mpadded", [element[0]], depth="0em")
    return element


WRITERS: dict[str, Callable[[Element], Element]] = {
    "maction": lambda node: _written(node[0]),  # what is seen before anyone acts
    "menclose": _enclosure,
    "mi": _identifier,
    "mo": _operator,
    "mover": _accent,
    "mpadded": _padded,
    "mrow": _fenced,
    "mspace": lambda node: _space(em(node.get("width"))),
    "msub": _indexed,
    "msubsup": _script,
    "msup": _script,
    "mtable": _table,
    "munder": _accent,
}
