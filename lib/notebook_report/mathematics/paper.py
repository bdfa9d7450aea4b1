"""The tree of a formula, written as Typst's mathematics; the functions called here are in `style.typ`."""

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from xml.etree.ElementTree import Element

from notebook_report.mathematics import tree
from notebook_report.mathematics.colours import readable
from notebook_report.mathematics.tree import CLASS, Table, core, em, operator

CLASSES = {"ORD": "normal", "OP": "large", "BIN": "binary", "REL": "relation", "OPEN": "opening", "CLOSE": "closing"}
CLASSES |= {"PUNCT": "punctuation", "INNER": "normal"}
ACCENTS = dict.fromkeys("^ˆ", "hat") | dict.fromkeys("~˜", "tilde") | dict.fromkeys("¯‾―", "macron")
ACCENTS |= {
    "˙": "dot",
    "¨": "dot.double",
    "⃛": "dot.triple",
    "⃜": "dot.quad",
    "→": "arrow",
    "⃗": "arrow",
    "↔": "arrow.l.r",
}
ACCENTS |= {
    "←": "arrow.l",
    "ˇ": "caron",
    "˘": "breve",
    "´": "acute",
    "ˊ": "acute",
    "`": "grave",
    "ˋ": "grave",
    "˚": "circle",
}
OVER = dict.fromkeys("¯―‾", "overline") | {"⏞": "overbrace", "⏜": "overparen", "⎴": "overbracket"}
UNDER = dict.fromkeys("_¯―‾", "underline") | {"⏟": "underbrace", "⏝": "underparen", "⎵": "underbracket"}
STYLES = ("inline", "script", "sscript")
PRIMES = ("′", "″", "‴", "⁗")
PAPER = "#ffffff"
STROKES = {"left", "right", "top", "bottom"}


def string(text: str) -> str:
    """Return text as a string of Typst without a dollar or anything that could end it."""
    escaped = "".join(c if c not in '"\\$' and c.isprintable() else f"\\u{{{ord(c):x}}}" for c in text)
    return f'"{escaped}"'


def signs(text: str) -> str:
    """Return characters as themselves, whatever they mean to Typst."""
    return " ".join(c if c.isalnum() else f"\\u{{{ord(c):x}}}" for c in text if c not in tree.INVISIBLE)


def displayed(nodes: Sequence[Element]) -> str:
    """Return a formula on lines of its own as arguments of `displayed`: the pieces between which a line may end."""
    while len(nodes) == 1 and nodes[0].tag in ("mrow", "mstyle") and nodes[0].get("mathcolor") is None:
        nodes = list(nodes[0])
    pieces: list[list[Element]] = [[]]
    for child in nodes:
        if tree.kind(child) in ("REL", "BIN") and any(map(tree.shown, pieces[-1])):
            pieces.append([])
        pieces[-1].append(child)
    texts = [f"${text}$" for piece in pieces if (text := row(piece, 0))] or ['$""$']
    # Rows with tags reach from one side of the page to the other.
    return f"room => {texts[0]}" if len(texts) == 1 and "(room)" in texts[0] else ", ".join(texts)


def row(nodes: Sequence[Element], level: int) -> str:
    """Return what stands beside one another, in the size of a text (level 0) or of its scripts (1, 2)."""
    return joined(node(child, level) for child in nodes)


def joined(parts: Iterable[str]) -> str:
    """Return parts with a blank only where they would be one word: beside words and boxes, Typst shows it."""
    text = ""
    for part in filter(None, parts):
        text += f" {part}" if text[-1:].isalnum() and part[0].isalnum() else part
    return text


def group(nodes: Sequence[Element], level: int) -> str:
    """Return an argument of a function, which is never empty."""
    return row(nodes, level) or '""'


