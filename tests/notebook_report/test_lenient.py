"""Notebooks of strangers: what can be shown is shown, and something visible stands for what cannot."""

import io

import nbformat
import pytest
from nbformat.v4 import new_output, new_raw_cell
from pypdf import PdfReader

from notebook_report import __main__, problems
from notebook_report.cells import outputs
from notebook_report.cells.view import NOTEBOOK
from notebook_report.document import prepare
from notebook_report.errors import Place
from notebook_report.writing import html, pdf

HERE = Place("a", 1)
PLOTLY = {"data": [], "layout": {"title": {"text": "Growth"}}}
WIDGET = "application/vnd.jupyter.widget-view+json"


@pytest.fixture
def exported(write, tmp_path):
    """Return a function that gives the page of cells, and the codes of the problems."""

    def export(*cells, **metadata):
        document = prepare.notebook(write.notebook(*cells, **metadata), "sample", tmp_path)
        return html.write(document), [problem.code for problem in document.problems]

    return export


def test_a_figure_without_a_label_stands_in_the_text(write, exported):
    cell = write.code("plot()", write.prints("fitted"), write.shows("image/svg+xml", write.SVG), write.prints("done"))
    page, codes = exported("# A", cell)
    assert page.index(">fitted</pre>") < page.index("<img") < page.index(">done</pre>")
    assert "<figure" not in page
    assert codes == ["figure-without-label"]


def test_what_stands_beside_a_labelled_figure_is_shown_as_well(write, exported):
    cell = write.figure()
    cell.outputs.insert(0, write.prints("fitted"))
    page, codes = exported("# A", cell)
    assert page.index(">fitted</pre>") < page.index('<figure id="fig-line"')
    assert codes == ["unfit-outputs"]


def test_a_caption_without_a_label_stands_below_the_figure(write, exported):
    cell = write.code("#| fig-cap: A *line*.\nplot()", write.shows("image/svg+xml", write.SVG))
    page, _ = exported("# A", cell)
    assert page.index("<img") < page.index("A <em>line</em>.")


@pytest.mark.parametrize("height", [5, "5"])
def test_a_picture_has_the_width_that_its_output_asks_for(write, height):
    picture = write.shows("image/png", write.PNG)
    picture.metadata = {"image/png": {"height": height}}
    (output,) = outputs.choose([picture], outputs.Rules(), HERE, [])
    assert output.width == 5, "the picture is square"


def test_the_trace_of_a_failed_cell_is_shown(write, chosen):
    error = new_output("error", ename="ValueError", evalue="no", traceback=["\x1b[31mTrace\x1b[0m", "ValueError: no"])
    assert chosen(error) == ([("error", "Trace\nValueError: no")], ["failed-cell"])
    assert chosen(error, errors_meant=True)[1] == []


def test_what_is_said_of_a_failed_cell_has_no_signs_for_terminals(chosen, write):
    error = new_output("error", ename="MethodError", evalue="no method \x1b[0mClosest\x1b[0m", traceback=["Trace"])
    problems = []
    outputs.choose([error], outputs.Rules(), HERE, problems)
    assert "MethodError: no method Closest;" in str(problems[0])


def test_an_error_looks_unlike_what_is_printed(write, tmp_path):
    error = new_output("error", ename="ValueError", evalue="no", traceback=["ValueError: no"])
    document = prepare.notebook(write.notebook("# A", write.code("x", write.prints("yes"), error)), "sample", tmp_path)
    page, (paper, _, _) = html.write(document), pdf.source(document)
    for said, is_error in (("yes", False), ("ValueError: no", True)):
        assert (f'class="output error" tabindex="0" role="group" aria-label="Error">{said}</pre>' in page) == is_error
        assert (f'"{said}", block: true), sticky: false, error: true' in paper) == is_error


@pytest.mark.parametrize("picture", [{}, {"image/png": "iVBORw0KGgo="}])
def test_a_figure_that_a_script_draws_is_a_note_with_its_title(write, chosen, picture):
    plotly = {"application/vnd.plotly.v1+json": PLOTLY, "text/html": "<div id='a'></div><script>1</script>"}
    assert chosen(write.shows("text/plain", "Figure({})", **plotly)) == (
        [("note", "Interactive figure “Growth”")],
        ["interactive-figure"],
    )


