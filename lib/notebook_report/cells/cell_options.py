"""The `#|` lines at the top of a code cell: YAML that says how the report shows the cell.

What Quarto calls otherwise is understood as well: `echo`, `include`, `fig-cap`, `tbl-cap`, `fig-alt`.
"""

import re
from typing import Any

import yaml

from notebook_report.errors import Place
from notebook_report.notebooks import HALF
from notebook_report.problems import Outcome, Problem, excerpt
from notebook_report.reading import limits

TEXTS = ("label", "caption", "alt")
SWITCHES = ("show-code", "output", "title-page", "hide", "parameters")
QUARTO = {"echo": "show-code", "fig-cap": "caption", "tbl-cap": "caption", "fig-alt": "alt"}
LABEL = re.compile(r"(fig|tab)-[a-z0-9]+(-[a-z0-9]+)*")
LONGEST = 10_000  # characters of YAML


def split(source: str) -> tuple[list[str], str]:
    """Return the `#|` lines at the top of a code cell, without this sign, and the code below them."""
    lines = source.split("\n")
    n = next((i for i, line in enumerate(lines) if not line.startswith("#|")), len(lines))
    return [line[2:].removeprefix(" ") for line in lines[:n]], "\n".join(lines[n:]).lstrip("\n").rstrip()


def read(source: str, place: Place, problems: list[Problem]) -> dict[str, Any]:
    """Return the options at the top of a code cell; those that cannot be meant are left out.

    `problems` gets what is no YAML, an unknown key, a value of the wrong type, a label that has no caption or is not of
    its form, and a figure without alternative text.
    """
    options: dict[str, Any] = {}
    faults: list[str] = []
    for key, value in _parse(split(source)[0], faults).items():
        if key == "include" and isinstance(value, bool):
            key, value = "hide", not value
        key = QUARTO.get(key, key)
        if fault := _fault(key, value):
            faults.append(fault)
        else:
            options[key] = value.strip() if isinstance(value, str) else value
    faults += _without_company(options)
    problems += [Problem(place, "cell-option", fault, excerpt(fault), Outcome.REPAIRED) for fault in faults]
    return options


def _parse(lines: list[str], faults: list[str]) -> dict[Any, Any]:
    """Return the mapping that lines of YAML hold, or an empty one and what is wrong with them."""
    text = "\n".join(lines)
    if len(text) > LONGEST:
        faults.append(limits.too_long("what stands in the `#|` lines", text, LONGEST))
        return {}
    try:
        options = yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        mark = error.problem_mark if isinstance(error, yaml.MarkedYAMLError) else None
        line = lines[text.count("\n", 0, mark.index) if mark else 0]  # YAML ends lines at other signs, too
        hint = "write it in quotes, or after `>` on lines of its own"
        faults.append(f"`#| {excerpt(line)}` is not valid YAML: {hint}.")
        return {}
    except (RecursionError, ValueError):
        # Brackets in brackets; numbers that Python does not read, and days that no calendar has.
        advice = "write text in quotes, or after `>` on lines of its own"
        faults.append(f"the `#|` lines hold what no option can be: {advice}.")
        return {}
    if isinstance(options, dict):
        return options
    faults += [f"`#| {excerpt(line)}` is not of the form `#| key: value`." for line in lines if line != "hide"]
    return {"hide": True} if "hide" in lines else {}  # as nbdev writes it


def _fault(key: object, value: object) -> str | None:
    """Return what is wrong with an option, or None."""
    if key not in TEXTS + SWITCHES:
        return f"the option `{key}` is unknown; the options are {', '.join(TEXTS + SWITCHES)}."
    if key in SWITCHES:
        return None if isinstance(value, bool) else f"the option `{key}` is {value!r}; it must be true or false."
    if isinstance(value, str) and (half := HALF.search(value)):
        return f"the option `{key}` holds U+{ord(half[0]):04X}, half a character that no file can hold: remove it."
    if not (isinstance(value, str) and value.strip()):
        return f"the option `{key}` is {value!r}; it must be text."
    if key == "label" and not LABEL.fullmatch(value):
        form = "`fig-` or `tab-` and then small letters, digits and hyphens"
        return f"the label `{value}` is not of the form {form}."
    return None


def _without_company(options: dict[str, Any]) -> list[str]:
    """Return what lacks a label, caption or alternative text that must go with it; such a label is taken away."""
    label = options.get("label")
    if label is None:
        stray = [key for key in ("caption", "alt") if key in options]
        return [f"the {key} “{excerpt(options[key])}” has no label: add `#| label: fig-…`." for key in stray[:1]]
    if "caption" not in options:
        del options["label"]
        return [f"`{label}` has no caption: add `#| caption: …`, which says what to see."]
    if label.startswith("fig-") and "alt" not in options:
        return [f"`{label}` has no alternative text: add `#| alt: …`, which says what is there."]
    if label.startswith("tab-") and "alt" in options:
        return [f"`{label}` has an alternative text, which only figures have: remove `#| alt`."]
    return []
