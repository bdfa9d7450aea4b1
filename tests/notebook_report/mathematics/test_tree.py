"""What both writers read: letters, colours, classes, tables, and nothing that runs."""

import pytest

from notebook_report.mathematics import tree
from notebook_report.mathematics.colours import readable


@pytest.mark.parametrize(
    ("variant", "letters"),
    [
        ("bold", "𝐁𝐡𝛂𝛁𝟏"),
        ("italic", "𝐵ℎ𝛼𝛻1"),
        ("bold-italic", "𝑩𝒉𝜶𝜵1"),
        ("script", "ℬ𝒽α∇1"),
        ("fraktur", "𝔅𝔥α∇1"),
        ("double-struck", "𝔹𝕙α∇𝟙"),
        ("sans-serif", "𝖡𝗁α∇𝟣"),
        ("bold-sans-serif", "𝗕𝗵𝝰𝝯𝟭"),
        ("sans-serif-italic", "𝘉𝘩α∇1"),
        ("monospace", "𝙱𝚑α∇𝟷"),
    ],
)
def test_a_letter_in_a_variant_is_a_character_of_its_own(variant, letters):
    assert "".join(tree.letter(character, variant) for character in "Bhα∇1") == letters


def test_letters_that_came_before_the_others_are_known():
    assert [tree.letter("H", variant) for variant in ("script", "fraktur", "double-struck")] == ["ℋ", "ℌ", "ℍ"]


@pytest.mark.parametrize(
    ("length", "ems"),
    [("2em", 2), (".5em", 0.5), ("-0.167em", -0.167), ("+10pt", 1), ("9mu", 0.5), (None, 7), ("1width", 7), ("0", 0)],
)
def test_a_length_is_known_in_em(length, ems):
    assert tree.em(length, 7) == pytest.approx(ems)


@pytest.mark.parametrize(
    ("tex", "colour"),
    [(r"\color{navy} x", "#000080"), (r"\textcolor{#0f0}{x}", "#00ff00"), (r"\color[RGB]{255,128,0} x", "#ff8000")],
)
def test_a_colour_is_known_by_its_parts(parsed, tex, colour):
    assert colour in [element.get("mathcolor") for element in parsed(tex).iter()]


def test_a_colour_that_is_none_is_black(parsed):
    assert "#000000" in [element.get("mathcolor") for element in parsed(r"\color{url(//a.example)} x").iter()]


@pytest.mark.parametrize(("colour", "ground"), [("#ffff00", "#ffffff"), ("#0000ff", "#191a1c"), ("#808080", "#fdfcf9")])
def test_a_colour_is_changed_until_it_can_be_read(colour, ground):
    assert readable(colour, ground) != colour
    assert readable(readable(colour, ground), ground) == readable(colour, ground)


def test_a_colour_that_can_be_read_stays():
    assert readable("#990000", "#ffffff") == "#990000"


@pytest.mark.parametrize(
    "tex",
    [
        r"\href{javascript:alert(1)}{x}",
        r"\style{background: url(//a.example)}{x}",
        r"\class{evil}{x}",
        r"\cssId{evil}{x}",
        r"\data{evil=1}{x}",
        r"\unicode[url(//a.example)]{x263A}",
        r"\bbox[background: url(//a.example)]{x}",
    ],
)
def test_nothing_that_leads_anywhere_or_looks_like_something_else_is_kept(parsed, tex):
    for element in parsed(tex).iter():
        assert all(map(tree.KEPT.fullmatch, element.attrib))
        assert not any("example" in value or "evil" in value or "alert" in value for value in element.attrib.values())


def test_a_table_says_of_each_column_and_row_what_it_looks_like(parsed):
    (element,) = parsed(r"\begin{array}{r|lc} a & b & c \\ \hline d & e & f \end{array}")
    table = tree.table(element)
    assert table.sides == ["right", "left", "center"]
    assert table.rules == [True, False, False]
    assert table.rules_below == [True, False]
    assert [len(row.cells) for row in table.rows] == [3, 3]
