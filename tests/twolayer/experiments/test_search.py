import json
import os
import re
import signal
from itertools import pairwise
from types import SimpleNamespace

import joblib
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from twolayer import training
from twolayer.experiments import search, search_analysis

SETTINGS = search.Settings(n_updates=30, n_s=15, n_hidden=8, batch_size=20)


@pytest.fixture(scope="module")
def split():
    """Return ten clouds of points: enough to learn that a huge λ is bad."""
    rng = np.random.default_rng(0)
    centres, y = rng.standard_normal((10, 12)), rng.integers(0, 10, 400)
    X = (centres[y] + 0.3 * rng.standard_normal((400, 12))).astype(np.float32)
    return SimpleNamespace(
        X_train=X[:300],
        y_train=y[:300],
        X_validation=X[300:],
        y_validation=y[300:],
        fingerprint="clouds",
        n_classes=10,
        basis=None,
        whitened=False,
    )


def run(split, journal, **changes):
    settings = {"low": 1e-5, "high": 1e1, "n": 6, "seed": 3, "journal": journal, "n_jobs": 1, **changes}
    return search.coarse_to_fine(split, SETTINGS, **settings)


def test_samples_are_log_uniform():
    lams = search.sample(1e-5, 1e-1, 4000, np.random.default_rng(0))
    shares = np.histogram(np.log10(lams), bins=[-5, -4, -3, -2, -1])[0] / 4000
    np.testing.assert_allclose(shares, 0.25, atol=0.03)


def results_of(accuracies, name="coarse"):
    """Return results of a search: accuracies maps λ to the accuracies of its seeds."""
    rows = [(name, seed, lam, a) for lam, of_seeds in accuracies.items() for seed, a in enumerate(of_seeds, 1)]
    return pd.DataFrame(rows, columns=["round", "seed", "lam", "validation_accuracy"])


def test_ranking_and_narrowing_use_the_mean_over_seeds():
    results = results_of({5.0: [0.1, 0.1], 1.0: [0.3, 0.5], 2.0: [0.4, 0.6], 3.0: [0.4, 0.4]})
    assert search.rank(results)["lam"].tolist() == [2.0, 3.0, 1.0, 5.0]
    assert search.narrow(results, keep=3) == (1.0, 3.0)


def test_the_best_networks_of_each_round_and_seed():
    coarse = results_of({1.0: [0.1, 0.5], 2.0: [0.5, 0.25], 3.0: [0.25, 0.125]})
    results = pd.concat([coarse, results_of({4.0: [0.75, 0.75]}, "fine")])
    rows = search_analysis.best_of_rounds(results, top=2).to_numpy().tolist()
    assert rows == [
        ["coarse", 1, 1, 2.0, 50.0],
        ["coarse", 1, 2, 3.0, 25.0],
        ["coarse", 2, 1, 1.0, 50.0],
        ["coarse", 2, 2, 2.0, 25.0],
        ["fine", 1, 1, 4.0, 75.0],
        ["fine", 2, 1, 4.0, 75.0],
    ]


def test_lams_are_compared_with_one_that_was_fixed_beforehand():
    results = results_of({1.0: [0.5, 0.3, 0.7], 2.0: [0.49, 0.24, 0.73], 30.0: [0.1, 0.0, 0.4]})
    behind = search_analysis.behind(results, 1.3).set_index("lam")
    assert list(behind.index) == [2.0, 30.0], "1.0 is the nearest"
    assert behind["mean"].tolist() == pytest.approx([4 / 3, 100 / 3])
    # By hand: deviations from the means of λ and seed, 4 degrees of freedom, Student's quantile for 2 comparisons.
    table = 100 * np.array([[0.5, 0.3, 0.7], [0.49, 0.24, 0.73], [0.1, 0.0, 0.4]])
    residuals = table - table.mean(axis=1, keepdims=True) - table.mean(axis=0) + table.mean()
    half = stats.t.ppf(1 - 0.025 / 2, 4) * np.sqrt((residuals**2).sum() / 4 * 2 / 3)
    np.testing.assert_allclose(behind["high"] - behind["mean"], half)
    np.testing.assert_allclose(behind["mean"] - behind["low"], half)


