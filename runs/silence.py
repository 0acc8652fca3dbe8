"""Does the model stay silent where there are no drums? Counts the notes it hears in a band without a drummer, voices, noise and silence.

    python runs/silence.py MODEL DATA [--split test] [--sound NAME ...] [--minutes 5] [--num-steps N] [--quieten DRUM [--write]]

MODEL is a bundled model's name or a folder, DATA what `n2n kits` wrote. The band plays around the hits of held-out performances that are
not heard themselves; the voice, synthetic, speaks in vowels and hisses; speech, where DATA has some, is that of speakers who are held out.
A model is chosen on the validation split, and reported on the test split. Fixed seeds: the same input gives the same sounds. With
`--quieten TT` it ends with the lowest threshold of that drum at which every sound keeps below 2 notes a minute, and writes it into the
config.json of a MODEL folder.
"""

import argparse
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor

from choose_thresholds import quiet_threshold
from n2n.audio import SAMPLE_RATE
from n2n.checkpoint import change_config
from n2n.drums import DRUMS, LANE
from n2n.inference import load
from n2n.roll import candidates
from n2n.training.accompany import Band
from n2n.training.compose import AS_PLAYED, compose, weights_by_scarcity
from n2n.training.effects import process, unit_rms
from n2n.training.render import Material, read_material
from n2n.training.singer import sing, speak, speakers
from n2n.training.sounds import mix
from rendered_sets import BAND

CLIP_S: Final = 30.0
SAMPLES: Final = round(CLIP_S * SAMPLE_RATE)
CPU: Final = torch.device("cpu")

Sound = Callable[[np.random.Generator], Tensor]


def band_of(material: Material) -> Sound:
    """A band as the rendered sets have one, through a recording chain of its own."""
    band = Band(material.instruments, material.percussion)
    if not band.roles:
        raise SystemExit("silence.py: the material has no instruments: build them with `n2n kits`")
    weights = weights_by_scarcity(material.performances)

    def play(rng: np.random.Generator) -> Tensor:
        hits = compose(material.performances, weights, CLIP_S, rng, AS_PLAYED)
        played = mix(band.improvise(hits, CLIP_S, rng), SAMPLES, CPU)
        return process(played, played, rng, BAND)

    return play


def voice(rng: np.random.Generator) -> Tensor:
    return mix(sing(CLIP_S, rng, CPU), SAMPLES, CPU)


def speech_of(material: Material) -> Sound:
    """Words of one speaker after the other."""
    voices = speakers(material.speech)
    return lambda rng: mix(speak(CLIP_S, voices, rng, CPU), SAMPLES, CPU)


def white_noise(rng: np.random.Generator) -> Tensor:
    return torch.from_numpy(rng.standard_normal(SAMPLES, dtype=np.float32))


def pink_noise(rng: np.random.Generator) -> Tensor:
    """White noise that falls by 3 dB an octave above 20 Hz."""
    spectrum = torch.fft.rfft(white_noise(rng))
    hz = torch.fft.rfftfreq(SAMPLES, 1.0 / SAMPLE_RATE).clamp(min=20.0)
    return torch.fft.irfft(spectrum / hz.sqrt(), SAMPLES)


def silence(rng: np.random.Generator) -> Tensor:
    return torch.zeros(SAMPLES)


def together(one: Sound, other: Sound) -> Sound:
    """Two sounds at one level."""

    def play(rng: np.random.Generator) -> Tensor:
        first, second = one(rng), other(rng)
        return unit_rms(first) + unit_rms(second)

    return play


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("data", type=Path)
    parser.add_argument("--split", choices=("validation", "test"), default="test")
    parser.add_argument("--sound", nargs="*", help="these only, by default all")
    parser.add_argument("--minutes", type=float, default=5.0, help="of each sound")
    parser.add_argument("--num-steps", type=int, default=None)
    parser.add_argument("--quieten", choices=DRUMS, help="find the lowest threshold of this drum that keeps silence")
    parser.add_argument("--write", action="store_true", help="put it into the model's config.json")
    options = parser.parse_args()
    torch.set_num_threads(1)
    model = load(options.model, device="cpu")
    material = read_material(options.data, options.split)
    band = band_of(material)
    sounds = {"band": band, "band and voice": together(band, voice), "voice": voice}
    sounds |= {"white noise": white_noise, "pink noise": pink_noise, "silence": silence}
    if material.speech:
        speech = speech_of(material)
        sounds |= {"speech": speech, "band and speech": together(band, speech)}
    if unknown := set(options.sound or ()) - set(sounds):
        raise SystemExit(f"silence.py: there is no sound {', '.join(sorted(unknown))}: choose of {', '.join(sounds)}")
    clips, decode, lowest = round(options.minutes * 60.0 / CLIP_S), model.checkpoint.decode, [0.0]
    for kind, (name, sound) in enumerate(sounds.items()):
        if options.sound and name not in options.sound:
            continue
        counts, scores = Counter[str](), list[float]()
        for index in range(clips):
            audio = sound(np.random.default_rng([2026, kind, index]))
            audio = 0.5 * audio / max(1e-9, float(audio.abs().max()))
            result = model.transcribe(audio.numpy(), num_steps=options.num_steps)
            counts.update(note.drum for note in result.notes)
            scores += [found.score for found in candidates(result.roll, decode) if found.note.drum == options.quieten]
        shares = "  ".join(f"{drum} {counts[drum]}" for drum in DRUMS if counts[drum])
        print(f"{name:15s} {sum(counts.values()) / (clips * CLIP_S / 60.0):6.2f} notes a minute  {shares}".rstrip(), flush=True)
        if options.quieten:
            others, least = sum(counts.values()) - counts[options.quieten], decode.thresholds[LANE[options.quieten]]
            lowest.append(quiet_threshold(np.array(scores), others, clips * CLIP_S / 60.0, least))
    if options.quieten:
        thresholds = [max(lowest) if drum == options.quieten else old for drum, old in zip(DRUMS, decode.thresholds, strict=True)]
        print(f"{options.quieten}: threshold {max(lowest):.2f}")
        if options.write:
            change_config(Path(options.model), "decode", thresholds=thresholds)


if __name__ == "__main__":
    main()
