"""The tree of a formula, written as MathML Core: what Chromium, Firefox and Safari set alike."""

from collections.abc import Callable, Sequence
from xml.etree.ElementTree import Element, tostring

from notebook_report.mathematics import tree
from notebook_report.mathematics.colours import on_a_page, readable
from notebook_report.mathematics.tree import CLASS, Table, core, em, kind, operator

# The attributes that an element of the page may have, beside its style.
KEPT = {
    "mi": {"mathvariant"},
    "mo": {"lspace", "maxsize", "minsize", "movablelimits", "rspace", "stretchy", "symmetric"},
    "mfrac": {"linethickness"},
    "mover": {"accent"},
    "mspace": {"depth", "height", "width"},
    "mstyle": {"displaystyle", "scriptlevel"},
    "mtable": {"displaystyle"},
    "munder": {"accentunder"},
}
# TeX's spaces between two classes of what stands side by side: none, thin, and those that scripts do not have, thin,
# medium and thick.
CLASSES = ("ORD", "OP", "BIN", "REL", "OPEN", "CLOSE", "PUNCT", "INNER")
BETWEEN = dict(
    zip(CLASSES, "01mk000t 110k000t mm00m00m kk00k00k 00000000 01mk000t tt0ttttt t1mkt0tt".split(), strict=True)
)
WIDTHS = {"0": 0, "1": 3 / 18, "t": 3 / 18, "m": 4 / 18, "k": 5 / 18}
# A sign that stands between two others stands before one after these, and after one before those.
UNARY_AFTER, UNARY_BEFORE = {"", "OP", "BIN", "REL", "OPEN", "PUNCT"}, {"", "REL", "CLOSE", "PUNCT"}
RULE = "1px solid"
SIDES, THICK = ("lspace", "rspace"), 5 / 18
ARROWS = set("→←↔⇒⇐⇔⟶⟵⟹⟸=⇌↼⇀↽⇁")
# For a sign above or below, what is drawn where it is narrow, and where it spans its letters.
MARKS = {"^": "ˆ\u0302", "ˆ": "ˆ\u0302", "~": "˜˜", "˜": "˜˜", "¯": "¯‾", "―": "‾‾", "‾": "‾‾", "_": "__"}
MARKS |= {sign: sign * 2 for sign in "˙¨⃛⃜ˇ˘´ˊ`ˋ˚→⃗"}
STRIKES = {"updiagonalstrike": "to top left", "downdiagonalstrike": "to top right"}
STRIKES |= {"horizontalstrike": "to top", "verticalstrike": "to right"}


def write(nodes: Sequence[Element], tex: str, display: bool) -> str:
    """Return a formula for a page, with its TeX."""
    math = Element("math", {"display": "block" if display else "inline"})
    annotation = Element("annotation", {"encoding": "application/x-tex"})
    annotation.text = tex
    semantics = Element("semantics")
    row = _row(nodes, False)
    if row and "width: 100%" in row[0].get("style", ""):
        semantics.set("style", "display: block; width: 100%")
    semantics.extend([row[0] if len(row) == 1 else _group("mrow", row), annotation])
    math.append(semantics)
    return tostring(math, encoding="unicode", short_empty_elements=False)


def _group(name: str, children: Sequence[Element], **attributes: str) -> Element:
    element = Element(name, attributes)
    element.extend(children)
    return element


def _space(width: float) -> Element:
    """Return a space, or for one below zero what draws its neighbours together."""
    length = f"{width:.3g}em"
    return Element("mspace", {"width": length} if width >= 0 else {"style": f"margin-left: {length}"})


def _row(nodes: Sequence[Element], script: bool) -> list[Element]:
    """Return what stands beside one another, with TeX's spaces between."""
    row: list[Element] = []
    before = ""
    for node, now in zip(nodes, _kinds(nodes), strict=True):
        element = _element(node, script)
        space = BETWEEN[before][CLASSES.index(now)] if before and now else "0"
        width = 0 if script and space in "tmk" else WIDTHS[space]
        if width and element.tag == "mo":
            element.set("lspace", f"{width:.3g}em")
        elif width and row and row[-1].tag == "mo":
            row[-1].set("rspace", f"{width:.3g}em")
        elif width:
            row.append(_space(width))
        row.append(element)
        before = now or before
    return row


