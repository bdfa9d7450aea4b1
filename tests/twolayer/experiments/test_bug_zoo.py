import dataclasses

import numpy as np
import pytest

from twolayer import network
from twolayer.experiments import bug_zoo
from twolayer.experiments.bug_zoo import BUGS, NO_BUG, Bug, Patch


@pytest.fixture(scope="module")
def problem():
    """As many images as hidden units as classes: shapes tell no transposition."""
    rng = np.random.default_rng(0)
    return rng.standard_normal((5, 8)), np.array([0, 3, 1, 1, 4]), bug_zoo.start(8, 5, 5, rng), 0.1


@pytest.fixture(scope="module")
def table(problem):
    return bug_zoo.examine(BUGS, *problem).set_index("bug")


def test_the_zoo_is_large_and_no_name_occurs_twice():
    assert len({bug.name for bug in BUGS}) == len(BUGS) >= 22


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_every_bug_is_caught_where_it_is_expected(bug, table):
    row = table.loc[bug.name]
    assert (row["parameter"], row["caught by"]) == (bug.parameters, bug.caught_by)


def test_every_bug_is_far_beyond_the_threshold_and_what_is_right_far_within(table):
    errors = table[["differences", "PyTorch"]].to_numpy()
    assert ((errors > 100 * bug_zoo.THRESHOLD) | (errors < bug_zoo.THRESHOLD / 100)).all()


def test_the_zoo_has_bugs_that_only_one_of_the_checks_catches():
    assert {bug.caught_by for bug in BUGS} == {"both", "differences", "PyTorch"}
    caught = {bug.name: bug.caught_by for bug in BUGS}
    assert caught["labels off by one everywhere"] == "PyTorch"
    assert caught["labels off by one in the gradient"] == "both"


@pytest.mark.parametrize("bug", [bug for bug in BUGS if len(bug.patches) > 1], ids=lambda bug: bug.name)
def test_every_patch_of_a_bug_does_something(bug, problem):
    whole = bug_zoo.examine([bug], *problem)
    for i in range(len(bug.patches)):
        less = dataclasses.replace(bug, patches=bug.patches[:i] + bug.patches[i + 1 :])
        assert not bug_zoo.examine([less], *problem).equals(whole)


def test_without_torch_the_differences_catch_what_they_can(problem, table, monkeypatch):
    monkeypatch.setattr(bug_zoo.gradient_check, "has_torch", lambda: False)
    alone = bug_zoo.examine(BUGS, *problem).set_index("bug")
    assert alone["PyTorch"].isna().all()
    assert alone["differences"].equals(table["differences"])
    words = {"both": "differences", "differences": "differences", "PyTorch": "neither"}
    assert alone["caught by"].equals(table["caught by"].map(words))


def test_right_gradients_raise_no_alarm():
    for seed in range(100):
        rng = np.random.default_rng(seed)
        X, y = rng.standard_normal((7, 8)), rng.integers(0, 4, 7)
        (row,) = bug_zoo.examine([NO_BUG], X, y, bug_zoo.start(8, 6, 4, rng), 0.1).to_dict("records")
        assert (row["parameter"], row["caught by"]) == ("", "neither"), seed


@pytest.mark.parametrize(("old", "times"), [("no such text", 0), ("G", 6)])
def test_a_patch_that_does_not_fit_exactly_once_is_refused(old, times):
    bug = Bug("misfit", "", "both", (Patch("gradients", old, ""),))
    with pytest.raises(ValueError, match=r"misfit: .* times in gradients, not once"):
        bug_zoo.broken(bug)


def test_the_real_functions_stay_as_they_are(problem):
    before = network.gradients(*problem)
    for bug in BUGS:
        bug_zoo.broken(bug).gradients(*problem)
    for one, other in zip(before, network.gradients(*problem), strict=True):
        np.testing.assert_array_equal(one, other)
