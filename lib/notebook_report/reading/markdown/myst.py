"""What MyST adds to Markdown, as far as plain Markdown can say it: directives, roles, targets; and Mermaid's diagrams.

Boxes become quotations that begin with their title. What is not known stays as Jupyter shows it.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

OPENING = re.compile(
    r"(?P<indent>[ \t>]*)(?P<fence>`{3,}|~{3,}|:{3,})[ \t]*"
    r"(?:\{\.?(?:callout-)?(?P<name>[\w:+-]+)[^}\n]*\}|(?P<mermaid>mermaid)\b)?[ \t]*(?P<title>.*)"
)
OPTION = re.compile(r"^[ \t>]*:([\w-]+):[ \t]*(.*?)[ \t]*$", re.MULTILINE)
TARGET = re.compile(r"\(([\w.:-]+)\)=\s*")
ROLE = re.compile(r"(?<![`\w])\{(?P<name>[\w:+-]+)\}`(?P<content>[^`\n]+)`")
NAMED = re.compile(r"(?P<words>.*\S)\s*<(?P<target>[^<>]+)>")
# Roles of Sphinx that name what code defines.
OBJECTS = {"attr", "class", "const", "data", "exc", "func", "meth", "mod", "obj"}
CODE, PICTURES = {"code", "code-block", "sourcecode"}, {"figure", "image"}
BOXES = {
    "admonition",
    "attention",
    "caution",
    "danger",
    "error",
    "hint",
    "important",
    "note",
    "seealso",
    "tip",
    "warning",
}
BOXES |= {
    "dropdown",
    "todo",
    "topic",
    "sidebar",
    "margin",
    "aside",
    "exercise",
    "solution",
    "proof",
    "theorem",
    "definition",
}
BOXES |= {"lemma", "corollary", "example", "remark", "algorithm", "versionadded", "versionchanged", "deprecated"}


class _Block(NamedTuple):
    """A block that has begun: its fence, and the lines that begin and end it; no `end` for one that stays as it is."""

    fence: str
    begin: list[str]
    end: list[str]
    verbatim: bool


def to_markdown(text: str) -> tuple[str, list[str]]:
    """Return plain Markdown for a text, and the names of the directives and roles in it."""
    used: list[str] = []
    return "\n".join(_lines(text, used)), list(dict.fromkeys(used))


def _lines(text: str, used: list[str]) -> Iterator[str]:
    lines = text.split("\n")
    begun: list[_Block] = []
    i = 0
    while i < len(lines):
        line, i = lines[i], i + 1
        opening = OPENING.match(line)
        verbatim = bool(begun) and begun[-1].verbatim
        if opening and begun and _closes(opening, begun[-1]):
            yield from begun.pop().end or [line]
        elif opening and not verbatim and _begins(opening):
            n = next((n for n, after in enumerate(lines[i:]) if not OPTION.fullmatch(after)), 0)
            begun.append(_block(opening, dict(OPTION.findall("\n".join(lines[i : i + n]))), line))
            i += n if begun[-1].end else 0
            used += [opening["name"] or opening["mermaid"]] if opening["name"] or opening["mermaid"] else []
            yield from begun[-1].begin
        elif verbatim:
            yield line
        elif target := TARGET.fullmatch(line):
            used.append("target")
            yield from (f'<a id="{target[1]}"></a>', "")
        else:
            used += [role["name"] for role in ROLE.finditer(line)]
            yield ROLE.sub(_role, line)
    for block in reversed(begun):
        yield from block.end


def _closes(line: re.Match[str], block: _Block) -> bool:
    """Tell whether a line of only a fence ends a block."""
    alone = not (line["name"] or line["mermaid"] or line["title"].strip())
    return alone and line["fence"].startswith(block.fence)


def _begins(line: re.Match[str]) -> bool:
    """Tell whether a line with a fence begins a block."""
    return bool(line["name"]) if line["fence"][0] == ":" else "`" not in line["title"]


def _block(opening: re.Match[str], options: dict[str, str], line: str) -> _Block:
    """Return the block that a line opens."""
    indent, fence, name, title = (opening[key] or "" for key in ("indent", "fence", "name", "title"))
    title = title.strip()

    def block(begin: list[str], end: list[str], verbatim: bool = False) -> _Block:
        return _Block(fence, [indent + one for one in begin], [indent + one for one in end], verbatim)

    label = options.get("label") or options.get("name") or ""
    if opening["mermaid"] or name == "mermaid":
        return block(["<blockquote>", "", "**Diagram (Mermaid)**", "", "```"], ["```", "", "</blockquote>", ""], True)
    if name == "math":
        return block(["$$", *([title] if title else [])], [rf"\label{{{label}}}" if label else "", "$$"], True)
    if name in PICTURES:
        return block([f"![{options.get('alt', '')}](<{title}>)", ""], [""])
    if name in CODE:
        return block([f"```{title}"], ["```"], True)
    if fence[0] == ":" or name.rpartition(":")[2] in BOXES:
        words = title or name.rpartition(":")[2].replace("-", " ").replace("seealso", "see also").capitalize()
        begin = f'<blockquote id="{label}">' if label else "<blockquote>"
        return block([begin, "", f"**{words}**", ""], ["", "</blockquote>", ""])
    return _Block(fence, [line], [], True)


def _role(role: re.Match[str]) -> str:
    """Return what a role is in Markdown."""
    name, content = role["name"].rpartition(":")[2], role["content"].strip()
    named = NAMED.fullmatch(content)
    words, target = (named["words"], named["target"]) if named else (content, content)
    if name == "eq":
        return rf"$\eqref{{{target}}}$"
    if name in ("ref", "numref"):
        return f"[{words}](#{target})"
    if name == "math":
        return f"${content}$"
    if name in ("sub", "sup", "kbd"):
        return f"<{name}>{content}</{name}>"
    if name in OBJECTS:
        return f"`{words.rpartition('.')[2] if words.startswith('~') else words.lstrip('!.')}`"
    if name in ("cite", "p", "ps"):
        return f"({content})"
    return f"`{content}`" if name in ("code", "download", "file") else words
