"""What is too large, too deep or too many for a report is refused before anything works on it for minutes."""

import base64
import struct
import sys
from pathlib import Path

import pytest

from notebook_report.cells import cell_options, image_checks, outputs, terminal_text
from notebook_report.document import markdown_images
from notebook_report.document.passage import Passage
from notebook_report.errors import NotebookError, Place
from notebook_report.reading.html import clean
from notebook_report.reading.trees.pandoc_ast import NO_ATTRIBUTES

HERE = Place("sample", 1)
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", 60_000, 50_000)
GIF = b"GIF89a" + struct.pack("<HH", 60_000, 50_000)
FRAME = b"\xff\xc0\0\x11\x08" + struct.pack(">HH", 50_000, 60_000)
JPEG = b"\xff\xd8\xff\xe0\0\x04ab" + b"\xff\xc4\0\x02" + FRAME
WEBP = b"RIFF\0\0\0\0WEBP"
EXTENDED = WEBP + b"VP8X" + bytes(8) + (59_999).to_bytes(3, "little") + (49_999).to_bytes(3, "little")
LOSSLESS = WEBP + b"VP8L" + bytes(5) + struct.pack("<I", 16_383 | 16_383 << 14)
LOSSY = WEBP + b"VP8 " + bytes(10) + struct.pack("<HH", 16_383 | 1 << 14, 16_383)
WORDS = "word " * 20_001
DEEP = [("> ", 300), ("- ", 300), ("> ", 130)]


def image(content):
    return base64.b64encode(content).decode()


@pytest.fixture(params=["html", "pdf"])
def refusal(request):
    """Return a function that exports cells, to HTML and to PDF, and returns the message."""
    export = request.getfixturevalue(f"to_{request.param}")

    def message(*cells):
        with pytest.raises(NotebookError) as error:
            export(*cells)
        assert str(error.value).startswith("sample.ipynb, cell 1: ")
        return str(error.value)

    return message


@pytest.mark.parametrize(
    ("content", "size"),
    [
        (PNG, (60_000, 50_000)),
        (GIF, (60_000, 50_000)),
        (JPEG, (60_000, 50_000)),
        (EXTENDED, (60_000, 50_000)),
        (LOSSLESS, (16_384, 16_384)),
        (LOSSY, (16_383, 16_383)),
    ],
)
def test_a_picture_that_declares_too_many_pixels_is_not_drawn(content, size):
    width, height = size
    assert f"declares {width:,} × {height:,} pixels: save it" in image_checks.fault(content, "image/png")


@pytest.mark.parametrize(
    "content", [b"", b"\x89PNG", GIF[:9], JPEG[:20], b"\xff\xd8\xff\xe0\0\x02ab", WEBP + b"VP8L", WEBP + b"ALPH", b"ab"]
)
def test_a_picture_that_does_not_tell_its_size_is_not_drawn(content):
    assert image_checks.fault(content, "image/png") == "cannot be read as a picture: save it again"


def test_a_picture_without_a_pixel_is_not_drawn():
    assert "declares 0 × 5 pixels" in image_checks.fault(GIF[:6] + struct.pack("<HH", 0, 5), "image/gif")


def test_a_large_file_is_not_drawn(monkeypatch):
    monkeypatch.setattr(image_checks, "LARGEST", 10**6)
    assert image_checks.fault(bytes(10**6 + 1), image_checks.SVG) == "is larger than 1 MB: make it smaller"


def test_the_largest_png_is_refused_among_outputs(refusal, write):
    picture = write.shows("image/png", image(PNG.replace(PNG[-8:], b"\x7f\xff\xff\xff" * 2)))
    assert "an output (image/png) declares 2,147,483,647 × 2,147,483,647 pixels" in refusal(
        write.figure(picture=picture)
    )


def test_the_largest_png_is_refused_in_the_text(refusal, write):
    cell = write.markdown("![a](attachment:x.png)")
    cell["attachments"] = {"x.png": {"image/png": image(PNG)}}
    assert "the image `attachment:x.png` declares 60,000 × 50,000 pixels" in refusal(cell)


def test_a_device_without_end_is_not_read():
    picture = {"t": "Image", "c": [NO_ATTRIBUTES, [{"t": "Str", "c": "a"}], ["/dev/zero", ""]]}
    problems = []
    markdown_images.embed([Passage(HERE, "prose", document={"blocks": [picture]})], Path("/"), problems)
    assert "the image `/dev/zero` is not a file" in str(*problems)


