import gzip
import io
import os
import tarfile

import pytest

from tests.data_room import listing, pack
from twolayer.cifar10 import DataError, archive
from twolayer.cifar10.batch_files import CIFAR10, FILES, MOST_IN_A_FILE

WANTED = f"{CIFAR10}/data_batch_1"


@pytest.fixture
def folder(write_batches, tmp_path):
    return write_batches(tmp_path / "images")


@pytest.fixture
def unpack(tmp_path):
    """Return a function that unpacks an archive in a room of its own, where nothing else must be afterwards."""
    room = tmp_path / "room"
    room.mkdir()

    def unpack(content):
        file = room / "images.tar.gz"
        file.write_bytes(content)
        try:
            archive.unpack(file, room / "unpacked")
        finally:
            assert set(listing(room)) <= {"images.tar.gz", "unpacked"}
            assert set(listing(room / "unpacked")) <= set(FILES)
        return room / "unpacked"

    return unpack


def packed(*members, kind="w:gz", **how):
    """Return an archive of these members: (TarInfo, content)."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=kind, **how) as tar:
        for member, content in members:
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def member(name, content=b"", **parts):
    """Return a regular member of this content, with other `parts` of its header."""
    found = tarfile.TarInfo(name)
    found.size = len(content)
    for part, value in parts.items():
        setattr(found, part, value)
    return found, content


def files(**contents):
    """Return the seven files as members, empty but for these."""
    return [member(f"{CIFAR10}/{name}", contents.get(name, b"")) for name in FILES]


def test_the_seven_files_are_unpacked(folder, unpack):
    found = unpack(pack(folder))
    assert listing(found) == sorted(FILES)
    assert all((found / name).read_bytes() == (folder / name).read_bytes() for name in FILES)


def test_of_two_members_of_one_name_the_last_counts(unpack):
    assert (unpack(packed(*files(), member(WANTED, b"the last"))) / "data_batch_1").read_bytes() == b"the last"


@pytest.mark.parametrize(
    "other",
    [
        member("../escaped", b"!"),
        member("../../escaped", b"!"),
        member("/tmp/twolayer-escaped", b"!"),
        member(f"{CIFAR10}/../../escaped", b"!"),
        member(f"{CIFAR10}/../data_batch_1", b"!"),
        member(f"./{WANTED}", b"!"),
        member(f"{CIFAR10}//data_batch_1", b"!"),
        member(f"{WANTED}/", b"!", type=tarfile.REGTYPE),
        member(f"{WANTED}\\..", b"!"),
        member(f"{CIFAR10}/readme.html", b"!"),
        member("data_batch_1", b"!"),
        member("other/data_batch_1", b"!"),
        member(f"{CIFAR10}/\udcff\u202e\n", b"!"),
        member("a/" * 400 + "b", b"!"),
        member(CIFAR10, type=tarfile.DIRTYPE, mode=0),
        member(CIFAR10, type=tarfile.SYMTYPE, linkname="/tmp"),
        member(WANTED, type=tarfile.SYMTYPE, linkname="/etc/hostname"),
        member(WANTED, type=tarfile.LNKTYPE, linkname=f"{CIFAR10}/test_batch"),
        member(WANTED, type=tarfile.LNKTYPE, linkname="../../etc/hostname"),
        member(WANTED, type=tarfile.FIFOTYPE),
        member(WANTED, type=tarfile.CHRTYPE, devmajor=1, devminor=5),
        member(WANTED, type=tarfile.BLKTYPE, devmajor=8),
        member(WANTED, type=tarfile.DIRTYPE),
        member(WANTED, type=tarfile.GNUTYPE_SPARSE),
        member(WANTED, type=b"Z"),
    ],
    ids=lambda other: f"{other[0].type.decode()} {other[0].name[:40]!r}",
)
@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
@pytest.mark.parametrize("last", [True, False])
def test_what_is_none_of_the_seven_files_is_left_out(unpack, tmp_path, other, form, last):
    sound = files(data_batch_1=b"sound")
    how = {"format": form, "encoding": "utf-8", "errors": "surrogateescape"}
    found = unpack(packed(*[*sound, other] if last else [other, *sound], **how))
    assert listing(found) == sorted(FILES)
    assert all((found / name).is_file() and not (found / name).is_symlink() for name in FILES)
    assert (found / "data_batch_1").read_bytes() == b"sound"
    assert listing(tmp_path) == ["room"]
    assert not os.path.exists("/tmp/twolayer-escaped")


def test_an_archive_that_lacks_a_file_is_refused(unpack):
    with pytest.raises(DataError, match=r"^images.tar.gz lacks data_batch_1, test_batch: set CIFAR10_URL"):
        unpack(packed(*[(info, b"") for info, _ in files() if info.name[-7:] not in ("batch_1", "t_batch")]))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "ReadError"),
        (b"no archive", "BadGzipFile"),
        (packed(*files(), kind="w"), "BadGzipFile"),
        (gzip.compress(b""), "ReadError"),
        (gzip.compress(b"no archive" * 1000), "ReadError"),
        (packed(*files(test_batch=os.urandom(9000)))[:-3000], "EOFError"),
        (gzip.compress(packed(*files(test_batch=bytes(9000)), kind="w")[:-10240]), "ReadError"),
        (packed(*files())[:60] + b"\xff" * 40, r"\w+"),
    ],
    ids=["empty", "no gzip", "not packed", "nothing packed", "no tar", "cut short", "cut short within", "overwritten"],
)
def test_a_damaged_archive_is_refused(unpack, content, why):
    with pytest.raises(DataError, match=rf"^images.tar.gz is damaged \({why}\): set CIFAR10_URL to another place\.$"):
        unpack(content)


def test_members_of_headers_without_end_are_refused(unpack):
    header = tarfile.TarInfo("x")
    header.type, header.size = tarfile.XHDTYPE, 512
    content = gzip.compress((header.tobuf() + b"20 comment=1234567\n".ljust(512, b"\0")) * 20_000)
    with pytest.raises(DataError, match=r"^images.tar.gz is damaged \(\w+\): set CIFAR10_URL"):
        unpack(content)


def test_an_archive_of_endless_members_is_refused(unpack):
    endless = gzip.compress(tarfile.TarInfo("x").tobuf() * 200)
    with pytest.raises(DataError, match=r"^images.tar.gz has more than 100 members: set CIFAR10_URL"):
        unpack(endless)


def test_as_many_members_as_there_may_be_are_read(unpack):
    unpack(packed(*files(), *[member("x")] * (archive.MOST_MEMBERS - len(FILES))))


def header(size, kind=tarfile.REGTYPE, name=WANTED):
    """Return the header of a member that claims a size."""
    info = tarfile.TarInfo(name)
    info.type, info.size = kind, size
    return gzip.compress(info.tobuf(tarfile.GNU_FORMAT) + bytes(10240))


@pytest.mark.parametrize(
    ("kind", "size"),
    [
        (tarfile.REGTYPE, MOST_IN_A_FILE + 1),
        (tarfile.REGTYPE, 2**60),
        (tarfile.REGTYPE, -512),
        (tarfile.GNUTYPE_SPARSE, 2**60),
        (tarfile.XHDTYPE, 2**25),
        (tarfile.XGLTYPE, archive.MOST_IN_ANOTHER + 1),
        (tarfile.GNUTYPE_LONGNAME, 2**40),
        (tarfile.GNUTYPE_LONGLINK, -1),
        (tarfile.DIRTYPE, 2**20),
    ],
)
@pytest.mark.parametrize("name", [WANTED, "other"])
def test_a_member_of_another_size_than_it_may_have_is_refused(unpack, kind, size, name):
    # Early releases of Python 3.11 stop at some of these headers, or pass over them, in ways of their own.
    otherwise = "unpacks to more than|is damaged|lacks data_batch_1"
    with pytest.raises(
        DataError, match=rf"^images.tar.gz (has a member of {size:,} bytes|{otherwise}).*: set CIFAR10_URL"
    ):
        unpack(header(size, kind, name))


def test_a_file_of_the_largest_size_is_unpacked(unpack):
    found = unpack(packed(*files(data_batch_1=bytes(MOST_IN_A_FILE))))
    assert (found / "data_batch_1").stat().st_size == MOST_IN_A_FILE


@pytest.mark.parametrize("size", [2**60, -512, "many", "9" * 5000])
@pytest.mark.parametrize("name", [WANTED, "other"])  # one is read, the other passed over
@pytest.mark.parametrize("kind", [tarfile.REGTYPE, tarfile.CONTTYPE, b"Z"])
def test_a_size_of_the_second_header_is_not_believed(unpack, size, name, kind):
    info, _ = member(name, type=kind, pax_headers={"size": str(size)})
    content = gzip.compress(info.tobuf(tarfile.PAX_FORMAT) + bytes(10240))
    with pytest.raises(DataError, match=r"^images.tar.gz (is damaged|lacks|has a member of|unpacks to more)"):
        unpack(content)


def test_a_file_of_endless_holes_is_not_written(unpack):
    headers = {"GNU.sparse.major": "0", "GNU.sparse.minor": "1", "GNU.sparse.map": "0,1"}
    holes = member(WANTED, b"!", pax_headers={**headers, "GNU.sparse.size": str(2**60), "GNU.sparse.name": WANTED})
    found = unpack(packed(holes, *files(), format=tarfile.PAX_FORMAT))
    assert (found / "data_batch_1").stat().st_size == 0


def test_an_archive_of_the_largest_size_is_unpacked(unpack, monkeypatch):
    monkeypatch.setattr(archive._Unpacked, "left", 3_000_000)
    unpack(packed(*files(data_batch_1=bytes(1_000_000), data_batch_2=bytes(1_000_000))))


def test_a_bomb_is_stopped(unpack, monkeypatch):
    monkeypatch.setattr(archive._Unpacked, "left", 3_000_000)
    with pytest.raises(DataError, match=r"^images.tar.gz unpacks to more than 268,435,456 bytes, or says so: set"):
        unpack(packed(*[member("x", bytes(1_000_000))] * 9))
