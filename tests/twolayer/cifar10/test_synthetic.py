import pickle
import pickletools

import numpy as np
import pytest

from twolayer.cifar10 import synthetic

FILES = [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch", "batches.meta"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / "stand-in"
    synthetic.write(folder, n=1000)
    return folder


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def read(path):
    """Read a generated file with Python's pickle."""
    return pickle.loads(path.read_bytes(), encoding="bytes")


def test_all_files_are_written(folder):
    assert sorted(contents(folder)) == sorted(FILES)


@pytest.mark.parametrize("name", FILES[:6])
def test_a_batch_has_the_entries_of_cifar10(folder, name):
    batch = read(folder / name)
    assert set(batch) == {b"batch_label", b"labels", b"data", b"filenames"}
    assert batch[b"data"].shape == (1000, 3072)
    assert batch[b"data"].dtype == np.uint8
    assert np.bincount(batch[b"labels"]).tolist() == [100] * 10
    assert len(set(batch[b"filenames"])) == 1000
    assert batch[b"batch_label"].startswith(b"stand-in")


def test_a_batch_has_its_number_in_its_title(folder):
    assert read(folder / "data_batch_1")[b"batch_label"] == b"stand-in batch 1 of 5"


def test_the_meta_file_has_the_entries_of_cifar10(folder):
    names = [b"stand-in %d" % i for i in range(10)]
    assert read(folder / "batches.meta") == {
        b"num_cases_per_batch": 1000,
        b"label_names": names,
        b"num_vis": 3072,
    }


def test_a_batch_file_holds_the_given_images_and_labels():
    images = np.arange(2 * 3072, dtype=np.uint8).reshape(2, 3072)
    batch = pickle.loads(synthetic.batch_file("a title", images, [9, 0]), encoding="bytes")
    np.testing.assert_array_equal(batch[b"data"], images)
    assert batch[b"labels"] == [9, 0]
    assert batch[b"batch_label"] == b"a title"


def test_a_file_calls_only_the_three_functions_of_the_format(folder):
    opcodes = list(pickletools.genops((folder / "data_batch_1").read_bytes()))
    asked = {argument for opcode, argument, _ in opcodes if opcode.name == "GLOBAL"}
    assert asked == {"numpy.core.multiarray _reconstruct", "numpy ndarray", "numpy dtype"}
    assert not {"STACK_GLOBAL", "INST", "EXT1"} & {opcode.name for opcode, _, _ in opcodes}
    assert max(opcode.proto for opcode, _, _ in opcodes) == 2


def test_the_seed_determines_the_files(tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        synthetic.write(tmp_path / name, n=20, seed=seed)
    a, b, c = (contents(tmp_path / name) for name in "abc")
    assert a == b
    assert all(a[name] != c[name] for name in FILES[:6])


def test_no_image_occurs_twice(folder):
    images = [row.tobytes() for name in FILES[:6] for row in read(folder / name)[b"data"]]
    assert len(set(images)) == len(images)


@pytest.mark.parametrize("side", [32, 40])
def test_amplitudes_are_proportional_to_one_over_frequency(side):
    fields = synthetic.draw_fields(300, side, np.random.default_rng(0))
    power = np.square(np.abs(np.fft.fft2(fields.mean(axis=1)))).mean(axis=0)
    f = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.fftfreq(side))
    slope, _ = np.polyfit(np.log(f[f > 0]), np.log(power[f > 0]), 1)
    assert slope / 2 == pytest.approx(-1, abs=0.02)


def test_fields_have_mean_zero_and_variance_one():
    fields = synthetic.draw_fields(300, 32, np.random.default_rng(0))
    assert fields.dtype == np.float32
    assert fields.mean() == pytest.approx(0, abs=1e-6)
    assert fields.var() == pytest.approx(1, abs=0.05)


def test_pixels_have_the_mean_and_deviation_of_photographs(folder):
    pixels = read(folder / "data_batch_1")[b"data"] / 255
    assert pixels.mean() == pytest.approx(0.47, abs=0.02)
    assert pixels.std() == pytest.approx(0.25, abs=0.02)


def test_colours_are_correlated_like_those_of_photographs(folder):
    channels = read(folder / "data_batch_1")[b"data"].reshape(-1, 3, 1024).transpose(1, 0, 2).reshape(3, -1)
    red_green, red_blue, green_blue = np.corrcoef(channels)[np.triu_indices(3, 1)]
    assert 0.75 < red_blue < min(red_green, green_blue) < 0.98


def test_classes_can_be_learned_but_not_perfectly(folder):
    """Classify another batch by the most similar class mean."""
    train, test = read(folder / "data_batch_1"), read(folder / "data_batch_2")
    labels = np.array(train[b"labels"])
    patterns = np.stack([train[b"data"][labels == c].mean(axis=0) for c in range(10)])
    patterns -= patterns.mean(axis=0)
    patterns /= np.linalg.norm(patterns, axis=1, keepdims=True)
    guesses = ((test[b"data"] - train[b"data"].mean(axis=0)) @ patterns.T).argmax(axis=1)
    assert 0.15 < np.mean(guesses == test[b"labels"]) < 0.3


def test_an_existing_folder_is_not_written_to(folder):
    with pytest.raises(FileExistsError):
        synthetic.write(folder, n=20)
