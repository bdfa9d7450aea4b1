"""What the explorer shows, as HTML: arrays and numbers in, text out.

Lines are written as SVG here, not by matplotlib, which takes a tenth of a second for each picture and knows nothing of
the page's theme. Colours are those of the report; `STYLE` has lighter ones for dark pages.
"""

import base64
import io
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from typing import Any

import numpy as np
from PIL import Image

from twolayer.arrays import Floats, Integers, Pixels
from twolayer.experiments.figures import RATE, TRAIN, VALIDATION

SIDE = 32  # pixels of a picture's side
STYLE = f"""<style>
.explorer {{ --train: {TRAIN}; --validation: {VALIDATION}; --rate: {RATE};
  --ink: var(--jp-content-font-color1, #1f1e1b); --quiet: var(--jp-content-font-color2, #5e5b54); }}
[data-jp-theme-light="false"] .explorer {{ --train: #56b4e9; --validation: #f08a3c; --rate: #a0a0a0; }}
.explorer .widget-html-content, .explorer p {{ line-height: 1.4; margin: 0; color: var(--ink); }}
.explorer .widget-readout {{ min-width: 46px; margin: 0 0 0 6px; }}
.explorer svg text {{ fill: var(--ink); font: 12px var(--jp-ui-font-family, sans-serif); }}
.explorer svg .train {{ stroke: var(--train); }}
.explorer svg .validation {{ stroke: var(--validation); stroke-dasharray: 5 2; }}
.explorer svg text.train {{ fill: var(--train); stroke: none; }}
.explorer svg text.validation {{ fill: var(--validation); stroke: none; }}
.explorer svg .line {{ fill: none; stroke-width: 1.8; }}
.explorer svg .axis {{ stroke: var(--quiet); stroke-width: 0.8; fill: none; }}
.explorer svg .rate {{ fill: var(--rate); opacity: 0.45; }}
.explorer svg .here {{ fill: var(--validation); }}
.explorer img.pixels {{ image-rendering: pixelated; display: block; width: 100%; }}
.explorer table.grid {{ border-collapse: collapse; font-size: 11px; color: var(--ink); }}
.explorer table.grid caption {{ text-align: left; padding-bottom: 4px; color: var(--ink); }}
.explorer table.grid td {{ text-align: center; padding: 2px 1px; min-width: 19px; }}
.explorer table.grid th {{ font-weight: normal; text-align: right; padding: 1px 5px 1px 0; white-space: nowrap; }}
.explorer table.grid thead th {{ writing-mode: vertical-rl; transform: rotate(180deg); text-align: left;
  padding: 4px 2px; }}
.explorer table.bars caption {{ white-space: nowrap; }}
.explorer table.bars td {{ padding: 1px 6px 1px 0; white-space: nowrap; vertical-align: middle; text-align: left; }}
.explorer table.units td, .explorer table.units th {{ padding: 2px 10px 2px 0; text-align: left; font-weight: normal; }}
.explorer table.units td:first-child {{ width: 44px; }}
.explorer table.units {{ font-size: 12px; color: var(--ink); margin-top: 6px; }}
.explorer table caption {{ text-align: left; color: var(--ink); }}
.explorer .beside {{ display: flex; flex-wrap: wrap; gap: 4px 16px; }}
.explorer .beside svg {{ flex: 1 1 260px; min-width: 240px; }}
.explorer .canvas button {{ opacity: 1; }}
.explorer .canvas button:hover, .explorer .canvas button:focus {{ outline: 2px solid #fff; box-shadow: 0 0 0 3px #000;
  position: relative; z-index: 1; }}
.explorer .bar {{ display: inline-block; height: 11px; background: var(--train); vertical-align: middle; }}
.explorer .note {{ color: var(--quiet); }}
.explorer .marked {{ border-left: 4px solid var(--validation); padding-left: 8px; }}
.explorer code {{ background: none; }}
</style>"""
# Nats: more than log 10, the loss of a network that knows nothing. The axis is always the same, so that the curves of
# other settings do not jump; what is higher runs along its edge.
LOSS_TOP = 3
# quantity → title, top of the axis, its labels
AXES: dict[str, tuple[str, float, dict[float, str]]] = {
    "loss": ("loss L (nats)", LOSS_TOP, {y: f"{y}" for y in range(LOSS_TOP + 1)}),
    "accuracy": ("accuracy", 1, {0: "0", 0.5: "50 %", 1: "100 %"}),
}


