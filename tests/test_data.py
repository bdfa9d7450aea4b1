import hashlib
import io
import os
import pickle
import socket
import subprocess
import sys
import tarfile
import threading
import tracemalloc
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
import requests

from twolayer import data, stand_in
from twolayer.data import DataError

N = 20  # images in each file of the small data sets


@pytest.fixture(autouse=True)
def room(tmp_path, monkeypatch):
    """Work in a data folder of our own, without a network, and generate small stand-ins only."""
    monkeypatch.setattr(data, "FOLDER", tmp_path / "data")
    monkeypatch.setattr(data, "URL", f"http://127.0.0.1:{closed_port()}/{data.ARCHIVE}")
    monkeypatch.setattr(stand_in, "write", partial(stand_in.write, n=N))
    for name in ("CIFAR10_DIR", "CIFAR10_URL"):
        monkeypatch.delenv(name, raising=False)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "127.0.0.1")
    return data.FOLDER


@pytest.fixture
def folder(write_batches, tmp_path):
    return write_batches(tmp_path / "elsewhere" / data.CIFAR10)


@pytest.fixture
def small(folder):
    return data.load(folder)


def closed_port():
    """Return a port of this machine at which nobody answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def listing(folder):
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


# Read


def test_a_good_folder_is_read_as_it_is(folder):
    cifar = data.load(folder)
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
    assert len(data.load(folder).X_train) == 5 * N


def batch(**changes):
    """Return a batch file's bytes, with some of its parts changed."""
    parts = {
        "title": "training batch",
        "images": np.ones((N, 3072), np.uint8),
        "labels": np.arange(N) % 10,
    }
    return stand_in.batch_file(**parts | changes)


def array(shape=(N, 3072), order=b"\x89", kind=b"u1", pixels=bytes(N * 3072)):
    """Return an array's part of a pickle: its order is \x89 by rows, \x88 by columns."""
    shape = b"(" + b"".join(map(stand_in._integer, shape)) + b"t"
    kind = b"cnumpy\ndtype\n(" + stand_in._string(kind) + b"tR"
    return RECONSTRUCT + b"(K\1" + shape + kind + order + stand_in._string(pixels) + b"tb"


def entries(**values):
    return stand_in._pickle({key.encode(): value for key, value in values.items()})


RECONSTRUCT = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\0tU\1btR"
LABELS = stand_in._list([stand_in._byte(0)] * N)
IMAGES = array()
STRING = stand_in._string(bytes(N))
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
    "a large table": (b"\x80\2}r\xff\xff\xff\x7f.", "asks for too much memory"),
    "a large buffer": (b"\x80\5\x96" + (2**33).to_bytes(8, "little") + b".", "damaged or cut short"),
    "a label missing": (batch(labels=np.zeros(N - 1, int)), "one label for each of its 20 images"),
    "a label too large": (batch(labels=[*range(10), *range(10, 20)]), "image 10 a label outside 0–9"),
    "a label of text": (
        entries(data=IMAGES, labels=stand_in._list([STRING] * N)),
        "image 0 a label outside 0–9",
    ),
    "labels are no list": (entries(data=IMAGES, labels=STRING), "one label for each"),
    "title is a number": (
        entries(data=IMAGES, labels=LABELS, batch_label=stand_in._byte(1)),
        "batch_label that is not a byte string",
    ),
}


def test_the_bad_batches_are_bad_for_one_reason_only(folder):
    (folder / "data_batch_3").write_bytes(entries(data=IMAGES, labels=LABELS))
    cifar = data.load(folder)
    assert not cifar.X_train[cifar.batches[2]].any()


@pytest.mark.parametrize("name", ["data_batch_3", "test_batch"])
@pytest.mark.parametrize(("content", "fault"), BAD_BATCHES.values(), ids=BAD_BATCHES.keys())
def test_a_bad_batch_is_refused_by_name(folder, name, content, fault):
    (folder / name).write_bytes(content)
    with pytest.raises(DataError, match=f"{name} .*{fault}.*replace it"):
        data.load(folder)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"nothing", "damaged"),
        (stand_in.meta_file(["one", "two"], N), "does not name 10 classes"),
        (stand_in._pickle({b"label_names": stand_in._list([stand_in._byte(1)] * 10)}), "not byte strings"),
        (stand_in._pickle({b"num_vis": stand_in._byte(1)}), "lacks the entry label_names"),
    ],
)
def test_a_bad_meta_file_is_refused_by_name(folder, content, fault):
    (folder / "batches.meta").write_bytes(content)
    with pytest.raises(DataError, match=f"batches.meta .*{fault}.*replace it"):
        data.load(folder)


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
        data.load(folder)
    assert not trace.exists()