def test_its_static_picture_is_shown_instead(write, chosen):
    shown, codes = chosen(write.shows("image/png", write.PNG, **{"application/vnd.plotly.v1+json": PLOTLY}))
    assert ([form for form, _ in shown], codes) == (["image/png"], [])


def test_a_plot_of_bokeh_is_one_note(write, chosen):
    loaded = {"application/vnd.bokehjs_load.v0+json": "", "application/javascript": "1"}
    drawn = {"application/vnd.bokehjs_exec.v0+json": "", "application/javascript": "2"}
    stage = write.shows("text/html", '<div class="bk-root" id="e1"></div>')
    load, draw = new_output("display_data", data=loaded), new_output("display_data", data=drawn)
    shown, codes = chosen(load, stage, draw)
    assert [form for form, _ in shown] == ["text/html", "note"], "the HTML has no words"
    assert codes == ["interactive-figure"]


def test_what_only_loads_a_script_shows_nothing(write, exported):
    loader = write.shows("text/html", "<script>require()</script>")
    page, codes = exported("# A", write.code("x", loader, write.shows("application/javascript", "alert(1)")))
    assert "require" not in page
    assert codes == []


PANEL = '(function(root){ var docs_json = {"u":{"roots":[{"type":"object","name":"panel.models.browser.BrowserInfo"}]}}'
LOADERS = [
    {"text/html": f"<div id='p1'></div><script>{PANEL}</script>", "application/vnd.holoviews_exec.v0+json": ""},
    {"text/html": '<div class="bk-root"><a class="bk-logo"></a><span id="1">Loading BokehJS ...</span></div>'},
    {"text/html": '<div id="interact-js-shim"><script>register()</script></div>'},
    {},
]


@pytest.mark.parametrize("data", LOADERS)
def test_what_makes_ready_to_draw_shows_nothing(chosen, data):
    assert chosen(new_output("display_data", data=data)) == ([], [])


@pytest.mark.parametrize("content", ["base64,AAAAAAAA", "base64,AAAA\nAAAA\n", "codecs=avc1;base64,AAAAAAAA"])
def test_a_film_plays_in_html_and_is_named_on_paper(write, tmp_path, content):
    film = f'<video width="200" controls><source type="video/mp4" src="data:video/mp4;{content}"></video>'
    cell = write.code("x", write.shows("text/html", film))
    document = prepare.notebook(write.notebook("# A", cell), "sample", tmp_path)
    page = html.write(document)
    assert '<video controls width="200" src="data:video/mp4;base64,AAAAAAAA">' in page
    assert "media-src data:" in page
    assert "(film: see the HTML page)" in pdf.source(document)[0].replace("\n", " ")
    assert list(document.assets) == ["picture-1.mp4"]
    assert [problem.code for problem in document.problems] == ["embedded-content"]


@pytest.mark.parametrize("element", ["video", "audio"])
def test_what_may_be_a_film_or_a_sound_is_not_shown_and_its_content_is_no_text(write, exported, element):
    held = f'<{element} src="data:application/octet-stream;base64,{"AAAA" * 100_000}"></{element}>'
    page, codes = exported("# A", write.code("x", write.shows("text/html", held)))
    assert "not shown)" in page
    assert codes == ["embedded-content"]


def test_the_first_picture_stands_for_an_animation(write, chosen):
    frame = f"data:image/png;base64,{write.PNG[:9]}\\\n{write.PNG[9:]}"
    script = f'<div class="animation"></div><script>frames[0] = "{frame}"</script>'
    shown, codes = chosen(write.shows("text/html", script))
    assert [form for form, _ in shown] == ["image/png"]
    assert codes == ["interactive-figure"]


def test_a_label_that_is_taken_stands_for_one_figure(write, exported):
    page, codes = exported("# A", write.figure(), write.figure())
    assert page.count('id="fig-line"') == 1
    assert 'id="fig-line-again-1"' in page
    assert codes == ["label-taken"]


def test_a_second_form_is_shown_if_the_first_cannot_be(write, chosen):
    shown, _ = chosen(write.shows("image/png", write.PNG, **{"image/svg+xml": "<svg><g>"}))
    assert [form for form, _ in shown] == ["image/png"]


