"""The tree of a formula, written as Typst's mathematics; functions that Typst lacks are in `style.typ`."""

from collections.abc import Callable, Collection, Iterable
from itertools import pairwise
from xml.etree.ElementTree import Element

from notebook_report.mathematics import tree
from notebook_report.mathematics.colours import readable
from notebook_report.mathematics.tree import Table, core, em, operator

GROUND = "#ffffff"
CLASSES = {"ORD": "normal", "OP": "large", "BIN": "binary", "REL": "relation", "OPEN": "opening", "CLOSE": "closing"}
CLASSES |= {"PUNCT": "punctuation", "INNER": "normal"}
# Classes between which MathJax has a space, in a text, and Typst has none: points, and what tall brackets hold. Nor has
# Typst one between an operator such as "log" and tall brackets.
APART = {("PUNCT", "PUNCT"), *((kind, "INNER") for kind in ("ORD", "CLOSE", "INNER"))}
APART |= {("INNER", kind) for kind in ("ORD", "OPEN", "PUNCT")}
ACCENTS = {"hat": "^ˆ", "tilde": "~˜", "macron": "¯‾―", "dot": "˙", "dot.double": "¨", "dot.triple": "⃛", "dot.quad": "⃜"}
ACCENTS |= {"arrow": "→⃗", "arrow.l": "←", "arrow.l.r": "↔", "caron": "ˇ", "breve": "˘", "acute": "´ˊ", "grave": "`ˋ"}
ACCENTS |= {"circle": "˚"}
LINES = {"mover": {"overline": "¯―‾", "overbrace": "⏞", "overparen": "⏜", "overbracket": "⎴"}}
LINES |= {"munder": {"underline": "_¯―‾", "underbrace": "⏟", "underparen": "⏝", "underbracket": "⎵"}}
STYLES = ("inline", "script", "sscript")
HAIR = 0.05  # em; what is raised less, nobody sees, and Typst has spaces around what is raised
ROWS = ("mrow", "mstyle")
LIMITED = "∑∏∐⋀⋁⋂⋃⨀⨁⨂⨄⨆"  # their limits stand above and below in display style
STRETCHED = set("→←⟶⟵↔⇒⇐⇔⟹⟸⇀↽⇌=")
STRIKES = {"updiagonalstrike": "", "downdiagonalstrike": ", inverted: #true", "horizontalstrike": ", angle: #90deg"}
STRIKES |= {"verticalstrike": ", angle: #0deg"}
BYTE_ORDER = "\ufeff"  # the mark of a file: it shows nothing, and no PDF to keep may hold it
LONG = 40  # characters of a part of a fraction that may have several lines
WIDE = 120  # characters, more than a line has room for
SIDES = ("left", "right", "top", "bottom")


def string(text: str) -> str:
    """Return text as a string of Typst without a dollar or anything that could end it."""
    shown = text.replace(BYTE_ORDER, "")
    escaped = "".join(c if c not in '"\\$' and c.isprintable() else f"\\u{{{ord(c):x}}}" for c in shown)
    return f'"{escaped}"'


def signs(text: str) -> str:
    """Return characters as themselves, whatever they mean to Typst."""
    return joined(c if c.isalnum() else f"\\u{{{ord(c):x}}}" for c in text if c not in (*tree.INVISIBLE, BYTE_ORDER))


def displayed(nodes: Iterable[Element]) -> str:
    """Return a formula on lines of its own as arguments of `displayed`: the pieces between which a line may end."""
    nodes = [*nodes]
    while len(nodes) == 1 and nodes[0].tag in ROWS and not (nodes[0].get("mathcolor") or _fenced(nodes[0])):
        nodes = [*nodes[0]]
    texts = [f"${text}$" for piece in _pieces(nodes) if (text := row(piece, 0))] or ['$""$']
    # Rows with tags reach from one side of the page to the other.
    return f"room => {texts[0]}" if len(texts) == 1 and "(room)" in texts[0] else ", ".join(texts)


def is_wide(nodes: Iterable[Element]) -> bool:
    """Tell whether a formula has a piece between whose parts no line can end, and for which no line has room."""
    return any(sum(len(tree.shown(node)) for node in piece) > WIDE for piece in _pieces(nodes))


