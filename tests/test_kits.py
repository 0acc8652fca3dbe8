"""One-shots are cut, levelled and packed; folders with a table, Hydrogen kits and speech become bundles."""

import csv
import re
import struct
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save_file

from n2n import kits
from n2n.kits import speech
from n2n.kits.folder import COLUMNS, build_folder
from n2n.kits.guitars import STRETCH_S, Guitar, build_guitar
from n2n.kits.hydrogen import build_hydrogen
from n2n.kits.hydrogen_kits import HYDROGEN_KITS, HydrogenKit
from n2n.kits.installed import INSTALLED_KITS, InstalledKit, build_installed
from n2n.kits.shots import (
    FADE_SAMPLES,
    MAX_SAMPLES,
    USUAL_LEVEL,
    Sounds,
    Take,
    at_usual_levels,
    cut,
    pack,
    read_sound,
    same_recording,
    trimmed,
)
from n2n.kits.speech import LONGEST_S, Game, build_speech
from n2n.kits.voices import Voice
from n2n.training import bank
from n2n.training.bank import Bundle, OneShot, read_bundles

RATE = 44_100


def hit(seconds: float = 0.3, *, frequency: float = 200.0, level: float = 0.5, silence: int = 0, rate: int = RATE) -> np.ndarray:
    """A decaying tone that begins at its loudest, after some samples of silence."""
    time = np.arange(round(seconds * rate)) / rate
    tone = level * np.cos(2 * np.pi * frequency * time) * np.exp(-8 * time / seconds)
    return np.concatenate([np.zeros(silence), tone]).astype(np.float32)


def take(wave: np.ndarray, *, drum: str = "KD", articulation: str = "kick", level_db: float = 0.0, kit: str = "a") -> Take:
    return Take(kit, drum, articulation, articulation, 100, level_db, 0, wave)


# --- one-shots ---


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 5000), st.floats(0.001, 1.0))
def test_a_cut_wave_begins_at_most_a_millisecond_before_its_onset(silence: int, level: float) -> None:
    wave, onset = cut(hit(silence=silence, level=level), "snare")
    assert onset == min(44, silence)
    np.testing.assert_array_equal(wave[onset:][:1000], hit(level=level)[:1000])


def test_a_pedal_hi_hat_is_heard_at_its_attack_and_a_snare_at_its_first_sound() -> None:
    noise_of_the_foot = np.full(2000, 0.02, np.float32)
    wave = np.concatenate([noise_of_the_foot, hit(level=1.0)])
    assert cut(wave, "hh_pedal")[1] == 2000
    assert cut(wave, "snare")[1] == 0


def test_a_long_wave_is_faded_out_within_4_seconds_and_a_short_one_is_kept() -> None:
    long = trimmed(np.ones(5 * RATE, np.float32))
    assert len(long) == MAX_SAMPLES and long[-1] == 0.0
    assert long[: MAX_SAMPLES - FADE_SAMPLES].min() == 1.0 and (np.diff(long[-FADE_SAMPLES:]) < 0).all()
    assert len(trimmed(hit())) == len(hit())


def test_silence_is_refused() -> None:
    with pytest.raises(ValueError, match="the wave is silent"):
        cut(np.zeros(100, np.float32), "kick")


def test_level_alone_does_not_make_another_recording() -> None:
    assert same_recording(hit(), 0.01 * hit())
    assert not same_recording(hit(), hit(frequency=210.0))
    assert not same_recording(hit(), hit()[:2000])


def test_packed_waves_peak_at_minus_1_dbfs_and_equal_arrays_are_stored_once() -> None:
    wave, other = hit(), hit(frequency=300.0)
    bundle = pack("a", "CC0", [take(wave, level_db=-3.0), take(wave, level_db=-20.0), take(other)])
    assert len(bundle.audio) == len(wave) + len(other)
    soft, hard = bundle.shots[1], bundle.shots[0]
    assert (soft.start, soft.gain_db, hard.gain_db) == (hard.start, -20.0, -3.0)
    assert max(abs(bundle.samples(hard))) == pytest.approx(10 ** (-1 / 20), abs=1e-4)
    np.testing.assert_allclose(bundle.samples(hard) * (0.5 / max(bundle.samples(hard))), wave, atol=1e-4)


