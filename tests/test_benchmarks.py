"""What is compared must be the same work: every contender of a row trains or evaluates, here for a moment."""

import ast
import os
import pickle
import subprocess
import sys
from functools import partial
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest

from benchmarks import __main__ as bench
from benchmarks import compilers, contenders, explorer, exports, workloads
from explorer.settings import Settings
from tests.bounds import BOUND
from twolayer.images import Images
from twolayer.techniques.augmentation import ShiftAndMirror

ROOT = Path(__file__).parent.parent
# What torch.compile imports warns of what PyTorch itself still uses.
pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit.script_method` is:DeprecationWarning")


@pytest.fixture(scope="module")
def works(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"D": 27, "ROTATED": 6, "N": 900, "N_EVALUATED": 1000}.items():
            patch.setattr(workloads, name, value)
        stand_in = {"compiled": lambda *work: partial(contenders.torch_stack, *work)}
        yield workloads.works(np.random.default_rng(0), tmp_path_factory.mktemp("shared"), stand_in, seconds=1 / 60)


def test_every_contender_does_every_kind_of_work(works):
    # Here, for other processes take seconds to start. What could not be sent to one does not get through `pickle`.
    with joblib.parallel_config("sequential"):
        for work in works:
            assert work.others
            for task in [work.ours, *work.others.values()]:
                pickle.loads(pickle.dumps(task))()


def test_compilers_join_whoever_trains_the_same(works):
    assert ["compiled" in work.others for work in works] == [True] * 3 + [False] * 4


@pytest.mark.parametrize("name", ["PyTorch loop", "PyTorch stack", *compilers.LOADERS])
def test_contenders_train_the_networks_that_ours_trains(name, monkeypatch):
    interpreted = {"PyTorch loop": contenders.torch_loop, "PyTorch stack": contenders.torch_stack}
    loaders = {name: lambda train=train: partial(partial, train) for name, train in interpreted.items()}
    usable, missing = compilers.find({name: (loaders | compilers.LOADERS)[name]})
    if missing:
        pytest.skip(f"{name} is left out: {missing[name]}")
    monkeypatch.setattr(contenders, "N_S", 5)  # four cycles, and a new order of the images every nine updates
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((900, 24), dtype=np.float32), rng.integers(0, contenders.C, 900)
    work = X, y, np.array([1e-4, 1e-1]), 40
    trained, expected, start = usable[name](*work)(), contenders.ours(*work), contenders.start(24, 2)
    for array, right, first in zip(trained, expected, start, strict=True):
        assert array.dtype == np.float32
        np.testing.assert_allclose(array, right, rtol=1e-5, atol=1e-6)
        assert np.abs(right - first).max() > 0.01


def test_the_wide_network_is_trained_alike(monkeypatch):
    for name, value in {"WIDE_M": 40, "DROPOUT": 0.0}.items():
        monkeypatch.setattr(contenders, name, value)
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((900, 24), dtype=np.float32), rng.integers(0, contenders.C, 900)
    trained = contenders.torch_wide(X, y, 40, 1, contenders.Rows(X))
    for array, right, first in zip(trained, contenders.wide(X, y, 40), contenders.wide_start(24), strict=True):
        np.testing.assert_allclose(array, right, rtol=1e-4, atol=1e-5)
        assert np.abs(right - first).max() > 0.01


def test_both_move_and_project_images_alike():
    pixels = np.random.default_rng(0).integers(256, size=(4, 27), dtype=np.uint8)
    scale = np.random.default_rng(1).integers(-3, 4, (27, 5)).astype(np.float32)  # no rounding
    images = Images(pixels, np.arange(4), scale, np.ones(5, np.float32))
    theirs, ours = contenders.Moved(images), ShiftAndMirror(contenders.SHIFT)
    rows, rng = np.repeat(np.arange(4), 3000), np.random.default_rng(2)
    ways = [np.unique(X, axis=0) for X in (theirs(rows).numpy(), ours(images, rows, rng))]
    np.testing.assert_array_equal(*ways)


def test_what_does_not_work_here_is_left_out_for_a_reason_in_one_line():
    def fails(message):
        raise RuntimeError(message)

    loaders = {"one": lambda: max, "two": lambda: fails("inductor raised:\nno compiler\n\nSet VERBOSE=1")}
    assert compilers.find(loaders) == ({"one": max}, {"two": "inductor raised: no compiler"})


def test_without_a_c_compiler_and_jax_both_are_left_out():
    code = "import sys; sys.modules['jax'] = None; from benchmarks import compilers as c; print(c.find(c.LOADERS))"
    environment = {**os.environ, "CXX": "nowhere"}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, timeout=BOUND)
    usable, missing = ast.literal_eval(done.stdout.decode())
    assert not usable
    assert "No working C++ compiler" in missing["torch.compile"]
    assert "jax" in missing["JAX"]


def test_ratios_are_to_ours_in_the_same_round():
    work = workloads.Work("whole", "update", 1, 8.0, None, {"other": None})
    times = {"ours": [1.0, 2.0, 4.0], "other": [2.0, 4.0, 12.0], "peak": [16.0, 8.0, 4.0]}
    table = bench.table(work, pd.DataFrame(times)).set_index("contender")
    assert table["seconds"].to_dict() == {"ours": 2.0, "other": 4.0, "floor": 1.0}
    assert table["ratio"].to_dict() == {"ours": 1.0, "other": 2.0, "floor": 0.5}
    assert table.loc["other", ["ratio_low", "ratio_high"]].tolist() == [2.0, 2.5]


def test_where_the_work_is_not_the_same_the_row_says_so(works):
    def images(task):
        return (task.args[1] if task.func is contenders.in_processes else task.args[0]).shape[1]

    for work in works:
        others = {images(task) for task in work.others.values()}
        assert (others != {images(work.ours)}) == (work.row == "the same, others on all pixels")


def test_an_export_writes_both_files_and_nbconvert_one(tmp_path):
    work = exports.work(tmp_path)
    assert len(exports.notebook().cells) == 60
    for task in work.others.values():
        task()
    assert "Part 19" in (tmp_path / "notebook.html").read_text(encoding="utf-8")
    (tmp_path / "notebook.html").unlink()
    work.ours()
    assert "Part 19" in (tmp_path / "notebook.html").read_text(encoding="utf-8")
    assert (tmp_path / "notebook.pdf").read_bytes().startswith(b"%PDF-")


def test_a_drag_brings_the_network_that_a_plain_fit_trains(monkeypatch):
    monkeypatch.setattr(explorer, "N_TRAIN", 200)
    monkeypatch.setattr(explorer, "SETTINGS", Settings(n_s=10, n_train=200))
    rng = np.random.default_rng(0)
    data = explorer.images(rng)
    assert (data.n_train, data.in_pixels(np.ones((256, 2), np.float32)).shape) == (200, (3072, 2))
    work = explorer.work(rng)
    work.ours()
    work.others["a plain fit"]()
