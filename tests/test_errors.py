"""The error report: known mistakes are told as what they are, and the folder that tells them is safe to open."""

import io
import json
import math
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.image import AxesImage
from PIL import Image

from n2n.audio import SAMPLE_RATE
from n2n.cli import main
from n2n.drums import DRUMS
from n2n.error_plots import draw_comparison, draw_confusion, draw_recall, draw_reliability
from n2n.error_report import check_folder, hear, write_report
from n2n.errors import (
    Analysis,
    Recall,
    analyse,
    compare,
    confuse,
    recall_by_gap,
    recall_by_velocity,
    worst_moments,
)
from n2n.evaluate import class_names, evaluate
from n2n.features import log_mel
from n2n.note_files import write_notes
from n2n.notes import Note, Transcription
from n2n.plots import figure_png
from n2n.scores import Counts

HOSTILE = """<script>alert(1)</script>"'><img src=x onerror=alert(2)>&amp;$\\frac{1}{0}$ ../../\u202eevil"""


def transcription(*notes: tuple[float, str] | tuple[float, str, int] | tuple[float, str, int, float]) -> Transcription:
    listed = [Note(onset, drum, *(rest or (100,))) for onset, drum, *rest in notes]
    return Transcription(tuple(listed), max((note.onset for note in listed), default=0.0) + 1.0)


def errors(reference: Transcription, estimate: Transcription, *, num_classes: int = 7, tolerance: float = 0.05, shift: float = 0.0):
    return compare("a", reference, estimate, num_classes=num_classes, tolerance=tolerance, shift=shift)


def analysed(reference: Transcription, estimate: Transcription, **options: object) -> Analysis:
    references, estimates = {"a": reference}, {"a": estimate}
    return analyse(evaluate(references, estimates, **{"num_classes": 7, **options}), references, estimates)


def table(rows: np.ndarray, classes: tuple[str, ...] = DRUMS) -> dict[tuple[str, str], int]:
    """The cells of a confusion that are not 0, by the names of row and column."""
    places = (*classes, "nothing")
    return {(classes[row], places[column]): int(count) for (row, column), count in np.ndenumerate(rows) if count}


note_lists = st.lists(
    st.builds(Note, st.floats(0.0, 1.5), st.sampled_from(DRUMS), st.integers(1, 127), st.none() | st.floats(0.0, 1.0)), max_size=40
)


# Matching


@settings(max_examples=40)
@given(
    reference=note_lists,
    estimate=note_lists,
    num_classes=st.sampled_from([7, 5, 3]),
    tolerance=st.sampled_from([0.02, 0.05, 0.2]),
    shift=st.sampled_from([None, "file"]),
)
def test_errors_add_up_to_the_counts_of_the_evaluation(reference, estimate, num_classes, tolerance, shift) -> None:
    references, estimates = {"a": Transcription(tuple(reference), 2.0)}, {"a": Transcription(tuple(estimate), 2.0)}
    scores = evaluate(references, estimates, num_classes=num_classes, tolerance=tolerance, shift=shift, num_resamples=1)
    found = analyse(scores, references, estimates)
    (file,) = found.files
    for row, drum in enumerate(class_names(num_classes)):
        matched = sum(hit.matched and hit.drum == drum for hit in file.reference)
        assert matched == sum(hit.matched and hit.drum == drum for hit in file.estimate) == found.confusion.matched[row]
        extra, missed = (sum(hit.drum == drum for hit in side) for side in (file.extra, file.missed))
        assert Counts(matched, extra, missed) == scores.files[0].onset_classes[drum]
        assert (found.confusion.missed[row].sum(), found.confusion.extra[row].sum()) == (missed, extra)
        for recall in (found.velocity, found.gap_same, found.gap_any):
            assert recall is not None
            assert (recall.found[row].sum(), recall.total[row].sum()) == (matched, matched + missed)


