from pathlib import Path

import pytest

from notebook_report.document import prepare


@pytest.fixture
def alone(write):
    """Return a function that prepares the document of a notebook that stands alone; it is called "sample"."""

    def document(*cells, folder=Path(), **metadata):
        return prepare.notebook(write.notebook(*cells, **metadata), "sample", folder)

    return document
