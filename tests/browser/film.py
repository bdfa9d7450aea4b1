"""Film the explorer: python -m tests.browser.film writes report/explorer.png and report/explorer.gif.

It is a real session in JupyterLab: the network retrains while sliders are dragged. Needs CIFAR-10 and Chromium.
"""

import contextlib
import io
import shutil
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import expect, sync_playwright

from tests.bounds import BOUND
from tests.browser import jupyterlab, student

REPORT = Path(__file__).parents[2] / "report"
WIDE, TALL = 1180, 1200  # of the window, which holds the view of an image
SHOWN = 640  # points of the view's height that are filmed
FRAME = 740  # pixels of the film's width
COLOURS = 96
# What is dragged, and the keys that do it; each picture is one frame.
SCENES = [("hidden units m", 3 * ["ArrowRight"]), ("highest η", 4 * ["ArrowLeft"]), ("highest η", 4 * ["ArrowRight"])]
SCENES += [("images", 4 * ["ArrowLeft"])]
SECONDS, LAST = 0.6, 2.5  # that a frame is shown


def frames(page):
    """Drag one slider after the other; return a picture (PNG) of the view before, and after each step."""
    view = page.locator(".explorer").nth(1)
    view.evaluate("element => element.closest('.jp-WindowedPanel-outer').scrollTop += 1")
    view.evaluate("element => element.scrollIntoView({block: 'start'})")
    box = view.bounding_box()
    clip = {"x": box["x"], "y": box["y"], "width": box["width"], "height": SHOWN}
    taken = [page.screenshot(clip=clip)]
    for name, keys in SCENES:
        for key in keys:
            before = student.picture(page)
            student.handle(page, name).evaluate("handle => handle.focus({preventScroll: true})")
            page.keyboard.press(key)
            student.wait_for_another(page, before)
            student.wait_for_a_network(page)
            taken.append(page.screenshot(clip=clip))
    return taken


def still(page):
    """Paint over an image; return a picture (PNG) of the whole view."""
    view = page.locator(".explorer").nth(3)
    image = view.locator('img[alt^="Test image"]')
    for place in ("row 3, column 4", "row 3, column 5"):
        before = image.get_attribute("src")
        student.patch(page, place).click()
        expect(image).not_to_have_attribute("src", before)
    view.evaluate("element => element.scrollIntoView({block: 'center'})")
    return view.screenshot()


def write_still(content):
    """Write a picture as PNG."""
    Image.open(io.BytesIO(content)).convert("RGB").quantize(256).save(REPORT / "explorer.png", optimize=True)


def write_film(taken):
    """Write pictures as GIF."""
    pictures = [Image.open(io.BytesIO(content)).convert("RGB") for content in taken]
    height = round(FRAME * pictures[0].height / pictures[0].width)
    small = [picture.resize((FRAME, height)).quantize(COLOURS, dither=Image.Dither.NONE) for picture in pictures]
    times = [round(1000 * SECONDS)] * (len(small) - 1) + [round(1000 * LAST)]
    small[0].save(
        REPORT / "explorer.gif", save_all=True, append_images=small[1:], duration=times, loop=0, optimize=True
    )


def main():
    """Open JupyterLab on the notebook, and film it."""
    with contextlib.ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        shutil.copy(student.NOTEBOOK, home)
        address = stack.enter_context(jupyterlab.serving(home))
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(args=["--no-sandbox"], executable_path=student.chromium())
        page = browser.new_page(viewport={"width": WIDE, "height": TALL})
        page.set_default_timeout(BOUND * 1000)
        page.goto(address(student.NOTEBOOK.name))
        student.run_all(page)
        write_film(frames(page))
        write_still(still(page))
        browser.close()


if __name__ == "__main__":
    main()
