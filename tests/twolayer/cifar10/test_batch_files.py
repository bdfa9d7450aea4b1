import contextlib
import hashlib
import io
import os
import pickle
import tracemalloc

import numpy as np
import pytest

from tests.data_room import N
from tests.opcodes import entries, integer, items
from twolayer.cifar10 import DataError, batch_files, synthetic, unpickler
from twolayer.cifar10.batch_files import CIFAR10, LARGEST_FILE
from twolayer.cifar10.load import load
from twolayer.cifar10.synthetic import encode


@pytest.fixture
def folder(write_batches, tmp_path):
    return write_batches(tmp_path / "elsewhere" / CIFAR10)


def test_images_and_labels_are_those_that_pickle_reads(folder):
    cifar = load(folder)
    assert cifar.X_train.shape == (5 * N, 3072)
    assert cifar.X_test.shape == (N, 3072)
    assert cifar.X_train.dtype == cifar.X_test.dtype == np.uint8
    assert cifar.y_train.dtype == cifar.y_test.dtype == np.int64
    assert cifar.class_names[0] == "airplane"
    assert len(cifar.class_names) == 10
    for number, rows in enumerate(cifar.batches, start=1):
        file = pickle.loads((folder / f"data_batch_{number}").read_bytes(), encoding="bytes")
        np.testing.assert_array_equal(cifar.X_train[rows], file[b"data"])
        assert cifar.y_train[rows].tolist() == file[b"labels"]
    test = pickle.loads((folder / "test_batch").read_bytes(), encoding="bytes")
    np.testing.assert_array_equal(cifar.X_test, test[b"data"])
    assert cifar.y_test.tolist() == test[b"labels"]


def python_2_batch(images, labels):
    """Return the content of a batch file with the same opcodes as the canonical files."""
    number = iter(range(1, 10**6))

    def memoized(value):
        memo = next(number)
        return value + (b"q%c" % memo if memo < 256 else b"r" + memo.to_bytes(4, "little"))

    def string(value):
        return memoized(b"U%c%s" % (len(value), value))

    def chunks(values):
        return memoized(b"]") + b"".join(b"(%se" % b"".join(values[i : i + 1000]) for i in range(0, len(values), 1000))

    n, d = (b"M" + length.to_bytes(2, "little") for length in images.shape)
    minus_one, pixels = b"J\xff\xff\xff\xff", images.tobytes()
    array, of_class, of_type = b"numpy.core.multiarray\n_reconstruct\n", b"numpy\nndarray\n", b"numpy\ndtype\n"
    return b"".join(
        [
            *(b"\x80\2", memoized(b"}"), b"(", string(b"batch_label"), string(b"training batch 1 of 5")),
            *(string(b"labels"), chunks([b"K%c" % label for label in labels])),
            *(string(b"data"), memoized(b"c" + array), memoized(b"c" + of_class), memoized(b"K\0\x85"), string(b"b")),
            *(
                memoized(b"\x87"),
                memoized(b"R"),
                b"(K\1",
                n,
                memoized(d + b"\x86"),
                memoized(b"c" + of_type),
                string(b"u1"),
            ),
            *(
                b"K\0K\1",
                memoized(b"\x87"),
                memoized(b"R"),
                b"(K\3",
                string(b"|"),
                b"NNN",
                minus_one,
                minus_one,
                b"K\0",
            ),
            *(
                memoized(b"t"),
                b"b\x89",
                memoized(b"T" + len(pixels).to_bytes(4, "little") + pixels),
                memoized(b"t"),
                b"b",
            ),
            *(string(b"filenames"), chunks([string(b"%d.png" % i) for i in range(len(labels))]), b"u."),
        ]
    )


def test_a_batch_in_the_encoding_of_the_canonical_files_is_read(folder):
    images = np.random.default_rng(0).integers(256, size=(2500, 3072), dtype=np.uint8)
    labels = np.arange(2500) % 10
    path = folder / "data_batch_2"
    path.write_bytes(python_2_batch(images, labels))
    assert pickle.loads(path.read_bytes(), encoding="bytes")[b"labels"] == labels.tolist()
    found, classes, checksum = batch_files.read_batch(path)
    np.testing.assert_array_equal(found, images)
    np.testing.assert_array_equal(classes, labels)
    assert checksum == hashlib.sha256(path.read_bytes()).hexdigest()


