"""Pictures in the text, `![what is there](file.png)`: files beside the notebook, or attached to the cell."""

import base64
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from urllib.parse import unquote

from notebook_report.cells import image_checks
from notebook_report.document.passage import Passage
from notebook_report.errors import NotebookError
from notebook_report.problems import excerpt
from notebook_report.reading import pandoc_ast

# How the content of each kind of picture begins.
KINDS = {
    "image/png": re.compile(rb"\x89PNG"),
    "image/jpeg": re.compile(rb"\xff\xd8\xff"),
    "image/gif": re.compile(rb"GIF8"),
    "image/webp": re.compile(rb"RIFF....WEBP", re.DOTALL),
    "image/svg+xml": re.compile(rb"(\xef\xbb\xbf)?\s*<(svg\b|\?xml.{0,4000}<svg\b|!.{0,4000}<svg\b)", re.DOTALL),
}
ATTACHED, ON_THE_NETWORK = "attachment:", re.compile(r"(https?:)?//|data:", re.IGNORECASE)
INLINE = re.compile(r"data:image/[\w.+-]+;base64,")


def embed(passages: Iterable[Passage], folder: str | Path, keep: Callable[[str, str], str]) -> None:
    """Put each picture's content in the place of its name; relative names are as seen from `folder`.

    keep(content, form) takes the text of an SVG, or another picture in base 64, and returns what stands for it in the
    document. Raises NotebookError for a picture that is not there, is none, or has no alternative text.
    """
    for passage in passages:
        for picture in pandoc_ast.elements(passage.document, "Image"):
            _, words, (name, _) = picture["c"]
            alt = pandoc_ast.plain(words).strip()
            if not alt:
                advice = "write what is there between the brackets, `![…](…)`"
                raise NotebookError(passage.place, f"the image `{excerpt(name)}` has no alternative text: {advice}.")
            content = _content(name, passage, Path(folder))
            form = next((form for form, start in KINDS.items() if start.match(content)), None)
            if form is None:
                kinds = "PNG, JPEG, GIF, WebP or SVG"
                raise NotebookError(passage.place, f"the image `{excerpt(name)}` is not a picture ({kinds}).")
            if fault := image_checks.fault(content, form):
                raise NotebookError(passage.place, f"the image `{excerpt(name)}` {fault}.")
            text = content.decode("utf-8-sig") if form == "image/svg+xml" else base64.b64encode(content).decode()
            picture["c"] = [pandoc_ast.NO_ATTRIBUTES, [{"t": "Str", "c": alt}], [keep(text, form), ""]]


def as_uri(content: str, form: str) -> str:
    """Return a URI that holds a picture, its content as `embed` hands it on."""
    if form == "image/svg+xml":
        content = base64.b64encode(content.encode()).decode()
    return f"data:{form};base64,{content}"


def _content(name: str, passage: Passage, folder: Path) -> bytes:
    """Return the bytes of the picture called `name` in a passage."""
    path = folder / unquote(name)
    try:
        if inline := INLINE.match(name):
            return base64.b64decode(unquote(name[inline.end() :]))
        if name.startswith(ATTACHED):
            forms = passage.holder.get("attachments", {})[unquote(name.removeprefix(ATTACHED))]
            return base64.b64decode(next(iter(forms.values())))
        # What is there and no file, such as a pipe, may keep whoever reads it waiting for ever.
        if ON_THE_NETWORK.match(name) or (path.exists() and not path.is_file()):
            advice = "save it beside the notebook and name the file"
            raise NotebookError(passage.place, f"the image `{excerpt(name)}` is not a file: {advice}.")
        with path.open("rb") as file:
            return file.read(image_checks.LARGEST + 1)
    except (AttributeError, KeyError, StopIteration, TypeError, OSError, ValueError) as error:
        fault = getattr(error, "strerror", None) or "it is not attached to this cell"
        raise NotebookError(passage.place, f"the image `{excerpt(name)}` is missing: {fault}.") from error
