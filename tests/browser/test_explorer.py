"""The notebook to play with, as a student uses it: in JupyterLab, by mouse and by keyboard."""

import re
import shutil
from types import SimpleNamespace

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import expect

from tests.bounds import BOUND
from tests.browser import jupyterlab
from tests.browser.student import NOTEBOOK, handle, patch, picture, run_all, wait_for_another
from twolayer.cifar10 import synthetic

SLIDERS = ("hidden units m", "penalty λ", "highest η", "half a cycle nₛ", "cycles", "batch size", "images", "seed")
NAMED = ("aria-input-field-name", "button-name", "image-alt", "label", "select-name", "svg-img-alt", "scope-attr-valid")


@pytest.fixture(scope="module")
def opened(browser, tmp_path_factory):
    """Open the notebook in JupyterLab and run it; return the page, and the list of what it has complained of."""
    home = tmp_path_factory.mktemp("lab")
    shutil.copy(NOTEBOOK, home)
    synthetic.write(home / "images", n=240)
    threads = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")}  # more only wait for each other
    with jupyterlab.serving(home, CIFAR10_DIR=str(home / "images"), **threads) as address:
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        context.set_default_timeout(BOUND * 1000)
        page, complaints = context.new_page(), []
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(address(NOTEBOOK.name))
        run_all(page)
        yield SimpleNamespace(page=page, complaints=complaints)
        context.close()


@pytest.fixture
def page(opened):
    return opened.page


@pytest.mark.parametrize("name", SLIDERS)
def test_dragging_a_slider_brings_another_picture(page, name):
    before, place = picture(page), handle(page, name)
    place.scroll_into_view_if_needed()
    box = place.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    way = -40 if name == "images" else 40  # which begins at its end
    page.mouse.move(x + way, y, steps=8)
    page.mouse.up()
    wait_for_another(page, before)


@pytest.mark.parametrize("name", SLIDERS)
def test_so_does_the_keyboard(page, name):
    before, place = picture(page), handle(page, name)
    said = place.get_attribute("aria-valuetext")
    place.focus()
    page.keyboard.press("ArrowLeft")
    wait_for_another(page, before)
    expect(place).not_to_have_attribute("aria-valuetext", said)


def test_a_longer_training_pauses_goes_on_and_stops(page):
    page.get_by_role("button", name="Train longer").click()
    expect(page.get_by_text("Training: ").first).to_be_visible()
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.get_by_role("button", name="Stop").first.click()
    expect(page.get_by_text("Stopped after ").first).to_be_visible()
    expect(page.locator("textarea").first).to_have_value(re.compile("n_updates="))


def test_updates_are_made_one_by_one(page):
    page.get_by_role("button", name="One update").click()
    expect(page.get_by_text("Update 1", exact=True)).to_be_visible()
    page.get_by_role("button", name="Ten updates").click()
    expect(page.get_by_text("Update 11", exact=True)).to_be_visible()


def test_a_click_on_the_image_paints_it(page):
    shown = page.locator('.explorer img[alt^="Test image"]')
    before = shown.get_attribute("src")
    patch(page, "row 4, column 5").click()
    expect(shown).not_to_have_attribute("src", before)
    patch(page, "row 4, column 5").press("Space")
    expect(shown).to_have_attribute("src", before)


def test_a_bug_is_switched_on(page):
    page.get_by_label("bug", exact=True).select_option("ReLU's derivative forgotten")
    expect(page.get_by_text("ReLU's derivative forgotten", exact=True).last).to_be_visible()
    expect(page.get_by_text("W₁, b₁").first).to_be_visible()


def test_what_is_seen_stays_beside_its_controls_in_a_narrow_window(page):
    size = page.viewport_size
    page.set_viewport_size({"width": 1000, "height": 900})
    for view in page.locator(".explorer").all()[1:]:
        controls, seen = view.locator(".widget-box").first.locator("> .widget-vbox").all()
        assert seen.bounding_box()["y"] == controls.bounding_box()["y"]
    page.set_viewport_size(size)


def test_every_control_and_picture_has_a_name(page):
    page.evaluate(AXE_SCRIPT)
    rules = {"runOnly": {"type": "rule", "values": list(NAMED)}, "resultTypes": ["violations"]}
    found = page.evaluate("rules => axe.run('.explorer', rules)", rules)["violations"]
    assert [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found] == []


def test_no_shortcut_of_the_notebook_takes_the_keys_of_a_control(page):
    """In Notebook 7 the arrow keys of a slider would go to another cell."""
    controls = page.locator(".explorer :is(.noUi-handle, button, input, select)")
    assert controls.count() > len(SLIDERS)
    unmarked = "all => all.filter(one => !('lmSuppressShortcuts' in one.dataset)).map(one => one.outerHTML)"
    assert controls.evaluate_all(unmarked) == []


def test_a_restarted_kernel_recovers(page):
    run_all(page)
    before = picture(page)
    handle(page, "seed").focus()
    page.keyboard.press("ArrowRight")
    wait_for_another(page, before)


def test_nothing_complained(opened):
    assert opened.page.locator(".jp-RenderedText[data-mime-type*=stderr]").count() == 0
    assert opened.page.locator(".jp-RenderedText[data-mime-type*=error]").count() == 0
    # JupyterLab itself complains of what it asked a kernel that it then restarted.
    assert [text for text in opened.complaints if "Canceled future for " not in text] == []
