"""The same work done by different hands: our stacks, PyTorch's loop, PyTorch's stacks, scikit-learn.

Each function trains networks of 3072 inputs, 50 hidden units and 10 classes on batches of 100 images, or evaluates one.
All who train, but for scikit-learn, start from the same parameters, use the same batches and return what they have
trained, which the tests compare with ours. Each gets every advantage that its library offers without leaving its idiom;
what can be prepared beforehand is.
"""

import warnings
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

M, C, BATCH = 50, 10, 100
ETA_MIN, ETA_MAX, N_S = 1e-5, 1e-1, 500


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
