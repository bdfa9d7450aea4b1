"""What the library's arrays hold, for annotations; their shapes stand in the docstrings."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
Integers = NDArray[np.integer]
Pixels = NDArray[np.uint8]
