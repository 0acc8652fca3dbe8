"""Windows cover a recording: on a grid, the last at the end."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from n2n.windows import Grid


@given(frames=st.integers(1, 5000), size=st.integers(2, 1000), share=st.floats(0.1, 1.0))
def test_windows_cover_a_recording_and_reach_past_its_end_only_where_one_is_longer(frames: int, size: int, share: float):
    grid = Grid(frames, size, max(1, int(share * size)))
    starts = grid.starts
    assert starts[0] == 0 and starts[-1] + size == max(frames, size) == grid.padded
    assert all(0 < later - earlier <= grid.hop for earlier, later in pairwise(starts))
    assert all(start == index * grid.hop for index, start in enumerate(starts[:-1]))


@given(size=st.integers(2, 1000), share=st.floats(0.1, 1.0))
def test_every_frame_of_a_window_has_a_say(size: int, share: float):
    weights = Grid(size, size, max(1, int(share * size))).weights()
    assert len(weights) == size and bool((weights > 0).all()) and bool((weights == weights.flip(0)).all())
