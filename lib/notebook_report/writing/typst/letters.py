"""Letters and signs beyond the report's own typefaces: where faces for them may be, and what stands for the others."""

import html
import importlib.util
import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from notebook_report.writing.typst.units import unescaped

PACKAGES = {"manimgx_fonts": "manimgx-fonts", "manimgx_fonts_cjk": "manimgx-fonts-cjk"}  # of the extra `letters`
# The same characters look different in Chinese, Korean and Japanese. What is not at hand is passed over.
CHINESE = ("Noto Serif CJK SC", "Noto Sans CJK SC", "Songti SC", "SimSun")
KOREAN = ("Noto Serif CJK KR", "Noto Sans CJK KR", "AppleMyungjo", "Batang")
JAPANESE = ("Noto Serif CJK JP", "Noto Sans CJK JP", "Hiragino Mincho ProN", "Yu Mincho")
EMOJI = ("Noto Emoji", "Noto Color Emoji", "Apple Color Emoji", "Segoe UI Emoji")
KANA = re.compile("[\u3040-\u30ff]")
ENTITY = re.compile("&#(?:x[0-9a-f]+|[0-9]+);", re.IGNORECASE)
JOINER, BOX = "\u200d", "\u25af"
BREAK = "\u200b"  # where a line may end, as between the letters of Chinese and Thai
# What changes the sign before it: joiners, selectors, marks of kana, tones of skin, the letters of a region's flag.
CHANGING = re.compile("[\u200c\u200d\ufe00-\ufe0f\uff9e\uff9f\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]")
FLAG = re.compile("[\U0001f1e6-\U0001f1ff]")
# What is nearly the same, in a typeface that Typst brings: as wide, so that printed lines stay lines.
ALIKE = {"✅": "✔", "❌": "✘", "❎": "✘", "⭐": "★", "❗": "!", "❓": "?"}
# Signs of Chinese, for which the typefaces of letters do; not the comma of lists, which may stand between two digits.
ALIKE |= {"。": ".", "《": "«", "》": "»", "「": "“", "」": "”", "【": "[", "】": "]"}
MOST_NAMED = 8  # signs in a message


def folders() -> list[Path]:
    """Return where the typefaces of the extra `letters` are, as far as they are installed."""
    found = map(importlib.util.find_spec, PACKAGES)
    return [Path(spec.origin).parent for spec in found if spec and spec.origin]


def families(text: str) -> Sequence[str]:
    """Return the faces that a text prefers after its own."""
    return (*EMOJI, *(JAPANESE + CHINESE if KANA.search(text) else CHINESE + JAPANESE), *KOREAN)


def signs(texts: Iterable[str]) -> list[str]:
    """Return each sign of texts that is more than a character of ASCII, with what changes it and without, once.

    Marks are signs, too: in formulas they stand alone.
    """
    found: dict[str, None] = {}
    for word in dict.fromkeys(word for text in texts for word in unescaped(_decoded(text)).split()):
        if not word.isascii() or not word.isprintable():
            found |= dict.fromkeys(part for whole in _split(word) for part in (whole, _alone(whole), *_marks(whole)))
    return [sign for sign in found if not sign.isascii() or not sign.isprintable()]


def _decoded(text: str) -> str:
    """Return the text of a drawing without its codes of characters, but for those of ASCII, which may be markup."""
    return ENTITY.sub(lambda code: html.unescape(code[0]) if len(code[0]) > len("&#xff;") else code[0], text)


def _split(word: str) -> list[str]:
    parts: list[str] = []
    for sign in word:
        last = parts[-1] if parts else ""
        pair = len(last) == 1 and FLAG.match(last) and FLAG.match(sign)
        changes = CHANGING.match(sign) or unicodedata.category(sign)[0] == "M"
        if last and (changes or pair or last[-1] == JOINER):
            parts[-1] += sign
        else:
            parts.append(sign)
    return parts


def _alone(sign: str) -> str:
    """Return a sign without what changes it; a flag stays a flag."""
    return sign if FLAG.match(sign) else sign[0]


def _marks(sign: str) -> list[str]:
    """Return the marks of a sign that stand above, below or beside a letter."""
    return [part for part in sign if unicodedata.category(part) in ("Mn", "Mc") and not CHANGING.match(part)]


def substitutes(missing: Collection[str]) -> dict[str, str]:
    """Return what stands for each of the signs that no face has."""
    return {sign: _substitute(sign) if _alone(sign) in missing else sign[0] for sign in missing}


def _substitute(sign: str) -> str:
    """Return a sign nearly the same, a box for a letter, the letters of a flag's region, or else the sign's name."""
    first = sign[0]
    if first in ALIKE:
        return ALIKE[first]
    kind, plain = unicodedata.decomposition(first).partition(" ")[0], unicodedata.normalize("NFKC", first)
    # As of "：" and "𝐱", and of "㎏"; "㎡" has a digit that would be none of an exponent.
    if kind in ("<wide>", "<font>") or (kind in ("<square>", "<small>") and re.fullmatch("[!-/:-~]+", plain)):
        return plain
    if unicodedata.category(first)[0] == "M":
        return ""
    if unicodedata.category(first)[0] == "L":
        return BREAK + BOX
    if len(sign) > 1 and FLAG.match(sign):
        return f"[{''.join(chr(ord(letter) - 0x1F1E6 + ord('A')) for letter in sign)}]"
    return f"[{unicodedata.name(first, '').lower() or f'U+{ord(first):04X}'}]"


def in_drawing(svg: str, missing: Iterable[str]) -> str:
    """Return a drawing with a box for each sign that is missing."""
    text = _decoded(svg) if ENTITY.search(svg) else svg
    for sign in missing:
        text = text.replace(sign, BOX)
    return text


def pattern(missing: Iterable[str]) -> str:
    """Return a regular expression of Typst's for any of these signs."""
    longest_first = sorted(missing, key=lambda sign: (-len(sign), sign))
    return "|".join("".join(f"\\x{{{ord(part):x}}}" for part in sign) for sign in longest_first)


def message(missing: Sequence[str]) -> str:
    """Return what to say of signs that no face has."""
    whole = [sign for sign in missing if unicodedata.category(sign[0])[0] != "M"] or missing
    names = list(dict.fromkeys(_named(sign, missing) for sign in whole))
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    lacking = [package for module, package in PACKAGES.items() if not importlib.util.find_spec(module)]
    advice = f"pip install {' '.join(lacking)}" if lacking else "install a typeface that has them"
    signs = f"{', '.join(names[:MOST_NAMED])}{more}"
    return f"the PDF shows substitutes for signs that no typeface at hand has ({signs}): {advice}."


def _named(sign: str, missing: Collection[str]) -> str:
    """Return what messages call a sign: itself, in the simplest form that is missing; a number if it has no look."""
    simple = _alone(sign) if _alone(sign) in missing or not sign.isprintable() else sign
    return simple if simple.isprintable() else f"U+{ord(sign[0]):04X}"
