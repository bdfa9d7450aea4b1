"""A search on a Dask cluster: a real one, whose workers are processes of their own."""

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


@pytest.fixture(scope="module")
def client():
    """Two workers, each of which has two threads, as on a machine with many cores."""
    quiet = {"dashboard_address": None, "silence_logs": "CRITICAL"}
    with LocalCluster(n_workers=2, threads_per_worker=2, processes=True, **quiet) as cluster, Client(cluster) as client:
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


def test_a_worker_killed_in_the_middle_is_replaced_and_the_search_ends_well(
    client, split, expected, tmp_path, monkeypatch
):
    train, killed = search._train, tmp_path / "killed"

    def train_or_die(*task):
        if task[1][0]["lam"] == expected[0]["lam"][4] and not killed.exists():
            killed.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return train(*task)

    monkeypatch.setattr(search, "_train", train_or_die)
    with joblib.parallel_config("dask"):
        found = coarse_to_fine(split, tmp_path / "journal")
    assert killed.exists()
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


def test_a_cluster_with_another_version_of_the_library_is_refused(client, split, tmp_path, monkeypatch):
    of_library = version.of_library
    monkeypatch.setattr(client, "run", lambda function: {"tcp://worker:1": "another", "tcp://worker:2": of_library()})
    with (
        joblib.parallel_config("dask"),
        pytest.raises(ValueError, match="tcp://worker:1 has another version of twolayer: install this one there"),
    ):
        coarse_to_fine(split, tmp_path / "journal")


def test_runs_with_other_seeds_are_spread_over_the_cluster_as_well(client, split):
    network = TwoLayerClassifier(8, n_s=5, record=10, batch_size=20)
    here = numbers(replicate(network, split, 3, seed=1, n_jobs=1))
    with joblib.parallel_config("dask"):
        there = numbers(replicate(network, split, 3, seed=1))
    pd.testing.assert_frame_equal(there, here, check_exact=True)