def test_the_intervals_of_equal_lams_hold_together():
    rng = np.random.default_rng(0)
    false_alarms = 0
    for _ in range(400):
        accuracies = rng.normal(0.5, 0.01, (20, 3)) + rng.normal(0, 0.05, 3)  # seeds differ, λ do not
        behind = search_analysis.behind(results_of({10.0**i: row.tolist() for i, row in enumerate(accuracies)}), 1.0)
        false_alarms += ((behind["low"] > 0) | (behind["high"] < 0)).any()
    assert false_alarms <= 0.05 * 400


def test_with_one_seed_or_one_lam_there_is_no_interval():
    assert search_analysis.behind(results_of({1.0: [0.5], 2.0: [0.4]}), 1.0)[["low", "high"]].isna().all(axis=None)
    assert search_analysis.behind(results_of({1.0: [0.5, 0.4]}), 1.0).empty


def test_a_seed_measures_the_lam_that_the_others_choose():
    results = results_of({1.0: [0.9, 0.1, 0.5], 2.0: [0.6, 0.5, 0.7]})
    # Without seed 1 the best is 2.0, without seed 2 it is 1.0, without seed 3 it is 2.0.
    assert search_analysis.leave_one_seed_out(results).tolist() == [0.6, 0.1, 0.7]


def test_each_lam_of_a_round_is_trained_with_every_seed(split, tmp_path):
    results = run(split, tmp_path / "journal", n_seeds=2, rounds=["coarse"])
    assert results.groupby("lam")["seed"].apply(list).tolist() == [[1, 2]] * 6
    alone = run(split, tmp_path / "journal", rounds=["coarse"])
    pd.testing.assert_frame_equal(results[results["seed"] == 1], alone)
    assert len(set(results["train_cost"])) == 12


def test_each_round_searches_the_range_of_the_best_five_of_the_last(split, tmp_path):
    results = run(split, tmp_path / "journal.jsonl")
    assert results["round"].value_counts(sort=False).to_dict() == {"coarse": 6, "fine": 6, "second fine": 6}
    rounds = [results[results["round"] == name] for name in search.ROUNDS]
    for wide, narrow in pairwise(rounds):
        low, high = search.narrow(wide)
        assert narrow["lam"].between(low, high).all()
    assert results["validation_accuracy"].max() > 0.5


def test_results_do_not_depend_on_stacks_or_jobs(split, tmp_path):
    lams, seeds = [1e-3, 1e-2, 1e-1, 1.0], np.random.SeedSequence(1)

    def trained(name, **how):
        journal = search.Journal(tmp_path / name, code="")
        return search.train_each(split, lams, SETTINGS, seeds, journal=journal, **how)

    expected = trained("one at a time", stack_size=1, n_jobs=1)
    pd.testing.assert_frame_equal(trained("one stack", stack_size=4, n_jobs=1), expected, rtol=1e-4)
    pd.testing.assert_frame_equal(trained("all cores", stack_size=2), expected, rtol=1e-4)
    pd.testing.assert_frame_equal(trained("again", stack_size=4), trained("one stack", stack_size=4), check_exact=True)


def test_an_interrupted_search_resumes_where_it_stopped(split, tmp_path, monkeypatch):
    expected = run(split, tmp_path / "undisturbed")
    journal, calls = tmp_path / "journal.jsonl", []
    train = training.train

    def train_twice(*args, **kwargs):
        calls.append(kwargs["lam"])
        if len(calls) == 3:
            raise KeyboardInterrupt
        return train(*args, **kwargs)

    monkeypatch.setattr(search.training, "train", train_twice)
    with pytest.raises(KeyboardInterrupt):
        run(split, journal, stack_size=2)
    assert len(journal.read_text().splitlines()) == 4
    calls[:] = [None] * 3
    pd.testing.assert_frame_equal(run(split, journal, stack_size=2), expected, rtol=1e-4)
    assert sum(len(lams) for lams in calls[3:]) == 14  # of 18 networks, 4 were already in the journal


def test_a_finished_search_trains_nothing(split, tmp_path, monkeypatch):
    expected = run(split, tmp_path / "journal.jsonl")
    monkeypatch.setattr(search.training, "train", None)
    pd.testing.assert_frame_equal(run(split, tmp_path / "journal.jsonl"), expected)