def test_the_loudest_hit_of_each_drum_is_at_its_usual_level_and_relations_stay() -> None:
    wave = hit()
    takes = [
        take(wave, level_db=-30.0),
        take(wave, level_db=-12.0),
        take(wave, drum="HH", articulation="hh_open", level_db=3.0),
        take(wave, drum="", articulation="clap", level_db=-50.0),
        take(wave, drum="", articulation="shaker", level_db=-5.0),
    ]
    levels = [levelled.level_db for levelled in at_usual_levels(takes)]
    assert levels == pytest.approx([-18.0, 0.0, USUAL_LEVEL["HH"], USUAL_LEVEL[""], USUAL_LEVEL[""]])


# --- a folder ---


def write_folder(folder: Path, rows: list[dict[str, object]], waves: dict[str, np.ndarray], *, rate: int = RATE) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, wave in waves.items():
        (folder / name).parent.mkdir(exist_ok=True)
        soundfile.write(folder / name, wave, rate, subtype="PCM_16")
    with (folder / "kits.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, ["layer", *COLUMNS])
        writer.writeheader()
        writer.writerows(rows)
    return folder


def folder_row(**changed: object) -> dict[str, object]:
    row = {"kit": "small", "mix": "main", "file": "small/kick.flac", "class": "KD", "articulation": "kick", "piece": "kick", "layer": 1}
    row |= {"velocity": 100, "onset_sample": 10, "attack_sample": 30, "gain_db": -1.5, "kind": "acoustic", "licence": "CC0-1.0"}
    return row | changed


def test_a_folder_gives_one_bundle_per_kit_with_all_that_its_table_says(tmp_path: Path) -> None:
    waves = {"small/kick.flac": hit(silence=10), "small/pedal.flac": hit(frequency=3000.0, silence=30), "big/bell.flac": hit(silence=10)}
    rows = [
        folder_row(velocity=64, mix="room"),
        folder_row(file="small/pedal.flac", **{"class": "HH"}, articulation="hh_pedal", piece="hihat"),
        folder_row(kit="big", file="big/bell.flac", **{"class": "BE"}, articulation="ride_bell", kind="electronic", licence="CC-BY-4.0"),
    ]
    big, small = build_folder(write_folder(tmp_path / "kits", rows, waves))
    assert (big.name, big.licence, small.name, small.licence) == ("big", "CC-BY-4.0", "small", "CC0-1.0")
    kick, pedal = small.shots
    length = len(waves["small/kick.flac"])
    assert kick == OneShot("small", "KD", "kick", "kick", 64, 10, -1.5, 0, length, mix="room")
    assert pedal.onset == 30 and big.shots[0].electronic
    expected = hit(silence=10)[10:]
    np.testing.assert_allclose(small.samples(kick), expected * 10 ** (-1 / 20) / expected.max(), atol=2e-3)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"file": "small/none.flac"}, r"none\.flac"),
        ({"class": "XX"}, "unknown drum 'XX'"),
        ({"onset_sample": 10**6}, "its onset, sample 1000000, lies outside"),
        ({"velocity": 0}, r"velocity 0 must lie in 1\.\.127"),
        ({"velocity": "abc"}, "velocity 'abc' must be a whole number, such as 64"),
        ({"onset_sample": "1.5"}, r"onset_sample '1\.5' must be a whole number"),
        ({"gain_db": "loud"}, "gain_db 'loud' must be a number of decibels"),
        ({"gain_db": "nan"}, "gain_db 'nan' must be a number of decibels"),
        ({"file": "small/broken.flac"}, r"broken\.flac cannot be read as sound"),
        ({"file": "small/nan.wav"}, r"nan\.wav holds samples that are no numbers"),
        ({"file": "small/silent.wav"}, r"small/silent\.wav is silent"),
        ({"kit": ""}, "kit '' names a file: it must have a name without a folder in it"),
        ({"kit": "../../evil"}, r"kit '\.\./\.\./evil' names a file"),
        ({"kit": "a/b"}, "kit 'a/b' names a file"),
        ({"kit": "a\\b"}, "names a file"),
    ],
)
def test_a_wrong_row_is_refused_by_what_is_wrong(tmp_path: Path, changed: dict[str, object], message: str) -> None:
    folder = write_folder(tmp_path, [folder_row(), folder_row(**changed)], {"small/kick.flac": hit(silence=10)})
    (folder / "small" / "broken.flac").write_bytes(b"no sound")
    for name, sample in (("nan", np.nan), ("silent", 0.0)):
        soundfile.write(folder / "small" / f"{name}.wav", np.append(np.zeros(999), sample), RATE, subtype="FLOAT")
    with pytest.raises(ValueError, match=message) as refused:
        build_folder(folder)
    assert str(refused.value).startswith(f"{folder / 'kits.csv'}, row 2 below its header: ")


