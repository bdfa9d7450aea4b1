"""Common mistakes in back-propagation, and the checks that find each of them.

Every bug is a patch of the source of `network`: it replaces a few characters of a function. Some patches transpose a
matrix; the number of images, of hidden units and of classes must be equal, or an error of shapes would reveal them.
"""

import inspect
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from twolayer import gradient_check, network
from twolayer.arrays import Floats, Integers
from twolayer.network import Parameters

# The norm-wise error from which a gradient counts as wrong. Right ones stay below 1e-8 in double precision (the
# rounding of the differences, not of the gradients); a wrong factor or a missing term shows above 1e-3.
THRESHOLD = 1e-5
SYMBOLS = ("W₁", "b₁", "W₂", "b₂")


class Patch(NamedTuple):
    """A change to the source of one function of `network`: `old` becomes `new`."""

    function: str
    old: str
    new: str


class Bug(NamedTuple):
    """A mistake, in words, and the patches that make it."""

    name: str
    patches: tuple[Patch, ...]


class Broken(NamedTuple):
    """Functions of `network` with a bug in them."""

    cost: Callable[[Floats, Integers, Parameters, float | Floats], Floats]
    forward: Callable[[Floats, Parameters], tuple[Floats, Floats]]
    gradients: Callable[[Floats, Integers, Parameters, float | Floats], Parameters]


def start(d: int, m: int, c: int, rng: np.random.Generator) -> Parameters:
    """Draw a network in double precision with biases other than 0, which would hide errors in what multiplies them."""
    params = network.initialise(d, m, c, rng, np.float64)
    return params._replace(b1=rng.standard_normal(m) / 10, b2=rng.standard_normal(c) / 10)


def broken(bug: Bug) -> Broken:
    """Return the functions of a copy of the module `network` with the bug in it.

    Raises ValueError unless each patch's old text occurs exactly once in its function.
    """
    module: dict[str, Any] = {"__name__": "broken"}
    exec(inspect.getsource(network), module)
    for text in patched(bug).values():
        exec(text, module)
    return Broken(*(module[name] for name in Broken._fields))


def patched(bug: Bug) -> dict[str, str]:
    """Return the source of each function that the bug changes. Raises ValueError as `broken` does."""
    texts: dict[str, str] = {}
    for function, old, new in bug.patches:
        text = texts.get(function) or inspect.getsource(getattr(network, function))
        if text.count(old) != 1:
            raise ValueError(f"{bug.name}: {old!r} occurs {text.count(old)} times in {function}, not once.")
        texts[function] = text.replace(old, new)
    return texts


def examine(
    bugs: Iterable[Bug], X: Floats, y: Integers, params: Parameters, lam: float, h: float = 1e-5
) -> pd.DataFrame:
    """Return a data frame with a row for each bug: the wrong parameters, their errors, and the checks that catch it.

    The gradients of the broken network are compared with central differences of its own cost (step h) and with
    PyTorch's gradients of the right cost. The errors are norm-wise, those of the worst parameter. If PyTorch is not
    installed, its errors are NaN and it catches nothing.
    """
    torch = {"PyTorch": gradient_check.torch_gradients(X, y, params, lam)} if gradient_check.has_torch() else {}
    rows = []
    for bug in bugs:
        model = broken(bug)
        others: dict[str, Parameters | gradient_check.Differences] = {
            "differences": gradient_check.central_differences(X, y, params, lam, h, model=model),
            **torch,
        }
        errors = gradient_check.compare(model.gradients(X, y, params, lam), others).pivot(
            index="parameter", columns="method", values="norm-wise"
        )
        errors = errors.reindex(columns=["differences", "PyTorch"])
        rows.append({"bug": bug.name, **_verdict(errors)})
    return pd.DataFrame(rows)


def _verdict(errors: pd.DataFrame) -> dict[str, str | float]:
    wrong = errors > THRESHOLD
    spoilt = [symbol for name, symbol in zip(Parameters._fields, SYMBOLS, strict=True) if wrong.loc[name].any()]
    catches = tuple(wrong.any()[["differences", "PyTorch"]])
    words = {(True, True): "both", (True, False): "differences", (False, True): "PyTorch", (False, False): "neither"}
    return {
        "parameter": ", ".join(spoilt),
        "differences": errors["differences"].max(),
        "PyTorch": errors["PyTorch"].max(),
        "caught by": words[catches],
    }


NO_BUG = Bug("none", ())


def _backprop(name: str, old: str, new: str) -> Bug:
    """Return a bug in the gradients alone: the cost is right, so both checks catch it."""
    return Bug(name, (Patch("gradients", old, new),))


ONE_HOT = "np.eye(b2.shape[-1], dtype=P.dtype)[y]"

