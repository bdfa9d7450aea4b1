"""Hostile TeX: nothing raises, nothing of it runs or leads anywhere, and what is set is well formed."""

import json
import re
from xml.etree.ElementTree import fromstring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_report.mathematics import Mathematics, document
from notebook_report.mathematics.engine import Engine
from notebook_report.writing.typst.typesetting import LETTERS, OWN, STYLE
from tests.fuzz.cases import cases

EVIL = "javascript:alert(1)//evil.example"
PARTS = [
    *"xyABαé中+-=<>()[]|/*,;:!?'\"`~#@&^_ \n",
    *(rf"\{sign}" for sign in "{}$%&#_|,;:! \\"),
    r"\alpha",
    r"\sum",
    r"\int\limits",
    r"\sin",
    r"\left(",
    r"\right)",
    r"\left.",
    r"\right|",
    r"\middle|",
    r"\big\|",
    r"\bf",
    r"\over",
    r"\choose",
    r"\displaystyle",
    r"\scriptstyle",
    r"\hline",
    r"\cr",
    r"\nonumber",
    r"\limits",
    r"\not",
    r"\prime",
    r"\undefined",
    r"\def\x{\x\x}\x",
    r"\def\y{y\y}",
    r"\newcommand{\z}[1]{#1#1}\z{\z{\z{z}}}",
    r"\let\frac\sqrt",
    r"\renewcommand{\text}{\undefined}",
    r"\require{action}",
    r"\require{evil}",
    r"\label{a}",
    r"\label{" + EVIL + "}",
    r"\ref{a}",
    r"\eqref{" + EVIL + "}",
    r"\tag{1}",
    r"\tag*{<b>}",
    r"\unicode{x2028}",
    r"\unicode{0}",
    r"\unicode[" + EVIL + "]{x263A}",
    r"\hspace{1e9em}",
    r"\hspace{-1em}",
    r"\rule{1em}{2em}",
    r"\color{" + EVIL + "}",
    r"\color[RGB]{999,-1,x}",
    r"\mmlToken{mi}[href='" + EVIL + "']{x}",
    r"\mmlToken{mo}[onclick='evil()']{x}",
    r'#panic("ran")',
    r"\text{#panic(1)}",
    r'\text{"}',
    r"\text{$x$ \$}",
    "{" * 300,
    "}" * 3,
    r"\sqrt{" * 40 + "x" + "}" * 40,
    r"\frac{a}{" * 30 + "x" + "}" * 30,
    "x^{" * 40 + "}" * 40,
]
WRAPS = [
    ("{", "}"),
    (r"\frac{a}{", "}"),
    (r"\sqrt[3]{", "}"),
    ("^{", "}"),
    ("_{", "}"),
    (r"\text{", "}"),
    (r"\mathbf{", "}"),
    (r"\hat{", "}"),
    (r"\widetilde{", "}"),
    (r"\overbrace{", "}^{n}"),
    (r"\underset{b}{", "}"),
    (r"\xrightarrow[x]{", "}"),
    (r"\cancel{", "}"),
    (r"\boxed{", "}"),
    (r"\enclose{circle roundedbox " + EVIL + "}{", "}"),
    (r"\phantom{", "}"),
    (r"\smash{", "}"),
    (r"\rlap{", "}"),
    (r"\raise1em{", "}"),
    (r"\substack{", "}"),
    (r"\ce{", "}"),
    (r"\operatorname*{", "}"),
    (r"\href{" + EVIL + "}{", "}"),
    (r"\style{background:url(" + EVIL + ")}{", "}"),
    (r"\class{evil}{", "}"),
    (r"\cssId{evil}{", "}"),
    (r"\data{evil=1}{", "}"),
    (r"\bbox[red,border:1px solid red;background:url(" + EVIL + ")]{", "}"),
    (r"\texttip{", "}{evil}"),
    (r"\colorbox{yellow}{$", "$}"),
    (r"\prescript{a}{b}{", "}"),
    *(
        (rf"\begin{{{name}}}{columns}", rf"\end{{{name}}}")
        for name, columns in {
            "matrix": "",
            "pmatrix": "",
            "cases": "",
            "array": "{|c|r:l|}",
            "align": "",
            "align*": "",
            "multline": "",
            "equation": "",
            "split": "",
            "gather": "",
            "eqnarray": "",
            "CD": "",
            "smallmatrix": "",
            "evil": "",
        }.items()
    ),
]
TEX = st.recursive(
    st.sampled_from(PARTS),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=4).map(" ".join)
        | st.tuples(st.sampled_from(WRAPS), inner).map(lambda pair: pair[0][0] + pair[1] + pair[0][1])
        | st.tuples(inner, inner).map(r" & ".join)
        | st.tuples(inner, inner).map(" \\\\ ".join)
    ),
    max_leaves=8,
)
FORMULAS = st.lists(st.tuples(TEX, st.booleans()), min_size=1, max_size=4)
NAMES = re.compile(
    "accent|aria-label|class|columnspacing|depth|display|displaystyle|encoding|height|href|id|linethickness|lspace"
    "|mathvariant|maxsize|minsize|movablelimits|role|rowspacing|rspace|scriptlevel|stretchy|style|symmetric|tabindex"
    "|voffset|width"
)
CSS = re.compile(
    r"(color|background|(text-align|border(-\w+)?|width|padding(-\w+)?|margin-\w+|display|transform|print-color-adjust))"
    r": (?!.*(url|evil)).*"
)


@pytest.fixture(scope="module")
def engine():
    return Engine(all_seconds=float("inf"))


def read(engine, formulas):
    mathematics = Mathematics(engine)
    found = [mathematics.read(tex, display) for tex, display in formulas]
    for formula in found:
        for problem in mathematics.settle(formula):
            assert problem.message
    return found


@cases(120, 20)
@given(formulas=FORMULAS)
def test_nothing_of_a_formula_runs_or_leads_anywhere_on_a_page(engine, formulas):
    for formula in read(engine, formulas):
        for element in fromstring(document.for_html(formula, True).replace("&nbsp;", " ")).iter():
            assert all(map(NAMES.fullmatch, element.attrib))
            assert element.get("href", "#").startswith("#eq-") or element.get("href") is None
            assert element.get("class", "") in ("", "equation", "formula", "number")
            assert not element.get("style") or all(map(CSS.match, element.get("style").split("; ")))
            assert (element.tag == "a") == ("href" in element.attrib)


@pytest.fixture(scope="module")
def typst(tmp_path_factory, compiler):
    """Return a function that compiles Typst source, and returns what the compiler answers."""
    folder = tmp_path_factory.mktemp("typst")
    letters = {"pattern": "", "substitutes": {}, "families": []}
    for name, content in {"floating.json": [], "letters.json": letters}.items():
        (folder / name).write_text(json.dumps(content))
    (folder / STYLE.name).write_bytes(STYLE.read_bytes())

    def answer(source):
        (folder / "main.typ").write_text(source, encoding="utf-8")
        with compiler:
            return compiler.compile(folder / "main.typ", folder / "main.pdf", OWN, 0)

    return answer


@cases(25, 5)
@given(formulas=FORMULAS)
def test_whatever_a_formula_holds_it_is_set_on_paper(engine, typst, formulas):
    texts = [document.for_typst(formula, True) for formula in read(engine, formulas)]
    answer = typst('#import "style.typ": *\n#show: paper.with(title: "T")\n' + "\n\n".join(texts))
    assert "marks" in answer or LETTERS.search(answer["diagnostic"])
