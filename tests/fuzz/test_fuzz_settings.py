"""Any settings: a network is trained with them, or there is one sentence that says why not."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.cases import cases, is_one_sentence
from twolayer import schedule, search
from twolayer.classifier import TwoLayerClassifier
from twolayer.training import TrainingDiverged

X = np.random.default_rng(0).standard_normal((6, 4)).astype(np.float32)
Y = np.array([0, 1, 2, 0, 1, 2])
ODD = st.sampled_from(
    [None, "", "3", "a", b"3", [], [1], [[1], [2]], {}, (), 1j, object, True, False, math.nan, math.inf, -math.inf]
)
REAL = st.floats(allow_nan=True, allow_infinity=True) | st.sampled_from([0, -0.0, 1e-320, 1e308, 1e-5, 0.1, 1])


def is_no_infinity(value):
    return not (isinstance(value, float) and value == math.inf)


# What costs time or memory stays small.
COUNT = st.integers(-3, 9) | st.sampled_from([1.0, 2.0, 2.5, np.int64(2), np.float32(3), np.array(2), np.array([2, 3])])
ANY_COUNT, ANY_REAL = COUNT | (ODD | REAL.filter(lambda value: not value > 9)).filter(is_no_infinity), REAL | ODD
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
    "random_state": ODD.filter(lambda value: not isinstance(value, str) or value) | st.integers(-3, 2**70),
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
    except (ValueError, TypeError, *others) as error:
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
@given(t=ANY_REAL, n_s=ANY_COUNT, eta_min=ANY_REAL, eta_max=ANY_REAL)
def test_a_learning_rate_is_computed_or_there_is_one_sentence(t, n_s, eta_min, eta_max):
    settings = search.Settings(4, n_s, eta_min=eta_min, eta_max=eta_max)
    with np.errstate(all="ignore"):
        _, fault = said(lambda: settings.eta(t), ArithmeticError)
    assert fault is None or is_one_sentence(fault)


@cases(100, 5)
@given(arguments=st.tuples(ANY_COUNT, ANY_COUNT, ANY_COUNT, ANY_COUNT))
def test_updates_are_counted_or_there_is_one_sentence(arguments):
    with np.errstate(all="ignore"):
        for count in (lambda: schedule.updates(*arguments[:2]), lambda: schedule.updates_in_whole_epochs(*arguments)):
            _, fault = said(count, ArithmeticError)
            assert fault is None or is_one_sentence(fault)
