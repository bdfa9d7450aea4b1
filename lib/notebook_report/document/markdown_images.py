"""Pictures in the text, `![what is there](file.png)`: files beside the notebook, or attached to the cell."""

import base64
import re
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, unquote_to_bytes

from notebook_report.cells import image_checks
from notebook_report.cells.image_checks import SVG
from notebook_report.document.document import Asset
from notebook_report.document.passage import Passage
from notebook_report.problems import Outcome, Problem, excerpt
from notebook_report.reading.html import drawings
from notebook_report.reading.trees import pandoc_ast
from notebook_report.reading.trees.pandoc_ast import Element
from notebook_report.reading.words.kept import KIND

SUFFIXES = {
    "image/svg+xml": ".svg",
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "video/mp4": ".mp4",
    "video/webm": ".webm",
    "video/ogg": ".ogv",
}
ATTACHED, REMOTE = "attachment:", re.compile(r"(?:https?:)?//", re.IGNORECASE)
ADDRESS = re.compile(r"(?:\w+:)?//|www\.", re.IGNORECASE)
# The name of a file, or of a badge, that somebody may have chosen: short, and not of letters and digits at random.
RANDOM = r"\d+[^\W\d_]{3}|[^\W_]*\d[^\W\d_]+\d"
NAME = re.compile(rf"(?=.*[^\W\d_]{{3}})(?!{RANDOM})(.{{1,40}}?)(\.(?:png|jpe?g|gif|webp)|\.svg)?", re.IGNORECASE)
RENAMED = re.compile(r"imgur\.com|googleusercontent\.com")  # hosts that give each picture letters for a name
FILM = re.compile(r"data:(video/(?:mp4|webm|ogg))[;,]", re.IGNORECASE)
INLINE = re.compile(rf"data:(?:image|video)/{KIND}")
REMOTE_PICTURE = "remote"  # the class of a link in the place of one
SERVED = "files/"  # how older versions of Jupyter had an address of a notebook's folder begin
SIZES = {"width", "height"}
ROOM = re.compile(r"(\d+(?:\.\d+)?)(px|%)")
UNITS = {"px": 1, "%": 7}  # pixels; a column of text is some 700 wide


def embed(passages: Iterable[Passage], folder: Path, problems: list[Problem]) -> dict[str, Asset]:
    """Give each picture of the texts a name in the document, and return the pictures by these names.

    What stands for a picture that cannot be shown are words, or a link to it if it is on the network. What is wrong is
    added to `problems`: a picture is not there, is none, or has no alternative text.
    """
    assets: dict[str, Asset] = {}
    for passage in passages:

        def shown(element: Element, passage: Passage = passage) -> list[Element] | None:
            if element["t"] == "Link":  # no link stands in another
                attributes, words, target = element["c"]
                return [{"t": "Link", "c": [attributes, pandoc_ast.rewrite(words, pandoc_ast.without_link), target]}]
            return _shown(element, passage, folder, assets, problems) if element["t"] == "Image" else None

        passage.document = pandoc_ast.rewrite(passage.document, shown)
    return assets


