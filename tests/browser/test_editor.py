"""The editor alone, without an app: its note list, the wheel and the overview, the Edit menu and the toolbar."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PATIENCE_MS
from tests.browser.served_assets import served_assets

SETUP = """async (value) => {
  const { mount } = await import('/editor/editor.js');
  const host = document.body.appendChild(document.createElement('main'));
  const root = mount(host, { props: { value, source: null, feed: null, settings: null }, trigger: () => {}, watch: () => {} });
  Object.assign(window, { root, store: root.n2n.store });
}"""
PLACE = """([time, lane]) => {
  const { laneTop, laneHeight, secondsPerPixel, scrollSeconds } = root.dataset;
  const x = root.querySelector('canvas.n2n-roll').getBoundingClientRect().left + (time - scrollSeconds) / secondsPerPixel;
  return [x, root.getBoundingClientRect().top + Number(laneTop) + (lane + 0.5) * laneHeight];
}"""
"""Where a time of a lane lies in the window."""
NOTES = ((0.5, "KD", 100), (1.0, "SN", 80), (2.0, "HH", 60))
STATED = (".n2n-tool[aria-pressed", ".n2n-mini[aria-pressed", ".n2n-card[aria-checked")
"""How selectors begin of what is on or off; the state and a bracket follow."""

expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with served_assets() as address:
        yield address


@pytest.fixture
def open_editor(address: str, open_tab: Callable[..., Page]) -> Callable[..., Page]:
    """Opens a page with the editor over four seconds that hold three notes."""

    def open_editor(width: int = 900, **options: Any) -> Page:
        page = open_tab(address, viewport={"width": width, "height": 900}, **options)
        notes = [{"onset": onset, "drum": drum, "velocity": velocity} for onset, drum, velocity in NOTES]
        page.evaluate(SETUP, {"version": 1, "duration": 4, "notes": notes})
        page.locator(".n2n[data-ready=true]").wait_for()
        return page

    return open_editor


@pytest.fixture
def page(open_editor: Callable[..., Page]) -> Page:
    return open_editor()


def expect_state(page: Page, of_state: str, value: Any) -> None:
    """Waits until what a function gives of the store's state is so."""
    page.wait_for_function(f"value => JSON.stringify(({of_state})(store.get())) === JSON.stringify(value)", arg=value)


def expect_notes(page: Page, *notes: tuple[float, str, int]) -> None:
    expect_state(page, "({ notes }) => notes.map(({ onset, drum, velocity }) => [onset, drum, velocity])", notes)


def enter(page: Page, label: str, text: str) -> None:
    """Types into a field and presses Enter there."""
    page.get_by_label(label).fill(text)
    page.get_by_label(label).press("Enter")


def test_the_list_changes_removes_and_adds_notes(page: Page) -> None:
    page.locator("summary", has_text="Note list").click()
    enter(page, "Time of the snare at 1.00 s", "0.25")
    expect_notes(page, (0.25, "SN", 80), NOTES[0], NOTES[2])
    expect(page.get_by_label("Time of the snare at 0.25 s")).to_be_focused()  # although its row has moved
    velocity = page.get_by_label("Velocity of the snare at 0.25 s")
    for typed in ("300", ""):
        enter(page, "Velocity of the snare at 0.25 s", typed)
        expect(velocity).to_have_value("127")
    page.get_by_label("Drum of the hi-hat at 2.00 s").select_option("RD")
    expect_notes(page, (0.25, "SN", 127), NOTES[0], (2.0, "RD", 60))
    page.get_by_role("button", name="Remove the kick at 0.50 s").click()
    expect(page.get_by_role("button", name="Remove the ride at 2.00 s")).to_be_focused()
    expect_notes(page, (0.25, "SN", 127), (2.0, "RD", 60))
    page.get_by_label("Drum of the new note").select_option("CY")
    page.get_by_label("Velocity of the new note").fill("33")
    enter(page, "Time of the new note", "3.125")
    expect_notes(page, (0.25, "SN", 127), (2.0, "RD", 60), (3.125, "CY", 33))
    expect(page.locator(".n2n-count")).to_have_text("3 notes")


