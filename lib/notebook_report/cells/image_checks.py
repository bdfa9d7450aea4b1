"""What a picture says of itself, read before anything draws it: a few bytes can ask for all memory that there is."""

import re
import struct
from collections.abc import Mapping
from xml.parsers import expat

SVG = "image/svg+xml"
SPACE = "http://www.w3.org/2000/svg"  # the namespace of SVG
ADDRESSES = ("href", "http://www.w3.org/1999/xlink href")  # attributes that refer to something
MOST_PIXELS = 10**8  # drawing takes four bytes for each; a camera's pictures have a fifth or half of it
LARGEST = 20 * 10**6  # bytes of a picture: more than a camera's have
# Names for text, of which each may hold others many times over. Matplotlib's declaration names a standard only.
ENTITIES = re.compile(rb"<!ENTITY|<!DOCTYPE[^>\[]*\[", re.IGNORECASE)
DECLARATION = re.compile(rb"<!DOCTYPE[^>]*>")
ENCODING = re.compile(rb"""(?:\xef\xbb\xbf)?<\?xml[^>]*?\sencoding\s*=\s*["']([^"']*)""")
INSIDE = re.compile(r"\s*(#|data:(?!image/svg))", re.IGNORECASE)
STYLED = re.compile(r"url\(\s*+[\"']?+\s*+(?!#|data:)[^)]*|@import[^;]*", re.IGNORECASE)  # addresses in CSS
# How the content of each kind of picture begins.
KINDS = {
    "image/png": re.compile(rb"\x89PNG"),
    "image/jpeg": re.compile(rb"\xff\xd8\xff"),
    "image/gif": re.compile(rb"GIF8"),
    "image/webp": re.compile(rb"RIFF....WEBP", re.DOTALL),
    SVG: re.compile(rb"(\xef\xbb\xbf)?\s*<(svg\b|\?xml.{0,4000}<svg\b|!.{0,4000}<svg\b)", re.DOTALL),
}
FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # markers of JPEG that a size follows


def kind(content: bytes) -> str | None:
    """Return what kind of picture a file holds, whatever its name says; None if it is none."""
    return next((kind for kind, start in KINDS.items() if start.match(content)), None)


def fault(content: bytes, form: str) -> str | None:
    """Return, as words to follow the picture's name, why a picture of this form cannot be shown; None if it can."""
    if len(content) > LARGEST:
        return f"is larger than {LARGEST // 10**6} MB: make it smaller"
    if form == SVG:
        return _drawing_fault(content)
    pixels = size(content)
    if pixels is None:
        return "cannot be read as a picture: save it again"
    width, height = pixels
    if not 0 < width * height <= MOST_PIXELS:
        return f"declares {width:,} × {height:,} pixels: save it with at least one and at most {MOST_PIXELS:,}"
    return None


def _drawing_fault(content: bytes) -> str | None:
    """Return the same of a drawing, which may neither leave anything to other files nor hold what one target loses."""
    if ENTITIES.search(content):
        return "declares entities, names that stand for text: save it without them"
    if not _is_utf_8(content):
        return "is not in UTF-8, or declares to be in another encoding: save it in UTF-8"
    try:
        names, outside = _parts(content)
    except expat.ExpatError as error:
        return f"cannot be read as XML ({error}): save it again"
    if names[0] != f"{SPACE} svg":
        return f'is not in the namespace of SVG: begin it with `<svg xmlns="{SPACE}"`'
    if f"{SPACE} foreignObject" in names:
        return "holds a `foreignObject`, such as HTML, which the PDF would lose: save it with its text as SVG's own"
    if outside:
        return f"refers to `{outside[0][:70]}`, which is no picture inside it: put it inside, or leave it out"
    return None


def _is_utf_8(content: bytes) -> bool:
    """Tell whether a drawing can be read as UTF-8 and declares nothing else, which a browser would believe."""
    declared = ENCODING.match(content)
    if declared and declared[1].lower() != b"utf-8":
        return content.isascii()
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def _parts(content: bytes) -> tuple[list[str], list[str]]:
    """Return the names of a drawing's elements, the outermost first, and the addresses outside it to which it refers.

    Raises ExpatError, also for a name that stands for text: without its declaration, none is left to another file.
    """
    names: dict[str, None] = {}
    outside: list[str] = []

    def note(name: str, attributes: Mapping[str, str]) -> None:
        names.setdefault(name)
        for key, value in attributes.items():
            outside.extend(STYLED.findall(value))
            if key in ADDRESSES and name != f"{SPACE} a" and not INSIDE.match(value):  # a link only leads somewhere
                outside.append(value)

    parser = expat.ParserCreate("utf-8", " ")
    parser.buffer_text = True
    parser.StartElementHandler = note
    parser.CharacterDataHandler = lambda text: outside.extend(STYLED.findall(text))
    parser.Parse(DECLARATION.sub(b"", content), True)
    return list(names), outside


def size(content: bytes) -> tuple[int, int] | None:
    """Return width and height in pixels that a PNG, GIF, WebP or JPEG declares; None if it is none of them."""
    try:
        if content.startswith(b"\x89PNG"):
            width, height = struct.unpack_from(">II", content, 16)
        elif content.startswith(b"GIF8"):
            width, height = struct.unpack_from("<HH", content, 6)
        elif content[8:12] == b"WEBP":
            return _webp_size(content)
        else:
            return _jpeg_size(content)
    except (struct.error, IndexError):
        return None
    return width, height


def _jpeg_size(content: bytes) -> tuple[int, int] | None:
    """Return the size in the header of a JPEG's frame, to which the lengths of the parts before it lead."""
    at = 2
    while content[at] == 0xFF:
        marker, (length,) = content[at + 1], struct.unpack_from(">H", content, at + 2)
        if marker in FRAME:
            height, width = struct.unpack_from(">HH", content, at + 5)
            return width, height
        at += 2 + length
    return None


def _webp_size(content: bytes) -> tuple[int, int] | None:
    """Return the size that the first part of a WebP declares; there are three kinds of them."""
    kind = content[12:16]
    if kind == b"VP8X":
        return 1 + int.from_bytes(content[24:27], "little"), 1 + int.from_bytes(content[27:30], "little")
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", content, 21)
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", content, 26)
        return width & 0x3FFF, height & 0x3FFF
    return None
