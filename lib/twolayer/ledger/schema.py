"""The format of a ledger's file: its types, reading and writing."""

import json
import math
import os
from pathlib import Path
from typing import Annotated, Any, TypedDict, TypeVar

import msgspec

from twolayer.ledger.statistics import Spread
from twolayer.runtime import files
from twolayer.runtime.files import FileError

Real = float | None  # None: a number that is not finite, null in JSON
Whole = Annotated[int, msgspec.Meta(ge=-(2**53), le=2**53)]  # an integer that a float represents exactly
Bounds = tuple[Whole | Real, Whole | Real]  # low and high; None: no bound


class Entry(TypedDict):
    """A number of the ledger: its values, one for each run, and their Spread; `changed` names settings of its own."""

    values: list[Real]
    mean: Real
    sd: Real
    n: int
    low: Real
    high: Real
    unit: str
    notebook: str
    changed: str


class Claim(TypedDict):
    """A claim of the ledger; `holds` is None if it was not tested."""

    numbers: dict[str, Real]
    bounds: dict[str, Bounds]
    holds: bool | None
    notebook: str
    changed: str


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
Values = dict[str, dict[str, str]]  # notebook → name → a text for the prose
T = TypeVar("T")
DECODER_OF_VALUES = msgspec.json.Decoder(Values)


class LedgerError(FileError):
    """A ledger, or the file of published numbers, has invalid content or lacks a number."""


def read_ledger(path: Path) -> Content:
    """Return the content of the ledger at `path`. Raises FileError, and LedgerError if it is damaged."""
    return _decoded(path, DECODER)


def read_values(path: Path) -> Values:
    """Return the values at `path`, none if there is no file. Raises FileError, and LedgerError if it is damaged."""
    return _decoded(path, DECODER_OF_VALUES) if os.path.lexists(path) else {}


def _decoded(path: Path, decoder: "msgspec.json.Decoder[T]") -> T:
    text = files.read(path)
    try:
        return decoder.decode(text)
    except (ValueError, RecursionError) as error:
        raise LedgerError(
            f"{path} is damaged ({error}): restore it, or remove it and build the report again."
        ) from None


def as_text(content: Content | Values, decoder: "msgspec.json.Decoder[Any]" = DECODER) -> str:
    """Return the text of a file that `decoder` reads. Raises ValueError if it could not read it."""
    try:
        readable = decoder.decode(msgspec.json.encode(content))  # NaN and infinity become null
    except (TypeError, ValueError) as error:
        raise ValueError(f"This cannot be recorded in the ledger: {error}.") from None
    return json.dumps(readable, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def read_spread(entry: Entry) -> Spread:
    """Return the Spread of a ledger's entry."""
    return Spread(real(entry["mean"]), real(entry["sd"]), entry["n"], real(entry["low"]), real(entry["high"]))


def as_committed(content: Content) -> Content:
    """Return a ledger without what was made with other settings than the committed ones."""
    numbers = {name: entry for name, entry in content["numbers"].items() if not entry["changed"]}
    return {
        **content,
        "numbers": numbers,
        "claims": {k: claim for k, claim in content["claims"].items() if not claim["changed"]},
    }


def real(value: Real) -> float:
    """Return a number of the ledger as a float: NaN for None."""
    return math.nan if value is None else value