def png(pixels: Pixels) -> str:
    """Return pixels (height, width, 3) as the address of a PNG."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=1)
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def picture(pixels: Pixels, alt: str, width: int) -> str:
    """Return pixels (height, width, 3) as an element of HTML, `width` points wide, its pixels to be seen."""
    # decoding="sync": otherwise a new picture is blank for a moment, and flickers when one drags.
    return f'<img class="pixels" decoding="sync" style="max-width:{width}px" alt="{escape(alt)}" src="{png(pixels)}">'


def weights(W: Floats) -> Pixels:
    """Return weights (3072, m) as pictures (m, 32, 32, 3): grey is 0, and each has the range of its largest weight."""
    largest = np.abs(W).max(axis=0)
    levels = np.rint(127.5 * (1 + W / np.where(largest > 0, largest, 1))).astype(np.uint8)
    return levels.T.reshape(-1, 3, SIDE, SIDE).transpose(0, 2, 3, 1)


def mosaic(pictures: Pixels, columns: int | None = None, gap: int = 2, paper: int = 128) -> Pixels:
    """Return pictures (m, side, side, 3) in rows of one picture (height, width, 3), with gaps of the colour `paper`."""
    m, side = pictures.shape[:2]
    columns = columns or max(5, math.ceil(math.sqrt(2 * m)))
    rows = -(-m // columns)
    cells = np.full((rows * columns, side + gap, side + gap, 3), paper, np.uint8)
    cells[:m, gap:, gap:] = pictures
    across = cells.reshape(rows, columns, side + gap, side + gap, 3).transpose(0, 2, 1, 3, 4)
    return across.reshape(rows * (side + gap), columns * (side + gap), 3)


def units(W: Floats, alt: str, width: int = 460) -> str:
    """Return weights (3072, m) as an element of HTML: the picture of each unit."""
    return picture(mosaic(weights(W)), alt, width)


class Panel:
    """The axes of a small drawing: x from 0 to `last`, y from 0 to `top`, at a place of an SVG."""

    def __init__(self, place: tuple[float, float, float, float], last: float, top: float) -> None:
        """Set the place (left, top, width, height) in points."""
        self.place, self.last, self.top = place, last or 1, top or 1

    def points(self, t: Iterable[float], values: Iterable[float]) -> str:
        """Return points as SVG writes them; what is too high is at the upper edge."""
        left, top, width, height = self.place
        pairs = zip(t, values, strict=True)
        return " ".join(
            f"{left + width * x / self.last:.1f},{top + height * (1 - min(y / self.top, 1)):.1f}" for x, y in pairs
        )

    def axes(self, title: str, labels: Mapping[float, str]) -> str:
        """Return the axes, with labels at the heights y, and the title above."""
        left, top, width, height = self.place
        parts = [f'<path class="axis" d="M{left},{top}v{height}h{width}"/>']
        parts += [f'<text x="{left}" y="{top - 8}">{escape(title)}</text>']
        for y, label in labels.items():
            at = top + height * (1 - y / self.top) + 4
            parts.append(f'<text x="{left - 5}" y="{at:.1f}" text-anchor="end">{escape(label)}</text>')
        return "".join(parts)


def of_split(rows: Sequence[Mapping[str, Any]], split: str, quantity: str) -> tuple[list[int], list[float]]:
    """Return the updates of a split's rows of a History, and a quantity after each."""
    chosen = [row for row in rows if row["split"] == split]
    return [row["update"] for row in chosen], [float(row[quantity]) for row in chosen]


def curves(rows: Sequence[Mapping[str, Any]], last: int) -> str:
    """Return loss and accuracy over the updates up to `last`, each with the learning rate below, as two SVGs.

    rows : those of a training.History
    """
    return f'<div class="beside">{"".join(_curve(rows, last, quantity) for quantity in AXES)}</div>'


def _curve(rows: Sequence[Mapping[str, Any]], last: int, quantity: str) -> str:
    """Return one quantity over the updates as SVG."""
    title, top, labels = AXES[quantity]
    panel = Panel((42, 24, 190, 110), last, top)
    parts, ends = [panel.axes(title, labels)], []
    for split in ("train", "validation"):
        t, values = of_split(rows, split, quantity)
        parts.append(f'<polyline class="line {split}" points="{panel.points(t, values)}"/>')
        ends += [f"{split} {values[-1]:.2f}"] if values else []
    parts += [_names(panel, rows, quantity), _rates(Panel((42, 144, 190, 22), last, 1), rows, last)]
    return drawing("".join(parts), (300, 184), f"{title} over {last:,} updates; at the end: {', '.join(ends)}.")


