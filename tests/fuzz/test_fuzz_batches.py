"""Hostile and broken data: each file and each archive ends in images or in one sentence, and none of it runs."""

import builtins
import contextlib
import io
import os
import pickle
import socket
import struct
import subprocess
import tarfile
import zlib
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.cases import cases, is_one_sentence
from twolayer import data, stand_in

RNG = np.random.default_rng(0)
SOUND = stand_in.batch_file("batch", RNG.integers(256, size=(2, 3072), dtype=np.uint8), np.array([3, 9]))
SOUND_META = stand_in.meta_file([f"class {i}" for i in range(10)], 2)


class Call:
    """What a pickle asks to be called."""

    def __init__(self, function, *arguments):
        self.function, self.arguments = function, arguments

    def __reduce__(self):
        return self.function, self.arguments


def canary(folder):
    """Return the path of a file that only what runs would make."""
    return Path(folder, "canary")


HOSTILE = [
    lambda path: Call(os.system, f"touch {path}"),
    lambda path: Call(os.mkdir, str(path)),
    lambda path: Call(subprocess.call, ["touch", str(path)]),
    lambda path: Call(builtins.eval, f"open({str(path)!r}, 'w')"),
    lambda path: Call(builtins.exec, f"open({str(path)!r}, 'w')"),
    lambda path: Call(builtins.open, str(path), "w"),
    lambda path: Call(builtins.getattr, "", "upper"),
    lambda path: Call(np.load, str(path), None, True),
    lambda path: Call(np.ndarray, (2**40,)),
    lambda path: Call(np.dtype, "O"),
    lambda path: Call(socket.socket),
]
BYTES = st.binary(max_size=40)
OPCODES = st.sampled_from([bytes([code]) for code in range(256)])
NAMES = st.sampled_from(
    [
        b"cos\nsystem\n",
        b"cnumpy\ndtype\n",
        b"cnumpy.core.multiarray\n_reconstruct\n",
        b"cbuiltins\neval\n",
        b"cnumpy\nload\n",
    ]
)
NUMBERS = st.sampled_from([0, 1, -1, 255, 3072, 2**16, 2**31 - 1, -(2**31), 2**32 - 1]).map(
    lambda n: struct.pack("<I", n % 2**32)
)
PART = BYTES | OPCODES | NAMES | NUMBERS
KEYS = st.sampled_from([b"data", b"labels", b"batch_label", b"label_names", "data", "labels"])
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | BYTES | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([b"data", b"labels", b"batch_label", b"label_names", "data", "labels"]) | BYTES,
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)
ARRAYS = st.builds(
    lambda shape, kind, order: np.zeros(shape, kind, order),
    st.sampled_from([(2, 3072), (3072, 2), (6144,), (0, 3072), (2, 3072, 1), ()]),
    st.sampled_from(["u1", "i1", "f4", "u2", "S1", "O"]),
    st.sampled_from("CF"),
)


@st.composite
def changed(draw, sound):
    """Draw a file that was sound: some of its bytes are others, are missing or are there twice."""
    content = bytearray(sound)
    for _ in range(draw(st.integers(1, 4))):
        # What says something stands at both ends; between are pixels.
        start = draw(st.integers(0, min(200, len(content))) | st.integers(0, len(content)))
        stop = start + draw(st.integers(0, 6))
        if draw(st.booleans()):
            start, stop = max(0, len(content) - stop), max(0, len(content) - start)
        content[start:stop] = draw(PART)
    return bytes(content[: draw(st.just(len(content)) | st.integers(0, len(content)))])


@st.composite
def pickles(draw, path):
    """Draw a pickle of anything, with a request to run something perhaps."""
    value = draw(PLAIN | ARRAYS)
    asked = draw(st.sampled_from(HOSTILE))(path)
    label = {b"labels": [3, 9], b"batch_label": draw(PLAIN)}
    value = draw(st.sampled_from([value, asked, {**label, b"data": value}, {**label, b"data": asked}, [value, asked]]))
    return pickle.dumps(value, protocol=draw(st.integers(0, 5)))


