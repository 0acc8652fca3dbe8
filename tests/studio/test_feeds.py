"""What the editor is told of a run: candidates that are notes exactly where the model says so."""

from pathlib import Path

import pytest

from n2n.studio import feeds
from n2n.studio.handlers import Handlers
from tests.studio.visitor import decided, feeds_of, transcribe, triples


@pytest.mark.parametrize("threshold", [None, 0.05, 0.3])
def test_candidates_give_the_notes_at_any_threshold(handlers: Handlers, folder: Path, threshold: float | None) -> None:
    *_, done = feeds_of(transcribe(handlers, folder / "loop.wav", seed=5))
    model = handlers.workshop.need_model()
    expected = model.transcribe(folder / "loop.wav", num_steps=3, seed=5, sampler="renoise", thresholds=threshold).notes
    assert decided(done, done["thresholds"] if threshold is None else [threshold] * 7) == triples(expected) != []


def test_of_very_many_candidates_the_least_sure_are_left_out_but_no_note(
    handlers: Handlers, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = handlers.workshop.need_model()
    task = model.prepare_transcribe(folder / "loop.wav", thresholds=0.05)
    *_, last = model.stream(task)
    whole_list = feeds.candidate_rows(last.result.roll, task)
    notes = [row for row in whole_list if row.score > 0.05]
    assert 2 < len(notes) < len(whole_list)
    for most in (2, len(notes), len(notes) + 5):
        monkeypatch.setattr(feeds, "MAX_CANDIDATES", most)
        cut = feeds.candidate_rows(last.result.roll, task)
        assert all(row in cut for row in notes) and len(cut) <= max(most, len(notes))