def drawing(parts: str, size: tuple[int, int], alt: str) -> str:
    """Return parts of an SVG as an element of HTML of this size, which becomes narrower where there is less room."""
    width, height = size
    return (
        f'<svg role="img" aria-label="{escape(alt)}" viewBox="0 0 {width} {height}" '
        f'style="width:100%;max-width:{width}px;height:auto;display:block">{parts}</svg>'
    )


def _names(panel: Panel, rows: Sequence[Mapping[str, Any]], quantity: str) -> str:
    """Return the names of both splits at the ends of their lines, apart from each other."""
    left, _, width, _ = panel.place
    known = [(split, values[-1]) for split in ("train", "validation") if (values := of_split(rows, split, quantity)[1])]
    parts, before = [], -math.inf
    for split, value in sorted(known, key=lambda pair: -pair[1]):
        y = max(float(panel.points([0], [value]).split(",")[1]) + 4, before + 14)
        parts.append(f'<text class="{split}" x="{left + width + 4}" y="{y:.1f}">{split}</text>')
        before = y
    return "".join(parts)


def _rates(panel: Panel, rows: Sequence[Mapping[str, Any]], last: int) -> str:
    """Return the learning rate over the updates as an area, its top normalised."""
    t, rates = of_split(rows, "validation", "eta")
    top = max(rates, default=0) or 1
    left, above, width, height = panel.place
    base = above + height
    area = panel.points([0, *t, max(t, default=0)], [0, *(rate / top for rate in rates), 0])
    return (
        f'<polygon class="rate" points="{area}"/><path class="axis" d="M{left},{base}h{width}"/>'
        f'<text x="{left - 5}" y="{base - 4}" text-anchor="end">η</text>'
        f'<text x="{left}" y="{base + 16}">0</text>'
        f'<text x="{left + width}" y="{base + 16}" text-anchor="end">update {last:,}</text>'
    )


def confusion(counts: Integers, class_names: Sequence[str]) -> str:
    """Return a confusion matrix (c, c), rows the true classes, as a table of percentages of each true class."""
    percent = 100 * counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in class_names)
    body = "".join(
        f'<tr><th scope="row">{escape(name)}</th>{"".join(map(_cell, row))}</tr>'
        for name, row in zip(class_names, percent, strict=True)
    )
    caption = "Of each true class (rows), the percentage that is taken for each class (columns)"
    return (
        f'<table class="grid"><caption>{caption}</caption>'
        f"<thead><tr><td></td>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def _cell(percent: float) -> str:
    """Return a cell, as blue as its percentage is large; never so blue that its text could not be read."""
    share = min(70, round(percent))
    return f'<td style="background:color-mix(in srgb, var(--train) {share}%, transparent)">{percent:.0f}</td>'


def bars(named: Mapping[str, float], top: float, caption: str) -> str:
    """Return numbers of at least 0 by name as a table of percentages with a bar for each, which is full at `top`."""
    lines = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td><span class="bar" style="width:{100 * value / (top or 1):.0f}px">'
        f"</span> {100 * value:.0f} %</td></tr>"
        for name, value in named.items()
    )
    return f'<table class="grid bars"><caption>{escape(caption)}</caption><tbody>{lines}</tbody></table>'


def triangle(eta: Callable[[int], Any], last: int, t: int | None, width: int = 290) -> str:
    """Return the learning rate eta(t) over a cycle of `last` updates as SVG, with a point at update t, if any."""
    height, left = 60, 30
    top = max(float(eta(i)) for i in range(last + 1))
    panel = Panel((left, 10, width - left - 10, height), last, 1.1 * top)
    updates = range(0, last + 1, max(1, last // 50))
    parts = [panel.axes("", {top: f"{top:.2g}"})]
    parts.append(f'<polyline class="line axis" points="{panel.points(updates, (float(eta(i)) for i in updates))}"/>')
    spoken = "The learning rate climbs and falls along a triangle"
    if t is not None:
        x, y = panel.points([t % last], [float(eta(t))]).split(",")
        parts.append(f'<circle class="here" cx="{x}" cy="{y}" r="5"/>')
        spoken += f"; update {t + 1} is at η = {float(eta(t)):.2g}"
    parts.append(f'<text x="4" y="{height + 6}">η</text><text x="{left}" y="{height + 26}">0</text>')
    parts.append(f'<text x="{width - 10}" y="{height + 26}" text-anchor="end">update {last:,}</text>')
    return drawing("".join(parts), (width, height + 32), f"{spoken}.")


def lit(pictures: Pixels, brightness: Floats) -> Pixels:
    """Return pictures (m, side, side, 3), each as far from grey as its brightness (m,), from 0 to 1, says."""
    return np.rint(128 + (pictures - 128.0) * brightness[:, None, None, None]).astype(np.uint8)
