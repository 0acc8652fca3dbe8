"""Pictures and the animation: of the right size, well-formed, and inert whatever a recording is called."""

import io
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from n2n.bars import Bars
from n2n.drums import LANE
from n2n.export.animation import LANE_PIXELS, LANES, LEFT, PALETTE, SHADES, TOP, peak_columns, trajectory_gif
from n2n.export.pictures import LONGEST_TITLE, NARROWEST, drawable, roll_png, roll_svg
from n2n.notes import Note, Transcription
from n2n.planes import StepPicture, pack_step, read_step
from n2n.roll import DecodeConfig, notes_to_roll
from n2n.task import TrajectoryStep

NOTES = (Note(0.5, "KD", 110), Note(1.0, "SN", 60), Note(1.5, "HH", 90))
PLAYED = Transcription(NOTES, 2.0)
HOSTILE = [
    "<script>alert(1)</script>",
    "--><script>",
    "$\\frac{1}{2}$ & 'q' \"q\"",
    "]]>",
    "a\nb\x00\x1b",
    "\N{SNOWMAN}中文\ud800",
    "x" * 5000,
]


@pytest.mark.parametrize("title", ["", *HOSTILE])
def test_an_svg_is_well_formed_and_inert(title: str) -> None:
    content = roll_svg(PLAYED, title=title, bars=Bars(120.0, 0.0, 4))
    root = ElementTree.fromstring(content)
    for element in root.iter():
        tag = element.tag.rpartition("}")[2]
        assert tag not in {"script", "foreignObject", "image", "iframe", "a", "animate", "set", "text"}
        for name, value in element.attrib.items():
            assert not name.lower().rpartition("}")[2].startswith("on")
            if name.endswith("href"):
                assert value.startswith("#")


def test_equal_rolls_give_equal_svgs() -> None:
    assert roll_svg(PLAYED, title="loop") == roll_svg(PLAYED, title="loop")


def paths_in(svg: bytes) -> int:
    return svg.count(b"<path")


def test_every_note_and_bar_line_is_a_shape_of_the_svg() -> None:
    bare = paths_in(roll_svg(Transcription((), 2.0)))
    assert paths_in(roll_svg(PLAYED)) == bare + len(NOTES)
    assert paths_in(roll_svg(PLAYED, bars=Bars(120.0, 0.5, 2))) == bare + len(NOTES) + 2


@pytest.mark.parametrize("title", ["", "loop", *HOSTILE])
def test_a_png_is_opaque_and_white_where_nothing_is(title: str) -> None:
    image = Image.open(io.BytesIO(roll_png(PLAYED, title=title)))
    assert image.format == "PNG"
    assert image.width == round(NARROWEST * 160)
    assert image.convert("RGBA").getpixel((2, 2)) == (255, 255, 255, 255)


def test_longer_recordings_get_wider_pictures_within_limits() -> None:
    widths = [Image.open(io.BytesIO(roll_png(Transcription((), seconds)))).width for seconds in (1.0, 60.0, 3600.0)]
    assert widths == [1440, 3360, 7200]


def test_titles_are_one_line_of_known_characters() -> None:
    assert drawable("  a\n b\t\N{SNOWMAN} ") == "a b \N{SNOWMAN}"
    assert drawable("中") == "\N{WHITE SQUARE}"
    assert len(drawable("x" * 500)) == LONGEST_TITLE


def step_files(frames: int, steps: int = 4) -> list[bytes]:
    """A run whose estimate gains a note a step, as the server writes it."""
    files = []
    rng = np.random.default_rng(0)
    for step in range(1, steps + 1):
        notes = tuple(Note(0.1 * k, "SN", 100, 0.9) for k in range(step))
        noisy = rng.standard_normal((frames, LANES, 2)).astype(np.float32)
        current = TrajectoryStep(float(steps - step), noisy, notes_to_roll(notes, frames))
        files.append(pack_step(current, DecodeConfig(), notes, run="run", step=step, steps=steps))
    return files


