"""The four verbs' contracts, on a small network with random weights: what must hold whatever a model has learnt."""

import json
import subprocess
import sys
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from n2n.audio import SAMPLE_RATE
from n2n.checkpoint import Checkpoint, build_denoiser, load_checkpoint, save_checkpoint
from n2n.device import choose_device
from n2n.diffusion import Schedule
from n2n.drums import DRUMS, LANE
from n2n.features import level_db, normalise
from n2n.inference import REFINE_SIGMA, SILENT_DB, Transcriber, load, silent_db
from n2n.mert import load_foundation
from n2n.model import ModelConfig
from n2n.note_files import read_notes
from n2n.notes import Note, Transcription
from n2n.one_pass import OnePass
from n2n.roll import DecodeConfig, mask_from_regions, note_frame, num_roll_frames, roll_to_notes
from n2n.sampling import SamplingConfig
from n2n.task import Result
from n2n.windows import Windows, frame_noise
from tests.tiny_foundation import build_whole, mert_weights, write_foundation

CONFIG = ModelConfig(width=32, feedforward=64, heads=2, encoder_layers=1, decoder_layers=1)
SAMPLING = SamplingConfig(num_steps=3, schedule=Schedule(sigma_mend=0.5), window_frames=100, hop_frames=80)
"""Windows of a second, so that a few seconds already need several."""

BEAT = Transcription(
    tuple(Note(0.25 * i, drum, 40 + 7 * i, 0.9) for i in range(8) for drum in ("HH", ("KD", "SN")[i % 2])), duration=2.0, tempo=120.0
)


def eager_checkpoint() -> Checkpoint:
    """Random weights that are sure of themselves: they write notes all over the roll, differently for different audio."""
    torch.manual_seed(0)
    denoiser = build_denoiser(CONFIG)
    with torch.no_grad():
        denoiser.network.roll_out.weight.mul_(2.0)
        denoiser.network.mel_encoder.null.normal_()
    return Checkpoint(denoiser.eval().requires_grad_(False), SAMPLING, DecodeConfig(thresholds=(0.3,) * len(DRUMS)))


MODEL = Transcriber(eager_checkpoint())