def node(element: Element, level: int) -> str:
    """Return one element, in its colour and with the spaces of its class around it."""
    text = WRITERS.get(element.tag, _inner)(element, level)
    if not text:
        return ""
    if element.text in PRIMES and level:
        # It is drawn small and high already.
        text = f"raised(#(-0.36em), {_sized(text, level - 1)})"
    if colour := element.get("mathcolor"):
        text = f'coloured("{readable(colour, PAPER)}", {text})'
    if colour := element.get("mathbackground"):
        text = f'backed("{colour}", {_sized(text, level)})'
    kind = element.get(CLASS, "")
    if kind == "OP" and element.tag in ("mrow", "mpadded", "mstyle"):
        return f"op({text}, limits: #true)"
    wraps = element.tag not in ("mo", "mrow", "mi") or kind in ("BIN", "REL", "PUNCT") or operator(element)
    return f'class("{CLASSES[kind]}", {text})' if kind in CLASSES and wraps and element.tag != "mo" else text


def _inner(element: Element, level: int) -> str:
    return row(list(element), level)


def _row(element: Element, level: int) -> str:
    """Write a row; if fences are around it, with these as high as what is between them."""
    nodes = list(element)
    if not nodes and element.get(CLASS) == "ORD":
        return '""'
    if len(nodes) < 2 or not (_grows(nodes[0], "OPEN") and _grows(nodes[-1], "CLOSE")):
        return row(nodes, level)
    left, right = (signs(operator(fence)) for fence in (nodes[0], nodes[-1]))
    between = [
        f"mid({signs(operator(child))})" if _closes(before) and operator(child) else node(child, level)
        for before, child in pairwise(nodes[:-1])
    ]
    inside = joined([left, *between, right])
    return f"lr({inside})" if left or right else inside


def _grows(element: Element, kind: str) -> bool:
    """Tell whether an element is a fence of this class that grows with what it is around."""
    inner = core(element)
    grows = inner.get("stretchy") != "false" and not inner.get("minsize")
    return inner.tag == "mo" and kind in (element.get(CLASS), inner.get(CLASS)) and grows


def _closes(element: Element) -> bool:
    """Tell whether an element is what MathJax puts before the fence of \\middle."""
    return element.tag == "mrow" and not len(element) and element.get(CLASS) == "CLOSE"


def _style(element: Element, level: int) -> str:
    size, display = element.get("scriptlevel"), element.get("displaystyle")
    deeper = min(2, int(size.lstrip("+")) if size and size.lstrip("+").isdigit() else level)
    text = row(list(element), deeper)
    if text and size and deeper:
        return f"{STYLES[deeper]}({text})"
    return f"{'display' if display == 'true' else 'inline'}({text})" if text and display else text


def _identifier(element: Element, level: int) -> str:
    text = element.text or ""
    if not text:
        return '""'
    if len(text) < 2:
        return f"upright({signs(text)})" if element.get("mathvariant") == "normal" else signs(text)
    if tree.is_function(element):
        return f"op({string(text)})"
    return f"upright({string(text)})"


def _number(element: Element, level: int) -> str:
    text = element.text or ""
    return text if text.isascii() and text.isdigit() else string(text) if text else ""


def _text(element: Element, level: int) -> str:
    return string(element.text.replace("\u00a0", " ")) if element.text else ""


def _operator(element: Element, level: int) -> str:
    text, kind = "".join(c for c in element.text or "" if c not in tree.INVISIBLE), element.get(CLASS)
    if not text:
        return ""
    if len(text) > 1 and text.replace("\u2006", "").isalpha():
        return f"op({string(text)}, limits: #{str(element.get('movablelimits') == 'true').lower()})"
    written = signs(text)
    if size := element.get("minsize"):
        written, kind = f"lr(size: #{em(size, 1)}em, {written})", kind or "ORD"
    elif element.get("stretchy") == "true" and text in "|‖":
        kind = kind or "ORD"
    if text == "/" or (text in "|‖" and element.get("stretchy") == "false"):
        kind = kind or "ORD"
    return f'class("{CLASSES[kind]}", {written})' if kind in CLASSES else written


def _space(element: Element, level: int) -> str:
    if element.get("linebreak") == "newline":
        return "\\ "
    width = em(element.get("width"))
    return f"#h({width:.4g}em)" if width else ""


