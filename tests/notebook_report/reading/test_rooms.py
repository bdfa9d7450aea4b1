"""Where things of reading stand: rooms of a few modules, and imports that run one way."""

import ast
from pathlib import Path

import pytest

from notebook_report import reading

NAME = reading.__name__
FOLDER = Path(reading.__file__).parent
ORDER = ("trees", "words", "markdown", "html", "")  # each may import what stands before it; "" is what asks all of them
MOST = 6  # modules of a room
MODULES = sorted(FOLDER.rglob("*.py"))


def room(path):
    return path.parent.relative_to(FOLDER).as_posix().removeprefix(".")


def rooms_imported(path):
    """Yield the rooms of reading from which a file imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(NAME):
            first = node.module.removeprefix(NAME).removeprefix(".").partition(".")[0]
            yield first if first in ORDER else ""


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(FOLDER).as_posix())
def test_imports_run_one_way(path):
    here = ORDER.index(room(path))
    assert [name for name in rooms_imported(path) if ORDER.index(name) > here] == []


def test_a_room_holds_a_few_modules():
    rooms = [room(path) for path in MODULES if path.name != "__init__.py"]
    assert set(rooms) == set(ORDER)
    assert all(rooms.count(name) <= MOST for name in ORDER)
