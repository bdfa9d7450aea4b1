from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from twolayer import network, training
from twolayer.images import moments, standardise
from twolayer.sgd import Descent
from twolayer.training import History, TrainingDiverged


@pytest.fixture
def problem():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((100, 30)).astype(np.float32)
    return X, rng.integers(0, 10, 100)


def start(seed=0):
    return network.initialise(30, 20, 10, np.random.default_rng(seed))


def stack_of(*seeds):
    return network.stack(map(start, seeds))


def settings(**changes):
    return {
        "lam": 0.0,
        "eta": lambda t: 0.1,
        "batch_size": 10,
        "n_updates": 50,
        "rng": np.random.default_rng(5),
        **changes,
    }


def test_training_overfits_100_images(problem):
    params = training.train(*problem, start(), **settings(n_updates=2000))
    _, loss, accuracy = training.evaluate(*problem, params, 0.0)
    assert accuracy == 1
    assert loss < 0.1


def test_an_epoch_sees_every_image_once():
    order = training.batches(10, 3, np.random.default_rng(0))
    epochs = [np.concatenate([next(order) for _ in range(4)]) for _ in range(2)]
    for epoch in epochs:
        assert sorted(epoch) == list(range(10))
    assert epochs[0].tolist() != epochs[1].tolist()


def test_batches_of_no_images_are_refused():
    with pytest.raises(ValueError, match=r"^There is no image to train on: give at least one\.$"):
        next(training.batches(0, 7, np.random.default_rng(0)))


def test_one_update_is_the_plain_formula(problem):
    X, y = problem
    params = start()
    trained = training.train(X, y, params, **settings(n_updates=1, batch_size=100, lam=0.3))
    for theta, new, grad in zip(params, trained, network.gradients(X, y, params, 0.3), strict=True):
        np.testing.assert_allclose(new, theta - 0.1 * grad, atol=1e-6)


def test_same_seed_same_network_and_the_start_is_untouched(problem):
    params = start()
    kept = [array.copy() for array in params]
    first, second = (training.train(*problem, params, **settings(rng=np.random.default_rng(1))) for _ in range(2))
    for a, b, before, array in zip(first, second, kept, params, strict=True):
        np.testing.assert_array_equal(a, b)
        np.testing.assert_array_equal(before, array)
        assert not np.array_equal(a, array)


def test_a_network_trains_the_same_alone_and_in_a_stack(problem):
    lams, etas = np.array([0.0, 1e-3, 1e-1]), np.array([0.1, 0.01, 0.05])
    together = training.train(*problem, stack_of(0, 1, 2), **settings(lam=lams, eta=lambda t: etas))
    for k, member in enumerate(network.unstack(together)):
        alone = training.train(*problem, start(k), **settings(lam=lams[k], eta=lambda t, k=k: etas[k]))
        for a, b in zip(member, alone, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("dtype", "near"), [(np.float64, 1e-9), (np.float32, 1e-4)])
def test_each_update_drops_units_anew(problem, dtype, near):
    X, y = problem[0].astype(dtype), problem[1]
    rng, masks = np.random.default_rng(5), []
    params = network.Parameters(*(theta.astype(dtype) for theta in start()))

    class Noted(Descent):
        def step(self, X, y, eta, mask=None):
            masks.append(mask)
            super().step(X, y, eta, mask)

    how = settings(n_updates=2, dropout=0.3, lam=0.3)
    trained = training.train(X, y, params, **how, descend=Noted)
    order = training.batches(100, 10, rng)
    for seen in masks:
        rows = next(order)
        mask = network.dropout_mask((10, 20), 0.3, rng, dtype)
        np.testing.assert_array_equal(seen, mask, strict=True)
        slopes = network.gradients(X[rows], y[rows], params, 0.3, mask)
        params = network.Parameters(*(theta - 0.1 * slope for theta, slope in zip(params, slopes, strict=True)))
    for found, expected in zip(trained, params, strict=True):
        np.testing.assert_allclose(found, expected, rtol=near, atol=near / 1000)


def test_each_update_has_its_own_learning_rate(problem):
    asked = []
    training.train(*problem, start(), **settings(n_updates=3, eta=lambda t: asked.append(t) or 0.1))
    assert list(dict.fromkeys(asked)) == [0, 1, 2]


def test_a_cost_that_is_not_finite_stops_training(problem):
    said = r"after update \d+ \(η = 1e\+08, λ = 1\): choose a smaller eta_max or a smaller lam\.$"
    with pytest.raises(TrainingDiverged, match=said):
        training.train(*problem, start(), **settings(eta=lambda t: 1e8, lam=1.0))


def test_a_cost_that_overflows_at_the_end_is_noticed(problem):
    """Weights that are finite still, but whose squares are not."""
    huge = settings(lam=30.0, eta=lambda t: 0.1 + t / 1000, batch_size=100)
    diverged = []
    for n_updates in range(20, 32):
        try:
            params = training.train(*problem, start(), **{**huge, "n_updates": n_updates})
        except TrainingDiverged as error:
            diverged.append((n_updates, str(error)))
        else:
            assert np.isfinite(training.evaluate(*problem, params, 30.0)[0]).all()
    n_updates, message = diverged[0]
    assert f"after update {n_updates} (η = {0.1 + (n_updates - 1) / 1000:.3f}, λ = 30)" in message


