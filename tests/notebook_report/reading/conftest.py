import pytest

from notebook_report.reading.reader import Source, read
from notebook_report.reading.trees import pandoc
from notebook_report.reading.trees.pandoc_ast import API


@pytest.fixture
def reading():
    """Return a function that reads one text."""

    def one(text, form="markdown"):
        (found,) = read([Source(form, text, "here")])
        return found

    return one


@pytest.fixture
def shown(reading):
    """Return a function that reads one text, which has no problems, and writes it as HTML on one line."""

    def write(text, form="markdown"):
        found = reading(text, form)
        assert found.problems == []
        (page,), _ = pandoc.write([{**API, "blocks": found.blocks}], ["here"], "html")
        return " ".join(page.split())

    return write
