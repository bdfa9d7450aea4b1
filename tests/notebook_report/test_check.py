"""Every kind of piece arrives in both files, and `check` says so of each that does not."""

import re
from pathlib import Path

import pypdf
import pytest
from pypdf.generic import NameObject, TextStringObject

from notebook_report.checking import compare, read_document, read_html, read_pdf
from notebook_report.checking.pieces import Flow, Piece, signs
from notebook_report.document import prepare
from notebook_report.errors import ReportError
from notebook_report.writing import html, pdf, webfonts
from tests.notebook_report.conftest import report as report_of

TITLE = "# A *rich* report, with $h^2$ and `code`"
PROSE = r"""
## Lists and quotes

Plain words -- with "quotes", it's said; efficient ligatures, 3 % ± 0.5 ≈ x, α → ∞ and incomprehensibilities.

- outer item
  - inner item with $q^7$

    with a second paragraph
- [x] ticked

3. third
4. fourth

> Quoted words
>
> > quoted twice
> >
> > ```python
> > quoted_code = 1
> > ```

First of two.

Second of two.

*Emphasised [linked **strong**](https://example.org/inside?a=1&b=ü)*, ~~struck~~, <https://example.org/auto>, hard\
break, see [Section 1.1](#Lists-and-quotes), [Figure 1](#fig-line), [Table 1](#tab-costs) and [Equation 1](#eq-one). As
([Smith 2017, 7](#cite-smith2017)) says.[^1] More.[^2]

[^1]: Note with $n_1$ and [a link](https://example.org/note).

[^2]: Two paragraphs:

    the second one.

| head | $c$ |
|:-----|----:|
| leftmost | `r \| x` |
| **x** [cell](https://example.org/cell) | 1.5 |

Before $$w = \frac{a}{b} \label{eq-one}$$ after, and bare:

\begin{align}
u &= v \\
y &= \operatorname{softmax}(z)
\end{align}

    indented = True
"""
BIBLIOGRAPHY = "@article{smith2017, author={Smith, Ann}, title={Cyclical rates}, journal={Journal}, year={2017}}"
FRONT = {
    "title": "The title",
    "subtitle": "The subtitle",
    "authors": ["Ada", "Bob"],
    "date": "2026-05-03",
    "abstract": "An abstract with $z^3$.",
    "facts": [["Python", "3.11"]],
    "bibliography": BIBLIOGRAPHY,
}
# By hand, what must be in both files, cell by cell.
ARRIVING = [
    ("text", "An abstract with $z^3$."),
    ("heading 1", "1 A rich report, with $h^2$ and code"),
    ("heading 2", "1.1 Lists and quotes"),
    (
        "text",
        'Plain words -- with "quotes", it\'s said; efficient ligatures, 3 % ± 0.5 ≈ x, α → ∞ and '
        "incomprehensibilities.",
    ),
    ("text", "outer item"),
    ("text", "inner item with $q^7$"),
    ("text", "with a second paragraph"),
    ("text", "☒ ticked"),
    ("text", "third"),
    ("text", "fourth"),
    ("text", "Quoted words"),
    ("text", "quoted twice"),
    ("code", "quoted_code = 1"),
    ("text", "First of two."),
    ("text", "Second of two."),
    (
        "text",
        "Emphasised linked strong, struck, https://example.org/auto, hard break, see Section 1.1, Figure 1, Table 1 "
        "and Equation 1. As (Smith 2017, 7) says. More.",
    ),
    ("link", "https://example.org/inside?a=1&b=ü"),
    ("link", "https://example.org/auto"),
    ("note", "Note with $n_1$ and a link."),
    ("link", "https://example.org/note"),
    ("note", "Two paragraphs:"),
    ("note", "the second one."),
    *(("cell", words) for words in ("head", "$c$", "leftmost", "r | x", "x cell", "1.5")),
    ("link", "https://example.org/cell"),
    ("text", "Before"),
    ("equation", r"w = \frac{a}{b}"),
    ("text", "after, and bare:"),
    ("equation", r"\begin{align}u &= v \\ y &= \operatorname{softmax}(z)\end{align}"),
    ("code", "indented = True"),
    ("figure", "A falling line."),
    ("text", "Figure 1. What to see, $s_2$."),
    ("text", "A note below the figure."),
    ("text", "Table 1. All costs."),
    *(("cell", words) for words in ("name", "step", "cost", "a & #b", "10", "1.50", "c_d", "200", "12.25")),
    ("text", "A note below the table."),
    ("code", "shown_code()"),
    ("code", "uttered -1\nwords"),
    ("code", "<Model>"),
    ("text", "Made by code."),
]
# Once in the HTML and once in the Typst source, in the same letters: the words, and what is said when they are gone.
LOST = [
    ("Lists and quotes", "cell 2: the heading “1.1 Lists and quotes”"),
    ("efficient", 'cell 2: the paragraph “Plain words -- with "quotes", it\'s said; efficien'),
    ("outer item", "cell 2: the paragraph “outer item”"),
    ("with a second paragraph", "cell 2: the paragraph “with a second paragraph”"),
    ("fourth", "cell 2: the paragraph “fourth”"),
    ("quoted twice", "cell 2: the paragraph “quoted twice”"),
    ("the second one", "cell 2: the footnote “the second one.”"),
    ("12.25", "cell 4: the table cell “12.25”"),
    ("leftmost", "cell 2: the table cell “leftmost”"),
    ("https://example.org/inside", "cell 2: the link “https://example.org/inside?a=1&b=ü”"),
    ("https://example.org/note", "cell 2: the link “https://example.org/note”"),
    ("What to see", "cell 3: the caption “Figure 1. What to see, $s_2$.”"),
    ("All costs", "cell 4: the caption “Table 1. All costs.”"),
    ("A note below the figure", "cell 3: the paragraph “A note below the figure.”"),
    ("A falling line", "cell 3: the picture “A falling line.”"),
    ("shown_code", "cell 5: the code “shown_code()”"),
    ("uttered", "cell 5: the output “uttered -1 words”"),
    ("indented", "cell 2: the code “indented = True”"),
    ("Made by code", "cell 5: the paragraph “Made by code.”"),
    ("Cyclical Rates", "the bibliography, work `smith2017`: the paragraph “Smith, Ann. 2017."),
    ("An abstract", "the abstract: the paragraph “An abstract with $z^3$.”"),
    ("The subtitle", "the title page: the subtitle “The subtitle”"),
    ("3.11", "the title page: the fact “3.11”"),
    ("q^7", "cell 2: the paragraph “inner item with $q^7$”"),
]


