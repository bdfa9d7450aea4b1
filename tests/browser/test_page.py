"""What a reader of the page can do, in Chromium: see all of it, find it, reach it, in any width and either theme."""

import csv
import io
import itertools
from base64 import b64encode
from types import SimpleNamespace
from urllib.parse import quote

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from PIL import Image
from playwright.sync_api import expect

from notebook_report.exporters import ReportHTMLExporter
from tests.notebook_report.conftest import Write

WIDTHS = [360, 768, 1440]
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
# Whatever the page's own policy had to stop is a fault, too: nothing should be tried.
WATCH = (
    "document.addEventListener('securitypolicyviolation', e => console.error('CSP', e.violatedDirective, e.blockedURI))"
)
SCROLLING = ["pre.code", "figure .scroll", ".plate", ".equation .formula"]
FOCUSABLE = "a[href], button, summary, input, select, [tabindex='0']"


@pytest.fixture(scope="module", params=WIDTHS, ids="{}px".format)
def opened(request, browser, report):
    """Open the page once for each width; return it with its address and the list of what it has complained of."""
    size, phone = {"width": request.param, "height": 800}, request.param == min(WIDTHS)
    context = browser.new_context(viewport=size, has_touch=phone, is_mobile=phone, reduced_motion="reduce")
    context.add_init_script(WATCH)
    page, address, complaints = context.new_page(), report.as_uri(), []
    page.on("console", lambda message: complaints.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda asked: complaints.append(asked.url) if _goes_out(asked.url, address) else None)
    page.goto(address)
    yield SimpleNamespace(page=page, address=address, complaints=complaints)
    context.close()


def _goes_out(url, address):
    """Tell whether a request is for anything but the page itself and what it holds."""
    return not url.startswith("data:") and url.partition("#")[0] != address


@pytest.fixture
def page(opened):
    """Return the page as it is when opened; whatever a test does with it, it must stay silent and ask for nothing."""
    opened.page.emulate_media(media="screen", color_scheme="light")
    opened.page.evaluate("document.querySelectorAll('details').forEach(fold => { fold.open = false; })")
    opened.page.evaluate("scrollTo(0, 0)")
    yield opened.page
    heard = opened.complaints.copy()
    opened.complaints.clear()
    assert heard == []


def unfold(page):
    """Open everything that is folded."""
    page.evaluate("document.querySelectorAll('details').forEach(fold => { fold.open = true; })")


def violations(page, within="html"):
    """Return what axe-core finds wrong with a part of the page: for each rule its name, its words, and the elements."""
    # As a string it is run by the debugger, which the page's policy does not bind.
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found = page.evaluate("([part, rules]) => axe.run(part, rules)", [within, RULES])["violations"]
    return [(rule["id"], rule["help"], [node["html"][:200] for node in rule["nodes"]]) for rule in found]


def test_the_page_opens_in_silence_and_asks_for_nothing(page):
    expect(page.locator("h1")).to_have_count(1)


@pytest.mark.parametrize(("scheme", "folded"), [("light", True), ("light", False), ("dark", False)])
def test_axe_finds_nothing(page, scheme, folded):
    page.emulate_media(color_scheme=scheme)
    if not folded:
        unfold(page)
    assert violations(page) == []


def test_axe_finds_nothing_in_the_contents_of_a_narrow_page(page):
    button = page.get_by_role("button", name="Contents")
    if button.is_visible():
        button.click()
    assert page.locator("nav").is_visible()
    assert violations(page, within="nav") == []
    page.keyboard.press("Escape")


@pytest.mark.parametrize("folded", [True, False], ids=["folded", "unfolded"])
def test_the_page_does_not_scroll_sideways(page, folded):
    if not folded:
        unfold(page)
    wide, seen = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert wide <= seen


def test_all_images_have_loaded(page):
    images = page.evaluate("[...document.images].map(image => image.complete && image.naturalWidth)")
    assert images
    assert all(images)


