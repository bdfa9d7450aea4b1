"""What writing HTML and PDF needs beyond running notebooks: the packages of the extra `report`."""

from importlib.util import find_spec

from notebook_report.errors import ReportError

# module → package
PACKAGES = {
    "brotli": "brotli",
    "lxml": "lxml",
    "markdown_it": "markdown-it-py",
    "mdit_py_plugins": "mdit-py-plugins",
    "nh3": "nh3",
    "pypandoc": "pypandoc_binary",
    "pypdf": "pypdf",
    "typst": "typst",
}


def require() -> None:
    """Raise ReportError, naming what to install, unless all of PACKAGES are here."""
    missing = [package for module, package in PACKAGES.items() if find_spec(module) is None]
    if missing:
        raise ReportError(f"HTML and PDF cannot be written here yet: pip install {' '.join(missing)}")
