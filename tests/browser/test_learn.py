"""The Learn page: every figure moves, by keyboard alone, on an example and on the visitor's own clip; and it works without a model."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PATIENCE_MS

OpenPage = Callable[..., Page]

expect.set_options(timeout=PATIENCE_MS)

PARTS = 5
SLIDERS = {
    "noising": ["noising-sigma"],
    "sigma": ["sigma"],
    "schedule": ["schedule-steps", "sigma-max", "sigma-min", "rho"],
    "loss": ["c", "p"],
    "hearing": ["withheld"],
    "steps": ["num-steps"],
    "filling": ["fill-step"],
}
CHOICES = {"noising": ["noising-hearing"], "schedule": ["schedule-preset"], "hearing": ["hearing-sigma"]}
CLOSED_FORMS = ("sigma", "schedule", "loss")

LOOK = """name => {
    const figure = document.querySelector(`#learn-${name}`);
    const canvases = [...figure.querySelectorAll('canvas')].map(canvas => canvas.toDataURL());
    const charts = [...figure.querySelectorAll('.learn-chart > svg')].map(svg => svg.outerHTML);
    return JSON.stringify([canvases, charts]);
}"""
"""All that a figure draws."""

BEYOND_THE_EDGE = """() => [...document.querySelectorAll('.learn *')]
    .filter(element => element.checkVisibility() && element.getBoundingClientRect().right > innerWidth + 1)
    .map(element => element.outerHTML.slice(0, 120))"""


def address_of_learn(app: str) -> str:
    return f"{app.rstrip('/')}/learn"


def wait_for_figures(page: Page, parts: int = PARTS) -> None:
    page.locator(".learn[data-ready]").wait_for()
    if parts:
        page.locator(f".learn[data-parts='{parts}']").wait_for()


def assert_moves(page: Page, figure: str, control: str) -> None:
    """Two presses of an arrow key on a control draw its figure anew; where the first way leads past the end, the other does."""
    before = page.evaluate(LOOK, figure)
    element = page.locator(control)
    element.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "ArrowLeft", "ArrowLeft"):
        element.page.keyboard.press(key)
        if page.evaluate(LOOK, figure) != before:
            return
    pytest.fail(f"{control} leaves the figure {figure} as it was")


def test_every_control_moves_its_figure_by_keyboard(open_tab: OpenPage, app: str) -> None:
    page = open_tab(address_of_learn(app))
    wait_for_figures(page)
    expect(page.locator(".learn-status")).to_contain_text("all known")
    assert page.locator(".learn-absent:visible").count() == 0
    for figure, names in SLIDERS.items():
        for name in names:
            assert_moves(page, figure, f"[data-slider='{name}']")
    for figure, names in CHOICES.items():
        for name in names:
            assert_moves(page, figure, f"[data-choice='{name}'] label:first-child input")
    assert sorted(SLIDERS) == sorted(page.evaluate("[...document.querySelectorAll('.learn-figure')].map(f => f.id.slice(6))"))
    assert page.locator("[data-slider]").count() == sum(map(len, SLIDERS.values()))
    unnamed = "[...document.querySelectorAll('.learn canvas, .learn-chart > svg')].filter(picture => !picture.getAttribute('aria-label'))"
    assert page.evaluate(f"{unnamed}.length") == 0


def test_the_schedule_is_the_models_own_and_keeps_its_leap_when_moved_by_hand(open_tab: OpenPage, app: str) -> None:
    page = open_tab(address_of_learn(app))
    wait_for_figures(page)
    figure = page.locator("#learn-schedule")
    expect(figure.locator(".learn-note")).to_contain_text("goes from the first level at once to 0.5")
    expect(figure.locator(".learn-readout")).to_contain_text("Levels: 20, 0.5, 0.3.")
    slider = page.locator("[data-slider='sigma-min']")
    slider.press("ArrowLeft")
    expect(figure.locator(".learn-readout")).to_contain_text("Levels: 20, 0.5, 0.2")
    slider.press("ArrowRight")
    expect(figure.locator(".learn-readout")).to_contain_text("Levels: 20, 0.5, 0.3.")
    slider.press("End")
    expect(figure.locator(".learn-readout")).to_contain_text("Levels: 20, 1, 1.")
    figure.get_by_text("EDM, for pictures").click()
    expect(figure.locator(".learn-readout")).not_to_contain_text("0.5, ")


def test_a_visitors_own_clip_takes_the_place_of_the_example(open_tab: OpenPage, app: str, folder: Path) -> None:
    page = open_tab(address_of_learn(app), viewport={"width": 390, "height": 844}, color_scheme="dark")
    wait_for_figures(page)
    title, before = page.title(), page.evaluate(LOOK, "hearing")
    name = '<img src=x onerror="document.title=`pwned`">${document.title=`pwned`}.wav'
    content = (folder / "loop.wav").read_bytes()
    page.set_input_files(".learn-picker input[type=file]", {"name": name, "mimeType": "audio/wav", "buffer": content})
    expect(page.locator(".learn-status")).to_contain_text("taken for the truth")
    expect(page.locator(f".learn[data-parts='{PARTS}']")).to_be_visible()
    expect(page.locator(".learn-picker select option:checked")).to_have_text(name)
    assert page.evaluate(LOOK, "hearing") != before
    assert page.title() == title and page.locator(".learn img").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 390 and page.evaluate(BEYOND_THE_EDGE) == []
    page.set_input_files(".learn-picker input[type=file]", folder / "garbage.wav")
    expect(page.locator(".learn-status.failed")).to_contain_text("garbage.wav is no audio")
    expect(page.get_by_role("button", name="Try again")).to_be_visible()


def test_a_recording_dropped_on_the_page_is_the_clip(open_tab: OpenPage, app: str, folder: Path) -> None:
    page = open_tab(address_of_learn(app))
    wait_for_figures(page)
    page.evaluate(
        """(bytes) => {
            const dataTransfer = new DataTransfer();
            dataTransfer.items.add(new File([new Uint8Array(bytes)], "dropped.wav", { type: "audio/wav" }));
            for (const kind of ["dragover", "drop"]) {
                const event = new DragEvent(kind, { dataTransfer, bubbles: true, cancelable: true });
                if (document.body.dispatchEvent(event)) throw new Error(`${kind} was left to the browser`);
            }
        }""",
        list((folder / "loop.wav").read_bytes()),
    )
    expect(page.locator(".learn-picker select option:checked")).to_have_text("dropped.wav")
    expect(page.locator(".learn-status")).to_contain_text("taken for the truth")


def test_the_recording_of_the_studio_can_be_chosen(open_page: OpenPage, app: str) -> None:
    page = open_page()
    page.wait_for_function("localStorage.getItem('n2n.recording')")
    page.goto(address_of_learn(app))
    wait_for_figures(page)
    expect(page.locator(".learn-status")).to_contain_text("all known")
    studio = page.locator(".learn-picker option", has_text="From the studio: ")
    page.locator(".learn-picker select").select_option(studio.get_attribute("value"))
    expect(page.locator(".learn-status")).to_contain_text("taken for the truth")


def test_both_pages_call_each_other_by_the_same_names(open_page: OpenPage, app: str) -> None:
    page = open_page()
    names = page.get_by_role("link").filter(has_text=re.compile("^(Studio|Learn)$"))
    expect(names).to_have_text(["Studio", "Learn"])
    page.goto(address_of_learn(app))
    wait_for_figures(page, parts=0)
    expect(names).to_have_text(["Studio", "Learn"])


def test_without_a_model_it_is_said_and_the_closed_forms_still_move(open_tab: OpenPage, app_without_model: str) -> None:
    page = open_tab(address_of_learn(app_without_model))
    wait_for_figures(page, parts=0)
    expect(page.locator(".learn-status")).to_contain_text("There is no model here")
    expect(page.locator("#learn-hearing .learn-absent").first).to_contain_text("There is no model here")
    for figure in CLOSED_FORMS:
        for name in SLIDERS[figure]:
            assert_moves(page, figure, f"[data-slider='{name}']")
    assert_moves(page, "noising", "[data-slider='noising-sigma']")