@pytest.mark.parametrize(
    "declared",
    ['<!DOCTYPE svg [<!ENTITY a "b">]>', "<!DOCTYPE svg PUBLIC 'a' 'b' [\n]>", "<!doctype svg [", '<!ENTITY a "b">'],
)
def test_a_drawing_that_declares_entities_is_refused(refusal, write, declared):
    picture = write.shows("image/svg+xml", declared + write.SVG)
    assert "an output (image/svg+xml) declares entities" in refusal(write.figure(picture=picture))


def test_the_declaration_of_a_standard_is_no_entity(to_html, write):
    declared = '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN"\n "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">'
    picture = write.shows("image/svg+xml", declared + write.SVG)
    assert "data:image/svg+xml" in to_html(write.figure(picture=picture))


@pytest.mark.parametrize(("mark", "n"), DEEP)
def test_a_text_that_nests_deeply_is_refused(refusal, mark, n):
    assert "nest too deeply: write them flatter" in refusal(mark * n + "a")


def test_what_may_nest_leaves_python_half_of_its_calls():
    assert sys.getrecursionlimit() // 6 >= clean.DEEPEST * 2.5


TOO_LONG = {
    "the code is": lambda write: write.code(WORDS),
    "what the cell prints is": lambda write: write.code("", *[write.prints("word " * 900 + "\n")] * 25),
    "an output (text/csv) is": lambda write: write.figure(
        picture=write.shows("image/svg+xml", write.SVG, **{"text/csv": WORDS * 20})
    ),
    "an output (text/csv) is too wide": lambda write: write.figure(
        picture=write.shows("image/svg+xml", write.SVG, **{"text/csv": "a\n" + "," * 1000})
    ),
    "an output (text/csv) cannot be read: field larger than field limit": lambda write: write.figure(
        picture=write.shows("image/svg+xml", write.SVG, **{"text/csv": "1" * 200_000})
    ),
    "what stands in the `#|` lines is": lambda write: write.code(f"#| caption: {WORDS}"),
    "a table is too large for a report (10,001 cells": lambda write: write.code(
        "", write.shows("text/html", f"<table>{'<tr><td>' * 10_001}</table>")
    ),
    "a table is too large for a report (1,000,000 cells": lambda write: write.code(
        "", write.shows("text/html", "<table><tr><td title='>' colspan=&#49;000 rowspan='1000'>1</td></tr></table>")
    ),
    "a table is too large for a report (10,002 cells": lambda write: write.markdown(
        "|a|b|\n|-|-|\n" + "|1|2|\n" * 5000
    ),
}


@pytest.mark.parametrize(
    "cell",
    [
        lambda write: write.markdown(WORDS),
        lambda write: write.code("", write.shows("text/markdown", WORDS)),
        lambda write: write.code("", write.shows("text/html", f"<table><td>{WORDS}</table>")),
    ],
    ids=["prose", "Markdown", "HTML"],
)
def test_a_text_that_is_too_long_is_refused_wherever_it_comes_from(refusal, write, cell):
    assert "the text is too long" in refusal(cell(write))


@pytest.mark.parametrize(("words", "cell"), TOO_LONG.items(), ids=TOO_LONG)
def test_what_is_too_long_for_a_report_is_refused(refusal, write, words, cell):
    assert words in refusal(cell(write))


def test_what_is_hidden_may_be_long(to_html, write):
    to_html("# A", write.code("#| hide: true\n" + "a = 1\n" * 20_000, write.prints("a" * 10**6)))


@pytest.mark.parametrize("value", ["[" * 1000, "9" * 5000, "2026-13-41"])
def test_a_value_that_python_cannot_read_is_refused(value):
    problems = []
    assert cell_options.read(f"#| caption: {value}", HERE, problems) == {}
    assert "the `#|` lines hold what no option can be" in str(*problems)


@pytest.mark.parametrize("sign", ["\x1b]", "\x1b[", "\x1b ", "\r\x1b[2K", "\b", "\r", " at 0x0"])
def test_writing_over_what_is_printed_takes_as_long_as_the_text(sign):
    assert len(terminal_text.as_seen(sign * 200_000)) <= len(sign) * 200_000


@pytest.mark.parametrize("sign", ["<metadata>", " "])
def test_settling_a_drawing_takes_as_long_as_the_drawing(sign):
    assert outputs.settle(sign * 200_000) == sign * 200_000