@pytest.mark.parametrize(
    ("last", "message"),
    [
        (b"1,small,main", r"kits\.csv, row 2 below its header: it has not as many fields as the header"),
        (b",".join([b"1"] * (len(COLUMNS) + 2)), r"kits\.csv, row 2 below its header: it has not as many fields as the header"),
        (b'1,"' + b"x\n" * 70_000, r"kits\.csv, line 3: no row of a table: field larger than field limit"),
        (b"1,b\xe9b\xe9", r"kits\.csv, line 3: byte 0xe9 is not UTF-8 text"),
    ],
)
def test_a_table_with_a_broken_row_is_refused_by_its_place(tmp_path: Path, last: bytes, message: str) -> None:
    folder = write_folder(tmp_path, [folder_row()], {"small/kick.flac": hit(silence=10)})
    with (folder / "kits.csv").open("ab") as file:
        file.write(last)
    with pytest.raises(ValueError, match=message):
        build_folder(folder)


def test_a_folder_without_a_table_or_a_column_or_at_another_rate_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no kits\.csv"):
        build_folder(tmp_path)
    (tmp_path / "kits.csv").write_text("kit,file\n")
    with pytest.raises(ValueError, match="lacks the columns articulation"):
        build_folder(tmp_path)
    folder = write_folder(tmp_path / "b", [folder_row()], {"small/kick.flac": hit(rate=48_000)}, rate=48_000)
    with pytest.raises(ValueError, match="1 channels at 48000 Hz"):
        build_folder(folder)


# --- Hydrogen ---

TINY = HydrogenKit("tiny", "CC0-1.0", {0: Voice("KD", "kick", "kick1"), 1: Voice("", "clap", "clap")}, dropped=frozenset(("bad.wav",)))


def layer(file: str, low: float, high: float, *, gain: float = 1.0, pitch: float = 0.0) -> str:
    return f"<layer><filename>{file}</filename><min>{low}</min><max>{high}</max><gain>{gain}</gain><pitch>{pitch}</pitch></layer>"


def write_drumkit(folder: Path, instruments: dict[int, str], *, namespace: str = "") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    listed = "".join(f"<instrument><id>{id}</id><volume>1</volume>{content}</instrument>" for id, content in instruments.items())
    opening = f'<drumkit_info xmlns="{namespace}">' if namespace else "<drumkit_info>"
    (folder / "drumkit.xml").write_text(f"{opening}<name>Tiny</name><instrumentList>{listed}</instrumentList></drumkit_info>")
    return folder


def build_tiny(folder: Path) -> Sounds:
    return build_hydrogen(folder, known={"Tiny": TINY})


def kick_of(sounds: Sounds) -> Bundle:
    assert sounds.kit is not None
    return sounds.kit


@pytest.mark.parametrize("namespace", ["", "http://www.hydrogen-music.org/drumkit"])
def test_hydrogen_layers_lie_at_the_middle_of_their_ranges_overlaps_removed(tmp_path: Path, namespace: str) -> None:
    for name, frequency in (("soft.wav", 100.0), ("hard.wav", 150.0), ("bad.wav", 60.0)):
        soundfile.write(tmp_path / name, np.stack([hit(frequency=frequency)] * 2, axis=1), RATE)
    layers = layer("hard.wav", 0.0, 1.0) + layer("soft.wav", 0.0, 0.5) + layer("bad.wav", 0.1, 0.2)
    sounds = build_tiny(write_drumkit(tmp_path, {0: layers, 7: layer("hard.wav", 0, 1)}, namespace=namespace))
    soft, hard = sorted(kick_of(sounds).shots, key=lambda shot: shot.velocity)
    assert (soft.velocity, hard.velocity) == (round(127 * 0.35), round(127 * 0.75))
    assert hard.gain_db == USUAL_LEVEL["KD"]
    assert hard.gain_db - soft.gain_db == pytest.approx(20 * np.log10(hard.velocity / soft.velocity), abs=0.02)
    assert sounds.distractors is None


