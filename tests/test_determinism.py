"""What README promises of the numbers: the same bits for any number of threads and processes, elsewhere nearly so.

Each training runs in a process of its own, whose OpenBLAS is told which kernel to use (its code for one family of CPUs)
and how many threads. Run as a script, this file is that process: it writes what it computed to its standard output.
"""

import functools
import io
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from tempfile import TemporaryDirectory

import joblib
import numpy as np
import pytest

UPDATES = 20  # README names these three
TOLERANCE = 1e-6  # of the weights after so many updates
TOLERANCE_OF_COMPONENTS = 1e-5
KERNELS = ("Prescott", "Haswell", "SkylakeX", "Zen")
PLAIN_LOOPS = "NumPy's plain loops"  # another CPU runs other loops of NumPy itself as well
TRAINED = ("W1", "b1", "W2", "b2", "probabilities")
IN_PROCESSES = ("replicates, W1", "replicates, numbers", "search")
COMPONENTS = "components"  # computed with all threads


# What a process computes ------------------------------------------------------------------------------------


def libraries():
    """Return kernel and number of threads of each OpenBLAS in this process: NumPy's and SciPy's, which are two."""
    from threadpoolctl import threadpool_info

    found = [library for library in threadpool_info() if library["internal_api"] == "openblas"]
    return [
        (library["architecture"], library["num_threads"]) for library in sorted(found, key=lambda one: one["filepath"])
    ]


def threads():
    return max((n for _, n in libraries()), default=0)


def clouds(n, d, distance):
    """Return n points of d numbers in ten overlapping clouds, and which."""
    rng = np.random.default_rng(0)
    centres, y = distance * rng.standard_normal((10, d)), rng.integers(0, 10, n)
    return (centres[y] + rng.standard_normal((n, d))).astype(np.float32), y


def split_of(X, y, n_train):
    from twolayer.images import Split

    train, rest = (X[:n_train], y[:n_train]), (X[n_train:], y[n_train:])
    return Split(*train, *rest, *rest, mean=0, std=1, class_names=tuple("0123456789"), fingerprint="clouds")


def short_trainings(n_jobs):
    """Train on points with as many numbers as an image: one network here, then runs and a search in processes."""
    from twolayer.classifier import TwoLayerClassifier
    from twolayer.experiments import replicates, search

    def measure(network, split):
        P = network.predict_proba(split.X_validation)
        return {"threads": threads(), **{str(i): p for i, p in enumerate(P[:, 0])}}

    split = split_of(*clouds(400, 3072, 0.1), n_train=200)
    network = TwoLayerClassifier(50, lam=0.01, n_s=UPDATES, n_updates=UPDATES, record=UPDATES, random_state=1)
    network.fit(split.X_train, split.y_train)
    computed = {**network.params_._asdict(), "probabilities": network.predict_proba(split.X_validation)}
    wide = TwoLayerClassifier(600, n_s=UPDATES, n_updates=UPDATES, dropout=0.3, momentum=0.8, random_state=1)
    computed["wide, W1"] = wide.fit(split.X_train, split.y_train).params_.W1
    runs = replicates.replicate(network.set_params(n_updates=3), split, 2, seed=1, measure=measure, n_jobs=n_jobs)
    numbers = runs.numbers
    computed["replicates, threads"] = numbers.pop("threads")
    computed["replicates, W1"] = np.stack([run.network.params_.W1 for run in runs])
    computed["replicates, numbers"] = numbers
    with TemporaryDirectory() as folder:
        computed["search"] = search.train_each(
            split,
            [1e-3, 1e-2, 1e-1, 1.0],
            search.Settings(n_updates=3, n_s=3),
            np.random.SeedSequence(1),
            journal=search.Journal(f"{folder}/journal", code=""),
            stack_size=2,
            n_jobs=n_jobs,
        )
    return computed


def long_trainings():
    """Train six networks, at a rate so high and on classes so mixed that differences of rounding grow to full size."""
    from twolayer.classifier import TwoLayerClassifier

    X, y = clouds(1300, 30, 0.5)
    rng = np.random.default_rng(1)
    split = split_of(X, np.where(rng.random(1300) < 0.3, rng.integers(0, 10, 1300), y), n_train=300)
    networks = [
        TwoLayerClassifier(30, eta_max=2.0, n_s=100, n_cycles=2, batch_size=20, record=400, random_state=seed).fit(
            split.X_train, split.y_train
        )
        for seed in range(6)
    ]
    return {
        "long, W1": np.stack([network.params_.W1 for network in networks]),
        "long, accuracies": [100 * network.score(split.X_test, split.y_test) for network in networks],
    }


def threads_while_training():
    """Return how many threads BLAS has before, during and after a training."""
    from twolayer import network, training

    X, y = clouds(20, 12, 1.0)
    rng, seen = np.random.default_rng(0), []
    start = network.initialise(12, 5, 10, rng)
    settings = {"lam": 0.0, "eta": lambda t: 0.1, "batch_size": 10, "n_updates": 2, "rng": rng}
    before = threads()
    training.train(X, y, start, **settings, record=lambda t, descent: seen.append(threads()))
    return {"threads": [before, *seen, threads()]}


def components():
    """Return points as nine principal components give them back, which is the same whatever the signs of these."""
    from twolayer.experiments import pca

    split = pca.rotate(split_of(*clouds(400, 100, 1.0), n_train=300), 9)
    return {"components": split.X_train @ split.basis.T}


def main(arguments):
    """Write what is computed with that many jobs as an archive of arrays; without a number which kernels are there."""
    import scipy.linalg

    scipy.linalg.get_blas_funcs("gemm", dtype=np.float32)(1, np.eye(99), np.eye(99) @ np.eye(99))
    computed = {"kernels": [kernel for kernel, _ in libraries()]}
    if arguments:
        computed |= short_trainings(int(arguments[0])) | long_trainings() | threads_while_training() | components()
    np.savez(sys.stdout.buffer, **computed)


