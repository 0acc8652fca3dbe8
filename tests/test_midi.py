import io
import math
import warnings
from collections import defaultdict

import mido
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from n2n.drums import DRUMS, MIDI_NOTE
from n2n.metre import MAX_BEATS, Conductor, Metre, Signature, Tempo
from n2n.midi import Hit, read_hits, write_hits
from n2n.note_files import read_midi, write_midi
from n2n.notes import Note, Transcription


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("midi") / "notes.mid"


@st.composite
def playable(draw, longest_ms=900_000):
    """Notes, duration and tempo of a transcription in which no drum is struck twice within half a millisecond."""
    hits = st.tuples(st.sampled_from(DRUMS), st.integers(0, longest_ms))
    notes = [
        Note((ms + draw(st.floats(0.0, 0.4))) / 1000, drum, draw(st.integers(1, 127)))
        for drum, ms in draw(st.lists(hits, max_size=40, unique=True))
    ]
    duration = max((note.onset for note in notes), default=0.0) + draw(st.floats(0.0, 10.0))
    return tuple(notes), duration, draw(st.none() | st.floats(4.0, 1000.0))


def by_drum(transcription):
    lanes = defaultdict(list)
    for note in transcription.notes:
        lanes[note.drum].append(note)
    return lanes


def assert_same_hits(read, written, *, within_s):
    read_lanes, written_lanes = by_drum(read), by_drum(written)
    assert read_lanes.keys() == written_lanes.keys()
    for drum, notes in written_lanes.items():
        assert [note.velocity for note in read_lanes[drum]] == [note.velocity for note in notes]
        assert [note.onset for note in read_lanes[drum]] == pytest.approx([note.onset for note in notes], rel=0, abs=within_s)


def foreign(path, *tracks, kind=1, ticks_per_beat=480):
    mido.MidiFile(type=kind, ticks_per_beat=ticks_per_beat, tracks=[mido.MidiTrack(track) for track in tracks]).save(path)
    return path


def struck(number, *, velocity=80, time=0, channel=10):
    return mido.Message("note_on", channel=channel - 1, note=number, velocity=velocity, time=time)


def tempo_event(bpm, time=0):
    return mido.MetaMessage("set_tempo", tempo=round(60e6 / bpm), time=time)


def signature_event(numerator, denominator, time=0, clocks=24):
    return mido.MetaMessage("time_signature", numerator=numerator, denominator=denominator, clocks_per_click=clocks, time=time)


def messages(path):
    """(tick, message) of all tracks."""
    tick, out = 0, []
    for message in mido.merge_tracks(mido.MidiFile(path).tracks):
        tick += message.time
        out.append((tick, message))
    return out


@given(playable())
@settings(deadline=None)
def test_midi_round_trip_keeps_hits_to_a_tenth_of_a_millisecond(path, parts):
    transcription = Transcription(*parts)
    write_midi(transcription, path)
    read = read_midi(path)
    assert_same_hits(read, transcription, within_s=0.00006 if (transcription.tempo or 60) > 20 else 0.00025)
    assert read.duration == pytest.approx(transcription.duration, abs=0.001)
    assert read.tempo == (None if transcription.tempo is None else pytest.approx(transcription.tempo, rel=1e-5, abs=0.0006))


def test_whole_milliseconds_come_back_exactly(path):
    notes = tuple(Note(ms / 1000, "HH", 1 + ms % 127) for ms in range(0, 60_000, 97))
    for tempo in (60.0, 120.0, 125.0, 150.0):
        write_midi(Transcription(notes, 60.0, tempo), path)
        assert read_midi(path) == Transcription(notes, 60.0, tempo)


@pytest.mark.parametrize("hours", [1, 2.5, 8])
def test_onsets_stay_within_a_millisecond_in_files_of_hours(path, hours):
    notes = tuple(Note(second + 0.12345, "SN", 99) for second in range(0, int(hours * 3600), 61))
    transcription = Transcription(notes, hours * 3600.0, 93.0)
    write_midi(transcription, path)
    assert_same_hits(read_midi(path), transcription, within_s=0.0006)