def clicks(seconds: float, seed: int = 0) -> np.ndarray:
    """Bursts of noise that die away, four a second."""
    rng = np.random.default_rng(seed)
    samples = round(seconds * SAMPLE_RATE)
    time_since = np.arange(samples) % (SAMPLE_RATE // 4) / SAMPLE_RATE
    return (0.4 * rng.standard_normal(samples) * np.exp(-30.0 * time_since)).astype(np.float32)


AUDIO = clicks(2.0)
FRAMES = num_roll_frames(2.0)


def same(first: Result, second: Result) -> bool:
    return first.notes == second.notes and np.array_equal(first.roll, second.roll)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save_checkpoint(MODEL.checkpoint, tmp_path / "models" / "tiny")
    return tmp_path / "models" / "tiny"


def test_velocities_are_read_as_hits_counted_in_training_more_where_heard():
    checkpoint = eager_checkpoint()
    weighted = Transcriber(replace(checkpoint, decode=replace(checkpoint.decode, velocity_weight=20.0)))
    for result, weight in ((weighted.transcribe(AUDIO), 20.0), (weighted.generate(2.0), 1.0)):
        assert len(result.notes) > 20
        assert result.notes == roll_to_notes(result.roll, replace(checkpoint.decode, velocity_weight=weight))
        assert result.notes != roll_to_notes(result.roll, replace(checkpoint.decode, velocity_weight=21.0 - weight))


def test_only_what_is_invented_from_nothing_reads_its_velocities_through_the_curve():
    checkpoint, curve = eager_checkpoint(), (1.0, 127.0, 127.0)
    curved = Transcriber(replace(checkpoint, sampling=replace(SAMPLING, imagine_velocities=curve)))
    plain, invented = (model.generate(2.0).notes for model in (MODEL, curved))
    assert [note.onset for note in plain] == [note.onset for note in invented]
    assert all(read.velocity == pytest.approx(min(127, 2 * note.velocity), abs=2) for note, read in zip(plain, invented, strict=True))
    assert curved.generate(2.0).notes == curved.transcribe(AUDIO, missing=[(0.0, 2.0)]).notes
    assert curved.transcribe(AUDIO).notes == MODEL.transcribe(AUDIO).notes
    mask = np.zeros((201, len(DRUMS)), dtype=bool)
    mask[50:100] = True
    imagined = [model.regenerate(AUDIO, (), mask, listen=False).notes for model in (MODEL, curved)]
    assert imagined[0] == imagined[1]


def test_a_transcription_covers_the_audio_and_its_notes_lie_on_frames():
    result = MODEL.transcribe(AUDIO)
    assert result.duration == 2.0
    assert result.roll.shape == (FRAMES, len(DRUMS), 2)
    assert len(result.notes) > 20
    assert all(note.onset * 100 == pytest.approx(round(note.onset * 100)) and 0 < note.confidence <= 1 for note in result.notes)


def test_different_audio_gives_different_notes():
    assert MODEL.transcribe(AUDIO).notes != MODEL.transcribe(AUDIO[::-1].copy()).notes


def test_the_same_seed_gives_the_same_notes_and_another_seed_others():
    first, again, other = (MODEL.transcribe(AUDIO, seed=seed) for seed in (1, 1, 2))
    assert same(first, again)
    assert not np.array_equal(first.roll, other.roll)


@pytest.mark.parametrize("sampler", ["renoise", "euler", "heun"])
@pytest.mark.parametrize("guidance", [1.0, 2.0])
def test_how_many_windows_run_at_once_changes_nothing(sampler: str, guidance: float):
    audio = clicks(5.3)
    one, many = (
        Transcriber(MODEL.checkpoint, window_batch=batch).transcribe(audio, sampler=sampler, guidance=guidance, num_samples=2)
        for batch in (1, 16)
    )
    assert np.abs(one.roll - many.roll).max() < 1e-3
    assert [(n.onset, n.drum, n.velocity) for n in one.notes] == [(n.onset, n.drum, n.velocity) for n in many.notes]


def test_what_comes_later_does_not_change_windows_that_do_not_reach_it():
    """The level is the file's own, so the second half is made as loud as the first by repeating it."""
    short = np.tile(clicks(1.0), 4)
    long = np.tile(clicks(1.0), 8)
    first, second = MODEL.transcribe(short), MODEL.transcribe(long)
    untouched = 80 * 3 - 20  # frames before the last window of the short one
    assert np.abs(first.roll[:untouched] - second.roll[:untouched]).max() < 1e-3


def test_samples_and_a_file_of_them_give_the_same(tmp_path: Path):
    soundfile.write(tmp_path / "a.wav", AUDIO, SAMPLE_RATE, subtype="FLOAT")
    assert same(MODEL.transcribe(AUDIO), MODEL.transcribe(tmp_path / "a.wav"))
    assert same(MODEL.transcribe(AUDIO), MODEL.transcribe(str(tmp_path / "a.wav")))


@pytest.mark.parametrize("samples", [1, 440, 441, 2 * SAMPLE_RATE])
def test_silence_has_no_notes(samples: int):
    result = MODEL.transcribe(np.zeros(samples, dtype=np.float32))
    assert result.notes == roll_to_notes(result.roll, MODEL.checkpoint.decode) == ()
    assert result.duration == samples / SAMPLE_RATE
    assert len(result.roll) == samples // 441 + 1


@pytest.mark.parametrize(("level", "silent"), [(1e-6, True), (0.5, False)])
def test_what_is_taken_for_silence_is_told_with_its_level(level: float, silent: bool):
    task = MODEL.prepare_transcribe(level * clicks(2.0))
    loudest = silent_db(task)
    assert (loudest is not None and loudest < SILENT_DB) is silent
    assert (not task.writable.any()) is silent
    assert silent_db(MODEL.prepare_transcribe(np.zeros(44100, dtype=np.float32), missing=[(0.0, 2.0)])) is None


def test_one_loud_sample_is_transcribed_without_complaint():
    assert len(MODEL.transcribe(np.ones(1, dtype=np.float32)).roll) == 1


def test_notes_never_lie_past_the_end():
    for samples in (SAMPLE_RATE - 1, SAMPLE_RATE - 440):
        result = MODEL.transcribe(clicks(2.0)[:samples])
        assert all(note.onset <= result.duration for note in result.notes)


# Missing spans


def test_what_is_missing_leaves_no_trace():
    changed = AUDIO.copy()
    changed[SAMPLE_RATE : SAMPLE_RATE + SAMPLE_RATE // 2] *= -40.0
    span = [(1.0, 1.5)]
    assert same(MODEL.transcribe(AUDIO, missing=span), MODEL.transcribe(changed, missing=span))
    assert not same(MODEL.transcribe(AUDIO), MODEL.transcribe(changed))
    assert not same(MODEL.transcribe(AUDIO), MODEL.transcribe(AUDIO, missing=span))


@pytest.mark.parametrize("span", [(0.0, 0.755), (1.113, 2.0), (1.7, 99.0)])
def test_a_missing_span_hides_exactly_its_own_samples(span: tuple[float, float]):
    first, last = (round(min(edge, 2.0) * SAMPLE_RATE) for edge in span)
    changed = AUDIO.copy()
    changed[first:last] = 0.0
    assert same(MODEL.transcribe(AUDIO, missing=[span]), MODEL.transcribe(changed, missing=[span]))


def test_with_all_missing_the_audio_does_not_matter_at_all():
    whole = [(0.0, 2.0)]
    heard = MODEL.transcribe(AUDIO, missing=whole, sampler="euler", num_steps=3)
    assert same(heard, MODEL.transcribe(np.zeros_like(AUDIO), missing=whole, sampler="euler", num_steps=3))
    assert heard.notes == MODEL.generate(2.0, sampler="euler", num_steps=3).notes
    assert MODEL.transcribe(AUDIO, missing=whole).notes == MODEL.generate(2.0).notes


def test_silence_around_a_missing_span_stays_silent():
    loud_inside = np.zeros_like(AUDIO)
    loud_inside[SAMPLE_RATE : SAMPLE_RATE + 4410] = 0.5
    assert MODEL.transcribe(loud_inside, missing=[(1.0, 1.1)]).notes == ()
    assert len(MODEL.transcribe(loud_inside).notes) > 0


def test_a_missing_span_may_last_for_ever():
    assert same(MODEL.transcribe(AUDIO, missing=[(1.0, float("inf"))]), MODEL.transcribe(AUDIO, missing=[(1.0, 2.0)]))


@pytest.mark.parametrize("span", [(1.0, 1.0), (-1.0, 1.0), (1.5, 1.0), (float("nan"), 1.0), (2.5, 3.0)])
def test_impossible_missing_spans_are_refused(span: tuple[float, float]):
    with pytest.raises(ValueError, match="missing span"):
        MODEL.transcribe(AUDIO, missing=[span])


# Regenerate


notes_anywhere = st.lists(
    st.builds(
        Note,
        onset=st.floats(0.0, 2.0),
        drum=st.sampled_from(DRUMS),
        velocity=st.integers(1, 127),
        confidence=st.none() | st.floats(0.0, 1.0),
    ),
    max_size=25,
)
edges = st.floats(0.0, 2.1)
regions_anywhere = st.lists(st.tuples(edges, edges, st.lists(st.sampled_from(DRUMS), min_size=1, unique=True)), max_size=4)
lone_cells = st.lists(st.tuples(st.integers(0, FRAMES - 1), st.integers(0, len(DRUMS) - 1)), max_size=20)


@settings(max_examples=25)
@given(notes_anywhere, regions_anywhere, lone_cells, st.booleans(), st.sampled_from(["renoise", "euler", "heun"]))
def test_notes_outside_the_mask_come_back_exactly_and_new_ones_lie_inside(notes, regions, cells, listen: bool, sampler: str):
    given_notes = Transcription(tuple(notes), 2.0, 97.0)
    mask = mask_from_regions(regions, FRAMES)
    for cell in cells:
        mask[cell] = True
    result = MODEL.regenerate(AUDIO, given_notes, mask, listen=listen, sampler=sampler, num_steps=2)

    def masked(note: Note) -> bool:
        return bool(mask[note_frame(note.onset, FRAMES), LANE[note.drum]])

    kept = sorted((n for n in given_notes.notes if not masked(n)), key=repr)
    assert sorted((n for n in result.notes if not masked(n)), key=repr) == kept
    assert result.transcription.tempo == given_notes.tempo
    assert result.duration == 2.0


def test_an_empty_mask_changes_nothing_and_a_full_one_forgets_the_notes():
    nothing = np.zeros((FRAMES, len(DRUMS)), dtype=bool)
    assert MODEL.regenerate(AUDIO, BEAT, nothing, listen=True).notes == BEAT.notes
    fresh = MODEL.regenerate(AUDIO, BEAT, ~nothing, listen=True)
    assert same(fresh, MODEL.regenerate(AUDIO, (), ~nothing, listen=True))
    assert fresh.notes == MODEL.transcribe(AUDIO).notes


def test_the_network_sees_the_kept_notes_but_not_those_to_be_rewritten():
    mask = mask_from_regions([(0.5, 1.0, ("SN", "TT"))], FRAMES)
    with_kick, without = (Transcription(tuple(n for n in BEAT.notes if n.drum in kept), 2.0) for kept in (("KD", "SN"), ("SN",)))
    plus_masked = Transcription((*without.notes, Note(0.6, "SN", 99)), 2.0)
    run = [MODEL.regenerate(AUDIO, notes, mask, listen=True).roll for notes in (with_kick, without, plus_masked)]
    assert not np.array_equal(run[0], run[1])
    assert np.array_equal(run[1], run[2])


def test_imagining_does_not_hear_the_masked_time_and_listening_does():
    mask = mask_from_regions([(0.5, 1.0, ("SN",))], FRAMES)
    changed = AUDIO.copy()
    changed[SAMPLE_RATE // 2 : SAMPLE_RATE] = 0.9
    imagined = [MODEL.regenerate(audio, BEAT, mask, listen=False) for audio in (AUDIO, changed)]
    listened = [MODEL.regenerate(audio, BEAT, mask, listen=True) for audio in (AUDIO, changed)]
    assert same(*imagined)
    assert not same(*listened)


def test_notes_without_a_recording_can_be_imagined_but_not_listened_to():
    mask = mask_from_regions([(0.5, 1.0, DRUMS)], num_roll_frames(BEAT.duration))
    result = MODEL.regenerate(None, BEAT, mask, listen=False)
    assert [n for n in result.notes if not 0.49 < n.onset < 1.0] == [n for n in BEAT.notes if not 0.49 < n.onset < 1.0]
    with pytest.raises(ValueError, match="listening needs audio"):
        MODEL.regenerate(None, BEAT, mask, listen=True)


@pytest.mark.parametrize("seconds", [2.0, 2.3479])
def test_notes_without_a_recording_last_as_long_as_before(seconds: float):
    beat = replace(BEAT, duration=seconds)
    mask = mask_from_regions([(0.5, 1.0, DRUMS)], num_roll_frames(seconds))
    assert MODEL.regenerate(None, beat, mask, listen=False).transcription.duration == seconds


def test_a_clip_shorter_than_an_analysis_window_can_be_imagined():
    mask = np.ones((3, len(DRUMS)), dtype=bool)
    assert len(MODEL.regenerate(AUDIO[:1000], (), mask, listen=False).roll) == 3


def test_notes_that_far_outlast_the_recording_are_told_of():
    longer = Transcription(BEAT.notes[:1], 12.0)
    with pytest.warns(UserWarning, match=r"the notes last 10.0 s longer than the audio"):
        assert MODEL.refine(AUDIO, longer, num_steps=1).duration == 2.0


def test_notes_that_are_refused_are_not_said_to_have_been_cut():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ValueError, match="past the end of the audio"):
            MODEL.refine(AUDIO, Transcription((Note(9.0, "KD", 90),), 12.0))


def test_notes_without_a_recording_have_the_limit_of_what_is_generated():
    mask = np.ones((1, len(DRUMS)), dtype=bool)
    for seconds in (3601.0, 1e300):
        with pytest.raises(ValueError, match=r"the notes last .* s, but without a recording at most 3600 s can be imagined"):
            MODEL.prepare_regenerate(None, Transcription((), seconds), mask, listen=False)
    assert MODEL.prepare_regenerate(None, (), np.ones((360_001, len(DRUMS)), dtype=bool), listen=False).features.duration == 3600.0
    with pytest.raises(ValueError, match=r"the notes last 3600.01 s"):
        MODEL.prepare_regenerate(None, (), np.ones((360_002, len(DRUMS)), dtype=bool), listen=False)
    longest = Transcription((), 3600.004)
    whole = np.ones((num_roll_frames(longest.duration), len(DRUMS)), dtype=bool)
    assert MODEL.prepare_regenerate(None, longest, whole, listen=False).features.duration == longest.duration


def test_masks_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match=r"mask has 10 frames, but the audio has 201"):
        MODEL.regenerate(AUDIO, BEAT, np.ones((10, len(DRUMS)), dtype=bool), listen=True)
    with pytest.raises(ValueError, match=r"mask has 800 frames, but the transcription has 201"):
        MODEL.regenerate(None, BEAT, np.ones((800, len(DRUMS)), dtype=bool), listen=False)
    with pytest.raises(ValueError, match=r"locked must be booleans of shape \[frames, 7\], not bool of shape \[201, 3\]"):
        MODEL.refine(AUDIO, BEAT, locked=np.ones((FRAMES, 3), dtype=bool))


def test_notes_past_the_end_of_the_audio_are_refused_and_those_at_its_end_are_not():
    mask = np.zeros((FRAMES, len(DRUMS)), dtype=bool)
    with pytest.raises(ValueError, match="past the end of the audio"):
        MODEL.regenerate(AUDIO, [Note(2.5, "KD", 90)], mask, listen=True)
    duration = (2 * SAMPLE_RATE + 400) / SAMPLE_RATE
    last = Note(duration, "KD", 90)
    audio = np.append(AUDIO, np.zeros(400, dtype=np.float32))
    assert last in MODEL.regenerate(audio, [last], mask, listen=True).notes
    assert MODEL.refine(audio, [last], strength=0.1).duration == duration


def test_imagining_begins_with_the_groove_around_the_mask_and_with_noise_alone_where_there_is_none():
    notes = [replace(note, onset=note.onset + 2.0 * k) for k in range(3) for note in BEAT.notes]
    mask = mask_from_regions([(2.0, 3.0, DRUMS)], num_roll_frames(6.0))
    task = MODEL.prepare_regenerate(clicks(6.0), notes, mask, listen=False)
    assert task.sampling.schedule.sigma_max == SAMPLING.imagine_from
    masked = sorted((note_frame(note.onset), note.drum) for note in notes if 2.0 <= note.onset < 3.0)
    assert sorted((int(frame), DRUMS[lane]) for frame, lane in np.argwhere((task.given.roll[..., 0] > 0.0) & mask)) == masked
    for lone in (MODEL.prepare_regenerate(clicks(6.0), notes[:1], mask, listen=False), MODEL.prepare_generate(2.0)):
        assert lone.sampling.schedule == replace(SAMPLING.schedule, sigma_mend=None)
    assert MODEL.prepare_regenerate(clicks(6.0), notes, mask, listen=True).sampling.schedule == SAMPLING.schedule


def test_what_was_inside_the_mask_has_no_say_in_what_is_imagined():
    mask = mask_from_regions([(1.0, 1.5, DRUMS)], FRAMES)
    outside = [note for note in BEAT.notes if not 1.0 <= note.onset < 1.5]
    assert same(*(MODEL.regenerate(AUDIO, Transcription(tuple(notes), 2.0), mask, listen=False) for notes in (BEAT.notes, outside)))


# Refine


def test_locked_notes_survive_refinement_exactly_and_nothing_is_added_to_locked_cells():
    locked = mask_from_regions([(0.0, 2.1, ("HH", "KD"))], FRAMES)
    result = MODEL.refine(AUDIO, BEAT, strength=0.8, locked=locked)
    assert [n for n in result.notes if n.drum in ("HH", "KD")] == [n for n in BEAT.notes if n.drum in ("HH", "KD")]
    assert result.transcription.tempo == BEAT.tempo


def test_refinement_starts_lower_the_weaker_it_is():
    def start(strength: float) -> float:
        return MODEL.refine(AUDIO, BEAT, strength=strength, trajectory=True).trajectory[0].sigma

    schedule = SAMPLING.schedule
    assert start(1.0) == schedule.sigmas(SAMPLING.num_steps)[0]
    low, high = REFINE_SIGMA
    assert start(0.5) == pytest.approx((low * high) ** 0.5)
    assert start(0.01) == pytest.approx(low, rel=0.05)
    assert start(0.99) == pytest.approx(high, rel=0.05)


def test_refinement_starts_from_the_given_notes_and_full_strength_forgets_them():
    other = Transcription(BEAT.notes[:3], 2.0)
    half, half_other = (MODEL.refine(AUDIO, notes, strength=0.5) for notes in (BEAT, other))
    assert not np.array_equal(half.roll, half_other.roll)
    assert same(*(MODEL.refine(AUDIO, notes, strength=1.0) for notes in (BEAT, Transcription(other.notes, 2.0, 120.0))))


def test_locked_may_be_read_only_or_a_view_backwards():
    locked = mask_from_regions([(0.5, 1.0, DRUMS)], FRAMES)
    backwards = locked[::-1].copy()[::-1]
    read_only = locked.copy()
    read_only.setflags(write=False)
    expected = MODEL.refine(AUDIO, BEAT, locked=locked)
    assert all(same(MODEL.refine(AUDIO, BEAT, locked=view), expected) for view in (backwards, read_only))


def test_a_mask_that_changes_later_changes_no_task():
    locked = np.ones((FRAMES, len(DRUMS)), dtype=bool)
    task = MODEL.prepare_refine(AUDIO, BEAT, locked=locked)
    locked[:] = False
    result = list(MODEL.stream(task))[-1].result
    assert result is not None and result.notes == BEAT.notes


@pytest.mark.parametrize("strength", [0.0, -0.1, 1.1, float("nan")])
def test_impossible_strengths_are_refused(strength: float):
    with pytest.raises(ValueError, match="strength must lie in"):
        MODEL.refine(AUDIO, BEAT, strength=strength)


# Generate


@pytest.mark.parametrize("seconds", [0.004, 1.0, 1.239, 3.0])
def test_generated_clips_have_the_asked_length(seconds: float):
    result = MODEL.generate(seconds, seed=3)
    assert result.duration == seconds
    assert len(result.roll) == num_roll_frames(seconds)
    assert all(note.onset <= seconds for note in result.notes)


def test_generated_seeds_differ():
    assert MODEL.generate(2.0, seed=0).notes != MODEL.generate(2.0, seed=1).notes


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan"), 1e9])
def test_impossible_lengths_are_refused(seconds: float):
    with pytest.raises(ValueError, match="seconds must lie in"):
        MODEL.generate(seconds)


# Steps, samples, guidance


@pytest.mark.parametrize("sampler", ["renoise", "euler", "heun"])
@pytest.mark.parametrize("num_steps", [1, 4])
def test_a_trajectory_has_every_step_and_ends_at_the_roll(sampler: str, num_steps: int):
    result = MODEL.transcribe(AUDIO, num_steps=num_steps, sampler=sampler, num_samples=2, trajectory=True)
    assert [step.sigma for step in result.trajectory] == SAMPLING.schedule.sigmas(num_steps)
    assert all(step.noisy.shape == step.denoised.shape == (FRAMES, len(DRUMS), 2) for step in result.trajectory)
    assert np.array_equal(result.trajectory[-1].denoised, result.roll)
    assert result.trajectory[0].noisy.std() == pytest.approx(SAMPLING.schedule.sigma_max, rel=0.1)
    assert MODEL.transcribe(AUDIO).trajectory == ()


def test_the_last_half_of_a_renoised_walk_is_averaged_and_no_other_walk():
    single = Transcriber(replace(MODEL.checkpoint, sampling=replace(SAMPLING, tail=0.0)))
    for sampler in ("renoise", "euler"):
        walk = single.transcribe(AUDIO, num_steps=4, sampler=sampler, trajectory=True).trajectory
        expected = (walk[2].denoised + walk[3].denoised) / 2.0 if sampler == "renoise" else walk[3].denoised
        assert MODEL.transcribe(AUDIO, num_steps=4, sampler=sampler).roll == pytest.approx(expected, abs=1e-5)


def windows_on_audio(lead: int = 0) -> Windows:
    """What estimates the roll of `AUDIO`."""
    mel = MODEL.listen(AUDIO).mel
    heard = torch.ones(FRAMES, dtype=torch.bool)
    return Windows(MODEL.denoiser, normalise(mel, level_db(mel)), heard, size=SAMPLING.window_frames, hop=SAMPLING.hop_frames, lead=lead)


@pytest.mark.parametrize(("sampler", "leads"), [("renoise", (0, 1, 0, 1)), ("euler", (0, 0, 0, 0))])
def test_frames_share_other_tokens_at_every_step_that_estimates_anew(sampler: str, leads: tuple[int, ...]):
    single = Transcriber(replace(MODEL.checkpoint, sampling=replace(SAMPLING, tail=0.0)))
    walk = single.transcribe(AUDIO, num_steps=4, sampler=sampler, trajectory=True).trajectory
    for step, lead in zip(walk, leads, strict=True):
        found = [windows_on_audio(k) for k in (lead, 1 - lead)]
        same, other = (w.denoise(torch.from_numpy(step.noisy)[None], step.sigma)[0].numpy() for w in found)
        assert step.denoised == pytest.approx(same, abs=1e-5)
        assert np.abs(step.denoised - other).max() > 0.01


def test_a_stream_reports_every_step_and_the_last_one_has_the_result():
    seen = list(MODEL.stream(MODEL.prepare_transcribe(AUDIO, num_steps=4)))
    assert [(p.step, p.steps) for p in seen] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert [p.result is None for p in seen] == [True, True, True, False]
    assert same(seen[-1].result, MODEL.transcribe(AUDIO, num_steps=4))


def test_a_stream_can_be_left_early_and_leaves_torch_as_it_was():
    stream = MODEL.stream(MODEL.prepare_transcribe(AUDIO, num_steps=4))
    next(stream)
    assert not torch.is_inference_mode_enabled()
    other = MODEL.stream(MODEL.prepare_transcribe(AUDIO, num_steps=2))
    next(other)
    stream.close()
    assert next(other).result is not None
    assert next(stream, None) is None
    assert not torch.is_inference_mode_enabled()


def test_one_step_with_many_samples_is_the_mean_of_their_estimates():
    sigma = SAMPLING.schedule.sigma_max
    noise = torch.stack([frame_noise(FRAMES, seed=0, sample=k, step=0) for k in range(2)])
    first, second = windows_on_audio().denoise(MODEL.denoiser.data_mean + sigma * noise, sigma).numpy()
    assert np.abs(first - second).max() > 0.1
    one, two = (MODEL.transcribe(AUDIO, num_steps=1, num_samples=k, trajectory=True) for k in (1, 2))
    assert one.roll == pytest.approx(first, abs=1e-5)
    assert two.roll == pytest.approx((first + second) / 2.0, abs=1e-5)
    assert np.array_equal(one.trajectory[0].noisy, two.trajectory[0].noisy)


def test_guidance_of_one_is_none_and_of_zero_is_deafness():
    plain = MODEL.transcribe(AUDIO)
    assert same(plain, MODEL.transcribe(AUDIO, guidance=1.0))
    deaf = [MODEL.transcribe(audio, guidance=0.0).roll for audio in (AUDIO, AUDIO[::-1].copy())]
    assert np.allclose(deaf[0], deaf[1], atol=1e-3)
    assert not np.allclose(plain.roll, MODEL.transcribe(AUDIO, guidance=3.0).roll, atol=1e-3)


def test_features_can_be_shared_between_tasks():
    features = MODEL.listen(AUDIO)
    *_, last = MODEL.stream(MODEL.prepare_transcribe(features))
    assert same(last.result, MODEL.transcribe(AUDIO))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"num_steps": 0}, "num_steps must be a whole number from 1 to 1000, not 0"),
        ({"num_steps": 1001}, "num_steps"),
        ({"num_samples": 0}, "num_samples must be a whole number from 1 to 64, not 0"),
        ({"guidance": -0.5}, "guidance must be a number from 0 to 10, not -0.5"),
        ({"num_steps": True}, "num_steps must be a whole number from 1 to 1000, not True"),
        ({"guidance": float("nan")}, "guidance"),
        ({"seed": -1}, "seed must be a whole number"),
        ({"sampler": "ddim"}, "unknown sampler 'ddim': it must be one of euler, heun, renoise"),
        ({"thresholds": 1.5}, "thresholds must be 7 numbers between 0 and 1"),
        ({"thresholds": (0.5, 0.5)}, "thresholds must be 7 numbers between 0 and 1"),
    ],
)
def test_impossible_options_are_refused_with_what_is_allowed(options: dict[str, object], message: str):
    with pytest.raises(ValueError, match=message):
        MODEL.transcribe(AUDIO, **options)


