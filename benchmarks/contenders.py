"""The same work done by different hands: our stacks, PyTorch's loop, PyTorch's stacks, scikit-learn.

Each function trains networks of 3072 inputs, 50 hidden units and 10 classes on batches of 100 images, or evaluates
one, and returns nothing: what counts is how long it takes. Each gets every advantage that its library offers without
leaving its idiom; what can be prepared beforehand is.
"""

import warnings

import numpy as np
import torch
from joblib import Parallel, delayed
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits
from torch import nn
from torch.func import functional_call, grad, stack_module_state, vmap

from twolayer import network, schedule, training

M, C, BATCH = 50, 10, 100
ETA_MIN, ETA_MAX, N_S = 1e-5, 1e-1, 500


def eta(t):
    """Return the learning rate that every contender follows."""
    return schedule.cyclical(t, N_S, ETA_MIN, ETA_MAX)


def in_processes(task, X, y, lams, n_updates, n_jobs):
    """Let a contender use both cores: n_jobs processes, each with its share of the networks."""
    shares = np.array_split(lams, n_jobs)
    Parallel(n_jobs=n_jobs)(delayed(task)(X, y, share, n_updates) for share in shares)


def ours(X, y, lams, n_updates):
    """Train all networks as one stack."""
    rng = np.random.default_rng(0)
    start = network.stack(network.initialise(X.shape[1], M, C, rng) for _ in lams)
    training.train(X, y, start, lam=lams, eta=eta, batch_size=BATCH, n_updates=n_updates, rng=rng)


def tensors(*arrays):
    """Return the arrays as tensors that share their memory; PyTorch only reads it."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The given NumPy array is not writable")
        return [torch.from_numpy(array) for array in arrays]


def torch_loop(X, y, lams, n_updates, threads=1):
    """Train one network after the other: nn.Sequential, SGD with weight decay, CyclicLR."""
    torch.set_num_threads(threads)
    X, y = tensors(X, y)
    for lam in lams:
        model = nn.Sequential(nn.Linear(X.shape[1], M), nn.ReLU(), nn.Linear(M, C))
        weights = [layer.weight for layer in (model[0], model[2])]
        biases = [layer.bias for layer in (model[0], model[2])]
        groups = [{"params": weights, "weight_decay": 2 * float(lam)}, {"params": biases}]
        optimiser = torch.optim.SGD(groups, lr=ETA_MIN)
        rate = torch.optim.lr_scheduler.CyclicLR(optimiser, ETA_MIN, ETA_MAX, N_S, cycle_momentum=False)
        for batch in torch_batches(len(X), n_updates):
            optimiser.zero_grad()
            nn.functional.cross_entropy(model(X[batch]), y[batch]).backward()
            optimiser.step()
            rate.step()


def torch_stack(X, y, lams, n_updates, threads=1):
    """Train all networks at once: one model mapped over stacked parameters with torch.func."""
    torch.set_num_threads(threads)
    (X, y), lams = tensors(X, y), torch.from_numpy(np.asarray(lams, np.float32))
    models = [nn.Sequential(nn.Linear(X.shape[1], M), nn.ReLU(), nn.Linear(M, C)) for _ in lams]
    params, _ = stack_module_state(models)
    params = {name: array.detach() for name, array in params.items()}

    def cost(params, lam, X, y):
        penalty = params["0.weight"].square().sum() + params["2.weight"].square().sum()
        return nn.functional.cross_entropy(functional_call(models[0], params, (X,)), y) + lam * penalty

    gradients = vmap(grad(cost), in_dims=(0, 0, None, None))
    with torch.no_grad():
        for t, batch in enumerate(torch_batches(len(X), n_updates)):
            for name, gradient in gradients(params, lams, X[batch], y[batch]).items():
                params[name].sub_(gradient, alpha=eta(t))


def torch_batches(n, n_updates):
    """Yield index tensors: an epoch after the other in random order."""
    given = 0
    while True:
        for batch in torch.randperm(n).split(BATCH):
            if given == n_updates:
                return
            given += 1
            yield batch


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