def test_an_hour_stays_below_ten_million_ticks(path):
    write_midi(Transcription((Note(3599.0, "KD", 1),), 3600.0, 120.0), path)
    assert messages(path)[-1][0] < 10_000_000


def test_more_than_midi_can_hold_is_refused(path):
    with pytest.raises(ValueError, match=r"^1e\+300 s is longer than a MIDI file can hold"):
        write_midi(Transcription((), 1e300), path)


def test_every_drum_has_its_number_on_channel_ten(path):
    write_midi(Transcription(tuple(Note(float(lane), drum, 10 + lane) for lane, drum in enumerate(DRUMS)), 8.0), path)
    on = [message for _, message in messages(path) if message.type == "note_on"]
    assert [message.note for message in on] == [36, 38, 48, 42, 49, 51, 53]
    assert [message.velocity for message in on] == [10, 11, 12, 13, 14, 15, 16]
    assert {message.channel for message in on} == {9}


@given(playable(longest_ms=400))
@settings(deadline=None)
def test_notes_last_100_ms_and_never_overlap_the_next_of_their_drum(path, parts):
    transcription = Transcription(*parts)
    write_midi(transcription, path)
    begun = {}
    for tick, message in messages(path):
        if message.type == "note_on":
            assert message.note not in begun
            begun[message.note] = tick
        elif message.type == "note_off":
            assert begun.pop(message.note) < tick
    assert not begun


def test_a_lone_note_lasts_100_ms(path):
    write_midi(Transcription((Note(1.0, "KD", 1),), 2.0, 120.0), path)
    on, off = [tick for tick, message in messages(path) if message.type in ("note_on", "note_off")]
    assert (off - on) * 0.5 / mido.MidiFile(path).ticks_per_beat == pytest.approx(0.1)


def test_hits_of_a_drum_on_one_tick_become_the_loudest(path):
    write_midi(Transcription((Note(1.0, "SN", 20), Note(1.0, "SN", 90), Note(1.00001, "SN", 50), Note(1.0, "KD", 30)), 2.0), path)
    assert read_midi(path).notes == (Note(1.0, "KD", 30), Note(1.0, "SN", 90))


def test_an_unknown_tempo_is_estimated_and_marked_as_such(path):
    notes = tuple(Note(0.3 + hit * 60 / 97 / 2, "HH", 80) for hit in range(100))
    write_midi(Transcription(notes, 60.0), path)
    (tempo,) = [message.tempo for _, message in messages(path) if message.type == "set_tempo"]
    assert 60e6 / tempo == pytest.approx(97, rel=1e-3)
    assert any(message.type == "text" and "estimated" in message.text for _, message in messages(path))
    assert read_midi(path).tempo is None


def test_where_no_tempo_can_be_told_one_beat_is_one_second(path):
    write_midi(Transcription((Note(0.5, "KD", 80), Note(1.9, "SN", 80)), 3.0), path)
    (tempo,) = [message.tempo for _, message in messages(path) if message.type == "set_tempo"]
    assert tempo == 1_000_000
    assert any(message.type == "text" and "unknown" in message.text for _, message in messages(path))
    assert read_midi(path).tempo is None


def test_pretty_midi_reads_the_same_times(path):
    import pretty_midi

    notes = tuple(Note(hit * 0.123, drum, 1 + hit) for hit, drum in enumerate(DRUMS * 10))
    write_midi(Transcription(notes, 20.0, 101.3), path)
    (instrument,) = pretty_midi.PrettyMIDI(str(path)).instruments
    assert instrument.is_drum
    read = sorted((note.start, note.pitch, note.velocity) for note in instrument.notes)
    assert [(pitch, velocity) for _, pitch, velocity in read] == [(MIDI_NOTE[note.drum], note.velocity) for note in notes]
    assert [start for start, _, _ in read] == pytest.approx([note.onset for note in notes], abs=0.0001)


