"""What is called of a figure that only a script draws."""

import pytest

SPECS = {
    "Altair": '(function(spec, embedOpt){f()})({"config": {}, "title": "Rain"}, {"mode": "vega-lite"})',
    "Altair, two lines": '(function(spec){f()})({"title": {"text": ["Ra", "in"]}}, {})',
    "Altair, long ago": 'var spec = {"title": "Rain"};',
    "Plotly": 'Plotly.newPlot(\n "a-1", [{"name": "x"}],\n {"xaxis": {"title": {"text": "day"}}, '
    '"title": {"text": "<b>Rain</b>"}}, {})',
    "Bokeh 3": 'const docs_json = {"u":{"roots":[{"type":"object","name":"Title","id":"p1",'
    '"attributes":{"text":"R\\u0061in"}}]}}',
    "Bokeh 2": '{"attributes":{"text":"Rain"},"id":"1","type":"Title"}',
}


def page(script):
    return f"<div id='a'></div><script>{script}</script>"


@pytest.mark.parametrize("name", SPECS)
def test_a_title_that_only_the_script_holds_is_found(write, chosen, name):
    title = "Ra in" if "two lines" in name else "Rain"
    assert chosen(write.shows("text/html", page(SPECS[name])))[0] == [("note", f"Interactive figure “{title}”")]


@pytest.mark.parametrize("words", ["alt.Chart(...)", "<a.b.Map at 0x1>", "(div\n x)", ""])
@pytest.mark.parametrize("script", ["f({'title': 3})", '})({"title": ', '})({"title": 3})', "})(" + '{"a":' * 9999])
def test_code_and_broken_scripts_name_nothing(write, chosen, words, script):
    shown = write.shows("text/html", page(script), **{"text/plain": words})
    assert chosen(shown)[0] == [("note", "Interactive figure")]


def test_what_an_object_prints_is_not_shown_for_the_figure_that_its_script_draws(write, chosen):
    plain = "#<Plot:0x01 @data=[1, 2]>"
    assert chosen(write.shows("text/html", page("draw([1, 2])"), **{"text/plain": plain})) == (
        [("note", "Interactive figure")],
        ["interactive-figure"],
    )


@pytest.mark.parametrize(
    ("page", "plain"),
    [
        ("<div id='a'></div><script>draw()</script>", "Call: lm(y ~ x)\n\nCoefficients: 1.23"),
        ("<div class='w'><input type='text' value='7'></div>", "7 items in the list: a, b"),
        ("<div class='m'><script type='math/tex'>x^2</script></div>", "x**2"),
    ],
)
def test_words_that_say_what_a_script_would_draw_are_shown(write, chosen, page, plain):
    assert chosen(write.shows("text/html", page, **{"text/plain": plain})) == ([("text/plain", plain)], [])


@pytest.mark.parametrize("stage", ['<div id = "bars" style="width: 9px"> </div>', "<svg id='bars'></svg>"])
def test_a_figure_drawn_among_words_is_a_note_among_them(write, chosen, stage):
    shown = write.shows("text/html", f"<p>Rain</p>{stage}<div id='b'></div><p>0</p><script>draw()</script>")
    note = "<p><em>[Interactive figure]</em></p>"
    assert chosen(shown) == ([("text/html", f"<p>Rain</p>{note}<div id='b'></div><p>0</p>")], ["interactive-figure"])


@pytest.mark.parametrize("page", ["<div id='a' style='display:none'></div>", "<div></div>", "<div id='a'>x</div>"])
@pytest.mark.parametrize("script", ["<script>f('<div id=a></div>')</script>", ""])
def test_words_beside_a_script_that_draws_nothing_are_all_that_is_shown(write, chosen, page, script):
    shown = write.shows("text/html", f"<p>Rain</p>{page}{script}")
    assert chosen(shown) == ([("text/html", f"<p>Rain</p>{page}")], [])


def test_words_beside_a_figure_name_it_if_nothing_else_does(write, chosen):
    drawn = {"application/vnd.bokehjs_exec.v0+json": "", "text/plain": "Growth by year"}
    shown = write.shows("application/javascript", "draw()", **drawn)
    assert chosen(shown)[0] == [("note", "Interactive figure “Growth by year”")]


def webio(tag, *children, kind="DOM", **props):
    return {"nodeType": kind, "instanceArgs": {"tag": tag}, "props": props, "children": list(children)}


def test_what_webio_describes_is_shown_as_the_html_that_it_is(write, chosen):
    page = webio("div", webio("pre", "1 < 2"), "⟶", webio("div", setInnerHtml="<b>3</b>"))
    shown = write.shows("application/vnd.webio.node+json", page, **{"text/plain": "(div { style=Dict() })"})
    expected = "<div><pre>1 &lt; 2</pre>⟶<div><b>3</b></div></div>"
    assert chosen(shown) == ([("text/html", expected)], [])


@pytest.mark.parametrize("page", [webio("div", webio("p", "x", kind="Scope")), {"nodeType": "DOM"}, 3, None])
def test_what_a_script_of_webio_changes_is_an_interactive_figure(write, chosen, page):
    shown = write.shows("application/vnd.webio.node+json", page, **{"text/plain": "Node{WebIO.DOM}(x, Any[y])"})
    assert chosen(shown) == ([("note", "Interactive figure")], ["interactive-figure"])
