"""A small project of two notebooks that train, search, keep a ledger and a journal, and are built into a report."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tests.bounds import BOUND

HOOK = Path(__file__).parent / "hook"
TOML = """
title = "Faults"
authors = ["Ada"]
notebooks_folder = "../notebooks"
depends = []
leaves = ["../build/ledger-*.json"]
notebooks = [
    %s
]
"""
BEGIN = """
import sys
from twolayer import Ledger, load_cifar10
from twolayer.experiments import search

cifar = load_cifar10()
ledger = Ledger.begin({name!r}, cifar.provenance, globals())
split = cifar.split(train=range(60), validation=range(60, 100))
"""
TRAINING = """
import numpy as np
from twolayer import network, training

for seed in (1, 2):
    rng = np.random.default_rng(seed)
    start = network.stack([network.initialise(3072, 5, 10, rng)])
    params = training.train(split.X_train, split.y_train, start, lam=0.01, eta=lambda t: 0.01, batch_size=20,
        n_updates=9, rng=rng, record=lambda t, descent: sys.audit("faults.training"))
    cost, _, accuracy = training.evaluate(split.X_test, split.y_test, params, 0.01)
    ledger.record("%", **{f"accuracy_{seed}": 100 * accuracy, f"cost_{seed}": cost})
ledger.claim("cost", {"cost": (0, None)}, cost=cost.item())
"""
SEARCH = """
class Settings(search.Settings):
    def eta(self, t):
        sys.audit("faults.searching")
        return super().eta(t)

found = search.coarse_to_fine(split, Settings(n_updates=6, n_s=3, n_hidden=4, batch_size=20), low=1e-4, high=1, n=6,
    seed=1, journal="../build/search.jsonl", stack_size=2, n_jobs=1)
ledger.record("%", best=100 * found["validation_accuracy"], cost=found["train_cost"])
"""
SHOW = """
#| label: tab-{label}
#| caption: What was measured.
import pandas as pd
numbers = {{name: entry["mean"] for name, entry in ledger.numbers().items() if entry["notebook"] <= ledger.notebook}}
pd.DataFrame(sorted(numbers.items()), columns=["name", "mean"])
"""
NOTEBOOKS = {"01-training": TRAINING, "02-search": SEARCH}


class Project:
    """A copy of the project in `folder`, with a report, a paper and a ledger of an earlier commit."""

    def __init__(self, folder, notebooks=NOTEBOOKS):
        """Write it there; notebooks: name → code."""
        self.folder, self.report, self.work = folder, folder / "report", folder / "build" / "report"
        self.settings = self.report / "report.toml"
        self.report.mkdir(parents=True)
        entries = [f'{{ file = "{name}.ipynb", after = "all" }},' for name in notebooks]
        self.settings.write_text(TOML % "\n    ".join(entries))
        for name, source in notebooks.items():
            self.notebook(name, source)
        self.old = {
            "report.html": b"<!doctype html><title>as committed</title>",
            "report.pdf": b"%PDF-1.7 as committed",
            "report.json": b'{"numbers": {}, "claims": {}}\n',
            "report.toml": self.settings.read_bytes(),
            "settings.toml": b"",
            "published.csv": b"name,experiment,quantity,unit,published\n",
        }
        for name, content in self.old.items():
            (self.report / name).write_bytes(content)

    def notebook(self, name, source, alone=False):
        """Write a notebook that opens the ledger, runs `source` and shows the numbers so far; or `alone` runs it."""
        cells = [source] if alone else [BEGIN.format(name=name), source, SHOW.format(label=name[3:])]
        cells = [new_markdown_cell(f"# {name}"), *(new_code_cell(cell.strip()) for cell in cells)]
        for i, cell in enumerate(cells):
            cell["id"] = f"cell-{i}"
        kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
        path = self.folder / "notebooks" / f"{name}.ipynb"
        path.parent.mkdir(exist_ok=True)
        nbformat.write(new_notebook(cells=cells, metadata=kernel), path)

    def readable(self):
        """Return what a reader finds in the report's folder: name → bytes; hidden files no reader sees."""
        return {path.name: path.read_bytes() for path in self.report.iterdir() if not path.name.startswith(".")}

    def networks(self):
        """Return the finished networks of the journal: what was trained → its result, torn lines left out."""
        path = self.folder / "build" / "search.jsonl"
        found = {}
        for line in path.read_text().splitlines() if path.exists() else ():
            with contextlib.suppress(ValueError):
                found |= json.loads(line)
        return found

    def ledger(self):
        """Return what the build's ledger holds, or None if there is none."""
        paths = sorted((self.folder / "build").glob("ledger-*.json"))
        assert len(paths) <= 1
        return json.loads(paths[0].read_text()) if paths else None


