"""Typst in a process of its own, run as a script: one request a line in, one answer a line out, both JSON.

A request names the file to compile, the one to write, the folders of typefaces, whether those of the system may be used
and the second that dates it. The answer holds what the file's metadata with the label <marks> say, or else Typst's own
description of what is wrong.
"""

import json
import sys
from functools import lru_cache
from pathlib import Path

import typst

STANDARDS: list["typst.PDFStandard"] = ["a-2a", "ua-1"]


@lru_cache
def compiler(folders: tuple[str, ...], of_system: bool) -> typst.Compiler:
    """Return a compiler with these typefaces, which remembers what it has compiled."""
    faces = typst.Fonts(include_system_fonts=of_system, font_paths=[*folders])
    return typst.Compiler(font_paths=faces)


def answer(main: str, to: str, folders: list[str], of_system: bool, timestamp: int) -> dict[str, object]:
    """Compile the file `main` to the PDF `to`."""
    ready = compiler(tuple(folders), of_system)
    try:
        root, standards = Path(main).parent, STANDARDS
        pdf = ready.compile(main, root=root, format="pdf", pdf_standards=standards, timestamp=timestamp)
        assert isinstance(pdf, bytes), "a PDF is one file"
        Path(to).write_bytes(pdf)
        return {"marks": json.loads(ready.query("<marks>", field="value"))}
    except typst.TypstError as error:
        return {"diagnostic": error.diagnostic}


for line in sys.stdin:
    print(json.dumps(answer(**json.loads(line))), flush=True)
