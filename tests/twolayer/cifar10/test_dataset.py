import copy
import hashlib
import os
import pickle
import re
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest

from tests import data_room
from tests.bounds import BOUND
from tests.data_room import N
from twolayer.cifar10 import DataError, locate
from twolayer.cifar10.__main__ import main
from twolayer.cifar10.batch_files import CIFAR10, FILES
from twolayer.cifar10.dataset import Dataset, Provenance
from twolayer.cifar10.load import describe, load
from twolayer.images import moments, standardise


@pytest.fixture(autouse=True)
def room(tmp_path, monkeypatch):
    return data_room.move_in(tmp_path, monkeypatch)


@pytest.fixture
def folder(write_batches, tmp_path):
    return write_batches(tmp_path / "elsewhere" / CIFAR10)


@pytest.fixture
def small(folder):
    return load(folder)


# Provenance


def test_files_with_other_checksums_are_reported(small):
    provenance = small.provenance
    assert provenance.kind == "not canonical"
    assert "checksums differ: data_batch_1, data_batch_2" in provenance.statement
    assert "100 training and 20 test images instead of 50,000 and 10,000" in provenance.statement
    assert provenance.note == "CIFAR-10, but not from the canonical files."


def test_files_with_the_canonical_checksums_are_canonical(folder, monkeypatch):
    checksums = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
    monkeypatch.setattr("twolayer.cifar10.load.CHECKSUMS", checksums)
    provenance = load(folder).provenance
    assert (provenance.kind, provenance.note) == ("canonical", "")
    assert "all checksums match" in provenance.statement


def test_a_single_file_with_another_checksum_is_named(folder, monkeypatch):
    checksums = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
    monkeypatch.setattr("twolayer.cifar10.load.CHECKSUMS", checksums | {"data_batch_2": "0" * 64})
    provenance = load(folder).provenance
    assert provenance.kind == "not canonical"
    assert "(checksums differ: data_batch_2)" in provenance.statement


@pytest.mark.parametrize(("source", "target"), [("test_batch", "data_batch_3"), ("data_batch_1", "data_batch_5")])
def test_an_image_in_two_files_is_refused(folder, source, target):
    (folder / target).write_bytes((folder / source).read_bytes())
    first, second = sorted((source, target), key=FILES.index)
    sentence = (
        f"{folder / first} has image 0 and {second} has image 0, which are the same: "
        "no image may be in two files; replace one of them."
    )
    with pytest.raises(DataError, match=f"^{re.escape(sentence)}$"):
        load(folder)


def test_complete_sets_of_images_are_described_without_counts():
    found = describe(["0" * 64] * len(FILES), ["airplane"], (50_000, 10_000))
    assert found.statement.endswith("the canonical data.")


def test_a_copied_stand_in_is_recognised(write_batches, tmp_path):
    copy = write_batches(tmp_path / CIFAR10, class_names=[f"stand-in {i}" for i in range(10)])
    provenance = load(copy).provenance
    assert provenance.kind == "stand-in"
    assert provenance.statement.startswith("NOT CIFAR-10")
    assert provenance.note == "Not CIFAR-10: generated images."


def test_the_fingerprint_depends_on_the_files_and_not_on_the_folder(write_batches, tmp_path):
    a, b, c = (write_batches(tmp_path / name, seed=seed) for name, seed in (("a", 1), ("b", 1), ("c", 2)))
    a, b, c = (load(folder).provenance.fingerprint for folder in (a, b, c))
    assert a == b != c


# Split and standardise


