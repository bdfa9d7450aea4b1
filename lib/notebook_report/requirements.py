"""What writing HTML and PDF needs beyond running notebooks: the packages of the extra `report`."""

import platform
import sys
from importlib.util import find_spec

from notebook_report.errors import ReportError

PACKAGES = {  # module → package
    "brotli": "brotli",
    "mathjax": "django-static-mathjax",
    "pypandoc": "pypandoc_binary",
    "pypdf": "pypdf",
    "typst": "typst",
}
# There is none for Macs with an Intel processor, where pandoc reads the formulas.
if (sys.platform, platform.machine()) != ("darwin", "x86_64"):
    PACKAGES["quickjs"] = "quickjs-ng"


def require() -> None:
    """Raise ReportError, naming what to install, unless all of PACKAGES are here."""
    missing = [package for module, package in PACKAGES.items() if find_spec(module) is None]
    if missing:
        raise ReportError(f"HTML and PDF cannot be written here yet: pip install {' '.join(missing)}")