class Report:
    """A document and the two files written from it."""

    def __init__(self, folder, document, compiler):
        self.compiler, self.document = compiler, document
        self.html, self.pdf = folder / "sample.html", folder / "sample.pdf"
        self.page = html.write(document)
        self.write(self.page)
        self.set()

    def write(self, page):
        self.html.write_text(page, encoding="utf-8")

    def set(self):
        with self.compiler:
            self.pdf.write_bytes(pdf.write(self.document, 1_000_000_000, self.compiler)[0])

    def losses(self):
        return compare.losses(self.document, self.html, self.pdf)


@pytest.fixture(scope="module")
def make(write, compiler, tmp_path_factory):
    """Return a function that makes a Report of cells."""

    def make(*cells, front=None, **metadata):
        nb = write.notebook(*cells, **{"title": "The title"} | metadata)
        document = report_of(nb, front) if front else prepare.notebook(nb, "sample", Path())
        return Report(tmp_path_factory.mktemp("report"), document, compiler)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(webfonts, "_rule", lambda name, text: "")  # what a typeface holds, nobody checks here
        yield make


@pytest.fixture(scope="module")
def rich(make, write):
    """Return a Report in which there is something of every kind."""
    markdown = [
        write.shows("text/markdown", words) for words in ("A note below the figure.", "A note below the table.")
    ]
    shown = write.code(
        "#| show-code: true\nshown_code()",
        write.prints("uttered -1\nwords\n"),
        write.shows("text/plain", "<Model at 0x7f3a10>"),
        write.shows("text/markdown", "Made by code."),
    )
    figure = write.figure(caption="What to see, $s_2$.", alt="A falling line.", extra=markdown[:1])
    return make(TITLE, PROSE, figure, write.table(extra=markdown[1:]), shown, write.code("folded_code"), front=FRONT)


