"""What is installed: the files that say so must say the same, and each user gets no more than is needed."""

import re
import tomllib
from importlib import metadata
from itertools import chain
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from tasks import environment

ROOT = Path(__file__).parent.parent
FILES = (ROOT / "pyproject.toml", ROOT / "lib" / "notebook_report" / "pyproject.toml")
PROJECTS = [tomllib.loads(path.read_text())["project"] for path in FILES]
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
HEAVY = {"torch", "jax", "dask", "pypandoc-binary", "typst", "pytest", "mypy", "ruff", "hypothesis", "playwright", "uv"}


def pins():
    """Return the pins that hold for this Python and system: name → version."""
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.startswith("#")]
    found = [Requirement(line) for line in lines]
    return {canonicalize_name(pin.name): str(pin.specifier).removeprefix("==") for pin in found if applies(pin)}


def applies(requirement, extra=""):
    return requirement.marker is None or requirement.marker.evaluate({"extra": extra})


def needed(*names):
    """Return what is installed with packages, named with their extras, and with all that these need."""
    found, new = {}, [Requirement(name) for name in names]
    while new:
        requirement = new.pop()
        name, extras = canonicalize_name(requirement.name), {"", *requirement.extras}
        for extra in extras - found.setdefault(name, set()):
            found[name].add(extra)
            others = map(Requirement, metadata.requires(name) or [])
            new += [other for other in others if applies(other, extra)]
    return set(found)


@pytest.mark.parametrize("project", PROJECTS, ids=lambda project: project["name"])
def test_every_dependency_is_pinned_to_a_version_that_will_do(project):
    here = pins()
    texts = chain(project["dependencies"], *project["optional-dependencies"].values())
    for requirement in filter(applies, map(Requirement, texts)):
        assert here[canonicalize_name(requirement.name)] in requirement.specifier, str(requirement)


@pytest.mark.parametrize("project", PROJECTS, ids=lambda project: project["name"])
def test_the_pythons_that_are_named_are_those_that_are_supported(project):
    named = [name.rpartition(" ")[2] for name in project["classifiers"] if re.search(r":: 3\.\d+$", name)]
    supported = SpecifierSet(project["requires-python"])
    assert named == [version for version in ("3.10", "3.11", "3.12", "3.13", "3.14") if version in supported]


def test_notebooks_need_nothing_heavy():
    assert not HEAVY & needed("twolayer[lab]", "notebook-report")


def test_the_network_needs_little():
    few = {
        "msgspec",
        "numpy",
        "scipy",
        "pandas",
        "scikit-learn",
        "joblib",
        "threadpoolctl",
        "tqdm",
        "pooch",
        "requests",
        "filelock",
    }
    of_these = {"python-dateutil", "six", "narwhals", "platformdirs", "packaging", "cloudpickle", "tzdata"}
    of_requests = {"charset-normalizer", "idna", "urllib3", "certifi"}
    assert needed("twolayer") - {"twolayer"} <= few | of_these | of_requests


def test_the_exporters_need_nothing_of_the_network():
    assert not {"numpy", "scipy", "pandas", "scikit-learn", "torch"} & needed("notebook-report[report]")


def test_conda_installs_what_make_lab_installs():
    (pip,) = (entry["pip"] for entry in CONDA if isinstance(entry, dict))
    assert pip == ["--constraint constraints.txt", *(f"--editable {source}" for source in environment.PARTS["lab"])]


def test_conda_has_one_python_and_one_that_the_project_supports():
    (python,) = (entry for entry in CONDA if isinstance(entry, str) and entry.startswith("python"))
    assert re.fullmatch(r"python=3\.\d+", python)
    assert python.removeprefix("python=") in SpecifierSet(PROJECTS[0]["requires-python"])


def test_conda_installs_nothing_else():
    assert [entry for entry in CONDA if isinstance(entry, str) and not entry.startswith("python")] == ["pip"]
