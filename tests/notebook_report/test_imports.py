import subprocess
import sys

import pytest

import notebook_report


def test_a_notebook_that_wants_a_typeface_does_not_wait_for_nbconvert():
    code = "import sys\nfrom notebook_report import fonts, show\nsys.exit('nbconvert' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_package_has_its_two_errors_and_no_other_names():
    from notebook_report import NotebookError, ReportError

    assert issubclass(NotebookError, ReportError)
    with pytest.raises(AttributeError, match="has no attribute 'Error'"):
        _ = notebook_report.Error
