"""Progress bars: widgets in a notebook, text on standard error elsewhere."""

import os
import warnings
from typing import Any

from tqdm import TqdmWarning, tqdm


def bars() -> "type[tqdm[Any]]":
    """Return tqdm's class of progress bars: widgets in a notebook that can show them, text elsewhere.

    They are text as well if the environment says PROGRESS_BARS=text, as it may for a notebook that nobody looks at.
    """
    if os.environ.get("PROGRESS_BARS") == "text":
        return tqdm
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TqdmWarning)  # that it is a guess, or that ipywidgets is missing
        from tqdm.autonotebook import tqdm as chosen
    return chosen
