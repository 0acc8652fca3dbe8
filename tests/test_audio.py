import os
import struct
import subprocess
import tracemalloc
import warnings
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
import soundfile
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st

from n2n.audio import FRAME_RATE, HOP, SAMPLE_RATE, AudioError, load_audio, stream_audio
from n2n.files import find_audio

RATES = (8000, 11025, 16000, 22050, 32000, 44100, 48000, 88200, 96000, 176400, 192000)


def clicks(seconds=1.5, *, rate=SAMPLE_RATE, channels=1):
    """Short noise bursts at 0.25, 0.6 and 1.1 s; float32 [frames, channels], all channels alike."""
    rng = np.random.default_rng(0)
    sound = np.zeros(round(seconds * rate), dtype=np.float32)
    for second in (0.25, 0.6, 1.1):
        start, length = round(second * rate), round(0.02 * rate)
        sound[start : start + length] = 0.4 * rng.uniform(-1, 1, length) * np.exp(-np.arange(length) / (0.003 * rate))
    return np.repeat(sound[:, None], channels, axis=1)


def ffmpeg(*arguments):
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", "-y", *map(str, arguments)], check=True)


def written(path, sound=None, *, rate=SAMPLE_RATE, **form):
    soundfile.write(path, clicks(rate=rate) if sound is None else sound, rate, **form)
    return path


def encoded(path, *options, sound=None):
    """The clicks (or `sound`) as ffmpeg encodes them for the suffix of `path`."""
    source = written(path.with_name("source.wav"), sound, subtype="PCM_16")
    ffmpeg("-i", source, *options, path)
    return path


def cut(path, share):
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    return path


def lag_seconds(sound, reference):
    """By how much `sound` is later than `reference`."""
    length = 2 * max(len(sound), len(reference))
    product = np.fft.irfft(np.fft.rfft(sound, length) * np.conj(np.fft.rfft(reference, length)))
    lag = int(np.argmax(product))
    return (lag if lag < length // 2 else lag - length) / SAMPLE_RATE


def test_a_frame_is_exactly_ten_milliseconds():
    assert SAMPLE_RATE == 44100
    assert FRAME_RATE * HOP == SAMPLE_RATE
    assert FRAME_RATE == 100


@pytest.mark.parametrize(
    ("subtype", "step"),
    [("PCM_U8", 2**-7), ("PCM_16", 2**-15), ("PCM_24", 2**-23), ("PCM_32", 2**-23), ("FLOAT", 0.0), ("DOUBLE", 0.0)],
)
def test_every_sample_format_of_wav_is_read_to_its_own_precision(tmp_path, subtype, step):
    loaded = load_audio(written(tmp_path / "loop.wav", subtype=subtype))
    assert loaded.dtype == np.float32
    np.testing.assert_allclose(loaded, clicks()[:, 0], rtol=0, atol=step)


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("a.flac", {}),
        ("a.aiff", {}),
        ("a.au", {}),
        ("a.caf", {}),
        ("a.w64", {}),
        ("a.rf64", {"format": "RF64"}),
        ("b.wav", {"format": "WAVEX"}),
        ("flac inside.wav", {"format": "FLAC"}),
        ("no suffix", {"format": "WAV"}),
        ("Trommel Ü 鼓 🥁.wav", {}),
    ],
)
def test_lossless_files_hold_the_samples_that_were_written_whatever_their_name(tmp_path, name, form):
    loaded = load_audio(written(tmp_path / name, **form))
    np.testing.assert_allclose(loaded, clicks()[:, 0], rtol=0, atol=2**-15)


@pytest.mark.parametrize("rate", RATES)
def test_every_rate_is_read_in_time_and_length(tmp_path, rate):
    sine = 0.5 * np.sin(2 * np.pi * 440 * np.arange(rate) / rate)
    loaded = load_audio(written(tmp_path / "sine.wav", sine, rate=rate, subtype="FLOAT"))
    assert len(loaded) == SAMPLE_RATE
    expected = 0.5 * np.sin(2 * np.pi * 440 * np.arange(SAMPLE_RATE) / SAMPLE_RATE)
    np.testing.assert_allclose(loaded[2000:-2000], expected[2000:-2000], rtol=0, atol=1e-4)


