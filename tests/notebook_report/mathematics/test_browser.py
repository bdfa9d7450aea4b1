"""Formulas on a page, in MathML Core; how they look was compared with MathJax's own drawing in two browsers."""

import re
from xml.etree.ElementTree import fromstring

import pytest

CORE = {
    "annotation",
    "math",
    "merror",
    "mfrac",
    "mi",
    "mmultiscripts",
    "mn",
    "mo",
    "mover",
    "mpadded",
    "mphantom",
    "mprescripts",
    "mroot",
    "mrow",
    "ms",
    "mspace",
    "msqrt",
    "mstyle",
    "msub",
    "msubsup",
    "msup",
    "mtable",
    "mtd",
    "mtext",
    "mtr",
    "munder",
    "munderover",
    "semantics",
}
FORMULAS = [
    r"\begin{align} a &= b \tag{1} \\ c &= d \end{align}",
    r"\begin{array}{|c|c|} \hline a & b \\ \hline c & d \\ \hline \end{array}",
    r"\cancel{x} + \boxed{E} + \enclose{circle}{y}",
    r"\ce{SO4^2- + H2O <=> B ->[x] C}",
    r"\widehat{xyz} \overline{AB} \vec v \underbrace{a+b}_{n}",
    r"A \xrightarrow{f} B \quad \begin{CD} A @>a>> B \end{CD}",
    r"\prescript{14}{2}{C} \smash{x} \rlap{/}x \mathbin{\#}",
    r"\begin{multline} a \\ b \\ c \end{multline}",
    r"\toggle{x}{y}\endtoggle \texttip{x}{evil}",
    r"\href{javascript:alert(1)}{x} \style{color: red}{y} \class{z}{z} \unicode[evil]{x263A}",
]


@pytest.mark.parametrize("tex", FORMULAS)
def test_only_what_all_browsers_know_is_written(mathml, tex):
    for element in fromstring(mathml(tex)).iter():
        assert element.tag in CORE
        assert not set(element.attrib) & {
            "href",
            "mathcolor",
            "mathbackground",
            "columnalign",
            "columnlines",
            "notation",
        }
        assert "url" not in element.get("style", "")
        assert not any(name.startswith(("on", "data-")) for name in element.attrib)


def spaces(text):
    """Return the widths of the spaces of a formula, in the order in which they stand."""
    return [float(width) for width in re.findall(r'(?:width|[lr]space)="([-.\d]+)em"', text) if float(width)]


@pytest.mark.parametrize(
    ("tex", "widths"),
    [
        ("a+b", [0.222, 0.222]),
        ("a=b", [0.278, 0.278]),
        ("-a", []),
        ("a=-b", [0.278, 0.278]),
        ("(-a)", []),
        ("a,b", [0.167]),
        (r"2\sin x", [0.167, 0.167]),
        (r"\sin(x)", []),
        (r"a \mathrel{R} b", [0.278, 0.278]),
        ("x^{a+b}", []),
        ("a:=b", [0.278, 0.278]),
        ("|x|", []),
    ],
)
def test_spaces_between_signs_are_those_of_tex(mathml, tex, widths):
    assert spaces(mathml(tex)) == widths


def test_a_space_below_zero_draws_together(mathml):
    assert '<mspace style="margin-left: -0.167em">' in mathml(r"a\!b")


def test_columns_are_aligned_and_ruled_by_styles(mathml):
    text = mathml(r"\begin{array}{r|l} a & b \\ \hline c & d \end{array}")
    assert text.count("text-align: -webkit-right") == 2
    assert text.count("border-right: 1px solid") == 2
    assert text.count("border-bottom: 1px solid") == 2


def test_a_row_with_a_tag_spans_the_line_and_has_it_at_its_end(mathml):
    text = mathml(r"\begin{align} a &= b \tag{1} \\ c &= d \end{align}")
    assert text.count("width: 100%") == 2
    assert re.search(r"<mtext>\(1\)</mtext></mtd></mtr>", text)


@pytest.mark.parametrize(("tex", "lines"), [(r"a = b \\ c = d \\", 2), (r"a \\", 0), (r"a", 0)])
def test_lines_outside_any_environment_are_rows(mathml, tex, lines):
    assert mathml(tex).count("<mtr>") == lines
    assert "<mtable" not in mathml(tex, display=False)


def test_a_long_tilde_is_drawn_out(mathml):
    assert "scaleX(4.2)" in mathml(r"\widetilde{abc}")
    assert "scaleX" not in mathml(r"\tilde{a}")


def test_an_arrow_is_as_wide_as_it_is_asked_to_be(mathml):
    assert "<munderover><mo" in mathml(r"\begin{CD} A @>a>> B \end{CD}")
    assert '<mspace width="2.75em">' in mathml(r"\begin{CD} A @>a>> B \end{CD}")


def test_colours_are_given_for_light_and_dark_pages(mathml):
    light, dark = re.search(r"light-dark\((#\w{6}), (#\w{6})\)", mathml(r"\textcolor{blue}{x}")).groups()
    assert light == "#0000ff"
    assert dark != light


def test_words_on_a_ground_of_a_colour_are_dark_or_light(mathml):
    assert "background: #ffff00; color: #000000" in mathml(r"\colorbox{yellow}{x}")
    assert re.search("background: #000080; color: #[89a-f]", mathml(r"\colorbox{navy}{x}"))


