import dataclasses
import os
import select
import shutil
import tempfile
import threading

import joblib
import numpy as np
import pandas as pd
import pytest
from tqdm import tqdm

from tests.bounds import BOUND
from twolayer import training
from twolayer.classifier import TwoLayerClassifier
from twolayer.experiments import search
from twolayer.experiments.replicates import replicate
from twolayer.images import Split
from twolayer.runtime import progress
from twolayer.runtime.progress import bar_of_runs, tracked

UPDATES = 200  # of each network
NETWORK = TwoLayerClassifier(n_hidden=5, n_updates=UPDATES, batch_size=10, record=UPDATES)
SETTINGS = search.Settings(n_updates=UPDATES, n_s=100, n_hidden=5, batch_size=10)


class Bar(tqdm):
    """A bar of which the tests know where it is."""

    last, moves = None, []  # the bar that was made last; what is called with the place of each bar when it is drawn

    def refresh(self, *arguments, **how):
        Bar.last = self
        for move in self.moves:
            move(self.n)
        return super().refresh(*arguments, **how)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Return the folder of temporary files; bars are of the class Bar, and move often."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(progress, "bars", lambda: Bar)
    monkeypatch.setattr(progress, "LOOK", 0.001)
    monkeypatch.setattr(Bar, "last", None)
    monkeypatch.setattr(Bar, "moves", [])
    return tmp_path


@pytest.fixture
def split():
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((60, 4)).astype(np.float32), np.arange(60) % 3
    train, rest = (X[:40], y[:40]), (X[40:], y[40:])
    return Split(*train, *rest, *rest, mean=0, std=1, class_names=tuple("abc"), fingerprint="noise")


def before_the_last_update(monkeypatch, do):
    """Let do() be called in the first training, before its last update."""
    step, calls = training.Descent.step, []

    def step_and_do(*arguments):
        calls.append(arguments)
        if len(calls) == UPDATES:
            do()
        step(*arguments)

    monkeypatch.setattr(training.Descent, "step", step_and_do)


def wait_for_bar(monkeypatch, updates):
    """Let the first training wait before its last update until the bar has passed so many; return whether it has."""
    passed, waited = threading.Event(), []
    Bar.moves.append(lambda n: n > updates and passed.set())
    before_the_last_update(monkeypatch, lambda: waited.append(passed.wait(BOUND)))
    return waited


def is_full(bar, updates):
    return bar.n == bar.total == updates


def test_the_bar_moves_before_the_first_run_ends_and_is_full_at_the_end(split, capsys, monkeypatch):
    waited = wait_for_bar(monkeypatch, 0)
    replicate(NETWORK, split, 2, seed=1, n_jobs=1, progress="two runs")
    assert waited == [True]
    assert is_full(Bar.last, 2 * UPDATES)
    assert "two runs: 100%" in capsys.readouterr().err


@pytest.mark.skipif(joblib.cpu_count() < 2, reason="with one core, the run is in this process")
def test_the_bar_moves_while_another_process_trains(split, folder):
    """The other process waits at a pipe before its run ends; the bar writes to it when it moves."""
    path = str(folder / "pipe")
    os.mkfifo(path)

    def measure(network, split):
        with open(path, "rb") as pipe:
            moved, _, _ = select.select([pipe], [], [], BOUND)
            return {"moved": len(moved)}

    with open(path, "r+b", buffering=0) as pipe:
        Bar.moves.append(lambda n: n and pipe.write(b"."))
        runs = replicate(NETWORK, split, 1, seed=1, n_jobs=2, measure=measure, progress="a run")
    assert runs.numbers["moved"].tolist() == [1]
    assert is_full(Bar.last, UPDATES)


def test_the_bar_of_a_search_counts_every_network_and_starts_where_the_search_stopped(split, folder, monkeypatch):
    def searched(*lams, **how):
        journal, seeds = search.Journal(folder / "journal", code=""), np.random.SeedSequence(1)
        return search.train_each(split, lams, SETTINGS, seeds, journal=journal, stack_size=2, n_jobs=1, **how)

    searched(0.1, 0.2)
    waited = wait_for_bar(monkeypatch, 3 * UPDATES)  # the second stack has two networks
    searched(0.1, 0.2, 0.3, 0.4, progress="a search")
    assert waited == [True]
    assert Bar.last.initial == 2 * UPDATES
    assert is_full(Bar.last, 4 * UPDATES)