def test_the_shift_of_the_evaluation_is_added_to_the_estimate() -> None:
    file = errors(transcription((1.0, "KD")), transcription((0.01, "KD"), (0.93, "KD")), shift=0.07 - 0.1)
    assert [round(hit.onset, 6) for hit in file.estimate] == [-0.02, 0.9]
    assert errors(transcription((1.0, "KD")), transcription((0.93, "KD")), shift=0.07).missed == ()


def test_a_file_without_an_estimate_is_missed_whole() -> None:
    references = {"a": transcription((1.0, "KD"), (1.5, "SN"))}
    found = analyse(evaluate(references, {}, num_classes=7, allow_missing=True), references, {})
    assert [hit.drum for hit in found.files[0].missed] == ["KD", "SN"]
    assert found.reliability is None and found.brier is None


# Confusion


def test_known_confusions_are_told_both_ways() -> None:
    reference = transcription((1.0, "RD"), (2.0, "TT"), (3.0, "SN"), (4.0, "KD"))
    estimate = transcription((1.03, "HH"), (1.96, "KD"), (3.0, "SN"), (5.0, "CY"))
    found = analysed(reference, estimate).confusion
    assert table(found.missed) == {("RD", "HH"): 1, ("TT", "KD"): 1, ("KD", "nothing"): 1}
    assert table(found.extra) == {("HH", "RD"): 1, ("KD", "TT"): 1, ("CY", "nothing"): 1}
    assert dict(zip(DRUMS, found.matched.tolist(), strict=True)) == {**dict.fromkeys(DRUMS, 0), "SN": 1}


def test_the_nearest_of_several_is_what_a_hit_was_taken_for_and_none_too_far_away() -> None:
    near = analysed(transcription((1.0, "RD")), transcription((0.96, "CY"), (1.02, "BE"), (1.04, "HH"))).confusion
    assert table(near.missed) == {("RD", "BE"): 1}
    assert table(near.extra) == {("CY", "RD"): 1, ("BE", "RD"): 1, ("HH", "RD"): 1}
    far = analysed(transcription((1.0, "RD")), transcription((1.051, "HH"))).confusion
    assert table(far.missed) == {("RD", "nothing"): 1} and table(far.extra) == {("HH", "nothing"): 1}


def test_a_hit_that_found_its_partner_stands_in_nobodys_place() -> None:
    found = analysed(transcription((1.0, "RD"), (1.0, "HH")), transcription((1.0, "HH"))).confusion
    assert table(found.missed) == {("RD", "nothing"): 1}


def test_the_right_drum_at_the_wrong_time_is_told_as_such() -> None:
    found = analysed(transcription((1.0, "SN")), transcription((1.03, "SN")), tolerance=0.02).confusion
    assert table(found.missed) == table(found.extra) == {("SN", "SN"): 1}


def test_a_wider_tolerance_widens_the_search() -> None:
    file = errors(transcription((1.0, "RD")), transcription((1.09, "HH")))
    assert table(confuse([file], DRUMS).missed) == {("RD", "nothing"): 1}
    assert table(confuse([file], DRUMS, window=0.1).missed) == {("RD", "HH"): 1}


def test_classes_that_a_reduction_joins_are_not_confused() -> None:
    found = analysed(transcription((1.0, "CY"), (2.0, "HH")), transcription((1.0, "RD"), (2.0, "BE")), num_classes=5).confusion
    assert table(found.missed, ("KD", "SN", "TT", "HH", "CY")) == {("HH", "CY"): 1}


# Velocity, gap, confidence


