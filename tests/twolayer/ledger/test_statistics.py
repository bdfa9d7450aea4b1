import numpy as np
import pytest
from scipy.stats import ttest_rel

from twolayer.ledger.statistics import UNMEASURED, difference, paired, scientific, spread


def test_the_interval_is_student_s_prediction_interval():
    found = spread([1.0, 2.0, 3.0, 4.0])
    # t(0.975, 3) = 3.1824; s = 1.29099; s √(1 + 1/4) t = 4.5935
    assert found[:3] == pytest.approx((2.5, 1.29099, 4), rel=1e-5)
    assert (found.low, found.high) == pytest.approx((2.5 - 4.5935, 2.5 + 4.5935), abs=1e-3)


def test_the_interval_covers_one_more_run_in_95_percent_of_cases():
    runs = np.random.default_rng(0).normal(50, 3, (4000, 6))
    held = [spread(row[:5]).low <= row[5] <= spread(row[:5]).high for row in runs]
    assert np.mean(held) == pytest.approx(0.95, abs=0.012)


@pytest.mark.parametrize("unit", ["λ", "relative error"])
def test_logarithmic_units_are_averaged_geometrically(unit):
    found = spread([1e-4, 1e-2], unit)
    assert found.mean == pytest.approx(1e-3)
    assert 0 < found.low < 1e-4
    assert found.low * found.high == pytest.approx(1e-6)


def test_one_run_has_no_interval():
    found = spread(7.0)
    assert (found.mean, found.n) == (7, 1)
    assert np.isnan([found.sd, found.low, found.high]).all()


def test_pairing_cancels_common_variation():
    shared = np.array([0.0, 10.0, -10.0])
    mean, low, high = paired(np.add(shared, [1.0, 1.1, 0.9]), shared)
    assert mean == pytest.approx(1)
    assert 0.7 < low < mean < high < 1.3


@pytest.mark.parametrize("unit", ["", "λ"])
@pytest.mark.parametrize("values", [[np.inf, 1.0], [np.nan, 1.0], [1e308, 1e308, -1e308], [np.inf]])
def test_values_that_are_not_finite_give_no_interval_and_no_warning(values, unit):
    found = spread(values, unit)
    assert found.n == len(values)
    assert np.isnan(found.low) or not found.low <= 0 <= found.high or found.low == -np.inf


@pytest.mark.parametrize("values", [[], [[1, 2], [3, 4]], "many", [1, [2]]])
def test_values_must_be_one_number_for_each_run(values):
    with pytest.raises(
        ValueError, match=r"give a number, or one number for each run\.$|could not convert|inhomogeneous"
    ):
        spread(values)
    with pytest.raises(
        ValueError, match=r"give a number, or one number for each run\.$|could not convert|inhomogeneous"
    ):
        paired([1.0], values)


def test_the_interval_of_paired_differences_is_scipy_s():
    a, b = np.random.default_rng(0).normal(50, 1, (2, 5))
    interval = ttest_rel(a, b).confidence_interval()
    assert paired(a, b) == pytest.approx((np.mean(a - b), interval.low, interval.high), rel=1e-12)


def test_samples_of_different_length_cannot_be_paired():
    with pytest.raises(ValueError, match=r"3 and 1 numbers cannot be paired: give the same number of each\.$"):
        paired([1, 2, 3], 1)


def test_a_single_pair_has_no_interval():
    mean, low, high = paired(3, 1)
    assert mean == 2
    assert np.isnan([low, high]).all()


def test_pairs_that_are_not_finite_give_no_interval_and_no_warning():
    assert np.isnan(paired([np.inf, 1], [np.inf, 2])).all()


def test_the_interval_of_a_difference_is_welch_s():
    # By hand: means 51 and 47, s²/n = 1/3 and 4/3, so df = (5/3)² / ((1/3)²/2 + (4/3)²/2) = 50/17, t₀.₉₇₅ = 3.2188.
    mean, low, high = difference([50, 51, 52], [45, 47, 49])
    assert mean == 4
    assert (low, high) == pytest.approx((4 - 3.2188 * np.sqrt(5 / 3), 4 + 3.2188 * np.sqrt(5 / 3)), rel=1e-3)


def test_a_difference_to_equal_runs_has_an_interval_and_warns_of_nothing(recwarn):
    mean, low, high = difference([50, 50, 50], [45, 47, 49])
    half = 4.3027 * 2 / np.sqrt(3)  # t₀.₉₇₅ with the 2 degrees of freedom of those that differ
    assert (mean, low, high) == pytest.approx((3, 3 - half, 3 + half), rel=1e-4)
    assert not recwarn


def test_a_difference_to_a_single_run_has_no_interval():
    mean, low, high = difference([50, 51, 52], 47)
    assert mean == 4
    assert np.isnan([low, high]).all()


def test_a_spread_is_written_as_mean_and_deviation():
    assert f"{spread([49, 50, 51]):.2f}" == "50.00 ± 1.00"
    assert f"{spread([49, 50, 51]):.0f}" == "50 ± 1"
    assert f"{spread(46.07):.1f}" == "46.1 (n = 1, no spread)"
    assert f"{UNMEASURED:.1f}" == "not run"


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (6.5e-4, 1, "6.5·10⁻⁴"),
        (1e-5, 0, "10⁻⁵"),
        (3e-12, 0, "3·10⁻¹²"),
        (2345, 1, "2.3·10³"),
        (1.5, 1, "1.5"),
        (np.nan, 1, "nan"),
    ],
)
def test_a_number_with_its_power_of_ten(value, digits, text):
    assert scientific(value, digits) == text
