"""Notebooks that somebody else has written, with intentions of their own."""

import json
import re
import socket
from pathlib import Path

import nbformat
import pytest

from notebook_report import notebooks
from notebook_report.cells import outputs
from notebook_report.cells.outputs import Rules
from notebook_report.document import markdown_images
from notebook_report.document.passage import Passage
from notebook_report.errors import LONGEST, NotebookError, Place, ReportError
from notebook_report.reading.reader import Source, read
from notebook_report.reading.trees import pandoc
from notebook_report.reading.trees.pandoc_ast import NO_ATTRIBUTES


@pytest.mark.parametrize(
    "tag", ["a href=https://a.example", "code", "p", "h2", "table", "div", "span", "img src=x alt=x"]
)
def test_nobody_gives_the_page_attributes(tag):
    hostile = f"<{tag} class=own onclick=alert(1) style='background:url(//a.example)'>a</{tag.split()[0]}>"
    (reading,) = read([Source("markdown", hostile, "here")])
    assert not re.search("own|onclick|background", json.dumps(reading.blocks))


def test_a_table_brings_no_attributes(to_html, write):
    cell = '<tr><td><a href="https://a.example" onclick="alert(1)">a</a> <code onclick="b">c</code></td></tr>'
    assert "onclick" not in to_html(write.code("", write.shows("text/html", f"<table onclick='d'>{cell}</table>")))


@pytest.mark.parametrize(
    "part",
    [
        "<tfoot {0}><tr {0}><td {0}>a</td></tr></tfoot>",
        "<thead {0}><tr {0}><th {0}>a</th></tr></thead>",
        "<tbody {0}><tr {0}><th {0}>a</th></tr></tbody>",
        "<colgroup {0}><col {0}></colgroup>",
        "<caption {0}><p {0}>a <b {0}>b</b></p></caption>",
    ],
)
def test_no_part_of_a_table_brings_attributes(to_html, write, part):
    part = part.format("id='text' onclick='a()' style='background:url(//a.example)'")
    page = to_html(write.code("", write.shows("text/html", f"<table>{part}<tbody><tr><td>1</td></tr></tbody></table>")))
    assert "onclick" not in page
    assert "a.example" not in page
    assert page.count('id="text"') == 1


def test_a_frame_in_a_table_is_not_fetched():
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/"
        table = f'<table><tr><td><iframe src="{address}"></iframe></td></tr></table>'
        (reading,) = read([Source("html", table, "a.ipynb, cell 1")])
        with pytest.raises(BlockingIOError):
            server.accept()
        assert [problem.code for problem in reading.problems] == ["embedded-content"]


@pytest.mark.parametrize("content", ['iVBO" onload="alert(1)', "", "====", "é"])
def test_a_picture_is_base_64(to_html, write, content):
    with pytest.raises(NotebookError, match="cell 1: an output \\(image/png\\) is not a picture in base 64"):
        to_html(write.figure(picture=write.shows("image/png", content)))


@pytest.mark.parametrize("size", [{"width": '1" onload="alert(1)'}, {"width": [1]}, "wide", None])
def test_a_width_that_is_no_number_is_left_out(to_html, write, size):
    picture = write.shows("image/png", write.PNG)
    picture.metadata["image/png"] = size
    page = to_html(write.figure(picture=picture))
    assert "onload" not in page
    assert page[page.index("<img") :].partition(">")[0].endswith('width="1"'), "the picture's own width"


@pytest.mark.parametrize("authors", [[{"name": None}], [{}, None], [{"name": {"a": []}}], [[[]]]])
def test_an_author_without_a_name_is_left_out(to_html, authors):
    assert "<h1" in to_html("# A", authors=authors)


@pytest.mark.parametrize("name", [3, ["a.bib"], {"a": 1}])
def test_a_bibliography_is_named(to_html, name):
    with pytest.raises(ReportError, match="the front matter: the bibliography "):
        to_html("# A", bibliography=name)


def test_a_bibliography_of_an_impossible_name_is_missing(to_html):
    with pytest.raises(ReportError, match="cannot be read"):
        to_html("# A", bibliography="a\0b")


@pytest.mark.parametrize("change", [{"metadata": {"language_info": []}}, {"cells": [{"cell_type": "code"}]}])
def test_a_notebook_out_of_form_is_one_sentence(to_html, monkeypatch, write, change):
    nb = nbformat.from_dict({**write.notebook("# A"), **change})
    monkeypatch.setattr(write, "notebook", lambda *_, **__: nb)
    with pytest.raises(ReportError, match="the notebook is not of Jupyter's format"):
        to_html()


