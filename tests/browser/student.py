"""What a student does with the explorer in JupyterLab, for its tests and its film."""

import contextlib
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError
from playwright.sync_api import expect

from tests.bounds import BOUND

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "explore.ipynb"
NAMES = ["chromium", "chromium-browser", "google-chrome"]


def chromium():
    """Return the path of the browser, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def run_all(page):
    """Run all cells in a fresh kernel, and wait for the first network.

    While its first kernel starts, JupyterLab may ask which one, have no kernel to restart, and forget some of what it
    was to run: so it is asked again until it restarts one.
    """
    which = page.get_by_role("dialog").get_by_role("button", name="Select")
    confirm = page.get_by_role("button", name="Confirm Kernel Restart")
    page.evaluate("document.querySelectorAll('.explorer').forEach(old => old.setAttribute('data-before', ''))")
    for _ in range(30):
        with contextlib.suppress(PlaywrightTimeoutError):
            page.keyboard.press("Escape")
            page.get_by_role("menuitem", name="Kernel", exact=True).click(timeout=5_000)
            page.get_by_role("menuitem", name="Restart Kernel and Run All Cells…").click(timeout=5_000)
            which.or_(confirm).first.click(timeout=5_000)
            confirm.or_(which).first.wait_for(state="hidden", timeout=5_000)
            page.locator(".jp-InputPrompt", has_text="[*]").first.wait_for(timeout=30_000)
            return wait_for_a_network(page)
    pytest.fail("JupyterLab restarts no kernel")


def wait_for_a_network(page):
    """Wait until a network is shown that was trained after the last restart."""
    new = page.locator(".explorer:not([data-before])").get_by_text("Exact: ").first
    expect(new).to_be_visible(timeout=BOUND * 1000)


def picture(page):
    """Return the address of the picture of the hidden units."""
    return page.locator('.explorer img[alt^="The weights of the"]').first.get_attribute("src")


def wait_for_another(page, before):
    page.wait_for_function(
        """before => document.querySelector('.explorer img[alt^="The weights of the"]').src !== before""", arg=before
    )


def handle(page, name):
    return page.locator(f'.noUi-handle[aria-label="{name}"]').first


def patch(page, place):
    """Return the button that paints a patch of the image, as in "row 3, column 4"."""
    return page.locator(f'.canvas button[title="Paint {place}"]')