def test_find_in_page_reaches_every_word(page):
    # The browser's search opens a fold, so what is not shown must be in one; but for the page's own controls.
    lost = page.evaluate("""() => {
        const words = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT), lost = [];
        while (words.nextNode()) {
            const text = words.currentNode.data.trim(), holder = words.currentNode.parentElement;
            const excused = holder.closest("details:not([open]), annotation, .bar, [popover]");
            if (text && !excused && !holder.checkVisibility()) lost.push(text);
        }
        return lost;
    }""")
    assert lost == []


def test_a_search_opens_the_code_in_which_it_finds_something(page, opened):
    line = page.evaluate("""() => {
        const text = document.body.textContent;
        const codes = [...document.querySelectorAll("details.code code")].map(code => code.textContent);
        const once = line => text.indexOf(line) === text.lastIndexOf(line);
        return codes.join("\\n").split("\\n").find(line => /^\\w.{4,}\\w$/.test(line) && once(line));
    }""")
    # An address can name words to search for, and the browser then does what it does for its own search.
    tab = page.context.new_page()
    tab.goto(f"{opened.address}#:~:text={quote(line, safe='').replace('-', '%2D')}")
    expect(tab.locator("details.code[open] code").filter(has_text=line)).to_be_in_viewport()
    tab.close()


def test_the_keyboard_reaches_everything_in_reading_order_and_shows_where_it_is(page):
    expected = page.evaluate(
        """focusable => {
        window.stops = [...document.querySelectorAll(focusable)].filter(stop => stop.checkVisibility());
        // Where Tab starts from: the top, and not what an earlier test has touched.
        document.body.tabIndex = -1;
        document.body.focus();
        document.body.removeAttribute("tabindex");
        return stops.length;
    }""",
        FOCUSABLE,
    )
    visited, hidden = [], []
    for _ in range(expected):
        page.keyboard.press("Tab")
        number, shown = page.evaluate("""() => {
            const stop = document.activeElement, box = stop.getBoundingClientRect();
            const inside = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
            return [stops.indexOf(stop), inside && getComputedStyle(stop).outlineStyle !== "none"];
        }""")
        visited.append(number)
        if not shown:
            hidden.append(page.evaluate("document.activeElement.outerHTML.slice(0, 200)"))
    assert visited == list(range(expected))
    assert hidden == []


def test_every_link_within_the_page_leads_somewhere(page):
    broken = page.evaluate("""[...document.querySelectorAll('a[href^="#"]')]
        .filter(link => !document.getElementById(decodeURIComponent(link.hash.slice(1))))
        .map(link => link.outerHTML)""")
    assert broken == []


def test_figures_and_tables_can_be_linked_to(page, opened):
    labels = page.evaluate("[...document.querySelectorAll('figure[id]')].map(figure => figure.id)")
    assert labels
    for label in labels:
        assert page.locator(f"#{label} a[href='#{label}']").count() == 1
        page.goto(f"{opened.address}#{label}")
        expect(page.locator(f"#{label}")).to_be_in_viewport()


def test_the_contents_follow_the_reader(page):
    # Sections that fill half a window: of shorter ones it is a matter of taste which one is being read.
    sections = page.evaluate("""() => {
        const ids = [...document.querySelectorAll("nav a")].map(link => link.getAttribute("href").slice(1));
        const tops = ids.map(id => document.getElementById(id).getBoundingClientRect().top + scrollY);
        const ends = [...tops.slice(1), document.documentElement.scrollHeight - innerHeight / 2];
        return ids.filter((_, i) => ends[i] - tops[i] > innerHeight / 2);
    }""")
    assert sections
    for section in [*sections, sections[0]]:
        page.evaluate("id => document.getElementById(id).scrollIntoView()", section)
        expect(page.locator("nav [aria-current]")).to_have_attribute("href", f"#{section}")


def press(page, button):
    """Press one of the page's buttons, which a narrow page keeps in its menu."""
    if not page.locator(button).is_visible():
        page.get_by_role("button", name="Contents").click()
    page.locator(button).click()
    page.keyboard.press("Escape")


def test_one_switch_opens_and_closes_all_code(page):
    folds, open_folds = page.locator("details.code"), page.locator("details.code[open]")
    press(page, "#code-switch")
    expect(open_folds).to_have_count(folds.count())
    press(page, "#code-switch")
    expect(open_folds).to_have_count(0)


