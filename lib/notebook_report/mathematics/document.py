"""The formulas of a whole document: read in order, as macros and labels ask, then numbered, then written."""

import html
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element as Tree
from xml.etree.ElementTree import ParseError, SubElement

from notebook_report.mathematics import browser, paper, problem, tree
from notebook_report.mathematics.engine import Engine, EngineError
from notebook_report.mathematics.problem import Problem
from notebook_report.mathematics.texmath import LOSSES, Texmath
from notebook_report.syntax import Document, Element, Node

LONGEST = 24  # characters of a formula that fit into any line
UNKNOWN = "???"  # what stands for a number until the document has given it


@dataclass
class Formula:
    """A formula that has been read: its TeX, its tree, and the ids of its labels with the tags that TeX gives them."""

    tex: str
    display: bool
    root: Tree
    problems: list[Problem]
    labels: dict[str, str | None] = field(default_factory=dict)

    def add_problem(self, code: str, message: str) -> None:
        """Take note of what is wrong with it."""
        self.problems.append(Problem(code, message, self.tex))


def identifier(label: str) -> str:
    """Return the id that a label of TeX has in a document, where those of equations begin alike."""
    name = re.sub(r"[^\w:.-]", "_", label)
    return name if name.startswith("eq-") else f"eq-{name}"


class Mathematics:
    """The formulas of one document. `numbers` maps the id of each label to its number, which the document may give."""

    def __init__(self, reader: Engine | Texmath | None = None) -> None:
        """Start without formulas; MathJax starts with the first."""
        self._reader = reader
        self._formulas: list[Formula] = []
        self.numbers: dict[str, str] = {}

    def read(self, tex: str, display: bool) -> Formula:
        """Read one formula, after all that stand before it: what these define, it knows."""
        problems: list[Problem] = []
        if self._reader is None:
            try:
                self._reader = Engine()
            except ImportError:
                self._reader = Texmath()
                problems = [Problem(problem.NO_MATHJAX, LOSSES, "")]
        try:
            formula = Formula(tex, display, tree.parse(self._reader.mathml(tex, display)), problems)
        except (EngineError, ParseError) as error:
            formula = Formula(tex, display, failed(tex), problems)
            reason = str(error) if isinstance(error, EngineError) else "it holds a character that no file can hold"
            formula.add_problem(problem.LIMIT, reason)
        for element in formula.root.iter():
            if message := element.get("data-mjx-error"):
                formula.add_problem(problem.ERROR, message[:1].lower() + message[1:])
                element.set("mathcolor", "#ff0000")
            if "data-undefined" in element.attrib:
                formula.add_problem(problem.UNDEFINED_COMMAND, f"undefined control sequence {element.text}")
        for tag in tree.tags(formula.root):
            if label := tag.get("id"):
                self._label(label, tag, formula)
        self._formulas.append(formula)
        return formula

    def _label(self, label: str, tag: Tree, formula: Formula) -> None:
        """Take note of a row's label; one that is taken gets a name that no reference uses."""
        name = identifier(label)
        if name in self.numbers:
            formula.add_problem(problem.DUPLICATE_LABEL, f"the label {label} is taken already")
        while name in self.numbers:
            name += "-again"
        tag.set("id", name)
        words = tree.shown(tag)
        formula.labels[name] = None if UNKNOWN in words else words.removeprefix("(").removesuffix(")")
        self.numbers[name] = formula.labels[name] or UNKNOWN

    def settle(self, formula: Formula) -> list[Problem]:
        """Put the numbers of labels into a formula, and return what is wrong with it."""
        for tag in tree.tags(formula.root):
            _fill(tag, self.numbers.get(tag.get("id", ""), UNKNOWN))
        for reference in formula.root.iter():
            if label := reference.get("data-label"):
                _fill(reference, self.numbers.get(identifier(label), UNKNOWN))
                if identifier(label) not in self.numbers:
                    formula.add_problem(problem.UNDEFINED_LABEL, f"nothing has the label {label}")
        return formula.problems

    def annotate(self, document: Document) -> Document:
        """Return a document whose formulas have been read, and stand in spans that name them.

        A formula that shows nothing, such as a definition, is gone.
        """
        return {**document, "blocks": replace(document["blocks"], self._annotated)}

    def _annotated(self, element: Element) -> list[Element] | None:
        if not (math := _math(element)):
            return None
        formula = self.read(math["c"][1], math["c"][0]["t"] == "DisplayMath")
        name, classes, _ = element["c"][0] if element["t"] == "Span" else ("", ["formula"], [])
        named = [["formula", str(len(self._formulas) - 1)], ["labels", json.dumps(formula.labels)]]
        return [{"t": "Span", "c": [[name, classes, named], [math]]}] if len(formula.root) else []

    def written(self, document: Document, target: str, framed: bool = True) -> tuple[Document, list[Problem]]:
        """Return a document whose formulas are written for "html" or "typst", and what is wrong with them.

        framed: whether a long formula in a line has a frame in which it scrolls.
        """
        problems: list[Problem] = []

        def change(element: Element) -> list[Element] | None:
            if not (math := _math(element)):
                return None
            name, _, attributes = element["c"][0] if element["t"] == "Span" else ("", [], [])
            named = dict(attributes)
            known = self._formulas[int(named["formula"])] if "formula" in named else None
            formula = known or self.read(math["c"][1], math["c"][0]["t"] == "DisplayMath")
            problems.extend(self.settle(formula))
            text = WRITERS[target](formula, name, named.get("number", ""), framed)
            return [{"t": "RawInline", "c": [target, text]}]

        return {**document, "blocks": replace(document["blocks"], change)}, problems


