import pytest

from n2n.drums import DRUM_NAMES, DRUMS, LANE, MDB_TO_DRUM, MIDI_NOTE, MIDI_TO_DRUM, REDUCTIONS, check_drum


def test_lanes_follow_the_order_of_drums():
    assert [LANE[drum] for drum in DRUMS] == list(range(7))
    assert list(DRUM_NAMES) == list(DRUMS)


def test_midi_notes_that_we_write_read_back_as_the_same_drum():
    assert {drum: MIDI_TO_DRUM[MIDI_NOTE[drum]] for drum in DRUMS} == {drum: drum for drum in DRUMS}


def test_the_22_notes_of_the_groove_midi_dataset_all_have_a_drum():
    groove = {
        "KD": {36},
        "SN": {37, 38, 40},
        "TT": {43, 45, 47, 48, 50, 58},
        "HH": {22, 26, 42, 44, 46},
        "CY": {49, 52, 55, 57},
        "RD": {51, 59},
        "BE": {53},
    }
    for drum, numbers in groove.items():
        assert {MIDI_TO_DRUM[number] for number in numbers} == {drum}


def test_general_midi_second_kick_and_low_tom_are_read_and_claves_are_not():
    assert MIDI_TO_DRUM[35] == "KD"
    assert MIDI_TO_DRUM[41] == "TT"
    assert 75 not in MIDI_TO_DRUM


def test_reductions_map_every_drum_and_leave_their_classes_as_they_are():
    for classes, reduction in REDUCTIONS.items():
        assert set(reduction) == set(DRUMS)
        assert len(set(reduction.values())) == classes
        assert all(reduction[reduced] == reduced for reduced in reduction.values())


def test_five_classes_join_the_cymbals_and_three_join_toms_with_snares():
    assert {drum for drum, reduced in REDUCTIONS[5].items() if reduced == "CY"} == {"CY", "RD", "BE"}
    assert {drum for drum, reduced in REDUCTIONS[3].items() if reduced == "SN"} == {"SN", "TT"}
    assert {drum for drum, reduced in REDUCTIONS[3].items() if reduced == "HH"} == {"HH", "CY", "RD", "BE"}


def test_mdb_labels_lead_to_our_drums_but_for_the_tambourine():
    assert set(MDB_TO_DRUM.values()) == set(DRUMS)
    assert "TMB" not in MDB_TO_DRUM
    assert MDB_TO_DRUM["SST"] == "SN"
    assert MDB_TO_DRUM["RDB"] == "BE"


def test_an_unknown_drum_is_refused_with_the_list_of_known_ones():
    assert check_drum("HH") == "HH"
    with pytest.raises(ValueError, match=r"unknown drum 'XX'.*KD, SN, TT, HH, CY, RD, BE"):
        check_drum("XX")
