"""Nothing is lost in silence: what pandoc or a target would drop survives or is refused."""

import re

import pytest

from notebook_report.cells import outputs
from notebook_report.errors import NotebookError


def test_a_bare_align_survives_in_both(to_html, to_pdf):
    text = "# A\n\n\\begin{align}\na &= b \\\\\nc &= 123454321\n\\end{align}\n"
    assert "<mn>123454321</mn>" in to_html(text)
    assert "123454321" in to_pdf(text).pages[0].extract_text()


def test_symbols_whose_name_typst_changed_are_set(to_pdf):
    names = ["cap", "bigcap", "sqcap", "oplus", "otimes", "odot", "circledast", "models", "triangleleft"]
    assert to_pdf("# A\n\n" + " ".join(f"$A \\{name} B$" for name in names)).pages


@pytest.mark.parametrize("words", ["\\", "Words\\", "*words* \\"])
def test_a_line_that_is_broken_at_the_end_takes_nothing_along(to_pdf, write, words):
    text = "".join(
        page.extract_text() for page in to_pdf(f"# A\n\n{words}", write.figure(caption=f"|\n#|   {words}")).pages
    )
    assert "#" not in text
    assert "]" not in text


@pytest.mark.parametrize("tex", ["√", "x_∛", r"\text{∜}", r"\sqrt{2}"])
def test_the_sign_of_a_root_stands_for_itself(to_pdf, tex):
    text = "".join(page.extract_text() for page in to_pdf(f"# A\n\n${tex}$").pages)
    assert any(sign in text for sign in "√∛∜")


def test_lines_that_ask_for_no_number_have_none_anyway(to_html, to_pdf):
    text = "# A\n\n\\begin{align}a &= b \\nonumber\\\\ &= c \\notag\\end{align}\n\nWith $d \\nonumber$."
    assert 'class="number"' not in to_html(text)
    assert "𝑐" in to_pdf(text).pages[0].extract_text()


def test_the_header_of_several_columns_stands_in_the_middle_of_them(write, to_html):
    head = "<tr><th></th><th colspan='2'>both</th></tr><tr><th></th><th>a</th><th>b</th></tr>"
    html = f"<table><thead>{head}</thead><tbody><tr><td>x</td><td>1</td><td>2</td></tr></tbody></table>"
    page = to_html("# A", write.code("x", write.shows("text/html", html)))
    (attributes,) = re.findall("<th([^>]*)>both", page)
    assert 'colspan="2"' in attributes
    assert "text-align: center" in attributes


def test_a_drawing_may_come_without_its_namespace_as_jupyter_shows_it(write):
    (output,) = outputs.choose(
        [write.shows("image/svg+xml", "<svg width='9'><path/></svg>")], outputs.Rules(), "here", []
    )
    assert output.content == "<svg xmlns=\"http://www.w3.org/2000/svg\" width='9'><path/></svg>"


def test_grids_and_the_sign_for_and_are_set(to_pdf):
    tex = r"\left[\begin{array}{rl}1&a\\&b\end{array}\right) \& \left\|\begin{matrix}c\end{matrix}\right\|"
    text = to_pdf(f"# A\n\n${tex}$ $\\begin{{array}}{{@{{}}*{{2}}{{c}}}}|d|&e\\end{{array}}$").pages[0].extract_text()
    assert all(sign in text for sign in "[𝑎𝑏)&‖𝑐")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "| a | b |\n|---|---|\n| 1 | 2 | third |",
            "`third` would be lost: has a row",
        ),
        ("[](https://example.org)", "the link to `https://example.org` has no words"),
        ("\\begin{tabular}{c}a\\end{tabular}", "unknown environment 'tabular'"),
        ("[words]()", "the link “words” has no address"),
        ("$\\argmin x$", "the formula `\\argmin x`: undefined control sequence \\argmin"),
        ("$$\n\\frac{x}\n$$", "`: missing argument for \\frac"),
        ("$$\n\\begin{align}\na\n\nb\n\\end{align}\n$$", "unmatched `$$`: write the formula without empty lines"),
        ("$$\na\n\nb\n$$", "unmatched `$$`"),
        ("![A cat](cat.png)", "the image `cat.png` is missing"),
        ("see [the file](local.txt)", "the link to `local.txt` leads nowhere"),
        ("a note [^1]\n\n[^1]: one\n\n[^2]: two\n", "nothing in this cell refers to the footnote `[^2]`"),
        ("<img src='x.png'>", "the image `x.png` is missing"),
        ("![x](attachment:x.png)", "the image `attachment:x.png` is missing"),
        ("![x](https://example.org/x.png)", "the image `https://example.org/x.png` is on the network"),
        ("[other](02-other.ipynb)", "`[other](02-other.ipynb)` leads to a notebook that is no part of this"),
        ("[above](#no-such-heading)", "`[above](#no-such-heading)` leads to nothing in the report"),
        ("\\begin{itemize}\\item x\\end{itemize}", "unknown environment 'itemize'"),
        ("see \\ref{eq}", "the formula `\\ref{eq}`: nothing has the label eq"),
        ("see $\\eqref{eq}$", "`: nothing has the label eq"),
    ],
)
def test_what_cannot_be_carried_is_refused_by_cell(to_html, text, words):
    with pytest.raises(NotebookError) as error:
        to_html("# Title", text)
    assert str(error.value).startswith("sample.ipynb, cell 2: ")
    assert words in str(error.value)


