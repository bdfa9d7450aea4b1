"""References and citations in the words of a text: `@fig-loss`, and `@key` or `[see @key, p. 3]`."""

import re
from typing import Any

KEY = r"@\w(?:\w|[:.#$%&+?<>~/-](?=\w))*"
LABEL = r"@(?:fig|tab|eq|sec)-[a-z0-9]+(?:-[a-z0-9]+)*"
REFERENCE = re.compile(rf"\[{LABEL}(?:;\s*{LABEL})*\]|(?<![\w@]){LABEL}")
CITATION = re.compile(rf"\[(?=[^][]*(?<![\w@]){KEY})[^][]*\]|(?<![\w@]){KEY}(?: \[[^][@]*\])?")
ONE = re.compile(rf"(?P<before>.*?)(?P<minus>-?)(?P<key>{KEY})(?P<after>.*)", re.DOTALL)


def cite(text: str) -> dict[str, Any]:
    """Return the pandoc element that cites what CITATION or REFERENCE has found."""
    bracketed = text.startswith("[")
    found = [ONE.match(part) for part in (text[1:-1].split(";") if bracketed else [text])]
    citations = [_citation(one, bracketed) for one in found if one]
    return {"t": "Cite", "c": [citations, inlines(text)]}


def _citation(one: re.Match[str], bracketed: bool) -> dict[str, Any]:
    """Return one of the citations that stand together."""
    mode = "SuppressAuthor" if one["minus"] else "NormalCitation" if bracketed else "AuthorInText"
    return {
        "citationId": one["key"][1:],
        "citationPrefix": inlines(one["before"].strip()),
        "citationSuffix": inlines(one["after"] if bracketed else one["after"].strip(" []")),
        "citationMode": {"t": mode},
        "citationNoteNum": 1,
        "citationHash": 0,
    }


def inlines(text: str) -> list[dict[str, Any]]:
    """Return words as pandoc's inlines."""
    parts = re.split(r"(\s+)", text)
    return [{"t": "Space"} if part.isspace() else {"t": "Str", "c": part} for part in parts if part]
