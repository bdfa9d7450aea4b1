"""Drawings (SVG) in the form in which Typst sets them as a browser does."""

import html
import re
from collections.abc import Iterable
from functools import lru_cache

import tinycss2
from tinycss2.ast import Declaration, Node

# Faces with letters of one width, and the one of these that Typst brings; where a drawing names its faces.
FIXED = re.compile(
    r"\b(?:courier(?: new)?|consolas|menlo|monaco|lucida console|(?:ui-)?monospace"
    r"|(?:andale|liberation|noto sans|ubuntu|roboto|fira|sf) mono)(?=\s*(?:[\"',;}/]|&\w+;|&#|$))",
    re.IGNORECASE,
)
OWN_FIXED = "DejaVu Sans Mono"
STYLED = re.compile(r"<style\b[^<]*(?:<!\[CDATA\[[^<]*)?|<\w[^<>]*>")
FACES = re.compile(r"""\bfont(?:-family)?\s*[:=](?:[\w\s,./%"'-]|&(?:quot|apos|#\w+);)+""")
TAG = re.compile(r"""<\w(?:[^<>"']|"[^"]*"|'[^']*')*+>""")
ATTRIBUTE = re.compile(r"""(?P<style>\sstyle\s*=\s*)?(?P<value>"[^"]*"|'[^']*')""")
# A text that holds no other and no comment; by how much its style or an attribute shifts it from its line.
TEXT = re.compile(
    r"""(<text(?=[\s>])(?:[^<>"']|"[^"]*"|'[^']*')*+(?<!/)>)((?:(?!</?text|<!--).)*+)(</text\s*>)""", re.DOTALL
)
SHIFT = re.compile(
    r"""\s(?:style\s*=\s*["'](?:[^"']*;)?\s*baseline-shift\s*:|baseline-shift\s*=\s*["'])\s*([\w.%+-]+)"""
)
# A style that Typst can read, as most are.
PLAIN = re.compile(r"(?:\s*[a-z][a-z-]*+\s*:\s*[\w#.+-][\w#.,%+ -]*+(?:;|$))*+\s*")
NAME = re.compile(r"-?[A-Za-z_][A-Za-z0-9_-]*")  # of a property, not `--of-one's-own`
BLOCKS = {"function", "() block", "[] block", "{} block"}


def for_typst(svg: str) -> str:
    """Return a drawing whose styles Typst can read, and that names Typst's monospaced face where it asks for one.

    At a declaration that it cannot read, Typst stops reading the style; a browser goes on.
    """
    shifted = TEXT.sub(_shifted, svg) if "baseline-shift" in svg else svg
    return _with_own_fixed(TAG.sub(lambda tag: ATTRIBUTE.sub(_readable, tag[0]), shifted))


def _shifted(text: re.Match[str]) -> str:
    """Return a text whose words stand above or below its line, as Toyplot's do at axes: Typst shifts spans alone."""
    tag, words, end = text.groups()
    if not (shift := SHIFT.search(tag)):
        return text[0]
    return f'{tag}<tspan baseline-shift="{shift[1]}">{words}</tspan>{end}'


def _readable(attribute: re.Match[str]) -> str:
    """Return an attribute as it is, or a style without what Typst cannot read."""
    style = html.unescape(attribute["value"][1:-1]) if attribute["style"] else ""
    if PLAIN.fullmatch(style):
        return attribute[0]
    return f'{attribute["style"]}"{html.escape(_without_unreadable(style))}"'


@lru_cache(maxsize=1000)
def _without_unreadable(style: str) -> str:
    """Return a style without what Typst cannot read. Drawings repeat their styles many times."""
    found = tinycss2.parse_blocks_contents(style, skip_comments=True, skip_whitespace=True)
    declarations = [each for each in found if isinstance(each, Declaration)]
    for declaration in declarations:
        declaration.value = list(_light(declaration.value))
    return "; ".join(
        each.serialize() for each in declarations if NAME.fullmatch(each.name) and _is_readable(each.value)
    )


def _light(value: Iterable[Node]) -> Iterable[Node]:
    """Yield the parts of a value without comments and `/1.5`, and of `light-dark(…)` the colour for a light page."""
    parts = iter(value)
    for part in parts:
        if part == "/":  # the distance of lines, which a drawing does not need
            next((after for after in parts if after.type != "whitespace"), None)
        elif part.type == "function" and part.lower_name == "light-dark":
            commas = [i for i, argument in enumerate(part.arguments) if argument == ","]
            yield from part.arguments[: commas[0] if commas else None]
        elif part.type != "comment":
            yield part


def _is_readable(value: Iterable[Node]) -> bool:
    """Tell whether Typst can read a value: it reads no blocks within blocks, no `var(…)` and few signs."""
    parts = [part for part in value if part.type != "whitespace"]
    inner = [part for block in parts for part in getattr(block, "arguments", getattr(block, "content", []))]
    return (
        bool(parts)
        and not any(part.type in ("error", "at-keyword", "{} block", "[] block") for part in parts)
        and not any(part.type == "literal" and part != "," for part in parts)
        and not any(part.type == "function" and part.lower_name == "var" for part in parts)
        and not any(part.type in BLOCKS for part in inner)
    )


def _with_own_fixed(svg: str) -> str:
    """Return a drawing that names Typst's face with letters of one width where it names any such face."""

    def change(faces: re.Match[str]) -> str:
        return FIXED.sub(OWN_FIXED, faces[0])

    return STYLED.sub(lambda styled: FACES.sub(change, styled[0]), svg) if FIXED.search(svg) else svg
