"""The notebook runs from top to bottom, on few images and without anybody who looks."""

from pathlib import Path

import nbformat
import pytest

from notebook_report.running import kernel
from twolayer.cifar10 import synthetic

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "explore.ipynb"
WIDGET = "application/vnd.jupyter.widget-view+json"


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("explore")
    synthetic.write(folder / "images", n=240)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CIFAR10_DIR", str(folder / "images"))
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
            patch.setenv(name, "1")
        return nbformat.read(kernel.execute(NOTEBOOK, folder / "run", {}), as_version=4)


def test_every_cell_shows_its_widgets_and_nothing_else(executed):
    cells = [cell for cell in executed.cells if cell.cell_type == "code"]
    assert len(cells) == 5
    for cell in cells:
        assert [out.output_type for out in cell.outputs] == ["display_data", "display_data"]
        assert WIDGET in cell.outputs[0].data
        # What is there when the notebook is opened again, without a kernel.
        assert [out.data["text/plain"] for out in cell.outputs] == ["Run this cell to see its controls.", ""]


def test_each_part_has_three_things_to_try():
    texts = [cell.source for cell in nbformat.read(NOTEBOOK, as_version=4).cells if cell.cell_type == "markdown"]
    parts = [text for text in texts if "Three things to try:" in text]
    assert [text.count("\n- ") for text in parts] == [3, 3, 3, 3]


def test_lines_of_code_fit_a_cell():
    for cell in nbformat.read(NOTEBOOK, as_version=4).cells:
        if cell.cell_type == "code":
            assert max(map(len, cell.source.splitlines())) <= 80