def test_soft_hits_that_are_missed_show_in_the_soft_bins_of_their_drum() -> None:
    reference = transcription(*((1.0 + step, "SN", velocity) for step, velocity in enumerate((1, 15, 16, 31, 112, 127))))
    estimate = Transcription(reference.notes[2:], 8.0)
    recall = recall_by_velocity([errors(reference, estimate)], DRUMS)
    assert recall.labels[:2] == ["1-15", "16-31"] and recall.labels[-1] == "112-127"
    row = DRUMS.index("SN")
    assert recall.total[row].tolist() == [2, 2, 0, 0, 0, 0, 0, 2]
    assert recall.found[row].tolist() == [0, 2, 0, 0, 0, 0, 0, 2]
    assert recall.total.sum() == 6


def test_the_gap_is_the_time_since_the_hit_before_of_the_same_drum_or_of_any() -> None:
    reference = transcription((1.0, "KD"), (1.02, "HH"), (1.1, "KD"), (1.11, "SN"), (3.0, "KD"))
    file = errors(reference, Transcription((), 4.0))
    same, other = (recall_by_gap([file], DRUMS, same_class=flag) for flag in (True, False))
    assert same.labels == other.labels and same.labels[0] == "0-30 ms" and same.labels[-1] == ">= 1000 ms"
    # same: the second kick after 100 ms; three first hits, and a kick after 1.9 s
    assert same.total.sum(axis=0).tolist() == [0, 0, 0, 1, 0, 0, 0, 0, 4]
    assert other.total.sum(axis=0).tolist() == [2, 0, 1, 0, 0, 0, 0, 0, 2]


def test_hits_at_one_time_have_waited_no_time() -> None:
    file = errors(transcription((1.0, "KD"), (1.0, "HH"), (2.5, "KD")), Transcription((), 3.0))
    assert recall_by_gap([file], DRUMS, same_class=False).total.sum(axis=0).tolist() == [2, 0, 0, 0, 0, 0, 0, 0, 1]


def test_gaps_do_not_reach_from_one_file_into_the_next() -> None:
    file = errors(transcription((0.5, "KD")), Transcription((), 1.0))
    assert recall_by_gap([file, file], DRUMS, same_class=True).total[0].tolist() == [0] * 8 + [2]


def test_confidence_is_compared_with_what_was_right() -> None:
    reference = transcription(*((float(second), "KD") for second in range(1, 9)))
    estimate = transcription(*((float(second), "KD" if second < 7 else "SN", 100, 0.75) for second in range(1, 9)))
    found = analysed(reference, estimate)
    assert found.reliability is not None
    assert found.reliability.counts[7] == 8 and found.reliability.right[7] == 0.75
    assert found.reliability.error == pytest.approx(0.0)
    assert found.brier == pytest.approx(0.75 * 0.25)


# Worst moments


def test_the_worst_moment_is_where_most_went_wrong() -> None:
    reference = transcription((1.0, "KD"), (5.0, "KD"), (5.2, "SN"), (5.4, "KD"), (9.0, "SN"))
    moments = worst_moments([errors(reference, transcription((5.3, "HH")))])
    assert (moments[0].missed, moments[0].extra, moments[0].weight) == (3, 1, 4.0)
    assert moments[0].start <= 5.0 and moments[0].end - moments[0].start == pytest.approx(1.0)
    assert sorted((moment.missed, moment.extra) for moment in moments[1:]) == [(1, 0), (1, 0)]


def test_surer_errors_are_worse() -> None:
    estimate = transcription((1.0, "KD", 90, 0.3), (1.1, "HH", 90, 0.3), (4.0, "SN", 90, 0.9))
    assert [round(moment.start, 3) for moment in worst_moments([errors(transcription(), estimate)])] == [3.9, 0.9]


@given(reference=note_lists, estimate=note_lists)
def test_moments_of_a_file_do_not_overlap_and_count_no_error_twice(reference: list[Note], estimate: list[Note]) -> None:
    file = errors(Transcription(tuple(reference), 2.0), Transcription(tuple(estimate), 2.0))
    moments = sorted(worst_moments([file], seconds=0.3), key=lambda moment: moment.start)
    assert all(first.end <= second.start + 1e-9 for first, second in pairwise(moments))
    assert sum(m.missed for m in moments) <= len(file.missed) and sum(m.extra for m in moments) <= len(file.extra)
    assert bool(moments) == bool(file.missed or file.extra)


