"""Hostile and broken notebooks: each ends in a file in which nothing runs, or in one sentence."""

import base64
import copy
import gzip
import html
import io
import json
import re
import struct
import subprocess
import threading
import zlib
from html.parser import HTMLParser

import nbformat
import pypandoc
import pypdf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_report import notebooks as files
from notebook_report.errors import ReportError
from notebook_report.exporters import ReportHTMLExporter, ReportPDFExporter
from notebook_report.reading.trees import pandoc
from notebook_report.writing import webfonts
from tests.bounds import BOUND
from tests.fuzz.cases import cases, is_one_sentence

SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="9pt" height="6pt"><path d="M5 5 L8 5" stroke="#000"/></svg>'
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
FORBIDDEN = {"iframe", "frame", "object", "embed", "applet", "base", "link", "form", "portal", "foreignobject"}
ADDRESSES = {"src", "srcset", "poster", "data", "background", "action", "formaction", "ping", "xlink:href"}
# What is far from a notebook, and pandoc ended by the fuzz itself.
REFUSED = ("cannot be read as a notebook", "is not of Jupyter's format", "pandoc failed: it stopped")
PATIENCE = 4.0  # seconds for one answer
# One process for all cases, because starting pandoc is what costs; the script is the real one.
SERVER = """
local pause = io.stdout
io.stdout:setvbuf("full")
for line in io.stdin:lines() do
  local answer = {}
  io.read = function() return line end
  io.write = function(text) answer.text = text end
  local well, fault = pcall(dofile, arg[1])
  if not well then answer.fault = tostring(fault) end
  pause:write(pandoc.json.encode(answer), "\\n")
  pause:flush()
end
"""


class Server:
    """Pandoc, asked as the package asks it, without starting it each time; some cases would keep it busy for ever."""

    def __init__(self, path):
        self.command, self.process = [pypandoc.get_pandoc_path(), "lua", str(path), str(pandoc.SCRIPT)], None

    def ask(self, request):
        if self.process is None:
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
            self.process = subprocess.Popen(self.command, **pipes, encoding="utf-8")
        patience = threading.Timer(PATIENCE, self.process.kill)
        patience.start()
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        patience.cancel()
        if not line:
            self.stop()
            raise ReportError("pandoc failed: it stopped")
        answer = json.loads(line)
        if "fault" in answer:
            raise ReportError("pandoc failed: it said why")
        return json.loads(answer["text"])

    def stop(self):
        if self.process is not None:
            self.process.kill()
            self.process.communicate(timeout=BOUND)
            self.process = None


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    path = tmp_path_factory.mktemp("fuzz") / "server.lua"
    path.write_text(SERVER)
    server = Server(path)
    yield server.ask
    server.stop()