def test_hydrogen_pitch_and_sample_rate_are_undone(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "tone.wav", hit(2.0, frequency=500.0, rate=48_000), 48_000)
    bundle = kick_of(build_tiny(write_drumkit(tmp_path, {0: layer("tone.wav", 0, 1, pitch=12.0)})))
    wave = bundle.samples(bundle.shots[0])
    assert np.argmax(np.abs(np.fft.rfft(wave, RATE))) == pytest.approx(1000, abs=3)


def test_an_old_hydrogen_kit_has_one_file_per_instrument_and_silence_is_left_out(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "clap.wav", hit(), RATE)
    soundfile.write(tmp_path / "silence.wav", np.zeros(500), RATE)
    content = {0: layer("silence.wav", 0, 1), 1: "<filename>clap.wav</filename>"}
    sounds = build_tiny(write_drumkit(tmp_path, content))
    assert sounds.kit is None and sounds.distractors is not None
    (clap,) = sounds.distractors.shots
    assert (clap.drum, clap.articulation, clap.velocity) == ("", "clap", 100)


def test_hydrogen_kits_that_cannot_be_trusted_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no drumkit\.xml"):
        build_tiny(tmp_path)
    soundfile.write(tmp_path / "outside.wav", hit(), RATE)
    folder = write_drumkit(tmp_path / "kit", {0: layer("../outside.wav", 0, 1)})
    with pytest.raises(ValueError, match=r"'\.\./outside\.wav', which is not in the folder"):
        build_tiny(folder)
    with pytest.raises(ValueError, match="nothing is known of the Hydrogen kit 'Tiny': known are Audiophob"):
        build_hydrogen(folder)
    (folder / "drumkit.xml").write_text("<drumkit_info>")
    with pytest.raises(ValueError, match="not well-formed XML"):
        build_tiny(folder)


@pytest.mark.parametrize(("tag", "value"), [("pitch", "9999"), ("pitch", "-inf"), ("min", "nan"), ("gain", "loud"), ("id", "inf")])
def test_a_number_of_a_hydrogen_kit_that_is_none_is_refused_with_its_place(tmp_path: Path, tag: str, value: str) -> None:
    soundfile.write(tmp_path / "kick.wav", hit(), RATE)
    folder = write_drumkit(tmp_path, {0: layer("kick.wav", 0, 1)})
    path = folder / "drumkit.xml"
    path.write_text(re.sub(f"<{tag}>[^<]*<", f"<{tag}>{value}<", path.read_text()))
    with pytest.raises(ValueError, match=rf"drumkit\.xml: <{tag}> must be a number from .* not '{value}'"):
        build_tiny(folder)


def test_known_hydrogen_kits_name_known_drums_only() -> None:
    voices = [voice for kit in HYDROGEN_KITS.values() for voice in kit.voices.values()]
    assert {voice.drum for voice in voices} == {*USUAL_LEVEL}
    assert len({kit.name for kit in HYDROGEN_KITS.values()}) == len(HYDROGEN_KITS)


# --- everything at once ---


def write_varibreaks(folder: Path) -> Path:
    """A kit under a name that the tables know, with one kick."""
    write_drumkit(folder, {0: layer("kick.wav", 0, 1)})
    soundfile.write(folder / "kick.wav", hit(), RATE)
    text = (folder / "drumkit.xml").read_text()
    (folder / "drumkit.xml").write_text(text.replace("<name>Tiny</name>", "<name>VariBreaks</name>"))
    return folder


# --- kits of other programs ---


def write_patch(path: Path, samples: np.ndarray, rate: int) -> Path:
    """A patch of the Gravis UltraSound with one sample, as wide and as signed as the array's type."""
    flags = (samples.dtype.itemsize == 2) | 2 * (samples.dtype.kind == "u")
    header = struct.pack("<8xIIIH", samples.nbytes, 0, 0, rate).ljust(55, b"\0") + bytes([flags])
    path.write_bytes(b"GF1PATCH110\0".ljust(129 + 63 + 47, b"\0") + header.ljust(96, b"\0") + samples.tobytes())
    return path