WRONG_KINDS = """
from n2n.roll import DecodeConfig
from n2n.task import Options
for given in ({"seed": None}, {"num_steps": "5"}, {"guidance": "2"}, {"guidance": None}, {"sampler": ["euler"]}, {"thresholds": "0.5"}):
    try:
        Options(**given).decode(DecodeConfig())
    except ValueError as error:
        print(error)
"""


def test_options_of_the_wrong_kind_are_refused_in_words():
    """By a Python that does not check types of its own accord, as the tests' does."""
    said = subprocess.run([sys.executable, "-c", WRONG_KINDS], capture_output=True, text=True, check=True).stdout
    assert [(line.split()[0], line.split()[-1]) for line in said.splitlines()] == [
        ("seed", "None"),
        ("num_steps", "'5'"),
        ("guidance", "'2'"),
        ("guidance", "None"),
        ("unknown", "renoise"),
        ("thresholds", "'0.5'"),
    ]


OTHER_KINDS = """
import numpy as np
from n2n.inference import Transcriber
from n2n.notes import Note
from tests.tiny_model import tiny_checkpoint
model, audio = Transcriber(tiny_checkpoint()), np.zeros(44100, np.float32)
taken = {"num_steps": np.int64(2), "num_samples": np.uint8(2), "seed": np.int32(7), "guidance": np.float32(0.5)}
plain = {"num_steps": 2, "num_samples": 2, "seed": 7, "guidance": 0.5}
print(np.array_equal(model.generate(1, **taken).roll, model.generate(1, **plain).roll))
for refused in (
    lambda: model.refine(audio, [], strength="0.5"),
    lambda: model.refine(audio, [], strength=True),
    lambda: model.refine(audio, [(0.5, "KD", 100)]),
    lambda: model.refine(audio, Note(0.5, "KD", 100)),
    lambda: model.regenerate(None, None, np.ones((101, 7), bool), listen=False),
    lambda: model.regenerate(None, [], None, listen=False),
    lambda: model.generate("2"),
    lambda: model.generate(None),
    lambda: model.transcribe(None),
    lambda: model.transcribe([0.1, 0.2]),
    lambda: model.listen(b"loop.wav"),
    lambda: model.transcribe(audio, missing=None),
):
    try:
        refused()
    except ValueError as error:
        print(error)
"""


