"""The `#|` lines at the top of a code cell: YAML that says how the report shows the cell."""

import re
from collections.abc import Mapping
from typing import Any

import yaml

from notebook_report.errors import NotebookError, Place
from notebook_report.reading import limits

TEXTS = ("label", "caption", "alt")
SWITCHES = ("show-code", "title-page", "hide", "parameters")
LABEL = re.compile(r"(fig|tab)-[a-z0-9]+(-[a-z0-9]+)*")


def read(source: str, place: Place) -> tuple[dict[str, Any], str]:
    """Split the source of a code cell into its options, a dict, and the code without them.

    Raises NotebookError, naming `place`, for what is no YAML, an unknown key, a value of the wrong type, a label
    without caption, or a figure without alternative text.
    """
    lines = source.split("\n")
    n = next((i for i, line in enumerate(lines) if not line.startswith("#|")), len(lines))
    options = _parse([line[2:].removeprefix(" ") for line in lines[:n]], place)
    for key, value in options.items():
        _check_value(key, value, place)
    _check_company(options, place)
    return options, "\n".join(lines[n:]).strip("\n")


def _parse(lines: list[str], place: Place) -> dict[str, Any]:
    """Return the mapping that `lines` of YAML hold."""
    text = "\n".join(lines)
    limits.require_short(text, "what stands in the `#|` lines", place)
    try:
        options = yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        mark = error.problem_mark if isinstance(error, yaml.MarkedYAMLError) else None
        line = lines[text.count("\n", 0, mark.index) if mark else 0]  # YAML ends lines at other signs, too
        hint = "write it in quotes, or after `>` on lines of its own"
        raise NotebookError(place, f"`#| {line}` is not valid YAML: {hint}.") from error
    except (RecursionError, ValueError) as error:
        # Brackets in brackets; numbers that Python does not read, and days that no calendar has.
        advice = "write text in quotes, or after `>` on lines of its own"
        raise NotebookError(place, f"the `#|` lines hold what no option can be: {advice}.") from error
    if not isinstance(options, dict):
        raise NotebookError(place, f"`#| {lines[0]}` is not of the form `#| key: value`.")
    return options


def _check_value(key: str, value: Any, place: Place) -> None:
    """Refuse an unknown key and a value that is not of the key's type."""
    if key not in TEXTS + SWITCHES:
        known = ", ".join(TEXTS + SWITCHES)
        raise NotebookError(place, f"the option `{key}` is unknown; the options are {known}.")
    if key in SWITCHES and not isinstance(value, bool):
        raise NotebookError(place, f"the option `{key}` is {value!r}; it must be true or false.")
    if key in TEXTS and not (isinstance(value, str) and value.strip()):
        raise NotebookError(place, f"the option `{key}` is {value!r}; it must be text.")
    if key == "label" and not LABEL.fullmatch(value):
        form = "`fig-` or `tab-` and then small letters, digits and hyphens"
        raise NotebookError(place, f"the label `{value}` is not of the form {form}.")


def _check_company(options: Mapping[str, Any], place: Place) -> None:
    """Refuse a label without what must go with it, and the reverse."""
    label = options.get("label")
    if label is None:
        stray = next((key for key in ("caption", "alt") if key in options), None)
        if stray:
            raise NotebookError(place, f"the {stray} “{options[stray].strip()}” has no label: add `#| label: fig-…`.")
        return
    if "caption" not in options:
        raise NotebookError(place, f"`{label}` has no caption: add `#| caption: …`, which says what to see.")
    if label.startswith("fig-") and "alt" not in options:
        raise NotebookError(place, f"`{label}` has no alternative text: add `#| alt: …`, which says what is there.")
    if label.startswith("tab-") and "alt" in options:
        raise NotebookError(place, f"`{label}` has an alternative text, which only figures have: remove `#| alt`.")
