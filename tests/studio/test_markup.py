"""The texts of the page."""

from n2n.studio import markup


def test_texts_from_outside_never_become_markup() -> None:
    hostile = "${alert(1)}<img src=x onerror=alert(2)>"
    for html in (markup.status(hostile), markup.no_model(hostile)):
        assert "<img" not in html and "&lt;img" in html


def test_lengths_of_time_are_written_in_words() -> None:
    assert [markup.length(s) for s in (0.04, 12.0, 12.34, 60.0, 65.2, 600.0)] == ["0 s", "12 s", "12.3 s", "1 min", "1 min 5 s", "10 min"]
