import numpy as np
import pytest

from twolayer import gradient_check, network, sgd
from twolayer.experiments import bug_zoo
from twolayer.experiments.bug_zoo import BUGS, NO_BUG, Bug, Patch

WEIGHTS, BIASES, HIDDEN, ALL = "W₁, W₂", "b₁, b₂", "W₁, b₁", "W₁, b₁, W₂, b₂"
# For each bug: the parameters whose gradients are wrong, and the check that catches it.
EXPECTED = {
    "1/n forgotten": (ALL, "both"),
    "divided by n twice": (ALL, "both"),
    "Y − P instead of P − Y": (ALL, "both"),
    "P instead of P − Y": (ALL, "both"),
    "labels off by one in the gradient": (ALL, "both"),
    "labels in another order than the images": ("W₁, b₁, W₂", "both"),
    "softmax differentiated twice: (P − Y) P (1 − P)": (ALL, "both"),
    "gradient of the squared error": (ALL, "both"),
    "ReLU's derivative forgotten": (HIDDEN, "both"),
    "ReLU's derivative with H ≥ 0, which always holds": (HIDDEN, "both"),
    "ReLU's derivative taken of the gradient": (HIDDEN, "both"),
    "ReLU's derivative the wrong way round": (HIDDEN, "both"),
    "H in place of the ReLU's derivative": (HIDDEN, "both"),
    "b₁'s gradient taken before the ReLU's derivative": ("b₁", "both"),
    "Hᵀ not transposed": ("W₂", "both"),
    "GᵀH instead of HᵀG": ("W₂", "both"),
    "W₂ᵀ not transposed": (HIDDEN, "both"),
    "X reshaped instead of transposed": ("W₁", "both"),
    "X of another batch order": ("W₁", "both"),
    "H taken before its ReLU": ("W₂", "both"),
    "W₂ updated before it was used": (HIDDEN, "both"),
    "b₂'s gradient a mean instead of a sum": ("b₂", "both"),
    "b₁'s gradient summed over the wrong axis": ("b₁", "both"),
    "b₂'s gradient counted twice": ("b₂", "both"),
    "the biases' gradients exchanged": (BIASES, "both"),
    "penalty's gradient forgotten for W₁": ("W₁", "both"),
    "penalty's gradient forgotten for W₂": ("W₂", "both"),
    "b₂ penalised in the gradient": ("b₂", "both"),
    "λW instead of 2λW": (WEIGHTS, "both"),
    "gradient of |W| instead of W²": (WEIGHTS, "both"),
    "penalty's gradient divided by n": (WEIGHTS, "both"),
    "softmax over the images instead of the classes": (ALL, "both"),
    "b₁ forgotten in the forward pass": (ALL, "both"),
    "ReLU forgotten in the forward pass": (ALL, "both"),
    "cost in bits, gradient in nats": (ALL, "differences"),
    "cost summed, gradient averaged": (ALL, "differences"),
    "penalty forgotten in the cost": (WEIGHTS, "differences"),
    "labels off by one everywhere": (ALL, "PyTorch"),
    "sum instead of mean everywhere": (ALL, "PyTorch"),
    "λ/2 in the cost, λW in the gradient": (WEIGHTS, "PyTorch"),
    "step: 1/n forgotten": (ALL, "both"),
    "step: labels in another order than the images": ("W₁, b₁, W₂", "both"),
    "step: softmax over the images instead of the classes": (ALL, "both"),
    "step: b₂ forgotten in the forward pass": (ALL, "both"),
    "step: |H| in place of the ReLU": (ALL, "both"),
    "step: ReLU's derivative forgotten": (HIDDEN, "both"),
    "step: b₁ moved uphill": ("b₁", "both"),
    "step: W₁ overwritten instead of updated": ("W₁", "both"),
    "step: W₁ without its penalty": ("W₁", "both"),
    "step: W₂ without its penalty": ("W₂", "both"),
    "step: λW instead of 2λW": (WEIGHTS, "both"),
}


@pytest.fixture(scope="module")
def problem():
    """As many images as hidden units and classes: a missing transposition causes no error about shapes."""
    rng = np.random.default_rng(0)
    return rng.standard_normal((5, 8)), np.array([0, 3, 1, 1, 4]), bug_zoo.start(8, 5, 5, rng), 0.1


@pytest.fixture(scope="module")
def table(problem):
    return bug_zoo.examine(BUGS, *problem).set_index("bug")


def test_the_bugs_are_many_and_have_distinct_names():
    assert len({bug.name for bug in BUGS}) == len(BUGS) >= 22


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_every_bug_is_caught_by_the_expected_checks(bug, table):
    row = table.loc[bug.name]
    assert (row["parameter"], row["caught by"]) == EXPECTED[bug.name]


def test_errors_are_far_above_or_far_below_the_threshold(table):
    errors = table[["differences", "PyTorch"]].to_numpy()
    assert ((errors > 100 * bug_zoo.THRESHOLD) | (errors < bug_zoo.THRESHOLD / 100)).all()


def test_each_check_catches_bugs_that_the_other_one_misses(table):
    assert set(table["caught by"]) == {"both", "differences", "PyTorch"}


@pytest.mark.parametrize("bug", [bug for bug in BUGS if len(bug.patches) > 1], ids=lambda bug: bug.name)
def test_every_patch_of_a_bug_has_an_effect(bug, problem):
    whole = bug_zoo.examine([bug], *problem)
    for i in range(len(bug.patches)):
        less = bug._replace(patches=bug.patches[:i] + bug.patches[i + 1 :])
        assert not bug_zoo.examine([less], *problem).equals(whole)


def test_without_pytorch_only_differences_catch_bugs(problem, table, monkeypatch):
    monkeypatch.setattr(bug_zoo.gradient_check, "has_torch", lambda: False)
    alone = bug_zoo.examine(BUGS, *problem).set_index("bug")
    assert alone["PyTorch"].isna().all()
    assert alone["differences"].equals(table["differences"])
    words = {"both": "differences", "differences": "differences", "PyTorch": "neither"}
    assert alone["caught by"].equals(table["caught by"].map(words))


def test_correct_gradients_raise_no_alarm():
    for seed in range(100):
        rng = np.random.default_rng(seed)
        X, y = rng.standard_normal((7, 8)), rng.integers(0, 4, 7)
        (row,) = bug_zoo.examine([NO_BUG], X, y, bug_zoo.start(8, 6, 4, rng), 0.1).to_dict("records")
        assert (row["parameter"], row["caught by"]) == ("", "neither"), seed


@pytest.mark.parametrize(("old", "times"), [("no such text", 0), ("G", 7)])
def test_a_patch_that_does_not_match_exactly_once_is_refused(old, times):
    bug = Bug("misfit", (Patch("gradients", old, ""),))
    with pytest.raises(
        bug_zoo.NotApplicable, match=f"^misfit: '{old}' must occur once in gradients, but occurs {times} times\\.$"
    ):
        bug_zoo.broken(bug)


def test_the_functions_of_the_real_network_are_not_changed(problem):
    before = [*network.gradients(*problem), *gradient_check.of_step(*problem)]
    bug_zoo.examine(BUGS, *problem)
    for one, other in zip(before, [*network.gradients(*problem), *gradient_check.of_step(*problem)], strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("module", [network, sgd])
def test_a_bug_that_does_not_fit_an_edited_library_is_not_applicable(problem, module):
    bug = Bug("misfit", (Patch("step", "no such text", ""),), module)
    (row,) = bug_zoo.examine([bug], *problem).to_dict("records")
    assert row["caught by"] == "not applicable"