def colours(page):
    """Return the colours of everything but the controls, which also show what is being pointed at."""
    return page.evaluate("""[...document.querySelectorAll("body, header *, article *")].map(element => {
        const style = getComputedStyle(element);
        return [style.color, style.backgroundColor, style.borderTopColor];
    })""")


def test_the_theme_switch_does_what_the_readers_setting_does(page):
    seen = {}
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        seen[scheme] = colours(page)
    assert seen["light"] != seen["dark"]
    # The other way round than the reader's setting, in a cycle that ends where it began.
    switched = {}
    for _ in range(3):
        press(page, "#theme-switch")
        theme = page.evaluate("document.documentElement.dataset.theme")
        switched[theme] = colours(page)
        page.emulate_media(color_scheme="light" if theme == "light" else "dark")
    assert switched == {"light": seen["light"], "dark": seen["dark"], "system": seen["dark"]}


def test_the_numbers_of_a_figure_can_be_read_and_taken_away(page):
    folds = page.locator("details.numbers").all()
    assert folds
    for fold in folds:
        fold.locator("summary").click()
        expect(fold.locator("table")).to_be_visible()
        with page.expect_download() as begun:
            fold.get_by_role("link", name="CSV").click()
        rows = list(csv.reader(io.StringIO(begun.value.path().read_text(encoding="utf-8"))))
        shown = fold.locator("tr").evaluate_all("rows => rows.map(row => [...row.cells].map(cell => cell.textContent))")
        assert shown == rows[: len(shown)]
        assert len(rows) == len(shown) or f"all {len(rows) - 1} rows" in fold.inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_print_is_black_on_white_without_controls_and_folds(page, scheme):
    page.emulate_media(media="print", color_scheme=scheme)
    for control in ("button", "details.code", "details.numbers", ".skip"):
        assert not any(found.is_visible() for found in page.locator(control).all()), control
    body = page.evaluate("[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]")
    assert body == ["rgb(255, 255, 255)", "rgb(0, 0, 0)"]


@pytest.fixture
def empty_frames(page):
    """Leave of what may scroll nothing but its ground, so that no word or line is taken for a shadow."""
    page.evaluate(
        """frames => {
            const sheet = new CSSStyleSheet();
            sheet.replaceSync(`:is(${frames}) { color: transparent; } :is(${frames}) > * { opacity: 0; }`);
            document.adoptedStyleSheets = [sheet];
        }""",
        ", ".join(SCROLLING),
    )
    yield
    page.evaluate("document.adoptedStyleSheets = []")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_scrolls_has_a_shadow_where_it_goes_on(page, scheme, empty_frames):
    page.emulate_media(color_scheme=scheme)
    unfold(page)
    goes_on = "them => them.flatMap((it, i) => it.scrollWidth > it.clientWidth + 60 ? [i] : [])"
    kinds = [page.locator(kind) for kind in SCROLLING]
    scrolling = [kind.nth(i) for kind in kinds for i in kind.evaluate_all(goes_on)[:2]]
    assert scrolling
    for frame in scrolling:
        assert shadows(frame) == (False, True)
        frame.evaluate("it => { it.scrollLeft = 30; }")
        assert shadows(frame) == (True, True)
        frame.evaluate("it => { it.scrollLeft = it.scrollWidth; }")
        assert shadows(frame) == (True, False)
        frame.evaluate("it => { it.scrollLeft = 0; }")
    for frame in page.locator("pre.code").all():
        if frame.evaluate("it => it.scrollWidth == it.clientWidth"):
            assert shadows(frame) == (False, False)


