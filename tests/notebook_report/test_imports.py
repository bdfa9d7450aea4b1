"""What importing costs, and that what a light environment lacks is asked for in one sentence."""

import subprocess
import sys

import pytest

from notebook_report.__main__ import main
from notebook_report.errors import ReportError
from notebook_report.exporters import ReportHTMLExporter, ReportPDFExporter
from notebook_report.system import requirements
from tests.bounds import BOUND

HIDDEN = """
import sys
class Hidden:
    def find_spec(self, name, *_):
        if name.partition(".")[0] in {}:
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Hidden())
"""


def python(code):
    return subprocess.run([sys.executable, "-c", code], check=False, timeout=BOUND).returncode


def test_a_notebook_that_wants_a_typeface_does_not_wait_for_nbconvert():
    assert python("import sys\nfrom notebook_report import fonts, show\nsys.exit('nbconvert' in sys.modules)") == 0


def test_notebooks_and_the_menu_can_do_without_what_writes_html_and_pdf():
    heavy = [*requirements.PACKAGES.keys() - {"PIL"}, "torch", "distributed"]  # Matplotlib needs Pillow
    imports = [
        "from notebook_report import fonts, show",
        "from notebook_report.__main__ import main",
        "from notebook_report.running import kernel",
        "from notebook_report import exporters",
        "from twolayer import load_cifar10",
        "from twolayer.experiments import bug_zoo, figures, replicates, search",
    ]
    assert python(HIDDEN.format(heavy) + "\n".join(imports)) == 0


@pytest.fixture
def light(monkeypatch):
    """An environment in which pandoc and Typst are missing."""
    real = requirements.find_spec
    monkeypatch.setattr(requirements, "find_spec", lambda name: None if name in ("pypandoc", "typst") else real(name))


@pytest.mark.parametrize("exporter", [ReportHTMLExporter, ReportPDFExporter])
def test_an_exporter_says_what_to_install(light, write, exporter):
    said = "^HTML and PDF cannot be written here yet: pip install pypandoc_binary typst$"
    with pytest.raises(ReportError, match=said):
        exporter().from_notebook_node(write.notebook("# Rain"))


def test_so_does_the_command_before_anything_runs(light, tmp_path, capsys):
    assert main(["build", str(tmp_path / "report.toml")]) == 1
    said = "HTML and PDF cannot be written here yet: pip install pypandoc_binary typst"
    assert capsys.readouterr().err == f"error: {said}\n"


def test_where_all_is_installed_nothing_is_said():
    requirements.require()