def _kinds(nodes: Sequence[Element]) -> list[str]:
    """Return the class of each of a row's elements."""
    kinds = [kind(node) for node in nodes]
    before = ""
    for i, now in enumerate(kinds):
        after = next(filter(None, kinds[i + 1 :]), "")
        if now == "BIN" and (before in UNARY_AFTER or after in UNARY_BEFORE):
            kinds[i] = "ORD"
        before = kinds[i] or before
    return kinds


def _element(node: Element, script: bool) -> Element:
    """Return one element in its colour."""
    element = WRITERS.get(node.tag, _plain)(node, script)
    if background := node.get("mathbackground"):
        _add_style(element, f"background: {background}; color: {readable('#000000', background)}")
    if colour := node.get("mathcolor"):
        _add_style(element, f"color: {on_a_page(colour)}")
    return element


def _add_style(element: Element, style: str) -> None:
    element.set("style", "; ".join(filter(None, (element.get("style"), style))))


def _plain(node: Element, script: bool) -> Element:
    """Return an element with what it may keep, and its parts: a row, or the arguments of a function."""
    name = node.tag if node.tag in KEPT or node.tag in SCRIPTED or node.tag in SIMPLE else "mrow"
    element = Element(name, {key: value for key, value in node.items() if key in KEPT.get(name, ())})
    element.text = node.text
    if name in SCRIPTED or name in ("mfrac", "mroot"):
        element.extend([_element(child, script or (i > 0 and name != "mfrac")) for i, child in enumerate(node)])
    else:
        element.extend(_row(list(node), script))
    return element


SCRIPTED = {"msub", "msup", "msubsup", "munder", "mover", "munderover", "mmultiscripts"}
SIMPLE = {"merror", "mn", "mphantom", "mprescripts", "mroot", "ms", "msqrt", "mtext"}


def _identifier(node: Element, script: bool) -> Element:
    element = _plain(node, script)
    if len(node.text or "") != 1:
        element.attrib.pop("mathvariant", None)
    return element


def _operator(node: Element, script: bool) -> Element:
    element = _plain(node, script)
    spaces = {name: f"{em(node.get(name), THICK if 'thick' in node.get(name, '') else 0):.3g}em" for name in SIDES}
    element.attrib.update(
        {name: value.replace("0em", "0") if value == "0em" else value for name, value in spaces.items()}
    )
    if node.get("minsize") and set(node.text or "") & ARROWS:
        # A sign that is stretched over what it stands on is as wide as that.
        del element.attrib["minsize"]
        return _group("munder", [element, _space(em(node.get("minsize")))])
    return element


def _visible_space(node: Element, script: bool) -> Element:
    return _space(em(node.get("width")))


def _padded(node: Element, script: bool) -> Element:
    """Return padding as spaces, and what overlaps its neighbours with a margin below zero."""
    width, left, row = node.get("width", ""), node.get("lspace", ""), _row(list(node), script)
    if width == "0" and not tree.shown(node):
        return Element("mrow")
    if width == "0":
        drawn = 0.5 * len(tree.shown(node))
        lap = {"-1width": 1.0, "-.5width": 0.5}.get(left, 0.0)
        margins = f"margin-left: {-lap * drawn:.3g}em; margin-right: {(lap - 1) * drawn:.3g}em"
        return _group("mrow", row, style=margins)
    attributes = {name: "0" for name in ("height", "depth") if node.get(name) == "0"}
    if node.get("voffset"):
        attributes["voffset"] = f"{em(node.get('voffset')):.3g}em"
    if width.startswith(("+", "-")) or left:
        row = [_space(em(left)), *row, _space(em(width) - em(left))]
    return _group("mpadded", row, **attributes)


def _accent(node: Element, script: bool) -> Element:
    """Return what has a sign or words above or below, accents drawn with the characters that browsers do best."""
    element = _plain(node, script)
    if element[0].tag == "munder" and core(node[0]).get("minsize"):
        # An arrow as wide as its label or more.
        arrow, space = element[0]
        return _group("munderover", [arrow, *([space, element[1]] if node.tag == "mover" else [element[1], space])])
    mark = core(element[1])
    sign, narrow = operator(node[1]), mark.get("stretchy") == "false"
    if len(node) > 2 or sign not in MARKS:
        return element
    mark.text = MARKS[sign][0 if narrow else 1]
    if sign in "~˜" and not narrow:
        # Chromium stretches no tilde.
        mark.attrib |= {
            "stretchy": "false",
            "style": f"transform: scaleX({1.4 * max(1, len(tree.shown(node[0]))):.3g})",
        }
    elif narrow:
        element.set("accent", str(sign not in "→⃗").lower())
    return element