def test_a_picture_that_cannot_be_shown_is_a_note(write, chosen):
    assert chosen(write.shows("image/svg+xml", "<svg><g>")) == (
        [("note", "Picture that cannot be shown")],
        ["no-picture"],
    )


def test_long_printed_text_is_cut_and_says_by_how_much(write, chosen):
    text = "".join(f"{i}\n" for i in range(100))
    ((_, shown),), codes = chosen(write.prints(text), lines=10)
    assert shown.endswith("\n9\n… (90 more lines)")
    assert codes == ["output-cut"]
    shown, found = chosen(write.prints("a" * 6000 + "\n" + "b" * 100_000), lines=10)
    assert [line[-30:] for line in shown[0][1].split("\n")] == [
        "aaa … (1,000 more characters)"[-30:].rjust(30, "a"),
        "b … (95,000 more characters)".rjust(30, "b"),
    ]
    assert found == ["output-cut"]
    assert chosen(write.prints("x\n" * 30 + "b" * 6000), lines=10)[1] == ["output-cut"], "of lines that are shown"


def test_blank_lines_at_the_end_of_printed_text_are_left_out(write, chosen):
    assert chosen(write.prints("\n  rain\n\n \n"))[0] == [("text/plain", "\n  rain")]


STATES = {
    "box": {"model_name": "HBoxModel", "state": {"children": ["IPY_MODEL_slider", "IPY_MODEL_out", "IPY_MODEL_box"]}},
    "slider": {"model_name": "IntSliderModel", "state": {"description": "<b>n</b>", "value": 3}},
    "out": {
        "model_name": "OutputModel",
        "state": {"outputs": [{"output_type": "stream", "name": "stdout", "text": "inside"}]},
    },
    "bar": {"model_name": "FloatProgressModel", "state": {"value": 10.0}},
    "broken": {"state": []},
}


def widget(write, model):
    return write.shows("text/plain", "HBox()", **{WIDGET: {"model_id": model}})


def test_a_widget_shows_the_words_of_its_saved_state_and_what_it_holds(write, chosen):
    shown, codes = chosen(widget(write, "box"), widgets=STATES)
    assert "".join(content for _, content in shown).startswith("n 3")
    assert "inside" in shown[0][1]
    assert codes == []


def test_the_lines_of_what_a_widget_holds_are_one_text(write, chosen):
    held = [
        {"output_type": "stream", "name": "stdout", "text": ["one\n", "two\n"]},
        {"output_type": "display_data", "metadata": {}, "data": {"text/plain": ["three\n", "four"]}},
        {"output_type": "error", "ename": "Rain", "evalue": "wet", "traceback": ["five", "six"]},
    ]
    states = {"out": {"model_name": "OutputModel", "state": {"outputs": held}}}
    shown, _ = chosen(widget(write, "out"), widgets=states)
    assert [content for _, content in shown] == ["one\ntwo", "three\nfour", "five\nsix"]


@pytest.mark.parametrize("model", ["none", "broken", ["x"]])
def test_a_widget_without_saved_state_is_a_note(write, chosen, model):
    assert chosen(widget(write, model), widgets=STATES) == ([("note", "Widget")], ["widget-unsaved"])


def unsaved(write, words):
    return write.shows("text/plain", words, **{WIDGET: {"model_id": "none"}})


def test_the_words_beside_a_widget_stand_in_its_note(write, chosen):
    assert chosen(unsaved(write, "Dose of water"))[0] == [("note", "Widget “Dose of water”")]


def test_letters_that_encode_a_widget_do_not_name_it(write, chosen):
    assert chosen(unsaved(write, "aW50ZXJh" * 12))[0] == [("note", "Widget")]


BARS = {
    "merges.txt:   0%|          | 0.00/456k [00:00<?, ?B/s]": "Progress bar: merges.txt",
    "HBox(children=(FloatProgress(value=0.0, description='Downloading', max=28.0), HTML(value='')))": "Progress bar: "
    "Downloading",
    "Dl Size...: 0 MiB [00:00, ? MiB/s]": "Progress bar: Dl Size",
    "  0%|          | 0/10 [00:00<?, ?it/s]": "Progress bar",
    "HBox(children=(HTML(value='Loading: '), FloatProgress(value=0.0)))": "Progress bar: Loading",
    "HBox(children=(FloatProgress(value=0.0, description='It\\'s: a'), HTML(value='')))": "Progress bar",
}