@pytest.mark.parametrize("noted", [None, 3, {"notebook": 1, "cell": 1}, {"notebook": "a\n#panic()", "cell": 1}, {}])
def test_a_cell_that_lies_about_its_origin_is_not_believed(write, noted):
    nb = write.notebook("# A")
    nb.cells[0].metadata[notebooks.ORIGIN] = noted
    notebooks.note_origins(nb, "b")
    assert str(notebooks.place_of(nb.cells[0])) == "b.ipynb, cell 1"


def test_a_file_name_of_two_lines_is_one_line(write):
    nb = write.notebook("# A")
    notebooks.note_origins(nb, "b\n#panic().1")
    assert str(notebooks.place_of(nb.cells[0])) == "b #panic().1.ipynb, cell 1"


def test_a_message_is_one_line_that_a_terminal_shows():
    assert str(ReportError("a\nb\x1b[31m c\ud800")) == "a b�[31m c�"


def test_a_message_has_an_end():
    assert len(str(ReportError("a" * 10**6))) == LONGEST


def test_half_a_character_is_refused(to_html, write):
    with pytest.raises(ReportError, match="holds U\\+D831, half a character"):
        to_html(write.figure(alt='"\\ud831\\ude8d"'))


@pytest.mark.parametrize("forms", [{"image/svg+xml": "{svg}\ud800"}, {"image/svg+xml": "{svg}", "text/csv": "a\udfff"}])
def test_half_a_character_beside_a_figure_is_refused(to_html, write, forms):
    picture = write.shows("text/plain", "")
    picture.data = {form: text.replace("{svg}", write.SVG) for form, text in forms.items()}
    with pytest.raises(NotebookError, match=r"sample.ipynb, cell 1: it holds U\+D(800|FFF), half a character"):
        to_html(write.figure(picture=picture))


@pytest.mark.parametrize(
    "text",
    [
        "null",
        '{"nbformat": 5, "metadata": {}, "cells": []}',
        '{"nbformat": 4, "nbformat_minor": "x", "metadata": {}, "cells": []}',
        '{"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": [1]}',
        "[" * 100_000,
    ],
)
def test_what_is_far_from_a_notebook_is_one_sentence(tmp_path, text):
    path = tmp_path / "a.ipynb"
    path.write_text(text)
    with pytest.raises(ReportError, match=r"a\.ipynb cannot be read as a notebook: "):
        notebooks.read(path)


@pytest.mark.parametrize("change", [{"nbformat": 5}, {"nbformat_minor": "x"}, {"cells": [1]}, {"nbformat": None}])
def test_a_notebook_far_out_of_form_is_one_sentence(change, write):
    with pytest.raises(ReportError, match="the notebook is not of Jupyter's format"):
        notebooks.require_sound(nbformat.from_dict({**write.notebook("# A"), **change}))


@pytest.mark.parametrize("content", [None, {}, 3])
def test_a_representation_that_is_no_text_is_none(write, content):
    output = write.shows("text/plain", "shown")
    output.data.update({"image/png": content, "text/csv": content})
    assert outputs.choose([output], Rules(), Place("a", 1), [])[0].content == "shown"


@pytest.mark.parametrize("attached", [None, {"a": 1}, {"image/png": None}, {"image/png": {}}, 3])
def test_an_attachment_that_is_none_is_missing(attached):
    picture = {"t": "Image", "c": [NO_ATTRIBUTES, [{"t": "Str", "c": "a"}], ["attachment:x", ""]]}
    passage = Passage(Place("a", 1), "prose", attachments={"x": attached}, document={"blocks": [picture]})
    problems = []
    markdown_images.embed([passage], Path(), problems)
    assert str(*problems) == "a.ipynb, cell 1: the image `attachment:x` is missing: it is not attached to this cell."


def test_a_text_that_pandoc_does_not_finish_ends_in_a_sentence(to_html, monkeypatch):
    monkeypatch.setattr(pandoc, "PATIENCE", 0)
    with pytest.raises(ReportError, match="pandoc has come to no end within 0 seconds: look for a text that nests"):
        to_html("# Title")


@pytest.mark.skipif(not Path("/proc/self/limits").exists(), reason="looks for limits in /proc")
def test_pandoc_ends_even_if_its_build_has_been_killed(tmp_path):
    (tmp_path / "limits.lua").write_text('io.write(io.open("/proc/self/limits"):read("a"))')
    limits = pandoc.run(["lua", str(tmp_path / "limits.lua")], "").stdout
    assert re.search(r"^Max cpu time +240 +240 +seconds", limits, re.MULTILINE)


def test_what_pandoc_says_when_it_fails_is_told(to_html, monkeypatch, tmp_path):
    monkeypatch.setattr(pandoc, "SCRIPT", tmp_path / "none.lua")
    with pytest.raises(ReportError, match=r"pandoc failed: .*none\.lua"):
        to_html("# A")
