"""A build that is killed with SIGKILL harms neither report nor ledger, and the next build gives the same numbers.

The kill falls on an event drawn at random: a step of training, a write of the ledger, and so on (`hook`). Three are
tried in `make test`; FAULTS=30 tries thirty, FAULTS_SEED draws others.
"""

import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest

from notebook_report.__main__ import main
from tests.faults.conftest import BEGIN, SEARCH, TRAINING, Project
from tests.faults.hook.sitecustomize import KINDS

pytestmark = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks for processes in /proc")
N_LEDGER = 16  # events of a ledger that changes four times, each: lock, draft, draft put in place, lock gone
N, SEED = int(os.environ.get("FAULTS", 0)), int(os.environ.get("FAULTS_SEED", 1))


def undisturbed(builds, folder):
    """Build without a fault; return the project and how many events of each kind there were."""
    project, counts = Project(folder / "undisturbed"), folder / "counts"
    status, errors = builds.run(project, counts)
    assert status == 0, errors
    return project, {kind: (counts / kind).stat().st_size for kind in KINDS}


def draw(rng, kind, events):
    """Return an event of this kind, as the hook wants it."""
    return f"{kind} {rng.integers(1, events[kind], endpoint=True)}"


def kill(builds, project, at, counts, rest):
    """Build until the event `at`, which kills; `rest` tells whether kernels and workers are killed at once, too."""
    status, errors = builds.run(project, counts, at)
    assert status == -9, (at, errors)
    if rest:
        builds.kill_rest()


def check_unharmed(project, whole, known):
    """Check what is there after a kill; `known` are the networks that were finished before it."""
    found, new = project.readable(), whole.readable()
    assert found.keys() == project.old.keys()
    for name, content in found.items():
        if content != project.old[name] and new[name] != whole.old[name]:
            assert content == new[name], f"{name} is neither the old one nor the new one"
    for name, end in (("report.html", b"</html>"), ("report.pdf", b"%%EOF")):
        assert found[name] == project.old[name] or found[name].rstrip().endswith(end), f"{name} is torn"
    json.loads(found["report.json"])
    ledger = project.ledger()
    if ledger is not None:
        numbers = whole.ledger()["numbers"]
        assert all(entry == numbers[name] for name, entry in ledger["numbers"].items())
    networks = project.networks()
    assert networks.items() <= whole.networks().items()
    assert networks.items() >= known.items(), "a finished network is lost"
    return networks


def check_finishes(builds, project, whole):
    """Check that the next build finishes, with everything as in the undisturbed one."""
    status, errors = builds.run(project)
    assert status == 0, errors
    assert project.readable() == whole.readable()
    assert project.ledger() == whole.ledger()
    assert project.networks() == whole.networks()
    assert hidden(project) == []


def hidden(project):
    """Return the names of the files in the report's folder that nobody sees, but that take room."""
    return [path.name for path in project.report.iterdir() if path.name.startswith(".")]


def test_three_kills_in_a_row_harm_nothing(builds, tmp_path, monkeypatch):
    source = TRAINING + SEARCH
    whole, project = (Project(tmp_path / name, {"01-all": source}) for name in ("undisturbed", "killed"))
    monkeypatch.setenv("CIFAR10_DIR", str(builds.images))
    monkeypatch.chdir(whole.folder / "notebooks")
    exec(BEGIN.format(name="01-all") + source, {"__name__": "undisturbed"})
    rng, known = np.random.default_rng(SEED), {}
    # Updates of the search; what is done to the ledger, its draft and its lock; openings of the drafts of both files.
    for kind, numbers in (("searching", range(1, 109)), ("ledger", range(1, N_LEDGER + 1)), ("export", (1, 2))):
        kill(builds, project, f"{kind} {rng.choice(numbers)}", tmp_path / kind, rest=kind != "searching")
        known = check_unharmed(project, whole, known)
    status, errors = builds.run(project, publish=False)
    assert status == 0, errors
    assert main(["check", str(project.settings)]) == 0
    assert project.ledger() == whole.ledger()
    assert project.networks() == whole.networks()
    assert hidden(project) == []


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    """Return a function that builds without a fault once, whatever the number of tests that ask."""
    made = []

    def reference(builds):
        if not made:
            made.extend(undisturbed(builds, tmp_path_factory.mktemp("reference")))
        return made

    return reference


@pytest.mark.skipif(not N, reason="takes minutes: FAULTS=30 runs it")
@pytest.mark.parametrize("i", range(N))
def test_a_killed_build_harms_nothing(builds, project, reference, tmp_path, i):
    whole, events = reference(builds)
    rng = np.random.default_rng([SEED, i])
    at, rest = draw(rng, KINDS[i % len(KINDS)], events), bool(rng.integers(2))
    print(f"killed at {at} of {events}; {'all processes' if rest else 'the build alone'}", file=sys.stderr)
    kill(builds, project, at, tmp_path / "counts", rest)
    check_unharmed(project, whole, {})
    check_finishes(builds, project, whole)
