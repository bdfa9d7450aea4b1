"""Trained networks kept in files, so that an interrupted experiment goes on where it stopped."""

import os
import pickle
from pathlib import Path

import joblib

from twolayer.classifier import TwoLayerClassifier
from twolayer.runtime import code_version
from twolayer.runtime.files import FileError

DAMAGED = (EOFError, ValueError, LookupError, AttributeError, ImportError, TypeError, pickle.UnpicklingError)


def path_of(network: TwoLayerClassifier, fingerprint: str, folder: Path) -> Path:
    """Return the file of a network with these settings, trained on the data of this fingerprint by this code."""
    settings = {name: value for name, value in network.get_params().items() if name != "progress"}
    code = code_version.of_module("twolayer.classifier")
    return folder / f"network-{joblib.hash([settings, fingerprint, code])}.joblib"


def find(path: Path) -> TwoLayerClassifier | None:
    """Return the network of a file; None if there is none, or a damaged one. Raises FileError if it cannot be read."""
    try:
        found = joblib.load(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror or error}.") from error
    except DAMAGED:
        return None
    return found if isinstance(found, TwoLayerClassifier) else None


def keep(path: Path, network: TwoLayerClassifier) -> None:
    """Write a trained network into its file, completely or not at all. Raises FileError."""
    draft = path.with_suffix(".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        joblib.dump(network, draft)
        os.replace(draft, path)
    except OSError as error:
        raise FileError(f"{path} cannot be written: {error.strerror or error}.") from error
