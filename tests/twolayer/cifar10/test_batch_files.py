import hashlib
import os
import pickle
import pickletools

import numpy as np
import pytest

from tests.data_room import N
from twolayer.cifar10 import DataError, batch_files, synthetic
from twolayer.cifar10.batch_files import CIFAR10
from twolayer.cifar10.load import load


@pytest.fixture
def folder(write_batches, tmp_path):
    return write_batches(tmp_path / "elsewhere" / CIFAR10)


def test_a_good_folder_is_read_as_it_is(folder):
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


def test_the_newer_name_of_the_array_function_is_known(folder):
    path = folder / "data_batch_2"
    path.write_bytes(path.read_bytes().replace(b"numpy.core.multiarray", b"numpy._core.multiarray"))
    assert len(load(folder).X_train) == 5 * N


def batch(**changes):
    """Return a batch file's bytes, with some of its parts changed."""
    parts = {
        "title": "training batch",
        "images": np.ones((N, 3072), np.uint8),
        "labels": np.arange(N) % 10,
    }
    return synthetic.batch_file(**parts | changes)


def array(shape=(N, 3072), order=b"\x89", kind=b"u1", pixels=bytes(N * 3072)):
    """Return an array's part of a pickle: its order is \x89 by rows, \x88 by columns."""
    shape = b"(" + b"".join(map(synthetic._integer, shape)) + b"t"
    kind = b"cnumpy\ndtype\n(" + synthetic._string(kind) + b"tR"
    return RECONSTRUCT + b"(K\1" + shape + kind + order + synthetic._string(pixels) + b"tb"


def entries(**values):
    return synthetic._pickle({key.encode(): value for key, value in values.items()})


