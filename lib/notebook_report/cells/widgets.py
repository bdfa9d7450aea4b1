"""Widgets: what their saved state shows, as outputs of text and of whatever they hold."""

import html
import re
from collections.abc import Iterator, Mapping
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_output

VIEW = "application/vnd.jupyter.widget-view+json"
STATES = "application/vnd.jupyter.widget-state+json"
REFERENCE = "IPY_MODEL_"
TAG = re.compile(r"<[^<>]*>")
DEEPEST = 20  # widgets within one another
PROGRESS = ("FloatProgressModel", "IntProgressModel")
# Words of a progress bar as it began, which are all that there is of it if its state was not saved.
BAR = re.compile(r".*\d%\||.*\b(?:Float|Int)Progress\(|[^\[]*\[00:00, \?", re.DOTALL)
# Its name: tqdm's words before the colon, or what the repr of the widget says.
NAME = re.compile(
    r"(?P<before>[^\W\d][^:%|\[(='\n]{0,60}?)\.*: |.*?\b(?:description=|HTML\(value=)'(?P<inside>[^'\\<]{1,60})'"
)


def states(nb: NotebookNode) -> Mapping[str, Any]:
    """Return the saved states of a notebook's widgets by the ids of their models; what is broken is none.

    Jupyter saves them at `state`, Colab a level above.
    """
    saved = nb.metadata.get("widgets")
    found = saved.get(STATES) if isinstance(saved, Mapping) else None
    found = found.get("state", found) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _model(output: NotebookNode) -> str | None:
    """Return the id of the model that an output shows, empty if it does not say; None if it shows no widget."""
    view = output.data.get(VIEW) if "data" in output else None
    if view is None or any(form.startswith("image/") for form in output.data):
        return None
    name = view.get("model_id") if isinstance(view, Mapping) else None
    return name if isinstance(name, str) else ""


def bar_name(words: str) -> str | None:
    """Return the name of the progress bar beside which these words stand, "" if it has none; None if it is none."""
    if not BAR.match(words):
        return None
    found = NAME.match(words)
    return (found["before"] or found["inside"]).strip(" :") if found else ""


def held(output: NotebookNode, states: Mapping[str, Any], log: bool) -> list[NotebookNode]:
    """Return what a widget shows as outputs of a cell; an output that shows no widget, or an unknown one, is itself.

    log : show progress bars, and what is not known
    """
    name = _model(output)
    seen = [] if name is None else list(_models(name, states, DEEPEST))
    if name is not None and not log and (not seen or any(model in PROGRESS for model, _ in seen)):
        return []
    if not seen:
        return [output]
    words = " ".join(word for model, state in seen if (word := _words(model, state)))
    outputs = [output for _, state in seen for output in _outputs(state)]
    return [new_output("stream", name="stdout", text=f"{words}\n"), *outputs] if words else outputs


def _models(model: str, states: Mapping[str, Any], depth: int) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield name and state of a model and of those within it."""
    found = states.get(model.removeprefix(REFERENCE))
    found = found if isinstance(found, Mapping) else {}
    state = found.get("state")
    if not isinstance(state, Mapping) or not depth:
        return
    yield str(found.get("model_name")), state
    children = state.get("children")
    for child in children if isinstance(children, list) else []:
        yield from _models(str(child), states, depth - 1)


def _words(name: str, state: Mapping[str, Any]) -> str:
    """Return the words of one widget."""
    if name in PROGRESS:
        return "▬"
    parts = [part for part in (state.get("description"), state.get("value")) if type(part) in (str, int, float, bool)]
    return " ".join(html.unescape(TAG.sub("", " ".join(map(str, parts)))).split())


def _outputs(state: Mapping[str, Any]) -> list[NotebookNode]:
    """Return the outputs that a widget has caught."""
    caught = state.get("outputs")
    listed = caught if isinstance(caught, list) else []
    return [one for one in map(_whole, listed) if _is_sound(one)]


def _is_sound(output: NotebookNode) -> bool:
    """Tell whether an output has what its type asks for."""
    if output.get("output_type") == "stream":
        return isinstance(output.get("text"), str)
    if output.get("output_type") == "error":
        return {"ename", "evalue"} <= output.keys() and isinstance(output.get("traceback"), list)
    return "output_type" in output and isinstance(output.get("data"), Mapping)


def _whole(output: object) -> NotebookNode:
    """Return an output whose texts are in one piece each, under `data`; what is none is empty.

    Colab saves their lines, and once saved the forms of an output beside its type.
    """
    whole = NotebookNode(output if isinstance(output, Mapping) else {})
    if forms := {form: content for form, content in whole.items() if "/" in form and "data" not in whole}:
        whole.data = forms
    if "text" in whole:
        whole.text = _text(whole.text)
    if isinstance(data := whole.get("data"), Mapping):
        whole.data = NotebookNode({form: _text(content) for form, content in data.items()})
    return whole


def _text(saved: object) -> object:
    """Return what is saved, lines as one text."""
    return "".join(map(str, saved)) if isinstance(saved, list) else saved
