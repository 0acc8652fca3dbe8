"""The page as its visitors meet it."""

import re
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from gradio_client import Client, handle_file
from playwright.sync_api import Page, Route, expect

from n2n.drums import DRUMS
from n2n.export.project import read_project
from n2n.note_files import read_notes, write_notes
from n2n.notes import Note, Transcription
from runs.page_pictures import paint, press
from tests.browser.conftest import PATIENCE_MS
from tests.browser.test_keep import download
from tests.running_app import SECONDS_TO_START, running_app, wait_until

OpenPage = Callable[..., Page]

expect.set_options(timeout=PATIENCE_MS)

ROOT = "#drum-roll [data-ready=true]"
WATCH_STEPS = """root => {
    window.seen = [];
    const note = () => root.dataset.step !== window.seen.at(-1) && window.seen.push(root.dataset.step);
    new MutationObserver(note).observe(root, {attributes: true});
}"""
"""Writes down each step that is drawn."""
BEYOND_THE_EDGE = """() => [...document.querySelectorAll('main *')]
    .filter(element => element.checkVisibility() && !hidden(element))
    .filter(element => element.getBoundingClientRect().right > innerWidth + 1)
    .map(element => element.outerHTML.slice(0, 120));
function hidden(element) {
    for (let box = element.parentElement; box; box = box.parentElement)
        if (['auto', 'scroll', 'hidden', 'clip'].includes(getComputedStyle(box).overflowX)) return true;
    return false;
}"""
"""What a visitor would have to scroll sideways for, but for what lies in a box of its own."""


def notes_of(page: Page) -> list[dict[str, Any]]:
    """The notes in the editor."""
    read = "root => root.n2n.store.get().notes.map(({onset, drum, velocity}) => ({onset, drum, velocity}))"
    return page.eval_on_selector(ROOT, read)


def choose(page: Page, file: Path | dict) -> None:
    clear = page.locator("#audio").get_by_label("Clear")
    if clear.is_visible():
        clear.click()
    page.set_input_files("#audio input[type=file]", file)


def bring(page: Page, file: Path) -> None:
    choose(page, file)
    page.wait_for_function(f"name => document.querySelector('{ROOT}').n2n.store.get().source?.name === name", arg=file.name)


def set_number(page: Page, part: str, value: int) -> None:
    page.locator(f"{part} input[type=number]").fill(str(value))
    page.locator(f"{part} input[type=number]").press("Enter")


def keep_busy(page: Page, folder: Path) -> None:
    """Begins a job that lasts until it is stopped."""
    bring(page, folder / "minute.wav")
    page.click("#more button")
    set_number(page, "#num-steps", 50)
    set_number(page, "#num-samples", 16)
    page.click("#transcribe")
    expect(page.locator("#status")).to_contain_text("of 50")


def test_a_recording_becomes_notes_step_by_step_and_a_midi_file(open_page: OpenPage, folder: Path, tmp_path: Path) -> None:
    page = open_page()
    expect(page.locator("#status")).to_contain_text("Press Transcribe")  # an example is there
    bring(page, folder / "loop.wav")
    page.eval_on_selector(ROOT, WATCH_STEPS)
    set_number(page, "#num-steps", 6)
    press(page, "#transcribe")
    root = page.locator(ROOT)
    expect(root).to_have_attribute("data-steps", "6")
    expect(root).not_to_have_attribute("data-notes", "0")
    seen = [int(step) for step in page.evaluate("window.seen")]
    assert len(set(seen)) >= 2 and max(seen) == 6
    notes = notes_of(page)
    with page.expect_download() as download:
        page.click("#download-midi")
    assert download.value.suggested_filename == "loop.mid"
    download.value.save_as(tmp_path / "loop.mid")
    kept = [(note.onset, note.drum, note.velocity) for note in read_notes(tmp_path / "loop.mid").notes]
    assert kept == [(pytest.approx(note["onset"], abs=1e-4), note["drum"], note["velocity"]) for note in notes] != []
    page.reload()
    expect(page.locator("#status")).to_contain_text("Your notes are back")
    expect(page.locator(ROOT)).to_have_attribute("data-notes", str(len(notes)))
    assert notes_of(page) == notes
    expect(page.locator("#num-steps input[type=number]")).to_have_value("6")