def batch(**changes):
    """Return the content of a batch file, with some parts changed."""
    parts = {
        "title": "training batch",
        "images": np.ones((N, 3072), np.uint8),
        "labels": np.arange(N) % 10,
    }
    return synthetic.batch_file(**parts | changes)


def array(shape=(N, 3072), order=b"\x89", kind=b"u1", pixels=bytes(N * 3072)):
    """Return the opcodes of an array; order is \x89 (False) if it is not in Fortran order."""
    shape = b"(" + b"".join(map(integer, shape)) + b"t"
    kind = b"cnumpy\ndtype\n(" + encode(kind) + b"tR"
    return RECONSTRUCT + b"(K\1" + shape + kind + order + encode(pixels) + b"tb"


RECONSTRUCT = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\0tU\1btR"
LABELS = items([encode(0)] * N)
IMAGES = array()
STRING = encode(bytes(N))
PIXELS = encode(bytes(N * 3072))
# Each of 60 tuples contains the previous one twice: hashing the last takes 2⁶⁰ steps.
DOUBLED = b"K\0\x85q\0" + b"".join(b"h%ch%c\x86q%c" % (i, i, i + 1) for i in range(60))
NO_IMAGES = r"lacks the entry data, an array of images \(n, 3072\) uint8 stored row by row"
NO_LABELS = "lacks the entry labels, a list of 20 integers from 0 to 9, one for each image"
NO_NAMES = "lacks the entry label_names, 10 printable byte strings of at most 100 characters"
BAD_BATCHES = {
    "empty": (b"", "damaged or cut short"),
    "not a pickle": (b"<html>Please log in</html>", "damaged or cut short"),
    "cut short": (batch()[:-1000], "damaged or cut short"),
    "a dictionary without data": (entries(labels=LABELS), NO_IMAGES),
    "a list": (b"\x80\2].", NO_IMAGES),
    "a dictionary without labels": (entries(data=IMAGES), NO_LABELS),
    "data that is a string": (entries(data=STRING, labels=LABELS), NO_IMAGES),
    "data that is a type": (entries(data=b"cnumpy\ndtype\n(tR", labels=LABELS), NO_IMAGES),
    "an array without state": (entries(data=RECONSTRUCT, labels=LABELS), NO_IMAGES),
    "an array with a short state": (entries(data=RECONSTRUCT + b"K\1\x85b", labels=LABELS), NO_IMAGES),
    "an array without a type": (
        entries(data=RECONSTRUCT + b"(K\1K\1K\1K\1K\1tb", labels=LABELS),
        NO_IMAGES,
    ),
    "images of another width": (batch(images=np.ones((N, 3000), np.uint8)), NO_IMAGES),
    "images of another rank": (entries(data=array((N, 3072, 1)), labels=LABELS), NO_IMAGES),
    "zero images": (batch(images=np.ones((0, 3072), np.uint8), labels=[]), NO_IMAGES),
    "a negative number of images": (entries(data=array((-1, 3072)), labels=LABELS), NO_IMAGES),
    "images of another type": (entries(data=array(kind=b"i1"), labels=LABELS), NO_IMAGES),
    "images of objects": (entries(data=array(kind=b"O"), labels=LABELS), NO_IMAGES),
    "images in Fortran order": (entries(data=array(order=b"K\1"), labels=LABELS), NO_IMAGES),
    "too few pixels": (entries(data=array((N + 1, 3072)), labels=LABELS), NO_IMAGES),
    "one pixel too many": (entries(data=array(pixels=bytes(N * 3072 + 1)), labels=LABELS), NO_IMAGES),
    "an enormous shape": (entries(data=array((2**31 - 1, 3072)), labels=LABELS), NO_IMAGES),
    "pixels that are a list": (entries(data=array()[: -len(PIXELS) - 2] + b"]tb", labels=LABELS), NO_IMAGES),
    "an enormous memo": (b"\x80\2}r\xff\xff\xff\x7f.", "numbers its memo with gaps"),
    "a memo with a small gap": (b"\x80\2}q\x03.", "numbers its memo with gaps"),
    "an enormous string": (b"\x80\2T\xff\xff\xff\x7f.", "damaged or cut short"),
    "a string of negative length": (b"\x80\2T\xff\xff\xff\xff.", "damaged or cut short"),
    "a label missing": (batch(labels=np.zeros(N - 1, int)), NO_LABELS),
    "a label too large": (batch(labels=[*range(10), *range(10, 20)]), NO_LABELS),
    "a label of text": (entries(data=IMAGES, labels=items([STRING] * N)), NO_LABELS),
    "labels that are a string": (entries(data=IMAGES, labels=STRING), NO_LABELS),
    "a key that takes ages to hash": (b"\x80\2]" + DOUBLED + b"}h<K\1s.", "uses the opcode BINGET"),
    "a key that is nested deeply": (b"\x80\2}(N" + b"\x85" * 90_000 + b"Nu.", "100,000 instructions or 6 tuples"),
    "a key that cannot be hashed": (b"\x80\2}(]K\1u.", "damaged or cut short"),
    "a key without a value": (b"\x80\2}(K\1u.", "damaged or cut short"),
    "a call of a string": (b"\x80\2U\1a(tR.", "damaged or cut short"),
    "a call with a list": (b"\x80\2cnumpy\ndtype\n]R.", "damaged or cut short"),
    "a call of an array": (b"\x80\2cnumpy\ndtype\n(tR(tR.", "damaged or cut short"),
    "a state for a list": (b"\x80\2]K\1b.", "damaged or cut short"),
    "a state for a function": (b"\x80\2cnumpy\ndtype\nK\1b.", "damaged or cut short"),
    "items for a tuple": (b"\x80\2(t(K\1e.", "damaged or cut short"),
    "entries for a list": (b"\x80\2](K\1K\1u.", "damaged or cut short"),
    "nothing on the stack": (b"\x80\2\x86.", "damaged or cut short"),
    "nothing marked": (b"\x80\2t.", "damaged or cut short"),
    "no end": (b"\x80\2}", "damaged or cut short"),
    "too many instructions": (b"\x80\2" + b"}" * 10**5 + b".", "has more than 100,000 instructions"),
    "too many tuples": (b"\x80\2" + b"(t" * 7 + b".", "has more than 100,000 instructions or 6 tuples"),
    "only an end": (b".", "damaged or cut short"),
    "only a function": (b"\x80\2cnumpy\ndtype\n.", "damaged or cut short"),
}