def test_given_lams_are_trained_with_every_seed_and_kept(split, tmp_path, monkeypatch):
    how = {"seed": 3, "n_seeds": 2, "journal": tmp_path / "journal", "n_jobs": 1}
    found = search.train_given(split, [0.1, 1e-3], SETTINGS, **how)
    assert found[["seed", "lam"]].to_numpy().tolist() == [[1, 0.1], [1, 1e-3], [2, 0.1], [2, 1e-3]]
    assert found["train_cost"].nunique() == 4
    monkeypatch.setattr(search, "_train", lambda *_: pytest.fail("trained again"))
    pd.testing.assert_frame_equal(search.train_given(split, [0.1, 1e-3], SETTINGS, **how), found)


def test_other_data_or_seeds_are_trained_anew(split, tmp_path):
    journal = tmp_path / "journal.jsonl"
    run(split, journal, rounds=["coarse"])
    run(SimpleNamespace(**{**vars(split), "fingerprint": "other"}), journal, rounds=["coarse"])
    run(split, journal, rounds=["coarse"], seed=4)
    assert len(journal.read_text().splitlines()) == 18


@pytest.mark.skipif(joblib.cpu_count() < 2, reason="with one core, the search runs in this process")
def test_a_killed_process_ends_the_search_and_loses_no_finished_network(split, tmp_path, monkeypatch):
    def kill_the_third(split, stack, settings, tally):
        if stack[0]["lam"] > 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return stack, [dict.fromkeys(search.RESULTS, 0.5)] * len(stack)

    monkeypatch.setattr(search, "_train", kill_the_third)
    journal = search.Journal(tmp_path / "journal.jsonl", code="")
    seeds = np.random.SeedSequence(1)
    search.train_each(split, [1.0, 2.0], SETTINGS, seeds, journal=journal, n_jobs=1)
    with pytest.raises(
        search.SearchStopped, match=r"2 of 3 networks finished.*journal.jsonl keeps: run the search again"
    ):
        search.train_each(split, [1.0, 2.0, 4.0], SETTINGS, seeds, journal=journal, stack_size=2, n_jobs=2)
    assert len(journal.results) == 2


@pytest.mark.parametrize("n_jobs", [0, -1, 10_000, 1.5, "1", [1]])
def test_an_invalid_number_of_processes_is_refused(split, tmp_path, n_jobs):
    with pytest.raises(
        ValueError, match=rf"^n_jobs = {re.escape(repr(n_jobs))}: choose from 1 to \d+, the cores of this machine\.$"
    ):
        run(split, tmp_path / "journal", n_jobs=n_jobs)


def test_a_backend_that_returns_all_results_at_once_is_refused(split, tmp_path):
    with (
        joblib.parallel_config("multiprocessing"),
        pytest.raises(ValueError, match="does not support return_as=generator_unordered"),
    ):
        run(split, tmp_path / "journal")


ALL = "coarse, fine, second fine"


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"n": 0}, "n = 0: choose a whole number of at least 1."),
        ({"n": 1.5}, "n = 1.5: choose a whole number of at least 1."),
        ({"n": 1}, "n = 1: one λ cannot bound a further round; choose at least 2, or a single round."),
        ({"n_seeds": 0}, "n_seeds = 0: choose a whole number of at least 1."),
        ({"n_seeds": -1}, "n_seeds = -1: choose a whole number of at least 1."),
        ({"stack_size": "2"}, "stack_size = '2': choose a whole number of at least 1."),
        ({"worker_timeout": 0}, "worker_timeout = 0: choose a finite number of seconds above 0."),
        ({"worker_timeout": np.inf}, "worker_timeout = inf: choose a finite number of seconds above 0."),
        ({"worker_timeout": "60"}, "worker_timeout = '60': choose a finite number of seconds above 0."),
        ({"worker_timeout": None}, "worker_timeout = None: choose a finite number of seconds above 0."),
        ({"rounds": ()}, f"rounds = (): choose from {ALL}, each once."),
        ({"rounds": "ab"}, f"rounds = 'ab': choose from {ALL}, each once."),
        ({"rounds": None}, f"rounds = None: choose from {ALL}, each once."),
        ({"rounds": ["coarse", "finer"]}, f"rounds = ['coarse', 'finer']: choose from {ALL}, each once."),
        ({"rounds": ["fine", "fine"]}, f"rounds = ['fine', 'fine']: choose from {ALL}, each once."),
        ({"low": "1"}, "low = '1', high = 10.0: choose finite bounds of λ, 0 < low < high."),
        ({"high": None}, "low = 1e-05, high = None: choose finite bounds of λ, 0 < low < high."),
        ({"low": 10.0}, "low = 10.0, high = 10.0: choose finite bounds of λ, 0 < low < high."),
        ({"high": 1e39}, "low = 1e-05, high = 1e+39: choose finite bounds of λ, 0 < low < high."),
        ({"journal": None}, "journal = None: name the file in which results are kept."),
    ],
    ids=str,
)
def test_an_invalid_search_is_refused_before_anything_is_trained(split, tmp_path, monkeypatch, wrong, sentence):
    monkeypatch.setattr(search.training, "train", None)
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        run(split, **{"journal": tmp_path / "journal", **wrong})


