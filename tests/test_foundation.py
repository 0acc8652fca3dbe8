"""Foundation tokens, on a stand-in of random weights in MERT's form: what is loaded, where tokens lie, what they know."""

import json
import subprocess
import sys
from pathlib import Path

import huggingface_hub
import numpy as np
import pytest
import soxr
import torch
from safetensors.torch import save_file
from torch.nn import functional as F

from n2n.audio import HOP, SAMPLE_RATE
from n2n.foundation import Foundation, silence
from n2n.mert import download, find_foundation, load_foundation, main
from tests.tiny_foundation import POSITIONS, build_whole, mert_weights, write_foundation

LAYER = 2


@pytest.fixture(scope="module")
def foundation(tmp_path_factory: pytest.TempPathFactory) -> Foundation:
    return load_foundation(write_foundation(tmp_path_factory.mktemp("mert")), layer=LAYER)


def noise(seconds: float, seed: int = 0) -> np.ndarray:
    return (0.1 * np.random.default_rng(seed).standard_normal(round(seconds * SAMPLE_RATE))).astype(np.float32)


def waves_24k(seconds: float) -> torch.Tensor:
    return torch.from_numpy(soxr.resample(noise(seconds), SAMPLE_RATE, 24000))[None]


# Loading


@pytest.mark.parametrize("stable", [True, False])
@pytest.mark.parametrize("layer", [1, 2, 3])
def test_a_layer_is_the_hidden_state_of_the_whole_model_behind_that_block(tmp_path: Path, layer: int, stable: bool) -> None:
    whole = build_whole(do_stable_layer_norm=stable)
    folder = write_foundation(tmp_path, mert_weights(whole), do_stable_layer_norm=stable)
    waves = waves_24k(1.0)
    hidden = whole(waves, output_hidden_states=True).hidden_states
    assert len(hidden) == 4
    assert torch.allclose(load_foundation(folder, layer=layer).model(waves).last_hidden_state, hidden[layer], atol=1e-5)
    assert not torch.allclose(hidden[layer], hidden[layer - 1], atol=0.1)


def test_the_tenth_block_is_read_unless_another_is_asked_for(tmp_path: Path) -> None:
    whole = build_whole(num_hidden_layers=11)
    read = load_foundation(write_foundation(tmp_path, mert_weights(whole), num_hidden_layers=11))
    waves = waves_24k(0.5)
    assert len(read.model.encoder.layers) == 10
    assert torch.allclose(read.model(waves).last_hidden_state, whole(waves, output_hidden_states=True).hidden_states[10], atol=1e-4)


def test_weights_by_new_names_and_as_safetensors_are_the_same(tmp_path: Path, foundation: Foundation) -> None:
    folder = write_foundation(tmp_path, dict(build_whole().state_dict()))
    renamed = load_foundation(folder, layer=LAYER)
    save_file({name: tensor.contiguous() for name, tensor in mert_weights(build_whole()).items()}, folder / "model.safetensors")
    (folder / "pytorch_model.bin").unlink()
    for other in (renamed, load_foundation(folder, layer=LAYER)):
        assert torch.equal(other.listen(noise(0.5)), foundation.listen(noise(0.5)))


@pytest.mark.parametrize(
    "name",
    [POSITIONS + "weight_g", POSITIONS + "weight_v", "encoder.layers.1.attention.k_proj.weight", "feature_projection.layer_norm.bias"],
)
def test_nothing_that_is_needed_may_be_missing(tmp_path: Path, name: str) -> None:
    weights = mert_weights(build_whole())
    del weights[name]
    shown = name.replace("weight_g", "parametrizations.weight.original0").replace("weight_v", "parametrizations.weight.original1")
    with pytest.raises(ValueError, match=f"lack {shown}$"):
        load_foundation(write_foundation(tmp_path, weights), layer=LAYER)


