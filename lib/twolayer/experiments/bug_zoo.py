"""Common mistakes in back-propagation, and the checks that find each of them.

Every bug is a patch of the source of `network`, the formula, or of `sgd`, the step that trains: it replaces a few
characters of a function. Some patches leave out a transposition. Use them with as many images as hidden units and
classes: otherwise the shapes do not fit, and NumPy itself reveals the mistake.
"""

import inspect
from collections.abc import Iterable
from types import ModuleType
from typing import NamedTuple

import numpy as np
import pandas as pd

from twolayer import gradient_check, network, sgd
from twolayer.arrays import Floats, Integers
from twolayer.experiments import gradient_errors
from twolayer.network import Parameters

# The norm-wise error from which a gradient counts as wrong. Correct ones stay below 1e-8 in double precision (the
# rounding error of the differences, not of the gradients); a wrong factor or a missing term gives more than 1e-3.
THRESHOLD = 1e-5
CHECKS = ["differences", "PyTorch"]


class Patch(NamedTuple):
    """A change to the source of one function: `old` becomes `new`."""

    function: str
    old: str
    new: str


class Bug(NamedTuple):
    """The description of a mistake, the patches that make it, and the module that they change."""

    name: str
    patches: tuple[Patch, ...]
    module: ModuleType = network


class NotApplicable(ValueError):
    """A patch does not fit the source, which has been edited."""


def start(d: int, m: int, c: int, rng: np.random.Generator) -> Parameters:
    """Draw a network in double precision. Its biases are not 0, since that would hide errors in their factors."""
    params = network.initialise(d, m, c, rng, np.float64)
    return params._replace(b1=rng.standard_normal(m) / 10, b2=rng.standard_normal(c) / 10)


def broken(bug: Bug) -> ModuleType:
    """Return a copy of the bug's module that has the bug.

    Raises NotApplicable unless each patch's old text occurs exactly once in its function.
    """
    source = inspect.getsource(bug.module)
    for function, old, new in bug.patches:
        before, definition, rest = source.partition(f"def {function}(")
        body, gap, after = rest.partition("\n\n\n")
        if body.count(old) != 1:
            raise NotApplicable(
                f"{bug.name}: {old!r} must occur once in {function}, but occurs {body.count(old)} times."
            )
        source = before + definition + body.replace(old, new) + gap + after
    module = ModuleType("broken")
    exec(source, vars(module))
    return module


def examine(
    bugs: Iterable[Bug], X: Floats, y: Integers, params: Parameters, lam: float, h: float = 1e-5
) -> pd.DataFrame:
    """Return a data frame with a row for each bug: the wrong parameters, their errors, and the checks that catch it.

    The gradients of a broken formula, or those that a broken step follows, are compared with central differences (of
    the broken module's own cost if it has one; step h) and with PyTorch's gradients of the correct cost. The errors are
    norm-wise, those of the worst parameter. If PyTorch is not installed, its errors are NaN and it catches nothing. A
    bug whose patches do not fit an edited source is "not applicable".
    """
    torch = {"PyTorch": gradient_check.torch_gradients(X, y, params, lam)} if gradient_check.has_torch() else {}
    rows = []
    for bug in bugs:
        try:
            module = broken(bug)
        except NotApplicable:
            rows.append(
                {"bug": bug.name, "parameter": "", **dict.fromkeys(CHECKS, np.nan), "caught by": "not applicable"}
            )
            continue
        if bug.module is network:
            model, grads = module, module.gradients(X, y, params, lam)
        else:
            model, grads = network, gradient_check.of_step(X, y, params, lam, module)
        differences = gradient_check.central_differences(X, y, params, lam, h, model=model)
        table = gradient_errors.compare(grads, {"differences": differences, **torch})
        errors = table.pivot(index="parameter", columns="method", values="norm-wise").reindex(columns=CHECKS)
        rows.append({"bug": bug.name, **_verdict(errors)})
    return pd.DataFrame(rows)