@pytest.fixture
def spoil(rich, monkeypatch):
    """Return a function that changes the source of the HTML, or of the PDF, and says what is lost then."""
    whole, typeset = rich.pdf.read_bytes(), pdf.typeset

    def spoil(target, change):
        if target == "html":
            rich.write(change(rich.page))
        else:
            monkeypatch.setattr(pdf, "typeset", lambda source, *rest: typeset(change(source), *rest))
            rich.set()
        return rich.losses()

    yield spoil
    rich.write(rich.page)
    rich.pdf.write_bytes(whole)


def gone(*parts):
    """Return a function that spoils the parts of a text, which must be there."""

    def change(text):
        for part in parts:
            assert part in text
            text = text.replace(part, part[:-2])
        return text

    return change


def swapped(one, other):
    """Return a function that lets two parts of a text, which must be there, change places."""

    def change(text):
        assert one in text
        assert other in text
        return text.replace(one, "\0").replace(other, one).replace("\0", other)

    return change


def test_a_whole_report_has_no_losses(rich):
    assert rich.losses() == []


@pytest.mark.parametrize("target", ["html", "pdf"])
def test_all_that_is_listed_by_hand_arrives(rich, target):
    shown = read_html.read(rich.html) if target == "html" else read_pdf.read(rich.pdf)
    there = {piece.signs for piece in shown.pieces}
    assert [piece for piece in ARRIVING if Piece(*piece).signs not in there] == []


@pytest.mark.parametrize("target", ["html", "pdf"])
def test_each_piece_that_is_not_whole_is_named_and_no_other(rich, spoil, target):
    losses = spoil(target, gone(*(words for words, _ in LOST)))
    path = rich.html if target == "html" else rich.pdf
    losses = [loss for loss in losses if " in the outline of " not in loss]
    assert [line for _, line in LOST if not any(line in loss for loss in losses)] == []
    assert [loss for loss in losses if not loss.endswith(f" is not in {path}.")] == []
    assert len(losses) == len(LOST)


def test_a_heading_that_the_outline_lacks_is_named(rich, spoil):
    losses = spoil("pdf", gone("Lists and quotes"))
    assert losses[1] == f"sample.ipynb, cell 2: the heading “1.1 Lists and quotes” is not in the outline of {rich.pdf}."


@pytest.mark.parametrize("target", ["html", "pdf"])
def test_paragraphs_that_change_places_are_named(spoil, target):
    (loss,) = spoil(target, swapped("First of two.", "Second of two."))
    assert re.match(r"sample.ipynb, cell 2: the paragraph “(First|Second) of two.” is out of its order in ", loss)


@pytest.mark.parametrize("target", ["html", "pdf"])
def test_cells_of_a_table_that_change_places_are_named(spoil, target):
    losses = spoil(target, swapped("12.25", "1.50"))
    starts = [
        f"sample.ipynb, cell 4: the table cell “{number}” is out of its order in " for number in ("1.50", "12.25")
    ]
    assert [loss.startswith(start) for loss, start in zip(losses, starts, strict=True)] == [True, True]


def test_a_picture_without_its_image_is_named(rich, spoil):
    losses = spoil("html", lambda page: re.sub(r'<img[^>]*src="data:[^>]*>', "", page))
    assert losses == [f"sample.ipynb, cell 3: the picture “A falling line.” is not in {rich.html}."]