@pytest.mark.parametrize("asked", ["builtins eval", "numpy load", "numpy fromfile", "_codecs encode"])
@pytest.mark.parametrize("protocol", [2, 4])
def test_only_three_functions_are_to_be_had(folder, asked, protocol):
    module, name = asked.encode().split()
    opcode = b"c%s\n%s\n" if protocol == 2 else b"\x8c%c%s\x8c%c%s\x93"
    values = (module, name) if protocol == 2 else (len(module), module, len(name), name)
    (folder / "batches.meta").write_bytes(b"\x80%c" % protocol + opcode % values + b".")
    with pytest.raises(DataError, match=f"batches.meta asks to run '{asked.replace(' ', '.')}'"):
        data.load(folder)


def test_a_missing_file_is_named(folder):
    (folder / "data_batch_5").unlink()
    with pytest.raises(DataError, match="lacks data_batch_5: put"):
        data.load(folder)


def test_a_file_that_cannot_be_read_is_named(folder, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(data.Path, "read_bytes", refuse)
    with pytest.raises(DataError, match=r"data_batch_1 cannot be read \(Permission denied\)"):
        data.load(folder)


# Provenance


def test_other_files_than_the_canonical_ones_are_said_to_be(small):
    provenance = small.provenance
    assert provenance.kind == "not canonical"
    assert "checksums differ: data_batch_1, data_batch_2" in provenance.statement
    assert "100 training and 20 test images instead of 50,000 and 10,000" in provenance.statement
    assert provenance.note == "CIFAR-10, but not from the canonical files."


def test_files_with_the_canonical_checksums_are_canonical(folder, monkeypatch):
    checksums = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
    monkeypatch.setattr(data, "CHECKSUMS", checksums)
    provenance = data.load(folder).provenance
    assert (provenance.kind, provenance.note) == ("canonical", "")
    assert "all checksums match" in provenance.statement


def test_one_other_file_is_enough_and_is_named(folder, monkeypatch):
    checksums = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
    monkeypatch.setattr(data, "CHECKSUMS", checksums | {"data_batch_2": "0" * 64})
    provenance = data.load(folder).provenance
    assert provenance.kind == "not canonical"
    assert "(checksums differ: data_batch_2)" in provenance.statement


def test_full_sets_of_images_are_not_counted_out():
    marks = [data.Mark(name, "0" * 64, "") for name in data.FILES]
    assert data.describe(marks, 50_000, 10_000).statement.endswith("the canonical data.")


def test_a_stand_in_is_known_wherever_it_lies(write_batches, tmp_path):
    copy = write_batches(tmp_path / data.CIFAR10, title="stand-in batch 1 of 5")
    provenance = data.load(copy).provenance
    assert provenance.kind == "stand-in"
    assert provenance.statement.startswith("NOT CIFAR-10")
    assert provenance.note == "Not CIFAR-10: generated images."


def test_the_fingerprint_follows_the_files_and_not_their_place(write_batches, tmp_path):
    a, b, c = (write_batches(tmp_path / name, seed=seed) for name, seed in (("a", 1), ("b", 1), ("c", 2)))
    a, b, c = (data.load(folder).provenance.fingerprint for folder in (a, b, c))
    assert a == b != c


# Split and standardise


def test_moments_are_those_of_numpy():
    images = np.random.default_rng(0).integers(256, size=(2500, 7), dtype=np.uint8)
    rows = np.arange(1, 2400)
    mean, std = data.moments(images, rows)
    np.testing.assert_allclose(mean, (images[rows] / 255).mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(std, (images[rows] / 255).std(axis=0), rtol=1e-12)


def test_a_constant_pixel_becomes_zero():
    images = np.full((10, 1), 77, np.uint8)
    mean, std = data.moments(images, np.arange(10))
    assert std == 0
    np.testing.assert_allclose(data.standardise(images, mean, std, np.arange(10)), 0, atol=1e-7)


def test_standardised_images_are_bytes_until_they_are_asked_for():
    images = np.random.default_rng(0).integers(256, size=(2000, 3072), dtype=np.uint8)
    mean, std = data.moments(images, np.arange(2000))
    tracemalloc.start()
    try:
        X = data.standardise(images, mean, std, np.arange(2000))
        X[np.arange(10)]
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 0.1 * images.nbytes
    assert (X.shape, len(X), X.ndim, X.dtype) == ((2000, 3072), 2000, 2, np.float32)


@pytest.mark.parametrize("rows", [slice(3, 9), np.array([5, 2, 2]), [1], slice(None)])
def test_any_rows_of_standardised_images_are_those_of_the_whole(small, rows):
    X = small.split(train=range(60), validation=range(60, 100)).X_train
    assert X[rows].dtype == np.float32
    np.testing.assert_array_equal(X[rows], np.asarray(X)[rows])
    np.testing.assert_allclose(np.asarray(X, dtype=float)[rows], X[rows], rtol=1e-6)


def test_the_training_split_has_mean_zero_and_deviation_one(small):
    split = small.split(train=range(60), validation=range(60, 100))
    np.testing.assert_allclose(np.mean(split.X_train, axis=0, dtype=float), 0, atol=1e-6)
    np.testing.assert_allclose(np.std(split.X_train, axis=0, dtype=float), 1, atol=1e-6)


def test_all_is_standardised_with_the_training_split(small):
    split = small.split(train=range(60), validation=range(60, 100))
    train = small.X_train[:60] / 255
    for X, images in ((split.X_validation, small.X_train[60:]), (split.X_test, small.X_test)):
        assert X.dtype == np.float32
        np.testing.assert_allclose(X, (images / 255 - train.mean(axis=0)) / train.std(axis=0), atol=1e-5)
    np.testing.assert_allclose(split.mean, train.mean(axis=0))
    np.testing.assert_allclose(split.std, train.std(axis=0))


def test_labels_stay_with_their_images(small):
    batch_1, batch_2 = small.batches[:2]
    split = small.split(train=batch_1[:10], validation=batch_2[:5], test=range(3))
    assert split.y_train.tolist() == small.y_train[:10].tolist()
    assert split.y_validation.tolist() == small.y_train[N : N + 5].tolist()
    assert split.y_test.tolist() == small.y_test[:3].tolist()
    assert [len(X) for X in (split.X_train, split.X_validation, split.X_test)] == [10, 5, 3]
    assert (split.n_classes, split.class_names) == (10, small.class_names)


@pytest.mark.parametrize(
    ("train", "validation"), [(range(60), range(59, 100)), (range(50, 60), range(100)), (range(9), range(9))]
)
def test_no_image_is_in_two_splits(small, train, validation):
    with pytest.raises(ValueError, match="would be validation images as well"):
        small.split(train=train, validation=validation)


@pytest.mark.parametrize("train", [range(90, 101), range(-5, 5), np.array([3, 100])])
def test_a_split_does_not_leave_the_data(small, train):
    with pytest.raises(ValueError, match=f"Images {min(train)} to {max(train)} are not all among the images 0 to 99"):
        small.split(train=train, validation=range(60, 70))


def test_no_image_is_named_twice(small):
    with pytest.raises(ValueError, match="each image of a split once"):
        small.split(train=[1, 2, 1], validation=range(60, 70))


def test_a_split_may_name_images_one_by_one(small):
    split = small.split(train=[7, 3, 50], validation=range(60, 70))
    whole = small.X_train[[7, 3, 50]] / 255
    np.testing.assert_allclose(split.X_train, (whole - split.mean) / split.std, atol=1e-5)
    assert split.y_train.tolist() == small.y_train[[7, 3, 50]].tolist()


def test_a_random_split_takes_every_image_once(small):
    split = small.random_split(30, np.random.default_rng(1))
    rows = np.concatenate([split.X_train.rows, split.X_validation.rows])
    assert sorted(rows) == list(range(100))
    assert len(split.X_validation) == 30
    other = small.random_split(30, np.random.default_rng(2))
    assert set(other.X_validation.rows) != set(split.X_validation.rows)
    assert other.fingerprint != split.fingerprint


def test_a_split_of_nothing_is_refused(small):
    with pytest.raises(ValueError, match="no training image"):
        small.split(train=range(0), validation=range(5))


def test_each_split_has_its_fingerprint(small, write_batches, tmp_path):
    other = data.load(write_batches(tmp_path / "other", seed=1))
    fingerprints = [
        small.split(train=range(50), validation=range(50, 60)).fingerprint,
        small.split(train=range(50), validation=range(50, 61)).fingerprint,
        small.split(train=range(49), validation=range(50, 60)).fingerprint,
        other.split(train=range(50), validation=range(50, 60)).fingerprint,
    ]
    assert len(set(fingerprints)) == 4
    assert small.split(train=range(50), validation=range(50, 60)).fingerprint == fingerprints[0]


# Find


def test_the_folder_of_the_variable_comes_first(folder, room, write_batches, monkeypatch):
    write_batches(room / data.CIFAR10)
    monkeypatch.setenv("CIFAR10_DIR", str(folder))
    assert data.find() == folder
    monkeypatch.setenv("CIFAR10_DIR", "")
    assert data.find() == room / data.CIFAR10


def test_the_folder_of_the_variable_may_hold_the_folder(folder, monkeypatch):
    monkeypatch.setenv("CIFAR10_DIR", str(folder.parent))
    assert data.find() == folder


def test_the_folder_of_the_variable_is_found_from_everywhere(folder, monkeypatch):
    monkeypatch.chdir(folder.parent)
    monkeypatch.setenv("CIFAR10_DIR", folder.name)
    assert data.find() == folder


@pytest.mark.parametrize("level", ["folder", "folder in the folder"])
def test_a_variable_s_folder_without_a_file_is_an_error(folder, room, write_batches, monkeypatch, level):
    write_batches(room / data.CIFAR10)
    (folder / "test_batch").unlink()
    monkeypatch.setenv("CIFAR10_DIR", str(folder if level == "folder" else folder.parent))
    with pytest.raises(DataError, match=f"{folder} lacks test_batch"):
        data.find()


def test_a_variable_that_names_no_folder_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setenv("CIFAR10_DIR", str(tmp_path / "nowhere"))
    with pytest.raises(DataError, match=r"CIFAR10_DIR names .*nowhere, which is not a folder"):
        data.find()


def test_an_incomplete_folder_in_data_is_an_error(room, write_batches):
    (write_batches(room / data.CIFAR10) / "batches.meta").unlink()
    with pytest.raises(DataError, match=r"lacks batches\.meta: .*remove it to have it made again"):
        data.find()


def test_what_is_in_data_is_not_downloaded(room, write_batches, monkeypatch):
    write_batches(room / data.CIFAR10)
    monkeypatch.setattr(data, "downloaded", lambda: pytest.fail("asked the network"))
    assert data.find() == room / data.CIFAR10


def test_without_a_network_a_stand_in_is_generated_and_found_again(room, capsys, monkeypatch):
    found = data.find()
    assert found == room / data.STAND_IN
    assert data.load(found).provenance.kind == "stand-in"
    said = capsys.readouterr()
    assert "cannot be reached (ConnectionError)" in said.err
    assert "A generated stand-in takes the place of CIFAR-10." in said.err
    assert said.out == ""
    monkeypatch.setattr(stand_in, "write", lambda folder: pytest.fail("generated twice"))
    assert data.find() == found
    assert listing(room) == [data.STAND_IN]


def test_a_silent_network_is_given_up(room, monkeypatch):
    over = threading.Event()
    monkeypatch.setattr(data.requests, "head", lambda *args, **options: over.wait(60))
    monkeypatch.setattr(data, "ANSWER_WITHIN", 0.01)
    try:
        assert data.unreachable("http://silent.invalid") == "no answer in 0.01 seconds"
        assert data.find() == room / data.STAND_IN
    finally:
        over.set()


def test_a_missing_network_is_found_out_in_time():
    assert data.ANSWER_WITHIN <= 12


def test_cifar10_refuses_to_generate_a_stand_in(room):
    with pytest.raises(DataError, match="cannot be downloaded: connect to a network, or set CIFAR10_DIR"):
        data.find("cifar10")
    assert listing(room) == []


def test_cifar10_refuses_a_stand_in_that_is_there(write_batches, tmp_path, monkeypatch):
    copy = write_batches(tmp_path / "copy", title="stand-in batch 1 of 5")
    monkeypatch.setenv("CIFAR10_DIR", str(copy))
    with pytest.raises(DataError, match="copy holds a generated stand-in: set CIFAR10_DIR"):
        data.load(choice="cifar10")


def test_stand_in_ignores_the_other_places(folder, room, write_batches, monkeypatch):
    write_batches(room / data.CIFAR10)
    monkeypatch.setenv("CIFAR10_DIR", str(folder))
    assert data.find("stand-in") == room / data.STAND_IN


def test_another_choice_is_refused():
    with pytest.raises(DataError, match="no data set 'mnist': choose one of auto, cifar10, stand-in"):
        data.find("mnist")


def test_an_interrupted_generation_leaves_nothing(room, monkeypatch):
    def interrupted(folder):
        folder.mkdir()
        for name in data.FILES:
            (folder / name).write_bytes(b"")
        raise KeyboardInterrupt

    monkeypatch.setattr(stand_in, "write", interrupted)
    with pytest.raises(KeyboardInterrupt):
        data.find("stand-in")
    assert listing(room) == []


def test_a_process_that_was_faster_is_no_error(room, write_batches):
    def slower(folder):
        write_batches(folder)
        write_batches(room / data.STAND_IN)

    assert data.make(data.STAND_IN, slower) == room / data.STAND_IN
    assert listing(room) == [data.STAND_IN]


def test_a_data_folder_that_cannot_be_written_to_is_an_error(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setattr(data, "FOLDER", tmp_path / "file" / "data")
    with pytest.raises(DataError, match=r"file/data cannot be written to \(Not a directory\): make room"):
        data.find("stand-in")


# Download


class Handler(BaseHTTPRequestHandler):
    """Gives the server's archive, whole or as its `manner` is."""

    def do_HEAD(self):
        self.answer()

    def do_GET(self):
        self.answer()
        if self.server.manner == "whole":
            self.wfile.write(self.server.archive)
        elif self.server.manner != "missing":
            self.wfile.write(self.server.archive[:1000])
        if self.server.manner == "stalled":
            self.wfile.flush()
            self.server.over.wait(60)

    def answer(self):
        self.send_response(404 if self.server.manner == "missing" else 200)
        self.send_header("Content-Length", 0 if self.server.manner == "missing" else len(self.server.archive))
        self.end_headers()

    def log_message(self, *args):
        pass


def pack(folder, extra=()):
    """Return the folder as an archive, with more members in it."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name in listing(folder):
            tar.add(folder / name, f"{data.CIFAR10}/{name}")
        for member in extra:
            tar.addfile(member)
    return buffer.getvalue()


@pytest.fixture
def server(folder, monkeypatch):
    """Serve a small archive in place of the canonical one."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.manner, server.over = "whole", threading.Event()

        def give(archive):
            server.archive = archive
            monkeypatch.setattr(data, "ARCHIVE_SHA256", hashlib.sha256(archive).hexdigest())

        server.give = give
        give(pack(folder))
        monkeypatch.setattr(data, "URL", f"http://127.0.0.1:{server.server_port}/{data.ARCHIVE}")
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.over.set()
        server.shutdown()
        thread.join()


def test_cifar10_is_downloaded_and_kept_without_its_archive(server, folder, room, capsys):
    found = data.find("cifar10")
    assert found == room / data.CIFAR10
    assert listing(room) == [data.CIFAR10]
    assert listing(found) == sorted(data.FILES)
    assert all((found / name).read_bytes() == (folder / name).read_bytes() for name in data.FILES)
    assert f"{data.ARCHIVE}: 100%" in capsys.readouterr().err


def test_the_address_can_be_overridden(server, room, monkeypatch):
    monkeypatch.setenv("CIFAR10_URL", f"http://127.0.0.1:{server.server_port}/mirror.tar.gz")
    monkeypatch.setattr(data, "URL", f"http://127.0.0.1:{closed_port()}/")
    assert data.find() == room / data.CIFAR10


def test_only_the_files_of_the_data_set_are_unpacked(server, folder, room, tmp_path):
    link = tarfile.TarInfo(f"{data.CIFAR10}/link")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc"
    names = ("../escaped", str(tmp_path / "escaped"), f"{data.CIFAR10}/readme.html", "data_batch_1")
    server.give(pack(folder, [link, *map(tarfile.TarInfo, names)]))
    assert listing(data.find()) == sorted(data.FILES)
    assert listing(room) == [data.CIFAR10]
    assert listing(tmp_path) == ["data", "elsewhere"]


def test_a_link_in_place_of_a_file_is_not_followed(server, folder, room):
    link = tarfile.TarInfo(f"{data.CIFAR10}/test_batch")
    link.type, link.linkname = tarfile.SYMTYPE, str(folder / "data_batch_1")
    (folder / "test_batch").unlink()
    server.give(pack(folder, [link]))
    with pytest.raises(DataError, match=f"{data.ARCHIVE} lacks test_batch"):
        data.find()
    assert listing(room) == []


def test_a_wrong_checksum_is_an_error_and_nothing_is_kept(server, room, monkeypatch):
    monkeypatch.setattr(data, "ARCHIVE_SHA256", "0" * 64)
    with pytest.raises(DataError, match=rf"gave another {data.ARCHIVE} \(wrong checksum\).*CIFAR10_DIR"):
        data.find()
    assert listing(room) == []


@pytest.mark.parametrize("manner", ["cut", "stalled"])
def test_a_download_that_breaks_off_is_an_error_and_nothing_is_kept(server, room, monkeypatch, manner):
    server.manner = manner
    monkeypatch.setattr(data, "STALLED_AFTER", 0.2)
    with pytest.raises(DataError, match=rf"download of http.*{data.ARCHIVE} broke off .*try again"):
        data.find()
    assert listing(room) == []


def test_a_wrong_address_is_an_error(server, room, monkeypatch):
    server.manner = "missing"
    with pytest.raises(DataError, match=rf"{data.ARCHIVE} answered 404 Not Found: set CIFAR10_URL"):
        data.find()
    assert listing(room) == []


@pytest.mark.parametrize("url", ["http://127.0.0.1:{port}/x.tar.gz", "no-scheme/x.tar.gz", "ftp://127.0.0.1"])
def test_an_own_address_that_cannot_be_reached_is_an_error(room, monkeypatch, url):
    url = url.format(port=closed_port())
    monkeypatch.setenv("CIFAR10_URL", url)
    with pytest.raises(DataError, match=f"CIFAR10_URL names {url}; it cannot be reached"):
        data.find()
    assert listing(room) == []


def test_a_full_disk_is_an_error_and_nothing_is_kept(server, room, monkeypatch):
    def full(source, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(data.shutil, "copyfileobj", full)
    with pytest.raises(DataError, match=r"data cannot be written to \(No space left on device\): make room"):
        data.find()
    assert listing(room) == []


def test_an_interrupted_download_leaves_nothing(server, room, monkeypatch):
    def interrupted(*args, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(data.shutil, "copyfileobj", interrupted)
    with pytest.raises(KeyboardInterrupt):
        data.find()
    assert listing(room) == []


def test_the_proxies_of_the_environment_are_asked(monkeypatch):
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{closed_port()}")
    assert data.unreachable("http://cifar.invalid/") == requests.exceptions.ProxyError.__name__


# The command


def test_the_command_prints_what_it_found(folder, monkeypatch, capsys):
    monkeypatch.setenv("CIFAR10_DIR", str(folder))
    assert data.main([]) == 0
    said = capsys.readouterr()
    assert said.out == f"report:{folder}\n"
    assert "its files are not the canonical ones" in said.err


def test_the_command_tells_a_stand_in_from_cifar10(room, capsys, monkeypatch):
    assert data.main(["stand-in"]) == 0
    assert capsys.readouterr().out == f"stand-in:{room / data.STAND_IN}\n"
    monkeypatch.setenv("CIFAR10_DIR", str(room / data.STAND_IN))
    assert data.main(["auto"]) == 0
    said = capsys.readouterr()
    assert said.out == f"stand-in:{room / data.STAND_IN}\n"
    assert "NOT CIFAR-10" in said.err


def test_the_command_fails_in_one_sentence(capsys):
    assert data.main(["cifar10"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines()[-1].startswith("error: CIFAR-10 is not in")


def test_the_command_verifies_what_it_found(folder, monkeypatch, capsys):
    (folder / "test_batch").write_bytes(batch()[:5000])
    monkeypatch.setenv("CIFAR10_DIR", str(folder))
    assert data.main([]) == 1
    assert "test_batch is damaged or cut short" in capsys.readouterr().err


def test_the_command_can_be_interrupted(monkeypatch, capsys):
    def interrupted(choice):
        raise KeyboardInterrupt

    monkeypatch.setattr(data, "find", interrupted)
    assert data.main([]) == 130
    assert "Interrupted: nothing half-made was kept" in capsys.readouterr().err


@pytest.mark.parametrize("whole", [True, False])
def test_the_command_runs_as_a_module(folder, whole):
    if not whole:
        (folder / "data_batch_1").unlink()
    run = subprocess.run(
        [sys.executable, "-m", "twolayer.data"],
        env=os.environ | {"CIFAR10_DIR": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == (0 if whole else 1)
    assert run.stdout == (f"report:{folder}\n" if whole else "")
    assert "Traceback" not in run.stderr
    assert whole or run.stderr.startswith(f"error: {folder} lacks data_batch_1")
