from dataclasses import replace

import numpy as np
import pytest
from sklearn.decomposition import PCA

from twolayer import network, training
from twolayer.experiments import pca
from twolayer.images import Split, moments, standardise


@pytest.fixture(scope="module")
def split(tmp_path_factory):
    """Return images of 12 pixels, stored as bytes, whose variance is mostly in 4 directions."""
    rng = np.random.default_rng(0)
    strong = rng.standard_normal((120, 4)) @ rng.standard_normal((4, 12))
    pixels = np.clip(128 + 20 * strong + 2 * rng.standard_normal((120, 12)), 0, 255).astype(np.uint8)
    X, y = (
        standardise(pixels, *moments(pixels, np.arange(len(pixels))), np.arange(len(pixels))),
        (strong[:, 0] > 0).astype(int),
    )
    names = ("a", "b")
    return Split(X, y, X, y, X, y, np.zeros(12), np.ones(12), names, "fingerprint")


def trained(split, start):
    return training.train(
        split.X_train,
        split.y_train,
        network.stack([start]),
        lam=0.01,
        eta=lambda t: 0.1,
        batch_size=20,
        n_updates=100,
        rng=np.random.default_rng(1),
    )


def start():
    return network.initialise(12, 6, 2, np.random.default_rng(2))


def test_all_components_give_the_same_network(split):
    rotated = pca.rotate(split, 12)
    straight = trained(split, start())
    (turned,) = network.unstack(trained(rotated, pca.rotate_network(start(), rotated.basis)))
    back = turned._replace(W1=rotated.basis @ turned.W1)
    for a, b in zip(network.unstack(straight)[0], back, strict=True):
        np.testing.assert_allclose(a, b, atol=2e-4)


def test_the_first_components_give_nearly_the_same_accuracy(split):
    rotated = pca.rotate(split, 4)
    assert rotated.X_train.shape == (120, 4)
    params = trained(rotated, pca.rotate_network(start(), rotated.basis))
    _, _, accuracy = training.evaluate(rotated.X_train, rotated.y_train, params, 0.01)
    _, _, exact = training.evaluate(split.X_train, split.y_train, trained(split, start()), 0.01)
    assert accuracy == pytest.approx(exact, abs=0.05)


def test_the_basis_is_orthonormal_and_sorted_by_variance(split):
    rotated = pca.rotate(split, 12)
    np.testing.assert_allclose(rotated.basis.T @ rotated.basis, np.eye(12), atol=1e-5)
    variances = rotated.X_train.var(axis=0)
    assert (np.diff(variances) <= 1e-6).all()
    assert variances.sum() == pytest.approx(12, rel=1e-4)  # each standardised pixel has a variance of 1


def test_each_number_of_components_has_its_own_fingerprint(split):
    fingerprints = {pca.rotate(split, r).fingerprint for r in (4, 5)} | {split.fingerprint}
    assert len(fingerprints) == 3


@pytest.mark.parametrize("n_components", [0, 13, -1, 2.5])
def test_an_invalid_number_of_components_is_refused(split, n_components):
    with pytest.raises(ValueError, match=f"{n_components} principal components: 120 images of 12 pixels have 1 to 12"):
        pca.rotate(split, n_components)


def test_the_basis_agrees_with_scikit_learns_pca(split, monkeypatch):
    monkeypatch.setattr(pca, "CHUNK", 50)
    theirs = PCA(4).fit(np.asarray(split.X_train))
    ours = pca.rotate(split, 4).basis
    np.testing.assert_allclose(np.abs(theirs.components_ @ ours), np.eye(4), atol=1e-3)


def test_a_split_may_have_no_test_images(split):
    without = replace(split, X_test=split.X_test[:0], y_test=split.y_test[:0])
    assert pca.rotate(without, 4).X_test.shape == (0, 4)


def test_whitened_components_vary_alike(split):
    plain = pca.rotate(split, 6)
    whitened, softened = pca.whiten(plain, 1e-6), pca.whiten(plain, 0.5)
    np.testing.assert_allclose(whitened.X_train.var(axis=0), 1, rtol=1e-2)
    variances = plain.X_train.var(axis=0)
    np.testing.assert_allclose(softened.X_train.var(axis=0), variances / (variances + 0.5), rtol=1e-3)
    assert whitened.whitened
    assert not plain.whitened
    assert len({s.fingerprint for s in (whitened, softened, plain)}) == 3


def test_a_network_on_whitened_components_can_be_shown_in_pixels(split):
    whitened = pca.whiten(pca.rotate(split, 5), 0.1)
    params = network.initialise(5, 6, 2, np.random.default_rng(0))
    in_pixels = params._replace(W1=whitened.basis @ params.W1)
    expected, _ = network.forward(whitened.X_train, params)
    np.testing.assert_allclose(network.forward(np.asarray(split.X_train), in_pixels)[0], expected, atol=1e-4)


@pytest.mark.parametrize("prepare", [lambda rotated: rotated, lambda rotated: pca.whiten(rotated, 0.1)])
def test_images_may_be_rotated_when_they_are_read(split, prepare):
    at_once = prepare(pca.rotate(split, 5))
    lazy = pca.project_on_reading(split, at_once)
    assert lazy.X_train.shape == (120, 5)
    assert (lazy.fingerprint, lazy.whitened) == (at_once.fingerprint, at_once.whitened)
    np.testing.assert_allclose(np.asarray(lazy.X_train), at_once.X_train, atol=1e-4)
    np.testing.assert_allclose(lazy.X_test[3], at_once.X_test[3], atol=1e-4)
    np.testing.assert_array_equal(lazy.X_train.pixels, split.X_train.pixels)


@pytest.mark.parametrize("epsilon", [0, -0.1, np.inf, "0.1"])
def test_an_invalid_whitening_is_refused(split, epsilon):
    with pytest.raises(ValueError, match=r"^epsilon = .*: choose a number above 0\.$"):
        pca.whiten(pca.rotate(split, 5), epsilon)


def test_images_that_are_not_rotated_are_not_whitened(split):
    with pytest.raises(ValueError, match=r"^The images are not rotated: give what pca\.rotate returns\.$"):
        pca.whiten(split, 0.1)


def test_only_images_are_rotated_lazily_as_others_have_been(split):
    rotated = pca.rotate(split, 5)
    for pair in ((rotated, rotated), (split, split)):
        with pytest.raises(ValueError, match=r"^Give a split of Images, and what pca\.rotate or pca\.whiten has"):
            pca.project_on_reading(*pair)