def _pieces(nodes: Iterable[Element]) -> list[list[Element]]:
    """Return nodes in pieces, each but the first of which begins with a relation or a sign between two terms."""
    pieces: list[list[Element]] = [[]]
    for child in nodes:
        if child.get("data-class") in ("REL", "BIN") and any(map(tree.shown, pieces[-1])):
            pieces.append([])
        pieces[-1].append(child)
    return pieces


def row(nodes: Iterable[Element], level: int, middle: Collection[Element] = ()) -> str:
    """Return what stands beside one another, in the size of a text (level 0) or of its scripts (1, 2).

    middle: fences among the nodes that are as high as what stands beside them
    """
    parts: list[str] = []
    spaces: list[float] = []
    before = ""
    for child in nodes:
        if _is_space(child):
            spaces.append(em(core(child).get("width")))
            continue
        # Beside a space of the author's, Typst has none of TeX's, and of two it may lose one.
        pair = (before, child.get("data-class", ""))
        if any(spaces) or pair in APART or (before == "OP" and _fenced(child)):
            parts.append(_spaced(*spaces, int(child.get("data-space", "0")) / 18))
        parts.append(f"mid({signs(operator(child))})" if child in middle else node(child, level))
        spaces = []
        before = child.get("data-class", "") if tree.shown(child).strip(tree.INVISIBLE) else before
    return joined([*parts, _spaced(*spaces)])


def _is_space(element: Element) -> bool:
    """Tell whether an element is a space within a line, and no rule, and nothing else."""
    if element.get("mathbackground") or element.get("linebreak") == "newline":
        return False
    return element.tag == "mspace" or (element.tag == "mstyle" and len(element) == 1 and _is_space(element[0]))


def _spaced(*widths: float) -> str:
    return f"#h({sum(widths):.4g}em)" if any(widths) else ""


def joined(parts: Iterable[str]) -> str:
    """Return parts, with an empty string between those that would be one word: beside words, Typst shows a blank."""
    text = ""
    for part in filter(None, parts):
        text += f'""{part}' if text[-1:].isalnum() and part[0].isalnum() else part
    return text


def group(nodes: Iterable[Element], level: int) -> str:
    """Return an argument of a function, which is never empty."""
    return row(nodes, level) or '""'


def node(element: Element, level: int) -> str:
    """Return one element, in its colour and with the spaces of its class around it."""
    text = WRITERS.get(element.tag, row)(element, level)
    if text and element.text in tree.PRIMES and level:  # drawn small and high already
        text = f"lowered(#0.36em, {_boxed(text, level - 1)})"
    if text and (colour := element.get("mathcolor")):
        text = f'coloured("{readable(colour, GROUND)}", {text})'
    if text and (colour := element.get("mathbackground")):
        text = f'backed("{colour}", {_boxed(text, level)})'
    kind = element.get("data-mjx-texclass", "")
    if text and kind == "OP" and element.tag == "mrow":
        return f"op({text}, limits: #true)"
    asked = kind in ("BIN", "REL", "PUNCT") or (kind in CLASSES and operator(element))
    return f'class("{CLASSES[kind]}", {text})' if text and asked and element.tag != "mo" else text


def _boxed(text: str, level: int) -> str:
    """Return what goes into a box, which knows nothing of the size around it."""
    return f"{STYLES[level]}({text})" if level else text


def _row(element: Element, level: int) -> str:
    """Write a row; if fences are around it, with these as high as what is between them."""
    nodes = [*element]
    if not nodes and element.get("data-mjx-texclass") == "ORD":
        return '""'
    if not _fenced(element):
        return row(nodes, level)
    # Before a fence in the middle, MathJax puts a closing row with nothing in it.
    middle = [
        child for before, child in pairwise(nodes[:-1]) if operator(child) and before.tag == "mrow" and not len(before)
    ]
    between = row(nodes[1:-1], level, middle)
    inside = joined([signs(operator(nodes[0])), between, signs(operator(nodes[-1]))])
    return f"lr({inside})" if operator(nodes[0]) + operator(nodes[-1]) else inside


def _fenced(element: Element) -> bool:
    return len(element) > 1 and _grows(element[0], "OPEN") and _grows(element[-1], "CLOSE")


def _grows(element: Element, kind: str) -> bool:
    """Tell whether an element is a fence of this class that grows with what it is around."""
    inner = core(element)
    grows = inner.get("stretchy") != "false" and not inner.get("minsize")
    # Pandoc names no class.
    known = inner.get("data-class", kind if inner.get("stretchy") == "true" else None)
    return inner.tag == "mo" and kind in (element.get("data-mjx-texclass"), known) and grows


