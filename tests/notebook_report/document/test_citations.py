import base64
import re

import pytest

from notebook_report.errors import NotebookError, ReportError
from notebook_report.exporters import ReportHTMLExporter, ReportPDFExporter

BOOKS = r"""
@article{smith2017, author = {Smith, Leslie N.}, title = {Cycles & rates}, journal = {A Journal}, year = {2017},
  url = {https://example.org/a}}
@book{jones1999, author = {Jones, Ann and M{\"u}ller, Bo}, title = {Networks}, publisher = {Press}, year = {1999}}
@misc{never2000, author = {Never, Cited}, title = {Unread}, year = {2000}}
"""


@pytest.fixture
def books(tmp_path):
    (tmp_path / "books.bib").write_text(BOOKS)
    return tmp_path


@pytest.fixture
def cited(write, books):
    def export(*cells, target=ReportHTMLExporter, bibliography="books.bib"):
        nb = write.notebook(*cells, bibliography=bibliography)
        return target(strict=True).from_notebook_node(nb, {"metadata": {"name": "sample", "path": str(books)}})[0]

    return export


def test_a_citation_names_author_and_year_and_leads_to_its_work(cited):
    page = cited(
        "# Title\n\nIt climbs ([Smith 2017](#cite-smith2017)), say [Jones and Müller (1999)](#cite-jones1999) too."
    )
    assert '(<a href="#ref-smith2017">Smith 2017</a>)' in page
    assert '<a href="#ref-jones1999">Jones and Müller (1999)</a>' in page
    assert "Never" not in page, "only what is cited is listed"


def test_works_are_listed_in_the_order_of_their_authors(cited):
    page = cited("# Title\n\n[Smith 2017](#cite-smith2017), then [Jones and Müller 1999](#cite-jones1999).")
    assert page.index('id="ref-jones1999"') < page.index('id="ref-smith2017"')
    assert page.count('id="ref-') == 2
    assert re.search(r"<em>A Journal</em>", page)


def test_the_paper_lists_the_works_too(cited):
    from io import BytesIO

    from pypdf import PdfReader

    paper = PdfReader(BytesIO(cited("# Title\n\nSee [Smith (2017)](#cite-smith2017).", target=ReportPDFExporter)))
    text = " ".join(paper.pages[0].extract_text().split())
    assert "Smith (2017)" in text
    assert "Cycles & Rates" in text or "Cycles & rates" in text
    assert [entry.title for entry in paper.outline][-1] == "References"


@pytest.mark.parametrize(
    ("link", "sentence"),
    [
        ("[Smith 1871](#cite-smith1871)", "cites what the bibliography does not hold"),
        ("[Smith 2018](#cite-smith2017)", "cites a work that is called “Smith 2017”"),
        ("[Smyth (2017)](#cite-smith2017)", "cites a work that is called “Smith 2017”"),
        ("[Jones 1999](#cite-jones1999)", "cites a work that is called “Jones and Müller 1999”"),
        ("[the book](#cite-jones1999)", "cites a work that is called “Jones and Müller 1999”"),
    ],
)
@pytest.mark.parametrize("target", [ReportHTMLExporter, ReportPDFExporter])
def test_what_cannot_be_cited_is_a_problem(cited, link, sentence, target):
    with pytest.raises(NotebookError) as error:
        cited("# Title", f"As in {link}.", target=target)
    assert str(error.value) == f"sample.ipynb, cell 2: `{link}` {sentence}."


@pytest.mark.parametrize("words", ["2017", "Smith 2017, page 7", "Smith (2017, 7)"])
def test_a_citation_may_be_of_the_year_alone_or_of_a_page(cited, words):
    assert f'<a href="#ref-smith2017">{words}</a>' in cited("# Title", f"Of Smith: [{words}](#cite-smith2017).")


def test_works_that_would_be_called_the_same_are_told_apart(cited, books):
    other = "@book{other2017, author = {Smith, Leslie N.}, title = {Rates again}, publisher = {Press}, year = {2017}}"
    (books / "books.bib").write_text(BOOKS + other)
    cited("# Title\n\n[Smith 2017a](#cite-smith2017), [Smith 2017b](#cite-other2017).")
    with pytest.raises(NotebookError, match="called “Smith 2017a”"):
        cited("# Title\n\n[Smith 2017](#cite-smith2017), [Smith 2017b](#cite-other2017).")


