"""Any settings: a network is trained with them, or there is one sentence that says why not."""

import math
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.cases import cases, is_one_sentence
from twolayer import schedule
from twolayer.classifier import TwoLayerClassifier
from twolayer.experiments import search
from twolayer.training import TrainingDiverged

X = np.random.default_rng(0).standard_normal((6, 4)).astype(np.float32)
Y = np.array([0, 1, 2, 0, 1, 2])
ODD = st.sampled_from(
    [None, "", "3", "a", b"3", [], [1], [[1], [2]], {}, (), 1j, object, True, False, math.nan, math.inf, -math.inf]
)
REAL = st.floats(allow_nan=True, allow_infinity=True) | st.sampled_from([0, -0.0, 1e-320, 1e308, 1e-5, 0.1, 1])


# What costs time or memory stays small.
COUNT = st.integers(-3, 9) | st.sampled_from([1.0, 2.0, 2.5, np.int64(2), np.float32(3), np.array(2), np.array([2, 3])])
ANY_COUNT = COUNT | ODD | REAL.filter(lambda value: not 9 < value < math.inf) | st.just(10**400)
ANY_REAL = REAL | ODD | st.just(10**400)
SETTINGS = {
    "n_hidden": ANY_COUNT,
    "n_s": ANY_COUNT,
    "n_cycles": ANY_COUNT,
    "n_updates": ANY_COUNT,
    "batch_size": ANY_COUNT,
    "record": ANY_COUNT,
    "lam": ANY_REAL,
    "eta_min": ANY_REAL,
    "eta_max": ANY_REAL,
    "snapshots": ODD | st.lists(COUNT, max_size=3),
    "progress": st.none(),
    "random_state": ODD | st.integers(-3, 2**70),
}


@st.composite
def any_settings(draw):
    """Draw some settings: most are left as they are, since the first that is wrong hides all others."""
    names = draw(st.lists(st.sampled_from(sorted(SETTINGS)), min_size=1, max_size=3, unique=True))
    return {"n_hidden": 3, "n_s": 2, "batch_size": 3, "record": 2} | {name: draw(SETTINGS[name]) for name in names}


def said(action, *others):
    """Do it; return its result, and the sentence that says why there is none."""
    try:
        return action(), None
    except (ValueError, *others) as error:
        return None, str(error)


@cases(300, 20)
@given(settings=any_settings())
def test_a_network_is_trained_or_there_is_one_sentence(settings):
    fitted, fault = said(lambda: TwoLayerClassifier(**settings).fit(X, Y, validation=(X, Y)), TrainingDiverged)
    if fault is not None:
        assert is_one_sentence(fault)
        return
    probabilities = fitted.predict_proba(X)
    assert probabilities.shape == (6, 3)
    assert np.isfinite(probabilities).all()
    assert np.isfinite(fitted.history_[["cost", "loss", "accuracy"]]).all(axis=None)


@cases(200, 5)
@given(t=REAL, n_s=ANY_COUNT, eta_min=ANY_REAL, eta_max=ANY_REAL)
def test_a_learning_rate_is_computed_or_there_is_one_sentence(t, n_s, eta_min, eta_max):
    with np.errstate(all="ignore"):
        _, fault = said(lambda: search.Settings(4, n_s, eta_min=eta_min, eta_max=eta_max).eta(t))
    assert fault is None or is_one_sentence(fault)


@cases(100, 5)
@given(arguments=st.tuples(ANY_COUNT, ANY_COUNT, ANY_COUNT, ANY_COUNT))
def test_updates_are_counted_or_there_is_one_sentence(arguments):
    with np.errstate(all="ignore"):
        for count in (lambda: schedule.updates(*arguments[:2]), lambda: schedule.updates_in_whole_epochs(*arguments)):
            _, fault = said(count)
            assert fault is None or is_one_sentence(fault)


@cases(100, 5)
@given(
    labels=st.lists(st.lists(st.integers(-1, 2), min_size=2, max_size=2), min_size=6, max_size=6)
    | st.lists(ANY_COUNT, min_size=6, max_size=6),
)
def test_any_labels_are_learned_or_refused(labels):
    network = TwoLayerClassifier(3, n_s=2, batch_size=3, record=2, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # A label of bytes is a TypeError to scikit-learn.
        fitted, fault = said(lambda: network.fit(X, labels), TrainingDiverged, TypeError)
    if fault is None:
        assert np.isfinite(fitted.predict_proba(X)).all()
    else:
        assert fault.strip()


SPLIT = SimpleNamespace(
    X_train=X, y_train=Y, X_validation=X, y_validation=Y, fingerprint="", n_classes=3, basis=None, whitened=False
)
HOW = {"stack_size": ANY_COUNT, "n_jobs": st.sampled_from([0, -1, 1, 10**9, 1.0, 1.5, "1", [1]])}


@cases(100, 5)
@given(lams=st.lists(ANY_REAL, max_size=3), how=st.fixed_dictionaries({}, optional=HOW))
def test_a_search_is_run_or_there_is_one_sentence(lams, how):
    with TemporaryDirectory() as folder:
        journal, seeds = search.Journal(Path(folder) / "journal", ""), np.random.SeedSequence(1)
        settings = search.Settings(2, 2, n_hidden=2, batch_size=3)
        how = {"n_jobs": 1, **how}
        found, fault = said(
            lambda: search.train_each(SPLIT, lams, settings, seeds, journal=journal, **how), TrainingDiverged
        )
    assert is_one_sentence(fault) if found is None else len(found) == len(lams)


SEARCHES = HOW | {
    "low": ANY_REAL,
    "high": ANY_REAL,
    "n": ANY_COUNT,
    "n_seeds": ANY_COUNT,
    "rounds": ODD | st.lists(st.sampled_from([*search.ROUNDS, "finer", "", 1]), max_size=4),
    "journal": ODD.filter(lambda value: not isinstance(value, str)),  # which would name a file here
}


@cases(100, 5)
@given(names=st.lists(st.sampled_from(sorted(SEARCHES)), min_size=1, max_size=2, unique=True), data=st.data())
def test_rounds_are_searched_or_there_is_one_sentence(names, data):
    wrong = {name: data.draw(SEARCHES[name]) for name in names}
    with TemporaryDirectory() as folder:
        how = {"low": 1e-3, "high": 1.0, "n": 2, "seed": 1, "journal": Path(folder) / "journal", "n_jobs": 1, **wrong}
        settings = search.Settings(2, 2, n_hidden=2, batch_size=3)
        found, fault = said(lambda: search.coarse_to_fine(SPLIT, settings, **how), TrainingDiverged)
    if found is None:
        assert is_one_sentence(fault)
    else:
        assert len(found) == how["n"] * how.get("n_seeds", 1) * len(how.get("rounds", search.ROUNDS))