def test_numbers_of_numpy_count_and_what_is_of_another_kind_is_refused_in_words():
    """By a Python that does not check types of its own accord, as the tests' does."""
    run = subprocess.run([sys.executable, "-c", OTHER_KINDS], cwd=Path(__file__).parents[1], capture_output=True, text=True, check=False)
    assert run.stdout.splitlines() == [
        "True",
        "strength must lie in (0, 1], not '0.5': near 0 little changes, 1 starts afresh",
        "strength must lie in (0, 1], not True: near 0 little changes, 1 starts afresh",
        *["notes must be a list of Note objects; Transcription.from_json makes them of plain values"] * 3,
        "mask must be booleans of shape [frames, 7], not None",
        "seconds must lie in (0, 3600], not '2'",
        "seconds must lie in (0, 3600], not None",
        *[
            f"audio must be a file, samples (a NumPy array), or what `listen` made of either, not {kind}"
            for kind in ("None", "a list", "bytes")
        ],
        "missing must be a list of spans (start, end) in seconds, not None",
    ], run.stderr


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (np.zeros((2, 100), np.float32), "one-dimensional"),
        (np.zeros(100, np.int16), "float array"),
        (np.zeros(0, np.float32), "at least one"),
        (np.array([0.0, np.nan]), "NaN"),
        (np.array([0.0, 1e25], dtype=np.float32), "impossible"),
        (np.array([0.0, 1e300]), "impossible"),
        (np.array([0.0, np.inf], dtype=np.float16), "impossible"),
    ],
)
def test_impossible_samples_are_refused(samples: np.ndarray, message: str):
    with pytest.raises(ValueError, match=message):
        MODEL.transcribe(samples)