def test_only_html_must_show_folded_code(rich, spoil):
    assert spoil("html", gone("folded_code")) == [
        f"sample.ipynb, cell 6: the code “folded_code” is not in {rich.html}."
    ]
    assert "folded_code" not in [piece.words for piece in read_pdf.read(rich.pdf).pieces]


def test_a_formula_that_is_drawn_otherwise_is_named(spoil):
    losses = spoil("html", lambda page: page.replace("<mi>w</mi>", ""))
    assert losses == [r"sample.ipynb, cell 2: the formula `w = \frac{a}{b}` has other letters in HTML than in PDF."]


def test_links_within_the_page_that_lead_nowhere_are_named(rich, spoil):
    losses = spoil("html", lambda page: page.replace('href="#fig-line"', 'href="#fig-none"'))
    assert set(losses) == {f"{rich.html}: the link to #fig-none leads nowhere."}


def test_links_within_the_paper_that_lead_nowhere_are_named(rich, spoil):
    writer = pypdf.PdfWriter(clone_from=rich.pdf)
    links = [note.get_object() for page in writer.pages for note in page.get("/Annots", ())]
    link = next(link for link in links if "/Dest" in link and "Figure" in link["/Contents"])
    link[NameObject("/Dest")] = TextStringObject("nowhere")
    writer.write(rich.pdf)
    assert rich.losses() == [f"{rich.pdf}: the link “{link['/Contents']}” leads nowhere."]


def test_files_that_cannot_be_read_are_told(rich, tmp_path):
    with pytest.raises(ReportError, match=r"none\.html cannot be read"):
        compare.losses(rich.document, tmp_path / "none.html", rich.pdf)
    (tmp_path / "none.html").write_text("")
    with pytest.raises(ReportError, match=r"none\.html cannot be read: Document is empty\.$"):
        compare.losses(rich.document, tmp_path / "none.html", rich.pdf)
    (tmp_path / "x.pdf").write_bytes(b"no PDF")
    with pytest.raises(ReportError, match=r"x\.pdf cannot be read"):
        compare.losses(rich.document, rich.html, tmp_path / "x.pdf")


def test_a_pdf_that_pypdf_cannot_follow_is_told(rich, spoil):
    writer = pypdf.PdfWriter(clone_from=rich.pdf)
    writer.pages[0][NameObject("/Resources")] = TextStringObject("damaged")
    writer.write(rich.pdf)
    with pytest.raises(ReportError, match=r"\.pdf cannot be read: it is damaged \(\w+\), so build the report again\.$"):
        rich.losses()


def test_pypdf_remarks_nothing_of_its_own(rich, tmp_path, caplog):
    (tmp_path / "x.pdf").write_bytes(rich.pdf.read_bytes().replace(b"startxref\n", b"startxref\n1"))
    read_pdf.read(tmp_path / "x.pdf")
    assert caplog.messages == []


def test_a_pdf_without_tags_lacks_everything(rich, spoil):
    writer = pypdf.PdfWriter()
    writer.add_blank_page(100, 100)
    writer.write(rich.pdf)
    assert len([loss for loss in rich.losses() if loss.endswith(f" is not in {rich.pdf}.")]) > len(ARRIVING)


def test_a_pdf_whose_fonts_name_no_characters_lacks_all_words(rich, spoil):
    writer = pypdf.PdfWriter(clone_from=rich.pdf)
    for font in (font.get_object() for page in writer.pages for font in page["/Resources"]["/Font"].values()):
        font.pop("/ToUnicode", None)
    writer.write(rich.pdf)
    assert f"sample.ipynb, cell 2: the heading “1.1 Lists and quotes” is not in {rich.pdf}." in rich.losses()


def test_a_paragraph_that_goes_on_on_the_next_page_arrives(make):
    assert make("# A", "Words, and more of them. " * 600).losses() == []