def test_the_wheel_changes_velocities_and_the_view_and_the_overview_scrolls_it(page: Page) -> None:
    page.mouse.move(*page.evaluate(PLACE, [1.0, 1]))
    page.keyboard.down("Alt")
    page.mouse.wheel(0, -60)
    expect_notes(page, NOTES[0], (1.0, "SN", 82), NOTES[2])
    page.keyboard.press("Escape")
    page.mouse.move(*page.evaluate(PLACE, [3.0, 5]))  # beside all notes, where Firefox would go back to the page before
    page.evaluate("addEventListener('wheel', (event) => Object.assign(window, { kept: event.defaultPrevented }), { once: true })")
    page.mouse.wheel(0, -60)
    page.wait_for_function("kept === true")
    expect_notes(page, NOTES[0], (1.0, "SN", 82), NOTES[2])
    page.keyboard.up("Alt")
    whole = page.evaluate("store.get().view.secondsPerPixel")
    page.keyboard.down("Control")
    page.mouse.wheel(0, -240)
    page.wait_for_function("whole => Math.abs(store.get().view.secondsPerPixel * Math.E - whole) < 1e-9", arg=whole)
    page.keyboard.up("Control")
    expect(page.locator(".n2n")).not_to_have_attribute("data-scroll-seconds", "0")  # what is under the pointer stays there

    bar = page.get_by_role("scrollbar", name="Scroll in time")
    assert page.locator(f"#{bar.get_attribute('aria-controls')}").evaluate("node => node === root.querySelector('canvas.n2n-roll')")
    bar.press("End")
    expect(bar).to_have_attribute("aria-valuetext", "2.5 to 4.0 of 4.0 s")
    bar.press("Home")
    expect(bar).to_have_attribute("aria-valuetext", "0.0 to 1.5 of 4.0 s")
    box = bar.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 10)
    page.mouse.down()  # beside the window, which comes to the pointer
    expect(bar).to_have_attribute("aria-valuetext", "1.3 to 2.7 of 4.0 s")
    page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + 10)
    expect(bar).to_have_attribute("aria-valuetext", "2.5 to 4.0 of 4.0 s")
    page.mouse.up()
    page.mouse.wheel(0, -9999)
    expect(bar).to_have_attribute("aria-valuenow", "0.00")


def test_the_edit_menu_goes_by_keyboard_and_the_toolbar_sets_the_grid(page: Page) -> None:
    edit, roll, items = page.get_by_role("button", name="Edit", exact=True), page.locator("canvas.n2n-roll"), page.get_by_role("menuitem")
    edit.press("Enter")
    expect(items.first).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(items.filter(has_text="Show the selection")).to_be_focused()
    page.keyboard.press("Home")
    for _ in range(5):
        page.keyboard.press("ArrowDown")
    expect(items.filter(has_text="Select all")).to_be_focused()
    page.keyboard.press("Enter")
    expect_state(page, "({ selection }) => selection.size", 3)
    expect(roll).to_be_focused()
    edit.press("Enter")
    page.keyboard.press("Escape")
    expect(items).to_have_count(0)
    expect(roll).to_be_focused()

    tempo, snap = page.get_by_label("Tempo, beats a minute"), page.get_by_label("Snap to")
    bar = page.get_by_role("button", name="Bar here")
    expect(snap).to_be_disabled()
    expect(bar).to_be_disabled()
    enter(page, "Tempo, beats a minute", "9999")
    expect(tempo).to_have_value("1000")
    enter(page, "Tempo, beats a minute", "90")
    snap.select_option(label="1/8")
    expect_state(page, "({ snap, tempo }) => [snap, tempo]", [0.5, {"bpm": 90, "offset": 0, "beats": 4}])
    page.get_by_label("Tempo, beats a minute").fill("")
    page.get_by_label("Tempo, beats a minute").type("1e")  # which is no number, and a browser gives it as nothing
    page.get_by_label("Tempo, beats a minute").press("Enter")
    expect_state(page, "({ tempo }) => tempo.bpm", 90)
    page.evaluate("store.set({ playhead: 1.25 })")
    bar.click()
    expect_state(page, "({ tempo }) => tempo.offset", 1.25)
    expect(roll).to_be_focused()
    page.get_by_role("button", name="Undo (Ctrl Z)").click()
    expect_state(page, "({ tempo }) => tempo.offset", 0)
    enter(page, "Tempo, beats a minute", "")
    expect_state(page, "({ tempo }) => tempo", None)
    expect(snap).to_be_disabled()


