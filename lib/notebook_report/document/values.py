"""Values: numbers of the prose that a run gives. In Markdown each is a link whose words are what the last run gave.

`[47.6 %](#value-test)` is the value `test` of the same notebook, `[47.6 %](02-drought.ipynb#value-test)` that of
another. In the report the text that this run gives stands in the place of the link. The values come from a JSON file:
notebook → name → text.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import unquote

import msgspec

from notebook_report.document.address import split
from notebook_report.document.passage import Passage
from notebook_report.errors import Place, ReportError
from notebook_report.problems import Outcome, Problem, excerpt
from notebook_report.reading.trees import pandoc_ast
from notebook_report.reading.trees.pandoc_ast import Element

PREFIX = "value-"
MISSING = "–"  # what stands for a value that a run does not give

Values = Mapping[str, Mapping[str, str]]


def read(path: Path) -> Values:
    """Return the values that the file at `path` holds, none if there is no file. Raises ReportError."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, dict[str, str]])
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        fault = getattr(error, "strerror", None) or error
        raise ReportError(f"the values {path} cannot be read: {fault}.") from error


def find(notebook: str, anchor: str, values: Values) -> str | None:
    """Return the text of the value that a link to this anchor is about, or None if there is none."""
    is_value = anchor.startswith(PREFIX)
    return values.get(notebook, {}).get(anchor.removeprefix(PREFIX)) if is_value else None


def fill(passages: Sequence[Passage], values: Values | None) -> list[Problem]:
    """Put the values of this run in the place of their links, in place; return where the words have been others.

    Where values are None, as nothing is known of a run, the words stay.
    """
    problems: list[Problem] = []
    for passage in passages:

        def put(link: Element, place: Place | str = passage.place) -> list[Element] | None:
            address = link["c"][2][0] if link["t"] == "Link" else ""
            notebook, anchor = split(address, place) or ("", "")
            if not anchor.startswith(PREFIX):
                return None
            if values is None:
                return list(link["c"][1])
            text = find(notebook, anchor, values)
            words = " ".join(pandoc_ast.plain(link["c"][1]).split())
            source = excerpt(f"[{words}]({unquote(address)})")
            if text is None:
                sentence = f"`{source}` has no value in this run."
                problems.append(Problem(place, "value-missing", sentence, source, Outcome.REPLACED))
            elif words != " ".join(text.split()):
                sentence = f"`{source}` is {text} in this run."
                problems.append(Problem(place, "value-words", sentence, source, Outcome.REPAIRED))
            return pandoc_ast.words(MISSING if text is None else text)

        passage.document = pandoc_ast.rewrite(passage.document, put)
    return problems
