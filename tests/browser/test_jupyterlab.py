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

PATIENCE = 60  # seconds for the server's start and for each step in the browser; they take a few on an idle machine


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """Return the address of a JupyterLab with two notebooks, which reads and writes nothing outside its own folder."""
    home = tmp_path_factory.mktemp("lab")
    for name, text in {"good": "# Rain\n\nIt *falls*.", "bad": "# Rain\n\n### Too deep"}.items():
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
        yield f"http://127.0.0.1:{port}/lab/tree/{{}}?reset&token=secret"
    finally:
        server.terminate()
        server.wait()


def _only_in(home):
    """Return an environment in which everything of Jupyter's lies in `home`."""
    ours = {key: value for key, value in os.environ.items() if not key.startswith(("JUPYTER", "IPYTHON"))}
    places = {name: str(home / name.lower()) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR")}
    return ours | places | {"HOME": str(home), "JUPYTER_RUNTIME_DIR": str(home / "runtime")}


def _wait_for(address, server, log):
    """Return when the server answers; fail with its log when it has stopped or says nothing for too long."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and server.poll() is None:
        try:
            return urllib.request.urlopen(address, timeout=1).close()
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"JupyterLab does not answer:\n{log.read_text()}")


@pytest.fixture
def export(browser, lab):
    """Return a function that opens a notebook, chooses an entry of the menu, and returns the `event` that follows."""
    context = browser.new_context()
    context.set_default_timeout(PATIENCE * 1000)

    def choose(notebook, entry, event):
        page = context.new_page()
        # The menu's entries come from the server, some time after the notebook.
        with page.expect_response("**/api/nbconvert*"):
            page.goto(lab.format(notebook))
        page.get_by_role("dialog").get_by_role("button", name="No Kernel").click()
        page.get_by_role("menuitem", name="File", exact=True).click()
        page.get_by_text("Save and Export Notebook As", exact=True).hover()
        with context.expect_event(event) as happened:
            page.get_by_role("menuitem", name=entry, exact=True).click()
        return happened.value

    yield choose
    context.close()


@pytest.mark.parametrize(
    ("entry", "starts", "holds"),
    [("Report_html", b"<!doctype html>", b"<em>falls</em>"), ("Report_pdf", b"%PDF-", b"%%EOF")],
)
def test_the_menu_exports_a_notebook(export, entry, starts, holds):
    content = export("good.ipynb", entry, "download").path().read_bytes()
    assert content.startswith(starts)
    assert holds in content


def test_the_menu_says_what_is_wrong_with_a_notebook(export):
    said = export("bad.ipynb", "Report_html", "page").locator("body").inner_text()
    assert "bad, cell 1: the heading “Too deep” skips from level 1 to 3." in said
    assert "Traceback" not in said