def _padded(element: Element, level: int) -> str:
    text, width, raised = row(list(element), level), element.get("width", ""), em(element.get("voffset"))
    if text and width == "0" and not tree.shown(element):
        return '""'
    if text and width == "0":
        left = {"-1width": 100, "-.5width": 50}.get(element.get("lspace", ""), 0)
        return f"lapped(#{left}%, {_sized(text, level)})"
    if text and raised and not width.startswith("+"):  # an arrow's label stands apart from it anyway
        return f"raised(#({raised:.4g}em), {_sized(text, level)})"
    return text


def _sized(text: str, level: int) -> str:
    """Return what goes into a box, which knows nothing of the size around it."""
    return f"{STYLES[level]}({text})" if level else text


def _fraction(element: Element, level: int) -> str:
    above, below = (group([child], level) for child in element)
    if em(element.get("linethickness"), 1) == 0:
        return f"stacked({above}, {below})"
    return f"frac({above}, {below})"


def _scripts(element: Element, level: int) -> str:
    base, *scripts = element
    places = {"msub": "b", "msup": "t", "msubsup": "bt"}[element.tag]
    arguments = [
        f"{place}: {group([script], min(2, level + 1))}" for place, script in zip(places, scripts, strict=True)
    ]
    return f"attach(scripts({group([base], level)}), {', '.join(arguments)})"


def _limits(element: Element, level: int) -> str:
    base, *scripts = element
    places = {"munder": "b", "mover": "t", "munderover": "bt"}[element.tag]
    written, inner = group([base], level), core(base)
    if len(scripts) == 1 and (over := _over(element, places, operator(scripts[0]))):
        return f"{over[0]}({written}{over[1]})"
    if inner.tag == "mo" and inner.get("stretchy") != "false" and set(operator(inner)) & set("→←⟶⟵↔⇒⇐⇔⟹⇀↽⇌="):
        written = f"stretch({signs(operator(inner))}, size: #(100% + 1em))"
    movable = inner.tag == "mo" and inner.get("movablelimits", str(operator(inner) in tree.LIMITED).lower()) == "true"
    arguments = [
        f"{place}: {group([script], min(2, level + 1))}" for place, script in zip(places, scripts, strict=False)
    ]
    return f"attach(limits({written}, inline: #{str(not movable).lower()}), {', '.join(arguments)})"


def _over(element: Element, place: str, sign: str) -> tuple[str, str] | None:
    """Return Typst's function for a sign above or below, and its further arguments; None if the sign is no accent."""
    mark = core(element[1])
    narrow = mark.get("stretchy") == "false"
    if not narrow and sign in (UNDER if place == "b" else OVER):
        return (UNDER if place == "b" else OVER)[sign], ""
    if (
        place == "t"
        and sign in ACCENTS
        and (narrow or mark.get("accent") == "true" or sign not in "→←↔" or len(tree.shown(element[0])))
    ):
        return "accent", f", {ACCENTS[sign]}, size: #{0 if narrow else 100}%"
    return None


def _both_sides(element: Element, level: int) -> str:
    base, *scripts = element
    sides = {"": [], "l": []}
    side = ""
    for script in scripts:
        if script.tag == "mprescripts":
            side = "l"
        else:
            sides[side].append(row([script], min(2, level + 1)))
    names = {"": ("br", "tr"), "l": ("bl", "tl")}
    pairs = [(names[side][i % 2], text) for side, texts in sides.items() for i, text in enumerate(texts) if text]
    return f"attach({', '.join([group([base], level), *(f'{name}: {text}' for name, text in pairs)])})"


def _enclosure(element: Element, level: int) -> str:
    notation, text = set((element.get("notation") or "longdiv").split()), group(list(element), level)
    for name, arguments in (
        ("updiagonalstrike", ""),
        ("downdiagonalstrike", ", inverted: #true"),
        ("horizontalstrike", ", angle: #90deg"),
        ("verticalstrike", ", angle: #0deg"),
    ):
        text = f"cancel({text}{arguments})" if name in notation else text
    sides = STROKES if notation & {"box", "roundedbox", "circle"} else notation & STROKES
    if not sides:
        return f"sqrt({text})" if "radical" in notation else text
    radius = {"roundedbox": "4pt", "circle": "50%"}.get(next(iter(notation & {"roundedbox", "circle"}), ""), "0pt")
    return f"enclosed({_sized(text, level)}, {', '.join(map(string, sorted(sides)))}, radius: #{radius})"


