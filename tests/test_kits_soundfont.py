"""SoundFonts become drum kits, percussion and instruments; played through FluidSynth on pretty_midi's small General MIDI SoundFont."""

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pretty_midi
import pytest

from n2n.drums import DRUMS
from n2n.kits.shots import MAX_SAMPLES, USUAL_LEVEL
from n2n.kits.soundfont import build_instruments, build_soundfont
from n2n.kits.synthesiser import read_presets
from n2n.kits.voices import GM_BRUSH, GM_DRUMS, GM_TR808, gm_preset
from n2n.render import load_fluidsynth
from n2n.training.bank import Bundle, OneShot

RATE = 44_100
GM_SOUNDFONT = Path(pretty_midi.__file__).parent / "TimGM6mb.sf2"


@dataclass(frozen=True)
class Rendered:
    """What the small General MIDI SoundFont gives; rendered once."""

    kit: Bundle
    distractors: Bundle
    instruments: Bundle

    def of(self, preset: str, articulation: str) -> list[OneShot]:
        return [shot for shot in self.kit.shots if (shot.kit, shot.articulation) == (preset, articulation)]


@pytest.fixture(scope="module")
def rendered() -> Rendered:
    try:
        load_fluidsynth()
    except ValueError as error:
        pytest.skip(str(error))
    kit, distractors = build_soundfont(GM_SOUNDFONT)
    assert kit is not None and distractors is not None
    return Rendered(kit, distractors, build_instruments(GM_SOUNDFONT))


def test_presets_are_read_from_the_file_itself() -> None:
    presets = read_presets(GM_SOUNDFONT)
    assert {preset.program for preset in presets if preset.bank == 128} == {0, 8, 16, 24, 25, 32, 40, 48}
    assert (0, 0) in {(preset.bank, preset.program) for preset in presets}


def test_every_drum_preset_but_the_orchestra_is_a_kit_with_all_seven_drums(rendered: Rendered) -> None:
    by_kit = {kit: {shot.drum for shot in rendered.kit.shots if shot.kit == kit} for kit in {shot.kit for shot in rendered.kit.shots}}
    assert len(by_kit) == 7 and "Orchestra" not in by_kit
    assert all(drums == set(DRUMS) for drums in by_kit.values())


def test_the_traps_of_the_808_brush_and_electronic_kits_are_left_out(rendered: Rendered) -> None:
    assert rendered.of("Standard", "hh_pedal") and not rendered.of("TR 808", "hh_pedal")
    assert {shot.articulation for shot in rendered.kit.shots if (shot.kit, shot.drum) == ("Brush", "SN")} == {"snare_brush", "cross_stick"}
    assert 44 not in GM_TR808 and 40 not in GM_BRUSH
    assert rendered.of("Standard", "china") and not rendered.of("Electronic", "china")
    assert {voice.drum for voice in gm_preset(48).values()} == {"KD", "SN", "CY"}
    assert gm_preset(0) is GM_DRUMS


def test_velocities_that_share_a_recording_share_its_wave_and_rise_in_level(rendered: Rendered) -> None:
    for kit, articulation in (("Standard", "kick"), ("Jazz", "hh_closed"), ("Room", "ride_bell")):
        shots = [shot for shot in rendered.of(kit, articulation) if shot.piece == rendered.of(kit, articulation)[0].piece]
        assert [shot.velocity for shot in shots] == [20, 45, 70, 95, 120]
        assert (np.diff([shot.gain_db for shot in shots]) > 3).all()
        assert len({shot.start for shot in shots}) < 5
    stored = {shot.start: shot.length for shot in rendered.kit.shots}
    assert sum(stored.values()) == len(rendered.kit.audio)


def test_the_loudest_hit_of_every_drum_of_every_preset_is_at_its_usual_level(rendered: Rendered) -> None:
    loudest: dict[tuple[str, str], float] = {}
    for shot in rendered.kit.shots:
        loudest[shot.kit, shot.drum] = max(loudest.get((shot.kit, shot.drum), -99.0), shot.gain_db)
    assert all(level == USUAL_LEVEL[drum] for (_, drum), level in loudest.items())


def test_kicks_are_low_and_hi_hats_are_high(rendered: Rendered) -> None:
    def share_above_2_khz(shot: OneShot) -> float:
        power = np.abs(np.fft.rfft(rendered.kit.samples(shot)[: RATE // 8], RATE)) ** 2
        return float(power[2000:].sum() / power.sum())

    assert max(share_above_2_khz(shot) for shot in rendered.of("Standard", "kick")) < 0.3
    assert min(share_above_2_khz(shot) for shot in rendered.of("Standard", "hh_closed")) > 0.7


def test_one_shots_sound_from_their_onset_on(rendered: Rendered) -> None:
    for shot in rendered.kit.shots:
        wave = rendered.kit.audio[shot.start : shot.start + shot.length].astype(np.float64)
        decibels = -12 if shot.articulation in ("hh_pedal", "snare_brush") else -40
        reached = int(np.argmax(np.abs(wave) >= np.abs(wave).max() * 10 ** (decibels / 20)))
        assert abs(reached - shot.onset) <= 1 and shot.length <= MAX_SAMPLES


def test_percussion_that_is_no_drum_of_ours_has_no_drum(rendered: Rendered) -> None:
    assert {shot.drum for shot in rendered.distractors.shots} == {""}
    assert {"tambourine", "clap", "cowbell", "shaker", "conga"} <= {shot.articulation for shot in rendered.distractors.shots}


def test_instruments_sound_at_the_pitch_that_they_name(rendered: Rendered) -> None:
    parts = {shot.piece for shot in rendered.instruments.shots}
    assert parts == {"bass", "chord", "lead", "pad"} and len({shot.kit for shot in rendered.instruments.shots}) > 40
    piano = {int(shot.articulation): shot for shot in rendered.instruments.shots if shot.kit == "acoustic_grand_piano"}
    assert sorted(piano) == list(range(40, 81, 5))
    for pitch in (60, 70, 80):
        wave = rendered.instruments.samples(piano[pitch])[:RATE]
        spectrum = np.abs(np.fft.rfft(wave * np.hanning(len(wave)), 4 * RATE))
        harmonic = np.argmax(spectrum) / 4 / (440 * 2 ** ((pitch - 69) / 12))
        assert harmonic == pytest.approx(round(harmonic), rel=0.01) and 1 <= round(harmonic) <= 3


def test_instruments_end_in_silence(rendered: Rendered) -> None:
    for shot in rendered.instruments.shots:
        assert abs(rendered.instruments.samples(shot)[-1]) < 1e-3 and shot.length <= 2 * RATE


def test_what_is_no_soundfont_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.sf2").write_bytes(b"no soundfont")
    (tmp_path / "short.sf2").write_bytes(GM_SOUNDFONT.read_bytes()[:100_000])
    with pytest.raises(ValueError, match=r"short\.sf2 is damaged or cut short"):
        read_presets(tmp_path / "short.sf2")
    with pytest.raises(ValueError, match=r"x\.sf2 is no SoundFont 2 file"):
        build_soundfont(tmp_path / "x.sf2")


def test_without_fluidsynth_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fluidsynth", None)
    with pytest.raises(ValueError, match="pip install pyfluidsynth"):
        build_soundfont(GM_SOUNDFONT)