def test_no_file_fills_the_list_where_others_have_errors_too() -> None:
    bad = errors(transcription(*((2.0 * step, drum) for step in range(1, 20) for drum in ("KD", "SN"))), transcription())
    slight = errors(transcription((1.0, "KD")), transcription())
    moments = worst_moments([bad, slight, slight, slight, slight])
    assert [moment.file for moment in moments] == [0, 0, 0, 1, 2, 3, 4]
    assert len(worst_moments([bad])) == 10


# Figures


def test_pictures_hold_the_recording_from_the_lowest_frequency_up_and_move_with_the_shift() -> None:
    mel = np.full((300, 128), -80.0, dtype=np.float32)
    mel[100, :2] = 0.0
    file = errors(transcription((1.5, "KD")), transcription((1.0, "KD")), shift=0.5)
    figure = draw_comparison(file, DRUMS, (0.0, 3.5), mel=mel)
    (image,) = [artist for artist in figure.axes[0].get_children() if isinstance(artist, AxesImage)]
    shades = np.asarray(image.get_array())
    row, column = np.unravel_index(int(shades.argmax()), shades.shape)
    left, right, *_ = image.get_extent()
    assert row == 0
    assert left + (column + 0.5) * (right - left) / shades.shape[1] == pytest.approx(1.5)


def test_long_spans_become_rows_and_empty_ones_are_refused() -> None:
    file = errors(transcription((1.0, "KD")), transcription())
    assert len(draw_comparison(file, DRUMS, (0.0, 40.0), row_seconds=15.0).axes) == 3
    assert len(draw_comparison(file, DRUMS, (0.0, 15.0), row_seconds=15.0).axes) == 1
    with pytest.raises(ValueError, match="more than 0 s"):
        draw_comparison(file, DRUMS, (1.0, 1.0))


@pytest.mark.parametrize(
    ("num_classes", "names"),
    [(5, ["kick", "snare", "tom", "hi-hat", "cymbals"]), (3, ["kick", "snare, tom", "hi-hat, cymbals"])],
)
def test_figures_name_merged_classes_by_all_that_they_hold_and_cut_no_name_off(num_classes: int, names: list[str]) -> None:
    found = analysed(transcription((1.0, "RD")), transcription((1.0, "TT")), num_classes=num_classes)
    lanes, counts = draw_comparison(found.files[0], found.classes, (0.0, 2.0)), draw_confusion(found.confusion, found.classes)
    assert [label.get_text() for label in counts.axes[0].get_xticklabels()] == [*names, "nothing"]
    for figure in (lanes, counts):
        labels = figure.axes[0].get_yticklabels()
        assert [label.get_text() for label in labels] == names
        assert min(label.get_window_extent().x0 for label in labels) >= 0


def test_every_figure_can_be_drawn_of_nothing() -> None:
    found = analysed(transcription(), transcription())
    for figure in (
        draw_comparison(found.files[0], found.classes, (0.0, 1.0)),
        draw_confusion(found.confusion, found.classes),
        draw_recall([("gap", found.gap_same), ("gap", found.gap_any)]),
        draw_reliability(analysed(transcription((1.0, "KD")), transcription((1.0, "KD", 90, 1.0))).reliability),
    ):
        assert Image.open(io.BytesIO(figure_png(figure, dpi=40))).size[0] > 100


# The folder