@pytest.mark.parametrize("text", ["costs $5 in all", "$$$", "a | b - c", "|—|"])
def test_prices_and_other_words_stay_words(to_html, text):
    assert text in to_html(text)


def test_signs_that_are_written_as_such_stay_words(to_html):
    page = to_html("\\$ x = 6 \\$ or \\$\\$, `$ x $`, `$$`\n\n```\n$ x $\n|--|\n|--|\n```")
    assert "$ x = 6 $ or $$, <code>$ x $</code>, <code>$$</code>" in page


@pytest.mark.parametrize("text", ["a 中", "## 中", "`中`", "note[^1]\n\n[^1]: 中", "| 中 |\n|---|\n| x |", "$中$"])
def test_a_character_that_no_typeface_of_the_pdf_has_is_named_by_cell(to_pdf, text):
    with pytest.raises(NotebookError, match=r"sample.ipynb, cell 2: the PDF shows substitutes .*\(中\)"):
        to_pdf("# Title", text)


@pytest.mark.parametrize(
    "link", ['[r]: https://y.org "Other words"', "  [r]: <https://y.org/a b>\n  'Other words'", "[r]:\nhttps://y.org"]
)
def test_a_link_that_nothing_refers_to_is_no_loss(to_html, link):
    assert "y.org" not in to_html(f"# A\n\nText.\n\n{link}")


def test_a_sentence_that_begins_like_a_link_is_not_lost(to_html):
    assert "[Note]: these are words" in to_html("# A\n\nText.\n\n[Note]: these are words")


def test_html_comments_show_nowhere(to_html):
    assert "secret" not in to_html("# A\n\n<!-- secret -->\n\nText.")


@pytest.mark.parametrize(
    ("output", "words"),
    [
        (("application/pdf", "JVBERi0="), "an output (application/pdf) is neither figure, table, Markdown nor text"),
        (("application/vnd.plotly.v1+json", {}), "the figure is drawn by a script, which no report runs"),
        (("image/svg+xml", "<svg xmlns='http://www.w3.org/2000/svg'/>"), "a figure has no label"),
    ],
)
def test_outputs_that_cannot_be_carried_are_refused(write, to_html, output, words):
    with pytest.raises(NotebookError, match=r"sample.ipynb, cell 1: ") as error:
        to_html(write.code("x", write.shows(*output)))
    assert words in str(error.value)


def test_html_with_words_for_it_falls_back_to_them(write, to_html):
    page = to_html(
        "# A", write.code("x", write.shows("text/html", "<script>1</script>", **{"text/plain": "Model(a<1)"}))
    )
    assert "Model(a&lt;1)" in page
    assert "<script>1" not in page


def test_hostile_words_in_a_table_stay_words(write, to_html):
    table = "<table><tr><td>&lt;script&gt;alert(1)&lt;/script&gt;</td></tr></table>"
    assert "&lt;script&gt;" in to_html("# A", write.code("x", write.shows("text/html", table)))


@pytest.fixture
def chosen():
    """Return a function that gives the contents of what is shown of outputs, under some rules."""

    def choose(*given, **rules):
        return [output.content for output in outputs.choose(given, outputs.Rules(**rules), "here", [])]

    return choose


