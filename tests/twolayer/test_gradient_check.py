import numpy as np
import pytest

from twolayer import gradient_check, network, sgd
from twolayer.classifier import TwoLayerClassifier
from twolayer.experiments import gradient_errors
from twolayer.network import Parameters


@pytest.mark.parametrize("lam", [0.0, 0.1])
def test_analytic_gradients_agree_with_torch(problem, lam):
    X, y, params = problem
    table = gradient_errors.compare(
        network.gradients(X, y, params, lam), {"PyTorch": gradient_check.torch_gradients(X, y, params, lam)}
    )
    assert (table["element-wise"] <= 1e-12).all()
    assert (table["norm-wise"] <= 1e-14).all()


@pytest.mark.parametrize("lam", [0.0, 0.1])
def test_analytic_gradients_agree_with_central_differences(problem, lam):
    X, y, params = problem
    central = gradient_check.central_differences(X, y, params, lam, h=3e-5)
    table = gradient_errors.compare(network.gradients(X, y, params, lam), {"central": central})
    assert (table["element-wise"] <= 1e-5).all()
    assert (table["norm-wise"] <= 1e-8).all()


@pytest.mark.parametrize("lam", [0.0, 0.1])
def test_the_steps_gradients_are_those_of_the_formula(problem, lam):
    X, y, params = problem
    of_step = gradient_check.of_step(X, y, params, lam)
    table = gradient_errors.compare(of_step, {"formula": network.gradients(X, y, params, lam)})
    assert (table["element-wise"] <= 1e-11).all()
    assert (table["norm-wise"] <= 1e-15).all()


def test_fit_trains_with_the_step_that_is_checked(problem, monkeypatch):
    X, y, _ = problem
    steps = []
    step = sgd.Descent.step
    monkeypatch.setattr(sgd.Descent, "step", lambda *given: steps.append(given) or step(*given))
    TwoLayerClassifier(5, n_updates=3, n_s=2, batch_size=10, random_state=1).fit(X, y)
    assert len(steps) == 3


@pytest.mark.parametrize("has_torch", [True, False])
def test_other_ways_include_pytorch_only_if_it_is_installed(problem, monkeypatch, has_torch):
    X, y, params = problem
    monkeypatch.setattr(gradient_check, "has_torch", lambda: has_torch)
    others = gradient_check.other_ways(X, y, params, 0.1, h_central=3e-5, h_forward=1e-5)
    assert list(others) == ["formula"] + ["PyTorch"] * has_torch + ["central", "forward"]
    worst = gradient_errors.compare(network.gradients(X, y, params, 0.1), others).groupby("method")["norm-wise"].max()
    assert worst["central"] < worst["forward"] < 1e-4


def test_whether_torch_is_installed_is_found_without_importing_it(monkeypatch):
    assert gradient_check.has_torch()
    monkeypatch.setattr(gradient_check, "find_spec", lambda name: None)
    assert not gradient_check.has_torch()


def test_forward_differences_are_worse_than_central_ones(problem):
    X, y, params = problem
    grads = network.gradients(X, y, params, 0.0)
    forward = gradient_check.forward_differences(X, y, params, 0.0, h=1e-5)
    central = gradient_check.central_differences(X, y, params, 0.0, h=1e-5)
    table = gradient_errors.compare(grads, {"forward": forward, "central": central}).pivot(
        index="parameter", columns="method", values="norm-wise"
    )
    assert (table["forward"] > 100 * table["central"]).all()


def test_chosen_entries_are_those_of_the_whole_gradient(problem):
    X, y, params = problem
    chosen = Parameters(np.array([3, 999]), np.array([0]), np.array([7]), np.array([9, 2]))
    whole = gradient_check.central_differences(X, y, params, 0.1, h=1e-5)
    part = gradient_check.central_differences(X, y, params, 0.1, h=1e-5, entries=chosen)
    for values, some, entries in zip(whole.values, part.values, chosen, strict=True):
        np.testing.assert_array_equal(values[entries], some)


