"""The colours of a table's cell, as its style gives them: a ground or bars, and words that can be read on it."""

import re

import tinycss2.color3

COLOUR = r"(?:rgba?|hsla?)\([^()]{1,60}\)|#[0-9a-fA-F]{3,8}|[a-zA-Z]{3,25}"
PROPERTY = re.compile(r"(?:^|;)\s*(background(?:-color)?|color|font-weight)\s*:\s*([^;]*)")
STOP = re.compile(rf"({COLOUR})\s*(\d{{1,3}}(?:\.\d{{1,6}})?)%")
PALE = 0.4  # how much of a bar's colour is seen, so that words on it can be read


def read(style: str) -> dict[str, str]:
    """Return what a style says of the colours of a cell, as attributes.

    `data-background` is #rrggbb, or the stops of bars from left to right, each #rrggbbaa and a percentage;
    `data-color` is #rrggbb; `data-weight` is "bold".
    """
    found = {name.removesuffix("-color"): value.strip() for name, value in PROPERTY.findall(style)}
    ground = found.get("background", "")
    stops = STOP.findall(ground) if "linear-gradient" in ground else []
    found_bars = [(_hex(colour, PALE), min(float(part), 100)) for colour, part in stops[:20] if _hex(colour, PALE)]
    whole = [(found_bars[0][0], 0), *found_bars, (found_bars[-1][0], 100)] if found_bars else []
    bars = [f"{colour} {part:g}%" for colour, part in sorted(whole, key=lambda stop: stop[1])]
    attributes = {
        "data-background": ", ".join(bars) or _hex(ground),
        "data-color": _hex(found.get("color", "")),
        "data-weight": "bold" if re.match("bold|[6-9]00", found.get("font-weight", "")) else "",
    }
    return {name: value for name, value in attributes.items() if value}


def _hex(text: str, pale: float | None = None) -> str:
    """Return a colour of CSS as #rrggbb on white, or so pale as #rrggbbaa; nothing for none."""
    colour = tinycss2.color3.parse_color(text)
    if not isinstance(colour, tinycss2.color3.RGBA):
        return ""
    if pale is None and colour.alpha == 0:
        return ""
    channels = [min(max(part, 0), 1) for part in colour[:3]]
    if pale is None:
        channels = [colour.alpha * part + 1 - colour.alpha for part in channels]
    parts = channels if pale is None else [*channels, pale * colour.alpha]
    return "#" + "".join(f"{round(255 * part):02x}" for part in parts)
