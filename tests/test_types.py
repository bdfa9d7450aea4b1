import subprocess
import sys
from pathlib import Path


def test_mypy_finds_nothing():
    found = subprocess.run(
        [sys.executable, "-m", "mypy"], cwd=Path(__file__).parent.parent, capture_output=True, text=True
    )
    assert found.returncode == 0, found.stdout
