"""The file of a ledger: its types, and how it is read and written."""

import json
import math
from pathlib import Path
from typing import Annotated, TypedDict

import msgspec

from twolayer.ledger.statistics import Spread
from twolayer.runtime import files
from twolayer.runtime.files import FileError

Real = float | None  # None: a number that is not finite, null in JSON
Whole = Annotated[int, msgspec.Meta(ge=-(2**53), le=2**53)]  # which is a float as well
Bounds = tuple[Whole | Real, Whole | Real]  # low and high; None: no bound


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


class Data(TypedDict):
    """The data that the numbers were measured on: kind and fingerprint of its Provenance."""

    kind: str
    fingerprint: str


Content = TypedDict(
    "Content",
    {
        "data": Data,
        "code": str,
        "made with": dict[str, str | int],
        "numbers": dict[str, Entry],
        "claims": dict[str, Claim],
    },
)
DECODER = msgspec.json.Decoder(Content)


class LedgerError(FileError):
    """The content of a ledger, or of the file of published numbers, is invalid."""


def read_ledger(path: Path) -> Content:
    """Return the content of the ledger at `path`. Raises FileError, and LedgerError if it is damaged."""
    text = files.read(path)
    try:
        return DECODER.decode(text)
    except (ValueError, RecursionError) as error:
        raise LedgerError(
            f"{path} is damaged ({error}): restore it, or remove it and build the report again."
        ) from None


def as_text(content: Content) -> str:
    """Return the text of a ledger's file. Raises ValueError if the ledger could not be read from it again."""
    try:
        readable = DECODER.decode(msgspec.json.encode(content))  # which replaces what is not finite by null
    except (TypeError, ValueError) as error:
        raise ValueError(f"The ledger cannot keep this: {error}.") from None
    return json.dumps(readable, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def read_spread(entry: Entry) -> Spread:
    """Return the Spread of a ledger's entry."""
    mean, sd, low, high = (real(entry[key]) for key in ("mean", "sd", "low", "high"))
    return Spread(mean, sd, entry["n"], low, high)


def real(value: Real) -> float:
    """Return a number of the ledger; NaN in place of one that is not finite."""
    return math.nan if value is None else value