@pytest.mark.parametrize("channels", range(1, 9))
def test_the_mono_mix_is_the_mean_of_the_channels(tmp_path, channels):
    sound = np.random.default_rng(channels).uniform(-1, 1, (3000, channels)).astype(np.float32)
    loaded = load_audio(written(tmp_path / "loop.wav", sound, subtype="FLOAT"))
    np.testing.assert_allclose(loaded, sound.mean(axis=1, dtype=np.float64), rtol=0, atol=1e-7)


def test_channels_that_cancel_each_other_are_warned_of(tmp_path):
    inverted = clicks(channels=2) * np.array([1, -1], dtype=np.float32)
    with pytest.warns(UserWarning, match="channels cancel each other"):
        assert not load_audio(written(tmp_path / "loop.wav", inverted, subtype="FLOAT")).any()


def test_channels_with_nothing_in_common_are_not_warned_of(tmp_path):
    sound = np.zeros((3000, 8), dtype=np.float32)
    sound[:, 3] = 0.5
    assert load_audio(written(tmp_path / "loop.wav", sound)).max() > 0.06


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.mp3", ()),
        ("constant.mp3", ("-b:a", "96k")),
        ("a.ogg", ("-c:a", "libvorbis")),
        ("a.opus", ("-c:a", "libopus")),
        ("a.m4a", ()),
        ("lossless.m4a", ("-c:a", "alac")),
        ("a.mp4", ("-ac", "2")),
        ("a.mov", ("-c:a", "aac")),
        ("a.webm", ("-c:a", "libopus")),
        ("a.mka", ("-c:a", "flac")),
    ],
)
def test_compressed_files_are_read_in_time(tmp_path, name, options):
    path = encoded(tmp_path / name, *options)
    loaded = load_audio(path)
    assert abs(lag_seconds(loaded, clicks()[:, 0])) < 0.0005
    assert len(loaded) / SAMPLE_RATE == pytest.approx(1.5, abs=0.001)


@pytest.mark.parametrize(("name", "delay"), [("a.aac", 1024), ("a.ts", 1024), ("a.avi", 1105)])
def test_streams_that_do_not_state_their_encoders_delay_keep_it(tmp_path, name, delay):
    loaded = load_audio(encoded(tmp_path / name, "-c:a", "aac" if delay == 1024 else "libmp3lame"))
    assert lag_seconds(loaded, clicks()[:, 0]) == pytest.approx(delay / SAMPLE_RATE, abs=0.0005)


def test_mp3_sound_in_a_wav_file_is_read(tmp_path):
    loaded = load_audio(encoded(tmp_path / "a.wav", "-c:a", "libmp3lame"))
    assert len(loaded) / SAMPLE_RATE == pytest.approx(1.5, abs=0.06) and lag_seconds(loaded, clicks()[:, 0]) < 0.06


def test_the_sound_of_a_video_is_read(tmp_path):
    source = written(tmp_path / "source.wav")
    ffmpeg("-f", "lavfi", "-i", "testsrc=duration=1.5:size=64x64:rate=10", "-i", source, tmp_path / "video.mp4")
    assert abs(lag_seconds(load_audio(tmp_path / "video.mp4"), clicks()[:, 0])) < 0.0005


def test_an_mp3_file_that_does_not_state_its_length_is_read_to_its_end(tmp_path):
    loud_then_silent = np.concatenate([np.random.default_rng(0).uniform(-0.3, 0.3, SAMPLE_RATE * 3), np.zeros(SAMPLE_RATE * 12)])
    path = encoded(tmp_path / "a.mp3", "-q:a", "3", "-write_xing", "0", sound=loud_then_silent)
    assert len(load_audio(path)) / SAMPLE_RATE == pytest.approx(15, abs=0.1)


def test_joined_mp3_files_are_read_to_the_end_of_the_last(tmp_path):
    for name, options in (("vbr.mp3", ("-q:a", "3")), ("cbr.mp3", ("-b:a", "128k"))):
        path = encoded(tmp_path / name, *options, "-id3v2_version", "0", sound=np.random.default_rng(0).uniform(-0.3, 0.3, SAMPLE_RATE))
        assert len(load_audio(path)) == SAMPLE_RATE
        path.write_bytes(path.read_bytes() + path.read_bytes())
        assert len(load_audio(path)) / SAMPLE_RATE == pytest.approx(2.0, abs=0.1)


