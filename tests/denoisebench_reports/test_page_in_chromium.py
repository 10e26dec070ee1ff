"""The page as a reader meets it: in headless Chromium, by mouse and by keyboard."""

import io

import pytest
from a_result import results_of
from chromium import find, open_page
from pages import save_results
from PIL import Image

from denoisebench.files import write_whole
from denoisebench_reports.page.page import render_page

pytestmark = pytest.mark.browser
CHROMIUM = find()
TOLERANCE = 4  # of gray levels, for what lossy compression changes


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    if CHROMIUM is None:
        pytest.skip("there is no Chromium on this machine: `apt-get install chromium` brings it")
    with open_page(CHROMIUM, tmp_path_factory.mktemp("profile")) as page:
        yield page


@pytest.fixture(scope="module")
def report(tmp_path_factory, make_cell):
    """A page of two methods on two sets, as a file."""
    out = tmp_path_factory.mktemp("results")
    cells = save_results(out, make_cell, {"alpha": [30.0, 27.5], "beta": [29.0, 31.5]})
    cells += save_results(out, make_cell, {"alpha": [25.0, 26.0]}, dataset="kodak")
    page = render_page(results_of(cells, folder=out))
    write_whole(out / "report.html", page.encode())
    return out / "report.html"


@pytest.fixture
def page(browser, report):
    """The page, freshly opened in a browser."""
    browser.events.clear()
    browser.resize(900, 700)
    browser.open(report)
    browser.wait_for("document.getElementById('viewer').dataset.shown === '01'")
    return browser


def seen_on_stage(page, *shares):
    """The gray at these shares of the stage's width, as a screenshot has it."""
    page.evaluate("document.getElementById('stage').scrollIntoView()")
    script = "(({x, y, width, height}) => [x, y, width, height])"
    box = page.evaluate(f"{script}(document.getElementById('stage').getBoundingClientRect())")
    left, top, width, height = box
    with Image.open(io.BytesIO(page.screenshot())) as seen:
        gray = seen.convert("L")
    return [gray.getpixel((left + share * width, top + height / 3)) for share in shares]


def in_grid(page):
    """The gray of each view's leftmost and rightmost eighth."""
    gray = """(canvas, x) =>
        canvas.getContext('2d').getImageData(x * canvas.width, canvas.height / 2, 1, 1).data[0]"""
    canvases = "[...document.querySelectorAll('#grid canvas')]"
    return page.evaluate(
        f"{canvases}.map((canvas) => [1 / 8, 7 / 8].map((x) => ({gray})(canvas, x)))"
    )


def choose(page, select, value):
    page.evaluate(f"""(() => {{ const select = document.getElementById({select!r});
        select.value = {value!r}; select.dispatchEvent(new Event('change')); }})()""")


def near(expected):
    return pytest.approx(expected, abs=TOLERANCE)


def test_the_slider_moves_what_is_seen_by_keyboard_and_by_mouse(page):
    assert seen_on_stage(page, 0.25, 0.75) == near([90, 220])  # noisy | beta
    page.evaluate("document.getElementById('split').focus()")
    page.key("End", 35)
    assert seen_on_stage(page, 0.25, 0.75) == near([90, 95])
    page.key("Home", 36)
    assert seen_on_stage(page, 0.25, 0.75) == near([200, 220])
    choose(page, "left", "clean")
    page.key("End", 35)
    assert seen_on_stage(page, 0.25, 0.75) == near([100, 150])
    script = "(({x, y, width, height}) => [x, y + height / 2, width])"
    box = page.evaluate(f"{script}(document.getElementById('stage').getBoundingClientRect())")
    left, middle, width = box
    page.drag((left + width - 2, middle), (left + width * 0.1, middle))
    assert seen_on_stage(page, 0.05, 0.25, 0.75) == near([100, 200, 220])


def test_a_heading_sorts_its_table_and_says_so(page):
    table = "document.querySelector('[data-panel=c0] table')"
    rows = f"[...{table}.tBodies[0].rows].map((row) => row.cells[0].textContent)"
    sort = f"{table}.tHead.rows[0].cells[{{}}].querySelector('button').click()"
    said = f"{table}.tHead.rows[0].cells[{{}}].getAttribute('aria-sort')"
    assert page.evaluate(rows) == ["alpha", "beta"]
    page.evaluate(sort.format(2))  # set12: 28.75 and 30.25
    assert page.evaluate(rows) == ["beta", "alpha"]
    assert page.evaluate(said.format(2)) == "descending"
    page.evaluate(sort.format(2))
    assert page.evaluate(rows) == ["alpha", "beta"]
    assert page.evaluate(said.format(2)) == "ascending"
    page.evaluate(sort.format(3))  # kodak: beta has no figure, and stays last both ways
    page.evaluate(sort.format(3))
    assert page.evaluate(rows) == ["alpha", "beta"]
    assert page.evaluate(said.format(2)) == "none"


