"""A test that does not end fails, shows where it stood, and the others go on."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bounds import BOUND

ROOT = Path(__file__).parent.parent
WAITS = """
import threading
import pytest

@pytest.fixture
def server():
    yield
    {end}

def test_that_waits(server):
    {body}

def test_after_it():
    pass
"""


@pytest.mark.parametrize(
    ("body", "end"),
    [("wait_for_ever()", "pass"), ("pass", "wait_for_ever()"), ("assert False", "wait_for_ever()")],
    ids=["in its body", "in its fixture", "in its fixture after a failure"],
)
def test_a_test_that_waits_for_ever_is_ended_where_it_stands(tmp_path, body, end):
    wait = "threading.Event().wait()"
    code = WAITS.format(body=body.replace("wait_for_ever()", wait), end=end.replace("wait_for_ever()", wait))
    (tmp_path / "test_waits.py").write_text(code, encoding="utf-8")
    bounds = ["-o", "timeout=3", "-o", "faulthandler_timeout=5", "-rA"]
    command = [sys.executable, "-m", "pytest", "-n", "1", "-p", "no:cacheprovider", "-p", "tests.conftest", *bounds]
    command += ["-c", str(ROOT / "pyproject.toml"), "--rootdir", str(tmp_path), str(tmp_path)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=BOUND)
    assert run.returncode == 1, run.stdout + run.stderr
    assert "threading.py" in run.stdout + run.stderr, "where it stood"
    assert re.search(r"^(FAILED|ERROR) .*::test_that_waits", run.stdout, re.MULTILINE), run.stdout
    assert re.search(r"^PASSED .*::test_after_it$", run.stdout, re.MULTILINE), run.stdout
