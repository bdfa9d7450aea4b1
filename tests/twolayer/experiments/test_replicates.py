import os
import re
import signal
from types import SimpleNamespace

import joblib
import numpy as np
import pytest
from sklearn.base import clone

from twolayer.classifier import TwoLayerClassifier
from twolayer.experiments import replicates
from twolayer.runtime.files import FileError
from twolayer.wide import WIDE

NETWORK = TwoLayerClassifier(n_hidden=5, n_s=5, n_cycles=1, batch_size=10, record=5)


def draw_split(rng=None):
    """Return three clouds of points; rng chooses those for validation."""
    fixed = np.random.default_rng(0)
    centres, y = fixed.standard_normal((3, 4)), fixed.integers(0, 3, 120)
    X = (centres[y] + 0.3 * fixed.standard_normal((120, 4))).astype(np.float32)
    order = np.arange(120) if rng is None else rng.permutation(120)
    train, validation = order[:90], order[90:]
    return SimpleNamespace(
        X_train=X[train], y_train=y[train], X_validation=X[validation], y_validation=y[validation], X_test=X, y_test=y
    )


SPLIT = draw_split()


def test_each_run_has_its_own_start_and_batches():
    runs = replicates.replicate(NETWORK, draw_split(), 3, seed=1, n_jobs=1)
    starts = {run.network.random_state for run in runs}
    assert len(starts) == 3
    assert len({run.network.params_.W1.tobytes() for run in runs}) == 3


def test_runs_do_not_depend_on_how_many_there_are_or_on_n_jobs():
    few = replicates.replicate(NETWORK, draw_split, 2, seed=1, n_jobs=1)
    more = replicates.replicate(NETWORK, draw_split, 3, seed=1)
    for a, b in zip(few, more, strict=False):
        np.testing.assert_array_equal(a.network.params_.W1, b.network.params_.W1)
        assert a.numbers == b.numbers


def test_several_classifiers_give_what_each_gives_alone():
    wide = clone(NETWORK).set_params(n_hidden=WIDE + 1)
    networks = {
        "wide": (wide, draw_split()),
        "narrow": (NETWORK, draw_split),
        "λ": (clone(NETWORK).set_params(lam=1), SPLIT),
    }
    found = replicates.replicate_each(networks, 2, seed=1)
    for name, (network, split) in networks.items():
        alone = replicates.replicate(network, split, 2, seed=1, n_jobs=1)
        assert found[name].numbers.equals(alone.numbers)
        for one, other in zip(found[name], alone, strict=True):
            np.testing.assert_array_equal(one.network.params_.W1, other.network.params_.W1)
            np.testing.assert_array_equal(one.split.X_validation, other.split.X_validation)


def test_the_longest_runs_come_first():
    seen = []

    def measure(network, split):
        seen.append((network.n_hidden, network.n_cycles))
        return {}

    networks = {(m, n): (clone(NETWORK).set_params(n_hidden=m, n_cycles=n), SPLIT) for m, n in [(5, 1), (5, 3), (8, 2)]}
    found = replicates.replicate_each(networks, 1, seed=1, n_jobs=1, measure=measure)
    assert seen == [(8, 2), (5, 3), (5, 1)]
    assert [*found] == [*networks]


def test_the_bar_counts_the_updates_of_all_classifiers(capfd):
    networks = {"a": (NETWORK, SPLIT), "b": (clone(NETWORK).set_params(n_cycles=2), SPLIT)}
    replicates.replicate_each(networks, 2, seed=1, progress="all of them")
    assert re.search(r"all of them: 100%.* 60/60 ", capfd.readouterr().err)


def test_a_function_draws_a_split_for_each_run():
    runs = replicates.replicate(NETWORK, draw_split, 2, seed=1, n_jobs=1)
    first, second = (run.split.X_validation for run in runs)
    assert not np.array_equal(first, second)


