"""What a caller gives a verb: which frames know nothing of what must not be heard. What is refused, `test_inference.py` asks the verbs."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from n2n.drums import DRUMS
from n2n.features import SMEAR_FRAMES
from n2n.inputs import heard_outside, heard_without

FRAMES = 120
cells = st.lists(st.tuples(st.integers(0, FRAMES - 1), st.integers(0, len(DRUMS) - 1)), max_size=5)


@given(cells)
def test_frames_are_heard_that_are_further_from_every_masked_one_than_sound_is_smeared(masked: list[tuple[int, int]]) -> None:
    mask = np.zeros((FRAMES, len(DRUMS)), dtype=bool)
    for cell in masked:
        mask[cell] = True
    expected = [all(abs(frame - other) > SMEAR_FRAMES for other, _ in masked) for frame in range(FRAMES)]
    assert heard_outside(mask).tolist() == expected


def test_a_missing_span_silences_its_frames_and_those_that_its_sound_is_smeared_over() -> None:
    heard = heard_without([(0.4, 0.6)], FRAMES, (FRAMES - 1) / 100)
    assert np.flatnonzero(~heard).tolist() == list(range(40 - SMEAR_FRAMES, 60 + SMEAR_FRAMES))
    assert heard_without([], FRAMES, (FRAMES - 1) / 100).all()
    assert not heard_without([(0.0, 0.5), (0.5, 9.0)], FRAMES, (FRAMES - 1) / 100).any()
