"""The three files that say what is installed must say the same."""

import re
import tomllib
from itertools import chain
from pathlib import Path

import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]


def pinned():
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pins = (line.split("==") for line in lines if not line.startswith("#"))
    return {canonicalize_name(name): version for name, version in pins}


def test_every_dependency_is_pinned_to_the_same_version_in_both_places():
    pins = pinned()
    for text in chain(PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()):
        requirement = Requirement(text)
        assert str(requirement.specifier) == f"=={pins[canonicalize_name(requirement.name)]}", text


def test_conda_installs_what_make_installs():
    (pip,) = (entry["pip"] for entry in CONDA if isinstance(entry, dict))
    assert pip == ["--constraint constraints.txt", "--editable .[dev]"]
    recipe = (ROOT / "Makefile").read_text()
    assert "-c constraints.txt -e '.[dev]'" in recipe


def test_conda_has_one_python_and_one_that_the_project_supports():
    (python,) = (entry for entry in CONDA if isinstance(entry, str) and entry.startswith("python"))
    assert re.fullmatch(r"python=3\.\d+", python)
    assert python.removeprefix("python=") in SpecifierSet(PROJECT["requires-python"])


def test_conda_installs_nothing_else():
    assert [entry for entry in CONDA if isinstance(entry, str) and not entry.startswith("python")] == ["pip"]
