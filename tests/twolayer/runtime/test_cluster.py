"""Searches and replicates on a real Dask cluster, whose workers are separate processes."""

import contextlib
import os
import re
import signal
import threading
from types import SimpleNamespace

import dask
import joblib
import numpy as np
import pandas as pd
import pytest
from distributed import Client, KilledWorker, LocalCluster
from distributed.client import FutureCancelledError
from distributed.comm import CommClosedError

from tests.bounds import BOUND
from twolayer.cifar10 import dataset
from twolayer.classifier import TwoLayerClassifier
from twolayer.experiments import search
from twolayer.experiments.replicates import ReplicatesStopped, replicate
from twolayer.images import Split
from twolayer.runtime import cluster, code_version, workers

SETTINGS = search.Settings(n_updates=20, n_s=10, n_hidden=8, batch_size=20)


@contextlib.contextmanager
def cluster_of(n_workers, threads_per_worker, **how):
    quiet = {"processes": True, "dashboard_address": ":0", "silence_logs": "CRITICAL"}
    with (
        # By default a killed worker has 15 seconds to restart: too few on a busy machine.
        dask.config.set({"distributed.deploy.lost-worker-timeout": f"{BOUND}s"}),
        LocalCluster(n_workers=n_workers, threads_per_worker=threads_per_worker, **quiet) as cluster,
        Client(cluster, **how) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def client():
    """Return the client of a cluster of two workers with two threads each, as on a machine with many cores."""
    with cluster_of(2, 2) as client:
        yield client


@pytest.fixture(scope="module")
def split():
    """Return images of 3072 random pixels in ten classes: as wide as real ones, so that BLAS uses threads."""
    rng = np.random.default_rng(0)
    pixels, y = rng.integers(256, size=(300, 3072), dtype=np.uint8), rng.integers(0, 10, 300)
    names = tuple("0123456789")
    provenance = dataset.Provenance("not canonical", "", "", "noise")
    return dataset.Dataset(pixels, y, pixels[:9], y[:9], (range(300),), names, provenance).split(
        range(250), range(250, 300)
    )


def coarse_to_fine(split, journal, **changes):
    how = {"low": 1e-5, "high": 1e-1, "n": 6, "seed": 3, "stack_size": 2, "rounds": ["coarse", "fine"], **changes}
    return search.coarse_to_fine(split, SETTINGS, journal=journal, **how)


@pytest.fixture(scope="module")
def expected(split, tmp_path_factory):
    """Return the results of the search in one process, and the lines of its journal."""
    journal = tmp_path_factory.mktemp("expected") / "journal"
    return coarse_to_fine(split, journal, n_jobs=1), journal.read_text().splitlines()


def assert_as_expected(found, journal, expected):
    pd.testing.assert_frame_equal(found, expected[0], check_exact=True)
    assert sorted(journal.read_text().splitlines()) == sorted(expected[1])


def test_results_and_journal_on_a_cluster_are_bit_identical(client, split, expected, tmp_path):
    with joblib.parallel_config("dask"):
        found = coarse_to_fine(split, tmp_path / "journal")
    assert_as_expected(found, tmp_path / "journal", expected)


def test_a_cluster_continues_the_search_of_one_process(client, split, expected, tmp_path):
    (tmp_path / "journal").write_text("\n".join(expected[1][:4]) + "\n")
    with joblib.parallel_config("dask"):
        found = coarse_to_fine(split, tmp_path / "journal")
    assert_as_expected(found, tmp_path / "journal", expected)


def test_the_images_are_sent_once_to_each_worker(client, split, tmp_path, monkeypatch):
    sent, pickled = [], []
    scatter = client.scatter
    monkeypatch.setattr(client, "scatter", lambda data, **how: sent.append((data, how)) or scatter(data, **how))
    reduce = Split.__reduce_ex__
    monkeypatch.setattr(Split, "__reduce_ex__", lambda split, of: pickled.append(split) or reduce(split, of))
    with joblib.parallel_config("dask"):
        coarse_to_fine(split, tmp_path / "journal", n_seeds=2)
        replicate(TwoLayerClassifier(8, n_s=5, record=10, batch_size=20), split, 2, seed=1)
    assert [(data, how["broadcast"]) for data, how in sent] == [([split], True)] * 2, (
        "once for the search and once for the replicates"
    )
    assert pickled == [split] * 2, "the images are also part of a task"


def die_once(monkeypatch, folder, *lams):
    """Kill the process that starts to train one of lams, once for each; files in the folder record both."""
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
def test_killed_workers_are_replaced_and_the_search_succeeds(client, split, expected, tmp_path, monkeypatch, killed):
    die_once(monkeypatch, tmp_path, *expected[0]["lam"][killed])
    with joblib.parallel_config("dask"):
        found = coarse_to_fine(split, tmp_path / "journal")
    assert len(list(tmp_path.glob("killed at *"))) == len(killed)
    assert_as_expected(found, tmp_path / "journal", expected)


def test_a_single_worker_that_is_killed_is_replaced(split, expected, tmp_path, monkeypatch):
    die_once(monkeypatch, tmp_path, *expected[0]["lam"][[0, 4]])
    with cluster_of(1, 1, set_as_default=False) as client, joblib.parallel_config("dask", client=client):
        found = coarse_to_fine(split, tmp_path / "journal")
    assert len(list(tmp_path.glob("trained by *"))) == 3
    assert not (tmp_path / f"trained by {os.getpid()}").exists()
    assert_as_expected(found, tmp_path / "journal", expected)


@pytest.mark.parametrize(
    "death",
    [
        KilledWorker("task", SimpleNamespace(address="tcp://a:1"), 3),
        FutureCancelledError("task", "lost"),
        CommClosedError("the scheduler is gone"),
    ],
)
def test_repeated_loss_of_workers_stops_the_search(client, split, expected, tmp_path, monkeypatch, death):
    async def no_result(*_, **__):
        raise death

    monkeypatch.setattr(client, "gather", no_result)
    (tmp_path / "journal").write_text("\n".join(expected[1][:4]) + "\n")
    with joblib.parallel_config("dask"), pytest.raises(search.SearchStopped, match="killed with 4 of 6 networks"):
        coarse_to_fine(split, tmp_path / "journal")


def test_a_task_that_kills_its_workers_stops_the_search(split, tmp_path, monkeypatch):
    monkeypatch.setattr(workers, "MAX_FAILURES", 1)
    monkeypatch.setattr(search, "_train", lambda *_: os.kill(os.getpid(), signal.SIGKILL))
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0}),
        cluster_of(2, 1, set_as_default=False) as client,
        joblib.parallel_config("dask", client=client),
        pytest.raises(search.SearchStopped, match="killed with 0 of 6 networks"),
    ):
        coarse_to_fine(split, tmp_path / "journal")