BUGS = (
    # At the scores
    _backprop("1/n forgotten", " / len(X)", ""),
    _backprop("divided by n twice", " / len(X)", " / len(X) ** 2"),
    _backprop("Y − P instead of P − Y", f"(P - {ONE_HOT})", f"({ONE_HOT} - P)"),
    _backprop("P instead of P − Y", f" - {ONE_HOT}", ""),
    _backprop("labels off by one in the gradient", "[y]", "[y - 1]"),
    # b₂'s gradient is a sum over the images, which knows no order: it stays right.
    _backprop("labels in another order than the images", "[y]", "[y[::-1]]"),
    _backprop("softmax differentiated twice: (P − Y) P (1 − P)", " / len(X)", " * P * (1 - P) / len(X)"),
    _backprop(
        "gradient of the squared error",
        " / len(X)",
        "\n    G = 2 * P * (G - (G * P).sum(axis=-1, keepdims=True)) / len(X)",
    ),
    # At the ReLU
    _backprop("ReLU's derivative forgotten", " * (H > 0)", ""),
    _backprop("ReLU's derivative with H ≥ 0, which always holds", "(H > 0)", "(H >= 0)"),
    _backprop("ReLU's derivative taken of the gradient", "(H > 0)", "(G @ W2.mT > 0)"),
    _backprop("ReLU's derivative the wrong way round", "(H > 0)", "(H == 0)"),
    _backprop("H in place of the ReLU's derivative", "(H > 0)", "H"),
    _backprop(
        "b₁'s gradient taken before the ReLU's derivative",
        "db1 = G.sum(axis=-2)",
        f"db1 = ((P - {ONE_HOT}) / len(X) @ W2.mT).sum(axis=-2)",
    ),
    # In the products
    _backprop("Hᵀ not transposed", "H.mT @ G", "H @ G"),
    _backprop("GᵀH instead of HᵀG", "H.mT @ G", "G.mT @ H"),
    _backprop("W₂ᵀ not transposed", "W2.mT", "W2"),
    _backprop("X reshaped instead of transposed", "X.T @ G", "X.reshape(X.shape[::-1]) @ G"),
    _backprop("X of another batch order", "X.T @ G", "X[::-1].T @ G"),
    _backprop("H taken before its ReLU", "H.mT @ G", "(X @ W1 + params.b1).mT @ G"),
    _backprop("W₂ updated before it was used", "G @ W2.mT", "G @ (W2 - 0.1 * dW2).mT"),
    # At the biases
    _backprop("b₂'s gradient a mean instead of a sum", "db2 = G.sum(axis=-2)", "db2 = G.mean(axis=-2)"),
    _backprop("b₁'s gradient summed over the wrong axis", "db1 = G.sum(axis=-2)", "db1 = G.sum(axis=-1)"),
    _backprop("b₂'s gradient counted twice", "db2 = G.sum(axis=-2)", "db2 = 2 * G.sum(axis=-2)"),
    _backprop("the biases' gradients exchanged", "(dW1, db1, dW2, db2)", "(dW1, db2, dW2, db1)"),
    # In the penalty
    _backprop("penalty's gradient forgotten for W₁", " + decay(W1, lam)", ""),
    _backprop("penalty's gradient forgotten for W₂", " + decay(W2, lam)", ""),
    _backprop("b₂ penalised in the gradient", "db2 = G.sum(axis=-2)", "db2 = G.sum(axis=-2) + 2 * lam * b2"),
    Bug("λW instead of 2λW", (Patch("decay", "2 * np", "np"),)),
    Bug("gradient of |W| instead of W²", (Patch("decay", "* W", "* np.sign(W)"),)),
    Bug(
        "penalty's gradient divided by n",
        (
            Patch("gradients", "decay(W1, lam)", "decay(W1, lam / len(X))"),
            Patch("gradients", "decay(W2, lam)", "decay(W2, lam / len(X))"),
        ),
    ),
    # In the forward pass: the cost is another one, and the gradient is not its own
    Bug(
        "softmax over the images instead of the classes",
        (Patch("forward", "softmax(H @ W2 + b2[..., None, :])", "softmax(H @ W2 + b2[..., None, :], axis=-2)"),),
    ),
    Bug("b₁ forgotten in the forward pass", (Patch("forward", " + b1[..., None, :]", ""),)),
    Bug(
        "ReLU forgotten in the forward pass",
        (Patch("forward", "np.maximum(X @ W1 + b1[..., None, :], 0)", "X @ W1 + b1[..., None, :]"),),
    ),
    # In the cost alone: the gradients are right, and PyTorch's agree
    Bug("cost in bits, gradient in nats", (Patch("losses", "-np.log(", "-np.log2("),)),
    Bug("cost summed, gradient averaged", (Patch("cross_entropy", ".mean(", ".sum("),)),
    Bug("penalty forgotten in the cost", (Patch("cost", " + penalty(params, lam)", ""),)),
    # In the cost and in its gradient alike: differences of the wrong cost agree with its gradient
    Bug(
        "labels off by one everywhere",
        (
            Patch("gradients", "[y]", "[y - 1]"),
            Patch("losses", "np.arange(len(y)), y]", "np.arange(len(y)), y - 1]"),
        ),
    ),
    Bug(
        "sum instead of mean everywhere",
        (Patch("gradients", " / len(X)", ""), Patch("cross_entropy", ".mean(", ".sum(")),
    ),
    Bug(
        "λ/2 in the cost, λW in the gradient",
        (Patch("decay", "2 * np", "np"), Patch("penalty", "return lam *", "return lam / 2 *")),
    ),
)