def test_moments_agree_with_numpy():
    images = np.random.default_rng(0).integers(256, size=(2500, 7), dtype=np.uint8)
    rows = np.arange(1, 2400)
    mean, std = moments(images, rows)
    np.testing.assert_allclose(mean, (images[rows] / 255).mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(std, (images[rows] / 255).std(axis=0), rtol=1e-12)


@pytest.mark.parametrize("n", [1, 2, 3, 999, 1000, 1001, 3001])
@pytest.mark.parametrize("value", [0, 1, 77, 255])
def test_constant_pixels_have_zero_deviation_and_become_zero(n, value):
    images = np.full((n, 5), value, np.uint8)
    mean, std = moments(images, np.arange(n))
    assert mean.tolist() == [value / 255] * 5
    assert std.tolist() == [0] * 5
    np.testing.assert_allclose(standardise(images, mean, std, np.arange(n)), 0, atol=1e-7)


def test_a_pixel_that_is_constant_in_training_is_not_divided():
    images = np.array([[7, 0], [7, 255], [9, 255]], np.uint8)
    X = standardise(images, *moments(images, np.arange(2)), np.arange(3))
    np.testing.assert_allclose(X, [[0, -1], [0, 1], [2 / 255, 1]], atol=1e-6)


def test_a_pixel_that_changes_once_is_divided_by_its_small_deviation():
    images = np.full((1000, 1), 200, np.uint8)
    images[5] = 201
    X = standardise(images, *moments(images, np.arange(1000)), np.arange(1000))
    expected = (images - images.mean()) / images.std()
    np.testing.assert_allclose(X, expected, atol=1e-3)  # differences of numbers near 6,000 in single precision


def dataset(images, labels=None, test=None):
    """Return a data set of these images, which are also its test images unless others are given."""
    labels = np.arange(len(images)) % 10 if labels is None else labels
    test = images if test is None else test
    provenance = Provenance("not canonical", "Made up.", "Made up.", "fingerprint")
    ranges = (range(len(images)),)
    return Dataset(images, labels, test, np.zeros(len(test), int), ranges, tuple("0123456789"), provenance)


def test_one_training_image_becomes_zero_and_the_others_are_shifted_by_it():
    images = np.random.default_rng(0).integers(256, size=(4, 3072), dtype=np.uint8)
    split = dataset(images).split(train=[2], validation=[0, 3])
    np.testing.assert_allclose(split.X_train, np.zeros((1, 3072)), atol=1e-7)
    np.testing.assert_allclose(split.X_validation, (images[[0, 3]] / 255) - images[2] / 255, atol=1e-6)
    assert not split.std.any()


def test_identical_images_become_zero():
    split = dataset(np.full((6, 3072), 130, np.uint8)).split(train=range(3), validation=range(3, 6))
    for X in (split.X_train, split.X_validation, split.X_test):
        assert np.isfinite(X).all()
        np.testing.assert_allclose(X, 0, atol=1e-7)


def test_a_class_without_training_images_stays_a_class():
    labels = np.array([0, 1, 1, 0, 9, 9])
    split = dataset(np.eye(6, 3072, dtype=np.uint8), labels).split(train=range(4), validation=[4, 5])
    assert split.n_classes == 10
    assert split.y_validation.tolist() == [9, 9]


def test_validation_and_test_may_be_empty(small):
    split = small.split(train=range(10), validation=[], test=np.array([], int))
    assert split.X_validation.shape == split.X_test.shape == (0, 3072)
    assert np.asarray(split.X_validation).shape == (0, 3072)
    assert split.y_test.shape == (0,)


def as_memmap(images, path):
    """Return the same images as a read-only memory map of a file."""
    np.save(path, images)
    return np.load(path, mmap_mode="r")


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("mapped", [True, False])
def test_the_memory_layout_of_the_images_does_not_matter(tmp_path, order, mapped):
    images = np.random.default_rng(0).integers(256, size=(50, 3072), dtype=np.uint8)
    other = np.asarray(images, order=order)
    other = as_memmap(other, tmp_path / "images.npy") if mapped else other
    other.flags.writeable = False
    split, expected = (dataset(X).split(train=range(30), validation=range(30, 50)) for X in (other, images))
    assert split.fingerprint == expected.fingerprint
    np.testing.assert_array_equal(split.mean, expected.mean)
    np.testing.assert_array_equal(split.std, expected.std)
    for rows in (3, slice(2, 9), [4, 1], slice(None)):
        X = split.X_train[rows]
        assert type(X) is np.ndarray
        assert X.flags.writeable
        np.testing.assert_array_equal(X, expected.X_train[rows])


def test_standardised_images_stay_bytes_until_they_are_indexed():
    images = np.random.default_rng(0).integers(256, size=(2000, 3072), dtype=np.uint8)
    mean, std = moments(images, np.arange(2000))
    tracemalloc.start()
    try:
        X = standardise(images, mean, std, np.arange(2000))
        X[np.arange(10)]
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 0.1 * images.nbytes
    assert (X.shape, len(X), X.ndim, X.dtype) == ((2000, 3072), 2000, 2, np.float32)


@pytest.mark.parametrize(
    "rows",
    [
        *(slice(3, 9), slice(None), slice(None, None, -7), slice(50, 999), np.array([5, 2, 2]), [1], []),
        *(0, -1, np.int8(-3), np.uint64(3), (3,), (), ..., (...,), ([1, 2], ...), None, (None, ...)),
        *(np.arange(60) % 7 == 0, np.zeros(60, bool), np.array([[0, 1], [2, 3]]), np.array(5), range(3)),
    ],
    ids=lambda rows: " ".join(repr(rows)[:20].split()),
)
def test_indexing_agrees_with_indexing_the_whole_array(small, rows):
    X = small.split(train=range(60), validation=range(60, 100)).X_train
    assert X[rows].dtype == np.float32
    np.testing.assert_array_equal(X[rows], np.asarray(X)[rows])
    np.testing.assert_allclose(np.asarray(X, dtype=float)[rows], X[rows], rtol=1e-6)


@pytest.mark.parametrize(
    "index",
    [
        (0, 5),
        (slice(None), 5),
        (slice(2, 9), slice(5)),
        (slice(None), [3, 4]),
        (..., 5),
        (slice(3), ...),
        (None, slice(None)),
        ([1, 2], [3, 4]),
    ],
    ids=str,
)
def test_images_and_pixels_are_indexed_as_in_an_array(small, index):
    X = small.split(train=range(60), validation=range(60, 100)).X_train
    np.testing.assert_array_equal(X[index], np.asarray(X)[index])


def test_what_an_array_can_do_images_can(small):
    X = small.split(train=range(60), validation=range(60, 100)).X_train
    np.testing.assert_array_equal(X.mean(axis=0), np.asarray(X).mean(axis=0))
    assert X.reshape(-1, 3, 32, 32).shape == (60, 3, 32, 32)
    assert (X.size, X.T.shape, X.max() > 0) == (60 * 3072, (3072, 60), True)
    assert copy.deepcopy(X).shape == pickle.loads(pickle.dumps(X)).shape == X.shape
    for name in ("iloc", "toarray", "__dataframe__"):
        assert not hasattr(X, name)


def test_a_single_image_can_be_shown(small):
    X = small.split(train=range(60), validation=range(60, 100)).X_validation
    picture = X.picture(2)
    assert (picture.shape, picture.dtype) == ((32, 32, 3), np.uint8)
    np.testing.assert_array_equal(picture[..., 1].ravel(), small.X_train[62][1024:2048])


@pytest.mark.parametrize("rows", [60, -61, [60], np.ones(59, bool), 1.5, "a", [0.5], 10**30])
def test_an_index_out_of_range_is_an_error(small, rows):
    with pytest.raises(IndexError, match=r"out of bounds|did not match|valid indices"):
        small.split(train=range(60), validation=range(60, 100)).X_train[rows]


def test_images_can_be_iterated(small):
    X = small.split(train=range(60), validation=range(60, 100)).X_train
    np.testing.assert_array_equal(np.stack(list(X)), X)


def test_standardised_images_as_an_array_are_a_copy(small):
    X = small.split(train=range(60), validation=range(60, 100)).X_train
    with pytest.raises(ValueError, match="become an array only as a copy"):
        np.asarray(X, copy=False)


def test_the_training_split_has_mean_zero_and_deviation_one(small):
    split = small.split(train=range(60), validation=range(60, 100))
    np.testing.assert_allclose(np.mean(split.X_train, axis=0, dtype=float), 0, atol=1e-6)
    np.testing.assert_allclose(np.std(split.X_train, axis=0, dtype=float), 1, atol=1e-6)


def test_all_splits_are_standardised_with_the_training_split(small):
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
    with pytest.raises(ValueError, match="are also validation images: remove them"):
        small.split(train=train, validation=validation)


@pytest.mark.parametrize("train", [range(90, 101), range(-5, 5), np.array([3, 100])])
def test_an_image_out_of_range_is_refused(small, train):
    with pytest.raises(ValueError, match=r"are not distinct indices, integers from 0 to 99\.$"):
        small.split(train=train, validation=range(60, 70))


def test_a_repeated_image_is_refused(small):
    with pytest.raises(ValueError, match="are not distinct indices"):
        small.split(train=[1, 2, 1], validation=range(60, 70))


def test_a_split_takes_any_list_of_images(small):
    split = small.split(train=[7, 3, 50], validation=range(60, 70))
    whole = small.X_train[[7, 3, 50]] / 255
    np.testing.assert_allclose(split.X_train, (whole - split.mean) / split.std, atol=1e-5)
    assert split.y_train.tolist() == small.y_train[[7, 3, 50]].tolist()


def test_a_random_split_has_every_image_once(small):
    split = small.random_split(30, np.random.default_rng(1))
    rows = np.concatenate([split.X_train.rows, split.X_validation.rows])
    assert sorted(rows) == list(range(100))
    assert len(split.X_validation) == 30
    assert small.random_split(np.float64(30), np.random.default_rng(1)).fingerprint == split.fingerprint
    other = small.random_split(30, np.random.default_rng(2))
    assert set(other.X_validation.rows) != set(split.X_validation.rows)
    assert other.fingerprint != split.fingerprint


def test_a_split_without_training_images_is_refused(small):
    with pytest.raises(ValueError, match="train is empty: give at least one"):
        small.split(train=range(0), validation=range(5))


@pytest.mark.parametrize(
    "images",
    [np.ones(100, bool), [True, False], [0.5, 1.5], [1.0, 2.0], ["1"], [None], [10**30]],
    ids=lambda images: repr(images)[:15],
)
@pytest.mark.parametrize("part", ["train", "validation", "test"])
def test_indices_must_be_integers(small, images, part):
    parts = {"train": range(10, 20), "validation": range(20, 30), "test": range(5), part: images}
    with pytest.raises(ValueError, match=r"are not distinct indices, integers from 0 to"):
        small.split(**parts)


@pytest.mark.parametrize("images", [5, [[1, 2]], np.zeros((0, 2), int)])
def test_indices_must_be_one_dimensional(small, images):
    with pytest.raises(ValueError, match="are not distinct indices"):
        small.split(train=images, validation=range(20, 30))


@pytest.mark.parametrize("n_validation", [-1, 100, 101, -(10**9), 2.5])
def test_a_random_split_without_training_images_is_refused(small, n_validation):
    with pytest.raises(ValueError, match=f"^n_validation = {n_validation}: choose an integer from 0 to 99\\.$"):
        small.random_split(n_validation, np.random.default_rng(1))


def test_a_split_keeps_its_images_when_the_indices_change(small):
    train = np.arange(10)
    split = small.split(train=train, validation=range(20, 30))
    before = np.asarray(split.X_train)
    train[:] = 50
    np.testing.assert_array_equal(split.X_train, before)


def test_different_splits_have_different_fingerprints(small, write_batches, tmp_path):
    other = load(write_batches(tmp_path / "other", seed=1))
    fingerprints = [
        small.split(train=range(50), validation=range(50, 60)).fingerprint,
        small.split(train=range(50), validation=range(50, 61)).fingerprint,
        small.split(train=range(49), validation=range(50, 60)).fingerprint,
        other.split(train=range(50), validation=range(50, 60)).fingerprint,
    ]
    assert len(set(fingerprints)) == 4
    assert small.split(train=range(50), validation=range(50, 60)).fingerprint == fingerprints[0]


# The command


def test_the_command_prints_what_it_found(folder, monkeypatch, capsys):
    monkeypatch.setenv("CIFAR10_DIR", str(folder))
    main([])
    printed = capsys.readouterr()
    assert printed.out == f"report:{folder}\n"
    assert "its files are not the canonical ones" in printed.err


def test_the_command_distinguishes_a_stand_in_from_cifar10(room, capsys, monkeypatch):
    main(["stand-in"])
    assert capsys.readouterr().out == f"stand-in:{room / locate.STAND_IN}\n"
    monkeypatch.setenv("CIFAR10_DIR", str(room / locate.STAND_IN))
    main(["auto"])
    printed = capsys.readouterr()
    assert printed.out == f"stand-in:{room / locate.STAND_IN}\n"
    assert "NOT CIFAR-10" in printed.err


def test_the_command_fails_in_one_sentence(capsys):
    with pytest.raises(SystemExit, match=r"^error: CIFAR-10 is not in .*, or set CIFAR10_DIR to a folder"):
        main(["cifar10"])
    assert capsys.readouterr().out == ""


def test_the_command_verifies_what_it_found(folder, monkeypatch):
    (folder / "test_batch").write_bytes((folder / "test_batch").read_bytes()[:5000])
    monkeypatch.setenv("CIFAR10_DIR", str(folder))
    with pytest.raises(SystemExit, match="test_batch is damaged or cut short"):
        main([])


def test_the_command_reports_a_closed_pipe(folder, monkeypatch, break_pipe):
    monkeypatch.setenv("CIFAR10_DIR", str(folder))
    break_pipe()
    with pytest.raises(SystemExit, match=r"^error: Standard output cannot be written: Broken pipe\.$"):
        main([])


def test_the_command_can_be_interrupted(monkeypatch):
    def interrupted(choice):
        raise KeyboardInterrupt

    monkeypatch.setattr(locate, "find", interrupted)
    with pytest.raises(SystemExit, match=r"^Interrupted: nothing incomplete was kept"):
        main([])


@pytest.mark.parametrize("whole", [True, False])
def test_the_command_runs_as_a_module(folder, whole):
    if not whole:
        (folder / "data_batch_1").unlink()
    run = subprocess.run(
        [sys.executable, "-m", "twolayer.cifar10"],
        env=os.environ | {"CIFAR10_DIR": str(folder)},
        capture_output=True,
        text=True,
        timeout=BOUND,
        check=False,
    )
    assert run.returncode == (0 if whole else 1)
    assert run.stdout == (f"report:{folder}\n" if whole else "")
    assert "Traceback" not in run.stderr
    assert whole or run.stderr.startswith(f"error: {folder} lacks data_batch_1")
