"""The same work done by different hands: our stacks, PyTorch's loop, PyTorch's stacks, scikit-learn.

Each function trains networks of 3072 inputs, 50 hidden units and 10 classes on batches of 100 images, or evaluates one;
those called wide train a network of 4,000 hidden units with dropout and momentum on batches of 128.
All who train, but for scikit-learn, start from the same parameters, use the same batches and return what they have
trained, which the tests compare with ours. Each gets every advantage that its library offers without leaving its idiom;
what can be prepared beforehand is.
"""

import math
import warnings
from functools import partial
from itertools import islice

import numpy as np
import torch
from joblib import Parallel, delayed
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits
from torch import nn
from torch.func import grad, vmap

from twolayer import network, schedule, training
from twolayer.sgd import HeavyBall

M, C, BATCH = 50, 10, 100
ETA_MIN, ETA_MAX, N_S = 1e-5, 1e-1, 500
WIDE_M, WIDE_BATCH, WIDE_LAM, WIDE_ETA = 4000, 128, 5e-5, 0.01
DROPOUT, MOMENTUM, SHIFT = 0.5, 0.9, 3  # pixels


def eta(t):
    """Return the learning rate that every contender follows."""
    return schedule.cyclical(t, N_S, ETA_MIN, ETA_MAX)


def start(d, n_networks):
    """Return the stack of networks that every contender starts from."""
    rng = np.random.default_rng(0)
    return network.stack(network.initialise(d, M, C, rng) for _ in range(n_networks))


def order():
    """Return the generator that draws everybody's batches."""
    return np.random.default_rng(1)


def batches(n, n_updates):
    """Return the index arrays of the batches, one for each update."""
    return islice(training.batches(n, BATCH, order()), n_updates)


def in_processes(task, X, y, lams, n_updates, n_jobs):
    """Let a contender use both cores: n_jobs processes, each with its share of the networks."""
    shares = np.array_split(lams, n_jobs)
    Parallel(n_jobs=n_jobs)(delayed(task)(X, y, share, n_updates) for share in shares)


def ours(X, y, lams, n_updates):
    """Train all networks as one stack."""
    params = start(X.shape[1], len(lams))
    return training.train(X, y, params, lam=lams, eta=eta, batch_size=BATCH, n_updates=n_updates, rng=order())