@pytest.fixture(scope="module")
def export(server):
    """Return a function that exports a notebook with an exporter; HTML without its typefaces, which cost most."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pandoc, "_ask", server)
        patch.setattr(webfonts, "_rule", lambda name, text: "")
        yield lambda exporter, nb: exporter.from_notebook_node(nb, {"metadata": {"name": "x", "path": "."}})[0]


@pytest.fixture(scope="module")
def to_html(export):
    exporter = ReportHTMLExporter()
    return lambda nb: export(exporter, nb)


@pytest.fixture(scope="module")
def to_pdf(export):
    exporter = ReportPDFExporter(timestamp=1)
    return lambda nb: export(exporter, nb)


# The page that another notebook becomes: no scheme and no other machine.
BESIDE = re.compile(r"(?!//)[^:?#]*\.html(#.*)?$")


class Page(HTMLParser):
    """What in a page could run or fetch."""

    def __init__(self, text):
        super().__init__()
        self.scripts, self.faults, self.ids = 0, [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.scripts += tag == "script"
        if tag in FORBIDDEN:
            self.faults.append(tag)
        for name, value in attrs:
            value = re.sub(r"[\s\x00-\x20]", "", value or "").lower()
            runs = name.startswith("on") or name == "srcdoc" or value.startswith(("javascript:", "vbscript:"))
            fetches = name in ADDRESSES and not value.startswith("data:image/")
            leads = name == "href" and not (
                value.startswith(("http://", "https://", "mailto:", "#", "data:text/csv;")) or BESIDE.match(value)
            )
            styled = name == "style" and ("url(" in value or "expression" in value or "@import" in value)
            if runs or fetches or leads or styled or (name == "http-equiv" and value != "content-security-policy"):
                self.faults.append(f"<{tag} {name}={value[:60]!r}>")


def harmless(text):
    """Refuse a page in which anything runs but its own script, or that fetches anything."""
    assert text.encode()
    page = Page(text)
    assert page.scripts == 1
    assert not page.faults
    styles = "".join(re.findall(r"<style>(.*?)</style>", text, re.DOTALL))
    assert "@import" not in styles
    assert set(re.findall(r"url\((\w+):", styles)) <= {"data"}


def harmless_paper(content):
    """Refuse a PDF that does anything by itself, or whose links lead to programs and files."""
    reader = pypdf.PdfReader(io.BytesIO(content))
    root = reader.trailer["/Root"]
    assert not {"/OpenAction", "/AA", "/AcroForm"} & set(root)
    assert not {"/JavaScript", "/EmbeddedFiles"} & set(root.get("/Names", {}))
    notes = [note.get_object() for page in reader.pages for note in page.get("/Annots", ())]
    actions = [note["/A"].get_object() for note in notes if "/A" in note]
    assert {action["/S"] for action in actions} <= {"/URI", "/GoTo"}
    addresses = [str(action["/URI"]) for action in actions if "/URI" in action]
    assert all(re.match("https?://|mailto:", it, re.IGNORECASE) or BESIDE.match(it) for it in addresses)


def ends_well(export, nb, check):
    """Export the notebook, and check the result or the message."""
    before = copy.deepcopy(nb)
    result = fault = None
    try:
        result = export(nb)
    except ReportError as error:
        fault = str(error)
    assert nb == before
    if fault is None:
        check(result)
    else:
        assert is_one_sentence(fault)
        assert any(words in fault for words in REFUSED), "what can be read as a notebook is exported"


def new_output(kind, **entries):
    data = {} if kind in ("stream", "error") else {"metadata": {}}
    return {"output_type": kind, **data, **entries}


def new_code_cell(source, outputs=()):
    return {"cell_type": "code", "source": source, "outputs": list(outputs), "execution_count": None}


def new_markdown_cell(source, attachments):
    return {"cell_type": "markdown", "source": source, "attachments": attachments}


HOSTILE = [
    "<script>alert(1)</script>",
    '"><script>alert(1)</script>',
    "</pre></details><script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "]]><script>alert(1)</script>",
    "--><script>alert(1)</script><!--",
    "<img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)',
    "' onmouseover='alert(1)",
    "<svg onload=alert(1)>",
    '<iframe src="http://127.0.0.1:9/"></iframe>',
    "<iframe src='/etc/hostname'></iframe>",
    "<object data=x></object><embed src=x>",
    "<a href='javascript:alert(1)'>a</a>",
    '<a href="https://example.org" onclick="alert(1)">a</a>',
    "<base href='//evil.example'>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<style>@import '//evil.example/x.css';</style>",
    "[a](javascript:alert(1))",
    "[a](JaVaScRiPt:alert(1))",
    "[a](&#106;avascript:alert(1))",
    "[a](java\tscript:alert(1))",
    "[a](data:text/html,<script>alert(1)</script>)",
    "[a](vbscript:x)",
    "[a](https://example.org){onclick=alert(1)}",
    "[a](https://example.org){.b style='background:url(//evil.example)' target=_top ping=//evil.example}",
    "`a`{onclick=alert(1)}",
    "`a`{=html}",
    "`<script>alert(1)</script>`{=html}",
    "```{=html}\n<script>alert(1)</script>\n```",
    '``` {.python onclick="alert(1)" style="background:url(//evil.example)"}\nx\n```',
    "```<script>\nx\n```",
    "```{.nothing-like-it}\n</code></pre><script>alert(1)</script>\n```",
    "![a](https://evil.example/x.png)",
    "![a](/etc/hostname)",
    "![a](../../../../etc/hostname)",
    "![a](file:///etc/hostname)",
    "![a](attachment:x.png)",
    "![a](attachment:x.png){onload=alert(1)}",
    "![a](x.png)",
    "![a](x%00.png)",
    "<javascript:alert(1)>",
    "<https://example.org/\"onclick='alert(1)'>",
    "https://example.org/'onclick='alert(1)",
    "# <b>Title</b>",
    "# [Link](https://example.org){onclick=alert(1)}",
    "#### Deep",
    "# Title[^n]",
    "[^n]: Note <script>alert(1)</script>",
    "[^n]\n\n[^n]: Note with [^n] itself.",
    "^[inline **note**]",
    "[^missing]",
    "[figure 1](#fig-a)",
    "[Figure 1\\* and 2](#fig-a)",
    "[x](#fig-missing)",
    "[equation 1](#eq-a) and [section 1](#title)",
    "[section 1](sample.ipynb)",
    "[x](../../etc/sample.ipynb#title)",
    "[Knuth 1984](#cite-knuth)",
    "[<b>x</b>](#cite-%22%3E%3Cscript%3Ealert(1)%3C/script%3E)",
    "$$x \\label{eq-a}$$",
    "$$x \\label{eq-a onclick=alert(1)}$$",
    '$$x \\label{"onclick="alert(1)}$$',
    "$x$",
    "$\\href{javascript:alert(1)}{x}$",
    "$\\unicode{x3c}script>$",
    "$\\text{<script>alert(1)</script>}$",
    '$\\text{"} onclick="alert(1)$',
    "$\\mathrm{</math><script>alert(1)</script>}$",
    "$x</annotation></semantics></math><script>alert(1)</script>$",
    "$$\\def\\a{\\a\\a}\\a$$",
    "\\newcommand{\\a}{\\a\\a}$\\a$",
    "\\input{/etc/hostname}",
    "$\\input{/etc/hostname}$",
    "\\begin{align}a&=b\\\\\\end{align}",
    "\\begin{equation}<script>alert(1)</script>\\end{equation}",
    "| a | b |\n|---|---|\n| <script>alert(1)</script> | 2 |",
    "| a |\n|---|\n| 1 | 2 | 3 |",
    "- [ ] a\n- [x] b",
    "> quote\n> > deeper",
    "---\ntitle: x\n---",
    "% title",
    "::: {onclick=alert(1)}\nx\n:::",
    "[x]{onclick=alert(1)}",
    "[r]: javascript:alert(1)\n\n[a][r]",
    "[a](#h)",
    "[a](#%22onclick=)",
    "[](https://example.org)",
    "{{ nb }} {% raw %} {# x #}",
    '#import "/etc/hostname"',
    '#read("/etc/hostname")',
    ']#eval("1")[',
    "\x00",
    "a\x00b",
    "\x1b[31mred\x1b[0m",
    "\x1b]8;;http://evil.example\x07a\x1b]8;;\x07",
    "\r\n\x0b\x0c\x85\u2028\u2029",
    "\ufeff\u200b\u202eabc\u2066",
    "\ud800",
    "\uffff\U0010ffff",
    "🏳️‍🌈 中文 العربية",
    "&#0; &#x110000; &lt;script&gt;",
    "<!-- comment -->",
    "<!-- comment",
    "<![CDATA[x]]>",
    "<?php x ?>",
    "<table><tr><td>1</td></tr></table>",
    "\\",
    "*" * 50,
    "[" * 50,
    "> " * 50,
    "$" * 9,
    "`" * 9,
]
WORDS = ["word", " ", "\n", "\n\n", "1.5e-04", "-3", "`code`", "**bold**", "1. ", "- ", "# A\n\n", "## B\n\n"]
PART = st.sampled_from(HOSTILE) | st.sampled_from(WORDS) | st.text(max_size=12)
TEXT = st.lists(PART, max_size=4).map("".join)
HUGE = st.tuples(PART, st.sampled_from([1, 1, 1, 1, 1, 300])).map(lambda pair: pair[0] * pair[1])
PROSE = TEXT | HUGE | PART
LINE = PROSE.map(lambda text: text.replace("\n", " "))
CELL_HTML = st.lists(
    st.sampled_from(["<tr>", "</tr>", "<th>", "</th>", "<td>", "</td>", "<td rowspan=9>", "<td colspan='99'>", "<b>"])
    | PART,
    max_size=9,
).map("".join)
# Pandoc reads no table that is out of order: of such as it reads, each part runs.
RUNS = "onclick='x' id='text' style='background:url(//evil.example)'"
RUNNING_ROW = f"<tr {RUNS}><td {RUNS}><p {RUNS}>1 <b {RUNS}>2</b></p></td></tr>"
RUNNING_HTML = st.tuples(
    st.sampled_from(["", f"<caption {RUNS}><p {RUNS}>a</p></caption>"]),
    st.sampled_from(["", f"<colgroup {RUNS}><col {RUNS}></colgroup>"]),
    *(st.sampled_from(["", f"<{name} {RUNS}>{RUNNING_ROW}</{name}>"]) for name in ("thead", "tbody", "tfoot")),
).map("".join)
TABLE = st.builds(
    lambda before, head, rows, after: f"{before}<table {head}>{rows}</table>{after}",
    st.just("") | PART,
    st.sampled_from(["", 'onclick="x"', "border=1", "style='background:url(//evil.example)'"]),
    st.just("<tr><th>a</th></tr><tr><td>1</td></tr>") | CELL_HTML | RUNNING_HTML,
    st.just("") | PART,
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(allow_nan=False) | PART,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3) | PART, inner, max_size=2),
    max_leaves=3,
)
CSV = st.lists(PART | st.sampled_from([",", "\n", '"', "1", "2.5"]), max_size=8).map("".join)
OUTSIDE = '<image href="//evil.example/x.png"/><image href="x.png"/><foreignObject>a</foreignObject>'
SVGS = (
    st.sampled_from([SVG, SVG.replace("9pt", '9pt" onload="x'), "<svg>", "", SVG.replace("9pt", "9" * 400 + "pt")])
    | st.just(SVG.replace("</svg>", f"{OUTSIDE}</svg>"))
    | PART
)
PNGS = st.sampled_from([PNG, PNG[:20], PNG + '" onload="alert(1)', "", "====", "é"]) | PART
DATA = st.fixed_dictionaries(
    {},
    optional={
        "text/plain": PROSE,
        "text/markdown": PROSE,
        "text/html": TABLE | PROSE,
        "text/latex": PROSE,
        "text/csv": CSV,
        "image/png": PNGS,
        "image/jpeg": PNGS,
        "image/svg+xml": SVGS,
        "application/javascript": PROSE,
        "application/json": JSON,
    },
)
# One form most of the time: the first that can be shown hides all others.
ONE = st.sampled_from(["text/plain", "text/markdown", "text/latex"]).flatmap(
    lambda form: PROSE.map(lambda text: {form: text})
) | TABLE.map(lambda text: {"text/html": text})
SIZES = st.just({}) | st.fixed_dictionaries(
    {}, optional={form: JSON | st.fixed_dictionaries({"width": JSON}) for form in ("image/png", "image/jpeg")}
)
OUTPUTS = st.one_of(
    st.builds(lambda data, sizes: new_output("display_data", data=data, metadata=sizes), ONE | DATA, SIZES),
    st.builds(lambda data: new_output("execute_result", data=data, execution_count=1), ONE | DATA),
    st.builds(lambda text, name: new_output("stream", text=text, name=name), PROSE, st.sampled_from(["stdout", "x"])),
    st.builds(lambda a, b: new_output("error", ename=a, evalue=b, traceback=[]), PART, PROSE),
)
CODE = st.one_of(
    st.builds(lambda source, outputs: new_code_cell(source, outputs=outputs), PROSE, st.lists(OUTPUTS, max_size=3)),
    st.builds(
        lambda caption, alt, code, data, sizes: new_code_cell(
            f"#| label: fig-a\n#| caption: {json.dumps(caption)}\n#| alt: {json.dumps(alt)}\n{code}",
            outputs=[new_output("display_data", data=data, metadata=sizes)],
        ),
        LINE,
        LINE,
        PROSE,
        st.builds(lambda a, b, c: {a: b, **c}, st.sampled_from(["image/png", "image/jpeg"]), PNGS, st.just({}))
        | st.builds(lambda svg, csv: {"image/svg+xml": svg, "text/csv": csv}, SVGS, CSV),
        SIZES,
    ),
    st.builds(
        lambda caption, table, note: new_code_cell(
            f"#| label: tab-a\n#| caption: {json.dumps(caption)}",
            outputs=[
                new_output("display_data", data={"text/html": table}),
                new_output("display_data", data={"text/markdown": note}),
            ],
        ),
        LINE,
        TABLE,
        PROSE,
    ),
    st.builds(
        lambda lines, code: new_code_cell("\n".join(f"#|{line}" for line in lines) + f"\n{code}"),
        st.lists(
            LINE
            | st.sampled_from(
                [" title-page: true", " hide: !!python/object/apply:os.system [x]", " a: &a [*a]", " 1: 2", " ? [x]"]
            ),
            max_size=3,
        ),
        PROSE,
    ),
)
ATTACHED = st.fixed_dictionaries({}, optional={"x.png": st.dictionaries(PART, PNGS | SVGS, max_size=2)})
MARKDOWN = st.builds(lambda text, files: new_markdown_cell(text, attachments=files), PROSE, ATTACHED)
CELLS = MARKDOWN | MARKDOWN | CODE
NOTEBOOK_METADATA = st.just({}) | st.fixed_dictionaries(
    {},
    optional={
        "title": JSON | PROSE,
        "authors": JSON | st.lists(st.fixed_dictionaries({"name": JSON | PART}), max_size=2),
        "bibliography": JSON,
        "language_info": JSON | st.fixed_dictionaries({"name": JSON | PART}),
    },
)
CELL_METADATA = st.sampled_from([{}] * 9) | st.fixed_dictionaries(
    {}, optional={"report_origin": JSON | st.fixed_dictionaries({"notebook": JSON, "cell": JSON}), "tags": JSON}
)


def notebook(cells, metadata, notes):
    for cell, note in zip(cells, notes, strict=False):
        cell["metadata"] = note
    cells = [{"id": f"cell-{i}", "metadata": {}, **cell} for i, cell in enumerate(cells)]
    # Of cells and their metadata, none is shared.
    return nbformat.from_dict(copy.deepcopy({"nbformat": 4, "nbformat_minor": 5, "cells": cells, "metadata": metadata}))


@st.composite
def notebooks(draw):
    cells = draw(st.lists(CELLS, min_size=1, max_size=3))
    return notebook(cells, draw(NOTEBOOK_METADATA), draw(st.lists(CELL_METADATA, max_size=3)))


@cases(250, 40)
@given(nb=notebooks())
def test_html_holds_nothing_that_runs_or_there_is_one_sentence(to_html, nb):
    ends_well(to_html, nb, harmless)


# On paper ---------------------------------------------------------------------------------------------------

TYPST = [
    '#panic("ran")',
    ']#panic("ran")[',
    '")#panic("ran")',
    '", alt: panic("ran"), "',
    '\\#panic("ran")',
    '\\\\#panic("ran")',
    '*/#panic("ran")/*',
    '$#panic("ran")$',
    '`#panic("ran")`',
    '``` #panic("ran") ```',
    "```typst\n#panic(1)\n```",
    '`#panic("ran")`{=typst}',
    '```{=typst}\n#panic("ran")\n```',
    "\n//@ x.ipynb, cell 7\n",
    "\n= H",
    "\n/ a: b",
    "\n+ a",
    "#set page(width: 1pt)",
    "#show: none",
    '#import "style.typ"',
    '#read("main.typ")',
    'image("figure-1.png")',
    "<label>",
    "@a:b",
    "//",
    "/*",
    "*/",
    "_",
    "*",
    "~",
    "--",
    "\\",
    "\\u{1F600}",
    '"',
    "'",
    ".fields()",
    "*a*.fields()",
    "$x$.body",
    "[l](https://p.example).dest",
    "~~s~~.body",
    "`` ` ``.text",
    "n^[m].body",
    "(1)",
    "[1]",
    ";",
    "<!-- c -->",
    "/<!-- c -->/",
    "%d",
    "%1",
    "%%",
    "[[",
    "]]",
    "--[[",
    "\u0301" * 30,
    "\u202e",
    "\u00ad",
    "\u2028",
]
TEX = [
    "x",
    "_",
    "^",
    "{",
    "}",
    "&",
    "#",
    "\\#",
    "\\$",
    "\\%",
    '"',
    "/",
    "\\\\",
    "\\left(",
    "\\right)",
    "\\frac{a}",
    "\\sqrt",
    "\\text{#panic(1)}",
    '\\text{"}',
    "\\text{$x$}",
    "\\mathrm{%1}",
    "\\operatorname*{%1}",
    '\\operatorname*{"}',
    "\\operatorname*{#panic(1)}_x",
    "\\begin{matrix}",
    "\\end{matrix}",
    "\\begin{array}{rl}",
    "\\end{array}",
    "\\begin{cases}a&b\\\\#panic(1), c;\\end{cases}",
    "\\left\\{",
    "\\right.",
    "\\&",
    "\\oplus",
    "#panic(1)",
    "{" * 40,
    "\\sqrt{" * 40 + "x" + "}" * 40,
]
MARKS = st.lists(st.sampled_from(TYPST) | st.sampled_from(WORDS), min_size=1, max_size=3).map("".join)
ROW = st.lists(MARKS, min_size=1, max_size=3).map(
    lambda cells: "".join(f"<td>{html.escape(cell)}</td>" for cell in cells)
)
PAPER = st.one_of(
    MARKS.map(lambda text: new_markdown_cell(text, {})),
    st.lists(st.sampled_from(TEX), min_size=1, max_size=4).map(lambda tex: new_markdown_cell(f"${''.join(tex)}$", {})),
    st.tuples(MARKS, st.integers(1, 60)).map(lambda pair: new_markdown_cell("- " * pair[1] + pair[0], {})),
    st.builds(
        lambda code, text: new_code_cell(
            f"#| show-code: true\n{code}", [new_output("stream", text=text, name="stdout")]
        ),
        MARKS,
        MARKS,
    ),
    st.lists(ROW, min_size=1, max_size=3).map(
        lambda rows: new_code_cell(
            "#| label: tab-a\n#| caption: A",
            [new_output("display_data", data={"text/html": f"<table><tr>{'</tr><tr>'.join(rows)}</tr></table>"})],
        )
    ),
    st.builds(
        lambda caption, alt, svg: new_code_cell(
            f"#| label: fig-a\n#| caption: {json.dumps(caption)}\n#| alt: {json.dumps(alt)}",
            [new_output("display_data", data={"image/svg+xml": svg})],
        ),
        MARKS,
        MARKS,
        st.just(SVG) | SVGS,
    ),
)


@st.composite
def papers(draw):
    front = {"title": draw(MARKS), "authors": [{"name": draw(MARKS)}]}
    return notebook(draw(st.lists(PAPER, min_size=1, max_size=3)), front, [{}] * 3)


@cases(60, 10)
@given(nb=papers() | notebooks())
def test_pdf_holds_nothing_that_runs_or_there_is_one_sentence(to_pdf, nb):
    ends_well(to_pdf, nb, harmless_paper)


# Broken and huge --------------------------------------------------------------------------------------------

SOUND = {
    "nbformat": 4,
    "nbformat_minor": 5,
    "metadata": {"language_info": {"name": "python"}, "title": "T", "authors": [{"name": "A"}]},
    "cells": [
        {
            "id": "a",
            "metadata": {},
            **new_markdown_cell(["# A\n", "![b](attachment:x.png)"], {"x.png": {"image/png": PNG}}),
        },
        {
            "id": "b",
            "metadata": {},
            **new_code_cell(
                "#| label: fig-a\n#| caption: c\n#| alt: a\nx",
                [new_output("display_data", data={"image/png": PNG, "text/csv": "a,b\n1,2"})],
            ),
        },
        {"id": "c", "metadata": {}, **new_code_cell(["x"], [new_output("stream", name="stdout", text=["a", "b"])])},
    ],
}
OTHER = st.sampled_from([None, True, 0, 10**30, float("nan"), "x", "\0", "\ud800", [], [1], {}, {"a": 1}, [[["x"]]]])


def places(node, place=()):
    """Yield where each part of a notebook stands: the keys that lead to it."""
    for key, part in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        yield (*place, key)
        yield from places(part, (*place, key))


@st.composite
def broken(draw):
    """Draw a notebook of which one part is missing, is there twice or is something else."""
    nb = copy.deepcopy(SOUND)
    *way, last = draw(st.sampled_from(list(places(nb))))
    holder = nb
    for key in way:
        holder = holder[key]
    what = draw(st.sampled_from(["missing", "twice", "other"]))
    if what == "missing":
        del holder[last]
    elif what == "twice" and isinstance(holder, list):
        holder.insert(last, holder[last])
    else:
        holder[last] = draw(OTHER)
    return json.dumps(nb)


NO_NOTEBOOKS = [
    "",
    "null",
    "[]",
    "{}",
    "9" * 5000,
    "[" * 100_000,
    '{"nbformat": 4}',
    '{"nbformat": 5, "metadata": {}, "cells": []}',
    '{"nbformat": [], "cells": []}',
    '{"nbformat": 4, "nbformat_minor": "x", "metadata": {}, "cells": []}',
    '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [], "cells": 1}',
    '{"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": [{"cell_type": "nothing"}]}]}',
    '{"nbformat": 2, "worksheets": []}',
    '{"nbformat": 1, "cells": [{}]}',
]


@cases(100, 10)
@given(text=broken() | st.sampled_from(NO_NOTEBOOKS))
def test_a_broken_notebook_is_read_or_there_is_one_sentence(to_html, tmp_path_factory, text):
    path = tmp_path_factory.getbasetemp() / "broken.ipynb"
    path.write_text(text, encoding="utf-8")
    ends_well(lambda path: to_html(files.read(path)), path, harmless)


def shows(form, content):
    return [
        new_code_cell("#| label: fig-a\n#| caption: c\n#| alt: a", [new_output("display_data", data={form: content})])
    ]


def entities(n):
    """Return a drawing of a few hundred bytes whose text, with all entities in place of their names, is 10ⁿ signs."""
    names = "".join(f'<!ENTITY e{i + 1} "{f"&e{i};" * 10}">' for i in range(n))
    return f'<!DOCTYPE svg [<!ENTITY e0 "x">{names}]>' + SVG.replace("<path", f"<text>&e{n};</text><path")


def declares(width, height):
    """Return a PNG of a few dozen bytes that declares to be of this size."""

    def chunk(name, content):
        checked = name + content
        return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    content = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    return base64.b64encode(content).decode()


HUGE_CELLS = {
    "a line of a million signs": [new_code_cell("", [new_output("stream", name="stdout", text="x" * 10**6)])],
    "a million lines": [new_code_cell("", [new_output("stream", name="stdout", text="x\n" * 10**6)])],
    "a source of a million signs": [new_code_cell("x" * 10**6)],
    "a drawing of a megabyte": shows("image/svg+xml", SVG.replace("M5 5", "M5 5" + " L1 1" * 200_000)),
    "a drawing that nests": shows("image/svg+xml", SVG.replace("<path", "<g>" * 9999 + "</g>" * 9999 + "<path")),
}
BOMBS = {
    "the largest PNG": shows("image/png", declares(2**31 - 1, 2**31 - 1)),
    "entities": shows("image/svg+xml", entities(9)),
    "a large PNG": shows("image/png", declares(60_000, 60_000)),
    "an empty PNG": shows("image/png", declares(0, 0)),
    "a drawing that holds itself": shows("image/svg+xml", SVG.replace("<path", '<g id="a"><use href="#a"/></g><path')),
    "a compressed drawing": shows("image/svg+xml", base64.b64encode(gzip.compress(SVG.encode())).decode()),
}


@pytest.mark.parametrize("cells", [*HUGE_CELLS.values(), *BOMBS.values()], ids=[*HUGE_CELLS, *BOMBS])
def test_what_is_huge_takes_no_more_room_in_html_than_it_had(to_html, cells):
    def check(page):
        harmless(page)
        assert len(page) < 100_000 + 2 * len(json.dumps(cells))

    ends_well(to_html, notebook(cells, {}, ()), check)


@pytest.mark.parametrize("cells", BOMBS.values(), ids=BOMBS)
def test_a_bomb_does_not_go_off_in_the_pdf(to_pdf, cells):
    def check(content):
        harmless_paper(content)
        assert len(content) < 100_000

    ends_well(to_pdf, notebook(cells, {}, ()), check)