def test_all_wrong_citations_are_named_at_once(cited):
    with pytest.raises(NotebookError) as error:
        cited("# Title\n\n[A 1](#cite-a) and [section 2](#Other).", "[B 2](#cite-b)")
    assert len(str(error.value).splitlines()) == 3


def test_a_citation_in_a_heading_is_no_link_in_the_contents(cited):
    page = cited("# Title", "# After [Smith 2017](#cite-smith2017)")
    assert page.count('href="#ref-smith2017"') == 1


def test_names_of_people_are_words(to_html, cited):
    assert "Thanks to @alice [@bob]." in to_html("# Title\n\nThanks to @alice [@bob].")
    assert "Thanks to @alice [@bob]." in cited("# Title\n\nThanks to @alice [@bob].")


def test_without_a_bibliography_a_citation_says_how_to_name_one(to_html):
    with pytest.raises(NotebookError, match="there is no bibliography: name a BibTeX file"):
        to_html("# Title\n\nAs in [Smith 2017](#cite-smith2017).")


def test_a_missing_bibliography_is_named(cited):
    with pytest.raises(ReportError, match=r"the bibliography .*none\.bib cannot be read: No such file"):
        cited("# Title\n\nWords.", bibliography="none.bib")


def test_a_bibliography_that_is_no_file_is_not_read(cited):
    with pytest.raises(ReportError, match="the bibliography /dev/null is not a file: name a BibTeX file"):
        cited("# Title", bibliography="/dev/null")


def test_a_bibliography_that_is_no_bibtex_is_refused(cited, books):
    (books / "books.bib").write_text("@article{oops, author = {Nobody")
    with pytest.raises(ReportError, match="the bibliography cannot be read as BibTeX"):
        cited("# Title\n\nAs in [Nobody](#cite-oops).")


@pytest.fixture(params=[ReportHTMLExporter, ReportPDFExporter])
def refusal(request, books, cited):
    """Return a function that cites one work as `k`, in HTML and in PDF, and returns the message."""

    def message(entry):
        (books / "books.bib").write_text(entry)
        with pytest.raises(NotebookError) as error:
            cited("# Title", "As in [A 2000](#cite-k).", target=request.param)
        return str(error.value)

    return message


@pytest.mark.parametrize(
    ("title", "words"),
    [
        (r"T \href{javascript:alert(1)}{T}", "the link to `javascript:alert(1)` leads nowhere"),
        (r"T \url{file:///etc/passwd}", "the link to `file:///etc/passwd` leads nowhere"),
        (r"T \includegraphics{http://a.example/x.png}", "the image `http://a.example/x.png` is on the network"),
        (r"T \includegraphics{/etc/passwd}", "the image `/etc/passwd` is not a picture"),
        (r"T \foo", r"`\foo` is TeX outside a formula"),
        (r"T $a \foo$", r"the formula `a \foo`: undefined control sequence \foo"),
    ],
)
def test_what_a_work_says_is_checked_like_all_texts(refusal, title, words):
    message = refusal(f"@misc{{k, author = {{A}}, year = {{2000}}, title = {{{title}}}}}")
    assert message.startswith("the bibliography, work `k`: ")
    assert words in message


def test_a_key_of_two_works_is_refused_where_it_is_cited(refusal, cited, books):
    assert "cell 2: `[A 2000](#cite-k)` cites 2 works: give each a key of its own" in refusal(
        BOOKS + "@misc{k,}@misc{k,}"
    )
    assert "Smith" in cited("# Title\n\n[Smith 2017](#cite-smith2017)."), "what is not cited does no harm"


def test_a_picture_in_a_work_is_in_the_page(cited, books, write):
    (books / "dot.png").write_bytes(base64.b64decode(write.PNG))
    (books / "books.bib").write_text(r"@misc{k, author = {A}, title = {T \includegraphics{dot.png}}}")
    assert f'src="data:image/png;base64,{write.PNG}"' in cited("# Title\n\n[A, n.d.](#cite-k).")
