"""Copies to play in: they follow the notebooks, and no edit is lost."""

import json

import pytest

from tasks import play


class Project:
    """A folder with notebooks, and what a student does to the copies of them."""

    def __init__(self, folder):
        self.folder, self.notebooks, self.play = folder, folder / "notebooks", folder / "play"
        self.notebooks.mkdir()

    def publish(self, **sources):
        """Write notebooks of one cell, as an update does."""
        for name, source in sources.items():
            write(self.notebooks / f"{name}.ipynb", source)

    def bring(self, **how):
        return play.bring(self.notebooks, self.play, **how)

    def edit(self, name, source):
        write(self.play / f"{name}.ipynb", source)

    def run(self, name):
        """Leave an output, as JupyterLab does when it saves a notebook that has run."""
        path = self.play / f"{name}.ipynb"
        write(path, sources(path)[0], outputs=[{"output_type": "stream", "name": "stdout", "text": "ran"}])

    def copies(self):
        """Return name → source of all copies."""
        return {path.stem: sources(path)[0] for path in self.play.glob("*.ipynb")}

    def kept(self):
        """Return name → source of all copies that were moved away."""
        return {path.stem: sources(path)[0] for path in self.folder.glob("play-*/*.ipynb")}


def write(path, source, outputs=()):
    cell = {"cell_type": "code", "source": [source], "metadata": {}, "outputs": list(outputs), "execution_count": None}
    path.write_text(json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 4}))


def sources(path):
    return ["".join(cell["source"]) for cell in json.loads(path.read_text())["cells"]]


@pytest.fixture
def project(tmp_path):
    """A project whose notebooks have been brought."""
    project = Project(tmp_path)
    project.publish(first="1", second="2")
    assert project.bring() == []
    return project


def test_edits_stay_and_leave_the_notebooks_alone(project):
    project.edit("first", "mine")
    assert project.bring() == []
    assert project.copies() == {"first": "mine", "second": "2"}
    assert sources(project.notebooks / "first.ipynb") == ["1"]


def test_an_update_brings_what_is_new_and_replaces_what_nobody_has_edited(project):
    project.publish(second="2, corrected", third="3")
    assert project.bring() == []
    assert project.copies() == {"first": "1", "second": "2, corrected", "third": "3"}
    assert project.kept() == {}


def test_an_edited_copy_of_a_notebook_that_has_changed_stays_and_is_named_each_time(project):
    project.edit("first", "mine")
    project.publish(first="1, corrected")
    (sentence,) = project.bring()
    assert sentence.startswith("Edited in play/, and changed in notebooks/ since: first. Yours stay; make lab AFRESH=1")
    assert project.bring() == [sentence]
    assert project.copies()["first"] == "mine"


def test_who_makes_the_same_change_as_the_update_is_told_nothing(project):
    project.edit("first", "1, corrected")
    project.publish(first="1, corrected")
    assert project.bring() == []
    project.publish(first="1, corrected again")
    assert project.bring() == []
    assert project.copies()["first"] == "1, corrected again"


def test_a_copy_that_has_only_run_gives_way_to_an_update_and_is_kept_with_its_outputs(project):
    project.run("first")
    project.publish(first="1, corrected")
    (sentence,) = project.bring()
    (kept,) = project.folder.glob("play-*")
    assert sentence == f"Moved from play/ to {kept.name}/: first."
    assert project.copies()["first"] == "1, corrected"
    assert "ran" in (kept / "first.ipynb").read_text()


def test_a_copy_that_has_only_run_stays_where_there_is_no_update(project):
    project.run("first")
    assert project.bring() == []
    assert "ran" in (project.play / "first.ipynb").read_text()


@pytest.mark.parametrize("key", ["tags", "attachments"])
def test_tags_and_pasted_pictures_are_edits(project, key):
    path = project.play / "first.ipynb"
    content = json.loads(path.read_text())
    (content["cells"][0]["metadata"] if key == "tags" else content["cells"][0])[key] = ["mine"]
    path.write_text(json.dumps(content))
    project.publish(first="1, corrected")
    project.bring()
    assert project.copies()["first"] == "1"


def test_afresh_replaces_edited_copies_and_keeps_them(project):
    project.edit("first", "mine")
    (sentence,) = project.bring(afresh=True)
    assert sentence.endswith(": first.")
    assert project.copies() == {"first": "1", "second": "2"}
    assert project.kept() == {"first": "mine"}
    assert project.bring(afresh=True) == []


def test_notebooks_of_ones_own_stay(project):
    project.edit("mine", "mine")
    assert project.bring(afresh=True) == []
    assert project.copies()["mine"] == "mine"


def test_a_copy_that_was_removed_comes_again(project):
    (project.play / "first.ipynb").unlink()
    project.bring()
    assert project.copies()["first"] == "1"


def test_the_copy_of_a_notebook_that_is_no_more_goes_unless_somebody_has_edited_it(project):
    project.edit("first", "mine")
    for path in project.notebooks.iterdir():
        path.unlink()
    assert project.bring() == []
    assert project.copies() == {"first": "mine"}
    assert project.bring(afresh=True) == []
    assert project.copies() == {"first": "mine"}


NO_NOTEBOOKS = [
    "",
    "{",
    "[]",
    '{"cells": [1]}',
    '{"cells": [{"source": null}]}',
    '{"cells": [{"cell_type": "code", "source": "1", "metadata": []}]}',
    "[" * 100_000,
]


@pytest.mark.parametrize("damage", NO_NOTEBOOKS)
def test_a_damaged_copy_is_kept_as_any_other(project, damage):
    path = project.play / "first.ipynb"
    path.write_text(damage)
    project.publish(first="1, corrected")
    assert len(project.bring()) == 1
    assert path.read_text() == damage
    project.bring(afresh=True)
    assert project.copies()["first"] == "1, corrected"
    (kept,) = project.folder.glob("play-*/first.ipynb")
    assert kept.read_text() == damage


def test_of_a_copy_whose_beginning_is_unknown_nothing_is_lost(project):
    project.edit("first", "mine")
    (project.play / play.COPIED / "first.ipynb").unlink()
    assert len(project.bring()) == 1
    assert project.copies()["first"] == "mine"


def test_a_copy_that_is_interrupted_is_no_edit(project, monkeypatch):
    def stop(source, target):
        target.write_bytes(source.read_bytes()[:9])
        raise KeyboardInterrupt

    project.publish(first="1, corrected")
    with monkeypatch.context() as patch:
        patch.setattr(play.shutil, "copyfile", stop)
        with pytest.raises(KeyboardInterrupt):
            project.bring()
    assert project.copies()["first"] == "1"
    assert project.bring() == []
    assert project.copies()["first"] == "1, corrected"


def test_an_update_that_is_interrupted_between_the_copy_and_its_note_is_no_edit(project, monkeypatch):
    copied = []

    def stop_at_second(source, target):
        if copied:
            raise KeyboardInterrupt
        copied.append(target)
        target.write_bytes(source.read_bytes())

    project.publish(first="1, corrected")
    with monkeypatch.context() as patch:
        patch.setattr(play.shutil, "copyfile", stop_at_second)
        with pytest.raises(KeyboardInterrupt):
            project.bring()
    project.bring()
    project.publish(first="1, corrected again")
    assert project.bring() == []
    assert project.copies()["first"] == "1, corrected again"