class Page(HTMLParser):
    """The tags of a page with their attributes, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def sources(page: Page) -> list[str]:
    return [str(attributes["src"]) for _, attributes in page.tags if "src" in attributes]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of one recording with a hostile name, and of one without sound."""
    folder = tmp_path_factory.mktemp("hostile")
    rng = np.random.default_rng(0)
    soundfile.write(folder / "a.wav", 0.2 * rng.standard_normal(2 * SAMPLE_RATE), SAMPLE_RATE)
    references = {HOSTILE: transcription((0.5, "RD"), (1.0, "KD")), "silent \udcff": transcription((0.5, "SN"))}
    estimates = {HOSTILE: transcription((0.52, "HH", 90, 0.8), (1.0, "KD", 90, 0.9)), "silent \udcff": transcription()}
    evaluation = evaluate(references, estimates, num_classes=7)
    about = {"dataset": HOSTILE, "estimates": "a & b", "nothing": None}
    audio = {HOSTILE: folder / "a.wav", "silent \udcff": None}
    write_report(folder / "report", evaluation, references, estimates, audio=audio, about=about)
    return folder / "report"


def test_a_hostile_name_is_shown_and_never_obeyed(hostile: Path) -> None:
    page = Page((hostile / "index.html").read_text(encoding="utf-8"))
    assert page.text.count(HOSTILE) >= 3
    allowed = {
        *("html", "head", "meta", "title", "style", "body", "section", "h1", "h2", "h3", "p", "div", "table", "thead", "tbody", "tr"),
        *("th", "td", "figure", "img", "audio", "details", "summary", "bdi", "span"),
    }
    assert {tag for tag, _ in page.tags} <= allowed
    attributes = {name for _, found in page.tags for name in found}
    assert attributes <= {
        "lang",
        "charset",
        "name",
        "content",
        "http-equiv",
        "scope",
        "class",
        "src",
        "alt",
        "loading",
        "controls",
        "preload",
    }
    assert "script-src 'none'" in (hostile / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(("num_classes", "name"), [(5, "cymbals"), (3, "hi-hat, cymbals")])
def test_every_table_of_the_page_names_merged_classes_by_all_that_they_hold(tmp_path: Path, num_classes: int, name: str) -> None:
    references, estimates = {"a": transcription((0.5, "RD"), (1.0, "KD"))}, {"a": transcription((1.0, "KD"))}
    evaluation = evaluate(references, estimates, num_classes=num_classes)
    write_report(tmp_path, evaluation, references, estimates, audio={"a": None}, about={})
    text = (tmp_path / "index.html").read_text(encoding="utf-8")
    tables = ("scores", "missed", "extra", "velocity", "gap since the same drum", "gap since any drum")
    assert text.count(f'<th scope="row">{name}</th>') == len(tables)
    assert text.count(f'<th scope="col">{name}</th>') == 2 and "crash" not in text


def test_all_that_the_page_shows_lies_in_the_folder_under_plain_names(hostile: Path) -> None:
    shown = sources(Page((hostile / "index.html").read_text(encoding="utf-8")))
    assert len(shown) == len(set(shown)) > 5
    assert all((hostile / source).is_file() for source in shown)
    files = {path.relative_to(hostile).as_posix() for path in hostile.rglob("*") if path.is_file()}
    assert files == {*shown, "index.html", "report.json"}
    assert all(name.replace("/", "").replace("-", "").replace(".", "").isalnum() for name in files)
    assert "http" not in (hostile / "index.html").read_text(encoding="utf-8").replace("http-equiv", "")


def test_the_moments_can_be_heard_where_there_is_sound(hostile: Path) -> None:
    told = json.loads((hostile / "report.json").read_text(encoding="utf-8"))
    assert [moment["file"] for moment in told["moments"]] == [HOSTILE, "silent \udcff"]
    (sound,) = (hostile / "sounds").iterdir()
    heard, rate = soundfile.read(sound)
    recording, _ = soundfile.read(hostile.parent / "a.wav")
    start = round((told["moments"][0]["start"] - 0.5) * SAMPLE_RATE)
    assert rate == SAMPLE_RATE and len(heard) == 2 * SAMPLE_RATE
    assert start < 0 and not heard[:-start].any()
    assert heard[-start:] == pytest.approx(recording[: len(heard) + start], abs=1e-3)


def test_the_report_for_scripts_tells_every_error(hostile: Path) -> None:
    told = json.loads((hostile / "report.json").read_text(encoding="utf-8"))
    assert (told["version"], told["kind"]) == (1, "n2n error report")
    assert told["files"][0]["missed"] == [{"onset": 0.5, "drum": "RD", "velocity": 100}]
    assert told["files"][0]["extra"] == [{"onset": 0.52, "drum": "HH", "velocity": 90, "confidence": 0.8}]
    assert told["confusion"]["missed_taken_for"]["RD"] == {**dict.fromkeys([*DRUMS, "nothing"], 0), "HH": 1}
    assert told["confusion"]["extra_in_place_of"]["HH"]["RD"] == 1
    assert told["confidence"]["brier_score"] == pytest.approx((0.8**2 + 0.1**2) / 2)
    assert told["recall_by_gap_any_drum"]["edges"][-1] is None
    assert told["scores"]["total"]["onset"]["true_positives"] == 1
    assert told["about"]["dataset"] == HOSTILE


def test_a_recording_is_read_once_and_cut_anywhere(tmp_path: Path) -> None:
    samples = (0.3 * np.random.default_rng(1).standard_normal(SAMPLE_RATE)).astype(np.float32)
    soundfile.write(tmp_path / "a.wav", samples, SAMPLE_RATE, subtype="FLOAT")
    mel, (early, middle, late) = hear(tmp_path / "a.wav", [(-0.25, 0.25), (0.5, 0.6), (2.0, 2.1)])
    quarter = SAMPLE_RATE // 4
    assert not early[:quarter].any() and np.array_equal(early[quarter:], samples[:quarter])
    assert np.array_equal(middle, samples[SAMPLE_RATE // 2 : SAMPLE_RATE // 2 + SAMPLE_RATE // 10])
    assert len(late) == SAMPLE_RATE // 10 and not late.any()
    import torch

    assert mel == pytest.approx(log_mel(torch.from_numpy(samples)).numpy(), abs=1e-3)


def test_a_report_is_written_only_where_nothing_else_is_lost(hostile: Path, tmp_path: Path) -> None:
    check_folder(hostile)
    check_folder(tmp_path / "new")
    (tmp_path / "empty").mkdir()
    check_folder(tmp_path / "empty")
    (tmp_path / "file").write_text("mine")
    with pytest.raises(ValueError, match="is a file"):
        check_folder(tmp_path / "file")
    with pytest.raises(ValueError, match="holds other things"):
        check_folder(tmp_path)
    (tmp_path / "report.json").write_text('{"kind": "my own"}')
    with pytest.raises(ValueError, match="holds other things"):
        check_folder(tmp_path)


def test_pictures_end_with_the_last_hit_whatever_length_the_notes_state(tmp_path: Path) -> None:
    notes = {"a": Transcription((Note(0.5, "KD", 90), Note(61.0, "SN", 90)), 1e6)}
    write_report(tmp_path, evaluate(notes, notes), notes, notes, audio={}, about={})
    assert sorted(path.name for path in (tmp_path / "pictures").glob("file-*")) == ["file-1-1.png", "file-1-2.png"]


# The command


def test_other_peoples_notes_are_reported_on_without_sound_and_an_older_report_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    beat = transcription(*((0.25 * step, ("KD", "HH", "SN", "HH")[step % 4], 60) for step in range(8)))
    for folder in ("set", "other"):
        (tmp_path / folder).mkdir()
        write_notes(beat, tmp_path / folder / "loop.mid")
    (tmp_path / "mine.txt").write_text("mine")
    command = ["evaluate", "set", "--estimates", "other", "--report", "report"]
    assert main(command) == 0
    assert str(Path("report/index.html")) in capsys.readouterr().out
    page = Page((tmp_path / "report/index.html").read_text(encoding="utf-8"))
    assert "No errors." in page.text and "carry no confidence" in page.text
    (tmp_path / "report/pictures/moment-9.png").write_bytes(b"older")
    write_notes(Transcription(beat.notes[1:], beat.duration), tmp_path / "other/loop.mid")
    assert main([*command, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["scores"]["total"]["onset"]["false_negatives"] == 1
    assert not (tmp_path / "report/pictures/moment-9.png").exists()
    assert (tmp_path / "report/pictures/moment-1.png").is_file()
    assert main(["evaluate", "set", "--estimates", "other", "--report", "."]) == 2
    assert "holds other things" in capsys.readouterr().err
    assert (tmp_path / "mine.txt").read_text() == "mine"


@pytest.fixture
def heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Where two recordings and estimates of them lie, each with an error; the call that reports on them."""
    monkeypatch.chdir(tmp_path)
    beat = transcription(*((0.25 * step, ("KD", "HH", "SN", "HH")[step % 4], 60) for step in range(8)))
    for folder, notes in {"set": beat.notes, "other": beat.notes[1:]}.items():
        (tmp_path / folder).mkdir()
        for name in ("a", "b"):
            write_notes(Transcription(notes, beat.duration), tmp_path / folder / f"{name}.mid")
            soundfile.write(tmp_path / folder / f"{name}.wav", np.full(SAMPLE_RATE, 0.1), SAMPLE_RATE, subtype="FLOAT")
    return ["evaluate", "set", "--estimates", "other", "--report", "report"]


def test_a_recording_that_cannot_be_read_is_shown_without_sound_and_told(
    tmp_path: Path, heard: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    soundfile.write(tmp_path / "set/b.wav", np.full(SAMPLE_RATE, math.nan), SAMPLE_RATE, subtype="FLOAT")
    assert main([*heard, "--allow-missing"]) == 1
    said = capsys.readouterr()
    reason = f"{Path('set/b.wav')} holds a sample that is no possible level"
    assert said.err.startswith(f"n2n: b: {reason}") and said.err.count("\n") == 1
    assert str(Path("report/index.html")) in said.out
    told = json.loads((tmp_path / "report/report.json").read_text(encoding="utf-8"))
    assert list(told["unheard"]) == ["b"] and told["unheard"]["b"].startswith(reason)
    page = Page((tmp_path / "report/index.html").read_text(encoding="utf-8"))
    assert page.text.count(f"Without sound: {reason}") == page.text.count(", without sound") == 1
    assert [source for source in sources(page) if source.startswith("sounds/")] == ["sounds/moment-1.wav"]
    assert (tmp_path / "report/pictures/file-2-1.png").is_file()


def test_a_report_that_fails_leaves_the_older_one_as_it_was(
    tmp_path: Path, heard: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(heard) == 0
    (tmp_path / "report/mine.txt").write_text("mine")

    def contents() -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in (tmp_path / "report").rglob("*") if path.is_file()}

    before = contents()
    with monkeypatch.context() as patch:
        patch.setattr("n2n.error_report.error_page", lambda *arguments: 1 / 0)
        assert main(heard) == 1
    assert contents() == before
    (tmp_path / "set/b.mid").unlink()
    assert main(heard) == 0
    assert "pictures/file-2-1.png" not in {path.relative_to(tmp_path / "report").as_posix() for path in contents()}
    assert (tmp_path / "report/mine.txt").read_text() == "mine"
    capsys.readouterr()


def test_names_of_bins_have_no_gaps() -> None:
    nothing = np.zeros((len(DRUMS), 2), dtype=np.int64)
    assert Recall((1.0, 16.0, 128.0), nothing, nothing).labels == ["1-15", "16-127"]
    assert Recall((0.0, 0.03, math.inf), nothing, nothing).labels == ["0-30 ms", ">= 30 ms"]
