"""Formulas on paper, in Typst's words; how they look was compared with MathJax's own drawing."""

import re

import pytest

from notebook_report.mathematics import paper


@pytest.mark.parametrize(
    ("tex", "written"),
    [
        (r"{\bf x}^T", "attach(scripts(𝐱),t: T)"),
        (r"\cal{N}t", "𝒩𝑡"),
        (r"\mathscr{n}", "𝓃"),
        (r"\tfrac12", "inline(frac(1,2))"),
        (r"{n \choose k}", "stacked(n,k)"),
        (r"a \over b", "frac(a,b)"),
        (r"\sqrt[3]{x}", "root(3,x)"),
        (r"\int\limits_0^1", "attach(limits("),
        (r"\underset{\theta}{\operatorname{argmax}}", "attach(limits("),
        (r"\hat{x}", "accent(x,hat,size: #0%)"),
        (r"\widehat{xyz}", "accent(x y z,hat,size: #100%)"),
        (r"\overrightarrow{\partial_y}", ",arrow,size: #(100% + 0.2em))"),
        (r"\overline{AB}", "overline(A B)"),
        (r"\overbrace{a}^{n}", "overbrace(a)"),
        (r"\cancel{x}", "cancel(x)"),
        (r"\boxed{x}", 'enclosed(display(x),"left","right","top","bottom"'),
        (r"\phantom{x}", "hidden(x)"),
        (r"\rlap{/}x", "lapped(#0%"),
        (r"\mathrel{R}", 'class("relation",R)'),
        (r"\textcolor{red}{x}", 'coloured("#e60000",x)'),
        (r"\text{if $x$}", '"if "x'),
        (r"\operatorname*{arg\,min}_x", "limits: #true"),
        (r"\lim_{x\to 0}", 'op("lim",limits: #true)'),
        (r"a\;b", "a#h(0.278em)b"),
        (r"a,\;b", ")#h(0.4447em)b"),
        (r"\left(a\;=\;b\right)", "a#h(0.5558em)"),
        (r"a\rule{1em}{2pt}b", 'backed("#000000"'),
        (r"\log\left(x\right)", 'op("log")#h(0.1667em)lr('),
        (r"a\left(x\right)", "a#h(0.1667em)lr("),
        (r"2\begin{bmatrix}x\end{bmatrix}", "2#h(0.1667em)lr("),
        (r"x_{a\left(x\right)}", "b: alr("),
        ("a...", r'a class("punctuation",\u{2e})#h(0.1667em)class("punctuation",\u{2e})#h('),
        (r"\ldots, a", r'\u{2026})#h(0.1667em)class("punctuation"'),
        (r"\log\ldots", r'op("log")class("normal"'),
        (r"a\,\,=\,b", 'a#h(0.6118em)class("relation",\\u{3d})#h(0.4448em)b'),
        (r"\Gamma", "upright(Γ)"),
        (r"\begin{array}{c|c} \frac ab & c \end{array}", "padded(inline(frac(a,b)))#h("),
        (r"\toggle{x}{y}\endtoggle z", "x z"),
        (r"\big( x \big)", "lr(size: #1.2em,"),
    ],
)
def test_what_tex_asks_for_has_its_word_in_typst(typst, tex, written):
    assert written.replace(" ", "") in typst(tex).replace(" ", "").replace('""', "")


def test_brackets_are_as_high_as_what_is_between_them(typst):
    assert typst(r"\left( \frac{a}{b} \right]") == r"lr(\u{28}frac(a, b)\u{5d})"


def test_a_bracket_on_one_side_is_as_high(typst):
    assert typst(r"\left. \frac{a}{b} \right|_0").startswith(r"attach(scripts(lr(frac(a, b)\u{7c}))")


def test_a_fence_in_the_middle_is_as_high(typst):
    assert r"mid(\u{7c})" in typst(r"\left\{ x \middle| y \right\}")


@pytest.mark.parametrize("tex", [r"\|x\|_2", r"\big\|x\big\|", r"\left\|x\right\|"])
def test_the_bars_of_a_norm_are_no_relation(typst, tex):
    assert "relation" not in typst(tex)
    assert len(re.findall(r"u\{(?:2016|2225)\}", typst(tex))) == 2


@pytest.mark.parametrize(
    ("tex", "cells"),
    [
        (r"\begin{pmatrix} a & b \\ c & d \end{pmatrix}", ["a", "b", "c", "d"]),
        (r"\begin{cases} a & b \\ c & d \end{cases}", ["&a", "&b", "&c", "&d"]),
        (r"\begin{array}{rl} a & b \\ c & d \end{array}", ["a&", "&b", "c&", "&d"]),
    ],
)
def test_the_cells_of_a_table_stand_on_their_side(typst, tex, cells):
    inside = re.sub(r"#h\(.*?\)|inline\((.)\)", r"\1", typst(tex).partition("column-gap: #0em,")[2]).replace(" ", "")
    assert re.split("[,;]", inside.partition(")")[0]) == cells


def test_rules_between_columns_and_rows_are_drawn(typst):
    assert "hline: (1,), vline: (1,)" in typst(r"\begin{array}{c|c} a & b \\ \hline c & d \end{array}")


def test_a_substack_below_a_sum_is_as_small_as_a_script(typst):
    assert "script(i" in typst(r"\sum_{\substack{i<n \\ j<m}}")


@pytest.mark.parametrize(
    ("tex", "pieces"),
    [
        ("a = b + c - d", ["a", "=b", "+c", "-d"]),
        ("-a = b", ["-a", "=b"]),
        (r"\left(a + b\right) c", ['lr((a""+b))c']),
        (r"\left[a + b\right]", ['lr([a""+b])']),
        (r"\displaystyle a = b", ["a", "=b"]),
        (r"\sum_{i=1}^n i = x", ["attach", "=x"]),
    ],
)
def test_a_formula_may_break_before_its_relations_and_signs(parsed, tex, pieces):
    written = re.findall(r"\$(.*?)\$", paper.displayed(parsed(tex)))
    plain = [re.sub(r"\\u\{(\w+)\}", lambda code: chr(int(code[1], 16)), piece) for piece in written]
    plain = [re.sub(r'class\("\w+", (\W)\)| ', r"\1", piece).replace("−", "-") for piece in plain]
    assert len(plain) == len(pieces)
    assert all(piece.startswith(start) for piece, start in zip(plain, pieces, strict=True))


@pytest.mark.parametrize("text", ['"', "\\", '"#panic(1)', "$", "]", "\n", "\\u{22}"])
def test_no_word_ends_the_string_that_it_is_in(text):
    written = paper.string(text)
    assert re.fullmatch(r'"([^"\\$\n]|\\u\{\w+\})*"', written)


@pytest.mark.parametrize("tex", ["#", r"\#", "/", "//", '"', "'", "`", "@a", "<a>", ";", ":", "*", "_", "~", "[", "$"])
def test_a_character_stands_for_itself(typst, tex):
    for sign in "#/\"'`@<>;:*~[$":
        assert sign not in re.sub(r'"[^"]*"|[#,:]\w*|\(|\)', "", typst(f"x {tex} y") if tex != "_" else "")


def test_no_space_stands_before_words_in_a_colour(typst):
    assert 'x""coloured(' in typst(r"x \foo")


@pytest.mark.parametrize("tex", ["v'", "v_1'"])
def test_a_prime_is_lowered_without_pushing_a_subscript_away(typst, tex):
    assert "t: lowered(" in typst(tex)


def test_what_is_hardly_raised_is_not(typst):
    assert "raised" not in typst(r"\coloneqq")
    assert "raised" in typst(r"\raise 1em{x}")