def test_what_is_painted_is_regenerated_and_nothing_else(open_page: OpenPage, folder: Path) -> None:
    page = open_page()
    bring(page, folder / "loop.wav")
    press(page, "#transcribe")
    before = notes_of(page)
    paint(page, (0.5, 1.5), (0, 5))
    expect(page.locator(ROOT)).to_have_attribute("data-masks", "1")
    (mask,) = page.eval_on_selector(ROOT, "root => root.n2n.store.get().masks.map(({start, end, drums}) => ({start, end, drums}))")
    page.locator("#listen").get_by_label("Imagine").check()
    press(page, "#regenerate")
    page.locator("summary", has_text="Note list").click()
    of_the_take = page.locator(".n2n-rows .n2n-number").first, page.get_by_label("Threshold of kick")
    for control in of_the_take:
        expect(control).to_be_disabled()
    page.click("#accept-take")
    expect(page.locator("#accept-take")).not_to_be_visible()
    for control in of_the_take:
        expect(control).to_be_enabled()

    def outside(notes: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [note for note in notes if note["drum"] not in mask["drums"] or not mask["start"] <= note["onset"] < mask["end"]]

    after = notes_of(page)
    assert mask["drums"] == list(DRUMS[:6]) and outside(after) == outside(before) and after != before
    page.click("#undo")
    wait_until(lambda: notes_of(page) == before)


def test_by_keyboard_alone_notes_are_added_changed_and_taken_back(open_page: OpenPage, folder: Path) -> None:
    page = open_page()
    bring(page, folder / "loop.wav")
    page.locator(f"{ROOT} canvas.n2n-roll").focus()
    for key in ("Home", "2", "Shift+ArrowUp", "ArrowDown"):
        page.keyboard.press(key)
    wait_until(lambda: [(note["onset"], note["drum"]) for note in notes_of(page)] == [(0, "TT")])
    (moved,) = notes_of(page)
    page.keyboard.press("Control+z")
    wait_until(lambda: [note["drum"] for note in notes_of(page)] == ["SN"])
    page.keyboard.press("Control+Shift+z")
    wait_until(lambda: notes_of(page) == [moved])
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    expect(page.locator(ROOT)).to_have_attribute("data-notes", "0")


def test_notes_are_generated_and_refined(open_page: OpenPage, folder: Path) -> None:
    page = open_page()
    bring(page, folder / "loop.wav")
    press(page, "#transcribe")
    press(page, "#refine")
    expect(page.locator("#drum-roll [data-ready=true]")).to_have_attribute("data-steps", re.compile("[1-9]"))
    set_number(page, "#seconds", 2)
    press(page, "#generate")
    wait_until(lambda: page.eval_on_selector(ROOT, "root => root.n2n.store.get().duration") == 2)


def test_the_seed_goes_on_where_the_next_click_is_to_bring_something_else(open_page: OpenPage, folder: Path) -> None:
    page = open_page()
    bring(page, folder / "loop.wav")
    page.click("#more button")
    seed = page.locator("#seed input")
    press(page, "#regenerate", "failed")  # nothing is marked
    press(page, "#transcribe")
    expect(seed).to_have_value("0")
    paint(page, (0.5, 1.5), (0, 5))
    set_number(page, "#takes", 2)
    press(page, "#regenerate")
    expect(seed).to_have_value("2")
    set_number(page, "#seconds", 2)
    press(page, "#generate")
    expect(seed).to_have_value("3")


def test_a_seed_that_is_set_while_a_job_runs_is_the_next(open_page: OpenPage, folder: Path) -> None:
    page = open_page()
    bring(page, folder / "loop.wav")
    page.click("#more button")
    seed = page.locator("#seed input")
    paint(page, (0.5, 1.5), (0, 5))
    set_number(page, "#num-steps", 50)
    set_number(page, "#num-samples", 16)
    page.click("#regenerate")
    expect(page.locator("#status")).to_contain_text("of 50")
    set_number(page, "#seed", 77)
    set_number(page, "#takes", 3)  # of the next, too
    expect(page.locator("#status .status[data-state=done]")).to_be_visible()
    expect(page.locator("#regenerate")).to_be_enabled()
    page.locator("#seed").hover()  # what follows the job has been done when the page answers
    expect(seed).to_have_value("77")


def test_choices_without_a_label_to_see_have_one_to_be_read(open_page: OpenPage) -> None:
    page = open_page()
    expect(page.locator("#fast")).to_contain_text("How to transcribe")
    expect(page.locator("#listen")).to_contain_text("What new notes go by")


def test_the_edit_menu_lies_over_what_is_said(open_page: OpenPage) -> None:
    page = open_page(viewport={"width": 390, "height": 844})
    edit = page.get_by_role("button", name="Edit", exact=True)
    edit.evaluate("button => scrollTo(0, button.getBoundingClientRect().bottom + scrollY - innerHeight + 60)")
    edit.click()
    covered = """items => items.filter(item => {
        const { left, top, width, height } = item.getBoundingClientRect();
        return top > 0 && !item.contains(document.elementFromPoint(left + width / 2, top + height / 2));
    }).map(item => item.textContent)"""
    items = page.get_by_role("menuitem")
    upper, lower = (page.locator(part).bounding_box() for part in (".n2n-menu", "#progress"))
    assert upper and lower and upper["y"] < lower["y"] < upper["y"] + upper["height"]
    assert items.evaluate_all(covered) == []


def test_nothing_found_and_nothing_readable_are_said_plainly(open_page: OpenPage, folder: Path) -> None:
    page = open_page()
    bring(page, folder / "silence.wav")
    press(page, "#transcribe")
    expect(page.locator("#status")).to_contain_text("No drum hits were found in 1 s of audio")
    choose(page, folder / "garbage.wav")
    expect(page.locator("#status [data-state=failed]")).to_contain_text("garbage.wav is no audio that can be read")
    expect(page.locator("#audio a[download]")).to_have_attribute("href", re.compile(r"/silence\.wav$"))  # the roll's recording again
    expect(page.locator("#status [data-state=failed]")).to_be_visible()
    press(page, "#transcribe")
    expect(page.locator("#status")).to_contain_text("No drum hits were found in 1 s of audio")
    expect(page.locator("#transcribe")).to_be_enabled()
    press(page, "#regenerate", "failed")
    expect(page.locator("#status")).to_contain_text("Nothing is marked")


def test_stop_ends_the_work_and_the_next_recording_is_served(open_page: OpenPage, folder: Path) -> None:
    page = open_page()
    expect(page.locator("#stop")).to_be_disabled()
    keep_busy(page, folder)
    page.click("#stop")
    expect(page.locator("#status")).to_contain_text("Stopped at step")
    expect(page.locator("#stop")).to_be_disabled()
    set_number(page, "#num-steps", 1)
    press(page, "#transcribe")
    expect(page.locator(ROOT)).to_have_attribute("data-steps", "1")


def test_a_job_that_is_begun_by_key_leaves_the_focus_on_stop_and_gives_it_back_unless_it_went_elsewhere(
    open_page: OpenPage, folder: Path
) -> None:
    page = open_page()
    transcribe, stop, roll = (page.locator(part) for part in ("#transcribe", "#stop", "canvas.n2n-roll"))
    bring(page, folder / "minute.wav")
    page.click("#more button")
    set_number(page, "#num-steps", 50)
    set_number(page, "#num-samples", 16)
    transcribe.press("Enter")
    expect(stop).to_be_focused()
    expect(page.locator("#status")).to_contain_text("of 50")
    stop.press("Enter")
    expect(page.locator("#status")).to_contain_text("Stopped at step")
    expect(transcribe).to_be_focused()
    transcribe.press("Enter")
    expect(stop).to_be_focused()
    roll.focus()
    stop.evaluate("button => button.click()")
    expect(transcribe).to_be_enabled()
    expect(roll).to_be_focused()


def test_a_job_that_is_stopped_says_so_though_the_answer_to_stop_comes_last(open_page: OpenPage, folder: Path) -> None:
    page, late = open_page(), []
    keep_busy(page, folder)

    def answer_late(route: Route) -> None:
        response = route.fetch()
        time.sleep(3.0)
        late.append(route.request.url)
        route.fulfill(response=response)

    page.route("**/gradio_api/run/**", answer_late)
    page.click("#stop")
    expect(page.locator("#status")).to_contain_text("Stopped at step")
    while not late:
        page.wait_for_timeout(100)
    page.wait_for_timeout(500)
    expect(page.locator("#status")).to_contain_text("Stopped at step")


def test_generating_that_is_stopped_gives_the_notes_back(open_page: OpenPage, folder: Path) -> None:
    page = open_page()
    bring(page, folder / "loop.wav")
    page.locator(f"{ROOT} canvas.n2n-roll").focus()
    page.keyboard.press("2")
    page.click("#more button")
    for part, value in (("#imagine-steps", 50), ("#num-samples", 16), ("#seconds", 60)):
        set_number(page, part, value)
    page.click("#generate")
    expect(page.locator("#status")).to_contain_text("of 50")
    expect(page.locator(ROOT)).to_have_attribute("data-notes", "0")
    page.click("#stop")
    expect(page.locator("#status")).to_contain_text("Stopped at step")
    expect(page.locator(ROOT)).to_have_attribute("data-notes", "1")
    assert page.eval_on_selector(ROOT, "root => root.n2n.store.get().source.name") == "loop.wav"


def test_another_recording_ends_the_job_of_the_one_before(open_page: OpenPage, folder: Path) -> None:
    page = open_page()
    keep_busy(page, folder)
    bring(page, folder / "loop.wav")
    expect(page.locator("#status")).to_contain_text("2 s of audio. Press Transcribe")
    expect(page.locator("#transcribe")).to_be_enabled()
    assert notes_of(page) == [] and page.eval_on_selector(ROOT, "root => root.n2n.store.get().duration") == 2


def test_an_edit_outlasts_a_reload_at_once_and_undo_leads_back_from_another_recording(open_page: OpenPage, folder: Path) -> None:
    page = open_page()
    bring(page, folder / "loop.wav")
    page.locator(f"{ROOT} canvas.n2n-roll").focus()
    page.keyboard.press("2")
    page.reload()
    expect(page.locator("#status")).to_contain_text("Your notes are back")
    expect(page.locator(ROOT)).to_have_attribute("data-notes", "1")
    expect(page.locator("#undo")).to_be_disabled()
    for _ in range(2):
        bring(page, folder / "silence.wav")
        expect(page.locator(ROOT)).to_have_attribute("data-notes", "0")
        page.click("#undo")
        expect(page.locator("#status")).to_contain_text("Back at loop.wav")
        expect(page.locator(ROOT)).to_have_attribute("data-notes", "1")
    press(page, "#transcribe")
    expect(page.locator("#status")).to_contain_text("in 2 s")


def drop(page: Page, file: Path, kind: str, where: str) -> None:
    page.evaluate(
        """([content, name, type, where]) => {
          const dataTransfer = new DataTransfer();
          dataTransfer.items.add(new File([Uint8Array.from(content)], name, { type }));
          for (const event of ["dragover", "drop"]) {
            const over = new DragEvent(event, { dataTransfer, bubbles: true, cancelable: true });
            if (document.querySelector(where).dispatchEvent(over)) throw new Error(`${event} is left to the browser`);
          }
        }""",
        [list(file.read_bytes()), file.name, kind, where],
    )


def test_a_file_is_dropped_anywhere_and_goes_where_it_belongs(open_page: OpenPage, folder: Path, tmp_path: Path) -> None:
    page = open_page()
    bring(page, folder / "loop.wav")
    shown = f"document.querySelector('{ROOT}').n2n.store.get().source?.name"
    for name, kind in (("silence.wav", "audio/wav"), ("loop.wav", "")):
        drop(page, folder / name, kind, ROOT)
        page.wait_for_function(f"{shown} === '{name}'")
    write_notes(Transcription((Note(0.5, "SN", 90), Note(1.0, "KD", 80)), 2.0), tmp_path / "take.mid")
    drop(page, tmp_path / "take.mid", "", "h1")
    expect(page.locator("#status")).to_contain_text("take.mid: 2 notes")
    assert page.evaluate(shown) == "loop.wav"


def test_what_is_said_stays_in_sight_and_what_cannot_be_kept_is_told(open_page: OpenPage) -> None:
    page = open_page()
    page.locator("#download-midi").scroll_into_view_if_needed()
    page.click("#download-midi")
    expect(page.locator("#status")).to_contain_text("There is nothing to keep yet")
    assert page.evaluate("window.scrollY") > 0
    expect(page.locator("#status")).to_be_in_viewport(ratio=1.0)


def test_space_plays_and_undo_undoes_while_the_focus_is_nowhere_and_one_player_sounds_at_a_time(open_page: OpenPage, folder: Path) -> None:
    page = open_page()
    bring(page, folder / "loop.wav")
    press(page, "#transcribe")
    playing = f"document.querySelector('{ROOT}').n2n.store.get().playing"
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Space")
    page.wait_for_function(playing)
    page.click("#audio button[aria-label=Play]")
    page.wait_for_function(f"!{playing}")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Space")
    page.wait_for_function(playing)
    expect(page.locator("#audio button[aria-label=Play]")).to_be_visible()
    page.keyboard.press("Control+z")
    expect(page.locator(ROOT)).to_have_attribute("data-notes", "0")


def test_what_the_editor_says_can_be_seen(open_page: OpenPage, folder: Path) -> None:
    page = open_page()
    bring(page, folder / "loop.wav")
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 844})
        page.locator(f"{ROOT} canvas.n2n-roll").focus()
        page.keyboard.press("Delete")
        said = page.get_by_text("Nothing is selected")
        expect(said).to_be_visible()
        box = said.bounding_box()
        assert box and box["width"] > 50 and box["height"] > 10