# With these, a plain pickle.Unpickler would call functions, follow references or allocate memory.
@pytest.mark.parametrize(
    ("content", "opcode"),
    [
        (b"(inumpy\ndtype\n.", "INST"),
        (b"\x80\2(cnumpy\ndtype\no.", "OBJ"),
        (b"\x80\2cnumpy\ndtype\n(t\x81.", "NEWOBJ"),
        (b"\x80\4\x8c\5numpy\x8c\5dtype\x93.", "SHORT_BINUNICODE"),
        (b"\x80\2K\1Q.", "BINPERSID"),
        (b"\x80\2\x82\1.", "EXT1"),
        (b"\x80\5\x97.", "NEXT_BUFFER"),
        (b"\x80\2}q\0h\0.", "BINGET"),
        (b"\x80\2}2.", "DUP"),
        (b"\x80\2\x8a\1\0.", "LONG1"),
        (b"I1\n.", "INT"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_other_opcodes_are_refused(folder, content, opcode):
    (folder / "test_batch").write_bytes(content)
    with pytest.raises(DataError, match=f"test_batch uses the opcode {opcode}: .*replace it"):
        load(folder)


@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4, 5])
def test_pickles_written_by_python_3_are_refused(folder, protocol):
    content = {b"data": np.ones((N, 3072), np.uint8), b"labels": [0] * N}
    (folder / "test_batch").write_bytes(pickle.dumps(content, protocol))
    with pytest.raises(DataError, match=r"test_batch uses the opcode \w+: it is not a file of CIFAR-10; replace it"):
        load(folder)


def fill_numpy(state, kind=b"u1"):
    """Return a batch whose array has this state, for which NumPy itself would allocate memory."""
    return entries(data=RECONSTRUCT + state + b"cnumpy\ndtype\n(" + encode(kind) + b"tR\x89U\0tb")


@pytest.mark.parametrize(
    "content",
    [
        *(b"\x80\2" + part * (unpickler.MOST_STEPS - 2) + b"." for part in (b"]", b"}", b"(", b"U\0")),
        b"\x80\2" + b"]r%s" % (2**31).to_bytes(4, "little") + b".",
        b"\x80\2T" + (2**31 - 1).to_bytes(4, "little") + b"short.",
        fill_numpy(b"(K\1(J\xff\xff\xff\x7fJ\xff\xff\xff\x7ft"),
        batch(images=np.ones((3000, 3072), np.uint8), labels=[0] * 3000),
    ],
    ids=["lists", "dictionaries", "marks", "strings", "memo", "a string", "an array", "images"],
)
def test_memory_stays_within_a_few_times_the_size_of_the_file(tmp_path, content):
    path = tmp_path / "data_batch_1"
    path.write_bytes(content)
    tracemalloc.start()
    try:
        with contextlib.suppress(DataError):
            batch_files.read_batch(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < LARGEST_FILE + 4 * len(content) + 2e7  # reading allocates a buffer of the largest size


def test_the_base_of_the_bad_batches_is_valid(folder):
    (folder / "data_batch_3").write_bytes(entries(data=IMAGES, labels=LABELS))
    cifar = load(folder)
    assert not cifar.X_train[cifar.batches[2]].any()


@pytest.mark.parametrize("name", ["data_batch_3", "test_batch"])
@pytest.mark.parametrize(("content", "fault"), BAD_BATCHES.values(), ids=BAD_BATCHES.keys())
def test_a_bad_batch_is_refused_and_named(folder, name, content, fault):
    (folder / name).write_bytes(content)
    with pytest.raises(DataError, match=f"{name} .*{fault}.*replace it"):
        load(folder)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"nothing", "damaged"),
        (synthetic.meta_file(["one", "two"], N), NO_NAMES),
        (entries(label_names=items([encode(1)] * 10)), NO_NAMES),
        (entries(num_vis=encode(1)), NO_NAMES),
        (synthetic.meta_file([*"123456789", "\x1b[2J"], N), NO_NAMES),
        (synthetic.meta_file([*"123456789", 101 * "a"], N), NO_NAMES),
    ],
)
def test_a_bad_meta_file_is_refused_and_named(folder, content, fault):
    (folder / "batches.meta").write_bytes(content)
    with pytest.raises(DataError, match=f"batches.meta .*{fault}.*replace it"):
        load(folder)