def test_runs_note_how_far_they_are():
    with bar_of_runs("runs", 1000, finished=300) as runs:
        first, second = runs.tally(0), runs.tally(1, networks=2)
        loop = iter(tracked(100, first))
        assert [next(loop) for _ in range(51)] == list(range(51))
        assert runs.updates() == 300 + 50
        assert list(tracked(250, second)) == list(range(250))
        assert runs.updates() == 300 + 50 + 2 * 250
        assert next(iter(tracked(100, first))) == 0, "the process of the first run was killed, and it begins again"
        assert runs.updates() == 300 + 2 * 250


def test_of_a_run_on_another_machine_only_the_end_is_known(folder):
    with bar_of_runs("a run", 100) as runs:
        elsewhere = dataclasses.replace(runs.tally(0), path=str(folder / "file of another machine"))
        assert list(tracked(100, elsewhere)) == list(range(100))
        assert runs.updates() == 0
        runs.finished = 100
    assert is_full(Bar.last, 100)
    assert list(folder.iterdir()) == []


def test_a_file_that_is_removed_stops_no_run(folder):
    with bar_of_runs("a run", 100) as runs:
        loop = iter(tracked(100, runs.tally(0)))
        assert next(loop) == 0
        shutil.rmtree(*folder.iterdir())
        assert list(loop) == list(range(1, 100))
        runs.finished = 100
    assert is_full(Bar.last, 100)
    assert list(folder.iterdir()) == []


@pytest.fixture
def full_disk(monkeypatch):
    """Leave no room for the file."""

    def no_room(**_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(progress, "TemporaryDirectory", no_room)


def test_without_room_for_the_file_all_runs_are_trained(split, full_disk):
    expected = replicate(NETWORK, split, 2, seed=1, n_jobs=1).numbers
    found = replicate(NETWORK, split, 2, seed=1, n_jobs=1, progress="two runs").numbers
    pd.testing.assert_frame_equal(found, expected, check_exact=True)
    assert is_full(Bar.last, 2 * UPDATES)


def test_without_room_for_the_file_the_bar_of_a_search_counts_what_is_finished(split, folder, full_disk):
    journal, seeds = search.Journal(folder / "journal", code=""), np.random.SeedSequence(1)
    search.train_each(split, [0.1, 0.2, 0.3], SETTINGS, seeds, journal=journal, n_jobs=1, progress="a search")
    assert is_full(Bar.last, 3 * UPDATES)


def threads():
    """Return the threads that move a bar."""
    return [thread for thread in threading.enumerate() if "_watch" in thread.name]


def test_no_file_and_no_thread_are_left_even_after_ctrl_c(split, folder, monkeypatch):
    def interrupt():
        assert len(list(folder.iterdir())) == len(threads()) == 1
        raise KeyboardInterrupt

    before_the_last_update(monkeypatch, interrupt)
    with pytest.raises(KeyboardInterrupt):
        replicate(NETWORK, split, 2, seed=1, n_jobs=1, progress="two runs")
    assert list(folder.iterdir()) == []
    assert threads() == []


def test_where_no_progress_is_shown_there_is_neither_file_nor_thread_nor_bar(split, folder, monkeypatch):
    for name in ("TemporaryDirectory", "Thread", "bars"):
        monkeypatch.setattr(progress, name, None)
    replicate(NETWORK, split, 1, seed=1, n_jobs=1)
    journal = search.Journal(folder / "journal", code="")
    search.train_each(split, [0.1], SETTINGS, np.random.SeedSequence(1), journal=journal, n_jobs=1)


def test_without_a_bar_of_all_runs_each_network_shows_its_own(split, capsys):
    network = TwoLayerClassifier(n_hidden=5, n_updates=2, batch_size=10, progress="its own bar")
    replicate(network, split, 2, seed=1, n_jobs=1)
    assert capsys.readouterr().err.count("its own bar: 100%") == 2


def test_a_replicate_is_called_what_its_network_was_called(split):
    network = TwoLayerClassifier(n_hidden=5, n_updates=2, batch_size=10, progress="its own bar")
    (run,) = replicate(network, split, 1, seed=1, n_jobs=1, progress="a run")
    assert run.network.progress == "its own bar"