def tensors(*arrays):
    """Return the arrays as tensors that share their memory; PyTorch only reads it."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The given NumPy array is not writable")
        return [torch.from_numpy(array) for array in arrays]


def torch_loop(X, y, lams, n_updates, threads=1):
    """Train one network after the other: nn.Sequential, SGD with weight decay, CyclicLR."""
    torch.set_num_threads(threads)
    X, y = tensors(X, y)
    trained = []
    for lam, params in zip(lams, network.unstack(start(X.shape[1], len(lams))), strict=True):
        model = nn.Sequential(nn.Linear(X.shape[1], M), nn.ReLU(), nn.Linear(M, C))
        for own, given in zip(model.parameters(), params, strict=True):
            own.data = torch.from_numpy(given.T).contiguous()
        weights = [layer.weight for layer in (model[0], model[2])]
        biases = [layer.bias for layer in (model[0], model[2])]
        groups = [{"params": weights, "weight_decay": 2 * float(lam)}, {"params": biases}]
        optimiser = torch.optim.SGD(groups, lr=ETA_MIN)
        rate = torch.optim.lr_scheduler.CyclicLR(optimiser, ETA_MIN, ETA_MAX, N_S, cycle_momentum=False)
        for batch in map(torch.from_numpy, batches(len(X), n_updates)):
            optimiser.zero_grad()
            nn.functional.cross_entropy(model(X[batch]), y[batch]).backward()
            optimiser.step()
            rate.step()
        trained.append(network.Parameters(*(own.detach().numpy().T for own in model.parameters())))
    return network.stack(trained)


def wide(X, y, n_updates, augment=training.take):
    """Train one wide network with dropout and momentum, on images as `augment` changes them."""
    return training.train(
        X,
        y,
        wide_start(X.shape[1]),
        lam=WIDE_LAM,
        eta=lambda t: WIDE_ETA,
        batch_size=WIDE_BATCH,
        n_updates=n_updates,
        rng=order(),
        augment=augment,
        dropout=DROPOUT,
        descend=partial(HeavyBall, momentum=MOMENTUM),
    )


def wide_start(d):
    """Return the wide network that every contender starts from."""
    return network.initialise(d, WIDE_M, C, np.random.default_rng(0))


def torch_wide(X, y, n_updates, threads, batch_of):
    """Train the same network: nn.Sequential with Dropout, SGD with momentum, on the tensors batch_of(rows) of X."""
    torch.set_num_threads(threads)
    model = nn.Sequential(nn.Linear(X.shape[1], WIDE_M), nn.ReLU(), nn.Dropout(DROPOUT), nn.Linear(WIDE_M, C))
    for own, given in zip(model.parameters(), wide_start(X.shape[1]), strict=True):
        own.data = torch.from_numpy(given.T).contiguous()
    weights = [layer.weight for layer in (model[0], model[3])]
    biases = [layer.bias for layer in (model[0], model[3])]
    groups = [{"params": weights, "weight_decay": 2 * WIDE_LAM}, {"params": biases}]
    optimiser = torch.optim.SGD(groups, lr=WIDE_ETA, momentum=MOMENTUM)
    y = torch.from_numpy(y)
    for rows in islice(training.batches(len(y), WIDE_BATCH, order()), n_updates):
        optimiser.zero_grad()
        nn.functional.cross_entropy(model(batch_of(rows)), y[rows]).backward()
        optimiser.step()
    return network.Parameters(*(own.detach().numpy().T for own in model.parameters()))


class Rows:
    """Images as they are, for `torch_wide`."""

    def __init__(self, X):
        """Keep the images as a tensor."""
        (self.X,) = tensors(X)

    def __call__(self, rows):
        """Return these rows."""
        return self.X[rows]


class Moved:
    """Images that are shifted and mirrored by chance and then projected, for `torch_wide`."""

    def __init__(self, images):
        """Repeat the edges beforehand, so that every shift is a view."""
        side = math.isqrt(images.pixels.shape[1] // 3)
        pictures, self.rng = images.pixels[images.rows].reshape(-1, 3, side, side), np.random.default_rng(2)
        padded = np.pad(pictures, ((0, 0), (0, 0), (SHIFT, SHIFT), (SHIFT, SHIFT)), mode="edge")
        self.windows = np.lib.stride_tricks.sliding_window_view(padded, (side, side), axis=(2, 3))
        self.scale, self.shift = tensors(images.scale, images.shift)

    def __call__(self, rows):
        """Return these rows, moved."""
        batch = self.windows[rows, :, *self.rng.integers(0, 2 * SHIFT + 1, (2, len(rows)))]
        mirrored = self.rng.random(len(rows)) < 0.5
        batch[mirrored] = batch[mirrored][..., ::-1]
        return torch.from_numpy(batch).reshape(len(rows), -1).float() @ self.scale + self.shift


def torch_cost(params, lam, X, y):
    """Return the cost of one network."""
    W1, b1, W2, b2 = params
    penalty = W1.square().sum() + W2.square().sum()
    return nn.functional.cross_entropy(torch.relu(X @ W1 + b1) @ W2 + b2, y) + lam * penalty


def torch_step(params, lams, eta, X, y, batch):
    """Update a stack of networks in place. eta is a tensor: torch.compile would compile each number anew."""
    gradients = vmap(grad(torch_cost), in_dims=(0, 0, None, None))(params, lams, X[batch], y[batch])
    for param, gradient in zip(params, gradients, strict=True):
        param.addcmul_(gradient, eta, value=-1)


def torch_stack(X, y, lams, n_updates, threads=1, step=torch_step):
    """Train all networks at once: one network's cost mapped over stacked parameters with torch.func."""
    torch.set_num_threads(threads)
    params = start(X.shape[1], len(lams))
    X, y, lams, etas, *stacked = tensors(X, y, np.float32(lams), np.float32(eta(np.arange(n_updates))), *params)
    with torch.no_grad():
        for rate, batch in zip(etas, map(torch.from_numpy, batches(len(X), n_updates)), strict=True):
            step(stacked, lams, rate, X, y, batch)
    return params  # whose memory the tensors share


def scikit_learn(X, y, lams, n_updates):
    """Train one network after the other: MLPClassifier, which knows no cycles, on one epoch of as many images."""
    n = n_updates * BATCH
    with threadpool_limits(limits=1, user_api="blas"), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        for lam in lams:
            settings = {"hidden_layer_sizes": (M,), "solver": "sgd", "batch_size": BATCH, "momentum": 0, "max_iter": 1}
            MLPClassifier(**settings, alpha=2 * lam, learning_rate_init=1e-2).fit(X[:n], y[:n])


def evaluate_ours(X, y, params, lam):
    """Evaluate one network: cost, loss and accuracy."""
    training.evaluate(X, y, params, lam)


def evaluate_torch(X, y, params, threads):
    """Evaluate one network: loss and accuracy."""
    torch.set_num_threads(threads)
    W1, b1, W2, b2 = map(torch.from_numpy, params)
    X, y = tensors(X, y)
    with torch.no_grad():
        S = torch.relu(X @ W1 + b1) @ W2 + b2
        nn.functional.cross_entropy(S, y).item(), (S.argmax(dim=1) == y).float().mean().item()


def large_product(A, threads):
    """Multiply two large matrices: the fastest that this machine computes."""
    with threadpool_limits(limits=threads, user_api="blas"):
        A @ A