def test_a_command_in_a_file_is_not_run(folder, tmp_path):
    trace = tmp_path / "the command ran"
    command = encode(f"touch '{trace}'".encode())
    content = entries(data=b"cposix\nsystem\n(" + command + b"tR")
    pickle.loads(content)
    assert trace.exists(), "the command does not run in Python's own unpickler either"
    trace.unlink()
    (folder / "data_batch_4").write_bytes(content)
    with pytest.raises(DataError, match=r"data_batch_4 calls 'posix\.system'.*replace it"):
        load(folder)
    assert not trace.exists()


@pytest.mark.parametrize("asked", ["builtins eval", "numpy load", "numpy fromfile", "_codecs encode", "numpy a.b"])
def test_calls_of_other_functions_are_refused(folder, asked):
    module, name = asked.split()
    (folder / "batches.meta").write_bytes(f"c{module}\n{name}\n.".encode())
    with pytest.raises(DataError, match=f"batches.meta calls '{module}.{name}': it is not"):
        load(folder)


def test_functions_of_numpy_are_never_called():
    for module, name in (("numpy", "dtype"), ("numpy", "ndarray"), ("numpy.core.multiarray", "_reconstruct")):
        found = unpickler.Unpickler(io.BytesIO()).find_class(module, name)
        assert found.__module__ == "twolayer.cifar10.unpickler"


def test_a_missing_file_is_named(folder):
    (folder / "data_batch_5").unlink()
    with pytest.raises(DataError, match="lacks data_batch_5: put"):
        load(folder)


def test_a_file_that_cannot_be_read_is_named(folder, monkeypatch):
    def refuse(path, mode):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(batch_files, "open", refuse, raising=False)
    with pytest.raises(DataError, match=r"data_batch_1 cannot be read \(Permission denied\)"):
        load(folder)


@pytest.mark.parametrize("name", ["data_batch_1", "test_batch", "batches.meta"])
def test_a_file_that_is_too_large_is_refused(folder, name):
    os.truncate(folder / name, 2**36)
    with pytest.raises(DataError, match=f"{name} is larger than 33,554,432 bytes: it is not a file of CIFAR-10; repl"):
        load(folder)


def test_a_file_that_disappears_is_named(tmp_path):
    with pytest.raises(DataError, match=r"data_batch_1 cannot be read \(No such file or directory\)"):
        batch_files.read_batches([tmp_path / "data_batch_1"])