@settings(max_examples=60)
@given(tempo=st.floats(40.0, 240.0), beats=st.sampled_from([3, 4, 5, 7]), bars=st.integers(-4, 12))
def test_an_offset_of_whole_bars_begins_the_first_bar_at_once(path, tempo, beats, bars):
    offset = bars * beats * 60.0 / tempo
    write_hits(path, [Hit(0.5, 36, 90)], duration=60.0, conductor=Conductor.steady(tempo, Metre(offset, beats)))
    assert read_hits(path).metre == Metre(0.0, beats)


def test_tempo_changes_bend_foreign_times_and_leave_no_single_tempo(path):
    tempos = [tempo_event(120), tempo_event(60, time=480), tempo_event(240, time=480)]
    hits = [struck(36), struck(38, time=480), struck(42, time=240), struck(49, time=720)]
    read = read_midi(foreign(path, tempos, hits))
    assert [(note.onset, note.drum) for note in read.notes] == [(0.0, "KD"), (0.5, "SN"), (1.0, "HH"), (1.75, "CY")]
    assert read.tempo is None


def test_one_stated_tempo_is_kept_and_a_missing_one_is_not_made_120(path):
    assert read_midi(foreign(path, [tempo_event(93.5), struck(36)])).tempo == 93.5
    silent = read_midi(foreign(path, [struck(36, time=480)]))
    assert silent.tempo is None
    assert silent.notes == (Note(0.5, "KD", 80),)


