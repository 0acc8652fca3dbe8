"""The editor's value: what is taken, what is refused, and which cells it leaves free."""

import json
from typing import Any

import pytest

from n2n.bars import Bars
from n2n.edits import MAX_NOTES, EditedRoll, Region, parse_masks

VALUE: dict[str, Any] = {
    "version": 1,
    "duration": 2.5,
    "notes": [{"onset": 0.1, "drum": "KD", "velocity": 90, "confidence": 0.75}, {"onset": 1.0 / 3.0, "drum": "HH", "velocity": 1}],
    "masks": [{"start": 0.5, "end": 1.0, "drums": ["KD", "HH"]}],
    "locks": ["HH"],
    "tempo": {"bpm": 97.5, "offset": 0.21, "beats": 3},
    "thresholds": [0.0, 0.1, 0.2, 1.0, 0.4, 0.5, 0.6],
}


def test_a_value_comes_back_as_it_was() -> None:
    edited = EditedRoll.from_json(json.loads(json.dumps(VALUE)))
    assert edited.to_json() == VALUE
    assert edited.masks == (Region(0.5, 1.0, ("KD", "HH")),) and edited.locks == ("HH",) and edited.bars == Bars(97.5, 0.21, 3)
    assert edited.transcription.tempo == 97.5


def test_all_but_the_notes_may_be_missing_and_other_keys_are_ignored() -> None:
    edited = EditedRoll.from_json({"version": 1, "duration": 1, "notes": [], "selection": [3]})
    assert (edited.masks, edited.locks, edited.bars, edited.thresholds) == ((), (), None, None)


def test_what_is_masked_but_locked_is_not_writable() -> None:
    edited = EditedRoll.from_json(VALUE)
    writable = edited.writable(251)
    assert {(int(frame), int(lane)) for frame, lane in zip(*writable.nonzero(), strict=True)} == {(frame, 0) for frame in range(50, 100)}
    assert edited.locked(251)[:, 3].all() and not edited.locked(251)[:, [0, 1, 2, 4, 5, 6]].any()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"notes": [{"onset": -1, "drum": "KD", "velocity": 90}]}, r"notes\[0\]: onset must be a number of seconds, at least 0, not -1"),
        ({"notes": [{"onset": 0, "drum": "XX", "velocity": 90}]}, r"notes\[0\]: unknown drum"),
        ({"notes": [{"onset": 9, "drum": "KD", "velocity": 90}]}, "past the end"),
        ({"notes": [{}] * (MAX_NOTES + 1)}, f"at most {MAX_NOTES} notes"),
        ({"notes": {}}, "notes must be a list"),
        ({"duration": "long"}, "duration must be a number"),
        ({"version": 2}, "version 2 is not known"),
        ({"masks": [{"start": 1, "end": 1, "drums": ["KD"]}]}, r"masks\[0\]: its start, 1 s, must lie before its end, 1 s"),
        ({"masks": [{"start": 0, "end": 10**400, "drums": ["KD"]}]}, r"masks\[0\]: end must be a number of seconds from 0 to 1000000"),
        ({"masks": [{"start": float("nan"), "end": 1, "drums": ["KD"]}]}, r"masks\[0\]: start must be a number of seconds .* not nan"),
        ({"masks": [{"start": 0, "end": 1, "drums": []}]}, r"masks\[0\]: it must name at least one drum"),
        ({"masks": [{"start": 0, "end": 1, "drums": [["KD"]]}]}, r"masks\[0\]: drums\[0\]: a drum must be a code in text.*, not a list"),
        ({"masks": [7]}, r"masks\[0\]: must be an object"),
        ({"masks": "all"}, "masks must be a list, not 'all'"),
        ({"masks": [{}] * 2000}, "masks may hold at most"),
        ({"locks": ["<b>"]}, r"locks\[0\]: unknown drum '<b>'"),
        ({"tempo": {"bpm": 0, "offset": 0, "beats": 4}}, "tempo's bpm must be a number from 4 to 1000, not 0"),
        ({"tempo": {"bpm": 90, "offset": None, "beats": 4}}, "tempo's offset must be a number of seconds .* not null"),
        ({"tempo": {"bpm": 90, "offset": 0, "beats": 2.5}}, "tempo's beats must be a whole number from 1 to 32, not 2.5"),
        ({"tempo": 120}, "tempo must be an object"),
        ({"thresholds": [0.5] * 8}, "thresholds must be 7 numbers, one a drum"),
        ({"thresholds": [0.5] * 6 + [-0.1]}, "a threshold must be a number from 0 to 1, not -0.1"),
        ({"thresholds": [float("nan")] * 7}, "a threshold must be a number from 0 to 1, not nan"),
        ({"thresholds": "low"}, "thresholds must be 7 numbers"),
    ],
)
def test_a_bad_value_is_refused_with_a_text_that_says_where(change: dict, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        EditedRoll.from_json({**VALUE, **change})


@pytest.mark.parametrize("value", [None, [], "notes", 3])
def test_what_is_no_object_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="there are no notes"):
        EditedRoll.from_json(value)


def test_drums_of_a_mask_come_in_their_order_and_once() -> None:
    assert parse_masks([{"start": 0, "end": 1, "drums": ["BE", "KD", "BE"]}]) == (Region(0.0, 1.0, ("KD", "BE")),)
