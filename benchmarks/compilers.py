"""Who compiles an update before it is timed: torch.compile and JAX. Neither runs everywhere.

A compiler is a function (X, y, lams, n_updates) → task; all train the networks as one stack on both cores.
"""

from functools import cache, partial

import torch

from benchmarks import contenders


@cache
def compiled_step():
    """Return the update of PyTorch's stack, compiled when it first runs, for each shape of its own."""
    return torch.compile(contenders.torch_step, dynamic=False)


def compiled_stack(X, y, lams, n_updates):
    """Train all networks at once: PyTorch's stack, its update compiled."""
    return contenders.torch_stack(X, y, lams, n_updates, threads=2, step=compiled_step())


def torch_compile():
    """Return PyTorch's compiler. Raises RuntimeError where it does not work, as without a C++ compiler."""
    torch.compile(torch.neg)(torch.ones(1))
    return lambda *work: partial(compiled_stack, *work)


def jax():
    """Return JAX's compiler. Raises ImportError where JAX is missing, RuntimeError where it does not run."""
    from benchmarks import with_jax

    return with_jax.prepare


def find(loaders):
    """Return the compilers that work here, name → compiler, and why the others do not, name → reason in one line."""
    found, missing = {}, {}
    for name, load in loaders.items():
        try:
            found[name] = load()
        except (ImportError, RuntimeError) as error:
            first_paragraph, *_ = str(error).split("\n\n")
            missing[name] = " ".join(first_paragraph.split())
    return found, missing


LOADERS = {"torch.compile": torch_compile, "JAX": jax}