def _style(element: Element, level: int) -> str:
    size, display = element.get("scriptlevel", "").lstrip("+"), element.get("displaystyle")
    deeper = min(2, int(size)) if size.isdigit() else level
    text = row(element, deeper)
    if size and deeper:
        return f"{STYLES[deeper]}({text})" if text else ""
    return f"{'display' if display == 'true' else 'inline'}({text})" if text and display else text


def _identifier(element: Element, level: int) -> str:
    text = element.text or ""
    if len(text) == 1:
        return f"upright({signs(text)})" if element.get("mathvariant") else signs(text)
    return f"op({string(text)})" if element.get("data-class") == "OP" else f"upright({string(text)})" if text else '""'


def _text(element: Element, level: int) -> str:
    text = (element.text or "").replace("\u00a0", " ")
    plain = element.tag == "mn" and text.isascii() and text.isdigit()
    return text if plain else string(text) if text else ""


def _operator(element: Element, level: int) -> str:
    text, kind = (element.text or "").strip(tree.INVISIBLE), element.get("data-class", "")
    if len(text) > 1 and text.replace("\u2006", "").isalpha():
        return f"op({string(text)}, limits: #{str(element.get('movablelimits') == 'true').lower()})"
    written = f"lr(size: #{em(size, 1):.4g}em, {signs(text)})" if (size := element.get("minsize")) else signs(text)
    return f'class("{CLASSES[kind]}", {written})' if text and kind in CLASSES else written


def _space(element: Element, level: int) -> str:
    return "\\ " if element.get("linebreak") == "newline" else _spaced(em(element.get("width")))


def _padded(element: Element, level: int) -> str:
    text, width, up = row(element, level), element.get("width", ""), em(element.get("voffset"))
    if text and width == "0":
        left = {"-1width": 100, "-.5width": 50}.get(element.get("lspace", ""), 0)
        return f"lapped(#{left}%, {_boxed(text, level)})" if tree.shown(element) else '""'
    # An arrow's label, which is padded, stands apart from it anyway.
    moved = text and abs(up) > HAIR and not width.startswith("+")
    return f"raised(#({up:.4g}em), {_boxed(text, level)})" if moved else text


def _fraction(element: Element, level: int) -> str:
    name = "stacked" if em(element.get("linethickness"), 1) == 0 else "frac"
    return f"{name}({_part(element[0], level)}, {_part(element[1], level)})"


def _part(element: Element, level: int) -> str:
    """Return a numerator or denominator, with marks where the lines of a long one may end."""
    if element.tag != "mrow" or element.get("mathcolor") or _fenced(element) or len(tree.shown(element)) < LONG:
        return group([element], level)
    return " #cut ".join(row(piece, level) for piece in _pieces(element))


def _attached(base: str, places: Iterable[str], scripts: Iterable[Element], level: int) -> str:
    """Return a base with what is attached at places such as "t", in the size of scripts."""
    written = (group([script], min(2, level + 1)) for script in scripts)
    return f"attach({', '.join([base, *(f'{place}: {text}' for place, text in zip(places, written, strict=False))])})"


def _scripts(element: Element, level: int) -> str:
    places = {"msub": "b", "msup": "t", "msubsup": "bt"}[element.tag]
    return _attached(f"scripts({group([element[0]], level)})", places, element[1:], level)


def _limits(element: Element, level: int) -> str:
    written, inner, mark = group([element[0]], level), core(element[0]), core(element[1])
    sign, narrow = operator(mark), mark.get("stretchy") == "false"
    for name, known in LINES.get(element.tag, {}).items():
        if sign and sign in known and not narrow:
            return f"{name}({written})"
    for name, known in ACCENTS.items():
        if element.tag == "mover" and sign and sign in known:
            # As wide as its letters: Typst takes an arrow that is narrower by half an em for wide enough.
            size = "0%" if narrow else "(100% + 0.2em)" if name.startswith("arrow") else "100%"
            return f"accent({written}, {name}, size: #{size})"
    if inner.get("stretchy") != "false" and set(operator(inner)) & STRETCHED:
        written = f"stretch({signs(operator(inner))}, size: #(100% + 1em))"
    fixed = inner.get("movablelimits", str(operator(inner) in LIMITED and bool(operator(inner))).lower()) != "true"
    places = {"munder": "b", "mover": "t", "munderover": "bt"}[element.tag]
    return _attached(f"limits({written}, inline: #{str(fixed).lower()})", places, element[1:], level)


