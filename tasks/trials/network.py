"""Train a network where nothing but `twolayer` and what it needs is installed."""

import sys

import numpy as np

from twolayer.classifier import TwoLayerClassifier

rng = np.random.default_rng(0)
y = rng.integers(0, 3, 200)
X = rng.standard_normal((200, 20)).astype(np.float32) + 2 * rng.standard_normal((3, 20), np.float32)[y]
network = TwoLayerClassifier(n_hidden=10, n_s=20, batch_size=20, random_state=0).fit(X, y)
accuracy = network.score(X, y)
if accuracy < 0.8:
    sys.exit(f"A network on three plain classes is right on {accuracy:.0%} of them.")