class Builds:
    """Starts builds of projects as `make report` does, each in a process group of its own."""

    def __init__(self, images):
        """All builds read these images."""
        self.images, self.mark = images, str(images.parent)

    def start(self, project, counts=None, at="", command="build", publish=True):
        """Start a build, counted in the folder `counts` and killed at the event `at`; return its Popen.

        If it succeeds, its ledger is published beside the report.
        """
        environment = {
            **os.environ,
            "CIFAR10_DIR": str(self.images),
            "SOURCE_DATE_EPOCH": "1000000000",
            "PYTHONDONTWRITEBYTECODE": "1",
            "OPENBLAS_NUM_THREADS": "1",  # two only wait for each other here
            "FAULTS_MARK": self.mark,
        }
        if counts:
            counts.mkdir(exist_ok=True)
            found = os.pathsep.join(filter(None, [str(HOOK), os.environ.get("PYTHONPATH")]))
            own = {"PYTHONPATH": found, "FAULTS_PROJECT": str(project.folder), "FAULTS_COUNTS": str(counts)}
            environment |= own | {"FAULTS_AT": at}
        python = sys.executable
        script = f'export FAULTS_GROUP=$$; "{python}" -m notebook_report {command} report/report.toml'
        if publish:
            script += f' && "{python}" -m twolayer.ledger.publish report/report.json'
        how = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True, "start_new_session": True}
        return subprocess.Popen(["sh", "-c", script], cwd=project.folder, env=environment, **how)

    def run(self, project, *arguments, **how):
        """Build, and return the exit status and the lines of standard error."""
        with self.start(project, *arguments, **how) as process:
            errors = process.communicate(timeout=BOUND)[1]
        return process.returncode, errors.splitlines()

    def kill_rest(self):
        """Kill every process that these builds have left: kernels and workers, which have groups of their own."""
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if f"FAULTS_MARK={self.mark}\0".encode() in (process / "environ").read_bytes():
                    os.kill(int(process.name), signal.SIGKILL)


@pytest.fixture
def builds(write_batches, tmp_path):
    """Return what starts builds; at the end nothing of them runs any more."""
    builds = Builds(write_batches(tmp_path / "images"))
    yield builds
    builds.kill_rest()


@pytest.fixture
def project(tmp_path):
    """Return a small project with a report that has been committed."""
    return Project(tmp_path / "project")


@pytest.fixture
def mounted():
    """Return a function that mounts a file system on a folder until the test ends; without the right to, skip."""
    folders = []

    def mount(folder, *arguments):
        folder.mkdir(parents=True, exist_ok=True)
        command = shutil.which("mount")
        done = command and subprocess.run(
            [command, *arguments, str(folder)], capture_output=True, text=True, timeout=BOUND
        )
        if not done or done.returncode:
            pytest.skip(f"no right to mount a file system: {done.stderr.strip() if done else 'there is no `mount`'}")
        if folder not in folders:
            folders.append(folder)

    yield mount
    for folder in reversed(folders):
        subprocess.run(["umount", "--lazy", str(folder)], check=True, timeout=BOUND)
