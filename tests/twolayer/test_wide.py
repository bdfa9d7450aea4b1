"""A network in blocks is the same network: held to the formula, and to the same bits for any number of threads."""

from functools import partial

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from twolayer import network, training
from twolayer.sgd import ByGradients, Descent, HeavyBall
from twolayer.techniques.optimisers import Adam
from twolayer.wide import BLOCK, WIDE, Wide

D, M, C = 12, WIDE + 7, 4
KINDS = {
    "plain": partial(Descent, label_smoothing=0.1),
    "momentum": partial(HeavyBall, momentum=0.8),
    "Adam": partial(ByGradients, optimiser=Adam),
}


@pytest.fixture(scope="module")
def problem():
    rng = np.random.default_rng(0)
    return rng.standard_normal((20, D)), rng.integers(0, C, 20)


def start(dtype=np.float64):
    rng = np.random.default_rng(1)
    params = network.initialise(D, M, C, rng, dtype)
    return params._replace(b1=rng.standard_normal(M).astype(dtype), b2=rng.standard_normal(C).astype(dtype))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dropout", [0.0, 0.4])
def test_blocks_together_are_the_whole_network(problem, kind, dropout):
    rng = np.random.default_rng(2)
    wide, whole = Wide(start(), 0.01, KINDS[kind], map), KINDS[kind](start(), 0.01)
    for t in range(5):
        mask = network.dropout_mask((20, M), dropout, rng, np.float64) if dropout else None
        for descent in (wide, whole):
            descent.step(*problem, 0.02 * (t + 1), mask)
    for found, expected, first in zip(wide.params(), whole.params(), start(), strict=True):
        assert found.shape == expected.shape
        np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-10)
        assert np.abs(found - first).max() > 1e-3


@pytest.mark.parametrize("m", [M, 2 * BLOCK, 2 * BLOCK + 1, 5 * BLOCK])
def test_blocks_are_alike_and_none_is_too_wide(m):
    wide = Wide(network.initialise(D, m, C, np.random.default_rng(0)), 0.0, Descent, map)
    widths = [len(block.b1) for block in wide.blocks]
    assert sum(widths) == m
    assert max(widths) <= BLOCK
    assert max(widths) - min(widths) <= 1
    assert len(widths) % 2 == 0


def test_all_blocks_have_one_b2(problem):
    wide = Wide(start(), 0.01, KINDS["momentum"], map)
    wide.step(*problem, 0.1)
    for block in wide.blocks:
        np.testing.assert_array_equal(block.b2, wide.b2)


def test_the_start_is_not_changed(problem):
    params, before = start(), start()
    Wide(params, 0.01, Descent, map).step(*problem, 0.1)
    for array, kept in zip(params, before, strict=True):
        np.testing.assert_array_equal(array, kept)


def trained(problem, params, n_threads, monkeypatch, **settings):
    """Train, and return the network, what evaluation says of it, the next draw, and how many were wide."""
    made = []
    monkeypatch.setattr(training, "Wide", lambda *given: made.append(given) or Wide(*given))
    (X, y), rng = problem, np.random.default_rng(3)
    with threadpool_limits(limits=n_threads, user_api="blas"):
        found = training.train(
            X.astype(np.float32),
            y,
            params,
            lam=0.01,
            eta=lambda t: 0.05,
            batch_size=8,
            n_updates=20,
            rng=rng,
            **settings,
        )
        evaluated = training.evaluate(np.tile(X, (100, 1)).astype(np.float32), np.tile(y, 100), found, 0.01)
    return found, evaluated, rng.random(), len(made)


def noisy(X, rows, rng):
    return X[rows] + rng.standard_normal((len(rows), D), np.float32)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("m", [5, M])
@pytest.mark.parametrize("augment", [training.take, noisy])
def test_threads_change_no_bit_of_a_training_with_dropout(problem, kind, m, augment, monkeypatch):
    params = network.initialise(D, m, C, np.random.default_rng(0))
    settings = {"descend": KINDS[kind], "dropout": 0.3, "augment": augment}
    one, two = (trained(problem, params, n, monkeypatch, **settings) for n in (1, 2))
    for a, b in zip((*one[0], *one[1], one[2]), (*two[0], *two[1], two[2]), strict=True):
        np.testing.assert_array_equal(a, b)
    assert one[3] == two[3] == (m > WIDE)


def test_a_stack_is_never_divided(problem, monkeypatch):
    params = network.stack([network.initialise(D, M, C, np.random.default_rng(k)) for k in range(2)])
    assert trained(problem, params, 1, monkeypatch)[3] == 0


def test_a_wide_network_that_diverges_stops_in_silence(problem, monkeypatch):
    with pytest.raises(training.TrainingDiverged):
        training.train(
            problem[0],
            problem[1],
            start(),
            lam=0.0,
            eta=lambda t: 1e200,
            batch_size=8,
            n_updates=9,
            rng=np.random.default_rng(0),
        )