# How they are started ---------------------------------------------------------------------------------------

TWO = ThreadPoolExecutor(2)  # processes at once


@functools.cache
def start(kernel=None, n_threads=1, n_jobs=None):
    """Start a process with the BLAS kernel of that name, None for the CPU's own, and return the Future of its arrays.

    Its result is None for a kernel with instructions that the CPU lacks. Without n_jobs it trains nothing.
    """
    changes = {"OPENBLAS_NUM_THREADS": str(n_threads)}
    if kernel == PLAIN_LOOPS:
        changes["NPY_DISABLE_CPU_FEATURES"] = " ".join(simd())
    elif kernel:
        changes["OPENBLAS_CORETYPE"] = kernel
    return TWO.submit(finish, [] if n_jobs is None else [str(n_jobs)], os.environ | changes)


def finish(arguments, environment):
    from tests.bounds import BOUND  # which this file cannot find when it is run as a program

    done = subprocess.run([sys.executable, __file__, *arguments], env=environment, capture_output=True, timeout=BOUND)
    if done.returncode == -signal.SIGILL:
        return None
    assert done.returncode == 0, done.stderr.decode()
    return dict(np.load(io.BytesIO(done.stdout)))


def simd():
    """Return the sets of instructions for which NumPy has loops that this CPU can run, beyond those for any CPU."""
    return np.show_config(mode="dicts")["SIMD Extensions"].get("found", [])


def kernels():
    """Return the kernels that run for None and for each name of KERNELS; None for one that this CPU cannot run."""
    started = {name: start(name) for name in (None, *KERNELS)}
    found = {name: future.result() for name, future in started.items()}
    return {name: arrays and arrays["kernels"].tolist() for name, arrays in found.items()}


def require(kernel):
    """Skip the test where `kernel` cannot run."""
    ran = kernels()
    if not ran[None]:
        pytest.skip("NumPy and SciPy do not use OpenBLAS here")
    if kernel and ran[kernel] is None:
        pytest.skip(f"this CPU lacks instructions of OpenBLAS's kernel {kernel}")


def require_another(kernel):
    """Skip the test where `kernel` cannot run, or is the CPU's own or one before it in KERNELS."""
    if kernel == PLAIN_LOOPS:
        return simd() or pytest.skip("NumPy has no other loops for this CPU")
    require(kernel)
    ran = kernels()
    same = next(name for name in ran if ran[name] == ran[kernel])
    if same != kernel:
        shown = ", ".join(sorted(set(ran[kernel])))
        pytest.skip(f"asked for {kernel}, OpenBLAS runs {shown} here, as for {same or 'the CPU itself'}")


def pair(one, other):
    """Return the arrays of two processes, which run at the same time."""
    one, other = start(*one), start(*other)
    return one.result(), other.result()


def distance(a, b):
    """Return how far a is from b, relative to b's norm."""
    return np.linalg.norm(a - b) / np.linalg.norm(b)


# The promises -----------------------------------------------------------------------------------------------

two_cores = pytest.mark.skipif(joblib.cpu_count() < 2, reason="one core: OpenBLAS uses one thread")
# Haswell's kernel sums in another order with two threads, unless it is limited to one; SkylakeX's does not.
each_number = pytest.mark.parametrize(
    ("kernel", "n_jobs"), [(None, 1), ("Haswell", 2)], ids=["two threads", "Haswell, two threads and two processes"]
)


@two_cores
@each_number
def test_threads_and_processes_change_no_bit_of_a_training(kernel, n_jobs):
    require(kernel)
    one, two = pair((kernel, 1, 1), (kernel, 2, n_jobs))
    for name in (*TRAINED, *IN_PROCESSES, "wide, W1", "long, W1", "long, accuracies"):
        np.testing.assert_array_equal(two[name], one[name], err_msg=name)


@two_cores
@each_number
def test_training_has_one_thread_of_blas_and_gives_the_others_back(kernel, n_jobs):
    require(kernel)
    found = start(kernel, 2, n_jobs).result()
    assert found["threads"].tolist() == [2, 1, 1, 1, 2]
    assert found["replicates, threads"].tolist() == [1, 1]


@two_cores
@each_number
def test_threads_move_principal_components_by_rounding_alone(kernel, n_jobs):
    require(kernel)
    one, two = pair((kernel, 1, 1), (kernel, 2, n_jobs))
    assert distance(two[COMPONENTS], one[COMPONENTS]) < TOLERANCE_OF_COMPONENTS


@pytest.mark.parametrize("kernel", [*KERNELS, PLAIN_LOOPS])
def test_another_kernel_moves_the_weights_by_rounding_alone_at_first(kernel):
    require_another(kernel)
    here, there = pair((None, 1, 1), (kernel, 1, 1))
    for name in TRAINED:
        assert distance(there[name], here[name]) < TOLERANCE, name
    assert distance(there[COMPONENTS], here[COMPONENTS]) < TOLERANCE_OF_COMPONENTS


@pytest.mark.parametrize("kernel", [*KERNELS, PLAIN_LOOPS])
def test_another_kernel_parts_long_trainings_and_leaves_their_accuracy_within_the_interval(kernel):
    from twolayer.ledger.statistics import spread

    require_another(kernel)
    here, there = pair((None, 1, 1), (kernel, 1, 1))
    assert distance(there["long, W1"], here["long, W1"]) > 1000 * TOLERANCE
    interval = spread(here["long, accuracies"])
    assert interval.low <= there["long, accuracies"].mean() <= interval.high


if __name__ == "__main__":
    main(sys.argv[1:])
