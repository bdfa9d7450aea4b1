"""Unpack the archive of CIFAR-10: its seven files and nothing else, however the archive was made."""

import gzip
import shutil
import tarfile
from pathlib import Path
from typing import Self

from twolayer.cifar10 import DataError
from twolayer.cifar10.batch_files import CIFAR10, FILES, MOST_IN_A_FILE

MOST_UNPACKED = 2**28  # bytes; the canonical archive holds 186 million
MOST_IN_ANOTHER = 2**10  # bytes of what describes a member; tarfile takes long over more
MOST_MEMBERS = 100  # the canonical archive has nine


class _Excess(Exception):
    """An archive holds far more than a sound one: how so."""


class _Unpacked(gzip.GzipFile):
    """What an archive unpacks to, up to MOST_UNPACKED bytes. Raises _Excess beyond them.

    What is asked for in vain counts as well: past the end, tarfile goes on asking for all that a header has promised.
    """

    left = MOST_UNPACKED

    def read(self, size: int | None = -1) -> bytes:
        content = super().read(size)
        self.left -= len(content) or max(size or 0, 0)
        if self.left < 0:
            raise _Excess(f"unpacks to more than {MOST_UNPACKED:,} bytes, or says so")
        return content


class _Member(tarfile.TarInfo):
    """A member of a modest size. Raises _Excess for another, before any of it is read."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        member = super().frombuf(buf, encoding, errors)
        if not 0 <= member.size <= (MOST_IN_A_FILE if member.isreg() else MOST_IN_ANOTHER):
            raise _Excess(f"has a member of {member.size:,} bytes")
        return member


def unpack(archive: Path, folder: Path) -> None:
    """Make `folder` and write the archive's seven files into it, nothing else.

    Raises DataError for an archive that is damaged, lacks a file or holds far more than a sound one, OSError if the
    files cannot be written. What was written until then is left.
    """
    folder.mkdir()
    try:
        with _Unpacked(archive) as stream, tarfile.open(fileobj=stream, mode="r|", tarinfo=_Member) as tar:
            for number, member in enumerate(tar, start=1):
                if number > MOST_MEMBERS:
                    raise _Excess(f"has more than {MOST_MEMBERS} members")
                _write(member, tar, folder)
    except _Excess as error:
        raise _unsound(archive, str(error)) from error
    except gzip.BadGzipFile as error:  # an OSError, which damage is not
        raise _unsound(archive, f"is damaged ({type(error).__name__})") from error
    except OSError:
        raise
    except Exception as error:  # a damaged archive can raise anything
        raise _unsound(archive, f"is damaged ({type(error).__name__})") from error
    if absent := [name for name in FILES if not (folder / name).is_file()]:
        raise _unsound(archive, f"lacks {', '.join(absent)}")


def _write(member: tarfile.TarInfo, tar: tarfile.TarFile, folder: Path) -> None:
    """Write a member to `folder` if it is one of the seven files; without links and holes, which may be endless."""
    inside, _, name = member.name.partition("/")
    wanted = inside == CIFAR10 and name in FILES and member.isreg() and not member.issparse()
    source = tar.extractfile(member) if wanted else None
    if source is not None:
        with source, open(folder / name, "wb") as target:
            shutil.copyfileobj(source, target)


def _unsound(archive: Path, fault: str) -> DataError:
    return DataError(f"{archive.name} {fault}: set CIFAR10_URL to another place.")