def _enclosure(node: Element, script: bool) -> Element:
    notation = set((node.get("notation") or "longdiv").split())
    element = _group("mrow", _row(list(node), script))
    lines = [
        f"linear-gradient({side}, transparent calc(50% - 0.6px), currentColor 0 calc(50% + 0.6px), transparent 0)"
        for name, side in STRIKES.items()
        if name in notation
    ]
    if lines:
        _add_style(element, f"background: {', '.join(lines)}; print-color-adjust: exact; padding: 0.1em 0.15em")
    sides = {"left", "right", "top", "bottom"}
    whole = notation & {"box", "roundedbox", "circle"}
    for side in sorted(sides if whole else notation & sides):
        _add_style(element, f"border-{side}: {RULE}; padding-{side}: 0.2em")
    if whole - {"box"}:
        _add_style(element, "border-radius: 1em")
    return element


def _table(node: Element, script: bool) -> Element:
    found = tree.table(node)
    labelled = any(line.tag is not None for line in found.rows)
    wide = labelled or node.get("width") == "100%"
    rows = []
    script = script or node.get("data-mjx-smallmatrix") == "true"
    for i, line in enumerate(found.rows):
        cells = [
            _group("mtd", _row(list(cell), script), style=_cell_style(found, cell, i, j))
            for j, cell in enumerate(line.cells)
        ]
        if labelled:
            tag = Element("mtd", {"style": f"width: 50%; padding: 0; {_side('right')}"})
            if line.tag is not None:
                tag.extend(_row(list(line.tag), False))
                tag.attrib.update({"id": line.tag.get("id", "")} if line.tag.get("id") else {})
            empty = Element("mtd", {"style": "width: 50%; padding: 0"})
            cells = [empty, *cells, *[Element("mtd")] * (len(found.sides) - len(cells)), tag]
        rows.append(_group("mtr", cells))
    table = _group("mtable", rows)
    table.attrib |= {"rowspacing": "0", "columnspacing": "0"}  # of Firefox, besides what the cells' style says
    if found.display:
        table.set("displaystyle", "true")
    if node.get("data-mjx-smallmatrix"):
        table.set("scriptlevel", "1")
    if wide:
        _add_style(table, "width: 100%")
    if found.framed:
        _add_style(table, f"border: {RULE}")
    return table


def _side(side: str) -> str:
    """Return which side the words of a cell stand on; Chromium knows a word of its own alone."""
    return f"text-align: {side}; text-align: -webkit-{side}"


def _cell_style(found: Table, cell: Element, i: int, j: int) -> str:
    """Return the style of a cell: its side, half the gaps around it, and the rules beside and below it."""
    last_row, last = len(found.rows) - 1, len(found.sides) - 1
    ruled = found.framed or any(found.rules_below[:-1]) or any(found.rules[:-1])
    left = found.gaps[j - 1] / 2 if j else 0.3 * found.framed
    right = found.gaps[j] / 2 if j < last else 0.3 * found.framed
    # TeX has a strut in each row.
    upright = found.row_gap / 2 + 0.15
    above, below = (upright if i or ruled else 0), (upright if i < last_row or ruled else 0)
    style = f"{_side(cell.get('columnalign') or found.sides[j])}; padding: {above:.3g}em {right:.3g}em {below:.3g}em {left:.3g}em"
    style += f"; border-right: {RULE}" if j < last and found.rules[j] else ""
    return style + (f"; border-bottom: {RULE}" if i < last_row and found.rules_below[i] else "")


def _script(node: Element, script: bool) -> Element:
    """Return scripts; a prime is drawn small and high already."""
    element = _plain(node, script)
    if operator(node[-1]) in ("′", "″", "‴", "⁗"):
        core(element[-1]).set("class", "prime")
    return element


WRITERS: dict[str, Callable[[Element, bool], Element]] = {
    "menclose": _enclosure,
    "mi": _identifier,
    "mo": _operator,
    "mover": _accent,
    "mpadded": _padded,
    "mspace": _visible_space,
    "msup": _script,
    "msubsup": _script,
    "mtable": _table,
    "munder": _accent,
}
