"""The settings of the committed report, and what a run has changed of them.

`python -m twolayer.ledger.settings notebooks report/settings.toml` prints the changes in the notebooks of a folder.
"""

import argparse
import ast
import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from twolayer.ledger.schema import LedgerError
from twolayer.runtime import files
from twolayer.runtime.files import FileError, show

Settings = Mapping[str, Any]  # name → value
Changes = Mapping[str, tuple[Any, Any]]  # name of a setting → its committed value, its value here
CELL = "#| parameters: true\n"  # the first line of the cell that sets them
DECODER = msgspec.json.Decoder(dict[str, Any])


def read(path: Path) -> dict[str, dict[str, Any]]:
    """Return the committed settings, notebook → name → value. Raises FileError, and LedgerError if they are damaged."""
    try:
        return tomllib.loads(files.read(path))
    except tomllib.TOMLDecodeError as error:
        raise LedgerError(f"{path} is damaged ({error}): restore it.") from None


def changes(committed: Settings, here: Settings) -> Changes:
    """Return the committed settings that have another value here. What has no committed value is not a setting."""
    both = {name: (value, here[name]) for name, value in committed.items() if name in here}
    return {name: pair for name, pair in both.items() if not np.array_equal(*pair)}


def mark(changed: Changes) -> str:
    """Return changed settings as they stand at a number: "n_s = 250", or "" if there are none."""
    return ", ".join(f"{name} = {here}" for name, (_, here) in changed.items())


def sentence(changed: Changes) -> str:
    """Return changed settings in words: "n_s = 250 instead of 500"."""
    return ", ".join(f"{name} = {here} instead of {committed}" for name, (committed, here) in changed.items())


def of_notebook(path: Path) -> dict[str, Any]:
    """Return the settings that stand in a notebook; one that is computed is its code. Raises FileError.

    Raises LedgerError for a file that is not a notebook, or whose cell of settings is not Python.
    """
    try:
        cells = DECODER.decode(files.read(path))["cells"]
        sources = ("".join(cell["source"]) for cell in cells)
        tree = ast.parse(next((source for source in sources if source.startswith(CELL)), ""))
    except (ValueError, LookupError, TypeError, SyntaxError, RecursionError) as error:
        raise LedgerError(f"{path}: its settings cannot be read ({error}): correct their cell.") from None
    assigned = [node for node in tree.body if isinstance(node, ast.Assign)]
    return {ast.unparse(node.targets[0]): _value(node.value) for node in assigned}


def _value(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except ValueError:
        return ast.unparse(node)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a line for each notebook whose settings are not the committed ones."""
    parser = argparse.ArgumentParser(prog="python -m twolayer.ledger.settings", description=main.__doc__)
    parser.add_argument("notebooks", type=Path)
    parser.add_argument("committed", type=Path)
    given = parser.parse_args(arguments)
    try:
        for notebook, committed in read(given.committed).items():
            if changed := changes(committed, of_notebook(given.notebooks / f"{notebook}.ipynb")):
                show(f"Changed settings in {notebook}: {sentence(changed)}. Its numbers are marked with them.")
    except FileError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