def test_samples_of_half_precision_are_transcribed_without_complaint():
    coarse = AUDIO.astype(np.float16)
    assert same(MODEL.transcribe(coarse), MODEL.transcribe(coarse.astype(np.float32)))


# A model that does not denoise


@pytest.fixture(scope="module")
def twin() -> Transcriber:
    sampling = replace(SAMPLING, num_steps=1, imagine_steps=1)
    return Transcriber(replace(MODEL.checkpoint, denoiser=OnePass(MODEL.denoiser.network, data_mean=-1.0), sampling=sampling))


def test_a_discriminative_model_answers_in_one_pass_whatever_the_seed(twin: Transcriber):
    first, again = (twin.transcribe(AUDIO, seed=seed, thresholds=0.02, trajectory=True) for seed in (0, 1))
    assert same(first, again) and len(first.trajectory) == 1
    assert not same(first, twin.transcribe(AUDIO[::-1].copy(), thresholds=0.02))


@pytest.mark.parametrize("options", [{"num_steps": 5}, {"num_samples": 2}])
def test_a_discriminative_model_refuses_more_than_one_pass(twin: Transcriber, options: dict[str, int]):
    with pytest.raises(ValueError, match=r"this model is discriminative: .* cannot take \d steps and average \d samples: set both to 1"):
        twin.transcribe(AUDIO, **options)


