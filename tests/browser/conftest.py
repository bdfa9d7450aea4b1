import os
import shutil

import pytest
from playwright.sync_api import sync_playwright

NAMES = ["chromium", "chromium-browser", "google-chrome"]


# One browser for a module, not for the session: as long as Playwright runs, nothing else in this process can start an
# event loop, and the tests of running notebooks do.
@pytest.fixture(scope="module")
def browser():
    """Return a headless Chromium; without one the tests are skipped, but not where CI runs them."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"no browser: none of {', '.join(NAMES)} is on the PATH")
    # Chromium has no sandbox for root, who is what containers run as.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        yield browser
        browser.close()
