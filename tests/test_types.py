import subprocess
import sys
from pathlib import Path

from tests.bounds import BOUND


def test_mypy_finds_nothing():
    found = subprocess.run(
        [sys.executable, "-m", "mypy"], cwd=Path(__file__).parent.parent, capture_output=True, text=True, timeout=BOUND
    )
    assert found.returncode == 0, found.stdout
