"""The files that the editor draws from, read by a parser of the test's own, written from the description alone."""

import json
import struct
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest
import torch

from n2n.audio import SAMPLE_RATE
from n2n.features import N_MELS, log_mel
from n2n.notes import Note
from n2n.planes import ALL_PLANES_SECONDS, pack, pack_mel, pack_step
from n2n.roll import DecodeConfig, notes_to_roll, roll_to_notes
from n2n.task import Features, TrajectoryStep

NOTES = (Note(0.1, "KD", 101), Note(0.25, "HH", 40), Note(0.25, "BE", 127))


class Parsed(NamedTuple):
    header: dict
    data: bytes


def parse(packed: bytes, magic: bytes) -> Parsed:
    assert packed[:4] == magic
    (length,) = struct.unpack("<I", packed[4:8])
    assert (8 + length) % 4 == 0
    return Parsed(json.loads(packed[8 : 8 + length]), packed[8 + length :])


def step_of(frames: int, sigma: float = 2.0) -> TrajectoryStep:
    estimate = notes_to_roll([note for note in NOTES if note.onset * 100 < frames], frames)
    noisy = np.random.default_rng(0).normal(0.0, 5.0, estimate.shape).astype(np.float32)
    return TrajectoryStep(sigma, noisy, estimate)


def test_a_step_holds_its_place_its_notes_and_three_planes() -> None:
    step, decode = step_of(40), DecodeConfig()
    header, data = parse(pack_step(step, decode, roll_to_notes(step.denoised, decode), run="ab", step=2, steps=5), b"N2NS")
    assert {name: header[name] for name in ("run", "step", "steps", "sigma", "frames")} == {
        "run": "ab",
        "step": 2,
        "steps": 5,
        "sigma": 2.0,
        "frames": 40,
    }
    assert [tuple(row) for row in header["notes"]] == [(10, 0, 101, 1.0), (25, 3, 40, 1.0), (25, 6, 127, 1.0)]
    assert header["planes"] == ["noisy", "onset", "velocity"] and len(data) == 3 * 40 * 7
    noisy, onset, velocity = np.frombuffer(data, np.uint8).reshape(3, 40, 7)
    expected = np.clip(step.noisy[..., 0] / np.sqrt(5.0), -3.0, 3.0)
    assert np.abs(noisy / 255.0 * 6.0 - 3.0 - expected).max() <= 3.0 / 255.0 + 1e-6
    assert {(frame, lane) for frame, lane in np.argwhere(onset == 255)} == {(10, 0), (25, 3), (25, 6)} and np.unique(onset).size == 2
    assert [velocity[frame, lane] for frame, lane in ((10, 0), (25, 3), (25, 6))] == [101, 40, 127]


def test_velocity_is_decoded_with_the_weight_it_was_trained_with() -> None:
    step = step_of(40)
    unsure = step._replace(denoised=(0.5 * (step.denoised - 1.0) + 0.4).astype(np.float32))
    planes = []
    for decode in (DecodeConfig(), replace(DecodeConfig(), velocity_weight=8.0)):
        _, data = parse(pack_step(unsure, decode, (), run="", step=1, steps=1), b"N2NS")
        planes.append(np.frombuffer(data, np.uint8).reshape(3, 40, 7)[2])
    assert (planes[1] < planes[0]).any()


def test_of_a_long_recording_only_the_estimate_is_packed() -> None:
    frames = round(ALL_PLANES_SECONDS * 100) + 1
    for count, planes in ((frames, ["noisy", "onset", "velocity"]), (frames + 1, ["onset"])):
        header, data = parse(pack_step(step_of(count), DecodeConfig(), (), run="", step=1, steps=1), b"N2NS")
        assert header["planes"] == planes and len(data) == len(planes) * count * 7


@pytest.mark.parametrize("seconds", [1.0, 0.015, 1 / SAMPLE_RATE])
def test_a_recording_holds_its_spectrogram_and_its_waveform_on_one_time_axis(seconds: float) -> None:
    samples = np.sin(2 * np.pi * 1000.0 * np.arange(max(1, round(seconds * SAMPLE_RATE))) / SAMPLE_RATE).astype(np.float32)
    features = Features(log_mel(torch.from_numpy(samples)), len(samples) / SAMPLE_RATE)
    header, data = parse(pack_mel(features, samples), b"N2NM")
    frames, bins, peaks = header["frames"], header["bins"], header["peaks"]
    assert len(data) == frames * bins + 2 * peaks and bins == 64
    assert abs(frames * header["seconds_per_frame"] - seconds) <= 0.03
    assert abs(peaks * header["samples_per_peak"] - len(samples)) < header["samples_per_peak"]
    mel = np.frombuffer(data[: frames * bins], np.uint8).reshape(frames, bins)
    low, high = np.frombuffer(data[frames * bins :], np.int8).reshape(peaks, 2).T
    assert (low <= high).all()
    if seconds == 1.0:
        loudest = int(features.mel[50].argmax()) * 64 // N_MELS
        assert mel[10:40].argmax(axis=1).tolist() == [loudest] * 30 and mel[25, loudest] >= 245
        assert mel[25].min() == 0 and high.max() == 127 and low.min() == -127


def test_each_frame_is_as_loud_as_the_two_that_it_stands_for() -> None:
    quiet, loud = torch.full((3, N_MELS), -60.0), torch.full((3, N_MELS), -20.0)
    header, data = parse(pack_mel(Features(torch.cat([quiet, loud]), 0.05), np.zeros(2205, dtype=np.float32)), b"N2NM")
    mel = np.frombuffer(data[: header["frames"] * 64], np.uint8).reshape(-1, 64)[:, 0] / 255.0 * 80.0 - 80.0
    assert np.abs(mel - [-40.0, 10 * np.log10((1e-6 + 1e-2) / 2) + 20.0, 0.0]).max() < 0.2


@pytest.mark.parametrize("text", ["", "a", "ab", "abc", "ä"])
def test_data_begin_at_a_multiple_of_four_whatever_the_header(text: str) -> None:
    header, data = parse(pack(b"TEST", {"text": text}, b"\x01\x02"), b"TEST")
    assert header == {"text": text} and data == b"\x01\x02"
