"""What a reader of the explorer can set, and the code that gives the same network."""

from dataclasses import asdict, dataclass, replace

from twolayer import TwoLayerClassifier, schedule


@dataclass(frozen=True)
class Settings:
    """The settings of one training.

    n_hidden : hidden units m
    lam : λ of the penalty
    eta_max : highest learning rate
    n_s : updates in half a cycle
    n_cycles : whole cycles
    batch_size : images in a mini-batch
    n_train : training images, the first ones
    seed : of the start and of the order of batches
    """

    n_hidden: int = 50
    lam: float = 0.01
    eta_max: float = 0.1
    n_s: int = 500
    n_cycles: int = 1
    batch_size: int = 100
    n_train: int = 10_000
    seed: int = 1

    @property
    def updates(self) -> int:
        """The number of updates."""
        return int(schedule.updates(self.n_cycles, self.n_s))

    def shortened(self, updates: int) -> "Settings":
        """Return settings with as many cycles, which are so short that all take at most about `updates`."""
        return replace(self, n_s=min(self.n_s, max(5, updates // (2 * self.n_cycles))))

    def for_classifier(self) -> dict[str, float]:
        """Return the settings as TwoLayerClassifier has them, by name."""
        named = asdict(self)
        del named["n_train"]
        return {"random_state" if name == "seed" else name: value for name, value in named.items()}

    def classifier(self) -> TwoLayerClassifier:
        """Return the network that has these settings, not fitted."""
        return TwoLayerClassifier(**self.for_classifier())

    def code(self, load: str, n_components: int, n_updates: int | None = None) -> str:
        """Return a cell that trains the same network, or the same for so many updates.

        load : the code that makes `cifar` and `split`
        """
        named = self.for_classifier() | ({} if n_updates is None else {"n_updates": n_updates})
        given = "\n".join(f"    {name}={value!r}," for name, value in named.items())
        return f"""\
import twolayer as tl

{load}
rotated = tl.pca.rotate(split, {n_components})
network = tl.TwoLayerClassifier(
{given}
)
n = {self.n_train}  # training images
network.fit(rotated.X_train[:n], rotated.y_train[:n])
network.score(rotated.X_validation, rotated.y_validation)
"""
