"""What may stand in the text: the checks on a parsed document, and formulas in the one form that is written."""

import re

from notebook_report.errors import NotebookError, Place
from notebook_report.reading import pandoc_ast
from notebook_report.reading.pandoc_ast import Document, Element, Node

ENVIRONMENT = re.compile(r"\s*\\begin\{(align|equation|gather|multline)(\*?)\}(.*)\\end\{\1\2\}\s*", re.DOTALL)
COMMENT = re.compile(r"\s*(<!--.*?-->\s*)+", re.DOTALL)
LABEL = re.compile(r"\s*\\label\s*\{([\w.:-]+)\}", re.ASCII)
# Pandoc reads these without a warning, and one target or both then lose what they say.
LOST_IN_TEX = re.compile(
    r"\\(label|tag|color|textcolor|colorbox|ref|eqref|cite|href|hline)\b"
    # Which side the cells of a matrix stand on, or which line of a block is level with its surroundings.
    r"|\\begin\s*\{(?:\w*matrix\*|aligned|gathered)\}\s*\[[tbclr]\]"
    # A rule or a sign between the columns of an array.
    r"|\\begin\s*\{\s*array\s*\}\s*\{(?:[^{}]|\{[^{}]*\})*?(?:\{[^{}]*)?(?:\||[@!]\{[^{}])"
)
UNNUMBERED = re.compile(r"\\(nonumber|notag)\b\s*")  # as all lines of a formula are
POWER_OF_TEN = re.compile(r"(?<![\w.])(\d(?:\.\d+)?)e([-+])0*(\d+)(?![\w.]*\w)")
RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "+")
HYPHEN_AS_MINUS = re.compile(r"(?<!\w)-(?=\d)")
LINKS = re.compile(r"(https?://|mailto:|#)|[^:#]*\.ipynb(#|$)", re.IGNORECASE)


def prepare(document: Document, place: Place | str) -> Document:
    """Return the parsed document with bare TeX environments as formulas and display formulas as equations.

    A `\\label` in a display formula becomes the id of its equation.

    Raises NotebookError for whatever would be lost in HTML or PDF.
    """
    document = pandoc_ast.rewrite(document, _keep)
    check(document, place)
    return {**document, "blocks": pandoc_ast.rewrite(_set_numbers(document["blocks"]), _wrap_equation)}


def check(document: Document, place: Place | str) -> None:
    """Refuse a document with an element that one target or both cannot carry."""
    for element in pandoc_ast.elements(document, "RawInline", "RawBlock", "Math", "Link", "Str"):
        _check(element, place)


def _set_numbers(node: Node) -> Node:
    """Return blocks with numbers that a program has written set as people write them, but for those in addresses.

    1.5e-04 is 1.5·10⁻⁴, and below zero there is a minus.
    """
    if isinstance(node, list):
        return [_set_numbers(child) for child in node]
    if not isinstance(node, dict) or (
        pandoc_ast.is_a(node, "Link") and pandoc_ast.plain(node["c"][1]) == node["c"][2][0]
    ):
        return node
    if node.get("t") == "Str":
        return {"t": "Str", "c": typeset(node["c"])}
    return {key: _set_numbers(child) for key, child in node.items()}


def typeset(text: str) -> str:
    """Return a text with the numbers that a program has written set as people write them."""
    return HYPHEN_AS_MINUS.sub("−", POWER_OF_TEN.sub(_raise, text))