def test_a_discriminative_model_hears_what_is_masked_and_imagines_nothing(twin: Transcriber):
    mask = mask_from_regions([(0.5, 1.0, DRUMS)], FRAMES)
    kept = twin.regenerate(AUDIO, BEAT, mask, listen=True, thresholds=0.02).notes
    assert {note for note in kept if not 0.5 <= note.onset < 1.0} == {note for note in BEAT.notes if not 0.5 <= note.onset < 1.0}
    for refused in (
        lambda: twin.regenerate(AUDIO, BEAT, mask, listen=False),
        lambda: twin.generate(1.0),
        lambda: twin.refine(AUDIO, BEAT),
    ):
        with pytest.raises(ValueError, match="this model is discriminative"):
            refused()


# Loading


def test_a_saved_model_transcribes_like_the_one_in_memory(folder: Path, tmp_path: Path):
    loaded, again = load(folder, device="cpu"), load(str(folder))
    assert same(loaded.transcribe(AUDIO), again.transcribe(AUDIO))
    assert loaded.checkpoint.sampling == SAMPLING
    in_memory = MODEL.transcribe(AUDIO, num_steps=1).roll
    assert np.abs(loaded.transcribe(AUDIO, num_steps=1).roll - in_memory).max() < 0.2  # half precision on disk
    loaded.transcribe(AUDIO).write(tmp_path / "a.json")
    assert read_notes(tmp_path / "a.json") == loaded.transcribe(AUDIO).transcription


