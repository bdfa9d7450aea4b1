"""The formulas of a whole document: read in order, as macros and labels ask, then numbered, then written."""

import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from dataclasses import replace as changed
from xml.etree.ElementTree import Element as Tree
from xml.etree.ElementTree import ParseError, SubElement

from notebook_report.errors import Place
from notebook_report.mathematics import browser, paper, tree
from notebook_report.mathematics.engine import Engine, EngineError
from notebook_report.mathematics.texmath import LOSSES, Texmath
from notebook_report.problems import TOLERATED, Outcome, Problem, excerpt
from notebook_report.reading.trees.pandoc_ast import Document, Element, elements, rewrite

LONGEST = 24  # characters of a formula that fit into any line
LABEL = re.compile(r"\s*\\label\s*\{[^{}]*\}")
HIGH = ("mat(", "inline: #true")  # Typst's words for what is higher than a line: tables, and what stands below or above
EMPTY = "empty formula"  # for those who hear it: the PDF asks for some words
UNKNOWN = "???"  # what stands for a number until the document has given it


@dataclass
class Formula:
    """A formula that has been read: its TeX, its tree, and the ids of its labels with the tags that TeX gives them."""

    tex: str
    display: bool
    root: Tree
    problems: list[Problem] = field(default_factory=list)
    labels: dict[str, str | None] = field(default_factory=dict)

    def add_problem(self, code: str, message: str) -> None:
        """Take note of what is wrong with it; where it stands, others know."""
        outcome = Outcome.REPAIRED if code in TOLERATED else Outcome.REPLACED
        sentence = f"the formula `{excerpt(self.tex)}`: {message}."
        self.problems.append(Problem("", code, sentence, self.tex, outcome))


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
        formula = Formula(tex, display, failed(tex))
        self._formulas.append(formula)
        if self._reader is None:
            try:
                self._reader = Engine()
            except ImportError:
                self._reader = Texmath()
                formula.problems.append(Problem("", "no-mathjax", LOSSES, outcome=Outcome.REPAIRED))
        try:
            formula.root = tree.parse(self._reader.mathml(tex, display))
        except EngineError as error:
            formula.add_problem("formula-limit", str(error))
        except ParseError:
            formula.add_problem("formula-limit", "it holds a character that no file can hold")
        for element in formula.root.iter():
            if message := element.get("data-mjx-error"):
                formula.add_problem("formula-error", message[:1].lower() + message[1:])
                element.set("mathcolor", "#ff0000")
            if "data-undefined" in element.attrib:
                formula.add_problem("undefined-command", f"undefined control sequence {element.text}")
        for tag in tree.tags(formula.root):
            if label := tag.get("id"):
                self._label(label, tag, formula)
        return formula

    def _label(self, label: str, tag: Tree, formula: Formula) -> None:
        """Take note of a row's label; one that is taken gets a name that no reference uses."""
        name = identifier(label)
        if name in self.numbers:
            formula.add_problem("duplicate-label", f"the label {label} is taken already")
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
                    formula.add_problem("undefined-label", f"nothing has the label {label}")
        return formula.problems

    def annotate(self, document: Document) -> Document:
        """Return a document whose formulas have been read, and stand in spans that name them.

        A formula that shows nothing, such as a definition, is gone.
        """
        return {**document, "blocks": rewrite(document["blocks"], self._annotated)}

    def _annotated(self, element: Element) -> list[Element] | None:
        if element["t"] != "Math":
            return None
        kind, tex = element["c"]
        formula = self.read(tex, kind["t"] == "DisplayMath")
        formula.tex = LABEL.sub("", tex)  # no label is read aloud
        named = [["formula", str(len(self._formulas) - 1)], ["labels", json.dumps(formula.labels)]]
        math = {"t": "Math", "c": [kind, formula.tex]}
        return [{"t": "Span", "c": [["", ["formula"], named], [math]]}] if len(formula.root) else []

    def _named(self, span: Element) -> Formula | None:
        """Return the formula that a span of an annotated document names."""
        number = dict(span["c"][0][2]).get("formula")
        return self._formulas[int(number)] if number else None

    def settled(self, document: Document, place: Place | str) -> Iterator[Problem]:
        """Put the numbers of labels into the formulas of an annotated document; yield what is wrong with these."""
        for formula in filter(None, map(self._named, elements(document["blocks"], "Span"))):
            yield from (changed(problem, place=place) for problem in self.settle(formula))

    def written(self, document: Document, target: str, framed: bool = True) -> Document:
        """Return an annotated document whose formulas are written for "html" or "typst".

        framed: whether a long formula in a line has a frame in which it scrolls.
        """

        def change(element: Element) -> list[Element] | None:
            if element["t"] != "Span" or not (formula := self._named(element)):
                return None
            if element["c"][1][0]["t"] != "Math":  # a reference, which has become a link
                return list(element["c"][1])
            return [{"t": "RawInline", "c": [target, WRITERS[target](formula, framed)]}]

        return {**document, "blocks": rewrite(document["blocks"], change)}


def _fill(element: Tree, number: str) -> None:
    for part in element.iter():
        part.text = part.text and part.text.replace(UNKNOWN, number)


def failed(tex: str) -> Tree:
    """Return the tree of a formula that cannot be read: its TeX, as far as it fits into a line or two."""
    root = Tree("math")
    SubElement(SubElement(root, "merror", {"mathcolor": "#ff0000"}), "mtext").text = " ".join(tex.split())[:100]
    return root


def for_html(formula: Formula, framed: bool) -> str:
    """Return a formula for a page: on a line of its own with its number, or in a line, where a long one scrolls."""
    nodes, tag = tree.numbered(formula.root)
    math = browser.write(nodes, formula.tex, formula.display)
    words = html.escape(tree.shown(tag)) if tag is not None else ""
    called = f"Equation {words.strip('()')}".strip() if formula.display else "Formula"
    frame = f'<span class="formula" tabindex="0" role="group" aria-label="{called}">{math}</span>'
    if not formula.display:
        return frame if framed and len(tree.shown(formula.root)) > LONGEST else math
    name = tag.get("id", "") if tag is not None else ""
    link = f'<a class="number" href="#{name}" aria-label="Link to {called}">{words}</a>'
    end = (link if name else f'<span class="number">{words}</span>') if words else ""
    identity = f' id="{name}"' if name else ""
    return f'<span{identity} class="equation">{frame}{end}</span>'


def for_typst(formula: Formula, framed: bool) -> str:
    """Return a formula for paper, with its TeX for those who hear it; one that no line has room for has its own.

    Of one that cannot be read, the TeX is all that is shown.
    """
    if (error := formula.root.find("merror")) is not None:
        return f"#unread({paper.string(tree.shown(error))}, display: {str(formula.display).lower()});"
    nodes, tag = tree.numbered(formula.root)
    alt = f"alt: {paper.string(' '.join(formula.tex.split()) or EMPTY)}"
    if not formula.display and not paper.is_wide(nodes):
        text = paper.row(nodes, 0)
        high = "high: true, " if any(word in text for word in HIGH) else "fraction: true, " if "frac(" in text else ""
        return f"#formula({alt}, {high}${text}$);"
    words = tree.shown(tag) if tag is not None else ""
    labels = "".join(f"{paper.string(label)}, " for label in formula.labels)
    arguments = [alt, f"labels: ({labels})", *([f"number: {paper.string(words)}"] if words else [])]
    return f"#displayed({', '.join([*arguments, paper.displayed(nodes)])});"


WRITERS = {"html": for_html, "typst": for_typst}
