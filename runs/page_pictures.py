"""Takes the README's pictures of the page: a painted bar with three takes, the Learn page, and the studio in the dark on a phone.

    python app.py & python runs/page_pictures.py http://127.0.0.1:7860 assets/pictures

Wants the test packages (Playwright) and Chromium. The first example is transcribed, and its second bar imagined anew.
"""

import argparse
import shutil
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, FloatRect, Page, expect, sync_playwright

ROLL: Final = "#drum-roll [data-ready=true]"
BAR_S: Final = (3.0, 6.1)
"""What is painted in the four upper lanes: about the second bar of the first example."""
LEARN_HEIGHT: Final = 1040
PATIENCE_MS: Final = 120_000
MARGIN: Final = 24


def press(page: Page, button: str, state: str = "done") -> None:
    """Clicks, and waits until the job has ended so."""
    page.eval_on_selector("#status .status", "status => status.dataset.before = 'yes'")
    page.click(button)
    expect(page.locator(f"#status .status[data-state={state}]:not([data-before])")).to_be_visible()


def transcribed(browser: Browser, address: str, **options: Any) -> Page:
    """The studio with the notes of the first example."""
    page = browser.new_page(**options)
    page.goto(address)
    page.locator(ROLL).wait_for()
    expect(page.locator("#status")).to_contain_text("Press Transcribe")
    press(page, "#transcribe")
    return page


def box(page: Page, part: str) -> FloatRect:
    """Where a part of the page lies, in pixels."""
    found = page.locator(part).first.bounding_box()
    assert found is not None, f"{part} is not to be seen"
    return found


def paint(page: Page, span: tuple[float, float], lanes: tuple[int, int]) -> None:
    """Marks a span of seconds in the lanes from the first to the last, with the mouse."""
    page.click("#paint-tool")
    page.locator(ROLL).scroll_into_view_if_needed()
    handles = page.eval_on_selector(ROLL, "({ dataset }) => [dataset.laneTop, dataset.laneHeight, dataset.secondsPerPixel].map(Number)")
    top, height, pace = handles
    left, upper = box(page, f"{ROLL} canvas")["x"], box(page, ROLL)["y"] + top
    page.mouse.move(left + span[0] / pace, upper + (lanes[0] + 0.5) * height)
    page.mouse.down()
    page.mouse.move(left + span[1] / pace, upper + (lanes[1] + 0.5) * height, steps=5)
    page.mouse.up()


def roll_picture(page: Page, path: Path, *, until: str) -> None:
    """The roll with its tools, down to the end of another part of the page."""
    page.mouse.move(0, 0)
    page.evaluate("scrollTo(0, 0)")
    first, last = box(page, "#drum-roll"), box(page, until)
    top, bottom = first["y"] - MARGIN / 2, last["y"] + last["height"] + MARGIN / 2
    width = page.evaluate("document.documentElement.clientWidth")
    page.screenshot(path=path, full_page=True, clip={"x": 0, "y": top, "width": width, "height": bottom - top})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("address")
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))

        page = transcribed(browser, options.address, viewport={"width": 1280, "height": 1600})
        paint(page, BAR_S, (0, 3))
        page.locator("#listen").get_by_label("Imagine").check()
        page.locator("#takes input[type=number]").fill("3")
        press(page, "#regenerate")
        page.locator(".n2n-takes").get_by_text("Take 1", exact=True).click()
        roll_picture(page, options.out / "studio.png", until=".n2n-watch")

        page = browser.new_page(viewport={"width": 1000, "height": LEARN_HEIGHT})
        page.goto(f"{options.address.rstrip('/')}/learn")
        expect(page.locator(".learn-status")).to_contain_text("all known")
        page.locator(".learn[data-parts='5']").wait_for()
        page.screenshot(path=options.out / "learn.png")

        phone = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "color_scheme": "dark"}
        page = transcribed(browser, options.address, **phone)
        roll_picture(page, options.out / "phone.png", until=".n2n-stage")


if __name__ == "__main__":
    main()
