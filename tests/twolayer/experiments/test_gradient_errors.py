import numpy as np
import pytest

from twolayer import gradient_check, network, sgd
from twolayer.experiments import bug_zoo, gradient_errors
from twolayer.network import Parameters

BOUNDS = {"formula": 1e-11, "PyTorch": 1e-11, "central": 1e-5}


def break_step(monkeypatch, old, new):
    """Let the step have a mistake."""
    bug = bug_zoo.Bug("a mistake", (bug_zoo.Patch("step", old, new),), sgd)
    monkeypatch.setattr(sgd, "Descent", bug_zoo.broken(bug).Descent)


@pytest.mark.parametrize(
    ("old", "new", "parameter"),
    [
        ("        G1 *= H > 0\n", "", "W₁"),
        ("self.b1 -= G1", "self.b1 -= 2 * G1", "b₁"),
        ("self.W2 -= np", "self.W2 += np", "W₂"),
        ("self.b2 -= G2.sum", "self.b2 -= G2.mean", "b₂"),
        ("self.W1 *= self.side_by_side(decay)", "pass", "W₁"),
    ],
)
@pytest.mark.parametrize("has_torch", [True, False])
def test_a_mistake_in_the_step_is_named_with_its_parameter(problem, monkeypatch, old, new, parameter, has_torch):
    break_step(monkeypatch, old, new)
    monkeypatch.setattr(gradient_check, "has_torch", lambda: has_torch)
    table = checked(problem, 0.1)
    sentence = rf"^The gradient of {parameter} is wrong: .* Look at `Descent\.step` in sgd\.py first"
    with pytest.raises(gradient_errors.GradientError, match=sentence):
        gradient_errors.require_agreement(table, "element-wise", BOUNDS)


def checked(problem, lam):
    """Return the table that compares the step's gradients with all others."""
    others = gradient_check.other_ways(*problem, lam, h_central=3e-5, h_forward=1e-5)
    return gradient_errors.compare(gradient_check.of_step(*problem, lam), others)


def test_a_mistake_in_the_formula_is_found_in_network(problem, monkeypatch):
    monkeypatch.setattr(
        network, "forward", lambda X, params, *mask, forward=network.forward: forward(X, flipped(params), *mask)
    )
    table = checked(problem, 0.1)
    with pytest.raises(gradient_errors.GradientError, match=r"Look at network\.py: the step agrees with “PyTorch”"):
        gradient_errors.require_agreement(table, "norm-wise", BOUNDS)


def flipped(params):
    """Return other parameters, as a wrong forward pass would use them."""
    return params._replace(b1=params.b1 + 1)


def test_a_mistake_in_both_is_found_in_both(problem, monkeypatch):
    def half(*given):
        return Parameters(*(array / 2 for array in gradient_check.torch_gradients(*given)))

    monkeypatch.setattr(gradient_check, "of_step", half)
    monkeypatch.setattr(network, "gradients", half)
    table = checked(problem, 0.1)
    with pytest.raises(gradient_errors.GradientError, match=r"Look at both sgd\.py and network\.py"):
        gradient_errors.require_agreement(table, "norm-wise", BOUNDS)


@pytest.mark.parametrize("lam", [0.0, 0.1])
def test_gradients_that_agree_pass(problem, lam):
    gradient_errors.require_agreement(checked(problem, lam), "element-wise", BOUNDS)


def test_an_error_that_is_not_a_number_is_no_agreement(problem):
    table = checked(problem, 0.1).assign(**{"norm-wise": np.nan})
    with pytest.raises(gradient_errors.GradientError, match="by nan"):
        gradient_errors.require_agreement(table, "norm-wise", BOUNDS)


def test_parameters_without_chosen_entries_have_no_error(problem):
    X, y, params = problem
    chosen = [np.array([3, 9]), *(np.array([], int) for _ in range(3))]
    part = gradient_check.central_differences(X, y, params, 0.1, h=1e-5, entries=chosen)
    table = gradient_errors.compare(network.gradients(X, y, params, 0.1), {"central": part})
    assert table["elements"].tolist() == [2, 0, 0, 0]
    assert table["norm-wise"].isna().tolist() == [False, True, True, True]


def test_step_errors_need_a_step(problem):
    with pytest.raises(ValueError, match=r"^steps is empty: give at least one step\.$"):
        gradient_errors.step_errors(*problem, 0.1, steps=[])


def test_the_error_between_zero_gradients_is_zero():
    assert gradient_errors.normwise_error(np.zeros(2), np.zeros(2)) == 0


def test_the_two_errors_by_hand():
    a, b = np.array([1.0, 1e-12]), np.array([1.0, -1e-12])
    assert gradient_errors.elementwise_error(a, b) == pytest.approx(2e-12 / 1e-10)
    assert gradient_errors.normwise_error(a, b) == pytest.approx(1e-12)


def test_errors_fall_with_the_step_and_rise_again_when_rounding_takes_over(problem):
    X, y, params = problem
    few = params._replace(W1=params.W1[:10])  # fewer pixels: quicker
    steps = 10.0 ** np.arange(-12, -1)
    table = gradient_errors.step_errors(X[:, :10], y, few, 0.01, steps)
    assert list(table.columns) == ["h", "method", "element-wise", "norm-wise"]
    errors = table.pivot(index="h", columns="method", values="norm-wise")
    assert errors.index.tolist() == steps.tolist()
    assert 1e-9 < errors["forward"].idxmin() < 1e-6 < errors["central"].idxmin() < 1e-3
    for error in (errors["forward"], errors["central"]):
        assert error.iloc[0] > 100 * error.min() < error.iloc[-1]
    # Truncation: a step ten times as large costs forward differences a factor of 10, central ones one of 100.
    growth = errors.loc[1e-2] / errors.loc[1e-3]
    assert growth["forward"] == pytest.approx(10, rel=0.2)
    assert growth["central"] == pytest.approx(100, rel=0.2)