def test_a_report_shows_neither_standard_error_nor_progress(write, chosen):
    widget = write.shows("application/vnd.jupyter.widget-view+json", {}, **{"text/plain": "a widget"})
    assert chosen(write.prints("noise", "stderr"), widget, write.prints("kept")) == ["kept"]


def test_a_notebook_that_stands_alone_shows_standard_error(write, to_html):
    page = to_html("# A", write.code("x", write.prints("a warning", "stderr"), write.prints("kept")))
    assert ">a warning</pre>" in page
    assert ">kept</pre>" in page


def test_what_is_printed_in_pieces_is_one_output(write, chosen):
    note = write.shows("text/markdown", "Between.")
    pieces = [write.prints(text) for text in ("one\n", "\n", "two\n")]
    shown = chosen(pieces[0], write.prints("noise", "stderr"), *pieces[1:], note, pieces[2])
    assert shown == ["one\n\ntwo", "Between.", "two"]


@pytest.mark.parametrize(
    ("forms", "plain"),
    [
        (["text/html"], "<folium.folium.Map at 0x7F3A10>"),
        (["text/html"], "<IPython.core.display.HTML object>"),
        (["text/html"], "alt.Chart(...)"),
        (["text/html"], "\n"),
        (["application/vnd.vegalite.v5+json"], "<VegaLite 5 object>\n\nIf you see this message, it means …"),
        (["application/vnd.plotly.v1+json", "text/html"], "Figure({\n    'data': []\n})"),
        (["application/vnd.holoviews_exec.v0+json", "text/html"], ":Curve   [x]   (y)"),
    ],
)
def test_a_text_that_stands_in_for_what_plays_or_moves_is_refused(write, to_html, forms, plain):
    others = dict.fromkeys(forms, "<style>p {}</style><div id='v'></div><script>1</script>")
    with pytest.raises(NotebookError, match="the figure is drawn by a script, which no report runs"):
        to_html(write.code("x", write.shows("text/plain", plain, **others)))


@pytest.mark.parametrize(
    "others",
    [
        {"text/html": "<style>p {}</style><pre>C=3</pre><input><table><tr><td>C</td></tr></table><script>1</script>"},
        {"application/vnd.google.colaboratory.intrinsic+json": {"type": "string"}},
    ],
)
def test_words_that_are_good_are_shown_rather_than_what_no_report_can_carry(write, to_html, others):
    assert "\nModel(C=3)</pre>" in to_html("# A", write.code("x", write.shows("text/plain", "\nModel(C=3)", **others)))


@pytest.mark.parametrize(
    "buttons",
    [
        '<div class="colab-df-buttons"><div>{}</div></div></div>',
        '<button class="colab-df-convert" title="t">{}</button>',
    ],
)
def test_a_data_frame_of_colab_is_shown_without_its_buttons(write, to_html, buttons):
    html = f"<div><div>{write.TABLE}</div>{buttons.format('<svg></svg><script>1 < 2</script>')}</div>"
    assert "<table>" in to_html("# A", write.table(), write.code("x", write.shows("text/html", html)))


@pytest.mark.parametrize(
    ("tex", "shown"),
    [
        (r"$\displaystyle x$", " x"),
        (r"\[ x^2 \]", " x^2 "),
        (r"\[ x^2 \] and \[ y \]", " y "),
        (r"\[\begin{matrix} x \\[2pt] y \end{matrix}\]", r"\begin{matrix} x \\[2pt] y \end{matrix}"),
        (r"\begin{equation}x\end{equation}", r"\begin{equation}x\end{equation}"),
        ("Of $x$ in words", "x"),
    ],
)
def test_latex_is_shown_as_a_formula_rather_than_as_its_picture(write, to_html, tex, shown):
    picture = {"image/png": write.PNG} if tex[0] != "O" else {}
    output = write.shows("text/latex", tex, **picture, **{"text/plain": "<IPython.core.display.Latex object>"})
    page = to_html("# A", write.code("x", output))
    assert f">{shown}</annotation>" in page
    assert "<img" not in page


def test_a_widget_that_brings_its_picture_is_a_figure(write, to_html):
    widget = write.shows("application/vnd.jupyter.widget-view+json", {}, **{"image/png": write.PNG})
    assert "data:image/png" in to_html("# A", write.figure(picture=widget))


