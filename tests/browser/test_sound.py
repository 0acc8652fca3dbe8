"""What the page's player sounds, against n2n.render. No app runs: the browser gets the editor's modules and the kits as files.

Sound is rendered by an OfflineAudioContext. To render what is *played*, the player is given such a context in place of the
loudspeaker's, and it is stopped every 50 ms of sound to let the player's timer do its work: nothing depends on how fast this machine is.
"""

import base64
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser

from n2n.assets import find_asset
from n2n.audio import SAMPLE_RATE
from n2n.notes import Note, Transcription
from n2n.render import kit_names, render_notes
from tests.browser.served_assets import served_assets

TOLERANCE = 4e-5
"""Of full scale: hardly more than a step of 16 bits. (Chromium divides positive samples by 32767, soundfile by 32768.)"""

TOOLS = """
const { createStore } = await import('/editor/store.js');
const { createPlayer } = await import('/editor/playback.js');
const { renderNotes } = await import('/editor/voices.js');
const { fetchKit } = await import('/editor/kits.js');
const { DRUMS } = await import('/editor/notes.js');
const kitFiles = (name) => ({ name, json: `/kits/${name}/kit.json`, samples: `/kits/${name}/samples.flac` });

/** A kit whose every hit is a single sample of 1, so that one sees where it sounds and how loud. */
function clicks() {
  const buffer = new AudioBuffer({ length: 1, sampleRate: 44100 });
  buffer.getChannelData(0)[0] = 1;
  return { name: 'clicks', layers: Object.fromEntries(DRUMS.map((drum) => [drum, [{ velocity: 127, buffer }]])) };
}

function encode(buffer) {
  const bytes = new Uint8Array(buffer.getChannelData(0).buffer);
  let text = '';
  for (let start = 0; start < bytes.length; start += 32768) text += String.fromCharCode(...bytes.subarray(start, start + 32768));
  return btoa(text);
}

/** Plays for some seconds; `edits` are [second, function of (store, player)]. Gives what left the loudspeaker. */
async function play(state, seconds, { kit = 'osdk', original = null, edits = [] } = {}) {
  const context = new OfflineAudioContext(1, seconds * 44100, 44100);
  context.resume = async () => {};
  const store = createStore(state);
  let tick = null;
  const player = createPlayer(store, { createContext: () => context, every: (work) => { tick = work; return () => { tick = null; }; } });
  await player.loadKit(kitFiles(kit));
  if (original) await player.loadSource(original);
  const resume = OfflineAudioContext.prototype.resume.bind(context);
  for (let time = 0; time < seconds; time += 0.05) {
    context.suspend(time).then(async () => {
      if (time === 0) await player.play();
      for (const [when, edit] of edits) if (when <= time && when > time - 0.05) edit(store, player);
      await Promise.resolve();
      tick?.();
      resume();
    });
  }
  const heard = await context.startRendering();
  return { heard: encode(heard), status: player.status(), state: store.get() };
}
"""


@pytest.fixture(scope="module")
def run(browser: Browser) -> Iterator[Callable[..., Any]]:
    """Runs the body of an async function of `given` in a page, the tools at hand."""
    with served_assets() as address, browser.new_context() as context:
        page = context.new_page()
        page.goto(address)
        yield lambda body, given=None: page.evaluate(f"async (given) => {{ {TOOLS} {body} }}", given)


def samples(encoded: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(encoded), dtype=np.float32)


def as_json(notes: list[Note]) -> list[dict[str, object]]:
    return [{"onset": note.onset, "drum": note.drum, "velocity": note.velocity} for note in notes]


def bar() -> list[Note]:
    """A bar at 97 beats a minute with every drum, every second hi-hat hit ended by the next, accents and ghost notes, and a flam."""
    sixteenth = 60 / 97 / 4
    hats = [Note(i * sixteenth, "HH", 20 + 6 * i) for i in range(16)]
    others = [Note(i * sixteenth, drum, velocity) for i, drum, velocity in ((0, "KD", 110), (4, "SN", 96), (6, "KD", 64), (7, "SN", 12))]
    rare = [Note(i * sixteenth, drum, velocity) for i, drum, velocity in ((0, "CY", 127), (9, "TT", 70), (10, "RD", 83), (13, "BE", 50))]
    return sorted([*hats, *others, *rare, Note(4 * sixteenth - 0.021, "SN", 37), Note(0.125, "HH", 90)])