def _verdict(errors: pd.DataFrame) -> dict[str, str | float]:
    """Return the wrong parameters, the largest error of each check and the checks that catch the bug.

    errors has a row for each parameter and a column for each check.
    """
    wrong = errors > THRESHOLD
    parameters = [gradient_errors.symbol(name) for name in Parameters._fields if wrong.loc[name].any()]
    words = {(True, True): "both", (True, False): "differences", (False, True): "PyTorch", (False, False): "neither"}
    return {"parameter": ", ".join(parameters), **errors.max(), "caught by": words[tuple(wrong.any())]}


NO_BUG = Bug("none", ())


def _backprop(name: str, old: str, new: str) -> Bug:
    """Return a bug in the gradients alone: the cost is correct, so both checks catch it."""
    return Bug(name, (Patch("gradients", old, new),))


def _step(name: str, *changes: tuple[str, str]) -> Bug:
    """Return a bug in the step that trains, where each old text becomes a new one."""
    return Bug(f"step: {name}", tuple(Patch("step", old, new) for old, new in changes), sgd)


ONE_HOT = "targets(b2.shape[-1], label_smoothing, P.dtype)[y]"

BUGS = (
    # At the scores
    _backprop("1/n forgotten", " / len(X)", ""),
    _backprop("divided by n twice", " / len(X)", " / len(X) ** 2"),
    _backprop("Y − P instead of P − Y", f"(P - {ONE_HOT})", f"({ONE_HOT} - P)"),
    _backprop("P instead of P − Y", f" - {ONE_HOT}", ""),
    _backprop("labels off by one in the gradient", "[y]", "[y - 1]"),
    # The gradient of b₂ stays correct: it is a sum over the images, whatever their order.
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
    # In the forward pass: the gradients do not belong to the cost that results
    Bug(
        "softmax over the images instead of the classes",
        (Patch("forward", "softmax(H @ W2 + b2[..., None, :])", "softmax(H @ W2 + b2[..., None, :], axis=-2)"),),
    ),
    Bug("b₁ forgotten in the forward pass", (Patch("forward", " + b1[..., None, :]", ""),)),
    Bug(
        "ReLU forgotten in the forward pass",
        (Patch("forward", "np.maximum(X @ W1 + b1[..., None, :], 0)", "X @ W1 + b1[..., None, :]"),),
    ),
    # In the cost alone: the gradients are correct, and PyTorch's agree
    Bug("cost in bits, gradient in nats", (Patch("losses", "-np.log(", "-np.log2("),)),
    Bug("cost summed, gradient averaged", (Patch("cross_entropy", ".mean(", ".sum("),)),
    Bug("penalty forgotten in the cost", (Patch("cost", " + penalty(params, lam)", ""),)),
    # In the cost and its gradient alike: differences of the wrong cost agree with the wrong gradient
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
    # In the step that trains: the formula is correct, and training does not follow it
    _step("1/n forgotten", (" / len(X)", "")),
    _step("labels in another order than the images", ("[:, y]", "[:, y[::-1]]")),
    _step("softmax over the images instead of the classes", ("axis=-2)", "axis=-1)")),
    _step("b₂ forgotten in the forward pass", (" + self.b2[..., None]", "")),
    _step("|H| in place of the ReLU", ("np.maximum(H, 0, out=H)", "np.abs(H, out=H)")),
    _step("ReLU's derivative forgotten", ("        G1 *= H > 0\n", "")),
    _step("b₁ moved uphill", ("self.b1 -= G1", "self.b1 += G1")),
    _step("W₁ overwritten instead of updated", ("beta=1", "beta=0")),
    _step("W₁ without its penalty", ("        self.W1 *= self.side_by_side(decay)\n", "")),
    _step("W₂ without its penalty", ("        self.W2 *= decay[..., None]\n", "")),
    _step("λW instead of 2λW", ("1 - 2 * eta", "1 - eta")),
)