def _math(element: Element) -> Element | None:
    """Return the formula that an element is, or that stands alone in a span."""
    if element["t"] == "Span" and len(element["c"][1]) == 1 and {"equation", "formula"} & {*element["c"][0][1]}:
        element = element["c"][1][0]
    return element if element["t"] == "Math" else None


def replace(node: Node, change: Callable[[Element], list[Element] | None]) -> Node:
    """Return `node` with elements replaced by what `change` returns, from the top: what is replaced is not entered."""
    if isinstance(node, list):
        found = [(child, change(child) if isinstance(child, dict) and "t" in child else None) for child in node]
        return [new for child, changed in found for new in ([replace(child, change)] if changed is None else changed)]
    return {key: replace(value, change) for key, value in node.items()} if isinstance(node, dict) else node


def _fill(element: Tree, number: str) -> None:
    for part in element.iter():
        part.text = part.text and part.text.replace(UNKNOWN, number)


def failed(tex: str) -> Tree:
    """Return the tree of a formula that cannot be read: its TeX, as far as it fits into a line or two."""
    root = Tree("math")
    SubElement(SubElement(root, "merror", {"mathcolor": "#ff0000"}), "mtext").text = " ".join(tex.split())[:100]
    return root


def for_html(formula: Formula, name: str, number: str, framed: bool) -> str:
    """Return a formula for a page: on a line of its own with its number, or in a line, where a long one scrolls."""
    nodes, tag = tree.numbered(formula.root)
    math = browser.write(nodes, formula.tex, formula.display)
    words = html.escape(f"({number})" if number else tree.shown(tag) if tag is not None else "")
    called = f"Equation {words.strip('()')}".strip() if formula.display else "Formula"
    frame = f'<span class="formula" tabindex="0" role="group" aria-label="{called}">{math}</span>'
    if not formula.display:
        return frame if framed and len(tree.shown(formula.root)) > LONGEST else math
    name = name or (tag.get("id", "") if tag is not None else "")
    link = f'<a class="number" href="#{name}" aria-label="Link to {called}">{words}</a>'
    end = (link if name else f'<span class="number">{words}</span>') if words else ""
    identity = f' id="{name}"' if name else ""
    return f'<span{identity} class="equation">{frame}{end}</span>'


def for_typst(formula: Formula, name: str, number: str, framed: bool) -> str:
    """Return a formula for paper, with its TeX for those who hear it."""
    nodes, tag = tree.numbered(formula.root)
    alt = f"alt: {paper.string(' '.join(formula.tex.split()))}"
    if not formula.display:
        return f"#formula({alt}, ${paper.row(nodes, 0)}$);"
    words = f"({number})" if number else tree.shown(tag) if tag is not None else ""
    labels = "".join(f"{paper.string(label)}, " for label in dict.fromkeys(filter(None, (name, *formula.labels))))
    arguments = [alt, f"labels: ({labels})", *([f"number: {paper.string(words)}"] if words else [])]
    return f"#displayed({', '.join([*arguments, paper.displayed(nodes)])});"


WRITERS = {"html": for_html, "typst": for_typst}