def test_all_views_zoom_and_move_in_step(page):
    both = [[90, 95], [40, 60], [200, 220], [100, 150]]
    assert in_grid(page) == [near(pair) for pair in both]
    page.evaluate("document.getElementById('stage').focus()")
    page.key("+", 187)
    for _ in range(2):
        page.key("ArrowLeft", 37)
    assert in_grid(page) == [near([left, left]) for left, _ in both]
    for _ in range(4):
        page.key("ArrowRight", 39)
    assert in_grid(page) == [near([right, right]) for _, right in both]


def test_the_maps_show_the_error_and_what_was_removed(page):
    choose(page, "mode", "error")  # 128 + 4 (denoised − clean), held in 0..255
    assert in_grid(page)[3] == near([128, 128])
    assert in_grid(page)[1:3] == [[0, 0], [255, 255]]
    assert in_grid(page)[0] == pytest.approx([128 + 4 * (90 - 100), 0], abs=4 * TOLERANCE)
    choose(page, "mode", "removed")  # 128 + 2 (noisy − denoised)
    expected = [[128, 128], [128 + 2 * 50, 128 + 2 * 35], [0, 0], [128 - 20, 128 - 2 * 55]]
    assert in_grid(page) == [pytest.approx(pair, abs=3 * TOLERANCE) for pair in expected]


def test_another_set_and_another_image_are_shown_when_chosen(page):
    visible = "[...document.querySelectorAll('[data-panel]')].filter((x) => !x.hidden)"
    keys = f"[...new Set({visible}.map((panel) => panel.dataset.panel))]"
    assert page.evaluate(keys) == ["c0", "c0s0"]
    page.evaluate("document.getElementById('next').click()")
    page.wait_for("document.getElementById('viewer').dataset.shown === '02'")
    assert "27.50 dB" in page.evaluate("document.getElementById('grid').textContent")
    choose(page, "dataset", "c0s1")
    page.wait_for("document.getElementById('grid').textContent.includes('25.00 dB')")
    assert page.evaluate(keys) == ["c0", "c0s1"]


def test_nothing_overflows_a_phone_and_every_picture_has_words(page):
    page.resize(390, 844, phone=True, dark=True)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(21, 23, 26)"
    pictures = "[...document.querySelectorAll('canvas, svg')]"
    assert page.evaluate(f"{pictures}.every((x) => x.getAttribute('aria-label').length > 3)")


def test_the_page_logs_no_error_and_no_request_leaves_it(page):
    addresses = [p["request"]["url"] for m, p in page.events if m == "Network.requestWillBeSent"]
    assert addresses
    assert all(url.startswith(("file:", "data:")) for url in addresses)
    told = ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded")
    assert [params for method, params in page.events if method in told] == []
    fetched = "fetch('https://example.com/').then(() => 'left', () => 'refused')"
    assert page.evaluate(fetched) == "refused"
    reasons = [p["entry"]["text"] for m, p in page.events if m == "Log.entryAdded"]
    assert any("Content Security Policy" in reason for reason in reasons)


def test_every_column_of_the_cost_table_is_seen_on_a_wide_screen(page):
    page.resize(1400, 900)
    cut = """[...document.querySelectorAll('#cost .scroll, #method .scroll')]
        .filter((box) => box.scrollWidth > box.clientWidth + 1).length"""
    assert page.evaluate(cut) == 0
    heads = "[...document.querySelectorAll('#cost [data-panel=c0s0] th')].map((x) => x.textContent)"
    assert "memory, MB" in page.evaluate(heads)


def test_the_detail_moves_by_keyboard_and_by_click_and_can_be_put_away(page):
    page.resize(900, 700)
    corner = """(() => { const canvas = document.querySelectorAll('#grid canvas')[1];
        return canvas.getContext('2d').getImageData(canvas.width - 8, canvas.height - 8, 1, 1)
            .data[0]; })()"""
    grid = "document.getElementById('grid')"
    page.evaluate(f"{grid}.focus()")
    for _ in range(16):
        page.key("ArrowLeft", 37)  # alpha is 40 on the left and 60 on the right
    assert page.evaluate(corner) == near(40)
    for _ in range(16):
        page.key("ArrowRight", 39)
    page.evaluate(f"{grid}.scrollIntoView()")
    box = page.evaluate(
        f"(({{x, y}}) => [x, y])({grid}.querySelectorAll('canvas')[1].getBoundingClientRect())"
    )
    page.drag((box[0] + 12, box[1] + 12), (box[0] + 12, box[1] + 12))  # a click
    assert page.evaluate(corner) == near(40)
    page.evaluate("document.getElementById('detail').click()")
    assert page.evaluate(corner) == near(60)
    page.evaluate("document.getElementById('detail').click()")


def test_what_can_be_focused_has_a_name_and_headings_of_tables_a_scope(page):
    nameless = """[...document.querySelectorAll('button, select, input, [tabindex]')].filter((x) =>
        !x.getAttribute('aria-label') && !x.textContent.trim() && !x.closest('label')).length"""
    assert page.evaluate(nameless) == 0
    headings = "[...document.querySelectorAll('th')]"
    assert page.evaluate(f"{headings}.every((x) => ['col', 'row'].includes(x.scope))")
    assert page.evaluate("[...document.querySelectorAll('table')].every((x) => x.caption)")
