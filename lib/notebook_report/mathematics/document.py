"""The formulas of a whole document: read in order, as macros and labels ask, then numbered, then written."""

import html
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from xml.etree.ElementTree import Element as Tree
from xml.etree.ElementTree import SubElement

from notebook_report.mathematics import browser, paper, problem, tree
from notebook_report.mathematics.engine import Engine, EngineError
from notebook_report.mathematics.problem import Problem
from notebook_report.mathematics.texmath import LOSSES, Texmath
from notebook_report.reading.pandoc_ast import Document, Element, Node, elements, plain

LONGEST = 24  # characters of a formula that fit into any line
UNKNOWN = "???"  # what stands for a number until the document has given it


class Reader(Protocol):
    """What reads TeX: MathJax, or its fallback."""

    def mathml(self, tex: str, display: bool) -> str:
        """Return a formula in MathML. Raises EngineError."""


@dataclass
class Formula:
    """A formula that has been read: its TeX, its tree, and the ids of its labels with the tags that TeX gives them."""

    tex: str
    display: bool
    root: Tree
    labels: dict[str, str | None] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def identifier(label: str) -> str:
    """Return the id that a label of TeX has in a document, where those of equations begin alike."""
    name = re.sub(r"[^\w:.-]", "_", label)
    return name if name.startswith("eq-") else f"eq-{name}"


def start() -> tuple[Reader, list[Problem]]:
    """Return a reader of TeX, and a problem if it is not MathJax."""
    try:
        return Engine(), []
    except ImportError:
        return Texmath(), [Problem(problem.NO_MATHJAX, LOSSES, "")]


class Mathematics:
    """The formulas of one document. `numbers` maps the id of each label to its number, which the document may give."""

    def __init__(self, reader: Reader | None = None) -> None:
        """Start without formulas; MathJax starts with the first."""
        self._reader = reader
        self._pending: list[Problem] = []
        self._formulas: list[Formula] = []
        self.numbers: dict[str, str] = {}

    def read(self, tex: str, display: bool) -> Formula:
        """Read one formula, after all that stand before it: what these define, it knows."""
        if self._reader is None:
            self._reader, self._pending = start()
        problems, self._pending = self._pending, []
        try:
            root = tree.parse(self._reader.mathml(tex, display))
        except EngineError as error:
            root = failed(tex)
            problems.append(Problem(problem.LIMIT, str(error), tex))
        formula = Formula(tex, display, root, problems=problems)
        problems += faults(root, tex)
        for tag in tree.tags(root):
            self._label(tag, formula)
        self._formulas.append(formula)
        return formula

    def _label(self, tag: Tree, formula: Formula) -> None:
        """Take note of a row's label; one that is taken gets a name that no reference uses."""
        label = tag.get("id")
        if not label:
            return
        name = identifier(label)
        if name in self.numbers:
            formula.problems.append(
                Problem(problem.DUPLICATE_LABEL, f"the label {label} is taken already", formula.tex)
            )
            while name in self.numbers:
                name += "-again"
        words = tree.shown(tag)
        given = None if UNKNOWN in words else words.removeprefix("(").removesuffix(")")
        tag.set("id", name)
        formula.labels[name] = given
        self.numbers[name] = given or UNKNOWN

    def settle(self, formula: Formula) -> list[Problem]:
        """Put the numbers of labels into a formula, and return what is wrong with it."""
        for tag in tree.tags(formula.root):
            _fill(tag, self.numbers.get(tag.get("id", ""), UNKNOWN))
        problems = list(formula.problems)
        for reference in formula.root.iter():
            if label := reference.get("data-label"):
                _fill(reference, self.numbers.get(identifier(label), UNKNOWN))
                if identifier(label) not in self.numbers:
                    problems.append(Problem(problem.UNDEFINED_LABEL, f"nothing has the label {label}", formula.tex))
        return problems

    def annotate(self, document: Document) -> Document:
        """Return a document whose formulas have been read, and stand in spans that name them.

        A formula that shows nothing, such as a definition, is gone.
        """
        return {**document, "blocks": replace(document["blocks"], self._annotated)}

    def _annotated(self, element: Element) -> list[Element] | None:
        if not (math := _math(element)):
            return None
        formula = self.read(math["c"][1], math["c"][0]["t"] == "DisplayMath")
        if not len(formula.root):
            return []
        span = element["c"][0] if element["t"] == "Span" else ["", [], []]
        told = [["formula", str(len(self._formulas) - 1)], ["labels", json.dumps(formula.labels)]]
        return [{"t": "Span", "c": [[span[0], span[1] or ["formula"], [*span[2], *told]], [math]]}]

    def settled(self, document: Document) -> list[Problem]:
        """Put the numbers of labels into the formulas of an annotated document, and return what is wrong with these."""
        return [problem for formula in self._within(document) for problem in self.settle(formula)]

    def _within(self, document: Document) -> Iterator[Formula]:
        """Yield the formulas of an annotated document."""
        for span in elements(document["blocks"], "Span"):
            if _math(span) and "formula" in (told := dict(span["c"][0][2])):
                yield self._formulas[int(told["formula"])]

    def written(self, document: Document, target: str, framed: bool = True) -> Document:
        """Return an annotated document whose formulas are written for "html" or "typst".

        framed: whether a long formula in a line has a frame in which it scrolls.
        """

        def change(element: Element) -> list[Element] | None:
            told = dict(element["c"][0][2]) if element.get("t") == "Span" else {}
            if "formula" not in told:
                return None
            if not _math(element):  # a reference, which has become a link
                return list(element["c"][1])
            formula = self._formulas[int(told["formula"])]
            text = WRITERS[target](formula, element["c"][0][0], told.get("number", ""), framed)
            return [{"t": "RawInline", "c": [target, text]}]

        return {**document, "blocks": replace(document["blocks"], change)}


