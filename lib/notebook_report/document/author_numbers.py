"""Numbers that an author has written into the headings of a notebook: ours would only stand before them."""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

CHINESE = "一二三四五六七八九十"
ROMAN = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII", "XIII", "XIV", "XV"]
# With which headings begin, as "Chapter 4", "2.3 Results", "1) …" do, or "Part II. …", "a) …".
NUMBER = re.compile(
    r"(?:[\W_]*|第)(?:(?P<word>[^\W\d_]{2,20})\.?\s+)?"
    r"(?:(?P<digits>\d{1,2}(?:\.\d{1,2})*)(?=$|[.:)|、．章节讲课\]\ufe0f\s]|[–-]\s)"
    r"|(?P<letters>[IVX]{1,5}|[A-Za-z])(?:[.:)](?:\s|$)|\s+[|–-]\s))"
    rf"|第?(?P<chinese>[{CHINESE}]{{1,3}})[、．.章节讲课]"
)


class _Number(NamedTuple):
    """A number: its kind, such as "chapter" or Roman, and how it counts."""

    kind: str
    counted: tuple[int, ...]
    after_word: bool = False


def are_given(title: str, headings: Sequence[tuple[int, str]]) -> bool:
    """Tell whether an author numbers headings, given as level and words in reading order.

    Of two with numbers of one kind the later one must have the greater number: a number alone may be none ("3 ways to
    …"). The title's counts as well. "Example 2" and the like count on the highest level only.
    """
    highest = min((level for level, _ in headings), default=0)
    found = [(0, _number(title)), *((level, _number(words)) for level, words in headings)]
    return _grow(number for level, number in found if number and (level <= highest or not number.after_word))


def go_on(heading: str, others: Iterable[str]) -> bool:
    """Tell whether the number with which a heading begins goes on in one of the others."""
    first = _number(heading)
    return first is not None and any(_grow([first, other]) for other in map(_number, others) if other)


def _grow(numbers: Iterable[_Number]) -> bool:
    """Tell whether one of some numbers is greater than one of its kind before it."""
    least: dict[str, tuple[int, ...]] = {}
    for kind, counted, _ in numbers:
        if counted > least.setdefault(kind, counted):
            return True
        least[kind] = counted
    return False


def _number(heading: str) -> _Number | None:
    """Return the number with which a heading begins."""
    found = NUMBER.match(heading)
    if not found:
        return None
    word = (found["word"] or "").casefold()
    if digits := found["digits"]:
        return _Number(word, tuple(map(int, digits.split("."))), bool(word))
    if numeral := found["chinese"]:
        return _Number(CHINESE, (sum(1 + CHINESE.index(sign) for sign in numeral),))
    letters = found["letters"]
    if letters in ROMAN:
        return _Number(f"{word} I", (ROMAN.index(letters),), bool(word))
    return _Number(f"{word} A", (ord(letters[0].upper()),), bool(word))