def test_a_note_that_a_held_arrow_key_moves_leaves_those_that_it_passes_and_is_one_undo(page: Page) -> None:
    page.evaluate("const { notes } = store.get(); store.set({ selection: new Set([notes[0].id]) })")
    roll = page.locator("canvas.n2n-roll")
    roll.press("ArrowDown")
    for _ in range(60):
        page.keyboard.down("ArrowRight")
    page.keyboard.up("ArrowRight")
    places = "({ notes }) => notes.map(({ onset, drum }) => `${onset.toFixed(2)} ${drum}`)"
    expect_state(page, places, ["1.00 SN", "1.10 SN", "2.00 HH"])
    roll.press("Control+z")
    expect_notes(page, *NOTES)
    expect(page.get_by_role("button", name="Undo (Ctrl Z)")).to_be_disabled()


def test_the_list_says_what_drum_a_note_is_where_its_change_is_refused(page: Page) -> None:
    page.locator("summary", has_text="Note list").click()
    page.evaluate("store.set({ locks: new Set(['RD']) })")
    drum = page.get_by_label("Drum of the snare at 1.00 s")
    drum.select_option("RD")
    expect(drum).to_have_value("SN")
    expect_notes(page, *NOTES)


def test_a_threshold_that_is_moved_brings_back_the_notes_that_it_decides(page: Page) -> None:
    page.evaluate("""() => {
        const found = { onset: 3, drum: 'SN', velocity: 90, score: 0.2, confidence: 0.4 };
        store.set({ candidates: [found], steps: [{ step: 1, steps: 1, sigma: 1, frames: 400, planes: {}, notes: [] }], shown: 0 });
    }""")
    page.get_by_label("Threshold of snare").fill("0.3")
    expect_state(page, "({ shown, notes }) => [shown, notes.length]", [None, 4])


def test_while_a_take_is_seen_the_thresholds_are_those_that_it_brought(page: Page) -> None:
    page.evaluate("""() => {
        const { thresholds } = store.get();
        store.set({ takes: [{ notes: [], candidates: [], thresholds: { ...thresholds, SN: 0.09 }, region: [] }], take: 0 });
    }""")
    slider = page.get_by_label("Threshold of snare")
    expect(slider).to_have_attribute("aria-valuetext", "0.09")
    page.evaluate("store.set({ take: null })")
    expect(slider).to_have_attribute("aria-valuetext", "0.50")


def test_the_edit_button_closes_the_menu_that_it_opened(page: Page) -> None:
    edit, menu = page.get_by_role("button", name="Edit", exact=True), page.get_by_role("menu")
    for count in (1, 0, 1):
        edit.click()
        expect(menu).to_have_count(count)
    page.mouse.click(*page.evaluate(PLACE, [3.0, 5]))
    expect(menu).to_have_count(0)
    page.mouse.click(*page.evaluate(PLACE, [3.0, 5]), button="right")
    expect(menu).to_have_count(1)


