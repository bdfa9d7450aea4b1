import subprocess
import sys
from pathlib import Path

import pytest

from tests.bounds import BOUND


@pytest.mark.parametrize("system", ["linux", "win32"])
def test_mypy_finds_nothing(system):
    """Of a name that a system lacks, mypy says that it is not there."""
    cache = f".mypy_cache/{system}"  # mypy would forget what it knows of the other one
    found = subprocess.run(
        [sys.executable, "-m", "mypy", "--platform", system, "--cache-dir", cache],
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        timeout=BOUND,
    )
    assert found.returncode == 0, found.stdout