RECONSTRUCT = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\0tU\1btR"
LABELS = synthetic._list([synthetic._byte(0)] * N)
IMAGES = array()
STRING = synthetic._string(bytes(N))
# A tuple of two tuples of two tuples …, each kept and taken twice, takes 2⁶⁰ steps to hash, or to write down.
DOUBLED = b"K\0\x85\x94" + b"".join(b"h%ch%c\x86\x94" % (i, i) for i in range(60))
BAD_BATCHES = {
    "empty": (b"", "damaged or cut short"),
    "no pickle": (b"<html>Please log in</html>", "damaged or cut short"),
    "cut short": (batch()[:-1000], "damaged or cut short"),
    "another dictionary": (pickle.dumps({"data": 1}, 2), "lacks the entry data"),
    "no dictionary": (pickle.dumps([1], 2), "holds no dictionary"),
    "no images": (entries(labels=LABELS), "lacks the entry data"),
    "no labels": (entries(data=IMAGES), "lacks the entry labels"),
    "images are no array": (entries(data=STRING, labels=LABELS), "holds no array of images"),
    "images are a type": (entries(data=b"cnumpy\ndtype\n)R", labels=LABELS), "holds no array of images"),
    "an unfilled array": (entries(data=RECONSTRUCT, labels=LABELS), "holds no array of images"),
    "a short state": (entries(data=RECONSTRUCT + b"K\1\x85b", labels=LABELS), "holds no array of images"),
    "a made-up state": (entries(data=RECONSTRUCT + b"(K\1K\1K\1K\1K\1tb", labels=LABELS), "of no type"),
    "images of another width": (batch(images=np.ones((N, 3000), np.uint8)), "another shape"),
    "images of another rank": (entries(data=array((N, 3072, 1)), labels=LABELS), "another shape"),
    "no image": (batch(images=np.ones((0, 3072), np.uint8), labels=[]), "another shape"),
    "fewer than no image": (entries(data=array((-1, 3072)), labels=LABELS), "another shape"),
    "images of another type": (entries(data=array(kind=b"i1"), labels=LABELS), "another type than uint8"),
    "images of objects": (entries(data=array(kind=b"O"), labels=LABELS), "another type than uint8"),
    "images by columns": (entries(data=array(order=b"\x88"), labels=LABELS), "row by row"),
    "too few pixels": (entries(data=array((N + 1, 3072)), labels=LABELS), "all of them"),
    "enormous": (entries(data=array((2**31 - 1, 3072)), labels=LABELS), "all of them"),
    "a large table": (b"\x80\2}r\xff\xff\xff\x7f.", "lacks the entry data"),
    "a large buffer": (b"\x80\5\x96" + (2**33).to_bytes(8, "little") + b".", "damaged or cut short"),
    "a label missing": (batch(labels=np.zeros(N - 1, int)), "one label for each of its 20 images"),
    "a label too large": (batch(labels=[*range(10), *range(10, 20)]), "image 10 a label outside 0–9"),
    "a label of text": (
        entries(data=IMAGES, labels=synthetic._list([STRING] * N)),
        "image 0 a label outside 0–9",
    ),
    "labels are no list": (entries(data=IMAGES, labels=STRING), "one label for each"),
    "a key that takes ages to hash": (b"\x80\2]" + DOUBLED + b"}h<K\1s.", "a key that is no name"),
    "a long key": (synthetic._pickle({bytes(101): STRING}), "a key that is no name"),
    "a number as a key": (b"\x80\2}K\1K\1s.", "a key that is no name"),
    "a key without a value": (b"\x80\2}(K\1u.", "damaged or cut short"),
    "a function's name that takes ages to write": (b"\x80\4" + DOUBLED + b"h<\x93.", "damaged or cut short"),
    "text for a function": (b"\x80\2X\1\0\0\0a)R.", "damaged or cut short"),
    "arguments that are no tuple": (b"\x80\2cnumpy\ndtype\n]R.", "damaged or cut short"),
    "a call of what a call gives": (b"\x80\2cnumpy\ndtype\n)R)R.", "damaged or cut short"),
    "a state of no call": (b"\x80\2]K\1b.", "damaged or cut short"),
    "a state of a function": (b"\x80\2cnumpy\ndtype\nK\1b.", "damaged or cut short"),
    "items for no list": (b"\x80\2)K\1a.", "damaged or cut short"),
    "entries for no dictionary": (b"\x80\2]K\1K\1s.", "damaged or cut short"),
    "nothing kept": (b"\x80\2h\0.", "damaged or cut short"),
    "nothing on the stack": (b"\x80\2\x86.", "damaged or cut short"),
    "nothing marked": (b"\x80\2t.", "damaged or cut short"),
    "no end": (b"\x80\2}", "damaged or cut short"),
    "far more parts than images": (b"\x80\2" + b"}" * 10**5 + b".", "has more than 100,000 parts"),
    "nothing but an end": (b".", "damaged or cut short"),
    "a function alone": (b"\x80\2cnumpy\ndtype\n.", "holds no dictionary"),
    "an instance of Python 1": (b"(inumpy\ndtype\n.", "uses the opcode INST"),
    "a reference to elsewhere": (b"\x80\2K\1Q.", "uses the opcode BINPERSID"),
    "a function by its number": (b"\x80\2\x82\1.", "uses the opcode EXT1"),
    "a buffer from elsewhere": (b"\x80\5\x97.", "uses the opcode NEXT_BUFFER"),
    "title is a number": (
        entries(data=IMAGES, labels=LABELS, batch_label=synthetic._byte(1)),
        "batch_label that is not a byte string",
    ),
}


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("optimised", [True, False])
def test_what_python_pickles_is_read_as_python_reads_it(tmp_path, protocol, optimised):
    same = [1, "a"]
    content = {
        "numbers": [0, 1, -1, 255, 256, 65536, -(2**31), 2**31, 2**70, 0.5, -1e300, float("inf")],
        "text": ["", "a", "é" * 300, "\U0001f600"],
        "rest": [None, True, False, (), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), [], {}, {"a": {"b": [()]}}],
        "twice": [same, same],
        **({b"bytes": [b"", b"\xff", bytes(300)]} if protocol > 2 else {}),
    }
    pickled = pickle.dumps(content, protocol)
    path = tmp_path / "file"
    path.write_bytes(pickletools.optimize(pickled) if optimised else pickled)
    found, checksum = batch_files.unpickle(path)
    assert found == content
    assert list(map(type, found["rest"])) == list(map(type, content["rest"]))
    assert checksum == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_an_array_is_noted_and_not_made(tmp_path, protocol):
    """Python 3 has other functions called by protocols 2 and 5: they are refused."""
    image = np.arange(3072, dtype=np.uint8)[None] if protocol < 5 else np.ones((1, 3072), np.uint8)
    path = tmp_path / "file"
    path.write_bytes(pickle.dumps({b"data": image, b"labels": [3]}, protocol))
    if protocol in (3, 4):
        images, labels, mark = batch_files.read_batch(path)
        np.testing.assert_array_equal(images, image)
        assert (labels, mark.title) == ([3], "")
    else:
        with pytest.raises(DataError, match="asks to run"):
            batch_files.read_batch(path)


