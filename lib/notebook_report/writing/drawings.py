"""Drawings (SVG) in the form in which Typst sets them as a browser does."""

import html
import re

# Faces with letters of one width, and the one of these that Typst brings; where a drawing names its faces.
FIXED = re.compile(
    r"\b(?:courier(?: new)?|consolas|menlo|monaco|lucida console|(?:ui-)?monospace"
    r"|(?:andale|liberation|noto sans|ubuntu|roboto|fira|sf) mono)(?=\s*(?:[\"',;}/]|&\w+;|&#|$))",
    re.IGNORECASE,
)
OWN_FIXED = "DejaVu Sans Mono"
STYLED = re.compile(r"<style\b[^<]*(?:<!\[CDATA\[[^<]*)?|<\w[^<>]*>")
FACES = re.compile(r"""\bfont(?:-family)?\s*[:=](?:[\w\s,./%"'-]|&(?:quot|apos|#\w+);)+""")
# A style, its declarations, and one that means something: Typst passes over all that comes after any other.
STYLE = re.compile(r"""(?<=\sstyle=)(?:"[^"<]*"|'[^'<]*')""")
DECLARATIONS = re.compile(r"(?:[^;()]|\([^()]*\))+")
VALID = re.compile(r"""\s*(?:/\*[^*]*\*/\s*)*+[\w-]+\s*:\s*+(?:[^:{}'"]|'[^']*'|"[^"]*")+""")


def for_typst(svg: str) -> str:
    """Return a drawing without the declarations of style that no browser heeds, and with Typst's own fixed face."""
    return _with_own_fixed(STYLE.sub(_without_invalid, svg))


def _without_invalid(style: re.Match[str]) -> str:
    text = html.unescape(style[0][1:-1])
    valid = ";".join(filter(VALID.fullmatch, DECLARATIONS.findall(text)))
    return style[0] if valid == text.removesuffix(";") else f'"{html.escape(valid)}"'


def _with_own_fixed(svg: str) -> str:
    """Return a drawing that names Typst's face with letters of one width where it names any such face."""

    def change(faces: re.Match[str]) -> str:
        return FIXED.sub(OWN_FIXED, faces[0])

    return STYLED.sub(lambda styled: FACES.sub(change, styled[0]), svg) if FIXED.search(svg) else svg