def test_after_a_reload_thresholds_are_live_and_a_project_tells_how_the_notes_came_about(
    open_page: OpenPage, folder: Path, tmp_path: Path
) -> None:
    page = open_page()
    bring(page, folder / "loop.wav")
    press(page, "#transcribe")
    candidates = "root => root.n2n.store.get().candidates.length"
    before = page.eval_on_selector(ROOT, candidates)
    page.reload()
    expect(page.locator("#status")).to_contain_text("Your notes are back")
    expect(page.locator(ROOT)).not_to_have_attribute("data-notes", "0")
    assert page.eval_on_selector(ROOT, candidates) == before > 0
    project = read_project(download(page, "#save-project", tmp_path))
    assert [action.verb for action in project.recipe] == ["transcribe"] and len(project.candidates) == before


def test_what_is_kept_after_undo_tells_how_those_notes_came_about(open_page: OpenPage, folder: Path, tmp_path: Path) -> None:
    page = open_page()

    def verbs() -> list[str]:
        return [action.verb for action in read_project(download(page, "#save-project", tmp_path)).recipe]

    bring(page, folder / "loop.wav")
    press(page, "#transcribe")
    set_number(page, "#seconds", 2)
    press(page, "#generate")
    assert verbs() == ["generate"]
    page.click("#undo")
    expect(page.locator("#status")).to_contain_text("Back at loop.wav")
    assert verbs() == ["transcribe"]
    page.click("#redo")
    expect(page.locator("#status")).to_contain_text("Back at notes without a recording")
    assert verbs() == ["generate"]


