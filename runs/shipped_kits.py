"""Makes `assets/kits` from sample bundles: small kits whose licences allow them to ship (public domain, CC0, Unlicense, CC BY).

    n2n kits --data DATA -o data
    python runs/shipped_kits.py data/bundles/kits assets/kits

Of each drum one piece is taken, struck at three or four velocities; it begins at its onset, lasts at most `SECONDS` and fades out where it
is cut.
"""

import argparse
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from n2n.audio import SAMPLE_RATE
from n2n.drums import DRUMS
from n2n.render import DrumKit, Layer, peak_of, write_kit
from n2n.training.bank import Bundle, OneShot, read_bundle

VELOCITIES: Final = {**dict.fromkeys(DRUMS, (24, 58, 92, 122)), "CY": (32, 74, 116), "RD": (32, 74, 116), "BE": (32, 74, 116)}
"""The layers that are looked for; the nearest that a piece has are taken."""
SECONDS: Final = {"KD": 0.8, "SN": 0.6, "TT": 0.9, "HH": 0.4, "CY": 2.0, "RD": 1.6, "BE": 1.6}
FADE_SECONDS: Final = 0.25


class Piece(NamedTuple):
    """What plays a drum: articulation and piece, as in the bundle."""

    articulation: str
    piece: str


SHIPPED: Final = {
    "osdk": (
        "main",
        {
            "KD": Piece("kick", "kick"),
            "SN": Piece("snare", "snare"),
            "TT": Piece("tom", "tom_medium"),
            "HH": Piece("hh_closed", "hihat"),
            "CY": Piece("crash", "crash"),
            "RD": Piece("ride", "ride_in"),
            "BE": Piece("ride_bell", "ride"),
        },
    ),
    "virtuosity": (
        "main",
        {
            "KD": Piece("kick", "kick_a"),
            "SN": Piece("snare", "snare_a"),
            "TT": Piece("tom", "tom_48"),
            "HH": Piece("hh_closed", "hihat"),
            "CY": Piece("crash", "crash_49"),
            "RD": Piece("ride", "ride_51"),
            "BE": Piece("ride_bell", "ride"),
        },
    ),
    "muldjord": (
        "close",
        {
            "KD": Piece("kick", "kick_r"),
            "SN": Piece("snare", "snare"),
            "TT": Piece("tom", "tom2"),
            "HH": Piece("hh_closed", "hihat"),
            "CY": Piece("crash", "crash_l"),
            "RD": Piece("ride", "ride_r"),
            "BE": Piece("ride_bell", "ride_r"),
        },
    ),
    "uzu": (
        "",
        {
            "KD": Piece("kick", "bd4"),
            "SN": Piece("snare", "sd1"),
            "TT": Piece("tom", "tom_mid"),
            "HH": Piece("hh_closed", "hh3"),
            "CY": Piece("crash", "cr2"),
            "RD": Piece("ride", "ride"),
            "BE": Piece("cowbell", "cowbell"),
        },
    ),
}
"""Kits that ship: the microphones, and what plays each drum."""


def make_kit(bundle: Bundle, mix: str, pieces: dict[str, Piece]) -> DrumKit:
    """The shipped kit of a bundle. Raises ValueError where a piece is missing."""
    return DrumKit(bundle.name, bundle.licence, {drum: _layers(bundle, mix, drum, pieces[drum]) for drum in DRUMS})


def _layers(bundle: Bundle, mix: str, drum: str, piece: Piece) -> tuple[Layer, ...]:
    shots = [s for s in bundle.shots if (s.drum, s.articulation, s.piece) == (drum, *piece) and (not mix or s.mix == mix)]
    if not shots:
        raise ValueError(f"{bundle.name} has no {piece.articulation} of the piece {piece.piece}")
    chosen: dict[int, OneShot] = {}
    for velocity in VELOCITIES[drum]:
        nearest = min(shots, key=lambda shot: abs(shot.velocity - velocity))
        chosen.setdefault(nearest.velocity, nearest)
    return tuple(Layer(velocity, _samples(bundle, chosen[velocity], drum)) for velocity in sorted(chosen))


def _samples(bundle: Bundle, shot: OneShot, drum: str) -> np.ndarray:
    """The one-shot at the level of its velocity, cut where it has died away or is too long."""
    samples = bundle.samples(shot)
    alive = np.flatnonzero(np.abs(samples) > 10 ** (-60 / 20) * np.abs(samples).max())
    length = min(int(alive[-1]) + 1, round(SECONDS[drum] * SAMPLE_RATE))
    fade = min(length, round(FADE_SECONDS * SAMPLE_RATE) if length < len(samples) else 64)
    kept = samples[:length].copy()
    kept[-fade:] *= np.linspace(1.0, 0.0, fade, dtype=np.float32) ** 2
    return kept * np.float32(peak_of(drum, shot.velocity) / np.abs(kept).max())


def main() -> None:
    """Reads the two folders from the command line and writes every kit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundles", type=Path, help="folder of sample bundles, as `n2n kits` writes it")
    parser.add_argument("output", type=Path, help="folder to write the kits to")
    folders = parser.parse_args()
    for name, (mix, pieces) in SHIPPED.items():
        write_kit(make_kit(read_bundle(folders.bundles / f"{name}.safetensors"), mix, pieces), folders.output / name)
        size = sum(path.stat().st_size for path in (folders.output / name).iterdir())
        print(f"{name}: {size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