def test_a_note_sounds_from_its_exact_sample(run: Callable[..., Any]) -> None:
    rng = np.random.default_rng(0)
    onsets = sorted({1.23, 0.125, 0.375, *rng.uniform(0, 60, 200).round(4).tolist()})
    body = """
      const context = new OfflineAudioContext(1, 61 * 44100, 44100);
      const notes = given.map((onset) => ({ onset, drum: 'CY', velocity: 127 }));
      const data = (await renderNotes(notes, clicks(), { context })).getChannelData(0);
      return [...data.keys()].filter((index) => data[index] !== 0);"""
    assert run(body, onsets) == sorted({round(onset * SAMPLE_RATE) for onset in onsets})
    assert run(body, [1.23]) == [54243]


@pytest.mark.parametrize("kit", kit_names())
def test_a_bar_sounds_as_the_python_renderer_renders_it(run: Callable[..., Any], kit: str) -> None:
    transcription = Transcription(tuple(bar()), 3.0)
    expected = render_notes(transcription, kit)
    body = """
      const context = new OfflineAudioContext(1, given.length, 44100);
      return encode(await renderNotes(given.notes, await fetchKit(kitFiles(given.kit)), { context }));"""
    heard = samples(run(body, {"notes": as_json(bar()), "kit": kit, "length": len(expected)}))
    assert np.abs(expected).max() > 0.3
    np.testing.assert_allclose(heard, expected, atol=TOLERANCE)


def test_a_mix_beyond_full_scale_is_made_softer_as_a_whole(run: Callable[..., Any]) -> None:
    notes = [Note(0.0, drum, 127) for drum in ("KD", "KD", "KD", "KD", "SN")]
    expected = render_notes(Transcription(tuple(notes), 0.5))
    body = """
      const context = new OfflineAudioContext(1, given.length, 44100);
      return encode(await renderNotes(given.notes, await fetchKit(kitFiles('osdk')), { context }));"""
    heard = samples(run(body, {"notes": as_json(notes), "length": len(expected)}))
    assert np.abs(heard).max() == pytest.approx(1.0, abs=1e-6)
    np.testing.assert_allclose(heard, expected, atol=TOLERANCE)


ONLY_NOTES = {"duration": 3.0, "master": {"mix": 1, "volume": 1}}


def test_what_is_played_is_what_is_rendered(run: Callable[..., Any]) -> None:
    delay = 882
    expected = render_notes(Transcription(tuple(bar()), 3.0))
    body = "return play({ ...given, notes: given.notes.map((note, id) => ({ ...note, id })) }, 3.5);"
    played = run(body, {**ONLY_NOTES, "notes": as_json(bar())})
    heard = samples(played["heard"])
    assert not heard[:delay].any()
    np.testing.assert_allclose(heard[delay : delay + 3 * SAMPLE_RATE], expected[: 3 * SAMPLE_RATE], atol=TOLERANCE)
    assert played["state"]["playing"] is False and played["state"]["playhead"] == 3.0


def test_edits_are_heard_while_it_plays(run: Callable[..., Any]) -> None:
    """At 0.5 s a snare is moved, a hat put before an open hat's end, a kick removed, a lane muted; the far future was not heard yet."""
    before = [Note(0.1, "KD", 100), Note(0.45, "HH", 110), Note(0.7, "KD", 100), Note(0.9, "SN", 90), Note(1.2, "HH", 60)]
    tom = Note(1.6, "TT", 80)
    after = [before[0], before[1], Note(0.6, "HH", 70), Note(1.0, "SN", 90), before[4]]
    body = """
      const notes = (list) => list.map((note, id) => ({ ...note, id }));
      const edits = [[0.5, (store) => store.set({ notes: notes(given.after), muted: new Set(['TT']) })]];
      return (await play({ ...given.state, notes: notes(given.before) }, 2, { edits })).heard;"""
    heard = samples(run(body, {"state": ONLY_NOTES, "before": as_json([*before, tom]), "after": as_json([*after, tom])}))
    expected = np.pad(render_notes(Transcription(tuple(after), 2.0)), (882, 0))[: len(heard)]
    np.testing.assert_allclose(heard, expected, atol=TOLERANCE)


