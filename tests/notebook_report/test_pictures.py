import base64
import io

import pytest
from matplotlib.figure import Figure
from nbformat.v4 import new_markdown_cell
from pypdf import PdfReader

from notebook_report.cells import image_checks
from notebook_report.checking import compare
from notebook_report.document import prepare
from notebook_report.exporters import ReportHTMLExporter, ReportPDFExporter
from notebook_report.problems import Outcome
from notebook_report.reading.trees import pandoc
from notebook_report.reading.trees.pandoc_ast import elements, plain
from notebook_report.writing import pdf


@pytest.fixture
def folder(tmp_path, write):
    (tmp_path / "a file of dots.png").write_bytes(base64.b64decode(write.PNG))
    (tmp_path / "line.svg").write_text('<?xml version="1.0"?>\n<!-- a line -->\n' + write.SVG)
    (tmp_path / "words.png").write_text("no picture")
    return tmp_path


@pytest.fixture
def export(write, folder, without_typefaces):
    def both(*cells):
        nb = write.notebook("# Title", *cells)
        where = {"metadata": {"name": "sample", "path": str(folder)}}
        page, paper = (
            to(strict=True, show_code=False).from_notebook_node(nb, where)[0]
            for to in (ReportHTMLExporter, ReportPDFExporter)
        )
        return nb, page, paper

    return both


def attached(write, text):
    cell = new_markdown_cell(text)
    cell["attachments"] = {"dots.png": {"image/png": write.PNG}}
    return cell


def test_a_file_beside_the_notebook_is_in_both(write, export):
    _, page, paper = export("Before.\n\n![Two dots.](a%20file%20of%20dots.png)\n\nAfter.")
    assert f'<p><img src="data:image/png;base64,{write.PNG}" alt="Two dots." /></p>' in page
    (picture,) = PdfReader(io.BytesIO(paper)).pages[0].images
    assert picture.image.size == (1, 1)


def test_a_picture_of_a_notebook_of_older_versions_is_found(prepared):
    assert prepared("![A line.](files/line.svg)").problems == []


def test_a_drawing_stays_one_in_both(export):
    _, page, paper = export("In a ![A line.](line.svg) sentence.")
    assert 'alt="A line."' in page
    assert 'src="data:image/svg+xml,' in page
    assert not PdfReader(io.BytesIO(paper)).pages[0].images


def test_a_picture_attached_to_its_cell_is_in_both(write, export):
    _, page, paper = export(attached(write, "![Two dots.](attachment:dots.png)"))
    assert f'src="data:image/png;base64,{write.PNG}"' in page
    assert len(PdfReader(io.BytesIO(paper)).pages[0].images) == 1


def test_check_finds_pictures_of_the_text(export, folder):
    nb, page, paper = export("One ![Two dots.](a%20file%20of%20dots.png) two.")
    files = folder / "sample.html", folder / "sample.pdf"
    files[0].write_text(page.replace('alt="Two dots."', 'alt="Dots."'))
    files[1].write_bytes(paper)
    document = prepare.notebook(nb, "sample", folder)
    assert compare.losses(document, *files) == [f"sample.ipynb, cell 2: the picture “Two dots.” is not in {files[0]}."]


NOT_SHOWN = {
    "![A cat](cats/missing.png)": ("the image `cats/missing.png` is missing: No such file or directory", "A cat"),
    "![A cat](attachment:c.png)": ("the image `attachment:c.png` is missing: it is not attached to this cell", "A cat"),
    "![Words](words.png)": ("the image `words.png` is not a picture (PNG, JPEG, GIF, WebP or SVG)", "Words"),
    "![](words.png)": ("the image `words.png` is not a picture (PNG, JPEG, GIF, WebP or SVG)", "words.png"),
    "![Folder](.)": ("the image `.` is not a file: save it beside the notebook and name the file", "Folder"),
    "![Device](/dev/null)": ("the image `/dev/null` is not a file", "Device"),
    "![Data](data:image/png;base64,AAAA)": ("the image `Picture 1 of this notebook` is not a picture", "Data"),
}


@pytest.fixture
def prepared(write, folder):
    def document(*cells):
        return prepare.notebook(write.notebook(*cells), "sample", folder)

    return document


@pytest.mark.parametrize("text", NOT_SHOWN)
def test_words_stand_for_a_picture_that_cannot_be_shown(prepared, text):
    sentence, words = NOT_SHOWN[text]
    document = prepared("Words.", text)
    (problem,) = document.problems
    assert problem.outcome is Outcome.REPLACED
    assert str(problem).startswith(f"sample.ipynb, cell 2: {sentence}")
    assert plain(document.parts[1].prose.document["blocks"]) == f"({words}: picture not shown)"


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("![A cat](https://a.example/c.png)", [("A cat", "https://a.example/c.png")]),
        ("![](//a.example/of%20cats.png?x)", [("Picture: of cats", "https://a.example/of%20cats.png?x")]),
        ("[![Open](https://b.example/badge.svg)](https://a.example)", [("Open", "https://a.example")]),
        ("## Beans ![build](https://b.example/badge.svg)", []),
    ],
)
def test_a_picture_on_the_network_is_a_link(prepared, text, links):
    document = prepared("# One", text, "# Two")
    found = elements(document.parts[1].prose.document, "Link")
    assert [(plain(link["c"][1]), link["c"][2][0]) for link in found] == links
    assert [problem.code for problem in document.problems] == ["remote-image"] * len(links)