@pytest.mark.parametrize("words", BARS)
def test_a_bar_of_progress_without_saved_state_is_no_loss(write, chosen, words):
    assert chosen(unsaved(write, words)) == ([("note", BARS[words])], [])


def test_bars_of_progress_are_one_note_that_counts_them(write, chosen):
    first, second, third, *_ = (unsaved(write, words) for words in BARS)
    shown, _ = chosen(first, write.prints("\n"), second, third, write.prints("done"), first)
    assert shown == [("note", "3 progress bars"), ("text/plain", "done"), ("note", "Progress bar: merges.txt")]


def test_progress_is_shown_only_where_the_log_is(write, chosen):
    assert chosen(widget(write, "bar"), widgets=STATES, log=False) == ([], [])
    assert chosen(widget(write, "bar"), widgets=STATES)[0]


@pytest.mark.parametrize("metadata", [{STATE: 3} for STATE in ("state", "application/vnd.jupyter.widget-state+json")])
def test_broken_states_of_widgets_do_not_matter(write, exported, metadata):
    page, _ = exported("# A", write.code("x", widget(write, "a")), widgets=metadata)
    assert "[Widget]" in page


BROKEN = [
    {},
    "rain",
    {"output_type": "stream"},
    {"output_type": "display_data", "data": None},
    {"output_type": "error", "ename": "Rain", "evalue": "wet"},
]


@pytest.mark.parametrize("output", BROKEN)
def test_broken_outputs_of_widgets_do_not_matter(write, chosen, output):
    caught = {"rain": {"model_name": "OutputModel", "state": {"outputs": [output, write.prints("dry")]}}}
    assert chosen(widget(write, "rain"), widgets=caught) == ([("text/plain", "dry")], [])


@pytest.mark.parametrize("saved", [{"state": STATES, "version_major": 2}, STATES])
def test_states_of_widgets_are_read_as_jupyter_and_as_colab_save_them(write, exported, saved):
    state_type = "application/vnd.jupyter.widget-state+json"
    page, codes = exported("# A", write.code("x", widget(write, "box")), widgets={state_type: saved})
    assert "n 3\ninside" in page
    assert codes == []


def test_a_picture_that_a_widget_has_caught_is_shown_as_colab_once_saved_it(write, chosen):
    caught = {"output_type": "display_data", "metadata": {}, "image/png": write.PNG, "text/plain": "<Figure>"}
    states = {"rain": {"model_name": "OutputModel", "state": {"outputs": [caught]}}}
    assert chosen(widget(write, "rain"), widgets=states) == ([("image/png", write.PNG)], [])


HIDING = {
    "cell": [{"tags": ["remove_cell"]}, {"tags": ["remove-cell"]}],
    "code": [{"tags": ["remove_input"]}, {"_kg_hide-input": True}, {"cellView": "form"}],
    "output": [
        {"tags": ["remove-output"]},
        {"tags": ["remove_output"]},
        {"_kg_hide-output": True},
    ],
}


@pytest.mark.parametrize(("part", "metadata"), [(part, mark) for part, marks in HIDING.items() for mark in marks])
def test_what_tags_and_marks_hide_is_not_in_the_file(write, exported, part, metadata):
    cell = write.code("secret = 1", write.prints("printed"))
    cell.metadata.update(nbformat.from_dict(metadata))
    page, codes = exported("# A", cell)
    assert ("secret" in page) == (part == "output")
    assert ("printed" in page) == (part == "code")
    assert codes == []


@pytest.mark.parametrize("metadata", [{"tags": ["hide-input"]}, {"jupyter": {"source_hidden": True}}])
def test_code_that_is_collapsed_is_folded_away(write, exported, metadata):
    cell = write.code("secret = 1", write.prints("printed"))
    cell.metadata.update(nbformat.from_dict(metadata))
    page, _ = exported("# A", cell)
    assert page.index('<details class="code">') < page.index("secret")
    assert '<details class="code">' not in exported("# A", write.code("open = 1"))[0]