def test_a_step_is_read_as_it_was_written() -> None:
    *_, last = map(read_step, step_files(101))
    assert (last.step, last.steps, last.sigma) == (4, 4, 0.0)
    assert last.notes == tuple((10 * k, LANE["SN"], 100) for k in range(4))
    assert last.noisy is not None and last.noisy.shape == last.onset.shape == (101, LANES)
    assert np.flatnonzero(last.onset[:, LANE["SN"]]).tolist() == [0, 10, 20, 30]


def frames_of(gif: bytes) -> list[Image.Image]:
    image = Image.open(io.BytesIO(gif))
    frames = []
    for index in range(image.n_frames):
        image.seek(index)
        frames.append(image.convert("RGB"))
    return frames


@pytest.mark.parametrize("steps", [1, 2, 50])
def test_an_animation_has_a_frame_for_each_step(steps: int) -> None:
    gif = trajectory_gif([read_step(content) for content in step_files(600, steps)])
    assert len(frames_of(gif)) == steps
    assert len(gif) < 5_000_000


def test_frames_differ_even_where_the_estimate_does_not() -> None:
    still = StepPicture(1, 2, 1.0, None, np.zeros((300, LANES), np.uint8), ())
    assert len(frames_of(trajectory_gif([still, StepPicture(2, 2, 1.0, None, still.onset, ())]))) == 2


def test_an_animation_repeats_and_rests_on_its_end() -> None:
    image = Image.open(io.BytesIO(trajectory_gif([read_step(content) for content in step_files(300, 5)])))
    durations = []
    for index in range(image.n_frames):
        image.seek(index)
        durations.append(image.info["duration"])
    assert image.info["loop"] == 0
    assert durations == [700, 700, 700, 700, 2500]


def test_a_note_shines_in_its_drum_s_full_colour() -> None:
    onset = np.zeros((480, LANES), np.uint8)
    picture = StepPicture(1, 1, 1.0, None, onset, ((240, LANE["HH"], 127),))
    (frame,) = frames_of(trajectory_gif([picture]))
    row = TOP + (LANES - LANE["HH"]) * LANE_PIXELS - 3
    entry = 3 * (LANE["HH"] * SHADES + SHADES - 1)
    assert frame.getpixel((LEFT + 240, row)) == tuple(PALETTE[entry : entry + 3])
    assert frame.getpixel((LEFT + 200, row)) == (255, 255, 255)


def test_shortening_keeps_every_peak_and_leaves_short_pictures_alone() -> None:
    values = np.zeros((1000, 7), dtype=np.float32)
    values[[3, 501, 999], [0, 3, 6]] = (0.5, 0.7, 0.9)
    short = peak_columns(values, 100)
    assert short.shape == (100, 7)
    assert (short[0, 0], short[50, 3], short[99, 6]) == pytest.approx((0.5, 0.7, 0.9))
    assert np.count_nonzero(short) == 3
    assert peak_columns(values, 1000) is values


def test_a_long_run_keeps_its_size() -> None:
    long = [StepPicture(k, 3, 1.0, None, np.full((60_000, LANES), 40 * k, np.uint8), ()) for k in (1, 2, 3)]
    assert frames_of(trajectory_gif(long))[0].width < 1100


@pytest.mark.parametrize("content", [b"", b"N2NS", b"RIFF" + bytes(100), b"N2NS\xff\xff\xff\xff{}", b"N2NS\x02\x00\x00\x00{}"])
def test_what_is_no_step_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="file of a denoising step"):
        read_step(content)


def test_a_step_cut_short_is_refused() -> None:
    with pytest.raises(ValueError, match="damaged"):
        read_step(step_files(100)[0][:-1])


def test_no_steps_and_strange_steps_are_no_animation() -> None:
    with pytest.raises(ValueError, match="there are no steps"):
        trajectory_gif([])
    with pytest.raises(ValueError, match="different runs"):
        trajectory_gif([read_step(step_files(frames)[0]) for frames in (100, 200)])


def test_pictures_do_not_touch_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    roll_png(PLAYED)
    assert not list(tmp_path.iterdir())