@pytest.mark.parametrize("kind", ["<i2", "<u2", "i1", "u1"])
def test_a_patch_is_read_as_its_flags_say(tmp_path: Path, kind: str) -> None:
    full = 2 ** (8 * np.dtype(kind).itemsize - 1)
    silence = full if "u" in kind else 0
    samples = (np.round(hit(level=0.9) * full) + silence).astype(kind)
    wave, rate = read_sound(write_patch(tmp_path / "kick.pat", samples, 32_000))
    assert rate == 32_000
    np.testing.assert_allclose(wave[:, 0], hit(level=0.9), atol=0.5 / full)


def test_a_patch_that_is_cut_short_or_none_is_refused(tmp_path: Path) -> None:
    path = write_patch(tmp_path / "kick.pat", np.ones(1000, "<i2"), RATE)
    whole = path.read_bytes()
    for length, message in ((100, "ends within its headers"), (1000, "ends within its sample")):
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match=message):
            read_sound(path)
    path.write_bytes(b"RIFF" + whole)
    with pytest.raises(ValueError, match="no patch of the Gravis UltraSound"):
        read_sound(path)


def test_installed_kits_are_found_and_each_file_is_what_the_table_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "drums").mkdir()
    soundfile.write(tmp_path / "drums" / "boom.ogg", hit(), RATE)
    write_patch(tmp_path / "drums" / "clap.pat", np.round(hit() * 32767).astype("<i2"), RATE)
    files = {"boom.ogg": Voice("KD", "kick", "kick1"), "clap.pat": Voice("", "clap", "clap")}
    here = InstalledKit(tmp_path / "drums", "MIT", files, electronic=True)
    monkeypatch.setattr(kits, "INSTALLED_KITS", {"here": here, "elsewhere": here._replace(folder=tmp_path / "none")})
    assert kits.find_installed_kits() == {"here": here}
    for path in kits.build_all(tmp_path / "out", kits.Sources(installed=kits.find_installed_kits())):
        (bundle,) = read_bundles(path.parent)
        ((drum, articulation, electronic),) = {(shot.drum, shot.articulation, shot.electronic) for shot in bundle.shots}
        assert (drum, articulation, electronic) == (("KD", "kick", True) if path.parent.name == "kits" else ("", "clap", True))
    (tmp_path / "drums" / "boom.ogg").unlink()
    with pytest.raises(ValueError, match=r"no sound file .*boom\.ogg"):
        build_installed("here", here)


def test_tables_of_installed_kits_name_known_drums_and_cover_the_usual_ones() -> None:
    for name, kit in INSTALLED_KITS.items():
        drums = {voice.drum for voice in kit.files.values()}
        assert {"KD", "SN", "TT", "HH", "CY", "RD"} <= drums <= {*USUAL_LEVEL}, name


# --- speech ---


def write_speech(folder: Path, **speakers: list[np.ndarray]) -> Path:
    """A folder for each speaker, the second word in a folder of its own, as KLettres has syllables; and pictures, as games have."""
    for name, words in speakers.items():
        for number, word in enumerate(words):
            path = folder / name / ("syllab" if number == 1 else "alpha") / f"{number:02d}.ogg"
            path.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(path, word, RATE)
        (folder / name / "sounds.xml").touch()
    return folder


def test_a_speaker_is_a_folder_and_silence_is_dropped(tmp_path: Path) -> None:
    folder = write_speech(tmp_path, de=[hit(0.5, silence=RATE)], en=[hit(0.4), hit(0.3), np.zeros(RATE, dtype=np.float32)])
    (tmp_path / "de.txt").touch()
    bundle = build_speech("game", Game(folder, "MIT"))
    assert [(shot.kit, shot.drum, shot.articulation) for shot in bundle.shots] == [
        (f"game_{name}", "", "speech") for name in ("de", "en", "en")
    ]
    assert [len(bundle.samples(shot)) / RATE for shot in bundle.shots] == pytest.approx([0.5, 0.4, 0.3], abs=0.1)