@pytest.mark.parametrize(
    ("text", "alt"),
    [("![](line.svg?raw=1)", "line.svg"), ("<svg><path d='M0 0'/></svg>", "Picture 1 of this notebook")],
)
def test_a_picture_without_words_gets_some_and_is_a_problem(prepared, text, alt):
    document = prepared(text)
    (picture,) = elements(document.parts[0].prose.document, "Image")
    assert [plain(picture), picture["c"][2][0]] == [alt, "picture-1.svg"]
    assert [(problem.code, problem.outcome) for problem in document.problems] == [
        ("no-alternative-text", Outcome.REPAIRED)
    ]


@pytest.mark.parametrize(
    ("size", "attributes", "typst"),
    [
        ('width="150"', [["width", "150"]], 'alt: "a", width: 150 * 0.75pt'),
        ('style="width: 50%; color: red"', [["width", "50%"]], 'alt: "a", width: 50 * 0.01 * text-width'),
        ('style="height:2em"', [["height", "2em"]], 'alt: "a", height: 2 * 1em'),
        ('width="90px" height="9"', [["width", "90px"], ["height", "9"]], 'alt: "a", width: 90 * 0.75pt'),
        ('width="calc(1px)"', [["width", "calc(1px)"]], 'alt: "a")'),
    ],
)
def test_a_picture_has_the_size_that_it_asks_for(prepared, size, attributes, typst):
    document = prepared(f'<img src="line.svg" alt="a" {size}>').parts[0].prose.document
    (picture,) = elements(document, "Image")
    assert picture["c"][0][2] == attributes
    assert typst in pandoc.write([document], ["here"], "typst")[0][0]


@pytest.mark.parametrize(
    ("box", "size"),
    [
        ("width: 150px", [["width", "150px"]]),
        ("float: left; width: 50%", [["width", "50%"]]),
        ("width: 401px", []),
        ("width: 60%", []),
        ("width: 9em", []),
        ("width: 0%", []),
        ('width: 200px"><div style="width: 50%', [["width", "100px"]]),
        ('width: 50%"><div style="width: 100%', [["width", "50%"]]),
        ('"><span style="width: 50px', []),
        ('width: 50%"><table><tr><td style="', []),
    ],
)
def test_a_picture_is_no_wider_than_its_box(prepared, folder, box, size):
    Figure(figsize=(4, 1), dpi=100).savefig(folder / "wide.png")
    document = prepared(f'<div style="{box}"><img src="wide.png" alt="a" style="border-width: 0"></div>')
    document = document.parts[0].prose.document
    (picture,) = elements(document, "Image")
    assert picture["c"][0][2] == size


def test_no_picture_is_larger_than_the_page(write, to_pdf):
    data = f"data:image/png;base64,{write.PNG}"
    cells = [f'<img src="{data}" alt="a" width="{width}">' for width in ("9999", "999%", "5000em")]
    assert len(to_pdf(*cells).pages) == len(cells)


