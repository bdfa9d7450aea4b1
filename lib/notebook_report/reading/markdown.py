"""What may stand in the text: the checks on a parsed document, and formulas in the one form that is written."""

import re

from notebook_report.errors import NotebookError, Place
from notebook_report.reading import pandoc_ast
from notebook_report.reading.pandoc_ast import Document, Element, Node

ENVIRONMENT = re.compile(
    r"\s*\\begin\{(align|alignat|CD|displaymath|empheq|eqnarray|equation|flalign|gather|math|multline|xalignat)(\*?)\}"
    r"(.*)\\end\{\1\2\}\s*",
    re.DOTALL,
)
REFERENCE = re.compile(r"\\(?:eq)?ref\{[^{}]*\}")
DEFINITION = re.compile(r"\s*\\(?:re|provide)?newcommand|\s*\\(?:def|let|DeclareMathOperator)\b")
COMMENT = re.compile(r"\s*(<!--.*?-->\s*)+", re.DOTALL)
EQUATION_LABEL = re.compile(r"\{#(eq-[a-z0-9-]+)\}")
POWER_OF_TEN = re.compile(r"(?<![\w.])(\d(?:\.\d+)?)e([-+])0*(\d+)(?![\w.]*\w)")
RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "+")
HYPHEN_AS_MINUS = re.compile(r"(?<!\w)-(?=\d)")
LINKS = re.compile(r"(https?://|mailto:|#)", re.IGNORECASE)


def prepare(document: Document, place: Place | str) -> Document:
    """Return the parsed document with bare TeX environments as formulas and display formulas as equations.

    Raises NotebookError for whatever would be lost in HTML or PDF.
    """
    document = pandoc_ast.rewrite(document, _keep)
    check(document, place)
    blocks = _label_equations(_set_numbers(document["blocks"]))
    for element in pandoc_ast.elements(blocks, "Str"):
        if element["c"].startswith("{#"):
            form = "`{#eq-…}` directly after a formula in `$$`, `{#sec-…}` after a heading"
            raise NotebookError(place, f"`{short(element['c'])}` labels nothing: write {form}.")
    return {**document, "blocks": pandoc_ast.rewrite(blocks, _wrap_equation)}


def check(document: Document, place: Place | str) -> None:
    """Refuse a document with an element that one target or both cannot carry."""
    for element in pandoc_ast.elements(document, "RawInline", "RawBlock", "Link", "Str"):
        _check(element, place)


def _set_numbers(node: Node) -> Node:
    """Return blocks with numbers that a program has written set as people write them, but for those in addresses.

    1.5e-04 is 1.5·10⁻⁴, and below zero there is a minus.
    """
    if isinstance(node, list):
        return [_set_numbers(child) for child in node]
    if not isinstance(node, dict) or (_is(node, "Link") and pandoc_ast.plain(node["c"][1]) == node["c"][2][0]):
        return node
    if node.get("t") == "Str":
        return {"t": "Str", "c": HYPHEN_AS_MINUS.sub("−", POWER_OF_TEN.sub(_raise, node["c"]))}
    return {key: _set_numbers(child) for key, child in node.items()}


def _keep(element: Element) -> list[Element] | None:
    """Turn TeX that Jupyter sets without dollars into a formula and drop an HTML comment, which shows nowhere anyway.

    A table's columns get the widths that their words need, not those of the dashes in its source.
    """
    if element["t"] in ("Link", "Code", "Span", "Div", "CodeBlock"):
        # Whoever writes a text has no say in the page's attributes, such as `onclick`. A listing names its language,
        # and an address that stands for itself has a class that keeps it from being printed twice.
        classes = element["c"][0][1]
        kept = classes[:1] if element["t"] == "CodeBlock" else [name for name in classes if name == "uri"]
        return [{"t": element["t"], "c": [["", kept, []], *element["c"][1:]]}]
    if element["t"] == "Table":
        columns = [[align, {"t": "ColWidthDefault"}] for align, _ in element["c"][2]]
        return [{"t": "Table", "c": [*element["c"][:2], columns, *element["c"][3:]]}]
    if element["t"] not in ("RawInline", "RawBlock"):
        return None
    form, text = element["c"]
    if form == "html" and COMMENT.fullmatch(text):
        return []
    if form != "tex" or not any(known.match(text) for known in (ENVIRONMENT, REFERENCE, DEFINITION)):
        return None
    math = {"t": "Math", "c": [{"t": "DisplayMath" if ENVIRONMENT.match(text) else "InlineMath"}, text.strip()]}
    return [math] if element["t"] == "RawInline" else [{"t": "Para", "c": [math]}]


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
    if kind == "Link" and not pandoc_ast.plain(content[1]).strip():
        raise NotebookError(place, f"the link to `{short(content[2][0])}` has no words.")
    if kind == "Link" and not LINKS.match(content[2][0]):
        raise NotebookError(place, f"the link to `{short(content[2][0])}` leads nowhere outside this computer.")
    if kind == "Str" and content.startswith("[^") and content.find("]") > 2:
        raise NotebookError(place, f"the footnote `{content}` is nowhere defined.")


def _label_equations(blocks: Node) -> Node:
    """Move a label `{#eq-…}` that follows a display formula into an equation around it."""
    if isinstance(blocks, dict):
        return {key: _label_equations(value) for key, value in blocks.items()}
    if not isinstance(blocks, list):
        return blocks
    merged: list[Node] = []
    for node in blocks:
        if _is(node, "Str") and merged and _is(merged[-1], "Str"):
            merged[-1] = {"t": "Str", "c": merged[-1]["c"] + node["c"]}
            continue
        label = EQUATION_LABEL.fullmatch(node["c"]) if _is(node, "Str") else None
        at = next((i for i in (-1, -2) if len(merged) >= -i and _is_display(merged[i])), None) if label else None
        if label is None or at is None:
            merged.append(_label_equations(node))
            continue
        merged[at:] = [{"t": "Span", "c": [[label[1], ["equation"], []], [merged[at]]]}]
    return merged


def _wrap_equation(element: Element) -> list[Element] | None:
    """Put every display formula into an equation; the ones with a label are already in theirs."""
    if _is_display(element):
        return [{"t": "Span", "c": [["", ["equation"], []], [element]]}]
    if element["t"] == "Span" and "equation" in element["c"][0][1]:
        inner = element["c"][1][0]
        return [{"t": "Span", "c": [element["c"][0], inner["c"][1]]}] if _is(inner, "Span") else None
    return None


def _is(node: Node, kind: str) -> bool:
    """Tell whether `node` is an element of this kind."""
    return isinstance(node, dict) and node.get("t") == kind


def _is_display(node: Node) -> bool:
    """Tell whether `node` is a formula on a line of its own."""
    return _is(node, "Math") and node["c"][0]["t"] == "DisplayMath"


def short(text: str, width: int = 70) -> str:
    """Return the first line of `text`, cut to `width`."""
    line = " ".join(text.split())
    return line if len(line) <= width else line[: width - 1] + "…"