def test_a_worker_with_another_version_of_the_library_is_an_error(client, split, tmp_path, monkeypatch):
    monkeypatch.setattr(code_version, "of_library", lambda: "another")
    with joblib.parallel_config("dask"), pytest.raises(ValueError, match="or a worker has another version: restart"):
        coarse_to_fine(split, tmp_path / "journal")


@pytest.fixture
def clock(monkeypatch):
    """Return a clock that advances by ten seconds whenever it is read, and then runs the alarm of that time, if any."""

    class Clock:
        time, alarms = -10, {}

        def __call__(self):
            self.time += 10
            self.alarms.get(self.time, int)()
            return self.time

    clock = Clock()
    monkeypatch.setattr(cluster, "monotonic", clock)
    monkeypatch.setattr(cluster, "LOOK", 0.001)
    return clock


@contextlib.contextmanager
def without_workers():
    with cluster_of(0, 1, set_as_default=False) as client, joblib.parallel_config("dask", client=client):
        yield client


@pytest.mark.parametrize(("how", "seconds"), [({}, 60), ({"worker_timeout": 1.5e2}, 150)], ids=str)
def test_a_search_stops_when_the_cluster_has_had_no_worker_for_too_long(split, expected, tmp_path, clock, how, seconds):
    (tmp_path / "journal").write_text("\n".join(expected[1][:4]) + "\n")
    sentence = (
        f"The cluster has had no worker for {seconds} seconds, with 4 of 6 networks finished, "
        f"which {tmp_path / 'journal'} keeps: start a worker and run the search again to go on."
    )
    with without_workers(), pytest.raises(search.SearchStopped, match=f"^{re.escape(sentence)}$"):
        coarse_to_fine(split, tmp_path / "journal", **how)
    assert clock.time == seconds


def test_a_worker_that_starts_within_the_timeout_is_used(split, expected, tmp_path, clock):
    with without_workers() as client:
        clock.alarms[50] = lambda: [client.cluster.scale(1), client.wait_for_workers(1, timeout=BOUND)]
        found = coarse_to_fine(split, tmp_path / "journal")
    assert_as_expected(found, tmp_path / "journal", expected)