def test_the_fast_model_answers_at_once_and_the_choice_is_remembered(open_page: OpenPage, folder: Path) -> None:
    page = open_page()
    bring(page, folder / "loop.wav")
    page.click("#fast label:has-text('At once')")
    expect(page.locator("#num-steps")).to_be_hidden()
    press(page, "#transcribe")
    expect(page.locator(ROOT)).to_have_attribute("data-steps", "1")
    page.reload()
    expect(page.locator("#status")).to_contain_text("Your notes are back")
    expect(page.locator("#fast input").nth(1)).to_be_checked()
    expect(page.locator("#num-steps")).to_be_hidden()
    page.click("#fast label:has-text('Step by step')")
    press(page, "#transcribe")
    expect(page.locator(ROOT)).to_have_attribute("data-steps", "3")


def test_two_tabs_do_not_meddle_with_each_other(open_page: OpenPage, folder: Path) -> None:
    pages = {"loop.wav": open_page(), "silence.wav": open_page()}
    for name, page in pages.items():
        bring(page, folder / name)
    for page in pages.values():
        page.eval_on_selector("#status .status", "status => status.dataset.before = 'yes'")
        page.click("#transcribe")
    for page in pages.values():
        expect(page.locator("#status .status[data-state=done]:not([data-before])")).to_be_visible()
    expect(pages["silence.wav"].locator("#status")).to_contain_text("in 1 s of audio")
    expect(pages["loop.wav"].locator("#status")).to_contain_text("in 2 s")
    assert notes_of(pages["loop.wav"]) and not notes_of(pages["silence.wav"])


