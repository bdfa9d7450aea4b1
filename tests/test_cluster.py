"""A search on a Dask cluster: a real one, whose workers are processes of their own."""

import contextlib
import os
import signal
from types import SimpleNamespace

import joblib
import numpy as np
import pandas as pd
import pytest
from distributed import Client, KilledWorker, LocalCluster
from distributed.client import FutureCancelledError

from twolayer import data, search, version, workers
from twolayer.classifier import TwoLayerClassifier
from twolayer.replicates import numbers, replicate

SETTINGS = search.Settings(n_updates=20, n_s=10, n_hidden=8, batch_size=20)


@contextlib.contextmanager
def cluster_of(n_workers, threads_per_worker, **how):
    quiet = {"processes": True, "dashboard_address": ":0", "silence_logs": "CRITICAL"}
    with (
        LocalCluster(n_workers=n_workers, threads_per_worker=threads_per_worker, **quiet) as cluster,
        Client(cluster, **how) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def client():
    """Two workers, each of which has two threads, as on a machine with many cores."""
    with cluster_of(2, 2) as client:
        yield client


@pytest.fixture(scope="module")
def split():
    """Images of 3072 random pixels in ten classes: as wide as real ones, so that products of matrices have threads."""
    rng = np.random.default_rng(0)
    pixels, y = rng.integers(256, size=(300, 3072), dtype=np.uint8), rng.integers(0, 10, 300)
    names = tuple("0123456789")
    provenance = data.Provenance("not canonical", "", "", "noise")
    return data.Dataset(pixels, y, pixels[:9], y[:9], (range(300),), names, provenance).split(
        range(250), range(250, 300)
    )


def coarse_to_fine(split, journal, **changes):
    how = {"low": 1e-5, "high": 1e-1, "n": 6, "seed": 3, "width": 2, "rounds": ["coarse", "fine"], **changes}
    return search.coarse_to_fine(split, SETTINGS, journal=journal, **how)


@pytest.fixture(scope="module")
def expected(split, tmp_path_factory):
    """The search as one process does it, and its journal's lines."""
    journal = tmp_path_factory.mktemp("expected") / "journal"
    return coarse_to_fine(split, journal, n_jobs=1), journal.read_text().splitlines()


def assert_as_expected(found, journal, expected):
    pd.testing.assert_frame_equal(found, expected[0], check_exact=True)
    assert sorted(journal.read_text().splitlines()) == sorted(expected[1])


def test_a_cluster_finds_the_same_to_the_last_bit_and_keeps_the_same_journal(client, split, expected, tmp_path):
    with joblib.parallel_config("dask"):
        found = coarse_to_fine(split, tmp_path / "journal")
    assert_as_expected(found, tmp_path / "journal", expected)


def test_a_search_begun_in_one_process_ends_on_a_cluster(client, split, expected, tmp_path):
    (tmp_path / "journal").write_text("\n".join(expected[1][:4]) + "\n")
    with joblib.parallel_config("dask"):
        found = coarse_to_fine(split, tmp_path / "journal")
    assert_as_expected(found, tmp_path / "journal", expected)


def test_the_images_are_sent_once_to_each_worker(client, split, tmp_path, monkeypatch):
    sent = []
    scatter = client.scatter
    monkeypatch.setattr(client, "scatter", lambda data, **how: sent.append((data, how)) or scatter(data, **how))
    with joblib.parallel_config("dask"):
        coarse_to_fine(split, tmp_path / "journal", n_seeds=2)
    assert sent == [([split], {"broadcast": True})]


def die_once(monkeypatch, folder, *lams):
    """Kill the process that is to train each of lams, once; what is trained and killed is noted in the folder."""
    train, here = search._train, os.getpid()

    def train_or_die(*task):
        lam, process = task[1][0]["lam"], os.getpid()
        (folder / f"trained by {process}").touch()
        if process != here and lam in lams and not (folder / f"killed at {lam}").exists():
            (folder / f"killed at {lam}").touch()
            os.kill(process, signal.SIGKILL)
        return train(*task)

    monkeypatch.setattr(search, "_train", train_or_die)


@pytest.mark.parametrize("killed", [[4], [0, 4]], ids=str)
def test_workers_killed_in_the_middle_are_replaced_and_the_search_ends_well(
    client, split, expected, tmp_path, monkeypatch, killed
):
    die_once(monkeypatch, tmp_path, *expected[0]["lam"][killed])
    with joblib.parallel_config("dask"):
        found = coarse_to_fine(split, tmp_path / "journal")
    assert len(list(tmp_path.glob("killed at *"))) == len(killed)
    assert_as_expected(found, tmp_path / "journal", expected)


def test_the_only_worker_with_its_only_core_is_replaced_and_does_all_the_work(split, expected, tmp_path, monkeypatch):
    die_once(monkeypatch, tmp_path, *expected[0]["lam"][[0, 4]])
    with cluster_of(1, 1, set_as_default=False) as client, joblib.parallel_config("dask", client=client):
        found = coarse_to_fine(split, tmp_path / "journal")
    assert len(list(tmp_path.glob("trained by *"))) == 3
    assert not (tmp_path / f"trained by {os.getpid()}").exists()
    assert_as_expected(found, tmp_path / "journal", expected)


@pytest.mark.parametrize(
    "death", [KilledWorker("task", SimpleNamespace(address="tcp://a:1"), 3), FutureCancelledError("task", "lost")]
)
def test_a_cluster_that_loses_too_many_workers_stops_the_search_with_one_sentence(
    client, split, expected, tmp_path, monkeypatch, death
):
    def two_results_then_death(*_, **__):
        raise death

    monkeypatch.setattr(workers, "Parallel", lambda **_: two_results_then_death)
    (tmp_path / "journal").write_text("\n".join(expected[1][:4]) + "\n")
    with joblib.parallel_config("dask"), pytest.raises(search.SearchStopped, match="killed with 4 of 6 networks"):
        coarse_to_fine(split, tmp_path / "journal")


@pytest.mark.parametrize(
    "found", ["another", ModuleNotFoundError("No module named 'twolayer'")], ids=["another", "none"]
)
def test_a_cluster_without_this_version_of_the_library_is_refused(client, split, tmp_path, monkeypatch, found):
    of_workers = {"tcp://worker:1": found, "tcp://worker:2": version.of_library()}
    monkeypatch.setattr(client, "run", lambda function, on_error: of_workers)
    with (
        joblib.parallel_config("dask"),
        pytest.raises(
            ValueError, match=r"^The worker tcp://worker:1 lacks this version of twolayer: install it there\.$"
        ),
    ):
        coarse_to_fine(split, tmp_path / "journal")


def test_a_cluster_without_workers_is_refused(split, tmp_path):
    with (
        cluster_of(0, 1, set_as_default=False) as client,
        joblib.parallel_config("dask", client=client, wait_for_workers_timeout=0.1),
        pytest.raises(ValueError, match=r"^The cluster has no worker yet: start one\.$"),
    ):
        coarse_to_fine(split, tmp_path / "journal")


def test_a_cluster_may_have_more_cores_than_this_machine(client, split, expected, tmp_path):
    with joblib.parallel_config("dask"):
        found = coarse_to_fine(split, tmp_path / "journal", n_jobs=10_000)
    assert_as_expected(found, tmp_path / "journal", expected)


@pytest.mark.parametrize(
    ("progress", "ends"),
    [
        ([0, 0, 0], False),  # it may be in vain three times in a row
        ([0, 0, 1, 0, 0, 9], True),
        ([1, 1, 1, 1, 9], True),
        ([1, 0, 0, 0], False),
    ],
)
def test_work_is_begun_again_as_long_as_it_gets_on(monkeypatch, progress, ends):
    monkeypatch.setattr(workers, "_cluster", lambda: True)
    steps, done = iter(progress), [0]

    def work():
        done[0] += next(steps)
        if done[0] < 9:
            raise workers.WorkerKilled
        return "finished"

    if ends:
        assert workers.in_spite_of_deaths(work, lambda: done[0]) == "finished"
    else:
        with pytest.raises(workers.WorkerKilled):
            workers.in_spite_of_deaths(work, lambda: done[0])
    assert list(steps) == []


def test_runs_with_other_seeds_are_spread_over_the_cluster_as_well(client, split):
    network = TwoLayerClassifier(8, n_s=5, record=10, batch_size=20)
    here = numbers(replicate(network, split, 3, seed=1, n_jobs=1))
    with joblib.parallel_config("dask"):
        there = numbers(replicate(network, split, 3, seed=1))
    pd.testing.assert_frame_equal(there, here, check_exact=True)
