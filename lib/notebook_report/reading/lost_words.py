"""What a parser makes disappear: words of a Markdown text that are nowhere in the document read from it."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from urllib.parse import unquote

from notebook_report.reading.pandoc_ast import Node

WORD = re.compile(r"[^\W_]+")
# What no reader is meant to see, or sees in another form.
MARKUP = re.compile(
    r"""<!--.*?-->                                      # comments
    | \[\^[^][\s]+\]                                    # marks of footnotes
    | \{[#.-][^{}\n]*\}                                 # labels and classes
    | ^[ ]{0,3}\[[^\]\n^][^\]\n]*\]:[ \t]*\n?[ \t]*(?:<[^<>\n]*>|\S+) # links that stand apart,
      (?:[ \t]*\n?[ \t]*(?:"[^"\n]*"|'[^'\n]*'|\([^()\n]*\)))?[ \t]*$ # with a title or without
    | ^[ ]{0,3}\[[^\]\n]+\]: | (?<=\])\[[^\]\n]*\]      # names of others
    | ^[ \t>*+-]*(?:\(?(?:\d+|[a-z]|[ivxlcdm]+)[.)]\s+)+ # numbers of lists
    | ,\s*(?:pp?|ch|chap|sec|vol|no)\.(?=\s*\d)         # what a number within a cited work counts
    | \[[xX]\]                                          # boxes ticked
    | (?<!\w)\w*(?:&\#?\w+;\w*)+                        # words with an entity
    """,
    re.DOTALL | re.IGNORECASE | re.MULTILINE | re.VERBOSE,
)


def words(source: str, document: Node) -> list[str]:
    """Return the words of a Markdown text that its document holds neither as words nor as TeX, code or target."""
    kept: Counter[str] = Counter()
    for text in _strings(document):
        kept.update(_words(text))
        if "%" in text:
            kept.update(_words(unquote(text)))
    return list((Counter(_words(MARKUP.sub(" ", source))) - kept).elements())


def _words(text: str) -> list[str]:
    return WORD.findall(unicodedata.normalize("NFKC", text))


def _strings(node: Node) -> Iterator[str]:
    """Yield every string of a document but the names of its elements' types."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, list):
        for child in node:
            yield from _strings(child)
    elif isinstance(node, dict):
        for key, child in node.items():
            if key != "t":
                yield from _strings(child)