def test_an_mp3_file_whose_tag_has_no_count_is_read_to_its_end(tmp_path):
    loud_then_silent = np.concatenate([np.random.default_rng(0).uniform(-0.3, 0.3, SAMPLE_RATE * 3), np.zeros(SAMPLE_RATE * 12)])
    path = encoded(tmp_path / "a.mp3", "-q:a", "3", "-id3v2_version", "0", sound=loud_then_silent)
    content = bytearray(path.read_bytes())
    flags = content.index(b"Xing") + 7
    content[flags] &= 0xFE
    second = content.index(content[:2], flags)
    path.write_bytes(bytes(content[: flags + 1] + content[flags + 5 : second] + bytes(4) + content[second:]))
    assert len(load_audio(path)) / SAMPLE_RATE == pytest.approx(15, abs=0.1)


@pytest.mark.parametrize("suffix", ["ogg", "opus"])
def test_several_recordings_in_one_ogg_file_are_refused(tmp_path, suffix):
    path = encoded(tmp_path / f"a.{suffix}", *(("-c:a", "libvorbis") if suffix == "ogg" else ()))
    assert len(load_audio(path)) > SAMPLE_RATE
    path.write_bytes(path.read_bytes() + path.read_bytes())
    assert_refused(path, "several recordings in one, of which only the first would be heard: convert it")


def test_a_header_that_was_never_completed_is_told_from_an_empty_recording(tmp_path):
    path = written(tmp_path / "a.wav", subtype="PCM_16")
    content = bytearray(path.read_bytes())
    size = content.index(b"data") + 4
    content[size : size + 4] = bytes(4)
    path.write_bytes(bytes(content))
    assert_refused(path, f"no samples by its header, though it is {len(content)} bytes long")


def ape_tag(version, *, items=b"\x05\0\0\0\0\0\0\0Title\0Boots"):
    """An APE tag; in version 1 it has no header."""

    def end(flags):
        return b"APETAGEX" + struct.pack("<4I", version, len(items) + 32, 1, flags) + bytes(8)

    return items + end(0) if version == 1000 else end(0xA0000000) + items + end(0x80000000)


ID3V1 = b"TAG" + b"Boots".ljust(30, b"\0") + bytes(95)
ID3V24 = b"ID3\4\0\x10\0\0\0\x14" + bytes(20) + b"3DI\4\0\x10\0\0\0\x14"
LYRICS3 = b"LYRICSBEGIN" + b"IND0000200LYR00018Boots and cats\r\nx" + b"000047LYRICS200"
COVER = np.random.default_rng(2).bytes(60_000)


@pytest.fixture(scope="module")
def plain_mp3(tmp_path_factory):
    """An MP3 file of sound alone, which does not state its length."""
    noise = np.random.default_rng(0).uniform(-0.3, 0.3, SAMPLE_RATE)
    return encoded(tmp_path_factory.mktemp("mp3") / "a.mp3", "-write_xing", "0", "-id3v2_version", "0", sound=noise)


@pytest.mark.parametrize(
    "tags",
    [
        ID3V1,
        b"TAG+" + bytes(223) + ID3V1,
        ID3V24,
        ape_tag(1000),
        ape_tag(2000),
        ape_tag(2000, items=COVER),
        ape_tag(1000, items=COVER) + ID3V1,
        LYRICS3 + ID3V1,
        b"LYRICSBEGIN" + b"boots and cats" + b"LYRICSEND" + ID3V1,
        bytes(1),
        bytes(4096),
        bytes(512) + LYRICS3 + ape_tag(2000) + ID3V1 + bytes(512),
    ],
)
def test_tags_and_padding_after_the_sound_of_an_mp3_file_are_no_damage(tmp_path, plain_mp3, tags):
    path = tmp_path / "tagged,,:ü.mp3"
    path.write_bytes(plain_mp3.read_bytes() + tags)
    np.testing.assert_array_equal(load_audio(path), load_audio(plain_mp3))


