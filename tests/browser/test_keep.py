"""Keep in a browser: a project is opened, and each button's click is a download of what the project held."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from n2n.bars import Bars
from n2n.edits import EditedRoll, Region
from n2n.export.project import SESSION, CandidateRow, Project, read_project, write_project
from n2n.note_files import read_notes
from n2n.notes import Note, Transcription

NOTES = tuple(Note(0.25 * k, ("KD", "SN", "HH")[k % 3], 40 + k) for k in range(7))
THRESHOLDS = (0.25, 0.0, 0.3, 0.4, 0.5, 0.6, 1.0)
ROLL = EditedRoll(Transcription(NOTES, 2.0, 120.0), (Region(0.5, 1.0, ("SN",)),), ("HH",), Bars(120.0, 0.0, 4), THRESHOLDS)
CANDIDATES = (CandidateRow(0.0, 0, 40, 0.9, 0.9), CandidateRow(0.1, 0, 30, 0.16, 0.5), CandidateRow(0.9, 0, 30, 0.04, 0.5))
"""Kicks: one that is a note, two that could be."""
HOSTILE = "<img src=x onerror=alert(1)> ${alert(1)} 'loop'.wav"


@pytest.fixture
def page(open_page: Callable[..., Page], folder: Path, tmp_path: Path) -> Page:
    """The page with a project open in it."""
    write_project(Project(ROLL, recording=HOSTILE, candidates=CANDIDATES), tmp_path / "saved.n2n", audio=folder / "loop.wav")
    page = open_page()
    page.on("dialog", lambda dialog: pytest.fail(f"a name was run as code: {dialog.message}"))
    page.locator("[data-ready=true]").wait_for(state="attached")
    open_project(page, tmp_path / "saved.n2n")
    expect(page.locator("#status")).to_contain_text("Opened saved: 7 notes")
    return page


def open_project(page: Page, path: Path) -> None:
    with page.expect_file_chooser() as chooser:
        page.locator("#open-project").click()
    chooser.value.set_files(path)
    page.locator(f'[data-notes="{len(NOTES)}"][data-masks="1"]').wait_for(state="attached")


def download(page: Page, button: str, folder: Path) -> Path:
    """Clicks a button; the file that the browser saves, under its own name."""
    with page.expect_download() as begun:
        page.locator(button).click()
    path = folder / begun.value.suggested_filename
    begun.value.save_as(path)
    return path


def test_each_click_is_a_download_named_after_the_recording(page: Page, tmp_path: Path) -> None:
    midi = download(page, "#download-midi", tmp_path)
    assert midi.name == "img src x onerror alert 1 alert 1 loop.mid"
    read = read_notes(midi)
    assert read.tempo == 120.0
    assert [(round(note.onset, 4), note.drum, note.velocity) for note in read.notes] == [(n.onset, n.drum, n.velocity) for n in NOTES]
    assert read_notes(download(page, "#download-json", tmp_path)).notes == NOTES
    with Image.open(download(page, "#download-png", tmp_path)) as picture:
        assert picture.format == "PNG"
    assert json.loads(download(page, "#download-notebook", tmp_path).read_bytes())["nbformat"] == 4
    kept = zipfile.ZipFile(download(page, "#save-project", tmp_path))
    assert EditedRoll.from_json(json.loads(kept.read(SESSION))["roll"]) == ROLL


def test_what_cannot_be_made_is_told(page: Page) -> None:
    page.locator("#download-gif").click()
    expect(page.locator("[data-testid=toast-body]")).to_contain_text("There are no steps to animate")


def test_a_threshold_that_was_moved_is_in_the_project_and_back_when_it_is_opened(page: Page, tmp_path: Path) -> None:
    slider, notes = page.get_by_label("Threshold of kick"), page.locator("[data-notes]")
    slider.fill("0.3")
    expect(notes).to_have_attribute("data-notes", str(len(NOTES) + 1))
    saved = read_project(download(page, "#save-project", tmp_path))
    assert saved.roll.thresholds == pytest.approx((0.09, *THRESHOLDS[1:])) and len(saved.roll.notes) == len(NOTES) + 1
    slider.fill("0.6")
    expect(notes).to_have_attribute("data-notes", str(len(NOTES)))
    with page.expect_file_chooser() as chooser:
        page.locator("#open-project").click()
    chooser.value.set_files(tmp_path / "img src x onerror alert 1 alert 1 loop.n2n")
    expect(notes).to_have_attribute("data-notes", str(len(NOTES) + 1))
    expect(slider).to_have_attribute("aria-valuetext", "0.09")
    slider.fill("0.1")
    expect(notes).to_have_attribute("data-notes", str(len(NOTES) + 2))
