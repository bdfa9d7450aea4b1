"""What a command tells its user: results on standard output, all else where results do not go."""

import os
import sys

from twolayer.errors import FileError


def say(sentence: str) -> None:
    """Tell the user, where results do not go."""
    print(sentence, file=sys.stderr, flush=True)


def show(text: str) -> None:
    """Print a result. Raises FileError if standard output cannot take it."""
    if sys.stdout is None:
        raise FileError("Standard output is closed: open it to see the result.")
    try:
        print(text, flush=True)
    except UnicodeEncodeError as error:
        letter = error.object[error.start]
        raise FileError(
            f"Standard output, in {error.encoding}, cannot show {letter!a}: set another in PYTHONIOENCODING."
        ) from error
    except OSError as error:
        # What it has not taken would be tried once more when the process ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise FileError(f"Standard output cannot be written: {error.strerror or error}.") from error
