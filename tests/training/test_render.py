"""Whole clips: the same by seed, with labels where the sound is; the band beside them; sources that are held out."""

from collections.abc import Iterator
from dataclasses import is_dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file

from n2n.audio import FRAME_RATE, HOP, SAMPLE_RATE
from n2n.drums import DRUMS
from n2n.features import N_MELS, log_mel
from n2n.training.accompany import BandConfig
from n2n.training.bank import Bundle, OneShot, write_bundle
from n2n.training.chance import bare
from n2n.training.compose import AS_PLAYED, ComposeConfig, hits_to_velocities
from n2n.training.library import HELD_OUT
from n2n.training.mix import NEUTRAL
from n2n.training.performances import PERFORMANCES_FILE, Hit, Performance, write_performances
from n2n.training.render import Clip, EnsembleConfig, Material, RenderConfig, Renderer, pack, read_material, unpack_mel
from n2n.training.singer import VocalsConfig
from n2n.training.tunes import Part, Tune

FULL = RenderConfig(seconds=1.0)
CLEAN = bare(RenderConfig, seconds=2.0, compose=AS_PLAYED, mix=NEUTRAL, ensemble=bare(EnsembleConfig, band_db=(0.0, 0.0)))
BAND = replace(CLEAN.ensemble, band=1.0)
SINGER = replace(BAND, singer=1.0)
ROLES = ("bass", "chord", "lead", "pad")


def rms(audio: torch.Tensor) -> float:
    return float(audio.square().mean().sqrt())


def above(audio: torch.Tensor, hz: float) -> float:
    """The level of what lies above a frequency, against the whole."""
    power = torch.fft.rfft(audio).abs().square()
    return float((power[int(hz * len(audio) / SAMPLE_RATE) :].sum() / power.sum()).sqrt())


def performed(material: Material, hits: list[Hit], config: RenderConfig = CLEAN, seed: int = 0) -> Clip:
    return Renderer(material, config, seed=0).perform(hits, np.random.default_rng(seed))


# Determinism


def test_a_clip_is_the_same_wherever_it_is_rendered(material: Material, band: tuple[Bundle, ...], percussion: tuple[Bundle, ...]) -> None:
    whole = replace(material, instruments=band, percussion=percussion)
    busy = replace(FULL, seconds=4.0, ensemble=EnsembleConfig(band=1.0, percussion=1.0))
    renderer = Renderer(whole, busy, seed=5)
    renderer.clip(0)
    later, alone = renderer.clip(3), Renderer(whole, busy, seed=5).clip(3)
    assert torch.equal(later.audio, alone.audio)
    assert np.array_equal(later.velocities, alone.velocities) and later.hits == alone.hits
    assert np.array_equal(later.as_played, alone.as_played)


def test_clips_differ_by_index_and_by_seed(material: Material) -> None:
    renderer = Renderer(material, FULL, seed=5)
    clips = [renderer.clip(0), renderer.clip(1), Renderer(material, FULL, seed=6).clip(0)]
    assert len({clip.audio.numpy().tobytes() for clip in clips}) == 3


def test_nothing_happens_by_a_bare_config() -> None:
    """Nor by those within it; ranges stay."""

    def numbers(config: Any) -> Iterator[float]:
        for value in vars(config).values():
            yield from numbers(value) if is_dataclass(value) else [value] if isinstance(value, float) else []

    assert not any(numbers(bare(RenderConfig))) and any(numbers(RenderConfig().ensemble.band_effects))
    assert bare(RenderConfig).ensemble.full_db == EnsembleConfig.full_db


# Labels


@pytest.mark.parametrize("drum", DRUMS)
def test_the_label_lies_where_the_sound_begins(material: Material, drum: str) -> None:
    onset = 0.7371
    clip = performed(material, [Hit(onset, drum, "any", 1, 100)])
    begin = int((clip.audio.abs() > 0.1 * clip.audio.abs().max()).nonzero()[0])
    assert begin == round(onset * SAMPLE_RATE)
    ((frame, lane),) = np.argwhere(clip.velocities)
    assert (DRUMS[lane], clip.velocities[frame, lane]) == (drum, 100)
    assert abs(frame / FRAME_RATE - begin / SAMPLE_RATE) <= 0.5 / FRAME_RATE