def test_entries_may_be_the_rows_of_one_array(problem):
    X, y, params = problem
    part = gradient_check.central_differences(X, y, params, 0.1, h=1e-5, entries=np.zeros((4, 2), int))
    assert [values.shape for values in part.values] == [(2,)] * 4


@pytest.mark.parametrize("h", [0, -1e-5, np.nan, np.inf])
def test_a_step_that_is_not_finite_and_positive_is_refused(problem, h):
    for differences in (gradient_check.central_differences, gradient_check.forward_differences):
        with pytest.raises(ValueError, match=f"^The step h = {h:g}: choose a finite number above 0\\.$"):
            differences(*problem, 0.1, h=h)


def test_parameters_that_are_whole_numbers_are_refused(problem):
    X, y, params = problem
    whole = params._replace(b1=params.b1.astype(int))
    with pytest.raises(ValueError, match=r"^The parameters are integers, which cannot take a small step: convert them"):
        gradient_check.central_differences(X, y, whole, 0.1, h=1e-5)


@pytest.mark.parametrize("entries", [[], [np.array([0])]])
def test_entries_must_be_given_for_all_parameters(problem, entries):
    said = f"^entries holds {len(entries)} arrays: give one for each of the 4 parameters\\.$"
    with pytest.raises(ValueError, match=said):
        gradient_check.central_differences(*problem, 0.1, h=1e-5, entries=entries)


def test_a_step_across_a_kink_is_reported_and_left_out():
    # One hidden unit whose input is 1e-6 for the only image: a step of 1e-5 back switches it off.
    params = Parameters(np.array([[1e-6]]), np.array([0.0]), np.array([[1.0, -1.0]]), np.zeros(2))
    X, y = np.array([[1.0]]), np.array([0])
    differences = gradient_check.central_differences(X, y, params, 0.0, h=1e-5)
    assert [kinks.any() for kinks in differences.kinks] == [True, True, False, False]
    table = gradient_errors.compare(network.gradients(X, y, params, 0.0), {"central": differences})
    assert table["kinks"].tolist() == [1, 1, 0, 0]
    # Nothing was left to compare in W1 and b1: an error of 0 there would hide that.
    assert table["element-wise"].isna().tolist() == [True, True, False, False]


def test_differences_do_not_change_the_parameters(problem):
    X, y, params = problem
    before = [array.copy() for array in params]
    gradient_check.forward_differences(X, y, params, 0.0, h=1e-5)
    for array, kept in zip(params, before, strict=True):
        np.testing.assert_array_equal(array, kept)


def test_all_gradients_agree_at_the_size_of_cifar10():
    """3072 dimensions, 50 hidden units, a penalty; some entries of each parameter stand for all in the differences."""
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((20, 3072)), rng.integers(0, 10, 20)
    params = network.initialise(3072, 50, 10, rng, np.float64)
    entries = Parameters(*(rng.permutation(array.size)[:50] for array in params))
    others = {
        "PyTorch": gradient_check.torch_gradients(X, y, params, 0.01),
        "central": gradient_check.central_differences(X, y, params, 0.01, h=3e-5, entries=entries),
    }
    table = gradient_errors.compare(network.gradients(X, y, params, 0.01), others).set_index("method")
    assert (table.loc["PyTorch", "norm-wise"] <= 1e-14).all()
    assert (table.loc["central", "norm-wise"] <= 1e-8).all()
    assert (table.loc["central", "element-wise"] <= 1e-5).all()


@pytest.mark.parametrize("lam", [0.0, 0.1])
@pytest.mark.parametrize("label_smoothing", [0.0, 0.3])
@pytest.mark.parametrize("dropout", [0.0, 0.4])
def test_gradients_with_dropout_and_label_smoothing_agree_with_torch(problem, lam, label_smoothing, dropout):
    X, y, params = problem
    mask = network.dropout_mask((20, 20), dropout, np.random.default_rng(1), np.float64)
    variant = params, lam, mask, label_smoothing
    table = gradient_errors.compare(
        network.gradients(X, y, *variant), {"PyTorch": gradient_check.torch_gradients(X, y, *variant)}
    )
    assert (table["element-wise"] <= 1e-11).all()
    assert (table["norm-wise"] <= 1e-14).all()