def test_an_mp3_file_that_ends_in_silence_is_read_to_its_end(tmp_path, plain_mp3):
    silent_frame = plain_mp3.read_bytes()[:2] + b"\x90\xc4" + bytes(413)  # 128 kbit/s, one channel
    path = tmp_path / "silence last.mp3"
    path.write_bytes(plain_mp3.read_bytes() + 5 * silent_frame)
    whole = load_audio(path)
    path.write_bytes(path.read_bytes() + bytes(100))
    np.testing.assert_array_equal(load_audio(path), whole)
    assert len(whole) == len(load_audio(plain_mp3)) + 5 * 1152


def test_sound_after_a_tag_within_an_mp3_file_is_read(tmp_path, plain_mp3):
    path = tmp_path / "joined.mp3"
    path.write_bytes(plain_mp3.read_bytes() + ID3V1 + plain_mp3.read_bytes())
    assert len(load_audio(path)) >= 2 * len(load_audio(plain_mp3)) - 1152  # a frame may go where the second begins


@pytest.mark.parametrize(
    "damage",
    [
        lambda sound: sound + b"Boots and cats. " * 50,
        lambda sound: sound + np.random.default_rng(3).bytes(5000),
        lambda sound: sound[:5000] + np.random.default_rng(3).bytes(500) + sound[5000:] + ape_tag(2000),
        lambda sound: sound[:5000] + bytes(100_000),
    ],
)
def test_what_is_neither_sound_nor_tag_in_an_mp3_file_is_damage(tmp_path, plain_mp3, damage):
    path = tmp_path / "damaged.mp3"
    path.write_bytes(damage(plain_mp3.read_bytes()))
    assert_refused(path, "is damaged or cut short after")


@pytest.mark.parametrize("form", ["wav", "flac", "au"])
def test_files_written_through_a_pipe_are_read_to_their_end(tmp_path, form):
    source = written(tmp_path / "source.wav")
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", str(source), "-f", form, "pipe:1"]
    path = tmp_path / f"piped.{form}"
    path.write_bytes(subprocess.run(command, check=True, capture_output=True).stdout)
    np.testing.assert_allclose(load_audio(path), clicks()[:, 0], rtol=0, atol=2**-15)


@pytest.mark.parametrize("rate", RATES)
def test_one_sample_is_a_file(tmp_path, rate):
    loaded = load_audio(written(tmp_path / "one.wav", np.full(1, 0.5), rate=rate))
    assert len(loaded) == max(1, round(SAMPLE_RATE / rate))


@pytest.mark.parametrize(("name", "write"), [("one.flac", written), ("one.mp3", written), ("one.ogg", written), ("one.m4a", encoded)])
def test_one_sample_is_a_file_in_compressed_forms_too(tmp_path, name, write):
    assert len(load_audio(write(tmp_path / name, sound=np.full(1, 0.5)))) == 1


def test_silence_is_a_file(tmp_path):
    loaded = load_audio(written(tmp_path / "silence.wav", np.zeros((4000, 2)), rate=8000))
    assert loaded.shape == (22050,)
    assert not loaded.any()


@given(
    rate=st.sampled_from(RATES),
    channels=st.integers(1, 3),
    frames=st.integers(1, 30_000),
    block_seconds=st.floats(0.003, 2.0),
)
@settings(deadline=None, max_examples=40)
def test_a_stream_joined_equals_the_loaded_file_and_the_sound_resampled_at_once(tmp_path_factory, rate, channels, frames, block_seconds):
    sound = np.random.default_rng(frames).uniform(-1, 1, (frames, channels)).astype(np.float32)
    path = written(tmp_path_factory.getbasetemp() / "stream.wav", sound, rate=rate, subtype="FLOAT")
    loaded = load_audio(path)
    blocks = list(stream_audio(path, block_seconds))
    assert all(len(block) == round(block_seconds * SAMPLE_RATE) for block in blocks[:-1])
    assert 0 < len(blocks[-1]) <= round(block_seconds * SAMPLE_RATE)
    np.testing.assert_array_equal(np.concatenate(blocks), loaded)
    at_once = soxr.resample(sound.mean(axis=1, dtype=np.float64).astype(np.float32), rate, SAMPLE_RATE)
    np.testing.assert_allclose(loaded[: len(at_once)], at_once, rtol=0, atol=1e-6)
    assert len(loaded) == max(1, len(at_once))


