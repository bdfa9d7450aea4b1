"""Hebrew and Arabic run from right to left, whether or not their author says so."""

import re

import pytest

HEBREW = "שלום עולם."


@pytest.fixture
def boxes(tmp_path):
    """Return a function from a PDF to its words, each with its left and right end in points."""
    import shutil
    import subprocess

    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed (Debian: poppler-utils)")

    def read(reader):
        (tmp_path / "a.pdf").write_bytes(reader.bytes)
        text = subprocess.run(["pdftotext", "-bbox", tmp_path / "a.pdf", "-"], capture_output=True, check=True).stdout
        found = re.findall(r'xMin="([\d.]+)".*?xMax="([\d.]+)".*?>(.*?)</word>', text.decode())
        return [(word, float(left), float(right)) for left, right, word in found]

    return read


@pytest.mark.parametrize(
    "text",
    [
        HEBREW,
        f"**{HEBREW}**",
        f"1. {HEBREW}",
        f"- {HEBREW}",
        f"> {HEBREW}",
        "مرحبا",
        f'<div dir="rtl"><p>{HEBREW}</p></div>',
    ],
)
def test_a_text_begins_at_the_right(to_html, to_pdf, boxes, text):
    assert '<div dir="rtl">' in to_html("# Title", text)
    words = [word for word in boxes(to_pdf("# Title", text)) if re.search("[א-ת؀-ۿ]", word[0])]
    assert max(right for _, _, right in words) > 400


def test_the_number_of_an_item_stands_at_the_right(to_pdf, boxes):
    words = boxes(to_pdf("# Title", f"1. {HEBREW}\n2. {HEBREW}"))
    [number] = [left for word, left, _ in words if word.strip(".") == "2"]
    assert number > 450


def test_a_heading_and_a_title_begin_at_the_right(to_html, to_pdf, boxes):
    page = to_html(f"# {HEBREW}", f"## {HEBREW}")
    assert '<h1 dir="rtl">' in page
    assert re.search('<h2[^>]* dir="rtl"', page)
    words = [word for word in boxes(to_pdf(f"# {HEBREW}", f"## {HEBREW}")) if re.search("[א-ת]", word[0])]
    assert min(left for _, left, _ in words) > 300


def test_a_text_that_only_holds_such_words_begins_at_the_left(to_html):
    assert 'dir="rtl"' not in to_html(f"# Title\n\nThey say {HEBREW}", "```\nשלום\n```")