def _math(element: Element) -> Element | None:
    """Return the formula that an element is, or that stands alone in a span."""
    if element.get("t") == "Span" and len(element["c"][1]) == 1 and {"equation", "formula"} & set(element["c"][0][1]):
        element = element["c"][1][0]
    return element if element.get("t") == "Math" else None


def replace(node: Node, change: Callable[[Element], list[Element] | None]) -> Node:
    """Return `node` with elements replaced by what `change` returns, from the top: what is replaced is not entered.

    A paragraph of which nothing is left is gone.
    """
    if isinstance(node, list):
        new: list[Node] = []
        for child in node:
            changed = change(child) if isinstance(child, dict) else None
            whole = [replace(child, change)] if changed is None else changed
            new += [part for part in whole if child == part or not _is_empty(part)]
        return new
    return {key: replace(value, change) for key, value in node.items()} if isinstance(node, dict) else node


def _is_empty(node: Any) -> bool:
    return (
        isinstance(node, dict)
        and node.get("t") in ("Para", "Plain")
        and not any(inline["t"] not in ("Space", "SoftBreak") for inline in node["c"])
    )


def _fill(element: Tree, number: str) -> None:
    for part in element.iter():
        part.text = part.text and part.text.replace(UNKNOWN, number)


def failed(tex: str) -> Tree:
    """Return the tree of a formula that cannot be read: its TeX."""
    root = Tree("math")
    SubElement(SubElement(root, "merror", {"mathcolor": "#ff0000"}), "mtext").text = " ".join(
        tex[: LONGEST * 4].split()
    )
    return root


def faults(root: Tree, tex: str) -> Iterator[Problem]:
    """Yield what MathJax has found wrong with a formula."""
    for element in root.iter():
        if message := element.get("data-mjx-error"):
            yield Problem(problem.ERROR, message[:1].lower() + message[1:], tex)
        if element.get("data-undefined"):
            yield Problem(problem.UNDEFINED_COMMAND, f"undefined control sequence {element.text}", tex)


def for_html(formula: Formula, name: str, number: str, framed: bool) -> str:
    """Return a formula for a page: on a line of its own with its number, or in a line, where a long one scrolls."""
    nodes, tag = tree.numbered(formula.root)
    math = browser.write(nodes, formula.tex, formula.display)
    if not formula.display:
        if not framed or len(tree.shown(formula.root)) <= LONGEST:
            return math
        return f'<span class="formula" tabindex="0" role="group" aria-label="Formula">{math}</span>'
    names = [name for name in (name, tag is not None and tag.get("id")) if name]
    words = f"({number})" if number else tree.shown(tag) if tag is not None else ""
    called = html.escape(f"Equation {words.strip('()')}".strip())
    written = html.escape(words)
    link = f'<a class="number" href="#{names[0]}" aria-label="Link to {called}">{written}</a>' if names else ""
    end = (link or f'<span class="number">{written}</span>') if words else ""
    opening = f'<span id="{names[0]}" class="equation">' if names else '<span class="equation">'
    return f'{opening}<span class="formula" tabindex="0" role="group" aria-label="{called}">{math}</span>{end}</span>'


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
