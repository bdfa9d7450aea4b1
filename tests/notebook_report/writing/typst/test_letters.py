"""Signs that our typefaces do not have: which they are, what stands for them, and what is said."""

import pytest

from notebook_report.document import prepare
from notebook_report.writing import pdf
from notebook_report.writing.typst import letters

FAMILY, FLAG, KEY = "\U0001f469\u200d\U0001f469\u200d\U0001f467", "\U0001f1e9\U0001f1ea", "1\ufe0f\u20e3"


@pytest.fixture
def without_extra(monkeypatch):
    """Let the extra `letters` not be installed."""
    monkeypatch.setattr(letters, "PACKAGES", {"no_such_package": "some-fonts"})


@pytest.fixture
def set_(write, compiler, tmp_path, without_extra):
    """Return a function that sets cells: the words of the PDF, and what to warn of."""
    import io

    from pypdf import PdfReader

    def export(*cells):
        with compiler:
            content, problems = pdf.write(prepare.notebook(write.notebook(*cells), "sample", tmp_path), 0, compiler)
        return "".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages), problems

    return export


@pytest.mark.parametrize(
    ("text", "signs"),
    [
        ("plain ASCII (1)", []),
        ("a漢字a", ["漢", "字"]),
        (f"{FAMILY}{FLAG}", [FAMILY, "\U0001f469", FLAG]),
        (f"{KEY} x", [KEY]),
        ("e\u0301", ["e\u0301", "\u0301"]),
        (r"\u{6f22}", ["漢"]),
        ("<text>&#28450;&#x6f22;&#60;</text>", ["漢"]),
    ],
)
def test_signs_are_told_apart(text, signs):
    assert letters.signs([text]) == signs


@pytest.mark.parametrize(
    ("sign", "shown"),
    [
        ("漢", "\u200b\u25af"),
        ("\U0001f600", "[grinning face]"),
        ("\ue0b0", "[U+E0B0]"),
        (FLAG, "[DE]"),
        (FAMILY, "[woman]"),
        ("✅", "✔"),
        ("❌\ufe0f", "✘"),
        ("\uff1a", ":"),
        ("\uff2e", "N"),
        ("。", "."),
        ("\u33a1", "[square m squared]"),
        ("\u338f", "kg"),
    ],
)
def test_what_stands_for_a_sign(sign, shown):
    assert letters.substitutes([sign, sign[0]])[sign] == shown


def test_a_sign_without_what_changes_it_may_be_there():
    assert letters.substitutes([KEY]) == {KEY: "1"}


def test_missing_signs_have_substitutes_and_one_warning(set_, write):
    listing = write.code("#| show-code: true\nprint('\U0001f600')", write.prints("漢 \U0001f600"))
    text, problems = set_("# Words\n\nA 漢 and \U0001f600 and $x + \\text{漢}$.", listing)
    assert text.count("[grinning face]") == 3
    assert text.count("\u25af") == 3
    [problem] = problems
    assert str(problem) == (
        "sample.ipynb, cell 1: the PDF shows substitutes for signs that no typeface at hand has (漢, \U0001f600): "
        "pip install some-fonts."
    )


def test_a_sign_of_several_characters_is_set_in_code_whose_line_may_end_there(set_):
    signs = (FLAG, KEY, "\U0001f44d\U0001f3fd", "\uff76\uff9e")
    text, problems = set_(*(f"Words `module.function(value)={sign}ab_c/d.efg` and more." for sign in signs))
    assert text.count("and more.") == len(signs)
    assert len(problems) == 1


def test_marks_in_a_formula_may_be_missing(set_):
    text, [problem] = set_("# Words\n\nIf $র্ম = x$ then.")
    assert "\u25af" in text
    assert "(র্, ম)" in problem.message or "(র, ম)" in problem.message


def test_signs_that_are_nearly_the_same_stand_in_a_line_as_those_that_are_missing(set_, write):
    text, [problem] = set_("# Words\n\nDone ✅", write.code("check()", write.prints("1: wet ✅\n2: dry ❌")))
    assert text.count("✔") == 2
    assert text.count("✘") == 1
    assert "(✅, ❌)" in problem.message


def test_signs_in_a_drawing_become_boxes(set_, write):
    svg = write.SVG.replace("</svg>", '<text x="5" y="20">&#28450; x</text></svg>')
    text, problems = set_("# Words", write.figure(picture=write.shows("image/svg+xml", svg)))
    assert "\u25af" in text
    assert [problem.code for problem in problems] == ["letters-missing"]


def test_a_sign_for_private_use_is_named(set_):
    text, [problem] = set_("# Words\n\nA \ue0b0 sign.")
    assert "A [U+E0B0] sign." in text
    assert "(U+E0B0)" in problem.message


def test_typefaces_of_the_extra_are_found(monkeypatch):
    monkeypatch.setattr(letters, "PACKAGES", {"notebook_report": "any package with typefaces"})
    [folder] = letters.folders()
    assert (folder / "fonts").is_dir()


@pytest.mark.parametrize(("text", "first"), [("日本語です", "JP"), ("汉字", "SC")])
def test_kana_make_the_face_japanese(text, first):
    assert next(name for name in letters.families(text) if "CJK" in name).endswith(first)


@pytest.mark.parametrize(("missing", "named"), [(["θ⃗"], "θ⃗"), (["θ⃗", "θ"], "θ"), ([KEY], KEY), (["\ue0b0"], "U+E0B0")])
def test_a_message_names_the_simplest_sign_that_is_missing(missing, named):
    assert f"({named})" in letters.message(missing)
