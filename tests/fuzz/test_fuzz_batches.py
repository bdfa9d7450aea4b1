"""Hostile and broken files: each is read or refused with one sentence, and nothing in it runs."""

import builtins
import os
import pickle
import socket
import struct
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.bounds import BOUND
from tests.fuzz.cases import ALL, cases, is_one_sentence, share
from tests.opcodes import entries, integer, items
from twolayer.cifar10 import DataError, batch_files, synthetic
from twolayer.cifar10.synthetic import encode

RNG = np.random.default_rng(0)
SOUND = synthetic.batch_file("batch", RNG.integers(256, size=(2, 3072), dtype=np.uint8), np.array([3, 9]))
ROOT = Path(__file__).parents[2]
SOUND_META = synthetic.meta_file([f"class {i}" for i in range(10)], 2)


class Call:
    """A function call, which pickle writes into a file."""

    def __init__(self, function, *arguments):
        self.function, self.arguments = function, arguments

    def __reduce__(self):
        return self.function, self.arguments


def canary(folder):
    """Return the path of a file that is created if something in a pickle runs."""
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
        b"cnumpy\nndarray\n",
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


LENGTHS = st.integers(0, 9) | st.sampled_from([255, 3072, 2**31 - 1, 2**32 - 1])
STRINGS = st.one_of(
    st.sampled_from([b"data", b"labels", b"batch_label", b"label_names", b"u1"]).map(encode),
    BYTES.map(encode),
    st.builds(lambda length, text: b"T" + struct.pack("<I", length) + text, LENGTHS, BYTES),
)
VALUES = st.one_of(
    st.sampled_from([b"N", b"\x89", b"]", b"}", b"("]),
    st.integers(0, 255).map(encode),
    st.sampled_from([-1, 1, 2, 3072, 2**31 - 1]).map(integer),
    STRINGS,
)
INSTRUCTIONS = st.one_of(
    VALUES,
    NAMES,
    st.sampled_from([b"(t", b"(", b"t", b"\x85", b"\x86", b"\x87", b"R", b"(tR", b"b", b"e", b"u", b"(Nu"]),
    st.integers(0, 9).map(lambda memo: b"q%c" % memo),
    LENGTHS.map(lambda memo: b"r" + struct.pack("<I", memo)),
)


@st.composite
def programs(draw, path):
    """Draw a pickle of the opcodes of CIFAR-10's files, in any order, alone or as an entry of a batch."""
    asked = st.just(b"cos\nmkdir\n(" + encode(os.fsencode(path)) + b"tR")
    program = b"".join(draw(st.lists(INSTRUCTIONS | asked, max_size=30)))
    if draw(st.booleans()):
        return b"\x80\2" + program + b"."
    key = draw(st.sampled_from(["data", "labels", "batch_label", "label_names"]))
    return entries(**{"labels": items([b"K\3"]), "data": b"N", key: program})


@st.composite
def changed(draw, sound):
    """Draw a valid file with some bytes replaced, removed or repeated."""
    content = bytearray(sound)
    for _ in range(draw(st.integers(1, 4))):
        # The opcodes that matter are at both ends; the pixels are between them.
        start = draw(st.integers(0, min(200, len(content))) | st.integers(0, len(content)))
        stop = start + draw(st.integers(0, 6))
        if draw(st.booleans()):
            start, stop = max(0, len(content) - stop), max(0, len(content) - start)
        content[start:stop] = draw(PART)
    return bytes(content[: draw(st.just(len(content)) | st.integers(0, len(content)))])


@st.composite
def pickles(draw, path):
    """Draw a pickle that Python 3 writes, perhaps with a function call."""
    value = draw(PLAIN | ARRAYS)
    asked = draw(st.sampled_from(HOSTILE))(path)
    label = {b"labels": [3, 9], b"batch_label": draw(PLAIN)}
    value = draw(st.sampled_from([value, asked, {**label, b"data": value}, {**label, b"data": asked}, [value, asked]]))
    return pickle.dumps(value, protocol=draw(st.integers(0, 5)))


def ends_well(action, path):
    """Run the action; check that nothing in its file ran, and that an error is one sentence."""
    try:
        result = action()
    except DataError as error:
        result, fault = None, str(error)
    else:
        fault = "None."
    assert is_one_sentence(fault)
    assert not path.exists()
    return result


@pytest.mark.parametrize(("read", "sound"), [(batch_files.read_batch, SOUND), (batch_files.read_meta, SOUND_META)])
@cases(150, 20)
@given(choose=st.data())
def test_a_broken_file_is_read_or_refused(read, sound, choose):
    with TemporaryDirectory() as folder:
        path = canary(folder)
        file = Path(folder, "data_batch_1")
        anything = st.lists(PART, max_size=20).map(b"".join)
        file.write_bytes(choose.draw(changed(sound) | programs(path) | pickles(path) | anything))
        result = ends_well(lambda: read(file), path)
        if result and read is batch_files.read_batch:
            images, labels, _ = result
            assert images.shape == (len(labels), 3072)
            assert images.dtype == np.uint8
            assert set(labels.tolist()) <= set(range(10))


def seeds(target):
    """Return small valid inputs with which coverage-guided fuzzing begins."""
    image = synthetic.batch_file("batch", np.zeros((1, 3072), np.uint8), np.array([3]))
    # The canonical files also store objects in the memo and have short tuples.
    memo = entries(data=b"]q\0(K\0\x85q\1K\1K\2\x86r\2\0\0\0K\1K\2K\3\x87eU\0M\0\1J\0\0\0\0N\x89")
    return {"batch": [image, memo], "meta": [SOUND_META, memo]}[target]


@pytest.mark.parametrize("target", ["batch", "meta"])
def test_coverage_guided_inputs_are_read_or_refused(tmp_path, target):
    pytest.importorskip("atheris")
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for number, seed in enumerate(seeds(target)):
        (corpus / str(number)).write_bytes(seed)
    fresh = [] if ALL else ["-seed=1"]
    n_runs = share(quick=2000, percent=40)
    options = [f"-runs={n_runs}", "-max_len=12000", "-rss_limit_mb=2048", "-timeout=60"]
    command = [sys.executable, "-m", "tests.fuzz.guided", target, tmp_path, *options, *fresh]
    how = {
        "capture_output": True,
        "text": True,
        "timeout": BOUND + n_runs,
    }  # a second for each input is far more than it needs
    run = subprocess.run([*command, f"-artifact_prefix={tmp_path}/"], cwd=ROOT, **how, check=False)
    assert run.returncode == 0, run.stdout + run.stderr[-3000:]
    assert "Done" in run.stderr
