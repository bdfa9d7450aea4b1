"""Markdown as JupyterLab reads it: CommonMark with GitHub's tables and strikethrough, and footnotes."""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import accumulate, pairwise
from types import SimpleNamespace
from typing import Any, NamedTuple

from markdown_it import MarkdownIt, helpers
from markdown_it.rules_block.table import escapedSplit
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin

DEEPEST = 90  # levels of lists and quotations
MOST_BRACKETS = 1000  # left open at once: the time that they take is their square
NOTE = "@@note-{}@@"
# What older versions of Jupyter took for a heading; not "#Rain #Snow" nor "##---".
UNMARKED = re.compile(r"#{2,6}(?=[\w*`$\[])|#(?=[^\W\d_a-z]\w)(?!.*\s#\w)")
IN_HTML = re.compile(r"^ {0,3}(#{1,6}[ \t]+\S.*)", re.MULTILINE)
# HTML that may hold "# " without a heading being meant, such as comments in code.
AS_WRITTEN = re.compile(
    r"<(?:(?:pre|code|kbd|samp|xmp|script|style|textarea|svg|math|iframe|template|noscript|table|t[rdh])\b|!|\?)",
    re.IGNORECASE,
)

ADDRESS = re.compile(r"[^\s<\[\]][^\s\[\]]{0,2000}(?=\))")
LINK_ENDS = re.compile(r"\s*[)\"'(]")  # after its address: or a title begins
TAG = re.compile(r"<(/?)([a-z]+)\b[^>]*>\Z", re.IGNORECASE)
# What browsers open again in the next paragraph where it is not closed in its own. Jupyter closes it there.
FORMATTING = ("a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u")


class Html(NamedTuple):
    """HTML of a text and of its footnotes, which `NOTE` stands for; what the text loses, and if it is too deep."""

    text: str
    notes: list[str]
    unused_notes: list[str]
    dropped_cells: list[str]
    unmarked_headings: list[str]
    headings_in_html: list[str]
    too_deep: bool


@cache
def _parser() -> MarkdownIt:
    """Return the parser, which keeps nothing of what it reads."""
    parser = MarkdownIt("commonmark", {"maxNesting": DEEPEST + 2}).enable(["table", "strikethrough"])
    parser.use(footnote_plugin, inline=False)
    parser.helpers = SimpleNamespace(**vars(helpers) | {"parseLinkDestination": _destination})  # type: ignore[assignment]
    parser.add_render_rule("footnote_ref", _note)
    # What a link may lead to, and what an image may be, is judged later, for HTML as well; addresses stay as written.
    parser.validateLink = lambda url: True  # type: ignore[method-assign]
    parser.normalizeLink = lambda url: url  # type: ignore[method-assign]
    parser.normalizeLinkText = lambda link: link  # type: ignore[method-assign]
    return parser


def _destination(text: str, start: int, end: int) -> Any:
    """Return where a link leads: in Jupyter an address with a bracket too many ends before its last closing one."""
    found = helpers.parseLinkDestination(text, start, end)
    ends = found.ok and LINK_ENDS.match(text, found.pos, end)
    if not ends and text[start - 1] == "(" and (address := ADDRESS.match(text, start, end)):
        found.ok, found.str, found.pos = True, address[0], address.end()
    return found


def _note(_: Any, tokens: Sequence[Token], i: int, *__: Any) -> str:
    return NOTE.format(tokens[i].meta["id"])


def to_html(text: str) -> Html:
    """Return the HTML of a Markdown text."""
    if _open_brackets(text) > MOST_BRACKETS:
        return Html("", [], [], [], [], [], True)
    environment: dict[str, Any] = {}
    parser = _parser()
    tokens = parser.parse(text, environment)
    for token in tokens:
        token.children = token.children and [*token.children, *_closing(token.children)]
    end = next((i for i, token in enumerate(tokens) if token.type == "footnote_block_open"), len(tokens))
    references = environment.get("footnotes", {}).get("refs", {})
    return Html(
        parser.renderer.render(tokens[:end], parser.options, environment),
        [parser.renderer.render(note, parser.options, environment) for note in _notes(tokens[end:])],
        [label.removeprefix(":") for label, number in references.items() if number < 0],
        list(_dropped_cells(text, tokens)),
        list(_unmarked_headings(tokens)),
        list(_headings_in_html(tokens)),
        any(token.level >= DEEPEST for token in tokens),
    )


def indented_code(text: str) -> list[range]:
    """Return where in a Markdown text code stands that is only indented."""
    if _open_brackets(text) > MOST_BRACKETS:
        return []
    starts = [0, *accumulate(len(line) + 1 for line in text.split("\n"))]
    found = (token.map for token in _parser().parse(text) if token.type == "code_block")
    return [range(starts[lines[0]], starts[lines[1]]) for lines in found if lines]


def _closing(children: Sequence[Token]) -> Iterator[Token]:
    """Yield the tags that close what the author's tags in a line leave open."""
    opened = dict.fromkeys(FORMATTING, 0)
    for child in children:
        found = TAG.match(child.content) if child.type == "html_inline" else None
        if found and (name := found[2].lower()) in opened:
            opened[name] = max(0, opened[name] + (-1 if found[1] else 1))
    for name, n in opened.items():
        yield from [Token("html_inline", "", 0, content=f"</{name}>")] * n


def _notes(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    """Yield the tokens of each footnote, without the links back."""
    note: list[Token] = []
    for token in tokens:
        if token.type == "footnote_close":
            yield note
            note = []
        elif not token.type.startswith("footnote_"):
            note.append(token)


def _dropped_cells(text: str, tokens: Sequence[Token]) -> Iterator[str]:
    """Yield the words of cells for which the head of their table has no column."""
    lines = text.split("\n")
    columns = 0
    for token in tokens:
        if token.type == "table_open":
            columns = 0
        elif token.type == "th_open":
            columns += 1
        elif token.type == "tr_open" and columns and token.map:
            cells = escapedSplit(lines[token.map[0]].strip().removeprefix("|").removesuffix("|"))
            yield from (cell.strip() for cell in cells[columns:] if cell.strip())


def _unmarked_headings(tokens: Sequence[Token]) -> Iterator[str]:
    """Yield the paragraphs, in no list or quotation, that begin as a heading does but for the space after its `#`."""
    for opening, token in pairwise(tokens):
        if opening.type == "paragraph_open" and token.level == 1 and UNMARKED.match(token.content):
            yield token.content


def _headings_in_html(tokens: Sequence[Token]) -> Iterator[str]:
    """Yield the lines that would be headings after an empty line, and that stand in HTML without one."""
    for token in tokens:
        if token.type == "html_block" and not AS_WRITTEN.search(token.content):
            yield from IN_HTML.findall(token.content)


def _open_brackets(text: str) -> int:
    """Return how many brackets are open at once in a paragraph at most."""
    most = 0
    for paragraph in re.split(r"\n\s*\n", text):
        opened = 0
        for bracket in re.findall(r"[][]", paragraph):
            opened = opened + 1 if bracket == "[" else max(0, opened - 1)
            most = max(most, opened)
    return most