def test_a_search_without_validation_images_is_refused(split, tmp_path, monkeypatch):
    monkeypatch.setattr(search.training, "train", None)
    without = SimpleNamespace(**{**vars(split), "X_validation": split.X_train[:0], "y_validation": split.y_train[:0]})
    with pytest.raises(
        ValueError, match=r"^The split has no validation images, by which a search ranks λ: choose some\.$"
    ):
        run(without, tmp_path / "journal")


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
@pytest.mark.parametrize("images", ["X_train", "X_validation"])
def test_images_that_are_not_finite_are_refused(split, tmp_path, images, wrong):
    X = getattr(split, images).copy()
    X[7, 3] = wrong
    odd = SimpleNamespace(**{**vars(split), images: X})
    settings = search.Settings(n_updates=1, n_s=1, n_hidden=8, batch_size=1)
    with pytest.raises(
        ValueError, match=r"^A loss is not finite: make all numbers of the training and validation images finite\.$"
    ):
        search.coarse_to_fine(odd, settings, low=1e-5, high=1, n=2, seed=3, journal=tmp_path / "journal", n_jobs=1)


def test_numpys_counts_and_rates_give_equal_settings(split, tmp_path):
    odd = search.Settings(np.int64(30), np.float32(15), n_hidden=8.0, batch_size=20, eta_min=np.float64(0), eta_max=1)
    settings = search.Settings(30, 15, n_hidden=8, batch_size=20, eta_min=0.0, eta_max=1.0)
    assert repr(odd) == repr(settings)
    how = {"low": 1e-5, "high": 1e1, "seed": 3, "journal": tmp_path / "journal", "n_jobs": 1, "rounds": ["coarse"]}
    expected = search.coarse_to_fine(split, settings, n=6, **how)
    found = search.coarse_to_fine(split, odd, n=np.float64(6), n_seeds=1.0, stack_size=10.0, **how)
    pd.testing.assert_frame_equal(found, expected, check_exact=True)
    assert len((tmp_path / "journal").read_text().splitlines()) == 6


@pytest.mark.parametrize("before", [[(0.1, 0.2, 9.0)], [(0.1, 9.0), (9.0, 0.2)]], ids=["longer", "others"])
def test_a_network_in_another_stack_has_another_key(split, tmp_path, before):
    """The rounding errors of a network depend on the others in its stack."""

    def trained(name, lams):
        journal, seeds = search.Journal(tmp_path / name, code=""), np.random.SeedSequence(1)
        return search.train_each(split, lams, SETTINGS, seeds, journal=journal, n_jobs=1)

    for lams in before:
        trained("journal", lams)
    expected = trained("new", (0.1, 0.2))
    pd.testing.assert_frame_equal(trained("journal", (0.1, 0.2)), expected, check_exact=True)


def test_a_diverging_lam_is_reported_after_all_others_are_finished(split, tmp_path):
    journal, seeds = search.Journal(tmp_path / "journal", code=""), np.random.SeedSequence(1)
    with pytest.raises(training.TrainingDiverged, match=r"λ = 1e\+25\): choose a smaller eta_max or a smaller lam\.$"):
        search.train_each(split, [1e25, 1.0, 1e20, 2.0], SETTINGS, seeds, journal=journal, stack_size=1, n_jobs=1)
    assert [json.loads(work)["lam"] for work in journal.results] == [1.0, 2.0]


def test_leaving_one_seed_out_needs_two_seeds():
    with pytest.raises(
        ValueError,
        match=r"^With one seed, the same accuracies would choose λ and measure it: search with at least 2 seeds\.$",
    ):
        search_analysis.leave_one_seed_out(results_of({1.0: [0.5], 2.0: [0.25]}))


def test_without_lams_there_is_nothing_to_train(split, tmp_path):
    journal = search.Journal(tmp_path / "journal", code="")
    assert search.train_each(split, [], SETTINGS, np.random.SeedSequence(1), journal=journal).empty
