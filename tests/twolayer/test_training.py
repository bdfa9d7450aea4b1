from types import SimpleNamespace

import numpy as np
import pytest

from twolayer import network, training
from twolayer.training import History, TrainingDiverged


@pytest.fixture
def problem():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((100, 30)).astype(np.float32)
    return X, rng.integers(0, 10, 100)


def start(*seeds):
    return network.stack(network.initialise(30, 20, 10, np.random.default_rng(seed)) for seed in seeds or [0])


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


def test_of_no_image_there_is_no_batch():
    with pytest.raises(ValueError, match=r"^There is no image to train on: give at least one\.$"):
        next(training.batches(0, 7, np.random.default_rng(0)))


def test_one_update_is_the_plain_formula(problem):
    X, y = problem
    params = start()
    trained = training.train(X, y, params, **settings(n_updates=1, batch_size=100, lam=0.3))
    for theta, new, grad in zip(params, trained, network.gradients(X, y, params, np.array([0.3])), strict=True):
        np.testing.assert_allclose(new, theta - 0.1 * grad, atol=1e-6)


def test_same_seed_same_network_and_the_start_is_untouched(problem):
    params = start()
    kept = [array.copy() for array in params]
    first, second = (training.train(*problem, params, **settings(rng=np.random.default_rng(1))) for _ in range(2))
    for a, b, before, array in zip(first, second, kept, params, strict=True):
        np.testing.assert_array_equal(a, b)
        np.testing.assert_array_equal(before, array)
        assert not np.array_equal(a, array)


def test_a_network_does_not_depend_on_its_company(problem):
    lams, etas = np.array([0.0, 1e-3, 1e-1]), np.array([0.1, 0.01, 0.05])
    together = training.train(*problem, start(0, 1, 2), **settings(lam=lams, eta=lambda t: etas))
    for k, member in enumerate(network.unstack(together)):
        alone = training.train(*problem, start(k), **settings(lam=lams[k], eta=lambda t, k=k: etas[k]))
        for a, b in zip(member, network.unstack(alone)[0], strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


def test_eta_is_asked_for_each_update_in_turn(problem):
    asked = []
    training.train(*problem, start(), **settings(n_updates=3, eta=lambda t: asked.append(t) or 0.1))
    assert list(dict.fromkeys(asked)) == [0, 1, 2]


def test_a_cost_that_is_no_longer_finite_stops_training(problem):
    with pytest.raises(TrainingDiverged, match=r"after update \d+ \(η = 1e\+08, λ = 1\).*smaller eta_max"):
        training.train(*problem, start(), **settings(eta=lambda t: 1e8, lam=1.0))


def test_a_cost_that_overflows_at_the_very_end_is_noticed(problem):
    """Weights that are finite still, but whose squares are not."""
    huge = settings(lam=30.0, eta=lambda t: 0.1, batch_size=100)
    diverged = []
    for n_updates in range(20, 32):
        try:
            params = training.train(*problem, start(), **{**huge, "n_updates": n_updates})
        except TrainingDiverged:
            diverged.append(n_updates)
        else:
            assert np.isfinite(training.evaluate(*problem, params, 30.0)[0]).all()
    assert diverged


def test_the_message_names_the_network_that_diverged(problem):
    with pytest.raises(TrainingDiverged, match="λ = 7"):
        training.train(
            *problem, start(0, 1), **settings(eta=lambda t: np.array([0.01, 1e8]), lam=np.array([1e-3, 7.0]))
        )


def test_evaluation_in_chunks_is_evaluation(problem, monkeypatch):
    X, y = problem
    params = network.unstack(start())[0]
    monkeypatch.setattr(training, "CHUNK", 7)
    cost, loss, accuracy = training.evaluate(X, y, params, 0.2)
    _, P = network.forward(X, params)
    assert cost == pytest.approx(float(network.cost(X, y, params, 0.2)), rel=1e-5)
    assert loss == pytest.approx(float(network.cross_entropy(P, y)), rel=1e-5)
    assert accuracy == np.mean(P.argmax(axis=1) == y)


def test_each_network_of_a_stack_is_evaluated_for_itself(problem):
    params = start(0, 1, 2)
    together = np.transpose(training.evaluate(*problem, params, np.array([0.0, 0.1, 0.2])))
    for found, member, lam in zip(together, network.unstack(params), (0.0, 0.1, 0.2), strict=True):
        np.testing.assert_allclose(found, training.evaluate(*problem, member, lam), rtol=1e-5)
    assert (np.ptp(together, axis=0) > 0).all()


def test_a_bias_that_is_not_finite_is_noticed_whatever_the_weights():
    of_second = np.array([[0.0, 1.0], [0.0, np.inf]])
    lost = SimpleNamespace(b2=of_second, lam=np.array([[0.0], [5.0]]), params=lambda: start(0, 1))
    with pytest.raises(TrainingDiverged, match=r"after update 9 .*λ = 5"):
        training.require_finite(lost, 9, 0.1, last=True)


def test_history_records_the_start_every_so_often_and_the_end(problem):
    history = History({"train": problem, "validation": problem}, lam=0.0, eta=lambda t: 0.1, every=20, n_updates=50)
    training.train(*problem, start(), **settings(n_updates=50, after_update=history))
    frame = history.frame()
    assert frame[frame["split"] == "train"]["update"].tolist() == [0, 20, 40, 50]
    assert frame.columns.tolist() == ["network", "update", "eta", "split", "cost", "loss", "accuracy"]
    assert frame["loss"].iloc[-1] < frame["loss"].iloc[0]


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_a_loss_that_is_not_finite_has_no_place_in_the_history(problem):
    X, y = problem
    lost = {"train": problem, "validation": (np.full_like(X, np.nan), y)}
    history = History(lost, lam=0.0, eta=lambda t: 0.1, every=20, n_updates=50)
    said = "The loss on validation is no longer finite after update 0: scale the images, or choose a smaller eta_max."
    with pytest.raises(TrainingDiverged) as stopped:
        training.train(*problem, start(), **settings(after_update=history))
    assert str(stopped.value) == said