def test_a_phone_in_the_dark_scrolls_nothing_sideways(open_page: OpenPage, folder: Path) -> None:
    page = open_page(viewport={"width": 390, "height": 844}, color_scheme="dark")
    brightness = "Math.max(...getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3).map(Number))"
    assert page.evaluate(brightness) < 40
    bring(page, folder / "loop.wav")
    press(page, "#transcribe")
    page.click("#more button")
    lane, mute = page.get_by_role("button", name="kick", exact=True), page.get_by_label("Mute kick")
    expect(lane).to_have_attribute("title", re.compile("^Mute, solo, lock"))
    for opened in (True, False):
        expect(mute).to_be_visible(visible=not opened)
        lane.click()
        expect(lane).to_have_attribute("aria-expanded", str(opened).lower())
    assert page.evaluate(BEYOND_THE_EDGE) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.emulate_media(color_scheme="light")
    page.reload()
    page.locator(ROOT).wait_for()
    assert page.evaluate(brightness) > 220


def test_a_hostile_file_name_is_text_and_nothing_more(open_page: OpenPage, folder: Path) -> None:
    page = open_page()
    title = page.title()
    for name in ('"><img src=x onerror="document.title=`pwned`">.wav', "${document.title=`pwned`}{{constructor}}.wav"):
        choose(page, {"name": name, "mimeType": "audio/wav", "buffer": (folder / "garbage.wav").read_bytes()})
        expect(page.locator("#status [data-state=failed]")).to_be_visible()
        choose(page, {"name": name, "mimeType": "audio/wav", "buffer": (folder / "loop.wav").read_bytes()})
        expect(page.locator("#status")).to_contain_text("2 s of audio. Press Transcribe")
        press(page, "#transcribe")
        assert page.title() == title and page.locator("#status img, #drum-roll img").count() == 0
        with page.expect_download() as download:
            page.click("#download-midi")
        assert not set(download.value.suggested_filename) & set('<>"$`{}/')


