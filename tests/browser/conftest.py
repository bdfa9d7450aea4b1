import os
from base64 import b64encode
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from notebook_report.exporters import ReportHTMLExporter
from tests.browser import student
from tests.notebook_report.conftest import Write

NUMBERS = "day,rain in mm\nMonday,0.5\nTuesday,12.25\n"
WIDE = b64encode(b'<svg xmlns="http://www.w3.org/2000/svg" width="2000" height="20"/>').decode()
BIBLIOGRAPHY = "@article{rain, author={Drop, Ada}, title={On rain}, journal={Weather}, year={2001}}\n"


def rich_notebook():
    """Return a notebook with a bit of everything that a page can show, some of it wider than a telephone."""
    write = Write()
    drawing = write.shows("image/svg+xml", write.SVG, **{"text/csv": NUMBERS})
    columns = "".join(f"<th>column {i}</th>" for i in range(15))
    values = "".join(f"<td>{i * 12345.678:.3f}</td>" for i in range(15))
    wide = write.shows("text/html", f"<table><tr>{columns}</tr><tr>{values}</tr></table>")
    return write.notebook(
        "# Rain\n\nIt falls ([Drop 2001](#cite-rain)), as $x_1 < \\frac{a}{b}$ says, on *Tuesdays*; see"
        " [Figure 1](#fig-rain), [Table 1](#tab-wide) and [Equation 1](#eq-rain).[^n] "
        + "Many words. " * 80
        + "\n\n[^n]: A note, `"
        + "x" * 90
        + "`.",
        "## Formulas\n\n$$a^2 + b^2 = c^2 \\label{eq-rain}$$\n\n$$"
        + " + ".join(f"x_{{{i}}}" for i in range(60))
        + "$$",
        write.figure("fig-rain", picture=drawing),
        write.figure("fig-photo", picture=write.shows("image/png", write.PNG)),
        "## Tables\n\n| a | b |\n|:--|--:|\n| c | 1 |\n\n- one\n- two\n"
        f"![wide](data:image/svg+xml;base64,{WIDE})\n\n> quoted <https://example.org/>",
        write.code("#| label: tab-wide\n#| caption: Wide.\nframe", wide),
        "# Code\n\n```python\ndef drop(x):  # falls\n    return 'down' + str(x * 2.5)\n```",
        write.code("#| show-code: true\nshown = '" + "x" * 200 + "'", write.prints("printed " + "y" * 200)),
        write.code("needle = 4217", write.shows("text/plain", "<2>")),
        "Many more words. " * 300,
        write.tagged("# Details\n\n## Smaller ones\n\n" + "Last words. " * 100, "appendix"),
        title="A year of rain",
        authors=[{"name": "Ada Drop"}],
        bibliography="works.bib",
    )


@pytest.fixture(scope="session")
def report(tmp_path_factory):
    """Return the path of the page under test: the one that REPORT_HTML names, or a small one with all that there is."""
    if "REPORT_HTML" in os.environ:
        return Path(os.environ["REPORT_HTML"]).resolve()
    folder = tmp_path_factory.mktemp("page")
    (folder / "works.bib").write_text(BIBLIOGRAPHY)
    resources = {"metadata": {"name": "rain", "path": str(folder)}}
    page, _ = ReportHTMLExporter(show_code=False).from_notebook_node(rich_notebook(), resources)
    (folder / "rain.html").write_text(page, encoding="utf-8")
    return folder / "rain.html"


# One browser for a module, not for the session: as long as Playwright runs, nothing else in this process can start an
# event loop, and the tests of running notebooks do.
@pytest.fixture(scope="module")
def browser():
    """Return a headless Chromium; without one the tests are skipped, but not where CI runs them."""
    program = student.chromium()
    if program is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(
            f"no browser: none of {', '.join(student.NAMES)} is on the PATH"
        )
    # Chromium has no sandbox for root, who is what containers run as.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        yield browser
        browser.close()
