"""Colours of formulas, which must be readable on paper and on pages of both kinds."""

import math

LIGHT, DARK = "#fdfcf9", "#191a1c"  # what pages are made of, as in style.css
CONTRAST = 4.5  # at least, as WCAG asks of words


def on_a_page(colour: str) -> str:
    """Return a colour, #rrggbb, for words on a page that may be light or dark, in CSS."""
    return f"light-dark({readable(colour, LIGHT)}, {readable(colour, DARK)})"


def readable(colour: str, ground: str) -> str:
    """Return a colour as it is if words in it can be read on the ground, else as much darker or lighter as it takes."""
    target = 0 if _luminance(_channels(ground)) > 0.18 else 255
    for step in range(11):
        mixed = [round(channel + (target - channel) * step / 10) for channel in _channels(colour)]
        lower, higher = sorted((_luminance(mixed), _luminance(_channels(ground))))
        if (higher + 0.05) / (lower + 0.05) >= CONTRAST:
            break
    return "#" + "".join(f"{channel:02x}" for channel in mixed)


def _channels(colour: str) -> list[int]:
    return [*bytes.fromhex(colour[1:])]


def _luminance(channels: list[int]) -> float:
    """Return the relative luminance of a colour, as WCAG defines it."""
    red, green, blue = (_linear(channel / 255) for channel in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else math.pow((part + 0.055) / 1.055, 2.4)
