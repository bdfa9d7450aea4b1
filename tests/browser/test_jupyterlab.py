"""JupyterLab's menu "Save and Export Notebook As…" reaches both exporters."""

import nbformat
import pytest
from nbformat.v4 import new_markdown_cell, new_notebook

from tests.bounds import BOUND
from tests.browser import jupyterlab

GOOD, BAD = "# Rain\n\nIt *falls*.", "# Rain\n\n![A cloud](missing.png)"
NOTEBOOKS = {"first": GOOD, "for-html": GOOD, "for-pdf": GOOD, "bad": BAD}


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """Return the address of a JupyterLab with its notebooks."""
    home = tmp_path_factory.mktemp("lab")
    for name, text in NOTEBOOKS.items():
        nbformat.write(new_notebook(cells=[new_markdown_cell(text)]), home / f"{name}.ipynb")
    with jupyterlab.serving(home) as address:
        yield address("first.ipynb")


@pytest.fixture(scope="module")
def page(browser, lab):
    """Return JupyterLab's page, which takes seconds to load: one for all tests, each with its own notebook."""
    context = browser.new_context()
    context.set_default_timeout(BOUND * 1000)
    page = context.new_page()
    # The menu's entries come from the server, some time after the first notebook.
    with page.expect_response("**/api/nbconvert*"):
        page.goto(lab)
    start_without_kernel(page)
    yield page
    context.close()


def start_without_kernel(page):
    """Answer the question that opening a notebook asks."""
    page.get_by_role("dialog").get_by_role("button", name="No Kernel").click()


def export(page, notebook, entry, event):
    """Open a notebook, choose an entry of the menu, and return the `event` that follows."""
    page.get_by_role("listitem", name=f"Name: {notebook}.ipynb").dblclick()
    start_without_kernel(page)
    page.get_by_role("menuitem", name="File", exact=True).click()
    page.get_by_text("Save and Export Notebook As", exact=True).hover()
    with page.context.expect_event(event) as happened:
        page.get_by_role("menuitem", name=entry, exact=True).click()
    return happened.value


@pytest.mark.parametrize(
    ("notebook", "entry", "starts", "holds"),
    [
        ("for-html", "Report_html", b"<!doctype html>", b"<em>falls</em>"),
        ("for-pdf", "Report_pdf", b"%PDF-", b"%%EOF"),
    ],
)
def test_the_menu_exports_a_notebook(page, notebook, entry, starts, holds):
    content = export(page, notebook, entry, "download").path().read_bytes()
    assert content.startswith(starts)
    assert holds in content


def test_the_menu_exports_a_notebook_of_which_not_all_can_be_shown(page):
    content = export(page, "bad", "Report_html", "download").path().read_text(encoding="utf-8")
    assert "picture not shown" in content