def test_what_lies_above_the_block_may_be_missing_and_what_nobody_knows_may_not_be_there(tmp_path: Path, foundation: Foundation) -> None:
    weights = mert_weights(build_whole())
    below = {
        name: tensor for name, tensor in weights.items() if "encoder.layers.2." not in name and not name.startswith("encoder.layer_norm")
    }
    heads = {"lm_head.weight": torch.zeros(3, 24), "final_proj.bias": torch.zeros(3), "label_embs_concat": torch.zeros(3, 24)}
    read = load_foundation(write_foundation(tmp_path, below | heads), layer=LAYER)
    assert torch.equal(read.listen(noise(0.5)), foundation.listen(noise(0.5)))
    with pytest.raises(ValueError, match=r"what its config.json does not speak of: encoder.layers.0.adapter.bias and 1 more"):
        load_foundation(
            write_foundation(tmp_path, below | {"encoder.layers.0.adapter.bias": torch.zeros(3), "more": torch.zeros(1)}), layer=2
        )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"do_stable_layer_norm": None}, "does not say do_stable_layer_norm"),
        ({"conv_stride": None, "sample_rate": None}, "does not say conv_stride, sample_rate"),
        ({"feature_extractor_cqt": True}, "it has feature_extractor_cqt"),
        ({"deepnorm": True}, "it has deepnorm"),
        ({"num_hidden_layers": 1}, "layer must lie between 1 and 1, the blocks of the model, not 2"),
        ({"intermediate_size": 48}, "do not fit their config.json"),
        ({"conv_stride": [5, 2]}, "not that of a HuBERT that can be built"),
        ({"sample_rate": 24001}, "no whole number of samples"),
    ],
)
def test_other_forms_are_refused(tmp_path: Path, changes: dict[str, object], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        load_foundation(write_foundation(tmp_path, **changes), layer=LAYER)


class Intruder:
    """What a pickle may hold beside tensors."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return print, ("it runs",)


def test_missing_and_damaged_files_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match=r"it has no config\.json"):
        load_foundation(tmp_path)
    weights = write_foundation(tmp_path) / "pytorch_model.bin"
    torch.save({"weight": Intruder()}, weights)
    with pytest.raises(ValueError, match="holds more than weights"):
        load_foundation(tmp_path, layer=LAYER)
    assert capsys.readouterr().out == ""
    weights.write_bytes(b"no weights")
    with pytest.raises(ValueError, match="is damaged"):
        load_foundation(tmp_path, layer=LAYER)
    weights.unlink()
    with pytest.raises(ValueError, match=r"neither model\.safetensors nor pytorch_model\.bin"):
        load_foundation(tmp_path, layer=LAYER)
    (tmp_path / "config.json").write_text("[]")
    with pytest.raises(ValueError, match="no JSON object"):
        load_foundation(tmp_path)
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(ValueError, match="not valid JSON"):
        load_foundation(tmp_path)


def test_without_transformers_the_way_to_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(ValueError, match=r"pip install '\.\[foundation\]'"):
        load_foundation(write_foundation(tmp_path), layer=LAYER)


def test_the_modules_load_without_transformers() -> None:
    program = "import sys, n2n.mert; sys.exit('transformers' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], cwd=Path(__file__).parents[1], check=True)


# Finding and fetching


def test_a_folder_is_named_or_found_by_a_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("N2N_MERT", raising=False)
    with pytest.raises(ValueError, match=r"not for commercial use.*python -m n2n\.mert.*set N2N_MERT"):
        find_foundation()
    monkeypatch.setenv("N2N_MERT", str(tmp_path / "mert"))
    assert find_foundation() == tmp_path / "mert"
    assert find_foundation(tmp_path) == tmp_path


def test_a_download_says_the_licence_and_fetches_neither_code_nor_other_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = {}

    def fetch(repo: str, **given: object) -> str:
        asked.update(given, repo=repo)
        return str(tmp_path)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", fetch)
    assert download() == tmp_path
    assert "CC BY-NC 4.0" in capsys.readouterr().out
    assert asked["repo"] == "m-a-p/MERT-v1-330M" and len(asked["revision"]) == 40
    assert asked["allow_patterns"] == ["config.json", "preprocessor_config.json", "pytorch_model.bin"]


@pytest.mark.parametrize(("arguments", "status", "told"), [(["--help"], 0, "CC BY-NC 4.0"), ([], 1, "n2n: m-a-p/MERT-v1-330M could not")])
def test_the_program_says_what_it_fetches_and_what_went_wrong(
    arguments: list[str], status: int, told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fetch(repo: str, **given: object) -> str:
        raise FileNotFoundError("offline")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", fetch)
    monkeypatch.setattr(sys, "argv", ["n2n.mert", *arguments])
    with pytest.raises(SystemExit) as ended:
        sys.exit(main())
    captured = capsys.readouterr()
    assert ended.value.code == status and told in " ".join((captured.out + captured.err).split())


# What is heard, and where


@pytest.mark.parametrize("samples", [1, 440, 441, 5 * SAMPLE_RATE, 5 * SAMPLE_RATE + 587, 5 * SAMPLE_RATE + 588, 9 * SAMPLE_RATE + 12345])
def test_every_frame_of_the_roll_has_a_token_of_its_own_norm(foundation: Foundation, samples: int) -> None:
    tokens = foundation.listen(noise(10.0)[:samples])
    assert tokens.shape == (samples // HOP + 1, 24)
    assert tokens.isfinite().all()
    assert tokens.mean(dim=1).abs().max() < 1e-5
    assert 0.5 < float(tokens.var(dim=1, correction=0).mean()) < 1.01


def test_frames_read_between_the_centres_of_their_neighbours(foundation: Foundation) -> None:
    """Token k is centred at (320 k + 200) / 24 ms."""
    states = foundation.model(waves_24k(2.0)).last_hidden_state[0]
    tokens = F.layer_norm(states, (24,)).numpy()
    centres = (320 * np.arange(len(tokens)) + 200) / 24000
    expected = np.stack([np.interp(np.arange(201) / 100, centres, channel) for channel in tokens.T], axis=1)
    assert np.abs(foundation.listen(noise(2.0)).numpy() - expected).max() < 1e-4


@pytest.mark.parametrize("seconds", [0.81, 3.0, 4.52, 7.77])
def test_a_click_is_felt_most_at_its_own_frame(foundation: Foundation, seconds: float) -> None:
    quiet = noise(9.0)
    click = quiet.copy()
    click[round(seconds * SAMPLE_RATE)] += 3.0
    felt = (foundation.listen(click) - foundation.listen(quiet)).norm(dim=1).numpy()
    window = felt[max(0, round(100 * seconds) - 30) : round(100 * seconds) + 31].copy()
    window[window < 0.5 * window.max()] = 0.0  # all of a window hears a little of it
    centre = (np.arange(len(window)) * window).sum() / window.sum() - 30
    assert abs(centre) < 1.0


def test_what_comes_later_changes_only_the_last_windows(foundation: Foundation) -> None:
    long = noise(20.0)
    whole, beginning = foundation.listen(long), foundation.listen(long[: 14 * SAMPLE_RATE])
    untouched = 890  # frames that the windows at 0 and 4 s speak for; the last of 14 s begins at 9 s, that of 20 s at 15 s
    assert torch.equal(whole[:untouched], beginning[:untouched])
    assert not torch.equal(whole[:1390], beginning[:1390])


def test_windows_hear_much_the_same_as_one_pass_over_all(foundation: Foundation) -> None:
    audio = noise(20.0)
    at_once = foundation._hear([audio])[0]
    in_windows = torch.cat(list(foundation._tokens(audio)))
    assert at_once.shape == (1499, 24) and in_windows.shape == (1499, 24)
    between_neighbours = (at_once[1:] - at_once[:-1]).norm(dim=1).mean()
    assert float((at_once - in_windows)[50:-50].norm(dim=1).mean()) < 0.25 * float(between_neighbours)


def test_quiet_recordings_sound_like_loud_ones(tmp_path: Path) -> None:
    folder = write_foundation(tmp_path)
    (folder / "preprocessor_config.json").write_text(json.dumps({"do_normalize": True}))
    standardising = load_foundation(folder, layer=LAYER)
    one, other, shifted = (standardising.listen(audio) for audio in (noise(1.0), 1e-3 * noise(1.0), noise(1.0) + np.float32(0.05)))
    assert torch.allclose(one, other, atol=1e-2)
    assert torch.allclose(one, shifted, atol=1e-2)


# What is not to be heard


def test_silence_takes_the_samples_nearest_to_its_frames() -> None:
    frames = np.zeros(6, dtype=bool)
    frames[2:4] = True
    left = silence(np.ones(2600, dtype=np.float32), frames)
    assert (np.flatnonzero(left == 0.0)[[0, -1]] == [2 * HOP - 220, 4 * HOP - 221]).all() and left.sum() == 2600 - 2 * HOP
    frames[5] = True
    assert silence(np.ones(2600, dtype=np.float32), frames)[5 * HOP - 220 :].sum() == 0.0


@pytest.mark.parametrize("span", [(0, 120), (450, 700), (950, 1001)])
def test_a_silenced_span_leaves_no_trace_and_sounds_like_silence(foundation: Foundation, span: tuple[int, int]) -> None:
    audio, heard = noise(10.0), np.ones(1001, dtype=bool)
    heard[slice(*span)] = False
    other, silent = audio.copy(), audio.copy()
    inside = slice(max(0, span[0] * HOP - 220), span[1] * HOP - 220)
    other[inside], silent[inside] = noise(10.0, seed=1)[inside], 0.0
    withheld = foundation.listen(audio, heard)
    assert torch.equal(withheld, foundation.listen(other, heard))
    assert torch.equal(withheld, foundation.listen(silent))
    assert not torch.equal(withheld, foundation.listen(audio))


def test_windows_that_do_not_reach_a_silenced_span_hear_as_before(foundation: Foundation) -> None:
    audio, heard = noise(15.0), np.ones(1501, dtype=bool)
    heard[1320:1400] = False
    plain, withheld = foundation.listen(audio), foundation.listen(audio, heard)
    assert torch.equal(plain[:840], withheld[:840])
    assert not torch.equal(plain[840:1300], withheld[840:1300])