def _table(element: Element, level: int) -> str:
    found = tree.table(element)
    level = max(level, int(element.get("data-mjx-smallmatrix") == "true"))
    style = "display" if found.display else STYLES[level]
    written = [[group(list(cell), level) for cell in line.cells] for line in found.rows]
    written = [[f"{style}({text})" if text != '""' else text for text in texts] for texts in written]
    if len(written) == 1 and len(written[0]) == 1 and not found.framed:
        return written[0][0]
    lines = [_cells(found, i, texts) for i, texts in enumerate(written)]
    ruled = found.framed or any((*found.rules[:-1], *found.rules_below[:-1]))
    lines = [f"{style}(#strut) {line}" for line in lines] if ruled else lines
    arguments = ["delim: #none", f"row-gap: #{0 if ruled else 0.2 + found.row_gap:.4g}em", "column-gap: #0em"]
    across = ", ".join(str(i + 1) for i, rule in enumerate(found.rules_below[:-1]) if rule)
    down = ", ".join(str(i + 1) for i, rule in enumerate(found.rules[:-1]) if rule)
    if across or down:
        arguments.append(f"augment: #(hline: ({across},), vline: ({down},), stroke: 0.5pt)".replace("(,)", "()"))
    text = f"mat({', '.join(arguments)}, {' ; '.join(lines)})"
    return f"enclosed({text}, {', '.join(map(string, sorted(STROKES)))}, inset: #0pt)" if found.framed else text


def _cells(found: Table, i: int, texts: Sequence[str]) -> str:
    """Return the cells of a row of Typst's: each with its gap, and with the point at which its column is aligned."""
    cells = []
    for j, text in enumerate(texts):
        edge = 0.4 if found.framed else 0
        gaps = [found.gaps[j - 1] / 2 if j else edge, found.gaps[j] / 2 if j < len(found.sides) - 1 else edge]
        before, after = (f"#h({gap:.4g}em)" if gap else "" for gap in gaps)
        cell, own = f"{before} {text} {after}", found.rows[i].cells[j].get("columnalign")
        if own:  # of multline, whose first line begins at the left and whose last ends at the right
            cells.append(f"{cell} #h(2 * (room))" if own == "left" else f"#h(2 * (room)) {cell}")
        else:
            cells.append({"right": f"{cell} &", "left": f"& {cell}"}.get(found.sides[j], cell))
    cells += ['""'] * (len(found.sides) - len(texts))
    tags = [line.tag for line in found.rows]
    if any(tag is not None for tag in tags):
        tag = tags[i]
        number = row(list(tag), 0) if tag is not None else '""'
        cells = ["#h((room))", *cells, f"#at-the-side((room), ${number}$)"]
    return ", ".join(cells)


WRITERS: dict[str, Callable[[Element, int], str]] = {
    "annotation": lambda element, level: "",
    "menclose": _enclosure,
    "mfrac": _fraction,
    "mi": _identifier,
    "mmultiscripts": _both_sides,
    "mn": _number,
    "mo": _operator,
    "mover": _limits,
    "mpadded": _padded,
    "mphantom": lambda element, level: f"hidden({_sized(group(list(element), level), level)})",
    "mroot": lambda element, level: f"root({group([element[1]], 2)}, {group([element[0]], level)})",
    "mrow": _row,
    "ms": _text,
    "mspace": _space,
    "msqrt": lambda element, level: f"sqrt({group(list(element), level)})",
    "mstyle": _style,
    "msub": _scripts,
    "msubsup": _scripts,
    "msup": _scripts,
    "mtable": _table,
    "mtext": _text,
    "munder": _limits,
    "munderover": _limits,
}