@pytest.mark.parametrize("meter", [(6, 8, 36), (7, 8, 12), (4, 4, 24), (2, 2, 48)])
def test_a_time_signature_comes_back_as_it_was(path, meter):
    numerator, denominator, clocks = meter
    given = read_hits(foreign(path, [tempo_event(93.5), signature_event(numerator, denominator, clocks=clocks), struck(36, time=960)]))
    assert given.conductor == Conductor((Tempo(0.0, 641711),), (Signature(0.0, numerator, denominator, clocks),))
    write_hits(path, given.hits, duration=given.duration, conductor=given.conductor, divisible=True)
    read = read_hits(path)
    assert read.conductor == given.conductor and read.tempo == 93.5
    assert read.metre == given.metre == (None if numerator == 7 else Metre(0.0, numerator * 4 // denominator))


def beats_of(path, kind):
    """(quarter notes from the start, message) of all messages of a kind."""
    division = mido.MidiFile(path).ticks_per_beat
    return [(tick / division, message) for tick, message in messages(path) if message.type == kind]


def test_tempo_changes_and_a_pickup_bar_come_back_on_their_beats_with_times_as_they_were(path):
    conductor = [signature_event(1, 4), tempo_event(120), signature_event(7, 8, time=480)]
    conductor += [tempo_event(93.5, time=1680), signature_event(4, 4), tempo_event(210, time=120), tempo_event(60, time=1800)]
    given = read_hits(foreign(path, conductor, [struck(36), *(struck(38, time=240 if i % 2 else 200) for i in range(20))]))
    stood = [beats_of(path, kind) for kind in ("set_tempo", "time_signature")]
    assert given.tempo is None and len(given.conductor.tempos) == 4 and len(given.conductor.signatures) == 3
    write_hits(path, given.hits, duration=given.duration, conductor=given.conductor, divisible=True)
    assert not [message for _, message in messages(path) if message.type == "text"]
    for before, after in zip(stood, (beats_of(path, "set_tempo"), beats_of(path, "time_signature")), strict=True):
        assert [(beat, message.bytes()) for beat, message in after] == [(beat, message.bytes()) for beat, message in before]
    read = read_hits(path)
    assert [hit.onset for hit in read.hits] == pytest.approx([hit.onset for hit in given.hits], rel=0, abs=0.00006)
    assert read.duration == pytest.approx(given.duration, abs=0.001)


@settings(deadline=None)
@given(
    changes=st.lists(st.tuples(st.floats(0.01, 3.0), st.integers(60_000, 15_000_000)), min_size=1, max_size=30),
    onsets=st.lists(st.floats(0.0, 90.0), max_size=20),
)
def test_times_are_exact_whatever_the_tempo_changes(path, changes, onsets):
    tempos, now = [Tempo(0.0, 500_000)], 0.0
    for span, beat_us in changes:
        tempos.append(Tempo(now := now + span, beat_us))
    hits = [Hit(onset, 36, 90) for onset in onsets]
    write_hits(path, hits, duration=90.0, conductor=Conductor(tuple(tempos)), divisible=True)
    read = read_hits(path)
    assert read.duration == pytest.approx(90.0, abs=0.001)
    for onset in onsets:
        assert min(abs(hit.onset - onset) for hit in read.hits) < 0.0006
    assert messages(path)[-1][0] < 10_000_000 or max(beat_us for _, beat_us in changes) > 6_000_000


def test_a_first_tempo_that_comes_late_follows_the_120_that_midi_begins_with(path):
    read = read_hits(foreign(path, [tempo_event(100, time=960), struck(36, time=480)]))
    assert read.tempo is None and read.conductor.tempos == (Tempo(0.0, 500_000), Tempo(1.0, 600_000))


def test_a_tempo_that_is_stated_again_or_replaced_at_once_is_one_tempo(path):
    read = read_hits(foreign(path, [tempo_event(90), tempo_event(100), tempo_event(100, time=960), struck(36)]))
    assert read.tempo == 100.0 and read.conductor.tempos == (Tempo(0.0, 600_000),)


def test_a_tempo_that_was_guessed_is_not_carried_over(path):
    write_midi(Transcription((Note(0.5, "KD", 80),), 3.0), path)
    assert read_hits(path).conductor == Conductor()


def test_tempos_that_are_none_of_ours_are_refused(path):
    with pytest.raises(ValueError, match="between 4 and 1000 beats a minute, not 6000"):
        write_hits(path, [], duration=1.0, conductor=Conductor((Tempo(0.0, 10_000),)))


def test_a_file_without_a_tempo_is_not_written(path):
    with pytest.raises(ValueError, match="needs a tempo"):
        write_hits(path, [], duration=1.0, conductor=Conductor())


def test_the_duration_is_the_end_of_the_longest_track(path):
    tracks = [[struck(36)], [mido.MetaMessage("end_of_track", time=4800)]]
    assert read_midi(foreign(path, *tracks)).duration == 5.0


def test_only_the_drum_channel_counts_where_it_is_played(path):
    assert [note.drum for note in read_midi(foreign(path, [struck(36), struck(38, channel=1)])).notes] == ["KD"]


def test_all_channels_count_where_the_drum_channel_is_silent_and_a_warning_names_them(path):
    foreign(path, [struck(36, channel=1), struck(38, channel=3), struck(42, channel=10, velocity=0)])
    with pytest.warns(UserWarning, match="no drum of ours is on channel 10, so the notes of channels 1, 3 are read as drums"):
        read = read_midi(path)
    assert [note.drum for note in read.notes] == ["KD", "SN"]


def test_a_kit_on_another_channel_is_read_where_the_drum_channel_holds_but_a_metronome(path):
    foreign(path, [struck(33), *(struck(36, channel=1, time=480) for _ in range(8))])
    with pytest.warns(UserWarning, match="the notes of channel 1 are read"), pytest.warns(UserWarning, match=r"dropped .*: 33 \(1 times"):
        read = read_midi(path)
    assert [note.drum for note in read.notes] == ["KD"] * 8


def test_a_drum_channel_without_our_drums_is_no_reason_to_speak_of_channels_where_no_other_is_played(path):
    read = read_hits(foreign(path, [struck(33), struck(36, channel=1, velocity=0)]))
    assert read.channels == () and read.foreign == "" and [hit.number for hit in read.hits] == [33]


def test_a_channel_beside_the_drum_channel_is_not_warned_of(path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read_midi(foreign(path, [struck(36), struck(38, channel=1)]))


def test_a_note_on_without_velocity_is_an_end(path):
    assert len(read_midi(foreign(path, [struck(36), struck(36, velocity=0, time=10), struck(36, time=10)])).notes) == 2


def test_articulations_of_one_drum_at_one_time_become_the_loudest(path):
    read = read_midi(foreign(path, [struck(38, velocity=40), struck(40, velocity=90), struck(37, velocity=10, time=1)]))
    assert [(note.drum, note.velocity) for note in read.notes] == [("SN", 90), ("SN", 10)]


def test_numbers_without_a_drum_are_dropped_with_a_warning_that_lists_them(path):
    foreign(path, [struck(36), struck(75), struck(75, time=5), struck(81)])
    with pytest.warns(UserWarning, match=r"dropped .*: 75 \(2 times\), 81 \(1 times\)"):
        assert [note.drum for note in read_midi(path).notes] == ["KD"]


@pytest.mark.parametrize(("frames", "seconds"), [(25, 1.0), (24, 25 / 24), (29, 25 * 1.001 / 30)])
def test_times_in_video_frames_are_read(path, frames, seconds):
    division = (-frames << 8) | 40
    read = read_midi(foreign(path, [tempo_event(90), struck(36, time=1000)], ticks_per_beat=division))
    assert read.notes[0].onset == pytest.approx(seconds)


@pytest.mark.parametrize(("kind", "ticks_per_beat", "message"), [(2, 480, "type 2.*share no time line"), (1, 0, "0 ticks in a beat")])
def test_midi_without_a_common_time_line_is_refused(path, kind, ticks_per_beat, message):
    with pytest.raises(ValueError, match=message):
        read_midi(foreign(path, [struck(36)], kind=kind, ticks_per_beat=ticks_per_beat))


def test_a_tempo_of_no_duration_is_refused(path):
    with pytest.raises(ValueError, match="times are out of range"):
        read_midi(foreign(path, [mido.MetaMessage("set_tempo", tempo=0), struck(36)]))


@pytest.mark.parametrize(("beats", "counted"), [(MAX_BEATS, MAX_BEATS), (MAX_BEATS + 1, None), (255, None)])
def test_bars_of_more_beats_than_we_count_are_no_metre(path, beats, counted):
    metre = read_hits(foreign(path, [mido.MetaMessage("time_signature", numerator=beats, denominator=4), struck(36)])).metre
    assert (metre and metre.beats) == counted


def valid_bytes():
    content = io.BytesIO()
    track = [tempo_event(97), struck(36), struck(38, time=200), struck(75, time=3), struck(42, time=300)]
    mido.MidiFile(tracks=[mido.MidiTrack(track)]).save(file=content)
    return content.getvalue()


def test_midi_cut_short_anywhere_is_refused(path):
    content = valid_bytes()
    for length in range(len(content)):
        path.write_bytes(content[:length])
        with pytest.raises(ValueError, match="not a MIDI file that can be read"):
            read_midi(path)


@given(st.data())
@settings(deadline=None, max_examples=300)
def test_damaged_midi_is_read_or_refused_but_never_breaks(path, data):
    content = bytearray(valid_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            read = read_midi(path)
        except ValueError:
            return
    assert all(math.isfinite(note.onset) and note.onset <= read.duration for note in read.notes)


@given(st.binary(max_size=200))
@settings(deadline=None)
def test_what_is_not_midi_is_refused(path, content):
    path.write_bytes(content)
    with pytest.raises(ValueError, match="not a MIDI file"):
        read_midi(path)
