"""The verdict on the published numbers, from runs whose answer is known."""

import numpy as np
import pandas as pd
import pytest

from twolayer.ledger import verdict
from twolayer.ledger.statistics import spread


def entries(unit="%", **values):
    """Return numbers as a ledger has them; the notebook is the letter that a name begins with."""
    return {
        name: {"values": list(found), "unit": unit, "notebook": name[0], **spread(found, unit)._asdict()}
        for name, found in values.items()
    }


def rows(numbers, **published):
    """Return published numbers beside ours."""
    table = pd.DataFrame([{"name": name, "published": value, **numbers[name]} for name, value in published.items()])
    inside = np.where(table["published"].between(table["low"], table["high"]), "yes", "no")
    return table.assign(experiment="A", quantity=table["name"], inside=inside)


def test_runs_that_agree_are_outside_as_often_as_an_interval_promises():
    rng = np.random.default_rng(0)
    numbers = entries(**{f"{chr(97 + i)}x": rng.normal(50, 1, 10) for i in range(20)})
    chances = verdict.outside_by_chance(numbers.values())
    assert chances.sum() == pytest.approx(1)
    assert chances @ np.arange(len(chances)) == pytest.approx(0.05 * 20, abs=0.5)


def test_numbers_of_one_run_are_counted_together_and_those_of_two_experiments_are_not():
    odd = [50.0, 50.1, 50.2, 49.9, 49.8, 90.0]  # the last run lies outside the interval of the others, they inside
    together = verdict.outside_by_chance(entries(ax=odd, ay=odd).values())
    np.testing.assert_allclose(together, [5 / 6, 0, 1 / 6])
    apart = verdict.outside_by_chance(entries(ax=odd, bx=odd).values())
    np.testing.assert_allclose(apart, [25 / 36, 10 / 36, 1 / 36])


def test_fewer_than_three_runs_say_nothing():
    assert verdict.outside_by_chance(entries(ax=[1, 2], bx=[3]).values()).tolist() == [1.0]


def test_the_count_is_stated_with_what_chance_would_give():
    odd = [50.0, 50.1, 50.2, 49.9, 49.8, 90.0]
    numbers = entries(ax=odd, bx=odd)
    found = verdict.count_inside(rows(numbers, ax=50, bx=500), numbers)
    assert found == (
        "Of 2 published accuracies and gradient errors, 1 lie in the interval for one more run of ours. How many would "
        "chance put outside? Each run of ours takes the published one's place, against the interval of the others: 0.3 "
        "lie outside on average, and 1 or more in about 31 of 100 cases. 1 is "
        "no larger than chance explains."
    )


def test_more_outside_than_chance_would_give_is_said():
    numbers = entries(ax=[50.0, 50.1, 50.2, 49.9, 49.8], bx=[50.0, 50.1, 50.2, 49.9, 49.8])
    found = verdict.count_inside(rows(numbers, ax=500, bx=500), numbers)
    assert found.endswith(" 2 is larger than chance explains.")


def test_how_much_the_intervals_of_gradient_errors_exclude_is_said():
    numbers = entries("relative error", ax=[1e-5, 1e-4, 1e-3]) | entries(bx=[50.0, 50.1, 50.2])
    found = verdict.count_inside(rows(numbers, ax=1e-4, bx=50), numbers)
    assert (
        "1 of them are gradient errors, of which 1 lie inside, but their intervals span up to 10 powers of ten."
        in found
    )


def test_nothing_is_counted_where_nothing_was_compared():
    numbers = entries(ax=[50])
    table = rows(numbers, ax=50).assign(inside="–")
    sentence = "No published accuracy or gradient error has been compared with several runs of ours."
    assert verdict.count_inside(table, numbers) == sentence


@pytest.mark.parametrize(
    ("unit", "values", "published", "distance"),
    [
        ("%", [49, 50, 51], 60, "10.0 standard deviations above"),
        ("%", [49, 50, 51], 40, "10.0 standard deviations below"),
        ("relative error", [1e-3, 1e-4, 1e-5], 1e-9, "5.0 standard deviations below"),
    ],
)
def test_a_number_outside_is_stated_with_its_distance(unit, values, published, distance):
    numbers = entries(unit, ax=values)
    table = rows(numbers, ax=published).assign(inside="no")
    end = 4.97  # t₀.₉₇₅ √(1 + 1/3) with 2 degrees of freedom
    assert verdict.distances(table, numbers) == [
        f"A, ax ({distance} the mean of 3 runs, where the interval reaches {end:.1f})"
    ]


def test_numbers_inside_are_not_listed():
    numbers = entries(ax=[49, 50, 51])
    assert verdict.distances(rows(numbers, ax=50), numbers) == []