def shadows(frame):
    """Tell whether an empty frame is shaded at its left and its right edge."""
    image = Image.open(io.BytesIO(frame.screenshot())).convert("L")
    ground, *edges = (image.getpixel((x, 5)) for x in (image.width // 2, 3, image.width - 4))
    return tuple(abs(edge - ground) > 12 for edge in edges)


def test_text_below_the_bar_of_a_narrow_page_keeps_clear_of_it(browser):
    page = browser.new_page(viewport={"width": 400, "height": 800})
    page.set_content(ReportHTMLExporter().from_notebook_node(Write().notebook("# Title", "Words."))[0])
    bar, words = page.locator(".bar").bounding_box(), page.locator("article p").bounding_box()
    page.close()
    assert words["y"] - bar["y"] - bar["height"] > 15


def test_no_line_of_a_table_ends_within_a_date(browser):
    write = Write()
    row = "<tr><td>2015-01-02</td><td>2015-01-02 10:11:12.5</td><td>Iris-setosa</td>" + "<td>7.25</td>" * 12 + "</tr>"
    notebook = write.notebook("# Title", write.code("frame", write.shows("text/html", f"<table>{row}</table>")))
    page = browser.new_page(viewport={"width": 400, "height": 800})
    page.set_content(ReportHTMLExporter().from_notebook_node(notebook)[0])
    heights = page.evaluate("""() => [...document.querySelectorAll("td")].map(cell => {
        const words = document.createRange();
        words.selectNodeContents(cell);
        return words.getBoundingClientRect().height;
    })""")
    page.close()
    assert max(heights) < 1.5 * heights[-1]


@pytest.mark.parametrize("width", WIDTHS)
def test_a_page_without_sections_offers_no_contents(browser, width):
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.set_content(ReportHTMLExporter().from_notebook_node(Write().notebook("# Title", "Words."))[0])
    text = page.locator("article").bounding_box()
    expect(page.get_by_role("button")).to_have_text(["Theme: system"])
    page.locator("#theme-switch").click()
    expect(page.get_by_role("button")).to_have_text(["Theme: light"])
    assert violations(page) == []
    page.close()
    assert text["x"] + text["width"] / 2 == pytest.approx(width / 2, abs=10)


def test_further_lines_of_a_heading_begin_under_its_words(browser):
    notebook = Write().notebook("# Title", "## First", "## " + "Many words " * 12)
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.set_content(ReportHTMLExporter().from_notebook_node(notebook)[0])
    starts = page.locator("h2 > .number + span").last.evaluate("""words => {
        const range = document.createRange(); range.selectNodeContents(words.firstChild);
        return [...range.getClientRects()].map(box => box.left);
    }""")
    page.close()
    assert len(starts) > 1
    assert starts == pytest.approx([starts[0]] * len(starts), abs=1)


def test_the_unseen_link_of_a_heading_takes_no_room(browser):
    notebook = Write().notebook("# Title", *(f"## {'Many words ' * 3}{'w' * n}" for n in range(1, 20)))
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.set_content(ReportHTMLExporter().from_notebook_node(notebook)[0])
    heights = "headings => headings.map(heading => heading.getBoundingClientRect().height)"
    shown = page.locator("article h2").evaluate_all(heights)
    page.add_style_tag(content=".permalink { display: none; }")
    alone = page.locator("article h2").evaluate_all(heights)
    page.close()
    assert len(set(alone)) > 1
    assert shown == alone


def test_a_picture_among_words_lies_on_light_ground_on_a_dark_page(browser):
    drawn = io.BytesIO()
    Image.new("RGBA", (40, 40), (0, 0, 0, 0)).save(drawn, "png")  # transparent, as drawings for paper often are
    picture = f"![p](data:image/png;base64,{b64encode(drawn.getvalue()).decode()})"
    page = browser.new_page(color_scheme="dark")
    page.set_content(ReportHTMLExporter().from_notebook_node(Write().notebook("# Title", picture))[0])
    shown = Image.open(io.BytesIO(page.locator("article img").screenshot())).convert("L")
    page.close()
    assert shown.getpixel((20, 20)) > 200


@pytest.mark.parametrize("kind", ["code", "output"])
def test_a_line_of_80_letters_fits_a_wide_page(browser, kind):
    cell = Write().code("#| show-code: true\n" + "c" * 80, Write().prints("o" * 80))
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.set_content(ReportHTMLExporter().from_notebook_node(Write().notebook("# A", cell))[0])
    lines, over = page.locator(f"pre.{kind}").evaluate("""pre => {
        const words = document.createRange(); words.selectNodeContents(pre);
        const feet = [...words.getClientRects()].map(box => Math.round(box.bottom));
        return [new Set(feet).size, pre.scrollWidth - pre.clientWidth];
    }""")
    page.close()
    assert (lines, over) == (1, 0)


def test_the_left_column_of_an_aligned_block_stands_at_the_right(browser):
    notebook = Write().notebook("\\begin{align}x &= 1\\\\ abcdefgh &= 2\\end{align}")
    page = browser.new_page()
    page.set_content(ReportHTMLExporter().from_notebook_node(notebook)[0])
    ends = page.evaluate("""() => [...document.querySelectorAll("mtr")].map(
        row => [...row.cells ?? row.children][0].lastElementChild.getBoundingClientRect().right
    )""")
    page.close()
    assert ends[0] == pytest.approx(ends[1], abs=1)


def test_boxes_and_strokes_of_formulas_are_drawn(browser):
    nested = "\\cancel{\\boxed{x}} \\cancel{\\bcancel{x}}"
    notebook = Write().notebook(f"$\\boxed{{x}} \\cancel{{x}} \\bcancel{{x}} \\xcancel{{x}} {nested}$")
    page = browser.new_page()
    page.set_content(ReportHTMLExporter().from_notebook_node(notebook)[0])
    drawn = page.evaluate("""() => [...document.querySelectorAll("mrow[style]")].map(getComputedStyle).map(
        style => [style.borderTopWidth, style.backgroundImage.split("linear-gradient").length - 1]
    )""")
    page.close()
    alone, inside = [["1px", 0], ["0px", 1], ["0px", 1], ["0px", 2]], [["0px", 1], ["1px", 0], ["0px", 1], ["0px", 1]]
    assert drawn == alone + inside


@pytest.mark.parametrize("sign", ["bar", "hat", "dot", "tilde", "overline", "vec"])
def test_a_sign_stands_clear_of_the_letter_below_it(browser, sign):
    page = browser.new_page()
    page.set_content(ReportHTMLExporter().from_notebook_node(Write().notebook(f"$\\{sign}{{x}}$"))[0])
    page.evaluate("document.querySelector('math').style.fontSize = '80px'")
    image = Image.open(io.BytesIO(page.locator("math").screenshot())).convert("L")
    page.close()
    inked = [y for y in range(image.height) if min(image.crop((0, y, image.width, y + 1)).tobytes()) < 128]
    gaps = [below - above - 1 for above, below in itertools.pairwise(inked) if below - above > 1]
    assert len(gaps) == 1
    assert gaps[0] >= 6


def test_indices_and_the_rows_of_matrices_stand_on_one_line(browser):
    page = browser.new_page(viewport={"width": 1200, "height": 800})
    matrices = " ".join(f"\\begin{{matrix}} {rows} \\end{{matrix}}" for rows in ("q & A", "q \\\\ p", "0 \\\\ A"))
    notebook = Write().notebook(f"$q_t k_t y_t + x_t$ and $x {matrices}$")
    page.set_content(ReportHTMLExporter().from_notebook_node(notebook)[0])
    tops = "them => them.map(it => Math.round(it.getBoundingClientRect().top))"
    indices, rows = page.locator("msub > :last-child").evaluate_all(tops), page.locator("mtr").evaluate_all(tops)
    page.close()
    assert len(indices) == 4
    assert len(set(indices)) == 1
    assert rows[1:3] == rows[3:5]


def test_a_long_brace_is_drawn_to_its_ends(browser):
    page = browser.new_page(viewport={"width": 1200, "height": 800})
    notebook = Write().notebook("$$Q = \\underbrace{a \\hspace{30em} b}_{c}$$")
    page.set_content(ReportHTMLExporter().from_notebook_node(notebook)[0])
    image = Image.open(io.BytesIO(page.locator("math").screenshot())).convert("L")
    page.close()
    longest = max(
        len(max(row.split(b" "), key=len))
        for row in (
            bytes(33 if image.getpixel((x, y)) < 160 else 32 for x in range(image.width)) for y in range(image.height)
        )
    )
    assert longest > 500


@pytest.mark.parametrize(("letters", "shaded"), [(56, (False, False)), (140, (False, True))])
def test_only_a_printed_table_that_goes_on_has_a_shadow(browser, letters, shaded):
    table = "\n".join("0.692   " * (letters // 8) for _ in range(3))
    page = browser.new_page(viewport={"width": 1000, "height": 800})
    page.set_content(
        ReportHTMLExporter().from_notebook_node(Write().notebook("# A", Write().code("x", Write().prints(table))))[0]
    )
    page.add_style_tag(content="pre.grid { color: transparent; }")
    image = Image.open(io.BytesIO(page.locator("pre.grid").screenshot())).convert("L")
    page.close()
    row = [image.getpixel((x, 5)) for x in range(3, image.width - 1)]
    ground = row[len(row) // 2]
    left, right = row[: len(row) // 2], row[len(row) // 2 :]
    assert tuple(max(abs(pixel - ground) for pixel in half) > 1 for half in (left, right)) == shaded


@pytest.mark.parametrize(("text", "shaded"), [("${}$", True), ("- ${}$", True), ("Words ${}$", False)])
def test_a_long_formula_of_a_line_of_its_own_shows_that_it_goes_on(browser, text, shaded):
    page = browser.new_page(viewport={"width": 1000, "height": 800})
    formula = " + ".join(f"x_{{{i}}}" for i in range(60))
    notebook = Write().notebook("# A", text.replace("{}", formula))
    page.set_content(ReportHTMLExporter().from_notebook_node(notebook)[0])
    page.add_style_tag(content="math { visibility: hidden; }")
    assert shadows(page.locator(".formula")) == (False, shaded)
    page.close()


def test_a_formula_wider_than_the_text_scrolls_only_where_there_is_no_room_beside_it(browser):
    formula = " + ".join(f"x_{{{i}}}" for i in range(20))
    page = browser.new_page(viewport={"width": 1300, "height": 800})
    page.set_content(ReportHTMLExporter().from_notebook_node(Write().notebook("# A", f"Words.\n\n$${formula}$$"))[0])
    scrolls = "() => { const it = document.querySelector('.formula'); return it.scrollWidth > it.clientWidth; }"
    wide = page.evaluate(scrolls)
    page.set_viewport_size({"width": 760, "height": 800})
    narrow = page.evaluate(scrolls)
    page.close()
    assert (wide, narrow) == (False, True)


def test_a_word_of_a_title_breaks_only_if_it_is_wider_than_the_page(browser):
    page = browser.new_page(viewport={"width": 1000, "height": 800})
    notebook = Write().notebook("# A fairly long title about ConditionalDimension\n\nWords.")
    page.set_content(ReportHTMLExporter().from_notebook_node(notebook)[0])
    height = "() => { const word = document.querySelector('h1 .parts'); return word.offsetHeight; }"
    wide = page.evaluate(height)
    page.set_viewport_size({"width": 320, "height": 800})
    narrow = page.evaluate(height)
    page.close()
    assert wide < narrow


def test_code_whose_lines_are_all_seen_does_not_scroll(browser):
    page = browser.new_page(viewport={"width": 1000, "height": 800})
    cells = [Write().code("x" * n) for n in range(78, 90)]
    page.set_content(ReportHTMLExporter().from_notebook_node(Write().notebook("# A", *cells))[0])
    seen, still = page.evaluate("""() => [...document.querySelectorAll("pre")].map(pre => {
        const text = pre.querySelector("code").getClientRects()[0];
        return [text.right < pre.getBoundingClientRect().right - 6, pre.scrollWidth == pre.clientWidth];
    }).reduce((all, one) => one.map((value, i) => [...all[i], value]), [[], []])""")
    page.close()
    assert seen == still
    assert len(set(seen)) == 2, "some are seen, others are not"


def test_a_formula_uses_the_whole_line_and_a_little_more(browser):
    page = browser.new_page(viewport={"width": 1200, "height": 800})
    page.set_content(ReportHTMLExporter().from_notebook_node(Write().notebook("Words.\n\n$$x$$\n\n$$y \\tag{1}$$"))[0])
    text, alone, numbered = page.evaluate("""() => [...document.querySelectorAll("article p")].map(
        it => (it.querySelector(".equation") ?? it).getBoundingClientRect()
    ).map(box => [box.left, box.right])""")
    page.close()
    assert numbered == text
    assert sum(alone) == pytest.approx(sum(text), abs=1)
    assert alone[0] < text[0] - 10
