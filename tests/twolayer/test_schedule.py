import numpy as np
import pytest

from twolayer import schedule


def test_eta_climbs_for_n_s_updates_and_falls_for_n_s():
    eta = schedule.cyclical(np.arange(9), 4, 0.0, 1.0)
    np.testing.assert_allclose(eta, [0, 0.25, 0.5, 0.75, 1, 0.75, 0.5, 0.25, 0])


@pytest.mark.parametrize("cycle", [1, 5])
def test_every_cycle_is_the_same(cycle):
    t = np.arange(1000)
    np.testing.assert_allclose(
        schedule.cyclical(t + 1000 * cycle, 500, 1e-5, 0.1), schedule.cyclical(t, 500, 1e-5, 0.1), rtol=1e-9
    )


def test_eta_stays_between_its_bounds():
    eta = schedule.cyclical(np.arange(5000), 800, 1e-5, 1e-1)
    assert eta.min() == pytest.approx(1e-5)
    assert eta.max() == pytest.approx(1e-1)


def test_equal_bounds_keep_eta_constant():
    assert set(schedule.cyclical(np.arange(100), 7, 0.005, 0.005)) == {0.005}


@pytest.mark.parametrize(
    ("n_cycles", "n_s", "n", "batch_size", "expected"),
    [
        (1, 500, 10_000, 100, 1000),  # whole epochs already
        (2, 200, 45_000, 100, 900),  # the published searches
        (5, 600, 49_000, 200, 6125),  # the published final network
        (1, 10, 105, 10, 22),  # an epoch whose last batch is smaller
    ],
)
def test_cycles_in_whole_epochs(n_cycles, n_s, n, batch_size, expected):
    assert schedule.updates_in_whole_epochs(n_cycles, n_s, n, batch_size) == expected


def test_updates_in_whole_cycles():
    assert schedule.updates(5, 600) == 6000
    assert schedule.updates(1, np.int8(100)) == 200
    assert schedule.updates_in_whole_epochs(np.uint8(2), np.uint8(200), 45_000, 100.0) == 900


@pytest.mark.parametrize("name", ["n_cycles", "n_s", "n", "batch_size"])
def test_counts_below_1_are_refused(name):
    counts = {"n_cycles": 1, "n_s": 10, "n": 100, "batch_size": 10, name: 0}
    with pytest.raises(ValueError, match=f"^{name} = 0: choose a whole number of at least 1"):
        schedule.updates_in_whole_epochs(**counts)
    if name in ("n_cycles", "n_s"):
        with pytest.raises(ValueError, match=f"^{name} = 0"):
            schedule.updates(counts["n_cycles"], counts["n_s"])


def test_a_cosine_falls_from_its_highest_to_its_lowest_and_starts_anew():
    eta = schedule.cosine(np.arange(9), 4, 0.1, 1.1)
    np.testing.assert_allclose(eta[[0, 4, 8]], [1.1, 0.6, 1.1])
    np.testing.assert_allclose(eta[:8], 0.1 + (1 + np.cos(np.pi * np.arange(8) / 8)) / 2)
