"""What all views are made of: sentences, sliders with names, panels beside each other, and one style."""

from collections.abc import Callable, Iterable
from html import escape
from typing import Any

import ipywidgets
import numpy as np
from IPython.display import display

from explorer import pictures

WIDE = {"width": "99%"}
NAMED = {"description_width": "100px"}
# What a screen reader says: ipywidgets' sliders have no names, nor have buttons without a text. They get those that one
# sees, and texts that change are said anew.
NAME_CONTROLS = """
const area = (element[0] || element).closest('.jp-OutputArea') || document.body;
const all = (what, change) => area.querySelectorAll('.explorer ' + what).forEach(change);
const name = () => {
  all('.widget-slider', slider => {
    const handle = slider.querySelector('.noUi-handle'), said = slider.querySelector('.widget-readout');
    if (!handle) return;
    handle.setAttribute('aria-label', slider.querySelector('.widget-label').textContent);
    if (said) handle.setAttribute('aria-valuetext', said.textContent);
  });
  // Otherwise Notebook 7 takes their keys, to go from cell to cell.
  all(':is(.noUi-handle, button, input, select)', control => control.setAttribute('data-lm-suppress-shortcuts', ''));
  all('button[title]:empty', button => button.setAttribute('aria-label', button.title));
  all('.explorer-live', text => text.setAttribute('aria-live', 'polite'));
};
new MutationObserver(name).observe(area, {subtree: true, childList: true, characterData: true});
name();
"""


def text(html: str = "", live: bool = False) -> Any:
    """Return a widget of a text; a screen reader says at once what a `live` one says anew."""
    shown = ipywidgets.HTML(html, layout=WIDE)
    if live:
        shown.add_class("explorer-live")
    return shown


def sentence(html: str) -> Any:
    """Return the sentence that stands above a group of controls."""
    return text(f"<p>{html}</p>")


def slider(description: str, value: int, low: int, high: int, step: int, tooltip: str) -> Any:
    """Return a slider of whole numbers."""
    given = {"min": low, "max": high, "step": step, "description": description, "tooltip": tooltip}
    return ipywidgets.IntSlider(value, **given, style=NAMED, layout=WIDE)


def choice(description: str, value: float, options: Iterable[float], tooltip: str) -> Any:
    """Return a slider that has only some numbers."""
    named = [(number(option), option) for option in options]
    given = {"value": value, "description": description, "tooltip": tooltip}
    return ipywidgets.SelectionSlider(options=named, **given, style=NAMED, layout=WIDE)


def number(value: float) -> str:
    """Return a number as people write it: 1,000 and 0.00001."""
    return f"{value:,g}" if value >= 1 else np.format_float_positional(value, trim="-")


def button(description: str, tooltip: str, clicked: Callable[[], object], disabled: bool = False) -> Any:
    """Return a button that calls clicked()."""
    made = ipywidgets.Button(description=description, tooltip=tooltip, disabled=disabled, layout={"width": "auto"})
    made.on_click(lambda _: clicked())
    return made


def column(*children: Any) -> Any:
    """Return widgets one below the other, as wide as half of the place or more."""
    return ipywidgets.VBox(children, layout={"flex": "1 1 260px", "min_width": "240px", "overflow": "visible"})


def beside(controls: Iterable[Any], seen: Iterable[Any]) -> Any:
    """Return controls, and at their right, even on a narrow screen, what they change."""
    left = {"flex": "1 1 270px", "min_width": "240px", "max_width": "330px", "padding": "0 14px 0 0"}
    right = {"flex": "3 1 250px", "min_width": "250px"}
    sides = ((controls, left), (seen, right))
    return row(*(ipywidgets.VBox([*widgets], layout=side | {"overflow": "visible"}) for widgets, side in sides))


def row(*children: Any) -> Any:
    """Return widgets beside each other, or one below the other where there is no room."""
    return ipywidgets.Box(children, layout={"flex_flow": "row wrap", "overflow": "visible"})


def show(*children: Any) -> None:
    """Show widgets below each other, as the output of a cell."""
    root = ipywidgets.VBox([ipywidgets.HTML(pictures.STYLE, layout={"display": "none"}), *children])
    root.add_class("explorer")
    # A notebook that is opened again shows the text, until its cells have run.
    display(root._repr_mimebundle_() | {"text/plain": "Run this cell to see its controls."}, raw=True)
    display({"application/javascript": NAME_CONTROLS, "text/plain": ""}, raw=True)


def mark(note: str) -> str:
    """Return what stands at results that are not from CIFAR-10: nothing if they are."""
    return f'<p class="marked">{escape(note)}</p>' if note else ""
