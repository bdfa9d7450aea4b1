import re

import numpy as np
import pytest

from explorer import broken, retrain
from explorer.settings import Settings
from explorer.worker import Cancelled
from twolayer.experiments import bug_zoo

SMALL = Settings(n_hidden=20, n_s=30, n_train=600, lam=0.001)
BUGS = {bug.name: bug for bug in bug_zoo.BUGS}
NOTHING = bug_zoo.NO_BUG


def train(data, bug, settings=SMALL):
    return broken.train(data, settings, bug, lambda: None)


def test_without_a_bug_it_is_the_training_of_before(data):
    outcome = train(data, NOTHING)
    _, history = retrain.train(data, SMALL, lambda *_: None)
    ours, theirs = ([row["loss"] for row in rows if row["split"] == "train"] for rows in (outcome.rows, history.rows))
    np.testing.assert_allclose(ours, theirs[: len(ours)], rtol=1e-3)
    assert outcome.why == ""


def test_the_wrong_way_round_it_climbs(data):
    outcome = train(data, BUGS["Y − P instead of P − Y"])
    assert outcome.rows[-1]["loss"] > outcome.rows[0]["loss"] or outcome.why


def test_a_bug_of_the_step_is_trained_with_that_step(data):
    right, wrong = train(data, NOTHING), train(data, BUGS["step: W₁ overwritten instead of updated"])
    assert wrong.rows[-1]["loss"] != right.rows[-1]["loss"]


def test_a_bug_of_the_cost_is_measured_as_its_author_would(data):
    right, wrong = train(data, NOTHING), train(data, BUGS["cost in bits, gradient in nats"])
    assert wrong.rows[-1]["loss"] == pytest.approx(right.rows[-1]["loss"] / np.log(2), rel=1e-3)
    assert wrong.accuracy == right.accuracy


def test_shapes_that_do_not_fit_are_one_sentence(data):
    assert train(data, BUGS["Hᵀ not transposed"]).why == broken.GAP


def test_a_training_that_diverges_is_one_sentence(data):
    outcome = train(data, BUGS["1/n forgotten"], Settings(n_hidden=20, n_s=30, n_train=600, eta_max=10.0))
    assert re.fullmatch(r"The cost is no longer finite after update \d+ \(η = .*, λ = .*\)\.", outcome.why)


@pytest.mark.parametrize("bug", bug_zoo.BUGS, ids=lambda bug: bug.name)
def test_every_bug_can_be_switched_on(data, bug):
    tiny = Settings(n_hidden=10, n_s=2, n_train=100, batch_size=10)
    outcome = train(data, bug, tiny)
    assert outcome.rows


def test_a_check_ends_it(data):
    def check():
        raise Cancelled

    with pytest.raises(Cancelled):
        broken.train(data, SMALL, NOTHING, check)


@pytest.mark.parametrize(
    ("name", "lam", "caught"), [("penalty's gradient forgotten for W₁", 0.1, True), ("none", 0.1, False)]
)
def test_the_gradient_check_says_which_bug_it_sees(data, name, lam, caught):
    (row,) = broken.gradient_check(data, BUGS.get(name, NOTHING), lam).to_dict("records")
    assert (row["caught by"] != "neither") == caught


def test_without_a_penalty_its_bug_is_none(data):
    (row,) = broken.gradient_check(data, BUGS["penalty's gradient forgotten for W₁"], 0.0).to_dict("records")
    assert row["caught by"] == "neither"