def test_bundled_models_have_names_and_others_are_refused_naming_them(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("n2n.assets.find_asset", lambda name: folder.parents[1])
    assert load("tiny").checkpoint.model == CONFIG
    with pytest.raises(ValueError, match=r"no model 'nonesuch': give a folder, or one of the bundled models \(tiny\)"):
        load("nonesuch")


def test_devices_are_checked():
    assert choose_device("cpu") == torch.device("cpu")
    with pytest.raises(ValueError, match="unknown device 'tpu': it must be auto, cpu or cuda"):
        choose_device("tpu")
    if not torch.cuda.is_available():
        assert choose_device("auto") == torch.device("cpu")
        with pytest.raises(ValueError, match="no usable GPU"):
            choose_device("cuda")


def edit_config(folder: Path, **changes: object) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_foreign_and_broken_models_are_refused(folder: Path):
    weights = (folder / "model.safetensors").read_bytes()
    for content, message in [(weights[:1000], "damaged"), (b"PK\x03\x04 pickled", "damaged"), (b"", "damaged")]:
        (folder / "model.safetensors").write_bytes(content)
        with pytest.raises(ValueError, match=message):
            load(folder)
    (folder / "model.safetensors").unlink()
    with pytest.raises(ValueError, match=r"model.safetensors is missing"):
        load(folder)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": 99}, "not a Noise-to-Notes config of format 1"),
        ({"model": {"width": 32}}, "do not fit"),
        ({"model": {"layers": 3}}, "not a Noise-to-Notes model's config"),
        ({"model": None}, "not a Noise-to-Notes model's config"),
        ({"sampling": {"schedule": {"sigma_max": 1.0, "sigma_min": 3.0}}}, "sigma_min <= sigma_max"),
        ({"decode": {"thresholds": [2.0]}}, r"config.json: thresholds must be 7 numbers"),
        ({"sampling": {"schedule": {}, "num_steps": "5"}}, "num_steps must be a whole number, 1 or more, not '5'"),
        ({"sampling": {"schedule": {}, "imagine_steps": 0}}, "imagine_steps must be a whole number, 1 or more, not 0"),
    ],
)
def test_configs_that_make_no_sense_are_refused(folder: Path, changes: dict[str, object], message: str):
    edit_config(folder, **changes)
    with pytest.raises(ValueError, match=message):
        load_checkpoint(folder)