def _both_sides(element: Element, level: int) -> str:
    names = [*(script.tag for script in element), "mprescripts"]
    before = names.index("mprescripts")
    places = [*["", *(("br", "tr") * before)][:before], "", *(("bl", "tl") * len(names))]
    there = [(place, script) for place, script in zip(places, element, strict=False) if place and tree.shown(script)]
    return _attached(group([element[0]], level), [place for place, _ in there], [script for _, script in there], level)


def _enclosure(element: Element, level: int) -> str:
    notation, text = set(element.get("notation", "").split()), group(element, level)
    for name in STRIKES.keys() & notation:
        text = f"cancel({text}{STRIKES[name]})"
    sides = [string(side) for side in SIDES if notation & {side, *tree.BOXES}]
    return f"enclosed({_boxed(text, level)}, {', '.join(sides)})" if sides else text


def _table(element: Element, level: int) -> str:
    found = tree.table(element)
    style = "display" if found.display else STYLES[max(level, int("data-mjx-smallmatrix" in element.attrib))]
    strut = f"{style}(#strut) " if found.ruled else ""
    lines = [strut + _cells(found, i, style, level) for i in range(len(found.rows))]
    if not lines or (len(lines) == len(found.sides) == 1 and not found.framed and "room" not in lines[0]):
        return lines[0] if lines else '""'
    gaps = f"row-gap: #{0 if found.ruled else 0.2 + found.row_gap:.4g}em, column-gap: #0em"
    across, down = (
        "".join(f"{i + 1}," for i, rule in enumerate(rules) if rule) for rules in (found.rules_below, found.rules)
    )
    augment = f"augment: #(hline: ({across}), vline: ({down}), stroke: 0.5pt), " if across or down else ""
    text = f"mat(delim: #none, {augment}{gaps}, {' ; '.join(lines)})"
    return f"enclosed({text}, {', '.join(map(string, SIDES))}, inset: #0pt)" if found.framed else text


def _cells(found: Table, i: int, style: str, level: int) -> str:
    """Return a row of a table: each cell with its gaps, and with the point at which its column is aligned."""
    cells, edge = [], 0.4 * found.framed
    for j, cell in enumerate(found.rows[i].cells):
        left, right = found.gaps[j - 1] / 2 if j else edge, found.gaps[j] / 2 if j < len(found.sides) - 1 else edge
        before, after = (f"#h({gap:.4g}em)" if gap else "" for gap in (left, right))
        text = f"{style}({text})" if (text := row(cell, level)) else ""
        text = f"padded({text})" if text and found.ruled else text
        text = f"{before}{text}{after}" if text else '""'
        # The first line of multline begins at the left, the last one ends at the right.
        own = {"left": f"{text} #h(2 * (room))", "right": f"#h(2 * (room)) {text}"}.get(cell.get("columnalign", ""))
        cells.append(own or {"right": f"{text} &", "left": f"& {text}"}.get(found.sides[j], text))
    cells += ['""'] * (len(found.sides) - len(cells))
    if any(line.tag is not None for line in found.rows):
        tag = found.rows[i].tag
        cells = ["#h((room))", *cells, f"#at-the-side((room), ${group(tag if tag is not None else (), 0)}$)"]
    return ", ".join(cells)


WRITERS: dict[str, Callable[[Element, int], str]] = {
    "annotation": lambda element, level: "",
    "maction": lambda element, level: node(element[0], level),
    "menclose": _enclosure,
    "mfrac": _fraction,
    "mi": _identifier,
    "mmultiscripts": _both_sides,
    "mo": _operator,
    "mpadded": _padded,
    "mphantom": lambda element, level: f"hidden({_boxed(group(element, level), level)})",
    "mroot": lambda element, level: f"root({group([element[1]], 2)}, {group([element[0]], level)})",
    "mrow": _row,
    "mspace": _space,
    "msqrt": lambda element, level: f"sqrt({group(element, level)})",
    "mstyle": _style,
    "mtable": _table,
    **dict.fromkeys(("mn", "ms", "mtext"), _text),
    **dict.fromkeys(("msub", "msup", "msubsup"), _scripts),
    **dict.fromkeys(("munder", "mover", "munderover"), _limits),
}