@pytest.mark.parametrize("name", ["a.flac", "a.mp3", "a.ogg", "a.m4a", "a.webm"])
def test_a_stream_of_a_compressed_file_equals_the_loaded_file(tmp_path, name):
    path = encoded(tmp_path / name, sound=clicks(7.0))
    np.testing.assert_array_equal(np.concatenate(list(stream_audio(path, 0.7))), load_audio(path))


@pytest.mark.parametrize("block_seconds", [0.0, -1.0, 1e-6, float("nan"), float("inf")])
def test_impossible_blocks_are_refused(tmp_path, block_seconds):
    path = written(tmp_path / "loop.wav")
    with pytest.raises(ValueError, match="block_seconds must be finite and at least one sample"):
        next(stream_audio(path, block_seconds))


@pytest.mark.parametrize(("name", "minutes"), [("long.wav", 15), ("long.mka", 4)])
def test_streaming_a_long_file_needs_little_memory(tmp_path, name, minutes):
    source = tmp_path / "long.wav"
    soundfile.write(source, np.zeros(minutes * 60 * 8000, dtype=np.int16), 8000, subtype="PCM_U8")
    if name != source.name:
        ffmpeg("-i", source, "-c:a", "flac", tmp_path / name)
    tracemalloc.start()
    samples = sum(len(block) for block in stream_audio(tmp_path / name, 5.0))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert samples / SAMPLE_RATE == pytest.approx(minutes * 60, abs=0.1)
    # The whole file would take 159 MB (wav) and 42 MB (mka).
    assert peak < 12e6


def test_a_stream_that_is_left_early_ends_its_decoder(tmp_path):
    path = encoded(tmp_path / "a.m4a", sound=clicks(60.0))
    stream = stream_audio(path, 0.1)
    assert len(next(stream)) == 4410
    with warnings.catch_warnings():
        warnings.simplefilter("error", ResourceWarning)
        stream.close()


# Refusals.


def assert_refused(path, message):
    with pytest.raises(AudioError, match=message) as refusal:
        load_audio(path)
    assert str(path) in str(refusal.value)


def test_refusals_are_value_errors():
    assert issubclass(AudioError, ValueError)


def test_missing_files_and_folders_are_refused(tmp_path):
    with pytest.raises(AudioError, match=r"cannot read .*none\.wav: No such file"):
        load_audio(tmp_path / "none.wav")
    with pytest.raises(AudioError, match="is a folder: name an audio file"):
        load_audio(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with a name are POSIX")
def test_a_named_pipe_is_refused_without_waiting_for_it(tmp_path):
    os.mkfifo(tmp_path / "pipe.wav")
    assert_refused(tmp_path / "pipe.wav", "is a device or a pipe")


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_files_and_folders_without_permission_are_refused(tmp_path, monkeypatch, as_nobody):
    tmp_path.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    for path in (written(Path("secret.wav")), written(Path("folder/loop.wav")).parent):
        path.chmod(0)
    with as_nobody():
        assert_refused(Path("secret.wav"), r"cannot read secret\.wav: Permission denied")
        with pytest.raises(AudioError, match="cannot search folder: Permission denied"):
            find_audio([Path("folder")])
        assert find_audio([Path("folder/loop.wav")]) == [Path("folder/loop.wav")]
        assert_refused(Path("folder/loop.wav"), "Permission denied")
    Path("folder").chmod(0o700)


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".mp3", ".ogg", ".m4a"])
def test_empty_files_are_refused(tmp_path, suffix):
    (tmp_path / f"empty{suffix}").touch()
    assert_refused(tmp_path / f"empty{suffix}", "is empty")


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".mp3", ".ogg", ".m4a", ".raw", ".vox", ".txt", ""])
def test_text_is_no_audio_whatever_its_suffix(tmp_path, suffix):
    path = tmp_path / f"text{suffix}"
    path.write_text("Boots and cats and boots and cats.\n" * 1000)
    assert_refused(path, "is no audio that can be read")


