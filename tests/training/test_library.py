"""Samples by part, kits from parts, and the sources that are held out."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from n2n.drums import DRUMS
from n2n.training.bank import Bundle, OneShot
from n2n.training.library import HELD_OUT, SAME_RECORDINGS, STAND_INS, Library, parts_of, split_of


def bundle(name: str, *, drums: tuple[str, ...] = DRUMS, electronic: bool = False, kits: int = 1) -> Bundle:
    """A source with one short sound for each drum of each kit."""
    usual = {
        drum: next(a for a in STAND_INS if a.startswith(prefix))
        for drum, prefix in zip(DRUMS, ("kick", "snare", "tom", "hh", "crash", "ride", "ride_bell"), strict=True)
    }
    shots = tuple(OneShot(f"kit{k}", drum, usual[drum], "1", 100, 0, 0.0, 0, 100, electronic) for k in range(kits) for drum in drums)
    return Bundle(name, "MIT", shots, np.zeros(100, np.int16))


def with_cowbell(source: Bundle) -> Bundle:
    return replace(source, shots=(*source.shots, OneShot("kit0", "BE", "cowbell", "1", 100, 0, 0.0, 0, 100)))


def draws(library: Library, count: int = 400) -> list[dict[str, str]]:
    """The sources of the parts of many kits."""
    rng = np.random.default_rng(0)
    return [{drum: part.bundle.name for drum, part in library.draw_kit(rng).items()} for _ in range(count)]


# Splits


def test_held_out_sources_are_not_for_training() -> None:
    assert {split_of(name) for name in HELD_OUT["test"]} == {"test"}
    assert {split_of(name) for name in HELD_OUT["validation"]} == {"validation"}
    assert split_of("salamander") == "train"


def test_shared_recordings_never_lie_on_both_sides_of_a_split() -> None:
    assert all(split_of(name) == split_of(group) for name, group in SAME_RECORDINGS.items())


def test_sources_that_share_recordings_are_drawn_as_one() -> None:
    library = Library([bundle("avl_black_pearl"), bundle("avl_red_zeppelin"), bundle("h2_black_pearl"), bundle("salamander")])
    shares = Counter(kit["KD"] for kit in draws(library))
    assert shares["salamander"] == pytest.approx(200, abs=40)


# Parts


def test_a_part_is_one_drum_of_one_kit(kit: Bundle) -> None:
    parts = parts_of(kit)
    assert Counter(part.drum for part in parts) == Counter(DRUMS)
    toms = next(part for part in parts if part.drum == "TT")
    assert [len(layers) for layers in toms.voices["tom"]] == [3, 3, 3]
    assert all(
        [shot.velocity for shot in layers] == [35, 75, 115] for part in parts for pieces in part.voices.values() for layers in pieces
    )


def test_pieces_beyond_what_a_kit_has_start_again_at_the_first(kit: Bundle) -> None:
    crashes = next(part for part in parts_of(kit) if part.drum == "CY")
    assert crashes.shots("crash", 3) == crashes.shots("crash", 1) != crashes.shots("crash", 2)


def test_a_missing_articulation_is_played_by_its_nearest(kit: Bundle) -> None:
    parts = {part.drum: part for part in parts_of(kit)}
    assert {shot.articulation for shot in parts["SN"].shots("rimshot", 1)} == {"snare"}
    assert {shot.articulation for shot in parts["CY"].shots("china", 1)} == {"crash"}
    assert {shot.articulation for shot in parts["HH"].shots("hh_pedal", 1)} == {"hh_pedal"}


@pytest.mark.parametrize("articulation", sorted(STAND_INS))
def test_every_articulation_sounds_on_a_kit_that_has_one_of_each_drum(articulation: str) -> None:
    drums = {drum: part for part in parts_of(bundle("plain")) for drum in [part.drum]}
    prefix = {
        "kick": "KD",
        "snare": "SN",
        "rimshot": "SN",
        "cross_stick": "SN",
        "tom": "TT",
        "hh": "HH",
        "crash": "CY",
        "splash": "CY",
        "china": "CY",
        "ride": "RD",
        "ride_bell": "BE",
    }
    drum = prefix.get(articulation) or prefix[articulation.split("_")[0]]
    assert len(drums[drum].shots(articulation, 2)) == 1


# Kits


def test_a_kit_has_a_part_for_every_drum() -> None:
    library = Library([bundle("drums", drums=("KD", "SN", "TT")), bundle("metal", drums=("HH", "CY", "RD", "BE"))])
    for kit in draws(library, 20):
        assert kit == dict(zip(DRUMS, ["drums"] * 3 + ["metal"] * 4, strict=True))


def test_a_library_that_lacks_a_drum_is_refused() -> None:
    with pytest.raises(ValueError, match="no samples for RD, BE: give bundles that cover all of KD, SN"):
        Library([bundle("drums", drums=("KD", "SN", "TT", "HH", "CY"))])


def test_unmixed_kits_come_from_one_source_and_mixed_ones_from_many() -> None:
    sources = [bundle(name) for name in ("one", "two", "three")]
    assert all(len(set(kit.values())) == 1 for kit in draws(Library(sources, mixing=0.0), 50))
    assert sum(len(set(kit.values())) > 1 for kit in draws(Library(sources, mixing=1.0), 50)) > 40


def test_ride_and_bell_come_from_one_source_where_it_has_both() -> None:
    library = Library([bundle("one"), bundle("two"), bundle("no_bell", drums=("RD",))])
    assert all(kit["BE"] == kit["RD"] or kit["RD"] == "no_bell" for kit in draws(library))


def test_recorded_drums_are_drawn_three_times_as_often() -> None:
    shares = Counter(kit["SN"] for kit in draws(Library([bundle("machine", electronic=True), bundle("recorded")], mixing=1.0), 1000))
    assert shares["recorded"] / shares["machine"] == pytest.approx(3.0, abs=0.9)


def test_large_sources_do_not_drown_small_ones() -> None:
    shares = Counter(kit["SN"] for kit in draws(Library([bundle("large", kits=50), bundle("small")], mixing=1.0), 1000))
    assert shares["small"] / 1000 == pytest.approx(0.5, abs=0.06)


def test_a_cowbell_replaces_the_bell_in_its_share_of_kits() -> None:
    library = Library([with_cowbell(bundle("one"))], cowbell=0.15)
    rng = np.random.default_rng(0)
    bells = Counter("cowbell" in library.draw_kit(rng)["BE"].voices for _ in range(2000))
    assert bells[True] / 2000 == pytest.approx(0.15, abs=0.03)
    assert all("cowbell" not in part.voices for drum in DRUMS for parts in library.parts[drum].values() for part in parts)


def test_kits_are_deterministic_by_seed() -> None:
    sources = [bundle(name) for name in ("one", "two", "three")]
    assert draws(Library(sources), 20) == draws(Library(list(reversed(sources))), 20)


def test_layers_are_drawn_for_their_share_of_the_drums() -> None:
    library, rng = Library([bundle("one"), bundle("two")]), np.random.default_rng(0)
    counts = Counter(drum for _ in range(1000) for drum in library.draw_layers(0.3, rng))
    assert all(counts[drum] / 1000 == pytest.approx(0.3, abs=0.06) for drum in DRUMS)


def test_without_layers_no_chance_is_used_up() -> None:
    library, rng = Library([bundle("one")]), np.random.default_rng(0)
    assert library.draw_layers(0.0, rng) == {}
    assert rng.random() == np.random.default_rng(0).random()