def test_below_a_path_and_without_a_model_the_page_stands_and_says_so(open_page: OpenPage, app_without_model: str) -> None:
    page = open_page(app_without_model)
    expect(page.locator("#no-model")).to_contain_text("There is no model yet")
    expect(page.locator("#transcribe")).to_be_disabled()
    expect(page.locator("#status")).to_contain_text("of audio. Draw its notes with the pencil.")
    expect(page.locator(".n2n-blank")).to_have_text("No notes yetDraw them with the pencil.")
    assert page.eval_on_selector(ROOT, "root => root.n2n.store.get().source.duration") > 1


def test_notes_outlast_a_server_that_is_started_anew(open_page: OpenPage, folder: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with running_app(tmp_path, model=folder / "model", port=port) as address:
        page = open_page(address, may_fail=True)
        bring(page, folder / "loop.wav")
        press(page, "#transcribe")
        notes = notes_of(page)
    page.click("#transcribe")
    expect(page.locator("[data-testid=toast-body]").first).to_contain_text("Connection to the server was lost")
    with running_app(tmp_path, model=folder / "model", port=port):
        expect(page.locator("#status")).to_contain_text("Your notes are back")
        expect(page.locator(ROOT)).to_have_attribute("data-notes", str(len(notes)))
        assert notes_of(page) == notes != []


def test_who_comes_when_the_queue_is_full_reads_so_and_can_try_again(open_page: OpenPage, app: str, folder: Path) -> None:
    page, other = open_page(), open_page()
    bring(page, folder / "loop.wav")
    keep_busy(other, folder)
    waiting = Client(app, verbose=False).submit(handle_file(folder / "loop.wav"), 1, 0, api_name="/transcribe")
    wait_until(lambda: waiting.status().code.name == "IN_QUEUE")
    page.click("#transcribe")
    expect(page.locator("[data-testid=toast-body]")).to_contain_text("busy")
    expect(page.locator("#status [data-state=failed]")).to_contain_text("may be busy with others")
    other.click("#stop")
    waiting.result(timeout=SECONDS_TO_START)
    press(page, "#transcribe")