def _keep(element: Element) -> list[Element] | None:
    """Turn a bare TeX environment into a formula and drop an HTML comment, which shows nowhere anyway.

    A table's columns get the widths that their words need, not those of the dashes in its source.
    """
    if element["t"] in ("Link", "Code", "Span", "Div", "CodeBlock"):
        # Whoever writes a text has no say in the page's attributes, such as `onclick`. A listing names its language,
        # and an address that stands for itself has a class that keeps it from being printed twice.
        classes = element["c"][0][1]
        kept = classes[:1] if element["t"] == "CodeBlock" else [name for name in classes if name == "uri"]
        return [{"t": element["t"], "c": [["", kept, []], *element["c"][1:]]}]
    if element["t"] == "Math":
        return [_formula(element["c"][0], element["c"][1])]
    if element["t"] == "Table":
        columns = [[align, {"t": "ColWidthDefault"}] for align, _ in element["c"][2]]
        return [{"t": "Table", "c": [*element["c"][:2], columns, *element["c"][3:]]}]
    if element["t"] not in ("RawInline", "RawBlock"):
        return None
    form, text = element["c"]
    if form == "html" and COMMENT.fullmatch(text):
        return []
    if form != "tex" or not ENVIRONMENT.fullmatch(text):
        return None
    math = _formula({"t": "DisplayMath"}, text.strip())
    return [math] if element["t"] == "RawInline" else [{"t": "Para", "c": [math]}]


def _formula(kind: Node, tex: str) -> Element:
    """Return a formula of this kind, as an equation if it has one label; without what asks for no number."""
    tex = UNNUMBERED.sub("", tex)
    labels = LABEL.findall(tex)
    if kind["t"] != "DisplayMath" or len(labels) != 1:
        return {"t": "Math", "c": [kind, tex]}
    return {"t": "Span", "c": [[labels[0], ["equation"], []], [{"t": "Math", "c": [kind, LABEL.sub("", tex)]}]]}


def _raise(number: re.Match[str]) -> str:
    """Return a number in exponential form as a product with a power of ten, without a factor of one."""
    mantissa, sign, exponent = number.groups()
    if exponent == "0":
        return str(mantissa)
    factor = "" if mantissa == "1" else f"{mantissa}·"
    return f"{factor}10{(sign + exponent).translate(RAISED)}"


def _check(element: Element, place: Place | str) -> None:
    """Refuse an element that one target or both cannot carry."""
    kind, content = element["t"], element["c"]
    if kind in ("RawInline", "RawBlock"):
        tex = "TeX outside a formula"  # in Markdown and in BibTeX
        name = {"html": "HTML", "tex": tex, "latex": tex}.get(content[0], content[0])
        raise NotebookError(place, f"`{short(content[1])}` is {name}, which a report cannot carry: write Markdown.")
    if kind == "Math" and (lost := LOST_IN_TEX.search(content[1])):
        sentence = f"holds `{short(lost[0])}`, which would be lost: leave it out."
        raise NotebookError(place, f"the formula `{short(content[1])}` {sentence}")
    if kind == "Link" and not pandoc_ast.plain(content[1]).strip():
        raise NotebookError(place, f"the link to `{short(content[2][0])}` has no words.")
    if kind == "Link" and not LINKS.match(content[2][0]):
        raise NotebookError(place, f"the link to `{short(content[2][0])}` leads nowhere outside this computer.")
    if kind == "Str" and content.startswith("[^") and content.find("]") > 2:
        raise NotebookError(place, f"the footnote `{content}` is nowhere defined.")


def _wrap_equation(element: Element) -> list[Element] | None:
    """Put every display formula into an equation; the ones with a label are already in theirs."""
    if _is_display(element):
        return [{"t": "Span", "c": [["", ["equation"], []], [element]]}]
    if element["t"] == "Span" and "equation" in element["c"][0][1]:
        inner = element["c"][1][0]
        return [{"t": "Span", "c": [element["c"][0], inner["c"][1]]}] if pandoc_ast.is_a(inner, "Span") else None
    return None


def _is_display(node: Node) -> bool:
    """Tell whether `node` is a formula on a line of its own."""
    return pandoc_ast.is_a(node, "Math") and node["c"][0]["t"] == "DisplayMath"


def short(text: str, width: int = 70) -> str:
    """Return the first line of `text`, cut to `width`."""
    line = " ".join(text.split())
    return line if len(line) <= width else line[: width - 1] + "…"