def test_the_spectrum_rises_at_the_labelled_frame(material: Material) -> None:
    clip = performed(material, [Hit(frame / FRAME_RATE, "SN", "snare", 1, 100) for frame in (40, 90, 150)])
    power = 10 ** (log_mel(clip.audio) / 10)
    rise = power.sum(dim=1).sqrt().diff()
    found = sorted((rise.topk(3).indices + 1).tolist())
    assert all(abs(frame - labelled) <= 2 for frame, labelled in zip(found, (40, 90, 150), strict=True))


def test_labels_are_those_of_the_hits(material: Material) -> None:
    clip = Renderer(material, replace(FULL, no_drums=0.0), seed=1).clip(0)
    assert clip.audio.shape == (FRAME_RATE * HOP,) and clip.velocities.shape == (FRAME_RATE, len(DRUMS))
    assert np.array_equal(clip.velocities, hits_to_velocities(clip.hits, FRAME_RATE))
    assert clip.velocities.any()


def test_a_harder_hit_is_louder_beside_a_fixed_one(material: Material) -> None:
    """The clip's peak is the kick; the snare's level against it follows its velocity."""
    levels = []
    for velocity in (20, 60, 100):
        clip = performed(material, [Hit(0.0, "KD", "kick", 1, 127), Hit(1.0, "SN", "snare", 1, velocity)])
        levels.append(rms(clip.audio[SAMPLE_RATE:]) / rms(clip.audio[: SAMPLE_RATE // 2]))
    assert levels == sorted(levels)
    assert levels[2] / levels[0] == pytest.approx((100 / 20) ** 1.6, rel=0.1)


def test_a_faithful_clip_is_the_performance_at_another_tempo(material: Material, groove: Performance) -> None:
    """Whatever else the config would do to it."""
    config = replace(CLEAN, seconds=3.0, faithful=1.0, compose=ComposeConfig(scattered=1.0))
    played = list(zip(groove.onset, groove.velocity, strict=True))
    for index in range(4):
        hits = Renderer(material, config, seed=3).clip(index).hits[:8]
        first = hits[0].onset
        rates = [(played[k][0] - played[0][0]) / (hit.onset - first) for k, hit in enumerate(hits) if hit.onset > first + 0.1]
        assert np.ptp(rates) < 1e-6 and 0.75 <= rates[0] <= 1.3
        assert {hit.velocity for hit in hits} <= {int(velocity) for _, velocity in played}


def test_a_clip_without_drums_has_an_empty_label(material: Material) -> None:
    clip = Renderer(material, replace(CLEAN, no_drums=1.0), seed=0).clip(0)
    assert not clip.velocities.any() and clip.hits == ()
    assert float(clip.audio.abs().max()) < 1e-3


def test_audio_stays_within_full_scale(material: Material) -> None:
    renderer = Renderer(material, replace(FULL, no_drums=0.0, pauses=0.0), seed=2)
    peaks = [float(renderer.clip(index).audio.abs().max()) for index in range(4)]
    assert min(peaks) > 0.5 and max(peaks) < 1.0


# The band


@pytest.mark.parametrize("db", [-20.0, 0.0, 6.0])
def test_the_band_plays_at_its_level_and_leaves_the_labels(material: Material, band: tuple[Bundle, ...], db: float) -> None:
    hits = [Hit(k / 4, "HH", "hh_closed", 1, 100) for k in range(8)]  # far above the band's pitches
    whole = replace(material, instruments=band)
    drums, both = (performed(whole, hits, replace(CLEAN, ensemble=replace(BAND, band=share, band_db=(db, db)))) for share in (0.0, 1.0))
    assert np.array_equal(drums.velocities, both.velocities)
    scale = float((drums.audio * both.audio).sum() / drums.audio.square().sum())
    assert 20 * np.log10(rms(both.audio - scale * drums.audio) / rms(scale * drums.audio)) == pytest.approx(db, abs=1.0)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_where_there_are_no_drums_a_band_may_play_all_the_same(material: Material, band: tuple[Bundle, ...], share: float) -> None:
    config = replace(CLEAN, no_drums=1.0, ensemble=replace(CLEAN.ensemble, band_alone=share))
    clip = Renderer(replace(material, instruments=band), config, seed=0).clip(0)
    assert clip.hits == () and (float(clip.audio.abs().max()) > 0.1) == (share == 1.0)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_singer_may_sing_without_the_band(material: Material, band: tuple[Bundle, ...], share: float) -> None:
    """What instruments sound like is heard where there is a band, and nowhere else."""
    config = replace(CLEAN, ensemble=replace(SINGER, unaccompanied=share))
    reversed_band = [replace(bundle, audio=bundle.audio[::-1].copy()) for bundle in band]
    one, other = (performed(replace(material, instruments=instruments), [], config) for instruments in (band, reversed_band))
    assert float(one.audio.abs().max()) > 0.1
    assert torch.equal(one.audio, other.audio) == (share == 1.0)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_singer_may_be_a_speaker(material: Material, band: tuple[Bundle, ...], share: float) -> None:
    """What was said is heard where speakers are asked for, and nowhere else."""
    config = replace(CLEAN, ensemble=replace(SINGER, unaccompanied=1.0), vocals=bare(VocalsConfig, spoken=share))
    speech = Bundle("game", "MIT", band[0].shots, band[0].audio)
    other = replace(speech, audio=speech.audio[::-1].copy())
    one, two = (performed(replace(material, instruments=band, speech=[voice]), [], config) for voice in (speech, other))
    assert float(one.audio.abs().max()) > 0.1
    assert torch.equal(one.audio, two.audio) == (share == 0.0)


def guitar_at(*pitches: float) -> Bundle:
    """A song of stretches that are one tone each, two seconds long."""
    time = np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE
    shots = tuple(OneShot("song", "", "guitar", str(k), 100, 0, 0.0, len(time) * k, len(time)) for k in range(len(pitches)))
    return Bundle("song", "MIT", shots, np.concatenate([(20000 * np.sin(2 * np.pi * hz * time)).astype(np.int16) for hz in pitches]))


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_guitar_may_be_a_recorded_one(material: Material, band: tuple[Bundle, ...], share: float) -> None:
    """What was recorded is heard where it is asked for, alone or with the others, and nowhere else."""
    config = replace(CLEAN, ensemble=BAND, band=bare(BandConfig, recorded=share))
    high, low = (replace(material, instruments=band, guitars=[guitar_at(hz)]) for hz in (12000.0, 500.0))
    heard = [above(performed(guitars, [], config, seed).audio, 7000.0) for guitars in (high, low) for seed in range(8)]
    assert all(level > 0.2 for level in heard[:8]) == (share == 1.0)
    assert all(level < 0.2 for level in heard[8:])
    alone = sum(level > 0.99 for level in heard[:8])
    assert 0 < alone < 8 if share else not alone


def same_whoever_plays(material: Material, bands: tuple[list[Bundle], list[Bundle]], hits: list[Hit], config: RenderConfig) -> list[bool]:
    """For each of eight seeds, whether two bands sound the same."""
    clips = [[performed(replace(material, instruments=band), hits, config, seed).audio for band in bands] for seed in range(8)]
    return [torch.equal(*pair) for pair in clips]


def backwards(bundles: list[Bundle]) -> list[Bundle]:
    return [replace(bundle, audio=bundle.audio[::-1].copy()) for bundle in bundles]


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_guitarist_plays_alone_or_with_the_others(material: Material, band: tuple[Bundle, ...], share: float) -> None:
    hits = [Hit(k / 4, "HH", "hh_closed", 1, 100) for k in range(8)]
    others = list(band), backwards(list(band))
    alone = sum(same_whoever_plays(material, others, hits, replace(CLEAN, ensemble=BAND, band=bare(BandConfig, riffs=share))))
    assert 0 < alone < 8 if share else not alone


@pytest.mark.parametrize("drums", [True, False])
def test_basses_play_alone_where_there_are_no_drums(material: Material, band: tuple[Bundle, ...], drums: bool) -> None:
    hits = [Hit(k / 4, "KD", "kick", 1, 100) for k in range(8 * drums)]
    bass = [replace(bundle, shots=tuple(shot for shot in bundle.shots if shot.piece == "bass")) for bundle in band]
    others = [replace(bundle, shots=tuple(shot for shot in bundle.shots if shot.piece != "bass")) for bundle in band]
    config = replace(CLEAN, ensemble=BAND, band=bare(BandConfig, basses=1.0))
    alone = same_whoever_plays(material, (bass + others, bass + backwards(others)), hits, config)
    assert not any(alone) if drums else all(alone)


def test_a_whole_band_leaves_hardly_a_moment_to_the_drums(material: Material, band: tuple[Bundle, ...]) -> None:
    """Of eight clips each: how far half of its 50 ms lie below the mean at least, in dB."""
    hits = [Hit(k / 4, "KD", "kick", 1, 100) for k in range(0, 32, 2)]
    silent = replace(material, kits=[replace(kit, audio=np.zeros_like(kit.audio)) for kit in material.kits], instruments=band)

    def gaps(full: float) -> float:
        config = replace(CLEAN, seconds=8.0, ensemble=replace(BAND, full=full, full_db=(0.0, 0.0)))
        clips = [performed(silent, hits, config, seed).audio for seed in range(8)]
        power = [clip[: len(clip) // 2205 * 2205].reshape(-1, 2205).square().mean(1) for clip in clips]
        return float(np.mean([10.0 * np.log10(float(moments.median() / moments.mean()) + 1e-6) for moments in power]))

    assert gaps(1.0) > gaps(0.0) + 3.0


def test_a_whole_band_has_a_level_of_its_own(material: Material, band: tuple[Bundle, ...]) -> None:
    hits = [Hit(k / 4, "HH", "hh_closed", 1, 100) for k in range(8)]
    levels = []
    for db in (-12.0, 6.0):
        config = replace(CLEAN, ensemble=replace(BAND, band_db=(-40.0, -40.0), full=1.0, full_db=(db, db)))
        levels.append(above(performed(replace(material, instruments=band), hits, config).audio, 6500.0))
    assert levels[0] > levels[1]


def test_a_recorded_guitar_plays_on_to_the_end(material: Material, band: tuple[Bundle, ...]) -> None:
    """Its stretches follow one another and begin again, as long as the clip lasts."""
    renderer = Renderer(replace(material, instruments=band, guitars=[guitar_at(400.0, 900.0)]), CLEAN, seed=0)
    for seed in range(8):
        placed = renderer.band.play_song(9.0, np.random.default_rng(seed))
        ends = [sound.start + len(sound.sound) for sound in placed]
        assert [sound.start for sound in placed] == [0, *ends[:-1]] and ends[-1] >= 9 * SAMPLE_RATE > placed[-1].start
        assert len(placed) >= 4 and len(placed[0].sound) <= len(placed[2].sound) == pytest.approx(2 * SAMPLE_RATE, rel=0.5)


def test_where_the_drummer_pauses_a_band_plays_on(material: Material, band: tuple[Bundle, ...]) -> None:
    """What it goes by is heard in what it plays, and stands in no label."""
    score = [Hit(k / 4, "KD", "kick", 1, 100) for k in range(8)]
    renderer = Renderer(replace(material, instruments=band), CLEAN, seed=0)
    paused, elsewhere = (renderer.perform([], np.random.default_rng(0), score=hits) for hits in (score, []))
    assert not paused.velocities.any() and float(paused.audio.abs().max()) > 0.1
    assert not torch.equal(paused.audio, elsewhere.audio)


def test_a_band_may_lose_the_drums_highs_and_keeps_its_own(material: Material, band: tuple[Bundle, ...]) -> None:
    """The kit's hi-hats lie at 7 to 9 kHz, the band's tones below 1 kHz."""
    hats, whole = [Hit(k / 4, "HH", "hh_closed", 1, 100) for k in range(8)], replace(material, instruments=band)
    dull = replace(BAND, dull_drums=1.0)
    for drums, ensemble in ((hats, dull), (hats, BAND), (hats, replace(dull, band=0.0))):
        levels = [above(performed(whole, drums, replace(CLEAN, ensemble=ensemble), seed).audio, 6500.0) for seed in range(12)]
        assert (min(levels) < 0.3 * max(levels)) == (ensemble is dull)


def test_a_band_plays_tunes_where_there_are_some(material: Material, band: tuple[Bundle, ...]) -> None:
    config = replace(CLEAN, ensemble=BAND, band=bare(BandConfig, tunes=1.0))
    note = np.array([0.0])
    tune = Tune("one note", 64.0, (Part("program3", "pad"),), note, note + 1.0, note + 48, note + 100, note)
    without, with_tune = (performed(replace(material, instruments=band, tunes=tunes), [], config, seed=1) for tunes in ((), (tune,)))
    assert not torch.equal(without.audio, with_tune.audio)


def test_a_share_of_clips_has_pauses(material: Material, band: tuple[Bundle, ...]) -> None:
    whole = replace(material, instruments=band)
    with_pauses, without = (Renderer(whole, replace(CLEAN, pauses=share), seed=0) for share in (1.0, 0.0))
    counts = [(len(with_pauses.clip(index).hits), len(without.clip(index).hits)) for index in range(40)]
    assert all(fewer <= all_hits for fewer, all_hits in counts)
    assert 10 <= sum(fewer == 0 for fewer, _ in counts) <= 30 and any(0 < fewer < all_hits for fewer, all_hits in counts)


def test_percussion_sounds_and_is_not_labelled(material: Material, percussion: tuple[Bundle, ...]) -> None:
    shaken = performed(replace(material, percussion=percussion), [], replace(CLEAN, ensemble=replace(CLEAN.ensemble, percussion=1.0)))
    assert float(shaken.audio.abs().max()) > 0.1
    assert not shaken.velocities.any()


# Features and material


def test_packed_features_are_within_a_quarter_of_a_decibel(material: Material) -> None:
    clip = Renderer(material, FULL, seed=1).clip(0)
    features = pack(clip)
    assert features.mel.shape == (FRAME_RATE, N_MELS) and features.mel.dtype == torch.uint8
    assert torch.equal(features.velocities, torch.from_numpy(clip.velocities))
    assert torch.equal(features.as_played, torch.from_numpy(clip.as_played))
    torch.testing.assert_close(unpack_mel(features.mel), log_mel(clip.audio)[:FRAME_RATE], atol=0.2501, rtol=0.0)


def test_a_clip_brings_another_stretch_of_the_performances_unchanged(material: Material) -> None:
    moved = replace(FULL, seconds=4.0, compose=replace(AS_PLAYED, scattered=1.0))
    for index in range(5):
        clip = Renderer(material, moved, seed=2).clip(index)
        struck = {int(v) for v in clip.as_played[clip.as_played > 0]}
        assert struck <= {int(v) for p in material.performances for v in p.velocity}
        assert not np.array_equal(clip.as_played, clip.velocities)


@pytest.fixture
def folder(tmp_path: Path, kit: Bundle, groove: Performance) -> Path:
    """What `n2n kits` writes: a kit under every held-out name and one to train on, a performance in every split."""
    names = ["for_training", *HELD_OUT["validation"], *HELD_OUT["test"]]
    for name in names:
        write_bundle(replace(kit, name=name), tmp_path / "bundles" / "kits" / f"{name}.safetensors")
    write_performances(
        [replace(groove, name=split, split=split) for split in ("train", "validation", "test")], tmp_path / "performances.safetensors"
    )
    return tmp_path


def test_each_split_reads_its_own_sources_and_performances(folder: Path) -> None:
    read = {split: read_material(folder, split) for split in ("train", "validation", "test")}
    assert {split: {kit.name for kit in material.kits} for split, material in read.items()} == {
        "train": {"for_training"},
        "validation": set(HELD_OUT["validation"]),
        "test": set(HELD_OUT["test"]),
    }
    assert all([p.name for p in material.performances] == [split] for split, material in read.items())


def test_training_clips_never_play_held_out_sources(folder: Path) -> None:
    library = Renderer(read_material(folder), FULL, seed=0).library
    rng = np.random.default_rng(0)
    assert {part.bundle.name for _ in range(100) for part in library.draw_kit(rng).values()} == {"for_training"}


def test_a_band_is_read_where_there_is_one(folder: Path, band: tuple[Bundle, ...], percussion: tuple[Bundle, ...]) -> None:
    assert not read_material(folder).instruments
    write_bundle(band[0], folder / "bundles" / "instruments" / "band.safetensors")
    write_bundle(percussion[0], folder / "bundles" / "distractors" / "hands.safetensors")
    material = read_material(folder)
    assert [bundle.name for bundle in (*material.instruments, *material.percussion)] == ["instruments", "percussion"]


def test_what_came_after_the_rendered_sets_plays_in_training_alone(folder: Path, band: tuple[Bundle, ...]) -> None:
    for kind, name in (("instruments", "fluidr3"), ("instruments", "generaluser"), ("distractors", "freepats")):
        write_bundle(replace(band[0], name=name), folder / "bundles" / kind / f"{name}.safetensors")
    played = {split: read_material(folder, split) for split in ("train", "validation", "test")}
    names = {split: [bundle.name for bundle in (*m.instruments, *m.percussion)] for split, m in played.items()}
    assert names == {"train": ["fluidr3", "generaluser", "freepats"], "validation": ["fluidr3"], "test": ["fluidr3"]}


def test_speech_is_that_of_the_split(folder: Path, band: tuple[Bundle, ...]) -> None:
    for name in ("klettres", "fillets_nl", "ktuberling"):
        write_bundle(replace(band[0], name=name), folder / "bundles" / "speech" / f"{name}.safetensors")
    read = {split: [bundle.name for bundle in read_material(folder, split).speech] for split in ("train", "validation", "test")}
    assert read == {"train": ["klettres"], "validation": ["fillets_nl"], "test": ["ktuberling"]}


def test_recorded_guitars_are_those_of_the_split(folder: Path, band: tuple[Bundle, ...]) -> None:
    for name in ("sectoid_feelings", "sectoid_war", "sectoid_madness"):
        write_bundle(replace(band[0], name=name), folder / "bundles" / "guitars" / f"{name}.safetensors")
    read = {split: [bundle.name for bundle in read_material(folder, split).guitars] for split in ("train", "validation", "test")}
    assert read == {"train": ["sectoid_feelings"], "validation": ["sectoid_war"], "test": ["sectoid_madness"]}


def test_files_of_another_kind_are_refused(folder: Path) -> None:
    save_file({"x": np.zeros(3)}, folder / "bundles" / "kits" / "zz.safetensors")
    with pytest.raises(ValueError, match="not a sample bundle"):
        read_material(folder)


@pytest.mark.parametrize("name", ["bundles/kits/zz.safetensors", PERFORMANCES_FILE])
def test_damaged_files_are_refused(folder: Path, name: str) -> None:
    (folder / name).write_bytes(b"cut short")
    with pytest.raises(ValueError, match="is damaged or is not a safetensors file"):
        read_material(folder)