@pytest.mark.parametrize(
    ("start", "form"),
    [
        (b"\x89PNG\r\n", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\n\0\0\0WEBPVP8 ", "image/webp"),
        (b"\n<svg xmlns=", "image/svg+xml"),
        (b"<?xml version='1.0'?>\n<!DOCTYPE svg>\n<svg>", "image/svg+xml"),
        (b"\xef\xbb\xbf<svg>", "image/svg+xml"),
        (b"<html><svg>", None),
        (b"", None),
    ],
)
def test_the_kind_of_a_picture_is_told_by_its_content(start, form):
    assert image_checks.kind(start) == form


DRAWING = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">{}</svg>'
STANDARD = '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">'
LATIN = '<?xml version="1.0" encoding="ISO-8859-1"?>'


@pytest.mark.parametrize(
    ("drawing", "words"),
    [
        (DRAWING.format("<foreignObject><p>a</p></foreignObject>"), "holds a `foreignObject`"),
        (DRAWING.format('<image href="http://a.example/a.png"/>'), "refers to `http://a.example/a.png`"),
        (
            DRAWING.format('<image xlink:href="figure-1.png"/>'),
            "refers to `figure-1.png`, which is no picture inside it",
        ),
        (
            DRAWING.format('<image href="data:image/svg+xml;base64,iVBO"/>'),
            "refers to `data:image/svg+xml;base64,iVBO`",
        ),
        (DRAWING.format("<rect style='fill:url(pattern.svg#p) red'/>"), "refers to `url(pattern.svg#p`"),
        (DRAWING.format("<style>@import url(http://a.example/a.css);</style>"), "refers to `@import url(http://a"),
        (DRAWING.format("<text>&nbsp;</text>"), "cannot be read as XML (undefined entity: "),
        (STANDARD + DRAWING.format("<text id='&nbsp;'/>"), "cannot be read as XML (undefined entity: "),
        (DRAWING.format("<g>"), "cannot be read as XML (mismatched tag: "),
        ("", "cannot be read as XML (no element found: "),
        ("<svg><path/></svg>", "is not in the namespace of SVG"),
        ('<a xmlns="http://a.example"/>', "is not in the namespace of SVG"),
        (DRAWING.format("<text>é</text>").encode("latin-1"), "is not in UTF-8"),
        (LATIN + DRAWING.format("<text>é</text>"), "declares to be in another encoding"),
    ],
)
def test_a_drawing_that_the_two_files_would_show_otherwise_is_refused(drawing, words):
    content = drawing if isinstance(drawing, bytes) else drawing.encode()
    assert words in (image_checks.fault(content, image_checks.SVG) or "")


@pytest.mark.parametrize(
    "drawing",
    [
        DRAWING.format(
            '<a xlink:href="https://a.example"><path style="fill:url(#a)"/></a><style>a{fill:url("#a")}</style>'
        ),
        DRAWING.format('<use xlink:href="#a"/><use href="#a"/><image href="data:image/png;base64,iVBO"/>'),
        STANDARD + DRAWING.format("<metadata><a xmlns='b' resource='http://a.example'/></metadata><text>&amp;é</text>"),
        LATIN + DRAWING.format("<text>e</text>"),
        '<s:svg xmlns:s="http://www.w3.org/2000/svg"/>',
    ],
)
def test_a_drawing_that_holds_all_that_it_shows_is_sound(drawing):
    assert image_checks.fault(drawing.encode(), image_checks.SVG) is None


def test_what_matplotlib_draws_is_sound():
    drawn, figure = io.BytesIO(), Figure()
    figure.add_subplot(title="é & <b>").imshow([[1, 2]])
    figure.savefig(drawn, format="svg")
    assert image_checks.fault(drawn.getvalue(), image_checks.SVG) is None


def test_a_mark_of_the_order_of_bytes_is_no_part_of_a_drawing(export, folder):
    (folder / "marked.svg").write_text(DRAWING.format("<text>é</text>"), encoding="utf-8-sig")
    _, page, _ = export("![A word.](marked.svg)")
    assert "data:image/svg+xml,%3Csvg x" in page


BADGE = "https://b.example/badge"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"[![]({BADGE}/open-in-kaggle.svg)](https://a.example)", "open in kaggle"),
        (f"![]({BADGE}/python-3.8-blue?style=flat)", "python 3.8 blue"),
        (f"![{BADGE}/a.svg]({BADGE}/a_long+name.PNG)", "Picture: a long name"),
        ("![](https://a.example/68747470733a2f2f6d7962696e6465722e6f72672f62616467652e737667)", "Picture"),
        ("![](https://a.example/v1?label=Rain)", "Picture"),
        ("![](https://a.example/7J30oCG.png)", "Picture"),
        ("![](https://a.example/6DKYbPb.png)", "Picture"),
        ("![](https://i.stack.imgur.com/cwrMN.png)", "Picture"),
        ("![](https://a.example/3d_rain-2x.png)", "Picture: 3d rain 2x"),
        ("![](https://a.example)", "Picture"),
        (
            f'<table><tr><td><a href="https://a.example"><img src="{BADGE}/logo.png">View it</a></td></tr></table>',
            "View it",
        ),
        (f"|a|\n|-|\n|[![]({BADGE}/colab-badge.svg)](https://a.example)|", "colab badge"),
    ],
)
def test_a_badge_without_words_is_a_short_link(prepared, text, words):
    (link,) = elements(prepared(text).parts[0].prose.document, "Link")
    assert plain(link["c"][1]).strip() == words


def test_a_table_of_badges_is_a_line(prepared):
    cell = f'<td><a href="https://a.example"><img src="{BADGE}/{{}}.svg"></a></td>'
    badges = f"<table>{cell.format('open-in-colab')}{cell.format('open-in-kaggle')}</table>"
    (line, text) = prepared(f"{badges}\n\nText").parts[0].prose.document["blocks"]
    assert [plain(line), plain(text)] == ["open in colab · open in kaggle", "Text"]
    rows = prepared(badges.replace("</table>", "<tr><td>1</td></tr></table>")).parts[0].prose.document["blocks"]
    assert rows[0]["t"] == "Table"


def test_two_pictures_hardly_higher_than_half_a_page_stand_on_one(write, compiler, tmp_path):
    svg = write.SVG.replace('width="90pt" height="60pt"', 'width="448pt" height="340pt"')
    cell = write.code("plot()", *[write.shows("image/svg+xml", svg)] * 4)
    with compiler:
        content, _ = pdf.write(prepare.notebook(write.notebook("# A", cell), "sample", tmp_path), 0, compiler)
    assert len(PdfReader(io.BytesIO(content)).pages) == 3, "the first has the title as well"
