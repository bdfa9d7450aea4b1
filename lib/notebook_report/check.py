"""Did both files come out whole? Every heading, figure and table of the executed notebooks, looked for in both."""

import unicodedata
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pypdf

from notebook_report import build, outputs, preprocess, syntax
from notebook_report.errors import ReportError


def problems(settings, work, html, pdf):
    """Return one line for each thing that the notebooks in `work` hold and that the file `html` or `pdf` lacks."""
    nb, _ = build.merged(settings, work)
    headings, captions, n_figures = expected(nb)
    page, paper = _read_html(html), _read_pdf(pdf)
    found = _missing(headings, page.headings, f"the heading {{}} is not in {html}")
    found += _missing(headings, paper["outline"], f"the heading {{}} is not in the outline of {pdf}")
    found += _missing(captions, page.captions, f"the caption {{}} is not in {html}")
    found += _missing(captions, [paper["text"]], f"the caption {{}} is not in {pdf}")
    if page.n_images != n_figures:
        found.append(f"{html} has {page.n_images} pictures, and the notebooks {n_figures}")
    if paper["n_figures"] != n_figures:
        found.append(f"{pdf} has {paper['n_figures']} pictures, and the notebooks {n_figures}")
    return found


def expected(nb):
    """Return what a merged notebook must show: headings, captions (lists of lists of words) and a count of figures.

    The words of a heading or caption are its number and the pieces of text between its formulas.
    """
    nb, _ = preprocess.Select().preprocess(nb, {})
    passages = list(preprocess.passages(nb, dict(nb.metadata.report_front)))
    numbers = preprocess.number(passages)
    headings = [[heading["number"], *_pieces(heading["content"])] for heading in numbers.headings]
    captions = [
        [f"{passage.holder['name']} {passage.holder['number']}", *_pieces(passage.document["blocks"])]
        for passage in passages
        if passage.kind == "caption"
    ]
    forms = Counter(outputs.form(output) for cell in nb.cells for output in cell.get("outputs", ()))
    return headings, captions, sum(forms[form] for form in outputs.FIGURES)


def _pieces(content):
    """Return the text of a heading or caption, in the pieces between its formulas."""
    gap = "\0"
    bare = syntax.rewrite(content, lambda element: [{"t": "Str", "c": gap}] if element["t"] == "Math" else None)
    return [piece for piece in syntax.plain(bare).split(gap) if _letters(piece)]


def _missing(wanted, places, sentence):
    """Return a sentence for each list of words of which no place holds all."""
    places = [_letters(place) for place in places]
    lost = [words for words in wanted if not any(all(_letters(word) in place for word in words) for place in places)]
    return [sentence.format("“" + " ".join(" ".join(words).split()) + "”") for words in lost]


def _letters(text):
    """Return the letters and digits of a text: hyphens, spaces and quotes differ between the targets."""
    return "".join(letter for letter in unicodedata.normalize("NFKC", text) if letter.isalnum())


def _read_html(path):
    """Return what the HTML file shows."""
    page = _Page()
    try:
        page.feed(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ReportError(f"{path} cannot be read: {error}.") from error
    return page


class _Page(HTMLParser):
    """Headings and captions of a page, as text, and the number of its pictures."""

    def __init__(self):
        super().__init__()
        self.headings, self.captions, self.n_images, self._open = [], [], 0, []

    def handle_starttag(self, tag, attrs):
        self.n_images += tag == "img" and dict(attrs).get("src", "").startswith("data:image/")
        kind = {"figcaption": self.captions}.get(tag, self.headings if tag in ("h2", "h3", "h4", "h5", "h6") else None)
        if kind is not None:
            kind.append("")
            self._open.append(kind)

    def handle_endtag(self, tag):
        if tag in ("figcaption", "h2", "h3", "h4", "h5", "h6"):
            self._open.pop()

    def handle_data(self, data):
        for kind in self._open:
            kind[-1] += data


def _read_pdf(path):
    """Return what the PDF shows: its text, the titles of its outline and the number of its tagged figures."""
    try:
        reader = pypdf.PdfReader(path)
    except (OSError, pypdf.errors.PyPdfError) as error:
        raise ReportError(f"{path} cannot be read: {error}.") from error
    return {
        "text": "".join(page.extract_text() for page in reader.pages),
        "outline": list(_titles(reader.outline)),
        "n_figures": sum(1 for node in _tags(reader.trailer["/Root"]["/StructTreeRoot"]) if _is_picture(node)),
    }


def _titles(outline):
    """Yield the titles of a PDF's outline, whose levels are nested lists."""
    for entry in outline:
        yield from _titles(entry) if isinstance(entry, list) else [entry.title]


def _tags(node):
    """Yield the elements of a PDF's structure tree."""
    node = node.get_object()
    if isinstance(node, list):
        for child in node:
            yield from _tags(child)
    elif isinstance(node, dict):
        yield node
        if "/K" in node:
            yield from _tags(node["/K"])


def _is_picture(node):
    """Tell whether a structure element is a picture, which unlike the figure around it has an alternative text."""
    return node.get("/S") == "/Figure" and "/Alt" in node