def test_what_a_cell_puts_on_the_title_page_arrives_without_its_code(make, write):
    shown = write.shows("text/markdown", "In short.")
    report = make("# A", write.code("#| title-page: true\nsummary()", shown))
    assert report.losses() == []
    assert "summary()" not in report.page


def test_words_of_a_pdf_whose_pages_nothing_names_are_missing(rich, spoil):
    writer = pypdf.PdfWriter(clone_from=rich.pdf)
    for number in range(1, len(writer._objects) + 1):
        found = writer.get_object(number)
        if isinstance(found, dict) and "/K" in found:
            found.pop("/Pg", None)
            for child in found["/K"] if isinstance(found["/K"], list) else [found["/K"]]:
                if isinstance(child, dict):
                    child.pop("/Pg", None)
    writer.write(rich.pdf)
    assert f"sample.ipynb, cell 3: the picture “A falling line.” is not in {rich.pdf}." not in rich.losses()
    assert len([loss for loss in rich.losses() if loss.endswith(f" is not in {rich.pdf}.")]) > 20


@pytest.mark.parametrize("attribute", ["href", "id", "class", "aria-hidden"])
def test_an_attribute_without_a_value_is_an_empty_one(tmp_path, attribute):
    (tmp_path / "page.html").write_text(f"<p><a {attribute}>Words</a> and <img src alt><span class>more</span>.</p>")
    assert read_html.read(tmp_path / "page.html").pieces == [Piece("text", "Words and more.")]


def test_words_on_both_sides_of_a_box_are_two_pieces_but_for_what_stands_aside():
    flow = Flow()
    flow.add("one ")
    flow.whole("note", "aside", aside=True)
    flow.add("two")
    flow.whole("code", "between")
    flow.add("three")
    assert flow.pieces == [
        Piece("text", "one two"), Piece("note", "aside"), Piece("code", "between"), Piece("text", "three")
    ]  # fmt: skip


def test_signs_are_all_but_spaces_and_quotation_marks():
    assert signs("“It’s” \ufb01ne, in\u00adcom\u200bplete −1.5\u00a0%") == "Itsfine,incomplete-1.5%"


