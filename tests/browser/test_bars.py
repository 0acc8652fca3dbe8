"""The transport, the watch strip and the takes bar, each alone with a store, by mouse and by keyboard."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from n2n.render import kit_names
from tests.browser.conftest import PATIENCE_MS
from tests.browser.served_assets import served_assets

SETUP = """async ({ state, kits }) => {
  const from = (name) => import(`/editor/${name}.js`);
  const { createStore } = await from('store');
  const { createPlayer } = await from('playback');
  const { makeNote } = await from('notes');
  const notes = (list) => list.map(([onset, drum, velocity = 100]) => makeNote({ onset, drum, velocity }));
  const store = createStore({ duration: 4, ...state, notes: notes(state.notes ?? []) });
  const player = createPlayer(store);
  const style = document.createElement('link');
  Object.assign(style, { rel: 'stylesheet', href: '/editor/sound.css' });
  const styled = new Promise((resolve) => style.addEventListener('load', resolve));
  document.head.append(style);
  await styled;
  const root = document.body.appendChild(document.createElement('div'));
  root.className = 'n2n';
  const host = (name) => {
    const node = document.createElement('div');
    node.className = `n2n-${name}`;
    root.append(node);
    return node;
  };
  (await from('transport')).mountTransport(host('transport'), store, player, { kits });
  const roll = document.createElement('button');
  roll.id = 'roll';
  document.body.append(roll);
  const leave = () => roll.focus();
  (await from('watch')).mountWatch(host('watch'), store, { leave });
  (await from('takes')).mountTakes(host('takes'), store, { leave });
  Object.assign(window, { store, player, notes });
}"""

KITS = [{"name": kit, "title": kit, "json": f"/kits/{kit}/kit.json", "samples": f"/kits/{kit}/samples.flac"} for kit in kit_names()]
REGION = [{"start": 1, "end": 2, "drums": ["KD", "SN"]}]

expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="module")
def served(browser: Browser) -> Iterator[tuple[BrowserContext, str]]:
    with served_assets() as address, browser.new_context(viewport={"width": 900, "height": 700}) as context:
        context.set_default_timeout(PATIENCE_MS)
        yield context, address


@pytest.fixture
def mount(served: tuple[BrowserContext, str]) -> Iterator[Callable[..., Page]]:
    """Opens a page with the bars over a store of this state; no error may be logged in it."""
    context, address = served
    errors: list[str] = []

    def mount(**state: Any) -> Page:
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.goto(address)
        page.evaluate(SETUP, {"state": state, "kits": KITS})
        return page

    yield mount
    for page in context.pages:
        page.close()
    assert errors == []


def state(page: Page, key: str) -> Any:
    return page.evaluate(f"store.get().{key}")


def expect_state(page: Page, key: str, value: Any) -> None:
    """Waits until the store says so: what a mouse does need not have arrived when the mouse has moved."""
    page.wait_for_function("([key, value]) => JSON.stringify(store.get()[key]) === JSON.stringify(value)", arg=[key, value])


def give_steps(page: Page, counts: list[int], planes: tuple[str, ...] = ("noisy", "onset", "velocity")) -> None:
    page.evaluate(
        """({ counts, planes }) => store.set({ steps: counts.map((count, index) => ({
          run: 'r', step: index + 1, steps: counts.length, sigma: 20 / (index + 1), frames: 400,
          planes: Object.fromEntries(planes.map((name) => [name, new Uint8Array(2800)])),
          notes: Array.from({ length: count }, (_, note) => ({ onset: note / 2, drum: 'KD', velocity: 90, confidence: 0.9 })) })) })""",
        {"counts": counts, "planes": list(planes)},
    )


def give_takes(page: Page, takes: list[list[list[Any]]]) -> None:
    page.evaluate(
        """({ takes, region }) => store.set({ take: 0,
          takes: takes.map((list, seed) => ({ seed, region, candidates: [], notes: notes(list) })) })""",
        {"takes": takes, "region": REGION},
    )


def onsets(page: Page) -> list[float]:
    return page.evaluate("store.get().notes.map(({ onset }) => onset)")


def test_play_moves_the_playhead_and_pause_stops_it(mount: Callable[..., Page]) -> None:
    page = mount(notes=[[0.1, "KD"]], loop={"start": 0, "end": 1})
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_function("store.get().playing && store.get().playhead > 0.05")
    page.get_by_role("button", name="Pause").click()
    expect_state(page, "playing", False)
    page.get_by_role("button", name="To the start").click()
    expect_state(page, "playhead", 0)
    expect(page.get_by_role("timer")).to_have_text("0:00.0 / 0:04.0")


def test_sound_is_set_from_the_keyboard(mount: Callable[..., Page]) -> None:
    page = mount(notes=[[0.1, "KD"]], tempo={"bpm": 120, "offset": 0, "beats": 4})
    expect(page.get_by_label("Between original and notes")).to_be_disabled()
    page.evaluate("player.loadSource('/kits/uzu/samples.flac')")
    fader = page.get_by_label("Between original and notes")
    expect(fader).to_be_enabled()
    fader.press("End")
    assert state(page, "master.mix") == 1
    expect(fader).to_have_attribute("aria-valuetext", "notes only")
    page.get_by_label("Volume").press("Home")
    assert state(page, "master.volume") == 0
    page.get_by_role("button", name="Loop").press("Enter")
    expect_state(page, "loop", {"start": 0, "end": 4})
    page.get_by_role("button", name="Loop").press("Enter")
    expect_state(page, "loop", None)
    page.evaluate("store.set({ masks: [{ start: 1, end: 3, drums: ['SN'] }] })")
    page.get_by_role("button", name="Loop").press("Enter")
    expect_state(page, "loop", {"start": 1, "end": 3})
    page.get_by_role("button", name="Loop").press("Enter")
    page.evaluate("store.set({ masks: [] })")
    page.get_by_role("button", name="Loop").press("Enter")
    expect_state(page, "loop", {"start": 1, "end": 3})
    expect_state(page, "kit", kit_names()[0])
    page.get_by_label("Drum kit").select_option("virtuosity")
    expect_state(page, "kit", "virtuosity")
    page.wait_for_function("player.status().kit === 'ready'")


def test_a_recording_that_cannot_be_decoded_is_said_plainly(mount: Callable[..., Page]) -> None:
    page = mount()
    page.evaluate("player.loadSource('/CREDITS.md')")
    expect(page.locator(".n2n-message")).to_have_text("This browser cannot load the recording as sound. The rest still plays.")
    expect(page.get_by_label("Between original and notes")).to_be_disabled()


def test_steps_are_scrubbed_by_keys_and_by_mouse(mount: Callable[..., Page]) -> None:
    page = mount()
    expect(page.locator(".n2n-watch")).to_be_hidden()
    give_steps(page, [2, 5, 4, 4])
    strip, back = page.get_by_role("slider", name="Denoising step"), page.get_by_role("button", name="Back to notes")
    expect(page.locator(".n2n-bar")).to_have_count(4)
    expect(back).to_be_disabled()
    strip.press("Home")
    strip.press("ArrowRight")
    expect_state(page, "shown", 1)
    expect(strip).to_have_attribute("aria-valuetext", "Step 2 of 4: noise 10.0, 5 notes, 3 appeared, 0 vanished")
    expect(page.locator(".n2n-readout")).to_contain_text("Step 2 of 4")
    strip.press("ArrowRight")
    expect(page.locator(".n2n-vanished")).to_have_text("\N{MINUS SIGN}1")
    back.click()
    expect_state(page, "shown", None)
    expect(page.locator("#roll")).to_be_focused()
    strip.hover(position={"x": 2, "y": 20})  # which waits until it stands still
    box = strip.bounding_box()
    assert box is not None
    page.mouse.down()
    expect_state(page, "shown", 0)
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 300)
    expect_state(page, "shown", 2)
    page.mouse.up()
    page.mouse.move(box["x"] + 2, box["y"] + 20)
    expect_state(page, "shown", 2)


def test_escape_leaves_the_steps(mount: Callable[..., Page]) -> None:
    page = mount()
    give_steps(page, [1, 2])
    strip = page.get_by_role("slider", name="Denoising step")
    strip.press("End")
    expect_state(page, "shown", 1)
    strip.press("Escape")
    expect_state(page, "shown", None)


def test_steps_are_replayed_to_the_last(mount: Callable[..., Page]) -> None:
    page = mount()
    give_steps(page, [1, 2, 3])
    page.evaluate("window.seen = []; void store.subscribe((state, changed) => changed.has('shown') && seen.push(state.shown))")
    page.get_by_role("button", name="Play the steps").click()
    page.wait_for_function("seen.length === 3")
    expect(page.get_by_role("button", name="Play the steps")).to_be_visible()
    assert page.evaluate("seen") == [0, 1, 2]


def test_what_is_shown_of_a_step_is_chosen_among_what_there_is(mount: Callable[..., Page]) -> None:
    page = mount()
    give_steps(page, [3, 3])
    expect(page.get_by_role("radio", name="Estimate")).to_be_checked()
    page.get_by_role("radio", name="Estimate").press("ArrowLeft")
    assert [state(page, key) for key in ("watchPlane", "shown")] == ["noisy", 1]
    give_steps(page, [3], ("onset",))
    expect(page.get_by_role("radio")).to_have_count(1)


def test_a_take_is_auditioned_compared_and_accepted_as_one_entry(mount: Callable[..., Page]) -> None:
    page = mount(notes=[[0.5, "KD"], [1.2, "KD"], [1.5, "HH"], [3, "SN"]])
    before = page.evaluate("store.get().notes.map(({ id }) => id)")
    expect(page.locator(".n2n-takes")).to_be_hidden()
    give_takes(page, [[[1.3, "KD"]], [[1.1, "SN"], [1.7, "KD"], [2.5, "KD"]]])
    cards = page.get_by_role("radio", name="ake").or_(page.get_by_role("radio", name="Now"))
    expect(cards).to_have_count(3)
    expect(cards.nth(2)).to_contain_text("2 notes, +2 \N{MINUS SIGN}1")
    page.get_by_role("radio", name="Take 1").press("ArrowRight")
    expect_state(page, "take", 1)
    expect(page.get_by_role("radio", name="Take 2")).to_be_focused()
    page.get_by_role("button", name="Compare").click()
    expect_state(page, "take", None)
    page.get_by_role("button", name="Compare").click()
    expect_state(page, "take", 1)
    assert onsets(page) == [0.5, 1.2, 1.5, 3]
    page.click("#accept-take")
    expect(page.locator("#roll")).to_be_focused()
    assert onsets(page) == [0.5, 1.1, 1.5, 1.7, 3]
    assert page.evaluate("store.get().notes.map(({ id }) => id)")[::2] == [before[0], before[2], before[3]]
    expect(page.locator(".n2n-takes")).to_be_hidden()
    assert page.evaluate("store.undo()") == "Accept take 2"
    assert onsets(page) == [0.5, 1.2, 1.5, 3] and page.evaluate("store.canUndo()") is False


def test_takes_can_be_thrown_away_and_are_called_alike_when_they_are(mount: Callable[..., Page]) -> None:
    page = mount(notes=[[1.2, "KD"]])
    give_takes(page, [[[1.3, "KD"]], [[1.3, "KD"]]])
    expect(page.locator(".n2n-alike")).to_have_text("Both takes are alike.")
    page.get_by_role("button", name="Discard all").click()
    expect_state(page, "takes", [])
    assert state(page, "take") is None and onsets(page) == [1.2]


def test_a_take_is_called_as_now_only_where_it_sounds_so(mount: Callable[..., Page]) -> None:
    page = mount(notes=[[1.2, "KD", 100]])
    give_takes(page, [[[1.2, "KD", 96]], [[1.2, "KD", 60]], [[1.23, "KD", 100]]])
    for number, said in enumerate(("as now", "same hits", "same hits"), start=1):
        expect(page.get_by_role("radio", name=f"Take {number}")).to_contain_text(f"1 note, {said}")
