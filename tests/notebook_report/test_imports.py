import subprocess
import sys

from tests.bounds import BOUND


def test_a_notebook_that_wants_a_typeface_does_not_wait_for_nbconvert():
    code = "import sys\nfrom notebook_report import fonts, show\nsys.exit('nbconvert' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=BOUND).returncode == 0
