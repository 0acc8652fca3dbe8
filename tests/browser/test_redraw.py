"""How long the editor takes to draw itself anew: printed, not judged, since a busy machine would fail it for no fault of ours."""

import statistics
from collections.abc import Callable

import pytest
from playwright.sync_api import Page

A_LOT = """root => {
    const drums = ['KD', 'SN', 'TT', 'HH', 'CY', 'RD', 'BE'];
    const notes = Array.from({length: 1000}, (_, i) => ({id: 1e6 + i, onset: i * 0.599, drum: drums[i % 7], velocity: 1 + (i * 37) % 127}));
    root.n2n.store.set({duration: 600, notes: notes.map(Object.freeze), view: {start: 0, secondsPerPixel: 600 / root.clientWidth}});
    return Array.from({length: 40}, () => root.n2n.redraw());
}"""


def test_a_thousand_notes_in_ten_minutes_are_drawn(open_page: Callable[..., Page], capsys: pytest.CaptureFixture[str]) -> None:
    page = open_page()
    root = page.locator("#drum-roll .n2n")
    page.wait_for_function("document.querySelector('#drum-roll .n2n')?.dataset.ready === 'true'")
    times = root.evaluate(A_LOT)
    assert len(times) == 40 and all(time > 0.0 for time in times)
    assert root.get_attribute("data-notes") == "1000"
    with capsys.disabled():
        print(f"\nredraw, 1,000 notes in ten minutes: median {statistics.median(times):.2f} ms of {len(times)}")
