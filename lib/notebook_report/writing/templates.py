"""The templates of both files."""

from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

FOLDER = Path(__file__).with_name("templates")


def fill(name: str, **content: Any) -> str:
    """Return the template in the file `name`, filled with the content."""
    return _environment().get_template(name).render(content)


@lru_cache
def _environment() -> Environment:
    """Return what finds and compiles the templates, each once."""
    # The templates escape what is not written by pandoc where it stands: `| escape` for HTML, `string(…)` for Typst.
    return Environment(loader=FileSystemLoader(FOLDER), undefined=StrictUndefined, autoescape=False)