@pytest.mark.parametrize(
    ("part", "folded", "metadata"),
    [
        ("cell", "=;secret;printed", {"tags": ["hide-cell"]}),
        ("output", "secret;=;printed", {"tags": ["hide-output"]}),
        ("output", "secret;=;printed", {"collapsed": True}),
        ("output", "secret;=;printed", {"jupyter": {"outputs_hidden": True}}),
    ],
)
def test_what_is_folded_can_be_unfolded_and_is_on_paper(write, exported, to_pdf, part, folded, metadata):
    cell = write.code("secret = 1", write.prints("printed"))
    cell.metadata.update(nbformat.from_dict(metadata))
    page, codes = exported("# A", cell, write.tagged("Words.", "hide-cell"))
    summary = f"<summary>Hidden {part}</summary>"
    places = [page.index(word if word != "=" else summary) for word in folded.split(";")]
    assert places == sorted(places)
    assert page.index("printed") < page.index("</details>") < page.index("Words.")
    assert codes == []
    assert "printed" in to_pdf("# A", cell).pages[0].extract_text()


def test_collapsed_code_without_an_output_is_on_paper(write, exported, compiler, tmp_path):
    cells = [write.code("secret = 1"), write.code("other = 2", write.prints("printed"))]
    for cell in cells:
        cell.metadata.jupyter = {"source_hidden": True}
    page, _ = exported("# A", *cells)
    assert page.index("<summary>Hidden cell</summary>") < page.index("secret") < page.index("printed")
    with compiler:
        content, _ = pdf.write(prepare.notebook(write.notebook("# A", *cells), "a", tmp_path), 1_000_000_000, compiler)
    text = PdfReader(io.BytesIO(content)).pages[0].extract_text()
    assert ("secret" in text, "other" in text) == (True, False)


def test_a_hidden_cell_holds_its_folded_code(write, exported):
    cell = write.code("secret = 1")
    cell.metadata.tags = ["hide-cell", "hide-input"]
    page, _ = exported("# A", cell)
    assert page.count("</details>") == 1
    assert page.index("<summary>Hidden cell") < page.index("secret") < page.index("</details>")


def test_raw_cells_of_other_formats_vanish_and_others_are_shown_as_they_are(exported):
    latex = new_raw_cell(r"\clearpage", metadata={"raw_mimetype": "text/latex"})
    removed = new_raw_cell("secret", metadata={"raw_mimetype": "text/html", "tags": ["remove-cell"]})
    assert "secret" not in exported("# A", removed)[0]
    page, codes = exported("# A", latex, new_raw_cell("---\ntitle: B\n---"), new_raw_cell("<b>plain</b>"))
    assert "clearpage" not in page
    assert "&lt;b&gt;plain&lt;/b&gt;" in page
    assert codes == ["raw-cell"]


def test_what_other_programs_leave_out_is_added(tmp_path):
    from notebook_report import notebooks

    path = tmp_path / "a.ipynb"
    path.write_text(
        '{"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": [{"cell_type": "code", "source": "x",'
        ' "outputs": [{"output_type": "display_data", "data": {"text/plain": "y"}}]}]}'
    )
    notebooks.require_sound(notebooks.read(path))


def test_problems_of_a_kind_are_named_a_few_times_and_counted():
    found = [problems.Problem(Place("a", i), "failed-cell", f"it failed with {i}.") for i in range(9)]
    lines = problems.warnings([*found, problems.Problem(HERE, "remote-image", "a picture.")])
    assert len(lines) == problems.MOST_NAMED + 2
    assert lines[-2].startswith("4 more of the kind `failed-cell`")


def test_problems_that_say_the_same_are_one_warning():
    found = [problems.Problem(Place("a", i), "remote-image", "a picture.") for i in range(1, 9)]
    assert problems.warnings(found) == ["a.ipynb, cell 1 and 7 more: a picture."]


def test_faults_of_form_are_no_warnings(write, tmp_path):
    cells = ["## A\n\n#### B", write.code("plot()", write.shows("image/png", write.PNG))]
    document = prepare.notebook(write.notebook("# One", *cells, "# Two"), "sample", tmp_path)
    assert {problem.code for problem in document.problems} == {"heading-skips", "figure-without-label"}
    assert problems.warnings(document.problems) == []