def test_a_minute_is_enough_of_a_speaker(tmp_path: Path) -> None:
    words = [hit(4.0)] * round(1.5 * LONGEST_S / 4.0)
    bundle = build_speech("game", Game(write_speech(tmp_path, en=words), "MIT"))
    assert LONGEST_S < sum(len(bundle.samples(shot)) for shot in bundle.shots) / RATE < LONGEST_S + 4.0


def test_speakers_share_what_is_taken_of_a_game(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speech, "LONGEST_GAME_S", 10.0)
    words = [hit(2.0)] * 4
    for among, taken in ((1, 4), (2, 3), (4, 2)):
        scenes = {f"scene{number}": words for number in range(among)}
        bundle = build_speech("game", Game(write_speech(tmp_path / str(among), **scenes), "MIT"))
        assert Counter(shot.kit for shot in bundle.shots) == {f"game_{scene}": taken for scene in scenes}


def test_of_a_game_in_many_languages_one_is_taken(tmp_path: Path) -> None:
    for scene in ("city", "reef"):
        write_speech(tmp_path / scene, cs=[hit(0.4)], nl=[hit(0.2), hit(0.3)])
    (tmp_path / "music" / "loud").mkdir(parents=True)
    dutch = build_speech("fish", Game(tmp_path, "MIT", "nl/**/*"))
    pieces = [("fish_city", "00"), ("fish_city", "01"), ("fish_reef", "00"), ("fish_reef", "01")]
    assert [(shot.kit, shot.piece) for shot in dutch.shots] == pieces


def test_speech_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="holds no sound that we know"):
        build_speech("game", Game(tmp_path, "MIT"))
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "a.ogg").write_bytes(b"no sound")
    with pytest.raises(ValueError, match=r"a\.ogg cannot be read as sound"):
        build_speech("game", Game(tmp_path, "MIT"))


def test_installed_speech_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_speech(tmp_path / "game", en=[hit()])
    absent = {"other": Game(tmp_path / "none", "MIT"), "without the language": Game(folder, "MIT", "nl/*")}
    games = {"game": Game(folder, "MIT"), **absent}
    monkeypatch.setattr(kits, "GAMES", games)
    assert kits.find_speech() == {"game": Game(folder, "MIT")}
    written = kits.build_all(tmp_path / "out", kits.Sources(speech=kits.find_speech()))
    assert written == [tmp_path / "out" / "bundles" / "speech" / "game.safetensors"]
    assert read_bundles(written[0].parent)[0].shots == build_speech("game", Game(folder, "MIT")).shots


def test_hidden_files_are_no_bundles_and_no_speech(tmp_path: Path) -> None:
    folder = write_speech(tmp_path / "game", en=[hit()])
    (folder / "en" / "._00.ogg").write_bytes(b"no sound")
    (path,) = kits.build_all(tmp_path / "out", kits.Sources(speech={"game": Game(folder, "MIT")}))
    path.with_name(".partial-0123abcd.safetensors").write_bytes(path.read_bytes()[:100])
    assert [bundle.name for bundle in read_bundles(path.parent)] == ["game"]
    path.unlink()
    with pytest.raises(ValueError, match="no sample bundles in"):
        read_bundles(path.parent)


# --- guitars ---


def write_track(path: Path, *stretches: float) -> Path:
    """A track of noise, each stretch at its level."""
    noise = np.random.default_rng(0).normal(0.0, 0.1, round(STRETCH_S * RATE))
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.concatenate([level * noise for level in stretches]), RATE)
    return path


def test_a_guitar_is_kept_in_stretches_and_its_rests_are_not(tmp_path: Path) -> None:
    bundle = build_guitar("song", Guitar(write_track(tmp_path / "guitar.wav", 1.0, 0.05, 0.5, 0.0, 0.2), "MIT"))
    assert [(shot.kit, shot.drum, shot.articulation, shot.piece) for shot in bundle.shots] == [("song", "", "guitar", n) for n in "024"]
    assert {len(bundle.samples(shot)) for shot in bundle.shots} == {round(STRETCH_S * RATE)}
    assert [shot.gain_db - bundle.shots[0].gain_db for shot in bundle.shots] == pytest.approx([0.0, -6.02, -13.98], abs=0.05)


