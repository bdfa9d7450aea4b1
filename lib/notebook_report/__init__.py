"""A folder of numbered notebooks, run and written as one HTML and one PDF.

Works on any notebooks: `python -m notebook_report build report.toml` runs and merges several, and
`jupyter nbconvert --to report_html` (or `report_pdf`) exports one.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from notebook_report.errors import NotebookError, ReportError

__all__ = ["NotebookError", "ReportError"]


def __getattr__(name: str) -> object:
    """Return an error when it is asked for: it brings all of nbconvert, and a notebook wants a typeface only."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from notebook_report import errors

    return getattr(errors, name)