# What people write in JupyterLab, each in a cell of its own: it arrives in both files, or it is among the refused of
# test_losses.
WRITTEN = [
    "Entities &lt;b&gt; &amp; &copy; &nbsp; &mdash; &#945; caf&eacute; `&amp;`",
    "- a list\n\n  $$a=b$$\n\n- tight $$c=d$$ in a list",
    "Bare http://example.org/bare_url?a=1&b=2 and www.example.com and mail@example.org <mail@example.net>",
    '[text][ref], [ref], [missing][nope]\n\n[ref]: https://example.org/ref "A title"',
    "A comment <!-- between --> here",
    "| a \\| b | `c | d` |\n|:---|---:|\n| ~~1~~ $x$ | *2* [l](https://example.org) |",
    "### Trailing hashes ###\n\nSetext $x_1$\n-----------",
    ":smile: ~~gone~~ ~one~ H~2~O x^2^ a^b ==marked== [[wiki]] {{ variable }} ${x} #tag",
    "It costs $5 and $6, or 6$, or \\$7 and \\$8",
    r"Escapes \* \_ \# \` \\ \{ \} \[ \] \( \< \> \! \~ \| " + '\\" \\- \\-\\- \\@',
    "Non-breaking\u00a0space, thin\u202fspace, soft\u00adhyphen, zero\u200bwidth, combined a\u0301",
    "> quote\n>\n> > nested\n> >\n> > ```python\n> > x = 1\n> > ```\n> - list",
    "3. three\n4. four\n   1. inner\n\n   paragraph",
    "a) one\nb) two\n\n(c) parenthesis",
    "1986\\. A year. __init__ and snake_case_name and 2 * 3 * 4 and a\\_b and *a **b** ***c***",
    "Line one  \nline two\\\nline three",
    "| line block\n| second line",
    "\"Double\" 'single' it's -- --- ... -1 and x-1 and 'tis the '90s",
    "Inline^[An inline *note* with $x$ and [a link](https://example.org/n).] and [^long]\n\n[^long]: Two\n\n    parts.",
    '``code with ` tick`` and `a  b` and `\\n` and `-- "quoted"`',
    '    indented\n\n~~~\ntilde\n~~~\n\n```nosuchlanguage\nlet\'s -- "go"\n```',
    "\\begin{equation*} a = b \\end{equation*}\n\n\\begin{gather} c \\\\ d \\end{gather}",
    r"$\text{naïve é ß}$ $\mathbb{R} \mathcal{L} \boldsymbol{\theta} \mathbf{x} \mathrm{d} \ell \varepsilon$",
    r"$$f(x)=\begin{cases} 1 & x>0 \\ 0 & \text{otherwise}\end{cases} \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}$$",
    r"$\hat{y} \frac{1}{2} \sqrt[3]{x} \sum_{i=1}^n \int_0^1 \underbrace{a+b}_{n} \overset{!}{=} \xrightarrow{f}$",
    r"$\left( \frac{a}{b} \right] \lVert x \rVert \bmod b \log_2 z \operatorname{arg\,max} \lim_{x\to 0} f' 10\% \$5$",
    r"$$\begin{aligned} a &= b \\ c &= d\end{aligned} \begin{array}{lc} a & b \\ c & d\end{array} \label{eq-last}$$",
    r"$a \phantom{x} \cancel{z}$",
    r"$\newcommand{\R}{\mathbb{R}} x \in \R$ and $a<b$ and $a \ge b \geqslant c$",
    "Not of Typst: #let x = 1 #emph[x] = heading / term: + plus // comment /* x */ ~ @ \\@ref `#raw`",
    "= Not a heading\n\n/ term: typst\n\n+ plus list",
    "[1. words](#section) [= words](#section) [- words](#section) | [/ a: b](#section)[^=]\n\n[^=]: = note",
    "| 1. a | = b |\n|---|---|\n| + c | - d |",
    "::: note\nadmonition\n:::\n\n!!! note\n    other",
    "[encoded](https://example.org/a%20b?q=é#part) [spaced](<https://example.org/a b>) [mail](mailto:x@y.z)",
    "x" * 200 + " `" + "y" * 200 + "`",
]


def test_what_people_write_arrives_in_both(make):
    assert make("# Title", "## Section", *WRITTEN).losses() == []


@pytest.mark.parametrize(
    "cell",
    [
        "<dl><dt>term</dt><dd>meaning</dd></dl>",
        "<p>above</p><hr><p>below</p>",
        "<ol><li>item</li></ol>",
        "<div>above</div><div>below</div>",
    ],
)
def test_what_the_cell_of_a_table_holds_arrives_in_both(make, write, cell):
    table = f"<table><tr><td>{cell}</td><td>1</td></tr></table>"
    assert make("# Title", write.code("frame", write.shows("text/html", table))).losses() == []


def test_a_header_of_two_full_rows_stays_two_rows(make, write):
    head = "<tr><th>over</th><th>all</th></tr><tr><th>left</th><th>right</th></tr>"
    table = f"<table><thead>{head}</thead><tbody><tr><td>1</td><td>2</td></tr></tbody></table>"
    report = make("# Title", write.code("frame", write.shows("text/html", table)))
    assert report.losses() == []
    assert report.page.count("<tr") == 3


@pytest.mark.parametrize("number", ["A", "AA"])
def test_the_heading_of_an_appendix_is_read_with_that_word(number):
    header = {"t": "Header", "c": [1, ["", [], [["number", number]]], [{"t": "Str", "c": "Costs"}]]}
    (piece,), _ = read_document.read({"blocks": [header]})
    assert piece.words == f"Appendix {number} Costs"
