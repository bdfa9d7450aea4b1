"""What a ledger's file holds: its types, and how it is read and checked."""

import json
import math
import re
import reprlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypedDict, TypeVar

from twolayer.ledger.statistics import Spread
from twolayer.runtime import files
from twolayer.runtime.files import FileError

Real = float | None  # None in place of what is not finite, which JSON does not know
Bounds = tuple[Real, Real]  # low and high; None is no bound


class Entry(TypedDict):
    """A number of the ledger: its values, one for each run, and their Spread."""

    values: list[Real]
    mean: Real
    sd: Real
    n: int
    low: Real
    high: Real
    unit: str
    notebook: str


class Claim(TypedDict):
    """A claim of the ledger; `holds` is None if it was not tested."""

    text: str
    numbers: dict[str, Real]
    bounds: dict[str, Bounds]
    holds: bool | None
    notebook: str


Content = TypedDict(
    "Content",
    {
        "data": dict[str, str],
        "code": str,
        "made with": dict[str, str | int],
        "numbers": dict[str, Entry],
        "claims": dict[str, Claim],
    },
)
Part = TypeVar("Part")


class LedgerError(FileError):
    """A ledger, or the file of the published numbers, does not hold what it should."""


def read_ledger(path: Path) -> Content:
    """Return what the ledger at `path` holds. Raises FileError, and LedgerError if that is no whole ledger."""
    cure = "restore it, or remove it and build the report again"
    try:
        found = json.loads(files.read(path), parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        raise LedgerError(f"{path} is damaged, it is no JSON: {cure}.") from None
    try:
        return checked(found)
    except ValueError as error:
        raise LedgerError(f"{path} is damaged, {error}: {cure}.") from None


def checked(found: object) -> Content:
    """Return what a ledger holds. Raises ValueError, the middle of a sentence, for what is no whole ledger."""
    return {
        "data": each(_part(found, "data"), _text),
        "code": _text(_part(found, "code")),
        "made with": each(_part(found, "made with"), _text_or_count),
        "numbers": each(_part(found, "numbers"), _entry),
        "claims": each(_part(found, "claims"), _claim),
    }


def _part(found: object, name: str) -> object:
    if not isinstance(found, dict) or name not in found:
        raise ValueError(f"“{name}” is missing")
    return found[name]


def each(found: object, parse: Callable[[object], Part]) -> dict[str, Part]:
    """Return name → what `parse` makes of each part; the error of one says which it is."""
    if not isinstance(found, dict):
        raise ValueError("something stands in place of names and what they mean")
    parsed = {}
    for name, part in found.items():
        try:
            parsed[_text(name)] = parse(part)
        except ValueError as error:
            raise ValueError(f"in {reprlib.repr(name)} {error}") from None
    return parsed


def _entry(found: object) -> Entry:
    values = _part(found, "values")
    if not isinstance(values, list) or len(values) != _part(found, "n"):
        raise ValueError("“values” are not as many as “n” says")
    return {
        "values": [_real(value) for value in values],
        "mean": _real(_part(found, "mean")),
        "sd": _real(_part(found, "sd")),
        "n": len(values),
        "low": _real(_part(found, "low")),
        "high": _real(_part(found, "high")),
        "unit": _text(_part(found, "unit")),
        "notebook": _text(_part(found, "notebook")),
    }


def _claim(found: object) -> Claim:
    numbers, bounds = each(_part(found, "numbers"), _real), each(_part(found, "bounds"), _pair)
    if not bounds.keys() <= numbers.keys():
        raise ValueError("“bounds” has what “numbers” lacks")
    return {
        "text": _text(_part(found, "text")),
        "numbers": numbers,
        "bounds": bounds,
        "holds": _verdict(_part(found, "holds")),
        "notebook": _text(_part(found, "notebook")),
    }


def _real(found: object) -> Real:
    if found is None or (isinstance(found, int | float) and abs(found) <= sys.float_info.max):
        return found
    raise ValueError("something stands in place of a number")


def _pair(found: object) -> Bounds:
    if not isinstance(found, list | tuple) or len(found) != 2:
        raise ValueError("something stands in place of a low and a high bound")
    return _real(found[0]), _real(found[1])


def _text(found: object) -> str:
    # Half of a surrogate pair can be escaped in JSON, but not be written again.
    if isinstance(found, str) and not re.search(r"[\ud800-\udfff]", found):
        return found
    raise ValueError("something stands in place of a text")


def _text_or_count(found: object) -> str | int:
    return found if isinstance(found, int) else _text(found)


def _verdict(found: object) -> bool | None:
    if found is None or isinstance(found, bool):
        return found
    raise ValueError("something stands in place of a verdict")


def as_text(content: Content) -> str:
    """Return a ledger as it stands in its file."""
    return json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


def read_spread(entry: Entry) -> Spread:
    """Return the Spread of a ledger's entry."""
    mean, sd, low, high = (real(entry[key]) for key in ("mean", "sd", "low", "high"))
    return Spread(mean, sd, entry["n"], low, high)


def real(value: Real) -> float:
    """Return a number of the ledger; NaN in place of one that was not finite."""
    return math.nan if value is None else float(value)
