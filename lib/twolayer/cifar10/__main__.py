"""Command line: python -m twolayer.cifar10 finds the data, downloads it if necessary, and verifies it."""

import argparse
import sys
from collections.abc import Sequence

from twolayer.cifar10 import DataError, locate
from twolayer.cifar10.load import load
from twolayer.runtime.files import FileError, show


def main(arguments: Sequence[str] | None = None) -> None:
    """Find and verify the data; print one line, report:FOLDER or stand-in:FOLDER."""
    parser = argparse.ArgumentParser(prog="python -m twolayer.cifar10", description=main.__doc__)
    parser.add_argument("choice", nargs="?", choices=locate.CHOICES, default="auto")
    choice = parser.parse_args(arguments).choice
    try:
        folder = locate.find(choice)
        provenance = load(folder, choice).provenance
        print(f"{folder}: {provenance.statement}", file=sys.stderr)
        show(f"{'stand-in' if provenance.kind == 'stand-in' else 'report'}:{folder}")
    except (DataError, FileError) as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("Interrupted: nothing incomplete was kept; run again.")


if __name__ == "__main__":
    main()