def test_a_guitar_without_a_stretch_is_refused(tmp_path: Path) -> None:
    for track in (write_track(tmp_path / "rests.wav", 0.0, 0.0), tmp_path / "short.wav"):
        if not track.exists():
            soundfile.write(track, hit(1.0), RATE)
        with pytest.raises(ValueError, match="holds no sound that we know"):
            build_guitar("song", Guitar(track, "MIT"))
    with pytest.raises(ValueError, match="no sound file"):
        build_guitar("song", Guitar(tmp_path / "none.wav", "MIT"))


def test_installed_guitars_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here, elsewhere = Guitar(write_track(tmp_path / "song" / "guitar.wav", 1.0), "MIT"), Guitar(tmp_path / "none.ogg", "MIT")
    monkeypatch.setattr(kits, "GUITARS", {"here": here, "elsewhere": elsewhere})
    assert kits.find_guitars() == {"here": here}
    written = kits.build_all(tmp_path / "out", kits.Sources(guitars=kits.find_guitars()))
    assert written == [tmp_path / "out" / "bundles" / "guitars" / "here.safetensors"]


def test_everything_is_built_into_one_place_and_read_back(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "kits", [folder_row()], {"small/kick.flac": hit(silence=10)})
    write_varibreaks(tmp_path / "drumkits" / "v")
    found = kits.find_hydrogen_kits(tmp_path / "drumkits")
    written = kits.build_all(tmp_path / "out", kits.Sources(kits_folder=folder, hydrogen=tuple(found)))
    assert [str(path.relative_to(tmp_path / "out")) for path in written] == [
        "bundles/kits/small.safetensors",
        "bundles/kits/h2_varibreaks.safetensors",
    ]
    breaks, small = read_bundles(tmp_path / "out" / "bundles" / "kits")
    assert breaks.shots[0].electronic and small.shots == build_folder(folder)[0].shots


def test_what_a_stopped_build_leaves_is_whole_and_the_next_one_builds_the_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_folder(tmp_path / "kits", [folder_row(kit=name) for name in "ab"], {"small/kick.flac": hit(silence=10)})
    out, sources = tmp_path / "out" / "bundles" / "kits", kits.Sources(kits_folder=folder)

    def stopped(tensors: dict[str, np.ndarray], path: Path, metadata: dict[str, str]) -> None:
        save_file(tensors, path, metadata)
        if out.joinpath("a.safetensors").exists():
            path.write_bytes(path.read_bytes()[:100])
            raise KeyboardInterrupt

    monkeypatch.setattr(bank, "save_file", stopped)
    with pytest.raises(KeyboardInterrupt):
        kits.build_all(tmp_path / "out", sources)
    monkeypatch.undo()
    assert [path.name for path in out.iterdir()] == ["a.safetensors"]
    kits.build_all(tmp_path / "out", sources)
    assert [bundle.shots for bundle in read_bundles(out)] == [bundle.shots for bundle in build_folder(folder)]


def test_two_sources_of_one_name_and_no_source_are_refused(tmp_path: Path) -> None:
    folder = write_varibreaks(tmp_path / "v")
    with pytest.raises(ValueError, match=r"two sources gave bundles.kits.h2_varibreaks\.safetensors"):
        kits.build_all(tmp_path / "out", kits.Sources(hydrogen=(folder, folder)))
    with pytest.raises(ValueError, match="nothing to build"):
        kits.build_all(tmp_path / "out", kits.Sources())


def test_the_data_folder_is_the_argument_or_the_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("N2N_DATA", str(tmp_path))
    assert kits.data_folder() == tmp_path
    with pytest.raises(ValueError, match="no data folder at"):
        kits.data_folder(tmp_path / "none")
    monkeypatch.delenv("N2N_DATA")
    with pytest.raises(ValueError, match="set the environment variable N2N_DATA"):
        kits.data_folder()


def test_only_soundfonts_with_known_notes_are_found(tmp_path: Path) -> None:
    for name in ("TimGM6mb.sf2", "piano.sf2", "FluidR3_GM.txt"):
        (tmp_path / name).touch()
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "A320U.sf2").touch()
    found = kits.find_soundfonts([tmp_path, tmp_path / "more", tmp_path / "none"])
    assert [path.name for path in found] == ["TimGM6mb.sf2", "A320U.sf2"]