def test_the_message_names_the_network_that_diverged(problem):
    with pytest.raises(TrainingDiverged, match=r"η = 1e\+08, λ = 7"):
        training.train(
            *problem, stack_of(0, 1), **settings(eta=lambda t: np.array([0.01, 1e8]), lam=np.array([1e-3, 7.0]))
        )


def test_evaluation_in_chunks_is_evaluation(problem, monkeypatch):
    X, y = problem
    params = start()
    monkeypatch.setattr(training, "CHUNK", 7)
    cost, loss, accuracy = training.evaluate(X, y, params, 0.2)
    _, P = network.forward(X, params)
    assert cost == pytest.approx(float(network.cost(X, y, params, 0.2)), rel=1e-5)
    assert loss == pytest.approx(float(network.cross_entropy(P, y)), rel=1e-5)
    assert accuracy == np.mean(P.argmax(axis=1) == y)


def test_each_network_of_a_stack_is_evaluated_on_its_own(problem):
    params = stack_of(0, 1, 2)
    together = np.transpose(training.evaluate(*problem, params, np.array([0.0, 0.1, 0.2])))
    for found, member, lam in zip(together, network.unstack(params), (0.0, 0.1, 0.2), strict=True):
        np.testing.assert_allclose(found, training.evaluate(*problem, member, lam), rtol=1e-5)
    assert (np.ptp(together, axis=0) > 0).all()


def test_bytes_are_evaluated_as_the_standardised_images():
    rng = np.random.default_rng(0)
    pixels, y = rng.integers(256, size=(900, 30), dtype=np.uint8), rng.integers(0, 3, 900)
    images = standardise(pixels, *moments(pixels, np.arange(900)), np.arange(900)[::-1])
    turned = np.linalg.qr(rng.standard_normal((30, 30)))[0].astype(np.float32)
    projected = replace(images, scale=images.scale[:, None] * turned, shift=images.shift @ turned)
    stacked = network.stack(network.initialise(30, 8, 3, rng) for _ in range(2))
    for X in (images, projected):
        for params, lam in ((stacked, np.array([0.1, 0.2])), (network.unstack(stacked)[0], 0.1)):
            from_bytes, from_floats = (training.evaluate(seen, y, params, lam) for seen in (X, np.asarray(X)))
            np.testing.assert_allclose(from_bytes, from_floats, rtol=1e-5)


def test_training_stops_at_the_first_bias_that_is_not_finite(problem):
    """Weights of one hidden unit grow beyond single precision, while the penalty is not looked at."""
    reached = []
    with pytest.raises(TrainingDiverged) as stopped:
        training.train(*problem, start(), **settings(eta=lambda t: 1e30, record=lambda t, _: reached.append(t)))
    assert f"after update {reached[-1] + 1} " in str(stopped.value)
    assert len(reached) < 10


def test_the_start_and_every_update_are_recorded_in_turn(problem):
    seen = []
    trained = training.train(
        *problem, start(), **settings(n_updates=3, record=lambda t, descent: seen.append((t, descent.params())))
    )
    assert [t for t, _ in seen] == [0, 1, 2, 3]
    np.testing.assert_array_equal(seen[0][1].W1, start().W1)
    np.testing.assert_array_equal(seen[-1][1].W1, trained.W1)
    assert not np.array_equal(seen[1][1].W1, seen[2][1].W1)


def test_a_progress_bar_is_shown_under_its_name_and_only_then(problem, capsys):
    training.train(*problem, start(), **settings(n_updates=3))
    assert capsys.readouterr().err == ""
    training.train(*problem, start(), **settings(n_updates=3, progress="some training"))
    bar = capsys.readouterr().err
    assert "some training: 100%" in bar
    assert "update/s]" in bar


def history(splits, **changes):
    return History(splits, **{"lam": 0.2, "eta": lambda t: 0.1, "every": 20, "n_updates": 50, **changes})


def test_history_has_the_start_every_20th_update_and_the_end(problem):
    recorded = history({"train": problem, "validation": problem})
    trained = training.train(*problem, start(), **settings(lam=0.2, record=recorded.record))
    frame = pd.DataFrame(recorded.rows)
    assert frame[frame["split"] == "train"]["update"].tolist() == [0, 20, 40, 50]
    assert frame.columns.tolist() == ["update", "eta", "split", "cost", "loss", "accuracy"]
    assert frame["loss"].iloc[-1] < frame["loss"].iloc[0]
    assert tuple(frame[["cost", "loss", "accuracy"]].iloc[-1]) == training.evaluate(*problem, trained, 0.2)


def test_history_keeps_the_parameters_after_chosen_updates(problem):
    recorded = history({"train": problem}, keep=(0, 7))
    training.train(*problem, start(), **settings(record=recorded.record))
    short = training.train(*problem, start(), **settings(n_updates=7))
    assert recorded.snapshots.keys() == {0, 7}
    np.testing.assert_array_equal(recorded.snapshots[0].W1, start().W1)
    np.testing.assert_array_equal(recorded.snapshots[7].W1, short.W1)


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_a_loss_that_is_not_finite_stops_training(problem):
    X, y = problem
    lost = {"train": problem, "validation": (np.full_like(X, np.nan), y)}
    said = "The loss on validation is no longer finite after update 0: scale the images, or choose a smaller eta_max."
    with pytest.raises(TrainingDiverged) as stopped:
        training.train(*problem, start(), **settings(record=history(lost).record))
    assert str(stopped.value) == said
