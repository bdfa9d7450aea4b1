"""Let atheris, which sees what part of the code an input reaches, look for inputs that end in anything but a result.

    python -m tests.fuzz.guided batch|meta|archive FOLDER [libFuzzer's options]

It takes the process over, so the tests start it as one of its own. FOLDER is where it works; its inputs come from
FOLDER/corpus. Exits with 0 if no input led to another exception than DataError, to a message of more than one
sentence, to a call that a reader has no business with, or to a file elsewhere.
"""

import codecs
import gzip
import sys
from pathlib import Path
from shutil import rmtree
from tarfile import BLOCKSIZE

import atheris

# The machinery below must be imported for the first time here, or it is not instrumented.
with atheris.instrument_imports(
    include=[f"twolayer.cifar10.{name}" for name in ("unpickler", "batch_files", "archive")]
):
    from twolayer.cifar10 import archive, batch_files

from tests.fuzz.cases import is_one_sentence
from twolayer.cifar10 import DataError

MAGIC, CHECKSUM = slice(257, 262), slice(148, 156)  # in a member's header
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
    """Stop what reading has no business with, and note it: the reader may take the exception for a damaged file."""
    if watched and event.startswith(FORBIDDEN):
        forbidden.append(event)
        raise AssertionError(event)


def file_target(read, folder):
    """Return what reads an input as one file."""
    path = folder / "data_batch_1"

    def target(content):
        path.unlink(missing_ok=True)  # some disks wait when a file is written again
        path.write_bytes(content)
        read(path)

    return target


def archive_target(folder):
    """Return what unpacks an input as an archive. Checksums of headers are put right: chance never would."""
    room = folder / "room"

    def target(content):
        rmtree(room, ignore_errors=True)
        room.mkdir()
        (room / "archive").write_bytes(gzip.compress(with_checksums(content), 1))
        try:
            archive.unpack(room / "archive", room / "unpacked")
        finally:
            made = list((room / "unpacked").iterdir())
            assert {path.name for path in made} <= set(batch_files.FILES)
            assert all(path.is_file() and not path.is_symlink() for path in made)
            assert {path.name for path in room.iterdir()} == {"archive", "unpacked"}
            assert {path.name for path in folder.iterdir()} == {"corpus", "room"}

    return target


def with_checksums(content):
    """Return an archive in which what looks like a member's header has the checksum of one."""
    blocks = [bytearray(content[start : start + BLOCKSIZE]) for start in range(0, len(content), BLOCKSIZE)]
    for block in blocks:
        if block[MAGIC] == b"ustar":
            block[CHECKSUM] = b" " * 8
            block[CHECKSUM] = b"%06o\0 " % sum(block)
    return b"".join(blocks)


def ends_well(target):
    """Return the target, in which DataError with one sentence is a good end."""

    def checked(content):
        global watched
        watched = True
        try:
            target(content)
        except DataError as error:
            if not is_one_sentence(str(error)):
                raise AssertionError(f"no sentence: {str(error)!r}") from error
        finally:
            watched = False
        if forbidden:
            raise AssertionError(f"reading led to {forbidden}")

    return checked


if __name__ == "__main__":
    name, folder, *options = sys.argv[1:]
    folder = Path(folder)
    readers = {"batch": batch_files.read_batch, "meta": batch_files.read_meta}
    target = file_target(readers[name], folder) if name in readers else archive_target(folder)
    for codec in ("ascii", "latin-1", "utf-8", "raw_unicode_escape"):
        codecs.lookup(codec)  # or the first use would run Python's own module
    sys.addaudithook(forbid)
    atheris.Setup([sys.argv[0], *options, str(folder / "corpus")], ends_well(target))
    atheris.Fuzz()