def test_a_folder_without_a_model_is_refused(tmp_path: Path):
    with pytest.raises(ValueError, match=r"a model is a folder with config.json and model.safetensors"):
        load(tmp_path)
    (tmp_path / "config.json").write_text("{not json")
    with pytest.raises(ValueError, match="not valid JSON"):
        load(tmp_path)


# A model that hears a foundation model's tokens beside the log-mel


HEARS_BOTH = replace(CONFIG, condition="cross", stem="linear", frames_per_token=1, foundation_dim=24)


@pytest.fixture(scope="module")
def mert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    whole = build_whole(num_hidden_layers=10)
    return write_foundation(tmp_path_factory.mktemp("mert"), mert_weights(whole), num_hidden_layers=10)


@pytest.fixture(scope="module")
def both(mert: Path) -> Transcriber:
    torch.manual_seed(0)
    denoiser = build_denoiser(HEARS_BOTH)
    with torch.no_grad():
        denoiser.network.roll_out.weight.mul_(2.0)
        denoiser.network.mel_encoder.null.normal_()
        denoiser.network.foundation_encoder.null.normal_()
    checkpoint = replace(MODEL.checkpoint, denoiser=denoiser.eval().requires_grad_(False))
    return Transcriber(checkpoint, foundation=load_foundation(mert))


def test_a_model_can_hear_foundation_tokens_beside_the_log_mel(both: Transcriber):
    features = both.listen(AUDIO)
    assert np.array_equal(features.audio, AUDIO)
    result = both.transcribe(features)
    assert result.roll.shape == (FRAMES, len(DRUMS), 2) and len(result.notes) > 20
    other = features._replace(audio=AUDIO[::-1].copy())  # the same log-mel
    assert not same(result, both.transcribe(other))


def test_models_that_hear_the_log_mel_alone_keep_no_audio():
    assert MODEL.foundation is None
    assert MODEL.listen(AUDIO).audio is None


def test_windows_share_the_tokens_of_a_recording(both: Transcriber):
    one, many = (
        Transcriber(both.checkpoint, window_batch=batch, foundation=both.foundation).transcribe(clicks(3.3), guidance=2.0)
        for batch in (1, 16)
    )
    assert np.abs(one.roll - many.roll).max() < 1e-3


@pytest.mark.parametrize("span", [(0.0, 0.755), (1.0, 1.5), (1.7, 99.0)])
def test_what_is_missing_leaves_no_trace_in_foundation_tokens(both: Transcriber, span: tuple[float, float]):
    inside = slice(*(round(min(edge, 2.0) * SAMPLE_RATE) for edge in span))
    louder, silent = AUDIO.copy(), AUDIO.copy()
    louder[inside] *= -40.0
    silent[inside] = 0.0
    withheld = both.transcribe(AUDIO, missing=[span])
    assert same(withheld, both.transcribe(louder, missing=[span]))
    assert same(withheld, both.transcribe(silent, missing=[span]))
    assert not same(withheld, both.transcribe(AUDIO))


def test_imagining_hears_the_masked_time_through_no_encoder(both: Transcriber):
    mask = mask_from_regions([(0.5, 1.0, ("SN",))], FRAMES)
    changed = AUDIO.copy()
    changed[SAMPLE_RATE // 2 : SAMPLE_RATE] = 0.9
    assert same(*(both.regenerate(audio, BEAT, mask, listen=False) for audio in (AUDIO, changed)))
    assert not same(*(both.regenerate(audio, BEAT, mask, listen=True) for audio in (AUDIO, changed)))


def test_with_all_missing_foundation_tokens_are_missing_too(both: Transcriber):
    assert both.transcribe(AUDIO, missing=[(0.0, 2.0)]).notes == both.generate(2.0).notes
    assert both.generate(2.0).notes == both.transcribe(MODEL.listen(AUDIO), missing=[(0.0, 2.0)]).notes


def test_features_without_audio_are_refused_where_it_is_to_be_heard(both: Transcriber):
    with pytest.raises(ValueError, match="give it the recording"):
        both.transcribe(MODEL.listen(AUDIO))


def test_a_foundation_model_is_named_or_found_and_fits(both: Transcriber, mert: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    save_checkpoint(both.checkpoint, tmp_path / "both")
    save_checkpoint(MODEL.checkpoint, tmp_path / "mel")
    monkeypatch.delenv("N2N_MERT", raising=False)
    with pytest.raises(ValueError, match="set N2N_MERT"):
        load(tmp_path / "both", device="cpu")
    named = load(tmp_path / "both", device="cpu", foundation=mert).transcribe(AUDIO)
    monkeypatch.setenv("N2N_MERT", str(mert))
    assert same(named, load(tmp_path / "both", device="cpu").transcribe(AUDIO))
    assert load(tmp_path / "mel", device="cpu").foundation is None
    with pytest.raises(ValueError, match="no use for a foundation model"):
        load(tmp_path / "mel", device="cpu", foundation=mert)
    with pytest.raises(ValueError, match="give it one"):
        Transcriber(both.checkpoint)
    with pytest.raises(ValueError, match="has 24 channels, but this model hears 16"):
        Transcriber(replace(both.checkpoint, denoiser=build_denoiser(replace(HEARS_BOTH, foundation_dim=16))), foundation=both.foundation)
