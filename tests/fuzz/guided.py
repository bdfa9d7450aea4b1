"""Let atheris, which follows the branches that an input takes, look for files that are not handled as promised.

    python -m tests.fuzz.guided batch|meta FOLDER [libFuzzer's options]

It takes over the process, so the tests start it as a subprocess. FOLDER is where it works; its first inputs are in
FOLDER/corpus. Exits with 0 if no input led to another exception than DataError, to a message of more than one sentence
or to a call that reading does not need.
"""

import codecs
import sys
from pathlib import Path

import atheris

# These modules must be imported for the first time here, or they are not instrumented.
with atheris.instrument_imports(include=["twolayer.cifar10.unpickler", "twolayer.cifar10.batch_files"]):
    from twolayer.cifar10 import batch_files

from tests.fuzz.cases import is_one_sentence
from twolayer.cifar10 import DataError

FORBIDDEN = (
    "ctypes.",
    "exec",
    "os.exec",
    "os.fork",
    "os.posix_spawn",
    "os.system",
    "pickle.",
    "socket.",
    "subprocess.",
)
watched, forbidden = False, []


def forbid(event, _):
    """Stop and note a call that reading does not need: the reader may take the exception for a damaged file."""
    if watched and event.startswith(FORBIDDEN):
        forbidden.append(event)
        raise AssertionError(event)


def file_target(read, folder):
    """Return a function that reads an input as a file."""
    path = folder / "data_batch_1"

    def target(content):
        path.unlink(missing_ok=True)  # some disks wait when a file is written again
        path.write_bytes(content)
        read(path)

    return target


def ends_well(target):
    """Return the target without the exceptions that are promised: DataError with one sentence."""

    def checked(content):
        global watched
        watched = True
        try:
            target(content)
        except DataError as error:
            if not is_one_sentence(str(error)):
                raise AssertionError(f"not one sentence: {str(error)!r}") from error
        finally:
            watched = False
        if forbidden:
            raise AssertionError(f"reading led to {forbidden}")

    return checked


if __name__ == "__main__":
    name, folder, *options = sys.argv[1:]
    folder = Path(folder)
    readers = {"batch": batch_files.read_batch, "meta": batch_files.read_meta}
    target = file_target(readers[name], folder)
    for codec in ("ascii", "latin-1", "utf-8", "raw_unicode_escape"):
        codecs.lookup(codec)  # or the first use would run Python's own module
    sys.addaudithook(forbid)
    atheris.Setup([sys.argv[0], *options, str(folder / "corpus")], ends_well(target))
    atheris.Fuzz()