def test_a_figure_that_nothing_was_drawn_in_is_left_out(write, to_html):
    empty = write.shows("text/plain", "<Figure size 640x480 with 0 Axes>")
    assert "Figure size" not in to_html("# A", write.figure(extra=[empty]))


@pytest.mark.parametrize(
    ("printed", "seen"),
    [
        ("1/2 ━\r2/2 ━━\n", "2/2 ━━"),
        ("\r 99%\r100%\r\n", "100%"),
        (
            "\x1b[1m1/2\x1b[0m loss: 1.25\b\b\b\b\b\b\b\b\b\b\b\b\b\b\r\x1b[1m2/2\x1b[0m loss: 0.75\n",
            "2/2 loss: 0.75",
        ),
        ("a long line\rshort", "shortg line"),
        ("a long line\r\x1b[Kshort", "short"),
        ("N\bNA\bA", "NA"),
        ("\b\bfirst\nsecond", "first\nsecond"),
        ("\x1b]8;;https://a.example\x1b\\here\x1b]8;;\x07", "here"),
        ("\x1b[38;5;1mred\x1b[0m\x1b(B and\x07 \x00\x85no more\ta", "red and no more a"),
        ("one   \ntwo\t\n", "one\ntwo"),
        ("100\t2\nlonger name\t5", "100     2\nlonger name     5"),
        ("\x1b]never ended", "never ended"),
    ],
)
def test_what_is_printed_is_shown_as_a_terminal_leaves_it(write, to_html, printed, seen):
    page = to_html("# A", write.code("x", write.prints(printed), write.shows("text/plain", printed)))
    assert page.count(f">{seen}</pre>") == 2


def test_steps_of_a_progress_bar_that_are_written_over_may_be_many(write, to_html):
    steps = "".join(f"\r{i} of 20000" for i in range(20_000))
    assert ">19999 of 20000</pre>" in to_html("# A", write.code("x", write.prints(steps)))


def test_addresses_of_objects_are_left_out(write, to_html):
    shown = [write.shows("text/plain", "<Model at 0x7F3a10>"), write.prints("<function <lambda> at 0x7f3a10>")]
    page = to_html("# A", write.code("x", *shown))
    assert "&lt;Model&gt;" in page
    assert "&lt;function &lt;lambda&gt;&gt;" in page


def test_a_failed_cell_is_refused(write, to_html):
    from nbformat.v4 import new_output

    with pytest.raises(NotebookError, match="cell 2: the cell failed with ValueError: no; mend it, or give it"):
        to_html("# A", write.code("x", new_output("error", ename="ValueError", evalue="no.", traceback=[])))


def test_a_raw_cell_is_refused(to_html):
    from nbformat.v4 import new_raw_cell

    with pytest.raises(NotebookError, match="a raw cell"):
        to_html("# A", new_raw_cell("<b>raw</b>"))
    assert "<h1" in to_html("# A", new_raw_cell(" \n"))


@pytest.mark.parametrize(("form", "text"), [("text/html", "<p>Of <b>rain</b></p>"), ("text/markdown", "Of **rain**")])
def test_a_raw_cell_of_html_or_markdown_is_a_text(to_html, form, text):
    from nbformat.v4 import new_raw_cell

    page = to_html("# A", new_raw_cell(text, metadata={"raw_mimetype": form}))
    assert "<p>Of <strong>rain</strong></p>" in page


def test_a_raw_cell_of_html_is_no_markdown(to_html):
    from nbformat.v4 import new_raw_cell

    page = to_html("# A", new_raw_cell("<p>of *rain*</p>", metadata={"raw_mimetype": "text/html"}))
    assert "<p>of *rain*</p>" in page
    assert "*odd" not in to_html("# A", new_raw_cell("*odd", metadata={"raw_mimetype": ["text/html"]}))


def test_ids_of_a_figure_do_not_depend_on_the_last_bit_of_its_layout():
    svg = """<svg><g id="patch_1" clip-path="url(#{clip})"/><use xlink:href="#{mark}"/>
<defs><path id="{mark}"/><clipPath id="{clip}"/></defs></svg>"""
    one = outputs.settle(svg.format(clip="p8c8c18fb92", mark="m0123456789"))
    other = outputs.settle(svg.format(clip="pee2cfc8035", mark="m9876543210"))
    assert one == other == svg.format(clip="id-2", mark="id-1")