def test_finished_networks_are_kept_when_the_only_worker_leaves(split, tmp_path, monkeypatch, clock):
    def append_and_leave(*entry):
        append(*entry)
        client.sync(client.cluster.workers[0].close)

    append = search.Journal.append
    monkeypatch.setattr(search.Journal, "append", append_and_leave)
    with (
        cluster_of(1, 1, set_as_default=False) as client,
        joblib.parallel_config("dask", client=client),
        pytest.raises(search.SearchStopped, match=r"no worker for 60 seconds, with \d of 6 networks") as stopped,
    ):
        coarse_to_fine(split, tmp_path / "journal", stack_size=1)
    finished = len((tmp_path / "journal").read_text().splitlines())
    assert finished > 0
    assert f" with {finished} of 6 " in str(stopped.value)


@pytest.mark.parametrize(
    "status", [None, "closing_gracefully"], ids=["the scheduler does not answer", "the workers are closing"]
)
def test_workers_that_do_not_answer_or_are_closing_do_not_count(split, tmp_path, monkeypatch, clock, status):
    async def identity():
        if status is None:
            raise TimeoutError
        return {"workers": {"tcp://worker:1": {"nthreads": 2, "status": status}}}

    with without_workers() as client:
        monkeypatch.setattr(client.scheduler, "identity", identity, raising=False)
        with pytest.raises(search.SearchStopped, match="no worker for 60 seconds, with 0 of 6"):
            coarse_to_fine(split, tmp_path / "journal")


def test_a_broken_connection_counts_as_a_killed_worker(client, split, tmp_path, monkeypatch):
    async def scatter(data, **how):
        raise CommClosedError

    monkeypatch.setattr(client, "scatter", scatter)
    with joblib.parallel_config("dask"), pytest.raises(search.SearchStopped, match="killed with 0 of 6 networks"):
        coarse_to_fine(split, tmp_path / "journal")


def test_ctrl_c_ends_the_wait_for_a_worker(split, tmp_path, monkeypatch, clock):
    monkeypatch.setattr(cluster, "LOOK", BOUND)
    clock.alarms[10] = threading.Thread(target=os.kill, args=(os.getpid(), signal.SIGINT)).start
    with without_workers(), pytest.raises(KeyboardInterrupt):
        coarse_to_fine(split, tmp_path / "journal")
    assert clock.time == 10


def test_replicates_stop_when_the_cluster_has_had_no_worker_for_a_minute(split, clock):
    sentence = r"^The cluster has had no worker for 60 seconds: start one and run the 3 replicates again\.$"
    with without_workers(), pytest.raises(ReplicatesStopped, match=sentence):
        replicate(TwoLayerClassifier(8, n_s=5, record=10, batch_size=20), split, 3, seed=1)


def test_a_cluster_may_have_more_cores_than_this_machine(client, split, expected, tmp_path):
    with joblib.parallel_config("dask"):
        found = coarse_to_fine(split, tmp_path / "journal", n_jobs=10_000)
    assert_as_expected(found, tmp_path / "journal", expected)


@pytest.mark.parametrize(
    ("progress", "ends"),
    [
        ([0, 0, 0], False),  # three losses in a row are too many
        ([0, 0, 1, 0, 9], True),
        ([1, 1, 1, 1, 9], True),
        ([1, 0, 0], False),
    ],
)
def test_work_is_retried_as_long_as_it_makes_progress(monkeypatch, progress, ends):
    monkeypatch.setattr(workers, "_cluster", lambda: True)
    steps, unfinished = iter(progress), list(range(9))

    def results(tasks, *_):
        yield from tasks[: next(steps)]
        if unfinished:
            raise workers.WorkerKilled

    monkeypatch.setattr(workers, "results", results)
    with contextlib.nullcontext() if ends else pytest.raises(workers.WorkerKilled):
        for task in workers.persistent_results(lambda: list(unfinished), None, 60):
            unfinished.remove(task)
    assert (list(steps), not unfinished) == ([], ends)


def test_replicates_on_a_cluster_are_bit_identical_and_their_bar_is_full(client, split, capsys):
    network = TwoLayerClassifier(8, n_s=5, record=10, batch_size=20)
    here = replicate(network, split, 3, seed=1, n_jobs=1).numbers
    with joblib.parallel_config("dask"):
        there = replicate(network, split, 3, seed=1, progress="three runs").numbers
    assert "three runs: 100%|██████████| 30/30 " in capsys.readouterr().err
    pd.testing.assert_frame_equal(there, here, check_exact=True)
