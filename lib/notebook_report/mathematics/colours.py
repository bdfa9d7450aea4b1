"""Colours of formulas, which must be readable on paper and on pages of both kinds."""

LIGHT, DARK = "#fdfcf9", "#191a1c"  # what pages are made of, as in style.css
CONTRAST = 4.5  # at least, as WCAG asks of words


def on_a_page(colour: str) -> str:
    """Return a colour, #rrggbb, for words on a page that may be light or dark, in CSS."""
    return f"light-dark({readable(colour, LIGHT)}, {readable(colour, DARK)})"


def readable(colour: str, ground: str) -> str:
    """Return a colour as it is if words in it can be read on the ground, else as much darker or lighter as it takes."""
    target = 0 if _luminance(ground) > 0.18 else 255
    channels = _channels(colour)
    for step in range(11):
        mixed = [round(channel + (target - channel) * step / 10) for channel in channels]
        shade = "#" + "".join(f"{channel:02x}" for channel in mixed)
        if _contrast(shade, ground) >= CONTRAST:
            return shade
    return shade


def _channels(colour: str) -> list[int]:
    return [int(colour[i : i + 2], 16) for i in (1, 3, 5)]


def _luminance(colour: str) -> float:
    """Return the relative luminance of a colour, as WCAG defines it."""
    linear = [
        (value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4)
        for value in (c / 255 for c in _channels(colour))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(first: str, second: str) -> float:
    lower, higher = sorted((_luminance(first), _luminance(second)))
    return (higher + 0.05) / (lower + 0.05)
