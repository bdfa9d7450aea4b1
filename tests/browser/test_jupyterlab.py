"""JupyterLab's menu "Save and Export Notebook As…" reaches both exporters."""

import os
import socket
import subprocess
import sys
import time
import urllib.request

import nbformat
import pytest
from nbformat.v4 import new_markdown_cell, new_notebook

from tests.bounds import BOUND

GOOD, BAD = "# Rain\n\nIt *falls*.", "# Rain\n\n![A cloud](missing.png)"
NOTEBOOKS = {"first": GOOD, "for-html": GOOD, "for-pdf": GOOD, "bad": BAD}


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """Return the address of a JupyterLab with its notebooks, which reads and writes nothing outside its own folder."""
    home = tmp_path_factory.mktemp("lab")
    for name, text in NOTEBOOKS.items():
        nbformat.write(new_notebook(cells=[new_markdown_cell(text)]), home / f"{name}.ipynb")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--ServerApp.root_dir={home}"]
    command += [f"--ServerApp.port={port}", "--ServerApp.port_retries=0", "--IdentityProvider.token=secret"]
    # Neither news nor a look for new versions: both ask the network.
    command += ["--LabApp.news_url=None", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    with (home / "log").open("w") as log:
        server = subprocess.Popen(command, env=_only_in(home), stdout=log, stderr=log, cwd=home)
    try:
        _wait_for(f"http://127.0.0.1:{port}/api", server, home / "log")
        yield f"http://127.0.0.1:{port}/lab/tree/first.ipynb?reset&token=secret"
    finally:
        server.terminate()
        server.wait(BOUND)


def _only_in(home):
    """Return an environment in which everything of Jupyter's lies in `home`."""
    ours = {key: value for key, value in os.environ.items() if not key.startswith(("JUPYTER", "IPYTHON"))}
    places = {name: str(home / name.lower()) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR")}
    return ours | places | {"HOME": str(home), "JUPYTER_RUNTIME_DIR": str(home / "runtime")}


def _wait_for(address, server, log):
    """Return when the server answers; fail with its log when it has stopped or says nothing for too long."""
    deadline = time.monotonic() + BOUND
    while time.monotonic() < deadline and server.poll() is None:
        try:
            return urllib.request.urlopen(address, timeout=1).close()
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"JupyterLab does not answer:\n{log.read_text()}")


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