def test_the_bad_batches_are_bad_for_one_reason_only(folder):
    (folder / "data_batch_3").write_bytes(entries(data=IMAGES, labels=LABELS))
    cifar = load(folder)
    assert not cifar.X_train[cifar.batches[2]].any()


@pytest.mark.parametrize("name", ["data_batch_3", "test_batch"])
@pytest.mark.parametrize(("content", "fault"), BAD_BATCHES.values(), ids=BAD_BATCHES.keys())
def test_a_bad_batch_is_refused_by_name(folder, name, content, fault):
    (folder / name).write_bytes(content)
    with pytest.raises(DataError, match=f"{name} .*{fault}.*replace it"):
        load(folder)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"nothing", "damaged"),
        (synthetic.meta_file(["one", "two"], N), "does not name 10 classes"),
        (synthetic._pickle({b"label_names": synthetic._list([synthetic._byte(1)] * 10)}), "not byte strings"),
        (synthetic._pickle({b"num_vis": synthetic._byte(1)}), "lacks the entry label_names"),
        (synthetic.meta_file([*"123456789", "\x1b[2J"], N), "not printable or longer than 100 characters"),
        (synthetic.meta_file([*"123456789", 101 * "a"], N), "not printable or longer than 100 characters"),
    ],
)
def test_a_bad_meta_file_is_refused_by_name(folder, content, fault):
    (folder / "batches.meta").write_bytes(content)
    with pytest.raises(DataError, match=f"batches.meta .*{fault}.*replace it"):
        load(folder)


class Command:
    """Pickles into a command that makes a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.system, (f"touch '{self.path}'",)


def test_a_file_that_asks_for_a_command_does_not_get_it(folder, tmp_path):
    trace = tmp_path / "the command ran"
    content = pickle.dumps({"data": Command(trace)}, protocol=2)
    pickle.loads(content)
    assert trace.exists(), "this file would not have run anything anyway"
    trace.unlink()
    (folder / "data_batch_4").write_bytes(content)
    with pytest.raises(DataError, match=r"data_batch_4 asks to run '[a-z]+\.system'.*replace it"):
        load(folder)
    assert not trace.exists()


@pytest.mark.parametrize("asked", ["builtins eval", "numpy load", "numpy fromfile", "_codecs encode"])
@pytest.mark.parametrize("protocol", [2, 4])
def test_only_three_functions_are_to_be_had(folder, asked, protocol):
    module, name = asked.encode().split()
    opcode = b"c%s\n%s\n" if protocol == 2 else b"\x8c%c%s\x8c%c%s\x93"
    values = (module, name) if protocol == 2 else (len(module), module, len(name), name)
    (folder / "batches.meta").write_bytes(b"\x80%c" % protocol + opcode % values + b".")
    with pytest.raises(DataError, match=f"batches.meta asks to run '{asked.replace(' ', '.')}'"):
        load(folder)


def test_a_missing_file_is_named(folder):
    (folder / "data_batch_5").unlink()
    with pytest.raises(DataError, match="lacks data_batch_5: put"):
        load(folder)


def test_a_file_that_cannot_be_read_is_named(folder, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(batch_files.Path, "read_bytes", refuse)
    with pytest.raises(DataError, match=r"data_batch_1 cannot be read \(Permission denied\)"):
        load(folder)


@pytest.mark.parametrize("name", ["data_batch_1", "test_batch", "batches.meta"])
def test_a_file_that_is_far_too_long_is_not_read(folder, name):
    os.truncate(folder / name, 2**36)
    with pytest.raises(DataError, match=f"{name} has 68,719,476,736 bytes: it is not a file of CIFAR-10; replace it"):
        load(folder)


def test_a_file_that_vanishes_is_named(tmp_path):
    with pytest.raises(DataError, match=r"data_batch_1 cannot be read \(No such file or directory\)"):
        batch_files.read_batches([tmp_path / "data_batch_1"])