def ends_well(action, path):
    """Do it, and check the message if there is one, and that nothing ran."""
    try:
        result = action()
    except data.DataError as error:
        result, fault = None, str(error)
    else:
        fault = "None."
    assert is_one_sentence(fault)
    assert not path.exists()
    return result


@pytest.mark.parametrize(("read", "sound"), [(data.read_batch, SOUND), (data.read_meta, SOUND_META)])
@cases(150, 20)
@given(choose=st.data())
def test_a_broken_file_is_read_or_refused(read, sound, choose):
    with TemporaryDirectory() as folder:
        path = canary(folder)
        file = Path(folder, "data_batch_1")
        file.write_bytes(choose.draw(changed(sound) | pickles(path) | st.lists(PART, max_size=20).map(b"".join)))
        result = ends_well(lambda: read(file), path)
        if result and read is data.read_batch:
            images, labels, _ = result
            assert images.shape == (len(labels), 3072)
            assert images.dtype == np.uint8
            assert set(labels) <= set(range(10))


KINDS = st.sampled_from(
    [tarfile.REGTYPE] * 4
    + [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE]
    + [tarfile.CONTTYPE, tarfile.GNUTYPE_SPARSE, b"Z"]
)
WANTED = [f"{data.CIFAR10}/{name}" for name in data.FILES]
MEMBERS = st.sampled_from(
    [
        *WANTED,
        "../canary",
        "/tmp/canary",
        f"{data.CIFAR10}/../../canary",
        "canary",
        "a/" * 60 + "b",
        f"./{WANTED[0]}",
        "é\x00",
    ]
)


@st.composite
def archives(draw):
    """Draw an archive: members of any kind and name, and then some bytes of it changed perhaps."""
    content, form = io.BytesIO(), draw(st.sampled_from([tarfile.PAX_FORMAT, tarfile.GNU_FORMAT]))
    whole = [(name, tarfile.REGTYPE) for name in WANTED] if draw(st.booleans()) else []
    with tarfile.open(fileobj=content, mode="w:gz" if draw(st.booleans()) else "w", format=form) as tar:
        for name, kind in whole + draw(st.lists(st.tuples(MEMBERS, KINDS), max_size=4)):
            member = tarfile.TarInfo(name)
            member.type, body = kind, draw(BYTES)
            member.linkname = draw(st.sampled_from(["", "../canary", "/etc/hostname", WANTED[0]]))
            member.size = len(body) if member.isreg() else draw(st.sampled_from([0, 0, 512]))
            tar.addfile(member, io.BytesIO(body.ljust(member.size, b"\0")))
    return content.getvalue()


@cases(100, 10)
@given(choose=st.data())
def test_an_archive_is_unpacked_or_refused_and_nothing_leaves_the_folder(choose):
    content = choose.draw(archives())
    broken = choose.draw(st.booleans())
    with TemporaryDirectory() as folder:
        room = Path(folder, "room")
        room.mkdir()
        archive, target = room / data.ARCHIVE, room / "unpacked"
        archive.write_bytes(choose.draw(changed(content)) if broken else content)
        # Only an archive whose checksum is right is unpacked, so that no other has a sentence of its own.
        damage = (OSError, tarfile.TarError, EOFError, zlib.error) if broken else ()
        try:
            with contextlib.suppress(*damage):
                ends_well(lambda: data.unpack(archive, target), canary(folder))
        finally:
            assert {path.name for path in Path(folder).iterdir()} == {"room"}
            assert {path.name for path in room.iterdir()} <= {data.ARCHIVE, "unpacked"}
            made = list(target.iterdir()) if target.exists() else []
            assert {path.name for path in made} <= set(data.FILES)
            assert all(path.is_file() and not path.is_symlink() for path in made)