@pytest.mark.parametrize("suffix", [".wav", ".bin"])
def test_noise_bytes_are_no_audio(tmp_path, suffix):
    path = tmp_path / f"noise{suffix}"
    path.write_bytes(np.random.default_rng(1).bytes(100_000))
    assert_refused(path, "is no audio that can be read")


def test_a_picture_and_a_silent_video_are_no_audio(tmp_path):
    ffmpeg("-f", "lavfi", "-i", "testsrc=duration=1:size=64x64:rate=5", tmp_path / "video.mp4")
    ffmpeg(
        "-f", "lavfi", "-i", "testsrc=duration=1:size=64x64:rate=1", "-frames:v", "1", "-f", "image2", "-c:v", "png", tmp_path / "loop.wav"
    )
    assert_refused(tmp_path / "video.mp4", "no audio track")
    assert_refused(tmp_path / "loop.wav", "is no audio")


@pytest.mark.parametrize(
    "playlist",
    ["#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{}\n#EXT-X-ENDLIST\n", "ffconcat version 1.0\nfile {}\n"],
)
def test_playlists_do_not_open_other_files(tmp_path, playlist):
    secret = encoded(tmp_path / "secret.aac")
    path = tmp_path / "playlist.m4a"
    path.write_text(playlist.format(secret.name))
    assert_refused(path, "is no audio")


@pytest.mark.parametrize("length", [1, 4, 12, 20, 36, 43])
def test_a_header_cut_short_is_refused(tmp_path, length):
    path = written(tmp_path / "loop.wav")
    path.write_bytes(path.read_bytes()[:length])
    assert_refused(path, "is no audio|holds no samples")


@pytest.mark.parametrize("share", [0.1, 0.6, 0.999])
@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("a.wav", {}),
        ("f.wav", {"subtype": "FLOAT"}),
        ("adpcm.wav", {"subtype": "IMA_ADPCM"}),
        ("a.flac", {}),
        ("a.aiff", {}),
        ("a.au", {}),
        ("a.w64", {}),
        ("a.rf64", {"format": "RF64"}),
        ("a.ogg", {}),
    ],
)
def test_a_body_cut_short_is_refused(tmp_path, name, form, share):
    noise = np.random.default_rng(0).uniform(-0.3, 0.3, (2 * SAMPLE_RATE, 2))
    assert_refused(cut(written(tmp_path / name, noise, **form), share), "cut short")


@pytest.mark.parametrize("share", [0.2, 0.6])
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.mp3", ()),
        ("a.m4a", ()),
        ("index first.m4a", ("-movflags", "+faststart")),
        ("a.webm", ()),
        ("a.mka", ("-c:a", "flac")),
        ("a.opus", ("-c:a", "libopus")),
        ("a.aac", ()),
    ],
)
def test_a_compressed_body_cut_short_is_refused(tmp_path, name, options, share):
    noise = np.random.default_rng(0).uniform(-0.3, 0.3, (3 * SAMPLE_RATE, 2))
    assert_refused(cut(encoded(tmp_path / name, *options, sound=noise), share), "cut short")


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e20])
@pytest.mark.parametrize("rate", [44100, 48000])
def test_samples_that_are_no_level_are_refused_with_their_time(tmp_path, bad, rate):
    sound = clicks(3.0, rate=rate, channels=2)
    sound[2 * rate, 1] = bad
    assert_refused(written(tmp_path / "loop.wav", sound, rate=rate, subtype="FLOAT"), r"no possible level .* at 2\.000 s")


def test_doubles_beyond_single_precision_are_refused(tmp_path):
    sound = np.zeros(1000)
    sound[500] = 1e300
    assert_refused(written(tmp_path / "loop.wav", sound, subtype="DOUBLE"), "no possible level")


@pytest.mark.parametrize("name", ["zero.wav", "zero.aiff", "zero.ogg"])
def test_files_without_samples_are_refused(tmp_path, name):
    assert_refused(written(tmp_path / name, np.zeros((0, 1))), "holds no samples")


@pytest.mark.parametrize("rate", [1, 3999, 1_000_000])
def test_rates_of_no_recording_are_refused(tmp_path, rate):
    assert_refused(written(tmp_path / "loop.wav", np.zeros(10), rate=rate), f"{rate} samples a second: from 4000")