def test_numbers_and_histories_are_kept_for_each_run():
    runs = replicates.replicate(NETWORK, draw_split(), 2, seed=1, n_jobs=1, measure=lambda network, split: {"a": 1})
    assert runs.numbers["a"].tolist() == [1.0, 1.0]
    assert runs.history.groupby("seed")["update"].max().tolist() == [10, 10]


@pytest.mark.parametrize("n", [0, -1, 1.5, "2", None])
def test_an_invalid_number_of_replicates_is_refused(n):
    with pytest.raises(ValueError, match=rf"^n = {n!r}: choose a whole number of at least 1\.$"):
        replicates.replicate(NETWORK, draw_split(), n, seed=1)


def test_an_invalid_worker_timeout_is_refused():
    with pytest.raises(ValueError, match=r"^worker_timeout = nan: choose a finite number of seconds above 0\.$"):
        replicates.replicate(NETWORK, draw_split(), 2, seed=1, worker_timeout=np.nan)


def test_the_number_of_replicates_may_be_a_whole_float():
    assert len(replicates.replicate(NETWORK, draw_split(), 2.0, seed=1, n_jobs=1)) == 2


@pytest.mark.parametrize("drawn", [False, True])
def test_a_split_without_validation_images_is_refused(drawn):
    split = draw_split()
    split.X_validation, split.y_validation = split.X_train[:0], split.y_train[:0]
    with pytest.raises(ValueError, match=r"^The split has no validation images, .*: choose some\.$"):
        replicates.replicate(NETWORK, (lambda rng: split) if drawn else split, 2, seed=1, n_jobs=1)


@pytest.mark.skipif(joblib.cpu_count() < 2, reason="with one core, the runs are in this process")
def test_a_killed_process_is_reported():
    def die(network, split):
        os.kill(os.getpid(), signal.SIGKILL)

    with pytest.raises(
        replicates.ReplicatesStopped, match=r"^A process that .* 2 replicates was killed: run them again"
    ):
        replicates.replicate(NETWORK, draw_split(), 2, seed=1, measure=die, n_jobs=2)


def numbered():
    """Return the three clouds with a fingerprint."""
    return SimpleNamespace(**vars(draw_split()), fingerprint="clouds")


def networks(runs):
    return [run.network.params_.W1.tolist() for run in runs]


def test_an_interrupted_experiment_goes_on_where_it_stopped(tmp_path, monkeypatch):
    fits = []
    fit = TwoLayerClassifier.fit
    monkeypatch.setattr(
        TwoLayerClassifier, "fit", lambda self, *data, **more: fits.append(1) or fit(self, *data, **more)
    )
    first = replicates.replicate(NETWORK, numbered(), 2, seed=1, n_jobs=1, keep=str(tmp_path))
    kept = sorted(tmp_path.iterdir())
    assert (len(fits), len(kept)) == (2, 2)
    kept[0].write_bytes(kept[0].read_bytes()[:100])  # torn
    more = replicates.replicate(NETWORK, numbered(), 3, seed=1, n_jobs=1, keep=str(tmp_path))
    assert len(fits) == 4
    assert networks(more)[:2] == networks(first)
    assert more.numbers[:2].equals(first.numbers)


@pytest.mark.parametrize("change", [{"lam": 0.1}, {"n_updates": 3}])
def test_a_network_of_other_settings_is_not_found(tmp_path, change):
    for network in (NETWORK, clone(NETWORK).set_params(**change)):
        found = replicates.replicate(network, numbered(), 1, seed=1, n_jobs=1, keep=str(tmp_path))
        assert found[0].network.get_params() == {**network.get_params(), "random_state": found[0].network.random_state}
    assert len(list(tmp_path.iterdir())) == 2


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(FileError, match=r"network-.* cannot be (read|written): "):
        replicates.replicate(NETWORK, numbered(), 1, seed=1, n_jobs=1, keep=str(tmp_path / "file"))
