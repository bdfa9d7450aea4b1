"""Typst source to PDF: again and again, until each figure has its place and what cannot be set is left out."""

import json
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from notebook_report.errors import ReportError
from notebook_report.fonts import FOLDER
from notebook_report.mathematics.paper import BYTE_ORDER, string
from notebook_report.problems import Outcome, Problem, excerpt
from notebook_report.writing import templates
from notebook_report.writing.typst import letters
from notebook_report.writing.typst.compiling import Compiler, Faces
from notebook_report.writing.typst.units import Units, position

STYLE = templates.FOLDER / "style.typ"
ROUNDS = 10  # at most, to settle where figures stand
REPAIRS = 12  # at most, to leave out what cannot be set
# What Typst says of signs that no face has, or that no PDF to keep may have: those for private use.
LETTERS = re.compile("could not be displayed with|contains the codepoint")
UNSETTABLE = "the PDF cannot be set, and nothing shows why: write the HTML page, and report this."
OWN = Faces([FOLDER])


def typeset(
    source: str, images: Mapping[str, bytes], units: Units, timestamp: int, compiler: Compiler, of_system: bool
) -> bytes:
    """Compile Typst source, with its images at hand, to the bytes of a PDF; what to warn of is added to the units.

    of_system: whether signs that our own typefaces do not have are looked for in those of this computer

    Raises ReportError if no unit is to blame for what cannot be set, or there is no end to it.
    """
    source = source.replace(BYTE_ORDER, "")
    with tempfile.TemporaryDirectory(prefix="notebook-report-") as name:
        folder = Path(name)
        for file, content in {STYLE.name: STYLE.read_bytes(), **images}.items():
            (folder / file).write_bytes(content)
        faces = OWN
        _save(folder / "letters.json", {"pattern": "", "substitutes": {}, "families": []})

        def compiled(source: str) -> dict[str, Any]:
            (folder / "main.typ").write_text(source, encoding="utf-8")
            return _settled(folder, timestamp, compiler, faces)

        for _ in range(REPAIRS):
            answer = compiled(source)
            if "marks" in answer:
                units.problems += [_too_wide(tex, units) for tex in answer["marks"][0][1]]
                return (folder / "main.pdf").read_bytes()
            if faces is OWN and LETTERS.search(answer["diagnostic"]):
                faces = Faces([FOLDER, *letters.folders()], of_system)
                units.problems += _find_letters(source, folder, compiler, faces, units)
                continue
            at = _positions(answer["diagnostic"], source, folder)
            at = at or units.blame(source, lambda rest: "marks" in compiled(rest))
            before, source = source, units.without(source, at)
            if source == before:
                break
    raise ReportError(UNSETTABLE)


def _save(path: Path, content: object) -> None:
    path.write_text(json.dumps(content), encoding="utf-8")


def _settled(folder: Path, timestamp: int, compiler: Compiler, faces: Faces) -> dict[str, Any]:
    """Compile main.typ in `folder` again and again, until each figure that floats has no room where it would stand.

    A figure that changes its place may move the ones after it, so that settling takes a few rounds. If it takes too
    many, the last one stands: a page then has more room left than it needed. Return the compiler's last answer.
    """
    floating: list[str] = []
    for _ in range(ROUNDS):
        _save(folder / "floating.json", floating)
        answer = compiler.compile(folder / "main.typ", folder / "main.pdf", faces, timestamp)
        if "diagnostic" in answer:
            break
        before, floating = floating, _without_room(answer["marks"][0][0])
        if floating == before:
            break
    return answer


def _find_letters(source: str, folder: Path, compiler: Compiler, faces: Faces, units: Units) -> list[Problem]:
    """Tell the style sheet in `folder` which signs no face has, put boxes into drawings, and return the problem.

    The compiler tells of each sign that stands alone on a line whether it can be set.
    """
    drawings = {path: path.read_text(encoding="utf-8") for path in folder.glob("*.svg")}
    signs = letters.signs([source, *drawings.values()])
    told = {"pattern": "", "substitutes": {}, "families": letters.families(source)}
    _save(folder / "letters.json", told)
    lines = ['#import "style.typ": lettered', "#set document(title: [-])", "#show: lettered"]
    lines += [f"#{string(sign)} #raw({string(sign)})" for sign in signs]
    (folder / "letters.typ").write_text("\n\n".join(lines), encoding="utf-8")
    answer = compiler.compile(folder / "letters.typ", folder / "letters.pdf", faces, 0)
    lacking = {int(line) // 2 for line in re.findall(r"letters\.typ:(\d+)", answer.get("diagnostic", ""))}
    missing = [sign for i, sign in enumerate(signs, len(lines) - len(signs)) if i in lacking]
    if not missing:
        return []
    told |= {"pattern": letters.pattern(missing), "substitutes": letters.substitutes(missing)}
    _save(folder / "letters.json", told)
    for path, drawing in drawings.items():
        path.write_text(letters.in_drawing(drawing, missing), encoding="utf-8")
    at = [source.find(form) for sign in missing for form in (sign, string(sign)[1:-1])]
    place, said = units.place_at(source, at), letters.message(missing)
    return [Problem(place, "letters-missing", said, missing[0], Outcome.REPAIRED)]


def _without_room(found: list[Any]) -> list[str]:
    """Return the labels of the figures that do not fit on the page on which the text before them ends.

    `found` holds for each figure label and page of the text's end, then label and page of the figure.
    No figure overtakes another: what follows one that floats on the same page floats, too.
    """
    floating: list[str] = []
    full = None
    for (label, page), (_, own) in zip(found[::2], found[1::2], strict=True):
        if own != page or page == full:
            floating.append(label)
            full = page
    return floating


def _too_wide(tex: str, units: Units) -> Problem:
    """Return the problem of a formula whose letters are tiny."""
    sentence = f"the formula `{excerpt(tex)}` is too wide for the page: break it into lines."
    return Problem(units.place_of(tex), "small-formula", sentence, tex, Outcome.REPAIRED)


def _positions(diagnostic: str, source: str, folder: Path) -> list[int]:
    """Return where in the source errors are, as far as their description says."""
    found = []
    for error in re.split("^error:", diagnostic, flags=re.MULTILINE)[1:]:
        if told := re.search(r"main\.typ:(\d+):(\d+)", error):
            found.append(position(source, int(told[1]), int(told[2])))
        elif told := re.search(r"/([\w-]+\.svg):\d", error):
            found.append(source.find(f'"{told[1]}"'))
        elif told := re.search(r'the text `"(.*?)"`', error):  # in a drawing
            drawings = [path.name for path in folder.glob("*.svg") if told[1] in path.read_text(encoding="utf-8")]
            found += [source.find(f'"{name}"') for name in drawings]
    return found