def test_a_loop_wraps_to_the_sample_in_the_original_and_in_the_notes(run: Callable[..., Any]) -> None:
    """The original is a kit's own file. The loop is set while it plays, and playing starts in its middle."""
    import soundfile

    original, _ = soundfile.read(find_asset("kits/osdk/samples.flac"), dtype="float32")
    start, end, begin, kick = 11025, 22051, 15000, 12025
    body = """
      const notes = [{ onset: given.kick / 44100, drum: 'KD', velocity: 80, id: 1 }];
      const state = { duration: 10, notes, playhead: given.begin / 44100, master: { mix: 0.5, volume: 1 } };
      const edits = [[0.05, (store) => store.set({ loop: { start: given.start / 44100, end: given.end / 44100 } })]];
      return (await play(state, 1, { edits, original: kitFiles('osdk').samples })).heard;"""
    heard = samples(run(body, {"start": start, "end": end, "begin": begin, "kick": kick}))
    passes = np.concatenate([np.zeros(882, np.float32), original[begin:end], np.tile(original[start:end], 4)])[: len(heard)]
    wraps = 882 + (end - begin) + (end - start) * np.arange(4)
    kicks = tuple(Note((wrap + kick - start) / SAMPLE_RATE, "KD", 80) for wrap in wraps.tolist())
    expected = (passes + render_notes(Transcription(kicks, 1.0))[: len(heard)]) * np.sqrt(0.5)
    assert np.abs(expected).max() < 0.9
    np.testing.assert_allclose(heard, expected, atol=TOLERANCE)


def test_at_half_speed_notes_come_half_as_fast_and_sound_as_they_are(run: Callable[..., Any]) -> None:
    notes = [Note(0.1, "KD", 100), Note(0.3, "HH", 90), Note(0.5, "HH", 90)]
    body = """
      const state = { ...given.state, notes: given.notes.map((note, id) => ({ ...note, id })) };
      return (await play(state, 2, { edits: [[0, (store, player) => player.setRate(0.5)]] })).heard;"""
    heard = samples(run(body, {"state": ONLY_NOTES, "notes": as_json(notes)}))
    slower = tuple(Note(2 * note.onset, note.drum, note.velocity) for note in notes)
    expected = np.pad(render_notes(Transcription(slower, 2.0)), (882, 0))[: len(heard)]
    np.testing.assert_allclose(heard, expected, atol=TOLERANCE)


def test_seeking_and_an_auditioned_take_are_followed(run: Callable[..., Any]) -> None:
    body = """
      const note = (onset, drum, id) => ({ onset, drum, velocity: 100, id });
      const take = { notes: [note(1.5, 'SN', 8)], candidates: [], region: [{ start: 1, end: 2, drums: ['KD', 'SN'] }] };
      const state = { ...given, notes: [note(0.2, 'KD', 1), note(1.5, 'KD', 2)], takes: [take] };
      const edits = [[0.1, (store) => store.set({ playhead: 1.25 })], [0.15, (store) => store.set({ take: 0 })]];
      return (await play(state, 1, { edits })).heard;"""
    heard = samples(run(body, ONLY_NOTES))
    sought = 4480 + 882  # the clock moves in blocks of 128 samples, and stood at the 35th when the playhead was set
    expected = np.pad(render_notes(Transcription((Note(0.25, "SN", 100),), 1.0)), (sought, 0))[: len(heard)]
    np.testing.assert_allclose(heard, expected, atol=TOLERANCE)


def test_what_cannot_be_decoded_is_said_and_the_notes_still_sound(run: Callable[..., Any]) -> None:
    body = """
      const notes = [{ onset: 0.1, drum: 'KD', velocity: 100, id: 1 }];
      return play({ ...given, master: { mix: 0.2, volume: 1 }, notes }, 0.5, { original: '/editor/package.json' });"""
    played = run(body, ONLY_NOTES)
    assert played["status"]["source"] == "failed" and played["status"]["kit"] == "ready"
    assert "cannot load the recording" in played["status"]["message"]
    assert samples(played["heard"]).max() > 0.2