def _shown(
    picture: Element, passage: Passage, folder: Path, assets: dict[str, Asset], problems: list[Problem]
) -> list[Element]:
    """Return a picture of a passage, or what stands for it."""
    (_, _, pairs), words, (source, title) = picture["c"]
    alt = pandoc_ast.plain(words).strip() or title.strip()
    called = PurePosixPath(unquote(re.split("[?#]", source.removeprefix(ATTACHED))[0])).name[-60:]
    is_html, is_inside = passage.kind == "html", source.startswith("data:")
    if is_inside:
        called = f"Picture of {passage.place}" if is_html else f"Picture {len(assets) + 1} of this notebook"
    if REMOTE.match(source):
        message = f"the image `{excerpt(source)}` is on the network: save it beside the notebook and name the file."
        problems.append(Problem(passage.place, "remote-image", message, alt, Outcome.REPLACED))
        words = alt if alt and not ADDRESS.match(alt) else _name(source)
        return [pandoc_ast.link(words, f"https:{source}" if source.startswith("//") else source, REMOTE_PICTURE)]
    asset = _asset(source, passage, folder)
    if isinstance(asset, str):
        name = called if is_inside else excerpt(source)
        message, code = f"the image `{name}` {asset}.", "missing-image" if "missing" in asset else "no-picture"
        problems.append(Problem(passage.place, code, message, alt, Outcome.REPLACED))
        return [{"t": "Emph", "c": pandoc_ast.words(f"({alt.rstrip('.') or called}: picture not shown)")}]
    if not alt and not (is_html and is_inside):  # which a program has drawn
        in_tag = is_html or re.search(rf"<img\b[^<>]*{re.escape(called)}", passage.text, re.IGNORECASE)
        advice = "give it words in `alt`" if in_tag else "write what is there between the brackets, `![…](…)`"
        message = f"the image `{called}` has no alternative text: {advice}."
        problems.append(Problem(passage.place, "no-alternative-text", message, called, Outcome.REPAIRED))
    name = f"picture-{len(assets) + 1}{SUFFIXES[asset.form]}"
    assets[name] = asset
    size = [pair for pair in pairs if pair[0] in SIZES] + _fitted(asset, dict(pairs).get("room", ""))
    return [{"t": "Image", "c": [["", [], size], [{"t": "Str", "c": alt or called}], [name, ""]]}]


def _fitted(asset: Asset, room: str) -> list[list[str]]:
    """Return the width of a picture that is wider than its box, such as "150px" or "50%"; nothing for any other.

    A drawing has the size that it says.
    """
    found = ROOM.fullmatch(room)
    natural = None if asset.form == SVG else image_checks.size(base64.b64decode(asset.content))
    return [["width", room]] if found and natural and natural[0] > float(found[1]) * UNITS[found[2]] else []


def _name(address: str) -> str:
    """Return words for a picture on the network: those of the name of its file, if it has any.

    Badges, which are drawings or have no ending, say themselves what they are.
    """
    path = re.split("[?#]", address.partition("//")[2])[0].partition("/")[2]
    found = None if RENAMED.search(address) else NAME.fullmatch(PurePosixPath(unquote(path)).name)
    if not found:
        return "Picture"
    words = " ".join(re.split(r"[-_+\s]+", found[1])).strip()
    return words if found[2] in (None, ".svg") else f"Picture: {words}"


def _asset(source: str, passage: Passage, folder: Path) -> Asset | str:
    """Return the picture called `source` in a passage, or what is wrong with it, as words that follow its name."""
    content = _content(source, passage, folder)
    if isinstance(content, str):
        return content
    if film := FILM.match(source):
        return Asset(film[1].lower(), base64.b64encode(content).decode())
    form = image_checks.kind(content)
    if form is None:
        return "is not a picture (PNG, JPEG, GIF, WebP or SVG)"
    content = drawings.settle(content) if form == SVG else content
    if fault := image_checks.fault(content, form):
        return fault
    return Asset(form, content.decode("utf-8-sig") if form == SVG else base64.b64encode(content).decode())


def _content(name: str, passage: Passage, folder: Path) -> bytes | str:
    """Return the bytes of the picture called `name` in a passage, or what is wrong."""
    try:
        if inline := INLINE.match(name):
            return base64.b64decode(unquote(name[inline.end() :]))
        if name.startswith("data:"):
            return unquote_to_bytes(name.partition(",")[2])
        if name.startswith(ATTACHED):
            forms = passage.attachments[unquote(name.removeprefix(ATTACHED))]
            return base64.b64decode(next(iter(forms.values())))
        path = folder / unquote(name)
        path = path if path.exists() else folder / unquote(re.split("[?#]", name)[0]).removeprefix(SERVED)
        # What is there and no file, such as a pipe, may keep whoever reads it waiting for ever.
        if path.exists() and not path.is_file():
            return "is not a file: save it beside the notebook and name the file"
        with path.open("rb") as file:
            return file.read(image_checks.LARGEST + 1)
    except (AttributeError, KeyError, StopIteration, TypeError, OSError, ValueError) as error:
        return f"is missing: {getattr(error, 'strerror', None) or 'it is not attached to this cell'}"
