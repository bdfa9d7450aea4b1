"""Pictures in the text, `![what is there](file.png)`: files beside the notebook, or attached to the cell."""

import base64
import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import unquote

from notebook_report.cells import image_checks
from notebook_report.cells.image_checks import SVG
from notebook_report.document.document import Asset
from notebook_report.document.passage import Passage
from notebook_report.errors import NotebookError
from notebook_report.problems import Problem, excerpt, noted
from notebook_report.reading import pandoc_ast

# How the content of each kind of picture begins.
KINDS = {
    "image/png": re.compile(rb"\x89PNG"),
    "image/jpeg": re.compile(rb"\xff\xd8\xff"),
    "image/gif": re.compile(rb"GIF8"),
    "image/webp": re.compile(rb"RIFF....WEBP", re.DOTALL),
    "image/svg+xml": re.compile(rb"(\xef\xbb\xbf)?\s*<(svg\b|\?xml.{0,4000}<svg\b|!.{0,4000}<svg\b)", re.DOTALL),
}
SUFFIXES = {
    "image/svg+xml": ".svg",
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/gif": ".gif",
    "image/webp": ".webp",
}
ATTACHED, ON_THE_NETWORK = "attachment:", re.compile(r"(https?:)?//|data:", re.IGNORECASE)
INLINE = re.compile(r"data:image/[\w.+-]+;base64,")


def embed(passages: Iterable[Passage], folder: Path, problems: list[Problem]) -> dict[str, Asset]:
    """Give each picture of the texts a name in the document, and return the pictures by these names.

    What is wrong with a picture is added to `problems`: it is not there, is none, or has no alternative text.
    """
    assets: dict[str, Asset] = {}
    for passage in passages:
        for picture in pandoc_ast.elements(passage.document, "Image"):
            with noted(problems):
                _, words, (source, _) = picture["c"]
                asset = _asset(source, pandoc_ast.plain(words).strip(), passage, folder)
                name = f"picture-{len(assets) + 1}{SUFFIXES[asset.form]}"
                assets[name] = asset
                alt = [{"t": "Str", "c": pandoc_ast.plain(words).strip()}]
                picture["c"] = [pandoc_ast.NO_ATTRIBUTES, alt, [name, ""]]
    return assets


def _asset(source: str, alt: str, passage: Passage, folder: Path) -> Asset:
    """Return the picture called `source` in a passage. Raises NotebookError."""
    name = excerpt(source)
    if not alt:
        sentence = f"the image `{name}` has no alternative text: write what is there between the brackets, `![…](…)`."
        raise NotebookError(passage.place, sentence, "no-alternative-text")
    content = _content(source, passage, folder)
    form = next((form for form, start in KINDS.items() if start.match(content)), None)
    if form is None:
        kinds = "PNG, JPEG, GIF, WebP or SVG"
        raise NotebookError(passage.place, f"the image `{name}` is not a picture ({kinds}).", "no-picture")
    if fault := image_checks.fault(content, form):
        raise NotebookError(passage.place, f"the image `{name}` {fault}.", "no-picture")
    return Asset(form, content.decode("utf-8-sig") if form == SVG else base64.b64encode(content).decode())


def _content(name: str, passage: Passage, folder: Path) -> bytes:
    """Return the bytes of the picture called `name` in a passage. Raises NotebookError."""
    path = folder / unquote(name)
    try:
        if inline := INLINE.match(name):
            return base64.b64decode(unquote(name[inline.end() :]))
        if name.startswith(ATTACHED):
            forms = passage.attachments[unquote(name.removeprefix(ATTACHED))]
            return base64.b64decode(next(iter(forms.values())))
        # What is there and no file, such as a pipe, may keep whoever reads it waiting for ever.
        if ON_THE_NETWORK.match(name) or (path.exists() and not path.is_file()):
            advice = "save it beside the notebook and name the file"
            sentence = f"the image `{excerpt(name)}` is not a file: {advice}."
            raise NotebookError(passage.place, sentence, "missing-image")
        with path.open("rb") as file:
            return file.read(image_checks.LARGEST + 1)
    except (AttributeError, KeyError, StopIteration, TypeError, OSError, ValueError) as error:
        fault = getattr(error, "strerror", None) or "it is not attached to this cell"
        sentence = f"the image `{excerpt(name)}` is missing: {fault}."
        raise NotebookError(passage.place, sentence, "missing-image") from error
