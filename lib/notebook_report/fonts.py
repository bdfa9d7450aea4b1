"""The report's typefaces, one for words and one for formulas: in the PDF, in the HTML and, for who asks, in figures.

Libertinus Serif and STIX Two Math lie in the folder `fonts`, under the SIL Open Font License.
"""

from functools import lru_cache
from pathlib import Path

from fontTools.ttLib import TTFont

FOLDER = Path(__file__).with_name("fonts")
WORDS, FORMULAS = "Libertinus Serif", "STIX Two Math"
FACES = {
    "LibertinusSerif-Regular.otf": {"font-family": WORDS, "font-weight": "400", "font-style": "normal"},
    "LibertinusSerif-Italic.otf": {"font-family": WORDS, "font-weight": "400", "font-style": "italic"},
    "LibertinusSerif-Bold.otf": {"font-family": WORDS, "font-weight": "700", "font-style": "normal"},
    "LibertinusSerif-BoldItalic.otf": {"font-family": WORDS, "font-weight": "700", "font-style": "italic"},
    "STIXTwoMath-Regular.ttf": {"font-family": FORMULAS, "font-weight": "400", "font-style": "normal"},
}


def width(text: str) -> float:
    """Return how wide a word is in bold type, as a part of the type's size."""
    advances, usual = _advances()
    return sum(advances.get(ord(sign), usual) for sign in text)


@lru_cache
def _advances() -> tuple[dict[int, float], float]:
    """Return how wide each character of the bold face is, and what else may be."""
    with TTFont(FOLDER / "LibertinusSerif-Bold.otf", lazy=True) as font:
        metrics, size = font["hmtx"], font["head"].unitsPerEm
        return {code: metrics[name][0] / size for code, name in font.getBestCmap().items()}, 1.0


def for_figures() -> dict[str, str]:
    """Let matplotlib draw with the typeface of the words, and return matplotlib's settings that choose it."""
    from matplotlib import font_manager  # only who draws figures needs it

    for name, face in FACES.items():
        if face["font-family"] == WORDS:
            font_manager.fontManager.addfont(FOLDER / name)
    math = {f"mathtext.{style}": WORDS for style in ("rm", "cal", "sf", "tt")}
    # Letters of formulas come from STIX, which matplotlib brings, as in the formulas of the text.
    math |= {"mathtext.it": "STIXGeneral:italic", "mathtext.bf": f"{WORDS}:bold"}
    return {"font.family": WORDS, "mathtext.fontset": "custom", "mathtext.fallback": "stix", **math}