def test_links_to_files_beside_a_notebook_are_one_warning_that_counts_them(write, tmp_path):
    cells = ["[a](a.csv), [next](02-b.ipynb#c)", "[b](../b.py) and [next](02-b.ipynb)"]
    document = prepare.notebook(write.notebook(*cells), "sample", tmp_path)
    assert problems.warnings(document.problems) == [
        "sample.ipynb, cell 1 and 1 more: 4 links, the first of them `a.csv`, lead to other notebooks or files: "
        "on paper they are words."
    ]
    (only,) = problems.warnings(document.problems[:1])
    assert only == "sample.ipynb, cell 1: the link to `a.csv` leads nowhere outside this computer."


def test_the_first_of_many_is_the_first_in_the_notebook():
    found = [problems.Problem(Place("a", i), "link-local", f"{i}.", f"{i}.csv") for i in (3, 1, 2)]
    (only,) = problems.warnings(found)
    assert only.startswith("a.ipynb, cell 1 and 2 more: 3 links, the first of them `1.csv`")


def test_a_cell_with_two_of_a_kind_is_named_once():
    found = [
        problems.Problem(Place("a", 1), "formula-unmatched", "unmatched `$$`.", words) for words in ("$$ a", "b $$")
    ]
    assert problems.warnings(found) == ["a.ipynb, cell 1 (2 times): unmatched `$$`."]


def test_a_picture_that_only_has_a_title_is_described_by_it(write, tmp_path):
    picture = f"<img src='data:image/png;base64,{write.PNG}' title='Of rain'>"
    document = prepare.notebook(write.notebook(picture), "a", tmp_path)
    assert document.problems == []
    assert 'alt="Of rain"' in html.write(document)


def test_a_picture_that_a_program_has_drawn_is_not_asked_for_words(write, tmp_path):
    picture = f"<img src='data:image/png;base64,{write.PNG}'>"
    document = prepare.notebook(write.notebook(write.code("x", write.shows("text/html", picture))), "a", tmp_path)
    assert document.problems == []
    assert 'alt="Picture of a.ipynb, cell 1"' in html.write(document)


def test_pictures_without_words_are_one_warning_that_counts_them(write, tmp_path):
    pictures = "".join(f"<img src='data:image/png;base64,{write.PNG}' width='{i}'>" for i in range(1, 4))
    document = prepare.notebook(write.notebook(pictures), "a", tmp_path)
    assert problems.warnings(document.problems) == [
        "a.ipynb, cell 1: 3 pictures, the first of them `Picture 1 of this notebook`, have no words that say what is "
        "there."
    ]


def test_the_command_writes_both_files_beside_each_notebook(write, tmp_path, capsys):
    paths = [write.file(tmp_path / f"{name}.ipynb", "# A", "![b](b.png)") for name in "ab"]
    assert __main__.main(["export", *map(str, paths), str(tmp_path / "none.ipynb")]) == 1
    assert sorted(path.name for path in tmp_path.iterdir() if path.suffix != ".ipynb") == [
        "a.html",
        "a.pdf",
        "b.html",
        "b.pdf",
    ]
    said = capsys.readouterr().err
    assert "warning: a.ipynb, cell 2: the image `b.png` is missing" in said
    assert "error: the notebook " in said


@pytest.mark.parametrize(("options", "allowed"), [([], True), (["--strict"], False)])
def test_only_a_lenient_export_sets_signs_in_typefaces_of_the_system(write, tmp_path, monkeypatch, options, allowed):
    asked = []
    monkeypatch.setattr(pdf, "write", lambda *_, faces_of_system=False: asked.append(faces_of_system) or (b"", []))
    path = write.file(tmp_path / "a.ipynb", "# A")
    assert __main__.main(["export", *options, str(path)]) == 0
    assert asked == [allowed]


def test_a_strict_export_stops_but_for_what_is_allowed(write, tmp_path, capsys):
    path = write.file(tmp_path / "a.ipynb", "# A", new_raw_cell("raw"))
    assert __main__.main(["export", "--strict", str(path)]) == 1
    assert "error: a.ipynb, cell 2: a raw cell" in capsys.readouterr().err
    assert not path.with_suffix(".html").exists()
    assert __main__.main(["export", "--strict", "--allow", "raw-cell", str(path)]) == 0
    assert path.with_suffix(".html").exists()


def test_code_of_a_notebook_that_stands_alone_is_shown_before_its_output(write, exported):
    assert NOTEBOOK.code
    page, _ = exported("# A", write.code("1 + 1", write.shows("text/plain", "2")))
    assert page.index('<pre class="code"') < page.index('<pre class="output"')