@pytest.mark.parametrize(("options", "count"), [({}, 1), ({"has_touch": True, "is_mobile": True}, 0)], ids=["mouse", "fingers"])
def test_the_edit_menu_names_keys_only_where_something_else_than_fingers_points(
    open_editor: Callable[..., Page], options: dict[str, Any], count: int
) -> None:
    page = open_editor(**options)
    page.get_by_role("button", name="Edit", exact=True).click()
    expect(page.get_by_role("menuitem", name="Select all").locator("kbd").filter(visible=True)).to_have_count(count)


@pytest.mark.parametrize(("height", "above"), [(900, 0), (900, 700), (420, 0), (420, 180), (420, 340)])
def test_the_edit_menu_lies_within_the_window_and_beside_its_button(page: Page, height: int, above: int) -> None:
    page.set_viewport_size({"width": 900, "height": height})
    edit, menu = page.get_by_role("button", name="Edit", exact=True), page.get_by_role("menu")
    page.evaluate(
        "above => root.parentElement.style.paddingTop = `calc(${above}px - ${root.querySelector('.n2n-toolbar').offsetTop}px)`", above
    )
    edit.evaluate("node => node.click()")
    button, box = edit.bounding_box(), menu.bounding_box()
    assert button is not None and box is not None
    assert box["y"] >= button["y"] + button["height"] or box["y"] + box["height"] <= button["y"]
    assert box["y"] >= 0 and box["y"] + box["height"] <= height and box["height"] > 150
    page.keyboard.press("End")
    expect(page.get_by_role("menuitem").last).to_be_in_viewport(ratio=1)
    page.get_by_role("menuitem", name="Select all").click()
    expect_state(page, "({ selection }) => selection.size", 3)


def test_where_the_system_sets_the_colours_what_is_pressed_and_chosen_is_still_told_apart(open_editor: Callable[..., Page]) -> None:
    page = open_editor(forced_colors="active")
    page.evaluate("""() => {
        const step = (step, notes) => ({ step, steps: 2, sigma: 1, frames: 400, planes: {}, notes });
        const [kick, snare] = store.get().notes;
        const take = { notes: [], candidates: [], region: [{ start: 0, end: 2, drums: ['KD'] }] };
        store.set({ steps: [step(1, [kick]), step(2, [snare])], takes: [take], take: 0, muted: new Set(['KD']) });
    }""")
    look = """node => {
        const { backgroundColor, borderColor } = getComputedStyle(node);
        return [backgroundColor, borderColor].map(colour => colour.match(/\\d+/g).slice(0, 3));
    }"""
    pairs = [(f"{part}={state}]" for state in ("true", "false")) for part in STATED]
    for one, other in [*pairs, (".n2n-bar .appeared", ".n2n-bar .vanished"), (".n2n-bar .appeared", ".n2n-watch")]:
        assert page.locator(one).first.evaluate(look) != page.locator(other).first.evaluate(look), one
    for slider in page.locator("input[type=range]").all():
        assert slider.evaluate("node => getComputedStyle(node).forcedColorAdjust") == "none"


@pytest.mark.parametrize("width", [260, 320])
def test_the_narrowest_window_scrolls_nothing_sideways_and_escape_closes_the_controls_of_a_lane(
    open_editor: Callable[..., Page], width: int
) -> None:
    page = open_editor(width)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    name, mute = page.get_by_role("button", name="kick", exact=True), page.get_by_role("button", name="Mute kick")
    name.press("Enter")
    mute.press("Enter")
    mute.press("Escape")
    expect(mute).not_to_be_visible()
    expect(name).to_be_focused()
    expect(name).to_have_attribute("aria-expanded", "false")


def test_the_bars_in_the_list_stand_under_their_heading(page: Page) -> None:
    page.locator("summary", has_text="Note list").click()
    text_at = """node => {
        const range = document.createRange();
        range.selectNodeContents(node);
        return range.getBoundingClientRect().left;
    }"""
    heading, bar = page.get_by_role("columnheader", name="Bar"), page.locator(".n2n-rows .n2n-row > :nth-child(2)").first
    assert heading.evaluate(text_at) == bar.evaluate(text_at)