def test_bold_letters_are_characters_of_their_own(mathml):
    assert "<mi>𝐖</mi>" in mathml(r"\mathbf{W}")


@pytest.mark.parametrize("tex", [r"\mathrm{d}", r"\Gamma", r"\sin", r"\operatorname{d}"])
def test_what_is_upright_is_words_around_which_firefox_has_no_spaces(mathml, tex):
    assert "<mi" not in mathml(tex)
    assert "<mtext>" in mathml(tex)


@pytest.mark.parametrize(("tex", "grows"), [(r"\left(x\right)", False), (r"\left(\frac{1}{x}\right)", True)])
def test_only_fences_around_what_is_high_are_stretched(mathml, tex, grows):
    assert mathml(tex).count('stretchy="false"') == 2 * (not grows)


@pytest.mark.parametrize(
    ("command", "size"), [("big", "1.2em"), ("bigl", "1.2em"), ("Bigr", "1.623em"), ("Bigg", "2.470em")]
)
@pytest.mark.parametrize("sign", ["(", "[", r"\{"])
def test_a_bracket_of_a_size_of_its_own_is_stretched_to_it(mathml, command, size, sign):
    text = mathml(rf"\{command}{sign} x")
    assert f'minsize="{size}"' in text
    assert "stretchy" not in text


@pytest.mark.parametrize("tex", [r"\Big|_x", r"\biggr\rvert_x", r"\Big\|"])
def test_a_bar_of_a_size_of_its_own_is_told_to_stretch(mathml, tex):
    assert re.search('<mo [^>]*minsize="[^>]*stretchy="true"', mathml(tex))


@pytest.mark.parametrize(
    ("tex", "bars"),
    [(r"\bigg|X", 1), (r"\left|\frac{a}{b}\right|X", 2), (r"\left|x\right|X", 0), ("|x|", 0)],
)
def test_what_follows_a_stretched_bar_keeps_clear_of_it(mathml, tex, bars):
    assert mathml(tex).count('rspace="0.1em"') == bars


@pytest.mark.parametrize("tex", [r"x_i", r"x^2", r"\beta X^T"])
def test_brackets_are_not_stretched_around_one_script(mathml, tex):
    assert mathml(rf"\left({tex}\right)").count('stretchy="false"') == 2
    assert "stretchy" not in mathml(rf"\left(\frac{{{tex}}}{{2}} x_i^2\right)")
    assert "stretchy" not in mathml(r"\left(x^{y_i}\right)")
    assert "stretchy" not in mathml(r"\left(\int_D f\right) \left[\sum x_i\right]")


def test_between_a_fraction_and_a_named_function_is_a_space(mathml):
    assert re.search('</mfrac><mspace width="0.167em"></mspace><mtext>sin', mathml(r"\frac{a}{b}\sin x"))
    assert "</mfrac><mi>c" in mathml(r"\frac{a}{b}c")


@pytest.mark.parametrize(
    ("sign", "is_accent"), [("bar", "true"), ("hat", "true"), ("widetilde", "true"), ("vec", "false")]
)
def test_signs_above_letters_are_of_full_size_but_for_arrows(mathml, sign, is_accent):
    assert re.findall('accent="(.*?)"', mathml(rf"\{sign} v")) == [is_accent]


@pytest.mark.parametrize(("tex", "moved"), [("rlap", []), ("llap", ["-100%"]), ("mathclap", ["-50%"])])
def test_what_overlaps_its_neighbours_takes_no_room(mathml, tex, moved):
    assert '<mpadded width="0em">' in mathml(rf"\{tex}{{/}} x")
    assert re.findall(r"translateX\((.*?)\)", mathml(rf"\{tex}{{/}} x")) == moved


@pytest.mark.parametrize("tex", ["f'", r"f^\prime", r"f^{\prime}"])
def test_a_prime_is_no_script(mathml, tex):
    assert "<msup>" not in mathml(tex)
    assert re.search("<msub><mrow><mi>f</mi><mo[^>]*>′</mo></mrow><mi>i</mi></msub>", mathml("f_i'"))


@pytest.mark.parametrize("tex", ["f''", r"f^{\prime\prime}"])
def test_two_primes_are_one_sign(mathml, tex):
    assert "<msup>" not in mathml(tex)
    assert re.search("<mo[^>]*>″</mo>", mathml(tex))


def test_of_what_changes_with_a_click_the_first_is_shown(mathml):
    text = mathml(r"\toggle{x}{y}\endtoggle \texttip{x}{z}").partition("<annotation")[0]
    assert "<mi>x</mi>" in text
    assert "y" not in text.replace("style", "").replace("display", "")
    assert "z" not in text


def test_the_tex_is_there_for_who_copies_it(mathml):
    assert '<annotation encoding="application/x-tex">a &lt; b</annotation>' in mathml("a < b")


@pytest.mark.parametrize("tex", [r"\begin{smallmatrix}a&b\\c&d\end{smallmatrix}", r"\sum_{\substack{i<m\\j<n}} P"])
def test_small_rows_have_no_padding_below_zero(mathml, tex):
    assert "padding" in mathml(tex)
    assert not re.search(r"padding:[^;\"]*-", mathml(tex))
