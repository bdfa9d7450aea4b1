"""What writing HTML and PDF needs beyond running notebooks: the packages of the extra `report`."""

from importlib.util import find_spec

from notebook_report.errors import ReportError
from notebook_report.system import operating_system

PACKAGES = {  # module → package
    "css_inline": "css-inline",
    "lxml": "lxml",
    "markdown_it": "markdown-it-py",
    "mathjax": "django-static-mathjax",
    "mdit_py_plugins": "mdit-py-plugins",
    "nh3": "nh3",
    "PIL": "pillow",
    "pypandoc": "pypandoc_binary",
    "pypdf": "pypdf",
    "typst": "typst",
}
if not operating_system.is_intel_mac():  # for which there is none: there pandoc reads the formulas
    PACKAGES["quickjs"] = "quickjs-ng"


def require() -> None:
    """Raise ReportError, naming what to install, unless all of PACKAGES are here."""
    missing = [package for module, package in PACKAGES.items() if find_spec(module) is None]
    if missing:
        raise ReportError(f"HTML and PDF cannot be written here yet: pip install {' '.join(missing)}")
